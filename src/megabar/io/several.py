"""Several files of one measurement as one recording, and the numbers that the user says of its curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from megabar.data import Column, Curve, Note, Recording, Role
from megabar.data.recording import UNITS
from megabar.errors import DataError
from megabar.io.hints import ReadHints
from megabar.io.table import some

_SHOWN: Final = 3


def joined(found: Mapping[str, Recording | DataError]) -> Recording:
    """The curves of all files in their order, as one recording; `found` is by the label of the file.

    A curve takes the name of its file (stem, or path where stems repeat), and its own behind it where the file has
    several. Files that cannot be read are left out with a warning; DataError when that is all of them.
    """
    recordings = {file: one for file, one in found.items() if isinstance(one, Recording)}
    failed = {file: str(one) for file, one in found.items() if isinstance(one, DataError)}
    if not recordings:
        raise DataError(f"none of {len(found)} files can be read: {some(list(failed.values()), limit=_SHOWN)}")
    titles = _titles(list(found))
    curves = [curve for file, one in recordings.items() for curve in _renamed(one.curves, file, titles[file])]
    first, *others = recordings.values()
    return Recording(
        source=first.source,
        format=", ".join(dict.fromkeys(one.format for one in recordings.values())),
        curves=tuple(curves),
        notes=(*(Note(f"left out: {reason}", level="warning") for reason in failed.values()), *_notes(recordings)),
        more_sources=tuple(one.source for one in others),
        beside=tuple(dict.fromkeys(source for one in recordings.values() for source in one.beside)),
    )


def _titles(files: Sequence[str]) -> dict[str, str]:
    """The shortest of stem, path without suffix and path that tells all files apart."""
    stems = [PurePosixPath(file).stem for file in files]
    paths = [PurePosixPath(file).with_suffix("").as_posix() for file in files]
    names = next((names for names in (stems, paths) if len(set(names)) == len(names)), files)
    return dict(zip(files, names, strict=True))


def _renamed(curves: Sequence[Curve], file: str, title: str) -> list[Curve]:
    stem = PurePosixPath(file).stem
    named = []
    for curve in curves:
        own = curve.name.removeprefix(stem).strip()
        name = title if len(curves) == 1 or not own else f"{title} {own}"
        named.append(replace(curve, name=name, metadata={**curve.metadata, "file": file, "curve": curve.name}))
    return named


def _notes(recordings: Mapping[str, Recording]) -> list[Note]:
    """The notes of all files: what is said of each of them once, the rest with the names of the files."""
    files: dict[Note, list[str]] = {}
    for file, one in recordings.items():
        for note in one.notes:
            files.setdefault(note, []).append(file)
    everywhere = len(recordings)
    return [
        note if len(where) == everywhere > 1 else replace(note, text=f"{some(where, limit=_SHOWN)}: {note.text}")
        for note, where in files.items()
    ]


def finished(recording: Recording, hints: ReadHints) -> Recording:
    """`recording` with the curves and constants that the hints ask for; DataError when they do not fit it."""
    named = (recording.source, *recording.more_sources)
    file = ", ".join(source.file for source in named[:_SHOWN])
    curves = _kept(recording.curves, hints, file=file)
    notes = list(recording.notes)
    for role, numbers in hints.constants.items():
        curves = _with_constant(curves, role, numbers, file=file, notes=notes)
    return replace(recording, curves=curves, notes=tuple(dict.fromkeys(notes)))


def _kept(curves: Sequence[Curve], hints: ReadHints, *, file: str) -> tuple[Curve, ...]:
    """The curves that the user names, by their name in the recording or in their file."""
    names = [{curve.name.casefold(), curve.metadata.get("curve", curve.name).casefold()} for curve in curves]
    if missing := [name for name in hints.curve if not any(name.casefold() in known for known in names)]:
        found = some([repr(curve.name) for curve in curves], limit=20)
        raise DataError(f"{file}: no curve {missing[0]!r}; found: {found}")
    wanted = {name.casefold() for name in hints.curve}
    return tuple(curve for curve, known in zip(curves, names, strict=True) if not wanted or wanted & known)


def _with_constant(
    curves: Sequence[Curve], role: Role, numbers: Sequence[float], *, file: str, notes: list[Note]
) -> tuple[Curve, ...]:
    """`curves` with a column of `role` that holds one number; a column of the file that had the role loses it."""
    if len(numbers) not in (1, len(curves)):
        found = some([repr(curve.name) for curve in curves], limit=10)
        left_out = "".join(f"; {note.text}" for note in notes if note.text.startswith("left out: "))
        raise DataError(
            f"{file}: constants.{role} gives {len(numbers)} numbers for {len(curves)} curves ({found}); "
            f"give one number, or one for each curve{left_out}"
        )
    values = tuple(numbers) * (len(curves) if len(numbers) == 1 else 1)
    said = some([f"{number:g}" for number in numbers], limit=10)
    of = "all rows" if len(numbers) == 1 else "each curve"
    notes.append(Note(f"{role} of {of} from the reading hints: {said} {UNITS[role]}".strip()))
    replaced = dict.fromkeys(c.name for curve in curves for c in curve.columns if c.role == role)
    if replaced:
        notes.append(Note(f"{role} not taken from {some([repr(name) for name in replaced])}, since constants give it"))
    return tuple(_replaced(curve, role, value) for curve, value in zip(curves, values, strict=True))


def _replaced(curve: Curve, role: Role, value: float) -> Curve:
    columns = [
        replace(column, role=Role.OTHER, unit=column.unit, error=None) if column.role == role else column
        for column in curve.columns
    ]
    constant = Column(f"constants.{role}", role, np.full(len(curve), value), file_unit=UNITS[role])
    return replace(curve, columns=(*columns, constant))
