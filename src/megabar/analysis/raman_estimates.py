"""What optical spectra say, as estimates: pressures by every scale of a gauge, lines with their names, the spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from megabar.analysis.pressure_conversion import Conversion, convert_reading
from megabar.analysis.raman_edge import Edge
from megabar.analysis.raman_lines import ROTONS, VIBRON, Line
from megabar.analysis.raman_prepare import AIR, wavelength_of
from megabar.analysis.raman_ruby import Ruby
from megabar.analysis.raman_settings import Settings
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Note, Status
from megabar.errors import MegabarError
from megabar.fitting.trend import line
from megabar.physics.pressure_scale import SCALES

TURN_OVER: Final = 38.0
"""GPa, about where the frequency of the H2 vibron turns over, so that one frequency belongs to two pressures."""
UNSTRESSED: Final = 1355.0
"""cm^-1, below which the edge is not apart from the band of the anvil's unstressed part."""


def ruby_estimates(ruby: Ruby, settings: Settings, sheet: Sheet) -> tuple[list[Estimate], Conversion]:
    """R1, the splitting and the width, and the pressure by every scale of ruby."""
    values, errors = ruby.fit.values, ruby.fit.errors
    method = "two pseudo-Voigt lines on a sloping background"
    centre, error = values["centre"], errors["centre"]
    parts = {"window": ruby.window, "shape": ruby.shape}
    if settings.calibration_error is not None:
        parts["calibration"] = settings.calibration_error
    if settings.laser is not None and ruby.spectrum.axis == "wavelength":
        parts["air or vacuum"] = _air(centre, settings.laser)
    made = [sheet.note("ruby_line", centre, "nm", method, error=error, systematic=_some(parts), labels={"line": "R1"})]
    for key, quantity in (("splitting", "ruby_splitting"), ("width_1", "ruby_width")):
        known = errors[key] is not None
        value = values[key] if known else None
        status = {} if known else {"status": Status.UNDETERMINED}
        made.append(sheet.note(quantity, value, "nm", method, error=errors[key], **status))
    found = convert_reading(
        "ruby", centre, error=error, scale=_scale(settings, "ruby"), temperature=settings.temperature
    )
    return [*made, *_pressures(found, parts, sheet, "R1 of ruby")], found


def edge_estimates(edge: Edge, settings: Settings, sheet: Sheet) -> tuple[list[Estimate], Conversion]:
    """The edge and the pressure by every scale of it."""
    method = "least slope on the high-frequency side of the band"
    parts = {"smoothing": edge.moved}
    if settings.calibration_error is not None:
        parts["calibration"] = settings.calibration_error
    made = [sheet.note("diamond_edge", edge.shift, "cm^-1", method, error=edge.error, systematic=_some(parts))]
    found = convert_reading("diamond edge", edge.shift, error=edge.error, scale=_scale(settings, "diamond edge"))
    return [*made, *_pressures(found, parts, sheet, "edge of the diamond's Raman band")], found


def line_estimates(lines: Sequence[Line], new: Sequence[Line] | None, sheet: Sheet) -> list[Estimate]:
    """Centre and width of every line; its name, and whether it is new, in the remark."""
    made = []
    for number, one in enumerate(lines, start=1):
        words = [one.name] if one.name else []
        if new is not None:
            words.append("new" if one in new else "there before heating")
        labels: dict[str, str | float] = {"line": number}
        rest: dict[str, Any] = {"labels": labels, "remark": ", ".join(words)}
        method = "pseudo-Voigt line on a sloping background"
        made.append(sheet.note("raman_line", one.centre, "cm^-1", method, error=one.error, **rest))
        error = one.fit.errors["width"]
        made.append(sheet.note("raman_line_width", one.width, "cm^-1", method, error=error, labels=labels))
    return made


def line_notes(name: str, lines: Sequence[Line], new: Sequence[Line] | None) -> list[Note]:
    """Evidence of molecular hydrogen, and new lines."""
    notes = []
    vibrons = [one for one in lines if one.name == VIBRON]
    rotons = [one for one in lines if one.name in ROTONS]
    if vibrons:
        told = ", ".join(f"{one.name} at {one.centre:.5g} cm^-1" for one in (*vibrons, *rotons))
        more = f"; the vibron turns over near {TURN_OVER:g} GPa, so that no pressure follows without its branch"
        notes.append(Note(f"{name}: evidence of molecular hydrogen: {told}{more}"))
    elif rotons:
        told = ", ".join(f"{one.centre:.5g}" for one in rotons)
        notes.append(
            Note(f"{name}: lines where H2 rotons lie ({told} cm^-1) without a vibron: no evidence of hydrogen")
        )
    if new:
        told = ", ".join(f"{one.centre:.5g}{f' ({one.name})' if one.name else ''}" for one in new)
        notes.append(Note(f"{name}: new against the spectrum before heating: {told} cm^-1"))
    return notes


