"""One sweep of R(T): spikes named, transition, normal state and full curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.full_curve import FullCurve, fit_full_curve
from megabar.analysis.normal_state import Choices, NormalState, fit_normal_state
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.smoothing import noise_level
from megabar.analysis.sweeps import FEWEST_POINTS, Sweep, label
from megabar.analysis.transition import Step, analyse_steps
from megabar.data import Note
from megabar.errors import ConvergenceError, DataError

FloatArray = NDArray[np.float64]

SPIKE: Final = 8.0
"""A single reading this many standard deviations off the line between its neighbours is a spike."""


@dataclass(frozen=True)
class TemperatureSweep:
    """What one sweep gave: (n,) arrays in ascending temperature, spikes and series remainder taken out.

    normal and full are None when they could not be fitted; the notes say why. series: ohm, None when none was taken.
    spikes: (k, 2) temperatures and resistances left out.
    """

    sweep: Sweep
    name: str
    temperature: FloatArray
    resistance: FloatArray
    steps: tuple[Step, ...]
    normal: NormalState | None
    full: FullCurve | None
    series: float | None
    spikes: FloatArray
    noise: float
    notes: tuple[Note, ...]


def analyse_temperature_sweep(
    sweep: Sweep, resistance: FloatArray, settings: Settings, *, rng: np.random.Generator
) -> TemperatureSweep:
    """Analyse the readings `resistance` (n,) of a curve, of which the sweep names its rows.

    DataError when the resistance does not vary at all. A sweep without a transition is a finding, not an error.
    """
    temperature, measured = sweep.x, resistance[sweep.order]
    if np.ptp(measured) == 0.0:
        raise DataError(
            f"{sweep.curve}: {label(sweep)}: resistance is constant at {measured[0]:.6g}: wrong column, or an open or "
            "shorted lead; name the right column under columns.resistance"
        )
    spike = _spikes(temperature, measured)
    spikes = np.column_stack([temperature[spike], measured[spike]])
    temperature, measured = temperature[~spike], measured[~spike]
    notes = _notes_on_rows(sweep, temperature, spikes)
    steps = _steps(temperature, measured, settings, rng)
    series = _series(steps, settings)
    if series is not None:
        measured = measured - series
        steps = _steps(temperature, measured, settings, rng)
        notes.append(Note(f"{label(sweep)}: series remainder {series:.4g} ohm of {settings.probes} probes subtracted"))
    normal, why = _normal_state(temperature, measured, steps, settings)
    notes += [Note(f"{label(sweep)}: {text}", "warning") for text in why]
    full, why = _full_curve(temperature, measured, steps, normal, settings)
    notes += [Note(f"{label(sweep)}: {text}") for text in why]
    return TemperatureSweep(
        sweep=sweep,
        name=label(sweep),
        temperature=temperature,
        resistance=measured,
        steps=steps,
        normal=normal,
        full=full,
        series=series,
        spikes=spikes,
        noise=noise_level(temperature, measured),
        notes=tuple(notes),
    )


def _steps(
    temperature: FloatArray, measured: FloatArray, settings: Settings, rng: np.random.Generator
) -> tuple[Step, ...]:
    return analyse_steps(
        temperature,
        measured,
        windows=settings.windows,
        fractions=settings.fractions,
        rng=rng,
        minimum_drop=settings.minimum_drop,
    )


def _spikes(x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Single readings far off both neighbours; a step moves two neighbours by the same amount and is none."""
    spike = np.zeros(x.size, dtype=bool)
    if x.size < FEWEST_POINTS:
        return spike
    gap = x[2:] - x[:-2]
    share = np.where(gap > 0, (x[1:-1] - x[:-2]) / np.where(gap > 0, gap, 1.0), 0.5)
    off = np.zeros(x.size)
    off[1:-1] = y[1:-1] - (1.0 - share) * y[:-2] - share * y[2:]
    beside = np.maximum(np.abs(np.roll(off, 1)), np.abs(np.roll(off, -1)))
    level = noise_level(x, y)
    return (np.abs(off) > SPIKE * level) & (np.abs(off) > 1.5 * beside) & (level > 0.0)


def _notes_on_rows(sweep: Sweep, temperature: FloatArray, spikes: FloatArray) -> list[Note]:
    notes = []
    if spikes.size:
        where = ", ".join(f"{t:.5g} K" for t in spikes[:5, 0]) + (" ..." if len(spikes) > 5 else "")
        notes.append(Note(f"{label(sweep)}: {len(spikes)} single readings far off their neighbours left out ({where})"))
    repeated = int(np.count_nonzero(np.diff(temperature) == 0.0))
    if repeated:
        notes.append(Note(f"{label(sweep)}: {repeated} readings repeat the temperature of another: all kept"))
    return notes


def _series(steps: tuple[Step, ...], settings: Settings) -> float | None:
    """The resistance in series with the sample, in ohm; None when nothing is to be taken off."""
    if settings.probes == 4 or settings.series == "none":
        return None
    if settings.series != "plateau":
        return float(settings.series)
    return steps[-1].geometry.plateau if steps else None


def _normal_state(
    temperature: FloatArray, measured: FloatArray, steps: tuple[Step, ...], settings: Settings
) -> tuple[NormalState | None, list[str]]:
    low = steps[0].geometry.normal_window[0] if steps else float(temperature[0])
    choices = Choices(
        window=settings.normal_window or (low, float(temperature[-1])),
        saturation=settings.saturation,
        residual=settings.residual,
        order=None if settings.order == "free" else settings.order,
        weights=settings.weights,
    )
    try:
        found = fit_normal_state(temperature, measured, choices)
    except (DataError, ConvergenceError) as error:
        return None, [f"no Debye temperature: {error}"]
    words = []
    if found.open is not None:
        words.append(f"Theta_D is undetermined: {found.open}")
    if found.outliers:
        points = ", ".join(f"{t:.5g} K" for t in found.outlier_temperatures)
        words.append(f"outliers of the normal-state fit, left out of it: {points}")
    return found, words


def _full_curve(
    temperature: FloatArray,
    measured: FloatArray,
    steps: tuple[Step, ...],
    normal: NormalState | None,
    settings: Settings,
) -> tuple[FullCurve | None, list[str]]:
    if not settings.full_curve or not steps or normal is None:
        return None, []
    if len(steps) > 1:
        return None, ["the full-curve law describes one step; this transition has several, so it was not fitted"]
    criteria = steps[0].criteria
    onset, width = criteria["onset"].value, criteria["width 90-10"].value
    if onset is None or width is None:
        return None, ["the transition is cut off, so the full curve was not fitted"]
    try:
        full = fit_full_curve(
            temperature,
            measured,
            normal=normal.chosen,
            onset=onset,
            width=width,
            saturation=settings.saturation,
            noise=noise_level(temperature, measured),
        )
    except (DataError, ConvergenceError) as error:
        return None, [f"full curve: {error}"]
    return full, [f"full curve: {full.words}"]
