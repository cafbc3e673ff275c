"""What headings of patterns, optical spectra and spectral functions say: angles, shifts, wavelengths, frequencies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from megabar.data import Role
from megabar.io.units import fits

if TYPE_CHECKING:
    from megabar.io.headings import Heading

SPECTRAL_AXES: Final = (
    Role.TWO_THETA,
    Role.SCATTERING_VECTOR,
    Role.RAMAN_SHIFT,
    Role.WAVELENGTH,
    Role.PHONON_ENERGY,
)
"""What intensities, and alpha2F, are given against."""

_SURE: Final[Mapping[Role, re.Pattern[str]]] = {
    role: re.compile(pattern)
    for role, pattern in (
        (Role.TWO_THETA, r"(?:2|two) ?-?(?:theta|θ|th)(?: ?deg)?|tth"),
        (Role.RAMAN_SHIFT, r"raman ?shift|raman"),
        (Role.WAVELENGTH, r"wave ?length"),
        (Role.ALPHA2F, r"(?:alpha|α|a)\^?(?:2|²) ?f(?:\(.*\))?"),
        (Role.INTENSITY, r"intensity|counts|dark subtracted(?: ?#? ?\d+)?"),
    )
}
_WITH_UNIT: Final[Mapping[Role, re.Pattern[str]]] = {
    role: re.compile(pattern)
    for role, pattern in (
        (Role.SCATTERING_VECTOR, r"q|scattering vector"),
        (Role.RAMAN_SHIFT, r"shift|wave ?number|frequency shift"),
        (Role.WAVELENGTH, r"lambda|λ"),
        (Role.INTENSITY, r"i|int"),
        (Role.VOLUME, r"v|volume|cell volume"),
        (Role.PHONON_ENERGY, r"phonon (?:energy|frequency)"),
        (Role.LINE_WIDTH, r"fwhm|(?:line |peak )?(?:width|breadth)|beta|β"),
    )
}
"""Names of many things: only with a unit that fits."""


def settle_intensity(roles: dict[int, Role], heads: Sequence[Heading]) -> None:
    """Beside the axis of a pattern or spectrum a column "I" without a unit is the intensity, not a current."""
    if Role.INTENSITY in roles.values() or not set(roles.values()).intersection(SPECTRAL_AXES):
        return
    for index, role in roles.items():
        if role == Role.CURRENT and heads[index].unit is None:
            roles[index] = Role.INTENSITY
            return


def spectral_role(name: str, unit: str | None) -> Role | None:
    """The role of `name` in a pattern or an optical spectrum, or None; a unit must fit where there is one."""
    plain = " ".join(re.sub(r"[_.,]", " ", unicodedata.normalize("NFKC", name)).lower().split())
    for role, pattern in _SURE.items():
        if pattern.fullmatch(plain) and (unit is None or fits(unit, role)):
            return role
    for role, pattern in _WITH_UNIT.items():
        if unit is not None and pattern.fullmatch(plain) and fits(unit, role):
            return role
    return None
