"""Candidate phases from the settings and from the files that they name: .cif by gemmi, .jcpds cards of Dioptas."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import gemmi
import numpy as np

from megabar.analysis.lebail_model import Phase
from megabar.analysis.pattern_settings import PhaseSettings
from megabar.data import Source
from megabar.errors import DataError, DomainError
from megabar.physics import crystal

_GROUPS: Final = {
    "CUBIC": "P m -3 m",
    "HEXAGONAL": "P 6/m m m",
    "TRIGONAL": "P -3 m 1",
    "RHOMBOHEDRAL": "R -3 m:R",
    "TETRAGONAL": "P 4/m m m",
    "ORTHORHOMBIC": "P m m m",
    "MONOCLINIC": "P 1 2/m 1",
    "TRICLINIC": "P -1",
}
_MOST_BYTES: Final = 8 * 1024**2


def phases_of(entries: Sequence[PhaseSettings]) -> tuple[Phase, ...]:
    """The phases to fit, each with a name of its own; DataError or DomainError names the phase and what is wrong."""
    found = tuple(_phase(entry, number) for number, entry in enumerate(entries, start=1))
    names = [phase.name for phase in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"settings.phases: {twice!r} is named twice; give each phase a name of its own")
    return found


def card_sources(entries: Sequence[PhaseSettings]) -> tuple[Source, ...]:
    """The files of phases, by their bare names, with their hashes."""
    paths = [Path(entry.file) for entry in entries if entry.file is not None]
    return tuple(Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths)


def _phase(entry: PhaseSettings, number: int) -> Phase:
    where = f"settings.phases, {entry.name or f'phase {number}'}"
    told = _from_file(Path(entry.file), where) if entry.file is not None else {}
    group = entry.space_group if entry.space_group is not None else told.get("group")
    cell = entry.cell if entry.cell is not None else told.get("cell")
    if group is None or cell is None:
        raise DataError(f"{where}: {entry.file} tells no {'space group' if group is None else 'cell'}; give it here")
    try:
        whole = crystal.full_cell(cell, group)
    except DomainError as error:
        raise DataError(f"{where}: {error}") from error
    listed = told.get("listed", ()) if entry.space_group is None else ()
    return Phase(
        name=entry.name or str(told.get("name", f"phase {number}")),
        cell=whole,
        group=group,
        units=entry.formula_units if entry.formula_units is not None else told.get("units"),
        positions=entry.positions,
        held=entry.held,
        listed=listed,
    )


def _from_file(path: Path, where: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{where}: {path.name} is larger than {_MOST_BYTES // 1024**2} MiB: no card of a phase")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{where}: {path.name} cannot be read ({error.strerror}); correct its name") from error
    if re.search(r"^\s*SYMMETRY\s*:", text, re.MULTILINE):
        return _jcpds(text, path, where)
    return _cif(text, path, where)


def _cif(text: str, path: Path, where: str) -> dict[str, Any]:
    try:
        block = gemmi.cif.read_string(text)[0]
        structure = gemmi.make_small_structure_from_block(block)
    except (ValueError, RuntimeError, IndexError) as error:
        line = " ".join(str(error).split())
        raise DataError(f"{where}: {path.name} is neither a .cif nor a .jcpds ({line})") from error
    cell = tuple(structure.cell.parameters)
    if not cell[0] > 1.0:
        raise DataError(f"{where}: {path.name} has no cell; give it under cell")
    group = structure.spacegroup
    units = block.find_value("_cell_formula_units_Z") or ""
    return {
        "name": path.stem,
        "cell": cell,
        "group": None if group is None else group.xhm(),
        "units": float(units) if re.fullmatch(r"\d+(?:\.\d+)?", units) else None,
    }


def _jcpds(text: str, path: Path, where: str) -> dict[str, Any]:
    """A card gives lattice and lines, no space group: the lattice's own, with only the lines that it lists."""
    values = dict(re.findall(r"^\s*(\w+)\s*:\s*(.*?)\s*$", text, re.MULTILINE))
    symmetry = values["SYMMETRY"].upper()
    if symmetry not in _GROUPS:
        raise DataError(f"{where}: {path.name} has symmetry {symmetry!r}; allowed: {', '.join(_GROUPS)}")
    try:
        a = float(values["A"])
        lengths = [a, float(values.get("B") or a), float(values.get("C") or a)]
        gamma = 120.0 if symmetry in ("HEXAGONAL", "TRIGONAL") else 90.0
        angles = [float(values.get(name) or 90.0) for name in ("ALPHA", "BETA")]
        angles.append(float(values.get("GAMMA") or gamma) if symmetry not in ("HEXAGONAL", "TRIGONAL") else gamma)
        rows = [row.split() for row in re.findall(r"^\s*DIHKL\s*:\s*(.*)$", text, re.MULTILINE)]
        listed = tuple(tuple(round(float(cell)) for cell in row[2:5]) for row in rows if len(row) >= 5)
    except (KeyError, ValueError) as error:
        raise DataError(f"{where}: {path.name} is damaged ({error}); write it again") from error
    if symmetry == "RHOMBOHEDRAL":
        angles = [angles[0]] * 3
    return {
        "name": path.stem,
        "cell": tuple(float(value) for value in np.array([*lengths, *angles])),
        "group": _GROUPS[symmetry],
        "listed": listed,
    }
