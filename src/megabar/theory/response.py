"""What each phonon is worth: derivatives of Tc by alpha2F, by frequencies and masses, by mu*.

At Tc the largest kappa of the linear problem is 1. By Hellmann and Feynman its change is that of the matrices between
the left and the right eigenvector, so one solution gives the derivatives by all lambda(k), and these all others:

    d Tc/d x = -(d kappa/d x)/(d kappa/d T).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.theory import _linear
from megabar.theory.eliashberg import critical_temperature, cutoff_of
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]

_STEP: Final = 1e-4
_ROUNDS: Final = 8


@dataclass(frozen=True, eq=False)
class Response:
    """Derivatives at Tc (K).

    frequency: meV, (n,), where dtc_dalpha2f stands, K/meV: d Tc = int dtc_dalpha2f (d alpha2F) d omega. isotope: (n,),
    -d ln Tc/d ln M that each frequency contributes when all its mass changes, at fixed alpha2F d omega/omega and fixed
    absolute cutoff; their sum is the isotope coefficient. stiffening: (n,), d ln Tc/d ln omega of each frequency at
    fixed matrix elements and masses (fixed lambda omega^2), as when anharmonicity moves it. dtc_dmu: K per unit of mu*
    at the cutoff.
    """

    critical_temperature: float
    frequency: FloatArray
    dtc_dalpha2f: FloatArray
    isotope: FloatArray
    stiffening: FloatArray
    dtc_dmu: float

    @property
    def isotope_coefficient(self) -> float:
        return float(self.isotope.sum())

    def isotope_of_band(self, low: float, high: float) -> float:
        """The part of the frequencies low <= omega < high (meV)."""
        return float(self.isotope[self._inside(low, high)].sum())

    def shift_of_band(self, low: float, high: float, factor: float) -> float:
        """Change of Tc (K) to first order when the frequencies low <= omega < high (meV) are multiplied by `factor`."""
        return float(self.stiffening[self._inside(low, high)].sum()) * self.critical_temperature * math.log(factor)

    def _inside(self, low: float, high: float) -> NDArray[np.bool_]:
        return np.asarray((self.frequency >= low) & (self.frequency < high))


def response(
    spectrum: SpectralFunction,
    *,
    coulomb_pseudopotential: float,
    cutoff: float | None = None,
    tc: float | None = None,
) -> Response:
    """All derivatives of Tc; DomainError where there is no Tc or for arguments out of range.

    tc: critical temperature (K) for these arguments where it is known already.
    """
    mu, top = coulomb_pseudopotential, cutoff_of(spectrum, cutoff)
    if tc is None:
        tc = critical_temperature(spectrum, coulomb_pseudopotential=mu, cutoff=top)
    if not tc > 0.0:
        raise DomainError("no critical temperature: nothing responds")
    found = _linear.interaction(((spectrum,),), tc, mu=mu, cutoff=top)
    by_lambda, by_mu = _by_interaction(found, _rescaled(found, mu))
    by_temperature = _by_temperature(spectrum, tc, mu, top)
    step = 2.0 * math.pi * BOLTZMANN_MEV * tc
    nu = step * np.arange(by_lambda.size)
    w = spectrum.frequency
    share = w**2 / (w**2 + nu[:, None] ** 2)
    per_weight = by_lambda @ share
    # d share/d ln omega at fixed weights; a heavier mass lowers all frequencies by half of its logarithm.
    by_frequency = spectrum.weights * (by_lambda @ (2.0 * share * (1.0 - share)))
    # At fixed lambda omega^2 the weights fall as 1/omega^2.
    by_stiffness = -2.0 * spectrum.weights * (by_lambda @ share**2)
    return Response(
        critical_temperature=tc,
        frequency=w,
        dtc_dalpha2f=-(2.0 / w) * per_weight / by_temperature,
        isotope=-0.5 * by_frequency / by_temperature / tc,
        stiffening=-by_stiffness / by_temperature / tc,
        dtc_dmu=-by_mu / by_temperature,
    )


def _by_interaction(found: _linear.Interaction, rescaled: float) -> tuple[FloatArray, float]:
    """d kappa/d lambda(k), (2 N + 1,), and d kappa/d mu*; rescaled: d mu_S/d mu* of the pseudopotential in the sum."""
    matrix, places, diagonal = _linear.matrices(found)
    _, carry = _linear.interpolation(found.count)
    value, _, vector = _linear.eigenvalue(found)
    right = vector[0]
    left = _left(matrix, diagonal, value)
    count = found.count
    m = np.arange(count)
    delta = carry @ right
    out = np.zeros(2 * count + 1)
    pairs = left[:, None] * (delta / (2.0 * m + 1.0))
    np.add.at(out, np.abs(places[:, None] - m), pairs)
    np.add.at(out, places[:, None] + m + 1, pairs)
    # Z: lambda(0) once, lambda(1 .. n) twice in the diagonal of place n.
    own = value * left * right / (2.0 * places + 1.0)
    out[0] -= own.sum()
    for n, part in zip(places, own, strict=True):
        out[1 : n + 1] -= 2.0 * part
    norm = float(left @ (diagonal * right))
    repelled = float(_linear.coulomb_shares(found) @ (delta / (2.0 * m + 1.0)))
    return np.asarray(out / norm), -2.0 * rescaled * float(left.sum()) * repelled / norm


def _rescaled(found: _linear.Interaction, mu: float) -> float:
    """d mu_S/d mu* = (mu_S/mu*)^2, 1 at mu* = 0."""
    return float(found.mu[0, 0] / mu) ** 2 if mu > 0.0 else 1.0


def _left(matrix: FloatArray, diagonal: FloatArray, value: float) -> FloatArray:
    """The left eigenvector, by inverse iteration beside its eigenvalue."""
    factors = lu_factor(np.diag(diagonal) * value * (1.0 + 1e-9) - matrix, check_finite=False)
    x = np.ones(diagonal.size)
    for _ in range(_ROUNDS):
        x = lu_solve(factors, diagonal * x, trans=1, check_finite=False)
        x /= np.abs(x).max()
    return np.asarray(x)


def _by_temperature(spectrum: SpectralFunction, tc: float, mu: float, cutoff: float) -> float:
    """d kappa/d T by a central difference."""
    ends = []
    for sign in (1.0, -1.0):
        t = tc * (1.0 + sign * _STEP)
        found = _linear.interaction(((spectrum,),), t, mu=mu, cutoff=cutoff)
        ends.append(_linear.eigenvalue(found)[0])
    return (ends[0] - ends[1]) / (2.0 * _STEP * tc)
