"""Claims from currents and contacts: a critical current, a gap that closes at Tc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from megabar.analysis.headline import rounded
from megabar.analysis.spectrum_estimates import BIASED
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Estimate, Measured, Result, Status
from megabar.evidence.claim import SIGMAS, Finding, Verdict
from megabar.evidence.facts import (
    RESISTIVE,
    Facts,
    at_lowest_field,
    in_words,
    kelvin,
    known,
    same_pressure,
    temperature_of,
    transition,
    value_of,
)
from megabar.physics.bcs import WEAK_COUPLING_RATIO

FEWEST_CURRENTS: Final = 3
"""Temperatures at which a critical current must be known to be seen falling."""
CLEAR: Final = 5.0
"""Standard deviations that a gap must stand off zero by."""


def critical_current(facts: Facts) -> list[Finding]:
    """The critical current at the lowest temperature, and whether it falls to ohmic curves on warming."""
    found = [one for m in facts.of_kind("current") if (one := _current(m)) is not None]
    for m in facts.of_kind("spectrum"):
        dips = at_lowest_field([e for e in known(m.result, "critical_current") if temperature_of(e) is not None])
        if dips:
            coldest = min(dips, key=kelvin)
            words = f"dips of a contact at {_milliampere(coldest)}; heating makes them as well"
            found.append(Finding(Verdict.COMPATIBLE, words, coldest, (m.measurement,)))
    return found


def _milliampere(estimate: Estimate) -> str:
    error = None if estimate.error is None else 1e3 * estimate.error
    return f"{rounded(1e3 * value_of(estimate), error)} mA"


def _current(measured: Measured) -> Finding | None:
    result, names = measured.result, (measured.measurement,)
    currents = _against_temperature(result)
    if not currents:
        words = "no curve leaves zero voltage at a critical current"
        return Finding(Verdict.NOT_SHOWN, words, measurements=names)
    coldest, warmest = currents[0], currents[-1]
    told = f"{_milliampere(coldest)} at {temperature_of(coldest):.4g} K"
    if coldest.error is None or value_of(coldest) <= SIGMAS * coldest.error:
        return Finding(Verdict.NOT_SHOWN, f"{told}: not above its error", coldest, names)
    if len(currents) < FEWEST_CURRENTS:
        return Finding(Verdict.COMPATIBLE, f"{told}; known at {len(currents)} temperatures only", coldest, names)
    if not _falls(currents):
        return Finding(Verdict.NOT_SHOWN, f"{told}; it does not fall on warming", coldest, names)
    if any(e.error is None for e in currents):
        return Finding(Verdict.COMPATIBLE, f"{told}; not every error is known", coldest, names)
    told += f", falling to {1e3 * value_of(warmest):.3g} mA at {temperature_of(warmest):.4g} K"
    ohmic = [t for e in known(result, "ohmic_resistance") if (t := temperature_of(e)) is not None]
    above = [t for t in ohmic if t > kelvin(warmest)]
    if not above:
        return Finding(Verdict.COMPATIBLE, f"{told}; no ohmic curve above", coldest, names)
    return Finding(Verdict.SHOWN, f"{told}; ohmic from {min(above):.4g} K on", coldest, names)


def _against_temperature(result: Result) -> list[Estimate]:
    """Critical currents by rising temperature: by the power law, else by crossing."""
    for criterion in ("power law", "crossing", "field"):
        found = at_lowest_field(known(result, "critical_current", criterion=criterion))
        found = [e for e in found if temperature_of(e) is not None]
        if found:
            return sorted(found, key=kelvin)
    return []


def _falls(currents: Sequence[Estimate]) -> bool:
    """Whether the last one is clearly below the first and none clearly above the one before."""
    values = [value_of(e) for e in currents]
    errors = [e.error or 0.0 for e in currents]
    steps = zip(values, values[1:], errors, errors[1:], strict=False)
    rises = any(after - before > SIGMAS * (e + f) for before, after, e, f in steps)
    return values[0] - values[-1] > SIGMAS * (errors[0] + errors[-1]) and not rises


def gap(facts: Facts) -> list[Finding]:
    """2 Delta(0)/(k Tc) of a gap that closes; a gap at one temperature says less."""
    spectra = facts.of_kind("spectrum")
    return [one for m in spectra if (one := _closing(facts, m) or _at_one(m)) is not None]


def _closing(facts: Facts, measured: Measured) -> Finding | None:
    result, names = measured.result, (measured.measurement,)
    zero = next(iter(known(result, "gap_zero")), None)
    ratio = next(iter(known(result, "gap_ratio")), None)
    if zero is None or ratio is None or zero.error is None or value_of(zero) < CLEAR * zero.error:
        return None
    value = value_of(ratio)
    told = f"Δ(0) {in_words(zero)} meV, 2Δ(0)/kTc {rounded(value, ratio.error)}"
    closes = transition(result, "gap closes")
    if closes is not None:
        told += f", closes at {in_words(closes)} K"
    if ratio.error is not None and value < WEAK_COUPLING_RATIO - SIGMAS * ratio.error:
        told += f", below the weak-coupling {WEAK_COUPLING_RATIO:.2f}"
    told += _by_resistance(facts, measured, zero)
    finding = Finding(Verdict.SHOWN, told, ratio, names)
    return finding.at_most(Verdict.COMPATIBLE, "an intermediate contact") if _biased(result) else finding


def _by_resistance(facts: Facts, spectrum: Measured, zero: Estimate) -> str:
    """What the ratio is with the resistive onset of the same cell and pressure."""
    for m in facts.of_kind(*RESISTIVE):
        onset = transition(m.result, "onset")
        if onset is not None and onset.value and m.cell == spectrum.cell and same_pressure(m, spectrum):
            ratio = 2.0 * value_of(zero) / (BOLTZMANN_MEV * onset.value)
            return f"; {ratio:.3g} with the resistive onset {rounded(onset.value, onset.error)} K ({m.measurement})"
    return ""


def _at_one(measured: Measured) -> Finding | None:
    result, names = measured.result, (measured.measurement,)
    gaps = at_lowest_field([e for e in known(result, "gap") if e.error and value_of(e) > CLEAR * e.error])
    if gaps:
        coldest = min(gaps, key=kelvin)
        where = coldest.labels.get("at", "one temperature")
        told = f"gap {in_words(coldest)} meV at {where}"
        more = "; an intermediate contact" if _biased(result) else "; not followed to where it closes"
        return Finding(Verdict.COMPATIBLE, told + more, coldest, names)
    tried = result.find("gap")
    if not tried:
        return None
    if all(e.status == Status.NOT_TESTABLE for e in tried):
        words = "thermal contact: its features are those of a critical current, not of a gap"
        return Finding(Verdict.NOT_TESTABLE, words, measurements=names)
    remark = next((e.remark for e in tried if e.remark), "no gap found")
    fitted = any(e.status not in (Status.FAILED, Status.NOT_TESTABLE) for e in tried)
    return Finding(Verdict.NOT_SHOWN if fitted else Verdict.NOT_TESTED, remark, measurements=names)


def _biased(result: Result) -> bool:
    return any(BIASED in e.remark for e in result.find("gap"))
