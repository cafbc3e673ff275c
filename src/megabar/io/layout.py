"""Where the table stands in rows of cells: which lines are the header, the units, the data.

The same rules serve delimited text and spreadsheets. The data are the rows of the most frequent width that hold
numbers where most such rows do; the header is, among the lines above with one field a column, the one in which most
headings are known names, and the lowest of those.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

import numpy as np

from megabar.data import Note, Role
from megabar.data.recording import FloatArray
from megabar.errors import DataError
from megabar.io.conditions import states_condition
from megabar.io.headings import read_heading
from megabar.io.table import MAX_COLUMNS, Table, column, in_brackets, number, shorten, some
from megabar.io.units import fits, is_unit

Row = TypeVar("Row")

MAX_BAD_SHARE: Final = 0.02
"""Rows that do not fit their table (text for a number, a wrong count of fields) are dropped up to this share of all
rows, with a warning that names the lines; beyond it the file is refused."""

HEADER_REACH: Final = 30
"""The header is looked for in this many lines above the data."""

_SAMPLE: Final = 300
_CHUNK: Final = 20_000


Splitter = Callable[[int], list[str] | None]
"""The fields of one line above the data when it is to have so many (None: it has not); 0 for as many as it has."""


@dataclass(frozen=True)
class Lines(Generic[Row]):
    """The lines of a file or sheet that may hold data, with their numbers, and how to cut one into cells.

    `above(n)` gives the lines above line n that are not blank, comments included, each with its number;
    `padded`: rows may lack cells at their end; `ends_whole`: the file ends with a line end.
    """

    rows: Sequence[Row]
    numbers: Sequence[int]
    cut: Callable[[Row], list[str]]
    above: Callable[[int], list[tuple[int, Splitter]]]
    decimal: str = "."
    padded: bool = True
    place: str = "line"
    ends_whole: bool = True


@dataclass(frozen=True)
class Header:
    """The lines above the data: headings, units and labels for each column, and the numbers of these lines."""

    names: tuple[str, ...] = ()
    units: tuple[str | None, ...] = ()
    labels: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


def sample(rows: Sequence[Row]) -> list[Row]:
    """The first rows and some from everywhere: enough to see how a file is built."""
    if len(rows) <= _SAMPLE:
        return list(rows)
    step = max(1, len(rows) // (_SAMPLE - 60))
    return [*rows[:60], *rows[60::step]]


def weigh(rows: Sequence[list[str]], *, decimal: str) -> tuple[float, int]:
    """(how well the rows look like one table of numbers, 0 to 1; its width).

    The width is the one whose rows hold most numbers; the weight is the share of numbers among the filled cells of
    rows that hold any, times the share of rows that are such and have the width.
    """
    found: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for row in rows:
        values = [number(cell, decimal=decimal) for cell in row[: MAX_COLUMNS + 1]]
        width = len(row)
        numbers = sum(value is not None and not math.isnan(value) for value in values)
        if numbers:
            found[width] += numbers
            filled[width] += sum(value is None or not math.isnan(value) for value in values)
            count[width] += 1
    if not found:
        return 0.0, 0
    width = max(found, key=lambda key: (found[key], key))
    return found[width] / filled[width] * count[width] / len(rows), width


def read_table(lines: Lines[Row], *, file: str, name: str, notes: list[Note], numbered: bool = False) -> Table | None:
    """The table in `lines`, or None when they hold no numbers; `numbered`: the user names all columns by number.

    DataError when the headings do not match the columns or too many rows do not fit.
    """
    cut = [lines.cut(row) for row in sample(lines.rows)]
    width = weigh(cut, decimal=lines.decimal)[1]
    if width == 0:
        return None
    if width > MAX_COLUMNS:
        raise DataError(f"{file}: {width} columns; at most {MAX_COLUMNS} are read: is the table transposed?")
    even = [row for row in cut if len(row) == width]
    first = _first_row(lines, width, _kinds(even, decimal=lines.decimal))
    if first is None:
        return None
    above = lines.above(lines.numbers[first])[-HEADER_REACH:]
    header = _find_header(above, width, _filled(even)) or _other_width(
        above, width, lines, file=file, numbered=numbered, notes=notes
    )
    last = max(header.lines, default=0)
    while first and lines.numbers[first - 1] > last > 0 and _has_number(lines, first - 1):
        first -= 1  # a row that does not fit right below the header is a bad row, not a line to skip in silence
    table = _fill(lines, first, width, header, file=file, notes=notes)
    beside = tuple(" ".join(split(0) or ()) for line, split in above if line not in header.lines)
    return replace(table, name=name, bare=not above, above=beside, header=header.lines)


def _filled(rows: Sequence[list[str]]) -> int:
    """The number of columns without those at the end that are empty in all rows (delimiters at the line ends)."""
    return max((i + 1 for row in rows for i, cell in enumerate(row) if cell), default=0)


def _kinds(rows: Sequence[list[str]], *, decimal: str) -> list[bool]:
    """For each column whether it holds numbers (True) or text."""
    kinds = []
    for cells in zip(*rows, strict=True):
        values = [number(cell, decimal=decimal) for cell in cells]
        texts = sum(value is None for value in values)
        kinds.append(texts <= sum(value is not None and not math.isnan(value) for value in values))
    return kinds


def _first_row(lines: Lines[Row], width: int, is_number: Sequence[bool]) -> int | None:
    for index, row in enumerate(lines.rows):
        cells = lines.cut(row)
        if len(cells) != width:
            continue
        values = [number(cell, decimal=lines.decimal) for cell, kind in zip(cells, is_number, strict=True) if kind]
        if all(value is not None for value in values) and any(v is not None and not math.isnan(v) for v in values):
            return index
    return None


def _is_value(cell: str, decimal: str = ".") -> bool:
    value = number(cell, decimal=decimal)
    return value is not None and not math.isnan(value)


def _has_number(lines: Lines[Row], index: int) -> bool:
    return any(_is_value(cell, lines.decimal) for cell in lines.cut(lines.rows[index]))


def _find_header(above: Sequence[tuple[int, Splitter]], width: int, filled: int) -> Header | None:
    best: tuple[int, int] | None = None
    found: dict[int, list[str]] = {}
    for position, (_, split) in enumerate(above):
        if states_condition(" ".join(split(0) or ())):
            continue  # "T = 2 K" above two columns
        fields = split(width)
        if fields is None and filled < width and (fields := split(filled)) is not None:
            fields = fields + [""] * (width - filled)
        if fields is None or not any(character.isalpha() for field in fields for character in field):
            continue
        found[position] = fields
        known = _known(fields)
        if best is None or (known, position) >= best:
            best = (known, position)
    if best is None:
        return None
    conditions = {position: row for position in found if position != best[1] and (row := _conditions(found[position]))}
    plain = {position: fields for position, fields in found.items() if position not in conditions}
    header = _with_units(above, plain, best[1])
    for position, row in conditions.items():
        labels = (f"{old} {new}".strip() for old, new in zip(header.labels or ("",) * width, row, strict=True))
        header = replace(header, labels=tuple(labels), lines=(*header.lines, above[position][0]))
    return header


def _conditions(fields: Sequence[str]) -> tuple[str, ...] | None:
    """Labels out of a line that gives the temperature or field of each column: "T (K);2;4" -> "", "2 K", "4 K"."""
    head = read_heading(fields[0])
    unit = head.unit or ("K" if head.role == Role.TEMPERATURE else "")
    if head.role not in (Role.TEMPERATURE, Role.FIELD) or not unit or len(fields) < 2:
        return None
    if not all(_is_value(field, ",") or not field.strip() for field in fields[1:]):
        return None
    return ("", *(f"{field.strip()} {unit}" if field.strip() else "" for field in fields[1:]))


def _known(fields: Sequence[str]) -> int:
    """How many of `fields` are names that are known (a unit in brackets alone is none, nor is G, the gauss)."""
    heads = [read_heading(field) for field in fields if not in_brackets(field) and field.strip() != "G"]
    return sum(head.role != Role.OTHER and not head.by_unit for head in heads)


def _with_units(above: Sequence[tuple[int, Splitter]], found: Mapping[int, list[str]], position: int) -> Header:
    names = tuple(found[position])
    lines = [above[position][0]]
    units: tuple[str | None, ...] = ()
    labels: tuple[str, ...] = ()
    for below in sorted(key for key in found if key > position):
        fields = found[below]
        if any(_is_value(field) for field in fields):
            break
        if not units and _are_units(names, fields):
            units = tuple(field.strip("[]() ") or None for field in fields)
        elif not labels:
            labels = tuple(fields)
        lines.append(above[below][0])
    return Header(names, units, labels, tuple(lines))


def _are_units(names: Sequence[str], fields: Sequence[str]) -> bool:
    """Whether `fields` are the units of the columns `names`: at least one is a unit that fits the name above it."""
    pairs = [(read_heading(name), field.strip("[]() ")) for name, field in zip(names, fields, strict=True)]
    return any(is_unit(unit) and head.role != Role.OTHER and _goes_with(unit, head.role) for head, unit in pairs)


def _goes_with(unit: str, role: Role) -> bool:
    return fits(unit, role) or (role in (Role.RESISTANCE, Role.RESISTIVITY) and fits(unit, Role.RESISTANCE))


def _other_width(
    above: Sequence[tuple[int, Splitter]],
    width: int,
    lines: Lines[Row],
    *,
    file: str,
    numbered: bool,
    notes: list[Note],
) -> Header:
    """What to do without a header of the right width: go on without one, unless a line is plainly one of another width.

    More headings than columns are taken where cells at the end of rows may be missing; otherwise DataError.
    """
    for line, split in reversed(above[-3:]):
        fields = split(0) or []
        if numbered or _known(fields) < 2:
            continue
        if len(fields) > width and lines.padded:
            extra = ", ".join(fields[width:])
            notes.append(Note(f"headings without any value left out: {extra}", level="warning"))
            return Header(tuple(fields[:width]), lines=(line,))
        raise DataError(
            f"{file}, {lines.place} {line}: {len(fields)} headings ({shorten(', '.join(fields))}) but {width} columns "
            f"of numbers; correct the header, or name columns by number or give delimiter and decimal in the hints"
        )
    return Header()


def _fill(lines: Lines[Row], first: int, width: int, header: Header, *, file: str, notes: list[Note]) -> Table:
    rows, numbers = _without_footer(lines, first, notes)
    rows, numbers = _without_repeats(rows, numbers, lines, first, notes)
    parts: list[list[FloatArray]] = [[] for _ in range(width)]
    strays: list[list[tuple[int, str]]] = [[] for _ in range(width)]
    kept: list[int] = []
    bad: list[tuple[int, int]] = []
    for start in range(0, len(rows), _CHUNK):
        cells = [lines.cut(row) for row in rows[start : start + _CHUNK]]
        cells, here = _even(cells, numbers[start : start + _CHUNK], width, lines.padded, bad)
        for index, values in enumerate(zip(*cells, strict=True)):
            array, texts = column(values, decimal=lines.decimal)
            parts[index].append(array)
            strays[index].extend((row + len(kept), text) for row, text in texts)
        kept.extend(here)
    _judge_uneven(bad, len(rows), width, file=file, place=lines.place, notes=notes)
    arrays = [np.concatenate(part) if part else np.empty(0) for part in parts]
    return _finish(arrays, strays, kept, header, lines.place)


def _without_repeats(
    rows: Sequence[Row], numbers: Sequence[int], lines: Lines[Row], first: int, notes: list[Note]
) -> tuple[Sequence[Row], Sequence[int]]:
    """`rows` without repetitions of the lines above the table (programs that append write their header again)."""
    heads = [row for row in lines.rows[max(0, first - 3) : first] if not any(map(_is_value, lines.cut(row)))]
    again = [index for index, row in enumerate(rows) if row in heads] if heads else []
    if not again:
        return rows, numbers
    notes.append(Note(f"repeated header left out ({lines.place} {some([numbers[index] for index in again])})"))
    left = sorted(set(range(len(rows))).difference(again))
    return [rows[index] for index in left], [numbers[index] for index in left]


def _even(
    cells: list[list[str]], numbers: Sequence[int], width: int, padded: bool, bad: list[tuple[int, int]]
) -> tuple[list[list[str]], list[int]]:
    """Rows of exactly `width` cells; those that cannot be are added to `bad` as (line, number of cells)."""
    if all(len(row) == width for row in cells):
        return cells, list(numbers)
    even: list[list[str]] = []
    kept: list[int] = []
    for row, line in zip(cells, numbers, strict=True):
        while len(row) > width and not row[-1].strip():
            row.pop()
        if len(row) == width or (padded and len(row) < width):
            even.append(row + [""] * (width - len(row)))
            kept.append(line)
        else:
            bad.append((line, len(row)))
    return even, kept


def _judge_uneven(
    bad: Sequence[tuple[int, int]], total: int, width: int, *, file: str, place: str, notes: list[Note]
) -> None:
    if not bad:
        return
    line, found = bad[0]
    if len(bad) > MAX_BAD_SHARE * total:
        raise DataError(
            f"{file}, {place} {line}: {found} fields where {width} are expected, and so in {len(bad)} of {total} "
            f"rows; correct the file, or say delimiter and decimal in the hints"
        )
    lines = some([line for line, _ in bad])
    notes.append(Note(f"{len(bad)} rows dropped that have not {width} fields ({place} {lines})", level="warning"))


def _without_footer(lines: Lines[Row], first: int, notes: list[Note]) -> tuple[Sequence[Row], Sequence[int]]:
    """The rows from `first` on without text below the table and without a last line that was cut off."""
    last = len(lines.rows)
    while last > first + 1 and not _has_number(lines, last - 1):
        last -= 1
    if last < len(lines.rows):
        cut = some(lines.numbers[last:])
        notes.append(Note(f"text below the table left out ({lines.place} {cut})"))
    elif _is_cut_off(lines, first):
        last -= 1
        notes.append(Note(f"the last {lines.place} ({lines.numbers[last]}) is cut off: dropped", level="warning"))
    return lines.rows[first:last], lines.numbers[first:last]


def _is_cut_off(lines: Lines[Row], first: int) -> bool:
    """Whether the last row was cut while it was written.

    It has fewer fields than all rows before; or the file does not end with a line end and the last field is no number
    although all above it are, or is shorter than every field above it (instruments write a fixed width).
    """
    if len(lines.rows) - first < 3:
        return False
    cells = lines.cut(lines.rows[-1])
    before = [lines.cut(row) for row in sample(lines.rows[first:-1])]
    if len(cells) < min(len(row) for row in before):
        return True
    if lines.ends_whole or not cells or any(len(row) != len(cells) for row in before):
        return False
    if number(cells[-1], decimal=lines.decimal) is None:
        return all(number(row[-1], decimal=lines.decimal) is not None for row in before)
    return len(cells[-1]) < min(len(row[-1]) for row in before)


def _finish(
    arrays: list[FloatArray],
    strays: Sequence[list[tuple[int, str]]],
    kept: Sequence[int],
    header: Header,
    place: str,
) -> Table:
    texts: dict[int, tuple[str, ...]] = {}
    for index, found in enumerate(strays):
        if len(found) > np.isfinite(arrays[index]).sum():
            cells = ["" if np.isnan(value) else f"{value:g}" for value in arrays[index]]
            for row, text in found:
                cells[row] = text
            texts[index] = tuple(cells)
    return Table(
        headings=header.names or ("",) * len(arrays),
        numbers=tuple(arrays),
        lines=np.asarray(kept, dtype=np.intp),
        units=header.units,
        has_header=bool(header.names),
        texts=texts,
        strays={i: tuple(found) for i, found in enumerate(strays) if found and i not in texts},
        labels={i: label for i, label in enumerate(header.labels) if label.strip()},
        place=place,
    )
