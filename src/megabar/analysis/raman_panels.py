"""What to draw of optical spectra: ruby's lines, the diamond's edge with its slope, Raman lines, pressures by scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.analysis.pressure_conversion import Conversion
from megabar.analysis.raman_edge import Edge
from megabar.analysis.raman_lines import Line
from megabar.analysis.raman_prepare import Spectrum
from megabar.analysis.raman_ruby import Ruby, lines
from megabar.data import Panel, Trace

SHIFT: Final = "Raman shift (cm^-1)"
WAVELENGTH: Final = "Wavelength (nm)"
INTENSITY: Final = "Intensity (counts)"

_LINE: Final = 400
_FINE: Final = 80
_BEYOND_BAND: Final = 1345.0
"""cm^-1, from which on the slope is drawn: the unstressed diamond's line would hide it."""


def ruby_panel(ruby: Ruby, found: Conversion) -> Panel:
    """Readings of the window, both lines and their sum, residuals; R1 as a marker."""
    fit = ruby.fit
    low, high = float(fit.x.min()), float(fit.x.max())
    part = ruby.spectrum.within(low - 0.2 * (high - low), high + 0.2 * (high - low))
    grid = np.linspace(low, high, _LINE)
    alone = {**fit.values, "area_2": 0.0}
    first = found.pressures[0]
    return Panel(
        f"{ruby.spectrum.name}: ruby",
        WAVELENGTH,
        INTENSITY,
        (
            Trace("measured", "data", part.x, part.y),
            Trace("fit", "fit", grid, fit.evaluate(grid)),
            Trace("R1 and background", "guide", grid, lines(grid, **alone)),
            Trace("R1", "marker", np.array([fit.values["centre"]])),
            Trace("residual", "residual", fit.x, fit.residuals),
        ),
        f"R1 at {fit.values['centre']:.2f} nm: {first.pressure:.2f} GPa by {first.scale}.",
    )


def edge_panels(edge: Edge, found: Conversion) -> list[Panel]:
    """The band with its edge, and the slope whose minimum it is."""
    first, x = found.pressures[0], edge.spectrum.x
    beyond = x >= min(_BEYOND_BAND, edge.shift - 3.0 * edge.smoothing)
    at = Trace("edge", "marker", np.array([edge.shift]))
    caption = f"Edge at {edge.shift:.2f} cm^-1: {first.pressure:.1f} GPa by {first.scale}."
    spread = Trace("one standard deviation", "window", edge.shift + np.array([-1.0, 1.0]) * max(edge.error, 1e-3))
    name = edge.spectrum.name
    return [
        Panel(f"{name}: diamond", SHIFT, INTENSITY, (Trace("measured", "data", x, edge.spectrum.y), at), caption),
        Panel(
            f"{name}: slope",
            SHIFT,
            "Slope of the intensity (counts cm)",
            (Trace("slope", "fit", x[beyond], edge.slope[beyond]), at, spread),
            f"Slope over {edge.smoothing:.3g} cm^-1; the edge is its last deep minimum.",
        ),
    ]


def lines_panel(spectrum: Spectrum, found: Sequence[Line]) -> Panel:
    """The whole spectrum with the fits of its lines, their names, and what was left out."""
    traces = [Trace("measured", "data", spectrum.x, spectrum.y)]
    if found:
        grids = [np.linspace(float(one.fit.x.min()), float(one.fit.x.max()), _FINE) for one in found]
        curves = [one.fit.evaluate(grid) for one, grid in zip(found, grids, strict=True)]
        # A gap between two fits, so that no line joins them.
        x, y = (np.concatenate([np.append(part, np.nan) for part in parts]) for parts in (grids, curves))
        traces.append(Trace("fits", "fit", x, y))
    named = [one for one in found if one.name]
    traces += [Trace(f"{one.name}, {one.centre:.1f}", "marker", np.array([one.centre])) for one in named]
    if spectrum.spikes.size:
        traces.append(Trace("cosmic rays, left out", "outlier", spectrum.spikes, spectrum.spiked))
    axis = SHIFT if spectrum.axis == "raman_shift" else WAVELENGTH
    return Panel(f"{spectrum.name}: lines", axis, INTENSITY, tuple(traces), f"{len(found)} lines found.")


def pressures_panel(found: Sequence[tuple[str, Conversion]], gauge: str) -> Panel:
    """The pressures of several spectra by every scale."""
    scales = [one.scale for one in found[0][1].pressures]
    number = np.arange(1.0, len(found) + 1.0)
    traces = []
    for scale in scales:
        rows = [next(one for one in conversion.pressures if one.scale == scale) for _, conversion in found]
        if not all(one.trusted for one in rows):
            continue
        errors = [one.error for one in rows]
        bars = None if any(error is None for error in errors) else np.array(errors, dtype=np.float64)
        traces.append(Trace(scale, "data", number, np.array([one.pressure for one in rows]), y_error=bars))
    caption = "Scales that were calibrated at all of these pressures."
    return Panel(f"pressures by {gauge}", "Spectrum, in the order given", "Pressure (GPa)", tuple(traces), caption)
