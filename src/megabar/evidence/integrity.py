"""Marks in raw numbers that ask for a reason: in one curve (`examine`), between those of an experiment (`compare`).

A mark is a measured property of the numbers with the probability that a clean curve shows it, and ordinary causes. It
says nothing about how the property came about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.data import Column, Curve, Recording, Role
from megabar.errors import DataError
from megabar.evidence.integrity_finding import CAUSES, EXPERIMENT_LEVEL, LEVEL, Finding, Mark
from megabar.evidence.integrity_grid import quantised, stepped
from megabar.evidence.integrity_noise import FEWEST, FloatArray, Series
from megabar.evidence.integrity_pairs import common_noise
from megabar.evidence.integrity_repeats import repeated
from megabar.evidence.integrity_spectrum import smoothed
from megabar.evidence.integrity_steps import monotonic
from megabar.evidence.integrity_stretches import interpolated
from megabar.evidence.integrity_subtraction import subtracted

__all__ = ["CAUSES", "EXPERIMENT_LEVEL", "FEWEST", "LEVEL", "MOST", "Finding", "Mark", "compare", "examine", "signals"]

Measured: TypeAlias = Recording | Curve | tuple[ArrayLike, ArrayLike]

MOST: Final = 40_000
"""Readings of one curve; more are refused."""

_ONE_CURVE: Final = (quantised, stepped, interpolated, smoothed, repeated, monotonic)

_SWEPT: Final = (
    Role.TWO_THETA,
    Role.SCATTERING_VECTOR,
    Role.RAMAN_SHIFT,
    Role.WAVELENGTH,
    Role.BIAS,
    Role.CURRENT,
    Role.FIELD,
    Role.TEMPERATURE,
    Role.FREQUENCY,
    Role.ANGLE,
    Role.PRESSURE,
    Role.TIME,
)
_SIGNALS: Final = (
    Role.RESISTANCE,
    Role.RESISTIVITY,
    Role.VOLTAGE,
    Role.VOLTAGE_QUADRATURE,
    Role.CONDUCTANCE,
    Role.NORMALISED_CONDUCTANCE,
    Role.DIFFERENTIAL_RESISTANCE,
    Role.FIRST_HARMONIC,
    Role.SECOND_HARMONIC,
    Role.MOMENT,
    Role.MOMENT_IN_PHASE,
    Role.MOMENT_QUADRATURE,
    Role.SUSCEPTIBILITY,
    Role.SUSCEPTIBILITY_QUADRATURE,
    Role.INTENSITY,
)
_REVERSED: Final = (Role.VOLTAGE, Role.VOLTAGE_QUADRATURE)
_REVERSALS: Final = 0.2
_CONSTANT: Final = 0.02
_ONE_WAY: Final = 0.9


def examine(
    measured: Measured, *, raw: str | ArrayLike | None = None, background: str | ArrayLike | None = None
) -> tuple[Finding, ...]:
    """All marks in each signal of a recording, in a curve, or in the arrays (x, y); none below 20 readings.

    raw, background: headings of columns, or arrays of the curve's length, where the signal is raw - background.
    Rows in which x or y is not finite are left out. Each kind of mark is a test with a probability below 0.0002
    on a clean curve.

    DataError: arrays of different lengths, an unknown heading, more than 40,000 readings, a background without a raw.
    """
    if background is not None and raw is None:
        raise DataError("a background was given without the raw curve; give both")
    found: list[Finding] = []
    parts = [name for name in (raw, background) if isinstance(name, str)]
    for curve in _curves(measured):
        for series in _signals_of(curve, without=parts):
            for test in _ONE_CURVE:
                found += test(series)
            if raw is not None:
                back = None if background is None else _part(curve, background, series)
                found += subtracted(series, _part(curve, raw, series), back)
    return tuple(found)


def compare(measured: Iterable[Measured]) -> tuple[Finding, ...]:
    """All pairs of curves with common noise; signals of one curve, which are read at the same moments, are not paired.

    The probability that one pair or more of a clean experiment is found is below 0.001, however many there are.
    """
    curves = [curve for one in measured for curve in _curves(one)]
    series = [one for curve in _told_apart(curves) for one in signals(curve)]
    found = common_noise(series)
    return tuple(one for one in found if one.curve != one.other)


def signals(measured: Measured) -> tuple[Series, ...]:
    """What was measured in each curve against what was swept, as the tests take it."""
    return tuple(one for curve in _curves(measured) for one in _signals_of(curve))


def _curves(measured: Measured) -> Sequence[Curve]:
    if isinstance(measured, Recording):
        return measured.curves
    if isinstance(measured, Curve):
        return (measured,)
    try:
        x, y = (np.asarray(one, dtype=np.float64) for one in measured)
    except (TypeError, ValueError) as error:
        raise DataError(f"expected a Recording, a Curve or the arrays (x, y) of numbers: {error}") from error
    return (Curve("", (Column("", Role.OTHER, x), Column("", Role.OTHER, y))),)


def _told_apart(curves: Sequence[Curve]) -> list[Curve]:
    """Curves with names that differ: those without one or with a common one are numbered."""
    counts = Counter(curve.name for curve in curves)
    numbers: Counter[str] = Counter()
    named = []
    for curve in curves:
        numbers[curve.name] += 1
        plain = f"curve {numbers[curve.name]}" if not curve.name else f"{curve.name} ({numbers[curve.name]})"
        named.append(curve if curve.name and counts[curve.name] == 1 else replace(curve, name=plain))
    return named


def _signals_of(curve: Curve, *, without: Sequence[str] = ()) -> Iterator[Series]:
    x = _swept(curve)
    if len(curve) < FEWEST or x is None:
        return
    if len(curve) > MOST:
        raise DataError(f"{curve.name}: {len(curve)} readings, and at most {MOST} are examined; split the curve")
    for column in _measured(curve, x):
        if column.name in without:
            continue
        for words, chosen in _polarities(curve, x, column):
            rows = np.flatnonzero(chosen & np.isfinite(x.values) & np.isfinite(column.values))
            y = column.values[rows]
            if rows.size >= FEWEST and np.ptp(y) > 0.0:
                yield Series(curve.name, f"{column.name}{words}", x.values[rows], y, rows, x.name, x.unit, column.unit)


def _polarities(curve: Curve, x: Column, column: Column) -> list[tuple[str, NDArray[np.bool_]]]:
    """All rows, or those of each direction of the current where it is reversed between readings of a voltage."""
    whole = np.ones(len(curve), dtype=bool)
    if column.role not in _REVERSED or x.role is Role.CURRENT or not curve.has(Role.CURRENT):
        return [("", whole)]
    current = curve.values(Role.CURRENT)
    both = np.count_nonzero(current > 0.0), np.count_nonzero(current < 0.0)
    if min(both) < _REVERSALS * len(curve):
        return [("", whole)]
    return [(", current > 0", current > 0.0), (", current < 0", current < 0.0)]


def _measured(curve: Curve, x: Column) -> list[Column]:
    """Columns with a signal's role, the first of each; else a current over a bias; of unknown columns the second."""
    found = {role: next((c for c in curve.columns if c.role == role), None) for role in _SIGNALS}
    known = [column for column in found.values() if column is not None]
    if known:
        return known
    if x.role is not Role.CURRENT and curve.has(Role.CURRENT):
        return [curve.column(Role.CURRENT)]
    unknown = all(column.role is Role.OTHER for column in curve.columns)
    arrays = not x.name  # given as such: the caller says that one is the independent variable
    return list(curve.columns[1:2]) if unknown and (arrays or _rises(x.values)) else []


