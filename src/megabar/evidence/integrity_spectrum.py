"""Smoothed curves by the spectrum of their noise: a running average or a polynomial filter leaves gaps in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.signal import savgol_coeffs
from scipy.special import logsumexp

from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import NARROW, FloatArray, Series, difference_weights, finding

SEGMENT: Final = 64
"""Readings of one spectrum; spectra of half-overlapping segments are averaged (Welch)."""

FEWEST_SPECTRA: Final = 4
"""Spectra below which no average is judged."""

_BAND: Final = 0.45
_FLOOR: Final = 3e-3
_REFERENCES: Final = 12
_INDEPENDENT: Final = 0.945 / 1.94
"""Of each averaged power: half-overlapping segments, and neighbouring frequencies of a Hann window, share readings."""

_COLOURS: Final = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)


@dataclass(frozen=True)
class _Filters:
    """Names of smoothing filters and their power at the band's frequencies, (filters, band); that of low passes."""

    names: tuple[str, ...]
    power: FloatArray
    ordinary: FloatArray


def smoothed(series: Series) -> list[Finding]:
    """The longest stretch whose noise has the spectrum of a smoothing filter rather than of readings.

    The spectrum of the noise (sixth differences, K half-overlapping segments) is divided by that of white noise through
    the same differences, made up with a fixed seed. Whittle's likelihood of the upper half of the band is taken for
    running averages and polynomial filters (Savitzky and Golay), and for white noise and low passes of
    first and second order. That the best filter is e^T times as likely as the best of the latter has, under the latter,
    at most the probability e^-T for each filter; it is multiplied by the number of filters and of stretches (whole,
    halves, quarters).
    """
    if not series.resolved or series.y.size < SEGMENT // 2 * (FEWEST_SPECTRA + 1) + NARROW:
        return []
    ours, known = _spectra(series)
    filters = _filters()
    stretches = list(_stretches(ours.shape[0]))
    for first, last in stretches:
        ratio = ours[first:last].sum(axis=0) / np.maximum(known[first:last].sum(axis=0), 1e-30)
        if not np.all(ratio > 0.0):  # no noise there that a polynomial does not follow
            continue
        weight = _INDEPENDENT * (last - first)
        likely = _likelihood(ratio, filters.power, weight)
        over = likely - _likelihood(ratio, filters.ordinary, weight).max()
        chance = len(stretches) * len(filters.names) * float(np.exp(-max(0.0, min(float(over.max()), 700.0))))
        if chance < LEVEL:
            share = np.exp(over - logsumexp(over))
            name = filters.names[int(np.argmax(share))]
            rows = (first * SEGMENT // 2, min((last + 1) * SEGMENT // 2 + NARROW, series.y.size) - 1)
            text = f"the spectrum of its noise has the gaps of a smoothing filter, most like a {name}"
            number = float(over.max())
            return [finding(series, Mark.SMOOTHED, text, [rows], "ln of the likelihood ratio", number, "1", chance)]
    return []


def _likelihood(ratio: FloatArray, power: FloatArray, weight: float) -> FloatArray:
    """ln of Whittle's likelihood of the averaged `ratio` (band,) for each shape of `power`, its scale the best one."""
    scale = (ratio / power).mean(axis=1)
    return np.asarray(-weight * (np.log(power).sum(axis=1) + power.shape[1] * (np.log(scale) + 1.0)))


def _stretches(count: int) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the segments of whole, halves and quarters, each by steps of half its length."""
    for part in (1, 2, 4):
        length = count // part
        if length >= FEWEST_SPECTRA:
            for first in range(0, count - length + 1, max(1, length // 2) if part > 1 else count):
                yield first, first + length


def _spectra(series: Series) -> tuple[FloatArray, FloatArray]:
    """Power of the noise, and of white noise through the same differences, for each segment, (segments, band)."""
    weights = difference_weights(series.basis, NARROW)
    used = series.narrow != 0.0
    ours = _power(series.narrow)
    known = np.zeros_like(ours)
    generator = np.random.default_rng(0)
    for _ in range(_REFERENCES):
        white = np.lib.stride_tricks.sliding_window_view(generator.standard_normal(series.y.size), NARROW)
        noise = np.pad(np.einsum("nk,nk->n", weights, white), NARROW // 2)
        known += _power(np.where(used, noise, 0.0)) / _REFERENCES
    return ours, known


def _power(noise: FloatArray) -> FloatArray:
    segments = np.lib.stride_tricks.sliding_window_view(noise, SEGMENT)[:: SEGMENT // 2]
    power = np.abs(np.fft.rfft(segments * np.hanning(SEGMENT), axis=1)) ** 2
    return np.asarray(power[:, int(_BAND * SEGMENT / 2) :])


@lru_cache(maxsize=1)
def _filters() -> _Filters:
    kernels = {f"running average of {k}": np.full(k, 1.0 / k) for k in range(3, 16)}
    kernels |= {
        f"polynomial filter over {k}": savgol_coeffs(k, degree) for degree in (4, 2) for k in range(degree + 3, 22, 2)
    }
    fine = 2.0 * np.pi * np.arange(8 * SEGMENT) / (8 * SEGMENT)
    gains = [np.abs(np.exp(-1j * np.outer(fine, np.arange(h.size))) @ (h / h.sum())) ** 2 for h in kernels.values()]
    low = [(1.0 - c) ** 2 / (1.0 + c * c - 2.0 * c * np.cos(fine)) for c in _COLOURS]
    floored = np.array([gain + _FLOOR for gain in gains])
    return _Filters(tuple(kernels), _seen(floored), _seen(np.array([*low, *(gain**2 for gain in low)])))


def _seen(gain: FloatArray) -> FloatArray:
    """Power (shapes, band) behind sixth differences and a Hann window, over that of white noise there."""
    window = np.abs(np.fft.fft(np.hanning(SEGMENT), gain.shape[1])) ** 2
    frequency = np.fft.fftfreq(gain.shape[1]) * 2.0 * np.pi
    differences = np.sin(0.5 * frequency) ** (2 * (NARROW - 1))
    both = np.fft.ifft(np.fft.fft(gain * differences, axis=1) * np.fft.fft(window), axis=1).real
    white = np.fft.ifft(np.fft.fft(differences) * np.fft.fft(window)).real
    return np.asarray((both / white)[:, : 4 * SEGMENT + 1 : 8][:, int(_BAND * SEGMENT / 2) :])
