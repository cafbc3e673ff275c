"""Every choice of the analysis of a diffraction pattern, with its automatic value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from megabar.analysis.pattern_fit import Widths

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Angle = Annotated[float, Field(ge=0, le=180)]


def _rises(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError(f"the region {value[0]:g} to {value[1]:g} does not rise")
    return value


Region = Annotated[tuple[Angle, Angle], AfterValidator(_rises)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

KEV_ANGSTROM: Final = 12.39842
"""Energy times wavelength of a photon, keV angstrom."""

LONGEST: Final = 5.0
SHORTEST: Final = 0.05
"""Wavelengths (angstrom) beyond these are none of diffraction: given in keV, nm or pm by mistake."""


class PhaseSettings(BaseModel):
    """A phase that may be in the pattern.

    name: in the report. file: a .cif or .jcpds with cell and symmetry, of which the fields here replace what they give;
    relative to the folder of the experiment.
    cell: starting values, all six (angstrom, degrees) or the free ones in their order: a | a, c | a, b, c ...
    space_group: symbol (P6_3/mmc, R -3 m:R) or number. formula_units: in the cell, for the volume of one.
    positions: fractional coordinates, one of each occupied site whose atoms scatter: lines to which none contributes
    are left out. held: the cell is not refined.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = None
    file: str | None = None
    cell: tuple[Positive, ...] | None = None
    space_group: str | int | None = None
    formula_units: Positive | None = None
    positions: tuple[tuple[Finite, Finite, Finite], ...] = ()
    held: bool = False

    @field_validator("file")
    @classmethod
    def _in_the_folder(cls, value: str | None, info: ValidationInfo) -> str | None:
        """A path relative to the folder of the experiment, where there is one."""
        folder = (info.context or {}).get("folder")
        return value if value is None or folder is None else str(Path(folder) / value)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.file is None and (self.cell is None or self.space_group is None or self.name is None):
            raise ValueError("a phase needs name, cell and space_group, or a file that tells them")
        return self


class Settings(BaseModel):
    """Settings of a pattern; what is left out is chosen by the rule stated beside it.

    wavelength: angstrom; automatic: as the file tells. wavelength_error: one standard deviation, enters the cells as a
    systematic. second_wavelength, second_weight: of K alpha 2; automatic: as the file tells, else none.
    phases: candidates, see `PhaseSettings`; without any the lines are listed.
    range: 2 theta that is used, degrees; excluded: regions left out, degrees.
    background_terms: splines of the background; automatic: by range over width of the lines, 8 to 36, more where
    the misfit falls clearly by them.
    widths: "constant", "strain" (W and U of the squared width) or "caglioti" (U, V, W); shared_widths: one set for all
    phases; automatic: one each where that describes the pattern clearly better.
    shift: "none", "zero" (of the scale) or "displacement" (of the sample in a laboratory diffractometer).
    search: share of the lengths within which cells are looked for around the given ones; cells that leave twice that
    have run away. lines: also fit every line that is seen by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wavelength: Positive | None = None
    wavelength_error: Positive | None = None
    second_wavelength: Positive | None = None
    second_weight: Annotated[float, Field(gt=0, le=1)] = 0.5
    phases: Annotated[tuple[PhaseSettings, ...], Field(max_length=8)] = ()
    range: Region | None = None
    excluded: tuple[Region, ...] = ()
    background_terms: Annotated[int, Field(ge=4, le=60)] | None = None
    widths: Widths = "strain"
    shared_widths: bool = False
    shift: Literal["none", "zero", "displacement"] = "none"
    search: Annotated[float, Field(ge=0, le=0.15)] = 0.025
    lines: bool = True

    @field_validator("wavelength", "second_wavelength")
    @classmethod
    def _in_angstrom(cls, value: float | None) -> float | None:
        if value is not None:
            checked_wavelength(value)
        return value


def checked_wavelength(value: float) -> float:
    """`value` in angstrom; ValueError with what it would be from the unit that it probably has."""
    allowed = f"a wavelength from {SHORTEST:g} to {LONGEST:g} angstrom"
    if value > LONGEST:
        in_kev, in_pm = KEV_ANGSTROM / value, value / 100.0
        raise ValueError(f"{allowed} ({value:g} keV are {in_kev:.4g} angstrom, {value:g} pm are {in_pm:.4g} angstrom)")
    if value < SHORTEST:
        raise ValueError(f"{allowed} ({value:g} nm are {10.0 * value:.4g} angstrom)")
    return value
