"""Upper critical fields against sums over Matsubara frequencies, brute integrals, determinants and printed limits."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import digamma

from megabar.errors import DomainError
from megabar.physics import critical_field as cf

TC, SLOPE = 10.0, 2.0
REDUCED = (0.005, 0.1, 0.5, 0.9, 0.999)


def summed(h: float, t: float, alpha: float, spin_orbit: float, terms: int = 20_000) -> float:
    """The condition as WHH write it first, a sum over frequencies, with the rest as an integral; no digamma."""

    def term(x: np.ndarray) -> np.ndarray:
        return 1.0 / x - 1.0 / (x + h / t + (alpha * h / t) ** 2 / (x + (h + spin_orbit) / t))

    nodes, weights = np.polynomial.legendre.leggauss(30)
    u = 0.5 * (nodes + 1.0) / (2.0 * terms)
    rest = float(np.sum(0.5 / (2.0 * terms) * weights * term(1.0 / u) / u**2))
    return 2.0 * float(np.sum(term(2.0 * np.arange(terms) + 1.0))) + rest + math.log(t)


@pytest.mark.parametrize("maki", [0.0, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("spin_orbit", [0.0, 0.01, 0.6, 3.0, 20.0])
def test_whh_against_the_sum_over_frequencies(maki: float, spin_orbit: float) -> None:
    got = cf.whh(np.array(REDUCED) * TC, critical_temperature=TC, slope=SLOPE, maki=maki, spin_orbit=spin_orbit)
    for t, field in zip(REDUCED, np.asarray(got), strict=True):
        h = brentq(lambda x, t=t: summed(x, t, maki, spin_orbit), 1e-9, 0.5, xtol=1e-16, rtol=1e-14)
        assert field == pytest.approx(np.pi**2 / 4.0 * TC * SLOPE * h, rel=1e-9)


def test_where_both_arguments_meet() -> None:
    """alpha h = lambda/2 is no special point: continuous through it."""
    h = float(cf.whh(5.0, critical_temperature=TC, slope=SLOPE, maki=1.0, spin_orbit=0.3)) * 4.0 / np.pi**2 / 20.0
    alpha = 0.15 / h
    beside = [
        float(cf.whh(5.0, critical_temperature=TC, slope=SLOPE, maki=alpha * (1.0 + x), spin_orbit=0.3))
        for x in (-1e-2, -1e-3, 0.0, 1e-3, 1e-2)
    ]
    assert np.all(np.diff(beside) < 0.0)
    assert np.max(np.abs(np.diff(beside, 2))) < 0.02 * beside[2]


def test_neighbours_differ_by_the_slope_alone() -> None:
    """No noise of the root finder: second differences over steps of 1e-4 are curvature, 1e-8, and nothing else."""
    t = np.linspace(0.02, 0.98, 25) * TC
    made = [np.asarray(cf.whh(t, critical_temperature=TC, slope=SLOPE, maki=0.8 + 1e-4 * i)) for i in range(40)]
    assert np.max(np.abs(np.diff(np.array(made), n=3, axis=0))) < 1e-9 * TC * SLOPE


def test_limits_of_whh() -> None:
    assert pytest.approx(0.692673, abs=5e-7) == cf.ORBITAL_DIRTY
    assert cf.whh(0.0, critical_temperature=TC, slope=SLOPE) == pytest.approx(0.692673 * TC * SLOPE, rel=1e-6)
    assert cf.whh([10.0, 12.0], critical_temperature=TC, slope=SLOPE).tolist() == [0.0, 0.0]  # type: ignore[union-attr]
    near = float(cf.whh(0.99999 * TC, critical_temperature=TC, slope=SLOPE, maki=3.0, spin_orbit=1.0))
    assert near == pytest.approx(1e-5 * TC * SLOPE, rel=1e-3)
    # Pure paramagnetism at T = 0: the second-order root is Delta(0)/(2 mu_B), 1/sqrt(2) of Clogston's field.
    strong = float(cf.whh(0.0, critical_temperature=TC, slope=1e4, maki=1e4 * cf.MAKI_PER_SLOPE))
    assert strong == pytest.approx(float(cf.pauli_limit(TC)) / math.sqrt(2.0), rel=1e-3)
    # Strong spin-orbit scattering takes the Pauli limit away.
    freed = cf.whh(0.0, critical_temperature=TC, slope=SLOPE, maki=1.0, spin_orbit=1e5)
    assert freed == pytest.approx(0.692673 * TC * SLOPE, rel=1e-3)


@pytest.mark.parametrize(("maki", "spin_orbit"), [(0.4, 1.0), (2.0, 0.3), (1.0, 0.01), (3.0, 8.0)])
def test_gradient_of_whh(maki: float, spin_orbit: float) -> None:
    t = np.array([0.3, 3.0, 7.0, 9.5])
    at = {"critical_temperature": TC, "slope": SLOPE, "maki": maki, "spin_orbit": spin_orbit}
    value, slopes = cf.whh_gradient(t, **at)
    np.testing.assert_allclose(value, cf.whh(t, **at), rtol=1e-12)
    for name, centre in at.items():
        step = 1e-3 * centre
        up, down = (np.asarray(cf.whh(t, **{**at, name: centre + s})) for s in (step, -step))
        np.testing.assert_allclose(slopes[name], (up - down) / (2.0 * step), rtol=1e-4, atol=1e-6)


def test_where_the_root_is_no_transition() -> None:
    assert cf.is_first_order(maki=3.0, spin_orbit=0.0)
    assert not cf.is_first_order(maki=3.0, spin_orbit=10.0)
    assert not cf.is_first_order(maki=0.5, spin_orbit=0.0)
    assert not cf.is_first_order(maki=0.0, spin_orbit=0.0)


def test_ginzburg_landau_forms() -> None:
    both = [
        float(cf.ginzburg_landau(5.0, critical_temperature=TC, field_zero=8.0, form=form))  # type: ignore[arg-type]
        for form in ("quadratic", "two-fluid")
    ]
    assert both == pytest.approx([6.0, 4.8])
    # One slope at Tc: 0.5 and 1.0 Tc slope at zero.
    for form, share in (("quadratic", 0.5), ("two-fluid", 1.0)):
        near = cf.ginzburg_landau(
            0.9999 * TC,
            critical_temperature=TC,
            field_zero=share * TC * SLOPE,
            form=form,  # type: ignore[arg-type]
        )
        assert near == pytest.approx(1e-4 * TC * SLOPE, rel=1e-3)
    assert cf.ginzburg_landau(11.0, critical_temperature=TC, field_zero=8.0) == 0.0


def test_baumgartner_follows_whh() -> None:
    t = np.linspace(0.0, 1.0, 101) * TC
    exact = np.asarray(cf.whh(t, critical_temperature=TC, slope=SLOPE))
    got = np.asarray(cf.baumgartner(t, critical_temperature=TC, field_zero=0.693 * TC * SLOPE))
    assert np.max(np.abs(got - exact)) < 0.006 * TC * SLOPE
    assert cf.baumgartner(0.0, critical_temperature=TC, field_zero=1.0) == pytest.approx(1.003, abs=5e-4)


@pytest.mark.parametrize("t", [0.02, 0.3, 0.8, 0.99])
def test_clean_limit_against_a_double_integral(t: float) -> None:
    field = float(cf.clean_limit(t * TC, critical_temperature=TC, slope=SLOPE))
    x = 3.0 / (7.0 * 1.2020569031595942) * field / (TC * SLOPE) / t**2

    def inner(u: float) -> float:
        return 1.0 - quad(lambda m: math.exp(-x * u * u * (1.0 - m * m)), 0.0, 1.0, epsabs=1e-13, points=[0.99])[0]

    ends = sorted([0.0, 0.1 / math.sqrt(x), 1.0 / math.sqrt(x), 3.0, 10.0, 40.0])
    total = sum(quad(lambda u: inner(u) / math.sinh(u), a, b, epsabs=1e-11)[0] for a, b in pairwise(ends))
    assert total == pytest.approx(-math.log(t), rel=1e-7)


def test_clean_limit_at_zero() -> None:
    assert cf.clean_limit(0.0, critical_temperature=TC, slope=SLOPE) == pytest.approx(0.727 * TC * SLOPE, rel=5e-4)


COUPLINGS = [
    ((0.81, 0.119), (0.09, 0.285)),
    ((0.2, 0.35), (0.4, 0.1)),
    ((0.4, 0.2), (0.2, 0.1)),
    ((0.5, 0.0), (0.0, 0.3)),
]


@pytest.mark.parametrize("couplings", COUPLINGS)
@pytest.mark.parametrize("ratio", [0.05, 1.0, 30.0])
def test_two_band_against_eigenvalues(couplings: tuple[tuple[float, float], ...], ratio: float) -> None:
    """At the field found, couplings times (1/L - F) has an eigenvalue 1; at a field 1 % above, none is larger."""
    d = (1e-4, ratio * 1e-4)
    kelvin_per_volt = 8.617333262e-5
    matrix = np.array(couplings)
    largest = float(np.max(np.linalg.eigvals(matrix).real))
    for t in (0.05, 0.4, 0.95):
        field = float(cf.two_band(t * TC, critical_temperature=TC, couplings=couplings, diffusivities=d))

        def eigenvalues(b: float, t: float = t) -> np.ndarray:
            pair = np.array(
                [math.log(t) + float(digamma(0.5 + x * b / (2 * np.pi * kelvin_per_volt * t * TC))) for x in d]
            )
            return np.linalg.eigvals(matrix @ np.diag(1.0 / largest - (pair - float(digamma(0.5))))).real

        assert np.min(np.abs(eigenvalues(field) - 1.0)) < 1e-6
        if np.linalg.det(matrix) >= 0.0:
            assert np.max(eigenvalues(1.01 * field)) < 1.0


def test_two_bands_alike_are_the_dirty_limit() -> None:
    d = 3e-4
    slope = 4.0 * 8.617333262e-5 / (np.pi * d)
    t = np.array([0.0, 2.0, 7.0, 9.9])
    got = cf.two_band(t, critical_temperature=TC, couplings=COUPLINGS[0], diffusivities=(d, d))
    np.testing.assert_allclose(got, cf.whh(t, critical_temperature=TC, slope=slope), rtol=1e-7)


def test_pauli_limit_and_lengths() -> None:
    assert cf.pauli_limit(10.0) == pytest.approx(18.6, abs=0.05)
    assert cf.pauli_limit(10.0, gap_ratio=7.0) == pytest.approx(18.57 * 7.0 / 3.528, rel=1e-3)
    # 10 nm is 3.29 T.
    assert cf.coherence_length(3.291) == pytest.approx(10.0, rel=1e-3)
    assert cf.field_of_coherence_length(cf.coherence_length([2.0, 200.0])) == pytest.approx([2.0, 200.0])


def test_angles() -> None:
    at = {"field_parallel": 40.0, "field_across": 10.0}
    for law in (cf.angular_ginzburg_landau, cf.tinkham_film):
        assert law(0.0, **at) == pytest.approx(40.0)
        assert law(np.pi / 2, **at) == pytest.approx(10.0)
        assert law(-0.3, **at) == pytest.approx(float(law(0.3, **at)))
    small = 1e-4
    # Round at zero, and a cusp: H = H_par (1 - |a| H_par/(2 H_across)).
    assert cf.angular_ginzburg_landau(small, **at) == pytest.approx(40.0, rel=1e-6)
    assert cf.tinkham_film(small, **at) == pytest.approx(40.0 * (1.0 - 2.0 * small), rel=1e-6)
    h = float(cf.tinkham_film(0.7, **at))
    assert h * np.sin(0.7) / 10.0 + (h * np.cos(0.7) / 40.0) ** 2 == pytest.approx(1.0)


def test_broadening() -> None:
    assert cf.broadening(8.0, width_zero=1.0, amplitude=0.5) == pytest.approx(3.0)
    assert cf.broadening([0.0, 4.0], width_zero=1.0, amplitude=0.5, exponent=0.5) == pytest.approx([1.0, 2.0])


def test_refusals() -> None:
    good = {"critical_temperature": TC, "slope": SLOPE}
    for change in ({"slope": 0.0}, {"critical_temperature": -1.0}, {"maki": -0.1}, {"spin_orbit": math.nan}):
        with pytest.raises(DomainError):
            cf.whh(4.0, **{**good, **change})
    with pytest.raises(DomainError, match="form must be"):
        cf.ginzburg_landau(4.0, critical_temperature=TC, field_zero=1.0, form="cubic")  # type: ignore[arg-type]
    for couplings, words in (
        (((-0.5, 0.1), (0.1, -0.4)), "no superconductivity"),
        (((0.5, 0.1), (-0.1, 0.4)), "one sign"),
        ((0.5, 0.1), "a matrix"),
    ):
        with pytest.raises(DomainError, match=words):
            cf.two_band(4.0, critical_temperature=TC, couplings=couplings, diffusivities=(1e-4, 1e-4))
    with pytest.raises(DomainError, match="two are needed"):
        cf.two_band(4.0, critical_temperature=TC, couplings=COUPLINGS[0], diffusivities=(1e-4,))  # type: ignore[arg-type]
