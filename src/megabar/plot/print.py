"""The print renderer: a description of a figure drawn by matplotlib, without pyplot or lasting global state."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from megabar.data.recording import FloatArray
from megabar.plot import style
from megabar.plot.description import (
    FRAME_HEIGHT,
    FRAME_WIDTH,
    STRIP_HEIGHT,
    Axis,
    FigureDescription,
    Layer,
    PanelFigure,
)
from megabar.plot.looks import LegendEntry
from megabar.plot.svg import tidy

_LEFT: Final = 60.0
_LABEL_GAP: Final = 36.0
_RIGHT: Final = 12.0
_BOTTOM: Final = 34.0
_TITLE_LINE: Final = 13.0
_LEGEND_LINE: Final = 12.5
_REMARK_LINE: Final = 10.0
_LEGEND_HANDLE: Final = 29.0
_LETTER: Final = 4.4
_BOLD_LETTER: Final = 5.7
_TITLE_LETTERS: Final = 62
_STEPS: Final = (1, 2, 5, 10)

_RC: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "megabar",
    "font.family": "DejaVu Sans",
    "font.size": style.FONT_SIZE,
    "axes.linewidth": 0.7,
    "axes.edgecolor": style.INK,
    "axes.labelcolor": style.INK,
    "axes.unicode_minus": True,
    "text.color": style.INK,
    "text.usetex": False,
    "text.parse_math": False,
    "path.simplify": True,
    "legend.fontsize": style.SMALL,
}


@dataclass(frozen=True)
class _Layout:
    """Heights in typographic points of one panel's parts, from top to bottom."""

    title: tuple[str, ...]
    legend_columns: int
    legend_rows: int
    remarks: tuple[str, ...]
    strip: float

    @property
    def top(self) -> float:
        return 6.0 + _TITLE_LINE * len(self.title) + _LEGEND_LINE * self.legend_rows + 5.0

    @property
    def bottom(self) -> float:
        return _BOTTOM + _REMARK_LINE * len(self.remarks)

    @property
    def height(self) -> float:
        return self.top + FRAME_HEIGHT + self.strip + self.bottom


def draw(description: FigureDescription) -> Figure:
    """The description as a matplotlib figure on an Agg canvas, which notebooks show as it is."""
    with _settings():
        layouts = [_layout(panel) for panel in description.panels]
        columns = max(description.columns, 1)
        rows = [layouts[i : i + columns] for i in range(0, len(layouts), columns)]
        heights = [max(layout.height for layout in row) for row in rows] or [72.0]
        panel_width = _LEFT + FRAME_WIDTH + _RIGHT
        width, height = columns * panel_width, sum(heights)
        figure = Figure(figsize=(width / 72.0, height / 72.0), dpi=150)
        FigureCanvasAgg(figure)
        for i, (panel, layout) in enumerate(zip(description.panels, layouts, strict=True)):
            row, column = divmod(i, columns)
            _draw_panel(figure, panel, layout, column * panel_width, height - sum(heights[:row]))
    return figure


def to_svg(figure: Figure, *, name: str, title: str, text: str) -> str:
    """The figure as SVG text that is the same, byte for byte, for the same figure.

    Text stays text; every id starts with `name`, so that several figures can stand in one page; `title` and `text`
    describe the figure to those who cannot see it.
    """
    buffer = io.BytesIO()
    metadata: dict[str, str | None] = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with _settings(), warnings.catch_warnings():
        # The reader's fonts draw the text; matplotlib only measures it, so a glyph missing here is no loss.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(buffer, format="svg", metadata=metadata)
    return tidy(buffer.getvalue().decode(), name=name, title=title, text=text)


