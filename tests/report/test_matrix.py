"""The table of one measurement holds every estimate once, in the cell of its labels."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.data.result import Estimate
from megabar.report.matrix import matrix, trend_matrix


def tc(criterion, **labels):
    return Estimate(
        "critical_temperature", "m", 1.0, "K", f"method of {criterion}", labels={"criterion": criterion, **labels}
    )


def estimates_in(table):
    return Counter(
        id(e)
        for block in table.blocks
        for row in block.rows
        for cell in (*row.cells, row.shared, row.apart)
        for e in cell
    )


def test_criteria_down_sweeps_across():
    estimates = [tc(c, sweep=s) for s in ("cooling", "warming") for c in ("onset", "R/R(onset) = 0.50")]
    table = matrix(estimates)
    assert table.columns == ("cooling", "warming")
    (block,) = table.blocks
    assert [row.way for row in block.rows] == ["onset", "50 %"]
    for row, criterion in zip(block.rows, ("onset", "R/R(onset) = 0.50"), strict=True):
        assert [cell[0].labels["sweep"] for cell in row.cells] == ["cooling", "warming"]
        assert {cell[0].labels["criterion"] for cell in row.cells} == {criterion}


def test_methods_make_no_rows():
    sweeps = {"mean of directions": "a to b; mean of cooling and warming", "cooling": "a to b", "warming": "a to c"}
    widths = [Estimate("width", "m", 1.0, "K", method, labels={"sweep": s}) for s, method in sweeps.items()]
    (row,) = matrix(widths).blocks[0].rows
    assert [len(cell) for cell in row.cells] == [1, 1, 1]


def test_the_difference_between_directions_stands_beside_what_differs():
    apart = Estimate("hysteresis", "m", 0.2, "K", "warming minus cooling", labels={"criterion": "onset"})
    table = matrix([*(tc("onset", sweep=s) for s in ("cooling", "warming")), apart])
    assert table.apart == "warming minus cooling"
    assert [block.quantity for block in table.blocks] == ["critical_temperature"]
    assert table.blocks[0].rows[0].apart == (apart,)


def test_two_steps_of_two_sweeps_are_four_columns():
    estimates = [tc("onset", curve="bridge 1", sweep=s, step=n) for s in ("cooling", "warming") for n in (1, 2)]
    assert matrix(estimates).columns == ("cooling, step 1", "cooling, step 2", "warming, step 1", "warming, step 2")


def test_what_holds_for_all_steps_is_shared():
    whole = Estimate("debye_temperature", "m", 500.0, "K", "fit", labels={"sweep": "warming"})
    table = matrix([tc("onset", sweep="warming", step=1), tc("onset", sweep="warming", step=2), whole])
    assert table.columns == ("step 1", "step 2")
    row = table.blocks[1].rows[0]
    assert row.shared == (whole,)
    assert not any(row.cells)


def test_a_sweep_without_field_does_not_hold_for_one_in_field():
    estimates = [tc("onset", sweep="cooling"), tc("onset", sweep="cooling, 2 T")]
    assert matrix(estimates).columns == ("cooling", "2 T, cooling")


def test_no_labels_is_one_column():
    table = matrix([Estimate("slope", "m", 1.0, "K/GPa", "line")])
    assert table.columns == ("",)
    assert table.blocks[0].rows[0].cells[0][0].quantity == "slope"


def test_one_unit_for_all_ways_to_a_quantity():
    sizes = {"normal state": 0.0151, "full curve": 0.0009}
    estimates = [Estimate("residual", "m", v, "ohm", "fit", labels={"model": k}) for k, v in sizes.items()]
    (block,) = matrix(estimates).blocks
    assert (block.unit, block.exponent) == ("mΩ", -3)
    (block,) = matrix([Estimate("residual", "m", 2e-7, "ohm m", "fit")]).blocks
    assert (block.unit, block.exponent) == ("µΩ cm", -8)
    (block,) = matrix([Estimate("shift", "m", 1e-5, "K", "fit")]).blocks
    assert (block.unit, block.exponent) == ("K", 0)


labelled = st.builds(
    lambda quantity, labels, method: Estimate(quantity, "m", 1.0, "K", method, labels=labels),
    st.sampled_from(["a", "critical_temperature", "hysteresis", "a_scatter", "a_of_cell"]),
    st.dictionaries(
        st.sampled_from(["curve", "sweep", "step", "criterion", "formula", "at", "cell"]),
        st.sampled_from(["x", "y", "mean of directions, 2 T", 1, 2.5]),
        max_size=4,
    ),
    st.sampled_from(["p", "q"]),
)


@settings(max_examples=100)
@given(st.lists(labelled, max_size=12))
def test_each_estimate_stands_exactly_once(estimates):
    table = matrix(estimates)
    assert estimates_in(table) == Counter(map(id, estimates))
    for block in table.blocks:
        for row in block.rows:
            assert len(row.cells) == len(table.columns)
    assert sum(map(estimates_in, trend_matrix(estimates)), Counter()) == Counter(map(id, estimates))


def test_a_trend_is_one_row_a_quantity():
    aspects = {"pressure_slope": "ohm/GPa", "scatter": "ohm", "at_mean_pressure": "ohm"}
    estimates = [Estimate(f"onset_resistance_{name}", "t", 0.012, unit, name) for name, unit in aspects.items()]
    other = Estimate("shift_by_drift", "t", 0.1, "K", "drift")
    table, rest = trend_matrix([*estimates, other])
    assert table.columns == ("slope per GPa", "at mean pressure", "scatter beyond errors")
    (block,) = table.blocks
    assert (block.quantity, block.unit, block.exponent) == ("onset_resistance", "mΩ", -3)
    assert [cell[0].quantity.removeprefix("onset_resistance_") for cell in block.rows[0].cells] == [
        "pressure_slope",
        "at_mean_pressure",
        "scatter",
    ]
    assert [block.quantity for block in rest.blocks] == ["shift_by_drift"]


def test_cells_of_a_trend_stand_side_by_side():
    estimates = [Estimate("tc_of_cell", "t", v, "K", "x", labels={"cell": c}) for c, v in (("A", 60.0), ("B", 63.0))]
    table, _ = trend_matrix([Estimate("tc_pressure_slope", "t", 0.6, "K/GPa", "x"), *estimates])
    assert table.columns == ("slope per GPa", "A", "B")
    assert len(table.blocks[0].rows) == 1
