"""Recipe: a whole experiment on CeH9 near 100 GPa, in two cells, after numbers that Cao et al. state.

Resistance of three runs, current-voltage curves, a point contact, a map of X-ray images, Raman spectra: those of the
recipes ceh9-current, ceh9-gap and ceh9-xrd with random numbers of their own, and two more blocks. Stated in the source
and used for the resistance: onsets by lines of 98 K and, three months later, of 105 K, in two steps, zero resistance at
93 K in the first run, an onset of 109 K in cell 2, a sample of 30 x 30 x 1 um^3, sweeps in both directions. It applies
no field, measures no magnetisation, no isotope and no bare cerium, and so does this.
Source: Z.-Y. Cao et al., arXiv:2401.12682 (2024).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from megabar.simulate import ceh9_current, ceh9_gap, ceh9_raman, ceh9_xrd
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

NAME: Final = "ceh9"
SOURCE: Final = "Z.-Y. Cao et al., arXiv:2401.12682 (2024)"
SAMPLE: Final = (30.0, 30.0, 1.0)
"""Length, width and thickness, um."""
EVIDENCE: Final = {
    "zero_resistance": "shown",
    "field_suppression": "not tested",
    "diamagnetism": "not tested",
    "isotope_shift": "not tested",
    "gap": "shown",
    "critical_current": "shown",
    "phase": "shown",
    "hydrogen_content": "not tested",
    "second_cell": "compatible",
    "transition_width": "not tested",
    "reversibility": "compatible",
    "coincidence": "not tested",
    "structure_unchanged": "not tested",
    "residual_resistivity": "shown",
    "control_sample": "not tested",
    "alternatives": "compatible",
}
"""What this folder shows, claim by claim: what is not in it is not tested; the two cells are at different pressures;
the sample lags behind its thermometer; a critical current rules out one alternative, a change of the contacts."""

_STATED: Final = "stated in the source"
_ORIGINS: Final = {"pressure": _STATED, "onset": _STATED}
RUNS: Final = (
    ResistanceRun(
        name="cell 1, first run",
        file="first_run.txt",
        cell="cell 1",
        sample="CeH9",
        pressure=93.5,
        pressure_error=2.0,
        steps=(
            Step.from_onset(98.0, width=1.6, share=0.7),
            Step(half=93.9, width=0.7, share=0.3),
        ),
        resistance=0.140,
        lag=0.05,
        range=(20.0, 290.0),
        origins=_ORIGINS,
    ),
    ResistanceRun(
        name="cell 1, three months later",
        file="three_months_later.csv",
        cell="cell 1",
        sample="CeH9",
        pressure=94.8,
        pressure_error=2.0,
        steps=(
            Step.from_onset(105.0, width=8.0, share=0.65),
            Step(half=84.0, width=5.0, share=0.35),
        ),
        resistance=0.141,
        lag=0.05,
        range=(20.0, 290.0),
        origins=_ORIGINS,
    ),
    ResistanceRun(
        name="cell 2",
        file="cell2.txt",
        cell="cell 2",
        sample="CeH9",
        pressure=105.0,
        pressure_error=2.0,
        steps=(Step.from_onset(109.0, width=4.0),),
        resistance=0.120,
        lag=0.05,
        range=(20.0, 290.0),
        origins=_ORIGINS,
    ),
)
"""In folders of their own; the half of the second step of the first run puts the end of the transition near 93 K."""


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, calibration, experiment.toml, truth.json and README.md."""
    blocks = _blocks(seed)
    length, width, thickness = SAMPLE
    toml = experiment_file(NAME, blocks, title="CeH9 near 100 GPa, two cells", sample="CeH9", composition="CeH9")
    size = f"thickness = {{value = {thickness}, error = 0.1}}\nwidth = {{value = {width}, error = 2.0}}\n"
    size += f"length = {{value = {length}, error = 2.0}}\n"
    toml = toml.replace(b'composition = "CeH9"\n', b'composition = "CeH9"\n' + size.encode())
    truth = {
        "source": SOURCE,
        "evidence": EVIDENCE,
        "parts": {block.name: block.truth for block in blocks},
    }
    return {
        **raw_files(blocks),
        "experiment.toml": toml,
        "truth.json": truth_file(NAME, seed, truth),
        "README.md": readme_file(NAME, seed, heading="CeH9 near 100 GPa in two cells", about=_about(blocks)),
    }


def _blocks(seed: int) -> tuple[Block, ...]:
    """Each with seeds of its own, so that no two share their noise."""
    cells = {name: cell_table(name, scale="akahama_2006") for name in ("cell 1", "cell 2")}
    made = (
        _resistance((seed, 1)),
        ceh9_current.block((seed, 2), recipe=NAME, folder="raw/current"),
        ceh9_gap.block((seed, 3), recipe=NAME, folder="raw/gap"),
        ceh9_xrd.block((seed, 4), recipe=NAME, folder="raw/xrd"),
        ceh9_raman.block((seed, 5), recipe=NAME, folder="raw/raman"),
    )
    # One gauge for both cells, whatever the recipes of one block call theirs.
    return tuple(replace(block, cells=cells) for block in made)


def _resistance(key: Sequence[int]) -> Block:
    runs = tuple(replace(run, file=f"raw/resistance/{run.file}") for run in RUNS)
    return Block(
        name="Resistance",
        files={
            run.file: resistance.raw_file(run, np.random.default_rng([*key, i]), NAME) for i, run in enumerate(runs)
        },
        measurements=tuple(resistance.measurement(run) for run in runs),
        truth={
            "source": SOURCE,
            "model": "steps of megabar.physics.transition.full_resistance with one normal state",
            "units": "GPa, K, ohm; noise is one standard deviation of a reading over the resistance",
            "measurements": {run.name: resistance.truth(run) for run in runs},
        },
        about=f"""
Source: {SOURCE}. It states onsets, where lines through the normal state and through the transition meet, of 98 K in the
first run of cell 1, of 105 K three months later with a much broader transition, both in two steps, and of 109 K in cell
2; zero resistance from 93 K down in the first run. Widths, shares of the steps, resistances and noise are chosen. The
resistance is zero below the transition; the sample is {SAMPLE[0]:g} x {SAMPLE[1]:g} x {SAMPLE[2]:g} um^3, as stated.

{resistance.table(runs)}
""",
    )


def _about(blocks: Sequence[Block]) -> str:
    verdicts = "\n".join(f"| {claim.replace('_', ' ')} | {verdict} |" for claim, verdict in EVIDENCE.items())
    return f"""
Source: {SOURCE}. This folder holds what that experiment measured: resistance of three runs, current-voltage curves, a
point contact, a map of X-ray images and Raman spectra, in two cells. It applies no field and measures neither
magnetisation nor isotopes nor bare cerium, so nothing about them may be concluded:

| claim | verdict |
|---|---|
{verdicts}

{sections(blocks)}
"""
