"""Tc formulas against closed inverses, published numbers, another program's output and their asymptotes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import e, k
from scipy.integrate import quad
from scipy.optimize import brentq

from megabar.errors import DomainError
from megabar.physics.coupling import (
    LARGEST_INVERTIBLE_COULOMB,
    advanced_mcmillan,
    allen_dynes,
    coupling_from_tc,
    mcmillan,
    sisso,
    sisso_pole,
)

KELVIN_PER_MEV = 1e-3 * e / k
FORMULAS = ("advanced", "mcmillan", "allen-dynes")
EPW = {
    "MgB2": {"lam": 0.8714948, "omega_log": 61.4704, "mu": 0.16, "plain": 26.4082, "full": 27.4569, "fit": 31.5015},
    "Al": {"lam": 0.3745470, "omega_log": 29.6213, "mu": 0.10, "plain": 0.9701, "full": 0.9826, "fit": 1.0276},
}
"""What the electron-phonon code EPW prints for two spectral functions: meV and K, four decimals."""


def exponential(lam: float, mu: float) -> float:
    return float(np.exp(-1.04 * (1.0 + lam) / (lam - mu * (1.0 + 0.62 * lam))))


@given(st.floats(0.05, 0.35), st.floats(20.0, 2000.0), st.floats(0.3, 30.0))
def test_mcmillan_and_its_closed_inverse(mu: float, theta: float, lam: float) -> None:
    if lam < 1.3 * mu / (1.0 - 0.62 * mu):
        return
    tc = mcmillan(lam, debye_temperature=theta, coulomb_pseudopotential=mu)
    logarithm = np.log(theta / 1.45 / tc)
    assert logarithm == pytest.approx(1.04 * (1.0 + lam) / (lam - mu * (1.0 + 0.62 * lam)), rel=1e-12)
    found = coupling_from_tc(tc, debye_temperature=theta, coulomb_pseudopotential=mu, formula="mcmillan")
    assert found == pytest.approx(lam, rel=1e-10)


def test_nickelate_coupling() -> None:
    found = coupling_from_tc(58.0, debye_temperature=518, coulomb_pseudopotential=0.13)
    assert found == pytest.approx(1.7143, abs=5e-5)


def test_nickelate_coupling_by_another_road() -> None:
    """The formula written out here and solved by Brent's method."""

    def tc(lam: float) -> float:
        f1 = (1.0 + (lam / (2.46 * (1.0 + 3.8 * 0.13))) ** 1.5) ** (1.0 / 3.0)
        return 518.0 / 1.45 * exponential(lam, 0.13) * f1 * (1.0 + (0.0241 - 0.0735 * 0.13) * lam**2)

    expected = brentq(lambda lam: tc(lam) - 58.0, 0.5, 5.0, xtol=1e-13)
    found = coupling_from_tc(58.0, debye_temperature=518.0, coulomb_pseudopotential=0.13)
    assert found == pytest.approx(expected, rel=1e-12)


def test_round_trip_over_a_grid() -> None:
    lam, mu, theta = np.meshgrid(np.geomspace(0.3, 20.0, 25), np.linspace(0.0, 0.32, 9), [30.0, 518.0, 2000.0])
    solvable = lam > 1.2 * mu / (1.0 - 0.62 * mu)
    lam, mu, theta = lam[solvable], mu[solvable], theta[solvable]
    tc = advanced_mcmillan(lam, debye_temperature=theta, coulomb_pseudopotential=mu)
    back = coupling_from_tc(tc, debye_temperature=theta, coulomb_pseudopotential=mu)
    np.testing.assert_allclose(back, lam, rtol=1e-10)


@pytest.mark.parametrize("theta", [30.0, 518.0])
def test_allen_dynes_inverts_for_a_debye_spectrum(theta: float) -> None:
    """alpha2F ~ omega^2 up to Theta: its moments by quadrature, Tc from them, and back."""

    def mean(moment: Callable[[float], float]) -> float:
        return float(quad(lambda x: 2.0 * x * moment(x), 0.0, 1.0)[0])

    top = theta / KELVIN_PER_MEV
    omega_log = top * float(np.exp(mean(lambda x: np.log(x) if x > 0.0 else 0.0)))
    omega_2 = top * np.sqrt(mean(lambda x: x**2))
    lam = np.geomspace(0.4, 30.0, 20)
    tc = allen_dynes(lam, omega_log=omega_log, omega_2=omega_2, coulomb_pseudopotential=0.13)
    back = coupling_from_tc(tc, debye_temperature=theta, coulomb_pseudopotential=0.13, formula="allen-dynes")
    np.testing.assert_allclose(back, lam, rtol=1e-7)
    with pytest.raises(DomainError, match="no coupling"):
        coupling_from_tc(5.0, debye_temperature=theta, coulomb_pseudopotential=1.7, formula="allen-dynes")


