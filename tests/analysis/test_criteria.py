"""Criteria of one step against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.analysis.criteria import Windows, evaluate, fraction_name, noise_by_zone
from megabar.analysis.smoothing import local_line, local_parabola, noise_level, scatter, slope_gain
from megabar.analysis.steps import find_steps
from megabar.analysis.transition import analyse_steps

LEVELS = (0.95, 0.9, 0.5, 0.1, 0.05)


def logistic(t: np.ndarray, centre: float, width: float) -> np.ndarray:
    """A step of unit height whose levels lie at centre + width ln(f/(1 - f))."""
    return 1.0 / (1.0 + np.exp(-(t - centre) / width))


def steps_of(t: np.ndarray, r: np.ndarray, **windows: object):
    rng = np.random.default_rng(0)
    return analyse_steps(t, r, windows=Windows(**windows), fractions=LEVELS, rng=rng, minimum_drop=0.05)


class TestLevels:
    def test_levels_of_a_logistic_step_on_a_flat_normal_state(self) -> None:
        t = np.arange(20.0, 160.0, 0.1)
        (step,) = steps_of(t, logistic(t, 90.0, 1.5))
        for f in LEVELS:
            expected = 90.0 + 1.5 * np.log(f / (1.0 - f))
            # A parabola cannot follow the rounded shoulder exactly: 2 % of the width of 6.6 K.
            assert step.criteria[fraction_name(f)].value == pytest.approx(expected, abs=0.13)
        assert step.criteria["R/R(onset) = 0.50"].value == pytest.approx(90.0, abs=0.02)
        assert step.criteria["width 90-10"].value == pytest.approx(2 * 1.5 * np.log(9.0), abs=0.1)
        assert step.criteria["onset resistance"].value == pytest.approx(1.0, rel=5e-3)

    def test_onset_and_offset_are_where_straight_lines_meet(self) -> None:
        """A ramp from 88 to 92 K between flat parts: the lines are the ramp and the parts, exactly."""
        t = np.arange(20.0, 160.0, 0.1)
        (step,) = steps_of(t, np.interp(t, [88.0, 92.0], [0.0, 1.0]))
        assert step.criteria["onset"].value == pytest.approx(92.0, abs=1e-6)
        assert step.criteria["offset"].value == pytest.approx(88.0, abs=1e-6)
        assert step.criteria["R/R(onset) = 0.50"].value == pytest.approx(90.0, abs=1e-6)

    def test_a_sloping_normal_state_is_followed_to_the_onset(self) -> None:
        t = np.arange(20.0, 160.0, 0.1)
        normal = 0.5 + 0.01 * t
        (step,) = steps_of(t, normal * np.clip((t - 88.0) / 4.0, 0.0, 1.0))
        assert step.criteria["onset resistance"].value == pytest.approx(0.5 + 0.01 * 92.0, rel=2e-3)

    @settings(max_examples=20)
    @given(scale=st.floats(1e-9, 1e6), stretch=st.floats(0.05, 5.0))
    def test_units_do_not_matter(self, scale: float, stretch: float) -> None:
        t = np.arange(20.0, 160.0, 0.5)
        r = logistic(t, 90.0, 2.0) * (0.8 + 0.002 * t)
        (plain,) = steps_of(t, r)
        (scaled,) = steps_of(t * stretch, r * scale)
        for name in ("onset", "R/R(onset) = 0.50", "R/R(onset) = 0.05"):
            expected = plain.criteria[name].value
            assert expected is not None
            assert scaled.criteria[name].value == pytest.approx(expected * stretch, rel=1e-3)

    def test_zero_is_where_the_curve_leaves_the_plateau_noise(self) -> None:
        rng = np.random.default_rng(1)
        t = np.arange(20.0, 160.0, 0.2)
        found = []
        for _ in range(20):
            (step,) = steps_of(t, logistic(t, 90.0, 1.5) + 0.003 * rng.standard_normal(t.size))
            found.append(step.criteria["zero"].value)
        assert np.mean(found) == pytest.approx(90.0 + 1.5 * np.log(0.009 / 0.991), abs=0.3)

    def test_a_remainder_is_kept_as_the_plateau(self) -> None:
        t = np.arange(20.0, 160.0, 0.2)
        rng = np.random.default_rng(2)
        (step,) = steps_of(t, 0.2 + logistic(t, 90.0, 1.5) + 1e-3 * rng.standard_normal(t.size))
        plateau = step.criteria["plateau"]
        assert plateau.value == pytest.approx(0.2, abs=1e-3)
        assert plateau.error == pytest.approx(1e-3 / np.sqrt(300), rel=0.3)

    def test_a_transition_cut_off_has_an_onset_and_nothing_below(self) -> None:
        t = np.arange(88.0, 160.0, 0.2)
        (step,) = steps_of(t, logistic(t, 90.0, 1.5))
        assert step.criteria["onset"].value is not None
        assert step.criteria["R/R(onset) = 0.50"].value == pytest.approx(90.0, abs=0.1)
        for name in ("R/R(onset) = 0.10", "R/R(onset) = 0.05", "zero", "offset", "width 90-10"):
            assert step.criteria[name].value is None, name

    def test_few_points_in_the_transition_carry_half_their_spacing(self) -> None:
        t = np.arange(20.0, 160.0, 2.0)
        (step,) = steps_of(t, logistic(t, 90.3, 0.2))
        half = step.criteria["R/R(onset) = 0.50"]
        assert half.sampling == pytest.approx(1.0)
        assert half.value == pytest.approx(90.3, abs=1.0)

    def test_windows_move_the_answer_and_the_spread_says_so(self) -> None:
        t = np.arange(20.0, 200.0, 0.2)
        ramp = np.interp(t, [88.0, 92.0], [0.0, 1.0])
        (bent,) = steps_of(t, ramp * (0.5 + (t / 200.0) ** 2))
        (flat,) = steps_of(t, ramp)
        moved, still = (step.criteria["onset resistance"] for step in (bent, flat))
        assert moved.window is not None
        assert still.window is not None
        assert moved.value is not None
        assert moved.window / moved.value > 1.5 * still.window + 1e-4


class TestNoise:
    @given(degree=st.integers(0, 4), seed=st.integers(0, 1000))
    def test_scatter_ignores_polynomials(self, degree: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x = np.sort(rng.uniform(0.0, 1.0, 40))
        y = np.polynomial.Polynomial(rng.uniform(-1.0, 1.0, degree + 1))(x)
        assert np.abs(scatter(x, y)).max() < 1e-9

    def test_noise_is_measured_on_a_steep_curved_uneven_axis(self) -> None:
        rng = np.random.default_rng(3)
        x = np.sort(np.concatenate([np.linspace(0, 50, 600), np.linspace(50, 300, 400)]))
        levels = [noise_level(x, 0.01 * x**2 + 0.2 * rng.standard_normal(x.size)) for _ in range(30)]
        assert np.mean(levels) == pytest.approx(0.2, rel=0.02)

    def test_a_spike_does_not_count_as_noise(self) -> None:
        rng = np.random.default_rng(4)
        x = np.linspace(0, 100, 500)
        y = 0.1 * rng.standard_normal(x.size)
        y[200] += 50.0
        assert noise_level(x, y) == pytest.approx(0.1, rel=0.15)

    def test_zones_keep_their_own_noise_when_it_differs(self) -> None:
        rng = np.random.default_rng(5)
        t = np.arange(20.0, 160.0, 0.2)
        size = np.where(t < 80.0, 1e-4, 1e-2)
        r = logistic(t, 90.0, 1.5) + size * rng.standard_normal(t.size)
        (bracket,) = find_steps(t, r)
        noise = noise_by_zone(t, r, bracket, 2.6)
        assert noise[0] == pytest.approx(1e-4, rel=0.3)
        assert noise[-1] == pytest.approx(1e-2, rel=0.3)

    def test_local_lines_know_slope_and_gain(self) -> None:
        rng = np.random.default_rng(6)
        x = np.sort(rng.uniform(0, 10, 60))
        slope, value = local_line(x, (3.0 + 2.0 * x)[None, :], 7)
        assert slope[0] == pytest.approx(np.full(60, 2.0))
        assert value[0] == pytest.approx(3.0 + 2.0 * x)
        many, _ = local_line(x, rng.standard_normal((4000, 60)), 7)
        assert many.std(axis=0) == pytest.approx(slope_gain(x, 7), rel=0.06)

    def test_local_parabolas_keep_curvature(self) -> None:
        x = np.sort(np.random.default_rng(7).uniform(0, 10, 50))
        y = 1.0 - x + 0.5 * x**2
        assert local_parabola(x, y, 9) == pytest.approx(y)


def test_many_curves_at_once_equal_one_at_a_time() -> None:
    rng = np.random.default_rng(8)
    t = np.arange(20.0, 160.0, 0.4)
    curves = logistic(t, 90.0, 2.0) + 0.002 * rng.standard_normal((5, t.size))
    (bracket,) = find_steps(t, curves[0])
    together = evaluate(t, curves, bracket, windows=Windows(), fractions=LEVELS).values
    for row in range(1, 5):
        # The plateau window and the crossing's reach come from the first curve of a call.
        pair = evaluate(t, curves[[0, row]], bracket, windows=Windows(), fractions=LEVELS).values
        assert pair["onset"][1] == pytest.approx(together["onset"][row], rel=1e-12)
        assert pair["R/R(onset) = 0.50"][1] == pytest.approx(together["R/R(onset) = 0.50"][row], rel=1e-4)
