"""Recipe: nine cells of La-Ce hydrides between 43 and 150 GPa, after numbers that Chen et al. state.

Resistance of eight cells at thirteen pressures, fields in two of them, volumes: the fields and volumes are those of the
recipes lace-field and lace-volumes with random numbers of their own. Stated and used for the resistance: the pressures
of the runs, before and after heating, the ratios La : Ce, and Tc at ten pressures, taken here as the half of the
resistance because the source does not say by which criterion; a lower step at 37 K in cell 5; an alloy that was not
heated in cell 7, with a Tc below that of lanthanum; diffraction alone in cell 1. Everything else is chosen.
Source: W. Chen et al., Nat. Commun. 14, 2660 (2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.simulate import lace_field, lace_volumes
from megabar.simulate import resistances as resistance
from megabar.simulate.blocks import (
    Block,
    cell_table,
    experiment_file,
    raw_files,
    readme_file,
    sections,
    truth_file,
)
from megabar.simulate.resistances import ResistanceRun, Step

NAME: Final = "lace"
SOURCE: Final = "W. Chen et al., Nat. Commun. 14, 2660 (2023)"
GAUGE_ERROR: Final = lace_field.GAUGE_ERROR
_BOTH: Final = {"pressure": "stated in the source", "steps": "half: Tc as stated in the source; width chosen"}
_TC_CHOSEN: Final = {"pressure": "stated in the source", "steps": "chosen for the simulation"}


@dataclass(frozen=True)
class Heating:
    """Pressures (GPa) before and after one laser heating of a cell, and its atomic ratio La : Ce, as stated."""

    cell: str
    ratio: str
    before: float
    after: float


HEATINGS: Final = (
    Heating("cell 1", "not stated", 102.0, 82.0),
    Heating("cell 2", "not stated", 113.0, 112.0),
    Heating("cell 3", "not stated", 130.0, 131.0),
    Heating("cell 4", "about 6", 107.0, 103.0),
    Heating("cell 5", "3.2-3.5", 129.0, 132.0),
    Heating("cell 6", "2.7-2.9", 152.0, 150.0),
    Heating("cell 8", "about 3", 129.0, 131.0),
    Heating("cell 8", "about 3", 131.0, 130.0),
    Heating("cell 9", "3.4-3.5", 120.0, 118.0),
    Heating("cell 9", "3.4-3.5", 122.0, 120.0),
    Heating("cell 9", "3.4-3.5", 127.0, 125.0),
)
"""Cell 7 was not heated."""


def _run(
    cell: int,
    pressure: float,
    *steps: tuple[float, float, float],
    ohm: float,
    origins: Mapping[str, str] = _BOTH,
) -> ResistanceRun:
    """steps: half (K), width (K), share of the drop; ohm: resistance in the normal state."""
    coldest = min(half for half, _, _ in steps)
    return ResistanceRun(
        name=f"cell {cell}, {pressure:g} GPa",
        file=f"raw/resistance/cell{cell}_{pressure:g}GPa.{'csv' if cell == 5 else 'txt'}",
        cell=f"cell {cell}",
        sample="(La,Ce)H9-10",
        pressure=pressure,
        pressure_error=2.0,
        steps=tuple(Step(half=half, width=width, share=share) for half, width, share in steps),
        resistance=ohm,
        debye_temperature=1000.0,
        lag=0.1,
        settings=resistance.TRANSITION_ONLY,
        range=(max(2.0, 0.5 * coldest), 300.0),
        origins=origins,
    )


RUNS: Final = (
    _run(2, 113.0, (175.0, 4.0, 1.0), ohm=0.12),
    _run(2, 95.0, (155.0, 10.0, 1.0), ohm=0.19),
    _run(3, 131.0, (163.0, 5.0, 1.0), ohm=0.31),
    _run(4, 103.0, (152.0, 6.0, 1.0), ohm=0.27, origins=_TC_CHOSEN),
    _run(5, 132.0, (188.0, 4.0, 1.0), ohm=0.15),
    _run(5, 127.0, (168.0, 6.0, 0.8), (37.0, 3.0, 0.2), ohm=0.16),
    _run(5, 104.0, (132.0, 8.0, 1.0), ohm=0.25),
    _run(6, 152.0, (187.0, 5.0, 1.0), ohm=0.10),
    _run(7, 43.0, (6.0, 0.3, 1.0), ohm=0.035, origins=_TC_CHOSEN),
    _run(8, 130.0, (200.0, 4.0, 1.0), ohm=0.14),
    _run(9, 120.0, (190.0, 3.0, 1.0), ohm=0.11),
    _run(9, 123.0, (190.0, 3.0, 1.0), ohm=0.11),
    _run(9, 104.0, (180.0, 4.0, 1.0), ohm=0.16),
)


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    blocks = _blocks(seed)
    heatings = [
        {"cell": h.cell, "la_to_ce": h.ratio, "before": h.before, "after": h.after, "origin": "stated in the source"}
        for h in HEATINGS
    ]
    truth = {
        "source": SOURCE,
        "heatings": heatings,
        "parts": {block.name: block.truth for block in blocks},
    }
    return {
        **raw_files(blocks),
        "experiment.toml": experiment_file(
            NAME, blocks, title="La-Ce hydrides in nine cells", sample="(La,Ce)H9-10", composition="(La,Ce)H9"
        ),
        "truth.json": truth_file(NAME, seed, truth),
        "README.md": readme_file(NAME, seed, heading="La-Ce hydrides in nine cells", about=_about(blocks)),
    }


def _blocks(seed: int) -> tuple[Block, ...]:
    """Each with seeds of its own, so that no two share their noise."""
    return (
        _resistance((seed, 1)),
        lace_field.block((seed, 2), recipe=NAME, folder="raw/field"),
        lace_volumes.block((seed, 3), recipe=NAME, folder="raw/volumes"),
    )


def _resistance(key: Sequence[int]) -> Block:
    return Block(
        name="Resistance",
        files={
            run.file: resistance.raw_file(run, np.random.default_rng([*key, i]), NAME) for i, run in enumerate(RUNS)
        },
        measurements=tuple(resistance.measurement(run) for run in RUNS),
        truth={
            "source": SOURCE,
            "model": "steps of megabar.physics.transition.full_resistance with one normal state",
            "units": "GPa, K, ohm; noise is one standard deviation of a reading over the resistance",
            "gauge_error": GAUGE_ERROR,
            "measurements": {run.name: resistance.truth(run) for run in RUNS},
        },
        about=f"""
Source: {SOURCE}. Tc is what it states, taken as the half of the resistance, except in cells 4 and 7 and for the upper
step of cell 5 at 127 GPa, where it states none. Below the transitions the resistance is zero. Widths, resistances,
noise and lag are chosen.

{resistance.table(RUNS)}
""",
        cells={
            f"cell {number}": cell_table(f"cell {number}", scale="akahama_2006", gauge_error=GAUGE_ERROR)
            for number in range(1, 10)
        },
    )


def _about(blocks: Sequence[Block]) -> str:
    rows = "\n".join(f"| {h.cell} | {h.ratio} | {h.before:g} | {h.after:g} |" for h in HEATINGS)
    return f"""
Source: {SOURCE}. Cell 1 was measured by diffraction alone (part of the volumes), cell 7 holds an alloy that was not
heated. The pressures are those of the diamond's edge, which read some 18 GPa more than the vibron of hydrogen there.

| cell | La : Ce | P before heating (GPa) | after |
|---|---|---|---|
{rows}

{sections(blocks)}

{lace_field.FORMATS}
"""
