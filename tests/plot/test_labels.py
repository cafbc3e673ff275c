"""Words beside points never collide."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.plot.labels import place


def overlap(corner, size, other, other_size):
    return bool(np.all((corner < other + other_size) & (other < corner + size)))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 350), st.floats(0, 200)), min_size=1, max_size=9), st.integers(1, 8))
def test_words_lie_inside_the_frame_and_not_on_each_other(points, letters):
    anchors = np.array(points)
    sizes = np.tile([4.6 * letters, 9.0], (len(points), 1))
    corners = place(anchors, sizes, obstacles=anchors, frame=(352.0, 206.0))
    assert np.all(corners >= 0.0)
    assert np.all(corners + sizes <= [352.0, 206.0])
    for i, j in itertools.combinations(range(len(points)), 2):
        assert not overlap(corners[i], sizes[i], corners[j], sizes[j])


def test_words_keep_clear_of_a_steep_curve():
    y = np.linspace(10.0, 190.0, 400)
    curve = np.stack([150.0 + 20.0 * y / 200.0, y], axis=1)
    anchors = curve[[20, 100, 200, 300, 390]]
    size = np.array([20.0, 9.0])
    sizes = np.tile(size, (5, 1))
    corners = place(anchors, sizes, obstacles=curve, frame=(352.0, 206.0))
    for corner in corners:
        inside = np.all((curve > corner) & (curve < corner + size), axis=1)
        assert not inside.any()
    assert np.all(np.hypot(*(corners + 0.5 * size - anchors).T) < 45.0)


def test_no_words_no_places():
    assert place(np.zeros((0, 2)), np.zeros((0, 2)), obstacles=np.zeros((0, 2)), frame=(10.0, 10.0)).shape == (0, 2)
