"""Least squares against closed forms, another optimiser, and its own promises about failure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import curve_fit

from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.least_squares import FitStatus, fit
from megabar.fitting.model import FloatArray, Model, Parameter
from megabar.fitting.problem import column_norms

Data = tuple[FloatArray, FloatArray]


def _normal_equations(x: FloatArray, y: FloatArray, sigma: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Textbook weighted straight line: values, unscaled covariance, chi-square."""
    w = 1.0 / sigma**2
    s, sx, sy, sxx, sxy = w.sum(), (w * x).sum(), (w * y).sum(), (w * x * x).sum(), (w * x * y).sum()
    determinant = s * sxx - sx**2
    a, b = (sxx * sy - sx * sxy) / determinant, (s * sxy - sx * sy) / determinant
    covariance = np.array([[sxx, -sx], [-sx, s]]) / determinant
    return np.array([a, b]), covariance, float((w * (y - a - b * x) ** 2).sum())


@pytest.mark.parametrize("kind", ["none", "absolute", "relative"])
def test_straight_line_is_the_closed_form(line_model: Model, kind: str) -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(1.0, 9.0, 25)
    sigma = np.ones(25) if kind == "none" else rng.uniform(0.1, 0.6, 25)
    y = 1.0 - 0.7 * x + rng.normal(0.0, 0.4, 25)
    result = fit(line_model, x, y, sigma=None if kind == "none" else sigma, absolute=kind == "absolute")
    values, covariance, chi_square = _normal_equations(x, y, sigma)
    factor = 1.0 if kind == "absolute" else chi_square / 23
    assert result.covariance is not None
    np.testing.assert_allclose(list(result.values.values()), values, rtol=1e-9)
    np.testing.assert_allclose(result.covariance, covariance * factor, rtol=1e-8)
    assert result.chi_square == pytest.approx(chi_square, rel=1e-10)
    assert result.degrees_of_freedom == 23
    assert result.noise == pytest.approx(math.sqrt(chi_square / 23), rel=1e-10)
    assert result.sigma is not None
    np.testing.assert_allclose(result.sigma, sigma * math.sqrt(factor), rtol=1e-9)
    assert result.ok
    assert result.message == "ok"


def test_nonlinear_fit_agrees_with_curve_fit(decay: Model, decay_with_derivative: Model, decay_data: Data) -> None:
    x, y = decay_data
    sigma = 0.02 + 0.01 * x
    expected, covariance = curve_fit(
        lambda x, h, t, b: decay.function(x, height=h, time=t, base=b), x, y, [2, 1, 0.4], sigma, ftol=1e-14, xtol=1e-14
    )
    for model in (decay, decay_with_derivative):
        result = fit(model, x, y, sigma=sigma, absolute=False)
        assert result.covariance is not None
        np.testing.assert_allclose(list(result.values.values()), expected, rtol=1e-7)
        np.testing.assert_allclose(result.covariance, covariance, rtol=1e-5)


@pytest.mark.parametrize("unit", [1.0, 1e-8, 3e7])
def test_exact_data_come_back(decay: Model, unit: float) -> None:
    x = np.linspace(0.0, 5.0, 40)
    result = fit(decay, x, unit * decay.function(x, height=2.0, time=1.3, base=0.4))
    assert result.values["height"] == pytest.approx(2.0 * unit, rel=1e-12)
    assert result.values["time"] == pytest.approx(1.3, rel=1e-12)
    assert result.values["base"] == pytest.approx(0.4 * unit, rel=1e-12)


@pytest.mark.parametrize(("x_unit", "y_unit"), [(7.3, 3.1e-9), (1e-4, 1.7e6)])
def test_answer_does_not_depend_on_units(decay: Model, decay_data: Data, x_unit: float, y_unit: float) -> None:
    x, y = decay_data
    plain, scaled = fit(decay, x, y), fit(decay, x * x_unit, y * y_unit)
    for name, unit in (("height", y_unit), ("time", x_unit), ("base", y_unit)):
        assert scaled.values[name] / unit == pytest.approx(plain.values[name], rel=1e-9)
        error = plain.errors[name]
        assert error is not None
        assert scaled.errors[name] == pytest.approx(error * unit, rel=1e-7)
    assert scaled.r_squared == pytest.approx(plain.r_squared, rel=1e-9)


