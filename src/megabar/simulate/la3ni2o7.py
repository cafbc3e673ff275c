"""Recipe: La3Ni2O7, R(T) at six pressures and X-ray line widths, after numbers that Talantsev and Chistyakov state.

Stated there and used here: Theta_D = 518 K and R/R_onset = 0.05 at 58.0 K, both at 22.4 GPa, mu* = 0.13, and
Theta_D about 550 K at 25 GPa. Everything else is chosen so that the curves look like those of the high-pressure phase.
Source: E. F. Talantsev and V. V. Chistyakov, arXiv:2401.00804 (2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics.coupling import coupling_from_tc
from megabar.physics.transition import full_resistance
from megabar.simulate import la3ni2o7_strain
from megabar.simulate.blocks import (
    CLOSING,
    Block,
    cell_table,
    experiment_file,
    made_by,
    raw_files,
    readme_file,
    truth_file,
)
from megabar.simulate.curves import quantised, resistance_curve, sharpness_for, thermometer_sweep
from megabar.simulate.dialects import delimited_text, quantum_design_text

FloatArray = NDArray[np.float64]

NAME: Final = "la3ni2o7"
SOURCE: Final = "E. F. Talantsev and V. V. Chistyakov, arXiv:2401.00804 (2024), on La3Ni2O7"
COULOMB: Final = 0.13
LEVEL: Final = 0.05
RATE: Final = 0.5
"""Of the temperature sweeps, K/min."""

_SEGMENTS: Final = ((300.0, 100.0, 0.75), (100.0, 40.0, 0.25), (40.0, 5.0, 1.0))
_SEGMENTS_REVERSED: Final = ((300.0, 100.0, 1.5), (100.0, 40.0, 0.4), (40.0, 5.0, 2.0))


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What one measurement is made from.

    file: relative path. pressure: GPa. onset_temperature, debye_temperature, and critical_temperature, where R/R_onset
    is 0.05: K. residual, amplitude, saturation: ohm. lag: K between sample and thermometer. noise: relative to the
    resistance at the onset. quantum: ohm. before, after: pressure readings around the cooling, GPa.
    stated: the fields that the source states; about: those that it states roughly; the others are chosen.
    """

    file: str
    pressure: float
    onset_temperature: float
    critical_temperature: float
    debye_temperature: float
    residual: float
    amplitude: float
    saturation: float
    lag: float
    noise: float
    quantum: float
    before: float | None = None
    after: float | None = None
    stated: tuple[str, ...] = ()
    about: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the measurement."""
        return f"{self.pressure:.1f} GPa"

    @property
    def curve(self) -> dict[str, float]:
        """Keywords of `physics.transition.full_resistance`."""
        sharpness = sharpness_for(
            LEVEL, temperature=self.critical_temperature, onset_temperature=self.onset_temperature
        )
        return {
            "onset_temperature": self.onset_temperature,
            "sharpness": sharpness,
            "residual": self.residual,
            "amplitude": self.amplitude,
            "debye_temperature": self.debye_temperature,
            "saturation": self.saturation,
        }

    @property
    def onset_resistance(self) -> float:
        """In ohm."""
        return float(full_resistance(self.onset_temperature, **self.curve))

    @property
    def coupling(self) -> float:
        """By the advanced McMillan formula at mu* = 0.13."""
        return float(
            coupling_from_tc(
                self.critical_temperature, debye_temperature=self.debye_temperature, coulomb_pseudopotential=COULOMB
            )
        )


TRUTHS: Final = (
    Truth(
        file="raw/run1_18GPa.txt",
        pressure=18.0,
        onset_temperature=80.4,
        critical_temperature=50.2,
        debye_temperature=545.0,
        residual=0.0192,
        amplitude=0.52,
        saturation=0.31,
        lag=0.20,
        noise=0.0025,
        quantum=2e-5,
        before=17.6,
        after=18.3,
    ),
    Truth(
        file="raw/run2_20.5GPa.csv",
        pressure=20.5,
        onset_temperature=79.6,
        critical_temperature=54.6,
        debye_temperature=540.0,
        residual=0.0175,
        amplitude=0.49,
        saturation=0.28,
        lag=0.15,
        noise=0.0020,
        quantum=1e-5,
    ),
    Truth(
        file="raw/run3_22.4GPa.dat",
        pressure=22.4,
        onset_temperature=78.5,
        critical_temperature=58.0,
        debye_temperature=518.0,
        residual=0.0152,
        amplitude=0.46,
        saturation=0.25,
        lag=0.12,
        noise=0.0025,
        quantum=1e-5,
        before=22.1,
        after=22.8,
        stated=("pressure", "critical_temperature", "debye_temperature"),
    ),
    Truth(
        file="raw/run4_25GPa_reversal.txt",
        pressure=25.0,
        onset_temperature=77.4,
        critical_temperature=57.1,
        debye_temperature=550.0,
        residual=0.0141,
        amplitude=0.47,
        saturation=0.25,
        lag=0.10,
        noise=0.0020,
        quantum=2e-5,
        stated=("pressure",),
        about=("debye_temperature",),
    ),
    Truth(
        file="raw/run5_27.1GPa.txt",
        pressure=27.1,
        onset_temperature=76.1,
        critical_temperature=56.0,
        debye_temperature=553.0,
        residual=0.0133,
        amplitude=0.45,
        saturation=0.24,
        lag=0.15,
        noise=0.0030,
        quantum=2e-5,
    ),
    Truth(
        file="raw/run6_29.3GPa.csv",
        pressure=29.3,
        onset_temperature=74.9,
        critical_temperature=54.6,
        debye_temperature=558.0,
        residual=0.0126,
        amplitude=0.44,
        saturation=0.24,
        lag=0.15,
        noise=0.0025,
        quantum=1e-5,
        before=29.1,
        after=29.6,
    ),
)
FORMATS: Final = (
    "The formats differ on purpose: tabs with decimal points, semicolons with decimal commas and a byte-order mark, "
    "and a Quantum Design data file."
)
SPIKE: Final = ("20.5 GPa", 163.0, 1.08)
"""One bad contact: measurement, temperature in K of the reading on cooling, factor on its resistance."""
DROPPED: Final = ("27.1 GPa", 211.0)
"""One reading that the instrument lost: measurement, temperature in K on warming."""
CURRENT: Final = 1e-4
"""Measuring current in A."""
THERMAL_VOLTAGE: Final = (4e-7, 6e-10)
"""Of the leads: V at 0 K and V/K; it does not change sign with the current."""


@dataclass(frozen=True)
class Readings:
    """One file's readings, cooling first, shape (n,) each: s, K, ohm; `direction` is 1 on cooling and -1 on warming."""

    time: FloatArray
    temperature: FloatArray
    resistance: FloatArray
    direction: FloatArray


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    blocks = (_resistance(seed), la3ni2o7_strain.block((seed, len(TRUTHS)), recipe=NAME))
    truth = {**blocks[0].truth, "line widths": blocks[1].truth}
    return {
        **raw_files(blocks),
        "experiment.toml": experiment_file(
            NAME, blocks, title="La3Ni2O7 in a diamond anvil cell", sample="La3Ni2O7", composition="La3Ni2O7"
        ),
        "truth.json": truth_file(NAME, seed, truth),
        "README.md": readme_file(
            NAME,
            seed,
            heading="La3Ni2O7 at six pressures",
            about="\n\n".join(block.about.strip() for block in blocks),
            closing=f"{FORMATS} {CLOSING}",
        ),
    }


