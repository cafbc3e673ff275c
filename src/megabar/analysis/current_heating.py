"""How warm the current makes the sample: bounds from the power, and what the data themselves say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from megabar.analysis.current_levels import SIGNIFICANT, Level, Value
from megabar.analysis.current_settings import Settings
from megabar.physics import critical_current as physics


@dataclass(frozen=True)
class Heating:
    """At the largest dissipation: power between the voltage contacts in W, energy of a pulse in J.

    rise: K by `physics.critical_current.pulse_heating`, or None with what is missing in `words`.
    """

    level: Level
    power: float
    current: float
    energy: float | None
    rise: float | None
    words: str


def heating_of(levels: Sequence[Level], settings: Settings) -> Heating:
    """The reading of largest dissipation of all levels, and the rise of temperature where it follows."""
    level = max(levels, key=lambda one: _power(one)[0])
    power, current = _power(level)
    energy = None if settings.pulse_duration is None else power * settings.pulse_duration
    volume = _volume(settings)
    missing = [
        name
        for name, value in (
            ("pulse_duration", settings.pulse_duration),
            ("heat_capacity", settings.heat_capacity),
            ("width, thickness and length", volume),
        )
        if value is None
    ]
    where = f"at {1e3 * current:.3g} mA, between the voltage contacts; what leads and contacts dissipate is not in it"
    if missing:
        return Heating(level, power, current, energy, None, f"{where}; a temperature needs {', '.join(missing)}")
    assert settings.pulse_duration is not None
    assert settings.heat_capacity is not None
    assert volume is not None
    conductance = settings.thermal_conductance or 0.0
    rise = physics.pulse_heating(
        power,
        duration=settings.pulse_duration,
        period=settings.pulse_repetition or math.inf,
        heat_capacity=settings.heat_capacity * volume,
        conductance=conductance,
    )
    how = (
        "pulses that repeat, heat flows to the bath" if conductance else "no heat leaves during a pulse: an upper bound"
    )
    return Heating(level, power, current, energy, float(rise), f"{where}; {how}")


def _power(level: Level) -> tuple[float, float]:
    """The largest V I, W, and its |I|."""
    best = (0.0, 0.0)
    for part in level.parts:
        power = np.abs((part.sweep.voltage - part.line.offset) * part.sweep.current)
        best = max(best, (float(power.max()), float(np.abs(part.sweep.current[power.argmax()]))))
    return best


def _volume(settings: Settings) -> float | None:
    """m^3."""
    edges = (settings.width, settings.thickness, settings.length)
    return None if None in edges else math.prod(1e-6 * float(edge or 0.0) for edge in edges)


def compare_durations(levels: Sequence[Level], settings: Settings) -> list[tuple[str, Value, str]]:
    """At each temperature with pulses of several durations: critical current at the longest less that at the shortest.

    A warmer sample has a smaller critical current, so heating makes it negative. Returns name, difference (A), words.
    """
    found = []
    groups: dict[float, list[Level]] = {}
    for level in levels:
        if level.temperature is not None and level.currents and level.parts[0].sweep.curve in settings.durations:
            groups.setdefault(round(level.temperature, 1), []).append(level)
    for kelvin, members in groups.items():
        ordered = sorted(members, key=lambda m: settings.durations[m.parts[0].sweep.curve])
        short, long = ordered[0], ordered[-1]
        times = [settings.durations[m.parts[0].sweep.curve] for m in (short, long)]
        key = next((k for k in long.currents if k in short.currents), None)
        if times[0] == times[1] or key is None:
            continue
        one, other = long.currents[key], short.currents[key]
        error = None if one.error is None or other.error is None else math.hypot(one.error, other.error)
        change = one.value - other.value
        seen = error is not None and abs(change) > SIGNIFICANT * error
        verdict = "heating or another drift is seen" if seen else "no heating is seen"
        words = f"pulses of {times[1]:.3g} s against {times[0]:.3g} s: {verdict}"
        found.append((f"{kelvin:g} K", Value(change, error), words))
    return found
