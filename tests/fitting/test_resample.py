"""Bootstrap spreads against the closed form of a straight line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import FloatArray, Model
from megabar.fitting.resample import Kind, bootstrap


@pytest.fixture
def line_fit(line_model: Model) -> Fit:
    x = np.linspace(-1.0, 1.0, 40)
    return fit(line_model, x, 1.0 + 2.0 * x + np.random.default_rng(8).normal(0.0, 0.2, 40))


@pytest.mark.parametrize("kind", ["residual", "parametric", "pairs"])
def test_spread_is_the_standard_error(line_fit: Fit, kind: Kind) -> None:
    draws = bootstrap(line_fit, n=1000, rng=np.random.default_rng(1), kind=kind)
    assert draws.names == ("a", "b")
    assert draws.draws.shape == (1000, 2)
    assert draws.ok
    assert draws.failed == 0
    spread = np.sqrt(np.diag(draws.covariance()))
    # 1,000 draws know their spread to 2.2 %; pairs also carry the chance of this one data set.
    np.testing.assert_allclose(
        spread, [line_fit.errors["a"], line_fit.errors["b"]], rtol=0.2 if kind == "pairs" else 0.07
    )
    low, high = draws.interval("b")
    assert (high - low) / 2 == pytest.approx(spread[1], rel=0.1)
    assert draws.quantiles("b", [0.5])[0] == pytest.approx(line_fit.values["b"], abs=0.2 * spread[1])


def test_leverage_is_given_back(line_model: Model) -> None:
    # Few points: residuals are smaller than the noise by sqrt(1 - k/n), which would show in the spread.
    result = fit(line_model, np.arange(6.0), [0.3, 0.8, 2.4, 2.6, 4.3, 4.7])
    draws = bootstrap(result, n=2000, rng=np.random.default_rng(2))
    np.testing.assert_allclose(np.sqrt(np.diag(draws.covariance())), [result.errors["a"], result.errors["b"]], rtol=0.1)


def test_unequal_noise_is_kept(line_model: Model) -> None:
    rng = np.random.default_rng(3)
    x, sigma = np.linspace(0.0, 1.0, 60), np.where(np.arange(60) < 30, 0.01, 0.3)
    result = fit(line_model, x, x + sigma * rng.normal(size=60), sigma=sigma, absolute=False)
    draws = bootstrap(result, n=800, rng=rng)
    np.testing.assert_allclose(
        np.sqrt(np.diag(draws.covariance())), [result.errors["a"], result.errors["b"]], rtol=0.12
    )


def test_same_seed_same_draws(line_fit: Fit) -> None:
    first, second, other = (bootstrap(line_fit, n=20, rng=np.random.default_rng(s)).draws for s in (5, 5, 6))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_failed_refits_are_counted(line_fit: Fit) -> None:
    calls = iter(range(10**6))

    def derivative(x: FloatArray, **_values: float) -> dict[str, FloatArray]:
        bad = next(calls) % 7 == 6
        return {"a": np.full(x.size, np.nan) if bad else np.ones(x.size), "b": x}

    shaky = replace(line_fit, model=replace(line_fit.model, derivative=derivative))
    draws = bootstrap(shaky, n=40, rng=np.random.default_rng(0), kind="parametric")
    assert draws.failed > 2
    assert draws.draws.shape[0] == 40 - draws.failed
    assert not draws.ok
    assert "too many" in draws.words


def test_unusable_requests_are_refused(line_model: Model, line_fit: Fit) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(DomainError, match="n = 1"):
        bootstrap(line_fit, n=1, rng=rng)
    with pytest.raises(DataError, match="no noise to resample"):
        bootstrap(fit(line_model, [0, 1], [0, 1]), n=10, rng=rng)
    with pytest.raises(DomainError, match="no draws of 'c'"):
        bootstrap(line_fit, n=3, rng=rng).column("c")
    broken = replace(line_fit.model, derivative=lambda x, **_: {"a": np.full(x.size, np.nan)})
    with pytest.raises(ConvergenceError, match="only 0 of 3"):
        bootstrap(replace(line_fit, model=broken), n=3, rng=rng, kind="parametric")
