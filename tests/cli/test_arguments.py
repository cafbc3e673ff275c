"""KEY=VALUE options."""

from __future__ import annotations

import pytest

from megabar.cli.arguments import parse_columns, parse_pairs, parse_settings, reading_hints
from megabar.errors import ExperimentError


def test_a_value_may_hold_equals_signs_and_spaces() -> None:
    assert parse_pairs("--column", ["temperature=T (K) = set point"]) == {"temperature": "T (K) = set point"}
    assert parse_pairs("--column", None) == {}


@pytest.mark.parametrize("item", ["temperature", "=T", "temperature=", " = "])
def test_both_sides_are_needed(item: str) -> None:
    with pytest.raises(ExperimentError, match=r"^--column: found .*; allowed: KEY=VALUE$"):
        parse_pairs("--column", [item])


def test_a_key_is_given_once() -> None:
    with pytest.raises(ExperimentError, match=r"^--unit: field is given twice$"):
        parse_pairs("--unit", ["field=Oe", "field=T"])


def test_columns_by_heading_or_number() -> None:
    assert parse_columns(["temperature=T (K)", "resistance=3"]) == {"temperature": "T (K)", "resistance": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.9", 0.9),
        ("3", 3),
        ("true", True),
        ("[0.9, 0.5]", [0.9, 0.5]),
        ("{low = 1, high = 2}", {"low": 1, "high": 2}),
        ('"warming"', "warming"),
        ("warming", "warming"),
        ("R/R0 = 0.5", "R/R0 = 0.5"),
        ("1\nother = 2", "1\nother = 2"),
    ],
)
def test_values_are_toml_or_plain_text(text: str, value: object) -> None:
    assert parse_settings([f"key={text}"]) == {"key": value}


def test_dots_make_tables() -> None:
    assert parse_settings(["a.b.c=1", "a.b.d=2", "e=3"]) == {"a": {"b": {"c": 1, "d": 2}}, "e": 3}


@pytest.mark.parametrize("items", [["a=1", "a.b=2"], ["a.b=2", "a=1"], ["a.b.c=1", "a.b=2"]])
def test_a_table_is_no_value(items: list[str]) -> None:
    with pytest.raises(ExperimentError, match="both a value and a table"):
        parse_settings(items)


def test_reading_hints_from_all_three_options() -> None:
    told = reading_hints(
        ["poni=detector.poni", "integration.points=900", "columns.field=2"],
        columns={"temperature": "T (K)"},
        units={},
    )
    assert told == {
        "poni": "detector.poni",
        "integration": {"points": 900},
        "columns": {"field": 2, "temperature": "T (K)"},
    }
    with pytest.raises(ExperimentError, match="--read: columns: found 3"):
        reading_hints(["columns=3"], columns={"temperature": 1}, units={})
    with pytest.raises(ExperimentError, match="--read: found"):
        reading_hints(["poni"], columns={}, units={})
