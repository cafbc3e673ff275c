"""Hall resistance against field at one temperature: odd and even parts, and the law of the odd one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.errors import DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.selection import Selection, compare

FloatArray = NDArray[np.float64]

FEWEST: Final = 4
"""Readings on each side of zero field."""


@dataclass(frozen=True)
class Parts:
    """Half the difference (odd) and half the sum (even) of the resistances (ohm) at +field and -field (T), (n,)."""

    field: FloatArray
    odd: FloatArray
    even: FloatArray


@dataclass(frozen=True, eq=False)
class Slope:
    """R_xy(B): its slope at zero field (ohm/T) with its error (None unknown), by the law that AICc supports.

    x (T), y (ohm): the points. fits: by the name of the law; selection None with too few points for AICc.
    """

    x: FloatArray
    y: FloatArray
    value: float
    error: float | None
    chosen: str
    fits: Mapping[str, Fit]
    selection: Selection | None

    @property
    def nonlinear(self) -> bool:
        return self.chosen != STRAIGHT

    @property
    def reach(self) -> float:
        """The largest field, T."""
        return float(np.abs(self.x).max())


def parts(sweeps: Sequence[tuple[FloatArray, FloatArray]]) -> Parts | None:
    """Of sweeps (field ascending, resistance), each on the field readings of its side with fewer of them.

    The other side is interpolated linearly and never extrapolated. None where no sweep has both signs.
    """
    made = [one for x, r in sweeps if (one := _of_sweep(x, r)) is not None]
    if not made:
        return None
    field, odd, even = (np.concatenate(column) for column in zip(*made, strict=True))
    order = np.argsort(field, kind="stable")
    return Parts(field[order], odd[order], even[order])


def _of_sweep(x: FloatArray, r: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    up, down = x > 0.0, x < 0.0
    sides = [(x[up], r[up], 1.0), (-x[down][::-1], r[down][::-1], -1.0)]
    if min(field.size for field, *_ in sides) < FEWEST:
        return None
    (base, here, sign), (other, there, _) = sorted(sides, key=lambda side: side[0].size)
    inside = (base >= other[0]) & (base <= other[-1])
    if np.count_nonzero(inside) < FEWEST:
        return None
    field, near = base[inside], here[inside]
    far = np.interp(field, other, there)
    return field, 0.5 * sign * (near - far), 0.5 * (near + far)


def slope_of(field: FloatArray, resistance: FloatArray, *, offset: bool) -> Slope:
    """A straight line against one with a cubic term, errors from the scatter; `offset`: with a constant.

    DataError for fewer points than a law and its scatter need.
    """
    needed = 3 + offset
    if field.size < needed or np.ptp(field) == 0.0:
        raise DataError(f"{field.size} readings of R_xy against field, {needed} at different fields are needed")
    held = {} if offset else {"constant": 0.0}
    fits = {STRAIGHT: fit(LAWS[STRAIGHT], field, resistance, fixed=held)}
    if field.size > needed + 1:
        fits[BENT] = fit(LAWS[BENT], field, resistance, fixed=held)
    try:
        selection = compare(list(fits.values()))
    except DataError:
        selection = None
    chosen = STRAIGHT if selection is None else list(fits)[selection.chosen]
    best = fits[chosen]
    return Slope(field, resistance, best.values["slope"], _widened(best), chosen, fits, selection)


def _widened(found: Fit) -> float | None:
    """The error of the slope times Student's t, so that it covers one standard deviation with few points too."""
    error = found.errors["slope"]
    return None if error is None else error * found.quantile(0.6827)


def _straight(x: FloatArray, *, slope: float, constant: float) -> FloatArray:
    return constant + slope * x


def _bent(x: FloatArray, *, slope: float, constant: float, cubic: float) -> FloatArray:
    return constant + slope * x + cubic * x**3


def _guess_straight(x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
    start = float(np.dot(x, y) / max(float(np.dot(x, x)), 1e-300))
    return Parameter("slope", start, unit="ohm/T"), Parameter("constant", 0.0, unit="ohm")


def _guess_bent(x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
    return (*_guess_straight(x, y), Parameter("cubic", 0.0, unit="ohm/T^3"))


STRAIGHT: Final = "straight line"
BENT: Final = "line and cubic term"
LAWS: Final[Mapping[str, Model]] = {
    STRAIGHT: Model(STRAIGHT, _straight, _guess_straight, None, "R_xy = s B"),
    BENT: Model(BENT, _bent, _guess_bent, None, "R_xy = s B + c B^3"),
}
"""By name; a constant beside them where the fields have one sign only."""
