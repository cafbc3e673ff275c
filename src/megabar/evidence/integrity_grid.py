"""Readings on a grid: quantisation that hides the noise, and equal steps on an otherwise smooth curve."""

from __future__ import annotations

from typing import Final

import numpy as np

from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import FloatArray, Series, finding

_FEWEST_STEPS: Final = 20
_CLUSTERED: Final = 0.7
_MOST: Final = 4000
_FINE: Final = 8.0
_FINEST: Final = 0.15


def quantised(series: Series) -> list[Finding]:
    """Whether all readings stand on a grid whose step q is at least their scatter, so that no noise is seen.

    The probability is that of the l different readings falling to 0.1 % on a grid by chance, at most 5 (0.002)^(l - 2).
    """
    step = series.step
    if step == 0.0 or series.noise > step:
        return []
    levels = np.unique(np.rint((series.y - series.y.min()) / step)).size
    text = f"all readings are multiples of {step:.4g} apart, {levels} different values; the scatter is less than a step"
    chance = 5.0 * 0.002 ** float(min(max(levels - 2, 4), 100))
    return [finding(series, Mark.QUANTISED, text, series.whole, "step", step, series.unit, chance)]


def stepped(series: Series) -> list[Finding]:
    """Whether the second differences that are not small cluster at multiples of one step, the readings themselves not.

    For a step q, the m second differences d beyond q/2 have the mean C = <cos(2 pi d/q)>: 1 where the steps are equal,
    below 0 for any density that falls with |d|, uniform phases giving P(C) <= exp(-m C^2). All q with different
    answers are tried, and P is multiplied by their number.
    """
    second = np.diff(series.y, 2)
    typical = float(np.median(np.abs(second)))
    largest = float(np.quantile(np.abs(second), 0.98)) if second.size else 0.0
    finest = max(_FINEST * typical, _FINE * series.step, 1e-3 * largest)
    if largest <= 0.0 or finest >= largest or np.count_nonzero(np.abs(second) > finest) < _FEWEST_STEPS:
        return []
    count = min(_MOST, int(8.0 * largest / finest) + 8)
    steps = 1.0 / np.linspace(1.0 / (2.0 * largest), 1.0 / finest, count)
    mean, size = _clustering(second, steps)
    chance = np.where(mean >= _CLUSTERED, count * np.exp(-size * mean**2), 1.0)
    good = np.flatnonzero(chance < LEVEL)
    if good.size == 0 or series.step > 0.1 * steps[good[0]]:
        return []
    best = good[mean[good] > 0.9 * mean[good].max()][0]
    near = slice(max(best - 4, 0), best + 5)
    best = best - min(best, 4) + int(np.argmax(mean[near] * np.sqrt(size[near])))
    step = float(steps[best])
    text = (
        f"{int(size[best])} jumps between neighbouring readings are multiples of {step:.4g}, "
        "and the curve is smooth between them"
    )
    return [finding(series, Mark.STEPS, text, series.whole, "step", step, series.unit, float(chance[best]))]


def _clustering(second: FloatArray, steps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """C and m for each of `steps`, shape (steps,)."""
    mean, size = np.zeros(steps.size), np.zeros(steps.size)
    for start in range(0, steps.size, 64):
        part = steps[start : start + 64, None]
        beyond = np.abs(second) > 0.5 * part
        size[start : start + 64] = beyond.sum(axis=1)
        total = np.where(beyond, np.cos(2.0 * np.pi * second / part), 0.0).sum(axis=1)
        mean[start : start + 64] = total / np.maximum(beyond.sum(axis=1), 1)
    mean[size < _FEWEST_STEPS] = 0.0
    return mean, size
