"""What to draw of current-voltage curves: the family with its power laws, |dV/dI|, straight lines, laws of Ic(T)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.current_estimates import MA_PER_CM2, area, area_share
from megabar.analysis.current_laws import NAMES, LawFits
from megabar.analysis.current_levels import Level
from megabar.analysis.current_settings import Settings
from megabar.analysis.smoothing import local_line
from megabar.data import Panel, Trace
from megabar.data.result import TraceStyle

FloatArray = NDArray[np.float64]

CURRENT: Final = "Current (mA)"
TEMPERATURE: Final = "Temperature (K)"
_MOST: Final = 8
_LINES: Final = 400
_SMOOTHED: Final = 5
"""Readings through which the line of |dV/dI| goes."""


def current_panels(
    levels: Sequence[Level], laws: Sequence[LawFits], settings: Settings, criterion: float
) -> list[Panel]:
    """All panels of a measurement."""
    cold = [level for level in levels if level.state != "resistive"]
    warm = [level for level in levels if level.state == "resistive"]
    panels = [_family(cold, criterion)] if cold else []
    panels += [_derivative(levels)]
    panels += [_ohmic(warm)] if warm else []
    panels += [_resistance(levels)] if sum(level.temperature is not None for level in levels) > 2 else []
    panels += [
        panel for found in laws for panel in (_law(found, settings, whole=False), _law(found, settings, whole=True))
    ]
    return panels


def chosen(levels: Sequence[Level]) -> list[Level]:
    """At most as many as a figure bears, evenly over the temperatures."""
    step = max(len(levels) / _MOST, 1.0)
    return [levels[int(k * step)] for k in range(min(len(levels), _MOST))]


def _many(levels: Sequence[Level]) -> str:
    shown = len(chosen(levels))
    return "" if shown == len(levels) else f" {shown} of {len(levels)} temperatures are shown."


def _family(levels: Sequence[Level], criterion: float) -> Panel:
    """V - V0 in uV, with the power laws over the range that they were fitted in."""
    traces = []
    top = 0.0
    for level in chosen(levels):
        part = level.parts[0]
        x, y = part.sweep.current, part.sweep.voltage - part.line.offset
        law = level.laws[0] if level.laws else None
        if law is not None:
            low, high = float(law.fit.x.min()), float(law.fit.x.max())
            top = max(top, float(np.abs(law.fit.fitted - part.line.offset).max()))
        traces.append(Trace(level.name, "data", 1e3 * x, 1e6 * y))
        if law is not None:
            grid = np.linspace(low, high, _LINES)
            traces.append(
                Trace(f"{level.name}: power law", "fit", 1e3 * grid, 1e6 * (law.fit.evaluate(grid) - part.line.offset))
            )
            traces.append(Trace(f"{level.name}: residual", "residual", 1e3 * law.fit.x, 1e6 * law.fit.residuals))
    top = max(top, 20.0 * criterion)
    traces = [_below(trace, 1e6 * top) for trace in traces]
    caption = f"Offsets taken off; readings beyond {1e6 * top:.3g} uV are not shown; criterion {1e6 * criterion:g} uV."
    return Panel("current-voltage curves", CURRENT, "V − V0 (µV)", tuple(traces), caption + _many(levels))


def _below(trace: Trace, top: float) -> Trace:
    if trace.style != "data" or trace.y is None:
        return trace
    keep = np.abs(trace.y) <= top
    return Trace(trace.name, trace.style, trace.x[keep], trace.y[keep])


def _derivative(levels: Sequence[Level]) -> Panel:
    traces = []
    for level in chosen(levels):
        sweep = level.parts[0].sweep
        slope, _ = local_line(sweep.current, sweep.voltage[None, :], _SMOOTHED)
        traces.append(Trace(level.name, "data", 1e3 * sweep.current, np.abs(slope[0])))
    caption = f"Slope of lines through {_SMOOTHED} neighbouring readings." + _many(levels)
    return Panel("differential resistance", CURRENT, "|dV/dI| (Ω)", tuple(traces), caption)


def _ohmic(levels: Sequence[Level]) -> Panel:
    """V - V0 with straight lines; the residual shows what is not straight."""
    traces = []
    for level in chosen(levels):
        part, line = level.parts[0], level.ohmic[0]
        x, y = part.sweep.current, part.sweep.voltage - line.offset
        ends = np.array([x[0], x[-1]])
        traces.append(Trace(level.name, "data", 1e3 * x, 1e3 * y))
        traces.append(Trace(f"{level.name}: V = R I", "fit", 1e3 * ends, 1e3 * line.resistance * ends))
        traces.append(Trace(f"{level.name}: residual", "residual", 1e3 * x, 1e3 * (y - line.resistance * x)))
    bent = [level.name for level in levels if not all(line.straight for line in level.ohmic)]
    words = (
        "All curves are straight."
        if not bent
        else f"Not straight: {', '.join(bent[:6])}{' and more' if len(bent) > 6 else ''}."
    )
    return Panel(
        "curves with resistance at small currents", CURRENT, "V − V0 (mV)", tuple(traces), words + _many(levels)
    )


def _resistance(levels: Sequence[Level]) -> Panel:
    known = [level for level in levels if level.temperature is not None]
    t = np.array([level.temperature for level in known], dtype=np.float64)
    small = np.array([level.resistance.value for level in known])
    error = np.array([level.resistance.error or 0.0 for level in known])
    whole = np.array([np.mean([line.resistance for line in level.ohmic]) for level in known])
    traces = (
        Trace("at small currents", "data", t, 1e3 * small, y_error=1e3 * error),
        Trace("line through all currents", "data", t, 1e3 * whole),
    )
    return Panel("resistance against temperature", TEMPERATURE, "Resistance (mΩ)", traces)


def _law(found: LawFits, settings: Settings, *, whole: bool) -> Panel:
    """Ic (or Jc) against temperature with every law: where it was measured, or the whole way down to T = 0."""
    section = area(settings)
    scale = 1e3 if section is None else 1.0 / section / MA_PER_CM2
    label = "Critical current (mA)" if section is None else "Critical current density (MA/cm²)"
    points, best = found.points, found.fits[found.chosen].fit
    t, error = points.temperature, scale * points.error
    traces = [Trace("measured", "data", t, scale * points.current, y_error=error)]
    for law, one in found.fits.items():
        grid = np.linspace(0.0 if whole else float(t.min()), one.fit.values["critical_temperature"], _LINES)
        style: TraceStyle = "fit" if law == found.chosen else "guide"
        traces.append(Trace(NAMES[law], style, grid, scale * one.fit.evaluate(grid)))
    traces.append(Trace("residual", "residual", t, scale * (points.current - best.evaluate(t)), y_error=error))
    where = f", {points.reference}" if points.reference else ""
    title = "critical current down to zero temperature" if whole else "critical current against temperature"
    return Panel(f"{title}{where}", TEMPERATURE, label, tuple(traces), _law_words(found, settings))


def _law_words(found: LawFits, settings: Settings) -> str:
    words = f"Measured down to t = {found.coldest:.3g}; {found.verdict}."
    share = area_share(settings)
    return words + (f" The cross-section adds {100.0 * share:.2g} %, common to all points." if share > 0.0 else "")
