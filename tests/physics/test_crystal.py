"""Unit cells and reflections against textbook formulas, printed tables and other programs' lists."""

from __future__ import annotations

import csv
from pathlib import Path

import gemmi
import numpy as np
import pytest

from megabar.errors import DomainError
from megabar.physics import crystal

REFERENCE = Path(__file__).parents[1] / "reference" / "hydride_reflections.csv"
MEASURED = Path(__file__).parents[3] / "shared" / "data" / "measured"
CELLS = {"CeH9": ((3.674, 5.427), "P6_3/mmc"), "CeH4": ((2.838, 5.801), "I4/mmm")}
CERIUM = {"CeH9": ((1 / 3, 2 / 3, 0.25),), "CeH4": ((0.0, 0.0, 0.0),)}


@pytest.mark.parametrize(("phase", "printed"), [("CeH9", 31.72), ("CeH4", 23.36)])
def test_the_cells_of_cerium_hydrides_give_their_volumes_per_formula_unit(phase: str, printed: float) -> None:
    assert crystal.cell_volume(*CELLS[phase]) / 2 == pytest.approx(printed, abs=0.005)


def test_the_volume_is_that_of_the_parallelepiped_of_its_edges() -> None:
    cell = (4.0, 5.0, 6.5, 81.0, 97.0, 112.0)
    edges = np.array(gemmi.UnitCell(*cell).orth.mat.tolist())
    assert crystal.cell_volume(cell) == pytest.approx(abs(np.linalg.det(edges)), rel=1e-12)


@pytest.mark.parametrize("phase", ["CeH9", "CeH4"])
@pytest.mark.parametrize("heavy", [False, True])
def test_reflections_agree_with_the_table_of_textbook_formulas(phase: str, heavy: bool) -> None:
    with REFERENCE.open() as file:
        rows = [row for row in csv.DictReader(file) if row["phase"] == phase and (not heavy or row["heavy"] == "1")]
    cell, group = CELLS[phase]
    positions = CERIUM[phase] if heavy else ()
    found = crystal.reflections(cell, group, wavelength=0.6199, two_theta_max=42.0, positions=positions)
    assert found.hkl.tolist() == [[int(row[i]) for i in "hkl"] for row in rows]
    np.testing.assert_allclose(found.d, [float(row["d_angstrom"]) for row in rows], atol=1e-6)
    np.testing.assert_allclose(found.two_theta, [float(row["two_theta_deg"]) for row in rows], atol=1e-5)
    assert found.multiplicity.tolist() == [int(row["multiplicity"]) for row in rows]


def test_cerium_on_2d_extinguishes_the_same_lines_as_on_2c() -> None:
    lists = [
        crystal.reflections((3.674, 5.427), 194, wavelength=0.6199, two_theta_max=40, positions=[(1 / 3, 2 / 3, z)])
        for z in (0.25, 0.75)
    ]
    assert lists[0].hkl.tolist() == lists[1].hkl.tolist()
    assert not any((h - k) % 3 == 0 and last % 2 for h, k, last in lists[0].hkl.tolist())


@pytest.mark.parametrize(
    "group", ["P 1", "P -1", "C 2/c", "P n m a", "I 41/a m d", "R -3 c", "P 63/m m c", "F d -3 m", "I a -3 d", "P 21 3"]
)
def test_extinctions_and_multiplicities_agree_with_gemmis_own(group: str) -> None:
    matrix, fixed = crystal.constraints(group)
    free = np.array([{"a": 5.1, "b": 6.2, "c": 7.3}.get(n, 97.0) for n in crystal.free_parameters(group)])
    cell = tuple(matrix @ free + fixed)
    found = crystal.reflections(cell, group, wavelength=1.0, two_theta_max=40.0)
    shortest = float(crystal.spacing(40.0, wavelength=1.0))
    space_group, unit = gemmi.find_spacegroup_by_name(group), gemmi.UnitCell(*cell)
    unique = gemmi.make_miller_array(unit, space_group, shortest, 0, True)
    spacings = sorted(unit.calculate_d(hkl) for hkl in unique.tolist())
    np.testing.assert_allclose(np.sort(found.d), spacings, rtol=1e-9)
    every = gemmi.make_miller_array(unit, gemmi.find_spacegroup_by_name("P 1"), shortest, 0, False)
    absent = space_group.operations().systematic_absences(every)
    assert int(found.multiplicity.sum()) == int((~np.asarray(absent)).sum())


