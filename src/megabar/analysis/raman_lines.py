"""Raman lines: found over the background, fitted, and named where they are well-known ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter
from scipy.signal import find_peaks

from megabar.analysis.raman_prepare import Spectrum
from megabar.analysis.raman_settings import Settings
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.start import given, unguessed
from megabar.physics.profile import pseudo_voigt

FloatArray = NDArray[np.float64]

DIAMOND: Final = "diamond, not stressed"
VIBRON: Final = "H2 vibron"
ROTONS: Final = ("H2 roton S0(0)", "H2 roton S0(1)")
KNOWN: Final = (
    ("silicon", 517.0, 524.0),
    (DIAMOND, 1328.0, 1336.0),
    ("N2 vibron", 2325.0, 2420.0),
    (ROTONS[0], 330.0, 420.0),
    (ROTONS[1], 570.0, 720.0),
    (VIBRON, 4000.0, 4275.0),
)
"""Names of lines with their ranges, cm^-1; a name says where a line lies, not what it is."""

_MOST: Final = 30
_BACKGROUND: Final = 120.0
_REACH: Final = 3.0
_SAME: Final = 8.0
"""cm^-1 within which two lines are the same one before and after."""


@dataclass(frozen=True, eq=False)
class Line:
    """One fitted line: centre and width (cm^-1), height over the background and over the noise; name "" if unknown."""

    centre: float
    error: float
    width: float
    height: float
    significance: float
    name: str
    fit: Fit


def find_lines(spectrum: Spectrum, settings: Settings) -> list[Line]:
    """Lines that stand out of the noise, at most thirty, by frequency. The axis must be one of Raman shifts."""
    step = float(np.median(np.diff(spectrum.x)))
    smooth = gaussian_filter1d(spectrum.y, 1.0)
    size = int(min(max(15.0, _BACKGROUND / step), spectrum.x.size // 2))
    base = gaussian_filter1d(percentile_filter(smooth, 30, size, mode="nearest"), size / 4.0)
    over = (smooth - base) / spectrum.noise
    peaks, told = find_peaks(over, height=settings.significance, prominence=settings.significance, width=2.0)
    order = np.argsort(-told["prominences"], kind="stable")[:_MOST]
    widths = dict(zip(peaks[order].tolist(), told["widths"][order].tolist(), strict=True))
    found = []
    for peak in sorted(widths):
        line = _line(spectrum, peak, max(widths[peak] * step, 2.0 * step))
        if line is not None and line.significance >= settings.significance:
            found.append(line)
    return _apart(found)


def new_lines(lines: Sequence[Line], before: Sequence[Line]) -> list[Line]:
    """Lines without a counterpart in another spectrum; the diamond's own is never new."""
    return [
        one
        for one in lines
        if one.name != DIAMOND
        and all(abs(one.centre - old.centre) > max(_SAME, 0.5 * (one.width + old.width)) for old in before)
    ]


def shape(
    x: FloatArray, *, centre: float, width: float, area: float, mixing: float, level: float, tilt: float
) -> FloatArray:
    """A pseudo-Voigt line of this area on a + b (x - centre)."""
    own = np.asarray(pseudo_voigt(x, centre=centre, fwhm=width, mixing=mixing))
    return np.asarray(level + tilt * (x - centre) + area * own)


def _line(spectrum: Spectrum, peak: int, width: float) -> Line | None:
    """The fit of one line; None where there is none after all."""
    centre = float(spectrum.x[peak])
    part = spectrum.within(centre - _REACH * width, centre + _REACH * width)
    if part.x.size < 8:
        step = float(np.median(np.diff(spectrum.x)))
        part = spectrum.within(centre - 6.0 * step, centre + 6.0 * step)
    if part.x.size < 8:
        return None
    floor = float(np.quantile(part.y, 0.1))
    height = max(float(spectrum.y[peak]) - floor, 1e-300)
    start = (
        Parameter("centre", centre, centre - width, centre + width, "cm^-1"),
        Parameter("width", width, 0.05 * width, 6.0 * width, "cm^-1"),
        Parameter("area", height * width, 0.0, 1e3 * height * width),
        Parameter("mixing", 0.5, 0.0, 1.0),
        Parameter("level", floor),
        Parameter("tilt", 0.0),
    )
    try:
        found = fit(given(Model("line", shape, unguessed), start), part.x, part.y, sigma=part.noise, absolute=False)
    except (ConvergenceError, DataError):
        return None
    error, area_error = found.errors["centre"], found.errors["area"]
    if error is None or area_error is None or not area_error > 0.0 or error > found.values["width"]:
        return None
    v = found.values
    top = v["area"] * float(pseudo_voigt(0.0, centre=0.0, fwhm=v["width"], mixing=v["mixing"]))
    return Line(v["centre"], error, v["width"], top, v["area"] / area_error, _name(v["centre"]), found)


def _name(centre: float) -> str:
    return next((name for name, low, high in KNOWN if low <= centre <= high), "")


def _apart(lines: Sequence[Line]) -> list[Line]:
    """Lines that two peaks of one line both led to are told once."""
    kept: list[Line] = []
    for one in sorted(lines, key=lambda line: -line.significance):
        if all(abs(one.centre - other.centre) > 0.3 * min(one.width, other.width) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda line: line.centre)
