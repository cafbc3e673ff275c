"""One file's rows split into sweeps: warming and cooling at a field, or field up and down at a temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.data import Curve, Note, Role

FloatArray = NDArray[np.float64]

FEWEST_POINTS: Final = 8
"""A sweep with fewer points is named in a note and not analysed."""

TURN: Final = 0.02
"""The direction has changed when the swept quantity comes back by this share of its whole range."""

SETTLE: Final = 0.005
"""Temperatures (relative) or fields (relative to the largest) closer than this belong to one setting."""

FIELD_STEP: Final = 2e-3
"""Fields (T) closer than this belong to one setting: remanence and read-out noise of common magnets."""

Swept = Literal["temperature", "field"]


@dataclass(frozen=True)
class Sweep:
    """Rows of one curve measured in one direction.

    swept: what varies. direction: "warming"/"cooling", "field up"/"field down", or "unordered" when the rows come in
    no order. held: the mean of the other quantity (field in T or temperature in K); None when it was not recorded.
    `x`: the swept quantity in ascending order; `order`: the rows of the curve in that order.
    """

    curve: str
    swept: Swept
    direction: str
    held: float | None
    x: FloatArray
    order: NDArray[np.intp]


def split(curve: Curve, *, swept: Literal["auto", "temperature", "field"] = "auto") -> tuple[list[Sweep], list[Note]]:
    """All sweeps of a curve in the order of measurement, and notes on what was set aside.

    Temperature is swept unless the field covers its range more often than the temperature does. Rows of one setting
    of the other quantity belong together; a change of direction by more than `TURN` of the range starts a new sweep.
    Nothing is dropped silently: sweeps with fewer than `FEWEST_POINTS` points are named in the notes.
    """
    kind: Swept = _swept(curve) if swept == "auto" else swept
    other = Role.FIELD if kind == "temperature" else Role.TEMPERATURE
    x = curve.values(Role(kind))
    settings = _settings(curve.values(other), other) if curve.has(other) else np.zeros(x.size, dtype=np.intp)
    sweeps: list[Sweep] = []
    notes: list[Note] = []
    for rows in _runs(settings):
        parts = _monotone(x[rows])
        if len(parts) > max(4, rows.size // 6):
            parts = [np.arange(rows.size)]
            notes.append(Note(f"{curve.name}: {rows.size} rows in no order of {kind}: sorted and taken as one sweep"))
        for part in parts:
            chosen = rows[part]
            sweep = _sweep(curve, kind, other, chosen, unordered=len(parts) == 1 and not _ordered(x[chosen]))
            if chosen.size < FEWEST_POINTS:
                notes.append(Note(_too_short(sweep), "warning"))
            else:
                sweeps.append(sweep)
    return sweeps, notes


def label(sweep: Sweep) -> str:
    """The sweep in words, for instance "warming", "cooling, 2 T" or "field up, 2.0 K"."""
    if sweep.held is None or (sweep.swept == "temperature" and abs(sweep.held) < FIELD_STEP):
        return sweep.direction
    return (
        f"{sweep.direction}, {sweep.held:.3g} T"
        if sweep.swept == "temperature"
        else (f"{sweep.direction}, {sweep.held:.4g} K")
    )


def _too_short(sweep: Sweep) -> str:
    ends = f"{sweep.x[0]:.4g} to {sweep.x[-1]:.4g} {'K' if sweep.swept == 'temperature' else 'T'}"
    return f"{sweep.curve}: {label(sweep)}, {ends}: {sweep.x.size} points, fewer than {FEWEST_POINTS}: not analysed"


def _swept(curve: Curve) -> Swept:
    if not curve.has(Role.FIELD):
        return "temperature"
    field = curve.values(Role.FIELD)
    if np.ptp(field) < FIELD_STEP:
        return "temperature"
    return "field" if _passes(field) > _passes(curve.values(Role.TEMPERATURE)) else "temperature"


def _passes(values: FloatArray) -> float:
    """How often the values run over their whole range; small noise does not count."""
    reach = float(np.ptp(values))
    if reach < 1e-6 * max(float(np.abs(values).max()), 1e-300):
        return 0.0
    steps = np.abs(np.diff(values))
    return float(steps[steps > 1e-3 * reach].sum() / reach)


def _settings(values: FloatArray, role: Role) -> NDArray[np.intp]:
    """A number for each row: rows whose held quantity agrees share it."""
    largest = float(np.abs(values).max())
    least = FIELD_STEP if role == Role.FIELD else 0.01
    step = max(least, SETTLE * largest)
    order = np.argsort(values, kind="stable")
    group = np.empty(values.size, dtype=np.intp)
    group[order] = np.concatenate([[0], np.cumsum(np.diff(values[order]) > step)])
    return group


def _runs(settings: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    edges = np.flatnonzero(np.diff(settings)) + 1
    return list(np.split(np.arange(settings.size), edges))


def _ordered(x: FloatArray) -> bool:
    rising = int(np.count_nonzero(np.diff(x) > 0))
    falling = int(np.count_nonzero(np.diff(x) < 0))
    return bool(max(rising, falling) >= 0.8 * max(rising + falling, 1))


def _monotone(x: FloatArray) -> list[NDArray[np.intp]]:
    """Index ranges between turning points; the turning point itself belongs to the earlier range."""
    threshold = TURN * float(np.ptp(x))
    turns: list[int] = []
    direction, extreme = 0, 0
    for i in range(1, x.size):
        moved = float(x[i] - x[extreme])
        if direction * moved > 0 or (direction == 0 and abs(moved) > threshold):
            direction = direction or (1 if moved > 0 else -1)
            extreme = i
        elif direction != 0 and abs(moved) > threshold:
            turns.append(extreme + 1)
            direction, extreme = -direction, i
    return list(np.split(np.arange(x.size), turns))


def _sweep(curve: Curve, kind: Swept, other: Role, rows: NDArray[np.intp], *, unordered: bool) -> Sweep:
    x = curve.values(Role(kind))[rows]
    up = x[-1] >= x[0]
    names = {"temperature": ("cooling", "warming"), "field": ("field down", "field up")}[kind]
    order = np.argsort(x, kind="stable")
    held = float(np.mean(curve.values(other)[rows])) if curve.has(other) else None
    return Sweep(
        curve=curve.name,
        swept=kind,
        direction="unordered" if unordered else names[int(up)],
        held=held,
        x=x[order],
        order=rows[order],
    )
