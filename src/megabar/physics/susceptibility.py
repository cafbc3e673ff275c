"""Shapes in a field, lower critical fields and what they say of a superconductor. SI: chi = -1 is perfect."""

from __future__ import annotations

import math
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import mu_0
from scipy.optimize import brentq
from scipy.special import elliprd

from megabar.constants import FLUX_QUANTUM
from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, positive

Shape = Literal["ellipsoid", "cylinder", "strip"]

TYPE_TWO: Final = 1.0 / math.sqrt(2.0)
"""kappa above which a superconductor is of type II."""

_NM: Final = 1e-9
_CUBIC_UM: Final = 1e-18


def demagnetisation_factor(
    *, along: float, across: float, other: float | None = None, shape: Shape = "ellipsoid"
) -> float:
    """N of a body in a field, 0 (needle along the field) to 1 (plate across it).

    ellipsoid   axes `along` the field, `across` and `other` (as `across` when None): exact; a sphere has 1/3
    cylinder    of height `along` its axis and the field, diameter `across`: of a perfect diamagnet,
                N = 1 - 1/(1 + q a/b), q = 4/(3 pi) + (2/(3 pi)) tanh[1.27 (b/a) ln(1 + a/b)], a = across/2, b = along/2
    strip       long, of height `along` the field and width `across`: the same with
                q = pi/4 + 0.64 tanh[0.64 (b/a) ln(1.7 + 1.2 a/b)]

    Lengths in one unit, > 0. The two approximations are exact for thin bodies. DomainError for others.
    Sources: J. A. Osborn, Phys. Rev. 67, 351 (1945); E. H. Brandt, Phys. Rev. B 60, 11939 (1999).
    """
    if shape not in get_args(Shape):
        raise DomainError(f"shape must be one of {', '.join(get_args(Shape))}, found {shape!r}")
    b, a = (
        float(positive("length along the field", along, "m")),
        float(positive("length across the field", across, "m")),
    )
    if shape == "ellipsoid":
        c = a if other is None else float(positive("third length", other, "m"))
        # Osborn's integral is Carlson's; only ratios matter.
        return float(a * c / b**2 / 3.0 * elliprd((a / b) ** 2, (c / b) ** 2, 1.0))
    if other is not None:
        raise DomainError(f"shape {shape!r} has two lengths: leave the third away")
    ratio = b / a
    if shape == "cylinder":
        q = 4.0 / (3.0 * np.pi) + 2.0 / (3.0 * np.pi) * math.tanh(1.27 * ratio * math.log1p(1.0 / ratio))
    else:
        q = 0.25 * np.pi + 0.64 * math.tanh(0.64 * ratio * math.log(1.7 + 1.2 / ratio))
    return 1.0 - 1.0 / (1.0 + q / ratio)


def body_volume(*, along: float, across: float, other: float | None = None, shape: Shape = "ellipsoid") -> float:
    """Volume of a body with the lengths of `demagnetisation_factor`, in the cube of their unit.

    pi/6 along across other (ellipsoid), pi/4 across^2 along (cylinder), along across other (strip, whose `other` is its
    length). DomainError for others.
    """
    if shape not in get_args(Shape):
        raise DomainError(f"shape must be one of {', '.join(get_args(Shape))}, found {shape!r}")
    b = float(positive("length along the field", along, "m"))
    a = float(positive("length across the field", across, "m"))
    if shape == "cylinder":
        if other is not None:
            raise DomainError("shape 'cylinder' has two lengths: leave the third away")
        return 0.25 * math.pi * a**2 * b
    if shape == "strip" and other is None:
        raise DomainError("a strip needs its length as the third")
    c = a if other is None else float(positive("third length", other, "m"))
    return (math.pi / 6.0 if shape == "ellipsoid" else 1.0) * a * b * c


def susceptibility_of_moment(moment: ArrayLike, *, field: float, volume: float) -> FloatArray | float:
    """Apparent susceptibility M/H_applied = mu0 m/(V mu0 H), SI; moment: A m^2, field mu0 H: T, not 0, volume: um^3."""
    value = finite("moment", moment, "A m^2")
    b = float(finite("field", field, "T"))
    if b == 0.0:
        raise DomainError("field must not be 0 T: there is no susceptibility in no field")
    return like(mu_0 * value / (b * _CUBIC_UM * float(positive("volume", volume, "um^3"))), moment)


def intrinsic_susceptibility(apparent: ArrayLike, *, demagnetisation: float) -> FloatArray | float:
    """chi = chi_app/(1 - N chi_app) from chi_app = M/H_applied; -chi is the shielding fraction.

    apparent: any > -1/(1 - N) by noise or more; demagnetisation N: 0 to below 1. DomainError outside.
    """
    value = finite("apparent susceptibility", apparent, "1")
    n = _demagnetisation(demagnetisation)
    if np.any(1.0 - n * value <= 0.0):
        raise DomainError(f"apparent susceptibility {float(value.max()):g} is not possible for N = {n:g}")
    return like(value / (1.0 - n * value), apparent)


