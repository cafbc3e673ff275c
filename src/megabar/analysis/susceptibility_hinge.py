"""Where a curve leaves a straight line: y = line + c (x - x0)^p above x0, the start x0 by its profile of chi-square."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import stdtrit

FloatArray = NDArray[np.float64]

FEWEST: Final = 8
"""Points that a line, a start and a scatter need."""
EDGE: Final = 2
"""Points on either side of the start that must tell the line and what leaves it."""
SIGNIFICANT: Final = 25.0
"""The start must take away this many variances of the noise from chi-square: five standard deviations."""
_GRID: Final = 80
_STEPS: Final = 40


@dataclass(frozen=True)
class Hinge:
    """start: x0; interval at 68.27 % (a side None where the data do not close it); error: half of it, None if open.

    line: coefficients of the line in the order of `powers`; size: c; power: p. noise: standard deviation of a point.
    gain: chi-square of the line alone less that of the whole, in variances of the noise. aicc: for comparisons.
    """

    start: float
    error: float | None
    interval: tuple[float | None, float | None]
    line: FloatArray
    size: float
    power: float
    powers: tuple[int, ...]
    noise: float
    gain: float
    aicc: float

    def evaluate(self, x: FloatArray) -> FloatArray:
        """The curve at x (n,)."""
        return self.straight(x) + self.size * np.maximum(x - self.start, 0.0) ** self.power

    def straight(self, x: FloatArray) -> FloatArray:
        """The line alone at x (n,)."""
        return np.asarray(_powers(x, self.powers) @ self.line)

    @property
    def significant(self) -> bool:
        """Whether the line alone misses the points."""
        return self.gain > SIGNIFICANT


def fit_hinge(
    x: FloatArray, y: FloatArray, *, exponents: Sequence[float], powers: Sequence[int] = (0, 1)
) -> Hinge | None:
    """Least squares over the line, the start and the size; None below `FEWEST` points or where x does not vary.

    x: (n,), ascending; y: (n,); exponents: of the departure, > 0: of several the best counts, and the interval of the
    start holds what all of them allow; powers: of x in the line, (1,) for one through zero. Linear in all but the
    start and the exponent, so those are searched and the others follow. All points weigh alike; the noise is their
    scatter and the interval Student's.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.size < FEWEST or not x[-EDGE - 1] > x[EDGE - 1]:
        return None
    profile = _Profile(x, y, powers, exponents)
    start, exponent = profile.best()
    # Exact data: what is left is rounding.
    least = max(profile.loss(start), 1e-24 * float(y @ y) or 1e-300)
    free = len(powers) + 1 + (len(exponents) > 1)
    freedom = max(x.size - free - 1, 1)
    variance = least / freedom
    threshold = least + variance * float(stdtrit(freedom, 0.841345)) ** 2
    low, high = (_side(profile.loss, start, end, threshold) for end in (float(x[0]), float(x[-2])))
    design = np.column_stack([_powers(x, powers), np.maximum(x - start, 0.0) ** exponent])
    solved = np.linalg.lstsq(design, y, rcond=None)[0]
    parameters = free + 2
    few = 2.0 * parameters * (parameters + 1) / max(x.size - parameters - 1, 1)
    return Hinge(
        start=start,
        error=None if low is None or high is None else 0.5 * (high - low),
        interval=(low, high),
        line=np.asarray(solved[:-1], dtype=np.float64),
        size=float(solved[-1]),
        power=exponent,
        powers=tuple(powers),
        noise=float(np.sqrt(variance)),
        gain=(profile.line_alone - least) / variance,
        aicc=x.size * float(np.log(least / x.size)) + 2.0 * parameters + few,
    )


class _Profile:
    """Chi-square over the start, the line and the size eliminated and the best exponent taken."""

    def __init__(self, x: FloatArray, y: FloatArray, powers: Sequence[int], exponents: Sequence[float]) -> None:
        self.x, self.exponents = x, np.asarray(exponents, dtype=np.float64)
        self.base, _ = np.linalg.qr(_powers(x, powers))
        self.rest = y - self.base @ (self.base.T @ y)
        self.line_alone = float(self.rest @ self.rest)

    def all(self, start: float) -> FloatArray:
        """Chi-square with each of the exponents."""
        parts = np.maximum(self.x - start, 0.0)[:, None] ** self.exponents
        parts = parts - self.base @ (self.base.T @ parts)
        squares = np.einsum("ij,ij->j", parts, parts)
        gains = (self.rest @ parts) ** 2 / np.where(squares > 0.0, squares, np.inf)
        return np.asarray(self.line_alone - gains)

    def loss(self, start: float) -> float:
        """The least over the exponents."""
        return float(self.all(start).min())

    def best(self) -> tuple[float, float]:
        """Start and exponent of the least chi-square: a grid, then a bounded search between its neighbours."""
        low, high = float(self.x[EDGE - 1]), float(self.x[-EDGE - 1])
        grid = np.linspace(low, high, _GRID)
        k = int(np.argmin([self.loss(float(start)) for start in grid]))
        bounds = (grid[max(k - 1, 0)], grid[min(k + 1, _GRID - 1)])
        options: Any = {"xatol": 1e-7 * (high - low)}
        start = float(minimize_scalar(self.loss, bounds=bounds, method="bounded", options=options).x)
        return start, float(self.exponents[int(np.argmin(self.all(start)))])


def _powers(x: FloatArray, powers: Sequence[int]) -> FloatArray:
    return np.column_stack([x**p for p in powers]) if powers else np.empty((x.size, 0))


def _side(loss: Callable[[float], float], start: float, end: float, threshold: float) -> float | None:
    """Where chi-square has risen to the threshold between the best start and the end of the data; None: nowhere."""
    steps = start + (end - start) * np.linspace(0.0, 1.0, _STEPS) ** 2
    last = float(steps[0])
    for step in steps[1:]:
        if loss(float(step)) > threshold:
            return float(brentq(lambda s: loss(s) - threshold, last, float(step), xtol=1e-6 * abs(end - start)))
        last = float(step)
    return None