def edge_notes(edge: Edge) -> list[Note]:
    """Other steps of the band, and an edge that the unstressed part of the anvil hides."""
    name, notes = edge.spectrum.name, []
    others = [shift for shift in edge.others if shift >= UNSTRESSED]
    if others:
        told = ", ".join(f"{shift:.5g}" for shift in others)
        notes.append(Note(f"{name}: further steps of the diamond's band at {told} cm^-1; the last one is the edge"))
    if edge.shift < UNSTRESSED:
        text = f"{name}: the edge at {edge.shift:.5g} cm^-1 is hardly apart from the band of the unstressed diamond"
        notes.append(Note(f"{text}: the pressure may be too low", "warning"))
    return notes


def spread_estimates(
    found: Sequence[tuple[str, Conversion]], settings: Settings, sheet: Sheet
) -> tuple[list[Estimate], list[Note]]:
    """What pressures from several spectra of one gauge differ by, their gradient, and the width that follows."""
    if len(found) < 2:
        return [], []
    firsts = [conversion.pressures[0] for _, conversion in found]
    values = np.array([one.pressure for one in firsts])
    known = [one.error for one in firsts if one.error is not None]
    labels: dict[str, str | float] = {"scale": firsts[0].scale}
    low, high = int(np.argmin(values)), int(np.argmax(values))
    error = float(np.hypot(firsts[low].error or 0.0, firsts[high].error or 0.0)) if len(known) == values.size else None
    width = float(values[high] - values[low])
    method = f"largest less smallest of {values.size} spectra, {found[high][0]} and {found[low][0]}"
    made = [sheet.note("pressure_spread", width, "GPa", method, error=error, labels=labels)]
    if settings.pressure_slope is not None:
        own = None if error is None else settings.pressure_slope * error
        text = "|dTc/dP| times the spread of the pressures"
        made.append(
            sheet.note("width_from_pressure", settings.pressure_slope * width, "K", text, error=own, labels=labels)
        )
    if not settings.positions:
        return made, []
    if len(settings.positions) != values.size:
        text = f"settings.positions: {len(settings.positions)} for {values.size} spectra with a pressure: no gradient"
        return made, [Note(text, "warning")]
    try:
        errors = np.array(known) if len(known) == values.size else None
        trend = line(np.array(settings.positions), values, y_error=errors)
    except MegabarError as problem:
        return made, [Note(f"no gradient of the pressure: {problem}", "warning")]
    text = "straight line through pressures against positions"
    made.append(sheet.note("pressure_gradient", trend.slope, "GPa/um", text, error=trend.slope_error, labels=labels))
    return made, []


def _some(parts: dict[str, float]) -> dict[str, float]:
    """Parts that are not zero."""
    return {name: size for name, size in parts.items() if size > 0.0}


def _scale(settings: Settings, gauge: str) -> str:
    """The scale that the settings name, where it is one of this gauge."""
    return settings.scale if settings.scale and SCALES[settings.scale].gauge == gauge else ""


def _pressures(found: Conversion, parts: dict[str, float], sheet: Sheet, method: str) -> list[Estimate]:
    """One pressure a scale, the first with what the choice of the scale moves it by."""
    made = []
    for one in found.pressures:
        per_unit = _per_unit(found, one.scale)
        systematic = {name: size * per_unit for name, size in _some(parts).items()}
        if one is found.pressures[0] and found.disagreement > 0.0:
            systematic["scale"] = found.disagreement
        low, high = one.reach
        status = Status.OK if one.trusted else Status.EXTRAPOLATED
        remark = "" if one.trusted else f"calibrated from {low:g} to {high:g} GPa; {one.remark}".rstrip("; ")
        made.append(
            sheet.note(
                "pressure",
                one.pressure,
                "GPa",
                f"{method}, {one.source}",
                error=one.error,
                systematic=systematic,
                status=status,
                labels={"gauge": found.gauge, "scale": one.scale},
                remark=remark,
            )
        )
    return made


def _per_unit(found: Conversion, scale: str) -> float:
    """|dP/d(reading)| of one scale."""
    step = 1e-5 * found.reading
    ends = []
    for side in (1.0, -1.0):
        moved = convert_reading(found.gauge, found.reading + side * step)
        ends.append(next(one.pressure for one in moved.pressures if one.scale == scale))
    return abs(ends[0] - ends[1]) / (2.0 * step)


def _air(centre: float, laser: float) -> float:
    """What R1 (nm) moves by when shifts count from the laser's wavelength in vacuum instead of in air."""
    shift = 1e7 / laser - 1e7 / centre
    return abs(float(wavelength_of(np.array(AIR * shift), laser)) - centre)
