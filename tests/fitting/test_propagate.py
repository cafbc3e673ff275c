"""Propagation of errors: closed forms, and the rule that picks the method."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from megabar.errors import DataError, DomainError
from megabar.fitting.propagate import monte_carlo, propagate


def _rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_correlated_product() -> None:
    covariance = [[0.01, 0.004], [0.004, 0.04]]
    found = propagate(lambda a, b: a * b, {"a": 3.0, "b": 5.0}, covariance, rng=_rng())
    assert found.method == "linear"
    assert found.value == 15.0
    assert found.error == pytest.approx(math.sqrt(25 * 0.01 + 9 * 0.04 + 2 * 15 * 0.004), rel=1e-6)
    assert found.upper == pytest.approx(15.0 + (found.error or 0.0))
    assert found.lower == pytest.approx(15.0 - (found.error or 0.0))


def test_perfect_correlation_cancels() -> None:
    found = propagate(lambda a, b: a - b, {"a": 3.0, "b": 1.0}, [[0.04, 0.04], [0.04, 0.04]], rng=_rng())
    assert found.error == pytest.approx(0.0, abs=1e-6)


def test_lognormal_goes_to_monte_carlo() -> None:
    found = propagate(lambda a: math.exp(a), {"a": 1.0}, [[0.25]], rng=_rng())
    assert found.method == "monte carlo"
    # 20,000 draws know a quantile near one sigma to about 1 %.
    assert found.lower == pytest.approx(math.exp(0.5), rel=0.03)
    assert found.upper == pytest.approx(math.exp(1.5), rel=0.03)
    assert found.value == pytest.approx(math.e)


def test_a_stationary_point_has_no_linear_error() -> None:
    square = propagate(lambda a: (a - 1.0) ** 2, {"a": 1.0}, [[1.0]], rng=_rng())
    assert square.method == "monte carlo"
    assert square.upper == pytest.approx(stats.chi2(1).ppf(0.5 + 0.68269 / 2), rel=0.04)
    cube = propagate(lambda a: (a - 1.0) ** 3, {"a": 1.0}, [[1.0]], rng=_rng())
    assert cube.method == "monte carlo"
    assert cube.error == pytest.approx(1.0, rel=0.04)


def test_curvature_is_the_stated_number() -> None:
    # f = a + q a^2 about 0: even part q, odd part 1.
    found = propagate(lambda a: a + 0.07 * a**2, {"a": 0.0}, [[1.0]], rng=_rng())
    assert found.curvature == pytest.approx(0.07, rel=1e-6)
    assert found.method == "linear"
    assert propagate(lambda a: a + 0.13 * a**2, {"a": 0.0}, [[1.0]], rng=_rng()).method == "monte carlo"


def test_outside_the_domain() -> None:
    def root(a: float) -> float:
        if not a >= 0.0:
            raise DomainError("negative")
        return math.sqrt(a)

    found = propagate(root, {"a": 1.0}, [[0.36]], rng=_rng())
    assert found.error is None
    assert found.lower is None
    assert "not defined" in found.words
    few = monte_carlo(root, {"a": 1.0}, [[1.0 / 9.0]], rng=_rng())
    assert few.error is not None
    assert "left out" in few.words
    with pytest.raises(DomainError, match="negative"):
        propagate(root, {"a": -1.0}, [[0.01]], rng=_rng())
    with pytest.raises(DomainError, match="not finite at its central values"):
        propagate(lambda a: math.inf * a, {"a": 1.0}, [[0.01]], rng=_rng())


def test_a_constant_has_no_error() -> None:
    found = propagate(lambda a: 7.0 + 0.0 * a, {"a": 1.0}, [[0.01]], rng=_rng())
    assert (found.error, found.method) == (0.0, "linear")


def test_same_seed_same_numbers() -> None:
    first, second = (monte_carlo(lambda a: a**3, {"a": 1.0}, [[0.3]], rng=_rng(), n=500) for _ in range(2))
    assert first.lower == second.lower


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([[1.0]], "shape"),
        ([[1.0, 0.0], [0.0, 0.0]], "positive and finite"),
        ([[1.0, math.nan], [0.0, 1.0]], "positive and finite"),
        ([[1.0, 2.0], [2.0, 1.0]], "symmetric and positive"),
        ([[1.0, 0.5], [0.1, 1.0]], "symmetric and positive"),
    ],
)
def test_impossible_covariances_are_refused(covariance: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        propagate(lambda a, b: a + b, {"a": 1.0, "b": 1.0}, covariance, rng=_rng())
