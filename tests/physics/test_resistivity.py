"""Bloch-Gruneisen against quadrature, multiple precision, its analytic limits and numerical derivatives."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gamma, zeta

from megabar.errors import DomainError
from megabar.physics.resistivity import (
    MAX_ORDER,
    bloch_gruneisen,
    bloch_gruneisen_gradient,
    bloch_gruneisen_integral,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "bloch_gruneisen_integral.csv"
METAL = {"residual": 0.31, "amplitude": 4.7, "debye_temperature": 437.0}


def integrand(t: float, n: float) -> float:
    return t**n * np.exp(-t) / np.expm1(-t) ** 2


def by_quadrature(x: float, n: float) -> float:
    """Piecewise, so that the adaptive rule sees the peak near t = n; beyond 150 the integrand is below 1e-40."""
    end = min(x, 150.0)
    edges = [0.0, *[e for e in (0.5, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0) if e < end], end]
    panels = pairwise(edges)
    return sum(quad(integrand, a, b, args=(n,), epsabs=0.0, epsrel=1e-13)[0] for a, b in panels)


def reference_rows() -> list[tuple[float, float, float]]:
    table = np.genfromtxt(REFERENCE, delimiter=",", skip_header=4)
    return [(float(n), float(x), float(value)) for n, x, value in table]


@pytest.mark.parametrize(("order", "limit", "value"), reference_rows())
def test_integral_agrees_with_multiple_precision(order: float, limit: float, value: float) -> None:
    assert bloch_gruneisen_integral(limit, order=order) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("order", [2, 3, 5, 1.7, 4.31, 8.0])
def test_integral_agrees_with_quadrature(order: float) -> None:
    limits = np.concatenate([np.geomspace(0.01, 1000.0, 41), [1.9999, 2.0, 2.0001, 3.9999, 63.9999, 64.0, 64.0001]])
    expected = np.array([by_quadrature(x, order) for x in limits])
    np.testing.assert_allclose(bloch_gruneisen_integral(limits, order=order), expected, rtol=1e-10)


def test_integral_over_everything_is_five_factorial_zeta() -> None:
    assert bloch_gruneisen_integral(np.inf) == pytest.approx(124.431330617, abs=5e-10)


@pytest.mark.parametrize("order", [1.01, 1.5, 2, 3, 5, 6.66, 10])
def test_integral_over_everything_is_gamma_times_zeta(order: float) -> None:
    expected = gamma(order + 1.0) * zeta(order)
    assert bloch_gruneisen_integral(np.inf, order=order) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("order", [1 + 1e-9, 1.001, 2, 5, 10])
def test_integral_near_zero_is_a_power(order: float) -> None:
    """The next term of the series is -(n - 1) x^2 / (12 (n + 1)) of the first."""
    x = 1e-3
    first = x ** (order - 1.0) / (order - 1.0)
    expected = first * (1.0 - (order - 1.0) * x**2 / (12.0 * (order + 1.0)))
    assert bloch_gruneisen_integral(x, order=order) == pytest.approx(expected, rel=1e-12)
    assert bloch_gruneisen_integral(0.0, order=order) == 0.0


@given(st.floats(0.01, 200.0), st.floats(1.05, 10.0))
def test_derivative_of_the_integral_is_its_integrand(x: float, order: float) -> None:
    step = 1e-4 * x
    points = x + step * np.array([-2.0, -1.0, 1.0, 2.0])
    j = np.asarray(bloch_gruneisen_integral(points, order=order))
    slope = (j[0] - 8.0 * j[1] + 8.0 * j[2] - j[3]) / (12.0 * step)
    assert slope == pytest.approx(integrand(x, order), rel=1e-8, abs=1e-10 * j[2] / x)


@pytest.mark.parametrize("order", [2, 3, 5, 2.5])
def test_high_temperatures_give_a_straight_line(order: float) -> None:
    """R -> R0 + A T/((n - 1) Theta): the correction is (n - 1)/(12 (n + 1)) (Theta/T)^2 of the slope."""
    t = np.array([1e4, 1e5, 1e7])
    r = bloch_gruneisen(t, order=order, **METAL)
    x = METAL["debye_temperature"] / t
    line = METAL["amplitude"] / ((order - 1.0) * x)
    correction = (order - 1.0) / (12.0 * (order + 1.0)) * x**2
    error = np.abs((np.asarray(r) - METAL["residual"]) / (line * (1.0 - correction)) - 1.0)
    assert np.all(error <= x**4 / 240.0 + 1e-12)


@pytest.mark.parametrize("order", [2, 3, 5, 3.7])
def test_low_temperatures_follow_the_power_law(order: float) -> None:
    t = np.array([1e-3, 0.1, 1.0, 5.0])
    r = bloch_gruneisen(t, residual=0.0, amplitude=2.0, debye_temperature=500.0, order=order)
    np.testing.assert_allclose(r, 2.0 * (t / 500.0) ** order * gamma(order + 1.0) * zeta(order), rtol=1e-12)


def test_saturation_is_a_parallel_resistor() -> None:
    t = np.linspace(1.0, 900.0, 60)
    plain = np.asarray(bloch_gruneisen(t, **METAL))
    saturated = np.asarray(bloch_gruneisen(t, saturation=2.5, **METAL))
    np.testing.assert_allclose(1.0 / saturated, 1.0 / plain + 1.0 / 2.5, rtol=1e-13)
    np.testing.assert_array_equal(bloch_gruneisen(t, saturation=np.inf, **METAL), plain)
    assert bloch_gruneisen(1e12, saturation=2.5, **METAL) == pytest.approx(2.5, rel=1e-8)


@pytest.mark.parametrize("order", [1.2, 2, 5, 10])
def test_whole_curve_agrees_with_quadrature(order: float) -> None:
    t = np.array([2.0, 9.0, 40.0, 77.0, 150.0, 300.0, 2000.0])
    theta = METAL["debye_temperature"]
    ideal = np.array([0.31 + 4.7 * (a / theta) ** order * by_quadrature(theta / a, order) for a in t])
    expected = 1.0 / (1.0 / 6.0 + 1.0 / ideal)
    np.testing.assert_allclose(bloch_gruneisen(t, saturation=6.0, order=order, **METAL), expected, rtol=1e-10)


def test_at_zero_temperature_only_the_residual_is_left() -> None:
    assert bloch_gruneisen(0.0, saturation=1.0, **METAL) == pytest.approx(0.31 / 1.31, rel=1e-15)
    assert bloch_gruneisen(0.0, residual=0.0, amplitude=1.0, debye_temperature=300.0, saturation=1.0) == 0.0
    assert bloch_gruneisen(5e-324, **METAL) == 0.31


@given(
    st.floats(0.5, 600.0),
    st.floats(0.0, 10.0),
    st.floats(0.01, 50.0),
    st.floats(50.0, 2000.0),
    st.floats(0.0, 3.0),
    st.sampled_from([2.0, 3.0, 5.0, 3.3]),
)
def test_gradient_agrees_with_central_differences(
    t: float, residual: float, amplitude: float, theta: float, conductance: float, order: float
) -> None:
    point = {"residual": residual, "amplitude": amplitude, "debye_temperature": theta}

    def curve(**moved: float) -> float:
        values = {**point, "saturation_conductance": conductance, **moved}
        ideal = values["residual"] + values["amplitude"] * (t / values["debye_temperature"]) ** order * float(
            bloch_gruneisen_integral(values["debye_temperature"] / t, order=order)
        )
        return ideal / (1.0 + ideal * values["saturation_conductance"])

    gradient = bloch_gruneisen_gradient(np.array([t]), saturation_conductance=conductance, order=order, **point)
    size = curve()
    scales = {**point, "residual": residual + 0.1, "saturation_conductance": 1.0 / curve(saturation_conductance=0.0)}
    for name, value in {**point, "saturation_conductance": conductance}.items():
        step = 1e-3 * scales[name]
        far, near = ((curve(**{name: value + h}) - curve(**{name: value - h})) / (2.0 * h) for h in (step, 0.5 * step))
        # Richardson's combination removes the error of order step^2.
        assert gradient[name][0] == pytest.approx((4.0 * near - far) / 3.0, rel=1e-7, abs=1e-11 * size / step)


def test_gradient_in_temperature_follows_from_that_in_the_debye_temperature() -> None:
    """dR/dT = -(Theta/T) dR/dTheta, as the docstring promises."""
    t = np.array([5.0, 60.0, 300.0])
    step = 1e-4 * t
    high, low = (np.asarray(bloch_gruneisen(t + h, saturation=5.0, **METAL)) for h in (step, -step))
    gradient = bloch_gruneisen_gradient(t, saturation_conductance=0.2, **METAL)
    slope = -METAL["debye_temperature"] / t * gradient["debye_temperature"]
    np.testing.assert_allclose(slope, (high - low) / (2.0 * step), rtol=1e-6)


def test_gradient_is_finite_at_zero_temperature() -> None:
    gradient = bloch_gruneisen_gradient(np.array([0.0]), saturation_conductance=0.5, **METAL)
    shunt = 1.0 / (1.0 + 0.31 * 0.5)
    assert gradient["residual"][0] == pytest.approx(shunt**2)
    assert gradient["saturation_conductance"][0] == pytest.approx(-((0.31 * shunt) ** 2))
    assert gradient["amplitude"][0] == gradient["debye_temperature"][0] == 0.0


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4), st.floats(1.01, MAX_ORDER))
def test_resistance_rises_with_temperature(first: float, second: float, order: float) -> None:
    cold, warm = sorted((first, second))
    low, high = np.asarray(bloch_gruneisen(np.array([cold, warm]), saturation=8.0, order=order, **METAL))
    assert low <= high * (1.0 + 1e-14) < 8.0


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_resistance_depends_on_reduced_temperature_alone(scale: float, unit: float) -> None:
    t = np.array([3.0, 50.0, 400.0])
    scaled = bloch_gruneisen(
        t * scale,
        residual=METAL["residual"] * unit,
        amplitude=METAL["amplitude"] * unit,
        debye_temperature=METAL["debye_temperature"] * scale,
        saturation=3.0 * unit,
    )
    np.testing.assert_allclose(scaled, unit * np.asarray(bloch_gruneisen(t, saturation=3.0, **METAL)), rtol=1e-11)


@pytest.mark.parametrize("limit", [-1e-9, np.nan, -np.inf])
def test_integral_refuses_what_is_no_limit(limit: float) -> None:
    with pytest.raises(DomainError, match="upper limit"):
        bloch_gruneisen_integral([1.0, limit])


@pytest.mark.parametrize("order", [1.0, 0.0, -5.0, 10.001, np.nan, np.inf])
def test_orders_outside_the_range_are_refused(order: float) -> None:
    with pytest.raises(DomainError, match="order"):
        bloch_gruneisen_integral(1.0, order=order)
    with pytest.raises(DomainError, match="order"):
        bloch_gruneisen(1.0, order=order, **METAL)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"debye_temperature": 0.0}, "Debye"),
        ({"debye_temperature": -1.0}, "Debye"),
        ({"debye_temperature": np.nan}, "Debye"),
        ({"debye_temperature": np.inf}, "Debye"),
        ({"saturation": 0.0}, "saturation"),
        ({"saturation": np.nan}, "saturation"),
        ({"residual": np.nan}, "residual"),
        ({"amplitude": np.inf}, "amplitude"),
    ],
)
def test_curve_refuses_parameters_out_of_range(change: dict[str, float], word: str) -> None:
    with pytest.raises(DomainError, match=word):
        bloch_gruneisen(10.0, **{**METAL, **change})


@pytest.mark.parametrize("temperature", [-0.1, np.nan, np.inf, [300.0, -1.0]])
def test_temperatures_out_of_range_are_refused(temperature: float) -> None:
    with pytest.raises(DomainError, match=r"temperature must be zero or positive and finite \(K\)"):
        bloch_gruneisen(temperature, **METAL)
    with pytest.raises(DomainError, match="temperature"):
        bloch_gruneisen_gradient(temperature, **METAL)


@pytest.mark.parametrize("conductance", [-0.1, np.nan, np.inf])
def test_gradient_refuses_conductances_out_of_range(conductance: float) -> None:
    with pytest.raises(DomainError, match="conductance"):
        bloch_gruneisen_gradient([10.0], saturation_conductance=conductance, **METAL)


def test_scalars_give_floats_and_arrays_keep_their_shape() -> None:
    assert type(bloch_gruneisen_integral(3)) is float
    assert type(bloch_gruneisen(300, **METAL)) is float
    assert type(bloch_gruneisen(np.float64(300), **METAL)) is float
    for shape in [(0,), (1,), (3, 2)]:
        t = np.full(shape, 100.0)
        assert np.shape(bloch_gruneisen(t, **METAL)) == np.shape(bloch_gruneisen_integral(t)) == shape
    assert np.shape(bloch_gruneisen([1, 2], **METAL)) == (2,)


def test_arguments_stay_as_they_were() -> None:
    t = np.linspace(0.0, 300.0, 7)
    before = t.copy()
    out = np.asarray(bloch_gruneisen(t, **METAL))
    bloch_gruneisen_integral(t)
    bloch_gruneisen_gradient(t, **METAL)
    np.testing.assert_array_equal(t, before)
    assert not np.shares_memory(out, t)
