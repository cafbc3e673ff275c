"""Spectra of one contact at several temperatures or fields: one barrier for all, and the gap against temperature."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from megabar.analysis.spectrum_fit import SpectrumFit, fit_spectrum
from megabar.analysis.spectrum_models import LARGEST_BARRIER
from megabar.analysis.spectrum_shape import Spectrum
from megabar.constants import BOLTZMANN_MEV
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.physics import bcs

FloatArray = NDArray[np.float64]

_ROUNDS: Final = 6
_STEP: Final = 0.7
"""Trial distance in standard errors of the shared parameter."""
_DISAGREE: Final = 0.01

FEWEST: Final = 3
"""Gaps at different temperatures that a law with two parameters needs."""


@dataclass(frozen=True, eq=False)
class Series:
    """Fits that share one barrier.

    barrier, barrier_error: the shared value; fits: one a spectrum, the barrier held there; slopes: d gap/d barrier of
    each; probability: of a scatter of the single barriers at least as large, if they were one (None for one spectrum).
    """

    barrier: float
    barrier_error: float | None
    fits: tuple[SpectrumFit, ...]
    slopes: tuple[float, ...]
    probability: float | None

    @property
    def agrees(self) -> bool:
        """Whether one barrier describes them all."""
        return self.probability is None or self.probability >= _DISAGREE


def share_barrier(single: Sequence[SpectrumFit], *, progress: Callable[[float], None] | None = None) -> Series:
    """One barrier for all spectra by the least total chi-square, each in units of its own noise.

    single: fits with their own barriers, of spectra with a feature. For each trial barrier the other parameters of
    every spectrum are fitted, so the minimum is that of all parameters together; its curvature gives the error.
    DataError without fits; ConvergenceError when a fit fails at every trial.
    """
    if not single:
        raise DataError("a shared barrier needs at least one spectrum with a feature")
    noise = [(f.fit.noise or 1.0) if not f.fit.absolute else 1.0 for f in single]
    known = [(f.fit.values["barrier"], f.fit.errors["barrier"]) for f in single]
    weights = np.array([1.0 / e**2 if e else 0.0 for _, e in known])
    values = np.array([v for v, _ in known])
    centre = float(weights @ values / weights.sum()) if weights.sum() > 0.0 else float(np.median(values))
    width = 1.0 / math.sqrt(weights.sum()) if weights.sum() > 0.0 else 0.1 * max(centre, 0.1)

    def at(barrier: float) -> tuple[list[SpectrumFit], float]:
        fits = [_held(f, barrier) for f in single]
        return fits, sum(f.fit.chi_square / n**2 for f, n in zip(fits, noise, strict=True))

    for count in range(_ROUNDS):
        step = _STEP * width
        low = max(centre - step, 0.0)
        trials = [low, low + step, low + 2.0 * step]
        totals = [at(z)[1] for z in trials]
        if progress is not None:
            progress((count + 1) / (_ROUNDS + 1))
        curvature = (totals[0] - 2.0 * totals[1] + totals[2]) / step**2
        slope = (totals[2] - totals[0]) / (2.0 * step)
        if not curvature > 0.0:
            width *= 2.0
            centre = trials[int(np.argmin(totals))]
            continue
        before = centre
        centre = float(np.clip(trials[1] - slope / curvature, 0.0, LARGEST_BARRIER))
        width = min(math.sqrt(2.0 / curvature), 4.0 * width)
        if abs(centre - before) < 0.05 * width:
            break
    fits, total = at(centre)
    error = None if centre <= 0.0 or not curvature > 0.0 else width
    slopes = _slopes(single, centre, 0.5 * width)
    apart = total - sum(f.fit.chi_square / n**2 for f, n in zip(single, noise, strict=True))
    freedom = len(single) - 1
    probability = float(gammaincc(0.5 * freedom, 0.5 * max(apart, 0.0))) if freedom > 0 else None
    return Series(centre, error, tuple(fits), slopes, probability)


def _held(found: SpectrumFit, barrier: float) -> SpectrumFit:
    start = {p.name: found.fit.values[p.name] for p in found.fit.parameters if p.vary and p.name != "barrier"}
    on = set(found.fit.on_bound)
    choice = replace(
        found.choice,
        fixed={**found.choice.fixed, "barrier": barrier},
        start={k: v for k, v in start.items() if k not in on},
    )
    return fit_spectrum(found.spectrum, choice)


def _slopes(single: Sequence[SpectrumFit], barrier: float, step: float) -> tuple[float, ...]:
    low = max(barrier - step, 0.0)
    slopes = []
    for found in single:
        try:
            pair = [_held(found, z).fit.values["gap"] for z in (low, low + 2.0 * step)]
            slopes.append((pair[1] - pair[0]) / (2.0 * step))
        except ConvergenceError:
            slopes.append(0.0)
    return tuple(slopes)


@dataclass(frozen=True, eq=False)
class GapLaw:
    """Delta(T) = Delta(0) delta(T/Tc) fitted to gaps: Delta(0) in meV, Tc in K, 2 Delta(0)/kTc, errors None if unknown.

    ratio_error allows for the correlation of both. fit: the law behind it; extrapolated: whether Tc lies above the
    highest temperature with a gap; probability: of a chi-square at least as large if the law holds.
    """

    gap_zero: float
    gap_zero_error: float | None
    critical_temperature: float
    critical_temperature_error: float | None
    ratio: float
    ratio_error: float | None
    fit: Fit
    highest: float
    probability: float | None


def gap_law(
    temperature: FloatArray, gap: FloatArray, error: FloatArray, *, critical_temperature: float | None = None
) -> GapLaw:
    """The BCS shape with free Delta(0) and Tc (the alpha-model), or with Tc held where it is known.

    temperature K, gap meV, error meV (standard deviations): (n,) each, n >= 3 (2 with Tc held). DataError for fewer.
    """
    needed = FEWEST if critical_temperature is None else FEWEST - 1
    if temperature.size < needed:
        raise DataError(f"{temperature.size} gaps against temperature: a BCS law needs {needed}")
    fixed = {} if critical_temperature is None else {"critical_temperature": critical_temperature}
    found = fit(_LAW, temperature, gap, sigma=error, absolute=True, fixed=fixed)
    zero, tc = found.values["gap_zero"], found.values["critical_temperature"]
    ratio = 2.0 * zero / (BOLTZMANN_MEV * tc)
    freedom = found.degrees_of_freedom
    return GapLaw(
        zero,
        found.errors["gap_zero"],
        tc,
        found.errors["critical_temperature"],
        ratio,
        _ratio_error(found, ratio),
        found,
        float(temperature.max()),
        float(gammaincc(0.5 * freedom, 0.5 * found.chi_square)) if freedom > 0 else None,
    )


def _ratio_error(found: Fit, ratio: float) -> float | None:
    """Linear propagation with the covariance of Delta(0) and Tc."""
    if found.covariance is None or "gap_zero" not in found.free:
        return None
    gradient = {
        "gap_zero": 1.0 / found.values["gap_zero"],
        "critical_temperature": -1.0 / found.values["critical_temperature"],
    }
    g = np.array([gradient[name] for name in found.free])
    return float(ratio * math.sqrt(g @ found.covariance @ g))


def _shape(x: FloatArray, *, gap_zero: float, critical_temperature: float) -> FloatArray:
    return np.asarray(bcs.gap(x, gap_zero=gap_zero, critical_temperature=critical_temperature))


def _guess(x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
    coldest = float(y[np.argmin(x)])
    trial = np.geomspace(1.02 * x.max(), 5.0 * x.max(), 40)
    curves = [_shape(x, gap_zero=1.0, critical_temperature=float(t)) for t in trial]
    scale = [float(c @ y / (c @ c)) for c in curves]
    best = int(np.argmin([np.sum((s * c - y) ** 2) for s, c in zip(scale, curves, strict=True)]))
    start = scale[best] if scale[best] > 0.0 else max(coldest, 1e-6)
    lowest = float(x.max()) * 0.5
    return (
        Parameter("gap_zero", start, 0.0, np.inf, "meV"),
        Parameter("critical_temperature", float(trial[best]), lowest, 20.0 * float(x.max()), "K"),
    )


_LAW: Final = Model(
    name="BCS gap equation",
    function=_shape,
    guess=_guess,
    formula="Delta(T) = Delta(0) delta(T/Tc), delta from the weak-coupling gap equation",
)


def common_part(series: Series, rows: Sequence[int], refit: Callable[[FloatArray], float], gaps: FloatArray) -> float:
    """By how much a quantity made from all gaps moves with one standard error of the shared barrier.

    rows: which of the series' fits gave `gaps`; refit(gaps) -> the quantity.
    """
    if series.barrier_error is None:
        return 0.0
    shift = np.array([series.slopes[i] for i in rows]) * series.barrier_error
    return 0.5 * abs(refit(gaps + shift) - refit(gaps - shift))


def spectra_temperatures(spectra: Sequence[Spectrum]) -> FloatArray:
    """Temperatures in K, (m,); NaN where unknown."""
    return np.array([np.nan if s.temperature is None else s.temperature for s in spectra])
