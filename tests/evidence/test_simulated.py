"""Verdicts on simulated experiments, whose truth is known, and on folders that prove little."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.data import Measured
from megabar.evidence import CLAIMS, Facts, judge
from megabar.experiment.load import load
from megabar.io.reader import read_with

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Made:
    """What of a recipe is analysed (by default all), and every verdict but "not tested".

    files: the last one and the step.
    """

    truth: dict[str, str]
    names: tuple[str, ...] = ("",)
    files: tuple[int | None, int | None] = (None, None)
    settings: dict[str, object] = field(default_factory=dict)


TRUTH = {
    # Zero resistance with noise and a thermal lag of 0.2 K; nothing else was simulated.
    "la3ni2o7": Made(
        {"zero_resistance": "shown", "reversibility": "compatible", "alternatives": "not shown"},
        names=("18.0", "22.4"),
        settings={"full_curve": False, "normal_state": False},
    ),
    # Two cells at 100 and 127 GPa, 0 to 9 T, widths that grow as H^(2/3), a lag of 0.1 K.
    "lace-field": Made(
        {
            "zero_resistance": "shown",
            "field_suppression": "shown",
            "transition_width": "shown",
            "reversibility": "compatible",
            "second_cell": "compatible",
            "alternatives": "not shown",
        },
        names=("cell 2", "127"),
        settings={"models": ("dirty",), "criteria": (0.5, 0.1)},
    ),
    # I-V curves with a critical current below 78 K, ohmic above.
    "ceh9-current": Made({"zero_resistance": "shown", "critical_current": "shown", "alternatives": "compatible"}),
    # A contact with a gap that closes at 112.07 K; every third temperature.
    "ceh9-gap": Made({"zero_resistance": "not testable", "gap": "shown"}, files=(None, 3)),
    # A needle: ballistic, intermediate and thermal contacts.
    "cerium-needle": Made(
        {
            "zero_resistance": "not testable",
            "gap": "shown",
            "critical_current": "compatible",
            "field_suppression": "compatible",
            "alternatives": "not shown",
        },
        names=("ballistic", "intermediate", "fields"),
        files=(None, 3),
    ),
    # The first three points of the map, which shows CeH9 everywhere.
    "ceh9-xrd": Made({"phase": "shown"}, files=(3, None), settings={"columns": 3}),
}


@pytest.mark.parametrize("recipe", list(TRUTH))
def test_each_verdict_is_as_the_truth_says(recipe: str) -> None:
    """Every claim that stands above is judged so, and all others are not tested."""
    made = TRUTH[recipe]
    experiment = load(EXAMPLES / recipe)  # what the recipe writes with seed 0, as the tests of the recipes say
    done = []
    for m in experiment.measurements:
        if any(name in m.name for name in made.names):
            recording = read_with(
                m.paths[slice(None, *made.files)], m.read, root=experiment.folder, expected=m.kind.expected
            )
            result = m.kind.analyse(recording, m.settings.model_copy(update=made.settings), measurement=m.name)
            done.append(Measured(m.name, m.cell, m.pressure, result))
    claims = judge(Facts.of(done, composition=experiment.table.sample.composition))
    assert {c.name: str(c.verdict) for c in claims if c.verdict != "not tested"} == made.truth


def partial_drop(folder: Path, *, lowest: float = 4.0, floor: float = 0.3, head: str = "") -> Path:
    """R(T) on cooling and warming that falls at 80 K to `floor` ohm, and nothing else."""
    rows = []
    for order in (-1, 1):
        t = np.linspace(lowest, 200.0, 197)[::order]
        r = floor + (1.0 + 0.004 * t - floor) / (1.0 + np.exp(-(t - 80.0)))
        rows += list(zip(t, r, strict=True))
    noise = 2e-4 * np.random.default_rng(3).standard_normal(len(rows))
    folder.mkdir()
    text = "".join(f"{t:.3f},{r + n:.7f}\n" for (t, r), n in zip(rows, noise, strict=True))
    (folder / "run.csv").write_text(f"T (K),R (Ohm)\n{text}")
    (folder / "experiment.toml").write_text(
        f'{head}[[cell]]\nname = "A"\n[[measurement]]\nname = "run"\nkind = "resistance"\nfile = "run.csv"\n'
        'cell = "A"\npressure = 100.0\nsettings = {full_curve = false, normal_state = false}\n'
    )
    return folder


LENGTHS = "[sample]\nthickness = 2.0\nwidth = 30.0\nlength = 50.0\n"


@pytest.mark.parametrize(("lowest", "floor", "head"), [(4.0, 0.3, ""), (4.0, 0.02, LENGTHS), (78.0, 0.0, "")])
def test_a_drop_alone_that_does_not_reach_zero_proves_nothing(
    tmp_path: Path, lowest: float, floor: float, head: str
) -> None:
    done = megabar.analyse(partial_drop(tmp_path / "folder", lowest=lowest, floor=floor, head=head))
    verdicts = {claim.name: str(claim.verdict) for claim in done.evidence}
    assert list(verdicts) == list(CLAIMS)
    assert verdicts["zero_resistance"] == "not shown"
    assert not {"shown", "compatible"} & set(verdicts.values())
    written = json.loads((done.output / "results.json").read_text())["evidence"]
    assert {row["claim"]: row["verdict"] for row in written} == verdicts


def test_a_control_in_the_folder_is_no_point_of_a_trend(tmp_path: Path) -> None:
    folder = partial_drop(tmp_path / "folder", floor=0.0)
    text = (folder / "experiment.toml").read_text()
    block = text[text.index("[[measurement]]") :]
    more = block.replace('"run"', '"again"').replace("100.0", "110.0")
    third = block.replace('"run"', '"gasket"').replace("100.0", "120.0") + 'control = "bare gasket"\n'
    (folder / "experiment.toml").write_text(text + more + third)
    done = megabar.analyse(folder)
    assert [one.kind for one in done.trends] == ["catalogue"]  # two measurements of the sample are too few
    claims = {claim.name: claim for claim in done.evidence}
    assert claims["control_sample"].verdict == "contradicted"
    assert claims["zero_resistance"].measurements == ("run", "again")


def test_isotopes_do_not_make_a_slope_over_pressure(tmp_path: Path) -> None:
    """Tc falls by half a kelvin a GPa in both samples; taken as one, D at the higher pressures adds."""
    text = ""
    for n, (isotope, gpa, tc) in enumerate([("H", 90, 95), ("H", 100, 90), ("D", 110, 60), ("D", 120, 55)]):
        t = np.linspace(4.0, 200.0, 197)
        r = (1.0 + 0.004 * t) / (1.0 + np.exp(tc - t)) + 2e-4 * np.random.default_rng(n).standard_normal(t.size)
        rows = "".join(f"{a:.3f},{b:.7f}\n" for a, b in zip(t, r, strict=True))
        (tmp_path / f"{n}.csv").write_text(f"T (K),R (Ohm)\n{rows}")
        text += (
            f'[[measurement]]\nname = "{n}"\nkind = "resistance"\nfile = "{n}.csv"\nisotope = "{isotope}"\n'
            f"pressure = {{value = {gpa}, error = 0.5}}\nsettings = {{full_curve = false, normal_state = false}}\n"
        )
    (tmp_path / "experiment.toml").write_text(text)
    done = megabar.analyse(tmp_path)
    (trend,) = [one for one in done.trends if one.kind == "trend"]
    (slope,) = trend.find("critical_temperature_pressure_slope", criterion="R/R(onset) = 0.50")
    assert slope.value == pytest.approx(-0.5, abs=0.05)
    (shift,) = (claim for claim in done.evidence if claim.name == "isotope_shift")
    # The nearest pair lies 10 GPa apart: 90 K and 60 K, of which 5 K are due to the pressure.
    assert shift.verdict == "shown"
    assert shift.measurements[:2] == ("1", "2")
