"""Every choice of a spectrum analysis, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.analysis.spectrum_models import Kind
from megabar.analysis.spectrum_signal import Method
from megabar.errors import DomainError
from megabar.physics.gap_function import GapFunction, StateDensity

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Range = tuple[Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]]


class Settings(BaseModel):
    """Settings of a spectrum measurement; what is left out is chosen by the rule stated beside it.

    temperature: K, for data that do not say it. derivative, half_width (mV): how I-V becomes dI/dV (`spectrum_signal`).
    modulation: rms current of a lock-in, A, for first harmonics. offset: mV taken off the bias ("auto": what makes the
    spectrum even, where it is significant). background: "polynomial" through |V| > v_min (mV, automatic: outside the
    outermost feature) of `degree`, with even powers only by `even_background`; "reference": the spectrum measured at
    reference_temperature (K); "none": normalised already, a scale is fitted; "auto": polynomial for conductances in S,
    none for normalised ones. window: largest |V| that enters the fit, mV. mask: ranges of V left out. mask_dips: leave
    out critical-current dips and what lies beyond them.
    model: fitted to all spectra; "auto" takes the one that AICc supports among `candidates` on the coldest spectrum.
    The comparison is made and told in any case. barrier, broadening, angle (rad): held at a value. shared_barrier: one
    barrier for all spectra. series_resistance: spreading resistance in series as a share of the normal resistance of
    the contact; taken off before the fit.
    gap_function: rows (E, Re Delta, Im Delta) in meV, as `megabar predict` writes them, in place of the constant gap of
    model "s" or "tunnelling", or rows (E, N/N(0)) of a density of states for "tunnelling"; the fitted gap scales them.
    regime: "auto" by the features of each spectrum. quote_thermal: give a gap even from a thermal contact.
    critical_temperature: K, for the gap ratio; automatic: from the gap's own temperature dependence.
    resistivity (ohm m), mean_free_path (nm): for the size of the contact. posterior: sample the parameters of the
    coldest spectrum too (emcee, ten seconds or so), beside the profile and ellipses that are drawn anyway. seed: of
    the sampling.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Positive | None = None
    derivative: Method = "auto"
    half_width: Positive | None = None
    modulation: Positive | None = None
    offset: Literal["auto", "none"] | Annotated[float, Field(allow_inf_nan=False)] = "auto"
    background: Literal["auto", "polynomial", "reference", "none"] = "auto"
    degree: Annotated[int, Field(ge=0, le=8)] = 2
    v_min: Positive | None = None
    even_background: bool = False
    reference_temperature: Positive | None = None
    window: Positive | None = None
    mask: tuple[Range, ...] = ()
    mask_dips: bool = True
    model: Literal["auto"] | Kind = "s"
    candidates: tuple[Kind, ...] = Field(default=("s", "two gaps"), min_length=1)
    barrier: NotNegative | None = None
    broadening: Positive | None = None
    angle: NotNegative | None = None
    shared_barrier: bool = True
    gap_function: tuple[tuple[float, ...], ...] = ()
    series_resistance: Annotated[float, Field(ge=0, le=10)] = 0.0
    regime: Literal["auto", "ballistic", "intermediate", "thermal"] = "auto"
    quote_thermal: bool = False
    critical_temperature: Positive | None = None
    critical_temperature_error: Positive | None = None
    resistivity: Positive | None = None
    mean_free_path: Positive | None = None
    posterior: bool = False
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for low, high in self.mask:
            if not low < high:
                raise ValueError(f"mask: the lower end {low:g} must lie below the upper end {high:g}")
        if self.background == "reference" and self.reference_temperature is None:
            raise ValueError('background = "reference" needs reference_temperature')
        self._check_gap_function()
        return self

    def _check_gap_function(self) -> None:
        if not self.gap_function:
            return
        widths = {len(row) for row in self.gap_function}
        if widths not in ({2}, {3}):
            raise ValueError(f"gap_function: rows of 2 or of 3 numbers are needed, found {sorted(widths)}")
        allowed = ("s", "tunnelling") if widths == {3} else ("tunnelling",)
        if self.model not in allowed:
            raise ValueError(f'gap_function: needs model = "{allowed[-1]}", found {self.model!r}')
        try:
            assert self.given is not None
        except DomainError as error:
            raise ValueError(f"gap_function: {error}") from error

    @property
    def given(self) -> GapFunction | StateDensity | None:
        """The gap function or density of states of `gap_function`; None without one."""
        if not self.gap_function:
            return None
        columns = tuple(zip(*self.gap_function, strict=True))
        return GapFunction(*columns) if len(columns) == 3 else StateDensity(*columns)

    @property
    def held(self) -> dict[str, float]:
        """Parameters of the model that are not fitted."""
        given = {"barrier": self.barrier, "broadening": self.broadening, "angle": self.angle}
        return {name: value for name, value in given.items() if value is not None}
