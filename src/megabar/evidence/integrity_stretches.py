"""Stretches without the noise of their surroundings: readings that lie on lines or cubics to the last digit."""

from __future__ import annotations

from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import scatter
from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import FloatArray, Series, difference_weights, finding

FEWEST_INTERPOLATED: Final = 60
"""Readings below which lines are not told from the signal."""

_FEWEST_IN_LINE: Final = 3
_BESIDE: Final = 10
_NOISY: Final = 5.0
_STEPS: Final = 4.0


def interpolated(series: Series) -> list[Finding]:
    """Runs of readings that lie on the chords of their neighbours, or on cubics, as exactly as the digits tell.

    Distances are differences of the order d (2 and 4) with weights of unit length. With noise of the standard deviation
    s, and the readings before given, the next one lies within the tolerance t of rounding with a probability of at most
    p = 2 t sqrt(C(2d, d))/(sqrt(2 pi) s); a run of L such readings somewhere among n has at most n p^L. s is that of
    the nearest readings that are not in line, on the quieter side of the run, and must be five times t: a plateau that
    is quieter than the last digit is no line. Curves of fewer than 60 readings are not judged.
    """
    if series.y.size < FEWEST_INTERPOLATED or not series.resolved:
        return []
    found: list[Finding] = []
    taken = np.zeros(series.y.size, dtype=bool)
    limits = (series.y == series.y.max()) | (series.y == series.y.min())  # overload, or below the resolution
    sharp = np.abs(np.pad(scatter(series.basis, series.y, points=7), 3, mode="edge"))
    for order, words in ((1, "straight lines"), (3, "cubics")):
        off, tolerance = _off_line(series, order)
        exact = (off <= tolerance) & ~limits
        good, least = [], 1.0
        for first, last in _runs(exact):
            length = last - first + 1
            if length < _FEWEST_IN_LINE or taken[first : last + 1].any() or not _is_long(series, first, last):
                continue
            share = _share(off, sharp, tolerance, first, last) * np.sqrt(comb(2 * order + 2, order + 1))
            chance = 2.0 * series.y.size * float(min(share, 1.0)) ** length
            if chance < LEVEL:
                good.append((first, last))
                least = min(least, chance)
        for first, last in good:
            taken[first : last + 1] = True
        if good:
            found.append(_lines(series, good, words, least))
    return found


def _off_line(series: Series, order: int) -> tuple[FloatArray, FloatArray]:
    """Distance of each reading from the polynomial of `order` through its neighbours, and what rounding makes of it.

    Both (n,), for weights of unit length; the distance is infinite where there are too few neighbours.
    """
    points = order + 2
    y, x = series.y, series.x
    steady = bool(np.all(np.diff(x) > 0) or np.all(np.diff(x) < 0))
    weights = difference_weights(x if steady else np.arange(y.size, dtype=np.float64), points)
    off = np.full(y.size, np.inf)
    tolerance = np.zeros(y.size)
    middle = slice((points - 1) // 2, (points - 1) // 2 + weights.shape[0])
    off[middle] = np.abs((weights * np.lib.stride_tricks.sliding_window_view(y, points)).sum(axis=1))
    tolerance[middle] = 0.505 * series.step * np.abs(weights).sum(axis=1) + 1e-13 * float(np.abs(y).max())
    return off, tolerance


def _share(off: FloatArray, sharp: FloatArray, tolerance: FloatArray, first: int, last: int) -> float:
    """The share of readings in line by chance, beside a run; 1 where the noise there is below rounding."""
    scales = []
    for side in (slice(None, first), slice(last + 1, None)):
        noisy = np.flatnonzero(off[side] > tolerance[side]) + (side.start or 0)
        noisy = noisy[-_BESIDE:] if side.start is None else noisy[:_BESIDE]
        if noisy.size >= _BESIDE // 2:
            scales += [float(np.median(one[noisy])) / 0.6745 for one in (off, sharp)]
    rounding = float(np.median(tolerance[first : last + 1]))
    if not scales or min(scales) < _NOISY * rounding:
        return 1.0
    return float(2.0 * rounding / (np.sqrt(2.0 * np.pi) * min(scales)))


def _is_long(series: Series, first: int, last: int) -> bool:
    """Whether a run goes on over several steps."""
    return bool(np.ptp(series.y[first : last + 1]) >= _STEPS * series.step)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _lines(series: Series, runs: list[tuple[int, int]], words: str, probability: float) -> Finding:
    count = sum(last - first + 1 for first, last in runs)
    plural = "stretch" if len(runs) == 1 else "stretches"
    text = (
        f"{count} readings in {len(runs)} {plural} lie on {words} to the last digit, "
        f"the others scatter by {series.noise:.2g}"
    )
    share = count / series.y.size
    return finding(series, Mark.INTERPOLATED, text, runs, "share of readings", share, "1", probability)
