"""Which columns of a table play which role, and which belong together in one curve.

Rules, in this order: the user's hints; what the format fixes; the headings; what the other columns tell (`spectra`).
Several columns of resistance, resistivity, voltage or conductance make one curve each, with the columns they share, and
so do several currents that share a bias. Several thermometers do not: the one at the
sample is taken and the others are kept without a role, unless each stands with its own column ("T1, R1, T2, R2").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from megabar.data import Note, Role
from megabar.errors import DataError
from megabar.io.conditions import common_conditions, heading_conditions
from megabar.io.contact_names import HARMONICS
from megabar.io.headings import Heading, read_heading
from megabar.io.hints import ReadHints
from megabar.io.spectra import CONDUCTANCES, guess_spectrum, headings_here, settle_spectrum, sweep_of
from megabar.io.spectral_names import SPECTRAL_AXES, settle_intensity
from megabar.io.table import Assigned, Constant, Plan, Table, shorten, some
from megabar.io.units import fits, is_unit

_MAGNETIC: Final = (Role.MOMENT, Role.MOMENT_IN_PHASE, Role.SUSCEPTIBILITY)
_STRUCTURE: Final = (Role.INTENSITY, Role.VOLUME, Role.LINE_WIDTH, Role.ALPHA2F)
QUANTITIES: Final = (
    Role.RESISTANCE,
    Role.RESISTIVITY,
    Role.VOLTAGE,
    *CONDUCTANCES,
    *HARMONICS,
    *_MAGNETIC,
    *_STRUCTURE,
)
"""What is measured: several columns of one of these are several curves."""

_QUADRATURES: Final = (Role.VOLTAGE_QUADRATURE, Role.MOMENT_QUADRATURE, Role.SUSCEPTIBILITY_QUADRATURE)
_OWN: Final = (*QUANTITIES, *_QUADRATURES, Role.CURRENT)
_SHARED: Final = (
    Role.TEMPERATURE,
    Role.FIELD,
    Role.BIAS,
    Role.TIME,
    Role.PRESSURE,
    Role.ANGLE,
    Role.DRIVE,
    Role.FREQUENCY,
    *SPECTRAL_AXES,
)
_SWEPT_AT: Final = frozenset({Role.BIAS, Role.CURRENT, Role.FIELD, *CONDUCTANCES, *HARMONICS})
"""Roles of which one is in a curve that a temperature from the words around it can describe."""

_GUESS_BELOW: Final = 1000.0
_GUESS_SPAN: Final = 1.5
_GUESS_UNEVEN: Final = 1e-3


@dataclass(frozen=True)
class _Columns:
    """The columns of a table by what they are: roles by index, error columns by the column they belong to."""

    table: Table
    heads: tuple[Heading, ...]
    roles: Mapping[int, Role]
    errors: Mapping[int, int]

    def of(self, role: Role) -> list[int]:
        return [index for index, found in self.roles.items() if found == role]


def headings_of(table: Table) -> tuple[Heading, ...]:
    return tuple(read_heading(text, unit=table.unit(i)) for i, text in enumerate(table.headings))


def unit_of(table: Table, index: int, role: Role, hints: ReadHints) -> str | None:
    """The unit in which the file gives a column: by hint (heading before role), line of units, heading; or None."""
    head = read_heading(table.headings[index], unit=table.unit(index))
    by_heading = hints.units.get(head.text.strip()) or hints.units.get(head.name)
    return by_heading or hints.units.get(role.value) or head.unit


def find_columns(reference: str | int, table: Table, *, file: str, what: str) -> list[int]:
    """The columns that a heading or a number names; DataError lists what the file has."""
    if isinstance(reference, int):
        if reference <= len(table.headings):
            return [reference - 1]
        raise DataError(f"{file}: {what} asks for column {reference}, but there are only {len(table.headings)} columns")
    if not table.has_header:
        raise DataError(
            f"{file}: {what} asks for column {reference!r}, but the file has no header; "
            f"give the number of the column (1 to {len(table.headings)})"
        )
    wanted = reference.strip()
    names = [(heading.strip(), read_heading(heading).name) for heading in table.headings]
    for same in (
        lambda name: wanted == name[0],
        lambda name: wanted == name[1],
        lambda name: wanted.casefold() in (name[0].casefold(), name[1].casefold()),
    ):
        if found := [index for index, name in enumerate(names) if same(name)]:
            return found
    raise DataError(
        f"{file}: {what} asks for column {reference!r}, which is not there; "
        f"found: {shorten(', '.join(name for name, _ in names if name), limit=400)}"
    )


def plan_curves(table: Table, *, hints: ReadHints, file: str, notes: list[Note]) -> tuple[Plan, ...]:
    """The curves of a table. DataError when a hint names a column that is missing or holds text."""
    _check_units(table, hints, file=file)
    if table.plans and not hints.columns:
        return _with_hinted_errors(table, hints, file=file)
    heads = headings_of(table)
    _note_unknown_units(heads, notes)
    empty = [i for i, values in enumerate(table.numbers) if i not in table.texts and not np.isfinite(values).any()]
    if lost := [table.title(i) for i in empty if table.headings[i].strip() and i not in table.strays]:
        notes.append(Note(f"columns without any value left out: {some(lost, limit=10)}"))
    usable = [i for i in range(len(heads)) if i not in empty and i not in table.texts]
    roles = _hinted_roles(table, hints, file=file)
    heads = headings_here(heads, table, roles)
    for index in usable:
        roles.setdefault(index, _automatic_role(index, table, heads, hints))
    _settle_roles_by_unit(roles, heads, notes)
    if Role.CURRENT not in hints.columns:
        settle_intensity(roles, heads)
    settle_spectrum(roles, heads, table, hints, notes)
    if not table.has_header and not hints.columns and not table.roles:
        _guess(table, roles, notes)
    errors = _errors(table, heads, roles, hints, file=file, notes=notes)
    columns = _Columns(table, heads, {i: roles[i] for i in sorted(roles) if i not in errors.values()}, errors)
    return _curves(columns, hints, notes)


def _with_hinted_errors(table: Table, hints: ReadHints, *, file: str) -> tuple[Plan, ...]:
    """The format's own plans with the columns of standard deviations that the user names, one for each curve."""
    plans = list(table.plans)
    for role, references in hints.errors.items():
        owners = [(i, assigned) for i, plan in enumerate(plans) for assigned in plan.columns if assigned.role == role]
        named = [i for ref in references for i in find_columns(ref, table, file=file, what=f"errors.{role}")]
        _check_pairs(len(owners), len(named), role, file=file)
        for (i, owner), error in zip(owners, named, strict=True):
            columns = tuple(replace(a, error=error) if a == owner else a for a in plans[i].columns if a.index != error)
            plans[i] = replace(plans[i], columns=columns)
    return tuple(plans)


