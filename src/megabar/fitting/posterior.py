"""Posterior sampling with emcee, and a plain word on whether the chain is long enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from megabar.errors import DataError, DomainError
from megabar.fitting.least_squares import Fit, problem_of
from megabar.fitting.model import FloatArray, frozen_array
from megabar.fitting.problem import Problem
from megabar.fitting.samples import Samples
from megabar.frozen import freeze

_BURN_IN = 5.0
"""Autocorrelation times that are discarded at the beginning."""
_LONG_ENOUGH = 50.0
"""Autocorrelation times that must remain for the chain to count as converged (Foreman-Mackey et al. 2013)."""
_ACCEPTANCE = (0.1, 0.9)

LogPrior = Callable[[float], float]


def posterior(
    result: Fit,
    *,
    rng: np.random.Generator,
    steps: int = 3000,
    walkers: int = 32,
    priors: Mapping[str, LogPrior] = freeze({}),
    progress: Callable[[int, int], None] | None = None,
) -> Samples:
    """Draws from the posterior of the varied parameters by affine-invariant ensemble sampling.

    Likelihood: normal errors; standard deviations known when the fit's were absolute, otherwise their common factor
    is integrated out under the prior 1/noise, which leaves chi2^(-n/2) (for linear models Student's t with n - k
    degrees of freedom). Prior: flat within the bounds of each parameter, times exp(priors[name](value)).
    The same `rng` state gives the same draws. `progress(done, steps)` is called after every step.

    The first five autocorrelation times are discarded (half of the chain at most). The chain counts as converged
    when at least 50 autocorrelation times of every parameter remain and 10-90 % of the moves were accepted;
    otherwise `ok` is False and `words` say what to do. Source: D. Foreman-Mackey et al., PASP 125, 306 (2013).
    Raises DomainError for fewer walkers than 2 (k + 1) or an unknown name, DataError without degrees of freedom.
    """
    # emcee is imported by the first chain, not by those who only fit.
    from emcee import EnsembleSampler, State

    problem, best = problem_of(result)
    _check(result, problem, steps, walkers, priors)
    sampler = EnsembleSampler(walkers, len(problem.names), _log_posterior(problem, result, priors))
    legacy_state = np.random.RandomState(np.random.MT19937(rng.integers(2**32, size=8))).get_state()
    # emcee draws from numpy's older generator; its state comes from `rng`, so that one seed serves all.
    begin = State(_first_walkers(problem, best, result, walkers, rng), random_state=legacy_state)
    for done, _ in enumerate(sampler.sample(begin, iterations=steps), start=1):
        if progress is not None:
            progress(done, steps)
    return _judge(problem, np.asarray(sampler.get_chain()), float(np.mean(sampler.acceptance_fraction)))


def _check(result: Fit, problem: Problem, steps: int, walkers: int, priors: Mapping[str, LogPrior]) -> None:
    for name in priors:
        if name not in problem.names:
            raise DomainError(f"{result.model.name}: prior for {name!r}, but fitted were {', '.join(problem.names)}")
    if not problem.names:
        raise DomainError(f"{result.model.name}: every parameter was held, so there is nothing to sample")
    if walkers < 2 * (len(problem.names) + 1):
        raise DomainError(f"posterior: {walkers} walkers for {len(problem.names)} parameters: take at least 2 (k + 1)")
    if steps < 10:
        raise DomainError(f"posterior: {steps} steps are too few: take 3,000 or so")
    if not result.absolute and result.degrees_of_freedom < 1:
        raise DataError(f"{result.model.name}: no degrees of freedom: give the errors of the points, or more points")


def _log_posterior(problem: Problem, result: Fit, priors: Mapping[str, LogPrior]) -> Callable[[FloatArray], float]:
    index = {name: problem.names.index(name) for name in priors}
    half_points = 0.5 * result.y.size

    def log_density(scaled: FloatArray) -> float:
        if not np.all((scaled >= problem.lower) & (scaled <= problem.upper)):
            return -math.inf
        residual = problem.residual(scaled)
        chi_square = float(residual @ residual) * problem.unit**2
        total = -0.5 * chi_square if result.absolute else -half_points * math.log(chi_square)
        for name, log_prior in priors.items():
            total += log_prior(float(scaled[index[name]] * problem.scale[index[name]]))
        return total if math.isfinite(total) else -math.inf

    return log_density


def _first_walkers(
    problem: Problem, best: FloatArray, result: Fit, walkers: int, rng: np.random.Generator
) -> FloatArray:
    """Draws from the fit's normal approximation, a hundredth of the scale where it has none, within the bounds."""
    begin = best + 0.01 * rng.standard_normal((walkers, best.size))
    if result.covariance is not None:
        columns = [problem.names.index(name) for name in result.free]
        spread = result.covariance / np.outer(problem.scale[columns], problem.scale[columns])
        begin[:, columns] = rng.multivariate_normal(best[columns], spread, size=walkers, method="eigh")
    # A draw outside is replaced by one between the answer and the middle of what room there is.
    room_low, room_high = np.minimum(best - problem.lower, 1.0), np.minimum(problem.upper - best, 1.0)
    inside = best + rng.uniform(-0.5, 0.5, size=begin.shape) * np.where(begin < best, room_low, room_high)
    on_edge = best + np.where(room_low > room_high, -1.0, 1.0) * 0.01 * rng.uniform(size=begin.shape)
    inside = np.where((inside > problem.lower) & (inside < problem.upper), inside, on_edge)
    return np.where((begin > problem.lower) & (begin < problem.upper), begin, inside)


def _judge(problem: Problem, chain: FloatArray, acceptance: float) -> Samples:
    """Discards the beginning and says whether the rest is long enough; chain (steps, walkers, k)."""
    from emcee.autocorr import integrated_time

    steps, walkers, _ = chain.shape
    first = np.asarray(integrated_time(chain[steps // 2 :], tol=0), dtype=np.float64)
    longest = float(np.max(first)) if np.all(np.isfinite(first)) else math.inf
    discard = min(steps // 2, math.ceil(_BURN_IN * longest)) if math.isfinite(longest) else steps // 2
    kept = chain[discard:]
    time = np.asarray(integrated_time(kept, tol=0), dtype=np.float64)
    slowest = float(np.max(time)) if np.all(np.isfinite(time)) else math.inf
    lengths = kept.shape[0] / slowest
    words = f"{kept.shape[0]} steps of {walkers} walkers kept, {lengths:.0f} autocorrelation times"
    ok = lengths >= _LONG_ENOUGH
    if not ok:
        needed = math.ceil((_LONG_ENOUGH + _BURN_IN) * slowest) if math.isfinite(slowest) else None
        advice = f"take about {needed}" if needed is not None else "the walkers did not move"
        words = f"NOT CONVERGED: {words} where {_LONG_ENOUGH:.0f} are needed; {advice} steps"
    if not _ACCEPTANCE[0] <= acceptance <= _ACCEPTANCE[1]:
        ok = False
        words += f"; only {acceptance:.0%} of the moves were accepted: the posterior is far from its fit"
    draws = kept.reshape(-1, chain.shape[2]) * problem.scale
    return Samples(
        names=problem.names,
        draws=frozen_array(draws),
        failed=0,
        ok=ok,
        words=words,
        acceptance=acceptance,
        autocorrelation=frozen_array(time),
        effective_size=walkers * lengths,
    )
