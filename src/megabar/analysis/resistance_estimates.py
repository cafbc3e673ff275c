"""What a temperature sweep says, as estimates: every criterion, ratio, fit and coupling with its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from megabar.analysis.couplings import FORMULAS, couplings, spread_over
from megabar.analysis.criteria import fraction_name
from megabar.analysis.full_curve import FullCurve, level_temperature
from megabar.analysis.normal_state import NormalState
from megabar.analysis.resistance_settings import Settings
from megabar.analysis.temperature_sweep import TemperatureSweep
from megabar.analysis.transition import Criterion, Step
from megabar.data import Estimate, Status
from megabar.errors import ConvergenceError
from megabar.fitting.intervals import profile_interval
from megabar.fitting.least_squares import Fit
from megabar.fitting.propagate import propagate

METHODS = {
    "onset": "line through the normal state meets line through the transition",
    "zero": "resistance leaves the noise of the plateau",
    "offset": "line through the transition meets the plateau",
}

PROFILE_LEVEL = 0.6827
"""Level of the profile intervals: that of one standard deviation."""

EXCLUDED = 10.0
"""A law whose AICc lies higher by more than this has essentially no support (Burnham and Anderson 2002)."""

ZERO = 0.05
"""A plateau above this share of R(onset), the lowest usual criterion, is not called zero resistance."""

NORMAL_STATE = "normal state"
FULL_CURVE = "full curve"


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
        estimates += _step_estimates(found, step, place, settings, unit)
    estimates += _ratio(found, here, settings)
    if found.normal is not None:
        estimates += _normal_estimates(found, found.normal, here, settings, unit, rng)
    if found.full is not None:
        estimates += _full_estimates(found.full, here, settings, unit, rng)
    return estimates


def _step_estimates(found: TemperatureSweep, step: Step, sheet: Sheet, settings: Settings, unit: str) -> list[Estimate]:
    levels = {fraction_name(fraction): fraction for fraction in settings.fractions}
    lowest = step is found.steps[-1]
    names = ("onset", *levels, *(("zero", "offset") if lowest else ()))
    estimates = [_criterion(name, levels.get(name), step, found, sheet, settings) for name in names]
    width, middle = step.criteria["width 90-10"], step.criteria.get(fraction_name(0.5))
    method = "between R/R(onset) = 0.90 and 0.10"
    estimates.append(sheet.note("transition_width", width.value, "K", method, **_errors(width), **_cut(width, step)))
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
            **_errors(onset_resistance),
        )
    )
    if lowest:
        estimates.append(_plateau(step, found.series if settings.series == "plateau" else None, sheet, unit))
    if "step" in sheet.labels:
        estimates.append(sheet.note("step_share", step.share, "1", "share of the whole drop of the resistance"))
    return estimates


def _plateau(step: Step, series: float | None, sheet: Sheet, unit: str) -> Estimate:
    """The mean below the transition; or, where that was taken off as the remainder in `series`, the remainder."""
    plateau = step.criteria["plateau"]
    window = step.geometry.plateau_window
    if plateau.value is None or window is None:
        remark = "resistance still falls at the lowest temperature: no plateau"
        return sheet.note("plateau_resistance", None, unit, "mean over the plateau", remark=remark)
    if series is not None:
        method = f"mean from {window[0]:.4g} to {window[1]:.4g} K, subtracted from all readings"
        return sheet.note("series_remainder", series, unit, method, **_errors(plateau))
    share = abs(plateau.value) / step.geometry.onset_resistance
    noise = (step.geometry.plateau_noise or 0.0) / step.geometry.onset_resistance
    remark = f"{100 * share:.2g} % of R(onset), noise of one reading {100 * noise:.2g} %"
    method = f"mean from {window[0]:.4g} to {window[1]:.4g} K"
    return sheet.note("plateau_resistance", plateau.value, unit, method, remark=remark, **_errors(plateau))


def _errors(criterion: Criterion) -> dict[str, Any]:
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
    why: dict[str, Any] = {}
    if name in ("zero", "offset") and settings.probes < 4:
        remark = f"{settings.probes} probes: zero resistance cannot be told from the series remainder"
        why = {"status": Status.NOT_TESTABLE, "remark": remark}
    elif name == "zero" and _levels_off(step, ZERO):
        why = {"remark": f"not zero: {_levels_off(step, ZERO)}"}
    elif criterion.value is None and name in ("zero", "offset"):
        falling = step.criteria["plateau"].value is None
        words = "no plateau: resistance still falls" if falling else "lost in the noise"
        why = {"remark": f"{words} at the lowest temperature"}
    elif criterion.value is None and level is not None and _levels_off(step, level):
        why = {"remark": _levels_off(step, level)}
    elif criterion.value is None:
        remark = f"below {found.temperature[0]:.4g} K, the lowest temperature measured"
        why = {"status": Status.LIMIT, "remark": remark}
    labels = {"criterion": name}
    if why:
        return sheet.note("critical_temperature", None, "K", method, labels=labels, **why)
    return sheet.note("critical_temperature", criterion.value, "K", method, labels=labels, **_errors(criterion))


def _levels_off(step: Step, level: float) -> str:
    """In words that the plateau below the transition lies above `level` of R(onset); "" where it does not."""
    plateau = step.geometry.plateau
    if plateau is None or not plateau > level * step.geometry.onset_resistance:
        return ""
    share = 100.0 * plateau / step.geometry.onset_resistance
    return (
        f"the resistance levels off at {share:.2g} % of R(onset): an offset, a series remainder (settings.probes) or a "
        "part that does not superconduct"
    )


def _cut(criterion: Criterion, step: Step) -> dict[str, Any]:
    if criterion.value is not None:
        return {}
    remark = _levels_off(step, 0.1) or "the transition goes on below the lowest temperature measured"
    return {"status": Status.NOT_FOUND, "remark": remark}


def _ratio(found: TemperatureSweep, sheet: Sheet, settings: Settings) -> list[Estimate]:
    """RRR over the resistance at the onset, or over the lowest temperature where there is no transition.

    Empty where either resistance is not above its noise: then there is no ratio.
    """
    reference = settings.rrr_temperature or float(found.temperature[-1])
    if not found.temperature[0] <= reference <= found.temperature[-1]:
        remark = f"{reference:.4g} K lies outside the measured range"
        return [sheet.note("residual_resistance_ratio", None, "1", "", remark=remark)]
    nearest = np.argsort(np.abs(found.temperature - reference))[:5]
    high = float(np.mean(found.resistance[nearest]))
    high_error = found.noise / np.sqrt(nearest.size)
    if found.steps:
        criterion = found.steps[0].criteria["onset resistance"]
        low, low_error, where = criterion.value, criterion.error, "R(onset)"
    else:
        low, low_error, where = float(np.mean(found.resistance[:5])), found.noise / np.sqrt(5.0), "R(lowest)"
    if low is None or not (low > 3.0 * (low_error or 0.0) and high > 3.0 * high_error):
        return []
    ratio = high / low
    error = None if low_error is None else ratio * float(np.hypot(high_error / high, low_error / low))
    return [sheet.note("residual_resistance_ratio", ratio, "1", f"R({reference:.4g} K)/{where}", error=error)]


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
        return estimates
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
    return estimates


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
