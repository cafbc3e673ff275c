"""What to draw of volumes against pressure: the laws with their residuals, strain against stress, compositions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.analysis.volumes_content import Content
from megabar.analysis.volumes_fit import Fitted
from megabar.data import Panel, Trace
from megabar.fitting.intervals import band

VOLUME: Final = "Volume (angstrom^3)"
PRESSURE: Final = "Pressure (GPa)"

_LINE: Final = 200
_BEYOND: Final = 0.01


def law_panel(fitted: Fitted, title: str) -> Panel:
    """Pressures against volume with all laws, the 95 % band of the chosen one and its residuals."""
    data, best = fitted.data, fitted.best
    span = float(np.ptp(data.volume))
    low = float(data.volume.min()) - _BEYOND * span
    high = float(data.volume.max()) + _BEYOND * span
    grid = np.linspace(low, high, _LINE)
    measured = Trace(
        "measured", "data", data.volume, data.pressure, x_error=data.volume_error, y_error=data.pressure_error
    )
    traces = [measured]
    found = band(best, grid)
    if found is not None:
        traces.append(Trace("95 % of the curve", "band", grid, low=found[0], high=found[1]))
    traces.append(Trace(fitted.chosen, "fit", grid, best.evaluate(grid)))
    traces += [
        Trace(name, "guide", grid, fit.evaluate(grid)) for name, fit in fitted.fits.items() if name != fitted.chosen
    ]
    traces.append(
        Trace("residual", "residual", data.volume, data.pressure - best.evaluate(data.volume), y_error=best.sigma)
    )
    scale = f" Pressures by {data.scale}." if data.scale else ""
    return Panel(title, VOLUME, PRESSURE, tuple(traces), f"{fitted.chosen} through the points.{scale}")


def strain_panel(fitted: Fitted, title: str) -> Panel | None:
    """Normalised pressure against Eulerian strain: level for the second order, a slope for K0' other than 4."""
    data, best = fitted.data, fitted.best
    v0 = best.values["volume_zero"]
    f = 0.5 * (np.cbrt(v0 / data.volume) ** 2 - 1.0)
    good = f > 0.005
    if int(np.sum(good)) < 3:
        return None
    factor = 1.0 / (3.0 * f[good] * (1.0 + 2.0 * f[good]) ** 2.5)
    errors = None if best.sigma is None else best.sigma[good] * factor
    grid = np.linspace(float(f[good].min()), float(f[good].max()), _LINE)
    volume = v0 / (1.0 + 2.0 * grid) ** 1.5
    line = best.evaluate(volume) / (3.0 * grid * (1.0 + 2.0 * grid) ** 2.5)
    return Panel(
        title,
        "Eulerian strain",
        "Normalised pressure (GPa)",
        (
            Trace("measured", "data", f[good], data.pressure[good] * factor, y_error=errors),
            Trace(fitted.chosen, "fit", grid, line),
        ),
        f"Strain from the fitted volume at zero pressure, {v0:.4g} angstrom^3; a slope means that K0' is not 4.",
    )


def content_panel(contents: Sequence[Content], title: str, label: str) -> Panel:
    """A composition against pressure by every convention."""
    traces = []
    for one in contents:
        order = np.argsort(one.pressure)
        errors = None if one.errors is None else one.errors[order]
        traces.append(Trace(one.convention, "data", one.pressure[order], one.values[order], y_error=errors))
    return Panel(title, PRESSURE, label, tuple(traces), "The spread between the conventions is part of the answer.")
