"""Equations of state at one temperature: pressure, bulk modulus and work of compression from a volume, and back.

Volumes in angstrom^3 (any unit that all volumes share will do), pressures and moduli in GPa, work in GPa angstrom^3
(1 GPa angstrom^3 = 6.2415 meV). With compression V0/V > 1 the pressure is positive, with V > V0 negative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, positive

Name = Literal["birch_murnaghan", "vinet"]

_FACTOR: Final = 1.02
"""Step of the volume, as a ratio, in the search for a bracket of a pressure."""
_HALVINGS: Final = 50
"""Of a bracket 2 % wide: to rounding."""
_SMALLEST: Final = 0.05
"""V/V0 below which no equation of state means anything."""


def birch_murnaghan(
    volume: ArrayLike, *, volume_zero: float, modulus: float, modulus_derivative: float = 4.0
) -> FloatArray | float:
    """P = (3/2) K0 (x^7 - x^5) [1 + (3/4)(K0' - 4)(x^2 - 1)] with x = (V0/V)^(1/3), GPa; the third order.

    volume V, volume_zero V0 > 0; modulus K0 > 0 in GPa; modulus_derivative K0' (K0' = 4 is the second order).
    For K0' < 4 the pressure has a maximum at strong compression. DomainError for what is not positive or finite.
    Source: F. Birch, Phys. Rev. 71, 809 (1947), doi 10.1103/PhysRev.71.809.
    """
    x, k, slope = _checked(volume, volume_zero, modulus, modulus_derivative)
    return like(1.5 * k * (x**7 - x**5) * (1.0 + 0.75 * (slope - 4.0) * (x**2 - 1.0)), volume)


def birch_murnaghan_modulus(
    volume: ArrayLike, *, volume_zero: float, modulus: float, modulus_derivative: float = 4.0
) -> FloatArray | float:
    """K = -V dP/dV of `birch_murnaghan`, GPa: with x = (V0/V)^(1/3) and c = (3/4)(K0' - 4),

    K = (K0/2) [(7 x^7 - 5 x^5)(1 + c (x^2 - 1)) + 2 c x^2 (x^7 - x^5)]. Same arguments.
    """
    x, k, slope = _checked(volume, volume_zero, modulus, modulus_derivative)
    c = 0.75 * (slope - 4.0)
    bracket = (7.0 * x**7 - 5.0 * x**5) * (1.0 + c * (x**2 - 1.0)) + 2.0 * c * x**2 * (x**7 - x**5)
    return like(0.5 * k * bracket, volume)


def birch_murnaghan_work(
    volume: ArrayLike, *, volume_zero: float, modulus: float, modulus_derivative: float = 4.0
) -> FloatArray | float:
    """E(V) - E(V0) = (9/16) K0 V0 [(x^2 - 1)^3 K0' + (x^2 - 1)^2 (6 - 4 x^2)], GPa angstrom^3; x = (V0/V)^(1/3).

    The work of compression from V0, never negative near V0. Same arguments and source as `birch_murnaghan`.
    """
    x, k, slope = _checked(volume, volume_zero, modulus, modulus_derivative)
    strain = x**2 - 1.0
    return like(0.5625 * k * volume_zero * (strain**3 * slope + strain**2 * (6.0 - 4.0 * x**2)), volume)


def vinet(volume: ArrayLike, *, volume_zero: float, modulus: float, modulus_derivative: float) -> FloatArray | float:
    """P = 3 K0 (1 - y)/y^2 exp[(3/2)(K0' - 1)(1 - y)] with y = (V/V0)^(1/3), GPa.

    Arguments and errors as in `birch_murnaghan`. For solids under strong compression; no phase transitions.
    Source: P. Vinet, J. Ferrante, J. H. Rose and J. R. Smith, J. Geophys. Res. 92, 9319 (1987),
    doi 10.1029/JB092iB09p09319.
    """
    x, k, slope = _checked(volume, volume_zero, modulus, modulus_derivative)
    y = 1.0 / x
    return like(3.0 * k * (1.0 - y) / y**2 * np.exp(1.5 * (slope - 1.0) * (1.0 - y)), volume)


def vinet_modulus(
    volume: ArrayLike, *, volume_zero: float, modulus: float, modulus_derivative: float
) -> FloatArray | float:
    """K = -V dP/dV = (K0/y^2) [1 + (1 + e y)(1 - y)] exp[e (1 - y)], e = (3/2)(K0' - 1), y = (V/V0)^(1/3), GPa."""
    x, k, slope = _checked(volume, volume_zero, modulus, modulus_derivative)
    y, e = 1.0 / x, 1.5 * (slope - 1.0)
    return like(k / y**2 * (1.0 + (1.0 + e * y) * (1.0 - y)) * np.exp(e * (1.0 - y)), volume)


def vinet_work(
    volume: ArrayLike, *, volume_zero: float, modulus: float, modulus_derivative: float
) -> FloatArray | float:
    """E(V) - E(V0) = (9 K0 V0/e^2) {1 + [e (1 - y) - 1] exp[e (1 - y)]}, GPa angstrom^3; e, y as in `vinet_modulus`.

    For e = 0 (K0' = 1) the limit (9/2) K0 V0 (1 - y)^2.
    """
    x, k, slope = _checked(volume, volume_zero, modulus, modulus_derivative)
    y, e = 1.0 / x, 1.5 * (slope - 1.0)
    if e == 0.0:
        return like(4.5 * k * volume_zero * (1.0 - y) ** 2, volume)
    z = e * (1.0 - y)
    return like(9.0 * k * volume_zero / e**2 * (1.0 + (z - 1.0) * np.exp(z)), volume)


@dataclass(frozen=True)
class Law:
    """One equation of state by its functions of (volume, *, volume_zero, modulus, modulus_derivative)."""

    name: Name
    title: str
    pressure: Callable[..., FloatArray | float]
    modulus: Callable[..., FloatArray | float]
    work: Callable[..., FloatArray | float]


LAWS: Final[Mapping[str, Law]] = MappingProxyType(
    {
        law.name: law
        for law in (
            Law("birch_murnaghan", "Birch-Murnaghan", birch_murnaghan, birch_murnaghan_modulus, birch_murnaghan_work),
            Law("vinet", "Vinet", vinet, vinet_modulus, vinet_work),
        )
    }
)
"""All equations of state by name."""


def volume_at(
    pressure: ArrayLike,
    *,
    volume_zero: float,
    modulus: float,
    modulus_derivative: float = 4.0,
    law: Name = "birch_murnaghan",
) -> FloatArray | float:
    """The volume at which the equation of state has this pressure: the one reached from V0 without crossing K = 0.

    pressure: GPa, finite; negative ones down to the limit of stability. Accurate to 1e-12 of V0.
    DomainError for pressures that the law does not reach (a maximum, or the limit of stability), and unknown laws.
    """
    if law not in LAWS:
        raise DomainError(f"equation of state: found {law!r}; allowed: {', '.join(LAWS)}")
    targets = finite("pressure", pressure, "GPa")
    _checked(volume_zero, volume_zero, modulus, modulus_derivative)
    constants = {"volume_zero": volume_zero, "modulus": modulus, "modulus_derivative": modulus_derivative}
    return like(_volumes(targets, LAWS[law], constants), pressure)


def _volumes(targets: FloatArray, law: Law, constants: Mapping[str, float]) -> FloatArray:
    """Steps away from V0 until each pressure is passed, then bisection; K > 0 all the way."""
    v0 = constants["volume_zero"]
    side = np.sign(targets)
    near = np.full(targets.shape, v0)
    far = near * _FACTOR**-side
    while np.any(short := (np.asarray(law.pressure(far, **constants)) - targets) * side < 0.0):
        stuck = short & ~((np.asarray(law.modulus(far, **constants)) > 0.0) & (far > _SMALLEST * v0))
        if np.any(stuck):
            worst = float(targets[stuck][0]) if targets.ndim else float(targets)
            raise DomainError(f"{law.title}: {worst:g} GPa is beyond what this equation of state reaches")
        near = np.where(short, far, near)
        far = np.where(short, far * _FACTOR**-side, far)
    for _ in range(_HALVINGS):
        middle = 0.5 * (near + far)
        short = (np.asarray(law.pressure(middle, **constants)) - targets) * side < 0.0
        near, far = np.where(short, middle, near), np.where(short, far, middle)
    return np.where(side == 0.0, v0, 0.5 * (near + far))


def _checked(
    volume: ArrayLike, volume_zero: float, modulus: float, modulus_derivative: float
) -> tuple[FloatArray, float, float]:
    """x = (V0/V)^(1/3), K0 and K0', each checked."""
    v = positive("volume", volume, "angstrom^3")
    v0 = float(positive("volume at zero pressure", volume_zero, "angstrom^3"))
    k = float(positive("bulk modulus", modulus, "GPa"))
    slope = float(finite("derivative of the bulk modulus", modulus_derivative, "1"))
    return np.cbrt(v0 / v), k, slope
