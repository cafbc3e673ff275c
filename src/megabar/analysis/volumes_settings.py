"""Every choice of an analysis of volumes against pressure, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.errors import DomainError
from megabar.physics.equation_of_state import volume_at
from megabar.physics.pressure_standard import STANDARDS

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
FloatArray = NDArray[np.float64]


class VolumeCurve(BaseModel):
    """A volume against pressure (angstrom^3 per formula unit or atom): by a law, or a table that is interpolated.

    law, volume_zero, modulus (GPa), modulus_derivative; or table: pairs (GPa, angstrom^3), pressures ascending.
    fraction: share of this metal in an alloy. content: H per metal atom, of a reference hydride.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    law: Literal["vinet", "birch_murnaghan"] = "vinet"
    volume_zero: Positive | None = None
    modulus: Positive | None = None
    modulus_derivative: Finite | None = None
    table: tuple[tuple[Finite, Positive], ...] = ()
    fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    content: Positive | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        constants = (self.volume_zero, self.modulus, self.modulus_derivative)
        if bool(self.table) == any(one is not None for one in constants):
            raise ValueError("give a table, or volume_zero, modulus and modulus_derivative")
        if not self.table and any(one is None for one in constants):
            raise ValueError("a law needs volume_zero, modulus and modulus_derivative")
        pressures = [p for p, _ in self.table]
        if self.table and (len(pressures) < 2 or pressures != sorted(set(pressures))):
            raise ValueError("table: needs two pairs with ascending pressures")
        return self

    def volume(self, pressure: ArrayLike) -> FloatArray:
        """angstrom^3 at pressures in GPa; NaN outside of a table and where the law does not reach."""
        p = np.atleast_1d(np.asarray(pressure, dtype=np.float64))
        if self.table:
            x, y = np.array(self.table).T
            return np.asarray(np.interp(p, x, y, left=np.nan, right=np.nan), dtype=np.float64)
        try:
            return np.asarray(self._by_law(p))
        except DomainError:
            return np.array([self._by_law_or_nan(one) for one in p])

    def _by_law(self, pressure: ArrayLike) -> FloatArray | float:
        assert self.volume_zero is not None
        assert self.modulus is not None
        assert self.modulus_derivative is not None
        return volume_at(
            pressure,
            law=self.law,
            volume_zero=self.volume_zero,
            modulus=self.modulus,
            modulus_derivative=self.modulus_derivative,
        )

    def _by_law_or_nan(self, pressure: float) -> float:
        try:
            return float(self._by_law(pressure))
        except DomainError:
            return float("nan")


class Hydrogen(BaseModel):
    """How much hydrogen the volumes hold, per metal atom.

    metal: volumes of the metal per atom; several with fractions that add up to 1 are one alloy (volumes add), several
    without are conventions of their own. volumes: volumes per H atom beside half of molecular hydrogen.
    references: volumes per formula unit of hydrides with known content.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metal: Annotated[tuple[VolumeCurve, ...], Field(min_length=1)]
    volumes: tuple[VolumeCurve, ...] = ()
    references: tuple[VolumeCurve, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        shares = [one.fraction for one in self.metal]
        known = [share for share in shares if share is not None]
        if known and (len(known) < len(shares) or abs(sum(known) - 1.0) > 1e-6):
            raise ValueError("metal: fractions must be given for all and add up to 1, or for none")
        for one in self.references:
            if one.content is None:
                raise ValueError(f"references, {one.name}: needs its content, H per metal atom")
        return self


class Alloy(BaseModel):
    """End members of an alloy, volumes per formula unit as the data: the share of the second is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: VolumeCurve
    second: VolumeCurve


class Settings(BaseModel):
    """Settings of volumes against pressure; what is left out is chosen by the rule stated beside it.

    volume, volume_error: headings of these columns; automatic: by role. formula_units: in the cell, so that all
    volumes become those of one formula unit. gauge_volume, gauge_volume_error: headings of the volumes of an internal
    standard (cell, angstrom^3), from which the pressures follow; standard: its equation of state; the others of the
    same material show what the choice does. gauge_error: GPa, one standard deviation common to all pressures.
    volume_zero, modulus_derivative: held there; automatic: fitted. level: of the intervals.
    pressure_range: GPa, of the rows that are used. hydrogen, alloy: see there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    volume: str | None = None
    volume_error: str | None = None
    formula_units: Annotated[int, Field(ge=1)] = 1
    gauge_volume: str | None = None
    gauge_volume_error: str | None = None
    standard: str = "gold_fei_2007"
    gauge_error: Positive | None = None
    volume_zero: Positive | None = None
    modulus_derivative: Annotated[float, Field(gt=0, le=20)] | None = None
    level: Annotated[float, Field(gt=0, lt=1)] = 0.6827
    pressure_range: tuple[Finite, Finite] | None = None
    hydrogen: Hydrogen | None = None
    alloy: Alloy | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.standard not in STANDARDS:
            raise ValueError(f"standard: found {self.standard!r}; allowed: {', '.join(STANDARDS)}")
        if self.gauge_volume_error is not None and self.gauge_volume is None:
            raise ValueError("gauge_volume_error: needs gauge_volume beside it")
        if self.pressure_range is not None and not self.pressure_range[0] < self.pressure_range[1]:
            raise ValueError(f"pressure_range: {self.pressure_range[0]:g} to {self.pressure_range[1]:g} does not rise")
        return self
