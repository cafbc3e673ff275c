"""Isotropic Migdal-Eliashberg theory of one band: Tc, gap and renormalisation from alpha2F, and N(E) where it matters.

The Coulomb pseudopotential mu* is always its value at a stated cutoff, by default ten times the highest frequency of
alpha2F. The Coulomb sum is cut in the summed index only; the frequency in which the cutoff falls counts by its share,
and mu* is rescaled to the sum that is taken. Sums over phonons are not cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.theory import _bandwidth, _system
from megabar.theory._continuation import gap_edge
from megabar.theory._system import Status, System
from megabar.theory.density import DensityOfStates
from megabar.theory.spectral import SpectralFunction

__all__ = [
    "DensityOfStates",
    "Eliashberg",
    "SpectralFunction",
    "Status",
    "critical_temperature",
    "rescale_coulomb",
    "solve",
]

FloatArray = NDArray[np.float64]

CUTOFF: Final = 10.0
"""Default cutoff of mu* in highest frequencies of alpha2F."""
STRONG: Final = 2.0
"""lambda above which the theory is used beyond its tested range."""
_UNSTABLE: Final = 5e-3
"""Relative spread of the approximants from which on the edge is not given."""


@dataclass(frozen=True, eq=False)
class Eliashberg:
    """The superconducting state at one temperature (K).

    matsubara_frequency omega_n, gap Delta(i omega_n): meV, (N,), n >= 0; renormalisation Z(i omega_n): (N,). edge: gap
    edge on the real axis, Re Delta(omega) = omega, meV; None in the normal state or where the continuation is not
    stable; edge_spread: half the range over several approximants. residual: last relative change. cutoff: meV, of mu*.
    """

    temperature: float
    matsubara_frequency: FloatArray
    gap: FloatArray
    renormalisation: FloatArray
    edge: float | None
    edge_spread: float | None
    status: Status
    residual: float
    iterations: int
    cutoff: float
    coulomb_pseudopotential: float

    def __post_init__(self) -> None:
        for values in (self.matsubara_frequency, self.gap, self.renormalisation):
            values.setflags(write=False)


def rescale_coulomb(coulomb_pseudopotential: float, *, from_cutoff: float, to_cutoff: float) -> float:
    """mu* at another cutoff: 1/mu(w1) = 1/mu(w2) + ln(w2/w1).

    Cutoffs: meV, > 0. DomainError where the result is not finite and positive: raising the cutoff far enough always
    leads there, because no bare repulsion gives such a mu* then.
    """
    mu = _coulomb(coulomb_pseudopotential)
    for name, value in (("from_cutoff", from_cutoff), ("to_cutoff", to_cutoff)):
        if not (math.isfinite(value) and value > 0.0):
            raise DomainError(f"{name} must be positive and finite (meV), found {value}")
    if mu == 0.0:
        return 0.0
    inverse = 1.0 / mu + math.log(from_cutoff / to_cutoff)
    if not inverse > 0.0:
        raise DomainError(
            f"mu* = {mu:g} at {from_cutoff:g} meV has no value at {to_cutoff:g} meV: no bare repulsion is strong enough"
        )
    return 1.0 / inverse


def critical_temperature(
    spectrum: SpectralFunction,
    *,
    coulomb_pseudopotential: float,
    cutoff: float | None = None,
    dos: DensityOfStates | None = None,
) -> float:
    """Tc in K of the linearised equations; 0 where it is below 3e-4 of the highest frequency over k.

    cutoff: meV, where mu* = coulomb_pseudopotential holds; default ten times the highest frequency. dos: density of
    states about the Fermi level, whose energy shifts and chemical potential are solved with the rest; constant without.
    Relative error of the numerics below 1e-6 (1e-4 with dos). DomainError for a negative mu* or cutoff.
    """
    system = _one_band(spectrum, coulomb_pseudopotential, cutoff)
    return _system.critical_temperature(system) if dos is None else _bandwidth.critical_temperature(system, dos)


def solve(
    spectrum: SpectralFunction,
    *,
    temperature: float,
    coulomb_pseudopotential: float,
    cutoff: float | None = None,
    dos: DensityOfStates | None = None,
) -> Eliashberg:
    """Gap and renormalisation at a temperature (K, > 0); mu*, cutoff and dos as in `critical_temperature`.

    Status, residual, number of frequencies and cutoff stand in the result: nothing is assumed to have converged.
    DomainError for arguments out of range.
    """
    check_temperature(temperature)
    system = _one_band(spectrum, coulomb_pseudopotential, cutoff)
    found = _system.state(system, temperature) if dos is None else _with_density(system, dos, temperature)
    edge, spread, status = edge_of(found.frequency, found.gap[0], spectrum.highest, found.status)
    return Eliashberg(
        temperature=temperature,
        matsubara_frequency=found.frequency,
        gap=found.gap[0],
        renormalisation=found.renormalisation[0],
        edge=edge,
        edge_spread=spread,
        status=status,
        residual=found.residual,
        iterations=found.iterations,
        cutoff=system.cutoff,
        coulomb_pseudopotential=coulomb_pseudopotential,
    )


def _with_density(system: System, dos: DensityOfStates, temperature: float) -> _system.State:
    """The state with a density of states in the form of the usual one."""
    found = _bandwidth.state(system, dos, temperature)
    if found is None:
        normal = _bandwidth.Bandwidth(system.interaction(temperature), dos)
        z = normal.solved(np.zeros(normal.frequency.size)).renormalised / normal.frequency
        return _system.State(normal.frequency, np.zeros((1, z.size)), z[None], Status.NORMAL, 0.0, 0)
    count = found.renormalised.size
    omega: FloatArray = np.asarray(math.pi * BOLTZMANN_MEV * temperature * (2.0 * np.arange(count) + 1.0))
    z = found.renormalised / omega
    gap = (found.pairing / z)[None]
    return _system.State(omega, gap, z[None], Status.OK, found.residual, found.iterations)


def edge_of(
    frequency: FloatArray, gap: FloatArray, highest: float, status: Status
) -> tuple[float | None, float | None, Status]:
    """The gap edge with the spread of its approximants, and the status with what the continuation adds to it."""
    if status is not Status.OK:
        return None, None, status
    edge, spread = gap_edge(frequency, gap, highest)
    if edge is None or spread is None or spread > _UNSTABLE * edge:
        return None, spread, Status.NO_EDGE
    return edge, spread, status


def check_temperature(temperature: float) -> None:
    """DomainError unless a temperature (K) is positive and finite."""
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise DomainError(f"temperature must be positive and finite (K), found {temperature}")


def _one_band(spectrum: SpectralFunction, mu: float, cutoff: float | None) -> System:
    return System(((spectrum,),), np.array([[_coulomb(mu)]]), cutoff_of(spectrum, cutoff))


def _coulomb(value: float) -> float:
    if not (math.isfinite(value) and value >= 0.0):
        raise DomainError(f"Coulomb pseudopotential must be zero or positive and finite, found {value}")
    return float(value)


def cutoff_of(spectrum: SpectralFunction, cutoff: float | None) -> float:
    """The cutoff of mu* in meV: as given, or ten times the highest frequency."""
    if cutoff is None:
        return CUTOFF * spectrum.highest
    if not (math.isfinite(cutoff) and cutoff > 0.0):
        raise DomainError(f"cutoff must be positive and finite (meV), found {cutoff}")
    return float(cutoff)
