"""Recipe: R(T) of La-Ce hydrides at 100 to 127 GPa in fields up to 9 T, after numbers that Chen et al. state.

Stated there and used here: cell 2 at 100 GPa with Tc = 176 K and the extrapolated Hc2(0) = 216 T; cell 9 at 125 GPa
with the field perpendicular to the culet, 146 T, and at 127 GPa, after it was turned, with the field parallel to it,
163 T and a slightly lower Tc; WHH as the law, the diamond edge in Akahama's calibration as the gauge. Tc of cell 9 is
what they state at 120 and 123 GPa. The dirty orbital limit then gives the slopes at Tc. Everything else is chosen.
Source: W. Chen et al., Nat. Commun. 14, 2660 (2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from megabar.physics import critical_field
from megabar.simulate.blocks import (
    CLOSING,
    MARK,
    Block,
    cell_table,
    experiment_file,
    made_by,
    readme_file,
    truth_file,
)
from megabar.simulate.curves import resistance_curve, sharpness_for, thermometer_sweep
from megabar.simulate.dialects import delimited_text, quantum_design_text

FloatArray = NDArray[np.float64]

NAME: Final = "lace-field"
SOURCE: Final = "W. Chen et al., Nat. Commun. 14, 2660 (2023), on their cells 2 and 9"
FIELDS: Final = (0.0, 1.0, 3.0, 5.0, 7.0, 9.0)
"""T."""
PRESSURE_ERROR: Final = 2.0
"""GPa, of one reading, one standard deviation."""
GAUGE_ERROR: Final = 3.0
"""GPa, common to all readings."""
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
LEVELS: Final = (0.90, 0.50, 0.10)
"""Shares of R(onset): the width lies between the first and the last, and Tc(H) is at the middle one."""
FORMATS: Final = "Cell 2 is a Quantum Design file with fields in Oe, cell 9 are tables with fields in T."

_ABOVE: Final = 18.0
_BELOW: Final = 22.0
_FINE: Final = 6.0
"""K, of the range around Tc(0) and around Tc(H)."""
_SECONDS_PER_KELVIN: Final = 60.0
_Z90, _Z50, _Z10 = (sharpness_for(level, temperature=0.0, onset_temperature=1.0) ** (2.0 / 3.0) for level in LEVELS)


@dataclass(frozen=True)
class Truth:
    """One measurement: pressure (GPa), Tc (K) at half resistance without field, Hc2(0) (T), width at zero field (K),
    residual and amplitude of the Bloch-Gruneisen law (ohm)."""

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

    @property
    def slope(self) -> float:
        """|d(mu0 Hc2)/dT| at Tc of the dirty limit, T/K."""
        return self.field_zero / (critical_field.ORBITAL_DIRTY * self.critical_temperature)

    def half(self, field: float) -> float:
        """Temperature (K) at which half of the resistance is left in a field (T)."""
        tc = self.critical_temperature
        if field == 0.0:
            return tc

        def excess(temperature: float) -> float:
            return float(critical_field.whh(temperature, critical_temperature=tc, slope=self.slope)) - field

        return float(brentq(excess, 0.5 * tc, tc, xtol=1e-10))

    def width_in(self, field: float) -> float:
        """From 90 to 10 % of R(onset) in a field (T), K."""
        return float(critical_field.broadening(field, width_zero=self.width, amplitude=BROADENING))

    def parameters(self, field: float) -> dict[str, float]:
        """Those of `physics.transition.full_resistance` that give `half` and `width_in`.

        T(x) = T_on (1 - k z_x), with z_x = (I0^-1(x^(-1/2)))^(2/3) and k = F^(-2/3), solved for T_on and F.
        """
        relative = self.width_in(field) / self.half(field)
        k = relative / (_Z10 - _Z90 + _Z50 * relative)
        return {
            "onset_temperature": self.half(field) / (1.0 - k * _Z50),
            "sharpness": k**-1.5,
            "residual": self.residual,
            "amplitude": self.amplitude,
            "debye_temperature": DEBYE_TEMPERATURE,
        }


TRUTHS: Final = (
    Truth(
        "cell 2, 100 GPa",
        "raw/cell2_100GPa.dat",
        "cell 2",
        "",
        100.0,
        176.0,
        216.0,
        4.0,
        0.080,
        2.0,
        "stated in the source",
    ),
    Truth(
        "cell 9, 125 GPa",
        "raw/cell9_125GPa_perpendicular.txt",
        "cell 9",
        "perpendicular to culet",
        125.0,
        190.0,
        146.0,
        3.0,
        0.060,
        1.5,
        "stated in the source at 120 and 123 GPa",
    ),
    Truth(
        "cell 9, 127 GPa",
        "raw/cell9_127GPa_parallel.txt",
        "cell 9",
        "parallel to culet",
        127.0,
        189.0,
        163.0,
        3.0,
        0.059,
        1.5,
        "chosen; the source states that it was slightly lower than at 125 GPa",
    ),
)


def block(key: Sequence[int], *, recipe: str = NAME, folder: str = "raw") -> Block:
    """R(T, H) of both cells; key: seeds of the random numbers."""
    truths = [replace(truth, file=f"{folder}/{PurePosixPath(truth.file).name}") for truth in TRUTHS]
    return Block(
        name="Upper critical fields",
        files={t.file: _raw_file(t, np.random.default_rng([*key, i]), recipe) for i, t in enumerate(truths)},
        measurements=tuple(_measurement(truth) for truth in truths),
        truth=_truth(truths),
        about=_about(truths),
        cells={truth.cell: cell_table(truth.cell, scale="akahama_2006", gauge_error=GAUGE_ERROR) for truth in truths},
    )


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    made = block((seed,))
    return {
        **made.files,
        "experiment.toml": experiment_file(
            NAME,
            (made,),
            title="Upper critical fields of (La,Ce)H9 at 100 to 127 GPa",
            sample="(La,Ce)H9",
            composition="(La,Ce)H9",
        ),
        "truth.json": truth_file(NAME, seed, made.truth),
        "README.md": readme_file(
            NAME,
            seed,
            heading="Upper critical fields of (La,Ce)H9 at 100 to 127 GPa",
            about=made.about,
            closing=f"{FORMATS} {CLOSING}",
        ),
    }


def _readings(truth: Truth, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Temperature (K), field (T) and resistance (ohm), (n,) each: at every field cooling, then warming."""
    rows: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for field in FIELDS:
        for direction in (1.0, -1.0):
            temperature = _sweep(truth, field, rng)[:: int(direction)]
            off = direction * LAG + RESETTING * float(rng.standard_normal())
            resistance = resistance_curve(
                temperature, parameters=truth.parameters(field), noise=NOISE, rng=rng, quantum=QUANTUM, lag=off
            )
            rows.append((temperature, np.full(temperature.size, field), resistance))
    temperature, field_rows, resistance = (np.concatenate(column) for column in zip(*rows, strict=True))
    return temperature, field_rows, resistance


