"""Trends through points with errors in both axes: straight lines and parabolas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, stdtrit

from megabar.errors import DomainError
from megabar.fitting.effective_variance import Points, Solution, estimate, standardise
from megabar.fitting.model import FloatArray, frozen_array


@dataclass(frozen=True, eq=False)
class Trend:
    """y = sum_k coefficients[k] (x - reference)^k, k = 0 .. degree, in the units of the data.

    covariance           (degree + 1, degree + 1); None when neither errors nor degrees of freedom tell the noise
    reference            mean of x
    scatter              standard deviation of y beyond the errors given, by restricted maximum likelihood; without
                         errors the whole scatter; None when not estimated
    scatter_interval     its 68.27 % interval (Q profile); None when not estimated or when the points lie nearer to
                         the curve than their errors allow
    chi_square           of this curve with the errors given alone; None without y_error
    degrees_of_freedom   points - coefficients
    quantile_freedom     degrees of freedom of Student's t for intervals; infinite (normal) where the errors given
                         explain the points
    words                which errors were used and what they explain
    """

    coefficients: FloatArray
    covariance: FloatArray | None
    reference: float
    scatter: float | None
    scatter_interval: tuple[float, float] | None
    chi_square: float | None
    degrees_of_freedom: int
    quantile_freedom: float
    words: str

    @property
    def slope(self) -> float:
        """dy/dx at `reference`; everywhere for a line."""
        return float(self.coefficients[1])

    @property
    def slope_error(self) -> float | None:
        """Standard error of `slope`."""
        return None if self.covariance is None else math.sqrt(self.covariance[1, 1])

    def slope_interval(self, *, level: float = 0.6827) -> tuple[float, float] | None:
        """Interval that covers `level`, with Student's t where the scatter was estimated."""
        error = self.slope_error
        if error is None:
            return None
        half = error * self.quantile(level)
        return self.slope - half, self.slope + half

    def quantile(self, level: float) -> float:
        """Half-width of a central interval in standard errors."""
        return quantile(level, self.quantile_freedom)

    def at(self, x: ArrayLike) -> tuple[FloatArray, FloatArray | None]:
        """The curve at x (n,) and its standard error; the intercept is at x = 0."""
        powers = (np.atleast_1d(np.asarray(x, dtype=np.float64))[:, None] - self.reference) ** np.arange(
            self.coefficients.size
        )
        value = powers @ self.coefficients
        if self.covariance is None:
            return value, None
        return value, np.sqrt(np.einsum("ij,jk,ik->i", powers, self.covariance, powers))

    def band(self, x: ArrayLike, *, level: float = 0.95) -> tuple[FloatArray, FloatArray] | None:
        """Pointwise confidence band (low, high) of the curve at x, each (n,); None without covariance."""
        value, error = self.at(x)
        if error is None:
            return None
        half = error * self.quantile(level)
        return value - half, value + half


def line(
    x: ArrayLike,
    y: ArrayLike,
    *,
    x_error: ArrayLike | None = None,
    y_error: ArrayLike | None = None,
    intrinsic: bool = True,
) -> Trend:
    """Straight line through points (x, y) of shape (n,) with standard deviations x_error, y_error (None, one or (n,)).

    Minimises sum (y - a - b x)^2 / (y_error^2 + b^2 x_error^2 + scatter^2), the likelihood of independent normal
    errors in both axes (D. York, Can. J. Phys. 44, 1079 (1966); standard errors from the adjusted points, York et
    al., Am. J. Phys. 72, 367 (2004)). With `intrinsic` the scatter beyond the errors is estimated by restricted
    maximum likelihood. Errors follow from the errors given where these explain the points (scatter 0 or
    `intrinsic=False`), otherwise from the scatter seen, with Student's t for intervals (Knapp and Hartung 2003).
    Raises DataError for unusable data, `intrinsic=False` without y_error, or x that do not vary; ConvergenceError
    when the errors in x are so large that the points determine no slope.
    """
    return polynomial(x, y, degree=1, x_error=x_error, y_error=y_error, intrinsic=intrinsic)


def polynomial(
    x: ArrayLike,
    y: ArrayLike,
    *,
    degree: int,
    x_error: ArrayLike | None = None,
    y_error: ArrayLike | None = None,
    intrinsic: bool = True,
) -> Trend:
    """The same for a polynomial of degree 1 or 2; x errors enter through the local slope (effective variance).

    For degree 2 that is right to first order in x_error times curvature over slope (J. Orear, Am. J. Phys. 50, 912
    (1982), with the weights varied in the minimisation).
    """
    if degree not in (1, 2):
        raise DomainError(f"trend: degree {degree} is not 1 or 2")
    points = standardise(x, y, x_error, y_error, np.zeros(np.size(y), dtype=np.intp), degree)
    found = estimate(points, intrinsic=intrinsic)
    factor = points.y_unit / points.x_unit ** np.arange(degree + 1)
    coefficients = found.curve.coefficients * factor
    coefficients[0] += points.y_zero
    covariance = None if found.covariance is None else frozen_array(found.covariance * np.outer(factor, factor))
    scatter, interval = scatter_in_units(found, points)
    return Trend(
        coefficients=frozen_array(coefficients),
        covariance=covariance,
        reference=points.reference,
        scatter=scatter,
        scatter_interval=interval,
        chi_square=found.chi_square,
        degrees_of_freedom=points.degrees_of_freedom,
        quantile_freedom=found.freedom,
        words=describe(found, points),
    )


def quantile(level: float, freedom: float) -> float:
    """Half-width of a central interval in standard errors, Student's t with `freedom` degrees of freedom."""
    if not 0.0 < level < 1.0:
        raise DomainError(f"confidence level {level} is not between 0 and 1")
    return float(stdtrit(freedom, 0.5 * (1.0 + level)))


def scatter_in_units(found: Solution, points: Points) -> tuple[float | None, tuple[float, float] | None]:
    """Scatter and its interval in the units of y."""
    scatter = None if found.scatter is None else found.scatter * points.y_unit
    if found.scatter_interval is None:
        return scatter, None
    low, high = found.scatter_interval
    return scatter, (low * points.y_unit, high * points.y_unit)


def describe(found: Solution, points: Points) -> str:
    """Which errors were used, and what they explain."""
    freedom = points.degrees_of_freedom
    if found.covariance is None:
        return "as many coefficients as points and no errors given: no error can be estimated"
    chance = ""
    if found.chi_square is not None and freedom > 0:
        probability = float(chdtrc(freedom, found.chi_square))
        size = f"{found.chi_square:.0f}" if found.chi_square >= 100.0 else f"{found.chi_square:.3g}"
        odds = f"probability {probability:.2g}" if probability >= 1e-6 else "certainly not by chance"
        chance = f"chi-square {size} with {freedom} degrees of freedom ({odds})"
    if found.scatter is None:
        return f"errors from those given; {chance or 'no degrees of freedom to test them'}"
    if found.scatter == 0.0:
        return f"the errors given explain the points, no scatter beyond them; {chance}"
    size = f"{found.scatter * points.y_unit:.3g}"
    if found.chi_square is None:
        return f"errors from the scatter of the points, {size}"
    return f"scatter beyond the errors given, {size}, included; with those alone {chance}"
