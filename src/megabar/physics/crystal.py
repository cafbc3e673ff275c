"""Unit cells and the reflections that symmetry allows: spacings, angles, multiplicities, extinctions.

A cell is (a, b, c, alpha, beta, gamma) in angstrom and degrees, or only its free lengths (and angles) in that order
where a space group tells the rest: (a,) cubic; (a, c) tetragonal, trigonal and hexagonal, on hexagonal axes;
(a, alpha) trigonal on rhombohedral axes; (a, b, c) orthorhombic; (a, b, c, beta) monoclinic with the unique axis b
(or the angle of the unique axis that the space group has). Symmetry is that of gemmi's tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray

IntArray = NDArray[np.intp]

CELL_NAMES: Final = ("a", "b", "c", "alpha", "beta", "gamma")
MOST_REFLECTIONS: Final = 400_000
"""Points of the reciprocal lattice looked at; more would come from a cell or a range that is wrong."""

_ANGLES: Final = {"a": "alpha", "b": "beta", "c": "gamma"}
_NO_PART: Final = 1e-6
"""A geometric structure factor below this share of the number of atoms is zero."""


@dataclass(frozen=True, eq=False)
class Reflections:
    """Families of equivalent reflections, by ascending angle; n of them.

    hkl: (n, 3), one member each; d: spacing in angstrom, (n,); two_theta: degrees, (n,); multiplicity: members of the
    family, Friedel mates among them, (n,).
    """

    hkl: IntArray
    d: FloatArray
    two_theta: FloatArray
    multiplicity: IntArray

    def __len__(self) -> int:
        return int(self.d.size)


def find_space_group(name: str | int) -> Any:
    """gemmi's space group by number or Hermann-Mauguin symbol ("P6_3/mmc", "R -3 m:R"); DomainError if unknown."""
    found = None
    if isinstance(name, int) and not isinstance(name, bool):
        found = gemmi.find_spacegroup_by_number(name) if 1 <= name <= 230 else None
    elif isinstance(name, str) and name.strip():
        found = gemmi.find_spacegroup_by_name(name.strip())
    if found is None:
        raise DomainError(
            f"space group {name!r} is not known: give a symbol such as P6_3/mmc or a number from 1 to 230"
        )
    return found


def crystal_system(space_group: str | int) -> str:
    """One of triclinic, monoclinic, orthorhombic, tetragonal, trigonal, hexagonal, cubic; "rhombohedral" for a trigonal
    group on rhombohedral axes."""
    found = find_space_group(space_group)
    return "rhombohedral" if found.ext == "R" else str(found.crystal_system_str())


def free_parameters(space_group: str | int) -> tuple[str, ...]:
    """Names of the cell parameters that the symmetry leaves free, in the order of a cell: ("a", "c") for hexagonal."""
    system = crystal_system(space_group)
    if system == "monoclinic":
        return ("a", "b", "c", _ANGLES[find_space_group(space_group).monoclinic_unique_axis()])
    named = {
        "triclinic": CELL_NAMES,
        "orthorhombic": ("a", "b", "c"),
        "rhombohedral": ("a", "alpha"),
        "cubic": ("a",),
    }
    return named.get(system, ("a", "c"))


def constraints(space_group: str | int) -> tuple[FloatArray, FloatArray]:
    """The whole cell as `matrix @ free + fixed`: matrix (6, n) for the n free parameters, fixed (6,)."""
    system, names = crystal_system(space_group), free_parameters(space_group)
    matrix, fixed = np.zeros((6, len(names))), np.zeros(6)
    equal = {"cubic": "aaa", "rhombohedral": "aaa", "tetragonal": "aac", "trigonal": "aac", "hexagonal": "aac"}
    for row, length in enumerate(equal.get(system, "abc")):
        matrix[row, names.index(length)] = 1.0
    for row, angle in enumerate(CELL_NAMES[3:], start=3):
        if angle in names or system == "rhombohedral":
            matrix[row, names.index("alpha" if system == "rhombohedral" else angle)] = 1.0
        else:
            fixed[row] = 120.0 if angle == "gamma" and system in ("trigonal", "hexagonal") else 90.0
    return matrix, fixed


