"""Diffraction patterns: lines, cells of the phases by Le Bail refinement, what no phase explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from megabar.analysis.headline import rounded
from megabar.analysis.lebail_model import Phase
from megabar.analysis.pattern_data import Pattern, prepare
from megabar.analysis.pattern_estimates import (
    absent_estimates,
    line_estimates,
    phase_estimates,
    quality_estimates,
    volume_of,
)
from megabar.analysis.pattern_fit import Fit, Options, fit
from megabar.analysis.pattern_index import Indexed, cell_by_lines, indexed
from megabar.analysis.pattern_lines import Line, find_lines, fit_lines
from megabar.analysis.pattern_panels import fit_panels, lines_panel
from megabar.analysis.pattern_phases import card_sources, phases_of
from megabar.analysis.pattern_settings import Settings, checked_wavelength
from megabar.analysis.step_estimates import Sheet
from megabar.data import Curve, Estimate, Note, Panel, Recording, Result, Role
from megabar.errors import DataError, MegabarError

__all__ = ["Settings", "analyse"]

MOST_NAMED: Final = 8
DOUBTFUL: Final = 0.12
"""A shorter wavelength (angstrom) than this is rare: it may have been given in nm."""

_LARGEST_MISFIT: Final = 3.0


@dataclass(frozen=True, eq=False)
class OnePattern:
    """One curve: its pattern, the fit (None without phases) and the single lines."""

    pattern: Pattern
    fit: Fit | None
    lines: tuple[Line, ...]
    indexed: Indexed | None


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Every pattern of the recording: with phases a Le Bail refinement of all of them, without any the list of lines.

    DataError: no pattern can be used, the wavelength is unknown or none of the phases is seen; where there are several
    patterns, one that fails becomes a note.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    phases = phases_of(chosen.phases)
    curves = [curve for curve in recording.curves if curve.has(Role.INTENSITY)] or list(recording.curves)
    notes: list[Note] = list(recording.notes)
    done: list[OnePattern] = []
    refused: list[str] = []
    for number, curve in enumerate(curves):
        try:
            done.append(_of_curve(curve, phases, chosen, notes))
        except MegabarError as error:
            refused.append(str(error))
        if progress is not None:
            progress((number + 1) / len(curves))
    if not done:
        raise DataError(f"{recording.source.file}: {'; '.join(dict.fromkeys(refused))}")
    notes += [Note(text, "warning") for text in dict.fromkeys(refused)]
    several = len(done) > 1
    estimates: list[Estimate] = []
    panels: list[Panel] = []
    for one in done:
        sheet = Sheet(name, {"curve": one.pattern.name} if several else {})
        estimates += _estimates(one, chosen, sheet)
        panels += _panels(one, one.pattern.name if several else "")
        notes += _notes(one, f"{one.pattern.name}: " if several else "")
    return Result(
        kind="pattern",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(panels),
        settings=_in_force(chosen, done[0].pattern.wavelength),
        notes=tuple(dict.fromkeys(notes)),
        sources=(*recording.sources, *card_sources(chosen.phases)),
        summary=_summary(done[0]),
        simulated=any(curve.simulated for curve in curves),
        digitised=any(curve.digitised for curve in curves),
        details=tuple(done),
    )


def _in_force(settings: Settings, wavelength: float) -> dict[str, object]:
    """The settings as they were used, files by their bare names, so that no path of a machine stands in a result."""
    told = settings.model_dump(mode="json")
    for phase in told["phases"]:
        phase["file"] = None if phase["file"] is None else Path(phase["file"]).name
    return {**told, "wavelength": wavelength}


def _of_curve(curve: Curve, phases: Sequence[Phase], settings: Settings, notes: list[Note]) -> OnePattern:
    radiation, more = _radiation(curve, settings)
    notes += more
    pattern = prepare(curve, wavelength=radiation[0][0], ends=settings.range, excluded=settings.excluded)
    notes += pattern.notes
    found = find_lines(pattern.x, pattern.y, pattern.sigma)
    lines: list[Line] = []
    if settings.lines:
        lines, failed = fit_lines(pattern.x, pattern.y, pattern.sigma, found)
        notes += [Note(text) for text in failed]
    if not phases:
        if not lines:
            raise DataError(f"{curve.name}: no line stands out of the noise; give settings.phases or another range")
        return OnePattern(pattern, None, tuple(lines), None)
    options = Options(
        radiation=radiation,
        widths=settings.widths,
        shared_widths=settings.shared_widths,
        shift=settings.shift,
        search=settings.search,
        runaway=max(0.02, 2.0 * settings.search),
        background_terms=settings.background_terms,
    )
    made = fit(pattern, phases, options, found=found)
    return OnePattern(pattern, made, tuple(lines), indexed(lines, made))


def _radiation(curve: Curve, settings: Settings) -> tuple[tuple[tuple[float, float], ...], list[Note]]:
    """Wavelengths with their weights, which sum to 1; from the settings, else from the file."""
    told = curve.metadata
    notes: list[Note] = []
    first = settings.wavelength
    if first is None:
        first = float(told["wavelength"]) if "wavelength" in told else None
        if first is None:
            raise DataError(f"{curve.name}: the file tells no wavelength; give settings.wavelength in angstrom")
        try:
            checked_wavelength(first)
        except ValueError as error:
            raise DataError(f"{curve.name}: found a wavelength of {first:g}; allowed: {error}") from error
        notes.append(Note(f"wavelength {first:g} angstrom from the file"))
    if first < DOUBTFUL:
        notes.append(Note(f"a wavelength of {first:g} angstrom is short: was it meant in nm?", "warning"))
    second, weight = settings.second_wavelength, settings.second_weight
    if second is None and settings.wavelength is None and "second_wavelength" in told:
        second, weight = float(told["second_wavelength"]), float(told.get("second_weight", weight))
        notes.append(Note(f"K alpha doublet with {second:g} angstrom, weight {weight:g}, from the file"))
    if second is None or weight == 0.0:
        return ((first, 1.0),), notes
    return ((first, 1.0 / (1.0 + weight)), (second, weight / (1.0 + weight))), notes


def _estimates(one: OnePattern, settings: Settings, sheet: Sheet) -> list[Estimate]:
    if one.fit is None:
        return line_estimates(one.lines, sheet, one.pattern.wavelength)
    relative = None if settings.wavelength_error is None else settings.wavelength_error / one.pattern.wavelength
    estimates: list[Estimate] = []
    for number, fitted in enumerate(one.fit.phases):
        by_lines = None if one.indexed is None else cell_by_lines(number, one.indexed, one.fit)
        estimates += phase_estimates(fitted, one.fit, by_lines, sheet, relative=relative)
    for phase, why in one.fit.absent:
        estimates += absent_estimates(phase, why, sheet)
    for phase, other in one.fit.twins:
        estimates += absent_estimates(phase, f"its lines are those of {other}", sheet)
    if settings.shift != "none":
        place = one.fit.problem.layout.shift
        refined = one.fit.refined
        error = float(refined.covariance[place, place]) ** 0.5 * one.fit.quality.chi
        value = float(refined.state.theta[place])
        estimates.append(sheet.note("line_shift", value, "deg", f"refined: {settings.shift}", error=error or None))
    return [*estimates, *quality_estimates(one.fit, sheet)]


def _panels(one: OnePattern, name: str) -> list[Panel]:
    if one.fit is None:
        return [lines_panel(one.pattern, find_lines(one.pattern.x, one.pattern.y, one.pattern.sigma), one.lines, name)]
    foreign = () if one.indexed is None else one.indexed.foreign
    return fit_panels(one.pattern, one.fit, foreign, name)


def _notes(one: OnePattern, before: str) -> list[Note]:
    notes = [Note(f"{before}errors of the intensities: {one.pattern.errors}")]
    if one.fit is None:
        return notes
    made = one.fit
    for phase, why in made.absent:
        notes.append(Note(f"{before}{phase.name} is not seen: {why}", "warning"))
    for phase, other in made.twins:
        text = f"{phase.name} has no line that {other} has not: only one of them can be told, give one"
        notes.append(Note(f"{before}{text}", "warning"))
    for fitted in made.phases:
        if fitted.runaway:
            names = ", ".join(fitted.runaway)
            text = (
                f"the cell of {fitted.phase.name} runs away ({names} at the end of its range): no such phase, a wrong"
            )
            notes.append(Note(f"{before}{text} starting cell, or widen settings.search", "warning"))
    if not made.refined.converged:
        notes.append(Note(f"{before}the refinement did not come to rest: exclude what is not modelled", "warning"))
    if made.quality.chi > _LARGEST_MISFIT:
        text = f"the model misses the pattern by {made.quality.chi:.3g} times its noise (peak shapes, other phases)"
        notes.append(Note(f"{before}{text}; errors are scaled by it", "warning"))
    if one.indexed is not None and one.indexed.foreign:
        notes.append(Note(f"{before}{_foreign_words(one.indexed.foreign, one.pattern.wavelength)}", "warning"))
    return notes


def _foreign_words(lines: Sequence[Line], wavelength: float) -> str:
    strongest = sorted(lines, key=lambda line: -line.significance)[:MOST_NAMED]
    words = ", ".join(f"{line.centre:.2f} deg" for line in sorted(strongest, key=lambda line: line.centre))
    more = f" and {len(lines) - len(strongest)} weaker ones" if len(lines) > len(strongest) else ""
    one = "line belongs" if len(lines) == 1 else "lines belong"
    return f"{len(lines)} {one} to no phase (at {wavelength:g} angstrom): {words}{more}"


def _summary(one: OnePattern) -> str:
    if one.fit is None:
        return f"{len(one.lines)} lines; give settings.phases for cells"
    words = []
    for fitted in one.fit.phases:
        cell = ", ".join(
            f"{name} {rounded(float(value), None if not error > 0 else float(error))}"
            for name, value, error in zip(fitted.phase.free, fitted.free, fitted.errors, strict=True)
        )
        volume, slope = volume_of(fitted.phase, fitted.free)
        units = fitted.phase.units or 1.0
        error = float(slope @ fitted.covariance @ slope) ** 0.5
        per = " per formula unit" if fitted.phase.units else ""
        words.append(f"{fitted.phase.name}: {cell}, V {rounded(volume / units, error / units or None)} angstrom^3{per}")
    return f"{'; '.join(words)}; R_wp {100 * one.fit.quality.r_wp:.3g} %"