@given(st.floats(1e-6, 1e4), st.floats(1.0, 5000.0), st.floats(0.0, 0.3278))
def test_every_tc_has_a_coupling(tc: float, theta: float, mu: float) -> None:
    lam = coupling_from_tc(tc, debye_temperature=theta, coulomb_pseudopotential=mu)
    assert advanced_mcmillan(lam, debye_temperature=theta, coulomb_pseudopotential=mu) == pytest.approx(tc, rel=1e-9)


def test_advanced_formula_tends_to_mcmillan_for_weak_coupling() -> None:
    """f1 - 1 = (l/2.46)^1.5/3 and f2 - 1 = 0.0241 l^2 to leading order at mu = 0."""
    lam = 0.05
    ratio = advanced_mcmillan(lam, debye_temperature=300.0, coulomb_pseudopotential=0.0) / mcmillan(
        lam, debye_temperature=300.0, coulomb_pseudopotential=0.0
    )
    assert ratio - 1.0 == pytest.approx((lam / 2.46) ** 1.5 / 3.0 + 0.0241 * lam**2, rel=1e-2)


def test_advanced_formula_turns_over_above_the_largest_invertible_coulomb() -> None:
    lam = np.geomspace(1.0, 40.0, 400)
    inside = advanced_mcmillan(lam, debye_temperature=300.0, coulomb_pseudopotential=0.327)
    outside = advanced_mcmillan(lam, debye_temperature=300.0, coulomb_pseudopotential=0.34)
    assert np.all(np.diff(inside) > 0.0)
    assert np.any(np.diff(outside) < 0.0)
    assert pytest.approx(0.3279, abs=5e-5) == LARGEST_INVERTIBLE_COULOMB


@pytest.mark.parametrize("mu", [0.328, 0.5, [0.1, 0.4]])
def test_no_inverse_where_the_formula_is_not_monotonic(mu: float) -> None:
    with pytest.raises(DomainError, match="not monotonic"):
        coupling_from_tc(20.0, debye_temperature=300.0, coulomb_pseudopotential=mu)


def test_no_coupling_above_the_limit_of_mcmillan() -> None:
    limit = 300.0 / 1.45 * np.exp(-1.04 / (1.0 - 0.62 * 0.1))
    inverse = {"debye_temperature": 300.0, "coulomb_pseudopotential": 0.1, "formula": "mcmillan"}
    assert coupling_from_tc(limit * 0.999, **inverse) > 100.0
    for tc in (limit * (1.0 + 1e-12), 2.0 * limit, [10.0, 300.0]):
        with pytest.raises(DomainError, match="upper limit"):
            coupling_from_tc(tc, **inverse)
    # At the limit to the last digit: an answer or a refusal, at once.
    for tc in np.nextafter(limit, [0.0, np.inf]):
        with suppress(DomainError):
            assert coupling_from_tc(tc, **inverse) > 1e9


def test_no_coupling_when_repulsion_always_wins() -> None:
    with pytest.raises(DomainError, match="no coupling"):
        coupling_from_tc(1e-3, debye_temperature=300.0, coulomb_pseudopotential=1.7, formula="mcmillan")


def test_mcmillan_saturates_at_its_limit() -> None:
    limit = 300.0 / 1.45 * np.exp(-1.04 / (1.0 - 0.62 * 0.1))
    assert mcmillan(1e12, debye_temperature=300.0, coulomb_pseudopotential=0.1) == pytest.approx(limit, rel=1e-9)


@pytest.mark.parametrize("mu", [0.0, 0.1, 0.2])
def test_no_superconductivity_below_the_threshold(mu: float) -> None:
    threshold = mu / (1.0 - 0.62 * mu)
    lam = np.array([0.0, 0.5 * threshold, threshold])
    arguments = {"coulomb_pseudopotential": mu}
    assert np.all(mcmillan(lam, debye_temperature=300.0, **arguments) == 0.0)
    assert np.all(advanced_mcmillan(lam, debye_temperature=300.0, **arguments) == 0.0)
    assert np.all(allen_dynes(lam, omega_log=10.0, omega_2=12.0, **arguments) == 0.0)
    assert mcmillan(threshold + 0.1, debye_temperature=300.0, **arguments) > 0.0


