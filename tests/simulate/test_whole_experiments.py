"""Whole experiments: what the papers state is in them, their parts share no noise, and their laws are what they say."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from megabar.simulate import RECIPES, ceh9, ceh9_raman, hydride_survey, la3ni2o7_strain, lace
from megabar.simulate.blocks import Block, raw_files
from megabar.simulate.curves import onset_above_half, transition_shape
from megabar.simulate.resistances import ResistanceRun, Step

VERDICTS = {"shown", "compatible", "not shown", "contradicted", "not tested", "not testable"}
PAPERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "papers"
ALL_RUNS = [*ceh9.RUNS, *lace.RUNS, *hydride_survey.RUNS]


@cache
def files(name: str) -> Mapping[str, bytes]:
    return RECIPES[name].files(0)


def truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(name)["truth.json"])
    return found


def rows(name: str) -> list[dict[str, str]]:
    """A table of printed numbers, where it lies beside the checkout."""
    path = PAPERS / name
    if not path.is_file():
        pytest.skip("the tables of printed numbers are not here")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@pytest.mark.parametrize("run", ALL_RUNS, ids=lambda r: f"{r.sample} {r.name}")
def test_the_law_of_a_run_has_its_half_its_width_and_its_remainder(run: ResistanceRun) -> None:
    """By interpolation on the exact curve; far below the transition the share of the normal state that stays."""
    warmest = transition_shape(run.steps[0].half, run.steps[0].width)["onset_temperature"]
    assert run.exact(np.array([warmest]))[0] == pytest.approx(run.resistance, rel=0.05)
    assert run.exact(np.array([300.0]))[0] == pytest.approx(run.rise * run.resistance, rel=1e-9)
    cold = run.exact(np.array([0.4 * run.steps[-1].half]))[0]
    assert cold == pytest.approx(run.remainder * run.residual, rel=0.02, abs=1e-6 * run.resistance)
    if len(run.steps) == 1:
        (step,) = run.steps
        t = np.linspace(step.half - 4.0 * step.width, warmest, 200_001)
        own = (run.exact(t) - run.exact(np.array([0.4 * step.half]))[0]) / (1.0 - run.remainder)
        levels = np.interp(np.array([0.1, 0.5, 0.9]) * own[-1], own, t)
        # What stays keeps the slope of a metal, which moves the levels by far less than the width.
        np.testing.assert_allclose(levels[1], step.half, atol=0.02 * step.width)
        np.testing.assert_allclose(levels[2] - levels[0], step.width, rtol=0.02)


def test_the_line_onset_is_where_the_steepest_tangent_meets_the_top() -> None:
    """By central differences on the law itself, in kelvin."""
    from megabar.physics.transition import resistance_below_onset

    shape = transition_shape(100.0, 4.0)
    t = np.linspace(90.0, 103.0, 1_300_001)
    r = np.asarray(
        resistance_below_onset(
            t,
            onset_temperature=shape["onset_temperature"],
            onset_resistance=1.0,
            sharpness=shape["sharpness"],
        )
    )
    slope = np.gradient(r, t)
    i = int(np.argmax(slope))
    assert 100.0 + onset_above_half(4.0) == pytest.approx(t[i] + (1.0 - r[i]) / slope[i], abs=1e-3)
    assert Step.from_onset(98.0, width=1.6).onset == pytest.approx(98.0, abs=1e-12)


def test_what_the_papers_print_is_in_the_runs() -> None:
    onsets = [round(run.steps[0].onset, 9) for run in ceh9.RUNS]
    assert onsets == [98.0, 105.0, 109.0]
    assert [run.pressure for run in ceh9.RUNS] == [93.5, 94.8, 105.0]
    assert [spot.pressure for spot in ceh9_raman.SPOTS if spot.origin == "stated in the source"] == [101.9, 93.5]
    assert la3ni2o7_strain.STRAINS[8.0] == 0.0079
    halves = {(run.cell, run.pressure): [step.half for step in run.steps] for run in lace.RUNS}
    for row in rows("s1_tc.csv"):
        if row["system"].startswith("(La-Ce)") and row["cell"]:
            key = (f"cell {row['cell']}", float(row["pressure_gpa"]))
            assert float(row["tc_k"]) in halves[key], key
    heatings = [(h.cell, h.before, h.after) for h in lace.HEATINGS]
    stated = [
        (f"cell {row['run']}", float(row["pressure_before_gpa"]), float(row["pressure_after_gpa"]))
        for row in rows("s1_runs.csv")
        if row["run"].isdigit() and row["pressure_before_gpa"]
    ]
    assert sorted(heatings) == sorted(stated)


def test_the_survey_is_the_printed_table_without_what_was_retracted() -> None:
    ours = {
        (run.sample, round(run.steps[0].onset, 6), run.pressure): run.remainder == 0.0 for run in hydride_survey.RUNS
    }
    table = rows("s3_hydrides.csv")
    stated = {
        (row["hydride"], float(row["tc_k"]), float(row["pressure_gpa"])): row["zero_resistance"] == "yes"
        for row in table
        if row["status"] != "retracted"
    }
    assert ours == stated
    assert not any(b"CSH" in content for content in files("hydride-survey").values())


def test_the_evidence_of_ceh9_is_that_of_what_was_measured() -> None:
    evidence = truth("ceh9")["evidence"]
    assert set(evidence.values()) <= VERDICTS
    table = tomllib.loads(files("ceh9")["experiment.toml"].decode())
    kinds = {m["kind"] for m in table["measurement"]}
    assert kinds == {"resistance", "current", "spectrum", "map", "raman"}
    # No field, coil, volumes, isotope or control is in the folder, so nothing that needs one is said.
    for claim in (
        "field_suppression",
        "diamagnetism",
        "isotope_shift",
        "hydrogen_content",
        "transition_width",
        "coincidence",
        "structure_unchanged",
        "control_sample",
    ):
        assert evidence[claim] == "not tested"
    assert {m["cell"] for m in table["measurement"]} == {"cell 1", "cell 2"}
    assert all(run.remainder == 0.0 for run in ceh9.RUNS)
    assert all(2.0 * run.lag < 0.1 * run.steps[0].width for run in ceh9.RUNS)


@pytest.mark.parametrize("name", ["ceh9", "lace", "hydride-survey"])
def test_no_two_parts_share_their_noise(name: str) -> None:
    """The first numbers that each part draws: the residuals of the runs, and raw bytes of the other recipes."""
    alone = {"ceh9": ("ceh9-gap", "ceh9-current", "ceh9-xrd"), "lace": ("lace-field", "lace-volumes")}.get(name, ())
    whole = set(files(name).values())
    for part in alone:
        assert not whole & {content for path, content in files(part).items() if path.startswith("raw/")}
    noises = [residuals(name, run) for run in (*ceh9.RUNS, *lace.RUNS, *hydride_survey.RUNS) if run_file(name, run)]
    assert len(noises) >= 3
    for i, first in enumerate(noises):
        for second in noises[:i]:
            count = min(first.size, second.size)
            shared = np.corrcoef(first[:count], second[:count])[0, 1]
            assert abs(shared) < 5.0 / np.sqrt(count)


def run_file(name: str, run: ResistanceRun) -> str:
    """The path of a run in the folder, "" where it is none of this recipe's."""
    part = truth(name)["parts"]["Resistance"]["measurements"].get(run.name)
    return part["file"]["value"] if part else ""


def residuals(name: str, run: ResistanceRun) -> np.ndarray:
    """Readings less the exact curve, by a reader that knows only these files."""
    path = run_file(name, run)
    lines = files(name)[path].decode().replace(",", ".").replace(";", "\t").splitlines()[3:]
    t, r = np.array([line.split("\t") for line in lines], dtype=float).T
    scale = 1e-3 if path.endswith(".csv") else 1.0
    direction = np.where(np.arange(t.size) < t.size // 2, 1.0, -1.0)
    noise: np.ndarray = scale * r - run.exact(t + direction * run.lag)
    assert noise.std() == pytest.approx(run.noise * run.resistance, rel=0.15)
    return noise / noise.std()


def test_two_blocks_cannot_write_one_file() -> None:
    block = Block(name="one", files={"raw/a.txt": b"1"}, measurements=(), truth={}, about="")
    with pytest.raises(ValueError, match=r"raw/a\.txt"):
        raw_files((block, block))
