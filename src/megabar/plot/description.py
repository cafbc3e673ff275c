"""What a figure consists of, in numbers and words only: the contract between `figure` and the renderers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from megabar.data.recording import FloatArray
from megabar.data.result import TraceStyle
from megabar.plot.looks import LegendEntry, Look

FRAME_WIDTH: Final = 290.0
FRAME_HEIGHT: Final = 180.0
STRIP_HEIGHT: Final = 46.0
"""Sizes of the axes frames on paper, in typographic points (1/72 inch)."""


@dataclass(frozen=True)
class Axis:
    """A label with its unit and the limits in that unit."""

    label: str
    low: float
    high: float


@dataclass(frozen=True)
class Layer:
    """One trace ready to draw, in the units of the axes.

    Points (data, outlier, marker, residual) are finite; NaN in a line or band is a break. `y` is None for a
    vertical line at each x. `size` is the width of a symbol in typographic points.
    """

    kind: TraceStyle
    look: Look
    x: FloatArray
    y: FloatArray | None = None
    low: FloatArray | None = None
    high: FloatArray | None = None
    x_error: FloatArray | None = None
    y_error: FloatArray | None = None
    size: float = 3.0


@dataclass(frozen=True)
class Label:
    """A word with its lower left corner at (x, y) and the point (anchor_x, anchor_y) that it names.

    `leader` is where a thin line from the point ends at the word; None when the word stands close enough.
    """

    text: str
    x: float
    y: float
    anchor_x: float
    anchor_y: float
    colour: str
    leader: tuple[float, float] | None


@dataclass(frozen=True)
class PanelFigure:
    """One pair of axes, with a strip of residuals below where `strip` is not None."""

    title: str
    heading: str
    badge: str
    x: Axis
    y: Axis
    strip: Axis | None
    layers: tuple[Layer, ...]
    strip_layers: tuple[Layer, ...]
    labels: tuple[Label, ...]
    legend: tuple[LegendEntry, ...]
    remarks: tuple[str, ...]
    caption: str


@dataclass(frozen=True)
class FigureDescription:
    """Panels in reading order on a grid with `columns` columns."""

    panels: tuple[PanelFigure, ...]
    columns: int
