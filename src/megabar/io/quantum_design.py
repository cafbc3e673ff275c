"""Data files of Quantum Design instruments (PPMS, DynaCool, MPMS): [Header] with INFO lines, [Data] with a table.

Transport options write several bridges or channels side by side, and often one of them a row ("alternate rows"): each
becomes a curve with the rows in which it has values. Magnetometers write the steady and the alternating moment side by
side (`magnetometer`); all other options become one curve with all their columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from megabar.data import Note, Role
from megabar.errors import DataError
from megabar.io.decode import decode
from megabar.io.headings import Heading, read_heading
from megabar.io.layout import Lines, read_table
from megabar.io.magnetometer import magnetic_plans
from megabar.io.table import Assigned, Plan, Reading, Table, shorten, some
from megabar.io.text import header_fields, split
from megabar.io.units import family, fits

_MAIN: Final = (
    (Role.TEMPERATURE, re.compile(r"^(temperature|sample temp\.?)$")),
    (Role.FIELD, re.compile(r"^(magnetic field|field)$")),
    (Role.TIME, re.compile(r"^time( stamp)?$")),
    (Role.ANGLE, re.compile(r"^(sample |rot )?position$")),
    (Role.CURRENT, re.compile(r"^excitation$")),
)
"""Columns that all channels of a file share, by the name without the unit, in lower case."""

_CHANNEL: Final = (
    (Role.RESISTANCE, re.compile(r"^(resistance|res\.?)$")),
    (Role.RESISTIVITY, re.compile(r"^resistivity$")),
    (Role.VOLTAGE, re.compile(r"^(volts|in phase voltage ampl)$")),
    (Role.VOLTAGE_QUADRATURE, re.compile(r"^quadrature voltage$")),
    (Role.CURRENT, re.compile(r"^(excitation|ac current)$")),
)
_SWEEP: Final = ((Role.VOLTAGE, re.compile(r"^i-v voltage$")), (Role.CURRENT, re.compile(r"^i-v current$")))
_DEVIATION = re.compile(r"^(?:(?P<of>v|resistance|resistivity|res\.?) )?std\.? ?dev\.?$")
_BRIDGE = re.compile(r"^bridge (?P<number>\d) (?P<what>.+)$")
_NUMBERED = re.compile(r"^(?P<what>.+?)[ .]*ch(?:annel)?[ .]?(?P<number>\d)$")
_KEY = re.compile(r"^([A-Z][A-Z0-9_ ]{2,}|Sample ?\d .*)$")
_EITHER: Final = frozenset({Role.RESISTANCE, Role.RESISTIVITY})
_QUANTITIES: Final = _EITHER | {Role.VOLTAGE}
_MAX_COMMENTS: Final = 20


def is_quantum_design(head: bytes) -> bool:
    """[Header] at the top and a [Data] or BYAPP line: the mark of every MultiVu data file."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:8].lower()
    return start == b"[header]" and (b"BYAPP" in head or b"[Data]" in head)


def read_quantum_design(data: bytes, *, file: str, **_: object) -> Reading:
    """The table below [Data] with its curves; DataError when there is none."""
    notes: list[Note] = []
    text = decode(data, file=file, notes=notes)
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip().lower() == "[data]"), None)
    if start is None:
        raise DataError(f"{file}: a Quantum Design header without a [Data] section; export the file again")
    metadata = _metadata(lines[:start])
    body = [(i, line) for i, line in enumerate(lines[start + 1 :], start=start + 2) if line.strip()]
    table = _table(body, text.endswith("\n"), file=file, notes=notes)
    _note_comments(table, notes)
    table = _with_plans(replace(table, metadata=metadata), notes)
    kind = metadata.get("BYAPP", "unknown option").split(",")[0].strip()
    return Reading(f"Quantum Design ({kind})", (table,), tuple(notes))


