"""What the terminal says at the end: one line a measurement, then where the rest stands."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from megabar.cli.console import complain, say, width
from megabar.data.result import Estimate, Result, Status
from megabar.evidence import Claim, Verdict
from megabar.plot.units import plain
from megabar.report import format as fmt
from megabar.report.matrix import HYSTERESIS, columns, matrix
from megabar.report.names import MEAN, SYMBOLS, place_of, quantity_words, unit_words
from megabar.report.overview import Column, Line, Overview, by_kind, note_on, overview

if TYPE_CHECKING:
    from megabar.experiment.pipeline import ExperimentResult

MOST_LINES: Final = 12
"""Lines of one measurement in the summary of a folder."""
MOST_SIDE_BY_SIDE: Final = 3
"""Sweeps whose numbers stand side by side; more of them get a line each."""

_WAYS: Final = {
    "upper_critical_field_zero": ("50 %",),
    "upper_critical_field_slope": ("50 %",),
    "critical_temperature": ("onset", "50 %", "zero", "gap closes"),
    "transition_field": ("50 %",),
    "critical_current": ("power law", "crossing"),
    "pressure": ("ruby_2020", "akahama_2006", "eremets_2023"),
}
_QUANTITIES: Final = (
    *_WAYS,
    "critical_current_density_zero",
    "critical_current_zero",
    "power_law_exponent",
    "debye_temperature",
    "coupling",
    "gap_zero",
    "gap_ratio",
    "gap",
    "cell_a",
    "cell_c",
    "cell_volume",
    "volume_per_formula",
    "strain",
    "crystallite_size",
    "volume_at_zero_pressure",
    "bulk_modulus_zero",
    "hydrogen_content_range",
)
_MARK: Final = "*"
_LEAST_NAME: Final = 12
_GAP: Final = "  "
_ONE_DIRECTION: Final = "known from one direction only"


def show_experiment(outcome: ExperimentResult) -> None:
    """The summary of a folder; failures go to stderr."""
    simulated = any(result.simulated for result in outcome.results)
    say(f"{outcome.title}{' (simulated data)' if simulated else ''}")
    tables = [(whole, shown) for whole in by_kind(outcome.results) if (shown := _usual(whole))]
    for number, (whole, shown) in enumerate(tables):
        if number:
            say()
        _show_overview(whole, shown, most=MOST_LINES)
    if tables:
        say("In brackets: the statistical error in the last digits; the report has the rest.")
    for result in outcome.trends:
        _wrapped(f"{result.measurement}: {result.summary}" if result.summary else "")
    _show_evidence(outcome.evidence)
    for failure in outcome.failures:
        complain(f"{failure.measurement}: {failure.message}")
    say(_counts(outcome))
    say(f"Report: {outcome.output / 'report.html'}")


def _show_evidence(claims: Sequence[Claim]) -> None:
    """One line for each verdict with the claims that have it."""
    if not claims:
        return
    say("Evidence")
    room = max(len(verdict) for verdict in Verdict)
    for verdict in Verdict:
        own = [claim for claim in claims if claim.verdict == verdict]
        names = [f"{one.name.replace('_', ' ')}{f' {_MARK}' if one.against else ''}" for one in own]
        if names:
            head = f"  {verdict:{room}}{_GAP}"
            say(textwrap.fill(head + ", ".join(names), width(), subsequent_indent=" " * len(head)))
    if any(claim.against for claim in claims):
        _wrapped(f"{_MARK} another measurement speaks against it: see the report")


def _usual(whole: Overview) -> list[int]:
    """The columns that a terminal shows."""
    return [
        i
        for i, c in enumerate(whole.columns)
        if c.quantity in _QUANTITIES and c.way in (*_WAYS.get(c.quantity, (c.way,)), "")
    ]


def show_result(result: Result, output: Path | None) -> None:
    """The numbers of one measurement, its notes, and where the report stands."""
    say(f"{result.measurement}{' (simulated data)' if result.simulated else ''}")
    _wrapped(result.summary)
    estimates = _without_single_directions(result.estimates)
    if len(columns(estimates)) > MOST_SIDE_BY_SIDE:
        whole = overview([result])
        _show_overview(whole, range(len(whole.columns)), named=False)
    else:
        _show_matrix(estimates)
    for note in result.notes:
        _wrapped(f"{'Warning' if note.level == 'warning' else 'Note'}: {note.text}")
    if output is not None:
        say(f"Report: {output / 'report.html'}")


def _without_single_directions(estimates: Sequence[Estimate]) -> list[Estimate]:
    """All estimates, or where both directions were combined only the means and what has no direction."""
    if all(place_of(e).direction != MEAN for e in estimates):
        return list(estimates)
    return [e for e in estimates if place_of(e).direction in ("", MEAN) and e.quantity != HYSTERESIS]


def _show_overview(whole: Overview, shown: Sequence[int], *, named: bool = True, most: int | None = None) -> None:
    """One row a line; a measurement with several lines has its name above them, and `most` of them."""
    rows: list[list[str]] = []
    told: Counter[str] = Counter()
    reasons: list[list[str]] = [[] for _ in shown]
    placed = {line.measurement for line in whole.lines if line.place and named}
    for line in whole.lines:
        if line.first and line.measurement in placed:
            rows.append([line.measurement])
        told[line.measurement] += 1
        if most is not None and told[line.measurement] > most:
            _told_more(rows, told[line.measurement] - most)
            continue
        name = f"  {line.place}" if line.measurement in placed else line.measurement if named else line.place
        cells = (_cell(line.cells[i], line, whole.columns[i], own) for i, own in zip(shown, reasons, strict=True))
        rows.append([name, *cells])
    heads = [_heading(whole.columns[i]) for i in shown]
    head = [["Measurement" if named else "", *(first for first, _ in heads)], ["", *(second for _, second in heads)]]
    kept = _show(head, rows, least=_LEAST_NAME if named else 0)
    _footnote([reason for own in reasons[: kept - 1] for reason in own])


def _told_more(rows: list[list[str]], count: int) -> None:
    """The last row says how many lines are left out."""
    if count > 1:
        rows.pop()
    rows.append([f"  ... and {count} more in the report"])


def _show_matrix(estimates: Sequence[Estimate]) -> None:
    """A row for each quantity and way, a column for each sweep."""
    table = matrix(estimates)
    reasons: list[str] = []
    rows = []
    for block in table.blocks:
        for row in block.rows:
            name = f"{quantity_words(block.quantity)}{f', {plain(row.way)}' if row.way else ''}"
            cells = ["; ".join(_text(e, block.exponent, reasons) for e in cell or row.shared) for cell in row.cells]
            rows.append([name, *cells, unit_words(block.unit)])
    told = [plain(column) for column in table.columns]
    _show([["", *told, ""]] if any(told) else [], rows)
    _footnote(reasons)


def _cell(estimate: Estimate | None, line: Line, column: Column, reasons: list[str]) -> str:
    if estimate is None:
        return ""
    text = _text(estimate, 0, reasons)
    direction = note_on(estimate, line, column).partition(", ")[0]
    if estimate.value is not None and direction and direction == str(estimate.labels.get("sweep", "")).split(", ")[0]:
        reasons.append(_ONE_DIRECTION)
        return f"{text} {_MARK}"
    return text


def _text(estimate: Estimate, exponent: int, reasons: list[str]) -> str:
    """The number with its error; a mark where there is none or where it says less than others, and the reason."""
    if estimate.value is None and estimate.status == Status.OK and fmt.limits(estimate):
        return fmt.limits(estimate)  # an interval is the answer
    if estimate.value is None or estimate.status != Status.OK:
        reasons.append(str(estimate.status))
    if estimate.value is None:
        return f"{fmt.limits(estimate)} {_MARK}".strip()
    return fmt.value(estimate, exponent) + ("" if estimate.status == Status.OK else f" {_MARK}")


def _heading(column: Column) -> tuple[str, str]:
    symbol = "".join(SYMBOLS[column.quantity]) if column.quantity in SYMBOLS else quantity_words(column.quantity)
    words = "Field" if column.quantity == "transition_field" else symbol
    unit = unit_words(column.unit)
    return f"{words} {column.way}".strip(), f"({unit})" if unit else ""


def _footnote(reasons: Sequence[str]) -> None:
    """What the marked values are, each reason once."""
    for reason in dict.fromkeys(reasons):
        _wrapped(f"{_MARK} {reason} ({_count(reasons.count(reason), 'value', 'values')})")


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


def _show(head: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], *, least: int = 0) -> int:
    """A table no wider than the terminal; the number of its columns.

    The first column is cut short where needed, to `least` letters (0: a third of the width), then columns that do not
    fit are left out. A row with one cell stands across the table.
    """
    full = [row for row in (*head, *rows) if len(row) > 1]
    count = max(map(len, full), default=1)
    widths = [max((len(row[i]) for row in full), default=0) for i in range(count)]
    kept = min(widths[0], least or width() // 3)
    while len(widths) > 2 and kept + sum(w + len(_GAP) for w in widths[1:]) > width():
        widths.pop()
    widths[0] = min(widths[0], width() - sum(w + len(_GAP) for w in widths[1:]))
    lines = [_line(row, widths) for row in rows]
    if head:
        rule = "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
        lines = [*(line for row in head if (line := _line(row, widths))), rule, *lines]
    say("\n".join(lines))
    return len(widths)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    if len(row) == 1:
        return _cut(row[0], width())
    parts = zip(row, widths, strict=False)
    return _GAP.join(_cut(text, room).ljust(room) for text, room in parts).rstrip()


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"


def _wrapped(text: str) -> None:
    if text:
        say(textwrap.fill(text, width(), subsequent_indent="  "))
