"""What two orientations say, as estimates, notes and a summary in words."""

from __future__ import annotations

import math
from typing import Final

from megabar.analysis.anisotropy_pair import Comparison, Oriented, Pair, plain
from megabar.analysis.anisotropy_ratio import Ratio, Value, corrected, significance
from megabar.analysis.anisotropy_settings import Settings
from megabar.analysis.field import COLD
from megabar.analysis.field_models import NAMES, Name
from megabar.analysis.headline import rounded
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Note, Status
from megabar.physics.critical_field import coherence_length

WORDS: Final = {"slope": "the slope at Tc", "field_zero": "Hc2(0)"}
SEEN: Final = 3.0
"""Standard deviations from which on an anisotropy is called one."""
POSSIBLE: Final = 2.0
"""Standard deviations below which none is seen."""
STRAIGHT: Final = "at one pressure"
NOT_COUNTED: Final = "pressures not counted"
COUNTED: Final = "pressures counted"


def ratio_estimates(pair: Pair, one: Comparison, settings: Settings, sheet: Sheet) -> list[Estimate]:
    """The ratio, the same at one pressure, its significance, and the ratios by other models and criteria."""
    quantity = f"anisotropy_of_{one.quantity}"
    way = f"{pair.second.orientation} over {pair.first.orientation}"
    method = f"{way}; {NAMES[settings.model]}, {settings.criterion}"
    status = _status(pair, one, settings)
    systematic = dict(one.spread)
    if one.shift is not None:
        systematic["pressure"] = one.ratio.value * one.shift.half_width
    estimates = [_ratio(quantity, one.ratio, method, sheet, systematic, status)]
    if one.shift is not None:
        straight = corrected(one.ratio, one.shift)
        systematic = {**one.spread, "pressure": straight.value * one.shift.error}
        words = f"{method}; at the pressure of {pair.first.measured.measurement}"
        estimates.append(_ratio(quantity, straight, words, sheet.under(pressure=STRAIGHT), systematic, status))
    estimates += significance_estimates(one, sheet)
    for name, found in one.by_model.items():
        if name != settings.model:
            words = f"{way}; {NAMES[name]}, {settings.criterion}"
            estimates.append(_ratio(quantity, found, words, sheet.under(model=NAMES[name]), {}, status))
    for criterion, found in one.by_criterion.items():
        if criterion != settings.criterion:
            words = f"{way}; {NAMES[settings.model]}, {criterion}"
            estimates.append(_ratio(quantity, found, words, sheet.under(criterion=criterion), {}, status))
    return estimates


def _status(pair: Pair, one: Comparison, settings: Settings) -> Status:
    coldest = [line.coldest for o in (pair.first, pair.second) if (line := o.line(settings.criterion)) is not None]
    return Status.EXTRAPOLATED if one.quantity == "field_zero" and max(coldest) > COLD else Status.OK


def _ratio(
    quantity: str, found: Ratio, method: str, sheet: Sheet, systematic: dict[str, float], status: Status
) -> Estimate:
    interval = found.interval
    return sheet.note(
        quantity,
        found.value,
        "1",
        method,
        error=found.error,
        interval=interval,
        level=None if interval is None else 0.6827,
        systematic=systematic,
        status=status,
    )


def significance_estimates(one: Comparison, sheet: Sheet) -> list[Estimate]:
    """In standard deviations, by the errors of the lines alone and with the pressures."""
    quantity = f"significance_of_{one.quantity}"
    method = "distance of the ratio from 1 over its error"
    estimates = []
    alone, beside = significances(one)
    here = sheet.under(pressure=NOT_COUNTED)
    if alone is None:
        remark = "the errors of the lines are unknown"
        return [here.note(quantity, None, "1", method, status=Status.UNDETERMINED, remark=remark)]
    estimates.append(here.note(quantity, alone, "1", f"{method}, errors of the lines", remark=verdict(alone)))
    here = sheet.under(pressure=COUNTED)
    words = f"{method}, the effect of the pressures as part of it"
    if beside is None:
        remark = "the effect of the pressure is unknown"
        estimates.append(here.note(quantity, None, "1", words, status=Status.UNDETERMINED, remark=remark))
    else:
        estimates.append(here.note(quantity, beside, "1", words, remark=verdict(alone, beside)))
    return estimates


