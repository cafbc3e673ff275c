"""Several bands: identical ones are one, decoupled ones are two, and a case like MgB2."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.theory import bands, eliashberg
from megabar.theory.eliashberg import SpectralFunction, Status

ONE = SpectralFunction.einstein(60.0, 1.2)


def matrix(values: list[list[float]], frequency: float = 75.0) -> list[list[SpectralFunction]]:
    """Einstein spectra with these couplings."""
    return [[SpectralFunction.einstein(frequency, x) for x in row] for row in values]


def test_identical_bands_are_one_band() -> None:
    """lambda and mu* shared between two equal bands."""
    halves = [[SpectralFunction.einstein(60.0, 0.6)] * 2] * 2
    mu = np.full((2, 2), 0.06)
    tc = bands.critical_temperature(halves, coulomb_pseudopotentials=mu)
    assert tc == pytest.approx(eliashberg.critical_temperature(ONE, coulomb_pseudopotential=0.12), rel=1e-9)
    two = bands.solve(halves, temperature=0.3 * tc, coulomb_pseudopotentials=mu)
    one = eliashberg.solve(ONE, temperature=0.3 * tc, coulomb_pseudopotential=0.12)
    for gap, z in zip(two.gap, two.renormalisation, strict=True):
        assert np.max(np.abs(gap - one.gap)) < 1e-10 * one.gap[0]
        assert np.max(np.abs(z - one.renormalisation)) < 1e-10
    assert two.edges[0] == pytest.approx(one.edge, rel=1e-8)


def test_bands_without_a_link_have_the_higher_critical_temperature() -> None:
    apart = [[SpectralFunction.einstein(60.0, 1.0), None], [None, SpectralFunction.einstein(60.0, 0.5)]]
    tc = bands.critical_temperature(apart, coulomb_pseudopotentials=np.zeros((2, 2)))
    alone = eliashberg.critical_temperature(SpectralFunction.einstein(60.0, 1.0), coulomb_pseudopotential=0.0)
    assert tc == pytest.approx(alone, rel=1e-8)


def test_the_order_of_the_bands_does_not_matter() -> None:
    first, second = [[1.0, 0.2], [0.15, 0.4]], [[0.4, 0.15], [0.2, 1.0]]
    tc = [
        bands.critical_temperature(matrix(m), coulomb_pseudopotentials=np.full((2, 2), 0.05)) for m in (first, second)
    ]
    assert tc[0] == pytest.approx(tc[1], rel=1e-9)


def test_a_case_like_magnesium_diboride() -> None:
    """A strong and a weak band, linked: one Tc, a large and a small gap, the latter below the weak-coupling value."""
    couplings = [[1.02, 0.21], [0.155, 0.45]]
    mu = np.array([[0.21, 0.17], [0.12, 0.10]])
    tc = bands.critical_temperature(matrix(couplings), coulomb_pseudopotentials=mu)
    assert 25.0 < tc < 60.0
    state = bands.solve(matrix(couplings), temperature=0.1 * tc, coulomb_pseudopotentials=mu)
    assert state.status is Status.OK
    large, small = state.edges
    assert large is not None
    assert small is not None
    ratios = [2.0 * gap / (BOLTZMANN_MEV * tc) for gap in (large, small)]
    assert ratios[0] > 3.53 > 2.5 > ratios[1] > 0.5
    # Both gaps close together.
    warm = bands.solve(matrix(couplings), temperature=0.999 * tc, coulomb_pseudopotentials=mu)
    assert 0.0 < warm.gap[1, 0] < warm.gap[0, 0] < 0.15 * large
    above = bands.solve(matrix(couplings), temperature=1.001 * tc, coulomb_pseudopotentials=mu)
    assert above.status is Status.NORMAL


def test_repulsion_between_bands_gives_gaps_of_opposite_sign() -> None:
    """No phonon links them: the sign of mu*_12 does not change Tc, but that of one gap."""
    spectra = [[SpectralFunction.einstein(60.0, 1.0), None], [None, SpectralFunction.einstein(60.0, 0.9)]]
    attract, repel = (np.array([[0.1, x], [x, 0.1]]) for x in (-0.05, 0.05))
    tc = [bands.critical_temperature(spectra, coulomb_pseudopotentials=m) for m in (attract, repel)]
    assert tc[0] == pytest.approx(tc[1], rel=1e-9)
    gaps = [
        bands.solve(spectra, temperature=0.3 * tc[0], coulomb_pseudopotentials=m).gap[:, 0] for m in (attract, repel)
    ]
    assert np.abs(gaps[0]) == pytest.approx(np.abs(gaps[1]), rel=1e-6)
    assert gaps[0][0] * gaps[0][1] > 0.0 > gaps[1][0] * gaps[1][1]


@pytest.mark.parametrize(
    ("spectra", "mu", "words"),
    [
        ([[ONE, ONE]], [[0.1]], "1 rows need 1 entries each"),
        ([[None]], [[0.1]], "one of them at least"),
        ([[ONE]], [[0.1, 0.1]], r"\(1, 1\) finite numbers"),
    ],
)
def test_what_does_not_fit_is_refused(
    spectra: list[list[SpectralFunction | None]], mu: list[list[float]], words: str
) -> None:
    with pytest.raises(DomainError, match=words):
        bands.critical_temperature(spectra, coulomb_pseudopotentials=mu)
