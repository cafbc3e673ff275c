"""Every choice of an analysis of Raman and ruby spectra, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.physics.pressure_scale import SCALES

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Settings(BaseModel):
    """Settings of optical spectra; what is left out is chosen by the rule stated beside it.

    axis: what the first column is; automatic: what the file says, and a nameless one around 694 is a wavelength in nm.
    laser: nm in air, turns shifts into wavelengths and back. intensity: heading of that column; automatic: by role.
    gauge: what is read; automatic: ruby and the diamond's edge where they are found. scale: the one that comes first.
    temperature: of the ruby, K. ruby_window (nm), edge_window (cm^-1): where they are looked for.
    edge_smoothing: cm^-1, width over which the slope is taken; automatic: by the width of the edge.
    calibration_error: of the spectrometer's axis, nm for ruby and cm^-1 for the edge, one standard deviation.
    before: name of the curve before heating, against which lines are new. cosmic_rays: whether spikes are left out.
    significance: of a line over the noise. pressure_slope: |dTc/dP| in K/GPa, for what a spread of pressures widens.
    positions: um, across the cell, of the curves other than the one before heating. seed: of the draws behind the error
    of the edge.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    axis: Literal["auto", "raman_shift", "wavelength"] = "auto"
    laser: Positive | None = None
    intensity: str | None = None
    gauge: Literal["auto", "ruby", "diamond edge", "none"] = "auto"
    scale: str = ""
    temperature: Annotated[float, Field(ge=0, le=900)] | None = None
    ruby_window: tuple[Positive, Positive] | None = None
    edge_window: tuple[Positive, Positive] | None = None
    edge_smoothing: Positive | None = None
    calibration_error: Positive | None = None
    before: str | None = None
    cosmic_rays: bool = True
    significance: Annotated[float, Field(ge=3, le=1000)] = 8.0
    pressure_slope: Positive | None = None
    positions: tuple[Finite, ...] = ()
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.scale and self.scale not in SCALES:
            raise ValueError(f"scale: found {self.scale!r}; allowed: {', '.join(SCALES)}")
        for name in ("ruby_window", "edge_window"):
            ends = getattr(self, name)
            if ends is not None and not ends[0] < ends[1]:
                raise ValueError(f"{name}: {ends[0]:g} to {ends[1]:g} does not rise")
        return self
