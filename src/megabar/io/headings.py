"""What a column's heading says: a name, a unit, and the role that the name plays.

The tables below hold the spellings that instruments and people use. A heading that they do not cover plays no role:
its column is kept as it is, and the user can name it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from megabar.data import Role
from megabar.io.conditions import heading_conditions
from megabar.io.contact_names import HARMONICS, ContactName, contact_name
from megabar.io.magnetic_names import magnetic_name
from megabar.io.spectral_names import spectral_role
from megabar.io.table import Constant
from megabar.io.units import family, fits, is_arbitrary, is_unit


@dataclass(frozen=True)
class Heading:
    """One heading as understood.

    `text` as the file spells it; `name` without the unit; `unit` None where none is given; `role` OTHER where the
    name is not known; `key` what tells columns of one role apart ("R1" -> ("1",)); `rank` of a thermometer (0: at
    the sample, 3: at the bath); `is_error`: a column of standard deviations; `sure`: the name leaves no doubt, so
    that a unit which does not fit is a mistake in the file and not another quantity with the same letter;
    `by_unit`: the role follows from the unit alone; `elsewhere`: the heading of a harmonic (X1, 2f) as it
    is understood in a table that is no spectrum, where the same letters are the channels of lock-in amplifiers.
    `conditions` are the temperature and field that the heading of a measured quantity names ("dI/dV 2 K").
    """

    text: str
    name: str
    unit: str | None
    role: Role = Role.OTHER
    key: tuple[str, ...] = ()
    rank: int = 1
    is_error: bool = False
    sure: bool = False
    by_unit: bool = False
    elsewhere: Heading | None = None
    conditions: tuple[Constant, ...] = ()


MAX_LENGTH: Final = 200
"""Longer texts are no headings."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final[Mapping[Role, frozenset[str]]] = {
    Role.TEMPERATURE: _set(
        "temp temps temperature temperatures temperatur thermometer tsample tsam tsmp tprobe tcell tdac "
        "tbath tstage tvti tcold"
    ),
    Role.RESISTIVITY: _set("rho resistivity rhoxx rhoxy rhoyx rhoab rhoa rhoc"),
    Role.RESISTANCE: _set("res resist resistance widerstand rxx rxy ryx ryy rsample rsheet rsq rac rdc"),
    Role.VOLTAGE_QUADRATURE: frozenset({"vy"}),
    Role.VOLTAGE: _set("voltage volt volts spannung vxx vxy vx vac vdc vsample"),
    Role.CURRENT: _set("current curr excitation strom iac idc"),
    Role.FIELD: _set("field magneticfield hfield bfield magnet hext bext happ bapp"),
    Role.TIME: _set("time timestamp zeit elapsed"),
    Role.PRESSURE: _set("pressure druck"),
    Role.ANGLE: _set("angle theta phi position"),
}
_LETTERS: Final[Mapping[str, Role]] = {
    "T": Role.TEMPERATURE,
    "R": Role.RESISTANCE,
    "r": Role.RESISTANCE,
    "V": Role.VOLTAGE,
    "U": Role.VOLTAGE,
    "I": Role.CURRENT,
    "H": Role.FIELD,
    "B": Role.FIELD,
    "t": Role.TIME,
    "P": Role.PRESSURE,
    "p": Role.PRESSURE,
}
_NEEDS_UNIT: Final[Mapping[str, Role]] = {
    "U": Role.VOLTAGE,
    "v": Role.VOLTAGE,
    "i": Role.CURRENT,
    "h": Role.FIELD,
    "b": Role.FIELD,
    "t": Role.TEMPERATURE,
    "X": Role.VOLTAGE,
    "x": Role.VOLTAGE,
    "Y": Role.VOLTAGE_QUADRATURE,
    "y": Role.VOLTAGE_QUADRATURE,
}
_NOT_THE_QUANTITY: Final = _set(
    "set setpoint target min max minimum maximum delta d dt dr dv di rate ramp status code percent "
    "harmonic harm phase gain range count counts number readings drift stability tolerance heater "
    "power log ln inverse norm normalised normalized ratio relative rel motor chamber vacuum freq "
    "frequency limit compliance crit critical index slope derivative diff density mode trim center "
    "centre susceptibility moment lag fit calc model noise electric offset averaging onset tc ic hc jc "
    "squared coefficient"
)
_ERROR_WORDS: Final = _set("err error errors std stdev stddev sd sigma uncertainty unc sem stderr stderror esd su")
_FUSED_ERROR = re.compile(r"^(t|r|p|v|i|h|b|rho|temp|res)(err|error|std|sd|sig|sigma)$")
_FILLING: Final = _set(
    "dev s of the sample smp sam applied magnetic measured meas ac dc rms ampl amplitude phase in "
    "lock lockin lia stamp wire terminal mu k"
)
_AT_SAMPLE: Final = _set("sample sam smp s specimen cell dac tsample tsam tsmp tcell tdac")
_AT_BATH: Final = _set(
    "bath vti stage cold coldhead head plate cryostat system platform shield magnet reservoir "
    "exchanger tbath tvti tstage tcold"
)
_QUADRATURE: Final = _set("quadrature quad imag imaginary outphase y")
_CHOOSY: Final = frozenset({Role.BIAS, *HARMONICS})
"""Names that `contact_name` takes with few other words only, so that no word beside them can change their meaning."""

