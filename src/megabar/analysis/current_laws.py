"""Laws of the critical current against temperature: pinning and self-field, fitted and compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from megabar.analysis.current_settings import PINNING, Law, Settings
from megabar.constants import BOLTZMANN_MEV
from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.intervals import Interval, profile_interval
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.selection import Selection, compare
from megabar.physics import critical_current as physics

FloatArray = NDArray[np.float64]

NAMES: Final[Mapping[Law, str]] = {
    "delta-l": "pinning by a varying mean free path (delta-l)",
    "delta-Tc": "pinning by a varying Tc (delta-Tc)",
    "self-field s": "self-field of a film, s-wave",
    "self-field d": "self-field of a film, d-wave",
}
_FORMULAS: Final[Mapping[Law, str]] = {
    "delta-l": "Jc = Jc(0) (1 - t^2)^(5/2) (1 + t^2)^(-1/2)",
    "delta-Tc": "Jc = Jc(0) (1 - t^2)^(7/6) (1 + t^2)^(5/6)",
    "self-field s": "Jc = Phi0/(4 pi mu0) (ln kappa + 1/2)/(lambda^2 b) tanh(b/lambda), lambda(T) of an s-wave gap",
    "self-field d": "Jc = Phi0/(4 pi mu0) (ln kappa + 1/2)/(lambda^2 b) tanh(b/lambda), lambda(T) of a d-wave gap",
}
FEWEST: Final = 3
UNBELIEVED: Final = 0.05
"""Probability of the chi-square below which the errors of the points are too small, and their scatter counts."""
TOLD_APART: Final = 4.0
"""Difference of AICc from which on a law is called preferred: a likelihood ratio of 7."""
REFUTED: Final = 10.0
"""AICc above the lowest from which on a law takes no part in the spread between laws."""
_STEP: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Points:
    """Critical currents of m temperatures: temperature (K), current (A) and its error, (m,) each.

    area: m^2 of the cross-section, None unknown. reference: names the level ("" or a field).
    """

    temperature: FloatArray
    current: FloatArray
    error: FloatArray
    area: float | None
    reference: str = ""


@dataclass(frozen=True, eq=False)
class LawFit:
    """One law: its fit, the critical current at T = 0 in A with its error, interval of that where it is a parameter."""

    law: Law
    fit: Fit
    zero: float
    zero_error: float | None
    interval: Interval | None


@dataclass(frozen=True, eq=False)
class LawFits:
    """All laws of one set of points, why others failed, the comparison (None for one fit alone or too few points)."""

    points: Points
    fits: Mapping[Law, LawFit]
    failed: tuple[str, ...]
    selection: Selection | None
    chosen: Law
    coldest: float
    spread: float | None
    by_scatter: bool

    @property
    def verdict(self) -> str:
        """What the comparison says, in words."""
        if self.selection is None:
            return f"{NAMES[self.chosen]}: not compared"
        others = [(d, law) for d, law in zip(self.selection.delta, self.fits, strict=True) if law != self.chosen]
        known = [(d, law) for d, law in others if d is not None]
        if not known:
            return f"{NAMES[self.chosen]}: not compared"
        nearest, law = min(known)
        if nearest < TOLD_APART:
            return f"{NAMES[self.chosen]} and {NAMES[law]} are not told apart (AICc {nearest:+.3g})"
        return f"{NAMES[self.chosen]} is preferred; next is {NAMES[law]} (AICc {nearest:+.3g})"


def fit_laws(points: Points, settings: Settings) -> LawFits:
    """Every law in force through the points; DataError for fewer than three or when none can be fitted."""
    if points.temperature.size < FEWEST:
        raise DataError(f"{points.temperature.size} critical currents, {FEWEST} temperatures are needed for a law")
    names = settings.laws_in_force
    if settings.temperature_error is not None:
        points = replace(points, error=_with_temperatures(points, settings.temperature_error))
    fits, failed = _all(points, names, settings, absolute=True)
    if not fits:
        raise DataError(f"no law of the critical current can be fitted: {'; '.join(failed)}")
    best = min(fits.values(), key=lambda f: f.chi_square)
    by_scatter = best.degrees_of_freedom > 0 and float(chdtrc(best.degrees_of_freedom, best.chi_square)) < UNBELIEVED
    if by_scatter:
        fits, failed = _all(points, names, settings, absolute=False)
    selection: Selection | None
    try:
        selection = compare(list(fits.values())) if len(fits) > 1 else None
    except DataError:
        selection = None
    least = min(fits, key=lambda law: fits[law].chi_square)
    chosen = least if selection is None else list(fits)[selection.chosen]
    made = {law: _described(law, found) for law, found in fits.items()}
    coldest = float(points.temperature.min()) / made[chosen].fit.values["critical_temperature"]
    zeros = [made[law].zero for law in _believed(fits, selection)]
    spread = 0.5 * (max(zeros) - min(zeros)) if len(zeros) > 1 else None
    return LawFits(points, made, tuple(failed), selection, chosen, coldest, spread, by_scatter)


def _with_temperatures(points: Points, error: float) -> FloatArray:
    """Errors with that of the temperature through the slope of Ic(T), a parabola in its square root."""
    t = points.temperature
    root = np.polynomial.Polynomial.fit(t, np.sqrt(points.current), min(2, t.size - 1))
    slope = 2.0 * np.sqrt(points.current) * root.deriv()(t)
    return np.asarray(np.hypot(points.error, slope * error))


def _believed(fits: Mapping[Law, Fit], selection: Selection | None) -> list[Law]:
    """Laws that count in the spread: those that AICc does not refute."""
    if selection is None:
        return list(fits)
    return [law for law, delta in zip(fits, selection.delta, strict=True) if delta is not None and delta < REFUTED]


def _all(
    points: Points, names: Sequence[Law], settings: Settings, *, absolute: bool
) -> tuple[dict[Law, Fit], list[str]]:
    fits: dict[Law, Fit] = {}
    failed: list[str] = []
    given = settings.critical_temperature
    for law in names:
        if given is not None and not given > points.temperature.max():
            failed.append(f"{NAMES[law]}: Tc {given:g} K is not above the warmest critical current")
            continue
        held = {} if given is None else {"critical_temperature": given}
        try:
            found = fit(
                law_model(law, settings),
                points.temperature,
                points.current,
                sigma=points.error,
                absolute=absolute,
                fixed=held,
            )
        except (ConvergenceError, DataError) as error:
            failed.append(f"{NAMES[law]}: {error}")
            continue
        # On the lower bound, the warmest point, the law bends too little: it stays and loses the comparison.
        if (
            "critical_temperature" in found.on_bound
            and found.values["critical_temperature"] > 5.0 * points.temperature.max()
        ):
            failed.append(f"{NAMES[law]}: the critical current does not fall to zero with rising temperature")
        else:
            fits[law] = found
    return fits, failed


def _described(law: Law, found: Fit) -> LawFit:
    zero = float(found.evaluate(np.zeros(1))[0])
    interval = None
    try:
        interval = profile_interval(found, "current_zero") if law in PINNING else None
    except (ConvergenceError, DomainError):
        interval = None
    return LawFit(law, found, zero, _zero_error(found), interval)


def _zero_error(found: Fit) -> float | None:
    """By the covariance, with derivatives by differences."""
    if found.covariance is None or found.undetermined:
        return None
    gradient = np.empty(len(found.free))
    for i, name in enumerate(found.free):
        step = _STEP * abs(found.values[name])
        ends = [
            float(found.model.function(np.zeros(1), **{**found.values, name: found.values[name] + s})[0])
            for s in (step, -step)
        ]
        gradient[i] = (ends[0] - ends[1]) / (2.0 * step)
    return math.sqrt(max(float(gradient @ found.covariance @ gradient), 0.0))


def law_model(law: Law, settings: Settings) -> Model:
    """Ic(T) in A: parameters current_zero (A) of pinning, gap_zero (meV) and depth_zero (nm) of self-fields, and Tc."""
    curve = _Pinned(law) if law in PINNING else _SelfField(law, settings)
    return Model(NAMES[law], curve.function, curve.guess, None, _FORMULAS[law])


@dataclass(frozen=True)
class _Pinned:
    law: Law

    def function(self, x: FloatArray, **values: float) -> FloatArray:
        mechanism: physics.Mechanism = "delta-l" if self.law == "delta-l" else "delta-Tc"
        return np.asarray(
            physics.pinning(
                x,
                critical_temperature=values["critical_temperature"],
                density_zero=values["current_zero"],
                mechanism=mechanism,
            )
        )

    def guess(self, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        """The law to the power 2/5 or 6/7 is close to a straight line in T^2."""
        power = 0.4 if self.law == "delta-l" else 6.0 / 7.0
        tc = _vanishing(x, y, power)
        shape = self.function(x, critical_temperature=tc, current_zero=1.0)
        zero = float(np.sum(shape * y) / np.sum(shape**2))
        return (Parameter("current_zero", zero, 0.0, np.inf, "A"), _critical_temperature(x, tc))


@dataclass(frozen=True)
class _SelfField:
    law: Law
    settings: Settings

    def function(self, x: FloatArray, **values: float) -> FloatArray:
        s = self.settings
        assert s.kappa is not None
        assert s.width is not None
        assert s.thickness is not None
        density = physics.self_field(
            x,
            critical_temperature=values["critical_temperature"],
            gap_zero=values["gap_zero"],
            depth_zero=values["depth_zero"],
            kappa=s.kappa,
            thickness=1e3 * s.thickness,
            pairing="s" if self.law == "self-field s" else "d",
        )
        return np.asarray(density) * (1e-12 * s.width * s.thickness)

    def guess(self, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        tc = _vanishing(x, y, 2.0 / 3.0)
        gap = (1.76 if self.law == "self-field s" else 2.14) * BOLTZMANN_MEV * tc
        depth = 200.0
        for _ in range(4):
            # The coldest point sets the depth: the density goes as its power -2 to -3.
            cold = int(np.argmin(x))
            there = float(self.function(x[[cold]], critical_temperature=tc, gap_zero=gap, depth_zero=depth)[0])
            depth *= (there / float(y[cold])) ** 0.4
        return (
            Parameter("gap_zero", gap, 0.05 * gap, 20.0 * gap, "meV"),
            Parameter("depth_zero", depth, 1e-2 * depth, 1e2 * depth, "nm"),
            _critical_temperature(x, tc),
        )


def _critical_temperature(x: FloatArray, start: float) -> Parameter:
    warmest = float(x.max())
    return Parameter("critical_temperature", start, warmest * (1.0 + 1e-6), 10.0 * warmest, "K")


def _vanishing(x: FloatArray, y: FloatArray, power: float) -> float:
    """Where y^power, straight in T^2, vanishes: K, above the warmest point."""
    warmest = float(x.max())
    slope, level = np.polyfit(x**2, np.maximum(y, 1e-12 * float(y.max())) ** power, 1)
    square = -level / slope if slope < 0.0 else 4.0 * warmest**2
    return min(max(math.sqrt(max(square, 0.0)), 1.005 * warmest), 3.0 * warmest)
