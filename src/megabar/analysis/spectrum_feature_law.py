"""How the size of a spectral feature falls to zero at Tc, and the Tc that follows, averaged over what is not known.

The size is s(T) = sum_i w_i G(V_i) with weights that add up to zero. For Andreev reflection on one gap,

    s(T) = A int_0^inf (sigma(E; Delta, Gamma, Z) - 1) kappa_T(E) dE,
    kappa_T(E) = sum_i w_i [K_T(E - V_i) + K_T(E + V_i)],   K_T = -df/dE,

Delta = alpha k Tc delta(T/Tc) with the weak-coupling shape delta, A > 0 free. alpha, Gamma and Z are not
wanted: each point of a grid in them is a law, and the answer is averaged over all laws with their likelihoods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from megabar.constants import BOLTZMANN_MEV
from megabar.physics.bcs import WEAK_COUPLING_ALPHA, reduced_gap
from megabar.physics.btk import andreev, transparency_of

FloatArray = NDArray[np.float64]

BARRIERS: Final = (0.0, 0.25, 0.45, 0.6, 0.7, 0.775, 0.85, 0.925, 1.0, 1.15, 1.35, 1.6)
BROADENINGS: Final = (0.05, 0.12, 0.25, 0.45, 0.8)
"""Gamma over the weak-coupling gap of the last temperature with the feature."""
RATIOS: Final = (1.5, WEAK_COUPLING_ALPHA, 2.1, 2.6)
"""alpha = Delta(0)/(k Tc)."""
TOLERANCE: Final = 0.005
"""Of a size, added to its noise: no law of the grid, and no contact, is the other to better than that."""

_GAPS: Final = 24
_TAIL: Final = 12.0
_TRIALS: Final = 240
_QUANTILES: Final = (0.15865, 0.84135)
_EDGE: Final = 0.02


@dataclass(frozen=True)
class Weighted:
    """One spectrum's size: temperature (K), bias (n,), mV, weights w (n,), the size itself and its error."""

    temperature: float
    bias: FloatArray
    weight: FloatArray
    size: float
    error: float


@dataclass(frozen=True)
class Averaged:
    """Middle and ends of the 68.3 % interval of Tc (K), None when it reaches the ends of the trials; chi-square of the
    best law and its degrees of freedom (two parameters, Tc and amplitude, are counted)."""

    value: float | None
    interval: tuple[float, float] | None
    chi_square: float
    freedom: int


def critical_temperature(points: Sequence[Weighted], *, last: float, highest: float) -> Averaged:
    """Tc between 0.8 `last` and `highest` (K) from sizes at several temperatures, flat in Tc and over the laws."""
    tables = _tables(points, last)
    low, high = 0.8 * last, highest
    for _ in range(3):
        trials = np.linspace(low, high, _TRIALS)
        chi_square, likelihood = _likelihood(points, trials, tables)
        cumulative = np.cumsum(likelihood) / likelihood.sum()
        # The next round looks closer at where the answer lies.
        near = np.flatnonzero((cumulative > 1e-5) & (cumulative < 1.0 - 1e-5))
        near = near if near.size else np.array([int(np.argmax(likelihood))])
        first, final = max(int(near[0]) - 2, 0), min(int(near[-1]) + 2, _TRIALS - 1)
        if final - first > _TRIALS // 3:
            break
        low, high = float(trials[first]), float(trials[final])
    bottom, top = (float(np.interp(q, cumulative, trials)) for q in _QUANTILES)
    freedom = len(points) - 2
    cut = trials[-1] >= highest and likelihood[-1] > _EDGE * likelihood.max()
    if cut or (trials[0] <= 0.8 * last and likelihood[0] > _EDGE * likelihood.max()):
        return Averaged(None, None, chi_square, freedom)
    return Averaged(0.5 * (bottom + top), (bottom, top), chi_square, freedom)


def _likelihood(
    points: Sequence[Weighted], trials: FloatArray, tables: Sequence[CubicSpline]
) -> tuple[float, FloatArray]:
    """Smallest chi-square, and the likelihood of each trial Tc (k,) up to a factor, amplitudes averaged in the log."""
    size, noise = np.array([(p.size, p.error) for p in points]).T
    error = np.hypot(noise, TOLERANCE * size)
    total = float(np.sum((size / error) ** 2))
    delta = reduced_gap(np.array([p.temperature for p in points])[:, None] / trials)
    best, logs = np.inf, []
    for shape in _shapes(delta, trials, tables):
        scaled = shape / error[:, None]
        norm = np.sum(scaled**2, axis=0)
        along = (size / error) @ scaled
        good = (norm > 0.0) & (along > 0.0)
        fit = np.where(good, along**2 / np.where(good, norm, 1.0), 0.0)
        best = min(best, total - float(fit.max()))
        # Of a positive amplitude, flat in its logarithm, the likelihood has the width 1/(its significance).
        logs.append(np.where(good, 0.5 * fit - 0.5 * np.log(np.maximum(fit, 1.0)), -np.inf))
    every = np.concatenate(logs).reshape(len(logs), -1)
    return best, np.asarray(np.exp(every - every.max()).sum(axis=0))


def _shapes(delta: FloatArray, trials: FloatArray, tables: Sequence[CubicSpline]) -> list[FloatArray]:
    """Size (m, k) at m temperatures for k trials of each law."""
    shapes = []
    for ratio in RATIOS:
        gaps = ratio * BOLTZMANN_MEV * trials * delta
        rows = [table(gap) for table, gap in zip(tables, gaps, strict=True)]
        shapes += list(np.stack(rows, axis=0).transpose(2, 0, 1))
    return shapes


def _tables(points: Sequence[Weighted], last: float) -> list[CubicSpline]:
    """At each temperature, the size against the gap (meV) for every broadening and barrier, (gaps, laws)."""
    weak = WEAK_COUPLING_ALPHA * BOLTZMANN_MEV * last
    largest = 1.3 * max(RATIOS) * BOLTZMANN_MEV * last
    gaps = largest * np.linspace(0.0, 1.0, _GAPS) ** 2
    reach = max(float(np.max(np.abs(p.bias))) + _TAIL * BOLTZMANN_MEV * p.temperature for p in points)
    columns = []
    for broadening in BROADENINGS:
        # The trapezoidal rule leaves exp(-2 pi Gamma/step) of a spectrum that is analytic within Gamma of the axis.
        step = broadening * weak / 1.2
        energy: FloatArray = step * np.arange(int(reach / step) + 2, dtype=np.float64)
        kernels = [_kernel(energy, p) * np.where(energy == 0.0, 0.5, 1.0) * step for p in points]
        for barrier in BARRIERS:
            transparency = transparency_of(barrier)
            excess = np.stack([andreev(energy, float(g), broadening * weak, transparency) - 1.0 for g in gaps])
            columns.append([excess @ kernel for kernel in kernels])
    return [CubicSpline(gaps, np.stack(values, axis=1)) for values in zip(*columns, strict=True)]


def _kernel(energy: FloatArray, point: Weighted) -> FloatArray:
    """kappa_T(E), shape of energy."""
    kt = BOLTZMANN_MEV * point.temperature
    total = np.zeros(energy.shape)
    for sign in (-1.0, 1.0):
        decay = np.exp(-np.abs(energy[:, None] + sign * point.bias) / kt)
        total += (decay / (kt * (1.0 + decay) ** 2)) @ point.weight
    return total