_CONTACT_FILLING: Final = _set("v u x voltage bias tip tunneling tunnelling andreev calc junction contact point sr")
_LOCK_IN: Final = frozenset({"lockin", "lia"})
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_QUALIFIERS: Final = _set(
    "sample bath vti stage probe bridge ch channel wire pt warming cooling heating up down top bottom left right "
    "sensor cernox xx xy yx yy sweep run"
)
_VARIABLE_IN_BRACKETS: Final = frozenset({"T", "H", "B", "I", "t"})
_BIAS_IN_BRACKETS: Final = frozenset({"V", "U", "I", "E"})
_LANGUAGES: Final[Mapping[str, str]] = {
    "温度": "temperature",
    "电阻率": "resistivity",
    "电阻": "resistance",
    "抵抗": "resistance",
    "电压": "voltage",
    "電圧": "voltage",
    "电流": "current",
    "電流": "current",
    "磁场": "field",
    "磁場": "field",
    "时间": "time",
    "時間": "time",
    "压力": "pressure",
    "压强": "pressure",
    "圧力": "pressure",
    "температура": "temperature",
    "сопротивление": "resistance",
    "напряжение": "voltage",
    "ток": "current",
    "поле": "field",
    "время": "time",
    "давление": "pressure",
}
_CYRILLIC_LETTERS: Final = str.maketrans("ТНВР", "THBP")
_GREEK: Final = str.maketrans({"ρ": " rho ", "θ": " theta ", "φ": " phi ", "μ": "mu", "Δ": " delta ", "σ": " sigma "})
_SURE_LETTERS: Final = frozenset("TRr")
_TELLING_UNITS: Final = frozenset({Role.TEMPERATURE, Role.RESISTANCE, Role.RESISTIVITY, Role.VOLTAGE, Role.CURRENT})
_CARRIERS: Final = frozenset(
    {
        Role.RESISTANCE,
        Role.RESISTIVITY,
        Role.VOLTAGE,
        Role.VOLTAGE_QUADRATURE,
        Role.CURRENT,
        Role.CONDUCTANCE,
        Role.NORMALISED_CONDUCTANCE,
        Role.DIFFERENTIAL_RESISTANCE,
        Role.FIRST_HARMONIC,
        Role.SECOND_HARMONIC,
        Role.MOMENT,
        Role.MOMENT_IN_PHASE,
        Role.MOMENT_QUADRATURE,
        Role.SUSCEPTIBILITY,
        Role.SUSCEPTIBILITY_QUADRATURE,
    }
)
"""What is measured at a temperature or field that its heading may name; "T 1K (K)" is a thermometer."""

