"""Delimited text of any kind: delimiter, decimal sign, comments and header are found, and what was found is said."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import Final

from megabar.data import Note, Role
from megabar.errors import DataError
from megabar.io.decode import decode
from megabar.io.headings import read_heading
from megabar.io.hints import ReadHints
from megabar.io.layout import Lines, Splitter, read_table, sample, weigh
from megabar.io.table import MISSING, Reading, Table, in_brackets, shorten
from megabar.io.units import is_unit

DIALECTS: Final = (
    ("\t", "."),
    ("\t", ","),
    (";", "."),
    (";", ","),
    (",", "."),
    (",", ","),
    ("|", "."),
    ("|", ","),
    (" ", "."),
    (" ", ","),
)
"""(delimiter, decimal sign) in order of preference; a blank stands for any run of blanks and tabs."""

_COMMENT = re.compile(r"""^["']?\s*(?:#|%|!|//|;)+|^'""")
_WORDS_FOR: Final = {"\t": "tab", " ": "blanks", ";": "semicolon", ",": "comma", "|": "|"}
_PREAMBLE: Final = 2000


def read_text(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """The one table in a text file; DataError when it holds none or its rows do not fit together."""
    notes: list[Note] = []
    text = decode(data, file=file, notes=notes)
    table = text_table(text, file=file, hints=hints, notes=notes)
    return Reading("delimited text", (table,), tuple(notes))


def text_table(text: str, *, file: str, hints: ReadHints, notes: list[Note]) -> Table:
    """The table in `text`, whose lines end with a line feed; line numbers count from 1 whatever is skipped."""
    lines = text.split("\n")
    filled = [i for i, line in enumerate(lines, start=1) if i > hints.skip_lines and line and not line.isspace()]
    plain = [i for i in filled if not _is_comment(lines[i - 1])]
    if not plain:
        raise DataError(f"{file}: only {'comment' if filled else 'blank'} lines, no data; is this the right file?")
    rows = [lines[i - 1] for i in plain]
    delimiter, decimal = _dialect(rows, hints)
    if decimal == ",":
        notes.append(Note(f"decimal comma, columns separated by {_WORDS_FOR.get(delimiter, delimiter)}"))

    def above(before: int) -> list[tuple[int, Splitter]]:
        return [(i, partial(header_fields, lines[i - 1], delimiter)) for i in takewhile(before.__gt__, filled)]

    shape = Lines(
        rows=rows,
        numbers=plain,
        cut=partial(split, delimiter=delimiter),
        above=above,
        decimal=decimal,
        padded=delimiter != " ",
        ends_whole=text.endswith("\n"),
    )
    named = [name for names in hints.columns.values() for name in names]
    by_number = bool(named) and all(isinstance(name, int) for name in named)
    table = read_table(shape, file=file, name="", notes=notes, numbered=by_number)
    if table is None:
        begin = f"line {plain[0]}: {shorten(rows[0])!r}"
        raise DataError(f"{file}: no table of numbers found ({begin}){_header_alone(rows[-1])}")
    first = int(table.lines[0]) if table.lines.size else 0
    before = list(takewhile(first.__gt__, filled))
    preamble = "\n".join(lines[i - 1] for i in before)[:_PREAMBLE]
    beside = tuple(lines[i - 1] for i in before if i not in table.header)
    return replace(table, above=beside, metadata={"preamble": preamble} if preamble else {})


def _header_alone(line: str) -> str:
    heads = [read_heading(field) for field in split(line, delimiter=",")]
    return "; a header without rows?" if any(head.role != Role.OTHER for head in heads) else ""


def split(line: str, *, delimiter: str) -> list[str]:
    """The cells of a line, stripped; a blank as `delimiter` stands for any run of blanks; quoted cells are one cell."""
    if '"' in line:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error:  # a cell beyond csv's own limit
            cells = line.split(delimiter)
        return [cell.strip() for cell in cells if delimiter != " " or cell.strip()]
    if delimiter == " ":
        return line.split()
    cells = line.split(delimiter)
    padded = " " in line or "\xa0" in line or (delimiter != "\t" and "\t" in line)
    return [cell.strip() for cell in cells] if padded else cells


def header_fields(line: str, delimiter: str, width: int) -> list[str] | None:
    """The fields of a line above the data if it can be cut into `width` of them, else None; 0: as it comes.

    Headings may be separated otherwise than the numbers ("T (K), R (Ohm)" above columns of blanks) and may hold
    blanks themselves, so that units are joined to the names before them.
    """
    content = _COMMENT.sub("", line, count=1).strip() if _is_comment(line) else line.rstrip()
    ways: list[Callable[[], list[str]]] = [partial(split, content, delimiter=delimiter)]
    if delimiter == " ":
        ways += [partial(split, content, delimiter=other) for other in "\t;,|"]
        ways += [
            partial(re.split, r"\s{2,}|\t", content.strip()),
            partial(_joined, content),
            partial(_bracketed, content),
        ]
    elif _is_comment(line):
        ways += [partial(split, content, delimiter=other) for other in "\t;,|"]
        ways += [partial(re.split, r"\s{2,}|\t", content), partial(_joined, content), content.split]
    if width == 0:
        return _joined(content) if delimiter == " " else ways[0]()
    for way in ways:
        fields = way()
        while len(fields) > width and not fields[-1].strip():
            fields = fields[:-1]
        lone_units = sum(in_brackets(field) for field in fields)
        if len(fields) == width and lone_units in (0, width):
            return fields
    return None


def _joined(content: str) -> list[str]:
    """Words of a header line with each unit joined to the name before it: "T (K) R Ohm" -> ["T (K)", "R Ohm"]."""
    fields: list[str] = []
    for word in re.findall(r"[(\[][^)\]]*[)\]]|\S+", content):
        bracketed = word[0] in "(["
        if fields and (bracketed or (is_unit(word) and " " not in fields[-1])):
            fields[-1] += " " + word
        else:
            fields.append(word)
    return fields


def _bracketed(content: str) -> list[str]:
    """Headings that each end with a unit in brackets: "Sample Temp (K) Bridge 1 (Ohm)"."""
    return [field.strip(" \t,;") for field in re.findall(r"[^()\[\]]+[(\[][^)\]]*[)\]]", content)]


def _is_comment(line: str) -> bool:
    """Whether a line is a comment; "#N/A" and an empty first cell before ";" are not."""
    if not _COMMENT.match(line):
        return False
    start = line.lstrip()
    if start[0] == ";":
        return not (start[1:2].strip() and ";" in start[1:])
    return re.split(r"[\s;,|]", start, maxsplit=1)[0].lower() not in MISSING


def _dialect(lines: Sequence[str], hints: ReadHints) -> tuple[str, str]:
    """(delimiter, decimal sign) under which the lines look most like a table of numbers; hints are kept to."""
    ways: Sequence[tuple[str, str]] = DIALECTS
    if hints.delimiter is not None:
        ways = [(hints.delimiter, decimal) for decimal in ".,"]
    if hints.decimal is not None:
        ways = list(dict.fromkeys((delimiter, hints.decimal) for delimiter, _ in ways))
    shown = sample(lines)
    best, found = (0.0, 0), ways[0]
    for delimiter, decimal in ways:
        weight, width = weigh([split(line, delimiter=delimiter) for line in shown], decimal=decimal)
        if (round(weight, 9), width) > best:
            best, found = (round(weight, 9), width), (delimiter, decimal)
    return found
