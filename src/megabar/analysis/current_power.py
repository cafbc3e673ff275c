"""The power law V = V0 + R I + Vc (I/Ic)^n of one current-voltage curve, both signs of the current together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.current_transition import Parts, excess
from megabar.errors import MegabarError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter

FloatArray = NDArray[np.float64]

SIDES: Final[Mapping[int, str]] = {1: "forward", -1: "reverse"}
LARGEST: Final = 200.0
"""Exponents beyond this are jumps."""
MISFIT: Final = 1.3
"""Scatter about the fit over the noise at small currents from which on the law misses the readings."""
_FEWEST_ABOVE: Final = 3
"""Readings above the criterion that an exponent needs."""
_STEEPEST: Final = 60.0
"""Largest logarithm of the power that is computed."""
_SMALLER: Final = (1.0, 0.66, 0.33)
"""Shares of the decades asked for that are tried until the law fits."""


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """The fit; its parameters are offset (V), resistance (ohm), exponent, forward and reverse (|I|, A).

    decades: above the criterion up to which readings entered. misfit: scatter about it over the noise. systematic (A),
    exponent_moved: half of how much the mean critical current and the exponent move when half as many decades enter;
    None where that was not possible.
    """

    fit: Fit
    decades: float
    misfit: float
    systematic: float | None
    exponent_moved: float | None


def power_law_fit(parts: Parts, *, criterion: float, decades: float) -> PowerLaw | str:
    """The law through |V| up to `decades` above the criterion, or why there is none; fewer where it misses there."""
    crossed = [c for c in parts.crossings if c.current is not None]
    if not crossed:
        return "the criterion is not reached"
    if any(c.jump for c in crossed):
        return "the voltage jumps over the criterion within one step"
    reason = ""
    for share in _SMALLER:
        try:
            found = _fit(parts, criterion, share * decades)
        except MegabarError as error:
            reason = str(error)
            continue
        if isinstance(found, str):
            reason = reason or found
            continue
        misfit = (found.noise or 0.0) / parts.line.noise if parts.line.noise > 0.0 else 0.0
        if misfit < MISFIT:
            return PowerLaw(found, share * decades, misfit, *_moved(parts, criterion, 0.5 * share * decades, found))
        reason = f"the law misses the readings by {misfit:.2g} times their noise"
    return reason


def mean_current(found: Fit) -> tuple[float, float | None]:
    """|I| of the critical current, mean of the sides that were measured, with its error."""
    names = [name for name in SIDES.values() if name in found.free]
    sides = names or [p.name for p in found.parameters if p.name in SIDES.values() and p.vary]
    value = float(np.mean([found.values[name] for name in sides]))
    if found.covariance is None or not names:
        return value, None
    rows = [found.free.index(name) for name in names]
    return value, math.sqrt(float(found.covariance[np.ix_(rows, rows)].sum())) / len(names)


def _moved(parts: Parts, criterion: float, decades: float, found: Fit) -> tuple[float | None, float | None]:
    try:
        other = _fit(parts, criterion, decades)
    except MegabarError:
        return None, None
    if isinstance(other, str):
        return None, None
    exponents = other.values["exponent"], found.values["exponent"]
    return 0.5 * abs(mean_current(other)[0] - mean_current(found)[0]), 0.5 * abs(exponents[0] - exponents[1])


def _fit(parts: Parts, criterion: float, decades: float) -> Fit | str:
    rows = _rows(parts, criterion, decades)
    sweep = parts.sweep
    x, y = sweep.current[rows], sweep.voltage[rows]
    above = int(np.count_nonzero(np.abs(excess(parts)[rows]) > criterion))
    if above < _FEWEST_ABOVE:
        return f"{above} readings between the criterion and {decades:.2g} decades above it: smaller steps are needed"
    curve = _Curve(criterion, parts, decades)
    model = Model("power law", curve.function, curve.guess, curve.derivative, "V = V0 + R I + Vc sign(I) |I/Ic|^n")
    missing = {name: 1.0 for sign, name in SIDES.items() if sign not in {c.sign for c in parts.crossings if c.current}}
    error = None if sweep.error is None else sweep.error[rows]
    return fit(model, x, y, sigma=error, absolute=error is not None, fixed=missing)


def _rows(parts: Parts, criterion: float, decades: float) -> FloatArray:
    """Readings below the first one of their side that exceeds the range, and all of a side that never crosses."""
    top = criterion * 10.0**decades
    over, current = excess(parts), parts.sweep.current
    keep = np.zeros(current.size, dtype=bool)
    for sign in (1, -1):
        side = np.flatnonzero(sign * current >= 0.0)
        side = side[np.argsort(np.abs(current[side]), kind="stable")]
        beyond = np.flatnonzero(sign * over[side] > top)
        keep[side[: beyond[0] if beyond.size else side.size]] = True
    crossed = {c.sign for c in parts.crossings if c.current is not None}
    for sign in {1, -1} - crossed:
        keep &= sign * current <= max(0.0, parts.line.reach)
    return np.asarray(np.flatnonzero(keep))


@dataclass(frozen=True, eq=False)
class _Curve:
    """What a `Model` wants, for one criterion (V)."""

    criterion: float
    parts: Parts
    decades: float

    def function(self, x: FloatArray, **values: float) -> FloatArray:
        return np.asarray(values["offset"] + values["resistance"] * x + self._steep(x, values)[0])

    def derivative(self, x: FloatArray, **values: float) -> Mapping[str, FloatArray]:
        steep, logarithm = self._steep(x, values)
        forward = x > 0.0
        n = values["exponent"]
        return {
            "offset": np.ones(x.size),
            "resistance": x,
            "exponent": steep * logarithm,
            "forward": np.where(forward, -n / values["forward"] * steep, 0.0),
            "reverse": np.where(forward, 0.0, -n / values["reverse"] * steep),
        }

    def _steep(self, x: FloatArray, values: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
        limit = np.where(x > 0.0, values["forward"], values["reverse"])
        with np.errstate(divide="ignore"):
            logarithm = np.where(x == 0.0, 0.0, np.log(np.abs(x) / limit))
        power = np.exp(np.minimum(values["exponent"] * logarithm, _STEEPEST))
        return self.criterion * np.sign(x) * power, logarithm

    def guess(self, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        line = self.parts.line
        at = {c.sign: c.current for c in self.parts.crossings if c.current is not None}
        most = float(np.abs(x).max())
        # From the first crossing to the end of the range the excess has grown by what was reached there.
        sign = next(iter(at))
        top = float(np.max(sign * (y - line.offset - line.resistance * x)))
        end = float(np.max(sign * x))
        grown = math.log(max(top / self.criterion, 1.1)) / math.log(max(end / (at[sign] or end), 1.001))
        sides = {name: at.get(key) or most for key, name in SIDES.items()}  # type: ignore[call-overload]
        return (
            Parameter("offset", line.offset, unit="V"),
            Parameter("resistance", line.resistance, unit="ohm"),
            Parameter("exponent", min(max(grown, 1.5), 0.9 * LARGEST), 1.0, LARGEST, "1"),
            *(Parameter(name, value, 1e-3 * value, 10.0 * value, "A") for name, value in sides.items()),
        )
