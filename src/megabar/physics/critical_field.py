"""Upper critical fields against temperature, angle and what follows from them. Fields are mu0 H in T.

The slope is |d(mu0 Hc2)/dT| at Tc, in T/K, and always the orbital one. h* = Hc2(0)/(Tc slope) is 0.692673 in the dirty
limit, 0.727 in the clean one.
"""

from __future__ import annotations

import math
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import physical_constants
from scipy.optimize import brentq
from scipy.special import dawsn, digamma, zeta

from megabar.constants import BOLTZMANN_MEV, FLUX_QUANTUM
from megabar.errors import DomainError
from megabar.physics import _werthamer
from megabar.physics._arrays import FloatArray, finite, like, non_negative, non_negative_number, positive
from megabar.physics.bcs import WEAK_COUPLING_ALPHA

Form = Literal["quadratic", "two-fluid"]

ORBITAL_DIRTY: Final = float(math.exp(float(digamma(0.5))) * 2.0 / _werthamer.PER_SLOPE)
"""Hc2(0)/(Tc slope) of the dirty limit without paramagnetism: pi^2/(8 e^C) = 0.692673."""

MAKI_PER_SLOPE: Final = 0.52758
"""alpha over slope/(T/K) where it is not fitted: sqrt(2) Hc2(0)/H_Pauli of the dirty weak-coupling limit."""

_BOHR_MAGNETON_MEV: Final = physical_constants["Bohr magneton in eV/T"][0] * 1e3
_KELVIN_PER_VOLT: Final = 1e-3 * BOLTZMANN_MEV
"""k/e in V/K."""

_AT_HALF: Final = float(digamma(0.5))
_ZETA3: Final = float(zeta(3.0))
_COLDEST_CLEAN: Final = 1e-6
"""Stands for t = 0 in the clean limit, whose curve begins with t^2 ln t."""
_SMALLEST: Final = 1e-7
_LARGEST: Final = 45.0
_STEP: Final = 0.08


def whh(
    temperature: ArrayLike, *, critical_temperature: float, slope: float, maki: float = 0.0, spin_orbit: float = 0.0
) -> FloatArray | float:
    """Hc2(T) of a dirty superconductor with orbital and spin pair breaking, in T; 0 from Tc on.

    The root of ln(1/t) = (1/2 + i l/4g) psi(1/2 + (h + l/2 + i g)/2t) + (1/2 - i l/4g) psi(1/2 + (h + l/2 - i g)/2t)
    - psi(1/2), g = sqrt((alpha h)^2 - (l/2)^2), h = (4/pi^2) Hc2/(Tc slope); at each T there is one.

    temperature: K, >= 0. critical_temperature: K, > 0. slope: T/K, > 0. maki alpha, spin_orbit l: >= 0. Relative error
    below 1e-10. For alpha > 1 and small l the field falls on cooling, which no second-order transition does: the true
    one is of first order and lies elsewhere (`is_first_order`). DomainError for other numbers.
    Source: N. R. Werthamer, E. Helfand and P. C. Hohenberg, Phys. Rev. 147, 295 (1966), eq. 28.
    """
    t, tc = _reduced(temperature, critical_temperature)
    scale = tc * _number("slope", slope, "T/K") / _werthamer.PER_SLOPE
    alpha, l_so = _spin(maki, spin_orbit)
    field = np.zeros(t.shape)
    below = t < 1.0
    field[below] = scale * _werthamer.reduced_field(t[below], alpha, l_so)
    return like(field, temperature)


