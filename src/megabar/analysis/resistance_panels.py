"""What to draw of a resistance measurement: whole curve with fit and residuals, transition with its criteria.

Titles name the curve where a measurement has several, never the measurement: whoever draws the panel adds that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.full_curve import FULL_CURVE
from megabar.analysis.normal_state import BLOCH_GRUNEISEN
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Step
from megabar.data import Panel, Trace
from megabar.fitting.intervals import band
from megabar.fitting.least_squares import Fit

FloatArray = NDArray[np.float64]

TEMPERATURE: Final = "Temperature (K)"

_FITTED: Final = {
    FULL_CURVE.name: "Normal state and transition fitted together",
    BLOCH_GRUNEISEN.name: "Bloch–Grüneisen fit of the normal state",
}

_OF_SEVERAL: Final = ("onset", "50 %", "zero")
"""The criteria that are marked where there are several steps."""

_ON_CURVE: Final = "R/R(onset) = "


def resistance_label(unit: str) -> str:
    """The axis label of a resistance in `unit`."""
    return {"ohm": "Resistance (ohm)", "ohm m": "Resistivity (ohm m)"}[unit]


def titled(*words: str) -> str:
    """The words that are not empty as one title: "Bridge 1: transition, cooling"."""
    return ": ".join(word for word in words if word)


def temperature_panels(curve: str, sweeps: Sequence[TemperatureSweep], unit: str) -> list[Panel]:
    """All panels of one curve's temperature sweeps; `curve` is "" where the measurement has only one."""
    panels = [whole_curve(titled(curve, "whole curve"), sweeps, unit)]
    for found in sweeps:
        if found.steps:
            panels.append(transition(titled(curve, f"transition, {found.name}"), found, unit))
    moved = window_panel(titled(curve, "Debye temperature by window"), sweeps)
    return panels if moved is None else [*panels, moved]


def whole_curve(title: str, sweeps: Sequence[TemperatureSweep], unit: str) -> Panel:
    """All sweeps with the best fit of each, its 95 % band, residuals, window and outliers."""
    traces: list[Trace] = []
    for found in sweeps:
        traces.append(Trace(found.name, "data", found.temperature, found.resistance))
        if found.spikes.size:
            traces.append(Trace(f"{found.name}: left out", "outlier", found.spikes[:, 0], found.spikes[:, 1]))
        fit = _best_fit(found)
        if fit is None:
            continue
        grid = np.linspace(fit.x.min(), fit.x.max(), 400)
        traces.append(Trace(f"{found.name}: fit", "fit", grid, fit.evaluate(grid)))
        limits = band(fit, grid)
        if limits is not None:
            traces.append(Trace(f"{found.name}: 95 % band", "band", grid, None, *limits))
        traces.append(Trace(f"{found.name}: residuals", "residual", fit.x, fit.residuals))
        traces += _normal_outliers(found)
    windows = [f.normal.choices.window for f in sweeps if f.normal is not None]
    if windows:
        ends = np.array([min(w[0] for w in windows), max(w[1] for w in windows)])
        traces.append(Trace("normal-state window", "window", ends))
    return Panel(title, TEMPERATURE, resistance_label(unit), tuple(traces), _fit_words(sweeps))


def transition(title: str, found: TemperatureSweep, unit: str) -> Panel:
    """The transition of one sweep with its lines, windows and criteria; errors as horizontal bars.

    Onset and offset stand where their lines meet, all other criteria on the curve. Several steps are numbered, and
    only their onsets, half resistances and the zero are marked, as far as the curve reaches them within the step.
    """
    first, last = np.searchsorted(found.temperature, _span(found))
    # The neighbours on either side belong to it, so that sparse data leave no empty figure.
    near = slice(max(int(first) - 1, 0), int(last) + 1)
    traces = [Trace(found.name, "data", found.temperature[near], found.resistance[near])]
    height = float(np.ptp(found.resistance[near])) or 1.0
    for number, step in enumerate(found.steps, start=1):
        traces += _lines(found, step, height)
        traces += _markers(found, step, number if len(found.steps) > 1 else None)
    caption = "Circles: the criteria; the onset lies where the dashed lines cross"
    caption += ", the numbers count the steps." if len(found.steps) > 1 else "."
    return Panel(title, TEMPERATURE, resistance_label(unit), tuple(traces), caption)


def window_panel(title: str, sweeps: Sequence[TemperatureSweep]) -> Panel | None:
    """Theta_D by the window it was fitted in, each window a horizontal bar; None when no window could be moved."""
    traces: list[Trace] = []
    for found in sweeps:
        normal = found.normal
        if normal is None or normal.open is not None:
            continue
        tried = [(*window, theta) for window, theta in normal.windows_tried if theta is not None]
        if not tried:
            continue
        reported = normal.chosen.values["debye_temperature"]
        low, high, theta = np.array([(*normal.choices.window, reported), *tried]).T
        error = np.full(theta.size, np.nan)
        error[0] = normal.chosen.errors["debye_temperature"] or np.nan
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        traces.append(Trace(found.name, "data", middle, theta, x_error=half, y_error=error))
    if not traces:
        return None
    caption = "Horizontal bar: the window of the fit. Vertical bar: the statistical error of the value reported."
    return Panel(title, TEMPERATURE, "Debye temperature (K)", tuple(traces), caption)


