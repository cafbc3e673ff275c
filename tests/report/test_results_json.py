"""results.json: complete, exact, repeatable, and without numbers that are none."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest

from megabar.data.recording import Note, Source
from megabar.data.result import Estimate, Result, Status
from megabar.errors import DataError
from megabar.report import Report, versions, write_json, write_run
from megabar.report.results_json import plain_value


def no_constants(text):
    raise AssertionError(f"{text} is not JSON")


def read(report, tmp_path):
    path = tmp_path / "results.json"
    write_json(report, path)
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=no_constants)


def one(**changes):
    basic = {"quantity": "coupling", "measurement": "m", "value": 1.5, "unit": "", "method": "McMillan"}
    return Result("resistance", "m", (Estimate(**{**basic, **changes}),), sources=(Source("a.dat", "ab"),))


def test_every_estimate_is_there_with_all_its_fields(report, tmp_path):
    content = read(report, tmp_path)
    assert content["format"] == "megabar results 1"
    assert content["simulated"] is True
    expected = [e for result in (*report.results, *report.trends) for e in result.estimates]
    assert len(content["estimates"]) == len(expected)
    for written, estimate in zip(content["estimates"], expected, strict=True):
        assert list(written)[:11] == [
            "quantity",
            "measurement",
            "value",
            "error",
            "systematic",
            "interval",
            "level",
            "unit",
            "method",
            "status",
            "sources",
        ]
        assert written["value"] == estimate.value
        assert written["error"] == estimate.error
        assert written["status"] == estimate.status.value
        assert written["labels"] == dict(estimate.labels)
        assert written["systematic_parts"] == dict(estimate.systematic)
        if estimate.systematic:
            assert written["systematic"] == pytest.approx(math.hypot(*estimate.systematic.values()), rel=1e-15)
        else:
            assert written["systematic"] is None
    assert content["estimates"][0]["sources"] == [{"file": "raw/22GPa.dat", "sha256": "ab" * 32}]
    assert content["failures"][0]["measurement"] == "28.0 GPa"
    assert {
        "measurement": "16.0 GPa",
        "level": "warning",
        "text": "warming and cooling differ by 0.8 K: thermal lag",
    } in content["notes"]


def test_numbers_read_back_exactly(tmp_path):
    values = np.random.default_rng(1).normal(size=200) * 10.0 ** np.random.default_rng(2).integers(-300, 300, 200)
    result = Result("k", "m", tuple(Estimate("q", "m", v, "K", "x") for v in values))
    content = read(Report("t", (result,)), tmp_path)
    assert [e["value"] for e in content["estimates"]] == values.tolist()


def test_unknown_is_null(tmp_path):
    estimate = read(Report("t", (one(value=None, status=Status.NOT_FOUND),)), tmp_path)["estimates"][0]
    assert [estimate[k] for k in ("value", "error", "systematic", "interval", "level")] == [None] * 5
    assert estimate["status"] == "not found in the measured range"
    open_end = read(Report("t", (one(interval=(None, 2.0), level=0.68),)), tmp_path)["estimates"][0]
    assert open_end["interval"] == [None, 2.0]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
@pytest.mark.parametrize("field", ["value", "error", "level", "interval", "systematic", "labels"])
def test_numbers_that_are_none_are_refused_by_name(bad, field, tmp_path):
    change = {"interval": (1.0, bad), "systematic": {"window": bad}, "labels": {"step": bad}}.get(field, bad)
    path = tmp_path / "results.json"
    result = one()
    # Estimate itself refuses most of these; the writer must not rely on that.
    object.__setattr__(result.estimates[0], field, change)
    with pytest.raises(DataError, match=r"coupling of 'm' \(McMillan\)") as caught:
        write_json(Report("t", (result,)), path)
    assert field.removesuffix("s") in str(caught.value)
    assert not path.exists()


def test_same_input_same_bytes(report, made_up, tmp_path):
    write_json(report, tmp_path / "a.json")
    again = replace(
        report,
        results=tuple(
            made_up.transition_result(r.measurement, seed=i, centre=44 + 0.6 * float(r.measurement.split()[0]))
            for i, r in enumerate(report.results)
        ),
        versions={"megabar": "9.9"},
    )
    write_json(again, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_numpy_numbers_and_hostile_text_are_written(tmp_path):
    labels = {"step": np.int64(2), "field": np.float32(0.5)}
    result = replace(one(value=np.float32(0.1), labels=labels), notes=(Note('"\\\n\x00\ud800 ü 語'),))
    content = read(Report("t", (result,)), tmp_path)
    assert content["estimates"][0]["value"] == float(np.float32(0.1))
    assert content["estimates"][0]["labels"] == {"step": 2, "field": 0.5}
    assert content["notes"][0]["text"].endswith("ü 語")


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("setting", "plain"),
    [
        (None, None), (True, True), (3, 3), (np.int32(3), 3), (0.5, 0.5), (np.float64(0.5), 0.5),
        (float("inf"), "inf"), (Colour.RED, "red"), ((1, 2.0), [1, 2.0]), ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
        (np.array([1.0, float("nan")]), [1.0, "nan"]), (frozenset({"b", "a"}), ["a", "b"]),
        (Path("raw/a.dat"), "raw/a.dat"),
    ],
)  # fmt: skip
def test_settings_become_plain(setting, plain):
    assert plain_value(setting) == plain
    json.dumps(plain_value(setting), allow_nan=False)


def test_settings_are_written(report, tmp_path):
    measured = read(report, tmp_path)["measurements"][0]
    assert measured["settings"]["normal_window"] == [95.0, 295.0]
    assert measured["seed"] == 7


def test_run_tells_when_and_with_what(tmp_path):
    started = datetime(2024, 5, 1, 12, 0, 0, tzinfo=timezone(timedelta(hours=2)))
    write_run(tmp_path / "run.json", started=started, duration=1.23456)
    content = json.loads((tmp_path / "run.json").read_text())
    assert content["started"] == "2024-05-01T10:00:00+00:00"
    assert content["duration_s"] == 1.235
    assert content["versions"]["numpy"] == np.__version__
    assert {"python", "megabar", "scipy", "lmfit", "matplotlib"} <= set(versions())
