"""From stepped currents and lock-in voltages to a differential conductance whose noise is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from megabar.errors import DataError, DomainError

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

SATURATED_RUN: Final = 3
"""So many identical readings in a row at the largest magnitude are no measurement."""

_ELEMENTS: Final = 1_000_000

_MILLI: Final = 1e3
"""mV in one V."""


@dataclass(frozen=True)
class Derivative:
    """dI/dV from readings of current and voltage.

    bias: (m,), mV. conductance: (m,), S, finite; negative where noise turned the slope.
    gain: (m,), standard deviation of the conductance for unit noise of one reading, S per V where the current was
    stepped and the voltage read, S per A the other way round (independent readings, first order in their noise).
    read: which of the two was read; the other one was stepped and has no noise.
    """

    bias: FloatArray
    conductance: FloatArray
    gain: FloatArray
    read: Literal["voltage", "current"]


def three_point_conductance(
    current: FloatArray, voltage: FloatArray, *, points: int = 3, average: int = 1
) -> Derivative:
    """Slope over each `points` consecutive steps by least squares, at their mean voltage; then a moving average.

    current: (n,), A, and voltage: (n,), V, in the order of measurement and within one sweep; the result has
    n - points - average + 2 values at most: windows in which either quantity stands still are left out. The
    reading is fitted against what was stepped (`stepped`), so that noise does not flatten the slope; where the current
    was stepped, the slope dV/dI is inverted. Exact for a quadratic in equal steps of the voltage.
    Method: Z. Y. Cao et al. on CeH9 near 100 GPa, with points = 3 and average = 3.
    DomainError for points below 2, average below 1 or too few readings.
    """
    if not (points >= 2 and average >= 1 and current.size >= points + average - 1):
        raise DomainError(
            f"slope over {points} steps averaged over {average}: needs points >= 2, average >= 1 and at least "
            f"{points + average - 1} readings, found {current.size}"
        )
    by_current = stepped(current, voltage) == "current"
    x, y = (current, voltage) if by_current else (voltage, current)
    apart = _windows(x, points)
    apart = apart - apart.mean(axis=1, keepdims=True)
    spread = np.sum(apart**2, axis=1)
    moves = spread > 1e-24 * float(np.max(np.abs(x)) ** 2)
    weights = apart / np.where(moves, spread, 1.0)[:, None]
    slope = np.where(moves, np.sum(weights * _windows(y, points), axis=1), np.nan)
    conductance, scale = _inverted(slope) if by_current else (slope, np.ones_like(slope))
    mean = _MILLI * _windows(voltage, points).mean(axis=1)
    found = Derivative(
        moving_average(mean, average),
        moving_average(conductance, average),
        _averaged_gain(scale[:, None] * weights, average),
        "voltage" if by_current else "current",
    )
    return _finite(found)


def moving_average(values: FloatArray, points: int = 3) -> FloatArray:
    """Mean of each `points` consecutive values, shape (n - points + 1,): no value is made up beyond the ends.

    DomainError unless 1 <= points <= n.
    """
    if not 1 <= points <= values.size:
        raise DomainError(f"moving average over {points} of {values.size} values: needs between 1 and {values.size}")
    return np.asarray(_windows(values, points).mean(axis=1))


def local_polynomial_conductance(
    current: FloatArray, voltage: FloatArray, *, half_width: float, order: int = 2
) -> Derivative:
    """Slope at each reading of the least-squares polynomial through all readings within +-half_width h of its bias.

    current: (n,), A, and voltage: (n,), V, one sweep in any order; half_width: mV; order: degree, at least 1. The
    reading is fitted against what was stepped (`stepped`); where the current was stepped, the window is cut in the
    monotonic curve through V(I) (windows in the noisy voltage itself would select its noise) and the slope dV/dI is
    inverted. Sorted by what was stepped; a stepped voltage is itself the bias, a read one is replaced by the fit.
    Readings count with 1 - (distance/h)^2: with equal weights each one that enters or leaves the window as it moves on
    would leave a step of its noise, which fits of slow features take for signal. For even steps a parabola smooths the
    conductance with the kernel (1 - (u/h)^2)^2 of variance h^2/7, so h = kT/2 adds 1 % to the thermal one, (pi kT)^2/3.
    Readings whose window holds fewer different settings than the polynomial has coefficients are left out.
    DomainError for a half_width that is not positive or an order below 1, DataError when no window holds enough.
    """
    if not (half_width > 0.0 and order >= 1):
        raise DomainError(f"local polynomial: half width {half_width} mV must be positive and order {order} at least 1")
    by_current = stepped(current, voltage) == "current"
    x, y = (current, voltage) if by_current else (voltage, current)
    order_of_x = np.argsort(x, kind="stable")
    x, y = x[order_of_x], y[order_of_x]
    position = _MILLI * (np.asarray(isotonic_regression(y).x) if by_current else x)
    low = np.searchsorted(position, position - half_width, side="right")
    high = np.searchsorted(position, position + half_width, side="left")
    scaled = position / half_width
    parts = [_local(x, y, scaled, (rows, low[rows], high[rows]), order) for rows in _chunks(low, high, order)]
    value, slope, gain = np.concatenate(parts, axis=1)
    kept = np.isfinite(gain)
    if not kept.any():
        raise DataError(
            f"derivative: no window of +-{half_width:g} mV holds {order + 1} different settings "
            f"({x.size} readings, {position[0]:.4g} to {position[-1]:.4g} mV): widen half_width"
        )
    value, slope, gain = value[kept], slope[kept], gain[kept]
    if not by_current:
        return Derivative(_MILLI * x[kept], slope, gain, "current")
    conductance, scale = _inverted(slope)
    return _finite(Derivative(_MILLI * value, conductance, scale * gain, "voltage"))


def stepped(current: FloatArray, voltage: FloatArray) -> Literal["current", "voltage"]:
    """Which of the two the source set: the monotonic one, or the one in more even steps when both are or none is."""
    monotonic = [bool(np.all(np.diff(v) >= 0.0) or np.all(np.diff(v) <= 0.0)) for v in (current, voltage)]
    if monotonic[0] != monotonic[1]:
        return "current" if monotonic[0] else "voltage"
    return "current" if _unevenness(current) <= _unevenness(voltage) else "voltage"


def lock_in_conductance(first_harmonic: FloatArray, *, modulation: float) -> tuple[FloatArray, Mask]:
    """G = I_mod/V_1, and which rows are good.

    first_harmonic: (n,), V; modulation: A, both rms or both peak. Result: conductance (k,) in S of the k good rows,
    and the mask (n,) of these. Saturated readings (`saturated`) and those that are zero or not finite are not good;
    a sign of V_1 that is negative throughout is the lock-in's phase and is turned. To first order in the amplitude a
    of the modulation: it adds (a^2/8) d3V/dI3 to dV/dI.
    DomainError unless modulation > 0. DataError when more than half of the rows are saturated or no row is good.
    """
    if not 0.0 < modulation < np.inf:
        raise DomainError(f"lock-in: modulation must be positive (A), found {modulation}")
    clipped = saturated(first_harmonic)
    if np.count_nonzero(clipped) > 0.5 * clipped.size:
        raise DataError(
            f"lock-in: {np.count_nonzero(clipped)} of {clipped.size} readings stand at "
            f"{np.nanmax(np.abs(first_harmonic)):.4g} V: overloaded or not connected, use a larger range"
        )
    good = ~clipped & np.isfinite(first_harmonic) & (first_harmonic != 0.0)
    if not good.any():
        raise DataError(f"lock-in: none of {good.size} readings is finite and different from zero")
    sign = -1.0 if np.all(first_harmonic[good] < 0.0) else 1.0
    return modulation / (sign * first_harmonic[good]), good


def second_derivative(second_harmonic: FloatArray, *, modulation: float) -> FloatArray:
    """d2V/dI2 = 2 sqrt(2) V_2/I_mod^2 with V_2 and I_mod rms (V, A); V/A^2, shape of V_2. For V_2 in phase.

    From V(I + a cos wt), a = sqrt(2) I_mod: the amplitude at 2w is (a^2/4) d2V/dI2. DomainError unless modulation > 0.
    """
    if not 0.0 < modulation < np.inf:
        raise DomainError(f"lock-in: modulation must be positive (A), found {modulation}")
    return np.asarray(2.0 * np.sqrt(2.0) * second_harmonic / modulation**2)


def saturated(readings: FloatArray) -> Mask:
    """Readings (n,) at the largest magnitude, if at least `SATURATED_RUN` in a row are identical there.

    Coarse resolution makes such runs anywhere: where other values repeat as often, only a run more than twice as long
    as the longest of those counts.
    """
    size = np.abs(np.where(np.isfinite(readings), readings, 0.0))
    start = np.concatenate([[0], np.flatnonzero(np.diff(readings) != 0.0) + 1])
    length = np.diff(np.concatenate([start, [readings.size]]))
    top = (size[start] == size.max()) & (size.max() > 0.0)
    elsewhere = int(length[~top].max()) if (~top).any() else 0
    least = SATURATED_RUN if elsewhere < SATURATED_RUN else 2 * elsewhere + 1
    return np.asarray(np.repeat(top & bool(np.any(length[top] >= least)), length))


def _windows(values: FloatArray, points: int) -> FloatArray:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, points))


def _inverted(slope: FloatArray) -> tuple[FloatArray, FloatArray]:
    """1/slope, NaN where it is zero, and the factor from noise of the slope to noise of its inverse."""
    inverse = np.asarray(1.0 / np.where(slope != 0.0, slope, np.nan))
    return inverse, inverse**2


def _finite(found: Derivative) -> Derivative:
    kept = np.isfinite(found.conductance)
    return Derivative(found.bias[kept], found.conductance[kept], found.gain[kept], found.read)


def _averaged_gain(weights: FloatArray, average: int) -> FloatArray:
    """Length of the weights of each reading in the mean of `average` neighbouring slopes; weights (m, points)."""
    rows, points = weights.shape
    kept = rows - average + 1
    total = np.zeros((kept, points + average - 1))
    for shift in range(average):
        total[:, shift : shift + points] += weights[shift : shift + kept] / average
    return np.asarray(np.sqrt(np.sum(total**2, axis=1)))


def _chunks(low: Rows, high: Rows, order: int) -> list[Rows]:
    """All rows, so many at a time that their windows fill some ten megabytes."""
    together = max(1, _ELEMENTS // (int(np.max(high - low)) * (order + 1)))
    return list(np.split(np.arange(low.size), np.arange(together, low.size, together)))


def _local(
    x: FloatArray, y: FloatArray, position: FloatArray, windows: tuple[Rows, Rows, Rows], order: int
) -> FloatArray:
    """(3, rows): value and slope at x[rows] of the polynomial through x[low:high], and the slope's noise gain.

    windows: rows, low, high; position: in units of the half width. NaN where fewer different settings than coefficients
    leave a column of the polynomial without its own direction.
    """
    rows, low, high = windows
    width = max(int(np.max(high - low)), order + 1)
    columns = low[:, None] + np.arange(width)
    inside = columns < high[:, None]
    columns = np.where(inside, columns, 0)
    apart = np.where(inside, x[columns] - x[rows, None], 0.0)
    reach = np.abs(apart).max(axis=1)
    unit = apart / np.where(reach > 0.0, reach, 1.0)[:, None]
    # Rows of zeros, where a window is shorter than the longest, change neither R nor the weights of the others.
    root = np.sqrt(np.where(inside, np.maximum(1.0 - (position[columns] - position[rows, None]) ** 2, 0.0), 0.0))
    q, r = np.linalg.qr(unit[..., None] ** np.arange(order + 1) * root[..., None])
    good = np.abs(np.diagonal(r, axis1=1, axis2=2)).min(axis=1) > 1e-9
    weights = np.linalg.solve(r[good], q[good].swapaxes(1, 2))[:, :2] * root[good, None]
    weights[:, 1] /= reach[good, None]
    found = np.full((3, rows.size), np.nan)
    found[:2, good] = np.einsum("nkm,nm->kn", weights, y[columns[good]])
    found[2, good] = np.linalg.norm(weights[:, 1], axis=1)
    return found


def _unevenness(values: FloatArray) -> float:
    if values.size < 3:
        return np.inf
    steps = np.diff(values)
    size = float(np.median(np.abs(steps)))
    return float(np.median(np.abs(np.diff(steps)))) / size if size > 0.0 else np.inf
