"""Hall effect of one band of free carriers: density, Fermi wavevector, mean free path and mobility.

The sign convention is R_xy = V_y/I_x with the field along z: R_xy and R_H are negative for electrons. All that follows
from the density assumes a single spherical band; with several bands 1/(e |R_H|) is no density.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import hbar

from megabar.constants import ELECTRON_CHARGE
from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, positive

_MICROMETRE: Final = 1e-6
_PER_NANOMETRE: Final = 1e-9
_TO_SQUARE_CENTIMETRE: Final = 1e4


def hall_coefficient(slope: ArrayLike, *, thickness: float) -> FloatArray | float:
    """R_H = t dR_xy/dB in m^3/C, of a plate of thickness t across the field.

    slope: ohm/T, of either sign. thickness: um, > 0. DomainError otherwise.
    """
    t = float(positive("thickness", thickness, "um"))
    return like(_MICROMETRE * t * finite("slope of the Hall resistance", slope, "ohm/T"), slope)


def carrier_density(coefficient: ArrayLike) -> FloatArray | float:
    """n = 1/(e |R_H|) in 1/m^3; coefficient R_H: m^3/C, not zero (DomainError: then no density follows)."""
    r = finite("Hall coefficient", coefficient, "m^3/C")
    if np.any(r == 0.0):
        raise DomainError("a Hall coefficient of zero gives no carrier density: two kinds of carriers may cancel")
    return like(1.0 / (ELECTRON_CHARGE * np.abs(r)), coefficient)


def sheet_density(slope: ArrayLike) -> FloatArray | float:
    """n t = 1/(e |dR_xy/dB|) in 1/m^2, for a plate of unknown thickness; slope: ohm/T, not zero."""
    s = finite("slope of the Hall resistance", slope, "ohm/T")
    if np.any(s == 0.0):
        raise DomainError("a Hall slope of zero gives no carrier density: two kinds of carriers may cancel")
    return like(1.0 / (ELECTRON_CHARGE * np.abs(s)), slope)


def fermi_wavevector(density: ArrayLike) -> FloatArray | float:
    """k_F = (3 pi^2 n)^(1/3) in 1/nm, of a sphere that holds two spins; density n: 1/m^3, > 0."""
    n = positive("carrier density", density, "1/m^3")
    return like(_PER_NANOMETRE * np.cbrt(3.0 * np.pi**2 * n), density)


def mean_free_path(density: ArrayLike, *, resistivity: float) -> FloatArray | float:
    """l = hbar k_F/(e^2 n rho) in nm, Drude's on a Fermi sphere.

    density n: 1/m^3, > 0; resistivity rho: ohm m, > 0. For copper (8.47e28 1/m^3) rho l is 6.6e-16 ohm m^2.
    Source: N. W. Ashcroft and N. D. Mermin, Solid State Physics (1976), chapters 1 and 2.
    """
    n = positive("carrier density", density, "1/m^3")
    rho = float(positive("resistivity", resistivity, "ohm m"))
    k = np.asarray(fermi_wavevector(n)) / _PER_NANOMETRE
    return like(hbar * k / (ELECTRON_CHARGE**2 * n * rho) / _PER_NANOMETRE, density)


def mobility(coefficient: ArrayLike, *, resistivity: float) -> FloatArray | float:
    """|R_H|/rho in cm^2/(V s); coefficient R_H: m^3/C; resistivity rho: ohm m, > 0."""
    rho = float(positive("resistivity", resistivity, "ohm m"))
    return like(_TO_SQUARE_CENTIMETRE * np.abs(finite("Hall coefficient", coefficient, "m^3/C")) / rho, coefficient)
