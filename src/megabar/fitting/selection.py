"""Which of several models of the same data is supported, by Akaike's criterion for small samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from megabar.errors import DataError
from megabar.fitting.least_squares import Fit
from megabar.fitting.model import FloatArray, frozen_array

_PARSIMONY = 2.0
"""Difference of AICc below which a nested simpler model is kept (Burnham and Anderson 2002, section 2.6)."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Models compared on the same data, in the order given.

    aicc (m,) NaN-free tuple, None where too few points for the criterion; delta = aicc - lowest; weights: Akaike
    weights exp(-delta/2) normalised over the models that have a criterion (0 for the others)
    chosen   index of the model that the rule takes; words: the rule applied, with its numbers
    """

    fits: tuple[Fit, ...]
    aicc: tuple[float | None, ...]
    delta: tuple[float | None, ...]
    weights: FloatArray
    chosen: int
    words: str

    @property
    def best(self) -> Fit:
        """The chosen fit."""
        return self.fits[self.chosen]


def compare(fits: Sequence[Fit]) -> Selection:
    """AICc, Akaike weights and a choice among fits of the same points with the same weights.

    Rule: the lowest AICc; if a model nested in that one lies less than 2 above it, the simplest such model. A model
    counts as nested when the names of its varied parameters are a proper subset of the other's: give parameters of
    the same meaning the same name, and hold those that are absent (`fixed`). For exact data, where residuals are
    rounding, the criterion is the same for all models that reproduce them, so the simplest wins.
    Source: K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference (2002), chapter 2.
    Raises DataError for no fits, different data or weights, or too few points for the criterion of every model.
    """
    _check(fits)
    criteria = tuple(f.aicc for f in fits)
    known = [i for i, value in enumerate(criteria) if value is not None]
    if not known:
        raise DataError(f"compare: {fits[0].y.size} points are too few for AICc of any model: add points")
    lowest = min(known, key=lambda i: _number(criteria[i]))
    base = _number(criteria[lowest])
    delta = tuple(None if value is None else value - base for value in criteria)
    likelihood = np.array([0.0 if d is None else np.exp(-0.5 * d) for d in delta])
    nested = [i for i in known if _nested(fits[i], fits[lowest]) and _number(delta[i]) < _PARSIMONY]
    chosen = min([*nested, lowest], key=lambda i: (_varied_count(fits[i]), _number(criteria[i])))
    weights = frozen_array(likelihood / likelihood.sum())
    return Selection(tuple(fits), criteria, delta, weights, chosen, _words(fits, delta, weights, chosen, lowest))


def _check(fits: Sequence[Fit]) -> None:
    if not fits:
        raise DataError("compare: no fits to compare")
    first = fits[0]
    for other in fits[1:]:
        same = (
            np.array_equal(first.x, other.x)
            and np.array_equal(first.y, other.y)
            and np.array_equal(first.relative_sigma, other.relative_sigma)
            and first.absolute == other.absolute
        )
        if not same:
            raise DataError(
                f"compare: {first.model.name} and {other.model.name} were fitted to different points or weights: "
                "fit all models to the same window with the same sigma"
            )


def _number(value: float | None) -> float:
    return np.inf if value is None else value


def _varied(result: Fit) -> set[str]:
    return {p.name for p in result.parameters if p.vary}


def _varied_count(result: Fit) -> int:
    return len(_varied(result))


def _nested(inner: Fit, outer: Fit) -> bool:
    return _varied(inner) < _varied(outer)


def _words(fits: Sequence[Fit], delta: Sequence[float | None], weights: FloatArray, chosen: int, lowest: int) -> str:
    name = fits[chosen].model.name
    others = []
    for i, other in enumerate(fits):
        if i == chosen:
            continue
        difference = delta[i]
        others.append(
            f"{other.model.name}: too few points"
            if difference is None
            else f"{other.model.name}: AICc {difference - _number(delta[chosen]):+.1f}, weight {weights[i]:.2f}"
        )
    reason = "lowest AICc" if chosen == lowest else f"nested and less than {_PARSIMONY:g} above the lowest AICc"
    against = f"; against it {'; '.join(others)}" if others else ""
    return f"{name} ({', '.join(sorted(_varied(fits[chosen])))} free): {reason}, weight {weights[chosen]:.2f}{against}"
