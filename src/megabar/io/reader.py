"""`read`: any file of measurements to a `Recording`; the table of readers, each of which knows its files by content."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from megabar.data import Curve, Note, Recording, Role, Source
from megabar.errors import DataError
from megabar.io.alpha2f import is_alpha2f, read_spectral
from megabar.io.curves import table_curves
from megabar.io.decode import is_text, refuse_binary
from megabar.io.diffraction import (
    is_card,
    is_chi,
    is_gsas,
    is_packed_text,
    is_ras,
    is_rasx,
    is_xrdml,
    read_chi,
    read_gsas,
    read_packed_text,
    read_ras,
    read_rasx,
    read_xrdml,
    refuse_card,
    wavelength_above,
)
from megabar.io.expected import expected_columns
from megabar.io.hints import ReadHints, hints_from
from megabar.io.image_patterns import read_images
from megabar.io.images import is_image
from megabar.io.labview import is_lvm, is_tdms, read_lvm, read_tdms
from megabar.io.quantum_design import is_quantum_design, read_quantum_design
from megabar.io.several import finished, joined
from megabar.io.spreadsheet import is_spreadsheet, read_spreadsheet
from megabar.io.table import Reading
from megabar.io.text import read_text

MAX_BYTES: Final = 64 * 1024**2
"""Larger files are refused before they are opened: 256 MiB is a thousand times a usual measurement."""

HEAD: Final = 65_536
"""Bytes from the beginning of a file by which text is told from binary data."""


class ReadFunction(Protocol):
    """A reader's work: the bytes of a file to tables; `file` opens its messages."""

    def __call__(self, data: bytes, *, file: str, hints: ReadHints) -> Reading: ...


@dataclass(frozen=True)
class Reader:
    """One format: its name, whether some bytes (of a whole file) are of it, and how to read them."""

    name: str
    recognises: Callable[[bytes], bool]
    read: ReadFunction


READERS: Final = (
    Reader("Quantum Design", lambda data: is_quantum_design(data[:HEAD]), read_quantum_design),
    Reader("LabVIEW .lvm", is_lvm, read_lvm),
    Reader("LabVIEW TDMS", is_tdms, read_tdms),
    Reader("spectral function", is_alpha2f, read_spectral),
    Reader("PANalytical .xrdml", is_xrdml, read_xrdml),
    Reader("Rigaku .ras", is_ras, read_ras),
    Reader("Rigaku .rasx", is_rasx, read_rasx),
    Reader("FIT2D .chi", is_chi, read_chi),
    Reader("GSAS raw data", is_gsas, read_gsas),
    Reader("packed text", is_packed_text, read_packed_text),
    Reader("card of a phase", is_card, refuse_card),
    Reader("spreadsheet", is_spreadsheet, read_spreadsheet),
    Reader("delimited text", lambda data: is_text(data[:HEAD]), read_text),
)
"""All formats, the particular before the general; the first that recognises a file reads it."""


def read(path: str | Path | Sequence[str | Path], *, root: Path | None = None, **hints: Any) -> Recording:
    """The curves in a file of measurements, in the program's units, with notes on all that was dropped or guessed.

    The format is recognised by the content, not the name: delimited text, Quantum Design .dat, Excel and
    OpenDocument sheets, LabVIEW .lvm and .tdms, diffraction .chi, .xrdml, .ras, .rasx and GSAS raw data, spectral
    functions alpha2F of Quantum ESPRESSO, EPW and Abinit. `hints` are the fields of `ReadHints`, for what is not found
    alone.
    With `root` (the experiment folder) the source is named by its path relative to it, else by its bare name.
    A sequence of paths is one measurement that consists of several files: the curves of all, each named by its file;
    a file that cannot be read is left out with a warning as long as another can.

    DataError, in one line that names the file and the remedy: missing, empty, unreadable or larger than `MAX_BYTES`,
    outside `root`, of an unknown format, without rows, unknown unit, missing column, text in a column of numbers.
    """
    first = path if isinstance(path, str | Path) else next(iter(path), "no file")
    return read_with(path, hints_from(hints, file=Path(first).name), root=root)


