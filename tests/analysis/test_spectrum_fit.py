"""Fits of single spectra: exact data, coverage of intervals, limits instead of values, kinds, backgrounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from megabar.analysis.spectrum_fit import Choice, compare_kinds, fit_spectrum, quote
from megabar.analysis.spectrum_models import KINDS, Setup, shape_of, spectrum_model
from megabar.analysis.spectrum_shape import Spectrum
from megabar.data import Status
from megabar.errors import DataError
from megabar.fitting.selection import compare
from megabar.physics import bcs, btk

BIAS = np.linspace(-10.0, 10.0, 201)
TRUTH = {"gap": 2.0, "broadening": 0.2, "barrier": 0.5}
SCALE, SLOPE, BEND = 0.13, 0.02, -0.04


def background(bias: np.ndarray) -> np.ndarray:
    x = bias / np.max(np.abs(bias))
    return SCALE * (1.0 + SLOPE * x + BEND * x**2)


def made_up(noise: float, rng: np.random.Generator, temperature: float = 2.0, **truth: float) -> Spectrum:
    values = {**TRUTH, **truth}
    y = np.asarray(btk.conductance(BIAS, **values, temperature=temperature)) * background(BIAS)
    return Spectrum("made up", BIAS, y + noise * SCALE * rng.standard_normal(BIAS.size), temperature=temperature)


@pytest.mark.parametrize(("broadening", "barrier"), [(0.2, 0.5), (0.05, 0.8), (1.5, 0.3), (0.4, 3.0)])
def test_exact_data_come_back(broadening: float, barrier: float) -> None:
    spectrum = made_up(0.0, np.random.default_rng(0), broadening=broadening, barrier=barrier)
    found = fit_spectrum(spectrum, Choice("s", 2.0, 2)).fit
    for name, value in {"gap": 2.0, "broadening": broadening, "barrier": barrier, "scale": SCALE, "b_2": BEND}.items():
        assert found.values[name] == pytest.approx(value, rel=1e-5), name


def _share(sets: int, seed: int, noise: float, temperature: float, **truth: float) -> tuple[float, dict[str, int]]:
    """Share of 68.27 % intervals of the gap that hold the truth (limits count as they are), and the statuses met."""
    rng = np.random.default_rng(seed)
    inside = known = 0
    met: dict[str, int] = {}
    for _ in range(sets):
        found = fit_spectrum(made_up(noise, rng, temperature, **truth), Choice("s", temperature, 2))
        quoted = quote(found, "gap")
        met[quoted.status.name] = met.get(quoted.status.name, 0) + 1
        if quoted.interval is None:
            continue
        low, high = quoted.interval
        known += 1
        true = {**TRUTH, **truth}["gap"]
        inside += (low is None or low <= true) and (high is None or true <= high)
    return inside / known, met


CASES = [
    pytest.param(0.005, 2.0, {}, id="sharp"),
    pytest.param(0.005, 2.0, {"broadening": 1.3}, id="broad"),
    pytest.param(0.003, 5.0, {"broadening": 0.4, "barrier": 0.2}, id="warm"),
]


@pytest.mark.parametrize(("noise", "temperature", "truth"), CASES)
def test_intervals_hold_in_a_small_ensemble(noise: float, temperature: float, truth: dict[str, float]) -> None:
    share, met = _share(40, 5, noise, temperature, **truth)
    assert met == {"OK": 40}
    # Four binomial standard deviations about 68.3 %.
    assert 0.39 < share < 0.97


@pytest.mark.calibration
@pytest.mark.parametrize(("noise", "temperature", "truth"), CASES)
def test_intervals_hold(
    noise: float, temperature: float, truth: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    """2,000 spectra each, also with a broadening above half the gap."""
    share, met = _share(2000, 6, noise, temperature, **truth)
    with capsys.disabled():
        print(f"{noise} {temperature} K {truth}: {100 * share:.1f} % hold the gap, {met}")  # noqa: T201
    assert met.get("OK", 0) >= 1990
    assert 0.65 <= share <= 0.71


def _near_tc(sets: int, seed: int) -> tuple[float, dict[str, int]]:
    """T = 0.97 Tc: the double peak is gone, gap and kT are 0.5 and 0.8 meV."""
    tc = 2.0 / (bcs.WEAK_COUPLING_ALPHA * 0.08617333)
    temperature = 0.97 * tc
    gap = float(bcs.gap(temperature, gap_zero=2.0, critical_temperature=tc))
    return _share(sets, seed, 0.002, temperature, gap=gap)


def test_near_tc_there_are_limits_and_no_values_on_the_boundary() -> None:
    share, met = _near_tc(8, 7)
    assert set(met) <= {"OK", "LIMIT", "UNDETERMINED", "NOT_FOUND"}
    assert share >= 0.2


@pytest.mark.calibration
def test_near_tc_intervals_hold(capsys: pytest.CaptureFixture[str]) -> None:
    share, met = _near_tc(2000, 8)
    with capsys.disabled():
        print(f"0.97 Tc: {100 * share:.1f} % hold the gap, {met}")  # noqa: T201
    assert share >= 0.66
    assert "FAILED" not in met


def test_nothing_is_made_of_noise() -> None:
    rng = np.random.default_rng(3)
    flat = Spectrum("flat", BIAS, background(BIAS) * (1.0 + 0.003 * rng.standard_normal(BIAS.size)), temperature=30.0)
    found = fit_spectrum(flat, Choice("s", 30.0, 2))
    assert not found.seen
    quoted = quote(found, "gap")
    assert quoted.value is None
    assert quoted.status == Status.NOT_FOUND


def test_shared_noise_widens_the_error() -> None:
    spectrum = made_up(0.004, np.random.default_rng(4))
    plain = fit_spectrum(spectrum, Choice("s", 2.0, 2)).fit
    shared = fit_spectrum(replace(spectrum, correlation=4.0), Choice("s", 2.0, 2)).fit
    assert shared.values["gap"] == pytest.approx(plain.values["gap"], rel=1e-5)
    assert shared.errors["gap"] == pytest.approx(2.0 * (plain.errors["gap"] or 0.0), rel=1e-3)


def test_even_data_count_half() -> None:
    spectrum = made_up(0.004, np.random.default_rng(4))
    even = 0.5 * (spectrum.conductance + spectrum.conductance[::-1])
    both = replace(spectrum, conductance=even)
    half = fit_spectrum(replace(both, symmetrised=True), Choice("s", 2.0, 2, even=True)).fit
    twice = fit_spectrum(both, Choice("s", 2.0, 2, even=True)).fit
    assert half.values["gap"] == pytest.approx(twice.values["gap"], rel=1e-3)
    assert half.errors["gap"] == pytest.approx(np.sqrt(2.0) * (twice.errors["gap"] or 0.0), rel=0.05)


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("d", "anisotropic s")])
def test_every_kind_finds_its_own_parameters(kind: str) -> None:
    truth = {
        "s": {},
        "two gaps": {"gap_2": 0.8, "broadening_2": 0.15, "weight_2": 0.4},
        "polarised": {"polarisation": 0.35},
        "distribution": {"gap_width": 0.4},
        "tunnelling": {},
    }[kind]
    base = {k: v for k, v in TRUTH.items() if not (kind == "tunnelling" and k == "barrier")}
    setup = Setup(kind, 1.5, 0, 10.0)  # type: ignore[arg-type]
    exact = shape_of(setup)(BIAS, **base, **truth)
    noisy = exact * (1.0 + 1e-4 * np.random.default_rng(2).standard_normal(BIAS.size))
    found = fit_spectrum(Spectrum("own", BIAS, noisy, temperature=1.5), Choice(kind, 1.5, 0)).fit  # type: ignore[arg-type]
    for name, value in {**base, **truth}.items():
        assert found.values[name] == pytest.approx(value, rel=0.05), name


def test_d_wave_fit_finds_its_gap() -> None:
    bias = np.linspace(-8.0, 8.0, 61)
    exact = shape_of(Setup("d", 4.0, 0, 8.0))(bias, gap=2.0, broadening=0.4, barrier=0.6)
    found = fit_spectrum(Spectrum("d", bias, exact, temperature=4.0), Choice("d", 4.0, 0)).fit
    assert found.values["gap"] == pytest.approx(2.0, rel=1e-3)


def test_aicc_tells_two_gaps_from_one() -> None:
    shape = {**TRUTH, "gap_2": 0.7, "broadening_2": 0.15, "weight_2": 0.45}
    for kind, exact in (
        ("two gaps", shape_of(Setup("two gaps", 1.5, 0, 10.0))(BIAS, **shape)),
        ("s", shape_of(Setup("s", 1.5, 0, 10.0))(BIAS, **TRUTH)),
    ):
        noisy = exact * (1.0 + 0.003 * np.random.default_rng(9).standard_normal(BIAS.size))
        spectrum = Spectrum("x", BIAS, noisy, temperature=1.5)
        fits, failed = compare_kinds(spectrum, Choice("s", 1.5, 0), ("s", "two gaps"))
        assert not failed
        selection = compare([f.plain for f in fits.values()])
        assert list(fits)[selection.chosen] == kind


@pytest.mark.parametrize("kind", ["s", "two gaps"])
def test_derivatives_of_the_model(kind: str) -> None:
    values = {**TRUTH, "scale": SCALE, "b_1": SLOPE, "b_2": BEND}
    if kind == "two gaps":
        values |= {"gap_2": 0.8, "broadening_2": 0.3, "weight_2": 0.3}
    model = spectrum_model(Setup(kind, 2.0, 2, 10.0))  # type: ignore[arg-type]
    assert model.derivative is not None
    known = model.derivative(BIAS, **values)
    assert set(known) == set(values)
    for name, value in values.items():
        step = 1e-4 * abs(value)
        up, down = (model.function(BIAS, **{**values, name: value + s}) for s in (step, -step))
        np.testing.assert_allclose(known[name], (up - down) / (2.0 * step), atol=2e-4 * np.max(np.abs(known[name])))


def test_too_few_points_are_refused() -> None:
    spectrum = made_up(0.0, np.random.default_rng(0)).take(np.abs(BIAS) < 0.5)
    with pytest.raises(DataError, match="points for a fit"):
        fit_spectrum(spectrum, Choice("s", 2.0, 2))
