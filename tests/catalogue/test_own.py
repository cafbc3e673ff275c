"""Own measurements: the Tc that is meant, at the pressure that was stated, or the reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from megabar.catalogue import own_points, read_own
from megabar.data import Estimate, Measured, Result, Status
from megabar.data.pressure import Pressure
from megabar.errors import DataError
from megabar.report import Report, write_json


def tc(value: float | None, sweep: str = "cooling", criterion: str = "onset", **more: Any) -> Estimate:
    labels = {"sweep": sweep, "criterion": criterion, **more.pop("labels", {})}
    return Estimate("critical_temperature", "m", value, "K", "method", error=0.1, labels=labels, **more)


def measured(*estimates: Estimate, pressure: float | None = 20.0, simulated: bool = False) -> Measured:
    stated = None if pressure is None else Pressure(pressure, 0.5)
    return Measured("m", "", stated, Result("resistance", "m", estimates, simulated=simulated))


@pytest.mark.parametrize(
    ("estimates", "value"),
    [
        ((tc(70.0), tc(71.0, "warming"), tc(70.5, "mean of directions")), 70.5),
        ((tc(70.0), tc(60.0, "cooling, 5 T"), tc(59.0, "mean of directions, 5 T")), 70.0),
        ((tc(60.0, "cooling, 5 T"), tc(70.0, "cooling, 0 T")), 70.0),
        ((tc(60.0, criterion="zero"), tc(70.0)), 70.0),
        ((tc(40.0, labels={"step": 2}), tc(70.0, labels={"step": 1})), 70.0),
        ((tc(None, status=Status.NOT_FOUND), tc(70.0, "warming")), 70.0),
        ((tc(75.0, status=Status.FAILED), tc(70.0, "warming")), 70.0),
    ],
)
def test_the_tc_of_the_sample_without_a_field(estimates: tuple[Estimate, ...], value: float) -> None:
    found = own_points([measured(*estimates)], name="mine")
    (point,) = found.points
    assert (point.critical_temperature, point.pressure) == (value, 20.0)
    assert (point.critical_temperature_error, point.pressure_error) == (0.1, 0.5)


def test_a_gap_that_closes_serves_where_no_criterion_is_told() -> None:
    bare = Estimate("critical_temperature", "m", 19.0, "K", "gap closes")
    assert own_points([measured(bare)], name="mine").points[0].critical_temperature == 19.0


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (measured(tc(70.0), pressure=None), "m: no pressure is stated"),
        (measured(tc(70.0, criterion="zero")), "m: no Tc by the criterion 'onset'"),
        (measured(tc(60.0, "cooling, 5 T")), "m: no Tc by the criterion 'onset'"),
    ],
)
def test_what_is_left_out_is_told(one: Measured, reason: str) -> None:
    found = own_points([one], name="mine")
    assert found.points == ()
    assert found.left_out == (reason,)


def test_one_made_up_point_makes_the_set_simulated() -> None:
    real, made_up = measured(tc(70.0)), measured(tc(71.0), simulated=True)
    assert not own_points([real], name="mine").simulated
    assert own_points([real, made_up], name="mine").simulated


Write = Callable[..., Path]


@pytest.fixture(name="results")
def _results(tmp_path: Path) -> Write:
    def write(*many: Measured, sample: str = "mine") -> Path:
        report = Report(
            "title",
            tuple(m.result for m in many),
            sample={"name": sample} if sample else {},
            pressures={m.measurement: m.pressure for m in many if m.pressure is not None},
        )
        write_json(report, tmp_path / "results.json")
        return tmp_path

    return write


def test_a_results_folder_says_the_same_as_the_results(results: Write) -> None:
    one = measured(tc(70.0), tc(71.0, "warming"), tc(70.5, "mean of directions"), simulated=True)
    read = read_own(results(one))
    assert read == own_points([one], name="mine")
    assert read.simulated
    assert read_own(results(one, sample="")).name == "title"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such file; name the folder that `megabar analyse` wrote"),
        ("{", "not JSON"),
        ("[]", "not a 'megabar results 1' file"),
        ('{"format": "megabar results 1"}', "not as `megabar analyse` writes it"),
        ('{"format": "megabar results 1", "measurements": 3, "estimates": [], "sample": {}, "title": ""}', "not as"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "results.json").write_text(text)
    with pytest.raises(DataError) as error:
        read_own(tmp_path)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_results_without_pressures_are_refused_with_the_remedy(results: Write) -> None:
    with pytest.raises(DataError, match=r"nothing to draw \(m: no pressure is stated\); the experiment file states"):
        read_own(results(measured(tc(70.0), pressure=None)))


def test_pressures_stand_in_the_results(results: Write) -> None:
    content = json.loads((results(measured(tc(70.0)), measured(tc(1.0))) / "results.json").read_text())
    assert content["measurements"][0]["pressure"]["value"] == 20.0
    bare = json.loads((results(measured(tc(70.0), pressure=None)) / "results.json").read_text())
    assert bare["measurements"][0]["pressure"] is None
