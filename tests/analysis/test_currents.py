"""Does the measuring current move the transition?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.analysis.combine import MEAN
from megabar.analysis.currents import CRITERION, compare_currents
from megabar.analysis.resistance import Settings, analyse
from megabar.data import Curve, Estimate, Recording

MakeCurve = Callable[..., Curve]
Crystal = Callable[..., np.ndarray]

T = np.linspace(20.0, 80.0, 601)
QUICK = Settings(normal_state=False)
HEATING = 2e7
"""K/A^2: 0.2 K at 100 uA."""


def tc(curve: str, value: float, error: float | None = 0.02, sweep: str = "cooling", **labels: object) -> Estimate:
    labels = {"curve": curve, "sweep": sweep, "criterion": CRITERION, **labels}
    return Estimate("critical_temperature", "run", value, "K", "level", error=error, labels=labels)  # type: ignore[arg-type]


def values(found: list[Estimate]) -> dict[str, float | None]:
    return {e.quantity: e.value for e in found}


def test_three_currents_by_the_normal_equations() -> None:
    amperes = {"a": 1e-5, "b": 5e-5, "c": 1e-4}
    heated = [40.0 - HEATING * i**2 for i in amperes.values()]
    group = [tc(name, value) for name, value in zip(amperes, heated, strict=True)]
    found = compare_currents(group, amperes, "run")
    shift, zero = found
    assert shift.quantity == "current_shift"
    assert shift.value == pytest.approx(-HEATING * (1e-8 - 1e-10), rel=1e-9)
    assert shift.error == pytest.approx(0.02 * np.sqrt(2.0))
    assert shift.method.endswith("at 100 uA less that at 10 uA")
    assert zero.quantity == "critical_temperature_zero_current"
    assert zero.value == pytest.approx(40.0, abs=1e-8)
    u = np.array(list(amperes.values())) ** 2
    spread = float(np.sum((u - u.mean()) ** 2))
    assert zero.error == pytest.approx(0.02 * np.sqrt(1.0 / 3.0 + u.mean() ** 2 / spread), rel=1e-6)


def test_two_currents_give_the_shift_alone() -> None:
    found = compare_currents([tc("a", 40.0), tc("b", 39.8)], {"a": 1e-5, "b": 1e-4}, "run")
    assert values(found) == {"current_shift": pytest.approx(-0.2)}


@pytest.mark.parametrize(
    ("group", "amperes"),
    [
        ([tc("a", 40.0), tc("b", 39.8)], {"a": 1e-4, "b": 1e-4}),
        ([tc("a", 40.0), tc("b", 39.8)], {"a": 1e-4}),
        ([tc("a", 40.0), tc("b", 39.8, None)], {"a": 1e-5, "b": 1e-4}),
        ([tc("a", 40.0, sweep="cooling"), tc("b", 39.8, sweep="warming")], {"a": 1e-5, "b": 1e-4}),
        ([tc("a", 40.0), tc("b", 30.0, sweep="cooling, 5 T")], {"a": 1e-5, "b": 1e-4}),
        ([tc("a", 40.0, sweep=MEAN), tc("b", 39.8, sweep=MEAN)], {"a": 1e-5, "b": 1e-4}),
    ],
    ids=["one current", "unknown current", "no error", "directions", "fields", "means"],
)
def test_nothing_is_compared_that_differs_otherwise(group: list[Estimate], amperes: dict[str, float]) -> None:
    assert compare_currents(group, amperes, "run") == []


def test_only_directions_that_all_currents_have_enter() -> None:
    """The warming sweep of one current alone would bring half of the hysteresis into the shift."""
    group = [tc("a", 40.0), tc("a", 41.0, sweep="warming"), tc("b", 39.8)]
    assert values(compare_currents(group, {"a": 1e-5, "b": 1e-4}, "run")) == {"current_shift": pytest.approx(-0.2)}


def test_each_field_is_compared_for_itself() -> None:
    group = [tc("a", 40.0), tc("b", 39.8), tc("a", 30.0, sweep="cooling, 5 T"), tc("b", 29.5, sweep="cooling, 5 T")]
    found = compare_currents(group, {"a": 1e-5, "b": 1e-4}, "run")
    assert [(e.value, dict(e.labels)) for e in found] == [
        (pytest.approx(-0.2), {}),
        (pytest.approx(-0.5), {"at": "5 T"}),
    ]


def test_lower_steps_do_not_enter() -> None:
    group = [tc("a", 40.0, step=1), tc("a", 20.0, step=2), tc("b", 39.8)]
    assert values(compare_currents(group, {"a": 1e-5, "b": 1e-4}, "run")) == {"current_shift": pytest.approx(-0.2)}


def currents_curves(curve: MakeCurve, sharp: Crystal, seed: int) -> list[Curve]:
    """Three currents; the sample is warmer than the thermometer by HEATING I^2, so Tc appears lower by that."""
    rng = np.random.default_rng(seed)
    made = []
    for amperes in (1e-5, 5e-5, 1e-4):
        r = sharp(T + HEATING * amperes**2) + 5e-5 * rng.standard_normal(T.size)
        made.append(curve(f"{1e6 * amperes:g} uA", temperature=T, resistance=r, current=np.full(T.size, amperes)))
    return made


def test_known_heating_is_taken_off(curve: MakeCurve, recording: Callable[..., Recording], sharp: Crystal) -> None:
    exact = float(np.interp(0.5, sharp(T) / sharp(np.array([42.0])), T))
    pulls = []
    for seed in range(3):
        result = analyse(recording(*currents_curves(curve, sharp, seed)), QUICK)
        (zero,) = result.find("critical_temperature_zero_current")
        (shift,) = result.find("current_shift")
        assert zero.value is not None
        assert zero.error is not None
        assert shift.value == pytest.approx(-HEATING * (1e-8 - 1e-10), abs=5.0 * (shift.error or 0.0))
        pulls.append((zero.value - exact) / zero.error)
    # Three independent standard normal numbers: the sum of their squares exceeds 16.3 in one of a thousand cases.
    assert sum(pull**2 for pull in pulls) < 16.3
    assert max(abs(pull) for pull in pulls) > 0.1


def test_reversed_currents_are_compared_too(
    curve: MakeCurve, recording: Callable[..., Recording], sharp: Crystal
) -> None:
    """Current reversal uses the current up; the comparison still knows it."""
    rng = np.random.default_rng(0)
    made = []
    for amperes in (1e-5, 1e-4):
        t = np.repeat(T, 2)
        i = amperes * (-1.0) ** np.arange(t.size)
        voltage = i * (sharp(t + HEATING * amperes**2) + 5e-5 * rng.standard_normal(t.size)) + 1e-6
        made.append(curve(f"{1e6 * amperes:g} uA", temperature=t, voltage=voltage, current=i))
    (shift,) = analyse(recording(*made), QUICK).find("current_shift")
    assert shift.value == pytest.approx(-HEATING * (1e-8 - 1e-10), abs=5.0 * (shift.error or 0.0))
    assert shift.error is not None


def rows(*columns: np.ndarray) -> str:
    return "".join(",".join(f"{x:.9g}" for x in row) + "\n" for row in zip(*columns, strict=True))


def test_currents_from_a_column_that_groups_the_rows(tmp_path: Path, sharp: Crystal) -> None:
    amperes = (1e-5, 5e-5, 1e-4)
    noise = 5e-5 * np.random.default_rng(1).standard_normal((3, T.size))
    parts = [
        rows(T, sharp(T + HEATING * i**2) + e, np.full(T.size, 1e6 * i)) for i, e in zip(amperes, noise, strict=True)
    ]
    (tmp_path / "currents.csv").write_text("T (K),R (Ohm),I (uA)\n" + "".join(parts))
    file = megabar.read(tmp_path / "currents.csv", group="I (uA)")
    assert [curve.name for curve in file.curves] == ["10 uA", "50 uA", "100 uA"]
    result = analyse(file, QUICK)
    assert {str(e.labels["curve"]) for e in result.find("critical_temperature")} == {"10 uA", "50 uA", "100 uA"}
    assert len(result.find("critical_temperature_zero_current")) == 1


def test_currents_from_columns_side_by_side(tmp_path: Path, sharp: Crystal) -> None:
    noise = 5e-5 * np.random.default_rng(2).standard_normal((2, T.size))
    heated = [sharp(T + HEATING * i**2) + e for i, e in zip((1e-5, 1e-4), noise, strict=True)]
    text = rows(T, heated[0], np.full(T.size, 10.0), heated[1], np.full(T.size, 100.0))
    (tmp_path / "currents.csv").write_text("T (K),R1 (Ohm),I1 (uA),R2 (Ohm),I2 (uA)\n" + text)
    result = analyse(megabar.read(tmp_path / "currents.csv"), QUICK)
    (shift,) = result.find("current_shift")
    assert shift.value == pytest.approx(-HEATING * (1e-8 - 1e-10), abs=5.0 * (shift.error or 0.0))
    assert shift.method.endswith("at 100 uA less that at 10 uA")
    assert len(result.find("critical_temperature_zero_current")) == 0