def _sweep(truth: Truth, field: float, rng: np.random.Generator) -> FloatArray:
    """Readings of one sweep, K, falling: dense around the transition."""
    top, bottom = truth.critical_temperature + _ABOVE, truth.critical_temperature - _BELOW
    high, low = truth.half(field) + _FINE, truth.half(field) - _FINE
    return thermometer_sweep([(top, high, 0.4), (high, low, 0.15), (low, bottom, 0.5)], rng=rng)


def _raw_file(truth: Truth, rng: np.random.Generator, recipe: str) -> bytes:
    temperature, field, resistance = _readings(truth, rng)
    if truth.file.endswith(".dat"):
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
    comments = (
        made_by(recipe),
        f"(La,Ce)H9, {truth.name}, field {truth.orientation}; at each field cooling, then warming",
    )
    return delimited_text(columns, delimiter="\t", comments=comments)


def _measurement(truth: Truth) -> str:
    orientation = f'settings = {{orientation = "{truth.orientation}"}}\n' if truth.orientation else ""
    return f"""\
[[measurement]]
name = "{truth.name}"
kind = "field"
file = "{truth.file}"
cell = "{truth.cell}"
pressure = {{value = {truth.pressure}, error = {PRESSURE_ERROR}}}
{orientation}"""


def _truth(truths: Sequence[Truth]) -> dict[str, object]:
    """What went in, to nine digits."""
    return {
        "source": SOURCE,
        "model": "megabar.physics.transition.full_resistance; half of R(onset) at megabar.physics.critical_field.whh",
        "units": "GPa, K, T, ohm; noise is one standard deviation of a reading",
        "measurements": {
            truth.name: {
                name: {"value": value, "origin": origin} for name, (value, origin) in _parameters(truth).items()
            }
            for truth in truths
        },
        "fields": {
            truth.name: {
                f"{field:g}": {
                    "half": round(truth.half(field), 9),
                    "width": round(truth.width_in(field), 9),
                    "onset_temperature": round(truth.parameters(field)["onset_temperature"], 9),
                    "sharpness": round(truth.parameters(field)["sharpness"], 9),
                }
                for field in FIELDS
            }
            for truth in truths
        },
    }


