"""What is doubtful about sweeps in fields before any model: units, normal state, hysteresis, too few of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import numpy as np
from scipy.constants import mu_0

from megabar.analysis.criteria import fraction_name
from megabar.analysis.field_points import at_fields, at_temperatures, reading
from megabar.analysis.field_sweep import FieldSweep
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Step
from megabar.constants import OERSTED
from megabar.data import Note, Recording, Role

STRONGEST: Final = 100.0
"""T: no magnet holds more while a resistance is swept."""
WEAKEST: Final = 1e-3
"""T: a whole sweep below this is within the remanence of a magnet."""
SIGNIFICANT: Final = 3.0
"""Errors by which both directions must differ to be called hysteretic."""
WIDE: Final = 0.25
"""Share of the width of the transition from which on hysteresis is a warning."""

_HALF: Final = fraction_name(0.5)
_WIDTH: Final = "width 90-10"
_IN_TESLA: Final[Mapping[str, float]] = {"T": 1.0, "Oe": OERSTED, "A/m": float(mu_0)}


def doubtful_fields(recording: Recording) -> list[Note]:
    """Warnings where the largest field of a curve is none that a magnet gives: a unit that was confused, most likely.

    Nothing is converted: which unit is right, the file does not tell.
    """
    notes = []
    for curve in recording.curves:
        if not curve.has(Role.FIELD):
            continue
        column = curve.column(Role.FIELD)
        largest = float(np.nanmax(np.abs(column.values), initial=0.0))
        if largest > STRONGEST or 0.0 < largest < WEAKEST:
            what = "more than any magnet holds" if largest > STRONGEST else "less than the remanence of a magnet"
            unit = column.file_unit or "T"
            text = (
                f"{curve.name}: the largest field is {largest:.3g} T, {what}: column {column.name!r} was read in {unit}"
            )
            notes.append(Note(f"{text}; {_otherwise(largest, unit)}", "warning"))
    return notes


def _otherwise(largest: float, unit: str) -> str:
    """What the numbers would be in the units that are confused with this one, and what to do."""
    written = largest / _IN_TESLA.get(unit, 1.0)
    others = [f"{written * size:.3g} T if they are {name}" for name, size in _IN_TESLA.items() if name != unit]
    return f'its numbers are {", ".join(others)}; name the right one as read.units.field = "Oe"'


def without_point(warm: Sequence[TemperatureSweep], loops: Sequence[FieldSweep]) -> list[Note]:
    """Warnings that name the sweeps without a point: their normal state or transition was not measured."""
    steps = [(s.name, s.steps) for s in warm] + [(s.name, side.steps) for s in loops for side in s.sides]
    cut = dict.fromkeys(name for name, found in steps if found and not found[0].geometry.normal_reached)
    empty = dict.fromkeys(name for name, found in steps if not found)
    told = (
        (cut, "the normal state is not reached", "measure to higher temperatures or fields"),
        (empty, "no whole transition is found", "measure on both sides of it"),
    )
    return [
        Note(f"{what} in {', '.join(names)}: no point from there; {do}", "warning") for names, what, do in told if names
    ]


def hysteresis(warm: Sequence[TemperatureSweep], loops: Sequence[FieldSweep]) -> list[Note]:
    """By how much both directions differ at half resistance, where that is more than their errors."""
    by_field = [(f"{held:.3g} T", ((s.sweep.direction, s.steps) for s in group)) for held, group in at_fields(warm)]
    by_temperature = [
        (f"{held:.4g} K", ((s.sweep.direction, side.steps) for s in group for side in s.sides))
        for held, group in at_temperatures(loops)
    ]
    return [*_differences(by_field, "K"), *_differences(by_temperature, "T")]


_Group = tuple[str, Iterable[tuple[str, Sequence[Step]]]]


def _differences(groups: Sequence[_Group], unit: Literal["K", "T"]) -> list[Note]:
    found = [(held, difference) for held, sweeps in groups if (difference := _difference(sweeps)) is not None]
    large = [(held, d) for held, d in found if abs(d[0]) > SIGNIFICANT * d[1]]
    if not large:
        return []
    held, (size, error, width) = max(large, key=lambda pair: abs(pair[1][0]))
    sense = "warming less cooling" if unit == "K" else "field up less field down"
    text = f"hysteresis at half resistance: {size:+.3g} +- {error:.1g} {unit} at {held}, {sense}"
    share = "" if width is None else f", {100.0 * abs(size) / width:.0f} % of the width of the transition"
    where = f"; beyond the errors at {len(large)} of {len(found)} settings: their means are used"
    serious = width is not None and abs(size) > WIDE * width
    return [Note(f"{text}{share}{where}", "warning" if serious else "info")]


def _difference(sweeps: Iterable[tuple[str, Sequence[Step]]]) -> tuple[float, float, float | None] | None:
    """Rising less falling sweeps at half resistance, its error, and the mean width; None without both or an error."""
    values: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    widths = []
    for direction, steps in sweeps:
        half, width = reading(steps, _HALF), reading(steps, _WIDTH)
        if half is None or half.value is None or half.error is None or direction == "unordered":
            continue
        values[direction in ("warming", "field up")].append((half.value, half.error))
        widths += [width.value] if width is not None and width.value else []
    if not all(values.values()):
        return None
    means = {rising: float(np.mean([v for v, _ in pairs])) for rising, pairs in values.items()}
    errors = [math.hypot(*(e for _, e in pairs)) / len(pairs) for pairs in values.values()]
    return means[True] - means[False], math.hypot(*errors), float(np.mean(widths)) if widths else None


def without_line(failed: Sequence[str], *, any_line: bool) -> list[str]:
    """Criteria without a line, those of one reason in one sentence; `failed` are "criterion: reason"."""
    reasons: dict[str, list[str]] = {}
    for text in failed:
        criterion, _, reason = text.partition(": ")
        reasons.setdefault(reason, []).append(criterion)
    every = len(reasons) == 1 and not any_line
    return [
        f"no line of upper critical fields by {'any criterion' if every else ', '.join(criteria)}: {reason}"
        for reason, criteria in reasons.items()
    ]
