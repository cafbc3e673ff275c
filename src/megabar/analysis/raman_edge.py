"""The high-frequency edge of the diamond's Raman band: where the slope is least, with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from megabar.analysis.raman_prepare import Spectrum
from megabar.analysis.raman_settings import Settings
from megabar.errors import DataError

FloatArray = NDArray[np.float64]

BAND: Final = 1332.5
"""cm^-1, of diamond under no stress, where its band in a cell begins."""
RANGE: Final = (1336.0, 2100.0)
"""cm^-1, where the edge is looked for; 2100 lies beyond 500 GPa."""

_BEGINS: Final = 1350.0
_SEEN: Final = 6.0
"""Noise of the slope by which the edge must stand out."""
_SHARE: Final = 0.2
"""Depth of a step, as a share of the deepest, from which on it counts: the edge is the last of these."""
_PLATEAU: Final = 0.25
"""Share of the step by which the band must stay above what is beyond the edge, all the way from 1336 cm^-1."""
_WIDEST: Final = 24.0
_DRAWS: Final = 200
_MARGIN: Final = 1.5


@dataclass(frozen=True, eq=False)
class Edge:
    """The edge at `shift` (cm^-1); slope: dI/d(shift) on the axis of `spectrum`, taken over `smoothing` cm^-1.

    error: from draws of the noise. moved: half the range that half and twice the smoothing move the edge by.
    others: further steps of the band.
    """

    spectrum: Spectrum
    slope: FloatArray
    shift: float
    error: float
    moved: float
    smoothing: float
    depth: float
    others: tuple[float, ...]


def find_edge(spectrum: Spectrum, settings: Settings) -> Edge:
    """The edge of the band; DataError where no step stands out of the noise. The axis must be one of Raman shifts."""
    low, high = settings.edge_window or RANGE
    part = _even(spectrum.within(min(BAND - 10.0, low - 10.0), high))
    if part.x.size < 30 or part.x[-1] < low + 10.0:
        raise DataError(f"{spectrum.name}: no readings between {low:g} and {high:g} cm^-1, where the edge would be")
    if settings.edge_window is None and part.x[0] > _BEGINS:
        raise DataError(
            f"{spectrum.name}: begins at {part.x[0]:.5g} cm^-1, above the diamond's band, so that an edge cannot be "
            "told from a line; set settings.edge_window"
        )
    step = float(part.x[1] - part.x[0])
    place, others = _place(part, settings.edge_smoothing or _WIDEST, low, check=settings.edge_window is None)
    smoothing = settings.edge_smoothing or float(np.clip(_width(part, place, _WIDEST), 7.0 * step, _WIDEST))
    place = _nearest(part, part.y, smoothing, place)
    near = part.within(place - _MARGIN * _WIDEST, place + _MARGIN * _WIDEST)
    rng = np.random.default_rng(settings.seed)
    draws = [
        _nearest(near, near.y + near.noise * rng.standard_normal(near.y.size), smoothing, place) for _ in range(_DRAWS)
    ]
    error = float(np.std(draws))
    ways = [_nearest(near, near.y, factor * smoothing, place) for factor in (0.5, 1.0, 2.0)]
    slope = _slope(part.y, step, smoothing)
    depth = float(np.interp(place, part.x, -slope))
    return Edge(part, slope, place, error, 0.5 * (max(ways) - min(ways)), smoothing, depth, others)


def _even(part: Spectrum) -> Spectrum:
    """The same at even steps, for the filter; as many readings as there were."""
    if part.x.size < 3:
        return part
    grid = np.linspace(part.x[0], part.x[-1], part.x.size)
    return Spectrum(
        part.name,
        part.axis,
        grid,
        np.interp(grid, part.x, part.y),
        np.interp(grid, part.x, part.noise),
        part.spikes,
        part.spiked,
    )


def _points(smoothing: float, step: float, size: int) -> int:
    """An odd number of points for the local cubic, at least five."""
    return min(max(5, round(smoothing / step) | 1), (size - 1) | 1 if size % 2 else size - 1)


def _slope(y: FloatArray, step: float, smoothing: float) -> FloatArray:
    """dI/dx of local cubics over `smoothing`."""
    return np.asarray(savgol_filter(y, _points(smoothing, step, y.size), 3, deriv=1, delta=step, mode="interp"))


def _slope_noise(part: Spectrum, smoothing: float) -> FloatArray:
    """Standard deviation of that slope at every point: the filter of a unit pulse, squared, over the variances."""
    step = float(part.x[1] - part.x[0])
    n = _points(smoothing, step, part.x.size)
    pulse = np.zeros(2 * n + 1)
    pulse[n] = 1.0
    weights = savgol_filter(pulse, n, 3, deriv=1, delta=step, mode="interp")
    return np.sqrt(np.maximum(np.convolve(part.noise**2, weights**2, mode="same"), 0.0))


def _place(part: Spectrum, smoothing: float, low: float, *, check: bool) -> tuple[float, tuple[float, ...]]:
    """The last step down of the band that stands out, refined by a parabola, and the other steps."""
    step = float(part.x[1] - part.x[0])
    slope = _slope(part.y, step, smoothing)
    noise = _slope_noise(part, smoothing)
    inner = np.arange(1, slope.size - 1)
    dips = inner[(slope[1:-1] < slope[:-2]) & (slope[1:-1] <= slope[2:]) & (part.x[1:-1] >= low)]
    dips = dips[slope[dips] < -_SEEN * noise[dips]]
    if check:
        dips = np.array([i for i in dips if _is_edge(part, int(i), low)], dtype=np.intp)
    if dips.size == 0:
        raise DataError(
            f"{part.name}: no edge of the diamond's band above {low:g} cm^-1 stands out of the noise; average longer, "
            "or set settings.edge_window around it"
        )
    deep = dips[slope[dips] <= _SHARE * slope[dips].min()]
    # Noise makes several minima of one step: the deepest within the smoothing stands for all.
    groups = np.split(deep, np.flatnonzero(np.diff(part.x[deep]) > smoothing) + 1)
    steps = [int(group[np.argmin(slope[group])]) for group in groups]
    last = steps[-1]
    others = tuple(float(part.x[i]) for i in steps[:-1])
    return _parabola(part.x, slope, last), others


def _is_edge(part: Spectrum, dip: int, low: float) -> bool:
    """Whether the band holds on from its beginning to here: a line has gone down to the background before it."""
    beyond = part.y[dip:]
    after = float(np.median(beyond[min(5, beyond.size - 1) :][:40]))
    inside = part.y[(part.x >= low) & (np.arange(part.x.size) < dip - 3)]
    if inside.size < 5:
        return True
    smooth = np.convolve(inside, np.ones(5) / 5.0, mode="valid")
    top = float(np.max(smooth[-20:]))
    return float(smooth.min()) - after > _PLATEAU * (top - after) > 0.0


def _parabola(x: FloatArray, slope: FloatArray, i: int) -> float:
    """The minimum of a parabola through three points."""
    left, middle, right = slope[i - 1], slope[i], slope[i + 1]
    bend = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / bend if bend > 0.0 else 0.0
    return float(x[i] + np.clip(shift, -1.0, 1.0) * (x[1] - x[0]))


def _nearest(part: Spectrum, y: FloatArray, smoothing: float, place: float) -> float:
    """The deepest slope within the smoothing of `place`."""
    slope = _slope(y, float(part.x[1] - part.x[0]), smoothing)
    rows = np.flatnonzero(np.abs(part.x - place) <= max(smoothing, 6.0))
    rows = rows[(rows > 0) & (rows < part.x.size - 1)]
    best = int(rows[np.argmin(slope[rows])])
    return _parabola(part.x, slope, best)


def _width(part: Spectrum, place: float, smoothing: float) -> float:
    """Full width at half depth of the dip of the slope, cm^-1."""
    step = float(part.x[1] - part.x[0])
    slope = _slope(part.y, step, smoothing)
    i = int(np.argmin(np.abs(part.x - place)))
    half = 0.5 * slope[i]
    right = np.flatnonzero(slope[i:] > half)
    left = np.flatnonzero(slope[i::-1] > half)
    ends = (right[0] if right.size else slope.size - i) + (left[0] if left.size else i)
    return float(ends) * step
