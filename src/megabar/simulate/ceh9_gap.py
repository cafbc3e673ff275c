"""Recipe: a point contact on CeH9 at 105 GPa from 2 to 120 K, after numbers that Cao et al. state for their cell 2.

Stated there and used here: the pressure, Delta(0) = 21.04 meV, 2 Delta(0)/(k Tc) = 4.36, Delta(T) of the BCS theory,
a peak at zero bias described by the s-wave BTK model, the total resistance between the electrodes (4-5 ohm), and how
the voltage was read: three small steps of the current, below 0.5 % of the whole curve, for each slope. The printed
ratio needs Tc = 112 K; the printed onset, 109 K, would give 4.48. Everything else is chosen.
Source: Z.-Y. Cao et al., arXiv:2401.12682 (2024).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.constants import BOLTZMANN_MEV
from megabar.physics import bcs, btk
from megabar.simulate.blocks import CLOSING, Block, cell_table, experiment_file, made_by, readme_file, truth_file
from megabar.simulate.curves import quantised
from megabar.simulate.dialects import delimited_text
from megabar.simulate.spectra import Contact, junction

FloatArray = NDArray[np.float64]

NAME: Final = "ceh9-gap"
SOURCE: Final = "Z.-Y. Cao et al., arXiv:2401.12682 (2024), on CeH9 in their cell 2"
TEMPERATURES: Final = (2.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 120.0)
"""K; the last one is above Tc."""

PRESSURE: Final = 105.0
"""GPa."""
GAP_ZERO: Final = 21.04
"""meV."""
CRITICAL_TEMPERATURE: Final = 112.0
"""K: 2 Delta(0)/(k Tc) = 4.36."""
PRINTED_ONSET: Final = 109.0
"""K, from R(T)."""
BARRIER: Final = 0.2
BROADENING: Final = 7.0
"""meV; with this barrier enough to leave one peak at zero bias where two stood at +-Delta."""
RESISTANCE: Final = 4.6
"""Of the contact in the normal state at 0 K and zero bias, ohm."""
RESISTANCE_SLOPE: Final = 2e-4
"""Its relative rise per K."""
BACKGROUND: Final = (1.0, 0.006, -0.05)
"""Factor on the conductance: coefficients of the powers 0, 1 and 2 of V/BACKGROUND_SCALE."""
BACKGROUND_SCALE: Final = 80.0
"""mV."""
NOISE: Final = 0.0042
"""Of one reading of the voltage, mV, one standard deviation."""
QUANTUM: Final = 1e-4
"""Resolution of the voltmeter, mV."""
THERMAL_VOLTAGE: Final = (0.04, 5e-4)
"""Of the leads: mV at 0 K and mV/K."""
READINGS: Final = 402
"""Of a spectrum: 134 groups of three."""
STEP: Final = 0.1
"""Of the current between readings, mA: 0.25 % of the whole curve."""

_REACH: Final = 120.0
"""mV, beyond the bias at the largest current."""


def gap(temperature: float) -> float:
    """Delta in meV at a temperature in K."""
    return float(bcs.gap(temperature, gap_zero=GAP_ZERO, critical_temperature=CRITICAL_TEMPERATURE))


def background(bias: FloatArray) -> FloatArray:
    """The smooth factor on the conductance; bias: mV, (n,)."""
    return np.asarray(np.polynomial.polynomial.polyval(bias / BACKGROUND_SCALE, BACKGROUND))


def normal_resistance(temperature: float) -> float:
    """In ohm at zero bias, at a temperature in K."""
    return RESISTANCE * (1.0 + RESISTANCE_SLOPE * temperature)


def contact(temperature: float) -> Contact:
    """dI/dV = P(V) g_BTK(V, T)/R_N(T), P the background; temperature: K."""

    def conductance(bias: FloatArray) -> FloatArray:
        andreev = btk.conductance(
            bias, gap=gap(temperature), broadening=BROADENING, barrier=BARRIER, temperature=temperature
        )
        return np.asarray(background(bias) * andreev / normal_resistance(temperature))

    return Contact(junction(conductance, reach=_REACH))


def file_name(temperature: float, folder: str = "raw") -> str:
    """Relative path of the spectrum at a temperature in K."""
    return f"{folder}/cell2_{temperature:03.0f}K.txt"


def block(key: Sequence[int], *, recipe: str = NAME, folder: str = "raw") -> Block:
    """The contact and its spectra; key: seeds of the random numbers."""
    raw = {
        file_name(t, folder): _raw_file(t, np.random.default_rng([*key, i]), recipe) for i, t in enumerate(TEMPERATURES)
    }
    return Block(
        name="The gap",
        files=raw,
        measurements=(_measurement(folder),),
        truth=_truth(folder),
        about=_about(folder),
        cells={"cell 2": cell_table("cell 2", scale="baer_2008")},
    )


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    made = block((seed,))
    return {
        **made.files,
        "experiment.toml": experiment_file(
            NAME, (made,), title="Gap of CeH9 from a point contact at 105 GPa", sample="CeH9", composition="CeH9"
        ),
        "truth.json": truth_file(NAME, seed, made.truth),
        "README.md": readme_file(
            NAME,
            seed,
            heading="The gap of CeH9 at 105 GPa",
            about=made.about,
            closing="The analysis finds gap and background by itself: experiment.toml holds no settings. " + CLOSING,
        ),
    }


def thermal_voltage(temperature: float) -> float:
    """In mV at a temperature in K; it does not change sign with the current."""
    return THERMAL_VOLTAGE[0] + THERMAL_VOLTAGE[1] * temperature


def _raw_file(temperature: float, rng: np.random.Generator, recipe: str) -> bytes:
    """Stepped current from the negative to the positive end, the voltage read at each step."""
    current = np.asarray(STEP * (np.arange(READINGS) - 0.5 * (READINGS - 1)), dtype=np.float64)
    exact = contact(temperature).voltage(1e-3 * current) + thermal_voltage(temperature)
    columns = {
        "I (mA)": (current, 4),
        "V (mV)": (quantised(exact + NOISE * rng.standard_normal(READINGS), QUANTUM), 4),
    }
    comments = (
        made_by(recipe),
        f"CeH9, cell 2, contact with a Pt lead; current in steps of {STEP:g} mA, three readings a group",
        f"Temperature (K): {temperature:.1f}",
    )
    return delimited_text(columns, delimiter="\t", comments=comments, newline="\r\n")


def _measurement(folder: str) -> str:
    listed = "\n".join(f'    "{file_name(t, folder)}",' for t in TEMPERATURES)
    return f"""\