def full_cell(cell: Sequence[float], space_group: str | int | None = None) -> tuple[float, ...]:
    """All six parameters of a cell that may be given by its free ones.

    Without a space group one number is a cubic cell, three an orthorhombic one, six all of them. DomainError for any
    other number, for lengths that are not positive, and for six numbers that the symmetry forbids.
    """
    values = np.asarray(cell, dtype=np.float64).ravel()
    if space_group is None:
        if values.size not in (1, 3, 6):
            raise DomainError(
                f"a cell of {values.size} numbers needs its space group: give a, b, c, alpha, beta, gamma"
            )
        whole = {1: [*np.repeat(values[:1], 3), 90, 90, 90], 3: [*values, 90, 90, 90]}.get(values.size, list(values))
        return _checked(np.array(whole, dtype=np.float64))
    matrix, fixed = constraints(space_group)
    names = free_parameters(space_group)
    if values.size == 6:
        free = values[[CELL_NAMES.index(name) for name in names]]
    elif values.size == len(names):
        free = values
    else:
        raise DomainError(
            f"a cell in {space_group} is given by {', '.join(names)} or all six numbers, found {values.size}"
        )
    found = matrix @ free + fixed
    if values.size == 6 and not np.allclose(found, values, rtol=1e-4, atol=1e-3):
        raise DomainError(
            f"cell {', '.join(f'{v:g}' for v in values)} does not fit {space_group}: expected {_shown(found)}"
        )
    return _checked(found)


def _shown(cell: FloatArray) -> str:
    return ", ".join(f"{value:g}" for value in cell)


def _checked(cell: FloatArray) -> tuple[float, ...]:
    if not (np.all(cell[:3] > 0) and np.all(cell[:3] < np.inf)):
        raise DomainError(f"lengths of a cell must be positive (angstrom), found {_shown(cell[:3])}")
    if not (np.all(cell[3:] > 0) and np.all(cell[3:] < 180) and np.linalg.det(metric(cell)) > 0):
        raise DomainError(f"the angles {_shown(cell[3:])} deg belong to no cell")
    return tuple(float(value) for value in cell)


def metric(cell: ArrayLike) -> FloatArray:
    """The metric tensor a_i . a_j of a whole cell (..., 6), in angstrom^2, shape (..., 3, 3)."""
    parameters = np.asarray(cell, dtype=np.float64)
    lengths, cosines = parameters[..., :3], np.cos(np.radians(parameters[..., 3:]))
    found = lengths[..., :, None] * lengths[..., None, :]
    for (i, j), k in (((1, 2), 0), ((0, 2), 1), ((0, 1), 2)):
        found[..., i, j] *= cosines[..., k]
        found[..., j, i] *= cosines[..., k]
    return found


def cell_volume(cell: Sequence[float], space_group: str | int | None = None) -> float:
    """V = abc sqrt(1 - cos^2 alpha - cos^2 beta - cos^2 gamma + 2 cos alpha cos beta cos gamma), in angstrom^3.

    `cell` as in `full_cell`, whose errors it raises.
    """
    return float(np.sqrt(np.linalg.det(metric(full_cell(cell, space_group)))))


def inverse_spacing_squared(hkl: ArrayLike, cell: ArrayLike) -> FloatArray:
    """1/d^2 = h G^-1 h in 1/angstrom^2, for hkl (n, 3) and whole cells (..., 6): shape (..., n)."""
    indices = np.asarray(hkl, dtype=np.float64)
    found = np.einsum("ni,...ij,nj->...n", indices, np.linalg.inv(metric(cell)), indices)
    return np.asarray(found, dtype=np.float64)


def two_theta(d: ArrayLike, *, wavelength: float) -> FloatArray:
    """Bragg's law, 2 theta = 2 arcsin(lambda/(2 d)) in degrees; d and wavelength in angstrom; NaN beyond 180."""
    sine = 0.5 * wavelength / np.asarray(d, dtype=np.float64)
    return np.where(sine <= 1.0, 2.0 * np.degrees(np.arcsin(np.minimum(sine, 1.0))), np.nan)


def spacing(angle: ArrayLike, *, wavelength: float) -> FloatArray:
    """d = lambda/(2 sin theta) in angstrom, from 2 theta in degrees."""
    return np.asarray(0.5 * wavelength / np.sin(np.radians(0.5 * np.asarray(angle, dtype=np.float64))))