def significances(one: Comparison) -> tuple[float | None, float | None]:
    """By the errors of the lines, and with the effect of the pressures as a further error."""
    with_pressure = None if one.shift is None else significance(one.ratio, one.shift.half_width)
    return significance(one.ratio), with_pressure


def verdict(sigmas: float, beside: float | None = None) -> str:
    """What a distance from 1 means, in words; `beside` is the same with the effect of the pressures."""
    if sigmas < POSSIBLE:
        return "no difference seen"
    if sigmas < SEEN:
        return "not excluded that the orientations are alike"
    if beside is None or beside >= SEEN:
        return "the orientations differ"
    return "the pressures alone may explain it" if beside < POSSIBLE else "not excluded that the pressures did it"


def orientation_estimates(pair: Pair, settings: Settings, sheet: Sheet) -> list[Estimate]:
    """The anisotropy parameter by both quantities and the two coherence lengths, for a sample with one axis."""
    inverted = plain(settings.axis) == pair.second.key
    along, across = (pair.second, pair.first) if inverted else (pair.first, pair.second)
    estimates = []
    for one in pair.comparisons:
        found = Ratio(1.0 / one.ratio.value, one.ratio.log_error, one.ratio.freedom) if inverted else one.ratio
        method = f"Hc2 with the field {across.orientation} over {along.orientation}, by {WORDS[one.quantity]}"
        spread = {name: size / one.ratio.value * found.value for name, size in one.spread.items()}
        if one.shift is not None:
            spread["pressure"] = found.value * one.shift.half_width
        here = sheet.under(by=WORDS[one.quantity])
        estimates.append(_ratio("anisotropy_parameter", found, method, here, spread, _status(pair, one, settings)))
    return estimates + _length_estimates(pair, along, across, settings, sheet)


def _length_estimates(
    pair: Pair, along: Oriented, across: Oriented, settings: Settings, sheet: Sheet
) -> list[Estimate]:
    """Both coherence lengths, with half the range over the models; fields along and across the axis."""
    by_model: dict[Name, tuple[tuple[float, float | None], tuple[float, float | None]]] = {}
    for name in pair.comparisons[-1].by_model:
        fields = [o.value("field_zero", settings.criterion, name) for o in (along, across)]
        if fields[0] is not None and fields[1] is not None:
            by_model[name] = _lengths(fields[0], fields[1])
    text = f"from Hc2(0) with the field {along.orientation} as along the axis; {NAMES[settings.model]}"
    status = _status(pair, pair.comparisons[-1], settings)
    estimates = []
    for i, direction in enumerate(("ab", "c")):
        value, error = by_model[settings.model][i]
        every = [lengths[i][0] for lengths in by_model.values()]
        spread = {"model": 0.5 * (max(every) - min(every))} if len(every) > 1 else {}
        quantity = f"coherence_length_{direction}"
        estimates.append(sheet.note(quantity, value, "nm", text, error=error, systematic=spread, status=status))
    return estimates


def _lengths(along: Value, across: Value) -> tuple[tuple[float, float | None], tuple[float, float | None]]:
    """Coherence lengths (nm) across and along the axis, with errors, from Hc2(0) along and across it.

    Hc2 along the axis is Phi0/(2 pi xi_ab^2), across it Phi0/(2 pi xi_ab xi_c).
    """
    in_plane = float(coherence_length(along.value))
    on_axis = float(coherence_length(across.value)) ** 2 / in_plane
    if along.error is None or across.error is None:
        return (in_plane, None), (on_axis, None)
    half = 0.5 * along.error / along.value
    return (in_plane, in_plane * half), (on_axis, on_axis * math.hypot(across.error / across.value, half))


def pressure_estimates(pair: Pair, sheet: Sheet) -> list[Estimate]:
    """The difference of the pressures, and what each quantity does with pressure."""
    if pair.difference is None:
        return []
    method = f"{pair.second.measured.measurement} less {pair.first.measured.measurement}"
    gauge = "the common error of the gauge cancels" if pair.difference.common else "two gauges, both errors counted"
    estimates = [
        sheet.note(
            "pressure_difference", pair.difference.value, "GPa", method, error=pair.difference.error, remark=gauge
        )
    ]
    for one in pair.comparisons:
        if one.sensitivity is not None:
            here = sheet.under(of=WORDS[one.quantity])
            words = f"relative change, {one.sensitivity.words}"
            value, error = one.sensitivity.value, one.sensitivity.error
            estimates.append(here.note("pressure_sensitivity", value, "1/GPa", words, error=error))
    return estimates


