"""Where a curve leaves a straight line: y = line + c (x - x0)^p above x0, the start x0 by its profile of chi-square."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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
_GRID: Final = 120


@dataclass(frozen=True)
class Hinge:
    """start: x0; interval at 68.27 % (a side None where the data do not close it); error: half of it, None if open.

    line: coefficients of the line in the order of `powers`; size: c. noise: standard deviation of a point.
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


def fit_hinge(x: FloatArray, y: FloatArray, *, power: float, powers: Sequence[int] = (0, 1)) -> Hinge | None:
    """Least squares over the line, the start and the size; None below `FEWEST` points or where x does not vary.

    x: (n,), ascending; y: (n,); power: of the departure, > 0; powers: of x in the line, (1,) for one through zero,
    () for none. Linear in all but the start, so that is searched and the others follow. All points weigh alike; the
    noise is their scatter and the interval Student's.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    low, high = (x[EDGE - 1], x[-EDGE - 1]) if x.size > 2 * EDGE else (0.0, 0.0)
    if x.size < FEWEST or not high > low:
        return None
    basis = _powers(x, powers)
    base, _ = np.linalg.qr(basis)
    rest = y - base @ (base.T @ y)

    def loss(start: float) -> float:
        part = np.maximum(x - start, 0.0) ** power
        part = part - base @ (base.T @ part)
        square = float(part @ part)
        return float(rest @ rest) - (float(part @ rest) ** 2 / square if square > 0.0 else 0.0)

    grid = np.linspace(low, high, _GRID)
    k = int(np.argmin([loss(s) for s in grid]))
    ends = grid[max(k - 1, 0)], grid[min(k + 1, _GRID - 1)]
    start = float(minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-7 * (high - low)}).x)
    least = min(loss(start), float(rest @ rest))
    freedom = x.size - len(powers) - 2
    # Exact data: what is left is rounding.
    least = max(least, 1e-24 * float(y @ y) or 1e-300)
    variance = least / freedom
    design = np.column_stack([basis, np.maximum(x - start, 0.0) ** power])
    solved = np.linalg.lstsq(design, y, rcond=None)[0]
    threshold = least + variance * float(stdtrit(freedom, 0.841345)) ** 2
    sides = tuple(_side(loss, start, end, threshold) for end in (float(x[0]), float(x[-2])))
    number, parameters = x.size, len(powers) + 3
    return Hinge(
        start=start,
        error=None if None in sides else 0.5 * (sides[1] - sides[0]),  # type: ignore[operator]
        interval=(sides[0], sides[1]),
        line=np.asarray(solved[:-1], dtype=np.float64),
        size=float(solved[-1]),
        power=power,
        powers=tuple(powers),
        noise=float(np.sqrt(variance)),
        gain=(float(rest @ rest) - least) / variance,
        aicc=number * float(np.log(least / number))
        + 2 * parameters
        + 2 * parameters * (parameters + 1) / max(number - parameters - 1, 1),
    )


def _powers(x: FloatArray, powers: Sequence[int]) -> FloatArray:
    return np.column_stack([x**p for p in powers]) if powers else np.empty((x.size, 0))


def _side(loss: object, start: float, end: float, threshold: float) -> float | None:
    """Where chi-square has risen to the threshold between the best start and the end of the data; None: nowhere."""
    assert callable(loss)
    steps = start + (end - start) * np.linspace(0.0, 1.0, 60)
    above = [float(loss(s)) > threshold for s in steps]
    if True not in above:
        return None
    k = above.index(True)
    if k == 0:
        return start
    return float(brentq(lambda s: float(loss(s)) - threshold, steps[k - 1], steps[k]))
