"""Lines and parabolas with errors in both axes against York's example, Deming's closed form and ordinary regression."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.trend import line, polynomial

# K. Pearson's data with the weights of D. York, Can. J. Phys. 44, 1079 (1966).
PEARSON_X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
PEARSON_Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
WEIGHT_X = np.array([1000.0, 1000.0, 500.0, 800.0, 200.0, 80.0, 60.0, 20.0, 1.8, 1.0])
WEIGHT_Y = np.array([1.0, 1.8, 4.0, 8.0, 20.0, 20.0, 70.0, 70.0, 100.0, 500.0])


def test_pearson_with_york_weights() -> None:
    # Slope, intercept, their standard errors and chi-square as published (York et al. 2004, table II).
    trend = line(PEARSON_X, PEARSON_Y, x_error=WEIGHT_X**-0.5, y_error=WEIGHT_Y**-0.5, intrinsic=False)
    value, error = trend.at(0.0)
    assert error is not None
    assert trend.slope == pytest.approx(-0.480533407, abs=1e-8)
    assert value[0] == pytest.approx(5.47991022, abs=1e-7)
    assert trend.slope_error == pytest.approx(0.057985, abs=1e-6)
    assert error[0] == pytest.approx(0.294971, abs=1e-6)
    assert trend.chi_square == pytest.approx(11.86635, abs=1e-4)
    assert trend.degrees_of_freedom == 8


def test_exchanging_the_axes_inverts_the_slope() -> None:
    errors = WEIGHT_X**-0.5, WEIGHT_Y**-0.5
    one = line(PEARSON_X, PEARSON_Y, x_error=errors[0], y_error=errors[1], intrinsic=False)
    other = line(PEARSON_Y, PEARSON_X, x_error=errors[1], y_error=errors[0], intrinsic=False)
    assert one.slope * other.slope == pytest.approx(1.0, rel=1e-8)
    assert one.chi_square == pytest.approx(other.chi_square, rel=1e-9)


def test_equal_errors_are_deming_regression() -> None:
    rng = np.random.default_rng(1)
    true = np.linspace(0.0, 10.0, 25)
    x, y = true + rng.normal(0.0, 0.8, 25), 3.0 - 1.5 * true + rng.normal(0.0, 0.5, 25)
    ratio = (0.5 / 0.8) ** 2
    sxx, syy = np.var(x), np.var(y)
    sxy = np.mean((x - x.mean()) * (y - y.mean()))
    deming = (syy - ratio * sxx + math.sqrt((syy - ratio * sxx) ** 2 + 4 * ratio * sxy**2)) / (2 * sxy)
    trend = line(x, y, x_error=0.8, y_error=0.5, intrinsic=False)
    assert trend.slope == pytest.approx(deming, rel=1e-8)
    assert trend.at(x.mean())[0][0] == pytest.approx(y.mean(), rel=1e-10)


def test_without_errors_it_is_ordinary_regression() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(95.0, 135.0, 9)
    y = 180.0 + 0.6 * (x - 115.0) + rng.normal(0.0, 5.0, 9)
    expected = stats.linregress(x, y)
    trend = line(x, y)
    assert trend.slope == pytest.approx(expected.slope, rel=1e-9)
    assert trend.slope_error == pytest.approx(expected.stderr, rel=1e-8)
    value, error = trend.at([0.0])
    assert error is not None
    assert value[0] == pytest.approx(expected.intercept, rel=1e-9)
    assert error[0] == pytest.approx(expected.intercept_stderr, rel=1e-8)
    rss = float(np.sum((y - expected.intercept - expected.slope * x) ** 2))
    assert trend.scatter == pytest.approx(math.sqrt(rss / 7), rel=1e-8)
    assert trend.scatter_interval is not None
    low, high = (math.sqrt(rss / stats.chi2(7).ppf(p)) for p in (0.84135, 0.15865))
    assert trend.scatter_interval == pytest.approx((low, high), rel=1e-4)
    interval = trend.slope_interval(level=0.9)
    assert interval is not None
    assert interval[1] - trend.slope == pytest.approx(stats.t(7).ppf(0.95) * expected.stderr, rel=1e-7)
    assert trend.chi_square is None


def test_scatter_beyond_equal_errors_is_the_difference_of_variances() -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0.0, 1.0, 12)
    y = 2.0 + x + rng.normal(0.0, 1.0, 12)
    expected = stats.linregress(x, y)
    variance = float(np.sum((y - expected.intercept - expected.slope * x) ** 2)) / 10
    error = 0.6 * math.sqrt(variance)
    trend = line(x, y, y_error=error)
    assert trend.scatter == pytest.approx(0.8 * math.sqrt(variance), rel=1e-4)
    assert trend.slope_error == pytest.approx(expected.stderr, rel=1e-6)
    assert trend.quantile_freedom == 10
    assert trend.chi_square == pytest.approx(10 / 0.36, rel=1e-9)
    assert "scatter beyond the errors" in trend.words
    assert trend.scatter_interval is not None
    top = math.sqrt(10 * variance / stats.chi2(10).ppf(0.15865) - error**2)
    assert trend.scatter_interval[1] == pytest.approx(top, rel=1e-4)


def test_unequal_errors_maximise_the_restricted_likelihood() -> None:
    rng = np.random.default_rng(4)
    x, error = np.linspace(0.0, 1.0, 10), np.linspace(0.2, 1.5, 10)
    y = x + np.hypot(error, 1.0) * rng.normal(size=10)
    trend = line(x, y, y_error=error)
    assert trend.scatter is not None

    def restricted(scatter: float) -> float:
        covariance = np.diag(error**2 + scatter**2)
        inverse = np.linalg.inv(covariance)
        design = np.stack([np.ones(10), x], axis=1)
        information = design.T @ inverse @ design
        projector = inverse - inverse @ design @ np.linalg.inv(information) @ design.T @ inverse
        return float(np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1] + y @ projector @ y)

    scan = np.linspace(0.0, 3.0, 3001)
    assert trend.scatter == pytest.approx(scan[np.argmin([restricted(s) for s in scan])], abs=1e-3)


def test_points_nearer_than_their_errors_have_no_scatter() -> None:
    x = np.arange(8.0)
    y = x + 0.1 * np.array([1, -1, 0, 1, -1, 0, 1, -1])
    trend = line(x, y, y_error=1.0)
    assert trend.scatter == 0.0
    assert trend.slope_error == pytest.approx(1.0 / math.sqrt(42.0), rel=1e-9)
    assert trend.quantile_freedom == math.inf
    assert trend.scatter_interval is None
    assert "no scatter beyond" in trend.words


def test_parabola_is_polyfit() -> None:
    rng = np.random.default_rng(5)
    x = np.linspace(-3.0, 4.0, 15)
    y = 1.0 + 0.5 * x - 0.3 * x**2 + rng.normal(0.0, 0.2, 15)
    expected, covariance = np.polyfit(x - x.mean(), y, 2, cov=True)
    trend = polynomial(x, y, degree=2)
    np.testing.assert_allclose(trend.coefficients, expected[::-1], rtol=1e-9)
    assert trend.covariance is not None
    np.testing.assert_allclose(trend.covariance, covariance[::-1, ::-1], rtol=1e-8, atol=1e-12)


def test_parabola_with_errors_in_x_minimises_the_effective_chi_square() -> None:
    rng = np.random.default_rng(6)
    true = np.linspace(0.0, 4.0, 20)
    x, y = true + rng.normal(0.0, 0.1, 20), true + 0.5 * true**2 + rng.normal(0.0, 0.1, 20)
    trend = polynomial(x, y, degree=2, x_error=0.1, y_error=0.1, intrinsic=False)

    def chi_square(c: np.ndarray) -> float:
        u = x - trend.reference
        return float(np.sum((y - c[0] - c[1] * u - c[2] * u**2) ** 2 / (0.01 + (c[1] + 2 * c[2] * u) ** 2 * 0.01)))

    best = chi_square(trend.coefficients)
    assert trend.chi_square == pytest.approx(best, rel=1e-9)
    for direction in rng.normal(size=(50, 3)) * 1e-3:
        assert chi_square(trend.coefficients + direction) > best


def test_units_do_not_matter() -> None:
    keys = {"x_error": WEIGHT_X**-0.5, "y_error": WEIGHT_Y**-0.5}
    plain = line(PEARSON_X, PEARSON_Y, **keys)
    scaled = line(PEARSON_X * 1e9, PEARSON_Y * 1e-8, x_error=keys["x_error"] * 1e9, y_error=keys["y_error"] * 1e-8)
    assert scaled.slope * 1e17 == pytest.approx(plain.slope, rel=1e-9)
    assert plain.slope_error is not None
    assert scaled.slope_error == pytest.approx(plain.slope_error * 1e-17, rel=1e-7)


def test_exact_line() -> None:
    x = np.array([95.0, 104.0, 113.0])
    trend = line(x, 100.0 + 0.6 * x, x_error=2.0, y_error=1.0)
    assert trend.slope == pytest.approx(0.6, rel=1e-12)
    assert trend.scatter == 0.0
    assert line(x, 100.0 + 0.6 * x).slope == pytest.approx(0.6, rel=1e-12)


def test_two_points_have_an_error_only_when_given_one() -> None:
    bare, given = line([0.0, 2.0], [1.0, 5.0]), line([0.0, 2.0], [1.0, 5.0], y_error=0.3)
    assert bare.slope == pytest.approx(2.0)
    assert bare.slope_error is None
    assert bare.slope_interval() is None
    assert bare.band([1.0]) is None
    assert "no error can be estimated" in bare.words
    assert given.slope_error == pytest.approx(0.3 / math.sqrt(2.0))


def test_band_is_value_and_error() -> None:
    trend = line(PEARSON_X, PEARSON_Y)
    band = trend.band([1.0, 20.0])
    value, error = trend.at([1.0, 20.0])
    assert band is not None
    assert error is not None
    np.testing.assert_allclose(band[1] - value, stats.t(8).ppf(0.975) * error, rtol=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "keys", "message"),
    [
        ([0, 1, 2], [1, 2], {}, "give one x for each y"),
        ([0, 1, math.nan], [1, 2, 3], {}, "finite"),
        ([1, 1, 1], [1, 2, 3], {}, "does not vary"),
        ([1], [1], {}, "1 points for 2 coefficients"),
        ([0, 1, 2], [1, 2, 3], {"x_error": 0.0}, "x_error must be positive"),
        ([0, 1, 2], [1, 2, 3], {"y_error": [1, 1]}, "one number or one per point"),
        ([0, 1, 2], [1, 2, 3], {"x_error": 0.1, "intrinsic": False}, "give y_error"),
    ],
)
def test_unusable_data_are_refused(x: list[float], y: list[float], keys: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        line(x, y, **keys)  # type: ignore[arg-type]


def test_degrees_are_one_and_two() -> None:
    with pytest.raises(DomainError, match="degree 3"):
        polynomial([0, 1, 2, 3], [0, 1, 2, 3], degree=3)
    with pytest.raises(DataError, match="too few different x"):
        polynomial([0, 1, 0, 1], [0, 1, 2, 3], degree=2)


def test_errors_in_x_that_swamp_the_line_are_refused() -> None:
    # The sum of squares falls monotonically towards an upright line.
    x, y = [0.257, 1.641, -1.426, -0.015, -0.456], [-0.418, -0.181, 0.110, 1.771, -1.283]
    with pytest.raises(ConvergenceError, match="trend"):
        line(x, y, x_error=0.683, y_error=0.214, intrinsic=False)
    assert abs(line(x, y, x_error=0.683, y_error=0.214).slope) < 1.0


def _slope_coverage(n: int, scatter: float, x_error: float, sets: int) -> float:
    rng = np.random.default_rng(21)
    inside = 0
    for _ in range(sets):
        true = rng.uniform(100.0, 135.0, n)
        y = 180.0 + 0.6 * (true - 115.0) + rng.normal(0.0, math.hypot(scatter, 2.0), n)
        x = true + rng.normal(0.0, x_error, n)
        interval = line(x, y, x_error=x_error or None, y_error=2.0).slope_interval()
        assert interval is not None
        inside += interval[0] <= 0.6 <= interval[1]
    return inside / sets


def test_slope_covers_roughly() -> None:
    assert 0.58 <= _slope_coverage(6, 5.0, 0.0, 200) <= 0.78


@pytest.mark.calibration
@pytest.mark.parametrize("n", [5, 8, 16])
def test_slope_covers(n: int) -> None:
    assert 0.65 <= _slope_coverage(n, 5.0, 1.5, 1500) <= 0.71
