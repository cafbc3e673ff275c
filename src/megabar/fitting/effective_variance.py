"""Polynomials of a measured variable: errors in both axes, an offset per group, scatter beyond the errors by REML."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import chdtri

from megabar.errors import ConvergenceError, DataError
from megabar.fitting.model import FloatArray

_ROUNDING = 1e-12
"""A scatter below this part of the spread of y is rounding."""
LEVEL = 0.6827
"""Level of the intervals of a scatter, that of one standard deviation."""


@dataclass(frozen=True, eq=False)
class Points:
    """Data in standard units: u = (x - reference)/x_unit, v = (y - y_zero)/y_unit; all arrays (n,).

    u_error and v_error are zero where the axis has no known error; `group` numbers the offsets 0 .. groups - 1.
    """

    u: FloatArray
    v: FloatArray
    u_error: FloatArray
    v_error: FloatArray
    group: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
    groups: int
    degree: int
    reference: float
    x_unit: float
    y_zero: float
    y_unit: float

    @property
    def degrees_of_freedom(self) -> int:
        """Points - offsets - coefficients."""
        return self.u.size - self.groups - self.degree

    def design(self, u: FloatArray) -> FloatArray:
        """Columns: an indicator for each group, then u^1 .. u^degree; shape (n, groups + degree)."""
        offsets = (self.group[:, None] == np.arange(self.groups)).astype(np.float64)
        return np.hstack([offsets, u[:, None] ** np.arange(1, self.degree + 1)])

    def steepness(self, coefficients: FloatArray) -> FloatArray:
        """d curve / du at the points, shape (n,)."""
        powers = np.arange(1, self.degree + 1)
        terms = powers * self.u[:, None] ** (powers - 1)
        return np.asarray(terms @ coefficients[self.groups :], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Curve:
    """Coefficients (groups + degree,) in standard units with chi-square, variances and the information matrix."""

    coefficients: FloatArray
    chi_square: float
    variance: FloatArray
    information: FloatArray


@dataclass(frozen=True, eq=False)
class Solution:
    """The answer in standard units: coefficients, covariance (None without noise), scatter and its interval."""

    curve: Curve
    covariance: FloatArray | None
    scatter: float | None
    scatter_interval: tuple[float, float] | None
    chi_square: float | None
    freedom: float
    """Degrees of freedom of the quantiles that belong to the covariance; infinite for normal ones."""


def standardise(
    x: ArrayLike, y: ArrayLike, x_error: ArrayLike | None, y_error: ArrayLike | None, group: ArrayLike, degree: int
) -> Points:
    """Checks the data and puts them into standard units.

    DataError for NaN, different lengths, errors that are not positive, fewer points than coefficients, and x that
    do not vary enough within the groups to determine the coefficients.
    """
    x_array, y_array = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x_array.ndim != 1 or x_array.shape != y_array.shape:
        raise DataError(f"trend: x has shape {x_array.shape} and y {y_array.shape}: give one x for each y")
    if not (np.all(np.isfinite(x_array)) and np.all(np.isfinite(y_array))):
        raise DataError("trend: x and y must be finite: leave measurements without a value out")
    n = x_array.size
    _, number = np.unique(np.asarray(group), return_inverse=True)
    groups = int(number.max(initial=-1)) + 1
    if n < groups + degree:
        raise DataError(f"trend: {n} points for {groups + degree} coefficients: add points")
    counts = np.bincount(number, minlength=groups)
    centres = np.bincount(number, weights=x_array, minlength=groups) / counts
    within = x_array - centres[number]
    span = math.sqrt(float(np.mean(within**2)))
    if not span > 1e-12 * float(np.max(np.abs(x_array))):
        raise DataError("trend: x does not vary within any group, so there is no slope: add points at other x")
    y_unit = float(np.std(y_array)) or 1.0
    points = Points(
        u=(x_array - x_array.mean()) / span,
        v=(y_array - y_array.mean()) / y_unit,
        u_error=_errors("x_error", x_error, n) / span,
        v_error=_errors("y_error", y_error, n) / y_unit,
        group=number,
        groups=groups,
        degree=degree,
        reference=float(x_array.mean()),
        x_unit=span,
        y_zero=float(y_array.mean()),
        y_unit=y_unit,
    )
    if np.linalg.matrix_rank(points.design(points.u), tol=1e-9 * math.sqrt(n)) < groups + degree:
        raise DataError(f"trend: too few different x for degree {degree}: lower the degree or add points")
    return points


def _errors(name: str, values: ArrayLike | None, n: int) -> FloatArray:
    if values is None:
        return np.zeros(n)
    array = np.asarray(values, dtype=np.float64)
    if array.shape not in ((), (n,)):
        raise DataError(f"trend: {name} has shape {array.shape} for {n} points: give one number or one per point")
    if not np.all((array > 0.0) & np.isfinite(array)):
        raise DataError(f"trend: {name} must be positive and finite: leave it out where it is not known")
    return np.broadcast_to(array, (n,)).astype(np.float64)


def estimate(points: Points, *, intrinsic: bool) -> Solution:
    """Effective-variance curve, scatter by REML when `intrinsic`, covariance that covers in small samples.

    Minimises S = sum r_i^2 / V_i, V_i = v_error^2 + (slope u_error)^2 + scatter^2. Where the errors given explain the
    points (no `intrinsic`, scatter 0, or no degrees of freedom) the covariance follows from them, with normal
    quantiles. Otherwise it is multiplied by S/degrees_of_freedom and belongs to Student's t (Knapp, Hartung 2003).
    """
    freedom = points.degrees_of_freedom
    has_errors = bool(np.all(points.v_error > 0.0))
    if not intrinsic and not has_errors:
        raise DataError("trend: without intrinsic scatter the errors of the points are needed: give y_error")
    scatter = _likeliest_scatter(points) if intrinsic and freedom > 0 else None
    if scatter is None and not has_errors:
        return Solution(solve(points, 1.0), None, None, None, None, math.inf)
    curve = solve(points, 0.0 if scatter is None else scatter**2)
    inverse = np.asarray(np.linalg.inv(curve.information), dtype=np.float64)
    chi_square = _chi_square_alone(points, curve) if has_errors else None
    if scatter is None:
        return Solution(curve, inverse, None, None, chi_square, math.inf)
    interval = _scatter_interval(points, scatter)
    if scatter == 0.0:
        return Solution(curve, inverse, scatter, interval, chi_square, math.inf)
    return Solution(curve, inverse * (curve.chi_square / freedom), scatter, interval, chi_square, float(freedom))


def _chi_square_alone(points: Points, curve: Curve) -> float:
    """Chi-square of the curve with the errors given alone."""
    residual = points.v - points.design(points.u) @ curve.coefficients
    spread = points.v_error**2 + (points.steepness(curve.coefficients) * points.u_error) ** 2
    return float(np.sum(residual**2 / spread))


def solve(points: Points, scatter_variance: float) -> Curve:
    """The minimum of S at a given scatter; for lines the exact one of York (1966)."""
    design = points.design(points.u)

    def variance(coefficients: FloatArray) -> FloatArray:
        return points.v_error**2 + (points.steepness(coefficients) * points.u_error) ** 2 + scatter_variance

    coefficients = _weighted(design, points.v, np.ones(points.v.size))
    coefficients = _weighted(design, points.v, 1.0 / variance(coefficients))
    if np.any(points.u_error > 0.0):
        coefficients = _descend(points, design, coefficients, scatter_variance)
    spread = variance(coefficients)
    residual = points.v - design @ coefficients
    # York's adjusted points, the likeliest true positions, give the standard errors.
    adjusted = points.u + points.steepness(coefficients) * points.u_error**2 * residual / spread
    weighted = points.design(adjusted) / np.sqrt(spread)[:, None]
    return Curve(coefficients, float(np.sum(residual**2 / spread)), spread, weighted.T @ weighted)


def _weighted(design: FloatArray, v: FloatArray, weight: FloatArray) -> FloatArray:
    root = np.sqrt(weight)
    solution, *_ = np.linalg.lstsq(design * root[:, None], v * root, rcond=None)
    return np.asarray(solution, dtype=np.float64)


def _descend(points: Points, design: FloatArray, start: FloatArray, scatter_variance: float) -> FloatArray:
    """Newton steps in a trust region on S, whose weights move with the slope; Gauss-Newton stalls when S is large."""
    powers = np.arange(1, points.degree + 1)
    bend = np.zeros_like(design)
    bend[:, points.groups :] = powers * points.u[:, None] ** (powers - 1)
    moving = points.u_error**2

    def parts(c: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        steep = bend @ c
        return points.v - design @ c, steep * moving, points.v_error**2 + scatter_variance + steep**2 * moving

    residual, _, spread = parts(start)
    size = float(np.sum(residual**2 / spread)) + 1.0

    def value(c: FloatArray) -> float:
        residual, _, spread = parts(c)
        return float(np.sum(residual**2 / spread)) / size

    def gradient(c: FloatArray) -> FloatArray:
        residual, lean, spread = parts(c)
        return np.asarray(-2.0 * (design.T @ (residual / spread) + bend.T @ (residual**2 * lean / spread**2)) / size)

    def hessian(c: FloatArray) -> FloatArray:
        residual, lean, spread = parts(c)
        cross = 4.0 * (design * (residual * lean / spread**2)[:, None]).T @ bend
        own = (8.0 * lean**2 / spread - 2.0 * moving) * residual**2 / spread**2
        curved = (bend * own[:, None]).T @ bend
        return np.asarray((2.0 * (design / spread[:, None]).T @ design + cross + cross.T + curved) / size)

    answer = minimize(value, start, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-9})
    best = np.asarray(answer.x, dtype=np.float64)
    # One more step removes what the tolerance left; its size shows whether this is a minimum.
    curvature, slope = hessian(best), gradient(best)
    try:
        np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError:
        raise ConvergenceError("trend: the points determine no slope within their errors in x", best=best) from None
    step = np.linalg.solve(curvature, slope)
    if not float(slope @ step) * size <= 1e-6:
        raise ConvergenceError("trend: the curve through points with errors in x did not converge", best=best)
    return np.asarray(best - step, dtype=np.float64)


def _likeliest_scatter(points: Points) -> float:
    """Maximises the restricted likelihood -1/2 (sum ln V + ln det X^T W X + S) (Patterson and Thompson 1971)."""
    unweighted = solve(replace(points, u_error=np.zeros_like(points.u), v_error=np.zeros_like(points.v)), 1.0)
    seen = math.sqrt(unweighted.chi_square / points.degrees_of_freedom)
    if not (np.any(points.u_error > 0.0) or np.any(points.v_error > 0.0)):
        return max(seen, _ROUNDING)
    least = 0.0 if np.all(points.v_error > 0.0) else max(1e-3 * seen, _ROUNDING)
    if not seen > _ROUNDING:
        return least

    def loss(scatter: float) -> float:
        try:
            curve = solve(points, scatter**2)
        except ConvergenceError:
            # Too little scatter for these points: errors in x alone would turn the line upright.
            return math.inf
        determinant = np.linalg.slogdet(curve.information)[1]
        return float(np.sum(np.log(curve.variance)) + determinant + curve.chi_square)

    grid = np.linspace(least, 2.0 * seen, 9)
    losses = [loss(s) for s in grid]
    best = int(np.argmin(losses))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6 * seen})
    return float(found.x) if loss(float(found.x)) < losses[0] else least


def _scatter_interval(points: Points, scatter: float) -> tuple[float, float] | None:
    """68.27 % interval of the scatter: where S equals the quantiles of chi-square (Viechtbauer 2007).

    None when the points lie nearer to the curve than their errors allow even without scatter.
    """
    freedom = points.degrees_of_freedom
    many, few = (float(chdtri(freedom, p)) for p in ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    least = 0.0 if np.all(points.v_error > 0.0) else _ROUNDING

    def excess(value: float, target: float) -> float:
        try:
            return solve(points, value**2).chi_square - target
        except ConvergenceError:
            return 1e3 * freedom

    if excess(least, few) <= 0.0:
        return None
    top = max(scatter, 1e-6)
    while excess(top, few) > 0.0:
        top *= 2.0
    upper = brentq(excess, least, top, args=(few,), xtol=1e-9)
    lower = brentq(excess, least, top, args=(many,), xtol=1e-9) if excess(least, many) > 0.0 else 0.0
    return float(lower), float(upper)
