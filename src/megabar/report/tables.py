"""Tables as CSV files: every estimate, the overview, and what each figure shows before it was thinned."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from megabar.data.recording import FloatArray
from megabar.data.result import Estimate, Panel, Result
from megabar.evidence import Claim
from megabar.plot.units import plain
from megabar.report.format import systematic
from megabar.report.model import Report
from megabar.report.names import unique_names
from megabar.report.overview import Column, overview

Cell = str | float | None

_LONG_HEADINGS = (
    "measurement", "quantity", "value", "error", "systematic", "interval_low", "interval_high", "level", "unit",
    "method", "status", "labels", "remark", "systematic_parts", "simulated", "digitised",
)  # fmt: skip


_CLAIM_HEADINGS = (
    "claim", "statement", "verdict", "finding", "quantity", "value", "error", "interval_low", "interval_high", "level",
    "unit", "method", "measurements", "against", "test", "simulated",
)  # fmt: skip
_OWN = ("estimates", "overview", "evidence")


def write_tables(report: Report, folder: Path) -> tuple[Path, ...]:
    """estimates.csv, overview.csv, evidence.csv where claims were judged, and one table for each panel in `folder`,
    which is made; the paths written.

    UTF-8, commas, decimal points; an unknown number is an empty cell. Units stand in the headings, in estimates.csv
    in a column of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "estimates.csv", folder / "overview.csv"]
    if report.evidence:
        written.append(folder / "evidence.csv")
        _write(written[-1], _CLAIM_HEADINGS, (_claim(claim, report) for claim in report.evidence))
    _write(written[0], _LONG_HEADINGS, (_long(e, r) for r in report.everything for e in r.estimates))
    _write(written[1], *_wide(report))
    panels = [(result, panel) for result in report.everything for panel in result.panels]
    for (_, panel), name in zip(panels, panel_names(report), strict=True):
        written.append(folder / f"{name}.csv")
        _write(written[-1], _panel_headings(panel), _panel_rows(panel))
    return tuple(written)


def panel_names(report: Report) -> tuple[str, ...]:
    """File names without ending for all panels in the order of the report, measurement and title in each."""
    panels = [(result, panel) for result in report.everything for panel in result.panels]
    # The tables share their folder with these.
    names = unique_names([*_OWN, *(f"{r.measurement}_{p.title}" for r, p in panels)])
    return names[len(_OWN) :]


def _long(estimate: Estimate, result: Result) -> tuple[Cell, ...]:
    low, high = estimate.interval or (None, None)
    return (
        estimate.measurement, estimate.quantity, estimate.value, estimate.error, systematic(estimate), low, high,
        estimate.level, estimate.unit, estimate.method, str(estimate.status),
        "; ".join(f"{key}={label}" for key, label in estimate.labels.items()), estimate.remark,
        "; ".join(f"{key}={float(part)!r}" for key, part in estimate.systematic.items()),
        str(result.simulated).lower(), str(result.digitised).lower(),
    )  # fmt: skip


def _claim(claim: Claim, report: Report) -> tuple[Cell, ...]:
    found = claim.number
    low, high = (None, None) if found is None or found.interval is None else found.interval
    numbers: tuple[Cell, ...] = (None,) * 7
    if found is not None:
        numbers = (found.quantity, found.value, found.error, low, high, found.level, found.unit)
    return (
        claim.name, claim.statement, str(claim.verdict), claim.words, *numbers, None if found is None else found.method,
        "; ".join(claim.measurements), "; ".join(claim.against), claim.test, str(report.simulated).lower(),
    )  # fmt: skip


def _wide(report: Report) -> tuple[list[str], Iterable[Sequence[Cell]]]:
    """Headings and rows of the overview: value, error and systematic of each quantity."""
    table = overview(report.results)
    headings = ["measurement", "place"]
    for column in table.columns:
        headings += [_heading(column), _heading(column, "error"), _heading(column, "systematic")]
    rows = []
    for line in table.lines:
        row: list[Cell] = [line.measurement, line.place]
        for cell in line.cells:
            row += [None, None, None] if cell is None else [cell.value, cell.error, systematic(cell)]
        rows.append(row)
    return headings, rows


def _heading(column: Column, part: str = "") -> str:
    words = " ".join(filter(None, (part and f"{part} of", column.quantity, column.way, column.how)))
    return f"{words} ({column.unit})" if column.unit else words


def _panel_headings(panel: Panel) -> list[str]:
    x, y = plain(panel.x_label), plain(panel.y_label)
    named = ["words"] if any(trace.words for trace in panel.traces) else []
    return ["trace", "style", x, y, f"low: {y}", f"high: {y}", f"error of {x}", f"error of {y}", *named]


def _panel_rows(panel: Panel) -> Iterable[Sequence[Cell]]:
    """Every point of every trace, none left out."""
    named = any(trace.words for trace in panel.traces)
    for trace in panel.traces:
        columns = [_cells(values) for values in (trace.x, trace.y, trace.low, trace.high, trace.x_error, trace.y_error)]
        words = [trace.words] if named else []
        for cells in zip_longest(*columns, *words):
            yield (trace.name, trace.style, *cells)


def _cells(values: FloatArray | None) -> list[float | None]:
    if values is None:
        return []
    return [number if known else None for number, known in zip(values.tolist(), np.isfinite(values), strict=True)]


def _write(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([_harmless(heading) for heading in headings])
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if not isinstance(cell, str):
        return None if cell is None else float(cell)
    text = plain(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
