"""Tc, gap, responses and thermodynamics against brute force, limits and identities."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import eigvals

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.theory import _linear, _matsubara, _system
from megabar.theory.eliashberg import (
    SpectralFunction,
    Status,
    critical_temperature,
    rescale_coulomb,
    solve,
)
from megabar.theory.response import response
from megabar.theory.spectral import _widths
from megabar.theory.thermodynamics import critical_field, field_curve, free_energy, specific_heat_jump

FloatArray = NDArray[np.float64]
EINSTEIN = SpectralFunction.einstein(20.0, 1.0)


def broad() -> SpectralFunction:
    """Two humps at 15 and 60 meV, lambda near 1.2."""
    w = np.linspace(0.0, 80.0, 801)
    f = 0.35 * np.exp(-(((w - 15.0) / 4.0) ** 2)) + 0.6 * np.exp(-(((w - 60.0) / 8.0) ** 2))
    return SpectralFunction(w, f * (1.0 - np.exp(-((w / 5.0) ** 2))))


def brute_force(found: _linear.Interaction) -> FloatArray:
    """Plain iteration of the equations written out with matrices, all sums over the same frequencies."""
    n = np.arange(found.count)
    scale = np.pi * BOLTZMANN_MEV * found.temperature
    w = scale * (2.0 * n + 1.0)
    minus, plus = found.values[0, 0][np.abs(n[:, None] - n)], found.values[0, 0][n[:, None] + n + 1]
    free = np.array([2 * k + 1 + found.values[0, 0, 0] + 2.0 * found.values[0, 0, 1 : k + 1].sum() for k in n])
    delta = np.full(found.count, 3.0)
    for _ in range(5000):
        root = np.sqrt(w**2 + delta**2)
        z = free + (minus - plus) @ (w / root - 1.0)
        pairing = (minus + plus) @ (delta / root) - 2.0 * found.mu[0, 0] * (
            _linear.coulomb_shares(found) @ (delta / root)
        )
        pairing += 0.5 * found.second[0, 0] / found.count**2 * delta[-1] / scale
        new = pairing * w / z
        if np.max(np.abs(new - delta)) < 1e-13 * np.max(np.abs(new)):
            return np.asarray(new)
        delta = new
    raise AssertionError("brute force did not settle")


@pytest.mark.parametrize(("temperature", "mu"), [(10.0, 0.0), (6.0, 0.12), (9.0, 0.05)])
def test_gaps_agree_with_brute_force(temperature: float, mu: float) -> None:
    found = _linear.interaction(((broad(),),), temperature, mu=mu, cutoff=800.0)
    ours = solve(broad(), temperature=temperature, coulomb_pseudopotential=mu, cutoff=800.0)
    assert ours.status in (Status.OK, Status.NO_EDGE)
    expected = brute_force(found)
    assert np.max(np.abs(ours.gap - expected)) < 1e-8 * expected[0]


def test_kappa_agrees_with_all_eigenvalues_of_the_full_matrix() -> None:
    """Few places and interpolation against every frequency."""
    found = _linear.interaction(((broad(),),), 9.0, mu=0.12, cutoff=800.0)
    few, places, _ = _linear.eigenvalue(found)
    assert places.size < 0.2 * found.count
    matrix, _, diagonal = _linear.matrices(found, dense=found.count)
    assert few == pytest.approx(float(np.max(eigvals(matrix / diagonal[:, None]).real)), abs=2e-7)


def test_einstein_spectra_of_the_literature() -> None:
    """lambda = 1, 20 meV: 26.602 K without Coulomb repulsion; 16.735 K for mu* = 0.1 at 20 meV, cut far out."""
    assert critical_temperature(EINSTEIN, coulomb_pseudopotential=0.0) == pytest.approx(26.602, abs=5e-4)
    far = 3200.0
    mu = rescale_coulomb(0.1, from_cutoff=20.0, to_cutoff=far)
    assert critical_temperature(EINSTEIN, coulomb_pseudopotential=mu, cutoff=far) == pytest.approx(16.7355, abs=5e-4)


def test_the_limit_of_strong_coupling() -> None:
    """k Tc = 0.182726 omega_E sqrt(lambda). Source: P. B. Allen and R. C. Dynes, Phys. Rev. B 12, 905 (1975)."""
    strong = SpectralFunction.einstein(20.0, 1e5)
    tc = critical_temperature(strong, coulomb_pseudopotential=0.0)
    assert BOLTZMANN_MEV * tc / 20.0 / np.sqrt(1e5) == pytest.approx(0.182726, abs=1e-6)


def test_the_limit_of_weak_coupling() -> None:
    """2 Delta/(k Tc) = 3.528, approached from above."""
    weak = SpectralFunction.einstein(20.0, 0.25)
    tc = critical_temperature(weak, coulomb_pseudopotential=0.0)
    cold = solve(weak, temperature=0.15 * tc, coulomb_pseudopotential=0.0)
    assert cold.edge is not None
    assert 2.0 * cold.edge / (BOLTZMANN_MEV * tc) == pytest.approx(3.528, abs=0.01)


def test_gap_and_tc_meet() -> None:
    tc = critical_temperature(broad(), coulomb_pseudopotential=0.1)
    below, above = (solve(broad(), temperature=f * tc, coulomb_pseudopotential=0.1) for f in (1.0 - 1e-4, 1.0 + 1e-4))
    assert 0.0 < below.gap[0] < 0.1 * BOLTZMANN_MEV * tc
    assert below.iterations <= 40
    assert above.status is Status.NORMAL
    # The gap opens as the square root.
    farther = solve(broad(), temperature=(1.0 - 4e-4) * tc, coulomb_pseudopotential=0.1)
    assert farther.gap[0] / below.gap[0] == pytest.approx(2.0, rel=1e-3)


def test_nothing_jumps_when_a_frequency_enters_the_coulomb_sum() -> None:
    """One more frequency counts below the middle temperature: kappa has no step there."""
    step = 2.0 * np.pi * BOLTZMANN_MEV
    middle = 200.0 / (step * 11.0)
    kappa = [
        _linear.eigenvalue(_linear.interaction(((EINSTEIN,),), t, mu=0.15, cutoff=200.0))[0]
        for t in middle * (1.0 + 1e-6 * np.array([-2.0, -1.0, 1.0, 2.0]))
    ]
    slopes = np.diff(kappa)
    assert abs(slopes[1] - slopes[0] - slopes[2]) < 0.5 * abs(slopes[1])


def test_mu_means_the_same_at_another_cutoff() -> None:
    far, farther = 2000.0, 8000.0
    mu = rescale_coulomb(0.1, from_cutoff=200.0, to_cutoff=far)
    other = rescale_coulomb(mu, from_cutoff=far, to_cutoff=farther)
    tc = [critical_temperature(EINSTEIN, coulomb_pseudopotential=m, cutoff=c) for m, c in ((mu, far), (other, farther))]
    assert tc[0] == pytest.approx(tc[1], rel=1e-4)
    assert rescale_coulomb(other, from_cutoff=farther, to_cutoff=200.0) == pytest.approx(0.1)


def test_enough_repulsion_leaves_no_critical_temperature() -> None:
    weak = SpectralFunction.einstein(20.0, 0.1)
    assert critical_temperature(weak, coulomb_pseudopotential=0.2) == 0.0
    assert solve(weak, temperature=1.0, coulomb_pseudopotential=0.2).status is Status.NORMAL


def test_derivatives_agree_with_differences() -> None:
    spectrum, mu, cutoff = broad(), 0.11, 800.0
    found = response(spectrum, coulomb_pseudopotential=mu, cutoff=cutoff)
    w = spectrum.frequency
    for place in (12.0, 30.0, 62.0):
        bump = np.exp(-(((w - place) / 2.0) ** 2)) * 1e-4
        ends = [
            critical_temperature(
                SpectralFunction(w, spectrum.alpha2f + sign * bump), coulomb_pseudopotential=mu, cutoff=cutoff
            )
            for sign in (1.0, 0.0)
        ]
        assert np.sum(found.dtc_dalpha2f * bump * _widths(w)) == pytest.approx(ends[0] - ends[1], rel=1e-3)
    assert np.all(found.dtc_dalpha2f > 0.0)


def test_isotope_coefficients() -> None:
    """One half without repulsion, less with it; the sum over bands is the total, which a change of all masses gives."""
    assert response(EINSTEIN, coulomb_pseudopotential=0.0).isotope_coefficient == pytest.approx(0.5, abs=1e-6)
    spectrum, mu, cutoff = broad(), 0.11, 800.0
    found = response(spectrum, coulomb_pseudopotential=mu, cutoff=cutoff)
    assert found.isotope_of_band(0.0, 35.0) + found.isotope_of_band(35.0, 100.0) == pytest.approx(
        found.isotope_coefficient
    )
    h = 1e-3
    tc = [
        critical_temperature(
            SpectralFunction(spectrum.frequency * np.exp(-0.5 * s * h), spectrum.alpha2f),
            coulomb_pseudopotential=mu,
            cutoff=cutoff,
        )
        for s in (1.0, -1.0)
    ]
    assert -np.log(tc[0] / tc[1]) / (2.0 * h) == pytest.approx(found.isotope_coefficient, rel=2e-4)
    assert found.isotope_coefficient < 0.5


def test_the_jump_of_the_specific_heat() -> None:
    """1.426 at weak coupling, more at strong coupling; free energies end at zero at Tc."""
    weak = specific_heat_jump(SpectralFunction.einstein(20.0, 0.25), coulomb_pseudopotential=0.0)
    assert weak.jump == pytest.approx(1.426, abs=0.01)
    strong = specific_heat_jump(EINSTEIN, coulomb_pseudopotential=0.0)
    assert strong.jump > 2.0
    tc = strong.critical_temperature
    energies = [
        free_energy(EINSTEIN, temperature=t * tc, coulomb_pseudopotential=0.0) for t in (0.9, 0.99, 0.999, 1.01)
    ]
    assert energies[0] < energies[1] < energies[2] < 0.0
    assert energies[3] == 0.0
    assert energies[2] == pytest.approx(energies[1] / 100.0, rel=0.05)


def test_the_condensation_energy_of_weak_coupling() -> None:
    """F_S - F_N = -N(0) Delta^2/2 at zero temperature, N(0) of one spin, mass enhanced by 1 + lambda."""
    weak = SpectralFunction.einstein(20.0, 0.25)
    tc = critical_temperature(weak, coulomb_pseudopotential=0.0)
    cold = solve(weak, temperature=0.1 * tc, coulomb_pseudopotential=0.0)
    energy = free_energy(weak, temperature=0.1 * tc, coulomb_pseudopotential=0.0)
    assert cold.edge is not None
    assert energy == pytest.approx(-0.5 * (1.0 + 0.25) * cold.edge**2, rel=0.05)
    assert critical_field(energy, density=1.0) > 0.0


def test_refusals() -> None:
    for call, words in (
        (lambda: critical_temperature(EINSTEIN, coulomb_pseudopotential=-0.1), "zero or positive"),
        (lambda: critical_temperature(EINSTEIN, coulomb_pseudopotential=0.1, cutoff=0.0), "cutoff must be positive"),
        (lambda: solve(EINSTEIN, temperature=0.0, coulomb_pseudopotential=0.1), "temperature must be positive"),
        (lambda: rescale_coulomb(0.5, from_cutoff=10.0, to_cutoff=1000.0), "has no value at 1000 meV"),
    ):
        with pytest.raises(DomainError, match=words):
            call()


def test_the_sums_by_fourier_transforms_are_the_sums() -> None:
    found = _linear.interaction(((EINSTEIN,),), 15.0, mu=0.1, cutoff=200.0)
    equations = _matsubara.Equations(found)
    delta = 2.0 / (1.0 + np.arange(found.count) / 7.0)
    n = np.arange(found.count)
    minus, plus = found.values[0, 0][np.abs(n[:, None] - n)], found.values[0, 0][n[:, None] + n + 1]
    w = equations.frequency
    root = np.hypot(w, delta)
    (z,), (pairing,) = equations.sums(delta[None])
    assert z == pytest.approx(equations.normal[0] + (minus - plus) @ (w / root - 1.0), rel=1e-12)
    expected = (minus + plus) @ (delta / root) - 2.0 * found.mu[0, 0] * (_linear.coulomb_shares(found) @ (delta / root))
    assert pairing == pytest.approx(expected + equations.tail[0, 0] * delta[-1] / equations.scale, rel=1e-10, abs=1e-12)


def test_the_runaway_of_plain_iteration_is_avoided_and_known() -> None:
    """At mu* = 0.5 and a cutoff of 4 eV plain iteration ends in a cycle of +-several hundred meV."""
    spectrum, mu, cutoff = SpectralFunction.einstein(100.0, 2.0), 0.5, 4000.0
    tc = critical_temperature(spectrum, coulomb_pseudopotential=mu, cutoff=cutoff)
    equations = _matsubara.Equations(_linear.interaction(((spectrum,),), 0.5 * tc, mu=mu, cutoff=cutoff))
    runaway: FloatArray = np.full((1, equations.odd.size), 50.0)
    for _ in range(200):
        runaway = equations.step(runaway)
    assert np.max(np.abs(equations.step(runaway) + runaway)) < 1e-6
    found = solve(spectrum, temperature=0.5 * tc, coulomb_pseudopotential=mu, cutoff=cutoff)
    assert found.status is Status.OK
    assert found.residual < 1e-10
    assert np.max(np.abs(runaway)) > 10.0 * found.gap[0]
    # The gap that stays grows out of nothing at Tc, and the linear problem knows it.
    near = solve(spectrum, temperature=0.999 * tc, coulomb_pseudopotential=mu, cutoff=cutoff)
    assert 0.0 < near.gap[0] < 0.1 * found.gap[0]
    told = _matsubara.Solution(equations.frequency, np.abs(runaway), np.ones_like(runaway), 1e-12, 20)
    assert _system._judged(told, found.gap[None]) is Status.SPURIOUS
    open_end = _matsubara.Solution(equations.frequency, found.gap[None], np.ones_like(runaway), 2.0, 400)
    assert _system._judged(open_end, found.gap[None]) is Status.NOT_CONVERGED


def test_next_to_tc_few_steps_are_taken() -> None:
    for mu in (0.0, 0.15):
        tc = critical_temperature(broad(), coulomb_pseudopotential=mu)
        ratio = 0.0
        for t in (0.9, 0.99, 0.999, 0.9999, 0.999999):
            found = solve(broad(), temperature=t * tc, coulomb_pseudopotential=mu)
            assert found.iterations <= 40
            assert found.residual < 1e-10
            # As the root of the distance to Tc.
            assert found.gap[0] / np.sqrt(1.0 - t) == pytest.approx(ratio or found.gap[0] / np.sqrt(1.0 - t), rel=0.06)
            ratio = float(found.gap[0] / np.sqrt(1.0 - t))


def test_secants_and_bisection_find_the_same_tc() -> None:
    rng = np.random.default_rng(5)
    for _ in range(8):
        system = _system.System(((broad().scaled(rng.uniform(0.8, 4.0)),),), np.array([[rng.uniform(0.0, 0.2)]]), 800.0)
        whole = _system.critical_temperature(system)

        def kappa(x: float, system: _system.System = system) -> float:
            return _linear.eigenvalue(system.interaction(float(np.exp(x))))[0] - 1.0

        assert abs(kappa(np.log(whole))) < 1e-7
        assert kappa(np.log(1.001 * whole)) < 0.0 < kappa(np.log(0.999 * whole))


def test_the_critical_field_of_weak_and_strong_coupling() -> None:
    """BCS: gamma Tc^2/Hc(0)^2 = 0.1682 and a deviation of -0.037 near t^2 = 0.5; both grow with lambda."""
    t = (0.15, 0.3, 0.5, 0.7, 0.9)
    curves = []
    for spectrum in (SpectralFunction.einstein(20.0, 0.25), SpectralFunction.einstein(20.0, 2.0)):
        tc = critical_temperature(spectrum, coulomb_pseudopotential=0.0)
        states = [solve(spectrum, temperature=x * tc, coulomb_pseudopotential=0.0) for x in t]
        curves.append(field_curve(spectrum, states, critical_temperature=tc))
    weak, strong = curves
    assert weak.field_ratio == pytest.approx(0.1682, abs=1e-3)
    # mu0 Hc^2/2 of BCS, h(t) from the gap: tables give h = 1 - t^2 - 0.0367 at t = 0.7.
    assert weak.deviation[3] == pytest.approx(-0.0367, abs=1e-3)
    assert strong.field_ratio < 0.13
    assert np.all(strong.deviation > 0.0)
    with pytest.raises(DomainError, match="needs a state at"):
        field_curve(EINSTEIN, [], critical_temperature=20.0)


def test_shifting_a_band() -> None:
    spectrum, same = broad(), {"coulomb_pseudopotential": 0.1, "cutoff": 800.0}
    found = response(spectrum, **same)
    for factor in (1.002, 0.998):
        moved = spectrum.shifted(40.0, 90.0, factor)
        inside = (spectrum.frequency >= 40.0) & (spectrum.frequency < 90.0)
        lost = spectrum.weights[inside].sum() * (1.0 - factor**-2)
        assert moved.coupling == pytest.approx(spectrum.coupling - lost)
        difference = critical_temperature(moved, **same) - found.critical_temperature
        assert found.shift_of_band(40.0, 90.0, factor) == pytest.approx(difference, rel=3e-3)
    # Fixed lambda omega^2 is fixed lambda, as in the isotope effect, and lambda as 1/omega^2.
    whole = found.stiffening.sum() - 2.0 * found.isotope.sum()
    heavier = response(spectrum.scaled(1.0001), **same).critical_temperature / found.critical_temperature
    assert whole == pytest.approx(-2.0 * np.log(heavier) / np.log(1.0001), rel=1e-3)
    for low, high, factor, words in ((90.0, 99.0, 1.1, "no weight from 90 to 99"), (0.0, 9.0, 0.0, "must be positive")):
        with pytest.raises(DomainError, match=words):
            spectrum.shifted(low, high, factor)
