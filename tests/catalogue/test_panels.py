"""The figures: every point where it belongs, isolines that are right, what is retracted never passes for the rest."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from megabar.catalogue import Catalogue, OwnPoint, OwnPoints, Status, comparison_panel, panel
from megabar.catalogue.schema import Notice
from megabar.data.result import Panel, Trace
from megabar.errors import DataError
from megabar.plot import describe_panel, render_svg


def of_style(drawn: Panel, *styles: str) -> list[Trace]:
    return [trace for trace in drawn.traces if trace.style in styles]


def places(traces: list[Trace]) -> set[tuple[float, float]]:
    return {(float(x), float(y)) for t in traces if t.y is not None for x, y in zip(t.x, t.y, strict=True)}


MINE = OwnPoints("mine", "onset", (OwnPoint("a", 70.0, 18.0, 0.5, 0.4), OwnPoint("b", 66.0, 30.0)))


def test_every_point_with_a_pressure_is_drawn_once(catalogue: Catalogue) -> None:
    drawn = panel(catalogue)
    expected = [(p.pressure, p.critical_temperature) for e in catalogue for p in e.points if p.pressure is not None]
    assert places(of_style(drawn, "data", "outlier")) == set(expected)
    assert sum(t.x.size for t in of_style(drawn, "data", "outlier")) == len(expected)
    assert (drawn.x_label, drawn.y_label) == ("Pressure (GPa)", "Critical temperature (K)")
    missing = sum(p.pressure is None for e in catalogue for p in e.points)
    assert f"Not drawn: {missing} points without a stated pressure" in drawn.caption


def test_isolines_are_those_of_the_equation_and_cover_the_points(catalogue: Catalogue) -> None:
    lines = of_style(panel(catalogue, isolines=(0.5, 1.0, 2.5)), "guide")
    assert [line.words for line in lines] == [("0.5",), ("1",), ("2.5",)]
    for line, merit in zip(lines, (0.5, 1.0, 2.5), strict=True):
        assert line.y is not None
        np.testing.assert_allclose(line.y**2, merit**2 * (39.0**2 + line.x**2))
        assert line.x[0] == 0.0
        assert line.x[-1] > 267.0


@pytest.mark.parametrize("with_retracted", [False, True])
def test_what_is_retracted_is_ringed_and_named_so(catalogue: Catalogue, with_retracted: bool) -> None:
    drawn = panel(catalogue, with_retracted=with_retracted)
    (ringed,) = of_style(drawn, "outlier")
    assert ringed.name == "retracted"
    assert places([ringed]) == {(267.0, 287.7), (1.0, 294.0)}
    assert set(ringed.words) == {"CSH (retracted)", "Lu-N-H (retracted)"}
    svg = render_svg(drawn, name="c")
    assert "CSH (retracted)" in svg
    assert "Lu-N-H (retracted)" in svg
    assert ("Lu-N-H, Dasenbrock-Gammon 2023" in drawn.caption) == with_retracted
    assert ("count in nothing" in drawn.caption) != with_retracted


def test_a_contested_report_is_named_so_and_drawn_among_the_others(catalogue: Catalogue) -> None:
    (entry,) = catalogue.find("snhx-hong-2022")
    notice = Notice(date="2026", text="made up for this test")
    disputed = replace(entry, table=entry.table.model_copy(update={"status": Status.CONTESTED, "notice": notice}))
    (points,) = of_style(panel(Catalogue((disputed,))), "data")
    assert points.words == ("SnHx (contested)",)


def test_each_entry_is_named_at_its_best_point(catalogue: Catalogue) -> None:
    found = catalogue.select(element="Ce", pressure=(60.0, 140.0))
    drawn = panel(found)
    named = {(word, float(x)) for t in of_style(drawn, "data") for word, x in zip(t.words, t.x, strict=True) if word}
    assert named == {("(La,Ce)H9-10", 100.0), ("CeH9", 94.8), ("CeHx", 95.0)}
    words = [label.text for label in describe_panel(drawn).labels]
    assert {"(La,Ce)H9-10", "CeH9", "CeHx"} <= set(words)


def test_own_points_lie_on_top_with_their_errors(catalogue: Catalogue) -> None:
    drawn = panel(catalogue, own=MINE)
    (marks,) = of_style(drawn, "marker")
    assert drawn.traces[-1] is marks
    assert places([marks]) == {(18.0, 70.0), (30.0, 66.0)}
    assert marks.x_error is not None
    np.testing.assert_array_equal(np.isnan(marks.x_error), [False, True])
    assert marks.name == "mine, onset"
    assert "mine" in drawn.title
    assert describe_panel(drawn).layers[-1].kind == "marker"


def test_made_up_measurements_are_called_simulated(catalogue: Catalogue) -> None:
    made_up = OwnPoints("mine", "onset", MINE.points, simulated=True)
    assert panel(catalogue, own=made_up).traces[-1].name == "mine (simulated), onset"


def test_a_panel_renders_to_the_same_bytes(catalogue: Catalogue) -> None:
    first, second = (render_svg(panel(catalogue, own=MINE), name="c") for _ in range(2))
    assert first == second
    assert first.startswith("<svg ")
    assert len(set(re.findall(r'\sid="([^"]+)"', first))) == len(re.findall(r'\sid="([^"]+)"', first))


def test_nothing_to_draw_is_told(catalogue: Catalogue) -> None:
    unplaced = Catalogue(catalogue.find("ce-monish-2025"))
    with pytest.raises(DataError, match="no point of this selection has a stated pressure"):
        panel(unplaced)
    assert places(of_style(panel(unplaced, own=MINE), "marker"))
    with pytest.raises(DataError, match="no entry of this selection has a calculated and a measured Tc"):
        comparison_panel(unplaced)


def test_ambient_pressure_alone_has_room_for_its_isolines(catalogue: Catalogue) -> None:
    drawn = panel(Catalogue(catalogue.find("MgB2")))
    assert all(line.x[-1] >= 20.0 for line in of_style(drawn, "guide"))
    assert render_svg(drawn)


@pytest.mark.parametrize("with_retracted", [False, True])
def test_a_retracted_measurement_is_ringed_beside_calculations_too(catalogue: Catalogue, with_retracted: bool) -> None:
    claim, calcium = catalogue.find("csh-snider-2020")[0], catalogue.find("cahx-ma-2022")[0]
    table = calcium.table.model_copy(update={"status": claim.status, "notice": claim.table.notice})
    gone = replace(calcium, name="gone", table=table)
    drawn = comparison_panel(Catalogue((calcium, gone)), with_retracted=with_retracted)
    (ringed,) = of_style(drawn, "outlier")
    assert ringed.words == ("CaH6 (retracted)",)
    (near,) = of_style(drawn, "data")
    assert near.words == ("CaH6",)
    assert ("2 pairs" in drawn.caption) == with_retracted


def test_calculated_against_measured(catalogue: Catalogue) -> None:
    drawn = comparison_panel(catalogue)
    found = catalogue.comparison()
    (counted, far) = of_style(drawn, "data")
    assert counted.x.size == len(found.counted)
    assert far.name == "more than 50 GPa apart"
    at = {word: i for i, word in enumerate(counted.words)}["CaH6"]
    assert counted.y is not None
    assert counted.y_error is not None
    assert (counted.x[at], counted.y[at], counted.y_error[at]) == (215.0, 227.5, 7.5)
    (equal,) = of_style(drawn, "guide")
    assert equal.y is not None
    np.testing.assert_array_equal(equal.x, equal.y)
    assert f"{len(found.counted)} pairs" in drawn.caption
    assert "H3S, anharmonic" in counted.words
    assert render_svg(drawn)