@pytest.mark.parametrize("metal", EPW)
def test_another_program_prints_the_same(metal: str) -> None:
    """EPW's "McMillan" is the exponential with omega_log/1.2; its Allen-Dynes line has f1 and f2.

    It does not print omega_2, but its third line, called SISSO, depends on omega_2/omega_log too: solved for the
    ratio, it predicts the Allen-Dynes line.
    """
    printed = EPW[metal]
    lam, mu, omega_log = printed["lam"], printed["mu"], printed["omega_log"]
    plain = omega_log * KELVIN_PER_MEV / 1.2 * exponential(lam, mu)
    assert plain == pytest.approx(printed["plain"], abs=6e-5)

    def fitted(ratio: float) -> float:
        frequencies = {"omega_log": omega_log, "omega_2": ratio * omega_log}
        return float(sisso(lam, **frequencies, coulomb_pseudopotential=mu))

    ratio = brentq(lambda r: fitted(r) - printed["fit"], 1.03, 1.3)
    tc = allen_dynes(lam, omega_log=omega_log, omega_2=ratio * omega_log, coulomb_pseudopotential=mu)
    assert tc == pytest.approx(printed["full"], abs=2e-4)


def test_allen_dynes_equals_mcmillan_with_its_own_prefactor_at_one_frequency() -> None:
    """omega_2 = omega_log makes f2 = 1; dividing by f1 leaves omega_log/1.2 in place of Theta/1.45."""
    lam, mu = 0.7, 0.12
    f1 = (1.0 + (lam / (2.46 * (1.0 + 3.8 * mu))) ** 1.5) ** (1.0 / 3.0)
    tc = allen_dynes(lam, omega_log=20.0, omega_2=20.0, coulomb_pseudopotential=mu)
    same = mcmillan(lam, debye_temperature=20.0 * KELVIN_PER_MEV * 1.45 / 1.2, coulomb_pseudopotential=mu)
    assert tc / f1 == pytest.approx(same, rel=1e-12)


def test_allen_dynes_grows_as_the_root_of_the_coupling() -> None:
    """Tc -> 0.1827 omega_2 sqrt(l) at mu = 0: f1 and f2 were made for it, to their two or three digits."""
    lam = 1e6
    for ratio in (1.0, 1.2, 1.7):
        tc = allen_dynes(lam, omega_log=10.0, omega_2=10.0 * ratio, coulomb_pseudopotential=0.0)
        asymptote = 0.1827 * 10.0 * ratio * KELVIN_PER_MEV * np.sqrt(lam)
        assert tc == pytest.approx(asymptote, rel=0.03)
    four, one = (allen_dynes(a, omega_log=10.0, omega_2=14.0, coulomb_pseudopotential=0.1) for a in (4.0 * lam, lam))
    assert four / one == pytest.approx(2.0, rel=1e-3)


@given(st.floats(0.1, 20.0), st.floats(0.0, 0.3), st.floats(1.0, 2.0), st.floats(0.01, 100.0))
def test_critical_temperatures_scale_with_the_frequency(lam: float, mu: float, ratio: float, scale: float) -> None:
    one = allen_dynes(lam, omega_log=1.0, omega_2=ratio, coulomb_pseudopotential=mu)
    other = allen_dynes(lam, omega_log=scale, omega_2=ratio * scale, coulomb_pseudopotential=mu)
    assert other == pytest.approx(scale * one, rel=1e-12)
    for law in (mcmillan, advanced_mcmillan):
        at = [law(lam, debye_temperature=a, coulomb_pseudopotential=mu) for a in (1.0, scale)]
        assert at[1] == pytest.approx(scale * at[0], rel=1e-12)


@given(st.floats(0.3, 10.0), st.floats(0.0, 0.25))
def test_repulsion_lowers_and_coupling_raises_tc(lam: float, mu: float) -> None:
    for law in (mcmillan, advanced_mcmillan):
        here = law(lam, debye_temperature=400.0, coulomb_pseudopotential=mu)
        assert law(lam * 1.05, debye_temperature=400.0, coulomb_pseudopotential=mu) >= here
        assert law(lam, debye_temperature=400.0, coulomb_pseudopotential=mu + 0.02) <= here


BAD = [-0.1, np.nan, np.inf]


