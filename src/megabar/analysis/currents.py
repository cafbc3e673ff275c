"""The same transition at several measuring currents: does the current move it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from megabar.data import Estimate
from megabar.fitting.least_squares import fit
from megabar.fitting.model import Model, Parameter

CRITERION = "R/R(onset) = 0.50"


def compare_currents(estimates: Sequence[Estimate], currents: Mapping[str, float], measurement: str) -> list[Estimate]:
    """How Tc at half resistance depends on the current, from curves (by name) measured at different currents (A).

    Joule heating shifts Tc by -b I^2; the line through Tc against I^2 gives Tc at zero current (quantity
    "critical_temperature_zero_current") and the shift at the largest current ("current_shift"). Two currents give the
    shift alone. Empty unless two curves with errors differ in current.
    """
    points: dict[float, list[Estimate]] = {}
    for e in estimates:
        curve = str(e.labels.get("curve", ""))
        wanted = e.quantity == "critical_temperature" and e.labels.get("criterion") == CRITERION
        if wanted and curve in currents and e.error and not str(e.labels.get("sweep")).startswith("mean"):
            points.setdefault(currents[curve], []).append(e)
    if len(points) < 2:
        return []
    amperes = np.array(sorted(points))
    values = np.array([np.mean([e.value for e in points[a] if e.value is not None]) for a in amperes])
    errors = np.array([_error(points[a]) for a in amperes])
    shift = float(values[-1] - values[0])
    method = f"Tc at {CRITERION} at {1e6 * amperes[-1]:.4g} uA less that at {1e6 * amperes[0]:.4g} uA"
    found = [Estimate("current_shift", measurement, shift, "K", method, error=float(np.hypot(errors[0], errors[-1])))]
    if amperes.size > 2:
        line = fit(_HEATING, amperes, values, sigma=errors)
        found.append(
            Estimate(
                "critical_temperature_zero_current",
                measurement,
                line.values["zero_current"],
                "K",
                "Tc = Tc(0) - b I^2 through all currents",
                error=line.errors["zero_current"],
            )
        )
    return found


def _error(group: Sequence[Estimate]) -> float:
    return float(np.sqrt(sum((e.error or 0.0) ** 2 for e in group)) / len(group))


def _guess(current: object, value: object) -> tuple[Parameter, ...]:
    del current
    return (
        Parameter("zero_current", float(np.max(np.asarray(value))), unit="K"),
        Parameter("heating", 0.0, unit="K/A^2"),
    )


_HEATING = Model(
    name="heating by the current",
    function=lambda current, zero_current, heating: zero_current - heating * current**2,
    guess=_guess,
    formula="Tc = Tc(0) - b I^2",
)
