"""Figure of merit of a superconductor under pressure: how much Tc for how much pressure.

S = Tc/sqrt(T0^2 + P^2), temperatures in K and pressures in GPa taken as plain numbers, T0 = 39 K of MgB2, so that MgB2
at ambient pressure has S = 1. The number depends on these units: in other ones the order of materials is another.

Source: C. J. Pickard, I. Errea and M. I. Eremets, Annu. Rev. Condens. Matter Phys. 11, 57 (2020),
doi 10.1146/annurev-conmatphys-031218-013413.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from megabar.physics._arrays import FloatArray, like, non_negative

MAGNESIUM_DIBORIDE: Final = 39.0
"""T0 in K: Tc of MgB2 at ambient pressure."""


def figure_of_merit(critical_temperature: ArrayLike, *, pressure: ArrayLike) -> FloatArray | float:
    """S = Tc/sqrt(39^2 + P^2) of `critical_temperature` Tc (K, >= 0) at `pressure` P (GPa, >= 0); no unit.

    The two broadcast; scalars give a float. DomainError for what is negative or not finite.
    """
    tc = non_negative("critical temperature", critical_temperature, "K")
    p = non_negative("pressure", pressure, "GPa")
    return _like(tc / np.hypot(MAGNESIUM_DIBORIDE, p), critical_temperature, pressure)


def critical_temperature_at_merit(pressure: ArrayLike, *, merit: ArrayLike) -> FloatArray | float:
    """Tc = S sqrt(39^2 + P^2) in K: the isoline of the figure of merit S (`merit`, >= 0) at `pressure` P (GPa, >= 0).

    The two broadcast; scalars give a float. DomainError for what is negative or not finite.
    """
    p = non_negative("pressure", pressure, "GPa")
    s = non_negative("figure of merit", merit, "1")
    return _like(s * np.hypot(MAGNESIUM_DIBORIDE, p), pressure, merit)


def _like(result: FloatArray, one: ArrayLike, other: ArrayLike) -> FloatArray | float:
    return like(result, one if np.ndim(one) else other)
