"""Marks in the raw numbers of an experiment, as notes of its report; `megabar check` shows them one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from megabar.data import Curve, Note, Recording
from megabar.errors import DataError
from megabar.evidence.integrity import CAUSES, Finding, Mark, compare, examine

_NAMED: Final = 3
"""Curves that a note names."""
_WORDS: Final = "it says nothing about how that came about, see megabar check"


def notes_of(recording: Recording) -> tuple[Note, ...]:
    """One note for each kind of mark in the curves of a recording; curves too long to be examined are told."""
    found: list[Finding] = []
    left: list[str] = []
    for curve in recording.curves:
        try:
            found += examine(curve)
        except DataError as error:
            left.append(str(error))
    notes = [_note(mark, [one for one in found if one.mark is mark]) for mark in Mark if _has(mark, found)]
    return (*notes, *(Note(f"raw numbers not examined: {text}") for text in left))


def pair_notes(recordings: Mapping[str, Recording]) -> tuple[Note, ...]:
    """A note for each two curves of different measurements, or of one, with common noise; by measurement's name.

    Files with the same content are told apart from this, and stand for one here.
    """
    once = {tuple(s.sha256 for s in recording.sources): name for name, recording in reversed(list(recordings.items()))}
    curves = [_named(curve, name) for name in reversed(list(once.values())) for curve in recordings[name].curves]
    try:
        found = compare(curves)
    except DataError as error:
        return (Note(f"raw curves not compared: {error}"),)
    causes = "; ".join(CAUSES[Mark.COMMON_NOISE])
    return tuple(
        Note(
            f"raw numbers, common noise of {one.curve} and {one.other}: {one.text}. Ordinary causes: {causes}; {_WORDS}"
        )
        for one in found
    )


def _has(mark: Mark, found: Sequence[Finding]) -> bool:
    return any(one.mark is mark for one in found)


def _note(mark: Mark, found: Sequence[Finding]) -> Note:
    names = list(dict.fromkeys(one.curve for one in found))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    where = f"{', '.join(names[:_NAMED])}{more}"
    return Note(f"raw numbers, {mark.value} ({where}): {found[0].text}. Ordinary causes: {_causes(mark)}; {_WORDS}")


def _causes(mark: Mark) -> str:
    return "; ".join(CAUSES[mark])


def _named(curve: Curve, measurement: str) -> Curve:
    return replace(curve, name=f"{measurement}, {curve.name}" if curve.name != measurement else measurement)
