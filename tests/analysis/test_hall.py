"""Hall data: exact fields back to round-off, admixtures taken out, errors that cover, and input that is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.constants import e, hbar

import megabar
from megabar.analysis.hall import Settings, analyse
from megabar.analysis.hall_parts import parts, slope_of
from megabar.data import Curve, Estimate, Recording, Result, Status
from megabar.errors import DataError, ExperimentError
from megabar.experiment.kinds import KINDS

from .conftest import SHARED

PPMS = SHARED / "measured/transport/FAIRmat-NFDI__nomad-measurements/Resistivity_Ch1_TMR_Ch2_Hall_test.dat"
MakeCurve = Callable[..., Curve]
MakeRecording = Callable[..., Recording]
FloatArray = NDArray[np.float64]

DENSITY = 8.47e28
"""Of copper, 1/m^3."""
THICKNESS = 0.5
"""um."""
SLOPE = -1.0 / (DENSITY * e * THICKNESS * 1e-6)
"""ohm/T."""
FIELD = np.linspace(-9.0, 9.0, 181)


def across(field: FloatArray, *, slope: float = SLOPE, admixture: float = 0.0, cubic: float = 0.0) -> FloatArray:
    """Hall resistance with a share of a longitudinal one of 1 mohm that rises with the square of the field."""
    return slope * field + cubic * field**3 + admixture * longitudinal(field)


def longitudinal(field: FloatArray) -> FloatArray:
    return np.asarray(1e-3 * (1.0 + 0.02 * field**2))


def loop(curve: MakeCurve, resistance: FloatArray, *, field: FloatArray = FIELD, name: str = "Hall") -> Curve:
    return curve(name, field=field, resistance=resistance, temperature=np.full(field.size, 10.0))


def one(result: Result, quantity: str, **labels: str) -> Estimate:
    (found,) = result.find(quantity, **labels)
    return found


@pytest.mark.parametrize("admixture", [0.0, 0.3])
def test_exact_fields_come_back(admixture: float, curve: MakeCurve, recording: MakeRecording) -> None:
    """Density, k_F by counting states, l by Drude's time: to round-off, whatever the contacts add."""
    made = recording(loop(curve, across(FIELD, admixture=admixture)))
    result = analyse(made, Settings(thickness=THICKNESS, resistivity=1.56e-8))
    assert one(result, "hall_slope").value == pytest.approx(SLOPE, rel=1e-9)
    assert one(result, "hall_coefficient").value == pytest.approx(-1.0 / (DENSITY * e), rel=1e-9)
    assert one(result, "carrier_density").value == pytest.approx(DENSITY, rel=1e-9)
    k = 1e-9 * (3.0 * np.pi**2 * DENSITY) ** (1.0 / 3.0)
    assert one(result, "fermi_wavevector").value == pytest.approx(k, rel=1e-9)
    length = one(result, "mean_free_path").value
    assert length == pytest.approx(1e9 * hbar * 1e9 * k / (DENSITY * e**2 * 1.56e-8), rel=1e-9)
    assert length == pytest.approx(42.0, abs=1.0)
    assert "electrons" in result.summary
    even = one(result, "even_part")
    assert even.value == pytest.approx(admixture * float(longitudinal(FIELD[FIELD > 0.0]).mean()), abs=1e-12)


def test_the_longitudinal_curve_gives_resistivity_and_admixture(curve: MakeCurve, recording: MakeRecording) -> None:
    """rho = R w t/l of 1 mohm at zero field, 20 um wide, 50 um between the contacts."""
    made = recording(
        loop(curve, longitudinal(FIELD), name="along"), loop(curve, across(FIELD, admixture=0.3), name="across")
    )
    result = analyse(made, Settings(thickness=THICKNESS, longitudinal="along", width=20.0, length=50.0))
    assert one(result, "longitudinal_admixture").value == pytest.approx(0.3, rel=1e-6)
    assert one(result, "resistivity").value == pytest.approx(1e-3 * 20e-6 * 0.5e-6 / 50e-6, rel=0.02)
    assert one(result, "mean_free_path").value is not None
    with pytest.raises(DataError, match="names 'nothing'; curves found: along, across"):
        analyse(made, Settings(longitudinal="nothing"))


def test_fields_that_do_not_match_are_interpolated_and_never_extrapolated() -> None:
    x = np.concatenate([np.linspace(-5.0, -0.13, 40), np.linspace(0.21, 8.0, 61)])
    found = parts([(x, 2.0 * x + 0.1 * np.abs(x))])
    assert found is not None
    assert found.field.size == np.count_nonzero((-x >= 0.21) & (-x <= 8.0))
    np.testing.assert_allclose(found.odd, 2.0 * found.field, rtol=1e-12)
    np.testing.assert_allclose(found.even, 0.1 * found.field, rtol=1e-9)


