"""Strain from line widths: exact lines, the rule about the size, the instrument, coverage, bad input."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike
from pydantic import ValidationError

import megabar
from megabar.analysis.strain import Settings, analyse
from megabar.analysis.strain_fit import fit_strain
from megabar.data import Column, Curve, Recording, Result, Role, Source, Status
from megabar.errors import DataError
from megabar.physics.strain import voigt_width, williamson_hall

WAVELENGTH = 0.6199
ANGLES = np.array([9.1, 12.9, 13.2, 18.5, 22.8, 26.5, 30.1])
STRAIN = 0.0079


def widths(strain: float, size: float = math.inf, angles: ArrayLike = ANGLES) -> np.ndarray:
    return np.asarray(williamson_hall(angles, strain=strain, size=size, wavelength=WAVELENGTH))


def lines(width: ArrayLike, *, pressure: float | None = None, error: ArrayLike | None = None, **axes: float) -> Curve:
    values = np.asarray(width, dtype=np.float64)
    n = values.size
    columns = [
        Column("2theta (deg)", Role.TWO_THETA, ANGLES[:n]),
        Column("FWHM (deg)", Role.LINE_WIDTH, values, error=None if error is None else np.broadcast_to(error, n)),
    ]
    if pressure is not None:
        columns.append(Column("P (GPa)", Role.PRESSURE, np.full(n, pressure)))
    columns += [Column(f"{name} (angstrom)", Role.OTHER, np.full(n, value)) for name, value in axes.items()]
    return Curve("lines", tuple(columns))


def recording(*curves: Curve) -> Recording:
    return Recording(Source("lines.txt", "0" * 64), "made for a test", curves)


def words(result: Result) -> str:
    return "\n".join(note.text for note in result.notes)


def test_exact_lines_give_strain_and_size_back() -> None:
    result = analyse(recording(lines(widths(STRAIN, 250.0))), Settings(wavelength=WAVELENGTH))
    (strain,), (size,) = result.find("strain"), result.find("crystallite_size")
    assert strain.value == pytest.approx(STRAIN, rel=1e-9)
    assert size.value == pytest.approx(250.0, rel=1e-9)


def test_one_spoiled_line_shows_in_the_error() -> None:
    spoiled = widths(STRAIN)
    spoiled[3] *= 1.3
    (strain,) = analyse(recording(lines(spoiled)), Settings(form="reduced")).find("strain")
    assert strain.value is not None
    assert strain.error is not None
    assert abs(strain.value - STRAIN) < 2.0 * strain.error
    assert strain.error > 0.01 * STRAIN


def test_a_size_whose_error_exceeds_it_is_dropped_and_bounded() -> None:
    noisy = widths(STRAIN) * (1.0 + 0.03 * np.array([1, -1, 1, 1, -1, -1, 1]))
    result = analyse(recording(lines(noisy)), Settings(wavelength=WAVELENGTH))
    (strain,), (size,) = result.find("strain"), result.find("crystallite_size")
    assert size.value is None
    assert size.status == Status.LIMIT
    assert size.interval is not None
    assert size.interval[1] is None
    assert (size.interval[0] or 0.0) > 100.0
    assert "4 eps tan(theta)" in strain.method
    full = analyse(recording(lines(noisy)), Settings(wavelength=WAVELENGTH, form="full")).find("strain")[0]
    assert full.value is not None
    assert strain.value is not None
    assert strain.systematic["with or without size"] == pytest.approx(abs(full.value - strain.value) / 2.0)


def test_all_pressures_share_one_form() -> None:
    """At one of three pressures the size would count by chance: strain(P) must not step for it."""
    noise = 0.03 * np.array([1, -1, 1, 1, -1, -1, 1])
    sets = [lines(widths(STRAIN) * (1.0 + noise), pressure=p) for p in (5.0, 10.0)]
    sets.append(lines(widths(STRAIN, 200.0), pressure=15.0))
    result = analyse(recording(*sets), Settings(wavelength=WAVELENGTH))
    assert all("4 eps tan(theta)," in e.method and "cos" not in e.method for e in result.find("strain"))
    assert "at 2 of 3 pressures" in words(result)


@pytest.mark.parametrize("mixing", [0.0, 0.5, 1.0])
def test_the_instrument_is_taken_off_by_shape(mixing: float) -> None:
    """A line and the instrument of one shape, joined the independent way: linearly, in quadrature or as Voigt."""
    own, instrument = widths(STRAIN), 0.08
    if mixing == 1.0:
        measured = own + instrument
    elif mixing == 0.0:
        measured = np.sqrt(own**2 + instrument**2)
    else:
        (share,) = (r.real for r in np.roots([0.11116, -0.47719, 1.36603, -mixing]) if abs(r.imag) < 1e-9)
        fifth = [1.0, 2.69269 * share, 2.42843 * share**2, 4.47163 * share**3, 0.07842 * share**4, share**5 - 1.0]
        (gauss,) = (r.real for r in np.roots(fifth) if abs(r.imag) < 1e-9 and r.real > 0.0)
        measured = np.asarray(voigt_width(np.hypot(gauss * own, gauss * instrument), share * (own + instrument)))
    result = analyse(recording(lines(measured)), Settings(form="reduced", instrument=instrument, mixing=mixing))
    assert result.find("strain")[0].value == pytest.approx(STRAIN, rel=0.03 if mixing == 0.5 else 1e-9)


def test_caglioti_widths_of_the_instrument() -> None:
    tangent = np.tan(np.radians(ANGLES / 2.0))
    instrument = np.sqrt(0.02 * tangent**2 - 0.004 * tangent + 0.003)
    settings = Settings(form="reduced", instrument=(0.02, -0.004, 0.003))
    result = analyse(recording(lines(widths(STRAIN) + instrument)), settings)
    assert result.find("strain")[0].value == pytest.approx(STRAIN, rel=1e-9)
    with pytest.raises(DataError, match="U, V, W"):
        analyse(recording(lines(widths(STRAIN))), Settings(instrument=(0.0, -1.0, 0.0)))


def test_lines_narrower_than_the_instrument_are_named_and_left_out() -> None:
    instrument = float(widths(STRAIN)[0]) * 1.01
    result = analyse(recording(lines(widths(STRAIN))), Settings(instrument=instrument))
    assert "lines at 9.1 deg are no wider than the instrument's" in words(result)
    with pytest.raises(DataError, match="no line widths"):
        analyse(recording(lines(widths(STRAIN))), Settings(instrument=3.0))


def test_strain_over_pressure_with_phases_and_lattice_constants() -> None:
    curves = [lines(widths(0.005 + 0.0002 * p), pressure=p, a=5.4 - 0.01 * p) for p in (20.0, 5.0, 10.0)]
    phases = [{"name": "Amam", "low": 4.0, "high": 12.0}, {"name": "Fmmm", "low": 30.0, "high": 40.0}]
    result = analyse(recording(*curves), Settings.model_validate({"phases": phases}))
    assert [e.labels["at"] for e in result.find("strain")] == ["5 GPa", "10 GPa", "20 GPa"]
    assert result.find("strain_in_phase", phase="Amam")[0].value == pytest.approx(0.0065, rel=1e-9)
    assert result.find("strain_in_phase", phase="Fmmm") == ()
    assert "phase 'Fmmm': no pressure between 30 and 40 GPa" in words(result)
    titles = [panel.title for panel in result.panels]
    assert {"strain", "lattice constants"} <= set(titles)


def test_widths_that_fall_with_the_angle_are_no_strain() -> None:
    falling = 0.2 - 0.004 * ANGLES
    (strain,) = analyse(recording(lines(falling)), Settings(form="full")).find("strain")
    assert strain.status == Status.MISFIT


def test_scatter_beyond_the_stated_errors_is_said() -> None:
    noisy = widths(STRAIN) * (1.0 + 0.05 * np.array([1, -1, 1, 1, -1, -1, 1]))
    assert "times their errors" in words(analyse(recording(lines(noisy, error=1e-3))))
    assert "times their errors" not in words(analyse(recording(lines(noisy, error=0.02))))


def test_two_lines_give_the_reduced_form_with_the_stated_errors() -> None:
    (strain,) = analyse(recording(lines(widths(STRAIN)[:2], error=0.01)), Settings(wavelength=WAVELENGTH)).find(
        "strain"
    )
    x = np.degrees(4.0 * np.tan(np.radians(ANGLES[:2] / 2.0)))
    assert strain.error == pytest.approx(0.01 / float(np.sqrt(x @ x)), rel=1e-4)


def test_a_table_is_read_with_its_headings(tmp_path: Path) -> None:
    rows = [
        f"{p}\t{t}\t{1e3 * math.radians(w):.9f}" for p in (2, 4) for t, w in zip(ANGLES, widths(STRAIN), strict=True)
    ]
    (tmp_path / "lines.txt").write_text("P (GPa)\t2theta (deg)\tFWHM (mrad)\n" + "\n".join(rows) + "\n")
    result = megabar.fit("strain", megabar.read(tmp_path / "lines.txt"))
    assert [e.value for e in result.find("strain")] == pytest.approx([STRAIN, STRAIN], rel=1e-6)


def scan(pressure: float, strain: float, rng: np.random.Generator) -> Curve:
    """A pattern of Lorentz lines as wide as the strain makes them, with counting noise."""
    x, angles = np.arange(7.0, 33.0, 0.01), np.array([9.1, 12.9, 15.2, 18.5, 22.8, 26.5, 30.1])
    expected = np.full(x.size, 300.0)
    for centre, width in zip(angles, widths(strain, angles=angles), strict=True):
        expected += 4000.0 / (1.0 + 4.0 * ((x - centre) / width) ** 2)
    counts = rng.poisson(expected).astype(np.float64)
    columns = (
        Column("2theta", Role.TWO_THETA, x),
        Column("counts", Role.INTENSITY, counts, error=np.sqrt(counts)),
        Column("P", Role.PRESSURE, np.full(x.size, pressure)),
    )
    return Curve(f"scan at {pressure:g}", columns)


def test_patterns_are_taken_with_the_widths_of_their_lines() -> None:
    rng = np.random.default_rng(6)
    result = analyse(recording(scan(5.0, 0.002, rng), scan(10.0, 0.004, rng)), Settings(form="reduced"))
    for estimate, true in zip(result.find("strain"), (0.002, 0.004), strict=True):
        assert estimate.value == pytest.approx(true, rel=0.05)
    assert [e.labels["at"] for e in result.find("strain")] == ["5 GPa", "10 GPa"]
    assert "scan at 5: 7 of 7 lines have a width known to 20 %" in words(result)


def test_a_pattern_that_cannot_be_used_costs_no_other() -> None:
    good = scan(5.0, 0.002, np.random.default_rng(6))
    short = replace(good.take(slice(0, 10)), name="cut")
    result = analyse(recording(short, good), Settings(form="reduced"))
    assert len(result.find("strain")) == 1
    assert "cut: 10 points of a pattern" in words(result)


@pytest.mark.parametrize(
    "wrong",
    [
        {"wavelength": 61.99},
        {"mixing": 1.5},
        {"instrument": -1.0},
        {"phases": [{"name": "x", "low": 5, "high": 4}]},
        {"phases": [{"name": "x", "low": 1, "high": 4}, {"name": "x", "low": 5, "high": 6}]},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_a_table_without_widths_is_refused_in_one_line() -> None:
    bare = Curve("x", (Column("2theta", Role.TWO_THETA, ANGLES),))
    with pytest.raises(DataError, match=r"columns\.line_width"):
        analyse(recording(bare))


def coverage(sets: int, *, scatter: float, size: float, form: str) -> float:
    """Share of data sets whose strain +- error holds the truth; stated errors are those of the fits alone."""
    rng = np.random.default_rng(5)
    true, hits = widths(STRAIN, size), 0
    for _ in range(sets):
        stated = 0.02 * true
        noisy = true + stated * rng.standard_normal(true.size) + scatter * true * rng.standard_normal(true.size)
        found = fit_strain(ANGLES, noisy, stated)
        fit = {"full": found.full, "reduced": found.reduced, "automatic": found.chosen}[form]
        assert fit is not None
        low, high = fit.interval("strain") or (math.nan, math.nan)
        hits += low < STRAIN < high
    return hits / sets


def test_the_error_of_the_strain_covers_in_a_small_sample() -> None:
    assert 0.58 < coverage(150, scatter=0.04, size=math.inf, form="reduced") < 0.79


@pytest.mark.calibration
@pytest.mark.parametrize("scatter", [0.0, 0.04])
@pytest.mark.parametrize(("form", "size"), [("reduced", math.inf), ("full", 250.0), ("full", math.inf)])
def test_errors_of_the_strain_cover_two_thirds(scatter: float, form: str, size: float) -> None:
    assert 0.65 < coverage(2000, scatter=scatter, size=size, form=form) < 0.715


@pytest.mark.calibration
@pytest.mark.parametrize(("size", "low"), [(math.inf, 0.60), (150.0, 0.62)])
def test_the_rule_about_the_size_costs_little_coverage(size: float, low: float) -> None:
    assert low < coverage(2000, scatter=0.0, size=size, form="automatic") < 0.73


def test_a_bound_on_the_size_holds_and_is_never_tighter_than_the_lines_can_tell() -> None:
    """A size term that chance makes negative must not turn into a bound of micrometres."""
    rng = np.random.default_rng(2)

    def least_of(size: float) -> tuple[np.ndarray, np.ndarray]:
        noise = 0.004 * rng.standard_normal((400, ANGLES.size))
        made = [fit_strain(ANGLES, widths(STRAIN, size) + one, None) for one in noise]
        least = [found.least_size(WAVELENGTH) for found in made]
        terms = [found.full.values["size_term"] for found in made if found.full is not None]
        return np.array(least, dtype=np.float64), np.array(terms)

    finite, _ = least_of(2000.0)
    assert np.mean(finite < 2000.0) > 0.93
    none, terms = least_of(math.inf)
    assert 0.3 < np.mean(terms < 0.0) < 0.7
    # The scatter of seven lines gives the noise, so the bounds vary by some times, not by hundreds.
    assert np.quantile(none[terms < 0.0], 0.95) < 5.0 * np.median(none[terms < 0.0])


def test_widths_are_drawn_with_their_residuals() -> None:
    found = analyse(recording(lines(widths(STRAIN))), Settings(wavelength=WAVELENGTH), measurement="x")
    styles = [trace.style for trace in found.panels[0].traces]
    assert styles.count("residual") == styles.count("fit") == styles.count("data") == 1
