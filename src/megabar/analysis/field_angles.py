"""Upper critical fields against the angle of the field, at one temperature: bulk or film, anisotropy, orientation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from megabar.analysis.field_points import Line
from megabar.analysis.sweeps import FEWEST_POINTS, SETTLE
from megabar.data import Curve, Note, Recording, Role
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.selection import Selection, compare
from megabar.physics import critical_field as physics

FloatArray = NDArray[np.float64]

ANGLE_STEP: Final = 0.2
"""Degrees: readings closer than this belong to one setting of a rotator."""
FEWEST: Final = 6
"""Angles that three parameters and a comparison need."""
UNBELIEVED: Final = 0.05
"""Probability of the chi-square below which the errors of the points are too small, and their scatter counts."""
_TURN: Final = 60.0
"""Degrees by which the fit may move the largest field away from the largest point: less than to the smallest one."""


@dataclass(frozen=True, eq=False)
class Angular:
    """Hc2 against angle at one temperature by one criterion.

    angle (deg), field (T), error (T, NaN unknown): (m,), ascending angle. fits: by the name of the law; chosen: the one
    of the lowest AICc. by_scatter: whether errors come from the scatter.
    """

    curve: str
    criterion: str
    temperature: float
    angle: FloatArray
    field: FloatArray
    error: FloatArray
    fits: Mapping[str, Fit]
    selection: Selection
    by_scatter: bool

    @property
    def chosen(self) -> str:
        return list(self.fits)[self.selection.chosen]


def split_by_angle(recording: Recording) -> tuple[Recording, dict[str, dict[str, float]], list[Note]]:
    """The recording with every curve measured at several angles split, and {family: {curve: angle in degrees}}.

    A family is one curve (a bridge) at its angles, or all curves of a recording where each has an angle of its own.
    """
    curves: list[Curve] = []
    families: dict[str, dict[str, float]] = {}
    notes: list[Note] = []
    alone: dict[str, float] = {}
    for curve in recording.curves:
        settings = _settings(curve)
        if len(settings) > 1 and max(rows.size for _, rows in settings) < FEWEST_POINTS:
            text = f"{curve.name}: the angle does not stand still: R against angle is not analysed, hold the angle"
            notes.append(Note(text, "warning"))
        elif len(settings) > 1:
            parts = {f"{curve.name}, {angle:.4g} deg": (angle, rows) for angle, rows in settings}
            families[curve.name] = {name: angle for name, (angle, _) in parts.items()}
            curves += [curve.take(rows, name) for name, (_, rows) in parts.items()]
            continue
        elif settings:
            alone[curve.name] = settings[0][0]
        curves.append(curve)
    if not families and len(alone) == len(recording.curves) and len(set(alone.values())) > 1:
        families[""] = alone
    return replace(recording, curves=tuple(curves)), families, notes


def _settings(curve: Curve) -> list[tuple[float, NDArray[np.intp]]]:
    """Each angle with its rows, ascending; empty without a column of angles."""
    if not curve.has(Role.ANGLE):
        return []
    angle = curve.values(Role.ANGLE)
    order = np.argsort(angle, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(angle[order]) > ANGLE_STEP) + 1)
    return [(float(np.mean(angle[rows])), np.sort(rows)) for rows in parts]


def against_angle(curve: str, lines: Mapping[float, Line]) -> tuple[list[Angular], list[str]]:
    """Fits at every temperature at which enough angles have a field; and why there are none.

    lines: transition lines of one criterion by angle (deg). Fields of R(H) are taken at the temperatures that were
    held; from R(T) at several fields the field follows in the middle of the common range, between neighbouring points.
    """
    known = {angle: line for angle, line in lines.items() if len(line)}
    criterion = next((line.criterion for line in lines.values()), "")
    temperatures = _temperatures(known)
    if not temperatures:
        reach = f"fields at one temperature are known at fewer than {FEWEST} of {len(lines)} angles"
        return [], [f"{criterion}: {reach}: measure more angles"]
    found: list[Angular] = []
    failed: list[str] = []
    for temperature in temperatures:
        rows = [(a, *at) for a, line in sorted(known.items()) if (at := field_at(line, temperature)) is not None]
        try:
            found.append(_fitted(curve, criterion, temperature, np.array(rows)))
        except (DataError, ConvergenceError) as error:
            failed.append(f"{criterion}: {temperature:.4g} K: {error}")
    return found, failed


def _temperatures(lines: Mapping[float, Line]) -> list[float]:
    """Those held at enough angles; else the middle of the range that enough lines share, if there is one."""
    held = np.sort(np.concatenate([line.temperature[line.temperature_error == 0.0] for line in lines.values()] or [[]]))
    groups = np.split(held, np.flatnonzero(np.diff(held) > SETTLE * held[1:]) + 1) if held.size else []
    means = [float(group.mean()) for group in groups]
    found = [t for t in means if sum(field_at(line, t) is not None for line in lines.values()) >= FEWEST]
    long = [line for line in lines.values() if len(line) > 1]
    if found or len(long) < FEWEST:
        return found
    low = max(float(line.temperature[0]) for line in long)
    high = min(float(line.temperature[-1]) for line in long)
    return [0.5 * (low + high)] if low < high else []


def field_at(line: Line, temperature: float) -> tuple[float, float] | None:
    """The field (T) of a line and its error at a temperature (K): measured there, or between two points; else None."""
    sigma = np.hypot(line.field_error, _steepness(line) * line.temperature_error)
    near = np.flatnonzero(np.abs(line.temperature - temperature) <= SETTLE * temperature)
    held = near[line.temperature_error[near] == 0.0]
    if held.size:
        return float(line.field[held].mean()), float(np.hypot.reduce(sigma[held]) / held.size)
    right = int(np.searchsorted(line.temperature, temperature))
    if not 0 < right < len(line):
        return None
    left = right - 1
    share = (temperature - line.temperature[left]) / (line.temperature[right] - line.temperature[left])
    value = (1.0 - share) * line.field[left] + share * line.field[right]
    return float(value), math.hypot((1.0 - share) * sigma[left], share * sigma[right])


def _steepness(line: Line) -> FloatArray:
    """|dH/dT| at each point, T/K; 0 for a single one."""
    if len(line) < 2:
        return np.zeros(len(line))
    return np.abs(np.gradient(line.field, line.temperature))


def _fitted(curve: str, criterion: str, temperature: float, rows: FloatArray) -> Angular:
    if len(rows) < FEWEST:
        raise DataError(f"{len(rows)} angles, {FEWEST} are needed: measure more angles")
    angle, field, error = rows.T
    sigma = error if np.all(np.isfinite(error)) and np.all(error > 0.0) else None
    fits = {name: fit(model, angle, field, sigma=sigma) for name, model in LAWS.items()}
    best = min(fits.values(), key=lambda f: f.chi_square)
    by_scatter = sigma is None or float(chdtrc(best.degrees_of_freedom, best.chi_square)) < UNBELIEVED
    if by_scatter and sigma is not None:
        fits = {name: fit(model, angle, field, sigma=sigma, absolute=False) for name, model in LAWS.items()}
    return Angular(curve, criterion, temperature, angle, field, error, fits, compare(list(fits.values())), by_scatter)


def anisotropy(found: Fit) -> tuple[float, float | None]:
    """field_parallel/field_across and its standard error (None unknown)."""
    value = found.values["field_parallel"] / found.values["field_across"]
    names = ("field_parallel", "field_across")
    if found.covariance is None or not set(names) <= set(found.free):
        return value, None
    index = [found.free.index(name) for name in names]
    gradient = np.array([1.0, -1.0]) / [found.values[name] for name in names]
    return value, value * float(np.sqrt(gradient @ found.covariance[np.ix_(index, index)] @ gradient))


@dataclass(frozen=True)
class _Law:
    """What a `Model` wants, as a method, so that a fit can be sent to another process."""

    equation: Callable[..., FloatArray | float]

    def function(self, angle: FloatArray, **values: float) -> FloatArray:
        turned = np.deg2rad(angle - values["angle_of_largest_field"])
        fields = {key: values[key] for key in ("field_parallel", "field_across")}
        return np.asarray(self.equation(turned, **fields))


def _guess(angle: FloatArray, field: FloatArray) -> tuple[Parameter, ...]:
    high, low, at = float(field.max()), float(field.min()), float(angle[np.argmax(field)])
    return (
        Parameter("field_parallel", high, 0.2 * high, 20.0 * high, "T"),
        Parameter("field_across", low, 0.02 * low, 5.0 * low, "T"),
        Parameter("angle_of_largest_field", at, at - _TURN, at + _TURN, "deg"),
    )


LAWS: Final[Mapping[str, Model]] = {
    name: Model(name, _Law(equation).function, _guess, None, formula)
    for name, equation, formula in (
        (
            "anisotropic Ginzburg-Landau",
            physics.angular_ginzburg_landau,
            "(H cos a/H_par)^2 + (H sin a/H_across)^2 = 1",
        ),
        ("Tinkham, thin film", physics.tinkham_film, "|H sin a/H_across| + (H cos a/H_par)^2 = 1"),
    )
}
"""By name; a is counted from the angle of the largest field."""
