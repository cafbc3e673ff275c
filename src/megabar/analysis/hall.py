"""Hall resistance against field at held temperatures: coefficient, carriers, mean free path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.field_checks import doubtful_fields
from megabar.analysis.hall_estimates import Temperature, carriers, hall_estimates
from megabar.analysis.hall_panels import even_panel, odd_panel, slope_panel
from megabar.analysis.hall_parts import Parts, parts, slope_of
from megabar.analysis.hall_settings import Settings
from megabar.analysis.headline import rounded
from megabar.analysis.signal import resistance_of
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.sweeps import FEWEST_POINTS, SETTLE, Sweep, averaged, label, split
from megabar.data import Curve, Estimate, Note, Panel, Recording, Result
from megabar.errors import DataError, MegabarError

__all__ = ["Settings", "analyse"]

FloatArray = NDArray[np.float64]

NEAR_ZERO: Final = 0.1
"""Share of the field range, from its lower end, over which the longitudinal resistance is averaged."""

_Sweeps = list[tuple[Sweep, FloatArray]]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Slope of the odd part of R_xy(B) of every curve at every temperature, and what follows from it.

    A straight line is compared with one that has a cubic term; the even part, longitudinal resistance, is shown with
    its size. Density, k_F, mean free path and mobility assume one band of free carriers. DataError where no curve has
    field sweeps with both signs of the field (or with one, when `antisymmetrise` is off).
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    along, curves = _longitudinal(recording, chosen)
    notes: list[Note] = [*recording.notes, *doubtful_fields(recording)]
    found: list[Temperature] = []
    refused: list[str] = []
    for number, curve in enumerate(curves):
        try:
            found += _of_curve(curve, along, chosen, notes)
        except MegabarError as error:
            refused.append(str(error))
        if progress is not None:
            progress((number + 1) / len(curves))
    if not found:
        raise DataError(f"{recording.source.file}: {'; '.join(refused)}")
    notes += [Note(text, "warning") for text in refused]
    notes += _notes(found, chosen)
    rng = np.random.default_rng(chosen.seed)
    several = len({one.curve for one in found}) > 1
    estimates: list[Estimate] = []
    for one in found:
        sheet = Sheet(name, {"curve": one.curve} if several else {})
        estimates += hall_estimates(one, chosen, sheet, rng)
    return Result(
        kind="hall",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(_panels(found, several=several)),
        settings=chosen.model_dump(mode="json"),
        notes=tuple(notes),
        sources=recording.sources,
        summary=_summary(found, estimates),
        simulated=any(curve.simulated for curve in curves),
        digitised=any(curve.digitised for curve in curves),
        seed=chosen.seed,
        details=tuple(found),
    )


def _longitudinal(recording: Recording, settings: Settings) -> tuple[Curve | None, list[Curve]]:
    """The longitudinal curve that the settings name, and all others."""
    if settings.longitudinal is None:
        return None, list(recording.curves)
    by_name = {curve.name: curve for curve in recording.curves}
    if settings.longitudinal not in by_name:
        raise DataError(
            f"{recording.source.file}: settings.longitudinal names {settings.longitudinal!r}; curves found: "
            f"{', '.join(by_name)}"
        )
    others = [curve for curve in recording.curves if curve.name != settings.longitudinal]
    if not others:
        raise DataError(f"{recording.source.file}: no curve is left beside settings.longitudinal for the Hall voltage")
    return by_name[settings.longitudinal], others


def _field_sweeps(curve: Curve, settings: Settings) -> tuple[_Sweeps, list[Note]]:
    """Sweeps of the field with their resistances (ohm); DataError where there are none."""
    signal = resistance_of(curve, mode=settings.signal, current=settings.current)
    sweeps, notes = split(signal.curve)
    own = [sweep for sweep in sweeps if sweep.swept == "field"]
    if not own:
        ends = "" if not sweeps else f": the temperature is swept from {sweeps[0].x[0]:.4g} to {sweeps[0].x[-1]:.4g} K"
        raise DataError(
            f"{curve.name}: no sweep of the field with {FEWEST_POINTS} readings{ends}; measure R_xy against field, "
            "both signs, at held temperatures"
        )
    made: _Sweeps = []
    for sweep in own:
        mean, resistance, more = averaged(sweep, signal.curve.values(signal.role))
        notes += more
        values = resistance[mean.order]
        if np.ptp(values) == 0.0:
            raise DataError(f"{curve.name}: {label(sweep)}: resistance is constant at {values[0]:.6g}: wrong column?")
        made.append((mean, values))
    return made, [*signal.notes, *notes]


def _of_curve(curve: Curve, along: Curve | None, settings: Settings, notes: list[Note]) -> list[Temperature]:
    """Every temperature of one curve."""
    sweeps, more = _field_sweeps(curve, settings)
    notes += more
    beside = _groups(_field_sweeps(along, settings)[0]) if along is not None else []
    found: list[Temperature] = []
    for held, group in _groups(sweeps):
        rows = [_within(sweep.x, r, settings.field_range) for sweep, r in group]
        both = parts(rows) if settings.antisymmetrise else None
        if both is None and settings.antisymmetrise:
            raise DataError(_one_sign(curve, rows))
        if both is None:
            slope = slope_of(*_joined(rows), offset=True)
        else:
            slope = slope_of(both.field, both.odd, weights=both.weights)
        same = [pair for t, pairs in beside if held is not None and t is not None for pair in pairs if _alike(t, held)]
        longitudinal, admixture = _beside(same, both, settings.field_range)
        found.append(Temperature(curve.name, held, slope, both, longitudinal, admixture))
    return found


def _one_sign(curve: Curve, rows: Sequence[tuple[FloatArray, FloatArray]]) -> str:
    x = np.concatenate([field for field, _ in rows])
    reach = f"{x.min():.4g} to {x.max():.4g} T" if x.size else "none in settings.field_range"
    return (
        f"{curve.name}: fields of one sign only ({reach}): the Hall part cannot be told from the longitudinal one; "
        "measure both signs, or set antisymmetrise = false to take the slope as it is"
    )


def _groups(sweeps: _Sweeps) -> list[tuple[float | None, _Sweeps]]:
    """Sweeps at one temperature together, in ascending order; those without one last."""
    known = sorted((pair for pair in sweeps if pair[0].held is not None), key=lambda pair: pair[0].held or 0.0)
    groups: list[tuple[float | None, _Sweeps]] = []
    for pair in known:
        last = groups[-1][0] if groups else None
        if last is not None and _alike(last, pair[0].held or 0.0):
            groups[-1][1].append(pair)
        else:
            groups.append((pair[0].held, [pair]))
    groups = [(float(np.mean([s.held for s, _ in pairs if s.held is not None])), pairs) for _, pairs in groups]
    alone = [pair for pair in sweeps if pair[0].held is None]
    return [*groups, (None, alone)] if alone else groups


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= SETTLE * max(abs(one), abs(other))


def _within(x: FloatArray, r: FloatArray, ends: tuple[float, float] | None) -> tuple[FloatArray, FloatArray]:
    if ends is None:
        return x, r
    inside = (np.abs(x) >= ends[0]) & (np.abs(x) <= ends[1])
    return x[inside], r[inside]


def _joined(rows: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    x, r = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.argsort(x, kind="stable")
    return x[order], r[order]


def _beside(
    sweeps: _Sweeps, both: Parts | None, ends: tuple[float, float] | None
) -> tuple[tuple[float, float | None] | None, float | None]:
    """The longitudinal resistance at the lowest fields with its error, and the share of it in the even part."""
    if not sweeps:
        return None, None
    x, r = _joined([_within(sweep.x, values, ends) for sweep, values in sweeps])
    size = np.abs(x)
    low = r[size <= size.min() + NEAR_ZERO * np.ptp(size)]
    error = float(low.std(ddof=1) / np.sqrt(low.size)) if low.size > 2 else None
    if both is None:
        return (float(low.mean()), error), None
    order = np.argsort(size, kind="stable")
    even = np.interp(both.field, size[order], r[order])
    weight = float(even @ even)
    return (float(low.mean()), error), float(even @ both.even) / weight if weight > 0.0 else None


def _notes(found: Sequence[Temperature], settings: Settings) -> list[Note]:
    notes = [
        Note(
            "carrier density, k_F and mean free path assume one band of free carriers on a sphere: with several bands "
            "1/(e |R_H|) is no density"
        )
    ]
    if not settings.antisymmetrise:
        text = "not antisymmetrised: what the longitudinal resistance does with the field is part of the slope"
        notes.append(Note(text, "warning"))
    if settings.thickness is None:
        notes.append(Note("no thickness: only the density of a sheet follows; give settings.thickness (um)", "warning"))
    elif settings.thickness_error is None:
        text = "no error of the thickness (settings.thickness_error): the errors are those of the slope and of the rest"
        notes.append(Note(text, "warning"))
    bent = [one for one in found if one.slope.nonlinear]
    if bent:
        worst = max(bent, key=_bending)
        text = (
            f"R_xy is not linear in the field at {', '.join(one.at or one.curve for one in bent)} (cubic term, AICc): "
            f"up to {100.0 * _bending(worst):.2g} % of the Hall resistance at {worst.slope.reach:.3g} T; the slope is "
            "that at zero field, and one band does not describe it"
        )
        notes.append(Note(text, "warning"))
    large = {one: ratio for one in found if (ratio := _admixed(one)) > 1.0}
    if large:
        where = ", ".join(one.at or one.curve for one in large)
        text = f"the even part is up to {max(large.values()):.2g} times the Hall part ({where})"
        notes.append(Note(f"{text}: contacts far from opposite; a small error of the field's zero matters", "warning"))
    return notes


def _admixed(one: Temperature) -> float:
    """The largest even part over the largest odd one."""
    if one.parts is None:
        return 0.0
    return float(np.abs(one.parts.even).max() / max(np.abs(one.parts.odd).max(), 1e-300))


def _bending(one: Temperature) -> float:
    """The cubic term over the linear one at the largest field."""
    values = one.slope.fits[one.slope.chosen].values
    linear = abs(values["slope"])
    return abs(values.get("cubic", 0.0)) * one.slope.reach**2 / linear if linear > 0.0 else 0.0


def _panels(found: Sequence[Temperature], *, several: bool) -> list[Panel]:
    panels: list[Panel] = []
    for curve in dict.fromkeys(one.curve for one in found):
        own = [one for one in found if one.curve == curve]
        name = curve if several else ""
        more = (even_panel(own, name), slope_panel(own, name))
        panels += [*(odd_panel(one, name) for one in own), *(panel for panel in more if panel is not None)]
    return panels


def _summary(found: Sequence[Temperature], estimates: Sequence[Estimate]) -> str:
    """The density and the sign, or the slope, at the lowest temperature."""
    first = found[0]
    where = f" at {first.at}" if first.at else ""
    own = [e for e in estimates if e.labels.get("at", "") == first.at and e.value is not None]
    for quantity, symbol in (("carrier_density", "n"), ("sheet_carrier_density", "n t")):
        for e in own:
            if e.quantity == quantity and e.value is not None:
                exponent = int(np.floor(np.log10(e.value)))
                size = rounded(e.value / 10.0**exponent, None if e.error is None else e.error / 10.0**exponent)
                return f"{symbol} {size}e{exponent} {e.unit}{where}, {carriers(first.slope)}"
    return f"slope {rounded(first.slope.value, first.slope.error)} ohm/T{where}, {carriers(first.slope)}"