def _check_pairs(owners: int, named: int, role: Role, *, file: str) -> None:
    if owners != named:
        raise DataError(
            f"{file}: errors.{role} names {named} columns for {owners} of {role}; "
            f"name one for each under columns.{role} and errors.{role}"
        )


def _check_units(table: Table, hints: ReadHints, *, file: str) -> None:
    known = {role.value for role in Role if role != Role.OTHER}
    for key in hints.units:
        if key not in known:
            find_columns(key, table, file=file, what=f"units.{key}")


def _note_unknown_units(heads: Sequence[Heading], notes: list[Note]) -> None:
    """Say which columns lost a role that is likely, but not certain, to a unit that is not known ("I (counts)")."""
    for head in heads:
        if head.role == Role.OTHER and head.unit is not None and not is_unit(head.unit):
            likely = read_heading(head.name).role
            if likely != Role.OTHER:
                text = f"column {head.text.strip()!r}: unit {head.unit!r} is not known, so it is not taken as {likely}"
                notes.append(Note(text, level="warning"))


def _hinted_roles(table: Table, hints: ReadHints, *, file: str) -> dict[int, Role]:
    roles: dict[int, Role] = {}
    for role, references in hints.columns.items():
        for reference in references:
            for index in find_columns(reference, table, file=file, what=f"columns.{role}"):
                if index in table.texts:
                    _refuse_text(table, index, file=file, role=role)
                roles[index] = role
    return roles


def _refuse_text(table: Table, index: int, *, file: str, role: Role) -> None:
    row = next(row for row, cell in enumerate(table.texts[index]) if cell)
    raise DataError(
        f"{file}, {table.place} {table.lines[row]}, column {table.title(index)!r}: text "
        f"{shorten(table.texts[index][row])!r} where a number ({role}) is expected; name another column under "
        f"columns.{role} or correct the file"
    )


def _automatic_role(index: int, table: Table, heads: Sequence[Heading], hints: ReadHints) -> Role:
    role = table.roles.get(index, heads[index].role)
    return Role.OTHER if role in hints.columns or heads[index].is_error else role


def _settle_roles_by_unit(roles: dict[int, Role], heads: Sequence[Heading], notes: list[Note]) -> None:
    """Roles that follow from the unit alone count only where no column has the role by its name."""
    for index, role in roles.items():
        if role == Role.OTHER or not heads[index].by_unit or role != heads[index].role:
            continue
        if any(other == role and not heads[i].by_unit for i, other in roles.items()):
            roles[index] = Role.OTHER
        else:
            notes.append(Note(f"column {heads[index].text.strip()!r} taken as {role} because of its unit"))