def reflections(
    cell: Sequence[float],
    space_group: str | int,
    *,
    wavelength: float,
    two_theta_max: float,
    two_theta_min: float = 0.0,
    positions: Sequence[Sequence[float]] = (),
) -> Reflections:
    """The families of reflections of a cell up to `two_theta_max` (degrees), as the space group allows them.

    cell: as in `full_cell`; wavelength: angstrom. The space group's own extinctions hold for atoms anywhere. Atoms on
    special positions extinguish more: with their fractional coordinates in `positions` (one of each site), families to
    which none of these sites contributes are left out (heavy atoms on 2c or 2d of P6_3/mmc: h - k = 3n with l odd).
    DomainError: wavelength or angles out of range, or more than `MOST_REFLECTIONS` points of the lattice.
    """
    if not 0 < wavelength < np.inf:
        raise DomainError(f"wavelength must be positive (angstrom), found {wavelength}")
    if not 0 <= two_theta_min < two_theta_max <= 180:
        raise DomainError(f"2 theta must rise within 0 to 180 degrees, found {two_theta_min:g} to {two_theta_max:g}")
    whole = np.array(full_cell(cell, space_group))
    shortest = float(spacing(two_theta_max, wavelength=wavelength))
    bounds = np.floor(whole[:3] / shortest * (1.0 + 1e-12)).astype(int)
    if np.prod(2.0 * bounds + 1.0) > MOST_REFLECTIONS:
        raise DomainError(f"more than {MOST_REFLECTIONS} reflections: wrong cell (angstrom), wavelength or angle?")
    places = tuple(tuple(float(x) for x in position) for position in positions)
    hkl, multiplicity = _families(find_space_group(space_group).xhm(), tuple(int(n) for n in bounds), places)
    d = inverse_spacing_squared(hkl, whole) ** -0.5
    inside = d >= shortest * (1.0 - 1e-12)
    hkl, d, multiplicity = hkl[inside], d[inside], multiplicity[inside]
    angle = two_theta(d, wavelength=wavelength)
    order = np.lexsort((*(-hkl.T[::-1]), np.round(-d, 9)))
    order = order[angle[order] >= two_theta_min]
    return Reflections(hkl[order], d[order], angle[order], multiplicity[order])


@lru_cache(maxsize=64)
def _families(
    group: str, bounds: tuple[int, ...], positions: tuple[tuple[float, ...], ...]
) -> tuple[IntArray, IntArray]:
    """Allowed families within |h|, |k|, |l| <= bounds: one member each, and how many there are.

    The member without negative indices, or else with the largest ones in the order h, k, l, stands for a family.
    """
    axes = [np.arange(-n, n + 1) for n in bounds]
    hkl = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    hkl = hkl[np.any(hkl != 0, axis=1)]
    rotations, shifts, centring = _operations(group)
    hkl = hkl[np.all(_whole(hkl @ centring.T), axis=1)]
    images = np.einsum("ni,oij->noj", hkl, rotations)
    fixed = np.all(images == hkl[:, None, :], axis=2)
    hkl = hkl[~np.any(fixed & ~_whole(hkl @ shifts.T), axis=1)]
    if positions:
        hkl = hkl[_contributes(hkl, rotations, shifts, np.array(positions))]
    images = np.einsum("ni,oij->noj", hkl, rotations)
    images = np.concatenate([images, -images], axis=1)
    base = 6 * max(bounds) + 1  # a rotation on hexagonal axes may add two indices
    codes, own = _rank(images, base), _rank(hkl, base)
    leaders = own == codes.max(axis=1)
    counts = np.array([np.unique(row).size for row in codes[leaders]], dtype=np.intp)
    return hkl[leaders], counts


def _rank(hkl: IntArray, base: int) -> IntArray:
    """A number for each (..., 3) that orders them as `_families` says, different for different ones."""
    return np.asarray(hkl @ np.array([base * base, base, 1]) + base**3 * np.all(hkl >= 0, axis=-1))


def _operations(group: str) -> tuple[IntArray, FloatArray, FloatArray]:
    """Rotations (o, 3, 3), their shifts (o, 3) and the centring vectors (c, 3)."""
    found = find_space_group(group).operations()
    den = gemmi.Op.DEN
    rotations = np.array([op.rot for op in found.sym_ops], dtype=np.intp) // den
    shifts = np.array([op.tran for op in found.sym_ops], dtype=np.float64) / den
    return rotations, shifts, np.array(found.cen_ops, dtype=np.float64) / den


def _whole(phase: FloatArray) -> NDArray[np.bool_]:
    return np.abs(phase - np.round(phase)) < 1e-6


def _contributes(hkl: IntArray, rotations: IntArray, shifts: FloatArray, positions: FloatArray) -> NDArray[np.bool_]:
    """Whether any site has a geometric structure factor, sum over the orbit of exp(2 pi i h.x), that is not 0."""
    orbit = np.einsum("oij,pj->poi", rotations, positions) + shifts
    factor = np.abs(np.exp(2j * np.pi * np.einsum("ni,poi->npo", hkl, orbit)).mean(axis=2))
    return np.asarray(np.any(factor > _NO_PART, axis=1))
