"""Pressure scales against a transcription of their own, against printed pressures, and against measured volumes."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit

from megabar.errors import DomainError
from megabar.physics import pressure_scale as ps
from megabar.physics import pressure_standard as st
from megabar.physics.equation_of_state import birch_murnaghan

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ROOT.parent / "shared" / "data" / "measured" / "eos"
EVERY = (*ps.SCALES, *st.STANDARDS)


def _transcribed() -> dict[str, tuple[list[float], list[float]]]:
    found: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    with (ROOT / "tests/reference/pressure_scales.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["scale"]][0].append(float(row["reading"]))
            found[row["scale"]][1].append(float(row["pressure_gpa"]))
    return found


TRANSCRIBED = _transcribed()


def _pressure(name: str, reading: object) -> object:
    if name in st.STANDARDS:
        return st.standard_pressure(reading, standard=name)  # type: ignore[arg-type]
    function = ps.ruby if ps.SCALES[name].gauge == "ruby" else ps.diamond_edge
    return function(reading, scale=name)  # type: ignore[arg-type]


def _reading(name: str, pressure: object) -> object:
    if name in st.STANDARDS:
        return st.standard_volume(pressure, standard=name)  # type: ignore[arg-type]
    function = ps.ruby_wavelength if ps.SCALES[name].gauge == "ruby" else ps.diamond_edge_shift
    return function(pressure, scale=name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EVERY)
def test_every_scale_agrees_with_the_transcription(name: str) -> None:
    readings, pressures = TRANSCRIBED[name]
    assert len(readings) >= 5
    np.testing.assert_allclose(_pressure(name, readings), pressures, rtol=1e-12)
    np.testing.assert_allclose(_reading(name, pressures), readings, rtol=1e-11)


@pytest.mark.parametrize("name", ps.SCALES)
def test_the_slope_is_the_derivative(name: str) -> None:
    scale = ps.SCALES[name]
    x = np.array(TRANSCRIBED[name][0])
    step = 1e-4
    found = (scale.pressure(x + step) - scale.pressure(x - step)) / (2.0 * step)
    np.testing.assert_allclose(scale.slope(x), found, rtol=1e-7)


@pytest.mark.parametrize(
    ("name", "shift", "pressure"),
    [
        ("akahama_2004", 1600.0, 139.7),
        ("akahama_2006", 1600.0, 139.0),
        ("eremets_2023", 1600.0, 134.6),
    ],
)
def test_the_edge_at_1600_per_cm(name: str, shift: float, pressure: float) -> None:
    assert ps.diamond_edge(shift, scale=name) == pytest.approx(pressure, abs=0.06)


@pytest.mark.parametrize(("name", "pressure"), [("mao_1986", 153.6), ("dewaele_2008", 165.5), ("ruby_2020", 165.4)])
def test_ruby_shifted_by_45_nm(name: str, pressure: float) -> None:
    assert ps.ruby(ps.SCALES[name].zero + 45.0, scale=name) == pytest.approx(pressure, abs=0.06)


def test_ruby_scales_span_126_to_146_at_735_nm() -> None:
    found = [float(ps.ruby(735.0, scale=scale.name)) for scale in ps.scales_of("ruby")]
    assert min(found) == pytest.approx(125.7, abs=0.1)
    assert max(found) == pytest.approx(146.0, abs=0.1)


def test_the_scale_of_2010_lies_3_gpa_below_that_of_2006_where_it_begins() -> None:
    edge = ps.diamond_edge_shift(200.0)
    assert float(ps.diamond_edge(edge, scale="akahama_2010")) - 200.0 == pytest.approx(-2.7, abs=0.5)
    falling = ps.SCALES["akahama_2010"]
    assert not falling.covers(150.0)
    assert ps.diamond_edge(1100.0, scale="akahama_2010") > 200.0
    assert not falling.trusts(1100.0), "its polynomial falls below 1454 per cm"


def test_every_entry_names_its_source_and_range() -> None:
    for entry in (*ps.SCALES.values(), *st.STANDARDS.values()):
        assert entry.source
        assert entry.highest > 50.0
        assert entry.doi.startswith("10.") or "second hand" in entry.remark, entry.name


def test_unknown_scales_and_impossible_readings_are_refused() -> None:
    with pytest.raises(DomainError, match="allowed: ruby_2020, dewaele_2008"):
        ps.ruby(700.0, scale="akahama_2006")
    with pytest.raises(DomainError, match="allowed: diamond edge, ruby"):
        ps.scales_of("thumb")
    with pytest.raises(DomainError, match="positive"):
        ps.diamond_edge(-1.0)
    with pytest.raises(DomainError, match="it begins above"):
        ps.diamond_edge_shift(-200.0, scale="akahama_2004")
    with pytest.raises(DomainError, match="allowed: gold_fei_2007"):
        st.standard_pressure(60.0, standard="lead")
    with pytest.raises(DomainError, match="allowed: gold, MgO"):
        st.standards_of("lead")


def test_ruby_below_room_temperature_moves_to_the_blue_without_a_jump() -> None:
    assert ps.ruby_temperature_shift(296.0) == 0.0
    assert ps.ruby_temperature_shift(77.0) == pytest.approx(-0.885, abs=0.005)
    edges = np.array([49.999, 50.001, 295.999, 296.001])
    found = np.asarray(ps.ruby_temperature_shift(edges))
    assert abs(found[1] - found[0]) < 0.011
    assert abs(found[3] - found[2]) < 1e-4
    with pytest.raises(DomainError, match="up to 900 K"):
        ps.ruby_temperature_shift(1000.0)


def test_the_scales_agree_with_another_library() -> None:
    other = pytest.importorskip("peritheos.pressure_calibrations")
    names = {"ruby_2020": "ruby_shen_2020", "akahama_2006": "diamond_raman_akahama_2006"}
    names |= {"eremets_2023": "diamond_raman_eremets_2023", "mao_1986": "ruby_mao_1986"}
    names |= {"dewaele_2004": "ruby_dewaele_2004", "dewaele_2008": "ruby_dewaele_2008"}
    for name, theirs in names.items():
        readings = np.array(TRANSCRIBED[name][0])
        found = other.get_pressure_calibration(theirs).pressure_from_ratio(readings / ps.SCALES[name].zero)
        np.testing.assert_allclose(_pressure(name, readings), found, rtol=1e-9)


def _table(path: str) -> np.ndarray:
    if not (MEASURED / path).exists():
        pytest.skip("the measured files are not here")
    return np.genfromtxt(MEASURED / path, delimiter=",", names=True)


def test_gold_and_mgo_compressed_together_agree() -> None:
    table = _table("SHDShim__cider2018_tutorial/Au_MgO_Ne_300K.csv")
    gold = np.asarray(st.standard_pressure(table["VAu"]))
    mgo = np.asarray(st.standard_pressure(table["VMgO"], standard="mgo_speziale_2001"))
    assert abs(np.median(gold - mgo)) < 0.6
    assert gold.min() < 20.0 < 120.0 < gold.max()


def test_silicon_carbide_comes_out_as_published() -> None:
    table = _table("SHDShim__pytheos/3C-300EOS-final.csv")
    pressure = st.standard_pressure(table["VAu"], standard="gold_fei_2007_bm3")

    def law(v: np.ndarray, k: float, slope: float) -> np.ndarray:
        return np.asarray(birch_murnaghan(v, volume_zero=82.804, modulus=k, modulus_derivative=slope))

    (modulus, _), _ = curve_fit(law, table["V3C"], pressure, p0=[220.0, 4.0])
    assert modulus == pytest.approx(241.2, abs=1.0)
