"""Lines of a powder pattern without any phase: background, places, and fits of pseudo-Voigt shapes with errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from megabar.analysis.peaks import prominent_peaks
from megabar.physics.profile import LN2

FloatArray = NDArray[np.float64]

SIGNIFICANCE: Final = 5.0
"""Standard deviations by which a line must stand out of what is around it."""

LEAST_SHARE: Final = 0.01
"""Lines lower than this share of the highest are not told from ripples of the background."""

WIDEST: Final = 4.0
"""What is wider than so many typical lines is a hump of the background."""

MOST_TOGETHER: Final = 6
"""Lines that overlap are fitted together up to this number."""

_WINDOW_SHARE: Final = 40
_LEAST_WINDOW: Final = 12
_NEAR: Final = 4.0
_NOISE_EDGE: Final = 3.0
_GAUSS: Final = 2.0 * float(np.sqrt(LN2 / np.pi))


@dataclass(frozen=True)
class Line:
    """One fitted line: 2 theta and full width at half maximum in degrees, area in counts times degrees.

    Errors are one standard deviation, scaled by the misfit; None where the fit does not determine them.
    """

    centre: float
    centre_error: float | None
    fwhm: float
    fwhm_error: float | None
    area: float
    area_error: float | None
    mixing: float
    height: float
    significance: float


@dataclass(frozen=True, eq=False)
class Found:
    """Where lines are seen: places in degrees, heights over the background over their noise, widths; and background."""

    place: FloatArray
    strength: FloatArray
    width: FloatArray
    background: FloatArray

    @property
    def typical_width(self) -> float:
        """The median width of the stronger half, in degrees; NaN without lines."""
        if not self.place.size:
            return float("nan")
        strong = self.strength >= np.median(self.strength)
        return float(np.median(self.width[strong]))


def snip(y: FloatArray, window: int) -> FloatArray:
    """The background under lines narrower than `window` points: clipping by the mean of both sides at falling distance.

    On a doubly logarithmic scale, which treats strong and weak lines alike.
    Source: C. G. Ryan et al., Nucl. Instrum. Methods B 34, 396 (1988); M. Morhac, Appl. Spectrosc. 62, 91 (2008).
    """
    lowest = min(float(y.min()), 0.0)
    level = np.log(np.log(np.sqrt(y - lowest + 1.0) + 1.0) + 1.0)
    for reach in range(min(window, (y.size - 1) // 2), 0, -1):
        middle = 0.5 * (level[: -2 * reach] + level[2 * reach :])
        level[reach:-reach] = np.minimum(level[reach:-reach], middle)
    return np.asarray((np.exp(np.exp(level) - 1.0) - 1.0) ** 2 - 1.0 + lowest)


def find_lines(x: FloatArray, y: FloatArray, sigma: FloatArray) -> Found:
    """Maxima that stand out of their surroundings by `SIGNIFICANCE` standard deviations, with widths at half height.

    x: ascending, degrees; sigma: standard deviations of y.
    """
    window = max(_LEAST_WINDOW, y.size // _WINDOW_SHARE)
    smooth, noise = _smoothed(y, sigma, 3)
    background = snip(smooth, window)
    # Clipping follows the lower edge of the noise; lines stand on its middle.
    background = background + noise * float(np.clip(np.median((smooth - background) / noise), 0.0, _NOISE_EDGE))
    signal = smooth - background
    peaks = np.array(prominent_peaks(signal, SIGNIFICANCE * noise), dtype=np.intp)
    if peaks.size:
        least = np.maximum(SIGNIFICANCE * noise[peaks], LEAST_SHARE * signal[peaks].max())
        peaks = peaks[signal[peaks] > least]
    widths = np.array([_half_width(x, signal, int(i)) for i in peaks])
    if peaks.size:
        typical = float(np.median(widths[signal[peaks] >= np.median(signal[peaks])]))
        peaks, widths = peaks[widths < WIDEST * typical], widths[widths < WIDEST * typical]
    return Found(x[peaks], signal[peaks] / noise[peaks], widths, background)


def _smoothed(y: FloatArray, sigma: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    kernel = np.full(points, 1.0 / points)
    half = points // 2
    padded = np.pad(y, half, mode="edge")
    variance = np.convolve(np.pad(sigma**2, half, mode="edge"), kernel**2, mode="valid")
    return np.convolve(padded, kernel, mode="valid"), np.sqrt(variance)


def _half_width(x: FloatArray, signal: FloatArray, peak: int) -> float:
    """The full width at half height around a maximum, from the nearer side where the other is hidden."""
    half = 0.5 * signal[peak]
    left = np.flatnonzero(signal[:peak] < half)
    right = np.flatnonzero(signal[peak:] < half)
    sides = [float(x[peak] - x[left[-1]])] if left.size else []
    sides += [float(x[peak + right[0]] - x[peak])] if right.size else []
    return 2.0 * min(sides) if sides else float(x[-1] - x[0])


def fit_lines(x: FloatArray, y: FloatArray, sigma: FloatArray, found: Found) -> tuple[list[Line], list[str]]:
    """Pseudo-Voigt fits on a sloping line, neighbours together; and why lines could not be fitted."""
    lines: list[Line] = []
    failed: list[str] = []
    for group in _groups(found):
        try:
            lines += _fit_group(x, y, sigma, found, group)
        except (RuntimeError, ValueError, np.linalg.LinAlgError):
            failed += [f"line at {found.place[i]:.4g} deg: its shape could not be fitted" for i in group]
    return lines, failed


def _groups(found: Found) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in range(found.place.size):
        close = groups and found.place[i] - found.place[groups[-1][-1]] < _NEAR * 0.5 * (
            found.width[i] + found.width[groups[-1][-1]]
        )
        if close and len(groups[-1]) < MOST_TOGETHER:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _parts(x: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Scaled distances t, bells and Gaussians of all lines, (lines, n), and their parameters, (4, lines, 1)."""
    lines = values[:-2].reshape(-1, 4).T[:, :, None]
    t = (x - lines[0]) / lines[1]
    return t, 1.0 / (1.0 + 4.0 * t * t), np.exp(-4.0 * LN2 * t * t), lines


