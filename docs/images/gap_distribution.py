"""Draws gap-distribution.png, spectra of many gaps fitted with one, for docs/spectra.md.

python docs/images/gap_distribution.py
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_fit import Choice, fit_spectrum
from megabar.analysis.spectrum_shape import Spectrum
from megabar.data import Panel, Result, Trace
from megabar.physics import btk

FloatArray = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
PIXELS = 1400

MEAN, BARRIER, TEMPERATURE = 2.0, 0.5, 2.0
"""meV, 1, K."""
BIAS = np.linspace(-8.0, 8.0, 81)
LINE = np.linspace(-8.0, 8.0, 401)
WIDTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Standard deviations of the gaps, meV."""
SHOWN = (0.1, 0.4, 0.8)
LIFT = 0.25


@dataclass(frozen=True)
class Apparent:
    """The curve of a distribution of gaps and what a fit with one gap makes of it; meV."""

    width: float
    conductance: FloatArray
    gap: float
    broadening: float
    residuals: FloatArray
    line: FloatArray


def conductance_of_many(width: float) -> FloatArray:
    """Contacts in parallel with normally distributed gaps, none below zero, without any broadening."""
    deviation = np.linspace(-4.0, 4.0, 41) if width > 0.0 else np.zeros(1)
    gaps = MEAN + width * deviation
    kept = gaps >= 0.0
    weights = np.exp(-0.5 * deviation[kept] ** 2)
    return np.asarray(
        btk.conductance_distribution(
            BIAS, gaps=gaps[kept], weights=weights, broadening=0.0, barrier=BARRIER, temperature=TEMPERATURE
        )
    )


def apparent(width: float) -> Apparent:
    """One gap with a broadening, fitted by least squares; the scale of the conductance is free."""
    exact = conductance_of_many(width)
    found = fit_spectrum(Spectrum("many gaps", BIAS, exact, unit="1"), Choice("s", TEMPERATURE, degree=0)).fit
    gap, broadening = found.values["gap"], found.values["broadening"]
    return Apparent(width, exact, gap, broadening, found.residuals, found.evaluate(LINE))


def curves(shown: list[Apparent]) -> Panel:
    """Some curves with their fits and residuals, one above the other."""
    traces = []
    for number, one in enumerate(shown, start=1):
        name, lift = f"width {one.width:g} meV", LIFT * (len(shown) - number)
        traces += [
            Trace(name, "data", BIAS, one.conductance + lift),
            Trace(f"{name}: fit with one gap", "fit", LINE, one.line + lift),
            Trace(f"{name}: residuals", "residual", BIAS, one.residuals),
        ]
    caption = f"Mean gap {MEAN:g} meV, {TEMPERATURE:g} K, no broadening, Z = {BARRIER:g}; each curve {LIFT:g} higher."
    return Panel("many gaps fitted with one", "Bias (mV)", "dI/dV over its normal value", tuple(traces), caption)


def growth(every: list[Apparent]) -> Panel:
    """What the width of the distribution looks like to a model with one gap."""
    x = np.array([one.width for one in every])
    traces = (
        Trace("broadening", "data", x, np.array([one.broadening for one in every])),
        Trace(f"gap less the mean of {MEAN:g} meV", "data", x, np.array([one.gap for one in every]) - MEAN),
    )
    title = "broadening and gap of these fits"
    return Panel(title, "Standard deviation of the gaps (meV)", "Result of the fit (meV)", traces)


def main(target: Path) -> None:
    """The curves beside what their fits give, PIXELS wide."""
    from megabar.plot import plot, render_png

    every = [apparent(width) for width in WIDTHS]
    panels = (curves([one for one in every if one.width in SHOWN]), growth(every))
    result = Result("spectrum", "", (), panels=panels, simulated=True)
    render_png(result, target, dpi=PIXELS / plot(result).get_size_inches()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "gap-distribution.png")
