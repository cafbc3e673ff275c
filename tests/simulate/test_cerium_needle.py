"""The cerium recipe: what the source states, three regimes recognisable in the files alone, five dialects."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import megabar
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Role
from megabar.physics import btk
from megabar.physics.contact import regime_of
from megabar.simulate import cerium_needle, simulate

FloatArray = NDArray[np.float64]
EXAMPLE = Path(__file__).parents[2] / "examples" / "cerium-needle"
TEMPERATURES = (2, 4, 6, 8, 10, 12, 14, 16, 18, 19, 22)
BALLISTIC = {t: f"raw/ballistic_Ag_{t:02d}K.csv" for t in TEMPERATURES}
INTERMEDIATE = "raw/intermediate_PtIr.txt"
THERMAL = "raw/thermal_PtIr_temperatures.csv"
FIELDS = "raw/thermal_PtIr_fields_12K.csv"
CONTACTS = "raw/contacts.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate("cerium-needle", tmp_path_factory.mktemp("made") / "cerium-needle", seed=0)


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return told


def of(truth: dict[str, Any], measurement: str, name: str) -> Any:
    return truth["measurements"][measurement][name]["value"]


def table(path: Path) -> FloatArray:
    """Columns of numbers, by a reader that knows only these files."""
    lines = [line for line in path.read_text("utf-8-sig").splitlines() if not line.startswith("#")][1:]
    if path.name == Path(THERMAL).name:
        lines = [line.replace(",", ".").replace(";", ",") for line in lines]
    return np.array([line.replace("\t", ",").split(",") for line in lines], dtype=float).T


def smooth(values: FloatArray, points: int = 7) -> FloatArray:
    padded = np.pad(values, points // 2, mode="edge")
    return np.convolve(padded, np.full(points, 1.0 / points), mode="valid")


def dip_of(bias: FloatArray, conductance: FloatArray) -> float:
    """Mean distance of the lowest points on either side from zero bias, mV."""
    even = 0.5 * (smooth(conductance) + smooth(conductance)[::-1])
    return float(abs(bias[int(np.argmin(even))]))


def test_the_committed_example_is_a_fresh_simulation(folder: Path) -> None:
    fresh = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for name, content in fresh.items():
        assert (EXAMPLE / name).read_bytes() == content, f"{name}: run `megabar simulate cerium-needle` with seed 0"
    kept = {p.relative_to(EXAMPLE).as_posix() for p in EXAMPLE.glob("raw/*")}
    assert kept == {*BALLISTIC.values(), INTERMEDIATE, THERMAL, FIELDS, CONTACTS}
    assert sum(map(len, fresh.values())) < 700_000


def test_the_truth_is_what_the_source_states(folder: Path, truth: dict[str, Any]) -> None:
    assert truth["critical_temperature"]["value"] == 20.0
    assert of(truth, "ballistic, Ag needle", "gap_zero") == 3.0
    assert truth["gap_over_kTc"]["value"] == pytest.approx(3.0 / (BOLTZMANN_MEV * 20.0), abs=1e-9)
    assert "1.741" in (folder / "README.md").read_text()
    assert of(truth, "ballistic, Ag needle", "normal_resistance") == 48.3
    assert of(truth, "thermal, Pt-Ir needle", "normal_resistance") == 5.9
    assert 4.0 < of(truth, "intermediate, Pt-Ir needle", "normal_resistance") < 12.0
    # Maxwell's law for a contact of the source's table: 9.5 ohm, 38.94 nm.
    assert truth["resistivity"]["value"] == pytest.approx(9.5 * 38.94e-9, rel=2e-3)


def test_the_lengths_fit_the_contacts(truth: dict[str, Any]) -> None:
    """R = 16 rho l/(3 pi d^2) with the 48.3 ohm and 10.2 nm that the source lists; radii beside the path."""
    expected = 48.3 * 3.0 * np.pi * 10.2e-9**2 / (16.0 * 3.7e-7)
    path = truth["mean_free_path"]["value"]
    assert path == pytest.approx(1e9 * expected, rel=2e-3)
    diameters = {name: own["diameter"] for name, own in truth["measurements"].items()}
    assert diameters["ballistic, Ag needle"]["sharvin"] == pytest.approx(10.2, abs=0.02)
    assert regime_of(diameters["ballistic, Ag needle"]["sharvin"], elastic=path) == "ballistic"
    inelastic = truth["inelastic_length"]["value"]
    for name, own in diameters.items():
        assert regime_of(own["wexler"], elastic=path, inelastic=inelastic) == name.split(",")[0]


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_ballistic_readings_are_andreev_curves(temperature: int, folder: Path, truth: dict[str, Any]) -> None:
    bias, harmonic, kelvin = table(folder / BALLISTIC[temperature])
    assert abs(kelvin.mean() - temperature) < 0.002
    v = bias - cerium_needle.THERMAL_VOLTAGE
    name = "ballistic, Ag needle"
    andreev = btk.conductance(
        v,
        gap=truth["gaps"][str(temperature)],
        broadening=of(truth, name, "broadening"),
        barrier=of(truth, name, "barrier"),
        temperature=float(temperature),
    )
    smooth_part = 1.0 + of(truth, name, "curvature_at_15_mV") * (v / 15.0) ** 2
    expected = 1e6 * cerium_needle.MODULATION * 48.3 / (np.asarray(andreev) * smooth_part)
    scatter = harmonic - expected
    # Beside the noise, the modulation of 0.1 mV rounds the curve by up to 0.3 % and the voltmeter errs by 1 uV.
    assert scatter.std() == pytest.approx(cerium_needle.HARMONIC_NOISE, rel=0.15)
    assert abs(scatter.mean()) < 0.1
    assert np.max(np.abs(scatter)) < 5.0 * cerium_needle.HARMONIC_NOISE


def test_the_ballistic_spectrum_has_two_peaks_and_no_dips(folder: Path) -> None:
    bias, harmonic, _ = table(folder / BALLISTIC[2])
    g = smooth(cerium_needle.MODULATION * 48.3e6 / harmonic, 5)
    left, right = (bias[part][np.argmax(g[part])] for part in (bias < 0.0, bias > 0.0))
    assert -3.0 < left < -2.0
    assert 2.0 < right < 3.0
    assert np.interp(0.0, bias, g) < g.max() - 0.1
    assert g.min() > 0.98


def test_above_the_critical_temperature_nothing_is_left(folder: Path) -> None:
    thermal = table(folder / THERMAL)
    assert np.std(thermal[-1] * 5.9) == pytest.approx(0.004, rel=0.15)
    assert np.mean(thermal[-1] * 5.9) == pytest.approx(1.0, abs=1e-3)
    assert np.std(thermal[-2] * 5.9) > 2.0 * 0.004


def test_the_intermediate_spectrum_has_two_peaks_and_dips(folder: Path) -> None:
    kelvin, bias, conductance = table(folder / INTERMEDIATE)
    assert np.count_nonzero(kelvin < 5.0) == np.count_nonzero(kelvin > 20.0) == 302
    down, up = np.split(np.arange(302), 2)
    assert np.all(np.diff(bias[down]) < 0.0)
    assert np.all(np.diff(bias[up]) > 0.0)
    v, g = bias[up], 7.7e-3 * smooth(conductance[up], 5)
    inner = np.abs(v) < 4.0
    for side in (v < 0.0, v > 0.0):
        peak = abs(v[inner & side][np.argmax(g[inner & side])])
        assert 2.0 < peak < 3.2
        assert 8.0 < abs(v[side][np.argmin(g[side])]) < 9.0
    assert np.interp(0.0, v, g) < g[inner].max() - 0.2
    assert g.min() < 0.7
    assert np.mean(conductance[kelvin > 20.0]) * 7.7e-3 == pytest.approx(1.0, abs=2e-3)


def test_the_thermal_spectrum_has_one_plateau_and_dips_at_ten_millivolts(folder: Path) -> None:
    bias, *spectra = table(folder / THERMAL)
    g = 5.9 * spectra[0]
    assert dip_of(bias, g) == pytest.approx(10.0, abs=0.2)
    assert np.mean(g[np.abs(bias) < 4.0]) == pytest.approx(5.9 / 4.4, rel=1e-3)
    assert np.std(g[np.abs(bias) < 4.0]) == pytest.approx(0.004, rel=0.25)
    assert smooth(g).min() < 0.6


def test_dips_move_to_zero_as_the_critical_current_falls(folder: Path, truth: dict[str, Any]) -> None:
    """A narrow step makes a dip at I_c (R_J + R_M/2); its width moves it outwards by some per cent."""
    bias, *spectra = table(folder / THERMAL)
    dips = np.array([dip_of(bias, g) for g in spectra[:-1]])
    assert np.all(np.diff(dips) < 0.0)
    currents = truth["thermal_critical_currents"]["temperatures"]
    expected = np.array([1e3 * currents[str(t)] * (4.4 + 0.75) for t in TEMPERATURES[:-1]])
    np.testing.assert_allclose(dips[:8], expected[:8], rtol=0.06, atol=0.15)
    assert currents["22"] == 0.0
    t = np.array(TEMPERATURES[:-1]) / 20.0
    np.testing.assert_allclose([currents[str(k)] for k in TEMPERATURES[:-1]], 1.92e-3 * (1.0 - t**2) ** 1.5, rtol=1e-7)


def test_dips_move_to_zero_in_a_field(folder: Path, truth: dict[str, Any]) -> None:
    bias, *spectra = table(folder / FIELDS)
    dips = [dip_of(bias, g) for g in spectra]
    assert np.all(np.diff(dips) < 0.0)
    currents = list(truth["thermal_critical_currents"]["fields_at_12_K"].values())
    np.testing.assert_allclose(dips[:4], 1e3 * np.array(currents[:4]) * 5.15, rtol=0.05, atol=0.15)
    assert currents[0] == truth["thermal_critical_currents"]["temperatures"]["12"]


def test_what_zero_bias_gains_the_dips_take(folder: Path) -> None:
    """No junction: V = I R_N beyond the dips, so the mean of G R_N - 1 over all biases is zero (not at the coldest)."""
    for file, part in ((THERMAL, slice(4, 10)), (FIELDS, slice(0, 6))):
        bias, *spectra = table(folder / file)
        scale = 5.9 if file == THERMAL else 5.9e-3
        for g in spectra[part]:
            # The noise of the sum of n points 0.1 mV apart, three standard deviations and a bit.
            assert abs(np.sum(scale * g - 1.0)) * 0.1 < 4.0 * 0.004 * np.sqrt(bias.size) * 0.1


def contacts(folder: Path) -> dict[str, FloatArray]:
    """Needle -> its Tc in K."""
    lines = (folder / CONTACTS).read_text().splitlines()[2:]
    rows = list(csv.DictReader(lines))
    assert [row["contact"] for row in rows] == [str(n) for n in range(1, 131)]
    resistance = np.array([float(row["resistance (ohm)"]) for row in rows])
    assert resistance.min() >= 1.0
    assert resistance.max() <= 55.0
    assert np.median(resistance) == pytest.approx(4.3, rel=0.35)
    return {tip: np.array([float(r["Tc (K)"]) for r in rows if r["tip"] == tip]) for tip in ("Pt-Ir", "Ag", "Au")}


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_table_of_contacts_is_as_the_source_says(seed: int, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / CONTACTS).write_bytes(cerium_needle.files(seed)[CONTACTS])
    tc = contacts(tmp_path)
    assert sum(map(len, tc.values())) == 130
    assert tc["Au"].mean() == pytest.approx(12.0, abs=3.5 * 2.0 / np.sqrt(36))
    assert tc["Au"].max() < 20.0
    assert all(20.0 < tc[tip].max() <= 22.0 for tip in ("Pt-Ir", "Ag"))
    assert tc["Au"].mean() < tc["Ag"].mean()
    assert tc["Au"].mean() < tc["Pt-Ir"].mean()


def test_each_dialect_is_what_it_says(folder: Path) -> None:
    ballistic, intermediate, thermal, fields = (
        (folder / file).read_bytes() for file in (BALLISTIC[2], INTERMEDIATE, THERMAL, FIELDS)
    )
    assert b"\nBias (mV),V_1f (uV),T (K)\n-" in ballistic
    assert b"\r\nT (K)\tV (mV)\tdI/dV (mS)\r\n" in intermediate
    assert thermal.startswith(b"\xef\xbb\xbf# SIMULATED")
    assert b"\r\nV (mV);dI/dV 2 K (S);dI/dV 4 K (S);" in thermal
    assert b"\r\n-18,0;0," in thermal
    assert b"\n# Temperature (K): 12.0\nV (mV),dI/dV 0 T (mS),dI/dV 1 T (mS)," in fields
    assert all(content[:40].removeprefix(b"\xef\xbb\xbf").startswith(b"# SIMULATED") for content in (ballistic, fields))


def test_readers_find_what_was_written(folder: Path) -> None:
    bias, harmonic, kelvin = table(folder / BALLISTIC[8])
    (curve,) = megabar.read(folder / BALLISTIC[8]).curves
    np.testing.assert_allclose(curve.values(Role.BIAS), bias, rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.FIRST_HARMONIC), 1e-6 * harmonic, rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), kelvin, rtol=1e-12)
    kelvin, bias, conductance = table(folder / INTERMEDIATE)
    (curve,) = megabar.read(folder / INTERMEDIATE).curves
    np.testing.assert_allclose(curve.values(Role.BIAS), bias, rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.CONDUCTANCE), 1e-3 * conductance, rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), kelvin, rtol=1e-12)
    assert curve.simulated


def test_readers_find_the_conditions_in_headings_and_the_needles(folder: Path) -> None:
    thermal = megabar.read(folder / THERMAL).curves
    assert [curve.values(Role.TEMPERATURE)[0] for curve in thermal] == list(TEMPERATURES)
    np.testing.assert_allclose(thermal[3].values(Role.CONDUCTANCE), table(folder / THERMAL)[4], rtol=1e-12)
    fields = megabar.read(folder / FIELDS).curves
    assert [curve.values(Role.FIELD)[0] for curve in fields] == [0.0, 1.0, 2.0, 3.0, 5.0, 7.0]
    assert all(curve.values(Role.TEMPERATURE)[0] == 12.0 for curve in fields)
    needles = megabar.read(folder / CONTACTS, group="tip").curves
    assert {curve.name: len(curve) for curve in needles} == {"Pt-Ir": 54, "Ag": 40, "Au": 36}
