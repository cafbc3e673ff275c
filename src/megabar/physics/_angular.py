"""The spectrum of a contact whose gap depends on direction: an average over the angles of incidence.

A particle that leaves at the angle phi from the normal meets the gap Delta_+ = Delta(phi), and after its reflection
Delta_- = Delta(-phi) (angles about the normal; `angle` turns the gap in the plane). With the signed amplitudes
g_(+-) = Delta_(+-)/(eps + sqrt(eps^2 - Delta_(+-)^2)), eps = E + i Gamma, and the transmission t(phi) of the barrier,

    sigma(E, phi)/t = (1 + t |g_+|^2 - (1 - t) |g_+ g_-|^2) / |1 - (1 - t) g_+ g_-|^2,   t = cos^2/(cos^2 + Z^2),

    sigma(E) = int cos(phi) sigma(E, phi) d phi / int cos(phi) t(phi) d phi.

phi and -phi exchange g_+ and g_-, so half the range is enough with the mean of both.

Two rules: where the broadening keeps the singularities |Delta(phi)| = E off the axis, one Gauss-Legendre rule for all
energies with as many nodes as their distance asks for; else panels between these angles, energy by energy, in a
variable that undoes the square roots at their ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from megabar.physics._arrays import FloatArray
from megabar.physics._smearing import gauss_legendre

_HALF: Final = 0.5 * np.pi
_NODES: Final = 24
"""A panel between singular angles."""
_EXPONENT: Final = 14.0
"""The common rule leaves exp(-_EXPONENT), before smearing takes more off it."""
_FEWEST: Final = 48
_MOST: Final = 400
_CHUNK: Final = 8_000
"""Nodes that are worked on at a time: what fits the nearest cache."""


@dataclass(frozen=True)
class Harmonic:
    """Delta(theta) = gap (constant + amplitude cos(order theta)), theta = phi - angle; meV, rad."""

    gap: float
    constant: float
    amplitude: float
    order: int
    angle: float

    def pair(self, phi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Delta_+ and Delta_-."""
        plus, minus = (self._at(phi - self.angle), self._at(-phi - self.angle))
        return plus, minus

    def _at(self, theta: FloatArray) -> FloatArray:
        return np.asarray(self.gap * (self.constant + self.amplitude * np.cos(self.order * theta)))

    @property
    def edges(self) -> tuple[float, ...]:
        """Energies at which sigma(E) is sharp: extremes of |Delta|, its value along the normal, and zero with nodes."""
        extremes = [self.gap * (self.constant + sign * self.amplitude) for sign in (1.0, -1.0)]
        along = [float(self._at(np.asarray(phi - self.angle))) for phi in (0.0, _HALF)]
        nodes = [0.0] if extremes[0] * extremes[1] <= 0.0 else []
        return tuple(sorted({abs(e) for e in (*extremes, *along)} | set(nodes)))

    @property
    def steepest(self) -> float:
        """Largest |d Delta/d phi|, meV."""
        return abs(self.gap * self.amplitude * self.order)

    def singular_angles(self, energy: FloatArray) -> FloatArray:
        """Angles within 0 .. pi/2 at which |Delta_(+-)| is 0 or E, and both ends; (m, k), ascending, ends repeated."""
        found = [np.zeros(energy.size), np.full(energy.size, _HALF)]
        if self.amplitude != 0.0:
            for target in (np.zeros(energy.size), energy, -energy):
                cosine = (target / self.gap - self.constant) / self.amplitude
                first = np.arccos(np.clip(cosine, -1.0, 1.0)) / self.order
                for turn in range(-self.order, self.order + 1):
                    for sign in (1.0, -1.0):
                        theta = sign * first + 2.0 * np.pi * turn / self.order
                        found += [theta + self.angle, -theta - self.angle]
        return np.unique(np.sort(np.clip(np.array(found), 0.0, _HALF), axis=0), axis=0).T


