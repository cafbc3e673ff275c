"""Recipe: volumes of (La,Ce)-H and La-H polyhydrides per formula unit, 82 to 132 GPa, after Chen et al.

Stated there and used here: diffraction at 82 to 132 GPa on decompression, a ratio La : Ce of 3, a volume of the ternary
hydride below that of the binary one, a hydrogen content between 9 and 10 that cannot be told exactly, and a gauge (the
diamond edge) that reads some 18 GPa above another. No volume is printed there: every number is chosen. Second-order
Birch-Murnaghan is the truth of the volumes; a hydride whose hydrogen takes up as much is that of the content.
Source: W. Chen et al., Nat. Commun. 14, 2660 (2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.physics.composition import half_molecular_volume
from megabar.physics.equation_of_state import volume_at
from megabar.simulate.blocks import Block, experiment_file, made_by, readme_file, truth_file
from megabar.simulate.dialects import delimited_text

FloatArray = NDArray[np.float64]

NAME: Final = "lace-volumes"
SOURCE: Final = "W. Chen et al., Nat. Commun. 14, 2660 (2023), on its diffraction"
LANTHANUM: Final = {"volume_zero": 37.5, "modulus": 24.3, "modulus_derivative": 4.5}
CERIUM: Final = {"volume_zero": 34.4, "modulus": 24.3, "modulus_derivative": 4.5}
"""Vinet's law per atom, angstrom^3 and GPa; lanthanum comes to 14.7 angstrom^3 at 150 GPa."""
CERIUM_SHARE: Final = 0.25
MODULUS: Final = 94.0
"""GPa, K0 of the hydrides, with K0' = 4."""
REFERENCE: Final = 10.0
READINGS: Final = 12
LOWEST, HIGHEST = 82.0, 132.0
"""GPa, of the readings; decompression from the highest."""
PRESSURE_ERROR: Final = 1.0
VOLUME_ERROR: Final = 0.06
"""GPa and angstrom^3 per formula unit, one standard deviation of a reading."""
GAUGE_ERROR: Final = 9.0
"""GPa, common to all readings: half of what the two gauges of the source differ by."""


@dataclass(frozen=True)
class Truth:
    """One hydride: share of cerium in its metal, V0 (angstrom^3 per formula unit), hydrogen per metal atom."""

    name: str
    file: str
    cerium: float
    volume_zero: float
    content: float

    def volume(self, pressure: FloatArray) -> FloatArray:
        """Per formula unit, angstrom^3, at pressures in GPa."""
        return np.asarray(volume_at(pressure, volume_zero=self.volume_zero, modulus=MODULUS))

    def metal(self, pressure: FloatArray) -> FloatArray:
        """Volume per metal atom; those of an alloy add."""
        parts = [np.asarray(volume_at(pressure, law="vinet", **one)) for one in (LANTHANUM, CERIUM)]
        return np.asarray((1.0 - self.cerium) * parts[0] + self.cerium * parts[1], dtype=np.float64)

    def reference(self, pressure: FloatArray) -> FloatArray:
        """Volume of the same metal with ten hydrogen atoms that take up as much each."""
        metal = self.metal(pressure)
        return metal + (self.volume(pressure) - metal) * REFERENCE / self.content

    def half(self, pressure: FloatArray) -> FloatArray:
        """Hydrogen per metal atom that half of molecular hydrogen an atom gives."""
        hydrogen = np.asarray(half_molecular_volume(pressure))
        return np.asarray((self.volume(pressure) - self.metal(pressure)) / hydrogen)


TRUTHS: Final = (
    Truth("(La,Ce)H", "raw/lace_volumes.csv", CERIUM_SHARE, 54.0, 9.5),
    Truth("LaH", "raw/lah_volumes.csv", 0.0, 55.5, 9.7),
)


def block(key: Sequence[int], *, recipe: str = NAME, folder: str = "raw") -> Block:
    """Volumes of both hydrides; key: seeds of the random numbers."""
    truths = [replace(truth, file=f"{folder}/{PurePosixPath(truth.file).name}") for truth in TRUTHS]
    return Block(
        name="Volumes",
        files={t.file: _raw_file(t, np.random.default_rng([*key, i]), recipe) for i, t in enumerate(truths)},
        measurements=tuple(_measurement(truth) for truth in truths),
        truth=_truth(truths),
        about=_about(),
    )


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    made = block((seed,))
    return {
        **made.files,
        "experiment.toml": experiment_file(
            NAME, (made,), title="Volumes of (La,Ce)-H and La-H at 82 to 132 GPa", sample="(La,Ce)-H and La-H"
        ),
        "truth.json": truth_file(NAME, seed, made.truth),
        "README.md": readme_file(
            NAME, seed, heading="Volumes of (La,Ce)-H and La-H at 82 to 132 GPa", about=made.about, closing=""
        ),
    }


