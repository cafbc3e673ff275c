"""Critical current densities against temperature and field. Densities in A/m^2 unless they come in another unit."""

from __future__ import annotations

import math
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import mu_0

from megabar.constants import FLUX_QUANTUM
from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, non_negative, non_negative_number, positive
from megabar.physics.superfluid import Pairing, superfluid_density

Mechanism = Literal["delta-l", "delta-Tc"]

_POWERS: Final = {"delta-l": (5.0 / 2.0, -1.0 / 2.0), "delta-Tc": (7.0 / 6.0, 5.0 / 6.0)}
_NM: Final = 1e-9


def pinning(
    temperature: ArrayLike, *, critical_temperature: float, density_zero: float, mechanism: Mechanism
) -> FloatArray | float:
    """Jc(T) of single vortices: density_zero (1 - t^2)^(5/2) (1 + t^2)^(-1/2) for "delta-l" (pinning by a varying mean
    free path), (1 - t^2)^(7/6) (1 + t^2)^(5/6) for "delta-Tc" (by a varying Tc); 0 from Tc on.

    temperature: K, >= 0; critical_temperature: K, > 0; density_zero: any unit, >= 0, that of the result.
    Source: R. Griessen et al., Phys. Rev. Lett. 72, 1910 (1994).
    """
    if mechanism not in get_args(Mechanism):
        raise DomainError(f"mechanism must be one of {', '.join(get_args(Mechanism))}, found {mechanism!r}")
    t = non_negative("temperature", temperature, "K") / float(
        positive("critical temperature", critical_temperature, "K")
    )
    falling, rising = _POWERS[mechanism]
    shape = np.clip(1.0 - t**2, 0.0, None) ** falling * (1.0 + t**2) ** rising
    return like(non_negative_number("density at zero temperature", density_zero, "A/m^2") * shape, temperature)


def dew_hughes(reduced_field: ArrayLike, *, low_power: float, high_power: float) -> FloatArray | float:
    """Pinning force over its maximum, b^p (1 - b)^q scaled to 1 at b = p/(p + q), for b = B/B_irr within 0 .. 1.

    p = low_power, q = high_power: > 0; (0.5, 2) surfaces, (1, 2) points, (1, 1) changes of kappa in volumes.
    Source: D. Dew-Hughes, Philos. Mag. 30, 293 (1974).
    """
    b = non_negative("reduced field", reduced_field, "1")
    if np.any(b > 1.0):
        raise DomainError(f"reduced field must lie within 0 .. 1, found {float(b.max()):g}")
    p, q = (float(positive(name, value, "1")) for name, value in (("low power", low_power), ("high power", high_power)))
    top = p / (p + q)
    return like((b / top) ** p * ((1.0 - b) / (1.0 - top)) ** q, reduced_field)


def depairing(penetration_depth: ArrayLike, *, coherence_length: ArrayLike) -> FloatArray | float:
    """Ginzburg-Landau depairing density Phi0/(3 sqrt(3) pi mu0 lambda^2 xi), A/m^2; both lengths: nm, > 0.

    Source: M. Tinkham, Introduction to Superconductivity, 2nd ed. (1996), eq. 4.36.
    """
    depth = _NM * positive("penetration depth", penetration_depth, "nm")
    length = _NM * positive("coherence length", coherence_length, "nm")
    density = FLUX_QUANTUM / (3.0 * math.sqrt(3.0) * np.pi * mu_0 * depth**2 * length)
    return float(density) if np.ndim(density) == 0 else np.asarray(density)


