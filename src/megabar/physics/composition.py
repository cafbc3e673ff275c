"""Composition from volumes: hydrogen per metal atom, and the share of a second metal by Zen's and Vegard's rules.

Volumes in angstrom^3 per formula unit (or per atom), all at the same pressure. A volume gives a composition only by a
convention for what a hydrogen atom takes up; conventions differ by one H per metal atom and more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, like, positive
from megabar.physics.equation_of_state import volume_at

MOLECULAR_HYDROGEN: Final = {"volume_zero": 25.433 / 0.602214076, "modulus": 0.162, "modulus_derivative": 6.813}
"""Vinet's law of solid H2 at 300 K, angstrom^3 per molecule (25.433 cm^3/mol) and GPa.

Source: P. Loubeyre et al., Nature 383, 702 (1996), doi 10.1038/383702a0; measured to 109 GPa.
"""
MOLECULAR_HYDROGEN_HIGHEST: Final = 109.0
"""GPa, up to where that law was measured."""


def half_molecular_volume(pressure: ArrayLike) -> FloatArray | float:
    """Half the volume of an H2 molecule in solid hydrogen at a pressure (GPa, > 0), angstrom^3 per H.

    1.98 at 150 GPa, beyond the 109 GPa that were measured. See `MOLECULAR_HYDROGEN` for the source.
    """
    p = positive("pressure", pressure, "GPa")
    return like(0.5 * np.asarray(volume_at(p, law="vinet", **MOLECULAR_HYDROGEN)), pressure)


def hydrogen_content(volume: ArrayLike, *, metal_volume: ArrayLike, hydrogen_volume: ArrayLike) -> FloatArray | float:
    """x = (V - V_M)/V_H of MH_x.

    volume V: per formula unit; metal_volume V_M: per metal atom; hydrogen_volume V_H: per H atom by some convention;
    all > 0 at one pressure. Negative results mean that the metal alone takes more. DomainError otherwise.
    """
    v = positive("volume per formula unit", volume, "angstrom^3")
    metal = positive("volume of the metal", metal_volume, "angstrom^3")
    hydrogen = positive("volume of hydrogen", hydrogen_volume, "angstrom^3")
    return like((v - metal) / hydrogen, volume)


def content_from_reference(
    volume: ArrayLike, *, metal_volume: ArrayLike, reference_volume: ArrayLike, reference_content: float
) -> FloatArray | float:
    """x = x_ref (V - V_M)/(V_ref - V_M): hydrogen takes what it takes in a hydride of known content.

    reference_volume V_ref per formula unit of MH_x_ref, larger than V_M (DomainError); the rest as in
    `hydrogen_content`.
    """
    known = float(positive("hydrogen content of the reference", reference_content, "1"))
    metal = positive("volume of the metal", metal_volume, "angstrom^3")
    excess = positive("volume of the reference", reference_volume, "angstrom^3") - metal
    if not np.all(excess > 0.0):
        raise DomainError("the reference hydride must have a larger volume than its metal alone")
    return hydrogen_content(volume, metal_volume=metal_volume, hydrogen_volume=excess / known)


def zen_fraction(volume: ArrayLike, *, first: ArrayLike, second: ArrayLike) -> FloatArray | float:
    """y of V = (1 - y) V1 + y V2: volumes add (Zen's rule); 0 is the first end member, 1 the second.

    Source: E-an Zen, Am. Mineral. 41, 523 (1956). DomainError for equal end members.
    """
    v, one, two = _members(volume, first, second)
    return like((v - one) / (two - one), volume)


def vegard_fraction(volume: ArrayLike, *, first: ArrayLike, second: ArrayLike) -> FloatArray | float:
    """y of V^(1/3) = (1 - y) V1^(1/3) + y V2^(1/3): lengths add (Vegard's rule), for cells of equal shape.

    Source: L. Vegard, Z. Phys. 5, 17 (1921). DomainError for equal end members.
    """
    v, one, two = (np.cbrt(part) for part in _members(volume, first, second))
    return like((v - one) / (two - one), volume)


def _members(volume: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    v = positive("volume", volume, "angstrom^3")
    one = positive("volume of the first end member", first, "angstrom^3")
    two = positive("volume of the second end member", second, "angstrom^3")
    if np.any(one == two):
        raise DomainError("end members of equal volume: the volume tells nothing about the composition")
    return v, one, two
