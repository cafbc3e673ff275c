"""From a pattern and candidate phases to cells: search, refinement, which phases are there, how good the fit is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from megabar.analysis import lebail_model as model
from megabar.analysis.lebail import Bounds, Refined, refine, staged
from megabar.analysis.lebail_model import Layout, Phase, Problem, Shift
from megabar.analysis.lebail_search import starts
from megabar.analysis.pattern_data import Pattern
from megabar.analysis.pattern_lines import Found, find_lines
from megabar.errors import DataError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Widths = Literal["constant", "strain", "caglioti"]
"""Which of W, U and V of the squared width are refined: W; W and U; all three."""

SIGNIFICANT: Final = 4.0
"""Standard deviations from which on a line counts as seen."""

MOST_STARTS: Final = 3
SAME_PLACE: Final = 0.3
"""Lines closer than this share of their width are one line."""

NARROWEST, WIDEST = 0.15, 2.5
"""Widths of lines over that of those seen, within which they are refined: wider ones would pose as background."""

_OWN_WIDTHS_GAIN: Final = 12.0
_SAME: Final = 0.005
_SAME_START: Final = 0.002
_MIXING: Final = 0.5
_A_FEW: Final = 15
_CLEARLY_LESS: Final = 0.85
_WIDTHS_A_SPLINE: Final = 18.0
_MORE_SPLINES: Final = 1.5
_SPLINES: Final = (8, 36)
_SHIFT_REACH: Final = 0.3


@dataclass(frozen=True)
class Options:
    """How to fit: radiation as (wavelength in angstrom, weight); `search`: share of the lengths within which starting
    cells are looked for; `runaway`: share beyond which a cell has run away."""

    radiation: tuple[tuple[float, float], ...]
    widths: Widths = "strain"
    shared_widths: bool = False
    shift: Shift = "none"
    search: float = 0.025
    runaway: float = 0.05
    background_terms: int | None = None


@dataclass(frozen=True)
class Quality:
    """Agreement of pattern and model: R values as shares; chi: the goodness of fit, R_wp over what noise allows.

    `points` and `parameters` of the fit; `correlated`: factor by which neighbouring residuals that go together enlarge
    the errors (1: they do not).
    """

    r_p: float
    r_wp: float
    r_p_background: float
    r_wp_background: float
    r_expected: float
    chi: float
    points: int
    parameters: int
    correlated: float


@dataclass(frozen=True, eq=False)
class PhaseFit:
    """One phase: free cell parameters with their covariance (scaled by chi) and how it is seen.

    lines and seen: numbers of its lines inside the pattern and of those that are significant; runaway: its free
    parameters that ran against the limit; weight: its share of the intensity of all phases, with its error.
    """

    phase: Phase
    free: FloatArray
    covariance: FloatArray
    runaway: tuple[str, ...]
    lines: int
    seen: int
    weight: float
    weight_error: float | None

    @property
    def errors(self) -> FloatArray:
        """Standard deviations of the free parameters, NaN where they ran against a limit or are held."""
        deviation = np.sqrt(np.diagonal(self.covariance))
        return np.where(deviation > 0, deviation, np.nan)


@dataclass(frozen=True, eq=False)
class Fit:
    """The refined pattern; `absent`: phases that are not seen; `twins`: phases dropped since another has their lines.

    intensity_error: standard deviations of the intensities at fixed shapes, scaled by chi, NaN for what is held at 0.
    by_background: half of what half as many splines again move every parameter by.
    """

    problem: Problem
    refined: Refined
    quality: Quality
    phases: tuple[PhaseFit, ...]
    found: Found
    intensity_error: FloatArray
    bounds: Bounds
    absent: tuple[tuple[Phase, str], ...] = ()
    twins: tuple[tuple[Phase, str], ...] = ()
    by_background: FloatArray | None = None

    @property
    def calculated(self) -> FloatArray:
        """The model, (n,)."""
        return self.problem.y - self.refined.state.residual * self.problem.sigma

    @property
    def background(self) -> FloatArray:
        """Its background, (n,)."""
        return np.asarray(self.problem.background @ self.refined.state.background)


def fit(pattern: Pattern, phases: Sequence[Phase], options: Options, *, found: Found | None = None) -> Fit:
    """Refine all phases; those that are not seen or repeat another are taken out one after the other.

    DataError when a phase has no line inside the pattern or none of the phases is seen.
    """
    seen = find_lines(pattern.x, pattern.y, pattern.sigma) if found is None else found
    left = list(phases)
    absent: list[tuple[Phase, str]] = []
    twins: list[tuple[Phase, str]] = []
    while left:
        best = _fit_all(pattern, left, options, seen)
        twin = _twin(best)
        if twin is not None:
            twins.append((left[twin[0]], left[twin[1]].name))
            del left[twin[0]]
            continue
        missing = [i for i, one in enumerate(best.phases) if not _is_there(one)]
        if not missing:
            return replace(best, absent=tuple(absent), twins=tuple(twins), by_background=_by_background(best))
        weakest = min(missing, key=lambda i: (best.phases[i].seen, best.phases[i].weight))
        alike = _alike(best, weakest, options.search)
        if alike is not None:
            first, later = sorted((weakest, alike))
            twins.append((left[later], left[first].name))
            del left[later]
        else:
            absent.append((left[weakest], _why(best.phases[weakest])))
            del left[weakest]
    names = ", ".join(f"{phase.name} ({why})" for phase, why in absent)
    raise DataError(f"{pattern.name}: none of the phases is seen: {names}; check the wavelength and the cells")


def _by_background(best: Fit) -> FloatArray:
    problem, theta = best.problem, best.refined.state.theta
    terms = round(_MORE_SPLINES * problem.background.shape[1])
    other = replace(problem, background=splines(problem.x, terms))
    moved = refine(other, theta, best.bounds, most=_A_FEW).state.theta
    return np.asarray(0.5 * np.abs(moved - theta))


def _is_there(one: PhaseFit) -> bool:
    """A phase is there when it shows more lines than its cell has parameters, or all of its lines."""
    needed = 1 + (0 if one.phase.held else one.free.size)
    return one.seen >= min(needed, one.lines)


def _alike(best: Fit, missing: int, search: float) -> int | None:
    """A phase that is seen, of the symmetry of one that is not and with a cell that this one could have had."""
    one = best.phases[missing].phase
    for other, fitted in enumerate(best.phases):
        same = (fitted.phase.group, fitted.phase.positions, fitted.phase.listed) == (
            one.group,
            one.positions,
            one.listed,
        )
        if other != missing and same and np.all(np.abs(fitted.free - one.start) <= max(search, _SAME) * one.start):
            return other
    return None


def _why(one: PhaseFit) -> str:
    return f"{one.seen} of {one.lines} lines stand out, its cell has {one.free.size} parameters"


def _fit_all(pattern: Pattern, phases: Sequence[Phase], options: Options, found: Found) -> Fit:
    problem, theta, bounds = _set_up(pattern, phases, options, found)
    tried = _descents(problem, theta, bounds, options, found)
    best = min(tried, key=lambda one: one.state.chi_squared)
    if not options.shared_widths and len(phases) > 1:
        problem, bounds, best = _own_widths(problem, bounds, best)
    if options.background_terms is None:
        problem, best = _flexible_enough(problem, bounds, best)
    return _summed_up(problem, best, found, bounds)


def _set_up(
    pattern: Pattern, phases: Sequence[Phase], options: Options, found: Found
) -> tuple[Problem, FloatArray, Bounds]:
    """The problem with shared widths, its starting parameters and their bounds."""
    wavelength = options.radiation[0][0]
    ends = (float(pattern.x[0]), float(pattern.x[-1]))
    lines = model.lines_of(phases, wavelength=wavelength, ends=ends, margin=options.runaway)
    for number, phase in enumerate(phases):
        if not np.any(lines.phase == number):
            raise DataError(
                f"{pattern.name}: {phase.name} has no line between {ends[0]:.4g} and {ends[1]:.4g} deg at "
                f"{wavelength:g} angstrom: wrong wavelength or cell?"
            )
    layout = Layout(tuple(phases), (0,) * len(phases))
    step = float(np.median(np.diff(pattern.x)))
    width = found.typical_width if found.place.size else 6.0 * step
    own = int(np.clip((ends[1] - ends[0]) / (_WIDTHS_A_SPLINE * max(width, step)), *_SPLINES))
    background = splines(pattern.x, options.background_terms or own)
    problem = Problem(pattern.x, pattern.y, pattern.sigma, layout, lines, options.radiation, background, options.shift)
    theta = np.concatenate([*(phase.start for phase in phases), [0.0, 0.0, width**2, _MIXING], [0.0]])
    return problem, theta, _bounds(layout, theta, options, width=width, farthest=ends[1])


def _bounds(layout: Layout, theta: FloatArray, options: Options, *, width: float, farthest: float) -> Bounds:
    free, low, high = np.ones(theta.size, dtype=bool), theta.copy(), theta.copy()
    for phase, cells in zip(layout.phases, layout.cells, strict=True):
        reach = np.where([name in "abc" for name in phase.free], options.runaway * phase.start, 30.0 * options.runaway)
        free[cells] = not phase.held
        low[cells], high[cells] = phase.start - reach, phase.start + reach
    steepest = float(np.tan(np.radians(0.5 * farthest)))
    sets = (layout.widths.stop - layout.widths.start) // 4
    least, most = (NARROWEST * width) ** 2, (WIDEST * width) ** 2
    low[layout.widths] = [0.0, -most, least, 0.0] * sets
    high[layout.widths] = [most / steepest**2, most, most, 1.0] * sets
    free[layout.widths] = [options.widths != "constant", options.widths == "caglioti", True, True] * sets
    low[layout.shift], high[layout.shift] = -_SHIFT_REACH, _SHIFT_REACH
    free[layout.shift] = options.shift != "none"
    return Bounds(free, low, high)


def splines(x: FloatArray, terms: int) -> FloatArray:
    """So many cubic B-splines on even knots over x, (n, terms) but for those that no point of x supports."""
    inner = np.linspace(x[0], x[-1], terms - 2)
    knots = np.concatenate([[x[0]] * 3, inner, [x[-1]] * 3])
    basis = BSpline.design_matrix(x, knots, 3).toarray()
    return np.asarray(basis[:, basis.any(axis=0)])


def _descents(problem: Problem, theta: FloatArray, bounds: Bounds, options: Options, found: Found) -> list[Refined]:
    """Refinements from the most promising starting cells."""
    layout = problem.layout
    cells: list[list[FloatArray]] = [[phase.start for phase in layout.phases]]
    if options.search > 0 and found.place.size:
        wavelength = options.radiation[0][0]
        cells = starts(layout.phases, problem.lines, found, wavelength=wavelength, span=options.search)
    tried: list[Refined] = []
    count = layout.cells[-1].stop
    for start in cells[:MOST_STARTS]:
        begin = theta.copy()
        begin[:count] = np.concatenate(start)
        if any(np.allclose(begin[:count], one.state.theta[:count], rtol=_SAME_START) for one in tried):
            continue  # where a former start ended
        tried.append(staged(problem, begin, bounds))
    return tried


def _own_widths(problem: Problem, bounds: Bounds, best: Refined) -> tuple[Problem, Bounds, Refined]:
    """The same with widths of its own for each phase, where the pattern is then described clearly better."""
    layout = problem.layout
    count = len(layout.phases)
    finer = replace(problem, layout=Layout(layout.phases, tuple(range(count))))
    theta = best.state.theta

    def spread(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.concatenate([values[: layout.widths.start], np.tile(values[layout.widths], count), values[-1:]])

    wider = Bounds(*(spread(each) for each in (bounds.free, bounds.low, bounds.high)))  # type: ignore[arg-type]
    found = refine(finer, np.asarray(spread(theta), dtype=np.float64), wider)
    chi = max(1.0, best.state.chi_squared / problem.x.size)
    extra = int(wider.free.sum() - bounds.free.sum())
    if best.state.chi_squared - found.state.chi_squared > _OWN_WIDTHS_GAIN * extra * chi:
        return finer, wider, found
    return problem, bounds, best


def _flexible_enough(problem: Problem, bounds: Bounds, best: Refined) -> tuple[Problem, Refined]:
    """The same with more splines where the background, and not the noise, is what the model misses."""
    while (terms := round(_MORE_SPLINES * problem.background.shape[1])) <= _SPLINES[1]:
        other = replace(problem, background=splines(problem.x, terms))
        found = refine(other, best.state.theta, bounds)
        if found.state.chi_squared > _CLEARLY_LESS * best.state.chi_squared:
            break
        problem, best = other, found
    return problem, best


def _summed_up(problem: Problem, refined: Refined, found: Found, bounds: Bounds) -> Fit:
    state, layout = refined.state, problem.layout
    quality = _quality(problem, refined, bounds)
    chi_squared = quality.chi**2
    errors = _intensity_errors(refined) * quality.chi
    counts = state.linear.free[: state.alive.size] & state.alive
    with np.errstate(invalid="ignore"):
        significant = counts & (state.intensity > SIGNIFICANT * errors)
    total = float(state.intensity.sum())
    phases = []
    for number, (phase, cells) in enumerate(zip(layout.phases, layout.cells, strict=True)):
        own = problem.lines.phase == number
        share = float(state.intensity[own].sum()) / total if total > 0 else 0.0
        variance = (
            float(np.nansum(errors[own] ** 2)) * (1.0 - share) ** 2 + float(np.nansum(errors[~own] ** 2)) * share**2
        )
        phases.append(
            PhaseFit(
                phase=phase,
                free=state.theta[cells],
                covariance=refined.covariance[cells, cells] * chi_squared,
                runaway=tuple(n for n, at in zip(phase.free, refined.at_bound[cells], strict=True) if at),
                lines=int((own & state.alive).sum()),
                seen=int((own & significant).sum()),
                weight=share,
                weight_error=float(np.sqrt(variance)) / total if total > 0 else None,
            )
        )
    return Fit(problem, refined, quality, tuple(phases), found, errors, bounds)


def _intensity_errors(refined: Refined) -> FloatArray:
    """Standard deviations of the intensities beside each other and the background, (k,)."""
    linear, k = refined.state.linear, refined.state.alive.size
    gram = linear.gram[np.ix_(linear.free, linear.free)]
    scale = np.sqrt(np.diagonal(gram))
    inverse = np.linalg.inv(gram / np.outer(scale, scale) + 1e-9 * np.eye(scale.size))
    errors = np.full(linear.coefficients.size, np.nan)
    errors[linear.free] = np.sqrt(np.diagonal(inverse)) / scale
    return errors[:k]


def _quality(problem: Problem, refined: Refined, bounds: Bounds) -> Quality:
    state = refined.state
    misfit = state.residual * problem.sigma
    background = problem.background @ state.background
    over = problem.y - background
    moving = int((bounds.free & ~refined.at_bound).sum())
    parameters = moving + int(state.linear.free.sum())
    freedom = max(1, problem.x.size - parameters)
    weighted, weighted_over = np.sum((problem.y / problem.sigma) ** 2), np.sum((over / problem.sigma) ** 2)
    return Quality(
        r_p=float(np.abs(misfit).sum() / np.abs(problem.y).sum()),
        r_wp=float(np.sqrt(state.chi_squared / weighted)),
        r_p_background=float(np.abs(misfit).sum() / np.abs(over).sum()),
        r_wp_background=float(np.sqrt(state.chi_squared / weighted_over)),
        r_expected=float(np.sqrt(freedom / weighted)),
        chi=float(np.sqrt(state.chi_squared / freedom)),
        points=problem.x.size,
        parameters=parameters,
        correlated=correlated(state.residual),
    )


def correlated(residual: FloatArray) -> float:
    """How much larger errors are for residuals that go together, at least 1.

    From the sums over runs of one sign, relative to what independent residuals give.
    Source: J.-F. Berar and P. Lelann, J. Appl. Cryst. 24, 1 (1991), normalised here to 1 for white noise.
    """
    if residual.size < 2:
        return 1.0
    starts_at = np.concatenate([[0], np.flatnonzero(np.diff(np.sign(residual)) != 0) + 1])
    sums = np.add.reduceat(residual, starts_at)
    white = 1.0 + 4.0 / np.pi
    return float(np.sqrt(max(1.0, float(sums @ sums) / float(residual @ residual) / white)))


def _twin(best: Fit) -> tuple[int, int] | None:
    """A phase all of whose lines lie under those of an earlier one, and that one."""
    state, problem = best.refined.state, best.problem
    centre, width = state.parts.centre, state.parts.fwhm
    lines = problem.lines.phase[state.parts.line]
    alive = state.alive[state.parts.line] & (state.parts.line == np.arange(state.parts.line.size))
    for later in range(1, len(best.phases)):
        for earlier in range(later):
            one, other = alive & (lines == earlier), alive & (lines == later)
            if not one.any() or not other.any() or one.sum() != other.sum():
                continue
            apart = np.abs(np.sort(centre[one]) - np.sort(centre[other])) / width[other]
            if float(apart.max()) < SAME_PLACE:
                return later, earlier
    return None
