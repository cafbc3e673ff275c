"""Claims from magnetisation: the sample screens a field, and does so where its resistance falls."""

from __future__ import annotations

import math
from typing import Final

from megabar.analysis import susceptibility
from megabar.analysis.headline import HALF
from megabar.analysis.susceptibility_transition import ONSET
from megabar.data import Estimate, Measured, Result, Status
from megabar.evidence.bounds import within
from megabar.evidence.claim import SIGMAS, Finding, Verdict
from megabar.evidence.facts import (
    MAGNETIC,
    RESISTIVE,
    Facts,
    critical_temperature,
    difference,
    in_words,
    known,
    same_isotope,
    same_pressure,
    temperature_range,
    transition,
    value_of,
)
from megabar.evidence.resistance import gated

CLEAR: Final = 5.0
"""Standard deviations that a diamagnetic drop must stand out by."""
LARGE: Final = 0.1
"""Share of perfect screening above which a drop of known size shows diamagnetism."""
BULK: Final = 0.5
"""Share of perfect diamagnetism above which most of the volume takes part."""


def diamagnetism(facts: Facts) -> list[Finding]:
    """The diamagnetic drop over that of a perfect diamagnet of the sample's shape."""
    found = [one for m in facts.of_kind(*MAGNETIC) for one in _drops(m)]
    return sorted(found, key=lambda one: -_share(one))


def _share(finding: Finding) -> float:
    number = finding.number
    return value_of(number) if number is not None and number.quantity == "relative_drop" else -math.inf


def _drops(measured: Measured) -> list[Finding]:
    result, names = measured.result, (measured.measurement,)
    drops = known(result, "drop_significance")
    if not drops:
        flux = next(iter(known(result, "penetration_field")), None)
        if flux is not None:
            words = f"the moment follows the field up to the first flux at {in_words(flux)} T; no sweep of temperature"
            return [Finding(Verdict.COMPATIBLE, words, flux, names)]
        absent = [e for e in result.find("critical_temperature") if e.value is None and e.remark]
        if _too_few(result):
            words = absent[0].remark if absent else "no sweep of temperature that a drop could be looked for in"
            return [Finding(Verdict.NOT_TESTED, words, measurements=names)]
        return [Finding(Verdict.NOT_SHOWN, absent[0].remark if absent else "no drop seen", measurements=names)]
    findings = []
    for drop in drops:
        significance = value_of(drop)
        told = f"drop of {significance:.3g} standard deviations{_split(result)}"
        place = {key: drop.labels[key] for key in ("curve", "sweep") if key in drop.labels}
        sizes = known(result, "relative_drop", **place)
        if significance < CLEAR:
            findings.append(Finding(Verdict.NOT_SHOWN, told, drop, names))
        elif not sizes:
            words = f"{told}; its size is not known: give the shape and lengths of the sample"
            findings.append(Finding(Verdict.COMPATIBLE, words, drop, names))
        else:
            findings.append(_sized(sizes[0], told, names))
    return findings


def _too_few(result: Result) -> bool:
    """Whether no signal had enough readings to look for a drop in."""
    if not isinstance(result.details, susceptibility.Details):
        return False
    return all(found.verdict == "few" for out in result.details.signals for _, found in out.transitions)


def _sized(size: Estimate, told: str, names: tuple[str, ...]) -> Finding:
    share = value_of(size)
    words = f"{told}, {100.0 * share:.2g} % of perfect screening"
    sure = size.error is not None and share - SIGMAS * size.error > 0.0
    if share >= LARGE and sure:
        return Finding(Verdict.SHOWN, words, size, names)
    return Finding(Verdict.COMPATIBLE, f"{words}: a small part of the sample, or the background", size, names)


def _split(result: Result) -> str:
    split = next(iter(known(result, "splitting_temperature")), None)
    if split is None:
        return ""
    return f"; cooled without and with field part at {in_words(split)} K"


def coincidence(facts: Facts) -> list[Finding]:
    """Diamagnetic onset against the resistive drop, for each pair in one cell; of other cells where there is none."""
    pairs = [(r, x) for r in facts.of_kind(*RESISTIVE) for x in facts.of_kind(*MAGNETIC) if same_isotope(r, x)]
    near = [(r, x) for r, x in pairs if r.cell == x.cell]
    return [one for r, x in near or pairs if (one := _pair(facts, r, x)) is not None]


def _pair(facts: Facts, resistive: Measured, magnetic: Measured) -> Finding | None:
    drop = critical_temperature(resistive.result)
    if drop is None:
        return None
    names = (resistive.measurement, magnetic.measurement)
    onset = transition(magnetic.result, ONSET)
    if onset is None:
        return _unseen(drop, magnetic, names)
    low, high = _span(resistive.result, drop)
    shift, error = difference(onset, drop)
    method = f"diamagnetic onset less Tc by {drop.labels.get('criterion')}"
    number = Estimate("onset_difference", names[1], shift, "K", method, error=error)
    at = f"diamagnetic onset {in_words(onset)} K"
    span = f"resistive transition from {low:.4g} to {high:.4g} K"
    why = _apart(resistive, magnetic)
    verdict = _placed(value_of(onset), error, low, high)
    if verdict == Verdict.CONTRADICTED:
        # Other cells and other pressures may differ in Tc; one sample at one pressure may not.
        words = f"{at}, off the {span}{f'; {why}' if why else ''}"
        return Finding(Verdict.NOT_SHOWN if why else verdict, words, number, names)
    told = f"{at}, {span}" + (": too uncertain to compare" if verdict == Verdict.NOT_SHOWN else "")
    finding = Finding(verdict, told, number, names)
    return gated(facts, resistive, finding.at_most(Verdict.COMPATIBLE, why) if why else finding)


def _placed(onset: float, error: float | None, low: float, high: float) -> Verdict:
    """Whether it lies from one width below zero resistance to the onset: within a width of zero resistance."""
    return within(onset - low, error, high - low) if high > low else Verdict.NOT_SHOWN


def _apart(resistive: Measured, magnetic: Measured) -> str:
    """Why both need not be of one sample at one pressure; "" where they are."""
    if resistive.cell != magnetic.cell:
        return "different cells"
    return "" if same_pressure(resistive, magnetic) else "the pressures differ or are not known"


def _unseen(drop: Estimate, magnetic: Measured, names: tuple[str, ...]) -> Finding:
    span = temperature_range(magnetic.result)
    inside = span is None or span[0] < value_of(drop) < span[1]
    absent = any(e.status == Status.NOT_FOUND for e in magnetic.result.find("critical_temperature", criterion=ONSET))
    if inside and absent:
        return Finding(Verdict.NOT_SHOWN, "no diamagnetic drop where the resistance falls", measurements=names)
    return Finding(Verdict.NOT_TESTED, "the magnetisation does not reach the resistive transition", measurements=names)


def _span(result: Result, drop: Estimate) -> tuple[float, float]:
    """From zero resistance (else the lowest criterion known) to the onset."""
    found = [transition(result, name) for name in ("zero", "R/R(onset) = 0.10", HALF, "onset")]
    values = [one.value for one in found if one is not None and one.value is not None] or [value_of(drop)]
    return min(values), max(values)
