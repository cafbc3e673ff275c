"""Sheet resistance of a flat sample of any shape with four contacts on its edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from megabar.physics._arrays import FloatArray, like, positive


def sheet_resistance(first: ArrayLike, second: ArrayLike) -> FloatArray | float:
    """R_s solving exp(-pi R_A/R_s) + exp(-pi R_B/R_s) = 1, relative error below 1e-14.

    first R_A, second R_B: ohm, positive, shapes that broadcast; result in ohm per square.
    Equal resistances give pi R/ln 2. Valid for a simply connected sample of uniform thickness with small
    contacts on its edge. DomainError for zero, negative or NaN resistances.
    Source: L. J. van der Pauw, Philips Res. Rep. 13, 1 (1958).
    """
    a = positive("van der Pauw resistance", first, "ohm")
    b = positive("van der Pauw resistance", second, "ohm")
    mean = 0.5 * (a + b)
    # With y = pi/R_s the sum of exponentials is convex and falling, so Newton from the left
    # (y = ln 2/mean: by convexity the sum is at least 1 there) rises to the root without overshooting.
    y = np.asarray(np.log(2.0) / mean)
    for _ in range(100):
        ea, eb = np.exp(-y * a), np.exp(-y * b)
        step = (ea + eb - 1.0) / (a * ea + b * eb)
        y = y + step
        if np.all(np.abs(step) <= 1e-15 * y):
            break
    return like(np.asarray(np.pi / y), np.broadcast_arrays(first, second)[0])


def resistivity(sheet: ArrayLike, *, thickness: float) -> FloatArray | float:
    """rho = R_s t in ohm m, from ohm per square and a thickness in um. DomainError unless both are positive."""
    t = float(positive("thickness", thickness, "um"))
    return like(np.asarray(positive("sheet resistance", sheet, "ohm") * t * 1e-6), sheet)
