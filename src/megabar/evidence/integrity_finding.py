"""What a look at raw numbers can find: the mark, where it lies, its number with its significance, and plain causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

LEVEL: Final = 2e-4
"""Probability of a mark on a clean curve, for each kind of mark on one curve; all kinds together stay below 1 %."""

EXPERIMENT_LEVEL: Final = 1e-3
"""Probability of one mark or more among all pairs of curves of an experiment."""


class Mark(StrEnum):
    """The kinds of marks; what each means and how often it errs stands in docs/integrity.md."""

    QUANTISED = "quantised"
    STEPS = "equal steps on a smooth curve"
    INTERPOLATED = "interpolated stretch"
    SMOOTHED = "smoothed stretch"
    REPEATED = "repeated noise"
    MIRRORED = "mirrored noise"
    MONOTONIC = "monotonic beyond its noise"
    SUBTRACTED = "smoother than its parts"
    NOT_THE_DIFFERENCE = "not the difference of its parts"
    COMMON_NOISE = "common noise of two curves"


CAUSES: Final[Mapping[Mark, tuple[str, ...]]] = MappingProxyType(
    {
        Mark.QUANTISED: (
            "resolution of the instrument",
            "few digits in the file",
            "counts of a detector",
            "digitising of a printed figure",
        ),
        Mark.STEPS: (
            "a quantised reading from which a smooth background was subtracted",
            "changes of range of an amplifier",
            "flux jumps of a SQUID",
        ),
        Mark.INTERPOLATED: (
            "interpolation on a common grid",
            "gaps filled by the acquisition program",
            "a reading that was not renewed",
            "digitising of a printed figure",
        ),
        Mark.SMOOTHED: (
            "filter of a lock-in or amplifier slower than the time between readings",
            "running average in the instrument or before publication",
            "azimuthal integration that shares pixels among bins",
            "digitising of a printed figure",
        ),
        Mark.REPEATED: (
            "periodic pick-up, as of the mains",
            "rows written twice by the acquisition program",
            "files joined with an overlap",
        ),
        Mark.MIRRORED: ("symmetrised or antisymmetrised before it was stored", "a sweep completed by reflection"),
        Mark.MONOTONIC: (
            "sorted rows",
            "a monotonic fit or filter before it was stored",
            "noise of the instrument that differs along the curve",
        ),
        Mark.SUBTRACTED: ("smoothed after the subtraction", "averaged over more sweeps than the raw curve"),
        Mark.NOT_THE_DIFFERENCE: (
            "another sweep or a scaled background was subtracted",
            "smoothed or rounded after the subtraction",
        ),
        Mark.COMMON_NOISE: (
            "one measurement stored twice, or in two units",
            "one noisy background subtracted from both, or both divided by one curve",
            "both read at the same moments with common pick-up",
            "one detector with pixels of unequal sensitivity",
            "simulated with one seed",
        ),
    }
)
"""Ordinary causes that exist for each mark. A mark says that one is to be looked up, not which."""


@dataclass(frozen=True)
class Finding:
    """One mark in one curve, or in a pair.

    where: ranges of x (low, high) in `x_unit`; rows: first and last reading of each, counted from 1 in the curve.
    number: what was measured of the mark (`quantity`, in `unit`): a step, a share of the curve, a correlation.
    probability: that a clean curve (an experiment, for pairs) shows as much, all places looked at included; an upper
    bound where the distribution is only bounded. causes: ordinary reasons for such a mark.
    """

    mark: Mark
    curve: str
    column: str
    text: str
    where: tuple[tuple[float, float], ...]
    rows: tuple[tuple[int, int], ...]
    x_name: str
    x_unit: str
    quantity: str
    number: float
    unit: str
    probability: float
    other: str = ""

    @property
    def causes(self) -> tuple[str, ...]:
        """Ordinary reasons for such a mark."""
        return CAUSES[self.mark]
