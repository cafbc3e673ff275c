"""Fits with a gap function given as an array: from Eliashberg theory to a spectrum and back."""

from __future__ import annotations

import numpy as np
import pytest

from megabar import fit
from megabar.analysis.spectrum_fit import Choice, fit_spectrum
from megabar.analysis.spectrum_settings import Settings
from megabar.analysis.spectrum_shape import Spectrum
from megabar.data import Column, Curve, Recording, Role, Source
from megabar.errors import ExperimentError
from megabar.physics import gap_function
from megabar.physics.gap_function import GapFunction, StateDensity
from megabar.theory.eliashberg import SpectralFunction, critical_temperature, solve
from megabar.theory.real_axis import RealAxis, continue_to_real_axis, density_of_states

BIAS = np.linspace(-60.0, 60.0, 481)


@pytest.fixture(scope="module")
def real() -> RealAxis:
    w = np.linspace(0.0, 35.0, 351)
    metal = SpectralFunction(w, 1.6 * np.exp(-(((w - 20.0) / 3.0) ** 2)) * (1.0 - np.exp(-((w / 5.0) ** 2))))
    tc = critical_temperature(metal, coulomb_pseudopotential=0.1)
    return continue_to_real_axis(metal, solve(metal, temperature=0.1 * tc, coulomb_pseudopotential=0.1))


def rows_of(real: RealAxis) -> tuple[tuple[float, float, float], ...]:
    thin = slice(None, None, 4)
    return tuple(
        zip(*(part[thin].tolist() for part in (real.frequency, real.gap.real, real.gap.imag)), strict=True)  # type: ignore[arg-type]
    )


def test_the_fit_finds_gap_and_broadening_where_a_constant_gap_misses(real: RealAxis) -> None:
    given = Settings(model="tunnelling", gap_function=rows_of(real)).given
    assert isinstance(given, GapFunction)
    assert given.edge == pytest.approx(real.edge, rel=1e-3)
    truth = {"gap": 1.1 * given.edge, "broadening": 0.15}
    y = np.asarray(gap_function.tunnelling(BIAS, function=given, **truth, temperature=2.0))
    noisy = y + 1e-3 * np.random.default_rng(1).standard_normal(BIAS.size)
    spectrum = Spectrum("made up", BIAS, noisy, temperature=2.0)
    found = fit_spectrum(spectrum, Choice("tunnelling", 2.0, 0, given=given)).fit
    for name, value in truth.items():
        assert abs(found.values[name] - value) < 4.0 * found.errors[name], name  # type: ignore[operator]
    plain = fit_spectrum(spectrum, Choice("tunnelling", 2.0, 0)).fit
    assert plain.chi_square > 3.0 * found.chi_square


def test_settings_take_rows_and_refuse_what_they_are_not(real: RealAxis) -> None:
    # The edge on finer steps than those of the iteration, or states are lost.
    fine = np.union1d(real.frequency, real.edge + np.linspace(-0.5, 0.5, 4000))
    gap = np.interp(fine, real.frequency, real.gap.real) + 1j * np.interp(fine, real.frequency, real.gap.imag)
    pairs = tuple(zip(fine.tolist(), density_of_states(fine, gap).tolist(), strict=True))
    assert isinstance(Settings(model="tunnelling", gap_function=pairs).given, StateDensity)
    coarse = tuple(zip(real.frequency.tolist(), density_of_states(real.frequency, real.gap).tolist(), strict=True))
    column = Column("V", Role.BIAS, BIAS)
    measured = Curve("x", (column, Column("g", Role.NORMALISED_CONDUCTANCE, np.ones(BIAS.size))))
    recording = Recording(Source("x.csv", ""), "made up", (measured,))
    for settings, words in (
        ({"model": "s", "gap_function": pairs}, 'needs model = "tunnelling"'),
        ({"model": "tunnelling", "gap_function": coarse}, "finer steps at the edge"),
        ({"model": "two gaps", "gap_function": rows_of(real)}, 'needs model = "tunnelling"'),
        ({"model": "s", "gap_function": [[1.0, 2.0], [1.0]]}, "rows of 2 or of 3 numbers"),
        ({"model": "s", "gap_function": [[0.0, 1.0, 0.0]]}, "8 at least"),
    ):
        with pytest.raises(ExperimentError, match=words):
            fit("spectrum", recording, settings)
