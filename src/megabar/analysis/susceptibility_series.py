"""The signals of a recording: each frequency of an alternating field and each steady moment by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.sweeps import FEWEST_POINTS
from megabar.data import Curve, Note, Recording, Role

FloatArray = NDArray[np.float64]

HIGHEST_FIELD: Final = 100.0
"""T: no magnet that a magnetometer sits in reaches it, so the unit must be wrong."""
HIGHEST_DRIVE: Final = 1.0
"""T, of an alternating field."""
HIGHEST_MOMENT: Final = 1.0
"""A m^2, 1000 emu: beyond every magnetometer."""
SAME_FREQUENCY: Final = 0.02
"""Relative difference below which two frequencies are one; the same for drives."""
NO_SCALE: Final = "a.u."

_SIGNALS: Final = (Role.SUSCEPTIBILITY, Role.MOMENT_IN_PHASE, Role.MOMENT)
_LOSSES: Final = {
    Role.SUSCEPTIBILITY: Role.SUSCEPTIBILITY_QUADRATURE,
    Role.MOMENT_IN_PHASE: Role.MOMENT_QUADRATURE,
    Role.VOLTAGE: Role.VOLTAGE_QUADRATURE,
}


@dataclass(frozen=True, eq=False)
class Series:
    """One signal: the rows of a curve at one frequency and drive.

    source: name of its curve in the recording. role: of the signal. no_sweep: why there is none; "" where one may be.
    """

    name: str
    source: str
    curve: Curve
    role: Role
    no_sweep: str = ""

    @property
    def steady(self) -> bool:
        """Whether it is a moment in a steady field."""
        return self.role == Role.MOMENT

    @property
    def unit(self) -> str:
        """Unit of the signal."""
        return self.curve.column(self.role).unit

    @property
    def scaled(self) -> bool:
        """Whether the numbers are a moment or a susceptibility in known units."""
        return self.role != Role.VOLTAGE and self.unit != NO_SCALE

    @property
    def signal(self) -> FloatArray:
        """The signal of all rows."""
        return self.curve.values(self.role)

    @property
    def loss(self) -> FloatArray | None:
        """The signal in quadrature, where it was recorded."""
        role = _LOSSES.get(self.role)
        return self.curve.values(role) if role is not None and self.curve.has(role) else None

    @property
    def frequency(self) -> float:
        """Of the alternating field, Hz; 0 where it was not recorded."""
        known = self.curve.values(Role.FREQUENCY) if self.curve.has(Role.FREQUENCY) else np.zeros(1)
        known = known[np.isfinite(known)]
        return float(known.mean()) if known.size else 0.0

    @property
    def drive(self) -> float | None:
        """Mean mu0 H of the alternating field, T; None where it was not recorded for all readings."""
        mean = float(self.curve.values(Role.DRIVE).mean()) if self.curve.has(Role.DRIVE) else np.nan
        return mean if np.isfinite(mean) else None


def series_of(recording: Recording) -> tuple[list[Series], list[Note]]:
    """Every signal of the recording, and notes on what is not possible in it."""
    found: list[Series] = []
    notes: list[Note] = []
    for raw in recording.curves:
        curve = _plausible(_finite(raw, notes), notes)
        roles = [role for role in _SIGNALS if curve.has(role)] if len(curve) else []
        roles = roles or [role for role in (Role.VOLTAGE,) if len(curve) and curve.has(role)]
        for role in roles:
            label = curve.name if len(roles) == 1 else f"{curve.name} {role.value.replace('_', ' ')}".strip()
            parts, why = ([curve], "") if role == Role.MOMENT else _by_frequency(curve)
            for part in parts:
                name = label if len(parts) == 1 else f"{label} {part.name}".strip()
                found.append(Series(name, curve.name, part, role, why))
    return found, notes


def _finite(curve: Curve, notes: list[Note]) -> Curve:
    """The rows with a number for signal, temperature and field; the others are said."""
    needed = [c.values for c in curve.columns if c.role in (*_SIGNALS, Role.VOLTAGE, Role.TEMPERATURE, Role.FIELD)]
    good = np.logical_and.reduce([np.isfinite(values) for values in needed]) if needed else np.ones(len(curve), bool)
    if good.all():
        return curve
    notes.append(Note(f"{curve.name}: {int((~good).sum())} rows with a missing number left out", "warning"))
    return curve.take(good)


def _plausible(curve: Curve, notes: list[Note]) -> Curve:
    """The curve without fields that cannot be; all that needs them stays open."""
    columns = []
    for column in curve.columns:
        limit = {Role.FIELD: HIGHEST_FIELD, Role.DRIVE: HIGHEST_DRIVE}.get(column.role)
        top = float(np.max(np.abs(column.values), where=np.isfinite(column.values), initial=0.0))
        if limit is not None and top > limit:
            text = (
                f"{curve.name}: column {column.name!r} reaches {top:.4g} T, which is not possible: its unit is wrong; "
                f'say units.{column.role.value} = "Oe" or what it is; nothing that needs it is quoted'
            )
            notes.append(Note(text, "warning"))
            column = replace(column, role=Role.OTHER, unit="T", error=None)
        elif column.role in (Role.MOMENT, Role.MOMENT_IN_PHASE) and column.unit != NO_SCALE and top > HIGHEST_MOMENT:
            text = f"{curve.name}: column {column.name!r} reaches {top:.4g} A m^2: is it in emu?"
            notes.append(Note(f"{text} Say units.{column.role.value}; it is taken as without scale", "warning"))
            column = replace(column, unit=NO_SCALE)
        columns.append(column)
    return replace(curve, columns=tuple(columns))


def _by_frequency(curve: Curve) -> tuple[list[Curve], str]:
    """The rows of each frequency and drive, named by them; the whole curve and why, where none has enough for a sweep.

    Frequencies are not mixed: the signal of a magnet depends on them, and so does that of a superconductor.
    """
    group = np.zeros(len(curve), dtype=np.intp)
    for role in (Role.FREQUENCY, Role.DRIVE):
        if curve.has(role):
            own = _alike(curve.values(role))
            group = group * (int(own.max()) + 1) + own
    labels = list(dict.fromkeys(group.tolist()))
    rows = [np.flatnonzero(group == label) for label in labels]
    most = max(r.size for r in rows)
    if len(rows) == 1:
        return [curve], ""
    if most < FEWEST_POINTS:
        words = f"at most {most} readings at each of {len(rows)} frequencies and drives, {FEWEST_POINTS} are needed"
        return [curve], words
    return [curve.take(r, _setting(curve, r)) for r in rows], ""


def _alike(values: FloatArray) -> NDArray[np.intp]:
    """A number for each row; rows whose values agree share it. Missing values are a group."""
    known = np.nan_to_num(values, nan=-1.0)
    order = np.argsort(known, kind="stable")
    steps = np.diff(known[order]) > SAME_FREQUENCY * np.abs(known[order][1:])
    group = np.empty(values.size, dtype=np.intp)
    group[order] = np.concatenate([[0], np.cumsum(steps)])
    return group


def _setting(curve: Curve, rows: NDArray[np.intp]) -> str:
    parts = []
    if curve.has(Role.FREQUENCY):
        parts.append(f"{float(np.mean(curve.values(Role.FREQUENCY)[rows])):.4g} Hz")
    if curve.has(Role.DRIVE) and int(_alike(curve.values(Role.DRIVE)).max()) > 0:
        parts.append(f"{1e3 * float(np.mean(curve.values(Role.DRIVE)[rows])):.3g} mT")
    return ", ".join(parts)