def apparent_susceptibility(intrinsic: ArrayLike, *, demagnetisation: float) -> FloatArray | float:
    """chi_app = chi/(1 + N chi); intrinsic: > -1/N, demagnetisation N: 0 to below 1. DomainError outside."""
    value = finite("susceptibility", intrinsic, "1")
    n = _demagnetisation(demagnetisation)
    if np.any(1.0 + n * value <= 0.0):
        raise DomainError(f"susceptibility {float(value.min()):g} is not possible for N = {n:g}")
    return like(value / (1.0 + n * value), intrinsic)


def lower_critical_field(penetration_depth: ArrayLike, *, kappa: ArrayLike) -> FloatArray | float:
    """mu0 Hc1 = Phi0/(4 pi lambda^2) (ln kappa + 1/2), T; penetration_depth lambda: nm, > 0; kappa: > 1/sqrt(2).

    The core's part, 1/2, is that of large kappa (0.497). DomainError for type I.
    Source: C.-R. Hu, Phys. Rev. B 6, 1756 (1972).
    """
    depth, ratio = _NM * positive("penetration depth", penetration_depth, "nm"), _type_two(kappa)
    field = FLUX_QUANTUM / (4.0 * np.pi * depth**2) * (np.log(ratio) + 0.5)
    return float(field) if np.ndim(field) == 0 else np.asarray(field)


def penetration_depth_from_fields(lower: float, *, upper: float) -> float:
    """lambda in nm from mu0 Hc1 and mu0 Hc2 (T, > 0): kappa = lambda/xi with xi from Hc2, solved together.

    DomainError where no kappa above 1/sqrt(2) gives this pair.
    """
    hc1, hc2 = float(positive("lower critical field", lower, "T")), float(positive("upper critical field", upper, "T"))
    coherence = 1e9 * math.sqrt(FLUX_QUANTUM / (2.0 * np.pi * hc2))

    def excess(log_kappa: float) -> float:
        kappa = math.exp(log_kappa)
        return math.log(float(lower_critical_field(kappa * coherence, kappa=kappa)) / hc1)

    # Hc1/Hc2 = (ln kappa + 1/2)/(2 kappa^2) falls with kappa from 1 on.
    if hc1 >= 0.25 * hc2:
        raise DomainError(
            f"Hc1 = {hc1:g} T is too near Hc2 = {hc2:g} T: kappa would be below 1, where Hc1 has no such form"
        )
    return coherence * math.exp(float(brentq(excess, 0.0, 60.0, xtol=1e-14)))


def thermodynamic_field(penetration_depth: ArrayLike, *, coherence_length: ArrayLike) -> FloatArray | float:
    """mu0 Hc = Phi0/(2 sqrt(2) pi lambda xi), T; both lengths: nm, > 0."""
    depth = _NM * positive("penetration depth", penetration_depth, "nm")
    length = _NM * positive("coherence length", coherence_length, "nm")
    field = FLUX_QUANTUM / (2.0 * math.sqrt(2.0) * np.pi * depth * length)
    return float(field) if np.ndim(field) == 0 else np.asarray(field)


def penetration_field(lower: float, *, along: float, across: float, shape: Literal["cylinder", "strip"]) -> float:
    """mu0 H at which vortices enter a flat body without bulk pinning, T: Hc1 tanh sqrt(0.67 b/a) for a cylinder,
    Hc1 tanh sqrt(0.36 b/a) for a strip, lengths as in `demagnetisation_factor`.

    Source: E. H. Brandt, Phys. Rev. B 60, 11939 (1999).
    """
    if shape not in ("cylinder", "strip"):
        raise DomainError(f"shape must be cylinder or strip, found {shape!r}")
    ratio = float(positive("length along the field", along, "m")) / float(positive("length across", across, "m"))
    hc1 = float(positive("lower critical field", lower, "T"))
    return hc1 * math.tanh(math.sqrt((0.67 if shape == "cylinder" else 0.36) * ratio))


def lower_from_penetration(
    penetration: float, *, along: float, across: float, other: float | None = None, shape: Shape = "ellipsoid"
) -> float:
    """mu0 Hc1 from the applied field at which the first vortices enter, T; lengths as in `demagnetisation_factor`.

    An ellipsoid has H/(1 - N) at its equator; for cylinder and strip `penetration_field` is turned round, so that
    their edges count. penetration: T, > 0.
    """
    first = float(positive("penetration field", penetration, "T"))
    if shape == "ellipsoid":
        return first / (1.0 - demagnetisation_factor(along=along, across=across, other=other))
    return first / penetration_field(1.0, along=along, across=across, shape=shape)


def _demagnetisation(value: float) -> float:
    if not 0.0 <= value < 1.0:
        raise DomainError(f"demagnetisation factor must lie within 0 .. 1 (1 excluded), found {value}")
    return float(value)


def _type_two(kappa: ArrayLike) -> FloatArray:
    ratio = positive("kappa", kappa, "1")
    if np.any(ratio <= TYPE_TWO):
        raise DomainError(f"kappa {float(ratio.min()):g} is not above 1/sqrt(2): type I has no lower critical field")
    return ratio
