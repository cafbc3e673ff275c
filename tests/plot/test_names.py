"""Which traces belong together."""

from __future__ import annotations

import pytest

from megabar.plot.names import own_part, owner


@pytest.mark.parametrize(
    ("name", "series", "expected"),
    [
        ("warming: fit", ["cooling", "warming"], "warming"),
        ("fit (Warming)", ["cooling", "warming"], "warming"),
        ("sweep 10 residual", ["sweep 1", "sweep 10"], "sweep 10"),
        ("sweep 1 residual", ["sweep 1", "sweep 10"], "sweep 1"),
        ("rewarming", ["warming"], None),
        ("a.b fit", ["a+b", "a.b"], "a.b"),
        ("axb fit", ["a.b"], None),
        ("fit", ["", "warming"], None),
    ],
)
def test_owner_is_the_longest_series_named(name, series, expected):
    assert owner(name, series) == expected


@pytest.mark.parametrize(
    ("name", "series", "words"),
    [
        ("warming: fit", "warming", "fit"),
        ("warming T90", "warming", "T90"),
        ("T90 (warming)", "warming", "T90"),
        ("fit, warming", "warming", "fit"),
        ("fit to warming", "warming", "fit to warming"),
        ("warming", "warming", ""),
        ("fit", None, "fit"),
        ("line through 2 of cooling data", "cooling", "line through 2 of cooling data"),
    ],
)
def test_own_part_is_what_the_name_says_besides(name, series, words):
    assert own_part(name, series) == words
