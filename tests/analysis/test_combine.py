"""Means over directions and hysteresis, worked out by hand."""

from __future__ import annotations

import math

import pytest

from megabar.analysis.combine import MEAN, over_directions
from megabar.data import Estimate, Status

HALF = "R/R(onset) = 0.50"


def tc(sweep: str, value: float | None, error: float | None = 0.1, **rest: object) -> Estimate:
    labels = {"sweep": sweep, "criterion": HALF, **rest.pop("labels", {})}  # type: ignore[dict-item]
    return Estimate("critical_temperature", "run", value, "K", "level; details", error=error, labels=labels, **rest)  # type: ignore[arg-type]


def only(found: list[Estimate], quantity: str) -> Estimate:
    (estimate,) = (e for e in found if e.quantity == quantity)
    return estimate


def test_mean_hysteresis_and_their_errors() -> None:
    cooling = tc("cooling", 39.0, 0.3, systematic={"window": 0.2})
    warming = tc("warming", 40.0, 0.4, systematic={"window": 0.1, "spacing of points": 0.05})
    found = over_directions([warming, cooling])
    mean = only(found, "critical_temperature")
    assert mean.value == 39.5
    assert mean.error == pytest.approx(0.25)  # sqrt(0.3^2 + 0.4^2)/2
    assert dict(mean.systematic) == {"window": 0.2, "spacing of points": 0.05, "direction": 0.5}
    assert mean.labels == {"sweep": MEAN, "criterion": HALF}
    assert mean.method == "level; mean of cooling and warming"
    hysteresis = only(found, "hysteresis")
    assert hysteresis.value == 1.0  # warming above cooling: a sample that lags behind its thermometer
    assert hysteresis.error == pytest.approx(0.5)
    assert hysteresis.method == "warming minus cooling"
    assert hysteresis.labels == {"criterion": HALF}
    assert hysteresis.unit == "K"


def test_the_sign_follows_the_direction_and_not_the_order() -> None:
    a, b = tc("warming", 39.0), tc("cooling", 40.0)
    assert only(over_directions([a, b]), "hysteresis").value == -1.0
    assert only(over_directions([b, a]), "hysteresis").value == -1.0


def test_field_directions() -> None:
    def field(sweep: str, value: float) -> Estimate:
        labels = {"sweep": sweep, "side": "positive"}
        return Estimate("transition_field", "run", value, "T", "half", error=0.003, labels=labels)

    found = over_directions([field("field up, 2.1 K", 0.46), field("field down, 2.1 K", 0.45)])
    assert only(found, "transition_field").labels == {"sweep": f"{MEAN}, 2.1 K", "side": "positive"}
    hysteresis = only(found, "hysteresis")
    assert hysteresis.value == pytest.approx(0.01)
    assert hysteresis.method == "field up minus field down"
    assert hysteresis.labels == {"side": "positive", "at": "2.1 K"}


def test_unequal_numbers_of_sweeps_count_each_direction_alike() -> None:
    """Two cooling sweeps at 39.0 and 39.2, one warming at 40.1: (39.1 + 40.1)/2, not the mean of three."""
    group = [tc("cooling", 39.0, 0.3), tc("cooling (2)", 39.2, 0.4), tc("warming", 40.1, 0.2)]
    found = over_directions(group)
    mean, hysteresis = only(found, "critical_temperature"), only(found, "hysteresis")
    cooling = 0.5 * math.hypot(0.3, 0.4)
    assert mean.value == pytest.approx(39.6)
    assert mean.error == pytest.approx(0.5 * math.hypot(cooling, 0.2))
    assert hysteresis.value == pytest.approx(1.0)
    assert hysteresis.error == pytest.approx(math.hypot(cooling, 0.2))
    assert mean.labels["sweep"] == MEAN


def test_fields_steps_curves_and_criteria_are_kept_apart() -> None:
    names = ("cooling", "warming")
    group = [tc(f"{name}, 2 T", 30.0 + i) for i, name in enumerate(names)]
    group += [tc(f"{name} (2), 2 T", 30.0 + i) for i, name in enumerate(names)]
    group += [tc(name, 40.0 + i) for i, name in enumerate(names)]
    group += [tc(name, 20.0 + i, labels={"step": 2}) for i, name in enumerate(names)]
    group += [tc(name, 10.0 + i, labels={"curve": "Bridge 2"}) for i, name in enumerate(names)]
    means = {tuple(e.labels.values()): e.value for e in over_directions(group) if e.quantity != "hysteresis"}
    assert means == {
        (f"{MEAN}, 2 T", HALF): 30.5,
        (MEAN, HALF): 40.5,
        (MEAN, HALF, 2): 20.5,
        (MEAN, HALF, "Bridge 2"): 10.5,
    }


@pytest.mark.parametrize(
    "group",
    [
        [],
        [tc("cooling", 39.0), tc("cooling (2)", 39.1)],
        [tc("cooling", 39.0), tc("unordered", 39.1)],
        [tc("cooling", 39.0), tc("warming, 2 T", 38.0)],
        [tc("cooling", 39.0), tc("warming", None, None, status=Status.NOT_FOUND)],
        [tc("cooling", 39.0), tc("warming", 4.0, status=Status.LIMIT)],
        [tc("cooling", 39.0), tc(MEAN, 39.0)],
    ],
)
def test_without_two_directions_there_is_no_mean(group: list[Estimate]) -> None:
    assert over_directions(group) == []


def test_an_unknown_error_makes_the_mean_s_unknown() -> None:
    mean, hysteresis = over_directions([tc("cooling", 39.0, None), tc("warming", 40.0)])
    assert (mean.error, hysteresis.error) == (None, None)
    assert (mean.value, hysteresis.value) == (39.5, 1.0)


def test_fit_quality_has_no_mean_and_other_quantities_no_hysteresis() -> None:
    def pair(quantity: str) -> list[Estimate]:
        return [
            Estimate(quantity, "run", value, "1", "fit", error=0.01, labels={"sweep": sweep})
            for sweep, value in (("cooling", 0.98), ("warming", 0.99))
        ]

    assert over_directions(pair("r_squared") + pair("step_share")) == []
    (mean,) = over_directions(pair("coupling"))
    assert (mean.quantity, mean.value) == ("coupling", pytest.approx(0.985))