_SOFT_ROLES: Final = frozenset({Role.TIME, Role.PRESSURE, Role.ANGLE})


def words(name: str) -> list[str]:
    """The words and numbers of `name` with their case: "Bridge 1 Std. Dev." -> Bridge 1 Std Dev; "R_xx1" -> R xx 1."""
    plain = unicodedata.normalize("NFKC", name)
    if not plain.isascii():
        for word, english in _LANGUAGES.items():
            plain = re.sub(word, f" {english} ", plain, flags=re.IGNORECASE)
        plain = plain.translate(_CYRILLIC_LETTERS)
    plain = plain.translate(_GREEK).replace("\\", "").replace("±", " sigma ")
    plain = re.sub(r"(?<=[a-z]{2})(?=[A-Z])", " ", plain)
    plain = re.sub(r"(?i)\bin[ -]phase\b", "phase in", plain)
    plain = re.sub(r"(?i)\block[ -]?in\b", "lockin", plain)
    return re.findall(r"[A-Za-z]+|\d+", plain)


@lru_cache(maxsize=4096)  # each heading of a table is asked for several times
def read_heading(text: str, *, unit: str | None = None) -> Heading:
    """`text` as a `Heading`; a `unit` that the file gives elsewhere (a line of units) goes before the heading's own.

    Units are found as "T (K)", "R [mOhm]", "R / Ohm", "R, mOhm", and as "T_K" or "T K" where they fit the name.
    """
    if len(text) > MAX_LENGTH:
        return Heading(text, text.strip(), unit)
    whole = _read(text, unit)
    rest, conditions = heading_conditions(text.strip())
    if not conditions:
        return whole
    part = _read(rest, unit)
    key = (*part.key, *(f"{condition.role}={condition.value:g}" for condition in conditions))
    if not part.name:
        part = replace(part, role=_role_of_unit(part.unit), by_unit=False, sure=False)
    elif part.role not in _CARRIERS:
        return replace(whole, key=key) if part.role == whole.role else whole
    said = " ".join(condition.text for condition in conditions)
    name = whole.name if whole.role == part.role else f"{part.name} {said}"
    return replace(part, text=text, name=" ".join(name.split()), key=key, conditions=conditions)


def _role_of_unit(unit: str | None) -> Role:
    """The role of a column of which the unit is all that is known, beside a temperature or field ("2 K")."""
    if unit is None:
        return Role.OTHER
    role = Role.NORMALISED_CONDUCTANCE if is_arbitrary(unit) else family(unit)
    return role if role is not None and role in _CARRIERS else Role.OTHER


def _read(text: str, unit: str | None) -> Heading:
    name, own_unit = _split_unit(_unquoted(text.strip()))
    unit = own_unit if unit is None else unit
    magnetic = magnetic_name(name, unit)
    if magnetic is not None:
        return Heading(text, name, unit, magnetic.role, is_error=magnetic.is_error, sure=unit is not None)
    spectral = spectral_role(name, unit)
    if spectral is not None:
        return Heading(text, name, unit, spectral, sure=True)
    plain = _plain_heading(text, name, unit)
    contact = _contact(name, unit)
    if contact is None:
        return plain
    lower = [token.lower() for token in words(contact.rest)]
    elsewhere = plain if contact.role in HARMONICS else None
    key = tuple(token for token in _key(lower, contact.role) if token not in _CONTACT_FILLING)
    is_error = _is_error([contact.role.value, *lower])
    return Heading(text, name, unit, contact.role, key, is_error=is_error, elsewhere=elsewhere)


def _unquoted(text: str) -> str:
    """`text` without the quotes around it; primes at its end alone belong to the name (chi'')."""
    bare = text.lstrip("'\"")
    return (text if bare == text else bare.rstrip("'\"")).strip()


def _contact(name: str, unit: str | None) -> ContactName | None:
    """What `name` is in a spectrum, unless a word beside it says that it is not the quantity itself (fit, offset)."""
    found = contact_name(name, unit)
    if found is None or found.role in _CHOOSY:
        return found
    others = {token.lower() for token in words(found.rest)}
    return None if _NOT_THE_QUANTITY.intersection(others) else found


