"""Fits that name their outliers and show how much the answer owes to them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr

from megabar.errors import DomainError
from megabar.fitting.least_squares import Fit, fit, problem_of
from megabar.fitting.model import FloatArray, Model, Parameter, frozen_array
from megabar.fitting.problem import SINGULAR, column_norms, leverage
from megabar.fitting.solver import search
from megabar.frozen import freeze

Mask = NDArray[np.bool_]

_MAD = 1.4826022185056018
"""Standard deviation of a normal distribution over its median absolute deviation, 1/Phi^-1(3/4)."""
_ROUNDS = 10
_STEERING = 0.5
"""Leverage above which the curve follows the point more than all others together."""
_LARGEST_SHARE = 0.25
"""Above this share of outliers it is the model that does not describe the data."""


@dataclass(frozen=True, eq=False)
class RobustFit:
    """Two answers and the points between them.

    fit         without the outliers: the answer to report; its data are the points kept
    all_points  the ordinary fit of all points, the same object when no outlier was found
    outliers    indices into the data given, ascending
    deviation   (n,) deviation of each point from the curve fitted without it, over its standard deviation (Student's
                t), given as the normal deviation of the same probability; zeros when no outliers were sought
    threshold   |deviation| above which a point is an outlier
    moved       name -> (value without - value with the outliers) / error without; None where there is no error
    words       what was found, in a sentence
    """

    fit: Fit
    all_points: Fit
    outliers: tuple[int, ...]
    deviation: FloatArray
    threshold: float
    moved: Mapping[str, float | None]
    words: str


def robust_fit(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    sigma: ArrayLike | None = None,
    fixed: Mapping[str, float] = freeze({}),
    start: Mapping[str, float | Parameter] = freeze({}),
    threshold: float = 4.0,
) -> RobustFit:
    """Least squares without the points that no normal noise explains.

    `sigma` gives relative weights (their common factor is always estimated, for it decides what an outlier is); the
    other arguments as in `fit`. The rule:
    1. All points are fitted with the loss 2 (sqrt(1 + r^2) - 1) (soft L1) of the residuals over their robust standard
       deviation s = 1.4826 median |r| sqrt(n/(n - k)), found together with the curve.
    2. Those with |r| > threshold s sqrt(1 - h), h the leverage, are set aside: at the ends of the
       range the curve follows a bad point and leaves a small residual.
    3. The others are fitted by least squares; every point is judged by its deviation from a curve fitted without it,
       t = r/(s sqrt(1 - h)) with s found without it when it was kept, t = r/(s sqrt(1 + h)) when it was not.
       Outliers are those whose Student probability is below that of `threshold` normal standard deviations, so that
       few points need a larger t. Repeated until the set reproduces itself.
    Step 3 also begins with all points but one, for each point of leverage above 1/2, which may have bent even the
    robust curve. Of several sets that reproduce themselves the one with fewest outliers counts, then the one with
    least noise. If there is none with at most a quarter of the points, none goes, and `words` say that the model
    does not describe the data. Outliers are left out of `fit` and named; nothing is removed silently. Errors as in
    `fit`.
    """
    if not threshold > 0.0:
        raise DomainError(f"robust fit: threshold {threshold} is not positive: usual is 4")
    plain = fit(model, x, y, sigma=sigma, absolute=False, fixed=fixed, start=start)
    if plain.noise is None or plain.degrees_of_freedom < 3 or _is_exact(plain):
        words = "no outliers sought: too few points or exact data"
        nothing = frozen_array(np.zeros(plain.y.size))
        return RobustFit(plain, plain, (), nothing, threshold, _moved(plain, plain), words)
    stable = [keep for begin in _candidates(plain, threshold) if (keep := _settle(plain, begin, threshold)) is not None]
    if not stable:
        return _report(plain, None, threshold)
    return _report(plain, min(stable, key=lambda keep: (-np.count_nonzero(keep), _noise(plain, keep))), threshold)


def _settle(plain: Fit, keep: Mask, threshold: float) -> Mask | None:
    """Judges every point about the curve of the points kept until the set reproduces itself; None if it never does."""
    for _ in range(_ROUNDS):
        if np.count_nonzero(~keep) > _LARGEST_SHARE * keep.size:
            return None
        stays = np.abs(_deviations(plain, _without(plain, keep), keep)) <= threshold
        if np.array_equal(stays, keep):
            return keep
        keep = stays
    return None


def _noise(plain: Fit, keep: Mask) -> float:
    noise = _without(plain, keep).noise
    return math.inf if noise is None else noise


def _report(plain: Fit, found: Mask | None, threshold: float) -> RobustFit:
    keep = np.ones(plain.y.size, dtype=bool) if found is None else found
    outliers = tuple(int(i) for i in np.flatnonzero(~keep))
    if found is None:
        words = (
            f"some points deviate by more than {threshold:g} standard deviations, but no set of at most a quarter of "
            f"them explains it: {plain.model.name} does not describe these data; no point was left out"
        )
    elif outliers:
        words = f"{len(outliers)} of {keep.size} points left out as outliers: numbers {', '.join(map(str, outliers))}"
    else:
        words = f"no outliers beyond {threshold:g} standard deviations"
    clean = _without(plain, keep)
    deviation = frozen_array(_deviations(plain, clean, keep))
    return RobustFit(clean, plain, outliers, deviation, threshold, _moved(clean, plain), words)


def _is_exact(plain: Fit) -> bool:
    """Residuals that are rounding have no outliers."""
    return plain.chi_square <= plain.y.size * _size(plain) * 1e-24


def _size(plain: Fit) -> float:
    """Mean square of the weighted data."""
    return float(np.mean((plain.y / plain.relative_sigma) ** 2))


def _without(plain: Fit, keep: Mask) -> Fit:
    """The fit of the points kept, started from the fit of all."""
    if keep.all():
        return plain
    return fit(
        plain.model,
        plain.x[..., keep],
        plain.y[keep],
        sigma=plain.relative_sigma[keep],
        absolute=False,
        fixed={p.name: p.start for p in plain.parameters if not p.vary},
        start={p.name: replace(p, start=plain.values[p.name]) for p in plain.parameters if p.vary},
    )


def _candidates(plain: Fit, threshold: float) -> list[Mask]:
    """Sets of points to begin with: those the robust curve keeps, and all but one of the points that steer the fit."""
    problem, scaled = problem_of(plain)
    freedom = math.sqrt(plain.y.size / plain.degrees_of_freedom)
    residual = problem.residual(scaled)
    spread = _MAD * float(np.median(np.abs(residual))) * freedom
    for _ in range(_ROUNDS):
        if not (spread > 0.0 and problem.names):
            break
        # With unit loss scale, 2 (sqrt(1 + (r/s)^2) - 1) is scipy's soft_l1.
        scaled, _ = search(problem, scaled, method="trf", loss="soft_l1", f_scale=spread)
        residual = problem.residual(scaled)
        before, spread = spread, _MAD * float(np.median(np.abs(residual))) * freedom
        if abs(spread - before) <= 1e-3 * before:
            break
    h = leverage(problem.jacobian(scaled, central=True))
    kept = np.abs(residual) <= threshold * spread * np.sqrt(np.maximum(1.0 - h, 0.0))
    steering = np.flatnonzero(h > _STEERING)
    return [kept, *(np.arange(h.size) != i for i in steering)]


def _deviations(plain: Fit, clean: Fit, keep: Mask) -> FloatArray:
    """Deletion residuals of all points about the curve of those kept, as normal deviations of equal probability."""
    problem, _ = problem_of(plain)
    scaled = problem.scaled(clean.values)
    residual = problem.residual(scaled) * problem.unit
    h = _leverage_about(problem.jacobian(scaled, central=True), keep)
    freedom, total = clean.degrees_of_freedom, clean.chi_square
    # Kept points: the variance without the point, which costs a degree of freedom; the others: that of all kept.
    room = np.maximum(1.0 - h, 1e-12)
    without = np.maximum(total - residual**2 / room, 0.0) / (freedom - 1)
    # Beside the outliers the data may be exact; rounding must not look like more of them.
    rounding = _size(plain) * (8.0 * np.finfo(np.float64).eps) ** 2 + np.finfo(np.float64).tiny
    inside = residual / np.sqrt((without + rounding) * room)
    outside = residual / np.sqrt((total / freedom + rounding) * (1.0 + h))
    student = np.where(keep, inside, outside)
    tail = np.maximum(stdtr(np.where(keep, freedom - 1, freedom), -np.abs(student)), np.finfo(np.float64).tiny)
    return np.asarray(-np.sign(student) * ndtri(tail), dtype=np.float64)


def _leverage_about(jacobian: FloatArray, keep: Mask) -> FloatArray:
    """j_i^T (J^T J)^-1 j_i of every point i, with J the rows kept."""
    norm = column_norms(jacobian[keep])
    norm[norm == 0.0] = 1.0
    _, singular, directions = np.linalg.svd(jacobian[keep] / norm, full_matrices=False)
    good = singular > SINGULAR * singular[0]
    projected = (jacobian / norm) @ directions[good].T / singular[good]
    return np.asarray(np.sum(projected**2, axis=1), dtype=np.float64)


def _moved(clean: Fit, plain: Fit) -> Mapping[str, float | None]:
    moved: dict[str, float | None] = {}
    for name, value in clean.values.items():
        error = clean.errors[name]
        moved[name] = None if error is None or not error > 0.0 else (value - plain.values[name]) / error
    return freeze(moved)
