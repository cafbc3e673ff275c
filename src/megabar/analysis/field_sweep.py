"""R(H) at fixed temperature: transition fields on either side of zero field, by the criteria of R(T)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.criteria import fraction_name
from megabar.analysis.resistance_panels import resistance_label, titled
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.step_estimates import Sheet, errors_of, why_missing, width_missing
from megabar.analysis.sweeps import FEWEST_POINTS, Sweep, label
from megabar.analysis.transition import Step, analyse_steps
from megabar.data import Estimate, Note, Panel, Status, Trace
from megabar.errors import DataError

FloatArray = NDArray[np.float64]

BOTH: Final = "mean of both field directions"

WIDTH: Final = "between R/R(onset) = 0.90 and 0.10 in |H|"

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
    levels = {fraction_name(fraction): fraction for fraction in settings.fractions}
    wanted = [("transition_field", name, levels.get(name)) for name in ("onset", *levels, "zero", "offset")]
    wanted.append(("transition_field_width", "width 90-10", None))
    estimates: list[Estimate] = []
    for quantity, name, level in wanted:
        reached: list[Estimate] = []
        for side in found.sides:
            made = _of_side(here.under(side=side.name), side, quantity, name, level, settings)
            estimates += made
            reached += [e for e in made[:1] if e.value is not None]
        if len(reached) == 2:
            estimates.append(_both(reached))
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


def _of_side(
    sheet: Sheet, side: Side, quantity: str, name: str, level: float | None, settings: Settings
) -> list[Estimate]:
    """One criterion of every step of a side, the first step first; one estimate without a value where there is none."""
    width = quantity == "transition_field_width"
    here = sheet if width else sheet.under(criterion=name)
    method = WIDTH if width else f"{name} in |H|"
    if not side.steps:
        remark = f"no transition between {side.field[0]:.4g} and {side.field[-1]:.4g} T"
        return [here.note(quantity, None, "T", method, remark=remark, status=Status.NOT_FOUND)]
    estimates = []
    for number, step in enumerate(side.steps, start=1):
        if name in ("zero", "offset") and number < len(side.steps):
            continue
        one = here if len(side.steps) == 1 else here.under(step=number)
        low = f"{side.field[0]:.4g} T"
        if width:
            why = width_missing(step, "field")
        else:
            why = why_missing(name, level, step, probes=settings.probes, axis="field", low=low)
        if why:
            estimates.append(one.note(quantity, None, "T", method, **why))
        else:
            criterion = step.criteria[name]
            estimates.append(one.note(quantity, criterion.value, "T", method, **errors_of(criterion)))
    return estimates


def _both(sides: Sequence[Estimate]) -> Estimate:
    """The mean over both sides of zero field, and half their difference as the systematic part "field direction"."""
    first, second = (e.value for e in sides if e.value is not None)
    known = [e.error for e in sides if e.error is not None]
    parts = {name for e in sides for name in e.systematic}
    systematic = {name: max(e.systematic.get(name, 0.0) for e in sides) for name in sorted(parts)}
    systematic["field direction"] = 0.5 * abs(first - second)
    return replace(
        sides[0],
        value=0.5 * (first + second),
        method=f"{sides[0].method}, {BOTH}",
        error=0.5 * math.hypot(*known) if len(known) == 2 else None,
        systematic=systematic,
        labels={**{k: v for k, v in sides[0].labels.items() if k != "step"}, "side": "both"},
    )
