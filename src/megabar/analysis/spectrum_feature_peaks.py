"""The middle of a spectrum: a maximum at zero bias, a double peak, or a minimum without peaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.analysis.spectrum_feature_windows import (
    Curve,
    Local,
    Value,
    checked,
    contrast,
    local_polynomial,
    widest_polynomial,
    windows,
)
from megabar.errors import DataError

FloatArray = NDArray[np.float64]

Kind = Literal["zero-bias peak", "double peak", "zero-bias dip", "flat"]

SIGNIFICANT: Final = 5.0
"""How far the mean of both maxima must lie above zero bias, in standard deviations; 2.5 on each side."""
CONFIRMED: Final = 3.0
"""How far the maxima, once placed, must still lie above zero bias, in standard deviations."""
_ONE_SIDE: Final = 2.5
LEVEL: Final = 4.0
"""How far zero bias must lie from the wings to be a peak or a dip, in standard deviations."""
_FALL: Final = 4.0 * float(np.sqrt(2.0))
"""A maximum is one when the smoothed conductance falls below it by so many of its standard deviations."""
_APART: Final = 0.2
_WING: Final = 0.75
"""The wings begin at this share of the shorter side."""
_GROWTH: Final = 1.4


@dataclass(frozen=True)
class Peaks:
    """What the spectrum does about zero bias.

    kind: "double peak" two maxima at about +-V with a minimum at zero between them; "zero-bias peak" zero bias lies
    above the wings and no maximum stands beside it; "zero-bias dip" it lies below the wings and no maximum stands
    beside it, as in tunnelling with much broadening; "flat" none of these.
    zero_bias: G(0). wing: mean beyond three quarters of the shorter side.
    negative, positive: bias of the maxima, mV; height: their mean conductance; depth: height minus G(0), all None
    without a double peak. significance: of the depth, over its error, or over the noise of one point where the readings
    do not resolve the maxima, whose errors are None then; depth_in_noise: over the noise of one point. symmetrised:
    exactly even data, whose sides are one.
    """

    kind: Kind
    zero_bias: Value
    wing: Value
    negative: Value | None
    positive: Value | None
    height: Value | None
    depth: Value | None
    significance: float | None
    depth_in_noise: float | None
    remark: str
    symmetrised: bool = False

    @property
    def position(self) -> Value | None:
        """Half the distance of both maxima, mV: free of an offset of the bias."""
        if self.negative is None or self.positive is None:
            return None
        opposite = replace(self.negative, value=-self.negative.value)
        return _mean(opposite, self.positive, shared=self.symmetrised)


def zero_bias_conductance(
    bias: ArrayLike, conductance: ArrayLike, noise: ArrayLike, *, correlation: float = 1.0
) -> Value:
    """G(0) and its error: a parabola about V = 0 in two fifths of the widest window that it fits to within the noise.

    Arguments as `find_dips`; in the unit of the conductance. DataError when zero bias lies outside the range.
    """
    return _zero_bias(checked(bias, conductance, noise, correlation))


def find_peaks(bias: ArrayLike, conductance: ArrayLike, noise: ArrayLike, *, correlation: float = 1.0) -> Peaks:
    """Whether the spectrum has a double peak, a peak or a dip at zero bias, or nothing.

    Arguments as `find_dips`. Moving averages of many widths smooth the curve, none of which makes two maxima out of
    one. On each side, going outwards, the first maximum counts below which the smoothed conductance falls again by 5.7
    of its standard deviations. A double peak needs a width at which both stand above zero bias, by 2.5 standard
    deviations each and 5 in the mean, at places that agree to 20 %. The maxima are then placed by a cubic in two fifths
    of the widest window that it fits to within the noise, and must still lie 3 standard deviations above zero bias
    and above the wings (the conductance must be normalised). Exactly even data count as one side. Measured over 1,000
    BTK curves: none of 230 single maxima became two, 2 of 688 double peaks deeper than three times the noise of a point
    were missed, and errors of place, depth and G(0) held in 65 to 67 %. DataError when zero bias lies outside the
    range.
    """
    curve = checked(bias, conductance, noise, correlation)
    zero, wing = _zero_bias(curve), _wings(curve)
    seen = _maxima(curve)
    for candidate in seen:
        minus, plus, half_width = _sharpest(candidate, seen)
        peaks = _double(curve, zero, wing, _maximum(curve, minus, half_width), _maximum(curve, plus, half_width))
        # A wide average mixes the middle with dips beside it: the placed maxima must stand above zero bias as well.
        if peaks.significance is not None and peaks.significance >= CONFIRMED and _above_wings(curve, peaks):
            return peaks
    kind, remark = _single(zero, wing)
    return Peaks(kind, zero, wing, None, None, None, None, None, None, remark, curve.even)


def _zero_bias(curve: Curve) -> Value:
    if not curve.bias[0] < 0.0 < curve.bias[-1]:
        raise DataError(f"spectrum: {curve.bias[0]:.4g} to {curve.bias[-1]:.4g} mV does not hold zero bias")
    shorter = float(min(-curve.bias[0], curve.bias[-1]))
    return widest_polynomial(curve, 0.0, 2, largest=0.5 * shorter).value()


def _wings(curve: Curve) -> Value:
    shorter = float(min(-curve.bias[0], curve.bias[-1]))
    outer = np.abs(curve.bias) >= _WING * shorter
    weight = curve.noise[outer] ** -2.0
    independent = 2.0 if curve.even else 1.0
    error = float(np.sqrt(independent / weight.sum())) * curve.inflation
    return Value(float(np.average(curve.conductance[outer], weights=weight)), error)


def _single(zero: Value, wing: Value) -> tuple[Kind, str]:
    error = float(np.hypot(zero.error or 0.0, wing.error or 0.0))
    apart = (zero.value - wing.value) / error
    numbers = f"G(0) = {zero.value:.4g} against {wing.value:.4g} in the wings, {abs(apart):.3g} standard deviations"
    if apart > LEVEL:
        return "zero-bias peak", f"one maximum, at zero bias: {numbers}"
    if apart < -LEVEL:
        return "zero-bias dip", f"a minimum at zero bias without maxima beside it: {numbers}"
    return "flat", f"no feature at zero bias: {numbers}"


def _double(curve: Curve, zero: Value, wing: Value, minus: tuple[Value, Value], plus: tuple[Value, Value]) -> Peaks:
    height = _mean(minus[1], plus[1], shared=curve.even)
    depth = Value(height.value - zero.value, _together(height.error, zero.error))
    # Heights that the readings do not resolve are too low rather than too high: their noise alone is a fair scale here.
    noise = float(np.interp(0.0, curve.bias, curve.noise))
    significance = depth.value / (depth.error or noise)
    remark = (
        f"two maxima at {minus[0].value:.4g} and {plus[0].value:.4g} mV, {depth.value:.3g} above zero bias, "
        f"{significance:.3g} standard deviations"
    )
    return Peaks(
        kind="double peak",
        zero_bias=zero,
        wing=wing,
        negative=minus[0],
        positive=plus[0],
        height=height,
        depth=depth,
        significance=significance,
        depth_in_noise=depth.value / noise,
        remark=remark,
        symmetrised=curve.even,
    )


def _above_wings(curve: Curve, peaks: Peaks) -> bool:
    """Whether the maxima are more than a plateau that ends in dips: they stand above the wings as well."""
    if peaks.height is None:
        return False
    error = _together(peaks.height.error, peaks.wing.error) or float(np.median(curve.noise))
    return peaks.height.value - peaks.wing.value >= CONFIRMED * error


def _mean(a: Value, b: Value, *, shared: bool) -> Value:
    """Mean of two values; `shared`: of the same data, so that their mean is no surer."""
    error = _together(a.error, b.error)
    if error is not None:
        error *= float(np.sqrt(0.5)) if shared else 0.5
    return Value(0.5 * (a.value + b.value), error)


def _together(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else float(np.hypot(a, b))


def _maxima(curve: Curve) -> list[tuple[float, float, float]]:
    """Bias of a maximum on either side that stand above zero bias, and the half-width of the averages that show them,
    mV, the most significant first."""
    shorter = float(min(-curve.bias[0], curve.bias[-1]))
    found = []
    half_width = 2.6 * curve.step
    while half_width <= 0.25 * shorter:
        pair = _at_width(curve, half_width)
        if pair is not None:
            found.append((*pair, half_width))
        half_width *= _GROWTH
    return [(minus, plus, width) for _, minus, plus, width in sorted(found, reverse=True)]


def _sharpest(
    candidate: tuple[float, float, float], seen: list[tuple[float, float, float]]
) -> tuple[float, float, float]:
    """The same pair of maxima in the narrowest averages that show it: wide ones move them outwards."""
    reach = 2.0 * candidate[2]
    same = [s for s in seen if max(abs(s[0] - candidate[0]), abs(s[1] - candidate[1])) <= reach]
    return min(same, key=lambda s: s[2])


def _at_width(curve: Curve, half_width: float) -> tuple[float, float, float] | None:
    """Significance and places (negative, positive) of a double peak in the curve smoothed over +-half_width."""
    centres = np.concatenate([curve.bias, [0.0]])
    # Means with positive weights: a parabola would overshoot beside a steep fall and make maxima of a plateau's edges.
    reach = np.full(centres.size, half_width)
    value, variance = contrast(windows(curve, centres, reach), -reach, reach)
    error = np.sqrt(variance) * curve.inflation
    zero, zero_error = float(value[-1]), float(error[-1])
    sides = []
    for sign in (-1.0, 1.0):
        rows = np.flatnonzero(sign * curve.bias > 0.0)[:: int(sign)]
        peak = _first_maximum(value[rows], error[rows])
        if peak is None or not np.isfinite(zero_error):
            return None
        sides.append((float(curve.bias[rows[peak]]), float(value[rows[peak]]), float(error[rows[peak]])))
    (minus, low, low_error), (plus, high, high_error) = sides
    each = min((low - zero) / np.hypot(low_error, zero_error), (high - zero) / np.hypot(high_error, zero_error))
    independent = 1.0 if curve.even else 0.5
    mean_error = np.sqrt(independent * 0.5 * (low_error**2 + high_error**2) + zero_error**2)
    together = (0.5 * (low + high) - zero) / mean_error
    agree = abs(plus + minus) <= max(half_width, _APART * (plus - minus) / 2.0)
    if each >= _ONE_SIDE and together >= SIGNIFICANT and agree:
        return float(together), minus, plus
    return None


def _first_maximum(value: FloatArray, error: FloatArray) -> int | None:
    """Index of the first maximum, from zero bias outwards, that is confirmed by a fall."""
    if not value.size:
        return None
    highest = np.maximum.accumulate(value)
    confirmed = np.flatnonzero(highest - value >= _FALL * error)
    return int(np.argmax(value[: confirmed[0]])) if confirmed.size else None


def _maximum(curve: Curve, start: float, half_width: float) -> tuple[Value, Value]:
    """Bias and conductance of the maximum near `start`, where the curve smoothed over +-half_width has it.

    Errors are None where the readings do not resolve it or the cubic has no maximum there.
    """
    place: float | None = start
    # The window is chosen anew where the maximum was found: that about the start may reach over a steep flank.
    for _ in range(3):
        if place is None:
            break
        widest = widest_polynomial(curve, place, 3, largest=0.9 * abs(place))
        place = _top(curve, place, widest.half_width)
    if place is not None and abs(place - start) < 2.0 * max(half_width, widest.half_width):
        local = replace(local_polynomial(curve, place, widest.half_width, 3), resolved=widest.resolved)
        curvature = -2.0 * float(local.coefficients[2])
        if curvature > 0.0:
            error = float(np.sqrt(local.covariance[1, 1])) / curvature if local.resolved else None
            return Value(place, error), local.value()
    return Value(start, None), replace(local_polynomial(curve, start, half_width, 2), resolved=False).value()


def _top(curve: Curve, place: float, half_width: float) -> float | None:
    """The maximum of the cubic about itself within +-half_width, from `place`; None without one on this side."""
    start = place
    for _ in range(10):
        step = _step_up(local_polynomial(curve, place, half_width, 3))
        if step is None or not (place + step) * start > 0.0:
            return None
        place += float(np.clip(step, -half_width, half_width))
        if abs(step) < 1e-3 * half_width:
            break
    return place


def _step_up(local: Local) -> float | None:
    """From the centre of a cubic to its maximum; None without one."""
    _, b, c, d = local.coefficients
    inside = c * c - 3.0 * b * d
    if not inside > 0.0:
        return None
    # Of both roots of b + 2 c x + 3 d x^2 the one where the slope falls, written without cancellation.
    return float(b / (-c + np.sqrt(inside))) if c < 0.0 else None