def angular_spectrum(gap: Harmonic, *, broadening: float, barrier: float) -> Callable[[FloatArray], FloatArray]:
    """sigma(E) of the module docstring, for E >= 0 of any shape."""
    square = barrier**2
    count = _common_nodes(gap, broadening)

    def spectrum(energy: FloatArray) -> FloatArray:
        e = energy.ravel()
        result = np.empty(e.size)
        rows = max(_CHUNK // (count or 10 * _NODES), 1)
        for begin in range(0, e.size, rows):
            part = e[begin : begin + rows]
            phi, weight = _common_rule(count) if count else _panels(gap.singular_angles(part))
            result[begin : begin + rows] = _mean(gap, part[:, None], broadening, phi, weight, square)
        return result.reshape(energy.shape)

    return spectrum


def _common_nodes(gap: Harmonic, broadening: float) -> int:
    """Nodes on (0, pi/2) that leave exp(-_EXPONENT); 0 where panels need fewer."""
    if gap.steepest == 0.0:
        return _FEWEST
    distance = broadening / gap.steepest
    wanted = 0.25 * _EXPONENT * _HALF / distance if distance > 0.0 else np.inf
    return max(int(wanted), _FEWEST) if wanted <= _MOST else 0


@lru_cache(maxsize=64)
def _common_rule(count: int) -> tuple[FloatArray, FloatArray]:
    x, w = gauss_legendre(count)
    return 0.5 * _HALF * (x + 1.0), 0.5 * _HALF * w


def _panels(ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (m, q) between the ends (m, k) of each row; phi = a + (b - a) sin^2(pi s/2)."""
    x, w = gauss_legendre(_NODES)
    s = 0.25 * np.pi * (x + 1.0)
    share, slope = np.sin(s) ** 2, np.sin(2.0 * s) * 0.25 * np.pi * w
    start, length = ends[:, :-1, None], np.diff(ends, axis=1)[:, :, None]
    phi = start + length * share
    return phi.reshape(ends.shape[0], -1), (length * slope).reshape(ends.shape[0], -1)


def _mean(
    gap: Harmonic, energy: FloatArray, broadening: float, phi: FloatArray, weight: FloatArray, square: float
) -> FloatArray:
    """sigma(E), (m,) for energy (m, 1), from nodes that are common, (q,), or a row's own, (m, q).

    Complex numbers are kept as real and imaginary parts, which is four times as fast.
    """
    cosine = np.cos(phi)
    transmission = cosine**2 / (cosine**2 + square)
    opaque = 1.0 - transmission
    plus, minus = gap.pair(phi)
    real_plus, imaginary_plus = _amplitude(energy, broadening, plus)
    # Along the axes of the gap both directions meet gaps of one size.
    if np.allclose(np.abs(plus), np.abs(minus), rtol=0.0, atol=1e-14 * gap.gap):
        sign = np.sign(plus * minus)
        real_minus, imaginary_minus = sign * real_plus, sign * imaginary_plus
    else:
        real_minus, imaginary_minus = _amplitude(energy, broadening, minus)
    size_plus = real_plus**2 + imaginary_plus**2
    size_minus = real_minus**2 + imaginary_minus**2
    real = 1.0 - opaque * (real_plus * real_minus - imaginary_plus * imaginary_minus)
    imaginary = opaque * (real_plus * imaginary_minus + imaginary_plus * real_minus)
    numerator = 1.0 + 0.5 * transmission * (size_plus + size_minus) - opaque * (size_plus * size_minus)
    share = weight * cosine * transmission
    return np.asarray(np.sum(share * (numerator / (real**2 + imaginary**2)), axis=-1) / np.sum(share, axis=-1))


def _amplitude(energy: FloatArray, broadening: float, delta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Delta/(eps + sqrt(eps^2 - Delta^2)), real and imaginary part; the root with positive real part, + i at E = 0."""
    a, b = (energy - broadening) * (energy + broadening) - delta * delta, 2.0 * broadening * energy
    # Of the two parts of the root the larger one, then the other without cancellation.
    larger = np.sqrt(0.5 * (np.sqrt(a * a + b * b) + np.abs(a)))
    smaller = np.divide(0.5 * b, larger, out=np.zeros_like(larger), where=larger > 0.0)
    outside = a >= 0.0
    x, y = energy + np.where(outside, larger, smaller), broadening + np.where(outside, smaller, larger)
    share = delta / (x * x + y * y)
    return share * x, -share * y
