"""Matrices hold every estimate once, in the cell of its labels."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.data.result import Estimate, Result
from megabar.report.grouping import matrix, overview


def tc(criterion, **labels):
    return Estimate(
        "critical_temperature", "m", 1.0, "K", f"method of {criterion}", labels={"criterion": criterion, **labels}
    )


def test_criteria_down_sweeps_across():
    estimates = [tc(c, sweep=s) for s in ("cooling", "warming") for c in ("onset", "R/R(onset) = 0.50")]
    table = matrix(estimates)
    assert table.columns == ("cooling", "warming")
    (block,) = table.blocks
    assert [row.words for row in block.rows] == ["onset", "50 %"]
    for row, criterion in zip(block.rows, ("onset", "R/R(onset) = 0.50"), strict=True):
        assert [cell[0].labels["sweep"] for cell in row.cells] == ["cooling", "warming"]
        assert {cell[0].labels["criterion"] for cell in row.cells} == {criterion}


def test_two_steps_of_two_sweeps_are_four_columns():
    estimates = [tc("onset", curve="bridge 1", sweep=s, step=n) for s in ("cooling", "warming") for n in (1, 2)]
    assert matrix(estimates).columns == ("cooling, step 1", "cooling, step 2", "warming, step 1", "warming, step 2")


def test_what_holds_for_the_whole_measurement_is_shared():
    whole = Estimate("debye_temperature", "m", 500.0, "K", "fit")
    table = matrix([tc("onset", sweep="cooling"), tc("onset", sweep="warming"), whole])
    row = table.blocks[1].rows[0]
    assert row.shared == (whole,)
    assert row.words == "fit"
    assert not any(row.cells)


def test_no_labels_is_one_column():
    table = matrix([Estimate("slope", "m", 1.0, "K/GPa", "line")])
    assert table.columns == ("",)
    assert table.blocks[0].rows[0].cells[0][0].quantity == "slope"


labelled = st.builds(
    lambda quantity, labels, method: Estimate(quantity, "m", 1.0, "K", method, labels=labels),
    st.sampled_from(["a", "b"]),
    st.dictionaries(
        st.sampled_from(["curve", "sweep", "step", "criterion", "formula"]),
        st.sampled_from(["x", "y", 1, 2.5]),
        max_size=4,
    ),
    st.sampled_from(["p", "q"]),
)


@settings(max_examples=200)
@given(st.lists(labelled, max_size=12))
def test_each_estimate_stands_exactly_once(estimates):
    table = matrix(estimates)
    found = Counter(
        id(e) for block in table.blocks for row in block.rows for cell in (*row.cells, row.shared) for e in cell
    )
    assert found == Counter(map(id, estimates))
    for block in table.blocks:
        for row in block.rows:
            assert len(row.cells) == len(table.columns)
    whole = overview([Result("k", "m", tuple(estimates))], everything=True)
    shown = Counter(id(e) for line in whole.lines for cell in line.cells for e in cell)
    assert shown == Counter(map(id, estimates))


def test_overview_prefers_the_usual_criteria():
    names = ("onset", "T95", "T90", "T50", "T10", "T05", "zero", "offset")
    result = Result("k", "m", tuple(tc(n, sweep="cooling") for n in names))
    assert [c.way for c in overview([result]).columns] == ["onset", "90 %", "50 %", "10 %", "zero"]
    assert len(overview([result], everything=True).columns) == 8


def test_overview_has_a_line_for_a_measurement_without_a_transition():
    missing = Estimate("critical_temperature", "m", None, "K", "x", labels={"criterion": "onset"})
    (line,) = overview([Result("k", "m", (missing,))]).lines
    assert line.cells == ((missing,),)
