"""One slope for several cells: an offset each, scatter within them, spread between them, a common gauge error."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.special import chdtri

from megabar.errors import DataError
from megabar.fitting.effective_variance import LEVEL, Points, Solution, estimate, standardise
from megabar.fitting.model import FloatArray
from megabar.fitting.trend import describe, quantile, scatter_in_units
from megabar.frozen import freeze


@dataclass(frozen=True)
class Spread:
    """How far the offsets of the cells differ beyond their own errors: a random-effects estimate.

    mean, mean_error     typical offset at the reference and its standard error
    value, error         standard deviation between cells by restricted maximum likelihood and its standard error
                         from the information; error None when the value is 0
    interval             68.27 % interval (Q profile), the honest statement for few cells; None when the offsets agree
                         better than their errors allow
    """

    mean: float
    mean_error: float
    value: float
    error: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class SharedSlope:
    """y = offsets[cell] + slope (x - reference), with errors.

    slope, slope_error        common slope and its standard error (None without noise estimate); the gauge error that
                              all points share does not enter it
    offsets, offset_errors    cell -> y at x = reference and its standard error, without the gauge
    gauge_error               |slope| common_x_error: what the common gauge error does to every offset alike, a
                              systematic to be shown beside the statistical error; None when it was not given
    scatter, scatter_interval within cells, beyond the errors given; see `Trend`
    spread                    between cells; None with one cell or without errors of the offsets
    counts                    cell -> number of points; a cell with one point has an offset but no say in the slope
    chi_square, degrees_of_freedom, quantile_freedom, words   see `Trend`
    """

    slope: float
    slope_error: float | None
    reference: float
    offsets: Mapping[Hashable, float]
    offset_errors: Mapping[Hashable, float | None]
    gauge_error: float | None
    scatter: float | None
    scatter_interval: tuple[float, float] | None
    spread: Spread | None
    counts: Mapping[Hashable, int]
    chi_square: float | None
    degrees_of_freedom: int
    quantile_freedom: float
    words: str

    def slope_interval(self, *, level: float = 0.6827) -> tuple[float, float] | None:
        """Interval that covers `level`, with Student's t where the scatter was estimated."""
        if self.slope_error is None:
            return None
        half = self.slope_error * quantile(level, self.quantile_freedom)
        return self.slope - half, self.slope + half

    def at(self, x: ArrayLike, *, cell: Hashable) -> FloatArray:
        """The line of one cell at x."""
        return np.asarray(self.offsets[cell] + self.slope * (np.asarray(x, dtype=np.float64) - self.reference))


def shared_slope(
    x: ArrayLike,
    y: ArrayLike,
    cell: Sequence[Hashable],
    *,
    x_error: ArrayLike | None = None,
    y_error: ArrayLike | None = None,
    common_x_error: float | None = None,
    reference: float | None = None,
) -> SharedSlope:
    """Several cells with one slope and an offset each, errors in both axes and scatter within the cells.

    x, y (n,); cell (n,) labels; x_error, y_error independent standard deviations (None, one number or (n,)).
    common_x_error: standard deviation of a gauge error that moves all x together; it moves every offset by
    slope * common_x_error and the slope not at all. reference: x of the offsets, default the mean of x.

    Fixed offsets, so that cells measured in different ranges do not feign a slope; sum of squares with the effective
    variance y_error^2 + (slope x_error)^2 + scatter^2, scatter by restricted maximum likelihood, errors and Student's
    t as in `line`. The spread between cells comes from a random-effects model of the offsets with their covariance.
    Raises DataError for unusable data or when no cell has two different x.
    """
    labels = list(dict.fromkeys(cell))
    number = np.array([labels.index(c) for c in cell], dtype=np.intp)
    if number.size != np.size(y):
        raise DataError(f"trend: {number.size} cell labels for {np.size(y)} points: give one label per point")
    if common_x_error is not None and not (common_x_error > 0.0 and math.isfinite(common_x_error)):
        raise DataError("trend: common_x_error must be positive and finite: leave it out where it is not known")
    points = standardise(x, y, x_error, y_error, number, 1)
    found = estimate(points, intrinsic=True)
    at = points.reference if reference is None else float(reference)
    values, covariance = _in_units(found, points, at)
    slope = float(values[-1])
    errors = [None] * (len(labels) + 1) if covariance is None else np.sqrt(np.diag(covariance)).tolist()
    scatter, interval = scatter_in_units(found, points)
    counts = np.bincount(number).tolist()
    spread = None
    if covariance is not None and len(labels) > 1:
        spread = _spread(values[:-1], covariance[:-1, :-1])
    return SharedSlope(
        slope=slope,
        slope_error=errors[-1],
        reference=at,
        offsets=freeze(dict(zip(labels, values[:-1].tolist(), strict=True))),
        offset_errors=freeze(dict(zip(labels, errors[:-1], strict=True))),
        gauge_error=None if common_x_error is None else abs(slope) * common_x_error,
        scatter=scatter,
        scatter_interval=interval,
        spread=spread,
        counts=freeze(dict(zip(labels, counts, strict=True))),
        chi_square=found.chi_square,
        degrees_of_freedom=points.degrees_of_freedom,
        quantile_freedom=found.freedom,
        words=describe(found, points),
    )


