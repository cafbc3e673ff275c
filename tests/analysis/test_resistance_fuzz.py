"""Any R(T) whatever: a result or one of the program's own errors, never another exception or a warning of numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from megabar.analysis.resistance import Settings, analyse
from megabar.data import Column, Curve, Recording, Result, Role, Source
from megabar.errors import MegabarError

Data = tuple[np.ndarray, np.ndarray]


def temperatures(draw: st.DrawFn, size: int) -> np.ndarray:
    """In K: even, uneven, repeated, settled, there and back, or in no order."""
    low = draw(st.floats(0.01, 50.0))
    high = low + draw(st.floats(0.1, 300.0))
    even = np.linspace(low, high, size)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        "even": lambda: even,
        "cooling": lambda: even[::-1].copy(),
        "uneven": lambda: np.sort(rng.uniform(low, high, size)),
        "unordered": lambda: rng.uniform(low, high, size),
        "repeated": lambda: np.sort(rng.choice(even[:: max(1, size // 12)], size)),
        "settled": lambda: np.sort(rng.choice(even[:: max(1, size // 12)], size)) + 1e-3 * rng.random(size),
        "there and back": lambda: np.concatenate([even[::2], even[1::2][::-1]]),
        "nearly equal": lambda: low + 1e-12 * np.arange(size),
    }[
        draw(
            st.sampled_from(
                ["even", "cooling", "uneven", "unordered", "repeated", "settled", "there and back", "nearly equal"]
            )
        )
    ]()


def resistances(draw: st.DrawFn, t: np.ndarray) -> np.ndarray:
    """Of order one: noise, steps, metals, insulators, pieces of constants, few values, or anything at all."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    centre, width = draw(st.floats(0.0, 400.0)), 10.0 ** draw(st.floats(-4.0, 1.5))
    with np.errstate(over="ignore"):
        step = 1.0 / (1.0 + np.exp(-(t - centre) / width))
    return {
        "noise": lambda: rng.standard_normal(t.size),
        "transition": lambda: (1.0 + 0.01 * t) * step,
        "two steps": lambda: 0.7 * step + 0.3 * (t > 0.8 * centre),
        "insulator": lambda: np.exp(-t / 50.0),
        "constant pieces": lambda: np.repeat(rng.integers(0, 3, t.size // 5 + 1), 5)[: t.size].astype(float),
        "few values": lambda: rng.choice([0.0, 1.0, -1.0, 1e-12, 1e-300, 1e9], t.size),
        "anything": lambda: draw(hnp.arrays(np.float64, t.size, elements=st.floats(-1e3, 1e3))),
    }[
        draw(
            st.sampled_from(
                ["noise", "transition", "two steps", "insulator", "constant pieces", "few values", "anything"]
            )
        )
    ]()


@st.composite
def data(draw: st.DrawFn) -> Data:
    t = temperatures(draw, draw(st.integers(8, 200)))
    r = resistances(draw, t)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    r = r + draw(st.sampled_from([0.0, 0.0, 1e-6, 1e-3, 0.1])) * rng.standard_normal(t.size)
    if draw(st.booleans()):
        r[draw(st.integers(0, t.size - 1))] *= 1e6
    return t, r * 10.0 ** draw(st.integers(-12, 9))


def recording(t: np.ndarray, r: np.ndarray, *more: Column) -> Recording:
    columns = (Column("T (K)", Role.TEMPERATURE, t), Column("R (Ohm)", Role.RESISTANCE, r), *more)
    return Recording(Source("any.csv", "0" * 64), "made for a test", (Curve("any", columns),))


def check(result: Result) -> None:
    """Every number is finite, every error positive, and what is missing says why."""
    for e in result.estimates:
        numbers = [e.value, e.error, *e.systematic.values(), *(e.interval or ())]
        assert all(math.isfinite(x) for x in numbers if x is not None)
        assert e.error is None or e.error > 0.0
        assert e.unit


def analysed(file: Recording, chosen: Settings | None = None) -> None:
    message = ""
    try:
        check(analyse(file, chosen))
    except MegabarError as error:
        message = str(error)
    assert "\n" not in message


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=QUIET)
@given(data())
def test_any_curve_gives_a_result_or_a_reason(curve: Data) -> None:
    analysed(recording(*curve))


@pytest.mark.nightly
@settings(max_examples=2000, deadline=None, suppress_health_check=QUIET)
@given(data())
def test_any_curve_gives_a_result_or_a_reason_at_night(curve: Data) -> None:
    analysed(recording(*curve))


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=QUIET)
@given(data(), st.sampled_from(["temperature", "field", "auto"]))
def test_any_loop_in_field_gives_a_result_or_a_reason(curve: Data, swept: str) -> None:
    values, r = curve
    field = Column("H (T)", Role.FIELD, (values - values.mean()) / 100.0)
    analysed(recording(2.0 + 0.001 * values, r, field), Settings(swept=swept))  # type: ignore[arg-type]