@pytest.mark.parametrize("bad", BAD)
def test_bad_arguments_are_refused(bad: float) -> None:
    good = {"debye_temperature": 300.0, "coulomb_pseudopotential": 0.1}
    moments = {"omega_log": 10.0, "omega_2": 12.0, "coulomb_pseudopotential": 0.1}
    for law in (mcmillan, advanced_mcmillan):
        with pytest.raises(DomainError, match="coupling"):
            law([1.0, bad], **good)
        with pytest.raises(DomainError, match="Debye"):
            law(1.0, **{**good, "debye_temperature": bad})
        with pytest.raises(DomainError, match="pseudopotential"):
            law(1.0, **{**good, "coulomb_pseudopotential": bad})
    with pytest.raises(DomainError, match="omega_log"):
        allen_dynes(1.0, **{**moments, "omega_log": bad})
    with pytest.raises(DomainError, match="omega_2"):
        allen_dynes(1.0, **{**moments, "omega_2": bad})
    for formula in FORMULAS:
        with pytest.raises(DomainError, match="critical temperature"):
            coupling_from_tc(bad, formula=formula, **good)
        with pytest.raises(DomainError, match="Debye"):
            coupling_from_tc(10.0, formula=formula, **{**good, "debye_temperature": bad})
        with pytest.raises(DomainError, match="pseudopotential"):
            coupling_from_tc(10.0, formula=formula, **{**good, "coulomb_pseudopotential": bad})


def test_zero_debye_temperature_or_tc_is_refused() -> None:
    with pytest.raises(DomainError, match="Debye"):
        mcmillan(1.0, debye_temperature=0.0, coulomb_pseudopotential=0.1)
    with pytest.raises(DomainError, match="critical temperature"):
        coupling_from_tc(0.0, debye_temperature=300.0, coulomb_pseudopotential=0.1)


def test_unknown_formulas_are_refused() -> None:
    with pytest.raises(DomainError, match="one of advanced, mcmillan, allen-dynes, found 'kresin'"):
        coupling_from_tc(10.0, debye_temperature=300.0, coulomb_pseudopotential=0.1, formula="kresin")


def test_scalars_in_floats_out_and_shapes_broadcast() -> None:
    good = {"debye_temperature": 300.0, "coulomb_pseudopotential": 0.1}
    assert type(mcmillan(1, **good)) is type(advanced_mcmillan(1, **good)) is float
    assert type(allen_dynes(1, omega_log=10, omega_2=12, coulomb_pseudopotential=0.1)) is float
    for formula in FORMULAS:
        assert type(coupling_from_tc(10, formula=formula, **good)) is float
        tc = np.array([[5.0], [10.0]])
        before = tc.copy()
        found = coupling_from_tc(
            tc, debye_temperature=[200.0, 300.0, 400.0], coulomb_pseudopotential=0.1, formula=formula
        )
        assert np.shape(found) == (2, 3)
        np.testing.assert_array_equal(tc, before)
        assert found[1, 1] == coupling_from_tc(10.0, formula=formula, **good)
        assert np.shape(coupling_from_tc(np.empty(0), formula=formula, **good)) == (0,)
    assert np.shape(mcmillan(np.empty(0), **good)) == (0,)
    assert np.shape(advanced_mcmillan(1.0, debye_temperature=[1.0, 2.0], coulomb_pseudopotential=0.1)) == (2,)


@pytest.mark.parametrize("formula", ["advanced", "allen-dynes"])
def test_many_roots_are_what_they_are_one_by_one(formula: str) -> None:
    """Above and below the number from which on all brackets are halved together, over all strengths of coupling."""
    tc = np.geomspace(0.01, 400.0, 40)
    rest = {"debye_temperature": 518.0, "coulomb_pseudopotential": 0.13, "formula": formula}
    together = np.asarray(coupling_from_tc(tc, **rest))  # type: ignore[arg-type]
    alone = [coupling_from_tc(float(t), **rest) for t in tc]  # type: ignore[arg-type]
    np.testing.assert_allclose(together, alone, rtol=1e-13)


def test_sisso_has_a_pole_and_tells_it() -> None:
    near = {"omega_log": 50.0, "omega_2": 50.0 / 0.85, "coulomb_pseudopotential": 0.1499}
    assert abs(sisso_pole(1.0, **near)) > 10.0
    assert abs(sisso_pole(2.0, **near)) < 1e-3
    assert sisso_pole(1.0, omega_log=50.0, omega_2=60.0, coulomb_pseudopotential=0.0) == 0.0
    with pytest.raises(DomainError, match="coupling"):
        sisso(0.0, omega_log=50.0, omega_2=60.0, coulomb_pseudopotential=0.1)
