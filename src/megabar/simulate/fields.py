"""Building block: R(T) of one sample in several fields, with Hc2(T) of the dirty limit and a width that may grow.

Half of R(onset) is left at the temperature of WHH's dirty orbital limit; the width from 90 to 10 % grows by
`broadening` H^(2/3). A sample lags behind its thermometer, which is set anew from sweep to sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from megabar.physics import critical_field
from megabar.simulate.blocks import MARK, made_by
from megabar.simulate.curves import resistance_curve, thermometer_sweep, transition_shape
from megabar.simulate.dialects import delimited_text, quantum_design_text

FloatArray = NDArray[np.float64]

FIELDS: Final = (0.0, 1.0, 3.0, 5.0, 7.0, 9.0)
"""T."""
PRESSURE_ERROR: Final = 2.0
"""GPa, of one reading, one standard deviation."""
BROADENING: Final = 0.15
"""K/T^(2/3): the width from 90 to 10 % grows by this times H^(2/3)."""
DEBYE_TEMPERATURE: Final = 1000.0
"""K."""
NOISE: Final = 5e-5
"""Of one reading, ohm, one standard deviation."""
QUANTUM: Final = 1e-6
"""Resolution of the bridge, ohm."""
LAG: Final = 0.1
"""K by which the sample lags behind the thermometer, on cooling and on warming."""
RESETTING: Final = 0.05
"""K, one standard deviation: how well the thermometer tells the sample's temperature from one sweep to the next."""

_ABOVE: Final = 18.0
_BELOW: Final = 22.0
_FINE: Final = 6.0
"""K, of the range around Tc(0) and around Tc(H)."""
_SECONDS_PER_KELVIN: Final = 60.0


@dataclass(frozen=True)
class FieldRun:
    """One measurement: pressure (GPa), Tc (K) at half resistance without field, Hc2(0) (T), width at zero field (K),
    residual and amplitude of the Bloch-Gruneisen law (ohm), its broadening (K/T^(2/3)); sample: for the file's head."""

    name: str
    file: str
    cell: str
    orientation: str
    pressure: float
    critical_temperature: float
    field_zero: float
    width: float
    residual: float
    amplitude: float
    origin_of_tc: str
    broadening: float = BROADENING
    sample: str = "(La,Ce)H9"

    @property
    def slope(self) -> float:
        """|d(mu0 Hc2)/dT| at Tc of the dirty limit, T/K."""
        return self.field_zero / (critical_field.ORBITAL_DIRTY * self.critical_temperature)

    def half(self, field: float) -> float:
        """Temperature (K) at which half of the resistance is left in a field (T)."""
        return _half(field, self.critical_temperature, self.slope)

    def width_in(self, field: float) -> float:
        """From 90 to 10 % of R(onset) in a field (T), K."""
        return float(critical_field.broadening(field, width_zero=self.width, amplitude=self.broadening))

    def parameters(self, field: float) -> dict[str, float]:
        """Those of `physics.transition.full_resistance` that give `half` and `width_in`."""
        return {
            **transition_shape(self.half(field), self.width_in(field)),
            "residual": self.residual,
            "amplitude": self.amplitude,
            "debye_temperature": DEBYE_TEMPERATURE,
        }


@lru_cache
def _half(field: float, tc: float, slope: float) -> float:
    """Temperature (K) of the field (T) on the dirty limit; every sweep asks for it several times."""
    if field == 0.0:
        return tc

    def excess(temperature: float) -> float:
        return float(critical_field.whh(temperature, critical_temperature=tc, slope=slope)) - field

    return float(brentq(excess, 0.5 * tc, tc, xtol=1e-10))


def _readings(run: FieldRun, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Temperature (K), field (T) and resistance (ohm), (n,) each: at every field cooling, then warming."""
    rows: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for field in FIELDS:
        for direction in (1.0, -1.0):
            temperature = _sweep(run, field, rng)[:: int(direction)]
            off = direction * LAG + RESETTING * float(rng.standard_normal())
            resistance = resistance_curve(
                temperature, parameters=run.parameters(field), noise=NOISE, rng=rng, quantum=QUANTUM, lag=off
            )
            rows.append((temperature, np.full(temperature.size, field), resistance))
    temperature, field_rows, resistance = (np.concatenate(column) for column in zip(*rows, strict=True))
    return temperature, field_rows, resistance


def _sweep(run: FieldRun, field: float, rng: np.random.Generator) -> FloatArray:
    """Readings of one sweep, K, falling: dense around the transition."""
    top, bottom = run.critical_temperature + _ABOVE, run.critical_temperature - _BELOW
    high, low = run.half(field) + _FINE, run.half(field) - _FINE
    return thermometer_sweep([(top, high, 0.4), (high, low, 0.15), (low, bottom, 0.5)], rng=rng)


def raw_file(run: FieldRun, rng: np.random.Generator, recipe: str) -> bytes:
    """The file of a run: of Quantum Design where its name ends so, else tabs."""
    temperature, field, resistance = _readings(run, rng)
    if run.file.endswith(".dat"):
        return quantum_design_text(
            title=f"{MARK}: made by megabar simulate {recipe}",
            time=np.concatenate([[0.0], np.cumsum(_SECONDS_PER_KELVIN * np.abs(np.diff(temperature)) + 1.0)]),
            temperature=temperature,
            resistance=resistance,
            deviation=np.full(temperature.size, 5.0 * NOISE),
            excitation=1000.0,
            field=field,
        )
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "T (K)": (temperature, 3),
        "B (T)": (field, 3),
        "R (Ohm)": (resistance, 6),
    }
    return delimited_text(columns, delimiter="\t", comments=(made_by(recipe), _told(run)))


def _told(run: FieldRun) -> str:
    direction = f", field {run.orientation}" if run.orientation else ""
    return f"{run.sample}, {run.name}{direction}; at each field cooling, then warming"


def measurement(run: FieldRun) -> str:
    """Its table in experiment.toml."""
    orientation = f'settings = {{orientation = "{run.orientation}"}}\n' if run.orientation else ""
    return f"""\
[[measurement]]
name = "{run.name}"
kind = "field"
file = "{run.file}"
cell = "{run.cell}"
pressure = {{value = {run.pressure}, error = {PRESSURE_ERROR}}}
{orientation}"""
