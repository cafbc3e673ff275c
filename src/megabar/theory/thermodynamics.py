"""Free energy, thermodynamic critical field and specific heat of the Eliashberg superconductor, over N(0).

N(0) is the density of states of one spin at the Fermi level, in states/meV; energies in meV.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import ConvergenceError, DomainError
from megabar.theory import _linear
from megabar.theory.eliashberg import Eliashberg, Status, critical_temperature, solve
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]

_NEAR: Final = (0.995, 0.99, 0.985, 0.98)
"""Reduced temperatures whose free energies are carried to Tc."""
_COLD: Final = 0.25
"""Reduced temperature below which the superconducting state is that of T = 0."""


@dataclass(frozen=True)
class SpecificHeat:
    """jump: Delta C/(gamma Tc) at Tc, gamma = (2/3) pi^2 k^2 N(0) (1 + lambda); 1.426 at weak coupling."""

    critical_temperature: float
    jump: float


def free_energy(
    spectrum: SpectralFunction, *, temperature: float, coulomb_pseudopotential: float, cutoff: float | None = None
) -> float:
    """(F_S - F_N)/N(0) in meV^2, <= 0; 0 in the normal state.

        -2 pi T sum_(n >= 0) [sqrt(omega^2 + Delta^2) - omega] [Z_S - Z_N omega/sqrt(omega^2 + Delta^2)]

    with both spins in N(0) of one. ConvergenceError where the state did not converge.
    Source: J. Bardeen and M. Stephen, Phys. Rev. 136, A1485 (1964).
    """
    found = solve(spectrum, temperature=temperature, coulomb_pseudopotential=coulomb_pseudopotential, cutoff=cutoff)
    return free_energy_of(spectrum, found)


def free_energy_of(spectrum: SpectralFunction, found: Eliashberg) -> float:
    """`free_energy` of a state that is solved already."""
    if found.status is Status.NORMAL:
        return 0.0
    if found.status in (Status.NOT_CONVERGED, Status.SPURIOUS):
        raise ConvergenceError(f"free energy at {found.temperature:g} K: {found.status}")
    mu, cutoff = found.coulomb_pseudopotential, found.cutoff
    normal = _linear.normal_sums(_linear.interaction(((spectrum,),), found.temperature, mu=mu, cutoff=cutoff))[0]
    w = found.matsubara_frequency
    z_normal = normal / (2.0 * np.arange(w.size) + 1.0)
    root = np.hypot(w, found.gap)
    gain = found.gap**2 / (root + w)
    total = float(np.sum(gain * (found.renormalisation - z_normal * w / root)))
    return -4.0 * math.pi * BOLTZMANN_MEV * found.temperature * 0.5 * total


def sommerfeld(spectrum: SpectralFunction) -> float:
    """gamma/N(0) = (2/3) pi^2 k^2 (1 + lambda), meV/K^2 for each state of one spin and meV."""
    return 2.0 / 3.0 * math.pi**2 * BOLTZMANN_MEV**2 * (1.0 + spectrum.coupling)


@dataclass(frozen=True, eq=False)
class FieldCurve:
    """Thermodynamic critical field over that at T = 0 and its deviation from a parabola.

    reduced_temperature T/Tc, reduced_field h = Hc(T)/Hc(0), deviation h - (1 - (T/Tc)^2): (n,). condensation_energy:
    (F_S - F_N)/N(0) at T = 0, meV^2. field_ratio: gamma Tc^2/(8 pi |F_S - F_N|), gamma Tc^2/Hc(0)^2 in Gaussian units,
    0.168 at weak coupling.
    """

    reduced_temperature: FloatArray
    reduced_field: FloatArray
    deviation: FloatArray
    condensation_energy: float
    field_ratio: float


def field_curve(spectrum: SpectralFunction, states: Sequence[Eliashberg], *, critical_temperature: float) -> FieldCurve:
    """Hc(T) from superconducting states at several temperatures below Tc (K), the coldest at Tc/4 or below.

    From the coldest, where no quasi-particles are left, to T = 0 the normal state alone changes: F_S - F_N at 0 is that
    of the coldest state less gamma T^2/2. DomainError without such a state, ConvergenceError as in `free_energy`.
    """
    ordered = sorted(states, key=lambda one: one.temperature)
    t = np.array([one.temperature for one in ordered]) / critical_temperature
    if t.size == 0 or t[0] > _COLD:
        raise DomainError(f"the critical field needs a state at {_COLD:g} Tc or below")
    energies = np.array([free_energy_of(spectrum, one) for one in ordered])
    gamma = sommerfeld(spectrum)
    at_zero = float(energies[0]) - 0.5 * gamma * ordered[0].temperature ** 2
    h = np.sqrt(energies / at_zero)
    ratio = gamma * critical_temperature**2 / (8.0 * math.pi * -at_zero)
    return FieldCurve(t, h, np.asarray(h - (1.0 - t**2)), at_zero, ratio)


def critical_field(free_energy_over_density: float, *, density: float) -> float:
    """Thermodynamic critical field mu0 Hc in T: Hc^2 mu0/2 = -(F_S - F_N).

    free_energy_over_density: meV^2, <= 0; density N(0): states of one spin per meV and nm^3, > 0.
    """
    if not (density > 0.0 and free_energy_over_density <= 0.0):
        raise DomainError(f"density {density} must be positive and the free energy {free_energy_over_density} not")
    joules = -free_energy_over_density * density * 1.602176634e-22 * 1e27
    return math.sqrt(2.0 * 4e-7 * math.pi * joules)


def specific_heat_jump(
    spectrum: SpectralFunction, *, coulomb_pseudopotential: float, cutoff: float | None = None
) -> SpecificHeat:
    """Delta C/(gamma Tc) from free energies just below Tc, which go as (Tc - T)^2 there."""
    tc = critical_temperature(spectrum, coulomb_pseudopotential=coulomb_pseudopotential, cutoff=cutoff)
    if not tc > 0.0:
        raise DomainError("no critical temperature: no jump")
    u = np.array([1.0 - t for t in _NEAR])
    energies = np.array(
        [
            free_energy(
                spectrum,
                temperature=t * tc,
                coulomb_pseudopotential=coulomb_pseudopotential,
                cutoff=cutoff,
            )
            for t in _NEAR
        ]
    )
    # F = -a u^2 (1 + b u + ...) with u = 1 - T/Tc: Delta C = -T d2F/dT2 = 2 a/Tc at Tc.
    curvature = float(np.polynomial.Polynomial.fit(u, -energies / u**2, 2)(0.0))
    gamma = sommerfeld(spectrum)
    return SpecificHeat(tc, 2.0 * curvature / tc / (gamma * tc))
