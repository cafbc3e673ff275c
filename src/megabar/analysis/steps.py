"""How many steps a resistive transition has, from the peaks of dR/dx."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.criteria import Bracket
from megabar.analysis.peaks import prominent_peaks
from megabar.analysis.smoothing import local_line, noise_level, slope_gain

FloatArray = NDArray[np.float64]

SIGNIFICANCE: Final = 6.0
"""A peak must stand this many standard deviations of the noise of dR/dx above the valleys beside it."""

VALLEY: Final = 0.75
"""Two peaks are two steps when dR/dx falls below this share of the smaller one in between."""

SHARPNESS: Final = 0.5
"""A transition's dR/dx has lost half its height within this share of its position; a metal's R(T) has not."""


@dataclass(frozen=True)
class Derivative:
    """dR/dx of the sorted curve: values, their noise, and the number of points in each local line."""

    slope: FloatArray
    noise: FloatArray
    points: int

    @property
    def least(self) -> FloatArray:
        """The height that a peak must have, (n,): more where few points know their own noise poorly."""
        return SIGNIFICANCE * (1.0 + 10.0 / self.noise.size) * self.noise


def derivative(x: FloatArray, resistance: FloatArray, *, noise: float) -> Derivative:
    """dR/dx with the fewest points (odd, at least 5) that lift its peak 20 standard deviations out of the noise.

    The width in points stops growing at a twelfth of the curve, so that steps are not smeared into each other.
    """
    most = max(5, x.size // 12)
    points = 5
    while True:
        slope, _ = local_line(x, resistance[None, :], points)
        gain = noise * slope_gain(x, points)
        best = int(slope[0].argmax())
        if slope[0, best] >= 20.0 * gain[best] or points + 2 > most:
            return Derivative(slope=slope[0], noise=gain, points=points)
        points += 2


def find_steps(x: FloatArray, resistance: FloatArray, *, minimum_drop: float = 0.05) -> tuple[Bracket, ...]:
    """The steps of the transition from the highest x down; empty when there is no transition in the range.

    x: (n,), ascending, n >= 8; resistance: (n,). A step is a peak of dR/dx that is significant (`SIGNIFICANCE`),
    sharp (`SHARPNESS`), separated from its neighbours (`VALLEY`) and takes at least `minimum_drop` of the
    resistance above the transition.
    """
    rate = derivative(x, resistance, noise=noise_level(x, resistance))
    _, smooth = local_line(x, resistance[None, :], rate.points)
    peaks = _separated(rate, [p for p in _candidates(rate) if _is_sharp(x, rate.slope, p)])
    valleys = _valleys(rate.slope, peaks)
    peaks = [
        p
        for p, low, high in zip(peaks, valleys[:-1], valleys[1:], strict=True)
        if _drop(x, rate, p, (low, high)) >= minimum_drop * abs(smooth[0, _top(rate.slope, p)])
    ]
    valleys = _valleys(rate.slope, peaks)
    brackets = [
        Bracket(p, low, high, _smoothing(x, smooth[0], rate, p, (low, high)), top=i == len(peaks) - 1)
        for i, (p, low, high) in enumerate(zip(peaks, valleys[:-1], valleys[1:], strict=True))
    ]
    return tuple(reversed(brackets))


def _smoothing(x: FloatArray, smooth: FloatArray, rate: Derivative, peak: int, valleys: tuple[int, int]) -> int:
    """Points in the local lines that place the windows of one step: half of its width, to steady them.

    The width is the drop over the steepest slope, which noise in dR/dx cannot cut short.
    """
    drop = smooth[min(valleys[1], _top(rate.slope, peak))] - smooth[valleys[0]]
    half = 0.35 * float(drop) / rate.slope[peak]
    within = int(np.count_nonzero(np.abs(x - x[peak]) <= half))
    return max(rate.points, min(within, x.size // 4))


def _candidates(rate: Derivative) -> list[int]:
    # Zeros at the ends let a transition that is cut off at the low end count as a peak.
    padded = np.concatenate([[0.0], rate.slope, [0.0]])
    # Exact data have no noise, but rounding; no step is a thousand times flatter than the steepest.
    least = np.pad(np.maximum(rate.least, 1e-4 * rate.slope.max()), 1)
    return [p - 1 for p in prominent_peaks(padded, least) if p - 1 < rate.slope.size - 1]


def _top(slope: FloatArray, peak: int) -> int:
    """The index above the peak where dR/dx has fallen to a quarter of it: the foot of the normal state."""
    beyond = np.flatnonzero(slope[peak:] < 0.25 * slope[peak])
    return peak + int(beyond[0]) if beyond.size else slope.size - 1


def _drop(x: FloatArray, rate: Derivative, peak: int, valleys: tuple[int, int]) -> float:
    """The resistance lost in the step: height of the dR/dx peak over its surroundings times its width, 0 for noise.

    The surroundings are averages over several local lines; the deepest single valley would be the deepest noise.
    """
    around = [_level(rate, v, peak) for v in valleys]
    height = rate.slope[peak] - max(around)
    if not height > rate.least[peak]:
        return 0.0
    high = rate.slope > rate.slope[peak] - 0.5 * height
    left = peak - int(np.argmin(high[peak::-1])) if not high[: peak + 1].all() else 0
    right = peak + int(np.argmin(high[peak:])) if not high[peak:].all() else x.size - 1
    return float(height * (x[right] - x[left]))


def _level(rate: Derivative, valley: int, peak: int) -> float:
    """dR/dx in the valley; at an end of the curve, the median beyond the peak."""
    if valley == 0:
        return float(np.median(rate.slope[: max(peak // 2, 1)])) if peak > rate.points else -np.inf
    if valley == rate.slope.size - 1:
        return float(np.median(rate.slope[_top(rate.slope, peak) :]))
    return float(np.mean(rate.slope[max(valley - rate.points // 2, 0) : valley + rate.points // 2 + 1]))


def _is_sharp(x: FloatArray, slope: FloatArray, peak: int) -> bool:
    """Whether dR/dx falls to half of the peak before x grows by `SHARPNESS` of its value."""
    beyond = np.flatnonzero(slope[peak:] < 0.5 * slope[peak])
    return beyond.size > 0 and x[peak + beyond[0]] - x[peak] <= SHARPNESS * x[peak]


def _separated(rate: Derivative, peaks: list[int]) -> list[int]:
    """Drop the lower of two peaks without a real valley between them, until all are separated."""
    kept = sorted(peaks)
    while len(kept) > 1:
        pairs = list(pairwise(kept))
        excess = [_valley_excess(rate, a, b) for a, b in pairs]
        worst = int(np.argmax(excess))
        if excess[worst] <= 0.0:
            break
        a, b = pairs[worst]
        kept.remove(a if rate.slope[a] < rate.slope[b] else b)
    return kept


def _valley_excess(rate: Derivative, first: int, second: int) -> float:
    """By how much of the smaller peak the minimum in between is too high (positive) to separate two steps."""
    lower = first if rate.slope[first] < rate.slope[second] else second
    height = rate.slope[lower]
    if not height > 0.0:
        return np.inf  # where R does not rise there is no step
    allowed = min(VALLEY * height, height - rate.least[lower])
    return float((rate.slope[first : second + 1].min() - allowed) / height)


def _valleys(slope: FloatArray, peaks: list[int]) -> list[int]:
    """Where one step ends and the next begins: the ends of the curve and the middle of each flat part between."""
    between = [_middle_of_valley(slope, a, b) for a, b in pairwise(peaks)]
    return [0, *between, slope.size - 1] if peaks else []


def _middle_of_valley(slope: FloatArray, first: int, second: int) -> int:
    part = slope[first : second + 1]
    floor = part.min()
    flat = np.flatnonzero(part <= floor + 0.3 * (min(part[0], part[-1]) - floor))
    return first + int(flat[flat.size // 2])
