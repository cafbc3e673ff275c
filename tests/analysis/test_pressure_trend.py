"""Tc and the rest against pressure: cells apart, gauges told, drifts on cooling turned into kelvin."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from megabar.analysis.combine import MEAN
from megabar.analysis.trend import Settings, TrendPoint, across, analyse
from megabar.data import Estimate, Measured, Panel, Pressure, Result, Source, Trace
from megabar.errors import DataError

HALF = "R/R(onset) = 0.50"


def estimate(
    quantity: str, value: float | None, unit: str = "K", error: float | None = None, **labels: object
) -> Estimate:
    return Estimate(quantity, "run", value, unit, "made for a test", error=error, labels=labels)  # type: ignore[arg-type]


def point(
    name: str, pressure: Pressure | float, *estimates: Estimate, cell: str = "", top: float = 104.0
) -> TrendPoint:
    """One measurement, drawn between 4 K and `top`."""
    drawn = Trace("warming", "data", np.array([4.0, top]), np.array([0.0, 1.0]))
    window = Trace("warming", "data", np.array([1.0, 900.0]), np.array([0.0, 1.0]))
    panels = (
        Panel("run", "Temperature (K)", "Resistance (ohm)", (drawn,)),
        Panel("run", "Lower end of the window (K)", "Debye temperature (K)", (window,)),
    )
    source = Source(f"{name}.csv", name.ljust(64, "0"))
    result = Result("resistance", name, estimates, panels=panels, sources=(source,))
    return TrendPoint(name, cell, pressure if isinstance(pressure, Pressure) else Pressure(pressure), result)


def tc_points(
    pressures: np.ndarray, values: np.ndarray, cells: list[str] | None = None, **rest: object
) -> list[TrendPoint]:
    cells = cells or [""] * len(pressures)
    return [
        point(f"p{i}", float(p), estimate("critical_temperature", float(t), criterion="onset", **rest), cell=c)  # type: ignore[arg-type]
        for i, (p, t, c) in enumerate(zip(pressures, values, cells, strict=True))
    ]


def only(result: Result, quantity: str, **labels: str | float) -> Estimate:
    (found,) = result.find(quantity, **labels)
    return found


@pytest.fixture(name="lace")
def _lace(shared: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Pressures, Tc and cells of (La-Ce)H9-10 as printed in S1, of the cells measured more than once."""
    with (shared / "papers" / "s1_tc.csv").open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    kept = [row for row in rows if row["system"] == "(La-Ce)H9-10" and row["cell"] in ("2", "5", "9")]
    return (
        np.array([float(row["pressure_gpa"]) for row in kept]),
        np.array([float(row["tc_k"]) for row in kept]),
        [row["cell"] for row in kept],
    )


def test_published_cells_share_a_slope(lace: tuple[np.ndarray, np.ndarray, list[str]]) -> None:
    """Least squares with an offset for each cell: the slope is the sum of the cells' products over their squares."""
    pressure, tc, cells = lace
    assert sorted(set(cells)) == ["2", "5", "9"]
    (result,) = analyse(tc_points(pressure, tc, cells))
    products = squares = 0.0
    for cell in ("2", "5", "9"):
        own = np.array([c == cell for c in cells])
        x, y = pressure[own] - pressure[own].mean(), tc[own] - tc[own].mean()
        products, squares = products + float(x @ y), squares + float(x @ x)
    slope = only(result, "critical_temperature_pressure_slope")
    assert slope.value == pytest.approx(products / squares, rel=1e-9)
    assert slope.unit == "K/GPa"
    assert slope.labels == {"criterion": "onset"}
    assert "an offset for each cell" in slope.method
    for cell in ("2", "5", "9"):
        own = np.array([c == cell for c in cells])
        offset = only(result, "critical_temperature_of_cell", cell=cell)
        expected = tc[own].mean() + products / squares * (pressure.mean() - pressure[own].mean())
        assert offset.value == pytest.approx(expected, rel=1e-9)
        assert offset.error is not None


def test_a_plain_line_through_all_cells_is_another_answer(lace: tuple[np.ndarray, np.ndarray, list[str]]) -> None:
    """Cells differ by more than their scatter: the plain line mixes that into its slope and scatters far more."""
    pressure, tc, cells = lace
    (shared_slope,) = analyse(tc_points(pressure, tc, cells))
    (plain,) = analyse(tc_points(pressure, tc, cells), Settings(cells="ignore"))
    line = only(plain, "critical_temperature_pressure_slope")
    assert line.value == pytest.approx(np.polyfit(pressure, tc, 1)[0], rel=1e-9)
    assert "straight line" in line.method
    apart = only(shared_slope, "critical_temperature_pressure_slope")
    assert apart.value is not None
    assert line.value is not None
    assert abs(apart.value - line.value) > 0.05
    within, about = (only(r, "critical_temperature_scatter").value for r in (shared_slope, plain))
    assert within is not None
    assert about is not None
    assert about > 1.5 * within
    spread = only(shared_slope, "critical_temperature_cell_spread")
    assert spread.value is not None
    assert spread.value > 0.0


