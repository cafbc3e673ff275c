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


def magnetised(share: float) -> Measured:
    size = est("relative_drop", share, 0.02, "1", sweep=MEAN)
    significance = est("drop_significance", 30.0, None, "1", sweep=MEAN)
    return one("susceptibility", tc(98.0, criterion="onset", sweep=MEAN), significance, size, name="chi")


EVERYTHING = [RESISTANCE, CURRENT, magnetised(0.9), pattern(20.0, 31.7), pattern(150.0, 31.7)]


def test_all_four_are_ruled_out_by_what_tests_them() -> None:
    claim = judged("alternatives", *EVERYTHING)
    assert claim.verdict == "shown"
    assert claim.number is not None
    assert claim.number.value == 4.0
    assert set(claim.measurements) == {"R", "IV", "chi", "XRD 20 K"}
    assert "open" not in claim.words


@pytest.mark.parametrize(
    ("left_out", "still_open"),
    [(1, "contact change"), (2, "magnetic transition, percolation"), (3, "structural transition")],
)
def test_each_needs_its_own_measurement(left_out: int, still_open: str) -> None:
    claim = judged("alternatives", *(m for n, m in enumerate(EVERYTHING) if n != left_out))
    assert claim.verdict == "compatible"
    assert claim.words.endswith(f"open: {still_open}")


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
