"""Units of the laboratory, converted to the one unit that each role has inside the program.

This is the only place where measured numbers change their unit. The arithmetic is pint's; what stands here is the
spelling: instruments and people write Ohms, uOhm.cm, µΩ cm, Ohm-m, kOe, degC, Oersted, Gs, sec ...
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.constants import OERSTED
from megabar.data import Role
from megabar.data.recording import UNITS, FloatArray
from megabar.errors import DataError
from megabar.io.phonon_units import phonon_energy

if TYPE_CHECKING:
    import pint

EXAMPLES: Final[Mapping[Role, str]] = {
    Role.TEMPERATURE: "K, mK, degC, degF",
    Role.RESISTANCE: "ohm, mOhm, uOhm, kOhm, Ω",
    Role.RESISTIVITY: "ohm m, mOhm cm, uOhm cm, µΩ cm",
    Role.VOLTAGE: "V, mV, uV, nV",
    Role.VOLTAGE_QUADRATURE: "V, mV, uV, nV",
    Role.CURRENT: "A, mA, uA, nA",
    Role.BIAS: "mV, V, uV",
    Role.CONDUCTANCE: "S, mS, uS, nS, 1/ohm, 2e2/h",
    Role.NORMALISED_CONDUCTANCE: "1, a.u., arb. units, norm.",
    Role.DIFFERENTIAL_RESISTANCE: "ohm, mOhm, kOhm",
    Role.FIRST_HARMONIC: "V, mV, uV, nV",
    Role.SECOND_HARMONIC: "V, mV, uV, nV",
    Role.FIELD: "T, mT, Oe, kOe, G, kG, A/m",
    Role.TIME: "s, ms, min, hours, days",
    Role.PRESSURE: "GPa, MPa, kbar, Mbar, bar",
    Role.ANGLE: "deg, rad",
    Role.MOMENT: "A m^2, emu, memu, a.u.",
    Role.MOMENT_IN_PHASE: "A m^2, emu, emu/Oe, a.u.",
    Role.MOMENT_QUADRATURE: "A m^2, emu, emu/Oe, a.u.",
    Role.SUSCEPTIBILITY: "1, SI, cgs, emu/cm^3/Oe, a.u.",
    Role.SUSCEPTIBILITY_QUADRATURE: "1, SI, cgs, emu/cm^3/Oe, a.u.",
    Role.DRIVE: "T, mT, Oe, A/m",
    Role.FREQUENCY: "Hz, kHz",
    Role.TWO_THETA: "deg, rad, mrad",
    Role.SCATTERING_VECTOR: "1/angstrom, 1/nm, nm^-1",
    Role.RAMAN_SHIFT: "cm^-1, 1/cm",
    Role.WAVELENGTH: "nm, um, angstrom",
    Role.INTENSITY: "1, counts, cps, a.u., arb. units",
    Role.VOLUME: "angstrom^3, nm^3",
    Role.LINE_WIDTH: "deg, rad, mrad",
    Role.PHONON_ENERGY: "meV, eV, THz, cm^-1, Ry, Ha",
    Role.ALPHA2F: "1",
}

MEASURED_IN: Final[Mapping[Role, Role]] = {
    Role.VOLTAGE_QUADRATURE: Role.VOLTAGE,
    Role.BIAS: Role.VOLTAGE,
    Role.FIRST_HARMONIC: Role.VOLTAGE,
    Role.SECOND_HARMONIC: Role.VOLTAGE,
    Role.DIFFERENTIAL_RESISTANCE: Role.RESISTANCE,
    Role.MOMENT_IN_PHASE: Role.MOMENT,
    Role.MOMENT_QUADRATURE: Role.MOMENT,
    Role.DRIVE: Role.FIELD,
    Role.TWO_THETA: Role.ANGLE,
    Role.LINE_WIDTH: Role.ANGLE,
    Role.RAMAN_SHIFT: Role.SCATTERING_VECTOR,
}
"""Roles that share their kind of unit with another role, which `family` names."""

AC_MOMENTS: Final = frozenset({Role.MOMENT_IN_PHASE, Role.MOMENT_QUADRATURE})
SUSCEPTIBILITIES: Final = frozenset({Role.SUSCEPTIBILITY, Role.SUSCEPTIBILITY_QUADRATURE})
MAGNETIC: Final = AC_MOMENTS | SUSCEPTIBILITIES | {Role.MOMENT}
"""Roles whose numbers may come without a scale."""

ARBITRARY_UNIT: Final = "a.u."

SCALELESS: Final = frozenset({Role.NORMALISED_CONDUCTANCE, Role.INTENSITY, Role.ALPHA2F})
"""Roles whose numbers have no unit."""

_COUNTS: Final = frozenset({"counts", "count", "cts", "cps", "counts/s", "countspersecond"})

_CHARACTERS: Final = str.maketrans(
    {
        "\u00b5": "u",
        "\u03bc": "u",
        "\u03a9": "Ohm",
        "\u2126": "Ohm",
        "\u212a": "K",
        "Å": "angstrom",
        "°": "deg",
        "º": "deg",
        "℃": "degC",
        "·": "*",
        "⋅": "*",
        "•": "*",
        "×": "*",
        "−": "-",
        "⁻": "-",
        "¹": "1",
        "²": "2",
        "³": "3",
        "\u00a0": " ",
        "\u2009": " ",
        "$": "",
        "{": "",
        "}": "",
    }
)
_SYMBOLS: Final[Mapping[str, str]] = {
    "K": "kelvin",
    "V": "volt",
    "A": "ampere",
    "S": "siemens",
    "T": "tesla",
    "G": "laboratory_oersted",
    "Gs": "laboratory_oersted",
    "s": "second",
    "h": "hour",
    "m": "meter",
    "g": "gram",
    "Pa": "pascal",
}
_WORDS: Final[Mapping[str, str]] = {
    "kelvin": "kelvin",
    "kelvins": "kelvin",
    "ohm": "ohm",
    "ohms": "ohm",
    "volt": "volt",
    "volts": "volt",
    "amp": "ampere",
    "amps": "ampere",
    "ampere": "ampere",
    "amperes": "ampere",
    "siemens": "siemens",
    "mho": "siemens",
    "tesla": "tesla",
    "oe": "laboratory_oersted",
    "oersted": "laboratory_oersted",
    "oersteds": "laboratory_oersted",
    "gauss": "laboratory_oersted",
    "sec": "second",
    "secs": "second",
    "second": "second",
    "seconds": "second",
    "min": "minute",
    "mins": "minute",
    "minute": "minute",
    "minutes": "minute",
    "hr": "hour",
    "hrs": "hour",
    "hour": "hour",
    "hz": "hertz",
    "hertz": "hertz",
    "emu": "laboratory_emu",
    "cc": "cubic_centimeter",
    "hours": "hour",
    "day": "day",
    "days": "day",
    "gpa": "gigapascal",
    "pa": "pascal",
    "pascal": "pascal",
    "bar": "bar",
    "atm": "atmosphere",
    "torr": "torr",
    "psi": "psi",
    "meter": "meter",
    "metre": "meter",
    "angstrom": "angstrom",
    "deg": "degree",
    "degs": "degree",
    "degree": "degree",
    "degrees": "degree",
    "rad": "radian",
    "radian": "radian",
    "radians": "radian",
}
_PREFIXES: Final[Mapping[str, str]] = {
    "micro": "micro",
    "mikro": "micro",
    "milli": "milli",
    "nano": "nano",
    "pico": "pico",
    "kilo": "kilo",
    "mega": "mega",
    "giga": "giga",
    "p": "pico",
    "n": "nano",
    "u": "micro",
    "m": "milli",
    "c": "centi",
    "k": "kilo",
    "K": "kilo",
    "M": "mega",
    "G": "giga",
}
_TEMPERATURE_SCALES: Final[Mapping[str, str]] = {
    "c": "degC",
    "degc": "degC",
    "celsius": "degC",
    "degcelsius": "degC",
    "centigrade": "degC",
    "f": "degF",
    "degf": "degF",
    "fahrenheit": "degF",
    "degfahrenheit": "degF",
    "degk": "kelvin",
    "degkelvin": "kelvin",
}
_CONDUCTANCE_QUANTA: Final[Mapping[str, str]] = {
    "2e2/h": "conductance_quantum",
    "g0": "conductance_quantum",
    "e2/h": "0.5*conductance_quantum",
}
_ARBITRARY: Final = frozenset(
    {"1", "a.u.", "au", "arb.u.", "arb.units", "arbunits", "arb.unit", "arb.", "arb", "arbitraryunits", "norm.", "norm"}
    | {"normalised", "normalized", "rel.u.", "rel.units", "dimensionless", "gn", "g_n", "1/rn", "1/r_n"}
)
_CYRILLIC: Final[Mapping[str, str]] = {
    "К": "K",
    "Ом": "Ohm",
    "мОм": "mOhm",
    "мкОм": "uOhm",
    "кОм": "kOhm",
    "МОм": "MOhm",
    "В": "V",
    "мВ": "mV",
    "мкВ": "uV",
    "нВ": "nV",
    "См": "S",
    "мСм": "mS",
    "мкСм": "uS",
    "А": "A",
    "мА": "mA",
    "мкА": "uA",
    "Тл": "T",
    "мТл": "mT",
    "Э": "Oe",
    "кЭ": "kOe",
    "Гс": "Gs",
    "кГс": "kGs",
    "с": "s",
    "мин": "min",
    "ч": "h",
    "ГПа": "GPa",
    "кбар": "kbar",
    "м": "m",
    "см": "cm",
}
_FACTOR = re.compile(r"(?P<between>[\s*./_-]*)(?P<word>[A-Za-z]+)(?:(?:\^|\*\*)?\(?(?P<power>[-+]?[1-9])\)?)?")
_POWER_OF_TEN = re.compile(
    r"(?:10\s*(?:\^|\*\*)\s*\(?(?P<power>[-+]?\d{1,2})\)?|1?[eE](?P<exponent>[-+]?\d{1,2}))[\s*x]*"
)
_AMPERE_METRE = re.compile(r"\bA(?=c?m\s*(?:\^|\*\*)?2\b)")
_SI_SUSCEPTIBILITY: Final = frozenset({"1", "si", "dimensionless", "m3/m3"})
_CGS_SUSCEPTIBILITY: Final = frozenset({"cgs", "emu/cm3", "emu/cc", "emucm-3"})
_CGS: Final = 4.0 * math.pi
_OHM_METRE = re.compile(r"(ohms?)(c?m)\b", re.IGNORECASE)
_CUBIC_ANGSTROM = re.compile(r"A ?(?:\^|\*\*)?3")
_INVERSE = re.compile(r"1\s*/\s*(?=[A-Za-z])")
_PER_SQUARE = re.compile(r"\s*(?:/|per)\s*(?:sq(?:uare)?\.?|□|☐)$", re.IGNORECASE)


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Any]:
    import pint  # takes 0.3 s to load: only when a file is read

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    # pint's own oersted and gauss belong to the Gaussian system, which does not convert to tesla
    registry.define(f"laboratory_oersted = {OERSTED!r} * tesla")
    registry.define("laboratory_emu = 1e-3 * ampere * meter ** 2")
    return registry


def _word(word: str) -> str | None:
    """The pint name of one word of a unit ("mOhm" -> "milliohm"), or None.

    Prefixes keep their case (mOhm is not MOhm); words in capitals throughout such as MOHM do not tell and are unknown.
    """
    if word in _SYMBOLS:
        return _SYMBOLS[word]
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    for prefix, name in _PREFIXES.items():
        rest = word[len(prefix) :]
        if not word.startswith(prefix) or not rest or (len(rest) > 1 and word.isupper()):
            continue
        if base := _SYMBOLS.get(rest) or _WORDS.get(rest.lower()):
            return name + base
    return None


def _expression(text: str) -> str | None:
    """`text` as an expression that pint understands, built from known words only, or None."""
    plain = text.translate(_CHARACTERS).replace("\\Omega", "Ohm").replace("\\mu", "u").strip().strip("[]().,").strip()
    plain = re.sub("[А-Яа-я]+", lambda word: _CYRILLIC.get(word[0], word[0]), plain)
    plain = _OHM_METRE.sub(r"\1 \2", _PER_SQUARE.sub("", plain))
    plain = _AMPERE_METRE.sub("A ", plain)
    scale = _TEMPERATURE_SCALES.get(plain.lower().replace(" ", "").replace(".", ""))
    if scale is not None and plain != "f":
        return scale
    if _CUBIC_ANGSTROM.fullmatch(plain):  # nobody measures cubic amperes
        return "angstrom**3"
    if quantum := _CONDUCTANCE_QUANTA.get(re.sub(r"[\s^*_]", "", plain.lower())):
        return quantum
    if inverse := _INVERSE.match(plain):
        inner = _expression(plain[inverse.end() :])
        return f"({inner})**(-1)" if inner is not None and _FACTOR.fullmatch(plain, inverse.end()) else None
    factor = ""
    if tens := _POWER_OF_TEN.match(plain):
        factor = f"1e{int(tens['power'] or tens['exponent'])}*"
        plain = plain[tens.end() :]
    terms: list[str] = []
    position = 0
    while match := _FACTOR.match(plain, position):
        name = _word(match["word"])
        divides = match["between"].count("/")
        if name is None or divides > 1 or (not terms and match["between"]) or len(terms) > 4:
            return None
        power = int(match["power"] or 1) * (-1 if divides else 1)
        terms.append(f"{name}**({power})")
        position = match.end()
    return factor + "*".join(terms) if terms and position == len(plain) else None


@lru_cache(maxsize=1024)
def _quantity(text: str) -> pint.Quantity[Any] | None:
    """One `text` as a pint quantity, or None when the unit is not known here."""
    expression = _expression(text)
    if expression is None:
        return None
    registry = _registry()
    if expression in ("degC", "degF"):
        return registry.Quantity(1.0, expression)
    quantity: pint.Quantity[Any] = registry.Quantity(expression)
    return quantity


@lru_cache(maxsize=1)
def _families() -> tuple[tuple[Any, Role], ...]:
    registry = _registry()
    return tuple(
        (registry.Quantity(1.0, unit).dimensionality, role)
        for unit, role in (
            ("kelvin", Role.TEMPERATURE),
            ("ohm", Role.RESISTANCE),
            ("ohm*meter", Role.RESISTIVITY),
            ("siemens", Role.CONDUCTANCE),
            ("volt", Role.VOLTAGE),
            ("ampere", Role.CURRENT),
            ("tesla", Role.FIELD),
            ("ampere/meter", Role.FIELD),
            ("second", Role.TIME),
            ("pascal", Role.PRESSURE),
            ("ampere*meter**2", Role.MOMENT),
            ("hertz", Role.FREQUENCY),
            ("1/angstrom", Role.SCATTERING_VECTOR),
            ("angstrom", Role.WAVELENGTH),
            ("angstrom**3", Role.VOLUME),
        )
    )


@lru_cache(maxsize=1024)
def family(unit: str) -> Role | None:
    """The role whose unit `unit` can be converted to (VOLTAGE for volts); None when unknown or of another kind."""
    quantity = _quantity(unit)
    if quantity is None:
        return None
    if str(quantity.units) in ("degree", "radian", "millidegree", "milliradian"):
        return Role.ANGLE
    return next((role for dimension, role in _families() if quantity.dimensionality == dimension), None)


def fits(unit: str, role: Role) -> bool:
    """Whether numbers in `unit` can be converted to the unit of `role`."""
    if role in SCALELESS:
        return _is_scaleless(unit, role)
    if role == Role.PHONON_ENERGY:
        return phonon_energy(unit) is not None
    if role in MAGNETIC and is_without_scale(unit, role):
        return True
    if role in SUSCEPTIBILITIES:
        return _susceptibility_scale(unit) is not None
    if role in AC_MOMENTS and is_per_field(unit):
        return True
    return family(unit) == MEASURED_IN.get(role, role)


def is_without_scale(unit: str, role: Role) -> bool:
    """Whether `unit` leaves the scale of a moment or a susceptibility open; "1" is a susceptibility's own."""
    return is_arbitrary(unit) and not (role in SUSCEPTIBILITIES and _susceptibility_scale(unit) is not None)


