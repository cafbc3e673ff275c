"""What else the drop may be, and what rules it out."""

from __future__ import annotations

import pytest

from megabar.data import Measured

from .made import MEAN, drop, est, judged, one, tc, verdict

FIELDS = [tc(100.0 - f, 0.1, sweep=f"{MEAN}, {f} T") for f in (1, 9)]
CURRENT = one(
    "current",
    *(est("critical_current", 0.1 - 0.001 * t, 1e-4, "A", at=f"{t} K", criterion="power law") for t in (60, 70, 80)),
    est("ohmic_resistance", 0.15, 1e-6, "ohm", at="120 K"),
    name="IV",
)
RESISTANCE = one("field", *drop(), *FIELDS, name="R")


def pattern(at: float, volume: float) -> Measured:
    remark = "9 of 10 lines seen"
    cell = est("cell_volume", volume, 0.01, "angstrom^3", phase="CeH9", remark=remark)
    return one("pattern", cell, name=f"XRD {at:g} K", temperature=at)


def magnetised(share: float, ratio: float | None = None) -> Measured:
    """Screening by this share; `ratio` of the moments after cooling with and without the field."""
    more = [] if ratio is None else [est("meissner_ratio", ratio, 0.02, "1", sweep=MEAN)]
    size = est("relative_drop", share, 0.02, "1", sweep=MEAN)
    significance = est("drop_significance", 30.0, None, "1", sweep=MEAN)
    return one("susceptibility", tc(98.0, criterion="onset", sweep=MEAN), significance, size, *more, name="chi")


EVERYTHING = [RESISTANCE, CURRENT, magnetised(0.9, 0.8), pattern(20.0, 31.7), pattern(150.0, 31.7)]


def test_all_four_are_ruled_out_by_what_tests_them() -> None:
    claim = judged("alternatives", *EVERYTHING)
    assert claim.verdict == "shown"
    assert claim.number is not None
    assert claim.number.value == 4.0
    assert set(claim.measurements) == {"R", "IV", "chi"}
    assert "open" not in claim.words


@pytest.mark.parametrize(
    ("left_out", "still_open"),
    [(1, "contact change"), (2, "magnetic transition, percolation")],
)
def test_each_needs_its_own_measurement(left_out: int, still_open: str) -> None:
    claim = judged("alternatives", *(m for n, m in enumerate(EVERYTHING) if n != left_out))
    assert claim.verdict == "compatible"
    assert claim.words.endswith(f"open: {still_open}")


def test_flux_expelled_from_the_bulk_where_the_resistance_falls_rules_out_most() -> None:
    words = judged("alternatives", RESISTANCE, magnetised(0.9, 0.8)).words
    assert "structural transition ruled out (72 % of the flux expelled on cooling in the field, where" in words
    assert "percolation ruled out (72 % of the flux expelled on cooling in the field)" in words
    small = judged("alternatives", RESISTANCE, magnetised(0.9, 0.5)).words
    assert "percolation not ruled out (90 % of perfect screening" in small


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_screening_alone_does_not_tell_a_bulk_from_a_shell_or_a_network(share: float) -> None:
    claim = judged("alternatives", RESISTANCE, CURRENT, magnetised(share))
    assert claim.verdict == "compatible"
    assert claim.number is not None
    assert claim.number.value == 2.0
    assert f"percolation not ruled out ({100 * share:.2g} % of perfect screening, as a closed shell" in claim.words
    assert verdict("alternatives", one("resistance", *drop()), magnetised(share)) == "not shown"


def test_the_same_volume_does_not_exclude_a_distortion() -> None:
    claim = judged("alternatives", RESISTANCE, CURRENT, pattern(20.0, 31.7), pattern(150.0, 31.7))
    assert "structural transition not ruled out" in claim.words
    assert "a distortion that keeps both is not excluded" in claim.words
    assert claim.number is not None
    assert claim.number.value == 1.0


def test_a_small_share_leaves_percolation_open() -> None:
    measured = [RESISTANCE, CURRENT, magnetised(0.3), pattern(20.0, 31.7), pattern(150.0, 31.7)]
    assert judged("alternatives", *measured).words.endswith("open: percolation")


def test_one_that_is_supported_contradicts_the_claim() -> None:
    moved = [RESISTANCE, CURRENT, magnetised(0.9), pattern(20.0, 30.0), pattern(150.0, 31.7)]
    claim = judged("alternatives", *moved)
    assert claim.verdict == "contradicted"
    assert "structural transition supported" in claim.words
    back = one("resistance", *drop(), tc(100.0, sweep="cooling"), tc(107.0, sweep="warming"))
    assert "contact change supported" in judged("alternatives", back).words


def test_nothing_tested_and_nothing_shown_rule_nothing_out() -> None:
    assert verdict("alternatives", one("resistance", *drop())) == "not tested"
    partial = one("resistance", *drop(plateau=0.4, noise=1e-3), tc(100.0, sweep="cooling"), tc(100.1, sweep="warming"))
    assert verdict("alternatives", partial) == "not shown"


def test_a_second_cell_and_both_directions_rule_out_a_change_of_contacts() -> None:
    both = [tc(100.0, sweep="cooling"), tc(100.1, sweep="warming")]
    cells = [one("resistance", *drop(), *both, name=c, cell=c, gpa=100.0) for c in ("A", "B")]
    assert "contact change ruled out (second cell: shown, reversible: shown)" in judged("alternatives", *cells).words
