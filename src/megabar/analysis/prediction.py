"""One spectral function and what it predicts for Tc: by the Eliashberg equations, by formulas, and what moves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.analysis.predict_formulas import Formula, by_formulas
from megabar.theory import eliashberg
from megabar.theory.eliashberg import SpectralFunction
from megabar.theory.response import Response, response

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """mu: Coulomb pseudopotential at `cutoff` (meV; automatic: ten times the highest frequency). mu_error: by how much
    it is varied to either side. mass_border: meV, between the vibrations of heavy and of light atoms. shift: (low,
    high, factor), a band of frequencies (meV) that anharmonicity multiplies by a factor. dos_width: meV, over which the
    density of states at the Fermi level is averaged; automatic: the highest frequency. spectrum: name of the one of
    several that is looked at closely; automatic: coupling nearest to the median.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mu: Annotated[float, Field(ge=0, le=1)] = 0.10
    mu_error: Annotated[float, Field(ge=0, le=0.5)] = 0.03
    cutoff: Positive | None = None
    mass_border: Positive | None = None
    shift: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], Positive, Positive] | None = None
    dos_width: Positive | None = None
    spectrum: str | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.shift is not None and not self.shift[0] < self.shift[1]:
            raise ValueError(f"shift: the lower end {self.shift[0]:g} must lie below the upper end {self.shift[1]:g}")
        return self


@dataclass(frozen=True, eq=False)
class Prediction:
    """One spectrum: Tc (K) by Eliashberg at mu and at mu -+ its variation, by formulas; response None without a Tc."""

    name: str
    spectrum: SpectralFunction
    critical_temperature: float
    varied: tuple[float, float]
    formulas: tuple[Formula, ...]
    response: Response | None

    def by(self, formula: str) -> float | None:
        """Tc by a formula, K; None where it does not hold."""
        return next(one.value for one in self.formulas if one.name == formula)

    @property
    def by_mu(self) -> float:
        """Half of what the variation of mu* moves Tc by, K."""
        return 0.5 * abs(self.varied[0] - self.varied[1])


def predict_one(name: str, spectrum: SpectralFunction, settings: Settings) -> Prediction:
    """Tc by every road, and its derivatives."""
    cutoff = eliashberg.cutoff_of(spectrum, settings.cutoff)

    def tc(mu: float) -> float:
        return eliashberg.critical_temperature(spectrum, coulomb_pseudopotential=mu, cutoff=cutoff)

    s, value = spectrum, tc(settings.mu)
    return Prediction(
        name=name,
        spectrum=spectrum,
        critical_temperature=value,
        varied=(tc(max(settings.mu - settings.mu_error, 0.0)), tc(settings.mu + settings.mu_error)),
        formulas=by_formulas(s.coupling, omega_log=s.omega_log, omega_2=s.omega_2, mu=settings.mu),
        response=_response(spectrum, settings.mu, cutoff, value),
    )


def _response(spectrum: SpectralFunction, mu: float, cutoff: float, tc: float) -> Response | None:
    return response(spectrum, coulomb_pseudopotential=mu, cutoff=cutoff, tc=tc) if tc > 0.0 else None
