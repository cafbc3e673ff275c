"""Recipe: a survey of superconducting hydrides between 95 and 207 GPa, after a table that Wang, Ding and Mao print.

Resistance of fourteen experiments in as many cells, one of them also in fields, another one with its magnetisation.
Stated there and used here: Tc, pressure, the resistance at the onset where it is printed, whether zero resistance was
reached, and that transitions hardly broaden in a field. Where zero was not reached a share of the resistance stays,
which is chosen, like the widths, the critical field and the magnetisation. The carbonaceous sulfur hydride of that
table, whose paper was retracted in September 2022, is left out: nothing is made up for a claim that was withdrawn.
Source: D. Wang, Y. Ding and H.-K. Mao, Materials 14, 7563 (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.constants import mu_0
from scipy.special import expit

from megabar.constants import OERSTED
from megabar.physics.susceptibility import apparent_susceptibility, body_volume, demagnetisation_factor
from megabar.simulate import fields
from megabar.simulate import resistances as resistance
from megabar.simulate.blocks import (
    Block,
    cell_table,
    experiment_file,
    made_by,
    raw_files,
    readme_file,
    sections,
    truth_file,
)
from megabar.simulate.dialects import delimited_text
from megabar.simulate.fields import FieldRun
from megabar.simulate.resistances import ResistanceRun, Step

FloatArray = NDArray[np.float64]

NAME: Final = "hydride-survey"
SOURCE: Final = "D. Wang, Y. Ding and H.-K. Mao, Materials 14, 7563 (2021), table 1"
RELATIVE_WIDTH: Final = 0.015
"""Of the transitions from 90 to 10 %, over Tc."""
STAYS: Final = {"PrHx": 0.35, "SnHx": 0.12, "BaHx": 0.20, "ScHx": 0.30}
"""Share of the resistance that no transition takes away, where the source states no zero resistance."""
BODY: Final = (8.0, 60.0)
"""Of the sample in the coil: height along the field and diameter, um."""
BODY_ERRORS: Final = (1.0, 3.0)
DRIVE: Final = 1e-3
"""T, of the alternating field."""
SHIELDED: Final = 0.90
"""The drop over that of a perfect diamagnet of this shape."""
MAGNETIC: Final = (200.0, 0.7)
"""K: where half of the drop is left, and the scale of its logistic step."""
SLOPE: Final = 1e-14
"""Of the background, A m^2/K."""
MOMENT_NOISE: Final = 8e-13
"""Of a reading, A m^2, one standard deviation."""
FIELD_ZERO: Final = 140.0
"""T, Hc2(0) of the experiment in fields."""

NO_TREND: Final = """\
[trend]        # every cell holds another hydride: no line over pressure belongs to them together
criteria = []
quantities = []
"""

_STATED: Final = "stated in the source"
_READINGS: Final = 320


def _run(hydride: str, tc: float, pressure: float, onset: float | None) -> ResistanceRun:
    """onset: resistance (ohm) at the onset as printed, none where it is not."""
    origins = {"pressure": _STATED, "onset": "stated in the source as Tc"}
    if onset is not None:
        origins["resistance"] = "stated in the source, approximately"
    return ResistanceRun(
        name=f"{hydride}, {pressure:g} GPa",
        file=f"raw/resistance/{hydride}_{pressure:g}GPa.txt",
        cell=f"{hydride}, {pressure:g} GPa",
        sample=hydride,
        pressure=pressure,
        pressure_error=3.0,
        steps=(Step.from_onset(tc, width=RELATIVE_WIDTH * tc),),
        resistance=0.3 if onset is None else onset,
        remainder=STAYS.get(hydride, 0.0),
        debye_temperature=1000.0,
        rise=1.3,
        settings=resistance.TRANSITION_ONLY,
        lag=0.05,
        range=(max(2.0, 0.5 * tc), 300.0),
        origins=origins,
    )


RUNS: Final = (
    _run("PHx", 103.0, 207.0, 5.0),
    _run("YHx", 243.0, 201.0, 0.37),
    _run("ThHx", 161.0, 175.0, 0.081),
    _run("PrHx", 9.0, 130.0, 0.9),
    _run("LaYHx", 253.0, 183.0, 0.392),
    _run("LaHx", 250.0, 170.0, 0.95),
    _run("LaHx", 260.0, 188.0, 0.92),
    _run("SnHx", 70.0, 200.0, 0.52),
    _run("HxS", 203.0, 155.0, None),
    _run("CaHx", 215.0, 172.0, 0.97),
    _run("CeHx", 115.0, 95.0, None),
    _run("BaHx", 20.0, 140.0, 1.12),
    _run("ScHx", 22.4, 156.0, 0.26),
    _run("LuHx", 15.0, 128.0, 0.05),
)
"""Tc is the onset by lines."""
IN_FIELD: Final = FieldRun(
    name="LaHx, 170 GPa, in fields",
    file="raw/field/LaHx_170GPa.txt",
    cell="LaHx, 170 GPa",
    orientation="",
    pressure=170.0,
    critical_temperature=248.0,
    field_zero=FIELD_ZERO,
    width=RELATIVE_WIDTH * 250.0,
    residual=0.55,
    amplitude=3.0,
    origin_of_tc="chosen below the onset that the source states",
    broadening=0.0,
    sample="LaHx",
)


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    blocks = (_resistance((seed, 1)), _in_field((seed, 2)), _magnetisation((seed, 3)))
    truth = {"source": SOURCE, "parts": {block.name: block.truth for block in blocks}}
    return {
        **raw_files(blocks),
        "experiment.toml": experiment_file(
            NAME,
            blocks,
            title="A survey of superconducting hydrides",
            sample="hydrides, one in each cell",
            more=(NO_TREND,),
        ),
        "truth.json": truth_file(NAME, seed, truth),
        "README.md": readme_file(
            NAME, seed, heading="A survey of superconducting hydrides", about=f"{_about()}\n\n{sections(blocks)}"
        ),
    }


def _resistance(key: Sequence[int]) -> Block:
    return Block(
        name="Resistance",
        files={
            run.file: resistance.raw_file(run, np.random.default_rng([*key, i]), NAME) for i, run in enumerate(RUNS)
        },
        measurements=tuple(resistance.measurement(run) for run in RUNS),
        truth={
            "source": SOURCE,
            "model": "megabar.physics.transition.full_resistance, and a share that stays",
            "units": "GPa, K, ohm; noise is one standard deviation of a reading over the resistance",
            "measurements": {run.name: resistance.truth(run) for run in RUNS},
        },
        about=f"""
