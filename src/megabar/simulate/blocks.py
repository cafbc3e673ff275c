"""Blocks that simulated experiments are built of, and the folder that one or several of them make.

A block holds some measurements with everything that belongs to them. A recipe of one block and a recipe of many write
the same raw data from the same code; only the marks in the files, the folders and the random numbers differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from megabar.simulate.dialects import page

MARK: Final = "SIMULATED DATA, not measured"
CLOSING: Final = "Analyse with `megabar analyse FOLDER`; truth.json holds what went in and is never read by it."


@dataclass(frozen=True)
class Block:
    """Some measurements of a simulated experiment.

    name: of the block, the heading of its part of README.md. files: relative path -> content of the raw files.
    measurements: their [[measurement]] tables. truth: what went in, with its source. about: paragraphs that say from
    what and how, for README.md. cells: name -> [[cell]] table of the cells that the measurements name.
    """

    name: str
    files: Mapping[str, bytes]
    measurements: tuple[str, ...]
    truth: Mapping[str, object]
    about: str
    cells: Mapping[str, str] = field(default_factory=dict)


def made_by(recipe: str) -> str:
    """The line that opens every text file of a recipe."""
    return f"{MARK}: made by `megabar simulate {recipe}`, truth in truth.json"


def cell_table(name: str, *, gauge: str = "diamond edge", scale: str, gauge_error: float | None = 3.0) -> str:
    """A [[cell]] table; gauge_error: GPa, common to the readings of the cell, none where it is left out."""
    error = "" if gauge_error is None else f"gauge_error = {gauge_error}\n"
    return f"""\
[[cell]]
name = "{name}"
gauge = "{gauge}"
scale = "{scale}"
{error}notes = "simulated; errors in GPa, chosen"
"""


def experiment_file(
    recipe: str,
    blocks: Sequence[Block],
    *,
    title: str,
    sample: str,
    composition: str = "",
    content: str = "numbers",
    more: Sequence[str] = (),
) -> bytes:
    """experiment.toml of all blocks. content: what the files under raw/ hold, for the first line; more: tables that
    stand at the end."""
    cells: dict[str, str] = {}
    for block in blocks:
        cells |= block.cells
    tables = (*cells.values(), *(table for block in blocks for table in block.measurements), *more)
    formula = f'composition = "{composition}"\n' if composition else ""
    head = f"""\
# {MARK}: the {content} under raw/ are made up by `megabar simulate {recipe}`; README.md says from what.
title = "{title} (SIMULATED)"
simulated = true

[sample]
name = "{sample} (simulated)"
{formula}"""
    return "\n".join((head, *tables)).encode()


def truth_file(recipe: str, seed: int, truth: Mapping[str, object]) -> bytes:
    """truth.json: the recipe, its seed and what went in."""
    return (json.dumps({"simulated": True, "recipe": recipe, "seed": seed, **truth}, indent=2) + "\n").encode()


def readme_file(recipe: str, seed: int, *, heading: str, about: str, closing: str = CLOSING) -> bytes:
    """README.md: that nothing was measured, what is in it, and how it is analysed."""
    return page(f"""
# {heading}: SIMULATED

Nothing here was measured. `megabar simulate {recipe} FOLDER --seed {seed}` writes this folder byte for byte.

{about}

{closing}
""").encode()


def sections(blocks: Sequence[Block]) -> str:
    """The blocks' texts under their names, for a README.md of several."""
    return "\n\n".join(f"## {block.name}\n\n{block.about.strip()}" for block in blocks)


def raw_files(blocks: Sequence[Block]) -> dict[str, bytes]:
    """The raw files of all blocks; ValueError where two blocks claim one path."""
    made: dict[str, bytes] = {}
    for block in blocks:
        taken = made.keys() & block.files.keys()
        if taken:
            raise ValueError(f"two blocks write {', '.join(sorted(taken))}")
        made |= block.files
    return made