def whh_gradient(
    temperature: FloatArray, *, critical_temperature: float, slope: float, maki: float, spin_orbit: float
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """`whh` and its derivatives by critical_temperature, slope, maki and spin_orbit, (n,) each, for fits."""
    t, tc = _reduced(temperature, critical_temperature)
    alpha, l_so = _spin(maki, spin_orbit)
    s = _number("slope", slope, "T/K") / _werthamer.PER_SLOPE
    h, below = np.zeros(t.shape), t < 1.0
    slopes = np.zeros((3, t.size))
    h[below], slopes[:, below] = _werthamer.field_and_slopes(t[below], alpha, l_so)
    by_t, by_maki, by_spin_orbit = slopes
    return tc * s * h, {
        "critical_temperature": s * (h - t * by_t),
        "slope": tc * h / _werthamer.PER_SLOPE,
        "maki": tc * s * by_maki,
        "spin_orbit": tc * s * by_spin_orbit,
    }


def is_first_order(*, maki: float, spin_orbit: float) -> bool:
    """Whether the WHH field rises somewhere on warming: its root is then not the thermodynamic transition."""
    alpha, l_so = _spin(maki, spin_orbit)
    t = np.linspace(0.0, 0.6, 61)
    return bool(np.any(np.diff(_werthamer.reduced_field(t, alpha, l_so)) > 1e-12))


def ginzburg_landau(
    temperature: ArrayLike, *, critical_temperature: float, field_zero: float, form: Form = "quadratic"
) -> FloatArray | float:
    """field_zero (1 - t^2), or (1 - t^2)/(1 + t^2) for form "two-fluid", in T; 0 from Tc on.

    temperature: K, >= 0; field_zero: T, >= 0. From one slope at Tc the two give Hc2(0) = 0.5 and 1.0 Tc slope.
    Sources: V. L. Ginzburg and L. D. Landau (1950) with Hc(T) of the two-fluid model; C. K. Jones, J. K. Hulm and B. S.
    Chandrasekhar, Rev. Mod. Phys. 36, 74 (1964) for the second.
    """
    if form not in get_args(Form):
        raise DomainError(f"form must be one of {', '.join(get_args(Form))}, found {form!r}")
    t, _ = _reduced(temperature, critical_temperature)
    field = non_negative_number("field at zero temperature", field_zero, "T") * np.clip(1.0 - t**2, 0.0, None)
    return like(field if form == "quadratic" else field / (1.0 + t**2), temperature)


def baumgartner(temperature: ArrayLike, *, critical_temperature: float, field_zero: float) -> FloatArray | float:
    """field_zero [(1 - t) - 0.153 (1 - t)^2 - 0.152 (1 - t)^4]/0.693, in T; 0 from Tc on.

    An explicit form of the dirty orbital WHH curve, within 0.6 % of Tc slope of it everywhere; at T = 0 it gives
    1.003 field_zero. Source: T. Baumgartner et al., Supercond. Sci. Technol. 27, 015005 (2014).
    """
    t, _ = _reduced(temperature, critical_temperature)
    u = np.clip(1.0 - t, 0.0, None)
    shape = (u - 0.153 * u**2 - 0.152 * u**4) / 0.693
    return like(non_negative_number("field at zero temperature", field_zero, "T") * shape, temperature)


def clean_limit(temperature: ArrayLike, *, critical_temperature: float, slope: float) -> FloatArray | float:
    """Hc2(T) of a clean superconductor with a spherical Fermi surface, without paramagnetism, in T; 0 from Tc on.

    The root of ln(1/t) = int_0^inf du [1 - int_0^1 dm exp(-x u^2 (1 - m^2))]/sinh u,
    x = (3/(7 zeta(3))) Hc2/(Tc slope)/t^2; Hc2(0) = 0.727 Tc slope. Arguments and errors as in `whh`; relative error
    below 1e-9. Source: E. Helfand and N. R. Werthamer, Phys. Rev. 147, 288 (1966).
    """
    t, tc = _reduced(temperature, critical_temperature)
    scale = tc * _number("slope", slope, "T/K")
    field = np.zeros(t.shape)
    flat, result = t.ravel(), field.ravel()
    for i in np.flatnonzero(flat < 1.0):
        result[i] = scale * _clean_root(float(flat[i]))
    return like(result.reshape(t.shape), temperature)


def two_band(
    temperature: ArrayLike,
    *,
    critical_temperature: float,
    couplings: ArrayLike,
    diffusivities: tuple[float, float],
) -> FloatArray | float:
    """Hc2(T) of two dirty bands without paramagnetism, in T; 0 from Tc on.

        a0 F1 F2 + a1 F1 + a2 F2 = 0,   F_i = ln t + psi(1/2 + e D_i B/(2 pi k T)) - psi(1/2),
        a0 = 2 (l11 l22 - l12 l21)/l0,  a1, a2 = 1 +- (l11 - l22)/l0,  l0^2 = (l11 - l22)^2 + 4 l12 l21,

    on the branch that goes through F1 = F2 = 0, that of the larger eigenvalue of the couplings.

    temperature: K, >= 0. couplings: ((l11, l12), (l21, l22)), Coulomb parts taken off. diffusivities D_1, D_2: m^2/s,
    > 0, across the field. Two bands alike give the dirty limit with the slope 4 k/(pi e D). Relative error below 1e-9.
    DomainError for couplings without a positive eigenvalue or with l12 l21 < 0.
    Source: A. Gurevich, Phys. Rev. B 67, 184515 (2003), eqs 21-23.
    """
    t, tc = _reduced(temperature, critical_temperature)
    matrix = _coupling_matrix(couplings)
    d = positive("diffusivities", diffusivities, "m^2/s")
    if d.shape != (2,):
        raise DomainError(f"diffusivities: two are needed, found shape {d.shape}")
    flat, result = t.ravel(), np.zeros(t.size)
    below = flat < 1.0
    result[below] = tc * _two_band_roots(np.maximum(flat[below], 1e-9), matrix, d)
    return like(result.reshape(t.shape), temperature)


def pauli_limit(critical_temperature: ArrayLike, *, gap_ratio: float = 2.0 * WEAK_COUPLING_ALPHA) -> FloatArray | float:
    """Delta(0)/(sqrt(2) mu_B) with 2 Delta(0) = gap_ratio k Tc, in T: 1.86 T/K Tc at weak coupling and g = 2.

    Source: A. M. Clogston, Phys. Rev. Lett. 9, 266 (1962); B. S. Chandrasekhar, Appl. Phys. Lett. 1, 7 (1962).
    """
    tc = non_negative("critical temperature", critical_temperature, "K")
    ratio = _number("gap ratio", gap_ratio, "1")
    return like(0.5 * ratio * BOLTZMANN_MEV * tc / (math.sqrt(2.0) * _BOHR_MAGNETON_MEV), critical_temperature)


def coherence_length(field: ArrayLike) -> FloatArray | float:
    """xi = sqrt(Phi0/(2 pi mu0 Hc2)) in nm; field: T, > 0. From two orientations: sqrt(xi_a xi_b) each."""
    b = positive("upper critical field", field, "T")
    return like(1e9 * np.sqrt(FLUX_QUANTUM / (2.0 * np.pi * b)), field)


def field_of_coherence_length(length: ArrayLike) -> FloatArray | float:
    """Phi0/(2 pi xi^2) in T; length: nm, > 0."""
    xi = positive("coherence length", length, "nm")
    return like(FLUX_QUANTUM / (2.0 * np.pi * (1e-9 * xi) ** 2), length)


def angular_ginzburg_landau(angle: ArrayLike, *, field_parallel: float, field_across: float) -> FloatArray | float:
    """Hc2 of an anisotropic bulk, [ (cos a/H_par)^2 + (sin a/H_across)^2 ]^(-1/2), in T.

    angle: rad, from the direction of field_parallel.
    Source: R. C. Morris, R. V. Coleman and R. Bhandari, Phys. Rev. B 5, 895 (1972).
    """
    a = finite("angle", angle, "rad")
    along, across = _number("field along", field_parallel, "T"), _number("field across", field_across, "T")
    return like(1.0 / np.hypot(np.cos(a) / along, np.sin(a) / across), angle)


def tinkham_film(angle: ArrayLike, *, field_parallel: float, field_across: float) -> FloatArray | float:
    """Hc2 of a thin film, the root of |H sin a/H_across| + (H cos a/H_par)^2 = 1, in T.

    angle: rad, from the plane of the film; field_across is that along its normal. It has a cusp at a = 0, where
    `angular_ginzburg_landau` is round. Source: M. Tinkham, Phys. Rev. 129, 2413 (1963).
    """
    a = finite("angle", angle, "rad")
    linear = np.abs(np.sin(a)) / _number("field across", field_across, "T")
    square = (np.cos(a) / _number("field along", field_parallel, "T")) ** 2
    # The root that stays finite for either term.
    return like(2.0 / (linear + np.sqrt(linear**2 + 4.0 * square)), angle)


def broadening(
    field: ArrayLike, *, width_zero: float, amplitude: float, exponent: float = 2.0 / 3.0
) -> FloatArray | float:
    """Width of a resistive transition in a field, width_zero + amplitude (mu0 H)^exponent, in K.

    field: T, >= 0; width_zero: K, >= 0; amplitude: K/T^exponent, >= 0. 2/3 for flux creep over barriers that fall as
    (1 - t)^(3/2)/H. Source: M. Tinkham, Phys. Rev. Lett. 61, 1658 (1988).
    """
    b = non_negative("field", field, "T")
    zero, a = (
        non_negative_number("width at zero field", width_zero, "K"),
        non_negative_number("amplitude", amplitude, "K"),
    )
    return like(zero + a * b ** _number("exponent", exponent, "1"), field)


def _number(name: str, value: float, unit: str) -> float:
    return float(positive(name, value, unit))


def _reduced(temperature: ArrayLike, critical_temperature: float) -> tuple[FloatArray, float]:
    tc = _number("critical temperature", critical_temperature, "K")
    return non_negative("temperature", temperature, "K") / tc, tc


def _spin(maki: float, spin_orbit: float) -> tuple[float, float]:
    return non_negative_number("Maki parameter", maki, "1"), non_negative_number(
        "spin-orbit parameter", spin_orbit, "1"
    )


def _clean_root(t: float) -> float:
    """Hc2/(Tc slope) of the clean limit at 0 <= t < 1."""
    t = max(t, _COLDEST_CLEAN)

    def excess(reduced: float) -> float:
        a = math.sqrt(3.0 * reduced / (7.0 * _ZETA3)) / t
        # u = e^v: the integrand is smooth in v and the trapezoidal rule exponentially accurate.
        v = np.arange(math.log(_SMALLEST / max(a, 1.0)), math.log(_LARGEST), _STEP)
        u = np.exp(v)
        return float(_STEP * np.sum((1.0 - dawsn(a * u) / (a * u)) * u / np.sinh(u))) + math.log(t)

    return float(brentq(excess, 0.5 * (1.0 - t), 1.5 * (1.0 - t), xtol=1e-300, rtol=1e-13))


def _coupling_matrix(couplings: ArrayLike) -> FloatArray:
    matrix = finite("couplings", couplings, "1")
    if matrix.shape != (2, 2):
        raise DomainError(f"couplings: a matrix ((l11, l12), (l21, l22)) is needed, found shape {matrix.shape}")
    between = float(matrix[0, 1] * matrix[1, 0])
    if between < 0.0:
        raise DomainError(
            "couplings: l12 and l21 must have one sign: both are one interaction over densities of states"
        )
    half = 0.5 * float(matrix[0, 0] - matrix[1, 1])
    largest = 0.5 * float(matrix[0, 0] + matrix[1, 1]) + math.hypot(half, math.sqrt(between))
    if not largest > 0.0:
        raise DomainError("couplings: no superconductivity, the larger eigenvalue is not positive")
    return matrix


def _two_band_roots(t: FloatArray, matrix: FloatArray, d: FloatArray) -> FloatArray:
    """B/Tc in T/K at each t: between the fields of the two bands alone, where both terms change sign."""
    one = _werthamer.reduced_field(t, 0.0, 0.0)
    alone = np.pi * _KELVIN_PER_VOLT * one / d[:, None]
    return np.array(
        [_two_band_root(*row, matrix, d) for row in zip(t, alone.min(axis=0), alone.max(axis=0), strict=True)]
    )


def _two_band_root(t: float, low: float, high: float, matrix: FloatArray, d: FloatArray) -> float:
    difference = float(matrix[0, 0] - matrix[1, 1])
    root = math.sqrt(difference**2 + 4.0 * float(matrix[0, 1] * matrix[1, 0]))
    if root == 0.0 or low == high:
        return high
    a0 = 2.0 * float(np.linalg.det(matrix)) / root
    a1, a2 = 1.0 + difference / root, 1.0 - difference / root

    def excess(field: float) -> float:
        f1, f2 = (
            math.log(t) + float(digamma(0.5 + x)) - _AT_HALF for x in field * d / (2.0 * np.pi * _KELVIN_PER_VOLT * t)
        )
        # Beyond these poles lies another branch, of the smaller eigenvalue.
        if a0 > 0.0 and min(a0 * f1 + a2, a0 * f2 + a1) <= 0.0:
            return -1.0
        if a0 < 0.0 and min(a0 * f1 + a2, a0 * f2 + a1) <= 0.0:
            return 1.0
        return a0 * f1 * f2 + a1 * f1 + a2 * f2

    return float(brentq(excess, low * (1.0 - 1e-12), high * (1.0 + 1e-12), xtol=1e-300, rtol=1e-13))