def _resistance(seed: int) -> Block:
    return Block(
        name="Resistance",
        files={truth.file: _raw_file(truth, np.random.default_rng([seed, i])) for i, truth in enumerate(TRUTHS)},
        measurements=tuple(_measurement(truth) for truth in TRUTHS),
        truth=_truth(),
        about=_about(),
        cells={"cell A": cell_table("cell A", gauge="ruby", scale="ruby_2020", gauge_error=0.4)},
    )


def _raw_file(truth: Truth, rng: np.random.Generator) -> bytes:
    comments = (
        made_by(NAME),
        f"La3Ni2O7, {truth.name}; cooling 300 -> 5 K, then warming 5 -> 300 K at {RATE:g} K/min",
    )
    if truth.file.endswith("reversal.txt"):
        return _reversal_file(truth, rng, comments)
    readings = _readings(truth, rng)
    if truth.file.endswith(".dat"):
        return quantum_design_text(
            title=f"{comments[0]}; {truth.name}",
            time=readings.time,
            temperature=readings.temperature,
            resistance=readings.resistance,
            # Each row averages 25 readings, which scatter five times as much as their mean.
            deviation=5.0
            * truth.noise
            * truth.onset_resistance
            * np.sqrt(rng.chisquare(24, readings.time.size) / 24.0),
            excitation=CURRENT * 1e6,
        )
    if truth.file.endswith(".csv"):
        columns = {
            "Time (min)": (readings.time / 60.0, 3),
            "Temperature (K)": (readings.temperature, 3),
            "Resistance (mOhm)": (readings.resistance * 1e3, 2),
        }
        return delimited_text(
            columns, delimiter=";", comments=comments, decimal=",", newline="\r\n", byte_order_mark=True
        )
    columns = {
        "Time (s)": (readings.time, 1),
        "T_sample (K)": (readings.temperature, 3),
        "R (Ohm)": (readings.resistance, 5),
        "I (uA)": (np.full(readings.time.size, CURRENT * 1e6), 0),
    }
    return delimited_text(columns, delimiter="\t", comments=comments, newline="\r\n")


