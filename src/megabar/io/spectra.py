"""What makes a table a spectrum: which voltage is the bias, which readings are harmonics, what bare columns hold.

A heading alone does not tell: V is the bias beside dI/dV and a signal beside a temperature, X1 is the first harmonic in
a spectrum and the first of two lock-in amplifiers in R(T), and dI/dV without a unit may be normalised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from megabar.data import Note, Role
from megabar.data.recording import FloatArray
from megabar.io.conditions import states_condition
from megabar.io.contact_names import HARMONICS
from megabar.io.headings import Heading
from megabar.io.hints import ReadHints
from megabar.io.table import Table, some

CONDUCTANCES: Final = (Role.CONDUCTANCE, Role.NORMALISED_CONDUCTANCE, Role.DIFFERENTIAL_RESISTANCE)

VOLTS_BELOW: Final = 0.25
"""A bias without a unit is in mV, unless its largest value is below this: spectra reach over the gap, some mV."""

_FIELD_WORDS: Final = re.compile(r"field|tesla|oersted|magnet|\b(?:k?Oe|emu)\b", re.IGNORECASE)
_LEAST_ROWS: Final = 10
_MOSTLY: Final = 0.9
_END_SHARE: Final = 0.05
_NEAR_ONE: Final = (0.5, 2.0)


def finite(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)]


def spans_both_signs(values: FloatArray) -> bool:
    """Whether a sweep runs from one sign to the other and about as far on both sides (within a factor of two)."""
    numbers = finite(values)
    if numbers.size < 2:
        return False
    low, high = float(numbers.min()), float(numbers.max())
    return low < 0.0 < high and 0.5 * max(-low, high) <= min(-low, high)


def near_one_at_its_ends(bias: FloatArray, values: FloatArray) -> bool:
    """Whether a spectrum comes close to 1 at both ends of its bias, as one does that was divided by its background."""
    rows = np.flatnonzero(np.isfinite(bias) & np.isfinite(values))
    if not rows.size:
        return False
    ordered = values[rows[np.argsort(bias[rows], kind="stable")]]
    count = max(1, round(_END_SHARE * rows.size))
    low, high = _NEAR_ONE
    return all(low <= float(np.median(end)) <= high for end in (ordered[:count], ordered[-count:]))


def mostly_positive(values: FloatArray) -> bool:
    numbers = finite(values)
    return bool(numbers.size) and float((numbers > 0).mean()) >= _MOSTLY


def headings_here(heads: Sequence[Heading], table: Table, roles: Mapping[int, Role]) -> tuple[Heading, ...]:
    """The headings as this table means them: harmonics in a spectrum, else the channels of lock-in amplifiers."""
    if all(head.elsewhere is None for head in heads):
        return tuple(heads)
    present = {**{i: head.role for i, head in enumerate(heads)}, **roles}
    if _is_spectrum(present, table):
        return tuple(heads)
    return tuple(
        head if head.elsewhere is None or head.elsewhere.role == Role.OTHER else head.elsewhere for head in heads
    )


def _is_spectrum(roles: Mapping[int, Role], table: Table) -> bool:
    found = set(roles.values())
    if found.intersection((Role.BIAS, *CONDUCTANCES)) or not found.intersection((Role.TEMPERATURE, Role.FIELD)):
        return True
    sweeps = [i for i, role in roles.items() if role in (Role.VOLTAGE, Role.CURRENT) and i not in table.texts]
    return any(spans_both_signs(table.numbers[i]) for i in sweeps)


def settle_spectrum(
    roles: dict[int, Role], heads: Sequence[Heading], table: Table, hints: ReadHints, notes: list[Note]
) -> None:
    """Roles that follow from the other columns: the bias, columns named by a temperature alone, dI/dV near 1."""
    _settle_bias(roles, table, hints, notes)
    _settle_unnamed(roles, heads, table, notes)
    _settle_normalised(roles, heads, table, hints, notes)


def _settle_bias(roles: dict[int, Role], table: Table, hints: ReadHints, notes: list[Note]) -> None:
    """In a spectrum without a bias the one voltage is the bias, or each of as many voltages as there are spectra."""
    if Role.BIAS in roles.values() or Role.VOLTAGE in hints.columns:
        return
    voltages = [i for i, role in roles.items() if role == Role.VOLTAGE]
    spectra = max(sum(role == found for found in roles.values()) for role in CONDUCTANCES)
    swept = len(voltages) == 1 and spans_both_signs(table.numbers[voltages[0]])
    beside_harmonics = swept and any(role in HARMONICS for role in roles.values())
    if not (beside_harmonics if spectra == 0 else len(voltages) in (1, spectra)):
        return
    for index in voltages:
        roles[index] = Role.BIAS
        notes.append(Note(f"column {table.title(index)!r} taken as the bias of the spectrum"))


def sweep_of(roles: Mapping[int, Role], table: Table) -> int | None:
    """The bias of a table, or the one voltage that runs over both signs."""
    for role in (Role.BIAS, Role.VOLTAGE):
        found = [i for i, other in roles.items() if other == role]
        if len(found) == 1 and (role == Role.BIAS or spans_both_signs(table.numbers[found[0]])):
            return found[0]
    return None


def _settle_unnamed(roles: dict[int, Role], heads: Sequence[Heading], table: Table, notes: list[Note]) -> None:
    """Columns whose heading is a temperature or field and nothing else, beside a bias: spectra at these conditions."""
    unnamed = [i for i, role in roles.items() if role == Role.OTHER and heads[i].conditions and heads[i].unit is None]
    bias = sweep_of(roles, table)
    if bias is None or not unnamed or set(roles.values()).intersection(CONDUCTANCES):
        return
    if not all(mostly_positive(table.numbers[i]) for i in unnamed):
        titles = some([repr(table.title(i)) for i in unnamed])
        notes.append(Note(f"columns {titles} do not say what they hold: name them under columns", level="warning"))
        return
    normalised = all(near_one_at_its_ends(table.numbers[bias], table.numbers[i]) for i in unnamed)
    role = Role.NORMALISED_CONDUCTANCE if normalised else Role.CONDUCTANCE
    roles[bias] = Role.BIAS
    roles.update(dict.fromkeys(unnamed, role))
    titles = some([repr(table.title(i)) for i in unnamed])
    text = f"columns {titles} do not say what they hold: guessed {_words(role)}; name them under columns"
    notes.append(Note(text, level="warning"))


def _settle_normalised(
    roles: dict[int, Role], heads: Sequence[Heading], table: Table, hints: ReadHints, notes: list[Note]
) -> None:
    """dI/dV without a unit that comes close to 1 at the ends of its bias is a normalised conductance."""
    bias = next((i for i, role in roles.items() if role == Role.BIAS), None)
    if bias is None or Role.CONDUCTANCE in hints.columns or Role.CONDUCTANCE.value in hints.units:
        return
    for index, role in roles.items():
        named = heads[index].text.strip() in hints.units or heads[index].name in hints.units
        if role != Role.CONDUCTANCE or heads[index].unit is not None or named:
            continue
        if near_one_at_its_ends(table.numbers[bias], table.numbers[index]):
            roles[index] = Role.NORMALISED_CONDUCTANCE
            text = (
                f"column {table.title(index)!r} gives no unit and comes close to 1 at the ends of the bias: taken as "
            )
            notes.append(Note(text + 'normalised; say units.conductance = "S" where it is not', level="warning"))


def _words(role: Role) -> str:
    return role.value.replace("_", " ")


def guess_spectrum(table: Table, roles: dict[int, Role], notes: list[Note]) -> bool:
    """Two columns without a header as a spectrum, where the first runs over both signs and the second is positive.

    A sweep of the field may look the same, so that lines above which speak of one stop the guess.
    """
    if len(table.numbers) != 2 or len(roles) != 2 or len(table.lines) < _LEAST_ROWS:
        return False
    about_field = [line for line in table.above if _FIELD_WORDS.search(line) and not states_condition(line)]
    bias, values = table.numbers
    if about_field or not spans_both_signs(bias) or not mostly_positive(values):
        return False
    role = Role.NORMALISED_CONDUCTANCE if near_one_at_its_ends(bias, values) else Role.CONDUCTANCE
    roles.update({0: Role.BIAS, 1: role})
    text = f"no header: guessed that column 1 is the bias and column 2 the {_words(role)} of a contact"
    notes.append(Note(f"{text}; name them under columns in the experiment file", level="warning"))
    return True


def bias_unit(title: str, values: FloatArray) -> tuple[str, Note]:
    """The unit of a bias that gives none, by its size, and the note that says so."""
    numbers = np.abs(finite(values))
    if numbers.size and float(numbers.max()) < VOLTS_BELOW:
        text = (
            f"bias {title!r} gives no unit and stays below {VOLTS_BELOW:g}: taken as V; say units.bias where it is not"
        )
        return "V", Note(text, level="warning")
    return "mV", Note(f"bias {title!r} gives no unit: taken as mV; say units.bias where it is not")
