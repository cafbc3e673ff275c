"""Isotropic Migdal-Eliashberg theory for a constant density of states: Tc, gap and renormalisation from alpha2F.

The Coulomb pseudopotential mu* is always its value at a stated cutoff, by default ten times the highest frequency of
alpha2F. The Coulomb sum is cut in the summed index only, at the whole number of Matsubara frequencies nearest to the
cutoff, mu* rescaled to it; sums over phonons are not cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics.coupling import allen_dynes
from megabar.theory import _linear, _matsubara
from megabar.theory._continuation import gap_edge
from megabar.theory.spectral import SpectralFunction

__all__ = ["Eliashberg", "SpectralFunction", "Status", "critical_temperature", "rescale_coulomb", "solve"]

FloatArray = NDArray[np.float64]

CUTOFF: Final = 10.0
"""Default cutoff of mu* in highest frequencies of alpha2F."""
STRONG: Final = 2.0
"""lambda above which the theory is used beyond its tested range."""
COLDEST: Final = 1e-4
"""In highest frequencies over k: below this a Tc is told as none."""
_NEAR: Final = 0.05
"""Distance of kappa from 1 within which the linear problem decides whether there is a gap."""
_STEP: Final = 1.3
_TOLERANCE: Final = 1e-8
_SPURIOUS: Final = 3.0
"""A gap this many times the one that the search began with is another branch."""
_UNSTABLE: Final = 5e-3
"""Relative spread of the approximants from which on the edge is not given."""


class Status(StrEnum):
    """What the solution is, in a sentence that names the remedy."""

    OK = "ok"
    NORMAL = "normal: the temperature is not below Tc"
    NOT_CONVERGED = "the iteration did not reach its tolerance: see the residual"
    SPURIOUS = "a solution of another branch, far larger than the physical gap: lower mu* or the cutoff"
    NO_EDGE = "the continuation to real energies is not stable: lower the temperature"


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
    spectrum: SpectralFunction, *, coulomb_pseudopotential: float, cutoff: float | None = None
) -> float:
    """Tc in K of the linearised equations; 0 where it is below 1e-4 of the highest frequency over k.

    cutoff: meV, where mu* = coulomb_pseudopotential holds; default ten times the highest frequency. Relative error of
    the numerics below 1e-6. DomainError for a negative mu* or cutoff.
    """
    mu, top = _coulomb(coulomb_pseudopotential), cutoff_of(spectrum, cutoff)

    def kappa(log_temperature: float) -> float:
        return _kappa(spectrum, math.exp(log_temperature), mu, top)[0] - 1.0

    coldest = math.log(COLDEST * spectrum.highest / BOLTZMANN_MEV)
    guess = _first_guess(spectrum, mu, top)
    if guess is None and kappa(coldest) <= 0.0:
        return 0.0
    low = high = coldest + math.log(10.0) if guess is None else max(math.log(guess), coldest)
    value = kappa(low)
    step = math.log(_STEP)
    if value > 0.0:
        while kappa(high := high + step) > 0.0:
            low = high
    else:
        while kappa(low := max(low - step, coldest)) <= 0.0:
            high = low
            step *= 1.5
            if low == coldest:
                return 0.0
    return math.exp(brentq(kappa, low, high, xtol=_TOLERANCE, rtol=1e-14))


def solve(
    spectrum: SpectralFunction, *, temperature: float, coulomb_pseudopotential: float, cutoff: float | None = None
) -> Eliashberg:
    """Gap and renormalisation at a temperature (K, > 0); mu* and cutoff as in `critical_temperature`.

    Status, residual, number of frequencies and cutoff stand in the result: nothing is assumed to have converged.
    DomainError for arguments out of range.
    """
    mu, top = _coulomb(coulomb_pseudopotential), cutoff_of(spectrum, cutoff)
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise DomainError(f"temperature must be positive and finite (K), found {temperature}")
    equations = _matsubara.Equations(_linear.interaction(spectrum, temperature, mu=mu, cutoff=top))
    shape, kappa = _shape(equations, spectrum)
    if abs(kappa - 1.0) < _NEAR:
        kappa, places, delta = _linear.eigenvalue(equations.found)
        shape = np.interp(np.arange(equations.odd.size), places, delta)
    size = _matsubara.amplitude(equations, shape) if kappa > 1.0 else None
    if size is None:
        return _normal(equations, temperature, mu, top)
    found = _matsubara.iterate(equations, size * shape)
    status = _status(found, size)
    edge, spread = gap_edge(found.frequency, found.delta, spectrum.highest) if status is Status.OK else (None, None)
    if status is Status.OK and (edge is None or spread is None or spread > _UNSTABLE * edge):
        edge, status = None, Status.NO_EDGE
    return Eliashberg(
        temperature=temperature,
        matsubara_frequency=found.frequency,
        gap=found.delta,
        renormalisation=found.renormalisation,
        edge=edge,
        edge_spread=spread,
        status=status,
        residual=found.residual,
        iterations=found.iterations,
        cutoff=top,
        coulomb_pseudopotential=mu,
    )


def _normal(equations: _matsubara.Equations, temperature: float, mu: float, cutoff: float) -> Eliashberg:
    return Eliashberg(
        temperature=temperature,
        matsubara_frequency=equations.frequency,
        gap=np.zeros(equations.odd.size),
        renormalisation=equations.normal / equations.odd,
        edge=None,
        edge_spread=None,
        status=Status.NORMAL,
        residual=0.0,
        iterations=0,
        cutoff=cutoff,
        coulomb_pseudopotential=mu,
    )


def _status(found: _matsubara.Solution, start: float) -> Status:
    if not found.residual < _matsubara.TOLERANCE:
        return Status.NOT_CONVERGED
    first = float(found.delta[0])
    if not 1.0 / _SPURIOUS < first / start < _SPURIOUS or float(np.max(np.abs(found.delta))) > _SPURIOUS * first:
        return Status.SPURIOUS
    return Status.OK


def _shape(equations: _matsubara.Equations, spectrum: SpectralFunction) -> tuple[FloatArray, float]:
    """Delta of the linear problem, 1 at the lowest frequency, and its kappa to a few per cent, by a few steps."""
    tiny = 1e-6 * equations.scale
    x: FloatArray = np.asarray(1.0 / (1.0 + (equations.frequency / spectrum.omega_log) ** 2))
    kappa = 1.0
    for _ in range(_POWER_STEPS):
        y = equations.step(tiny * x) / tiny
        kappa, x = float(y[0]), y / y[0]
    return x, kappa


_POWER_STEPS: Final = 6


def _kappa(spectrum: SpectralFunction, temperature: float, mu: float, cutoff: float) -> tuple[float, FloatArray]:
    found = _linear.interaction(spectrum, temperature, mu=mu, cutoff=cutoff)
    value, _, delta = _linear.eigenvalue(found)
    return value, delta


def _first_guess(spectrum: SpectralFunction, mu: float, cutoff: float) -> float | None:
    """Tc by Allen and Dynes with mu* taken to omega_log, K; None where that gives nothing worth starting from."""
    try:
        low = rescale_coulomb(mu, from_cutoff=cutoff, to_cutoff=spectrum.omega_log)
    except DomainError:
        low = mu
    moments = {"omega_log": spectrum.omega_log, "omega_2": spectrum.omega_2}
    guess = float(allen_dynes(spectrum.coupling, coulomb_pseudopotential=low, **moments))
    return guess if guess > COLDEST * spectrum.highest / BOLTZMANN_MEV else None


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
