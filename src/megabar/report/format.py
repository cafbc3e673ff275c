"""Numbers as physicists print them: 58.02(11), with the error in units of the last digit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite, sqrt
from typing import Final

from megabar.data.result import Estimate, Status
from megabar.errors import DomainError
from megabar.plot.units import plain, prefixed, superscript

_ALONE_DIGITS: Final = 6
_UNKNOWN_DIGITS: Final = 3
_LEAST_EXPONENT: Final = -4
_MOST_EXPONENT: Final = 6
_RESOLUTION: Final = 1e-15
MINUS: Final = "−"


def with_error(value: float, error: float | None) -> str:
    """`value` and one standard deviation `error`, 58.02(11): the digits in brackets count in the last digit printed.

    The error has two digits when it begins with 1 or 2 (rounded to two), one digit otherwise; errors of ten and more
    stand in full, 5180(140). Below 1e-4 and from 1e6 a common power of ten is split off, 1.234(20) × 10⁻⁸. Without
    an error (None, 0 for a number that is exact, or one below the resolution of the value) see `alone`. DomainError
    for numbers that are not finite and for negative errors.
    """
    if not isfinite(value):
        raise DomainError(f"cannot print {value!r}: give a finite value")
    if error is None or error == 0.0:
        return alone(value)
    spread = _decimal_error(error)
    if error < _RESOLUTION * abs(value):
        return alone(value)
    number = Decimal(repr(float(value)))
    power = _split_off(max(number.adjusted() if number else spread.adjusted(), spread.adjusted()))
    number, spread = number.scaleb(-power), spread.scaleb(-power)
    last = _last_digit(spread)
    digits = _rounded(spread, last).scaleb(-min(last, 0))
    return f"{_fixed(_rounded(number, last))}({digits:f}){_times(power)}"


def alone(value: float, digits: int | None = None) -> str:
    """`value` to at most six digits without zeros at its end, or to `digits` digits with them."""
    if not isfinite(value):
        raise DomainError(f"cannot print {value!r}: give a finite value")
    number = Decimal(repr(float(value)))
    if not number:
        return "0"
    power = _split_off(number.adjusted())
    scaled = number.scaleb(-power)
    text = _fixed(_rounded(scaled, min(scaled.adjusted() - (digits or _ALONE_DIGITS) + 1, 0)))
    return (text.rstrip("0").rstrip(".") if digits is None and "." in text else text) + _times(power)


def uncertainty(error: float) -> str:
    """An error by itself, with the digits that `with_error` gives it."""
    if error == 0.0:
        return "0"
    spread = _decimal_error(error)
    power = _split_off(spread.adjusted())
    return _fixed(_rounded(spread.scaleb(-power), _last_digit(spread) - power)) + _times(power)


def interval(estimate: Estimate, exponent: int = 0) -> str:
    """The interval as its distances from the value with its level, "+4.5 −4.0 (68 %)"; "" when there is none.

    An end that the data do not determine is an open end, "+∞". Without a value the ends themselves are printed. All
    numbers are divided by 10^exponent.
    """
    if estimate.interval is None:
        return ""
    low, high = (None if end is None else _shifted(end, exponent) for end in estimate.interval)
    level = "" if estimate.level is None else f" ({100.0 * estimate.level:.3g} %)"
    if estimate.value is None:
        ends = [MINUS + "∞" if low is None else alone(low), "∞" if high is None else alone(high)]
        return f"{ends[0]} to {ends[1]}{level}"
    number = _shifted(estimate.value, exponent)
    up = "∞" if high is None else _distance(high - number)
    down = "∞" if low is None else _distance(number - low)
    return f"+{up} {MINUS}{down}{level}"


def limits(estimate: Estimate) -> str:
    """What is known without a value, in few letters: "19–22", "< 0.3", "> 16"; "" where there is a value or no end."""
    if estimate.value is not None or estimate.interval is None:
        return ""
    low, high = (None if end is None else alone(float(f"{end:.{_UNKNOWN_DIGITS}g}")) for end in estimate.interval)
    if low is not None and high is not None:
        return f"{low}–{high}"
    return f"< {high}" if high is not None else f"> {low}" if low is not None else ""


def systematic(estimate: Estimate) -> float | None:
    """All systematic parts together: the root of the sum of their squares; None when there are none."""
    if not estimate.systematic:
        return None
    return sqrt(sum(float(part) ** 2 for part in estimate.systematic.values()))


def value(estimate: Estimate, exponent: int = 0) -> str:
    """The value divided by 10^exponent with its statistical error; "not determined: <why>" when there is no value.

    Where the answer is an interval by itself (no value, status OK), its ends.
    Without an error it has three digits, which is what a reader can use of it; R^2 is told to six, as papers do.
    """
    if estimate.value is None:
        ends = limits(estimate) if estimate.status == Status.OK else ""
        return ends or f"not determined: {estimate.status}"
    number = _shifted(estimate.value, exponent)
    if estimate.error is None:
        return alone(number, _ALONE_DIGITS if estimate.quantity == "r_squared" else _UNKNOWN_DIGITS)
    return with_error(number, _shifted(estimate.error, exponent))


def own_unit(estimate: Estimate) -> tuple[int, str]:
    """The power of ten to divide the numbers of the estimate by, and the unit that says so ("" for pure numbers)."""
    exponent, unit = prefixed(estimate.unit, abs(estimate.value or 0.0))
    return exponent, "" if unit in ("1", "dimensionless") else unit


def matters(estimate: Estimate) -> bool:
    """Whether the systematic parts are worth a place beside the value: a hundredth of its error, or of its size."""
    total = systematic(estimate)
    if not total or estimate.value is None:
        return False
    return total >= 0.01 * estimate.error if estimate.error else total >= 1e-6 * abs(estimate.value)


def systematic_parts(estimate: Estimate, exponent: int = 0) -> str:
    """The parts by name, divided by 10^exponent; those below a hundredth of the largest are left out."""
    least = 0.01 * max(estimate.systematic.values(), default=0.0)
    parts = ((name, size) for name, size in estimate.systematic.items() if size >= least)
    words = (f"{plain(name).replace('_', ' ')}: {uncertainty(_shifted(float(size), exponent))}" for name, size in parts)
    return ", ".join(words)


def systematic_total(estimate: Estimate, exponent: int = 0) -> str:
    """All systematic parts together, divided by 10^exponent."""
    return uncertainty(_shifted(systematic(estimate) or 0.0, exponent))


def _shifted(number: float, exponent: int) -> float:
    """number / 10^exponent without a trace of binary rounding in the digits that are printed."""
    return float(Decimal(repr(float(number))).scaleb(-exponent)) if exponent else number


def _distance(length: float) -> str:
    return uncertainty(length) if length >= 0.0 else alone(length)


def _decimal_error(error: float) -> Decimal:
    if not (isfinite(error) and error > 0.0):
        raise DomainError(f"cannot print the error {error!r}: give a finite number that is not negative")
    return Decimal(repr(float(error)))


def _split_off(exponent: int) -> int:
    """The power of ten that is printed apart, for a number of this decimal exponent."""
    return 0 if _LEAST_EXPONENT <= exponent < _MOST_EXPONENT else exponent


def _last_digit(error: Decimal) -> int:
    """The decimal exponent of the last digit to print."""
    two = _rounded(error, error.adjusted() - 1)
    return two.adjusted() - 1 if two.as_tuple().digits[0] in (1, 2) else two.adjusted()


def _rounded(number: Decimal, place: int) -> Decimal:
    """`number` rounded half to even at 10^place."""
    return number.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)


def _fixed(number: Decimal) -> str:
    # Decimal keeps the sign of a negative number that was rounded to zero.
    return f"{abs(number) if number == 0 else number:f}".replace("-", MINUS)


def _times(power: int) -> str:
    return f" × 10{superscript(power)}" if power else ""
