"""Resistance against temperature or field: raw readings to criteria, Debye temperature and coupling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.analysis.combine import MEAN, over_directions
from megabar.analysis.currents import compare_currents
from megabar.analysis.field_sweep import FieldSweep, analyse_field_sweep, field_estimates, field_panels
from megabar.analysis.resistance_estimates import Sheet, sweep_estimates
from megabar.analysis.resistance_panels import transition, whole_curve, window_panel
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.signal import Signal, resistance_of, van_der_pauw
from megabar.analysis.sweeps import Sweep, split
from megabar.analysis.temperature_sweep import TemperatureSweep, analyse_temperature_sweep
from megabar.data import Curve, Estimate, Note, Panel, Recording, Result, Role
from megabar.errors import DataError

__all__ = ["Settings", "analyse"]

FEWEST_POINTS: Final = 8


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
        raise DataError("; ".join(work.refused) or f"{name}: no sweep with at least {FEWEST_POINTS} points")
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
        summary=_summary(estimates),
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
            sweeps, notes = split(signal.curve, swept=self.settings.swept)
        except DataError as error:
            self.refused.append(str(error))
            return
        self.notes += [*signal.notes, *notes]
        if signal.curve.has(Role.CURRENT):
            self.currents[curve.name] = float(np.median(np.abs(signal.curve.values(Role.CURRENT))))
        sheet = Sheet(self.measurement, {"curve": curve.name} if self.several else {})
        unit = signal.curve.column(signal.role).unit
        warm: list[TemperatureSweep] = []
        fields: list[FieldSweep] = []
        for sweep in sweeps:
            try:
                self._one(sweep, signal, sheet, unit, warm, fields)
            except DataError as error:
                self.refused.append(str(error))
        title = f"{self.measurement}, {curve.name}" if self.several else self.measurement
        self.panels += _temperature_panels(title, warm, unit) if warm else []
        self.panels += field_panels(title, fields, unit) if fields else []
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
        resistance = signal.curve.values(signal.role)
        if sweep.swept == "temperature":
            found = analyse_temperature_sweep(sweep, resistance, self.settings, rng=self.rng)
            self.estimates += sweep_estimates(found, sheet, self.settings, unit, self.rng)
            self.notes += found.notes
            warm.append(found)
            return
        loop = analyse_field_sweep(sweep, resistance, self.settings, rng=self.rng)
        self.estimates += field_estimates(loop, sheet, self.settings, unit)
        self.notes += loop.notes
        fields.append(loop)


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


def _temperature_panels(title: str, sweeps: Sequence[TemperatureSweep], unit: str) -> list[Panel]:
    panels = [whole_curve(title, sweeps, unit)]
    panels += [transition(f"{title}: transition, {found.name}", found, unit) for found in sweeps if found.steps]
    moved = window_panel(f"{title}: Debye temperature by window", sweeps)
    return [*panels, *([moved] if moved is not None else [])]


def _in_force(settings: Settings, work: _Work) -> dict[str, object]:
    """The settings with the automatic choices written out."""
    table = settings.model_dump(mode="json")
    automatic: dict[str, object] = {}
    for found in work.temperature_sweeps:
        if found.normal is not None:
            automatic[f"normal_window, {found.name}"] = [round(end, 4) for end in found.normal.choices.window]
        for number, step in enumerate(found.steps, start=1):
            automatic[f"normal_line, {found.name}, step {number}"] = [round(e, 4) for e in step.geometry.normal_window]
            automatic[f"transition_line, {found.name}, step {number}"] = [
                round(e, 4) for e in step.geometry.transition_window
            ]
    return {**table, **{f"automatic: {key}": value for key, value in automatic.items()}}


def _summary(estimates: Sequence[Estimate]) -> str:
    """One line for the terminal: Tc by three criteria, Theta_D and coupling."""
    parts = []
    for quantity, label, words in (
        ("critical_temperature", "onset", "Tc onset"),
        ("critical_temperature", "R/R(onset) = 0.50", "50 %"),
        ("critical_temperature", "zero", "zero"),
    ):
        best = _first(estimates, quantity, criterion=label)
        if best is not None and best.value is not None:
            parts.append(f"{words} {best.value:.4g} K")
    for quantity, words, unit in (("debye_temperature", "Theta_D", " K"), ("coupling", "lambda", "")):
        best = _first(estimates, quantity)
        if best is not None and best.value is not None:
            parts.append(f"{words} {best.value:.4g}{unit}")
    if parts:
        return ", ".join(parts)
    remarks = [e.remark for e in estimates if e.quantity == "critical_temperature" and e.remark]
    return remarks[0] if remarks else "see the estimates"


def _first(estimates: Sequence[Estimate], quantity: str, **labels: str) -> Estimate | None:
    """The mean over directions if there is one, else the first of its kind; from the full curve where it was fitted."""
    found = [
        e
        for e in estimates
        if e.quantity == quantity and e.value is not None and all(e.labels.get(k) == v for k, v in labels.items())
    ]
    found.sort(key=lambda e: (e.labels.get("model") == "normal state", not str(e.labels.get("sweep")).startswith(MEAN)))
    return found[0] if found else None
