"""Hall resistance against field at one temperature: odd and even parts, and the law of the odd one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_diag, csr_array

from megabar.errors import DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.selection import Selection, compare

FloatArray = NDArray[np.float64]

FEWEST: Final = 4
"""Readings on each side of zero field."""
STRONG: Final = 6.0
"""AICc by which the cubic term must be better than the straight line."""


@dataclass(frozen=True)
class Parts:
    """Half the difference (odd) and half the sum (even) of the resistances (ohm) at +field and -field (T), (n,).

    weights: (n, m), of the m readings in the odd part: readings that several points share correlate them.
    """

    field: FloatArray
    odd: FloatArray
    even: FloatArray
    weights: csr_array


@dataclass(frozen=True, eq=False)
class Slope:
    """R_xy(B): its slope at zero field (ohm/T) with its error (None unknown), straight unless AICc refutes it.

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
    field, odd, even = (np.concatenate([getattr(one, name) for one in made]) for name in ("field", "odd", "even"))
    order = np.argsort(field, kind="stable")
    weights = block_diag([one.weights for one in made], format="csr")
    return Parts(field[order], odd[order], even[order], csr_array(weights)[order])


def _of_sweep(x: FloatArray, r: FloatArray) -> Parts | None:
    readings = np.arange(x.size)
    sides = [(x[x > 0.0], readings[x > 0.0], 1.0), (-x[x < 0.0][::-1], readings[x < 0.0][::-1], -1.0)]
    (base, here, sign), (other, there, _) = sorted(sides, key=lambda side: side[0].size)
    if base.size < FEWEST:
        return None
    inside = (base >= other[0]) & (base <= other[-1])
    if np.count_nonzero(inside) < FEWEST:
        return None
    field = base[inside]
    near = _picked(here[inside], np.ones(field.size), x.size)
    right = np.clip(np.searchsorted(other, field), 1, other.size - 1)
    share = (field - other[right - 1]) / (other[right] - other[right - 1])
    far = _picked(there[right - 1], 1.0 - share, x.size) + _picked(there[right], share, x.size)
    odd = csr_array(0.5 * sign * (near - far))
    return Parts(field, np.asarray(odd @ r), np.asarray(0.5 * (near + far) @ r), odd)


def _picked(columns: NDArray[np.intp], weights: FloatArray, readings: int) -> csr_array:
    """One reading a row, with its weight."""
    return csr_array((weights, (np.arange(columns.size), columns)), shape=(columns.size, readings))


def slope_of(
    field: FloatArray, resistance: FloatArray, *, offset: bool = False, weights: csr_array | None = None
) -> Slope:
    """A straight line against one with a cubic term, errors from the scatter; `offset`: with a constant.

    The cubic term is taken where AICc is lower by `STRONG`: with less, chance would bend one line in twenty and its
    slope would miss the truth. weights: those of independent readings in the points, see `Parts`; None where each point
    is a reading. DataError for fewer points than a law and its scatter need.
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
    chosen = BENT if selection is not None and BENT in fits and _strong(selection.delta[0]) else STRAIGHT
    best = fits[chosen]
    return Slope(field, resistance, best.values["slope"], _error(best, weights), chosen, fits, selection)


def _strong(above: float | None) -> bool:
    """Whether the straight line lies so far above the lowest AICc."""
    return above is not None and above >= STRONG


def _error(found: Fit, weights: csr_array | None) -> float | None:
    """Standard error of the slope from the scatter, times Student's t, so that it covers with few points too.

    With weights A the points have the covariance s^2 V, V = A A'. The fit, which takes them for independent, expects
    the residuals to be s^2 (n - p) instead of s^2 tr(M V), and the slope w'y to vary by s^2 w'w instead of s^2 w'V w.
    """
    error = found.errors["slope"]
    if error is None:
        return None
    error *= found.quantile(0.6827)
    if weights is None:
        return error
    powers = {"slope": 1, "constant": 0, "cubic": 3}
    design = np.column_stack([found.x ** powers[name] for name in found.free])
    inverse = np.linalg.pinv(design)
    covariance = weights @ weights.T
    w = inverse[found.free.index("slope")]
    scatter = covariance.trace() - np.trace(inverse @ (covariance @ design))
    ratio = (w @ (covariance @ w)) / (w @ w) * found.degrees_of_freedom / scatter
    return error * float(np.sqrt(ratio))


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
