"""What a temperature sweep says, as estimates: every criterion, ratio, fit and coupling with its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from megabar.analysis.couplings import FORMULAS, couplings, spread_over
from megabar.analysis.criteria import fraction_name
from megabar.analysis.full_curve import FullCurve, level_temperature
from megabar.analysis.normal_state import NormalState
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.step_estimates import METHODS, Sheet, ratio_estimates, step_estimates
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Step
from megabar.data import Estimate, Status
from megabar.errors import ConvergenceError
from megabar.fitting.intervals import profile_interval
from megabar.fitting.least_squares import Fit
from megabar.fitting.propagate import propagate

PROFILE_LEVEL = 0.6827
"""Level of the profile intervals: that of one standard deviation."""

EXCLUDED = 10.0
"""A law whose AICc lies higher by more than this has essentially no support (Burnham and Anderson 2002)."""

NORMAL_STATE = "normal state"
FULL_CURVE = "full curve"


def sweep_estimates(
    found: TemperatureSweep, sheet: Sheet, settings: Settings, unit: str, rng: np.random.Generator
) -> list[Estimate]:
    """Everything that one sweep says; `unit` is that of its resistance ("ohm" or "ohm m")."""
    here = sheet.under(sweep=found.name)
    estimates: list[Estimate] = []
    if not found.steps:
        low, high = found.temperature[0], found.temperature[-1]
        share = f"{100 * settings.minimum_drop:.3g} % of the resistance (settings.minimum_drop)"
        estimates.append(
            here.note(
                "critical_temperature",
                None,
                "K",
                METHODS["onset"],
                labels={"criterion": "onset"},
                remark=f"no transition between {low:.4g} and {high:.4g} K that takes at least {share}",
            )
        )
    for number, step in enumerate(found.steps, start=1):
        place = here.under(step=number) if len(found.steps) > 1 else here
        estimates += step_estimates(found, step, place, settings, unit)
    estimates += ratio_estimates(found, here, settings)
    if found.normal is not None:
        estimates += _normal_estimates(found, found.normal, here, settings, unit, rng)
    if found.full is not None:
        estimates += _full_estimates(found.full, here, settings, unit, rng)
    return estimates


def _normal_estimates(
    found: TemperatureSweep,
    normal: NormalState,
    sheet: Sheet,
    settings: Settings,
    unit: str,
    rng: np.random.Generator,
) -> list[Estimate]:
    place = sheet.under(model=NORMAL_STATE)
    low, high = normal.choices.window
    method = f"Bloch-Gruneisen fit, {low:.4g} to {high:.4g} K; {normal.words}"
    systematic = _law_spread(normal.laws)
    if "debye_temperature" in normal.window_spread:
        systematic["window"] = normal.window_spread["debye_temperature"]
    estimates = [_debye(normal.chosen, place, method, systematic, normal.open)]
    estimates += _law_estimates(normal.chosen, place, unit)
    name = fraction_name(settings.coupling_criterion)
    step = found.steps[0] if found.steps else None
    criterion = step.criteria[name] if step is not None else None
    error = normal.chosen.errors["debye_temperature"]
    usable = normal.open is None and criterion is not None and criterion.value and criterion.error and error
    if usable and criterion is not None and criterion.value and criterion.error and error:
        values = {
            "critical_temperature": criterion.value,
            "debye_temperature": normal.chosen.values["debye_temperature"],
        }
        estimates += _coupling_estimates(
            lambda critical_temperature, **_: critical_temperature,
            values,
            np.diag([criterion.error**2, error**2]),
            place,
            settings,
            rng,
            _normal_choices(step, criterion.value, normal, settings),
        )
    return estimates


def _normal_choices(
    step: Step | None, tc: float, normal: NormalState, settings: Settings
) -> dict[str, list[tuple[float, float]]]:
    """Pairs of Tc and Theta_D (K) that another criterion or another window would have given."""
    theta = normal.chosen.values["debye_temperature"]
    levels = [] if step is None else [step.criteria[fraction_name(f)].value for f in _lower_levels(settings)]
    tried = [moved for _, moved in normal.windows_tried if moved is not None]
    return {
        "criterion": [(tc, theta), *((t, theta) for t in levels if t is not None)],
        "window": [(tc, theta), *((tc, moved) for moved in tried)],
    }


def _lower_levels(settings: Settings) -> list[float]:
    """The levels from half resistance down, any of which could stand for the bulk of the sample."""
    return [f for f in settings.fractions if f <= 0.5]


def _full_estimates(
    full: FullCurve, sheet: Sheet, settings: Settings, unit: str, rng: np.random.Generator
) -> list[Estimate]:
    place = sheet.under(model=FULL_CURVE)
    fit = full.chosen
    open_words = None if fit.errors["debye_temperature"] is not None else fit.message
    misfit = "" if full.misfit is None else f"scatter about the curve {full.misfit:.2f} times the noise"
    systematic = _law_spread(full.laws)
    method = f"fit of the whole curve; {full.words}"
    estimates = [_debye(fit, place, method, systematic, open_words, remark=misfit)]
    estimates += _law_estimates(fit, place, unit)
    for quantity, parameter, parameter_unit in (
        ("full_curve_onset", "onset_temperature", "K"),
        ("full_curve_sharpness", "sharpness", "1"),
    ):
        error = fit.errors[parameter]
        value = None if error is None else fit.values[parameter]
        estimates.append(place.note(quantity, value, parameter_unit, "fit of the whole curve", error=error))
    names = ("onset_temperature", "sharpness", "debye_temperature")
    if fit.covariance is None or any(name not in fit.free for name in names):
        return _doubted(estimates, full.doubt)
    index = [fit.free.index(name) for name in names]
    values = {name: fit.values[name] for name in names}
    covariance = fit.covariance[np.ix_(index, index)]
    for fraction in settings.fractions:
        level = propagate(lambda fraction=fraction, **p: _level(fraction, p), values, covariance, rng=rng, n=2000)
        if not np.isfinite(level.value):
            continue
        labels = {"criterion": f"{fraction_name(fraction)}, {FULL_CURVE}"}
        method = f"fitted curve falls to {fraction_name(fraction)}"
        estimates.append(sheet.note("critical_temperature", level.value, "K", method, error=level.error, labels=labels))
    levels = [_level(f, values) for f in {*_lower_levels(settings), settings.coupling_criterion}]
    choices = {"criterion": [(t, values["debye_temperature"]) for t in levels if np.isfinite(t)]}
    estimates += _coupling_estimates(
        lambda **p: _level(settings.coupling_criterion, p), values, covariance, place, settings, rng, choices
    )
    return _doubted(estimates, full.doubt)


def _doubted(estimates: list[Estimate], doubt: str | None) -> list[Estimate]:
    """The estimates of a full curve that must not be quoted, marked; what would be quoted most is not a number."""
    if doubt is None:
        return estimates
    marked = []
    for e in estimates:
        if e.quantity in ("debye_temperature", "coupling") and e.value is not None:
            remark = f"{doubt}; the fit gave {e.value:.4g}"
            marked.append(
                replace(
                    e,
                    value=None,
                    error=None,
                    interval=None,
                    level=None,
                    systematic={},
                    status=Status.MISFIT,
                    remark=remark,
                )
            )
        elif e.value is not None and e.quantity != "r_squared":
            marked.append(replace(e, status=Status.MISFIT, remark=doubt))
        else:
            marked.append(e)
    return marked


def _level(fraction: float, parameters: Mapping[str, float]) -> float:
    return level_temperature(
        fraction, onset_temperature=parameters["onset_temperature"], sharpness=parameters["sharpness"]
    )


def _law_spread(laws: Mapping[str, Fit]) -> dict[str, float]:
    """Half the difference of Theta between the laws with and without saturation, while AICc leaves both possible."""
    criteria = [law.aicc for law in laws.values()]
    known = [c for c in criteria if c is not None]
    if len(known) < 2 or any(law.errors["debye_temperature"] is None for law in laws.values()):
        return {}
    if max(known) - min(known) > EXCLUDED:
        return {}
    values = [law.values["debye_temperature"] for law in laws.values()]
    return {"saturation": 0.5 * (max(values) - min(values))}


def _debye(
    fit: Fit, sheet: Sheet, method: str, systematic: Mapping[str, float], open_words: str | None, remark: str = ""
) -> Estimate:
    if open_words is not None:
        status = Status.ON_BOUND if "debye_temperature" in fit.on_bound else Status.UNDETERMINED
        return sheet.note("debye_temperature", None, "K", method, status=status, remark=open_words)
    error = fit.errors["debye_temperature"]
    value = fit.values["debye_temperature"]
    rest: dict[str, Any] = {"error": error, "systematic": systematic, "remark": remark}
    interval = _profile(fit)
    if interval is not None:
        rest |= {"interval": interval, "level": PROFILE_LEVEL}
    return sheet.note("debye_temperature", value, "K", method, **rest)


def _profile(fit: Fit) -> tuple[float | None, float | None] | None:
    """The profile-likelihood interval of Theta, which need not be symmetric; None for exact data or a failed refit."""
    if fit.noise is None or fit.noise <= 1e-12 * float(np.abs(fit.y).max()):
        return None
    try:
        found = profile_interval(fit, "debye_temperature", level=PROFILE_LEVEL)
    except ConvergenceError:
        return None
    return found.lower, found.upper


def _law_estimates(fit: Fit, sheet: Sheet, unit: str) -> list[Estimate]:
    """R0, A, R_sat and n of the chosen law, and R^2."""
    estimates = [sheet.note("r_squared", fit.r_squared, "1", f"{fit.model.name}, {fit.y.size} points")]
    held = {p.name for p in fit.parameters if not p.vary}
    for quantity, name in (("residual_resistance", "residual"), ("amplitude", "amplitude")):
        error = fit.errors[name]
        if name in held:
            estimates.append(sheet.note(quantity, fit.values[name], unit, "held at the value given"))
        elif error is None:
            status = Status.ON_BOUND if name in fit.on_bound else Status.UNDETERMINED
            estimates.append(sheet.note(quantity, None, unit, fit.model.name, status=status))
        else:
            estimates.append(sheet.note(quantity, fit.values[name], unit, fit.model.name, error=error))
    if "order" not in held and "order" in fit.values:
        value, error = fit.values["order"], fit.errors["order"]
        estimates.append(sheet.note("order", value if error else None, "1", "exponent n of the law", error=error))
    estimates.append(_saturation(fit, sheet, unit))
    return estimates


def _saturation(fit: Fit, sheet: Sheet, unit: str) -> Estimate:
    conductance, error = fit.values["saturation_conductance"], fit.errors["saturation_conductance"]
    if conductance <= 0.0 or error is None:
        remark = "no saturation in the chosen law: R_sat is infinite"
        return sheet.note("saturation_resistance", None, unit, fit.model.name, status=Status.NOT_FOUND, remark=remark)
    spread = error / conductance**2
    return sheet.note("saturation_resistance", 1.0 / conductance, unit, fit.model.name, error=spread)


def _coupling_estimates(
    critical_temperature: Callable[..., float],
    values: Mapping[str, float],
    covariance: Any,
    sheet: Sheet,
    settings: Settings,
    rng: np.random.Generator,
    choices: Mapping[str, list[tuple[float, float]]],
) -> list[Estimate]:
    mu = settings.coulomb_pseudopotential
    found = couplings(
        critical_temperature,
        values=values,
        covariance=covariance,
        coulomb=mu,
        coulomb_error=settings.coulomb_error,
        rng=rng,
    )
    estimates = []
    for coupling in found:
        method = (
            f"{FORMULAS[coupling.formula]}, mu* = {mu:g}, Tc at {fraction_name(settings.coupling_criterion)}, "
            f"Theta_D of the {sheet.labels['model']}"
        )
        systematic = {} if coupling.coulomb is None else {f"mu* +-{settings.coulomb_error:g}": coupling.coulomb}
        for name, pairs in choices.items():
            spread = spread_over(coupling.formula, pairs, coulomb=mu)
            if coupling.value is not None and spread is not None:
                systematic[name] = spread
        labels = {"formula": FORMULAS[coupling.formula]}
        estimates.append(
            sheet.note(
                "coupling",
                coupling.value,
                "1",
                method,
                error=coupling.error,
                systematic=systematic,
                labels=labels,
                remark=coupling.words,
            )
        )
    return estimates
