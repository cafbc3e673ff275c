"""Every choice of an analysis of magnetisation, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.physics.susceptibility import Shape

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Settings(BaseModel):
    """Settings of a magnetisation measurement; what is left out is chosen by the rule stated beside it.

    protocol: "trapped" when the moment was measured in no field after a field was taken away; its field column is then
    the field that magnetised. cooling: how the sample was cooled before that field, which decides the start of the
    trapped moment (quadratic after cooling in zero field, linear in the field).
    background: name of the curve without a sample, scaled and shifted to fit; automatic: a polynomial of
    `background_order` in temperature. window: ends (K) of the transition; automatic: from a fitted step.
    significance: standard deviations that a drop must have.
    zero_field_cooled, field_cooled: names of these curves; automatic: the first warming and the sweep after it.
    shape: of the sample in the field, its lengths `along` and `across` the field and `other` in um with their errors
    (one standard deviation); see `physics.susceptibility.demagnetisation_factor`. volume: um^3, where the lengths do
    not tell. demagnetisation: N itself instead of a shape.
    upper_critical_field: mu0 Hc2 at T = 0 in T with its error, and critical_temperature in K: for penetration depths.
    seed: of the random numbers behind the errors.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Literal["auto", "trapped"] = "auto"
    cooling: Literal["zero field", "field"] = "zero field"
    background: str | None = None
    background_order: Annotated[int, Field(ge=0, le=4)] = 1
    window: tuple[Finite, Finite] | None = None
    significance: Annotated[float, Field(ge=3, le=20)] = 5.0
    zero_field_cooled: str | None = None
    field_cooled: str | None = None
    shape: Shape | None = None
    along: Positive | None = None
    along_error: Positive | None = None
    across: Positive | None = None
    across_error: Positive | None = None
    other: Positive | None = None
    other_error: Positive | None = None
    volume: Positive | None = None
    volume_error: Positive | None = None
    demagnetisation: Annotated[float, Field(ge=0, lt=1)] | None = None
    upper_critical_field: Positive | None = None
    upper_critical_field_error: Positive | None = None
    critical_temperature: Positive | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        for name in ("along", "across", "other", "volume", "upper_critical_field"):
            value, error = getattr(self, name), getattr(self, f"{name}_error")
            if error is not None and (value is None or not error < value):
                raise ValueError(f"{name}_error: needs a larger {name} beside it, found {value}")
        if self.window is not None and not self.window[0] < self.window[1]:
            raise ValueError(f"window: {self.window[0]:g} to {self.window[1]:g} K does not rise")
        if (self.zero_field_cooled is None) != (self.field_cooled is None):
            raise ValueError("zero_field_cooled and field_cooled: name both curves")
        if self.shape is not None:
            self._check_shape(self.shape)
        elif any(length is not None for length in (self.along, self.across, self.other)):
            raise ValueError("along, across, other: need the shape beside them: ellipsoid, cylinder or strip")
        if self.shape is not None and self.demagnetisation is not None:
            raise ValueError("demagnetisation: given beside a shape, which tells it too: leave one away")
        return self

    def _check_shape(self, shape: Shape) -> None:
        if self.along is None or self.across is None:
            raise ValueError(f"shape: a {shape} needs its lengths along and across the field (um)")
        if shape == "cylinder" and self.other is not None:
            raise ValueError("other: a cylinder has two lengths, along and across")
