"""Maxima of a curve and how far they stand out; scipy.signal, which has the same, takes half a second to load."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def prominent_peaks(y: FloatArray, least: FloatArray | float) -> list[int]:
    """Indices of the inner maxima of y (n,) whose prominence exceeds `least`, a number or (n,).

    Flat tops count once, at their middle.

    The prominence is the height over the higher of the two lowest points between the peak and the nearest higher
    points on its sides, or the ends.
    """
    if y.size < 3:
        return []
    edges = np.flatnonzero(np.diff(y))
    first, last = np.concatenate([[0], edges + 1]), np.concatenate([edges, [y.size - 1]])
    level, middle = y[first], (first + last) // 2
    needed = np.broadcast_to(least, y.shape)[middle]
    high = level - level.min() > needed
    peaks = 1 + np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:]) & high[1:-1])
    return [int(middle[i]) for i in peaks if _prominence(level, int(i)) > needed[i]]


def _prominence(level: FloatArray, peak: int) -> float:
    higher = np.flatnonzero(level > level[peak])
    place = int(np.searchsorted(higher, peak))
    low = int(higher[place - 1]) if place > 0 else 0
    high = int(higher[place]) if place < higher.size else level.size - 1
    return float(level[peak] - max(level[low : peak + 1].min(), level[peak : high + 1].min()))
