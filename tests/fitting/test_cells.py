"""Several cells with one slope: dummy-variable regression, balanced analysis of variance, coverage, and S1's cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from megabar.errors import DataError
from megabar.fitting.cells import shared_slope
from megabar.fitting.model import FloatArray
from megabar.fitting.trend import line

# Critical temperatures of (La,Ce)H9-10 stated in the text of S1: cell, pressure (GPa), Tc (K).
S1 = ((2, 113, 175), (2, 95, 155), (9, 120, 190), (9, 104, 180), (9, 123, 190), (5, 132, 188), (5, 104, 132))


def test_without_errors_it_is_regression_with_an_indicator_for_each_cell() -> None:
    rng = np.random.default_rng(1)
    cell = [*"aaaa", *"bbb", "c", *"dd"]
    x = rng.uniform(95.0, 135.0, 10)
    offsets = {"a": 170.0, "b": 190.0, "c": 200.0, "d": 163.0}
    y = np.array([offsets[c] for c in cell]) + 0.6 * (x - 120.0) + rng.normal(0.0, 3.0, 10)
    design = np.array([[c == name for name in "abcd"] + [u - 120.0] for c, u in zip(cell, x, strict=True)], dtype=float)
    values, rss, *_ = np.linalg.lstsq(design, y, rcond=None)
    covariance = np.linalg.inv(design.T @ design) * rss[0] / 5
    found = shared_slope(x, y, cell, reference=120.0)
    assert found.slope == pytest.approx(values[4], rel=1e-9)
    assert found.slope_error == pytest.approx(math.sqrt(covariance[4, 4]), rel=1e-8)
    assert list(found.offsets) == ["a", "b", "c", "d"]
    np.testing.assert_allclose(list(found.offsets.values()), values[:4], rtol=1e-9)
    np.testing.assert_allclose(list(found.offset_errors.values()), np.sqrt(np.diag(covariance))[:4], rtol=1e-8)
    assert found.scatter == pytest.approx(math.sqrt(rss[0] / 5), rel=1e-8)
    assert found.degrees_of_freedom == 5
    assert dict(found.counts) == {"a": 4, "b": 3, "c": 1, "d": 2}
    interval = found.slope_interval(level=0.95)
    assert interval is not None
    assert interval[1] - found.slope == pytest.approx(stats.t(5).ppf(0.975) * math.sqrt(covariance[4, 4]), rel=1e-7)
    np.testing.assert_allclose(
        found.at([120.0, 130.0], cell="b"), found.offsets["b"] + found.slope * np.array([0.0, 10.0])
    )


def test_one_cell_is_a_line() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(0.0, 10.0, 8)
    y = 2.0 * x + rng.normal(0.0, 2.0, 8)
    cells, plain = shared_slope(x, y, [7] * 8, x_error=0.3, y_error=0.5), line(x, y, x_error=0.3, y_error=0.5)
    assert cells.slope == pytest.approx(plain.slope, rel=1e-9)
    assert cells.slope_error == pytest.approx(plain.slope_error, rel=1e-9)
    assert cells.scatter == pytest.approx(plain.scatter, rel=1e-6)
    assert cells.spread is None


def test_the_spread_of_balanced_cells_is_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(3)
    x = np.tile([100.0, 110.0, 120.0, 130.0], 5)
    cell = np.repeat(np.arange(5), 4)
    y = 180.0 + rng.normal(0.0, 12.0, 5)[cell] + 0.6 * (x - 115.0) + rng.normal(0.0, 4.0, 20)
    found = shared_slope(x, y, cell.tolist())
    means = y.reshape(5, 4).mean(axis=1)
    within = found.scatter
    assert within is not None
    between = float(np.var(means, ddof=1)) - within**2 / 4
    assert found.spread is not None
    assert found.spread.mean == pytest.approx(means.mean(), rel=1e-9)
    assert found.spread.mean_error == pytest.approx(math.sqrt(np.var(means, ddof=1) / 5), rel=1e-5)
    assert found.spread.value == pytest.approx(math.sqrt(between), rel=1e-4)
    # Var(spread^2) = 2 Var(means)^2 / (m - 1), and half of it by the spread for the root.
    error = math.sqrt(2 / 4) * float(np.var(means, ddof=1)) / (2 * math.sqrt(between))
    assert found.spread.error == pytest.approx(error, rel=1e-3)
    assert found.spread.interval is not None
    for end, p in zip(found.spread.interval, (0.84135, 0.15865), strict=True):
        expected = 4 * np.var(means, ddof=1) / stats.chi2(4).ppf(p) - within**2 / 4
        assert end == pytest.approx(math.sqrt(max(expected, 0.0)), rel=1e-3)


def test_cells_that_agree_have_no_spread() -> None:
    x = np.tile([1.0, 2.0, 3.0, 4.0], 3)
    noise = np.tile([0.1, -0.1, -0.1, 0.1], 3)
    found = shared_slope(x, x + noise, [0] * 4 + [1] * 4 + [2] * 4)
    assert found.spread is not None
    assert found.spread.value == 0.0
    assert found.spread.error is None
    assert found.spread.interval is None


def test_a_common_gauge_error_moves_the_offsets_and_not_the_slope() -> None:
    cell, x, y = zip(*S1, strict=True)
    plain = shared_slope(x, y, cell, x_error=2.0, y_error=1.0, reference=115.0)
    gauged = shared_slope(x, y, cell, x_error=2.0, y_error=1.0, reference=115.0, common_x_error=9.0)
    assert plain.gauge_error is None
    assert gauged.gauge_error == pytest.approx(9.0 * abs(gauged.slope))
    assert gauged.slope_error == plain.slope_error
    # By moving the data: all pressures 9 GPa lower read at the same reference.
    moved = shared_slope(np.array(x) - 9.0, y, cell, x_error=2.0, y_error=1.0, reference=115.0)
    assert moved.slope == pytest.approx(plain.slope, rel=1e-8)
    for name in plain.offsets:
        assert abs(moved.offsets[name] - plain.offsets[name]) == pytest.approx(gauged.gauge_error, rel=1e-6)


def test_the_cells_of_s1() -> None:
    # S1 states about 0.6 K/GPa between 130 and 105 GPa.
    cell, x, y = zip(*S1, strict=True)
    found = shared_slope(x, y, cell)
    within = sum((p - np.mean([q for c, q, _ in S1 if c == k])) ** 2 for k, p, _ in S1)
    product = sum((p - np.mean([q for c, q, _ in S1 if c == k])) * t for k, p, t in S1)
    assert found.slope == pytest.approx(product / within, rel=1e-9)
    wide, narrow = found.slope_interval(level=0.95), found.slope_interval()
    assert wide is not None
    assert narrow is not None
    assert wide[0] < 0.6 < wide[1]
    assert not narrow[0] < 0.6 < narrow[1]
    assert found.spread is not None
    assert found.spread.interval is not None
    assert found.spread.interval[0] > 5.0
    two = shared_slope(x[:5], y[:5], cell[:5])
    interval = two.slope_interval()
    assert interval is not None
    assert interval[0] < 0.6 < interval[1]


def test_a_cell_with_one_point_has_no_say_in_the_slope() -> None:
    cell, x, y = zip(*S1, strict=True)
    before = shared_slope(x, y, cell)
    after = shared_slope([*x, 130], [*y, 200], [*cell, 8])
    assert after.slope == pytest.approx(before.slope, rel=1e-9)
    assert after.slope_error == pytest.approx(before.slope_error, rel=1e-8)
    assert after.at(130.0, cell=8) == pytest.approx(200.0)


def test_unusable_data_are_refused() -> None:
    with pytest.raises(DataError, match="does not vary within any group"):
        shared_slope([1, 1, 2, 2], [1, 2, 3, 4], ["a", "a", "b", "b"])
    with pytest.raises(DataError, match="3 points for 4 coefficients"):
        shared_slope([1, 2, 3], [1, 2, 3], ["a", "b", "c"])
    with pytest.raises(DataError, match="2 cell labels for 3 points"):
        shared_slope([1, 2, 3], [1, 2, 3], ["a", "b"])
    with pytest.raises(DataError, match="common_x_error"):
        shared_slope([1, 2, 3], [1, 2, 3], ["a"] * 3, common_x_error=0.0)


def _coverage(cells: int, points: int, scatter: float, x_error: float, sets: int) -> tuple[float, float]:
    """Share of intervals that hold the slope at 68.27 %, and that hold the scatter (1 with nothing to hold)."""
    rng = np.random.default_rng(31)
    labels = np.repeat(np.arange(cells), points)
    slope_inside = scatter_inside = 0
    for _ in range(sets):
        true: FloatArray = rng.uniform(100.0, 135.0, labels.size)
        y = 180.0 + rng.normal(0.0, 12.0, cells)[labels] + 0.6 * (true - 115.0)
        y += rng.normal(0.0, math.hypot(scatter, 2.0), labels.size)
        x = true + rng.normal(0.0, x_error, labels.size)
        found = shared_slope(x, y, labels.tolist(), x_error=x_error or None, y_error=2.0)
        interval = found.slope_interval()
        assert interval is not None
        slope_inside += interval[0] <= 0.6 <= interval[1]
        held = found.scatter_interval
        scatter_inside += held is not None and held[0] <= scatter <= held[1]
    return slope_inside / sets, scatter_inside / sets


def test_slope_covers_roughly() -> None:
    assert 0.58 <= _coverage(4, 4, 6.0, 0.0, 200)[0] <= 0.78


@pytest.mark.calibration
@pytest.mark.parametrize(("cells", "points"), [(4, 4), (3, 3), (6, 2)])
def test_slope_and_scatter_cover(cells: int, points: int) -> None:
    slope, scatter = _coverage(cells, points, 6.0, 1.5, 1500)
    assert 0.65 <= slope <= 0.71
    assert 0.64 <= scatter <= 0.72
