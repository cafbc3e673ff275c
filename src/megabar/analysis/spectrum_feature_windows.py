"""What the searches for features share: checked input, windows about many centres, weighted least squares in each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from megabar.errors import DataError, DomainError

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST: Final = 12
"""Points that any search for features needs."""

_MISFIT: Final = 0.01
"""A polynomial that noise misses by as much with less than this probability is bent too little for its window."""
_SHRINK: Final = 0.4
_GROWTH: Final = 1.2


@dataclass(frozen=True)
class Value:
    """A number and its standard error, None when unknown."""

    value: float
    error: float | None


@dataclass(frozen=True)
class Curve:
    """bias: (n,), mV, strictly ascending; conductance: (n,), normalised; noise: (n,), of each point; `shared`: how many
    neighbouring points count as one, by which variances grow."""

    bias: FloatArray
    conductance: FloatArray
    noise: FloatArray
    shared: float

    @property
    def inflation(self) -> float:
        """What errors of means over many points are multiplied by."""
        return float(np.sqrt(self.shared))

    @property
    def step(self) -> float:
        """The typical distance between neighbours, mV."""
        return float(np.median(np.diff(self.bias)))

    def take(self, rows: Mask) -> Curve:
        """Only the points of `rows` (n,)."""
        return Curve(self.bias[rows], self.conductance[rows], self.noise[rows], self.shared)

    def mirrored(self) -> Curve:
        """The curve of -V."""
        return Curve(-self.bias[::-1], self.conductance[::-1], self.noise[::-1], self.shared)

    @property
    def even(self) -> bool:
        """Whether one half of the data repeats the other, to a thousandth of the noise: symmetrised by somebody."""
        if np.max(np.abs(self.bias + self.bias[::-1])) > 1e-6 * float(np.ptp(self.bias)):
            return False
        odd = np.abs(self.conductance - self.conductance[::-1])
        return bool(np.all(odd <= 1e-3 * self.noise))


def checked(bias: ArrayLike, conductance: ArrayLike, noise: ArrayLike, correlation: float = 1.0) -> Curve:
    """The input of every search, refused unless it can be used.

    bias, conductance: (n,), n >= 12; noise: a number or (n,), > 0; correlation: >= 1. DataError for shapes that differ,
    a bias that does not ascend strictly and values that are not finite; DomainError for the noise and the correlation.
    """
    v, g = np.asarray(bias, dtype=np.float64), np.asarray(conductance, dtype=np.float64)
    if v.ndim != 1 or v.shape != g.shape:
        raise DataError(f"spectrum: bias and conductance must be of one length, found {v.shape} and {g.shape}")
    if v.size < FEWEST:
        raise DataError(f"spectrum: {v.size} points, fewer than {FEWEST}: no feature can be told from noise")
    if not (np.all(np.isfinite(v)) and np.all(np.diff(v) > 0.0)):
        raise DataError("spectrum: the bias does not ascend strictly: sort it and average repeated readings")
    if not np.all(np.isfinite(g)):
        raise DataError(f"spectrum: conductance at {v[~np.isfinite(g)][0]:.4g} mV is not finite: leave it out")
    sigma = np.asarray(noise, dtype=np.float64)
    if sigma.shape not in ((), v.shape):
        raise DataError(f"spectrum: noise must be a number or of the bias's length {v.shape}, found {sigma.shape}")
    if not np.all((sigma > 0.0) & np.isfinite(sigma)):
        raise DomainError("noise of a point must be positive and finite: estimate it from the points")
    if not 1.0 <= correlation < np.inf:
        raise DomainError(f"correlation must be at least 1 (points that count as one), found {correlation}")
    return Curve(v, g, np.broadcast_to(sigma, v.shape), float(correlation))


@dataclass(frozen=True)
class Windows:
    """Points about m centres, padded to one length k: `rows` (m, k) into the curve, `weight` (m, k), 1/noise^2 or 0."""

    rows: NDArray[np.intp]
    weight: FloatArray
    distance: FloatArray
    """(m, k), mV, from the centre."""
    conductance: FloatArray
    """(m, k)."""

    @property
    def inside(self) -> Mask:
        """(m, k), which entries are points and not padding."""
        return np.asarray(self.weight > 0.0)

    def of(self, chosen: Mask) -> Windows:
        """Only the windows `chosen` (m,)."""
        return Windows(self.rows[chosen], self.weight[chosen], self.distance[chosen], self.conductance[chosen])


def windows(curve: Curve, centres: FloatArray, reach: FloatArray) -> Windows:
    """The points within +-reach (m,) of each centre (m,), mV."""
    low = np.searchsorted(curve.bias, centres - reach, side="left")
    high = np.searchsorted(curve.bias, centres + reach, side="right")
    offsets = np.arange(max(int(np.max(high - low, initial=1)), 1))
    raw = low[:, None] + offsets
    rows = np.minimum(raw, curve.bias.size - 1)
    weight = np.where(raw < high[:, None], curve.noise[rows] ** -2.0, 0.0)
    return Windows(rows, weight, curve.bias[rows] - centres[:, None], curve.conductance[rows])


def fitted(columns: FloatArray, found: Windows) -> tuple[FloatArray, FloatArray]:
    """Least squares in each window: coefficients (m, p) and covariances (m, p, p) for independent noise.

    columns: (m, k, p), of the order of 1. Windows that do not determine a coefficient give NaN.
    """
    weighted = columns * found.weight[..., None]
    normal = weighted.transpose(0, 2, 1) @ columns
    scale = np.sqrt(np.maximum(np.einsum("mpp->mp", normal), 1e-300))
    normal /= scale[:, :, None] * scale[:, None, :]
    # A reciprocal condition below 1e-10 stands for a window without enough different points.
    good = np.linalg.eigvalsh(normal)[:, 0] > 1e-10
    inverse = np.full(normal.shape, np.nan)
    inverse[good] = np.linalg.inv(normal[good])
    inverse /= scale[:, :, None] * scale[:, None, :]
    right = weighted.transpose(0, 2, 1) @ found.conductance[..., None]
    return (inverse @ right)[..., 0], inverse


def contrast(found: Windows, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of the points with low <= distance <= high, shape (m,) each in mV, and its variance (inf: none)."""
    weight = np.where((found.distance >= low[:, None]) & (found.distance <= high[:, None]), found.weight, 0.0)
    total = weight.sum(axis=1)
    with np.errstate(divide="ignore"):
        variance = 1.0 / total
    return (weight * found.conductance).sum(axis=1) / np.where(total > 0.0, total, 1.0), variance


