"""Peaks, zero-bias conductance, excess current, deviation point and series resistance, against exact curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from megabar.analysis.spectrum_features import (
    conductance_with_series,
    deviation_gap,
    excess_current,
    find_peaks,
    remove_series,
    stretch,
    zero_bias_conductance,
)
from megabar.analysis.spectrum_shape import correlation_of, noise_of
from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.physics import btk, dynes
from megabar.physics.bcs import gap

CRITICAL_TEMPERATURE, GAP_ZERO = 20.0, 3.04


def curve(bias: np.ndarray, *, barrier: float, broadening: float, temperature: float) -> np.ndarray:
    """BTK with the gap of a superconductor of 20 K; broadening in units of the gap at 0 K."""
    delta = float(gap(temperature, gap_zero=GAP_ZERO, critical_temperature=CRITICAL_TEMPERATURE))
    arguments = {"broadening": broadening * GAP_ZERO, "barrier": barrier, "temperature": temperature}
    return np.asarray(btk.conductance(bias, gap=delta, **arguments))


def middle(curves: int, seed: int) -> tuple[dict[str, int], dict[str, np.ndarray]]:
    """Counts of what was found, and deviations over errors, for BTK curves of Z 0..1.5, Gamma 0..0.5, T to 0.95 Tc.

    "missed": a double peak deeper than three times the noise of a point; "invented": one where the curve has none.
    """
    rng = np.random.default_rng(seed)
    bias, fine = np.linspace(-15.0, 15.0, 401), np.linspace(0.0, 15.0, 3001)
    counts = {"double": 0, "missed": 0, "single": 0, "invented": 0}
    deviations: dict[str, list[float]] = {"zero": [], "position": [], "depth": []}
    for _ in range(curves):
        law = {
            "barrier": rng.uniform(0.0, 1.5),
            "broadening": rng.uniform(0.0, 0.5),
            "temperature": rng.uniform(0.3, 19.0),
        }
        noise, exact = rng.uniform(0.002, 0.01), curve(fine, **law)
        found = find_peaks(bias, curve(bias, **law) + noise * rng.standard_normal(bias.size), noise)
        top, depth = fine[np.argmax(exact)], float(exact.max() - exact[0])
        if found.zero_bias.error is not None:
            deviations["zero"].append((found.zero_bias.value - exact[0]) / found.zero_bias.error)
        double = found.kind == "double peak"
        if depth <= 0.0:
            counts["single"] += 1
            counts["invented"] += double
        elif depth > 3.0 * noise and exact.max() - exact[-1] > 3.0 * noise:
            counts["double"] += 1
            counts["missed"] += not double
        if double and depth > 0.0 and found.depth is not None and found.depth.error is not None:
            assert found.position is not None
            assert found.position.error is not None
            deviations["position"].append((found.position.value - top) / found.position.error)
            deviations["depth"].append((found.depth.value - depth) / found.depth.error)
    return counts, {name: np.array(values) for name, values in deviations.items()}


def test_peaks_of_andreev_reflection() -> None:
    counts, deviations = middle(60, seed=1)
    assert counts["invented"] == 0
    assert counts["missed"] <= 2
    for name, z in deviations.items():
        assert 0.45 < np.mean(np.abs(z) < 1.0) < 0.88, name
        assert np.mean(np.abs(z) < 3.0) > 0.93, name


@pytest.mark.calibration
def test_peaks_over_a_thousand_curves(capsys: pytest.CaptureFixture[str]) -> None:
    counts, deviations = middle(1000, seed=2)
    with capsys.disabled():
        print(counts)  # noqa: T201
        for name, z in deviations.items():
            print(f"{name:9s} {z.size} values, {100 * np.mean(np.abs(z) < 1):.1f} % within one error")  # noqa: T201
    assert counts["invented"] <= 0.005 * counts["single"] + 1
    assert counts["missed"] <= 0.02 * counts["double"]
    for name, z in deviations.items():
        assert 0.60 <= np.mean(np.abs(z) < 1.0) <= 0.76, name


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda v: curve(v, barrier=0.5, broadening=0.1, temperature=2.0), "double peak"),
        (lambda v: curve(v, barrier=0.0, broadening=0.3, temperature=4.0), "zero-bias peak"),
        (lambda v: np.ones(v.shape), "flat"),
        (lambda v: 1.0 - 0.4 * np.exp(-((v / 3.0) ** 2)), "zero-bias dip"),
        (lambda v: 1.0 + 0.02 * v**2, "zero-bias dip"),
        (lambda v: np.asarray(dynes.conductance(v, gap=3.0, broadening=0.2, temperature=2.0)), "double peak"),
        # A plateau with steep ends, as a thermal contact has: one maximum, however it is smoothed.
        (lambda v: 1.0 + 0.5 / (1.0 + np.exp((np.abs(v) - 5.0) / 0.1)), "zero-bias peak"),
        # A narrow middle with dips beside it: a wide average of it is lower than its surroundings.
        (lambda v: 1.0 + 0.5 * np.exp(-(v**2)) - 0.5 * np.exp(-((np.abs(v) - 2.0) ** 2)), "zero-bias peak"),
    ],
)
def test_kinds(make: Callable[[np.ndarray], np.ndarray], kind: str) -> None:
    bias = np.linspace(-15.0, 15.0, 301)
    for seed in range(6):
        noisy = make(bias) + 0.004 * np.random.default_rng(seed).standard_normal(bias.size)
        assert find_peaks(bias, noisy, 0.004).kind == kind


def test_a_double_peak_of_an_uneven_grid_with_an_offset() -> None:
    rng = np.random.default_rng(3)
    bias = np.sort(rng.uniform(-14.0, 17.0, 500))
    exact = curve(bias - 0.1, barrier=0.6, broadening=0.15, temperature=3.0)
    found = find_peaks(bias, exact + 0.005 * rng.standard_normal(bias.size), 0.005)
    fine = np.linspace(0.0, 6.0, 3001)
    top = fine[np.argmax(curve(fine, barrier=0.6, broadening=0.15, temperature=3.0))]
    assert found.position is not None
    assert found.position.error is not None
    assert found.position.value == pytest.approx(top, abs=4.0 * found.position.error)
    assert found.negative is not None
    assert found.positive is not None
    assert 0.5 * (found.positive.value + found.negative.value) == pytest.approx(0.1, abs=0.1)


def test_cusps_that_the_readings_do_not_resolve_have_no_error() -> None:
    bias = np.linspace(-15.0, 15.0, 121)
    exact = curve(bias, barrier=1.0, broadening=0.0, temperature=0.3)
    found = find_peaks(bias, exact + 0.001 * np.random.default_rng(4).standard_normal(bias.size), 0.001)
    assert found.kind == "double peak"
    assert found.height is not None
    assert found.height.error is None
    assert found.depth is not None
    assert found.depth.error is None


def test_even_data_do_not_count_twice() -> None:
    bias = np.linspace(-15.0, 15.0, 301)
    exact = curve(bias, barrier=0.5, broadening=0.2, temperature=3.0)
    noisy = exact + 0.005 * np.random.default_rng(5).standard_normal(bias.size)
    plain, even = find_peaks(bias, noisy, 0.005), find_peaks(bias, 0.5 * (noisy + noisy[::-1]), 0.005)
    assert even.symmetrised
    assert plain.position is not None
    assert even.position is not None
    assert even.negative is not None
    assert even.position.error == pytest.approx(even.negative.error)


def test_zero_bias_outside_the_range_is_refused() -> None:
    bias = np.linspace(1.0, 15.0, 100)
    with pytest.raises(DataError, match="does not hold zero bias"):
        zero_bias_conductance(bias, np.ones(100), 0.01)
    with pytest.raises(DataError, match="does not hold zero bias"):
        find_peaks(bias, np.ones(100), 0.01)
    with pytest.raises(DataError, match="does not hold zero bias"):
        excess_current(bias, np.ones(100), 0.01)


def test_a_measured_spectrum(shared: Path) -> None:
    """A symmetrised spectrum at 1.6 K (gap 0.82 meV): a double peak outside the gap, no dips."""
    path = shared / "measured" / "andreev_btk" / "ThinkPositive0x0__Fitting_Parameters_with_BTK" / "b2.csv"
    if not path.is_file():
        pytest.skip("the measured spectrum is not there")
    bias, conductance = np.loadtxt(path, delimiter=",", encoding="utf-8-sig").T
    noise, correlation = noise_of(bias, conductance), correlation_of(bias, conductance)
    assert noise is not None
    found = find_peaks(bias, conductance, noise, correlation=correlation)
    assert found.kind == "double peak"
    assert found.position is not None
    assert found.position.value == pytest.approx(1.05, abs=0.1)
    assert found.zero_bias.value == pytest.approx(0.77, abs=0.01)


def excess(barrier: float, delta: float, end: float) -> float:
    """int_0^end (sigma - 1) dE at T = 0 by quadrature of BTK's own formulas in each of their two ranges."""
    z = barrier**2

    def inside(e: float) -> float:
        return (1.0 + z) * 2.0 * delta**2 / (e**2 + (delta**2 - e**2) * (1.0 + 2.0 * z) ** 2) - 1.0

    def above(e: float) -> float:
        s = np.sqrt(e**2 - delta**2) / e
        return (1.0 + z) * 2.0 / (1.0 + s * (1.0 + 2.0 * z)) - 1.0

    return float(quad(inside, 0.0, delta)[0] + quad(above, delta, end, limit=200)[0])


