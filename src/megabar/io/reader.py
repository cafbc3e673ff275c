"""`read`: any file of measurements to a `Recording`; the table of readers, each of which knows its files by content."""

from __future__ import annotations

import hashlib
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from megabar.data import Curve, Note, Recording, Source
from megabar.errors import DataError
from megabar.io.curves import table_curves
from megabar.io.decode import is_text, refuse_binary
from megabar.io.hints import ReadHints, hints_from
from megabar.io.labview import is_lvm, is_tdms, read_lvm, read_tdms
from megabar.io.quantum_design import is_quantum_design, read_quantum_design
from megabar.io.spreadsheet import is_spreadsheet, read_spreadsheet
from megabar.io.table import Reading, some
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
    Reader("spreadsheet", is_spreadsheet, read_spreadsheet),
    Reader("delimited text", lambda data: is_text(data[:HEAD]), read_text),
)
"""All formats, the particular before the general; the first that recognises a file reads it."""


def read(path: str | Path, *, root: Path | None = None, **hints: Any) -> Recording:
    """The curves in a file of measurements, in the program's units, with notes on all that was dropped or guessed.

    The format is recognised by the content, not the name: delimited text, Quantum Design .dat, Excel and
    OpenDocument sheets, LabVIEW .lvm and .tdms. `hints` are the fields of `ReadHints`, for what is not found alone.
    With `root` (the experiment folder) the source is named by its path relative to it, else by its bare name.

    DataError, in one line that names the file and the remedy: missing, empty, unreadable or larger than `MAX_BYTES`,
    outside `root`, of an unknown format, without rows, unknown unit, missing column, text in a column of numbers.
    """
    return read_with(path, hints_from(hints, file=Path(path).name), root=root)


def read_with(path: str | Path, hints: ReadHints, *, root: Path | None = None) -> Recording:
    """`read` with the hints in their model, as the experiment file holds them."""
    path = Path(path)
    file = _label(path, root)
    data = _bytes(path, file=file)
    reader = next((reader for reader in READERS if reader.recognises(data)), None)
    if reader is None:
        raise refuse_binary(data[:16], file=file)
    reading = reader.read(data, file=file, hints=hints)
    notes = list(reading.notes)
    curves: list[Curve] = []
    for table in reading.tables:
        curves += table_curves(table, hints=hints, file=file, notes=notes)
    if not curves:
        said = next((note.text for note in reversed(notes) if note.level == "warning"), "")
        raise DataError(f"{file}: no complete row of numbers; {said or 'name the columns in the experiment file'}")
    if hints.digitised is not None:
        notes.append(Note(f"digitised from {hints.digitised.figure}"))
    source = Source(file, hashlib.sha256(data).hexdigest())
    named = _named(curves, stem=path.stem)
    return Recording(source, reading.format, _kept(named, hints, file=file), tuple(dict.fromkeys(notes)))


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


def _kept(curves: Sequence[Curve], hints: ReadHints, *, file: str) -> tuple[Curve, ...]:
    names = {curve.name.casefold() for curve in curves}
    if missing := [name for name in hints.curve if name.casefold() not in names]:
        found = some([repr(curve.name) for curve in curves], limit=20)
        raise DataError(f"{file}: no curve {missing[0]!r}; found: {found}")
    wanted = {name.casefold() for name in hints.curve}
    return tuple(curve for curve in curves if not wanted or curve.name.casefold() in wanted)
