"""What to draw of a Hall measurement: odd and even part against field, and the density against temperature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.analysis.hall_estimates import Temperature
from megabar.analysis.resistance_panels import titled
from megabar.data import Panel, Trace

_LINES: Final = 200
FIELD: Final = "Field (T)"


def odd_panel(found: Temperature, curve: str = "") -> Panel:
    """The Hall resistance, the law that AICc supports with its residuals, the other as a guide."""
    slope = found.slope
    best = slope.fits[slope.chosen]
    grid = np.linspace(min(0.0, float(slope.x.min())), float(slope.x.max()), _LINES)
    traces = [
        Trace("measured", "data", slope.x, slope.y),
        Trace(slope.chosen, "fit", grid, best.evaluate(grid)),
        *(
            Trace(name, "guide", grid, other.evaluate(grid))
            for name, other in slope.fits.items()
            if name != slope.chosen and slope.nonlinear
        ),
        Trace("residual", "residual", slope.x, best.residuals),
    ]
    odd = found.parts is not None
    name = "Hall resistance" if odd else "resistance across, not antisymmetrised"
    caption = "Half the difference of both signs of the field." if odd else "It holds the longitudinal part as well."
    title = titled(curve, f"{name}{f', {found.at}' if found.at else ''}")
    return Panel(title, FIELD, "Hall resistance (Ω)" if odd else "Resistance (Ω)", tuple(traces), caption)


def even_panel(group: Sequence[Temperature], curve: str = "") -> Panel | None:
    """The even parts of all temperatures together; None where there are none."""
    traces = [
        Trace(one.at or "measured", "data", one.parts.field, one.parts.even) for one in group if one.parts is not None
    ]
    if not traces:
        return None
    caption = "Half the sum of both signs of the field: longitudinal resistance between contacts that are not opposite."
    return Panel(titled(curve, "even part"), FIELD, "Even part (Ω)", tuple(traces), caption)


def slope_panel(group: Sequence[Temperature], curve: str = "") -> Panel | None:
    """The slope against temperature; None for fewer than three temperatures."""
    known = [(one.temperature, one.slope) for one in group if one.temperature is not None]
    if len(known) < 3:
        return None
    errors = [slope.error for _, slope in known]
    trace = Trace(
        "measured",
        "data",
        np.array([t for t, _ in known]),
        np.array([slope.value for _, slope in known]),
        y_error=np.array([e for e in errors if e is not None]) if None not in errors else None,
    )
    return Panel(titled(curve, "Hall slope against temperature"), "Temperature (K)", "Hall slope (Ω/T)", (trace,))
