"""The transition and the normal state fitted together, one least-squares problem for the whole curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import i0e

from megabar.analysis.normal_state import DEBYE_BOUNDS, UNDETERMINED, NormalState, choose_law
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.physics.resistivity import MAX_ORDER
from megabar.physics.transition import full_resistance, full_resistance_gradient

FloatArray = NDArray[np.float64]

MISFIT: Final = 1.2
"""The whole curve is not believed when it scatters more than this many times as much as the normal state about its
own fit: then the law of the transition bends the law of the normal state."""

AGREEMENT: Final = 3.0
"""Nor when its Theta_D and that of the normal state differ by more than this many standard errors (and the spread
over windows)."""


def resistance(
    temperature: FloatArray,
    *,
    onset_temperature: float,
    sharpness: float,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation_conductance: float,
    order: float = 5.0,
) -> FloatArray:
    """`physics.transition.full_resistance` with 1/R_sat as the parameter, so that "no saturation" is a number, 0."""
    return np.asarray(
        full_resistance(
            temperature,
            onset_temperature=onset_temperature,
            sharpness=sharpness,
            residual=residual,
            amplitude=amplitude,
            debye_temperature=debye_temperature,
            saturation=1.0 / saturation_conductance if saturation_conductance > 0 else np.inf,
            order=order,
        )
    )


def _gradient(temperature: FloatArray, **values: float) -> Mapping[str, FloatArray]:
    return full_resistance_gradient(temperature, **values)


def _no_guess(*_: FloatArray) -> tuple[Parameter, ...]:
    raise DataError("the full curve starts from the onset and the normal-state fit: call fit_full_curve")


FULL_CURVE: Final = Model(
    name="full resistance curve",
    function=resistance,
    guess=_no_guess,
    derivative=_gradient,
    formula="R(T_on)/I0(F (1 - T/T_on)^1.5)^2 below T_on, saturated Bloch-Gruneisen above",
)


@dataclass(frozen=True)
class FullCurve:
    """The believed fit, all laws tried by name, and the words on saturation and on how well the curve is described.

    misfit: scatter about the curve over the noise of the data; None when the noise is not known.
    doubt: why its numbers must not be quoted, in words; None when they may.
    """

    chosen: Fit
    laws: Mapping[str, Fit]
    words: str
    misfit: float | None
    doubt: str | None


def fit_full_curve(
    temperature: FloatArray,
    measured: FloatArray,
    *,
    normal: NormalState,
    onset: float,
    width: float,
    noise: float | None = None,
) -> FullCurve:
    """Fit R(T) from zero resistance to the highest temperature.

    temperature (n,) in K, ascending; measured (n,) in ohm. normal: the fit of the normal state, which starts this
    one and whose choices (saturation, order, R0) hold here too; onset (K) and width T90 - T10 (K) start the rest.
    Several starts are tried, because a point
    that changes sides of T_on makes the sum of squares only piecewise smooth; the lowest minimum counts.
    ConvergenceError when none converges.
    """
    laws: dict[str, Fit] = {}
    for law, unwanted in (("plain", "always"), ("saturated", "never")):
        if normal.choices.saturation != unwanted:
            best = _best(temperature, measured, normal, onset, width, saturated=law == "saturated")
            if best is not None:
                laws[law] = best
    if not laws:
        raise ConvergenceError("the full curve could not be fitted from any start: fit the normal state alone")
    chosen, words = choose_law(laws)
    misfit = None if not noise or chosen.noise is None else chosen.noise / noise
    doubt = _doubt(chosen, normal, noise)
    return FullCurve(chosen=chosen, laws=laws, words=words, misfit=misfit, doubt=doubt)


def _doubt(chosen: Fit, normal: NormalState, noise: float | None) -> str | None:
    """Why the whole curve must not be quoted; None when it may."""
    if normal.open is not None:
        return f"the normal state alone leaves Theta_D open: {normal.open}"
    theta, error = chosen.values["debye_temperature"], chosen.errors["debye_temperature"]
    if error is None or not error <= UNDETERMINED * theta:
        return f"Theta_D is not determined: {chosen.message}"
    own = max(noise or 0.0, normal.chosen.noise or 0.0) if normal.choices.weights == "uniform" else noise or 0.0
    if own > 0.0 and chosen.noise is not None and chosen.noise > MISFIT * own:
        return f"it misses the data by {chosen.noise / own:.1f} times the scatter about the normal-state fit"
    other, other_error = normal.chosen.values["debye_temperature"], normal.chosen.errors["debye_temperature"] or 0.0
    allowed = AGREEMENT * float(np.hypot(error, other_error)) + normal.window_spread.get("debye_temperature", 0.0)
    if own > 0.0 and abs(theta - other) > allowed:
        return f"its Theta_D of {theta:.4g} K contradicts the {other:.4g} K of the normal state"
    return None


def level_temperature(fraction: float, *, onset_temperature: float, sharpness: float) -> float:
    """T in K where R/R(T_on) = fraction (0 < fraction < 1) on the fitted curve: I0(F (1 - T/T_on)^1.5)^2 = 1/fraction.

    NaN when the curve stays above the fraction down to T = 0.
    """
    target = -np.log(fraction)

    def excess(z: float) -> float:
        return float(2.0 * (z + np.log(i0e(z))) - target)

    if excess(sharpness) < 0.0:
        return float("nan")
    z = brentq(excess, 0.0, sharpness, xtol=1e-14, rtol=1e-14)
    return float(onset_temperature * (1.0 - (z / sharpness) ** (2.0 / 3.0)))


def _best(
    temperature: FloatArray, measured: FloatArray, normal: NormalState, onset: float, width: float, *, saturated: bool
) -> Fit | None:
    found: list[Fit] = []
    for extra in (0.3, 0.8):
        begin = onset + extra * width
        if not temperature[0] < begin < temperature[-1]:
            continue
        sharpness = _sharpness(width / begin)
        try:
            found.append(_from(temperature, measured, normal, begin, sharpness, saturated=saturated))
        except ConvergenceError:
            continue
    return min(found, key=lambda f: f.chi_square) if found else None


def _sharpness(relative_width: float) -> float:
    """F that gives (T90 - T10)/T_on, from T_x = T_on (1 - (z_x/F)^(2/3))."""
    z90, z10 = 0.46207, 2.44811  # I0(z)^-2 = 0.9 and 0.1
    return float((z10 ** (2 / 3) - z90 ** (2 / 3)) ** 1.5 / max(relative_width, 1e-6) ** 1.5)


def _from(
    temperature: FloatArray,
    measured: FloatArray,
    normal: NormalState,
    onset: float,
    sharpness: float,
    *,
    saturated: bool,
) -> Fit:
    v = normal.chosen.values
    held = normal.choices.residual is not None
    top = float(measured.max())
    conductance = min(v["saturation_conductance"] or 0.05 / top, 0.9 / top) if saturated else 0.0
    parameters = (
        Parameter("onset_temperature", onset, float(temperature[0]), float(temperature[-1]), "K"),
        Parameter("sharpness", sharpness, 0.0, np.inf),
        Parameter("residual", v["residual"], 0.0, np.inf, "ohm", vary=not held),
        Parameter("amplitude", v["amplitude"], 0.0, np.inf, "ohm"),
        Parameter("debye_temperature", v["debye_temperature"], *DEBYE_BOUNDS, "K"),
        Parameter("saturation_conductance", conductance, 0.0, 1.0 / top, "1/ohm", vary=saturated),
        Parameter("order", v["order"], 1.5, MAX_ORDER, vary=normal.choices.order is None),
    )
    return fit(replace(FULL_CURVE, guess=partial(_given, parameters)), temperature, measured)


def _given(parameters: tuple[Parameter, ...], *_: FloatArray) -> tuple[Parameter, ...]:
    return parameters
