"""What a spectrum's own points say: noise among features, offsets within their errors, evenness, hysteresis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from megabar.analysis.spectrum_shape import (
    Spectrum,
    bias_offset,
    correlation_of,
    even_odd,
    hysteresis,
    is_symmetrised,
    noise_of,
)
from megabar.data import Note
from megabar.errors import DataError

Shape = Callable[[np.ndarray], np.ndarray]


def double_peak(bias: np.ndarray) -> np.ndarray:
    return 1.0 + 0.5 * (np.exp(-(((bias - 10.0) / 3.0) ** 2)) + np.exp(-(((bias + 10.0) / 3.0) ** 2)))


def smooth_peak(bias: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 + 0.6 / (1.0 + (bias / 8.0) ** 2))


def cusps(bias: np.ndarray) -> np.ndarray:
    """Sharp edges at +-10 mV, as at low temperature."""
    size = np.abs(bias)
    return np.where(size < 10.0, 1.5 + 0.3 * (size / 10.0) ** 2, 1.0 + 0.8 * np.exp(-(size - 10.0) / 3.0))


SHAPES = pytest.mark.parametrize("shape", [double_peak, smooth_peak, cusps])


def shared_noise(rng: np.random.Generator, size: int, points: int) -> np.ndarray:
    """Unit noise averaged over `points` neighbours: 1 + 2 sum of its autocorrelation is `points`."""
    return np.convolve(rng.standard_normal(size + points - 1), np.ones(points) / np.sqrt(points), "valid")


@SHAPES
@pytest.mark.parametrize(("size", "sigma"), [(100, 0.03), (200, 0.01), (400, 1e-3), (1000, 1e-4)])
def test_noise_is_found_among_features(shape: Shape, size: int, sigma: float) -> None:
    rng = np.random.default_rng(0)
    bias = np.linspace(-40.0, 40.0, size)
    found = [noise_of(bias, shape(bias) + sigma * rng.standard_normal(size)) for _ in range(40)]
    assert np.mean(found) == pytest.approx(sigma, rel=0.1)
    assert np.std(found) < 0.2 * sigma


def test_noise_of_uneven_steps_and_of_spikes() -> None:
    rng = np.random.default_rng(1)
    bias = np.sort(rng.uniform(-40.0, 40.0, 400))
    values = smooth_peak(bias) + 0.01 * rng.standard_normal(400)
    values[[50, 200, 301]] += 1.0
    assert noise_of(bias, values) == pytest.approx(0.01, rel=0.2)


def test_too_few_points_have_no_noise() -> None:
    assert noise_of(np.arange(5.0), np.ones(5)) is None
    assert correlation_of(np.arange(5.0), np.ones(5)) == 1.0


@SHAPES
@pytest.mark.parametrize(("size", "points"), [(400, 2), (1000, 5), (400, 5)])
def test_noise_that_neighbours_share(shape: Shape, size: int, points: int) -> None:
    """The noise of one point is not mistaken for the smaller difference of neighbours."""
    rng = np.random.default_rng(2)
    bias = np.linspace(-40.0, 40.0, size)
    curves = [shape(bias) + 0.02 * shared_noise(rng, size, points) for _ in range(20)]
    assert np.mean([noise_of(bias, y) for y in curves]) == pytest.approx(0.02, rel=0.15)
    assert np.mean([correlation_of(bias, y) for y in curves]) == pytest.approx(points, rel=0.3)


@SHAPES
def test_independent_noise_is_not_called_shared(shape: Shape) -> None:
    rng = np.random.default_rng(3)
    bias = np.linspace(-40.0, 40.0, 400)
    found = [correlation_of(bias, shape(bias) + 0.01 * rng.standard_normal(400)) for _ in range(40)]
    assert np.mean(np.array(found) == 1.0) > 0.9


def offsets(shape: Shape, *, sets: int, size: int, sigma: float, points: int = 1) -> np.ndarray:
    """Deviations of the offset from the truth over its error, for offsets and odd backgrounds by chance."""
    rng = np.random.default_rng(4)
    bias = np.linspace(-40.0, 40.0, size)
    deviations = []
    for _ in range(sets):
        truth, odd = rng.uniform(-2.0, 2.0), rng.uniform(-0.003, 0.003)
        noise = sigma * shared_noise(rng, size, points)
        found = bias_offset(bias, shape(bias - truth) * (1.0 + odd * bias) + noise)
        assert found.value is not None
        assert found.error is not None
        deviations.append((found.value - truth) / found.error)
    return np.abs(deviations)


@SHAPES
def test_offsets_are_recovered_within_their_errors(shape: Shape) -> None:
    """60 data sets: the share within one error is 68 % with a standard deviation of 6 %."""
    deviations = offsets(shape, sets=60, size=101, sigma=0.01)
    assert 0.50 <= np.mean(deviations < 1.0) <= 0.86
    assert np.mean(deviations < 2.0) > 0.84


@pytest.mark.calibration
@SHAPES
@pytest.mark.parametrize(("size", "sigma", "points"), [(200, 0.02, 1), (101, 0.01, 1), (400, 0.002, 1), (800, 0.02, 3)])
def test_errors_of_offsets_cover_the_truth(shape: Shape, size: int, sigma: float, points: int) -> None:
    """400 data sets (standard deviation of the share 2.3 %), also with noise that neighbours share."""
    deviations = offsets(shape, sets=400, size=size, sigma=sigma, points=points)
    assert 0.60 <= np.mean(deviations < 1.0) <= 0.79
    assert np.mean(deviations < 2.0) > 0.88


def test_offset_of_exact_data() -> None:
    bias = np.linspace(-40.0, 40.0, 401)
    found = bias_offset(bias, smooth_peak(bias - 1.234) * (1.0 + 0.002 * bias))
    assert found.value == pytest.approx(1.234, abs=2e-4)


def test_one_peak_laid_upon_itself_is_no_offset() -> None:
    """Around 6 mV each of two sharp peaks is even for itself; the whole spectrum is even around 0.3 mV."""
    bias = np.linspace(-40.0, 40.0, 801)
    peaks = sum(np.exp(-(((bias - 0.3 - p) / 0.8) ** 2)) for p in (6.0, -6.0))
    noise = 0.01 * np.random.default_rng(5).standard_normal(801)
    found = bias_offset(bias, 1.0 + peaks + noise)
    assert found.value == pytest.approx(0.3, abs=0.01)


def test_a_spike_does_not_move_the_offset() -> None:
    rng = np.random.default_rng(6)
    bias = np.linspace(-40.0, 40.0, 200)
    values = double_peak(bias - 0.7) + 0.01 * rng.standard_normal(200)
    clean = bias_offset(bias, values)
    values[[80, 130]] += 0.4
    spoilt = bias_offset(bias, values)
    assert clean.value is not None
    assert spoilt.value == pytest.approx(clean.value, abs=clean.error)


@pytest.mark.parametrize("kind", ["parabola on a slope", "flat"])
def test_no_offset_without_a_feature(kind: str) -> None:
    """A parabola on a slope is a parabola elsewhere: nothing tells the two apart, whatever the noise looks like."""
    rng = np.random.default_rng(7)
    bias = np.linspace(-40.0, 40.0, 200)
    shape = 1.0 + (1e-4 * bias**2 + 1e-3 * bias if kind.startswith("parabola") else 0.0)
    for _ in range(20):
        found = bias_offset(bias, shape + 0.01 * rng.standard_normal(200))
        assert found.value is None
        assert found.error is None
        assert "undetermined" in found.remark or "no minimum" in found.remark


def test_offset_of_an_asymmetric_range() -> None:
    rng = np.random.default_rng(8)
    bias = np.linspace(-30.0, 90.0, 400)
    found = bias_offset(bias, double_peak(bias + 0.8) + 0.01 * rng.standard_normal(400))
    assert found.value is not None
    assert found.error is not None
    assert abs(found.value + 0.8) < 3.0 * found.error


def test_offset_refuses_what_has_no_middle() -> None:
    with pytest.raises(DataError, match="zero bias lies outside the range, 1 to 20 mV"):
        bias_offset(np.linspace(1.0, 20.0, 50), np.ones(50))
    with pytest.raises(DataError, match=r"9 points within 7\.5 mV: needs 12"):
        bias_offset(np.linspace(-10.0, 10.0, 13), np.ones(13))


def test_even_and_odd_parts_add_up() -> None:
    bias = np.linspace(-40.0, 40.0, 161)
    even, odd = smooth_peak(bias), 0.01 * bias + 1e-5 * bias**3
    parts = even_odd(bias, even + odd)
    assert parts.bias == pytest.approx(bias[80:])
    assert parts.even == pytest.approx(even[80:], rel=1e-12)
    assert parts.odd == pytest.approx(odd[80:], abs=1e-12)


def test_even_and_odd_parts_on_an_uneven_and_shifted_grid() -> None:
    rng = np.random.default_rng(9)
    bias = np.sort(rng.uniform(-30.0, 50.0, 3000))
    parts = even_odd(bias, smooth_peak(bias - 2.0), offset=2.0)
    assert parts.bias[-1] <= 2.0 - bias[0] + 1e-6
    assert parts.even == pytest.approx(smooth_peak(parts.bias), abs=1e-3)
    assert np.abs(parts.odd).max() < 1e-3
    with pytest.raises(DataError, match="60 mV lies outside"):
        even_odd(bias, smooth_peak(bias), offset=60.0)


def test_symmetrised_data_are_recognised() -> None:
    rng = np.random.default_rng(10)
    bias = np.linspace(-7.0, 7.0, 101)
    values = smooth_peak(bias) + 0.01 * rng.standard_normal(101)
    assert not is_symmetrised(bias, values)
    assert is_symmetrised(bias, 0.5 * (values + values[::-1]))
    printed = np.round(0.5 * (values + values[::-1]), 5)
    assert is_symmetrised(bias, printed)
    assert not is_symmetrised(bias + 0.03, printed)


def sweeps(offset: float, *, sigma: float, seed: int) -> tuple[Spectrum, Spectrum]:
    rng = np.random.default_rng(seed)
    up, down = np.linspace(-40.0, 40.0, 201), np.linspace(-38.3, 39.1, 190)
    error = [np.full(x.size, sigma) for x in (up, down)]
    return (
        Spectrum("up", up, double_peak(up - 0.5 * offset) + sigma * rng.standard_normal(up.size), error[0]),
        Spectrum("down", down, double_peak(down + 0.5 * offset) + sigma * rng.standard_normal(down.size), error[1]),
    )


def test_hysteresis_is_recovered_within_its_error() -> None:
    deviations, before, after = [], [], []
    for seed in range(12):
        found = hysteresis(*sweeps(0.4, sigma=0.01, seed=seed))
        assert found.offset.value is not None
        assert found.offset.error is not None
        deviations.append((found.offset.value - 0.4) / found.offset.error)
        before.append(found.difference)
        after.append(found.remaining)
    # Standard deviations: of the share 13 %, of the mean 0.29.
    assert np.mean(np.abs(deviations) < 1.0) >= 0.29
    assert 0.3 < np.std(deviations) < 1.9
    assert abs(np.mean(deviations)) < 0.9
    assert np.min(before) > 1.5
    assert np.mean(after) == pytest.approx(1.0, abs=0.09)


def test_no_hysteresis_is_noise_alone() -> None:
    up, down = sweeps(0.0, sigma=0.01, seed=1)
    found = hysteresis(up, down)
    assert found.difference == pytest.approx(1.0, abs=0.2)
    # Without errors of their own the noise is found.
    bare = [Spectrum(s.name, s.bias, s.conductance) for s in (up, down)]
    assert hysteresis(*bare).difference == pytest.approx(found.difference, rel=0.25)


def test_hysteresis_refuses_sweeps_that_do_not_meet() -> None:
    up, down = sweeps(0.0, sigma=0.01, seed=2)
    with pytest.raises(DataError, match="'up' and 'down' share fewer than 12 points"):
        hysteresis(up.take(up.bias > 0.0), down.take(down.bias < 3.0))


def test_hysteresis_without_noise_has_no_scale() -> None:
    bias = np.linspace(-1.0, 1.0, 40)
    flat = Spectrum("flat", bias, np.ones(40))
    with pytest.raises(DataError, match="its noise is not known"):
        hysteresis(flat, flat)


def test_a_spectrum_is_frozen_and_cut_as_a_whole() -> None:
    bias = np.linspace(-1.0, 1.0, 21)
    spectrum = Spectrum("s", bias, np.ones(21), np.full(21, 0.1), notes=(Note("as found"),))
    with pytest.raises(ValueError, match="read-only"):
        spectrum.conductance[0] = 2.0
    cut = spectrum.take(bias > 0.05).shifted(0.5)
    assert cut.bias == pytest.approx(bias[11:] - 0.5)
    assert cut.error is not None
    assert cut.error.size == cut.bias.size == cut.conductance.size
    assert cut.notes == spectrum.notes


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"bias": [0.0, 1.0, 1.0]}, "does not ascend strictly"),
        ({"bias": [0.0, np.nan, 1.0]}, "does not ascend strictly"),
        ({"conductance": [1.0, np.inf, 1.0]}, "a conductance is not finite"),
        ({"conductance": [1.0, 1.0]}, "differ in shape"),
        ({"error": [0.1, 0.0, 0.1]}, "unknown errors are None"),
        ({"error": [0.1, np.nan, 0.1]}, "unknown errors are None"),
    ],
)
def test_spectra_refuse_what_is_none(changed: dict[str, list[float]], message: str) -> None:
    columns = {"bias": [0.0, 1.0, 2.0], "conductance": [1.0, 1.0, 1.0], "error": [0.1, 0.1, 0.1]}
    arrays = {name: np.array(values) for name, values in {**columns, **changed}.items()}
    with pytest.raises(DataError, match=message):
        Spectrum("s", **arrays)  # type: ignore[arg-type]
