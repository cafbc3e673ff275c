"""Spectra end to end: the simulated experiments against their truth, a measured file, and what is refused or marked."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.analysis.spectrum import Settings, analyse
from megabar.data import Column, Curve, Estimate, Recording, Result, Role, Source, Status
from megabar.errors import DataError
from megabar.experiment.load import load
from megabar.io.reader import read_with
from megabar.physics import btk

ROOT = Path(__file__).resolve().parents[2]
CERIUM, CEH9 = ROOT / "examples" / "cerium-needle", ROOT / "examples" / "ceh9-gap"
MEASURED = ROOT.parent / "shared/data/measured/andreev_btk/ThinkPositive0x0__Fitting_Parameters_with_BTK/b2.csv"
BIAS = np.linspace(-10.0, 10.0, 161)


def one(result: Result, quantity: str, **labels: str) -> Estimate:
    (estimate,) = result.find(quantity, **labels)
    return estimate


def spectrum(conductance: np.ndarray, temperature: float | None = 2.0, bias: np.ndarray = BIAS) -> Recording:
    columns = [Column("V (mV)", Role.BIAS, bias), Column("dI/dV (S)", Role.CONDUCTANCE, conductance)]
    if temperature is not None:
        columns.append(Column("T (K)", Role.TEMPERATURE, np.full(bias.size, temperature)))
    return Recording(Source("any.csv", "0" * 64), "made for a test", (Curve("any", tuple(columns)),))


def contact(noise: float = 0.003, seed: int = 0, temperature: float = 2.0) -> np.ndarray:
    exact = btk.conductance(BIAS, gap=2.0, broadening=0.2, barrier=0.5, temperature=temperature)
    return np.asarray(0.02 * np.asarray(exact) * (1.0 + noise * np.random.default_rng(seed).standard_normal(BIAS.size)))


@pytest.fixture(scope="module")
def ceh9() -> Result:
    files = [CEH9 / "raw" / f"cell2_{t:03d}K.txt" for t in (2, 40, 60, 80, 90, 120)]
    return analyse(megabar.read(files))


def test_simulated_ceh9_gives_its_gap_and_ratio(ceh9: Result) -> None:
    """Delta(0) = 21.04 meV, Tc = 112 K, so 4.36."""
    truth = json.loads((CEH9 / "truth.json").read_text())["measurements"]["contact at 105 GPa"]
    for quantity, share in (("gap_zero", 0.02), ("gap_ratio", 0.02), ("critical_temperature", 0.02)):
        labels = {"criterion": "gap closes"} if quantity == "critical_temperature" else {}
        found = one(ceh9, quantity, **labels)
        assert found.value is not None
        assert found.error is not None
        assert found.error < share * found.value
        assert abs(found.value - truth[quantity]["value"]) < 4.0 * found.error
    assert ceh9.simulated
    assert one(ceh9, "gap", at="120 K").status == Status.NOT_FOUND
    assert "background" in one(ceh9, "gap", at="2 K").systematic


def test_a_result_travels_between_processes(ceh9: Result) -> None:
    arrived = pickle.loads(pickle.dumps(ceh9, protocol=5))
    assert [repr(e) for e in arrived.estimates] == [repr(e) for e in ceh9.estimates]
    fits = [result.details.items[0].fit.fit for result in (ceh9, arrived)]
    curves = [f.model.function(f.x, **f.values) for f in fits]
    np.testing.assert_array_equal(*curves)


def test_series_shares_one_barrier(ceh9: Result) -> None:
    barrier = one(ceh9, "shared_barrier")
    assert barrier.value == pytest.approx(0.2, abs=4.0 * (barrier.error or 0.0))
    assert not ceh9.find("barrier", at="2 K")


def test_tc_from_where_the_features_vanish() -> None:
    """Cerium, 20 K, from the four warmest spectra of the ballistic contact."""
    experiment = load(CERIUM)
    (measurement,) = [m for m in experiment.measurements if m.name == "ballistic, Ag needle"]
    recording = read_with(measurement.paths[-4:], measurement.read, root=experiment.folder)
    tc = one(analyse(recording, measurement.settings), "critical_temperature", criterion="features vanish")
    assert tc.error is not None
    assert tc.error < 0.8
    assert tc.value == pytest.approx(20.0, abs=2.0 * tc.error)
    assert tc.interval == pytest.approx((tc.value - tc.error, tc.value + tc.error))


def test_size_of_a_contact_beside_its_spectrum() -> None:
    """50 ohm at 37 microohm cm is 7 nm wide."""
    small = analyse(spectrum(contact()), Settings(resistivity=3.7e-7, mean_free_path=30.0))
    assert any("Knudsen number" in note.text and note.level == "info" for note in small.notes)
    large = analyse(spectrum(1e3 * contact()), Settings(resistivity=3.7e-7, mean_free_path=30.0))
    assert any("the spectrum says ballistic" in note.text and note.level == "warning" for note in large.notes)


def test_the_effect_of_a_series_resistance_is_told() -> None:
    """A gap of 2 meV behind another tenth of the resistance would be about 1.8 meV."""
    (note,) = [n for n in analyse(spectrum(contact())).notes if "in series, the gap would be" in n.text]
    there = float(note.text.split("would be ")[1].split()[0])
    assert there == pytest.approx(2.0 / 1.1, rel=0.04)
    given = analyse(spectrum(contact()), Settings(series_resistance=0.1))
    assert not [n for n in given.notes if "in series, the gap would be" in n.text]


def test_figures_have_residuals_and_units(ceh9: Result) -> None:
    titles = [panel.title for panel in ceh9.panels]
    assert any("gap against temperature" in t for t in titles)
    assert any("gap and broadening" in t for t in titles)
    assert sum(trace.style == "residual" for panel in ceh9.panels for trace in panel.traces) >= 2
    assert all(panel.x_label for panel in ceh9.panels)


@pytest.mark.parametrize(
    ("file", "regime"),
    [
        ("ballistic_Ag_02K.csv", "ballistic"),
        ("intermediate_PtIr.txt", "intermediate"),
        ("thermal_PtIr_temperatures.csv", "thermal"),
    ],
)
def test_simulated_contacts_are_told_apart(file: str, regime: str) -> None:
    settings = Settings(modulation=2e-6, resistivity=3.7e-7, mean_free_path=8.0)
    result = analyse(megabar.read(CERIUM / "raw" / file), settings)
    assert f"{regime} contact" in result.summary
    coldest = [e for e in result.find("gap") if str(e.labels["at"]).startswith("2 K")]
    assert coldest
    for gap in coldest:
        if regime == "thermal":
            assert gap.value is None
            assert gap.status == Status.NOT_TESTABLE
        else:
            assert gap.value == pytest.approx(3.0, rel=0.02)
        assert ("lower the gap" in gap.remark) == (regime == "intermediate")
    if regime != "ballistic":
        positions = [e for e in result.find("dip_position") if str(e.labels["at"]).startswith("2 K")]
        assert positions
        assert result.find("critical_current")
    if regime == "thermal":
        # Its dips move on warming: no value, but the temperatures between which they are gone.
        tc = one(result, "critical_temperature", criterion="features vanish")
        assert (tc.value, tc.status) == (None, Status.LIMIT)
        assert tc.interval == pytest.approx((19.0, 22.0), abs=0.01)


def test_a_thermal_contact_is_fitted_when_asked_for() -> None:
    recording = megabar.read(CERIUM / "raw" / "thermal_PtIr_temperatures.csv")
    cold = Recording(recording.source, recording.format, recording.curves[:1])
    result = analyse(cold, Settings(quote_thermal=True))
    (gap,) = result.find("gap")
    assert gap.value is not None
    assert "thermal contact" in gap.remark


@pytest.mark.skipif(not MEASURED.is_file(), reason="the measured files are not beside the project")
def test_measured_spectrum() -> None:
    result = analyse(megabar.read(MEASURED), Settings(temperature=1.6))
    gap = one(result, "gap")
    assert gap.value is not None
    assert 0.70 < gap.value < 0.95
    assert any("symmetrised" in note.text for note in result.notes)
    assert any(trace.style == "residual" for panel in result.panels for trace in panel.traces)


def test_temperature_missing_costs_the_fit_only() -> None:
    result = analyse(spectrum(contact(), temperature=None))
    (gap,) = result.find("gap")
    assert gap.value is None
    assert "settings.temperature" in gap.remark
    expected = btk.conductance(0.0, gap=2.0, broadening=0.2, barrier=0.5, temperature=2.0)
    assert one(result, "zero_bias_conductance").value == pytest.approx(expected, rel=0.05)


def test_a_bad_curve_costs_no_other() -> None:
    good = spectrum(contact())
    bad = Curve("bad", (Column("V (mV)", Role.BIAS, BIAS), Column("G", Role.CONDUCTANCE, np.full(BIAS.size, -1.0))))
    both = Recording(good.source, good.format, (bad, *good.curves))
    result = analyse(both)
    assert one(result, "gap").value == pytest.approx(2.0, abs=0.05)
    assert any(note.level == "warning" and "bad" in note.text for note in result.notes)
    with pytest.raises(DataError, match="zero, negative or not finite"):
        analyse(Recording(good.source, good.format, (bad,)))


def test_asymmetric_range_is_fitted_and_said() -> None:
    part = BIAS >= -4.0
    result = analyse(spectrum(contact()[part], bias=BIAS[part]))
    assert one(result, "gap").value == pytest.approx(2.0, abs=0.08)
    assert any("even part exists within +-4 mV" in note.text for note in result.notes)


def test_volts_taken_for_millivolts_are_noticed() -> None:
    result = analyse(spectrum(contact(), bias=1e-3 * BIAS))
    assert any("is its unit V and not mV" in note.text for note in result.notes)


def test_model_by_aicc_and_told() -> None:
    result = analyse(spectrum(contact()), Settings(model="auto"))
    assert any("AICc" in note.text for note in result.notes)
    assert result.settings["automatic: model"] == "BTK, one s-wave gap"


def test_known_tc_gives_a_ratio_from_two_temperatures() -> None:
    curves = [spectrum(contact(seed=i, temperature=t), temperature=t).curves[0] for i, t in enumerate((2.0, 4.0))]
    both = Recording(Source("two.csv", "0" * 64), "made for a test", tuple(curves))
    result = analyse(both, Settings(critical_temperature=13.157))
    ratio = one(result, "gap_ratio")
    # A constant gap is not the BCS law, but nearly so below a third of Tc.
    assert ratio.value == pytest.approx(3.53, rel=0.02)
    assert not result.find("critical_temperature")


def test_series_resistance_taken_off_brings_the_gap_back() -> None:
    """V = V_j + I R_s with R_s a fifth of the junction's normal resistance stretches the axis."""
    junction = np.linspace(-10.0, 10.0, 4001)
    g = np.asarray(btk.conductance(junction, gap=2.0, broadening=0.2, barrier=0.5, temperature=2.0))
    current = np.concatenate([[0.0], np.cumsum(0.5 * (g[1:] + g[:-1]) * np.diff(junction))])
    current -= np.interp(0.0, junction, current)
    bias = junction + 0.2 * current
    seen = np.interp(BIAS, bias, 0.02 * g / (1.0 + 0.2 * g))
    noisy = seen * (1.0 + 1e-3 * np.random.default_rng(5).standard_normal(BIAS.size))
    stretched = one(analyse(spectrum(noisy)), "gap").value
    corrected = one(analyse(spectrum(noisy), Settings(series_resistance=0.2)), "gap").value
    assert stretched is not None
    assert corrected is not None
    assert stretched > 2.2
    assert corrected == pytest.approx(2.0, abs=0.05)


