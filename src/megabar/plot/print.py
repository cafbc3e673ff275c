"""The print renderer: a description of a figure drawn by matplotlib, without pyplot or lasting global state."""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from matplotlib.transforms import Affine2D, Transform

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

_LEFT: Final = 52.0
_LABEL_GAP: Final = 31.0
_RIGHT: Final = 10.0
_BOTTOM: Final = 29.0
_TITLE_LINE: Final = 13.0
_LEGEND_LINE: Final = 11.5
_REMARK_LINE: Final = 9.0
_HANDLE: Final = 15.0
_LETTER: Final = 4.4
_BOLD_LETTER: Final = 5.7
_TITLE_LETTERS: Final = 58
_TICK: Final = 3.0
_TICK_FONT: Final = 8.0
_X_TICKS: Final = 8
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
}


@dataclass(frozen=True)
class _Layout:
    """Heights in typographic points of one panel's parts, from top to bottom; `least` is the least room on top."""

    title: tuple[str, ...]
    legend_columns: int
    legend_rows: int
    remarks: tuple[str, ...]
    strip: float
    least: float = 0.0

    @property
    def top(self) -> float:
        return max(self.least, 6.0 + _TITLE_LINE * len(self.title) + _LEGEND_LINE * self.legend_rows + 5.0)

    @property
    def bottom(self) -> float:
        return _BOTTOM + _REMARK_LINE * len(self.remarks)

    @property
    def height(self) -> float:
        return self.top + FRAME_HEIGHT + self.strip + self.bottom


def draw(description: FigureDescription) -> Figure:
    """The description as a matplotlib figure on an Agg canvas, which notebooks show as it is."""
    with _settings():
        return _draw(description, live=True)


def _draw(description: FigureDescription, *, live: bool) -> Figure:
    """The figure; without `live` its ticks are plain lines and text, which do not follow when the limits are moved."""
    columns = max(description.columns, 1)
    layouts = [_layout(panel) for panel in description.panels]
    rows = [_aligned(layouts[i : i + columns]) for i in range(0, len(layouts), columns)]
    layouts = [layout for row in rows for layout in row]
    heights = [max(layout.height for layout in row) for row in rows] or [72.0]
    panel_width = _LEFT + FRAME_WIDTH + _RIGHT
    width, height = columns * panel_width, sum(heights)
    figure = Figure(figsize=(width / 72.0, height / 72.0), dpi=150)
    FigureCanvasAgg(figure)
    for i, (panel, layout) in enumerate(zip(description.panels, layouts, strict=True)):
        row, column = divmod(i, columns)
        _draw_panel(figure, panel, layout, column * panel_width, height - sum(heights[:row]), live=live)
    return figure


def to_svg(description: FigureDescription, *, name: str, title: str, text: str) -> str:
    """The description as SVG text that is the same, byte for byte, for the same description.

    Text stays text; every id starts with `name`, so that several figures can stand in one page; `title` and `text`
    describe the figure to those who cannot see it.
    """
    buffer = io.BytesIO()
    metadata: dict[str, str | None] = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with _settings(), warnings.catch_warnings():
        # The reader's fonts draw the text; matplotlib only measures it, so a glyph missing here is no loss.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        _draw(description, live=False).savefig(buffer, format="svg", metadata=metadata)
    return tidy(buffer.getvalue().decode(), name=name, title=title, text=text)