def _readings(truth: Truth, rng: np.random.Generator) -> Readings:
    """Both sweeps of one measurement with noise, lag, resolution and its accidents."""
    cooling, warming = (thermometer_sweep(_SEGMENTS, rng=rng) for _ in range(2))
    temperature = np.concatenate([cooling, warming[::-1]])
    direction = np.repeat([1.0, -1.0], [cooling.size, warming.size])
    resistance = np.empty_like(temperature)
    for sign in (1.0, -1.0):
        part = direction == sign
        resistance[part] = resistance_curve(
            temperature[part],
            parameters=truth.curve,
            noise=truth.noise * truth.onset_resistance,
            rng=rng,
            quantum=truth.quantum,
            lag=sign * truth.lag,
        )
    _accidents(truth, temperature, direction, resistance)
    time = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(temperature)))]) / RATE * 60.0
    return Readings(time, temperature + 0.002 * rng.standard_normal(temperature.size), resistance, direction)


def _accidents(truth: Truth, temperature: FloatArray, direction: FloatArray, resistance: FloatArray) -> None:
    """Put the spike and the lost reading into `resistance`."""

    def nearest(kelvin: float, sign: float) -> int:
        return int(np.argmin(np.abs(temperature - kelvin) + 1e3 * (direction != sign)))

    if truth.name == SPIKE[0]:
        i = nearest(SPIKE[1], 1.0)
        resistance[i] = quantised(resistance[i : i + 1] * SPIKE[2], truth.quantum)[0]
    if truth.name == DROPPED[0]:
        resistance[nearest(DROPPED[1], -1.0)] = np.nan


