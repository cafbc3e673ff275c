"""Stretches without the noise of their surroundings: interpolated ones, and ones whose neighbours agree too well."""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import scatter
from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import FloatArray, Series

WINDOW: Final = 20
"""Readings whose noise about a polynomial is looked at together for smoothing."""

DEGREE: Final = 6
"""Degree of that polynomial: high, so that signals are followed and what is left is noise."""

FEWEST_INTERPOLATED: Final = 60
"""Readings below which lines are not told from the signal."""

COLOUR: Final = 0.5
"""Correlation of neighbouring readings (first-order low pass) that is still taken as ordinary."""

_FEWEST_IN_LINE: Final = 3
_BESIDE: Final = 10
_NOISY: Final = 5.0
_STEPS: Final = 4.0
_SHORTEST: Final = 3
_WHOLE: Final = 0.8
_FEWEST_WHOLE: Final = 8
_QUIET: Final = 1.2


def interpolated(series: Series) -> list[Finding]:
    """Runs of readings that lie on the chords of their neighbours, or on cubics, as exactly as the digits tell.

    Distances are differences of the order d (2 and 4) with weights of unit length. With noise of the standard deviation
    s, and the readings before given, the next one lies within the tolerance t of rounding with a probability of at most
    p = 2 t sqrt(C(2d, d))/(sqrt(2 pi) s); a run of L such readings somewhere among n has at most n p^L. s is that of
    the nearest readings that are not in line, on the quieter side of the run, and must be five times t: a plateau that is quieter than the last
    digit is no line. Curves of fewer than 60 readings are not judged.
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
    near = np.lib.stride_tricks.sliding_window_view(x if steady else np.arange(y.size, dtype=float), points)
    apart = (near[:, :, None] - near[:, None, :]) / np.ptp(near, axis=1)[:, None, None] + np.eye(points)
    weights = 1.0 / apart.prod(axis=2)
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    off = np.full(y.size, np.inf)
    tolerance = np.zeros(y.size)
    middle = slice((points - 1) // 2, (points - 1) // 2 + near.shape[0])
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
    return _finding(series, Mark.INTERPOLATED, text, runs, "share of readings", count / series.y.size, probability)


def smoothed(series: Series) -> list[Finding]:
    """The stretch whose neighbouring readings agree more than a first-order low pass of correlation 0.5 makes them.

    In each window of 20 readings r is the residual about a polynomial of degree 6, and von Neumann's ratio is
    Q = sum (r_(i+1) - r_i)^2/sum r_i^2. The mean of Q over m windows is compared with that of a low pass; all stretches
    of three windows or more are tried. A stretch of less than 80 % of the curve counts only where r is not larger than
    the noise elsewhere, since a signal that is not followed agrees with its neighbours too, and adds to r; a longer one
    needs eight windows.
    """
    windows = series.y.size // WINDOW
    if windows < _SHORTEST or not series.resolved:
        return []
    ratio, rms, noise = _windows(series, windows)
    mean, spread = _low_pass()
    best, chance = _best_stretch((ratio - mean) / spread, rms, noise)
    if best is None or chance >= LEVEL:
        return []
    first, last = best
    offset = (series.y.size - windows * WINDOW) // 2
    rows = (offset + first * WINDOW, offset + (last + 1) * WINDOW - 1)
    value = float(1.0 - 0.5 * ratio[first : last + 1].mean())
    text = f"neighbouring readings agree: their noise has a correlation of {value:.2f} from one to the next"
    return [_finding(series, Mark.SMOOTHED, text, [rows], "correlation of neighbours", value, chance)]


def _windows(series: Series, count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Von Neumann's ratio, the residual's rms and the noise from differences of neighbours, each (count,)."""
    offset = (series.y.size - count * WINDOW) // 2
    part = slice(offset, offset + count * WINDOW)
    x, y = series.basis[part].reshape(count, WINDOW), series.y[part].reshape(count, WINDOW)
    u = x - x.mean(axis=1, keepdims=True)
    u = u / np.abs(u).max(axis=1, keepdims=True)
    q, _ = np.linalg.qr(u[..., None] ** np.arange(DEGREE + 1))
    v = y - y.mean(axis=1, keepdims=True)
    rest = v - np.einsum("wik,wk->wi", q, np.einsum("wik,wi->wk", q, v))
    energy = (rest**2).sum(axis=1)
    steps = (np.diff(rest, axis=1) ** 2).sum(axis=1)
    return (
        steps / np.maximum(energy, 1e-300),
        np.sqrt(energy / (WINDOW - DEGREE - 1)),
        np.sqrt(steps / (2.0 * (WINDOW - 1))),
    )


@lru_cache(maxsize=1)
def _low_pass() -> tuple[float, float]:
    """Mean and standard deviation of Q for noise through a first-order low pass, by simulation with a fixed seed."""
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((20_000, WINDOW))
    for i in range(1, WINDOW):
        noise[:, i] = COLOUR * noise[:, i - 1] + np.sqrt(1.0 - COLOUR**2) * noise[:, i]
    q, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, WINDOW), DEGREE + 1))
    rest = noise - noise @ q @ q.T
    ratio = (np.diff(rest, axis=1) ** 2).sum(axis=1) / (rest**2).sum(axis=1)
    return float(ratio.mean()), float(ratio.std())


def _best_stretch(score: FloatArray, rms: FloatArray, noise: FloatArray) -> tuple[tuple[int, int] | None, float]:
    """The run of windows with the lowest mean score and its probability, by the normal distribution, all runs tried."""
    from scipy.stats import norm

    count = score.size
    sums = np.concatenate([[0.0], np.cumsum(score)])
    best, chance = None, 1.0
    tried = (count - _SHORTEST + 1) * (count - _SHORTEST + 2) // 2
    for length in range(_SHORTEST, count + 1):
        z = (sums[length:] - sums[:-length]) / np.sqrt(length)
        for first in np.argsort(z)[:3]:
            now = float(tried * norm.cdf(z[first]))
            if now < chance and _is_quiet(int(first), length, rms, noise):
                best, chance = (int(first), int(first) + length - 1), now
    return best, chance


def _is_quiet(first: int, length: int, rms: FloatArray, noise: FloatArray) -> bool:
    """Whether the residual of the stretch is not larger than the noise outside it."""
    if length >= _WHOLE * rms.size:
        return rms.size >= _FEWEST_WHOLE
    outside = np.concatenate([noise[:first], noise[first + length :]])
    return bool(np.median(rms[first : first + length]) <= _QUIET * np.median(outside))


def _finding(
    series: Series,
    mark: Mark,
    text: str,
    runs: list[tuple[int, int]],
    quantity: str,
    number: float,
    probability: float,
) -> Finding:
    return Finding(
        mark=mark,
        curve=series.curve,
        column=series.column,
        text=text,
        where=tuple(series.span(*run) for run in runs),
        rows=tuple(series.rows(*run) for run in runs),
        x_name=series.x_name,
        x_unit=series.x_unit,
        quantity=quantity,
        number=number,
        unit="1",
        probability=min(probability, 1.0),
    )
