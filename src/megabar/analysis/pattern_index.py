"""Which line belongs to which phase, what is left over, and the cell that the places of single lines give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.lebail_model import Phase
from megabar.analysis.pattern_fit import Fit
from megabar.analysis.pattern_lines import Line
from megabar.physics import crystal

FloatArray = NDArray[np.float64]

NEAR: Final = 0.7
"""A line belongs to a reflection that lies within this share of their width."""

_STEP: Final = 1e-5
_ITERATIONS: Final = 4


@dataclass(frozen=True, eq=False)
class Indexed:
    """owner: for every line the index of the nearest reflection of the fit that is seen, -1 for none."""

    lines: tuple[Line, ...]
    owner: NDArray[np.intp]

    @property
    def foreign(self) -> tuple[Line, ...]:
        """The lines that no phase explains."""
        return tuple(line for line, owner in zip(self.lines, self.owner, strict=True) if owner < 0)


@dataclass(frozen=True, eq=False)
class LineCell:
    """The free parameters of a cell by the places of `count` single lines; errors scaled by their misfit, or None."""

    free: FloatArray
    errors: FloatArray | None
    count: int


def indexed(lines: Sequence[Line], fit: Fit) -> Indexed:
    """Every line with the reflection that explains it; each wavelength of the radiation counts."""
    parts = fit.refined.state.parts
    known = np.isfinite(parts.centre)
    centre, fwhm, line = parts.centre[known], parts.fwhm[known], parts.line[known]
    owner = np.full(len(lines), -1, dtype=np.intp)
    for number, one in enumerate(lines):
        nearest = int(np.argmin(np.abs(centre - one.centre)))
        if abs(centre[nearest] - one.centre) < NEAR * max(fwhm[nearest], one.fwhm):
            owner[number] = line[nearest]
    return Indexed(tuple(lines), owner)


def cell_by_lines(number: int, found: Indexed, fit: Fit) -> LineCell | None:
    """The cell of a phase from lines that are its alone, by least squares on 2 theta; None for too few of them.

    Only reflections that no reflection of another phase overlaps and that explain one line count.
    """
    problem = fit.problem
    phase, wavelength = problem.layout.phases[number], problem.radiation[0][0]
    rows = [i for i in range(len(found.lines)) if _is_alone(i, number, found, fit)]
    good = [i for i in rows if found.lines[i].centre_error is not None]
    free = phase.start.size
    # The two lines of a doublet overlap at low angles and part at high ones: their common place is no angle of either.
    if phase.held or len(good) <= free or len(problem.radiation) > 1:
        return None
    hkl = problem.lines.hkl[found.owner[good]]
    place = np.array([found.lines[i].centre for i in good])
    error = np.array([found.lines[i].centre_error for i in good], dtype=np.float64)
    here = fit.phases[number].free.copy()
    for _ in range(_ITERATIONS):
        value, slope = _angles(phase, hkl, here, wavelength)
        weighted = slope / error[:, None]
        step, *_ = np.linalg.lstsq(weighted, (place - value) / error, rcond=None)
        here = here + step
    value, slope = _angles(phase, hkl, here, wavelength)
    normal = (slope / error[:, None]).T @ (slope / error[:, None])
    if not np.all(np.isfinite(normal)) or np.linalg.cond(normal) > 1e14:
        return None
    misfit = float(np.sum(((place - value) / error) ** 2)) / (len(good) - free)
    return LineCell(here, np.sqrt(np.diagonal(np.linalg.inv(normal)) * max(1.0, misfit)), len(good))


def _is_alone(row: int, number: int, found: Indexed, fit: Fit) -> bool:
    owner = found.owner[row]
    if owner < 0 or fit.problem.lines.phase[owner] != number or int(np.sum(found.owner == owner)) != 1:
        return False
    state = fit.refined.state
    first = state.parts.line == np.arange(state.parts.line.size)
    centre, fwhm = state.parts.centre[first], state.parts.fwhm[first]
    others = np.flatnonzero(state.alive & (state.intensity > 0) & (np.arange(centre.size) != owner))
    return bool(np.all(np.abs(centre[others] - centre[owner]) > fwhm[owner]))


def _angles(phase: Phase, hkl: NDArray[np.intp], free: FloatArray, wavelength: float) -> tuple[FloatArray, FloatArray]:
    steps = np.diag(free) * _STEP
    stack = phase.whole(np.concatenate([free[None], free + steps, free - steps]))
    angles = crystal.two_theta(crystal.inverse_spacing_squared(hkl, stack) ** -0.5, wavelength=wavelength)
    n = free.size
    return angles[0], ((angles[1 : 1 + n] - angles[1 + n :]) / (2.0 * _STEP * free)[:, None]).T
