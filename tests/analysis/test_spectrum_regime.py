"""Regimes of simulated contacts, by their spectra and by their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.analysis.spectrum_features import find_dips
from megabar.analysis.spectrum_regime import Regime, regime_of_spectrum, size_against
from megabar.errors import DomainError
from megabar.physics import btk
from megabar.simulate.spectra import Contact, Maxwell, junction

BIAS = np.linspace(-25.0, 25.0, 501)
NOISE = 0.005


def regime(conductance: np.ndarray, *, seed: int = 1, bias: np.ndarray = BIAS) -> Regime:
    noisy = conductance + NOISE * np.random.default_rng(seed).standard_normal(bias.size)
    noise = np.full(bias.size, NOISE)
    return regime_of_spectrum(bias, noisy, noise, find_dips(bias, noisy, noise))


def contact(*, gapped: bool, maxwell: float, critical_current: float = 1.6e-3) -> np.ndarray:
    """dI/dV over the normal conductance of a simulated contact with a junction of 5 ohm."""

    def conductance(bias: np.ndarray) -> np.ndarray:
        if not gapped:
            return np.full(bias.shape, 0.2)
        return 0.2 * np.asarray(btk.conductance(bias, gap=3.0, broadening=0.3, barrier=0.5, temperature=2.0))

    series = Maxwell(maxwell, critical_current, 0.04 * critical_current) if maxwell else None
    made = Contact(junction(conductance, reach=40.0), series)
    return made.conductance(BIAS) * (5.0 + maxwell)


def andreev(barrier: float) -> np.ndarray:
    return np.asarray(btk.conductance(BIAS, gap=3.0, broadening=0.3, barrier=barrier, temperature=3.0))


@pytest.mark.parametrize("seed", range(5))
def test_the_rule_of_the_three_regimes(seed: int) -> None:
    """Simulated: a critical current alone, with a gap, and a gap alone."""
    thermal = regime(contact(gapped=False, maxwell=2.0), seed=seed)
    assert thermal.name == "thermal"
    assert "dips at +-" in thermal.reasons[1]
    intermediate = regime(contact(gapped=True, maxwell=1.5), seed=seed)
    assert intermediate.name == "intermediate"
    assert "double peak" in intermediate.reasons[0]
    ballistic = regime(contact(gapped=True, maxwell=0.0), seed=seed)
    assert ballistic.name == "ballistic"
    assert "no dips" in ballistic.reasons[1]
    assert regime(andreev(0.0), seed=seed).name == "ballistic"
    assert regime(np.ones(BIAS.size), seed=seed).name == "unknown"


def test_more_than_andreev_reflection_can_give() -> None:
    """A maximum of 2.6 without dips."""
    plain = regime(1.0 + 1.6 * np.exp(-((BIAS / 4.0) ** 2)))
    assert plain.name == "thermal"
    assert any("which Andreev reflection cannot give" in reason for reason in plain.reasons)


def test_the_most_that_andreev_reflection_gives() -> None:
    """At no barrier, broadening and temperature does the zero-bias conductance exceed 2."""
    for barrier in (0.0, 0.1, 0.5, 1.0):
        for broadening in (0.0, 0.3, 3.0):
            for temperature in (0.0, 2.0, 15.0):
                g = btk.conductance(0.0, gap=3.0, broadening=broadening, barrier=barrier, temperature=temperature)
                assert g <= 2.0 + 1e-6


def test_a_dip_on_one_side_does_not_decide() -> None:
    assert regime(andreev(0.5) - 0.1 * np.exp(-(((BIAS - 15.0) / 0.5) ** 2))).name == "ballistic"


def test_size_and_spectrum_agree() -> None:
    words, differs = size_against("ballistic", 20.0, elastic=40.0)
    assert not differs
    assert words == "radius 10 nm against a mean free path of 40 nm, Knudsen number 4: ballistic"


@pytest.mark.parametrize("name", ["thermal", "intermediate"])
def test_without_an_inelastic_path_thermal_and_intermediate_are_one(name: str) -> None:
    words, differs = size_against(name, 400.0, elastic=20.0)  # type: ignore[arg-type]
    assert not differs
    assert "intermediate or thermal" in words


def test_size_and_spectrum_differ() -> None:
    words, differs = size_against("ballistic", 400.0, elastic=20.0)
    assert differs
    assert "the spectrum says ballistic, and decides" in words
    assert size_against("thermal", 20.0, elastic=40.0)[1]
    assert not size_against("unknown", 20.0, elastic=40.0)[1]


def test_sizes_must_be_positive() -> None:
    for diameter, elastic in ((-1.0, 40.0), (20.0, np.nan)):
        with pytest.raises(DomainError, match="positive"):
            size_against("ballistic", diameter, elastic=elastic)
