"""From a posed problem to its minimum: bounded searches of scipy and lmfit, then a polish and the bounds in earnest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.optimize import least_squares

from megabar.fitting.model import FloatArray
from megabar.fitting.problem import SINGULAR, Problem, column_norms

if TYPE_CHECKING:
    from lmfit import Parameters

Method = Literal["dogbox", "leastsq", "trf"]
_METHODS: tuple[Method, ...] = ("dogbox", "leastsq", "trf")
"""In the order in which they are tried: the fastest first, then the one that bears singular problems best."""
_TOLERANCE = 1e-9
_PATIENCE = 25
"""Evaluations a parameter (and one more) of a search; a good fit needs two, and one that needs many has no minimum."""
_FAR = 1e9
"""Bounds farther away than this many scales do not shape the search."""
_NEAR_BOUND = 1e-4
"""A parameter this near to its bound, in scales, is tried on it."""
_NEAR_IN_ERRORS = 1e-2
"""The same, in standard errors."""
_ROUNDING = 1e-13
"""Relative change of chi-square that rounding alone can make."""
_CONVERGED = 1e-6
"""A minimum is reached when one more Gauss-Newton step would lower chi-square by less than this part of its noise."""


@dataclass(frozen=True)
class Minimum:
    """Where the search ended, in scaled units.

    scaled (k,); jacobian (n, k); residual (n,), weighted; on_bound: the names held on their bounds;
    converged: whether the first-order conditions hold there.
    """

    scaled: FloatArray
    residual: FloatArray
    jacobian: FloatArray
    on_bound: tuple[str, ...]
    converged: bool
    evaluations: int

    @property
    def chi_square(self) -> float:
        """Sum of squared weighted residuals, in the problem's unit."""
        return float(self.residual @ self.residual)


def minimise(problem: Problem, start: FloatArray) -> Minimum:
    """The minimum of the sum of squares within the bounds.

    A parameter that ends near its bound is put on it and the others are fitted again; it stays there when chi-square
    falls towards the outside (Karush-Kuhn-Tucker), and is set free otherwise. Where one method stops short of a
    minimum the next takes over.
    """
    evaluations = 0
    for method in _METHODS:
        scaled, more = search(problem, start, method=method)
        scaled, residual, jacobian = _polish(problem, scaled)
        evaluations += more
        suspects = _near_bounds(problem, scaled, residual, jacobian)
        while suspects:
            candidate, more = _hold_on_bounds(problem, suspects, scaled, method)
            evaluations += more
            residual_there, jacobian_there = problem.residual(candidate), problem.jacobian(candidate, central=True)
            wrong = _pulled_inside(problem, suspects, candidate, residual_there, jacobian_there)
            if not wrong:
                scaled, residual, jacobian = candidate, residual_there, jacobian_there
                break
            suspects = {name: bound for name, bound in suspects.items() if name not in wrong}
        start = scaled
        converged = _is_minimum(problem, tuple(suspects), scaled, residual, jacobian)
        if converged:
            break
    return Minimum(scaled, residual, jacobian, tuple(suspects), converged, evaluations)


def _hold_on_bounds(
    problem: Problem, suspects: dict[str, float], scaled: FloatArray, method: Method
) -> tuple[FloatArray, int]:
    """The minimum over the other parameters with the suspects on their bounds, and the number of evaluations."""
    inner = problem.hold(suspects)
    if not inner.names:
        return np.clip(problem.scaled(inner.held), problem.lower, problem.upper), 0
    inner_scaled, evaluations = search(inner, inner.scaled(problem.values(scaled)), method=method)
    inner_scaled, _, _ = _polish(inner, inner_scaled)
    # Scaling back and forth may leave the last bit outside.
    return np.clip(problem.scaled(inner.values(inner_scaled)), problem.lower, problem.upper), evaluations


def search(problem: Problem, start: FloatArray, *, method: Method, **options: Any) -> tuple[FloatArray, int]:
    """One search from `start`; the end point and the number of evaluations.

    dogbox and trf (scipy) keep to the bounds; leastsq (MINPACK's Levenberg-Marquardt) sees them through lmfit's
    transformation, in which it creeps along a bound but copes best with undetermined directions. A search that leaves
    the range of numbers ends where it began.
    """
    lower = np.where(problem.lower > -_FAR, problem.lower, -np.inf)
    upper = np.where(problem.upper < _FAR, problem.upper, np.inf)
    begin = problem.inside(start)
    if method == "leastsq":
        return _transformed(problem, begin, lower, upper)
    with np.errstate(all="ignore"):
        try:
            result = least_squares(
                problem.residual,
                begin,
                jac=problem.jacobian,
                bounds=(lower, upper),
                method=method,
                x_scale="jac",
                ftol=_TOLERANCE,
                xtol=_TOLERANCE,
                gtol=None,
                max_nfev=_PATIENCE * (begin.size + 1),
                **options,
            )
        except ValueError:
            # scipy's word for numbers that overflowed on the way: no minimum lies there.
            return start, 1
    return np.asarray(result.x, dtype=np.float64), int(result.nfev)


