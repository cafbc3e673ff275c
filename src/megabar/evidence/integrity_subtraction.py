"""A curve from which a background was subtracted, beside the raw curve and the background that it was made of."""

from __future__ import annotations

from typing import Final

import numpy as np

from megabar.analysis.smoothing import scatter
from megabar.errors import DataError
from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import NARROW, RESOLVED, FloatArray, Series, correlations, finding
from megabar.evidence.integrity_repeats import chance_of

_LESS: Final = 0.95
"""Share of the raw curve's noise from which on the two count as equal: uneven x leaves that much of a background."""


def subtracted(series: Series, raw: FloatArray, background: FloatArray | None) -> list[Finding]:
    """Whether signal = raw - background is less noisy than the raw curve, and whether it is that difference at all.

    raw, background: (n,), row by row with the signal. For two paired normal samples s and r with equal variances,
    s + r and s - r are uncorrelated (Pitman and Morgan 1939): their correlation, of the noise by sixth differences,
    tells whether the signal varies less, however much noise the two share. A background that is smooth leaves the
    noise as it is, a measured one adds to it; neither can lower it.
    """
    for name, part in (("raw", raw), ("background", background)):
        if part is not None and part.shape != series.y.shape:
            raise DataError(
                f"{series.curve}: {series.y.size} readings of the signal but {part.size} of the {name} curve"
            )
    found = _less_noise(series, raw)
    return found if background is None else found + _remainder(series, raw - background)


def _less_noise(series: Series, raw: FloatArray) -> list[Finding]:
    signal, whole = (_noise_of(series, values) for values in (series.y, raw))
    level = float(np.sqrt(np.mean(whole**2)))
    plus, minus = whole + signal, whole - signal
    energy = float(np.sqrt((plus @ plus) * (minus @ minus)))
    if energy <= 1e-12 * float(whole @ whole) or level == 0.0:
        return []
    size = 1.0 + 2.0 * float((correlations(plus)[1:] * correlations(minus)[1:]).sum())
    chance = float(chance_of(float(plus @ minus) / energy, plus.size / max(size, 1.0)))
    ratio = float(np.sqrt(np.mean(signal**2))) / level
    if chance >= LEVEL or ratio > _LESS:
        return []
    text = f"its noise is {ratio:.2f} of that of the raw curve, and subtracting cannot lower it"
    return [finding(series, Mark.SUBTRACTED, text, series.whole, "noise over noise of raw", ratio, "1", chance)]


def _noise_of(series: Series, values: FloatArray) -> FloatArray:
    """Sixth differences, those beyond four standard deviations cut."""
    noise = scatter(series.basis, values, points=NARROW)
    scale = float(np.median(np.abs(noise))) / 0.6745
    return np.asarray(np.clip(noise, -4.0 * scale, 4.0 * scale)) if scale > 0.0 else noise


def _remainder(series: Series, difference: FloatArray) -> list[Finding]:
    """What is left of signal - (raw - background), its mean removed; rounding of the three columns is left out."""
    left = series.y - difference
    left = left - left.mean()
    rounding = 2.0 * max(series.step, 1e-12 * float(np.abs(difference).max()))
    worst = float(np.abs(left).max())
    if worst <= rounding or worst <= RESOLVED * series.noise * 1e-3:
        return []
    rms = float(np.sqrt(np.mean(left**2)))
    text = f"raw minus background differs from it by {rms:.3g} rms beyond a constant"
    return [finding(series, Mark.NOT_THE_DIFFERENCE, text, series.whole, "difference, rms", rms, series.unit, 0.0)]