def _swept(curve: Curve) -> Column | None:
    """The column that runs: the first of the known roles that covers a range, else the first column."""
    known = [next(c for c in curve.columns if c.role == role) for role in _SWEPT if curve.has(role)]
    running = [column for column in known if _runs(column.values)]
    return next(iter(running or known or curve.columns), None)


def _runs(values: FloatArray) -> bool:
    """Whether the values cover a range that is more than noise about a constant."""
    finite = values[np.isfinite(values)]
    if finite.size < FEWEST:
        return False
    reach, size = float(np.ptp(finite)), float(np.abs(finite).max())
    steps = float(np.median(np.abs(np.diff(finite))))
    return reach > _CONSTANT * size and reach > 5.0 * steps


def _rises(values: FloatArray) -> bool:
    """Whether nearly all steps go one way, as those of a table with an independent variable do."""
    steps = np.diff(values[np.isfinite(values)])
    return bool(max(np.count_nonzero(steps > 0), np.count_nonzero(steps < 0)) > _ONE_WAY * steps.size)


def _part(curve: Curve, part: str | ArrayLike, series: Series) -> FloatArray:
    if isinstance(part, str):
        for column in curve.columns:
            if column.name == part:
                return _taken(column.values, series.row)
        names = ", ".join(f'"{column.name}"' for column in curve.columns)
        raise DataError(f'{curve.name}: no column "{part}"; found {names}')
    values = np.asarray(part, dtype=np.float64)
    if values.shape != (len(curve),):
        raise DataError(
            f"{curve.name or 'the curve'}: {len(curve)} rows, but an array of shape {values.shape} beside it"
        )
    return _taken(values, series.row)


def _taken(values: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
    taken = values[rows]
    if not np.all(np.isfinite(taken)):
        raise DataError("a raw curve or background has rows without a number where the signal has one; leave them out")
    return taken
