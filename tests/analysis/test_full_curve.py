"""The fit of the whole curve: exact data, levels, saturation, misfit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import i0

from megabar.analysis.full_curve import FullCurve, fit_full_curve, level_temperature, resistance
from megabar.analysis.normal_state import Choices, fit_normal_state

TEMPERATURE = np.concatenate([np.arange(5.0, 110.0, 0.4), np.arange(110.0, 300.0, 1.0)])


def law(conductance: float = 0.0, sharpness: float = 21.7) -> dict[str, float]:
    return {
        "onset_temperature": 78.5,
        "sharpness": sharpness,
        "residual": 0.0152,
        "amplitude": 0.46,
        "debye_temperature": 518.0,
        "saturation_conductance": conductance,
    }


def fitted(r: np.ndarray, **rest: object) -> FullCurve:
    normal = fit_normal_state(TEMPERATURE, r, Choices(window=(85.0, 300.0)))
    return fit_full_curve(TEMPERATURE, r, normal=normal, onset=73.0, width=9.0, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("conductance", [0.0, 4.0])
@pytest.mark.parametrize("sharpness", [8.0, 21.7, 60.0])
@pytest.mark.parametrize("scale", [1.0, 1e-8])
def test_exact_parameters_come_back_to_one_in_a_million(conductance: float, sharpness: float, scale: float) -> None:
    truth = law(conductance, sharpness)
    found = fitted(resistance(TEMPERATURE, **truth) * scale).chosen.values
    for name in ("onset_temperature", "sharpness", "debye_temperature"):
        assert found[name] == pytest.approx(truth[name], rel=1e-6), name
    for name in ("residual", "amplitude"):
        assert found[name] == pytest.approx(truth[name] * scale, rel=1e-6), name
    assert found["saturation_conductance"] == pytest.approx(conductance / scale, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("fraction", [0.99, 0.5, 0.05, 1e-3])
def test_levels_invert_the_bessel_function(fraction: float) -> None:
    t = level_temperature(fraction, onset_temperature=78.5, sharpness=21.7)
    assert 1.0 / i0(21.7 * (1.0 - t / 78.5) ** 1.5) ** 2 == pytest.approx(fraction, rel=1e-10)


def test_a_curve_that_never_falls_so_far_has_no_level() -> None:
    assert np.isnan(level_temperature(1e-6, onset_temperature=78.5, sharpness=2.0))


def test_a_misfit_is_said_in_words() -> None:
    rng = np.random.default_rng(0)
    noise = 3e-5
    good = resistance(TEMPERATURE, **law(4.0)) + noise * rng.standard_normal(TEMPERATURE.size)
    assert fitted(good, noise=noise).doubt is None
    shoulder = 0.002 * np.exp(-(((TEMPERATURE - 62.0) / 3.0) ** 2))
    bad = fitted(good + shoulder, noise=noise)
    assert bad.misfit is not None
    assert bad.misfit > 1.2
    assert bad.doubt is not None
    assert "misses the data" in bad.doubt