def is_per_field(unit: str) -> bool:
    """Whether `unit` is that of a moment over the field that caused it, such as emu/Oe."""
    quantity = _quantity(unit)
    return quantity is not None and bool(quantity.check("[current] * [length] ** 2 / [magnetic_field]"))


def _susceptibility_scale(unit: str) -> float | None:
    """SI volume susceptibility of one `unit`: 4 pi for the cgs one, also where it is written emu/cm^3; None else."""
    plain = re.sub(r"[\s^*()\[\]]", "", unit.translate(_CHARACTERS).lower())
    if plain in _SI_SUSCEPTIBILITY:
        return 1.0
    if plain in _CGS_SUSCEPTIBILITY:
        return _CGS
    quantity = _quantity(unit)
    if quantity is None or not quantity.check("[current] / [length] / [magnetic_field]"):
        return None
    # M/(mu0 H) times mu0, with mu0 = 4 pi 1e-7 as for fields.
    return float(quantity.to("ampere/meter/tesla").magnitude) * _CGS * 1e-7


def is_arbitrary(unit: str) -> bool:
    """Whether `unit` says that the numbers have none or an unknown one: 1, a.u., arb. units, norm."""
    return unit.lower().strip("[]() ").replace(" ", "") in _ARBITRARY


def _is_scaleless(unit: str, role: Role) -> bool:
    counts = unit.lower().strip("[]() ").replace(" ", "") in _COUNTS
    return is_arbitrary(unit) or (role == Role.INTENSITY and counts)


