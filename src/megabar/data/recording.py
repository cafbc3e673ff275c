"""What a file or several files hold: named columns with units and roles, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DataError
from megabar.frozen import freeze

FloatArray = NDArray[np.float64]


class Role(StrEnum):
    """What a column means to an analysis; each role has one unit inside the program (see `UNITS`).

    `BIAS` is the voltage over a contact, `CONDUCTANCE` the differential one dI/dV, `DIFFERENTIAL_RESISTANCE` dV/dI; the
    harmonics are a lock-in amplifier's readings of the voltage while the current is modulated.
    `MOMENT` is the steady magnetic moment; in phase and in quadrature are those of the moment, or of the SI volume
    susceptibility, in an alternating field of amplitude mu0 H (`DRIVE`) and `FREQUENCY`. The unit of a moment or a
    susceptibility is "a.u." where the file does not tell the scale.
    `TWO_THETA` and `SCATTERING_VECTOR` (4 pi sin(theta)/lambda) are those of diffraction, `LINE_WIDTH` is a full width
    at half maximum in 2 theta; `RAMAN_SHIFT` and `WAVELENGTH` are those of light, `INTENSITY` counts in any scale,
    `VOLUME` that of a unit cell. `PHONON_ENERGY` is the frequency of a spectral function `ALPHA2F`.
    """

    TEMPERATURE = "temperature"
    RESISTANCE = "resistance"
    RESISTIVITY = "resistivity"
    VOLTAGE = "voltage"
    VOLTAGE_QUADRATURE = "voltage_quadrature"
    CURRENT = "current"
    BIAS = "bias"
    CONDUCTANCE = "conductance"
    NORMALISED_CONDUCTANCE = "normalised_conductance"
    DIFFERENTIAL_RESISTANCE = "differential_resistance"
    FIRST_HARMONIC = "first_harmonic"
    SECOND_HARMONIC = "second_harmonic"
    FIELD = "field"
    TIME = "time"
    PRESSURE = "pressure"
    ANGLE = "angle"
    MOMENT = "moment"
    MOMENT_IN_PHASE = "moment_in_phase"
    MOMENT_QUADRATURE = "moment_quadrature"
    SUSCEPTIBILITY = "susceptibility"
    SUSCEPTIBILITY_QUADRATURE = "susceptibility_quadrature"
    DRIVE = "drive"
    FREQUENCY = "frequency"
    TWO_THETA = "two_theta"
    SCATTERING_VECTOR = "scattering_vector"
    RAMAN_SHIFT = "raman_shift"
    WAVELENGTH = "wavelength"
    INTENSITY = "intensity"
    VOLUME = "volume"
    LINE_WIDTH = "line_width"
    PHONON_ENERGY = "phonon_energy"
    ALPHA2F = "alpha2f"
    OTHER = "other"


UNITS: Mapping[Role, str] = MappingProxyType(
    {
        Role.TEMPERATURE: "K",
        Role.RESISTANCE: "ohm",
        Role.RESISTIVITY: "ohm m",
        Role.VOLTAGE: "V",
        Role.VOLTAGE_QUADRATURE: "V",
        Role.CURRENT: "A",
        Role.BIAS: "mV",
        Role.CONDUCTANCE: "S",
        Role.NORMALISED_CONDUCTANCE: "1",
        Role.DIFFERENTIAL_RESISTANCE: "ohm",
        Role.FIRST_HARMONIC: "V",
        Role.SECOND_HARMONIC: "V",
        Role.FIELD: "T",
        Role.TIME: "s",
        Role.PRESSURE: "GPa",
        Role.ANGLE: "deg",
        Role.MOMENT: "A m^2",
        Role.MOMENT_IN_PHASE: "A m^2",
        Role.MOMENT_QUADRATURE: "A m^2",
        Role.SUSCEPTIBILITY: "1",
        Role.SUSCEPTIBILITY_QUADRATURE: "1",
        Role.DRIVE: "T",
        Role.FREQUENCY: "Hz",
        Role.TWO_THETA: "deg",
        Role.SCATTERING_VECTOR: "1/angstrom",
        Role.RAMAN_SHIFT: "cm^-1",
        Role.WAVELENGTH: "nm",
        Role.INTENSITY: "1",
        Role.VOLUME: "angstrom^3",
        Role.LINE_WIDTH: "deg",
        Role.PHONON_ENERGY: "meV",
        Role.ALPHA2F: "1",
        Role.OTHER: "",
    }
)


def frozen_array(values: ArrayLike) -> FloatArray:
    """A read-only float64 copy of `values`, so that no result can change under its owner."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


