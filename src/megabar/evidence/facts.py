"""What the claims are judged from: the results of an experiment, and how to find numbers in them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from megabar.analysis.combine import MEAN
from megabar.analysis.headline import HALF, rounded
from megabar.data import Estimate, Measured, Result, Status
from megabar.evidence.bounds import bound
from megabar.evidence.claim import SIGMAS

RESISTIVE: Final = ("resistance", "field")
MAGNETIC: Final = ("susceptibility",)

CRITERIA: Final = {
    "resistance": (HALF, "onset", "zero"),
    "field": (HALF, "onset", "zero"),
    "susceptibility": ("onset", "half of the drop"),
    "spectrum": ("gap closes", "features vanish"),
}
"""Criteria of Tc by kind, the one that is compared first in front."""

ALIKE: Final = 0.03
"""Pressures that differ by less than this share are called the same: a convention amid the 1 to 5 % between scales."""
ONE_PRESSURE: Final = 0.1
"""Share of a pressure that may hide in the errors of two that are called one: the share of Tc that two samples may
differ by, since Tc changes by about as many per cent as the pressure where it is steep (see `samples.STEEP`)."""
NEAR_AMBIENT: Final = 0.3
"""GPa that may always hide there, near ambient pressure: what clamped cells lose on cooling (a convention)."""

_FIELD: Final = re.compile(r"(-?\d[\d.e+-]*) T\b")
_TEMPERATURE: Final = re.compile(r"(-?\d[\d.e+-]*) K\b")


@dataclass(frozen=True)
class Bar:
    """A sample with current along its length: thickness, width and length in um, one standard deviation of each."""

    thickness: float
    width: float
    length: float
    errors: tuple[float | None, float | None, float | None] = (None, None, None)

    @property
    def factor(self) -> tuple[float, float | None]:
        """Resistivity over resistance, w t / l, in m, and its relative standard deviation, None if unknown."""
        lengths = (self.thickness, self.width, self.length)
        parts = [e / v for e, v in zip(self.errors, lengths, strict=True) if e is not None]
        relative = math.hypot(*parts) if len(parts) == len(lengths) else None
        return 1e-6 * self.width * self.thickness / self.length, relative

    @property
    def sheet_factor(self) -> tuple[float, float | None]:
        """Resistivity over the resistance of a sheet, t, in m, and its relative standard deviation, None if unknown."""
        error = self.errors[0]
        return 1e-6 * self.thickness, None if error is None else error / self.thickness


@dataclass(frozen=True)
class Facts:
    """One experiment. `measured` is the sample, `controls` what was measured in its place; `trends` are over pressure.

    `composition` is the sample's as the experiment file writes it, "" where it does not; `bar` None without lengths.
    """

    measured: tuple[Measured, ...]
    controls: tuple[Measured, ...] = ()
    trends: tuple[Result, ...] = ()
    composition: str = ""
    bar: Bar | None = None

    @classmethod
    def of(
        cls,
        measured: Iterable[Measured],
        *,
        trends: Sequence[Result] = (),
        composition: str = "",
        bar: Bar | None = None,
    ) -> Facts:
        """The facts of measurements, the controls among them told apart."""
        every = tuple(measured)
        sample = tuple(one for one in every if not one.control)
        return cls(sample, tuple(one for one in every if one.control), tuple(trends), composition, bar)

    def of_kind(self, *kinds: str) -> list[Measured]:
        """Measurements of the sample of these kinds, in order."""
        return [one for one in self.measured if one.result.kind in kinds]


def known(result: Result, quantity: str, **labels: str | float) -> list[Estimate]:
    """Estimates of the quantity that may be quoted: with a value and status OK; means of directions in front."""
    found = [e for e in result.find(quantity, **labels) if e.value is not None and e.status == Status.OK]
    return sorted(found, key=lambda e: (e.labels.get("step", 1) != 1, not str(e.labels.get("sweep")).startswith(MEAN)))


def per_curve(estimates: Sequence[Estimate]) -> list[Estimate]:
    """For each curve the means of directions, or where there are none every sweep."""
    means = {e.labels.get("curve") for e in estimates if str(e.labels.get("sweep")).startswith(MEAN)}
    return [e for e in estimates if e.labels.get("curve") not in means or str(e.labels.get("sweep")).startswith(MEAN)]


def value_of(estimate: Estimate) -> float:
    """The value of an estimate that is known to have one."""
    assert estimate.value is not None  # by `known`, or made here
    return estimate.value


def in_words(estimate: Estimate) -> str:
    """The value to the first digit of its error."""
    return rounded(value_of(estimate), estimate.error)


def field_of(estimate: Estimate) -> float:
    """The field (T) that the labels name, 0 where they name none."""
    return _first(_FIELD, estimate) or 0.0


def temperature_of(estimate: Estimate) -> float | None:
    """The temperature (K) that the labels name."""
    return _first(_TEMPERATURE, estimate)


def kelvin(estimate: Estimate) -> float:
    """The same for sorting: 0 where the labels name none."""
    return temperature_of(estimate) or 0.0


def _first(pattern: re.Pattern[str], estimate: Estimate) -> float | None:
    words = ", ".join(str(estimate.labels.get(key, "")) for key in ("sweep", "at"))
    match = pattern.search(words)
    return None if match is None else float(match[1])


def at_lowest_field(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Those at the lowest field among them."""
    if not estimates:
        return []
    least = min(abs(field_of(e)) for e in estimates)
    return [e for e in estimates if abs(field_of(e)) == least]


