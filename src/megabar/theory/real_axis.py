"""Gap and renormalisation on the real axis by iteration, from the solution on the Matsubara axis.

With g = Delta/sqrt(w^2 - Delta^2) and h = w/sqrt(w^2 - Delta^2) on the retarded branch (Re sqrt > 0 for w > 0),

    Z Delta = pi T sum_m [lambda(w - i w_m) - mu* c_m] Delta_m/R_m + i pi I[g],
    w Z     = w + i pi T sum_m lambda(w - i w_m) w_m/R_m + i pi I[h],   R_m = sqrt(w_m^2 + Delta_m^2),
    I[c]    = int_0^inf dz alpha2F(z) {[N(z) + f(z - w)] c(w - z) + [N(z) + f(z + w)] c(w + z)},

N and f the functions of Bose and Fermi. g and h are singular at the gap edge: their integrals over each step of the
grid are taken in closed form, so that only alpha2F need be smooth over a step.
Source: F. Marsiglio, M. Schossmann and J. P. Carbotte, Phys. Rev. B 37, 4965 (1988).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve
from scipy.special import expit

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.theory import _linear
from megabar.theory._continuation import approximants
from megabar.theory.eliashberg import Eliashberg, Status
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_POINTS: Final = 1000
"""Steps of the grid up to the highest frequency of alpha2F and three gaps."""
_BEYOND: Final = 3.0
"""The grid reaches over this many highest frequencies."""
_NODES: Final = 400
_COARSE: Final = 60
_NEAR: Final = 0.3
_FAR: Final = 4.0
"""In highest frequencies: Matsubara frequencies below the first need fine spectra, beyond the second moments do."""
_TOLERANCE: Final = 1e-8
_MOST: Final = 100


@dataclass(frozen=True, eq=False)
class RealAxis:
    """frequency: meV, (n,), ascending from 0; gap, renormalisation: complex, (n,). edge: Re Delta(w) = w, meV, None
    where there is none. residual: last change over the gap; converged: below 1e-8.
    """

    frequency: FloatArray
    gap: ComplexArray
    renormalisation: ComplexArray
    edge: float | None
    residual: float
    iterations: int

    @property
    def converged(self) -> bool:
        return self.residual < _TOLERANCE


def continue_to_real_axis(spectrum: SpectralFunction, found: Eliashberg) -> RealAxis:
    """The iteration from a Pade approximant; DomainError for the normal state, and for delta functions as spectrum."""
    if found.status not in (Status.OK, Status.NO_EDGE):
        raise DomainError(f"no gap to continue: {found.status}")
    if spectrum.discrete:
        raise DomainError("delta functions have no real-axis iteration: give alpha2F a width")
    equations = _Equations(spectrum, found)
    start = approximants(found.matsubara_frequency, found.gap, spectrum.highest)[-1]
    x = start(equations.grid + 1e-3j * found.gap[0])
    residual, step = math.inf, 0
    renormalised = np.ones_like(x)
    # Delta(w) rests on lower energies, each phonon a step: plain iteration settles shell by shell.
    while step < _MOST and residual >= _TOLERANCE:
        step += 1
        new, renormalised = equations.step(x)
        residual = float(np.max(np.abs(new - x)) / abs(found.gap[0]))
        x = new
    return RealAxis(equations.grid, x, renormalised, _edge(equations.grid, x), residual, step)


def density_of_states(energy: ArrayLike, gap: ArrayLike) -> FloatArray:
    """Tunnelling density of states over the normal one, Re w/sqrt(w^2 - Delta(w)^2); energy: meV, gap: complex, meV."""
    w, delta = np.asarray(energy, dtype=np.float64), np.asarray(gap, dtype=np.complex128)
    return np.asarray((np.abs(w) / _root(np.abs(w), delta)).real)


def _root(w: FloatArray | ComplexArray, delta: ComplexArray) -> ComplexArray:
    """sqrt(w^2 - Delta^2) just above the real axis: real part positive for w > 0."""
    root = np.sqrt(np.asarray(w, dtype=np.complex128) ** 2 - delta**2)
    # Inside the gap, where it is imaginary, the side of positive imaginary part.
    inside = np.abs(root.real) < 1e-12 * np.abs(root)
    return np.where(inside, 1j * np.abs(root.imag), np.where(root.real < 0.0, -root, root))


class _Equations:
    """Everything that does not change from step to step, on one grid."""

    def __init__(self, spectrum: SpectralFunction, found: Eliashberg) -> None:
        gap = float(found.gap[0])
        self.width = (spectrum.highest + 3.0 * gap) / _POINTS
        count = math.ceil(_BEYOND * (spectrum.highest + gap) / self.width)
        self.grid: FloatArray = np.asarray(self.width * np.arange(count + 1))
        self.thermal = BOLTZMANN_MEV * found.temperature
        z = self.width * np.arange(1, math.ceil(spectrum.highest / self.width) + 2)
        self.phonons: FloatArray = np.asarray(np.interp(z, spectrum.frequency, spectrum.alpha2f, left=0.0, right=0.0))
        with np.errstate(over="ignore"):
            self.occupied: FloatArray = np.asarray(self.phonons / np.expm1(z / self.thermal))
        self._sums(spectrum, found)

    def _sums(self, spectrum: SpectralFunction, found: Eliashberg) -> None:
        """The parts that the Matsubara axis gives."""
        w_m, delta = found.matsubara_frequency, found.gap
        root = np.hypot(w_m, delta)
        inter = _linear.interaction(
            ((spectrum,),), found.temperature, mu=found.coulomb_pseudopotential, cutoff=found.cutoff
        )
        scale = math.pi * self.thermal
        values = _interaction(spectrum, self.grid, w_m)
        # lambda(w - i w_m) and lambda(w + i w_m) are conjugate for real w.
        repelled = inter.mu[0, 0] * float(_linear.coulomb_shares(inter) @ (delta / root))
        self.pairing = 2.0 * scale * (values.real @ (delta / root) - repelled)
        self.renormalised = self.grid - 2.0 * scale * (values.imag @ (w_m / root))

    def step(self, delta: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """Delta and Z that follow from Delta."""
        g, h = self._cells(delta)
        z_w = self.renormalised + 1j * math.pi * self._spread(h, -1.0)
        pairing = self.pairing + 1j * math.pi * self._spread(g, 1.0)
        z = np.empty_like(z_w)
        z[1:] = z_w[1:] / self.grid[1:]
        z[0] = 2.0 * z[1] - z[2]
        return pairing / z, z

    def _cells(self, delta: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """Integrals of g and h over the step about each point of the grid, Delta taken as constant in it."""
        low, high = self.grid - 0.5 * self.width, self.grid + 0.5 * self.width
        low[0] = 0.0
        top, bottom = _root(high, delta), _root(low, delta)
        h = top - bottom
        g = delta * np.log((high + top) / (low + bottom))
        return g, h

    def _spread(self, cells: ComplexArray, sign: float) -> ComplexArray:
        """int dz alpha2F(z) {[N(z) + f(z - w)] c(w - z) + [N(z) + f(z + w)] c(w + z)} for c at w >= 0 by cells.

        c(-w) is -sign conj(c): g changes the sign of its real part, h that of its imaginary part.
        """
        first = cells[0] - sign * np.conj(cells[0])
        mirrored = np.concatenate([-sign * np.conj(cells[:0:-1]), [first], cells[1:]])
        x = np.concatenate([-self.grid[:0:-1], self.grid])
        zero = self.grid.size - 1
        falling, rising = mirrored * expit(x / self.thermal), mirrored * expit(-x / self.thermal)
        pad = self.phonons.size
        # c at w - z: sum over z of F(z) [N(z) + f(-x)], x = w - z; at w + z: F(z) [N(z) + f(x)], x = w + z.
        below = fftconvolve(mirrored, np.concatenate([[0.0], self.occupied]))
        below = below + fftconvolve(falling, np.concatenate([[0.0], self.phonons]))
        above = fftconvolve(mirrored[::-1], np.concatenate([[0.0], self.occupied]))
        above = above + fftconvolve(rising[::-1], np.concatenate([[0.0], self.phonons]))
        above = above[::-1][pad:]
        count = self.grid.size
        return np.asarray(below[zero : zero + count] + above[zero : zero + count])


def _interaction(spectrum: SpectralFunction, grid: FloatArray, w_m: FloatArray) -> ComplexArray:
    """lambda(w - i w_m) = int 2 z alpha2F/(z^2 + (w_m + i w)^2) dz, (n, m).

    The nearer w_m is to zero the finer alpha2F must be taken; far out moments do.
    """
    out = np.empty((grid.size, w_m.size), dtype=np.complex128)
    few, many = _nodes(spectrum, _COARSE), _nodes(spectrum, _NODES)
    moments = [float(many[1] @ many[0] ** (2 * j)) for j in (1, 2, 3)]
    for k, m in enumerate(w_m):
        square = (m + 1j * grid) ** 2
        if m > _FAR * spectrum.highest:
            out[:, k] = (moments[0] - (moments[1] - moments[2] / square) / square) / square
            continue
        z, weight = few if m > _NEAR * spectrum.highest else many
        out[:, k] = (weight * z**2 / (z**2 + square[:, None])).sum(axis=1)
    return out


def _nodes(spectrum: SpectralFunction, most: int) -> tuple[FloatArray, FloatArray]:
    """Frequencies and their shares of lambda, neighbours joined to `most` at most."""
    groups = np.arange(spectrum.frequency.size) * min(most, spectrum.frequency.size) // spectrum.frequency.size
    weight = np.bincount(groups, weights=spectrum.weights)
    centre = np.bincount(groups, weights=spectrum.weights * spectrum.frequency)
    keep = weight > 0.0
    return np.asarray(centre[keep] / weight[keep]), np.asarray(weight[keep], dtype=np.float64)


def _edge(grid: FloatArray, delta: ComplexArray) -> float | None:
    excess = grid - delta.real
    above = np.flatnonzero((excess[:-1] < 0.0) & (excess[1:] >= 0.0))
    if above.size == 0:
        return None
    i = int(above[0])
    return float(grid[i] - excess[i] * (grid[i + 1] - grid[i]) / (excess[i + 1] - excess[i]))
