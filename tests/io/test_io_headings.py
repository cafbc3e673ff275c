"""Headings as instruments and people write them: name, unit, role."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from megabar.data import Role
from megabar.data.recording import UNITS
from megabar.io.headings import read_heading

KNOWN = [
    ("T (K)", "T", "K", Role.TEMPERATURE),
    ("T(K)", "T", "K", Role.TEMPERATURE),
    ("T/K", "T", "K", Role.TEMPERATURE),
    ("T_K", "T", "K", Role.TEMPERATURE),
    ("Temp.(K)", "Temp.", "K", Role.TEMPERATURE),
    ("Temperature K", "Temperature", "K", Role.TEMPERATURE),
    ("Sample Temp (Kelvin)", "Sample Temp", "Kelvin", Role.TEMPERATURE),
    ("T_sample", "T_sample", None, Role.TEMPERATURE),
    ("T_s", "T_s", None, Role.TEMPERATURE),
    ("T_C", "T_C", None, Role.TEMPERATURE),
    ("t (K)", "t", "K", Role.TEMPERATURE),
    ("LS340 A (K)", "LS340 A", "K", Role.TEMPERATURE),
    ("R [mOhm]", "R", "mOhm", Role.RESISTANCE),
    ("R / Ohm", "R", "Ohm", Role.RESISTANCE),
    ("R, mΩ", "R", "mΩ", Role.RESISTANCE),
    ("R_{xx} (mΩ)", "R_{xx}", "mΩ", Role.RESISTANCE),
    ("R1", "R1", None, Role.RESISTANCE),
    ("R(T)", "R(T)", None, Role.RESISTANCE),
    ("R 4-wire (Ohm)", "R 4-wire", "Ohm", Role.RESISTANCE),
    ("V/I (Ohm)", "V/I", "Ohm", Role.RESISTANCE),
    ("Resistance Ch1 (Ohms)", "Resistance Ch1", "Ohms", Role.RESISTANCE),
    ("Bridge 1 Resistivity (Ohm)", "Bridge 1 Resistivity", "Ohm", Role.RESISTANCE),
    ("rho_uOhm_cm", "rho", "uOhm cm", Role.RESISTIVITY),
    ("ρ (µΩ·cm)", "ρ", "µΩ·cm", Role.RESISTIVITY),
    ("rho / µΩ cm", "rho", "µΩ cm", Role.RESISTIVITY),
    ("dc rho (mikroOhm-cm)", "dc rho", "mikroOhm-cm", Role.RESISTIVITY),
    ("R (mOhm cm)", "R", "mOhm cm", Role.RESISTIVITY),
    ("Res. ch1 (ohm-cm)", "Res. ch1", "ohm-cm", Role.RESISTIVITY),
    ("V (uV)", "V", "uV", Role.VOLTAGE),
    ("X (V)", "X", "V", Role.VOLTAGE),
    ("Lock-in X", "Lock-in X", None, Role.VOLTAGE),
    ("In Phase Voltage (V)", "In Phase Voltage", "V", Role.VOLTAGE),
    ("Y (V)", "Y", "V", Role.VOLTAGE_QUADRATURE),
    ("Lock-in Y (uV)", "Lock-in Y", "uV", Role.VOLTAGE_QUADRATURE),
    ("Quadrature voltage (V)", "Quadrature voltage", "V", Role.VOLTAGE_QUADRATURE),
    ("I (uA)", "I", "uA", Role.CURRENT),
    ("Excitation (uA)", "Excitation", "uA", Role.CURRENT),
    ("Magnetic Field (Oe)", "Magnetic Field", "Oe", Role.FIELD),
    ("µ0H (T)", "µ0H", "T", Role.FIELD),
    ("mu0H(T)", "mu0H", "T", Role.FIELD),
    ("B", "B", None, Role.FIELD),
    ("H (kOe)", "H", "kOe", Role.FIELD),
    ("Time Stamp (sec)", "Time Stamp", "sec", Role.TIME),
    ("t (s)", "t", "s", Role.TIME),
    ("P (GPa)", "P", "GPa", Role.PRESSURE),
    ("Hext (Oe)", "Hext", "Oe", Role.FIELD),
    ("R (bridge 1)", "R (bridge 1)", None, Role.RESISTANCE),
    ("T (sample)", "T (sample)", None, Role.TEMPERATURE),
    ("温度 (K)", "温度", "K", Role.TEMPERATURE),
    ("电阻率(mΩ·cm)", "电阻率", "mΩ·cm", Role.RESISTIVITY),
    ("Температура, К", "Температура", "К", Role.TEMPERATURE),
    ("Т, К", "Т", "К", Role.TEMPERATURE),
    ("R, мкОм", "R", "мкОм", Role.RESISTANCE),
    ("Sample Position (deg)", "Sample Position", "deg", Role.ANGLE),
    ("bias", "bias", None, Role.BIAS),
    ("V_bias (mV)", "V_bias", "mV", Role.BIAS),
    ("Vbias_mV", "Vbias", "mV", Role.BIAS),
    ("sample bias / mV", "sample bias", "mV", Role.BIAS),
    ("Bias calc (V)", "Bias calc", "V", Role.BIAS),
    ("V_sd (uV)", "V_sd", "uV", Role.BIAS),
    ("bias (uA)", "bias", "uA", Role.CURRENT),
    ("Bias current (uA)", "Bias current", "uA", Role.CURRENT),
    ("I bias (uA)", "I bias", "uA", Role.CURRENT),
    ("gate bias (V)", "gate bias", "V", Role.VOLTAGE),
    ("dI/dV (S)", "dI/dV", "S", Role.CONDUCTANCE),
    ("dI/dV/mS", "dI/dV", "mS", Role.CONDUCTANCE),
    ("dIdV_S", "dIdV", "S", Role.CONDUCTANCE),
    ("di/dv", "di/dv", None, Role.CONDUCTANCE),
    ("dI/dU (µS)", "dI/dU", "µS", Role.CONDUCTANCE),
    ("dI/dV(V)", "dI/dV(V)", None, Role.CONDUCTANCE),
    ("G", "G", None, Role.CONDUCTANCE),
    ("G mS", "G", "mS", Role.CONDUCTANCE),
    ("G(V) (1/ohm)", "G(V)", "1/ohm", Role.CONDUCTANCE),
    ("G (2e²/h)", "G", "2e²/h", Role.CONDUCTANCE),
    ("Differential conductance (nS)", "Differential conductance", "nS", Role.CONDUCTANCE),
    ("diff. conductance", "diff. conductance", None, Role.CONDUCTANCE),
    ("dI/dV (arb. units)", "dI/dV", "arb. units", Role.NORMALISED_CONDUCTANCE),
    ("dI/dV, a.u.", "dI/dV", "a.u.", Role.NORMALISED_CONDUCTANCE),
    ("G/GN", "G/GN", None, Role.NORMALISED_CONDUCTANCE),
    ("G/G_N", "G/G_N", None, Role.NORMALISED_CONDUCTANCE),
    ("G(V)/G_{N}", "G(V)/G_{N}", None, Role.NORMALISED_CONDUCTANCE),
    ("σ/σ_N", "σ/σ_N", None, Role.NORMALISED_CONDUCTANCE),
    ("normalized conductance", "normalized conductance", None, Role.NORMALISED_CONDUCTANCE),
    ("normalised dI/dV (norm.)", "normalised dI/dV", "norm.", Role.NORMALISED_CONDUCTANCE),
    ("(dI/dV)/(dI/dV)N", "(dI/dV)/(dI/dV)N", None, Role.NORMALISED_CONDUCTANCE),
    ("(dI/dV)/(dI/dV)_N", "(dI/dV)/(dI/dV)_N", None, Role.NORMALISED_CONDUCTANCE),
    ("dIdV_norm", "dIdV_norm", None, Role.NORMALISED_CONDUCTANCE),
    ("R_N dI/dV", "R_N dI/dV", None, Role.NORMALISED_CONDUCTANCE),
    ("dV/dI", "dV/dI", None, Role.DIFFERENTIAL_RESISTANCE),
    ("dV/dI (kOhm)", "dV/dI", "kOhm", Role.DIFFERENTIAL_RESISTANCE),
    ("R_d (Ohm)", "R_d", "Ohm", Role.DIFFERENTIAL_RESISTANCE),
    ("differential resistance", "differential resistance", None, Role.DIFFERENTIAL_RESISTANCE),
    ("X1 (V)", "X1", "V", Role.FIRST_HARMONIC),
    ("1f", "1f", None, Role.FIRST_HARMONIC),
    ("V_1ω (uV)", "V_1ω", "uV", Role.FIRST_HARMONIC),
    ("1st harmonic (uV)", "1st harmonic", "uV", Role.FIRST_HARMONIC),
    ("2f (nV)", "2f", "nV", Role.SECOND_HARMONIC),
    ("2nd harmonic", "2nd harmonic", None, Role.SECOND_HARMONIC),
    ("second harmonic X (V)", "second harmonic X", "V", Role.SECOND_HARMONIC),
    ("R_1w (Ohm)", "R_1w", "Ohm", Role.RESISTANCE),
    ("2theta", "2theta", None, Role.TWO_THETA),
    ("2th_deg", "2th_deg", None, Role.TWO_THETA),
    ("V (Å^3)", "V", "Å^3", Role.VOLUME),
    ("I (counts)", "I", "counts", Role.INTENSITY),
    ("q (nm^-1)", "q", "nm^-1", Role.SCATTERING_VECTOR),
    ("Raman shift (cm-1)", "Raman shift", "cm-1", Role.RAMAN_SHIFT),
]
NO_ROLE = [
    "X",
    "R/R0",
    "R/R(300K)",
    "Setpoint (K)",
    "T set (K)",
    "Min. Temperature (K)",
    "Motor Temp. (C)",
    "Phase Angle Ch1 (deg)",
    "a",
    "Excitation (V)",
    "Chamber Pressure (Torr)",
    "ρ (g/cm3)",
    "M (emu/g)",
    "E (THz)",
    "R (V)",
    "R^2",
    "Tc (K)",
    "Error code",
    "sigma",
    "sigma (S/cm)",
    "comment",
    "",
    "dI/dV fit",
    "dI/dV phase (deg)",
    "dI/dV (V)",
    "dR/dT",
    "d2I/dV2",
    "d²V/dI²",
    "d(dI/dV)/dV",
    "(dI/dV)/(I/V)",
    "dV/dI/R_N",
    "normalised dV/dI",
    "normalized resistance",
    "G_N",
    "G (GPa)",
    "thermal conductance",
    "transconductance",
    "zero bias conductance",
    "magnetic bias",
    "3rd harmonic",
    "2f Y",
    "2f phase",
]


@pytest.mark.parametrize(("text", "name", "unit", "role"), KNOWN)
def test_known_spellings(text: str, name: str, unit: str | None, role: Role) -> None:
    heading = read_heading(text)
    assert (heading.name, heading.unit, heading.role) == (name, unit, role)
    assert not heading.is_error


@pytest.mark.parametrize("text", NO_ROLE)
def test_other_quantities_play_no_role(text: str) -> None:
    assert read_heading(text).role == Role.OTHER


@pytest.mark.parametrize("text", ["R_err (Ohm)", "Rerr", "R std", "sigma R", "R error (mOhm)", "R uncertainty"])
def test_columns_of_standard_deviations(text: str) -> None:
    heading = read_heading(text)
    assert heading.is_error
    assert heading.role == Role.RESISTANCE


@pytest.mark.parametrize(("text", "unit"), [("T (Ohm)", "Ohm"), ("T [foo]", "foo"), ("Resistance (bar)", "bar")])
def test_a_sure_name_keeps_its_role_so_that_the_wrong_unit_is_noticed(text: str, unit: str) -> None:
    heading = read_heading(text)
    assert heading.sure
    assert heading.role in (Role.TEMPERATURE, Role.RESISTANCE)
    assert heading.unit == unit


@pytest.mark.parametrize(
    ("better", "worse"),
    [("T_sample (K)", "T (K)"), ("T (K)", "T_A (K)"), ("T_A (K)", "T bath (K)"), ("Sample Temp", "VTI temperature")],
)
def test_thermometers_are_ranked_by_their_distance_from_the_sample(better: str, worse: str) -> None:
    assert read_heading(better).rank < read_heading(worse).rank


def test_keys_join_the_columns_of_one_channel() -> None:
    for number in "12":
        keys = {read_heading(text.format(number)).key for text in ("R{} (Ohm)", "V{} (V)", "Bridge {} Excitation (uA)")}
        assert keys == {(number,)}


def test_a_line_of_units_goes_before_the_heading() -> None:
    heading = read_heading("R", unit="mOhm cm")
    assert (heading.role, heading.unit) == (Role.RESISTIVITY, "mOhm cm")


@pytest.mark.parametrize(
    ("text", "role", "unit", "temperature", "field"),
    [
        ("dI/dV (S) 10K", Role.CONDUCTANCE, "S", 10.0, None),
        ("dI/dV 2 K (mS)", Role.CONDUCTANCE, "mS", 2.0, None),
        ("dI/dV(4.2K)", Role.CONDUCTANCE, None, 4.2, None),
        ("dI/dV @ 4.2 K (mS)", Role.CONDUCTANCE, "mS", 4.2, None),
        ("dI/dV (2 K, 0.5 T)", Role.CONDUCTANCE, None, 2.0, 0.5),
        ("G_2K", Role.CONDUCTANCE, None, 2.0, None),
        ("G T=2,5 K", Role.CONDUCTANCE, None, 2.5, None),
        ("G/GN 1p6K", Role.NORMALISED_CONDUCTANCE, None, 1.6, None),
        ("dV/dI B=-2T (Ohm)", Role.DIFFERENTIAL_RESISTANCE, "Ohm", None, -2.0),
        ("I 300mK (nA)", Role.CURRENT, "nA", 0.3, None),
        ("V 77 K (mV)", Role.VOLTAGE, "mV", 77.0, None),
        ("R 5000 Oe (Ohm)", Role.RESISTANCE, "Ohm", None, 0.5),
        ("2 K", Role.OTHER, None, 2.0, None),
        ("T = 10 K", Role.OTHER, None, 10.0, None),
        ("0.5 T", Role.OTHER, None, None, 0.5),
        ("2 K (S)", Role.CONDUCTANCE, "S", 2.0, None),
        ("R_4T (Ohm)", Role.RESISTANCE, "Ohm", None, None),
        ("T_1K (K)", Role.TEMPERATURE, "K", None, None),
        ("1K pot (K)", Role.TEMPERATURE, "K", None, None),
        ("R/R(300K)", Role.OTHER, "300K", None, None),
    ],
)
def test_headings_that_name_a_temperature_or_a_field(
    text: str, role: Role, unit: str | None, temperature: float | None, field: float | None
) -> None:
    heading = read_heading(text)
    said = {condition.role: condition.value for condition in heading.conditions}
    assert (heading.role, heading.unit) == (role, unit)
    assert said.get(Role.TEMPERATURE) == (None if temperature is None else pytest.approx(temperature))
    assert said.get(Role.FIELD) == (None if field is None else pytest.approx(field))


def test_a_temperature_in_the_heading_keeps_the_name_as_written() -> None:
    assert read_heading("dI/dV 2 K (S)").name == "dI/dV 2 K"
    assert read_heading("dI/dV (S) 10K").name == "dI/dV 10K"
    assert read_heading("G 2K").key == read_heading("I 2.0 K").key != read_heading("G 4K").key


@pytest.mark.parametrize("text", ["dI/dV_err (S)", "dI/dV std", "G error", "sigma dI/dV", "dI/dV 2 K err"])
def test_standard_deviations_of_a_conductance(text: str) -> None:
    heading = read_heading(text)
    assert heading.is_error
    assert heading.role == Role.CONDUCTANCE


def test_the_documented_headings_are_understood() -> None:
    page = (Path(__file__).parents[2] / "docs/experiment-file.md").read_text(encoding="utf-8")
    table = page.split("| role | unit |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    documented = [role for roles, _, _ in rows for role in re.findall(r"`(\w+)`", roles)]
    assert set(documented) == {role.value for role in Role if role != Role.OTHER}
    for roles, units, headings in rows:
        names = re.findall(r"`(\w+)`", roles)
        allowed = [UNITS[Role(name)] for name in names]
        assert set(units.split(", ")) == set(allowed)
        for heading in re.findall(r"`([^`]+)`", headings.split("; units")[0]):
            assert read_heading(heading).role in names, heading


def test_long_texts_are_no_headings() -> None:
    assert read_heading("V " * 400).role == Role.OTHER
