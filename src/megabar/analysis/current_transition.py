"""One current-voltage curve: offset and resistance at small currents, and the critical current of each side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from megabar.analysis.current_sweeps import Sweep
from megabar.analysis.smoothing import noise_level

FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]
Sign = Literal[1, -1]

JUMP: Final = 20.0
"""A voltage that comes from below the criterion to this many times it within one step has jumped."""
_SMALLEST: Final = 0.2
"""Share of the largest current whose line the search begins with."""
_LEFT: Final = 1e-3
"""Share of the criterion that the steep part may reach where the line at small currents ends."""
_GENTLE: Final = 3.0
"""The line is never shortened further than for this d ln V/d ln I: too short a one says nothing at the crossing."""
_PIECE: Final = 2.0
"""Readings from this part of the criterion up to this many times it tell where it is crossed."""
_ROUNDS: Final = 12
_LARGEST: Final = 60.0
"""Of exponents of e that are computed."""
_FEWEST: Final = 5
_NEAR: Final = 5
"""Readings on either side of a crossing that count in any case."""
_ENOUGH: Final = 20
"""Readings in the line at small currents that tell the noise better than the differences of neighbours."""


@dataclass(frozen=True)
class Line:
    """V = offset + resistance I through |I| <= reach: V, ohm, A; covariance (2, 2) from `noise`, V of one reading."""

    offset: float
    resistance: float
    covariance: FloatArray
    noise: float
    reach: float

    @property
    def resistance_error(self) -> float:
        return math.sqrt(self.covariance[1, 1])

    def error_at(self, current: float) -> float:
        """Standard deviation of the line at a current."""
        g = np.array([1.0, current])
        return math.sqrt(g @ self.covariance @ g)


@dataclass(frozen=True)
class Crossing:
    """Where the excess over the line reaches the criterion on one side.

    sign: of the current. falling: |I| falls in time. current, error: of |I|, A; None where it is not reached.
    largest: up to where it was measured, A. steepness: d ln V/d ln I there. jump: the voltage jumps over the criterion
    between two neighbouring readings.
    """

    sign: Sign
    falling: bool
    current: float | None
    error: float | None
    largest: float
    steepness: float = math.inf
    jump: bool = False


@dataclass(frozen=True, eq=False)
class Parts:
    """A sweep with its line at small currents and its crossings."""

    sweep: Sweep
    line: Line
    crossings: tuple[Crossing, ...]


def noise_of(sweep: Sweep) -> float:
    """Of one reading, V, from the quieter half of the curve in |I|; 0 where it cannot be told."""
    order = np.argsort(np.abs(sweep.current), kind="stable")
    inner = np.sort(order[: max(_FEWEST, sweep.current.size // 2)])
    return noise_level(sweep.current[inner], sweep.voltage[inner])


def split_parts(sweep: Sweep, *, criterion: float) -> Parts:
    """The line at small currents and where the excess over it reaches `criterion` (V) on each side of zero current.

    The line is drawn up to a share of the smallest crossing and the crossings are found again, until they stand.
    """
    reach = _SMALLEST * float(np.abs(sweep.current).max())
    line = _line(sweep, reach)
    crossings = _crossings(sweep, line, criterion)
    for _ in range(4):
        known = [c.current * _LEFT ** (1.0 / max(c.steepness, _GENTLE)) for c in crossings if c.current is not None]
        new = min(known) if known else float(np.abs(sweep.current).max())
        better = _line(sweep, new)
        crossings = _crossings(sweep, better, criterion)
        settled = abs(better.reach - line.reach) <= 1e-9 * line.reach
        line = better
        if settled:
            break
    return Parts(sweep, line, crossings)


def excess(parts: Parts) -> FloatArray:
    """V - offset - resistance I, V, (n,)."""
    return parts.sweep.voltage - parts.line.offset - parts.line.resistance * parts.sweep.current


def _line(sweep: Sweep, reach: float) -> Line:
    size = np.abs(sweep.current)
    least = float(np.sort(size)[min(_FEWEST, size.size) - 1])
    rows = size <= max(reach, least)
    x, y = sweep.current[rows], sweep.voltage[rows]
    scale = float(np.abs(x).max()) or 1.0
    design = np.stack([np.ones(x.size), x / scale], axis=1)
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - design @ solution
    noise = math.sqrt(float(rest @ rest) / max(x.size - 2, 1)) if x.size >= _ENOUGH else noise_of(sweep)
    to_units = np.array([1.0, 1.0 / scale])
    covariance = noise**2 * np.linalg.pinv(design.T @ design) * np.outer(to_units, to_units)
    return Line(float(solution[0]), float(solution[1]) / scale, covariance, noise, float(size[rows].max()))


def _crossings(sweep: Sweep, line: Line, criterion: float) -> tuple[Crossing, ...]:
    over = sweep.voltage - line.offset - line.resistance * sweep.current
    found: list[Crossing] = []
    signs: tuple[Sign, Sign] = (1, -1)
    for sign in signs:
        rows = np.flatnonzero(sign * sweep.current > 0.0)
        rows = rows[np.argsort(np.abs(sweep.current[rows]), kind="stable")]
        if rows.size >= _FEWEST:
            falling = sweep.branch == ("down" if sign > 0 else "up")
            found.append(_crossing(np.abs(sweep.current[rows]), sign * over[rows], line, criterion, sign, falling))
    return tuple(found)


def _crossing(x: FloatArray, y: FloatArray, line: Line, criterion: float, sign: Sign, falling: bool) -> Crossing:
    rising = np.asarray(isotonic_regression(y).x)
    above = np.flatnonzero(rising >= criterion)
    largest = float(x[-1])
    if above.size == 0 or above[0] == 0:
        return Crossing(sign, falling, None, None, largest)
    i = int(above[0])
    if y[i] > JUMP * criterion and x[i] > x[i - 1]:
        step = float(x[i] - x[i - 1])
        return Crossing(sign, falling, float(x[i]) - 0.5 * step, step / math.sqrt(12.0), largest, jump=True)
    first, last = np.searchsorted(rising, [criterion / _PIECE, criterion * _PIECE])
    near = np.arange(max(min(int(first), i - _NEAR), 0), min(max(int(last), i + _NEAR), x.size))
    current, steepness, gain = _local_power(x, y, near, i, criterion)
    slope = steepness * criterion / current
    error = math.hypot(gain * line.noise, line.error_at(sign * current)) / slope
    return Crossing(sign, falling, current, error, largest, max(steepness, 1.0))


def _local_power(x: FloatArray, y: FloatArray, near: Rows, i: int, criterion: float) -> tuple[float, float, float]:
    """Where criterion (x/x0)^n through the readings `near` the crossing meets the criterion: x0, n, noise there.

    The noise is that of the voltage at x0 for unit noise of a reading. A power law is straight enough over so short a
    piece of any curve, steep or not, where a parabola is not.
    """
    near = near[(y[near] < _PIECE**2 * criterion) & (x[near] > 0.0)]
    place, n = _between(x, y, i, criterion)
    design = np.ones((1, 2))
    for _ in range(_ROUNDS):
        logarithm = np.log(x[near] / place)
        power = np.exp(np.clip(n * logarithm, -_LARGEST, _LARGEST))
        # Unknowns: the shift of n ln(x0) and of n.
        design = np.stack([power, power * logarithm], axis=1)
        if near.size < 3 or np.linalg.matrix_rank(design) < 2:
            return (*_between(x, y, i, criterion), 1.0)
        shift, by_n = np.linalg.lstsq(design, y[near] / criterion - power, rcond=None)[0]
        n = min(max(n + float(by_n), 0.5 * n), 2.0 * n)
        place *= math.exp(-min(max(float(shift) / n, -0.1), 0.1))
        if not x[near[0]] <= place <= x[near[-1]]:
            return (*_between(x, y, i, criterion), 1.0)
        if abs(float(shift)) < 1e-9 * n:
            break
    return place, n, math.sqrt(np.linalg.inv(design.T @ design)[0, 0])


def _between(x: FloatArray, y: FloatArray, i: int, criterion: float) -> tuple[float, float]:
    """The crossing and d ln V/d ln I from the readings on either side of it alone."""
    low, high = max(float(y[i - 1]), 0.05 * criterion), max(float(y[i]), criterion)
    if not (high > low and x[i] > x[i - 1] > 0.0):
        return float(x[i]), 1.0
    share = min(max(math.log(criterion / low) / math.log(high / low), 0.0), 1.0)
    return float(x[i - 1] * (x[i] / x[i - 1]) ** share), max(math.log(high / low) / math.log(x[i] / x[i - 1]), 1.0)