def _in_units(found: Solution, points: Points, reference: float) -> tuple[FloatArray, FloatArray | None]:
    """Offsets at the reference and the slope, (cells + 1,), with their covariance, in the units of the data."""
    transform = points.y_unit * np.eye(points.groups + 1)
    transform[:-1, -1] = points.y_unit * (reference - points.reference) / points.x_unit
    transform[-1, -1] = points.y_unit / points.x_unit
    values = transform @ found.curve.coefficients
    values[:-1] += points.y_zero
    return values, None if found.covariance is None else transform @ found.covariance @ transform.T


def _spread(offsets: FloatArray, covariance: FloatArray) -> Spread | None:
    """offsets ~ N(mean, covariance + spread^2): restricted maximum likelihood and Q profile."""
    m = offsets.size
    top = 3.0 * float(np.ptp(offsets)) + math.sqrt(float(np.trace(covariance)) / m)
    if not (top > 0.0 and np.linalg.eigvalsh(covariance)[0] > 0.0):
        return None

    def fitted(spread: float) -> tuple[float, float, float, FloatArray]:
        """Mean, its information, chi-square and the projected inverse P at a given spread."""
        inverse = np.linalg.inv(covariance + spread**2 * np.eye(m))
        column = inverse.sum(axis=1)
        information = float(column.sum())
        mean = float(column @ offsets) / information
        residual = offsets - mean
        projected = inverse - np.outer(column, column) / information
        return mean, information, float(residual @ inverse @ residual), projected

    def loss(spread: float) -> float:
        _, information, chi_square, _ = fitted(spread)
        determinant = float(np.linalg.slogdet(covariance + spread**2 * np.eye(m))[1])
        return determinant + math.log(information) + chi_square

    grid = np.linspace(0.0, top, 17)
    best = int(np.argmin([loss(s) for s in grid]))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, 16)])
    found = float(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-7 * top}).x)
    value = found if loss(found) < loss(0.0) else 0.0
    mean, information, chi_square, projected = fitted(value)
    # Information of spread^2 is tr(P P)/2; spread = sqrt(spread^2).
    error = math.sqrt(2.0 / float(np.trace(projected @ projected))) / (2.0 * value) if value > 0.0 else None
    widened = max(chi_square / (m - 1), 1.0)
    interval = _spread_interval(lambda s: fitted(s)[2], m - 1, top)
    return Spread(mean, math.sqrt(widened / information), value, error, interval)


def _spread_interval(chi_square: Callable[[float], float], freedom: int, top: float) -> tuple[float, float] | None:
    """Where chi-square, which falls with the spread, equals its own quantiles."""
    many, few = (float(chdtri(freedom, p)) for p in ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    if chi_square(0.0) <= few:
        return None
    while chi_square(top) > few:
        top *= 2.0
    upper = brentq(lambda s: chi_square(s) - few, 0.0, top)
    lower = brentq(lambda s: chi_square(s) - many, 0.0, top) if chi_square(0.0) > many else 0.0
    return float(lower), float(upper)
