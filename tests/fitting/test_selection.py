"""The choice among models, its rule and its refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar.errors import DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import FloatArray, Model, Parameter
from megabar.fitting.selection import compare


def _parabola(x: FloatArray, *, a: float, b: float, c: float) -> FloatArray:
    return a + b * x + c * x**2


@pytest.fixture
def parabola() -> Model:
    return Model("parabola", _parabola, lambda _x, _y: tuple(Parameter(n, 0.0) for n in "abc"))


def _both(parabola: Model, y: FloatArray, x: FloatArray) -> tuple[Fit, Fit]:
    return fit(replace(parabola, name="straight"), x, y, fixed={"c": 0.0}), fit(parabola, x, y)


X = np.linspace(-1.0, 1.0, 30)
NOISE = np.random.default_rng(6).normal(0.0, 0.1, 30)


def test_numbers_are_those_of_the_definition(parabola: Model) -> None:
    straight, curved = _both(parabola, 1.0 + X + 0.1 * X**2 + NOISE, X)
    selection = compare([straight, curved])

    def aicc(result: Fit, k: int) -> float:
        return 30 * math.log(np.sum(result.residuals**2) / 30) + 2 * k + 2 * k * (k + 1) / (30 - k - 1)

    difference = aicc(straight, 3) - aicc(curved, 4)
    assert selection.aicc[0] is not None
    assert selection.aicc[1] is not None
    assert selection.aicc[0] - selection.aicc[1] == pytest.approx(difference, rel=1e-8)
    assert selection.weights[0] / selection.weights[1] == pytest.approx(math.exp(-difference / 2), rel=1e-8)
    assert selection.weights.sum() == pytest.approx(1.0)
    assert min(d for d in selection.delta if d is not None) == 0.0


def test_a_needed_term_is_kept(parabola: Model) -> None:
    selection = compare(_both(parabola, 1.0 + X + X**2 + NOISE, X))
    assert selection.best.model.name == "parabola"
    assert "lowest AICc" in selection.words
    assert "straight: AICc +" in selection.words


def test_an_idle_term_is_dropped_even_when_it_gains_a_little(parabola: Model) -> None:
    # Search for a curvature whose AICc gain lies between 0 and 2: the simpler model must still win.
    for curvature in np.linspace(0.0, 0.3, 61):
        straight, curved = _both(parabola, 1.0 + X + curvature * X**2 + NOISE, X)
        assert straight.aicc is not None
        assert curved.aicc is not None
        gain = straight.aicc - curved.aicc
        selection = compare([curved, straight])
        assert selection.best.model.name == ("straight" if gain < 2.0 else "parabola")
        if 0.0 < gain < 2.0:
            assert "nested" in selection.words
            return
    pytest.fail("no curvature with a small gain was met")


def test_models_that_are_not_nested_go_by_the_criterion_alone(parabola: Model, decay: Model) -> None:
    x = np.linspace(0.0, 3.0, 40)
    y = decay.function(x, height=2.0, time=1.0, base=0.5) + np.random.default_rng(2).normal(0.0, 0.02, 40)
    assert compare([fit(parabola, x, y), fit(decay, x, y)]).best.model.name == "decay"


def test_exact_data_go_to_the_simplest_model(parabola: Model) -> None:
    assert compare(_both(parabola, 1.0 + 2.0 * X, X)).best.model.name == "straight"


def test_models_without_a_criterion_stand_aside(parabola: Model) -> None:
    x, y = np.arange(5.0), np.array([0.0, 1.1, 1.9, 3.2, 3.9])
    selection = compare(_both(parabola, y, x))
    assert selection.aicc[1] is None
    assert selection.chosen == 0
    assert selection.weights[1] == 0.0
    assert "too few points" in selection.words
    with pytest.raises(DataError, match="too few for AICc of any model"):
        compare([fit(parabola, x[:4], y[:4])])


def test_different_data_are_refused(parabola: Model) -> None:
    first = fit(parabola, X, NOISE)
    for other in (
        fit(parabola, X, NOISE + 1.0),
        fit(parabola, X[1:], NOISE[1:]),
        fit(parabola, X, NOISE, sigma=2.0, absolute=False),
        fit(parabola, X, NOISE, sigma=1.0),
    ):
        with pytest.raises(DataError, match="different points or weights"):
            compare([first, other])
    with pytest.raises(DataError, match="no fits"):
        compare([])
