"""The estimates of one measurement in the order a reader compares them: criteria down, sweeps across."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from megabar.data.result import Estimate
from megabar.plot.units import prefixed
from megabar.report.names import Place, by_setting, place_of, varying, way_of

HYSTERESIS: Final = "hysteresis"
"""The quantity that stands beside the one it was taken of, in a column of its own."""

_WITH_HYSTERESIS: Final = ("critical_temperature", "transition_field")


@dataclass(frozen=True)
class Row:
    """One way to a quantity: a group of estimates for each column, what holds for all columns, and their difference."""

    way: str
    cells: tuple[tuple[Estimate, ...], ...]
    shared: tuple[Estimate, ...] = ()
    apart: tuple[Estimate, ...] = ()


@dataclass(frozen=True)
class Block:
    """All rows of one quantity; its numbers are shown in `unit`, divided by 10^exponent."""

    quantity: str
    unit: str
    exponent: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Matrix:
    """A column for each place (curve, sweep, step), a block for each quantity.

    `apart` heads the column of the differences between directions; "" where there are none.
    """

    columns: tuple[str, ...]
    blocks: tuple[Block, ...]
    apart: str


def matrix(estimates: Sequence[Estimate]) -> Matrix:
    """Every estimate exactly once."""
    places = columns(estimates)
    owners = {(e.unit, way_of(e)): e.quantity for e in estimates if e.quantity in _WITH_HYSTERESIS}
    blocks: dict[tuple[str, str], dict[str, list[Estimate]]] = {}
    beside: dict[tuple[str, str], list[Estimate]] = {}
    for estimate in estimates:
        key = (estimate.unit, way_of(estimate))
        if estimate.quantity == HYSTERESIS and key in owners and len(places) > 1:
            beside.setdefault(key, []).append(estimate)
        else:
            blocks.setdefault((estimate.quantity, estimate.unit), {}).setdefault(key[1], []).append(estimate)
    made = []
    for (quantity, unit), ways in blocks.items():
        exponent, words = prefixed(unit, _largest(e for members in ways.values() for e in members))
        own = {way: beside.get((unit, way), []) if owners.get((unit, way)) == quantity else [] for way in ways}
        rows = tuple(_row(way, members, places, own[way]) for way, members in ways.items())
        made.append(Block(quantity, words, exponent, rows))
    told = list(dict.fromkeys(e.method for group in beside.values() for e in group))
    return Matrix(_headings(places), tuple(made), told[0] if len(told) == 1 else "difference" if told else "")


def columns(estimates: Iterable[Estimate]) -> list[Place]:
    """The places that hold for no finer one; one empty place where nothing has any."""
    every = list(dict.fromkeys(place_of(e) for e in estimates if e.quantity != HYSTERESIS))
    finest = [p for p in every if not any(p != other and p.holds(other) for other in every)]
    return by_setting(finest) or [Place()]


def _headings(places: Sequence[Place]) -> tuple[str, ...]:
    """What tells the columns apart; one curve need not be named in every heading."""
    if len(places) == 1:
        return ("",)
    short = tuple(place.text(varying(places)) for place in places)
    return short if all(short) else tuple(place.text() for place in places)


def _largest(estimates: Iterable[Estimate]) -> float:
    return max((abs(e.value) for e in estimates if e.value is not None), default=0.0)


def _row(way: str, members: Sequence[Estimate], places: Sequence[Place], apart: Sequence[Estimate]) -> Row:
    cells: list[list[Estimate]] = [[] for _ in places]
    shared = []
    for estimate in members:
        mine = [i for i, place in enumerate(places) if place_of(estimate).holds(place)]
        if len(mine) == len(places) > 1:
            shared.append(estimate)
        else:
            cells[mine[0] if mine else 0].append(estimate)
    return Row(way, tuple(map(tuple, cells)), tuple(shared), tuple(apart))


# -------------------------------------------------------------------------------------------------------- trends

_ASPECTS: Final = {
    "_pressure_slope": "slope per GPa",
    "_at_mean_pressure": "at mean pressure",
    "_of_cell": "",
    "_scatter": "scatter beyond errors",
    "_cell_spread": "spread between cells",
}
"""Endings of quantities that say the same of any other quantity, and what they say; of a cell, its name does."""


def trend_matrix(estimates: Sequence[Estimate]) -> tuple[Matrix, Matrix]:
    """What a trend tells of each quantity, a row for each and a column for each aspect; and the other estimates."""
    aspects: dict[str, dict[str, dict[str, list[Estimate]]]] = {}
    rest = []
    for estimate in estimates:
        ending = next((ending for ending in _ASPECTS if estimate.quantity.endswith(ending)), None)
        if ending is None:
            rest.append(estimate)
            continue
        own = ending == "_of_cell"
        column = str(estimate.labels.get("cell", "")) if own else _ASPECTS[ending]
        row = aspects.setdefault(estimate.quantity.removesuffix(ending), {})
        way = way_of(estimate, without="cell" if own else "")
        row.setdefault(way, {}).setdefault(column, []).append(estimate)
    names = list(dict.fromkeys(name for rows in aspects.values() for cells in rows.values() for name in cells))
    names.sort(key=lambda name: list(_ASPECTS.values()).index(name) if name in _ASPECTS.values() else 2)
    blocks = tuple(_trend_block(quantity, rows, names) for quantity, rows in aspects.items())
    return Matrix(tuple(names), blocks, ""), matrix(rest)


def _trend_block(quantity: str, rows: dict[str, dict[str, list[Estimate]]], names: Sequence[str]) -> Block:
    """All aspects in the unit of the quantity itself."""
    levels = [e for cells in rows.values() for group in cells.values() for e in group if "/" not in e.unit]
    unit = levels[0].unit if levels else ""
    exponent, words = prefixed(unit, _largest(levels))
    made = (Row(way, tuple(tuple(cells.get(name, ())) for name in names)) for way, cells in rows.items())
    return Block(quantity, words, exponent, tuple(made))
