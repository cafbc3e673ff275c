"""Spectral functions from the files of first-principles programs, with their own lambda as the judge."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from megabar import read
from megabar.data import Role
from megabar.errors import DataError
from megabar.io.alpha2f import read_alpha2f, spectra_of
from megabar.io.density import read_density
from megabar.io.phonon_units import PHONON_ENERGIES

MEASURED = Path(__file__).resolve().parents[2].parent / "shared/data/measured/alpha2F"
needs_files = pytest.mark.skipif(not MEASURED.is_dir(), reason="the folder of first-principles files is not there")
HUMP = "\n".join(f"{w} {np.exp(-(((w - 20.0) / 5.0) ** 2)) * (w > 0):.8f}" for w in range(41))


@needs_files
@pytest.mark.parametrize("number", [7, 8, 9, 10])
def test_quantum_espresso_agrees_with_its_own_lambda(number: int) -> None:
    told = (MEASURED / "QEF__q-e/Al_Recover_example/lambda").read_text()
    own = [float(x) for x in re.findall(r"lambda\s+([\d.]+)\s+dos", told)]
    (spectrum,) = read_alpha2f(MEASURED / f"QEF__q-e/Al_Recover_example/a2F.dos{number}").spectra.values()
    assert spectrum.coupling == pytest.approx(own[number - 1], rel=5e-3)


@needs_files
def test_small_negatives_are_told_and_large_ones_refused() -> None:
    folder = MEASURED / "QEF__q-e/Al_Recover_example"
    assert any("negative values" in note.text for note in read_alpha2f(folder / "a2F.dos8").notes)
    with pytest.raises(DataError, match="none may be negative"):
        read_alpha2f(folder / "a2F.dos1")


@needs_files
def test_twenty_smearings_of_niobium() -> None:
    found = read_alpha2f(MEASURED / "cheil__IsoME.jl/Nb.a2F")
    assert len(found.spectra) == 20
    assert found.spectra["smearing 15"].coupling == pytest.approx(0.938, abs=5e-4)


@needs_files
def test_abinit() -> None:
    found = read_alpha2f(MEASURED / "abinit__abipy/al_888k_161616q_A2F.nc")
    assert found.format == "Abinit A2F.nc"
    assert 0.4 < found.spectra["interpolated q-points"].coupling < 0.5
    # Aluminium's phonons end near 10 THz.
    assert 35.0 < found.spectra["coarse q-points"].highest < 50.0


@pytest.mark.parametrize("unit", list(PHONON_ENERGIES))
def test_every_unit_in_a_heading(tmp_path: Path, unit: str) -> None:
    """One Einstein-like hump, written in each unit, is the same spectrum."""
    rows = "\n".join(
        f"{w / PHONON_ENERGIES[unit]:.10g} {np.exp(-(((w - 20.0) / 5.0) ** 2)) * (w > 0):.8f}"
        for w in np.arange(0.0, 40.5, 0.5)
    )
    file = tmp_path / "a.dat"
    file.write_text(f"# frequency ({unit})  a2F\n{rows}\n")
    (spectrum,) = read_alpha2f(file).spectra.values()
    assert spectrum.omega_2 == pytest.approx(19.8, abs=0.5)


def test_epw_with_several_smearings(tmp_path: Path) -> None:
    rows = "\n".join(f" {w}.0 {0.1 * w:.3f} {0.2 * w:.3f} 0.0 0.0" for w in range(1, 9))
    file = tmp_path / "x.a2f"
    file.write_text(
        f" w[meV] a2f and integrated 2*a2f/w for    2 smearing values\n{rows}\n Integrated el-ph coupling\n"
    )
    found = read_alpha2f(file).spectra
    assert list(found) == ["smearing 1", "smearing 2"]
    assert found["smearing 2"].coupling == pytest.approx(2.0 * found["smearing 1"].coupling)


def test_a_missing_unit_is_asked_for_and_can_be_said(tmp_path: Path) -> None:
    file = tmp_path / "a2f.txt"
    file.write_text(HUMP)
    with pytest.raises(DataError, match="no heading names the unit of the frequency"):
        read_alpha2f(file)
    (spectrum,) = read_alpha2f(file, unit="meV").spectra.values()
    assert spectrum.omega_log == pytest.approx(19.0, abs=0.5)
    with pytest.raises(DataError, match="unknown unit 'furlong'"):
        read_alpha2f(file, unit="furlong")


@pytest.mark.parametrize(
    ("unit", "factor", "words"),
    [("Ry", 1.0, "is the unit right"), ("cm^-1", 0.1, "is the unit right"), ("meV", 100.0, "is this column alpha2F")],
)
def test_a_wrong_unit_or_column_that_no_solid_can_have_is_told(
    tmp_path: Path, unit: str, factor: float, words: str
) -> None:
    """lambda has no unit, so a wrong unit shows in the frequencies."""
    scale = factor if "unit" in words else 1.0
    rows = (f"{w * scale} {np.exp(-(((w - 20.0) / 5.0) ** 2)) * (w > 0) * factor:.8f}" for w in range(41))
    (tmp_path / "a.dat").write_text(f"# frequency ({unit})  a2F\n" + "\n".join(rows))
    with pytest.raises(DataError, match=words) as caught:
        read_alpha2f(tmp_path / "a.dat")
    assert "\n" not in str(caught.value)


def test_elk_is_known_by_the_name_of_its_file_and_said(tmp_path: Path) -> None:
    rows = "\n".join(f"{w / 27211.386:.9E} {np.exp(-(((w - 20.0) / 5.0) ** 2)) * (w > 0):.8E}" for w in range(41))
    (tmp_path / "ALPHA2F.OUT").write_text(rows)
    found = read_alpha2f(tmp_path / "ALPHA2F.OUT")
    assert found.spectra[""].omega_log == pytest.approx(19.0, abs=0.5)
    assert any("Hartree, as Elk writes" in note.text for note in found.notes)


@needs_files
@pytest.mark.parametrize(
    ("file", "curves"),
    [
        ("cheil__IsoME.jl/Nb.a2F", 20),
        ("QEF__q-e/Al_Recover_example/a2F.dos8", 1),
        ("abinit__abipy/al_888k_161616q_A2F.nc", 2),
    ],
)
def test_megabar_read_gives_the_same_spectra(file: str, curves: int) -> None:
    recording = read(MEASURED / file)
    assert len(recording.curves) == curves
    assert recording.curves[0].column(Role.PHONON_ENERGY).unit == "meV"
    ours, direct = spectra_of(recording).spectra, read_alpha2f(MEASURED / file).spectra
    assert [s.coupling for s in ours.values()] == [s.coupling for s in direct.values()]


def test_columns_can_be_named_with_their_unit(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(f"{w} {0.1 * w * (8 - w)}" for w in range(9)))
    recording = read(tmp_path / "a.txt", columns={"phonon_energy": 1, "alpha2f": 2}, units={"phonon_energy": "THz"})
    (spectrum,) = spectra_of(recording).spectra.values()
    assert spectrum.highest == pytest.approx(7.0 * 4.135667696)
    (tmp_path / "b.txt").write_text("T (K),R (ohm)\n" + "\n".join(f"{w},{w}" for w in range(9)))
    with pytest.raises(DataError, match="no columns of phonon_energy and alpha2f"):
        spectra_of(read(tmp_path / "b.txt"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("no", "0 rows of numbers"),
        ("1 2\n3 4\n", "2 rows of numbers"),
        ("CDF\x01broken", "damaged netCDF"),
    ],
)
def test_what_is_no_spectrum_is_one_line(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "bad"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=words) as caught:
        read_alpha2f(file)
    assert "\n" not in str(caught.value)


def test_a_missing_file() -> None:
    with pytest.raises(DataError, match="no such file"):
        read_alpha2f("nowhere.a2f")


@needs_files
def test_a_density_of_states_with_its_fermi_level() -> None:
    found = read_density(MEASURED / "cheil__IsoME.jl/Nb.dos", width=50.0)
    table = np.loadtxt(MEASURED / "cheil__IsoME.jl/Nb.dos")
    assert found.energy[0] == pytest.approx(1e3 * (table[0, 0] - 17.85))
    assert found.at_fermi_level == pytest.approx(float(np.interp(17.85, table[:, 0], table[:, 1])), rel=0.02)


@pytest.mark.parametrize(
    ("head", "words"),
    [("# E dos", "no heading names the unit"), ("# E (eV) dos", "no heading names the Fermi level")],
)
def test_what_a_density_of_states_does_not_say_is_asked_for(tmp_path: Path, head: str, words: str) -> None:
    file = tmp_path / "x.dos"
    file.write_text(head + "\n" + "\n".join(f"{e} 1.0" for e in range(-5, 6)))
    with pytest.raises(DataError, match=words):
        read_density(file, width=100.0)
    assert read_density(file, width=100.0, fermi=0.0, unit="eV").at_fermi_level == pytest.approx(1.0)
