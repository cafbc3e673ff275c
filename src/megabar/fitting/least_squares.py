"""Least squares with honest errors: parameters, covariance, status in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.model import FloatArray, Model, Parameter, frozen_array
from megabar.fitting.problem import SINGULAR, Problem, column_norms, pose
from megabar.fitting.solver import Minimum, minimise
from megabar.frozen import freeze


class FitStatus(StrEnum):
    """How far a fit, or one parameter of it, can be trusted, in a sentence that names the remedy."""

    OK = "ok"
    HELD = "held at a given value, not fitted"
    ON_BOUND = "on its bound, so without an error: widen the bound or hold the parameter"
    SINGULAR = "undetermined by these data: hold a parameter or widen the range"
    TOO_FEW_POINTS = "as many parameters as points, so without errors: give the errors of the points or more points"
    NOT_CONVERGED = "the search did not reach a minimum: give other start values, a narrower range or hold a parameter"


@dataclass(frozen=True, eq=False)
class Fit:
    """The answer of `fit`.

    parameters           as used, in the model's order, held ones with vary=False
    values               name -> value, all parameters
    errors               name -> standard error; None for a parameter held, on its bound or undetermined
    free                 names with an error, in the order of `covariance` (k, k), which is None without any;
                         parameters on a bound count as held there
    on_bound, undetermined   names
    x (..., n), y, fitted, residuals (n,)   data, curve and y - fitted, in the model's units
    sigma                (n,) standard deviation of each point: as given when `absolute`, otherwise estimated from
                         the residuals; None when it can not be (no degrees of freedom)
    relative_sigma       (n,) as given, 1 when none was given
    noise                factor from relative_sigma to the scatter found, sqrt(chi_square / degrees_of_freedom):
                         without sigma the standard deviation of a point in units of y; None without degrees of freedom
    chi_square           sum of (residual / relative_sigma)^2
    degrees_of_freedom   points - free parameters
    r_squared            1 - weighted residual / weighted total sum of squares about the weighted mean; None for
                         constant y
    log_likelihood       of independent normal errors, at its maximum (also over the noise when that is estimated)
    status, message      the worst that happened, and the same in words with names
    """

    model: Model
    parameters: tuple[Parameter, ...]
    values: Mapping[str, float]
    errors: Mapping[str, float | None]
    free: tuple[str, ...]
    covariance: FloatArray | None
    on_bound: tuple[str, ...]
    undetermined: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    fitted: FloatArray
    sigma: FloatArray | None
    relative_sigma: FloatArray
    absolute: bool
    noise: float | None
    chi_square: float
    degrees_of_freedom: int
    r_squared: float | None
    log_likelihood: float
    status: FitStatus
    message: str
    evaluations: int

    @property
    def ok(self) -> bool:
        """Every fitted parameter has a value and an error."""
        return self.status is FitStatus.OK

    @property
    def residuals(self) -> FloatArray:
        """y - fitted, shape (n,)."""
        return self.y - self.fitted

    @property
    def reduced(self) -> float | None:
        """chi_square / degrees_of_freedom; to be compared with 1 only when sigma was absolute."""
        return None if self.noise is None else self.noise**2

    @property
    def parameter_count(self) -> int:
        """Parameters estimated from the data: the varied ones, those on a bound too, and the noise unless given."""
        return sum(p.vary for p in self.parameters) + (0 if self.absolute else 1)

    @property
    def aicc(self) -> float | None:
        """Akaike's criterion corrected for small samples, -2 ln L + 2K + 2K(K+1)/(n-K-1) (Hurvich and Tsai 1989).

        K is `parameter_count`; None when n <= K + 1.
        """
        n, k = self.y.size, self.parameter_count
        if n <= k + 1:
            return None
        return -2.0 * self.log_likelihood + 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 ln L + K ln n."""
        return -2.0 * self.log_likelihood + self.parameter_count * math.log(self.y.size)

    def correlation(self) -> FloatArray | None:
        """Correlation matrix over `free`, or None without covariance."""
        if self.covariance is None:
            return None
        error = np.sqrt(np.diag(self.covariance))
        return np.asarray(self.covariance / np.outer(error, error), dtype=np.float64)

    def interval(self, name: str, *, level: float = 0.6827) -> tuple[float, float] | None:
        """Symmetric confidence interval from the covariance; None without an error.

        Student's t with `degrees_of_freedom` when the noise was estimated, so that it covers `level` in small
        samples too, where value +- error covers less; exact for models linear in the parameters.
        """
        error = self.errors[name]
        if error is None:
            return None
        half = error * self.quantile(level)
        return self.values[name] - half, self.values[name] + half

    def quantile(self, level: float) -> float:
        """Half-width of a central interval in standard errors: Student's t if the noise was estimated, else normal."""
        if not 0.0 < level < 1.0:
            raise DomainError(f"confidence level {level} is not between 0 and 1")
        freedom = math.inf if self.absolute else float(self.degrees_of_freedom)
        return float(stdtrit(freedom, 0.5 * (1.0 + level)))

    def parameter_status(self, name: str) -> FitStatus:
        """The status of one parameter."""
        if name in self.on_bound:
            return FitStatus.ON_BOUND
        if name in self.undetermined:
            return FitStatus.SINGULAR
        if not any(p.vary for p in self.parameters if p.name == name):
            return FitStatus.HELD
        return FitStatus.OK if self.errors[name] is not None else self.status

    def evaluate(self, x: ArrayLike) -> FloatArray:
        """The fitted curve at other x."""
        return np.asarray(self.model.function(np.asarray(x, dtype=np.float64), **self.values), dtype=np.float64)


