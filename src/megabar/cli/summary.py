"""What the terminal says at the end: one line a measurement, then where the rest stands."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from megabar.cli.console import complain, say, width
from megabar.data.result import Estimate, Result, Status
from megabar.report.format import with_error
from megabar.report.grouping import Column, Line, overview
from megabar.report.names import label_text, quantity_words, unit_words, way_of

if TYPE_CHECKING:
    from megabar.experiment.pipeline import ExperimentResult


@dataclass(frozen=True)
class _Shown:
    """A column of the table: a quantity, and the ways of obtaining it, the first that a measurement has."""

    quantity: str
    heading: str
    ways: tuple[str, ...]


_SHOWN = (
    _Shown("critical_temperature", "Tc onset", ("onset",)),
    _Shown("critical_temperature", "Tc 50 %", ("50 %",)),
    _Shown("critical_temperature", "Tc zero", ("zero",)),
    _Shown("transition_field", "Field 50 %", ("50 %, both", "50 %")),
    _Shown("debye_temperature", "ΘD", ("full curve", "normal state", "")),
    _Shown("coupling", "λ", ("full curve, advanced McMillan", "normal state, advanced McMillan", "advanced McMillan")),
)

_MARK = "*"
_MEAN = "mean of directions"
_DIRECTIONS = ("cooling", "warming", "field down", "field up")


def show_experiment(outcome: ExperimentResult) -> None:
    """The summary of a folder; failures go to stderr."""
    simulated = any(result.simulated for result in outcome.results)
    say(f"{outcome.title}{' (simulated data)' if simulated else ''}")
    _show_overview(outcome.results)
    for result in outcome.trends:
        _wrapped(f"{result.measurement}: {result.summary}" if result.summary else "")
    for failure in outcome.failures:
        complain(f"{failure.measurement}: {failure.message}")
    say(_counts(outcome))
    say(f"Report: {outcome.output / 'report.html'}")


def show_result(result: Result, output: Path | None) -> None:
    """Every estimate of one measurement, its notes, and where the report stands."""
    say(f"{result.measurement}{' (simulated data)' if result.simulated else ''}")
    table = _table("Quantity", "", "Value", "Unit")
    for estimate in result.estimates:
        table.add_row(quantity_words(estimate.quantity), _labels(estimate), _value(estimate), unit_words(estimate.unit))
    _show(table)
    _footnote(result.estimates)
    for note in result.notes:
        _wrapped(f"{'Warning' if note.level == 'warning' else 'Note'}: {note.text}")
    if output is not None:
        say(f"Report: {output / 'report.html'}")


def _show_overview(results: Sequence[Result]) -> None:
    whole = overview(results, everything=True)
    lines = _without_single_directions(whole.lines)
    cells = {shown: [_first(line, shown, whole.columns) for line in lines] for shown in _SHOWN}
    kept = [shown for shown, column in cells.items() if any(column)]
    if not kept:
        return
    table = _table("Measurement", *(_heading(shown, whole.columns) for shown in kept))
    last = ""
    for number, line in enumerate(lines):
        row = [cells[shown][number] for shown in kept]
        if not any(row):
            continue
        place = ", ".join(part for part in line.place.split(", ") if part != _MEAN)
        if place and line.measurement != last:
            table.add_row(line.measurement)
        last = line.measurement
        table.add_row(f"  {place}" if place else last, *("" if cell is None else _value(cell) for cell in row))
    _show(table)
    say("In brackets: the statistical error in the last digits; the report has the rest.")
    _footnote([cell for shown in kept for cell in cells[shown] if cell is not None])


def _first(line: Line, shown: _Shown, columns: Sequence[Column]) -> Estimate | None:
    """The estimate of a line by the first way that gives a value, or else one that says why there is none."""
    found = [
        estimate
        for way in shown.ways
        for column, cell in zip(columns, line.cells, strict=True)
        if (column.quantity, column.way) == (shown.quantity, way)
        for estimate in cell
    ]
    return next((estimate for estimate in found if estimate.value is not None), found[0] if found else None)


def _without_single_directions(lines: Sequence[Line]) -> list[Line]:
    """The lines but for sweeps whose mean over both directions is there too."""
    places = {(line.measurement, line.place) for line in lines}

    def is_in_mean(line: Line) -> bool:
        means = {line.place.replace(direction, _MEAN) for direction in _DIRECTIONS} - {line.place}
        return any((line.measurement, mean) in places for mean in means)

    return [line for line in lines if not is_in_mean(line)]


def _heading(shown: _Shown, columns: Sequence[Column]) -> str:
    unit = unit_words(next(column.unit for column in columns if column.quantity == shown.quantity))
    return shown.heading + (f"\n({unit})" if unit else "")


def _value(estimate: Estimate) -> str:
    if estimate.value is None:
        return _MARK
    mark = "" if estimate.status == Status.OK else f" {_MARK}"
    return f"{with_error(estimate.value, estimate.error)}{mark}"


def _labels(estimate: Estimate) -> str:
    places = [label_text(key, label) for key, label in estimate.labels.items()]
    return ", ".join(places) or way_of(estimate)


def _footnote(estimates: Sequence[Estimate]) -> None:
    """What the marked values are, each reason once."""
    for status in dict.fromkeys(estimate.status for estimate in estimates if estimate.status != Status.OK):
        count = sum(estimate.status == status for estimate in estimates)
        _wrapped(f"{_MARK} {status} ({_count(count, 'value', 'values')})")


def _counts(outcome: ExperimentResult) -> str:
    failed = len({failure.measurement for failure in outcome.failures})
    notes = [note for result in (*outcome.results, *outcome.trends) for note in result.notes]
    warnings = sum(note.level == "warning" for note in notes)
    parts = [
        _count(len(outcome.results), "measurement done", "measurements done"),
        *([f"{failed} failed"] if failed else []),
        *([f"{len(outcome.skipped)} left out"] if outcome.skipped else []),
        *([_count(len(notes), "note", "notes")] if notes else []),
        *([f"{_count(warnings, 'warning', 'warnings')} among them"] if warnings else []),
    ]
    return ", ".join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, overflow="fold")
    return table


def _show(table: Table) -> None:
    text = io.StringIO()
    Console(file=text, width=width(), markup=False, highlight=False, emoji=False, color_system=None).print(table)
    say("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


def _wrapped(text: str) -> None:
    if text:
        say(textwrap.fill(text, width(), subsequent_indent="  "))
