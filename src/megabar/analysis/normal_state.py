"""The normal state: Bloch-Gruneisen fits with and without saturation, and how they move with their window."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import noise_level
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.robust import robust_fit
from megabar.fitting.selection import compare
from megabar.physics.resistivity import MAX_ORDER, bloch_gruneisen, bloch_gruneisen_gradient

FloatArray = NDArray[np.float64]

Saturation = Literal["auto", "never", "always"]
Weights = Literal["uniform", "relative"]

DEBYE_BOUNDS: Final = (5.0, 5000.0)
"""Bounds of the Debye temperature in K: no solid lies outside, and a fit that ends there has not determined it."""

FEWEST_POINTS: Final = 8

MISFIT: Final = 1.5
"""A scatter about the fit above this many times the noise between neighbours is said in words."""

FAR: Final = 0.4
"""Lowest over highest temperature of a window from which on R0 is far below it."""
MOST_OF_IT: Final = 0.5
UNDETERMINED: Final = 0.25
"""A Debye temperature with a relative error above this is called undetermined and not given as a number."""

_THETAS: Final = np.geomspace(40.0, 1500.0, 13)
_SATURATIONS: Final = np.array([0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85])
"""Grid of start values: Debye temperatures in K; strengths of saturation, the largest reading over R_sat."""


def resistance(
    temperature: FloatArray,
    *,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation_conductance: float,
    order: float,
) -> FloatArray:
    """`physics.resistivity.bloch_gruneisen` with 1/R_sat as the parameter, so that "no saturation" is a number, 0."""
    return np.asarray(
        bloch_gruneisen(
            temperature,
            residual=residual,
            amplitude=amplitude,
            debye_temperature=debye_temperature,
            saturation=1.0 / saturation_conductance if saturation_conductance > 0 else np.inf,
            order=order,
        )
    )


def _gradient(temperature: FloatArray, **values: float) -> Mapping[str, FloatArray]:
    return bloch_gruneisen_gradient(temperature, **values)


def _guess(temperature: FloatArray, measured: FloatArray) -> tuple[Parameter, ...]:
    """Start values: at given Theta and R_sat the law is linear in R0 and A, so a coarse grid over both finds them."""
    top = float(measured.max())
    if not top > 0.0:
        raise DataError(
            "resistance is nowhere positive in the normal-state window: no Bloch-Gruneisen law describes it"
        )
    conductance = _SATURATIONS / top
    # Without saturation these would be the readings, one row for each strength.
    ideal = measured / (1.0 - measured * conductance[:, None])
    best = (np.inf, 0.0, 0.0, 0.0, 0.0)
    for theta in _THETAS:
        g = np.asarray(bloch_gruneisen(temperature, residual=0.0, amplitude=1.0, debye_temperature=float(theta)))
        u = g - g.mean()
        slope = ideal @ u / (u @ u)
        offset = np.maximum(ideal.mean(axis=1) - slope * g.mean(), 0.0)
        model = offset[:, None] + slope[:, None] * g
        misfit = np.sum((model / (1.0 + model * conductance[:, None]) - measured) ** 2, axis=1)
        i = int(np.argmin(np.where(slope > 0.0, misfit, np.inf)))
        if slope[i] > 0.0 and misfit[i] < best[0]:
            best = (float(misfit[i]), float(offset[i]), float(slope[i]), float(theta), float(conductance[i]))
    if not np.isfinite(best[0]):
        raise DataError("resistance does not rise with temperature: no Bloch-Gruneisen law describes it")
    _, offset_start, slope_start, theta_start, conductance_start = best
    low, high = DEBYE_BOUNDS
    return (
        Parameter("residual", offset_start, 0.0, np.inf, "ohm"),
        Parameter("amplitude", slope_start, 0.0, np.inf, "ohm"),
        Parameter("debye_temperature", theta_start, low, high, "K"),
        Parameter("saturation_conductance", conductance_start, 0.0, 1.0 / top, "1/ohm"),
        Parameter("order", 5.0, 1.5, MAX_ORDER, vary=False),
    )


BLOCH_GRUNEISEN: Final = Model(
    name="Bloch-Gruneisen",
    function=resistance,
    guess=_guess,
    derivative=_gradient,
    formula="1/R = 1/R_sat + 1/(R0 + A (T/Theta)^n J_n(Theta/T))",
)


@dataclass(frozen=True)
class Choices:
    """How the normal state is fitted.

    window: (low, high) in K. saturation: "auto" decides by AICc. residual: R0 held at this value (None: fitted).
    order: n, or None to fit it. weights: "uniform", or "relative" (errors in proportion to R, for data over decades).
    """

    window: tuple[float, float]
    saturation: Saturation = "auto"
    residual: float | None = None
    order: float | None = 5.0
    weights: Weights = "uniform"


@dataclass(frozen=True)
class NormalState:
    """The fits that were made, the one that is believed and why.

    laws: the fits by name ("plain", "saturated"), outliers left out of both; a law not asked for or not fitted is
    missing and `words` say so. open: why Theta is not determined by these data; None when it is.
    window_spread: half the spread of each parameter over `windows_tried` ((low, high), Theta or None).
    outliers: indices into the window's points; all_points: the plain law with them. misfit: scatter about the fit over
    the noise between neighbouring points; None with relative weights or fewer than 20 points.
    """

    chosen: Fit
    laws: Mapping[str, Fit]
    words: str
    open: str | None
    choices: Choices
    window_spread: Mapping[str, float]
    windows_tried: tuple[tuple[tuple[float, float], float | None], ...]
    outliers: tuple[int, ...]
    outlier_temperatures: tuple[float, ...]
    all_points: Fit
    misfit: float | None

    @property
    def far_residual(self) -> float | None:
        """R0 over the lowest resistance of the window, where fitted from far above and most of it; else None."""
        residual = self.chosen.values["residual"]
        fitted = any(p.name == "residual" and p.vary for p in self.chosen.parameters)
        share = residual / float(self.chosen.y.min())
        far = float(self.chosen.x.min()) > FAR * float(self.chosen.x.max())
        return share if fitted and far and share > MOST_OF_IT else None


def fit_normal_state(temperature: FloatArray, measured: FloatArray, choices: Choices) -> NormalState:
    """Fit the Bloch-Gruneisen law in the window, name outliers, choose the law and move the window.

    temperature (n,) in K; measured (n,) in ohm or ohm m. Outliers of the plain law are left out and named (see
    `fitting.robust_fit`). The window's lower end moves up by a tenth and a quarter of its length, its upper end down
    by a quarter; half the spread of each parameter is `window_spread`. DataError with fewer than eight points in the
    window or relative weights on resistances that are not positive; ConvergenceError when no law could be fitted.
    """
    t, r = _inside(temperature, measured, choices)
    robust = robust_fit(BLOCH_GRUNEISEN, t, r, **_arguments(r, choices, saturated=choices.saturation == "always"))
    keep = np.ones(t.size, dtype=bool)
    keep[list(robust.outliers)] = False
    laws, failures = _fit_laws(t[keep], r[keep], choices)
    if not laws:
        raise ConvergenceError("; ".join(failures))
    chosen, verdict = choose_law(laws)
    tried = _move_window(t[keep], r[keep], chosen, choices)
    spreads = {
        name: [value, *(moved.values[name] for _, moved in tried if moved is not None)]
        for name, value in chosen.values.items()
    }
    spread = {name: 0.5 * (max(found) - min(found)) for name, found in spreads.items() if len(found) > 1}
    return NormalState(
        chosen=chosen,
        laws=laws,
        words="; ".join([verdict, *failures]),
        open=_open(chosen, spread),
        choices=choices,
        window_spread=spread,
        windows_tried=tuple((w, None if f is None else f.values["debye_temperature"]) for w, f in tried),
        outliers=robust.outliers,
        outlier_temperatures=tuple(float(t[i]) for i in robust.outliers),
        all_points=robust.all_points,
        misfit=_misfit(t[keep], r[keep], chosen, choices),
    )


def _misfit(t: FloatArray, r: FloatArray, chosen: Fit, choices: Choices) -> float | None:
    noise = noise_level(t, r)
    if choices.weights == "relative" or t.size < 20 or noise <= 1e-9 * float(np.abs(r).max()) or chosen.noise is None:
        return None
    return chosen.noise / noise


def _inside(temperature: FloatArray, measured: FloatArray, choices: Choices) -> tuple[FloatArray, FloatArray]:
    low, high = choices.window
    inside = (temperature >= low) & (temperature <= high)
    if np.count_nonzero(inside) < FEWEST_POINTS:
        raise DataError(
            f"{np.count_nonzero(inside)} points between {low:.4g} and {high:.4g} K: a normal-state fit needs at least "
            f"{FEWEST_POINTS}; widen settings.normal_window or measure to higher temperature"
        )
    t, r = temperature[inside], measured[inside]
    if choices.weights == "relative" and not np.all(r > 0):
        raise DataError("relative weights need positive resistances in the normal-state window: use uniform weights")
    return t, r


def _arguments(r: FloatArray, choices: Choices, *, saturated: bool) -> dict[str, Any]:
    """Weights, held parameters and changed bounds of one fit."""
    fixed = {} if saturated else {"saturation_conductance": 0.0}
    start: dict[str, float | Parameter] = {}
    if choices.residual is not None:
        fixed["residual"] = choices.residual
    if choices.order is None:
        start["order"] = Parameter("order", 5.0, 1.5, MAX_ORDER)
    else:
        fixed["order"] = choices.order
    return {"sigma": r if choices.weights == "relative" else None, "fixed": fixed, "start": start}


def _fit_laws(t: FloatArray, r: FloatArray, choices: Choices) -> tuple[dict[str, Fit], list[str]]:
    laws: dict[str, Fit] = {}
    failures = []
    for law, unwanted in (("plain", "always"), ("saturated", "never")):
        if choices.saturation == unwanted:
            continue
        try:
            arguments = _arguments(r, choices, saturated=law == "saturated")
            laws[law] = fit(BLOCH_GRUNEISEN, t, r, absolute=False, **arguments)
        except ConvergenceError as error:
            failures.append(f"{law} law: {error}")
    return laws, failures


def choose_law(laws: Mapping[str, Fit]) -> tuple[Fit, str]:
    """The believed one of the "plain" and "saturated" fits of the same points, and why in words.

    The saturated law counts only when its R_sat is finite and its AICc is lower by more than 2 (`fitting.compare`).
    """
    if len(laws) == 1:
        name, only = next(iter(laws.items()))
        return only, f"{name} law only"
    plain, saturated = laws["plain"], laws["saturated"]
    if "saturation_conductance" in saturated.on_bound:
        return plain, "R_sat runs to infinity: the plain law is the best saturated one"
    if plain.aicc is None or saturated.aicc is None:
        return plain, "too few points to compare the laws: the plain one is used"
    chosen = compare([plain, saturated]).best
    gain = plain.aicc - saturated.aicc
    verdict = "saturation is supported" if chosen is saturated else "saturation is not supported"
    side = "below" if gain > 0 else "above"
    return chosen, f"{verdict}: AICc of the saturated law lies {abs(gain):.1f} {side} the plain one's"


def _move_window(
    t: FloatArray, r: FloatArray, chosen: Fit, choices: Choices
) -> list[tuple[tuple[float, float], Fit | None]]:
    """The chosen law in narrower windows; None where too few points are left or the search failed."""
    low, high = float(t[0]), float(t[-1])
    length = high - low
    saturated = any(p.name == "saturation_conductance" and p.vary for p in chosen.parameters)
    tried: list[tuple[tuple[float, float], Fit | None]] = []
    for window in ((low + 0.1 * length, high), (low + 0.25 * length, high), (low, high - 0.25 * length)):
        inside = (t >= window[0]) & (t <= window[1])
        moved: Fit | None = None
        if np.count_nonzero(inside) >= FEWEST_POINTS:
            with suppress(ConvergenceError):
                arguments = _arguments(r[inside], choices, saturated=saturated)
                # From the answer of the whole window: a narrower one has more shallow minima to be caught in.
                arguments["start"] |= _starts(chosen)
                moved = fit(BLOCH_GRUNEISEN, t[inside], r[inside], absolute=False, **arguments)
        tried.append((window, moved))
    return tried


def _starts(chosen: Fit) -> dict[str, Parameter]:
    return {p.name: replace(p, start=chosen.values[p.name]) for p in chosen.parameters if p.vary}


def _open(chosen: Fit, spread: Mapping[str, float]) -> str | None:
    """Why the data leave Theta open, in words; None when they determine it.

    Theta trades off with R0. When R0 was fitted, its bound at 0 must not lend Theta a precision that the data do not
    have, so the error is also taken with R0 free of that bound; and Theta must not move by more than `UNDETERMINED`
    with the window.
    """
    theta, error = chosen.values["debye_temperature"], chosen.errors["debye_temperature"]
    if error is None:
        return f"Theta_D is {chosen.parameter_status('debye_temperature')}"
    if not error <= UNDETERMINED * theta:
        return f"Theta_D has an error of {100 * error / theta:.0f} %: widen the range or hold R0 (settings.residual)"
    if "residual" in chosen.on_bound:
        free = _without_bound(chosen)
        loose = None if free is None else free.errors["debye_temperature"]
        if free is None or loose is None or not loose <= UNDETERMINED * free.values["debye_temperature"]:
            found = "" if free is None else f" (Theta_D = {free.values['debye_temperature']:.3g} K there)"
            return f"R0 tends to a negative value{found}, and R0 and Theta_D trade off: hold R0 (settings.residual)"
    fitted_residual = any(p.name == "residual" and p.vary for p in chosen.parameters)
    if fitted_residual and spread.get("debye_temperature", 0.0) > UNDETERMINED * theta:
        return (
            f"with R0 free Theta_D moves by +-{spread['debye_temperature']:.3g} K with the window: "
            "hold R0 (settings.residual) or measure to lower temperature"
        )
    return None


def _without_bound(chosen: Fit) -> Fit | None:
    """The chosen law with R0 allowed to be negative, to see how well the data know it."""
    span = float(np.abs(chosen.y).max())
    fixed = {p.name: p.start for p in chosen.parameters if not p.vary}
    start: dict[str, float | Parameter] = {"residual": Parameter("residual", 0.0, -span, span)}
    try:
        return fit(
            BLOCH_GRUNEISEN,
            chosen.x,
            chosen.y,
            sigma=chosen.relative_sigma,
            absolute=False,
            fixed=fixed,
            start=start,
        )
    except ConvergenceError:
        return None