def _shape(x: FloatArray, *values: float) -> FloatArray:
    """Pseudo-Voigt lines (centre, width, height, mixing each) on a + b x."""
    _, bell, gauss, (_, _, height, mixing) = _parts(x, np.array(values))
    lines = height * (mixing * bell + (1.0 - mixing) * gauss)
    return np.asarray(values[-2] + values[-1] * (x - x[0]) + lines.sum(axis=0))


def _slope(x: FloatArray, *values: float) -> FloatArray:
    """Derivatives of `_shape` by its parameters, (n, p)."""
    t, bell, gauss, (_, fwhm, height, mixing) = _parts(x, np.array(values))
    steep = height * (8.0 * mixing * bell * bell + 8.0 * LN2 * (1.0 - mixing) * gauss) * t / fwhm
    columns = (steep, steep * t, mixing * bell + (1.0 - mixing) * gauss, height * (bell - gauss))
    own = np.stack(columns, axis=1).reshape(-1, x.size)
    return np.concatenate([own, np.ones((1, x.size)), (x - x[0])[None]]).T


def _fit_group(x: FloatArray, y: FloatArray, sigma: FloatArray, found: Found, group: Sequence[int]) -> list[Line]:
    places, widths = found.place[group], found.width[group]
    rows = (x > places[0] - _NEAR * widths[0]) & (x < places[-1] + _NEAR * widths[-1])
    own, level, noise = x[rows], y[rows], sigma[rows]
    if own.size < 4 * len(group) + 4:
        raise ValueError("too few points")
    base = found.background[rows]
    start, low, high = [], [], []
    for place, wide in zip(places, widths, strict=True):
        top = max(float(np.interp(place, own, level - base)), float(noise.min()))
        start += [place, wide, top, 0.5]
        low += [place - wide, 0.2 * wide, 0.0, 0.0]
        high += [place + wide, 5.0 * wide, 20.0 * top, 1.0]
    slope = (base[-1] - base[0]) / (own[-1] - own[0])
    best, covariance = curve_fit(
        _shape,
        own,
        level,
        p0=[*start, base[0], slope],
        sigma=noise,
        absolute_sigma=True,
        bounds=([*low, -np.inf, -np.inf], [*high, np.inf, np.inf]),
        jac=_slope,
        x_scale="jac",
        max_nfev=300,
    )
    residual = (level - _shape(own, *best)) / noise
    factor = max(1.0, float(residual @ residual) / max(1, own.size - best.size))
    return [_line(best, covariance * factor, 4 * i, found.strength[g]) for i, g in enumerate(group)]


def _line(best: FloatArray, covariance: FloatArray, at: int, strength: float) -> Line:
    centre, fwhm, height, mixing = best[at : at + 4]
    block = covariance[at : at + 4, at : at + 4]
    known = bool(np.all(np.isfinite(block))) and height > 0
    per_height = fwhm * (0.5 * np.pi * mixing + (1.0 - mixing) / _GAUSS)
    slope = np.array([0.0, height * per_height / fwhm, per_height, height * fwhm * (0.5 * np.pi - 1.0 / _GAUSS)])
    errors = np.sqrt(np.maximum(np.diagonal(block), 0.0)) if known else np.zeros(4)
    area_error = float(np.sqrt(max(slope @ block @ slope, 0.0))) if known else None
    return Line(
        centre=float(centre),
        centre_error=float(errors[0]) or None,
        fwhm=float(fwhm),
        fwhm_error=float(errors[1]) or None,
        area=float(height * per_height),
        area_error=area_error or None,
        mixing=float(mixing),
        height=float(height),
        significance=float(strength),
    )
