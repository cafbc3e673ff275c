"""Predictions from spectral functions: what is told of one, of several, and of none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from megabar.analysis.predict import Settings, predict
from megabar.data import Status
from megabar.errors import ExperimentError
from megabar.experiment.predict import predict_file, predict_folder, table
from megabar.parallel import here
from megabar.theory.eliashberg import SpectralFunction, critical_temperature

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
        "tunnelling density of states",
    ]


def test_several_smearings_give_a_spread() -> None:
    result = predict({"a": made(0.9), "b": made(1.0), "c": made(1.1)}, measurement="made")
    tc = result.find("critical_temperature", formula="Eliashberg")
    values = [e.value for e in tc if e.value is not None]
    assert tc[0].systematic["smearing"] == pytest.approx(0.5 * (max(values) - min(values)))
    assert result.summary.startswith("b: ")


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
