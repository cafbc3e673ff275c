"""Error bars against the truth: how often the truth lies within one and two standard errors.

The sample is a simulated La3Ni2O7 crystal at 22.4 GPa with noise of 0.3 % of its resistance at the onset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from scipy.optimize import brentq

from megabar.analysis.resistance_estimates import sweep_estimates
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.sweeps import Sweep
from megabar.analysis.temperature_sweep import TemperatureSweep, analyse_temperature_sweep
from megabar.analysis.transition import Step
from megabar.physics.coupling import coupling_from_tc
from megabar.physics.transition import full_resistance

ONSET, NOISE = 78.5, 0.003
LAW = {
    "onset_temperature": ONSET,
    "sharpness": 21.7,
    "residual": 0.0152,
    "amplitude": 0.46,
    "debye_temperature": 518.0,
    "saturation": 0.25,
}
TEMPERATURE = np.concatenate([np.arange(5.0, 110.0, 0.4), np.arange(110.0, 300.0, 1.0)])
EXACT = np.asarray(full_resistance(TEMPERATURE, **LAW))
SIGMA = NOISE * float(full_resistance(ONSET, **LAW))

CRITERIA = ("onset", *(f"R/R(onset) = {x:.2f}" for x in (0.95, 0.90, 0.50, 0.10, 0.05)), "zero", "offset")


def _sweep(resistance: np.ndarray, rng: np.random.Generator) -> TemperatureSweep:
    rows = np.arange(TEMPERATURE.size)
    sweep = Sweep("simulated", "temperature", "warming", None, TEMPERATURE, rows)
    return analyse_temperature_sweep(sweep, resistance, Settings(), rng=rng)


def _step_of(resistance: np.ndarray, rng: np.random.Generator) -> Step:
    (step,) = _sweep(resistance, rng).steps
    return step


def _level(resistance: float) -> float:
    """Where the exact curve has this resistance."""
    return float(brentq(lambda t: float(full_resistance(t, **LAW)) - resistance, 10.0, ONSET))


def _truth(exact: Step) -> dict[str, float]:
    """The criteria of the noiseless curve: lines from its own windows, levels from the exact law."""
    truth = {"onset": exact.criteria["onset"].value or np.nan}
    for name in CRITERIA[1:6]:
        truth[name] = _level(float(name.split("= ")[1]) * exact.geometry.onset_resistance)
    truth["zero"] = _level(3.0 * SIGMA)
    intercept, slope = exact.geometry.transition_line
    truth["offset"] = -intercept / slope
    truth["width 90-10"] = truth["R/R(onset) = 0.90"] - truth["R/R(onset) = 0.10"]
    truth["debye_temperature"] = LAW["debye_temperature"]
    tc = _level(0.05 * float(full_resistance(ONSET, **LAW)))
    truth["critical_temperature, full curve"] = tc
    truth["coupling"] = float(coupling_from_tc(tc, debye_temperature=518.0, coulomb_pseudopotential=0.13))
    return truth


def _measured(found: TemperatureSweep, rng: np.random.Generator) -> Iterator[tuple[str, float, float]]:
    """(name, value, error) of everything whose coverage is promised."""
    (step,) = found.steps
    for name in (*CRITERIA, "width 90-10"):
        criterion = step.criteria[name]
        if criterion.value is not None and criterion.error is not None:
            yield name, criterion.value, criterion.error
    for e in sweep_estimates(found, Sheet("simulated", {}), Settings(), "ohm", rng):
        full = e.labels.get("model") == "full curve"
        if e.value is None or e.error is None:
            continue
        if e.quantity == "debye_temperature":
            yield "debye_temperature, full curve" if full else "debye_temperature, normal state", e.value, e.error
        elif e.labels.get("criterion") == "R/R(onset) = 0.05, full curve":
            yield "critical_temperature, full curve", e.value, e.error
        elif e.quantity == "coupling" and full and e.labels["formula"] == "advanced McMillan":
            yield "coupling", e.value, e.error


def _coverage(sets: int, seed: int) -> Mapping[str, tuple[int, float, float]]:
    """name -> (data sets with an answer, share within one error, share within two)."""
    rng = np.random.default_rng(seed)
    truth = _truth(_step_of(EXACT, rng))
    deviations: dict[str, list[float]] = {}
    for _ in range(sets):
        found = _sweep(EXACT + SIGMA * rng.standard_normal(TEMPERATURE.size), rng)
        for name, value, error in _measured(found, rng):
            expected = truth["debye_temperature"] if name.startswith("debye") else truth[name]
            deviations.setdefault(name, []).append(abs(value - expected) / error)
    return {
        name: (len(d), float(np.mean(np.array(d) < 1.0)), float(np.mean(np.array(d) < 2.0)))
        for name, d in deviations.items()
    }


def test_errors_have_the_right_size_in_a_small_ensemble() -> None:
    """12 data sets: binomial limits of four standard deviations about 68.3 and 95.4 %; 2,000 stand below."""
    for name, (sets, one, two) in _coverage(12, seed=1).items():
        assert sets >= 11, f"{name} is missing in {12 - sets} of 12"
        assert one > 0.15, f"{name}: {one:.2f} within one error"
        assert two > 0.71, f"{name}: {two:.2f} within two errors"


@pytest.mark.calibration
def test_errors_cover_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    """2,000 data sets: 65 to 71 % within one standard error, 93.5 to 96.5 % within two."""
    found = _coverage(2000, seed=2)
    with capsys.disabled():
        for name, (sets, one, two) in found.items():
            print(f"{name:36s} {sets:5d} sets  {100 * one:5.1f} %  {100 * two:5.1f} %")  # noqa: T201
    for name, (sets, one, two) in found.items():
        assert sets >= 1980, f"{name} is missing in {2000 - sets}"
        assert 0.65 <= one <= 0.71, f"{name}: {one:.3f} within one error"
        assert 0.935 <= two <= 0.965, f"{name}: {two:.3f} within two errors"
