"""Too few steps against the trend for the noise that a curve shows."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.stats import binom, norm

from megabar.analysis.smoothing import scatter
from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import RESOLVED, FloatArray, Series, finding

_LOCAL: Final = 15


def monotonic(series: Series) -> list[Finding]:
    """Whether steps against the local trend are fewer than the noise must make.

    A step of the mean m and the standard deviation s goes against its trend with the probability Phi(-|m|/s); steps of
    zero are counted as such. Of n steps, P(k or fewer) is bounded by the binomial distribution with the mean
    probability (Hoeffding 1956), for k below its mean by one; noise that is independent between readings makes the
    number of such steps less uncertain than that.
    m is the mean of 15 neighbouring steps. s is the smaller one of the scatter of neighbouring readings against their
    number and against x, so that neither uneven x nor a noisy x counts as noise of y.
    """
    y = series.y
    if series.step > 0.0 and series.noise < 2.0 * RESOLVED * series.step:
        return []
    steps = np.diff(y)
    noise = _least_noise(series)
    if not np.all(noise > 0.0):
        return []
    trend = uniform_filter1d(steps, _LOCAL, mode="nearest")
    against = norm.cdf(-np.abs(trend) / (np.sqrt(2.0) * noise))
    count = int(np.count_nonzero(steps * trend <= 0.0))
    expected = float(against.sum())
    if count > expected - 1.0:
        return []
    chance = float(binom.cdf(count, steps.size, expected / steps.size))
    if chance >= LEVEL:
        return []
    text = f"{count} of {steps.size} steps go against the trend, and the noise makes {expected:.0f} expected"
    return [finding(series, Mark.MONOTONIC, text, series.whole, "steps against the trend", float(count), "1", chance)]


def _least_noise(series: Series) -> FloatArray:
    """The noise at each step, (n - 1,): in each tenth of the curve the smallest of the scatters."""
    size = series.y.size
    number = np.arange(size, dtype=np.float64)
    noise = np.zeros(size - 1)
    for part in np.array_split(np.arange(size - 1), max(1, min(10, size // 24))):
        wide = slice(int(part[0]), int(part[-1]) + 2)
        scales = [_scale(number[wide], series.y[wide])]
        if np.unique(series.x[wide]).size == series.x[wide].size:
            scales.append(_scale(series.x[wide], series.y[wide]))
        noise[part] = min(scales)
    return noise


def _scale(x: FloatArray, y: FloatArray) -> float:
    """The noise by the median of fifth differences, which one sharp step does not move."""
    order = np.argsort(x, kind="stable")
    return float(np.median(np.abs(scatter(x[order], y[order])))) / 0.6745 if x.size >= 6 else 0.0
