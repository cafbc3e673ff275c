"""Estimates in the order a reader compares them: criteria down, sweeps across; measurements down, quantities across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from megabar.data.result import Estimate, Result
from megabar.report.names import PLACES, place_of, place_text, short_criterion, way_of

Place = tuple[tuple[str, str | float], ...]

_MAIN_QUANTITIES: Final = (
    "critical_temperature",
    "transition_temperature",
    "transition_field",
    "transition_width",
    "width",
    "debye_temperature",
    "coupling",
    "residual_resistance_ratio",
)
_MAIN_CRITERIA: Final = ("onset", "90 %", "50 %", "10 %", "zero")
_MOST_WAYS: Final = 5


@dataclass(frozen=True)
class Row:
    """One line of a matrix: `cells` has one group of estimates for each column; `shared` holds for all of them."""

    words: str
    method: str
    cells: tuple[tuple[Estimate, ...], ...]
    shared: tuple[Estimate, ...] = ()


@dataclass(frozen=True)
class Block:
    """All rows of one quantity."""

    quantity: str
    unit: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Matrix:
    """The estimates of one measurement: a column for each place (curve, sweep, step), a block for each quantity."""

    columns: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Column:
    """A column of the overview: one quantity obtained in one way."""

    quantity: str
    way: str
    unit: str


@dataclass(frozen=True)
class Line:
    """A line of the overview: one place of one measurement, a group of estimates for each column."""

    measurement: str
    place: str
    first: bool
    cells: tuple[tuple[Estimate, ...], ...]


@dataclass(frozen=True)
class Overview:
    """The main numbers over all measurements."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def matrix(estimates: Sequence[Estimate]) -> Matrix:
    """The estimates of one measurement as criteria times places; each estimate stands in it exactly once."""
    places = _places(estimates)
    varying = _varying(places)
    kept = [place for place in places if place] or [()]
    blocks: dict[tuple[str, str], dict[str, list[Estimate]]] = {}
    for estimate in estimates:
        rows = blocks.setdefault((estimate.quantity, estimate.unit), {})
        rows.setdefault(way_of(estimate) or estimate.method, []).append(estimate)
    return Matrix(
        columns=tuple(place_text(place, varying=varying) for place in kept) if len(kept) > 1 else ("",),
        blocks=tuple(
            Block(quantity, unit, tuple(_row(words, members, kept) for words, members in rows.items()))
            for (quantity, unit), rows in blocks.items()
        ),
    )


def overview(results: Sequence[Result], *, everything: bool = False) -> Overview:
    """Measurements (one line for each place in them) against quantities.

    The usual quantities come first and, unless `everything`, at most five ways of each, the usual criteria first.
    """
    estimates = [e for result in results for e in result.estimates]
    columns = list(dict.fromkeys(Column(e.quantity, way_of(e), e.unit) for e in estimates))
    columns.sort(key=lambda column: _rank(column.quantity))
    if not everything:
        columns = [c for q in dict.fromkeys(c.quantity for c in columns) for c in _main_ways(q, columns)]
    lines = [line for result in results for line in _lines(result, columns)]
    return Overview(tuple(columns), tuple(lines))


def _row(words: str, members: Sequence[Estimate], places: Sequence[Place]) -> Row:
    methods = list(dict.fromkeys(e.method for e in members))
    shared = tuple(e for e in members if place_of(e) not in places)
    cells = tuple(tuple(e for e in members if place_of(e) == place) for place in places)
    method = "; ".join(m for m in methods if short_criterion(m) != words)
    return Row(words, method, cells, shared)


def _places(estimates: Sequence[Estimate]) -> list[Place]:
    return list(dict.fromkeys(place_of(e) for e in estimates))


def _varying(places: Sequence[Place]) -> tuple[str, ...]:
    """The keys that tell the places apart; one curve need not be named in every heading."""
    named = [dict(place) for place in places if place]
    return tuple(key for key in PLACES if len({place.get(key) for place in named}) > 1)


def _lines(result: Result, columns: Sequence[Column]) -> list[Line]:
    """One line for each place; what belongs to no place stands on the first."""
    places = _places(result.estimates)
    varying = _varying(places)
    kept = [place for place in places if place] or [()]
    lines = []
    for i, place in enumerate(kept):
        here = [e for e in result.estimates if place_of(e) == place or (i == 0 and not place_of(e))]
        cells = tuple(tuple(e for e in here if Column(e.quantity, way_of(e), e.unit) == column) for column in columns)
        lines.append(Line(result.measurement, place_text(place, varying=varying), i == 0, cells))
    return [line for line in lines if any(line.cells)]


def _rank(quantity: str) -> int:
    return _MAIN_QUANTITIES.index(quantity) if quantity in _MAIN_QUANTITIES else len(_MAIN_QUANTITIES)


def _main_ways(quantity: str, columns: Sequence[Column]) -> list[Column]:
    ways = [column for column in columns if column.quantity == quantity]
    usual = [column for name in _MAIN_CRITERIA for column in ways if column.way == name]
    return usual or ways[:_MOST_WAYS]
