"""Words and units as a reader wants to see them: signs instead of spelled units, prefixes instead of powers."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SUPERSCRIPT = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 3: "k", 6: "M", 9: "G"}
_TAKES_PREFIX = re.compile(r"(Ω|V|A|T|s)(?=$|[ /·])")
_RESISTIVITY = "Ω m"
_USUAL_RESISTIVITY = (1e-10, 1e-4)
"""Ω m: from 0.01 to 10⁴ µΩ cm."""
_LABEL = re.compile(r"(?P<words>.*\S)\s+\((?P<unit>[^()]*)\)\s*", re.DOTALL)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """`text` on one line, every character that cannot be shown or written to a file replaced by a space.

    Control characters are not allowed in XML and lone surrogates cannot be encoded; both reach this far through
    headings of damaged files.
    """
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") else " " for c in text)
    return " ".join(kept.split())


def superscript(power: int) -> str:
    """The integer `power` in raised digits, for instance ⁻³."""
    return str(power).translate(_SUPERSCRIPT)


def pretty_unit(unit: str) -> str:
    """`unit` with signs for spelled names: "ohm m" -> "Ω m", "A/m^2" -> "A/m²", "angstrom" -> "Å"."""
    unit = re.sub(r"\bohms?\b", "Ω", plain(unit), flags=re.IGNORECASE)
    unit = re.sub(r"\bangstroms?\b", "Å", unit, flags=re.IGNORECASE)
    return re.sub(r"\^\(?([-+]?\d+)\)?", lambda match: match[1].translate(_SUPERSCRIPT), unit)


def split_label(label: str) -> tuple[str, str]:
    """A label "Temperature (K)" as its words and its unit; the unit is "" where none stands in brackets at its end.

    A space belongs before the bracket, so that "R/R(onset)" has no unit.
    """
    match = _LABEL.fullmatch(plain(label))
    return (match["words"], match["unit"].strip()) if match else (plain(label), "")


def scaled_unit(unit: str, exponent: int) -> str:
    """The unit of numbers divided by 10^exponent: a prefix where the unit takes one, else the power itself.

    Resistivities are told in Ω cm with a prefix, as the field does: ("ohm m", -8) -> "µΩ cm".
    """
    pretty = pretty_unit(unit)
    if pretty == _RESISTIVITY and exponent + 2 in {0, *_PREFIXES}:
        return f"{_PREFIXES.get(exponent + 2, '')}Ω cm"
    if exponent == 0:
        return pretty
    if exponent in _PREFIXES and _TAKES_PREFIX.match(pretty):
        return _PREFIXES[exponent] + pretty
    if pretty == "1":
        return f"10{superscript(exponent)}"
    return f"10{superscript(exponent)} {pretty}".strip()


def scaled_label(label: str, exponent: int) -> str:
    """An axis label for numbers that were divided by 10^exponent: "Resistance (ohm)", -3 -> "Resistance (mΩ)"."""
    words, unit = split_label(label)
    shown = scaled_unit(unit, exponent)
    return f"{words} ({shown})" if shown else words


def engineering_exponent(largest: float) -> int:
    """The multiple of three to divide an axis by, so that its largest number reads between 1 and 999.

    0.1 to 9999 is left alone, because such numbers are read as easily without a prefix.
    """
    if not largest > 0.0 or 0.1 <= largest < 1e4:
        return 0
    mantissa_exponent = int(f"{largest:e}".rpartition("e")[2])
    return 3 * (mantissa_exponent // 3)


def unit_exponent(unit: str, largest: float) -> int:
    """The power of ten to divide numbers in `unit` by, of which `largest` is the largest in size.

    Resistivities are shown in µΩ cm (10^-8 Ω m) from 0.01 to 10^4 of it, and with another prefix beyond.
    """
    if pretty_unit(unit) != _RESISTIVITY:
        return engineering_exponent(largest)
    low, high = _USUAL_RESISTIVITY
    if not largest > 0.0 or low <= largest < high:
        return -8
    return max(-12, min(engineering_exponent(100.0 * largest), 9)) - 2


def prefixed(unit: str, largest: float) -> tuple[int, str]:
    """The power of ten to divide numbers in `unit` by for a text, and the unit with the prefix that says so.

    `largest` is the largest of the numbers in size. The power is 0 for units that take no prefix.
    """
    exponent = unit_exponent(unit, largest)
    shown = scaled_unit(unit, exponent)
    return (0, pretty_unit(unit)) if superscript(exponent) in shown and shown.startswith("10") else (exponent, shown)
