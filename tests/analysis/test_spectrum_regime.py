"""Regimes of simulated contacts, by their spectra and by their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.analysis.spectrum_features import Dips, Peaks, Value, find_dips, find_peaks
from megabar.analysis.spectrum_regime import Regime, Size, bias_of_gap, classify_regime
from megabar.errors import DomainError
from megabar.physics import btk
from megabar.simulate.spectra import Contact, Maxwell, junction

BIAS = np.linspace(-25.0, 25.0, 501)
NOISE = 0.005


def regime(conductance: np.ndarray, *, seed: int = 1, size: Size | None = None) -> Regime:
    noisy = conductance + NOISE * np.random.default_rng(seed).standard_normal(BIAS.size)
    return classify_regime(find_dips(BIAS, noisy, NOISE), find_peaks(BIAS, noisy, NOISE), size=size)


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
    assert "dips on both sides" in thermal.reasons[0]
    intermediate = regime(contact(gapped=True, maxwell=1.5), seed=seed)
    assert intermediate.name == "intermediate"
    assert "two maxima" in intermediate.reasons[1]
    ballistic = regime(contact(gapped=True, maxwell=0.0), seed=seed)
    assert ballistic.name == "ballistic"
    assert "no critical-current dips" in ballistic.reasons[0]
    assert regime(andreev(0.0), seed=seed).name == "ballistic"
    assert regime(np.ones(BIAS.size), seed=seed).name == "unknown"


def test_more_than_andreev_reflection_can_give() -> None:
    """A maximum of 2.6 without dips, and the same below a double peak."""
    plain = regime(1.0 + 1.6 * np.exp(-((BIAS / 4.0) ** 2)))
    assert plain.name == "unknown"
    assert any("Andreev reflection gives 2 at most" in reason for reason in plain.reasons)
    double = regime(1.0 + 2.0 * np.exp(-((BIAS / 6.0) ** 2)) - 0.5 * np.exp(-((BIAS / 2.0) ** 2)))
    assert double.name == "intermediate"
    # 5 % above 2 may be the normalisation at high bias.
    assert regime(1.0 + 1.04 * np.exp(-((BIAS / 4.0) ** 2))).name == "ballistic"


def test_the_most_that_andreev_reflection_gives() -> None:
    """At no barrier, broadening and temperature does the zero-bias conductance exceed 2."""
    for barrier in (0.0, 0.1, 0.5, 1.0):
        for broadening in (0.0, 0.3, 3.0):
            for temperature in (0.0, 2.0, 15.0):
                g = btk.conductance(0.0, gap=3.0, broadening=broadening, barrier=barrier, temperature=temperature)
                assert g <= 2.0 + 1e-6


def test_a_dip_on_one_side_does_not_decide() -> None:
    one = andreev(0.5) - 0.1 * np.exp(-(((BIAS - 15.0) / 0.5) ** 2))
    found = regime(one)
    assert found.name == "ballistic"
    assert "not counted" in found.reasons[0]
    half = BIAS > -10.0
    noisy = one[half] + NOISE * np.random.default_rng(2).standard_normal(np.count_nonzero(half))
    dips, peaks = find_dips(BIAS[half], noisy, NOISE), find_peaks(BIAS[half], noisy, NOISE)
    assert classify_regime(dips, peaks).name == "intermediate"


def test_dips_without_a_raised_middle() -> None:
    dipped = 1.0 - 0.2 * np.exp(-(((np.abs(BIAS) - 15.0) / 0.5) ** 2)) - 0.2 * np.exp(-((BIAS / 3.0) ** 2))
    found = regime(dipped)
    assert found.name == "unknown"
    assert "no regime of this scheme" in found.reasons[2]


def test_sizes_beside_the_spectrum() -> None:
    spectrum = andreev(0.5)
    agree = regime(spectrum, size=Size(20.0, elastic=40.0))
    assert agree.by_size == "ballistic"
    assert not agree.conflict
    differ = regime(spectrum, size=Size(400.0, elastic=20.0, inelastic=500.0))
    assert differ.name == "ballistic"
    assert differ.by_size == "thermal"
    assert "the spectrum says ballistic, the size thermal" in differ.conflict
    assert differ.conflict in differ.reasons
    silent = regime(np.ones(BIAS.size), size=Size(20.0, elastic=40.0))
    assert silent.name == "ballistic"
    assert silent.by_spectrum == "unknown"
    assert "its size decides" in silent.reasons[-1]


def test_without_an_inelastic_path_thermal_and_intermediate_are_one() -> None:
    thermal = contact(gapped=False, maxwell=2.0)
    found = regime(thermal, size=Size(200.0, elastic=20.0))
    assert found.by_size == "intermediate"
    assert not found.conflict
    assert any("the inelastic path is not known" in reason for reason in found.reasons)
    assert regime(thermal, size=Size(200.0, elastic=20.0, inelastic=1e4)).conflict


def test_knudsen_number_in_the_reasons() -> None:
    """l/a of 40 nm over 10 nm."""
    found = regime(andreev(0.5), size=Size(20.0, elastic=40.0))
    assert any("Knudsen number 4" in reason for reason in found.reasons)


@pytest.mark.parametrize("name", ["thermal", "intermediate", "ballistic", "unknown"])
def test_words_on_the_gap(name: str) -> None:
    words = bias_of_gap(Regime(name, name, None, (), ""))
    assert "stretches" in words
    assert "heat" in words
    if name == "thermal":
        assert words.startswith("no gap")


def test_an_undecided_minimum_leaves_it_open() -> None:
    nothing = Value(1.5, 0.01)
    peaks = Peaks("zero-bias peak", nothing, Value(1.0, 0.01), None, None, None, None, None, None, "one maximum")
    dips = Dips((), (), (), (-12.0, 12.0), "minima at -12 and 12 mV")
    assert classify_regime(dips, peaks).name == "unknown"
    assert classify_regime(Dips((), (), (), (), "no critical-current dips"), peaks).name == "ballistic"


def test_refusals() -> None:
    for size in (Size(-1.0, 40.0), Size(20.0, np.nan), Size(20.0, 40.0, -1.0)):
        with pytest.raises(DomainError, match="positive"):
            regime(andreev(0.5), size=size)
