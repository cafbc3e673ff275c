"""What to draw of a pattern: data, fit, residuals, background, and a row of marks for the lines of each phase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.pattern_data import Pattern
from megabar.analysis.pattern_fit import Fit
from megabar.analysis.pattern_lines import Found, Line
from megabar.data import Panel, Trace

FloatArray = NDArray[np.float64]

ANGLE: Final = "2θ (deg)"
INTENSITY: Final = "Intensity (counts)"

_ROW: Final = 0.055
_CLEAR: Final = 0.04
_ZOOM_QUANTILE: Final = 0.9
_NEEDS_ZOOM: Final = 4.0


def fit_panels(pattern: Pattern, fit: Fit, foreign: Sequence[Line], name: str) -> list[Panel]:
    """The whole pattern, and its weaker lines by themselves where few strong ones set the scale."""
    panels = [_panel(pattern, fit, foreign, name, top=None)]
    over = pattern.y - fit.background
    strong, usual = float(over.max()), float(np.quantile(over, _ZOOM_QUANTILE))
    if usual > 0 and strong > _NEEDS_ZOOM * usual:
        panels.append(_panel(pattern, fit, foreign, name, top=3.0 * usual))
    return panels


def _panel(pattern: Pattern, fit: Fit, foreign: Sequence[Line], name: str, *, top: float | None) -> Panel:
    x, background, calculated = pattern.x, fit.background, fit.calculated
    if top is None:
        data, model, base = pattern.y, calculated, background
        title, label = "pattern", INTENSITY
    else:
        data, model, base = (np.minimum(v - background, top) for v in (pattern.y, calculated, background))
        title, label = "weak lines, background subtracted", "Intensity over the background (counts)"
    span = float(np.ptp(data))
    row = float(data.min()) - _CLEAR * span
    # Breaks of the pattern (excluded regions) are breaks of the lines.
    gap = np.diff(x, append=x[-1]) > 5.0 * float(np.median(np.diff(x)))
    traces = [Trace("data", "data", x, data), Trace("fit", "fit", x, np.where(gap, np.nan, model))]
    if top is None:
        traces.append(Trace("background", "guide", x, np.where(gap, np.nan, base)))
        traces.append(Trace("residual", "residual", x, pattern.y - calculated))
    traces += _marks(fit, row, _ROW * span)
    if foreign:
        at = np.array([line.centre for line in foreign])
        heights = np.interp(at, x, data) + 0.02 * span
        traces.append(Trace("line of no phase", "outlier", at, heights))
    caption = f"R_wp {100 * fit.quality.r_wp:.3g} %, goodness of fit {fit.quality.chi:.3g}."
    if top is not None:
        caption = "Lines that reach beyond the frame are cut off."
    return Panel(f"{name}: {title}" if name else title, ANGLE, label, tuple(traces), caption)


def _marks(fit: Fit, row: float, step: float) -> list[Trace]:
    state, problem = fit.refined.state, fit.problem
    first = state.parts.line == np.arange(state.parts.line.size)
    centre = state.parts.centre[first]
    traces = []
    for number, one in enumerate(fit.phases):
        own = (problem.lines.phase == number) & state.alive
        at = np.sort(centre[own])
        # Rows of symbols in the manner of data, so that each phase has a colour and a symbol of its own.
        traces.append(Trace(one.phase.name, "data", at, np.full(at.size, row - step * number)))
    return traces


def lines_panel(pattern: Pattern, found: Found, lines: Sequence[Line], name: str) -> Panel:
    """A pattern without phases: its background and where lines are seen."""
    span = float(np.ptp(pattern.y))
    at = np.array([line.centre for line in lines])
    traces = [
        Trace("data", "data", pattern.x, pattern.y),
        Trace("background", "guide", pattern.x, found.background),
    ]
    if at.size:
        height = np.array([line.height for line in lines]) + np.interp(at, pattern.x, found.background) + 0.03 * span
        traces.append(Trace("lines", "marker", at, height))
    return Panel(f"{name}: lines" if name else "lines", ANGLE, INTENSITY, tuple(traces))
