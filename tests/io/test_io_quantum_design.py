"""Quantum Design files: bridges, channels in alternate rows, headers of all options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from megabar.data import Recording, Role
from megabar.errors import DataError
from megabar.io import read

Write = Callable[..., Path]


def file(app: str, header: str, rows: list[str]) -> str:
    return (
        f"[Header]\n; PPMS Data File\nTITLE,a film\nFILEOPENTIME,1.0,01/02/2024,4:32 pm\nBYAPP,{app}\n"
        f"INFO,1.5 mg,SAMPLE_MASS\nINFO, LaH10, Sample1 Name\nINFO, NAME, pb6051\n\n[Data]\n{header}\n"
        + "".join(row + "\n" for row in rows)
    )


def said(recording: Recording) -> str:
    return " | ".join(note.text for note in recording.notes)


RESISTIVITY = (
    "Comment,Time Stamp (sec),Status (code),Temperature (K),Magnetic Field (Oe),Sample Position (deg),"
    "Bridge 1 Resistivity (Ohm-m),Bridge 1 Excitation (uA),Bridge 2 Resistivity (Ohm),Bridge 2 Excitation (uA),"
    "Bridge 1 Std. Dev. (Ohm-m),Bridge 2 Std. Dev. (Ohm),Number of Readings,Bridge 1 Resistance (Ohms),"
    "Bridge 2 Resistance (Ohms),Bridge 3 Resistance (Ohms),Map 20 ()"
)


def test_resistivity_option(write: Write) -> None:
    rows = [
        f",{i},4369,{10 + i},{1000 * i},5,{1e-8 * i},20,{0.2 * i},10,1e-9,0.003,25,{0.1 * i},{0.2 * i}"
        for i in range(9)
    ]
    recording = read(write(file("Resistivity,2.1,1.0", RESISTIVITY, rows)))
    first, second = recording.curves
    i = np.arange(9)
    assert recording.format == "Quantum Design (Resistivity)"
    assert (first.name, second.name) == ("Bridge 1", "Bridge 2")
    for curve in (first, second):
        np.testing.assert_allclose(curve.values(Role.TEMPERATURE), 10 + i)
        np.testing.assert_allclose(curve.values(Role.FIELD), 0.1 * i)
        np.testing.assert_allclose(curve.values(Role.TIME), i)
        np.testing.assert_allclose(curve.values(Role.ANGLE), 5)
    np.testing.assert_allclose(first.values(Role.CURRENT), 2e-5)
    np.testing.assert_allclose(second.values(Role.CURRENT), 1e-5)
    np.testing.assert_allclose(first.values(Role.RESISTIVITY), 1e-8 * i)
    np.testing.assert_allclose(first.values(Role.RESISTANCE), 0.1 * i)
    np.testing.assert_allclose(first.column(Role.RESISTIVITY).error, 1e-9)
    assert first.column(Role.RESISTANCE).error is None  # the deviation is given in ohm m
    np.testing.assert_allclose(second.column(Role.RESISTANCE).error, 3e-3)
    assert not second.has(Role.RESISTIVITY)
    assert "Bridge 2: its resistivity repeats the resistance" in said(recording)
    assert {first.metadata[key] for key in ("TITLE", "SAMPLE_MASS", "Sample1 Name", "NAME")} == {
        "a film",
        "1.5 mg",
        "LaH10",
        "pb6051",
    }


ACTRANSPORT = (
    "Comment,Time Stamp (sec),Status (code),Temperature (K),Magnetic Field (Oe),Sample Position (deg),Excitation (mA),"
    "Frequency (Hz),Volts ch1,V Std.Dev. ch1,Res. ch1 (ohm-cm),Res. Std.Dev. ch1,Hall ch1 (cm^3/coul),"
    "Volts ch2,V Std.Dev. ch2,Res. ch2 (ohm-cm),Res. Std.Dev. ch2,ACT Status (code)"
)


def test_alternate_rows_of_ac_transport(write: Write) -> None:
    rows = []
    for i in range(20):
        one, two = f"{1e-6 * i},1e-8,{1e-4 * i},2e-6,,", ",,,,"
        if i % 2:
            one, two = ",,,,,", f"{2e-6 * i},1e-8,{2e-4 * i},2e-6,"
        rows.append(f",{i},1,{300 - i},0,0,5,17,{one}{two}3")
    first, second = read(write(file("ACTRANSPORT,2.0,1.1", ACTRANSPORT, rows))).curves
    even, odd = np.arange(0, 20, 2), np.arange(1, 20, 2)
    assert (first.name, second.name) == ("Channel 1", "Channel 2")
    np.testing.assert_allclose(first.values(Role.TEMPERATURE), 300 - even)
    np.testing.assert_allclose(second.values(Role.TEMPERATURE), 300 - odd)
    np.testing.assert_allclose(first.values(Role.RESISTIVITY), 1e-6 * even)
    np.testing.assert_allclose(second.values(Role.RESISTIVITY), 2e-6 * odd)
    np.testing.assert_allclose(first.values(Role.VOLTAGE), 1e-6 * even)
    np.testing.assert_allclose(first.values(Role.CURRENT), 5e-3)
    np.testing.assert_allclose(first.column(Role.RESISTIVITY).error, 2e-8)
    np.testing.assert_allclose(first.column(Role.VOLTAGE).error, 1e-8)


def test_electrical_transport_option_with_resistance_and_current_sweeps(write: Write) -> None:
    header = (
        "Comment,Time Stamp (s),Temperature (K),Field (Oe),Sample Position (deg),Chamber Pressure (Torr),"
        "Resistance Ch1 (Ohms),Resistance Std. Dev. Ch1 (Ohms),Phase Angle Ch1 (deg),I-V Current Ch1 (mA),"
        "I-V Voltage Ch1 (V),AC Current Ch1 (mA),In Phase Voltage Ampl Ch1 (V),Quadrature Voltage Ch1 (V),Gain Ch1,"
        "Resistance Ch2 (Ohms),AC Current Ch2 (mA)"
    )
    rows = [f",{i},{50 - i},0,0,9,{i},0.1,1,,,2,{2e-3 * i},1e-5,10,," for i in range(10)]
    rows += [f",{i},{40},0,0,9,,,,{i},{0.5 * i},,,,10,," for i in range(10, 16)]
    rows += [f",{i},{30},0,0,9,,,,,,,,,,{i},3" for i in range(16, 24)]
    recording = read(write(file("Electrical Transport Option,Release 1.2.0", header, rows)))
    curves = {curve.name: curve for curve in recording.curves}
    assert list(curves) == ["Channel 1", "Channel 1 I-V", "Channel 2"]
    one, sweep, two = curves.values()
    np.testing.assert_allclose(one.values(Role.RESISTANCE), np.arange(10))
    np.testing.assert_allclose(one.column(Role.RESISTANCE).error, 0.1)
    np.testing.assert_allclose(one.values(Role.VOLTAGE_QUADRATURE), 1e-5)
    np.testing.assert_allclose(one.values(Role.CURRENT), 2e-3)
    np.testing.assert_allclose(sweep.values(Role.CURRENT), 1e-3 * np.arange(10, 16))
    np.testing.assert_allclose(sweep.values(Role.VOLTAGE), 0.5 * np.arange(10, 16))
    np.testing.assert_allclose(two.values(Role.RESISTANCE), np.arange(16, 24))
    assert not any(curve.has(Role.PRESSURE) for curve in curves.values())


def test_magnetometer_files_keep_all_their_columns(write: Write) -> None:
    header = "Time,Comment,Field (Oe),Temperature (K),Long Moment (emu),Long Scan Std Dev,m' (emu),m\" (emu),Using ABS,"
    rows = [f"{i},,{10 * i},{5 + i},{1e-5 * i},0,{i},{i}e-1,1," for i in range(6)]
    curve, alternating = read(write(file("MPMS Measurement,2.1,Summary", header, rows), "zfc.dat")).curves
    assert (curve.name, len(curve)) == ("DC", 6)
    assert alternating.has(Role.MOMENT_QUADRATURE)
    moment = next(column for column in curve.columns if column.name == "Long Moment (emu)")
    assert (moment.role, moment.unit) == (Role.MOMENT, "A m^2")
    np.testing.assert_allclose(moment.values, 1e-8 * np.arange(6))
    np.testing.assert_allclose(curve.values(Role.FIELD), 1e-3 * np.arange(6))
    names = {column.name for column in (*curve.columns, *alternating.columns)}
    assert names == set(header.split(",")) - {"Comment", ""}


def test_comments_are_kept_as_notes(write: Write) -> None:
    rows = [f"{'magnet quenched' if i == 4 else ''},{i},1,{10 + i},0,0,,20,,,,,,{i},," for i in range(9)]
    recording = read(write(file("Resistivity,2.1,1.0", RESISTIVITY, rows)))
    assert "line 16: comment 'magnet quenched'" in said(recording)


def test_hints_choose_columns(write: Write) -> None:
    rows = [f",{i},4369,{10 + i},0,5,{1e-8 * i},20,{0.2 * i},10,1e-9,0.003,25,{0.1 * i},{0.2 * i}" for i in range(9)]
    path = write(file("Resistivity,2.1,1.0", RESISTIVITY, rows))
    (curve,) = read(path, columns={"resistance": "Bridge 2 Resistance (Ohms)"}).curves
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), 0.2 * np.arange(9))
    np.testing.assert_allclose(curve.values(Role.CURRENT), 1e-5)
    assert [curve.name for curve in read(path, curve="Bridge 1").curves] == ["Bridge 1"]
    with pytest.raises(DataError, match=r"no curve 'Bridge 7'; found: 'Bridge 1', 'Bridge 2'"):
        read(path, curve="Bridge 7")


def test_hints_name_the_standard_deviation(write: Write) -> None:
    rows = [f",{i},4369,{10 + i},0,5,,20,,,,,25,{0.1 * i},,,{0.5}" for i in range(9)]
    path = write(file("Resistivity,2.1,1.0", RESISTIVITY, rows))
    (curve,) = read(path, errors={"resistance": "Map 20 ()"}, units={"Map 20 ()": "mOhm"}).curves
    np.testing.assert_allclose(curve.column(Role.RESISTANCE).error, 5e-4)
    assert "Map 20 ()" not in [column.name for column in curve.columns]
    with pytest.raises(DataError, match=r"errors\.resistance names 2 columns for 1 of resistance"):
        read(path, errors={"resistance": ["Map 20 ()", 1]})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[Header]\nBYAPP,Resistivity\n", r"without a \[Data\] section; export"),
        ("[Header]\nBYAPP,Resistivity\n[Data]\n", "no rows below"),
        ("[Header]\nBYAPP,Resistivity\n[Data]\nTemperature (K),Bridge 1 Resistance (Ohms)\n", "no rows below"),
        ("[Header]\nBYAPP,R\n[Data]\nTemperature (K),Bridge 1 Resistance (Ohms)\na,b\n", "no numbers below"),
    ],
)
def test_header_without_data(content: str, message: str, write: Write) -> None:
    with pytest.raises(DataError, match=rf"^run\.dat: .*{message}"):
        read(write(content))
