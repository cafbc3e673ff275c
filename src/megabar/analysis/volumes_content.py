"""Hydrogen per metal atom and the composition of an alloy from volumes, by every convention that is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.step_estimates import Sheet
from megabar.analysis.volumes_settings import Alloy, Hydrogen, Settings, VolumeCurve
from megabar.analysis.volumes_table import Compression
from megabar.data import Estimate, Note, Status
from megabar.fitting.trend import line
from megabar.physics import composition

FloatArray = NDArray[np.float64]

HALF: Final = "half of molecular H2 (Loubeyre 1996)"

_FEWEST_FOLLOWED: Final = 4
"""Pressures from which on a change with pressure is looked for."""
_SEEN: Final = 3.0
"""Errors by which a slope must differ from zero to be told."""

_Rule = Callable[[FloatArray, FloatArray], FloatArray]
"""(pressure in GPa, volume in angstrom^3 per formula unit) -> composition, NaN where a curve is not known."""


@dataclass(frozen=True, eq=False)
class Content:
    """A composition by one convention: at every pressure (n,), with errors from volume and pressure, and over all.

    gauge: what the error common to all pressures moves the mean by, None without one.
    """

    convention: str
    pressure: FloatArray
    values: FloatArray
    errors: FloatArray | None
    mean: float
    error: float | None
    gauge: float | None


def hydrogen_contents(data: Compression, settings: Settings) -> tuple[list[Content], list[Note]]:
    """H per metal atom by every convention with every metal; notes on conventions that tell nothing here."""
    if settings.hydrogen is None:
        return [], []
    return _contents(data, settings, hydrogen_rules(settings.hydrogen), "hydrogen")


def alloy_contents(data: Compression, settings: Settings) -> tuple[list[Content], list[Note]]:
    """The share of the second end member by both rules."""
    if settings.alloy is None:
        return [], []
    return _contents(data, settings, _alloy_rules(settings.alloy), "alloy")


def hydrogen_rules(hydrogen: Hydrogen) -> dict[str, _Rule]:
    """Every convention by name; the name of the metal stands in it where there are several."""
    metals: dict[str, Callable[[FloatArray], FloatArray]] = {one.name: one.volume for one in hydrogen.metal}
    if hydrogen.metal[0].fraction is not None:
        metals = {"alloy": lambda p: _mixed(hydrogen.metal, p)}
    rules: dict[str, _Rule] = {}
    for metal, volume in metals.items():
        suffix = f", {metal}" if len(metals) > 1 else ""
        rules[HALF + suffix] = _by_hydrogen(volume, _half)
        for curve in hydrogen.volumes:
            rules[curve.name + suffix] = _by_hydrogen(volume, curve.volume)
        for reference in hydrogen.references:
            rules[f"as in {reference.name}{suffix}"] = _by_reference(volume, reference)
    return rules


def content_estimates(quantity: str, contents: list[Content], sheet: Sheet, *, method: str) -> list[Estimate]:
    """One estimate a convention; for hydrogen with several of them the interval that they span, without a value."""
    made = [
        sheet.note(
            quantity,
            one.mean,
            "1",
            method,
            error=one.error,
            systematic={} if one.gauge is None else {"gauge": one.gauge},
            labels={"convention": one.convention},
            remark=_over(one),
        )
        for one in contents
    ]
    if len(contents) > 1:
        low, high = min(one.mean for one in contents), max(one.mean for one in contents)
        gauge = max((one.gauge or 0.0 for one in contents), default=0.0)
        made.insert(
            0,
            sheet.note(
                f"{quantity}_range",
                None,
                "1",
                "lowest to highest convention",
                interval=(low, high),
                systematic={"gauge": gauge} if gauge else {},
                status=Status.OK,
                remark=f"an interval, not a number: {len(contents)} conventions differ by {high - low:.2g}",
            ),
        )
    return made


def _over(one: Content) -> str:
    if one.values.size < 2:
        return f"at {one.pressure[0]:.4g} GPa"
    first, last = (int(i) for i in (np.argmin(one.pressure), np.argmax(one.pressure)))
    return (
        f"{one.values[first]:.3g} at {one.pressure[first]:.4g} GPa, {one.values[last]:.3g} at "
        f"{one.pressure[last]:.4g} GPa"
    )


def _contents(
    data: Compression, settings: Settings, rules: dict[str, _Rule], what: str
) -> tuple[list[Content], list[Note]]:
    made: list[Content] = []
    notes: list[Note] = []
    beyond = float(np.max(data.pressure)) > composition.MOLECULAR_HYDROGEN_HIGHEST
    if what == "hydrogen" and beyond:
        top = composition.MOLECULAR_HYDROGEN_HIGHEST
        notes.append(Note(f"{HALF}: measured to {top:g} GPa, its law is extrapolated above"))
    for name, rule in rules.items():
        values = rule(data.pressure, data.volume)
        known = np.isfinite(values)
        if not known.any():
            notes.append(Note(f"{what}, {name}: its curve or its metal's does not reach these pressures", "warning"))
            continue
        if not known.all():
            notes.append(Note(f"{what}, {name}: {int(np.sum(~known))} pressures beyond its curve left out", "warning"))
        errors = _errors(data, rule)
        errors = None if errors is None else errors[known]
        mean, error = _mean(values[known], errors)
        gauge = _gauge(data, rule, known, mean, errors, settings.gauge_error)
        notes += _doubts(what, name, data.pressure[known], values[known], errors)
        made.append(Content(name, data.pressure[known], values[known], errors, mean, error, gauge))
    return made, notes


def _doubts(what: str, name: str, pressure: FloatArray, values: FloatArray, errors: FloatArray | None) -> list[Note]:
    """Warnings on a composition that changes with pressure, and on a share beyond the end members."""
    notes: list[Note] = []
    if values.size >= _FEWEST_FOLLOWED:
        trend = line(pressure, values, y_error=errors)
        if trend.slope_error is not None and abs(trend.slope) > _SEEN * trend.slope_error:
            low, high = float(pressure.min()), float(pressure.max())
            change = trend.slope * (high - low)
            text = (
                f"{what}, {name}: changes by {change:+.2g} from {low:.3g} to {high:.3g} GPa: either the sample does, or"
            )
            notes.append(Note(f"{text} the convention does not hold over these pressures", "warning"))
    if what == "alloy" and not (0.0 <= float(np.median(values)) <= 1.0):
        notes.append(
            Note(f"{what}, {name}: the volumes lie beyond the end members: wrong curves or hydrogen", "warning")
        )
    return notes


def _errors(data: Compression, rule: _Rule) -> FloatArray | None:
    """Standard deviation at every point, from central differences over the errors of volume and pressure."""
    if data.volume_error is None and data.pressure_error is None:
        return None
    variance = np.zeros(len(data))
    for volume_step, pressure_step in ((data.volume_error, None), (None, data.pressure_error)):
        dv = np.zeros(len(data)) if volume_step is None else volume_step
        dp = np.zeros(len(data)) if pressure_step is None else pressure_step
        high = rule(data.pressure + dp, data.volume + dv)
        low = rule(np.maximum(data.pressure - dp, 1e-6), data.volume - dv)
        variance += (0.5 * (high - low)) ** 2
    found = np.sqrt(variance)
    return found if bool(np.all(found[np.isfinite(found)] > 0.0)) else None


def _mean(values: FloatArray, errors: FloatArray | None) -> tuple[float, float | None]:
    """Weighted mean and its error, from the scatter where that exceeds the errors."""
    n = values.size
    usable = errors is not None and bool(np.all(np.isfinite(errors)))
    weights = 1.0 / errors**2 if usable and errors is not None else np.ones(n)
    mean = float(np.sum(weights * values) / np.sum(weights))
    chi_square = float(np.sum(weights * (values - mean) ** 2))
    if usable:
        factor = max(1.0, chi_square / (n - 1)) if n > 1 else 1.0
        return mean, float(np.sqrt(factor / np.sum(weights)))
    return mean, float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else None


def _gauge(
    data: Compression, rule: _Rule, known: NDArray[np.bool_], mean: float, errors: FloatArray | None, size: float | None
) -> float | None:
    """Half of what moving all pressures by the gauge's error to either side does to the mean."""
    if size is None:
        return None
    ends = []
    for offset in (size, -size):
        moved = rule(np.maximum(data.pressure + offset, 1e-6), data.volume)[known]
        good = np.isfinite(moved)
        ends.append(_mean(moved[good], None if errors is None else errors[good])[0] if good.any() else mean)
    return 0.5 * abs(ends[0] - ends[1])


