"""What else a drop of the resistance may be, and which other claims rule it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from megabar.data import Estimate
from megabar.evidence.claim import SIGMAS, Claim, Finding, Verdict
from megabar.evidence.entries import SINGLE
from megabar.evidence.facts import Facts, value_of
from megabar.evidence.magnetism import BULK, diamagnetism


def alternatives(facts: Facts) -> list[Finding]:
    """Structural transition, magnetic transition, contact change, percolation: how many are ruled out."""
    judged = {name: cause(facts) for name, cause in _CAUSES.items()}
    out = {name: one for name, one in judged.items() if one.verdict == Verdict.SHOWN}
    favoured = {name: one for name, one in judged.items() if one.verdict == Verdict.CONTRADICTED}
    still_open = [name for name in judged if name not in out and name not in favoured]
    parts = [f"{name} ruled out ({one.words})" for name, one in out.items()]
    parts += [f"{name} supported ({one.words})" for name, one in favoured.items()]
    parts += [f"open: {', '.join(still_open)}"] if still_open else []
    verdict = Verdict.NOT_SHOWN if any(one.verdict.tested for one in judged.values()) else Verdict.NOT_TESTED
    if favoured:
        verdict = Verdict.CONTRADICTED
    elif out:
        verdict = Verdict.COMPATIBLE if still_open else Verdict.SHOWN
    rests = tuple(dict.fromkeys(m for one in (*favoured.values(), *out.values()) for m in one.measurements))
    name = rests[0] if rests else ""
    number = Estimate("alternatives_ruled_out", name, float(len(out)), "1", f"of {len(judged)}", error=0.0)
    return [Finding(verdict, "; ".join(parts), number if verdict.tested else None, rests)]


def _claims(facts: Facts, *names: str) -> list[Claim]:
    return [SINGLE[name].judge(facts) for name in names]


def _cause(verdict: Verdict, words: str, *claims: Claim) -> Finding:
    """What a cause is ruled out by (shown) or supported by (contradicted), with the measurements behind it."""
    rests = tuple(m for claim in claims if claim.verdict.tested for m in claim.measurements[:1])
    return Finding(verdict, words, measurements=rests)


def _untold(*claims: Claim) -> Verdict:
    return Verdict.NOT_SHOWN if any(claim.verdict.tested for claim in claims) else Verdict.NOT_TESTED


def _structural(facts: Facts) -> Finding:
    (same,) = _claims(facts, "structure_unchanged")
    return _cause(same.verdict, f"the structure below and above Tc: {same.verdict}", same)


def _magnetic(facts: Facts) -> Finding:
    together, falls = _claims(facts, "coincidence", "field_suppression")
    words = f"diamagnetism with the drop: {together.verdict}, lower Tc in a field: {falls.verdict}"
    verdict = _untold(together, falls)
    if together.verdict == falls.verdict == Verdict.SHOWN:
        verdict = Verdict.SHOWN
    elif falls.verdict == Verdict.CONTRADICTED:
        verdict = Verdict.CONTRADICTED
    return _cause(verdict, words, together, falls)


def _contact(facts: Facts) -> Finding:
    currents, cells, back = _claims(facts, "critical_current", "second_cell", "reversibility")
    if back.verdict == Verdict.CONTRADICTED:
        return _cause(Verdict.CONTRADICTED, f"reversible: {back.verdict}", back)
    if currents.verdict == Verdict.SHOWN:
        return _cause(Verdict.SHOWN, f"critical current: {currents.verdict}", currents)
    words = f"second cell: {cells.verdict}, reversible: {back.verdict}"
    again = cells.verdict == Verdict.SHOWN and back.verdict.positive
    verdict = Verdict.SHOWN if again else _untold(currents, cells, back)
    return _cause(verdict, words, cells, back)


def _percolation(facts: Facts) -> Finding:
    found = diamagnetism(facts)
    sizes = [one for one in found if one.number is not None and one.number.quantity == "relative_drop"]
    large = [one for one in sizes if _share(one) > BULK]
    if not large:
        return _cause(_untold(*_claims(facts, "diamagnetism")), "screened part of the sample")
    best = max(large, key=_share)
    return replace(best, verdict=Verdict.SHOWN, words=f"{100.0 * _share(best):.2g} % of perfect screening")


def _share(finding: Finding) -> float:
    """The relative drop where it stands off zero, else 0."""
    number = finding.number
    if number is None or number.error is None or value_of(number) <= SIGMAS * number.error:
        return 0.0
    return value_of(number)


_CAUSES: Final[Mapping[str, Callable[[Facts], Finding]]] = MappingProxyType(
    {
        "structural transition": _structural,
        "magnetic transition": _magnetic,
        "contact change": _contact,
        "percolation": _percolation,
    }
)