@pytest.mark.parametrize("barrier", [0.0, 0.5, 1.2])
def test_excess_current_of_andreev_reflection(barrier: float) -> None:
    bias = np.linspace(-60.0, 60.0, 4801)
    made = np.asarray(btk.conductance(bias, gap=3.0, broadening=0.0, barrier=barrier, temperature=2.0))
    found = excess_current(bias, made)
    expected = excess(barrier, 3.0, 60.0)
    assert found.mean.value == pytest.approx(expected, abs=2e-3)
    assert found.positive.value == pytest.approx(found.negative.value, abs=1e-9)
    assert found.mean.error is None
    if barrier == 0.0:
        # 4 Delta/3 less the tail Delta^2/(4 V) beyond the range.
        assert expected == pytest.approx(4.0 - 9.0 / 240.0, abs=1e-3)
        assert found.mean.value == pytest.approx(4.0, abs=9.0 / 240.0 + 3e-3)


def test_excess_current_on_any_grid_is_exact_for_straight_lines() -> None:
    bias = np.sort(np.random.default_rng(6).uniform(-5.0, 7.0, 40))
    found = excess_current(bias, 1.0 + 0.1 * bias)
    assert found.positive.value == pytest.approx(0.05 * bias[-1] ** 2, rel=1e-12)
    assert found.negative.value == pytest.approx(-0.05 * bias[0] ** 2, rel=1e-12)
    assert found.mean.value == pytest.approx(0.5 * (found.positive.value + found.negative.value), rel=1e-12)
    assert found.reach == (bias[0], bias[-1])


