"""A least-squares problem in parameters scaled to order one, so that 1e-8 ohm m and 1e3 K are equally well behaved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from megabar.errors import ConvergenceError, DataError
from megabar.fitting.model import FloatArray, Model, Parameter

_FORWARD_STEP = float(np.finfo(np.float64).eps ** (1 / 2))
_CENTRAL_STEP = float(np.finfo(np.float64).eps ** (1 / 3))
SINGULAR = 1e-9
"""Ratio of singular values, columns normalised, below which a direction is not determined by the data."""
_NO_SCALE = 1e-100
_REJECTED = 1e60
"""Residual where the model has no finite value: large enough that the step is refused, small enough to be squared."""


@dataclass(frozen=True)
class Problem:
    """Residuals (y - f) w and their derivatives for the parameters `names`, each divided by its `scale`.

    x (..., n); y, weight (n,); scale, lower, upper (k,), bounds in scaled units; `held` are the parameters that do
    not vary. The weight is that of the data divided by `unit`, which makes the weighted data of order one, so that
    chi-square in the weights of the data is unit^2 times the sum of squared residuals.
    """

    model: Model
    x: FloatArray
    y: FloatArray
    weight: FloatArray
    names: tuple[str, ...]
    held: Mapping[str, float]
    scale: FloatArray
    lower: FloatArray
    upper: FloatArray
    unit: float

    def values(self, scaled: FloatArray) -> dict[str, float]:
        """All parameters in the model's units."""
        return {**self.held, **dict(zip(self.names, (scaled * self.scale).tolist(), strict=True))}

    def curve(self, scaled: FloatArray) -> FloatArray:
        """The model at x, shape (n,); not finite where the model is not."""
        with np.errstate(all="ignore"):
            return np.asarray(self.model.function(self.x, **self.values(scaled)), dtype=np.float64)

    def residual(self, scaled: FloatArray) -> FloatArray:
        """Weighted residuals, shape (n,)."""
        residual = (self.y - self.curve(scaled)) * self.weight
        if math.isfinite(residual.sum()):
            return residual
        return np.where(np.isfinite(residual), residual, _REJECTED)

    def jacobian(self, scaled: FloatArray, *, central: bool = False) -> FloatArray:
        """d residual / d scaled parameter, shape (n, k); analytic where the model knows it, else by differences.

        Forward differences serve the search, central ones (error about 1e-10) the covariance.
        """
        known = self._known_derivatives(scaled)
        columns = np.empty((self.y.size, len(self.names)))
        base = None
        for i, name in enumerate(self.names):
            if name in known:
                columns[:, i] = known[name] * (self.scale[i] * -self.weight)
                continue
            if base is None:
                base = self.curve(scaled)
            columns[:, i] = self._difference(scaled, i, base, central=central) * -self.weight
        if not math.isfinite(columns.sum()):
            at = ", ".join(f"{n} = {v:.6g}" for n, v in self.values(scaled).items())
            raise ConvergenceError(
                f"{self.model.name}: the model or its derivative is not finite at {at}: narrow the bounds or the range"
            )
        return columns

    def _known_derivatives(self, scaled: FloatArray) -> Mapping[str, FloatArray]:
        if self.model.derivative is None:
            return {}
        with np.errstate(all="ignore"):
            return self.model.derivative(self.x, **self.values(scaled))

    def _difference(self, scaled: FloatArray, i: int, base: FloatArray, *, central: bool) -> FloatArray:
        """d curve / d scaled[i] by a difference that stays within the bounds."""
        step = (_CENTRAL_STEP if central else _FORWARD_STEP) * max(abs(float(scaled[i])), 1.0)
        room_above, room_below = self.upper[i] - scaled[i], scaled[i] - self.lower[i]

        def moved(by: float) -> FloatArray:
            shifted = scaled.copy()
            shifted[i] += by
            return self.curve(shifted)

        if central and room_above >= step and room_below >= step:
            return (moved(step) - moved(-step)) / (2.0 * step)
        if room_above < step:
            step = -step
        if central:
            return (-3.0 * base + 4.0 * moved(step / 2.0) - moved(step)) / step
        return (moved(step) - base) / step

    def inside(self, scaled: FloatArray) -> FloatArray:
        """A point on a bound, where the bounded search has no slope, moved inside by a hundredth."""
        room = np.minimum(1.0, self.upper - self.lower) * 0.01
        return np.minimum(np.maximum(scaled, self.lower + room), self.upper - room)

    def scaled(self, values: Mapping[str, float]) -> FloatArray:
        """The varying parameters among `values`, in scaled units."""
        return np.array([values[name] for name in self.names]) / self.scale

    def hold(self, values: Mapping[str, float]) -> Problem:
        """The same problem with the parameters in `values` held there."""
        keep = [i for i, name in enumerate(self.names) if name not in values]
        return replace(
            self,
            names=tuple(self.names[i] for i in keep),
            held={**self.held, **values},
            scale=self.scale[keep],
            lower=self.lower[keep],
            upper=self.upper[keep],
        )