def fit(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    sigma: ArrayLike | None = None,
    absolute: bool = True,
    fixed: Mapping[str, float] = freeze({}),
    start: Mapping[str, float | Parameter] = freeze({}),
) -> Fit:
    """Least-squares fit of `model` to the points (x, y).

    x      shape (n,), or (..., n) for models of several variables; y shape (n,)
    sigma  None: equal weights, the noise is estimated from the residuals; a number or (n,): standard deviations of
           the points when `absolute`, only their ratios when not, the common factor being estimated
    fixed  parameters to hold, by name; start: other start values by name, or a whole Parameter to change bounds too

    Minimum by scipy's bounded dogleg, where it fails by lmfit's Levenberg-Marquardt, then by the trust region, in
    scaled parameters. Errors from the Gauss-Newton covariance noise^2 (J^T W J)^-1 at the minimum.

    The rule of failure: data that can not be fitted raise DataError (NaN, infinities, wrong shapes, fewer points than
    parameters); a search that ends anywhere but in a minimum raises ConvergenceError, whose `best` is the Fit where
    it ended, status NOT_CONVERGED, all errors None. What is returned is a minimum; a parameter on its bound, one
    that the data do not determine, or a fit without degrees of freedom stands there with error None, status and
    message.
    """
    x_array, y_array = _points(x, y)
    relative_sigma = _standard_deviations(sigma, y_array.size)
    is_absolute = absolute and sigma is not None
    parameters = _choose(model, x_array, y_array, fixed, start)
    varied = sum(p.vary for p in parameters)
    if y_array.size < varied:
        raise DataError(
            f"{model.name}: {y_array.size} points for {varied} parameters: add points or hold parameters with `fixed`"
        )
    problem, begin = pose(model, parameters, x_array, y_array, 1.0 / relative_sigma)
    if varied == 0:
        minimum = Minimum(begin, problem.residual(begin), np.empty((y_array.size, 0)), (), True, 1)
    else:
        minimum = minimise(problem, begin)
    result = _describe(problem, minimum, parameters, relative_sigma, absolute=is_absolute)
    if not minimum.converged:
        raise ConvergenceError(f"{model.name}: {FitStatus.NOT_CONVERGED}", best=result)
    return result


def problem_of(result: Fit) -> tuple[Problem, FloatArray]:
    """The least-squares problem behind a fit, scaled by its answer, and the answer in scaled units."""
    parameters = [replace(p, start=result.values[p.name]) for p in result.parameters]
    problem, _ = pose(result.model, parameters, result.x, result.y, 1.0 / result.relative_sigma)
    # A value that happens to be near zero is no scale where its error is known.
    scale = np.maximum(problem.scale, [result.errors[name] or 0.0 for name in problem.names])
    ratio = problem.scale / scale
    problem = replace(problem, scale=scale, lower=problem.lower * ratio, upper=problem.upper * ratio)
    return problem, np.clip(problem.scaled(result.values), problem.lower, problem.upper)


