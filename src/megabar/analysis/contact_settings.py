"""Every choice of an analysis of many contacts, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.physics.contact import Factor

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Rows = tuple[Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]]


class Settings(BaseModel):
    """Settings of a table of contacts; what is left out is chosen by the rule stated beside it.

    tolerance: how far the diameter of a contact may lie from that of a law, as a share of it. minimum_group: rows that
    make a group. chance: a group is kept when pairing the same resistances and diameters at random would give one as
    large with less than this probability.
    diameter, critical_temperature, number: headings of these columns; automatic: by their names.
    materials: of the tip, each with ranges of contact numbers, both ends included; automatic: one for each curve of a
    file that was read with a group, else none.
    resistivity (ohm m), mean_free_path (nm) and their errors: sizes are computed from the resistances by the laws of
    Sharvin, Maxwell and Wexler. inelastic_length (nm): enters the regime. factor: see `physics.contact.wexler_factor`.
    bin_width: of the histogram of Tc, K; automatic: the rule of Freedman and Diaconis, rounded.
    seed: of the random numbers where errors need draws.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tolerance: Annotated[float, Field(gt=0, le=0.3)] = 0.02
    minimum_group: Annotated[int, Field(ge=3)] = 4
    chance: Annotated[float, Field(gt=0, lt=1)] = 0.01
    diameter: str | None = None
    critical_temperature: str | None = None
    number: str | None = None
    materials: dict[str, tuple[Rows, ...]] = Field(default_factory=dict)
    resistivity: Positive | None = None
    resistivity_error: Positive | None = None
    mean_free_path: Positive | None = None
    mean_free_path_error: Positive | None = None
    inelastic_length: Positive | None = None
    factor: Factor = "nikolic"
    bin_width: Positive | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        for name in ("resistivity", "mean_free_path"):
            value, error = getattr(self, name), getattr(self, f"{name}_error")
            if error is not None and (value is None or not error < value):
                raise ValueError(f"{name}_error: needs a larger {name} beside it, found {value}")
        if self.mean_free_path is not None and self.resistivity is None:
            raise ValueError("mean_free_path: needs the resistivity (ohm m) beside it")
        if self.inelastic_length is not None and self.mean_free_path is None:
            raise ValueError("inelastic_length: needs the elastic mean_free_path (nm) beside it")
        for material, ranges in self.materials.items():
            for low, high in ranges:
                if not low <= high:
                    raise ValueError(f"materials, {material}: the range {low:g} to {high:g} does not rise")
        return self
