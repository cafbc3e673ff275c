"""Checks that every equation shares: scalars in, floats out; arrays in, arrays out; NaN never passes."""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError

FloatArray = NDArray[np.float64]


def non_negative(name: str, value: ArrayLike, unit: str, *, infinite: bool = False) -> FloatArray:
    """`value` as float64; DomainError unless every element is >= 0 and, without `infinite`, finite (so NaN fails)."""
    array = np.asarray(value, dtype=np.float64)
    good = array >= 0 if infinite else (array >= 0) & (array < np.inf)
    if not np.all(good):
        raise DomainError(f"{name} must be zero or positive{_finite(infinite)} ({unit}), found {_worst(array, good)}")
    return array


def non_negative_number(name: str, value: float, unit: str) -> float:
    """`value` as a float; DomainError unless it is >= 0 and finite (so NaN fails). Costs less than an array's check."""
    number = float(value)
    if not 0.0 <= number < np.inf:
        raise DomainError(f"{name} must be zero or positive and finite ({unit}), found {number}")
    return number


def positive(name: str, value: ArrayLike, unit: str, *, infinite: bool = False) -> FloatArray:
    """`value` as float64; DomainError unless every element is > 0 and, without `infinite`, finite (so NaN fails)."""
    array = np.asarray(value, dtype=np.float64)
    good = array > 0 if infinite else (array > 0) & (array < np.inf)
    if not np.all(good):
        raise DomainError(f"{name} must be positive{_finite(infinite)} ({unit}), found {_worst(array, good)}")
    return array


def finite(name: str, value: ArrayLike, unit: str) -> FloatArray:
    """`value` as float64; DomainError unless every element is finite."""
    array = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(array)):
        raise DomainError(f"{name} must be finite ({unit}), found {_worst(array, np.isfinite(array))}")
    return array


def _finite(infinite: bool) -> str:
    return "" if infinite else " and finite"


def _worst(array: FloatArray, good: NDArray[np.bool_]) -> float:
    return float(np.atleast_1d(array)[~np.atleast_1d(good)][0])


@overload
def like(result: FloatArray, argument: float) -> float: ...
@overload
def like(result: FloatArray, argument: ArrayLike) -> FloatArray | float: ...
def like(result: FloatArray, argument: ArrayLike) -> FloatArray | float:
    """`result` as a float when `argument` was a scalar, else as an array."""
    return float(result) if np.ndim(argument) == 0 and np.ndim(result) == 0 else result