def _points(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x_array, y_array = frozen_array(x), frozen_array(y)
    if y_array.ndim != 1 or x_array.ndim < 1 or x_array.shape[-1] != y_array.size:
        raise DataError(f"fit: x has shape {x_array.shape} and y {y_array.shape}: give one x for each y")
    for name, values in (("x", x_array), ("y", y_array)):
        bad = int(np.count_nonzero(~np.isfinite(values)))
        if bad:
            raise DataError(f"fit: {bad} of {values.size} values of {name} are NaN or infinite: remove them first")
    if y_array.size == 0:
        raise DataError("fit: no points: widen the window")
    return x_array, y_array


def _standard_deviations(sigma: ArrayLike | None, n: int) -> FloatArray:
    if sigma is None:
        return frozen_array(np.ones(n))
    values = np.asarray(sigma, dtype=np.float64)
    if values.shape not in ((), (n,)):
        raise DataError(f"fit: sigma has shape {values.shape} for {n} points: give one number or one per point")
    if not np.all((values > 0.0) & np.isfinite(values)):
        raise DataError("fit: sigma must be positive and finite everywhere: leave it out where it is not known")
    return frozen_array(np.broadcast_to(values, (n,)))


def _choose(
    model: Model,
    x: FloatArray,
    y: FloatArray,
    fixed: Mapping[str, float],
    start: Mapping[str, float | Parameter],
) -> tuple[Parameter, ...]:
    """The model's own guess with the user's start values and held parameters put in."""
    guessed = model.guess(x, y)
    names = [p.name for p in guessed]
    for name in (*fixed, *start):
        if name not in names:
            raise DomainError(f"{model.name} has no parameter {name!r}; it has {', '.join(names)}")
    chosen = []
    for parameter in guessed:
        given = start.get(parameter.name, parameter)
        new = given if isinstance(given, Parameter) else replace(parameter, start=float(given))
        if parameter.name in fixed:
            new = Parameter(parameter.name, float(fixed[parameter.name]), unit=parameter.unit, vary=False)
        chosen.append(new)
    return tuple(chosen)


def _describe(
    problem: Problem,
    minimum: Minimum,
    parameters: tuple[Parameter, ...],
    relative_sigma: FloatArray,
    *,
    absolute: bool,
) -> Fit:
    """Everything that follows from the minimum."""
    y, weight = problem.y, 1.0 / relative_sigma
    values = _values(problem, minimum, parameters)
    fitted = frozen_array(problem.curve(minimum.scaled))
    chi_square = float(np.sum(((y - fitted) * weight) ** 2))
    inner = [n for n in problem.names if n not in minimum.on_bound]
    jacobian = minimum.jacobian[:, [problem.names.index(n) for n in inner]]
    unscaled, undetermined, rank = _pseudo_inverse(jacobian, inner)
    freedom = y.size - rank
    noise = math.sqrt(chi_square / freedom) if freedom > 0 else None
    factor = 1.0 if absolute else noise
    status = _status(minimum, undetermined, has_noise=factor is not None)
    free = tuple(n for n in inner if n not in undetermined)
    if factor is None or status is FitStatus.NOT_CONVERGED:
        free = ()
    covariance = None
    if free and factor is not None:
        keep = [inner.index(n) for n in free]
        scale = np.array([problem.scale[problem.names.index(n)] for n in free])
        covariance = frozen_array(unscaled[np.ix_(keep, keep)] * np.outer(scale, scale) * (factor / problem.unit) ** 2)
    errors: dict[str, float | None] = {p.name: None for p in parameters}
    if covariance is not None:
        errors.update(zip(free, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    return Fit(
        model=problem.model,
        parameters=parameters,
        values=freeze(values),
        errors=freeze(errors),
        free=free,
        covariance=covariance,
        on_bound=minimum.on_bound,
        undetermined=undetermined,
        x=problem.x,
        y=y,
        fitted=fitted,
        sigma=None if factor is None else frozen_array(relative_sigma * factor),
        relative_sigma=relative_sigma,
        absolute=absolute,
        noise=noise,
        chi_square=chi_square,
        degrees_of_freedom=freedom,
        r_squared=_r_squared(y, fitted, weight),
        log_likelihood=_log_likelihood(y, chi_square, relative_sigma, absolute=absolute),
        status=status,
        message=_message(status, minimum.on_bound, undetermined),
        evaluations=minimum.evaluations,
    )


def _values(problem: Problem, minimum: Minimum, parameters: tuple[Parameter, ...]) -> dict[str, float]:
    """All parameters in the model's order; one on its bound has exactly the bound's value."""
    found = problem.values(minimum.scaled)
    values = {p.name: found[p.name] for p in parameters}
    for p in parameters:
        if p.name in minimum.on_bound:
            values[p.name] = p.lower if values[p.name] - p.lower < p.upper - values[p.name] else p.upper
    return values


def _pseudo_inverse(jacobian: FloatArray, names: list[str]) -> tuple[FloatArray, tuple[str, ...], int]:
    """(J^T J)^-1 over the determined directions, the names that touch an undetermined one, and the rank."""
    if not names:
        return np.empty((0, 0)), (), 0
    norm = column_norms(jacobian)
    silent = norm == 0.0
    safe = np.where(silent, 1.0, norm)
    _, singular, directions = np.linalg.svd(jacobian / safe, full_matrices=False)
    kept = singular > SINGULAR * singular[0] if singular[0] > 0.0 else np.zeros(singular.size, dtype=bool)
    inverse = directions[kept].T @ (directions[kept] / singular[kept, None] ** 2)
    # A parameter is determined when its axis lies within the space of the kept directions.
    outside = 1.0 - np.sum(directions[kept] ** 2, axis=0)
    undetermined = tuple(n for n, out, quiet in zip(names, outside, silent, strict=True) if quiet or out > 1e-6)
    return inverse / np.outer(safe, safe), undetermined, int(np.count_nonzero(kept))


def _status(minimum: Minimum, undetermined: tuple[str, ...], *, has_noise: bool) -> FitStatus:
    if not minimum.converged:
        return FitStatus.NOT_CONVERGED
    if undetermined:
        return FitStatus.SINGULAR
    if not has_noise:
        return FitStatus.TOO_FEW_POINTS
    return FitStatus.ON_BOUND if minimum.on_bound else FitStatus.OK


def _message(status: FitStatus, on_bound: tuple[str, ...], undetermined: tuple[str, ...]) -> str:
    parts = [f"{', '.join(undetermined)}: {FitStatus.SINGULAR}"] if undetermined else []
    if on_bound:
        parts.append(f"{', '.join(on_bound)}: {FitStatus.ON_BOUND}; the errors of the others hold it there")
    if status in (FitStatus.NOT_CONVERGED, FitStatus.TOO_FEW_POINTS):
        parts.append(status.value)
    return "; ".join(parts) or FitStatus.OK.value


def _r_squared(y: FloatArray, fitted: FloatArray, weight: FloatArray) -> float | None:
    mean = float(np.average(y, weights=weight**2))
    total = float(np.sum(((y - mean) * weight) ** 2))
    # Below this the data are constant up to the rounding of their mean.
    if not total > float(np.sum((y * weight) ** 2)) * 1e-28:
        return None
    return 1.0 - float(np.sum(((y - fitted) * weight) ** 2)) / total


def _log_likelihood(y: FloatArray, chi_square: float, relative_sigma: FloatArray, *, absolute: bool) -> float:
    n = y.size
    constant = -0.5 * n * math.log(2.0 * math.pi) - float(np.sum(np.log(relative_sigma)))
    if absolute:
        return constant - 0.5 * chi_square
    # Exact data: residuals below rounding are not evidence for one model over another.
    rounding = float(np.sum((y / relative_sigma * 4.0 * np.finfo(np.float64).eps) ** 2))
    variance = max(chi_square, rounding, n * np.finfo(np.float64).tiny) / n
    return constant - 0.5 * n * (math.log(variance) + 1.0)