def is_unit(text: str) -> bool:
    """Whether `text` is a unit that is known here, of whatever kind."""
    return _quantity(text) is not None


@lru_cache(maxsize=1024)
def _straight_line(unit: str, role: Role) -> tuple[float, float]:
    """(scale, offset) with value_in_program_unit = scale value + offset; B = mu0 H for fields in Oe, G or A/m."""
    registry = _registry()
    quantity = _quantity(unit)
    assert quantity is not None  # `convert` has looked
    if role in AC_MOMENTS and is_per_field(unit):
        return float(quantity.to("ampere*meter**2/tesla").magnitude), 0.0
    if role in (Role.FIELD, Role.DRIVE) and not quantity.check("[magnetic_field]"):
        return float(quantity.to("ampere/meter").magnitude) * OERSTED * 4e-3 * math.pi, 0.0
    if str(quantity.units) == "degree_Celsius":
        return 1.0, float(registry.Quantity(0.0, "degC").to("kelvin").magnitude)
    if str(quantity.units) == "degree_Fahrenheit":
        return 5.0 / 9.0, float(registry.Quantity(0.0, "degF").to("kelvin").magnitude)
    target = (
        UNITS[role]
        .replace("ohm m", "ohm*meter")
        .replace("deg", "degree")
        .replace("A m^2", "ampere*meter**2")
        .replace("cm^-1", "1/cm")
    )
    return float(quantity.to(target).magnitude), 0.0


