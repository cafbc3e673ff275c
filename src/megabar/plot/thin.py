"""Fewer points for the same picture: what is left out lies under what is drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data.recording import FloatArray

_SYMBOL: Final = 2.0
_NEIGHBOURHOOD: Final = 12.0


def visible_points(x: FloatArray, y: FloatArray, *, most: int) -> NDArray[np.intp]:
    """Indices, ascending, of about `most` points at most that show the same cloud as all of (x, y).

    `x` and `y` are finite and in typographic points on the paper. First, of points closer together than a symbol is
    wide only one is kept: what is left out lies under what is drawn. Where that is not enough, because the points
    fill an area, every point that stands alone is kept and of the others each k-th in the order of the file, which
    keeps their density.
    """
    if x.size <= most:
        return np.arange(x.size)
    for cell in (0.5, 1.0, _SYMBOL):
        _, kept, _ = _occupied(x, y, cell)
        if kept.size <= most:
            return np.sort(kept)
    cell_of, _, counts = _occupied(x, y, _NEIGHBOURHOOD)
    alone = counts[cell_of] == 1
    crowd = np.flatnonzero(~alone)
    step = max(1, -(-crowd.size // max(1, most - int(alone.sum()))))
    return np.sort(np.concatenate([np.flatnonzero(alone), crowd[::step]]))


def _occupied(x: FloatArray, y: FloatArray, cell: float) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Square cells of the paper that hold points: the cell of each point, the first point and the count of each."""
    column, row = (np.floor((values - values.min()) / cell).astype(np.int64) for values in (x, y))
    _, first, cell_of, counts = np.unique(
        column * (row.max() + 1) + row, return_index=True, return_inverse=True, return_counts=True
    )
    return cell_of, first, counts


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
