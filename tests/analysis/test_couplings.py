"""The coupling constant with the errors of Tc, Theta_D and mu*."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from megabar.analysis.couplings import FORMULAS, Coupling, couplings
from megabar.physics.coupling import advanced_mcmillan, mcmillan

TC, THETA = 58.0, 518.0


def found(
    tc: float = TC,
    theta: float = THETA,
    errors: tuple[float, float] = (0.3, 4.0),
    correlation: float = 0.0,
    coulomb: float = 0.13,
    coulomb_error: float | None = 0.03,
) -> dict[str, Coupling]:
    covariance = np.diag(np.square(errors))
    covariance[0, 1] = covariance[1, 0] = correlation * errors[0] * errors[1]
    answer = couplings(
        lambda critical_temperature, **_: critical_temperature,
        values={"critical_temperature": tc, "debye_temperature": theta},
        covariance=covariance,
        coulomb=coulomb,
        coulomb_error=coulomb_error,
        rng=np.random.default_rng(0),
    )
    return {coupling.formula: coupling for coupling in answer}


def inverse(tc: float, theta: float, mu: float) -> float:
    """The advanced McMillan formula solved by bracketing, independently of the product's own inverse."""
    law = lambda x: float(advanced_mcmillan(x, debye_temperature=theta, coulomb_pseudopotential=mu)) - tc  # noqa: E731
    return float(brentq(law, 0.5, 8.0, xtol=1e-12))


def test_all_formulas_in_a_fixed_order() -> None:
    assert list(found()) == list(FORMULAS) == ["advanced", "mcmillan", "allen-dynes"]
    assert found()["advanced"].value == pytest.approx(1.7143, abs=5e-5)
    value = found()["mcmillan"].value
    assert value is not None
    assert float(mcmillan(value, debye_temperature=THETA, coulomb_pseudopotential=0.13)) == pytest.approx(TC, rel=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.9, -0.9])
@pytest.mark.parametrize("errors", [(0.3, 4.0), (3.0, 60.0)])
def test_errors_against_brute_force(errors: tuple[float, float], correlation: float) -> None:
    """40,000 draws of Tc and Theta_D, inverted through a table of Tc/Theta_D; known to 1 %, so 4 % is allowed."""
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 40_000))
    tc = TC + errors[0] * a
    theta = THETA + errors[1] * (correlation * a + np.sqrt(1.0 - correlation**2) * b)
    table = np.linspace(0.5, 8.0, 20_000)
    ratio = np.asarray(advanced_mcmillan(table, debye_temperature=1.0, coulomb_pseudopotential=0.13))
    draws = np.interp(tc / theta, ratio, table)
    low, high = np.quantile(draws, [0.158655, 0.841345])
    assert found(errors=errors, correlation=correlation)["advanced"].error == pytest.approx(
        0.5 * (high - low), rel=0.04
    )


def test_a_common_cause_of_tc_and_theta_cancels() -> None:
    """Both in proportion (a thermometer's scale): the coupling depends on Tc/Theta alone and does not move."""
    scaled = found(errors=(0.01 * TC, 0.01 * THETA), correlation=0.999999)["advanced"].error
    apart = found(errors=(0.01 * TC, 0.01 * THETA))["advanced"].error
    assert scaled is not None
    assert apart is not None
    assert scaled < 0.01 * apart


def test_coulomb_spread_is_half_the_range_of_values() -> None:
    ends = [inverse(TC, THETA, mu) for mu in (0.10, 0.16)]
    assert found()["advanced"].coulomb == pytest.approx(0.5 * (ends[1] - ends[0]), rel=1e-8)
    assert found(coulomb_error=None)["advanced"].coulomb is None
    assert found(coulomb_error=0.0)["advanced"].coulomb is None


def test_coulomb_range_without_a_solution_at_one_end_has_no_spread() -> None:
    """mu* = 0.32 + 0.02 leaves the range in which the advanced formula can be inverted."""
    coupling = found(tc=10.0, coulomb=0.32, coulomb_error=0.02)["advanced"]
    assert coupling.value is not None
    assert coupling.coulomb is None


@pytest.mark.parametrize(("tc", "beyond"), [(58.0, False), (75.0, True)])
def test_strong_couplings_are_remarked(tc: float, beyond: bool) -> None:
    coupling = found(tc=tc)["advanced"]
    assert coupling.value is not None
    assert (coupling.value > 2.0) is beyond
    assert ("a coupling above 2 is beyond the range in which such formulas were tested" in coupling.words) is beyond


def test_what_has_no_solution_says_why_and_stops_nothing() -> None:
    """McMillan's formula saturates: no coupling gives Tc = 0.4 Theta."""
    answer = found(tc=0.4 * THETA)
    assert answer["mcmillan"].value is None
    assert answer["mcmillan"].error is None
    assert len(answer["mcmillan"].words) > 20
    assert set(answer) == set(FORMULAS)


def test_errors_shrink_in_proportion() -> None:
    small, large = (found(errors=(s * 0.1, s * 1.0))["advanced"].error for s in (0.1, 1.0))
    assert small is not None
    assert large == pytest.approx(10.0 * small, rel=0.01)