def transition(result: Result, criterion: str) -> Estimate | None:
    """Tc by one criterion, at the lowest field and over both directions where there are several."""
    found = at_lowest_field(known(result, "critical_temperature", criterion=criterion))
    return found[0] if found else None


def critical_temperature(result: Result) -> Estimate | None:
    """Tc by the first criterion of its kind that gives one."""
    found = (transition(result, criterion) for criterion in CRITERIA.get(result.kind, ()))
    return next((one for one in found if one is not None), None)


def difference(one: Estimate, other: Estimate) -> tuple[float, float | None]:
    """`one` less `other`, and its standard deviation (None where either has none)."""
    known_errors = one.error is not None and other.error is not None
    error = math.hypot(one.error or 0.0, other.error or 0.0) if known_errors else None
    return value_of(one) - value_of(other), error


def pressures(one: Measured, other: Measured) -> tuple[float, float | None] | None:
    """Difference of the pressures (GPa) and its standard deviation; None where either was not stated.

    The error that a gauge has in common drops out unless gauge or scale differ.
    """
    a, b = one.pressure, other.pressure
    if a is None or b is None:
        return None
    parts = [a.error, b.error]
    if (a.gauge, a.scale) != (b.gauge, b.scale):
        parts += [a.gauge_error, b.gauge_error]
    error = None if a.error is None or b.error is None else math.hypot(*(p or 0.0 for p in parts))
    return a.value - b.value, error


def pressure_room(one: Measured, other: Measured) -> float:
    """How far apart (GPa) two pressures may be, errors and all, to be called one."""
    stated = [m.pressure.value for m in (one, other) if m.pressure is not None]
    return max(ONE_PRESSURE * min(stated, default=0.0), NEAR_AMBIENT)


def same_pressure(one: Measured, other: Measured) -> bool | None:
    """Whether both were made at one pressure; None where not stated, or not well enough to say.

    They differ beyond three standard deviations and 3 %. They are the same otherwise, where no more than 10 %, or
    0.3 GPa, may hide in the errors. Without errors only within one cell: between cells nothing says how well two gauges
    agree. Two measurements without any pressure (at ambient pressure, as nothing else is said) count as the same.
    """
    if one.pressure is None and other.pressure is None:
        return True
    apart = pressures(one, other)
    if apart is None or one.pressure is None or other.pressure is None:
        return None
    shift, error = apart
    near = abs(shift) <= ALIKE * min(one.pressure.value, other.pressure.value)
    if error is None:
        return near if one.cell == other.cell else None if near else False
    if not near and abs(shift) > SIGMAS * error:
        return False
    return True if bound(shift, error) <= pressure_room(one, other) else None


def same_isotope(one: Measured, other: Measured) -> bool:
    """Whether both may be of one isotope: they name the same one, or one of them none."""
    return one.isotope is None or other.isotope is None or one.isotope == other.isotope


def cell_words(measured: Measured) -> str:
    """The cell in a sentence: "cell A", "cell 2"."""
    return measured.cell if measured.cell.lower().startswith("cell") else f"cell {measured.cell}"


def short(criterion: str) -> str:
    """A criterion in words of a sentence: "R/R(onset) = 0.50" -> "50 %"."""
    return "50 %" if criterion == HALF else criterion


def temperature_range(result: Result) -> tuple[float, float] | None:
    """Lowest and highest temperature (K) of what was measured, as its figures show it; None where none does."""
    drawn = [
        trace.x
        for panel in result.panels
        if panel.x_label.startswith("Temperature")
        for trace in panel.traces
        if trace.style == "data" and trace.x.size
    ]
    if not drawn:
        return None
    return min(float(x.min()) for x in drawn), max(float(x.max()) for x in drawn)
