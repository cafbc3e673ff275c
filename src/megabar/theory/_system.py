"""One band or several with their interactions: where the linear problem has its Tc, and the state below it."""

from __future__ import annotations

import math
from collections.abc import Callable
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
from megabar.theory._linear import Spectra

FloatArray = NDArray[np.float64]

COLDEST: Final = 3e-4
"""In highest frequencies over k: below this a Tc is told as none."""
_NEAR: Final = 0.05
"""Distance of kappa from 1 within which the linear problem decides whether there is a gap."""
_STEP: Final = 1.3
_TOLERANCE: Final = 1e-8
_SECANTS: Final = 6
_SLOPE: Final = 0.5
"""Usual fall of kappa over ln T, for the first step alone."""
_STRIDE: Final = 0.3
"""Farther in ln T a secant is not trusted."""
_POWER_STEPS: Final = 6
_SPURIOUS: Final = 3.0
"""A gap this many times the one that the search began with is another branch."""


class Status(StrEnum):
    """What the solution is, in a sentence that names the remedy."""

    OK = "ok"
    NORMAL = "normal: the temperature is not below Tc"
    NOT_CONVERGED = "the iteration did not reach its tolerance: see the residual"
    SPURIOUS = "a solution of another branch, far larger than the physical gap: lower mu* or the cutoff"
    NO_EDGE = "the continuation to real energies is not stable: lower the temperature"


@dataclass(frozen=True, eq=False)
class System:
    """Spectra (b rows of b), pseudopotentials mu (b, b) at the cutoff (meV)."""

    spectra: Spectra
    mu: FloatArray
    cutoff: float

    @property
    def highest(self) -> float:
        """The highest frequency of any spectrum, meV."""
        return max(s.highest for row in self.spectra for s in row if s is not None)

    @property
    def couplings(self) -> FloatArray:
        """lambda_ij, (b, b)."""
        return np.array([[0.0 if s is None else s.coupling for s in row] for row in self.spectra])

    @property
    def moments(self) -> tuple[float, float]:
        """omega_log and omega_2 over all spectra, each weighed with its coupling, meV."""
        known = [s for row in self.spectra for s in row if s is not None]
        weights = np.array([s.coupling for s in known])
        log = math.exp(float(np.average([math.log(s.omega_log) for s in known], weights=weights)))
        return log, math.sqrt(float(np.average([s.omega_2**2 for s in known], weights=weights)))

    def interaction(self, temperature: float) -> _linear.Interaction:
        return _linear.interaction(self.spectra, temperature, mu=self.mu, cutoff=self.cutoff)


@dataclass(frozen=True, eq=False)
class State:
    """frequency (N,), gap and renormalisation (b, N), meV, with how they were reached."""

    frequency: FloatArray
    gap: FloatArray
    renormalisation: FloatArray
    status: Status
    residual: float
    iterations: int


def critical_temperature(system: System) -> float:
    """Tc in K; 0 where it is below `COLDEST`."""

    def kappa(log_temperature: float) -> float:
        return _linear.eigenvalue(system.interaction(math.exp(log_temperature)))[0] - 1.0

    coldest = math.log(COLDEST * system.highest / BOLTZMANN_MEV)
    guess = _first_guess(system)
    if guess is None and kappa(coldest) <= 0.0:
        return 0.0
    start = coldest + math.log(10.0) if guess is None else max(math.log(guess), coldest)
    root = _by_secants(kappa, start)
    if root is None or root < coldest:
        root = _by_bracket(kappa, start, coldest)
    return 0.0 if root is None else math.exp(root)


def _by_secants(kappa: Callable[[float], float], start: float) -> float | None:
    """The root near a good guess, from four or five values; None where they do not lead to one at once."""
    last, value = start, kappa(start)
    here = start + max(-_STRIDE, min(_STRIDE, value / _SLOPE))
    for _ in range(_SECANTS):
        if here == last:
            return here
        new = kappa(here)
        slope = (new - value) / (here - last)
        # kappa falls with temperature; a secant that does not is no guide.
        if not slope < 0.0 or abs(new / slope) > _STRIDE:
            return None
        before = here - last
        last, value, here = here, new, here - new / slope
        # What is left goes as the product of the last two steps.
        if abs((here - last) * before) < _TOLERANCE:
            return here
    return None


