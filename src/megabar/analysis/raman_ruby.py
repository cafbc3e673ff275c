"""The R lines of ruby in a spectrum: two pseudo-Voigt lines on a sloping background, R1 with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.raman_prepare import Spectrum
from megabar.analysis.raman_settings import Settings
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.start import given, unguessed
from megabar.physics.profile import pseudo_voigt

FloatArray = NDArray[np.float64]

RANGE: Final = (692.0, 780.0)
"""nm, where R1 is looked for: up to some 250 GPa."""
SPLITTING: Final = 1.43
"""nm, between R2 and R1 at no pressure."""
SPLITTINGS: Final = (0.6, 3.0)
_SEEN: Final = 10.0
"""Errors of its area by which R1 must stand out."""
_REACH: Final = 3.0
"""Widths of R1 that the window reaches beyond both lines."""
_SHORTER: Final = 0.7
_TOP: Final = 0.35
"""Widths on both sides of R1 that count as its top."""


@dataclass(frozen=True, eq=False)
class Ruby:
    """R1 at `fit.values["centre"]` (nm), R2 `splitting` below it.

    window: what a shorter window moves R1 by, nm. shape: how far the top of the measured line lies from that of the
    fitted one, which a line that is no pseudo-Voigt (stress, gradients) makes larger than the noise.
    """

    spectrum: Spectrum
    fit: Fit
    window: float
    shape: float


def find_ruby(spectrum: Spectrum, settings: Settings) -> Ruby:
    """Fit R1 and R2; DataError where there is no pair of lines. The axis must be one of wavelengths."""
    low, high = settings.ruby_window or RANGE
    part = spectrum.within(low - 6.0, high)
    if part.x.size < 30 or part.x[-1] < low + 1.0:
        raise DataError(f"{spectrum.name}: no readings between {low:g} and {high:g} nm, where ruby's lines are")
    top, width = _top(part, low)
    # The highest line is R1 unless nothing lies below it; then it is R2 and R1 lies above.
    candidates = (_try(part, centre, width, _REACH) for centre in (top, top + SPLITTING))
    best = next((one for one in candidates if one is not None and _is_pair(one)), None)
    if best is None:
        raise DataError(
            f"{spectrum.name}: no pair of ruby lines around {top:.5g} nm; set settings.ruby_window around them, or "
            "settings.gauge"
        )
    shorter = _try(part, best.values["centre"], best.values["width_1"], _SHORTER * _REACH)
    moved = 0.0 if shorter is None else abs(shorter.values["centre"] - best.values["centre"])
    return Ruby(spectrum, best, moved, _off_top(best))


def _off_top(found: Fit) -> float:
    """Distance of the tops of parabolas through the upper part of R1, as measured and as fitted."""
    centre, width = found.values["centre"], found.values["width_1"]
    rows = np.abs(found.x - centre) < _TOP * width
    if int(np.sum(rows)) < 5:
        return 0.0
    x = (found.x[rows] - centre) / width
    tops = []
    for y in (found.y[rows], found.fitted[rows]):
        bend, tilt, _ = np.polyfit(x, y, 2)
        tops.append(-0.5 * tilt / bend if bend < 0.0 else 0.0)
    return float(width * abs(tops[0] - tops[1]))


def lines(x: FloatArray, **values: float) -> FloatArray:
    """Background a + b (x - centre) and two lines of given areas; R2 lies `splitting` below R1."""
    first = pseudo_voigt(x, centre=values["centre"], fwhm=values["width_1"], mixing=values["mixing"])
    second = pseudo_voigt(
        x, centre=values["centre"] - values["splitting"], fwhm=values["width_2"], mixing=values["mixing"]
    )
    level = values["level"] + values["tilt"] * (x - values["centre"])
    return np.asarray(level + values["area_1"] * np.asarray(first) + values["area_2"] * np.asarray(second))


def _linear(x: FloatArray, **values: float) -> dict[str, FloatArray]:
    """Derivatives by the areas and the background, which are those terms themselves."""
    shift, mixing = x - values["centre"], values["mixing"]
    second = values["centre"] - values["splitting"]
    return {
        "area_1": np.asarray(pseudo_voigt(x, centre=values["centre"], fwhm=values["width_1"], mixing=mixing)),
        "area_2": np.asarray(pseudo_voigt(x, centre=second, fwhm=values["width_2"], mixing=mixing)),
        "level": np.ones(x.size),
        "tilt": shift,
    }


def _top(part: Spectrum, low: float) -> tuple[float, float]:
    """Where the spectrum is highest, and its width at half height (nm)."""
    kernel = max(3, part.x.size // 400) | 1
    smooth = np.convolve(np.pad(part.y, kernel // 2, mode="edge"), np.ones(kernel) / kernel, mode="valid")
    allowed = part.x >= low
    peak = int(np.flatnonzero(allowed)[np.argmax(smooth[allowed])])
    half = 0.5 * (smooth[peak] + float(np.quantile(smooth, 0.05)))
    right = np.flatnonzero(smooth[peak:] < half)
    step = float(np.median(np.diff(part.x)))
    side = float(part.x[peak + right[0]] - part.x[peak]) if right.size else 1.0
    return float(part.x[peak]), min(max(2.0 * side, 3.0 * step), 6.0)


def _try(part: Spectrum, centre: float, width: float, reach: float) -> Fit | None:
    own = part.within(centre - SPLITTING - reach * width - 0.3, centre + reach * width + 0.3)
    if own.x.size < 15:
        return None
    floor = float(np.quantile(own.y, 0.05))
    height = max(float(np.max(own.y)) - floor, 1e-300)
    area = height * width
    start = (
        Parameter("centre", centre, centre - 2.0, centre + 2.0, "nm"),
        Parameter("splitting", SPLITTING, *SPLITTINGS, "nm"),
        Parameter("area_1", area, 0.0, 1e3 * area),
        Parameter("area_2", 0.6 * area, 0.0, 1e3 * area),
        Parameter("width_1", width, 0.02, 15.0, "nm"),
        Parameter("width_2", 0.8 * width, 0.02, 15.0, "nm"),
        Parameter("mixing", 0.7, 0.0, 1.0),
        Parameter("level", floor),
        Parameter("tilt", 0.0),
    )
    model = given(Model("ruby lines", lines, unguessed, _linear), start)
    try:
        return fit(model, own.x, own.y, sigma=own.noise, absolute=False)
    except (ConvergenceError, DataError):
        return None


def _is_pair(found: Fit) -> bool:
    """Whether both lines are there and R1 is the stronger one within reason."""
    area, error = found.values["area_1"], found.errors["area_1"]
    ratio = found.values["area_2"] / max(area, 1e-300)
    seen = error is not None and area > _SEEN * error
    return bool(seen and 0.05 < ratio < 2.0 and not {"splitting", "centre", "width_1"} & set(found.on_bound))