def _plain_heading(text: str, name: str, unit: str | None) -> Heading:
    """A heading by its words and letters, as quantities that are no spectra are written."""
    tokens = words(name)
    role, sure = _role(tokens, name, unit)
    lower = [token.lower() for token in tokens]
    is_error = _is_error(lower)
    by_unit = False
    if role == Role.OTHER and unit is not None and not is_error and not _NOT_THE_QUANTITY.intersection(lower):
        role = family(unit) or Role.OTHER
        role = role if role in _TELLING_UNITS else Role.OTHER
        by_unit = role != Role.OTHER
    if unit is not None and {role, family(unit)} == {Role.RESISTANCE, Role.RESISTIVITY}:
        role = family(unit) or role  # the unit decides: "Bridge 1 Resistivity (Ohm)" is a resistance
    if unit is not None and _is_namesake(role, lower, unit):
        sure = False
    if not sure and role != Role.OTHER and unit is not None and not fits(unit, role):
        role = Role.OTHER
    return Heading(text, name, unit, role, _key(lower, role), _rank(lower, by_unit), is_error, sure, by_unit)


def _is_error(lower: Sequence[str]) -> bool:
    if _NOT_THE_QUANTITY.intersection(lower) or list(lower) == ["sigma"]:  # an error code; a conductivity
        return False
    return bool(_ERROR_WORDS.intersection(lower)) or any(_FUSED_ERROR.match(token) for token in lower)


def _is_namesake(role: Role, lower: Sequence[str], unit: str) -> bool:
    """Quantities with the letter of another: rho is a density too, R the magnitude that a lock-in amplifier shows."""
    if role == Role.RESISTIVITY:
        return is_unit(unit) and "resistivity" not in lower
    return role == Role.RESISTANCE and "r" in lower and family(unit) == Role.VOLTAGE


def _split_unit(text: str) -> tuple[str, str | None]:
    brackets = list(_BRACKETED.finditer(text))
    if brackets and brackets[-1].end() == len(text):
        name, unit = text[: brackets[-1].start()].strip(" _,/"), brackets[-1][1].strip()
        return (text, None) if _belongs_to_name(text, name, unit) else (name, unit or None)
    for bracket in brackets:
        if is_unit(bracket[1]):
            return f"{text[: bracket.start()]} {text[bracket.end() :]}".strip(), bracket[1].strip()
    for separator in ("/", ","):
        for match in re.finditer(separator, text):
            after = text[match.end() :]
            arbitrary = separator == "," and is_arbitrary(after) and _contact(text[: match.start()], None)
            if is_unit(after) or arbitrary:
                return text[: match.start()].strip(), text[match.end() :].strip()
    return _split_suffix(text)


def _belongs_to_name(text: str, name: str, unit: str) -> bool:
    """Whether what stands in brackets at the end of a heading is no unit."""
    if text.endswith(f"_{{{unit}}}") and not is_unit(unit):
        return True  # G_{N}: an index
    if unit in _BIAS_IN_BRACKETS and name and not text[len(name)].isspace() and _contact(name, None):
        return True  # G(V), dI/dV(V): the variable; with a blank before it the unit
    if unit in _VARIABLE_IN_BRACKETS and not fits(unit, _role(words(name), name, None)[0]):
        return True  # R(T), V(I): the variable, not the unit
    qualifiers = words(unit.lower())
    # R (bridge 1), T (sample)
    return bool(qualifiers) and not is_unit(unit) and all(w in _QUALIFIERS or w.isdigit() for w in qualifiers)