def column_norms(jacobian: FloatArray) -> FloatArray:
    """Euclidean length of each column, shape (k,), also where its squares leave the range of numbers."""
    largest = np.max(np.abs(jacobian), axis=0, initial=0.0)
    unit = np.where(largest > 0.0, largest, 1.0)
    return np.asarray(largest * np.sqrt(np.sum((jacobian / unit) ** 2, axis=0)), dtype=np.float64)


def leverage(jacobian: FloatArray) -> FloatArray:
    """Diagonal of the hat matrix J (J^T J)^-1 J^T, shape (n,): within 0 .. 1, its sum the number of parameters."""
    norm = column_norms(jacobian)
    left, singular, _ = np.linalg.svd(jacobian / np.where(norm == 0.0, 1.0, norm), full_matrices=False)
    kept = singular > SINGULAR * singular[0]
    return np.asarray(np.sum(left[:, kept] ** 2, axis=1), dtype=np.float64)


def pose(
    model: Model, parameters: Sequence[Parameter], x: FloatArray, y: FloatArray, weight: FloatArray
) -> tuple[Problem, FloatArray]:
    """The problem and its start point in scaled units; `weight` (n,) is the inverse standard deviation or relative.

    The scale of a parameter is the size of its start value; for a start at zero it is the change that moves the
    curve by as much as the data are large, so that the answer does not depend on the units of x and y.
    """
    size = math.sqrt(float(np.mean((y * weight) ** 2)))
    unit = size if size > 0.0 else math.sqrt(float(np.mean(weight**2)))
    varied = [p for p in parameters if p.vary]
    held = {p.name: p.start for p in parameters if not p.vary}
    values = {p.name: p.start for p in parameters}
    scale = np.array([_scale(model, p, values, x, unit, weight) for p in varied])
    problem = Problem(
        model=model,
        x=x,
        y=y,
        weight=weight / unit,
        names=tuple(p.name for p in varied),
        held=held,
        scale=scale,
        lower=np.array([p.lower for p in varied]) / scale,
        upper=np.array([p.upper for p in varied]) / scale,
        unit=unit,
    )
    start = problem.inside(np.array([p.start for p in varied]) / scale)
    _check_start(problem, start)
    return problem, start


def _scale(
    model: Model, parameter: Parameter, values: Mapping[str, float], x: FloatArray, unit: float, weight: FloatArray
) -> float:
    if abs(parameter.start) > _NO_SCALE:
        return abs(parameter.start)
    span = parameter.upper - parameter.lower
    if math.isfinite(span):
        return span
    name = parameter.name
    with np.errstate(all="ignore"):
        known = {} if model.derivative is None else model.derivative(x, **values)
        if name in known:
            slope = math.sqrt(float(np.mean((known[name] * weight) ** 2)))
            return unit / slope if slope > 0.0 and math.isfinite(unit / slope) else 1.0
        base = model.function(x, **values)
        step = 1.0 if parameter.upper > 0.0 else -1.0
        # A step whose effect lies between rounding and curvature gives the slope.
        for _ in range(60):
            moved = model.function(x, **{**values, name: parameter.start + step})
            change = math.sqrt(float(np.mean(((moved - base) * weight) ** 2)))
            if 1e-7 * unit <= change <= 1e-3 * unit:
                return abs(step) * unit / change
            step *= 1e3 if change < 1e-7 * unit else 1e-3
            if not 1e-60 < abs(step) < 1e60:
                break
    return 1.0


def _check_start(problem: Problem, start: FloatArray) -> None:
    curve = problem.curve(start)
    if curve.shape != problem.y.shape:
        raise DataError(
            f"{problem.model.name}: the model gives shape {curve.shape} for {problem.y.size} points: "
            "return one value per point"
        )
    if not np.all(np.isfinite(curve)):
        at = ", ".join(f"{n} = {v:.6g}" for n, v in problem.values(start).items())
        raise DataError(f"{problem.model.name}: the model is not finite at the start values {at}: give other ones")
