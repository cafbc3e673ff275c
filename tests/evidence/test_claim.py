"""Which finding decides, and what stands beside it."""

from __future__ import annotations

import pytest

from megabar.errors import DomainError
from megabar.evidence import CLAIMS, Facts, Finding, Verdict, decide, judge, table
from megabar.evidence.entries import Entry

from .made import drop, one

ORDER = ["shown", "compatible", "contradicted", "not shown", "not testable", "not tested"]


def found(verdict: str, name: str) -> Finding:
    return Finding(Verdict(verdict), f"words of {name}", measurements=(name,))


@pytest.mark.parametrize("number", range(5))
def test_the_best_measurement_decides_in_any_order(number: int) -> None:
    better, worse = ORDER[number], ORDER[number + 1]
    for pair in ([found(better, "a"), found(worse, "b")], [found(worse, "b"), found(better, "a")]):
        claim = decide("n", "s", "t", pair)
        assert (claim.verdict, claim.words, claim.measurements) == (better, "words of a", ("a",))


@pytest.mark.parametrize(("verdict", "stands"), [("contradicted", True), ("not shown", True), ("not testable", False)])
def test_what_speaks_against_a_claim_stands_beside_it(verdict: str, stands: bool) -> None:
    claim = decide("n", "s", "t", [found("shown", "a"), found(verdict, "b")])
    assert claim.verdict == "shown"
    assert claim.against == ((f"b: {verdict}: words of b",) if stands else ())


def test_nothing_stands_against_a_claim_that_is_not_made() -> None:
    assert decide("n", "s", "t", [found("contradicted", "a"), found("not shown", "b")]).against == ()


def test_all_measurements_of_the_same_verdict_are_named_the_deciding_one_first() -> None:
    claim = decide("n", "s", "t", [found("shown", "b"), found("compatible", "c"), found("shown", "a")])
    assert claim.measurements == ("b", "a")


@pytest.mark.parametrize("other", ["shown", "compatible", "not shown", "not tested"])
def test_one_counterexample_decides_a_universal_claim(other: str) -> None:
    for pair in ([found(other, "a"), found("contradicted", "b")], [found("contradicted", "b"), found(other, "a")]):
        claim = decide("n", "s", "t", pair, universal=True)
        assert (claim.verdict, claim.measurements, claim.against) == ("contradicted", ("b",), ())
        assert claim.words == "words of b" + ("; in favour: a" if other in ("shown", "compatible") else "")


def test_without_a_counterexample_a_universal_claim_is_decided_as_any_other() -> None:
    claim = decide("n", "s", "t", [found("not shown", "a"), found("shown", "b")], universal=True)
    assert (claim.verdict, claim.against) == ("shown", ("a: not shown: words of a",))


def test_without_any_finding_a_claim_is_not_tested() -> None:
    assert decide("n", "s", "t", []).verdict == "not tested"


@pytest.mark.parametrize("verdict", ORDER)
@pytest.mark.parametrize("most", ["compatible", "not shown"])
def test_a_cap_only_lowers_what_speaks_in_favour(verdict: str, most: str) -> None:
    capped = found(verdict, "a").at_most(Verdict(most), "why")
    lowered = verdict in ("shown", "compatible") and ORDER.index(verdict) < ORDER.index(most)
    assert capped.verdict == (most if lowered else verdict)
    assert ("why" in capped.words) is lowered


def test_an_experiment_without_measurements_claims_nothing() -> None:
    claims = judge(Facts.of([]))
    assert [claim.name for claim in claims] == list(CLAIMS)
    assert {claim.verdict for claim in claims} == {Verdict.NOT_TESTED}


@pytest.mark.parametrize("error", [DomainError("both masses are 2 u"), ZeroDivisionError("division by zero")])
def test_a_claim_that_fails_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(_facts: Facts) -> list[Finding]:
        raise error

    entries = {**CLAIMS, "gap": Entry("gap", "s", "t", fails)}
    monkeypatch.setattr(table, "CLAIMS", entries)
    claims = {claim.name: claim for claim in judge(Facts.of([one("resistance", *drop())]))}
    assert claims["gap"].verdict == "not tested"
    assert claims["gap"].words == f"could not be judged: {error}"
    assert claims["zero_resistance"].verdict == "shown"


def test_every_claim_says_what_it_claims_and_how_it_is_tested() -> None:
    for name, entry in CLAIMS.items():
        assert entry.name == name
        assert entry.statement[0].isupper()
        assert len(entry.test) > 20


def test_which_claims_one_counterexample_kills() -> None:
    universal = {name for name, entry in CLAIMS.items() if entry.universal}
    assert universal == {"coincidence", "structure_unchanged", "second_cell", "control_sample"}
