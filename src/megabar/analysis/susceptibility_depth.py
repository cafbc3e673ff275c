"""Lower critical fields against temperature: Hc1(0), the gap that their fall needs, penetration depth and kappa."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from scipy.special import chdtrc

from megabar.analysis.susceptibility_body import Derived, derive
from megabar.constants import BOLTZMANN_MEV
from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.intervals import Interval, profile_interval
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.selection import Selection, compare
from megabar.physics import susceptibility as physics
from megabar.physics.bcs import WEAK_COUPLING_RATIO
from megabar.physics.critical_field import coherence_length
from megabar.physics.superfluid import Pairing, superfluid_density

FloatArray = NDArray[np.float64]

FEWEST: Final = 3
GAP_POINTS: Final = 5
GAP_BELOW: Final = 0.4
"""The gap shows in points below this share of Tc, and with at least `GAP_POINTS` of them in all."""
LOOSE: Final = 0.5
"""A gap whose relative error is larger is undetermined; then the weak-coupling one is held."""
UNBELIEVED: Final = 0.05
WEAK: Final[Mapping[Pairing, float]] = {"s": 0.5 * WEAK_COUPLING_RATIO, "d": 2.14}
"""Delta(0)/(k Tc) in weak coupling; for "d" the largest over the angles."""
RATIOS: Final = (0.6, 8.0)
"""Delta(0)/(k Tc) that a fit may reach."""
_RATIOS: Final = 30
_REDUCED: Final = 60
NAMES: Final[Mapping[Pairing, str]] = {"s": "s-wave, one gap", "d": "d-wave"}


@dataclass(frozen=True)
class DepthFit:
    """Hc1(T) = Hc1(0) (lambda(0)/lambda(T))^2 for each pairing, kappa the same at all temperatures.

    gap_free: whether the gap was fitted; why_held says why not. interval: of the gap by its profile.
    spread: half the range of Hc1(0) over the models that AICc does not refute.
    """

    temperature: FloatArray
    field: FloatArray
    error: FloatArray | None
    fits: Mapping[Pairing, Fit]
    chosen: Pairing
    selection: Selection | None
    gap_free: bool
    why_held: str
    interval: Interval | None
    spread: float | None
    coldest: float


@lru_cache(maxsize=2)
def _table(pairing: Pairing) -> RectBivariateSpline:
    """(lambda(0)/lambda(T))^2 over the logarithm of Delta(0)/(k Tc) and T/Tc, within 1e-4.

    A fit asks for it hundreds of times; the average over angles would cost seconds.
    """
    t = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, _REDUCED))
    ratio = np.geomspace(*RATIOS, _RATIOS)
    rho = [superfluid_density(t, gap_zero=r * BOLTZMANN_MEV, critical_temperature=1.0, pairing=pairing) for r in ratio]
    return RectBivariateSpline(np.log(ratio), t, np.array(rho))


@lru_cache(maxsize=2)
def model(pairing: Pairing) -> Model:
    """The law of Hc1(T) with field_zero (T), ratio Delta(0)/(k Tc) and critical_temperature (K)."""

    def shape(t: FloatArray, ratio: float, tc: float, **order: int) -> FloatArray:
        reduced = np.minimum(t / tc, 1.0)
        return np.where(t < tc, _table(pairing).ev(np.full(t.shape, np.log(ratio)), reduced, **order), 0.0)

    def law(t: FloatArray, *, field_zero: float, ratio: float, critical_temperature: float) -> FloatArray:
        return np.asarray(field_zero * shape(t, ratio, critical_temperature))

    def derivative(
        t: FloatArray, *, field_zero: float, ratio: float, critical_temperature: float
    ) -> Mapping[str, FloatArray]:
        tc = critical_temperature
        return {
            "field_zero": shape(t, ratio, tc),
            "ratio": field_zero / ratio * shape(t, ratio, tc, dx=1),
            "critical_temperature": -field_zero * t / tc**2 * shape(t, ratio, tc, dy=1),
        }

    def guess(t: FloatArray, h: FloatArray) -> tuple[Parameter, ...]:
        top = float(t.max())
        slope = np.polyfit(t, h, 1)
        tc = float(np.clip(-slope[1] / slope[0], 1.001 * top, 3.0 * top)) if slope[0] < 0.0 else 1.3 * top
        return (
            Parameter("field_zero", float(h.max()), 0.0, np.inf, "T"),
            Parameter("ratio", WEAK[pairing], *RATIOS, "1"),
            Parameter("critical_temperature", tc, 0.7 * top, 20.0 * top, "K"),
        )

    return Model(NAMES[pairing], law, guess, derivative, "Hc1(0) (lambda(0)/lambda(T))^2")


def fit_depth(
    temperature: FloatArray, field: FloatArray, error: FloatArray | None, critical_temperature: float | None
) -> DepthFit:
    """Both pairings on the points (m,), Tc held where it is given; DataError for fewer than three points."""
    if temperature.size < FEWEST:
        raise DataError(f"{temperature.size} lower critical fields, {FEWEST} are needed: measure more temperatures")
    known = {} if critical_temperature is None else {"critical_temperature": critical_temperature}
    run = partial(_run, temperature, field, error, known)
    fits, free, why = _fits(run, temperature)
    if error is not None and all(_misses(f) for f in fits.values()):
        # The errors of the points do not explain their scatter, which counts instead.
        fits, free, why = _fits(partial(run, absolute=False), temperature)
    chosen, selection = _compared(fits)
    best = fits[chosen]
    interval = None
    if free:
        with suppress(ConvergenceError, DomainError):
            interval = profile_interval(best, "ratio")
    zeros = [fits[p].values["field_zero"] for p in _believed(fits, selection)]
    return DepthFit(
        temperature,
        field,
        error,
        fits,
        chosen,
        selection,
        free,
        why,
        interval,
        0.5 * (max(zeros) - min(zeros)) if len(zeros) > 1 else None,
        float(temperature.min()) / best.values["critical_temperature"],
    )


def _run(
    temperature: FloatArray,
    field: FloatArray,
    error: FloatArray | None,
    known: Mapping[str, float],
    pairing: Pairing,
    *,
    gap_free: bool,
    absolute: bool = True,
) -> Fit | None:
    held = dict(known) if gap_free else {**known, "ratio": WEAK[pairing]}
    try:
        return fit(model(pairing), temperature, field, sigma=error, absolute=absolute and error is not None, fixed=held)
    except (ConvergenceError, DataError):
        return None


def _fits(run: partial[Fit | None], t: FloatArray) -> tuple[dict[Pairing, Fit], bool, str]:
    """The fits with a free gap where the data determine it, else with that of weak coupling and the reason."""
    pairings: tuple[Pairing, ...] = ("s", "d")
    why = f"{t.size} points, {GAP_POINTS} are needed" if t.size < GAP_POINTS else ""
    if not why:
        made = {p: f for p in pairings if (f := run(p, gap_free=True)) is not None}
        best = min(made.values(), key=lambda f: f.chi_square, default=None)
        why = "the fit did not converge" if best is None else _loose(best, t)
        if not why:
            return made, True, ""
    made = {p: f for p in pairings if (f := run(p, gap_free=False)) is not None}
    if not made:
        raise DataError("no law of Hc1(T) can be fitted: the fields do not fall with temperature")
    return made, False, why


def _loose(best: Fit, t: FloatArray) -> str:
    """Why the gap is not to be quoted; "" where it is."""
    coldest = float(t.min()) / best.values["critical_temperature"]
    if coldest > GAP_BELOW:
        return f"the lowest reduced temperature is {coldest:.2g}, {GAP_BELOW:g} or less is needed"
    error = best.errors["ratio"]
    if "ratio" in best.on_bound or error is None or error > LOOSE * best.values["ratio"]:
        return "the points do not determine it"
    return ""


def _misses(found: Fit) -> bool:
    freedom = found.degrees_of_freedom
    return freedom > 0 and float(chdtrc(freedom, found.chi_square)) < UNBELIEVED


def _compared(fits: Mapping[Pairing, Fit]) -> tuple[Pairing, Selection | None]:
    names = list(fits)
    try:
        selection = compare([fits[name] for name in names])
    except DataError:
        return names[0], None
    return names[selection.chosen], selection


def _believed(fits: Mapping[Pairing, Fit], selection: Selection | None) -> list[Pairing]:
    if selection is None:
        return list(fits)
    return [p for p, d in zip(fits, selection.delta, strict=True) if d is None or d < 10.0]


@dataclass(frozen=True)
class Lengths:
    """Penetration depth and coherence length (nm), kappa, thermodynamic field (T), all at T = 0."""

    depth: Derived
    coherence: Derived
    kappa: Derived
    thermodynamic: Derived


def lengths(lower: tuple[float, float | None], upper: tuple[float, float | None], rng: np.random.Generator) -> Lengths:
    """What Hc1(0) and Hc2(0) (value, error; T) say together; DomainError where no kappa above 1 gives this pair."""
    inputs = {"lower": lower, "upper": upper}

    def depth(lower: float, upper: float) -> float:
        return physics.penetration_depth_from_fields(lower, upper=upper)

    def kappa(lower: float, upper: float) -> float:
        return depth(lower, upper) / float(coherence_length(upper))

    def thermodynamic(lower: float, upper: float) -> float:
        length = float(coherence_length(upper))
        return float(physics.thermodynamic_field(depth(lower, upper), coherence_length=length))

    return Lengths(
        derive(depth, inputs, rng),
        derive(lambda upper: float(coherence_length(upper)), {"upper": upper}, rng),
        derive(kappa, inputs, rng),
        derive(thermodynamic, inputs, rng),
    )
