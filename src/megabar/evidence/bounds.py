"""Numbers with the upper bound that their error leaves."""

from __future__ import annotations

from typing import Final

from megabar.data import Estimate

SIGMAS_OF_BOUND: Final = 2.0
BOUND_LEVEL: Final = 0.977
"""Of a one-sided bound at two standard deviations."""


def bound(value: float, error: float) -> float:
    """The larger of zero and `value`, plus two standard deviations: what cannot be negative lies below it."""
    return max(value, 0.0) + SIGMAS_OF_BOUND * error


def bounded(quantity: str, measurement: str, value: float, unit: str, method: str, error: float | None) -> Estimate:
    """An estimate whose interval is open below and ends at the bound; no interval without an error."""
    if error is None:
        return Estimate(quantity, measurement, value, unit, method)
    interval = (None, bound(value, error))
    return Estimate(quantity, measurement, value, unit, method, error=error, interval=interval, level=BOUND_LEVEL)