def _transformed(problem: Problem, begin: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, int]:
    """MINPACK's search in variables that lmfit transforms so that they know no bounds."""
    # lmfit takes most of a second to import; only a fit that needs it pays for it.
    from lmfit import Minimizer, Parameters

    keys = [f"p{i}" for i in range(begin.size)]
    parameters = Parameters()
    for key, value, low, high in zip(keys, begin, lower, upper, strict=True):
        parameters.add(key, value=value, min=low, max=high)

    def point(current: Parameters) -> FloatArray:
        return np.array([current[key].value for key in keys])

    minimizer = Minimizer(lambda p: problem.residual(point(p)), parameters, nan_policy="propagate")
    # lmfit switches numpy's warnings off and, after an exception in the model, not on again; a singular covariance
    # of its own, which is not used here, must not warn either.
    with np.errstate(all="ignore"):
        result = minimizer.leastsq(
            Dfun=lambda p: problem.jacobian(point(p)),
            max_nfev=2 * _PATIENCE * (begin.size + 1),
            ftol=_TOLERANCE,
            xtol=_TOLERANCE,
        )
    return point(result.params), int(result.nfev)


def _polish(problem: Problem, scaled: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gauss-Newton steps with central derivatives, which remove the error of the forward ones; never uphill."""
    residual = problem.residual(scaled)
    jacobian = problem.jacobian(scaled, central=True)
    for _ in range(3):
        step = _newton_step(jacobian, residual)
        trial = scaled + step
        if not np.all((trial >= problem.lower) & (trial <= problem.upper)):
            break
        residual_there = problem.residual(trial)
        before, after = float(residual @ residual), float(residual_there @ residual_there)
        if not after <= before * (1.0 + _ROUNDING):
            break
        shift = jacobian @ step
        small = float(shift @ shift) <= 1e-14 * before
        scaled, residual = trial, residual_there
        if small:
            # So short a step leaves the derivatives as they were.
            break
        jacobian = problem.jacobian(scaled, central=True)
    return scaled, residual, jacobian


def _newton_step(jacobian: FloatArray, residual: FloatArray) -> FloatArray:
    """The Gauss-Newton step; directions that the data do not determine are left alone."""
    norm = column_norms(jacobian)
    norm[norm == 0.0] = 1.0
    step, *_ = np.linalg.lstsq(jacobian / norm, -residual, rcond=SINGULAR)
    return np.asarray(step / norm, dtype=np.float64)


def _near_bounds(problem: Problem, scaled: FloatArray, residual: FloatArray, jacobian: FloatArray) -> dict[str, float]:
    """Names of the parameters so near to a bound that they may belong on it, with that bound in the model's units."""
    spread = math.sqrt(float(residual @ residual) / max(residual.size - scaled.size, 1))
    norm = column_norms(jacobian)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.maximum(_NEAR_BOUND, np.minimum(_NEAR_IN_ERRORS * spread / norm, 1.0))
    found = {}
    for i, name in enumerate(problem.names):
        if scaled[i] - problem.lower[i] <= near[i]:
            found[name] = float(problem.lower[i] * problem.scale[i])
        elif problem.upper[i] - scaled[i] <= near[i]:
            found[name] = float(problem.upper[i] * problem.scale[i])
    return found


def _pulled_inside(
    problem: Problem, suspects: dict[str, float], scaled: FloatArray, residual: FloatArray, jacobian: FloatArray
) -> tuple[str, ...]:
    """Those of the suspects whose chi-square would fall inside the bound."""
    gradient = jacobian.T @ residual
    wrong = []
    for name in suspects:
        i = problem.names.index(name)
        inwards = 1.0 if scaled[i] - problem.lower[i] < problem.upper[i] - scaled[i] else -1.0
        if gradient[i] * inwards < 0.0:
            wrong.append(name)
    return tuple(wrong)


def _is_minimum(
    problem: Problem, on_bound: tuple[str, ...], scaled: FloatArray, residual: FloatArray, jacobian: FloatArray
) -> bool:
    """Whether no further step gains anything that matters.

    The gain is the one that the linear model promises; where the model has kinks that promise is not kept even in a
    minimum, so then the steps are tried, shortened, and steps along each parameter besides, which also find out a
    wrong analytic derivative.
    """
    if not np.all((scaled >= problem.lower) & (scaled <= problem.upper)):
        return False
    free = [i for i, name in enumerate(problem.names) if name not in on_bound]
    chi_square = float(residual @ residual)
    # The weighted data are of order one: below this the residuals are rounding.
    if not free or chi_square <= residual.size * 1e-24:
        return True
    part = jacobian[:, free]
    step = np.zeros_like(scaled)
    step[free] = _newton_step(part, residual)
    shift = jacobian @ step
    matters = _CONVERGED * chi_square / max(residual.size - len(free), 1)
    if float(shift @ shift) <= matters:
        return True
    tries = [fraction * step for fraction in (1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4)]
    tries += [size * axis for axis in np.eye(scaled.size)[free] for size in (0.1, 0.01, 1e-3, -0.1, -0.01, -1e-3)]
    for move in tries:
        there = problem.residual(np.clip(scaled + move, problem.lower, problem.upper))
        if float(there @ there) < chi_square - matters:
            return False
    return True
