"""The resistive transition: from the onset down to zero resistance, and joined to the normal state."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import i0e, i1e

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, like, non_negative, positive
from megabar.physics.resistivity import bloch_gruneisen, bloch_gruneisen_gradient


def resistance_below_onset(
    temperature: ArrayLike, *, onset_temperature: float, onset_resistance: float, sharpness: float
) -> FloatArray | float:
    """R(T) = R_on / I0(F (1 - T/T_on)^(3/2))^2 for T <= T_on.

    temperature: K, any shape, 0 to T_on. onset_temperature T_on: K. onset_resistance R_on: ohm (the result's unit).
    sharpness F: dimensionless, >= 0; the larger, the narrower. I0 is the modified Bessel function of order 0.
    Goes to zero, without a residual. DomainError outside these ranges.
    Source: E. F. Talantsev and K. Stolze, Supercond. Sci. Technol. 34, 064001 (2021); the square belongs to I0.
    """
    t = non_negative("temperature", temperature, "K")
    t_on = float(positive("onset temperature", onset_temperature, "K"))
    f = float(non_negative("sharpness", sharpness, "dimensionless"))
    if not np.all(t <= t_on):
        raise DomainError(f"temperature {t.max():g} K lies above the onset at {t_on:g} K: use full_resistance")
    return like(np.asarray(onset_resistance * _drop(t, t_on, f)), temperature)


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
    d ln R/dT_on = -3 (I1/I0)(z) F (1 - T/T_on)^(1/2) T/T_on^2, plus the slope of the normal state at T_on.
    """
    t = np.atleast_1d(non_negative("temperature", temperature, "K"))
    at = np.maximum(t, onset_temperature)
    normal_parameters = {
        "residual": residual,
        "amplitude": amplitude,
        "debye_temperature": debye_temperature,
        "order": order,
    }
    saturation = 1.0 / saturation_conductance if saturation_conductance > 0 else np.inf
    drop = _drop(np.minimum(t, onset_temperature), onset_temperature, sharpness)
    gradient = bloch_gruneisen_gradient(at, saturation_conductance=saturation_conductance, **normal_parameters)
    gradient = {name: column * drop for name, column in gradient.items()}
    resistance = np.asarray(bloch_gruneisen(at, saturation=saturation, **normal_parameters)) * drop
    reduced = np.maximum(1.0 - t / onset_temperature, 0.0)
    z = sharpness * reduced**1.5
    ratio = i1e(z) / i0e(z)
    gradient["sharpness"] = -2.0 * resistance * ratio * reduced**1.5
    step = 1e-4 * onset_temperature
    ends = onset_temperature + np.array([-step, step])
    low, high = np.asarray(bloch_gruneisen(ends, saturation=saturation, **normal_parameters))
    moved = np.where(t < onset_temperature, drop * (high - low) / (2.0 * step), 0.0)
    shape = -3.0 * resistance * ratio * sharpness * np.sqrt(reduced) * t / onset_temperature**2
    gradient["onset_temperature"] = shape + moved
    return gradient


def _drop(temperature: FloatArray, onset: float, sharpness: float) -> FloatArray:
    """1/I0(z)^2 through the scaled Bessel function, which cannot overflow: I0(z) = i0e(z) e^z."""
    z = sharpness * (1.0 - temperature / onset) ** 1.5
    return np.asarray(np.exp(-2.0 * z) / i0e(z) ** 2)
