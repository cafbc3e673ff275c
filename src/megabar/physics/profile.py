"""Shapes of diffraction lines: Gauss, Lorentz and pseudo-Voigt of unit area, and widths against the angle."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, like, positive

LN2: Final = float(np.log(2.0))
_GAUSS: Final = 2.0 * np.sqrt(LN2 / np.pi)


def gaussian(x: ArrayLike, *, centre: float, fwhm: float) -> FloatArray | float:
    """G = (2/H) sqrt(ln 2/pi) exp(-4 ln 2 ((x - x0)/H)^2), of unit area; x, centre and H in one unit, H > 0."""
    t = _scaled(x, centre, fwhm)
    return like(_GAUSS / fwhm * np.exp(-4.0 * LN2 * t * t), x)


def lorentzian(x: ArrayLike, *, centre: float, fwhm: float) -> FloatArray | float:
    """L = (2/(pi H)) / (1 + 4 ((x - x0)/H)^2), of unit area; x, centre and H in one unit, H > 0."""
    t = _scaled(x, centre, fwhm)
    return like(2.0 / (np.pi * fwhm) / (1.0 + 4.0 * t * t), x)


def pseudo_voigt(x: ArrayLike, *, centre: float, fwhm: float, mixing: float) -> FloatArray | float:
    """eta L + (1 - eta) G of one full width at half maximum H and unit area; mixing eta from 0 (Gauss) to 1 (Lorentz).

    Source: G. K. Wertheim et al., Rev. Sci. Instrum. 45, 1369 (1974). DomainError: H not positive, eta outside 0 to 1.
    """
    if not 0.0 <= mixing <= 1.0:
        raise DomainError(f"mixing must lie from 0 to 1, found {mixing}")
    lorentz = np.asarray(lorentzian(x, centre=centre, fwhm=fwhm))
    gauss = np.asarray(gaussian(x, centre=centre, fwhm=fwhm))
    return like(mixing * lorentz + (1.0 - mixing) * gauss, x)


def width(two_theta: ArrayLike, *, u: float, v: float, w: float) -> FloatArray | float:
    """Full width at half maximum, H^2 = U tan^2 theta + V tan theta + W, in degrees of 2 theta.

    two_theta: degrees; U, V, W: degrees^2. DomainError where H^2 is not positive. Microstrain alone gives U, a width
    that does not depend on the angle W.
    Source: G. Caglioti, A. Paoletti and F. P. Ricci, Nucl. Instrum. 3, 223 (1958).
    """
    tangent = np.tan(np.radians(0.5 * np.asarray(two_theta, dtype=np.float64)))
    squared = u * tangent * tangent + v * tangent + w
    return like(np.sqrt(positive("square of the width", squared, "degrees^2")), two_theta)


def _scaled(x: ArrayLike, centre: float, fwhm: float) -> FloatArray:
    if not 0.0 < fwhm < np.inf:
        raise DomainError(f"full width at half maximum must be positive, found {fwhm}")
    return np.asarray((np.asarray(x, dtype=np.float64) - centre) / fwhm)
