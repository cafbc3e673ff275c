"""Logs of EPW: coupling, omega_log, mu* and the temperatures that it prints; alpha2F itself is not in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from megabar.errors import DataError

_NUMBER: Final = r"([-+]?\d+(?:\.\d*)?(?:[EeDd][-+]?\d+)?)"
_VALUES: Final = MappingProxyType(
    {
        "coupling": re.compile(rf"Electron-phonon coupling strength\s*=\s*{_NUMBER}"),
        "omega_log": re.compile(rf"Estimated w_log\s*=\s*{_NUMBER}\s*meV"),
        "coulomb_pseudopotential": re.compile(rf"for muc\s*=\s*{_NUMBER}"),
    }
)
_PRINTED: Final = MappingProxyType(
    {
        "McMillan": re.compile(rf"Estimated Tc using McMillan expression\s*=\s*{_NUMBER}\s*K"),
        "Allen-Dynes": re.compile(rf"Estimated Tc using Allen-Dynes[^=\n]*=\s*{_NUMBER}\s*K"),
        "SISSO": re.compile(rf"Estimated Tc using SISSO[^=\n]*=\s*{_NUMBER}\s*K"),
    }
)
_PROGRAM: Final = re.compile(rb"Program EPW")


@dataclass(frozen=True)
class EpwLog:
    """What a log tells: lambda, omega_log (meV), mu* (muc), and the Tc (K) that it prints, by formula."""

    coupling: float
    omega_log: float
    coulomb_pseudopotential: float
    printed: Mapping[str, float]


def is_epw_log(data: bytes) -> bool:
    """Whether a file is the output of EPW."""
    return _PROGRAM.search(data[:20_000]) is not None


def read_epw_log(data: bytes, *, file: str) -> EpwLog:
    """The numbers of a log; the last ones where it prints them again. DataError where it has no coupling."""
    text = data.decode("utf-8", errors="replace")
    found = {name: _last(pattern, text) for name, pattern in _VALUES.items()}
    if missing := [name for name, value in found.items() if value is None]:
        raise DataError(
            f"{file}: a log of EPW without {', '.join(missing)}: it did not solve for Tc; give the .a2f file"
        )
    printed = {name: value for name, pattern in _PRINTED.items() if (value := _last(pattern, text)) is not None}
    values = {name: value for name, value in found.items() if value is not None}
    return EpwLog(**values, printed=MappingProxyType(printed))


def _last(pattern: re.Pattern[str], text: str) -> float | None:
    matches = pattern.findall(text)
    return float(matches[-1].replace("D", "E").replace("d", "e")) if matches else None
