"""A curve as the tests of integrity see it: its readings, the grid they stand on, its noise without its signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

from megabar.analysis.smoothing import noise_level, scatter
from megabar.evidence.integrity_finding import Finding, Mark

FloatArray = NDArray[np.float64]

FEWEST: Final = 20
"""Readings below which no test is made."""

RESOLVED: Final = 0.58
"""Scatter over step from which rounding behaves as noise: sqrt(1/4 + 1/12), a noise of half a step and rounding."""

WIDE: Final = 9
"""Neighbours of the local cubic whose residual is the noise where the signal is gentle."""

NARROW: Final = 7
"""Neighbours of the divided differences (sixth order) that are the noise where the signal is steep."""

_LOCAL: Final = 21
_LARGEST: Final = 4.0
_ON_GRID: Final = 1e-3
_WIDER: Final = 101
_LOUD: Final = 3.0
_NEAR: Final = 13
_EXCESS: Final = 1.25


@dataclass(frozen=True)
class Series:
    """Readings y (n,) at x (n,), finite, in the order of the file.

    row: number of each reading in its curve, from 0.
    """

    curve: str
    column: str
    x: FloatArray
    y: FloatArray
    row: NDArray[np.intp]
    x_name: str = ""
    x_unit: str = ""
    unit: str = ""

    @cached_property
    def step(self) -> float:
        """Step of the grid on which all readings stand; 0 where they stand on none."""
        return grid_step(self.y)

    @cached_property
    def basis(self) -> FloatArray:
        """What the signal is smooth in, (n,), rising: the way along x, or the reading's number where x is noisy."""
        number = np.arange(self.y.size, dtype=np.float64)
        if np.unique(self.x).size < self.y.size // 2:
            return number
        way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(self.x)))])
        own = way / way[-1] * (self.y.size - 1)
        return number if noise_level(number, self.y) < 0.9 * noise_level(own, self.y) else own

    @cached_property
    def noise(self) -> float:
        """Standard deviation of one reading about a smooth curve, rounding included."""
        return noise_level(self.basis, self.y)

    @property
    def resolved(self) -> bool:
        """Whether there is noise and the grid is fine enough to show it."""
        return self.noise > max(RESOLVED * self.step, 1e-13 * float(np.abs(self.y).max()))

    @cached_property
    def wide(self) -> FloatArray:
        """Noise in units of its local scale by local cubics, (n,); 0 where these do not follow the signal."""
        raw = _padded(local_cubic(self.basis, self.y, WIDE), WIDE)
        return _scaled(raw, _padded(scatter(self.basis, self.y, points=NARROW), NARROW), agrees=0.4)

    @cached_property
    def narrow(self) -> FloatArray:
        """The same by sixth differences, compared with eighth ones."""
        raw = _padded(scatter(self.basis, self.y, points=NARROW), NARROW)
        return _scaled(raw, _padded(scatter(self.basis, self.y, points=NARROW + 2), NARROW + 2), agrees=-0.5)

    @property
    def whole(self) -> list[tuple[int, int]]:
        """First and last reading."""
        return [(0, self.y.size - 1)]

    def span(self, first: int, last: int) -> tuple[float, float]:
        """Range of x from reading `first` to `last`, both counted in this series."""
        part = self.x[first : last + 1]
        return float(part.min()), float(part.max())

    def rows(self, first: int, last: int) -> tuple[int, int]:
        """Rows of the file's curve, counted from 1."""
        return int(self.row[first]) + 1, int(self.row[last]) + 1


def grid_step(values: FloatArray) -> float:
    """The step q of a grid q k + const on which all `values` stand to 0.1 % of q; 0 where there is none.

    The smallest distance between different values is q, or a small multiple of it. Six different values are needed:
    by chance all of them fall on a grid with a probability of some 0.002^4. Where there are fewer, and each occurs
    three times on average, q is the smallest distance. A straight line, whose values differ all by one step, is none.
    Numbers printed with a fixed number of digits stand on coarser grids where they are larger: there, the coarsest.
    """
    whole = _step_of(values)
    size = np.abs(values)
    large = values[size >= 0.3 * size.max()]
    return max(whole, _step_of(large)) if 2 * large.size > values.size else whole


def _step_of(values: FloatArray) -> float:
    distinct = np.unique(values)
    if distinct.size < 2:
        return 0.0
    float_error = 8.0 * np.finfo(np.float64).eps * float(np.abs(distinct).max())
    levels = distinct[np.concatenate([[True], np.diff(distinct) > float_error])] - distinct[0]
    if levels.size < 2:
        return 0.0
    smallest = float(np.diff(levels).min())
    if levels.size == values.size and np.ptp(np.diff(levels)) < 0.5 * smallest:
        return 0.0
    if levels.size < 6:
        return smallest if 3 * levels.size <= values.size else 0.0
    for parts in range(1, 6):
        step = smallest / parts
        for _ in range(3):  # the smallest distance carries the rounding of floats: refine the step by all of them
            number = np.rint(levels / step)
            step = float((levels * number).sum() / (number * number).sum())
        off = np.abs(levels - step * np.rint(levels / step))
        if off.max() <= _ON_GRID * step + float_error and float_error < 0.01 * step:
            return step
    return 0.0


