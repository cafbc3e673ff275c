"""Laboratory spellings of units, against conversion factors written out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from megabar.data import Role
from megabar.data.recording import UNITS
from megabar.errors import DataError
from megabar.io.units import EXAMPLES, convert, family, fits, is_unit

MU0 = 4e-7 * math.pi
CHARGE = 1.602176634e-19
PLANCK = 6.62607015e-34

FACTORS = [
    (Role.TEMPERATURE, 1.0, "K Kelvin kelvin °K K. (K) [K]"),
    (Role.TEMPERATURE, 1e-3, "mK mKelvin"),
    (Role.RESISTANCE, 1.0, "Ohm Ohms ohm ohms OHM Ω \u2126 Ohm/sq Ω/□ V/A mV/mA Ohm/square $\\Omega$ (Ω)"),
    (Role.RESISTANCE, 1e-3, "mOhm mOhms mohm mΩ milliohm m\\Omega 10^-3Ohm 1e-3Ohm"),
    (Role.RESISTANCE, 1e-6, "uOhm µΩ μΩ uohm microohm mikroOhm $\\mu\\Omega$"),
    (Role.RESISTANCE, 1e3, "kOhm KOhm kohm kΩ kiloohm"),
    (Role.RESISTANCE, 1e6, "MOhm MΩ megaohm"),
    (Role.RESISTIVITY, 1.0, "Ohm-m ohm*m Ohm.m Ω·m Ohmm Ohm_m"),
    (Role.RESISTIVITY, 1e-2, "Ohm-cm ohm*cm ohm.cm Ωcm Ω·cm Ohm_cm ohm-cm"),
    (Role.RESISTIVITY, 1e-5, "mOhm.cm mΩ·cm mΩcm mohm-cm"),
    (Role.RESISTIVITY, 1e-8, "uOhm.cm µΩ·cm μΩcm mikroOhm-cm uOhm_cm microohm-cm 10^-8Ohm·m"),
    (Role.VOLTAGE, 1.0, "V Volt Volts volts"),
    (Role.VOLTAGE, 1e-9, "nV nanovolt"),
    (Role.VOLTAGE_QUADRATURE, 1e-6, "uV µV"),
    (Role.CURRENT, 1.0, "A amp Amps ampere"),
    (Role.CURRENT, 1e-6, "uA µA μA"),
    (Role.BIAS, 1.0, "mV millivolt мВ"),
    (Role.BIAS, 1e3, "V Volt"),
    (Role.BIAS, 1e-3, "uV µV"),
    (Role.CONDUCTANCE, 1.0, "S Siemens siemens mho A/V Ohm^-1 ohm^-1 Ω⁻¹ Ω^(-1) 1/Ohm 1/Ω (1/ohm) См"),
    (Role.CONDUCTANCE, 1e-3, "mS mA/V 1/kOhm kΩ⁻¹ 10^-3S millisiemens"),
    (Role.CONDUCTANCE, 1e-6, "uS µS 1/MOhm мкСм"),
    (Role.CONDUCTANCE, 1e-9, "nS"),
    (Role.CONDUCTANCE, 2 * CHARGE**2 / PLANCK, "2e2/h 2e^2/h 2e²/h (2e^2/h) G0 G_0"),
    (Role.CONDUCTANCE, CHARGE**2 / PLANCK, "e2/h e^2/h e²/h"),
    (Role.NORMALISED_CONDUCTANCE, 1.0, "1 a.u. (a.u.) arb.u. norm. norm dimensionless normalized"),
    (Role.DIFFERENTIAL_RESISTANCE, 1e-3, "mOhm mV/A"),
    (Role.FIRST_HARMONIC, 1e-6, "uV µV"),
    (Role.SECOND_HARMONIC, 1e-9, "nV"),
    (Role.FIELD, 1.0, "T Tesla tesla"),
    (Role.FIELD, 1e-3, "mT"),
    (Role.FIELD, 1e-4, "Oe Oersted oe G Gauss Gs gauss"),
    (Role.FIELD, 0.1, "kOe kG kGs"),
    (Role.FIELD, MU0, "A/m A*m^-1"),
    (Role.FIELD, 1e3 * MU0, "kA/m"),
    (Role.TIME, 1.0, "s sec secs second seconds"),
    (Role.TIME, 60.0, "min mins minutes"),
    (Role.TIME, 3600.0, "h hr hours"),
    (Role.TIME, 86400.0, "days"),
    (Role.PRESSURE, 1.0, "GPa Gpa gpa gigapascal"),
    (Role.PRESSURE, 0.1, "kbar"),
    (Role.PRESSURE, 100.0, "Mbar"),
    (Role.PRESSURE, 1e-3, "MPa"),
    (Role.PRESSURE, 1e-4, "bar"),
    (Role.ANGLE, 1.0, "deg degrees °"),
    (Role.ANGLE, 180 / math.pi, "rad"),
]


@pytest.mark.parametrize(
    ("role", "factor", "unit"),
    [(role, factor, unit) for role, factor, units in FACTORS for unit in units.split()],
)
def test_spellings_convert_by_their_factor(role: Role, factor: float, unit: str) -> None:
    values = convert(np.array([0.0, 1.0, -2.5]), unit=unit, role=role, where="f")
    np.testing.assert_allclose(values, np.array([0.0, 1.0, -2.5]) * factor, rtol=1e-9)


@pytest.mark.parametrize("unit", ["Ohm m", "µΩ cm", "uOhm cm", "mOhm cm", "Ohm * cm", "10^-8 Ohm m", "1e-8 Ohm m"])
def test_units_of_two_words(unit: str) -> None:
    assert family(unit) == Role.RESISTIVITY


@pytest.mark.parametrize("unit", ["arb. units", "arb units", "Arb. Units", "a. u."])
def test_arbitrary_units_of_two_words(unit: str) -> None:
    assert fits(unit, Role.NORMALISED_CONDUCTANCE)
    assert not is_unit(unit)


@pytest.mark.parametrize("unit", ["C", "°C", "degC", "deg C", "deg. C", "Celsius", "℃"])
def test_celsius(unit: str) -> None:
    np.testing.assert_allclose(
        convert(np.array([-273.15, 0.0, 26.85]), unit=unit, role=Role.TEMPERATURE, where="f"),
        [0.0, 273.15, 300.0],
        atol=1e-12,
    )


@pytest.mark.parametrize("unit", ["F", "°F", "degF", "Fahrenheit"])
def test_fahrenheit(unit: str) -> None:
    np.testing.assert_allclose(
        convert(np.array([32.0, 212.0]), unit=unit, role=Role.TEMPERATURE, where="f"), [273.15, 373.15], rtol=1e-12
    )


def test_errors_do_not_move_with_the_zero_of_the_scale() -> None:
    error = convert(np.array([1.8]), unit="degF", role=Role.TEMPERATURE, where="f", is_error=True)
    np.testing.assert_allclose(error, [1.0])


@pytest.mark.parametrize(
    "unit",
    ["foo", "MOHM", "parsec", "K/", "/K", "K//s", "Ohm^99", "300K", "", "2**9", "__import__", "1/", "1/1/K", "1/K K"],
)
def test_unknown_units_are_refused_with_examples(unit: str) -> None:
    assert not is_unit(unit)
    with pytest.raises(DataError, match=r"^a\.dat, column 'T': unknown unit .* K, mK, degC.*units\.temperature"):
        convert(np.ones(1), unit=unit, role=Role.TEMPERATURE, where="a.dat, column 'T'")


@pytest.mark.parametrize(("unit", "role"), [("Ohm", Role.TEMPERATURE), ("K", Role.RESISTANCE), ("A", Role.FIELD)])
def test_units_of_another_quantity_are_refused(unit: str, role: Role) -> None:
    with pytest.raises(DataError, match=rf"does not measure {role}.*columns\.{role}"):
        convert(np.ones(1), unit=unit, role=role, where="a.dat")


def test_every_role_has_examples_that_convert() -> None:
    for role in Role:
        if role != Role.OTHER:
            assert fits(UNITS[role], role)
            for unit in EXAMPLES[role].split(", "):
                assert fits(unit, role), unit


def test_missing_values_stay_missing_and_overflow_does_not_warn() -> None:
    values = convert(np.array([np.nan, 1e308]), unit="MOhm", role=Role.RESISTANCE, where="f")
    assert np.isnan(values[0])
    assert np.isinf(values[1])