def _reversal_file(truth: Truth, rng: np.random.Generator, comments: tuple[str, ...]) -> bytes:
    """Voltages at alternating current: each temperature is read with +I and, 0.04 K on, with -I."""
    cooling, warming = (thermometer_sweep(_SEGMENTS_REVERSED, rng=rng) for _ in range(2))
    down = np.repeat(cooling, 2) - np.tile([0.0, 0.04], cooling.size)
    up = np.repeat(warming[::-1], 2) + np.tile([0.0, 0.04], warming.size)
    temperature = np.concatenate([down, up])
    sample = temperature + truth.lag * np.repeat([1.0, -1.0], [down.size, up.size])
    current = CURRENT * np.tile([1.0, -1.0], temperature.size // 2)
    offset, slope = THERMAL_VOLTAGE
    noise = truth.noise * truth.onset_resistance * CURRENT * rng.standard_normal(temperature.size)
    exact = current * np.asarray(full_resistance(sample, **truth.curve)) + offset + slope * temperature
    columns = {
        "Time (s)": (np.concatenate([[0.0], np.cumsum(np.abs(np.diff(temperature)))]) / RATE * 60.0, 1),
        "T_sample (K)": (temperature + 0.002 * rng.standard_normal(temperature.size), 3),
        "V (uV)": (quantised(exact + noise, truth.quantum * CURRENT) * 1e6, 3),
        "I (uA)": (current * 1e6, 0),
    }
    return delimited_text(columns, delimiter="\t", comments=comments, newline="\n")


def _measurement(truth: Truth) -> str:
    around = ""
    if truth.before is not None and truth.after is not None:
        around = f", before_cooling = {truth.before}, after_cooling = {truth.after}"
    return f"""\
[[measurement]]
name = "{truth.name}"
kind = "resistance"
file = "{truth.file}"
cell = "cell A"
pressure = {{value = {truth.pressure}, error = 0.5{around}}}
settings = {{coulomb_pseudopotential = {COULOMB}}}
"""


def _truth() -> dict[str, object]:
    """What went in, to nine digits."""
    return {
        "source": SOURCE,
        "model": "megabar.physics.transition.full_resistance",
        "units": "GPa, K, ohm; noise is one standard deviation over the resistance at the onset",
        "coulomb_pseudopotential": {"value": COULOMB, "origin": "stated in the source"},
        "level": {"value": LEVEL, "meaning": "critical_temperature is where R/R(onset) has this value"},
        "measurements": {truth.name: _truth_of(truth) for truth in TRUTHS},
    }


def _truth_of(truth: Truth) -> dict[str, object]:
    origins = dict.fromkeys(truth.stated, "stated in the source")
    origins |= dict.fromkeys(truth.about, "stated in the source as an approximate value")
    named = {
        "pressure": truth.pressure,
        "critical_temperature": truth.critical_temperature,
        **truth.curve,
        "thermal_lag": truth.lag,
        "noise": truth.noise,
        "quantum": truth.quantum,
    }
    values: dict[str, object] = {
        name: {"value": round(value, 9), "origin": origins.get(name, "chosen for the simulation")}
        for name, value in named.items()
    }
    values["coupling"] = {
        "value": round(truth.coupling, 9),
        "origin": "from critical_temperature, debye_temperature and mu* by the advanced McMillan formula",
    }
    values["accidents"] = _accidents_of(truth)
    return values


def _accidents_of(truth: Truth) -> list[str]:
    told = []
    if truth.name == SPIKE[0]:
        told.append(f"one reading on cooling near {SPIKE[1]:g} K is {SPIKE[2]:g} times too large")
    if truth.name == DROPPED[0]:
        told.append(f"one reading on warming near {DROPPED[1]:g} K was lost")
    if truth.file.endswith("reversal.txt"):
        offset, slope = (1e6 * value for value in THERMAL_VOLTAGE)
        told.append(f"a thermal voltage of {offset:g} uV + {slope:g} uV/K in the leads, measured with both currents")
    return told


def _about() -> str:
    rows = "\n".join(
        f"| {t.pressure:.1f} | {t.onset_temperature:.1f} | {t.critical_temperature:.1f} | {t.debye_temperature:.0f} "
        f"| {t.coupling:.3f} | {t.lag:.2f} | {1e3 * t.noise:.1f} | `{t.file}` |"
        for t in TRUTHS
    )
    return f"""
Source: {SOURCE}. It states, at 22.4 GPa, a Debye temperature
of 518 K and R/R(onset) = 0.05 at 58.0 K, mu* = 0.13, and about 550 K near 25 GPa. With these numbers the advanced
McMillan formula gives a coupling constant of 1.714 at 22.4 GPa. All other numbers are chosen for the simulation.

| P (GPa) | onset (K) | T at 5 % (K) | Debye (K) | coupling | lag (K) | noise (per mille of R(onset)) | file |
|---|---|---|---|---|---|---|---|
{rows}

Each file holds a cooling and a warming sweep at {RATE:g} K/min between 300 and 5 K. The sample follows the thermometer
with the lag above, so that the cooling curve lies too low in temperature and the warming curve too high. The bridge
rounds to its resolution. Two accidents are built in: a spike at {SPIKE[0]} and a lost reading at {DROPPED[0]}. At
25.0 GPa the file holds voltages at alternating current with the thermal voltage of the leads.
"""
