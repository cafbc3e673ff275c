"""Recipe: current-voltage curves of CeH9 at 94.8 GPa from 60 to 130 K, after numbers that Cao et al. state for cell 1.

Stated there and used here: the pressure, currents up to +-80 mA in pulses of 10 ms every 2 s, the critical current
of 74 mA at 60 K, the end of zero resistance at 78 K, the onset at 120 K, a cross-section of 30 um x 1 um, and the
law of delta-l pinning. These do not close: 74 mA over 30 um^2 is 0.247 MA/cm^2, which with 78 K makes Jc(0) 2.9, where
4 MA/cm^2 are printed. Everything else is chosen. Source: Z.-Y. Cao et al., arXiv:2401.12682 (2024).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics import critical_current as physics
from megabar.simulate.blocks import Block, cell_table, experiment_file, made_by, readme_file, truth_file
from megabar.simulate.curves import quantised
from megabar.simulate.dialects import delimited_text

FloatArray = NDArray[np.float64]

NAME: Final = "ceh9-current"
SOURCE: Final = "Z.-Y. Cao et al., arXiv:2401.12682 (2024), on CeH9 in their cell 1"
TEMPERATURES: Final = (
    60.0,
    62.0,
    64.0,
    66.0,
    68.0,
    70.0,
    72.0,
    74.0,
    82.0,
    86.0,
    90.0,
    100.0,
    110.0,
    122.0,
    126.0,
    130.0,
)
"""K."""

PRESSURE: Final = 94.8
"""GPa."""
CRITICAL_CURRENT: Final = 0.074
"""A at `COLDEST`, at the voltage CRITERION."""
COLDEST: Final = 60.0
CRITICAL_TEMPERATURE: Final = 78.0
"""K: end of zero resistance."""
ONSET: Final = 120.0
WIDTH: Final = 30.0
THICKNESS: Final = 1.0
"""um."""
MECHANISM: Final = "delta-l"
PRINTED_DENSITY: Final = 4.0
"""Jc(0) as printed, MA/cm^2."""

CRITERION: Final = 1e-6
"""V."""
EXPONENT: Final = (6.0, 80.0)
"""n = a + b (1 - T/Tc)."""
NORMAL: Final = (0.10, 4e-4)
"""Resistance above the onset: ohm at 0 K and ohm/K."""
WEAK: Final = (0.006, 3.0)
"""Of the part that stays superconducting up to the onset: critical current at 78 K in A, and exponent."""
JITTER: Final = 0.01
"""Of the temperature about the one that a file states, K, one standard deviation."""
NOISE: Final = 8e-8
"""Of one reading, V, one standard deviation."""
QUANTUM: Final = 1e-8
OFFSET: Final = 1.6e-6
"""Thermal voltage, V."""
LARGEST: Final = 0.08
STEP: Final = 4e-4
"""A."""
PULSE: Final = (0.01, 2.0)
"""Duration and repetition, s."""


def density_zero() -> float:
    """Jc(0) in MA/cm^2 that 74 mA at 60 K, 78 K and 30 um^2 make together."""
    return critical_current(0.0) / (WIDTH * THICKNESS * 1e-12) / 1e10


def critical_current(temperature: float) -> float:
    """In A at a temperature in K."""
    shape = [
        float(physics.pinning(t, critical_temperature=CRITICAL_TEMPERATURE, density_zero=1.0, mechanism=MECHANISM))
        for t in (temperature, COLDEST)
    ]
    return CRITICAL_CURRENT * shape[0] / shape[1]


def exponent(temperature: float) -> float:
    """n of the power law below Tc."""
    return EXPONENT[0] + EXPONENT[1] * (1.0 - temperature / CRITICAL_TEMPERATURE)


def normal_resistance(temperature: float) -> float:
    """ohm."""
    return NORMAL[0] + NORMAL[1] * temperature


def resistive_share(temperature: float) -> float:
    """Of the normal resistance that is there at the smallest currents: 0 up to Tc, 1 from the onset on."""
    return float(np.clip((temperature - CRITICAL_TEMPERATURE) / (ONSET - CRITICAL_TEMPERATURE), 0.0, 1.0))


def voltage(current: FloatArray, temperature: float) -> FloatArray:
    """In V without offset: a resistive part, and a superconducting one that bends over into the normal state."""
    normal, share = normal_resistance(temperature), resistive_share(temperature)
    if temperature < CRITICAL_TEMPERATURE:
        limit, n = critical_current(temperature), exponent(temperature)
    else:
        limit, n = WEAK[0] * max(1.0 - share, 1e-3), WEAK[1]
    size = np.abs(current)
    steep = CRITERION * (size / limit) ** n
    rest = (1.0 - share) * normal * size
    with np.errstate(invalid="ignore", divide="ignore"):
        superconducting = np.where(size * (1.0 - share) > 0.0, steep * rest / (steep + rest), 0.0)
    return np.asarray(np.sign(current) * superconducting + share * normal * current)


def file_name(temperature: float, folder: str = "raw") -> str:
    """Relative path of the curve at a temperature in K."""
    return f"{folder}/cell1_{temperature:03.0f}K.txt"


def block(key: Sequence[int], *, recipe: str = NAME, folder: str = "raw") -> Block:
    """The family of curves; key: seeds of the random numbers."""
    raw = {
        file_name(t, folder): _raw_file(t, np.random.default_rng([*key, i]), recipe) for i, t in enumerate(TEMPERATURES)
    }
    return Block(
        name="The critical current",
        files=raw,
        measurements=(_measurement(folder),),
        truth=_truth(folder),
        about=_about(folder),
        cells={"cell 1": cell_table("cell 1", scale="baer_2008")},
    )


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    made = block((seed,))
    return {
        **made.files,
        "experiment.toml": experiment_file(
            NAME, (made,), title="Critical current of CeH9 at 94.8 GPa", sample="CeH9", composition="CeH9"
        ),
        "truth.json": truth_file(NAME, seed, made.truth),
        "README.md": readme_file(NAME, seed, heading="The critical current of CeH9 at 94.8 GPa", about=made.about),
    }


def _raw_file(temperature: float, rng: np.random.Generator, recipe: str) -> bytes:
    """Pulses from the negative to the positive end, one reading each."""
    count = round(2.0 * LARGEST / STEP) + 1
    current = np.linspace(-LARGEST, LARGEST, count)
    actual = temperature + JITTER * rng.standard_normal()
    read = voltage(current, actual) + OFFSET + NOISE * rng.standard_normal(count)
    columns = {"I (mA)": (1e3 * current, 3), "V (uV)": (1e6 * quantised(read, QUANTUM), 2)}
    comments = (
        made_by(recipe),
        f"CeH9, cell 1, pulses of {1e3 * PULSE[0]:g} ms every {PULSE[1]:g} s",
        f"Temperature (K): {temperature:.1f}",
    )
    return delimited_text(columns, delimiter="\t", comments=comments, newline="\n")


def _measurement(folder: str) -> str:
    listed = "\n".join(f'    "{file_name(t, folder)}",' for t in TEMPERATURES)
    return f"""\
