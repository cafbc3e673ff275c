"""Families of current-voltage curves end to end: the simulated CeH9, loops, geometry, heating, and bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import megabar
from megabar.analysis.current import Settings, analyse
from megabar.data import Curve, Estimate, Recording, Result, Status
from megabar.errors import DataError, ExperimentError
from megabar.physics import critical_current as physics

MakeCurve = Callable[..., Curve]
MakeRecording = Callable[..., Recording]
EXAMPLE = Path(__file__).parents[2] / "examples" / "ceh9-current"
GEOMETRY = {"width": 30.0, "width_error": 2.0, "thickness": 1.0, "thickness_error": 0.1}
NOISE = 8e-8


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((EXAMPLE / "truth.json").read_text())
    return told


@pytest.fixture(scope="module")
def ceh9() -> Result:
    files = sorted((EXAMPLE / "raw").glob("*.txt"))
    return megabar.fit("current", megabar.read(files), {**GEOMETRY, "temperature_error": 0.01, "pulse_duration": 0.01})


def one(result: Result, quantity: str, **labels: str) -> Estimate:
    """The estimate with exactly these labels."""
    (found,) = [e for e in result.find(quantity, **labels) if dict(e.labels) == labels]
    return found


def within(estimate: Estimate, truth: float, errors: float = 3.0) -> bool:
    assert estimate.value is not None
    assert estimate.error is not None
    return abs(estimate.value - truth) < errors * estimate.error


def test_the_critical_current_of_ceh9_at_60_kelvin_is_74_milliamperes(ceh9: Result) -> None:
    for criterion in ("power law", "crossing"):
        found = one(ceh9, "critical_current", at="60 K", criterion=criterion)
        assert found.value is not None
        assert round(1e3 * found.value) == 74
        # 10 mK of the thermometer are 0.09 mA there.
        assert found.error is not None
        assert abs(found.value - 0.074) < 3.0 * np.hypot(found.error, 9e-5)


def test_the_density_at_zero_temperature_is_that_of_the_law(ceh9: Result, truth: dict[str, Any]) -> None:
    known = truth["measurements"]["current-voltage curves"]
    assert within(one(ceh9, "critical_current_zero"), known["critical_current_zero"]["value"])
    assert within(one(ceh9, "fitted_critical_temperature"), 78.0)
    density = one(ceh9, "critical_current_density_zero")
    assert within(density, known["density_zero"]["value"])
    assert density.value == pytest.approx(2.92, abs=0.03)
    assert density.status == Status.EXTRAPOLATED
    # The cross-section alone is known to sqrt(6.7^2 + 10^2) per cent.
    assert density.error == pytest.approx(0.12 * density.value, rel=0.02)
    assert "12 % of it by the cross-section" in density.remark


def test_pinning_by_the_mean_free_path_is_preferred(ceh9: Result) -> None:
    assert one(ceh9, "critical_current_zero").method.endswith("(delta-l)")
    assert "(delta-l) is preferred" in ceh9.summary


def test_the_end_of_zero_resistance_is_bracketed_and_the_onset_of_ohms_law_found(ceh9: Result) -> None:
    end = one(ceh9, "critical_temperature", criterion="zero resistance of I-V")
    assert end.value is None
    assert end.interval == (74.0, 82.0)
    assert one(ceh9, "ohmic_from").value == 122.0
    assert one(ceh9, "ohmic_resistance", at="130 K").value == pytest.approx(0.152, rel=1e-4)
    assert one(ceh9, "ohmic_resistance", at="90 K").status == Status.MISFIT


def test_every_temperature_below_tc_is_compatible_with_zero_resistance(ceh9: Result) -> None:
    for kelvin in (60, 62, 64, 66, 68, 70, 72, 74):
        assert "compatible with zero" in one(ceh9, "zero_current_resistance", at=f"{kelvin} K").remark


def test_every_figure_has_units_and_fits_have_residuals(ceh9: Result) -> None:
    assert len(ceh9.panels) == 6
    for panel in ceh9.panels:
        assert panel.x_label.endswith(")")
        assert panel.y_label.endswith(")")
        styles = {trace.style for trace in panel.traces}
        assert "fit" not in styles or "residual" in styles


def test_units_of_the_file_do_not_matter(tmp_path: Path) -> None:
    """The same readings in uA and nV."""
    text = (EXAMPLE / "raw/cell1_064K.txt").read_text().splitlines()
    rows = [line.split("\t") for line in text[4:]]
    body = "\n".join(f"{1e3 * float(i):.1f}\t{1e3 * float(v):.1f}" for i, v in rows)
    (tmp_path / "a.txt").write_text("# Temperature (K): 64.0\nI (uA)\tV (nV)\n" + body + "\n")
    ours = megabar.fit("current", megabar.read(tmp_path / "a.txt"))
    theirs = megabar.fit("current", megabar.read(EXAMPLE / "raw/cell1_064K.txt"))
    labels = {"at": "64 K", "criterion": "power law"}
    assert one(ours, "critical_current", **labels).value == pytest.approx(
        one(theirs, "critical_current", **labels).value, rel=1e-6
    )


def family(curve: MakeCurve, temperatures: tuple[float, ...], seed: int = 0, **changed: Any) -> list[Curve]:
    """delta-Tc pinning, Tc = 20 K, Ic(0) = 50 mA, n = 20."""
    rng = np.random.default_rng(seed)
    made = []
    for kelvin in temperatures:
        limit = float(physics.pinning(kelvin, critical_temperature=20.0, density_zero=0.05, mechanism="delta-Tc"))
        i = np.linspace(-0.06, 0.06, 301)
        ratio = np.minimum(np.abs(i) / max(limit, 1e-9), 1.3)
        v = 1e-6 * np.sign(i) * ratio**20 + changed.get("offset", 0.0) + NOISE * rng.standard_normal(i.size)
        made.append(curve(f"{kelvin:g} K", current=i, voltage=v, temperature=np.full(i.size, kelvin)))
    return made


def test_the_other_mechanism_is_found_too(curve: MakeCurve, recording: MakeRecording) -> None:
    result = analyse(recording(*family(curve, (2.0, 6.0, 10.0, 12.0, 14.0, 16.0, 18.0))))
    found = one(result, "critical_current_zero")
    assert found.method.endswith("(delta-Tc)")
    assert within(found, 0.05, 4.0)


def test_one_curve_alone_has_a_critical_current_and_no_law(curve: MakeCurve, recording: MakeRecording) -> None:
    result = analyse(recording(*family(curve, (10.0,))))
    assert one(result, "critical_current", at="10 K", criterion="power law").value is not None
    assert not result.find("critical_current_zero")
    assert any("1 critical currents with an error, 3 temperatures are needed" in note.text for note in result.notes)


def test_offsets_larger_than_the_signal_are_told(curve: MakeCurve, recording: MakeRecording) -> None:
    plain = analyse(recording(*family(curve, (10.0, 14.0, 16.0))))
    shifted = analyse(recording(*family(curve, (10.0, 14.0, 16.0), offset=2e-4)))
    assert any("the offset exceeds the criterion" in n.text and n.level == "warning" for n in shifted.notes)
    for kelvin in ("10 K", "14 K", "16 K"):
        values = [one(r, "critical_current", at=kelvin, criterion="power law").value for r in (plain, shifted)]
        assert values[0] == pytest.approx(values[1], rel=1e-6)


def loop(curve: MakeCurve, rising: float, falling: float) -> Curve:
    """0 up, down through zero, up to zero, with jumps at `rising` and `falling` |I| to 10 mohm."""
    quarter = np.linspace(0.0, 0.06, 121)
    i = np.concatenate([quarter, quarter[::-1], -quarter, -quarter[::-1]])
    size, up = np.abs(i), np.concatenate([np.ones(121), np.zeros(121), np.ones(121), np.zeros(121)]).astype(bool)
    normal = np.where(up, size > rising, size > falling)
    v = np.where(normal, 0.01 * i, 0.0) + NOISE * np.random.default_rng(0).standard_normal(i.size)
    return curve("loop", current=i, voltage=v, temperature=np.full(i.size, 4.0))


def test_hysteresis_gives_critical_and_retrapping_current(curve: MakeCurve, recording: MakeRecording) -> None:
    result = analyse(recording(loop(curve, 0.0402, 0.0298)))
    assert one(result, "critical_current", at="4 K", criterion="crossing").value == pytest.approx(0.0402, abs=3e-4)
    assert one(result, "retrapping_current", at="4 K").value == pytest.approx(0.0298, abs=3e-4)
    assert within(one(result, "critical_current_hysteresis", at="4 K"), 0.0104)
    assert any("rising and falling current differ" in note.text for note in result.notes)
    assert any("the voltage jumps over the criterion within one step" in note.text for note in result.notes)
    assert not result.find("power_law_exponent")


def test_currents_that_alternate_are_sorted_and_said_so(curve: MakeCurve, recording: MakeRecording) -> None:
    """Reversals at each step, as in delta mode."""
    (made,) = family(curve, (10.0,))
    order = np.column_stack([np.arange(151), np.arange(300, 149, -1)]).ravel()
    mixed = analyse(recording(made.take(order[:301])))
    assert any("the current comes in no order" in note.text for note in mixed.notes)
    labels = {"at": "10 K", "criterion": "power law"}
    plain = one(analyse(recording(made)), "critical_current", **labels)
    assert one(mixed, "critical_current", **labels).value == pytest.approx(plain.value, rel=1e-9)


def test_a_current_that_does_not_suffice_is_a_limit(curve: MakeCurve, recording: MakeRecording) -> None:
    result = analyse(recording(curve("cold", current=np.linspace(-0.01, 0.01, 101), voltage=np.zeros(101) + 1e-9)))
    found = one(result, "critical_current", at="the curve", criterion="crossing")
    assert found.value is None
    assert found.status == Status.LIMIT
    assert found.interval == (0.01, None)
    assert result.summary == "no critical current reached"


def test_a_metal_has_no_critical_current(curve: MakeCurve, recording: MakeRecording) -> None:
    i = np.linspace(-0.01, 0.01, 101)
    v = 0.1 * i + NOISE * np.random.default_rng(0).standard_normal(i.size)
    result = analyse(recording(curve("metal", current=i, voltage=v, temperature=np.full(101, 150.0))))
    assert not result.find("critical_current")
    assert one(result, "ohmic_resistance", at="150 K").value == pytest.approx(0.1, rel=1e-3)
    assert result.summary == "resistive at all temperatures"


def test_three_probes_take_off_the_coldest_resistance(curve: MakeCurve, recording: MakeRecording) -> None:
    made = []
    for one_curve in family(curve, (6.0, 10.0, 14.0)):
        i, v = (one_curve.values(role) for role in ("current", "voltage"))  # type: ignore[arg-type]
        t = one_curve.values("temperature")  # type: ignore[arg-type]
        made.append(curve(one_curve.name, current=i, voltage=v + 0.8 * i, temperature=t))
    four, three = (analyse(recording(*made), Settings(probes=n)) for n in (4, 3))
    assert not four.find("critical_current")
    found = one(three, "zero_current_resistance", at="6 K")
    assert found.status == Status.NOT_TESTABLE
    expected = float(physics.pinning(10.0, critical_temperature=20.0, density_zero=0.05, mechanism="delta-Tc"))
    assert within(one(three, "critical_current", at="10 K", criterion="power law"), expected, 4.0)


def test_a_field_criterion_below_the_noise_is_an_extrapolation(curve: MakeCurve, recording: MakeRecording) -> None:
    """1 uV/cm over 20 um are 2 nV; with n = 20 that is 27 % below the current at 1 uV."""
    made = analyse(recording(*family(curve, (10.0,))), Settings(length=20.0, length_error=2.0))
    volt, field = (one(made, "critical_current", at="10 K", criterion=c) for c in ("power law", "field"))
    n = one(made, "power_law_exponent", at="10 K").value
    assert volt.value is not None
    assert n is not None
    assert field.value == pytest.approx(volt.value * 2e-3 ** (1.0 / n), rel=1e-6)
    assert field.status == Status.EXTRAPOLATED
    assert volt.error is not None
    assert field.error is not None
    assert field.error > volt.error


def test_heating_needs_what_it_needs_and_then_follows(curve: MakeCurve, recording: MakeRecording) -> None:
    made = recording(*family(curve, (10.0,)))
    bare = analyse(made)
    assert not bare.find("heating")
    assert "a temperature needs pulse_duration, heat_capacity, width, thickness and length" in (
        one(bare, "dissipated_power", at="10 K").remark
    )
    told = {**GEOMETRY, "length": 30.0, "pulse_duration": 0.01, "heat_capacity": 1e6}
    rise = one(analyse(made, Settings(**told)), "heating", at="10 K")
    power = one(bare, "dissipated_power", at="10 K").value
    assert power is not None
    assert rise.value == pytest.approx(power * 0.01 / (1e6 * 30e-6 * 1e-6 * 30e-6))
    assert "an upper bound" in rise.remark


def test_pulses_of_two_lengths_are_compared(curve: MakeCurve, recording: MakeRecording) -> None:
    short = family(curve, (10.0,))[0]
    long = family(curve, (10.5,), seed=1)[0]
    pretending = [
        curve(name, current=c.values("current"), voltage=c.values("voltage"), temperature=np.full(301, 10.0))  # type: ignore[arg-type]
        for name, c in (("short", short), ("long", long))
    ]
    result = analyse(recording(*pretending), Settings(durations={"short": 0.001, "long": 0.1}))
    found = one(result, "critical_current_duration_shift", at="10 K")
    at = [
        float(physics.pinning(t, critical_temperature=20.0, density_zero=0.05, mechanism="delta-Tc"))
        for t in (10.0, 10.5)
    ]
    assert within(found, at[1] - at[0], 4.0)
    assert "heating or another drift is seen" in found.remark


def test_milliamperes_taken_for_amperes_are_told(curve: MakeCurve, recording: MakeRecording) -> None:
    i = np.linspace(-200.0, 200.0, 101)
    result = analyse(recording(curve("mA", current=i, voltage=1e-6 * i)))
    assert any("the current reaches 200 A: probably written in another unit" in note.text for note in result.notes)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"temperature": [1.0] * 20, "voltage": [0.0] * 20}, "has no current and voltage"),
        ({"current": [1.0] * 20, "voltage": [0.0] * 20}, "all readings at one current"),
        ({"current": [1.0, 2.0], "voltage": [0.0, 1.0]}, "2 readings, 10 needed"),
    ],
)
def test_what_is_no_curve_is_one_clear_line(
    curve: MakeCurve, recording: MakeRecording, columns: dict[str, list[float]], words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        analyse(recording(curve("bad", **columns)))
    assert "\n" not in str(caught.value)


def test_a_bad_curve_costs_no_other(curve: MakeCurve, recording: MakeRecording) -> None:
    (good,) = family(curve, (10.0,))
    bad = curve("bad", current=np.ones(30), voltage=np.zeros(30), temperature=np.full(30, 12.0))
    holes = good.values("voltage").copy()  # type: ignore[arg-type]
    holes[::50] = np.nan
    gaps = curve("gaps", current=good.values("current"), voltage=holes, temperature=np.full(301, 14.0))  # type: ignore[arg-type]
    result = analyse(recording(good, bad, gaps))
    assert one(result, "critical_current", at="10 K", criterion="power law").value is not None
    assert one(result, "critical_current", at="14 K", criterion="power law").value is not None
    assert any("all readings at one current: left out" in note.text for note in result.notes)
    assert any("7 rows without current, voltage or temperature" in note.text for note in result.notes)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"width_error": 1.0}, "needs a larger width beside it"),
        ({"criterion": "field"}, "needs the length"),
        ({"pulse_repetition": 1.0}, "needs the pulse_duration"),
        ({"pulse_duration": 2.0, "pulse_repetition": 1.0}, "must be longer than the pulse_duration"),
        ({"laws": ["self-field s"]}, "need kappa, width, thickness"),
        ({"laws": ["delta-x"]}, "delta-l"),
    ],
)
def test_wrong_settings_are_refused(
    curve: MakeCurve, recording: MakeRecording, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ExperimentError, match=words):
        megabar.fit("current", recording(*family(curve, (10.0,))), settings)


def test_random_curves_give_a_result_or_one_line(curve: MakeCurve, recording: MakeRecording) -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        count = int(rng.integers(3, 60))
        i = rng.choice(
            [np.linspace(-1.0, 1.0, count), rng.standard_normal(count), np.round(rng.standard_normal(count))]
        )
        v = rng.standard_normal(count) * 10.0 ** rng.integers(-12, 12)
        v[rng.random(count) < 0.1] = rng.choice([np.nan, np.inf, 0.0])
        t = rng.choice([np.full(count, 4.0), rng.uniform(2.0, 9.0, count)])
        made = recording(curve("random", current=i, voltage=v, temperature=t))
        with suppress(DataError):
            result = analyse(made)
            assert result.notes
            assert all("\n" not in note.text for note in result.notes)
