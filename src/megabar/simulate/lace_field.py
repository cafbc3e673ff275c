"""Recipe: R(T) of La-Ce hydrides at 100 to 127 GPa in fields up to 9 T, after numbers that Chen et al. state.

Stated there and used here: cell 2 at 100 GPa with Tc = 176 K and the extrapolated Hc2(0) = 216 T; cell 9 at 125 GPa
with the field perpendicular to the culet, 146 T, and at 127 GPa, after it was turned, with the field parallel to it,
163 T and a slightly lower Tc; WHH as the law, the diamond edge in Akahama's calibration as the gauge. Tc of cell 9 is
what they state at 120 and 123 GPa. The dirty orbital limit then gives the slopes at Tc. Everything else is chosen.
Source: W. Chen et al., Nat. Commun. 14, 2660 (2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from megabar.simulate.blocks import CLOSING, Block, cell_table, experiment_file, readme_file, truth_file
from megabar.simulate.fields import (
    BROADENING,
    DEBYE_TEMPERATURE,
    FIELDS,
    LAG,
    NOISE,
    PRESSURE_ERROR,
    QUANTUM,
    RESETTING,
    FieldRun,
    measurement,
    raw_file,
)

NAME: Final = "lace-field"
SOURCE: Final = "W. Chen et al., Nat. Commun. 14, 2660 (2023), on their cells 2 and 9"
GAUGE_ERROR: Final = 3.0
"""GPa, common to all readings."""
FORMATS: Final = "Cell 2 is a Quantum Design file with fields in Oe, cell 9 are tables with fields in T."

TRUTHS: Final = (
    FieldRun(
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
    FieldRun(
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
    FieldRun(
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
        files={t.file: raw_file(t, np.random.default_rng([*key, i]), recipe) for i, t in enumerate(truths)},
        measurements=tuple(measurement(truth) for truth in truths),
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


def _truth(truths: Sequence[FieldRun]) -> dict[str, object]:
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


def _parameters(truth: FieldRun) -> dict[str, tuple[object, str]]:
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


def _about(truths: Sequence[FieldRun]) -> str:
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


def _rows(truths: Sequence[FieldRun]) -> str:
    return "\n".join(
        f"| {t.name} | {t.orientation or 'not stated'} | {t.pressure:g} | {t.critical_temperature:g} "
        f"| {t.field_zero:g} | {t.slope:.4f} | `{t.file}` |"
        for t in truths
    )
