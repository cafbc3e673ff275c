"""Simulated contacts by other roads: quadrature, numerical derivatives, conservation laws, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad

from megabar.errors import ConvergenceError, DomainError
from megabar.physics import btk
from megabar.simulate.spectra import Contact, Junction, Maxwell, junction, lock_in

FloatArray = NDArray[np.float64]
R_J = 6.3
R_M = 1.4
CRITICAL = 1.4e-3
ANDREEV = {"gap": 3.0, "broadening": 0.5, "barrier": 0.55, "temperature": 2.0}


def andreev(bias: FloatArray) -> FloatArray:
    return np.asarray(btk.conductance(bias, **ANDREEV)) / R_J


def ohmic(resistance: float, reach: float = 40.0) -> Junction:
    return junction(lambda v: np.full(v.size, 1.0 / resistance), reach=reach)


@pytest.fixture(scope="module")
def made() -> Junction:
    return junction(andreev, reach=20.0)


@pytest.fixture(scope="module")
def intermediate(made: Junction) -> Contact:
    return Contact(made, Maxwell(resistance=R_M, critical_current=CRITICAL, width=0.06 * CRITICAL))


def test_without_maxwell_part_the_andreev_curve_comes_back(made: Junction) -> None:
    v = np.random.default_rng(0).uniform(-19.0, 19.0, 200)
    np.testing.assert_allclose(Contact(made).conductance(v), andreev(v), rtol=1e-8)


@pytest.mark.parametrize("v", [-13.0, -2.9, 0.4, 7.0])
def test_the_current_is_the_integral_of_the_conductance(v: float, made: Junction) -> None:
    expected, _ = quad(lambda u: float(andreev(np.array([u]))[0]), 0.0, v, epsabs=1e-13, epsrel=1e-12, limit=200)
    assert float(made.current(v)) == pytest.approx(1e-3 * expected, rel=1e-9)
    assert float(made.voltage(1e-3 * expected)) == pytest.approx(v, rel=1e-9)


def test_an_odd_background_makes_an_uneven_curve() -> None:
    made = junction(lambda v: 0.2 * (1.0 + 0.01 * v), reach=30.0)
    v = np.array([-25.0, -3.0, 0.0, 11.0])
    np.testing.assert_allclose(made.current(v), 1e-3 * 0.2 * (v + 0.005 * v**2), rtol=1e-12, atol=1e-18)


def test_excess_current_of_a_clean_contact() -> None:
    """At Z = 0 a contact carries (4/3) Delta/R more than its normal state, at any temperature (Blonder et al.)."""
    made = junction(
        lambda v: np.asarray(btk.conductance(v, gap=2.0, broadening=0.0, barrier=0.0, temperature=1.0)) / 5.0,
        reach=60.0,
    )
    excess = 1e3 * float(made.current(60.0)) - 60.0 / 5.0
    # Above the gap the conductance falls to 1 as Delta^2/(4 V^2).
    rest = 2.0**2 / (4.0 * 60.0) / 5.0
    assert excess + rest == pytest.approx(4.0 / 3.0 * 2.0 / 5.0, rel=5e-6)


def test_the_derivative_of_the_current_is_the_conductance(intermediate: Contact) -> None:
    v = np.linspace(-14.0, 14.0, 281)
    h = 1e-4
    ends = intermediate.current(np.concatenate([v - 2 * h, v - h, v + h, v + 2 * h])).reshape(4, -1)
    slope = 1e3 * (ends[0] - 8.0 * ends[1] + 8.0 * ends[2] - ends[3]) / (12.0 * h)
    np.testing.assert_allclose(slope, intermediate.conductance(v), rtol=1e-7)


def test_voltage_and_current_are_inverse(intermediate: Contact) -> None:
    v = np.linspace(-15.0, 15.0, 401)
    np.testing.assert_allclose(intermediate.voltage(intermediate.current(v)), v, atol=1e-9)


def test_below_the_critical_current_only_the_junction_is_seen(intermediate: Contact) -> None:
    v = np.linspace(-3.0, 3.0, 61)
    np.testing.assert_allclose(intermediate.conductance(v), andreev(v), rtol=1e-3)


def test_beyond_the_dips_the_bias_is_stretched(intermediate: Contact, made: Junction) -> None:
    current = np.array([2.4e-3, -2.2e-3])
    own = made.voltage(current)
    np.testing.assert_allclose(intermediate.voltage(current), own + 1e3 * current * R_M, rtol=1e-4)
    np.testing.assert_allclose(intermediate.differential_resistance(current), 1.0 / andreev(own) + R_M, rtol=1e-3)


def dip(contact: Contact, low: float, high: float) -> float:
    """Bias of the smallest conductance between two biases in mV, by a parabola through the three lowest points."""
    v = np.linspace(low, high, 4001)
    g = contact.conductance(v)
    i = int(np.argmin(g))
    a, b, _ = np.polyfit(v[i - 1 : i + 2] - v[i], g[i - 1 : i + 2], 2)
    return float(v[i] - b / (2.0 * a))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1])
def test_dips_stand_at_critical_current_times_resistance(share: float) -> None:
    """dV/dI is largest where 2 R_M' + I R_M'' = 0; the logistic step, to first order: I = I_c + 4 w^2/I_c."""
    width = share * CRITICAL
    contact = Contact(ohmic(R_J), Maxwell(R_M, CRITICAL, width))
    current = CRITICAL + 4.0 * width**2 / CRITICAL
    step = 0.5 * (1.0 + (current - CRITICAL) / (2.0 * width))
    expected = 1e3 * current * (R_J + R_M * step)
    assert dip(contact, 6.0, 16.0) == pytest.approx(expected, rel=5.0 * share**3 + 1e-5)
    assert dip(contact, -16.0, -6.0) == pytest.approx(-expected, rel=5.0 * share**3 + 1e-5)
    assert 1e3 * CRITICAL * R_J < expected < 1e3 * current * (R_J + R_M)