Tc of the source is the onset by lines. Zero resistance is reached where the last column but one is 0.

{resistance.table(RUNS)}
""",
        cells={run.cell: cell_table(run.cell, scale="akahama_2006") for run in RUNS},
    )


def _in_field(key: Sequence[int]) -> Block:
    run = IN_FIELD
    return Block(
        name="In fields",
        files={run.file: fields.raw_file(run, np.random.default_rng(list(key)), NAME)},
        measurements=(fields.measurement(run),),
        truth={
            "model": "half of R(onset) at megabar.physics.critical_field.whh, dirty limit; the width does not grow",
            "units": "GPa, K, T",
            "measurements": {
                run.name: {
                    "critical_temperature": {"value": run.critical_temperature, "origin": run.origin_of_tc},
                    "upper_critical_field_zero": {"value": run.field_zero, "origin": "chosen for the simulation"},
                    "upper_critical_field_slope": {"value": round(run.slope, 9), "origin": "from the two above"},
                    "width": {"value": run.width, "origin": "chosen for the simulation"},
                    "broadening": {"value": run.broadening, "origin": "the source: no significant broadening"},
                }
            },
        },
        about=f"""
LaHx at 170 GPa in 0 to 9 T: half of the resistance is left on WHH's dirty limit with Tc = {run.critical_temperature:g}
K and Hc2(0) = {run.field_zero:g} T, both chosen. The width, {run.width:g} K from 90 to 10 %, is the same in all fields,
as the source says of hydrides; a type-II superconductor with free vortices would broaden by H^(2/3).
""",
    )


def perfect_moment() -> float:
    """A m^2, of a perfect diamagnet of this shape in the alternating field."""
    along, across = BODY
    factor = demagnetisation_factor(along=along, across=across, shape="cylinder")
    volume = 1e-18 * body_volume(along=along, across=across, shape="cylinder")
    return float(apparent_susceptibility(-1.0, demagnetisation=factor)) * volume * DRIVE / float(mu_0)


def _magnetisation(key: Sequence[int]) -> Block:
    path, rng = "raw/magnetisation/HxS_155GPa.txt", np.random.default_rng(list(key))
    half, scale = MAGNETIC
    temperature = np.linspace(150.0, 250.0, _READINGS)
    drop = SHIELDED * perfect_moment() * expit((half - temperature) / scale)
    moment = drop + SLOPE * temperature + MOMENT_NOISE * rng.standard_normal(_READINGS)
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "T (K)": (temperature, 3),
        "m' (emu)": (1e3 * moment, 12),
        "H_ac (Oe)": (np.full(_READINGS, DRIVE / OERSTED), 3),
    }
    comments = (made_by(NAME), "HxS, 155 GPa, in a coil around the anvils")
    (along, across), (along_error, across_error) = BODY, BODY_ERRORS
    table = f"""\
[[measurement]]
name = "HxS, 155 GPa, magnetisation"
kind = "susceptibility"
file = "{path}"
cell = "HxS, 155 GPa"
pressure = {{value = 155.0, error = 3.0}}

[measurement.settings]
shape = "cylinder"
along = {along}
along_error = {along_error}
across = {across}
across_error = {across_error}
"""
    chosen = {
        "half": half,
        "relative_drop": SHIELDED,
        "moment_of_perfect_diamagnet": float(f"{perfect_moment():.9g}"),
        "body": list(BODY),
        "drive": DRIVE,
        "noise": MOMENT_NOISE,
    }
    return Block(
        name="Magnetisation",
        files={path: delimited_text(columns, delimiter="\t", comments=comments)},
        measurements=(table,),
        truth={
            "model": "a logistic drop on a straight background",
            "units": "K, T, um, A m^2",
            "measurements": {
                "HxS, 155 GPa, magnetisation": {
                    name: {"value": value, "origin": "chosen for the simulation"} for name, value in chosen.items()
                }
            },
        },
        about=f"""
HxS at 155 GPa in an alternating field of {1e3 * DRIVE:g} mT: a disc of {along:g} x {across:g} um^2 whose drop is
{100.0 * SHIELDED:g} % of a perfect diamagnet's, half of it at {half:g} K. All of it is chosen; the source says that
such measurements exist for few hydrides and that their backgrounds are debated.
""",
    )


def _about() -> str:
    return f"""
Source: {SOURCE}. It states Tc, pressure, the resistance at the onset and whether zero resistance was reached. It lists
the carbonaceous sulfur hydride too, with 287.7 K at 267 GPa: that paper was retracted in September 2022, and no data
are made up for it here.
"""