def test_cells_measured_once_have_an_offset_and_no_say(lace: tuple[np.ndarray, np.ndarray, list[str]]) -> None:
    pressure, tc, cells = lace
    (few,) = analyse(tc_points(pressure, tc, cells))
    (more,) = analyse(tc_points(np.append(pressure, 131.0), np.append(tc, 163.0), [*cells, "3"]))
    slopes = [only(r, "critical_temperature_pressure_slope").value for r in (few, more)]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-9)
    assert len(more.find("critical_temperature_of_cell")) == 4


def test_one_cell_is_a_straight_line() -> None:
    pressure = np.array([100.0, 110.0, 120.0, 130.0])
    (result,) = analyse(tc_points(pressure, 150.0 + 0.6 * pressure, ["2"] * 4))
    assert only(result, "critical_temperature_pressure_slope").value == pytest.approx(0.6, rel=1e-9)
    assert only(result, "critical_temperature_at_mean_pressure").value == pytest.approx(150.0 + 0.6 * 115.0)
    assert result.find("critical_temperature_of_cell") == ()


def test_errors_of_the_line_by_hand() -> None:
    """Equal errors of Tc alone: sigma / sqrt(sum of squared distances), as the points lie on the line."""
    pressure = np.array([100.0, 110.0, 120.0, 130.0])
    (result,) = analyse(tc_points(pressure, 150.0 + 0.6 * pressure, error=0.5))
    assert only(result, "critical_temperature_pressure_slope").error == pytest.approx(0.5 / math.sqrt(500.0), rel=1e-6)


def test_errors_of_the_pressure_count_through_the_slope() -> None:
    pressure = np.array([100.0, 110.0, 120.0, 130.0])
    points = [
        point(
            f"p{p:g}",
            Pressure(p, error=2.0),
            estimate("critical_temperature", 150.0 + 0.6 * p, error=0.5, criterion="onset"),
        )
        for p in pressure
    ]
    (result,) = analyse(points)
    expected = math.hypot(0.5, 0.6 * 2.0) / math.sqrt(500.0)
    assert only(result, "critical_temperature_pressure_slope").error == pytest.approx(expected, rel=1e-3)


def test_two_points_are_no_trend() -> None:
    with pytest.raises(DataError, match="2 measurements with a pressure: a trend needs at least 3"):
        analyse(tc_points(np.array([100.0, 110.0]), np.array([1.0, 2.0])))


def test_three_pressures_in_three_cells_determine_no_slope() -> None:
    (result,) = analyse(tc_points(np.array([100.0, 110.0, 120.0]), np.array([1.0, 2.0, 3.0]), ["a", "b", "c"]))
    assert result.find("critical_temperature_pressure_slope") == ()
    assert any(note.level == "warning" and "no trend" in note.text for note in result.notes)


def test_one_gauge_is_named_and_its_error_is_systematic() -> None:
    points = [
        point(
            f"p{p:g}",
            Pressure(p, gauge="diamond edge", scale="akahama_2006", gauge_error=5.0),
            estimate("critical_temperature", 150.0 + 0.6 * p, criterion="onset"),
        )
        for p in (100.0, 110.0, 120.0)
    ]
    (result,) = analyse(points)
    assert [(note.level, note.text) for note in result.notes] == [("info", "pressures by diamond edge (akahama_2006)")]
    middle = only(result, "critical_temperature_at_mean_pressure")
    assert dict(middle.systematic) == {"gauge": pytest.approx(3.0, rel=1e-6)}


def test_mixed_gauges_are_warned_about_and_share_no_error() -> None:
    gauges = ["diamond edge", "ruby", "diamond edge"]
    points = [
        point(
            f"p{p:g}",
            Pressure(p, gauge=g, gauge_error=5.0),
            estimate("critical_temperature", 0.6 * p, criterion="onset"),
        )
        for p, g in zip((100.0, 110.0, 120.0), gauges, strict=True)
    ]
    (result,) = analyse(points)
    (warning,) = (note for note in result.notes if note.level == "warning")
    assert "several gauges" in warning.text
    assert "diamond edge (no scale), ruby (no scale)" in warning.text
    assert dict(only(result, "critical_temperature_at_mean_pressure").systematic) == {}


def drifting(sign: float, error: float | None = None) -> list[TrendPoint]:
    """Tc falls by 2 K/GPa; the first cell gains 0.5 GPa on cooling; the transition is 2.5 K wide, sweeps span 100 K."""
    pressures = [
        Pressure(20.0, before_cooling=19.8, after_cooling=19.8 + sign * 0.5),
        Pressure(25.0, before_cooling=25.0),
        Pressure(30.0),
    ]
    return [
        point(
            f"p{p.value:g}",
            p,
            estimate("critical_temperature", 100.0 - 2.0 * p.value, error=error, criterion=HALF),
            estimate("transition_width", 2.5),
        )
        for p in pressures
    ]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_drift_on_cooling_in_kelvin(sign: float) -> None:
    (result,) = analyse(drifting(sign))
    shift = only(result, "critical_temperature_shift_by_drift")
    assert shift.value == pytest.approx(-2.0 * sign * 0.5)
    assert shift.labels == {"measurement": "p20"}
    assert f"from 19.8 to {19.8 + sign * 0.5:.4g} GPa on cooling" in shift.method
    width = only(result, "transition_width_by_drift")
    assert width.value == pytest.approx(1.0 * 2.5 / 100.0)


