"""Upper critical fields: R(T) at several fields or R(H) at several temperatures to Hc2(T), models, broadening."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from megabar.analysis import resistance
from megabar.analysis.criteria import fraction_name
from megabar.analysis.field_angles import Angular, against_angle, split_by_angle
from megabar.analysis.field_angles_report import angle_estimates, angle_panel, angle_words
from megabar.analysis.field_broadening import Broadening, broadening
from megabar.analysis.field_checks import doubtful_fields, hysteresis, without_line, without_point
from megabar.analysis.field_fit import UNDETERMINED, LineFit, ModelFit, fit_line
from megabar.analysis.field_models import NAMES, Name
from megabar.analysis.field_panels import broadening_panel, line_panel
from megabar.analysis.field_points import Widths, transition_line, widths
from megabar.analysis.field_sweep import FieldSweep
from megabar.analysis.headline import rounded
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.data import Estimate, Note, Recording, Result, Status
from megabar.errors import MegabarError
from megabar.physics import critical_field as physics

COLD: Final = 0.1
"""Reduced temperature below which Hc2(0) is no extrapolation."""

_WIDTH: Final = "width 90-10"
_DRAWN: Final = ("onset", fraction_name(0.5), fraction_name(0.1))
_SCORED: Final = ("critical_temperature", "transition_field", "transition_width", "transition_field_width")


class Settings(resistance.Settings):
    """Settings of the kind `resistance` (normal_state and full_curve off) and those of fields.

    models: those of Hc2(T) to compare. orientation: of the field, in words ("perpendicular to culet"): measurements of
    one cell in different orientations are compared with each other.
    """

    normal_state: bool = False
    full_curve: bool = False
    models: tuple[Name, ...] = Field(default=("quadratic", "two-fluid", "dirty", "clean", "maki", "full"), min_length=1)
    orientation: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


@dataclass(frozen=True, eq=False)
class CurveFields:
    """One curve (a bridge, a sample): its lines by criterion, why there are no others, its widths and their verdict."""

    curve: str
    lines: tuple[LineFit, ...]
    failed: tuple[str, ...]
    widths: Widths
    broadening: Broadening | None
    doubts: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class Details:
    """What is behind a result, for those who compute on: the sweeps, the fields of each curve, and against angle."""

    sweeps: resistance.Details
    curves: tuple[CurveFields, ...]
    angles: tuple[Angular, ...] = ()


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Analyse every sweep as a resistance, then the transition lines by each criterion.

    Each line is fitted with every model that its points can hold; the models are compared by AICc, and Hc2(0) stands
    with the lowest reduced temperature measured and with the spread between models. Where the angle of the field was
    recorded and varied, every angle is a curve of its own, and fields at one temperature are fitted against it. What
    cannot be fitted is a note; DataError as for the kind `resistance`.
    """
    chosen = settings or Settings()
    recording, families, notes = split_by_angle(recording)
    below = resistance.analyse(recording, chosen, measurement=measurement, progress=progress)
    sweeps = below.details
    turned = {name for family in families.values() for name in family}
    work = [_of_curve(name, sweeps, chosen) for name in _curves(sweeps)]
    several = len(work) > 1
    angles, told = _angles(families, sweeps)
    notes += told
    estimates: list[Estimate] = []
    for found in angles:
        sheet = Sheet(below.measurement, {"curve": found.curve} if len(families) > 1 else {})
        estimates += angle_estimates(found, sheet)
    panels = [angle_panel(found, found.curve) for found in angles if found.criterion == fraction_name(0.5)]
    for one in work:
        sheet = Sheet(below.measurement, {"curve": one.curve} if several else {})
        estimates += [e for line in one.lines for e in _line_estimates(line, sheet)]
        estimates += _broadening_estimates(one.broadening, sheet)
        name = one.curve if several else ""
        # A family against angle has its own figure, and at one angle often too few points for a line.
        if one.curve not in turned:
            panels += [line_panel(line, name) for line in one.lines if line.line.criterion in _DRAWN]
            panels += [broadening_panel(one.widths, one.broadening, name)] if one.broadening is not None else []
        notes += _notes(replace(one, failed=()) if one.curve in turned else one, f"{one.curve}: " if several else "")
    lines = [line for one in work for line in one.lines]
    heads = [(one.curve if several else "", _headline(one)) for one in work if one.lines and one.curve not in turned]
    heads += [(found.curve, angle_words(found)) for found in angles if found.criterion == fraction_name(0.5)]
    return replace(
        below,
        kind="field",
        estimates=(*estimates, *(e for e in below.estimates if e.quantity in _SCORED)),
        panels=(*panels, *below.panels),
        settings={**below.settings, **_laws(lines)},
        notes=(*doubtful_fields(recording), *notes, *below.notes),
        summary=_summary(chosen.orientation, heads, below.summary),
        details=Details(sweeps, tuple(work), tuple(angles)),
    )


