"""A metallic contact under a needle: its size from its resistance, its transport regime, the pressure under the tip.

Lengths in nm, resistivities in ohm m, resistances in ohm, pressures and moduli in GPa, forces in nN (= GPa nm^2).
The contact is a circular hole of diameter d = 2a in an insulating plane between two equal metals; K = l/a is Knudsen's
number with the mean free path l and the RADIUS a.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants as _codata

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, non_negative, positive

Factor = Literal["nikolic", "wexler", "boltzmann"]
Shape = Literal["flat punch", "cone", "sphere", "paraboloid"]
Regime = Literal["ballistic", "intermediate", "thermal"]

KNUDSEN_LIMIT: Final[Mapping[Factor, float]] = MappingProxyType(
    {"nikolic": 0.83 / 1.33, "wexler": 9.0 * math.pi**2 / 128.0, "boltzmann": 64.0 / (9.0 * math.pi**2)}
)
"""What each factor gamma(K) tends to for K -> infinity: 0.624, 0.694, 0.7205; all tend to 1 for K -> 0."""

_BEND: Final[Mapping[Factor, float]] = MappingProxyType({"nikolic": 1.33, "wexler": 1.0, "boltzmann": 1.2})

_NM: Final = 1e-9
_SHARVIN: Final = 16.0 / (3.0 * math.pi)
_RESISTANCE_QUANTUM: Final = _codata.h / _codata.e**2

_STEPS: Final = 12
_NODES: Final = 64


def maxwell_resistance(diameter: ArrayLike, *, resistivity: ArrayLike) -> FloatArray | float:
    """R = rho/d: a contact much wider than the mean free path (diffusive transport, Maxwell 1873).

    diameter d: nm, > 0; resistivity rho: ohm m, > 0; shapes broadcast; result in ohm.
    DomainError for arguments that are not positive and finite. Source: R. Holm, Electric Contacts (1967).
    """
    d = positive("diameter", diameter, "nm") * _NM
    return _result(positive("resistivity", resistivity, "ohm m") / d, diameter, resistivity)


def sharvin_resistance(diameter: ArrayLike, *, resistivity: ArrayLike, mean_free_path: ArrayLike) -> FloatArray | float:
    """R = 16 rho l/(3 pi d^2): a contact much narrower than the mean free path (ballistic transport).

    diameter d, mean_free_path l: nm, > 0; resistivity rho: ohm m, > 0; shapes broadcast; result in ohm. rho l is a
    constant of the metal, so that R does not depend on how clean it is.
    DomainError for arguments that are not positive and finite. Source: Yu. V. Sharvin, Sov. Phys. JETP 21, 655 (1965),
    with the prefactor of the gas of free electrons.
    """
    d, rho, path = _lengths(diameter, resistivity, mean_free_path)
    return _result(_SHARVIN * rho * path / d**2, diameter, resistivity, mean_free_path)


def sharvin_resistance_of_free_electrons(diameter: ArrayLike, *, fermi_wavenumber: ArrayLike) -> FloatArray | float:
    """R = (h/2e^2) 4/(k_F a)^2 = (2h/e^2)/(k_F a)^2 with the radius a = d/2.

    There are k_F^2 pi a^2/(4 pi) = (k_F a)^2/4 channels of 2e^2/h each. The same as `sharvin_resistance` with the rho l
    of free electrons, `path_product`. diameter d: nm, > 0; fermi_wavenumber k_F: 1/nm, > 0; result in ohm.
    S2, SI section V, prints this formula and rho/(2a) and calls a the contact diameter: both are right for the radius.
    DomainError for arguments that are not positive and finite.
    """
    d = positive("diameter", diameter, "nm")
    k = positive("Fermi wavenumber", fermi_wavenumber, "1/nm")
    return _result(2.0 * _RESISTANCE_QUANTUM / (0.5 * k * d) ** 2, diameter, fermi_wavenumber)


def path_product(fermi_wavenumber: ArrayLike) -> FloatArray | float:
    """rho l = (3 pi/2) (h/e^2)/k_F^2 of free electrons, in ohm m^2 (about 1e-15 for good metals).

    From 1/rho = n e^2 l/(hbar k_F) with n = k_F^3/(3 pi^2). fermi_wavenumber k_F: 1/nm, > 0.
    DomainError for arguments that are not positive and finite.
    """
    k = positive("Fermi wavenumber", fermi_wavenumber, "1/nm") / _NM
    return _result(1.5 * math.pi * _RESISTANCE_QUANTUM / k**2, fermi_wavenumber)


def fermi_wavenumber(product: ArrayLike) -> FloatArray | float:
    """k_F in 1/nm of free electrons with this product rho l (ohm m^2, > 0); the inverse of `path_product`."""
    value = positive("product of resistivity and mean free path", product, "ohm m^2")
    return _result(np.sqrt(1.5 * math.pi * _RESISTANCE_QUANTUM / value) * _NM, product)


def wexler_factor(knudsen_number: ArrayLike, *, factor: Factor = "nikolic") -> FloatArray | float:
    """gamma(K), the share of Maxwell's resistance that adds to Sharvin's.

    "nikolic"    (1 + 0.83 K)/(1 + 1.33 K), the fit of B. Nikolic and P. B. Allen, Phys. Rev. B 60, 3963 (1999);
                 tends to 0.624, which is a property of the fit
    "wexler"     (1 + g K)/(1 + K), g = 9 pi^2/128 = 0.694: only the two limits, 1 and g, are those of G. Wexler, Proc.
                 Phys. Soc. 89, 927 (1966), as later papers quote them; the simplest rational function joins them,
                 because his variational integral could not be checked in the original. It is not
                 (2/pi) int_0^inf exp(-K x) sin(x)/x dx, which tends to 0 and is not his
    "boltzmann"  (1 + 1.2 g K)/(1 + 1.2 K), g = 64/(9 pi^2) = 0.7205: fitted here to a simulation of electrons that
                 scatter isotropically and are mirrored by the plane; g is exact to first order in a/l

    In resistance "boltzmann" and "wexler" agree with that simulation to 0.5 %, "nikolic" lies up to 3.7 % (at K = 0.8)
    below it (docs/decisions/contact-size.md). knudsen_number K = l/a: >= 0, infinite allowed.
    DomainError for other arguments and unknown names.
    """
    k = non_negative("Knudsen number", knudsen_number, "dimensionless", infinite=True)
    limit, bend = _constants(factor)
    return _result(_gamma(k, limit, bend), knudsen_number)


def wexler_resistance(
    diameter: ArrayLike, *, resistivity: ArrayLike, mean_free_path: ArrayLike, factor: Factor = "nikolic"
) -> FloatArray | float:
    """R = 16 rho l/(3 pi d^2) + gamma(K) rho/d, K = 2l/d: from Sharvin's to Maxwell's contact.

    Arguments, units and errors as in `sharvin_resistance`; factor: see `wexler_factor`.
    Source: G. Wexler, Proc. Phys. Soc. 89, 927 (1966).
    """
    d, rho, path = _lengths(diameter, resistivity, mean_free_path)
    gamma = wexler_factor(2.0 * path / d, factor=factor)
    return _result(_SHARVIN * rho * path / d**2 + gamma * rho / d, diameter, resistivity, mean_free_path)


def maxwell_diameter(resistance: ArrayLike, *, resistivity: ArrayLike) -> FloatArray | float:
    """d = rho/R in nm, the inverse of `maxwell_resistance`; resistance: ohm, > 0."""
    r = positive("resistance", resistance, "ohm")
    return _result(positive("resistivity", resistivity, "ohm m") / r / _NM, resistance, resistivity)


def sharvin_diameter(resistance: ArrayLike, *, resistivity: ArrayLike, mean_free_path: ArrayLike) -> FloatArray | float:
    """d = sqrt(16 rho l/(3 pi R)) in nm, the inverse of `sharvin_resistance`; resistance: ohm, > 0."""
    r = positive("resistance", resistance, "ohm")
    rho = positive("resistivity", resistivity, "ohm m")
    path = positive("mean free path", mean_free_path, "nm") * _NM
    return _result(np.sqrt(_SHARVIN * rho * path / r) / _NM, resistance, resistivity, mean_free_path)


def wexler_diameter(
    resistance: ArrayLike, *, resistivity: ArrayLike, mean_free_path: ArrayLike, factor: Factor = "nikolic"
) -> FloatArray | float:
    """The d in nm for which `wexler_resistance` gives R, with a relative error below 1e-13.

    resistance: ohm, > 0; the other arguments as in `wexler_resistance`; shapes broadcast.
    With K = 2l/d the equation is (8/3pi) K^2 + gamma(K) K = 2 l R/rho. The left side rises and bends upwards, so that
    Newton's method falls without a miss from K_0, the root with gamma's limit in place of gamma.
    DomainError for arguments that are not positive and finite and for unknown factors.
    """
    r = positive("resistance", resistance, "ohm")
    rho = positive("resistivity", resistivity, "ohm m")
    path = positive("mean free path", mean_free_path, "nm") * _NM
    limit, bend = _constants(factor)
    target = 2.0 * path * r / rho
    square = 8.0 / (3.0 * math.pi)
    k = 2.0 * target / (limit + np.sqrt(limit**2 + 4.0 * square * target))
    for _ in range(_STEPS):
        # d(K gamma)/dK = limit + (1 - limit)/(1 + bend K)^2
        slope = 2.0 * square * k + limit + (1.0 - limit) / (1.0 + bend * k) ** 2
        step = (square * k**2 + k * _gamma(k, limit, bend) - target) / slope
        k = k - step
        if np.all(np.abs(step) <= 1e-14 * k):
            break
    return _result(2.0 * path / k / _NM, resistance, resistivity, mean_free_path)


def knudsen(diameter: ArrayLike, *, mean_free_path: ArrayLike) -> FloatArray | float:
    """K = l/a = 2l/d; diameter, mean_free_path: nm, > 0. DomainError for others."""
    d = positive("diameter", diameter, "nm")
    return _result(2.0 * positive("mean free path", mean_free_path, "nm") / d, diameter, mean_free_path)


def regime_of(
    diameter: ArrayLike, *, elastic: ArrayLike, inelastic: ArrayLike | None = None
) -> Regime | NDArray[np.str_]:
    """The transport regime of a contact of radius a = d/2: "ballistic", "intermediate" or "thermal".

    ballistic      a < l_el (and a < l_in where it is known): electrons cross without a collision; spectroscopy
    intermediate   not ballistic, and a < sqrt(l_el l_in/3), the inelastic diffusion length, or l_in unknown:
                   diffusive, the energy is kept while an electron crosses
    thermal        otherwise: the contact heats up and no energy can be read off

    diameter, elastic l_el, inelastic l_in: nm, > 0; shapes broadcast; a string for scalars, else an array of strings.
    DomainError for arguments that are not positive and finite.
    Source: A. M. Duif, A. G. M. Jansen and P. Wyder, J. Phys.: Condens. Matter 1, 3157 (1989).
    """
    a = 0.5 * positive("diameter", diameter, "nm")
    elastic_length = positive("elastic mean free path", elastic, "nm")
    if inelastic is None:
        regimes = np.where(a < elastic_length, "ballistic", "intermediate")
    else:
        inelastic_length = positive("inelastic mean free path", inelastic, "nm")
        diffusion = np.sqrt(elastic_length * inelastic_length / 3.0)
        ballistic = a < np.minimum(elastic_length, inelastic_length)
        regimes = np.where(ballistic, "ballistic", np.where(a < diffusion, "intermediate", "thermal"))
    return regimes.item() if regimes.ndim == 0 else regimes


def effective_modulus(
    modulus: ArrayLike, *, poisson: ArrayLike, tip_modulus: ArrayLike = math.inf, tip_poisson: ArrayLike = 0.0
) -> FloatArray | float:
    """E* with 1/E* = (1 - nu_1^2)/E_1 + (1 - nu_2^2)/E_2, of two bodies pressed together (S2, SI eqs 2 and 5).

    modulus E_1, tip_modulus E_2: GPa, > 0, infinite for a rigid body (the tip by default; not both);
    poisson, tip_poisson: -1 < nu <= 0.5; shapes broadcast; result in GPa. DomainError for others.
    """
    first = positive("modulus", modulus, "GPa", infinite=True)
    second = positive("tip modulus", tip_modulus, "GPa", infinite=True)
    compliance = (1.0 - _poisson(poisson) ** 2) / first + (1.0 - _poisson(tip_poisson) ** 2) / second
    if not np.all(compliance > 0.0):
        raise DomainError("both bodies are rigid: give a finite modulus for one of them")
    return _result(1.0 / compliance, modulus, poisson, tip_modulus, tip_poisson)


def indentation_pressure(
    radius: ArrayLike,
    *,
    contact_radius: ArrayLike,
    modulus: ArrayLike,
    shape: Shape,
    depth: ArrayLike | None = None,
    angle: ArrayLike | None = None,
    tip_radius: ArrayLike | None = None,
) -> FloatArray | float:
    """The pressure p(r) in GPa under a needle pressed on a flat elastic body, without friction or adhesion.

    "flat punch"   p = E* d/(pi sqrt(a^2 - r^2)), needs depth d (nm); infinite at r = a
    "cone"         p = (E* tan(t)/2) arcosh(a/r), needs angle t between flank and SURFACE (rad); infinite at r = 0
    "sphere"       p = (E*/pi) int_r^a [x R/(R^2 - x^2) + artanh(x/R)] dx/sqrt(x^2 - r^2), needs tip_radius R > a (nm)
    "paraboloid"   p = 2E*/(pi R) sqrt(a^2 - r^2), needs tip_radius R (nm): Hertz's limit of the sphere, a << R

    radius r: nm, >= 0, zero pressure beyond the contact radius a (nm, > 0); modulus E*: GPa, > 0, see
    `effective_modulus`; shapes broadcast. The sphere's integral has a relative error below 1e-12 up to a = 0.995 R.
    Elastic only: the real pressure ends at the strength of the needle, see `mean_pressure`.
    DomainError for arguments outside these ranges, one that the shape needs and lacks, or one that it does not know.
    Source: V. L. Popov, M. Hess and E. Willert, Handbook of Contact Mechanics (2019), chapter 2. S2 (SI section I)
    misprints it: eq. 1 lacks d, eq. 4 the square root, and a, there called a diameter, is the radius.
    """
    r = non_negative("radius", radius, "nm")
    a = positive("contact radius", contact_radius, "nm")
    e = positive("modulus", modulus, "GPa")
    own = _own_parameter(shape, depth, angle, tip_radius)
    inside = r <= a
    r_in, a_in, e_in, own_in = np.broadcast_arrays(np.where(inside, r, 0.5 * a), a, e, own)
    with np.errstate(divide="ignore"):
        if shape == "flat punch":
            pressure = e_in * own_in / (math.pi * _leg(a_in, r_in))
        elif shape == "cone":
            pressure = 0.5 * e_in * np.tan(own_in) * np.arcsinh(_leg(a_in, r_in) / r_in)
        elif shape == "paraboloid":
            pressure = 2.0 * e_in / (math.pi * own_in) * _leg(a_in, r_in)
        else:
            pressure = _sphere_pressure(r_in, a_in, e_in, own_in)
    return _result(np.where(inside, pressure, 0.0), radius, contact_radius, modulus, *_given(depth, angle, tip_radius))


def indentation_force(
    contact_radius: ArrayLike,
    *,
    modulus: ArrayLike,
    shape: Shape,
    depth: ArrayLike | None = None,
    angle: ArrayLike | None = None,
    tip_radius: ArrayLike | None = None,
) -> FloatArray | float:
    """The force in nN that makes a contact of radius a: the integral of 2 pi r p(r) of `indentation_pressure`.

    "flat punch" 2 E* a d; "cone" pi a^2 E* tan(t)/2; "paraboloid" 4 E* a^3/(3R);
    "sphere" E* [(R^2 + a^2) artanh(a/R) - a R].
    Arguments, units, errors and source as there; relative error below 1e-12.
    """
    a = positive("contact radius", contact_radius, "nm")
    e = positive("modulus", modulus, "GPa")
    own = _own_parameter(shape, depth, angle, tip_radius)
    if shape == "flat punch":
        force = 2.0 * e * a * own
    elif shape == "cone":
        force = 0.5 * math.pi * a**2 * e * np.tan(own)
    elif shape == "paraboloid":
        force = 4.0 * e * a**3 / (3.0 * own)
    else:
        force = e * own**2 * _sphere_force(_below_tip(a, own))
    return _result(force, contact_radius, modulus, *_given(depth, angle, tip_radius))


@dataclass(frozen=True)
class MeanPressure:
    """The mean pressure under a needle; floats, or arrays of one shape.

    pressure: GPa, what can stand there; load_over_area: GPa, force over area; capped: whether the strength of the
    needle is below that, so that the needle yields and blunts until its contact is large enough.
    """

    pressure: FloatArray | float
    load_over_area: FloatArray | float
    capped: NDArray[np.bool_] | bool


def mean_pressure(force: ArrayLike, *, contact_radius: ArrayLike, strength: ArrayLike = math.inf) -> MeanPressure:
    """The smaller of F/(pi a^2) and the strength of the needle.

    force F: nN, >= 0 (100 mg weigh 981 micronewton, 9.81e5 nN); contact_radius a: nm, > 0; strength: GPa, > 0, infinite
    where no limit is known (a hardness, about three times the yield stress, is the fairer limit of a blunt contact);
    shapes broadcast. DomainError for others.
    """
    a = positive("contact radius", contact_radius, "nm")
    nominal = non_negative("force", force, "nN") / (math.pi * a**2)
    limit = positive("strength", strength, "GPa", infinite=True)
    arguments = (force, contact_radius, strength)
    capped = np.asarray(nominal > limit)
    return MeanPressure(
        _result(np.minimum(nominal, limit), *arguments),
        _result(np.broadcast_to(nominal, capped.shape).copy(), *arguments),
        bool(capped) if capped.ndim == 0 else capped,
    )


def _lengths(diameter: ArrayLike, resistivity: ArrayLike, path: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Diameter in m, resistivity in ohm m, mean free path in m."""
    return (
        positive("diameter", diameter, "nm") * _NM,
        positive("resistivity", resistivity, "ohm m"),
        positive("mean free path", path, "nm") * _NM,
    )


