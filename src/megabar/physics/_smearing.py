"""Thermal smearing of an even spectrum with sharp edges, to 2e-7 of the normal conductance or better.

    G(V) = int K(E - V) sigma(|E|) dE,   K(x) = sech^2(x/2kT) / 4kT = -df/dE,

is needed for edges of any width, from zero to far above kT. Three rules share the work; each is exact but for a
remainder that falls exponentially with the number of its nodes.

uniform   sigma is analytic in the strip |Im E| < width and K in |Im E| < pi kT, so the trapezoidal rule with step h
          leaves 4 x exp(-x), x = 2 pi min(width, pi kT) / h, 3e-8 here. The matrix K depends on biases, kT and h
          only and is kept, so that one more spectrum costs one product with it.
local     for a bias farther than 40 kT from every edge, or edges wider than pi kT, the trapezoidal rule in
          (E - V)/kT with step 0.8: 57 nodes a bias, x = 2 pi^2/0.8, 2e-9.
graded    Gauss-Legendre panels in the square root of the distance from the nearest edge, each at most 9 times farther
          out than the one before, so that square-root and logarithmic singularities, and edges of any smaller width,
          are resolved; far from the edges the panels are 6 kT long, so that the poles of K lie outside the Bernstein
          ellipse rho = 2.4 and 16 nodes leave rho^-32 = 7e-13.

Beyond the last node K and sigma - 1 are both small: sigma - 1 is smeared, not sigma.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics._arrays import FloatArray

Spectrum = Callable[[FloatArray], FloatArray]
"""sigma(E) for E >= 0 of shape (m,), same shape or (k, m), finite beside every edge."""

_EXPONENT: Final = 22.0
_TAIL: Final = 20.0
"""K beyond this many kT holds 2e-9 of its area."""
_SAME: Final = 1e-10
_FAR: Final = 40.0
_WIDE: Final = math.pi
_LARGEST_MATRIX: Final = 300_000
_NARROWEST_UNIFORM: Final = 0.25
"""Width over kT below which graded panels need fewer nodes than a uniform grid."""
_GRADING: Final = 9.0
_FINEST: Final = 1e-9
"""Of the largest edge: the smallest distance from an edge that is resolved."""
_LONGEST: Final = 6.0
_ORDER: Final = 16
_LOCAL_STEP: Final = 0.8
_LOCAL: Final[FloatArray] = _LOCAL_STEP * np.arange(-28.0, 29.0)
_BLOCK: Final = 300.0
"""Biases that share a sum span at most this many kT, so that the exponentials stay in range."""


def smeared(
    spectrum: Spectrum,
    bias: FloatArray,
    *,
    thermal_energy: float,
    edges: Sequence[float],
    width: float,
    limit: FloatArray | float = 1.0,
) -> FloatArray:
    """G(V) at each bias, shape (n,), all energies in one unit (meV for bias in mV).

    A spectrum may be several, (k, ...) for energies (...): then the result is (k, n). limit: what sigma tends to far
    above the edges, a number or (k, 1). thermal_energy: kT >= 0; 0 gives sigma(|V|) itself. edges: energies >= 0 at
    which sigma is sharp. width: >= 0, the half-width of the strip around the real axis in which sigma is analytic, 0
    for true singularities.
    """
    size = np.abs(bias)
    if thermal_energy == 0.0:
        return spectrum(size)
    step = _step(thermal_energy, width)
    nodes = int((size.max(initial=0.0) + _TAIL * thermal_energy) / step) + 2
    if width >= _NARROWEST_UNIFORM * thermal_energy and nodes * size.size <= _LARGEST_MATRIX:
        energy, kernel, places = _uniform(size.tobytes(), thermal_energy, step)
        return np.asarray((limit + (spectrum(energy) - limit) @ kernel)[..., places])
    wide = width >= _WIDE * thermal_energy
    distance = np.min(np.abs(size[:, None] - np.asarray(edges)), axis=1)
    near = np.zeros(size.size, dtype=bool) if wide else distance < _FAR * thermal_energy
    parts = [_locally(spectrum, size[~near], thermal_energy, limit)] if not near.all() else []
    parts += [_graded(spectrum, size[near], thermal_energy, edges, width, limit)] if near.any() else []
    order = np.concatenate([np.flatnonzero(~near), np.flatnonzero(near)])
    return np.asarray(np.concatenate(parts, axis=-1)[..., np.argsort(order)])


def smeared_rows(
    spectra: Callable[[NDArray[np.intp], FloatArray], FloatArray],
    bias: FloatArray,
    *,
    thermal_energy: float,
    edges: FloatArray,
    widths: FloatArray,
) -> FloatArray:
    """`smeared` for m spectra with one edge each, shape (m, n); rows that share a step of the uniform rule share one
    matrix product.

    spectra(rows, energy): sigma of these rows, (len(rows), energy.size). edges, widths: (m,).
    """
    size = np.abs(bias)
    result = np.empty((widths.size, size.size))
    steps = np.array([_step(thermal_energy, w) for w in widths]) if thermal_energy > 0.0 else np.zeros(widths.size)
    shared = (widths >= _NARROWEST_UNIFORM * thermal_energy) & (thermal_energy > 0.0)
    with np.errstate(divide="ignore", over="ignore"):
        nodes = (size.max(initial=0.0) + _TAIL * thermal_energy) / steps
    shared &= nodes * size.size <= _LARGEST_MATRIX
    for step in np.unique(steps[shared]):
        rows = np.flatnonzero(shared & (steps == step))
        energy, kernel, places = _uniform(size.tobytes(), thermal_energy, float(step))
        result[rows] = (1.0 + (spectra(rows, energy) - 1.0) @ kernel)[:, places]
    for row in np.flatnonzero(~shared):
        one = np.array([row])
        result[row] = smeared(
            lambda e, one=one: spectra(one, e)[0],  # type: ignore[misc]
            bias,
            thermal_energy=thermal_energy,
            edges=(float(edges[row]),),
            width=float(widths[row]),
        )
    return result


def _step(thermal_energy: float, width: float) -> float:
    """The largest of a ladder of steps, a factor sqrt(2) apart, that leaves exp(-_EXPONENT)."""
    strip = min(width, math.pi * thermal_energy) / thermal_energy
    if strip <= 0.0:
        return thermal_energy
    rung = math.floor(2.0 * math.log2(2.0 * math.pi * strip / _EXPONENT))
    return float(thermal_energy * 2.0 ** (rung / 2.0))


@lru_cache(maxsize=32)
def _uniform(size: bytes, thermal_energy: float, step: float) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
    """Energies (m,) from 0 up, the matrix (m, k) that smears what is given there, folded about E = 0, for k different
    |V|, and where each bias stands among these (n,).

    |V| closer than 1e-10 kT count as one, for both sides of a symmetric range differ by rounding.
    """
    every = np.frombuffer(size)
    _, first, places = np.unique(np.round(every / (_SAME * thermal_energy)), return_index=True, return_inverse=True)
    bias = every[first]
    energy = step * np.arange(int((bias.max(initial=0.0) + _TAIL * thermal_energy) / step) + 2, dtype=np.float64)
    kernel = _kernel(energy[:, None] - bias, thermal_energy) + _kernel(energy[:, None] + bias, thermal_energy)
    kernel *= step
    kernel[0] *= 0.5
    for array in (energy, kernel, places):
        array.setflags(write=False)
    return energy, kernel, places


def _kernel(distance: FloatArray, thermal_energy: float) -> FloatArray:
    """-df/dE at a distance from the Fermi level of the bias."""
    decay = np.exp(-np.abs(distance) / thermal_energy)
    return np.asarray(decay / (thermal_energy * (1.0 + decay) ** 2))


def _locally(spectrum: Spectrum, size: FloatArray, thermal_energy: float, limit: FloatArray | float) -> FloatArray:
    weight = _LOCAL_STEP * _kernel(_LOCAL, 1.0)
    energy = np.abs(size[:, None] + thermal_energy * _LOCAL)
    excess = spectrum(energy.ravel()) - limit
    return np.asarray(limit + excess.reshape(*excess.shape[:-1], *energy.shape) @ weight)


def _graded(
    spectrum: Spectrum,
    size: FloatArray,
    thermal_energy: float,
    edges: Sequence[float],
    width: float,
    limit: FloatArray | float,
) -> FloatArray:
    reach = (_FAR + _TAIL) * thermal_energy
    energy, weight = panels(edges, width=width, longest=_LONGEST * thermal_energy, reach=reach)
    excess = weight * (spectrum(energy) - limit)
    block = np.floor((size - size.min()) / (_BLOCK * thermal_energy))
    result = np.empty((*excess.shape[:-1], size.size))
    for number in np.unique(block):
        rows = np.flatnonzero(block == number)
        result[..., rows] = limit + _sum_over(energy, excess, size[rows], thermal_energy)
    return result


def _sum_over(energy: FloatArray, excess: FloatArray, bias: FloatArray, thermal_energy: float) -> FloatArray:
    """int K(E - V) (sigma - limit) dE over both signs of E, from nodes at E >= 0, for biases V >= 0 of one block."""
    tail = 2.0 * _TAIL * thermal_energy
    within = (energy > bias.min() - tail) & (energy < bias.max() + tail)
    centre = 0.5 * (bias.min() + bias.max())
    # With e^E apart from e^V the kernel ab/(a + b)^2 costs no exponential an element.
    a = np.exp((energy[within] - centre) / thermal_energy)
    b = np.exp((bias - centre) / thermal_energy)
    total = (a * excess[..., within]) @ _inverse_square(a[:, None] + b) * b / thermal_energy
    mirrored, low = energy < tail, bias < tail
    if mirrored.any() and low.any():
        a, b = np.exp(-energy[mirrored] / thermal_energy), np.exp(-bias[low] / thermal_energy)
        total[..., low] += (a * excess[..., mirrored]) @ _inverse_square(1.0 + a[:, None] * b) * b / thermal_energy
    return np.asarray(total)


def _inverse_square(values: FloatArray) -> FloatArray:
    np.divide(1.0, values, out=values)
    values *= values
    return values


def panels(edges: Sequence[float], *, width: float, longest: float, reach: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of integrals over E >= 0 up to `reach` from the edges, shape (m,) each.

    Every edge owns the energies nearer to it than to the others; its panels run outwards on both sides.
    """
    places = sorted({float(edge) for edge in edges})
    finest = max(width, _FINEST * max(places[-1], longest))
    nodes: list[FloatArray] = []
    weights: list[FloatArray] = []
    for i, edge in enumerate(places):
        below = edge if i == 0 else 0.5 * (edge - places[i - 1])
        above = reach if i == len(places) - 1 else 0.5 * (places[i + 1] - edge)
        for sign, extent in ((-1.0, below), (1.0, above)):
            distance, weight = _outwards(min(extent, reach), finest, longest)
            nodes.append(edge + sign * distance)
            weights.append(weight)
    return np.concatenate(nodes), np.concatenate(weights)


def _outwards(extent: float, finest: float, longest: float) -> tuple[FloatArray, FloatArray]:
    """Distances in (0, extent) and weights: panels in the square root of the distance."""
    if not extent > 0.0:
        return np.empty(0), np.empty(0)
    ends = [0.0]
    while ends[-1] < extent:
        ends.append(min(max(_GRADING * ends[-1], finest), ends[-1] + longest, extent))
    root = np.sqrt(ends)
    x, w = gauss_legendre(_ORDER)
    half = 0.5 * np.diff(root)[:, None]
    u = (0.5 * (root[1:] + root[:-1])[:, None] + half * x).ravel()
    return u**2, 2.0 * u * (half * w).ravel()


@lru_cache(maxsize=16)
def gauss_legendre(order: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on (-1, 1), kept."""
    x, w = np.polynomial.legendre.leggauss(order)
    return x, w
