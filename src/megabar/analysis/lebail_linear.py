"""Intensities that may not be negative beside a background that may, by least squares on the normal equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

RIDGE: Final = 1e-9
"""Added to the scaled normal equations, so that lines that coincide share their intensity instead of failing."""

_PATIENCE: Final = 3
_MOST_EXCHANGES: Final = 400


@dataclass(frozen=True, eq=False)
class Linear:
    """coefficients (k + m,): intensities, then background; which of them are not held at zero; the normal matrix."""

    coefficients: FloatArray
    free: BoolArray
    gram: FloatArray


def solve(matrix: FloatArray, y: FloatArray, *, signed: int, start: BoolArray | None = None) -> Linear:
    """min |matrix c - y| with c >= 0 but for the last `signed` coefficients, which may have either sign.

    matrix: (n, k + m), rows already divided by the errors. `start`: which coefficients to begin with as not zero. By
    exchanging blocks of coefficients between the two sets until none has the wrong sign; one at a time where that goes
    in circles, which ends (L. F. Portugal, J. J. Judice and L. N. Vicente, Math. Comp. 63, 625 (1994)).
    Columns without any weight have a coefficient of zero.
    """
    gram, right = matrix.T @ matrix, matrix.T @ y
    scale = np.sqrt(np.diagonal(gram))
    alive = scale > 0
    scale = np.where(alive, scale, 1.0)
    scaled = gram / np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0 + RIDGE)
    target = right / scale
    tolerance = 1e-10 * max(float(np.abs(target).max(initial=0.0)), 1e-300)
    always = np.zeros(right.size, dtype=bool)
    always[right.size - signed :] = True
    free = (np.ones(right.size, dtype=bool) if start is None else start | always) & alive
    best, patience = right.size + 1, _PATIENCE
    for _ in range(_MOST_EXCHANGES):
        values = np.zeros(right.size)
        values[free] = np.linalg.solve(scaled[np.ix_(free, free)], target[free])
        pull = target - scaled @ values
        wrong = alive & ~always & np.where(free, values < -tolerance, pull > tolerance)
        count = int(wrong.sum())
        if not count:
            break
        if count < best:
            best, patience = count, _PATIENCE
        else:
            patience -= 1
        if patience >= 0:
            free = free ^ wrong
        else:
            free[np.flatnonzero(wrong)[-1]] ^= True
    return Linear(np.where(free & ~always, np.maximum(values, 0.0), values) / scale, free, gram)
