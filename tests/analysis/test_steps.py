"""How many steps a transition has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.analysis.criteria import Windows
from megabar.analysis.steps import find_steps
from megabar.analysis.transition import Step, analyse_steps
from megabar.physics.resistivity import bloch_gruneisen
from megabar.physics.transition import full_resistance

NORMAL = {"residual": 0.015, "amplitude": 0.46, "debye_temperature": 518.0, "saturation": 0.25}


def ramp(t: np.ndarray, top: float, width: float) -> np.ndarray:
    """A smooth step (cubic) from 0 at top - width to 1 at top: its onset by straight lines is known in closed form."""
    s = np.clip((t - top + width) / width, 0.0, 1.0)
    return s * s * (3.0 - 2.0 * s)


def ramp_onset(top: float, width: float) -> float:
    """The tangent at the middle has slope 1.5/width, so it reaches 1 at middle + width/3."""
    return top - width / 2.0 + width / 3.0


def two_steps(t: np.ndarray, *, width: float, noise: float, seed: int, gap: float = 6.0) -> np.ndarray:
    """Drops of 3:1, the upper onset at 90 K, the lower one `gap` below."""
    rng = np.random.default_rng(seed)
    lower = 90.0 - gap
    r = 0.75 * ramp(t, 90.0, width) + 0.25 * ramp(t, lower, width)
    return r + noise * rng.standard_normal(t.size)


def measure(t: np.ndarray, r: np.ndarray) -> tuple[Step, ...]:
    rng = np.random.default_rng(0)
    return analyse_steps(t, r, windows=Windows(), fractions=(0.5,), rng=rng, minimum_drop=0.05)


@pytest.mark.parametrize("width", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("spacing", [0.1, 0.25, 0.4])
@pytest.mark.parametrize("noise", [0.0, 0.001, 0.003])
def test_two_transitions_six_kelvin_apart_are_two(width: float, spacing: float, noise: float) -> None:
    t = np.arange(40.0, 140.0, spacing)
    for seed in range(5):
        steps = measure(t, two_steps(t, width=width, noise=noise, seed=seed))
        assert len(steps) == 2
        for step, top in zip(steps, (90.0, 84.0), strict=True):
            assert step.criteria["onset"].value == pytest.approx(ramp_onset(top, width), abs=0.5)
        assert steps[0].share == pytest.approx(0.75, abs=0.03)
        assert steps[1].share == pytest.approx(0.25, abs=0.03)


def test_the_smaller_step_may_be_the_upper_one() -> None:
    t = np.arange(40.0, 140.0, 0.25)
    rng = np.random.default_rng(1)
    r = 0.25 * ramp(t, 90.0, 2.5) + 0.75 * ramp(t, 84.0, 2.5) + 0.002 * rng.standard_normal(t.size)
    steps = measure(t, r)
    assert [round(s.share, 1) for s in steps] == pytest.approx([0.2, 0.8], abs=0.11)
    assert steps[0].criteria["onset"].value == pytest.approx(ramp_onset(90.0, 2.5), abs=0.5)


@pytest.mark.parametrize("width", [2.0, 6.0, 15.0, 30.0])
@pytest.mark.parametrize("noise", [0.0, 0.003, 0.01])
def test_a_single_broad_transition_stays_one(width: float, noise: float) -> None:
    t = np.arange(20.0, 200.0, 0.3)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        r = ramp(t, 100.0, width) * (0.8 + 0.002 * t) + noise * rng.standard_normal(t.size)
        assert len(find_steps(t, r)) == 1


@pytest.mark.parametrize("sharpness", [5.0, 14.0, 40.0, 150.0])
def test_the_curve_of_a_hydride_is_one_step(sharpness: float) -> None:
    t = np.concatenate([np.arange(5.0, 110.0, 0.4), np.arange(110.0, 300.0, 1.0)])
    r = np.asarray(full_resistance(t, onset_temperature=79.0, sharpness=sharpness, **NORMAL))
    for seed in range(10):
        noisy = r + 0.003 * r.max() * 0.1 * np.random.default_rng(seed).standard_normal(t.size)
        assert len(find_steps(t, noisy)) == 1


@pytest.mark.parametrize("theta", [90.0, 200.0, 518.0, 1200.0])
@pytest.mark.parametrize("residual", [0.0, 1e-3, 0.05])
@pytest.mark.parametrize("saturation", [0.05, 0.25, np.inf])
def test_a_normal_metal_has_no_transition(theta: float, residual: float, saturation: float) -> None:
    t = np.arange(2.0, 300.0, 0.7)
    law = {"residual": residual, "amplitude": 0.5, "debye_temperature": theta, "saturation": saturation}
    r = np.asarray(bloch_gruneisen(t, **law))
    for seed in range(5):
        noisy = r + 0.002 * r.max() * np.random.default_rng(seed).standard_normal(t.size)
        assert find_steps(t, noisy) == ()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), noise=st.floats(1e-4, 0.05), n=st.integers(8, 400))
def test_noise_alone_is_no_transition(seed: int, noise: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(5.0, 300.0, n))
    assert find_steps(t, 1.0 + 0.001 * t + noise * rng.standard_normal(n)) == ()


def test_a_semiconductor_has_no_transition() -> None:
    t = np.arange(5.0, 300.0, 0.5)
    assert find_steps(t, np.exp(30.0 / t)) == ()
