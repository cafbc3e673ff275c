"""Gap functions as arrays: constant ones are BTK's and Dynes', others agree with plain integrals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics import btk, dynes, gap_function
from megabar.physics.gap_function import GapFunction, StateDensity

E = np.linspace(0.0, 40.0, 801)
FLAT = GapFunction.of(E, np.full(E.size, 1.5))
PHONON = 1.5 + 1.2 * E**2 / (12.0**2 - E**2 - 4.0j * E) * 0.5
V = np.array([0.0, 0.7, 1.4, 1.5, 1.6, 3.0, 9.0])


@pytest.mark.parametrize("barrier", [0.0, 0.5, 3.0])
def test_a_constant_gap_function_is_btk(barrier: float) -> None:
    same = {"broadening": 0.1, "barrier": barrier, "temperature": 1.8}
    ours = gap_function.conductance(V, function=FLAT, gap=2.0, **same)
    assert ours == pytest.approx(btk.conductance(V, gap=2.0, **same), abs=2e-6)


@pytest.mark.parametrize("broadening", [0.0, 0.2])
def test_a_constant_gap_function_is_dynes(broadening: float) -> None:
    same = {"gap": 1.5, "broadening": broadening, "temperature": 1.0}
    ours = gap_function.tunnelling(V, function=FLAT, **same)
    assert ours == pytest.approx(dynes.conductance(V, **same), abs=2e-6)


def test_a_density_broadened_by_a_lorentzian_is_dynes_density() -> None:
    fine = np.unique(np.concatenate([np.linspace(0.0, 30.0, 3001), 1.5 + np.geomspace(1e-4, 1.0, 400)]))
    sharp = np.asarray(dynes.density_of_states(fine, gap=1.5, broadening=0.02))
    given = StateDensity.of(fine, sharp)
    wanted = dynes.density_of_states(V, gap=1.5, broadening=0.32)
    found = given.density(V, given.edge, 0.30)
    assert found == pytest.approx(np.asarray(wanted), abs=5e-3)


def test_a_phonon_shows_where_it_is_and_agrees_with_a_plain_integral() -> None:
    function = GapFunction.of(E, PHONON)
    kt = BOLTZMANN_MEV * 2.0

    def density(energy: float) -> float:
        delta = complex(np.interp(energy, E, PHONON.real), np.interp(energy, E, PHONON.imag))
        eps = energy + 0.05j
        return abs((eps / np.sqrt(eps**2 - delta**2)).real)

    def smeared(bias: float) -> float:
        def inside(x: float) -> float:
            return density(abs(bias + x)) / (4.0 * kt * np.cosh(0.5 * x / kt) ** 2)

        return quad(inside, -20.0 * kt, 20.0 * kt, limit=2000, points=[function.edge - bias, -function.edge - bias])[0]

    bias = np.array([0.5, 1.5, 11.0, 13.0])
    ours = gap_function.tunnelling(bias, function=function, gap=function.edge, broadening=0.05, temperature=2.0)
    assert ours == pytest.approx([smeared(v) for v in bias], abs=2e-4)
    plain = dynes.conductance(bias, gap=function.edge, broadening=0.05, temperature=2.0)
    assert np.max(np.abs(np.asarray(ours) - np.asarray(plain))[2:]) > 2e-3


def test_scaling_moves_edge_and_phonon_together() -> None:
    function = GapFunction.of(E, PHONON)
    once = gap_function.tunnelling(V, function=function, gap=function.edge, broadening=0.1, temperature=1.0)
    twice = gap_function.tunnelling(
        2.0 * V, function=function, gap=2.0 * function.edge, broadening=0.2, temperature=2.0
    )
    assert twice == pytest.approx(np.asarray(once), abs=1e-6)


@pytest.mark.parametrize(
    ("energy", "gap", "words"),
    [
        (E[:3], [1, 1, 1], "8 at least"),
        (E[::-1], np.ones(E.size), "must ascend"),
        (E, np.full(E.size, np.nan), "NaN or infinite"),
        (E, np.zeros(E.size), "no gap edge"),
    ],
)
def test_what_is_no_gap_function_is_refused(energy: list[float], gap: list[float], words: str) -> None:
    with pytest.raises(DomainError, match=words):
        GapFunction.of(energy, gap)
    with pytest.raises(DomainError, match="gap must be positive"):
        gap_function.tunnelling(1.0, function=FLAT, gap=0.0, broadening=0.1, temperature=1.0)
