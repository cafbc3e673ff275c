"""Which colour, symbol and dash each trace of a panel gets, and what the legend says about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from megabar.data.result import Trace, TraceStyle
from megabar.plot import style
from megabar.plot.names import own_part, owner
from megabar.plot.units import plain

_UNNAMED = {
    "data": "data",
    "fit": "fit",
    "band": "confidence band",
    "guide": "guide",
    "outlier": "outliers",
    "window": "window",
    "marker": "marks",
    "residual": "residuals",
}
_LEGEND_ORDER: tuple[TraceStyle, ...] = ("fit", "band", "guide", "marker", "outlier", "window")


@dataclass(frozen=True)
class Look:
    """How a trace is drawn; `series` is the data trace it belongs to and `words` what its name says besides."""

    colour: str
    marker: str = "o"
    dash: str = "solid"
    series: str | None = None
    words: str = ""


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend."""

    text: str
    kind: TraceStyle
    look: Look


def assign_looks(traces: Sequence[Trace]) -> tuple[Look, ...]:
    """One look for each trace.

    Each data trace has its own colour and symbol, and what belongs to it (see `names`) shares the colour. Fits over
    several data traces are black, over a single one told apart by colours of their own; bands have the colour of their
    fit. Equal words have equal dashes ("warming: fit" and "cooling: fit").
    """
    series = _distinct(plain(t.name) for t in traces if t.style == "data")
    plain_looks = [_named(plain(t.name), t.style, series) for t in traces]
    order = {
        kind: _distinct(words for t, (_, words) in zip(traces, plain_looks, strict=True) if t.style == kind)
        for kind in ("fit", "guide", "window")
    }
    colours = dict(zip(series, style.series_colours(len(series)), strict=True))
    fits: dict[str, Look] = {}
    looks: dict[int, Look] = {}
    # Fits first, because bands and residuals borrow their colours.
    for i in sorted(range(len(traces)), key=lambda i: traces[i].style != "fit"):
        name, (belongs, words) = plain(traces[i].name), plain_looks[i]
        if traces[i].style == "fit":
            look = _fit_look(belongs, words, order["fit"].index(words), colours)
            fits.setdefault(name, look)
        elif traces[i].style in ("band", "residual"):
            look = _borrowed_look(traces[i].style, (belongs, words), name, colours, fits)
        else:
            look = _plain_look(traces[i].style, (belongs, words), order, colours)
        looks[i] = look
    return tuple(looks[i] for i in range(len(traces)))


def legend_entries(
    traces: Sequence[Trace], looks: Sequence[Look], *, labelled: Sequence[bool]
) -> tuple[LegendEntry, ...]:
    """Data first, then everything else by kind; entries that differ in the data they belong to are told once.

    `labelled` says which traces are named on the curve itself and stay out of the legend, as do residuals.
    """
    entries = {
        plain(t.name): LegendEntry(plain(t.name) or _UNNAMED["data"], "data", look)
        for t, look in zip(traces, looks, strict=True)
        if t.style == "data"
    }
    many = len(entries) > 1
    result = list(entries.values())
    for kind in _LEGEND_ORDER:
        groups: dict[str, list[tuple[str, Look]]] = {}
        for trace, look, named in zip(traces, looks, labelled, strict=True):
            if trace.style == kind and not named:
                groups.setdefault(look.words, []).append((plain(trace.name), look))
        for words, members in groups.items():
            shared = len({look.series for _, look in members}) > 1
            name, look = members[0]
            text = words if shared or not many else name
            result.append(LegendEntry(text or _UNNAMED[kind], kind, look))
    return tuple(result)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _named(name: str, kind: TraceStyle, series: Sequence[str]) -> tuple[str | None, str]:
    """The series that a trace belongs to, and its own words."""
    if kind == "data":
        return name, ""
    belongs = owner(name, series)
    words = own_part(name, belongs)
    return (series[0] if belongs is None and len(series) == 1 else belongs), words


def _fit_look(belongs: str | None, words: str, index: int, colours: dict[str, str]) -> Look:
    dash = style.DASHES[index % len(style.DASHES)]
    if len(colours) > 1:
        colour = style.INK
    else:
        colour = style.FITS[index % len(style.FITS)]
    return Look(colour, dash=dash, series=belongs, words=words)


def _borrowed_look(
    kind: TraceStyle, named: tuple[str | None, str], name: str, colours: dict[str, str], fits: dict[str, Look]
) -> Look:
    """Bands and residuals: the fit that they name, else (bands) the fit of their series, else their series."""
    belongs, words = named
    fit = owner(name, [f for f in fits if len(colours) <= 1 or fits[f].series == belongs])
    if fit is None and kind == "band":
        fit = next((f for f in fits if fits[f].series == belongs), next(iter(fits), None))
    index = list(colours).index(belongs) if belongs in colours else 0
    marker = style.MARKERS[index % len(style.MARKERS)]
    if fit is not None and (kind == "band" or len(colours) <= 1):
        return Look(fits[fit].colour, marker, series=belongs, words=words)
    colour = colours[belongs] if belongs is not None else style.GREY
    return Look(colour, marker, series=belongs, words=words)


def _plain_look(
    kind: TraceStyle, named: tuple[str | None, str], order: dict[str, list[str]], colours: dict[str, str]
) -> Look:
    """Data, windows, guides, outliers and markers."""
    belongs, words = named
    index = list(colours).index(belongs) if belongs in colours else 0
    if kind == "data" and belongs is not None:
        return Look(colours[belongs], style.MARKERS[index % len(style.MARKERS)], series=belongs)
    if kind == "window":
        return Look(style.WINDOWS[order["window"].index(words) % len(style.WINDOWS)], series=belongs, words=words)
    if kind == "guide":
        dash = ("dashed", "dotted", "dashdot")[order["guide"].index(words) % 3]
        return Look(style.INK, dash=dash, series=belongs, words=words)
    if kind == "outlier":
        return Look(style.ALARM, series=belongs, words=words)
    colour = style.darker(colours[belongs]) if belongs is not None and len(colours) > 1 else style.INK
    return Look(colour, style.MARKERS[index % len(style.MARKERS)], series=belongs, words=words)
