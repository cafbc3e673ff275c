"""Diamagnetism, and whether it begins where the resistance falls."""

from __future__ import annotations

import numpy as np
import pytest

import megabar
from megabar.data import Column, Curve, Measured, Recording, Role, Source, Status

from .made import HEAVY, LIGHT, MEAN, drop, est, judged, one, plateau, tc, verdict


def magnetised(
    share: float | None, error: float | None = 0.01, *, sigma: float = 30.0, onset: float = 98.0, **rest: object
) -> Measured:
    rows = [
        tc(onset, 0.2, criterion="onset", sweep=MEAN),
        est("diamagnetic_drop", 1e-11, 1e-13, "A m^2", sweep=MEAN),
        est("drop_significance", sigma, None, "1", sweep=MEAN),
    ]
    if share is not None:
        rows.append(est("relative_drop", share, error, "1", sweep=MEAN))
    return one("susceptibility", *rows, name="chi", **rest)


@pytest.mark.parametrize(
    ("share", "error", "sigma", "expected"),
    [
        (0.9, 0.05, 30.0, "shown"),
        (0.11, 0.03, 30.0, "shown"),
        (0.9, 0.4, 30.0, "compatible"),  # 2.3 standard deviations of its size
        (0.02, 0.001, 30.0, "compatible"),  # 2 % of perfect screening
        (None, None, 30.0, "compatible"),  # nobody knows its size
        (0.9, 0.05, 4.0, "not shown"),
    ],
)
def test_a_drop_needs_significance_and_size(
    share: float | None, error: float | None, sigma: float, expected: str
) -> None:
    assert verdict("diamagnetism", magnetised(share, error, sigma=sigma)) == expected


def test_no_drop_is_not_shown_and_says_what_would_have_been_seen() -> None:
    remark = "no drop; a sharp drop of 2e-12 A m^2 would have been seen"
    absent = one("susceptibility", tc(None, criterion="onset", remark=remark))
    claim = judged("diamagnetism", absent)
    assert (claim.verdict, claim.words) == ("not shown", remark)
    assert verdict("diamagnetism", one("resistance", *drop())) == "not tested"


def test_the_largest_share_decides() -> None:
    claim = judged("diamagnetism", magnetised(0.2), magnetised(0.8))
    assert claim.number is not None
    assert claim.number.value == 0.8


def resistive(**rest: object) -> Measured:
    """Zero at 96 K, half at 100 K, onset at 102 K."""
    return one("resistance", *drop(), name="R", **rest)


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        (98.0, "shown"),
        (91.0, "shown"),
        (102.3, "compatible"),  # its error carries it over the edge
        (88.0, "contradicted"),
        (104.0, "contradicted"),
    ],
)
def test_diamagnetism_must_begin_within_the_resistive_drop(onset: float, expected: str) -> None:
    claim = judged("coincidence", resistive(), magnetised(0.9, onset=onset))
    assert claim.verdict == expected
    assert claim.number is not None
    assert claim.number.value == pytest.approx(onset - 100.0)
    assert claim.measurements == ("R", "chi")


@pytest.mark.parametrize(
    ("onset", "error", "expected"), [(40.0, 20.0, "not shown"), (98.0, 20.0, "not shown"), (98.0, None, "compatible")]
)
def test_an_uncertain_onset_coincides_with_anything(onset: float, error: float | None, expected: str) -> None:
    vague = one("susceptibility", tc(onset, error, criterion="onset", sweep=MEAN), name="chi")
    assert verdict("coincidence", resistive(), vague) == expected


def test_without_the_width_of_the_drop_nothing_says_how_near_is_near() -> None:
    bare = one("resistance", tc(100.0, sweep=MEAN), *plateau(), name="R")
    assert verdict("coincidence", bare, magnetised(0.9, onset=100.0)) == "not shown"


def test_other_cells_and_pressures_lower_it() -> None:
    assert verdict("coincidence", resistive(cell="A"), magnetised(0.9, cell="B")) == "compatible"
    apart = verdict("coincidence", resistive(cell="A", gpa=100.0), magnetised(0.9, cell="A", gpa=120.0))
    assert apart == "compatible"
    unknown = verdict("coincidence", resistive(cell="A", gpa=100.0), magnetised(0.9, cell="A"))
    assert unknown == "compatible"
    assert verdict("coincidence", resistive(cell="A", gpa=100.0), magnetised(0.9, cell="A", gpa=102.0)) == "shown"


def test_another_cell_may_have_another_tc_but_a_pair_in_one_cell_decides() -> None:
    elsewhere = magnetised(0.9, cell="B", onset=60.0)
    assert verdict("coincidence", resistive(cell="A"), elsewhere) == "not shown"
    assert verdict("coincidence", resistive(cell="A"), magnetised(0.9, cell="A"), elsewhere) == "shown"


def test_samples_of_other_isotopes_are_not_compared() -> None:
    assert verdict("coincidence", resistive(isotope=LIGHT), magnetised(0.9, onset=70.0, isotope=HEAVY)) == "not tested"
    assert verdict("coincidence", resistive(isotope=LIGHT), magnetised(0.9)) == "shown"


def test_no_drop_where_the_resistance_falls_is_not_shown() -> None:
    blank = tc(None, criterion="onset", status=Status.NOT_FOUND)
    covers = one("susceptibility", blank, span=(20.0, 150.0))
    beside = one("susceptibility", blank, span=(120.0, 150.0))
    assert verdict("coincidence", resistive(), covers) == "not shown"
    assert verdict("coincidence", resistive(), beside) == "not tested"


def test_one_of_both_alone_tests_nothing() -> None:
    assert verdict("coincidence", resistive()) == "not tested"
    assert verdict("coincidence", magnetised(0.9)) == "not tested"


def test_a_drop_that_does_not_reach_zero_coincides_with_nothing() -> None:
    partial = one("resistance", *drop(plateau=0.4, noise=1e-3))
    assert verdict("coincidence", partial, magnetised(0.9)) == "not shown"


def test_first_flux_alone_is_compatible() -> None:
    loops = one("susceptibility", est("penetration_field", 0.02, 0.001, "T", sweep="field up, 5 K"))
    assert verdict("diamagnetism", loops) == "compatible"


def test_too_few_readings_test_nothing() -> None:
    t = np.linspace(20.0, 150.0, 9)
    columns = (
        Column("T", Role.TEMPERATURE, t, "K"),
        Column("m", Role.MOMENT, -1e-11 / (1.0 + np.exp(t - 90.0)), "A m^2"),
    )
    recording = Recording(Source("few.dat", "0" * 64), "made here", (Curve("m", columns, simulated=True),))
    result = megabar.fit("susceptibility", recording)
    claim = judged("diamagnetism", Measured("few", "", None, result))
    assert claim.verdict == "not tested"
    assert "are needed" in claim.words


def test_one_pair_in_one_cell_that_is_apart_decides() -> None:
    near = [resistive(cell="A"), magnetised(0.9, cell="A")]
    apart = [resistive(cell="B"), magnetised(0.9, cell="B", onset=70.0)]
    assert verdict("coincidence", *near) == "shown"
    assert verdict("coincidence", *near, *apart) == "contradicted"
