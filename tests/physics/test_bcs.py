"""The BCS gap against the gap equation as an integral, its limits, and the alpha-model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics.bcs import WEAK_COUPLING_ALPHA, WEAK_COUPLING_RATIO, gap


def residual_of_the_gap_equation(delta: float, t: float) -> float:
    """ln(Delta(T)/Delta(0)) + 2 int f(E)/E d xi, E = sqrt(xi^2 + Delta^2), energies in Delta(0): 0 for the solution."""
    kt = t / WEAK_COUPLING_ALPHA

    def integrand(xi: float) -> float:
        e = np.hypot(xi, delta)
        return float(np.exp(-e / kt) / (1.0 + np.exp(-e / kt)) / e)

    integral = sum(quad(integrand, a, b, epsabs=1e-14, epsrel=1e-13)[0] for a, b in ((0.0, delta), (delta, 60.0 * kt)))
    return float(np.log(delta) + 2.0 * integral)


@pytest.mark.parametrize("t", [0.05, 0.1, 0.2, 0.3, 0.4, 0.449, 0.451, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_solves_the_gap_equation(t: float) -> None:
    delta = float(gap(t, gap_zero=1.0, critical_temperature=1.0))
    assert residual_of_the_gap_equation(delta, t) == pytest.approx(0.0, abs=3e-12)


def test_limits() -> None:
    assert gap(0.0, gap_zero=21.04, critical_temperature=112.0) == 21.04
    assert gap(112.0, gap_zero=21.04, critical_temperature=112.0) == 0.0
    assert gap(200.0, gap_zero=21.04, critical_temperature=112.0) == 0.0
    # Delta/kTc = pi sqrt(8/(7 zeta(3))) sqrt(1 - t) near Tc, 3.0633.
    t = 1.0 - 1e-8
    slope = float(gap(t, gap_zero=WEAK_COUPLING_ALPHA, critical_temperature=1.0)) / np.sqrt(1.0 - t)
    assert slope == pytest.approx(np.pi * np.sqrt(8.0 / (7.0 * 1.2020569031595942)), rel=1e-7)
    assert pytest.approx(3.52775, abs=5e-6) == WEAK_COUPLING_RATIO
    # 1 - sqrt(2 pi kT/Delta) exp(-Delta/kT) at low temperature, with K0's next term.
    x = WEAK_COUPLING_ALPHA / 0.05
    expected = np.sqrt(2.0 * np.pi / x) * np.exp(-x) * (1.0 - 1.0 / (8.0 * x))
    assert 1.0 - float(gap(0.05, gap_zero=1.0, critical_temperature=1.0)) == pytest.approx(expected, rel=1e-3)


def test_both_forms_meet_and_fall() -> None:
    t = np.linspace(0.0, 1.0, 2001)
    delta = np.asarray(gap(t, gap_zero=1.0, critical_temperature=1.0))
    # Below t = 0.05 the gap rounds to 1.
    assert np.all(np.diff(delta) <= 0.0)
    around = np.array([0.45 - 1e-9, 0.45 + 1e-9])
    first, second = np.asarray(gap(around, gap_zero=1.0, critical_temperature=1.0))
    assert first == pytest.approx(second, abs=5e-9)


def test_alpha_model_stretches_the_shape() -> None:
    t = np.linspace(1.0, 80.0, 9).reshape(3, 3)
    weak = np.asarray(gap(t, gap_zero=WEAK_COUPLING_ALPHA * BOLTZMANN_MEV * 90.0, critical_temperature=90.0))
    strong = np.asarray(gap(t, gap_zero=2.5 * BOLTZMANN_MEV * 90.0, critical_temperature=90.0))
    np.testing.assert_allclose(strong / weak, 2.5 / WEAK_COUPLING_ALPHA, rtol=1e-14)
    assert strong.shape == (3, 3)


def test_the_usual_tanh_is_off_by_up_to_two_per_cent() -> None:
    t = np.linspace(0.01, 0.999, 500)
    tanh = np.tanh(1.74 * np.sqrt(1.0 / t - 1.0))
    exact = np.asarray(gap(t, gap_zero=1.0, critical_temperature=1.0))
    assert 0.015 < np.max(np.abs(tanh / exact - 1.0)) < 0.02


@pytest.mark.parametrize(
    ("temperature", "zero", "tc"),
    [(-1.0, 1.0, 1.0), (np.nan, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, 0.0), (1.0, np.inf, 1.0), (np.inf, 1.0, 1.0)],
)
def test_refuses(temperature: float, zero: float, tc: float) -> None:
    with pytest.raises(DomainError):
        gap(temperature, gap_zero=zero, critical_temperature=tc)
