"""What to draw of a resistance measurement: whole curve with fit and residuals, transition with its criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Step
from megabar.data import Panel, Trace
from megabar.fitting.intervals import band
from megabar.fitting.least_squares import Fit

FloatArray = NDArray[np.float64]

TEMPERATURE: Final = "Temperature (K)"

_SHORT: Final = {"onset": "onset", "zero": "zero", "offset": "offset"}


def resistance_label(unit: str) -> str:
    """The axis label of a resistance in `unit`."""
    return {"ohm": "Resistance (ohm)", "ohm m": "Resistivity (ohm m)"}[unit]


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
        if fit.covariance is not None:
            low, high = band(fit, grid)
            traces.append(Trace(f"{found.name}: 95 % band", "band", grid, None, low, high))
        traces.append(Trace(f"{found.name}: residuals", "residual", fit.x, fit.residuals))
        traces += _normal_outliers(found)
    windows = [f.normal.choices.window for f in sweeps if f.normal is not None]
    if windows:
        ends = np.array([min(w[0] for w in windows), max(w[1] for w in windows)])
        traces.append(Trace("normal-state window", "window", ends))
    caption = "; ".join(_caption(found) for found in sweeps if _best_fit(found) is not None)
    return Panel(title, TEMPERATURE, resistance_label(unit), tuple(traces), caption)


def transition(title: str, found: TemperatureSweep, unit: str) -> Panel:
    """The transition of one sweep with its lines, windows and criteria; errors as horizontal bars."""
    low, high = _span(found)
    near = (found.temperature >= low) & (found.temperature <= high)
    traces = [Trace(found.name, "data", found.temperature[near], found.resistance[near])]
    for number, step in enumerate(found.steps, start=1):
        name = f"step {number} " if len(found.steps) > 1 else ""
        traces += _step_traces(found, step, name)
    caption = "bars: statistical error of each criterion; shaded: windows of the two lines and of the plateau"
    return Panel(title, TEMPERATURE, resistance_label(unit), tuple(traces), caption)


def window_panel(title: str, sweeps: Sequence[TemperatureSweep]) -> Panel | None:
    """Theta_D against the lower end of its window; None when no window could be moved."""
    traces = []
    for found in sweeps:
        if found.normal is None or found.normal.open is not None:
            continue
        chosen = found.normal.chosen
        tried = [(w[0], w[1], theta) for w, theta in found.normal.windows_tried if theta is not None]
        if not tried:
            continue
        own = (*found.normal.choices.window, chosen.values["debye_temperature"])
        points = np.array([own, *tried])
        full = points[:, 1] >= own[1]
        traces.append(
            Trace(
                f"{found.name}: to {own[1]:.4g} K",
                "data",
                points[full, 0],
                points[full, 2],
                y_error=_bars(chosen, full),
            )
        )
        if not full.all():
            shorter = points[~full]
            traces.append(Trace(f"{found.name}: to {shorter[0, 1]:.4g} K", "marker", shorter[:, 0], shorter[:, 2]))
    if not traces:
        return None
    caption = "the first point of each sweep is the fit reported, with its statistical error"
    return Panel(title, "Lower end of the window (K)", "Debye temperature (K)", tuple(traces), caption)


def _bars(chosen: Fit, full: NDArray[np.bool_]) -> FloatArray:
    bars = np.full(int(full.sum()), np.nan)
    bars[0] = chosen.errors["debye_temperature"] or np.nan
    return bars


def _best_fit(found: TemperatureSweep) -> Fit | None:
    if found.full is not None:
        return found.full.chosen
    return None if found.normal is None else found.normal.chosen


def _caption(found: TemperatureSweep) -> str:
    fit = _best_fit(found)
    assert fit is not None
    quality = "" if fit.r_squared is None else f", R^2 = {fit.r_squared:.6f}"
    return f"{found.name}: {fit.model.formula}{quality}"


def _normal_outliers(found: TemperatureSweep) -> list[Trace]:
    normal = found.normal
    if normal is None or not normal.outliers:
        return []
    index = list(normal.outliers)
    fit = normal.all_points
    return [Trace(f"{found.name}: outliers of the fit", "outlier", fit.x[index], fit.y[index])]


def _span(found: TemperatureSweep) -> tuple[float, float]:
    lowest, highest = found.steps[-1], found.steps[0]
    offset = lowest.criteria["zero"].value or lowest.criteria["offset"].value
    low = offset if offset is not None else found.temperature[0]
    high = highest.geometry.normal_window[1]
    margin = 0.25 * (high - low)
    return low - margin, high + 0.15 * (high - low)


def _step_traces(found: TemperatureSweep, step: Step, name: str) -> list[Trace]:
    geometry = step.geometry
    traces = [
        Trace(f"{name}normal-state line window", "window", np.array(geometry.normal_window)),
        Trace(f"{name}transition line window", "window", np.array(geometry.transition_window)),
    ]
    if geometry.plateau_window is not None:
        traces.append(Trace(f"{name}plateau", "window", np.array(geometry.plateau_window)))
    onset = step.criteria["onset"].value
    if onset is None:
        return traces
    intercept, slope = geometry.normal_line
    ends = np.array([onset, geometry.normal_window[1]])
    traces.append(Trace(f"{name}normal-state line", "guide", ends, intercept + slope * ends))
    intercept, slope = geometry.transition_line
    if slope > 0:
        ends = np.array([max(-intercept / slope, found.temperature[0]), onset])
        traces.append(Trace(f"{name}transition line", "guide", ends, intercept + slope * ends))
    for key, criterion in step.criteria.items():
        short = _short(key)
        if short is None or criterion.value is None:
            continue
        x = np.array([criterion.value])
        y = np.interp(x, found.temperature, found.resistance)
        error = None if criterion.error is None else np.array([criterion.error])
        traces.append(Trace(f"{name}{short}", "marker", x, y, x_error=error))
    return traces


def _short(name: str) -> str | None:
    if name in _SHORT:
        return _SHORT[name]
    if name.startswith("R/R(onset) = "):
        return f"{100 * float(name.removeprefix('R/R(onset) = ')):g} %"
    return None
