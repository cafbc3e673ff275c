"""The figures of the catalogue: Tc(P) with isolines of the figure of merit, calculated against measured Tc."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import numpy as np

from megabar.catalogue.catalogue import Catalogue, Compared
from megabar.catalogue.entry import HOW_SHOWN, Entry
from megabar.catalogue.own import OwnPoint, OwnPoints
from megabar.catalogue.schema import Point, Status
from megabar.data.recording import FloatArray
from megabar.data.result import Panel, Trace
from megabar.errors import DataError
from megabar.physics.merit import critical_temperature_at_merit

ISOLINES: Final = (0.5, 1.0, 1.5, 2.0, 3.0)
PRESSURE: Final = "Pressure (GPa)"
TEMPERATURE: Final = "Critical temperature (K)"

_Style = Literal["data", "outlier"]

_NAMES: Final = ("R = 0 and magnetisation", "R = 0", "magnetisation", "drop of R", "evidence not listed")
"""`HOW_SHOWN` as the legend says it."""

_MARKED: Final = (Status.RETRACTED, Status.CONTESTED)

_LINE: Final = 200
_BEYOND: Final = 1.1
_SHORTEST: Final = 20.0
"""GPa that the isolines cover at least, for a catalogue at ambient pressure."""


def panel(
    catalogue: Catalogue,
    *,
    own: OwnPoints | None = None,
    isolines: Sequence[float] = ISOLINES,
    with_retracted: bool = False,
) -> Panel:
    """Tc against pressure: published points by how far they are shown, isolines of S, the `own` points on top.

    Retracted entries are ringed and named as such; `with_retracted` lets them count in what the caption says about the
    highest figure of merit. Points without a stated pressure cannot be drawn, which the caption tells. DataError when
    no point has a pressure.
    """
    placed = [(entry, p) for entry in catalogue.entries for p in entry.points if p.pressure is not None]
    furthest = max([p.pressure or 0.0 for _, p in placed] + [p.pressure for p in _points(own)], default=None)
    if furthest is None:
        raise DataError("catalogue: no point of this selection has a stated pressure, so there is nothing to draw")
    grid = np.linspace(0.0, max(_BEYOND * furthest, _SHORTEST), _LINE)
    traces = [_isoline(grid, merit) for merit in isolines]
    for shown, name in zip(HOW_SHOWN, _NAMES, strict=True):
        traces += _published([(e, p) for e, p in placed if not e.retracted and e.how_shown == shown], name, "data")
    traces += _published([(e, p) for e, p in placed if e.retracted], "retracted", "outlier")
    traces += _own(own)
    return Panel(
        title="Published superconductors" + (f" and {own.name}" if own is not None else ""),
        x_label=PRESSURE,
        y_label=TEMPERATURE,
        traces=tuple(traces),
        caption=_caption(catalogue, own, with_retracted=with_retracted),
    )


def comparison_panel(catalogue: Catalogue, *, with_retracted: bool = False) -> Panel:
    """Calculated against measured Tc with the line of equality; bars span what the authors varied.

    DataError when no entry of the selection has a calculated Tc and a measured one at a stated pressure.
    """
    found = catalogue.comparison(with_retracted=with_retracted)
    pairs = (*found.counted, *found.others)
    if not pairs:
        raise DataError("catalogue: no entry of this selection has a calculated and a measured Tc")
    ends = np.array([0.0, 1.05 * max(max(_ends(pair)) for pair in pairs)])
    retracted = [pair for pair in pairs if pair.entry.retracted]
    near = [pair for pair in found.counted if not pair.entry.retracted]
    far = [pair for pair in found.others if not pair.entry.retracted]
    traces = [
        Trace("equal", "guide", ends, ends),
        *_pairs(near, "compared", "data"),
        *_pairs(far, f"more than {found.within:g} GPa apart", "data"),
        *_pairs(retracted, "retracted", "outlier"),
    ]
    caption = "Each calculation with the measured point nearest in pressure; bars span what the authors varied."
    if found.mean is not None and found.rms is not None:
        caption += f" Calculated less measured, {len(found.counted)} pairs: {100 * found.mean:+.0f} % in the mean,"
        caption += f" {100 * found.rms:.0f} % rms."
    return Panel(
        "Calculated and measured Tc",
        f"Measured {TEMPERATURE[0].lower()}{TEMPERATURE[1:]}",
        f"Calculated {TEMPERATURE[0].lower()}{TEMPERATURE[1:]}",
        tuple(traces),
        caption,
    )


def _isoline(grid: FloatArray, merit: float) -> Trace:
    values = np.asarray(critical_temperature_at_merit(grid, merit=merit))
    return Trace("figure of merit S", "guide", grid, values, words=(f"{merit:g}",))


def _published(placed: Sequence[tuple[Entry, Point]], name: str, style: _Style) -> list[Trace]:
    """One trace of all these points; the best point of each entry bears its name."""
    if not placed:
        return []
    words = tuple(_word(entry) if point is entry.best else "" for entry, point in placed)
    pressure = np.array([p.pressure for _, p in placed], dtype=np.float64)
    temperature = np.array([p.critical_temperature for _, p in placed])
    x_error = _errors([p.pressure_error for _, p in placed])
    y_error = _errors([p.critical_temperature_error for _, p in placed])
    return [Trace(name, style, pressure, temperature, x_error=x_error, y_error=y_error, words=words)]


def _own(own: OwnPoints | None) -> list[Trace]:
    if own is None or not own.points:
        return []
    made_up = " (simulated)" if own.simulated and "simulated" not in own.name.lower() else ""
    return [
        Trace(
            f"{own.name}{made_up}, {own.criterion}",
            "marker",
            np.array([p.pressure for p in own.points]),
            np.array([p.critical_temperature for p in own.points]),
            x_error=_errors([p.pressure_error for p in own.points]),
            y_error=_errors([p.critical_temperature_error for p in own.points]),
        )
    ]


def _pairs(pairs: Iterable[Compared], name: str, style: _Style) -> list[Trace]:
    chosen = list(pairs)
    if not chosen:
        return []
    low, high = np.array([pair.calculated.critical_temperature for pair in chosen]).T
    return [
        Trace(
            name,
            style,
            np.array([pair.point.critical_temperature for pair in chosen]),
            0.5 * (low + high),
            y_error=0.5 * (high - low),
            words=tuple(map(_pair_word, chosen)),
        )
    ]


def _pair_word(pair: Compared) -> str:
    """The phase; the method as well where an entry has several calculations of it."""
    own = pair.calculated
    several = sum(other.phase == own.phase for other in pair.entry.table.calculated) > 1
    mark = f" ({pair.entry.status.value})" if pair.entry.status in _MARKED else ""
    return f"{own.phase or pair.entry.short}{f', {own.method}' if several and own.method else ''}{mark}"


def _word(entry: Entry) -> str:
    if entry.status in _MARKED:
        return f"{entry.short} ({entry.status.value})"
    return entry.short


def _errors(values: Sequence[float | None]) -> FloatArray | None:
    if all(value is None for value in values):
        return None
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _points(own: OwnPoints | None) -> tuple[OwnPoint, ...]:
    return () if own is None else own.points


def _caption(catalogue: Catalogue, own: OwnPoints | None, *, with_retracted: bool) -> str:
    first = next((r for r in catalogue.ranking(with_retracted=with_retracted) if r.rank == 1), None)
    sentences = [
        "Symbols say what was reported, whoever disputes it.",
        "Lines: figure of merit S = Tc/√(39² + P²), MgB₂ at ambient pressure has S = 1.",
    ]
    if first is not None:
        where = f"{first.point.critical_temperature:g} K at {first.point.pressure:g} GPa"
        sentences.append(f"Highest S here: {first.merit:.2f}, {first.entry.label} ({where}).")
    if any(entry.retracted for entry in catalogue.entries):
        sentences.append("Retracted reports are ringed" + ("." if with_retracted else " and count in nothing."))
    missing = sum(p.pressure is None for entry in catalogue.entries for p in entry.points)
    if missing:
        sentences.append(f"Not drawn: {missing} point{'s' * (missing > 1)} without a stated pressure.")
    if own is not None and own.left_out:
        sentences.append(f"Left out of your own: {'; '.join(own.left_out)}.")
    return " ".join(sentences)


def _ends(pair: Compared) -> tuple[float, float]:
    return pair.point.critical_temperature, pair.calculated.critical_temperature[1]