def test_errors_of_the_excess_current() -> None:
    """Scatter over simulated curves, also where neighbours share noise and where the data are even."""
    rng, bias = np.random.default_rng(7), np.linspace(-15.0, 15.0, 301)
    exact = curve(bias, barrier=0.3, broadening=0.2, temperature=3.0)
    raw = 0.01 * rng.standard_normal((400, bias.size + 4))
    plain = [excess_current(bias, exact + n[:-4], 0.01) for n in raw]
    assert np.std([f.mean.value for f in plain]) == pytest.approx(plain[0].mean.error, rel=0.12)
    assert np.std([f.positive.value for f in plain]) == pytest.approx(plain[0].positive.error, rel=0.12)
    sigma = 0.01 / np.sqrt(5.0)
    shared = [
        excess_current(bias, exact + np.convolve(n, np.full(5, 0.2), mode="valid"), sigma, correlation=5.0) for n in raw
    ]
    assert np.std([f.mean.value for f in shared]) == pytest.approx(shared[0].mean.error, rel=0.12)
    even = [excess_current(bias, exact + 0.5 * (n[:-4] + n[:-4][::-1]), 0.01 / np.sqrt(2.0)) for n in raw]
    assert np.std([f.mean.value for f in even]) == pytest.approx(even[0].mean.error, rel=0.12)


def test_wings_of_the_excess_current() -> None:
    bias = np.linspace(-15.0, 15.0, 301)
    exact = curve(bias, barrier=0.0, broadening=0.1, temperature=2.0)
    wrong = excess_current(1.0 * bias, 1.02 * exact, 0.005)
    right = excess_current(bias, exact, 0.005)
    assert wrong.wing.value == pytest.approx(1.02 * right.wing.value)
    # The systematic part covers what the wrong normalisation does.
    assert abs(wrong.mean.value - right.mean.value) < wrong.systematic
    with pytest.raises(DataError, match="wings"):
        excess_current(bias, exact, wing=20.0)


def ratios(noise: float, floor: float, temperatures: tuple[float, ...]) -> np.ndarray:
    """Deviation point over Delta(T) for BTK curves of Z 0..1 and Gamma 0.02..0.5 Delta(0), within +-6.6 Delta(0)."""
    bias, rng, found = np.linspace(-20.0, 20.0, 801), np.random.default_rng(8), []
    for reduced in temperatures:
        temperature = reduced * CRITICAL_TEMPERATURE
        delta = float(gap(temperature, gap_zero=GAP_ZERO, critical_temperature=CRITICAL_TEMPERATURE))
        for barrier in (0.0, 0.3, 0.6, 1.0):
            for broadening in (0.02, 0.1, 0.3, 0.5):
                made = curve(bias, barrier=barrier, broadening=broadening, temperature=temperature)
                noisy = made + noise * rng.standard_normal(bias.size)
                point = deviation_gap(bias, noisy, noise, floor=floor)
                assert point.value is not None
                found.append(point.value / delta)
    return np.array(found)