def self_field(
    temperature: ArrayLike,
    *,
    critical_temperature: float,
    gap_zero: float,
    depth_zero: float,
    kappa: float,
    thickness: float,
    pairing: Pairing = "s",
) -> FloatArray | float:
    """Self-field critical density of a thin film, A/m^2; 0 from Tc on.

        Jc = Phi0/(4 pi mu0) (ln kappa + 1/2)/lambda^3 (lambda/b) tanh(b/lambda),   2b the full thickness,

    lambda(T) of `superfluid.superfluid_density`. temperature: K, >= 0; gap_zero: meV, > 0; depth_zero lambda(0) and
    thickness: nm, > 0; kappa: > e^(-1/2). For films much wider than lambda.
    Source: E. F. Talantsev and J. L. Tallon, Nat. Commun. 6, 7820 (2015).
    """
    ratio = float(positive("kappa", kappa, "1"))
    if not math.log(ratio) > -0.5:
        raise DomainError(f"kappa must be above exp(-1/2) = 0.607, found {ratio:g}: a type I film has no such field")
    rho = np.asarray(
        superfluid_density(temperature, gap_zero=gap_zero, critical_temperature=critical_temperature, pairing=pairing)
    )
    # In powers of 1/lambda, which stays finite at Tc.
    inverse = np.sqrt(rho) / (_NM * float(positive("penetration depth", depth_zero, "nm")))
    half = 0.5 * _NM * float(positive("thickness", thickness, "nm"))
    density = (
        FLUX_QUANTUM / (4.0 * np.pi * mu_0) * (math.log(ratio) + 0.5) * inverse**2 * np.tanh(half * inverse) / half
    )
    return like(density, temperature)


def power_law(
    current: ArrayLike,
    *,
    critical_current: float,
    voltage: float,
    exponent: float,
    resistance: float = 0.0,
    offset: float = 0.0,
) -> FloatArray | float:
    """V = offset + resistance I + voltage sign(I) |I/Ic|^n, in the unit of `voltage`.

    current and critical_current in one unit, critical_current > 0; voltage: the criterion, > 0; exponent n >= 1.
    """
    i = finite("current", current, "A")
    n = float(positive("exponent", exponent, "1"))
    if n < 1.0:
        raise DomainError(f"exponent must be at least 1, found {n:g}")
    ratio = i / float(positive("critical current", critical_current, "A"))
    steep = float(positive("voltage criterion", voltage, "V")) * np.sign(ratio) * np.abs(ratio) ** n
    return like(offset + resistance * i + steep, current)


def bean(hysteresis: ArrayLike, *, width: float, length: float) -> FloatArray | float:
    """Jc = 2 dM/[w (1 - w/(3 l))] of a slab in the critical state, A/m^2, field along its third edge.

    hysteresis dM: width of the magnetisation loop, A/m, >= 0; width w <= length l: m, > 0.
    Source: C. P. Bean, Rev. Mod. Phys. 36, 31 (1964).
    """
    loop = non_negative("width of the magnetisation loop", hysteresis, "A/m")
    w, long = (float(positive(name, value, "m")) for name, value in (("width", width), ("length", length)))
    if w > long:
        raise DomainError(f"width {w:g} m is larger than length {long:g} m: name the shorter edge width")
    return like(2.0 * loop / (w * (1.0 - w / (3.0 * long))), hysteresis)


def pulse_heating(
    power: ArrayLike, *, duration: float, period: float, heat_capacity: float, conductance: float
) -> FloatArray | float:
    """Largest rise of temperature during equal pulses of `power` in the periodic state, K:

        dT = (P/G) [1 - exp(-t/tau)]/[1 - exp(-p/tau)],   tau = C/G,

    of one body of heat_capacity C (J/K, > 0) that hangs on the bath by the conductance G (W/K, >= 0). power P: W, >= 0;
    duration t <= period p: s, > 0, p infinite for one pulse. Without loss (G = 0) a single pulse is meant, P t/C; for
    t = p it is P/G. It solves C dT'/dt = P(t) - G T' with equal temperatures at both ends of the period.
    """
    p = non_negative("power", power, "W")
    t, cycle = float(positive("duration", duration, "s")), float(positive("period", period, "s", infinite=True))
    if t > cycle:
        raise DomainError(f"duration {t:g} s is longer than the period {cycle:g} s")
    c = float(positive("heat capacity", heat_capacity, "J/K"))
    g = non_negative_number("conductance", conductance, "W/K")
    if g == 0.0:
        return like(p * t / c, power)
    return like(p / g * (math.expm1(-t * g / c) / math.expm1(-cycle * g / c)), power)
