"""Points of the transition line in the plane of temperature and field, by each criterion, from analysed sweeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.field_sweep import FieldSweep
from megabar.analysis.sweeps import FIELD_STEP, SETTLE
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Criterion, Step

FloatArray = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """One criterion: temperature (K) and field (T) of m points, (m,) each, in ascending temperature.

    temperature_error, field_error: (m,) statistical, 0 where that quantity was held, NaN where unknown.
    """

    criterion: str
    temperature: FloatArray
    field: FloatArray
    temperature_error: FloatArray
    field_error: FloatArray

    def __len__(self) -> int:
        return int(self.temperature.size)


@dataclass(frozen=True)
class Widths:
    """Width of the transition (K), its error (NaN unknown) and the temperature of its middle against field (T)."""

    field: FloatArray
    width: FloatArray
    error: FloatArray
    middle: FloatArray


_Row = tuple[float, float, float, float]


def transition_line(criterion: str, warm: Sequence[TemperatureSweep], loops: Sequence[FieldSweep]) -> Line:
    """Points by one criterion: from R(T) at each field and from R(H) at each temperature, directions averaged.

    A sweep that does not reach the normal state gives none: no share of its resistance is known.
    """
    rows: list[_Row] = []
    for held, group in at_fields(warm):
        value, error = _mean([reading(s.steps, criterion) for s in group])
        if value is not None:
            rows.append((value, abs(held), error, 0.0))
    for held, loop_group in at_temperatures(loops):
        value, error = _mean([reading(side.steps, criterion) for s in loop_group for side in s.sides])
        if value is not None:
            rows.append((held, value, 0.0, error))
    rows.sort()
    t, h, t_error, h_error = (
        (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
        if rows
        else (np.empty(0) for _ in range(4))
    )
    return Line(criterion, t, h, t_error, h_error)


def widths(name: str, middle: str, warm: Sequence[TemperatureSweep]) -> Widths:
    """Widths of R(T) against field: `name` is that of the width's criterion, `middle` that of its middle."""
    rows: list[_Row] = []
    for held, group in at_fields(warm):
        value, error = _mean([reading(s.steps, name) for s in group])
        centre, _ = _mean([reading(s.steps, middle) for s in group])
        if value is not None and centre is not None:
            rows.append((abs(held), value, error, centre))
    rows.sort()
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Widths(*columns)


def at_fields(warm: Sequence[TemperatureSweep]) -> list[tuple[float, list[TemperatureSweep]]]:
    """R(T) at each field (T)."""
    return _groups([(s.sweep.held, s) for s in warm], FIELD_STEP, relative=0.0)


def at_temperatures(loops: Sequence[FieldSweep]) -> list[tuple[float, list[FieldSweep]]]:
    """R(H) at each temperature (K)."""
    return _groups([(s.temperature, s) for s in loops], 0.0, relative=SETTLE)


def reading(steps: Sequence[Step], criterion: str) -> Criterion | None:
    """A criterion of the first step; zero resistance is that of the last."""
    if not steps:
        return None
    step = steps[-1 if criterion == "zero" else 0]
    return step.criteria.get(criterion) if step.geometry.normal_reached else None


def _groups(items: Sequence[tuple[float | None, T]], step: float, *, relative: float) -> list[tuple[float, list[T]]]:
    """Items at one setting of what is held: closer than `step` or the relative share; those without one are left."""
    known = sorted(((held, item) for held, item in items if held is not None), key=lambda pair: pair[0])
    groups: list[tuple[list[float], list[T]]] = []
    for held, item in known:
        if groups and held - groups[-1][0][-1] <= max(step, relative * abs(held)):
            groups[-1][0].append(held)
            groups[-1][1].append(item)
        else:
            groups.append(([held], [item]))
    return [(float(np.mean(settings)), members) for settings, members in groups]


def _mean(found: Sequence[Criterion | None]) -> tuple[float | None, float]:
    """Mean over directions and sides, and its statistical error, NaN where one is unknown."""
    known = [c for c in found if c is not None and c.value is not None]
    if not known:
        return None, math.nan
    errors = [math.nan if c.error is None else c.error for c in known]
    return float(np.mean([c.value for c in known if c.value is not None])), math.hypot(*errors) / len(known)
