"""The peak of the losses (signal in quadrature) that a transition leaves: where it lies and how far it stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import local_parabola, noise_level

FloatArray = NDArray[np.float64]

SIGNIFICANCE: Final = 5.0
_TOP: Final = 0.5
"""The parabola through the peak takes the points above this share of its height."""
_FEWEST: Final = 5


@dataclass(frozen=True)
class LossPeak:
    """temperature: K, with its error; height above what is beside it, in standard deviations of a point."""

    temperature: float
    error: float
    significance: float


def loss_peak(temperature: FloatArray, loss: FloatArray, window: tuple[float, float]) -> LossPeak | None:
    """The peak of `loss` (n,) within the window of the transition; None where none stands out of the noise."""
    near = (temperature >= window[0]) & (temperature <= window[1])
    if np.count_nonzero(near) < 2 * _FEWEST or np.count_nonzero(~near) < _FEWEST:
        return None
    noise = noise_level(temperature, loss)
    base = np.polyval(np.polyfit(temperature[~near], loss[~near], 1), temperature)
    above = loss - base
    smooth = local_parabola(temperature, above, max(_FEWEST, (int(np.count_nonzero(near)) // 5) | 1))
    top = int(np.argmax(np.where(near, smooth, -np.inf)))
    height = float(smooth[top])
    if not height > SIGNIFICANCE * noise or top in (0, loss.size - 1):
        return None
    low = np.flatnonzero(smooth[:top] < _TOP * height)
    high = np.flatnonzero(smooth[top:] < _TOP * height)
    run = slice(int(low[-1]) + 1 if low.size else 0, top + int(high[0]) if high.size else loss.size)
    u, y = temperature[run] - temperature[top], above[run]
    if u.size < _FEWEST:
        return None
    reach = float(np.abs(u).max())
    design = np.column_stack([np.ones(u.size), u / reach, (u / reach) ** 2])
    (_, b, c), *_ = np.linalg.lstsq(design, y, rcond=None)
    if not c < 0.0 or abs(b) > -2.0 * c:
        return None
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    scatter = max(noise, float(np.sqrt(rest @ rest / max(u.size - 3, 1))))
    covariance = scatter**2 * np.linalg.inv(design.T @ design)
    slope = np.array([0.0, -0.5 / c, 0.5 * b / c**2])
    error = reach * float(np.sqrt(slope @ covariance @ slope))
    return LossPeak(float(temperature[top] - 0.5 * reach * b / c), error, height / noise if noise > 0.0 else np.inf)
