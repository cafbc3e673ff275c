"""Every choice of a current-voltage analysis, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Law = Literal["delta-l", "delta-Tc", "self-field s", "self-field d"]
Criterion = Literal["power law", "crossing", "field"]

PINNING: Final[tuple[Law, ...]] = ("delta-l", "delta-Tc")
SELF_FIELD: Final[tuple[Law, ...]] = ("self-field s", "self-field d")
_ERRORS: Final = ("width", "thickness", "length")


class Settings(BaseModel):
    """Settings of a family of I-V curves; what is left out is chosen by the rule stated beside it.

    temperature: K, for data that do not say it. temperature_error: K, of each curve; it counts in the laws of Jc(T)
    through their slope. voltage_criterion: V; automatic: ten times the noise of a reading,
    rounded up to 1, 2 or 5 times a power of ten, one for all curves. electric_field: V/m, criterion over `length`.
    criterion: which critical current enters Jc(T): that of the power law, of the crossing without a law, or of the
    electric field. decades: the power law is fitted up to this many decades above the voltage criterion.
    probes: 4; with 3 or 2 the resistance of the coldest curve is a remainder in series and zero is not testable.
    width, thickness, length (between the voltage contacts): um, with errors: Jc and electric fields.
    laws: of Jc(T) to compare; automatic: both kinds of pinning, and self-field laws where kappa and the geometry are
    given. critical_temperature: K, held in these laws; automatic: fitted.
    kappa: Ginzburg-Landau parameter of the self-field laws.
    pulse_duration, pulse_repetition: s. heat_capacity: J/(m^3 K), of the sample; thermal_conductance: W/K, between
    sample and bath: both for the heating estimate. durations: curve -> duration of its pulses (s), to compare.
    seed: of the random numbers where errors need draws.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Positive | None = None
    temperature_error: Positive | None = None
    voltage_criterion: Positive | None = None
    electric_field: Positive = 1e-4
    criterion: Criterion = "power law"
    decades: Annotated[float, Field(ge=0.5, le=6)] = 1.5
    probes: Literal[2, 3, 4] = 4
    width: Positive | None = None
    width_error: Positive | None = None
    thickness: Positive | None = None
    thickness_error: Positive | None = None
    length: Positive | None = None
    length_error: Positive | None = None
    laws: tuple[Law, ...] | None = Field(default=None, min_length=1)
    critical_temperature: Positive | None = None
    kappa: Annotated[float, Field(gt=0.7072, allow_inf_nan=False)] | None = None
    pulse_duration: Positive | None = None
    pulse_repetition: Positive | None = None
    heat_capacity: Positive | None = None
    thermal_conductance: Positive | None = None
    durations: dict[str, Positive] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name in _ERRORS:
            value, error = getattr(self, name), getattr(self, f"{name}_error")
            if error is not None and (value is None or not error < value):
                raise ValueError(f"{name}_error: needs a larger {name} beside it, found {value}")
        if self.criterion == "field" and self.length is None:
            raise ValueError('criterion = "field" needs the length (um) between the voltage contacts')
        if self.pulse_repetition is not None and not (self.pulse_duration or 0.0) < self.pulse_repetition:
            raise ValueError("pulse_repetition: must be longer than the pulse_duration beside it (both in s)")
        if self.pulse_repetition is not None and self.pulse_duration is None:
            raise ValueError("pulse_repetition: needs the pulse_duration (s) beside it")
        missing = [n for n in ("kappa", "width", "thickness") if getattr(self, n) is None]
        if missing and set(self.laws or ()) & set(SELF_FIELD):
            raise ValueError(f"laws: the self-field laws need {', '.join(missing)} as well")
        return self

    @property
    def laws_in_force(self) -> tuple[Law, ...]:
        """The laws that are compared."""
        if self.laws is not None:
            return self.laws
        film = None not in (self.kappa, self.width, self.thickness)
        return (*PINNING, *SELF_FIELD) if film else PINNING