def test_both_directions_of_a_loop_are_one_temperature(curve: MakeCurve, recording: MakeRecording) -> None:
    field = np.concatenate([FIELD, FIELD[::-1]])
    result = analyse(recording(loop(curve, across(field), field=field)), Settings(thickness=THICKNESS))
    assert len(result.details) == 1
    assert result.details[0].slope.x.size == 180


def test_a_cubic_term_is_found_and_told(curve: MakeCurve, recording: MakeRecording) -> None:
    rng = np.random.default_rng(0)
    noise = 1e-3 * abs(SLOPE) * rng.standard_normal(FIELD.size)
    bent = analyse(recording(loop(curve, across(FIELD, cubic=0.002 * SLOPE) + noise)), Settings(thickness=THICKNESS))
    assert one(bent, "hall_slope").value == pytest.approx(SLOPE, rel=0.01)
    assert one(bent, "hall_slope").systematic["nonlinearity"] > 0.05 * abs(SLOPE)
    (text,) = [n.text for n in bent.notes if "not linear" in n.text and n.level == "warning"]
    assert "up to 16 % of the Hall resistance at 9 T" in text
    straight = analyse(recording(loop(curve, across(FIELD) + noise)), Settings(thickness=THICKNESS))
    assert not any("not linear" in n.text for n in straight.notes)


def test_a_range_of_fields_may_be_chosen(curve: MakeCurve, recording: MakeRecording) -> None:
    """A superconductor shows no Hall resistance below Hc2."""
    resistance = np.where(np.abs(FIELD) > 4.0, across(FIELD), 0.0)
    result = analyse(recording(loop(curve, resistance)), Settings(thickness=THICKNESS, field_range=(4.5, 9.0)))
    assert one(result, "hall_slope").value == pytest.approx(SLOPE, rel=1e-9)


def test_errors_of_slope_thickness_and_resistivity_are_propagated(curve: MakeCurve, recording: MakeRecording) -> None:
    """10 % of the thickness are 10 % of n and R_H, 3.3 % of k_F; with 5 % of rho 8.3 % of l; for normal draws."""
    made = recording(loop(curve, across(FIELD) + 1e-9 * np.sin(17.0 * FIELD)))
    settings = Settings(thickness=THICKNESS, thickness_error=0.05, resistivity=1.56e-8, resistivity_error=0.78e-9)
    result = analyse(made, settings)
    relative = {}
    for name in ("hall_coefficient", "carrier_density", "fermi_wavevector", "mean_free_path", "hall_mobility"):
        found = one(result, name)
        assert found.value is not None
        assert found.error is not None
        relative[name] = found.error / abs(found.value)
    rng = np.random.default_rng(1)
    t, rho = 1.0 + 0.1 * rng.standard_normal(400_000), 1.0 + 0.05 * rng.standard_normal(400_000)
    draws = {
        "hall_coefficient": t,
        "carrier_density": 1.0 / t,
        "fermi_wavevector": t ** (-1.0 / 3.0),
        "mean_free_path": t ** (2.0 / 3.0) / rho,
        "hall_mobility": t / rho,
    }
    for name, values in draws.items():
        low, high = np.quantile(values, [0.15865, 0.84135])
        assert relative[name] == pytest.approx(0.5 * (high - low), rel=0.03), name


def test_without_thickness_there_is_a_sheet_density_only(curve: MakeCurve, recording: MakeRecording) -> None:
    result = analyse(recording(loop(curve, across(FIELD))))
    assert one(result, "sheet_carrier_density").value == pytest.approx(DENSITY * THICKNESS * 1e-6, rel=1e-9)
    density = one(result, "carrier_density")
    assert density.value is None
    assert density.status == Status.UNDETERMINED
    assert "settings.thickness" in density.remark
    assert any("no thickness" in n.text for n in result.notes if n.level == "warning")


def test_a_slope_of_zero_gives_no_density(curve: MakeCurve, recording: MakeRecording) -> None:
    rng = np.random.default_rng(3)
    noise = 1e-6 * rng.standard_normal(FIELD.size)
    result = analyse(recording(loop(curve, noise)), Settings(thickness=THICKNESS, resistivity=1e-8))
    assert one(result, "hall_coefficient").value is not None
    assert one(result, "resistivity").value == 1e-8
    for name in ("carrier_density", "mean_free_path"):
        assert one(result, name).value is None
        assert "zero within its errors" in one(result, name).remark


def test_fields_of_one_sign_are_refused_unless_asked_for(curve: MakeCurve, recording: MakeRecording) -> None:
    field = FIELD[FIELD >= 0.0]
    made = recording(loop(curve, across(field, admixture=0.3), field=field))
    with pytest.raises(DataError, match=r"fields of one sign only \(0 to 9 T\).*antisymmetrise = false"):
        analyse(made)
    result = analyse(made, Settings(antisymmetrise=False))
    assert any("not antisymmetrised" in n.text for n in result.notes if n.level == "warning")
    assert result.find("even_part") == ()


