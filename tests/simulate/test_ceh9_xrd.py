"""The simulated map of CeH9 and CeH4: what the source states is in it, and the images hold what truth.json says."""

from __future__ import annotations

import bz2
import json
import re
from pathlib import Path

import numpy as np
import pytest

from megabar.simulate import ceh9_xrd as recipe
from megabar.simulate import simulate

EXAMPLE = Path(__file__).parents[2] / "examples" / "ceh9-xrd"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate("ceh9-xrd", tmp_path_factory.mktemp("made") / "ceh9-xrd", seed=0)


def pixels(path: Path) -> np.ndarray:
    """The counts of an image by the standard library alone."""
    header, _, packed = path.read_bytes().partition(b"\n}\n")
    assert b"DataType = UnsignedShort" in header
    size = int(re.search(rb"Size = (\d+)", header)[1])  # type: ignore[index]
    assert len(packed) == size
    return np.frombuffer(bz2.decompress(packed), dtype="<u2").reshape(recipe.SIDE, recipe.SIDE)


def test_what_the_source_states_is_in_it(made: Path) -> None:
    truth = json.loads((made / "truth.json").read_text())
    assert truth["wavelength"]["value"] == 0.6199
    assert truth["step"]["value"] == 5.0
    assert len(truth["frames"]) == 25
    assert truth["phases"]["CeH9"]["cell"]["value"] == [3.674, 5.427]
    assert truth["phases"]["CeH4"]["cell"]["value"] == [2.838, 5.801]
    middle = [frame for name, frame in truth["frames"].items() if "column3" in name]
    assert all(frame["CeH9"]["cell"] == [3.674, 5.427] for frame in middle)


def test_the_first_ring_lies_where_bragg_puts_it(made: Path) -> None:
    """100 of CeH9: d = a sin(60 deg), seen on a plane at the distance of the calibration."""
    counts = pixels(made / "raw" / "row3_column3.edf").astype(np.float64)
    theta = np.arcsin(recipe.WAVELENGTH / (2.0 * 3.674 * np.sqrt(0.75)))
    radius = recipe.DISTANCE * np.tan(2.0 * theta) / recipe.PIXEL
    place = np.arange(recipe.SIDE) + 0.5 - recipe.CENTRE / recipe.PIXEL
    away = np.hypot(place[:, None], place[None, :])
    on_ring = np.median(counts[np.abs(away - radius) < 0.7])
    beside = np.median(counts[np.abs(away - radius + 12.0) < 2.0])
    assert on_ring > 3.0 * beside


def test_a_phase_is_in_a_frame_only_where_truth_says_so(made: Path) -> None:
    """002 of CeH4 at (row 1, column 1), where it is not, and at (row 4, column 4)."""
    theta = np.arcsin(recipe.WAVELENGTH / 5.801)
    radius = recipe.DISTANCE * np.tan(2.0 * theta) / recipe.PIXEL
    place = np.arange(recipe.SIDE) + 0.5 - recipe.CENTRE / recipe.PIXEL
    on_ring = np.abs(np.hypot(place[:, None], place[None, :]) - radius) < 0.7
    means = [np.median(pixels(made / "raw" / name)[on_ring]) for name in ("row1_column1.edf", "row4_column4.edf")]
    truth = json.loads((made / "truth.json").read_text())["frames"]
    assert truth["raw/row1_column1.edf"]["CeH4"]["thickness"] == 0.0
    assert truth["raw/row4_column4.edf"]["CeH4"]["thickness"] > 0.9
    assert means[1] > means[0]


def test_some_spots_are_saturated(made: Path) -> None:
    assert any((pixels(path) == recipe.OVERFLOW).any() for path in (made / "raw").iterdir())


def test_the_example_is_what_the_recipe_writes(made: Path) -> None:
    for path in sorted(p for p in made.rglob("*") if p.is_file()):
        name = path.relative_to(made)
        assert (EXAMPLE / name).read_bytes() == path.read_bytes(), f"{name}: run `megabar simulate ceh9-xrd` again"
