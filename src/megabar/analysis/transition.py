"""One step of a transition with all its criteria: values, statistical errors, spread over the choice of windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from megabar.analysis.criteria import Bracket, Criteria, Geometry, Windows, evaluate, noise_by_zone, replicates
from megabar.analysis.smoothing import local_parabola
from megabar.analysis.steps import find_steps

FloatArray = NDArray[np.float64]

FEW_POINTS = 4
"""With fewer points between 10 % and 90 % the spacing of the points, not their noise, limits the answer."""


@dataclass(frozen=True)
class Criterion:
    """One criterion of one step: `value` on the axis (None: not reached), one standard deviation of the noise,
    half the spread over equally careful windows, half the spacing of the points where they limit the answer."""

    name: str
    value: float | None
    error: float | None
    window: float | None
    sampling: float | None = None


@dataclass(frozen=True)
class Step:
    """One step: its criteria by name, the lines behind them, its share of the whole drop and the noise (n,)."""

    criteria: Mapping[str, Criterion]
    geometry: Geometry
    bracket: Bracket
    share: float
    noise: FloatArray
    replicates: Mapping[str, FloatArray]


def analyse_steps(
    x: FloatArray,
    resistance: FloatArray,
    *,
    windows: Windows,
    fractions: Sequence[float],
    rng: np.random.Generator,
    minimum_drop: float,
) -> tuple[Step, ...]:
    """Every step of the transition in one sweep, from the highest x down; empty when there is none.

    x: (n,), ascending; resistance: (n,), n >= 8. The statistical errors come from `criteria.REPLICATES` copies of
    the curve, its noise averaged down, with fresh noise of the measured size, each analysed anew, windows and all.
    """
    brackets = find_steps(x, resistance, minimum_drop=minimum_drop)
    measured = [_measure(x, resistance, b, windows=windows, fractions=fractions, rng=rng) for b in brackets]
    drops = [_drop(resistance, b, m[0].geometry) for b, m in zip(brackets, measured, strict=True)]
    total = sum(drops)
    return tuple(
        Step(
            criteria=_criteria(x, central, varied),
            geometry=central.geometry,
            bracket=bracket,
            share=drop / total if total > 0.0 else 1.0 / len(brackets),
            noise=noise,
            replicates={name: values[1:] for name, values in central.values.items()},
        )
        for bracket, (central, varied, noise), drop in zip(brackets, measured, drops, strict=True)
    )


def _measure(
    x: FloatArray,
    resistance: FloatArray,
    bracket: Bracket,
    *,
    windows: Windows,
    fractions: Sequence[float],
    rng: np.random.Generator,
) -> tuple[Criteria, list[Criteria], FloatArray]:
    first = evaluate(x, resistance[None, :], bracket, windows=windows, fractions=fractions)
    noise = noise_by_zone(x, resistance, bracket, first.geometry.half_width)
    copies = replicates(resistance, _quiet(x, resistance, noise, first.geometry, bracket), noise, rng)
    central = evaluate(x, copies, bracket, windows=windows, fractions=fractions)
    varied = [
        evaluate(x, resistance[None, :], bracket, windows=choice, fractions=fractions)
        for choice in windows.variations()
    ]
    return central, varied, noise


def _quiet(
    x: FloatArray, resistance: FloatArray, noise: FloatArray, geometry: Geometry, bracket: Bracket
) -> FloatArray:
    """The curve with its noise averaged down where the points are dense enough for that to leave its shape.

    Noise on top of noise would make the windows of the copies wander by sqrt(2) more than those of real curves.
    The average is taken in asinh(R/noise), in which the exponential foot of a transition is straight.
    """
    within = int(np.count_nonzero(np.abs(x - x[bracket.peak]) <= geometry.half_width))
    if within < 10:
        return resistance
    plateau = geometry.plateau or 0.0
    unit = 2.0 * float(noise[0]) or 1e-12 * geometry.onset_resistance
    shape = np.arcsinh((resistance - plateau) / unit)
    return np.asarray(plateau + unit * np.sinh(local_parabola(x, shape, 7 * within // 16 * 2 + 1)))


def _criteria(x: FloatArray, central: Criteria, varied: Sequence[Criteria]) -> dict[str, Criterion]:
    few = central.geometry.points_in_transition < FEW_POINTS
    widening = _widening(x.size, next(iter(central.values.values())).size - 1)
    result = {}
    for name, values in central.values.items():
        value = _finite(values[0])
        spread = [v for v in (_finite(c.values[name][0]) for c in varied) if v is not None]
        sampling = _spacing(x, value) if few and value is not None and "resistance" not in name else None
        result[name] = Criterion(
            name=name,
            value=value,
            error=_standard_deviation(values[1:], widening) if value is not None else None,
            window=0.5 * (max(*spread, value) - min(*spread, value)) if value is not None and spread else None,
            sampling=sampling,
        )
    return result


def _widening(points: int, copies: int) -> float:
    """What a standard deviation is multiplied with to cover 68.27 % although it is itself an estimate (Student's t).

    Its relative variance is 1/(2 copies) from the copies and 1.5/points from the noise, whose sixth differences share
    points, so that about a third of them are independent.
    """
    freedom = 1.0 / (1.0 / max(copies - 1, 1) + 3.0 / points)
    return float(stdtrit(max(freedom, 2.0), float(ndtr(1.0))))


def _standard_deviation(values: FloatArray, widening: float) -> float | None:
    """None when more than a tenth of the copies did not reach the criterion: then it is not a number with an error."""
    reached = values[np.isfinite(values)]
    if reached.size < 0.9 * values.size or reached.size < 2:
        return None
    # Half the distance between the 16 % and 84 % quantiles would ignore rare failures; they belong to the error,
    # but a single copy thrown far away by a false crossing does not: cut at six of those half-distances.
    low, middle, high = np.quantile(reached, [0.1587, 0.5, 0.8413])
    near = reached[np.abs(reached - middle) <= 6.0 * max(0.5 * (high - low), 1e-300)]
    return float(widening * near.std(ddof=1)) if near.size > 1 else None


def _spacing(x: FloatArray, value: float) -> float:
    right = int(np.clip(np.searchsorted(x, value), 1, x.size - 1))
    return float(0.5 * (x[right] - x[right - 1]))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _drop(resistance: FloatArray, bracket: Bracket, geometry: Geometry) -> float:
    """Resistance at the step's onset less that in the valley (or on the plateau) below it."""
    if bracket.below == 0:
        low = geometry.plateau if geometry.plateau is not None else float(resistance[:3].mean())
    else:
        low = float(resistance[bracket.below - 1 : bracket.below + 2].mean())
    return max(geometry.onset_resistance - low, 0.0)
