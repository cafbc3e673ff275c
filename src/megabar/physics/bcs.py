"""The gap of a weak-coupling superconductor against temperature, from the gap equation itself.

With y = Delta/(pi kT) the gap equation of Bardeen, Cooper and Schrieffer reads, in units where it has no cut-off,

    ln(Tc/T) = sum_n [ 1/(n + 1/2) - 1/sqrt((n + 1/2)^2 + (y/2)^2) ],   n = 0, 1, 2 ...,

and, after Poisson's summation, with delta = Delta(T)/Delta(0),

    ln delta = -2 sum_m (-1)^(m+1) K0(m Delta/kT),   m = 1, 2 ...

The first converges fast near Tc, the second at low temperature.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import k0, zeta

from megabar.physics._arrays import FloatArray, like, non_negative, non_negative_number, positive

EULER: Final = 0.5772156649015329

WEAK_COUPLING_ALPHA: Final = float(np.pi * np.exp(-EULER))
"""Delta(0)/(k Tc) = pi exp(-C) = 1.763877."""

WEAK_COUPLING_RATIO: Final = 2.0 * WEAK_COUPLING_ALPHA
"""2 Delta(0)/(k Tc) = 3.527754."""

_LOW: Final = 0.45
"""T/Tc below which the second form is used."""
_TERMS: Final = 24
_SUMMED: Final = 30
_ROUNDS: Final = 60


def gap(temperature: ArrayLike, *, gap_zero: float, critical_temperature: float) -> FloatArray | float:
    """Delta(T) = gap_zero delta(T/Tc) in meV, delta the weak-coupling solution of the gap equation; 0 from Tc on.

    temperature: K, any shape, >= 0. gap_zero: meV, >= 0, in any ratio to Tc: with gap_zero = alpha k Tc this is the
    alpha-model, which stretches the weak-coupling shape. critical_temperature: K, > 0. Relative error below 1e-12.
    DomainError for negative or NaN arguments. Sources: J. Bardeen, L. N. Cooper and J. R. Schrieffer, Phys. Rev. 108,
    1175 (1957); H. Padamsee, J. E. Neighbor and C. A. Shiffman, J. Low Temp. Phys. 12, 387 (1973) for the alpha-model.
    """
    t = non_negative("temperature", temperature, "K")
    tc = float(positive("critical temperature", critical_temperature, "K"))
    zero = non_negative_number("gap at zero temperature", gap_zero, "meV")
    return like(zero * reduced_gap(t / tc), temperature)


def reduced_gap(reduced_temperature: FloatArray) -> FloatArray:
    """delta = Delta(T)/Delta(0) at t = T/Tc >= 0, same shape."""
    t = np.asarray(reduced_temperature, dtype=np.float64)
    result = np.zeros(t.shape)
    low, high = t < _LOW, (t >= _LOW) & (t < 1.0)
    result[low] = _at_low_temperature(t[low])
    result[high] = _near_the_transition(t[high])
    return result


def _at_low_temperature(t: FloatArray) -> FloatArray:
    m = np.arange(1, _TERMS + 1)[:, None]
    sign = np.where(m % 2 == 1, 1.0, -1.0)
    delta = np.ones(t.size)
    with np.errstate(divide="ignore"):
        ratio = WEAK_COUPLING_ALPHA / t
    for _ in range(_ROUNDS):
        better = np.exp(-2.0 * np.sum(sign * k0(m * ratio * delta), axis=0))
        if np.allclose(better, delta, rtol=1e-15, atol=0.0):
            break
        delta = better
    return np.asarray(better if t.size else delta)


def _near_the_transition(t: FloatArray) -> FloatArray:
    """Newton's method for b = (y/2)^2 in the first form; the sum is concave in b, so it climbs to the root."""
    target = -np.log(t)
    # Near Tc: ln(Tc/T) = (b/2) sum (n + 1/2)^-3 = (7/2) zeta(3) b.
    b = target / (3.5 * zeta(3.0))
    for _ in range(_ROUNDS):
        value, slope = _matsubara_sum(b)
        step = (target - value) / slope
        b = b + step
        if np.all(np.abs(step) <= 1e-15 * b):
            break
    return np.asarray(2.0 * np.sqrt(b) * np.pi * t / WEAK_COUPLING_ALPHA)


def _matsubara_sum(b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """sum_n [a^-1 - (a^2 + b)^(-1/2)], a = n + 1/2, and its derivative in b; the tail by its expansion in b/a^2."""
    a = (np.arange(_SUMMED) + 0.5)[:, None]
    root = np.sqrt(a * a + b)
    value = np.sum(b / (a * root * (a + root)), axis=0)
    slope = np.sum(0.5 / root**3, axis=0)
    coefficient = 0.5
    for k in range(1, 8):
        # (a^2 + b)^(-1/2) = sum_k binom(-1/2, k) b^k a^(-2k-1)
        tail = zeta(2.0 * k + 1.0, _SUMMED + 0.5)
        value = value + coefficient * b**k * tail
        slope = slope + coefficient * k * b ** (k - 1) * tail
        coefficient *= -(2.0 * k + 1.0) / (2.0 * k + 2.0)
    return value, slope
