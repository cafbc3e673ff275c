"""Which contacts of a table follow one law: d = c/R (Maxwell) or R d^2 = c (Sharvin), without being told how many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

FloatArray = NDArray[np.float64]
Indices = NDArray[np.intp]

LawName = Literal["Maxwell", "Sharvin"]
POWER: Final[dict[LawName, int]] = {"Maxwell": 1, "Sharvin": 2}
"""R d^power is constant along the law."""

_PASSES: Final = 20
_CLOSE: Final = 4.0
_ASTRAY: Final = 5.0
_LEAST_ASTRAY: Final = 0.25
_TIGHTEST: Final = 0.05
"""Of the tolerance: no group counts as tighter than this where its rows are compared with another's."""


@dataclass(frozen=True)
class Group:
    """Rows that share R d^power = c within the tolerance.

    rows: indices, ascending; constant: exp(mean ln c) in ohm nm^power; relative_error: the standard error of that
    mean; residuals: ln of diameter over that of the law with the group's median constant, shape of rows;
    spread: their standard deviation; exponent: slope of ln d on ln R with its standard error, -1/power expected;
    shared: those of the rows that another group's law fits within the tolerance too.
    """

    law: LawName
    rows: Indices
    constant: float
    relative_error: float | None
    residuals: FloatArray
    spread: float
    exponent: float | None
    exponent_error: float | None
    shared: Indices

    @property
    def power(self) -> int:
        return POWER[self.law]

    @property
    def astray(self) -> NDArray[np.bool_]:
        """Which of the rows lie within the tolerance, but far outside the scatter of the group; shape of rows.

        More than five times the usual deviation (from the median) and more than a quarter of the largest; none where
        a third of the group or more would be meant.
        """
        size = np.abs(self.residuals)
        far = np.asarray((size > _ASTRAY * self.usual) & (size > _LEAST_ASTRAY * float(size.max())))
        return far if 3 * np.count_nonzero(far) < far.size else np.zeros(far.size, dtype=bool)

    @property
    def usual(self) -> float:
        """The deviation of most rows, ln d: their spread as their median deviation tells it."""
        return 1.4826 * float(np.median(np.abs(self.residuals)))


@dataclass(frozen=True)
class Laws:
    """The groups, largest first, and the rows (indices) that follow none of their laws; `close`: see `find_groups`."""

    groups: tuple[Group, ...]
    leftover: Indices
    close: bool


def find_groups(resistance: FloatArray, diameter: FloatArray, *, tolerance: float, minimum: int, chance: float) -> Laws:
    """Groups of rows on one law each, from resistances (ohm) and diameters (nm), shape (n,), all positive.

    Rule. The diameter of a law through a row may differ from that of the group's law by a share `tolerance`, so both
    laws are treated alike (R d^2 by twice as much). Among the rows not yet taken, each row in turn and each law
    propose a constant; of the proposals that hold `minimum` rows and that chance would not make, the one with most
    rows is taken (the tighter of equals), its constant set to their median until nothing changes; and so on. In the
    end a row that fits several laws goes where it is most likely, which is where the rows times the normal density of
    their residuals is largest, and groups that are left with too few rows are given up.

    Chance: with the resistances and diameters of the n rows paired at random a share f of all pairs falls within the
    proposal; it is kept when 2 n P(Binomial(n - 1, f) >= rows - 1) < `chance`. So contacts that are all of one size,
    which tell no law from another, make no group.

    `close` warns that two groups of one law lie within four tolerances: slices of a scatter wider than the tolerance.
    """
    x, y = np.log(resistance), np.log(diameter)
    width = math.log1p(tolerance)
    levels = {law: y + x / power for law, power in POWER.items()}
    chosen: list[tuple[LawName, float]] = []
    assigned = np.full(x.size, -1, dtype=np.intp)
    while np.count_nonzero(assigned < 0) >= minimum:
        best = _best(x, y, assigned < 0, width, minimum, chance)
        if best is None:
            break
        law, centre = best
        assigned[(assigned < 0) & (np.abs(levels[law] - centre) <= width)] = len(chosen)
        chosen.append((law, centre))
    assigned, chosen = _assign(levels, chosen, assigned, width, minimum)
    groups = [_group(x, y, levels, chosen, assigned, number, width) for number in range(len(chosen))]
    groups.sort(key=lambda group: -group.rows.size)
    return Laws(tuple(groups), np.flatnonzero(assigned < 0), _any_close(chosen, width))


def _best(
    x: FloatArray, y: FloatArray, left: NDArray[np.bool_], width: float, minimum: int, chance: float
) -> tuple[LawName, float] | None:
    """The law and the constant (as a level, y + x/power) that most rows share; None when chance explains all."""
    best: tuple[int, float, LawName, float] | None = None
    for law, power in POWER.items():
        level = np.sort(y[left] + x[left] / power)
        count, likely = _chance(x[left] / power, y[left], level, width)
        for row in np.flatnonzero((count >= minimum) & (likely < chance)):
            inside = level[np.abs(level - level[row]) <= width]
            rank = (int(count[row]), -float(np.std(inside)))
            if best is None or rank > best[:2]:
                best = (*rank, law, _settled(level, float(np.median(inside)), width))
    return None if best is None else best[2:]


