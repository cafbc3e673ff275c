"""Bootstrap: the spread of the answer over data sets like this one."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.least_squares import Fit, problem_of
from megabar.fitting.model import FloatArray, frozen_array
from megabar.fitting.problem import Problem, leverage
from megabar.fitting.samples import Samples
from megabar.fitting.solver import minimise

Kind = Literal["residual", "pairs", "parametric"]

_TOLERATED = 0.05
"""Share of failed refits above which the draws are not trusted: the failures are not a random choice."""


def bootstrap(result: Fit, *, n: int, rng: np.random.Generator, kind: Kind = "residual") -> Samples:
    """Refits of `n` resampled data sets (Efron and Tibshirani 1993).

    "residual"    fitted curve + residuals drawn with replacement, each divided by sqrt(1 - leverage), centred and
                  scaled by the point's own relative standard deviation; for a right model and exchangeable noise
    "pairs"       points drawn with replacement; needs no right noise model, but enough points
    "parametric"  fitted curve + normal noise of the fit's standard deviations
    Every refit starts from the answer. Refits that reach no minimum are counted in `failed`; `ok` is False when they
    are more than 5 %. Raises DomainError for n < 2, DataError where the fit has no estimate of its noise.
    """
    if n < 2:
        raise DomainError(f"bootstrap: n = {n} data sets are too few: take at least 2, usually 1,000")
    if result.sigma is None:
        raise DataError(f"{result.model.name}: no noise to resample: give the errors of the points, or more points")
    problem, best = problem_of(result)
    noise = _standardised_residuals(problem, result) if kind == "residual" else result.sigma
    draws = []
    for _ in range(n):
        resampled = _resample(problem, result, noise, rng, kind)
        try:
            minimum = minimise(resampled, best)
        except ConvergenceError:
            continue
        if minimum.converged:
            draws.append(minimum.scaled * problem.scale)
    if len(draws) < 2:
        raise ConvergenceError(f"{result.model.name}: only {len(draws)} of {n} bootstrap refits reached a minimum")
    failed = n - len(draws)
    words = f"{kind} bootstrap of {n} data sets" + (f", {failed} refits failed" if failed else "")
    ok = failed <= _TOLERATED * n
    if not ok:
        words += ": too many to trust the spread of the others"
    return Samples(problem.names, frozen_array(draws), failed, ok, words, effective_size=float(len(draws)))


def _resample(problem: Problem, result: Fit, noise: FloatArray, rng: np.random.Generator, kind: Kind) -> Problem:
    """A new data set; `noise` are the residuals to draw from, or the standard deviations of the points."""
    count = result.y.size
    if kind == "pairs":
        chosen = rng.integers(count, size=count)
        return replace(problem, x=result.x[..., chosen], y=result.y[chosen], weight=problem.weight[chosen])
    if kind == "parametric":
        return replace(problem, y=result.fitted + noise * rng.standard_normal(count))
    return replace(problem, y=result.fitted + result.relative_sigma * rng.choice(noise, size=count))


def _standardised_residuals(problem: Problem, result: Fit) -> FloatArray:
    """Residuals in units of the relative standard deviations, freed of what the fit took from them, centred."""
    pulls = result.residuals / result.relative_sigma
    room = 1.0 - leverage(problem.jacobian(problem.scaled(result.values), central=True))
    # A point that the fit must pass through has no residual of its own to give.
    free = room > 1e-8
    corrected = np.sqrt(1.0 / room[free]) * pulls[free]
    return np.asarray(corrected - corrected.mean(), dtype=np.float64)