def _parameters(truth: Truth) -> dict[str, tuple[object, str]]:
    chosen, stated = "chosen for the simulation", "stated in the source"
    return {
        "file": (truth.file, chosen),
        "orientation": (truth.orientation, stated if truth.orientation else "not stated in the source"),
        "pressure": (truth.pressure, stated),
        "pressure_error": (PRESSURE_ERROR, chosen),
        "gauge_error": (GAUGE_ERROR, chosen),
        "critical_temperature": (truth.critical_temperature, truth.origin_of_tc),
        "upper_critical_field_zero": (truth.field_zero, stated),
        "upper_critical_field_slope": (round(truth.slope, 9), "from the two above by the dirty limit"),
        "width": (truth.width, chosen),
        "broadening": (BROADENING, f"{chosen}, with the exponent 2/3 of Tinkham's law"),
        "residual": (truth.residual, chosen),
        "amplitude": (truth.amplitude, chosen),
        "debye_temperature": (DEBYE_TEMPERATURE, chosen),
        "noise": (NOISE, chosen),
        "quantum": (QUANTUM, chosen),
        "lag": (LAG, chosen),
        "resetting": (RESETTING, chosen),
    }


def _about(truths: Sequence[Truth]) -> str:
    coldest = min(truth.half(FIELDS[-1]) / truth.critical_temperature for truth in TRUTHS)
    return f"""
Source: {SOURCE}. It extrapolates its fields with WHH to T = 0. Here that law, in the dirty limit and without
paramagnetism, is the truth: |dHc2/dT| at Tc is Hc2(0)/(0.692673 Tc). Between the two directions of the field in
cell 9 the pressure changed by 2 GPa.

| measurement | field | P (GPa) | Tc (K) | Hc2(0) (T) | slope (T/K) | file |
|---|---|---|---|---|---|---|
{_rows(truths)}

Tc at 100 GPa is printed there, and 190 K for cell 9 at 120 and 123 GPa; that it was slightly lower after the turn is
printed without a number. Hc2(0) is what the source extrapolates, with the field perpendicular and parallel to the
culet; for cell 2 no direction is stated.

R(T) is measured at {", ".join(f"{field:g}" for field in FIELDS)} T, cooling and warming. At 9 T the lowest reduced
temperature is {coldest:.3f}: the data hold the slope at Tc, and Hc2(0) is an extrapolation. Half of R(onset) is left
at the temperature of the law. The transition is 3 to 4 K wide (90 to 10 %) and widens by {BROADENING:g} K (H/T)^(2/3),
Tinkham's law with a chosen amplitude.

Chosen: the shape of the transition, the normal state, noise of {1e6 * NOISE:g} uohm, a sample that lags {LAG:g} K
behind its thermometer, and {RESETTING:g} K (one standard deviation) by which its temperature differs from one sweep to
the next. The pressures have an error of {PRESSURE_ERROR:g} GPa each and of {GAUGE_ERROR:g} GPa in common; the values in
experiment.toml are exact, so that a comparison of the results with the truth is one of the analysis alone.
"""


def _rows(truths: Sequence[Truth]) -> str:
    return "\n".join(
        f"| {t.name} | {t.orientation or 'not stated'} | {t.pressure:g} | {t.critical_temperature:g} "
        f"| {t.field_zero:g} | {t.slope:.4f} | `{t.file}` |"
        for t in truths
    )
