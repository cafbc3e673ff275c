"""Andreev reflection the slow way: amplitudes by matching waves, integrals over thousands of graded panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from megabar.constants import BOLTZMANN_MEV

FloatArray = np.ndarray


def matched_spectrum(energy: FloatArray, gap: float, broadening: float, barrier: float) -> FloatArray:
    """(1 + Z^2)(1 + |a|^2 - |b|^2) with a and b from the four equations that match wave functions and slopes.

    Normal side e^{ikx}(1, 0) + a e^{ikx}(0, 1) + b e^{-ikx}(1, 0), superconducting side c e^{ikx}(u, v) +
    d e^{-ikx}(v, u), barrier H delta(x) with Z = mH/(hbar^2 k).
    """
    eps = np.abs(energy) + 1j * broadening
    root = np.sqrt(eps**2 - gap**2 + 0j)
    root = np.where(root.real < 0, -root, root)
    u, v = np.sqrt(0.5 * (1 + root / eps)), np.sqrt(0.5 * (1 - root / eps))
    # v/u = gap/(eps + root): fixes the sign of v where the principal root of 1 - root/eps has the other one.
    v = np.where(np.abs(v / u - gap / (eps + root)) < np.abs(v / u + gap / (eps + root)), v, -v)
    out = np.empty(energy.shape)
    one, zero = np.ones_like(u), np.zeros_like(u)
    # Unknowns a, b, c, d: electron and hole continuity, then the jumps of the slopes over ik.
    matrix = np.array(
        [
            [zero, -one, u, v],
            [-one, zero, v, u],
            [zero, one + 2j * barrier * one, u, -v],
            [-one + 2j * barrier * one, zero, v, -u],
        ]
    )
    right = np.array([one, zero, one - 2j * barrier * one, zero])
    solved = np.linalg.solve(np.moveaxis(matrix, -1, 0), np.moveaxis(right, -1, 0)[..., None])[..., 0]
    a, b = solved[:, 0], solved[:, 1]
    out[:] = (1 + barrier**2) * (1 + np.abs(a) ** 2 - np.abs(b) ** 2)
    return out


def graded_nodes(centres: Sequence[float], low: float, high: float, finest: float) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes on panels that double in length away from every centre, between low and high."""
    distance = finest * 1.6 ** np.arange(0, 200)
    distance = distance[distance < high - low]
    cuts = np.concatenate([[low, high], *(np.concatenate([[c], c - distance, c + distance]) for c in centres)])
    cuts = np.unique(cuts[(cuts >= low) & (cuts <= high)])
    x, w = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(cuts)[:, None]
    return (0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * x).ravel(), (half * w).ravel()


def thermal(
    spectrum: Callable[[FloatArray], FloatArray], bias: float, temperature: float, edges: Sequence[float]
) -> float:
    """int (-df/dE)(E - V) spectrum(|E|) dE between V - 45 kT and V + 45 kT."""
    kt = BOLTZMANN_MEV * temperature
    low, high = bias - 45 * kt, bias + 45 * kt
    inside = [s * e for e in edges for s in (1, -1) if low < s * e < high]
    energy, weight = graded_nodes([bias, 0.0, *inside] if low < 0 < high else [bias, *inside], low, high, 1e-15)
    kernel = 1 / (4 * kt * np.cosh((energy - bias) / (2 * kt)) ** 2)
    return float(np.sum(weight * kernel * spectrum(np.abs(energy))))
