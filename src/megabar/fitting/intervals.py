"""Profile-likelihood intervals, profiles to draw, and confidence bands of the fitted curve."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import ConvergenceError, DomainError
from megabar.fitting.least_squares import Fit, problem_of
from megabar.fitting.model import FloatArray, frozen_array
from megabar.fitting.problem import SINGULAR, Problem
from megabar.fitting.solver import search

_ROOT_TOLERANCE = 5e-4
"""Relative accuracy of the signed root at the end of an interval."""
_MAX_REFITS = 40


@dataclass(frozen=True)
class Interval:
    """A confidence interval of one parameter; a side is None when the data do not close it, said in `words`."""

    name: str
    value: float
    lower: float | None
    upper: float | None
    level: float
    words: str


@dataclass(frozen=True)
class _Side:
    end: float | None
    words: str


class _Profile:
    """Chi-square minimised over the other parameters, as a function of one; each refit starts from the last."""

    def __init__(self, result: Fit, name: str) -> None:
        problem, best = problem_of(result)
        if name not in problem.names:
            raise DomainError(f"{result.model.name}: {name!r} was not fitted; fitted were {', '.join(problem.names)}")
        parameter = next(p for p in result.parameters if p.name == name)
        self.problem, self.best = problem, best
        self.name, self.value = name, result.values[name]
        self.lower, self.upper = parameter.lower, parameter.upper
        residual = problem.residual(best)
        self.minimum = float(residual @ residual)
        # One unit of chi-square in the problem's own weights.
        self.noise = (1.0 if result.absolute else _noise_of(result) ** 2) / problem.unit**2
        self.slope = _conditional_slope(problem, best, problem.names.index(name))

    def first_step(self) -> float:
        """One standard error, or the scale of the parameter where the curvature gives none."""
        i = self.problem.names.index(self.name)
        jacobian = self.problem.jacobian(self.best, central=True)
        shift = jacobian @ self.slope
        scale = float(self.problem.scale[i])
        bend = float(shift @ shift)
        step = scale * math.sqrt(self.noise / bend) if bend > 0.0 else scale
        return min(step, 10.0 * scale) if math.isfinite(step) and step > 0.0 else scale

    def root(self, value: float, warm: FloatArray | None) -> tuple[float, FloatArray]:
        """sqrt((chi2(value) - chi2_min) / noise^2), and the refitted parameters in scaled units."""
        inner = self.problem.hold({self.name: value})
        i = self.problem.names.index(self.name)
        there = value / self.problem.scale[i]
        if warm is None:
            warm = self.best + self.slope * (there - self.best[i])
        start = np.delete(warm, i)
        if inner.names:
            start, _ = search(inner, np.clip(start, inner.lower, inner.upper), method="dogbox")
        residual = inner.residual(start)
        excess = (float(residual @ residual) - self.minimum) / self.noise
        if excess < -0.01:
            raise ConvergenceError(
                f"{self.problem.model.name}: a better minimum was found with {self.name} = {value:.6g}: "
                "fit again from there",
                best=inner.values(start),
            )
        return math.sqrt(max(excess, 0.0)), np.insert(start, i, there)

    def side(self, sign: float, target: float) -> _Side:
        """Where the root reaches `target` on the side `sign` (-1 or 1) of the best value."""
        bound = self.upper if sign > 0.0 else self.lower
        word = "upper" if sign > 0.0 else "lower"
        if self.value == bound:
            return _Side(None, f"{word} side open: the best value is on its bound")
        inside, inside_root, warm = self.value, 0.0, None
        outside: float | None = None
        outside_root = math.inf
        trial = self.value + sign * target * self.first_step()
        for _ in range(_MAX_REFITS):
            if (bound - trial) * sign <= 0.0:
                trial = bound
            root, warm_here = self.root(trial, warm)
            if abs(root - target) <= _ROOT_TOLERANCE * target:
                return _Side(trial, "")
            if root < target:
                if trial == bound:
                    return _Side(None, f"{word} side open: runs to the bound {bound:g}")
                inside, inside_root, warm = trial, root, warm_here
            else:
                outside, outside_root = trial, root
            trial = self._next(inside, inside_root, outside, outside_root, target)
        return _Side(None, f"{word} side open: chi-square never reaches the threshold")

    def _next(self, inside: float, below: float, outside: float | None, above: float, target: float) -> float:
        """The next value to try: along the chord of the root, kept within the bracket or at most fourfold out."""
        if outside is None:
            reach = inside - self.value
            grow = 4.0 if below < target / 4.0 else 1.02 * target / below
            return self.value + reach * grow
        chord = inside + (outside - inside) * (target - below) / (above - below)
        low, high = inside + 0.02 * (outside - inside), outside - 0.02 * (outside - inside)
        return min(max(chord, min(low, high)), max(low, high))


def _noise_of(result: Fit) -> float:
    if result.noise is None or not result.noise > 0.0:
        raise DomainError(
            f"{result.model.name}: no interval without noise: give the errors of the points, or more points"
        )
    return result.noise


def _conditional_slope(problem: Problem, best: FloatArray, i: int) -> FloatArray:
    """d (all parameters at their conditional minimum) / d (parameter i), scaled, from the linear model at the best."""
    jacobian = problem.jacobian(best, central=True)
    others = np.delete(np.arange(best.size), i)
    slope = np.zeros(best.size)
    slope[i] = 1.0
    if others.size:
        part, *_ = np.linalg.lstsq(jacobian[:, others], -jacobian[:, i], rcond=SINGULAR)
        slope[others] = part
    return slope


def profile_interval(result: Fit, name: str, *, level: float = 0.6827) -> Interval:
    """Profile-likelihood interval of a fitted parameter: where chi-square, minimised over the others, has risen by q^2.

    q is the normal quantile when the standard deviations were absolute, and Student's t quantile with the fit's
    degrees of freedom, in units of the estimated noise, when it was estimated (the F threshold), so that the
    interval covers `level` in small samples too. Agrees with value +- q error for models linear in the parameters.
    A side is None, with words, when it runs to the bound of the parameter or the threshold is never reached.

    Raises DomainError for a parameter that was held or data without noise, ConvergenceError (best = the values) when
    a refit finds a better minimum than the fit.
    """
    target = result.quantile(level)
    profile_of = _Profile(result, name)
    lower, upper = profile_of.side(-1.0, target), profile_of.side(1.0, target)
    words = "; ".join(side.words for side in (lower, upper) if side.words)
    return Interval(name, profile_of.value, lower.end, upper.end, level, words or "closed on both sides")


def profile(result: Fit, name: str, values: ArrayLike) -> FloatArray:
    """(chi2(value) - chi2_min) / noise^2 at each of `values` (m,), minimised over the other parameters; for drawing.

    1 at one standard error of a linear model. DomainError for values outside the bounds of the parameter.
    """
    wanted = np.atleast_1d(np.asarray(values, dtype=np.float64))
    profile_of = _Profile(result, name)
    if not np.all((wanted >= profile_of.lower) & (wanted <= profile_of.upper)):
        raise DomainError(f"profile of {name}: values outside its bounds {profile_of.lower:g} .. {profile_of.upper:g}")
    excess = np.empty(wanted.size)
    # Outwards from the best value on either side, so that each refit starts from its neighbour.
    for half in (wanted <= profile_of.value, wanted > profile_of.value):
        warm = None
        for k in sorted(np.flatnonzero(half), key=lambda j: abs(wanted[j] - profile_of.value)):
            root, warm = profile_of.root(float(wanted[k]), warm)
            excess[k] = root**2
    return excess


def band(
    result: Fit, x: ArrayLike, *, level: float = 0.95, prediction: bool = False
) -> tuple[FloatArray, FloatArray] | None:
    """Pointwise confidence band (low, high) of the curve at x, each of shape (n,), by the covariance (delta method).

    With `prediction` the band holds a new point instead of the curve; then all points must share one standard
    deviation (DomainError otherwise). Student's t when the noise was estimated. None without a covariance.
    """
    if result.covariance is None:
        return None
    where = frozen_array(x)
    problem, best = problem_of(result)
    n = where.shape[-1]
    at_x = replace(problem, x=where, y=np.zeros(n), weight=np.ones(n))
    columns = [problem.names.index(name) for name in result.free]
    slopes = at_x.jacobian(best, central=True)[:, columns] / problem.scale[columns]
    variance = np.einsum("ij,jk,ik->i", slopes, result.covariance, slopes)
    if prediction:
        sigma = result.sigma
        if sigma is None or np.ptp(sigma) > 1e-12 * sigma[0]:
            raise DomainError(f"{result.model.name}: a prediction band needs one standard deviation for all points")
        variance = variance + sigma[0] ** 2
    curve, half = result.evaluate(where), result.quantile(level) * np.sqrt(np.maximum(variance, 0.0))
    return frozen_array(curve - half), frozen_array(curve + half)
