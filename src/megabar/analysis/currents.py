"""The same transition at several measuring currents: does the current move it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from megabar.analysis.combine import MEAN, sweep_parts
from megabar.data import Estimate
from megabar.errors import ConvergenceError
from megabar.fitting.least_squares import fit
from megabar.fitting.model import FloatArray, Model, Parameter

CRITERION = "R/R(onset) = 0.50"

_Points = dict[float, list[Estimate]]
"""Current (A) -> Tc of its sweeps."""


def compare_currents(estimates: Sequence[Estimate], currents: Mapping[str, float], measurement: str) -> list[Estimate]:
    """How Tc at half resistance depends on the current, from curves (by name) measured at different currents (A).

    Joule heating shifts Tc by -b I^2; the line through Tc against I^2 gives Tc at zero current (quantity
    "critical_temperature_zero_current") and the shift at the largest current ("current_shift"). Two currents give the
    shift alone. The first step counts; each field is compared for itself, and only in sweep directions that every
    current has, since hysteresis would pass for heating. Empty unless two curves with errors differ in current.
    """
    fields: dict[str, _Points] = {}
    for e in estimates:
        curve, (direction, held) = str(e.labels.get("curve", "")), sweep_parts(e)
        wanted = e.quantity == "critical_temperature" and e.labels.get("criterion") == CRITERION
        first = e.labels.get("step", 1) == 1 and direction != MEAN
        if wanted and first and curve in currents and e.error:
            fields.setdefault(held, {}).setdefault(currents[curve], []).append(e)
    found: list[Estimate] = []
    for held, points in fields.items():
        labels = {"at": held.removeprefix(", ")} if held else {}
        found += _compare(_in_common(points), labels, measurement)
    return found


def _in_common(points: _Points) -> _Points:
    """Only the sweep directions that every current has."""
    common = set.intersection(*({sweep_parts(e)[0] for e in group} for group in points.values()))
    return {amperes: [e for e in group if sweep_parts(e)[0] in common] for amperes, group in points.items() if common}


def _compare(points: _Points, labels: Mapping[str, str], measurement: str) -> list[Estimate]:
    if len(points) < 2:
        return []
    amperes = np.array(sorted(points))
    values = np.array([np.mean([e.value for e in points[a] if e.value is not None]) for a in amperes])
    errors = np.array([_error(points[a]) for a in amperes])
    shift = float(values[-1] - values[0])
    method = f"Tc at {CRITERION} at {1e6 * amperes[-1]:.4g} uA less that at {1e6 * amperes[0]:.4g} uA"
    error = float(np.hypot(errors[0], errors[-1]))
    found = [Estimate("current_shift", measurement, shift, "K", method, error=error, labels=labels)]
    if amperes.size > 2:
        quantity, method = "critical_temperature_zero_current", "Tc = Tc(0) - b I^2 through all currents"
        try:
            line = fit(_HEATING, amperes, values, sigma=errors)
        except ConvergenceError:
            return found
        value = line.values["zero_current"]
        error_at_zero = line.errors["zero_current"]
        found.append(Estimate(quantity, measurement, value, "K", method, error=error_at_zero, labels=labels))
    return found


def _error(group: Sequence[Estimate]) -> float:
    return float(np.sqrt(sum((e.error or 0.0) ** 2 for e in group)) / len(group))


def _guess(current: object, value: object) -> tuple[Parameter, ...]:
    del current
    return (
        Parameter("zero_current", float(np.max(np.asarray(value))), unit="K"),
        Parameter("heating", 0.0, unit="K/A^2"),
    )


def _heated(current: FloatArray, *, zero_current: float, heating: float) -> FloatArray:
    return zero_current - heating * current**2


_HEATING = Model(
    name="heating by the current",
    function=_heated,
    guess=_guess,
    formula="Tc = Tc(0) - b I^2",
)
