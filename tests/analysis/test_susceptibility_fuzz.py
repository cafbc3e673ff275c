"""Whatever stands in the columns, an analysis of magnetisation ends with a result and no warning of numpy's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from megabar.analysis.susceptibility import Settings, analyse
from megabar.data import Result

from .magnetic import made

SETTINGS = (
    {},
    {"shape": "cylinder", "along": 8.0, "across": 60.0, "along_error": 2.0},
    {"protocol": "trapped", "shape": "strip", "along": 8.0, "across": 60.0},
    {"background_order": 4, "window": (10.0, 30.0)},
    {"upper_critical_field": 10.0, "demagnetisation": 0.5},
)


def columns(rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = int(rng.choice([1, 2, 7, 8, 9, 12, 13, 40, 120]))
    found: dict[str, np.ndarray] = {}
    swept = rng.integers(3)
    if swept != 1:
        up = np.linspace(2.0, 90.0, n)
        loop = np.concatenate([up[: n - n // 2], up[: n // 2][::-1]])
        found["temperature"] = (up, loop, np.full(n, 4.2), np.round(rng.uniform(1.0, 5.0, n), 1))[rng.integers(4)]
    if swept != 0:
        turns = np.sin(np.linspace(0.0, 14.0, n))
        found["field"] = (np.linspace(0.0, 1.0, n), np.full(n, 0.01), turns, rng.uniform(-1.0, 1.0, n))[rng.integers(4)]
    x = next(iter(found.values()))
    step = np.where(x > np.median(x), 1.0, 0.0) + 0.01 * rng.standard_normal(n)
    signals = (rng.standard_normal(n), step, -step, np.zeros(n), x**2, -x, np.round(rng.standard_normal(n)))
    signal = signals[rng.integers(len(signals))] * 10.0 ** rng.integers(-12, 3)
    if n > 3 and rng.random() < 0.2:
        signal[rng.integers(n)] = rng.choice([np.nan, np.inf])
    role = str(rng.choice(["moment", "moment_in_phase", "susceptibility", "voltage"]))
    found[role] = signal
    if role != "moment":
        found["drive"] = np.full(n, rng.choice([1e-3, 0.0, -1.0, 5.0]))
        found["frequency"] = rng.choice([10.0, 100.0, np.nan], n)
    if role in ("moment_in_phase", "voltage"):
        found["moment_quadrature" if role == "moment_in_phase" else "voltage_quadrature"] = rng.standard_normal(n)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_any_columns_end_in_a_result(seed: int) -> None:
    rng = np.random.default_rng(seed)
    settings = Settings.model_validate(SETTINGS[seed % len(SETTINGS)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = analyse(made(**columns(rng)), settings)
    assert isinstance(result, Result)
    assert result.summary
