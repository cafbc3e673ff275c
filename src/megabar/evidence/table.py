"""The one table of claims: those of single facts, and the one that is drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from megabar.errors import MegabarError
from megabar.evidence.alternatives import alternatives
from megabar.evidence.claim import Claim, Verdict
from megabar.evidence.entries import SINGLE, Entry
from megabar.evidence.facts import Facts

_DRAWN = Entry(
    "alternatives",
    "Other causes of the drop are ruled out",
    "structural and magnetic transition, contact change, percolation: each by the claims above",
    alternatives,
)

CLAIMS: Mapping[str, Entry] = MappingProxyType({**SINGLE, _DRAWN.name: _DRAWN})


def judge(facts: Facts) -> tuple[Claim, ...]:
    """Every claim of the table, in its order; one that cannot be judged says why and costs the others nothing."""
    return tuple(_judge(test, facts) for test in CLAIMS.values())


def _judge(test: Entry, facts: Facts) -> Claim:
    try:
        return test.judge(facts)
    except (MegabarError, ArithmeticError) as error:
        words = " ".join(f"could not be judged: {error}".split())
        return Claim(test.name, test.statement, test.test, Verdict.NOT_TESTED, words)
