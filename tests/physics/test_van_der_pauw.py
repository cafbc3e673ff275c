"""van der Pauw's equation against Brent's method, its symmetric case and its scaling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from megabar.errors import DomainError
from megabar.physics.van_der_pauw import resistivity, sheet_resistance

resistances = st.floats(1e-9, 1e9)


def by_bracketing(first: float, second: float) -> float:
    """The equation solved for y = pi/R_s; 1 - exp(-y R) through expm1, so that no digits cancel."""
    small, large = sorted((first, second))
    root = brentq(
        lambda y: np.expm1(-y * small) + np.exp(-y * large),
        np.log(2.0) / large * 0.5,
        np.log(2.0) / small * 2.0,
        xtol=1e-300,
        rtol=1e-15,
        maxiter=2000,
    )
    return np.pi / root


@pytest.mark.parametrize("ratio", [1.0, 1.5, 3.0, 10.0, 1e3, 1e6, 1e9, 1e12])
def test_agrees_with_bracketing(ratio: float) -> None:
    assert sheet_resistance(2.0, 2.0 * ratio) == pytest.approx(by_bracketing(2.0, 2.0 * ratio), rel=1e-13)


def test_equal_resistances_have_a_closed_answer() -> None:
    assert sheet_resistance(3.0, 3.0) == pytest.approx(3.0 * np.pi / np.log(2.0), rel=1e-15)


def test_a_golden_ratio_has_a_closed_answer() -> None:
    """R_B = 2 R_A: with u = exp(-pi R_A/R_s), u + u^2 = 1, so u = (sqrt 5 - 1)/2."""
    expected = np.pi * 0.7 / -np.log((np.sqrt(5.0) - 1.0) / 2.0)
    assert sheet_resistance(0.7, 1.4) == pytest.approx(expected, rel=1e-14)


@given(resistances, resistances)
def test_solves_the_equation_and_ignores_the_order(first: float, second: float) -> None:
    sheet = sheet_resistance(first, second)
    small, large = sorted((first, second))
    assert -np.expm1(-np.pi * small / sheet) == pytest.approx(np.exp(-np.pi * large / sheet), rel=1e-11)
    assert sheet_resistance(second, first) == sheet


@given(resistances, resistances, st.floats(1e-3, 1e3))
def test_scales_with_the_resistances(first: float, second: float, scale: float) -> None:
    assert sheet_resistance(scale * first, scale * second) == pytest.approx(
        scale * sheet_resistance(first, second), rel=1e-12
    )


def test_extreme_ratios_keep_their_digits() -> None:
    """r << 1: v e^v = 1/r with v = pi R_large/R_s, which Lambert's function solves."""
    from scipy.special import lambertw

    for ratio in (1e-18, 1e-50, 1e-200):
        expected = np.pi / float(lambertw(1.0 / ratio).real)
        assert sheet_resistance(ratio, 1.0) == pytest.approx(expected, rel=1e-13)


def test_resistivity_is_sheet_times_thickness() -> None:
    assert resistivity(5.0, thickness=2.0) == pytest.approx(1e-5, rel=1e-15)
    np.testing.assert_allclose(resistivity([1.0, 3.0], thickness=0.5), [5e-7, 1.5e-6], rtol=1e-15)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_impossible_arguments_are_refused(bad: float) -> None:
    for pair in [(bad, 1.0), (1.0, bad), ([1.0, bad], 1.0)]:
        with pytest.raises(DomainError, match="van der Pauw"):
            sheet_resistance(*pair)
    with pytest.raises(DomainError, match="thickness"):
        resistivity(1.0, thickness=bad)
    with pytest.raises(DomainError, match="sheet"):
        resistivity(bad, thickness=1.0)


def test_scalars_in_floats_out_and_shapes_broadcast() -> None:
    assert type(sheet_resistance(1, 2)) is type(resistivity(1, thickness=2)) is float
    first = np.array([[1.0], [2.0]])
    before = first.copy()
    both = sheet_resistance(first, [1.0, 2.0, 4.0])
    assert np.shape(both) == (2, 3)
    assert both[1, 0] == sheet_resistance(1.0, 2.0)
    np.testing.assert_array_equal(first, before)
    assert np.shape(sheet_resistance(1.0, [1.0, 2.0])) == (2,)
    assert np.shape(sheet_resistance(np.empty(0), 1.0)) == (0,)