def test_start_at_zero_needs_no_hint_of_scale(line_model: Model) -> None:
    x = np.linspace(100.0, 300.0, 30)
    y = 2e-8 + 3e-11 * x
    result = fit(line_model, x, y)
    assert result.values["a"] == pytest.approx(2e-8, rel=1e-9)
    assert result.values["b"] == pytest.approx(3e-11, rel=1e-9)


def test_parameter_on_its_bound_has_no_error_and_the_others_hold_it(decay: Model, decay_data: Data) -> None:
    x, y = decay_data
    bounded = fit(decay, x, y, start={"base": Parameter("base", 0.7, 0.5)})
    held = fit(decay, x, y, fixed={"base": 0.5})
    assert bounded.status is FitStatus.ON_BOUND
    assert bounded.on_bound == ("base",)
    assert bounded.values["base"] == 0.5
    assert bounded.errors["base"] is None
    assert "base" in bounded.message
    assert not bounded.ok
    assert bounded.free == ("height", "time")
    for name in bounded.free:
        assert bounded.values[name] == pytest.approx(held.values[name], rel=1e-8)
        assert bounded.errors[name] == pytest.approx(held.errors[name], rel=1e-6)
    assert bounded.parameter_status("base") is FitStatus.ON_BOUND
    assert held.parameter_status("base") is FitStatus.HELD
    assert held.parameter_status("time") is FitStatus.OK


def test_a_minimum_near_a_bound_is_not_on_it(decay: Model, decay_data: Data) -> None:
    x, y = decay_data
    free = fit(decay, x, y)
    near = free.values["base"] - 1e-7
    result = fit(decay, x, y, start={"base": Parameter("base", 0.7, near)})
    assert result.ok
    assert result.values["base"] == pytest.approx(free.values["base"], rel=1e-9)


def test_a_start_on_the_bound_gets_away_from_it(decay: Model, decay_data: Data) -> None:
    x, y = decay_data
    result = fit(decay, x, y, start={"base": Parameter("base", 0.0, 0.0), "height": Parameter("height", 1.0, 0.0, 9.0)})
    free = fit(decay, x, y)
    assert result.ok
    assert result.values["base"] == pytest.approx(free.values["base"], rel=1e-8)


def test_undetermined_parameters_are_named_and_the_determined_keep_their_error() -> None:
    model = Model(
        "product",
        lambda x, *, a, b, slope: a * b + slope * x,
        lambda _x, _y: (Parameter("a", 1.0), Parameter("b", 2.0), Parameter("slope", 0.0)),
    )
    x = np.linspace(0.0, 1.0, 20)
    y = 3.0 + 0.5 * x + np.random.default_rng(0).normal(0.0, 0.1, 20)
    result = fit(model, x, y)
    _, covariance, chi_square = _normal_equations(x, y, np.ones(20))
    assert result.status is FitStatus.SINGULAR
    assert result.undetermined == ("a", "b")
    assert result.errors["a"] is None
    assert result.errors["b"] is None
    assert result.errors["slope"] == pytest.approx(math.sqrt(covariance[1, 1] * chi_square / 18), rel=1e-6)
    assert result.degrees_of_freedom == 18
    assert result.interval("a") is None


