"""Tables: every number, units in the headings, safe names."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.data.result import Estimate, Panel, Result, Trace
from megabar.report import Report, write_tables
from megabar.report.names import safe_name, short_criterion, unique_names


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_long_table_has_every_estimate(report, tmp_path):
    write_tables(report, tmp_path)
    rows = read(tmp_path / "estimates.csv")
    expected = [e for result in report.everything for e in result.estimates]
    assert len(rows) == len(expected)
    for row, estimate in zip(rows, expected, strict=True):
        assert row["quantity"] == estimate.quantity
        assert row["unit"] == estimate.unit
        assert (float(row["value"]) if row["value"] else None) == estimate.value
        assert (float(row["error"]) if row["error"] else None) == estimate.error
        assert row["simulated"] == "true"
    assert any("window=0.21" in row["systematic_parts"] for row in rows)


def test_overview_has_one_line_for_each_sweep_and_units_in_its_headings(report, tmp_path):
    write_tables(report, tmp_path)
    rows = read(tmp_path / "overview.csv")
    assert [(row["measurement"], row["place"]) for row in rows[:2]] == [
        ("16.0 GPa", "cooling"),
        ("16.0 GPa", "warming"),
    ]
    assert len(rows) == 6
    by = {(e.labels["criterion"], e.labels["sweep"]): e for e in report.results[0].find("critical_temperature")}
    for sweep, row in (("cooling", rows[0]), ("warming", rows[1])):
        assert float(row["critical_temperature 50 % (K)"]) == by["T50", sweep].value
        assert float(row["error of critical_temperature 50 % (K)"]) == by["T50", sweep].error
    assert rows[1]["critical_temperature zero (K)"] == ""
    assert float(rows[0]["debye_temperature saturated (K)"]) == 518.0
    assert float(rows[0]["systematic of debye_temperature saturated (K)"]) == 6.0


def test_panel_tables_hold_every_point_of_data_fit_and_residual(report, tmp_path):
    written = write_tables(report, tmp_path)
    rows = read(tmp_path / "22.4_GPa_Transition.csv")
    panel = report.results[2].panels[1]
    assert sum(trace.x.size for trace in panel.traces) == len(rows)
    for trace in panel.traces:
        mine = [row for row in rows if row["trace"] == trace.name]
        np.testing.assert_array_equal([float(row["Temperature (K)"]) for row in mine], trace.x)
        if trace.y is not None:
            np.testing.assert_array_equal([float(row["Resistance (ohm)"]) for row in mine], trace.y)
    assert {"data", "fit", "residual"} <= {row["style"] for row in rows}
    assert len(written) == 2 + 3 * 3 + 1
    assert all(path.is_file() for path in written)


def test_missing_points_are_empty_cells(tmp_path):
    panel = Panel("p", "x (K)", "y (ohm)", (Trace("d", "data", [1.0, 2.0], [np.nan, 3.0]),))
    write_tables(Report("t", (Result("k", "m", (), (panel,)),)), tmp_path)
    assert [row["y (ohm)"] for row in read(tmp_path / "m_p.csv")] == ["", "3.0"]


def test_equal_titles_get_different_files(tmp_path):
    panels = tuple(Panel(title, "x (K)", "y (ohm)", ()) for title in ("a/b", "A b", "a:b"))
    written = write_tables(Report("t", (Result("k", "m", (), panels),)), tmp_path)
    assert len({path.name.lower() for path in written}) == 5


def test_formulas_are_disarmed(tmp_path):
    result = Result("k", "=1+1", (Estimate("q", "=1+1", -1.0, "K", "@SUM(A1)", remark="a\nb\x00"),))
    write_tables(Report("t", (result,)), tmp_path)
    (row,) = read(tmp_path / "estimates.csv")
    assert row["measurement"] == "'=1+1"
    assert row["method"] == "'@SUM(A1)"
    assert row["remark"] == "a b"
    assert float(row["value"]) == -1.0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("22.4 GPa", "22.4_GPa"), ("../../etc/passwd", "etc_passwd"), ("a/b\\c:d", "a_b_c_d"), ("", "unnamed"),
        ("...", "unnamed"), ("語", "unnamed"), ("Ångström", "Angstrom"), ("CON", "_CON"), ("nul.txt", "_nul.txt"),
        ("-rf", "rf"), ("x" * 300, "x" * 80), ("a\x00b\nc", "a_b_c"), ("<script>", "script"),
    ],
)  # fmt: skip
def test_safe_names(text, name):
    assert safe_name(text) == name


@given(st.lists(st.text(max_size=12), max_size=12))
def test_names_are_safe_and_unique_for_anything(texts):
    names = unique_names(texts)
    assert len({name.lower() for name in names}) == len(texts)
    for name in names:
        assert name.isascii()
        assert not set(name) & set('/\\:*?"<>|\0 ')
        assert name not in ("", ".", "..")
        assert not name.startswith((".", "-"))


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("R/R(onset) = 0.50", "50 %"),
        ("R/R(onset) = 0.05", "5 %"),
        ("T90", "90 %"),
        ("onset", "onset"),
        ("R/R(onset) = 0.004", "0.4 %"),
        ("width 90-10", "width 90-10"),
        ("T50 - T10", "T50 - T10"),
    ],
)
def test_criteria_in_short(words, short):
    assert short_criterion(words) == short


def test_words_of_points_have_a_column_where_there_are_any(tmp_path):
    x = np.array([1.0, 2.0])
    traces = (Trace("a", "data", x, x, words=("first", "")), Trace("b", "data", x, x))
    panels = (Panel("named", "P (GPa)", "Tc (K)", traces), Panel("bare", "P (GPa)", "Tc (K)", traces[1:]))
    write_tables(Report("r", (Result("resistance", "m", (), panels),)), tmp_path)
    assert [row["words"] for row in read(tmp_path / "m_named.csv")] == ["first", "", "", ""]
    assert "words" not in read(tmp_path / "m_bare.csv")[0]