[[measurement]]
name = "current-voltage curves"
kind = "current"
file = [
{listed}
]
cell = "cell 1"
pressure = {{value = {PRESSURE}, error = 2.0}}

[measurement.settings]
width = {WIDTH}
width_error = 2.0          # um, chosen
thickness = {THICKNESS}
thickness_error = 0.1      # um, chosen: the source calls the dimensions approximate
temperature_error = {JITTER}   # K, of one curve, chosen
pulse_duration = {PULSE[0]}
pulse_repetition = {PULSE[1]}
"""


def _truth(folder: str) -> dict[str, object]:
    """What went in, to nine digits."""
    return {
        "source": SOURCE,
        "model": "V = V0 + s R I + [criterion (I/Ic)^n in parallel with (1 - s) R I], s the resistive share",
        "units": "GPa, K, A, V, ohm, um, s, MA/cm^2; noise is one standard deviation of a reading",
        "measurements": {
            "current-voltage curves": {
                name: {"value": value, "origin": origin} for name, (value, origin) in _parameters().items()
            }
        },
        "temperatures": {
            f"{t:.1f}": {
                "file": file_name(t, folder),
                "critical_current": round(critical_current(t), 9) if t < CRITICAL_TEMPERATURE else None,
                "exponent": round(exponent(t), 9) if t < CRITICAL_TEMPERATURE else None,
                "resistance": round(resistive_share(t) * normal_resistance(t), 9),
            }
            for t in TEMPERATURES
        },
    }


def _parameters() -> dict[str, tuple[object, str]]:
    chosen, stated = "chosen for the simulation", "stated in the source"
    return {
        "pressure": (PRESSURE, stated),
        "critical_current": ([COLDEST, CRITICAL_CURRENT], stated),
        "critical_temperature": (CRITICAL_TEMPERATURE, stated),
        "onset": (ONSET, stated),
        "width": (WIDTH, stated),
        "thickness": (THICKNESS, stated),
        "mechanism": (MECHANISM, stated),
        "critical_current_zero": (round(critical_current(0.0), 9), "from the law"),
        "density_zero": (
            round(density_zero(), 9),
            f"from the law and the cross-section; {PRINTED_DENSITY:g} is printed",
        ),
        "criterion": (CRITERION, chosen),
        "exponent": (list(EXPONENT), chosen),
        "normal_resistance": (list(NORMAL), chosen),
        "weak_part": (list(WEAK), chosen),
        "temperature_jitter": (JITTER, chosen),
        "noise": (NOISE, chosen),
        "quantum": (QUANTUM, chosen),
        "offset": (OFFSET, chosen),
        "largest_current": (LARGEST, stated),
        "step": (STEP, chosen),
        "pulses": (list(PULSE), stated),
    }


def _about(folder: str) -> str:
    cold = [t for t in TEMPERATURES if t < CRITICAL_TEMPERATURE]
    rows = "\n".join(
        f"| {t:.0f} | {1e3 * critical_current(t):.2f} | {exponent(t):.1f} | `{file_name(t, folder)}` |" for t in cold
    )
    warm = ", ".join(f"{t:.0f}" for t in TEMPERATURES if t >= CRITICAL_TEMPERATURE)
    there = CRITICAL_CURRENT / (WIDTH * THICKNESS * 1e-12) / 1e10
    return f"""
