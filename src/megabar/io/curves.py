"""From a table and the plan of its curves to curves in the program's units, with rows that can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data import Column, Curve, Note, Role
from megabar.data.recording import UNITS, FloatArray
from megabar.errors import DataError
from megabar.io.contact_names import HARMONICS
from megabar.io.hints import ReadHints
from megabar.io.layout import MAX_BAD_SHARE
from megabar.io.plan import QUANTITIES, find_columns, plan_curves, unit_of
from megabar.io.spectra import CONDUCTANCES, bias_unit
from megabar.io.table import OVERFLOW, Assigned, Plan, Table, shorten, some
from megabar.io.units import AC_MOMENTS, ARBITRARY_UNIT, MAGNETIC, convert, is_per_field, is_without_scale

NEEDED: Final = frozenset(
    {
        Role.TEMPERATURE,
        Role.RESISTANCE,
        Role.RESISTIVITY,
        Role.VOLTAGE,
        Role.VOLTAGE_QUADRATURE,
        Role.CURRENT,
        Role.FIELD,
        Role.BIAS,
        *CONDUCTANCES,
        *HARMONICS,
        *MAGNETIC,
        Role.DRIVE,
    }
)
"""Columns of these roles hold finite numbers only; a row that lacks one is dropped. Other columns may hold NaN."""

MAX_NEGATIVE_SHARE: Final = 0.01
"""Rows below 0 K are dropped up to this share of all rows, with a warning; beyond it the unit must be wrong."""

UNIT_IS_PLAIN: Final = frozenset({Role.NORMALISED_CONDUCTANCE, Role.INTENSITY, Role.ALPHA2F, Role.TWO_THETA})
"""Columns of these roles need no unit in the file: intensities have any scale, and nobody writes 2 theta in radians."""

MAX_WITHOUT_ERROR: Final = 0.02
"""Rows of intensities without a standard deviation are dropped up to this share; beyond it the errors are not used."""

MIN_FILLED_SHARE: Final = 0.5
"""A column with values in less than this share of a curve's rows loses its role instead of costing those rows."""

MAX_GROUPS: Final = 200
"""More different values than this in the column that is to tell curves apart: it does not."""


def table_curves(table: Table, *, hints: ReadHints, file: str, notes: list[Note]) -> list[Curve]:
    """The curves of one table, rows in the order of the file; curves without a complete row are left out with a note.

    DataError when a unit is unknown or of the wrong kind, or when text or impossible temperatures are frequent.
    """
    own: list[Note] = []
    group = _group(table, hints, file=file)
    plans = plan_curves(table, hints=hints, file=file, notes=own)
    _note_texts(table, None if group is None else group[0], own)
    curves: list[Curve] = []
    for plan in plans:
        made = _curve(table, plan, hints, several=len(plans) > 1, file=file, notes=own)
        if made is not None:
            curve, kept = made
            curves.extend([curve] if group is None else _split(curve, group[1][kept]))
    notes.extend(replace(note, text=f"{table.name}: {note.text}" if table.name else note.text) for note in own)
    return curves


def _note_texts(table: Table, group: int | None, notes: list[Note]) -> None:
    for index in table.texts:
        if index != group:
            notes.append(Note(f"column {table.title(index)!r} holds text: left out"))


def _curve(
    table: Table, plan: Plan, hints: ReadHints, *, several: bool, file: str, notes: list[Note]
) -> tuple[Curve, NDArray[np.intp]] | None:
    """One curve and the rows of the table that it keeps; None when no row is complete."""
    columns = [_column(table, assigned, hints, file=file, notes=notes) for assigned in plan.columns]
    lead = _lead(plan, columns)
    present = _rows_that_count(columns, lead, several)
    columns = [_demoted(column, present, column is lead, notes) for column in columns]
    keep = present & np.logical_and.reduce([np.isfinite(c.values) for c in columns if c.role in NEEDED] or [present])
    _judge_strays(table, plan, columns, file=file, notes=notes)
    _note_missing(table, columns, present & ~keep, notes)
    keep = _without_negative(table, columns, keep, file=file, notes=notes)
    keep = _with_errors(columns, keep, notes)
    name = plan.name or table.name
    rows = np.flatnonzero(keep)
    if not rows.size:
        notes.append(Note(f"no row is complete{f' for {name!r}' if name else ''}: left out", level="warning"))
        return None
    taken = (_checked_error(column.take(rows), notes) for column in _times_drive(columns, notes))
    filled = tuple(column for column in taken if np.isfinite(column.values).any())
    if several and rows.size < len(table.lines):
        notes.append(Note(f"{name!r} has values in {rows.size} of {len(table.lines)} rows"))
    filled += tuple(
        Column(constant.text, constant.role, np.full(rows.size, constant.value), file_unit=constant.unit)
        for constant in plan.constants
    )
    curve = Curve(name, filled, simulated=_says_simulated(table.metadata), metadata=table.metadata)
    return _digitised(curve, hints, file=file), rows


