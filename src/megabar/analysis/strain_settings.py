"""Every choice of an analysis of line widths, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Wavelength = Annotated[float, Field(ge=0.05, le=5.0)]


class PhaseField(BaseModel):
    """Pressures (GPa, both ends included) at which the sample is in one phase."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    low: Finite
    high: Finite

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"{self.name}: low ({self.low:g} GPa) must lie below high ({self.high:g} GPa)")
        return self


class Settings(BaseModel):
    """Settings of the kind "strain"; what is left out is chosen by the rule stated beside it.

    wavelength: angstrom, 0.05 to 5; without it no crystallite size is computed. form: "full" with the size of the
    crystallites, "reduced" without; "automatic" keeps the size where it exceeds its error.
    instrument: width (deg) that the instrument alone gives to a line, or Caglioti's [U, V, W] in deg^2 for
    b^2 = U tan^2(theta) + V tan(theta) + W; nothing: negligible. mixing: shape of the lines, 1 Lorentz, 0 Gauss,
    between them pseudo-Voigt: it decides how the instrument's width is taken off.
    phases: names with ranges of pressure, shown beside strain(P); each gets the mean strain of its pressures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wavelength: Wavelength | None = None
    form: Literal["automatic", "full", "reduced"] = "automatic"
    instrument: Positive | tuple[Finite, Finite, Finite] | None = None
    mixing: Annotated[float, Field(ge=0, le=1)] = 1.0
    phases: tuple[PhaseField, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError("phases: two have the same name")
        return self