@pytest.mark.parametrize(
    ("floor", "temperatures", "low", "high"),
    [
        (0.0, (0.05, 0.3), 3.6, 5.1),
        (0.0, (0.6,), 4.2, 5.3),
        (0.0, (0.8, 0.9), 5.0, 7.8),
        (0.1, (0.05, 0.3), 1.6, 3.9),
        (0.1, (0.6,), 2.1, 4.9),
        (0.1, (0.8, 0.9), 2.9, 8.8),
        (0.2, (0.05, 0.3), 1.3, 3.1),
        (0.2, (0.6,), 1.8, 4.1),
        (0.2, (0.8, 0.9), 2.4, 7.8),
    ],
)
def test_the_deviation_point_is_not_the_gap(
    floor: float, temperatures: tuple[float, ...], low: float, high: float
) -> None:
    """The ranges that the docstring prints, with a margin for noise; both ends are reached."""
    found = ratios(0.01, floor, temperatures)
    assert low < found.min()
    assert found.max() < high
    assert found.max() - found.min() > 0.3 * (high - low)


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_errors_of_the_deviation_point(floor: float) -> None:
    bias, rng = np.linspace(-20.0, 20.0, 801), np.random.default_rng(9)
    exact = curve(bias, barrier=0.3, broadening=0.3, temperature=6.0)
    points = [deviation_gap(bias, exact + 0.01 * rng.standard_normal(801), 0.01, floor=floor) for _ in range(120)]
    scatter = np.std([p.value for p in points if p.value is not None])
    assert len([p for p in points if p.value is not None]) == 120
    typical = np.median([p.error for p in points if p.error is not None])
    assert typical == pytest.approx(scatter, rel=0.35)
    assert all(p.systematic is None or p.systematic > 0.0 for p in points)


def test_the_deviation_point_of_a_step_is_the_step() -> None:
    """A feature that ends at once: the same place whatever the choice of k, to the smoothing."""
    bias = np.linspace(-20.0, 20.0, 801)
    exact = 1.0 + 0.5 * (np.abs(bias) < 5.0)
    found = deviation_gap(bias, exact + 0.005 * np.random.default_rng(10).standard_normal(801), 0.005, smoothing=0.3)
    assert found.value == pytest.approx(5.0, abs=0.35)
    assert found.systematic is not None
    assert found.systematic < 0.1
    assert "not a fit" in found.remark


def test_a_crossing_of_the_background_between_dip_and_peak_is_not_the_edge() -> None:
    """A barrier makes the conductance cross 1 inside the gap; the edge lies outside the peak."""
    bias = np.linspace(-20.0, 20.0, 801)
    exact = curve(bias, barrier=1.0, broadening=0.1, temperature=2.0)
    found = deviation_gap(bias, exact + 0.01 * np.random.default_rng(11).standard_normal(801), 0.01)
    assert found.value is not None
    assert found.value > 1.5 * GAP_ZERO


def test_no_deviation_point() -> None:
    bias = np.linspace(-20.0, 20.0, 401)
    noise = 0.01 * np.random.default_rng(12).standard_normal(401)
    flat = deviation_gap(bias, 1.0 + noise, 0.01)
    assert flat.value is None
    assert "no feature" in flat.remark
    cut = deviation_gap(bias, 2.0 - 0.05 * np.abs(bias) + noise, 0.01, level=0.5)
    assert cut.value is None
    assert "measure farther" in cut.remark
    one = deviation_gap(bias, 1.0 + 0.5 * (np.abs(bias - 2.0) < 4.0) + 0.5 * (bias < -3.0) + noise, 0.01, level=1.0)
    assert one.negative is None
    assert one.positive is not None
    assert "positive side only" in one.remark
    for wrong in ({"sigmas": 0.0}, {"smoothing": -1.0}, {"floor": 1.0}):
        with pytest.raises(DomainError, match="deviation point"):
            deviation_gap(bias, 1.0 + noise, 0.01, **wrong)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(12, 60),
    st.floats(0.0, 20.0),
    st.floats(0.05, 5.0),
)
def test_series_round_trip(seed: int, points: int, ratio: float, highest: float) -> None:
    rng = np.random.default_rng(seed)
    bias = np.cumsum(rng.uniform(0.01, 1.0, points))
    bias -= rng.uniform(bias[0], bias[-1])
    conductance = rng.uniform(0.0, highest, points)
    seen = stretch(bias, conductance, ratio)
    assert np.all(np.diff(seen.bias) > 0.0)
    back = remove_series(seen.bias, seen.conductance, ratio)
    np.testing.assert_allclose(back.bias, bias, atol=1e-10 * np.ptp(bias))
    np.testing.assert_allclose(back.conductance, conductance, atol=1e-10 * highest)