def _metadata(lines: Sequence[str]) -> dict[str, str]:
    """TITLE, BYAPP, FILEOPENTIME and the INFO lines; those stand as "key, value" or "value, KEY" by the instrument."""
    metadata: dict[str, str] = {}
    for line in lines:
        word, _, rest = line.partition(",")
        word = word.strip().upper()
        if word in ("TITLE", "BYAPP", "FILEOPENTIME"):
            metadata.setdefault(word, rest.strip())
        elif word == "INFO":
            first, _, others = (part.strip() for part in rest.partition(","))
            value, _, last = (part.strip() for part in rest.rpartition(","))
            key_last = _KEY.match(last) and not (_KEY.match(first) and "MPMS Measurement" in metadata.get("BYAPP", ""))
            key, content = (last, value) if key_last else (first, others)
            if key and content:
                metadata.setdefault(key, content)
    return metadata


def _table(body: Sequence[tuple[int, str]], ends_whole: bool, *, file: str, notes: list[Note]) -> Table:
    if len(body) < 2:
        raise DataError(f"{file}: no rows below [Data]: the program wrote a header only; choose another file")
    line, header = body[0]
    delimiter = "\t" if header.count("\t") > header.count(",") else ","
    width = len(split(header, delimiter=delimiter))

    def cut(row: str) -> list[str]:
        cells = split(row, delimiter=delimiter)
        return cells + [""] * (width - len(cells))

    lines = Lines(
        rows=[row for _, row in body[1:]],
        numbers=[i for i, _ in body[1:]],
        cut=cut,
        above=lambda _: [(line, partial(header_fields, header, delimiter))],
        ends_whole=ends_whole,
    )
    table = read_table(lines, file=file, name="", notes=notes)
    if table is None:
        raise DataError(f"{file}: no numbers below [Data] (line {line}); choose another file")
    return table


def _note_comments(table: Table, notes: list[Note]) -> None:
    for index, heading in enumerate(table.headings):
        if heading.strip().lower() != "comment":
            continue
        cells = [(row, cell) for row, cell in enumerate(table.texts.get(index, ())) if cell]
        cells = cells or list(table.strays.get(index, ()))
        for row, cell in cells[:_MAX_COMMENTS]:
            notes.append(Note(f"line {table.lines[row]}: comment {shorten(cell, limit=120)!r}"))
        if len(cells) > _MAX_COMMENTS:
            notes.append(Note(f"{len(cells) - _MAX_COMMENTS} more comments in the file"))


def _with_plans(table: Table, notes: list[Note]) -> Table:
    """`table` with its curves: one for each bridge or channel that has data, else one of everything."""
    heads = [read_heading(text) for text in table.headings]
    filled = [
        i for i, values in enumerate(table.numbers) if np.isfinite(values).any() and heads[i].text.strip() != "Comment"
    ]
    channels = _channels(heads, filled)
    table, doubles = _without_doubles(table, heads, channels, notes)
    inside = {index for columns in channels.values() for index in columns.values()}
    free = [i for i in filled if i not in inside and i not in doubles]
    shared = _roles({heads[i].name.lower(): i for i in reversed(free)}, _MAIN, heads)
    rest = [i for i in free if i not in shared]
    plans: list[Plan] = []
    for name, columns in channels.items():
        for title, spellings in ((name, _CHANNEL), (f"{name} I-V", _SWEEP)):
            if plan := _channel_plan(title, columns, spellings, shared, rest, heads):
                plans.append(plan)
    others = [i for i in filled if i not in shared and i not in doubles]
    if magnetic := magnetic_plans(table, heads, others, _assigned(shared)):
        plans[:0] = magnetic
    elif not plans:
        plans.append(Plan("", (*_assigned(shared), *(Assigned(i, Role.OTHER) for i in others))))
    left = [table.title(i) for i, values in enumerate(table.numbers) if i not in filled and table.headings[i].strip()]
    if left:
        notes.append(Note(f"columns without any value left out: {some(left, limit=10)}"))
    return replace(table, plans=tuple(plans))


