"""Synthetic resistance measurements: the full curve of `physics.transition` as a bridge with a thermometer sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import i0e

from megabar.errors import DomainError
from megabar.physics.transition import full_resistance

FloatArray = NDArray[np.float64]

LEVELS: Final = (0.90, 0.50, 0.10)
"""Shares of R(onset): a width lies between the first and the last, and the middle one is its half."""


def resistance_curve(
    temperature: ArrayLike,
    *,
    parameters: Mapping[str, float],
    noise: ArrayLike,
    rng: np.random.Generator,
    quantum: float = 0.0,
    lag: float = 0.0,
) -> FloatArray:
    """Readings of a resistance bridge, shape (n,), in the unit of the residual resistance in `parameters`.

    temperature: readings of the thermometer, K, shape (n,). parameters: keywords of
    `physics.transition.full_resistance`. noise: one standard deviation of the normal noise, one number or (n,), in
    the unit of the result. quantum: the bridge's resolution; readings are whole multiples of it, 0 for none.
    lag: K by which the sample is warmer than the thermometer: positive where the sample is behind on cooling, negative
    on warming. DomainError where the sample's temperature is negative and for parameters out of range.
    """
    thermometer = np.asarray(temperature, dtype=np.float64)
    exact = np.asarray(full_resistance(thermometer + lag, **parameters), dtype=np.float64)
    return quantised(exact + np.asarray(noise) * rng.standard_normal(exact.shape), quantum)


def quantised(values: FloatArray, quantum: float) -> FloatArray:
    """`values` rounded to whole multiples of `quantum`, or as they are where it is 0."""
    return np.asarray(np.rint(values / quantum) * quantum) if quantum > 0 else values


def sharpness_for(level: float, *, temperature: float, onset_temperature: float) -> float:
    """The sharpness F for which R(temperature)/R(onset) = level in the transition's law.

    0 < level < 1 and 0 <= temperature < onset_temperature, in K (DomainError otherwise). With I0(z) = level^(-1/2),
    F = z / (1 - T/T_on)^(3/2).
    """
    if not (0.0 < level < 1.0 and 0.0 <= temperature < onset_temperature):
        raise DomainError(
            f"no sharpness gives R/R_on = {level:g} at {temperature:g} K with the onset at {onset_temperature:g} K"
        )

    def excess(z: float) -> float:
        return float(np.log(i0e(z))) + z + 0.5 * float(np.log(level))

    upper = -0.5 * float(np.log(level)) + 10.0
    while excess(upper) < 0.0:
        upper *= 2.0
    z = brentq(excess, 0.0, upper, xtol=1e-15, rtol=8.9e-16)
    return float(z / (1.0 - temperature / onset_temperature) ** 1.5)


def transition_shape(half: float, width: float) -> dict[str, float]:
    """`onset_temperature` (K) and `sharpness` of the transition's law with half of R(onset) left at `half` (K) and
    `width` (K) from 90 to 10 % of it.

    T(x) = T_on (1 - k z_x) with z_x = (I0^-1(x^(-1/2)))^(2/3) and k = F^(-2/3), solved for T_on and F. DomainError
    unless both are positive and the law still falls to half above 0 K.
    """
    if not (half > 0.0 and width > 0.0):
        raise DomainError(f"half and width of a transition must be positive (K), found {half}, {width}")
    relative = width / half
    z90, z50, z10 = _shape_levels()
    k = relative / (z10 - z90 + z50 * relative)
    return {"onset_temperature": half / (1.0 - k * z50), "sharpness": float(k**-1.5)}


def onset_above_half(width: float) -> float:
    """By how much (K) the line onset lies above the half of a transition `width` (K) wide from 90 to 10 %.

    The line onset is where the tangent at the steepest point meets R(onset), taken as constant over the transition.
    """
    z90, z50, z10 = _shape_levels()
    return width * (z50 - _tangent_start()) / (z10 - z90)


@lru_cache
def _tangent_start() -> float:
    """z at which the steepest tangent of I0(z^(3/2))^-2 has the value 1."""
    z = np.linspace(0.2, 3.0, 200_001)
    level = np.exp(-2.0 * (np.log(i0e(z**1.5)) + z**1.5))
    slope = np.gradient(level, z)
    i = int(np.argmin(slope))
    return float(z[i] + (1.0 - level[i]) / slope[i])


@lru_cache
def _shape_levels() -> tuple[float, float, float]:
    """z of 90, 50 and 10 % of R(onset)."""
    found = (sharpness_for(level, temperature=0.0, onset_temperature=1.0) ** (2.0 / 3.0) for level in LEVELS)
    z90, z50, z10 = found
    return z90, z50, z10


def thermometer_sweep(
    segments: Sequence[tuple[float, float, float]], *, rng: np.random.Generator, jitter: float = 0.1
) -> FloatArray:
    """Temperatures at which a slow downward sweep is read, K, falling.

    segments: (from, to, step) in K, from the warm end down, each without its lower end. jitter: each reading lies
    within this part of a step of its place, below 0.5 so that the readings keep their order.
    """
    grids = [np.arange(start, stop, -step) for start, stop, step in segments]
    steps = np.concatenate([np.full(grid.size, step) for grid, (_, _, step) in zip(grids, segments, strict=True)])
    places = np.concatenate(grids)
    return np.asarray(places + jitter * steps * rng.uniform(-1.0, 1.0, places.size))
