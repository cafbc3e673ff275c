"""How each kind of trace looks: colours that colour-blind readers tell apart, sizes for a printed column.

The series colours are those of Okabe & Ito (2008, "Color universal design"); markers and dashes repeat what the
colours say, for printers without colour.
"""

from __future__ import annotations

from typing import Final

import numpy as np

SERIES: Final = ("#0072B2", "#D55E00", "#009E73", "#A8558A", "#3A9BD0", "#B8860B")
"""One colour per data series; the lighter three are darkened to keep a contrast of 3:1 on white."""

FITS: Final = ("#C44E00", "#1A1A1A", "#00795A", "#7A3B66")
"""Lines over a single data series, which is drawn in `SERIES[0]`."""

WINDOWS: Final = ("#777777", "#E69F00", "#56B4E9", "#CC79A7", "#009E73")
"""Spans, drawn at `WINDOW_ALPHA`."""

WINDOW_ALPHA: Final = 0.13
BAND_ALPHA: Final = 0.22
INK: Final = "#222222"
GREY: Final = "#6B6B6B"
FAINT: Final = "#C9C9C9"
ALARM: Final = "#B00020"

MARKERS: Final = ("o", "s", "^", "D", "v", "P")
DASHES: Final = ("solid", "dashed", "dashdot", "dotted")

FONT_SIZE: Final = 8.5
SMALL: Final = 7.5

_SEQUENCE: Final = ((68, 1, 84), (65, 68, 135), (42, 120, 142), (34, 168, 132), (122, 189, 60))


def series_colours(count: int) -> tuple[str, ...]:
    """Colours for `count` data series: distinct ones for few, an ordered dark-to-light scale for many.

    More than six curves are in practice an ordered set (fields, temperatures, pressures), which a scale shows best.
    """
    if count <= len(SERIES):
        return SERIES[:count]
    anchors = np.array(_SEQUENCE, dtype=np.float64)
    position = np.linspace(0.0, len(_SEQUENCE) - 1.0, count)
    channels = [np.interp(position, np.arange(len(_SEQUENCE)), anchors[:, i]) for i in range(3)]
    return tuple(f"#{round(r):02X}{round(g):02X}{round(b):02X}" for r, g, b in zip(*channels, strict=True))


def darker(colour: str, factor: float = 0.62) -> str:
    """The colour with each channel multiplied by `factor`."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel * factor):02X}" for channel in channels)
