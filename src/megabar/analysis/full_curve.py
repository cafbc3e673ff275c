"""The transition and the normal state fitted together, one least-squares problem for the whole curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import i0e

from megabar.analysis.normal_state import DEBYE_BOUNDS, Saturation, choose_law
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.physics.transition import full_resistance, full_resistance_gradient

FloatArray = NDArray[np.float64]

MISFIT: Final = 2.0
"""A scatter about the curve above this many times the noise of the data is called a misfit in words."""


def resistance(
    temperature: FloatArray,
    *,
    onset_temperature: float,
    sharpness: float,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation_conductance: float,
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
    """

    chosen: Fit
    laws: Mapping[str, Fit]
    words: str
    misfit: float | None


def fit_full_curve(
    temperature: FloatArray,
    measured: FloatArray,
    *,
    normal: Fit,
    onset: float,
    width: float,
    saturation: Saturation = "auto",
    noise: float | None = None,
) -> FullCurve:
    """Fit R(T) from zero resistance to the highest temperature.

    temperature (n,) in K, ascending; measured (n,) in ohm. normal: a Bloch-Gruneisen fit that starts the normal state;
    onset (K) and width T90 - T10 (K) of the transition start the rest. Several starts are tried, because a point
    that changes sides of T_on makes the sum of squares only piecewise smooth; the lowest minimum counts.
    ConvergenceError when none converges.
    """
    laws: dict[str, Fit] = {}
    for law, unwanted in (("plain", "always"), ("saturated", "never")):
        if saturation != unwanted:
            best = _best(temperature, measured, normal, onset, width, saturated=law == "saturated")
            if best is not None:
                laws[law] = best
    if not laws:
        raise ConvergenceError("the full curve could not be fitted from any start: fit the normal state alone")
    chosen, words = choose_law(laws)
    misfit = None if not noise or chosen.noise is None else chosen.noise / noise
    if misfit is not None and misfit > MISFIT:
        words += f"; the curve misses the data by {misfit:.1f} times their noise, so its errors are too small"
    return FullCurve(chosen=chosen, laws=laws, words=words, misfit=misfit)


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
    temperature: FloatArray, measured: FloatArray, normal: Fit, onset: float, width: float, *, saturated: bool
) -> Fit | None:
    found: list[Fit] = []
    for extra in (0.3, 0.8):
        begin = onset + extra * width
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
    temperature: FloatArray, measured: FloatArray, normal: Fit, onset: float, sharpness: float, *, saturated: bool
) -> Fit:
    v = normal.values
    top = float(measured.max())
    conductance = min(v["saturation_conductance"] or 0.05 / top, 0.9 / top) if saturated else 0.0
    parameters = (
        Parameter("onset_temperature", onset, float(temperature[0]), float(temperature[-1]), "K"),
        Parameter("sharpness", sharpness, 0.0, np.inf),
        Parameter("residual", v["residual"], 0.0, np.inf, "ohm"),
        Parameter("amplitude", v["amplitude"], 0.0, np.inf, "ohm"),
        Parameter("debye_temperature", v["debye_temperature"], *DEBYE_BOUNDS, "K"),
        Parameter("saturation_conductance", conductance, 0.0, 1.0 / top, "1/ohm", vary=saturated),
    )
    return fit(replace(FULL_CURVE, guess=lambda *_: parameters), temperature, measured)