def _half(pressure: FloatArray) -> FloatArray:
    return np.asarray(composition.half_molecular_volume(np.maximum(pressure, 1e-6)))


def _mixed(metals: tuple[VolumeCurve, ...], pressure: FloatArray) -> FloatArray:
    """Volume per atom of an alloy whose volumes add."""
    parts = [(one.fraction or 0.0) * one.volume(pressure) for one in metals]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def _by_hydrogen(metal: Callable[[FloatArray], FloatArray], hydrogen: Callable[[FloatArray], FloatArray]) -> _Rule:
    def rule(pressure: FloatArray, volume: FloatArray) -> FloatArray:
        return _where(
            composition.hydrogen_content,
            volume,
            {"metal_volume": metal(pressure), "hydrogen_volume": hydrogen(pressure)},
        )

    return rule


def _by_reference(metal: Callable[[FloatArray], FloatArray], reference: VolumeCurve) -> _Rule:
    content = reference.content or 1.0

    def rule(pressure: FloatArray, volume: FloatArray) -> FloatArray:
        own, known = metal(pressure), reference.volume(pressure)
        hydrogen = np.where(known > own, known - own, np.nan) / content
        return _where(composition.hydrogen_content, volume, {"metal_volume": own, "hydrogen_volume": hydrogen})

    return rule


def _alloy_rules(alloy: Alloy) -> dict[str, _Rule]:
    def by(function: Callable[..., object]) -> _Rule:
        def rule(pressure: FloatArray, volume: FloatArray) -> FloatArray:
            ends = {"first": alloy.first.volume(pressure), "second": alloy.second.volume(pressure)}
            return _where(function, volume, ends)

        return rule

    return {"Zen: volumes add": by(composition.zen_fraction), "Vegard: lengths add": by(composition.vegard_fraction)}


def _where(function: Callable[..., object], volume: FloatArray, parts: dict[str, FloatArray]) -> FloatArray:
    """The function where all its volumes are known, NaN elsewhere."""
    good = np.isfinite(volume) & np.all([np.isfinite(part) for part in parts.values()], axis=0)
    found = np.full(volume.shape, np.nan)
    if good.any():
        found[good] = function(volume[good], **{name: part[good] for name, part in parts.items()})
    return found