def test_depth_of_a_dip() -> None:
    """At I_c the step adds R_M0/2 and, by its slope 1/(4 w), I_c R_M0/(4 w)."""
    width = 0.05 * CRITICAL
    contact = Contact(ohmic(R_J), Maxwell(R_M, CRITICAL, width))
    expected = R_J + R_M / 2.0 + CRITICAL * R_M / (4.0 * width)
    assert float(contact.differential_resistance(CRITICAL)) == pytest.approx(expected, rel=1e-9)


def test_what_zero_bias_gains_the_dips_take() -> None:
    """Far beyond the dips V = I R_N, so that the integral of G R_N - 1 over all biases is zero without a junction."""
    contact = Contact(ohmic(R_J), Maxwell(R_M, CRITICAL, 0.05 * CRITICAL))
    v = np.linspace(-30.0, 30.0, 60001)
    excess = contact.conductance(v) * (R_J + R_M) - 1.0
    assert excess.max() == pytest.approx(R_M / R_J, rel=1e-6)
    assert abs(np.trapezoid(excess, v)) < 1e-6


@settings(max_examples=20)
@given(
    st.floats(1e-5, 3e-3),
    st.floats(0.02, 3.0),
    st.lists(st.floats(-1e-2, 1e-2), min_size=1, max_size=5),
)
def test_maxwell_resistance_is_even_bounded_and_differentiated_rightly(
    critical: float, share: float, currents: list[float]
) -> None:
    i, part = np.array(currents), Maxwell(2.0, critical, share * critical)
    np.testing.assert_allclose(part.series(-i), part.series(i), rtol=1e-12, atol=1e-15)
    assert np.all((part.series(i) >= 0.0) & (part.series(i) <= 2.0))
    h = 1e-4 * share * critical
    slope = ((i + h) * part.series(i + h) - (i - h) * part.series(i - h)) / (2.0 * h)
    np.testing.assert_allclose(part.differential(i), slope, rtol=1e-6, atol=1e-7)
    assert np.all(part.differential(i) >= part.series(i) - 1e-12)


