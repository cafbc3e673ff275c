"""Spectral functions alpha2F as first-principles programs write them; the unit of the frequency is never guessed.

Recognised by content: Quantum ESPRESSO's a2F.dosN (two physical lines a point, Rydberg), EPW's .a2f (meV, several
smearings with their integrals), Abinit's A2F.nc (Hartree), and columns whose heading names the unit of the frequency.
Columns without one need the unit to be said; Elk's ALPHA2F.OUT, in Hartree, is known by its name and told in a note.
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
from scipy.io import netcdf_file

from megabar.data import Note, Recording, Role
from megabar.errors import DataError, DomainError, MegabarError
from megabar.io.decode import is_text, refuse_binary
from megabar.io.hints import ReadHints
from megabar.io.phonon_units import PHONON_ENERGIES, phonon_energy
from megabar.io.table import Assigned, Plan, Reading, Table
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]

NEGATIVE: Final = 0.02
"""Negative values up to this share of the largest one are noise of the interpolation near zero frequency."""
_PHONONS: Final = (1.0, 1000.0)
"""meV: the last frequency with weight; the stiffest bond, that of H2, vibrates at 540 meV."""
_STRONGEST: Final = 50.0
_LARGEST: Final = 64 * 1024**2
_HEAD: Final = 2000
_UNIT: Final = re.compile(r"[\[(]\s*(meV|eV|THz|cm\^?-1|1/cm|Ry|Rydberg|Ha|Hartree)\s*[\])]", re.IGNORECASE)
_SPECTRUM: Final = re.compile(r"alpha\^?2\(?_?F|\ba\^?2F\b|α²F|eliashberg", re.IGNORECASE)
_QE: Final = re.compile(r"Eliashberg function a2F.*\n.*Rydberg", re.IGNORECASE)
_EPW: Final = re.compile(r"w\[meV\]\s+a2f and integrated 2\*a2f/w for\s+(\d+)", re.IGNORECASE)
_ELK: Final = re.compile(r"ALPHA2F.*\.OUT", re.IGNORECASE)
_SMEARINGS: Final = re.compile(
    r"^[\s#!]*(?:E|w|omega|freq\w*|energy)\s*[\[(][^\])]*[\])]((?:\s+[-+.\dEeDd]+){2,})\s*$", re.M
)


@dataclass(frozen=True, eq=False)
class Spectra:
    """What a file holds: spectra by name ("" for one alone, else by smearing), the format, notes."""

    format: str
    spectra: Mapping[str, SpectralFunction]
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class _Held:
    """Frequencies in meV, (n,), and the columns of a file as they stand there; `file_unit`: of the frequencies."""

    format: str
    frequency: FloatArray
    columns: Mapping[str, FloatArray]
    file_unit: str
    notes: tuple[Note, ...] = ()


def read_alpha2f(path: str | Path, *, unit: str | None = None) -> Spectra:
    """All spectral functions in a file, frequencies in meV.

    unit: of the frequency, for columns that do not name it. Small negative values become zero with a note; a column
    that is no spectrum (no weight, lambda beyond reason) is left out with a warning. DataError, in one line: a file
    that cannot be read, an unknown or missing unit, no spectrum left.
    """
    file = Path(path)
    if unit is not None and phonon_energy(unit) is None:
        raise DataError(f"{file.name}: unknown unit {unit!r} of the frequency; allowed: {', '.join(PHONON_ENERGIES)}")
    return _checked(_held(read_bytes(file), file.name, unit), file.name)


def spectra_of(recording: Recording) -> Spectra:
    """The spectral functions in a recording of `megabar.read`, under the names of its curves; as in `read_alpha2f`."""
    curves = [curve for curve in recording.curves if curve.has(Role.PHONON_ENERGY) and curve.has(Role.ALPHA2F)]
    file = recording.source.file
    if not curves:
        raise DataError(f"{file}: no columns of phonon_energy and alpha2f: name them, and the unit of the first")
    found = [
        _checked(_Held("", c.values(Role.PHONON_ENERGY), {c.name: c.values(Role.ALPHA2F)}, "meV"), file) for c in curves
    ]
    spectra = {name: spectrum for one in found for name, spectrum in one.spectra.items()}
    notes = tuple(note for one in found for note in one.notes)
    return Spectra(recording.format, MappingProxyType(spectra), (*recording.notes, *notes))


def is_alpha2f(data: bytes) -> bool:
    """Whether a file is one of those that tell by themselves that they hold alpha2F, and in which unit."""
    if data[:3] == b"CDF":
        return b"a2f_values_q" in data
    head = data[:_HEAD].decode("utf-8", errors="replace")
    if _QE.search(head) or _EPW.search(head) or _SMEARINGS.search(head):
        return True
    above = " ".join(line for line in head.splitlines() if numbers_in(line) is None)
    return bool(_SPECTRUM.search(above) and _UNIT.search(above))


def read_spectral(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """Such a file as tables: a curve of phonon_energy and alpha2f for each smearing."""
    del hints
    held = _held(data, file, None)
    names = list(held.columns)
    count = held.frequency.size
    table = Table(
        headings=("frequency", *(name or "alpha2F" for name in names)),
        numbers=(held.frequency, *held.columns.values()),
        lines=np.arange(1, count + 1),
        units=("meV", *("1" for _ in names)),
        roles={0: Role.PHONON_ENERGY, **dict.fromkeys(range(1, len(names) + 1), Role.ALPHA2F)},
        plans=tuple(
            Plan(name, (Assigned(0, Role.PHONON_ENERGY), Assigned(k, Role.ALPHA2F)), lead=k)
            for k, name in enumerate(names, start=1)
        ),
        place="point",
        metadata={"unit of the frequency in the file": held.file_unit},
    )
    return Reading(held.format, (table,), held.notes)


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


def _held(data: bytes, file: str, unit: str | None) -> _Held:
    if data[:3] == b"CDF":
        return _abinit(data, file)
    if not is_text(data[:_HEAD]) and data:
        raise refuse_binary(data[:16], file=file)
    text = data.decode("utf-8", errors="replace")
    if _QE.search(text[:_HEAD]):
        return _quantum_espresso(text, file)
    if epw := _EPW.search(text[:_HEAD]):
        return _epw(text, int(epw[1]), file)
    return _columns(text, unit, file)


def _abinit(data: bytes, file: str) -> _Held:
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
    return _Held("Abinit A2F.nc", mesh * PHONON_ENERGIES["Ha"], columns, "Ha")


def _quantum_espresso(text: str, file: str) -> _Held:
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
    return _Held("Quantum ESPRESSO a2F.dos", table[:, 0] * PHONON_ENERGIES["Ry"], {"": table[:, 1]}, "Ry")


def _epw(text: str, count: int, file: str) -> _Held:
    rows = [n for line in text.splitlines() if (n := _numbers(line.split())) is not None and len(n) >= count + 1]
    if len(rows) < 3:
        raise DataError(f"{file}: {len(rows)} points are no spectrum")
    table = np.array([row[: count + 1] for row in rows])
    return _Held("EPW a2f", table[:, 0], _named(table[:, 1:]), "meV")


def _columns(text: str, unit: str | None, file: str) -> _Held:
    lines = text.splitlines()
    numbers = [numbers_in(line) for line in lines]
    rows = [row for row in numbers if row is not None and len(row) >= 2]
    if len(rows) < 3:
        what = "the file is empty" if not text.strip() else f"{len(rows)} rows of numbers are no spectrum"
        raise DataError(f"{file}: {what}")
    width = min(len(row) for row in rows)
    named = _UNIT.search(" ".join(line for line, row in zip(lines, numbers, strict=True) if row is None)[:_HEAD])
    notes: tuple[Note, ...] = ()
    if unit is None and named is not None:
        unit = named[1]
    if unit is None and _ELK.fullmatch(file):
        unit, notes = "Ha", (Note("no heading: frequencies taken as Hartree, as Elk writes a file of this name"),)
    factor = None if unit is None else phonon_energy(unit)
    if unit is None or factor is None:
        allowed = ", ".join(PHONON_ENERGIES)
        raise DataError(f"{file}: no heading names the unit of the frequency: say unit ({allowed})")
    table = np.array([row[:width] for row in rows])
    return _Held("columns", table[:, 0] * factor, _named(table[:, 1:]), unit, notes)


def _named(table: FloatArray) -> dict[str, FloatArray]:
    """Columns by smearing; one alone has no name."""
    names = [""] if table.shape[1] == 1 else [f"smearing {k}" for k in range(1, table.shape[1] + 1)]
    return dict(zip(names, table.T, strict=True))


def numbers_in(line: str) -> list[float] | None:
    """The numbers of a line without anything else; None for other lines."""
    return _numbers(re.split(r"[\s,;]+", line.strip()))


def _numbers(cells: Sequence[str]) -> list[float] | None:
    try:
        return [float(cell.replace("D", "E").replace("d", "e")) for cell in cells if cell]
    except ValueError:
        return None


def _checked(held: _Held, file: str) -> Spectra:
    """Spectra that can be used; what was cut or left out."""
    notes = list(held.notes)
    spectra: dict[str, SpectralFunction] = {}
    reasons: list[str] = []
    for name, values in held.columns.items():
        where = f"{name}: " if name else ""
        top = float(np.max(values, initial=0.0))
        low = float(np.min(values, initial=0.0))
        negative = values < 0.0
        if negative.any() and -low <= NEGATIVE * top:
            reach = float(held.frequency[negative].max())
            text = f"{where}{int(negative.sum())} negative values up to {reach:.3g} meV"
            notes.append(Note(f"{text} (at most {-low / top:.1g} of the peak): taken as zero"))
            values = np.maximum(values, 0.0)
        keep = held.frequency >= 0.0
        try:
            spectra[name] = _plausible(SpectralFunction(held.frequency[keep], values[keep]))
        except MegabarError as error:
            reasons.append(f"{where}{error}")
    if not spectra:
        raise DataError(f"{file}: {'; '.join(reasons)}")
    notes += [Note(f"{reason}: left out", "warning") for reason in reasons]
    return Spectra(held.format, MappingProxyType(spectra), tuple(notes))


def _plausible(spectrum: SpectralFunction) -> SpectralFunction:
    """The spectrum, unless no solid has one like it: then its unit, or its column, is another."""
    low, high = _PHONONS
    if not low < spectrum.highest < high:
        raise DomainError(
            f"alpha2F ends at {spectrum.highest:.3g} meV, phonons between {low:g} and {high:g}: is the unit right?"
        )
    if not spectrum.coupling < _STRONGEST:
        raise DomainError(f"lambda = {spectrum.coupling:.3g}, at most {_STRONGEST:g} is read: is this column alpha2F?")
    return spectrum