def _by_bracket(kappa: Callable[[float], float], start: float, coldest: float) -> float | None:
    """The root by bisection and its kin, from any start; None where there is none above the coldest."""
    low = high = start
    step = math.log(_STEP)
    if kappa(low) > 0.0:
        while kappa(high := high + step) > 0.0:
            low = high
    else:
        while kappa(low := max(low - step, coldest)) <= 0.0:
            high = low
            step *= 1.5
            if low == coldest:
                return None
    return brentq(kappa, low, high, xtol=_TOLERANCE, rtol=1e-14)


def _first_guess(system: System) -> float | None:
    """Tc by Allen and Dynes for the largest eigenvalue of the couplings, K; None where that gives nothing."""
    omega_log, omega_2 = system.moments
    strongest = float(np.max(np.linalg.eigvals(system.couplings).real))
    repulsion = float(np.max(np.linalg.eigvals(system.mu).real))
    inverse = math.inf if repulsion <= 0.0 else 1.0 / repulsion + math.log(system.cutoff / omega_log)
    mu = 1.0 / inverse if inverse > 0.0 else repulsion
    try:
        guess = allen_dynes(strongest, omega_log=omega_log, omega_2=omega_2, coulomb_pseudopotential=mu)
    except DomainError:
        return None
    return float(guess) if guess > COLDEST * system.highest / BOLTZMANN_MEV else None


def state(system: System, temperature: float) -> State:
    """The superconducting state at a temperature in K, or the normal one."""
    equations = _matsubara.Equations(system.interaction(temperature))
    shape, kappa = _shape(equations, system)
    # A few steps do not turn the sign of a band that another one repels.
    if abs(kappa - 1.0) < _NEAR or shape.shape[0] > 1:
        kappa, _, delta = _linear.eigenvalue(equations.found)
        _, carry = _linear.interpolation(equations.odd.size)
        shape = np.asarray((carry @ delta.T).T)
    if kappa <= 1.0:
        zero = np.zeros(equations.normal.shape)
        return State(equations.frequency, zero, equations.normal / equations.odd, Status.NORMAL, 0.0, 0)
    size = _matsubara.amplitude(equations, shape, kappa)
    found = _matsubara.iterate(equations, size * shape)
    status = _judged(found, size * shape)
    return State(found.frequency, found.delta, found.renormalisation, status, found.residual, found.iterations)


def _judged(found: _matsubara.Solution, start: FloatArray) -> Status:
    if not found.residual < _matsubara.TOLERANCE:
        return Status.NOT_CONVERGED
    first, begun = float(np.max(np.abs(found.delta[:, 0]))), float(np.max(np.abs(start[:, 0])))
    if not 1.0 / _SPURIOUS < first / begun < _SPURIOUS or float(np.max(np.abs(found.delta))) > _SPURIOUS * first:
        return Status.SPURIOUS
    return Status.OK


def _shape(equations: _matsubara.Equations, system: System) -> tuple[FloatArray, float]:
    """Delta of the linear problem, 1 where it is largest at the lowest frequency, and kappa to a few per cent."""
    tiny = 1e-6 * equations.scale
    row = 1.0 / (1.0 + (equations.frequency / system.moments[0]) ** 2)
    x: FloatArray = np.broadcast_to(row, equations.normal.shape).copy()
    kappa = 1.0
    for _ in range(_POWER_STEPS):
        y = equations.step(tiny * x) / tiny
        top = int(np.argmax(np.abs(y[:, 0])))
        kappa, x = float(y[top, 0] / x[top, 0]), y / y[top, 0]
    return x, kappa
