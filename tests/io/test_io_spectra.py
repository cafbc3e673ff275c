"""Contact and tunnelling spectra: bias, conductance, harmonics, bare columns, one column for each temperature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from megabar.data import Curve, Recording, Role
from megabar.errors import DataError
from megabar.io import read

Write = Callable[..., Path]

N = 81
V = np.round(np.linspace(-8.0, 8.0, N), 3)
"""mV"""
T = np.round(np.linspace(290.0, 5.0, N), 3)
UP = np.round(1.0 + 0.8 * np.exp(-((V / 2.0) ** 2)), 6)
"""Comes to 1 at both ends."""
HALF = 0.5 * UP + 1.5
"""Comes to 2 at both ends."""


def table(head: str, *columns: Sequence[float] | np.ndarray, sep: str = ",", decimal: str = ".") -> str:
    rows = (sep.join(repr(float(x)).replace(".", decimal) for x in row) for row in zip(*columns, strict=True))
    return f"{head}\n" * bool(head) + "\n".join(rows) + "\n"


def only(recording: Recording) -> Curve:
    (curve,) = recording.curves
    return curve


def roles(curve: Curve) -> dict[str, Role]:
    return {column.name: column.role for column in curve.columns}


def said(recording: Recording, *, level: str | None = None) -> str:
    return " | ".join(note.text for note in recording.notes if level in (None, note.level))


def at(recording: Recording, role: Role) -> list[float]:
    """The one number that a column of `role` holds in each curve."""
    for curve in recording.curves:
        assert np.ptp(curve.values(role)) == 0.0
    return [float(curve.values(role)[0]) for curve in recording.curves]


# Bias


@pytest.mark.parametrize(
    ("head", "factor"),
    [("bias (mV),dI/dV (S)", 1.0), ("V_bias (V),G (S)", 1e3), ("Vbias_uV,dIdV (S)", 1e-3), ("V (V),dI/dV (S)", 1e3)],
)
def test_the_bias_is_in_millivolts(head: str, factor: float, write: Write) -> None:
    curve = only(read(write(table(head, V, UP))))
    np.testing.assert_allclose(curve.values(Role.BIAS), factor * V)
    assert curve.column(Role.BIAS).unit == "mV"
    np.testing.assert_array_equal(curve.values(Role.CONDUCTANCE), UP)


@pytest.mark.parametrize("quantity", ["dI/dV (S)", "G/G_N", "dV/dI (Ohm)"])
def test_the_one_voltage_of_a_spectrum_is_its_bias(quantity: str, write: Write) -> None:
    recording = read(write(table(f"I (uA),V (uV),{quantity}", 10 * V, 1000 * V, UP)))
    curve = only(recording)
    np.testing.assert_allclose(curve.values(Role.BIAS), V)
    np.testing.assert_allclose(curve.values(Role.CURRENT), 1e-5 * V)
    assert not curve.has(Role.VOLTAGE)
    assert "column 'V (uV)' taken as the bias of the spectrum" in said(recording, level="info")


def test_beside_a_bias_a_voltage_stays_a_voltage(write: Write) -> None:
    curve = only(read(write(table("bias (mV),V_ac (uV),dI/dV (S)", V, UP, UP))))
    assert list(roles(curve).values()) == [Role.BIAS, Role.VOLTAGE, Role.CONDUCTANCE]


def test_two_voltages_of_one_spectrum_stay_voltages(write: Write) -> None:
    curve = read(write(table("V_dc (mV),V_ac (uV),dI/dV (S)", V, UP, UP))).curves[0]
    assert not curve.has(Role.BIAS)


def test_each_spectrum_may_have_a_bias_of_its_own(write: Write) -> None:
    first, second = read(write(table("V1 (mV),G1 (S),V2 (mV),G2 (S)", V, UP, 2 * V, HALF))).curves
    np.testing.assert_array_equal(second.values(Role.BIAS), 2 * V)
    np.testing.assert_array_equal(first.values(Role.CONDUCTANCE), UP)


def test_a_voltage_that_the_user_names_stays_one(write: Write) -> None:
    curve = only(read(write(table("a,G (S)", V, UP)), columns={"voltage": "a"}, units={"voltage": "mV"}))
    assert curve.has(Role.VOLTAGE)
    named = only(read(write(table("a,b", V, UP)), columns={"bias": 1, "normalised_conductance": "b"}))
    np.testing.assert_array_equal(named.values(Role.BIAS), V)
    np.testing.assert_array_equal(named.values(Role.NORMALISED_CONDUCTANCE), UP)


def test_current_and_voltage_stay_what_they_are(write: Write) -> None:
    curve = only(read(write(table("I (mA),V (mV)", V, 2 * V))))
    assert list(roles(curve).values()) == [Role.CURRENT, Role.VOLTAGE]


@pytest.mark.parametrize(("scale", "factor", "level"), [(1.0, 1.0, "info"), (1e-3, 1e3, "warning")])
def test_a_bias_without_a_unit(scale: float, factor: float, level: str, write: Write) -> None:
    recording = read(write(table("bias,dI/dV (S)", scale * V, UP)))
    np.testing.assert_allclose(only(recording).values(Role.BIAS), factor * scale * V)
    assert f"taken as {'mV' if factor == 1.0 else 'V'}; say units.bias" in said(recording, level=level)
    given = read(write(table("bias,dI/dV (S)", scale * V, UP)), units={"bias": "uV"})
    np.testing.assert_allclose(only(given).values(Role.BIAS), 1e-3 * scale * V)
    assert "taken as" not in said(given)


def test_the_wrong_unit_for_a_named_bias_is_refused(write: Write) -> None:
    with pytest.raises(DataError, match=r"unit 'K' does not measure bias; allowed for instance mV, V, uV"):
        read(write(table("a,b", V, UP)), columns={"bias": "a"}, units={"bias": "K"})


# Conductance


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("S", 1.0),
        ("mS", 1e-3),
        ("µS", 1e-6),
        ("nS", 1e-9),
        ("1/ohm", 1.0),
        ("Ω^-1", 1.0),
        ("1/kOhm", 1e-3),
        ("2e2/h", 7.748091729e-5),
    ],
)
def test_units_of_conductance(unit: str, factor: float, write: Write) -> None:
    curve = only(read(write(table(f"bias (mV);dI/dV ({unit})", V, UP, sep=";"))))
    np.testing.assert_allclose(curve.values(Role.CONDUCTANCE), factor * UP, rtol=1e-8)


@pytest.mark.parametrize("head", ["dI/dV (a.u.)", "dI/dV [arb. units]", "dI/dV (norm.)", "G/GN", "(dI/dV)/(dI/dV)N"])
def test_normalised_conductance_needs_no_unit(head: str, write: Write) -> None:
    recording = read(write(table(f"bias (mV),{head}", V, 5.0 * UP)))
    np.testing.assert_array_equal(only(recording).values(Role.NORMALISED_CONDUCTANCE), 5.0 * UP)
    assert only(recording).column(Role.NORMALISED_CONDUCTANCE).unit == "1"
    assert said(recording, level="warning") == ""


def test_a_conductance_without_a_unit_is_judged_by_the_ends_of_its_bias(write: Write) -> None:
    near = read(write(table("bias (mV),dI/dV", V, UP)))
    assert only(near).has(Role.NORMALISED_CONDUCTANCE)
    assert 'taken as normalised; say units.conductance = "S" where it is not' in said(near, level="warning")
    far = read(write(table("bias (mV),dI/dV", V, 0.3 * UP)))
    np.testing.assert_array_equal(only(far).values(Role.CONDUCTANCE), 0.3 * UP)
    assert "'dI/dV' gives no unit: taken as S" in said(far, level="warning")
    told = read(write(table("bias (mV),dI/dV", V, UP)), units={"conductance": "mS"})
    np.testing.assert_allclose(only(told).values(Role.CONDUCTANCE), 1e-3 * UP)


def test_current_conductance_and_its_normalised_form_are_one_curve(write: Write) -> None:
    text = table("V (mV),I (uA),dI/dV (S),(dI/dV)/(dI/dV)N,T (K)", V, V, 0.1 * UP, UP, np.repeat([2.0, 4.0, 10.0], 27))
    curve = only(read(write(text)))
    assert list(roles(curve).values()) == [
        Role.BIAS, Role.CURRENT, Role.CONDUCTANCE, Role.NORMALISED_CONDUCTANCE, Role.TEMPERATURE,
    ]  # fmt: skip


def test_standard_deviations_of_spectra(write: Write) -> None:
    curve = only(read(write(table("V (mV),V_err (uV),dI/dV,dI/dV_err", V, 0 * V + 50, UP, 0 * V + 0.01))))
    bias, conductance = curve.column(Role.BIAS), curve.column(Role.NORMALISED_CONDUCTANCE)
    assert bias.error is not None
    assert conductance.error is not None
    np.testing.assert_allclose(bias.error, 0.05)
    np.testing.assert_allclose(conductance.error, 0.01)


def test_missing_and_overloaded_readings_cost_their_rows(write: Write) -> None:
    lines = table("bias (mV),dI/dV (S)", V, UP).splitlines()
    lines[5] = lines[5].split(",")[0] + ",nan"
    lines[9] = lines[9].split(",")[0] + ",9.9e37"
    assert len(only(read(write("\n".join(lines) + "\n")))) == N - 2


# Harmonics


def test_harmonics_beside_a_swept_current(write: Write) -> None:
    for first, second in (("X1 (uV)", "X2 (uV)"), ("1f (uV)", "2f (uV)"), ("V_1ω (uV)", "V_2ω (uV)")):
        curve = only(read(write(table(f"T (K),I (uA),V (mV),{first},{second}", 0 * V + 4.2, V, V, UP, V))))
        assert [column.role for column in curve.columns] == [
            Role.TEMPERATURE, Role.CURRENT, Role.BIAS, Role.FIRST_HARMONIC, Role.SECOND_HARMONIC,
        ]  # fmt: skip
        np.testing.assert_allclose(curve.values(Role.FIRST_HARMONIC), 1e-6 * UP)
        np.testing.assert_allclose(curve.values(Role.SECOND_HARMONIC), 1e-6 * V)


def test_harmonics_in_words(write: Write) -> None:
    curve = only(read(write(table("I (uA),1st harmonic (V),2nd harmonic (V)", V, UP, V))))
    assert [column.role for column in curve.columns] == [Role.CURRENT, Role.FIRST_HARMONIC, Role.SECOND_HARMONIC]


def test_lock_in_channels_of_a_temperature_sweep_stay_voltages(write: Write) -> None:
    first, second = read(write(table("T (K),I (uA),X1 (V),X2 (V)", T, 0 * T + 1, UP, HALF))).curves
    np.testing.assert_array_equal(first.values(Role.VOLTAGE), UP)
    np.testing.assert_array_equal(second.values(Role.VOLTAGE), HALF)
    assert first.has(Role.CURRENT)


# Without a header


def test_bare_columns_of_a_normalised_spectrum(write: Write) -> None:
    recording = read(write(table("", V, UP)))
    curve = only(recording)
    np.testing.assert_array_equal(curve.values(Role.BIAS), V)
    np.testing.assert_array_equal(curve.values(Role.NORMALISED_CONDUCTANCE), UP)
    assert "guessed that column 1 is the bias and column 2 the normalised conductance" in said(
        recording, level="warning"
    )
    assert "bias 'column 1' gives no unit: taken as mV" in said(recording, level="info")


def test_bare_columns_of_a_spectrum_in_siemens_and_volts(write: Write) -> None:
    recording = read(write(table("", V[::-1] / 1000, 0.01 * UP)))
    curve = only(recording)
    np.testing.assert_allclose(curve.values(Role.BIAS), V[::-1])
    np.testing.assert_array_equal(curve.values(Role.CONDUCTANCE), 0.01 * UP)
    assert "column 2 the conductance of a contact" in said(recording, level="warning")
    assert "stays below 0.25: taken as V" in said(recording, level="warning")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (V + 5.0, UP),  # far from even about zero
        (np.abs(V), UP),  # one sign
        (V, V),  # current and voltage
        (V, UP - 1.4),  # of both signs
    ],
)
def test_other_bare_columns_are_not_guessed(first: np.ndarray, second: np.ndarray, write: Write) -> None:
    recording = read(write(table("", first, second)))
    assert not only(recording).has(Role.BIAS)
    assert "guessed" not in said(recording)


def test_few_rows_and_sweeps_of_the_field_are_not_guessed(write: Write) -> None:
    assert not only(read(write(table("", V[::12], UP[::12])))).has(Role.BIAS)
    assert not only(read(write(table("# magnetoresistance, field in tesla", V, UP)))).has(Role.BIAS)


def test_a_temperature_above_bare_columns_is_no_header(write: Write) -> None:
    for line in ("# T = 2 K", "Temperature: 2 K", "# Field: 1 T\n# Temperature (K): 2.0"):
        curve = only(read(write(table(line, V, UP))))
        assert len(curve) == N
        assert curve.has(Role.BIAS)
        assert set(curve.values(Role.TEMPERATURE)) == {2.0}
        assert curve.has(Role.FIELD) == ("Field" in line)


def test_columns_by_number_go_before_the_guess(write: Write) -> None:
    curve = only(read(write(table("", V, UP)), columns={"field": 1, "resistance": 2}))
    assert list(roles(curve).values()) == [Role.FIELD, Role.RESISTANCE]


# Wide tables


@pytest.mark.parametrize(
    "head",
    [
        "V (mV);dI/dV (S) 2K;dI/dV (S) 4.5K",
        "bias (mV);G 2 K (S);G 4.5 K (S)",
        "bias (mV);dI/dV (S), T = 2 K;dI/dV (S), T = 4.5 K",
        "bias (mV);2 K (S);4.5 K (S)",
        "bias;dI/dV;dI/dV\nmV;S;S\n;2 K;4.5 K",
        "bias;2 K;4.5 K\nmV;S;S",
        "T (K);2;4.5\nbias (mV);dI/dV (S);dI/dV (S)",
        "bias (mV);G (S);G (S)\nT (K);2.0;4.50",
        "Run;3\nT;2;4.5\nbias;dI/dV;dI/dV\nmV;S;S",
    ],
)
def test_a_column_for_each_temperature(head: str, write: Write) -> None:
    recording = read(write(table(head, V, UP, HALF, sep=";")))
    assert at(recording, Role.TEMPERATURE) == [2.0, 4.5]
    first, second = recording.curves
    for curve, values in ((first, UP), (second, HALF)):
        np.testing.assert_array_equal(curve.values(Role.BIAS), V)
        np.testing.assert_array_equal(curve.values(Role.CONDUCTANCE), values)
    assert "2" in first.name
    assert "4.5" in second.name
    assert "temperature of each curve from its heading" in said(recording, level="info")


def test_columns_that_are_numbered_by_something_else_keep_their_header(write: Write) -> None:
    curve = only(read(write(table("T (K),10,20", T, UP, HALF))))
    assert list(roles(curve)) == ["T (K)", "10", "20"]
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), T)


def test_headings_that_name_nothing_but_a_temperature_are_guessed_and_said(write: Write) -> None:
    recording = read(write(table("V (mV),2 K,4 K,10 K", V, UP, UP, UP)))
    assert at(recording, Role.TEMPERATURE) == [2.0, 4.0, 10.0]
    assert all(curve.has(Role.NORMALISED_CONDUCTANCE) and curve.has(Role.BIAS) for curve in recording.curves)
    assert "do not say what they hold: guessed normalised conductance" in said(recording, level="warning")
    other = read(write(table("V (mV),2 K,4 K", V, V, V)))
    assert not other.curves[0].has(Role.CONDUCTANCE)
    assert "do not say what they hold: name them under columns" in said(other, level="warning")


def test_currents_that_share_a_bias(write: Write) -> None:
    for bias in ("bias", "V"):
        recording = read(write(table(f"{bias} (mV),I 2K (uA),I 4K (uA),I 8K (uA)", V, V, 2 * V, 3 * V)))
        assert at(recording, Role.TEMPERATURE) == [2.0, 4.0, 8.0]
        np.testing.assert_allclose(recording.curves[2].values(Role.CURRENT), 3e-6 * V)
        assert all(curve.has(Role.BIAS if bias == "bias" else Role.VOLTAGE) for curve in recording.curves)


def test_voltages_that_share_a_current(write: Write) -> None:
    recording = read(write(table("I (mA),V 0 T (mV),V -1 T (mV)".replace("V -1", "V B=-1"), V, V, 2 * V)))
    assert at(recording, Role.FIELD) == [0.0, -1.0]
    assert all(curve.has(Role.CURRENT) and curve.has(Role.VOLTAGE) for curve in recording.curves)


def test_conductance_and_current_of_one_temperature_belong_together(write: Write) -> None:
    text = table("bias (mV),I 2K (A),I 4K (A),dI/dV 2 K (S),dI/dV 4 K (S)", V, V, 2 * V, UP, HALF)
    first, second = read(write(text)).curves
    np.testing.assert_array_equal(second.values(Role.CURRENT), 2 * V)
    np.testing.assert_array_equal(second.values(Role.CONDUCTANCE), HALF)
    np.testing.assert_array_equal(first.values(Role.CURRENT), V)


def test_resistances_at_several_fields(write: Write) -> None:
    recording = read(write(table("T (K),R 0T (Ohm),R 5T (Ohm)", T, UP, HALF)))
    assert at(recording, Role.FIELD) == [0.0, 5.0]
    np.testing.assert_array_equal(recording.curves[1].values(Role.TEMPERATURE), T)
    assert [curve.name for curve in recording.curves] == ["R 0T", "R 5T"]


def test_a_measured_temperature_goes_before_the_heading(write: Write) -> None:
    curve = only(read(write(table("T (K),R 300K (Ohm)", T, UP))))
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), T)


def test_decimal_commas(write: Write) -> None:
    head = "U_bias (mV);dI/dV (mS) 2K;dI/dV (mS) 4,5 K"
    recording = read(write(table(f"Probe 3\nFeld: 0,5 T\n{head}", V, UP, HALF, sep=";", decimal=",")))
    assert at(recording, Role.TEMPERATURE) == [2.0, 4.5]
    assert at(recording, Role.FIELD) == [0.5, 0.5]
    np.testing.assert_allclose(recording.curves[1].values(Role.CONDUCTANCE), 1e-3 * HALF)


# Conditions in the lines above


def test_conditions_above_the_table_become_columns(write: Write) -> None:
    text = table("# Sample temperature = 4.2K\n# Field: 1 T\nV (mV),dI/dV (S)", V, UP)
    recording = read(write(text))
    assert (at(recording, Role.TEMPERATURE), at(recording, Role.FIELD)) == ([4.2], [1.0])
    assert "temperature from a line above the table ('Sample temperature = 4.2K')" in said(recording, level="info")
    assert only(recording).column(Role.TEMPERATURE).name == "Sample temperature = 4.2K"


def test_conditions_above_give_way_to_columns_and_headings(write: Write) -> None:
    text = table("# T = 300 K\nT (K),V (mV),dI/dV (S)", 0 * V + 2, V, UP)
    assert at(read(write(text)), Role.TEMPERATURE) == [2.0]
    text = table("# T = 300 K\nV (mV),dI/dV 2K (S),dI/dV 4K (S)", V, UP, UP)
    assert at(read(write(text)), Role.TEMPERATURE) == [2.0, 4.0]
    assert at(read(write(text), constants={"temperature": [1, 3]}), Role.TEMPERATURE) == [1.0, 3.0]


def test_conditions_above_say_nothing_of_other_tables(write: Write) -> None:
    curve = only(read(write(table("Temperature: 300 K\n2theta (deg),counts", 5 + V / 4, UP))))
    assert not curve.has(Role.TEMPERATURE)


def test_a_field_above_a_temperature_sweep(write: Write) -> None:
    recording = read(write(table("Field: 10 kOe\nT (K),R (Ohm)", T, UP)))
    assert at(recording, Role.FIELD) == [1.0]
    np.testing.assert_array_equal(only(recording).values(Role.TEMPERATURE), T)


def test_different_values_above_are_not_used(write: Write) -> None:
    recording = read(write(table("# T = 2 K\n# T = 4 K\nV (mV),dI/dV (S)", V, UP)))
    assert not only(recording).has(Role.TEMPERATURE)
    assert "several values of temperature stand above the table" in said(recording, level="warning")


# Other formats


def test_a_spreadsheet(write: Write) -> None:
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["Field", 0.5, "T"])
    sheet.append([])
    sheet.append(["V (mV)", "dI/dV (mS) 2 K", "dI/dV (mS) 10 K"])
    for row in zip(V, UP, HALF, strict=True):
        sheet.append([float(x) for x in row])
    buffer = BytesIO()
    workbook.save(buffer)
    recording = read(write(buffer.getvalue(), "spectra.xlsx"))
    assert (at(recording, Role.TEMPERATURE), at(recording, Role.FIELD)) == ([2.0, 10.0], [0.5, 0.5])
    np.testing.assert_allclose(recording.curves[1].values(Role.CONDUCTANCE), 1e-3 * HALF)
    np.testing.assert_allclose(recording.curves[0].values(Role.BIAS), V)


def test_a_labview_file(write: Write) -> None:
    head = (
        "LabVIEW Measurement\t\nWriter_Version\t2\nReader_Version\t2\nSeparator\tTab\nDecimal_Separator\t.\n"
        "Multi_Headings\tNo\nX_Columns\tOne\nTime_Pref\tAbsolute\nDescription\tT = 4.2 K\n***End_of_Header***\t\n\t\n"
        f"Channels\t2\t\t\nSamples\t{N}\t{N}\t\nY_Unit_Label\tmV\tmS\t\nX_Dimension\tTime\tTime\t\nX0\t0.0\t0.0\t\n"
        "Delta_X\t0.5\t0.5\t\n***End_of_Header***\t\t\t\nX_Value\tbias\tdI/dV\tComment\n"
    )
    body = "".join(f"{0.5 * i:.3f}\t{v:.3f}\t{g:.6f}\n" for i, (v, g) in enumerate(zip(V, UP, strict=True)))
    recording = read(write(head + body, "spectrum.lvm"))
    curve = only(recording)
    np.testing.assert_array_equal(curve.values(Role.BIAS), V)
    np.testing.assert_allclose(curve.values(Role.CONDUCTANCE), 1e-3 * UP)
    assert at(recording, Role.TEMPERATURE) == [4.2]


def test_a_measured_spectrum_without_a_header(measured: Path) -> None:
    (path,) = (measured / "andreev_btk").glob("*/b2.csv")
    recording = read(path)
    curve = only(recording)
    bias, conductance = curve.values(Role.BIAS), curve.values(Role.NORMALISED_CONDUCTANCE)
    np.testing.assert_allclose(bias, np.linspace(-7.0, 7.0, 1001), atol=1e-9)
    assert conductance[0] == conductance[-1] == 0.98792
    assert "guessed that column 1 is the bias and column 2 the normalised conductance" in said(
        recording, level="warning"
    )
    assert "taken as mV" in said(recording)
