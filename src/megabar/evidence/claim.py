"""Verdicts, and the claims of an experiment that carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from megabar.data import Estimate

SIGMAS: Final = 3.0
"""Standard deviations from which on two numbers count as different."""


class Verdict(StrEnum):
    """What an experiment says on a claim."""

    SHOWN = "shown"
    COMPATIBLE = "compatible"
    CONTRADICTED = "contradicted"
    NOT_SHOWN = "not shown"
    NOT_TESTABLE = "not testable"
    NOT_TESTED = "not tested"

    @property
    def positive(self) -> bool:
        """Whether it speaks for the claim."""
        return self in (Verdict.SHOWN, Verdict.COMPATIBLE)

    @property
    def tested(self) -> bool:
        """Whether some measurement tested the claim."""
        return self not in (Verdict.NOT_TESTABLE, Verdict.NOT_TESTED)


_ORDER: Final = tuple(Verdict)


@dataclass(frozen=True)
class Finding:
    """What one measurement, or a few together, say on one claim.

    `words` is one line for readers, `number` what the verdict was drawn from (None where there is none) and
    `measurements` what it rests on.
    """

    verdict: Verdict
    words: str
    number: Estimate | None = None
    measurements: tuple[str, ...] = ()

    def at_most(self, verdict: Verdict, why: str) -> Finding:
        """This finding, or where it says more than `verdict` that one, with the reason."""
        if not self.verdict.positive or _ORDER.index(self.verdict) >= _ORDER.index(verdict):
            return self
        return replace(self, verdict=verdict, words=f"{self.words}; {why}")


@dataclass(frozen=True)
class Claim:
    """One claim: what is claimed, how it was tested, what came out, and what it rests on.

    `number` has its unit, error and interval (one-sided: a bound at 97.7 %); None where nothing was measured.
    `measurements` name the one behind the number first. `against` holds one line for each measurement that speaks
    against a claim which another one supports.
    """

    name: str
    statement: str
    test: str
    verdict: Verdict
    words: str
    number: Estimate | None = None
    measurements: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def decide(name: str, statement: str, test: str, findings: Sequence[Finding], *, universal: bool = False) -> Claim:
    """The claim by its best finding: the first of those whose verdict says most.

    Order: shown, compatible, contradicted, not shown, not testable, not tested. Where the best one is in favour, those
    that are not stand beside it. A `universal` claim is about every sample or pair, so one that contradicts it decides.
    """
    if not findings:
        return Claim(name, statement, test, Verdict.NOT_TESTED, "no measurement of this")
    killing = [one for one in findings if universal and one.verdict == Verdict.CONTRADICTED]
    best = min(killing or findings, key=lambda one: _ORDER.index(one.verdict))
    same = [m for one in findings if one.verdict == best.verdict for m in one.measurements]
    return Claim(
        name,
        statement,
        test,
        best.verdict,
        best.words + (_beside(findings) if killing else ""),
        best.number,
        tuple(dict.fromkeys((*best.measurements, *same))),
        _against(best, findings),
    )


def _against(best: Finding, findings: Sequence[Finding]) -> tuple[str, ...]:
    """A line for each finding that does not support what the best one supports."""
    if not best.verdict.positive:
        return ()
    opposed = [one for one in findings if one.verdict in (Verdict.CONTRADICTED, Verdict.NOT_SHOWN)]
    return tuple(dict.fromkeys(f"{', '.join(one.measurements)}: {one.verdict}: {one.words}" for one in opposed))


def _beside(findings: Sequence[Finding]) -> str:
    """What speaks for a claim that a counterexample decides."""
    names = dict.fromkeys(m for one in findings if one.verdict.positive for m in one.measurements)
    return f"; in favour: {', '.join(names)}" if names else ""