def _constants(factor: Factor) -> tuple[float, float]:
    """(g, b) of gamma = (1 + b g K)/(1 + b K)."""
    if factor not in get_args(Factor):
        raise DomainError(f"factor must be one of {', '.join(get_args(Factor))}, found {factor!r}")
    return KNUDSEN_LIMIT[factor], _BEND[factor]


def _gamma(k: FloatArray, limit: float, bend: float) -> FloatArray:
    """(1 + b g k)/(1 + b k), written so that infinite k gives g."""
    return np.asarray(limit + (1.0 - limit) / (1.0 + bend * k))


def _poisson(value: ArrayLike) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    good = (array > -1.0) & (array <= 0.5)
    if not np.all(good):
        raise DomainError(f"Poisson's ratio must lie above -1 and not above 0.5, found {array[~good].flat[0]:g}")
    return array


def _own_parameter(
    shape: Shape, depth: ArrayLike | None, angle: ArrayLike | None, tip_radius: ArrayLike | None
) -> FloatArray:
    """The one parameter that the shape needs; DomainError when it is missing or another is given."""
    needed = {"flat punch": "depth", "cone": "angle", "sphere": "tip_radius", "paraboloid": "tip_radius"}
    if shape not in needed:
        raise DomainError(f"shape must be one of {', '.join(needed)}, found {shape!r}")
    given = {"depth": depth, "angle": angle, "tip_radius": tip_radius}
    found = [name for name, value in given.items() if value is not None]
    if found != [needed[shape]]:
        raise DomainError(f"shape {shape!r} needs {needed[shape]} alone, found {', '.join(found) or 'none'}")
    value = given[needed[shape]]
    assert value is not None  # by the comparison above
    if shape == "cone":
        array = positive("angle", value, "rad")
        if not np.all(array < 0.5 * math.pi):
            raise DomainError(f"angle between flank and surface must be below pi/2 (rad), found {array.max():g}")
        return array
    return positive(needed[shape].replace("_", " "), value, "nm")


