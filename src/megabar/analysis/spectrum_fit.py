"""One contact spectrum fitted: the gap with an interval that holds, or a limit, or the reason why there is neither."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_models import KINDS, Kind, Setup, rough_gain, spectrum_model, starts
from megabar.analysis.spectrum_shape import Spectrum
from megabar.data import Status
from megabar.errors import ConvergenceError, DataError, DomainError
from megabar.fitting.intervals import Interval, profile_interval
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Parameter
from megabar.physics.gap_function import GapFunction, StateDensity

FloatArray = NDArray[np.float64]

ONE_SIGMA: Final = 0.6827
ONE_SIDED: Final = 0.90
"""Level of the two-sided interval whose upper end is a 95 % upper limit."""

SEEN: Final = 16.0
"""Chi-square that a gap must gain over the background alone before it is looked at: four standard deviations."""

HELD: Final = "held, not fitted"

FEWEST: Final = 12
"""Points that a fit with three physical parameters and a background needs."""


@dataclass(frozen=True)
class Choice:
    """How a spectrum is fitted.

    kind: of the model. degree, even: of the background polynomial. fixed: parameters held, by name. window: largest
    |V| that enters, mV (None: all). temperature: K. start: start values by name. given: see `Setup`.
    """

    kind: Kind
    temperature: float
    degree: int
    even: bool = False
    fixed: Mapping[str, float] = field(default_factory=dict)
    window: float | None = None
    start: Mapping[str, float] = field(default_factory=dict)
    given: GapFunction | StateDensity | None = None


@dataclass(frozen=True, eq=False)
class SpectrumFit:
    """A fit and what it was made of.

    plain: the same fit with its noise from the residuals alone. gain: chi-square that the gap gains over the background
    alone, in units of the noise. inflation: factor by which shared noise of neighbouring points widens errors.
    """

    spectrum: Spectrum
    choice: Choice
    fit: Fit
    plain: Fit
    gain: float
    inflation: float

    @property
    def symmetrised(self) -> bool:
        """Whether one half of even data stands for both."""
        return self.spectrum.symmetrised

    @property
    def seen(self) -> bool:
        """Whether there is anything to take a gap from."""
        return self.gain > SEEN


@dataclass(frozen=True)
class Quoted:
    """A parameter as it may be quoted: a value with error and interval, or a limit, or None with the reason."""

    value: float | None
    error: float | None
    interval: tuple[float | None, float | None] | None
    level: float | None
    status: Status
    remark: str


def fit_spectrum(spectrum: Spectrum, choice: Choice) -> SpectrumFit:
    """Least squares of `spectrum_models` on one spectrum.

    Errors of the points give relative weights; their size comes from the residuals, times the square root of the
    points that count as one where neighbours share noise. Of symmetrised data one half is used. DataError for too
    few points; ConvergenceError when no minimum is found.
    """
    used = _used(spectrum, choice)
    setup = Setup(
        choice.kind, choice.temperature, choice.degree, float(np.max(np.abs(used.bias))), choice.even, choice.given
    )
    if used.bias.size < FEWEST + len(setup.powers):
        raise DataError(
            f"{spectrum.name}: {used.bias.size} points for a fit, fewer than {FEWEST + len(setup.powers)}: widen "
            "settings.window or mask less"
        )
    model = spectrum_model(setup)
    names = {p.name for p in model.guess(used.bias, used.conductance)} if choice.fixed or choice.start else set()
    fixed = {k: v for k, v in choice.fixed.items() if k in names}
    if rough_gain(used.bias, used.conductance, setup) < 0.5 * SEEN:
        return _background_alone(used, choice, setup)
    start: dict[str, float | Parameter] = {k: v for k, v in choice.start.items() if k in names and k not in fixed}
    first = fit(model, used.bias, used.conductance, sigma=used.error, absolute=False, fixed=fixed, start=start)
    if choice.kind in ("s", "two gaps") and "barrier" in first.on_bound and not start:
        first = _other_valley(first, setup)
    noise = first.noise or 0.0
    gain = _gain(used, setup, first, noise)
    inflation = math.sqrt(max(used.correlation, 1.0))
    plain = first
    if inflation > 1.0 and noise > 0.0:
        begin: dict[str, float | Parameter] = {p.name: first.values[p.name] for p in first.parameters if p.vary}
        sigma = first.relative_sigma * noise * inflation
        first = fit(
            model, used.bias, used.conductance, sigma=sigma, absolute=True, fixed=fixed, start=_inside(first, begin)
        )
    return SpectrumFit(used, choice, first, plain, gain, inflation)


def _background_alone(used: Spectrum, choice: Choice, setup: Setup) -> SpectrumFit:
    """No feature to fit: the background with everything else held."""
    model = spectrum_model(setup)
    held = {p.name: p.start for p in model.guess(used.bias, used.conductance) if _is_physical(p.name)}
    held["gap"] = 0.0
    plain = fit(model, used.bias, used.conductance, sigma=used.error, absolute=False, fixed=held)
    return SpectrumFit(used, choice, plain, plain, 0.0, 1.0)


def _is_physical(name: str) -> bool:
    return name != "scale" and not name.startswith("b_")


def _other_valley(found: Fit, setup: Setup) -> Fit:
    """A barrier that ran to its bound may have passed a deeper valley: fits from the best starts at other barriers."""
    fits = [found]
    fixed = {p.name: p.start for p in found.parameters if not p.vary}
    again = partial(fit, found.model, found.x, found.y, sigma=found.relative_sigma, absolute=False, fixed=fixed)
    for start in starts(found.x, found.y, setup)[:3]:
        begin: dict[str, float | Parameter] = {k: v for k, v in start.items() if k not in fixed}
        try:
            fits.append(again(start=begin))
        except ConvergenceError:
            continue
    return min(fits, key=lambda f: f.chi_square)


def _inside(found: Fit, values: Mapping[str, float | Parameter]) -> dict[str, float | Parameter]:
    """Start values that do not lie on a bound."""
    on = set(found.on_bound)
    return {name: value for name, value in values.items() if name not in on}


def _used(spectrum: Spectrum, choice: Choice) -> Spectrum:
    rows = np.ones(spectrum.bias.size, dtype=bool)
    if choice.window is not None:
        rows &= np.abs(spectrum.bias) <= choice.window
    if spectrum.symmetrised:
        rows &= spectrum.bias >= 0.0
    return spectrum.take(rows)


def _gain(used: Spectrum, setup: Setup, found: Fit, noise: float) -> float:
    """(chi-square of the background alone - chi-square of the fit) / (noise^2 x points that count as one)."""
    if not noise > 0.0:
        return math.inf
    weight = 1.0 / found.relative_sigma
    basis = np.stack([(used.bias / setup.reach) ** k for k in (0, *setup.powers)], axis=1)
    solved, *_ = np.linalg.lstsq(basis * weight[:, None], used.conductance * weight, rcond=None)
    alone = float(np.sum(((used.conductance - basis @ solved) * weight) ** 2))
    return (alone - found.chi_square) / (noise**2 * max(used.correlation, 1.0))


def quote(found: SpectrumFit, name: str, *, profiled: bool = True) -> Quoted:
    """The parameter with its profile-likelihood interval of 68.27 %, or what these data say instead.

    Without `profiled` the error is that of the covariance: faster, and enough for parameters that nobody quotes alone.
    """
    value = found.fit.values[name]
    if not found.seen:
        words = f"no feature above the noise (chi-square gains {found.gain:.1f} for a gap)"
        return Quoted(None, None, None, None, Status.NOT_FOUND, words)
    if name in {p.name for p in found.fit.parameters if not p.vary}:
        return Quoted(value, None, None, None, Status.OK, HELD)
    if not profiled:
        error = found.fit.errors[name]
        status = (
            Status.OK if error is not None else Status.ON_BOUND if name in found.fit.on_bound else Status.UNDETERMINED
        )
        return Quoted(value if error is not None else None, error, None, None, status, "")
    try:
        interval = profile_interval(found.fit, name, level=ONE_SIGMA)
        if interval.lower is not None and interval.upper is not None:
            return _closed(value, interval)
        wide = profile_interval(found.fit, name, level=ONE_SIDED)
    except ConvergenceError as error:
        return Quoted(None, None, None, None, Status.FAILED, str(error))
    return _limit(wide)


def _closed(value: float, interval: Interval) -> Quoted:
    lower, upper = interval.lower, interval.upper
    assert lower is not None and upper is not None  # noqa: PT018
    error = 0.5 * (upper - lower)
    return Quoted(value, error, (lower, upper), ONE_SIGMA, Status.OK, "")


def _limit(wide: Interval) -> Quoted:
    """One side open: the other end is a limit of 95 %."""
    if wide.lower is None and wide.upper is None:
        words = "undetermined: neither side is closed by these data"
        return Quoted(None, None, None, None, Status.UNDETERMINED, words)
    if wide.lower is not None and wide.upper is not None:
        words = "one side is open at 68 %: the interval is that of 90 %"
        return Quoted(None, None, (wide.lower, wide.upper), ONE_SIDED, Status.LIMIT, words)
    if wide.upper is not None:
        return Quoted(None, None, (None, wide.upper), 0.95, Status.LIMIT, "an upper limit: zero is not excluded")
    return Quoted(None, None, (wide.lower, None), 0.95, Status.LIMIT, "a lower limit: no upper end")


def compare_kinds(
    spectrum: Spectrum, choice: Choice, kinds: tuple[Kind, ...]
) -> tuple[dict[Kind, SpectrumFit], list[str]]:
    """Fits of several kinds to one spectrum, by kind, and why some could not be made."""
    fits: dict[Kind, SpectrumFit] = {}
    failed: list[str] = []
    for kind in kinds:
        try:
            fits[kind] = fit_spectrum(spectrum, replace(choice, kind=kind))
        except (ConvergenceError, DataError, DomainError) as error:
            failed.append(f"{KINDS[kind]}: {error}")
    return fits, failed
