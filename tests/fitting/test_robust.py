"""Outliers: named where they are, none where there are none, also at the ends of the range."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from megabar.errors import DomainError
from megabar.fitting.least_squares import fit, problem_of
from megabar.fitting.model import FloatArray, Model, Parameter
from megabar.fitting.robust import robust_fit
from megabar.fitting.solver import search
from megabar.physics.resistivity import bloch_gruneisen

LEAD = (
    Path(__file__).resolve().parents[2].parent
    / "shared/data/measured/transport/mmdg-oxford__papers/Pb_resistivity_experimental.csv"
)


def test_clean_data_are_left_alone(line_model: Model) -> None:
    rng = np.random.default_rng(4)
    x = np.linspace(0.0, 1.0, 30)
    named = 0
    for _ in range(100):
        y = 1.0 + x + rng.normal(0.0, 0.1, 30)
        result = robust_fit(line_model, x, y)
        named += len(result.outliers)
        if not result.outliers:
            assert result.fit is result.all_points
            assert result.moved == {"a": 0.0, "b": 0.0}
            assert "no outliers" in result.words
    # 3,000 normal points: 0.2 beyond four standard deviations are expected.
    assert named <= 3


@pytest.mark.parametrize("index", [0, 7, 19])
def test_one_spoiled_point_is_named_and_left_out(line_model: Model, index: int) -> None:
    rng = np.random.default_rng(5)
    x = np.linspace(0.0, 1.0, 20)
    y = 1.0 + x + rng.normal(0.0, 0.05, 20)
    y[index] += 0.6
    result = robust_fit(line_model, x, y)
    assert result.outliers == (index,)
    keep = np.arange(20) != index
    alone = fit(line_model, x[keep], y[keep])
    assert result.fit.values["b"] == pytest.approx(alone.values["b"], rel=1e-9)
    assert result.all_points.values["b"] == pytest.approx(fit(line_model, x, y).values["b"], rel=1e-9)
    error = alone.errors["b"]
    assert error is not None
    shift = (alone.values["b"] - result.all_points.values["b"]) / error
    assert result.moved["b"] == pytest.approx(shift, rel=1e-6)
    assert f"numbers {index}" in result.words


def test_deviation_is_the_deletion_residual(line_model: Model) -> None:
    rng = np.random.default_rng(6)
    x = np.linspace(0.0, 1.0, 12)
    y = 1.0 + x + rng.normal(0.0, 0.05, 12)
    y[11] += 1.0
    result = robust_fit(line_model, x, y)
    assert result.outliers == (11,)
    for i, others in ((11, np.arange(11)), (3, np.array([0, 1, 2, 4, 5, 6, 7, 8, 9, 10]))):
        slope, intercept, *_ = stats.linregress(x[others], y[others])
        residual = y[others] - intercept - slope * x[others]
        freedom = others.size - 2
        centre = x[others].mean()
        spread = 1 + 1 / others.size + (x[i] - centre) ** 2 / np.sum((x[others] - centre) ** 2)
        t = (y[i] - intercept - slope * x[i]) / math.sqrt(np.sum(residual**2) / freedom * spread)
        expected = math.copysign(stats.norm.isf(stats.t.sf(abs(t), freedom)), t)
        assert result.deviation[i] == pytest.approx(expected, rel=1e-5)


def test_several_outliers_that_hide_each_other(line_model: Model) -> None:
    x = np.linspace(0.0, 1.0, 40)
    y = 1.0 + x + np.random.default_rng(8).normal(0.0, 0.05, 40)
    y[[36, 37, 38, 39]] -= 1.0
    assert robust_fit(line_model, x, y).outliers == (36, 37, 38, 39)


def test_a_wrong_model_is_not_repaired_by_leaving_points_out(line_model: Model) -> None:
    x = np.linspace(0.0, 1.0, 40)
    y = np.where(x < 0.35, 0.0, 1.0) + np.random.default_rng(1).normal(0.0, 0.01, 40)
    result = robust_fit(line_model, x, y, fixed={"b": 0.0})
    assert result.outliers == ()
    assert result.fit is result.all_points
    assert "does not describe these data" in result.words


def test_one_spoiled_number_in_exact_data(line_model: Model) -> None:
    x = np.arange(10.0)
    y = 1e-8 * (1.0 + 0.3 * x)
    assert robust_fit(line_model, x, y).outliers == ()
    y[4] *= 1.0 + 1e-6
    result = robust_fit(line_model, x, y)
    assert result.outliers == (4,)
    assert result.fit.values["b"] == pytest.approx(3e-9, rel=1e-9)


def test_relative_weights_are_respected(line_model: Model) -> None:
    rng = np.random.default_rng(9)
    x = np.linspace(0.0, 1.0, 40)
    sigma = np.where(x < 0.5, 0.01, 1.0)
    y = x + sigma * rng.normal(size=40)
    y[5] += 0.2
    assert robust_fit(line_model, x, y, sigma=sigma).outliers == (5,)


def test_too_few_points_and_bad_threshold(line_model: Model) -> None:
    result = robust_fit(line_model, [0, 1, 2, 3], [0, 1, 2, 9])
    assert result.outliers == ()
    assert "no outliers sought" in result.words
    with pytest.raises(DomainError, match="threshold"):
        robust_fit(line_model, [0, 1, 2, 3], [0, 1, 2, 9], threshold=0.0)


@pytest.mark.skipif(not LEAD.exists(), reason="the measured resistivity of lead is not on this machine")
@pytest.mark.parametrize("top", [150.0, 300.0])
def test_the_point_of_lead_at_14_kelvin(top: float) -> None:
    with LEAD.open() as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))[1:]
    temperature, resistivity = np.array(sorted((float(t), float(r)) for _, t, r in rows)).T
    window = temperature <= top

    def law(t: FloatArray, *, amplitude: float, debye_temperature: float) -> FloatArray:
        return np.asarray(bloch_gruneisen(t, residual=0.0, amplitude=amplitude, debye_temperature=debye_temperature))

    model = Model(
        "Bloch-Gruneisen",
        law,
        lambda x, y: (
            Parameter("amplitude", 4.0 * y[-1] * 100.0 / x[-1], 0.0),
            Parameter("debye_temperature", 100.0, 10.0),
        ),
    )
    t, r = temperature[window], resistivity[window]
    result = robust_fit(model, t, r, sigma=r)
    assert [t[i] for i in result.outliers] == [14.0]


def test_a_search_that_leaves_the_range_of_numbers_ends_where_it_began(line_model: Model) -> None:
    """The robust loss squares residuals over its scale: 1 over 1e-200 is beyond the largest number."""
    x = np.linspace(0.0, 1.0, 12)
    problem, start = problem_of(fit(line_model, x, np.cos(9.0 * x)))
    end, _ = search(problem, start, method="trf", loss="soft_l1", f_scale=1e-200)
    np.testing.assert_array_equal(end, start)