def _guess(table: Table, roles: dict[int, Role], notes: list[Note]) -> None:
    """Two bare columns are R(T) when the first can be a measured temperature, else a spectrum when they can be one.

    The first can be a temperature when it is positive, below 1000, spans at least a factor 1.5 and is not evenly spaced
    (computed grids, diffraction patterns and spectra are).
    """
    if table.bare and len(table.numbers) == 2 and len(roles) == 2:
        first = table.numbers[0][np.isfinite(table.numbers[0])]
        with np.errstate(over="ignore", invalid="ignore"):
            steps = np.abs(np.diff(first))
            uneven = steps.size > 1 and bool(np.ptp(steps) > _GUESS_UNEVEN * steps.max())
        if uneven and first.min() > 0 and first.max() < _GUESS_BELOW and first.max() >= _GUESS_SPAN * first.min():
            roles.update({0: Role.TEMPERATURE, 1: Role.RESISTANCE})
            notes.append(
                Note(
                    "no header: guessed that column 1 is temperature in K and column 2 resistance in ohm; "
                    "name them under columns in the experiment file",
                    level="warning",
                )
            )
            return
    if guess_spectrum(table, roles, notes):
        return
    notes.append(
        Note("no header: the columns play no role until named under columns in the experiment file", level="warning")
    )


def _errors(
    table: Table,
    heads: Sequence[Heading],
    roles: Mapping[int, Role],
    hints: ReadHints,
    *,
    file: str,
    notes: list[Note],
) -> dict[int, int]:
    """Column -> column of its standard deviation, from the hints or from headings such as "R_err", "Std. Dev.", "±"."""
    errors: dict[int, int] = {}
    for role, references in hints.errors.items():
        owners = [i for i, found in roles.items() if found == role]
        named = [i for ref in references for i in find_columns(ref, table, file=file, what=f"errors.{role}")]
        _check_pairs(len(owners), len(named), role, file=file)
        errors.update(zip(owners, named, strict=True))
    for index, head in enumerate(heads):
        if not head.is_error or index not in roles or index in errors.values() or roles[index] != Role.OTHER:
            continue
        owner = _owner(index, head, heads, roles)
        if owner is None or owner in errors or roles[owner] in hints.errors:
            continue
        if head.unit is None or fits(head.unit, roles[owner]):
            errors[owner] = index
            notes.append(
                Note(f"column {table.title(index)!r} taken as one standard deviation of {table.title(owner)!r}")
            )
    return errors


def _owner(index: int, head: Heading, heads: Sequence[Heading], roles: Mapping[int, Role]) -> int | None:
    if head.role != Role.OTHER:
        same = [
            i
            for i, role in roles.items()
            if role != Role.OTHER and head.role in (role, heads[i].role) and heads[i].key == head.key
        ]
        return min(same, key=lambda i: abs(index - i), default=None)
    before = index - 1
    return before if roles.get(before, Role.OTHER) != Role.OTHER else None


def _curves(columns: _Columns, hints: ReadHints, notes: list[Note]) -> tuple[Plan, ...]:
    """One plan for each column of the measured quantity, with what belongs to it and what all share."""
    lead = _lead(columns)
    leads: Sequence[int | None] = columns.of(lead) or [None]
    parts: list[dict[int, Role]] = [{} if index is None else {index: lead} for index in leads]
    for role in _SHARED:
        _share(role, columns, leads, parts, notes)
    for role in _OWN:
        if role != lead:
            _match(role, columns, leads, parts, notes)
    taken = {index for part in parts for index in part}
    rest = [i for i in columns.roles if i not in taken]
    hinted = sum(len(names) for names in hints.columns.values())
    if dropped := [columns.table.title(i) for i in rest if columns.roles[i] in _OWN]:
        notes.append(
            Note(f"kept without a role, since it belongs to no single curve: {some(dropped)}", level="warning")
        )
    names = _names(columns, leads) if len(leads) > 1 else [""]
    if len(leads) > 1 and not hinted:
        notes.append(
            Note(f"{len(leads)} columns of {lead.replace('_', ' ')}: one curve each ({some(names, limit=10)})")
        )
    common = common_conditions(columns.table.above, notes)
    plans = []
    for part, name, index in zip(parts, names, leads, strict=True):
        roles = {**part, **dict.fromkeys(rest, Role.OTHER)}
        assigned = tuple(Assigned(i, roles[i], columns.errors.get(i)) for i in sorted(roles))
        plans.append(Plan(name, assigned, index, _constants(part, index, columns, common)))
    _note_constants(plans, common, notes)
    return tuple(plans)


