"""Headings as instruments and people write them: name, unit, role."""

from __future__ import annotations

import pytest

from megabar.data import Role
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
]
NO_ROLE = [
    "X",
    "R/R0",
    "R/R(300K)",
    "dV/dI",
    "Setpoint (K)",
    "T set (K)",
    "Min. Temperature (K)",
    "Motor Temp. (C)",
    "Phase Angle Ch1 (deg)",
    "2theta",
    "a",
    "V (Å^3)",
    "I (counts)",
    "Excitation (V)",
    "Chamber Pressure (Torr)",
    "ρ (g/cm3)",
    "Moment (emu)",
    "E (THz)",
    "R (V)",
    "R^2",
    "Tc (K)",
    "Error code",
    "sigma",
    "sigma (S/cm)",
    "comment",
    "",
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