@pytest.mark.parametrize(("name", "group"), [("CeO2.D", "Fm-3m"), ("LaB6_SRM660c.D", "Pm-3m"), ("Au.D", "Fm-3m")])
def test_spacings_and_multiplicities_agree_with_lists_of_calibrants(name: str, group: str) -> None:
    path = MEASURED / "xrd/CPrescher__Dioptas/calibrants" / name
    if not path.exists():
        pytest.skip("the measured files are not here")
    lines = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    listed = sorted(((float(line[0]), int(line[-1])) for line in lines), reverse=True)
    listed, first = listed[:16], listed[0][0]
    edge = first * np.sqrt(1.0 if name.startswith("LaB6") else 3.0)
    angle = float(crystal.two_theta(listed[-1][0], wavelength=0.2)) + 1e-3
    found = crystal.reflections((edge,), group, wavelength=0.2, two_theta_max=angle)
    # Families of one spacing (511 and 333) are one line of such lists.
    starts = np.flatnonzero(np.concatenate([[True], np.diff(found.d) < -1e-6]))
    np.testing.assert_allclose(found.d[starts], [d for d, _ in listed], rtol=2e-6)
    assert np.add.reduceat(found.multiplicity, starts).tolist() == [count for _, count in listed]


def test_bragg_and_spacing_are_inverse_and_beyond_backscattering_there_is_no_angle() -> None:
    d = np.array([0.8, 1.7, 3.3])
    np.testing.assert_allclose(crystal.spacing(crystal.two_theta(d, wavelength=1.2), wavelength=1.2), d, rtol=1e-13)
    assert np.isnan(crystal.two_theta(0.5, wavelength=1.2))


def test_a_rhombohedral_cell_and_its_hexagonal_one_have_the_same_lines() -> None:
    a, alpha = 4.2, np.radians(57.0)
    hexagonal = (2 * a * np.sin(alpha / 2), a * np.sqrt(3 + 6 * np.cos(alpha)))
    one = crystal.reflections((a, 57.0), "R -3 m:R", wavelength=0.5, two_theta_max=20)
    other = crystal.reflections(hexagonal, "R -3 m:H", wavelength=0.5, two_theta_max=20)
    np.testing.assert_allclose(one.d, other.d, rtol=1e-9)
    assert sorted(one.multiplicity) == sorted(other.multiplicity)


@pytest.mark.parametrize(
    ("group", "free"),
    [("Pm-3m", ("a",)), (139, ("a", "c")), ("R-3c", ("a", "c")), ("P 1 1 21", ("a", "b", "c", "gamma"))],
)
def test_the_free_parameters_are_those_of_the_crystal_system(group: str | int, free: tuple[str, ...]) -> None:
    assert crystal.free_parameters(group) == free


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: crystal.reflections((5.4,), "Xy-3m", wavelength=1, two_theta_max=30), "not known"),
        (lambda: crystal.reflections((5.4,), 231, wavelength=1, two_theta_max=30), "not known"),
        (lambda: crystal.reflections((5.4, 6.0), "Fm-3m", wavelength=1, two_theta_max=30), "given by a"),
        (lambda: crystal.full_cell((5.4, 5.4, 5.5, 90, 90, 90), "Fm-3m"), "does not fit"),
        (lambda: crystal.reflections((-5.4,), "Fm-3m", wavelength=1, two_theta_max=30), "positive"),
        (lambda: crystal.reflections((5.4,), "Fm-3m", wavelength=float("nan"), two_theta_max=30), "wavelength"),
        (lambda: crystal.reflections((5.4,), "Fm-3m", wavelength=1, two_theta_max=190), "2 theta"),
        (lambda: crystal.reflections((5400.0,), "Fm-3m", wavelength=1, two_theta_max=90), "more than"),
        (lambda: crystal.cell_volume((3.6, 5.4)), "space group"),
        (lambda: crystal.cell_volume((4, 4, 4, 20, 20, 120)), "no cell"),
    ],
)
def test_what_is_no_crystal_is_refused_in_one_line(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DomainError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
