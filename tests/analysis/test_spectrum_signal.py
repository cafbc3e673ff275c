"""Columns to spectra: what a curve holds, its sweeps, temperatures and fields, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import megabar
from megabar.analysis.spectrum_signal import Spectrum, hysteresis, spectra_of
from megabar.analysis.spectrum_sweeps import by_branch
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Column, Curve, Note, Role
from megabar.errors import DataError

MakeCurve = Callable[..., Curve]

BIAS = np.linspace(-40.0, 40.0, 161)
NOISE = 0.004


def shape(bias: np.ndarray) -> np.ndarray:
    """A conductance in S with two peaks on a bent background; simulated."""
    peaks = np.exp(-(((np.abs(bias) - 8.0) / 4.0) ** 2))
    return np.asarray(0.02 * (1.0 + 0.4 * peaks) * (1.0 + 1e-3 * bias + 5e-5 * bias**2))


def noisy(bias: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.asarray(shape(bias) * (1.0 + NOISE * np.random.default_rng(seed).standard_normal(bias.size)))


def current_of(bias: np.ndarray) -> np.ndarray:
    """A, the integral of `shape` from zero bias."""
    grid = np.linspace(-80.0, 80.0, 64001)
    steps = 0.5e-3 * (shape(grid)[1:] + shape(grid)[:-1]) * np.diff(grid)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.interp(bias, grid, total - np.interp(0.0, grid, total)))


def texts(notes: list[Note] | tuple[Note, ...], level: str = "") -> str:
    return "\n".join(note.text for note in notes if level in ("", note.level))


def only(curve: Curve, **choices: Any) -> Spectrum:
    (spectrum,), _ = spectra_of(curve, **choices)
    return spectrum


def test_a_conductance_stays_what_it_is(curve: MakeCurve) -> None:
    made = only(curve(bias=BIAS, conductance=noisy(BIAS)), temperature=2.0)
    assert np.array_equal(made.bias, BIAS)
    assert np.array_equal(made.conductance, noisy(BIAS))
    assert (made.unit, made.branch, made.temperature, made.field) == ("S", "up", 2.0, None)
    assert made.name == "crystal, up, 2 K"
    assert made.error == pytest.approx(np.full(161, NOISE * np.median(shape(BIAS))), rel=0.25)
    assert made.correlation == 1.0
    assert not made.symmetrised
    assert made.notes == ()


def test_errors_of_the_file_are_taken(curve: MakeCurve) -> None:
    error = np.linspace(1e-5, 2e-5, 161)
    column = Column("G", Role.CONDUCTANCE, noisy(BIAS), error=error)
    made = only(curve(bias=BIAS).with_column(column))
    assert made.error == pytest.approx(error)


def test_a_normalised_conductance_comes_first(curve: MakeCurve) -> None:
    made = only(curve(bias=BIAS, conductance=noisy(BIAS), normalised_conductance=noisy(BIAS) / 0.02))
    assert made.unit == "1"
    assert made.conductance == pytest.approx(noisy(BIAS) / 0.02)


def test_differential_resistance_and_its_error(curve: MakeCurve) -> None:
    """The scatter of G about the truth over its error is 1, although the error of R is one number."""
    rng = np.random.default_rng(1)
    resistance = 1.0 / shape(BIAS) + 0.2 * rng.standard_normal(161)
    made = only(curve(bias=BIAS, differential_resistance=resistance))
    assert made.conductance == pytest.approx(1.0 / resistance)
    assert made.error is not None
    assert np.std((made.conductance - shape(BIAS)) / made.error) == pytest.approx(1.0, rel=0.2)
    assert made.error[80] / made.error[0] == pytest.approx((made.conductance[80] / made.conductance[0]) ** 2)


def test_first_harmonic(curve: MakeCurve) -> None:
    first = 2e-6 / noisy(BIAS)
    made = only(curve(voltage=1e-3 * BIAS, first_harmonic=first), modulation=2e-6)
    assert made.bias == pytest.approx(BIAS)
    assert made.conductance == pytest.approx(noisy(BIAS))
    size = 1e3 * float(np.max(2e-6 / noisy(BIAS)))
    assert f"the modulation is up to {size:.3g} mV rms across the contact" in texts(made.notes)
    with pytest.raises(DataError, match=r"set settings.modulation \(A, rms\)"):
        spectra_of(curve(bias=BIAS, first_harmonic=first))


def test_a_modulation_as_wide_as_thermal_smearing_is_warned_about(curve: MakeCurve) -> None:
    """v^2/2 of the modulation against (pi kT)^2/3: at v = kT that is 15 %."""
    temperature = 4.0
    v = BOLTZMANN_MEV * temperature
    made = only(
        curve(bias=BIAS, first_harmonic=1e-3 * v * shape(BIAS).min() / shape(BIAS)),
        modulation=1e-3 * v * float(shape(BIAS).min()),
        temperature=temperature,
    )
    assert "it adds 15 % to the variance of thermal smearing" in texts(made.notes, "warning")


def test_a_saturated_lock_in_is_said(curve: MakeCurve) -> None:
    first = 2e-6 / noisy(BIAS)
    limit = float(np.quantile(first, 0.9))
    (made,), notes = spectra_of(curve(bias=BIAS, first_harmonic=np.minimum(first, limit)), modulation=2e-6)
    bad = int(np.count_nonzero(first >= limit))
    assert made.bias.size == 161 - bad
    assert f"{bad} readings of the lock-in stand at {limit:.4g} V: saturated, left out" in texts(notes, "warning")


@pytest.mark.parametrize("derivative", ["auto", "three-point", "polynomial"])
@pytest.mark.parametrize("by_current", [False, True])
def test_current_and_voltage(curve: MakeCurve, derivative: str, by_current: bool) -> None:
    rng = np.random.default_rng(2)
    bias = np.linspace(-40.0, 40.0, 321)
    current = current_of(bias)
    if by_current:
        current = np.linspace(current[0], current[-1], 321)
        grid = np.linspace(-41.0, 41.0, 20001)
        bias = np.interp(current, current_of(grid), grid) + 1e-2 * rng.standard_normal(321)
    else:
        current = current + 2e-7 * rng.standard_normal(321)
    made = only(curve(voltage=1e-3 * bias, current=current), derivative=derivative)
    assert made.error is not None
    deviation = (made.conductance - shape(made.bias)) / made.error
    assert np.std(deviation) == pytest.approx(1.0, rel=0.25)
    assert abs(np.mean(deviation)) < 0.3
    assert 0.003 < float(np.median(made.error / made.conductance)) < 0.05
    assert made.unit == "S"
    assert "conductance is the slope" in texts(made.notes)


def test_the_window_of_the_derivative(curve: MakeCurve) -> None:
    """As little smoothing as three points give, unless temperature makes more of it harmless or somebody asks."""
    bias = np.linspace(-40.0, 40.0, 801)
    raw = curve(bias=bias, current=current_of(bias))
    assert "the slope over three steps, then the mean of three" in texts(only(raw).notes)
    assert "over three steps" in texts(only(raw, temperature=4.0).notes)
    assert f"within +-{0.5 * BOLTZMANN_MEV * 30.0:.3g} mV" in texts(only(raw, temperature=30.0).notes)
    assert "within +-0.3 mV" in texts(only(raw, derivative="polynomial").notes)
    assert "within +-2 mV" in texts(only(raw, half_width=2.0).notes)


def test_uneven_steps_are_fitted_by_a_parabola(curve: MakeCurve) -> None:
    """Triples of readings 0.02 mV apart every 0.5 mV, as where each slope is measured for itself."""
    bias = (np.linspace(-40.0, 40.0, 161)[:, None] + [-0.02, 0.0, 0.02]).ravel()
    made = only(curve(bias=bias, current=current_of(bias)))
    assert "of the parabola within" in texts(made.notes)
    away = np.abs(made.bias) > 3.0
    assert made.conductance[away] == pytest.approx(shape(made.bias[away]), rel=0.02)


@pytest.mark.parametrize(("derivative", "half_width"), [("three-point", None), ("polynomial", 3.0)])
def test_what_a_derivative_averages_over(curve: MakeCurve, derivative: str, half_width: float | None) -> None:
    """A cubic I(V) has G = a + 3 b V^2, lifted by 3 b times the variance of the kernel."""
    bias = np.linspace(-40.0, 40.0, 161)
    made = only(
        curve(bias=bias, current=1e-3 * (0.02 * bias + 1e-6 * bias**3)), derivative=derivative, half_width=half_width
    )
    inside = np.abs(made.bias) < 30.0
    lift = (made.conductance - 0.02 - 3e-6 * made.bias**2)[inside] / 3e-6
    assert lift == pytest.approx(made.smoothing**2, rel=0.1)


def test_a_derivative_of_mostly_noise_is_warned_about(curve: MakeCurve) -> None:
    bias = np.linspace(-40.0, 40.0, 801)
    current = current_of(bias) + 3e-6 * np.random.default_rng(3).standard_normal(801)
    assert "set a wider half_width" in texts(only(curve(bias=bias, current=current)).notes, "warning")


def test_up_and_down_are_two_spectra(curve: MakeCurve) -> None:
    loop = np.concatenate([BIAS, BIAS[::-1] - 0.1])
    values = np.concatenate([noisy(BIAS), noisy(BIAS[::-1], seed=1)])
    (up, down), notes = spectra_of(curve(bias=loop, conductance=values), temperature=2.0)
    assert (up.branch, down.branch) == ("up", "down")
    assert np.array_equal(down.bias, BIAS - 0.1)
    assert np.array_equal(down.conductance, values[161:][::-1])
    assert texts(notes, "warning") == ""
    found = hysteresis(up, down)
    assert found.offset.value == pytest.approx(0.1, abs=0.1)


def test_a_loop_from_zero_bias_is_joined(curve: MakeCurve) -> None:
    """0 to the top, down to the bottom, back to 0: each half of the way up belongs to one spectrum."""
    top = BIAS[80:]
    loop = np.concatenate([top, BIAS[::-1], BIAS[:81]])
    (up, down), notes = spectra_of(curve(bias=loop, conductance=shape(loop)))
    assert np.array_equal(up.bias, BIAS)
    assert np.array_equal(down.bias, BIAS)
    assert up.conductance == pytest.approx(shape(BIAS))
    assert "readings at 1 repeated biases averaged" in texts(notes)


def test_the_derivative_does_not_reach_over_the_joint(curve: MakeCurve) -> None:
    """A thermal voltage that has drifted between both halves would make a spike in a slope across it."""
    up, down = current_of(BIAS[80:]), current_of(BIAS[::-1])
    current = np.concatenate([up, down, current_of(BIAS[:81])])
    bias = np.concatenate([BIAS[80:], BIAS[::-1], BIAS[:81] + 0.2])
    (first, _), _ = spectra_of(curve(bias=bias, current=current))
    near = np.abs(first.bias) < 3.0
    assert first.conductance[near] == pytest.approx(shape(first.bias[near]), rel=0.05)


def test_two_whole_loops_are_four_spectra(curve: MakeCurve) -> None:
    loop = np.concatenate([BIAS, BIAS[::-1], BIAS, BIAS[::-1]])
    spectra, _ = spectra_of(curve(bias=loop, conductance=shape(loop)))
    assert [s.name for s in spectra] == ["crystal, up", "crystal, down", "crystal, up (2)", "crystal, down (2)"]


def test_unsorted_bias_is_sorted_and_said(curve: MakeCurve) -> None:
    order = np.random.default_rng(4).permutation(161)
    made = only(curve(bias=BIAS[order], conductance=noisy(BIAS)[order]))
    assert np.array_equal(made.bias, BIAS)
    assert np.array_equal(made.conductance, noisy(BIAS))
    assert made.branch == ""
    assert "the bias comes in no order: sorted and taken as one sweep" in texts(made.notes)


def test_repeated_biases_are_averaged_and_said(curve: MakeCurve) -> None:
    bias = np.repeat(BIAS, 2)
    values = np.stack([noisy(BIAS), noisy(BIAS, seed=1)], axis=1).ravel()
    made = only(curve(bias=bias, conductance=values))
    assert made.conductance == pytest.approx(0.5 * (noisy(BIAS) + noisy(BIAS, seed=1)))
    assert "readings at 161 repeated biases averaged (322 at 161 biases)" in texts(made.notes)
    # Two readings averaged: 1/sqrt(2) of the noise.
    assert made.error == pytest.approx(np.full(161, NOISE * np.median(shape(BIAS)) / np.sqrt(2.0)), rel=0.25)


def test_a_table_of_several_temperatures_and_fields(curve: MakeCurve) -> None:
    """Readings wander by 0.03 K; 1.5, 1.8 and 2.1 K are told apart, in two fields."""
    rng = np.random.default_rng(5)
    temperature = np.repeat([1.5, 1.8, 2.1, 2.1], 161) + 0.01 * rng.uniform(-1.0, 1.0, 4 * 161)
    field = np.repeat([0.0, 0.0, 0.0, 1.0], 161)
    bias = np.tile(BIAS, 4)
    spectra, _ = spectra_of(curve(bias=bias, conductance=shape(bias), temperature=temperature, field=field))
    assert [s.temperature for s in spectra] == pytest.approx([1.5, 1.8, 2.1, 2.1], abs=2e-3)
    assert [s.field for s in spectra] == [0.0, 0.0, 0.0, 1.0]
    assert spectra[3].name == f"crystal, up, {spectra[3].temperature:.4g} K, 1 T"


def test_a_table_sorted_by_bias(curve: MakeCurve) -> None:
    """All temperatures of one bias stand together; neighbours in the table differ by whole settings."""
    bias, temperature = np.repeat(BIAS, 3), np.tile([2.0, 10.0, 50.0], 161)
    spectra, _ = spectra_of(curve(bias=bias, conductance=shape(bias), temperature=temperature))
    assert [s.temperature for s in spectra] == [2.0, 10.0, 50.0]
    assert all(np.array_equal(s.bias, BIAS) and s.branch == "up" for s in spectra)


def test_one_temperature_that_wanders(curve: MakeCurve) -> None:
    rng = np.random.default_rng(6)
    wandering = 2.0 + 0.1 * rng.standard_normal(161)
    made = only(curve(bias=BIAS, conductance=shape(BIAS), temperature=wandering), temperature=77.0)
    assert made.temperature == pytest.approx(wandering.mean())
    _, notes = spectra_of(curve(bias=BIAS, conductance=shape(BIAS), temperature=wandering))
    assert "the temperature of one spectrum varies by" in texts(notes, "warning")


def test_zero_and_negative_values_are_dropped_and_counted(curve: MakeCurve) -> None:
    values = noisy(BIAS)
    values[[3, 60, 61]] = [-0.01, 0.0, np.nan]
    (made,), notes = spectra_of(curve(bias=BIAS, conductance=values))
    assert made.bias.size == 158
    assert "3 of 161 conductances zero, negative or not finite: left out" in texts(notes, "warning")


@pytest.mark.parametrize("columns", [{"conductance": -1.0}, {"differential_resistance": -1.0}])
def test_more_than_half_negative_is_refused(curve: MakeCurve, columns: dict[str, float]) -> None:
    ((role, sign),) = columns.items()
    values = np.where(BIAS < 1.0, sign, 1.0) * shape(BIAS)
    with pytest.raises(DataError, match="82 of 161 conductances are zero, negative or not finite: wrong column, or"):
        spectra_of(curve(bias=BIAS, **{role: values}))


def test_swapped_leads_are_refused(curve: MakeCurve) -> None:
    with pytest.raises(DataError, match="leads of opposite sign"):
        spectra_of(curve(bias=BIAS, current=-current_of(BIAS)))
    current = np.linspace(-1e-3, 1e-3, 161)
    with pytest.raises(DataError, match="the voltage does not rise with the current"):
        spectra_of(curve(bias=-2e4 * current + 0.01 * np.random.default_rng(8).standard_normal(161), current=current))


def test_what_holds_no_spectrum(curve: MakeCurve) -> None:
    with pytest.raises(DataError, match=r"holds no spectrum: .* \(found: 'temperature' \(temperature\)\)"):
        spectra_of(curve(temperature=BIAS))
    with pytest.raises(DataError, match="has no bias column"):
        spectra_of(curve(conductance=shape(BIAS)))
    with pytest.raises(DataError, match="7 points, fewer than 8"):
        spectra_of(curve(bias=BIAS[:7], conductance=shape(BIAS[:7])))
    with pytest.raises(DataError, match="all 30 readings at one bias: wrong column"):
        spectra_of(curve(bias=np.full(30, 2.0), conductance=np.linspace(1.0, 2.0, 30)))
    with pytest.raises(DataError, match="7 readings, fewer than 8 in one passage"):
        spectra_of(curve(bias=BIAS[:7], current=current_of(BIAS[:7])))


def test_one_short_spectrum_does_not_stop_the_others(curve: MakeCurve) -> None:
    bias = np.concatenate([BIAS, BIAS[:5]])
    temperature = np.repeat([2.0, 30.0], [161, 5])
    (made,), notes = spectra_of(curve(bias=bias, conductance=shape(bias), temperature=temperature))
    assert made.temperature == 2.0
    assert "crystal, up, 30 K: 5 points, fewer than 8: left out" in texts(notes, "warning")


def test_rows_without_a_bias_are_left_out(curve: MakeCurve) -> None:
    bias = BIAS.copy()
    bias[[4, 9]] = np.nan
    (made,), notes = spectra_of(curve(bias=bias, conductance=shape(BIAS)))
    assert made.bias.size == 159
    assert "2 rows without bias, current or temperature: left out" in texts(notes, "warning")


def test_an_asymmetric_range_is_said(curve: MakeCurve) -> None:
    bias = np.linspace(-10.0, 40.0, 101)
    made = only(curve(bias=bias, conductance=shape(bias)))
    assert "-10 to 40 mV: the even part exists within +-10 mV only" in texts(made.notes)
    bias = np.linspace(1.0, 40.0, 101)
    assert "does not hold zero bias" in texts(only(curve(bias=bias, conductance=shape(bias))).notes, "warning")


@pytest.mark.parametrize(("scale", "temperature", "unit"), [(1e-3, 2.0, "V"), (1e-3, None, "V"), (1e3, 2.0, "uV")])
def test_a_bias_in_another_unit_is_suspected(
    curve: MakeCurve, scale: float, temperature: float | None, unit: str
) -> None:
    made = only(curve(bias=scale * BIAS, conductance=shape(BIAS)), temperature=temperature)
    assert f"is its unit {unit} and not mV?" in texts(made.notes, "warning")


def test_a_spectrum_narrower_than_thermal_smearing(curve: MakeCurve) -> None:
    """40 mV is 3.5 kT at 132.6 K."""
    columns = curve(bias=BIAS, conductance=shape(BIAS))
    assert "narrower than thermal smearing" in texts(only(columns, temperature=133.0).notes, "warning")
    assert "narrower" not in texts(only(columns, temperature=132.0).notes)


def test_symmetrised_data_are_said(curve: MakeCurve) -> None:
    values = noisy(BIAS)
    made = only(curve(bias=BIAS, conductance=0.5 * (values + values[::-1])))
    assert made.symmetrised
    assert "symmetrised data, with half as many independent points" in texts(made.notes, "warning")


def test_noise_that_neighbours_share_is_said(curve: MakeCurve) -> None:
    rng = np.random.default_rng(7)
    bias = np.linspace(-40.0, 40.0, 1000)
    noise = np.convolve(rng.standard_normal(1004), np.ones(5) / np.sqrt(5.0), "valid")
    made = only(curve(bias=bias, conductance=shape(bias) * (1.0 + 0.01 * noise)))
    assert made.correlation == pytest.approx(5.0, rel=0.4)
    assert "neighbouring points share noise" in texts(made.notes, "warning")
    assert np.median(made.error) == pytest.approx(0.01 * np.median(shape(bias)), rel=0.3)


def test_a_measured_spectrum(shared: Path) -> None:
    """Normalised and symmetrised by its authors, at 1.6 K; 1,001 points. Its noise far from the gap, about a
    cubic through |V| > 4 mV, is 0.0089 with an autocorrelation that sums to 3.5 points."""
    path = shared / "measured/andreev_btk/ThinkPositive0x0__Fitting_Parameters_with_BTK/b2.csv"
    if not path.exists():
        pytest.skip("the measured spectrum is not there")
    (curve,) = megabar.read(path).curves
    made = only(curve, temperature=1.6)
    assert made.unit == "1"
    assert made.bias.size == 1001
    assert made.symmetrised
    assert made.error is not None
    assert made.error[0] == pytest.approx(0.0089, rel=0.15)
    assert made.correlation == pytest.approx(3.5, rel=0.3)


@given(st.integers(2, 12), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-3, 0.02]))
@settings(max_examples=25, deadline=None)
def test_every_row_belongs_to_one_branch(turns: int, seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    ends = rng.uniform(-1.0, 1.0, turns)
    x = np.concatenate([np.linspace(a, b, 30) for a, b in pairwise(ends)])
    x += noise * rng.standard_normal(x.size)
    rows = np.arange(x.size)
    found = [part for _, _, parts in by_branch(x, rows) for part in parts]
    assert np.array_equal(np.sort(np.concatenate(found)), rows)


def attempt(curve: Curve) -> tuple[list[Spectrum], str]:
    try:
        return spectra_of(curve)[0], ""
    except DataError as refusal:
        return [], str(refusal)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_any_table_gives_spectra_or_one_clear_line(biases: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = tuple(
        Column(role, role, values)
        for role, values in (
            (Role.BIAS, np.array(biases)),
            (Role.CURRENT if seed % 2 else Role.CONDUCTANCE, rng.normal(0.5, 1.0, len(biases))),
        )
    )
    spectra, refusal = attempt(Curve("any", columns))
    assert bool(spectra) != bool(refusal)
    assert "\n" not in refusal
    for spectrum in spectra:
        assert spectrum.bias.size >= 8
        assert np.all(spectrum.conductance > 0.0)
