"""Internal standards: pressures from the volume of a known solid at 300 K, by its published equation of state.

Volumes are those of the conventional cell in angstrom^3 (4 formula units; rhenium: 2).
The equations evaluate wherever they are defined; `STANDARDS` tells up to where each was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from numpy.typing import ArrayLike

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray
from megabar.physics.equation_of_state import LAWS, Name, volume_at


@dataclass(frozen=True)
class Standard:
    """One published equation of state at 300 K.

    volume_zero: of the cell, angstrom^3; modulus K0 in GPa and its derivative; highest: GPa, up to where it was
    measured. remark: what the pressures behind it rest on.
    """

    name: str
    material: str
    law: Name
    volume_zero: float
    modulus: float
    modulus_derivative: float
    highest: float
    source: str
    doi: str
    remark: str = ""

    @property
    def constants(self) -> dict[str, float]:
        """The keyword arguments of its law."""
        return {
            "volume_zero": self.volume_zero,
            "modulus": self.modulus,
            "modulus_derivative": self.modulus_derivative,
        }

    def pressure(self, volume: ArrayLike) -> FloatArray | float:
        """GPa from the volume of the cell, angstrom^3."""
        return LAWS[self.law].pressure(volume, **self.constants)

    def bulk_modulus(self, volume: ArrayLike) -> FloatArray | float:
        """-V dP/dV in GPa."""
        return LAWS[self.law].modulus(volume, **self.constants)

    def volume(self, pressure: ArrayLike) -> FloatArray | float:
        """Cell volume in angstrom^3 at a pressure in GPa."""
        return volume_at(pressure, law=self.law, **self.constants)

    def covers(self, pressure: float) -> bool:
        """Whether it was measured at this pressure (GPa)."""
        return 0.0 <= pressure <= self.highest


_FEI: Final = ("Y. Fei et al., Proc. Natl Acad. Sci. USA 104, 9182 (2007)", "10.1073/pnas.0609013104")

STANDARDS: Final[Mapping[str, Standard]] = MappingProxyType(
    {
        standard.name: standard
        for standard in (
            Standard("gold_fei_2007", "gold", "vinet", 67.850, 167.0, 6.00, 118.0, *_FEI),
            Standard(
                "gold_fei_2007_bm3",
                "gold",
                "birch_murnaghan",
                67.850,
                167.0,
                5.77,
                118.0,
                *_FEI,
                "the same data by the other law",
            ),
            Standard(
                "gold_dewaele_2004",
                "gold",
                "vinet",
                67.848,
                167.0,
                6.00,
                94.0,
                "A. Dewaele, P. Loubeyre and M. Mezouar, Phys. Rev. B 70, 094112 (2004)",
                "10.1103/PhysRevB.70.094112",
                "rests on ruby of dewaele_2004",
            ),
            Standard(
                "gold_takemura_2008",
                "gold",
                "vinet",
                67.848,
                167.0,
                5.90,
                123.0,
                "K. Takemura and A. Dewaele, Phys. Rev. B 78, 104119 (2008)",
                "10.1103/PhysRevB.78.104119",
            ),
            Standard(
                "gold_fratanduono_2021",
                "gold",
                "vinet",
                67.716,
                170.90,
                5.880,
                1000.0,
                "D. E. Fratanduono et al., Science 372, 1063 (2021)",
                "10.1126/science.abh0364",
                "reduced from ramp compression",
            ),
            Standard(
                "mgo_speziale_2001",
                "MgO",
                "birch_murnaghan",
                74.71,
                160.2,
                3.99,
                140.0,
                "S. Speziale et al., J. Geophys. Res. 106, 515 (2001)",
                "10.1029/2000JB900318",
            ),
            Standard(
                "mgo_tange_2009",
                "MgO",
                "vinet",
                74.698,
                160.63,
                4.367,
                196.0,
                "Y. Tange, Y. Nishihara and T. Tsuchiya, J. Geophys. Res. 114, B03208 (2009)",
                "10.1029/2008JB005813",
                "independent of other scales",
            ),
            Standard("platinum_fei_2007", "platinum", "vinet", 60.38, 277.0, 5.08, 94.0, *_FEI),
            Standard(
                "platinum_matsui_2009",
                "platinum",
                "vinet",
                60.38,
                273.0,
                5.20,
                300.0,
                "M. Matsui et al., J. Appl. Phys. 105, 013505 (2009)",
                "10.1063/1.3054331",
                "reduced from shock compression",
            ),
            Standard("neon_fei_2007", "neon", "vinet", 88.967, 1.16, 8.23, 115.0, *_FEI),
            Standard(
                "rhenium_anzellini_2014",
                "rhenium",
                "vinet",
                29.467,
                352.6,
                4.56,
                144.0,
                "S. Anzellini et al., J. Appl. Phys. 115, 043511 (2014)",
                "10.1063/1.4863300",
            ),
        )
    }
)
"""All standards by name, the usual one of each material first."""


def standards_of(material: str) -> tuple[Standard, ...]:
    """All equations of state of one material, the usual one first; DomainError lists the materials."""
    found = tuple(standard for standard in STANDARDS.values() if standard.material == material)
    if not found:
        materials = dict.fromkeys(standard.material for standard in STANDARDS.values())
        raise DomainError(f"standard: found {material!r}; allowed: {', '.join(materials)}")
    return found


def find_standard(name: str) -> Standard:
    """The equation of state of this name; DomainError lists the known ones."""
    if name not in STANDARDS:
        raise DomainError(f"standard: found {name!r}; allowed: {', '.join(STANDARDS)}")
    return STANDARDS[name]


def standard_pressure(volume: ArrayLike, *, standard: str = "gold_fei_2007") -> FloatArray | float:
    """Pressure (GPa) from the cell volume (angstrom^3, > 0) of an internal standard at 300 K."""
    return find_standard(standard).pressure(volume)


def standard_volume(pressure: ArrayLike, *, standard: str = "gold_fei_2007") -> FloatArray | float:
    """Cell volume (angstrom^3) of an internal standard at a pressure (GPa) and 300 K."""
    return find_standard(standard).volume(pressure)
