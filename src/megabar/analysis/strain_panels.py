"""What to draw of line widths: widths against tan(theta) with the law, strain and lattice constants over pressure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.analysis.strain_fit import MODEL, StrainFit
from megabar.analysis.strain_lines import AXES, Lines
from megabar.analysis.strain_settings import Settings
from megabar.data import Panel, Trace

WIDTH: Final = "Full width at half maximum (deg)"
TANGENT: Final = "tan θ"
PRESSURE: Final = "Pressure (GPa)"

_MOST_TOGETHER: Final = 4
_POINTS: Final = 60


def strain_panels(sets: Sequence[Lines], fits: Sequence[StrainFit], settings: Settings) -> list[Panel]:
    """Widths with their laws, a few pressures a panel; strain over pressure and 1/a, 1/b, 1/c below it."""
    pairs = list(zip(sets, fits, strict=True))
    panels = [_widths(pairs[i : i + _MOST_TOGETHER]) for i in range(0, len(pairs), _MOST_TOGETHER)]
    known = [(lines, found) for lines, found in pairs if lines.pressure is not None]
    if len({lines.pressure for lines, _ in known}) > 1:
        panels.append(_strain_over_pressure(known, settings))
        axes = _axes_over_pressure([lines for lines, _ in known], settings)
        panels += [] if axes is None else [axes]
    return panels


def _widths(pairs: Sequence[tuple[Lines, StrainFit]]) -> Panel:
    traces: list[Trace] = []
    for lines, found in pairs:
        x = np.tan(np.radians(lines.two_theta / 2.0))
        traces.append(Trace(lines.name, "data", x, lines.width, y_error=lines.error))
        angle = np.linspace(0.02 * lines.two_theta.max(), 1.05 * lines.two_theta.max(), _POINTS)
        law = np.asarray(MODEL.function(angle, **found.chosen.values))
        traces.append(Trace(lines.name, "fit", np.tan(np.radians(angle / 2.0)), law))
        missed = lines.width - np.asarray(MODEL.function(lines.two_theta, **found.chosen.values))
        traces.append(Trace(lines.name, "residual", x, missed, y_error=lines.error))
    names = f"{pairs[0][0].name} to {pairs[-1][0].name}" if len(pairs) > 1 else pairs[0][0].name
    caption = (
        "Widths of the lines, the instrument's share taken off where it is stated, with Williamson and Hall's law."
    )
    return Panel(f"line widths, {names}", TANGENT, WIDTH, tuple(traces), caption)


def _windows(settings: Settings, low: float, high: float) -> list[Trace]:
    """The phases as shaded ranges of pressure, cut to what was measured."""
    return [
        Trace(phase.name, "window", np.array([max(phase.low, low), min(phase.high, high)]))
        for phase in settings.phases
        if phase.low < high and phase.high > low
    ]


def _strain_over_pressure(known: Sequence[tuple[Lines, StrainFit]], settings: Settings) -> Panel:
    pressure = np.array([lines.pressure for lines, _ in known], dtype=np.float64)
    strain = np.array([found.strain for _, found in known])
    errors = [found.strain_error for _, found in known]
    bars = None if any(e is None for e in errors) else np.array(errors, dtype=np.float64)
    traces = [
        *_windows(settings, pressure.min(), pressure.max()),
        Trace("strain", "data", pressure, strain, y_error=bars),
    ]
    return Panel(
        "strain", PRESSURE, "Strain", tuple(traces), "Strain by Williamson and Hall; ranges: the phases as set."
    )


def _axes_over_pressure(sets: Sequence[Lines], settings: Settings) -> Panel | None:
    """1/a, 1/b and 1/c relative to those at the lowest pressure, so that one axis holds all of them."""
    traces: list[Trace] = []
    for axis in AXES:
        points = [(lines.pressure, lines.axes[axis]) for lines in sets if axis in lines.axes]
        if len(points) > 1:
            x, values = np.array(points, dtype=np.float64).T
            traces.append(Trace(f"1/{axis}", "data", x, values[0] / values))
    if not traces:
        return None
    low, high = min(t.x.min() for t in traces), max(t.x.max() for t in traces)
    caption = "Inverse lattice constants over those at the lowest pressure, to be compared with the strain."
    return Panel(
        "lattice constants",
        PRESSURE,
        "Inverse lattice constant, relative",
        (*_windows(settings, low, high), *traces),
        caption,
    )
