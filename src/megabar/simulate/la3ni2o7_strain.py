"""Building block: widths of X-ray lines of La3Ni2O7 from 1.6 to 41.2 GPa, after numbers that Talantsev and Chistyakov
state.

Stated there and used here: the wavelength, a strain of 0.0079 from 5 to 18 GPa (Amam), less below, a rise once the
transition to Fmmm is done near 20 GPa, its largest value near 33 GPa, crystallites too large to be seen in the widths,
instrumental widths neglected. The lines, every other strain and the scatter are chosen.
Source: E. F. Talantsev and V. V. Chistyakov, arXiv:2401.00804 (2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics.strain import williamson_hall
from megabar.simulate.blocks import Block, made_by
from megabar.simulate.dialects import delimited_text

FloatArray = NDArray[np.float64]

SOURCE: Final = "E. F. Talantsev and V. V. Chistyakov, arXiv:2401.00804 (2024), on La3Ni2O7"
WAVELENGTH: Final = 0.6199
"""angstrom."""
STRAINS: Final = {
    1.6: 0.0048,
    4.9: 0.0079,
    8.0: 0.0079,
    11.2: 0.0079,
    14.7: 0.0079,
    17.6: 0.0079,
    20.3: 0.0084,
    23.1: 0.0093,
    26.6: 0.0101,
    29.8: 0.0107,
    33.2: 0.0110,
    37.0: 0.0107,
    41.2: 0.0102,
}
"""Pressure (GPa) -> strain."""
STATED: Final = 0.0079
"""The strain that the source prints for 5 to 18 GPa."""
ANGLES: Final = (9.3, 12.9, 15.4, 18.6, 21.4, 24.0, 26.7)
"""2 theta of the lines at zero pressure, deg."""
SHIFT: Final = 9e-4
"""Relative growth of the angles per GPa."""
SCATTER: Final = 0.02
"""Of a width about the law, over the width, one standard deviation."""
PHASES: Final = (("Amam", 4.5, 18.5), ("Fmmm", 20.0, 42.0))
"""Name, from, to (GPa)."""


def block(key: Sequence[int], *, recipe: str, folder: str = "raw") -> Block:
    """The table of widths; key: seeds of the random numbers."""
    path = f"{folder}/line_widths.txt"
    return Block(
        name="Line widths",
        files={path: _raw_file(np.random.default_rng(list(key)), recipe)},
        measurements=(_measurement(path),),
        truth=_truth(path),
        about=f"""
Line widths: the source states a strain of {STATED:g} from 5 to 18 GPa (Amam), a rise from 20 to 33 GPa (Fmmm),
crystallites too large to be seen and a wavelength of {WAVELENGTH} angstrom. `{path}` holds {len(ANGLES)} lines at each
of {len(STRAINS)} pressures, widths 4 strain tan(theta) with an error of {100.0 * SCATTER:g} %; all strains but
{STATED:g} are chosen.
""",
    )


def _raw_file(rng: np.random.Generator, recipe: str) -> bytes:
    pressure = np.repeat(list(STRAINS), len(ANGLES))
    angle = np.tile(ANGLES, len(STRAINS)) * (1.0 + SHIFT * pressure)
    exact = np.array(
        [
            float(williamson_hall(a, strain=STRAINS[float(p)], wavelength=WAVELENGTH))
            for p, a in zip(pressure, angle, strict=True)
        ]
    )
    width = exact * (1.0 + SCATTER * rng.standard_normal(exact.size))
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "P (GPa)": (pressure, 1),
        "2theta (deg)": (angle, 4),
        "FWHM (deg)": (width, 5),
        "FWHM_err (deg)": (SCATTER * exact, 5),
    }
    comments = (made_by(recipe), "La3Ni2O7, widths of single X-ray lines")
    return delimited_text(columns, delimiter="\t", comments=comments)


def _measurement(path: str) -> str:
    phases = ", ".join(f'{{name = "{name}", low = {low}, high = {high}}}' for name, low, high in PHASES)
    return f"""\
[[measurement]]
name = "line widths"
kind = "strain"
file = "{path}"
settings = {{wavelength = {WAVELENGTH}, phases = [{phases}]}}
"""


def _truth(path: str) -> dict[str, object]:
    return {
        "source": SOURCE,
        "model": "megabar.physics.strain.williamson_hall without a size",
        "units": "GPa, deg, angstrom",
        "file": path,
        "wavelength": {"value": WAVELENGTH, "origin": "stated in the source"},
        "strain": {
            f"{p:g}": {"value": e, "origin": "stated in the source" if e == STATED else "chosen for the simulation"}
            for p, e in STRAINS.items()
        },
        "scatter": {"value": SCATTER, "origin": "chosen for the simulation"},
    }
