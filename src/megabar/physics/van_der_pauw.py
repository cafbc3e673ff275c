"""Sheet resistance of a flat sample of any shape with four contacts on its edge."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from megabar.physics._arrays import FloatArray, like, positive

_NEWTON_STEPS: Final = 8
"""The last digit stands after 5 steps for a ratio of 10 and after 7 for any ratio down to 1e-300."""


def sheet_resistance(first: ArrayLike, second: ArrayLike) -> FloatArray | float:
    """R_s solving exp(-pi R_A/R_s) + exp(-pi R_B/R_s) = 1, relative error below 1e-14.

    first R_A, second R_B: ohm, positive, shapes that broadcast; result in ohm per square.
    Equal resistances give pi R/ln 2. Valid for a simply connected sample of uniform thickness with small
    contacts on its edge. DomainError for zero, negative, infinite or NaN resistances.
    Source: L. J. van der Pauw, Philips Res. Rep. 13, 1 (1958).
    """
    a = positive("van der Pauw resistance", first, "ohm")
    b = positive("van der Pauw resistance", second, "ohm")
    large = np.maximum(a, b)
    ratio = np.minimum(a, b) / large
    # With v = pi R_large/R_s the equation reads g(v) = v + ln(1 - exp(-r v)) = 0. g rises and is concave, so Newton
    # from the left of the root (v = 2 ln 2/(1 + r), the root of van der Pauw's equation for the mean resistance)
    # never overshoots; expm1 keeps the digits when one resistance is far smaller than the other.
    v = np.asarray(2.0 * np.log(2.0) / (1.0 + ratio))
    for _ in range(_NEWTON_STEPS):
        v = v - (v + np.log(-np.expm1(-ratio * v))) / (1.0 + ratio / np.expm1(ratio * v))
    return like(np.asarray(np.pi * large / v), ratio)


def resistivity(sheet: ArrayLike, *, thickness: float) -> FloatArray | float:
    """rho = R_s t in ohm m, from ohm per square and a thickness in um. DomainError unless positive."""
    t = float(positive("thickness", thickness, "um"))
    return like(np.asarray(positive("sheet resistance", sheet, "ohm") * t * 1e-6), sheet)
