"""The La-Ce-H recipe: what the source states, curves that cross where the truth says, and the committed example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import digamma

import megabar
from megabar.constants import OERSTED
from megabar.data import Role
from megabar.physics.transition import full_resistance
from megabar.simulate import simulate

FloatArray = NDArray[np.float64]
EXAMPLE = Path(__file__).parents[2] / "examples" / "lace-field"
STATED = {
    "cell 2, 100 GPa": (100.0, 176.0, 216.0, ""),
    "cell 9, 125 GPa": (125.0, 190.0, 146.0, "perpendicular to culet"),
    "cell 9, 127 GPa": (127.0, 189.0, 163.0, "parallel to culet"),
}
"""Pressure (GPa), Tc (K), Hc2(0) (T), direction of the field."""
KEYS = ("pressure", "critical_temperature", "upper_critical_field_zero", "orientation")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate("lace-field", tmp_path_factory.mktemp("made") / "lace-field", seed=0)


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return told


def readings(path: Path) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Temperature (K), field (T) and resistance (ohm), by a reader that knows only these files."""
    text = path.read_text()
    if path.suffix == ".dat":
        rows = [line.split(",") for line in text.split("[Data]")[1].splitlines()[2:]]
        t, h, r = (np.array([float(row[i]) for row in rows]) for i in (3, 4, 13))
        return t, h * OERSTED, r
    t, h, r = np.loadtxt(path, skiprows=3).T
    return t, h, r


def law(parameters: dict[str, Any], own: dict[str, float], temperature: FloatArray) -> FloatArray:
    names = ("residual", "amplitude", "debye_temperature")
    return np.asarray(
        full_resistance(
            temperature,
            onset_temperature=own["onset_temperature"],
            sharpness=own["sharpness"],
            **{name: parameters[name]["value"] for name in names},
        )
    )


def test_the_committed_example_is_a_fresh_simulation(folder: Path) -> None:
    fresh = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for name, content in fresh.items():
        assert (EXAMPLE / name).read_bytes() == content, f"{name}: run `megabar simulate lace-field` with seed 0 again"
    kept = {p.relative_to(EXAMPLE).as_posix() for p in EXAMPLE.glob("raw/*")}
    assert kept == {name for name in fresh if name.startswith("raw/")}


def test_the_truth_is_what_the_source_states(truth: dict[str, Any]) -> None:
    for name, stated in STATED.items():
        own = truth["measurements"][name]
        assert tuple(own[key]["value"] for key in KEYS) == stated
        assert all({"value", "origin"} == set(entry) for entry in own.values())
    assert "chosen" in truth["measurements"]["cell 9, 127 GPa"]["critical_temperature"]["origin"]


@pytest.mark.parametrize("name", STATED)
def test_half_of_the_resistance_is_left_on_the_dirty_limit(name: str, truth: dict[str, Any]) -> None:
    """ln(1/t) = psi(1/2 + h/2t) - psi(1/2) with h = (4/pi^2) B/(Tc S), by the digamma function itself."""
    _, tc, zero, _ = STATED[name]
    slope = truth["measurements"][name]["upper_critical_field_slope"]["value"]
    assert slope == pytest.approx(8.0 * np.exp(np.euler_gamma) / np.pi**2 * zero / tc, rel=1e-6)
    for field, own in truth["fields"][name].items():
        t = own["half"] / tc
        h = 4.0 / np.pi**2 * float(field) / (tc * slope)
        assert np.log(1.0 / t) == pytest.approx(digamma(0.5 + 0.5 * h / t) - digamma(0.5), abs=1e-8)
        assert own["width"] - truth["fields"][name]["0"]["width"] == pytest.approx(0.15 * float(field) ** (2 / 3))
    assert min(own["half"] for own in truth["fields"][name].values()) / tc > 0.955


@pytest.mark.parametrize("name", STATED)
def test_levels_of_the_law_lie_where_the_truth_says(name: str, truth: dict[str, Any]) -> None:
    """90, 50 and 10 % of R(onset), by interpolation on the exact curve."""
    for own in truth["fields"][name].values():
        onset = own["onset_temperature"]
        t = np.linspace(onset - 15.0, onset, 150_001)
        share = law(truth["measurements"][name], own, t) / law(truth["measurements"][name], own, np.array([onset]))
        at = np.interp([0.9, 0.5, 0.1], share, t)
        assert at[1] == pytest.approx(own["half"], abs=1e-3)
        assert at[0] - at[2] == pytest.approx(own["width"], abs=1e-3)


@pytest.mark.parametrize("name", STATED)
def test_readings_scatter_about_the_law_by_the_noise(name: str, folder: Path, truth: dict[str, Any]) -> None:
    """From one reading to the next in the normal state: an error of the temperature moves both alike."""
    own = truth["measurements"][name]
    temperature, field, resistance = readings(folder / own["file"]["value"])
    assert sorted(set(np.round(field, 3))) == [0.0, 1.0, 3.0, 5.0, 7.0, 9.0]
    normal = temperature > own["critical_temperature"]["value"] + 8.0
    scatter = resistance[normal] - law(own, truth["fields"][name]["0"], temperature[normal])
    assert np.diff(scatter).std() / np.sqrt(2.0) == pytest.approx(own["noise"]["value"], rel=0.15)


def test_the_program_reads_the_fields_in_tesla(folder: Path, truth: dict[str, Any]) -> None:
    for own in truth["measurements"].values():
        path = folder / own["file"]["value"]
        (curve,) = megabar.read(path).curves
        np.testing.assert_allclose(curve.values(Role.FIELD), readings(path)[1], atol=1e-9)
