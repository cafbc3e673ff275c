"""Minima of one side of a spectrum: narrow ones by their statistics, broad ones by their shape; place, depth, width.

Everything here works on bias > 0; the other side is mirrored before. The rules stand in `spectrum_feature_dips`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from megabar.analysis.spectrum_feature_windows import (
    Curve,
    Local,
    Mask,
    Value,
    Windows,
    contrast,
    fitted,
    local_polynomial,
    smoothed,
    windows,
)

FloatArray = NDArray[np.float64]

SIDE: Final = (2.5, 1.0, 1.0, 1.0)
"""What z, q, c and z without the lowest reading must reach on one side for a window to be looked at at all."""
SHARP: Final = 0.2
"""Width over bias above which a minimum is not sharp."""

BROAD_RISE: Final = 10.0
"""Rise on both sides of a broad dip, in units of the noise of one point."""
BROAD_DEPTH: Final = 0.02
"""Its depth below the level outside, as a share of that."""
LEVELS_OFF: Final = 0.25
"""Its second rise, between 2 and 4 outer half-widths, over its first, up to 2."""
OVERSHOOT: Final = 0.5
"""How far the conductance may exceed the level outside, as a share of its depth."""

OPEN_RISE: Final = 0.1
"""Rise on both sides of a minimum, over its conductance, from which on it is named when the range ends too early."""
_OUTSIDE: Final = 2.5

_RATIOS: Final = 2.0 ** -np.arange(1.5, 6.1, 0.5)
"""Widths tried, as shares of the bias: 0.35 to 1/64."""
_REACH: Final = 3.0
_FEWEST_STEPS: Final = 2.0
"""Width over the distance of readings below which a dip would be a single reading."""
_LOG16: Final = 4.0 * np.log(2.0)
_FLANK: Final = 0.6
"""Times ln(2 depth/noise) and the bias between 1/4 and 3/4 of the depth: from half the depth out to half the noise,
for flanks between a Gaussian (0.5) and an exponential (0.7)."""
_GAUSSIAN_FLANK: Final = float((np.sqrt(np.log(4.0)) - np.sqrt(np.log(4.0 / 3.0))) / np.sqrt(_LOG16))
"""That bias for a Gaussian of full width 1 at half depth."""


@dataclass(frozen=True)
class Dip:
    """One dip on one side of zero bias.

    position: mV, with its sign, of the smoothed minimum (a parabola through it), and its standard error from noise.
    depth: of the conductance below its surroundings, a parabola under a Gaussian for a sharp dip, the level outside for
    a broad one; `depth_in_noise`: over the noise of one point. width: mV, full width at half depth. The errors of both
    come from the Gaussian and are None where the dip has another shape. significance: the rise on its less risen side,
    over the error. minimum: conductance at the bottom. begin, end: mV, inner and outer bias between which it is deeper
    than about half the noise of one point. sharp: whether it is narrower than a fifth of its bias.
    """

    position: float
    position_error: float
    depth: float
    depth_error: float | None
    depth_in_noise: float
    significance: float
    width: float
    width_error: float | None
    minimum: Value
    begin: float
    end: float
    sharp: bool

    def mirrored(self) -> Dip:
        """The same dip at -V."""
        return replace(self, position=-self.position, begin=-self.begin, end=-self.end)


@dataclass(frozen=True)
class Candidate:
    """A window that may hold a sharp dip: centre and width in mV; scores: z, q, c and z without the lowest reading."""

    centre: float
    width: float
    scores: FloatArray


def candidates(side: Curve) -> list[Candidate]:
    """The best window at each minimum of one side (bias > 0), that with the surest rises first."""
    if side.bias.size < 8:
        return []
    rows = np.concatenate([_scan(side, ratio) for ratio in _RATIOS])
    rows = rows[np.all(rows[:, 2:] >= SIDE, axis=1)]
    found: list[Candidate] = []
    for row in rows[np.argsort(-rows[:, 4], kind="stable")]:
        centre, width = float(row[0]), float(row[1])
        if all(abs(centre - c.centre) >= max(width, c.width) for c in found):
            found.append(Candidate(centre, width, row[2:]))
    return found


def sharp_dip(side: Curve, candidate: Candidate) -> Dip | None:
    """The dip in the window, measured; None when it is wider than `SHARP`: a smooth minimum."""
    gauss = _gaussian(side, candidate)
    if gauss.width > SHARP * candidate.centre:
        return None
    position, error, minimum = _bottom(side, gauss.centre, gauss.width)
    noise = float(np.interp(position, side.bias, side.noise))
    reach = 0.5 * gauss.width + _beyond(_GAUSSIAN_FLANK * gauss.width, gauss.depth, noise)
    return Dip(
        position=position,
        position_error=error,
        depth=gauss.depth,
        depth_error=gauss.depth_error,
        depth_in_noise=gauss.depth / noise,
        significance=float(candidate.scores[2]),
        width=gauss.width,
        width_error=gauss.width_error,
        minimum=minimum,
        begin=position - reach,
        end=position + reach,
        sharp=True,
    )


def broad_dip(side: Curve) -> tuple[Dip | None, float | None]:
    """The deepest minimum of one side (bias > 0) if it is a broad dip, else where it is if the range is too short."""
    if side.bias.size < 16:
        return None, None
    smooth, error = smoothed(side, max(3.5 * side.step, float(np.ptp(side.bias)) / 60.0))
    inner = np.maximum.accumulate(smooth) - smooth
    outer = np.maximum.accumulate(smooth[::-1])[::-1] - smooth
    rise = np.minimum(inner, outer)
    bottom = int(np.argmax(rise))
    noise = float(side.noise[bottom])
    crossings = _crossings(side.bias, smooth, bottom)
    if not rise[bottom] >= BROAD_RISE * noise:
        return None, None
    if crossings is None:
        cut = rise[bottom] >= OPEN_RISE * abs(float(smooth[bottom])) and not _ends_late(side.bias, smooth, bottom)
        return None, float(side.bias[bottom]) if cut else None
    level, depth, half, flank = crossings
    if not depth >= max(BROAD_DEPTH * level, BROAD_RISE * noise):
        return None, None
    position, position_error, minimum = _bottom(side, float(side.bias[bottom]), 0.5 * (half[1] - half[0]))
    dip = Dip(
        position=position,
        position_error=position_error,
        depth=depth,
        depth_error=None,
        depth_in_noise=depth / noise,
        significance=float(rise[bottom] / (np.sqrt(2.0) * error[bottom])),
        width=half[1] - half[0],
        width_error=None,
        minimum=minimum,
        begin=max(half[0] - _beyond(flank[0], depth, noise), 0.0),
        end=half[1] + _beyond(flank[1], depth, noise),
        sharp=half[1] - half[0] <= SHARP * position,
    )
    return dip, None


def _beyond(flank: float, depth: float, noise: float) -> float:
    """From half the depth of a dip outwards to where half the noise of one point is left of it."""
    return _FLANK * flank * float(np.log(max(2.0 * depth / noise, 2.0)))


def _crossings(
    bias: FloatArray, smooth: FloatArray, bottom: int
) -> tuple[float, float, tuple[float, float], tuple[float, float]] | None:
    """Level outside, depth below it, bias at half depth (inner, outer) and between 1/4 and 3/4 of it on both flanks.

    None unless the conductance comes back to a level: it rises little more beyond two outer half-widths, and does not
    exceed the level by much.
    """
    low = float(smooth[bottom])
    top = float(smooth[bottom:].max())
    half = _first(bias[bottom:], smooth[bottom:], 0.5 * (low + top))
    if half is None or not _ends_late(bias, smooth, bottom):
        return None
    reach = half - float(bias[bottom])
    ends = bias[bottom] + reach * np.array([2.0, min(4.0, (bias[-1] - bias[bottom]) / reach)])
    near, far = np.interp(ends, bias, smooth)
    level = float(smooth[bias >= min(bias[bottom] + 3.0 * reach, 0.5 * (ends[0] + ends[1]))].mean())
    depth = level - low
    steep = (far - near) / (ends[1] - ends[0]) > LEVELS_OFF * (near - low) / (2.0 * reach)
    if steep or not (depth > 0.0 and top - level <= OVERSHOOT * depth):
        return None
    marks = low + depth * np.array([0.25, 0.5, 0.75])
    found = [
        [_first(axis, values, mark) for mark in marks]
        for axis, values in ((bias[bottom::-1], smooth[bottom::-1]), (bias[bottom:], smooth[bottom:]))
    ]
    (a, b, c), (d, e, f) = ([np.nan if x is None else x for x in row] for row in found)
    if not (c < b < a <= d < e < f):
        return None
    return level, depth, (b, e), (a - c, f - d)


def _ends_late(bias: FloatArray, smooth: FloatArray, bottom: int) -> bool:
    """Whether the range goes on for `_OUTSIDE` outer half-widths from the minimum."""
    half = _first(bias[bottom:], smooth[bottom:], 0.5 * float(smooth[bottom] + smooth[bottom:].max()))
    return half is not None and bool(bias[-1] - bias[bottom] >= _OUTSIDE * (half - bias[bottom]))


def _first(axis: FloatArray, values: FloatArray, mark: float) -> float | None:
    """Where `values`, from their first on, first reach `mark`, between readings by a straight line."""
    above = np.flatnonzero(values >= mark)
    if not above.size or above[0] == 0:
        return None
    i = int(above[0])
    share = (mark - values[i - 1]) / (values[i] - values[i - 1])
    return float(axis[i - 1] + share * (axis[i] - axis[i - 1]))


def _scan(side: Curve, ratio: float) -> FloatArray:
    """Rows of centre, width, z, q, c and z without the lowest reading, for widths of one share of the bias."""
    width = ratio * side.bias
    step = np.gradient(side.bias)
    usable = (width >= _FEWEST_STEPS * step) & (side.bias + 1.5 * width <= side.bias[-1])
    usable &= (side.bias - 1.5 * width >= side.bias[0]) & _strided(width, step)
    centre, width = side.bias[usable], width[usable]
    if not centre.size:
        return np.empty((0, 6))
    near = windows(side, centre, _REACH * width)
    rises = _rises(near, width) / side.inflation
    kept = rises >= SIDE[2]
    near, centre, width = near.of(kept), centre[kept], width[kept]
    straight, bent = (_depth(near, width, terms) / side.inflation for terms in (2, 3))
    rest = _depth(_without_lowest(near, width), width, 2) / side.inflation
    table = np.column_stack([centre, width, straight, bent, rises[kept], rest])
    return table[np.all(np.isfinite(table), axis=1)]


def _strided(width: FloatArray, step: FloatArray) -> Mask:
    """Every reading as a centre where the width is few steps, else about eight a width."""
    skipped = np.maximum(width / (8.0 * step), 1.0)
    return np.asarray(np.diff(np.floor(np.cumsum(1.0 / skipped)), prepend=0.0) > 0.0)


def _rises(near: Windows, width: FloatArray) -> FloatArray:
    """The smaller rise from the core to a shoulder, over its error, (m,)."""
    core, core_variance = contrast(near, -0.4 * width, 0.4 * width)
    rises = []
    for low, high in ((-2.0, -0.9), (0.9, 2.0)):
        level, variance = contrast(near, low * width, high * width)
        rises.append((level - core) / np.sqrt(variance + core_variance))
    return np.asarray(np.minimum(*rises))


def _depth(near: Windows, width: FloatArray, terms: int) -> FloatArray:
    """Depth of a Gaussian of this width on a polynomial of so many terms, over its error, (m,)."""
    u = near.distance / width[:, None]
    columns = np.concatenate([-np.exp(-_LOG16 * u**2)[..., None], u[..., None] ** np.arange(terms)], axis=-1)
    coefficients, covariance = fitted(columns, near)
    return np.asarray(coefficients[:, 0] / np.sqrt(covariance[:, 0, 0]))


def _without_lowest(near: Windows, width: FloatArray) -> Windows:
    """The windows with the lowest reading of each dip left out."""
    inside = near.inside & (np.abs(near.distance) <= 0.75 * width[:, None])
    lowest = np.where(inside, near.conductance, np.inf).argmin(axis=1)
    weight = near.weight.copy()
    weight[np.arange(len(lowest)), lowest] = 0.0
    return replace(near, weight=weight)


@dataclass(frozen=True)
class _Gaussian:
    centre: float
    depth: float
    depth_error: float | None
    width: float
    width_error: float | None


def _gaussian(side: Curve, candidate: Candidate) -> _Gaussian:
    """A Gaussian dip on a parabola, by least squares within 2.5 widths; errors None where it misses the data."""
    near = side.take(np.abs(side.bias - candidate.centre) <= 2.5 * candidate.width)
    x, y, sigma = (near.bias - candidate.centre) / candidate.width, near.conductance, near.noise
    outer = float(np.median(y[np.abs(x) > 0.9])) if np.any(np.abs(x) > 0.9) else float(y.max())

    def residual(p: FloatArray) -> FloatArray:
        model = p[3] + p[4] * x + p[5] * x**2 - p[0] * np.exp(-_LOG16 * ((x - p[1]) * np.exp(-p[2])) ** 2)
        return np.asarray((model - y) / sigma)

    depth = max(outer - float(y.min()), float(sigma.min()))
    start = np.array([depth, 0.0, 0.0, outer, 0.0, 0.0])
    bound = np.array([np.inf, 1.0, np.log(2.5), np.inf, np.inf, np.inf])
    scale = np.where(np.isfinite(bound), 0.3, depth)
    low = np.where(np.arange(6) == 0, 0.0, -bound)
    found = least_squares(residual, start, bounds=(low, bound), x_scale=scale)
    centre = float(candidate.centre + candidate.width * found.x[1])
    width = float(candidate.width * np.exp(found.x[2]))
    freedom = x.size - 6
    jacobian = np.asarray(found.jac, dtype=np.float64)
    free = bool(np.all(np.abs(found.x[1:3]) < 0.98 * bound[1:3])) and np.linalg.cond(jacobian) < 1e8
    if not (free and freedom > 0 and 2.0 * found.cost <= freedom + 4.0 * np.sqrt(2.0 * freedom)):
        return _Gaussian(centre, float(found.x[0]), None, width, None)
    covariance = side.shared * np.linalg.inv(jacobian.T @ jacobian)
    errors = np.sqrt(np.diag(covariance))
    return _Gaussian(centre, float(found.x[0]), float(errors[0]), width, float(width * errors[2]))


def _bottom(side: Curve, centre: float, width: float) -> tuple[float, float, Value]:
    """Where the slope of the parabola through the readings within half a width (five at least) is zero, and its error.

    The error is that of the slope over its change with the position; half a width where there is no such place.
    """
    fifth = float(np.sort(np.abs(side.bias - centre))[4])
    half = max(0.5 * width, 1.001 * fifth)

    def bottom(at: float) -> Local:
        return local_polynomial(side, at, half, 2)

    position = centre
    for _ in range(10):
        _, slope, curvature = bottom(position).coefficients
        if not curvature > 0.0:
            break
        moved = float(np.clip(-0.5 * slope / curvature, -0.5 * width, 0.5 * width))
        position += moved
        if abs(moved) < 0.01 * width:
            break
    lean = 0.25 * width
    ends = [bottom(at).coefficients[1] for at in (position - lean, position + lean)]
    change = float(ends[1] - ends[0]) / (2.0 * lean)
    local = bottom(position)
    if not (change > 0.0 and abs(position - centre) < width):
        return centre, 0.5 * width, bottom(centre).value()
    return position, float(np.sqrt(local.covariance[1, 1])) / change, local.value()