def to_png(figure: Figure, path: Path, *, dpi: float) -> None:
    """The figure as a PNG file without date or software version inside."""
    with _settings(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        FigureCanvasAgg(figure)
        figure.savefig(path, dpi=dpi, format="png", metadata={"Software": None})


@contextmanager
def _settings() -> Iterator[None]:
    """Our look for the time of drawing, whatever the user has set for own figures."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def _layout(panel: PanelFigure) -> _Layout:
    heading = panel.title
    if panel.heading and panel.heading.lower() not in panel.title.lower():
        heading = f"{panel.heading}: {panel.title}" if panel.title else panel.heading
    letters = _TITLE_LETTERS - (20 if panel.badge else 0)
    title = textwrap.wrap(heading, letters, max_lines=2, placeholder=" …") or ([""] if panel.badge else [])
    columns = _legend_columns([_LEGEND_HANDLE + _LETTER * len(_short(e.text)) for e in panel.legend])
    return _Layout(
        tuple(title),
        columns,
        -(-len(panel.legend) // columns),
        panel.remarks,
        STRIP_HEIGHT + 5.0 if panel.strip is not None else 0.0,
    )


def _legend_columns(widths: Sequence[float]) -> int:
    """The most columns that fit over the frame, each as wide as its widest entry; entries run down the columns."""
    for columns in range(len(widths), 1, -1):
        rows = -(-len(widths) // columns)
        if sum(max(widths[i : i + rows]) for i in range(0, len(widths), rows)) <= FRAME_WIDTH:
            return -(-len(widths) // rows)
    return 1


def _draw_panel(figure: Figure, panel: PanelFigure, layout: _Layout, left: float, top: float) -> None:
    """One panel whose upper left corner lies at (left, top), in points from the lower left of the figure."""
    frame_left, frame_bottom = left + _LEFT, top - layout.top - FRAME_HEIGHT
    axes = _axes(figure, (frame_left, frame_bottom, FRAME_WIDTH, FRAME_HEIGHT), panel.x, panel.y)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=_STEPS))
    for layer in panel.layers:
        _draw_layer(axes, layer)
    if panel.y.low < 0.0 < panel.y.high:
        axes.axhline(0.0, color=style.FAINT, linewidth=0.6, zorder=0.5)
    _write_labels(axes, panel)
    lowest = axes
    if panel.strip is not None:
        axes.tick_params(labelbottom=False)
        place = (frame_left, frame_bottom - layout.strip, FRAME_WIDTH, STRIP_HEIGHT)
        lowest = _axes(figure, place, panel.x, panel.strip)
        lowest.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=_STEPS, symmetric=True))
        lowest.axhline(0.0, color=style.INK, linewidth=0.6, zorder=1.5)
        for layer in panel.strip_layers:
            _draw_layer(lowest, layer)
    lowest.set_xlabel(panel.x.label, labelpad=3.0)
    _write_title(figure, panel, layout, frame_left, top)
    _draw_legend(axes, panel.legend, layout.legend_columns)
    for i, remark in enumerate(reversed(panel.remarks)):
        _text(
            figure,
            (frame_left + FRAME_WIDTH, top - layout.height + 3.0 + i * _REMARK_LINE),
            remark,
            fontsize=6.5,
            color=style.GREY,
            ha="right",
        )


def _axes(figure: Figure, place: tuple[float, float, float, float], x: Axis, y: Axis) -> Axes:
    """A frame at (left, bottom, width, height) in points, with ticks on all sides and its y label."""
    width, height = figure.get_size_inches() * 72.0
    left, bottom, wide, high = place
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_xlim(x.low, x.high)
    axes.set_ylim(y.low, y.high)
    axes.tick_params(direction="in", top=True, right=True, width=0.6, length=3.0, labelsize=style.SMALL + 0.5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ScalarFormatter(useOffset=False))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=_STEPS))
    letters = max(10, int(high / _LETTER))
    words, bracket, unit = y.label.rpartition(" (")
    label = y.label if len(y.label) <= letters or not bracket else f"{textwrap.fill(words, letters)}\n({unit}"
    axes.set_ylabel(label)
    axes.yaxis.set_label_coords(-_LABEL_GAP / wide, 0.5)
    return axes


def _draw_layer(axes: Axes, layer: Layer) -> None:
    """One trace; lines that belong to it (error bars) as single paths, which keeps the file small."""
    look = layer.look
    if layer.kind == "window":
        if layer.x.size:
            axes.axvspan(layer.x[0], layer.x[-1], color=look.colour, alpha=style.WINDOW_ALPHA, linewidth=0, zorder=0.2)
    elif layer.kind == "band" and layer.low is not None and layer.high is not None:
        axes.fill_between(
            layer.x, layer.low, layer.high, color=look.colour, alpha=style.BAND_ALPHA, linewidth=0, zorder=1.0
        )
    elif layer.y is None:
        for x in layer.x:
            axes.axvline(x, color=look.colour, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=2.6)
    elif layer.kind in ("fit", "guide"):
        axes.plot(layer.x, layer.y, **_line_style(layer.kind, look.dash, look.colour))
    elif look.marker == "beyond":
        _draw_beyond(axes, layer, layer.y)
    else:
        _draw_bars(axes, layer, layer.y)
        axes.plot(layer.x, layer.y, **_symbol_style(layer.kind, look.marker, look.colour, layer.size))


def _line_style(kind: str, dash: str, colour: str) -> dict[str, Any]:
    width, order = (1.2, 3.0) if kind == "fit" else (0.8, 1.6)
    return {"color": colour, "linestyle": dash, "linewidth": width, "zorder": order}


def _symbol_style(kind: str, marker: str, colour: str, size: float) -> dict[str, Any]:
    """Outliers are rings around their points, markers hollow symbols, data filled ones."""
    plain: dict[str, Any] = {"linestyle": "none", "marker": marker, "markersize": size, "color": colour}
    if kind == "outlier":
        return {**plain, "markerfacecolor": "none", "markeredgewidth": 0.9, "zorder": 3.4}
    if kind == "marker":
        return {**plain, "markerfacecolor": "white", "markeredgewidth": 1.0, "zorder": 3.6}
    return {**plain, "markeredgewidth": 0.0, "zorder": 2.0}


def _draw_beyond(axes: Axes, layer: Layer, y: FloatArray) -> None:
    low, high = axes.get_ylim()
    for symbol, side in (("^", y > 0.5 * (low + high)), ("v", y <= 0.5 * (low + high))):
        axes.plot(layer.x[side], y[side], **_symbol_style("data", symbol, style.ALARM, layer.size))


def _draw_bars(axes: Axes, layer: Layer, y: FloatArray) -> None:
    """Error bars of one standard deviation, without caps; an error that is not finite has no bar."""
    colour, width = layer.look.colour, 0.8 if layer.x.size <= 300 else 0.4
    for error, along_x in ((layer.x_error, True), (layer.y_error, False)):
        if error is None:
            continue
        known = np.isfinite(error)
        x, centre, half = layer.x[known], y[known], error[known]
        gap = np.full(x.size, np.nan)
        ends = (
            ([x - half, x + half, gap], [centre, centre, gap])
            if along_x
            else ([x, x, gap], [centre - half, centre + half, gap])
        )
        axes.plot(*(np.stack(end, axis=1).ravel() for end in ends), color=colour, linewidth=width, zorder=1.8)


def _write_labels(axes: Axes, panel: PanelFigure) -> None:
    for label in panel.labels:
        if label.leader is not None:
            ends = zip((label.anchor_x, label.anchor_y), label.leader, strict=True)
            axes.plot(*ends, color=style.GREY, linewidth=0.5, zorder=3.2)
        axes.text(
            label.x,
            label.y,
            label.text,
            color=label.colour,
            fontsize=style.SMALL,
            ha="left",
            va="bottom",
            zorder=4.0,
        )


def _write_title(figure: Figure, panel: PanelFigure, layout: _Layout, left: float, top: float) -> None:
    for i, line in enumerate(layout.title):
        place = (left, top - 6.0 - _TITLE_LINE * (i + 1) + 3.0)
        _text(figure, place, line, fontsize=style.FONT_SIZE + 0.5, fontweight="bold", ha="left")
    if panel.badge:
        # Centred on its frame, because the reader's font may be narrower than the one that the frame was made for.
        place = (left + FRAME_WIDTH - 0.5 * _BOLD_LETTER * len(panel.badge), top - 6.0 - _TITLE_LINE + 3.0)
        frame = {"boxstyle": "square,pad=0.25", "edgecolor": style.ALARM, "facecolor": "white", "linewidth": 0.8}
        look = {"fontsize": style.SMALL, "fontweight": "bold", "color": style.ALARM, "ha": "center"}
        _text(figure, place, panel.badge, bbox=frame, **look)


def _text(figure: Figure, place: tuple[float, float], words: str, **look: Any) -> None:
    width, height = figure.get_size_inches() * 72.0
    figure.text(place[0] / width, place[1] / height, words, va="baseline", **look)


def _draw_legend(axes: Axes, entries: Sequence[LegendEntry], columns: int) -> None:
    """The legend above the frame, where it never hides data."""
    if not entries:
        return
    axes.legend(
        [_handle(entry) for entry in entries],
        [_short(entry.text) for entry in entries],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        frameon=False,
        borderaxespad=0.2,
        borderpad=0.2,
        columnspacing=1.2,
        handlelength=1.7,
        handletextpad=0.5,
        labelspacing=0.35,
    )


def _short(text: str) -> str:
    """At most 70 letters; matplotlib takes a leading underscore for a hidden name."""
    return textwrap.shorten(text, 70, placeholder=" …").lstrip("_") or "unnamed"


def _handle(entry: LegendEntry) -> Artist:
    look = entry.look
    if entry.kind in ("window", "band"):
        alpha = 1.6 * (style.WINDOW_ALPHA if entry.kind == "window" else style.BAND_ALPHA)
        return Patch(facecolor=look.colour, alpha=alpha, linewidth=0)
    if entry.kind in ("fit", "guide"):
        return Line2D([], [], **_line_style(entry.kind, look.dash, look.colour))
    return Line2D([], [], **_symbol_style(entry.kind, look.marker, look.colour, 5.0))
