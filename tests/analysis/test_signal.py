"""Voltages and currents to resistances: what each way of measuring removes, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from megabar.analysis.resistance import Settings, analyse
from megabar.analysis.signal import resistance_of, van_der_pauw
from megabar.data import Column, Curve, Recording, Role
from megabar.errors import DataError

MakeCurve = Callable[..., Curve]

TEMPERATURE = np.linspace(100.0, 10.0, 60)
RESISTANCE = 0.02 + 1e-4 * TEMPERATURE
CURRENT = 1e-4


def alternating(rows: int) -> np.ndarray:
    return CURRENT * (-1.0) ** np.arange(rows)


def thermal(rows: int, *, start: float = 2e-6, slope: float = 0.0) -> np.ndarray:
    """A thermal voltage in V, `slope` in V per reading: as large as the signal itself."""
    return start + slope * np.arange(rows)


def test_reversal_removes_a_constant_thermal_voltage_exactly(curve: MakeCurve) -> None:
    amperes = alternating(120)
    resistance = np.repeat(RESISTANCE, 2)
    voltage = amperes * resistance + thermal(120)
    made = resistance_of(curve(temperature=np.repeat(TEMPERATURE, 2), voltage=voltage, current=amperes))
    assert made.mode == "current reversal"
    assert made.curve.values(Role.RESISTANCE) == pytest.approx(RESISTANCE, rel=1e-12)
    assert made.curve.values(Role.TEMPERATURE) == pytest.approx(TEMPERATURE, rel=1e-14)
    assert made.thermal == (pytest.approx(2e-6, rel=1e-9), pytest.approx(0.0, abs=1e-15))
    assert "thermal voltage 2 uV" in made.notes[0].text


def test_delta_mode_removes_a_linear_drift_exactly_and_reversal_does_not(curve: MakeCurve) -> None:
    rows = 180
    amperes = alternating(rows)
    resistance = np.full(rows, 0.03)
    voltage = amperes * resistance + thermal(rows, slope=5e-9)
    raw = curve(temperature=np.linspace(100.0, 10.0, rows), voltage=voltage, current=amperes)
    delta = resistance_of(raw, mode="delta").curve.values(Role.RESISTANCE)
    assert delta.size == rows // 3
    assert delta == pytest.approx(0.03, rel=1e-11)
    pairs = resistance_of(raw, mode="reversal").curve.values(Role.RESISTANCE)
    # Half a pair later the thermal voltage is 5 nV higher: R is off by 5 nV/(2 I) = 2.5e-5 ohm, in sign with the drift.
    assert pairs == pytest.approx(0.03 - 5e-9 / (2.0 * CURRENT), rel=1e-9)


def test_plain_division_keeps_the_thermal_voltage_and_says_so(curve: MakeCurve) -> None:
    amperes = np.full(60, CURRENT)
    raw = curve(temperature=TEMPERATURE, voltage=amperes * RESISTANCE + 2e-6, current=amperes)
    made = resistance_of(raw)
    assert made.mode == "dc"
    assert made.curve.values(Role.RESISTANCE) == pytest.approx(RESISTANCE + 0.02, rel=1e-12)
    assert "thermal voltage would look like resistance" in made.notes[0].text
    assert made.thermal is None


def test_no_reading_enters_two_resistances(curve: MakeCurve) -> None:
    """Readings left over (a current that failed to switch) are counted, and the pairs after them still alternate."""
    amperes = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0]) * CURRENT
    raw = curve(temperature=np.arange(7.0) + 10.0, voltage=0.03 * amperes + 1e-6, current=amperes)
    made = resistance_of(raw, mode="reversal")
    assert made.curve.values(Role.TEMPERATURE) == pytest.approx([10.5, 13.5, 15.5])
    assert made.curve.values(Role.RESISTANCE) == pytest.approx(0.03)
    assert "3 resistances from 7 readings (1 left over)" in made.notes[0].text


def test_reversal_without_a_reversal_is_refused(curve: MakeCurve) -> None:
    raw = curve(temperature=TEMPERATURE, voltage=TEMPERATURE * 1e-8, current=np.full(60, CURRENT))
    with pytest.raises(DataError, match="no 2 neighbouring rows with alternating current: use mode dc"):
        resistance_of(raw, mode="reversal")


def test_unequal_currents_of_a_pair_count_as_they_were(curve: MakeCurve) -> None:
    amperes = np.tile([1.0e-4, -0.7e-4], 30)
    raw = curve(temperature=TEMPERATURE, voltage=amperes * 0.03 + 3e-6, current=amperes)
    assert resistance_of(raw).curve.values(Role.RESISTANCE) == pytest.approx(0.03, rel=1e-11)


@pytest.mark.parametrize(("share", "warns"), [(0.02, False), (0.5, True), (-0.5, True)])
def test_lock_in_reports_its_quadrature(curve: MakeCurve, share: float, warns: bool) -> None:
    signal = CURRENT * RESISTANCE
    raw = curve(
        temperature=TEMPERATURE, voltage=signal, voltage_quadrature=share * signal, current=signal * 0 + CURRENT
    )
    made = resistance_of(raw)
    assert made.mode == "lock-in"
    assert made.curve.values(Role.RESISTANCE) == pytest.approx(RESISTANCE, rel=1e-12)
    (note,) = made.notes
    assert f"quadrature is {100 * share:.1f} % of the in-phase voltage" in note.text
    assert (note.level == "warning") is warns


def test_lock_in_without_any_signal_warns(curve: MakeCurve) -> None:
    nothing = np.zeros(60)
    raw = curve(temperature=TEMPERATURE, voltage=nothing, voltage_quadrature=nothing, current=nothing + CURRENT)
    assert [note.level for note in resistance_of(raw).notes] == ["warning"]


def test_lock_in_without_quadrature_says_that_the_phase_is_unknown(curve: MakeCurve) -> None:
    raw = curve(temperature=TEMPERATURE, voltage=CURRENT * RESISTANCE)
    made = resistance_of(raw, mode="lock-in", current=CURRENT)
    assert made.curve.values(Role.RESISTANCE) == pytest.approx(RESISTANCE, rel=1e-12)
    assert "phase is not known" in made.notes[0].text


@pytest.mark.parametrize("wrong", [0.0, np.nan])
def test_zero_and_unknown_currents_are_named_by_their_row(curve: MakeCurve, wrong: float) -> None:
    amperes = np.full(60, CURRENT)
    amperes[6] = wrong
    raw = curve(temperature=TEMPERATURE, voltage=np.ones(60), current=amperes)
    with pytest.raises(DataError, match="zero or unknown in data row 7: no resistance follows; remove such rows"):
        resistance_of(raw)


def test_zero_current_in_the_settings_is_refused(curve: MakeCurve) -> None:
    with pytest.raises(DataError, match="current is zero"):
        resistance_of(curve(temperature=TEMPERATURE, voltage=np.ones(60)), current=0.0)


def test_voltage_without_any_current_asks_for_one(curve: MakeCurve) -> None:
    raw = curve(temperature=TEMPERATURE, voltage=CURRENT * RESISTANCE)
    with pytest.raises(DataError, match=r"no current: set settings\.current \(A\) or name its column"):
        resistance_of(raw)
    made = resistance_of(raw, current=CURRENT)
    assert made.curve.values(Role.RESISTANCE) == pytest.approx(RESISTANCE, rel=1e-12)


def test_a_file_without_any_signal_is_not_asked_for_a_current(curve: MakeCurve) -> None:
    with pytest.raises(DataError, match=r"has no resistance column \(found: 'temperature' \(temperature\)"):
        resistance_of(curve(temperature=TEMPERATURE, pressure=TEMPERATURE))


@pytest.mark.parametrize("mode", ["direct", "dc"])
def test_a_missing_quantity_is_named(curve: MakeCurve, mode: str) -> None:
    raw = curve(temperature=TEMPERATURE, current=np.full(60, CURRENT))
    with pytest.raises(DataError, match=r"has no (resistance|voltage) column"):
        resistance_of(raw, mode=mode)  # type: ignore[arg-type]


def test_other_columns_are_averaged_over_the_readings_they_belong_to(curve: MakeCurve) -> None:
    amperes = alternating(6)
    raw = curve(temperature=[10.0, 12.0, 20.0, 22.0, 30.0, 32.0], voltage=amperes, current=amperes, time=np.arange(6.0))
    made = resistance_of(raw).curve
    assert made.values(Role.TEMPERATURE) == pytest.approx([11.0, 21.0, 31.0])
    assert made.values(Role.TIME) == pytest.approx([0.5, 2.5, 4.5])
    assert not made.has(Role.VOLTAGE)


def sheet_by_bisection(first: float, second: float) -> float:
    """R_s of exp(-pi A/R_s) + exp(-pi B/R_s) = 1 by bisection: the left side rises with R_s."""
    low, high = 1e-6 * first, 1e6 * first
    for _ in range(200):
        middle = np.sqrt(low * high)
        if np.exp(-np.pi * first / middle) + np.exp(-np.pi * second / middle) < 1.0:
            low = middle
        else:
            high = middle
    return float(low)


@pytest.mark.parametrize("ratio", [1.0, 3.0, 40.0])
def test_van_der_pauw_against_the_equation_itself(curve: MakeCurve, ratio: float) -> None:
    metal = 0.05 + 1e-3 * TEMPERATURE
    pair = (
        curve("A", temperature=TEMPERATURE, resistance=metal),
        curve("B", temperature=TEMPERATURE, resistance=ratio * metal),
    )
    sheet, notes = van_der_pauw(*pair, thickness=None)
    expected = [sheet_by_bisection(a, ratio * a) for a in metal]
    assert sheet.values(Role.RESISTANCE) == pytest.approx(expected, rel=1e-9)
    assert not any(note.level == "warning" for note in notes)
    thick, _ = van_der_pauw(*pair, thickness=2.5)
    assert thick.column(Role.RESISTIVITY).unit == "ohm m"
    assert thick.values(Role.RESISTIVITY) == pytest.approx(np.array(expected) * 2.5e-6, rel=1e-9)


def test_van_der_pauw_keeps_zero_resistance_at_zero(curve: MakeCurve, sharp: Callable[..., np.ndarray]) -> None:
    noise = 1e-5 * np.random.default_rng(0).standard_normal((2, 400))
    t = np.linspace(4.0, 80.0, 400)
    r = sharp(t)
    pair = (
        curve(name, temperature=t, resistance=k * r + e) for name, k, e in zip("AB", (1.0, 2.0), noise, strict=True)
    )
    sheet, notes = van_der_pauw(*pair, thickness=None)
    below = sheet.values(Role.RESISTANCE)[t < 30.0]
    assert abs(below.mean()) < 5.0 * below.std() / np.sqrt(below.size)
    assert below.std() == pytest.approx(np.hypot(1.0, 1.0) * 1e-5 * sheet_by_bisection(1.0, 2.0) / 3.0, rel=0.2)
    assert not any(note.level == "warning" for note in notes)


def test_van_der_pauw_notes_a_ratio_that_changes(curve: MakeCurve) -> None:
    metal = 0.05 + 1e-3 * TEMPERATURE
    other = np.full(60, 0.3)
    _, notes = van_der_pauw(
        curve("A", temperature=TEMPERATURE, resistance=metal),
        curve("B", temperature=TEMPERATURE, resistance=other),
        thickness=None,
    )
    (warning,) = (note for note in notes if note.level == "warning")
    # Medians of the warmest and the second quarter: 88.6 K and 66.1 K.
    assert f"changes by {100 * (0.1161 / 0.1386 - 1.0):.0f} % on cooling: inhomogeneous sample" in warning.text


def test_van_der_pauw_with_a_transition_near_the_top_needs_no_ratio_below(curve: MakeCurve) -> None:
    """Below Tc both are noise about zero: their ratio says nothing and is not taken."""
    t = np.linspace(4.0, 80.0, 77)
    r = np.where(t > 60.0, 1.0, 0.0)
    sheet, notes = van_der_pauw(
        curve("A", temperature=t, resistance=r), curve("B", temperature=t, resistance=2.0 * r), thickness=None
    )
    assert sheet.values(Role.RESISTANCE)[-1] == pytest.approx(sheet_by_bisection(1.0, 2.0), rel=1e-9)
    assert not any(note.level == "warning" for note in notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, r: (t[:-1], r[:-1]), "has 60 rows and 'B' 59"),
        (lambda t, r: (t + 3.0, r), "differ by up to 3 K: record both configurations at the same temperatures"),
        (lambda t, r: (t, -r), "must be positive: swap the voltage leads"),
    ],
)
def test_van_der_pauw_refuses_pairs_that_do_not_fit(
    curve: MakeCurve, change: Callable[..., tuple[np.ndarray, np.ndarray]], message: str
) -> None:
    t, r = change(TEMPERATURE, RESISTANCE)
    first = curve("A", temperature=TEMPERATURE, resistance=RESISTANCE)
    with pytest.raises(DataError, match=message):
        van_der_pauw(first, curve("B", temperature=t, resistance=r), thickness=None)


def test_van_der_pauw_through_the_analysis(
    curve: MakeCurve, recording: Callable[..., Recording], sharp: Callable[..., np.ndarray]
) -> None:
    t = np.linspace(4.0, 280.0, 600)
    r = sharp(t) + 2e-6 * np.random.default_rng(1).standard_normal(t.size)
    file = recording(curve("A", temperature=t, resistance=r), curve("B", temperature=t, resistance=2.0 * r))
    result = analyse(file, Settings(van_der_pauw=("A", "B"), thickness=1.5))
    (half,) = result.find("critical_temperature", criterion="R/R(onset) = 0.50")
    assert half.value == pytest.approx(41.4, abs=0.3)
    (onset,) = result.find("onset_resistance")
    assert onset.unit == "ohm m"
    assert onset.value == pytest.approx(
        1.5e-6 * sheet_by_bisection(1.0, 2.0) * float(sharp(np.array([42.0]))[0]), rel=0.02
    )
    with pytest.raises(DataError, match="names 'C'; curves found: A, B"):
        analyse(file, Settings(van_der_pauw=("A", "C")))


def test_a_column_of_readings_keeps_its_name(curve: MakeCurve) -> None:
    """The resistance computed stands in front; what the file held stays behind it."""
    raw = curve(temperature=TEMPERATURE, voltage=CURRENT * RESISTANCE)
    made = resistance_of(raw, current=CURRENT).curve
    assert [c.role for c in made.columns] == [Role.RESISTANCE, Role.TEMPERATURE, Role.VOLTAGE]
    assert isinstance(made.columns[0], Column)


def test_runs_of_one_sign_are_averaged_and_reversed() -> None:
    """+ + - - with a constant thermal voltage: the resistance comes back exactly."""
    n = 80
    sign = np.where(np.arange(n) % 4 < 2, 1.0, -1.0)
    amperes = 1e-4 * sign
    columns = (
        Column("T", Role.TEMPERATURE, np.linspace(300.0, 10.0, n)),
        Column("V", Role.VOLTAGE, 0.5 * amperes + 2e-6),
        Column("I", Role.CURRENT, amperes),
    )
    signal = resistance_of(Curve("run", columns))
    assert signal.mode == "current reversal"
    assert signal.curve.values(Role.RESISTANCE) == pytest.approx(np.full(n // 4, 0.5))
    assert signal.thermal is not None
    assert signal.thermal[0] == pytest.approx(2e-6)


def test_a_drifting_thermal_voltage_is_warned_about_in_pairs() -> None:
    n = 80
    amperes = 1e-4 * (-1.0) ** np.arange(n)
    columns = (
        Column("T", Role.TEMPERATURE, np.linspace(300.0, 10.0, n)),
        Column("V", Role.VOLTAGE, 0.5 * amperes + 5e-9 * np.arange(n)),
        Column("I", Role.CURRENT, amperes),
    )
    pairs = resistance_of(Curve("run", columns), mode="reversal")
    assert any('signal = "delta"' in note.text and note.level == "warning" for note in pairs.notes)
    # 5 nV a reading over 2 x 100 uA
    assert np.abs(pairs.curve.values(Role.RESISTANCE) - 0.5) == pytest.approx(np.full(n // 2, 2.5e-5), rel=1e-6)
    triples = resistance_of(Curve("run", columns), mode="delta")
    assert triples.curve.values(Role.RESISTANCE) == pytest.approx(np.full(n // 3, 0.5), rel=1e-9)
