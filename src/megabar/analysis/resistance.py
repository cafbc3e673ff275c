"""Resistance against temperature or field: raw readings to criteria, Debye temperature and coupling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.combine import over_directions
from megabar.analysis.currents import compare_currents
from megabar.analysis.field_sweep import FieldSweep, analyse_field_sweep, field_estimates, field_panels
from megabar.analysis.headline import headline
from megabar.analysis.resistance_estimates import sweep_estimates
from megabar.analysis.resistance_panels import temperature_panels
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.signal import Signal, resistance_of, van_der_pauw
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.sweeps import FEWEST_POINTS, Sweep, averaged, label, split
from megabar.analysis.temperature_sweep import TemperatureSweep, analyse_temperature_sweep
from megabar.data import Curve, Estimate, Note, Panel, Recording, Result, Role
from megabar.errors import DataError, MegabarError

__all__ = ["Settings", "analyse"]

FloatArray = NDArray[np.float64]

FEWEST_IN_LINE: Final = 3
"""Readings that the normal-state line needs."""

NEGATIVE: Final = 0.8
"""Where this share of the large readings of a temperature sweep is negative, the leads are swapped."""


@dataclass(frozen=True)
class Details:
    """The sweeps behind a result, for those who compute on."""

    temperature_sweeps: tuple[TemperatureSweep, ...]
    field_sweeps: tuple[FieldSweep, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Analyse every curve of a recording as R(T) or R(H).

    Each curve (a bridge, a current, a column) is turned into resistances, split into sweeps and each sweep analysed
    on its own; sweeps in opposite directions are then combined. `progress` is called with shares from 0 to 1.
    DataError when no curve holds a sweep that can be analysed; other troubles become notes of the result.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    curves, notes = _curves(recording, chosen)
    work = _Work(chosen, name, several=len(curves) > 1)
    for number, curve in enumerate(curves):
        work.add(curve)
        if progress is not None:
            progress((number + 1) / len(curves))
    if not work.temperature_sweeps and not work.field_sweeps:
        reasons = [*(work.refused or _too_few(work.notes)), *_lost_columns(recording)]
        raise DataError(f"{recording.source.file}: {'; '.join(reasons)}")
    combined = over_directions(work.estimates)
    estimates = [*combined, *work.estimates]
    estimates += compare_currents(estimates, work.currents, name)
    return Result(
        kind="resistance",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(work.panels),
        settings=_in_force(chosen, work),
        notes=(*recording.notes, *notes, *work.notes, *(Note(text, "warning") for text in work.refused)),
        sources=(recording.source,),
        summary=headline(estimates),
        simulated=any(curve.simulated for curve in curves),
        digitised=any(curve.digitised for curve in curves),
        seed=chosen.seed,
        details=Details(tuple(work.temperature_sweeps), tuple(work.field_sweeps)),
    )


class _Work:
    """Collects what the curves of one measurement give."""

    def __init__(self, settings: Settings, measurement: str, *, several: bool) -> None:
        self.settings, self.measurement, self.several = settings, measurement, several
        self.rng = np.random.default_rng(settings.seed)
        self.estimates: list[Estimate] = []
        self.panels: list[Panel] = []
        self.notes: list[Note] = []
        self.refused: list[str] = []
        self.currents: dict[str, float] = {}
        self.temperature_sweeps: list[TemperatureSweep] = []
        self.field_sweeps: list[FieldSweep] = []

    def add(self, curve: Curve) -> None:
        """Analyse one curve; what cannot be analysed is refused by name and costs nothing else."""
        try:
            signal = resistance_of(curve, mode=self.settings.signal, current=self.settings.current)
            sweeps, notes = split(signal.curve, swept=self.settings.swept, join=self.settings.join_sweeps)
        except DataError as error:
            self.refused.append(str(error))
            return
        self.notes += [*signal.notes, *notes]
        if curve.has(Role.CURRENT):
            self.currents[curve.name] = float(np.median(np.abs(curve.values(Role.CURRENT))))
        sheet = Sheet(self.measurement, {"curve": curve.name} if self.several else {})
        unit = signal.curve.column(signal.role).unit
        warm: list[TemperatureSweep] = []
        fields: list[FieldSweep] = []
        for sweep in sweeps:
            try:
                self._one(sweep, signal, sheet, unit, warm, fields)
            except MegabarError as error:
                self.refused.append(str(error))
        name = curve.name if self.several else ""
        self.panels += temperature_panels(name, warm, unit) if warm else []
        self.panels += field_panels(name, fields, unit) if fields else []
        self.temperature_sweeps += warm
        self.field_sweeps += fields

    def _one(
        self,
        sweep: Sweep,
        signal: Signal,
        sheet: Sheet,
        unit: str,
        warm: list[TemperatureSweep],
        fields: list[FieldSweep],
    ) -> None:
        sweep, resistance, notes = averaged(sweep, signal.curve.values(signal.role))
        self.notes += notes
        if sweep.x.size < FEWEST_POINTS:
            raise DataError(
                f"{sweep.curve}: {label(sweep)}: {sweep.x.size} different values of {sweep.swept}, fewer than "
                f"{FEWEST_POINTS}: measure more, or name the right column under columns.{sweep.swept}"
            )
        _check_line(sweep, self.settings)
        if sweep.swept == "temperature":
            _check_physical(sweep, resistance)
            found = analyse_temperature_sweep(sweep, resistance, self.settings, rng=self.rng)
            made = sweep_estimates(found, sheet, self.settings, unit, self.rng)
            self.estimates += _with_reading_error(made, signal.curve)
            self.notes += [*found.notes, *_unknown_series(found, self.settings)]
            warm.append(found)
            return
        loop = analyse_field_sweep(sweep, resistance, self.settings, rng=self.rng)
        self.estimates += field_estimates(loop, sheet, self.settings, unit)
        self.notes += loop.notes
        fields.append(loop)


def _with_reading_error(estimates: Sequence[Estimate], curve: Curve) -> list[Estimate]:
    """The temperatures' own error (of a figure that was read off, of a thermometer) as a systematic part of each Tc.

    It moves neighbouring points alike, so it does not average out over the points of a transition.
    """
    error = curve.column(Role.TEMPERATURE).error
    if error is None:
        return list(estimates)
    size = float(np.median(error))
    return [
        replace(e, systematic={**e.systematic, "reading of the temperature": size})
        if e.quantity == "critical_temperature" and e.value is not None
        else e
        for e in estimates
    ]


def _unknown_series(found: TemperatureSweep, settings: Settings) -> list[Note]:
    if settings.probes == 4 or settings.series == "none" or found.series is not None:
        return []
    text = f"{found.name}: no plateau, so the series remainder of {settings.probes} probes is unknown and still in the"
    return [Note(f"{text} resistance: give it in ohm as settings.series", "warning")]


def _too_few(notes: Sequence[Note]) -> list[str]:
    """Why no sweep is left, with the remedy."""
    short = [note.text for note in notes if note.level == "warning"]
    more = [f"and {len(short) - 3} more"] if len(short) > 3 else []
    return [
        *short[:3],
        *more,
        f"no sweep has {FEWEST_POINTS} points or more: measure more points or join the files of one sweep",
    ]


def _lost_columns(recording: Recording) -> list[str]:
    """What the reader said about columns without numbers: the likely cause where nothing could be analysed."""
    return [note.text for note in recording.notes if "holds text" in note.text or "without any value" in note.text]


def _check_line(sweep: Sweep, settings: Settings) -> None:
    """DataError where the window that was set for the normal-state line holds too few readings for a line."""
    if settings.normal_line is None:
        return
    low, high = settings.normal_line
    sides = [sweep.x] if sweep.swept == "temperature" else [-sweep.x[sweep.x < 0.0], sweep.x[sweep.x >= 0.0]]
    for x in sides:
        inside = int(np.count_nonzero((x >= low) & (x <= high)))
        if inside < FEWEST_IN_LINE and x.size >= FEWEST_POINTS:
            raise DataError(
                f"{sweep.curve}: {label(sweep)}: settings.normal_line, {low:g} to {high:g}, holds {inside} of the "
                f"readings ({x.min():.4g} to {x.max():.4g}): widen it to hold {FEWEST_IN_LINE} or more"
            )


def _check_physical(sweep: Sweep, resistance: FloatArray) -> None:
    """DataError for temperatures that are not positive and for a resistance that is negative as a whole."""
    if not sweep.x[0] > 0.0:
        raise DataError(
            f"{sweep.curve}: {label(sweep)}: temperature {sweep.x[0]:.6g} K is not positive: remove such rows, or name "
            'the unit (units.temperature = "degC") or the right column'
        )
    size = np.abs(resistance)
    large = resistance[(size > 0.0) & (size >= 0.5 * np.quantile(size, 0.9))]
    if large.size and np.count_nonzero(large < 0.0) >= NEGATIVE * large.size:
        raise DataError(
            f"{sweep.curve}: {label(sweep)}: the resistance is negative (median of its large readings "
            f"{np.median(large):.4g}): voltage leads swapped or lock-in phase off by 180 degrees; reverse the sign of "
            "the column in the file"
        )


def _curves(recording: Recording, settings: Settings) -> tuple[list[Curve], list[Note]]:
    if settings.van_der_pauw is None:
        return list(recording.curves), []
    by_name = {curve.name: curve for curve in recording.curves}
    missing = [name for name in settings.van_der_pauw if name not in by_name]
    if missing:
        raise DataError(
            f"{recording.source.file}: settings.van_der_pauw names {missing[0]!r}; curves found: {', '.join(by_name)}"
        )
    first, second = (by_name[name] for name in settings.van_der_pauw)
    curve, notes = van_der_pauw(first, second, thickness=settings.thickness)
    return [curve], list(notes)


def _in_force(settings: Settings, work: _Work) -> dict[str, object]:
    """The settings with the automatic choices written out, and the laws that were fitted."""
    table = settings.model_dump(mode="json")
    automatic: dict[str, object] = {}
    laws: dict[str, object] = {}
    for found in work.temperature_sweeps:
        fits = [found.normal.chosen if found.normal else None, found.full.chosen if found.full else None]
        laws |= {f"law: {fit.model.name}": fit.model.formula for fit in fits if fit is not None}
        name = f"{found.sweep.curve}, {found.name}" if work.several else found.name
        if found.normal is not None:
            automatic[f"normal_window, {name}"] = [round(end, 4) for end in found.normal.choices.window]
        for number, step in enumerate(found.steps, start=1):
            automatic[f"normal_line, {name}, step {number}"] = [round(e, 4) for e in step.geometry.normal_window]
            automatic[f"transition_line, {name}, step {number}"] = [
                round(e, 4) for e in step.geometry.transition_window
            ]
    return {**table, **laws, **{f"automatic: {key}": value for key, value in automatic.items()}}
