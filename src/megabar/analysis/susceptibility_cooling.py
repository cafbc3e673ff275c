"""Cooling without and with a field: where the two moments part, and how they compare at the lowest temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import noise_level
from megabar.analysis.susceptibility_hinge import FEWEST, Hinge, fit_hinge

FloatArray = NDArray[np.float64]

SHARE: Final = 0.35
"""What opens near its start is fitted up to this share of its largest value; `SHARES` show what the choice does."""
SHARES: Final = (0.2, 0.6)
EXPONENTS: Final = tuple(float(p) for p in np.linspace(0.5, 3.0, 51))
"""How something opens is not known, so every power that fits has a say in the error of its start."""
_COLD: Final = 5


@dataclass(frozen=True)
class Vanishing:
    """Where a quantity that opens on cooling starts: K, its error and interval, half the spread over ranges.

    hinge: the best fit, in -T. words: why there is no start; "" where there is one.
    """

    value: float | None
    error: float | None
    spread: float | None
    hinge: Hinge | None
    interval: tuple[float | None, float | None] | None = None
    words: str = ""


def vanishing(temperature: FloatArray, opening: FloatArray) -> Vanishing:
    """The temperature above which `opening` (n,), positive below it, is constant; temperature (n,) ascending.

    It opens like (T0 - T)^p with any p of `EXPONENTS`. Not significant: no value.
    """
    if temperature.size < FEWEST:
        words = f"{temperature.size} points at different temperatures, {FEWEST} are needed"
        return Vanishing(None, None, None, None, words=words)
    x, y = -temperature[::-1], opening[::-1]
    best = _best(x, y, SHARE)
    if best is None or not best.significant or best.size <= 0.0:
        return Vanishing(None, None, None, None, words="nothing opens on cooling above the noise")
    if best.interval[0] is None:
        words = f"it is open at {temperature[-1]:.4g} K already, the highest temperature"
        return Vanishing(None, None, None, best, words=words)
    ranges = [_best(x, y, share) for share in SHARES]
    starts = [-best.start, *(-h.start for h in ranges if h is not None and h.significant)]
    low, high = (None if end is None else -end for end in reversed(best.interval))
    return Vanishing(-best.start, best.error, 0.5 * (max(starts) - min(starts)), best, (low, high))


def _near(x: FloatArray, y: FloatArray, share: float) -> tuple[FloatArray, FloatArray]:
    """Points from the normal state to where `share` of the opening is reached, at least 8."""
    zero = float(np.median(y[: max(y.size // 8, 3)]))
    level = zero + share * (float(np.mean(np.sort(y)[-3:])) - zero)
    width = max(y.size // 60, 1)
    smooth = np.convolve(y, np.ones(2 * width + 1) / (2 * width + 1), mode="same")
    over = np.flatnonzero(smooth[width : y.size - width] > level)
    stop = int(over[0]) + width if over.size else y.size
    return x[: max(stop, 8)], y[: max(stop, 8)]


def _best(x: FloatArray, y: FloatArray, share: float) -> Hinge | None:
    return fit_hinge(*_near(x, y, share), exponents=EXPONENTS, powers=(0,))


@dataclass(frozen=True)
class Pair:
    """Moments after cooling without (zfc) and with (fc) the field, on the temperatures (n,) that both have.

    split: where they part. ratio: of fc to zfc at the lowest temperature, above their common background, with its
    error; None where the moment after cooling in no field does not drop.
    """

    temperature: FloatArray
    zfc: FloatArray
    fc: FloatArray
    split: Vanishing
    ratio: float | None
    ratio_error: float | None


def compare(
    zfc: tuple[FloatArray, FloatArray], fc: tuple[FloatArray, FloatArray], background: FloatArray | None
) -> Pair | None:
    """A pair of sweeps (temperature ascending, moment); background: of `zfc`, (n,), None where it does not drop.

    None where they share no range of 8 readings.
    """
    low, high = max(zfc[0][0], fc[0][0]), min(zfc[0][-1], fc[0][-1])
    inside = (zfc[0] >= low) & (zfc[0] <= high)
    if np.count_nonzero(inside) < 8:
        return None
    temperature, without = zfc[0][inside], zfc[1][inside]
    with_field = np.interp(temperature, *fc)
    split = vanishing(temperature, with_field - without)
    ratio = error = None
    if background is not None:
        under = background[inside]
        cold = slice(0, _COLD)
        top, bottom = (float(np.mean((m - under)[cold])) for m in (with_field, without))
        ratio = top / bottom
        noise = [noise_level(*sweep) / np.sqrt(_COLD) for sweep in (fc, zfc)]
        error = float(np.hypot(noise[0], ratio * noise[1]) / abs(bottom))
    return Pair(temperature, without, with_field, split, ratio, error)
