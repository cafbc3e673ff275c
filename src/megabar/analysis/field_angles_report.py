"""What fields against the angle say: estimates, a figure and a headline."""

from __future__ import annotations

from typing import Final

import numpy as np

from megabar.analysis.field_angles import Angular, anisotropy
from megabar.analysis.field_fit import REFUTED
from megabar.analysis.headline import rounded
from megabar.analysis.resistance_panels import titled
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Panel, Status, Trace
from megabar.fitting.least_squares import Fit

_LINES: Final = 361
_WORDS: Final = {
    "field_parallel": ("upper_critical_field_along", "T"),
    "field_across": ("upper_critical_field_across", "T"),
    "angle_of_largest_field": ("angle_of_largest_field", "deg"),
}


def angle_estimates(found: Angular, sheet: Sheet) -> list[Estimate]:
    """Of the law that AICc supports; the anisotropy by the other one too, half their distance as its spread unless AICc
    refutes one."""
    here = sheet.under(criterion=found.criterion, at=f"{found.temperature:.4g} K")
    best = found.fits[found.chosen]
    gammas = {name: anisotropy(one) for name, one in found.fits.items()}
    believed = [d is not None and d < REFUTED for d in found.selection.delta]
    values = [value for (value, _), kept in zip(gammas.values(), believed, strict=True) if kept]
    spread = {"model": 0.5 * (max(values) - min(values))} if len(values) > 1 else {}
    gamma, error = gammas[found.chosen]
    remark = f"{found.angle.size} angles, {found.angle[0]:.4g} to {found.angle[-1]:.4g} deg"
    estimates = [
        here.note("anisotropy_parameter", gamma, "1", found.chosen, error=error, systematic=spread, remark=remark),
        *(_parameter(best, found.chosen, key, here) for key in _WORDS),
    ]
    for name, (value, its_error) in gammas.items():
        if name != found.chosen:
            estimates.append(here.under(model=name).note("anisotropy_parameter", value, "1", name, error=its_error))
    return estimates


def _parameter(found: Fit, law: str, key: str, sheet: Sheet) -> Estimate:
    quantity, unit = _WORDS[key]
    if key in found.on_bound:
        return sheet.note(quantity, None, unit, law, status=Status.ON_BOUND)
    if key in found.undetermined:
        return sheet.note(quantity, None, unit, law, status=Status.UNDETERMINED)
    return sheet.note(quantity, found.values[key], unit, law, error=found.errors[key])


def angle_panel(found: Angular, curve: str = "") -> Panel:
    """Points, the law that AICc supports with its residuals, the other as a guide."""
    best = found.fits[found.chosen]
    margin = 0.05 * float(np.ptp(found.angle))
    grid = np.linspace(found.angle[0] - margin, found.angle[-1] + margin, _LINES)
    error = found.error if np.all(np.isfinite(found.error)) and found.error.any() else None
    traces = [
        Trace("measured", "data", found.angle, found.field, y_error=error),
        Trace(found.chosen, "fit", grid, best.evaluate(grid)),
        *(Trace(name, "guide", grid, one.evaluate(grid)) for name, one in found.fits.items() if name != found.chosen),
        Trace("residual", "residual", found.angle, best.residuals, y_error=error),
    ]
    gamma, its_error = anisotropy(best)
    plus = "" if its_error is None else f" +- {its_error:.2g}"
    caption = f"Anisotropy {rounded(gamma, its_error)}{plus} by {found.chosen}."
    title = titled(curve, f"field against angle by {found.criterion}, {found.temperature:.4g} K")
    return Panel(title, "Angle (deg)", "Field (T)", tuple(traces), caption)


def angle_words(found: Angular) -> str:
    """The anisotropy and the law, in a headline."""
    gamma, error = anisotropy(found.fits[found.chosen])
    return (
        f"anisotropy {rounded(gamma, error)} at {found.temperature:.4g} K by {found.criterion} and {found.chosen} "
        f"({found.angle.size} angles)"
    )