def local_cubic(x: FloatArray, y: FloatArray, points: int) -> FloatArray:
    """Residual of the middle one of each `points` neighbours about their cubic, scaled to the noise of one reading.

    x, y: (n,); result (n - points + 1,).
    """
    near = np.lib.stride_tricks.sliding_window_view(x, points)
    middle = points // 2
    u = near - near[:, [middle]]
    reach = np.abs(u).max(axis=1, keepdims=True)
    u = u / np.where(reach > 0, reach, 1.0)
    powers = np.stack([np.ones_like(u), u, u * u, u**3], axis=-1)
    q, _ = np.linalg.qr(powers)
    weights = -np.einsum("nk,njk->nj", q[:, middle], q)
    weights[:, middle] += 1.0
    length = np.sqrt((weights**2).sum(axis=1))
    safe = np.where(length > 0.05, length, np.inf)
    return np.asarray((weights * np.lib.stride_tricks.sliding_window_view(y, points)).sum(axis=1) / safe)


def difference_weights(x: FloatArray, points: int) -> FloatArray:
    """Weights of unit length of the divided difference of each `points` neighbours, shape (n - points + 1, points)."""
    near = np.lib.stride_tricks.sliding_window_view(x, points)
    reach = np.ptp(near, axis=1)[:, None, None]
    apart = (near[:, :, None] - near[:, None, :]) / np.where(reach > 0.0, reach, 1.0)
    order = np.sign(np.arange(points)[:, None] - np.arange(points)[None, :])
    apart = np.where(np.abs(apart) > 1e-6, apart, 1e-6 * order) + np.eye(points)  # readings at one x: their difference
    weights = 1.0 / apart.prod(axis=2)
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))


def correlations(u: FloatArray, lags: int = 16) -> FloatArray:
    """Autocorrelation of u at lags 0 to `lags`, shape (lags + 1,)."""
    energy = float(u @ u)
    if energy == 0.0:
        return np.zeros(lags + 1)
    return np.array([float(u[: u.size - k] @ u[k:]) / energy for k in range(lags + 1)])


def _padded(values: FloatArray, points: int) -> FloatArray:
    """As long as the curve, nan where there are too few neighbours."""
    return np.pad(values, points // 2, constant_values=np.nan)


def _scaled(raw: FloatArray, higher: FloatArray, *, agrees: float) -> FloatArray:
    """`raw` in units of its local scale; 0 where signal is in it, and beyond four times the scale.

    A signal that is not followed leaves residuals whose correlation with their neighbours is above that of noise, by
    `agrees`, and less in higher differences; or ones that are three times louder than those of a hundred neighbours.
    """
    known = np.isfinite(raw) & np.isfinite(higher)
    rest, sharp = np.where(known, raw, 0.0), np.where(known, higher, 0.0)
    energy = _mean(rest * rest)
    beside = _mean(rest * np.append(rest[1:], 0.0))
    signal = (energy > _EXCESS**2 * _mean(sharp * sharp)) & (beside > agrees * energy)
    size = np.abs(rest)
    signal |= energy > (_LOUD / 0.6745 * median_filter(size, min(_WIDER, size.size), mode="reflect")) ** 2
    scale = median_filter(np.abs(np.where(np.isfinite(raw), raw, 0.0)), _LOCAL, mode="reflect") / 0.6745
    ratio = np.where(known & (scale > 0), rest / np.where(scale > 0, scale, 1.0), np.inf)
    return np.asarray(np.where(signal | (np.abs(ratio) > _LARGEST), 0.0, ratio))


def _mean(values: FloatArray) -> FloatArray:
    return np.asarray(uniform_filter1d(values, _NEAR, mode="nearest"))


def finding(
    series: Series,
    mark: Mark,
    text: str,
    runs: Sequence[tuple[int, int]],
    quantity: str,
    number: float,
    unit: str,
    probability: float,
) -> Finding:
    """A finding in the stretches `runs` of a series, (first, last) reading of each."""
    return Finding(
        mark=mark,
        curve=series.curve,
        column=series.column,
        text=text,
        where=tuple(series.span(*run) for run in runs),
        rows=tuple(series.rows(*run) for run in runs),
        x_name=series.x_name,
        x_unit=series.x_unit,
        quantity=quantity,
        number=number,
        unit=unit,
        probability=min(probability, 1.0),
    )
