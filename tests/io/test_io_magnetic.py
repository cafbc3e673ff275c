"""Moments and susceptibilities: spellings, units by hand, what is not guessed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from megabar.data import Role
from megabar.errors import DataError
from megabar.io import read
from megabar.io.headings import read_heading
from megabar.io.units import convert, fits


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("chi'", Role.SUSCEPTIBILITY),
        ("chi''", Role.SUSCEPTIBILITY_QUADRATURE),
        ("χ′ (SI)", Role.SUSCEPTIBILITY),
        ('χ" (SI)', Role.SUSCEPTIBILITY_QUADRATURE),
        ("X'", Role.SUSCEPTIBILITY),
        ("X'' (a.u.)", Role.SUSCEPTIBILITY_QUADRATURE),
        ("AC X' (emu/Oe)", Role.MOMENT_IN_PHASE),
        ("AC X'' (emu/Oe)", Role.MOMENT_QUADRATURE),
        ("Susceptibility (emu/cm^3)", Role.SUSCEPTIBILITY),
        ("M (emu)", Role.MOMENT),
        ("Moment (emu)", Role.MOMENT),
        ("moment", Role.MOMENT),
        ("Long Moment (memu)", Role.MOMENT),
        ("m' (emu)", Role.MOMENT_IN_PHASE),
        ('m" (emu)', Role.MOMENT_QUADRATURE),
        ("M (A m^2)", Role.MOMENT),
        ("H_ac (Oe)", Role.DRIVE),
        ("Drive Amplitude (Oe)", Role.DRIVE),
        ("f (kHz)", Role.FREQUENCY),
        ("V_x (uV)", Role.VOLTAGE),
        ("m (kg)", Role.OTHER),
        ("M", Role.OTHER),
        ("chi2", Role.OTHER),
        ("X' (V)", Role.VOLTAGE),
        ("M (emu/mol)", Role.OTHER),
    ],
)
def test_spellings(text: str, role: Role) -> None:
    assert read_heading(text).role == role


def test_deviations_belong_to_their_moment() -> None:
    head = read_heading("m' Scan Std Dev (emu)")
    assert (head.role, head.is_error) == (Role.MOMENT_IN_PHASE, True)


@pytest.mark.parametrize(
    ("unit", "role", "expected"),
    [
        ("emu", Role.MOMENT, 1e-3),
        ("uemu", Role.MOMENT, 1e-9),
        ("Am2", Role.MOMENT, 1.0),
        ("emu/Oe", Role.MOMENT_IN_PHASE, 10.0),
        ("SI", Role.SUSCEPTIBILITY, 1.0),
        ("cgs", Role.SUSCEPTIBILITY, 4.0 * math.pi),
        ("emu/cm^3/Oe", Role.SUSCEPTIBILITY, 4.0 * math.pi),
        ("emu cm^-3 Oe^-1", Role.SUSCEPTIBILITY, 4.0 * math.pi),
        ("emu/cm3", Role.SUSCEPTIBILITY, 4.0 * math.pi),
        ("Oe", Role.DRIVE, 1e-4),
        ("A/m", Role.DRIVE, 4e-7 * math.pi),
        ("kHz", Role.FREQUENCY, 1e3),
    ],
)
def test_units(unit: str, role: Role, expected: float) -> None:
    """1 emu = 1e-3 A m^2; M = 1 emu/cm^3 = 1e3 A/m in H = 1 Oe = 1e3/(4 pi) A/m is chi = 4 pi."""
    assert convert(np.ones(1), unit=unit, role=role, where="here")[0] == pytest.approx(expected, rel=1e-9)


def test_a_magnetisation_is_no_susceptibility() -> None:
    assert not fits("A/m", Role.SUSCEPTIBILITY)
    with pytest.raises(DataError, match="does not measure moment"):
        convert(np.ones(1), unit="emu/g", role=Role.MOMENT, where="here")


def write(folder: Path, head: str, columns: int) -> Path:
    path = folder / "coil.csv"
    rows = "\n".join(",".join(str(5 + i + j) for j in range(columns)) for i in range(12))
    path.write_text(f"{head}\n{rows}\n")
    return path


def test_scale_is_not_guessed(tmp_path: Path) -> None:
    recording = read(write(tmp_path, "T (K),chi',chi''", 3))
    (curve,) = recording.curves
    assert curve.column(Role.SUSCEPTIBILITY).unit == "a.u."
    assert curve.has(Role.SUSCEPTIBILITY_QUADRATURE)
    assert any("gives no unit: taken as a.u." in note.text for note in recording.notes)
    (told,) = read(tmp_path / "coil.csv", units={"susceptibility": "cgs"}).curves
    assert told.column(Role.SUSCEPTIBILITY).unit == "1"


def test_moment_per_field_needs_its_field(tmp_path: Path) -> None:
    (curve,) = read(write(tmp_path, "T (K),AC X' (emu/Oe),AC Drive (Oe)", 3)).curves
    drive = 1e-4 * np.arange(7, 19)
    np.testing.assert_allclose(curve.values(Role.MOMENT_IN_PHASE), 10.0 * np.arange(6, 18) * drive)
    recording = read(write(tmp_path, "T (K),AC X' (emu/Oe)", 2))
    assert not recording.curves[0].has(Role.MOMENT_IN_PHASE)
    assert any("no column of the alternating field" in note.text for note in recording.notes)