def _split_suffix(text: str) -> tuple[str, str | None]:
    """A unit after a space or underscore, only where it fits the name: T_K, but not T_s (sample) or T_C (sensor C)."""
    for match in re.finditer(r"[ _]", text):
        name, unit = text[: match.start()].strip(), text[match.end() :].replace("_", " ").strip()
        contact = _contact(name, None)
        role = _role(words(name), name, None)[0] if contact is None else contact.role
        both = {role, family(unit)} <= {Role.RESISTANCE, Role.RESISTIVITY}
        if contact is not None and role == Role.CONDUCTANCE and is_arbitrary(unit) and unit[0] in "aA":
            return name, unit
        if name and unit not in ("C", "F") and role != Role.OTHER and (fits(unit, role) or both):
            return name, unit
    return text, None


def _role(tokens: Sequence[str], name: str, unit: str | None) -> tuple[Role, bool]:
    """The role that a name plays and whether the name alone is proof."""
    lower = [token.lower() for token in tokens]
    if not tokens or "/" in name or "^" in name or _NOT_THE_QUANTITY.difference({"phase"}).intersection(lower):
        return Role.OTHER, False
    if "phase" in lower and "in" not in lower:
        return Role.OTHER, False
    for token in reversed(lower):
        if match := _FUSED_ERROR.match(token):
            return _role([match[1].upper() if len(match[1]) == 1 else match[1]], "", unit)
        for role, spellings in _WORDS.items():
            if token in spellings:
                return _refine(role, lower, unit)
    return _letter_role(tokens, lower, unit)


def _refine(role: Role, lower: Sequence[str], unit: str | None) -> tuple[Role, bool]:
    if role == Role.VOLTAGE and _QUADRATURE.intersection(lower):
        return Role.VOLTAGE_QUADRATURE, True
    if role == Role.CURRENT and _QUADRATURE.intersection(lower):
        return Role.OTHER, False
    if role == Role.ANGLE and ("position" in lower or "2" in lower) and unit is None:
        return Role.OTHER, False
    return role, role not in _SOFT_ROLES and "excitation" not in lower


def _letter_role(tokens: Sequence[str], lower: Sequence[str], unit: str | None) -> tuple[Role, bool]:
    """Roles of names made of one letter and what tells it apart: T, R1, R_xx, mu0H, T sample, 4-wire R."""
    if lower[:3] == ["mu", "0", "h"]:
        return Role.FIELD, True
    if _LOCK_IN.intersection(lower) or lower[:1] == ["sr"]:
        if "x" in lower:
            return Role.VOLTAGE, False
        if "y" in lower:
            return Role.VOLTAGE_QUADRATURE, False
    for letter in (tokens[0], tokens[-1]):
        if unit is not None and letter in _NEEDS_UNIT and fits(unit, _NEEDS_UNIT[letter]):
            return _NEEDS_UNIT[letter], False
        if letter in _LETTERS and not (letter in _NEEDS_UNIT and letter != "t"):
            role = _LETTERS[letter]
            if role == Role.VOLTAGE and _QUADRATURE.intersection(lower):
                role = Role.VOLTAGE_QUADRATURE
            return role, letter in _SURE_LETTERS
    return Role.OTHER, False


def _key(lower: Sequence[str], role: Role) -> tuple[str, ...]:
    """What tells this column from others of its role: its numbers if it has any, else the words that are left."""
    rest = list(lower[3:] if lower[:3] == ["mu", "0", "h"] else lower)
    numbers = tuple(token for token in rest if token.isdigit())
    if numbers:
        return numbers
    letters = {letter.lower() for letter, owner in _LETTERS.items() if owner == role}
    known = _WORDS.get(role, frozenset()) | _FILLING | _ERROR_WORDS | letters
    if role in (Role.VOLTAGE, Role.VOLTAGE_QUADRATURE):
        known |= _QUADRATURE | {"x"}
    return tuple(token for token in rest if token not in known and not _FUSED_ERROR.match(token))


def _rank(lower: Sequence[str], by_unit: bool) -> int:
    if _AT_SAMPLE.intersection(lower):
        return 0
    if _AT_BATH.intersection(lower):
        return 3
    named = [token for token in lower if token not in _WORDS[Role.TEMPERATURE] and token not in ("t", "k")]
    return 2 if named or by_unit else 1
