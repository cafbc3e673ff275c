"""Ratios of two numbers from different lines: their errors, what a pressure could have done, and the significance.

Everything is done in logarithms, in which a ratio and its inverse are alike and a relative change per GPa adds up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import ndtri, stdtr, stdtrit

from megabar.data import Pressure

ONE_SIGMA: Final = 0.6827
FEWEST_SIGMA: Final = 2.0
"""Two pressures must differ by this many errors for a sensitivity to follow from them."""


@dataclass(frozen=True)
class Value:
    """A positive number of one line; `error` None when unknown, `freedom` infinite where the errors were given."""

    value: float
    error: float | None
    freedom: float = math.inf


@dataclass(frozen=True)
class Ratio:
    """Its value, the standard error of its logarithm (None unknown) and the degrees of freedom of that error."""

    value: float
    log_error: float | None
    freedom: float = math.inf

    @property
    def log(self) -> float:
        return math.log(self.value)

    @property
    def error(self) -> float | None:
        """Widened by Student's t, so that it covers what one standard deviation promises."""
        return None if self.log_error is None else self.value * self.log_error * _quantile(self.freedom)

    @property
    def interval(self) -> tuple[float, float] | None:
        """That covers 68.27 %."""
        if self.log_error is None:
            return None
        factor = math.exp(self.log_error * _quantile(self.freedom))
        return self.value / factor, self.value * factor


@dataclass(frozen=True)
class Difference:
    """Of two pressures (GPa), second less first; `error` None where one is not stated. `common`: of one gauge."""

    value: float
    error: float | None
    common: bool


@dataclass(frozen=True)
class Sensitivity:
    """d ln(value)/dP in 1/GPa, its error (None unknown), and in words where it comes from."""

    value: float
    error: float | None
    words: str


@dataclass(frozen=True)
class Shift:
    """What the difference of the pressures does to the logarithm of a ratio, and its error."""

    value: float
    error: float

    @property
    def half_width(self) -> float:
        """The shift and its error together, as an uncertainty of a ratio that is not corrected."""
        return math.hypot(self.value, self.error)


def ratio(second: Value, first: Value) -> Ratio:
    """second/first; its degrees of freedom after Welch and Satterthwaite."""
    if second.error is None or first.error is None:
        return Ratio(second.value / first.value, None)
    parts = [(v.error or 0.0) / v.value for v in (second, first)]
    return Ratio(second.value / first.value, math.hypot(*parts), _freedom(parts, [second.freedom, first.freedom]))


def difference(second: Pressure, first: Pressure) -> Difference:
    """The error that a gauge has in common cancels where gauge and scale are the same, and counts twice where not."""
    common = (second.gauge, second.scale) == (first.gauge, first.scale)
    if second.error is None or first.error is None:
        return Difference(second.value - first.value, None, common)
    parts = [second.error, first.error]
    parts += [] if common else [second.gauge_error or 0.0, first.gauge_error or 0.0]
    return Difference(second.value - first.value, math.hypot(*parts), common)


def shift(between: Difference, by: Sensitivity) -> Shift:
    """Errors that are not stated count as none; the product of two errors is kept, since the difference may be zero."""
    s, p = by.error or 0.0, between.error or 0.0
    return Shift(by.value * between.value, math.hypot(by.value * p, between.value * s, s * p))


def corrected(found: Ratio, by: Shift) -> Ratio:
    """The ratio at one pressure; the error of the shift is apart (`Shift.error`)."""
    return Ratio(found.value * math.exp(-by.value), found.log_error, found.freedom)


def significance(found: Ratio, beside: float = 0.0) -> float | None:
    """Standard deviations of a normal distribution by which the ratio differs from 1; `beside`: a further error of its
    logarithm, of normal distribution. None without an error."""
    if found.log_error is None:
        return None
    total = math.hypot(found.log_error, beside)
    if total == 0.0:
        return None
    freedom = _freedom([found.log_error, beside], [found.freedom, math.inf])
    tail = float(stdtr(freedom, -abs(found.log) / total)) if math.isfinite(freedom) else 0.0
    return -float(ndtri(tail)) if tail > 0.0 else abs(found.log) / total


def sensitivity(pairs: Sequence[tuple[Ratio, Difference]], words: str) -> Sensitivity | None:
    """From ratios of the same number at other pressures; None where no two pressures differ by `FEWEST_SIGMA` errors.

    The mean, weighted by the errors; its error is that of one of them and their scatter, since they share a point.
    """
    rows = []
    for found, between in pairs:
        if between.error is None or abs(between.value) <= FEWEST_SIGMA * between.error or between.value == 0.0:
            continue
        slope = found.log / between.value
        rows.append((slope, math.hypot(found.log_error or 0.0, slope * between.error) / abs(between.value)))
    if not rows:
        return None
    weights = [1.0 / max(error, 1e-300) ** 2 for _, error in rows]
    total = sum(weights)
    mean = sum(w * slope for w, (slope, _) in zip(weights, rows, strict=True)) / total
    variance = (
        sum(w * (error**2 + (slope - mean) ** 2) for w, (slope, error) in zip(weights, rows, strict=True)) / total
    )
    return Sensitivity(mean, math.sqrt(variance), words)


def _freedom(errors: Sequence[float], freedoms: Sequence[float]) -> float:
    """Of the quadratic sum of independent errors."""
    total = sum(error**2 for error in errors)
    lost = sum(error**4 / freedom for error, freedom in zip(errors, freedoms, strict=True))
    return total**2 / lost if lost > 0.0 else math.inf


def _quantile(freedom: float) -> float:
    """Half-width of the 68.27 % interval in standard errors."""
    return float(stdtrit(freedom, 0.5 * (1.0 + ONE_SIGMA))) if math.isfinite(freedom) else 1.0
