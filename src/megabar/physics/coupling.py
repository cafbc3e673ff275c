"""Electron-phonon coupling constant and critical temperature, by the formulas that experiments use."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, non_negative, positive

LARGEST_INVERTIBLE_COULOMB: Final = 0.0241 / 0.0735
"""mu* above which the advanced formula's f2 falls with lambda, so that Tc(lambda) has no inverse (0.3279)."""

_SMALLEST_LOG_COUPLING: Final = -7.0
"""At this ln l every formula gives a Tc below the smallest double, so the root lies above."""

_FEW: Final = 8
"""Up to so many roots are found one by one, which costs less than halving all brackets together."""
_HALVINGS: Final = 60
"""Of a bracket that is 8 to 30 wide in ln l: to the last digit."""

_DEBYE_LOG: Final = math.exp(-0.5)
"""omega_log of alpha2F in proportion to omega^2, over its cutoff."""
_DEBYE_RATIO: Final = math.sqrt(0.5) / _DEBYE_LOG
"""omega_2/omega_log of the same spectrum."""

_Law = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

Formula = Literal["advanced", "mcmillan", "allen-dynes"]


def mcmillan(
    coupling: ArrayLike, *, debye_temperature: ArrayLike, coulomb_pseudopotential: ArrayLike
) -> FloatArray | float:
    """Tc = (Theta/1.45) exp(-1.04 (1 + l) / (l - mu (1 + 0.62 l))).

    coupling l: dimensionless, >= 0. debye_temperature Theta: K, > 0. coulomb_pseudopotential mu: >= 0. Shapes
    broadcast; result in K. Where l <= mu (1 + 0.62 l) the formula has no superconducting solution: 0.
    Fitted by its author for l up to about 1; above, Tc saturates at (Theta/1.45) exp(-1.04/(1 - 0.62 mu)).
    DomainError for negative, infinite or NaN arguments. Source: W. L. McMillan, Phys. Rev. 167, 331 (1968), eq. 18.
    """
    lam, mu = _coupling_arguments(coupling, coulomb_pseudopotential)
    theta = positive("Debye temperature", debye_temperature, "K")
    return _result(theta / 1.45 * _exponential(lam, mu), coupling, debye_temperature, coulomb_pseudopotential)


def advanced_mcmillan(
    coupling: ArrayLike, *, debye_temperature: ArrayLike, coulomb_pseudopotential: ArrayLike
) -> FloatArray | float:
    """Tc = (Theta/1.45) exp(-1.04 (1 + l) / (l - mu (1 + 0.62 l))) f1 f2*.

    f1 = (1 + (l/(2.46 (1 + 3.8 mu)))^(3/2))^(1/3), f2* = 1 + (0.0241 - 0.0735 mu) l^2.
    Arguments, units and errors as in `mcmillan`. f2* has no omega_2/omega_log and is not Allen and Dynes' f2; the
    prefactor Theta/1.45 is not interchangeable with omega_log/1.2. For mu > 0.328 not monotonic in l.
    Source: E. F. Talantsev, Supercond. Sci. Technol. 33, 094009 (2020).
    """
    lam, mu = _coupling_arguments(coupling, coulomb_pseudopotential)
    theta = positive("Debye temperature", debye_temperature, "K")
    return _result(_advanced(lam, theta, mu), coupling, debye_temperature, coulomb_pseudopotential)


def allen_dynes(
    coupling: ArrayLike, *, omega_log: ArrayLike, omega_2: ArrayLike, coulomb_pseudopotential: ArrayLike
) -> FloatArray | float:
    """Tc = f1 f2 (omega_log/1.2) exp(-1.04 (1 + l) / (l - mu (1 + 0.62 l))).

    f1 = (1 + (l/L1)^(3/2))^(1/3), L1 = 2.46 (1 + 3.8 mu); f2 = 1 + (w - 1) l^2/(l^2 + L2^2),
    L2 = 1.82 (1 + 6.3 mu) w, w = omega_2/omega_log. omega_log, omega_2: meV, > 0; result in K.
    Shapes broadcast; l and mu as in `mcmillan`.
    DomainError for negative, infinite or NaN arguments.
    Source: P. B. Allen and R. C. Dynes, Phys. Rev. B 12, 905 (1975), eqs 34-38.
    """
    lam, mu = _coupling_arguments(coupling, coulomb_pseudopotential)
    log = positive("omega_log", omega_log, "meV")
    ratio = positive("omega_2", omega_2, "meV") / log
    result = _allen_dynes(lam, log / BOLTZMANN_MEV, ratio, mu)
    return _result(result, coupling, omega_log, omega_2, coulomb_pseudopotential)


