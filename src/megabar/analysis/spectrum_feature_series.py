"""A resistance in series with a contact: what it does to the axes of a spectrum, and how to take it out again.

With the resistance R_s in series a bias V on the junction is seen as V' = V + I R_s, and its differential resistance
grows by R_s. In normalised units g = G R_N, i = I R_N (mV), r = R_s/R_N with R_N of the junction alone:

    V' = V + r i(V),   i(V) = int_0^V g dV,   g' = (1 + r) g / (1 + r g),

g' normalised by the normal conductance of both together, 1/(R_N (1 + r)), so that it is 1 where g is. r is called the
`ratio`. Features move outwards, peaks become lower, and a fit without r finds too large a gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from megabar.errors import ConvergenceError, DataError, DomainError

FloatArray = NDArray[np.float64]

_TOLERANCE: Final = 3e-7
"""Of the conductance half way between the knots, which then become knots too, in units of the normal conductance."""
_FIRST: Final = 128
_DOUBLINGS: Final = 9
_ROUNDS: Final = 60


@dataclass(frozen=True)
class Axes:
    """bias: (n,), mV, and normalised conductance: (n,)."""

    bias: FloatArray
    conductance: FloatArray


def stretch(bias: ArrayLike, conductance: ArrayLike, ratio: float) -> Axes:
    """The spectrum with a series resistance of `ratio` R_s/R_N added (module docstring).

    bias: (n,), mV, strictly ascending, zero within it; conductance: (n,), of the junction, normalised, straight lines
    between readings; ratio: >= 0. Noise of the conductance changes by the factor (1 + r)/(1 + r g)^2. DataError for
    other biases and 1 + r g not positive everywhere; DomainError for the ratio.
    """
    v, g = _axes(bias, conductance)
    r = _ratio(ratio)
    if not np.all(1.0 + r * g > 0.0):
        raise DataError("series resistance: the conductance is so negative that the bias would not ascend")
    steps = 0.5 * (g[1:] + g[:-1]) * np.diff(v)
    current = np.concatenate([[0.0], np.cumsum(steps)])
    k = _cell(v)
    # From zero bias down to the reading below it, on the straight line of that cell.
    x = -v[k]
    below = g[k] * x + 0.5 * (g[k + 1] - g[k]) / (v[k + 1] - v[k]) * x**2
    current -= current[k] + below
    return Axes(v + r * current, (1.0 + r) * g / (1.0 + r * g))


def remove_series(bias: ArrayLike, conductance: ArrayLike, ratio: float) -> Axes:
    """The spectrum of the junction alone: the exact inverse of `stretch`, with R_N of the junction in the ratio.

    bias: (n,), mV, as measured, strictly ascending, zero within it; conductance: (n,), normalised by its own normal
    value. Of a known share s of the total resistance the ratio is s/(1 - s). DataError where the conductance exceeds
    (1 + r)/r, more than any junction behind this resistance can show; otherwise as `stretch`.
    """
    v, g = _axes(bias, conductance)
    r = _ratio(ratio)
    if not np.all(1.0 + r - r * g > 0.0):
        worst = float(v[np.argmax(g)])
        raise DataError(
            f"series resistance: {g.max():.4g} at {worst:.4g} mV is above (1 + r)/r = {(1.0 + r) / r:.4g}, the most "
            f"that shows through a ratio of {r:.4g}: take a smaller one"
        )
    own = g / (1.0 + r - r * g)
    # On straight lines between junction readings dV' = dV (1 + r mean of g), whatever the step.
    steps = np.diff(v) / (1.0 + 0.5 * r * (own[1:] + own[:-1]))
    k = _cell(v)
    slope = (own[k + 1] - own[k]) / steps[k]
    # V'_k = -(x + r (g_k x + slope x^2/2)) for the reading x below zero; the root without cancellation.
    b, c = 1.0 + r * own[k], -v[k]
    x = 2.0 * c / (b + np.sqrt(max(b * b + 2.0 * r * slope * c, 0.0)))
    place = np.concatenate([[0.0], np.cumsum(steps)])
    return Axes(place - place[k] - x, own)


def conductance_with_series(bias: ArrayLike, model: Callable[[FloatArray], ArrayLike], ratio: float) -> FloatArray:
    """What a junction with the conductance model(V) shows through a series resistance, at each bias as measured.

    bias: (n,), mV, any order; model: bias (m,) -> normalised conductance (m,), >= 0; ratio: R_s/R_N >= 0. Solves
    V' = V + r int_0^V g dV for the bias V on the junction with a cubic spline through g on an even grid that depends on
    the largest |bias| alone and is refined until half way between its knots it meets the model to 3e-7: the result
    is good to 1e-6 and as smooth in the parameters of the model as that is. ConvergenceError for curves with cusps
    (broadening and temperature both 0), which no spline meets; DomainError for a ratio or a conductance below zero.
    """
    v = np.asarray(bias, dtype=np.float64)
    r = _ratio(ratio)
    if not np.all(np.isfinite(v)):
        raise DataError("series resistance: a bias is not finite")
    reach = float(np.max(np.abs(v), initial=0.0))
    if reach == 0.0 or r == 0.0:
        g = np.asarray(model(v), dtype=np.float64)
        return np.asarray((1.0 + r) * g / (1.0 + r * g))
    spline = _spline(model, reach)
    own = _junction_bias(spline, v.ravel(), r).reshape(v.shape)
    g = np.asarray(spline(own))
    return np.asarray((1.0 + r) * g / (1.0 + r * g))


def _junction_bias(spline: CubicSpline, bias: FloatArray, ratio: float) -> FloatArray:
    """V with V + r i(V) = bias, by Newton's method within a bracket; the map rises at least as fast as V."""
    integral = spline.antiderivative()
    start = float(integral(0.0))
    low, high = np.minimum(bias, 0.0), np.maximum(bias, 0.0)
    v = bias / (1.0 + ratio)
    for _ in range(_ROUNDS):
        excess = v + ratio * (integral(v) - start) - bias
        low, high = np.where(excess <= 0.0, v, low), np.where(excess >= 0.0, v, high)
        newton = v - excess / (1.0 + ratio * spline(v))
        better = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
        if np.max(np.abs(better - v)) <= 1e-13 * np.max(np.abs(bias)):
            return np.asarray(better)
        v = better
    return np.asarray(v)