def _best_fit(found: TemperatureSweep) -> Fit | None:
    if found.full is not None:
        return found.full.chosen
    return None if found.normal is None else found.normal.chosen


def _fit_words(sweeps: Sequence[TemperatureSweep]) -> str:
    """What was fitted, once for all sweeps that were fitted alike, with R^2 because papers quote it."""
    laws: dict[str, list[tuple[str, Fit]]] = {}
    for found in sweeps:
        fit = _best_fit(found)
        if fit is not None:
            words = _FITTED.get(fit.model.name, f"Fit: {fit.model.name}")
            laws.setdefault(words, []).append((found.name, fit))
    parts = []
    for words, fits in laws.items():
        quality = [
            f"{fit.r_squared:.6f}" + (f" ({name})" if len(sweeps) > 1 else "")
            for name, fit in fits
            if fit.r_squared is not None
        ]
        parts.append(f"{words}{', R² = ' if quality else ''}{', '.join(quality)}.")
    return " ".join(parts)


def _normal_outliers(found: TemperatureSweep) -> list[Trace]:
    normal = found.normal
    if normal is None or not normal.outliers:
        return []
    index = list(normal.outliers)
    fit = normal.all_points
    return [Trace(f"{found.name}: outliers of the fit", "outlier", fit.x[index], fit.y[index])]


def _span(found: TemperatureSweep) -> tuple[float, float]:
    """The temperatures to draw: all criteria, and of the normal state no more than three times as much.

    A sharp transition would else be a vertical line at the edge of its normal-state window.
    """
    reached = [
        criterion.value
        for step in found.steps
        for name, criterion in step.criteria.items()
        if _in_short(name) is not None and criterion.value is not None
    ]
    low, top = min(reached, default=float(found.temperature[0])), max(reached, default=float(found.temperature[-1]))
    high = max(top, min(found.steps[0].geometry.normal_window[1], top + 3.0 * (top - low)))
    return low - 0.25 * (high - low), high + 0.1 * (high - low)


def _lines(found: TemperatureSweep, step: Step, height: float) -> list[Trace]:
    """The windows of one step and the two lines that meet at its onset, each drawn somewhat beyond the crossing."""
    geometry = step.geometry
    traces = [
        Trace("normal-state window", "window", np.array(geometry.normal_window)),
        Trace("transition window", "window", np.array(geometry.transition_window)),
    ]
    if geometry.plateau_window is not None:
        traces.append(Trace("plateau", "window", np.array(geometry.plateau_window)))
    onset = step.criteria["onset"].value
    if onset is None:
        return traces
    name = "lines that meet at the onset"
    level, rise = geometry.normal_line
    ends = np.array([onset - 2.0 * geometry.half_width, geometry.normal_window[1]])
    traces.append(Trace(name, "guide", ends, level + rise * ends))
    level, rise = geometry.transition_line
    if rise > 0:
        foot = max(geometry.plateau or 0.0, float(found.resistance.min())) - 0.05 * height
        ends = np.array([max((foot - level) / rise, float(found.temperature[0])), onset + 0.12 * height / rise])
        traces.append(Trace(name, "guide", ends, level + rise * ends))
    return traces


def _markers(found: TemperatureSweep, step: Step, number: int | None) -> list[Trace]:
    """The criteria of one step as points; `number` is None for the only one."""
    traces = []
    for name, criterion in step.criteria.items():
        words = _in_short(name)
        if words is None or criterion.value is None:
            continue
        if number is not None and not (words in _OF_SEVERAL and _is_own(found, step, name, criterion.value)):
            continue
        x = np.array([criterion.value])
        y = np.array([_height_of(found, step, name, criterion.value)])
        error = None if criterion.error is None else np.array([criterion.error])
        traces.append(Trace(words if number is None else f"{number}: {words}", "marker", x, y, x_error=error))
    return traces


def _in_short(name: str) -> str | None:
    """How a criterion is called in the figure; None for what is no temperature."""
    if name in ("onset", "zero", "offset"):
        return name
    return f"{100 * float(name.removeprefix(_ON_CURVE)):g} %" if name.startswith(_ON_CURVE) else None


def _is_own(found: TemperatureSweep, step: Step, name: str, value: float) -> bool:
    """Whether the curve reaches the criterion within this step and not in one below it."""
    return not name.startswith(_ON_CURVE) or value >= found.temperature[step.bracket.below]


def _height_of(found: TemperatureSweep, step: Step, name: str, value: float) -> float:
    """Where a criterion is drawn: at the crossing of its lines, or on the measured curve."""
    if name == "onset":
        return step.geometry.onset_resistance
    if name == "offset" and step.geometry.plateau is not None:
        return step.geometry.plateau
    return float(np.interp(value, found.temperature, found.resistance))