def _channels(heads: Sequence[Heading], filled: Sequence[int]) -> dict[str, dict[str, int]]:
    """Bridge or channel -> what (in lower case) -> column, of the columns that have data."""
    channels: dict[str, dict[str, int]] = {}
    for index in filled:
        name = heads[index].name.lower()
        if match := _BRIDGE.match(name):
            channels.setdefault(f"Bridge {match['number']}", {}).setdefault(match["what"], index)
        elif match := _NUMBERED.match(name):
            channels.setdefault(f"Channel {match['number']}", {}).setdefault(match["what"], index)
    return dict(sorted(channels.items()))


def _without_doubles(
    table: Table, heads: list[Heading], channels: Mapping[str, dict[str, int]], notes: list[Note]
) -> tuple[Table, set[int]]:
    """Take resistivities that repeat the resistance digit by digit out of `channels`; returns them too.

    The sample's dimensions were never entered then, and the standard deviation is the resistance's, whatever unit its
    heading claims.
    """
    units = [table.unit(i) for i in range(len(heads))]
    doubles: set[int] = set()
    for name, columns in channels.items():
        resistance, resistivity = columns.get("resistance"), columns.get("resistivity")
        if resistance is None or resistivity is None:
            continue
        if np.array_equal(table.numbers[resistance], table.numbers[resistivity], equal_nan=True):
            doubles.add(columns.pop("resistivity"))
            if (deviation := columns.get("std. dev.")) is not None:
                units[deviation] = heads[resistance].unit
                heads[deviation] = replace(heads[deviation], unit=units[deviation])
            text = f"{name}: its resistivity repeats the resistance (no sample dimensions were entered): one kept"
            notes.append(Note(text))
    return replace(table, units=tuple(units)), doubles


def _roles(
    columns: Mapping[str, int], spellings: Sequence[tuple[Role, re.Pattern[str]]], heads: Sequence[Heading]
) -> dict[int, Role]:
    """Column -> role, one column a role; the unit decides between resistance and resistivity."""
    roles: dict[int, Role] = {}
    for role, pattern in spellings:
        for what, index in columns.items():
            if not pattern.match(what):
                continue
            unit = heads[index].unit
            actual = (family(unit) or role) if unit is not None and role in _EITHER else role
            if actual not in roles.values() and (unit is None or fits(unit, actual)):
                roles[index] = actual
    return roles


def _channel_plan(
    name: str,
    columns: Mapping[str, int],
    spellings: Sequence[tuple[Role, re.Pattern[str]]],
    shared: Mapping[int, Role],
    rest: Sequence[int],
    heads: Sequence[Heading],
) -> Plan | None:
    """The curve of one channel, or None when it has none of the measured quantities."""
    own = _roles(columns, spellings, heads)
    if not _QUANTITIES.intersection(own.values()):
        return None
    common = {index: role for index, role in shared.items() if role not in own.values()}
    errors = _deviations(columns, own, heads)
    others = [i for i in (*columns.values(), *rest) if i not in own and i not in errors.values()]
    return Plan(name, (*_assigned({**common, **own}, errors), *(Assigned(i, Role.OTHER) for i in others)))


def _deviations(columns: Mapping[str, int], own: Mapping[int, Role], heads: Sequence[Heading]) -> dict[int, int]:
    """Column of a quantity -> column of its standard deviation, by unit, or by name where the file gives no unit."""
    errors: dict[int, int] = {}
    for what, index in columns.items():
        match = _DEVIATION.match(what)
        if not match:
            continue
        kinds = {Role.VOLTAGE} if match["of"] == "v" else _EITHER
        unit = heads[index].unit
        for owner, role in own.items():
            if role in kinds and owner not in errors and (unit is None or fits(unit, role)):
                errors[owner] = index
                break
    return errors


def _assigned(roles: Mapping[int, Role], errors: Mapping[int, int] | None = None) -> tuple[Assigned, ...]:
    return tuple(Assigned(index, role, (errors or {}).get(index)) for index, role in roles.items())
