"""From the curves of a recording to one table of contacts: numbers, resistances, sizes, Tc and tip materials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.contact_settings import Settings
from megabar.data import Column, Curve, Note, Recording, Role
from megabar.errors import DataError
from megabar.io.headings import words

FloatArray = NDArray[np.float64]

FEWEST_ROWS: Final = 3
MOST_ROWS: Final = 3000
"""More rows than this are a curve, not a table of contacts (and all pairs of them would not fit into memory)."""

_NUMBER: Final = frozenset({"contact", "contacts", "no", "nr", "number", "row", "index", "s", "point"})
_LENGTHS: Final = frozenset({"nm", "um", "mm", "cm", "m", "pm", "angstrom", "å", "micron", "microns"})
_MOST_NAMED: Final = 12


@dataclass(frozen=True)
class ContactTable:
    """One row a contact, arrays of shape (n,).

    number: as the table counts, or rows from 1; resistance: ohm, > 0; resistance_error: ohm, > 0, None unless every
    row has one; diameter: nm, NaN where there is none; critical_temperature: K, NaN where there is none; material: of
    the tip, "" where not named.
    """

    number: FloatArray
    resistance: FloatArray
    resistance_error: FloatArray | None
    diameter: FloatArray
    critical_temperature: FloatArray
    material: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.number.size)

    @property
    def materials(self) -> tuple[str, ...]:
        """The materials that are named, in the order of the table."""
        return tuple(dict.fromkeys(name for name in self.material if name))

    def take(self, chosen: NDArray[np.bool_]) -> ContactTable:
        """The same table with only the rows of the mask."""
        error = self.resistance_error
        return ContactTable(
            self.number[chosen],
            self.resistance[chosen],
            None if error is None else error[chosen],
            self.diameter[chosen],
            self.critical_temperature[chosen],
            tuple(name for name, kept in zip(self.material, chosen, strict=True) if kept),
        )

    def names(self, rows: Iterable[int] | NDArray[np.intp] | NDArray[np.bool_]) -> str:
        """The numbers of these rows (indices or a mask) in few letters: "1-79, 95, 96"."""
        return in_runs(self.number[np.asarray(rows)])


def contact_table(recording: Recording, settings: Settings) -> tuple[ContactTable, list[Note]]:
    """All curves as one table, without rows whose resistance is not positive, which a note names.

    Diameters and Tc are found by their headings unless the settings name them. DataError when fewer than three rows
    can be used or there are thousands, a named column is missing, or a length is not in nm.
    """
    notes: list[Note] = []
    parts = [_part(curve, settings, notes) for curve in recording.curves]
    rows = sum(p[0].size for p in parts)
    if rows > MOST_ROWS:
        raise DataError(f"{recording.source.file}: {rows} rows, more than {MOST_ROWS}: not a table of contacts")
    number, resistance, diameter, tc = (np.concatenate(values) for values in zip(*(p[:4] for p in parts), strict=True))
    errors = [p[4] for p in parts if p[4] is not None]
    error = np.concatenate(errors) if len(errors) == len(parts) else None
    error = error if error is not None and np.all((error > 0.0) & np.isfinite(error)) else None
    if np.unique(number).size < number.size or not np.all(np.isfinite(number)):
        notes.append(Note("the contact numbers repeat or lack some: contacts are numbered by row, from 1"))
        number = np.arange(1.0, number.size + 1.0)
    material = _materials(recording.curves, number, settings)
    good = resistance > 0.0
    if not good.all():
        text = f"contacts {in_runs(number[~good])}: resistance zero or negative: left out, correct the table"
        notes.append(Note(text, "warning"))
    if np.count_nonzero(good) < FEWEST_ROWS:
        raise DataError(
            f"{recording.source.file}: {np.count_nonzero(good)} contacts with a positive resistance, fewer than "
            f"{FEWEST_ROWS}: give a table with one row a contact, and the resistance column under columns.resistance"
        )
    table = ContactTable(
        number[good],
        resistance[good],
        None if error is None else error[good],
        _positive(diameter[good], number[good], "diameter", notes),
        _positive(tc[good], number[good], "Tc", notes),
        tuple(np.array(material, dtype=object)[good]),
    )
    return table, notes


def in_runs(numbers: FloatArray) -> str:
    """Numbers in few letters: 1, 2, 3, 7 -> "1-3, 7"; at most twelve runs are told."""
    ordered = np.unique(numbers)
    if not ordered.size:
        return "none"
    runs = np.split(ordered, np.flatnonzero(np.diff(ordered) != 1.0) + 1)
    texts = [_run(run) for run in runs]
    more = f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else ""
    return ", ".join(texts[:_MOST_NAMED]) + more


def _run(run: FloatArray) -> str:
    if run.size == 2:
        return f"{run[0]:g}, {run[1]:g}"
    return f"{run[0]:g}" if run.size == 1 else f"{run[0]:g}-{run[-1]:g}"


_Part = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray | None]


def _part(curve: Curve, settings: Settings, notes: list[Note]) -> _Part:
    """Number, resistance, diameter, Tc and error of the resistance of one curve."""
    resistance = curve.column(Role.RESISTANCE)
    rows = len(curve)
    number = _find(curve, settings.number, "number", _is_number)
    diameter = _find(curve, settings.diameter, "diameter", _is_diameter)
    tc = _find(curve, settings.critical_temperature, "critical_temperature", _is_tc)
    nothing = np.full(rows, np.nan)
    if diameter is not None:
        _check_nm(diameter, curve, notes)
    return (
        np.arange(1.0, rows + 1.0) if number is None else number.values,
        resistance.values,
        nothing if diameter is None else diameter.values,
        nothing if tc is None else tc.values,
        resistance.error,
    )


def _find(curve: Curve, named: str | None, setting: str, suits: Callable[[Column], bool]) -> Column | None:
    """The column that the setting names, else the first that suits, else None."""
    if named is None:
        return next((column for column in curve.columns if suits(column)), None)
    for column in curve.columns:
        if column.name.strip() == named.strip():
            return column
    found = ", ".join(repr(column.name) for column in curve.columns)
    raise DataError(f"{curve.name}: settings.{setting} names column {named!r}; columns found: {found}")


def _is_number(column: Column) -> bool:
    own = _lower(column)
    return column.role == Role.OTHER and bool(own) and set(own) <= _NUMBER


def _is_diameter(column: Column) -> bool:
    own = _lower(column)
    if "diameter" in own:
        return column.role in (Role.OTHER, "diameter")
    return column.role == "diameter" or (own[:1] == ["d"] and set(own[1:]) <= _LENGTHS)


def _is_tc(column: Column) -> bool:
    own = _lower(column)
    said = "tc" in own or own[:2] == ["t", "c"] or {"critical", "temperature"} <= set(own)
    # A heading such as "T_c" may pass for a thermometer.
    return column.role == "critical_temperature" or (said and column.role in (Role.OTHER, Role.TEMPERATURE))


def _lower(column: Column) -> list[str]:
    return [word.lower() for word in words(column.name)]


def _check_nm(column: Column, curve: Curve, notes: list[Note]) -> None:
    stated = {column.unit.lower()} if column.unit else _LENGTHS.intersection(_lower(column))
    if not stated:
        notes.append(Note(f"column {column.name!r} gives no unit: taken as nm", "warning"))
    elif stated != {"nm"}:
        raise DataError(f"{curve.name}: column {column.name!r} is in {', '.join(sorted(stated))}: give diameters in nm")


def _materials(curves: Sequence[Curve], number: FloatArray, settings: Settings) -> list[str]:
    if not settings.materials:
        several = len(curves) > 1
        return [curve.name if several else "" for curve in curves for _ in range(len(curve))]
    material = [""] * number.size
    for name, ranges in settings.materials.items():
        for low, high in ranges:
            for row in np.flatnonzero((number >= low) & (number <= high)):
                if material[row] not in ("", name):
                    raise DataError(f"settings.materials: contact {number[row]:g} is both {material[row]} and {name}")
                material[row] = name
    return material


def _positive(values: FloatArray, number: FloatArray, what: str, notes: list[Note]) -> FloatArray:
    """`values` with NaN for those that are not positive, which a note names."""
    with np.errstate(invalid="ignore"):
        bad = np.isfinite(values) & ~(values > 0.0)
    if bad.any():
        text = f"contacts {in_runs(number[bad])}: {what} zero or negative: taken as missing, correct the table"
        notes.append(Note(text, "warning"))
    return np.where(bad | ~np.isfinite(values), np.nan, values)