def test_a_parameter_without_effect_is_undetermined() -> None:
    model = Model(
        "idle",
        lambda x, *, a, idle: a + 0.0 * idle * x,
        lambda _x, _y: (Parameter("a", 0.0), Parameter("idle", 1.0)),
    )
    result = fit(model, [1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    assert result.undetermined == ("idle",)
    assert result.values["a"] == pytest.approx(7.0 / 3.0, rel=1e-9)


def test_as_many_parameters_as_points(line_model: Model) -> None:
    unknown = fit(line_model, [0.0, 1.0], [1.0, 3.0])
    assert unknown.status is FitStatus.TOO_FEW_POINTS
    assert unknown.covariance is None
    assert unknown.sigma is None
    assert unknown.noise is None
    assert unknown.errors == {"a": None, "b": None}
    known = fit(line_model, [0.0, 1.0], [1.0, 3.0], sigma=0.1)
    assert known.ok
    assert known.errors["b"] == pytest.approx(0.1 * math.sqrt(2.0), rel=1e-8)


def test_a_search_that_finds_no_minimum_raises_with_the_best_answer(decay: Model, decay_data: Data) -> None:
    def wrong(x: FloatArray, *, time: float, **_others: float) -> dict[str, FloatArray]:
        return {"height": -np.exp(-x / time), "base": -np.ones_like(x)}

    x, y = decay_data
    with pytest.raises(ConvergenceError, match="decay: the search did not reach a minimum") as caught:
        fit(replace(decay, derivative=wrong), x, y)
    best = caught.value.best
    assert best.status is FitStatus.NOT_CONVERGED
    assert set(best.errors.values()) == {None}
    assert best.covariance is None
    assert not best.ok


def test_a_minimum_on_a_kink_counts() -> None:
    model = Model(
        "kink",
        lambda x, *, onset: np.where(x < onset, 0.0, 1.0 + x - onset),
        lambda _x, _y: (Parameter("onset", 4.2, 0.0, 10.0),),
    )
    x = np.arange(10.0)
    y = np.where(x < 5.0, 0.0, 1.0 + x - 5.0)
    y[6] += 0.1
    assert 4.0 < fit(model, x, y).values["onset"] < 6.0


def test_the_model_may_refuse_part_of_its_range_during_the_search() -> None:
    model = Model(
        "root", lambda x, *, a, b: a * np.sqrt(x - b), lambda _x, _y: (Parameter("a", 1.0), Parameter("b", 0.0))
    )
    x = np.linspace(1.0, 5.0, 30)
    result = fit(model, x, model.function(x, a=2.0, b=0.9))
    assert result.values["a"] == pytest.approx(2.0, rel=1e-9)
    assert result.values["b"] == pytest.approx(0.9, rel=1e-9)


def test_held_parameters_may_be_infinite() -> None:
    model = Model(
        "parallel",
        lambda x, *, a, top: a * x / (1.0 + a * x / top),
        lambda _x, _y: (Parameter("a", 1.0), Parameter("top", 10.0, 0.0)),
    )
    x = np.linspace(0.1, 1.0, 9)
    result = fit(model, x, 2.0 * x, fixed={"top": math.inf})
    assert result.values["a"] == pytest.approx(2.0, rel=1e-12)
    assert result.values["top"] == math.inf


def test_everything_held_is_only_described(line_model: Model) -> None:
    result = fit(line_model, [0.0, 1.0, 2.0], [1.0, 2.0, 3.5], fixed={"a": 1.0, "b": 1.0})
    assert result.chi_square == pytest.approx(0.25)
    assert result.degrees_of_freedom == 3
    assert result.free == ()
    assert result.covariance is None


def test_x_may_have_several_rows() -> None:
    model = Model(
        "plane",
        lambda x, *, u, v: u * x[0] + v * x[1],
        lambda _x, _y: (Parameter("u", 0.0), Parameter("v", 0.0)),
    )
    x = np.random.default_rng(2).normal(size=(2, 12))
    result = fit(model, x, 3.0 * x[0] - 2.0 * x[1])
    assert result.values["u"] == pytest.approx(3.0, rel=1e-10)
    assert result.values["v"] == pytest.approx(-2.0, rel=1e-10)


@pytest.mark.parametrize(
    ("x", "y", "sigma", "message"),
    [
        ([0, 1, math.nan], [1, 2, 3], None, "1 of 3 values of x are NaN or infinite"),
        ([0, 1, 2], [1, math.inf, 3], None, "1 of 3 values of y are NaN or infinite"),
        ([0, 1], [1, 2, 3], None, "give one x for each y"),
        ([0.0], [1.0], None, "1 points for 2 parameters"),
        ([], [], None, "no points"),
        ([0, 1, 2], [1, 2, 3], [1, 1], "give one number or one per point"),
        ([0, 1, 2], [1, 2, 3], [1, 0, 1], "sigma must be positive"),
        ([0, 1, 2], [1, 2, 3], [1, math.nan, 1], "sigma must be positive"),
    ],
)
def test_unusable_data_are_refused(line_model: Model, x: object, y: object, sigma: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(line_model, x, y, sigma=sigma)  # type: ignore[arg-type]


def test_unknown_names_and_bad_parameters_are_refused(line_model: Model) -> None:
    with pytest.raises(DomainError, match="no parameter 'c'; it has a, b"):
        fit(line_model, [0, 1, 2], [1, 2, 3], fixed={"c": 1.0})
    for bad in (
        lambda: Parameter("a b", 1.0),
        lambda: Parameter("lambda", 1.0),
        lambda: Parameter("a", math.nan),
        lambda: Parameter("a", math.inf),
        lambda: Parameter("a", 1.0, 2.0, 3.0),
        lambda: Parameter("a", 1.0, 3.0, 0.0),
    ):
        with pytest.raises(DomainError, match="parameter"):
            bad()


def test_a_model_that_is_not_finite_at_the_start_is_refused() -> None:
    model = Model("log", lambda x, *, a: a * np.log(x), lambda _x, _y: (Parameter("a", 1.0),))
    with pytest.raises(DataError, match="not finite at the start values a = 1"):
        fit(model, [0.0, 1.0, 2.0], [1.0, 2.0, 3.0])


def test_information_criteria_by_their_definition(line_model: Model) -> None:
    rng = np.random.default_rng(5)
    x = np.linspace(0.0, 1.0, 14)
    sigma = rng.uniform(0.1, 0.3, 14)
    y = 2.0 * x + rng.normal(0.0, sigma)

    def normal_log_density(residual: FloatArray, scale: FloatArray) -> float:
        return float(np.sum(-0.5 * (residual / scale) ** 2 - np.log(scale * math.sqrt(2.0 * math.pi))))

    known = fit(line_model, x, y, sigma=sigma)
    expected = normal_log_density(known.residuals, sigma)
    assert known.log_likelihood == pytest.approx(expected, rel=1e-10)
    assert known.aicc == pytest.approx(-2 * expected + 4 + 2 * 2 * 3 / (14 - 3), rel=1e-10)
    assert known.bic == pytest.approx(-2 * expected + 2 * math.log(14), rel=1e-10)
    free = fit(line_model, x, y, sigma=sigma, absolute=False)
    scale = math.sqrt(free.chi_square / 14) * sigma
    expected = normal_log_density(free.residuals, scale)
    assert free.aicc == pytest.approx(-2 * expected + 6 + 2 * 3 * 4 / (14 - 4), rel=1e-10)
    assert fit(line_model, x[:4], y[:4]).aicc is None


def test_coefficient_of_determination(line_model: Model) -> None:
    x = np.linspace(0.0, 1.0, 30)
    y = x + np.random.default_rng(1).normal(0.0, 0.3, 30)
    assert fit(line_model, x, y).r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-9)
    assert fit(line_model, x, np.full(30, 0.1)).r_squared is None


def test_intervals_use_student_only_when_the_noise_is_estimated(line_model: Model) -> None:
    x, y = np.arange(5.0), np.array([0.1, 0.9, 2.2, 2.8, 4.1])
    estimated, known = fit(line_model, x, y), fit(line_model, x, y, sigma=0.1)
    for result, factor in ((estimated, 3.182446), (known, 1.959964)):
        interval, error = result.interval("b", level=0.95), result.errors["b"]
        assert interval is not None
        assert error is not None
        assert interval[1] - result.values["b"] == pytest.approx(factor * error, rel=1e-6)
    with pytest.raises(DomainError, match="level"):
        known.interval("b", level=1.0)


def test_correlation_of_a_line(line_model: Model) -> None:
    x = np.linspace(1.0, 3.0, 8)
    correlation = fit(line_model, x, x**2).correlation()
    assert correlation is not None
    assert correlation[0, 1] == pytest.approx(-x.mean() / math.sqrt(np.mean(x**2)), rel=1e-8)


def test_results_are_read_only(line_model: Model) -> None:
    y = np.array([0.0, 1.0, 2.5])
    result = fit(line_model, [0, 1, 2], y)
    y[0] = 99.0
    assert result.y[0] == 0.0
    for array in (result.x, result.y, result.fitted, result.covariance):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.calibration
def test_standard_errors_cover(decay_with_derivative: Model) -> None:
    rng = np.random.default_rng(7)
    x = np.linspace(0.0, 5.0, 60)
    truth = {"height": 2.0, "time": 1.3, "base": 0.4}
    curve = decay_with_derivative.function(x, **truth)
    within = {name: np.zeros(2) for name in truth}
    for _ in range(2000):
        result = fit(decay_with_derivative, x, curve + rng.normal(0.0, 0.03, x.size))
        for name, value in truth.items():
            error = result.errors[name]
            assert error is not None
            within[name] += np.abs(result.values[name] - value) <= error * np.array([1.0, 2.0])
    for one, two in within.values():
        assert 0.65 <= one / 2000 <= 0.71
        assert 0.935 <= two / 2000 <= 0.965


@pytest.mark.parametrize("size", [1e-200, 1e-170, 1e170])
def test_column_norms_beyond_the_range_of_squares(size: float) -> None:
    columns = size * np.array([[3.0, 0.0, 1.0], [4.0, 0.0, 0.0]])
    np.testing.assert_allclose(column_norms(columns), size * np.array([5.0, 0.0, 1.0]), rtol=1e-15)
