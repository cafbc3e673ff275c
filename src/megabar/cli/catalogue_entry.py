"""One entry of the catalogue in full, for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from typing import Any, Final

from megabar.catalogue import Entry
from megabar.catalogue.entry import merit_of
from megabar.catalogue.schema import (
    Calculated,
    DataTable,
    Evidence,
    Point,
    Quantity,
    Run,
    Sourced,
    Structure,
    Synthesis,
    UpperCriticalField,
)
from megabar.cli.console import say, width


def show_entry(entry: Entry) -> None:
    """Everything that the entry holds, each number with its source; what is not stated is said where it matters."""
    table = entry.table
    say(f"{entry.name}: {entry.formula} ({table.family})")
    say(f"Status: {entry.status_text}")
    if table.notice is not None:
        _wrapped(", ".join(filter(None, (table.notice.text, table.notice.doi and f"doi {table.notice.doi}"))))
    _wrapped(f"Reference: {entry.reference.text}")
    others = [name for name in dict.fromkeys((entry.short, *table.aliases)) if name != entry.formula]
    if others:
        _wrapped(f"Also: {', '.join(others)}")
    if table.notes:
        _wrapped(f"Notes: {table.notes}")
    for title, field, words in _SECTIONS:
        items = entry.points if field == "points" else getattr(table, field)
        _section(title, (_joined(*words(item), item.remark, _where(entry, item)) for item in items))
    _section("Sources", (f"{reference.short}: {reference.text}" for reference in table.sources))


def _structure(item: Structure) -> Iterable[str]:
    return item.phase, item.space_group


def _synthesis(item: Synthesis) -> Iterable[str]:
    return "; ".join(item.starting_materials), item.heating


def _point(item: Point) -> Iterable[str]:
    merit = merit_of(item)
    return (
        f"{_about(item.about)}{item.critical_temperature:g}{_error(item.critical_temperature_error)} K",
        _pressure(item.pressure, item.pressure_error),
        "" if merit is None else f"S = {merit:.2f}",
        item.gauge or "gauge not stated",
        item.criterion or "criterion not stated",
        item.phase,
        item.cell and f"cell {item.cell}",
    )


def _field(item: UpperCriticalField) -> Iterable[str]:
    law, cell = item.law and f"by {item.law}", item.cell and f"cell {item.cell}"
    at = f"{item.field:g} T at {item.temperature:g} K"
    return at, law, _pressure(item.pressure), item.orientation or "orientation not stated", cell


def _evidence(item: Evidence) -> Iterable[str]:
    number = "" if item.value is None else f"{_about(item.about)}{item.value:g} {item.unit}".strip()
    return item.kind.value, number, item.method, "" if item.year is None else str(item.year)


def _calculated(item: Calculated) -> Iterable[str]:
    low, high = item.critical_temperature
    return f"{low:g} K" if low == high else f"{low:g} to {high:g} K", _pressure(item.pressure), item.phase, item.method


def _quantity(item: Quantity) -> Iterable[str]:
    return f"{item.quantity.replace('_', ' ')} {item.value:g}{_error(item.error)} {item.unit}".strip(), item.condition


def _run(item: Run) -> Iterable[str]:
    before, after = ("?" if p is None else f"{p:g}" for p in (item.pressure_before, item.pressure_after))
    return f"{item.run}: {item.sample}", item.composition, f"{before} to {after} GPa", ", ".join(item.measurements)


def _data_table(item: DataTable) -> Iterable[str]:
    return item.title, f"{len(item.rows)} rows of {', '.join(item.columns)}"


_SECTIONS: Final[tuple[tuple[str, str, Callable[[Any], Iterable[str]]], ...]] = (
    ("Tc", "points", _point),
    ("Upper critical field", "upper_critical_fields", _field),
    ("Evidence", "evidence", _evidence),
    ("Calculated Tc", "calculated", _calculated),
    ("Structure", "structures", _structure),
    ("Synthesis", "synthesis", _synthesis),
    ("Other numbers", "quantities", _quantity),
    ("Heatings, pressure before and after", "runs", _run),
    ("Tables (in full with: export --format json)", "tables", _data_table),
)
"""Heading, field of the entry's file, and the words of one item."""


def _section(title: str, lines: Iterable[str]) -> None:
    listed = list(lines)
    if not listed:
        return
    say()
    say(title)
    for line in listed:
        say(textwrap.fill(line, width(), initial_indent="  ", subsequent_indent="    "))


def _where(entry: Entry, item: Sourced) -> str:
    place = f", {item.place}" if item.place else ""
    work = f"; work of {entry.source(item.work).short}" if item.work else ""
    return f"[{entry.source(item.source).short}{place}{work}]"


def _joined(*parts: str) -> str:
    *words, source = parts
    return f"{', '.join(filter(None, words))} {source}"


def _about(about: bool) -> str:
    return "about " if about else ""


def _pressure(pressure: float | None, error: float | None = None) -> str:
    return "pressure not stated" if pressure is None else f"{pressure:g}{_error(error)} GPa"


def _error(error: float | None) -> str:
    return "" if error is None else f" ± {error:g}"


def _wrapped(text: str) -> None:
    say(textwrap.fill(text, width(), subsequent_indent="  "))
