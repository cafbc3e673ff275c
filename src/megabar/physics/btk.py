"""Andreev reflection at a normal metal-superconductor contact (Blonder-Tinkham-Klapwijk) with broadening.

    G(V) = int (-df/dE)(E - eV) sigma(E) dE,   sigma(E) = (1 + Z^2) [1 + A(E) - B(E)],

normalised by the normal-state transmission 1/(1 + Z^2), not by a value at high bias (at three gaps the two differ by
3 to 6 %). With the broadening Gamma the energy is |E| + i Gamma and the square roots are those with positive real
part (Dynes; Plecenik), which keeps sigma even and causal. With gamma = Delta/(eps + sqrt(eps^2 - Delta^2)), the ratio
of the Bogoliubov amplitudes, and the normal transmission t = 1/(1 + Z^2),

    sigma = (1 + t |gamma|^2 - (1 - t) |gamma|^4) / |1 - (1 - t) gamma^2|^2 ,

which is BTK's 1 + A - B written without the cancellations of u and v. Z is BTK's barrier strength; that of Kashiwaya
and Tanaka is twice it. Energies in meV, bias in mV, temperatures in K. How the integral is done to 2e-7 or better
stands in `physics._smearing`.

Sources: G. E. Blonder, M. Tinkham and T. M. Klapwijk, Phys. Rev. B 25, 4515 (1982); A. Plecenik et al., Phys. Rev. B
49, 10016 (1994); S. Kashiwaya and Y. Tanaka, Rep. Prog. Phys. 63, 1641 (2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics._angular import Harmonic, angular_spectrum
from megabar.physics._arrays import FloatArray, finite, like, non_negative, non_negative_number, positive
from megabar.physics._smearing import Spectrum, smeared, smeared_rows

ComplexArray = NDArray[np.complex128]

Symmetry = Literal["s", "d", "anisotropic s"]

_LARGEST_BARRIER: Final = 1e4
"""Beyond, 1 - t |gamma|^2 loses the digits that the accuracy promises; the tunnelling limit is `dynes`."""

_LIMITS: Final = np.array([[1.0], [0.0], [0.0], [0.0]])
"""What sigma and its derivatives tend to far above the gap."""


def conductance(
    bias: ArrayLike, *, gap: float, broadening: float, barrier: float, temperature: float
) -> FloatArray | float:
    """Normalised dI/dV of an s-wave contact (module docstring).

    bias: mV, any shape. gap, broadening Gamma: meV, >= 0 (gap 0 gives 1). barrier Z: 0 to 1e4. temperature: K, >= 0; 0
    gives sigma(|V|). Limits: Z = 0, Gamma = T = 0: 2 within the gap; Z -> infinity: `dynes.conductance`; |V| >> gap: 1.
    Error below 2e-7 of the normal conductance, edges at Gamma = 0 included. DomainError outside these ranges.
    """
    delta = non_negative_number("gap", gap, "meV")
    gamma, transparency = broadening_of(broadening), transparency_of(barrier)
    return evaluated(
        lambda energy: andreev(energy, delta, gamma, transparency),
        bias,
        temperature=temperature,
        edges=(delta,),
        width=gamma,
    )


def conductance_with_gradient(
    bias: FloatArray, *, gap: float, broadening: float, barrier: float, temperature: float
) -> FloatArray:
    """`conductance` and its derivatives by gap, broadening and barrier, shape (4, n), for fits; bias (n,) in mV.

    gap > 0, temperature > 0, otherwise as `conductance`.

    With r = sqrt(eps^2 - Delta^2): d gamma/d Delta = gamma eps/(Delta r), d gamma/d Gamma = -i gamma/r.
    """
    delta = float(positive("gap", gap, "meV"))
    gamma, transparency = broadening_of(broadening), transparency_of(barrier)
    kt = BOLTZMANN_MEV * float(positive("temperature", temperature, "K"))

    def spectra(energy: FloatArray) -> FloatArray:
        return _andreev_with_slopes(energy, delta, gamma, transparency, float(barrier))

    return smeared(spectra, bias, thermal_energy=kt, edges=(delta,), width=gamma, limit=_LIMITS)


def _andreev_with_slopes(
    energy: FloatArray, gap: float, broadening: float, transparency: float, barrier: float
) -> FloatArray:
    eps: ComplexArray = energy + np.complex128(1j * broadening)
    root = np.sqrt(eps * eps - gap * gap)
    square = (gap / (eps + root)) ** 2
    size, opaque = np.abs(square), 1.0 - transparency
    below = 1.0 - opaque * square
    bottom = _squared(below)
    sigma = (1.0 + size * (transparency - opaque * size)) / bottom
    inverse = 1.0 / root
    out = np.empty((4, energy.size))
    out[0] = sigma
    for row, relative in enumerate((2.0 * eps * inverse / gap, -2.0j * inverse), start=1):
        # relative: d ln gamma^2; so d|gamma^2| = |gamma^2| Re relative.
        top = (transparency - 2.0 * opaque * size) * size * relative.real
        down = -2.0 * opaque * (below.conj() * square * relative).real
        out[row] = (top - sigma * down) / bottom
    by_transparency = (size + size * size - sigma * 2.0 * (below.conj() * square).real) / bottom
    out[3] = -2.0 * barrier * transparency**2 * by_transparency
    return out


def _squared(values: NDArray[np.complexfloating]) -> FloatArray:
    return np.asarray(values.real**2 + values.imag**2)


def conductance_batch(
    bias: ArrayLike,
    *,
    gap: ArrayLike,
    broadening: ArrayLike,
    barrier: ArrayLike,
    temperature: float,
    workers: int = 1,
) -> FloatArray:
    """`conductance` for m sets of parameters at once, shape (m, n): many times faster than m calls.

    bias: mV, (n,). gap, broadening: meV, barrier: (m,) each or numbers. temperature: K, common. workers: threads that
    share the rows. Same accuracy and DomainError as `conductance`.
    """
    v = finite("bias", bias, "mV").ravel()
    kt = BOLTZMANN_MEV * non_negative_number("temperature", temperature, "K")
    delta, gamma, z = np.broadcast_arrays(
        np.atleast_1d(non_negative("gap", gap, "meV")),
        np.atleast_1d(non_negative("broadening", broadening, "meV")),
        np.atleast_1d(non_negative("barrier", barrier, "dimensionless")),
    )
    transparency_of(float(z.max(initial=0.0)))

    def part(rows: NDArray[np.intp]) -> FloatArray:
        d, g, t = delta[rows], gamma[rows], 1.0 / (1.0 + z[rows] ** 2)

        def spectra(some: NDArray[np.intp], energy: FloatArray) -> FloatArray:
            return andreev(energy, d[some, None], g[some, None], t[some, None])

        return smeared_rows(spectra, v, thermal_energy=kt, edges=d, widths=g)

    if workers <= 1 or delta.size < workers:
        return part(np.arange(delta.size))
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(part, np.array_split(np.arange(delta.size), workers))))


def conductance_two_gap(
    bias: ArrayLike,
    *,
    gaps: Sequence[float],
    broadenings: Sequence[float],
    barriers: Sequence[float],
    weight: float,
    temperature: float,
) -> FloatArray | float:
    """w G_1 + (1 - w) G_2 with `conductance` of each gap; `weight` w is that of the first, 0 to 1.

    gaps, broadenings: meV, two each; barriers: two. Otherwise as `conductance`; DomainError also for other lengths.
    """
    for name, values in {"gaps": gaps, "broadenings": broadenings, "barriers": barriers}.items():
        if len(values) != 2:
            raise DomainError(f"{name}: two are needed, one a gap, found {len(values)}")
    if not 0.0 <= weight <= 1.0:
        raise DomainError(f"weight of the first gap must lie within 0 .. 1, found {weight}")
    first, second = (
        np.asarray(conductance(bias, gap=gap, broadening=broadening, barrier=barrier, temperature=temperature))
        for gap, broadening, barrier in zip(gaps, broadenings, barriers, strict=True)
    )
    return like(np.asarray(weight * first + (1.0 - weight) * second), bias)


def conductance_distribution(
    bias: ArrayLike,
    *,
    gaps: ArrayLike,
    weights: ArrayLike,
    broadening: float,
    barrier: float,
    temperature: float,
) -> FloatArray | float:
    """sum_i w_i G_i / sum_i w_i over contacts in parallel with gaps Delta_i, `conductance` of each.

    gaps: meV, (m,), >= 0; weights: (m,), >= 0, not all 0. Otherwise as `conductance`.
    """
    gap = np.atleast_1d(non_negative("gap", gaps, "meV"))
    weight = np.atleast_1d(non_negative("weight", weights, "dimensionless"))
    if gap.ndim != 1 or gap.shape != weight.shape or not weight.sum() > 0.0:
        raise DomainError(f"gaps and weights: one positive weight a gap is needed, found {gap.shape}, {weight.shape}")
    gamma = broadening_of(broadening)
    transparency = transparency_of(barrier)
    share = weight / weight.sum()

    def spectrum(energy: FloatArray) -> FloatArray:
        total = np.zeros(energy.shape)
        for one, part in zip(gap, share, strict=True):
            total += part * andreev(energy, one, gamma, transparency)
        return total

    return evaluated(spectrum, bias, temperature=temperature, edges=tuple(gap), width=gamma)


def conductance_anisotropic(
    bias: ArrayLike,
    *,
    gap: float,
    broadening: float,
    barrier: float,
    temperature: float,
    symmetry: Symmetry,
    angle: float = 0.0,
    anisotropy: float = 0.0,
) -> FloatArray | float:
    """Normalised dI/dV of a planar contact on a superconductor whose gap depends on the direction in the plane.

        G(V) = int d phi cos(phi) G_S(V, phi) / int d phi cos(phi) t(phi),   t(phi) = 1/(1 + Z^2/cos^2(phi)),

    phi from -pi/2 to pi/2 about the normal, G_S the conductance of a direction with the gaps that it meets before and
    after reflection (`physics._angular`). So each direction counts with cos(phi) and its normal transmission; an
    average of normalised curves over cos(phi) alone differs by 3 to 15 %. symmetry, with theta = phi - angle:
    "s" Delta; "d" Delta cos(2 theta), angle 0 a lobe and pi/4 a node along the normal, where bound states make a peak
    at zero bias; "anisotropic s" Delta (1 + a cos(4 theta)), a = anisotropy within -1 .. 1 (0 for the others).
    gap, broadening: meV, >= 0; barrier Z: 0 to 1e4; temperature: K, >= 0; angle: rad. Error below 1e-6 of the normal
    conductance for T > 0 above 0.05 K. DomainError outside these ranges. Sources: Y. Tanaka and S. Kashiwaya, Phys.
    Rev. Lett. 74, 3451 (1995); S. Kashiwaya et al., Phys. Rev. B 53, 2667 (1996); D. Daghero and R. S. Gonnelli,
    Supercond. Sci. Technol. 23, 043001 (2010).
    """
    delta, gamma = non_negative_number("gap", gap, "meV"), broadening_of(broadening)
    transparency_of(barrier)
    shape = _shape(delta, symmetry, angle, anisotropy)
    if delta == 0.0:
        return evaluated(lambda e: np.ones(e.shape), bias, temperature=temperature, edges=(0.0,), width=gamma)
    spectrum = angular_spectrum(shape, broadening=gamma, barrier=float(barrier))
    return evaluated(spectrum, bias, temperature=temperature, edges=shape.edges, width=gamma)


def _shape(gap: float, symmetry: Symmetry, angle: float, anisotropy: float) -> Harmonic:
    if symmetry not in get_args(Symmetry):
        raise DomainError(f"symmetry must be one of {', '.join(get_args(Symmetry))}, found {symmetry!r}")
    if not np.isfinite(angle):
        raise DomainError(f"angle must be finite (rad), found {angle}")
    if not -1.0 <= anisotropy <= 1.0:
        raise DomainError(f"anisotropy must lie within -1 .. 1, found {anisotropy}")
    if anisotropy != 0.0 and symmetry != "anisotropic s":
        raise DomainError(f'anisotropy {anisotropy:g} has no meaning for symmetry "{symmetry}": use "anisotropic s"')
    if symmetry == "d":
        return Harmonic(gap, 0.0, 1.0, 2, float(angle))
    return Harmonic(gap, 1.0, float(anisotropy), 4, float(angle))


def conductance_polarised(
    bias: ArrayLike,
    *,
    gap: float,
    broadening: float,
    barrier: float,
    polarisation: float,
    temperature: float,
) -> FloatArray | float:
    """(1 - P) G + P G_P: `conductance` for the unpolarised share of the current, no Andreev reflection for the other.

    In the polarised channel the Andreev-reflected hole has no state, its amplitude at the interface is zero, and
    matching the waves there leaves, with s = sqrt(eps^2 - Delta^2)/eps, eps = |E| + i Gamma,

        sigma_P = (1 + Z^2) 4 Re s / |1 + s (1 + 2 i Z)|^2 ,

    without broadening the form of Mazin, Golubov and Nadgorny (0 within the gap). polarisation P: 0 to 1. Otherwise
    as `conductance`. Sources: R. J. Soulen et al., Science 282, 85 (1998); G. J. Strijkers et al., Phys. Rev. B 63,
    104510 (2001); I. I. Mazin, A. A. Golubov and B. Nadgorny, J. Appl. Phys. 89, 7576 (2001).
    """
    if not 0.0 <= polarisation <= 1.0:
        raise DomainError(f"polarisation must lie within 0 .. 1, found {polarisation}")
    delta = non_negative_number("gap", gap, "meV")
    gamma = broadening_of(broadening)
    transparency = transparency_of(barrier)

    def spectrum(energy: FloatArray) -> FloatArray:
        unpolarised = andreev(energy, delta, gamma, transparency)
        return (1.0 - polarisation) * unpolarised + polarisation * _half_metal(energy, delta, gamma, float(barrier))

    return evaluated(spectrum, bias, temperature=temperature, edges=(delta,), width=gamma)


def _half_metal(energy: FloatArray, gap: float, broadening: float, barrier: float) -> FloatArray:
    eps = energy + 1j * broadening
    # At E = 0 without broadening s is infinite and nothing is transmitted.
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.sqrt(eps * eps - gap * gap + 0.0j) / eps
        sigma = 4.0 * (1.0 + barrier**2) * s.real / np.abs(1.0 + s * (1.0 + 2.0j * barrier)) ** 2
    return np.where(np.isfinite(sigma), sigma, 0.0)


def andreev(
    energy: FloatArray,
    gap: FloatArray | ComplexArray | float,
    broadening: FloatArray | float,
    transparency: FloatArray | float,
) -> FloatArray:
    """sigma(E) for E >= 0 (module docstring), shapes broadcast; 1 without a gap, which may be complex."""
    eps = energy + 1j * np.asarray(broadening)
    # In the first quadrant, so the principal root has the positive real part that is wanted.
    below = eps + np.sqrt(eps * eps - np.square(gap))
    if np.any(np.equal(gap, 0.0)):
        below = np.where(below == 0.0, 1.0, below)
    gamma = gap / below
    square = gamma * gamma
    size = np.abs(square)
    opaque = 1.0 - transparency
    below = 1.0 - opaque * square
    return np.asarray((1.0 + size * (transparency - opaque * size)) / _squared(below))


def evaluated(
    spectrum: Spectrum, bias: ArrayLike, *, temperature: float, edges: Sequence[float], width: float
) -> FloatArray | float:
    """The thermally smeared spectrum at each bias, in the shape of `bias`."""
    v = finite("bias", bias, "mV")
    kt = BOLTZMANN_MEV * non_negative_number("temperature", temperature, "K")
    smooth = smeared(spectrum, v.ravel(), thermal_energy=kt, edges=edges, width=width)
    return like(smooth.reshape(v.shape), bias)


def broadening_of(value: float) -> float:
    """Gamma in meV; DomainError unless finite and >= 0."""
    return non_negative_number("broadening", value, "meV")


def transparency_of(barrier: float) -> float:
    """1/(1 + Z^2); DomainError unless 0 <= Z <= 1e4."""
    z = non_negative_number("barrier", barrier, "dimensionless")
    if z > _LARGEST_BARRIER:
        raise DomainError(
            f"barrier {z:g} is above {_LARGEST_BARRIER:g}: use dynes.conductance for the tunnelling limit"
        )
    return 1.0 / (1.0 + z * z)
