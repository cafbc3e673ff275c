"""Densities of states: integrals, electrons kept, the constant limit, peaks, bins that do not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.theory import _bandwidth, _linear
from megabar.theory._system import System
from megabar.theory.density import DensityOfStates, constant
from megabar.theory.eliashberg import SpectralFunction, Status, critical_temperature, solve

EINSTEIN = SpectralFunction.einstein(20.0, 1.0)
MU = 0.1
MEASURED = Path(__file__).resolve().parents[2].parent / "shared/data/measured/alpha2F/cheil__IsoME.jl"


def peaked(height: float = 2.0, centre: float = 0.0, width: float = 30.0, points: int = 2001) -> DensityOfStates:
    """1 and a Lorentzian peak on top, over +-4 eV; the value at the Fermi level is the mean over +-60 meV."""
    e = np.linspace(-4000.0, 4000.0, points)
    return DensityOfStates(e, 1.0 + height * width**2 / ((e - centre) ** 2 + width**2), width=60.0)


def test_integrals_are_exact() -> None:
    density = peaked(points=401)
    radius, centre = np.array([3.0, 80.0]), np.array([15.0, -200.0])
    one, two = density.integrals(radius, centre)
    x, w = np.polynomial.legendre.leggauss(60)
    edges = np.union1d(density.energy, np.linspace(-400.0, 400.0, 801))
    half = 0.5 * np.diff(edges)
    e = (0.5 * (edges[1:] + edges[:-1])[:, None] + half[:, None] * x).ravel()
    weight = (half[:, None] * w).ravel() * np.interp(e, density.energy, density.density) / density.at_fermi_level
    for k, (r, c) in enumerate(zip(radius, centre, strict=True)):
        kernel = weight / (r**2 + (e - c) ** 2)
        assert one[k] == pytest.approx(kernel.sum(), rel=1e-9)
        assert two[k] == pytest.approx((kernel * (e - c)).sum(), rel=1e-8)


def test_a_wide_constant_density_is_no_density() -> None:
    plain = critical_temperature(EINSTEIN, coulomb_pseudopotential=MU)
    wide = critical_temperature(EINSTEIN, coulomb_pseudopotential=MU, dos=constant(1e6))
    assert wide == pytest.approx(plain, rel=2e-5)
    ours, theirs = (
        solve(EINSTEIN, temperature=0.4 * plain, coulomb_pseudopotential=MU, dos=dos) for dos in (constant(1e6), None)
    )
    assert ours.gap[0] == pytest.approx(theirs.gap[0], rel=2e-4)
    assert ours.renormalisation[0] == pytest.approx(theirs.renormalisation[0], rel=1e-4)
    assert ours.edge == pytest.approx(theirs.edge, rel=5e-4)


def test_a_symmetric_density_shifts_nothing() -> None:
    system = System(((EINSTEIN,),), np.array([[MU]]), 200.0)
    one = _bandwidth.Bandwidth(system.interaction(15.0), peaked())
    found = one.solved(np.zeros(one.frequency.size))
    assert abs(found.chemical_potential) < 1e-6
    assert np.max(np.abs(found.shift)) < 1e-6


def test_electrons_are_kept() -> None:
    """With a peak off the Fermi level: the sum over frequencies written out, against the filling at T = 0."""
    density = peaked(centre=40.0)
    system = System(((EINSTEIN,),), np.array([[MU]]), 200.0)
    one = _bandwidth.Bandwidth(system.interaction(15.0), density)
    found = one.solved(np.zeros(one.frequency.size))
    mu, thermal = found.chemical_potential, BOLTZMANN_MEV * 15.0
    moment = density.integrals(found.renormalised, mu - found.shift)[1]
    bare = density.integrals(one.frequency, np.full(one.frequency.size, mu))[1]
    total = density.filling(mu, thermal) - 2.0 * thermal * np.sum(moment - bare) - one.tail.electrons(mu)
    assert total == pytest.approx(density.filled, abs=2e-3)
    assert abs(found.chemical_potential) > 1e-3


def test_bins_do_not_matter() -> None:
    """The same pieces cut ten times finer."""
    coarse = peaked(points=401)
    e = np.linspace(-4000.0, 4000.0, 4001)
    fine = DensityOfStates(e, np.interp(e, coarse.energy, coarse.density), width=60.0)
    tc = [critical_temperature(EINSTEIN, coulomb_pseudopotential=MU, dos=dos) for dos in (coarse, fine)]
    assert tc[0] == pytest.approx(tc[1], rel=1e-6)


def test_a_peak_narrower_than_the_phonon_is_worth_less_than_its_height() -> None:
    """lambda taken at the top of a peak of 10 meV: the phonon of 20 meV sees a third of it beside the top."""
    e = np.union1d(np.linspace(-4000.0, 4000.0, 801), np.linspace(-100.0, 100.0, 401))
    narrow = DensityOfStates(e, 1.0 + 2.0 * 100.0 / (e**2 + 100.0), width=1.0)
    plain = critical_temperature(EINSTEIN, coulomb_pseudopotential=MU)
    assert 0.1 * plain < critical_temperature(EINSTEIN, coulomb_pseudopotential=MU, dos=narrow) < 0.8 * plain


def test_above_tc_there_is_no_gap() -> None:
    density = peaked()
    tc = critical_temperature(EINSTEIN, coulomb_pseudopotential=MU, dos=density)
    above = solve(EINSTEIN, temperature=1.01 * tc, coulomb_pseudopotential=MU, dos=density)
    below = solve(EINSTEIN, temperature=0.99 * tc, coulomb_pseudopotential=MU, dos=density)
    assert above.status is Status.NORMAL
    assert 0.0 < below.gap[0] < BOLTZMANN_MEV * tc


def test_niobium_with_its_density_of_states() -> None:
    """Lower than with a constant one, as others find too."""
    if not MEASURED.is_dir():
        pytest.skip("the folder of first-principles files is not there")
    table, dos = np.loadtxt(MEASURED / "Nb.a2F"), np.loadtxt(MEASURED / "Nb.dos")
    spectrum = SpectralFunction(table[:, 0] * 4.135667696, table[:, 15])
    density = DensityOfStates(1e3 * (dos[:, 0] - 17.85), dos[:, 1], width=100.0)
    tc = [critical_temperature(spectrum, coulomb_pseudopotential=MU, dos=d) for d in (None, density)]
    assert tc[0] == pytest.approx(11.4, abs=0.1)
    assert 0.9 * tc[0] < tc[1] < tc[0]


@pytest.mark.parametrize(
    ("energy", "density", "width", "words"),
    [
        ([-1.0, 0.0, 1.0], [1.0, 0.0], 0.5, "values for"),
        ([-1.0, 0.0, 1.0], [1.0, -1.0, 1.0], 0.5, "not negative"),
        ([-1.0, 0.0, 1.0], [1.0, 1.0, 1.0], 2.0, "must be positive and lie within"),
        ([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], [1.0, 1.0, 0.0, 0.0, 1.0, 1.0], 0.5, "no metal"),
    ],
)
def test_what_is_no_density_is_refused(energy: list[float], density: list[float], width: float, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        DensityOfStates(energy, density, width=width)


def plain_kappa(density: DensityOfStates, temperature: float, mu: float) -> tuple[float, float]:
    """Largest kappa and chemical potential (meV), written out: matrices, sums to 20 bandwidths, energies on a grid."""
    found = _linear.interaction(
        ((EINSTEIN,),), temperature, mu=mu, cutoff=200.0, reach=20.0 * density.energy[-1] / 20.0
    )
    n, thermal = np.arange(found.count), BOLTZMANN_MEV * temperature
    w = np.pi * thermal * (2 * n + 1)
    minus, plus = found.values[0, 0][np.abs(n[:, None] - n)], found.values[0, 0][n[:, None] + n + 1]
    e = np.linspace(density.energy[0], density.energy[-1], 801)
    states = np.interp(e, density.energy, density.density) / density.at_fermi_level
    below = np.linspace(density.energy[0], 0.0, 20001)
    filled = np.trapezoid(np.interp(below, density.energy, density.density), below) / density.at_fermi_level

    def sums(r: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = e - c[:, None]
        weight = states / (r[:, None] ** 2 + x**2)
        return np.trapezoid(weight, e, axis=1), np.trapezoid(weight * x, e, axis=1)

    z, chi, level = w.copy(), np.zeros(n.size), 0.0
    for _ in range(45):
        first, second = sums(z, level - chi)
        bare = sums(w, np.full(n.size, level))[1]
        electrons = (
            np.trapezoid(states / (1.0 + np.exp((e - level) / thermal)), e) - 2.0 * thermal * (second - bare).sum()
        )
        z, chi = w + thermal * (minus - plus) @ (z * first), -thermal * (minus + plus) @ second
        level -= 0.7 * (electrons - filled)
    assert abs(electrons - filled) < 1e-6
    kernel = thermal * (minus + plus - 2.0 * found.mu[0, 0] * _linear.coulomb_shares(found)) * first
    x = 1.0 / (1.0 + (w / 20.0) ** 2)
    for _ in range(60):
        y = kernel @ x
        kappa, x = y[0] / x[0], y / y[0]
    return float(kappa), level


@pytest.mark.parametrize("mu", [0.0, 0.12])
def test_an_asymmetric_peak_agrees_with_everything_written_out(mu: float) -> None:
    """The chemical potential moves by half of the phonon: what lies beyond the last frequency of ours counts in it."""
    e = np.unique(np.concatenate([np.linspace(-300.0, 500.0, 161), np.linspace(-100.0, 150.0, 251)]))
    peak = DensityOfStates(e, 1.0 + 900.0 / ((e - 25.0) ** 2 + 900.0) + 5e-4 * e, width=5.0)
    wanted, level = plain_kappa(peak, 30.0, mu)
    found = _linear.interaction(((EINSTEIN,),), 30.0, mu=mu, cutoff=200.0)
    ours, _ = _bandwidth.linear(found, peak)
    assert abs(level) > 5.0
    assert _bandwidth.Bandwidth(found, peak).solved(np.zeros(found.count)).chemical_potential == pytest.approx(
        level, rel=3e-3
    )
    assert ours == pytest.approx(wanted, rel=2e-4)
