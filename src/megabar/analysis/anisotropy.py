"""Upper critical fields of one cell in two orientations of the field: their ratio, and what the pressure did to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from megabar.analysis.anisotropy_estimates import (
    notes,
    orientation_estimates,
    pressure_estimates,
    ratio_estimates,
    summary,
)
from megabar.analysis.anisotropy_pair import Oriented, compare
from megabar.analysis.anisotropy_panels import lines_panel, pressure_panel
from megabar.analysis.anisotropy_settings import Settings
from megabar.analysis.step_estimates import Sheet
from megabar.data import Measured, Note, Result
from megabar.errors import DataError

__all__ = ["Settings", "across"]

FROM: Final = "field"
"""The kind of the measurements that are compared."""


def across(measured: Sequence[Measured], settings: Settings | None = None) -> tuple[Result, ...]:
    """A result for each two measurements of the kind `field` of one cell whose orientations are named and differ.

    Ratios of the slope at Tc and of Hc2(0), second over first, by one model for both, with the spread over models and
    criteria; what the difference of the pressures could have done to them; significance without and with it. Two
    measurements that cannot be compared give a result with a warning.
    """
    chosen = settings or Settings()
    every = [
        Oriented(m, str(m.result.settings.get("orientation", "")), curve)
        for m in measured
        if m.result.kind == FROM and m.result.details is not None
        for curve in m.result.details.curves
    ]
    pairs = [(first, second) for first, second in combinations(every, 2) if _comparable(first, second)]
    return tuple(_result(first, second, every, chosen, _name(first, second, pairs)) for first, second in pairs)


def _comparable(first: Oriented, second: Oriented) -> bool:
    """One cell, two measurements with different orientations, the same of their curves (or the only one of each)."""
    one_each = all(len(o.measured.result.details.curves) == 1 for o in (first, second))
    return (
        first.measured is not second.measured
        and first.measured.cell == second.measured.cell
        and bool(first.key and second.key)
        and first.key != second.key
        and (one_each or first.curve.curve == second.curve.curve)
    )


def _name(first: Oriented, second: Oriented, pairs: Sequence[tuple[Oriented, Oriented]]) -> str:
    """The cell, and what else tells the pair apart from others of the cell."""
    name = f"anisotropy of {first.measured.cell or 'the sample'}"
    alike = [pair for pair in pairs if pair[0].measured.cell == first.measured.cell]
    if len(alike) == 1:
        return name
    curve = "" if len(first.measured.result.details.curves) == 1 else f", {first.curve.curve}"
    return f"{name}: {second.measured.measurement} over {first.measured.measurement}{curve}"


def _result(first: Oriented, second: Oriented, every: Sequence[Oriented], settings: Settings, name: str) -> Result:
    both = (first.measured.result, second.measured.result)
    plain = Result(
        kind="anisotropy",
        measurement=name,
        estimates=(),
        settings=settings.model_dump(mode="json"),
        sources=tuple(dict.fromkeys(source for result in both for source in result.sources)),
        simulated=any(result.simulated for result in both),
        digitised=any(result.digitised for result in both),
    )
    try:
        pair = compare(first, second, every, settings)
    except DataError as error:
        return replace(plain, notes=(Note(str(error), "warning"),), summary="not compared, see the warning")
    sheet = Sheet(name, {})
    ratios = [e for one in pair.comparisons for e in ratio_estimates(pair, one, settings, sheet)]
    drawn = (lines_panel(pair, settings), pressure_panel(pair, every, settings))
    return replace(
        plain,
        estimates=(
            *ratios,
            *orientation_estimates(pair, settings, sheet),
            *pressure_estimates(pair, sheet),
        ),
        panels=tuple(panel for panel in drawn if panel is not None),
        notes=tuple(notes(pair, settings)),
        summary=summary(pair),
        details=pair,
    )