Source: {SOURCE}. It states a critical current of 74 mA at 60 K, zero resistance up to 78 K, an onset of 120 K, a
cross-section of about 30 um x 1 um, pulses of 10 ms every 2 s up to 80 mA, and Jc(T) of delta-l pinning with
Jc(0) = {PRINTED_DENSITY:g} MA/cm^2. These numbers do not close: 74 mA over 30 um^2 is {there:.3f} MA/cm^2, and with
78 K the law makes that {density_zero():.2f} MA/cm^2 at zero temperature. Here the current and the 78 K are kept, so
the truth is {density_zero():.2f}.

| T (K) | Ic (mA) | n | file |
|---|---|---|---|
{rows}

The critical current is that at {1e6 * CRITERION:g} uV. Below Tc the voltage is a power law that bends over into the
normal resistance, {NORMAL[0]:g} ohm + {1e3 * NORMAL[1]:g} mohm/K T. Between 78 and 120 K a growing share of the
sample is resistive and the rest has a small critical current of its own, so the curves are not ohmic; above 120 K
they are (files at {warm} K). The current heats nothing.

The temperature of a curve differs from the one in its file by {1e3 * JITTER:g} mK (one standard deviation). Noise of
a reading {1e9 * NOISE:g} nV, resolution {1e9 * QUANTUM:g} nV, thermal voltage {1e6 * OFFSET:g} uV, steps of
{1e3 * STEP:g} mA: all chosen, like the errors of the cross-section in experiment.toml.
"""
