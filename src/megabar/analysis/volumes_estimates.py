"""What fitted equations of state say, as estimates: every law, what the choices move, what is not determined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from megabar.analysis.step_estimates import Sheet
from megabar.analysis.volumes_fit import PARAMETERS, TITLES, Fitted, shifted
from megabar.analysis.volumes_settings import Settings
from megabar.data import Estimate, Note, Status
from megabar.errors import MegabarError
from megabar.fitting.intervals import profile_interval
from megabar.fitting.least_squares import Fit

QUANTITIES: Final = {
    "volume_zero": ("volume_at_zero_pressure", "angstrom^3"),
    "modulus": ("bulk_modulus_zero", "GPa"),
    "modulus_derivative": ("bulk_modulus_derivative", "1"),
}
"""Quantity and unit of each parameter."""

UNDETERMINED: Final = 0.2
"""Standard error over value of K0 above which the data do not determine the parameters at zero pressure."""
CLOSE: Final = 4.0
"""Difference of AICc up to which another law counts as possible, for what the choice of the law moves."""
CORRELATED: Final = 0.95


def law_estimates(
    fitted: Fitted, others: Sequence[Fitted], settings: Settings, sheet: Sheet
) -> tuple[list[Estimate], list[Note]]:
    """Parameters of the chosen law first, then of the other laws; notes on what the data leave open."""
    notes: list[Note] = []
    made: list[Estimate] = []
    gauge = _gauge_shifts(fitted, others, settings, notes)
    for name in sorted(fitted.fits, key=lambda one: one != fitted.chosen):
        systematic = _systematic(fitted, gauge) if name == fitted.chosen else {}
        made += _parameters(fitted, name, systematic, settings, sheet)
    for other in others:
        labels = {"scale": other.data.scale}
        made += [
            sheet.note(
                QUANTITIES[key][0],
                other.best.values[key],
                QUANTITIES[key][1],
                _method(other.chosen),
                error=other.best.errors[key],
                labels={"model": other.chosen, **labels},
            )
            for key in other.best.free
        ]
    made.append(_inside(fitted, sheet))
    notes += _open_questions(fitted)
    return made, notes


def undetermined(fit: Fit) -> bool:
    """Whether the modulus at zero pressure is hardly known: its error is more than a fifth of it."""
    error = fit.errors["modulus"]
    varies = any(p.vary for p in fit.parameters if p.name == "modulus")
    return varies and (error is None or error > UNDETERMINED * abs(fit.values["modulus"]))


def _parameters(
    fitted: Fitted, name: str, systematic: dict[str, dict[str, float]], settings: Settings, sheet: Sheet
) -> list[Estimate]:
    fit = fitted.fits[name]
    weak = undetermined(fit)
    labels: dict[str, str | float] = {"model": name}
    if fitted.data.scale:
        labels["scale"] = fitted.data.scale
    made = []
    for key in PARAMETERS:
        if not any(p.vary for p in fit.parameters if p.name == key):
            continue
        quantity, unit = QUANTITIES[key]
        rest: dict[str, Any] = {"labels": labels, "systematic": systematic.get(key, {})}
        value: float | None = fit.values[key]
        if fit.errors[key] is None:
            value, rest["status"] = None, Status.ON_BOUND if key in fit.on_bound else Status.UNDETERMINED
        else:
            rest |= {"error": fit.errors[key], **_interval(fit, key, settings.level, weak=weak)}
            rest["status"] = Status.UNDETERMINED if weak else _reach(fitted, fit)
        made.append(sheet.note(quantity, value, unit, _method(name), **rest))
    pair = ("modulus", "modulus_derivative")
    if fit.covariance is not None and all(one in fit.free for one in pair):
        correlation = fit.correlation()
        assert correlation is not None
        rho = float(correlation[fit.free.index(pair[0]), fit.free.index(pair[1])])
        made.append(sheet.note("correlation_of_moduli", rho, "1", f"{name}, covariance of K0 and K0'", labels=labels))
    return made


def _method(name: str) -> str:
    return f"{TITLES.get(name, name)}, errors in both axes"


def _interval(fit: Fit, key: str, level: float, *, weak: bool) -> dict[str, Any]:
    """The symmetric interval; where the covariance is not to be trusted that of the profile, for the modulus alone."""
    if weak and key != "modulus":
        return {}
    if weak:
        try:
            found = profile_interval(fit, key, level=level)
            return {"interval": (found.lower, found.upper), "level": level}
        except MegabarError:
            return {}
    ends = fit.interval(key, level=level)
    return {} if ends is None else {"interval": ends, "level": level}


def _reach(fitted: Fitted, fit: Fit) -> Status:
    """V0, K0 and K0' belong to zero pressure: extrapolated where the lowest pressure is a tenth of K0 or more."""
    lowest = float(fitted.data.pressure.min())
    return Status.EXTRAPOLATED if lowest > 0.1 * fit.values["modulus"] else Status.OK


