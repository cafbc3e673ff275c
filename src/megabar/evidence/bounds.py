"""Numbers with the bound that their error leaves, and whether that is small enough for what is claimed.

"No difference within the errors" is what a poor measurement always finds, so each of these asks how large a difference
could hide in the errors.
"""

from __future__ import annotations

from typing import Final

from megabar.data import Estimate
from megabar.evidence.claim import SIGMAS, Verdict

SIGMAS_OF_BOUND: Final = 2.0
BOUND_LEVEL: Final = 0.977
"""Of a one-sided bound at two standard deviations."""


def bound(value: float, error: float) -> float:
    """Distance of `value` from zero plus two standard deviations.

    Also for what cannot be negative: a reading below zero by more than its noise proves an offset of that size.
    """
    return abs(value) + SIGMAS_OF_BOUND * error


def bounded(quantity: str, measurement: str, value: float, unit: str, method: str, error: float | None) -> Estimate:
    """An estimate whose interval is open below and ends at the bound; no interval without an error."""
    if error is None:
        return Estimate(quantity, measurement, value, unit, method)
    interval = (None, bound(value, error))
    return Estimate(quantity, measurement, value, unit, method, error=error, interval=interval, level=BOUND_LEVEL)


def vanishes(value: float, error: float | None, *, small: float, fair: float) -> Verdict:
    """Whether a number is zero: within three standard deviations, and shown with a bound up to `small`.

    Compatible with one up to `fair`, not shown beyond; contradicted off zero. Without a known error compatible at most,
    up to `small`.
    """
    if error is None:
        return Verdict.COMPATIBLE if abs(value) <= small else Verdict.NOT_SHOWN
    if abs(value) > SIGMAS * error:
        return Verdict.CONTRADICTED
    most = bound(value, error)
    return Verdict.SHOWN if most <= small else Verdict.COMPATIBLE if most <= fair else Verdict.NOT_SHOWN


def within(value: float, error: float | None, room: float) -> Verdict:
    """Whether a difference, which need not be zero, stays within `room` of it: shown where its bound does.

    Contradicted beyond it by more than three standard deviations. In between compatible where two of them are no larger
    than the room, not shown where they are: that says nothing. Without a known error compatible at most, inside.
    """
    if error is None:
        return Verdict.COMPATIBLE if abs(value) <= room else Verdict.NOT_SHOWN
    if abs(value) - SIGMAS * error > room:
        return Verdict.CONTRADICTED
    if bound(value, error) <= room:
        return Verdict.SHOWN
    return Verdict.COMPATIBLE if SIGMAS_OF_BOUND * error <= room else Verdict.NOT_SHOWN
