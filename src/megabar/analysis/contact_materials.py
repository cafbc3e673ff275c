"""How Tc is distributed over many contacts, by the material of the tip, and whether the materials differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.contact_table import ContactTable
from megabar.analysis.headline import rounded
from megabar.data import Estimate, Note, Status

FloatArray = NDArray[np.float64]

ALL: Final = "all contacts"
_FEWEST_TESTED: Final = 3
_LEVEL: Final = 0.05
_SMALLEST: Final = 0.001
_MOST_BINS: Final = 40


@dataclass(frozen=True)
class Comparison:
    """Two materials: Tc of the first minus that of the second in K (means), its error (Welch), and the probability of
    Mann and Whitney's test, multiplied after Holm for the number of comparisons; None with fewer than three values."""

    first: str
    second: str
    difference: float
    error: float | None
    probability: float | None


def by_material(table: ContactTable) -> dict[str, FloatArray]:
    """The known Tc of each material, or of all contacts where none is named; empty when no Tc is known."""
    known = np.isfinite(table.critical_temperature)
    names = np.array(table.material, dtype=object)
    if not table.materials:
        return {ALL: table.critical_temperature[known]} if known.any() else {}
    groups = {name: table.critical_temperature[known & (names == name)] for name in table.materials}
    return {name: values for name, values in groups.items() if values.size}


def material_estimates(groups: dict[str, FloatArray], measurement: str) -> list[Estimate]:
    """Mean, median, standard deviation, extremes and number of each material's Tc, and of all together."""
    estimates = []
    every = {**groups, ALL: np.concatenate(list(groups.values()))} if len(groups) > 1 else groups
    for name, values in every.items():
        count = values.size
        spread = _deviation(values)
        numbers: list[tuple[str, float | None, str, float | None]] = [
            ("mean_critical_temperature", float(values.mean()), "mean over contacts", _over_root(spread, count)),
            ("median_critical_temperature", float(np.median(values)), "median over contacts", None),
            ("spread_of_critical_temperature", spread, "standard deviation over contacts", _of_spread(spread, count)),
            ("highest_critical_temperature", float(values.max()), "highest of the contacts", None),
            ("lowest_critical_temperature", float(values.min()), "lowest of the contacts", None),
        ]
        labels = {"material": name}
        for quantity, value, method, error in numbers:
            status = Status.OK if value is not None else Status.UNDETERMINED
            estimates.append(Estimate(quantity, measurement, value, "K", method, error, labels=labels, status=status))
        estimates.append(
            Estimate("contacts_with_critical_temperature", measurement, float(count), "1", "rows", labels=labels)
        )
    return estimates


def compare(groups: dict[str, FloatArray]) -> list[Comparison]:
    """Every pair of materials, the one with the higher mean first."""
    pairs = []
    for one, other in combinations(groups, 2):
        first, second = (one, other) if groups[one].mean() >= groups[other].mean() else (other, one)
        pairs.append((first, second))
    raw = [_probability(groups[first], groups[second]) for first, second in pairs]
    adjusted = _holm(raw)
    return [
        Comparison(
            first,
            second,
            float(groups[first].mean() - groups[second].mean()),
            _welch(groups[first], groups[second]),
            probability,
        )
        for (first, second), probability in zip(pairs, adjusted, strict=True)
    ]


def comparison_estimates(comparisons: Sequence[Comparison], measurement: str) -> list[Estimate]:
    return [
        Estimate(
            "critical_temperature_difference",
            measurement,
            one.difference,
            "K",
            "difference of the means, Mann-Whitney test of the whole distributions",
            one.error,
            labels={"materials": f"{one.first} less {one.second}"},
            remark=_verdict(one),
        )
        for one in comparisons
    ]


def comparison_notes(comparisons: Sequence[Comparison]) -> list[Note]:
    """Each comparison in words."""
    tested = sum(one.probability is not None for one in comparisons)
    many = f", over {tested} comparisons by Holm's rule" if tested > 1 else ""
    return [Note(f"Tc of {one.first} and {one.second}: {_verdict(one)}{many}") for one in comparisons]


def histogram(groups: dict[str, FloatArray], width: float | None) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Edges of bins common to all materials, shape (m + 1,), and the contacts of each material in them, shape (m,)."""
    values = np.concatenate(list(groups.values()))
    step = width or _bin_width(values)
    step = max(step, float(np.ptp(values)) / _MOST_BINS)
    first = math.floor(float(values.min()) / step)
    last = max(math.floor(float(values.max()) / step) + 1, first + 1)
    edges = np.asarray(step * np.arange(first, last + 1), dtype=np.float64)
    return edges, {name: np.histogram(own, edges)[0].astype(np.float64) for name, own in groups.items()}


def mean_words(values: FloatArray) -> str:
    """The mean to the digits that its standard error allows."""
    return rounded(float(values.mean()), _over_root(_deviation(values), values.size))


def _deviation(values: FloatArray) -> float | None:
    return float(np.std(values, ddof=1)) if values.size > 1 else None


def _bin_width(values: FloatArray) -> float:
    """Freedman and Diaconis' width rounded to 1, 2 or 5 times a power of ten; 1 K where it is not defined."""
    low, high = np.quantile(values, [0.25, 0.75])
    width = 2.0 * float(high - low) / values.size ** (1.0 / 3.0)
    if not width > 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    return power * min((1.0, 2.0, 5.0, 10.0), key=lambda step: abs(math.log(step * power / width)))


def _over_root(spread: float | None, count: int) -> float | None:
    return None if not spread else spread / math.sqrt(count)


def _of_spread(spread: float | None, count: int) -> float | None:
    """The standard error of a standard deviation, for a normal distribution."""
    return None if not spread else spread / math.sqrt(2.0 * (count - 1))


def _welch(one: FloatArray, other: FloatArray) -> float | None:
    if min(one.size, other.size) < 2:
        return None
    return math.sqrt(float(np.var(one, ddof=1)) / one.size + float(np.var(other, ddof=1)) / other.size) or None


def _probability(one: FloatArray, other: FloatArray) -> float | None:
    """That distributions which are one and the same would differ as much as these (two-sided)."""
    if min(one.size, other.size) < _FEWEST_TESTED:
        return None
    if np.unique(np.concatenate([one, other])).size == 1:
        return 1.0
    # It takes half a second to load, and few tables come this far.
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(one, other, alternative="two-sided").pvalue)


def _holm(raw: Sequence[float | None]) -> list[float | None]:
    """The k-th smallest of m times (m - k + 1), never falling, at most 1."""
    known = sorted((p, i) for i, p in enumerate(raw) if p is not None)
    adjusted: list[float | None] = [None] * len(raw)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = highest
    return adjusted


def _verdict(one: Comparison) -> str:
    p = one.probability
    if p is None:
        return f"fewer than {_FEWEST_TESTED} contacts of one of them: not tested"
    size = f"p < {_SMALLEST:g}" if p < _SMALLEST else f"p = {p:.2g}"
    if p < _LEVEL:
        return f"{one.first} higher than {one.second}, beyond chance (Mann-Whitney, {size})"
    return f"the difference may be chance (Mann-Whitney, {size})"
