"""The kind pattern: measured files to the cells that their sources print, and what is said of wrong input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_patterns import CELLS, WAVELENGTH, pattern, profile

import megabar
from megabar.analysis import pattern_lines as lines
from megabar.analysis.pattern import Settings, analyse
from megabar.analysis.pattern_settings import PhaseSettings
from megabar.data import Column, Curve, Recording, Result, Role, Source, Status
from megabar.errors import DataError, ExperimentError
from megabar.io import ReadHints, read_with

MEASURED = Path(__file__).resolve().parents[2].parent / "shared/data/measured"
PHASES = (
    {"name": "CeH9", "cell": [3.70, 5.40], "space_group": "P6_3/mmc", "formula_units": 2},
    {"name": "CeH4", "cell": [2.82, 5.83], "space_group": "I4/mmm", "formula_units": 2},
)


def _measured(name: str, **settings: Any) -> Result:
    path = MEASURED / "xrd" / name
    if not path.exists():
        pytest.skip("the folder of measured files is not there")
    recording = read_with(path, ReadHints(), expected=("two_theta", "intensity"))
    return analyse(recording, Settings.model_validate(settings))


def _recording(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], **metadata: str) -> Recording:
    columns = (Column("2theta", Role.TWO_THETA, x), Column("I", Role.INTENSITY, y))
    curve = Curve("made", columns, simulated=True, metadata=metadata)
    return Recording(Source("made.xy", "0" * 64), "text", (curve,))


def _simulated(**rest: Any) -> Recording:
    return _recording(*pattern(np.random.default_rng(21), **rest))


def _value(result: Result, quantity: str, phase: str) -> tuple[float, float]:
    (found,) = (e for e in result.find(quantity, phase=phase) if "by" not in e.labels)
    assert found.value is not None
    assert found.error is not None
    return found.value, found.error


def test_ceria_has_the_edge_of_its_standard() -> None:
    phase = {"name": "CeO2", "cell": [5.45], "space_group": "Fm-3m", "formula_units": 4}
    result = _measured("CPrescher__Dioptas/CeO2_Pilatus1M.xy", phases=[phase], range=(4, 29))
    assert _value(result, "cell_a", "CeO2")[0] == pytest.approx(5.411, abs=0.002)
    assert any("0.4066 angstrom from the file" in note.text for note in result.notes)
    (by_lines,) = result.find("cell_a", by="lines")
    assert by_lines.value == pytest.approx(5.411, abs=0.002)


def test_lanthanum_hexaboride_on_a_laboratory_doublet_has_the_edge_of_its_standard() -> None:
    result = _measured(
        "dkriegner__xrayutilities/LaB6_d500_si_psd.xye.bz2",
        wavelength=1.540593,
        second_wavelength=1.544414,
        range=(18, 120),
        shift="zero",
        lines=False,
        phases=[{"name": "LaB6", "cell": [4.16], "space_group": "Pm-3m"}],
    )
    assert _value(result, "cell_a", "LaB6")[0] == pytest.approx(4.15692, abs=0.002)
    (quality,) = result.find("goodness_of_fit")
    assert quality.value is not None
    assert quality.value < 1.3


def test_lead_sulphate_of_the_round_robin_has_its_three_edges() -> None:
    result = _measured(
        "AdvancedPhotonSource__GSAS-II/PBSO4.XRA",
        wavelength=1.5405,
        second_wavelength=1.5443,
        range=(15, 70),
        shift="zero",
        lines=False,
        phases=[{"name": "PbSO4", "cell": [8.45, 5.42, 6.93], "space_group": "Pnma", "formula_units": 4}],
    )
    for quantity, printed in (("cell_a", 8.48), ("cell_b", 5.398), ("cell_c", 6.958)):
        assert _value(result, quantity, "PbSO4")[0] == pytest.approx(printed, abs=0.003)


def test_gold_in_a_diamond_cell_has_the_volume_of_forty_gigapascal() -> None:
    phases = [
        {"name": "gold", "cell": [3.88], "space_group": "Fm-3m", "formula_units": 4},
        {"name": "neon", "cell": [3.20], "space_group": "Fm-3m", "formula_units": 4},
    ]
    result = _measured("SHDShim__P-MatRes/hSiO2_404_009.chi", wavelength=0.3344, range=(4.5, 20), phases=phases)
    volume, _ = _value(result, "cell_volume", "gold")
    # Third-order Birch-Murnaghan of gold with the constants of Fei 2007, written out: V0 67.85, K0 167, K0' 6.
    x = (67.85 / volume) ** (1 / 3)
    pressure = 1.5 * 167 * (x**7 - x**5) * (1 + 0.75 * 2.0 * (x**2 - 1))
    assert 36.0 < pressure < 41.0
    assert any("belong to no phase" in note.text for note in result.notes)  # hydrous silica, not among the phases


def test_simulated_hydrides_give_cells_volumes_and_weights_and_say_that_they_are_simulated() -> None:
    result = analyse(_simulated(), Settings.model_validate({"wavelength": WAVELENGTH, "phases": PHASES}))
    for phase, cell in CELLS.items():
        for name, truth in zip("ac", cell, strict=True):
            value, error = _value(result, f"cell_{name}", phase)
            assert abs(value - truth) < 4.0 * error
        volume, error = _value(result, "volume_per_formula", phase)
        a, c = cell
        truth = a * a * c * (np.sqrt(3.0) / 2.0 if phase == "CeH9" else 1.0) / 2.0
        assert abs(volume - truth) < 4.0 * error
    weights = [e.value for e in result.find("phase_weight")]
    assert sum(w for w in weights if w is not None) == pytest.approx(1.0)
    assert result.simulated
    assert result.panels[0].x_label == "2θ (deg)"
    megabar.plot(result)


def test_the_error_of_a_volume_holds_the_correlation_of_its_edges() -> None:
    result = analyse(_simulated(), Settings.model_validate({"wavelength": WAVELENGTH, "phases": PHASES}))
    (one,) = result.details
    fitted = one.fit.phases[0]
    rng = np.random.default_rng(0)
    cells = rng.multivariate_normal(fitted.free, fitted.covariance, size=20_000)
    volumes = np.sqrt(3.0) / 2.0 * cells[:, 0] ** 2 * cells[:, 1]
    assert _value(result, "cell_volume", "CeH9")[1] == pytest.approx(float(volumes.std()), rel=0.03)


def test_the_error_of_the_wavelength_is_a_systematic_of_every_length() -> None:
    settings = {"wavelength": WAVELENGTH, "wavelength_error": 0.00062, "phases": PHASES}
    result = analyse(_simulated(), Settings.model_validate(settings))
    (found,) = (e for e in result.find("cell_a", phase="CeH9") if "by" not in e.labels)
    assert found.systematic["wavelength"] == pytest.approx(3.674 * 1e-3, rel=0.01)


def test_a_line_of_no_phase_is_named_at_its_angle() -> None:
    x, y = pattern(np.random.default_rng(22))
    y = y + 400.0 * profile(x, 15.6, 0.06, 0.3)
    result = analyse(_recording(x, y), Settings.model_validate({"wavelength": WAVELENGTH, "phases": PHASES}))
    (note,) = (note.text for note in result.notes if "no phase" in note.text)
    assert "15.60 deg" in note


def test_an_absent_phase_has_no_cell_and_a_warning() -> None:
    recording = _simulated(cells={"CeH9": CELLS["CeH9"]})
    result = analyse(recording, Settings.model_validate({"wavelength": WAVELENGTH, "phases": PHASES}))
    (found,) = result.find("cell_a", phase="CeH4")
    assert found.value is None
    assert found.status == Status.NOT_FOUND
    assert any("CeH4 is not seen" in note.text and note.level == "warning" for note in result.notes)


def test_a_cell_that_runs_away_is_no_cell_and_a_warning() -> None:
    far = ({**PHASES[0], "cell": [3.674 * 1.0205, 5.427 * 1.0205]},)
    settings = {"wavelength": WAVELENGTH, "phases": far, "search": 0.005}
    recording = _simulated(cells={"CeH9": CELLS["CeH9"]})
    result = analyse(recording, Settings.model_validate(settings))
    (found,) = (e for e in result.find("cell_a", phase="CeH9") if "by" not in e.labels)
    assert found.status == Status.ON_BOUND
    assert found.value is None
    assert "at the end of the range" in found.remark
    assert any("runs away" in note.text for note in result.notes)


def test_without_phases_the_lines_are_listed_by_spacing() -> None:
    x = np.arange(5.0, 20.0, 0.01)
    mean = 200.0 + 300.0 * profile(x, 8.0, 0.06, 0.3) + 500.0 * profile(x, 14.0, 0.06, 0.3)
    y = np.random.default_rng(23).poisson(mean).astype(float)
    result = analyse(_recording(x, y), Settings(wavelength=WAVELENGTH))
    found = sorted(e.value for e in result.find("line_spacing") if e.value is not None)
    expected = sorted(WAVELENGTH / 2.0 / np.sin(np.radians(np.array([4.0, 7.0]))))
    np.testing.assert_allclose(found, expected, rtol=2e-4)


def test_excluded_regions_take_no_part() -> None:
    x, y = pattern(np.random.default_rng(24))
    y[(x > 9.0) & (x < 10.0)] = 1e5
    settings = {"wavelength": WAVELENGTH, "phases": PHASES, "excluded": [(8.9, 10.1)]}
    result = analyse(_recording(x, y), Settings.model_validate(settings))
    (quality,) = result.find("goodness_of_fit")
    assert quality.value == pytest.approx(1.0, abs=0.15)


def test_a_pattern_against_the_scattering_vector_gives_the_same_cell() -> None:
    x, y = pattern(np.random.default_rng(25))
    q = 4.0 * np.pi / WAVELENGTH * np.sin(np.radians(x / 2.0))
    columns = (Column("q", Role.SCATTERING_VECTOR, q), Column("I", Role.INTENSITY, y))
    recording = Recording(Source("q.xy", "0" * 64), "text", (Curve("q", columns),))
    settings = Settings.model_validate({"wavelength": WAVELENGTH, "phases": PHASES})
    one, other = analyse(recording, settings), analyse(_recording(x, y), settings)
    assert _value(one, "cell_a", "CeH9")[0] == pytest.approx(_value(other, "cell_a", "CeH9")[0], abs=1e-7)


def test_phases_come_from_cif_and_jcpds_files(tmp_path: Path) -> None:
    (tmp_path / "ceh9.cif").write_text(
        "data_a\n_cell_length_a 3.69\n_cell_length_b 3.69\n_cell_length_c 5.41\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 120\n_symmetry_space_group_name_H-M 'P 63/m m c'\n"
        "_cell_formula_units_Z 2\n"
    )
    rows = "".join(
        f"DIHKL: 2.0 50 {h} {k} {m}\n" for h, k, m in ((1, 0, 1), (0, 0, 2), (1, 1, 0), (1, 0, 3), (1, 1, 2))
    )
    (tmp_path / "ceh4.jcpds").write_text(f"VERSION: 4\nSYMMETRY: TETRAGONAL\nA: 2.84\nC: 5.80\n{rows}")
    phases = [{"file": str(tmp_path / "ceh9.cif")}, {"file": str(tmp_path / "ceh4.jcpds"), "name": "CeH4"}]
    result = analyse(_simulated(), Settings.model_validate({"wavelength": WAVELENGTH, "phases": phases}))
    assert [source.file for source in result.sources] == ["made.xy", "ceh9.cif", "ceh4.jcpds"]
    assert str(tmp_path) not in str(dict(result.settings))
    assert _value(result, "volume_per_formula", "ceh9")[0] == pytest.approx(31.72, abs=0.01)
    assert _value(result, "cell_c", "CeH4")[0] == pytest.approx(5.801, abs=0.003)


def test_an_experiment_finds_the_cards_of_its_phases_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "au.jcpds").write_text(
        "VERSION: 4\nSYMMETRY: HEXAGONAL\nA: 3.674\nC: 5.427\nDIHKL: 2 50 1 0 1\n"
        "DIHKL: 2 50 0 0 2\nDIHKL: 2 50 1 0 2\nDIHKL: 2 50 1 1 0\nDIHKL: 2 50 1 1 2\n"
    )
    x, y = pattern(np.random.default_rng(27))
    np.savetxt(tmp_path / "a.xy", np.stack([x, y], axis=1))
    (tmp_path / "experiment.toml").write_text(
        f'title = "made up"\nsimulated = true\n[[measurement]]\nname = "pattern"\nkind = "pattern"\nfile = "a.xy"\n'
        f'[measurement.settings]\nwavelength = {WAVELENGTH}\n[[measurement.settings.phases]]\nfile = "au.jcpds"\n'
    )
    done = megabar.analyse(tmp_path, output=tmp_path / "out")
    assert done.failures == ()
    assert _value(done.results[0], "cell_a", "au")[0] == pytest.approx(3.674, abs=0.003)
    assert str(tmp_path) not in (tmp_path / "out" / "results.json").read_text()


def test_the_background_under_a_line_is_that_beside_it() -> None:
    x = np.arange(0.0, 20.0, 0.01)
    smooth = 500.0 + 200.0 * np.sin(x / 5.0)
    found = lines.snip(smooth + 300.0 * profile(x, 9.0, 0.06, 0.4), 50)
    far = np.abs(x - 9.0) > 1.0
    np.testing.assert_allclose(found[far], smooth[far], rtol=0.03)
    assert found[900] == pytest.approx(smooth[900], rel=0.05)


def test_fitted_lines_cover_their_truth() -> None:
    rng = np.random.default_rng(26)
    x = np.arange(5.0, 9.0, 0.01)
    pulls = []
    for _ in range(40):
        y = rng.poisson(200.0 + 120.0 * profile(x, 6.0, 0.08, 0.4) + 80.0 * profile(x, 7.9, 0.08, 0.4)).astype(float)
        sigma = np.sqrt(np.maximum(y, 1.0))
        made, failed = lines.fit_lines(x, y, sigma, lines.find_lines(x, y, sigma))
        assert not failed
        assert len(made) == 2
        pulls += [(one.centre - at) / one.centre_error for one, at in zip(made, (6.0, 7.9), strict=True)]
    assert 0.5 < float(np.mean(np.square(pulls))) < 1.6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"wavelength": 20.0}, "20 keV are 0.6199 angstrom"),
        ({"wavelength": 0.0407}, "0.0407 nm are 0.407 angstrom"),
        ({"wavelength": 0.62, "excluded": [(9, 8)]}, "does not rise"),
        ({"wavelength": 0.62, "phases": [{"name": "a", "cell": [4.0]}]}, "needs name, cell and space_group"),
        ({"wavelength": 0.62, "phase": []}, "unknown key"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_allowed(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ExperimentError, match=words):
        megabar.fit("pattern", _simulated(), settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wavelength": None}, "give settings.wavelength in angstrom"),
        ({"range": (100, 120)}, "points of a pattern"),
        ({"phases": [{**PHASES[0], "space_group": "P9"}]}, "space group 'P9' is not known"),
        ({"phases": [{**PHASES[0], "cell": [3.7, 5.4, 2.0]}]}, "given by a, c"),
        ({"phases": [PHASES[0], PHASES[0]]}, "named twice"),
        ({"phases": [{"file": "/nowhere/a.cif"}]}, "cannot be read"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_one_line(change: dict[str, Any], words: str) -> None:
    settings = {"wavelength": WAVELENGTH, "phases": PHASES, **change}
    with pytest.raises(DataError, match=words) as caught:
        analyse(_simulated(), Settings.model_validate(settings))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.linspace(5, 25, 500), np.full(500, 7.0), "everywhere"),
        (np.linspace(2000, 29000, 500), np.arange(500.0), "no angles in degrees"),
        (np.linspace(5, 25, 20), np.arange(20.0), "points of a pattern"),
    ],
)
def test_columns_that_are_no_pattern_are_refused(x: Any, y: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        analyse(_recording(x, y), Settings(wavelength=WAVELENGTH))


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "diffraction.md").read_text(encoding="utf-8").split("## Settings")[1]
    for name in (*Settings.model_fields, *PhaseSettings.model_fields):
        assert f"`{name}`" in page, name


def test_a_more_flexible_background_is_taken_where_the_misfit_is_of_the_background() -> None:
    x, y = pattern(np.random.default_rng(28), step=0.02)
    y = y + 3000.0 * np.exp(-0.5 * ((x - 7.0) / 0.5) ** 2)
    settings = Settings.model_validate({"wavelength": WAVELENGTH, "phases": PHASES, "lines": False})
    stiff = analyse(_recording(x, y), settings.model_copy(update={"background_terms": 8}))
    free = analyse(_recording(x, y), settings)
    chi = [result.find("goodness_of_fit")[0].value for result in (stiff, free)]
    assert chi[0] is not None
    assert chi[1] is not None
    assert chi[1] < 1.5 < chi[0]
    assert "background" in free.find("cell_a", phase="CeH9")[0].systematic
