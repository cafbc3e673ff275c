"""What to draw of two orientations: both lines with one model, and the slopes against pressure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.analysis.anisotropy_pair import Comparison, Oriented, Pair
from megabar.analysis.anisotropy_settings import Settings
from megabar.analysis.field_models import NAMES
from megabar.data import Panel, Trace

_LINES: Final = 200


def lines_panel(pair: Pair, settings: Settings) -> Panel:
    """Points of both orientations and the model that is compared, over the measured range."""
    traces: list[Trace] = []
    for one in (pair.first, pair.second):
        found = one.line(settings.criterion)
        if found is None:
            continue
        line, fit = found.line, found.fits[settings.model].fit
        grid = np.linspace(line.temperature.min(), fit.values["critical_temperature"], _LINES)
        traces += [
            Trace(one.orientation, "data", line.temperature, line.field),
            Trace(f"{one.orientation}, fit", "fit", grid, fit.evaluate(grid)),
            Trace(one.orientation, "residual", line.temperature, line.field - fit.evaluate(line.temperature)),
        ]
    return Panel(
        "both orientations",
        "Temperature (K)",
        "Field (T)",
        tuple(traces),
        f"{NAMES[settings.model]}, {settings.criterion}.",
    )


def pressure_panel(pair: Pair, every: Sequence[Oriented], settings: Settings) -> Panel | None:
    """Slopes against pressure, and how the first would go on by the sensitivity; None without pressures."""
    by_name: dict[str, list[tuple[float, float, float, float]]] = {}
    for one in every:
        value, pressure = one.value("slope", settings.criterion, settings.model), one.measured.pressure
        if value is not None and pressure is not None:
            row = (pressure.value, value.value, pressure.error or 0.0, value.error or 0.0)
            by_name.setdefault(", ".join(filter(None, (one.measured.cell, one.orientation))), []).append(row)
    if pair.difference is None:
        return None
    traces = [_points(name, rows) for name, rows in by_name.items()]
    traces += _extended(pair, pair.comparisons[0], [row[0] for rows in by_name.values() for row in rows], settings)
    caption = f"{NAMES[settings.model]}, {settings.criterion}."
    if pair.comparisons[0].sensitivity is not None:
        caption += f" Guide: sensitivity {pair.comparisons[0].sensitivity.words}."
    return Panel("slope at Tc against pressure", "Pressure (GPa)", "Slope at Tc (T/K)", tuple(traces), caption)


def _points(name: str, rows: Sequence[tuple[float, float, float, float]]) -> Trace:
    x, y, x_error, y_error = np.array(rows).T
    return Trace(
        name or "measured",
        "data",
        x,
        y,
        x_error=x_error if x_error.any() else None,
        y_error=y_error if y_error.any() else None,
    )


def _extended(pair: Pair, one: Comparison, pressures: Sequence[float], settings: Settings) -> list[Trace]:
    """The first orientation carried to the other pressures."""
    start, value = pair.first.measured.pressure, pair.first.value("slope", settings.criterion, settings.model)
    if one.sensitivity is None or start is None or value is None:
        return []
    grid = np.linspace(min(pressures) - 2.0, max(pressures) + 2.0, _LINES)
    middle = value.value * np.exp(one.sensitivity.value * (grid - start.value))
    traces = [Trace(f"{pair.first.orientation}, by pressure alone", "guide", grid, middle)]
    if one.sensitivity.error is not None:
        width = np.exp(one.sensitivity.error * np.abs(grid - start.value))
        traces.append(Trace("its error", "band", grid, low=middle / width, high=middle * width))
    return traces
