"""Thinned pictures show what the whole picture shows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree

from megabar.plot.thin import line_points, visible_points


def test_few_points_are_all_kept():
    x = np.array([3.0, 1.0, 2.0])
    assert visible_points(x, x, most=3).tolist() == [0, 1, 2]


def test_what_is_left_out_of_a_curve_lies_under_what_is_drawn():
    x = np.linspace(0.0, 350.0, 50_000)
    y = 100.0 * np.tanh((x - 150.0) / 2.0)
    kept = visible_points(x, y, most=700)
    assert kept.size <= 700
    distance, _ = cKDTree(np.stack([x[kept], y[kept]], axis=1)).query(np.stack([x, y], axis=1))
    assert distance.max() < 2.0 * np.sqrt(2.0)


def test_a_cloud_keeps_its_spread_and_every_point_that_stands_alone():
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0.0, 350.0, 30_000), rng.normal(100.0, 15.0, 30_000)
    lonely = [7, 12_345, 29_999]
    y[lonely] = [200.0, -20.0, 205.0]
    kept = visible_points(x, y, most=800)
    assert 400 < kept.size <= 900
    assert set(lonely) <= set(kept.tolist())
    assert np.percentile(y[kept], [16, 84]) == pytest.approx([85.0, 115.0], abs=4.0)
    assert np.all(np.diff(kept) > 0)


def test_long_line_keeps_its_extremes_and_breaks():
    y = np.sin(np.linspace(0.0, 400.0, 100_001))
    y[60_000:60_010] = np.nan
    y[31_313], y[77_777] = 5.0, -5.0
    kept = line_points(y, chunks=100)
    assert kept.size < 420
    assert {0, 31_313, 77_777, 100_000, 59_999, 60_000, 60_009, 60_010} <= set(kept.tolist())
    edges = np.linspace(0, y.size, 101).astype(int)
    for start, stop in pairwise(edges):
        inside = kept[(kept >= start) & (kept < stop)]
        assert np.nanmax(y[inside]) == np.nanmax(y[start:stop])


def test_short_line_is_untouched():
    assert line_points(np.full(10, np.nan), chunks=3).tolist() == list(range(10))
