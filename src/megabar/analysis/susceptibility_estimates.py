"""What magnetisation says, as estimates: drops, shielding, pairs, fields of first flux, depths, currents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from megabar.analysis.step_estimates import Sheet
from megabar.analysis.susceptibility_body import Body, Derived, Inputs, derive
from megabar.analysis.susceptibility_cooling import Pair, Vanishing
from megabar.analysis.susceptibility_fields import FirstFlux, Trapped
from megabar.analysis.susceptibility_loss import LossPeak
from megabar.analysis.susceptibility_share import WIDTH90
from megabar.analysis.susceptibility_transition import MIDDLE, ONSET, Transition
from megabar.data import Estimate, Status
from megabar.physics import susceptibility as physics

LEVEL: Final = 0.6827
_METHODS: Final = {
    ONSET: "line through the transition meets the background",
    MIDDLE: "signal halfway between background and plateau",
}
FULL: Final = 1.05
"""A shielding fraction above it, by more than its error, says that volume, field or calibration are off."""


def transition_estimates(found: Transition, sheet: Sheet, unit: str) -> list[Estimate]:
    """Onset, middle, width, height and significance; without a drop the temperature is None with the reason."""
    if not found.seen:
        return [_missing(found, sheet, unit)]
    estimates = []
    for name in (ONSET, MIDDLE):
        number = found.numbers[name]
        rest: dict[str, Any] = {"systematic": number.systematic, "error": number.error, "labels": {"criterion": name}}
        if number.value is None:
            rest.update(status=Status.LIMIT, remark=found.words or "not reached")
        estimates.append(sheet.note("critical_temperature", number.value, "K", _METHODS[name], **rest))
    width = found.numbers[WIDTH90]
    method = "between 90 % and 10 % of the drop"
    more = {} if width.value is not None else {"status": Status.LIMIT, "remark": found.words or "not reached"}
    estimates.append(
        sheet.note("transition_width", width.value, "K", method, error=width.error, systematic=width.systematic, **more)
    )
    height = found.height
    method = "background and plateau fitted together outside the transition"
    if height.value is None:
        estimates.append(sheet.note("diamagnetic_drop", None, unit, method, status=Status.LIMIT, remark=found.words))
    else:
        estimates.append(
            sheet.note(
                "diamagnetic_drop", -height.value, unit, method, error=height.error, systematic=height.systematic
            )
        )
    estimates.append(sheet.note("drop_significance", found.significance, "1", "height over its error"))
    return estimates


def _missing(found: Transition, sheet: Sheet, unit: str) -> Estimate:
    remark = found.words
    if found.limit is not None:
        remark += (
            f"; a sharp drop of {found.limit:.2g} {unit if unit != '1' else ''}".rstrip() + " would have been seen"
        )
    status = Status.LIMIT if found.verdict == "cut" else Status.NOT_FOUND
    return sheet.note(
        "critical_temperature", None, "K", "diamagnetic drop", status=status, remark=remark, labels={"criterion": ONSET}
    )


def loss_estimate(peak: LossPeak, sheet: Sheet) -> Estimate:
    """Where the losses peak."""
    return sheet.note(
        "loss_peak_temperature", peak.temperature, "K", "parabola through the peak in quadrature", error=peak.error
    )


def shielding_estimates(
    drop: tuple[float, float | None, Mapping[str, float]],
    field: float | None,
    body: Body,
    sheet: Sheet,
    rng: np.random.Generator,
) -> list[Estimate]:
    """Apparent susceptibility, shielding fraction and the drop over that of a perfect diamagnet of this shape.

    drop: magnitude with error and systematic parts, a moment in A m^2 with its field (T), or an apparent
    susceptibility with field None. Empty without a volume (moments) or a demagnetisation factor.
    """
    value, error, systematic = drop
    inputs: Inputs = {"height": (value, error), **body.inputs}

    def apparent(height: float, **lengths: float) -> float:
        if field is None:
            return -height
        return float(physics.susceptibility_of_moment(-height, field=field, volume=body.volume(**lengths)))

    def intrinsic(height: float, **lengths: float) -> float:
        made = physics.intrinsic_susceptibility(apparent(height, **lengths), demagnetisation=body.factor(**lengths))
        return -float(made)

    def relative(height: float, **lengths: float) -> float:
        return -apparent(height, **lengths) * (1.0 - body.factor(**lengths))

    estimates = [
        _derived("apparent_susceptibility", derive(apparent, inputs, rng), sheet, "drop over volume and field")
    ]
    if body.no_factor:
        return estimates
    factor = derive(lambda **lengths: body.factor(**lengths), body.inputs, rng)
    estimates.append(_derived("demagnetisation_factor", factor, sheet, str(body.settings.shape or "given")))
    moved = {
        name: abs(intrinsic(value + part, **_centres(body.inputs)) - intrinsic(value, **_centres(body.inputs)))
        for name, part in systematic.items()
    }
    fraction = derive(intrinsic, inputs, rng)
    remark = ""
    if fraction.value - (fraction.error or 0.0) > FULL:
        remark = "more than full shielding: check volume, field and calibration"
    elif factor.value > 0.8:
        remark = (
            f"N = {factor.value:.3g}: a flat body, whose fraction hardly depends on the drop; see the relative drop"
        )
    method = "chi/(1 - N chi) of the drop"
    estimates.append(_derived("shielding_fraction", fraction, sheet, method, systematic=moved, remark=remark))
    share = derive(relative, inputs, rng)
    scaled = {name: share.value * part / value for name, part in systematic.items()}
    method = "drop over that of a perfect diamagnet of this shape"
    estimates.append(_derived("relative_drop", share, sheet, method, systematic=scaled))
    return estimates


def _centres(inputs: Inputs) -> dict[str, float]:
    return {name: value for name, (value, _) in inputs.items()}


def _derived(quantity: str, made: Derived, sheet: Sheet, method: str, unit: str = "1", **rest: Any) -> Estimate:
    level = None if made.interval is None else LEVEL
    rest["remark"] = "; ".join(part for part in (rest.pop("remark", ""), made.words) if part)
    return sheet.note(quantity, made.value, unit, method, error=made.error, interval=made.interval, level=level, **rest)


def derived_estimate(
    quantity: str, made: Derived, sheet: Sheet, method: str, unit: str, rest: Mapping[str, Any] | None = None
) -> Estimate:
    """A derived quantity as an estimate."""
    return _derived(quantity, made, sheet, method, unit, **(rest or {}))


def vanishing_estimate(quantity: str, found: Vanishing, sheet: Sheet, method: str, **labels: str) -> Estimate:
    """Where something opens on cooling."""
    if found.value is None:
        open_already = found.hinge is not None
        status = Status.LIMIT if open_already else Status.NOT_FOUND
        return sheet.note(quantity, None, "K", method, status=status, remark=found.words, labels=labels)
    return sheet.note(
        quantity,
        found.value,
        "K",
        method,
        error=found.error,
        interval=found.interval,
        level=None if found.interval is None else LEVEL,
        systematic={} if found.spread is None else {"range": found.spread},
        labels=labels,
    )


def pair_estimates(pair: Pair, sheet: Sheet) -> list[Estimate]:
    """Splitting temperature and the ratio of the moments."""
    method = "difference of both moments leaves zero on cooling"
    estimates = [vanishing_estimate("splitting_temperature", pair.split, sheet, method)]
    method = f"cooled in the field over cooled in zero field, at {pair.temperature[0]:.4g} K above the background"
    if pair.ratio is not None:
        estimates.append(sheet.note("meissner_ratio", pair.ratio, "1", method, error=pair.ratio_error))
    return estimates


def first_flux_estimates(found: FirstFlux, body: Body, sheet: Sheet, rng: np.random.Generator) -> list[Estimate]:
    """Field of the first flux, and the lower critical field where the shape is known."""
    method = "departure from the Meissner line, quadratic in the field"
    if found.value is None:
        status = Status.LIMIT if found.verdict == "none" and found.hinge is not None else Status.NOT_FOUND
        return [sheet.note("penetration_field", None, "T", method, status=status, remark=found.words)]
    systematic = {
        name: part
        for name, part in (("square root", found.method_spread), ("range", found.range_spread))
        if part is not None
    }
    remark = "" if found.root is None else f"by the square root of the departure {found.root:.4g} T"
    level = None if found.interval is None else LEVEL
    first = sheet.note(
        "penetration_field",
        found.value,
        "T",
        method,
        error=found.error,
        interval=found.interval,
        level=level,
        systematic=systematic,
        remark=remark,
    )
    return [first, *lower_field_estimates(found.value, found.error, systematic, body, sheet, rng)]


def lower_field_estimates(
    start: float,
    error: float | None,
    systematic: Mapping[str, float],
    body: Body,
    sheet: Sheet,
    rng: np.random.Generator,
) -> list[Estimate]:
    """mu0 Hc1 behind a field of first flux; empty where no shape is given or the field is not positive."""
    if body.no_factor or not start > 0.0:
        return []
    made = derive(body.lower_field, {"penetration": (start, error), **body.inputs}, rng)
    spread = {name: part * made.value / start for name, part in systematic.items()}
    method = "first flux over 1 - N"
    edge = body.edge_spread()
    if edge is not None:
        method = f"first flux over the edge of a {body.settings.shape}"
        spread["edge or 1 - N"] = edge * made.value
    return [_derived("lower_critical_field", made, sheet, method, "T", systematic=spread)]


def trapped_estimates(found: Trapped, body: Body, sheet: Sheet, unit: str, rng: np.random.Generator) -> list[Estimate]:
    """Start and saturation of the trapped moment; Hc1 and Bean's Jc where the shape is known."""
    hinge = found.hinges.get(found.chosen)
    method = f"trapped moment begins with the power {found.chosen:g} of the field beyond its start"
    if hinge is None or not hinge.significant or hinge.size <= 0.0:
        words = "no moment above the noise stays after the field"
        return [sheet.note("penetration_field", None, "T", method, remark=words)]
    systematic = {} if found.spread is None else {"power of the start": found.spread}
    estimates = [
        sheet.note(
            "penetration_field",
            hinge.start,
            "T",
            method,
            error=hinge.error,
            interval=hinge.interval,
            level=LEVEL,
            systematic=systematic,
        ),
        *lower_field_estimates(hinge.start, hinge.error, systematic, body, sheet, rng),
    ]
    if found.saturation is None:
        words = "the trapped moment still grows at the highest field"
        return [*estimates, sheet.note("trapped_moment", None, unit, "saturation", status=Status.LIMIT, remark=words)]
    method = "mean of the flat part at the highest fields"
    estimates.append(sheet.note("trapped_moment", found.saturation, unit, method, error=found.saturation_error))
    if found.saturates is not None and found.saturates.value is not None:
        top = found.saturates
        remark = "after cooling in zero field: the first flux and twice the field of full penetration"
        rest: dict[str, Any] = {"systematic": {} if top.spread is None else {"range": top.spread}, "remark": remark}
        method = "trapped moment stops growing"
        estimates.append(sheet.note("saturation_field", top.value, "T", method, error=top.error, **rest))
    if not body.no_current and unit == "A m^2" and found.saturation > 0.0:
        # A body full of trapped flux is half of a loop that is open to both sides.
        inputs: Inputs = {"loop": (2.0 * found.saturation, 2.0 * (found.saturation_error or 0.0)), **body.inputs}
        made = derive(body.current_density, inputs, rng)
        estimates.append(_derived("critical_current_density", made, sheet, "Bean, saturated trapped moment", "A/m^2"))
    return estimates
