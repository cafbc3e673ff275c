"""False alarms of the marks on clean curves and detection of planted ones: a small run, and 2,000 curves."""

from __future__ import annotations

import time

import made_curves as made
import pytest
from integrity_rates import PLANTED, copies_found, false_alarms, found, pair_alarms, pairs_of, subtraction_alarms

from megabar.evidence.integrity import compare

FROM = {
    "grid of 1.5 standard deviations": 300,
    "steps of 2 standard deviations": 100,
    "a tenth on one line": 100,
    "lines through every eighth": 300,
    "spline through every eighth": 100,
    "running average of 5": 1000,
    "polynomial filter over 11": 2000,
    "a fifth of the noise twice": 1000,
    "noise mirrored": 300,
    "sorted": 300,
    "0.7 of the raw curve's noise": 1000,
}
"""Readings from which at least 90 % of the curves with a planted mark are found."""


def test_every_planted_mark_has_its_length() -> None:
    assert set(FROM) == set(PLANTED)


def test_clean_curves_have_no_mark() -> None:
    marks, kinds, rate = false_alarms(range(60))
    assert rate.hits <= 1, (marks, kinds)
    assert subtraction_alarms(range(20)).hits == 0


def test_neighbouring_pressures_are_no_copies() -> None:
    for points in (60, 300):
        assert pair_alarms(range(6), count=12, points=points).hits == 0


@pytest.mark.parametrize("name", list(FROM))
def test_planted_marks_are_found(name: str) -> None:
    assert found(name, points=max(FROM[name], 300), tries=8).hits >= 6


@pytest.mark.parametrize("kind", made.KINDS)
def test_copies_with_half_of_the_noise_replaced_are_found(kind: object) -> None:
    assert copies_found(kind, points=300, tries=12).hits >= 11  # type: ignore[arg-type]


def test_all_pairs_of_130_curves_in_seconds() -> None:
    curves = pairs_of(made.neighbours(1, count=130, points=120))
    start = time.process_time()
    assert compare(curves) == ()
    assert time.process_time() - start < 30.0


@pytest.mark.calibration
def test_fewer_than_one_clean_curve_in_a_hundred_has_a_mark() -> None:
    marks, kinds, rate = false_alarms(range(2000))
    assert rate.value + 2.0 * rate.error < 0.01, (marks, kinds)
    share = subtraction_alarms(range(2000))
    assert share.value + 2.0 * share.error < 0.01


@pytest.mark.calibration
@pytest.mark.parametrize(("count", "points"), [(20, 60), (20, 300), (20, 1000), (10, 4000)])
def test_few_clean_experiments_have_a_pair(count: int, points: int) -> None:
    assert pair_alarms(range(200), count=count, points=points).hits <= 4


@pytest.mark.calibration
@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("points", [300, 1000])
def test_more_than_95_in_a_hundred_copies_are_found(kind: object, points: int) -> None:
    rate = copies_found(kind, points=points, tries=400)  # type: ignore[arg-type]
    assert rate.value > 0.95


@pytest.mark.calibration
@pytest.mark.parametrize("name", list(FROM))
def test_planted_marks_are_found_from_their_length_on(name: str) -> None:
    assert found(name, points=FROM[name], tries=400).value > 0.88