def _column(table: Table, assigned: Assigned, hints: ReadHints, *, file: str, notes: list[Note]) -> Column:
    """All rows of one column in the unit of its role; NaN for what is missing, infinite or an overload reading."""
    index, role = assigned.index, assigned.role
    title = table.title(index)
    unit = unit_of(table, index, role, hints)
    values = _finite(table, index, notes)
    if role == Role.OTHER:
        return Column(title, role, values, unit=unit or "", file_unit=unit or "")
    if unit is None and role == Role.BIAS:
        unit, note = bias_unit(title, values)
        _say(notes, note)
    elif unit is None:
        unit = ARBITRARY_UNIT if role in MAGNETIC else UNITS[role]
        text = f"column {title!r} gives no unit: taken as {unit}"
        if role not in UNIT_IS_PLAIN:
            _say(notes, Note(text) if role == Role.TIME else Note(text, level="warning"))
    where = f"{file}, column {title!r}"
    error = None
    if assigned.error is not None:
        error_unit = unit_of(table, assigned.error, Role.OTHER, hints) or unit
        error_where = f"{file}, column {table.title(assigned.error)!r}"
        raw = _finite(table, assigned.error, notes)
        error = convert(raw, unit=error_unit, role=role, where=error_where, is_error=True)
    shown = ARBITRARY_UNIT if role in MAGNETIC and is_without_scale(unit, role) else ""
    return Column(title, role, _no_infinity(convert(values, unit=unit, role=role, where=where)), shown, error, unit)


def _times_drive(columns: Sequence[Column], notes: list[Note]) -> list[Column]:
    """Moments that the file gives per field (emu/Oe) times the alternating field; without its column no moments."""
    drive = next((column.values for column in columns if column.role == Role.DRIVE), None)
    made = []
    for column in columns:
        if column.role in AC_MOMENTS and is_per_field(column.file_unit):
            if drive is None:
                text = f"column {column.name!r} in {column.file_unit}, but no column of the alternating field"
                _say(notes, Note(f"{text}: kept without its role; name it under columns.drive", level="warning"))
                column = replace(column, role=Role.OTHER, unit=column.file_unit, error=None)
            else:
                error = None if column.error is None else column.error * drive
                column = replace(column, values=column.values * drive, error=error)
        made.append(column)
    return made


def _say(notes: list[Note], note: Note) -> None:
    """Append `note` once: curves of one table share columns."""
    if note not in notes:
        notes.append(note)


