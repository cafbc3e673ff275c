"""A table as every reader hands it over: headings, units, numbers, and what else stood in the cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data import Note, Role
from megabar.data.recording import FloatArray

OVERFLOW: Final = 9.9e37
"""What meters send for "overload" (9.9E37, 9.91E37): numbers this large are no readings."""

MAX_COLUMNS: Final = 2000
"""A table wider than this is not one of measurements (or lies on its side)."""

MISSING: Final = frozenset(
    {"", "-", "--", "---", "----", ".", "*", "?", "/", "nan", "-nan", "+nan", "n/a", "na", "#n/a", "null", "none"}
    | {"#num!", "#div/0!", "#value!", "#ref!", "#name?", "nan(ind)", "-nan(ind)", "1.#ind", "-1.#ind", "1.#qnan"}
    | {"-1.#qnan", "overflow", "ovfl", "ovld", "overload", "missing", "n.a.", "empty", "1.#nan", "<empty>"}
)
"""Spellings of "no value" (in lower case); such cells become NaN."""

INFINITE: Final = frozenset({"1.#inf", "-1.#inf", "+1.#inf", "∞", "-∞", "+∞"})


@dataclass(frozen=True)
class Assigned:
    """A column of a table, the role it plays in a curve, and the column of its standard deviation."""

    index: int
    role: Role
    error: int | None = None


@dataclass(frozen=True)
class Constant:
    """A number that holds for all rows of a curve, in the unit of its role, and the words that say so."""

    role: Role
    value: float
    text: str
    unit: str


@dataclass(frozen=True)
class Plan:
    """Which columns of a table make one curve; a name "" stands for the table's or the file's.

    `lead` is the column of the measured quantity where several curves share the others.
    """

    name: str
    columns: tuple[Assigned, ...]
    lead: int | None = None
    constants: tuple[Constant, ...] = ()


@dataclass(frozen=True)
class Table:
    """Columns of equal length as they stand in a file, before units and roles are applied.

    headings: as the file spells them, "" where there is none; has_header: whether the file names its columns;
    units: from a line of units or a property, None where the heading itself decides;
    name: of the sheet, group or segment, "" where the file holds one table;
    bare: nothing stands above the numbers; above: the lines there but for the header, which has the lines `header`;
    numbers: one array a column, shape (n,), NaN where a cell holds no number;
    texts: the cells of the columns that hold text instead of numbers;
    strays: text found in columns of numbers, as (row, text);
    lines: the line (or sheet row, or index) of each row in the file, counted from 1, and `place`, its word;
    roles: roles that the format itself fixes; labels: what a line of comments says of each column;
    plans: the curves, where the format itself says which columns belong together.
    """

    headings: tuple[str, ...]
    numbers: tuple[FloatArray, ...]
    lines: NDArray[np.intp]
    units: tuple[str | None, ...] = ()
    name: str = ""
    has_header: bool = True
    bare: bool = False
    above: tuple[str, ...] = ()
    header: tuple[int, ...] = ()
    texts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    strays: Mapping[int, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    roles: Mapping[int, Role] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    place: str = "line"
    metadata: Mapping[str, str] = field(default_factory=dict)

    def title(self, index: int) -> str:
        """The heading of a column, or its number where it has none."""
        return self.headings[index].strip() or f"column {index + 1}"

    def unit(self, index: int) -> str | None:
        return self.units[index] if index < len(self.units) else None


@dataclass(frozen=True)
class Reading:
    """What a reader found in a file: the name of the format, its tables, its notes."""

    format: str
    tables: tuple[Table, ...]
    notes: tuple[Note, ...] = ()


def number(cell: str, *, decimal: str = ".") -> float | None:
    """The number in a cell; NaN for a missing value, None for text. Fortran's 1.5D-3 and a minus sign U+2212 count."""
    text = cell.strip()
    if decimal == ",":
        text = text.replace(",", ".")
    lower = text.lower()
    if lower in MISSING:
        return math.nan
    if lower in INFINITE:
        return math.inf
    if "_" in lower:  # Python's own 1_000 is nobody's number
        return None
    try:
        return float(lower.replace("d", "e", 1).replace("−", "-", 1))
    except ValueError:
        return None


def column(cells: Sequence[str], *, decimal: str = ".") -> tuple[FloatArray, list[tuple[int, str]]]:
    """The numbers of a column of cells, shape (n,), and the texts among them as (row, text); NaN for both."""
    if not any("_" in cell for cell in cells):
        plain = ["nan" if cell.lower() in MISSING else cell for cell in cells]
        if decimal == ",":
            plain = [cell.replace(",", ".") for cell in plain]
        try:
            return np.fromiter(map(float, plain), dtype=np.float64, count=len(cells)), []
        except ValueError:
            pass  # some cell is no number at all: look at each
    values = np.empty(len(cells))
    strays: list[tuple[int, str]] = []
    for row, cell in enumerate(cells):
        value = number(cell, decimal=decimal)
        if value is None:
            strays.append((row, cell.strip()))
            value = math.nan
        values[row] = value
    return values, strays


def in_brackets(field: str) -> bool:
    """Whether a field of a header is nothing but what stands in one pair of brackets, as units do: "(K)"."""
    text = field.strip()
    return text[:1] in ("(", "[") and not any(bracket in text[1:-1] for bracket in ")]")


def some(items: Sequence[object], *, limit: int = 5) -> str:
    """The first few of `items` for a message: "3, 7, 12 and 4 more"."""
    shown = ", ".join(str(item) for item in items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"


def shorten(text: str, *, limit: int = 40) -> str:
    """`text` on one line, printable and not longer than `limit`, for messages."""
    plain = "".join(c if c.isprintable() else "?" for c in " ".join(text[: 10 * limit].split()))
    return plain if len(plain) <= limit else plain[: limit - 3] + "..."