def sisso(
    coupling: ArrayLike, *, omega_log: ArrayLike, omega_2: ArrayLike, coulomb_pseudopotential: ArrayLike
) -> FloatArray | float:
    """Tc = fw fm (omega_log/1.2) exp(-1.04 (1 + l) / (l - mu (1 + 0.62 l))), found by symbolic regression.

    r = omega_log/omega_2, fw = 1.92 (l + r - mu^(1/3))/(sqrt(l) exp(r)) - 0.08,
    fm = 6.86 exp(-l/mu)/(1/l - mu - r) + 1.
    Arguments, units, shapes and errors as in `allen_dynes`; coupling > 0. Fitted to Eliashberg solutions. fm has a pole
    where 1/l = mu + r: near it the formula means nothing and may give a negative Tc.
    Source: S. R. Xie et al., npj Comput. Mater. 8, 14 (2022), with the rounded coefficients that EPW takes.
    """
    _, mu = _coupling_arguments(coupling, coulomb_pseudopotential)
    lam = positive("coupling", coupling, "dimensionless")
    log = positive("omega_log", omega_log, "meV")
    r = log / positive("omega_2", omega_2, "meV")
    by_shape = 1.92 * (lam + r - np.cbrt(mu)) / (np.sqrt(lam) * np.exp(r)) - 0.08
    by_repulsion = 1.0 + sisso_pole(lam, omega_log=log, omega_2=log / r, coulomb_pseudopotential=mu)
    result = by_shape * by_repulsion * log / BOLTZMANN_MEV / 1.2 * _exponential(lam, mu)
    return _result(np.asarray(result), coupling, omega_log, omega_2, coulomb_pseudopotential)


def sisso_pole(
    coupling: ArrayLike, *, omega_log: ArrayLike, omega_2: ArrayLike, coulomb_pseudopotential: ArrayLike
) -> FloatArray | float:
    """fm - 1 of `sisso`, by how much the term with the pole moves its Tc: far from 0 the formula is not to be used."""
    _, mu = _coupling_arguments(coupling, coulomb_pseudopotential)
    lam = positive("coupling", coupling, "dimensionless")
    r = positive("omega_log", omega_log, "meV") / positive("omega_2", omega_2, "meV")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(mu > 0.0, 6.86 * np.exp(-lam / mu) / (1.0 / lam - mu - r), 0.0)
    return _result(share, coupling, omega_log, omega_2, coulomb_pseudopotential)


def coupling_from_tc(
    critical_temperature: ArrayLike,
    *,
    debye_temperature: ArrayLike,
    coulomb_pseudopotential: ArrayLike,
    formula: Formula = "advanced",
) -> FloatArray | float:
    """The l for which a formula gives Tc, with a relative error below 1e-12.

    formula: "advanced" (`advanced_mcmillan`), "mcmillan", or "allen-dynes" (`allen_dynes` for a Debye spectrum,
    alpha2F in proportion to omega^2 up to Theta, for which omega_log = Theta e^(-1/2) and omega_2 = Theta/sqrt(2)).

    critical_temperature, debye_temperature: K, > 0; coulomb_pseudopotential >= 0; shapes broadcast; l dimensionless.
    "mcmillan" has a closed form, l = (1.04 + mu L)/((1 - 0.62 mu) L - 1.04) with L = ln(Theta/(1.45 Tc)); close to the
    limit named below l diverges, and its error is that of L times the condition number.
    The others are solved for ln l.
    DomainError where no l gives this Tc: mu >= 0.3279 for "advanced" (Tc is not monotonic in l), or Tc at or above
    the limit (Theta/1.45) exp(-1.04/(1 - 0.62 mu)) for "mcmillan"; also for arguments not positive or not finite.
    """
    if formula not in get_args(Formula):
        raise DomainError(f"formula must be one of {', '.join(get_args(Formula))}, found {formula!r}")
    tc = positive("critical temperature", critical_temperature, "K")
    theta = positive("Debye temperature", debye_temperature, "K")
    mu = non_negative("Coulomb pseudopotential", coulomb_pseudopotential, "dimensionless")
    arguments = np.broadcast_arrays(tc, theta, mu)
    if formula == "mcmillan":
        result = _invert_mcmillan(*arguments)
    elif formula == "advanced":
        result = _invert_advanced(*arguments)
    else:
        result = _solve(_debye_allen_dynes, *arguments)
    return _result(result, critical_temperature, debye_temperature, coulomb_pseudopotential)


