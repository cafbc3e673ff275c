"""A magnetic signal as the share of its drop that is still to come, and the criteria of a transition in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.criteria import Bracket, Windows, evaluate
from megabar.analysis.smoothing import local_line, local_parabola, slope_gain
from megabar.analysis.susceptibility_step import Background, Flattened, Found, flatten
from megabar.analysis.transition import FEW_POINTS

FloatArray = NDArray[np.float64]

WIDTH90: Final = "width 90-10"

_FRACTIONS: Final = (0.5,)
_AROUND: Final = 3.0
"""Points farther from the window than this many of its lengths only cost time and hold peaks of noise."""


@dataclass(frozen=True)
class Place:
    """The window of the step, the step fitted, and whether the background comes from above the window alone."""

    window: tuple[float, float]
    found: Found
    from_above: bool

    def flatten(self, temperature: FloatArray, signals: FloatArray, background: Background) -> Flattened | None:
        return flatten(temperature, signals, background, self.window, from_above=self.from_above)


class Share:
    """m signals as shares of the drop that is still to come, about one window and over one background."""

    def __init__(self, temperature: FloatArray, signals: FloatArray, background: Background, place: Place) -> None:
        made = place.flatten(temperature, signals, background)
        assert made is not None  # the normal state was there for the first choice; see `_others` and `_wider`
        self.temperature, self.signals, self.place, self.flat = temperature, signals, place, made
        self.window, self.found = place.window, place.found
        bottom = self._bottom()
        whole = float(np.abs((signals[0] - made.backgrounds[0])[bottom : bottom + 3]).mean())
        scale = np.abs(made.heights) if made.complete else np.full(signals.shape[0], whole)
        self.scale = np.where(scale > 0.0, scale, np.nan)
        self.share = 1.0 + (signals - made.backgrounds) / self.scale[:, None]

    def quiet(self) -> FloatArray:
        """The first signal with its noise averaged down where points are dense enough to keep its shape."""
        within = self._within()
        if within < 10:
            return np.asarray(self.signals[0])
        smooth = local_parabola(self.temperature, self.share[0], 7 * within // 16 * 2 + 1)
        return np.asarray(self.flat.backgrounds[0] + (smooth - 1.0) * self.scale[0])

    def windows(self) -> Windows:
        """The windows of the criteria: the normal state is all that lies above the window."""
        return Windows(normal=(self.window[1], float(self.temperature[self._near()][-1])))

    def criteria(self, windows: Windows | None = None) -> dict[str, FloatArray]:
        """Every criterion, (m,) each, and the height; NaN where a signal does not reach it."""
        near = self._near()
        x, share = self.temperature[near], self.share[:, near]
        chosen = windows or self.windows()
        made = evaluate(x, share, self._bracket(x, share[0]), windows=chosen, fractions=_FRACTIONS)
        width = _width(x, share, self._within() // 2, highest=self.window[1])
        return {**made.values, WIDTH90: width, "height": self.flat.heights}

    def _within(self) -> int:
        """Points between nine tenths and one tenth of the fitted step."""
        return int(np.count_nonzero(np.abs(self.temperature - self.found.middle) < 2.2 * self.found.width))

    def spacing(self) -> float | None:
        """Half the distance of readings about the middle where too few lie within the step; None where enough do."""
        if self._within() >= FEW_POINTS:
            return None
        right = int(np.clip(np.searchsorted(self.temperature, self.found.middle), 1, self.temperature.size - 1))
        return 0.5 * float(self.temperature[right] - self.temperature[right - 1])

    def _bottom(self) -> int:
        """Where the step ends on cooling: what lies below a signal without a plateau is none of it."""
        return int(np.searchsorted(self.temperature, self.window[0]))

    def _near(self) -> slice:
        low, high = self.window
        reach = _AROUND * (high - low)
        start, stop = np.searchsorted(self.temperature, [low - reach, high + reach])
        start = start if self.flat.complete else self._bottom()
        above = int(np.searchsorted(self.temperature, high))
        return slice(int(start), max(int(stop), min(above + 12, self.temperature.size)))

    def _bracket(self, x: FloatArray, share: FloatArray) -> Bracket:
        """The step with as many points in the lines of its derivative as lift its peak out of the noise."""
        most = max(5, (self._within() // 2) | 1)
        points = 5
        noise = self.flat.noise / float(self.scale[0])
        while points + 2 <= most:
            slope = local_line(x, share[None, :], points)[0][0]
            best = int(slope.argmax())
            if slope[best] >= 15.0 * noise * slope_gain(x, points)[best]:
                break
            points += 2
        peak = int(np.argmin(np.abs(x - self.found.middle)))
        return Bracket(peak, 0, x.size - 1, points)


def _width(x: FloatArray, share: FloatArray, points: int, *, highest: float) -> FloatArray:
    """Distance (m,) of the shares 0.9 and 0.1 of curves (m, n), averaged over `points`, as first met on cooling."""
    smooth = share @ _parabolas(x, max(5, points | 1)).T
    return np.asarray(_first(x, smooth, 0.9, highest) - _first(x, smooth, 0.1, highest))


def _parabolas(x: FloatArray, points: int) -> FloatArray:
    """(n, n) weights that give the least-squares parabola through the `points` nearest neighbours, at each x."""
    points = min(points, x.size)
    low = np.clip(np.arange(x.size) - points // 2, 0, x.size - points)
    columns = low[:, None] + np.arange(points)
    apart = x[columns] - x[:, None]
    u = apart / np.maximum(np.abs(apart).max(axis=1, keepdims=True), 1e-300)
    powers = np.stack([np.ones_like(u), u, u * u], axis=-1)
    weights = np.zeros((x.size, x.size))
    normal = np.einsum("nki,nkj->nij", powers, powers) + 1e-12 * np.eye(3)
    first = np.linalg.solve(normal, np.broadcast_to(np.eye(3)[:, :1], (x.size, 3, 1)))[:, :, 0]
    np.put_along_axis(weights, columns, np.einsum("nki,ni->nk", powers, first), axis=1)
    return weights


def _first(x: FloatArray, smooth: FloatArray, level: float, highest: float) -> FloatArray:
    """Where each curve first falls below `level` on cooling from `highest`; NaN if it never does."""
    under = (smooth < level) & (x <= highest)
    last = np.where(under, np.arange(x.size), -1).max(axis=1)
    there = (last >= 0) & (last < x.size - 1)
    i = np.clip(last, 0, x.size - 2)
    rows = np.arange(smooth.shape[0])
    low, high = smooth[rows, i], smooth[rows, i + 1]
    part = np.clip((level - low) / np.where(high > low, high - low, np.inf), 0.0, 1.0)
    return np.where(there, x[i] + part * (x[i + 1] - x[i]), np.nan)
