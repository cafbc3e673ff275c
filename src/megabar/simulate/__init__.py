"""Recipes that write complete synthetic experiments, marked as simulated, the truth aside.

A recipe is a module with one function, `files(seed) -> {relative path: content}`: the same seed gives the same bytes.
The table names the modules without importing them, so that listing the recipes costs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

from megabar.errors import ExperimentError


@dataclass(frozen=True)
class Recipe:
    """One synthetic experiment: its name, what it shows in one line, and the module that makes its files."""

    name: str
    description: str
    home: str

    def files(self, seed: int) -> Mapping[str, bytes]:
        """Relative path -> content of every file of the experiment."""
        made: Mapping[str, bytes] = import_module(self.home).files(seed)
        return made


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            Recipe(
                name="la3ni2o7",
                description="La3Ni2O7: R(T) at six pressures, 18-29 GPa, in three file formats, and X-ray line widths",
                home="megabar.simulate.la3ni2o7",
            ),
            Recipe(
                name="ceh9",
                description="a whole experiment on CeH9 near 100 GPa: resistance, current, gap, X-ray map, Raman",
                home="megabar.simulate.ceh9",
            ),
            Recipe(
                name="lace",
                description="La-Ce hydrides in nine cells, 43-152 GPa: resistance, fields in two directions, volumes",
                home="megabar.simulate.lace",
            ),
            Recipe(
                name="cerium-needle",
                description="dI/dV of contacts on cerium, ballistic to thermal, 2-22 K, 0-7 T, and a table of 130",
                home="megabar.simulate.cerium_needle",
            ),
            Recipe(
                name="hydride-survey",
                description="R(T) of fourteen hydrides at 95-207 GPa, one in fields, one with its magnetisation",
                home="megabar.simulate.hydride_survey",
            ),
            Recipe(
                name="ceh9-gap",
                description="I(V) of a contact on CeH9 at 105 GPa, 2-120 K: the gap and its temperature dependence",
                home="megabar.simulate.ceh9_gap",
            ),
            Recipe(
                name="ceh9-current",
                description="I-V curves of CeH9 at 94.8 GPa, 60-130 K, +-80 mA: critical current and its pinning law",
                home="megabar.simulate.ceh9_current",
            ),
            Recipe(
                name="ceh9-xrd",
                description="5 x 5 map of X-ray images of CeH9 and CeH4 near 100 GPa: cells and where each phase lies",
                home="megabar.simulate.ceh9_xrd",
            ),
            Recipe(
                name="lace-field",
                description="R(T) of La-Ce-H at 100-127 GPa in 0-9 T, two directions of the field: Hc2 and anisotropy",
                home="megabar.simulate.lace_field",
            ),
            Recipe(
                name="lace-volumes",
                description="volumes of (La,Ce)-H and La-H, 82-132 GPa: equations of state, hydrogen content",
                home="megabar.simulate.lace_volumes",
            ),
        )
    }
)
"""All recipes by name."""


def simulate(name: str, folder: str | Path, *, seed: int = 0) -> Path:
    """Write the synthetic experiment `name` into a new or empty `folder` and return its path.

    seed: of all random numbers, a whole number >= 0; the same seed gives the same bytes. The folder holds
    experiment.toml with `simulated = true`, the raw files, README.md, and truth.json, which no analysis reads.
    ExperimentError for an unknown name, a negative seed, and a folder that holds files or cannot be written.
    """
    if name not in RECIPES:
        raise ExperimentError(f"simulate: found {name!r}; allowed: {', '.join(RECIPES)}")
    if seed < 0:
        raise ExperimentError(f"simulate: seed must be a whole number from 0 on, found {seed}")
    target = Path(folder)
    try:
        if target.exists() and not target.is_dir():
            raise ExperimentError(f"{target}: is a file; give a new folder")
        if target.is_dir() and any(target.iterdir()):
            raise ExperimentError(f"{target}: is not empty; give a new folder, nothing is ever overwritten")
        for path, content in RECIPES[name].files(seed).items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)
    except OSError as error:
        raise ExperimentError(f"{target}: cannot be written: {error.strerror}; give another folder") from error
    return target


class _CallablePackage(ModuleType):
    """Importing this package binds `megabar.simulate` to it, over the function: so that the call works either way."""

    def __call__(self, name: str, folder: str | Path, *, seed: int = 0) -> Path:
        return simulate(name, folder, seed=seed)


sys.modules[__name__].__class__ = _CallablePackage
