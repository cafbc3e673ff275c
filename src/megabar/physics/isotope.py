"""The isotope effect on the critical temperature: Tc proportional to M^(-alpha)."""

from __future__ import annotations

import math

from megabar.errors import DomainError
from megabar.physics._arrays import non_negative, positive


def isotope_exponent(critical_temperature: float, *, other_temperature: float, mass: float, other_mass: float) -> float:
    """alpha = -ln(Tc1/Tc2) / ln(M1/M2), the exponent in Tc proportional to M^(-alpha).

    critical_temperature Tc1 and other_temperature Tc2: K, > 0, by one criterion and at one pressure. mass M1 and
    other_mass M2 of the element exchanged, whole: any unit, > 0 and different. Result: dimensionless; 1/2 for harmonic
    phonons without a Coulomb part, less with one, negative for an inverse effect.
    DomainError for temperatures or masses that are not positive, and for equal masses.
    Source: E. Maxwell, Phys. Rev. 78, 477 (1950); C. A. Reynolds et al., Phys. Rev. 78, 487 (1950).
    """
    first, second = _temperatures(critical_temperature, other_temperature)
    return -math.log(first / second) / _logarithm(mass, other_mass)


def isotope_exponent_error(
    critical_temperature: float,
    *,
    other_temperature: float,
    mass: float,
    other_mass: float,
    error: float,
    other_error: float,
) -> float:
    """Standard deviation of alpha: sqrt((s1/Tc1)^2 + (s2/Tc2)^2) / |ln(M1/M2)|.

    error s1 and other_error s2: K, >= 0, one standard deviation of each Tc, independent of each other; the masses are
    exact. Valid where both are small beside Tc. The other arguments and DomainError as in `isotope_exponent`.
    """
    first, second = _temperatures(critical_temperature, other_temperature)
    one = float(non_negative("error of the critical temperature", error, "K")) / first
    other = float(non_negative("error of the other critical temperature", other_error, "K")) / second
    return math.hypot(one, other) / abs(_logarithm(mass, other_mass))


def _temperatures(one: float, other: float) -> tuple[float, float]:
    return float(positive("critical temperature", one, "K")), float(positive("other critical temperature", other, "K"))


def _logarithm(mass: float, other: float) -> float:
    ratio = float(positive("mass", mass, "u")) / float(positive("other mass", other, "u"))
    if ratio == 1.0:
        raise DomainError(f"both masses are {mass:g} u: an isotope effect needs two different ones")
    return math.log(ratio)
