"""What else a drop of the resistance may be, and which other claims rule it out."""

from __future__ import annotations

from megabar.data import Estimate
from megabar.evidence.claim import SIGMAS, Finding, Verdict, decide
from megabar.evidence.currents import critical_current
from megabar.evidence.facts import Facts, value_of
from megabar.evidence.fields import field_suppression
from megabar.evidence.magnetism import BULK, coincidence, diamagnetism
from megabar.evidence.resistance import reversibility
from megabar.evidence.samples import second_cell
from megabar.evidence.structure import structure_unchanged


def alternatives(facts: Facts) -> list[Finding]:
    """Structural transition, magnetic transition, contact change, percolation: how many are ruled out."""
    judged = {
        "structural transition": _structural(facts),
        "magnetic transition": _magnetic(facts),
        "contact change": _contact(facts),
        "percolation": _percolation(facts),
    }
    out = [name for name, (verdict, _) in judged.items() if verdict == Verdict.SHOWN]
    favoured = [name for name, (verdict, _) in judged.items() if verdict == Verdict.CONTRADICTED]
    tested = any(verdict != Verdict.NOT_TESTED for verdict, _ in judged.values())
    said = {Verdict.SHOWN: "ruled out", Verdict.CONTRADICTED: "supported"}
    words = "; ".join(f"{name} {said.get(verdict, 'open')} ({why})" for name, (verdict, why) in judged.items())
    number = Estimate("alternatives_ruled_out", "", float(len(out)), "1", f"of {len(judged)}: {', '.join(judged)}")
    if favoured:
        return [Finding(Verdict.CONTRADICTED, words, number)]
    if len(out) == len(judged):
        return [Finding(Verdict.SHOWN, words, number)]
    if out:
        return [Finding(Verdict.COMPATIBLE, words, number)]
    return [Finding(Verdict.NOT_SHOWN if tested else Verdict.NOT_TESTED, words, number if tested else None)]


def _verdict(findings: list[Finding]) -> Verdict:
    return decide("", "", "", findings).verdict


def _structural(facts: Facts) -> tuple[Verdict, str]:
    verdict = _verdict(structure_unchanged(facts))
    return verdict, f"structure below and above Tc: {verdict}"


def _magnetic(facts: Facts) -> tuple[Verdict, str]:
    together, falls = _verdict(coincidence(facts)), _verdict(field_suppression(facts))
    why = f"diamagnetism with the drop: {together}, fall of Tc in a field: {falls}"
    if together == falls == Verdict.SHOWN:
        return Verdict.SHOWN, why
    if falls == Verdict.CONTRADICTED:
        return Verdict.CONTRADICTED, why
    return (Verdict.NOT_SHOWN if together.tested or falls.tested else Verdict.NOT_TESTED), why


def _contact(facts: Facts) -> tuple[Verdict, str]:
    currents, cells, back = (_verdict(one(facts)) for one in (critical_current, second_cell, reversibility))
    why = f"critical current: {currents}, second cell: {cells}, reversible: {back}"
    if currents == Verdict.SHOWN or (cells.positive and back.positive):
        return Verdict.SHOWN, why
    if back == Verdict.CONTRADICTED:
        return Verdict.CONTRADICTED, why
    return (Verdict.NOT_SHOWN if currents.tested or cells.tested or back.tested else Verdict.NOT_TESTED), why


def _percolation(facts: Facts) -> tuple[Verdict, str]:
    found = diamagnetism(facts)
    verdict = _verdict(found)
    sizes = [one.number for one in found if one.number is not None and one.number.quantity == "relative_drop"]
    large = [e for e in sizes if e.error is not None and value_of(e) - SIGMAS * e.error > 0.0]
    share = max((value_of(e) for e in large), default=None)
    if share is None:
        return (Verdict.NOT_SHOWN if verdict.tested else Verdict.NOT_TESTED), f"screened part of the sample: {verdict}"
    return (Verdict.SHOWN if share > BULK else Verdict.NOT_SHOWN), f"{100.0 * share:.2g} % of perfect screening"
