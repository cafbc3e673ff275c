"""Fits of the transition line Hc2(T): every model, compared, with what each says of zero temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from megabar.analysis.field_models import NAMES, FieldModel, Name, field_model
from megabar.analysis.field_points import Line
from megabar.analysis.field_start import start_of_full
from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.intervals import Interval, profile_interval
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.selection import Selection, compare

FloatArray = NDArray[np.float64]

FEWEST: Final = 3
"""Points of a line that two parameters and their scatter need."""
UNBELIEVED: Final = 0.05
"""Probability of the chi-square below which the errors of the points are too small, and their scatter counts."""
SPARE: Final = 2
"""Points beyond its parameters that a model needs; with two parameters one will do."""
REFUTED: Final = 10.0
"""AICc above the lowest from which on a model takes no part in the spread between models."""
NEAR: Final = 0.9
"""A line must begin below this share of its highest temperature for paramagnetism, a bend, to show."""
FAR: Final = 0.5
"""Lowest reduced temperature from which on every model of two parameters takes part in it all the same."""
UNDETERMINED: Final = 0.98
"""Correlation of two parameters from which on the data do not tell them apart."""
_STEP: Final = 1e-4
"""K, of differences."""


@dataclass(frozen=True, eq=False)
class ModelFit:
    """One model on one line.

    zero, zero_error: Hc2(0) in T, its statistical error (None unknown). slope: interval of the slope at Tc by its
    profile, of the chosen model only. correlation: of Maki's alpha and lambda, None where not both are free.
    """

    model: FieldModel
    fit: Fit
    zero: float
    zero_error: float | None
    slope: Interval | None
    correlation: float | None


@dataclass(frozen=True, eq=False)
class LineFit:
    """All models of one line: fits by name, why others failed, the comparison (None for one fit alone).

    reason: why `chosen` stands for the line. coldest: lowest reduced temperature measured. spread, slope_spread: half
    the range of Hc2(0) and of the slope over the models (`_believed`), None where there is only one.
    by_scatter: whether the errors come from the scatter because those of the points do not explain it.
    """

    line: Line
    fits: Mapping[Name, ModelFit]
    failed: tuple[str, ...]
    selection: Selection | None
    chosen: Name
    reason: str
    coldest: float
    spread: float | None
    slope_spread: float | None
    by_scatter: bool


def fit_line(line: Line, names: Sequence[Name]) -> LineFit:
    """Every model in `names` that the points can hold.

    Errors in temperature count through the slope of a first fit; where they are unknown all points weigh alike. Where
    the model that stands for the line misses the points by more than their errors, their scatter is used for all.
    DataError for fewer than three points, or none away from zero field, or when no model can be fitted.
    """
    if len(line) < FEWEST or np.count_nonzero(line.field > 0.0) < FEWEST - 1:
        raise DataError(
            f"{line.criterion}: {len(line)} points of field and temperature, {FEWEST} are needed for a line: measure "
            "more fields"
        )
    sigma = _errors(line)
    why = {name: _unfit(name, line) for name in names}
    able = [name for name in names if not why[name]]
    fits, failed = _all(line, able, sigma, absolute=sigma is not None)
    if not fits:
        raise DataError(f"{line.criterion}: no model of Hc2(T) can be fitted: {'; '.join(failed)}")
    by_scatter = sigma is None or _misses(fits[_compared(fits, line)[1]])
    if by_scatter and sigma is not None:
        fits, failed = _all(line, able, sigma, absolute=False)
    failed += [f"{NAMES[name]}: {words}" for name, words in why.items() if words]
    selection, chosen, reason = _compared(fits, line)
    made = {name: _described(name, found, profiled=name == chosen) for name, found in fits.items()}
    coldest = float(line.temperature.min()) / made[chosen].fit.values["critical_temperature"]
    believed = [made[name] for name in _believed(fits, selection, coldest)]
    return LineFit(
        line=line,
        fits=made,
        failed=tuple(failed),
        selection=selection,
        chosen=chosen,
        reason=reason,
        coldest=coldest,
        spread=_half_range([one.zero for one in believed]),
        slope_spread=_half_range([one.fit.values["slope"] for one in believed]),
        by_scatter=by_scatter,
    )


def _half_range(values: Sequence[float]) -> float | None:
    return 0.5 * (max(values) - min(values)) if len(values) > 1 else None


def _misses(found: Fit) -> bool:
    """Whether the points lie farther from the curve than their errors allow."""
    freedom = found.degrees_of_freedom
    return freedom > 0 and float(chdtrc(freedom, found.chi_square)) < UNBELIEVED


_PARAMETERS: Final[Mapping[Name, int]] = {
    "quadratic": 2,
    "two-fluid": 2,
    "dirty": 2,
    "clean": 2,
    "maki": 3,
    "full": 4,
}


def _unfit(name: Name, line: Line) -> str:
    """Why these points cannot hold the model; "" where they can."""
    parameters = _PARAMETERS[name]
    if len(line) < parameters + (1 if parameters == 2 else SPARE):
        return f"too many parameters for {len(line)} points"
    if parameters > 2 and line.temperature.min() > NEAR * line.temperature.max():
        return f"pair breaking by spins does not show in the last {100 * (1 - NEAR):.0f} % below Tc"
    return ""


def _errors(line: Line) -> FloatArray | None:
    """Standard deviation of each point in field; None where one is unknown."""
    if not (np.all(np.isfinite(line.temperature_error)) and np.all(np.isfinite(line.field_error))):
        return None
    first = fit(field_model("dirty").model, line.temperature, line.field)
    low, high = (first.evaluate(line.temperature + step) for step in (-_STEP, _STEP))
    steep = (low - high) / (2.0 * _STEP)
    total = np.hypot(line.field_error, steep * line.temperature_error)
    return total if np.all(total > 0.0) else None


def _all(
    line: Line, names: Sequence[Name], sigma: FloatArray | None, *, absolute: bool
) -> tuple[dict[Name, Fit], list[str]]:
    fits: dict[Name, Fit] = {}
    failed: list[str] = []
    for name in names:
        try:
            found = _fitted(name, line, sigma, absolute=absolute)
        except ConvergenceError as error:
            failed.append(f"{NAMES[name]}: {error}")
            continue
        if {"slope", "critical_temperature"} & set(found.on_bound):
            failed.append(f"{NAMES[name]}: the field does not fall to zero with rising temperature")
        else:
            fits[name] = found
    return fits, failed


def _fitted(name: Name, line: Line, sigma: FloatArray | None, *, absolute: bool) -> Fit:
    """One model; the full one from the minimum of a search of its own."""
    model, t, h = field_model(name).model, line.temperature, line.field
    start = start_of_full(model, t, h, np.ones(t.size) if sigma is None else 1.0 / sigma) if name == "full" else {}
    return fit(model, t, h, sigma=sigma, absolute=absolute, start=start)


def _compared(fits: Mapping[Name, Fit], line: Line) -> tuple[Selection | None, Name, str]:
    """The comparison (None for too few points), the model that stands for the line, and why it does.

    Far from T = 0 the models differ by the curvature of the first per cent below Tc, which an inhomogeneous sample
    and the criterion have too: there the dirty limit stands, the form that the field quotes, whatever AICc says.
    """
    names = list(fits)
    try:
        selection = compare([fits[name] for name in names])
    except DataError:
        name: Name = "dirty" if "dirty" in fits else names[0]
        return None, name, f"{NAMES[name]}: too few points for AICc"
    best = names[selection.chosen]
    if "dirty" not in fits or float(line.temperature.min()) < FAR * fits["dirty"].values["critical_temperature"]:
        return selection, best, selection.words
    if best == "dirty":
        return selection, best, selection.words
    words = f"nothing was measured below t = {FAR:g}; by curvature near Tc alone AICc would take {selection.words}"
    return selection, "dirty", f"{NAMES['dirty']}: {words}"


def _believed(fits: Mapping[Name, Fit], selection: Selection | None, coldest: float) -> list[Name]:
    """Models that count in the spread: those that AICc does not refute and, far from T = 0, all of two parameters.

    What tells these apart near Tc is the curvature of the first per cent, which an inhomogeneous sample has too.
    """
    names = list(fits)
    if selection is None:
        return names
    kept = {name for name, d in zip(names, selection.delta, strict=True) if d is not None and d < REFUTED}
    if coldest > FAR:
        kept |= {name for name in names if _PARAMETERS[name] == 2}
    return [name for name in names if name in kept]


def _described(name: Name, found: Fit, *, profiled: bool) -> ModelFit:
    model = field_model(name)
    zero = model.zero(found.values)
    slope = None
    with suppress(ConvergenceError, DomainError):
        slope = profile_interval(found, "slope") if profiled else None
    return ModelFit(model, found, zero, _zero_error(model, found), slope, _correlation(found))


def _zero_error(model: FieldModel, found: Fit) -> float | None:
    """By the covariance: d Hc2(0)/d parameters at T = 0; None where a parameter is undetermined."""
    if found.covariance is None or found.undetermined:
        return None
    assert model.model.derivative is not None
    slopes = model.model.derivative(np.zeros(1), **found.values)
    gradient = np.array([slopes[name][0] for name in found.free])
    return float(np.sqrt(gradient @ found.covariance @ gradient))


def _correlation(found: Fit) -> float | None:
    if found.covariance is None or not {"maki", "spin_orbit"} <= set(found.free):
        return None
    i, j = found.free.index("maki"), found.free.index("spin_orbit")
    return float(found.covariance[i, j] / np.sqrt(found.covariance[i, i] * found.covariance[j, j]))