def _angles(
    families: Mapping[str, Mapping[str, float]], sweeps: resistance.Details
) -> tuple[list[Angular], list[Note]]:
    """Fields against angle of every family by the criteria that are drawn, and what there is to say about them."""
    every: list[Angular] = []
    notes: list[Note] = []
    for family, curves in families.items():
        for criterion in _DRAWN:
            lines = {angle: transition_line(criterion, *_sweeps_of(curve, sweeps)) for curve, angle in curves.items()}
            found, failed = against_angle(family, lines)
            notes += [Note(f"{family or 'all curves'}: no anisotropy by {text}", "warning") for text in failed]
            notes += [Note(f"against angle by {criterion}: {one.selection.words}") for one in found]
            every += found
    return every, notes


def _sweeps_of(curve: str, sweeps: resistance.Details) -> tuple[list[TemperatureSweep], list[FieldSweep]]:
    """R(T) and R(H) of one curve."""
    warm = [s for s in sweeps.temperature_sweeps if s.sweep.curve == curve]
    return warm, [s for s in sweeps.field_sweeps if s.sweep.curve == curve]


def _summary(orientation: str, heads: Sequence[tuple[str, str]], otherwise: str) -> str:
    """The headlines of the curves; `otherwise` where none has a line."""
    words = "; ".join(f"{curve}: {head}" if curve else head for curve, head in heads)
    return f"field {orientation}: {words}" if words and orientation else words or otherwise


def _curves(sweeps: resistance.Details) -> list[str]:
    """Names of the curves (bridges, samples) in their order."""
    warm, loops = [s.sweep for s in sweeps.temperature_sweeps], [s.sweep for s in sweeps.field_sweeps]
    return list(dict.fromkeys(sweep.curve for sweep in (*warm, *loops)))


def _of_curve(curve: str, sweeps: resistance.Details, settings: Settings) -> CurveFields:
    warm, loops = _sweeps_of(curve, sweeps)
    lines: list[LineFit] = []
    failed: list[str] = []
    for name in ("onset", *(fraction_name(f) for f in settings.fractions), "zero"):
        try:
            lines.append(fit_line(transition_line(name, warm, loops), settings.models))
        except MegabarError as error:
            failed.append(str(error))
    wide = widths(_WIDTH, fraction_name(0.5), warm)
    doubts = (*without_point(warm, loops), *hysteresis(warm, loops))
    return CurveFields(curve, tuple(lines), tuple(failed), wide, broadening(wide), doubts)


def _laws(lines: Sequence[LineFit]) -> dict[str, object]:
    """The models that were fitted, with their equations."""
    return {f"law: {NAMES[name]}": made.fit.model.formula for line in lines[:1] for name, made in line.fits.items()}


def _line_estimates(line: LineFit, sheet: Sheet) -> list[Estimate]:
    here = sheet.under(criterion=line.line.criterion)
    estimates = [
        here.note("lowest_reduced_temperature", line.coldest, "1", f"coldest point over Tc by {NAMES[line.chosen]}")
    ]
    # The model that AICc supports stands for the line; the others are told apart by their names.
    estimates += _model_estimates(line, line.fits[line.chosen], here)
    for name, found in line.fits.items():
        if name != line.chosen:
            estimates += _model_estimates(line, found, here.under(model=NAMES[name]))
    return estimates


def _model_estimates(line: LineFit, found: ModelFit, sheet: Sheet) -> list[Estimate]:
    method = found.model.model.name
    delta = _delta(line, found)
    remark = f"lowest t measured {line.coldest:.3g}" + ("" if delta is None else f"; AICc {delta:.1f} above the lowest")
    status = Status.OK if line.coldest <= COLD else Status.EXTRAPOLATED
    spread = {} if line.spread is None else {"model": line.spread}
    tc, slope = found.fit.values["critical_temperature"], found.fit.values["slope"]
    interval = None if found.slope is None else (found.slope.lower, found.slope.upper)
    estimates = [
        sheet.note(
            "upper_critical_field_zero",
            found.zero,
            "T",
            method,
            error=found.zero_error,
            systematic=spread,
            status=status,
            remark=remark,
        ),
        sheet.note(
            "upper_critical_field_slope",
            slope,
            "T/K",
            method,
            error=found.fit.errors["slope"],
            systematic={} if line.slope_spread is None else {"model": line.slope_spread},
            interval=interval,
            level=None if interval is None else 0.6827,
            remark="-d(mu0 Hc2)/dT at Tc",
        ),
        sheet.note("fitted_critical_temperature", tc, "K", method, error=found.fit.errors["critical_temperature"]),
    ]
    length = float(physics.coherence_length(found.zero))
    half = 0.5 * length / found.zero
    estimates.append(
        sheet.note(
            "coherence_length_zero",
            length,
            "nm",
            method,
            error=None if found.zero_error is None else half * found.zero_error,
            systematic={name: half * part for name, part in spread.items()},
            status=status,
            remark=remark,
        )
    )
    for quantity, key in (("maki_parameter", "maki"), ("spin_orbit_parameter", "spin_orbit")):
        if key in found.fit.values:
            estimates.append(_pair_breaking(found, quantity, key, sheet, method))
    return estimates


