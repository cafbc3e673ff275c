"""Where a spectrum leaves its background, and the area above it: numbers without a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.analysis.spectrum_feature_windows import Curve, Value, checked, smoothed
from megabar.errors import DataError, DomainError

FloatArray = NDArray[np.float64]

CHOICES: Final = (2.0, 3.0, 4.0, 5.0)
"""Values of k over which the deviation point is compared."""
SEEN: Final = 5.0
"""Standard deviations of the smoothed curve that a feature must reach to have an edge."""
_FEWEST_STEPS: Final = 2.6
_SMOOTHING: Final = 1.0 / 60.0
"""Half-width of the smoothing as a share of the range, at least 2.6 steps."""
_WING: Final = 0.75


@dataclass(frozen=True)
class Edge:
    """Where one side leaves the background: bias (mV, with its sign), its error from noise, and half the spread over
    the choices of k, None where one of them has no edge."""

    bias: float
    error: float | None
    systematic: float | None


@dataclass(frozen=True)
class DeviationGap:
    """The deviation point of `deviation_gap`: value and error as a size in mV (the mean of both sides where both have
    one), systematic from the choice of k and from the difference of the sides; None with the reason in `remark`."""

    value: float | None
    error: float | None
    systematic: float | None
    negative: Edge | None
    positive: Edge | None
    sigmas: float
    smoothing: float
    remark: str


def deviation_gap(
    bias: ArrayLike,
    conductance: ArrayLike,
    noise: ArrayLike,
    *,
    sigmas: float = 3.0,
    smoothing: float | None = None,
    level: float | None = None,
    floor: float = 0.0,
    correlation: float = 1.0,
) -> DeviationGap:
    """The bias up to which the smoothed conductance stays more than k of its standard deviations from the background.

    A rule, not a fit: on each side, from the outermost clear deviation (5 standard deviations) outwards, the first
    place where |G - background| falls to k standard deviations of the smoothed curve, by straight lines between
    readings. With a `floor` it must also exceed that share of its largest value, as the eye demands.

    It is NOT the gap: Andreev reflection fades slowly beyond Delta, and the smaller the noise, the farther out the last
    trace of it is seen. For BTK curves within +-6.6 Delta(0), Z 0..1, Gamma 0.02..0.5 Delta(0), the ratio to Delta(T):

        T/Tc          k = 3, noise 1 %     floor 0.1    floor 0.2
        up to 0.3     3.9 .. 4.8           1.7 .. 3.7   1.4 .. 3.0
        0.6           4.3 .. 5.2           2.3 .. 4.7   1.9 .. 3.9
        0.8, 0.9      5.1 .. 7.6           3.1 .. 8.6   2.5 .. 7.6

    (rising with T, Gamma and Z; without floor at 0.2 % noise such a curve has not come back where the wings begin).
    So it follows Delta(T) at best up to a factor that itself depends on T. Critical-current dips must be masked before.

    bias, conductance, noise, correlation as `find_dips`, the conductance divided by its background; sigmas: k, > 0;
    smoothing: half-width of the local straight lines, mV, by default 1/60 of the range and at least 2.6 steps; level:
    of the background, by default the mean of the outer quarters of the range, with its error; floor: 0 .. 1. The error
    is from a shift of the smoothed curve by one standard deviation either way, the systematic part from k = 2 .. 5 (the
    floor in proportion). DomainError for sigmas or smoothing not positive and a floor outside its range.
    Method: the first of the two cells of Z. Y. Cao et al. on CeH9 near 100 GPa.
    """
    curve = checked(bias, conductance, noise, correlation)
    span = float(np.ptp(curve.bias))
    half_width = max(_SMOOTHING * span, _FEWEST_STEPS * curve.step) if smoothing is None else float(smoothing)
    if not (0.0 < sigmas < np.inf and 0.0 < half_width < np.inf):
        raise DomainError(f"deviation point: sigmas {sigmas} and smoothing {half_width} mV must be positive")
    if not 0.0 <= floor < 1.0:
        raise DomainError(f"deviation point: floor must lie within 0 .. 1, found {floor}")
    wing = _WING * float(np.max(np.abs(curve.bias)))
    background = _level(curve, wing) if level is None else Value(level, 0.0)
    smooth, error = smoothed(curve, half_width)
    away = np.abs(smooth - background.value)
    found = _Deviation(curve.bias, away, np.hypot(error, background.error or 0.0), floor * float(away.max()), wing)
    negative, positive = (found.edge(sign, sigmas) for sign in (-1, 1))
    if negative is None and positive is None:
        return DeviationGap(None, None, None, None, None, sigmas, half_width, found.why(sigmas))
    return _combined(curve, negative, positive, sigmas, half_width)


@dataclass(frozen=True)
class _Deviation:
    """|G - background| of the smoothed curve, away (n,), with its standard deviation, error (n,).

    floor: what it must exceed in any case, at the asked k; wing: mV, where the background begins.
    """

    bias: FloatArray
    away: FloatArray
    error: FloatArray
    floor: float
    wing: float

    def edge(self, sign: int, sigmas: float) -> Edge | None:
        """The edge on one side, None without one."""
        found = self._crossing(sign, sigmas, self.floor)
        if found is None:
            return None
        around = [self._crossing(sign, sigmas, self.floor, shift) for shift in (-1.0, 1.0)]
        others = [self._crossing(sign, k, self.floor * k / sigmas) for k in CHOICES]
        ends, places = ([x for x in row if x is not None] for row in (around, others))
        error = 0.5 * float(np.ptp(ends)) if len(ends) == 2 else None
        return Edge(sign * found, error, 0.5 * float(np.ptp(places)) if len(places) == len(CHOICES) else None)

    def _crossing(self, sign: int, sigmas: float, floor: float, shift: float = 0.0) -> float | None:
        """Where the deviation first falls to the threshold beyond the outermost clear one within the wings.

        shift: of the smoothed curve, in its standard deviations.
        """
        rows = np.flatnonzero((sign * self.bias >= 0.0) & (sign * self.bias <= self.wing))[::sign]
        size, away, error = np.abs(self.bias[rows]), self.away[rows], self.error[rows]
        excess = away + shift * error - np.maximum(sigmas * error, floor)
        clear = np.flatnonzero((away >= SEEN * error) & (excess > 0.0))
        below = np.flatnonzero(excess[clear[-1] :] <= 0.0) if clear.size else clear
        if not below.size:
            return None
        i = int(clear[-1] + below[0])
        share = excess[i - 1] / (excess[i - 1] - excess[i])
        return float(size[i - 1] + share * (size[i] - size[i - 1]))

    def why(self, sigmas: float) -> str:
        """Why neither side has an edge."""
        largest = float(np.max(self.away / self.error))
        if not largest >= max(SEEN, sigmas):
            return f"no feature: the smoothed conductance stays within {largest:.3g} standard deviations"
        return (
            f"the conductance is still more than {sigmas:g} standard deviations off the background where the wings "
            f"begin, at +-{self.wing:.4g} mV: measure farther or correct the background"
        )


def _level(curve: Curve, begin: float) -> Value:
    """Mean conductance beyond +-begin (mV), weighted by the noise."""
    outer = np.abs(curve.bias) >= begin
    weight = curve.noise[outer] ** -2.0
    error = float(weight.sum() ** -0.5) * curve.inflation * (float(np.sqrt(2.0)) if curve.even else 1.0)
    return Value(float(np.average(curve.conductance[outer], weights=weight)), error)


def _combined(
    curve: Curve, negative: Edge | None, positive: Edge | None, sigmas: float, half_width: float
) -> DeviationGap:
    sides = [edge for edge in (negative, positive) if edge is not None]
    sizes = [abs(edge.bias) for edge in sides]
    known = [edge.error for edge in sides if edge.error is not None]
    independent = len(sides) if not curve.even else 1
    error = float(np.sqrt(np.mean(np.square(known)) / independent)) if len(known) == len(sides) else None
    spreads = [edge.systematic for edge in sides if edge.systematic is not None]
    systematic = None
    if len(spreads) == len(sides):
        systematic = float(np.hypot(np.mean(spreads), 0.5 * float(np.ptp(sizes))))
    where = "" if len(sides) == 2 else f", on the {'positive' if negative is None else 'negative'} side only"
    remark = (
        f"deviation point at {sigmas:g} standard deviations of the curve smoothed over +-{half_width:.3g} mV{where}"
    )
    return DeviationGap(
        float(np.mean(sizes)), error, systematic, negative, positive, sigmas, half_width, f"{remark}; not a fit"
    )


@dataclass(frozen=True)
class ExcessCurrent:
    """int (G - 1) dV in mV, over the measured range; times the normal conductance in S it is a current in mA.

    negative, positive: of either side, from zero bias to the end of the range; mean: of both sides, with the error of
    the noise; systematic: what it would change by if the wings were set to 1. wing: mean conductance of the wings.
    zero_bias area in between is part of both. reach: mV, the ends of the range.
    """

    negative: Value
    positive: Value
    mean: Value
    systematic: float
    wing: Value
    reach: tuple[float, float]


def excess_current(
    bias: ArrayLike,
    conductance: ArrayLike,
    noise: ArrayLike | None = None,
    *,
    wing: float | None = None,
    correlation: float = 1.0,
) -> ExcessCurrent:
    """The area between the normalised conductance and 1 on each side of zero bias, by the trapezoidal rule.

    For BTK on one gap without broadening it tends to 4 Delta/3 per side at Z = 0 (any temperature) and falls to 0 for
    large Z; beyond the end V of the range about Delta^2/(4 V) of it is missing at Z = 0. A series resistance, and dips,
    change it. bias, noise, correlation as `find_dips` (noise None: no errors); conductance: normalised; wing: mV, where
    the wings begin, by default three quarters of the shorter side. DataError when zero bias lies outside the range or
    no reading lies in the wings.
    """
    curve = checked(bias, conductance, 1.0 if noise is None else noise, correlation)
    if not curve.bias[0] <= 0.0 <= curve.bias[-1]:
        raise DataError(f"excess current: {curve.bias[0]:.4g} to {curve.bias[-1]:.4g} mV does not hold zero bias")
    shorter = float(min(-curve.bias[0], curve.bias[-1]))
    outer = np.abs(curve.bias) >= (_WING * shorter if wing is None else wing)
    if not outer.any():
        raise DataError(f"excess current: no reading beyond +-{wing} mV: begin the wings farther in")
    weights = {sign: _trapezoid(curve.bias, sign) for sign in (-1, 1)}
    mean = 0.5 * (weights[-1] + weights[1])
    level = np.where(outer, curve.noise**-2.0, 0.0)
    level = level / level.sum()

    def value(weight: FloatArray, offset: float) -> Value:
        return Value(float(weight @ curve.conductance) - offset, None if noise is None else _error(curve, weight))

    wings = value(level, 0.0)
    systematic = abs(float(mean @ curve.conductance)) * abs(1.0 / wings.value - 1.0)
    ends = (float(-curve.bias[0]), float(curve.bias[-1]))
    return ExcessCurrent(
        negative=value(weights[-1], ends[0]),
        positive=value(weights[1], ends[1]),
        mean=value(mean, 0.5 * sum(ends)),
        systematic=systematic,
        wing=wings,
        reach=(-ends[0], ends[1]),
    )


def _error(curve: Curve, weight: FloatArray) -> float:
    """Of a weighted sum; of exactly even data one side repeats the other, so that their weights add up first."""
    if curve.even:
        both = 0.5 * (weight + weight[::-1])
        return float(np.sqrt(2.0 * np.sum((both * curve.noise) ** 2))) * curve.inflation
    return float(np.sqrt(np.sum((weight * curve.noise) ** 2))) * curve.inflation


def _trapezoid(bias: FloatArray, sign: int) -> FloatArray:
    """Weights (n,) of the integral from zero to one end, straight lines between readings, also across zero."""
    v = sign * bias[::sign]
    first = int(np.searchsorted(v, 0.0, side="left"))
    steps = np.diff(v[first:])
    weight = np.zeros(v.size)
    weight[first:-1] += 0.5 * steps
    weight[first + 1 :] += 0.5 * steps
    if v[first] > 0.0:
        below, above = -v[first - 1], v[first]
        share = above / (below + above)
        # The straight line at zero: G(0) = share G_below + (1 - share) G_above.
        weight[first - 1] += 0.5 * above * share
        weight[first] += 0.5 * above * (2.0 - share)
    return weight[::sign]
