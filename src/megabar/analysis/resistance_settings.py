"""Every choice of a resistance analysis, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.analysis.criteria import Windows
from megabar.analysis.signal import Mode

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Range = tuple[NotNegative, Positive]


class Settings(BaseModel):
    """Settings of a resistance measurement; what is left out is chosen by the rule stated beside it.

    criteria: levels of R/R(onset). swept: what varies ("auto": whichever runs over its range more often).
    join_sweeps: take all rows at one field (or temperature) as one sweep, for tables that were not recorded in time.
    signal: how readings become resistances (`analysis.signal`); current in A when the file has none.
    van_der_pauw: names of the two curves (column headings) of a van der Pauw pair; thickness in um gives resistivity.
    probes: 4, or 3 or 2 with a series remainder, taken from the plateau at zero resistance ("plateau"), given in ohm,
    or "none". minimum_drop: share of the resistance that a step must take.
    transition_span, normal_start, normal_length, normal_line, crossing, zero_sigmas: see `criteria.Windows`.
    normal_window: ends in K of the Bloch-Gruneisen fit; automatic: from where the transition's influence ends to the
    highest temperature. saturation, residual (R0 in the unit of the data, None: fitted), order (n, or "free"),
    weights: see `normal_state.Choices`. normal_state: whether this law is fitted at all. full_curve: whether transition
    and normal state are also fitted together.
    coulomb_pseudopotential, coulomb_error: mu* and by how much it is varied. coupling_criterion: the R/R(onset) whose
    Tc enters the coupling. rrr_temperature: K, automatic: the highest temperature measured. seed: of the noise copies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[Fraction, ...] = Field(default=(0.95, 0.90, 0.50, 0.10, 0.05), min_length=1, max_length=20)
    swept: Literal["auto", "temperature", "field"] = "auto"
    join_sweeps: bool = False
    signal: Mode = "auto"
    current: Annotated[float, Field(allow_inf_nan=False)] | None = None
    van_der_pauw: tuple[str, str] | None = None
    thickness: Positive | None = None
    probes: Literal[2, 3, 4] = 4
    series: Literal["plateau", "none"] | NotNegative = "plateau"
    minimum_drop: Fraction = 0.05
    transition_span: Fraction = Windows.transition_span
    normal_start: Positive = Windows.normal_start
    normal_length: Positive = Windows.normal_length
    normal_line: Range | None = None
    crossing: Positive = Windows.crossing
    zero_sigmas: Positive = Windows.zero_sigmas
    normal_window: Range | None = None
    saturation: Literal["auto", "never", "always"] = "auto"
    residual: NotNegative | None = None
    order: Annotated[float, Field(gt=1, le=10)] | Literal["free"] = 5.0
    weights: Literal["uniform", "relative"] = "uniform"
    normal_state: bool = True
    full_curve: bool = True
    coulomb_pseudopotential: Annotated[float, Field(ge=0, lt=0.3279)] = 0.13
    coulomb_error: NotNegative = 0.03
    coupling_criterion: Fraction = 0.05
    rrr_temperature: Positive | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _ranges_rise(self) -> Self:
        for name in ("normal_line", "normal_window"):
            ends = getattr(self, name)
            if ends is not None and not ends[0] < ends[1]:
                raise ValueError(f"{name}: the lower end {ends[0]:g} must lie below the upper end {ends[1]:g}")
        if self.coulomb_error >= self.coulomb_pseudopotential > 0:
            raise ValueError("coulomb_error must be smaller than coulomb_pseudopotential")
        return self

    @property
    def windows(self) -> Windows:
        """The choices that the criteria depend on."""
        return Windows(
            transition_span=self.transition_span,
            normal_start=self.normal_start,
            normal_length=self.normal_length,
            crossing=self.crossing,
            normal=self.normal_line,
            zero_sigmas=self.zero_sigmas,
        )

    @property
    def fractions(self) -> tuple[float, ...]:
        """The levels of R/R(onset), those that widths and the coupling need included, highest first."""
        return tuple(sorted({*self.criteria, self.coupling_criterion}, reverse=True))
