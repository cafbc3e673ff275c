"""What the simulated bridge and thermometer do to a curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import iv

from megabar.errors import DomainError
from megabar.physics.transition import full_resistance
from megabar.simulate.curves import quantised, resistance_curve, sharpness_for, thermometer_sweep

PARAMETERS = {
    "onset_temperature": 78.5,
    "sharpness": 21.0,
    "residual": 0.0152,
    "amplitude": 0.46,
    "debye_temperature": 518.0,
    "saturation": 0.25,
}
T = np.linspace(5.0, 300.0, 2000)


def test_without_noise_the_curve_is_the_model() -> None:
    rng = np.random.default_rng(0)
    made = resistance_curve(T, parameters=PARAMETERS, noise=0.0, rng=rng)
    np.testing.assert_array_equal(made, full_resistance(T, **PARAMETERS))


def test_noise_has_the_size_asked_for_and_no_mean() -> None:
    rng = np.random.default_rng(1)
    made = resistance_curve(T, parameters=PARAMETERS, noise=4e-5, rng=rng)
    scatter = made - np.asarray(full_resistance(T, **PARAMETERS))
    assert scatter.std() == pytest.approx(4e-5, rel=0.06)
    assert abs(scatter.mean()) < 3.5 * 4e-5 / np.sqrt(T.size)


def test_noise_may_differ_from_point_to_point() -> None:
    size = np.where(T < 100.0, 0.0, 1e-4)
    made = resistance_curve(T, parameters=PARAMETERS, noise=size, rng=np.random.default_rng(2))
    scatter = made - np.asarray(full_resistance(T, **PARAMETERS))
    assert np.all(scatter[T < 100.0] == 0.0)
    assert np.all(scatter[T >= 100.0] != 0.0)


def test_readings_are_whole_multiples_of_the_resolution() -> None:
    made = resistance_curve(T, parameters=PARAMETERS, noise=4e-5, rng=np.random.default_rng(3), quantum=2e-5)
    steps = made / 2e-5
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)
    plain = resistance_curve(T, parameters=PARAMETERS, noise=4e-5, rng=np.random.default_rng(3))
    assert np.max(np.abs(made - plain)) <= 1.0001e-5
    np.testing.assert_array_equal(quantised(T, 0.0), T)


@pytest.mark.parametrize("lag", [0.3, -0.3])
def test_a_sample_that_lags_is_at_another_temperature(lag: float) -> None:
    """On cooling the sample is warmer than the thermometer (lag > 0), so the curve shifts down in temperature."""
    made = resistance_curve(T, parameters=PARAMETERS, noise=0.0, rng=np.random.default_rng(0), lag=lag)
    exact = np.asarray(full_resistance(T, **PARAMETERS))
    half = 0.5 * float(full_resistance(78.5, **PARAMETERS))
    crossing, true = (np.interp(half, r[T < 78.0], T[T < 78.0]) for r in (made, exact))
    assert crossing - true == pytest.approx(-lag, abs=1e-3)


def test_a_lag_below_zero_temperature_is_refused() -> None:
    with pytest.raises(DomainError, match="temperature"):
        resistance_curve([0.1], parameters=PARAMETERS, noise=0.0, rng=np.random.default_rng(0), lag=-0.2)


def test_temperatures_stay_as_they_were() -> None:
    before = T.copy()
    resistance_curve(T, parameters=PARAMETERS, noise=1e-5, rng=np.random.default_rng(0), quantum=1e-5, lag=0.1)
    np.testing.assert_array_equal(T, before)


@given(st.floats(1e-6, 0.999), st.floats(0.0, 0.98), st.floats(1.0, 300.0))
def test_sharpness_puts_the_level_where_it_was_asked(level: float, part: float, onset: float) -> None:
    sharpness = sharpness_for(level, temperature=part * onset, onset_temperature=onset)
    z = sharpness * (1.0 - part) ** 1.5
    assert iv(0, z) ** -2.0 == pytest.approx(level, rel=1e-9)


@pytest.mark.parametrize("bad", [(0.0, 50.0), (1.0, 50.0), (np.nan, 50.0), (0.5, 80.0), (0.5, -1.0), (0.5, np.nan)])
def test_levels_that_no_sharpness_gives_are_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(DomainError, match="no sharpness"):
        sharpness_for(bad[0], temperature=bad[1], onset_temperature=80.0)


def test_sweeps_fall_and_are_dense_where_asked() -> None:
    sweep = thermometer_sweep([(300.0, 100.0, 1.0), (100.0, 40.0, 0.25)], rng=np.random.default_rng(0))
    assert np.all(np.diff(sweep) < 0.0)
    assert sweep.size == 200 + 240
    assert abs(sweep[0] - 300.0) <= 0.1
    assert abs(np.mean(np.diff(sweep[220:])) + 0.25) < 0.002