def _settled(level: FloatArray, centre: float, width: float) -> float:
    """The median of the levels within the width of itself."""
    for _ in range(_PASSES):
        inside = level[np.abs(level - centre) <= width]
        moved = float(np.median(inside)) if inside.size else centre
        if moved == centre:
            break
        centre = moved
    return centre


def _chance(scaled: FloatArray, y: FloatArray, level: FloatArray, width: float) -> tuple[Indices, FloatArray]:
    """For a proposal through each level (ascending): how many rows it holds, and how likely chance makes as many."""
    n = level.size
    count = np.searchsorted(level, level + width, "right") - np.searchsorted(level, level - width, "left")
    paired = (scaled[:, None] + y[None, :])[~np.eye(n, dtype=bool)]
    paired.sort()
    by_chance = np.searchsorted(paired, level + width, "right") - np.searchsorted(paired, level - width, "left")
    share = (by_chance + 1.0) / (paired.size + 1.0)
    return count, np.asarray(len(POWER) * n * bdtrc(count - 2, n - 1, share), dtype=np.float64)


def _assign(
    levels: dict[LawName, FloatArray],
    chosen: list[tuple[LawName, float]],
    assigned: Indices,
    width: float,
    minimum: int,
) -> tuple[Indices, list[tuple[LawName, float]]]:
    """The number of the group that each row belongs to (-1: none), and the groups with settled constants."""
    while chosen:
        for _ in range(_PASSES):
            before = assigned
            away = np.array([levels[law] - centre for law, centre in chosen])
            likely = np.array([_likelihood(row, assigned == i, width) for i, row in enumerate(away)])
            likely[np.abs(away) > width] = -np.inf
            assigned = np.where(np.isfinite(likely).any(axis=0), likely.argmax(axis=0), -1)
            chosen = [
                (law, float(np.median(levels[law][assigned == i])) if np.any(assigned == i) else centre)
                for i, (law, centre) in enumerate(chosen)
            ]
            if np.array_equal(before, assigned):
                break
        sizes = np.array([np.count_nonzero(assigned == i) for i in range(len(chosen))])
        if sizes.min() >= minimum:
            return assigned, chosen
        given_up = int(sizes.argmin())
        chosen = [one for i, one in enumerate(chosen) if i != given_up]
        assigned = np.where(assigned == given_up, -1, assigned - (assigned > given_up))
    return np.full(assigned.size, -1, dtype=np.intp), []


def _likelihood(away: FloatArray, members: NDArray[np.bool_], width: float) -> FloatArray:
    """ln of the members times the normal density of their residuals, at each residual."""
    own = away[members]
    size = max(own.size, 1)
    spread = max(float(np.sqrt(np.mean(own**2))) if own.size else 0.0, _TIGHTEST * width)
    return np.asarray(math.log(size / spread) - 0.5 * (away / spread) ** 2)


def _group(
    x: FloatArray,
    y: FloatArray,
    levels: dict[LawName, FloatArray],
    chosen: list[tuple[LawName, float]],
    assigned: Indices,
    number: int,
    width: float,
) -> Group:
    law, centre = chosen[number]
    rows = np.flatnonzero(assigned == number)
    residuals = levels[law][rows] - centre
    spread = float(np.std(residuals, ddof=1))
    fits_others = np.zeros(rows.size, dtype=bool)
    for i, (other, level) in enumerate(chosen):
        if i != number:
            fits_others |= np.abs(levels[other][rows] - level) <= width
    exponent, error = _slope(x[rows], y[rows])
    power = POWER[law]
    return Group(
        law=law,
        rows=rows,
        constant=math.exp(power * float(np.mean(levels[law][rows]))),
        relative_error=power * spread / math.sqrt(rows.size) or None,
        residuals=residuals,
        spread=spread,
        exponent=exponent,
        exponent_error=error,
        shared=rows[fits_others],
    )


def _slope(x: FloatArray, y: FloatArray) -> tuple[float | None, float | None]:
    """The slope of a straight line with its standard error; None where the rows do not tell."""
    away = x - x.mean()
    square = float(np.sum(away**2))
    if not square > 0.0:
        return None, None
    slope = float(np.sum(away * y)) / square
    rest = y - y.mean() - slope * away
    return slope, (math.sqrt(float(np.sum(rest**2)) / (x.size - 2) / square) or None)


def _any_close(chosen: list[tuple[LawName, float]], width: float) -> bool:
    for law in POWER:
        own = sorted(level for name, level in chosen if name == law)
        if any(high - low < _CLOSE * width for low, high in pairwise(own)):
            return True
    return False
