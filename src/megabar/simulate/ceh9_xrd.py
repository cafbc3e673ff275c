"""Recipe: a map of 5 x 5 diffraction images of CeH9 and CeH4 near 100 GPa, after numbers that Cao et al. state.

Stated there and used here: 5 x 5 points with a step of 5 um, wavelength 0.6199 angstrom, the cells of both phases,
spotty rings. Chosen: where each phase lies, intensities, texture, line widths, background, spots of the diamonds,
the detector and its place. Source: Z.-Y. Cao et al., arXiv:2401.12682 (2024).
"""

from __future__ import annotations

import bz2
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics.crystal import reflections
from megabar.simulate.blocks import MARK, Block, cell_table, experiment_file, readme_file, truth_file

FloatArray = NDArray[np.float64]

NAME: Final = "ceh9-xrd"
SOURCE: Final = "Z.-Y. Cao et al., arXiv:2401.12682 (2024), on the X-ray diffraction of CeH9 and CeH4"
WAVELENGTH: Final = 0.6199
"""angstrom."""
POINTS: Final = 5
"""Along each side of the map."""
STEP: Final = 5.0
"""um."""
PRESSURE: Final = 93.5
PRESSURE_ERROR: Final = 5.0
SIDE: Final = 200
"""Pixels of the detector along each side."""
PIXEL: Final = 8e-4
DISTANCE: Final = 0.30
CENTRE: Final = 0.008
"""m: pixel, distance of the detector, and the beam's distance from both edges of its corner."""
GROUND: Final = (2.5, 3.0, 9.0)
"""Background in counts a pixel: constant, and a part that falls off with 2 theta within so many degrees."""
WIDTH: Final = 0.16
"""Full width at half maximum at 2 theta = 0, deg; grows with tan(theta) by the strain below."""
STRAIN: Final = 0.003
RANGE: Final = (8.0, 33.0)
"""2 theta that the experiment file asks to fit, deg: without the beam stop's side and the detector's far corner."""
SECTOR: Final = 4.0
GRAINS: Final = 2.0
"""Texture: intensities of sectors of a ring (deg) follow a gamma distribution of this shape."""
SPOTS: Final = 7
OVERFLOW: Final = 65_535
GRADIENT: Final = 0.0008
"""Relative change of both cells' lengths from the left to the right of the map: pressure falls."""


@dataclass(frozen=True)
class Phase:
    """cell: free lengths, angstrom; positions: of the cerium atoms, for extinctions; strongest: counts a pixel of the
    strongest ring where the phase is thickest; centre, radius: of its place in the map, in points."""

    name: str
    space_group: str
    cell: tuple[float, ...]
    formula_units: int
    positions: tuple[tuple[float, float, float], ...]
    strongest: float
    centre: tuple[float, float]
    radius: float


PHASES: Final = (
    Phase("CeH9", "P6_3/mmc", (3.674, 5.427), 2, ((1 / 3, 2 / 3, 1 / 4),), 45.0, (1.6, 1.8), 1.7),
    Phase("CeH4", "I4/mmm", (2.838, 5.801), 2, ((0.0, 0.0, 0.0),), 40.0, (3.0, 2.6), 1.5),
)
LEAST: Final = 0.10
"""A phase thinner than this share of its thickest place is not in a frame at all."""


