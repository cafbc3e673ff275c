"""One line for each measurement."""

from __future__ import annotations

import pytest

from megabar.analysis.headline import headline, rounded
from megabar.data import Estimate, Status

HALF = "R/R(onset) = 0.50"


def estimate(quantity: str, value: float | None, error: float | None = None, remark: str = "", **labels: str | float):
    unit = {"critical_temperature": "K", "debye_temperature": "K", "transition_field": "T", "coupling": "1"}[quantity]
    status = Status.OK if value is not None else Status.NOT_FOUND
    return Estimate(quantity, "m", value, unit, "x", error=error, labels=labels, remark=remark, status=status)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (71.0553, 0.04, "71.06"), (71.0553, 0.019, "71.06"), (546.51, 1.1, "547"), (546.51, 12.0, "547"),
        (1.44818, 0.0029, "1.448"), (1.44818, None, "1.448"), (-0.0039, 0.2, "0.0"), (-0.26, 0.2, "-0.3"),
        (40.0, 0.01, "40.00"), (40.0, 0.0, "40"),
    ],
)  # fmt: skip
def test_digits_are_those_that_the_error_allows(value: float, error: float | None, text: str) -> None:
    assert rounded(value, error) == text


def test_three_criteria_theta_and_coupling_of_the_best_kind() -> None:
    found = [
        estimate("critical_temperature", 71.9, 0.05, criterion="onset", sweep="cooling"),
        estimate("critical_temperature", 72.01, 0.04, criterion="onset", sweep="mean of directions"),
        estimate("critical_temperature", 66.5, 0.01, criterion=HALF, sweep="mean of directions"),
        estimate("critical_temperature", None, criterion="zero", sweep="cooling"),
        estimate("debye_temperature", 516.0, 2.0, model="normal state", sweep="mean of directions"),
        estimate("debye_temperature", 518.2, 0.9, model="full curve", sweep="mean of directions"),
        estimate("coupling", 1.714, 0.003, model="full curve", sweep="mean of directions"),
    ]
    assert headline(found) == "Tc 72.01 K (onset), 66.50 K (50 %); Θ_D 518.2 K; λ 1.714"


def test_fields_by_temperature_and_curve() -> None:
    found = [
        estimate("transition_field", v, 0.001, criterion=HALF, sweep=f"{d}, {t} K", side=side, curve=curve)
        for curve in ("Bridge 1", "Bridge 2")
        for d, t, v in (("mean of directions", "10", 0.2), ("field up", "10", 0.21), ("field up", "2.1", 0.4))
        for side in ("negative", "both")
    ]
    assert headline(found) == (
        "field at 50 %: Bridge 1: 0.400 T at 2.1 K, 0.200 T at 10 K; Bridge 2: 0.400 T at 2.1 K, 0.200 T at 10 K"
    )


def test_many_temperatures_are_counted() -> None:
    found = [estimate("transition_field", 1.0, 0.1, criterion=HALF, sweep=f"field up, {t} K") for t in range(2, 12)]
    assert headline(found).endswith("1.0 T at 7 K and 4 more")


def test_several_fields_are_told_by_the_half_resistance() -> None:
    found = [
        estimate("critical_temperature", v, 0.01, criterion=c, sweep=s)
        for s, v in (("cooling", 40.0), ("cooling, 2 T", 38.0))
        for c in ("onset", HALF)
    ]
    assert headline(found) == "Tc at 50 %: 40.00 K, 38.00 K at 2 T"


def test_no_transition_is_said() -> None:
    remark = "no transition between 2 and 300 K"
    assert headline([estimate("critical_temperature", None, remark=remark, criterion="onset")]) == remark
    assert headline([]) == "nothing was determined: see the notes"
