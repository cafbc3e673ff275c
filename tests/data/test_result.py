"""Results hold finite numbers or None, are found by their labels and show as a table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from megabar.data import Estimate, Panel, Result, Trace
from megabar.errors import DomainError


def estimate(**changes: object) -> Estimate:
    given = {"quantity": "critical_temperature", "measurement": "22.4 GPa", "value": 58.0, "unit": "K", "method": "5 %"}
    return Estimate(**{**given, **changes})  # type: ignore[arg-type]


def test_unknown_is_none() -> None:
    one = estimate(value=None)
    assert (one.value, one.error, one.interval) == (None, None, None)
    assert estimate(interval=(None, 60.0), level=0.95).interval == (None, 60.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["value", "error", "interval", "systematic"])
def test_numbers_that_are_none_are_refused(bad: float, where: str) -> None:
    given = {"interval": (57.0, bad), "systematic": {"window": bad}}.get(where, bad)
    with pytest.raises(DomainError, match=r"of '22.4 GPa': (value|error|upper end|window) is (nan|-?inf): an"):
        estimate(**{where: given})


@pytest.mark.parametrize("change", [{"error": -0.1}, {"systematic": {"window": -0.1}}])
def test_negative_errors_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(DomainError, match=r"is negative \(-0\.1\)"):
        estimate(**change)


def test_labels_and_systematic_are_copies_that_nobody_can_write() -> None:
    labels = {"sweep": "cooling"}
    one = estimate(labels=labels, systematic={"window": 0.2})
    labels["sweep"] = "warming"
    assert one.labels["sweep"] == "cooling"
    with pytest.raises(TypeError):
        one.systematic["window"] = 0.0  # type: ignore[index]


def test_estimates_are_found_by_quantity_and_labels() -> None:
    cooling = estimate(labels={"sweep": "cooling", "level": 0.05})
    warming = estimate(labels={"sweep": "warming", "level": 0.05})
    width = estimate(quantity="width", value=4.0)
    result = Result("resistance", "22.4 GPa", (cooling, warming, width))
    assert result.find("critical_temperature") == (cooling, warming)
    assert result.find("critical_temperature", sweep="warming", level=0.05) == (warming,)
    assert result.find("critical_temperature", sweep="both") == ()
    assert result.find("coupling") == ()


def test_notebooks_show_a_table_with_gaps_for_the_unknown() -> None:
    result = Result("resistance", "22.4 GPa", (estimate(error=0.123), estimate(value=None)))
    table = result._repr_html_()
    assert "<td>58</td><td>0.12</td><td>K</td>" in table
    assert "<td></td><td></td><td>K</td>" in table


def test_traces_own_read_only_copies() -> None:
    x = np.arange(3.0)
    trace = Trace("data", "data", x, y=2.0 * x, y_error=x)
    x[0] = 7.0
    assert trace.x[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        trace.x[0] = 1.0
    assert Panel("R(T)", "Temperature (K)", "Resistance (ohm)", (trace,)).caption == ""
