"""Profile intervals and bands against closed forms, lmfit's own profile, and their promised coverage."""

from __future__ import annotations

import math

import lmfit
import numpy as np
import pytest
from scipy import stats
from scipy.optimize import curve_fit

from megabar.errors import ConvergenceError, DomainError
from megabar.fitting.intervals import band, profile, profile_interval
from megabar.fitting.least_squares import fit
from megabar.fitting.model import FloatArray, Model, Parameter

Data = tuple[FloatArray, FloatArray]


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("level", [0.6827, 0.95])
def test_profile_of_a_linear_model_is_the_student_interval(line_model: Model, absolute: bool, level: float) -> None:
    x = np.arange(6.0)
    y = np.array([0.2, 0.9, 2.3, 2.8, 4.3, 4.8])
    result = fit(line_model, x, y, sigma=0.2, absolute=absolute)
    slope, _, _, _, error = stats.linregress(x, y)
    if absolute:
        half = 0.2 / math.sqrt(np.sum((x - x.mean()) ** 2)) * stats.norm.ppf(0.5 + level / 2)
    else:
        half = error * stats.t.ppf(0.5 + level / 2, 4)
    found = profile_interval(result, "b", level=level)
    assert found.lower == pytest.approx(slope - half, abs=1e-3 * half)
    assert found.upper == pytest.approx(slope + half, abs=1e-3 * half)
    assert found.words == "closed on both sides"


def test_profile_agrees_with_that_of_lmfit(decay: Model) -> None:
    x = np.linspace(0.0, 5.0, 2000)
    y = decay.function(x, height=2.0, time=2.5, base=0.4) + np.random.default_rng(4).normal(0.0, 0.4, x.size)
    result = fit(decay, x, y)
    parameters = lmfit.Parameters()
    for name, value in result.values.items():
        parameters.add(name, value=value)
    minimizer = lmfit.Minimizer(lambda p: decay.function(x, **p.valuesdict()) - y, parameters)
    expected = lmfit.conf_interval(minimizer, minimizer.leastsq(), sigmas=[0.6827])
    for name in result.free:
        found, (low, _, high) = profile_interval(result, name), expected[name]
        error = result.errors[name]
        assert error is not None
        # 2,000 points: lmfit's F threshold and Student's t agree to 1e-3, the ends to 5e-4 of an error.
        assert found.lower == pytest.approx(low[1], abs=2e-3 * error)
        assert found.upper == pytest.approx(high[1], abs=2e-3 * error)


def test_profile_is_chi_square_over_the_others(decay: Model, decay_data: Data) -> None:
    x, y = decay_data
    result = fit(decay, x, y, sigma=0.03)
    times = np.array([1.2, 1.25, 1.35, 1.5])
    expected = []
    for time in times:
        values, _ = curve_fit(lambda x, h, b, t=time: h * np.exp(-x / t) + b, x, y, [2.0, 0.4])
        residual = y - values[0] * np.exp(-x / time) - values[1]
        expected.append(np.sum((residual / 0.03) ** 2) - result.chi_square)
    np.testing.assert_allclose(profile(result, "time", times), expected, rtol=1e-6)
    with pytest.raises(DomainError, match="outside its bounds"):
        profile(result, "time", [-1.0])


def test_a_side_that_runs_to_its_bound_is_open(decay: Model, decay_data: Data) -> None:
    x, y = decay_data
    best = fit(decay, x, y).values["base"]
    result = fit(decay, x, y, start={"base": Parameter("base", 0.5, best - 1e-4)})
    found = profile_interval(result, "base")
    assert found.lower is None
    assert found.upper is not None
    assert "runs to the bound" in found.words


def test_a_parameter_on_its_bound_has_a_one_sided_interval(line_model: Model) -> None:
    x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    result = fit(line_model, x, x * 0.0 + [0.1, -0.2, 0.2, 0.0, -0.1], sigma=1.0, fixed={"a": 0.0}, start={})
    on_bound = fit(line_model, x, -0.5 * x, sigma=1.0, fixed={"a": 0.0}, start={"b": Parameter("b", 1.0, 0.0)})
    assert result.ok
    found = profile_interval(on_bound, "b")
    assert found.lower is None
    assert "on its bound" in found.words
    # chi2(b) = 10 (b + 0.5)^2 rises by one above its value at 0.
    quantile = stats.norm.ppf(0.5 + 0.6827 / 2)
    assert found.upper == pytest.approx(math.sqrt(0.25 + quantile**2 / 10.0) - 0.5, rel=1e-3)


