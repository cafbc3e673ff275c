"""What is drawn lies where the numbers say, and titles leave the measurement to whoever draws."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from megabar.analysis.resistance import Settings, analyse
from megabar.analysis.trend_panels import Followed, trend_panels
from megabar.data import Column, Curve, Panel, Recording, Result, Role, Source, Trace
from megabar.fitting.cells import shared_slope
from megabar.fitting.trend import line
from megabar.physics.resistivity import bloch_gruneisen

ONE = ((40.0, 1.0),)
TWO = ((40.0, 0.75), (33.0, 0.25))


@cache
def result(steps: tuple[tuple[float, float], ...] = ONE, *, curves: int = 1, full: bool = False) -> Result:
    """A metal whose resistance falls in `steps` (temperature, share), warming and cooling."""
    rng = np.random.default_rng(3)
    t = np.concatenate([np.arange(4.0, 60.0, 0.2), np.arange(60.0, 290.0, 2.0)])
    share = sum(s / (1.0 + np.exp(-(t - centre) / 0.35)) for centre, s in steps)
    normal = bloch_gruneisen(t, residual=0.5, amplitude=3.0, debye_temperature=300.0)
    there_and_back = np.concatenate([t, t[::-1]])
    made = []
    for number in range(curves):
        r = np.concatenate([normal * share, (normal * share)[::-1]]) + 5e-4 * rng.standard_normal(2 * t.size)
        columns = (Column("T", Role.TEMPERATURE, there_and_back), Column("R", Role.RESISTANCE, r))
        made.append(Curve(f"Bridge {number + 1}", columns))
    recording = Recording(Source("a.dat", "00"), "made up", tuple(made))
    return analyse(recording, Settings(full_curve=full), measurement="run 7")


def traces(panel: Panel, style: str) -> dict[str, Trace]:
    return {trace.name: trace for trace in panel.traces if trace.style == style}


def panel(found: Result, title: str) -> Panel:
    (own,) = (p for p in found.panels if p.title == title)
    return own


def test_titles_name_the_curve_but_not_the_measurement() -> None:
    assert [p.title for p in result().panels] == [
        "whole curve",
        "transition, warming",
        "transition, cooling",
        "Debye temperature by window",
    ]
    titles = [p.title for p in result(curves=2).panels]
    assert titles[0] == "Bridge 1: whole curve"
    assert titles[4] == "Bridge 2: whole curve"
    assert not any("run 7" in title for title in titles)


def test_criteria_lie_on_the_curve_and_the_onset_on_both_lines() -> None:
    drawn = panel(result(), "transition, warming")
    (data,) = traces(drawn, "data").values()
    marks = traces(drawn, "marker")
    assert {"onset", "90 %", "50 %", "10 %", "zero"} <= set(marks)
    for name, mark in marks.items():
        (estimate,) = (
            e
            for e in result().find("critical_temperature", sweep="warming")
            if name.replace(" %", "") in (e.labels["criterion"], f"{100 * _fraction(e.labels['criterion']):g}")
        )
        assert mark.x[0] == estimate.value
        assert mark.x_error is not None
        assert mark.x_error[0] == estimate.error
        if name not in ("onset", "offset"):
            assert mark.y is not None
            assert data.y is not None
            assert mark.y[0] == pytest.approx(np.interp(mark.x[0], data.x, data.y), abs=1e-12)
    guides = [t for t in drawn.traces if t.style == "guide"]
    assert len(guides) == 2
    onset = marks["onset"]
    for guide in guides:
        assert guide.x[0] < onset.x[0] < guide.x[-1]
        assert np.interp(onset.x[0], guide.x, guide.y) == pytest.approx(onset.y[0], rel=1e-9)


def _fraction(criterion: str | float) -> float:
    head, equals, number = str(criterion).partition("= ")
    return float(number) if equals and head.startswith("R/R") and "," not in number else -1.0


def test_steps_are_numbered_and_keep_to_themselves() -> None:
    drawn = panel(result(TWO), "transition, warming")
    marks = traces(drawn, "marker")
    assert {"1: onset", "1: 50 %", "2: onset", "2: 50 %", "2: zero"} == set(marks)
    assert marks["2: 50 %"].x[0] == pytest.approx(33.0, abs=0.5)
    assert marks["1: 50 %"].x[0] == pytest.approx(39.7, abs=0.5)
    assert {t.name for t in drawn.traces if t.style == "window"} == {
        "normal-state window",
        "transition window",
        "plateau",
    }


def test_a_sharp_transition_is_not_squeezed_into_a_line() -> None:
    (data,) = traces(panel(result(), "transition, warming"), "data").values()
    assert 38.0 < data.x[0] + 0.3 * np.ptp(data.x) < 42.0
    assert np.ptp(data.x) < 16.0


@pytest.mark.parametrize("full", [False, True])
def test_the_whole_curve_shows_fit_band_residuals_and_window(full: bool) -> None:
    drawn = panel(result(full=full), "whole curve")
    (window,) = traces(drawn, "window").values()
    for sweep in ("warming", "cooling"):
        data, fit = traces(drawn, "data")[sweep], traces(drawn, "fit")[f"{sweep}: fit"]
        residual, band = traces(drawn, "residual")[f"{sweep}: residuals"], traces(drawn, "band")[f"{sweep}: 95 % band"]
        measured = np.interp(residual.x, data.x, data.y)
        fitted = np.interp(residual.x, fit.x, fit.y)
        far = np.abs(residual.x - 40.0) > 5.0
        np.testing.assert_allclose(measured[far] - fitted[far], residual.y[far], atol=2e-4)
        assert np.all((band.low <= fit.y) & (fit.y <= band.high))
        assert bool(fit.x[0] < 10.0) is full
        assert window.x[0] > 40.0
    words = "Normal state and transition fitted together" if full else "Bloch–Grüneisen fit of the normal state"
    assert drawn.caption.startswith(f"{words}, R² = 0.9")
    assert drawn.caption.count("R²") == 1


def test_windows_of_the_debye_temperature_are_bars() -> None:
    drawn = panel(result(), "Debye temperature by window")
    for sweep in ("warming", "cooling"):
        trace = traces(drawn, "data")[sweep]
        (estimate,) = result().find("debye_temperature", sweep=sweep)
        assert trace.y[0] == estimate.value
        assert trace.y_error[0] == estimate.error
        assert np.isnan(trace.y_error[1:]).all()
        ends = np.stack([trace.x - trace.x_error, trace.x + trace.x_error])
        assert np.all(ends[0] >= ends[0, 0] - 1e-9)
        assert ends[1].max() == pytest.approx(288.0, abs=2.0)


def test_no_transition_no_transition_panel() -> None:
    assert [p.title for p in result(((1.0, 1.0),)).panels] == ["whole curve", "Debye temperature by window"]


def followed(way: str, *, cells: str = "AAAA", quantity: str = "critical_temperature", wild: float = 0.0) -> Followed:
    x, error = np.array([10.0, 15.0, 20.0, 25.0]), np.full(4, 0.1)
    y = 50.0 + 0.5 * x + wild * np.array([1.0, -1.0, -1.0, 1.0]) + np.array([0.05, -0.08, 0.02, 0.01])
    if len(set(cells)) > 1:
        fit = shared_slope(x, y, list(cells), y_error=error)
    else:
        fit = line(x, y, y_error=error)
    return Followed(quantity, way, "K", x, y, list(cells), None, error, fit)


def test_criteria_of_one_cell_share_a_figure() -> None:
    ways = ("onset", "R/R(onset) = 0.50")
    series = [*(followed(way) for way in ways), followed("", quantity="debye_temperature")]
    joined, single = trend_panels(series)
    assert (joined.title, single.title) == ("critical temperature", "Debye temperature")
    assert (joined.y_label, single.y_label) == ("Critical temperature (K)", "Debye temperature (K)")
    assert list(traces(joined, "data")) == ["onset", "50 %"]
    assert list(traces(joined, "fit")) == ["onset: line", "50 %: line"]
    assert set(traces(single, "band")) == {"cell A: 95 % band"}


def test_several_cells_are_told_apart() -> None:
    one, other = trend_panels([followed(way, cells="AABB") for way in ("onset", "zero")])
    assert (one.title, other.title) == ("critical temperature, onset", "critical temperature, zero")
    assert list(traces(one, "data")) == ["cell A", "cell B"]
    assert list(traces(one, "fit")) == ["cell A: line", "cell B: line"]


def test_a_name_that_begins_with_cell_is_left_alone() -> None:
    named = replace(followed("onset"), cells=["Cell 4"] * 4)
    assert list(traces(trend_panels([named])[0], "data")) == ["Cell 4"]


def test_captions_say_when_a_line_is_no_description() -> None:
    quiet, wild = (trend_panels([followed("onset", wild=size)])[0].caption for size in (0.0, 3.0))
    assert quiet == "Straight line."
    assert "scatter by more than their errors" in wild


def test_nothing_followed_nothing_drawn() -> None:
    assert trend_panels([]) == []


def test_loops_have_a_panel_a_temperature_and_one_for_all() -> None:
    up = np.linspace(-2.0, 2.0, 161)
    field = np.concatenate([np.concatenate([up, up[::-1]]) for _ in (2.0, 3.0)])
    temperature = np.repeat([2.0, 3.0], 2 * up.size)
    centre = np.where(temperature < 2.5, 1.2, 0.8)
    r = 0.4 / (1.0 + np.exp(-(np.abs(field) - centre) / 0.06)) + 2e-4 * np.random.default_rng(1).standard_normal(
        field.size
    )
    columns = (
        Column("H", Role.FIELD, field),
        Column("T", Role.TEMPERATURE, temperature),
        Column("R", Role.RESISTANCE, r),
    )
    found = analyse(Recording(Source("a.dat", "00"), "made up", (Curve("c", columns),)), measurement="run 7")
    assert [p.title for p in found.panels] == ["all temperatures", "2 K", "3 K"]
    together, two, _ = found.panels
    assert list(traces(together, "data")) == ["2 K", "3 K"]
    assert all(np.all(np.diff(t.x) >= 0.0) for t in traces(together, "data").values())
    marks = [t for t in two.traces if t.style == "marker" and t.name == "field up, 2 K: 50 %"]
    assert sorted(float(t.x[0]) for t in marks) == pytest.approx([-1.2, 1.2], abs=0.03)
    for mark in marks:
        assert mark.y[0] == pytest.approx(0.2, abs=0.02)
