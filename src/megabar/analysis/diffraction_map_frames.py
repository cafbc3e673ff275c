"""The frames of a map: where each lies, what its pattern tells, and which are tried again from shared cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from megabar.analysis.pattern import Settings as PatternSettings
from megabar.data import Curve, Estimate, Result, Status
from megabar.errors import DataError, MegabarError
from megabar.physics import crystal

Analyse = Callable[[Curve, PatternSettings], Result]

WORSE: Final = 1.3
"""A frame fits badly where its goodness of fit is larger than that of most by this factor."""
SPANS: Final = (0.0, 0.003, 0.01, 0.025)
"""Shares of the lengths within which shared cells are searched, one after the other while a frame still fits badly."""
_LENGTHS: Final = ("cell_a", "cell_b", "cell_c")
FEWEST_GOOD: Final = 3
"""Frames with a phase that must agree before their cells serve others."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One point of the map: its name, row and column from 0, and its result, or the reason why there is none.

    again: whether the result is one from shared cells.
    """

    name: str
    row: int
    column: int
    result: Result | None = None
    reason: str = ""
    again: bool = False

    @property
    def place(self) -> str:
        """In words, counted from 1."""
        return f"row {self.row + 1}, column {self.column + 1}"

    def find(self, quantity: str, phase: str | None = None) -> Estimate | None:
        """The estimate of the frame (of a phase) that has a value."""
        if self.result is None:
            return None
        labels = {} if phase is None else {"phase": phase}
        found = (e for e in self.result.find(quantity, **labels) if e.value is not None)
        return min(found, key=lambda e: len(e.labels), default=None)

    def shows(self, phase: str) -> bool:
        """Whether the phase is seen here, with a cell that did not run away."""
        if self.result is None or self.find("phase_weight", phase) is None:
            return False
        cell = [e for name in _LENGTHS for e in self.result.find(name, phase=phase)]
        return all(e.status != Status.ON_BOUND for e in cell)

    def value(self, quantity: str, phase: str | None = None) -> float:
        """Its number, NaN where there is none."""
        found = self.find(quantity, phase)
        return float("nan") if found is None or found.value is None else found.value


def places(count: int, *, columns: int | None, serpentine: bool) -> list[tuple[int, int]]:
    """Row and column of every frame in the order measured; DataError when the last row is not full."""
    wide = columns or count
    if count % wide:
        raise DataError(
            f"{count} frames do not fill rows of {wide}: correct settings.columns, or name the files of all points "
            "(a file that cannot be read leaves a gap only where it is named)"
        )
    found = []
    for number in range(count):
        row, column = divmod(number, wide)
        found.append((row, wide - 1 - column if serpentine and row % 2 else column))
    return found


def analyse_all(
    named: Sequence[tuple[str, Curve | str]],
    where: Sequence[tuple[int, int]],
    settings: PatternSettings,
    *,
    analyse: Analyse,
    progress: Callable[[float], None] | None,
) -> list[Frame]:
    """Every frame by the same settings; what cannot be analysed keeps its reason and costs no other."""
    frames = []
    for number, ((name, curve), (row, column)) in enumerate(zip(named, where, strict=True)):
        frame = Frame(name, row, column)
        frames.append(_with_result(frame, curve, settings, analyse))
        if progress is not None:
            progress((number + 1) / (len(named) + 1))
    return frames


def again(
    frames: Sequence[Frame],
    named: Sequence[tuple[str, Curve | str]],
    settings: PatternSettings,
    *,
    analyse: Analyse,
) -> list[Frame]:
    """The frames that fit badly, or not at all, once more from the cells of the others; the better fit counts."""
    shared = shared_cells(frames, settings)
    if not shared:
        return list(frames)
    phases = [phase.model_copy(update={"cell": shared.get(phase.name or "", phase.cell)}) for phase in settings.phases]
    limit = _limit(frames)
    done = []
    for frame, (_, curve) in zip(frames, named, strict=True):
        best = frame
        for span in SPANS:
            if isinstance(curve, str) or best.value("goodness_of_fit") <= limit:
                break
            how = settings.model_copy(update={"phases": tuple(phases), "search": span})
            other = _with_result(replace(frame, result=None, reason="", again=True), curve, how, analyse)
            if other.result is not None and not other.value("goodness_of_fit") >= best.value("goodness_of_fit"):
                best = other
        done.append(best)
    return done


def shared_cells(frames: Sequence[Frame], settings: PatternSettings) -> Mapping[str, tuple[float, ...]]:
    """Phase -> its free cell parameters, medians over the frames that fit well; only for phases with a symmetry."""
    limit = _limit(frames)
    good = [frame for frame in frames if frame.value("goodness_of_fit") <= limit]
    found = {}
    for phase in settings.phases:
        if phase.name is None or phase.space_group is None or phase.held:
            continue
        names = [f"cell_{free}" for free in crystal.free_parameters(phase.space_group)]
        rows = np.array([[frame.value(name, phase.name) for name in names] for frame in good])
        known = rows[np.isfinite(rows).all(axis=1)] if rows.size else rows
        if len(known) >= FEWEST_GOOD:
            found[phase.name] = tuple(float(value) for value in np.median(known, axis=0))
    return found


def _limit(frames: Sequence[Frame]) -> float:
    """The largest goodness of fit that is not bad: some more than the lower quartile of all."""
    goodness = np.array([frame.value("goodness_of_fit") for frame in frames])
    known = goodness[np.isfinite(goodness)]
    return WORSE * float(np.quantile(known, 0.25)) if known.size else 0.0


def _with_result(frame: Frame, curve: Curve | str, settings: PatternSettings, analyse: Analyse) -> Frame:
    if isinstance(curve, str):
        return replace(frame, reason=curve)
    try:
        return replace(frame, result=analyse(curve, settings))
    except MegabarError as error:
        return replace(frame, reason=" ".join(str(error).split()))