def read_with(
    path: str | Path | Sequence[str | Path],
    hints: ReadHints,
    *,
    root: Path | None = None,
    expected: Sequence[str] = (),
) -> Recording:
    """`read` with the hints in their model, as the experiment file holds them.

    `expected` are the roles of the first columns in the kind of measurement, for files that do not tell them.
    """
    read_one = partial(_read_file, hints=hints, root=root, expected=expected)
    if isinstance(path, str | Path):
        return finished(read_one(Path(path), file=_label(Path(path), root)), hints)
    paths = _labelled([Path(one) for one in path], root)
    if not paths:
        raise DataError("no file to read: name at least one")
    if len(paths) == 1:
        ((file, one),) = paths.items()
        return finished(read_one(one, file=file), hints)
    found: dict[str, Recording | DataError] = {}
    for file, one in paths.items():
        try:
            found[file] = read_one(one, file=file)
        except DataError as error:
            found[file] = error
    return finished(joined(found), hints)


def _labelled(paths: Sequence[Path], root: Path | None) -> dict[str, Path]:
    """Files by their labels, which tell those of equal names apart; DataError for a file that is named twice."""
    labels = [_label(path, root) for path in paths]
    if root is None and len(set(labels)) < len(labels):
        whole = [Path(os.path.abspath(path)) for path in paths]
        common = os.path.commonpath([path.parent for path in whole])
        labels = [path.relative_to(common).as_posix() for path in whole]
    if twice := [label for label, count in Counter(labels).items() if count > 1]:
        raise DataError(f"{twice[0]}: named twice in one measurement; name each file once")
    return dict(zip(labels, paths, strict=True))


def _read_file(
    path: Path, *, hints: ReadHints, file: str, root: Path | None = None, expected: Sequence[str] = ()
) -> Recording:
    """All curves of one file; `file` is what messages and the source call it."""
    if path.is_file() and is_image(path):
        return read_images(path, hints=hints, file=file, root=root)
    data = _bytes(path, file=file)
    reader = next((reader for reader in READERS if reader.recognises(data)), None)
    if reader is None:
        raise refuse_binary(data[:16], file=file)
    reading = reader.read(data, file=file, hints=hints)
    notes = list(reading.notes)
    curves: list[Curve] = []
    for table in reading.tables:
        ours = expected_columns(table, hints, expected, notes)
        curves += table_curves(table, hints=ours, file=file, notes=notes)
    if not curves:
        said = next((note.text for note in reversed(notes) if note.level == "warning"), "")
        raise DataError(f"{file}: no complete row of numbers; {said or 'name the columns in the experiment file'}")
    if hints.digitised is not None:
        notes.append(Note(f"digitised from {hints.digitised.figure}"))
    curves = [_with_wavelength(curve) for curve in curves]
    source = Source(file, hashlib.sha256(data).hexdigest())
    return Recording(source, reading.format, tuple(_named(curves, stem=path.stem)), tuple(dict.fromkeys(notes)))


def _with_wavelength(curve: Curve) -> Curve:
    """A pattern with the wavelength (angstrom) that the lines above its columns tell, in its metadata."""
    pattern = curve.has(Role.TWO_THETA) or curve.has(Role.SCATTERING_VECTOR)
    told = wavelength_above(curve.metadata.get("preamble", "")) if pattern else None
    return curve if told is None else replace(curve, metadata={**curve.metadata, "wavelength": told})


def _label(path: Path, root: Path | None) -> str:
    """How messages and results name the file; DataError when it lies outside `root`."""
    if root is None:
        return path.name or str(path)
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise DataError(f"{path}: lies outside the experiment folder {root}; copy the file into the folder") from error
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path}: the path cannot be followed ({error}); correct it") from error


def _bytes(path: Path, *, file: str) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{file}: is a folder; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{file}: is no regular file; copy the data into one")
        if status.st_size > MAX_BYTES:
            raise DataError(
                f"{file}: {status.st_size / 1024**2:.0f} MiB, and at most {MAX_BYTES // 1024**2} MiB are read; "
                f"split the file or export fewer columns"
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{file}: there is no such file; correct the name or the folder") from error
    except PermissionError as error:
        raise DataError(f"{file}: may not be read; change its permissions") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: cannot be read ({error}); copy it again") from error
    if not data:
        raise DataError(f"{file}: the file is empty; copy it again or take it out of the experiment")
    return data


def _named(curves: Sequence[Curve], *, stem: str) -> list[Curve]:
    """Curves with names that differ: those without take the file's, repeated ones are numbered."""
    names = [curve.name or stem for curve in curves]
    repeated = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    named = []
    for curve, name in zip(curves, names, strict=True):
        seen[name] += 1
        named.append(replace(curve, name=f"{name} ({seen[name]})" if name in repeated else name))
    return named
