"""The catalogue as CSV (one row a point) and as JSON (every entry in full), the same bytes for the same selection."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from megabar.catalogue.catalogue import Catalogue
from megabar.catalogue.entry import Entry, merit_of
from megabar.catalogue.schema import Point

FORMAT: Final = "megabar catalogue 1"

HEADINGS: Final = (
    "name", "formula", "elements", "family", "phase", "cell", "pressure (GPa)", "error of pressure (GPa)", "gauge",
    "critical temperature (K)", "error of critical temperature (K)", "criterion", "about", "figure of merit",
    "evidence", "status", "status since", "notice", "reference", "doi", "arxiv", "source", "place", "remark",
)  # fmt: skip


def to_csv(catalogue: Catalogue) -> str:
    """One row for each point; an unknown number is an empty cell. Commas, decimal points, lines end in \\n."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows(_row(entry, point) for entry in catalogue.entries for point in entry.points)
    return text.getvalue()


def to_json(catalogue: Catalogue) -> str:
    """Every entry as its file says it, with its name and the figure of merit of each point; null for what is unknown.

    `points` are those of the selection.
    """
    content = {"format": FORMAT, "entries": [_content(entry) for entry in catalogue.entries]}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _row(entry: Entry, point: Point) -> Iterator[str | float | None]:
    notice, reference = entry.table.notice, entry.reference
    cells = (
        entry.name, entry.formula, " ".join(entry.elements), entry.table.family, point.phase, point.cell,
        point.pressure, point.pressure_error, point.gauge,
        point.critical_temperature, point.critical_temperature_error, point.criterion, str(point.about).lower(),
        merit_of(point), "; ".join(kind.value for kind in entry.kinds),
        entry.status.value, notice.date if notice else None, notice.text if notice else None,
        reference.text, reference.doi, reference.arxiv, entry.source(point.source).text, point.place, point.remark,
    )  # fmt: skip
    return (_harmless(cell) for cell in cells)


def _harmless(cell: str | float | None) -> str | float | None:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _content(entry: Entry) -> dict[str, Any]:
    table = entry.table.model_dump(mode="json")
    points = [{**p.model_dump(mode="json"), "figure_of_merit": merit_of(p)} for p in entry.points]
    return {"name": entry.name, "elements": list(entry.elements), **table, "points": points}
