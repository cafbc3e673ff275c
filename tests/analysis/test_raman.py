"""Raman and ruby spectra: gauges that come back, real spectra, lines, spikes, and spectra that tell nothing."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.analysis.raman import Settings, analyse
from megabar.analysis.raman_edge import find_edge
from megabar.analysis.raman_prepare import noise_of, prepare
from megabar.analysis.raman_ruby import find_ruby
from megabar.data import Column, Curve, Recording, Result, Role, Source, Status
from megabar.errors import DataError, ExperimentError
from megabar.experiment.single import fit_file
from megabar.physics import pressure_scale as ps

MEASURED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "measured" / "ruby_raman"
TUTOR = MEASURED / "colinbousige__tutoR"
FloatArray = np.ndarray


def spectrum(axis: Role, x: FloatArray, y: FloatArray, name: str = "spot") -> Curve:
    return Curve(name, (Column(str(axis), axis, x), Column("Intensity", Role.INTENSITY, y)))


def recording(*curves: Curve) -> Recording:
    return Recording(Source("spectra.txt", "0" * 64), "text", curves)


def lorentz(x: FloatArray, centre: float, width: float, height: float) -> FloatArray:
    return height / (1.0 + 4.0 * ((x - centre) / width) ** 2)


def r_line(x: FloatArray, centre: float, width: float, height: float) -> FloatArray:
    gauss = height * np.exp(-4.0 * np.log(2.0) * ((x - centre) / width) ** 2)
    return 0.7 * lorentz(x, centre, width, height) + 0.3 * gauss


def made_up_ruby(rng: np.random.Generator, pressure: float = 20.0, *, gain: float = 1.0) -> Curve:
    """Two made-up lines, 0.7 Lorentz and 0.3 Gauss, with the noise of counting."""
    r1 = float(ps.ruby_wavelength(pressure))
    x = np.arange(r1 - 12.0, r1 + 12.0, 0.04)
    y = 300.0 + r_line(x, r1, 0.9, 4000.0) + r_line(x, r1 - 1.45, 0.75, 2500.0)
    return spectrum(Role.WAVELENGTH, x, y + gain * np.sqrt(y) * rng.standard_normal(x.size))


def band(x: FloatArray, edge: float, width: float = 8.0) -> FloatArray:
    """The band of a stressed diamond, made up: from 1331 per cm to its edge, symmetric there, on a background."""
    step = 0.5 * (1.0 + np.tanh((x - 1331.0) / 3.0)) * 0.5 * (1.0 - np.tanh((x - edge) / width))
    return 100.0 + 400.0 * step + lorentz(x, 1333.0, 3.0, 500.0)


def made_up_edge(rng: np.random.Generator, edge: float = 1560.0, *, noise: float = 6.0) -> Curve:
    x = np.arange(1250.0, 1900.0, 0.6)
    return spectrum(Role.RAMAN_SHIFT, x, band(x, edge) + noise * rng.standard_normal(x.size))


def value(result: Result, quantity: str, **labels: str) -> float:
    (found, *_) = result.find(quantity, **labels)
    assert found.value is not None
    return found.value


def test_a_ruby_spectrum_gives_the_pressure_by_every_scale_the_usual_one_first() -> None:
    result = analyse(recording(made_up_ruby(np.random.default_rng(1))))
    pressures = result.find("pressure")
    assert pressures[0].labels["scale"] == "ruby_2020"
    assert {e.labels["scale"] for e in pressures} == {scale.name for scale in ps.scales_of("ruby")}
    assert pressures[0].value == pytest.approx(20.0, abs=0.05)
    assert pressures[0].error is not None
    assert 0.001 < pressures[0].error < 0.05
    assert pressures[0].systematic["scale"] > 0.1
    assert value(result, "ruby_splitting") == pytest.approx(1.45, abs=0.02)


@pytest.mark.parametrize(("pressure", "width"), [(50.0, 1.8), (120.0, 4.0)])
def test_lines_that_stress_has_broadened_into_one_still_give_the_pressure(pressure: float, width: float) -> None:
    rng = np.random.default_rng(3)
    r1 = float(ps.ruby_wavelength(pressure))
    x = np.arange(685.0, 760.0, 0.1)
    y = 300.0 + r_line(x, r1, width, 4000.0) + r_line(x, r1 - 1.8, 0.8 * width, 800.0) + 3.0 * (x - 685.0)
    result = analyse(recording(spectrum(Role.WAVELENGTH, x, y + np.sqrt(y) * rng.standard_normal(x.size))))
    first = result.find("pressure")[0]
    assert first.error is not None
    assert first.value == pytest.approx(pressure, abs=4.0 * first.error)


def test_the_stated_scale_comes_first_and_cold_ruby_is_corrected() -> None:
    curve = made_up_ruby(np.random.default_rng(1))
    first = analyse(recording(curve), Settings(scale="mao_1986")).find("pressure")[0]
    assert first.labels["scale"] == "mao_1986"
    room, cold = (analyse(recording(curve), Settings(temperature=t)).find("pressure")[0].value for t in (296.0, 20.0))
    slope = float(ps.SCALES["ruby_2020"].slope(ps.ruby_wavelength(20.0)))
    assert cold - room == pytest.approx(0.887 * slope, rel=0.02)  # type: ignore[operator]


def test_an_edge_gives_the_pressure_and_marks_scales_out_of_range() -> None:
    result = analyse(recording(made_up_edge(np.random.default_rng(2))))
    (edge,) = result.find("diamond_edge")
    assert edge.error is not None
    assert edge.value == pytest.approx(1560.0, abs=4.0 * edge.error)
    assert edge.systematic["smoothing"] >= 0.0
    first = result.find("pressure")[0]
    assert first.labels["scale"] == "akahama_2006"
    assert first.value == pytest.approx(float(ps.diamond_edge(1560.0)), abs=1.0)
    (outside,) = result.find("pressure", scale="akahama_2010")
    assert outside.status == Status.EXTRAPOLATED
    assert result.find("pressure", scale="akahama_2006")[0].status == Status.OK


@pytest.mark.parametrize("edge", [1420.0, 1650.0, 1800.0])
def test_edges_from_30_to_250_gpa_are_found_without_bias(edge: float) -> None:
    x = np.arange(1250.0, 2000.0, 0.6)
    rng = np.random.default_rng(3)
    y = band(x, edge, 12.0) + 2.0 * rng.standard_normal(x.size)
    result = analyse(recording(spectrum(Role.RAMAN_SHIFT, x, y)))
    (found,) = result.find("diamond_edge")
    assert found.value == pytest.approx(edge, abs=1.5)


def test_a_line_above_an_unstressed_diamond_is_no_edge() -> None:
    x = np.arange(1250.0, 1900.0, 0.6)
    y = 100.0 + lorentz(x, 1333.0, 4.0, 600.0) + lorentz(x, 1590.0, 18.0, 900.0)
    y = y + 5.0 * np.random.default_rng(4).standard_normal(x.size)
    result = analyse(recording(spectrum(Role.RAMAN_SHIFT, x, y)))
    assert all(abs((e.value or 0.0) - 1590.0) > 100.0 for e in result.find("diamond_edge"))
    lines = [e.value for e in result.find("raman_line")]
    assert any(abs(line - 1590.0) < 1.0 for line in lines if line is not None)


def hydrogen(x: FloatArray) -> FloatArray:
    """Vibron and two rotons, made up."""
    return lorentz(x, 4194.0, 14.0, 300.0) + lorentz(x, 650.0, 30.0, 90.0) + lorentz(x, 365.0, 25.0, 90.0)


def wide(rng: np.random.Generator, *, heated: bool, edge: float = 1540.0, name: str = "spot") -> Curve:
    x = np.arange(200.0, 4400.0, 0.8)
    y = band(x, edge) + lorentz(x, 520.5, 6.0, 120.0) + (hydrogen(x) if heated else 0.0)
    return spectrum(Role.RAMAN_SHIFT, x, y + 4.0 * rng.standard_normal(x.size), name)


def test_hydrogen_is_told_as_evidence_and_new_lines_against_the_spectrum_before() -> None:
    rng = np.random.default_rng(5)
    both = recording(wide(rng, heated=False, name="before"), wide(rng, heated=True, name="after"))
    result = analyse(both, Settings(before="before"))
    (evidence,) = [note.text for note in result.notes if "evidence of molecular hydrogen" in note.text]
    assert evidence.startswith("after")
    assert "4194" in evidence
    assert "turns over near 38 GPa" in evidence
    (new,) = [note.text for note in result.notes if "new against" in note.text]
    assert "H2 vibron" in new
    assert "silicon" not in new
    remarks = {e.remark for e in result.find("raman_line", curve="after")}
    assert "H2 vibron, new" in remarks
    assert "silicon, there before heating" in remarks


def test_a_spread_of_pressures_over_the_cell_becomes_a_width_and_a_gradient() -> None:
    rng = np.random.default_rng(6)
    curves = [made_up_edge_at(rng, edge, f"spot {i}") for i, edge in enumerate((1560.0, 1556.0, 1552.0))]
    result = analyse(recording(*curves), Settings(pressure_slope=0.6, positions=(0.0, 10.0, 20.0)))
    (spread,) = result.find("pressure_spread")
    truth = float(ps.diamond_edge(1560.0)) - float(ps.diamond_edge(1552.0))
    assert spread.error is not None
    assert spread.value == pytest.approx(truth, abs=4.0 * spread.error)
    assert value(result, "width_from_pressure") == pytest.approx(0.6 * (spread.value or 0.0))
    (gradient,) = result.find("pressure_gradient")
    assert gradient.value == pytest.approx(-truth / 20.0, abs=0.1)


def test_the_spectrum_before_heating_is_no_part_of_the_spread_over_the_cell() -> None:
    rng = np.random.default_rng(7)
    edges = {"before": 1570.0, "left": 1556.0, "middle": 1554.0, "right": 1552.0}
    curves = [made_up_edge_at(rng, edge, name) for name, edge in edges.items()]
    result = analyse(recording(*curves), Settings(before="before", positions=(-10.0, 0.0, 10.0)))
    (spread,) = result.find("pressure_spread")
    truth = float(ps.diamond_edge(1556.0)) - float(ps.diamond_edge(1552.0))
    assert spread.error is not None
    assert spread.value == pytest.approx(truth, abs=4.0 * spread.error)
    (gradient,) = result.find("pressure_gradient")
    assert gradient.error is not None
    assert gradient.value == pytest.approx(-truth / 20.0, abs=4.0 * gradient.error)


def made_up_edge_at(rng: np.random.Generator, edge: float, name: str) -> Curve:
    one = made_up_edge(rng, edge, noise=3.0)
    return Curve(name, one.columns)


def test_cosmic_rays_are_left_out_and_said() -> None:
    curve = made_up_ruby(np.random.default_rng(7))
    x, y = curve.values(Role.WAVELENGTH), curve.values(Role.INTENSITY).copy()
    top = int(np.argmax(y))
    y[top + 12] += 4000.0
    y[100] += 900.0
    y[101] += 700.0
    spoiled = spectrum(Role.WAVELENGTH, x, y)
    result = analyse(recording(spoiled))
    (note,) = [note for note in result.notes if "cosmic rays" in note.text]
    assert note.text.startswith("spot: 3 readings")
    assert result.find("pressure")[0].value == pytest.approx(20.0, abs=0.05)
    kept = prepare(spoiled, Settings(cosmic_rays=False))[0]
    assert kept.x.size == x.size


def test_lines_of_three_points_width_are_no_cosmic_rays() -> None:
    x = np.arange(300.0, 900.0, 1.0)
    rng = np.random.default_rng(8)
    y = 50.0 + 3000.0 * np.exp(-4.0 * np.log(2.0) * ((x - 520.4) / 3.0) ** 2) + 5.0 * rng.standard_normal(x.size)
    assert prepare(spectrum(Role.RAMAN_SHIFT, x, y), Settings())[0].spikes.size == 0


@pytest.mark.parametrize(("a", "b"), [(9.0, 0.0), (4.0, 1.0), (0.0, 0.25)])
def test_the_noise_is_found_at_every_level(a: float, b: float) -> None:
    x = np.arange(0.0, 3000.0)
    level = 100.0 + 2000.0 * np.exp(-(((x - 1500.0) / 400.0) ** 2))
    truth = np.sqrt(a + b * level)
    found = noise_of(level + truth * np.random.default_rng(9).standard_normal(x.size))
    middle, edge = slice(1400, 1600), slice(0, 300)
    assert np.median(found[middle]) == pytest.approx(np.median(truth[middle]), rel=0.2)
    assert np.median(found[edge]) == pytest.approx(np.median(truth[edge]), rel=0.2)


@pytest.mark.parametrize(
    ("curve", "settings", "words"),
    [
        (spectrum(Role.RAMAN_SHIFT, np.arange(5.0), np.arange(5.0)), {}, "at least 20"),
        (spectrum(Role.RAMAN_SHIFT, np.arange(50.0), np.full(50, 7.0)), {}, "empty spectrum"),
        (spectrum(Role.RAMAN_SHIFT, np.arange(50.0), np.full(50, np.nan)), {}, "0 readings with numbers"),
        (spectrum(Role.RAMAN_SHIFT, np.ones(50), np.arange(50.0)), {}, "wrong column"),
        (spectrum(Role.WAVELENGTH, np.linspace(6.9, 7.1, 50), np.arange(50.0)), {}, "wrong unit"),
        (spectrum(Role.TEMPERATURE, np.arange(50.0), np.arange(50.0)), {}, "neither a Raman shift nor"),
        (spectrum(Role.RAMAN_SHIFT, np.arange(50.0), np.arange(50.0)), {"intensity": "x"}, "no column 'x'"),
        (spectrum(Role.RAMAN_SHIFT, np.arange(50.0), np.arange(50.0)), {"before": "x"}, "settings.before names 'x'"),
        (spectrum(Role.RAMAN_SHIFT, np.arange(3000.0, 3050.0), np.arange(50.0)), {"gauge": "ruby"}, "settings.laser"),
    ],
)
def test_spectra_that_cannot_be_used_say_why(curve: Curve, settings: dict[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        megabar.fit("raman", recording(curve), settings)


def test_noise_alone_shows_no_gauge_and_no_line() -> None:
    rng = np.random.default_rng(10)
    for axis, x in ((Role.RAMAN_SHIFT, np.linspace(300.0, 2000.0, 900)), (Role.WAVELENGTH, np.linspace(680, 740, 900))):
        curve = spectrum(axis, np.asarray(x, dtype=np.float64), 100.0 + 5.0 * rng.standard_normal(900))
        with pytest.raises(DataError, match="stands out of the noise"):
            analyse(recording(curve))


def test_one_bad_spectrum_does_not_cost_the_others() -> None:
    good = made_up_ruby(np.random.default_rng(11))
    result = analyse(recording(good, spectrum(Role.WAVELENGTH, np.arange(50.0) + 680.0, np.zeros(50), "dark")))
    assert result.find("pressure", curve="spot")
    assert any(note.level == "warning" and note.text.startswith("dark") for note in result.notes)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"scale": "mine"}, "allowed: akahama_2006"), ({"edge_window": [1500.0, 1400.0]}, "does not rise")],
)
def test_wrong_settings_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ExperimentError, match=words):
        megabar.fit("raman", recording(made_up_edge(np.random.default_rng(1))), settings)


def fitted(path: Path, **settings: object) -> Result:
    if not path.exists():
        pytest.skip("the measured files are not here")
    return fit_file(path, kind="raman", hints={}, settings=settings)


@pytest.mark.parametrize("number", ["01", "07", "14", "17", "29"])
def test_measured_ruby_shifts_give_their_nominal_pressures(number: str) -> None:
    result = fitted(TUTOR / f"rubis_{number}.txt", laser=568.2)
    found = result.find("pressure", scale="ruby_2020")[0]
    assert found.value == pytest.approx(float(number), abs=0.6)
    assert found.systematic["air or vacuum"] == pytest.approx(0.12, abs=0.04)


def test_a_file_without_headings_is_a_spectrum_in_python_too() -> None:
    path = TUTOR / "rubis_07.txt"
    if not path.exists():
        pytest.skip("the measured files are not here")
    result = megabar.fit("raman", megabar.read(path), {"laser": 568.2})
    assert value(result, "pressure", scale="ruby_2020") == pytest.approx(7.0, abs=0.6)
    assert any("without names" in note.text for note in result.notes)


@pytest.mark.parametrize(
    ("file", "pressure"),
    [
        ("Baharis__pRuby/test_data1.txt", 1.55),
        ("Baharis__pRuby/test_data2.txt", 3.03),
        ("CelluleProjet__Rubycond_OF/Ruby_example.dat", 0.06),
    ],
)
def test_measured_ruby_spectra_in_nm_give_their_pressures(file: str, pressure: float) -> None:
    result = fitted(MEASURED / file)
    assert value(result, "pressure", scale="ruby_2020") == pytest.approx(pressure, abs=0.05)
    assert any("taken as wavelength" in note.text for note in result.notes)


def test_measured_silicon_lies_where_it_should_and_a_spike_is_left_out() -> None:
    result = fitted(MEASURED / "h2020charisma__ramanchada2" / "Sil10_iR532_Probe_100_60000msx2.txt")
    silicon = [e for e in result.find("raman_line") if "silicon" in e.remark]
    assert len(silicon) == 1
    assert silicon[0].value == pytest.approx(520.5, abs=1.0)
    assert any("cosmic rays, at 2328.8" in note.text for note in result.notes)


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/pressure.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`{name}`" in page, name


def test_results_travel_between_processes() -> None:
    result = analyse(
        recording(made_up_ruby(np.random.default_rng(1)), wide(np.random.default_rng(2), heated=True, name="wide"))
    )
    assert pickle.loads(pickle.dumps(result)).estimates == result.estimates


def _coverage(sets: int) -> dict[str, float]:
    rng = np.random.default_rng(12)
    hits = {"ruby": 0, "edge": 0}
    r1 = float(ps.ruby_wavelength(20.0))
    for number in range(sets):
        ruby = find_ruby(prepare(made_up_ruby(rng), Settings())[0], Settings()).fit
        error = ruby.errors["centre"]
        assert error is not None
        hits["ruby"] += abs(ruby.values["centre"] - r1) < error
        settings = Settings(edge_smoothing=16.0, seed=number)
        edge = find_edge(prepare(made_up_edge(rng), settings)[0], settings)
        hits["edge"] += abs(edge.shift - 1560.0) < edge.error
    return {name: count / sets for name, count in hits.items()}


def test_errors_of_gauges_cover_the_truth_about_two_times_in_three() -> None:
    shares = _coverage(12)
    assert all(0.3 <= share <= 0.95 for share in shares.values()), shares


@pytest.mark.calibration
def test_errors_of_gauges_cover_the_truth_in_two_thousand_spectra() -> None:
    shares = _coverage(2000)
    assert all(0.64 <= share <= 0.73 for share in shares.values()), shares
