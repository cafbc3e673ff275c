"""Direction-dependent gaps against a direct double integral, symmetries, and the zero-bias peak."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from btk_reference import graded_nodes, matched_spectrum, thermal

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics import btk
from megabar.physics._angular import Harmonic, _common_rule, _mean, _panels, angular_spectrum

GAP = 2.0
D_WAVE = {"gap": GAP, "symmetry": "d"}


def direct(
    bias: float, temperature: float, broadening: float, barrier: float, gap_at: Callable[[np.ndarray], np.ndarray]
) -> float:
    """Both integrals by brute force: 1,500 angles over the whole half-plane, thousands of energies; amplitudes of
    the two gaps as complex numbers with phases 0 or pi, as Kashiwaya and Tanaka write them."""
    phi = (np.arange(1500) + 0.5) / 1500 * np.pi - 0.5 * np.pi
    plus, minus = gap_at(phi), gap_at(-phi)
    normal = 1 / (1 + barrier**2 / np.cos(phi) ** 2)
    phase = np.where(plus < 0, -1.0, 1.0) * np.where(minus < 0, -1.0, 1.0)

    def spectrum(energy: np.ndarray) -> np.ndarray:
        out = np.empty(energy.size)
        for i, e in enumerate(energy):
            eps = e + 1j * broadening
            first, second = ((eps - np.sqrt(eps**2 - d**2)) / np.maximum(np.abs(d), 1e-12) for d in (plus, minus))
            top = 1 + normal * np.abs(first) ** 2 + (normal - 1) * np.abs(first * second) ** 2
            bottom = np.abs(1 + (normal - 1) * first * second * phase) ** 2
            out[i] = np.sum(np.cos(phi) * normal * top / bottom) / np.sum(np.cos(phi) * normal)
        return out

    kt = BOLTZMANN_MEV * temperature
    energy, weight = graded_nodes([bias, 0.0, GAP, -GAP], bias - 30 * kt, bias + 30 * kt, 0.02)
    kernel = 1 / (4 * kt * np.cosh((energy - bias) / (2 * kt)) ** 2)
    return float(np.sum(weight * kernel * spectrum(np.abs(energy))))


@pytest.mark.parametrize("degrees", [0.0, 22.5, 45.0])
@pytest.mark.parametrize(("broadening", "barrier"), [(0.2, 0.5), (0.2, 3.0), (0.08, 1.0)])
def test_d_wave_against_a_direct_double_integral(degrees: float, broadening: float, barrier: float) -> None:
    angle = np.deg2rad(degrees)
    for bias in (0.0, 1.5):
        got = btk.conductance_anisotropic(
            bias, **D_WAVE, broadening=broadening, barrier=barrier, temperature=2.0, angle=angle
        )
        expected = direct(bias, 2.0, broadening, barrier, lambda phi: GAP * np.cos(2 * (phi - angle)))
        assert got == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("degrees", [0.0, 10.0, 22.5, 45.0])
@pytest.mark.parametrize("barrier", [0.0, 0.1, 0.5, 3.0])
def test_both_rules_of_the_angle_agree(degrees: float, barrier: float) -> None:
    """Panels between singular angles, made for no broadening, against many common nodes at some broadening."""
    gap = Harmonic(GAP, 0.0, 1.0, 2, np.deg2rad(degrees))
    energy = np.array([0.0, 0.3, 1.0, 1.414, 1.9, 2.0, 2.1, 3.0])
    for broadening in (0.05, 0.3):
        common = _mean(gap, energy[:, None], broadening, *_common_rule(800), barrier**2)
        panels = _mean(gap, energy[:, None], broadening, *_panels(gap.singular_angles(energy)), barrier**2)
        np.testing.assert_allclose(panels, common, atol=2e-6)
        chosen = angular_spectrum(gap, broadening=broadening, barrier=barrier)(energy)
        np.testing.assert_allclose(chosen, common, atol=2e-6)


@pytest.mark.parametrize("degrees", [0.0, 10.0, 22.5, 45.0])
@pytest.mark.parametrize("barrier", [0.0, 0.5, 3.0])
def test_no_broadening_is_the_limit_of_little(degrees: float, barrier: float) -> None:
    bias = np.array([0.0, 0.3, 1.0, 1.414, 1.9, 2.0, 2.1, 3.0])
    same = {**D_WAVE, "barrier": barrier, "temperature": 3.0, "angle": np.deg2rad(degrees)}
    exact, tiny = (np.asarray(btk.conductance_anisotropic(bias, broadening=g, **same)) for g in (0.0, 1e-7))
    np.testing.assert_allclose(exact, tiny, atol=2e-6)


def test_node_along_the_normal_gives_a_peak_at_zero_bias() -> None:
    same = {**D_WAVE, "broadening": 0.05, "barrier": 5.0, "temperature": 1.0}
    peak, beside = btk.conductance_anisotropic([0.0, 1.0], angle=np.pi / 4, **same)
    lobe = btk.conductance_anisotropic(0.0, angle=0.0, **same)
    assert peak > 3.0
    assert beside < 1.0
    assert lobe < 0.3


def test_the_sign_of_the_lobes_counts() -> None:
    """|cos 2 theta| would lose the bound states: turning by 90 degrees changes the sign everywhere and no curve."""
    bias = np.linspace(-5.0, 5.0, 41)
    same = {**D_WAVE, "broadening": 0.1, "barrier": 1.0, "temperature": 1.0}
    curves = [np.asarray(btk.conductance_anisotropic(bias, angle=a, **same)) for a in (0.3, 0.3 + np.pi / 2, -0.3)]
    np.testing.assert_allclose(curves[1], curves[0], atol=1e-9)
    np.testing.assert_allclose(curves[2], curves[0], atol=1e-9)


@pytest.mark.parametrize("barrier", [0.0, 1.0])
def test_constant_gap_averages_barriers(barrier: float) -> None:
    """Symmetry "s": the mean of plane contacts with Z/cos(phi), each with cos(phi) and its transmission."""
    x, w = np.polynomial.legendre.leggauss(200)
    phi, weight = 0.25 * np.pi * (x + 1), w
    for v in (0.0, 1.7, 2.0, 4.0):
        share = weight * np.cos(phi) / (1 + barrier**2 / np.cos(phi) ** 2)
        parts = [
            thermal(lambda e, z=z: matched_spectrum(e, GAP, 0.1, z), v, 1.5, [GAP]) for z in barrier / np.cos(phi[::10])
        ]
        # A tenth of the angles is not a quadrature: interpolate the smooth dependence on the angle.
        fit = np.polynomial.Polynomial.fit(phi[::10], parts, 12)
        expected = float(np.sum(share * fit(phi)) / np.sum(share))
        got = btk.conductance_anisotropic(v, gap=GAP, symmetry="s", broadening=0.1, barrier=barrier, temperature=1.5)
        assert got == pytest.approx(expected, abs=2e-4)


def test_anisotropic_s() -> None:
    angle, a = 0.2, 0.4
    for bias in (0.0, 1.3, 2.0, 2.8):
        got = btk.conductance_anisotropic(
            bias,
            gap=GAP,
            symmetry="anisotropic s",
            anisotropy=a,
            angle=angle,
            broadening=0.2,
            barrier=0.6,
            temperature=2.0,
        )
        expected = direct(bias, 2.0, 0.2, 0.6, lambda phi: GAP * (1 + a * np.cos(4 * (phi - angle))))
        assert got == pytest.approx(expected, abs=1e-5)
    bias_line = np.linspace(-4.0, 4.0, 33)
    same = {"gap": GAP, "broadening": 0.1, "barrier": 0.6, "temperature": 2.0}
    np.testing.assert_allclose(
        btk.conductance_anisotropic(bias_line, symmetry="anisotropic s", anisotropy=0.0, angle=0.3, **same),
        btk.conductance_anisotropic(bias_line, symmetry="s", **same),
        atol=1e-9,
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"symmetry": "p"}, "symmetry must be one of"),
        ({"angle": np.nan}, "angle"),
        ({"anisotropy": 0.3}, "has no meaning"),
        ({"anisotropy": 1.5, "symmetry": "anisotropic s"}, "within -1 .. 1"),
        ({"gap": -1.0}, "gap"),
    ],
)
def test_refuses(wrong: dict[str, object], words: str) -> None:
    good: dict[str, object] = {**D_WAVE, "broadening": 0.1, "barrier": 0.5, "temperature": 1.0}
    with pytest.raises(DomainError, match=words):
        btk.conductance_anisotropic(0.0, **{**good, **wrong})  # type: ignore[arg-type]
