"""One sweep of R(T): spikes named, transition, normal state and full curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.full_curve import FullCurve, fit_full_curve
from megabar.analysis.normal_state import MISFIT, Choices, NormalState, fit_normal_state
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.smoothing import noise_level
from megabar.analysis.steps import find_steps
from megabar.analysis.sweeps import FEWEST_POINTS, Sweep, label
from megabar.analysis.transition import Step, analyse_steps
from megabar.data import Note
from megabar.errors import ConvergenceError, DataError, MegabarError

FloatArray = NDArray[np.float64]

IN_A_ROW: Final = 4
"""So many outliers side by side are not accidents."""

PROTECTED: Final = 0.25
"""Readings within this share of the temperature of a step are kept: its shoulders bend faster than the noise."""

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
    spike &= ~_within_steps(temperature, measured, spike, settings)
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
    notes += [
        Note(f"{label(sweep)}: {text}", "info" if full is not None and full.doubt is None else "warning")
        for text in why
    ]
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


def _within_steps(x: FloatArray, y: FloatArray, spike: NDArray[np.bool_], settings: Settings) -> NDArray[np.bool_]:
    """Points near a step, where the curve itself bends by more than its noise: none of them is a spike."""
    near = np.zeros(x.size, dtype=bool)
    if not spike.any():
        return near
    kept = np.flatnonzero(~spike)
    for bracket in find_steps(x[kept], y[kept], minimum_drop=settings.minimum_drop):
        low, high = x[kept[bracket.peak]] - PROTECTED * x[kept[bracket.peak]], x[kept[bracket.peak]] * (1.0 + PROTECTED)
        near |= (x >= low) & (x <= high)
    return near


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
    if not settings.normal_state:
        return None, []
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
    if found.misfit is not None and found.misfit > MISFIT:
        words.append(
            f"the normal-state fit scatters {found.misfit:.1f} times as much as neighbouring points: drift, correlated "
            "noise or another law; the statistical error of Theta_D is too small"
        )
    if found.open is not None:
        words.append(f"Theta_D is undetermined: {found.open}")
    elif found.far_residual is not None:
        words.append(
            f"R0 is extrapolated: it is {100.0 * found.far_residual:.0f} % of the lowest resistance of the window, "
            f"which begins at {found.chosen.x.min():.4g} K: other curvature (thermal expansion) passes for Theta_D"
        )
    if found.outliers:
        words.append(f"outliers of the normal-state fit, left out of it: {_outlier_words(found)}")
    return found, words


def _outlier_words(found: NormalState) -> str:
    """The temperatures left out; neighbours in a row are no accidents, but a range where the law does not hold."""
    temperatures = found.outlier_temperatures
    named = ", ".join(f"{t:.5g} K" for t in temperatures[:6]) + (" ..." if len(temperatures) > 6 else "")
    runs = np.split(np.array(found.outliers), np.flatnonzero(np.diff(found.outliers) > 1) + 1)
    if max(len(run) for run in runs) < IN_A_ROW:
        return named
    return (
        f"{named}; {len(temperatures)} in all, many in a row: the law does not hold there, set settings.normal_window"
    )


def _full_curve(
    temperature: FloatArray,
    measured: FloatArray,
    steps: tuple[Step, ...],
    normal: NormalState | None,
    settings: Settings,
) -> tuple[FullCurve | None, list[str]]:
    if not settings.full_curve or not steps or normal is None:
        return None, []
    if settings.weights == "relative":
        return None, ["relative weights have no meaning at zero resistance, so the full curve was not fitted"]
    if len(steps) > 1:
        return None, ["the full-curve law describes one step; this transition has several, so it was not fitted"]
    if normal.open is not None:
        return None, ["the normal state alone does not determine Theta_D, so the full curve was not fitted"]
    criteria = steps[0].criteria
    onset, width = criteria["onset"].value, criteria["width 90-10"].value
    if onset is None or width is None:
        return None, ["the transition is cut off, so the full curve was not fitted"]
    used = temperature <= (settings.normal_window[1] if settings.normal_window else np.inf)
    noise = noise_level(temperature[used], measured[used])
    try:
        full = fit_full_curve(temperature[used], measured[used], normal=normal, onset=onset, width=width, noise=noise)
    except MegabarError as error:
        return None, [f"full curve: {error}"]
    doubt = "" if full.doubt is None else f"; not to be quoted: {full.doubt}"
    return full, [f"full curve: {full.words}{doubt}"]
