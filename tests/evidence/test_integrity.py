"""Marks in raw numbers: each against known distributions, planted numbers and permutations."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, replace

import made_curves as made
import numpy as np
import pytest
from scipy.stats import norm, pearsonr

from megabar.data import Column, Curve, Recording, Role, Source
from megabar.errors import DataError
from megabar.evidence.integrity import CAUSES, FEWEST, MOST, Mark, compare, examine, signals
from megabar.evidence.integrity_noise import WIDE, difference_weights, grid_step, local_cubic
from megabar.evidence.integrity_repeats import chance_of

X = np.linspace(10.0, 100.0, 400)
SMOOTH = 3.0 + 0.02 * X + np.tanh((X - 50.0) / 8.0)


def noise(seed: int, n: int = X.size) -> made.FloatArray:
    return np.random.default_rng([seed, 1]).standard_normal(n)


def marks(x: made.FloatArray, y: made.FloatArray, **more: object) -> set[Mark]:
    return {one.mark for one in examine((x, y), **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize("step", [1.0, 0.00163, 3.7e-9, 2.5e-4 * 1e-4])
def test_the_grid_is_found_in_any_unit(step: float) -> None:
    values = step * np.rint(40.0 * noise(1)) + 12.3 * step
    assert grid_step(values) == pytest.approx(step, rel=1e-6)
    assert grid_step(values + 0.3 * step * noise(2)) == 0.0


def test_a_quarter_of_a_step_off_is_no_grid() -> None:
    values = np.rint(40.0 * noise(1))
    values[7] += 0.25
    assert grid_step(values) == pytest.approx(0.25)
    values[8] += 0.1
    assert grid_step(values) == pytest.approx(0.05)


def test_a_coarse_grid_is_a_mark_with_its_step() -> None:
    y = 0.07 * np.rint((SMOOTH + 0.02 * noise(3)) / 0.07)
    (found,) = [one for one in examine((X, y)) if one.mark is Mark.QUANTISED]
    assert found.number == pytest.approx(0.07)
    assert found.where == ((10.0, 100.0),)
    assert found.rows == ((1, 400),)
    assert marks(X, 0.07 * np.rint((SMOOTH + 0.2 * noise(3)) / 0.07)) == set()


def test_steps_under_a_smooth_curve_have_their_size() -> None:
    y = 0.16555 * np.rint(1.5 * noise(4)) - 5.0 * np.sqrt(X)
    (found,) = examine((X, y))
    assert found.mark is Mark.STEPS
    assert found.number == pytest.approx(0.16555, rel=0.02)
    assert Mark.STEPS not in marks(X, 0.16555 * 1.5 * noise(4) - 5.0 * np.sqrt(X))


def test_local_cubics_are_those_of_polyfit() -> None:
    x = np.sort(np.random.default_rng(5).uniform(0.0, 10.0, 40))
    y = noise(5, 40)
    rest = local_cubic(x, y, WIDE)
    for first in (0, 13, 31):
        u = x[first : first + WIDE] - x[first + WIDE // 2]
        fit = np.polynomial.Polynomial.fit(u, y[first : first + WIDE], 3)
        hat = np.array([np.polynomial.Polynomial.fit(u, row, 3)(u[WIDE // 2]) for row in np.eye(WIDE)])
        length = np.sqrt(np.sum((np.eye(WIDE)[WIDE // 2] - hat) ** 2))
        assert rest[first] == pytest.approx((y[first + WIDE // 2] - fit(0.0)) / length)


def test_differences_lose_polynomials_and_keep_the_size_of_noise() -> None:
    x = np.sort(np.random.default_rng(6).uniform(0.0, 3.0, 60))
    weights = difference_weights(x, 7)
    near = np.lib.stride_tricks.sliding_window_view(x, 7)
    np.testing.assert_allclose((weights**2).sum(axis=1), 1.0)
    for power in range(6):
        left = (weights * (near - near.mean(axis=1, keepdims=True)) ** power).sum(axis=1)
        np.testing.assert_allclose(left, 0.0, atol=1e-8)


def test_the_probability_of_a_correlation_is_that_of_pearson_and_of_permutations() -> None:
    a, b = noise(7, 25), noise(8, 25)
    both = pearsonr(a, b, alternative="greater")
    assert chance_of(both.statistic, 25) == pytest.approx(both.pvalue, rel=1e-9)
    rng = np.random.default_rng(9)
    mixed = rng.permuted(np.tile(b - b.mean(), (20_000, 1)), axis=1)
    drawn = mixed @ (a - a.mean()) / (25 * a.std() * b.std())
    for value in (0.2, 0.4):
        assert np.mean(drawn >= value) == pytest.approx(float(chance_of(value, 25)), abs=0.01)


@pytest.mark.parametrize(("scale", "offset"), [(2.7, -40.0), (-0.3, 5.0)])
def test_a_copy_is_found_with_the_correlation_of_its_noise(scale: float, offset: float) -> None:
    first = noise(10)
    y = SMOOTH + 0.01 * first
    copy = scale * (SMOOTH + 0.01 * (np.sqrt(0.5) * first + np.sqrt(0.5) * noise(11))) + offset + 0.001 * X**2
    (found,) = compare([(X, y), (X, copy)])
    assert (found.curve, found.other, found.mark) == ("curve 1", "curve 2", Mark.COMMON_NOISE)
    assert found.number == pytest.approx(np.sign(scale) * np.sqrt(0.5), abs=0.12)
    assert found.probability < 1e-9
    assert compare([(X, y), (X, SMOOTH + 0.01 * noise(12))]) == ()


def test_a_copy_is_found_backwards_shifted_and_cut() -> None:
    y = SMOOTH + 0.01 * noise(13)
    other = 2.0 - 0.01 * X + 0.02 * noise(13)
    assert compare([(X, y), (X[::-1], other[::-1])])[0].number > 0.9
    (shifted,) = compare([(X, y), (X[60:300] + 7.0, other[60:300])])
    assert shifted.rows == ((61, 300),)
    assert "shifted by 60" in shifted.text


def test_the_same_physics_is_no_copy() -> None:
    """One sample twice, transitions of two readings and lines of diffraction: only the noise is compared."""
    sharp = np.tanh((X - 50.0) / 0.4)
    lines = sum(1e3 / (1.0 + ((X - place) / 0.5) ** 2) for place in range(15, 100, 6)) + 50.0
    for signal, level in ((sharp, 1e-4), (sharp, 1e-2), (lines, 0.5), (lines, 30.0)):
        assert compare([(X, signal + level * noise(seed)) for seed in range(20, 32)]) == ()


def test_rounding_of_one_signal_is_no_copy() -> None:
    """Two sweeps over the same set points with noise far below the digits have the same errors of rounding."""
    y = [0.02 * np.rint((SMOOTH + 1e-3 * noise(seed)) / 0.02) for seed in (14, 15)]
    assert compare([(X, y[0]), (X, y[1])]) == ()


def test_readings_at_a_reversed_current_are_two_signals() -> None:
    """The sign of the voltage changes from reading to reading: that is neither noise nor smooth."""
    current = np.where(np.arange(X.size) % 2 == 0, 1e-3, -1e-3)
    columns = {"temperature": X, "current": current, "voltage": 1e-3 * (current * SMOOTH + 1e-5 * noise(36)) + 1e-8}
    curve = Curve("reversed", tuple(Column(name, Role(name), values) for name, values in columns.items()))
    assert [(one.column, one.y.size) for one in signals(curve)] == [
        ("voltage, current > 0", 200),
        ("voltage, current < 0", 200),
    ]
    assert signals(curve)[1].rows(0, 199) == (2, 400)
    assert examine(curve) == ()


def test_signals_of_one_curve_are_not_paired() -> None:
    common = noise(16)
    columns = [("temperature", X), ("voltage", SMOOTH + 0.01 * common), ("voltage_quadrature", 0.1 + 0.02 * common)]
    curve = Curve("lock-in", tuple(Column(name, Role(name), values) for name, values in columns))
    recording = Recording(Source("a.txt", "0" * 64), "made here", (curve,))
    assert [one.column for one in signals(recording)] == ["voltage", "voltage_quadrature"]
    assert compare([recording]) == ()
    assert len(compare([recording, replace(curve, name="again")])) == 4


def test_a_line_between_readings_lies_where_it_was_put() -> None:
    y = np.round(SMOOTH + 0.01 * noise(17), 4)
    y[100:131] = np.round(np.linspace(y[99], y[131], 33)[1:-1], 4)
    (found,) = examine((X, y))
    assert found.mark is Mark.INTERPOLATED
    assert found.rows[0][0] in (100, 101)
    assert found.rows[0][1] in (131, 132)
    assert found.where[0][0] == pytest.approx(X[100], abs=0.3)


def test_a_plateau_below_the_last_digit_is_no_line() -> None:
    y = np.where(X < 50.0, 0.0, 0.02 * X) + np.where(X < 50.0, 2e-5, 2e-3) * noise(18)
    assert Mark.INTERPOLATED not in marks(X, np.round(y, 4))


@pytest.mark.parametrize("width", [3, 5])
def test_a_running_average_leaves_its_gaps(width: int) -> None:
    x = np.arange(3000.0)
    raw = np.sin(x / 300.0) + 0.01 * noise(19, x.size)
    averaged = np.convolve(raw, np.full(width, 1.0 / width), "same")[10:-10]
    (found,) = examine((x[10:-10], averaged))
    assert found.mark is Mark.SMOOTHED
    assert f"running average of {width}" in found.text
    assert marks(x, raw) == set()


@pytest.mark.parametrize("colour", [0.3, 0.7, 0.9])
def test_a_lock_in_of_first_order_is_not_called_smoothed(colour: float) -> None:
    rng = np.random.default_rng([20, round(10 * colour)])
    x = np.arange(3000.0)
    assert marks(x, np.sin(x / 300.0) + 0.01 * made.coloured(rng, x.size, colour)) == set()


def test_repeated_noise_is_found_at_both_places() -> None:
    rough = noise(21)
    rough[300:380] = rough[40:120]
    (found,) = examine((X, SMOOTH + 0.01 * rough))
    assert found.mark is Mark.REPEATED
    (first, last), (again, end) = found.rows
    assert (again - first, end - last) == (260, 260)
    assert first >= 36
    assert last <= 124
    assert found.number > 0.9


def test_a_symmetrised_spectrum_is_mirrored() -> None:
    bias = np.linspace(-10.0, 10.0, 401)
    y = 1.0 / (1.0 + bias**2) + 0.02 * bias + 0.01 * noise(22, 401)
    assert marks(bias, 0.5 * (y + y[::-1])) == {Mark.MIRRORED}
    assert marks(bias, y) == set()


def test_sorted_readings_have_too_few_steps_back() -> None:
    y = 0.5 * np.arange(400.0) + noise(23)
    assert marks(X, y) == set()
    (found,) = [one for one in examine((X, np.sort(y))) if one.mark is Mark.MONOTONIC]
    assert found.number == 0.0


def test_the_probability_of_few_steps_back_is_a_bound() -> None:
    """On a straight line with known noise, fewer steps back than by the formula's 5 % occur in at most 5 %."""
    slope, size, tries = 0.7, 200, 2000
    back = norm.cdf(-slope / np.sqrt(2.0))
    steps = slope + np.diff(np.random.default_rng(24).standard_normal((tries, size + 1)), axis=1)
    counts = (steps < 0.0).sum(axis=1)
    assert np.mean(steps < 0.0) == pytest.approx(back, abs=0.005)
    limit = size * back - 1.645 * np.sqrt(size * back * (1.0 - back))
    assert np.mean(counts <= limit) <= 0.05