def test_limits_of_the_maxwell_resistance() -> None:
    i = np.array([0.0, 0.5, 0.9, 1.1, 3.0])
    np.testing.assert_allclose(Maxwell(2.0, 1.0, 1e-3).series(i), [0.0, 0.0, 0.0, 2.0, 2.0], atol=1e-12)
    np.testing.assert_allclose(Maxwell(2.0, 0.0, 0.1).series(i), 2.0)
    np.testing.assert_allclose(Maxwell(2.0, 0.0, 0.1).differential(i), 2.0)
    # h(0) = tanh(I_c/2w).
    assert float(Maxwell(2.0, 1.0, 0.7).series(0.0)) == pytest.approx(2.0 * (1.0 - np.tanh(1.0 / 1.4)), rel=1e-12)


def test_lock_in_of_a_resistor_is_its_resistance() -> None:
    bias, first = lock_in(Contact(ohmic(48.0)), np.array([-1e-4, 0.0, 2e-4]), modulation=2e-6)
    np.testing.assert_allclose(bias, [-4.8, 0.0, 9.6], atol=1e-12)
    np.testing.assert_allclose(first, 48.0 * 2e-6, rtol=1e-12)


def test_lock_in_has_the_corrections_of_a_finite_modulation(intermediate: Contact) -> None:
    """Taylor: the mean gains (a^2/4) V'', the amplitude at w over a (a^2/8) V''', a the amplitude of the current."""
    current = np.linspace(-1.2e-3, 1.2e-3, 25)
    modulation, h = 4e-6, 1e-6
    bias, first = lock_in(intermediate, current, modulation=modulation)
    near = [intermediate.differential_resistance(current + n * h) for n in (-1, 0, 1)]
    square = 2.0 * modulation**2
    mean = intermediate.voltage(current) + 1e3 * square / 4.0 * (near[2] - near[0]) / (2.0 * h)
    slope = near[1] + square / 8.0 * (near[2] - 2.0 * near[1] + near[0]) / h**2
    np.testing.assert_allclose(bias, mean, atol=1e-7)
    np.testing.assert_allclose(first / modulation, slope, rtol=2e-6)
    assert np.max(np.abs(slope / near[1] - 1.0)) > 2e-5


def test_shapes_are_kept(intermediate: Contact) -> None:
    assert intermediate.voltage(1e-4).shape == ()
    assert intermediate.conductance([[1.0, 2.0, 3.0]]).shape == (1, 3)
    assert intermediate.current([]).shape == (0,)


def test_what_lies_beyond_the_reach_is_refused(intermediate: Contact, made: Junction) -> None:
    with pytest.raises(DomainError, match=r"tabulated within \+-20 mV"):
        made.conductance(20.1)
    with pytest.raises(DomainError, match="tabulated from"):
        made.voltage(0.1)
    for bad in (40.0, np.nan):
        with pytest.raises(DomainError, match="tabulated from"):
            intermediate.conductance([0.0, bad])


@pytest.mark.parametrize("bad", [(-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, 0.0), (np.nan, 1.0, 1.0)])
def test_wrong_maxwell_resistances_are_refused(bad: tuple[float, float, float]) -> None:
    with pytest.raises(DomainError, match="Maxwell resistance: needs"):
        Maxwell(*bad)


def test_wrong_junctions_are_refused(made: Junction) -> None:
    with pytest.raises(DomainError, match="reach must be positive"):
        junction(andreev, reach=np.inf)
    with pytest.raises(DomainError, match="must be positive"):
        junction(lambda v: v, reach=1.0)
    with pytest.raises(DomainError, match="must be positive"):
        junction(lambda v: np.full(v.size, np.nan), reach=1.0)
    with pytest.raises(DomainError, match="modulation must be positive"):
        lock_in(Contact(made), [0.0], modulation=0.0)


def test_a_conductance_with_edges_meets_no_spline() -> None:
    with pytest.raises(ConvergenceError, match="give it some broadening") as raised:
        junction(lambda v: np.where(np.abs(v) < 1.0, 2.0, 1.0), reach=5.0)
    assert isinstance(raised.value.best, Junction)
