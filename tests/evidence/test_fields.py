"""Tc in a field, and the width of the transition against it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from megabar.data import Estimate, Pressure, Status

from .made import HALF, MEAN, est, judged, one, plateau, tc, verdict


def at_fields(shift: float, error: float | None = 0.1, *, criterion: str = HALF) -> list[Estimate]:
    return [
        tc(100.0, error, criterion, sweep=MEAN),
        tc(100.0 + 0.4 * shift, error, criterion, sweep=f"{MEAN}, 3 T"),
        tc(100.0 + shift, error, criterion, sweep=f"{MEAN}, 9 T"),
    ]


@pytest.mark.parametrize(
    ("shift", "error", "expected"),
    [
        (-5.0, 0.1, "shown"),
        (-0.5, 0.1, "shown"),  # 3.5 standard deviations of the difference
        (-0.4, 0.1, "not shown"),  # 2.8
        (0.4, 0.1, "not shown"),
        (0.5, 0.1, "contradicted"),
        (-5.0, None, "compatible"),
        (5.0, None, "not shown"),
    ],
)
def test_tc_must_fall_by_more_than_its_errors(shift: float, error: float | None, expected: str) -> None:
    claim = judged("field_suppression", one("field", *at_fields(shift, error), *plateau()))
    assert claim.verdict == expected
    assert claim.number is not None
    assert claim.number.value == pytest.approx(shift)
    assert claim.number.error == (None if error is None else pytest.approx(error * math.sqrt(2.0)))


def test_another_criterion_stands_in_where_the_middle_is_not_known_in_a_field() -> None:
    onsets = at_fields(-2.0, criterion="onset")
    assert verdict("field_suppression", one("field", tc(100.0, sweep=MEAN), *onsets, *plateau())) == "shown"


def test_one_field_and_no_field_test_nothing() -> None:
    assert verdict("field_suppression", one("field", tc(100.0, sweep=MEAN))) == "not tested"
    assert verdict("field_suppression", one("resistance", tc(100.0, sweep=MEAN))) == "not tested"


def test_a_field_that_restores_the_resistance_shows_it_too() -> None:
    loops = [est("transition_field", 0.37, 0.01, "T", criterion=HALF, sweep=f"{MEAN}, {t} K") for t in (2.3, 2)]
    claim = judged("field_suppression", one("field", *loops, *plateau()))
    assert claim.verdict == "shown"
    assert "at 2 K" in claim.words
    assert verdict("field_suppression", one("field", *loops, *plateau(0.5))) == "not shown"
    for error, expected in ((None, "compatible"), (0.2, "not shown")):
        vague = est("transition_field", 0.37, error, "T", criterion=HALF, sweep=f"{MEAN}, 2 K")
        assert verdict("field_suppression", one("field", vague, *plateau())) == expected


def test_a_drop_that_does_not_reach_zero_may_be_another_transition_in_a_field() -> None:
    """A Neel temperature falls in a field as well; a rise still tells."""
    claim = judged("field_suppression", one("field", *at_fields(-5.0), *plateau(0.5)))
    assert claim.verdict == "not shown"
    assert "does not reach zero" in claim.words
    assert verdict("field_suppression", one("field", *at_fields(5.0), *plateau(0.5))) == "contradicted"
    assert verdict("field_suppression", one("field", *at_fields(-5.0), *plateau(noise=0.02))) == "shown"


def test_susceptibility_in_fields_counts_by_its_onset() -> None:
    assert verdict("field_suppression", one("susceptibility", *at_fields(-2.0, criterion="onset"))) == "shown"


def test_features_of_a_contact_are_no_tc() -> None:
    dips = [est("dip_position", 5.3 - 0.6 * f, 0.01, "mV", at=f"12 K, {f} T" if f else "12 K") for f in (0, 1, 7)]
    claim = judged("field_suppression", one("spectrum", *dips))
    assert claim.verdict == "compatible"
    assert claim.number is not None
    assert claim.number.value == pytest.approx(-4.2)
    still = [est("dip_position", 5.3, 0.01, "mV", at=f"12 K, {f} T") for f in (1, 7)]
    assert verdict("field_suppression", one("spectrum", *still)) == "not shown"


def test_contacts_at_several_temperatures_are_not_confused_with_fields() -> None:
    cooling = [est("dip_position", 6.0 - 0.2 * t, 0.01, "mV", at=f"{t} K") for t in (2, 10, 14)]
    assert verdict("field_suppression", one("spectrum", *cooling)) == "not tested"


def widths(exponent: float | None, error: float | None, growth: float, spread: float = 0.05) -> list[Estimate]:
    status = Status.OK if exponent is not None else Status.UNDETERMINED
    rows = [
        est("transition_width", 4.0 + growth * (f / 9.0) ** (2 / 3), spread, sweep=f"{MEAN}, {f} T" if f else MEAN)
        for f in (0, 3, 6, 9)
    ]
    return [
        est("broadening_exponent", exponent, error, "1", status=status),
        est("relative_width_zero_field", 0.04, 0.001, "1"),
        *rows,
    ]


@pytest.mark.parametrize(
    ("exponent", "error", "growth", "expected"),
    [
        (0.66, 0.02, 1.0, "shown"),
        (0.75, 0.02, 1.0, "contradicted"),  # 4.2 standard deviations from 2/3
        (0.72, 0.02, 1.0, "shown"),  # 2.7
        (0.66, 0.15, 1.0, "shown"),  # up to 0.31 from 2/3, so neither 0 nor 1
        (0.66, 0.2, 1.0, "compatible"),  # 1 is not excluded
        (2.0, 0.6, 1.0, "not shown"),  # 2.2 standard deviations from 2/3, and as near to 1
        (0.3, 1.5, 1.0, "not shown"),
        (None, None, 1.0, "compatible"),
        (0.66, 0.5, 0.1, "not shown"),  # 1.4 standard deviations wider
        (0.66, 0.02, -1.0, "not shown"),  # narrower
        (None, None, 0.0, "not shown"),
    ],
)
def test_broadening_must_be_there_and_follow_two_thirds(
    exponent: float | None, error: float | None, growth: float, expected: str
) -> None:
    claim = judged("transition_width", one("field", *widths(exponent, error, growth)))
    assert claim.verdict == expected
    assert "within the few per cent" in claim.words


def test_a_missing_broadening_is_told_beside_the_drift_of_the_pressure() -> None:
    measured = one("field", *widths(None, None, 0.0), gpa=100.0)
    assert "not read before and after" in judged("transition_width", measured).words
    drifted = replace(measured, pressure=Pressure(100.0, before_cooling=98.0, after_cooling=103.0))
    assert "+5 GPa on cooling" in judged("transition_width", drifted).words


def test_widths_without_fields_are_told_and_count_for_nothing() -> None:
    claim = judged("transition_width", one("resistance", est("relative_width", 0.26, 0.001, "1", sweep=MEAN)))
    assert claim.verdict == "not tested"
    assert "26 % of Tc" in claim.words
