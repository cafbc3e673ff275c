"""The model of a powder pattern: lines of all phases at the places of their cells, on a background of splines.

The pattern is linear in the intensities and the background and not so in all else (`Layout`), so that only the
latter are iterated on. Angles and widths in degrees of 2 theta, cells in angstrom and degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.physics import crystal
from megabar.physics.profile import LN2

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
Shift = Literal["none", "zero", "displacement"]

REACH: Final = 20.0
"""Lines are computed out to so many of their widths or up to twice that: a Lorentzian has fallen below 0.06 % there."""

_LEAST_SHARE: Final = 0.05
"""A line with less of its area than this inside the pattern has no intensity of its own."""

_STEP: Final = 1e-6
_LEAST_SQUARE: Final = 1e-10
_GAUSS: Final = 2.0 * float(np.sqrt(LN2 / np.pi))


@dataclass(frozen=True)
class Phase:
    """A phase to look for: its whole starting cell, space group, formula units in the cell (None: unknown).

    `positions`: see `crystal.reflections`. `held`: the cell is not refined. `listed`: the only lines to look for, by
    hkl, where a card lists them; empty for all that the space group allows.
    """

    name: str
    cell: tuple[float, ...]
    group: str | int
    units: float | None = None
    positions: tuple[tuple[float, ...], ...] = ()
    held: bool = False
    listed: tuple[tuple[int, ...], ...] = ()

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names of the refined cell parameters."""
        return crystal.free_parameters(self.group)

    @cached_property
    def start(self) -> FloatArray:
        """The free parameters at the start."""
        return np.array([self.cell[crystal.CELL_NAMES.index(name)] for name in self.free])

    @cached_property
    def constraints(self) -> tuple[FloatArray, FloatArray]:
        """See `crystal.constraints`."""
        return crystal.constraints(self.group)

    def whole(self, free: FloatArray) -> FloatArray:
        """The six parameters of cells with these free ones, (..., n) -> (..., 6)."""
        matrix, fixed = self.constraints
        return free @ matrix.T + fixed


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of all phases: hkl (k, 3), their phase (k,), and how many families stand behind each, (k,)."""

    hkl: IntArray
    phase: IntArray
    families: IntArray


def lines_of(phases: Sequence[Phase], *, wavelength: float, ends: tuple[float, float], margin: float) -> Lines:
    """The lines that can lie within `ends` for cells up to the share `margin` larger or smaller than at the start.

    Families that coincide in any cell of the crystal system (511 and 333) are one line.
    """
    hkl, phase, families = [], [], []
    for number, one in enumerate(phases):
        own = _distinct(one, wavelength, ends, 1.0 + margin)
        hkl.append(own[0])
        families.append(own[1])
        phase.append(np.full(len(own[0]), number))
    return Lines(np.concatenate(hkl), np.concatenate(phase), np.concatenate(families))


def _distinct(phase: Phase, wavelength: float, ends: tuple[float, float], stretch: float) -> tuple[IntArray, IntArray]:
    largest = np.array(phase.cell) * np.array([stretch] * 3 + [1.0] * 3)
    found = crystal.reflections(
        tuple(largest), phase.group, wavelength=wavelength, two_theta_max=ends[1], positions=phase.positions
    )
    hkl, d = found.hkl, found.d
    if phase.listed:
        hkl = np.array(phase.listed, dtype=np.intp)
        d = crystal.inverse_spacing_squared(hkl, largest) ** -0.5
        inside = d >= float(crystal.spacing(ends[1], wavelength=wavelength))
        hkl, d = hkl[inside], d[inside]
    if not d.size:
        return np.zeros((0, 3), dtype=np.intp), np.zeros(0, dtype=np.intp)
    odd = phase.start * (1.0 + 0.01 * np.sqrt(np.arange(2.0, 2.0 + phase.start.size)))
    keys = np.stack([d, crystal.inverse_spacing_squared(hkl, phase.whole(odd))], axis=1)
    _, first, counts = np.unique(np.round(keys, 7), axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    return hkl[first[order]], counts[order]


@dataclass(frozen=True, eq=False)
class Layout:
    """Which place of the parameter vector holds what; `group` is the set of widths that each phase takes."""

    phases: tuple[Phase, ...]
    group: tuple[int, ...]

    @cached_property
    def cells(self) -> tuple[slice, ...]:
        """Places of the free cell parameters of each phase."""
        stops = np.cumsum([0, *(phase.start.size for phase in self.phases)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(stops))

    @property
    def widths(self) -> slice:
        """Places of U, V, W and the mixing of every set, four each."""
        first = self.cells[-1].stop
        return slice(first, first + 4 * (1 + max(self.group)))

    @property
    def shift(self) -> int:
        """Place of the shift of the zero or of the sample (degrees)."""
        return int(self.widths.stop)

    @property
    def size(self) -> int:
        return self.shift + 1

    def shapes(self, theta: FloatArray) -> FloatArray:
        """U, V, W and mixing of each phase, (phases, 4)."""
        return theta[self.widths].reshape(-1, 4)[list(self.group)]


@dataclass(frozen=True, eq=False)
class Problem:
    """A pattern and what is fitted to it.

    x, y, sigma: 2 theta in degrees, ascending, intensities and their standard deviations, (n,).
    radiation: wavelengths in angstrom with their weights. background: basis functions, (n, m).
    """

    x: FloatArray
    y: FloatArray
    sigma: FloatArray
    layout: Layout
    lines: Lines
    radiation: tuple[tuple[float, float], ...]
    background: FloatArray
    shift: Shift = "none"


@dataclass(frozen=True, eq=False)
class Components:
    """Every line at every wavelength: its line, weight, centre, width, mixing; and how centre and width move.

    by_cell: d centre/d (free cell parameter), (j, most parameters of a phase); by_shift: d centre/d shift;
    tangent: tan theta; fwhm_by_centre: d fwhm/d centre.
    """

    line: IntArray
    phase: IntArray
    weight: FloatArray
    centre: FloatArray
    fwhm: FloatArray
    mixing: FloatArray
    tangent: FloatArray
    by_cell: FloatArray
    by_shift: FloatArray
    fwhm_by_centre: FloatArray


@dataclass(frozen=True, eq=False)
class Shapes:
    """Components on the points near them, flat: row of the pattern, component, profile and its derivatives."""

    row: IntArray
    component: IntArray
    profile: FloatArray
    by_centre: FloatArray
    by_fwhm: FloatArray
    by_mixing: FloatArray


def squares(problem: Problem, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """1/d^2 of every line, (k,), and its derivatives by the free parameters of its own phase, (k, most)."""
    layout, lines = problem.layout, problem.lines
    most = max(phase.start.size for phase in layout.phases)
    value, slope = np.empty(len(lines.phase)), np.zeros((len(lines.phase), most))
    for number, phase in enumerate(layout.phases):
        own = lines.phase == number
        free = theta[layout.cells[number]]
        steps = np.diag(free) * _STEP
        stack = np.concatenate([free[None], free + steps, free - steps])
        q = crystal.inverse_spacing_squared(lines.hkl[own], phase.whole(stack))
        value[own] = q[0]
        slope[own, : free.size] = ((q[1 : 1 + free.size] - q[1 + free.size :]) / (2.0 * _STEP * free)[:, None]).T
    return value, slope


def components(problem: Problem, theta: FloatArray) -> Components:
    """All lines at all wavelengths for these parameters; beyond back scattering the centre is NaN."""
    q, slope = squares(problem, theta)
    layout = problem.layout
    line = np.tile(np.arange(q.size), len(problem.radiation))
    phase = problem.lines.phase[line]
    wavelength, weight = np.repeat(np.array(problem.radiation), q.size, axis=0).T
    u, v, w, mixing = layout.shapes(theta)[phase].T
    sine = 0.5 * wavelength * np.sqrt(q[line])
    with np.errstate(invalid="ignore"):
        bragg = np.where(sine < 1.0, 2.0 * np.degrees(np.arcsin(np.minimum(sine, 1.0))), np.nan)
        rise = np.degrees(0.5 * wavelength / np.sqrt(q[line])) / np.sqrt(np.where(sine < 1.0, 1.0 - sine**2, np.nan))
    tangent = np.tan(np.radians(0.5 * bragg))
    fwhm = np.sqrt(np.maximum(u * tangent**2 + v * tangent + w, _LEAST_SQUARE))
    cosine = np.cos(np.radians(0.5 * bragg))
    by_shift = -cosine if problem.shift == "displacement" else np.ones_like(bragg)
    return Components(
        line=line,
        phase=phase,
        weight=weight,
        centre=bragg + theta[layout.shift] * by_shift,
        fwhm=fwhm,
        mixing=mixing,
        tangent=tangent,
        by_cell=rise[:, None] * slope[line],
        by_shift=by_shift,
        fwhm_by_centre=(2.0 * u * tangent + v) * np.radians(0.5) * (1.0 + tangent**2) / (2.0 * fwhm),
    )


def shapes(problem: Problem, parts: Components) -> Shapes:
    """Profiles of all components out to `REACH` widths, with derivatives by centre, width and mixing."""
    # In coarse steps, so that the points of a line are the same ones while its width is refined.
    reach = REACH * 2.0 ** np.ceil(np.log2(parts.fwhm))
    known = np.isfinite(parts.centre)
    centre = np.where(known, parts.centre, 0.0)
    low = np.searchsorted(problem.x, centre - reach)
    count = np.where(known, np.searchsorted(problem.x, centre + reach) - low, 0)
    component = np.repeat(np.arange(centre.size), count)
    row = np.arange(component.size) - np.repeat(np.cumsum(count) - count - low, count)
    h, eta, weight = parts.fwhm[component], parts.mixing[component], parts.weight[component]
    t = (problem.x[row] - centre[component]) / h
    square = t * t
    gauss = weight * _GAUSS / h * np.exp(-4.0 * LN2 * square)
    bell = 1.0 / (1.0 + 4.0 * square)
    lorentz = weight * 2.0 / np.pi / h * bell
    one, other = eta * lorentz, (1.0 - eta) * gauss
    return Shapes(
        row,
        component,
        one + other,
        8.0 * t / h * (one * bell + LN2 * other),
        (8.0 * square * (one * bell + LN2 * other) - one - other) / h,
        lorentz - gauss,
    )


def design(problem: Problem, parts: Components, made: Shapes) -> FloatArray:
    """The profile of unit intensity of every line, (n, k)."""
    k, n = problem.lines.phase.size, problem.x.size
    flat = np.bincount(made.row * k + parts.line[made.component], weights=made.profile, minlength=n * k)
    return np.asarray(flat.reshape(n, k), dtype=np.float64)


def supported(problem: Problem, matrix: FloatArray) -> BoolArray:
    """Which lines have enough of their area inside the pattern (and outside what is excluded), (k,)."""
    gaps = np.diff(problem.x)
    step = np.minimum(np.gradient(problem.x), 2.0 * float(np.median(gaps)))
    return np.asarray(step @ matrix > _LEAST_SHARE)


def jacobian(problem: Problem, parts: Components, made: Shapes, intensity: FloatArray) -> FloatArray:
    """d pattern/d parameters at fixed intensities, (n, p)."""
    layout, n = problem.layout, problem.x.size
    found = np.zeros((n, layout.size))
    scale = intensity[parts.line][made.component]
    width = scale * made.by_fwhm
    centre = scale * made.by_centre + width * parts.fwhm_by_centre[made.component]  # the width goes along
    phase = parts.phase[made.component]
    for number, cells in enumerate(layout.cells):
        own = phase == number
        row, at = made.row[own], made.component[own]
        for place, parameter in enumerate(range(cells.start, cells.stop)):
            found[:, parameter] = np.bincount(row, centre[own] * parts.by_cell[at, place], minlength=n)
    tangent, half = parts.tangent[made.component], 0.5 / parts.fwhm[made.component]
    group = np.array(layout.group)[phase]
    columns = (width * half * tangent**2, width * half * tangent, width * half, scale * made.by_mixing)
    for number in range(1 + max(layout.group)):
        own = group == number
        for place, column in enumerate(columns):
            index = layout.widths.start + 4 * number + place
            found[:, index] = np.bincount(made.row[own], column[own], minlength=n)
    moved = scale * made.by_centre * parts.by_shift[made.component]
    found[:, layout.shift] = np.bincount(made.row, moved, minlength=n)
    return found
