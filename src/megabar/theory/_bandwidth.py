"""The full-bandwidth equations: density of states N(E), energy shift chi and chemical potential.

With r^2 = (omega Z)^2 + phi^2, c = mu_F - chi, A = int n/(r^2 + (e - c)^2) de, B = int n (e - c)/(r^2 + (e - c)^2) de,

    omega_n Z_n = omega_n + T sum_m lambda(n - m) omega_m Z_m A_m,   chi_n = -T sum_m lambda(n - m) B_m,
    phi_n = T sum_m [lambda(n - m) - mu* c_m] phi_m A_m,

over all m; n = N/N(0). For a constant n it is the usual set, with r A = pi. The number of electrons is kept: twice
int n f de of the bare electrons less 2 T sum_(m >= 0) (B_m - B_m of the bare ones) stays what it is at T = 0.

That last sum falls off beyond the bandwidth only, far above the phonons. Beyond the last frequency N the interaction
is short in m, so that there, with L = T sum_k lambda(k) over all k = int alpha2F coth(w/2T) dw,

    omega Z = omega + L omega Z A,   chi = -L B,

and the sum is an integral over ln omega, to many bandwidths and a power law beyond.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eig
from scipy.optimize import brentq

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import ConvergenceError
from megabar.theory import _linear, _system
from megabar.theory._convolution import Convolution
from megabar.theory._matsubara import DEPTH as _DEPTH
from megabar.theory._matsubara import accelerated, self_reproducing
from megabar.theory._system import System
from megabar.theory.density import DensityOfStates

FloatArray = NDArray[np.float64]

_TOLERANCE: Final = 1e-9
_MOST: Final = 200
_BANDWIDTHS: Final = 30.0
_NODES: Final = 32
_LOCAL: Final = 4
_COARSE: Final = 0.25
"""The tail of the electrons: reach in bandwidths, nodes, steps to its fixed point, points of N(E) over its first
frequency."""
_FACTOR: Final = 0.15
"""Step in ln T of the search for a bracket of Tc."""


@dataclass(frozen=True, eq=False)
class Dressed:
    """omega Z, chi and phi (meV, (N,)), the chemical potential (meV), A (1/meV), the last change and the steps."""

    renormalised: FloatArray
    shift: FloatArray
    pairing: FloatArray
    chemical_potential: float
    weight: FloatArray
    residual: float
    iterations: int


class Bandwidth:
    """One interaction with a density of states; sums by fast transforms, integrals over energies at few places."""

    def __init__(self, found: _linear.Interaction, density: DensityOfStates) -> None:
        self.found, self.density = found, density
        count = found.count
        self.thermal = BOLTZMANN_MEV * found.temperature
        self.frequency: FloatArray = np.asarray(math.pi * self.thermal * (2.0 * np.arange(count) + 1.0))
        self.free: FloatArray = np.asarray(_linear.normal_sums(found)[0] * math.pi * self.thermal)
        self.shares = _linear.coulomb_shares(found)
        self.places, self.carry = _linear.interpolation(count)
        self.convolution = Convolution(found.values, count)
        self.tail = _Tail(found, density)
        # sum over k' >= k of lambda(k'), for what stays constant beyond the last frequency.
        above = np.cumsum(found.values[0, 0, ::-1])[::-1] + found.second[0, 0] / (2.0 * count)
        near, far = above[count:0:-1], above[count + 1 : 2 * count + 1]
        self.odd_edge, self.even_edge = near - far, near + far

    def solved(self, phi: FloatArray) -> Dressed:
        """The fixed point from a first phi (zero for the normal state), by Anderson's acceleration.

        ConvergenceError where chi and the chemical potential do not settle.
        """
        count = phi.size
        x = np.concatenate([self.free, np.zeros(count), phi, [0.0]])
        scale = np.concatenate([self.frequency, self.frequency, self.frequency, self.frequency[:1]])
        inputs: list[FloatArray] = []
        changes: list[FloatArray] = []
        for step in range(1, _MOST + 1):
            new, weight = self.step(x)
            change = new - x
            residual = float(np.max(np.abs(change / scale)))
            if residual < _TOLERANCE:
                z, chi, pairing = (x[k * count : (k + 1) * count] for k in range(3))
                return Dressed(z, chi, pairing, float(x[-1]), weight, residual, step)
            inputs, changes = [*inputs[-_DEPTH:], x], [*changes[-_DEPTH:], change]
            x = accelerated(inputs, changes, 1.0 / scale)
        raise ConvergenceError(
            f"full bandwidth at {self.found.temperature:.4g} K: the last change was {residual:.1e}; raise the "
            "temperature or smooth the density of states"
        )

    def step(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """omega Z, chi, phi and the chemical potential that follow from these; A on the way."""
        count = self.frequency.size
        z, chi, phi = (x[k * count : (k + 1) * count] for k in range(3))
        mu = float(x[-1])
        weight, moment = self._integrals(np.hypot(z, phi), mu - chi)
        gain = z * weight - math.pi
        odd = self.convolution.odd(gain[None])[0] + gain[-1] * self.odd_edge
        even = self.convolution.even(moment[None])[0] + moment[-1] * self.even_edge
        paired = self.convolution.even((phi * weight)[None])[0]
        repelled = 2.0 * self.found.mu[0, 0] * float(self.shares @ (phi * weight))
        # Electrons too many by so much; n is 1 at the Fermi level, so that is how far it must fall.
        bare = self._integrals(self.frequency, np.full(count, mu))[1]
        excess = self.density.filling(mu, self.thermal) - self.density.filled
        excess -= 2.0 * self.thermal * float(np.sum(moment - bare)) + self.tail.electrons(mu)
        new = [self.free + self.thermal * odd, -self.thermal * even, self.thermal * (paired - repelled), [mu - excess]]
        return np.concatenate(new), weight

    def _integrals(self, radius: FloatArray, centre: FloatArray) -> tuple[FloatArray, FloatArray]:
        """A and B at all frequencies from those at the places: r A and B are smooth beyond the first ones."""
        one, two = self.density.integrals(radius[self.places], centre[self.places])
        return np.asarray((self.carry @ (one * radius[self.places])) / radius), np.asarray(self.carry @ two)


class _Tail:
    """The sum of B - B of the bare electrons beyond the last frequency, as an integral."""

    def __init__(self, found: _linear.Interaction, density: DensityOfStates) -> None:
        thermal = BOLTZMANN_MEV * found.temperature
        values = found.values[0, 0]
        # Beyond 2 N lambda(k) is second/k^2.
        beyond = found.second[0, 0] / (2.0 * found.count)
        self.local = thermal * (float(values[0]) + 2.0 * float(values[1:].sum()) + 2.0 * beyond)
        first = 2.0 * math.pi * thermal * found.count
        last = max(_BANDWIDTHS * max(-density.energy[0], density.energy[-1]), 2.0 * first)
        x, weight = np.polynomial.legendre.leggauss(_NODES)
        half = 0.5 * math.log(last / first)
        self.frequency: FloatArray = np.asarray(first * np.exp(half * (x + 1.0)))
        self.weight: FloatArray = np.asarray(half * weight * self.frequency)
        # At these frequencies a few points of N(E) do, and their sums lose no digits to cancellation.
        self.energy, self.states = density.nodes(_COARSE * first)

    def electrons(self, mu: float) -> float:
        """2 T sum over m >= N of (B - B of the bare ones), meV, for a chemical potential (meV)."""
        omega = self.frequency
        weight, moment = self._integrals(omega, np.full(omega.size, mu))
        bare = moment
        for _ in range(_LOCAL):
            # L A is far below 1 at these frequencies.
            weight, moment = self._integrals(omega / (1.0 - self.local * weight), mu + self.local * moment)
        excess = moment - bare
        # Beyond the last node as 1/omega^3.
        return float((self.weight @ excess + 0.5 * omega[-1] * excess[-1]) / math.pi)

    def _integrals(self, radius: FloatArray, centre: FloatArray) -> tuple[FloatArray, FloatArray]:
        x = self.energy - centre[:, None]
        share = self.states / (radius[:, None] ** 2 + x**2)
        return share.sum(axis=1), np.asarray((share * x).sum(axis=1))


def linear(found: _linear.Interaction, density: DensityOfStates) -> tuple[float, FloatArray]:
    """Largest eigenvalue of the linear problem for phi, 1 at Tc, and phi (N,), 1 at the first frequency."""
    one = Bandwidth(found, density)
    state = one.solved(np.zeros(found.count))
    places, carry = one.places, one.carry
    m = np.arange(found.count)
    kernel = found.values[0, 0][np.abs(places[:, None] - m)] + found.values[0, 0][places[:, None] + m + 1]
    kernel = (kernel - 2.0 * found.mu[0, 0] * one.shares) * (one.thermal * state.weight)
    matrix = np.asarray((carry.T @ kernel.T).T)
    # What lies beyond the last frequency, as for a constant density.
    share = state.weight[-1] * state.renormalised[-1] / math.pi
    matrix[:, -1] += 0.5 * found.second[0, 0] / found.count**2 * share
    values, vectors = eig(matrix, check_finite=False)
    best = int(np.argmax(np.where(np.abs(values.imag) < 1e-9 * np.abs(values), values.real, -np.inf)))
    phi = vectors[:, best].real
    return float(values[best].real), np.asarray(carry @ (phi / phi[0]))


def critical_temperature(system: System, density: DensityOfStates) -> float:
    """Tc in K with a density of states; 0 where there is none for a constant one nor with it within a factor of 10."""
    start = _system.critical_temperature(system)
    if not start > 0.0:
        start = 10.0 * _system.COLDEST * system.highest / BOLTZMANN_MEV

    def kappa(log_temperature: float) -> float:
        return linear(system.interaction(math.exp(log_temperature)), density)[0] - 1.0

    low = high = math.log(start)
    if kappa(low) > 0.0:
        while kappa(high := high + _FACTOR) > 0.0:
            low = high
    else:
        while kappa(low := low - _FACTOR) <= 0.0:
            high = low
            if low < math.log(start / 10.0):
                return 0.0
    return math.exp(brentq(kappa, low, high, xtol=1e-7, rtol=1e-14))


def state(system: System, density: DensityOfStates, temperature: float) -> Dressed | None:
    """The superconducting state at a temperature in K; None in the normal state."""
    found = system.interaction(temperature)
    value, shape = linear(found, density)
    if value <= 1.0:
        return None
    one = Bandwidth(found, density)
    normal = one.solved(np.zeros(found.count))

    def growth(size: float) -> float:
        x = np.concatenate([normal.renormalised, normal.shift, size * shape, [normal.chemical_potential]])
        return float(one.step(x)[0][2 * found.count]) / size

    return one.solved(self_reproducing(growth, one.frequency[0]) * shape)