def test_the_drift_carries_the_error_of_the_slope() -> None:
    (result,) = analyse(drifting(1.0, error=0.4))
    slope = only(result, "critical_temperature_pressure_slope")
    assert slope.error == pytest.approx(0.4 / math.sqrt(50.0), rel=1e-6)
    assert only(result, "critical_temperature_shift_by_drift").error == pytest.approx(0.5 * slope.error, rel=1e-9)
    assert only(result, "transition_width_by_drift").error == pytest.approx(0.5 * slope.error * 0.025, rel=1e-9)


def test_without_readings_on_both_sides_there_is_no_drift() -> None:
    (result,) = analyse(tc_points(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])))
    assert result.find("critical_temperature_shift_by_drift") == ()


def test_the_best_estimate_of_a_measurement_is_followed() -> None:
    """The mean over directions rather than one sweep, zero field rather than 5 T, the first step."""

    def many(p: float) -> TrendPoint:
        best = 100.0 + p
        return point(
            f"p{p:g}",
            p,
            estimate("critical_temperature", 0.0, criterion="onset", sweep=f"{MEAN}, 5 T"),
            estimate("critical_temperature", 1.0, criterion="onset", sweep="cooling"),
            estimate("critical_temperature", 2.0, criterion="onset", sweep=MEAN, step=2),
            estimate("critical_temperature", best, criterion="onset", sweep=MEAN),
            estimate("coupling", 5.0, "1", sweep=MEAN, formula="McMillan", model="full curve"),
            estimate("coupling", 0.01 * best, "1", sweep=MEAN, formula="advanced McMillan", model="full curve"),
            estimate("coupling", 6.0, "1", sweep=MEAN, formula="advanced McMillan", model="normal state"),
        )

    (result,) = analyse([many(p) for p in (10.0, 20.0, 30.0)])
    assert only(result, "critical_temperature_pressure_slope").value == pytest.approx(1.0)
    coupling = only(result, "coupling_pressure_slope")
    assert coupling.value == pytest.approx(0.01)
    assert coupling.unit == "1/GPa"


def test_missing_values_leave_their_measurement_out() -> None:
    points = tc_points(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    points.append(point("none", 5.0, estimate("critical_temperature", None, criterion="onset")))
    (result,) = analyse(points)
    slope = only(result, "critical_temperature_pressure_slope")
    assert "4 points" in slope.method
    assert len(result.sources) == 5


def test_resistances_and_resistivities_do_not_mix_and_it_is_said() -> None:
    points = [point(f"p{i}", float(i), estimate("onset_resistance", 1.0 + i, "ohm")) for i in range(3)]
    points.append(point("film", 9.0, estimate("onset_resistance", 1e-6, "ohm m")))
    (result,) = analyse(points)
    assert only(result, "onset_resistance_pressure_slope").unit == "ohm/GPa"
    assert [note.text for note in result.notes if note.level == "warning"] == [
        "onset resistance: not in ohm and therefore left out: film"
    ]


def test_panels_show_cells_and_residuals(lace: tuple[np.ndarray, np.ndarray, list[str]]) -> None:
    (result,) = analyse(tc_points(*lace))
    (panel,) = result.panels
    assert panel.x_label == "Pressure (GPa)"
    for cell in ("2", "5", "9"):
        own = np.array([c == cell for c in lace[2]])
        data, fit = (
            [t for t in panel.traces if f"cell {cell}" in t.name and t.style == style] for style in ("data", "fit")
        )
        assert np.array_equal(data[0].x, lace[0][own])
        assert np.array_equal(data[0].y, lace[1][own])
        (line,) = fit
        assert line.y is not None
        # The fitted line of a cell passes through the centre of its points.
        assert np.interp(lace[0][own].mean(), line.x, line.y) == pytest.approx(lace[1][own].mean(), rel=1e-9)


def test_simulated_points_make_a_simulated_trend() -> None:
    points = tc_points(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    (result,) = analyse(points)
    assert not result.simulated
    made_up = Result("resistance", "p0", points[0].result.estimates, simulated=True)
    (result,) = analyse([TrendPoint("p0", "", Pressure(1.0), made_up), *points[1:]])
    assert result.simulated


def test_an_experiment_may_ask_for_no_trend() -> None:
    points = tc_points(np.array([100.0, 110.0, 120.0]), np.array([180.0, 186.0, 192.0]))
    measured = [Measured(p.measurement, p.cell, p.pressure, p.result) for p in points]
    assert len(across(measured)) == 1
    assert across(measured, Settings(criteria=(), quantities=())) == ()
