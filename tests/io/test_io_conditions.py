"""Temperatures and fields in headings and in the lines above a table."""

from __future__ import annotations

import pytest

from megabar.data import Note, Role
from megabar.io.conditions import common_conditions, heading_conditions, line_conditions, states_condition

LINES = [
    ("# Temperature (K): 2.0", Role.TEMPERATURE, 2.0),
    ("T = 2.0 K", Role.TEMPERATURE, 2.0),
    ("T=300mK", Role.TEMPERATURE, 0.3),
    ("Field: 1 T", Role.FIELD, 1.0),
    ("Sample temperature = 4.2K", Role.TEMPERATURE, 4.2),
    ("Temperature 4.2 K", Role.TEMPERATURE, 4.2),
    ("Temperature (K)\t2.0", Role.TEMPERATURE, 2.0),
    ("Temperature,2.5", Role.TEMPERATURE, 2.5),
    ("Temp;2,5 K", Role.TEMPERATURE, 2.5),
    ("Temp;2,5;K", Role.TEMPERATURE, 2.5),
    ('"Temperature (K)","2.0"', Role.TEMPERATURE, 2.0),
    ("T/K: 2.1", Role.TEMPERATURE, 2.1),
    ("T = 2.00 ± 0.01 K", Role.TEMPERATURE, 2.0),
    ("T = 2.0(1) K", Role.TEMPERATURE, 2.0),
    ("% T: 2", Role.TEMPERATURE, 2.0),
    ("temperature = -196 C", Role.TEMPERATURE, 77.15),
    ("Temperatur: 4,2 K", Role.TEMPERATURE, 4.2),
    ("# 4.2 K", Role.TEMPERATURE, 4.2),
    ("Magnetic field (Oe): 5000", Role.FIELD, 0.5),
    ("µ0H = 3 T", Role.FIELD, 3.0),
    ("mu0H = -3 T", Role.FIELD, -3.0),
    ("B=0T", Role.FIELD, 0.0),
]
SILENT = [
    "Temperature: 300 K to 2 K",
    "T = 2-300 K",
    "T (K) 2 4 10",
    "T = 2 - 300 K",
    "T = 2…300 K",
    "Set temperature: 2 K",
    "Temperature setpoint: 2 K",
    "Debye temperature = 300 K",
    "critical temperature: 39 K",
    "Tc = 39 K",
    "T1 = 5 K",
    "Detector temperature: 200 K",
    "Max field: 9 T",
    "Field: 1",
    "T = -2 K",
    "T = 2 A",
    "Time: 12:30:00",
    "Date: 2024-01-01",
    "T (K), R (Ohm)",
    "2024: 5 K",
    "1,2,3",
    "x = 3 K",
    "",
]


@pytest.mark.parametrize(("line", "role", "value"), LINES)
def test_lines_that_state_a_condition(line: str, role: Role, value: float) -> None:
    ((condition, _),) = line_conditions(line)
    assert condition.role == role
    assert condition.value == pytest.approx(value)
    assert states_condition(line)


@pytest.mark.parametrize("line", SILENT)
def test_lines_that_state_none(line: str) -> None:
    assert list(line_conditions(line)) == []


def test_several_in_one_line() -> None:
    found = [(c.role, c.value) for c, _ in line_conditions("# T=2 K, H = 1 T; I = 10 uA")]
    assert found == [(Role.TEMPERATURE, 2.0), (Role.FIELD, 1.0)]


@pytest.mark.parametrize("line", ["V (mV), T=2K, T=4K", "bias;2 K;4 K", "B (T) 2 K 4 K", "T (K);0 T;1 T"])
def test_a_header_is_not_a_line_about_a_condition(line: str) -> None:
    assert not states_condition(line)


def test_the_sample_goes_before_the_bath_and_differing_values_count_for_nothing() -> None:
    notes: list[Note] = []
    found = common_conditions(["Bath temperature: 1.8 K", "Sample temperature: 2.1 K", "Field: 1 T", "H = 2 T"], notes)
    assert {role: c.value for role, c in found.items()} == {Role.TEMPERATURE: 2.1}
    (note,) = notes
    assert note.level == "warning"
    assert note.text == "several values of field stand above the table ('Field: 1 T', 'H = 2 T'): none used"
    assert common_conditions(["T = 2 K", "Temperature: 2.0 K"], notes)[Role.TEMPERATURE].value == 2.0


@pytest.mark.parametrize(
    ("heading", "rest"),
    [
        ("dI/dV (S) 10K", "dI/dV (S)"),
        ("dI/dV(4.2K)", "dI/dV"),
        ("dI/dV (2 K, 0.5 T)", "dI/dV"),
        ("dI/dV @ 4.2 K (mS)", "dI/dV (mS)"),
        ("G (S) at 2 K", "G (S)"),
        ("G_2K", "G"),
        ("10 K dI/dV (S)", "dI/dV (S)"),
        ("2 K", ""),
        ("R1 (Ohm)", "R1 (Ohm)"),
        ("R_4T (Ohm)", "R_4T (Ohm)"),
        ("T (K)", "T (K)"),
        ("mu0H (T)", "mu0H (T)"),
        ("H=2K", "H=2K"),
    ],
)
def test_what_is_left_of_a_heading(heading: str, rest: str) -> None:
    assert heading_conditions(heading)[0] == rest
