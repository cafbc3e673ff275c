"""What headings of magnetometers and pick-up coils say: moments, susceptibilities, drive and frequency.

Primes tell in phase (one) from quadrature (two), so these names are looked at as a whole, before single letters are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from megabar.data import Role
from megabar.io.units import fits


@dataclass(frozen=True)
class MagneticName:
    """The role that a name plays in a magnetisation measurement; `is_error`: its standard deviation."""

    role: Role
    is_error: bool = False


_BEFORE: Final = r"(?:(?:dc|ac|long|magnetic|sample|volume|total) )*"
_SURE: Final[Mapping[Role, re.Pattern[str]]] = {
    role: re.compile(_BEFORE + pattern)
    for role, pattern in (
        (Role.SUSCEPTIBILITY, r"(?:chi|χ|x'|chi'|χ'|susceptibility'?|(?:chi|χ) (?:re|real|ac|v|prime))"),
        (Role.SUSCEPTIBILITY_QUADRATURE, r"(?:(?:chi|χ|susceptibility|x)''|(?:chi|χ) (?:im|imag|double prime))"),
        (Role.MOMENT, r"moment"),
        (Role.MOMENT_IN_PHASE, r"(?:m|moment)'"),
        (Role.MOMENT_QUADRATURE, r"(?:m|moment)''"),
    )
}
_WITH_UNIT: Final[Mapping[Role, re.Pattern[str]]] = {
    role: re.compile(pattern)
    for role, pattern in (
        (Role.MOMENT, r"(?:dc )?m(?: dc)?"),
        (Role.MOMENT_IN_PHASE, r"(?:ac )?(?:chi|χ|x|susceptibility)'?"),
        (Role.MOMENT_QUADRATURE, r"(?:ac )?(?:chi|χ|x|susceptibility)''"),
        (Role.DRIVE, r"(?:ac |wave )?(?:drive|drive amplitude|drive field|h ?ac|b ?ac)|ac (?:field|amplitude)"),
        (Role.FREQUENCY, r"(?:ac |wave |drive )?(?:frequency|freq|f)"),
    )
}
"""Names of many things: only with a unit that fits."""

_ERROR: Final = re.compile(
    r" (?:scan )?(?:std ?dev|std ?err|stdev|stderr|standard (?:deviation|error)|err|error|sigma|sd|unc)$"
)


def magnetic_name(name: str, unit: str | None) -> MagneticName | None:
    """What `name` is in a magnetisation measurement, or None; a unit that does not fit makes it something else."""
    plain = unicodedata.normalize("NFKC", name).replace("′", "'").replace("’", "'").replace('"', "''")
    plain = " ".join(re.sub(r"[_.,-]", " ", plain).lower().split())
    match = _ERROR.search(plain)
    plain = plain[: match.start()] if match else plain
    for role, pattern in _SURE.items():
        if pattern.fullmatch(plain) and (unit is None or fits(unit, role)):
            return MagneticName(role, match is not None)
    for role, pattern in _WITH_UNIT.items():
        if unit is not None and pattern.fullmatch(plain) and fits(unit, role):
            return MagneticName(role, match is not None)
    return None
