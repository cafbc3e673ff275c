"""Rows of a spectrum's curve by temperature and field, and by sweeps of the bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_shape import Branch
from megabar.data import Curve, Note, Role

FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]

TURN: Final = 0.1
"""A new sweep begins when the bias comes back by this share of its range: noise does not, a loop does."""

APART: Final = 0.005
"""Temperatures (and fields) whose neighbours are closer than this share belong to one setting."""


@dataclass(frozen=True)
class Setting:
    """Rows measured at one temperature and field."""

    rows: Rows
    temperature: float | None
    field: float | None
    notes: tuple[Note, ...] = ()


def by_setting(curve: Curve, temperature: float | None) -> list[Setting]:
    """Rows of one temperature and field each, in the order of measurement."""
    group = np.zeros(len(curve), dtype=np.intp)
    for role, least in ((Role.TEMPERATURE, 0.02), (Role.FIELD, 0.002)):
        if curve.has(role):
            own = _grouped(curve.values(role), least)
            group = group * (int(own.max()) + 1) + own
    order = dict.fromkeys(group.tolist())
    return [_setting(curve, np.flatnonzero(group == number), temperature) for number in order]


def _setting(curve: Curve, rows: Rows, temperature: float | None) -> Setting:
    notes = []
    kelvin, tesla = temperature, None
    if curve.has(Role.TEMPERATURE):
        kelvin, drift = _mean_and_range(curve.values(Role.TEMPERATURE)[rows])
        if drift > 0.05 * abs(kelvin):
            text = f"{curve.name}: the temperature of one spectrum varies by {drift:.3g} K about {kelvin:.4g} K"
            notes.append(Note(text, "warning"))
    if curve.has(Role.FIELD):
        tesla, _ = _mean_and_range(curve.values(Role.FIELD)[rows])
    return Setting(rows, kelvin, tesla, tuple(notes))


def _mean_and_range(values: FloatArray) -> tuple[float, float]:
    return float(values.mean()), float(np.ptp(values))


def _grouped(values: FloatArray, least: float) -> Rows:
    """A number for each row: rows share it when sorted neighbours are closer than `least` or `APART`.

    Where that makes small groups or some that differ by less than a twentieth, the values wander: then neighbours
    within four times what they change from row to row belong together as well.
    """
    group = _linked(values, least)
    mean = np.bincount(group, weights=values) / np.bincount(group)
    apart = np.diff(mean) > 0.05 * np.abs(mean[1:])
    if mean.size == 1 or (apart.all() and np.bincount(group).min() >= 8):
        return group
    return _linked(values, max(least, 4.0 * float(np.median(np.abs(np.diff(values))))))


def _linked(values: FloatArray, least: float) -> Rows:
    order = np.argsort(values, kind="stable")
    near = np.maximum(least, APART * np.abs(values[order][1:]))
    group = np.empty(values.size, dtype=np.intp)
    group[order] = np.concatenate([[0], np.cumsum(np.diff(values[order]) > near)])
    return group


def by_branch(swept: FloatArray, rows: Rows) -> list[tuple[Branch, int, list[Rows]]]:
    """Branch, its number among equal ones, and the parts that make it up, each measured in one go."""
    segments = _segments(swept[rows])
    if segments is None:
        return [("", 1, [rows[np.argsort(swept[rows], kind="stable")]])]
    found: list[tuple[Branch, list[Rows]]] = []
    for segment in segments:
        part = rows[segment]
        branch: Branch = "up" if swept[part[-1]] >= swept[part[0]] else "down"
        # A loop from zero bias passes each half of one branch separately; a second whole pass is a new spectrum.
        joined = next((parts for name, parts in found if name == branch and not _overlap(swept, parts, part)), None)
        if joined is None:
            found.append((branch, [part]))
        else:
            joined.append(part)
    seen: Counter[str] = Counter()
    numbered = []
    for name, parts in found:
        seen[name] += 1
        numbered.append((name, seen[name], parts))
    return numbered


def _overlap(swept: FloatArray, parts: Sequence[Rows], part: Rows) -> bool:
    """Whether `part` covers again more than a fifth of what it or the others cover."""
    low, high = float(swept[part].min()), float(swept[part].max())
    for other in parts:
        common = min(high, float(swept[other].max())) - max(low, float(swept[other].min()))
        if common > 0.2 * min(high - low, float(np.ptp(swept[other]))):
            return True
    return False


def _segments(x: FloatArray) -> list[Rows] | None:
    """Index ranges of one direction each, turning points to the earlier one; None when the rows come in no order."""
    threshold = TURN * float(np.ptp(x))
    turns: list[int] = []
    direction, extreme = 0.0, 0
    for i in range(1, x.size):
        moved = float(x[i] - x[extreme])
        if direction * moved > 0.0 or (direction == 0.0 and abs(moved) > threshold):
            direction, extreme = float(np.sign(moved)) if direction == 0.0 else direction, i
        elif direction != 0.0 and abs(moved) > threshold:
            turns.append(extreme + 1)
            direction, extreme = -direction, i
    segments = list(np.split(np.arange(x.size), turns))
    return segments if len(segments) <= max(2, x.size // 6) else None
