"""What else a drop of the resistance may be, and which other claims rule it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from megabar.data import Estimate
from megabar.evidence.bounds import SIGMAS_OF_BOUND
from megabar.evidence.claim import SIGMAS, Claim, Finding, Verdict
from megabar.evidence.entries import SINGLE
from megabar.evidence.facts import MAGNETIC, Facts, known, value_of
from megabar.evidence.magnetism import BULK, diamagnetism


def alternatives(facts: Facts) -> list[Finding]:
    """Structural transition, magnetic transition, contact change, percolation: how many are ruled out."""
    judged = {name: cause(facts) for name, cause in _CAUSES.items()}
    out = _with(judged, Verdict.SHOWN)
    favoured = _with(judged, Verdict.CONTRADICTED)
    rests = tuple(dict.fromkeys(m for one in (*favoured.values(), *out.values()) for m in one.measurements))
    verdict = _verdict(judged)
    name = rests[0] if rests else ""
    number = Estimate("alternatives_ruled_out", name, float(len(out)), "1", f"of {len(judged)}", error=0.0)
    return [Finding(verdict, _words(judged), number if verdict.tested else None, rests)]


def _with(judged: Mapping[str, Finding], verdict: Verdict) -> dict[str, Finding]:
    return {name: one for name, one in judged.items() if one.verdict == verdict}


def _verdict(judged: Mapping[str, Finding]) -> Verdict:
    """Contradicted by one that is supported, shown by all ruled out, compatible by some."""
    verdicts = [one.verdict for one in judged.values()]
    if Verdict.CONTRADICTED in verdicts:
        return Verdict.CONTRADICTED
    if Verdict.SHOWN in verdicts:
        return Verdict.SHOWN if set(verdicts) == {Verdict.SHOWN} else Verdict.COMPATIBLE
    return Verdict.NOT_SHOWN if any(verdict.tested for verdict in verdicts) else Verdict.NOT_TESTED


def _words(judged: Mapping[str, Finding]) -> str:
    """Cause by cause; "open" for those of which nothing is known, or nothing that tells."""
    told = {Verdict.SHOWN: "ruled out", Verdict.COMPATIBLE: "not ruled out", Verdict.CONTRADICTED: "supported"}
    parts = [
        f"{name} {words} ({one.words})"
        for verdict, words in told.items()
        for name, one in _with(judged, verdict).items()
    ]
    still_open = [name for name, one in judged.items() if one.verdict not in told]
    return "; ".join([*parts, f"open: {', '.join(still_open)}"] if still_open else parts)


def _claims(facts: Facts, *names: str) -> list[Claim]:
    return [SINGLE[name].judge(facts) for name in names]


def _cause(verdict: Verdict, words: str, *claims: Claim) -> Finding:
    """What a cause is ruled out by (shown), made less likely by (compatible) or supported by (contradicted), with the
    measurements behind it."""
    rests = tuple(m for claim in claims if claim.verdict.tested for m in claim.measurements[:1])
    return Finding(verdict, words, measurements=rests)


def _untold(*claims: Claim) -> Verdict:
    return Verdict.NOT_SHOWN if any(claim.verdict.tested for claim in claims) else Verdict.NOT_TESTED


def _structural(facts: Facts) -> Finding:
    """Ruled out by flux expelled from the bulk where the resistance falls, which no structural transition does.

    Same phases and volumes speak against one of first order only: a distortion of the lattice leaves both.
    """
    same, together = _claims(facts, "structure_unchanged", "coincidence")
    words = f"phases and volumes below and above Tc: {same.verdict}"
    bulk = _percolation(facts)
    expelled = bulk.verdict == together.verdict == Verdict.SHOWN and bulk.measurements[0] in together.measurements
    if expelled and same.verdict != Verdict.CONTRADICTED:
        return replace(bulk, words=f"{bulk.words}, where the resistance falls")
    if same.verdict.positive:
        return _cause(Verdict.COMPATIBLE, f"{words}; a distortion that keeps both is not excluded", same)
    return _cause(same.verdict, words, same)


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
    """Only flux expelled on cooling in the field tells of the volume: a closed shell or network screens like a bulk."""
    screening = [one for one in diamagnetism(facts) if _share(one) > 0.0]
    if not screening:
        return _cause(_untold(*_claims(facts, "diamagnetism")), "screened part of the sample")
    ratios = {m.measurement: known(m.result, "meissner_ratio") for m in facts.of_kind(*MAGNETIC)}
    judged = [_threads(one, ratios[one.measurements[0]]) for one in screening]
    return next((one for one in judged if one.verdict == Verdict.SHOWN), judged[0])


def _threads(screening: Finding, ratios: Sequence[Estimate]) -> Finding:
    """From the share of perfect screening, and the moment after cooling in the field over that without."""
    share = _share(screening)
    for ratio in ratios:
        expelled = share * value_of(ratio)
        error = math.hypot(share * (ratio.error or math.inf), value_of(ratio) * _error(screening))
        if expelled - SIGMAS_OF_BOUND * error > BULK:
            words = f"{100.0 * expelled:.2g} % of the flux expelled on cooling in the field"
            return replace(screening, verdict=Verdict.SHOWN, words=words)
    words = f"{100.0 * share:.2g} % of perfect screening, as a closed shell or network has as well"
    return replace(screening, verdict=Verdict.COMPATIBLE if share > BULK else Verdict.NOT_SHOWN, words=words)


def _error(finding: Finding) -> float:
    return math.inf if finding.number is None or finding.number.error is None else finding.number.error


def _share(finding: Finding) -> float:
    """The relative drop where it stands off zero, else 0."""
    number = finding.number
    if number is None or number.quantity != "relative_drop" or value_of(number) <= SIGMAS * _error(finding):
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
