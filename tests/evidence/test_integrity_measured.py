"""Every mark on real files is explained; a new one fails until its reason stands here or the test is mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from megabar.evidence.integrity import Mark
from megabar.experiment.integrity import check_files

FOLDERS = ("andreev_btk", "transport", "ruby_raman", "susceptibility", "xrd")

EXPLAINED = {
    ("b2.csv", Mark.MIRRORED): "already symmetrised by its authors, so each half is the other one mirrored",
    ("CeO2_Pilatus1M.xy", Mark.SMOOTHED): "integrated from an image; pixels are shared among the bins of the angle",
    ("background.xy", Mark.SMOOTHED): "integrated from an image; pixels are shared among the bins of the angle",
    ("Cerium.dat", Mark.COMMON_NOISE): "with background.xy: one detector, whose pixels differ in sensitivity",
    ("Fe3O4C_M1_map_1_P1_E1_001.xy", Mark.COMMON_NOISE): "points of one map: one detector and one spotty sample",
    ("Fe3O4C_M1_map_12_P1_E1_001.xy", Mark.COMMON_NOISE): "points of one map: one detector and one spotty sample",
    ("Resistivity_Ch1_TMR_Ch2_Hall_test.dat, Bridge 1", Mark.COMMON_NOISE): (
        "with Bridge 2 of the same sample: read at the same moments, temperature and pick-up move both"
    ),
}


LARGE = {"SHDShim__PeakPo", "dkriegner__xrayutilities", "AdvancedPhotonSource__GSAS-II", "easyscience__diffraction"}
"""Long patterns, which take most of the time."""


def files(root: Path, folder: str, *, large: bool = False) -> list[list[Path]]:
    """The files that hold curves, those of one folder together, as an experiment."""
    left_out = {".poni", ".cif", ".jcpds", ".D", ".PRM", ".prm", ".json"}
    groups: dict[Path, list[Path]] = {}
    for path in sorted((root / folder).rglob("*")):
        if path.is_file() and path.suffix not in left_out and (path.parent.name in LARGE) == large:
            groups.setdefault(path.parent, []).append(path)
    return list(groups.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_mark_on_real_files_is_explained(folder: str, measured: Path) -> None:
    explain(files(measured, folder))


@pytest.mark.calibration
def test_every_mark_on_long_patterns_is_explained(measured: Path) -> None:
    explain(files(measured, "xrd", large=True))


def explain(groups: list[list[Path]]) -> None:
    curves = 0
    for group in groups:
        checked = check_files(group)
        curves += checked.curves
        for one in checked.findings:
            assert (one.curve, one.mark) in EXPLAINED, f"{one.curve} {one.other}: {one.mark.value}: {one.text}"
    assert curves > 0


def test_the_symmetrised_spectrum_and_the_common_detector_are_seen(measured: Path) -> None:
    spectrum = check_files([*(measured / "andreev_btk").rglob("b2.csv")])
    assert {one.mark for one in spectrum.findings} == {Mark.MIRRORED}
    low, high = spectrum.findings[0].where[0]
    assert (-high, -low) == pytest.approx(spectrum.findings[0].where[1])
    maps = check_files(sorted((measured / "xrd/CPrescher__Dioptas").glob("Fe3O4C*.xy")))
    assert len([one for one in maps.findings if one.mark is Mark.COMMON_NOISE]) == 3
