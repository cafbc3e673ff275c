"""The nickelate recipe: its truths, its accidents, and the example that is committed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import megabar
from megabar.data import Role
from megabar.physics.coupling import coupling_from_tc
from megabar.physics.transition import full_resistance
from megabar.simulate import simulate
from megabar.simulate.la3ni2o7 import TRUTHS, Truth

FloatArray = NDArray[np.float64]
EXAMPLE = Path(__file__).parents[2] / "examples" / "la3ni2o7"
CURVE = ("onset_temperature", "sharpness", "residual", "amplitude", "debye_temperature", "saturation")
RESISTANCE_FILES = [truth for truth in TRUTHS if "reversal" not in truth.file]
REVERSAL = next(truth for truth in TRUTHS if "reversal" in truth.file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate("la3ni2o7", tmp_path_factory.mktemp("made") / "la3ni2o7", seed=0)


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    measurements: dict[str, dict[str, dict[str, float]]] = json.loads((folder / "truth.json").read_text())[
        "measurements"
    ]
    return measurements


def columns(path: Path) -> tuple[FloatArray, ...]:
    """Temperature (K), resistance (ohm) or voltage (V), and current (A), by a reader that knows only these files."""
    text = path.read_bytes().decode("utf-8-sig")
    if path.suffix == ".dat":
        rows = [line.split(",") for line in text.split("[Data]")[1].splitlines()[2:]]
        return tuple(np.array([float(row[i]) for row in rows]) for i in (3, 6))
    rows = [line.replace(",", ".").replace(";", "\t").split("\t") for line in text.splitlines()[3:]]
    table = np.array(rows, dtype=float).T
    if path.suffix == ".csv":
        return table[1], 1e-3 * table[2]
    return (table[1], 1e-6 * table[2], 1e-6 * table[3]) if "reversal" in path.name else (table[1], table[2])


def sweeps(temperature: FloatArray, *others: FloatArray) -> list[tuple[FloatArray, ...]]:
    turn = int(np.argmin(temperature)) + 1
    return [tuple(c[part] for c in (temperature, *others)) for part in (slice(None, turn), slice(turn, None))]


def crossing(temperature: FloatArray, resistance: FloatArray, level: float) -> float:
    """Temperature of `level` from a parabola through the readings around it."""
    near = np.abs(resistance / level - 1.0) < 0.5
    fit = np.polyfit(temperature[near], resistance[near] - level, 2)
    roots = np.roots(fit)
    return float(roots[np.argmin(np.abs(roots - temperature[near].mean()))].real)


def test_the_committed_example_is_a_fresh_simulation(folder: Path) -> None:
    fresh = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for name, content in fresh.items():
        assert (EXAMPLE / name).read_bytes() == content, f"{name}: run `megabar simulate la3ni2o7` with seed 0 again"
    kept = {p.relative_to(EXAMPLE).as_posix() for p in EXAMPLE.glob("raw/*")}
    assert kept == {name for name in fresh if name.startswith("raw/")}


def test_the_truth_at_22_gpa_is_what_the_source_states(truth: dict[str, dict[str, dict[str, float]]]) -> None:
    stated = truth["22.4 GPa"]
    curve = {name: stated[name]["value"] for name in CURVE}
    assert curve["debye_temperature"] == 518.0
    onset = curve["onset_temperature"]
    assert 78.0 <= onset <= 80.0
    assert full_resistance(58.0, **curve) / full_resistance(onset, **curve) == pytest.approx(0.05, abs=1e-9)
    assert stated["critical_temperature"]["value"] == 58.0
    coupling = coupling_from_tc(58.0, debye_temperature=518.0, coulomb_pseudopotential=0.13)
    assert stated["coupling"]["value"] == pytest.approx(coupling, abs=1e-9)
    assert coupling == pytest.approx(1.7143, abs=5e-5)


def test_all_truths_belong_together(truth: dict[str, dict[str, dict[str, float]]]) -> None:
    assert len(truth) == 6
    for values in truth.values():
        curve = {name: values[name]["value"] for name in CURVE}
        tc = values["critical_temperature"]["value"]
        ratio = full_resistance(tc, **curve) / full_resistance(curve["onset_temperature"], **curve)
        assert ratio == pytest.approx(0.05, abs=1e-9)
        assert values["coupling"]["value"] == pytest.approx(
            coupling_from_tc(tc, debye_temperature=curve["debye_temperature"], coulomb_pseudopotential=0.13), abs=1e-9
        )
        assert 0.001 <= values["noise"]["value"] <= 0.003


def test_origins_tell_stated_from_chosen(truth: dict[str, dict[str, dict[str, float]]]) -> None:
    said = {
        (name, field)
        for name, values in truth.items()
        for field, value in values.items()
        if isinstance(value, dict) and str(value["origin"]).startswith("stated")
    }
    assert said == {
        ("22.4 GPa", "pressure"),
        ("22.4 GPa", "critical_temperature"),
        ("22.4 GPa", "debye_temperature"),
        ("25.0 GPa", "pressure"),
        ("25.0 GPa", "debye_temperature"),
    }


@pytest.mark.parametrize("made", RESISTANCE_FILES, ids=lambda t: t.name)
def test_files_follow_their_truth_with_noise_and_lag(made: Truth, folder: Path) -> None:
    for sign, (t, r) in zip((1.0, -1.0), sweeps(*columns(folder / made.file)), strict=True):
        assert np.all(sign * np.diff(t) < 0.0)
        scatter = r - np.asarray(full_resistance(t + sign * made.lag, **made.curve))
        typical = np.nanmedian(np.abs(scatter)) / 0.6745
        assert typical == pytest.approx(made.noise * made.onset_resistance, rel=0.12)
        assert np.count_nonzero(np.abs(scatter) > 6.0 * typical) == (made.name == "20.5 GPa" and sign > 0)
        assert np.count_nonzero(np.isnan(r)) == (made.name == "27.1 GPa" and sign < 0)


@pytest.mark.parametrize("made", RESISTANCE_FILES, ids=lambda t: t.name)
def test_cooling_lies_below_warming_by_twice_the_lag(made: Truth, folder: Path) -> None:
    level = 0.5 * made.onset_resistance
    cooling, warming = (crossing(t, r, level) for t, r in sweeps(*columns(folder / made.file)))
    assert warming - cooling == pytest.approx(2.0 * made.lag, abs=0.06)


@pytest.mark.parametrize("made", RESISTANCE_FILES, ids=lambda t: t.name)
def test_readings_are_multiples_of_the_bridge_resolution(made: Truth, folder: Path) -> None:
    _, r = columns(folder / made.file)
    steps = r[np.isfinite(r)] / made.quantum
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert math.gcd(*np.rint(steps).astype(int).tolist()) == 1


def test_reversal_cancels_the_thermal_voltage(folder: Path) -> None:
    t, v, i = columns(folder / REVERSAL.file)
    assert np.array_equal(np.sign(i), np.tile([1.0, -1.0], i.size // 2))
    steps = v / (REVERSAL.quantum * 1e-4)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    offset = 0.5 * (v[::2] + v[1::2])
    np.testing.assert_allclose(np.median(offset), 4e-7 + 6e-10 * np.median(t), rtol=0.02)
    half = 0.5 * (v[::2] - v[1::2]) / i[::2]
    place = 0.5 * (t[::2] + t[1::2])
    cooling = np.arange(half.size) < half.size // 2
    lag = np.where(cooling, REVERSAL.lag, -REVERSAL.lag)
    scatter = half - np.asarray(full_resistance(place + lag, **REVERSAL.curve))
    noise = REVERSAL.noise * REVERSAL.onset_resistance
    assert scatter.std() == pytest.approx(np.hypot(noise, REVERSAL.quantum / math.sqrt(12.0)) / math.sqrt(2.0), rel=0.1)


def test_each_dialect_is_what_it_says(folder: Path) -> None:
    tabs, semicolons, quantum_design = ((folder / TRUTHS[i].file).read_bytes() for i in (0, 1, 2))
    assert tabs.count(b"\r\n") == tabs.count(b"\n") > 900
    assert b"Time (s)\tT_sample (K)\tR (Ohm)\tI (uA)\r\n" in tabs
    assert semicolons.startswith(b"\xef\xbb\xbf# SIMULATED")
    assert b"Time (min);Temperature (K);Resistance (mOhm)\r\n0,000;" in semicolons
    assert quantum_design.startswith(b"[Header]\r\nTITLE, SIMULATED")
    assert b"BYAPP, Resistivity" in quantum_design
    widths = {line.count(b",") for line in quantum_design.split(b"[Data]\r\n")[1].splitlines()}
    assert widths == {14}


@pytest.mark.parametrize("made", TRUTHS, ids=lambda t: t.name)
def test_readers_find_what_was_written(made: Truth, folder: Path) -> None:
    recording = megabar.read(folder / made.file)
    (curve,) = recording.curves
    written = columns(folder / made.file)
    kept = np.isin(curve.values(Role.TEMPERATURE), written[0])
    assert np.count_nonzero(kept) >= written[0].size - 1
    if made is REVERSAL:
        np.testing.assert_allclose(curve.values(Role.VOLTAGE), written[1], rtol=1e-12)
        np.testing.assert_allclose(curve.values(Role.CURRENT), written[2], rtol=1e-12)
        return
    read = dict(zip(curve.values(Role.TEMPERATURE), curve.values(Role.RESISTANCE), strict=True))
    expected = dict(zip(*written, strict=True))
    for temperature, resistance in read.items():
        assert resistance == pytest.approx(expected[temperature], rel=1e-12, nan_ok=True)
