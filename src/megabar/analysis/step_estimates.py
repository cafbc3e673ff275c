"""What the steps of a temperature sweep say, as estimates: every criterion, width, plateau and ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from megabar.analysis.criteria import fraction_name
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Criterion, Step
from megabar.data import Estimate, Status

METHODS = {
    "onset": "line through the normal state meets line through the transition",
    "zero": "resistance leaves the noise of the plateau",
    "offset": "line through the transition meets the plateau",
}

CAUSES = "an offset, a series remainder (settings.probes) or a part that does not superconduct"

NOT_REACHED = "the normal state is not reached in the measured range, so no share of its resistance is known"

ZERO = 0.002
"""A plateau below this share of R(onset) counts as zero whatever its error: the offset of a good bridge."""


@dataclass(frozen=True)
class Sheet:
    """Writes estimates of one measurement that share labels."""

    measurement: str
    labels: Mapping[str, str | float]

    def note(self, quantity: str, value: float | None, unit: str, method: str, **rest: Any) -> Estimate:
        """One estimate; `labels` in `rest` add to the shared ones.

        An error of exactly zero (a fit through every point, copies held by something else than noise) is unknown.
        """
        labels = {**self.labels, **rest.pop("labels", {})}
        if value is None and "status" not in rest:
            rest["status"] = Status.NOT_FOUND
        rest["error"] = rest.get("error") or None
        return Estimate(quantity, self.measurement, value, unit, method, labels=labels, **rest)

    def under(self, **labels: str | float) -> Sheet:
        """The same sheet with more labels."""
        return Sheet(self.measurement, {**self.labels, **labels})


def step_estimates(found: TemperatureSweep, step: Step, sheet: Sheet, settings: Settings, unit: str) -> list[Estimate]:
    levels = {fraction_name(fraction): fraction for fraction in settings.fractions}
    lowest = step is found.steps[-1]
    names = ("onset", *levels, *(("zero", "offset") if lowest else ()))
    estimates = [_criterion(name, levels.get(name), step, found, sheet, settings) for name in names]
    width, middle = step.criteria["width 90-10"], step.criteria.get(fraction_name(0.5))
    method = "between R/R(onset) = 0.90 and 0.10"
    cut = width_missing(step, "temperature")
    estimates.append(sheet.note("transition_width", width.value, "K", method, **errors_of(width), **cut))
    if width.value is not None and middle is not None and middle.value:
        error = None if width.error is None else width.error / middle.value
        relative = width.value / middle.value
        estimates.append(sheet.note("relative_width", relative, "1", f"{method}, over T at 0.50", error=error))
    onset_resistance = step.criteria["onset resistance"]
    estimates.append(
        sheet.note(
            "onset_resistance",
            onset_resistance.value,
            unit,
            "normal-state line at the onset",
            **errors_of(onset_resistance),
        )
    )
    if lowest:
        estimates.append(_plateau(step, found.series if settings.series == "plateau" else None, sheet, unit))
        estimates += _drop(step, sheet)
    if "step" in sheet.labels:
        estimates.append(sheet.note("step_share", step.share, "1", "share of the whole drop of the resistance"))
    return estimates


def _drop(step: Step, sheet: Sheet) -> list[Estimate]:
    """How much of the resistance is lost down to the plateau: what a small drop is called decides what it proves."""
    plateau = step.geometry.plateau
    if plateau is None or not step.geometry.normal_reached or not step.geometry.onset_resistance > 0.0:
        return []
    drop = 1.0 - plateau / step.geometry.onset_resistance
    remark = (
        "" if drop > 0.5 else "less than half of the resistance is lost: not by itself evidence of superconductivity"
    )
    return [sheet.note("resistance_drop", drop, "1", "1 - R(plateau)/R(onset)", remark=remark)]


def _plateau(step: Step, series: float | None, sheet: Sheet, unit: str) -> Estimate:
    """The mean below the transition; or, where that was taken off as the remainder in `series`, the remainder."""
    plateau = step.criteria["plateau"]
    window = step.geometry.plateau_window
    if plateau.value is None or window is None:
        remark = "resistance still falls at the lowest temperature: no plateau"
        return sheet.note("plateau_resistance", None, unit, "mean over the plateau", remark=remark)
    if series is not None:
        method = f"mean from {window[0]:.4g} to {window[1]:.4g} K, subtracted from all readings"
        return sheet.note("series_remainder", series, unit, method, **errors_of(plateau))
    if not step.geometry.onset_resistance > 0.0:
        remark = "the normal-state line is not positive at the onset: no share of it is defined"
        return sheet.note("plateau_resistance", plateau.value, unit, "mean over the plateau", remark=remark)
    share = plateau.value / step.geometry.onset_resistance
    noise = (step.geometry.plateau_noise or 0.0) / step.geometry.onset_resistance
    remark = f"{100 * share:+.2g} % of R(onset), noise of one reading {100 * noise:.2g} %"
    method = f"mean from {window[0]:.4g} to {window[1]:.4g} K"
    return sheet.note("plateau_resistance", plateau.value, unit, method, remark=remark, **errors_of(plateau))


def errors_of(criterion: Criterion) -> dict[str, Any]:
    if criterion.value is None:
        return {}
    systematic = {}
    if criterion.window is not None:
        systematic["window"] = criterion.window
    if criterion.sampling is not None:
        systematic["spacing of points"] = criterion.sampling
    return {"error": criterion.error, "systematic": systematic}


def _criterion(
    name: str, level: float | None, step: Step, found: TemperatureSweep, sheet: Sheet, settings: Settings
) -> Estimate:
    """Tc by one criterion; what is missing or cannot be tested says why. `level` is that of R/R(onset) = level."""
    criterion = step.criteria[name]
    method = METHODS.get(name, f"resistance falls to {name}")
    low = f"{found.temperature[0]:.4g} K"
    why = why_missing(name, level, step, probes=settings.probes, axis="temperature", low=low)
    labels = {"criterion": name}
    if why:
        return sheet.note("critical_temperature", None, "K", method, labels=labels, **why)
    return sheet.note("critical_temperature", criterion.value, "K", method, labels=labels, **errors_of(criterion))


def why_missing(name: str, level: float | None, step: Step, *, probes: int, axis: str, low: str) -> dict[str, Any]:
    """Status and remark of a criterion that these data do not give; empty where they do.

    `level` is that of R/R(onset) = level, None for other criteria; `axis` is what was swept and `low` its lowest value.
    """
    value = step.criteria[name].value
    if name in ("zero", "offset") and probes < 4:
        remark = f"{probes} probes: zero resistance cannot be told from the series remainder"
        return {"status": Status.NOT_TESTABLE, "remark": remark}
    if not step.geometry.normal_reached:
        return {"status": Status.LIMIT, "remark": NOT_REACHED}
    if name == "zero" and _not_zero(step):
        return {"remark": f"not zero: {_not_zero(step)}"}
    if value is not None:
        return {}
    if name in ("zero", "offset"):
        falling = step.criteria["plateau"].value is None
        words = "no plateau: resistance still falls" if falling else "lost in the noise"
        return {"remark": f"{words} at the lowest {axis}"}
    if level is not None and _levels_off(step, level):
        return {"remark": _levels_off(step, level)}
    return {"status": Status.LIMIT, "remark": f"below {low}, the lowest {axis} measured"}


def _not_zero(step: Step) -> str:
    """In words by how much the plateau differs from zero; "" where it is zero within its error, or a small offset."""
    plateau = step.criteria["plateau"]
    onset = step.geometry.onset_resistance
    if (
        plateau.value is None
        or not onset > 0.0
        or abs(plateau.value) <= max(3.0 * (plateau.error or 0.0), ZERO * onset)
    ):
        return ""
    share, error = 100.0 * plateau.value / onset, 100.0 * (plateau.error or 0.0) / onset
    return f"the plateau lies at {share:+.2g}({error:.1g}) % of R(onset): {CAUSES}"


def _levels_off(step: Step, level: float) -> str:
    """In words that the plateau below the transition lies above `level` of R(onset); "" where it does not."""
    plateau = step.geometry.plateau
    if plateau is None or not plateau > level * step.geometry.onset_resistance > 0.0:
        return ""
    return (
        f"the resistance levels off at {100.0 * plateau / step.geometry.onset_resistance:.2g} % of R(onset): {CAUSES}"
    )


def width_missing(step: Step, axis: str) -> dict[str, Any]:
    """Status and remark of a width that these data do not give; empty where they do. `axis` is what was swept."""
    if step.criteria["width 90-10"].value is not None:
        return {}
    if not step.geometry.normal_reached:
        return {"status": Status.LIMIT, "remark": NOT_REACHED}
    remark = _levels_off(step, 0.1) or f"the transition goes on below the lowest {axis} measured"
    return {"status": Status.NOT_FOUND, "remark": remark}


def _resistance_at(temperature: float, found: TemperatureSweep) -> tuple[float, float]:
    """Resistance at a temperature and its error: a line through the five nearest readings, evaluated there."""
    nearest = np.argsort(np.abs(found.temperature - temperature), kind="stable")[:5]
    u = found.temperature[nearest] - temperature
    design = np.column_stack([np.ones(u.size), u])
    gain = np.linalg.pinv(design)[0]
    return float(gain @ found.resistance[nearest]), found.noise * float(np.sqrt(gain @ gain))


def ratio_estimates(found: TemperatureSweep, sheet: Sheet, settings: Settings) -> list[Estimate]:
    """RRR over the resistance at the onset, or over the lowest temperature where there is no transition.

    Empty where either resistance is not above its noise: then there is no ratio.
    """
    reference = settings.rrr_temperature or float(found.temperature[-1])
    if not found.temperature[0] <= reference <= found.temperature[-1]:
        remark = f"{reference:.4g} K lies outside the measured range"
        return [sheet.note("residual_resistance_ratio", None, "1", "", remark=remark)]
    high, high_error = _resistance_at(reference, found)
    if found.steps:
        criterion = found.steps[0].criteria["onset resistance"]
        low, low_error, where = criterion.value, criterion.error, "R(onset)"
    else:
        lowest = float(found.temperature[0])
        low, low_error, where = float(found.resistance[0]), found.noise, f"R({lowest:.4g} K)"
    if low is None or not (low > 3.0 * (low_error or 0.0) and high > 3.0 * high_error):
        return []
    ratio = high / low
    error = None if low_error is None else ratio * float(np.hypot(high_error / high, low_error / low))
    return [sheet.note("residual_resistance_ratio", ratio, "1", f"R({reference:.4g} K)/{where}", error=error)]