def to_png(description: FigureDescription, path: Path, *, dpi: float) -> None:
    """The description as a PNG file without date or software version inside."""
    with _settings(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        _draw(description, live=False).savefig(path, dpi=dpi, format="png", metadata={"Software": None})


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
    letters = _TITLE_LETTERS - (21 if panel.badge else 0)
    title = textwrap.wrap(heading, letters, max_lines=2, placeholder=" …") or ([""] if panel.badge else [])
    columns = _legend_columns(panel.legend)
    return _Layout(
        tuple(title),
        columns,
        -(-len(panel.legend) // columns),
        panel.remarks,
        STRIP_HEIGHT + 5.0 if panel.strip is not None else 0.0,
    )


def _aligned(row: Sequence[_Layout]) -> list[_Layout]:
    """The layouts of one row, with their frames at one height."""
    return [replace(layout, least=max(other.top for other in row)) for layout in row]


def _legend_columns(entries: Sequence[LegendEntry]) -> int:
    """The most columns that fit over the frame."""
    for columns in range(len(entries), 1, -1):
        parts = _columns(entries, columns)
        if sum(map(_column_width, parts)) <= FRAME_WIDTH:
            return len(parts)
    return 1


def _draw_panel(figure: Figure, panel: PanelFigure, layout: _Layout, left: float, top: float, *, live: bool) -> None:
    """One panel whose upper left corner lies at (left, top), in points from the lower left of the figure."""
    place = (left + _LEFT, top - layout.top - FRAME_HEIGHT, FRAME_WIDTH, FRAME_HEIGHT)
    axes = _frame(figure, place, panel.x, panel.y)
    for layer in panel.layers:
        _draw_layer(axes, layer)
    if panel.y.low < 0.0 < panel.y.high:
        axes.axhline(0.0, color=style.FAINT, linewidth=0.6, zorder=0.5)
    _write_labels(axes, panel)
    ticks = _live_ticks if live else _drawn_ticks
    ticks(axes, place, panel.x, panel.y, most=6, named=panel.strip is None)
    if panel.strip is not None:
        below = (place[0], place[1] - layout.strip, FRAME_WIDTH, STRIP_HEIGHT)
        strip = _frame(figure, below, panel.x, panel.strip)
        strip.axhline(0.0, color=style.INK, linewidth=0.6, zorder=1.5)
        for layer in panel.strip_layers:
            _draw_layer(strip, layer)
        ticks(strip, below, panel.x, panel.strip, most=4, named=True)
    _write_title(figure, panel, layout, place[0], top)
    _draw_legend(figure, panel.legend, layout, (place[0], place[1] + FRAME_HEIGHT))
    for i, remark in enumerate(reversed(panel.remarks)):
        where = (place[0] + FRAME_WIDTH, top - layout.height + 3.0 + i * _REMARK_LINE)
        _text(figure, where, remark, fontsize=6.5, color=style.GREY, ha="right")


def _frame(figure: Figure, place: tuple[float, float, float, float], x: Axis, y: Axis) -> Axes:
    """A frame at (left, bottom, width, height) in points."""
    width, height = figure.get_size_inches() * 72.0
    left, bottom, wide, high = place
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_xlim(x.low, x.high)
    axes.set_ylim(y.low, y.high)
    return axes


def _live_ticks(
    axes: Axes, place: tuple[float, float, float, float], x: Axis, y: Axis, *, most: int, named: bool
) -> None:
    """Ticks that follow when the limits are changed, for notebooks."""
    axes.tick_params(direction="in", top=True, right=True, width=0.6, length=_TICK, labelsize=_TICK_FONT)
    for axis, count in ((axes.xaxis, _X_TICKS), (axes.yaxis, most)):
        axis.set_major_formatter(ScalarFormatter(useOffset=False))
        axis.set_major_locator(MaxNLocator(nbins=count, steps=_STEPS))
    axes.tick_params(labelbottom=named)
    if named:
        axes.set_xlabel(x.label, labelpad=3.0)
    axes.set_ylabel("\n".join(_lines_of(y.label, place[3])))
    axes.yaxis.set_label_coords(-_LABEL_GAP / place[2], 0.5)


def _drawn_ticks(
    axes: Axes, place: tuple[float, float, float, float], x: Axis, y: Axis, *, most: int, named: bool
) -> None:
    """The same ticks as one path and plain text: ten times faster than an axis that could still change."""
    axes.xaxis.set_visible(False)
    axes.yaxis.set_visible(False)
    figure = axes.get_figure(root=True)
    assert figure is not None
    left, bottom, wide, high = place
    strokes: list[tuple[float, float]] = []
    for value, at in _tick_places(x, wide, _X_TICKS):
        for end, step in ((bottom, _TICK), (bottom + high, -_TICK)):
            strokes += [(left + at, end), (left + at, end + step), (np.nan, np.nan)]
        if named:
            _text(figure, (left + at, bottom - 10.0), value, fontsize=_TICK_FONT, ha="center")
    for value, at in _tick_places(y, high, most):
        for end, step in ((left, _TICK), (left + wide, -_TICK)):
            strokes += [(end, bottom + at), (end + step, bottom + at), (np.nan, np.nan)]
        _text(figure, (left - 3.5, bottom + at - 2.9), value, fontsize=_TICK_FONT, ha="right")
    across, up = np.array(strokes or [(np.nan, np.nan)]).T
    points = Affine2D().scale(1.0 / 72.0) + figure.dpi_scale_trans
    figure.add_artist(Line2D(across, up, color=style.INK, linewidth=0.6, transform=points))
    if named:
        _text(figure, (left + 0.5 * wide, bottom - 22.5), x.label, ha="center")
    lines = _lines_of(y.label, high)
    for i, line in enumerate(lines):
        where = (left - _LABEL_GAP - 10.0 * (len(lines) - 1 - i), bottom + 0.5 * high)
        _text(figure, where, line, ha="center", rotation=90, rotation_mode="anchor")


def _tick_places(axis: Axis, length: float, most: int) -> list[tuple[str, float]]:
    """Round numbers on the axis as text, each with its distance from the low end in points."""
    values = np.asarray(MaxNLocator(nbins=most, steps=_STEPS).tick_values(axis.low, axis.high), dtype=np.float64)
    step = float(values[1] - values[0]) if values.size > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    # Beyond this a fixed number of decimals is longer than the number is exact.
    scientific = max(abs(axis.low), abs(axis.high)) >= 1e6 or decimals > 12
    inside = values[(values >= axis.low) & (values <= axis.high)]
    words = [f"{v:.4g}" if scientific else f"{v:.{decimals}f}" for v in np.where(inside == 0.0, 0.0, inside)]
    places: FloatArray = (inside - axis.low) * (length / (axis.high - axis.low))
    return [(w.replace("-", "−"), place) for w, place in zip(words, places.tolist(), strict=True)]


def _lines_of(label: str, length: float) -> list[str]:
    """The label of a vertical axis in lines that are not longer than the axis, the unit last."""
    letters = max(10, int(length / _LETTER))
    words, bracket, unit = label.rpartition(" (")
    if len(label) <= letters or not bracket:
        return textwrap.wrap(label, letters) or [""]
    return [*textwrap.wrap(words, letters), f"({unit}"]


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
    width, order = (1.2, 3.0) if kind == "fit" else (0.9, 3.1)
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


def _draw_legend(figure: Figure, entries: Sequence[LegendEntry], layout: _Layout, corner: tuple[float, float]) -> None:
    """The legend above the frame, whose upper left `corner` is given in points: there it never hides data."""
    points = Affine2D().scale(1.0 / 72.0) + figure.dpi_scale_trans
    left = corner[0]
    for column in _columns(entries, layout.legend_columns):
        for i, entry in enumerate(column):
            up = corner[1] + 5.0 + _LEGEND_LINE * (layout.legend_rows - 1 - i)
            _draw_handle(figure, entry, (left, up + 2.6), points)
            _text(figure, (left + _HANDLE + 4.0, up), _short(entry.text), fontsize=style.SMALL, ha="left")
        left += _column_width(column)


def _draw_handle(figure: Figure, entry: LegendEntry, place: tuple[float, float], points: Transform) -> None:
    """The sign of one entry, with the middle of its left end at `place`."""
    (x, y), look = place, entry.look
    if entry.kind in ("window", "band"):
        alpha = 1.6 * (style.WINDOW_ALPHA if entry.kind == "window" else style.BAND_ALPHA)
        patch = Rectangle((x, y - 3.0), _HANDLE, 6.0, facecolor=look.colour, alpha=alpha, linewidth=0, transform=points)
        figure.add_artist(patch)
    elif entry.kind in ("fit", "guide"):
        line = _line_style(entry.kind, look.dash, look.colour)
        figure.add_artist(Line2D([x, x + _HANDLE], [y, y], transform=points, **line))
    else:
        symbol = _symbol_style(entry.kind, look.marker, look.colour, 5.0)
        figure.add_artist(Line2D([x + 0.5 * _HANDLE], [y], transform=points, **symbol))


def _columns(entries: Sequence[LegendEntry], columns: int) -> list[Sequence[LegendEntry]]:
    """The entries running down the columns."""
    rows = -(-len(entries) // columns)
    return [entries[i : i + rows] for i in range(0, len(entries), rows)] if entries else []


def _column_width(column: Sequence[LegendEntry]) -> float:
    return max(_HANDLE + 13.0 + _LETTER * len(_short(entry.text)) for entry in column)


def _short(text: str) -> str:
    """At most 70 letters; matplotlib takes a leading underscore for a hidden name."""
    return textwrap.shorten(text, 70, placeholder=" …").lstrip("_") or "unnamed"
