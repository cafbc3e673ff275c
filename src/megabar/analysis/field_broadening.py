"""How the resistive transition broadens in a field: exponent, width at zero field, and a verdict in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from megabar.analysis.field_fit import UNBELIEVED
from megabar.analysis.field_points import Widths
from megabar.errors import MegabarError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter

FloatArray = NDArray[np.float64]

TINKHAM: Final = 2.0 / 3.0
FEWEST: Final = 4
SHARP: Final = 0.05
"""Width over Tc at zero field up to which a transition has the few per cent of a strong type-II superconductor."""


@dataclass(frozen=True, eq=False)
class Broadening:
    """width_zero + amplitude H^exponent through the widths; `law` the same with the exponent 2/3.

    exponent, error: None where the widths do not determine it. relative: width at zero field over Tc, with its error.
    growth: widening up to the largest field over its error. words: the verdict.
    """

    free: Fit | None
    law: Fit
    exponent: float | None
    error: float | None
    relative: float
    relative_error: float | None
    growth: float | None
    words: str


def broadening(widths: Widths) -> Broadening | None:
    """The verdict on widths at four fields or more, zero field among them; None with fewer."""
    if widths.field.size < FEWEST or np.count_nonzero(widths.field > 0.0) < FEWEST - 1:
        return None
    sigma = widths.error if np.all(np.isfinite(widths.error) & (widths.error > 0.0)) else None
    try:
        law = _fit(widths, sigma, fixed={"exponent": TINKHAM})
    except MegabarError:
        return None
    try:
        free = _fit(widths, sigma)
    except MegabarError:
        free = None
    error = None if free is None else free.errors["exponent"]
    if free is not None and error is not None:
        error *= free.quantile(0.6827)
    exponent = None if free is None or error is None else free.values["exponent"]
    tc = float(widths.middle[np.argmin(widths.field)])
    zero_error = law.errors["width_zero"]
    amplitude_error = law.errors["amplitude"]
    growth = None if not amplitude_error else law.values["amplitude"] / amplitude_error
    relative = law.values["width_zero"] / tc
    relative_error = None if zero_error is None else zero_error / tc
    words = _words(widths, law, free, relative, growth)
    return Broadening(free, law, exponent, error, relative, relative_error, growth, words)


def _fit(widths: Widths, sigma: FloatArray | None, fixed: Mapping[str, float] = MappingProxyType({})) -> Fit:
    """With the errors of the widths; with their scatter where these are unknown or too small for it."""
    found = fit(_LAW, widths.field, widths.width, sigma=sigma, absolute=sigma is not None, fixed=fixed)
    freedom = found.degrees_of_freedom
    if sigma is None or freedom < 1 or float(chdtrc(freedom, found.chi_square)) >= UNBELIEVED:
        return found
    return fit(_LAW, widths.field, widths.width, sigma=sigma, absolute=False, fixed=fixed)


def _words(widths: Widths, law: Fit, free: Fit | None, relative: float, growth: float | None) -> str:
    sharp = "within" if relative <= SHARP else "above"
    parts = [f"width at zero field {100.0 * relative:.2g} % of Tc, {sharp} the few per cent of a strong type II"]
    highest = float(widths.field.max())
    reach = highest**TINKHAM
    if growth is None or growth < 3.0:
        uncertain = law.errors["amplitude"]
        most = max(law.values["amplitude"], 0.0) + 2.0 * (uncertain or 0.0)
        limit = "" if uncertain is None else f", at most {most * reach:.2g} K"
        parts.append(f"no broadening seen up to {highest:.3g} T{limit}")
        return "; ".join(parts)
    wider = law.values["amplitude"] * reach
    parts.append(f"{wider:.3g} K wider at {highest:.3g} T ({growth:.1f} standard deviations)")
    error = None if free is None else free.errors["exponent"]
    if free is None or error is None:
        parts.append("its exponent is not determined")
    else:
        exponent, one = free.values["exponent"], free.quantile(0.6827) * error
        agrees = abs(exponent - TINKHAM) <= free.quantile(0.9545) * error
        parts.append(f"exponent {exponent:.2g} +- {one:.1g}, {'' if agrees else 'not '}in accord with 2/3")
    return "; ".join(parts)


def _curve(field: FloatArray, *, width_zero: float, amplitude: float, exponent: float) -> FloatArray:
    return np.asarray(width_zero + amplitude * np.abs(field) ** exponent)


def _slopes(field: FloatArray, *, width_zero: float, amplitude: float, exponent: float) -> Mapping[str, FloatArray]:
    del width_zero
    size = np.abs(field)
    power = size**exponent
    logarithm = np.log(np.where(size > 0.0, size, 1.0))
    return {"width_zero": np.ones(size.size), "amplitude": power, "exponent": amplitude * power * logarithm}


def _guess(field: FloatArray, width: FloatArray) -> tuple[Parameter, ...]:
    low, high = float(width[np.argmin(field)]), float(width[np.argmax(field)])
    grown = (high - low) / float(np.max(field)) ** TINKHAM
    return (
        Parameter("width_zero", max(low, 1e-6 * high), 0.0, np.inf, "K"),
        Parameter("amplitude", grown, unit="K"),
        Parameter("exponent", TINKHAM, 0.1, 3.0, "1"),
    )


_LAW: Final = Model("broadening in a field", _curve, _guess, _slopes, "W = W(0) + a H^n")
