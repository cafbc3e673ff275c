"""What to draw of magnetisation: drops over their background, losses, pairs, first flux, loops, Hc1(T)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.resistance_panels import TEMPERATURE, titled
from megabar.analysis.susceptibility_cooling import Pair, Vanishing
from megabar.analysis.susceptibility_depth import NAMES, DepthFit
from megabar.analysis.susceptibility_fields import FirstFlux, Trapped
from megabar.analysis.susceptibility_hinge import Hinge
from megabar.analysis.susceptibility_loss import LossPeak
from megabar.analysis.susceptibility_transition import MIDDLE, ONSET, Transition
from megabar.data import Panel, Role, Trace

FloatArray = NDArray[np.float64]

FIELD: Final = "Field (T)"
_LABELS: Final = {
    Role.MOMENT: "Moment",
    Role.MOMENT_IN_PHASE: "Moment in phase",
    Role.SUSCEPTIBILITY: "Susceptibility",
    Role.VOLTAGE: "Pick-up voltage",
}
_LINES: Final = 300


def signal_label(role: Role, unit: str) -> str:
    """The axis label of a signal."""
    return _LABELS[role] if unit in ("1", "") else f"{_LABELS[role]} ({unit})"


def transition_panel(found: Transition, label: str, curve: str, sweep: str) -> Panel:
    """The signal with the background fitted outside the window, the criteria and what the fit leaves."""
    x, y = found.temperature, found.signal
    traces = [Trace("measured", "data", x, y)]
    title = titled(curve, f"signal, {sweep}")
    if not found.seen or found.background is None or found.window is None:
        words = found.words[:1].upper() + found.words[1:]
        return Panel(title, TEMPERATURE, label, tuple(traces), f"No diamagnetic drop. {words}.")
    low, high = found.window
    traces.append(Trace("background", "fit", x, found.background))
    if found.height.value is not None:
        below = x < low
        traces.append(Trace("background and drop", "guide", x[below], found.background[below] + found.height.value))
    traces.append(Trace("transition window, left out of the fit", "window", np.array([max(low, x[0]), high])))
    for name in (ONSET, MIDDLE):
        number = found.numbers[name]
        if number.value is not None:
            traces.append(Trace(f"{name}, {number.value:.4g} K", "marker", np.array([number.value])))
    outside = (x < low) | (x > high) if found.verdict == "drop" else x > high
    drop = found.height.value or 0.0
    rest = y - found.background - np.where(x < low, drop, 0.0)
    traces.append(Trace("residual", "residual", x[outside], rest[outside]))
    caption = f"The drop stands {found.significance:.3g} standard deviations out of the noise."
    return Panel(title, TEMPERATURE, label, tuple(traces), caption)


def loss_panel(temperature: FloatArray, loss: FloatArray, peak: LossPeak, label: str, title: str) -> Panel:
    """The signal in quadrature with its peak."""
    marker = Trace(f"peak, {peak.temperature:.4g} K", "marker", np.array([peak.temperature]))
    traces = (Trace("measured in quadrature", "data", temperature, loss), marker)
    caption = f"The peak stands {peak.significance:.3g} standard deviations of a point out of the noise."
    return Panel(title, TEMPERATURE, label, traces, caption)


def pair_panel(pair: Pair, label: str, title: str) -> Panel:
    """Both moments, and their difference below with the fit of its start."""
    traces = [
        Trace("cooled in zero field", "data", pair.temperature, pair.zfc),
        Trace("cooled in the field", "data", pair.temperature, pair.fc),
    ]
    caption = f"{pair.split.words[:1].upper()}{pair.split.words[1:]}." if pair.split.words else ""
    if pair.split.value is not None:
        traces.append(Trace(f"part at {pair.split.value:.4g} K", "marker", np.array([pair.split.value])))
    return Panel(title, TEMPERATURE, label, tuple(traces), caption)


def vanishing_panel(temperature: FloatArray, opening: FloatArray, found: Vanishing, label: str, title: str) -> Panel:
    """What opens on cooling, with the law fitted near its start."""
    traces = [Trace("measured", "data", temperature, opening)]
    caption = ""
    if found.hinge is not None and found.value is not None:
        near = temperature > found.value - 0.25 * (found.value - temperature[0])
        grid = np.linspace(float(temperature[near][0]), float(temperature[-1]), _LINES)
        power = f"power {found.hinge.power:g} of the distance"
        traces.append(Trace(power, "fit", grid, found.hinge.evaluate(-grid)))
        traces.append(Trace(f"start, {found.value:.4g} K", "marker", np.array([found.value])))
        rest = opening[near] - found.hinge.evaluate(-temperature[near])
        traces.append(Trace("residual", "residual", temperature[near], rest))
    elif found.words:
        caption = f"{found.words[:1].upper()}{found.words[1:]}."
    return Panel(title, TEMPERATURE, label, tuple(traces), caption)


def first_flux_panel(found: FirstFlux, label: str, title: str) -> Panel:
    """The virgin curve with the Meissner line, its departure and the field where that starts."""
    return _hinge_panel(
        found.field,
        found.moment,
        found.hinge if found.value is not None else None,
        found.used,
        (label, title),
        words=found.words,
    )


def trapped_panel(found: Trapped, label: str, title: str) -> Panel:
    """The trapped moment with the law of its start."""
    hinge = found.hinges.get(found.chosen)
    shown = hinge if hinge is not None and hinge.significant else None
    made = _hinge_panel(found.field, found.moment, shown, found.used, (label, title), words="")
    panel = replace(made, x_label="Magnetising field (T)")
    if found.saturation is None:
        return panel
    level = np.full(2, found.saturation)
    last = found.field[[-max(found.field.size // 4, 4), -1]]
    return replace(panel, traces=(*panel.traces, Trace("saturation", "guide", last, level)))


def _hinge_panel(
    field: FloatArray, moment: FloatArray, hinge: Hinge | None, used: int, names: tuple[str, str], *, words: str
) -> Panel:
    label, title = names
    traces = [Trace("measured", "data", field, moment)]
    caption = f"{words[:1].upper()}{words[1:]}." if words else ""
    if hinge is not None:
        grid = np.linspace(float(field[0]), float(field[used - 1]), _LINES)
        traces.append(Trace("line and departure", "fit", grid, hinge.evaluate(grid)))
        traces.append(Trace("line alone", "guide", grid, hinge.straight(grid)))
        traces.append(Trace(f"departs at {1e3 * hinge.start:.4g} mT", "marker", np.array([hinge.start])))
        rest = moment[:used] - hinge.evaluate(field[:used])
        traces.append(Trace("residual", "residual", field[:used], rest))
        caption = f"Departure of power {hinge.power:g}, fitted to {used} of {field.size} points."
    return Panel(title, FIELD, label, tuple(traces), caption)


def current_panel(field: FloatArray, density: FloatArray, error: FloatArray | None, title: str) -> Panel:
    """Critical current densities by Bean's model from the widths of a loop."""
    traces = (Trace("from the width of the loop", "data", field, density, y_error=error),)
    return Panel(title, FIELD, "Critical current density (A/m^2)", traces, "Bean's model of the critical state.")


def depth_panel(found: DepthFit, title: str) -> Panel:
    """Lower critical fields with both laws."""
    best = found.fits[found.chosen]
    grid = np.linspace(0.0, best.values["critical_temperature"], _LINES)
    traces = [
        Trace("measured", "data", found.temperature, found.field, y_error=found.error),
        Trace(NAMES[found.chosen], "fit", grid, best.evaluate(grid)),
    ]
    for pairing, other in found.fits.items():
        if pairing != found.chosen:
            x = np.linspace(0.0, other.values["critical_temperature"], _LINES)
            traces.append(Trace(NAMES[pairing], "guide", x, other.evaluate(x)))
    rest = found.field - best.evaluate(found.temperature)
    traces.append(Trace("residual", "residual", found.temperature, rest))
    gap = "gap fitted" if found.gap_free else f"gap of weak coupling held: {found.why_held}"
    caption = f"Measured down to t = {found.coldest:.2g}; {gap}."
    return Panel(title, TEMPERATURE, "Lower critical field (T)", tuple(traces), caption)
