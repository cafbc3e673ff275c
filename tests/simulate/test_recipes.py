"""Every recipe writes a complete, marked, reproducible experiment and never overwrites anything."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
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


@cache
def made(name: str) -> Mapping[str, bytes]:
    """Every file of a recipe; made once, since some of them take seconds."""
    return RECIPES[name].files(3)


@pytest.mark.parametrize("name", RECIPES)
def test_same_seed_same_bytes_other_seed_other_data(name: str, tmp_path: Path) -> None:
    written = contents(simulate(name, tmp_path / "made", seed=3))
    assert written == dict(made(name))
    other = RECIPES[name].files(4)
    assert set(written) == set(other)
    assert all(written[path] != other[path] for path in written if path.startswith("raw/"))


@pytest.mark.parametrize("name", RECIPES)
def test_everything_is_marked_as_simulated(name: str) -> None:
    files = made(name)
    assert tomllib.loads(files["experiment.toml"].decode())["simulated"] is True
    assert json.loads(files["truth.json"])["simulated"] is True
    assert all(b"SIMULATED" in content[:200] for path, content in files.items() if path != "truth.json")
    assert sum(map(len, files.values())) < 1_000_000


@pytest.mark.parametrize("name", RECIPES)
def test_the_experiment_names_every_raw_file_and_never_the_truth(name: str) -> None:
    files = made(name)
    written = [m["file"] for m in tomllib.loads(files["experiment.toml"].decode())["measurement"]]
    named = [file for one in written for file in ([one] if isinstance(one, str) else one)]
    assert sorted(named) == sorted(path for path in files if path.startswith("raw/"))
    assert b"truth" not in files["experiment.toml"]


@pytest.mark.parametrize("name", RECIPES)
def test_every_text_file_names_the_recipe_that_makes_it(name: str) -> None:
    """Parts of a whole experiment are made by the same code as recipes of one part, under another name."""
    told = {path: re.findall(rb"megabar simulate ([a-z0-9-]+)", content) for path, content in made(name).items()}
    assert {one.decode() for found in told.values() for one in found} == {name}
    assert all(found for path, found in told.items() if path.startswith("raw/"))


@pytest.mark.parametrize("name", RECIPES)
def test_the_experiment_file_obeys_the_schema(name: str) -> None:
    files = made(name)
    table = ExperimentTable.model_validate(tomllib.loads(files["experiment.toml"].decode()))
    measurements = [MeasurementTable.model_validate(row) for row in table.measurement]
    assert len({m.name for m in measurements}) == len(measurements)
    assert {m.cell for m in measurements} - {None} <= {cell.name for cell in table.cell}
    # Without a cell, under a needle, nobody knows the pressure.
    assert all((m.pressure is None) == (m.cell is None) for m in measurements)
    assert all(m.pressure is None or m.pressure.error is not None for m in measurements)
    for m in measurements:
        assert all(file in files for file in ([m.file] if isinstance(m.file, str) else m.file))
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
