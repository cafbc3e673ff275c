"""One file's rows split into sweeps: warming and cooling at a field, or field up and down at a temperature."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.data import Curve, Note, Role

FloatArray = NDArray[np.float64]

FEWEST_POINTS: Final = 8
"""A sweep with fewer points is named in a note and not analysed."""

TURNS: Final = (0.02, 0.05, 0.1, 0.2)
"""The direction has changed when the swept quantity comes back by this share of its whole range: the first that noise
of the swept quantity does not reach."""

SETTLE: Final = 0.005
"""Temperatures (relative) or fields (relative to the largest) closer than this belong to one setting."""

FIELD_STEP: Final = 2e-3
"""Fields (T) closer than this belong to one setting: remanence and read-out noise of common magnets."""

SETTLED: Final = 0.2
"""Readings that lie within this share of the smallest distance to the next group belong to one stabilised setting."""

Swept = Literal["temperature", "field"]


@dataclass(frozen=True)
class Sweep:
    """Rows of one curve measured in one direction.

    swept: what varies. direction: "warming"/"cooling", "field up"/"field down", or "unordered" when the rows come in
    no order. held: the mean of the other quantity (field in T or temperature in K) over all rows of its setting; None
    when it was not recorded. `x`: the swept quantity in ascending order; `order`: the rows of the curve in that order.
    `number` counts sweeps of the same direction at the same setting, from 1.
    """

    curve: str
    swept: Swept
    direction: str
    held: float | None
    x: FloatArray
    order: NDArray[np.intp]
    number: int = 1


def split(
    curve: Curve, *, swept: Literal["auto", "temperature", "field"] = "auto", join: bool = False
) -> tuple[list[Sweep], list[Note]]:
    """All sweeps of a curve in the order of measurement, and notes on what was set aside.

    Temperature is swept unless it stands still while the field does not, or the field covers its range more often.
    Rows of one setting of the other quantity belong together; a change of direction by more than a share of the range
    (`TURNS`) starts a new sweep. Nothing is dropped silently: sweeps with fewer than `FEWEST_POINTS` points are named
    in the notes. `join` takes all rows of a setting as one sweep: a table of several series, not a record in time.
    """
    kind: Swept = _swept(curve) if swept == "auto" else swept
    other = Role.FIELD if kind == "temperature" else Role.TEMPERATURE
    x = curve.values(Role(kind))
    recorded = curve.has(other)
    held = _levelled(curve.values(other), other)[0] if recorded else None
    settings = _settings(curve.values(other), other) if recorded else np.zeros(x.size, dtype=np.intp)
    runs = _runs(settings)
    sweeps: list[Sweep] = []
    notes: list[Note] = []
    if max(run.size for run in runs) < FEWEST_POINTS <= x.size:
        text = (
            f"{curve.name}: the {other} does not stand still while the {kind} is swept: its settings are not told apart"
        )
        notes.append(Note(text, "warning"))
        runs = [np.arange(x.size, dtype=np.intp)]
    for rows in runs:
        parts, ordered = ([np.arange(rows.size, dtype=np.intp)], False) if join else _parts(x[rows])
        if not ordered and not join:
            notes.append(Note(f"{curve.name}: {rows.size} rows in no order of {kind}: sorted and taken as one sweep"))
        for part in parts:
            sweep = _sweep(curve.name, kind, x, held, rows[part], ordered=ordered)
            if part.size < FEWEST_POINTS:
                notes.append(Note(_too_short(sweep), "warning"))
            else:
                sweeps.append(sweep)
    return _numbered(sweeps), notes


def label(sweep: Sweep) -> str:
    """The sweep in words, for instance "warming", "cooling, 2 T", "cooling (2)" or "field up, 2.1 K"."""
    name = sweep.direction if sweep.number == 1 else f"{sweep.direction} ({sweep.number})"
    if sweep.held is None or (sweep.swept == "temperature" and abs(sweep.held) < FIELD_STEP):
        return name
    return f"{name}, {sweep.held:.3g} T" if sweep.swept == "temperature" else f"{name}, {sweep.held:.4g} K"


def averaged(sweep: Sweep, values: FloatArray) -> tuple[Sweep, FloatArray, list[Note]]:
    """The sweep with the readings of each stabilised setting averaged; `values` (n,) are those of the whole curve.

    Readings at exactly one temperature (or field) are averaged, and those of a stabilised one where groups of
    readings stand far apart compared with their own spread (`SETTLED`): within such a group the swept quantity is
    noise, and no slope follows from it. Returns the sweep, its `order` now counting the averages, and those (k,).
    """
    reading = values[sweep.order]
    group = _groups(sweep.x)
    count = np.bincount(group)
    if count.size == sweep.x.size:
        return replace(sweep, order=np.arange(sweep.x.size, dtype=np.intp)), reading, []
    x, mean = (np.bincount(group, weights=v) / count for v in (sweep.x, reading))
    what = "temperatures" if sweep.swept == "temperature" else "fields"
    text = f"{label(sweep)}: {sweep.x.size} readings at {count.size} {what}: averaged at each"
    return replace(sweep, x=x, order=np.arange(count.size, dtype=np.intp)), mean, [Note(text)]


def _groups(x: FloatArray) -> NDArray[np.intp]:
    """The number of the setting of each reading, x ascending (n,)."""
    gaps = np.diff(x)
    apart = np.sort(gaps)
    # At least FEWEST_POINTS settings, on average with two readings or more at each.
    place = np.arange(gaps.size // 2, gaps.size - FEWEST_POINTS + 1)
    if place.size:
        floor = np.maximum(apart[place], 1e-6 * float(x[-1] - x[0]) or 1.0)
        best = int(place[np.argmax(apart[place + 1] / floor)])
        group = np.concatenate([[0], np.cumsum(gaps > apart[best])])
        first = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1])
        last = np.concatenate([first[1:], [x.size]]) - 1
        if np.max(x[last] - x[first]) <= SETTLED * apart[best + 1]:
            return np.asarray(group, dtype=np.intp)
    return np.asarray(np.concatenate([[0], np.cumsum(gaps > 0.0)]), dtype=np.intp)


def _too_short(sweep: Sweep) -> str:
    ends = f"{sweep.x[0]:.4g} to {sweep.x[-1]:.4g} {'K' if sweep.swept == 'temperature' else 'T'}"
    return f"{sweep.curve}: {label(sweep)}, {ends}: {sweep.x.size} points, fewer than {FEWEST_POINTS}: not analysed"


def _swept(curve: Curve) -> Swept:
    if not curve.has(Role.FIELD):
        return "temperature"
    if not curve.has(Role.TEMPERATURE):
        return "field"
    field, field_held = _levelled(curve.values(Role.FIELD), Role.FIELD)
    temperature, temperature_held = _levelled(curve.values(Role.TEMPERATURE), Role.TEMPERATURE)
    if field_held != temperature_held:
        return "temperature" if field_held else "field"
    return "field" if _passes(field) > _passes(temperature) else "temperature"


def _passes(values: FloatArray) -> float:
    """How often the values run over their whole range; noise does not count.

    Each pass takes at least `FEWEST_POINTS` readings: more passes than that are noise.
    """
    reach = float(np.ptp(values))
    if reach < 1e-6 * max(float(np.abs(values).max()), 1e-300):
        return 0.0
    steps = np.abs(np.diff(values))
    passes = float(steps[steps > 1e-3 * reach].sum() / reach)
    return passes if passes <= max(values.size / FEWEST_POINTS, 1.0) else 0.0


def _levelled(values: FloatArray, role: Role) -> tuple[FloatArray, bool]:
    """The values with those of one setting replaced by their mean, and whether all rows belong to held settings.

    A setting is held when its readings spread over no more than four of its own steps; values that run on from one to
    the next are left as they are.
    """
    group = _settings(values, role)
    count = np.bincount(group)
    mean = np.bincount(group, weights=values) / count
    low, high = np.full(count.size, np.inf), np.full(count.size, -np.inf)
    np.minimum.at(low, group, values)
    np.maximum.at(high, group, values)
    still = high - low <= 4.0 * _step(values, role)
    held = bool(still.all()) and count.size * FEWEST_POINTS <= values.size
    return np.where(still[group], mean[group], values), held


def _settings(values: FloatArray, role: Role) -> NDArray[np.intp]:
    """A number for each row: rows whose held quantity agrees share it."""
    order = np.argsort(values, kind="stable")
    group = np.empty(values.size, dtype=np.intp)
    group[order] = np.concatenate([[0], np.cumsum(np.diff(values[order]) > _step(values, role))])
    return group


def _step(values: FloatArray, role: Role) -> float:
    """The largest distance between neighbouring readings of one setting."""
    least = FIELD_STEP if role == Role.FIELD else 0.01
    return max(least, SETTLE * float(np.abs(values).max()))


def _runs(settings: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    edges = np.flatnonzero(np.diff(settings)) + 1
    return list(np.split(np.arange(settings.size), edges))


def _parts(x: FloatArray) -> tuple[list[NDArray[np.intp]], bool]:
    """Index ranges of one direction each and True; or all indices and False when the rows come in no order."""
    usable: list[NDArray[np.intp]] | None = None
    for share in TURNS:
        parts = _monotone(x, share)
        enough = len(parts) <= 2 or any(part.size >= FEWEST_POINTS for part in parts)
        if not enough or len(parts) > max(4, x.size // 6):
            continue
        if all(part.size >= FEWEST_POINTS for part in parts[1:-1]):
            return parts, True
        usable = usable or parts
    return ([np.arange(x.size)], False) if usable is None else (usable, True)


def _monotone(x: FloatArray, share: float) -> list[NDArray[np.intp]]:
    """Index ranges between turning points; the turning point itself belongs to the earlier range."""
    threshold = share * float(np.ptp(x))
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


def _sweep(
    curve: str, kind: Swept, x: FloatArray, held: FloatArray | None, rows: NDArray[np.intp], *, ordered: bool
) -> Sweep:
    names = {"temperature": ("cooling", "warming"), "field": ("field down", "field up")}[kind]
    order = rows[np.argsort(x[rows], kind="stable")]
    return Sweep(
        curve=curve,
        swept=kind,
        direction=names[int(x[rows[-1]] >= x[rows[0]])] if ordered else "unordered",
        held=None if held is None else float(np.mean(held[rows])),
        x=x[order],
        order=order,
    )


def _numbered(sweeps: list[Sweep]) -> list[Sweep]:
    """The same sweeps, those whose label stood before counted."""
    seen: Counter[str] = Counter()
    numbered = []
    for sweep in sweeps:
        seen[label(sweep)] += 1
        numbered.append(replace(sweep, number=seen[label(sweep)]))
    return numbered
