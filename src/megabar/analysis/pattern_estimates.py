"""What a fitted pattern says, as estimates: cells, volumes, weights of the phases, agreement, lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.lebail_model import Phase
from megabar.analysis.pattern_fit import Fit, PhaseFit
from megabar.analysis.pattern_index import LineCell
from megabar.analysis.pattern_lines import Line
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Status
from megabar.physics import crystal

FloatArray = NDArray[np.float64]

LE_BAIL: Final = "Le Bail refinement"
BY_LINES: Final = "places of single lines"
_STEP: Final = 1e-5
_SEEN: Final = re.compile(r"(\d+) of (\d+) lines seen")


def phase_estimates(
    one: PhaseFit, fit: Fit, by_lines: LineCell | None, sheet: Sheet, *, relative: float | None
) -> list[Estimate]:
    """Cell, volumes and weight of a phase. relative: standard deviation of the wavelength over itself."""
    if one.runaway:
        # With one parameter at the end of its range the others are no cell either.
        at = ", ".join(f"{n} = {v:.4g}" for n, v in zip(one.phase.free, one.free, strict=True))
        why = f"runs away: {', '.join(one.runaway)} at the end of the range ({at})"
        return absent_estimates(one.phase, why, sheet, status=Status.ON_BOUND)
    here = sheet.under(phase=one.phase.name)
    remark = f"{one.seen} of {one.lines} lines seen"
    estimates = []
    moves = _moves(one, fit)
    for name, value, error, moved in zip(one.phase.free, one.free, one.errors, moves, strict=True):
        length = name in "abc"
        spread = _spread(float(error), float(value) if length else None, fit, relative) | {"background": float(moved)}
        rest: dict[str, Any] = _known(float(error), one) | {"systematic": spread, "remark": remark}
        estimates.append(here.note(f"cell_{name}", float(value), "angstrom" if length else "deg", LE_BAIL, **rest))
    volume, slope = volume_of(one.phase, one.free)
    error = float(np.sqrt(slope @ one.covariance @ slope))
    known = {"error": error if error > 0 else None, "remark": remark}
    spread = _spread(error, None if relative is None else 3.0 * volume, fit, relative)
    spread["background"] = float(np.abs(slope) @ moves)
    estimates.append(here.note("cell_volume", volume, "angstrom^3", LE_BAIL, systematic=spread, **known))
    if one.phase.units is not None:
        z = one.phase.units
        known["error"] = None if known["error"] is None else error / z
        spread = {key: part / z for key, part in spread.items()}
        method = f"{LE_BAIL}, {z:g} formula units in the cell"
        estimates.append(here.note("volume_per_formula", volume / z, "angstrom^3", method, systematic=spread, **known))
    method = "share of the intensity of all phases"
    estimates.append(here.note("phase_weight", one.weight, "1", method, error=one.weight_error))
    if by_lines is not None:
        estimates += _line_cell(one.phase, by_lines, here)
    return estimates


def lines_seen(estimate: Estimate) -> float | None:
    """Share of a phase's lines that were seen, as the remark of its cell tells; None where it does not."""
    match = _SEEN.search(estimate.remark)
    return int(match[1]) / int(match[2]) if match and int(match[2]) else None


def _moves(one: PhaseFit, fit: Fit) -> FloatArray:
    """Half of what a more flexible background moves the free parameters by; zero where it was not tried."""
    number = [phase is one for phase in fit.phases].index(True)
    if fit.by_background is None:
        return np.zeros(one.free.size)
    return fit.by_background[fit.problem.layout.cells[number]]


def _known(error: float, one: PhaseFit) -> dict[str, Any]:
    if one.phase.held:
        return {"error": None}
    return {"error": error if np.isfinite(error) else None}


def _spread(error: float, scale: float | None, fit: Fit, relative: float | None) -> dict[str, float]:
    """What the wavelength and residuals that go together may add to an error."""
    spread = {}
    if relative is not None and scale is not None:
        spread["wavelength"] = relative * scale
    factor = fit.quality.correlated
    if np.isfinite(error) and error > 0 and factor > 1.1:
        spread["correlated residuals"] = float(error * np.sqrt(factor**2 - 1.0))
    return spread


def _line_cell(phase: Phase, found: LineCell, sheet: Sheet) -> list[Estimate]:
    here = sheet.under(by="lines")
    method = f"{BY_LINES} ({found.count})"
    errors = [None] * found.free.size if found.errors is None else [float(e) for e in found.errors]
    return [
        here.note(f"cell_{name}", float(value), "angstrom" if name in "abc" else "deg", method, error=error)
        for name, value, error in zip(phase.free, found.free, errors, strict=True)
    ]


def volume_of(phase: Phase, free: FloatArray) -> tuple[float, FloatArray]:
    """The volume of the cell (angstrom^3) and its derivatives by the free parameters."""
    steps = np.diag(free) * _STEP
    stack = phase.whole(np.concatenate([free[None], free + steps, free - steps]))
    volumes = np.sqrt(np.linalg.det(crystal.metric(stack)))
    n = free.size
    return float(volumes[0]), (volumes[1 : 1 + n] - volumes[1 + n :]) / (2.0 * _STEP * free)


def absent_estimates(phase: Phase, why: str, sheet: Sheet, status: Status = Status.NOT_FOUND) -> list[Estimate]:
    """A phase that is not seen has no cell."""
    here = sheet.under(phase=phase.name)
    estimates = [
        here.note(f"cell_{name}", None, "angstrom" if name in "abc" else "deg", LE_BAIL, status=status, remark=why)
        for name in phase.free
    ]
    estimates.append(here.note("cell_volume", None, "angstrom^3", LE_BAIL, status=status, remark=why))
    if phase.units is not None:
        estimates.append(here.note("volume_per_formula", None, "angstrom^3", LE_BAIL, status=status, remark=why))
    return estimates


def quality_estimates(fit: Fit, sheet: Sheet) -> list[Estimate]:
    """R values and the goodness of fit; those without the background are higher and depend less on it."""
    q = fit.quality
    with_it = "sum of |observed - calculated| over the sum of the observed"
    rows: tuple[tuple[str, float, str, dict[str, str]], ...] = (
        ("r_p", q.r_p, with_it, {}),
        ("r_wp", q.r_wp, "weighted by the errors of the data", {}),
        ("r_p", q.r_p_background, f"{with_it}, background subtracted", {"background": "subtracted"}),
        ("r_wp", q.r_wp_background, "weighted, background subtracted", {"background": "subtracted"}),
        ("r_expected", q.r_expected, "weighted, from the errors of the data alone", {}),
        ("goodness_of_fit", q.chi, "R_wp over the expected one; errors of cells are scaled by it", {}),
    )
    return [sheet.note(name, value, "1", method, labels=labels) for name, value, method, labels in rows]


def line_estimates(lines: Sequence[Line], sheet: Sheet, wavelength: float) -> list[Estimate]:
    """Spacings of single lines, by their angle."""
    estimates = []
    for line in lines:
        d = float(crystal.spacing(line.centre, wavelength=wavelength))
        slope = 0.5 * d / np.tan(np.radians(0.5 * line.centre)) * np.radians(1.0)
        error = None if line.centre_error is None else float(line.centre_error * slope)
        here = sheet.under(line=f"{line.centre:.3f} deg")
        remark = f"stands out by {line.significance:.3g} standard deviations"
        estimates.append(here.note("line_spacing", d, "angstrom", "pseudo-Voigt fit", error=error, remark=remark))
    return estimates
