"""Families of current-voltage curves: critical currents, exponents, ohmic lines, laws of Jc(T), heating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.analysis.current_estimates import (
    area,
    density_estimates,
    heating_estimates,
    in_force,
    law_estimates,
    level_estimates,
    zero_resistance_bracket,
)
from megabar.analysis.current_heating import Heating, compare_durations, heating_of
from megabar.analysis.current_laws import FEWEST, NAMES, LawFits, Points, fit_laws
from megabar.analysis.current_levels import Level, automatic_criterion, levels_of
from megabar.analysis.current_panels import current_panels
from megabar.analysis.current_settings import Settings
from megabar.analysis.current_sweeps import sweeps_of
from megabar.analysis.headline import rounded
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Note, Recording, Result
from megabar.errors import DataError, MegabarError

__all__ = ["Settings", "analyse"]

UNEVEN: Final = 0.02
"""Difference of forward and reverse critical current over their sum from which on it is told."""


@dataclass(frozen=True, eq=False)
class Details:
    """What is behind a result, for those who compute on."""

    criterion: float
    levels: tuple[Level, ...]
    laws: tuple[LawFits, ...]
    heating: Heating


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Analyse every current-voltage curve, and those of one field against temperature.

    Of each curve the offset and the ohmic part are taken off; the critical current follows from the crossing of a
    voltage criterion, from a power law and, with the length, from a field criterion. Curves that are resistive at small
    currents are tested for Ohm's law. Critical currents at three temperatures or more are compared with the laws of
    pinning and self-field. DataError when no curve can be used; other troubles become notes.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    tell = progress or _silent
    sweeps, notes, refused = sweeps_of(recording, chosen.temperature)
    if not sweeps:
        raise DataError(f"{recording.source.file}: {'; '.join(refused) or 'no current-voltage curve found'}")
    criterion = chosen.voltage_criterion or automatic_criterion(sweeps)
    levels = levels_of(sweeps, chosen, criterion=criterion)
    tell(0.7)
    laws, more = _laws(levels, chosen)
    notes += [*more, *_level_notes(levels, criterion, chosen), *_law_notes(laws)]
    heating = heating_of(levels, chosen)
    sheet = Sheet(name, {})
    rng = np.random.default_rng(chosen.seed)
    estimates: list[Estimate] = [e for found in laws for e in law_estimates(found, sheet, chosen, rng)]
    estimates += zero_resistance_bracket(levels, sheet)
    estimates += density_estimates(levels, sheet, chosen)
    estimates += [e for level in levels for e in level_estimates(level, sheet, criterion, chosen)]
    estimates += heating_estimates(heating, sheet)
    durations = compare_durations(levels, chosen)
    estimates += [
        sheet.under(at=at).note(
            "critical_current_duration_shift", v.value, "A", "longest less shortest pulse", error=v.error, remark=w
        )
        for at, v, w in durations
    ]
    tell(1.0)
    return Result(
        kind="current",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(current_panels(levels, laws, chosen, criterion)),
        settings=_in_force(chosen, criterion, laws),
        notes=(*recording.notes, *notes, *(Note(f"{text}: left out", "warning") for text in refused)),
        sources=recording.sources,
        summary=_summary(levels, laws, chosen),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        seed=chosen.seed,
        details=Details(criterion, tuple(levels), tuple(laws), heating),
    )


def _laws(levels: Sequence[Level], settings: Settings) -> tuple[list[LawFits], list[Note]]:
    """The laws of each field (and duration of pulses), and why there are none."""
    groups: dict[str, list[Level]] = {}
    for level in levels:
        if level.temperature is not None and in_force(level, settings) is not None:
            tesla = f"{level.field:.3g} T" if level.field else ""
            pulse = "" if level.duration is None else f"pulses of {level.duration:.3g} s"
            groups.setdefault(", ".join(part for part in (tesla, pulse) if part), []).append(level)
    found: list[LawFits] = []
    notes: list[Note] = []
    for where, members in groups.items():
        before = f"{where}: " if where else ""
        try:
            points = _points(members, settings, where)
            found.append(fit_laws(points, settings))
        except MegabarError as error:
            notes.append(Note(f"{before}no law of the critical current: {error}", "warning"))
            continue
        notes += [Note(f"{before}not fitted: {text}") for text in found[-1].failed]
    if not groups:
        notes.append(Note("no critical current at a known temperature: no law of it"))
    return found, notes


def _points(levels: Sequence[Level], settings: Settings, where: str) -> Points:
    rows = []
    for level in levels:
        value = in_force(level, settings)
        if value is not None and value.error is not None and level.temperature is not None:
            rows.append((level.temperature, value.value, value.error))
    if len(rows) < FEWEST:
        raise DataError(f"{len(rows)} critical currents with an error, {FEWEST} temperatures are needed")
    t, current, error = np.array(rows, dtype=np.float64).T
    return Points(t, current, error, area(settings), where)


def _level_notes(levels: Sequence[Level], criterion: float, settings: Settings) -> list[Note]:
    how = "as set" if settings.voltage_criterion is not None else "ten times the noise of a reading, rounded up"
    notes = [Note(f"voltage criterion {1e6 * criterion:g} uV ({how}); offset and ohmic part are taken off before")]
    notes += [note for level in levels for note in level.notes]
    cases = (
        (_offset_is_large, "the offset exceeds the criterion at {}: it is fitted, but its drift within a curve is not"),
        (lambda level, _: level.split, "rising and falling current differ at {}: critical currents of rising current"),
        (_is_uneven, "forward and reverse critical currents differ at {}: an offset of the current, or a diode"),
    )
    for is_so, text in cases:
        names = [level.name for level in levels if is_so(level, criterion)]
        if names:
            listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
            notes.append(Note(text.format(listed), "warning"))
    if not any(level.state == "critical" for level in levels):
        resistive = all(level.state == "resistive" for level in levels)
        state = "resistive at the smallest currents" if resistive else "below their critical current"
        notes.append(Note(f"no critical current: the curves are {state}", "warning"))
    return notes


def _is_uneven(level: Level, _criterion: float) -> bool:
    found = level.asymmetry
    return found is not None and bool(found.error) and abs(found.value) > max(5.0 * (found.error or 0.0), UNEVEN)


def _offset_is_large(level: Level, criterion: float) -> bool:
    return level.state == "critical" and max(abs(p.line.offset) for p in level.parts) > criterion


def _law_notes(laws: Sequence[LawFits]) -> list[Note]:
    notes = []
    for found in laws:
        before = f"{found.points.reference}: " if found.points.reference else ""
        scatter = "; errors from the scatter of the points, which their own do not explain" if found.by_scatter else ""
        notes.append(Note(f"{before}{found.verdict}{scatter}"))
        bound = [NAMES[law] for law, one in found.fits.items() if "critical_temperature" in one.fit.on_bound]
        if bound:
            words = "Tc on its lower bound, the warmest critical current: the law misses the points"
            notes.append(Note(f"{before}{', '.join(bound)}: {words}"))
    return notes


def _in_force(settings: Settings, criterion: float, laws: Sequence[LawFits]) -> dict[str, object]:
    formulas = {f"law: {NAMES[law]}": one.fit.model.formula for found in laws[:1] for law, one in found.fits.items()}
    automatic = {"voltage_criterion": criterion, "laws": list(settings.laws_in_force)}
    return {**settings.model_dump(mode="json"), **automatic, **formulas}


def _summary(levels: Sequence[Level], laws: Sequence[LawFits], settings: Settings) -> str:
    reached = [(level, value) for level in levels if (value := in_force(level, settings)) is not None]
    if not reached:
        return (
            "no critical current reached"
            if any(x.state == "below" for x in levels)
            else "resistive at all temperatures"
        )
    level, value = reached[0]
    parts = [f"Ic({level.name}) = {_milliamperes(value.value, value.error)}"]
    for found in laws[:1]:
        one = found.fits[found.chosen]
        between = "" if found.spread is None else f" (+-{float(f'{1e3 * found.spread:.2g}'):g} between laws)"
        zero = f"Ic(0) = {_milliamperes(one.zero, one.zero_error)}{between} from t = {found.coldest:.2g} on"
        parts += [zero, found.verdict]
    return "; ".join(parts)


def _milliamperes(value: float, error: float | None) -> str:
    return f"{rounded(1e3 * value, None if error is None else 1e3 * error)} mA"


def _silent(_fraction: float) -> None:
    """Progress that nobody watches."""
