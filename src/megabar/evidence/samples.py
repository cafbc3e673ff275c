"""Claims from several samples: an isotope shift, the same in a second cell, none in a control."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Final

from megabar.analysis.headline import rounded
from megabar.data import Estimate, Measured, Status
from megabar.evidence.bounds import bound, within
from megabar.evidence.claim import SIGMAS, Finding, Verdict
from megabar.evidence.facts import (
    CRITERIA,
    ONE_PRESSURE,
    RESISTIVE,
    Facts,
    cell_words,
    critical_temperature,
    difference,
    in_words,
    known,
    pressure_room,
    pressures,
    same_isotope,
    same_pressure,
    short,
    temperature_range,
    transition,
    value_of,
)
from megabar.evidence.resistance import gated
from megabar.physics.isotope import isotope_exponent, isotope_exponent_error

AGREE: Final = 0.1
"""Share of Tc by which two samples at one pressure may differ: a convention, above the 7 % between two runs of one cell
of CeH9 (98 and 105 K at 93.5 and 94.8 GPa, Cao et al., arXiv:2401.12682)."""
STEEP: Final = 1.0
"""dlnTc/dlnP taken as a doubt where no slope is known: as in CeH9, 98 K at 93.5 and 109 K at 105 GPa (Cao et al.)."""
HARMONIC: Final = 0.5
"""The largest exponent that harmonic phonons give."""


def isotope_shift(facts: Facts) -> list[Finding]:
    """alpha of each pair of samples that differ in the isotope of one element, by one criterion."""
    marked = [m for m in facts.measured if m.isotope is not None]
    found = [one for a, b in combinations(marked, 2) if (one := _exponent(facts, a, b)) is not None]
    if not found and marked:
        names = tuple(m.measurement for m in marked)
        words = "no two samples with a Tc by one criterion that differ in the isotope"
        found.append(Finding(Verdict.NOT_TESTED, words, measurements=names))
    return sorted(found, key=lambda one: math.inf if one.number is None else one.number.error or math.inf)


def _exponent(facts: Facts, one: Measured, other: Measured) -> Finding | None:
    a, b = one.isotope, other.isotope
    if a is None or b is None or a.element != b.element or a.mass == b.mass:
        return None
    light, heavy = (one, other) if a.mass < b.mass else (other, one)
    pair = _by_one_criterion(light, heavy)
    if pair is None or light.isotope is None or heavy.isotope is None:
        return None
    first, second, criterion = pair
    masses = {"mass": light.isotope.mass, "other_mass": heavy.isotope.mass}
    alpha = isotope_exponent(value_of(first), other_temperature=value_of(second), **masses)
    shift = _pressure_shift(facts, light, heavy, criterion)
    error = None
    if first.error is not None and second.error is not None:
        own = math.hypot(first.error, shift or 0.0)
        errors = {"error": own, "other_error": second.error}
        error = isotope_exponent_error(value_of(first), other_temperature=value_of(second), **masses, **errors)
    names = (light.measurement, heavy.measurement)
    method = f"-ln(Tc1/Tc2)/ln(M1/M2), Tc by {criterion}, {a.element} of {a.mass:.4g} and {b.mass:.4g} u"
    number = Estimate("isotope_exponent", names[0], alpha, "1", method, error=error)
    each = zip((first, second), masses.values(), strict=True)
    told = f"α {rounded(alpha, error)}: Tc " + ", ".join(f"{in_words(tc)} K with {m:.4g} u" for tc, m in each)
    found = _alpha(alpha, error, told, number, names, certain=shift is not None)
    return _both_gated(facts, found, light, heavy)


def _alpha(
    alpha: float, error: float | None, told: str, number: Estimate, names: tuple[str, ...], *, certain: bool
) -> Finding:
    if error is None:
        verdict = Verdict.COMPATIBLE if alpha > 0.0 else Verdict.NOT_SHOWN
        return Finding(verdict, f"{told}; its error is not known", number, names)
    if abs(alpha) <= SIGMAS * error:
        return Finding(Verdict.NOT_SHOWN, f"{told}: no shift within three standard deviations", number, names)
    if not certain:
        verdict = Verdict.COMPATIBLE if alpha > 0.0 else Verdict.NOT_SHOWN
        return Finding(verdict, f"{told}; the pressures differ, dTc/dP is not known", number, names)
    if alpha < 0.0:
        return Finding(Verdict.CONTRADICTED, f"{told}: an inverse effect", number, names)
    if alpha - SIGMAS * error > HARMONIC:
        words = f"{told}; more than the 1/2 of harmonic phonons, so another transition may have shifted"
        return Finding(Verdict.COMPATIBLE, words, number, names)
    return Finding(Verdict.SHOWN, told, number, names)


def _by_one_criterion(one: Measured, other: Measured) -> tuple[Estimate, Estimate, str] | None:
    """Tc of both by the first criterion that both kinds have."""
    if one.result.kind != other.result.kind and {one.result.kind, other.result.kind} != set(RESISTIVE):
        return None
    for criterion in CRITERIA.get(one.result.kind, ()):
        first, second = transition(one.result, criterion), transition(other.result, criterion)
        if first is not None and second is not None:
            return first, second, criterion
    return None


def _pressure_shift(facts: Facts, one: Measured, other: Measured, criterion: str) -> float | None:
    """What the pressures may have done to the difference of both Tc (K), one standard deviation; None: not known.

    Nothing where none is stated at all. Without a slope as a steep one would do, and only where their distance with its
    errors is small.
    """
    if one.pressure is None and other.pressure is None:
        return 0.0
    apart = pressures(one, other)
    if apart is None or apart[1] is None:
        return None
    slopes = [e for t in facts.trends for e in known(t, "critical_temperature_pressure_slope", criterion=criterion)]
    size = math.hypot(*(part or 0.0 for part in apart))
    if slopes:
        return abs(slopes[0].value or 0.0) * size + (slopes[0].error or 0.0) * size
    room = pressure_room(one, other)
    if bound(apart[0], apart[1]) > room:
        return None
    tc = transition(one.result, criterion)
    return None if tc is None else STEEP * ONE_PRESSURE * value_of(tc) * size / room


def second_cell(facts: Facts) -> list[Finding]:
    """Tc in two cells, by one criterion and at one pressure where there are such."""
    named = [m for m in facts.measured if m.cell]
    pairs = [(a, b) for a, b in combinations(named, 2) if a.cell != b.cell and same_isotope(a, b)]
    found = [one for a, b in pairs if (one := _repeated(facts, a, b)) is not None]
    if not found and any(critical_temperature(m.result) is not None for m in facts.measured):
        cells = {m.cell for m in named}
        words = "no cells named" if not cells else "one cell" if len(cells) == 1 else "a transition in one cell only"
        found.append(Finding(Verdict.NOT_TESTED, words))
    return found


def _repeated(facts: Facts, one: Measured, other: Measured) -> Finding | None:
    names = (one.measurement, other.measurement)
    pair = _by_one_criterion(one, other)
    if pair is None:
        return _without_pair(facts, one, other)
    first, second, criterion = pair
    shift, error = difference(first, second)
    number = Estimate("critical_temperature_difference", names[0], shift, "K", f"Tc by {criterion}", error=error)
    told = f"Tc by {short(criterion)} {in_words(first)} K in {cell_words(one)}, "
    told += f"{in_words(second)} K in {cell_words(other)}"
    pressed = same_pressure(one, other)
    if pressed:
        verdict = within(shift, error, AGREE * max(value_of(first), value_of(second)))
        told += " at one pressure" + (": too uncertain to compare" if verdict == Verdict.NOT_SHOWN else "")
    else:
        verdict = Verdict.COMPATIBLE
        told += ", at different pressures" if pressed is False else ", pressures not known well enough"
    return _both_gated(facts, Finding(verdict, told, number, names), one, other)


def _both_gated(facts: Facts, finding: Finding, *pair: Measured) -> Finding:
    for m in pair:
        finding = gated(facts, m, finding) if m.result.kind in RESISTIVE else finding
    return finding


def _without_pair(facts: Facts, one: Measured, other: Measured) -> Finding | None:
    """Two cells whose Tc are not by one criterion, or of which one has none where the other has."""
    first, second = critical_temperature(one.result), critical_temperature(other.result)
    names = (one.measurement, other.measurement)
    if first is not None and second is not None:
        words = f"transitions in {cell_words(one)} and {cell_words(other)}, by different methods"
        return _both_gated(facts, Finding(Verdict.COMPATIBLE, words, measurements=names), one, other)
    there, absent = (one, other) if first is not None else (other, one)
    tc = first or second
    if tc is None or absent.result.kind not in RESISTIVE or not same_pressure(one, other) or not _none_at(absent, tc):
        return None
    words = (
        f"no transition in {cell_words(absent)}; {cell_words(there)} has one at {value_of(tc):.4g} K, at one pressure"
    )
    return Finding(Verdict.CONTRADICTED, words, measurements=names)


def _none_at(measured: Measured, tc: Estimate) -> bool:
    """Whether this temperature was measured and no transition was found."""
    absent = any(e.status == Status.NOT_FOUND for e in measured.result.find("critical_temperature", criterion="onset"))
    span = temperature_range(measured.result)
    return absent and span is not None and span[0] < value_of(tc) < span[1]


def control_sample(facts: Facts) -> list[Finding]:
    """Whether controls have a transition where the sample has one."""
    temperatures = [(m, tc) for m in facts.measured if (tc := critical_temperature(m.result)) is not None]
    found = []
    for control in facts.controls:
        names = (control.measurement,)
        if not temperatures:
            words = f"{control.control}: the sample has no Tc to compare with"
            found.append(Finding(Verdict.NOT_TESTED, words, measurements=names))
        else:
            found.append(_control(control, temperatures))
    return found


def _control(control: Measured, temperatures: list[tuple[Measured, Estimate]]) -> Finding:
    own = critical_temperature(control.result)
    values = sorted(value_of(tc) for _, tc in temperatures)
    sample = f"{values[0]:.4g} K" if len(values) == 1 else f"{values[0]:.4g} to {values[-1]:.4g} K"
    names = (control.measurement,)
    if own is not None:
        verdict = _apart(own, [tc for _, tc in temperatures])
        places = {
            Verdict.CONTRADICTED: "as the sample",
            Verdict.NOT_SHOWN: "too uncertain to tell from that of the sample",
        }
        place = places.get(verdict, "far from that of the sample")
        told = f"{control.control} has a transition at {in_words(own)} K, {place} at {sample}"
        return Finding(verdict, told, own, names)
    if any(_none_at(control, tc) for _, tc in temperatures):
        span = temperature_range(control.result) or (0.0, 0.0)
        words = f"{control.control}: no transition from {span[0]:.4g} to {span[1]:.4g} K, the sample's at {sample}"
        return Finding(Verdict.SHOWN, words, measurements=names)
    words = f"{control.control}: not measured through the Tc of the sample, {sample}"
    return Finding(Verdict.NOT_TESTED, words, measurements=names)


def _apart(own: Estimate, temperatures: list[Estimate]) -> Verdict:
    """Whether the transition of a control is none of the sample's: the one that is nearest to it decides."""
    least = Verdict.SHOWN
    for tc in temperatures:
        room = AGREE * value_of(tc)
        shift, error = difference(own, tc)
        if abs(shift) <= room:
            return Verdict.CONTRADICTED
        if error is None:
            least = Verdict.COMPATIBLE if least == Verdict.SHOWN else least
        elif within(shift, error, room) != Verdict.CONTRADICTED:
            least = Verdict.NOT_SHOWN
    return least
