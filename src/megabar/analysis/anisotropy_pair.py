"""Two orientations of the field compared: ratios by every model and criterion, and what the pressures do to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from megabar.analysis.anisotropy_ratio import (
    Difference,
    Ratio,
    Sensitivity,
    Shift,
    Value,
    difference,
    ratio,
    sensitivity,
    shift,
)
from megabar.analysis.anisotropy_settings import Settings
from megabar.analysis.criteria import fraction_name
from megabar.analysis.field import CurveFields
from megabar.analysis.field_fit import LineFit, ModelFit
from megabar.analysis.field_models import NAMES, Name
from megabar.data import Measured
from megabar.errors import DataError

CRITERIA: Final = ("onset", fraction_name(0.5), fraction_name(0.1))
"""Those whose spread is given."""


def _slope(line: LineFit, found: ModelFit) -> Value:
    return Value(found.fit.values["slope"], found.fit.errors["slope"], _freedom(line, found))


def _zero(line: LineFit, found: ModelFit) -> Value:
    return Value(found.zero, found.zero_error, _freedom(line, found))


def _freedom(line: LineFit, found: ModelFit) -> float:
    return float(found.fit.degrees_of_freedom) if line.by_scatter else math.inf


QUANTITIES: Final[Mapping[str, Callable[[LineFit, ModelFit], Value]]] = {"slope": _slope, "field_zero": _zero}
"""What is compared: the slope at Tc (T/K) and Hc2(0) (T)."""


def plain(words: str) -> str:
    """Words without what does not tell them apart."""
    return " ".join(words.casefold().split())


@dataclass(frozen=True, eq=False)
class Oriented:
    """One curve of one measurement, its field in one orientation ("" not stated)."""

    measured: Measured
    orientation: str
    curve: CurveFields

    @property
    def key(self) -> str:
        """The orientation whatever its spaces and capitals."""
        return plain(self.orientation)

    def line(self, criterion: str) -> LineFit | None:
        """All models of one criterion."""
        return next((line for line in self.curve.lines if line.line.criterion == criterion), None)

    def value(self, quantity: str, criterion: str, model: Name) -> Value | None:
        """One of `QUANTITIES`; None where the criterion has no line, or the model does not describe it."""
        line = self.line(criterion)
        return None if line is None or model not in line.fits else QUANTITIES[quantity](line, line.fits[model])

    @property
    def fitted(self) -> tuple[Name, ...]:
        """Models that describe a line by some criterion."""
        return tuple(dict.fromkeys(name for line in self.curve.lines for name in line.fits))


@dataclass(frozen=True, eq=False)
class Comparison:
    """One quantity, second over first orientation: by the model and criterion of the settings, and by the others.

    sensitivity, shift: to the pressure, and by the difference of the pressures; None where unknown.
    """

    quantity: str
    ratio: Ratio
    by_model: Mapping[Name, Ratio]
    by_criterion: Mapping[str, Ratio]
    sensitivity: Sensitivity | None
    shift: Shift | None

    @property
    def spread(self) -> dict[str, float]:
        """Half the range of the ratio over models and over criteria, where there are several."""
        half = {"model": _half_range(self.by_model), "criterion": _half_range(self.by_criterion)}
        return {name: size for name, size in half.items() if size is not None}


def _half_range(ratios: Mapping[Any, Ratio]) -> float | None:
    values = [r.value for r in ratios.values()]
    return 0.5 * (max(values) - min(values)) if len(values) > 1 else None


@dataclass(frozen=True, eq=False)
class Pair:
    """Two orientations: each quantity compared, and the difference of the pressures (None where one is not stated)."""

    first: Oriented
    second: Oriented
    comparisons: tuple[Comparison, ...]
    difference: Difference | None


def compare(first: Oriented, second: Oriented, every: Sequence[Oriented], settings: Settings) -> Pair:
    """Second over first; `every` are all curves of the experiment, from which a sensitivity to pressure may follow.

    DataError where one of the two has no line by the criterion and model of the settings.
    """
    for one in (first, second):
        if one.value("slope", settings.criterion, settings.model) is None:
            raise DataError(_no_line(one, settings))
    pressures = [one.measured.pressure for one in (second, first)]
    known = [p for p in pressures if p is not None]
    between = difference(*known) if len(known) == 2 else None
    made = []
    for quantity in QUANTITIES:
        by = _sensitivity(quantity, first, second, every, settings)
        models = {m: r for m in second.fitted if (r := _ratio(quantity, first, second, settings.criterion, m))}
        criteria = {c: r for c in CRITERIA if (r := _ratio(quantity, first, second, c, settings.model))}
        made.append(
            Comparison(
                quantity,
                models[settings.model],
                models,
                criteria,
                by,
                None if by is None or between is None else shift(between, by),
            )
        )
    return Pair(first, second, tuple(made), between)


def _no_line(one: Oriented, settings: Settings) -> str:
    known = ", ".join(line.line.criterion for line in one.curve.lines) or "none"
    models = ", ".join(one.fitted) or "none"
    return (
        f"{one.measured.measurement}: no line of upper critical fields by {settings.criterion} and "
        f"{NAMES[settings.model]} to compare (criteria with a line: {known}; models: {models}): measure more fields, "
        "or set anisotropy.criterion and anisotropy.model"
    )


def _ratio(quantity: str, first: Oriented, second: Oriented, criterion: str, model: Name) -> Ratio | None:
    over, under = (one.value(quantity, criterion, model) for one in (second, first))
    return None if over is None or under is None else ratio(over, under)


def _sensitivity(
    quantity: str, first: Oriented, second: Oriented, every: Sequence[Oriented], settings: Settings
) -> Sensitivity | None:
    """That of the settings; else from other measurements, against the one of the two in the same orientation, or
    against both where theirs is not stated."""
    given = settings.pressure_sensitivity
    if given is not None:
        return Sensitivity(given.value, given.error, "from the experiment file")
    pairs: list[tuple[Ratio, Difference]] = []
    used: dict[str, str] = {}
    for other in every:
        for one in (first, second):
            if other in (first, second) or other.key not in ("", one.key):
                continue
            found = _ratio(quantity, one, other, settings.criterion, settings.model)
            pressures = other.measured.pressure, one.measured.pressure
            if found is not None and pressures[0] is not None and pressures[1] is not None:
                pairs.append((found, difference(pressures[0], pressures[1])))
                used[other.measured.measurement] = _reserve(other, one)
    words = "; ".join(f"{name}{reserve}" for name, reserve in used.items())
    return sensitivity(pairs, f"from {words}")


def _reserve(other: Oriented, one: Oriented) -> str:
    """What keeps another measurement from telling the effect of the pressure alone."""
    reserves = []
    if other.measured.cell != one.measured.cell:
        reserves.append("another cell, whose scatter from cell to cell is unknown")
    if not other.orientation:
        reserves.append("its orientation is not stated")
    return f" ({', '.join(reserves)})" if reserves else ""