def _spline(model: Callable[[FloatArray], ArrayLike], reach: float) -> CubicSpline:
    """The model as a cubic spline within +-reach (mV)."""
    knots = np.linspace(-reach, reach, _FIRST + 1)
    values = _conductance(model, knots)
    for _ in range(_DOUBLINGS):
        spline = CubicSpline(knots, values)
        middle = 0.5 * (knots[1:] + knots[:-1])
        between = _conductance(model, middle)
        finer = np.empty((2, knots.size + middle.size))
        finer[:, ::2], finer[:, 1::2] = (knots, values), (middle, between)
        knots, values = finer
        if np.max(np.abs(spline(middle) - between)) <= _TOLERANCE:
            return CubicSpline(knots, values)
    raise ConvergenceError(
        f"series resistance: no spline of {middle.size} intervals within +-{reach:g} mV meets the model: give it some "
        "broadening or temperature",
        best=spline,
    )


def _conductance(model: Callable[[FloatArray], ArrayLike], bias: FloatArray) -> FloatArray:
    g = np.asarray(model(bias), dtype=np.float64)
    if not np.all((g >= 0.0) & np.isfinite(g)):
        raise DomainError("series resistance: the conductance of the junction must be finite and not negative")
    return g


def _axes(bias: ArrayLike, conductance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    v, g = np.asarray(bias, dtype=np.float64), np.asarray(conductance, dtype=np.float64)
    if v.ndim != 1 or v.shape != g.shape or not (np.all(np.diff(v) > 0.0) and np.all(np.isfinite(g))):
        raise DataError("series resistance: needs one finite conductance a bias, the bias strictly ascending")
    if not (v.size >= 2 and v[0] <= 0.0 <= v[-1]):
        raise DataError("series resistance: zero bias, where the current is zero, must lie within the range")
    return v, g


def _cell(bias: FloatArray) -> int:
    """Index of the reading at or below zero bias that has one above it."""
    return int(np.clip(np.searchsorted(bias, 0.0, side="right") - 1, 0, bias.size - 2))


def _ratio(ratio: float) -> float:
    if not 0.0 <= ratio < np.inf:
        raise DomainError(f"series resistance over the junction's must be zero or positive, found {ratio}")
    return float(ratio)