@dataclass(frozen=True)
class Note:
    """One thing that a reader or an analysis dropped, guessed, assumed or warns about."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True)
class Source:
    """An input file: its path relative to the experiment folder (or its bare name) and its SHA-256."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Column:
    """One column of numbers, shape (n,), in the unit of its role; `error` is one standard deviation, shape (n,).

    `name` is the heading as the file spells it and `file_unit` the unit it was converted from.
    """

    name: str
    role: Role
    values: FloatArray
    unit: str = ""
    error: FloatArray | None = None
    file_unit: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array(self.values))
        if self.values.ndim != 1:
            raise DataError(f"column {self.name!r}: expected one dimension, found {self.values.ndim}")
        if not self.unit:
            object.__setattr__(self, "unit", UNITS[self.role])
        if self.error is not None:
            object.__setattr__(self, "error", frozen_array(self.error))
            if self.error.shape != self.values.shape:
                raise DataError(f"column {self.name!r}: {self.values.size} values but {self.error.size} errors")

    def take(self, index: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Column:
        """The same column with only the rows of `index`."""
        error = None if self.error is None else self.error[index]
        return replace(self, values=self.values[index], error=error)


@dataclass(frozen=True)
class Curve:
    """Columns of equal length measured together, in the order of the file.

    `simulated` marks made-up data, `digitised` data read off a printed figure; both are shown wherever
    the curve or anything computed from it appears.
    """

    name: str
    columns: tuple[Column, ...]
    simulated: bool = False
    digitised: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", freeze(self.metadata))
        sizes = {column.values.size for column in self.columns}
        if len(sizes) > 1:
            raise DataError(f"curve {self.name!r}: its columns differ in length ({sorted(sizes)})")

    def __len__(self) -> int:
        return int(self.columns[0].values.size) if self.columns else 0

    def has(self, role: Role) -> bool:
        """Whether some column plays `role`."""
        return any(column.role == role for column in self.columns)

    def column(self, role: Role) -> Column:
        """The first column that plays `role`; DataError names the columns that exist when none does."""
        for column in self.columns:
            if column.role == role:
                return column
        found = ", ".join(f"{c.name!r} ({c.role})" for c in self.columns) or "none"
        raise DataError(
            f"curve {self.name!r} has no {role} column (found: {found}); "
            f"name it in the experiment file under read.columns.{role}"
        )

    def values(self, role: Role) -> FloatArray:
        """The numbers of the first column that plays `role`, in `UNITS[role]`."""
        return self.column(role).values

    def take(self, index: NDArray[np.bool_] | NDArray[np.intp] | slice, name: str | None = None) -> Curve:
        """The same curve with only the rows of `index`."""
        columns = tuple(column.take(index) for column in self.columns)
        return replace(self, name=self.name if name is None else name, columns=columns)

    def with_column(self, column: Column) -> Curve:
        """The same curve with `column` in front of those that play the same role."""
        return replace(self, columns=(column, *self.columns))


@dataclass(frozen=True)
class Recording:
    """What one measurement holds: its curves, its origin, and what the reader dropped or guessed.

    `more_sources` are the files beside the first where a measurement consists of several; `beside` those that say
    how to read them (calibration of a detector, mask).
    """

    source: Source
    format: str
    curves: tuple[Curve, ...]
    notes: tuple[Note, ...] = ()
    more_sources: tuple[Source, ...] = ()
    beside: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not self.curves:
            raise DataError(f"{self.source.file}: no curve found in the file")

    @property
    def sources(self) -> tuple[Source, ...]:
        """All files that the curves come from, in the order given, then those beside them."""
        return (self.source, *self.more_sources, *self.beside)