[[measurement]]
name = "contact at 105 GPa"
kind = "spectrum"
file = [
{listed}
]
cell = "cell 2"
pressure = {{value = {PRESSURE}, error = 2.0}}
"""


def _truth(folder: str) -> dict[str, object]:
    """What went in, to nine digits."""
    return {
        "source": SOURCE,
        "model": "dI/dV = P(V/scale) megabar.physics.btk.conductance / R_N(T), V(I) by inverting its integral",
        "units": "GPa, K, meV, mV, mA, ohm; noise is one standard deviation of a reading",
        "critical_temperature_note": (
            f"2 Delta(0)/(k Tc) is printed as 4.36, which needs {CRITICAL_TEMPERATURE:g} K; with the printed onset of "
            f"{PRINTED_ONSET:g} K it would be {_ratio(PRINTED_ONSET):.2f}"
        ),
        "measurements": {
            "contact at 105 GPa": {
                name: {"value": value, "origin": origin} for name, (value, origin) in _parameters().items()
            }
        },
        "temperatures": {
            f"{t:.1f}": {
                "file": file_name(t, folder),
                "gap": round(gap(t), 9),
                "normal_resistance": round(normal_resistance(t), 9),
                "thermal_voltage": round(thermal_voltage(t), 9),
            }
            for t in TEMPERATURES
        },
    }


def _parameters() -> dict[str, tuple[object, str]]:
    chosen = "chosen for the simulation"
    return {
        "pressure": (PRESSURE, "stated in the source"),
        "gap_zero": (GAP_ZERO, "stated in the source"),
        "critical_temperature": (CRITICAL_TEMPERATURE, "from the gap ratio that the source states"),
        "gap_ratio": (round(_ratio(CRITICAL_TEMPERATURE), 9), "stated in the source as 4.36"),
        "barrier": (BARRIER, chosen),
        "broadening": (BROADENING, chosen),
        "resistance": (RESISTANCE, "chosen within 4-5 ohm, which the source states"),
        "resistance_slope": (RESISTANCE_SLOPE, chosen),
        "background": (list(BACKGROUND), chosen),
        "background_scale": (BACKGROUND_SCALE, chosen),
        "noise": (NOISE, chosen),
        "quantum": (QUANTUM, chosen),
        "thermal_voltage": (list(THERMAL_VOLTAGE), chosen),
        "step": (STEP, "chosen below 0.5 % of the whole curve, which the source states"),
    }


def _ratio(critical_temperature: float) -> float:
    return 2.0 * GAP_ZERO / (BOLTZMANN_MEV * critical_temperature)


def _about(folder: str) -> str:
    rows = "\n".join(
        f"| {t:.0f} | {gap(t):.2f} | {normal_resistance(t):.3f} | `{file_name(t, folder)}` |" for t in TEMPERATURES
    )
    peak = _height(0.0)
    share = 100.0 * NOISE / (3.0 * STEP * RESISTANCE)
    offset, slope = (1e3 * value for value in THERMAL_VOLTAGE)
    return f"""
