"""Units in which first-principles programs write energies of phonons and electrons, in meV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scipy.constants import physical_constants

_HARTREE: Final = physical_constants["Hartree energy in eV"][0] * 1e3
_PER_HERTZ: Final = physical_constants["Planck constant in eV/Hz"][0] * 1e3
_PER_CM: Final = _PER_HERTZ * 299_792_458.0 * 100.0

PHONON_ENERGIES: Final[Mapping[str, float]] = {
    "meV": 1.0,
    "eV": 1e3,
    "THz": 1e12 * _PER_HERTZ,
    "cm^-1": _PER_CM,
    "cm-1": _PER_CM,
    "1/cm": _PER_CM,
    "Ry": 0.5 * _HARTREE,
    "Rydberg": 0.5 * _HARTREE,
    "Ha": _HARTREE,
    "Hartree": _HARTREE,
}
"""meV in one of each unit in which first-principles programs write energies of phonons and electrons."""


def phonon_energy(unit: str) -> float | None:
    """meV in one `unit` of energy, frequency or wave number, in any case of letters; None for others."""
    return {name.lower(): factor for name, factor in PHONON_ENERGIES.items()}.get(unit.strip("[]() ").lower())
