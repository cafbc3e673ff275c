"""The CeH9 recipe: what the source states, currents as integrals of the truth, noise by the source's own method."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson

import megabar
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Role
from megabar.physics import btk
from megabar.simulate import simulate
from megabar.simulate.dialects import page

FloatArray = NDArray[np.float64]
EXAMPLE = Path(__file__).parents[2] / "examples" / "ceh9-gap"
FILES = {t: f"raw/cell2_{t:03d}K.txt" for t in (2, 10, 20, 30, 40, 50, 60, 70, 80, 90, 120)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate("ceh9-gap", tmp_path_factory.mktemp("made") / "ceh9-gap", seed=0)


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return told


def value(truth: dict[str, Any], name: str) -> Any:
    return truth["measurements"]["contact at 105 GPa"][name]["value"]


def readings(path: Path) -> tuple[FloatArray, FloatArray]:
    """Current (mA) and voltage (mV), by a reader that knows only these files."""
    current, voltage = np.loadtxt(path, skiprows=4).T
    return current, voltage


def true_conductance(truth: dict[str, Any], temperature: int, bias: FloatArray) -> FloatArray:
    """dI/dV in S from what truth.json says."""
    own = truth["temperatures"][f"{temperature:.1f}"]
    andreev = btk.conductance(
        bias,
        gap=own["gap"],
        broadening=value(truth, "broadening"),
        barrier=value(truth, "barrier"),
        temperature=float(temperature),
    )
    powers = value(truth, "background")
    smooth = sum(c * (bias / value(truth, "background_scale")) ** n for n, c in enumerate(powers))
    return np.asarray(smooth * andreev / own["normal_resistance"])


def test_the_committed_example_is_a_fresh_simulation(folder: Path) -> None:
    fresh = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for name, content in fresh.items():
        assert (EXAMPLE / name).read_bytes() == content, f"{name}: run `megabar simulate ceh9-gap` with seed 0 again"
    kept = {p.relative_to(EXAMPLE).as_posix() for p in EXAMPLE.glob("raw/*")}
    assert kept == {name for name in fresh if name.startswith("raw/")} == set(FILES.values())
    assert sum(map(len, fresh.values())) < 700_000


def test_the_truth_is_what_the_source_states(folder: Path, truth: dict[str, Any]) -> None:
    assert value(truth, "gap_zero") == 21.04
    assert value(truth, "pressure") == 105.0
    tc = value(truth, "critical_temperature")
    assert 2.0 * 21.04 / (BOLTZMANN_MEV * tc) == pytest.approx(4.36, abs=5e-4)
    assert pytest.approx(4.48, abs=5e-3) == 2.0 * 21.04 / (BOLTZMANN_MEV * 109.0)
    readme = " ".join((folder / "README.md").read_text().split())
    for text in (readme, truth["critical_temperature_note"]):
        assert "112 K" in text
        assert "109 K" in text
        assert "4.48" in text
    assert 4.0 <= value(truth, "resistance") <= 5.0


def test_gaps_follow_the_gap_equation(truth: dict[str, Any]) -> None:
    """ln t = 2 sum [1/sqrt((2n+1)^2 + y^2) - 1/(2n+1)] with y = Delta/(pi k T), and Delta(0) = pi exp(-C) k Tc."""
    odd = 2.0 * np.arange(2_000_000) + 1.0
    tc = value(truth, "critical_temperature")
    for name, own in truth["temperatures"].items():
        t = float(name) / tc
        if t >= 1.0:
            assert own["gap"] == 0.0
            continue
        y = own["gap"] / 21.04 * np.exp(-np.euler_gamma) / t
        # What lies beyond the last term of the sum: y^2/2 sum (2n+1)^-3.
        beyond = -0.5 * y**2 / (4.0 * (odd[-1] + 1.0) ** 2)
        found = 2.0 * (np.sum(1.0 / np.sqrt(odd**2 + y**2) - 1.0 / odd) + beyond)
        assert found == pytest.approx(np.log(t), abs=1e-7)


def test_there_is_one_peak_at_zero_bias_and_with_a_higher_barrier_two() -> None:
    v = np.linspace(0.0, 30.0, 601)
    one = np.asarray(btk.conductance(v, gap=21.04, broadening=7.0, barrier=0.2, temperature=2.0))
    two = np.asarray(btk.conductance(v, gap=21.04, broadening=7.0, barrier=0.3, temperature=2.0))
    twice = np.asarray(btk.conductance(v, gap=21.04, broadening=14.0, barrier=0.3, temperature=2.0))
    assert np.all(np.diff(one) < 0.0)
    assert one[0] == pytest.approx(1.43, abs=0.005)
    assert two.max() > two[0] + 0.02
    assert twice.max() < twice[0] + 0.001


@pytest.mark.parametrize("temperature", FILES)
def test_currents_are_the_integral_of_the_true_conductance(
    temperature: int, folder: Path, truth: dict[str, Any]
) -> None:
    current, voltage = readings(folder / FILES[temperature])
    fine = np.linspace(-105.0, 105.0, 42001)
    integral = cumulative_simpson(true_conductance(truth, temperature, fine), x=fine, initial=0.0)
    integral -= np.interp(0.0, fine, integral)
    scatter = (
        voltage - np.interp(current, integral, fine) - truth["temperatures"][f"{temperature:.1f}"]["thermal_voltage"]
    )
    assert scatter.std() == pytest.approx(value(truth, "noise"), rel=0.12)
    assert abs(scatter.mean()) < 4.0 * value(truth, "noise") / np.sqrt(scatter.size)
    assert np.max(np.abs(scatter)) < 5.0 * value(truth, "noise")


@pytest.mark.parametrize("temperature", [2, 50, 120])
def test_noise_by_the_method_of_the_source(temperature: int, folder: Path, truth: dict[str, Any]) -> None:
    """Slope over three readings, bias their mean, three-point moving average: scatter of 0.3 to 0.5 %."""
    current, voltage = readings(folder / FILES[temperature])
    slope = (current[2:] - current[:-2]) / (voltage[2:] - voltage[:-2])
    bias = (voltage[2:] + voltage[1:-1] + voltage[:-2]) / 3.0
    slope, bias = (np.convolve(x, np.full(3, 1.0 / 3.0), mode="valid") for x in (slope, bias))
    resistance = truth["temperatures"][f"{temperature:.1f}"]["normal_resistance"]
    scatter = (slope - true_conductance(truth, temperature, bias)) * resistance
    away = np.abs(bias) > 30.0
    assert 0.0024 < scatter.std() < 0.005
    assert scatter[away].std() == pytest.approx(0.003, abs=0.0005)


def test_currents_are_stepped_as_in_the_source(folder: Path) -> None:
    for file in FILES.values():
        current, voltage = readings(folder / file)
        assert current.size % 3 == 0
        np.testing.assert_allclose(np.diff(current), np.diff(current)[0], atol=1e-9)
        assert np.diff(current)[0] < 0.005 * np.ptp(current)
        assert current[0] == -current[-1]
        assert 75.0 < voltage[-1] < 100.0
        np.testing.assert_allclose(1e4 * voltage, np.rint(1e4 * voltage), atol=1e-6)


def test_the_dialect_is_what_it_says(folder: Path) -> None:
    content = (folder / FILES[10]).read_bytes()
    assert content.startswith(b"# SIMULATED DATA, not measured")
    assert content.count(b"\r\n") == content.count(b"\n") == 406
    assert b"\r\n# Temperature (K): 10.0\r\nI (mA)\tV (mV)\r\n-20.0500\t" in content


@pytest.mark.parametrize("temperature", [2, 120])
def test_readers_find_what_was_written(temperature: int, folder: Path) -> None:
    current, voltage = readings(folder / FILES[temperature])
    (curve,) = megabar.read(folder / FILES[temperature]).curves
    np.testing.assert_allclose(curve.values(Role.CURRENT), 1e-3 * current, rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.VOLTAGE), 1e-3 * voltage, rtol=1e-12)
    assert np.all(curve.values(Role.TEMPERATURE) == temperature)
    assert curve.simulated


def test_pages_are_filled_and_keep_their_tables() -> None:
    made = page(
        "\n# Head: which stays\n\none\ntwo `a b`\n\n| a |\n|---|\n\n" + "word " * 100 + "`megabar analyse FOLDER`"
    )
    head, short, table, long = made.split("\n\n")
    assert (head, short, table) == ("# Head: which stays", "one two `a b`", "| a |\n|---|")
    lines = long.splitlines()
    assert max(map(len, lines)) <= 120
    assert len(lines) > 3
    assert any("`megabar analyse FOLDER`" in line for line in lines)
