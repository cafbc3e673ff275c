"""alpha2F: moments of known spectra, the interaction by direct integration, refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics.coupling import allen_dynes
from megabar.theory.spectral import SpectralFunction

MEASURED = Path(__file__).resolve().parents[2].parent / "shared/data/measured/alpha2F"


def test_moments_of_an_einstein_spectrum() -> None:
    made = SpectralFunction.einstein(20.0, 1.3)
    assert (made.coupling, made.omega_log, made.omega_2) == pytest.approx((1.3, 20.0, 20.0))
    assert made.interaction([0.0, 20.0, 1e4]) == pytest.approx([1.3, 0.65, 1.3 * 400.0 / (400.0 + 1e8)])


def test_moments_of_a_debye_spectrum() -> None:
    """omega_log = omega_D e^(-1/2), omega_2 = omega_D/sqrt(2)."""
    made = SpectralFunction.debye(30.0, 0.8, points=20_001)
    assert made.coupling == pytest.approx(0.8, rel=1e-6)
    assert made.omega_log == pytest.approx(30.0 * np.exp(-0.5), rel=1e-6)
    assert made.omega_2 == pytest.approx(30.0 / np.sqrt(2.0), rel=1e-6)


def test_the_interaction_is_that_of_the_integral() -> None:
    """Across the border where the moments take over."""
    made = SpectralFunction.debye(30.0, 0.8, points=40_001)
    for nu in (0.0, 3.0, 29.0, 119.9, 120.1, 500.0):
        exact = 2.0 * quad(lambda w, nu=nu: 0.8 * (w / 30.0) ** 2 * w / (w**2 + nu**2), 0.0, 30.0, epsrel=1e-12)[0]
        assert made.interaction(nu) == pytest.approx(exact, rel=1e-8)


def test_cumulative_coupling_ends_at_lambda() -> None:
    made = SpectralFunction.debye(30.0, 0.8)
    total = made.cumulative_coupling()
    assert np.all(np.diff(total) > 0.0)
    assert total[-1] == pytest.approx(0.8, rel=0.01)


def test_niobium() -> None:
    """Smearing 15: lambda 0.938, omega_log 156.7 K, Allen-Dynes 10.42 K at mu* 0.10."""
    file = MEASURED / "cheil__IsoME.jl/Nb.a2F"
    if not file.exists():
        pytest.skip("the folder of first-principles files is not there")
    table = np.loadtxt(file)
    made = SpectralFunction(table[:, 0] * 4.135667696, table[:, 15])
    assert made.coupling == pytest.approx(0.938, abs=5e-4)
    assert made.omega_log / BOLTZMANN_MEV == pytest.approx(156.7, abs=0.05)
    tc = allen_dynes(made.coupling, omega_log=made.omega_log, omega_2=made.omega_2, coulomb_pseudopotential=0.1)
    assert tc == pytest.approx(10.42, abs=0.005)


@pytest.mark.parametrize(
    ("frequency", "values", "words"),
    [
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], "lambda = 0"),
        ([1.0, 2.0, 3.0], [0.1, -0.1, 0.1], "none may be negative"),
        ([0.0, 2.0, 3.0], [0.1, 0.1, 0.1], "zero frequency: lambda diverges"),
        ([1.0, 2.0], [0.1, 0.1], "2 points are no spectrum"),
        ([1.0, 3.0, 2.0], [0.1, 0.1, 0.1], "must ascend"),
        ([1e-9, 2e-9, 3e-9], [1e6, 1e6, 1e6], "not in meV"),
        ([1.0, 2.0, np.nan], [0.1, 0.1, 0.1], "NaN or infinite"),
        ([], [], "no points"),
        ([1.0, 2.0, 3.0], [0.1, 0.1], "one each"),
    ],
)
def test_what_is_no_spectrum_is_refused(frequency: list[float], values: list[float], words: str) -> None:
    with pytest.raises(DomainError, match=words):
        SpectralFunction(frequency, values)
