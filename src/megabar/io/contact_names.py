"""What headings of contact and tunnelling spectra say: bias, dI/dV, dV/dI, their normalised forms, lock-in harmonics.

Such names are put together from the letters of other quantities (dI/dV, G/G_N, V_bias, 2f), so that they are looked
for as a whole, before single words and letters are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from megabar.data import Role
from megabar.io.units import fits, is_arbitrary

HARMONICS: Final = (Role.FIRST_HARMONIC, Role.SECOND_HARMONIC)


@dataclass(frozen=True)
class ContactName:
    """The role that a name plays in a spectrum, and the words of the name that do not tell it (numbers, channels)."""

    role: Role
    rest: str


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DI_DV: Final = r"[dD]\s*[iI][\s/_]*[dD]\s*[vVuU](?:_?(?:bias|sample|dc|sd|ds))?"
_DV_DI: Final = r"[dD]\s*[vVuU](?:_?(?:sample|dc|sd|ds))?[\s/_]*[dD]\s*[iI]"
_ONE: Final = rf"(?:\(\s*{_DI_DV}\s*\)|{_DI_DV}|(?:[gG]|σ|sigma)(?:\([VU]\))?(?:_?(?:NS|SN|S))?)"
_NORMAL: Final = r"_?\s*\(?(?:NN|N|n|norm|normal|ref)\)?"
_ALONE: Final = r"(?<![A-Za-z0-9]){}(?![A-Za-z])"
_RATIO: Final = re.compile(_ALONE.format(rf"{_ONE}\s*/\s*{_ONE}{_NORMAL}"))
_TIMES_NORMAL: Final = re.compile(
    _ALONE.format(rf"(?:R_?[Nn]\s*[*·×x]?\s*\(?{_DI_DV}\)?|\(?{_DI_DV}\)?\s*[*·×x]?\s*R_?[Nn])")
)
_CONDUCTANCE: Final = re.compile(_ALONE.format(_DI_DV))
_RESISTANCE: Final = re.compile(_ALONE.format(_DV_DI))
_WORDS: Final = (
    (Role.DIFFERENTIAL_RESISTANCE, r"(?:diff(?:erential|\.)?|dynamic(?:al)?|dyn\.?)[\s_-]*(?:resistance|res\.?)"),
    (Role.DIFFERENTIAL_RESISTANCE, r"(?-i:R)[\s_]*(?:d|diff|dyn)"),
    (Role.CONDUCTANCE, r"(?:(?:diff(?:erential|\.)?|dynamic(?:al)?|dyn\.?)[\s_-]*)?(?:conductance|leitwert)"),
    (Role.CONDUCTANCE, r"(?-i:G)[\s_]*(?:diff|d)?"),
    (Role.FIRST_HARMONIC, r"(?:1st|first|1\.)[\s_-]*harm(?:onic|\.)?|harm(?:onic|\.)?[\s_-]*1|1[fωw]"),
    (Role.SECOND_HARMONIC, r"(?:2nd|second|2\.)[\s_-]*harm(?:onic|\.)?|harm(?:onic|\.)?[\s_-]*2|2[fωw]"),
    (Role.FIRST_HARMONIC, r"(?-i:V)[\s_]*1[fωw]|(?-i:X)[\s_]*1"),
    (Role.SECOND_HARMONIC, r"(?-i:V)[\s_]*2[fωw]|(?-i:X)[\s_]*2"),
    (Role.BIAS, r"(?:[vu][\s_]*)?bias(?:spannung)?|vsd|v_sd"),
)
_NAMES: Final = tuple(
    (role, re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-ω]|[a-z])", re.IGNORECASE)) for role, pattern in _WORDS
)
_NORMALISED: Final = re.compile(r"(?<![A-Za-z])(?:norm(?:ali[sz](?:ed|iert))?|nrm)\.?(?![A-Za-z])", re.IGNORECASE)
_FUSED: Final = re.compile(r"(?<![A-Za-z])(G|g|di/?dv)_?(?=norm)", re.IGNORECASE)
_FOREIGN: Final = re.compile(r"[/^*'′]|thermal|trans|zero|peak|quad|imag|phase|(?<![A-Za-z])(?:[Yy]|NN?)(?![A-Za-z])")
_BIAS_WORDS: Final = _set(
    "v u voltage sample tip dc the applied junction contact point source drain calc measured meas of spannung"
)
_HARMONIC_WORDS: Final = _set("v x voltage lockin lock in lia sr signal ampl amplitude rms ac the of")


def contact_name(name: str, unit: str | None) -> ContactName | None:
    """The role of `name`, a heading without its unit, in a spectrum; None when it says nothing of the kind.

    A unit decides: dI/dV in arbitrary units is a normalised conductance, and what is not measured in the unit of its
    role (bias in A) plays none here. Derivatives of higher order and quotients that are not known play none either.
    """
    plain = unicodedata.normalize("NFKC", name).replace("∂", "d").replace("$", "").replace("\\", "")
    plain = _FUSED.sub(r"\1 ", re.sub(r"[{}]", "", plain))
    found = _find(plain)
    if found is None:
        return None
    role, rest = found
    without = _NORMALISED.sub(" ", rest)
    if without != rest:
        if role not in (Role.CONDUCTANCE, Role.NORMALISED_CONDUCTANCE):
            return None
        role = Role.NORMALISED_CONDUCTANCE
    if role == Role.CONDUCTANCE and unit is not None and is_arbitrary(unit):
        role = Role.NORMALISED_CONDUCTANCE
    if _FOREIGN.search(without) or not _words_suit(role, without) or (unit is not None and not fits(unit, role)):
        return None
    return ContactName(role, without)


def _find(plain: str) -> tuple[Role, str] | None:
    for role, pattern in (
        (Role.NORMALISED_CONDUCTANCE, _RATIO),
        (Role.NORMALISED_CONDUCTANCE, _TIMES_NORMAL),
        (Role.CONDUCTANCE, _CONDUCTANCE),
        (Role.DIFFERENTIAL_RESISTANCE, _RESISTANCE),
        *_NAMES,
    ):
        if match := pattern.search(plain):
            rest = f"{plain[: match.start()]} {plain[match.end() :]}"
            return role, re.sub(r"\(\s*\)|\[\s*\]", " ", rest)
    return None


def _words_suit(role: Role, rest: str) -> bool:
    """Bias and harmonics are words of many meanings (bias current, harmonic of the field): only some may go along."""
    if role != Role.BIAS and role not in HARMONICS:
        return True
    allowed = _BIAS_WORDS if role == Role.BIAS else _HARMONIC_WORDS
    return all(word.lower() in allowed for word in re.findall(r"[A-Za-z]+", rest))
