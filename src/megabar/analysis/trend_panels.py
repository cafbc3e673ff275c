"""What to draw of parameters against pressure: the criteria of Tc in one figure, every other quantity in its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data import Panel, Trace
from megabar.fitting.cells import SharedSlope
from megabar.fitting.trend import Trend

FloatArray = NDArray[np.float64]

PRESSURE: Final = "Pressure (GPa)"
TOGETHER: Final = "critical_temperature"
"""The quantity whose ways (criteria) share a figure, where there is one cell."""

_FRACTION: Final = "R/R(onset) = "


@dataclass(frozen=True)
class Followed:
    """One quantity, obtained in one way, over the measurements that know it: (n,) each, and the line through it."""

    quantity: str
    way: str
    unit: str
    pressure: FloatArray
    values: FloatArray
    cells: Sequence[str]
    x_error: FloatArray | None
    y_error: FloatArray | None
    fit: SharedSlope | Trend

    @property
    def label(self) -> str:
        """The label of the axis."""
        words = _in_words(self.quantity)
        words = words[:1].upper() + words[1:]
        return words if self.unit == "1" else f"{words} ({self.unit})"

    @property
    def short_way(self) -> str:
        """The criterion in few letters."""
        return f"{100 * float(self.way.removeprefix(_FRACTION)):g} %" if self.way.startswith(_FRACTION) else self.way


def trend_panels(followed: Iterable[Followed]) -> list[Panel]:
    """One panel for each quantity; those of `TOGETHER` in one, unless there are several cells to tell apart."""
    every = list(followed)
    joined = [one for one in every if one.quantity == TOGETHER and len(set(one.cells)) == 1]
    panels = [_joined(joined)] if len(joined) > 1 else []
    return [*panels, *(_single(one) for one in every if one not in joined or len(joined) == 1)]


def _joined(followed: Sequence[Followed]) -> Panel:
    traces: list[Trace] = []
    for one in followed:
        traces.append(Trace(one.short_way, "data", one.pressure, one.values, x_error=one.x_error, y_error=one.y_error))
        traces += _lines(one, one.short_way, with_band=False)
        traces += _residuals(one, dict.fromkeys(one.cells, one.short_way))
    first = followed[0]
    return Panel(_in_words(first.quantity), PRESSURE, first.label, tuple(traces), _words(followed))


def _single(one: Followed) -> Panel:
    traces: list[Trace] = []
    cells = np.array(one.cells)
    for cell in dict.fromkeys(one.cells):
        own = cells == cell
        traces.append(
            Trace(
                _cell_name(cell),
                "data",
                one.pressure[own],
                one.values[own],
                x_error=None if one.x_error is None else one.x_error[own],
                y_error=None if one.y_error is None else one.y_error[own],
            )
        )
    traces += _lines(one, _cell_name(one.cells[0]) if len(set(one.cells)) == 1 else "", with_band=True)
    traces += _residuals(one, {cell: _cell_name(cell) for cell in one.cells})
    words = _in_words(one.quantity)
    title = f"{words}, {one.short_way}" if one.way else words
    return Panel(title, PRESSURE, one.label, tuple(traces), _words([one]))


def _lines(one: Followed, name: str, *, with_band: bool) -> list[Trace]:
    """The line through all points, or that of each cell; the 95 % band where it is wanted and known."""
    fit = one.fit
    if isinstance(fit, SharedSlope):
        cells = np.array(one.cells)
        traces = []
        for cell in dict.fromkeys(one.cells):
            ends = np.array([one.pressure[cells == cell].min(), one.pressure[cells == cell].max()])
            traces.append(Trace(f"{_cell_name(cell)}: line", "fit", ends, fit.at(ends, cell=cell)))
        return traces
    grid = np.linspace(float(one.pressure.min()), float(one.pressure.max()), 50)
    before = f"{name}: " if name else ""
    traces = [Trace(f"{before}line", "fit", grid, fit.at(grid)[0])]
    limits = fit.band(grid) if with_band else None
    return traces if limits is None else [*traces, Trace(f"{before}95 % band", "band", grid, None, *limits)]


def _residuals(one: Followed, names: Mapping[str, str]) -> list[Trace]:
    """The points less the line that belongs to them, named as the points of their cell."""
    cells = np.array(one.cells)
    traces = []
    for cell, name in names.items():
        own = cells == cell
        x = one.pressure[own]
        line = one.fit.at(x, cell=cell) if isinstance(one.fit, SharedSlope) else one.fit.at(x)[0]
        traces.append(Trace(f"{name}: residuals", "residual", x, one.values[own] - line))
    return traces


def _in_words(quantity: str) -> str:
    return quantity.replace("_", " ").replace("debye", "Debye")


def _cell_name(cell: str) -> str:
    if not cell:
        return "measurements"
    return cell if cell.lower().startswith("cell") else f"cell {cell}"


def _words(followed: Sequence[Followed]) -> str:
    """Which line, and whether the errors explain how the points lie about it."""
    text = "Straight lines" if len(followed) > 1 else "Straight line"
    if any(isinstance(one.fit, SharedSlope) for one in followed):
        text = "One slope for all cells, each with its own offset"
    if any(scattered(one) for one in followed):
        text += "; the points scatter by more than their errors, which the errors of the slope include"
    return f"{text}."


def scattered(one: Followed) -> bool:
    """Whether the points certainly lie farther from the line than the errors given allow."""
    interval = one.fit.scatter_interval
    return one.y_error is not None and interval is not None and interval[0] > 0.0
