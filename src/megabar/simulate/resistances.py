"""Building block: R(T) of one sample at one pressure, in one step or several, to zero or to a remainder.

    R(T) = r N(T) + (1 - r) sum_i w_i R_i(T),   sum_i w_i = 1,

N the Bloch-Gruneisen law of the normal state, R_i the law of `physics.transition.full_resistance` with the half and the
width of step i and the same normal state, w_i its share of the drop, r the share that no step takes away: leads of a
two-probe measurement, or a part of the sample that stays normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics.resistivity import bloch_gruneisen
from megabar.physics.transition import full_resistance
from megabar.simulate.blocks import made_by
from megabar.simulate.curves import onset_above_half, quantised, thermometer_sweep, transition_shape
from megabar.simulate.dialects import delimited_text

FloatArray = NDArray[np.float64]

TRANSITION_ONLY: Final = "normal_state = false, full_curve = false"
"""Settings of experiments that ask for the transition alone."""
WARM: Final = 300.0
"""K, at which the rise of the normal state is stated."""

_FINE: Final = (4.0, 2.2)
"""Widths of a step above and below its half that are read finely: the upper tail of the law is long."""
_READINGS: Final = (60, 110, 30)
"""Of a sweep: above, within and below the transition."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """half: K, where half of this step's resistance is left. width: K, from 90 to 10 % of it. share: of the drop."""

    half: float
    width: float
    share: float = 1.0

    @classmethod
    def from_onset(cls, onset: float, *, width: float, share: float = 1.0) -> Step:
        """The step whose tangent meets the normal state at `onset` (K)."""
        return cls(half=onset - onset_above_half(width), width=width, share=share)

    @property
    def onset(self) -> float:
        """K, where the tangent at its steepest point meets the normal state."""
        return self.half + onset_above_half(self.width)


@dataclass(frozen=True, kw_only=True)
class ResistanceRun:
    """One measurement, cooling and then warming.

    file: relative path. pressure, pressure_error: GPa. steps: from the warmest down. resistance: ohm, in the normal
    state at the half of the first step; rise: that at 300 K over it. debye_temperature: K. remainder:
    r of the module docstring. noise: one standard deviation of a reading over `resistance`. quantum: ohm. lag: K
    between sample and thermometer. range: K, of the sweeps. before, after: pressures around the cooling, GPa.
    settings: of the analysis, as they stand in experiment.toml. origins: field -> where its number comes from.
    """

    name: str
    file: str
    cell: str
    pressure: float
    pressure_error: float
    steps: tuple[Step, ...]
    resistance: float
    sample: str
    rise: float = 1.5
    debye_temperature: float = 900.0
    remainder: float = 0.0
    noise: float = 5e-4
    quantum: float = 1e-6
    lag: float = 0.0
    range: tuple[float, float] = (20.0, 300.0)
    before: float | None = None
    after: float | None = None
    settings: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def amplitude(self) -> float:
        """Of the Bloch-Gruneisen law, ohm."""
        return (self.rise - 1.0) * self.resistance / (self._shape(WARM) - self._shape(self.steps[0].half))

    @property
    def residual(self) -> float:
        """ohm."""
        return self.resistance - self.amplitude * self._shape(self.steps[0].half)

    def _shape(self, temperature: float) -> float:
        """The Bloch-Gruneisen law without residual resistance and with an amplitude of 1."""
        debye = self.debye_temperature
        return float(bloch_gruneisen(temperature, residual=0.0, amplitude=1.0, debye_temperature=debye))

    def exact(self, temperature: FloatArray) -> FloatArray:
        """R (ohm) of the module docstring at temperatures of the sample in K, (n,)."""
        normal = {
            "residual": self.residual,
            "amplitude": self.amplitude,
            "debye_temperature": self.debye_temperature,
        }
        falling = sum(
            step.share * np.asarray(full_resistance(temperature, **transition_shape(step.half, step.width), **normal))
            for step in self.steps
        )
        staying = self.remainder * np.asarray(bloch_gruneisen(temperature, **normal))
        return np.asarray(staying + (1.0 - self.remainder) * falling, dtype=np.float64)


