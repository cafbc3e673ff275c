"""By how much the gap moves with choices that are as careful as the one made: degree, v_min, way of normalising."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from megabar.analysis.spectrum_background import Background, background_operator, divide, variations
from megabar.analysis.spectrum_fit import Choice, SpectrumFit, fit_spectrum
from megabar.analysis.spectrum_models import Setup, divided_model
from megabar.analysis.spectrum_prepare import Prepared
from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.least_squares import Fit, fit

WORSE: Final = 1.05
"""Scatter about the fit over that of the choice made, above which another degree does not describe the data."""


@dataclass(frozen=True)
class Variation:
    """The gap (meV) of another choice, in words."""

    words: str
    gap: float


def vary(prepared: Prepared, found: SpectrumFit) -> tuple[Variation, ...]:
    """The gap with the degree of the joint background one lower and one higher, and with the spectrum divided by the
    polynomial through its wings (and the model by its own) for v_min as chosen and moved by 15 %."""
    tried = []
    # Where dips were cut out the wings do not belong to the contact that was fitted.
    whole = found.spectrum.bias.size == prepared.raw.bias.size
    for degree in (found.choice.degree - 1, found.choice.degree + 1):
        if degree >= 0 and prepared.background.kind == "polynomial" and whole:
            choice = replace(found.choice, degree=degree, start=_start(found))
            other = _attempt(partial(_joint, found, choice))
            tried.append((f"background of degree {degree}, fitted with the gap", _gap_of(other)))
    if prepared.background.kind == "polynomial" and prepared.background.v_min > 0.0 and whole:
        least = math.inf
        for background in (prepared.background, *variations(prepared.background, prepared.raw)):
            other = _attempt(partial(_divided, prepared, found, background))
            least = min(least, math.inf if other is None else other.noise or 0.0)
            misses = other is None or (other.noise or 0.0) > WORSE * least
            tried.append((f"divided by the {background.words}", None if misses else _gap_of(other)))
    return tuple(Variation(words, gap) for words, gap in tried if gap is not None)


def spread(found: SpectrumFit, tried: tuple[Variation, ...]) -> float | None:
    """Half the range of the gaps; None where nothing else was tried."""
    if not tried:
        return None
    gaps = [found.fit.values["gap"], *(v.gap for v in tried)]
    return 0.5 * (max(gaps) - min(gaps))


def _attempt(fit_again: Callable[[], Fit]) -> Fit | None:
    try:
        return fit_again()
    except (ConvergenceError, DataError, DomainError):
        return None


def _gap_of(found: Fit | None) -> float | None:
    return None if found is None else found.values["gap"]


def _joint(found: SpectrumFit, choice: Choice) -> Fit:
    """DataError where the background of this degree misses the data: then it is no choice as careful."""
    other = fit_spectrum(found.spectrum, choice)
    if (other.plain.noise or 0.0) > WORSE * (found.plain.noise or 0.0):
        raise DataError(f"degree {choice.degree} misses the data")
    return other.fit


def _divided(prepared: Prepared, found: SpectrumFit, background: Background) -> Fit:
    normalised = divide(prepared.raw, background)
    operator = background_operator(prepared.raw.bias, background, error=prepared.raw.error)
    assert operator is not None  # a polynomial has one
    reach = float(np.max(np.abs(normalised.bias)))
    setup = Setup(found.choice.kind, found.choice.temperature, 0, reach, given=found.choice.given)
    model = divided_model(setup, operator)
    names = {p.name for p in found.fit.parameters} - {"scale"}
    fixed = {k: v for k, v in found.choice.fixed.items() if k in names}
    start = {k: v for k, v in _start(found).items() if k not in fixed and k != "scale" and not k.startswith("b_")}
    return fit(model, normalised.bias, normalised.conductance, sigma=normalised.error, fixed=fixed, start=start)


def _start(found: SpectrumFit) -> dict[str, float]:
    """Values of the fit to begin with, away from bounds; the background's own begin anew."""
    on = set(found.fit.on_bound)
    return {
        p.name: found.fit.values[p.name]
        for p in found.fit.parameters
        if p.vary and p.name not in on and not p.name.startswith("b_") and p.name != "scale"
    }
