"""The transition against the Bessel function's own series, its analytic inverse and numerical derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import iv

from megabar.errors import DomainError
from megabar.physics.resistivity import bloch_gruneisen
from megabar.physics.transition import full_resistance, full_resistance_gradient, resistance_below_onset

NORMAL = {"residual": 0.02, "amplitude": 3.1, "debye_temperature": 518.0}
CURVE = {"onset_temperature": 78.0, "sharpness": 16.0, **NORMAL}


def bessel_series(z: float) -> float:
    """I0(z) = sum (z/2)^2k / (k!)^2, from its definition."""
    total = term = 1.0
    for k in range(1, 200):
        term *= (0.5 * z / k) ** 2
        total += term
    return total


@pytest.mark.parametrize("sharpness", [0.0, 0.3, 4.0, 30.0])
def test_drop_agrees_with_the_series_of_the_bessel_function(sharpness: float) -> None:
    t = np.linspace(0.0, 50.0, 26)
    expected = [7.0 / bessel_series(sharpness * (1.0 - a / 50.0) ** 1.5) ** 2 for a in t]
    r = resistance_below_onset(t, onset_temperature=50.0, onset_resistance=7.0, sharpness=sharpness)
    np.testing.assert_allclose(r, expected, rtol=1e-12)


def test_near_the_onset_the_drop_starts_as_a_cube() -> None:
    """I0(z) = 1 + z^2/4 + ..., so R/R_on = 1 - F^2 (1 - T/T_on)^3 / 2 + O((1 - T/T_on)^6)."""
    reduced = np.array([1e-3, 3e-3])
    r = resistance_below_onset(50.0 * (1.0 - reduced), onset_temperature=50.0, onset_resistance=1.0, sharpness=20.0)
    np.testing.assert_allclose(1.0 - np.asarray(r), 200.0 * reduced**3, rtol=1e-4)


def test_far_below_the_onset_the_drop_is_exponential() -> None:
    """I0(z) -> e^z / sqrt(2 pi z) (1 + 1/(8 z) + ...), so R/R_on -> 2 pi z e^-2z (1 - 1/(4 z))."""
    r = resistance_below_onset(0.0, onset_temperature=50.0, onset_resistance=1.0, sharpness=200.0)
    assert r == pytest.approx(2.0 * np.pi * 200.0 * np.exp(-400.0) * (1.0 - 1.0 / 800.0), rel=1e-5)


@given(st.floats(0.01, 0.99), st.floats(5.0, 2000.0), st.floats(1.0, 300.0))
def test_criterion_inverts_analytically(level: float, sharpness: float, onset: float) -> None:
    """R/R_on = x where I0(z) = 1/sqrt(x), so T = T_on (1 - (z/F)^(2/3))."""
    z = brentq(lambda a: iv(0, a) - 1.0 / np.sqrt(level), 1e-9, 20.0, xtol=1e-14)
    temperature = onset * (1.0 - (z / sharpness) ** (2.0 / 3.0))
    r = resistance_below_onset(temperature, onset_temperature=onset, onset_resistance=4.0, sharpness=sharpness)
    assert r == pytest.approx(4.0 * level, rel=1e-8)


def test_normal_state_above_and_transition_below() -> None:
    above, below = np.array([78.0, 80.0, 150.0, 300.0]), np.array([0.0, 30.0, 58.0, 77.9])
    np.testing.assert_allclose(
        full_resistance(above, saturation=4.0, **CURVE), bloch_gruneisen(above, saturation=4.0, **NORMAL), rtol=1e-15
    )
    onset_resistance = float(bloch_gruneisen(78.0, saturation=4.0, **NORMAL))
    expected = resistance_below_onset(
        below, onset_temperature=78.0, onset_resistance=onset_resistance, sharpness=CURVE["sharpness"]
    )
    np.testing.assert_allclose(full_resistance(below, saturation=4.0, **CURVE), expected, rtol=1e-14)


@given(st.floats(2.0, 250.0), st.floats(0.0, 1e4))
def test_curve_is_continuous_at_the_onset(onset: float, sharpness: float) -> None:
    point = {**CURVE, "onset_temperature": onset, "sharpness": sharpness}
    ends = np.array([onset * (1.0 - 1e-9), onset, onset * (1.0 + 1e-9)])
    r = np.asarray(full_resistance(ends, **point))
    np.testing.assert_allclose(r, r[1], rtol=1e-7)


def test_without_sharpness_there_is_no_transition() -> None:
    t = np.array([0.0, 20.0, 77.0])
    flat = full_resistance(t, **{**CURVE, "sharpness": 0.0})
    np.testing.assert_array_equal(flat, np.full(3, bloch_gruneisen(78.0, **NORMAL)))


@pytest.mark.parametrize("sharpness", [1e4, 1e8, 1e300])
def test_sharp_transitions_do_not_overflow(sharpness: float) -> None:
    t = np.array([0.0, 1.0, 77.0, 78.0, 200.0])
    r = np.asarray(full_resistance(t, **{**CURVE, "sharpness": sharpness}))
    assert np.all((r[:3] >= 0.0) & (r[:3] < 1e-9))
    assert np.all(r[3:] > 0.03)
    gradient = full_resistance_gradient(t, **{**CURVE, "sharpness": sharpness})
    assert all(np.all(np.isfinite(column)) for column in gradient.values())


@given(st.floats(0.0, 400.0), st.floats(0.0, 400.0), st.floats(0.0, 1e4))
def test_resistance_rises_with_temperature_throughout(first: float, second: float, sharpness: float) -> None:
    point = {**CURVE, "sharpness": sharpness}
    low, high = np.asarray(full_resistance(np.array(sorted((first, second))), saturation=5.0, **point))
    assert 0.0 <= low <= high * (1.0 + 1e-13)


@given(
    st.floats(1.0, 300.0),
    st.floats(20.0, 200.0),
    st.floats(0.5, 200.0),
    st.floats(0.0, 2.0),
    st.sampled_from([2.0, 3.0, 5.0, 4.4]),
)
def test_gradient_agrees_with_differences(
    t: float, onset: float, sharpness: float, conductance: float, order: float
) -> None:
    point = {**CURVE, "onset_temperature": onset, "sharpness": sharpness}
    if abs(t / onset - 1.0) < 0.02:
        t = 0.9 * onset

    def curve(**moved: float) -> float:
        values = {**point, "saturation_conductance": conductance, **moved}
        shunt = values.pop("saturation_conductance")
        ideal = float(full_resistance(max(t, values["onset_temperature"]), order=order, **values))
        normal = ideal / (1.0 + ideal * shunt)
        z = values["sharpness"] * max(1.0 - t / values["onset_temperature"], 0.0) ** 1.5
        return normal / float(iv(0, z)) ** 2 if z < 300.0 else 0.0

    gradient = full_resistance_gradient(np.array([t]), saturation_conductance=conductance, order=order, **point)
    for name, value in {**point, "saturation_conductance": conductance}.items():
        step = 2e-4 * max(value, 0.1)
        far, near = ((curve(**{name: value + h}) - curve(**{name: value - h})) / (2.0 * h) for h in (step, 0.5 * step))
        assert gradient[name][0] == pytest.approx((4.0 * near - far) / 3.0, rel=1e-5, abs=1e-10 * curve() / step)


def test_gradient_at_the_onset_is_the_one_from_above() -> None:
    gradient = full_resistance_gradient(np.array([78.0]), **CURVE)
    assert gradient["onset_temperature"][0] == 0.0
    assert gradient["sharpness"][0] == 0.0
    assert gradient["residual"][0] == pytest.approx(1.0)


def test_gradient_names_every_parameter_once() -> None:
    gradient = full_resistance_gradient(np.array([10.0, 100.0]), saturation_conductance=0.3, **CURVE)
    assert set(gradient) == {*CURVE, "saturation_conductance"}
    assert all(column.shape == (2,) for column in gradient.values())


def test_temperatures_above_the_onset_belong_to_the_full_curve() -> None:
    with pytest.raises(DomainError, match=r"78\.5 K lies above the onset at 78 K: use full_resistance"):
        resistance_below_onset([10.0, 78.5], onset_temperature=78.0, onset_resistance=1.0, sharpness=3.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"onset_temperature": 0.0}, "onset temperature"),
        ({"onset_temperature": np.nan}, "onset temperature"),
        ({"onset_temperature": np.inf}, "onset temperature"),
        ({"sharpness": -1.0}, "sharpness"),
        ({"sharpness": np.nan}, "sharpness"),
        ({"sharpness": np.inf}, "sharpness"),
        ({"debye_temperature": -3.0}, "Debye"),
        ({"residual": np.nan}, "residual"),
    ],
)
def test_parameters_out_of_range_are_refused(change: dict[str, float], word: str) -> None:
    with pytest.raises(DomainError, match=word):
        full_resistance(30.0, **{**CURVE, **change})
    with pytest.raises(DomainError, match=word):
        full_resistance_gradient([30.0], **{**CURVE, **change})


@pytest.mark.parametrize("temperature", [-1.0, np.nan, np.inf])
def test_impossible_temperatures_are_refused(temperature: float) -> None:
    with pytest.raises(DomainError, match="temperature"):
        full_resistance(temperature, **CURVE)
    with pytest.raises(DomainError, match="temperature"):
        full_resistance_gradient(temperature, **CURVE)
    with pytest.raises(DomainError, match="temperature"):
        resistance_below_onset(temperature, onset_temperature=1e9, onset_resistance=1.0, sharpness=3.0)


def test_onset_resistance_must_be_a_number() -> None:
    with pytest.raises(DomainError, match="onset resistance"):
        resistance_below_onset(3.0, onset_temperature=9.0, onset_resistance=np.nan, sharpness=3.0)


def test_a_negative_conductance_is_refused() -> None:
    with pytest.raises(DomainError, match="conductance"):
        full_resistance_gradient([30.0], saturation_conductance=-0.1, **CURVE)


def test_scalars_in_floats_out_and_arrays_untouched() -> None:
    assert type(full_resistance(50, **CURVE)) is float
    assert type(resistance_below_onset(5, onset_temperature=9.0, onset_resistance=1.0, sharpness=3.0)) is float
    for shape in [(0,), (2, 3)]:
        assert np.shape(full_resistance(np.full(shape, 60.0), **CURVE)) == shape
    t = np.linspace(0.0, 300.0, 11)
    before = t.copy()
    full_resistance(t, **CURVE)
    full_resistance_gradient(t, **CURVE)
    np.testing.assert_array_equal(t, before)