def test_a_side_that_never_reaches_the_threshold_is_open() -> None:
    model = Model(
        "saturating",
        lambda x, *, rate: 1.0 - np.exp(-rate * x),
        lambda _x, _y: (Parameter("rate", 2.0, 0.0),),
    )
    x = np.linspace(1.0, 3.0, 5)
    result = fit(model, x, model.function(x, rate=3.0), sigma=0.2)
    found = profile_interval(result, "rate")
    assert found.upper is None
    assert "never reaches" in found.words
    assert found.lower is not None
    residual = (np.exp(-found.lower * x) - np.exp(-3.0 * x)) / 0.2
    assert np.sum(residual**2) == pytest.approx(stats.norm.ppf(0.5 + 0.6827 / 2) ** 2, rel=1e-3)


def test_a_better_minimum_is_reported() -> None:
    def two_wells(x: FloatArray, *, p: float) -> FloatArray:
        return np.full(x.size, (p**2 - 1.0) ** 2 + 0.2 * p)

    model = Model("wells", two_wells, lambda _x, _y: (Parameter("p", 1.0, -3.0, 3.0),))
    result = fit(model, [0.0, 1.0], [-1.0, -1.0], sigma=1.0)
    assert result.values["p"] > 0.5
    with pytest.raises(ConvergenceError, match="better minimum"):
        profile_interval(result, "p", level=0.9999)


def test_profile_needs_a_fitted_parameter_and_noise(line_model: Model) -> None:
    held = fit(line_model, [0, 1, 2], [0, 1, 2.5], fixed={"a": 0.0})
    with pytest.raises(DomainError, match="'a' was not fitted; fitted were b"):
        profile_interval(held, "a")
    with pytest.raises(DomainError, match="no interval without noise"):
        profile_interval(fit(line_model, [0, 1], [0, 1]), "a")


@pytest.mark.parametrize("prediction", [False, True])
def test_band_of_a_line_is_the_textbook_band(line_model: Model, prediction: bool) -> None:
    rng = np.random.default_rng(0)
    x = np.linspace(0.0, 4.0, 12)
    y = 1.0 + 2.0 * x + rng.normal(0.0, 0.3, 12)
    at = np.array([-1.0, 2.0, 7.0])
    result = fit(line_model, x, y)
    s = math.sqrt(np.sum(result.residuals**2) / 10)
    spread = 1 / 12 + (at - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2) + (1.0 if prediction else 0.0)
    half = stats.t.ppf(0.975, 10) * s * np.sqrt(spread)
    found = band(result, at, prediction=prediction)
    assert found is not None
    np.testing.assert_allclose((found[1] - found[0]) / 2, half, rtol=1e-7)
    np.testing.assert_allclose((found[1] + found[0]) / 2, result.evaluate(at), rtol=1e-12)


def test_band_with_analytic_and_numerical_derivatives_agree(
    decay: Model, decay_with_derivative: Model, decay_data: Data
) -> None:
    x, y = decay_data
    at = np.linspace(-1.0, 8.0, 7)
    numeric, analytic = (band(fit(model, x, y), at) for model in (decay, decay_with_derivative))
    assert numeric is not None
    assert analytic is not None
    np.testing.assert_allclose(numeric[1], analytic[1], rtol=1e-7)


def test_band_is_none_without_covariance_and_refuses_mixed_predictions(line_model: Model) -> None:
    assert band(fit(line_model, [0, 1], [0, 1]), [0.5]) is None
    uneven = fit(line_model, [0, 1, 2], [0, 1, 2.5], sigma=[0.1, 0.2, 0.1])
    with pytest.raises(DomainError, match="one standard deviation for all points"):
        band(uneven, [0.5], prediction=True)


def _coverage(model: Model, name: str, truth: dict[str, float], x: FloatArray, noise: float, sets: int) -> float:
    rng = np.random.default_rng(11)
    curve = model.function(x, **truth)
    inside = 0
    for _ in range(sets):
        found = profile_interval(fit(model, x, curve + rng.normal(0.0, noise, x.size)), name)
        low = -math.inf if found.lower is None else found.lower
        high = math.inf if found.upper is None else found.upper
        inside += low <= truth[name] <= high
    return inside / sets


@pytest.mark.calibration
def test_profile_intervals_cover_with_few_points(decay_with_derivative: Model) -> None:
    truth = {"height": 2.0, "time": 1.3, "base": 0.4}
    for name in truth:
        assert 0.65 <= _coverage(decay_with_derivative, name, truth, np.linspace(0.0, 5.0, 9), 0.1, 2000) <= 0.71


def test_profile_intervals_cover_roughly(decay_with_derivative: Model) -> None:
    truth = {"height": 2.0, "time": 1.3, "base": 0.4}
    # Three standard deviations of a fraction over 200 sets are 0.10.
    assert 0.58 <= _coverage(decay_with_derivative, "time", truth, np.linspace(0.0, 5.0, 9), 0.1, 200) <= 0.78