def smoothed(curve: Curve, half_width: float) -> tuple[FloatArray, FloatArray]:
    """At each reading the straight line through those within +-half_width (mV): its value there and error, (n,) each.

    Windows without two different readings give the reading itself.
    """
    near = windows(curve, curve.bias, np.full(curve.bias.size, half_width))
    u = near.distance / half_width
    coefficients, covariance = fitted(np.stack([np.ones_like(u), u], axis=-1), near)
    value, error = coefficients[:, 0], np.sqrt(covariance[:, 0, 0]) * curve.inflation
    alone = ~np.isfinite(value)
    return np.where(alone, curve.conductance, value), np.where(alone, curve.noise, error)


@dataclass(frozen=True)
class Local:
    """A polynomial about a point: sum_j coefficient_j (V - at)^j with its covariance, within +-half_width (mV).

    resolved: False when even the narrowest window bends more than the polynomial.
    """

    at: float
    half_width: float
    coefficients: FloatArray
    covariance: FloatArray
    resolved: bool = True

    def value(self) -> Value:
        """The value at the point itself; without error where the readings do not resolve the curve."""
        error = float(np.sqrt(self.covariance[0, 0])) if self.resolved else None
        return Value(float(self.coefficients[0]), error)


def local_polynomial(curve: Curve, at: float, half_width: float, order: int) -> Local:
    """Least squares of degree `order` within +-half_width of `at`; DataError where too few points lie there."""
    near = np.abs(curve.bias - at) <= half_width
    found = windows(curve.take(near) if near.any() else curve, np.array([at]), np.array([half_width]))
    u = found.distance / half_width
    coefficients, covariance = fitted(u[..., None] ** np.arange(order + 1), found)
    if not np.all(np.isfinite(coefficients)):
        raise DataError(
            f"spectrum: too few points within {half_width:.3g} mV of {at:.4g} mV for a curve of degree {order}"
        )
    powers = half_width ** -np.arange(order + 1.0)
    return Local(at, half_width, coefficients[0] * powers, curve.shared * covariance[0] * np.outer(powers, powers))


def widest_polynomial(curve: Curve, at: float, order: int, *, largest: float) -> Local:
    """The polynomial of degree `order` about `at` in two fifths of the widest window that it fits to within the noise.

    Windows from `largest` (mV) down by factors of 1.2 to two points more than coefficients, until chance would exceed
    chi-square in more than 1 % of cases. No wider, because a misfit that cannot be seen there yet is small here.
    `resolved` tells whether any window passed.
    """
    distance = np.sort(np.abs(curve.bias - at))
    smallest = 1.001 * float(distance[min(order + 2, distance.size - 1)])
    half_width = max(largest, smallest)
    while not (good := _fits(curve, local_polynomial(curve, at, half_width, order))) and half_width > smallest:
        half_width = max(half_width / _GROWTH, smallest)
    return replace(local_polynomial(curve, at, max(_SHRINK * half_width, smallest), order), resolved=good)


def _fits(curve: Curve, trial: Local) -> bool:
    near = curve.take(np.abs(curve.bias - trial.at) <= trial.half_width)
    model = np.polynomial.polynomial.polyval(near.bias - trial.at, trial.coefficients)
    misfit = float(np.sum(((near.conductance - model) / near.noise) ** 2))
    freedom = near.bias.size - trial.coefficients.size
    # Noise shared by neighbours makes chi-square as uncertain as that of as many fewer points.
    return freedom < 1 or misfit / curve.shared <= float(chdtri(freedom / curve.shared, _MISFIT))
