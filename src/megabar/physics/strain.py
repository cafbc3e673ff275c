"""Widths of diffraction lines: small crystallites and strained ones (Williamson and Hall), and the instrument's share.

Angles and widths are full ones in 2 theta, in degrees; the equations hold in radians, which is done inside. The width
is the full width at half maximum; the strain is the largest relative change of a lattice spacing, Delta d/d.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, like, non_negative, positive

SCHERRER: Final = 0.9
"""Scherrer's K for the full width at half maximum; shape and breadth move it between 0.84 and 1.1."""

_RIGHT_ANGLE: Final = 180.0
_TCH: Final = (1.0, 0.07842, 4.47163, 2.42843, 2.69269, 1.0)
"""Coefficients of G^(5-k) L^k in Gamma^5, from L^5 down to G^5."""
_MIXING: Final = (0.11116, -0.47719, 1.36603, 0.0)
"""Coefficients of eta in powers of L/Gamma, from the third down."""


def strain_width(two_theta: ArrayLike, *, strain: ArrayLike) -> FloatArray | float:
    """beta = 4 eps tan(theta): the reduced Williamson-Hall form, without the size of the crystallites; degrees.

    two_theta: degrees, between 0 and 180. strain eps: dimensionless, any sign (a fit may return a negative one).
    DomainError for angles outside. Source: G. K. Williamson and W. H. Hall, Acta Metall. 1, 22 (1953); eq. 8 of
    E. F. Talantsev and V. V. Chistyakov on La3Ni2O7.
    """
    theta = _half(two_theta)
    return like(np.degrees(4.0 * np.asarray(strain, dtype=np.float64) * np.tan(theta)), two_theta)


def size_width(two_theta: ArrayLike, *, size: float, wavelength: float) -> FloatArray | float:
    """beta = 0.9 lambda/(D cos(theta)): Scherrer's width of crystallites of the size D; degrees.

    two_theta: degrees, between 0 and 180. size D and wavelength lambda: angstrom, > 0; D may be infinite.
    DomainError otherwise. Source: P. Scherrer, Nachr. Ges. Wiss. Goettingen 26, 98 (1918); K = 0.9 for half maximum.
    """
    theta = _half(two_theta)
    d = float(positive("crystallite size", size, "angstrom", infinite=True))
    length = float(positive("wavelength", wavelength, "angstrom"))
    return like(np.degrees(SCHERRER * length / (d * np.cos(theta))), two_theta)


def williamson_hall(
    two_theta: ArrayLike, *, strain: float, wavelength: float, size: float = math.inf
) -> FloatArray | float:
    """beta = 0.9 lambda/(D cos(theta)) + 4 eps tan(theta), the sum of both widths as Lorentz lines add; degrees.

    Arguments as in `size_width` and `strain_width`. Sources there.
    """
    by_size = np.asarray(size_width(two_theta, size=size, wavelength=wavelength))
    return like(by_size + np.asarray(strain_width(two_theta, strain=strain)), two_theta)


def voigt_width(gauss: ArrayLike, lorentz: ArrayLike) -> FloatArray | float:
    """Full width at half maximum of the convolution of a Gauss and a Lorentz line of the widths G and L.

    Gamma^5 = G^5 + 2.69269 G^4 L + 2.42843 G^3 L^2 + 4.47163 G^2 L^3 + 0.07842 G L^4 + L^5; any one unit; >= 0
    (DomainError). Within 0.45 % of the Voigt function's. Source: P. Thompson, D. E. Cox and J. B. Hastings, J. Appl.
    Cryst. 20, 79 (1987).
    """
    g, x = non_negative("Gauss width", gauss, "deg"), non_negative("Lorentz width", lorentz, "deg")
    powers = sum(c * g**k * x ** (5 - k) for k, c in enumerate(_TCH))
    return like(np.asarray(powers) ** 0.2, g + x)


def lorentz_and_gauss(width: ArrayLike, *, mixing: float) -> tuple[FloatArray, FloatArray]:
    """Lorentz and Gauss widths (L, G) that a pseudo-Voigt line of this width and mixing stands for.

    eta = 1.36603 L/Gamma - 0.47719 (L/Gamma)^2 + 0.11116 (L/Gamma)^3, solved for L/Gamma; then G from the relation of
    `voigt_width`, so that the two join to `width` again. width Gamma: >= 0; mixing eta: the Lorentz share of the
    area, 0 (Gauss) to 1 (Lorentz); DomainError outside. Source as for `voigt_width`.
    """
    gamma = non_negative("width", width, "deg")
    if not 0.0 <= mixing <= 1.0:
        raise DomainError(f"mixing must lie between 0 (Gauss) and 1 (Lorentz), found {mixing:g}")
    share = _root(lambda q: float(np.polyval(_MIXING, q)) - mixing)
    rest = _root(lambda g: float(voigt_width(g, share)) - 1.0)
    return np.asarray(share * gamma, dtype=np.float64), np.asarray(rest * gamma, dtype=np.float64)


def without_instrument(width: ArrayLike, *, instrument: ArrayLike, mixing: float = 1.0) -> FloatArray | float:
    """Width of a line less what the instrument adds; NaN where the line is not wider than the instrument's.

    mixing 1 (Lorentz): beta - b. mixing 0 (Gauss): (beta^2 - b^2)^(1/2). Between them both lines are cut into their
    Lorentz and Gauss parts (`lorentz_and_gauss`, one mixing for both), the parts subtracted in these ways and joined
    again by `voigt_width`. width beta, instrument b: one unit, > 0 and >= 0; DomainError otherwise.
    """
    beta, b = positive("line width", width, "deg"), non_negative("instrument width", instrument, "deg")
    lorentz, gauss = lorentz_and_gauss(beta, mixing=mixing)
    own_lorentz, own_gauss = lorentz_and_gauss(b, mixing=mixing)
    with np.errstate(invalid="ignore"):
        rest_lorentz, rest_gauss = lorentz - own_lorentz, np.sqrt(gauss**2 - own_gauss**2)
    wider = beta > b
    rest = voigt_width(np.where(wider, rest_gauss, 0.0), np.where(wider, rest_lorentz, 0.0))
    return like(np.where(wider, rest, np.nan), beta + b)


def _root(function: Callable[[float], float]) -> float:
    """The zero of a rising function on 0..1, whose ends may be zeros."""
    if function(0.0) >= 0.0:
        return 0.0
    return 1.0 if function(1.0) <= 0.0 else float(brentq(function, 0.0, 1.0, xtol=1e-14))


def _half(two_theta: ArrayLike) -> FloatArray:
    """theta in radians; DomainError unless 0 < 2 theta < 180 degrees."""
    angle = positive("two_theta", two_theta, "deg")
    if not np.all(angle < _RIGHT_ANGLE):
        raise DomainError(f"two_theta must lie below 180 deg, found {float(np.max(angle)):g}")
    return np.asarray(np.radians(angle) / 2.0, dtype=np.float64)
