"""Figures of a prediction: spectrum, what each frequency is worth, gap, critical field, gap function, tunnelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.prediction import Prediction
from megabar.data import Panel, Trace
from megabar.theory.eliashberg import Eliashberg
from megabar.theory.real_axis import RealAxis, density_of_states
from megabar.theory.response import Response
from megabar.theory.thermodynamics import FieldCurve

FloatArray = NDArray[np.float64]

_SHOWN: Final = 2.0
"""Energies shown, in highest frequencies."""
_BEYOND: Final = 1.5
"""Energy over the edge from which the density is compared with that of a constant gap."""


def spectrum_panel(one: Prediction) -> Panel:
    s = one.spectrum
    traces = (
        Trace("alpha2F", "fit", s.frequency, s.alpha2f),
        Trace("lambda up to here", "fit", s.frequency, s.cumulative_coupling()),
    )
    words = f"lambda {s.coupling:.4g}, omega_log {s.omega_log:.4g} meV, omega_2 {s.omega_2:.4g} meV."
    return Panel("spectral function", "Frequency (meV)", "alpha2F and lambda (1)", traces, words)


def worth_panel(found: Response) -> Panel:
    traces = (Trace("dTc/d alpha2F", "fit", found.frequency, found.dtc_dalpha2f),)
    words = f"dTc is its integral with a change of alpha2F; isotope coefficient {found.isotope_coefficient:.4g}."
    return Panel("what each frequency is worth", "Frequency (meV)", "dTc/d alpha2F (K/meV)", traces, words)


def gap_panel(one: Prediction, states: Sequence[Eliashberg]) -> Panel:
    points = [(s.temperature, float(s.gap[0])) for s in states if s.gap[0] > 0.0]
    t, gap = np.array(points, dtype=np.float64).T
    traces = (
        Trace("at the lowest Matsubara frequency", "data", t, gap),
        Trace("Tc", "marker", np.array([one.critical_temperature])),
    )
    return Panel("gap against temperature", "Temperature (K)", "Gap (meV)", traces)


def field_panel(found: FieldCurve) -> Panel:
    square = found.reduced_temperature**2
    traces = (
        Trace("Hc(T)/Hc(0) - (1 - t^2)", "data", square, found.deviation),
        Trace("parabola", "guide", np.array([0.0, 1.0]), np.zeros(2)),
    )
    words = (
        f"Below the line for weak coupling (-0.037), above for strong. gamma Tc^2/Hc(0)^2 = {found.field_ratio:.4g}."
    )
    return Panel("deviation of the critical field from a parabola", "(T/Tc)^2 (1)", "Deviation (1)", traces, words)


def real_axis_panels(one: Prediction, real: RealAxis) -> list[Panel]:
    """The gap function, whose table a fit of a spectrum can take, and the density of states that it gives."""
    shown = real.frequency < _SHOWN * one.spectrum.highest
    w, gap = real.frequency[shown], real.gap[shown]
    functions = (Trace("Re Delta", "fit", w, gap.real), Trace("Im Delta", "fit", w, gap.imag))
    words = "On the real axis, by iteration; a spectrum can be fitted with it (gap_function)."
    density = density_of_states(w, gap)
    panels = [
        Panel("gap function", "Energy (meV)", "Gap (meV)", functions, words),
        _density_panel("tunnelling density of states", "Density of states (1)", w, density, "N(w)/N"),
    ]
    if real.edge is None:
        return panels
    beyond = w > _BEYOND * real.edge
    plain = w[beyond] / np.sqrt(w[beyond] ** 2 - real.edge**2)
    ratio = _density_panel("phonons in it", "N(w)/N_BCS (1)", w[beyond], density[beyond] / plain, "over that of BCS")
    return [*panels, ratio]


def _density_panel(title: str, label: str, w: FloatArray, density: FloatArray, name: str) -> Panel:
    return Panel(title, "Energy (meV)", label, (Trace(name, "fit", w, density),))
