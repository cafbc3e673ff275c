"""The equation of Werthamer, Helfand and Hohenberg for the reduced critical field, its root and its derivatives.

With t = T/Tc, h = (4/pi^2) Hc2/(Tc |dHc2/dT|), Maki's alpha and the spin-orbit number lambda,

    F = M(s, w) - (lambda/4t) D(s, w) - psi(1/2) + ln t = 0,
    M = [psi(s + d) + psi(s - d)]/2,   D = [psi(s + d) - psi(s - d)]/(2d),
    s = 1/2 + (h + lambda/2)/(2t),     w = d^2 = [(lambda/2)^2 - (alpha h)^2]/(2t)^2,

psi the digamma function. It is their equation 28 with i gamma = -2t d; M and D are even in d, so both are real, for
imaginary d too, and nothing happens where d = 0. F rises with h and has one root: 0 at t = 1, below (4/pi^2)(1 - t).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

PER_SLOPE: Final = 4.0 / np.pi**2
"""h over Hc2/(Tc |dHc2/dT|)."""

_AT_HALF: Final = float(digamma(0.5))
_COLDEST: Final = 1e-9
"""Stands for t = 0: F differs by terms of t^2."""
_CLOSE: Final = 1e-3
"""|d|/s below which M and D come from their series in w."""
_SHIFT: Final = 10
_SHIFTS: Final = np.arange(10.0)
_BERNOULLI: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
_CLOSE_ENOUGH: Final = 1e-7
"""Relative length of the last step; Newton's method squares the error once more."""
_ROUNDS: Final = 60


@dataclass(frozen=True)
class Slopes:
    """F and its derivatives by h, alpha, lambda and t, each of the shape of t."""

    value: FloatArray
    by_field: FloatArray
    by_maki: FloatArray
    by_spin_orbit: FloatArray
    by_temperature: FloatArray


def reduced_field(reduced_temperature: FloatArray, maki: float, spin_orbit: float) -> FloatArray:
    """h at t in [0, 1], (n,): Newton's method within a bracket, to rounding."""
    return _solve(reduced_temperature, maki, spin_orbit)[0]


def field_and_slopes(t: FloatArray, maki: float, spin_orbit: float) -> tuple[FloatArray, FloatArray]:
    """h as `reduced_field`, and dh/dt, dh/d alpha, dh/d lambda (3, n) by the implicit function theorem, t < 1.

    Relative error of the derivatives below 1e-7: those of F are taken one step before the end of the search.
    """
    h, f = _solve(t, maki, spin_orbit)
    return h, np.stack([f.by_temperature, f.by_maki, f.by_spin_orbit]) / -f.by_field


def _solve(reduced_temperature: FloatArray, maki: float, spin_orbit: float) -> tuple[FloatArray, Slopes]:
    """The root and what `equation` gives one step before it."""
    t = np.maximum(reduced_temperature, _COLDEST)
    low, high = np.zeros(t.shape), PER_SLOPE * np.maximum(1.0 - t, 0.0)
    h = _first_guess(t, maki, spin_orbit)
    for _ in range(_ROUNDS):
        f = equation(h, t, maki, spin_orbit)
        low, high = np.where(f.value < 0.0, h, low), np.where(f.value < 0.0, high, h)
        with np.errstate(divide="ignore", invalid="ignore"):
            better = h - f.value / f.by_field
        done = np.abs(better - h) <= _CLOSE_ENOUGH * h
        # A last step may leave the bracket by rounding; a bisection there would undo it.
        inside = ((better > low) & (better < high)) | done
        h = np.where(inside, better, 0.5 * (low + high))
        if done.all():
            break
    return np.where(t < 1.0, h, 0.0), f


def equation(h: FloatArray, t: FloatArray, maki: float, spin_orbit: float) -> Slopes:
    """F (module docstring) and its derivatives; h >= 0 and t > 0 of shape (n,)."""
    half = 1.0 / (2.0 * t)
    s = 0.5 + (h + 0.5 * spin_orbit) * half
    w = ((0.5 * spin_orbit) ** 2 - (maki * h) ** 2) * half**2
    m, d, m1, d1, d_w = _even_sums(s, w)
    factor = 0.5 * spin_orbit * half
    by_s, by_w = m1 - factor * d1, 0.5 * d1 - factor * d_w
    return Slopes(
        value=m - factor * d - _AT_HALF + np.log(t),
        by_field=by_s * half - by_w * 2.0 * maki**2 * h * half**2,
        by_maki=-by_w * 2.0 * maki * h**2 * half**2,
        by_spin_orbit=0.5 * half * by_s + 0.5 * spin_orbit * half**2 * by_w - 0.5 * half * d,
        by_temperature=(-by_s * (s - 0.5) - 2.0 * w * by_w + factor * d + 1.0) / t,
    )


