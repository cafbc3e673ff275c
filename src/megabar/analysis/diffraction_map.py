"""A map of diffraction patterns: every point by the same Le Bail fit, phases and cells over the sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from scipy.special import stdtrit

from megabar.analysis import pattern
from megabar.analysis.diffraction_map_frames import Frame, again, analyse_all, places
from megabar.analysis.diffraction_map_panels import map_panels
from megabar.analysis.diffraction_map_settings import Settings
from megabar.data import Curve, Estimate, Note, Recording, Result, Status
from megabar.errors import DataError

__all__ = ["Settings", "analyse"]

_OF_PHASES: Final = ("cell_a", "cell_b", "cell_c", "cell_volume", "volume_per_formula")
_PLAIN: Final = frozenset({"phase", "curve"})
"""Labels of what the refinement gives; others stand beside those of a second way."""
_LEVEL: Final = 0.6827
_MOST_NAMED: Final = 6


@dataclass(frozen=True, eq=False)
class Details:
    """The points of the map in the order measured, each with its own result."""

    frames: tuple[Frame, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Fit every pattern of the recording by the same settings, as points of a map.

    A point that cannot be fitted keeps its place with the reason in a note. Points that fit much worse than most are
    tried again from the cells that the others agree on. `progress` is called with shares from 0 to 1.
    DataError: no phases in the settings, rows that are not full, or no point that can be fitted.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    if not chosen.pattern.phases:
        raise DataError(f"{recording.source.file}: a map needs the phases to look for: give settings.pattern.phases")
    named = _named(recording)
    where = places(len(named), columns=chosen.columns, serpentine=chosen.serpentine)

    def one(curve: Curve, how: pattern.Settings) -> Result:
        alone = Recording(recording.source, recording.format, (curve,))
        return pattern.analyse(alone, how, measurement=curve.name)

    frames = analyse_all(named, where, chosen.pattern, analyse=one, progress=progress)
    if chosen.share_cells:
        frames = again(frames, named, chosen.pattern, analyse=one)
    if progress is not None:
        progress(1.0)
    if all(frame.result is None for frame in frames):
        raise DataError(f"{recording.source.file}: no point of the map can be fitted ({frames[0].reason})")
    phases = [phase.name or "" for phase in chosen.pattern.phases if phase.name]
    return Result(
        kind="map",
        measurement=name,
        estimates=(*_over_all(frames, phases, name), *_of_points(frames, name)),
        panels=tuple(map_panels(frames, phases, step=chosen.step)),
        settings=chosen.model_dump(mode="json"),
        notes=(*recording.notes, *_notes(frames)),
        sources=recording.sources,
        summary=_summary(frames, phases),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        details=Details(tuple(frames)),
    )


def _named(recording: Recording) -> list[tuple[str, Curve | str]]:
    """Name and pattern of every point; a file that could not be read holds its place with the reason."""
    found: dict[str, list[tuple[str, Curve | str]]] = {}
    for curve in recording.curves:
        found.setdefault(curve.metadata.get("file", recording.source.file), []).append((curve.name, curve))
    for note in recording.notes:
        if note.text.startswith("left out: "):
            file = note.text.removeprefix("left out: ").partition(":")[0]
            if file not in found:
                found[file] = [(PurePosixPath(file).stem, note.text)]
    if any(len(one) > 1 for one in found.values()) or len(found) == 1:
        return [point for one in found.values() for point in one]
    return [found[file][0] for file in _in_order(found)]


def _in_order(found: dict[str, list[tuple[str, Curve | str]]]) -> list[str]:
    """Files in the order named. Those that could not be read are put where their names belong among the others.

    DataError when the readable ones are in no order of names, for then nobody knows the places of the others.
    """
    files = [file for file, points in found.items() if not isinstance(points[0][1], str)]
    lost = [file for file, points in found.items() if isinstance(points[0][1], str)]
    if not lost:
        return files
    for key in (_by_numbers, str):
        if files == sorted(files, key=key):
            return sorted([*files, *lost], key=key)
    raise DataError(
        f"{lost[0]}: cannot be read, and the other files are in no order of their names, so that its place in the map "
        "is not known: correct the file, or name the files in the order of their names"
    )


def _by_numbers(name: str) -> list[tuple[str, int]]:
    """Names in the order that people count in: "f2" before "f10"."""
    return [(text.lower(), int(number or -1)) for text, number in re.findall(r"(\D*)(\d*)", name)]


def _of_points(frames: Sequence[Frame], measurement: str) -> list[Estimate]:
    """What every point tells, labelled with its place."""
    kept = (*_OF_PHASES, "phase_weight", "r_wp", "goodness_of_fit")
    return [
        Estimate(
            e.quantity,
            measurement,
            e.value,
            e.unit,
            e.method,
            error=e.error,
            systematic=e.systematic,
            status=e.status,
            labels={**{k: v for k, v in e.labels.items() if k != "curve"}, "at": frame.place},
            remark=e.remark,
        )
        for frame in frames
        if frame.result is not None
        for e in frame.result.estimates
        if e.quantity in kept and set(e.labels) <= _PLAIN
    ]


def _over_all(frames: Sequence[Frame], phases: Sequence[str], measurement: str) -> list[Estimate]:
    """For each phase the number of points that show it, and means of its cell with their spread over the map."""
    estimates = []
    for phase in phases:
        shown = [frame for frame in frames if frame.shows(phase)]
        known = sum(frame.result is not None for frame in frames)
        text = f"points of {known} fitted ones that show the phase with a cell that does not run away"
        labels: dict[str, str | float] = {"phase": phase}
        estimates.append(Estimate("map_points", measurement, float(len(shown)), "1", text, labels=labels))
        for quantity in _OF_PHASES:
            good = [e for frame in shown if (e := frame.find(quantity, phase)) is not None and e.status == Status.OK]
            values = np.array([e.value for e in good], dtype=np.float64)
            if values.size < 2:
                continue
            half = float(stdtrit(values.size - 1, 0.5 * (1.0 + _LEVEL))) * float(np.std(values, ddof=1))
            text = f"mean over {values.size} points; error from their scatter"
            spread = {"spread over the map": float(np.std(values, ddof=1))}
            error = half / values.size**0.5 or None
            mean = Estimate(
                quantity,
                measurement,
                float(np.mean(values)),
                good[0].unit,
                text,
                error=error,
                systematic=spread,
                labels=labels,
            )
            estimates.append(mean)
    return estimates


def _notes(frames: Sequence[Frame]) -> list[Note]:
    notes = [
        Note(f"{frame.place} ({frame.name}): not fitted: {frame.reason}", "warning") for frame in frames if frame.reason
    ]
    if retried := [frame.place for frame in frames if frame.again]:
        shown = "; ".join(retried[:_MOST_NAMED]) + (
            f" and {len(retried) - _MOST_NAMED} more" if len(retried) > _MOST_NAMED else ""
        )
        notes.append(Note(f"fitted better from the cells of the other points: {shown}"))
    said: dict[Note, list[str]] = {}
    for frame in frames:
        for note in () if frame.result is None else frame.result.notes:
            if note.level == "warning":
                said.setdefault(note, []).append(frame.place)
    for note, where in said.items():
        more = f" and {len(where) - _MOST_NAMED} more" if len(where) > _MOST_NAMED else ""
        notes.append(Note(f"{'; '.join(where[:_MOST_NAMED])}{more}: {note.text}", "warning"))
    return notes


def _summary(frames: Sequence[Frame], phases: Sequence[str]) -> str:
    fitted = sum(frame.result is not None for frame in frames)
    shown = [f"{phase} at {sum(frame.shows(phase) for frame in frames)}" for phase in phases]
    return f"{fitted} of {len(frames)} points fitted: {', '.join(shown)}"