def _no_infinity(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def _finite(table: Table, index: int, notes: list[Note]) -> FloatArray:
    values = table.numbers[index]
    with np.errstate(invalid="ignore"):
        wrong = np.abs(values) >= OVERFLOW
    if wrong.any():
        first = table.lines[int(np.argmax(wrong))]
        text = f"{int(wrong.sum())} infinite or overload readings (9.9e37 and above) in {table.title(index)!r} dropped"
        _say(notes, Note(f"{text} (first: {table.place} {first})", level="warning"))
    return np.where(wrong, np.nan, values)


def _lead(plan: Plan, columns: Sequence[Column]) -> Column | None:
    """The column of the measured quantity."""
    for assigned, column in zip(plan.columns, columns, strict=True):
        if assigned.index == plan.lead:
            return column
    return next((column for role in QUANTITIES for column in columns if column.role == role), None)


def _rows_that_count(columns: Sequence[Column], lead: Column | None, several: bool) -> NDArray[np.bool_]:
    """Rows that belong to the curve: where curves share rows those with its quantity, else those with any need."""
    if lead is not None and several:
        return np.isfinite(lead.values)
    needed = [np.isfinite(column.values) for column in columns if column.role in NEEDED]
    any_column = [np.isfinite(column.values) for column in columns]
    belongs: NDArray[np.bool_] = np.logical_or.reduce(needed or any_column)
    return belongs


def _demoted(column: Column, present: NDArray[np.bool_], is_lead: bool, notes: list[Note]) -> Column:
    """A column that is empty in most rows of the curve without its role."""
    if column.role not in NEEDED or is_lead or not present.any():
        return column
    share = float(np.isfinite(column.values[present]).mean())
    if share >= MIN_FILLED_SHARE:
        return column
    if share > 0:
        text = f"column {column.name!r} has values in only {share:.0%} of the rows: kept without its role"
        _say(notes, Note(text, level="warning"))
    return replace(column, role=Role.OTHER, unit=UNITS[column.role], error=None)


def _judge_strays(table: Table, plan: Plan, columns: Sequence[Column], *, file: str, notes: list[Note]) -> None:
    """Text where numbers are needed: a few rows are dropped and named, many are a DataError; elsewhere it is said."""
    for assigned, column in zip(plan.columns, columns, strict=True):
        strays = table.strays.get(assigned.index, ())
        if not strays:
            continue
        row, text = strays[0]
        lines = some([int(table.lines[stray]) for stray, _ in strays])
        said = f"text in column {column.name!r} ({shorten(text)!r}; {table.place} {lines})"
        if column.role not in NEEDED:
            _say(notes, Note(f"{said} read as missing"))
        elif len(strays) <= MAX_BAD_SHARE * len(table.lines):
            _say(notes, Note(f"{said}: {len(strays)} rows dropped", level="warning"))
        else:
            raise DataError(
                f"{file}, {table.place} {table.lines[row]}, column {column.name!r}: text {shorten(text)!r} where a "
                f"number is expected ({len(strays)} of {len(table.lines)} rows); correct the file or name another "
                f"column under columns.{column.role}"
            )


def _note_missing(table: Table, columns: Sequence[Column], dropped: NDArray[np.bool_], notes: list[Note]) -> None:
    if not dropped.any():
        return
    guilty = [c.name for c in columns if c.role in NEEDED and np.isnan(c.values[dropped]).any()]
    first = table.lines[int(np.argmax(dropped))]
    text = f"{int(dropped.sum())} rows dropped without a value in {some(guilty)} (first: {table.place} {first})"
    _say(notes, Note(text, level="warning"))


def _without_negative(
    table: Table, columns: Sequence[Column], keep: NDArray[np.bool_], *, file: str, notes: list[Note]
) -> NDArray[np.bool_]:
    """`keep` without rows below 0 K, which no thermometer can mean; DataError when they are more than a few."""
    for column in columns:
        if column.role != Role.TEMPERATURE:
            continue
        wrong = keep & (np.nan_to_num(column.values) < 0.0)
        if not wrong.any():
            return keep
        count, row = int(wrong.sum()), int(np.argmax(wrong))
        said = f"{count} of {int(keep.sum())} temperatures in {column.name!r} are below 0 K"
        if count > MAX_NEGATIVE_SHARE * keep.sum():
            remedy = "name another column under columns.temperature"
            if column.file_unit and not convert(np.zeros(1), unit=column.file_unit, role=column.role, where=file)[0]:
                remedy += ' or, if they are in Celsius, say units.temperature = "degC"'
            raise DataError(
                f"{file}, {table.place} {table.lines[row]}: {said} (first: {column.values[row]:.6g} K); {remedy}"
            )
        _say(notes, Note(f"{said}: dropped (first: {table.place} {table.lines[row]})", level="warning"))
        return keep & ~wrong
    return keep


def _with_errors(columns: Sequence[Column], keep: NDArray[np.bool_], notes: list[Note]) -> NDArray[np.bool_]:
    """The rows to keep without the few whose intensity has no error of its own, as where nothing was counted."""
    for column in columns:
        if column.role != Role.INTENSITY or column.error is None:
            continue
        bad = keep & ~(np.nan_to_num(column.error, posinf=0.0) > 0)
        if 0 < bad.sum() <= MAX_WITHOUT_ERROR * keep.sum():
            text = (
                f"{int(bad.sum())} of {int(keep.sum())} rows dropped, whose {column.name!r} has no standard deviation"
            )
            _say(notes, Note(text))
            keep = keep & ~bad
    return keep


def _checked_error(column: Column, notes: list[Note]) -> Column:
    """`column` without its standard deviations unless all are positive: an unknown error is None, never 0 or NaN."""
    if column.error is None or bool(np.all(column.error > 0) and np.all(np.isfinite(column.error))):
        return column
    bad = int(np.sum(~(np.nan_to_num(column.error, posinf=0.0) > 0)))
    text = f"standard deviations of {column.name!r} not used: {bad} of {column.error.size} are missing or not positive"
    _say(notes, Note(text, level="warning"))
    return replace(column, error=None)


def _digitised(curve: Curve, hints: ReadHints, *, file: str) -> Curve:
    """`curve` marked as read off a figure, with the reading error on its columns where the file gives no error."""
    if hints.digitised is None:
        return curve
    columns = []
    for column in curve.columns:
        reading = hints.digitised.reading_error.get(column.role)
        if reading is not None and column.error is None:
            constant = np.full(column.values.size, reading)
            where = f"{file}, column {column.name!r}"
            error = convert(constant, unit=column.file_unit, role=column.role, where=where, is_error=True)
            column = replace(column, error=error)
        columns.append(column)
    for role in hints.digitised.reading_error:
        if not curve.has(role):
            raise DataError(
                f"{file}: digitised.reading_error gives one for {role}, but no column has that role; "
                f"name it under columns.{role}"
            )
    metadata = {**curve.metadata, "figure": hints.digitised.figure}
    return replace(curve, columns=tuple(columns), digitised=True, metadata=metadata)


def _group(table: Table, hints: ReadHints, *, file: str) -> tuple[int, NDArray[np.object_]] | None:
    """(column, label of each row) of the column that tells curves apart.

    Numbers are one label while they differ by less than 2 % of their size or 0.1 % of the largest (set points drift).
    """
    if hints.group is None:
        return None
    index = find_columns(hints.group, table, file=file, what="group")[0]
    if index in table.texts:
        labels = np.array([shorten(cell, limit=80) for cell in table.texts[index]], dtype=object)
    else:
        labels = _number_labels(table, index, hints, file=file)
    different = len(set(labels))
    if different > min(MAX_GROUPS, max(1, len(labels) // 2)):
        raise _no_group(table, index, f"has {different} different values in {len(labels)} rows", file=file)
    return index, labels


def _no_group(table: Table, index: int, found: str, *, file: str) -> DataError:
    return DataError(
        f"{file}: group names column {table.title(index)!r}, which {found}; "
        f"name a column that is constant along each curve"
    )


def _number_labels(table: Table, index: int, hints: ReadHints, *, file: str) -> NDArray[np.object_]:
    values = table.numbers[index]
    labels = np.full(values.size, "", dtype=object)
    known = np.flatnonzero(np.isfinite(values))
    if not known.size:
        return labels
    order = known[np.argsort(values[known], kind="stable")]
    ordered = values[order]
    with np.errstate(over="ignore", invalid="ignore"):
        tolerance = np.maximum(0.02 * np.abs(ordered), 1e-3 * np.abs(ordered).max())
        starts = np.flatnonzero(np.diff(ordered) > tolerance[1:]) + 1
    unit = unit_of(table, index, Role.OTHER, hints) or ""
    for part in np.split(np.arange(order.size), starts):
        if ordered[part[-1]] - ordered[part[0]] > 5 * tolerance[part].max():
            run = f"runs from {ordered[part[0]]:.4g} to {ordered[part[-1]]:.4g} without a gap"
            raise _no_group(table, index, run, file=file)
        labels[order[part]] = f"{np.median(ordered[part]):.4g} {unit}".strip()
    return labels


def _split(curve: Curve, labels: NDArray[np.object_]) -> list[Curve]:
    parts = []
    for label in dict.fromkeys(labels):
        name = " ".join(part for part in (curve.name, label or "(no group)") if part)
        parts.append(curve.take(np.flatnonzero(labels == label), name))
    return parts


def _says_simulated(metadata: Mapping[str, str]) -> bool:
    """Whether the file's own header calls its data simulated; made-up numbers must never lose that mark."""
    return any("simulated data" in text.lower() for text in metadata.values())
