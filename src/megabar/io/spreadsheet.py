"""Excel and OpenDocument sheets, through python-calamine in a process of its own.

Calamine is written in Rust and asks for the memory that a sheet claims to need: a damaged .xls file, or one stray
cell in the last row and column of an .xlsx sheet, makes it abort the whole process. One bad file must not end an
analysis of many, so the sheets are read by `sheet_worker.py` in a child process with a limit on memory and time.
"""

from __future__ import annotations

import marshal
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final, cast

from megabar.data import Note, Role
from megabar.errors import DataError
from megabar.io.headings import read_heading
from megabar.io.hints import ReadHints
from megabar.io.layout import Lines, Splitter, read_table, sample, weigh
from megabar.io.table import Reading, Table, shorten, some

TIME_LIMIT: Final = 120.0
"""Seconds after which a spreadsheet is given up (200,000 rows take about 4)."""

_WORKER: Final = Path(__file__).with_name("sheet_worker.py")
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_WORKBOOK_STREAMS: Final = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))

Sheet = tuple[str, list[list[str]]]


def is_spreadsheet(data: bytes) -> bool:
    """A zip archive with xl/ or OpenDocument's mark in it, or an OLE2 file with a workbook stream."""
    if data.startswith(b"PK\x03\x04"):
        if _OPEN_DOCUMENT in data[:256]:
            return True
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                return any(name.startswith("xl/") for name in archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return b"xl/" in data  # damaged: the reader says so
    return data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and any(stream in data for stream in _WORKBOOK_STREAMS)


def read_spreadsheet(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """The sheet that the hint names, else every sheet with a table of named columns; DataError when there is none."""
    sheets = _sheets(data, file=file)
    chosen = _chosen(sheets, hints, file=file)
    found: list[tuple[Table, list[Note]]] = []
    for name, rows in chosen:
        notes: list[Note] = []
        table = _table(rows, name, hints, file=f"{file}, sheet {name!r}", notes=notes)
        if table is not None:
            found.append((table, notes))
    if any(_has_roles(table) for table, _ in found):
        found = [(table, notes) for table, notes in found if _has_roles(table)]
    if not found:
        names = some([repr(name) for name, _ in chosen])
        raise DataError(f"{file}: no table of numbers in sheet {names}; name another sheet in the hints")
    said = [Note(f"{table.name}: {note.text}", note.level) for table, notes in found for note in notes]
    used = {table.name for table, _ in found}
    if left := [name for name, rows in chosen if name not in used and any(map(any, rows))]:
        said.append(Note(f"sheets without a table of named columns left out: {some(left)}"))
    tables = tuple(replace(table, name=table.name if len(found) > 1 else "") for table, _ in found)
    kind = "OpenDocument" if _OPEN_DOCUMENT in data[:256] else "Excel"
    return Reading(f"{kind} spreadsheet", tables, tuple(said))


def _sheets(data: bytes, *, file: str) -> list[Sheet]:
    """(name, rows of cells as text) of each sheet, by the worker process; DataError when it gives up or dies."""
    command = [sys.executable, "-P", str(_WORKER)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{file}: not read within {TIME_LIMIT:.0f} s; save the sheet as text (.csv)") from error
    except OSError as error:
        raise DataError(f"{file}: no process could be started to read it ({error}); save it as text (.csv)") from error
    if done.returncode == 0:
        return cast("list[Sheet]", marshal.loads(done.stdout))
    reason = done.stderr.decode(errors="replace") if done.returncode == 2 else "damaged, or cells far outside the table"
    raise DataError(f"{file}: the spreadsheet cannot be read ({shorten(reason, limit=120)}); save it again or as text")


def _chosen(sheets: Sequence[Sheet], hints: ReadHints, *, file: str) -> Sequence[Sheet]:
    if hints.sheet is None:
        return sheets
    if isinstance(hints.sheet, int) and hints.sheet <= len(sheets):
        return [sheets[hints.sheet - 1]]
    if same := [sheet for sheet in sheets if sheet[0] == hints.sheet]:
        return same
    raise DataError(f"{file}: no sheet {hints.sheet!r}; found: {some([repr(name) for name, _ in sheets], limit=10)}")


def _table(rows: Sequence[list[str]], name: str, hints: ReadHints, *, file: str, notes: list[Note]) -> Table | None:
    numbered = [(i, row) for i, row in enumerate(rows, start=1) if i > hints.skip_lines and any(row)]
    cells = [row for _, row in numbered]
    signs = (hints.decimal,) if hints.decimal else (".", ",")
    decimal = max(signs, key=lambda sign: weigh(sample(cells), decimal=sign)[0])

    def above(before: int) -> list[tuple[int, Splitter]]:
        return [(i, partial(_fields, row)) for i, row in numbered if i < before]

    lines = Lines(cells, [i for i, _ in numbered], list, above, decimal=decimal, place="row")
    return read_table(lines, file=file, name=name, notes=notes)


def _fields(row: list[str], width: int) -> list[str] | None:
    return list(row) if width in (0, len(row)) else None


def _has_roles(table: Table) -> bool:
    return any(read_heading(heading, unit=table.unit(i)).role != Role.OTHER for i, heading in enumerate(table.headings))