def _given(*values: ArrayLike | None) -> list[ArrayLike]:
    return [value for value in values if value is not None]


def _leg(long: FloatArray, short: FloatArray) -> FloatArray:
    """sqrt(long^2 - short^2) without cancellation where both are close."""
    return np.sqrt((long - short) * (long + short))


def _below_tip(contact: FloatArray, tip: FloatArray) -> FloatArray:
    """a/R; DomainError unless the contact radius is below that of the sphere."""
    ratio = np.asarray(contact / tip)
    if not np.all(ratio < 1.0):
        raise DomainError(f"contact radius must be below the tip radius of a sphere, found {ratio.max():g} of it")
    return ratio


def _sphere_pressure(r: FloatArray, a: FloatArray, modulus: FloatArray, tip: FloatArray) -> FloatArray:
    """The sphere's integral with x^2 = r^2 + s^2, which takes its singular edge away.

    The first part has a closed form; the second, int_0^S artanh(x/R)/x ds, is smooth for s = S sin(phi).
    """
    _below_tip(a, tip)
    chord, height = _leg(a, r), _leg(tip, r)
    closed = tip / height * np.arctanh(chord / height)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    phi = 0.25 * math.pi * (nodes + 1.0)
    s = chord[..., None] * np.sin(phi)
    x = np.hypot(r[..., None], s)
    ratio = x / tip[..., None]
    smooth = np.where(ratio > 1e-8, np.arctanh(ratio) / np.maximum(ratio, 1e-8), 1.0) / tip[..., None]
    rest = 0.25 * math.pi * np.sum(weights * smooth * chord[..., None] * np.cos(phi), axis=-1)
    return np.asarray(modulus / math.pi * (closed + rest))


def _sphere_force(ratio: FloatArray) -> FloatArray:
    """(1 + q^2) artanh(q) - q; by its series for small q, where the difference would lose its digits."""
    q = np.asarray(ratio)
    with np.errstate(invalid="ignore"):
        exact = (1.0 + q**2) * np.arctanh(q) - q
    powers = np.arange(1, 12)
    # (1 + q^2) sum q^(2n+1)/(2n+1) - q = sum q^(2n+1) (1/(2n+1) + 1/(2n-1))
    terms = 1.0 / (2.0 * powers + 1.0) + 1.0 / (2.0 * powers - 1.0)
    series = np.sum(terms * q[..., None] ** (2 * powers + 1), axis=-1)
    return np.where(q < 0.2, series, exact)


def _result(value: ArrayLike, *arguments: ArrayLike) -> FloatArray | float:
    scalar = all(np.ndim(argument) == 0 for argument in arguments)
    return float(np.asarray(value)) if scalar else np.asarray(value, dtype=np.float64)
