"""Every choice of a Hall analysis, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.analysis.signal import Mode

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_ERRORS: Final = ("thickness", "resistivity", "width", "length")


class Settings(BaseModel):
    """Settings of a Hall measurement; what is left out is chosen by the rule stated beside it.

    thickness: um, along the field; without it there is a sheet density only. resistivity: ohm m; automatic: from the
    longitudinal curve, where one is named. longitudinal: name of the curve (bridge, column) that holds the longitudinal
    resistance; with width and length (between its voltage contacts), um, its resistivity follows. The errors beside
    them are one standard deviation.
    field_range: T, ends of |B| of the readings that are used; automatic: all. antisymmetrise: take half the difference
    of both signs of the field; without it the slope holds what the longitudinal resistance does with the field.
    signal, current: how readings become resistances (`analysis.signal`), and the current in A when the file has none.
    seed: of the draws behind errors that do not propagate linearly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thickness: Positive | None = None
    thickness_error: Positive | None = None
    resistivity: Positive | None = None
    resistivity_error: Positive | None = None
    longitudinal: str | None = None
    width: Positive | None = None
    width_error: Positive | None = None
    length: Positive | None = None
    length_error: Positive | None = None
    field_range: tuple[NotNegative, Positive] | None = None
    antisymmetrise: bool = True
    signal: Mode = "auto"
    current: Annotated[float, Field(allow_inf_nan=False)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name in _ERRORS:
            value, error = getattr(self, name), getattr(self, f"{name}_error")
            if error is not None and (value is None or not error < value):
                raise ValueError(f"{name}_error: needs a larger {name} beside it, found {value}")
        if self.field_range is not None and not self.field_range[0] < self.field_range[1]:
            raise ValueError(f"field_range: {self.field_range[0]:g} to {self.field_range[1]:g} does not rise")
        return self