def test_noise_of_the_thermometer_is_not_noise_of_the_signal() -> None:
    """R rises with every reading while T scatters: R is monotonic, and rightly so."""
    steady = np.linspace(10.0, 100.0, 400)
    assert marks(steady + 0.5 * noise(25), 1.0 + 0.03 * steady + 1e-6 * noise(26)) == set()


def test_a_difference_is_as_noisy_as_the_raw_curve() -> None:
    rough, background = 0.01 * noise(27), 0.03 * X + 2.0
    raw = SMOOTH + background + rough
    assert marks(X, raw - background, raw=raw, background=background) == set()
    found = examine((X, SMOOTH + 0.6 * rough), raw=raw, background=background)
    by_mark = {one.mark: one for one in found}
    assert by_mark[Mark.SUBTRACTED].number == pytest.approx(0.6, abs=0.02)
    assert by_mark[Mark.NOT_THE_DIFFERENCE].number == pytest.approx(0.004, rel=0.1)


def test_a_background_with_noise_of_its_own_adds_to_it() -> None:
    raw, background = SMOOTH + 0.01 * noise(28), 0.02 * X + 0.01 * noise(29)
    assert marks(X, raw - background, raw=raw, background=background) == set()
    assert Mark.SUBTRACTED in marks(X, SMOOTH + 0.006 * noise(30), raw=raw)


