"""What to draw of a map: which phase lies where, cells and quality of fit from point to point, one pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.diffraction_map_frames import Frame
from megabar.data import Panel, Trace

FloatArray = NDArray[np.float64]

_SIDE: Final = 0.84
"""Side of the square of a point, in steps."""
_BARS: Final = "Bars: one standard deviation of the fit of the point."
POINT: Final = "Point of the map, row by row"


def map_panels(frames: Sequence[Frame], phases: Sequence[str], *, step: float | None) -> list[Panel]:
    """The map of phases, volumes and R_wp along it, and the pattern of the point that shows most phases."""
    panels = [_phase_map(frames, phases, step), *_along(frames, phases), _quality(frames)]
    shown = [f for f in frames if f.result is not None and f.result.panels]
    if shown:
        best = max(shown, key=lambda f: (_count(f, phases), -f.value("r_wp")))
        first = best.result.panels[0] if best.result is not None else None
        if first is not None:
            title = f"pattern at {best.place}"
            panels.append(Panel(title, first.x_label, first.y_label, first.traces, first.caption))
    return [panel for panel in panels if panel.traces]


def _count(frame: Frame, phases: Sequence[str]) -> int:
    return sum(frame.shows(phase) for phase in phases)


def _phase_map(frames: Sequence[Frame], phases: Sequence[str], step: float | None) -> Panel:
    """One square a point, cut into the weights of its phases; row 1 on top."""
    size = 1.0 if step is None else step
    rows = max(frame.row for frame in frames) + 1
    squares: dict[str, list[tuple[float, float, float, float]]] = {phase: [] for phase in phases}
    empty, failed = [], []
    for frame in frames:
        x, y = frame.column * size, (rows - 1 - frame.row) * size
        left, low = x - _SIDE * size / 2.0, y - _SIDE * size / 2.0
        weights = [frame.value("phase_weight", phase) if frame.shows(phase) else np.nan for phase in phases]
        if frame.result is None:
            failed.append((x, y))
        elif not np.isfinite(weights).any():
            empty.append((x, y))
        for phase, weight in zip(phases, weights, strict=True):
            if np.isfinite(weight) and weight > 0.0:
                squares[phase].append((left, left + weight * _SIDE * size, low, low + _SIDE * size))
                left += weight * _SIDE * size
    traces = [trace for phase, corners in squares.items() if corners for trace in _squares(phase, corners)]
    traces += [_dots(name, "data", points) for name, points in (("none of the phases", empty),) if points]
    traces += [_dots(name, "outlier", points) for name, points in (("not fitted", failed),) if points]
    unit = "points" if step is None else "µm"
    caption = "One square a point, row 1 on top; the width of a colour is the share of its phase in the intensity."
    return Panel("phases", f"Along the rows ({unit})", f"Across the rows ({unit})", tuple(traces), caption)


def _squares(name: str, corners: Sequence[tuple[float, float, float, float]]) -> tuple[Trace, Trace]:
    """Rectangles (left, right, low, high) as one outline and one area with gaps; the outline gives the colour."""
    nan = np.nan
    x = np.array([v for left, right, _, _ in corners for v in (left, right, right)])
    low = np.array([v for _, _, bottom, _ in corners for v in (bottom, bottom, nan)])
    high = np.array([v for _, _, _, top in corners for v in (top, top, nan)])
    around = np.array([v for left, right, _, _ in corners for v in (left, right, right, left, left, nan)])
    height = np.array([v for _, _, bottom, top in corners for v in (bottom, bottom, top, top, bottom, nan)])
    return Trace(name, "fit", around, height), Trace(name, "band", x, low=low, high=high)


def _dots(name: str, style: str, points: Sequence[tuple[float, float]]) -> Trace:
    x, y = np.array(points, dtype=np.float64).T
    return Trace(name, style, x, y)  # type: ignore[arg-type]


def _along(frames: Sequence[Frame], phases: Sequence[str]) -> list[Panel]:
    """Weights of the phases, and the volume of each in a panel of its own, from point to point."""
    weights = [t for phase in phases if (t := _points(frames, "phase_weight", phase)) is not None]
    panels = [Panel("weights of the phases", POINT, "Share of the intensity", tuple(weights), _BARS)]
    for phase in phases:
        for quantity, label in (
            ("volume_per_formula", "Volume of a formula unit"),
            ("cell_volume", "Volume of the cell"),
        ):
            trace = _points(frames, quantity, phase)
            if trace is not None:
                panels.append(Panel(f"volume of {phase}", POINT, f"{label} (Å³)", (trace,), _BARS))
                break
    return panels


def _points(frames: Sequence[Frame], quantity: str, phase: str) -> Trace | None:
    found = [(n, e) for n, f in enumerate(frames, start=1) if f.shows(phase) and (e := f.find(quantity, phase))]
    if not found:
        return None
    x, y = np.array([n for n, _ in found], dtype=np.float64), np.array([e.value for _, e in found], dtype=np.float64)
    errors = [e.error for _, e in found]
    bars = None if any(e is None for e in errors) else np.array(errors, dtype=np.float64)
    return Trace(phase, "data", x, y, y_error=bars)


def _quality(frames: Sequence[Frame]) -> Panel:
    found = [(n, 100.0 * f.value("r_wp")) for n, f in enumerate(frames, start=1) if np.isfinite(f.value("r_wp"))]
    traces = [_dots("R_wp", "data", found)] if found else []
    return Panel("quality of the fits", POINT, "R_wp (%)", tuple(traces), "")
