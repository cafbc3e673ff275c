"""What to draw of critical fields: the transition line with every model down to T = 0, and widths against field."""

from __future__ import annotations

from typing import Final

import numpy as np

from megabar.analysis.field_broadening import Broadening
from megabar.analysis.field_fit import LineFit
from megabar.analysis.field_models import NAMES
from megabar.analysis.field_points import Widths
from megabar.analysis.resistance_panels import titled
from megabar.data import Panel, Trace

_LINES: Final = 300


def line_panel(found: LineFit, curve: str = "") -> Panel:
    """Points, the model that AICc supports with its residuals, the others as guides."""
    line = found.line
    best = found.fits[found.chosen].fit
    grid = np.linspace(0.0, best.values["critical_temperature"], _LINES)
    field_error, temperature_error = (
        None if np.isnan(e).any() or not e.any() else e for e in (line.field_error, line.temperature_error)
    )
    traces = [
        Trace("measured", "data", line.temperature, line.field, x_error=temperature_error, y_error=field_error),
        Trace(NAMES[found.chosen], "fit", grid, best.evaluate(grid)),
    ]
    for name, other in found.fits.items():
        if name != found.chosen:
            x = np.linspace(0.0, other.fit.values["critical_temperature"], _LINES)
            traces.append(Trace(NAMES[name], "guide", x, other.fit.evaluate(x)))
    traces.append(Trace("residual", "residual", line.temperature, line.field - best.evaluate(line.temperature)))
    between = "" if found.spread is None else f"; models differ by +-{found.spread:.2g} T at T = 0"
    caption = f"Measured down to t = {found.coldest:.3g}{between}."
    return Panel(
        titled(curve, f"upper critical field by {line.criterion}"),
        "Temperature (K)",
        "Field (T)",
        tuple(traces),
        caption,
    )


def broadening_panel(widths: Widths, found: Broadening, curve: str = "") -> Panel:
    """Widths against field with the law of exponent 2/3 and the free exponent."""
    grid = np.linspace(0.0, float(widths.field.max()), _LINES)
    error = None if np.isnan(widths.error).any() else widths.error
    traces = [
        Trace("measured", "data", widths.field, widths.width, y_error=error),
        Trace("exponent 2/3", "fit", grid, found.law.evaluate(grid)),
    ]
    if found.free is not None and found.exponent is not None:
        traces.append(Trace(f"exponent {found.exponent:.2g}", "guide", grid, found.free.evaluate(grid)))
    traces.append(Trace("residual", "residual", widths.field, widths.width - found.law.evaluate(widths.field)))
    caption = f"{found.words[0].upper()}{found.words[1:]}."
    return Panel(
        titled(curve, "width of the transition against field"),
        "Field (T)",
        "Width 90 % to 10 % (K)",
        tuple(traces),
        caption,
    )