def raw_file(run: ResistanceRun, rng: np.random.Generator, recipe: str) -> bytes:
    """A table with tabs; semicolons, decimal commas and mohm where the file is a .csv."""
    parts = []
    for sign in (1.0, -1.0):
        temperature = _sweep(run, rng)[:: int(sign)]
        noise = run.noise * run.resistance * rng.standard_normal(temperature.size)
        exact = run.exact(np.maximum(temperature + sign * run.lag, 0.0))
        parts.append((temperature, quantised(exact + noise, run.quantum)))
    temperature, resistance = (np.concatenate(column) for column in zip(*parts, strict=True))
    comments = (made_by(recipe), f"{run.sample}, {run.name}; cooling, then warming")
    if run.file.endswith(".csv"):
        table = {"Temperature (K)": (temperature, 4), "Resistance (mOhm)": (1e3 * resistance, 3)}
        return delimited_text(table, delimiter=";", decimal=",", comments=comments, newline="\r\n")
    return delimited_text({"T (K)": (temperature, 4), "R (Ohm)": (resistance, 6)}, delimiter="\t", comments=comments)


def _sweep(run: ResistanceRun, rng: np.random.Generator) -> FloatArray:
    """Readings of a downward sweep, K: fine around the steps."""
    bottom, top = run.range
    high = min(max(step.half + _FINE[0] * step.width for step in run.steps), top - 5.0)
    low = max(min(step.half - _FINE[1] * step.width for step in run.steps), bottom + 1.0)
    ends = ((top, high), (high, low), (low, bottom))
    segments = [(a, b, (a - b) / count) for (a, b), count in zip(ends, _READINGS, strict=True)]
    return thermometer_sweep(segments, rng=rng)


def measurement(run: ResistanceRun) -> str:
    """Its table in experiment.toml."""
    around = ""
    if run.before is not None and run.after is not None:
        around = f", before_cooling = {run.before}, after_cooling = {run.after}"
    settings = f"settings = {{{run.settings}}}\n" if run.settings else ""
    return f"""\
[[measurement]]
name = "{run.name}"
kind = "resistance"
file = "{run.file}"
cell = "{run.cell}"
pressure = {{value = {run.pressure}, error = {run.pressure_error}{around}}}
{settings}"""


def truth(run: ResistanceRun) -> dict[str, object]:
    """What went in, to nine digits, each number with its origin."""
    named: dict[str, object] = {
        "file": run.file,
        "pressure": run.pressure,
        "onset": round(run.steps[0].onset, 9),
        "steps": [
            {"half": round(s.half, 9), "width": s.width, "share": s.share, "onset": round(s.onset, 9)}
            for s in run.steps
        ],
        "resistance": run.resistance,
        "remainder": run.remainder,
        "residual": round(run.residual, 9),
        "amplitude": round(run.amplitude, 9),
        "debye_temperature": run.debye_temperature,
        "noise": run.noise,
        "quantum": run.quantum,
        "lag": run.lag,
    }
    return {
        name: {"value": value, "origin": run.origins.get(name, "chosen for the simulation")}
        for name, value in named.items()
    }


def table(runs: tuple[ResistanceRun, ...]) -> str:
    """The runs as a table for README.md."""
    rows = "\n".join(
        f"| {r.name} | {r.pressure:g} | {', '.join(f'{s.half:.1f}' for s in r.steps)} "
        f"| {', '.join(f'{s.width:g}' for s in r.steps)} | {r.steps[0].onset:.1f} | {r.resistance:g} "
        f"| {100.0 * r.remainder:g} | `{r.file}` |"
        for r in runs
    )
    return f"""\
| measurement | P (GPa) | half of each step (K) | widths (K) | onset by lines (K) | R (ohm) | stays (%) | file |
|---|---|---|---|---|---|---|---|
{rows}"""