def _raw_file(truth: Truth, rng: np.random.Generator, recipe: str) -> bytes:
    pressure = np.linspace(HIGHEST, LOWEST, READINGS)
    volume = truth.volume(pressure) + VOLUME_ERROR * rng.standard_normal(READINGS)
    read = pressure + PRESSURE_ERROR * rng.standard_normal(READINGS)
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "P (GPa)": (read, 2),
        "P_err (GPa)": (np.full(READINGS, PRESSURE_ERROR), 2),
        "V (A^3)": (volume, 4),
        "V_err (A^3)": (np.full(READINGS, VOLUME_ERROR), 4),
    }
    comments = (
        made_by(recipe),
        f"{truth.name}, volume per formula unit on decompression",
    )
    return delimited_text(columns, delimiter=",", comments=comments)


def _measurement(truth: Truth) -> str:
    metals = [("La", LANTHANUM, 1.0 - truth.cerium), ("Ce", CERIUM, truth.cerium)]
    listed = ",\n".join(_curve(name, law, share) for name, law, share in metals if share > 0.0)
    pressures = np.arange(70.0, 151.0, 10.0)
    reference = f"{truth.name}10"
    pairs = ", ".join(f"[{p:g}, {v:.4f}]" for p, v in zip(pressures, truth.reference(pressures), strict=True))
    return f"""\
[[measurement]]
name = "{truth.name}"
kind = "volumes"
file = "{truth.file}"
notes = "pressures by the diamond edge, akahama_2006"

[measurement.settings]
gauge_error = {GAUGE_ERROR}

[measurement.settings.hydrogen]
metal = [
{listed},
]
references = [
    {{name = "{reference}", content = {REFERENCE}, table = [{pairs}]}},
]
"""


def _curve(name: str, law: Mapping[str, float], share: float) -> str:
    constants = ", ".join(f"{key} = {value}" for key, value in law.items())
    fraction = f", fraction = {share:g}" if share < 1.0 else ""
    return f'    {{name = "{name}", law = "vinet", {constants}{fraction}}}'


def _truth(truths: Sequence[Truth]) -> dict[str, object]:
    """What went in, to nine digits."""
    pressures = np.array([LOWEST, 0.5 * (LOWEST + HIGHEST), HIGHEST])
    return {
        "source": SOURCE,
        "model": "Birch-Murnaghan of second order; metals by Vinet's law; the reference hydride of the same metal",
        "units": "GPa, angstrom^3 per formula unit; errors are one standard deviation of a reading",
        "measurements": {
            truth.name: {
                "file": {"value": truth.file, "origin": "chosen"},
                "hydrogen_content": {"value": truth.content, "origin": "chosen within 9 to 10, the source's range"},
                "volume_zero": {"value": truth.volume_zero, "origin": "chosen"},
                "modulus": {"value": MODULUS, "origin": "chosen"},
                "cerium_share": {"value": truth.cerium, "origin": "La : Ce of 3 is stated in the source"},
                "pressure_error": {"value": PRESSURE_ERROR, "origin": "chosen"},
                "volume_error": {"value": VOLUME_ERROR, "origin": "chosen"},
                "gauge_error": {"value": GAUGE_ERROR, "origin": "half of the 18 GPa between gauges in the source"},
            }
            for truth in truths
        },
        "volumes": {truth.name: _at(pressures, truth.volume(pressures)) for truth in truths},
        "content_by_half_of_molecular_hydrogen": {
            truth.name: _at(pressures, truth.half(pressures)) for truth in truths
        },
    }


def _at(pressures: FloatArray, values: FloatArray) -> dict[str, float]:
    return {f"{p:g}": round(float(v), 9) for p, v in zip(pressures, values, strict=True)}


def _about() -> str:
    return f"""
Source: {SOURCE}. It puts the ternary hydride between CeH9 and LaH10 by its volume and says that the hydrogen content
cannot be told exactly. It prints no volumes: here they follow Birch-Murnaghan's law of second order with K0 =
{MODULUS:g} GPa and V0 = 54 and 55.5 cubic angstrom per formula unit. The metals follow Vinet's law, La : Ce = 3 in the
ternary one. The hydrogen content is x = 9.5 for (La,Ce)H and 9.7 for LaH.

The experiment file gives two conventions. The reference hydride holds ten hydrogen atoms that take up as much each as
those of the sample, so it has to find x. Half of molecular hydrogen at the same pressure finds less, and a content
that changes with pressure, which nothing in the sample does: the distance between the two is what a volume alone
leaves open.

Each of {READINGS} readings has errors of {PRESSURE_ERROR:g} GPa and {VOLUME_ERROR:g} cubic angstrom; the pressures
have one of {GAUGE_ERROR:g} GPa in common, half of what two gauges of the source differ by. The values read are those of
that gauge, so that a comparison with the truth is one of the analysis alone.
"""