def test_temperature_sweeps_at_one_field_are_refused_with_the_remedy(
    curve: MakeCurve, recording: MakeRecording
) -> None:
    t = np.linspace(10.0, 100.0, 50)
    made = recording(curve("Hall", temperature=t, resistance=1e-3 * t, field=np.full(50, 5.0)))
    with pytest.raises(
        DataError, match="temperature is swept from 10 to 100 K; measure R_xy against field, both signs"
    ):
        analyse(made)


def test_voltages_at_alternating_currents_are_free_of_thermal_ones(curve: MakeCurve, recording: MakeRecording) -> None:
    """Every field is read with +1 and -1 mA, 3 uV of the leads on top."""
    field = np.repeat(FIELD, 2)
    amperes = 1e-3 * np.tile([1.0, -1.0], FIELD.size)
    volts = amperes * across(field, admixture=0.3) + 3e-6
    made = curve("Hall", field=field, voltage=volts, current=amperes, temperature=np.full(field.size, 10.0))
    result = analyse(recording(made), Settings(thickness=THICKNESS))
    assert one(result, "hall_slope").value == pytest.approx(SLOPE, rel=1e-6)


def test_a_column_that_stands_still_is_refused(curve: MakeCurve, recording: MakeRecording) -> None:
    with pytest.raises(DataError, match=r"resistance is constant at 0\.001: wrong column"):
        analyse(recording(loop(curve, np.full(FIELD.size, 1e-3))))


def test_settings_are_checked(curve: MakeCurve, recording: MakeRecording) -> None:
    made = recording(loop(curve, across(FIELD)))
    for wrong in ({"thickness": -1}, {"thickness_error": 0.1}, {"field_range": [5.0, 2.0]}, {"thicknes": 1.0}):
        with pytest.raises(ExperimentError):
            megabar.fit("hall", made, wrong)


def test_a_first_experiment_file_never_takes_a_resistance_for_a_hall_voltage() -> None:
    """Of the kinds that suit a table of field and resistance it is the last."""
    for roles in ({"field", "resistance"}, {"field", "resistance", "temperature"}, {"field", "voltage", "current"}):
        suitable = [name for name, kind in KINDS.items() if kind.suits(roles)]
        assert suitable[-1] == "hall"
        assert len(suitable) > 1


@pytest.mark.skipif(not PPMS.is_file(), reason="the measured files are not beside the project")
def test_measured_loops_have_a_hall_part_above_the_critical_field() -> None:
    """Bridge 2, 0.65 to 1 T: 60 times smaller than the even part, negative, near -5 mohm/T at all four temperatures."""
    settings = {"longitudinal": "Bridge 1", "thickness": 1.0, "field_range": [0.65, 1.0]}
    result = megabar.fit("hall", megabar.read(PPMS), settings)
    assert [found.at for found in result.details] == ["2 K", "2.1 K", "2.2 K", "2.3 K"]
    slopes = np.array([found.slope.value for found in result.details])
    assert np.all(np.abs(slopes + 4.7e-3) < 0.5e-3)
    admixtures = [e.value for e in result.find("longitudinal_admixture")]
    assert admixtures == pytest.approx([0.46] * 4, abs=0.02)


def coverage(seeds: range, *, shifted: bool) -> float:
    """Share of slopes within one error of the truth; noise of 5 % of the Hall resistance at 9 T on every reading."""
    field = np.concatenate([np.linspace(-9.0, -0.3, 41), np.linspace(0.3, 9.0, 37 if shifted else 41)])
    inside = []
    for seed in seeds:
        noise = 0.45 * abs(SLOPE) * np.random.default_rng(seed).standard_normal(field.size)
        found = parts([(field, across(field, admixture=0.3) + noise)])
        assert found is not None
        slope = slope_of(found.field, found.odd, weights=found.weights)
        assert slope.error is not None
        inside.append(abs(slope.value - SLOPE) < slope.error)
    return float(np.mean(inside))


def test_errors_of_the_slope_cover() -> None:
    """100 loops: 68 % within one error, standard deviation of the share 5 %."""
    assert 0.53 < coverage(range(100), shifted=False) < 0.83


@pytest.mark.calibration
@pytest.mark.parametrize("shifted", [False, True])
def test_errors_of_the_slope_cover_over_many_loops(shifted: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """2,000 loops, both sides read at the same fields or at others."""
    share = coverage(range(2000), shifted=shifted)
    with capsys.disabled():
        print(f"shifted {shifted}: {100 * share:.1f} %")  # noqa: T201
    assert 0.65 < share < 0.71