def convert(values: FloatArray, *, unit: str, role: Role, where: str, is_error: bool = False) -> FloatArray:
    """`values`, shape (n,), from `unit` to `UNITS[role]`; NaN stays NaN, overflow becomes infinite.

    Magnetic fields H in Oe, G or A/m become mu0 H in T, and moments over a field in emu/Oe A m^2/T. With `is_error` the
    values are standard deviations, so a temperature scale's zero point does not enter. DataError, opened by `where`
    (file and column), when the unit is not known or measures something else than `role`.
    """
    if (role in SCALELESS and _is_scaleless(unit, role)) or (role in MAGNETIC and is_without_scale(unit, role)):
        return np.array(values, dtype=np.float64)
    if role in SUSCEPTIBILITIES and (susceptibility := _susceptibility_scale(unit)) is not None:
        return np.asarray(values * susceptibility, dtype=np.float64)
    if role == Role.PHONON_ENERGY and (factor := phonon_energy(unit)) is not None:
        return np.asarray(values * factor, dtype=np.float64)
    if not is_unit(unit):
        raise DataError(
            f"{where}: unknown unit {unit!r} for {role}; allowed for instance {EXAMPLES[role]}: "
            f'say units.{role} = "..." in the experiment file'
        )
    if not fits(unit, role):
        raise DataError(
            f"{where}: unit {unit!r} does not measure {role}; allowed for instance {EXAMPLES[role]}: "
            f"name the right column under columns.{role} or its unit under units.{role}"
        )
    scale, offset = _straight_line(unit, role)
    with np.errstate(over="ignore"):
        return np.asarray(values * scale + (0.0 if is_error else offset), dtype=np.float64)