def _inside(fitted: Fitted, sheet: Sheet) -> Estimate:
    """The bulk modulus in the middle of the volumes, where the data know it.

    By the law with the most parameters that fits best: choosing a simpler one would make the error too small.
    """
    most = max(len(one.free) for one in fitted.fits.values())
    name = min((n for n, one in fitted.fits.items() if len(one.free) == most), key=lambda n: fitted.fits[n].chi_square)
    fit = fitted.fits[name]
    middle = 0.5 * float(fitted.data.volume.min() + fitted.data.volume.max())
    error = None
    if fit.covariance is not None:
        slopes = []
        for key in fit.free:
            step = 1e-4 * max(abs(fit.values[key]), 1e-3)
            high, low = (fitted.modulus(name, middle, **{key: fit.values[key] + side * step}) for side in (1.0, -1.0))
            slopes.append((high - low) / (2.0 * step))
        error = float(np.sqrt(np.array(slopes) @ fit.covariance @ np.array(slopes)))
    possible = [fitted.modulus(other, middle) for other in fitted.fits if _close(fitted, other)]
    spread = 0.5 * (max(possible) - min(possible)) if len(possible) > 1 else 0.0
    return sheet.note(
        "bulk_modulus",
        fitted.modulus(name, middle),
        "GPa",
        f"-V dP/dV of {TITLES.get(name, name)}",
        error=error,
        systematic={"law": spread} if spread else {},
        labels={"at": f"{float(fit.evaluate(np.array([middle]))[0]):.3g} GPa"},
    )


def _close(fitted: Fitted, name: str) -> bool:
    """Whether AICc leaves this law possible."""
    own, best = fitted.fits[name].aicc, fitted.best.aicc
    return own is not None and best is not None and own - best < CLOSE


def _systematic(fitted: Fitted, gauge: dict[str, float]) -> dict[str, dict[str, float]]:
    """What other possible laws, and the gauge, move each parameter by."""
    found: dict[str, dict[str, float]] = {}
    for key in PARAMETERS:
        if not any(p.vary for p in fitted.best.parameters if p.name == key):
            continue
        values = [fit.values[key] for name, fit in fitted.fits.items() if _close(fitted, name)]
        parts = {"law": 0.5 * (max(values) - min(values))} if len(values) > 1 else {}
        if key in gauge:
            parts["gauge"] = gauge[key]
        found[key] = {name: size for name, size in parts.items() if size > 0.0}
    return found


def _gauge_shifts(fitted: Fitted, others: Sequence[Fitted], settings: Settings, notes: list[Note]) -> dict[str, float]:
    """Half of what the gauge moves each parameter by: its common error, or the other equations of the standard."""
    fits: list[Fit] = []
    if settings.gauge_error is not None:
        try:
            fits = [shifted(fitted.data, fitted, side * settings.gauge_error) for side in (1.0, -1.0)]
        except MegabarError as error:
            notes.append(Note(f"{fitted.data.name}: what the gauge's error does is not known: {error}", "warning"))
    same = [other.fits[fitted.chosen] for other in others if fitted.chosen in other.fits]
    found = {}
    for key in fitted.best.free:
        by_error = 0.5 * abs(fits[0].values[key] - fits[1].values[key]) if len(fits) == 2 else 0.0
        values = [fitted.best.values[key], *(one.values[key] for one in same)]
        found[key] = float(np.hypot(by_error, 0.5 * (max(values) - min(values))))
    return found


def _open_questions(fitted: Fitted) -> list[Note]:
    """How far zero pressure is, what the points do not determine, and scatter beyond the errors."""
    data, best = fitted.data, fitted.best
    notes = [Note(f"{data.name}: {fitted.selection.words}")]
    notes += [Note(f"{data.name}: {text}", "warning") for text in fitted.failed]
    lowest, v0 = float(data.pressure.min()), best.values["volume_zero"]
    if "volume_zero" in best.free and lowest > 1.0:
        further = 100.0 * (v0 / float(data.volume.max()) - 1.0)
        notes.append(
            Note(
                f"{data.name}: the lowest pressure is {lowest:.3g} GPa; the volume at zero pressure is extrapolated by "
                f"{further:.3g} %, and may be that of no phase that exists there"
            )
        )
    for name, fit in fitted.fits.items():
        if undetermined(fit):
            error = fit.errors["modulus"]
            told = f"K0 = {fit.values['modulus']:.3g}{'' if error is None else f' ± {error:.2g}'} GPa"
            notes.append(
                Note(
                    f"{data.name}: {name}: {told} is undetermined by pressures from {lowest:.3g} to "
                    f"{float(data.pressure.max()):.3g} GPa: hold volume_zero or modulus_derivative",
                    "warning",
                )
            )
    if fitted.scatter is not None:
        notes.append(
            Note(
                f"{data.name}: the errors given do not explain the points: a scatter of {fitted.scatter:.2g} GPa was "
                "added to them, and the errors follow from what is seen",
                "warning",
            )
        )
    return notes
