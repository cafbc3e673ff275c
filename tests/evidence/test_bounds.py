"""How small a difference must be shown to be, by what its error may hide."""

from __future__ import annotations

import pytest

from megabar.evidence.bounds import bound, vanishes, within


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.0, 0.5, "shown"),
        (-0.4, 0.3, "shown"),  # up to 1.0
        (0.6, 0.3, "compatible"),  # up to 1.2
        (0.0, 2.0, "compatible"),
        (0.0, 2.6, "not shown"),  # up to 5.2
        (0.2, 0.05, "contradicted"),  # 4 standard deviations off zero, however small
        (0.9, None, "compatible"),
        (-1.1, None, "not shown"),
    ],
)
def test_zero_needs_agreement_and_a_small_bound(value: float, error: float | None, expected: str) -> None:
    assert vanishes(value, error, small=1.0, fair=5.0) == expected
    assert vanishes(-value, error, small=1.0, fair=5.0) == expected


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (8.0, 1.0, "shown"),
        (8.0, 2.0, "compatible"),  # up to 12
        (12.0, 1.0, "compatible"),  # two standard deviations beyond the room
        (14.0, 1.0, "contradicted"),
        (0.0, 6.0, "not shown"),  # an error that hides more than the room
        (40.0, 20.0, "not shown"),
        (10.0, None, "compatible"),
        (11.0, None, "not shown"),
        (10.0, 0.0, "shown"),
    ],
)
def test_a_difference_with_room_must_stay_inside_with_its_error(
    value: float, error: float | None, expected: str
) -> None:
    assert within(value, error, 10.0) == expected
    assert within(-value, error, 10.0) == expected


def test_a_bound_counts_an_offset_of_either_sign() -> None:
    assert bound(-0.8, 0.3) == pytest.approx(1.4)
    assert bound(0.8, 0.3) == pytest.approx(1.4)
