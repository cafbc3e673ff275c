"""Models that several tests fit."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.fitting.model import FloatArray, Model, Parameter


def _line(x: FloatArray, *, a: float, b: float) -> FloatArray:
    return a + b * x


def _guess_line(_x: FloatArray, _y: FloatArray) -> tuple[Parameter, ...]:
    return Parameter("a", 0.0), Parameter("b", 0.0)


def _decay(x: FloatArray, *, height: float, time: float, base: float) -> FloatArray:
    return height * np.exp(-x / time) + base


def _guess_decay(x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
    span = float(x[-1] - x[0])
    return (
        Parameter("height", float(y[0] - y[-1])),
        Parameter("time", span / 3.0, span * 1e-3, span * 1e3),
        Parameter("base", float(y[-1])),
    )


def _decay_derivative(x: FloatArray, *, height: float, time: float, **_base: float) -> dict[str, FloatArray]:
    drop = np.exp(-x / time)
    return {"height": drop, "time": height * drop * x / time**2, "base": np.ones_like(x)}


@pytest.fixture
def line_model() -> Model:
    return Model("line", _line, _guess_line)


@pytest.fixture
def decay() -> Model:
    return Model("decay", _decay, _guess_decay)


@pytest.fixture
def decay_with_derivative() -> Model:
    return Model("decay", _decay, _guess_decay, _decay_derivative)


@pytest.fixture
def decay_data() -> tuple[FloatArray, FloatArray]:
    x = np.linspace(0.0, 5.0, 60)
    noise = np.random.default_rng(1).normal(0.0, 0.03, x.size)
    return x, _decay(x, height=2.0, time=1.3, base=0.4) + noise
