"""The electron-phonon resistivity: Bloch-Gruneisen with parallel saturation, and van der Pauw.

Mathematics. With t^n / ((e^t - 1)(1 - e^-t)) = t^n / (4 sinh^2(t/2)),

    J_n(x) = int_0^x t^n / (4 sinh^2(t/2)) dt .

Below x = 2 the power series of (t/2 / sinh(t/2))^2 about t = 0 (poles at t = +-2 pi i, so its terms fall as
(x / 2 pi)^k) is integrated term by term. From 2 to 64 the integrand is interpolated at Chebyshev points on
panels of width 2; the nearest pole lies at least 6.28 half-widths away, so degree 14 leaves less than 1e-14
of it, and the polynomials are integrated exactly. Beyond 64 the rest of the integral is below 1e-14 of the
whole for n <= 10. The panels depend on n only and are kept, which makes one evaluation a table look-up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.polynomial import chebyshev, polynomial
from numpy.typing import ArrayLike
from scipy.interpolate import PPoly
from scipy.special import bernoulli, factorial

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, non_negative, positive

MAX_ORDER: Final = 10.0
"""Largest order n for which the accuracy stated above was derived."""

_SERIES_END: Final = 2.0
_TABLE_END: Final = 64.0
_DEGREE: Final = 14
_SERIES_TERMS: Final = 16


def bloch_gruneisen_integral(upper_limit: ArrayLike, *, order: float = 5) -> FloatArray | float:
    """J_n(x) = int_0^x t^n / ((e^t - 1)(1 - e^-t)) dt, relative error below 1e-10.

    upper_limit: x = Theta/T, any shape, 0 to infinity, dimensionless. order: n, above 1 and at most 10.
    Limits: x^(n-1)/(n-1) for x -> 0; Gamma(n+1) zeta(n) for x -> infinity (124.4313306... for n = 5).
    DomainError for a negative or NaN limit and for an order outside (1, 10].
    Source: F. Bloch, Z. Phys. 59, 208 (1930); E. Gruneisen, Ann. Phys. 408, 530 (1933).
    """
    x = non_negative("upper limit of the Bloch-Gruneisen integral", upper_limit, "dimensionless", infinite=True)
    return like(_integral(x, _checked_order(order)), upper_limit)


def bloch_gruneisen(
    temperature: ArrayLike,
    *,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation: float = np.inf,
    order: float = 5,
) -> FloatArray | float:
    """R(T) with 1/R = 1/R_sat + 1/(R0 + A (T/Theta)^n J_n(Theta/T)).

    temperature: K, any shape, >= 0. residual R0, amplitude A and saturation R_sat share one unit (ohm or ohm m),
    which is that of the result; R0 and A may have either sign, as a fit on its way needs. A is the bare prefactor:
    without saturation R -> R0 + A T/((n-1) Theta) at high T. R0 stands inside the parallel resistor.
    debye_temperature: K. saturation = inf gives the plain law.
    DomainError for negative, infinite or NaN temperatures, Theta or R_sat not positive, Theta, R0 or A not finite,
    n outside (1, 10].
    Source: H. Wiesmann et al., Phys. Rev. Lett. 38, 782 (1977), with the integral of order n.
    """
    t = non_negative("temperature", temperature, "K")
    theta = float(positive("Debye temperature", debye_temperature, "K"))
    r_sat = float(positive("saturation", saturation, "ohm", infinite=True))
    ideal = _ideal(_reduced(t, theta, _checked_order(order)), residual, amplitude)
    return like(np.asarray(_parallel(ideal, r_sat)), temperature)


def bloch_gruneisen_gradient(
    temperature: ArrayLike,
    *,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation_conductance: float = 0.0,
    order: float = 5,
) -> dict[str, FloatArray]:
    """Derivatives of R(T) by residual, amplitude, debye_temperature, saturation_conductance = 1/R_sat.

    Shapes and units as in `bloch_gruneisen`. With N = R0 + A g, g = (T/Theta)^n J_n(Theta/T) and
    R = N/(1 + N/R_sat): dR/dN = 1/(1 + N/R_sat)^2, dg/dTheta = (-n g + f(Theta/T) (T/Theta)^(n-1)) / Theta with
    f = dJ/dx, dR/d(1/R_sat) = -R^2. The conductance (>= 0, finite) is the natural parameter: 0 is the plain law, an
    ordinary number. Since g depends on T/Theta alone, dR/dT = -(Theta/T) dR/dTheta.
    """
    t = np.atleast_1d(non_negative("temperature", temperature, "K"))
    theta = float(positive("Debye temperature", debye_temperature, "K"))
    conductance = float(non_negative("saturation conductance", saturation_conductance, "1/ohm"))
    n = _checked_order(order)
    g = _reduced(t, theta, n)
    ideal = _ideal(g, residual, amplitude)
    shunt = 1.0 / (1.0 + ideal * conductance)
    by_ideal = shunt**2
    # (T/Theta)^(n-1) f(Theta/T) = x^(1-n) x^n w(x) = x w(x), with w = 1/(4 sinh^2(x/2)); 0 at T = 0
    with np.errstate(divide="ignore", over="ignore"):
        x = theta / t
    flow = np.where(np.isfinite(x), x, 0.0) * _weight(x)
    return {
        "residual": by_ideal,
        "amplitude": by_ideal * g,
        "debye_temperature": by_ideal * amplitude * (flow - n * g) / theta,
        "saturation_conductance": -((ideal * shunt) ** 2),
    }


def _ideal(reduced: FloatArray, residual: float, amplitude: float) -> FloatArray:
    """R0 + A g, the resistance without saturation."""
    r0, a = finite("residual resistance", residual, "ohm"), finite("amplitude", amplitude, "ohm")
    return np.asarray(r0 + a * reduced)


def _parallel(ideal: FloatArray, saturation: float) -> FloatArray:
    """1/(1/R_sat + 1/R) written so that R = 0 and R_sat = inf need no special case."""
    return np.asarray(ideal / (1.0 + ideal / saturation))


def _checked_order(order: float) -> float:
    if not 1.0 < order <= MAX_ORDER:
        raise DomainError(f"order of the Bloch-Gruneisen law must lie above 1 and at most {MAX_ORDER:g}, found {order}")
    return float(order)


def _reduced(temperature: FloatArray, theta: float, n: float) -> FloatArray:
    """g = (T/Theta)^n J_n(Theta/T), 0 at T = 0, without forming 0 * inf or overflowing."""
    with np.errstate(divide="ignore", over="ignore"):
        x = theta / temperature
    low = np.minimum(x, _SERIES_END)
    mid = np.clip(x, _SERIES_END, _TABLE_END)
    with np.errstate(divide="ignore", over="ignore"):
        small = polynomial.polyval(low * low, _series(n)) / low
        large = _table(n)(mid) * x**-n
    return np.where(x <= _SERIES_END, small, large)


def _integral(x: FloatArray, n: float) -> FloatArray:
    low = np.minimum(x, _SERIES_END)
    small = low ** (n - 1.0) * polynomial.polyval(low * low, _series(n))
    return np.where(x <= _SERIES_END, small, _table(n)(np.clip(x, _SERIES_END, _TABLE_END)))


def _weight(t: FloatArray) -> FloatArray:
    """1/((e^t - 1)(1 - e^-t)) without overflow; infinite at 0."""
    decay = np.exp(-t)
    with np.errstate(divide="ignore"):
        return np.asarray(decay / np.expm1(-t) ** 2)


@lru_cache(maxsize=64)
def _series(n: float) -> FloatArray:
    """Coefficients a_k with J_n(x) = x^(n-1) sum_k a_k x^(2k).

    From t/(e^t - 1) = sum B_m t^m/m! follows t^2/(4 sinh^2(t/2)) = sum (1 - m) B_m t^m / m!  over even m.
    """
    m = np.arange(0, 2 * _SERIES_TERMS, 2)
    return np.asarray((1.0 - m) * bernoulli(2 * _SERIES_TERMS)[m] / factorial(m) / (n - 1.0 + m))


@lru_cache(maxsize=64)
def _table(n: float) -> PPoly:
    """J_n on [2, 64] as a piecewise polynomial."""
    edges = np.arange(_SERIES_END, _TABLE_END + 1.0, 2.0)
    nodes, to_chebyshev, to_integral = _panel()
    t = edges[:-1, None] + 1.0 + nodes
    # Two products, not one matrix: the powers amplify rounding by 1e11 unless the coefficients fell first.
    coefficients = to_integral @ (to_chebyshev @ (t**n * _weight(t)).T)
    per_panel = 2.0 ** np.arange(_DEGREE + 2) @ coefficients
    start = _SERIES_END ** (n - 1.0) * polynomial.polyval(_SERIES_END**2, _series(n))
    coefficients[0] = start + np.concatenate(([0.0], np.cumsum(per_panel)[:-1]))
    return PPoly(coefficients[::-1], edges)


@lru_cache(maxsize=1)
def _panel() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Chebyshev nodes on [-1, 1]; values there -> coefficients; coefficients -> powers of s + 1 of int_-1^s."""
    nodes = chebyshev.chebpts1(_DEGREE + 1)
    to_chebyshev = np.linalg.inv(chebyshev.chebvander(nodes, _DEGREE))
    to_integral = np.zeros((_DEGREE + 2, _DEGREE + 1))
    for k, unit in enumerate(np.eye(_DEGREE + 1)):
        about_centre = polynomial.Polynomial(chebyshev.cheb2poly(chebyshev.chebint(unit, lbnd=-1)))
        about_left = about_centre(polynomial.Polynomial([-1.0, 1.0])).coef
        to_integral[: about_left.size, k] = about_left
    return nodes, np.asarray(to_chebyshev, dtype=np.float64), to_integral
