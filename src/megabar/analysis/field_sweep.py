"""R(H) at fixed temperature: transition fields on either side of zero field, by the criteria of R(T)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.criteria import fraction_name
from megabar.analysis.resistance_panels import resistance_label, titled
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.sweeps import FEWEST_POINTS, Sweep, label
from megabar.analysis.transition import Criterion, Step, analyse_steps
from megabar.data import Estimate, Note, Panel, Status, Trace
from megabar.errors import DataError

FloatArray = NDArray[np.float64]

BOTH: Final = "mean of both field directions"

FIELD: Final = "Field (T)"

_MARKED: Final = {"onset": "onset", fraction_name(0.5): "50 %", fraction_name(0.1): "10 %"}


@dataclass(frozen=True)
class Side:
    """One half of a sweep, |field| ascending (T): "positive" or "negative" field, and its steps."""

    name: str
    field: FloatArray
    resistance: FloatArray
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class FieldSweep:
    """What one field sweep gave; `temperature` in K (None when not recorded)."""

    sweep: Sweep
    name: str
    temperature: float | None
    sides: tuple[Side, ...]
    notes: tuple[Note, ...]


def analyse_field_sweep(
    sweep: Sweep, resistance: FloatArray, settings: Settings, *, rng: np.random.Generator
) -> FieldSweep:
    """Analyse R against |H| on each side of zero field that has enough points.

    DataError when the resistance does not vary at all or neither side has enough points.
    """
    measured = resistance[sweep.order]
    if np.ptp(measured) == 0.0:
        raise DataError(f"{sweep.curve}: {label(sweep)}: resistance is constant at {measured[0]:.6g}: wrong column?")
    sides, notes = [], []
    for name, chosen in (("negative", sweep.x < 0.0), ("positive", sweep.x >= 0.0)):
        if np.count_nonzero(chosen) < FEWEST_POINTS:
            if chosen.any():
                notes.append(Note(f"{label(sweep)}: {np.count_nonzero(chosen)} points at {name} field: not analysed"))
            continue
        order = np.argsort(np.abs(sweep.x[chosen]), kind="stable")
        field, r = np.abs(sweep.x[chosen])[order], measured[chosen][order]
        steps = analyse_steps(
            field,
            r,
            windows=settings.windows,
            fractions=settings.fractions,
            rng=rng,
            minimum_drop=settings.minimum_drop,
        )
        sides.append(Side(name, field, r, steps))
    if not sides:
        raise DataError(
            f"{sweep.curve}: {label(sweep)}: fewer than {FEWEST_POINTS} points on either side of zero field"
        )
    return FieldSweep(sweep, label(sweep), sweep.held, tuple(sides), tuple(notes))


def field_estimates(found: FieldSweep, sheet: Sheet, settings: Settings, unit: str) -> list[Estimate]:
    """Transition fields of each side by each criterion, and their mean over both sides.

    Remanence of the magnet and trapped flux shift the two sides in opposite directions, so the mean over both is the
    better field; half their difference is its systematic part "field direction".
    """
    here = sheet.under(sweep=found.name)
    names = ["onset", *(fraction_name(f) for f in settings.fractions), "zero"]
    estimates: list[Estimate] = []
    for name in names:
        reached: list[Criterion] = []
        for side in found.sides:
            if not side.steps:
                estimates.append(_missing(here, side, name))
                continue
            for number, step in enumerate(side.steps, start=1):
                criterion = step.criteria[name]
                labels: dict[str, str | float] = {"criterion": name, "side": side.name}
                if len(side.steps) > 1:
                    labels["step"] = number
                estimates.append(_one(here, criterion, labels))
                if number == 1 and criterion.value is not None:
                    reached.append(criterion)
        if len(reached) == 2:
            estimates.append(_both(here, name, reached))
    for side in found.sides:
        if side.steps:
            criterion = side.steps[0].criteria["onset resistance"]
            method = "normal-state line at the onset field"
            estimates.append(
                here.note(
                    "normal_resistance",
                    criterion.value,
                    unit,
                    method,
                    error=criterion.error,
                    labels={"side": side.name},
                )
            )
    return estimates


def field_panels(curve: str, sweeps: Sequence[FieldSweep], unit: str) -> list[Panel]:
    """The field sweeps of a curve, one panel a temperature, and before them all together where there are several.

    `curve` is its name, "" where the measurement has only one.
    """
    groups: dict[str, list[FieldSweep]] = {}
    for found in sweeps:
        groups.setdefault("" if found.temperature is None else f"{found.temperature:.4g} K", []).append(found)
    panels = []
    if len(groups) > 1:
        traces = [trace for name, members in groups.items() for trace in _together(name, members)]
        title = titled(curve, "all temperatures")
        caption = "Marked: 50 % of the normal resistance."
        panels.append(Panel(title, FIELD, resistance_label(unit), tuple(traces), caption))
    for temperature, members in groups.items():
        traces = []
        for found in members:
            field, resistance = _both_sides(found)
            traces += [Trace(found.name, "data", field, resistance), *_markers(found, _MARKED, found.name)]
        title = titled(curve, temperature or "field sweep")
        caption = "Marked: onset, 50 % and 10 % of the normal resistance, by each side of zero field."
        panels.append(Panel(title, FIELD, resistance_label(unit), tuple(traces), caption))
    return panels


def _both_sides(found: FieldSweep) -> tuple[FloatArray, FloatArray]:
    """Field with its sign, ascending, and resistance."""
    field = np.concatenate([side.field * (-1.0 if side.name == "negative" else 1.0) for side in found.sides])
    resistance = np.concatenate([side.resistance for side in found.sides])
    order = np.argsort(field, kind="stable")
    return field[order], resistance[order]


def _together(name: str, members: Sequence[FieldSweep]) -> list[Trace]:
    """All sweeps at one temperature as one trace, with the fields at half resistance of the first."""
    sides = [_both_sides(found) for found in members]
    field = np.concatenate([side[0] for side in sides])
    resistance = np.concatenate([side[1] for side in sides])
    order = np.argsort(field, kind="stable")
    half = {fraction_name(0.5): "50 %"}
    return [Trace(name, "data", field[order], resistance[order]), *_markers(members[0], half, name)]


def _markers(found: FieldSweep, marked: Mapping[str, str], name: str) -> list[Trace]:
    """The criteria `marked` (with their short names) of the first step on each side, on the curve."""
    traces = []
    for side in found.sides:
        sign = -1.0 if side.name == "negative" else 1.0
        for step in side.steps[:1]:
            for key, short in marked.items():
                criterion = step.criteria.get(key)
                if criterion is None or criterion.value is None:
                    continue
                x = np.array([criterion.value])
                y = np.interp(x, side.field, side.resistance)
                error = None if criterion.error is None else np.array([criterion.error])
                traces.append(Trace(f"{name}: {short}", "marker", sign * x, y, x_error=error))
    return traces


def _one(sheet: Sheet, criterion: Criterion, labels: dict[str, str | float]) -> Estimate:
    method = f"{criterion.name} in |H|"
    if criterion.value is None:
        remark = "not reached between the lowest and the highest field measured"
        return sheet.note("transition_field", None, "T", method, labels=labels, remark=remark)
    rest: dict[str, Any] = {"error": criterion.error, "systematic": {}}
    if criterion.window is not None:
        rest["systematic"] = {"window": criterion.window}
    return sheet.note("transition_field", criterion.value, "T", method, labels=labels, **rest)


def _missing(sheet: Sheet, side: Side, name: str) -> Estimate:
    remark = f"no transition between {side.field[0]:.4g} and {side.field[-1]:.4g} T"
    labels: dict[str, str | float] = {"criterion": name, "side": side.name}
    status = Status.NOT_FOUND
    return sheet.note("transition_field", None, "T", f"{name} in |H|", labels=labels, remark=remark, status=status)


def _both(sheet: Sheet, name: str, reached: Sequence[Criterion]) -> Estimate:
    first, second = (c.value for c in reached if c.value is not None)
    known = [c.error for c in reached if c.error is not None]
    error = 0.5 * math.hypot(*known) if len(known) == 2 else None
    windows = [c.window for c in reached if c.window is not None]
    systematic = {"field direction": 0.5 * abs(first - second)}
    if windows:
        systematic["window"] = max(windows)
    labels: dict[str, str | float] = {"criterion": name, "side": "both"}
    method = f"{name} in |H|, {BOTH}"
    return sheet.note(
        "transition_field", 0.5 * (first + second), "T", method, error=error, systematic=systematic, labels=labels
    )
