"""Densities of states as first-principles programs write them: energy, N(E), with the Fermi level in the heading."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np

from megabar.errors import DataError, DomainError
from megabar.io.alpha2f import numbers_in, read_bytes
from megabar.io.phonon_units import phonon_energy
from megabar.theory.density import DensityOfStates

_FERMI: Final = re.compile(r"E_?Fermi\s*=?\s*(?P<value>[-+]?\d+(?:\.\d*)?)\s*(?P<unit>meV|eV|Ry|Ha)?", re.IGNORECASE)
_ENERGY: Final = re.compile(r"[\[(]\s*(?P<unit>meV|eV|Ry|Ha)\s*[\])]", re.IGNORECASE)


def read_density(
    path: str | Path, *, width: float, fermi: float | None = None, unit: str | None = None
) -> DensityOfStates:
    """N(E) about the Fermi level from the first two columns of a file.

    width: meV, over which N at the Fermi level is averaged. fermi: Fermi level in the unit of the file; automatic: from
    the heading ("EFermi = 17.850 eV"). unit: of the energies, where no heading names it. DataError, in one line, where
    a unit or the Fermi level is missing, or the columns are no density.
    """
    file = Path(path)
    text = read_bytes(file).decode("utf-8", errors="replace")
    lines = text.splitlines()
    numbers = [numbers_in(line) for line in lines]
    rows = [row[:2] for row in numbers if row is not None and len(row) >= 2]
    head = " ".join(line for line, row in zip(lines, numbers, strict=True) if row is None)[:2000]
    if len(rows) < 3:
        raise DataError(f"{file.name}: {len(rows)} rows of numbers are no density of states")
    named = _ENERGY.search(head)
    if unit is None and named is None:
        raise DataError(f"{file.name}: no heading names the unit of the energy: say unit (meV, eV, Ry, Ha)")
    factor = _factor(unit or (named["unit"] if named else ""), file.name)
    told = _FERMI.search(head)
    if fermi is None and told is None:
        raise DataError(f"{file.name}: no heading names the Fermi level: say fermi, in the unit of the file")
    level = float(told["value"]) if fermi is None and told is not None else float(fermi or 0.0)
    energy, density = np.array(rows, dtype=np.float64).T
    try:
        return DensityOfStates((energy - level) * factor, np.maximum(density, 0.0), width=width)
    except DomainError as error:
        raise DataError(f"{file.name}: {error}") from None


def _factor(unit: str, file: str) -> float:
    factor = phonon_energy(unit)
    if factor is None:
        raise DataError(f"{file}: unknown unit {unit!r} of the energy; allowed: meV, eV, Ry, Ha")
    return factor