def block(
    key: Sequence[int],
    *,
    recipe: str = NAME,
    folder: str = "raw",
    calibration: str = "calibration/detector.poni",
) -> Block:
    """The map; key: seeds of the random numbers; calibration: path of the place of the detector."""
    strengths = _strengths(np.random.default_rng([*key, 0]))
    raw = {
        _name(row, column, folder): _frame(
            row, column, strengths, np.random.default_rng([*key, 1, row, column]), recipe
        )
        for row in range(POINTS)
        for column in range(POINTS)
    }
    return Block(
        name="The X-ray map",
        files={**raw, calibration: _poni(recipe)},
        measurements=(_measurement(folder, calibration),),
        truth=_truth(strengths, folder),
        about=_about(calibration),
        cells={"cell 1": cell_table("cell 1", scale="akahama_2006", gauge_error=None)},
    )


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: images, calibration, experiment.toml, truth.json and README.md."""
    made = block((seed,))
    return {
        **made.files,
        "experiment.toml": experiment_file(
            NAME,
            (made,),
            title="X-ray diffraction map of CeH9 and CeH4 near 100 GPa",
            sample="CeH9",
            composition="CeH9",
            content="images",
        ),
        "truth.json": truth_file(NAME, seed, made.truth),
        "README.md": readme_file(NAME, seed, heading="X-ray diffraction map of CeH9 and CeH4", about=made.about),
    }


def share(phase: Phase, row: int, column: int) -> float:
    """Thickness of a phase at a point of the map, 1 where it is thickest, 0 below `LEAST`."""
    away = np.hypot(column - phase.centre[0], row - phase.centre[1]) / phase.radius
    thickness = float(np.exp(-0.5 * away**2))
    return thickness if thickness >= LEAST else 0.0


def cell(phase: Phase, column: int) -> tuple[float, ...]:
    """Lengths at a column of the map, angstrom: those of the source in the middle one."""
    middle = (POINTS - 1) / 2.0
    return tuple(length * (1.0 + 0.5 * GRADIENT * (column - middle) / middle) for length in phase.cell)


def _angles() -> tuple[FloatArray, FloatArray]:
    """2 theta and azimuth of every pixel, deg."""
    place = (np.arange(SIDE) + 0.5) * PIXEL - CENTRE
    y, x = place[:, None], place[None, :]
    return np.degrees(np.arctan2(np.hypot(y, x), DISTANCE)), np.degrees(np.arctan2(y, x))


def _strengths(rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Height of every ring relative to the strongest, by phase and indices; the same in all frames."""
    made = {}
    for phase in PHASES:
        found = reflections(
            phase.cell, phase.space_group, wavelength=WAVELENGTH, two_theta_max=32.0, positions=phase.positions
        )
        falling = found.multiplicity * np.exp(-0.25 * (found.d[0] / found.d) ** 2) / found.two_theta
        height = falling * rng.uniform(0.5, 1.5, falling.size)
        names = [" ".join(str(int(n)) for n in hkl) for hkl in found.hkl]
        made[phase.name] = {
            n: round(float(h), 6) for n, h in zip(names, np.maximum(height / height.max(), 0.05), strict=True)
        }
    return made


def _frame(
    row: int, column: int, strengths: Mapping[str, Mapping[str, float]], rng: np.random.Generator, recipe: str
) -> bytes:
    """One image as an .edf file whose pixels are packed by bzip2."""
    angle, azimuth = _angles()
    expected = GROUND[0] + GROUND[1] * np.exp(-angle / GROUND[2])
    for phase in PHASES:
        thickness = share(phase, row, column)
        if thickness > 0.0:
            expected = expected + _rings(phase, column, strengths[phase.name], thickness, (angle, azimuth), rng)
    counts = rng.poisson(expected * np.cos(np.radians(angle)) ** 3)
    for _ in range(SPOTS):
        y, x = rng.integers(4, SIDE - 6, 2)
        counts[y : y + 3, x : x + 3] += rng.integers(500, 80_000, (3, 3))
    return _edf(np.minimum(counts, OVERFLOW).astype("<u2"), row, column, recipe)


def _rings(
    phase: Phase,
    column: int,
    strengths: Mapping[str, float],
    thickness: float,
    angles: tuple[FloatArray, FloatArray],
    rng: np.random.Generator,
) -> FloatArray:
    """Counts a pixel of all rings of a phase: Gauss lines, spotty along the ring."""
    angle, azimuth = angles
    found = reflections(
        cell(phase, column), phase.space_group, wavelength=WAVELENGTH, two_theta_max=34.0, positions=phase.positions
    )
    sectors = np.floor((azimuth + 180.0) / SECTOR).astype(int)
    total = np.zeros_like(angle)
    for hkl, centre in zip(found.hkl, found.two_theta, strict=True):
        height = strengths.get(" ".join(str(int(n)) for n in hkl))
        if height is None:
            continue
        grains = rng.gamma(GRAINS, 1.0 / GRAINS, int(sectors.max()) + 1)
        width = WIDTH + np.degrees(4.0 * STRAIN * np.tan(np.radians(centre / 2.0)))
        line = np.exp(-4.0 * np.log(2.0) * ((angle - centre) / width) ** 2)
        total += phase.strongest * thickness * height * grains[sectors] * line
    return total


def _edf(pixels: NDArray[np.uint16], row: int, column: int, recipe: str) -> bytes:
    packed = bz2.compress(pixels.tobytes(), 9)
    header = "\n".join(
        (
            "{",
            f"Title = {MARK}: row {row + 1} column {column + 1} of a map by megabar simulate {recipe} ;",
            "HeaderID = EH:000001:000000:000000 ;",
            "Image = 1 ;",
            "ByteOrder = LowByteFirst ;",
            "DataType = UnsignedShort ;",
            f"Dim_1 = {SIDE} ;",
            f"Dim_2 = {SIDE} ;",
            "COMPRESSION = BZ2 ;",
            f"Size = {len(packed)} ;",
        )
    )
    return (header.ljust(1021) + "\n}\n").encode() + packed