def _pair_breaking(found: ModelFit, quantity: str, key: str, sheet: Sheet, method: str) -> Estimate:
    """alpha or lambda; None where the data do not tell the two apart."""
    error = found.fit.errors[key]
    if key in found.fit.on_bound:
        return sheet.note(quantity, None, "1", method, status=Status.ON_BOUND, remark=f"at {found.fit.values[key]:g}")
    correlation = found.correlation
    words = "" if correlation is None else f"correlation of alpha and lambda {correlation:.3f}"
    if error is None or (correlation is not None and abs(correlation) > UNDETERMINED):
        return sheet.note(quantity, None, "1", method, status=Status.UNDETERMINED, remark=words)
    return sheet.note(quantity, found.fit.values[key], "1", method, error=error, remark=words)


def _delta(line: LineFit, found: ModelFit) -> float | None:
    if line.selection is None:
        return None
    return line.selection.delta[list(line.fits).index(found.model.name)]


def _broadening_estimates(found: Broadening | None, sheet: Sheet) -> list[Estimate]:
    if found is None:
        return []
    method = "W(0) + a H^n through the widths at each field"
    status = {} if found.exponent is not None else {"status": Status.UNDETERMINED}
    return [
        sheet.note("broadening_exponent", found.exponent, "1", method, error=found.error, remark=found.words, **status),
        sheet.note("relative_width_zero_field", found.relative, "1", f"{method}, n = 2/3", error=found.relative_error),
    ]


def _notes(one: CurveFields, before: str) -> list[Note]:
    notes = [Note(f"{before}{text}", "warning") for text in without_line(one.failed, any_line=bool(one.lines))]
    notes += [replace(note, text=f"{before}{note.text}") for note in one.doubts]
    for line in one.lines:
        where = f"{before}Hc2 by {line.line.criterion}"
        scatter = "; errors from the scatter of the points, which their own do not explain" if line.by_scatter else ""
        notes.append(Note(f"{where}: {line.reason}{scatter}"))
        found = line.fits[line.chosen]
        if "maki" in found.fit.free and _first_order(found):
            words = (
                f"{where}: with alpha {found.fit.values['maki']:.2g} the WHH field falls on cooling somewhere: the "
                "root is not the thermodynamic transition, which is of first order there"
            )
            notes.append(Note(words, "warning"))
    left = dict.fromkeys(text for line in one.lines for text in line.failed)
    notes += [Note(f"{before}not fitted: {text}") for text in left]
    spread = _criteria_spread(one.lines)
    notes += [] if spread is None else [Note(before + spread)]
    notes += [] if one.broadening is None else [Note(f"{before}broadening: {one.broadening.words}")]
    return notes


def _first_order(found: ModelFit) -> bool:
    values = found.fit.values
    return physics.is_first_order(maki=values["maki"], spin_orbit=values.get("spin_orbit", 0.0))


def _criteria_spread(lines: Sequence[LineFit]) -> str | None:
    """By how much 10 % and 90 % differ."""
    by = {line.line.criterion: line for line in lines}
    high, low = by.get(fraction_name(0.9)), by.get(fraction_name(0.1))
    if high is None or low is None or "dirty" not in high.fits or "dirty" not in low.fits:
        return None
    one, other = high.fits["dirty"], low.fits["dirty"]
    return (
        f"criterion: by 90 % Hc2(0) is {one.zero:.4g} T and the slope {one.fit.values['slope']:.4g} T/K, by 10 % "
        f"{other.zero:.4g} T and {other.fit.values['slope']:.4g} T/K (dirty limit)"
    )


def _headline(one: CurveFields) -> str:
    middle = next((line for line in one.lines if line.line.criterion == fraction_name(0.5)), one.lines[0])
    best = middle.fits[middle.chosen]
    slope = rounded(best.fit.values["slope"], best.fit.errors["slope"])
    between = "" if middle.spread is None else f"+-{middle.spread:.2g} T between models, "
    words = (
        f"Hc2(0) {rounded(best.zero, best.zero_error)} T by {middle.line.criterion} and {NAMES[middle.chosen]}, "
        f"{between}from t = {middle.coldest:.3g} on; slope {slope} T/K"
    )
    return words if one.broadening is None else f"{words}; {one.broadening.words.split('; ')[-1]}"
