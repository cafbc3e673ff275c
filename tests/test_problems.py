"""Validation errors in the words of the experiment file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.experiment.schema import ExperimentTable, MeasurementTable
from megabar.problems import check
from megabar.words import did_you_mean, found_text, path_text


class Window(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low must lie below high")
        return self


class Choices(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.9, 0.5)
    window: Window | tuple[float, float] | Literal["auto"] = "auto"
    sweep: Literal["warming", "cooling"] | None = None
    names: dict[Literal["first", "second"], str] = {}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"criteria": [0.9, 1.4]}, "settings.criteria[1]: found 1.4; allowed: less than 1"),
        ({"criteria": 3}, "settings.criteria: found 3; allowed: a list in [brackets]"),
        ({"criteria": ["high"]}, 'settings.criteria[0]: found "high"; allowed: a number'),
        (
            {"criterai": [0.5]},
            'settings.criterai: unknown key; allowed: criteria, window, sweep, names; did you mean "criteria"?',
        ),
        (
            {"sweep": "warmin"},
            "settings.sweep: found \"warmin\"; allowed: 'warming' or 'cooling'; did you mean \"warming\"?",
        ),
        (
            {"window": "aut"},
            'settings.window: found "aut"; allowed: a table or a list in [brackets] or \'auto\'; did you mean "auto"?',
        ),
        ({"window": {"low": 2.0, "high": 1.0}}, "settings.window: low must lie below high"),
        ({"window": [1.0]}, "settings.window[1]: missing, but needed"),
        ({"window": {"low": 1.0}}, "settings.window.high: missing, but needed"),
        (
            {"names": {"frist": "a"}},
            "settings.names.frist: unknown key; allowed: 'first' or 'second'; did you mean \"first\"?",
        ),
        (["criteria"], 'settings: found ["criteria"]; allowed: a table'),
    ],
)
def test_a_line_says_where_what_and_what_is_allowed(data: Any, line: str) -> None:
    found, lines = check(Choices, data, where=("settings",))
    assert found is None
    assert lines == [line]


def test_right_data_give_the_object_and_no_line() -> None:
    found, lines = check(Choices, {"criteria": [0.2], "window": [1, 2], "sweep": "cooling"})
    assert lines == []
    assert found == Choices(criteria=(0.2,), window=(1.0, 2.0), sweep="cooling")


def test_all_problems_are_named_at_once() -> None:
    _, lines = check(Choices, {"criteria": [2.0, 0.5, -1.0], "sweep": 3, "x": 1})
    assert [line.split(":")[0] for line in lines] == ["criteria[0]", "criteria[2]", "sweep", "x"]


def test_keys_of_inner_tables_are_known() -> None:
    _, lines = check(ExperimentTable, {"sample": {"thicknes": 3}, "cell": [{"name": "A", "guage": "ruby"}]})
    assert lines == [
        "sample.thicknes: unknown key; allowed: name, composition, thickness, width, length, notes; did you mean "
        '"thickness"?',
        'cell[0].guage: unknown key; allowed: name, gauge, scale, gauge_error, notes; did you mean "gauge"?',
    ]


@pytest.mark.parametrize("written", ["22.4", True, [22.4], {"valu": 22.4}])
def test_pressure_is_a_number_or_a_table(written: Any) -> None:
    _, lines = check(MeasurementTable, {"name": "a", "kind": "resistance", "file": "a", "pressure": written})
    assert lines
    assert all(line.startswith("pressure") for line in lines)


@pytest.mark.parametrize("pressure", [float("nan"), float("inf"), -1.0])
def test_pressure_is_finite_and_not_negative(pressure: float) -> None:
    _, lines = check(MeasurementTable, {"name": "a", "kind": "resistance", "file": "a", "pressure": pressure})
    assert len(lines) == 1
    assert lines[0].startswith(f"pressure: found {pressure}; allowed: ")


@pytest.mark.parametrize("error", [0.0, -0.5, float("nan"), "small"])
def test_an_unknown_error_is_left_out_never_zero(error: Any) -> None:
    table = {"name": "a", "kind": "resistance", "file": "a", "pressure": {"value": 1.0, "error": error}}
    _, lines = check(MeasurementTable, table)
    assert len(lines) == 1
    assert lines[0].startswith("pressure.error: found ")


@pytest.mark.parametrize("name", ["", " a", "a ", "two\nlines", "a\tb", "\x1b[31mred", "a" * 101, 3])
def test_a_name_is_one_short_line(name: Any) -> None:
    _, lines = check(MeasurementTable, {"name": name, "kind": "resistance", "file": "a"})
    assert len(lines) == 1
    assert lines[0].startswith("name: found ")


def test_found_values_stand_on_one_short_line() -> None:
    assert found_text("a\nb") == '"a\\nb"'
    assert found_text(True) == "true"
    assert len(found_text("x" * 1000)) == 60


def test_paths_read_as_the_user_writes_them() -> None:
    assert path_text(("settings", "criteria", 1)) == "settings.criteria[1]"
    assert path_text(("cell", 0, "name")) == "cell[0].name"


def test_only_similar_words_are_suggested() -> None:
    assert did_you_mean("resistence", ["resistance", "field"]) == '; did you mean "resistance"?'
    assert did_you_mean("xrd", ["resistance", "field"]) == ""
