"""Le Bail refinement of several phases: cells with standard deviations that know of the free intensities.

The intensities are solved for exactly at every step (least squares, none negative), so that what is iterated on is
only cells, widths and a shift, and the errors of the cells contain what the free intensities leave open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis import lebail_model as model
from megabar.analysis.lebail_linear import Linear, solve
from megabar.analysis.lebail_model import Problem

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TOLERANCE: Final = 3e-3
"""An iteration has converged when no parameter moves by more of its standard deviation."""

MOST_STEPS: Final = 60
_SETTLED: Final = 1e-7
_SMALL: Final = 0.1
_FIRST_DAMPING: Final = 1e-3
_LARGEST_DAMPING: Final = 1e3
_ROUND_OFF: Final = 1e-12


@dataclass(frozen=True, eq=False)
class State:
    """Parameters with the best intensities and background for them.

    matrix: weighted profiles and background, (n, k + m); residual: (data - model)/sigma; alive: lines that count.
    """

    theta: FloatArray
    parts: model.Components
    made: model.Shapes
    matrix: FloatArray
    linear: Linear
    residual: FloatArray
    alive: BoolArray

    @property
    def chi_squared(self) -> float:
        return float(self.residual @ self.residual)

    @property
    def intensity(self) -> FloatArray:
        """Areas of the lines in counts times degrees, (k,)."""
        return self.linear.coefficients[: self.alive.size]

    @property
    def background(self) -> FloatArray:
        """Coefficients of the background, (m,)."""
        return self.linear.coefficients[self.alive.size :]


@dataclass(frozen=True, eq=False)
class Bounds:
    """Which parameters are refined and how far they may go, (p,) each."""

    free: BoolArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class Refined:
    """Where the refinement ended: covariance (p, p) from the errors of the data, zero for what was not refined.

    `at_bound`: parameters that ran against their bounds, which have no error.
    """

    state: State
    covariance: FloatArray
    at_bound: BoolArray
    converged: bool


def state_at(problem: Problem, theta: FloatArray, *, start: BoolArray | None = None) -> State:
    """The best intensities and background for these parameters."""
    parts = model.components(problem, theta)
    made = model.shapes(problem, parts)
    profiles = model.design(problem, parts, made)
    alive = model.supported(problem, profiles)
    weighted = np.concatenate([profiles * alive, problem.background], axis=1) / problem.sigma[:, None]
    y = problem.y / problem.sigma
    found = solve(weighted, y, signed=problem.background.shape[1], start=start)
    return State(theta, parts, made, weighted, found, y - weighted @ found.coefficients, alive)


def refine(problem: Problem, theta: FloatArray, bounds: Bounds, *, most: int = MOST_STEPS) -> Refined:
    """Levenberg and Marquardt's descent from `theta`, inside the bounds; see `Refined`."""
    state = state_at(problem, np.clip(theta, bounds.low, bounds.high))
    damping, converged = _FIRST_DAMPING, False
    curvature, blocked = _curvature(problem, state, bounds)
    for _ in range(most):
        moving = bounds.free & ~blocked
        if not moving.any():
            converged = True
            break
        step, size = _step(curvature, moving, damping)
        trial = state_at(problem, np.clip(state.theta + step, bounds.low, bounds.high), start=state.linear.free)
        gain = state.chi_squared - trial.chi_squared
        settled = abs(gain) < _SETTLED * state.chi_squared
        if damping <= _FIRST_DAMPING * 10 and (size < TOLERANCE or (settled and size < _SMALL)):
            state = trial if gain > 0 else state
            converged = True
            break
        if gain > -_ROUND_OFF * state.chi_squared:
            state, damping = trial, max(damping * 0.1, 1e-9)
            curvature, blocked = _curvature(problem, state, bounds)
        else:
            damping *= 10.0
            if damping > _LARGEST_DAMPING:
                # No way down is left: points that enter and leave the far tails of lines make steps of their own.
                converged = _step(curvature, moving, 0.0)[1] < _SMALL
                break
    curvature, blocked = _curvature(problem, state, bounds)
    moving = bounds.free & ~blocked
    covariance = np.zeros((state.theta.size, state.theta.size))
    covariance[np.ix_(moving, moving)] = _inverse(curvature.normal[np.ix_(moving, moving)])
    return Refined(state, covariance, blocked, converged)


@dataclass(frozen=True, eq=False)
class _Curvature:
    """Normal matrix and descent of the parameters once intensities and background follow them."""

    normal: FloatArray
    descent: FloatArray


def _curvature(problem: Problem, state: State, bounds: Bounds) -> tuple[_Curvature, BoolArray]:
    """The normal equations at a state, and which parameters are held by their bounds."""
    slope = model.jacobian(problem, state.parts, state.made, state.intensity * state.alive) / problem.sigma[:, None]
    slope[:, ~bounds.free] = 0.0
    linear = state.matrix[:, state.linear.free]
    gram = state.linear.gram[np.ix_(state.linear.free, state.linear.free)]
    scale = np.sqrt(np.diagonal(gram))
    scaled = gram / np.outer(scale, scale) + 1e-9 * np.eye(scale.size)
    cross = (linear.T @ slope) / scale[:, None]
    normal = slope.T @ slope - cross.T @ np.linalg.solve(scaled, cross)
    descent = slope.T @ state.residual
    low, high = state.theta <= bounds.low, state.theta >= bounds.high
    blocked = bounds.free & ((low & (descent <= 0)) | (high & (descent >= 0)))
    # What the pattern says nothing about stays where it is.
    blocked |= bounds.free & (np.diagonal(normal) <= 1e-10 * np.einsum("ij,ij->j", slope, slope))
    return _Curvature(normal, descent), blocked


def _step(curvature: _Curvature, moving: BoolArray, damping: float) -> tuple[FloatArray, float]:
    """The damped step and its largest size in standard deviations."""
    normal = curvature.normal[np.ix_(moving, moving)]
    scale = np.sqrt(np.diagonal(normal))
    scaled = normal / np.outer(scale, scale)
    own = np.linalg.solve(scaled + (damping + 1e-12) * np.eye(scale.size), curvature.descent[moving] / scale)
    step = np.zeros(curvature.descent.size)
    step[moving] = own / scale
    deviation = np.sqrt(np.maximum(np.diagonal(_inverse(normal)), 1e-300))
    return step, float(np.abs(step[moving] / deviation).max())


def _inverse(normal: FloatArray) -> FloatArray:
    if not normal.size:
        return normal
    scale = np.sqrt(np.diagonal(normal))
    inverse = np.linalg.pinv(normal / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale))


def staged(problem: Problem, theta: FloatArray, bounds: Bounds, *, wide: Sequence[float] = (2.5,)) -> Refined:
    """Cells first with widths held wide, then at their own, then everything: starts some widths off converge too."""
    layout = problem.layout
    only_cells = bounds.free.copy()
    only_cells[layout.cells[-1].stop :] = False
    here = theta
    for factor in (*wide, 1.0):
        held = here.copy()
        held[layout.widths] = _widened(theta[layout.widths], factor)
        low, high = bounds.low.copy(), bounds.high.copy()
        low[layout.widths], high[layout.widths] = held[layout.widths], held[layout.widths]
        found = refine(problem, held, Bounds(only_cells, low, high), most=15)
        here = found.state.theta
    return refine(problem, here, bounds)


def _widened(widths: FloatArray, factor: float) -> FloatArray:
    found = widths.reshape(-1, 4).copy()
    found[:, :3] *= factor**2
    return found.ravel()
