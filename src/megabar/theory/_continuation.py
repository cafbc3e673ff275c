"""From the Matsubara axis to real energies: Pade approximants in Thiele's form, and how far they may be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_ORDERS: Final = (12, 16, 20, 24, 28, 32)
"""Points of the approximants that are compared."""
_SPREAD: Final = 4.0
"""They reach over this many highest frequencies of alpha2F."""


@dataclass(frozen=True, eq=False)
class Pade:
    """One approximant a_0/(1 + a_1 (z - z_0)/(1 + ...)) through values at points z_k."""

    points: ComplexArray
    coefficients: ComplexArray

    def __call__(self, z: complex | ComplexArray) -> ComplexArray:
        z = np.asarray(z, dtype=np.complex128)
        tail = np.zeros_like(z)
        for a, point in zip(self.coefficients[:0:-1], self.points[-2::-1], strict=True):
            tail = a * (z - point) / (1.0 + tail)
        return np.asarray(self.coefficients[0] / (1.0 + tail))

    def at(self, z: complex) -> complex:
        """At one energy: without arrays, which a search for a root pays for at each call."""
        tail = 0j
        for a, point in zip(self._reversed[0], self._reversed[1], strict=True):
            tail = a * (z - point) / (1.0 + tail)
        return complex(self.coefficients[0]) / (1.0 + tail)

    @cached_property
    def _reversed(self) -> tuple[list[complex], list[complex]]:
        return self.coefficients[:0:-1].tolist(), self.points[-2::-1].tolist()


def pade(points: ComplexArray, values: ComplexArray) -> Pade:
    """The approximant through all points (n,). Source: Vidberg and Serene, J. Low Temp. Phys. 29, 179 (1977)."""
    row = np.array(values, dtype=np.complex128)
    coefficients = [row[0]]
    for k in range(1, points.size):
        row = (coefficients[-1] - row[1:]) / ((points[k:] - points[k - 1]) * row[1:])
        coefficients.append(row[0])
    return Pade(np.asarray(points), np.array(coefficients))


def approximants(frequency: FloatArray, delta: FloatArray, highest: float) -> list[Pade]:
    """Delta(z) by several numbers of Matsubara points up to a few highest frequencies."""
    inside = max(int(np.count_nonzero(frequency < _SPREAD * highest)), min(frequency.size, 6))
    found: list[Pade] = []
    for order in _ORDERS:
        if order > inside and found:
            break
        # Denser at low frequencies, where the gap edge is decided.
        take = np.unique(np.round((inside - 1) * np.linspace(0.0, 1.0, min(order, inside)) ** 1.5).astype(int))
        found.append(pade(1j * frequency[take], delta[take].astype(np.complex128)))
    return found


def gap_edge(frequency: FloatArray, delta: FloatArray, highest: float) -> tuple[float | None, float | None]:
    """The energy where Re Delta(omega) = omega, meV, median over the approximants, and half their range.

    None where fewer than half of them have one.
    """
    tried = [_edge(one, float(delta[0])) for one in approximants(frequency, delta, highest)]
    edges = [edge for edge in tried if edge is not None]
    if 2 * len(edges) < len(tried) or not edges:
        return None, None
    return float(np.median(edges)), 0.5 * (max(edges) - min(edges))


def _edge(one: Pade, first: float) -> float | None:
    def excess(energy: float) -> float:
        return energy - one.at(energy).real

    low, high = 0.5 * first, 2.0 * first
    if not excess(low) < 0.0 < excess(high):
        return None
    root = float(brentq(excess, low, high, xtol=1e-13 * first))
    return root if abs(excess(root)) < 1e-6 * first else None
