"""From panels to a description of the figure that any renderer can draw without deciding anything.

Everything that is a decision is made here: limits, units on the axes, colours, what the legend says, which points
are drawn and where the words stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data.recording import FloatArray
from megabar.data.result import Panel, Result, Trace, TraceStyle
from megabar.errors import DataError
from megabar.plot import style
from megabar.plot.description import (
    FRAME_HEIGHT,
    FRAME_WIDTH,
    STRIP_HEIGHT,
    FigureDescription,
    Label,
    Layer,
    PanelFigure,
)
from megabar.plot.labels import place
from megabar.plot.limits import Scale, marked_as_outlier, strip_limits, x_limits, y_limits
from megabar.plot.looks import Look, assign_looks, legend_entries
from megabar.plot.thin import line_points, visible_points
from megabar.plot.units import plain, split_label

MOST_POINTS: Final = 900
"""Symbols drawn in one panel at most, residuals included (each trace may have 300 whatever the others need)."""

_FEW: Final = 40
_LINE_CHUNKS: Final = 250
_MOST_LABELLED: Final = 3
_SAME_PLACE: Final = 26.0
_LABEL_HEIGHT: Final = 9.0
_INSET: Final = 8.0
"""How far from the edges of the frame a line is named that leaves it."""

_LETTER_WIDTH: Final = 4.6
_LINES: Final = ("fit", "guide")
_ORDER: Final[tuple[TraceStyle, ...]] = ("window", "band", "guide", "data", "fit", "outlier", "marker")


def describe(result: Result) -> FigureDescription:
    """All panels of `result` on a grid: one column for one panel, two for more."""
    panels = tuple(
        describe_panel(p, measurement=result.measurement, simulated=result.simulated, digitised=result.digitised)
        for p in result.panels
    )
    return FigureDescription(panels, columns=min(len(panels), 2))


def describe_panel(
    panel: Panel, *, measurement: str = "", simulated: bool = False, digitised: bool = False
) -> PanelFigure:
    """One panel as a description.

    Points that are not finite are left out, lines break there. Residuals are taken to be in the unit of the y axis.
    `measurement` is the heading beside the title; `simulated` and `digitised` put a badge on the figure. DataError
    when a trace lacks what its style draws or its arrays differ in length.
    """
    for trace in panel.traces:
        _check(trace, panel)
    residuals = [t for t in panel.traces if t.style == "residual"]
    main = [t for t in panel.traces if t.style != "residual"]
    looks = {id(t): _behind(t, look) for t, look in zip(panel.traces, assign_looks(panel.traces), strict=True)}
    x = Scale.over(x_limits(panel.traces), FRAME_WIDTH, panel.x_label)
    y = Scale.over(y_limits(main), FRAME_HEIGHT, panel.y_label)
    strip = Scale.over(strip_limits(residuals), STRIP_HEIGHT, panel.y_label)
    ordered = _without_repeated_windows([t for kind in _ORDER for t in main if t.style == kind], looks, x)
    most = _shares(panel.traces)
    last = next((t for t in reversed(ordered) if t.style == "data"), None)
    layers = [_layer(t, looks[id(t)], x, y, most, rim=t is not last) for t in ordered]
    arrows = [_arrows(t, looks[id(t)], x, y) for t in ordered if not _has_twin(t, main)]
    strip_layers = [_layer(t, looks[id(t)], x, strip, most, rim=False) for t in residuals]
    strip_arrows = [_arrows(t, looks[id(t)], x, strip) for t in residuals]
    labelled = [_is_labelled(t) for t in main]
    unit = split_label(panel.y_label)[1]
    return PanelFigure(
        title=plain(panel.title),
        heading=plain(measurement),
        badge=" · ".join(w for w, on in (("SIMULATED DATA", simulated), ("DIGITISED DATA", digitised)) if on),
        x=x.axis(panel.x_label),
        y=y.axis(panel.y_label),
        strip=strip.axis(f"Residual ({unit})") if residuals else None,
        layers=(*layers, *_present(arrows)),
        strip_layers=(*strip_layers, *_present(strip_arrows)),
        labels=_labels([t for t in main if _is_labelled(t) or t.words], [*layers], looks, x, y),
        legend=legend_entries(main, [looks[id(t)] for t in main], labelled=labelled),
        remarks=_remarks(panel.traces, [*layers, *strip_layers], _present([*arrows, *strip_arrows]), y),
        caption=plain(panel.caption),
    )


def _check(trace: Trace, panel: Panel) -> None:
    """DataError unless the trace has what its style draws, in equal lengths."""
    where = f"panel {panel.title!r}: trace {trace.name!r} ({trace.style})"
    needed: dict[TraceStyle, tuple[str, ...]] = {"band": ("low", "high"), "window": (), "marker": ()}
    for name in needed.get(trace.style, ("y",)):
        if getattr(trace, name) is None:
            raise DataError(f"{where} has no {name}; give it one value for each x")
    for name in ("y", "low", "high", "x_error", "y_error"):
        values = getattr(trace, name)
        if values is not None and values.shape != trace.x.shape:
            raise DataError(f"{where}: {name} has shape {values.shape} but x has {trace.x.shape}; make them equal")
    wanted = 1 if trace.style in _LINES else trace.x.size
    if trace.words and len(trace.words) != wanted:
        raise DataError(f"{where} has {len(trace.words)} words; give it {wanted}")


def _behind(trace: Trace, look: Look) -> Look:
    """Named guides are a scale to read the data by, so they stand back."""
    return replace(look, colour=style.GREY) if trace.style == "guide" and trace.words else look


def _without_repeated_windows(traces: Sequence[Trace], looks: Mapping[int, Look], x: Scale) -> list[Trace]:
    """The traces without windows that lie where one with the same words lies already (one rule, two sweeps).

    Drawn twice, such a window would look darker than its entry in the legend.
    """
    kept: list[Trace] = []
    seen: list[tuple[str, FloatArray]] = []
    for trace in traces:
        if trace.style == "window":
            words, ends = looks[id(trace)].words, x.paper(trace.x)
            if any(words == w and ends.shape == e.shape and np.allclose(ends, e, atol=1.0) for w, e in seen):
                continue
            seen.append((words, ends))
        kept.append(trace)
    return kept


def _shares(traces: Sequence[Trace]) -> Mapping[int, int]:
    """How many symbols each trace may draw, by its identity, in proportion to what it has."""
    crowds = [t for t in traces if t.style in ("data", "residual")]
    total = sum(t.x.size for t in crowds) or 1
    return {id(t): max(300, MOST_POINTS * t.x.size // total) for t in crowds}


def _layer(trace: Trace, look: Look, x: Scale, y: Scale, most: Mapping[int, int], *, rim: bool) -> Layer:
    """The trace scaled to its axes, thinned where it is crowded.

    With `rim` dense data are drawn larger, so that they show around what is drawn over them.
    """
    if trace.style == "window":
        ends = x.convert(trace.x[np.isfinite(trace.x)])
        return Layer("window", look, np.array([ends.min(), ends.max()]) if ends.size else ends)
    if trace.style == "marker" and trace.y is None:
        return Layer("marker", look, x.convert(trace.x[np.isfinite(trace.x)]))
    index = _drawn(trace, x, y, most)
    return Layer(
        trace.style,
        look,
        x.convert(trace.x[index]),
        y=_converted(trace.y, y, index),
        low=_converted(trace.low, y, index),
        high=_converted(trace.high, y, index),
        x_error=_converted(_visible(trace.x_error, x, trace), x, index),
        y_error=_converted(_visible(trace.y_error, y, trace), y, index),
        size=_symbol_size(trace) * (1.5 if rim and trace.style == "data" and trace.x.size > _FEW else 1.0),
    )


def _converted(values: FloatArray | None, scale: Scale, index: NDArray[np.intp]) -> FloatArray | None:
    return None if values is None else scale.convert(values[index])


def _visible(errors: FloatArray | None, scale: Scale, trace: Trace) -> FloatArray | None:
    """The errors, or None when every bar would hide under its symbol."""
    if errors is None or not np.any(errors * scale.length / (scale.high - scale.low) > 0.5 * _symbol_size(trace)):
        return None
    return errors


def _drawn(trace: Trace, x: Scale, y: Scale, most: Mapping[int, int]) -> NDArray[np.intp]:
    """Which rows of the trace are drawn; every outlier and marker is."""
    if trace.style == "band" and trace.high is not None:
        return line_points(trace.high, chunks=_LINE_CHUNKS)
    assert trace.y is not None  # by _check
    if trace.style in ("fit", "guide"):
        return line_points(trace.y, chunks=_LINE_CHUNKS)
    inside = np.flatnonzero(np.isfinite(trace.x) & (trace.y >= y.low) & (trace.y <= y.high))
    limit = most.get(id(trace), inside.size)
    return inside[visible_points(x.paper(trace.x[inside]), y.paper(trace.y[inside]), most=limit)]


def _symbol_size(trace: Trace) -> float:
    if trace.style in ("outlier", "marker"):
        return 6.5 if trace.style == "outlier" else 4.5
    base = 4.6 if trace.x.size <= _FEW else 3.2 if trace.x.size <= 300 else 2.2
    return base if trace.style == "data" else min(base, 3.0)


def _has_twin(trace: Trace, traces: Sequence[Trace]) -> bool:
    """Whether an outlier trace repeats points of this data trace, so that it shows what lies beyond the frame."""
    return trace.style == "data" and bool(marked_as_outlier(trace, traces).any())


def _arrows(trace: Trace, look: Look, x: Scale, y: Scale) -> Layer | None:
    """Points that lie beyond the frame, as arrow heads at its edge; None when there are none."""
    if trace.style not in ("data", "outlier", "residual", "marker") or trace.y is None:
        return None
    beyond = np.isfinite(trace.x) & np.isfinite(trace.y) & ~((trace.y >= y.low) & (trace.y <= y.high))
    if not beyond.any():
        return None
    above = trace.y[beyond] > y.high
    edge = np.where(above, y.at(y.length - 4.0), y.at(4.0))
    # One look serves both edges: the renderer turns the symbol by the side of the frame it stands on.
    return Layer(trace.style, replace(look, marker="beyond"), x.convert(trace.x[beyond]), edge, size=5.0)


def _present(layers: Sequence[Layer | None]) -> list[Layer]:
    return [layer for layer in layers if layer is not None]


def _remarks(traces: Sequence[Trace], layers: Sequence[Layer], arrows: Sequence[Layer], y: Scale) -> tuple[str, ...]:
    """What a reader must know about points that are not drawn where they are."""
    remarks = []
    data = [t for t in traces if t.style == "data" and t.y is not None]
    inside = sum(int(np.sum(np.isfinite(t.x) & (t.y >= y.low) & (t.y <= y.high))) for t in data if t.y is not None)
    drawn = sum(layer.x.size for layer in layers if layer.kind == "data")
    if drawn < inside:
        remarks.append(f"{drawn:,} of {inside:,} points drawn, all isolated ones among them")
    if _hidden_bars(traces, layers):
        remarks.append("error bars smaller than the symbols are not drawn")
    beyond = sum(layer.x.size for layer in arrows)
    if beyond:
        remarks.append(f"{beyond} point{'s' * (beyond > 1)} beyond the frame, marked by arrows at its edge")
    return tuple(remarks)


def _hidden_bars(traces: Sequence[Trace], layers: Sequence[Layer]) -> bool:
    """Whether data have errors that no layer shows."""
    known = {"x_error": False, "y_error": False}
    shown = dict(known)
    for name in known:
        known[name] = any(t.style == "data" and getattr(t, name) is not None for t in traces)
        shown[name] = any(layer.kind == "data" and getattr(layer, name) is not None for layer in layers)
    return any(known[name] and not shown[name] for name in known)


def _is_labelled(trace: Trace) -> bool:
    """Whether its own name stands on the figure, so that the legend can do without it."""
    return trace.style == "marker" and trace.x.size <= _MOST_LABELLED and not trace.words


def _labels(
    named: Sequence[Trace], layers: Sequence[Layer], looks: Mapping[int, Look], x: Scale, y: Scale
) -> tuple[Label, ...]:
    """The words of all named traces, placed; equal words close together (one criterion, two sweeps) stand once."""
    groups: list[tuple[str, str, FloatArray, bool]] = []
    for trace in named:
        look = looks[id(trace)]
        for text, anchor in _named_places(trace, look, x, y):
            near = [i for i, g in enumerate(groups) if g[0] == text and np.hypot(*(g[2] - anchor)) < _SAME_PLACE]
            if near and look.colour != groups[near[0]][1]:
                groups[near[0]] = (text, style.INK, *groups[near[0]][2:])
            elif not near:
                groups.append((text, look.colour, anchor, trace.style in _LINES))
    sizes = np.array([(_LETTER_WIDTH * len(text), _LABEL_HEIGHT) for text, *_ in groups]).reshape(-1, 2)
    anchors = np.array([anchor for _, _, anchor, _ in groups]).reshape(-1, 2)
    corners = place(anchors, sizes, obstacles=_obstacles(layers, x, y), frame=(x.length, y.length))
    labels = []
    for (text, colour, anchor, on_line), corner, size in zip(groups, corners, sizes, strict=True):
        nearest = np.clip(anchor, corner, corner + size)
        far = not on_line and np.hypot(*(nearest - anchor)) > 7.0
        leader = (x.at(nearest[0]), y.at(nearest[1])) if far else None
        labels.append(Label(text, x.at(corner[0]), y.at(corner[1]), x.at(anchor[0]), y.at(anchor[1]), colour, leader))
    return tuple(labels)


def _named_places(trace: Trace, look: Look, x: Scale, y: Scale) -> list[tuple[str, FloatArray]]:
    """What is written, and the places on the paper that it names; a vertical line is named at its top."""
    values = np.full(trace.x.size, y.high) if trace.y is None else trace.y
    places = np.stack([x.paper(trace.x), y.paper(values)], axis=1)
    if trace.words and trace.style in _LINES:
        inside = np.all((places >= _INSET) & (places <= [x.length - _INSET, y.length - _INSET]), axis=1)
        return [(plain(trace.words[0]), places[inside][-1])] if inside.any() else []
    places[:, 1] = np.clip(places[:, 1], 0.0, y.length - 6.0)
    words = [plain(word) for word in trace.words] or [look.words or plain(trace.name)] * len(places)
    return [(word, place) for word, place in zip(words, places, strict=True) if word and np.isfinite(place).all()]


def _obstacles(layers: Sequence[Layer], x: Scale, y: Scale) -> FloatArray:
    """Points on the paper that words should keep clear of: symbols, and lines every few points along their way."""
    places = []
    for layer in layers:
        if layer.kind == "marker" and layer.y is None:
            upright = np.linspace(0.0, y.length, 60)
            places += [np.stack([np.full(60, at), upright], axis=1) for at in x.paper(layer.x * 10.0**x.exponent)]
        if layer.y is None:
            continue
        on_paper = np.stack([x.paper(layer.x * 10.0**x.exponent), y.paper(layer.y * 10.0**y.exponent)], axis=1)
        if layer.kind in _LINES:
            on_paper = _along(on_paper[np.isfinite(on_paper).all(axis=1)])
            if layer.look.colour == style.GREY:
                on_paper = _thinned(on_paper, x, y)
        places.append(on_paper)
    return np.concatenate([np.zeros((0, 2)), *places])


def _thinned(line: FloatArray, x: Scale, y: Scale) -> FloatArray:
    """A line that stands back: a word had better cross it than go far from what it names.

    Only where its own name stands it is as much in the way as any other.
    """
    inside = line[np.all((line >= 0.0) & (line <= [x.length, y.length]), axis=1)]
    return np.concatenate([inside[::5], inside[-15:]])


def _along(line: FloatArray) -> FloatArray:
    """Points every 3 along a line."""
    if len(line) < 2:
        return line
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    steps = np.arange(0.0, min(float(way[-1]), 4000.0), 3.0)
    return np.stack([np.interp(steps, way, line[:, 0]), np.interp(steps, way, line[:, 1])], axis=1)