def test_the_parts_of_a_difference_are_named_by_their_headings() -> None:
    background = 0.05 * X
    raw = SMOOTH + background + 0.01 * noise(31)
    columns = (
        Column("T", Role.TEMPERATURE, X),
        Column("signal", Role.MOMENT, SMOOTH),
        Column("raw", Role.OTHER, raw),
        Column("holder", Role.OTHER, background),
    )
    curve = Curve("coil", columns)
    found = {one.mark for one in examine(curve, raw="raw", background="holder")}
    assert {Mark.SUBTRACTED, Mark.NOT_THE_DIFFERENCE} <= found
    with pytest.raises(DataError, match='no column "row"; found "T", "signal"'):
        examine(curve, raw="row")


def test_marks_do_not_depend_on_unit_offset_or_direction() -> None:
    rough = noise(32)
    rough[300:380] = rough[40:120]
    y = SMOOTH + 0.01 * rough
    assert marks(X, y) == marks(1e-3 * X, 1e-9 * y - 5e-9) == marks(X[::-1], y[::-1]) == {Mark.REPEATED}


def test_what_cannot_be_examined() -> None:
    short = FEWEST - 1
    assert examine((X[:short], SMOOTH[:short])) == ()
    assert examine((X, np.full(X.size, 2.0))) == ()
    assert compare([]) == compare([(X, SMOOTH + 0.01 * noise(33))]) == ()
    gaps = SMOOTH + 0.01 * noise(34)
    gaps[::7] = np.nan
    assert examine((X, gaps)) == ()
    assert signals((X, gaps))[0].rows(0, 5) == (2, 7)
    with pytest.raises(DataError, match="at most 40000"):
        examine((np.arange(MOST + 1.0), np.arange(MOST + 1.0) ** 2))
    with pytest.raises(DataError, match="without the raw curve"):
        examine((X, SMOOTH), background=SMOOTH)
    with pytest.raises(DataError, match="array of shape"):
        examine((X, SMOOTH), raw=SMOOTH[1:])
    with pytest.raises(DataError, match="differ in length"):
        examine((X, SMOOTH[1:]))
    with pytest.raises(DataError, match="expected a Recording"):
        examine(3.0)  # type: ignore[arg-type]


def test_findings_are_frozen_and_their_words_are_neutral() -> None:
    (found,) = compare([(X, SMOOTH + 0.01 * noise(35)), (X, X + noise(35))])
    with pytest.raises(FrozenInstanceError):
        found.number = 0.0  # type: ignore[misc]
    assert set(CAUSES) == set(Mark)
    words = " ".join(
        [found.text, *(mark.value for mark in Mark), *(cause for all_ in CAUSES.values() for cause in all_)]
    )
    assert not re.search(r"fak|fabric|fraud|manipul|forg|suspic|copied|duplic|doctor|misconduct|tamper", words.lower())
    assert all(found_causes for found_causes in CAUSES.values())