def test_stretch_against_a_closed_integral() -> None:
    """g = 1 + exp(-|V|): i(V) = V + sign(V) (1 - exp(-|V|))."""
    bias = np.linspace(-12.0, 9.0, 4201)
    seen = stretch(bias, 1.0 + np.exp(-np.abs(bias)), 0.4)
    current = bias + np.sign(bias) * (1.0 - np.exp(-np.abs(bias)))
    np.testing.assert_allclose(seen.bias, bias + 0.4 * current, atol=2e-6)
    # Resistances in series: 1/G' = 1/G + R_s, each in units of the junction's own.
    resistance = 1.0 / (1.0 + np.exp(-np.abs(bias))) + 0.4
    np.testing.assert_allclose(1.4 / resistance, seen.conductance, rtol=1e-12)
    # dI/dV of the stretched I(V) is the stretched conductance.
    slope = np.gradient(current * 1.4, seen.bias)
    np.testing.assert_allclose(slope[5:-5], seen.conductance[5:-5], atol=3e-3)


def test_zero_bias_at_either_end() -> None:
    bias = np.linspace(0.0, 12.0, 50)
    for v in (bias, -bias[::-1]):
        back = remove_series(*(lambda a: (a.bias, a.conductance))(stretch(v, 1.0 + np.exp(-np.abs(v)), 0.7)), 0.7)
        np.testing.assert_allclose(back.bias, v, atol=1e-12)


@pytest.mark.parametrize("ratio", [0.05, 0.5, 3.0])
@pytest.mark.parametrize("barrier", [0.0, 0.8])
def test_model_behind_a_series_resistance(ratio: float, barrier: float) -> None:
    """dV/dV' = 1/(1 + r g) integrated as a differential equation."""

    def model(bias: np.ndarray) -> np.ndarray:
        return np.asarray(btk.conductance(bias, gap=3.0, broadening=0.1, barrier=barrier, temperature=1.5))

    seen = np.array([-9.0, 12.0, 0.0, 0.3, 3.5, -4.2])
    found = conductance_with_series(seen, model, ratio)
    for place, value in zip(seen, found, strict=True):
        solved = solve_ivp(
            lambda _, v: 1.0 / (1.0 + ratio * model(v)),
            (0.0, place or 1e-12),
            [0.0],
            rtol=1e-10,
            atol=1e-12,
            max_step=0.05,
        )
        g = float(model(solved.y[:, -1])[0])
        assert value == pytest.approx((1.0 + ratio) * g / (1.0 + ratio * g), abs=1e-6)


def test_no_series_resistance_changes_nothing() -> None:
    bias = np.linspace(-10.0, 10.0, 41)
    model = np.cosh(bias / 10.0)
    np.testing.assert_array_equal(conductance_with_series(bias, lambda v: np.cosh(v / 10.0), 0.0), model)
    np.testing.assert_allclose(stretch(bias, model, 0.0).bias, bias, atol=1e-15)


def test_refusals_of_the_series_resistance() -> None:
    bias, good = np.linspace(-10.0, 10.0, 41), np.ones(41)
    for ratio in (-0.1, np.nan, np.inf):
        with pytest.raises(DomainError, match="zero or positive"):
            stretch(bias, good, ratio)
    with pytest.raises(DataError, match="zero bias"):
        stretch(bias + 20.0, good, 0.1)
    with pytest.raises(DataError, match="ascending"):
        remove_series(bias[::-1], good, 0.1)
    with pytest.raises(DataError, match="would not ascend"):
        stretch(bias, -20.0 * good, 0.1)
    with pytest.raises(DataError, match="take a smaller one"):
        remove_series(bias, 4.0 * good, 0.5)
    with pytest.raises(DomainError, match="not negative"):
        conductance_with_series(bias, lambda v: -np.ones(v.shape), 0.1)
    with pytest.raises(DataError, match="not finite"):
        conductance_with_series(np.array([np.nan]), np.ones_like, 0.1)
    with pytest.raises(ConvergenceError, match="broadening"):
        conductance_with_series(bias, lambda v: 1.0 + (np.abs(v) < np.pi), 0.1)
