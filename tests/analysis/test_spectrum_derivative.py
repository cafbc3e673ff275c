"""Stepped I-V and lock-in readings to conductance: exact where it must be, noise as foretold, overload found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.analysis.spectrum_derivative import (
    local_polynomial_conductance,
    lock_in_conductance,
    moving_average,
    saturated,
    second_derivative,
    stepped,
    three_point_conductance,
)
from megabar.errors import DataError, DomainError

VOLTAGE = np.linspace(-0.04, 0.04, 161)


def quadratic(voltage: np.ndarray) -> np.ndarray:
    """I = a V + b V^2 in A; its derivative is a + 2 b V."""
    return 0.05 * voltage + 0.2 * voltage**2


def contact(voltage: np.ndarray) -> np.ndarray:
    """I(V) in A whose derivative is 0.1 S (1 + 0.5/(1 + (V/10 mV)^2))."""
    return 0.1 * (voltage + 0.5 * 0.01 * np.arctan(voltage / 0.01))


def conductance(bias: np.ndarray) -> np.ndarray:
    return 0.1 * (1.0 + 0.5 / (1.0 + (bias / 10.0) ** 2))


def stepped_voltage(current: np.ndarray) -> np.ndarray:
    """V(I) of `contact` by bisection: the current is stepped and the voltage read."""
    low, high = np.full(current.size, -0.2), np.full(current.size, 0.2)
    for _ in range(80):
        middle = 0.5 * (low + high)
        above = contact(middle) > current
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high)


def test_three_points_are_exact_for_a_quadratic_at_the_mean_bias() -> None:
    made = three_point_conductance(quadratic(VOLTAGE), VOLTAGE)
    assert made.read == "current"
    assert made.bias == pytest.approx(1e3 * VOLTAGE[1:-1], abs=1e-10)
    assert made.conductance == pytest.approx(0.05 + 2.0 * 0.2 * VOLTAGE[1:-1], rel=1e-10)


def test_three_points_of_a_stepped_current_are_the_inverse_of_the_central_difference() -> None:
    current = np.linspace(-2e-3, 2e-3, 81)
    voltage = 10.0 * current + 3e3 * current**2
    made = three_point_conductance(current, voltage)
    assert made.read == "voltage"
    assert made.conductance == pytest.approx((current[2:] - current[:-2]) / (voltage[2:] - voltage[:-2]), rel=1e-10)


def test_more_points_and_averages_against_polyfit_and_convolution() -> None:
    rng = np.random.default_rng(0)
    voltage = np.cumsum(rng.uniform(0.5, 1.5, 40)) * 1e-3
    current = contact(voltage) + 1e-6 * rng.standard_normal(40)
    current[7] = current[5]  # so that only the voltage is monotonic
    made = three_point_conductance(current, voltage, points=5, average=4)
    slope = np.array([np.polyfit(voltage[i : i + 5], current[i : i + 5], 1)[0] for i in range(36)])
    mean = np.array([voltage[i : i + 5].mean() for i in range(36)])
    box = np.full(4, 0.25)
    assert made.conductance == pytest.approx(np.convolve(slope, box, "valid"), rel=1e-9)
    assert made.bias == pytest.approx(1e3 * np.convolve(mean, box, "valid"), rel=1e-9)


def test_steps_that_stand_still_are_left_out() -> None:
    voltage = np.repeat(VOLTAGE[:20], 3)
    made = three_point_conductance(quadratic(voltage), voltage)
    assert made.bias.size == 3 * 20 - 2 - 20
    assert np.all(np.isfinite(made.gain))


@pytest.mark.parametrize("arguments", [{"points": 1}, {"average": 0}, {"points": 300}])
def test_three_points_refuse(arguments: dict[str, int]) -> None:
    with pytest.raises(DomainError, match="needs points >= 2, average >= 1"):
        three_point_conductance(quadratic(VOLTAGE), VOLTAGE, **arguments)


@given(st.integers(1, 9), st.integers(9, 30))
def test_moving_average_keeps_straight_lines(points: int, size: int) -> None:
    line = 3.0 - 0.5 * np.arange(size)
    centre = np.arange(size - points + 1) + 0.5 * (points - 1)
    assert moving_average(line, points) == pytest.approx(3.0 - 0.5 * centre)


@pytest.mark.parametrize("points", [0, 12])
def test_moving_average_refuses_a_window_that_does_not_fit(points: int) -> None:
    with pytest.raises(DomainError, match="between 1 and 11"):
        moving_average(np.arange(11.0), points)


@pytest.mark.parametrize(("order", "power"), [(1, 1), (2, 2), (3, 3), (4, 4)])
def test_local_polynomials_are_exact_up_to_their_degree(order: int, power: int) -> None:
    """Uneven steps, ends included: d/dV of V^k - V/2 is k V^(k-1) - 1/2. It falls and rises, so V was stepped."""
    rng = np.random.default_rng(1)
    voltage = np.sort(rng.uniform(0.0, 1.0, 120))
    made = local_polynomial_conductance(voltage**power - 0.5 * voltage, voltage, half_width=150.0, order=order)
    assert made.bias == pytest.approx(1e3 * voltage)
    assert made.conductance == pytest.approx(power * voltage ** (power - 1) - 0.5, abs=1e-8)


def test_local_polynomial_of_a_stepped_current() -> None:
    """The window is given in mV whichever was stepped; the bias is that of the fit."""
    current = np.linspace(-5e-3, 5e-3, 401)
    made = local_polynomial_conductance(current, stepped_voltage(current), half_width=1.0)
    assert made.read == "voltage"
    inside = np.abs(made.bias) < 35.0
    assert made.conductance[inside] == pytest.approx(conductance(made.bias)[inside], rel=1e-3)


def test_a_parabola_smooths_with_a_variance_of_a_seventh_of_the_squared_half_width() -> None:
    """G = 3 V^2 + ... of a cubic I(V), smoothed by a kernel of variance s^2, is lifted by 3 s^2 everywhere."""
    h = 20.0
    voltage = 1e-3 * np.linspace(-100.0, 100.0, 4001)
    made = local_polynomial_conductance(1e9 * (voltage**3 + 0.01 * voltage), voltage, half_width=h)
    inside = np.abs(made.bias) < 70.0
    excess = (made.conductance[inside] / 1e9 - 0.01 - 3e-6 * made.bias[inside] ** 2) / 3.0
    assert excess == pytest.approx((1e-3 * h) ** 2 / 7.0, rel=2e-2)


@pytest.mark.parametrize(("by_current", "three"), [(False, False), (True, False), (False, True), (True, True)])
def test_noise_gain_against_the_scatter_of_2000_data_sets(by_current: bool, three: bool) -> None:
    rng = np.random.default_rng(2)
    if by_current:
        current = np.linspace(-3e-3, 3e-3, 61)
        voltage, noise = stepped_voltage(current), 2e-6
    else:
        voltage = np.linspace(-0.03, 0.03, 61)
        current, noise = contact(voltage), 2e-7

    def made(i: np.ndarray, v: np.ndarray) -> np.ndarray:
        if three:
            return three_point_conductance(i, v, average=3).conductance
        return local_polynomial_conductance(i, v, half_width=4.0).conductance

    every = np.empty((2000, made(current, voltage).size))
    for k in range(2000):
        error = noise * rng.standard_normal(61)
        every[k] = made(current, voltage + error) if by_current else made(current + error, voltage)
    exact = (
        three_point_conductance(current, voltage, average=3)
        if three
        else local_polynomial_conductance(current, voltage, half_width=4.0)
    )
    # The standard deviation of 2000 samples is known to 1.6 %; five of that at 60 points.
    assert every.std(axis=0) == pytest.approx(noise * exact.gain, rel=0.08)
    assert np.mean(every.std(axis=0) / (noise * exact.gain)) == pytest.approx(1.0, abs=0.01)


def test_regression_on_what_was_stepped_is_not_flattened_by_noise() -> None:
    """Fitting I against a noisy V would give 1/(1 + s^2/var V) of the slope: 43 % less here."""
    rng = np.random.default_rng(3)
    current = np.linspace(0.0, 1e-3, 5000)
    noise = 1.0 * np.std(10.0 * current[:9])
    voltage = 10.0 * current + noise * rng.standard_normal(current.size)
    made = three_point_conductance(current, voltage, points=9)
    # 1/slope of a noisy slope: its median is that of the slope.
    assert np.median(made.conductance) == pytest.approx(0.1, rel=0.03)


def test_what_was_stepped() -> None:
    rng = np.random.default_rng(4)
    voltage = VOLTAGE + 1e-3 * rng.standard_normal(VOLTAGE.size)
    assert stepped(np.linspace(0.0, 1.0, 161), voltage) == "current"
    assert stepped(rng.standard_normal(161), VOLTAGE) == "voltage"
    # Both monotonic: the even steps.
    assert stepped(contact(VOLTAGE), VOLTAGE) == "voltage"
    current = np.linspace(-3e-3, 3e-3, 61)
    assert stepped(current, stepped_voltage(current)) == "current"


def test_local_polynomial_refuses() -> None:
    with pytest.raises(DomainError, match="half width 0 mV must be positive"):
        local_polynomial_conductance(VOLTAGE, VOLTAGE, half_width=0)
    with pytest.raises(DomainError, match="order 0 at least 1"):
        local_polynomial_conductance(VOLTAGE, VOLTAGE, half_width=1.0, order=0)
    with pytest.raises(DataError, match=r"no window of \+-0.1 mV holds 3 different settings .* widen half_width"):
        local_polynomial_conductance(quadratic(VOLTAGE), VOLTAGE, half_width=0.1)


def test_windows_with_too_few_readings_are_left_out() -> None:
    voltage = np.concatenate([VOLTAGE[:60], [0.02]])
    made = local_polynomial_conductance(quadratic(voltage), voltage, half_width=2.0)
    assert made.bias == pytest.approx(1e3 * VOLTAGE[:60])


def test_lock_in_against_a_digital_lock_in() -> None:
    """V(I + sqrt(2) i cos wt) of a contact, multiplied by cos wt and cos 2wt and averaged over a period."""
    rms, current = 2e-6, np.linspace(-2e-3, 2e-3, 41)
    phase = 2.0 * np.pi * np.arange(64) / 64.0
    wave = np.array([stepped_voltage(i + np.sqrt(2.0) * rms * np.cos(phase)) for i in current])
    first = np.sqrt(2.0) * (wave * np.cos(phase)).mean(axis=1)
    second = np.sqrt(2.0) * (wave * np.cos(2.0 * phase)).mean(axis=1)
    found, good = lock_in_conductance(first, modulation=rms)
    exact = conductance(1e3 * stepped_voltage(current))
    assert good.all()
    assert found == pytest.approx(exact, rel=1e-5)
    step = 1e-5
    resistance = [1.0 / conductance(1e3 * stepped_voltage(current + k * step)) for k in (1, -1)]
    derivative = (resistance[0] - resistance[1]) / (2.0 * step)
    assert second_derivative(second, modulation=rms) == pytest.approx(derivative, abs=1e-3 * np.abs(derivative).max())


def test_a_lock_in_turned_by_half_a_period() -> None:
    first = 1e-6 / conductance(1e3 * VOLTAGE)
    assert lock_in_conductance(-first, modulation=1e-6)[0] == pytest.approx(conductance(1e3 * VOLTAGE))


def test_saturated_readings_are_found_and_masked() -> None:
    """Single readings at the limit, where noise just reaches it, count as well as the runs."""
    rng = np.random.default_rng(5)
    first = 1e-6 / conductance(1e3 * VOLTAGE) * (1.0 + 1e-2 * rng.standard_normal(VOLTAGE.size))
    expected = first >= np.quantile(first, 0.7)
    edges = np.diff(np.flatnonzero(np.diff(expected) != 0))
    assert edges.min() == 1
    clipped = np.minimum(first, np.quantile(first, 0.7))
    assert np.array_equal(saturated(clipped), expected)
    assert np.array_equal(saturated(-clipped), expected)
    found, good = lock_in_conductance(clipped, modulation=1e-6)
    assert np.array_equal(good, ~expected)
    assert found == pytest.approx(1e-6 / first[~expected])


def test_two_equal_readings_at_the_top_are_no_saturation() -> None:
    assert not saturated(np.array([1.0, 2.0, 3.0, 3.0, 2.0, 1.0])).any()
    assert saturated(np.array([1.0, 2.0, 3.0, 3.0, 3.0, 1.0])).sum() == 3
    assert not saturated(np.zeros(10)).any()


def test_coarse_resolution_is_no_saturation() -> None:
    """A smooth maximum read with few digits repeats at its top as it does on its flanks."""
    smooth = np.round(10.0 * np.exp(-(np.linspace(-2.0, 2.0, 400) ** 2))) / 10.0
    assert not saturated(smooth).any()


def test_lock_in_refuses() -> None:
    with pytest.raises(DomainError, match=r"modulation must be positive \(A\), found nan"):
        lock_in_conductance(np.ones(5), modulation=np.nan)
    with pytest.raises(DataError, match="9 of 10 readings stand at 2 V: overloaded or not connected"):
        lock_in_conductance(np.array([1.0, *[2.0] * 9]), modulation=1e-6)
    with pytest.raises(DataError, match="none of 3 readings is finite and different from zero"):
        lock_in_conductance(np.array([0.0, np.nan, 0.0]), modulation=1e-6)
    with pytest.raises(DomainError, match="modulation must be positive"):
        second_derivative(np.ones(5), modulation=0.0)
