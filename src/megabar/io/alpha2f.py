"""Spectral functions alpha2F as first-principles programs write them; the unit of the frequency is never guessed.

Recognised by content: Quantum ESPRESSO's a2F.dosN (two physical lines a point, Rydberg), EPW's .a2f (meV, several
smearings with their integrals), Abinit's A2F.nc (Hartree), and columns whose heading names the unit of the frequency.
Columns without one (Elk's ALPHA2F.OUT is in Hartree) need the unit to be said.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.constants import physical_constants
from scipy.io import netcdf_file

from megabar.data import Note
from megabar.errors import DataError, MegabarError
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]

_HARTREE: Final = physical_constants["Hartree energy in eV"][0] * 1e3
_PER_HERTZ: Final = physical_constants["Planck constant in eV/Hz"][0] * 1e3
_PER_CM: Final = _PER_HERTZ * 299_792_458.0 * 100.0

UNITS: Final[Mapping[str, float]] = MappingProxyType(
    {
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
)
"""meV in one of each."""

NEGATIVE: Final = 0.02
"""Negative values up to this share of the largest one are noise of the interpolation near zero frequency."""
_LARGEST: Final = 64 * 1024**2
_UNIT: Final = re.compile(r"[\[(]\s*(meV|eV|THz|cm\^?-1|1/cm|Ry|Rydberg|Ha|Hartree)\s*[\])]", re.IGNORECASE)
_QE: Final = re.compile(r"Eliashberg function a2F.*\n.*Rydberg", re.IGNORECASE)
_EPW: Final = re.compile(r"w\[meV\]\s+a2f and integrated 2\*a2f/w for\s+(\d+)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Spectra:
    """What a file holds: spectra by name ("" for one alone, else by smearing), the format, notes."""

    format: str
    spectra: Mapping[str, SpectralFunction]
    notes: tuple[Note, ...]


def read_alpha2f(path: str | Path, *, unit: str | None = None) -> Spectra:
    """All spectral functions in a file, frequencies in meV.

    unit: of the frequency, for columns that do not name it. Small negative values become zero with a note; a column
    that is no spectrum (no weight, lambda beyond reason) is left out with a warning. DataError, in one line: a file
    that cannot be read, an unknown or missing unit, no spectrum left.
    """
    file = Path(path)
    factor = _factor(unit, file.name)
    data = read_bytes(file)
    if data[:3] == b"CDF":
        found = _abinit(data, file.name)
    else:
        text = data.decode("utf-8", errors="replace")
        if _QE.search(text[:2000]):
            found = "Quantum ESPRESSO a2F.dos", *_quantum_espresso(text, file.name)
        elif epw := _EPW.search(text[:2000]):
            found = "EPW a2f", *_epw(text, int(epw[1]), file.name)
        else:
            found = "columns", *_columns(text, factor, file.name)
    kind, frequency, columns = found
    return _checked(kind, frequency, columns, file.name)


def _factor(unit: str | None, file: str) -> float | None:
    if unit is None:
        return None
    known = {name.lower(): factor for name, factor in UNITS.items()}
    if unit.lower() not in known:
        raise DataError(f"{file}: unknown unit {unit!r} of the frequency; allowed: {', '.join(UNITS)}")
    return known[unit.lower()]


def read_bytes(file: Path) -> bytes:
    """The content of a file; DataError where there is none or it is too large."""
    try:
        if not file.is_file():
            raise DataError(f"{file}: no such file")
        if file.stat().st_size > _LARGEST:
            raise DataError(f"{file}: larger than {_LARGEST // 1024**2} MiB: no such table is")
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None


_Columns = dict[str, FloatArray]


def _abinit(data: bytes, file: str) -> tuple[str, FloatArray, _Columns]:
    try:
        with netcdf_file(io.BytesIO(data), "r", mmap=False) as held:
            names = [n for n in ("qintp", "qcoarse") if f"a2f_values_{n}" in held.variables]
            if not names:
                raise DataError(f"{file}: a netCDF file without a2f_values: not an A2F.nc of Abinit")
            mesh = np.array(held.variables[f"a2f_mesh_{names[0]}"][:], dtype=np.float64)
            columns = {
                "interpolated q-points" if n == "qintp" else "coarse q-points": np.array(
                    held.variables[f"a2f_values_{n}"][:], dtype=np.float64
                )[:, 0].sum(axis=0)
                for n in names
            }
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"{file}: damaged netCDF file ({type(error).__name__})") from None
    return "Abinit A2F.nc", mesh * _HARTREE, columns


def _quantum_espresso(text: str, file: str) -> tuple[FloatArray, _Columns]:
    """Frequency and total on one line, the modes on the next."""
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    rows = [row for row in rows if _numbers(row) is not None and len(row) >= 2]
    heads = [row for row in rows if len(row) == 2]
    if len(heads) < 3:
        # Newer versions keep all on one line.
        heads = rows
    table = np.array([_numbers(row[:2]) for row in heads], dtype=np.float64)
    if table.shape[0] < 3:
        raise DataError(f"{file}: {table.shape[0]} points are no spectrum")
    return table[:, 0] * 0.5 * _HARTREE, {"": table[:, 1]}


def _epw(text: str, count: int, file: str) -> tuple[FloatArray, _Columns]:
    rows = [n for line in text.splitlines() if (n := _numbers(line.split())) is not None and len(n) >= count + 1]
    if len(rows) < 3:
        raise DataError(f"{file}: {len(rows)} points are no spectrum")
    table = np.array([row[: count + 1] for row in rows])
    names = [""] if count == 1 else [f"smearing {k}" for k in range(1, count + 1)]
    return table[:, 0], dict(zip(names, table[:, 1:].T, strict=True))


def _columns(text: str, factor: float | None, file: str) -> tuple[FloatArray, _Columns]:
    lines = text.splitlines()
    numbers = [numbers_in(line) for line in lines]
    rows = [row for row in numbers if row is not None and len(row) >= 2]
    if len(rows) < 3:
        raise DataError(f"{file}: {len(rows)} rows of numbers are no spectrum")
    width = min(len(row) for row in rows)
    head = " ".join(line for line, row in zip(lines, numbers, strict=True) if row is None)[:2000]
    named = _UNIT.search(head)
    if factor is None and named is None:
        raise DataError(f"{file}: no heading names the unit of the frequency: say unit ({', '.join(UNITS)})")
    if factor is None and named is not None:
        factor = _factor(named[1], file)
    assert factor is not None
    table = np.array([row[:width] for row in rows])
    names = [""] if width == 2 else [f"smearing {k}" for k in range(1, width)]
    return table[:, 0] * factor, dict(zip(names, table[:, 1:].T, strict=True))


def numbers_in(line: str) -> list[float] | None:
    """The numbers of a line without anything else; None for other lines."""
    return _numbers(re.split(r"[\s,;]+", line.strip()))


def _numbers(cells: Sequence[str]) -> list[float] | None:
    try:
        return [float(cell.replace("D", "E").replace("d", "e")) for cell in cells if cell]
    except ValueError:
        return None


def _checked(kind: str, frequency: FloatArray, columns: Mapping[str, FloatArray], file: str) -> Spectra:
    """Spectra that can be used; what was cut or left out."""
    notes: list[Note] = []
    spectra: dict[str, SpectralFunction] = {}
    reasons: list[str] = []
    for name, values in columns.items():
        where = f"{name}: " if name else ""
        top = float(np.max(values, initial=0.0))
        low = float(np.min(values, initial=0.0))
        negative = values < 0.0
        if negative.any() and -low <= NEGATIVE * top:
            reach = float(frequency[negative].max())
            text = f"{where}{int(negative.sum())} negative values up to {reach:.3g} meV"
            notes.append(Note(f"{text} (at most {-low / top:.1g} of the peak): taken as zero"))
            values = np.maximum(values, 0.0)
        keep = frequency >= 0.0
        try:
            spectra[name] = SpectralFunction(frequency[keep], values[keep])
        except MegabarError as error:
            reasons.append(f"{where}{error}")
    if not spectra:
        raise DataError(f"{file}: {'; '.join(reasons)}")
    notes += [Note(f"{reason}: left out", "warning") for reason in reasons]
    return Spectra(kind, MappingProxyType(spectra), tuple(notes))