def notes(pair: Pair, settings: Settings) -> list[Note]:
    """What the reader must know beside the numbers."""
    both = (pair.first.orientation, pair.second.orientation)
    texts = [
        Note(
            f"one model, {NAMES[settings.model]}, for both orientations: fields of different models differ by up to a "
            "factor 2 without any anisotropy"
        ),
        Note(
            "the orientations are those of the field and the culet: a powder without texture has one field in all of "
            "them, a texture less anisotropy than its crystals"
        ),
    ]
    if not settings.axis:
        words = f"anisotropy parameter and coherence lengths take {both[0]!r} as the field along the axis of the sample"
        texts.append(Note(f"{words}, because it stands first: set anisotropy.axis where it is the other"))
    elif plain(settings.axis) not in (pair.first.key, pair.second.key):
        words = f"anisotropy.axis is {settings.axis!r}, but the orientations are {both[0]!r} and {both[1]!r}"
        texts.append(Note(f"{words}: the first is taken as along the axis", "warning"))
    return [*texts, *_pressure_notes(pair)]


def _pressure_notes(pair: Pair) -> list[Note]:
    between = pair.difference
    if between is None:
        text = "a pressure is not stated for both orientations: what a difference would do to the ratio is not counted"
        return [Note(text, "warning")]
    told = []
    if between.error is None:
        told.append(Note("the errors of the pressures are not stated: only their difference is counted", "warning"))
    if not between.common:
        text = "the pressures come from two gauges or scales, which may differ by 20 GPa: the errors of both count"
        told.append(Note(text, "warning"))
    for one in pair.comparisons:
        told.append(_effect_of_pressure(one, between.value, between.error))
    return told


def _effect_of_pressure(one: Comparison, change: float, error: float | None) -> Note:
    words, per_cent = WORDS[one.quantity], 100.0 * (one.ratio.value - 1.0)
    between = f"{change:+.3g}{f' +- {error:.2g}' if error else ''} GPa between the orientations"
    if one.sensitivity is None or one.shift is None:
        reach = abs(change) + (error or 0.0)
        needed = f"{100.0 * abs(one.ratio.log) / reach:.2g} % per GPa" if reach > 0.0 else "any amount"
        text = (
            f"{words}: {per_cent:+.3g} %, {between}; how it changes with pressure is unknown: {needed} would explain it"
        )
        return Note(f"{text}; state it as anisotropy.pressure_sensitivity or measure at another pressure", "warning")
    by = 100.0 * one.sensitivity.value
    uncertain = "" if one.sensitivity.error is None else f" +- {100.0 * one.sensitivity.error:.2g}"
    moved = f"{100.0 * math.expm1(one.shift.value):+.2g} +- {100.0 * one.shift.error:.2g} %"
    text = (
        f"{words}: {per_cent:+.3g} %, {between}; at {by:+.2g}{uncertain} % per GPa these alone change it by {moved}; "
        f"the sensitivity is {one.sensitivity.words}"
    )
    return Note(text)


def summary(pair: Pair) -> str:
    """The ratio of the slopes, its significance without and with the pressure, and the verdict."""
    one = pair.comparisons[0]
    alone, beside = significances(one)
    value = f"{pair.second.orientation} over {pair.first.orientation}: ratio of the slopes at Tc "
    value += rounded(one.ratio.value, one.ratio.error) + (f" +- {one.ratio.error:.2g}" if one.ratio.error else "")
    if alone is None:
        return f"{value}; its error is unknown"
    text = f"{value}, {alone:.1f} standard deviations from 1 by the errors of the lines ({verdict(alone)})"
    if beside is None:
        return f"{text}; what the pressure did is unknown"
    return f"{text}, {beside:.1f} with what the pressures may have done ({verdict(alone, beside)})"