def _lead(columns: _Columns) -> Role:
    """The measured quantity: the one with most columns, or the current where several share a bias."""
    counts = {role: len(columns.of(role)) for role in QUANTITIES}
    lead = max(counts, key=lambda role: counts[role])
    currents = len(columns.of(Role.CURRENT))
    if currents > max(1, counts[lead]) and sweep_of(columns.roles, columns.table) is not None:
        return Role.CURRENT
    return lead


def _constants(
    part: Mapping[int, Role], lead: int | None, columns: _Columns, common: Mapping[Role, Constant]
) -> tuple[Constant, ...]:
    """Temperature and field of a curve that has no column of them: from its heading or label, else from lines above.

    Only where something else was swept: beside nothing but a voltage a temperature may be of anything.
    """
    present = set(part.values())
    own = () if lead is None else columns.heads[lead].conditions
    label = "" if lead is None else columns.table.labels.get(lead, "")
    known = {**common, **{c.role: c for c in heading_conditions(label)[1]}, **{c.role: c for c in own}}
    swept = {Role.TEMPERATURE: _SWEPT_AT, Role.FIELD: _SWEPT_AT - {Role.FIELD} | {Role.TEMPERATURE}}
    return tuple(
        known[role] for role in swept if role in known and role not in present and present.intersection(swept[role])
    )


def _note_constants(plans: Sequence[Plan], common: Mapping[Role, Constant], notes: list[Note]) -> None:
    for role in (Role.TEMPERATURE, Role.FIELD):
        found = [constant for plan in plans for constant in plan.constants if constant.role == role]
        if found and any(constant is common.get(role) for constant in found):
            notes.append(Note(f"{role} from a line above the table ({common[role].text!r}): the same for all rows"))
        if own := [constant for constant in found if constant is not common.get(role)]:
            texts = some([repr(constant.text) for constant in own], limit=10)
            notes.append(Note(f"{role} of each curve from its heading ({texts})"))


def _share(
    role: Role, columns: _Columns, leads: Sequence[int | None], parts: list[dict[int, Role]], notes: list[Note]
) -> None:
    """Give every curve the column of a role that all share; or each its own where they stand in pairs."""
    found = columns.of(role)
    if not found:
        return
    if len(leads) > 1 and (pairs := _pairs(found, leads, columns)):
        for part, index in zip(parts, pairs, strict=True):
            part[index] = role
        return
    best = min(found, key=lambda i: columns.heads[i].rank) if role == Role.TEMPERATURE else found[0]
    for part in parts:
        part[best] = role
    if len(found) > 1 and role in (Role.TEMPERATURE, Role.FIELD, Role.BIAS):
        others = some([repr(columns.table.title(i)) for i in found if i != best])
        notes.append(
            Note(
                f"{role} taken from {columns.table.title(best)!r}, not from {others}; "
                f"choose another under columns.{role}",
                level="warning",
            )
        )


def _pairs(found: Sequence[int], leads: Sequence[int | None], columns: _Columns) -> list[int] | None:
    """The column of `found` that belongs to each of `leads`: by equal numbers (T1, R1) or because they alternate."""
    if len(found) != len(leads):
        return None
    by_key = {columns.heads[i].key: i for i in found}
    keys = [columns.heads[i].key for i in leads if i is not None]
    if len(set(keys)) == len(keys) and set(by_key) == set(keys) and () not in by_key:
        return [by_key[key] for key in keys]
    order = [i for pair in zip(found, leads, strict=True) for i in pair if i is not None]
    same_rank = len({columns.heads[i].rank for i in found}) == 1
    return list(found) if order == sorted(order) and same_rank else None


def _match(
    role: Role, columns: _Columns, leads: Sequence[int | None], parts: list[dict[int, Role]], notes: list[Note]
) -> None:
    """Give each curve the column of `role` that bears its number, or stands at its place, or is the only one."""
    found = columns.of(role)
    matched = False
    for lead, part in zip(leads, parts, strict=True):
        same = [i for i in found if lead is not None and columns.heads[i].key == columns.heads[lead].key]
        if same and (len(same) == 1 or len(leads) == 1):
            part[same[0]] = role
            matched = True
    if matched or not found:
        return
    if len(found) == len(leads):
        for part, index in zip(parts, found, strict=True):
            part[index] = role
        if len(leads) > 1:
            notes.append(Note(f"columns of {role} joined to the curves in their order", level="warning"))
    elif len(found) == 1 or leads[0] is None:
        for part in parts:
            part[found[0]] = role


def _names(columns: _Columns, leads: Sequence[int | None]) -> list[str]:
    names = []
    for index in leads:
        if index is not None:
            label = columns.table.labels.get(index, "")
            names.append(f"{columns.heads[index].name} {label}".strip() or columns.table.title(index))
    return names
