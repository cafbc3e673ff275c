"""Real instrument files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from megabar.data import Recording, Role
from megabar.errors import DataError
from megabar.io import read

PPMS = "transport/FAIRmat-NFDI__nomad-measurements/Resistivity_Ch1_TMR_Ch2_Hall_test.dat"
LEAD = "transport/mmdg-oxford__papers/Pb_resistivity_experimental.csv"


def table(path: Path, *, after: str = "[Data]") -> list[dict[str, str]]:
    """The rows below [Data], by the standard library alone."""
    lines = path.read_text().splitlines()
    return list(csv.DictReader(lines[lines.index(after) + 1 :]))


def test_ppms_resistivity(measured: Path) -> None:
    recording = read(measured / PPMS)
    rows = table(measured / PPMS)
    assert [curve.name for curve in recording.curves] == ["Bridge 1", "Bridge 2"]
    assert len(rows) == 1401
    for number, curve in enumerate(recording.curves, start=1):
        assert len(curve) == 1401
        np.testing.assert_allclose(curve.values(Role.FIELD), [1e-4 * float(row["Magnetic Field (Oe)"]) for row in rows])
        np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), [float(row["Temperature (K)"]) for row in rows])
        resistance = curve.column(Role.RESISTANCE)
        heading = f"Bridge {number} Resistance (Ohms)"
        assert resistance.name == heading
        np.testing.assert_array_equal(resistance.values, [float(row[heading]) for row in rows])
        assert resistance.error is not None
        np.testing.assert_array_equal(
            resistance.error, [float(row[f"Bridge {number} Std. Dev. (Ohm)"]) for row in rows]
        )
        np.testing.assert_allclose(curve.values(Role.CURRENT), 1.998e-5, rtol=1e-4)
        assert curve.has(Role.TIME)
        assert not curve.has(Role.PRESSURE)
        assert curve.metadata["Sample1 Name"] == "TMR"
    assert not [note for note in recording.notes if note.level == "warning"]


def test_lead_with_and_without_groups(measured: Path) -> None:
    rows = list(csv.DictReader((measured / LEAD).read_text().splitlines()[1:]))
    (curve,) = read(measured / LEAD).curves
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), [float(row["T_K"]) for row in rows])
    np.testing.assert_allclose(
        curve.values(Role.RESISTIVITY), [1e-8 * float(row["rho_uOhm_cm"]) for row in rows], rtol=1e-12
    )
    series = read(measured / LEAD, group="series").curves
    assert [(curve.name, len(curve)) for curve in series] == [
        ("Hellwege1983", 5),
        ("Moore1973", 17),
        ("Cook1974", 8),
        ("Leadbetter1966", 16),
    ]


MAGNETOMETERS = {
    "FAIRmat-NFDI__nomad-measurements/ACMS_test.dat": {
        "DC": {"moment": ("M-DC (emu)", "M-Std.Dev. (emu)")},
        "AC": {
            "moment_in_phase": ("M' (emu)", "M-Std.Dev. (emu)"),
            "moment_quadrature": ("M'' (emu)", "M-Std.Dev. (emu)"),
            "drive": ("Amplitude (Oe)", ""),
            "frequency": ("Frequency (Hz)", ""),
        },
    },
    "FAIRmat-NFDI__nomad-measurements/MPMS_test.dat": {"MPMS_test": {"moment": ("Moment (emu)", "M. Std. Err. (emu)")}},
    "jhilgar__qdsquid-dataplot/ACvsF.dat": {
        "ACvsF": {
            "moment_in_phase": ("AC X' (emu/Oe)", "AC X' Std Err. (emu/Oe)"),
            "moment_quadrature": ("AC X'' (emu/Oe)", "AC X'' Std Err. (emu/Oe)"),
            "drive": ("AC Drive (Oe)", ""),
            "frequency": ("AC Frequency (Hz)", ""),
        }
    },
    "jhilgar__qdsquid-dataplot/pb6051_ZFC_0p1T.dc.dat": {
        "pb6051_ZFC_0p1T.dc": {"moment": ("Long Moment (emu)", "Long Scan Std Dev")}
    },
    "jhilgar__qdsquid-dataplot/pb6051_ac_0Oe11.ac.dat": {
        "pb6051_ac_0Oe11.ac": {
            "moment_in_phase": ("m' (emu)", "m' Scan Std Dev"),
            "moment_quadrature": ('m" (emu)', 'm" Scan Std Dev'),
            "drive": ("Drive Amplitude (Oe)", ""),
            "frequency": ("Wave Frequency (Hz)", ""),
        }
    },
}
"""What each magnetometer wrote: curve -> role -> heading of the values and of their standard deviations."""


@pytest.mark.parametrize("name", list(MAGNETOMETERS))
def test_magnetometers_without_loss(name: str, measured: Path) -> None:
    """Every cell with a number is in its curve, in its row, whatever its role; deviations are errors or said bad."""
    path = measured / "susceptibility" / name
    lines = path.read_text().splitlines()
    header, *rows = csv.reader(lines[lines.index("[Data]") + 1 :])
    header = [heading.strip() for heading in header]
    recording = read(path)
    assert [curve.name for curve in recording.curves] == list(MAGNETOMETERS[name])
    for curve in recording.curves:
        roles = MAGNETOMETERS[name][curve.name]
        lead = header.index(next(iter(roles.values()))[0])
        own = [row for row in rows if len(row) > lead and row[lead]]
        cells = {
            h: np.array([float(row[i] or "nan") if i < len(row) else np.nan for row in own])
            for i, h in enumerate(header)
            if h != "Comment"
        }
        drive = cells[roles["drive"][0]] * 1e-4 if "drive" in roles else None
        scales = {"(Oe)": 1e-4, "(emu)": 1e-3, "(emu/Oe)": None if drive is None else 10.0 * drive}
        assert {c.role.value for c in curve.columns} >= {"temperature", "field", "time", *roles}
        for column in curve.columns:
            known = column.role != Role.OTHER
            scale = scales.get(column.name.split()[-1], 1.0) if known else 1.0
            np.testing.assert_allclose(column.values, cells[column.name] * scale, rtol=1e-12)
        for role, (_, deviation) in roles.items():
            column = curve.column(Role(role))
            if deviation and np.all(cells[deviation] > 0):
                np.testing.assert_allclose(column.error, cells[deviation] * scales[column.name.split()[-1]], rtol=1e-12)
            else:
                assert column.error is None
                assert not deviation or any(
                    f"standard deviations of {column.name!r} not used" in note.text for note in recording.notes
                )


def test_spectrum_with_byte_order_mark_and_columns_by_number(measured: Path) -> None:
    path = measured / "andreev_btk/ThinkPositive0x0__Fitting_Parameters_with_BTK/b2.csv"
    (curve,) = read(path, columns={"voltage": 1}, units={"voltage": "mV"}).curves
    assert len(curve) == 1001
    np.testing.assert_allclose(curve.values(Role.VOLTAGE)[[0, -1]], [-7e-3, 7e-3])


def test_decimal_commas_and_a_long_preamble(measured: Path) -> None:
    path = measured / "ruby_raman/h2020charisma__ramanchada2/Sil10_iR532_Probe_100_60000msx2.txt"
    (curve,) = read(path).curves
    assert len(curve) == 2048
    raman = next(column for column in curve.columns if column.name == "Raman Shift")
    dark = next(column for column in curve.columns if column.name.startswith("Dark Subtracted"))
    inside = (raman.values > 500) & (raman.values < 540)
    assert abs(raman.values[inside][np.argmax(dark.values[inside])] - 520.5) < 3  # silicon


def test_every_file_is_read_or_refused_in_one_line(measured: Path) -> None:
    read_count = 0
    for path in sorted(path for path in measured.rglob("*") if path.is_file()):
        outcome = attempt(path)
        if isinstance(outcome, str):
            assert path.name in outcome
            assert "\n" not in outcome
        else:
            read_count += 1
    assert read_count >= 50


def attempt(path: Path) -> Recording | str:
    try:
        return read(path)
    except DataError as error:
        return str(error)
