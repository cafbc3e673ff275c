"""Errors of derived quantities: the uncertainties package where the function is straight enough, else Monte Carlo."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import DataError, DomainError
from megabar.fitting.model import FloatArray

Function = Callable[..., float]

CURVATURE_LIMIT = 0.1
"""Bend of the function over one standard deviation, in units of its own error, above which it is not linear."""
_FAILURES = 0.01
"""Share of draws outside the function's domain that is tolerated; more would bias the quantiles."""


@dataclass(frozen=True)
class Propagated:
    """A derived quantity.

    value       the function at the given values
    error       standard deviation: linear error, or half the 68.27 % interval of the draws; None when too many draws
                lie where the function is not defined
    lower, upper   68.27 % interval: value -+ error, or quantiles of the draws; None with the error
    curvature   the number that decided, see `propagate`
    """

    value: float
    error: float | None
    lower: float | None
    upper: float | None
    method: Literal["linear", "monte carlo"]
    curvature: float
    words: str


def propagate(
    function: Function,
    values: Mapping[str, float],
    covariance: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 20_000,
) -> Propagated:
    """Error of function(**values) for values with the given covariance (k, k), in the order of `values`.

    Rule: along each principal axis d_i of the covariance (one standard deviation long) the function is taken at both
    ends and at a hundredth of them. With the even part e_i = (f(v + d_i) + f(v - d_i))/2 - f(v), the odd part
    o_i = (f(v + d_i) - f(v - d_i))/2 and o_i' the same at a hundredth, curvature =
    sqrt(sum_i e_i^2 + (o_i - 100 o_i')^2) / sqrt(sum_i o_i^2). Up to 0.1 the linear answer of the `uncertainties`
    package stands; above, or where an end lies outside the domain (DomainError or not finite), `n` Monte Carlo draws
    are taken. Raises DataError for a covariance of wrong shape, not finite or not positive.
    """
    from uncertainties import correlated_values, wrap

    matrix = _checked(values, covariance)
    value = _finite(function, values)
    curvature = _curvature(function, values, matrix, value)
    if not curvature <= CURVATURE_LIMIT:
        return monte_carlo(function, values, matrix, rng=rng, n=n, curvature=curvature)
    names = list(values)
    inputs = correlated_values(list(values.values()), matrix)
    outcome = wrap(lambda *numbers: function(**dict(zip(names, numbers, strict=True))))(*inputs)
    error = float(outcome.std_dev)
    words = f"linear propagation: bends by {curvature:.2g} of the error over one standard deviation"
    return Propagated(value, error, value - error, value + error, "linear", curvature, words)


def monte_carlo(
    function: Function,
    values: Mapping[str, float],
    covariance: ArrayLike,
    *,
    rng: np.random.Generator,
    n: int = 20_000,
    curvature: float = math.nan,
) -> Propagated:
    """The same by `n` normal draws: 68.27 % interval from their quantiles, error half its width.

    Draws outside the domain of the function are left out and counted; with more than 1 % of them error and interval
    are None, because those that remain are no fair sample.
    """
    matrix = _checked(values, covariance)
    value = _finite(function, values)
    draws = rng.multivariate_normal(list(values.values()), matrix, size=n, method="eigh")
    results = np.array([_or_nan(function, dict(zip(values, row.tolist(), strict=True))) for row in draws])
    good = results[np.isfinite(results)]
    lost = n - good.size
    if lost > _FAILURES * n:
        words = f"no error: {lost} of {n} Monte Carlo draws lie where the function is not defined"
        return Propagated(value, None, None, None, "monte carlo", curvature, words)
    low, high = (float(q) for q in np.quantile(good, [0.5 - 0.68269 / 2.0, 0.5 + 0.68269 / 2.0]))
    words = f"Monte Carlo over {good.size} draws" + (f", {lost} outside the domain left out" if lost else "")
    return Propagated(value, (high - low) / 2.0, low, high, "monte carlo", curvature, words)


def _checked(values: Mapping[str, float], covariance: ArrayLike) -> FloatArray:
    matrix = np.asarray(covariance, dtype=np.float64)
    k = len(values)
    if matrix.shape != (k, k):
        raise DataError(f"propagate: covariance has shape {matrix.shape} for {k} values: give ({k}, {k})")
    if not (np.all(np.isfinite(matrix)) and np.all(np.diag(matrix) > 0.0)):
        raise DataError("propagate: variances must be positive and finite: leave exact values out of `values`")
    deviation = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(deviation, deviation)
    symmetric = np.allclose(correlation, correlation.T, rtol=0.0, atol=1e-9)
    if not (symmetric and np.min(np.linalg.eigvalsh(correlation)) > -1e-9):
        raise DataError("propagate: covariance is not symmetric and positive: correlations must lie within -1 .. 1")
    return matrix


def _finite(function: Function, values: Mapping[str, float]) -> float:
    value = float(function(**values))
    if not math.isfinite(value):
        raise DomainError(f"propagate: the function is not finite at its central values {dict(values)}")
    return value


def _or_nan(function: Function, values: Mapping[str, float]) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(function(**values))
    except (DomainError, ZeroDivisionError, OverflowError):
        return math.nan


def _curvature(function: Function, values: Mapping[str, float], matrix: FloatArray, value: float) -> float:
    """The number that decides, see `propagate`; infinite where an end lies outside the domain."""
    deviation = np.sqrt(np.diag(matrix))
    eigenvalues, axes = np.linalg.eigh(matrix / np.outer(deviation, deviation))
    centre = np.array(list(values.values()))
    bent = straight = 0.0
    for size, axis in zip(np.sqrt(np.maximum(eigenvalues, 0.0)), axes.T, strict=True):
        step = size * axis * deviation
        above, below, near_above, near_below = (
            _or_nan(function, dict(zip(values, (centre + part * step).tolist(), strict=True)))
            for part in (1.0, -1.0, 0.01, -0.01)
        )
        odd = (above - below) / 2.0
        bent += ((above + below) / 2.0 - value) ** 2 + (odd - 50.0 * (near_above - near_below)) ** 2
        straight += odd**2
    if not math.isfinite(bent):
        return math.inf
    if bent == 0.0:
        return 0.0
    return math.sqrt(bent / straight) if straight > 0.0 else math.inf