def _invert_mcmillan(tc: FloatArray, theta: FloatArray, mu: FloatArray) -> FloatArray:
    logarithm = np.log(theta / (1.45 * tc))
    excess = (1.0 - 0.62 * mu) * logarithm - 1.04
    # For mu >= 1/0.62 there is no superconducting solution at any coupling.
    solvable = (0.62 * mu < 1.0) & (excess > 0.0)
    if not np.all(solvable):
        bad = tuple(float(value[~solvable][0]) for value in (tc, theta, mu))
        raise DomainError(
            "no coupling gives Tc = {:g} K for Theta = {:g} K and mu* = {:g}: McMillan's formula has an upper limit; "
            'use formula "advanced"'.format(*bad)
        )
    return np.asarray((1.04 + mu * logarithm) / excess)


def _invert_advanced(tc: FloatArray, theta: FloatArray, mu: FloatArray) -> FloatArray:
    if not np.all(mu < LARGEST_INVERTIBLE_COULOMB):
        raise DomainError(
            f"mu* = {mu.max():g}: from {LARGEST_INVERTIBLE_COULOMB:.4f} on Tc is not monotonic in the coupling"
        )

    return _solve(_advanced, tc, theta, mu)


def _solve(law: _Law, tc: FloatArray, theta: FloatArray, mu: FloatArray) -> FloatArray:
    """The root in l of law(l, theta, mu) = tc, element by element, for a law that rises with l without limit."""
    if tc.size <= _FEW:
        points = np.broadcast(tc, theta, mu)
        return np.array([_root(law, *point) for point in points], dtype=np.float64).reshape(points.shape)
    target = np.log(tc)

    def excess(log_coupling: FloatArray) -> FloatArray:
        value = law(np.exp(log_coupling), theta, mu)
        return np.log(np.maximum(value, np.finfo(np.float64).tiny)) - target

    low, high = np.full(tc.shape, _SMALLEST_LOG_COUPLING), np.ones(tc.shape)
    while np.any(short := excess(high) < 0.0):
        high[short] += 2.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = excess(middle) < 0.0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(np.exp(0.5 * (low + high)))


def _root(law: _Law, tc: float, theta: float, mu: float) -> float:
    target = float(np.log(tc))

    def excess(log_coupling: float) -> float:
        # The logarithm makes the root as sharp at 1 mK as at 300 K; -750 lies below that of the smallest double.
        value = float(law(np.asarray(np.exp(log_coupling)), np.asarray(theta), np.asarray(mu)))
        return (float(np.log(value)) if value > 0.0 else -750.0) - target

    upper = 1.0
    while excess(upper) < 0.0:
        upper += 2.0
    return float(np.exp(brentq(excess, _SMALLEST_LOG_COUPLING, upper, xtol=1e-15, rtol=8.9e-16, maxiter=500)))


def _debye_allen_dynes(lam: FloatArray, theta: FloatArray, mu: FloatArray) -> FloatArray:
    if not np.all(0.62 * mu < 1.0):
        raise DomainError(f"mu* = {mu.max():g}: from 1/0.62 on no coupling superconducts")
    return _allen_dynes(lam, theta * _DEBYE_LOG, _DEBYE_RATIO, mu)


def _allen_dynes(lam: FloatArray, log: FloatArray, ratio: FloatArray | float, mu: FloatArray) -> FloatArray:
    """Tc in K for omega_log in K and omega_2/omega_log."""
    l2 = 1.82 * (1.0 + 6.3 * mu) * ratio
    f2 = 1.0 + (ratio - 1.0) * lam**2 / (lam**2 + l2**2)
    return np.asarray(log / 1.2 * _exponential(lam, mu) * _strong_coupling(lam, mu) * f2)


def _coupling_arguments(coupling: ArrayLike, coulomb: ArrayLike) -> tuple[FloatArray, FloatArray]:
    lam = non_negative("coupling", coupling, "dimensionless")
    return lam, non_negative("Coulomb pseudopotential", coulomb, "dimensionless")


def _advanced(lam: FloatArray, theta: FloatArray, mu: FloatArray) -> FloatArray:
    f2 = 1.0 + (0.0241 - 0.0735 * mu) * lam**2
    return np.asarray(theta / 1.45 * _exponential(lam, mu) * _strong_coupling(lam, mu) * f2)


def _exponential(lam: FloatArray, mu: FloatArray) -> FloatArray:
    attraction = lam - mu * (1.0 + 0.62 * lam)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(attraction > 0, np.exp(-1.04 * (1.0 + lam) / attraction), 0.0)


def _strong_coupling(lam: FloatArray, mu: FloatArray) -> FloatArray:
    return np.asarray((1.0 + (lam / (2.46 * (1.0 + 3.8 * mu))) ** 1.5) ** (1.0 / 3.0))


def _result(value: FloatArray, *arguments: ArrayLike) -> FloatArray | float:
    scalar = all(np.ndim(argument) == 0 for argument in arguments)
    return float(value) if scalar else np.asarray(value)
