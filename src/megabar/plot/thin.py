"""Fewer points for the same picture: what is left out lies under what is drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from megabar.data.recording import FloatArray


def visible_points(x: FloatArray, y: FloatArray, *, most: int) -> NDArray[np.intp]:
    """Indices, ascending, of at most about `most` points that show the same cloud as all of (x, y).

    `x` and `y` are finite and in typographic points on the paper. The paper is divided into square cells, and the
    first point in each cell is kept; the cells start at 0.5 point and grow by a quarter until few enough points are
    left. A point that stands alone has its own cell, so isolated points are never dropped.
    """
    if x.size <= most:
        return np.arange(x.size)
    cell = 0.5
    while True:
        cells = np.floor(np.stack([x, y]) / cell).astype(np.int64)
        cells -= cells.min(axis=1, keepdims=True)
        _, kept = np.unique(cells[0] * (cells[1].max() + 1) + cells[1], return_index=True)
        if kept.size <= most or cell > 8.0:
            return np.sort(kept)
        cell *= 1.25


def line_points(y: FloatArray, *, chunks: int) -> NDArray[np.intp]:
    """Indices, ascending, that keep the envelope of a long line: first, lowest, highest and last of each chunk.

    Breaks (NaN) are kept at both of their edges.
    """
    if y.size <= 4 * chunks:
        return np.arange(y.size)
    edges = np.linspace(0, y.size, chunks + 1).astype(np.intp)
    kept: list[int] = []
    for start, stop in pairwise(edges):
        piece = y[start:stop]
        kept += [int(start), int(stop) - 1]
        if np.isfinite(piece).any():
            kept += [int(start) + int(np.nanargmin(piece)), int(start) + int(np.nanargmax(piece))]
    broken = np.flatnonzero(np.diff(np.isfinite(y).astype(np.int8)))
    return np.unique(np.concatenate([np.array(kept, dtype=np.intp), broken, broken + 1]))
