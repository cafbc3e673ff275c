"""Every recipe writes a complete, marked, reproducible experiment and never overwrites anything."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import megabar
from megabar.errors import ExperimentError
from megabar.experiment.kinds import KINDS
from megabar.experiment.schema import ExperimentTable, MeasurementTable
from megabar.io.hints import ReadHints
from megabar.simulate import RECIPES, simulate


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("name", RECIPES)
def test_same_seed_same_bytes_other_seed_other_data(name: str, tmp_path: Path) -> None:
    first, second, other = (contents(simulate(name, tmp_path / str(i), seed=s)) for i, s in enumerate((3, 3, 4)))
    assert first == second
    assert set(first) == set(other)
    assert all(first[path] != other[path] for path in first if path.startswith("raw/"))


@pytest.mark.parametrize("name", RECIPES)
def test_everything_is_marked_as_simulated(name: str, tmp_path: Path) -> None:
    files = contents(simulate(name, tmp_path / "made"))
    assert tomllib.loads(files["experiment.toml"].decode())["simulated"] is True
    assert json.loads(files["truth.json"])["simulated"] is True
    assert all(b"SIMULATED" in content[:200] for path, content in files.items() if path != "truth.json")
    assert sum(map(len, files.values())) < 1_000_000


@pytest.mark.parametrize("name", RECIPES)
def test_the_experiment_names_every_raw_file_and_never_the_truth(name: str, tmp_path: Path) -> None:
    files = contents(simulate(name, tmp_path / "made"))
    written = [m["file"] for m in tomllib.loads(files["experiment.toml"].decode())["measurement"]]
    named = [file for one in written for file in ([one] if isinstance(one, str) else one)]
    assert sorted(named) == sorted(path for path in files if path.startswith("raw/"))
    assert b"truth" not in files["experiment.toml"]


@pytest.mark.parametrize("name", RECIPES)
def test_the_experiment_file_obeys_the_schema(name: str, tmp_path: Path) -> None:
    raw = tomllib.loads((simulate(name, tmp_path / "made") / "experiment.toml").read_text())
    table = ExperimentTable.model_validate(raw)
    measurements = [MeasurementTable.model_validate(row) for row in table.measurement]
    assert len({m.name for m in measurements}) == len(measurements)
    assert {m.cell for m in measurements} - {None} <= {cell.name for cell in table.cell}
    # Without a cell, under a needle, nobody knows the pressure.
    assert all((m.pressure is None) == (m.cell is None) for m in measurements)
    assert all(m.pressure is None or m.pressure.error is not None for m in measurements)
    for m in measurements:
        assert all((tmp_path / "made" / file).is_file() for file in ([m.file] if isinstance(m.file, str) else m.file))
        ReadHints.model_validate(m.read)
        if m.kind in KINDS:
            KINDS[m.kind].settings.model_validate(m.settings)


def test_returns_the_folder_and_makes_its_parents(tmp_path: Path) -> None:
    assert megabar.simulate("la3ni2o7", str(tmp_path / "a" / "b"), seed=1) == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b" / "experiment.toml").is_file()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert simulate("la3ni2o7", empty) == empty


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExperimentError, match="is not empty; give a new folder"):
        simulate("la3ni2o7", tmp_path)
    assert contents(tmp_path) == {"notes.txt": b"mine"}
    with pytest.raises(ExperimentError, match="is a file; give a new folder"):
        simulate("la3ni2o7", tmp_path / "notes.txt")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExperimentError, match="cannot be written: Not a directory; give another folder"):
        simulate("la3ni2o7", tmp_path / "file" / "below")


def test_unknown_recipes_and_seeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="found 'la3ni2o8'; allowed: la3ni2o7"):
        simulate("la3ni2o8", tmp_path / "new")
    with pytest.raises(ExperimentError, match="from 0 on, found -1"):
        simulate("la3ni2o7", tmp_path / "new", seed=-1)
    assert not (tmp_path / "new").exists()


def test_listing_the_recipes_loads_nothing_heavy() -> None:
    code = "import sys; from megabar.simulate import RECIPES; assert all(r.description for r in RECIPES.values()); "
    code += "print([m for m in ('numpy', 'scipy', 'lmfit') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
