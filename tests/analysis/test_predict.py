"""Predictions from spectral functions: what is told of one, of several, and of none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from megabar.analysis.predict import Settings, predict
from megabar.data import Status
from megabar.errors import DataError, ExperimentError
from megabar.experiment.predict import predict_file, predict_folder, table
from megabar.parallel import here
from megabar.theory.density import DensityOfStates
from megabar.theory.eliashberg import SpectralFunction, critical_temperature

LOGS = Path(__file__).resolve().parents[2].parent / "shared/data/measured/alpha2F/QEF__q-e/MgB2_epw_super"
needs_files = pytest.mark.skipif(not LOGS.is_dir(), reason="the folder of first-principles files is not there")
W = np.linspace(0.0, 80.0, 161)


def made(strength: float = 1.0) -> SpectralFunction:
    f = 0.5 * np.exp(-(((W - 15.0) / 4.0) ** 2)) + 0.8 * np.exp(-(((W - 60.0) / 8.0) ** 2))
    return SpectralFunction(W, strength * f * (1.0 - np.exp(-((W / 5.0) ** 2))))


def test_one_spectrum() -> None:
    result = predict({"": made()}, Settings(mu=0.12, mass_border=35.0), measurement="made")
    (tc,) = result.find("critical_temperature", formula="Eliashberg")
    assert tc.value == pytest.approx(critical_temperature(made(), coulomb_pseudopotential=0.12))
    assert tc.systematic["mu*"] > 0.0
    (gap,), (ratio,) = result.find("gap_zero"), result.find("gap_ratio")
    assert gap.value is not None
    assert ratio.value is not None
    assert 3.5 < ratio.value < 6.0
    isotope = {str(e.labels.get("band", "all")): e.value for e in result.find("isotope_coefficient")}
    assert isotope["below 35 meV"] + isotope["above 35 meV"] == pytest.approx(isotope["all"])  # type: ignore[operator]
    assert [panel.title for panel in result.panels] == [
        "spectral function",
        "what each frequency is worth",
        "gap against temperature",
        "gap function",
        "tunnelling density of states",
        "phonons in it",
        "deviation of the critical field from a parabola",
    ]
    formulas = {str(e.labels["formula"]): e.value for e in result.find("critical_temperature")}
    assert set(formulas) == {"Eliashberg", "Allen-Dynes", "McMillan", "advanced McMillan", "SISSO"}
    (jump,), (field,) = result.find("specific_heat_jump"), result.find("critical_field_ratio")
    assert jump.value is not None
    assert field.value is not None
    assert jump.value > 1.43
    assert field.value < 0.168


def test_several_smearings_give_a_spread() -> None:
    result = predict({"a": made(0.9), "b": made(1.0), "c": made(1.1)}, measurement="made")
    tc = result.find("critical_temperature", formula="Eliashberg")
    values = [e.value for e in tc if e.value is not None]
    assert tc[0].systematic["smearing"] == pytest.approx(0.5 * (max(values) - min(values)))
    assert result.summary.startswith("b: ")


def test_one_of_several_can_be_chosen() -> None:
    spectra = {"a": made(0.9), "b": made(1.0), "c": made(1.1)}
    assert predict(spectra, Settings(spectrum="c"), measurement="made").summary.startswith("c: ")
    with pytest.raises(DataError, match="spectrum: found 'd'; the file has 'a', 'b', 'c'"):
        predict(spectra, Settings(spectrum="d"), measurement="made")


def test_a_shifted_band_is_solved_again_and_compared_with_its_derivative() -> None:
    result = predict({"": made()}, Settings(shift=(40.0, 80.0, 1.02)), measurement="made")
    (plain,) = result.find("critical_temperature", formula="Eliashberg")
    (moved,) = result.find("critical_temperature", formula="Eliashberg, shifted")
    assert plain.value is not None
    assert moved.value is not None
    told = float(moved.remark.rsplit("to first order ", 1)[1].removesuffix(" K"))
    assert moved.value < plain.value
    assert moved.value - plain.value == pytest.approx(told, rel=0.05)
    nothing = predict({"": made()}, Settings(shift=(100.0, 200.0, 1.02)), measurement="made")
    (none,) = nothing.find("critical_temperature", formula="Eliashberg, shifted")
    assert none.value is None
    assert "no weight" in none.remark


def test_a_peak_at_the_fermi_level_is_told() -> None:
    e = np.linspace(-2000.0, 2000.0, 801)
    flat = DensityOfStates(e, np.ones(e.size), width=50.0)
    peak = DensityOfStates(e, 1.0 + 400.0 / (e**2 + 400.0), width=50.0)
    words = "numbers for a constant density of states are not to be trusted"
    assert not any(words in n.text for n in predict({"": made()}, measurement="made", dos=flat).notes)
    assert any(words in n.text for n in predict({"": made()}, measurement="made", dos=peak).notes)


@needs_files
@pytest.mark.parametrize("number", [3, 5, 6])
def test_a_log_of_epw(number: int) -> None:
    """Its printed temperatures, McMillan and SISSO from its own lambda, omega_log and what Allen-Dynes needs."""
    result = predict_file(LOGS / f"benchmark.out.git.inp=epw{number}.in.args=3", {})
    found = {str(e.labels["formula"]): e.value for e in result.find("critical_temperature")}
    assert found["McMillan"] == pytest.approx(26.4082, abs=1e-4)
    assert found["Allen-Dynes"] == pytest.approx(27.4569, abs=1e-4)
    assert found["SISSO"] == pytest.approx(31.5015, abs=1e-3)
    assert any("holds no alpha2F" in note.text for note in result.notes)


def test_a_log_without_tc_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "epw.out").write_text("     Program EPW v.5.9 starts\n     nothing else\n")
    with pytest.raises(DataError, match=r"epw.out: a log of EPW without coupling, omega_log"):
        predict_file(tmp_path / "epw.out", {})


def test_no_superconductivity_is_a_finding() -> None:
    result = predict({"": made(0.05)}, Settings(mu=0.2), measurement="made")
    (tc,) = result.find("critical_temperature", formula="Eliashberg")
    assert tc.value is None
    assert tc.status is Status.NOT_FOUND
    assert "no superconductivity" in result.summary


def test_strong_coupling_is_marked() -> None:
    result = predict({"": made(4.0)}, measurement="made")
    assert any("beyond the range in which this theory was tested" in note.text for note in result.notes)


def write(folder: Path, name: str, strength: float) -> Path:
    s = made(strength)
    rows = "\n".join(f"{w:.6g} {f:.8g}" for w, f in zip(s.frequency, s.alpha2f, strict=True))
    file = folder / name
    file.write_text(f"# omega (meV)  a2F\n{rows}\n")
    return file


def test_a_file_and_its_report(tmp_path: Path) -> None:
    file = write(tmp_path, "mine.a2f", 1.0)
    predict_file(file, {"mu": 0.12}, output=tmp_path / "out")
    told = json.loads((tmp_path / "out" / "results.json").read_text())
    quantities = {e["quantity"] for m in told["measurements"] for e in m.get("estimates", [])} | {
        e["quantity"] for e in told.get("estimates", [])
    }
    assert {"critical_temperature", "coupling", "gap_zero"} <= quantities
    assert (tmp_path / "out" / "report.html").exists()


def test_a_folder_is_a_table_and_a_bad_file_a_row(tmp_path: Path) -> None:
    write(tmp_path, "a.a2f", 0.8)
    write(tmp_path, "b.a2f", 1.2)
    (tmp_path / "c.txt").write_text("nothing")
    rows = predict_folder(tmp_path, {}, each=here)
    assert [row.file for row in rows] == ["a.a2f", "b.a2f", "c.txt"]
    lines = table(rows).splitlines()
    assert len(lines) == 4
    assert "rows of numbers" in lines[3]


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="mu"):
        predict_file(write(tmp_path, "a.a2f", 1.0), {"mu": -1.0})
