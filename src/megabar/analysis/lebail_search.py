"""Starting cells for a refinement: those around the given ones whose lines fall on most of what is seen.

A cell 2 % off puts lines several widths from their place, where a refinement finds no way back. The search looks at a
dense, even set of cells around the given one of each phase, and at all phases together, since each has to explain what
the others do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.lebail_model import Lines, Phase
from megabar.analysis.pattern_lines import Found
from megabar.physics import crystal

FloatArray = NDArray[np.float64]

CELLS: Final = {1: 301, 2: 5000, 3: 16000}
MOST_CELLS: Final = 30000
MOST_LINES: Final = 30
MOST_PEAKS: Final = 60
ROUNDS: Final = 4

_ANGLE_SPAN: Final = 30.0
_GOLDEN: Final = 0.6180339887498949
_KEEP_START: Final = 0.02


def candidates(phase: Phase, span: float) -> FloatArray:
    """Free parameters of cells around the start, the start first, (c, n); lengths within `span` of themselves.

    Even without being a grid (the additive recurrence of the generalised golden ratio), so that no axis is coarse.
    Angles move within `span` times 30 degrees.
    """
    n = phase.start.size
    if phase.held:
        return phase.start[None]
    count = CELLS.get(n, MOST_CELLS)
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (n + 1.0))
    even = (0.5 + np.arange(1, count)[:, None] * ratio ** -np.arange(1.0, n + 1.0)) % 1.0
    lengths = np.array([name in "abc" for name in phase.free])
    reach = np.where(lengths, span * phase.start, span * _ANGLE_SPAN)
    return np.concatenate([phase.start[None], phase.start + (2.0 * even - 1.0) * reach])


def starts(
    phases: Sequence[Phase], lines: Lines, found: Found, *, wavelength: float, span: float
) -> list[list[FloatArray]]:
    """A few sets of starting parameters, one array a phase, the most promising first.

    found: the lines that are seen. Every order of the phases is tried (each takes what the former ones leave), from
    there each phase is improved in turn with the others as they are.
    """
    seen = np.argsort(-found.strength)[:MOST_PEAKS]
    place, weight = found.place[seen], np.sqrt(found.strength[seen])
    tried = [candidates(phase, span) for phase in phases]
    cover = [
        _cover(phase, lines.hkl[lines.phase == i], cells, place, found.typical_width, wavelength=wavelength, span=span)
        for i, (phase, cells) in enumerate(zip(phases, tried, strict=True))
    ]
    near = [_nearness(phase, cells, span) * weight.sum() for phase, cells in zip(phases, tried, strict=True)]
    ended: dict[tuple[int, ...], float] = {}
    orders = list(permutations(range(len(phases)))) if len(phases) <= 3 else [tuple(range(len(phases)))]
    for order in orders:
        chosen, score = _climb(order, cover, near, weight)
        ended[chosen] = score
    best = sorted(ended, key=lambda chosen: -ended[chosen])
    return [[cells[i] for cells, i in zip(tried, chosen, strict=True)] for chosen in best]


def _climb(
    order: Sequence[int], cover: Sequence[FloatArray], near: Sequence[FloatArray], weight: FloatArray
) -> tuple[tuple[int, ...], float]:
    """One phase after the other takes the cell that adds most to what the rest explain."""
    chosen = dict.fromkeys(order, -1)
    score = 0.0
    for _ in range(ROUNDS):
        before = dict(chosen)
        for phase in order:
            others = [cover[other][chosen[other]] for other in order if other != phase and chosen[other] >= 0]
            rest = np.max(others, axis=0) if others else np.zeros(weight.size)
            scores = np.maximum(cover[phase], rest) @ weight + near[phase]
            chosen[phase] = int(np.argmax(scores))
            score = float(scores[chosen[phase]])
        if chosen == before:
            break
    return tuple(chosen[phase] for phase in sorted(chosen)), score


def _cover(
    phase: Phase,
    hkl: NDArray[np.intp],
    cells: FloatArray,
    place: FloatArray,
    width: float,
    *,
    wavelength: float,
    span: float,
) -> FloatArray:
    """How well each line that is seen is met by some line of each cell, from 0 to 1, (cells, seen)."""
    d = crystal.inverse_spacing_squared(hkl, np.array(phase.cell)) ** -0.5
    own = hkl[np.argsort(-d)[:MOST_LINES]]
    distance = np.full((len(cells), place.size), np.inf)
    q = crystal.inverse_spacing_squared(own, phase.whole(cells))
    angles = np.nan_to_num(crystal.two_theta(q**-0.5, wavelength=wavelength), nan=1e3)
    for column in range(len(own)):
        np.minimum(distance, np.abs(angles[:, column, None] - place), out=distance)
    # Cells lie this far apart, so that a line may be missed by half of it.
    apart = 2.0 * span * len(cells) ** (-1.0 / phase.start.size)
    blur = np.hypot(0.5 * width, apart * np.degrees(np.tan(np.radians(0.5 * place))))
    return np.asarray(np.exp(-0.5 * (distance / blur) ** 2))


def _nearness(phase: Phase, cells: FloatArray, span: float) -> FloatArray:
    """A slight preference for the cell that was given, which decides where nothing else does."""
    off = ((cells - phase.start) / (span * phase.start)) ** 2
    return np.asarray(-_KEEP_START * off.mean(axis=1)) if span > 0 else np.zeros(len(cells))
