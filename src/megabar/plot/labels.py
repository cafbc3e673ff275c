"""Places for words beside marked points, so that no word lies on another, on a point or outside the frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from megabar.data.recording import FloatArray

_RADII = (9.0, 14.0, 20.0, 28.0, 38.0, 50.0, 66.0)
_DIRECTIONS = 16
_PASSES = 4


def place(
    anchors: FloatArray, sizes: FloatArray, *, obstacles: FloatArray, frame: tuple[float, float], padding: float = 1.5
) -> FloatArray:
    """Lower left corners, shape (n, 2), of n words of `sizes` (n, 2) near their `anchors` (n, 2).

    All in typographic points from the lower left corner of the frame (width, height). `obstacles`, shape (m, 2), are
    points to keep clear of. Each word tries places around its anchor; the cost of a place is its distance, the
    obstacles it covers and, above all, the words it lies on; the words take turns until nobody moves.
    """
    count = len(anchors)
    if count == 0:
        return np.zeros((0, 2))
    options = np.stack([_candidates(anchor, size, frame) for anchor, size in zip(anchors, sizes, strict=True)])
    fixed = np.stack([_fixed_costs(options[i], sizes[i] + padding, anchors[i], obstacles) for i in range(count)])
    chosen = fixed.argmin(axis=1)
    for _ in range(_PASSES):
        before = chosen.copy()
        for i in range(count):
            others = np.array([j for j in range(count) if j != i], dtype=np.intp)
            corners = options[others, chosen[others]]
            cost = fixed[i] + 1e4 * _overlaps(options[i], sizes[i] + padding, corners, sizes[others] + padding)
            chosen[i] = int(cost.argmin())
        if np.array_equal(before, chosen):
            break
    return np.asarray(options[np.arange(count), chosen], dtype=np.float64)


def _candidates(anchor: FloatArray, size: FloatArray, frame: tuple[float, float]) -> FloatArray:
    """Corners around the anchor, moved inside the frame."""
    angle = np.arange(_DIRECTIONS) * (2.0 * np.pi / _DIRECTIONS)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    centre = anchor + np.concatenate([unit * (radius + 0.5 * size * np.abs(unit)) for radius in _RADII])
    room = np.maximum(np.array(frame) - size - 2.0, 2.0)
    corners: FloatArray = np.clip(centre - 0.5 * size, 2.0, room)
    return corners


def _fixed_costs(corners: FloatArray, size: FloatArray, anchor: FloatArray, obstacles: FloatArray) -> FloatArray:
    """What a place costs whatever the other words do: covered points and the way from the anchor."""
    covered = _covered(corners, size, obstacles) + 4.0 * _covered(corners, size + 4.0, anchor[None, :])
    distance = np.hypot(*(corners + 0.5 * size - anchor).T)
    result: FloatArray = 12.0 * covered + distance
    return result


def _covered(corners: FloatArray, size: FloatArray, points: FloatArray) -> FloatArray:
    """How many `points` lie in each rectangle (corner, size)."""
    offset = points[None, :, :] - corners[:, None, :]
    inside: NDArray[np.bool_] = np.all((offset > -2.0) & (offset < size + 2.0), axis=2)
    return np.asarray(inside.sum(axis=1), dtype=np.float64)


def _overlaps(corners: FloatArray, size: FloatArray, others: FloatArray, other_sizes: FloatArray) -> FloatArray:
    """How many of the `others` each rectangle (corner, size) lies on."""
    right = corners[:, None, :] + size > others[None, :, :]
    left = corners[:, None, :] < others[None, :, :] + other_sizes[None, :, :]
    return np.asarray(np.all(right & left, axis=2).sum(axis=1), dtype=np.float64)
