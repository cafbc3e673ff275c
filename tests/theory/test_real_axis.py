"""The iteration on the real axis: one edge by both roads, states moved and not lost."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.errors import DomainError
from megabar.theory.eliashberg import Eliashberg, SpectralFunction, critical_temperature, solve
from megabar.theory.real_axis import RealAxis, continue_to_real_axis, density_of_states

MU = 0.1


def hump() -> SpectralFunction:
    """One peak at 20 meV, lambda near 1."""
    w = np.linspace(0.0, 35.0, 351)
    f = 0.9 * np.exp(-(((w - 20.0) / 4.0) ** 2)) * (1.0 - np.exp(-((w / 5.0) ** 2)))
    return SpectralFunction(w, f)


@pytest.fixture(scope="module")
def both() -> tuple[Eliashberg, RealAxis]:
    tc = critical_temperature(hump(), coulomb_pseudopotential=MU)
    found = solve(hump(), temperature=0.3 * tc, coulomb_pseudopotential=MU)
    return found, continue_to_real_axis(hump(), found)


def test_both_roads_lead_to_one_edge(both: tuple[Eliashberg, RealAxis]) -> None:
    matsubara, real = both
    assert real.converged
    assert real.edge == pytest.approx(matsubara.edge, rel=5e-3)


def test_the_gap_function_has_the_phonon_in_it(both: tuple[Eliashberg, RealAxis]) -> None:
    """Real below the edge, damped beyond phonon plus edge, negative far out where only the repulsion is left."""
    _, real = both
    assert real.edge is not None
    at = np.interp([0.5 * real.edge, 20.0 + real.edge, 80.0], real.frequency, np.arange(real.frequency.size)).astype(
        int
    )
    low, phonon, far = real.gap[at]
    assert abs(low.imag) < 0.02 * real.edge
    assert phonon.imag > 0.3 * real.edge
    assert far.real < 0.0


def test_states_are_moved_and_not_lost(both: tuple[Eliashberg, RealAxis]) -> None:
    _, real = both
    assert real.edge is not None
    n = density_of_states(real.frequency, real.gap)
    assert np.all(n[real.frequency < 0.9 * real.edge] < 0.05)
    assert n[-1] == pytest.approx(1.0, abs=2e-3)
    assert n.max() > 3.0
    # Far beyond the phonons the states missing in the gap have been put back.
    fine = np.linspace(0.0, real.frequency[-1], 400_001)
    gap = np.interp(fine, real.frequency, real.gap.real) + 1j * np.interp(fine, real.frequency, real.gap.imag)
    moved = np.trapezoid(density_of_states(fine, gap) - 1.0, fine)
    assert abs(moved) < 0.02 * real.edge


def test_a_constant_gap_gives_the_density_of_states_of_bcs() -> None:
    w = np.array([0.5, 1.5, 3.0])
    assert density_of_states(w, np.ones(3)) == pytest.approx([0.0, 1.5 / np.sqrt(1.25), 3.0 / np.sqrt(8.0)], abs=1e-12)


def test_what_cannot_be_continued_is_refused() -> None:
    einstein = SpectralFunction.einstein(20.0, 1.0)
    cold = solve(einstein, temperature=5.0, coulomb_pseudopotential=MU)
    with pytest.raises(DomainError, match="delta functions"):
        continue_to_real_axis(einstein, cold)
    with pytest.raises(DomainError, match="no gap to continue"):
        continue_to_real_axis(hump(), solve(hump(), temperature=100.0, coulomb_pseudopotential=MU))
