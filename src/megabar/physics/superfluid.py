"""Superfluid density and London penetration depth against temperature, for a gap without and with nodes."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, like, non_negative, non_negative_number, positive
from megabar.physics._smearing import gauss_legendre
from megabar.physics.bcs import reduced_gap

Pairing = Literal["s", "d"]

_FARTHEST: Final = 40.0
"""Energies beyond this many kT above the gap hold nothing."""
_ENERGIES: Final = 120
_ANGLES: Final = 160


def superfluid_density(
    temperature: ArrayLike, *, gap_zero: float, critical_temperature: float, pairing: Pairing = "s"
) -> FloatArray | float:
    """rho = (lambda(0)/lambda(T))^2 of a clean London superconductor; 0 from Tc on, 1 at T = 0.

        rho = 1 - < 2 cos^2(phi) (1/2kT) int_0^inf dE / cosh^2(sqrt(E^2 + Delta(T, phi)^2)/2kT) >,

    the mean over phi of 1 with Delta for "s"; Delta(T) cos(2 phi) on a cylindrical Fermi surface for "d", for which
    cos^2 averages to the same. Delta(T) = gap_zero delta(T/Tc) has the weak-coupling shape in both.
    temperature: K, >= 0; gap_zero: meV, > 0, the largest over the angles; critical_temperature: K, > 0. Error below
    1e-8. DomainError outside. Source: B. S. Chandrasekhar and D. Einzel, Ann. Phys. 505, 535 (1993).
    """
    if pairing not in get_args(Pairing):
        raise DomainError(f"pairing must be one of {', '.join(get_args(Pairing))}, found {pairing!r}")
    tc = float(positive("critical temperature", critical_temperature, "K"))
    zero = float(positive("gap at zero temperature", gap_zero, "meV"))
    t = non_negative("temperature", temperature, "K")
    flat = t.ravel()
    result = np.where(flat < tc, 1.0, 0.0)
    inside = (flat > 0.0) & (flat < tc)
    ratio = zero * reduced_gap(flat[inside] / tc) / (BOLTZMANN_MEV * flat[inside])
    shape = np.ones(1) if pairing == "s" else np.abs(np.cos(2.0 * _angles()[0]))
    weight = np.ones(1) if pairing == "s" else _angles()[1]
    result[inside] = 1.0 - np.array([float(weight @ _excited(x * shape)) for x in ratio])
    return like(result.reshape(t.shape), temperature)


def penetration_depth(
    temperature: ArrayLike, *, depth_zero: float, gap_zero: float, critical_temperature: float, pairing: Pairing = "s"
) -> FloatArray | float:
    """lambda = depth_zero/sqrt(rho) in nm, infinite from Tc on; depth_zero: nm, > 0; see `superfluid_density`."""
    rho = np.asarray(
        superfluid_density(temperature, gap_zero=gap_zero, critical_temperature=critical_temperature, pairing=pairing)
    )
    zero = non_negative_number("penetration depth at zero temperature", depth_zero, "nm")
    with np.errstate(divide="ignore"):
        return like(zero / np.sqrt(rho), temperature)


@lru_cache(maxsize=1)
def _angles() -> tuple[FloatArray, FloatArray]:
    """Nodes within 0 .. pi/4, where cos(2 phi) takes every value once, denser at the node; weights of a mean."""
    x, w = gauss_legendre(_ANGLES)
    u = 0.5 * (x + 1.0)
    # phi = pi/4 (1 - u^3): the excitations sit where the gap is below kT, next to u = 0.
    return 0.25 * np.pi * (1.0 - u**3), 1.5 * u**2 * w


def _excited(gap: FloatArray) -> FloatArray:
    """(1/2kT) int_0^inf dE / cosh^2(sqrt(E^2 + Delta^2)/2kT) for gaps in units of kT."""
    x, w = gauss_legendre(_ENERGIES)
    # E = sqrt(y (y + 2 Delta)) with y = u^2 from the gap up takes the square root away.
    reach = np.sqrt(_FARTHEST)
    u = 0.5 * reach * (x + 1.0)
    y, dy = u**2, reach * u * w
    total = gap[:, None] + y
    energy = np.sqrt(y * (y + 2.0 * gap[:, None]))
    decay = np.exp(-total)
    kernel = 2.0 * decay / (1.0 + decay) ** 2
    return np.asarray(np.sum(dy * kernel * total / energy, axis=1))