Source: {SOURCE}. It states Delta(0) = {GAP_ZERO} meV and 2 Delta(0)/(k Tc) = 4.36. That ratio needs
Tc = {CRITICAL_TEMPERATURE:g} K, which is used here. The printed onset of R(T), {PRINTED_ONSET:g} K, would give
{_ratio(PRINTED_ONSET):.2f}.

Delta(T) follows the BCS gap equation, scaled to Delta(0). The conductance is the s-wave BTK curve with broadening,
times a smooth background, over the normal resistance. The source states no barrier and no broadening. Chosen are
Z = {BARRIER} and Gamma = {BROADENING:g} meV at all temperatures, which leave one peak at zero bias, {peak:.2f} times
the normal conductance at 2 K; with Z = 0.3 two peaks would remain unless Gamma were twice as large.

| T (K) | Delta (meV) | R_N (ohm) | file |
|---|---|---|---|
{rows}

The spectrum at 120 K is above Tc. The background is {_polynomial()} with v = V/({BACKGROUND_SCALE:g} mV), the same at
all temperatures. The BTK curve itself still lies {100.0 * (_height(BACKGROUND_SCALE) - 1.0):.1f} % above 1 at
{BACKGROUND_SCALE:g} mV, so that a background fitted there holds a part of it. The current heats nothing.

Each file holds stepped current (mA) and voltage (mV), as in the source: steps of {STEP:g} mA, 0.25 % of the whole
curve, {READINGS} readings, three a group. Noise of a reading {1e3 * NOISE:g} uV, resolution {1e3 * QUANTUM:g} uV. The
slope over three readings, after a three-point moving average, scatters by {share:.1f} % of the normal conductance far
from zero bias, and by {share * peak**2:.1f} % at the top of the peak, where the steps of the voltage are smaller. The
leads add a thermal voltage of {offset:g} uV + {slope:g} uV/K.
"""


def _polynomial() -> str:
    """The background in words."""
    terms = [f"{c:+g}{power}" for c, power in zip(BACKGROUND, ("", " v", " v^2"), strict=True)]
    return " ".join(terms).removeprefix("+").replace("+", "+ ").replace("-", "- ")


def _height(bias: float) -> float:
    """Normalised conductance at a bias in mV and the lowest temperature."""
    t = TEMPERATURES[0]
    return float(btk.conductance(bias, gap=gap(t), broadening=BROADENING, barrier=BARRIER, temperature=t))
