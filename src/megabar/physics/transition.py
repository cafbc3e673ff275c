"""The resistive transition: from the onset down to zero resistance, and joined to the normal state."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import i0e, i1e

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, non_negative, positive
from megabar.physics.resistivity import bloch_gruneisen, bloch_gruneisen_gradient


def resistance_below_onset(
    temperature: ArrayLike, *, onset_temperature: float, onset_resistance: float, sharpness: float
) -> FloatArray | float:
    """R(T) = R_on / I0(F (1 - T/T_on)^(3/2))^2 for T <= T_on.

    temperature: K, any shape, 0 to T_on. onset_temperature T_on: K. onset_resistance R_on: ohm (the result's unit).
    sharpness F: dimensionless, >= 0; the larger, the narrower. I0 is the modified Bessel function of order 0.
    Goes to zero, without a residual. DomainError outside these ranges and for anything infinite or NaN.
    Source: E. F. Talantsev and K. Stolze, Supercond. Sci. Technol. 34, 064001 (2021); the square belongs to I0.
    """
    t = non_negative("temperature", temperature, "K")
    t_on = float(positive("onset temperature", onset_temperature, "K"))
    f = float(non_negative("sharpness", sharpness, "dimensionless"))
    if not np.all(t <= t_on):
        raise DomainError(f"temperature {t.max():g} K lies above the onset at {t_on:g} K: use full_resistance")
    r_on = finite("onset resistance", onset_resistance, "ohm")
    return like(np.asarray(r_on * _drop(t, t_on, f)), temperature)


def full_resistance(
    temperature: ArrayLike,
    *,
    onset_temperature: float,
    sharpness: float,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation: float = np.inf,
    order: float = 5,
) -> FloatArray | float:
    """The whole curve: saturated Bloch-Gruneisen above T_on, R(T_on)/I0(F (1 - T/T_on)^(3/2))^2 below.

    Continuous at T_on, where its slope jumps from dR/dT of the normal state (above) to zero plus a term of
    order (T_on - T)^2 (below). Shapes, units and errors as in `resistance_below_onset` and
    `resistivity.bloch_gruneisen`; temperatures on both sides of T_on are allowed.
    Source: E. F. Talantsev and K. Stolze, Supercond. Sci. Technol. 34, 064001 (2021), with the saturation of
    H. Wiesmann et al., Phys. Rev. Lett. 38, 782 (1977).
    """
    t = non_negative("temperature", temperature, "K")
    t_on = float(positive("onset temperature", onset_temperature, "K"))
    f = float(non_negative("sharpness", sharpness, "dimensionless"))
    normal = bloch_gruneisen(
        np.maximum(t, t_on),
        residual=residual,
        amplitude=amplitude,
        debye_temperature=debye_temperature,
        saturation=saturation,
        order=order,
    )
    return like(np.asarray(normal * _drop(np.minimum(t, t_on), t_on, f)), temperature)


def full_resistance_gradient(
    temperature: ArrayLike,
    *,
    onset_temperature: float,
    sharpness: float,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation_conductance: float = 0.0,
    order: float = 5,
) -> dict[str, FloatArray]:
    """Derivatives of `full_resistance` by each of its parameters (1/R_sat in place of R_sat), shape (n,) each.

    With z = F (1 - T/T_on)^(3/2) and I0' = I1: d ln R/dF = -2 (I1/I0)(z) z/F and
    d ln R/dT_on = -3 (I1/I0)(z) F (1 - T/T_on)^(1/2) T/T_on^2, plus the slope of the normal state at T_on. At T = T_on
    itself the derivative by T_on is the one from above, 0. Ranges and errors as in `full_resistance`.
    """
    t = np.atleast_1d(non_negative("temperature", temperature, "K"))
    t_on = float(positive("onset temperature", onset_temperature, "K"))
    f = float(non_negative("sharpness", sharpness, "dimensionless"))
    normal = bloch_gruneisen_gradient(
        np.append(np.maximum(t, t_on), t_on),
        residual=residual,
        amplitude=amplitude,
        debye_temperature=debye_temperature,
        saturation_conductance=saturation_conductance,
        order=order,
    )
    resistance = full_resistance(
        t,
        onset_temperature=t_on,
        sharpness=f,
        residual=residual,
        amplitude=amplitude,
        debye_temperature=debye_temperature,
        saturation=1.0 / saturation_conductance if saturation_conductance > 0 else np.inf,
        order=order,
    )
    drop = _drop(np.minimum(t, t_on), t_on, f)
    reduced = np.maximum(1.0 - t / t_on, 0.0)
    z = f * reduced**1.5
    log_slope = np.asarray(resistance) * i1e(z) / i0e(z)
    # dR/dT of the normal state at the onset, through dR/dTheta: see bloch_gruneisen_gradient.
    slope = -debye_temperature / t_on * normal["debye_temperature"][-1]
    moved = np.where(t < t_on, drop * slope, 0.0)
    return {
        **{name: column[:-1] * drop for name, column in normal.items()},
        "sharpness": -2.0 * log_slope * reduced**1.5,
        "onset_temperature": moved - 3.0 * log_slope * f * np.sqrt(reduced) * t / t_on**2,
    }


def _drop(temperature: FloatArray, onset: float, sharpness: float) -> FloatArray:
    """1/I0(z)^2 through the scaled Bessel function, which cannot overflow: I0(z) = i0e(z) e^z."""
    z = sharpness * (1.0 - temperature / onset) ** 1.5
    return np.asarray(np.exp(-2.0 * z) / i0e(z) ** 2)