def _poni(recipe: str) -> bytes:
    return f"""\
# {MARK}: place of the detector in megabar simulate {recipe}
poni_version: 2.1
Detector: Detector
Detector_config: {{"pixel1": {PIXEL}, "pixel2": {PIXEL}, "max_shape": [{SIDE}, {SIDE}], "orientation": 3}}
Distance: {DISTANCE}
Poni1: {CENTRE}
Poni2: {CENTRE}
Rot1: 0
Rot2: 0
Rot3: 0
Wavelength: {WAVELENGTH}e-10
""".encode()


def _name(row: int, column: int, folder: str = "raw") -> str:
    return f"{folder}/row{row + 1}_column{column + 1}.edf"


def _measurement(folder: str, calibration: str) -> str:
    names = "\n".join(f'  "{_name(row, column, folder)}",' for row in range(POINTS) for column in range(POINTS))
    phases = "\n".join(
        f'  {{name = "{p.name}", cell = [{", ".join(f"{x:g}" for x in p.cell)}], space_group = "{p.space_group}", '
        f"formula_units = {p.formula_units}}},"
        for p in PHASES
    )
    return f"""\
[[measurement]]
name = "map"
kind = "map"
cell = "cell 1"
pressure = {{value = {PRESSURE}, error = {PRESSURE_ERROR}}}
read = {{poni = "{calibration}"}}
file = [
{names}
]

[measurement.settings]
columns = {POINTS}
step = {STEP}

[measurement.settings.pattern]
range = [{RANGE[0]}, {RANGE[1]}]
phases = [
{phases}
]
"""


def _truth(strengths: Mapping[str, Mapping[str, float]], folder: str) -> dict[str, object]:
    """What went in, to six digits."""
    points = [(row, column) for row in range(POINTS) for column in range(POINTS)]
    return {
        "source": SOURCE,
        "units": "angstrom, deg, um, m, GPa; thickness relative to the thickest place of each phase",
        "wavelength": {"value": WAVELENGTH, "origin": "stated in the source"},
        "step": {"value": STEP, "origin": "stated in the source"},
        "phases": {
            phase.name: {
                "space_group": phase.space_group,
                "cell": {"value": list(phase.cell), "origin": "stated in the source"},
                "strengths": strengths[phase.name],
            }
            for phase in PHASES
        },
        "frames": {
            _name(row, column, folder): {
                phase.name: {
                    "thickness": round(share(phase, row, column), 6),
                    "cell": [round(length, 6) for length in cell(phase, column)],
                }
                for phase in PHASES
            }
            for row, column in points
        },
        "chosen": {
            "gradient": GRADIENT,
            "width": WIDTH,
            "strain": STRAIN,
            "background": list(GROUND),
            "grains": GRAINS,
            "sector": SECTOR,
            "spots": SPOTS,
            "pixel": PIXEL,
            "distance": DISTANCE,
            "pressure": PRESSURE,
            "pressure_error": PRESSURE_ERROR,
        },
    }


def _about(calibration: str) -> str:
    rows = "\n".join(
        f"| {p.name} | {p.space_group} | {p.cell[0]:g}, {p.cell[1]:g} | {p.centre[1] + 1:g}, {p.centre[0] + 1:g} |"
        for p in PHASES
    )
    return f"""
Source: {SOURCE}. It states the wavelength of {WAVELENGTH} angstrom, a map of {POINTS} x {POINTS} points with a step of
{STEP:g} um, spotty rings, and the cells by Le Bail, which are the truth here in the middle column of the map.

| phase | space group | a, c (angstrom) | thickest at row, column |
|---|---|---|---|
{rows}

Chosen: where each phase lies and how thick it is (truth.json, by frame; there is none of it below
{100 * LEAST:g} % of its thickest place), both cells wider by {100 * GRADIENT:g} % on the right than on the left,
intensities of the rings, which spare the extinctions of cerium on its sites, lines {WIDTH:g} deg wide that a strain of
{STRAIN:g} widens with the angle, a background of some {GROUND[0] + 0.4 * GROUND[1]:.0f} counts a pixel, Poisson noise,
{SPOTS} spots of the diamonds in each frame, some of them saturated at {OVERFLOW}, and grains: the intensity along a
ring changes every {SECTOR:g} deg. The detector has {SIDE} x {SIDE} pixels of {1e3 * PIXEL:g} mm at {DISTANCE:g} m, its
corner near the beam; {calibration} is exact.
"""
