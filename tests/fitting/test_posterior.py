"""Posterior draws against the exact posterior of a straight line."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from megabar.errors import DataError, DomainError
from megabar.fitting.least_squares import fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.posterior import posterior

X = np.arange(7.0)
Y = np.array([0.1, 1.2, 1.7, 3.4, 3.9, 4.8, 6.3])


@pytest.mark.parametrize("absolute", [True, False])
def test_posterior_of_a_line(line_model: Model, absolute: bool) -> None:
    result = fit(line_model, X, Y, sigma=0.2, absolute=absolute)
    draws = posterior(result, rng=np.random.default_rng(1), steps=2200, walkers=24)
    assert draws.ok, draws.words
    error = result.errors["b"]
    assert error is not None
    exact = stats.norm(result.values["b"], error) if absolute else stats.t(5, result.values["b"], error)
    probabilities = np.array([0.05, 0.16, 0.5, 0.84, 0.95])
    assert draws.effective_size is not None
    assert draws.effective_size > 700
    # The exact distribution function at the drawn quantiles; 4 standard errors of a probability of one half.
    found = exact.cdf(draws.quantiles("b", probabilities))
    np.testing.assert_allclose(found, probabilities, atol=4 * 0.5 / math.sqrt(draws.effective_size))
    assert draws.acceptance is not None
    assert 0.3 < draws.acceptance < 0.9


def test_a_bound_cuts_the_posterior(line_model: Model) -> None:
    x = np.linspace(-1.0, 1.0, 9)
    result = fit(line_model, x, 0.0 * x, sigma=0.3, fixed={"a": 0.0}, start={"b": Parameter("b", 0.1, 0.0)})
    draws = posterior(result, rng=np.random.default_rng(2), steps=2500, walkers=12)
    exact = stats.halfnorm(scale=0.3 / math.sqrt(np.sum(x**2)))
    probabilities = np.array([0.1, 0.3, 0.6827, 0.95])
    assert draws.ok, draws.words
    assert np.min(draws.column("b")) >= 0.0
    assert draws.effective_size is not None
    found = exact.cdf(draws.quantiles("b", probabilities))
    np.testing.assert_allclose(found, probabilities, atol=4 * 0.5 / math.sqrt(draws.effective_size))


def test_a_prior_pulls(line_model: Model) -> None:
    result = fit(line_model, X, Y, sigma=0.2)
    error = result.errors["b"]
    assert error is not None
    centre, width = 0.5, 0.05
    draws = posterior(
        result,
        rng=np.random.default_rng(3),
        steps=2500,
        walkers=16,
        priors={"b": lambda b: -0.5 * ((b - centre) / width) ** 2},
    )
    weight = 1 / error**2 + 1 / width**2
    mean = (result.values["b"] / error**2 + centre / width**2) / weight
    assert np.mean(draws.column("b")) == pytest.approx(mean, abs=0.15 / math.sqrt(weight))
    assert np.std(draws.column("b")) == pytest.approx(1 / math.sqrt(weight), rel=0.08)


def test_same_seed_same_draws_and_progress(line_model: Model) -> None:
    result = fit(line_model, X, Y)
    seen: list[tuple[int, int]] = []

    def run(seed: int) -> object:
        return posterior(
            result, rng=np.random.default_rng(seed), steps=30, walkers=8, progress=lambda a, b: seen.append((a, b))
        ).draws

    np.testing.assert_array_equal(run(4), run(4))
    assert not np.array_equal(run(4), run(5))
    assert seen[:30] == [(i, 30) for i in range(1, 31)]


def test_the_draws_do_not_touch_the_global_generator(line_model: Model) -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index,union-attr]  # noqa: NPY002
    posterior(fit(line_model, X, Y), rng=np.random.default_rng(0), steps=10, walkers=8)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # type: ignore[index]  # noqa: NPY002


def test_a_short_chain_says_so(line_model: Model) -> None:
    draws = posterior(fit(line_model, X, Y), rng=np.random.default_rng(0), steps=60, walkers=8)
    assert not draws.ok
    assert draws.words.startswith("NOT CONVERGED")
    assert "take about" in draws.words


def test_unusable_requests_are_refused(line_model: Model) -> None:
    result, rng = fit(line_model, X, Y), np.random.default_rng(0)
    with pytest.raises(DomainError, match="4 walkers for 2 parameters"):
        posterior(result, rng=rng, walkers=4)
    with pytest.raises(DomainError, match="prior for 'c'"):
        posterior(result, rng=rng, priors={"c": lambda _: 0.0})
    with pytest.raises(DomainError, match="steps"):
        posterior(result, rng=rng, steps=3)
    with pytest.raises(DomainError, match="nothing to sample"):
        posterior(fit(line_model, X, Y, fixed={"a": 0.0, "b": 1.0}), rng=rng)
    with pytest.raises(DataError, match="no degrees of freedom"):
        posterior(fit(line_model, X[:2], Y[:2]), rng=rng)
