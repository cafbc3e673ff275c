"""Current-voltage curves of a recording: rows by temperature and field, by passes of the current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_sweeps import Setting, by_branch, by_setting
from megabar.data import Curve, Note, Recording, Role

FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]

FEWEST: Final = 10
"""Readings that a current-voltage curve needs."""
LARGEST_CURRENT: Final = 100.0
"""A current beyond this (A) was probably written in mA: no anvil cell bears it."""
LARGEST_VOLTAGE: Final = 100.0
"""A voltage beyond this (V) was probably written in mV or uV."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """One pass of the current: current (A) ascending and voltage (V), (n,) each, error (n,) or None.

    branch: "up", "down", or "" where the currents come in no order. In a pass up |I| rises where I > 0 and falls where
    I < 0. temperature (K) and field (T): None where unknown.
    """

    name: str
    curve: str
    branch: str
    temperature: float | None
    field: float | None
    current: FloatArray
    voltage: FloatArray
    error: FloatArray | None


def sweeps_of(recording: Recording, temperature: float | None) -> tuple[list[Sweep], list[Note], list[str]]:
    """All passes of all curves in the order of measurement; notes; and why curves or passes were left out."""
    found: list[Sweep] = []
    notes: list[Note] = []
    refused: list[str] = []
    several = len(recording.curves) > 1
    for curve in recording.curves:
        if not (curve.has(Role.CURRENT) and _voltage(curve)):
            held = ", ".join(f"{c.name!r} ({c.role})" for c in curve.columns) or "none"
            refused.append(
                f"curve {curve.name!r} has no current and voltage (found: {held}); name them under read.columns"
            )
            continue
        usable, more = _usable(curve)
        notes += more
        for setting in by_setting(usable, temperature):
            notes += setting.notes
            made, why = _passes(usable, setting, several=several)
            found += made
            refused += why
    notes += _unit_notes(found)
    return found, notes, refused


def _voltage(curve: Curve) -> Role | None:
    return next((role for role in (Role.VOLTAGE, Role.BIAS) if curve.has(role)), None)


def _usable(curve: Curve) -> tuple[Curve, list[Note]]:
    """The rows in which everything that was set or read is a number."""
    roles = (Role.CURRENT, Role.VOLTAGE, Role.BIAS, Role.TEMPERATURE, Role.FIELD)
    good = np.all([np.isfinite(c.values) for c in curve.columns if c.role in roles], axis=0)
    if good.all():
        return curve, []
    bad = int(np.count_nonzero(~good))
    return curve.take(good), [
        Note(f"{curve.name}: {bad} rows without current, voltage or temperature: left out", "warning")
    ]


def _passes(curve: Curve, setting: Setting, *, several: bool) -> tuple[list[Sweep], list[str]]:
    current = curve.values(Role.CURRENT)
    made, why = [], []
    for branch, number, parts in by_branch(current, setting.rows):
        rows = np.concatenate(parts)
        name = _name(curve.name if several else "", setting, branch, number)
        if rows.size < FEWEST or np.ptp(current[rows]) == 0.0:
            alike = rows.size >= FEWEST
            why.append(
                f"{name}: {'all readings at one current' if alike else f'{rows.size} readings, {FEWEST} needed'}"
            )
            continue
        made.append(_sweep(curve, setting, branch, rows, name))
    return made, why


def _name(curve: str, setting: Setting, branch: str, number: int) -> str:
    kelvin = "" if setting.temperature is None else f"{setting.temperature:.4g} K"
    tesla = f"{setting.field:.3g} T" if setting.field else ""
    words = f"{branch} ({number})" if number > 1 else branch
    return ", ".join(part for part in (curve, kelvin, tesla, words) if part) or "the curve"


def _sweep(curve: Curve, setting: Setting, branch: str, rows: Rows, name: str) -> Sweep:
    role = _voltage(curve)
    assert role is not None
    column = curve.column(role)
    factor = 1e-3 if role == Role.BIAS else 1.0
    order = rows[np.argsort(curve.values(Role.CURRENT)[rows], kind="stable")]
    error = column.error
    return Sweep(
        name=name,
        curve=curve.name,
        branch=branch,
        temperature=setting.temperature,
        field=setting.field,
        current=curve.values(Role.CURRENT)[order],
        voltage=factor * column.values[order],
        error=None if error is None or not np.all(error[order] > 0.0) else factor * error[order],
    )


def _unit_notes(sweeps: Sequence[Sweep]) -> list[Note]:
    """Numbers that no anvil cell gives: said, not changed."""
    notes = []
    for name, unit, most in (("current", "A", LARGEST_CURRENT), ("voltage", "V", LARGEST_VOLTAGE)):
        top = max((float(np.abs(getattr(s, name)).max()) for s in sweeps), default=0.0)
        if top > most:
            text = f"the {name} reaches {top:.4g} {unit}: probably written in another unit; set read.units.{name}"
            notes.append(Note(text, "warning"))
    if any(not s.branch for s in sweeps):
        names = [s.name for s in sweeps if not s.branch]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        text = f"{', '.join(names[:3])}{more}: the current comes in no order (reversals): sorted and taken as one pass"
        notes.append(Note(text))
    return notes
