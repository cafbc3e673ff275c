"""The overview: one line a measurement, the number that stands for the others in each column."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.data.result import Estimate, Result, Status
from megabar.report.overview import by_kind, note_on, overview, shortened

MEAN = "mean of directions"


def tc(value, criterion="onset", **labels):
    status = Status.OK if value is not None else Status.NOT_FOUND
    every = {"criterion": criterion, **labels}
    return Estimate("critical_temperature", "m", value, "K", "x", labels=every, status=status)


def field(value, criterion="R/R(onset) = 0.50", **labels):
    return Estimate("transition_field", "m", value, "T", "x", labels={"criterion": criterion, **labels})


def result(*estimates, name="m"):
    return Result("resistance", name, estimates)


def values(table):
    return [(line.place, [None if cell is None else cell.value for cell in line.cells]) for line in table.lines]


def test_the_mean_of_directions_stands_for_them():
    table = overview([result(tc(72.0, sweep=MEAN), tc(71.9, sweep="cooling"), tc(72.1, sweep="warming"))])
    assert values(table) == [("", [72.0])]


def test_every_sweep_has_its_line_when_asked():
    estimates = [tc(72.0, sweep=MEAN), tc(71.9, sweep="cooling"), tc(72.1, sweep="warming")]
    table = overview([result(*estimates)], directions=True)
    assert values(table) == [(MEAN, [72.0]), ("cooling", [71.9]), ("warming", [72.1])]


def test_a_single_sweep_stands_for_itself_and_two_without_mean_have_a_line_each():
    assert values(overview([result(tc(71.9, sweep="cooling"))])) == [("", [71.9])]
    two = overview([result(tc(71.9, sweep="cooling"), tc(72.1, sweep="cooling (2)"))])
    assert values(two) == [("cooling", [71.9]), ("cooling (2)", [72.1])]


def test_what_only_one_direction_has_stands_in_the_line_of_the_mean_and_says_so():
    estimates = [
        *(tc(v, sweep=s) for s, v in ((MEAN, 72.0), ("cooling", 71.9), ("warming", 72.1))),
        tc(None, "zero", sweep="cooling"),
        tc(60.0, "zero", sweep="warming"),
    ]
    table = overview([result(*estimates)])
    (line,) = table.lines
    onset, zero = line.cells
    assert (onset.value, zero.value) == (72.0, 60.0)
    assert [note_on(cell, line, column) for cell, column in zip(line.cells, table.columns, strict=True)] == [
        "",
        "warming",
    ]


def test_the_usual_criteria_in_their_order_and_nothing_else():
    names = ("zero", "R/R(onset) = 0.95", "R/R(onset) = 0.10", "R/R(onset) = 0.50", "onset", "R/R(onset) = 0.90")
    ratio = Estimate("onset_resistance", "m", 1.0, "ohm", "x")
    table = overview([result(ratio, *(tc(1.0, name) for name in names))])
    assert [column.way for column in table.columns] == ["onset", "90 %", "50 %", "10 %", "zero"]


def test_own_criteria_are_shown_where_none_of_the_usual_was_asked_for():
    table = overview([result(tc(1.0, "R/R(onset) = 0.30"))])
    assert [column.way for column in table.columns] == ["30 %"]


def test_the_fit_of_the_full_curve_and_the_advanced_formula_come_first():
    def theta(value, model):
        return Estimate("debye_temperature", "m", value, "K", "x", labels={"model": model})

    def coupling(value, model, formula):
        return Estimate("coupling", "m", value, "1", "x", labels={"model": model, "formula": formula})

    one = result(
        theta(500.0, "normal state"),
        theta(518.0, "full curve"),
        coupling(1.7, "normal state", "advanced McMillan"),
        coupling(2.0, "full curve", "McMillan"),
        coupling(1.71, "full curve", "advanced McMillan"),
        name="a",
    )
    other = result(theta(300.0, "normal state"), name="b")
    table = overview([one, other])
    assert values(table) == [("", [518.0, 1.71]), ("", [300.0, None])]
    assert [column.how for column in table.columns] == ["", "full curve, advanced McMillan"]
    assert note_on(table.lines[0].cells[0], table.lines[0], table.columns[0]) == "full curve"
    assert note_on(table.lines[1].cells[0], table.lines[1], table.columns[0]) == "normal state"
    assert note_on(table.lines[0].cells[1], table.lines[0], table.columns[1]) == ""


def test_a_number_that_is_not_to_be_quoted_comes_last():
    sizes = {"full curve": (290.0, Status.MISFIT), "normal state": (296.0, Status.OK)}
    estimates = [
        Estimate("debye_temperature", "m", v, "K", "x", status=s, labels={"model": model})
        for model, (v, s) in sizes.items()
    ]
    assert values(overview([result(*estimates)])) == [("", [296.0])]
    assert values(overview([result(estimates[0])])) == [("", [290.0])]


def test_what_one_sweep_leaves_open_is_not_taken_from_the_other():
    def theta(value, model, sweep):
        status = Status.OK if value else Status.UNDETERMINED
        labels = {"model": model, "sweep": sweep}
        return Estimate("debye_temperature", "m", value, "K", "x", status=status, labels=labels)

    tcs = [tc(v, sweep=s) for s, v in ((MEAN, 72.0), ("cooling", 71.9), ("warming", 72.1))]
    one = [theta(500.0, "normal state", "cooling"), theta(None, "normal state", "warming")]
    (line,) = overview([result(*tcs, *one)]).lines
    assert line.cells[1].status == Status.UNDETERMINED
    (line,) = overview([result(*tcs, *one, theta(518.0, "full curve", MEAN))]).lines
    assert line.cells[1].value == 518.0


def test_fields_have_a_line_for_each_temperature_in_rising_order_and_both_sides_count():
    estimates = [
        field(v + s, curve=c, sweep=f"{d}, {t} K", side=side)
        for c in ("A", "B")
        for d, t, v in ((MEAN, "10.5", 1.0), (MEAN, "2.1", 4.0), ("field up", "2.1", 4.1), ("field up", "2", 5.0))
        for side, s in (("negative", -0.01), ("positive", 0.01), ("both", 0.0))
    ]
    estimates.append(field(0.1, curve="A", sweep="field up, 2 K", side="positive", step=2))
    table = overview([result(*estimates)])
    expected = [("2 K, field up", [5.0]), ("2.1 K", [4.0]), ("10.5 K", [1.0])]
    assert values(table) == [(f"{c}, {place}", cells) for c in ("A", "B") for place, cells in expected]


def test_steps_have_a_line_each_and_what_holds_for_all_stands_on_the_first():
    theta = Estimate("debye_temperature", "m", 300.0, "K", "x", labels={"sweep": "warming", "model": "normal state"})
    table = overview([result(tc(40.0, sweep="warming", step=1), tc(33.0, sweep="warming", step=2), theta)])
    assert values(table) == [("step 1", [40.0, 300.0]), ("step 2", [33.0, None])]


def test_a_measurement_without_a_transition_has_its_line():
    table = overview([result(tc(40.0), name="a"), result(tc(None), name="b")])
    assert values(table) == [("", [40.0]), ("", [None])]
    assert [line.measurement for line in table.lines] == ["a", "b"]
    assert table.lines[1].cells[0].status == Status.NOT_FOUND


def test_other_kinds_show_their_first_quantities():
    table = overview([result(*(Estimate(f"q{i}", "m", 1.0, "K", "x") for i in range(9)))])
    assert [column.quantity for column in table.columns] == [f"q{i}" for i in range(6)]


labelled = st.builds(
    lambda quantity, labels: Estimate(quantity, "m", 1.0, "K", "x", labels=labels),
    st.sampled_from(["critical_temperature", "transition_field", "debye_temperature", "other"]),
    st.dictionaries(
        st.sampled_from(["curve", "sweep", "step", "criterion", "side", "model"]),
        st.sampled_from(["x", "onset", "both", "cooling", MEAN, "cooling, 2 T", 1, 2.5]),
        max_size=5,
    ),
)


@settings(max_examples=80)
@given(st.lists(labelled, max_size=10), st.booleans())
def test_every_line_has_a_number_of_its_measurement_for_each_column(estimates, directions):
    table = overview([result(*estimates)], directions=directions)
    for line in table.lines:
        assert len(line.cells) == len(table.columns)
        assert any(line.cells)
        for cell, column in zip(line.cells, table.columns, strict=True):
            assert cell is None or (cell.quantity, cell.unit) == (column.quantity, column.unit)
            assert cell is None or any(cell is e for e in estimates)
    assert [line.first for line in table.lines] == [i == 0 for i, _ in enumerate(table.lines)]
    assert bool(table.lines) == bool(estimates)


def test_sweeps_without_a_field_beside_others_have_a_line_of_their_own():
    """With what holds for the whole measurement in it: none of the other lines would lose its own number."""
    estimates = [
        Estimate("upper_critical_field_zero", "m", 90.0, "T", "x", labels={"criterion": "onset"}),
        *(tc(v, sweep=s) for s, v in (("cooling", 72.0), ("cooling, 1 T", 71.0), ("cooling, 2 T", 70.0))),
    ]
    assert values(overview([result(*estimates)])) == [
        ("0 T", [90.0, 72.0]),
        ("1 T", [None, 71.0]),
        ("2 T", [None, 70.0]),
    ]


def test_each_kind_has_its_own_table_and_long_series_are_cut(made_up) -> None:
    one = made_up.transition_result("a", seed=1)
    other = replace(made_up.transition_result("b", seed=2), kind="spectrum")
    tables = by_kind([one, other])
    assert [{line.measurement for line in table.lines} for table in tables] == [{"a"}, {"b"}]
    lines = tuple(replace(tables[0].lines[0], place=f"row {i}") for i in range(20))
    short, left = shortened(replace(tables[0], lines=lines), 12)
    assert (len(short.lines), left) == (12, 8)
    assert short.lines == lines[:12]