def _first_guess(t: FloatArray, maki: float, spin_orbit: float) -> FloatArray:
    """Orbital and Pauli limit together, the second softened by spin-orbit scattering; within 30 % or so."""
    orbital = PER_SLOPE * (1.0 - t) * (1.0 - 0.31 * (1.0 - t))
    paired = maki / np.sqrt(1.0 + spin_orbit)
    return np.asarray(orbital / np.sqrt(1.0 + (paired * (1.0 - t) ** 0.5) ** 2))


def _even_sums(s: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """M, D, dM/ds, dD/ds and dD/dw; dM/dw is (dD/ds)/2."""
    close = np.abs(w) < (_CLOSE * s) ** 2
    imaginary = (w < 0.0) & ~close
    real = ~(imaginary | close)
    out = np.empty((5, s.size))
    for rows, values in ((imaginary, _imaginary), (real, _real), (close, _series)):
        if rows.all():
            return tuple(values(s, w))  # type: ignore[return-value]
        if rows.any():
            out[:, rows] = values(s[rows], w[rows])
    return tuple(out)  # type: ignore[return-value]


def _imaginary(s: FloatArray, w: FloatArray) -> tuple[FloatArray, ...]:
    """For d = i e: psi(s - d) is the conjugate of psi(s + d), so M is its real part and D its imaginary one over e."""
    e = np.sqrt(-w)
    value, slope = _psi(s + 1j * e)
    m, d, m1, d1 = value.real, value.imag / e, slope.real, slope.imag / e
    return m, d, m1, d1, (m1 - d) / (2.0 * w)


def _real(s: FloatArray, w: FloatArray) -> tuple[FloatArray, ...]:
    root = np.sqrt(w)
    plus, minus = digamma(s + root), digamma(s - root)
    plus_1, minus_1 = polygamma(1, s + root), polygamma(1, s - root)
    m, d = 0.5 * (plus + minus), (plus - minus) / (2.0 * root)
    m1, d1 = 0.5 * (plus_1 + minus_1), (plus_1 - minus_1) / (2.0 * root)
    return m, d, m1, d1, (m1 - d) / (2.0 * w)


def _series(s: FloatArray, w: FloatArray) -> tuple[FloatArray, ...]:
    """The same from derivatives of psi at s, to (d/s)^4."""
    psi = [digamma(s), *(polygamma(k, s) for k in range(1, 7))]
    m = psi[0] + w / 2.0 * (psi[2] + w / 12.0 * psi[4])
    d = psi[1] + w / 6.0 * (psi[3] + w / 20.0 * psi[5])
    m1 = psi[1] + w / 2.0 * (psi[3] + w / 12.0 * psi[5])
    d1 = psi[2] + w / 6.0 * (psi[4] + w / 20.0 * psi[6])
    d_w = psi[3] / 6.0 + w / 60.0 * psi[5]
    return m, d, m1, d1, d_w


def _psi(z: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """psi(z) and psi'(z) for Re z > 0 by recurrence and the asymptotic series, together in half the time of one."""
    steps = 1.0 / (z + _SHIFTS[:, None])
    far = z + _SHIFT
    inverse = 1.0 / far
    square = inverse * inverse
    tail, tail_1 = np.zeros_like(z), np.zeros_like(z)
    for k in range(len(_BERNOULLI), 0, -1):
        tail = (tail + _BERNOULLI[k - 1] / (2.0 * k)) * square
        tail_1 = (tail_1 + _BERNOULLI[k - 1]) * square
    value = np.log(far) - 0.5 * inverse - tail - steps.sum(axis=0)
    slope = inverse + 0.5 * square + tail_1 * inverse + (steps * steps).sum(axis=0)
    return value, slope