@pytest.mark.calibration
def test_simulated_ceh9_is_unbiased(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """50 seeds of the example: the mean misses the truth by less than 0.3 of an error, which is at most 2 %."""
    truth = {"gap_zero": 21.04, "gap_ratio": 4.36, "critical_temperature": 112.0}
    pulls: dict[str, list[float]] = {name: [] for name in truth}
    for seed in range(50):
        folder = megabar.simulate("ceh9-gap", tmp_path / str(seed), seed=seed)
        result = analyse(megabar.read(sorted((folder / "raw").glob("*.txt"))))
        for name, true in truth.items():
            labels = {"criterion": "gap closes"} if name == "critical_temperature" else {}
            found = one(result, name, **labels)
            assert found.value is not None
            assert found.error is not None
            assert found.error < 0.02 * true
            pulls[name].append((found.value - true) / found.error)
    with capsys.disabled():
        for name, pull in pulls.items():
            print(f"{name:22s} bias {np.mean(pull):+.2f}, scatter {np.std(pull):.2f} of the error")  # noqa: T201
    for name, pull in pulls.items():
        # The mean of 50 is itself known to 0.14 of an error.
        assert abs(np.mean(pull)) < 0.3, name
        # The errors allow for noise that neighbours share; here they are up to half too large.
        assert 0.5 < np.std(pull) < 1.3, name
