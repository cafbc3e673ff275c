"""Building block: Raman spectra of a cell with CeH9 before and after laser heating, after numbers of Cao et al.

Stated there and used here: 101.9 GPa before and 93.5 GPa after heating, lines of molecular hydrogen near 650 cm^-1
(called S1) and at 4194 cm^-1 (the vibron), a weak new line at 164 cm^-1, all of them after heating only, points 5 um
apart. The pressures are those of the diamond's edge by Akahama's scale of 2006; the source uses that of Baer et al.,
which this program does not know. Everything else is chosen. Source: Z.-Y. Cao et al., arXiv:2401.12682 (2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics.pressure_scale import diamond_edge_shift
from megabar.simulate.blocks import Block, cell_table, made_by
from megabar.simulate.dialects import delimited_text

FloatArray = NDArray[np.float64]

SOURCE: Final = "Z.-Y. Cao et al., arXiv:2401.12682 (2024), on the Raman spectra of their cell 1"
SCALE: Final = "akahama_2006"
UNSTRESSED: Final = 1332.5
"""cm^-1, of the diamond's line at its far end."""
RANGE: Final = (100.0, 4400.0, 2.4)
"""cm^-1: from, to, step."""
NEW_LINES: Final = {"new mode": (164.0, 9.0, 60.0), "roton S1": (650.0, 30.0, 130.0), "vibron": (4194.0, 14.0, 320.0)}
"""Name -> centre and full width (cm^-1), height (counts) of Lorentz lines that are there after heating."""
BACKGROUND: Final = (120.0, 60.0, 900.0)
"""Counts: constant, and a part that falls off within so many cm^-1."""
BAND: Final = (220.0, 7.0)
"""Counts of the stressed diamond's band, and width of its edge in cm^-1."""
NOISE: Final = 3.0
"""Counts, one standard deviation."""
SPIKES: Final = 2
"""Cosmic rays in a spectrum."""
PRESSURE_ERROR: Final = 2.0


@dataclass(frozen=True)
class Spot:
    """One spectrum: name of its file, position across the cell (um), pressure (GPa), and whether it is heated."""

    name: str
    position: float
    pressure: float
    heated: bool
    origin: str

    @property
    def edge(self) -> float:
        """Of the diamond's band, cm^-1."""
        return float(diamond_edge_shift(self.pressure, scale=SCALE))


SPOTS: Final = (
    Spot("before_heating", 0.0, 101.9, False, "stated in the source"),
    Spot("after_heating_left", -10.0, 94.4, True, "chosen around what the source states"),
    Spot("after_heating_middle", 0.0, 93.5, True, "stated in the source"),
    Spot("after_heating_right", 10.0, 92.6, True, "chosen around what the source states"),
)


def spectrum(spot: Spot, shift: FloatArray) -> FloatArray:
    """Expected counts at Raman shifts in cm^-1, (n,)."""
    height, width = BAND
    level, fluorescence, reach = BACKGROUND
    counts = level + fluorescence * np.exp(-shift / reach)
    rise, fall = np.tanh((shift - UNSTRESSED) / 3.0), np.tanh((shift - spot.edge) / width)
    counts = counts + 0.25 * height * (1.0 + rise) * (1.0 - fall)
    lines = [(UNSTRESSED, 8.0, 500.0), *(NEW_LINES.values() if spot.heated else ())]
    for centre, full, top in lines:
        counts = counts + top / (1.0 + 4.0 * ((shift - centre) / full) ** 2)
    return np.asarray(counts, dtype=np.float64)


def block(key: Sequence[int], *, recipe: str, folder: str) -> Block:
    """All spectra; key: seeds of the random numbers."""
    paths = {spot.name: f"{folder}/{spot.name}.txt" for spot in SPOTS}
    return Block(
        name="Raman spectra",
        files={
            paths[spot.name]: _raw_file(spot, np.random.default_rng([*key, i]), recipe) for i, spot in enumerate(SPOTS)
        },
        measurements=(_measurement(paths.values()),),
        truth=_truth(paths),
        about=_about(),
        cells={"cell 1": cell_table("cell 1", scale=SCALE)},
    )


def _raw_file(spot: Spot, rng: np.random.Generator, recipe: str) -> bytes:
    start, stop, step = RANGE
    shift = np.arange(start, stop, step)
    counts = spectrum(spot, shift) + NOISE * rng.standard_normal(shift.size)
    places = rng.choice(shift.size, SPIKES, replace=False)
    counts[places] += rng.uniform(300.0, 3000.0, SPIKES)
    comments = (made_by(recipe), f"cell 1, {spot.name.replace('_', ' ')}, {spot.position:g} um from the middle")
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "Raman shift (cm^-1)": (shift, 1),
        "Counts": (counts, 1),
    }
    return delimited_text(columns, delimiter="\t", comments=comments)


def _measurement(paths: Iterable[str]) -> str:
    listed = "\n".join(f'    "{path}",' for path in paths)
    positions = ", ".join(f"{spot.position:g}" for spot in SPOTS if spot.heated)
    return f"""\
[[measurement]]
name = "Raman, before and after heating"
kind = "raman"
file = [
{listed}
]
cell = "cell 1"
pressure = {{value = {SPOTS[2].pressure}, error = {PRESSURE_ERROR}}}
settings = {{before = "{SPOTS[0].name}", positions = [{positions}], scale = "{SCALE}"}}
"""


def _truth(paths: dict[str, str]) -> dict[str, object]:
    return {
        "source": SOURCE,
        "model": "a band that ends at the edge, Lorentz lines, a background that falls off; normal noise, cosmic rays",
        "units": "GPa, cm^-1, um, counts; widths are full widths at half maximum",
        "scale": {"value": SCALE, "origin": "chosen; the source uses the one of Baer et al."},
        "spectra": {
            paths[spot.name]: {
                "pressure": {"value": spot.pressure, "origin": spot.origin},
                "edge": round(spot.edge, 9),
                "position": spot.position,
                "heated": spot.heated,
            }
            for spot in SPOTS
        },
        "lines_after_heating": {
            name: {"centre": {"value": centre, "origin": "stated in the source"}, "width": width, "height": height}
            for name, (centre, width, height) in NEW_LINES.items()
        },
        "chosen": {"noise": NOISE, "background": list(BACKGROUND), "band": list(BAND), "spikes": SPIKES},
    }


def _about() -> str:
    lines = ", ".join(f"{name} {centre:g}" for name, (centre, _, _) in NEW_LINES.items())
    edges = ", ".join(f"{spot.pressure:g} GPa at {spot.edge:.1f}" for spot in SPOTS)
    gradient = SPOTS[1].pressure - SPOTS[2].pressure
    return f"""
Source: {SOURCE}. It states {SPOTS[0].pressure} GPa before and {SPOTS[2].pressure} GPa after heating, and lines that are
there after heating only: {lines} cm^-1.

The pressures are those of the diamond's edge by {SCALE}: {edges} cm^-1. The source uses the scale of Baer et al., which
the program does not know. Three points across the cell after heating, a gradient of {gradient:.1f} GPa per 10 um,
heights and widths of the lines, noise of {NOISE:g} counts and {SPIKES} cosmic rays in each spectrum are chosen.
"""
