"""Tc from where the features of simulated spectra vanish: sizes, brackets, limits, and errors against the truth."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.analysis.spectrum_feature_law import Weighted
from megabar.analysis.spectrum_vanishing import FeatureSizes, feature_sizes, vanishing_temperature
from megabar.errors import DataError
from megabar.physics import btk
from megabar.physics.bcs import WEAK_COUPLING_ALPHA, gap

BIAS = np.linspace(-15.0, 15.0, 201)
KELVIN = 0.08617333262
"""Boltzmann constant in meV/K."""


def spectrum(
    temperature: float, *, tc: float, barrier: float = 0.4, broadening: float = 0.6, bias: np.ndarray = BIAS
) -> np.ndarray:
    """BTK with the weak-coupling gap of a superconductor with this Tc; broadening in meV."""
    zero = WEAK_COUPLING_ALPHA * KELVIN * tc
    delta = float(gap(temperature, gap_zero=zero, critical_temperature=tc))
    arguments = {"broadening": broadening, "barrier": barrier, "temperature": temperature}
    return np.asarray(btk.conductance(bias, gap=delta, **arguments))


def series(temperatures: np.ndarray, noise: float, rng: np.random.Generator, **law: float) -> list:
    return [(BIAS, spectrum(t, **law) + noise * rng.standard_normal(BIAS.size)) for t in temperatures]


def coverage(count: int, seed: int, *, step: float = 1.0) -> tuple[np.ndarray, float, int]:
    """Deviations of Tc over its error, share of brackets that hold Tc, and series without a value.

    Z 0..1.5, Gamma 0.02..0.5 Delta(0), Tc 18..22 K, noise 0.3 to 1.5 %, from 2 to 25 K.
    """
    rng, deviations, held, missing = np.random.default_rng(seed), [], 0, 0
    for _ in range(count):
        tc, noise = rng.uniform(18.0, 22.0), rng.uniform(0.003, 0.015)
        law = {"barrier": rng.uniform(0.0, 1.5), "broadening": rng.uniform(0.02, 0.5) * 3.04}
        temperatures = np.arange(2.0, 25.0, step) + rng.uniform(0.0, step)
        made = series(temperatures, noise, rng, tc=tc, **law)
        found = vanishing_temperature(feature_sizes(temperatures, made, noise))
        low, high = found.bracket
        held += low is not None and low <= tc and (high is None or tc <= high)
        if found.value is None or found.error is None:
            missing += 1
            continue
        deviations.append((found.value - tc) / found.error)
    return np.array(deviations), held / count, missing


def test_errors_in_a_small_ensemble() -> None:
    """10 series; the errors are on the safe side, see below."""
    deviations, held, missing = coverage(10, seed=1)
    assert missing <= 2
    assert np.mean(np.abs(deviations) < 1.0) > 0.6
    assert np.max(np.abs(deviations)) < 4.0
    assert held > 0.5


@pytest.mark.calibration
@pytest.mark.parametrize("step", [1.0, 1.5])
def test_errors_over_300_series(step: float, capsys: pytest.CaptureFixture[str]) -> None:
    """At least 68 % within one error and 95 % within two, and not so many that the error says nothing."""
    deviations, held, missing = coverage(300, seed=2, step=step)
    one, two = np.mean(np.abs(deviations) < 1.0), np.mean(np.abs(deviations) < 2.0)
    with capsys.disabled():
        print(f"step {step} K: {100 * one:.1f} % within one error, {100 * two:.1f} % within two, scatter")  # noqa: T201
        print(f"  {deviations.std():.2f}, bracket holds {100 * held:.0f} %, {missing} without")  # noqa: T201
    assert missing <= 6
    assert 0.65 <= one <= 0.97
    assert two > 0.94
    assert np.max(np.abs(deviations)) < 5.0


def test_the_noise_of_a_size_is_known_exactly() -> None:
    """Scatter of the size at fixed temperatures over fresh noise, with one template."""
    rng, temperatures = np.random.default_rng(3), np.array([4.0, 12.0, 19.0])
    template = series(temperatures[:1], 0.004, rng, tc=20.0)[0]
    exact = [spectrum(t, tc=20.0) for t in temperatures]
    found = []
    for _ in range(300):
        noisy = [(BIAS, g + 0.01 * rng.standard_normal(BIAS.size)) for g in exact[1:]]
        found.append(feature_sizes(temperatures, [template, *noisy], [0.004, 0.01, 0.01], reference=0))
    sizes = np.array([f.size for f in found])
    np.testing.assert_allclose(sizes[:, 1:].std(axis=0), found[0].error[1:], rtol=0.13)


def test_a_wrong_normalisation_does_not_move_a_size() -> None:
    rng, temperatures = np.random.default_rng(4), np.array([4.0, 12.0, 18.0, 23.0])
    made = series(temperatures, 0.005, rng, tc=20.0)
    plain = feature_sizes(temperatures, made, 0.005)
    shifted = feature_sizes(temperatures, [(v, g + 0.03) for v, g in made], 0.005)
    np.testing.assert_allclose(shifted.size, plain.size, atol=1e-12)


def test_the_law_is_that_of_the_spectra() -> None:
    """Without noise the tabulated law (sums over energies) and the size of BTK spectra (module btk) agree: Tc exact."""
    temperatures = np.arange(3.0, 24.0, 1.0)
    law = {"barrier": 0.45, "broadening": 0.25 * WEAK_COUPLING_ALPHA * KELVIN * 19.0}
    made = [(BIAS, spectrum(t, tc=20.3, **law)) for t in temperatures]
    found = vanishing_temperature(feature_sizes(temperatures, made, 1e-3))
    assert found.value == pytest.approx(20.3, abs=0.03)
    assert found.error is not None
    assert found.error == pytest.approx(0.15, abs=0.02)
    assert found.misfit is not None
    assert found.misfit < 0.5


def test_the_template_is_the_warmest_clear_spectrum() -> None:
    """For a barrier of 1 the shape changes on warming: the projection onto the coldest crosses zero below Tc."""
    temperatures = np.arange(2.0, 23.0, 0.25)
    made = [(BIAS, spectrum(t, tc=20.0, barrier=1.0, broadening=0.15)) for t in temperatures]
    coldest = feature_sizes(temperatures, made, 1e-3, reference=0)
    between = (temperatures > 18.0) & (temperatures < 20.0)
    assert np.any(coldest.size[between] < 0.0)
    found = feature_sizes(temperatures, made, 1e-3)
    assert found.reference is not None
    assert temperatures[found.reference] > 18.0


def test_order_of_the_spectra_does_not_matter() -> None:
    rng, temperatures = np.random.default_rng(6), np.arange(2.0, 24.0, 2.0)
    made = series(temperatures, 0.005, rng, tc=19.0)
    order = rng.permutation(temperatures.size)
    plain = feature_sizes(temperatures, made, 0.005)
    mixed = feature_sizes(temperatures[order], [made[i] for i in order], 0.005)
    np.testing.assert_array_equal(mixed.temperature, plain.temperature)
    np.testing.assert_allclose(mixed.size, plain.size)
    chosen = feature_sizes(temperatures[order], [made[i] for i in order], 0.005, reference=3)
    assert chosen.reference is not None
    assert chosen.temperature[chosen.reference] == temperatures[order][3]


def test_the_bracket() -> None:
    temperatures = np.array([2.0, 6.0, 10.0, 14.0, 18.0, 22.0, 24.0])
    made = series(temperatures, 0.005, np.random.default_rng(7), tc=20.0)
    found = vanishing_temperature(feature_sizes(temperatures, made, 0.005))
    assert found.bracket == (18.0, 22.0)
    assert "between 18 K, the last with the feature, and 22 K" in found.remark
    assert found.value is not None
    assert found.interval is not None
    assert found.interval[0] < found.value < found.interval[1]


def test_a_feature_at_every_temperature_is_a_lower_limit() -> None:
    temperatures = np.arange(2.0, 17.0, 2.0)
    made = series(temperatures, 0.005, np.random.default_rng(8), tc=20.0)
    found = vanishing_temperature(feature_sizes(temperatures, made, 0.005))
    assert found.value is None
    assert found.error is None
    assert found.bracket == (16.0, None)
    assert "Tc lies above 16 K" in found.remark


def test_no_feature_at_all() -> None:
    temperatures = np.array([5.0, 10.0, 15.0])
    flat = [(BIAS, 1.0 + 0.01 * np.random.default_rng(9).standard_normal(BIAS.size)) for _ in temperatures]
    sizes = feature_sizes(temperatures, flat, 0.01)
    assert sizes.reference is None
    found = vanishing_temperature(sizes)
    assert found.value is None
    assert found.bracket == (None, None)
    assert "no spectrum shows a feature" in found.remark


def test_two_spectra_give_a_bracket_only() -> None:
    temperatures = np.array([4.0, 25.0])
    made = series(temperatures, 0.005, np.random.default_rng(10), tc=20.0)
    found = vanishing_temperature(feature_sizes(temperatures, made, 0.005))
    assert found.value is None
    assert found.bracket == (4.0, 25.0)
    assert "too few" in found.remark


def test_sizes_that_no_law_describes_have_no_value() -> None:
    """A feature that turns into its opposite: the template of the last spectrum that has it is that of a transition."""
    temperatures = np.arange(3.0, 25.0, 1.0)
    weight = np.where(np.abs(BIAS) < 3.0, 1.0, -0.25) / 40.0
    sizes = np.where(temperatures < 15.5, 1.0, -0.5)
    points = tuple(Weighted(float(t), BIAS, weight, float(s), 0.01) for t, s in zip(temperatures, sizes, strict=True))
    found = vanishing_temperature(FeatureSizes(points, temperatures < 15.5, 0, "made"))
    assert found.value is None
    assert found.bracket == (15.0, 16.0)
    assert "no law" in found.remark


def test_a_feature_that_vanishes_at_once_lies_in_its_bracket() -> None:
    temperatures = np.arange(3.0, 25.0, 1.0)
    weight = np.where(np.abs(BIAS) < 3.0, 1.0, -0.25) / 40.0
    points = tuple(Weighted(float(t), BIAS, weight, float(t < 15.5), 0.01) for t in temperatures)
    found = vanishing_temperature(FeatureSizes(points, temperatures < 15.5, 0, "made"))
    assert found.value is not None
    assert 15.0 < found.value < 16.0


def test_features_that_move_have_a_bracket_only() -> None:
    """Dips at a critical current that falls to zero at 20 K: no projection follows them, the readings show them."""
    rng, temperatures = np.random.default_rng(13), np.arange(4.0, 25.0, 2.0)
    made = []
    for t in temperatures:
        place = 8.0 * np.sqrt(max(1.0 - t / 20.5, 0.0))
        dips = 0.2 * (np.exp(-0.5 * ((np.abs(BIAS) - place) / 0.5) ** 2)) * (t < 20.5)
        made.append((BIAS, 1.0 - dips + 0.01 * rng.standard_normal(BIAS.size)))
    found = vanishing_temperature(feature_sizes(temperatures, made, 0.01), by_law=False)
    assert found.bracket == (20.0, 22.0)
    assert found.value is None


def test_different_grids_windows_and_noises() -> None:
    rng, temperatures = np.random.default_rng(11), np.arange(2.0, 24.0, 1.0)
    made, noises = [], []
    for t in temperatures:
        bias = np.sort(rng.uniform(-14.0, 14.0, rng.integers(120, 240)))
        noise = np.full(bias.size, rng.uniform(0.004, 0.01))
        made.append((bias, spectrum(t, tc=20.0, bias=bias) + noise * rng.standard_normal(bias.size)))
        noises.append(noise)
    found = vanishing_temperature(feature_sizes(temperatures, made, noises, window=12.0))
    assert found.value is not None
    assert found.error is not None
    assert found.value == pytest.approx(20.0, abs=4.0 * found.error)


def test_even_data_and_shared_noise_have_larger_errors() -> None:
    temperatures = np.array([4.0, 8.0, 12.0])
    made = series(temperatures, 0.005, np.random.default_rng(12), tc=20.0)
    plain = feature_sizes(temperatures, made, 0.005, reference=0)
    shared = feature_sizes(temperatures, made, 0.005, reference=0, correlation=4.0)
    np.testing.assert_allclose(shared.error[1:], 2.0 * plain.error[1:])
    even = [(v, 0.5 * (g + g[::-1])) for v, g in made]
    folded = feature_sizes(temperatures, even, 0.005 / np.sqrt(2.0), reference=0)
    np.testing.assert_allclose(folded.error[1:], plain.error[1:], rtol=0.05)


def test_refusals() -> None:
    temperatures, flat = np.array([5.0, 10.0]), [(BIAS, np.ones(BIAS.size))] * 2
    with pytest.raises(DataError, match="one spectrum and one noise"):
        feature_sizes(temperatures, flat[:1], 0.01)
    with pytest.raises(DataError, match="one spectrum and one noise"):
        feature_sizes(temperatures, flat, [0.01])
    with pytest.raises(DataError, match="all different"):
        feature_sizes(np.array([5.0, 5.0]), flat, 0.01)
    with pytest.raises(DataError, match="positive"):
        feature_sizes(np.array([5.0, np.nan]), flat, 0.01)
    with pytest.raises(DataError, match="fewer than"):
        feature_sizes(temperatures, flat, 0.01, window=0.3)
