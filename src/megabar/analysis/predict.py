"""What a spectral function predicts: Tc by formulas and by the Eliashberg equations, gap, what each phonon is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from megabar.analysis.headline import rounded
from megabar.analysis.step_estimates import Sheet
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Estimate, Note, Panel, Result, Source, Status, Trace
from megabar.errors import MegabarError
from megabar.physics.coupling import allen_dynes
from megabar.theory import eliashberg
from megabar.theory.density import DensityOfStates
from megabar.theory.eliashberg import SpectralFunction
from megabar.theory.real_axis import continue_to_real_axis, density_of_states
from megabar.theory.response import Response, response
from megabar.theory.thermodynamics import specific_heat_jump

FloatArray = NDArray[np.float64]

ELIASHBERG: Final = "Eliashberg, constant density of states"
_COLD: Final = 0.1
"""Reduced temperature at which the gap edge is taken."""
_CURVE: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


class Settings(BaseModel):
    """mu: Coulomb pseudopotential at `cutoff` (meV; automatic: ten times the highest frequency). mu_error: by how much
    it is varied to either side. mass_border: meV, between the vibrations of heavy and of light atoms. dos_width: meV,
    over which the density of states at the Fermi level is averaged; automatic: the highest frequency.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mu: Annotated[float, Field(ge=0, le=1)] = 0.10
    mu_error: Annotated[float, Field(ge=0, le=0.5)] = 0.03
    cutoff: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    mass_border: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    dos_width: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


@dataclass(frozen=True, eq=False)
class Prediction:
    """One spectrum: Tc (K) at mu and at mu -+ its variation, None where no response exists."""

    name: str
    spectrum: SpectralFunction
    critical_temperature: float
    varied: tuple[float, float]
    by_allen_dynes: float
    by_mcmillan: float
    response: Response | None


def predict_one(name: str, spectrum: SpectralFunction, settings: Settings) -> Prediction:
    """Tc by every road, and its derivatives."""
    cutoff = eliashberg.cutoff_of(spectrum, settings.cutoff)

    def tc(mu: float) -> float:
        return eliashberg.critical_temperature(spectrum, coulomb_pseudopotential=mu, cutoff=cutoff)

    moments = {"omega_log": spectrum.omega_log, "coulomb_pseudopotential": settings.mu}
    value = tc(settings.mu)
    low = max(settings.mu - settings.mu_error, 0.0)
    return Prediction(
        name=name,
        spectrum=spectrum,
        critical_temperature=value,
        varied=(tc(low), tc(settings.mu + settings.mu_error)),
        by_allen_dynes=float(allen_dynes(spectrum.coupling, omega_2=spectrum.omega_2, **moments)),
        by_mcmillan=_mcmillan(spectrum, settings.mu),
        response=response(spectrum, coulomb_pseudopotential=settings.mu, cutoff=cutoff) if value > 0.0 else None,
    )


def _mcmillan(spectrum: SpectralFunction, mu: float) -> float:
    """McMillan's exponential with the prefactor omega_log/1.2 of Allen and Dynes, K."""
    lam = spectrum.coupling
    below = lam - mu * (1.0 + 0.62 * lam)
    return spectrum.omega_log / BOLTZMANN_MEV / 1.2 * float(np.exp(-1.04 * (1.0 + lam) / below)) if below > 0.0 else 0.0


def predict(
    spectra: Mapping[str, SpectralFunction],
    settings: Settings | None = None,
    *,
    measurement: str,
    dos: DensityOfStates | None = None,
    sources: tuple[Source, ...] = (),
    notes: tuple[Note, ...] = (),
) -> Result:
    """Estimates and figures of all spectra of a file; several are smearings of one calculation.

    Tc by McMillan's and Allen and Dynes' formulas and by the Eliashberg equations, with what mu* moves; of the spectrum
    whose coupling is nearest to the median also gap, isotope coefficient, what each frequency is worth, the jump of the
    specific heat and, with a density of states, Tc for it.
    """
    chosen = settings or Settings()
    done = [predict_one(name, spectrum, chosen) for name, spectrum in spectra.items()]
    middle = float(np.median([one.spectrum.coupling for one in done]))
    best = min(done, key=lambda one: abs(one.spectrum.coupling - middle))
    spread = 0.5 * float(np.ptp([one.critical_temperature for one in done])) if len(done) > 1 else None
    sheet = Sheet(measurement, {})
    estimates: list[Estimate] = []
    for one in done:
        own = sheet if len(done) == 1 else sheet.under(curve=one.name)
        estimates += _of_one(one, own, spread, chosen)
    own = sheet if len(done) == 1 else sheet.under(curve=best.name)
    deep, panels, more = _of_best(best, own, chosen)
    deep += [] if dos is None else _with_density(best, dos, own, chosen)
    return Result(
        kind="predict",
        measurement=measurement,
        estimates=(*estimates, *deep),
        panels=tuple(panels),
        settings={**chosen.model_dump(mode="json"), "cutoff": eliashberg.cutoff_of(best.spectrum, chosen.cutoff)},
        notes=(*notes, *_notes(best, dos), *more),
        sources=sources,
        summary=_summary(best, spread, len(done)),
        details=tuple(done),
    )


def _of_one(one: Prediction, sheet: Sheet, spread: float | None, settings: Settings) -> list[Estimate]:
    s = one.spectrum
    by_mu = 0.5 * abs(one.varied[0] - one.varied[1])
    systematic = {"mu*": by_mu} | ({} if spread is None else {"smearing": spread})
    words = f"mu* {settings.mu:g} +- {settings.mu_error:g} at {eliashberg.cutoff_of(s, settings.cutoff):.4g} meV"
    found = [
        sheet.note("coupling", s.coupling, "1", "2 int alpha2F/omega"),
        sheet.note("omega_log", s.omega_log, "meV", "logarithmic mean with weight alpha2F/omega"),
        sheet.note("omega_2", s.omega_2, "meV", "root of the mean square with weight alpha2F/omega"),
    ]
    rows: tuple[tuple[str, float, str, dict[str, float]], ...] = (
        ("Eliashberg", one.critical_temperature, ELIASHBERG, systematic),
        ("Allen-Dynes", one.by_allen_dynes, "Allen and Dynes, f1 and f2; mu* as given, no cutoff of its own", {}),
        ("McMillan", one.by_mcmillan, "McMillan with omega_log/1.2; mu* as given", {}),
    )
    for formula, value, method, parts in rows:
        rest = {"systematic": parts} if parts else {}
        status = {"status": Status.NOT_FOUND} if value == 0.0 else {}
        found.append(
            sheet.under(formula=formula).note(
                "critical_temperature", value or None, "K", method, remark=words, **rest, **status
            )
        )
    if one.response is not None:
        found.append(
            sheet.note(
                "isotope_coefficient", one.response.isotope_coefficient, "1", "all masses, fixed absolute cutoff"
            )
        )
        if settings.mass_border is not None:
            for name, low, high in (("below", 0.0, settings.mass_border), ("above", settings.mass_border, np.inf)):
                part = one.response.isotope_of_band(low, high)
                band = sheet.under(band=f"{name} {settings.mass_border:g} meV")
                found.append(band.note("isotope_coefficient", part, "1", "masses behind these frequencies"))
        found.append(sheet.note("critical_temperature_per_mu", one.response.dtc_dmu, "K", "d Tc/d mu*"))
    return found


def _of_best(best: Prediction, sheet: Sheet, settings: Settings) -> tuple[list[Estimate], list[Panel], list[Note]]:
    """Gap, ratio, specific heat and the figures of one spectrum."""
    panels = [_spectrum_panel(best)]
    if best.response is None:
        return [], panels, [Note("no critical temperature: mu* outweighs the coupling", "warning")]
    panels.append(_worth_panel(best.response))
    estimates: list[Estimate] = []
    notes: list[Note] = []
    tc, mu = best.critical_temperature, settings.mu
    cutoff = eliashberg.cutoff_of(best.spectrum, settings.cutoff)
    states = [
        eliashberg.solve(best.spectrum, temperature=t * tc, coulomb_pseudopotential=mu, cutoff=cutoff) for t in _CURVE
    ]
    panels.append(_gap_panel(best, [(s.temperature, float(s.gap[0])) for s in states if s.gap[0] > 0.0]))
    cold = states[0]
    method = f"gap edge at {_COLD:g} Tc, Pade approximants"
    if cold.edge is None:
        notes.append(Note(f"no gap edge: {cold.status}", "warning"))
    else:
        spread = {"continuation": cold.edge_spread or 0.0}
        estimates.append(sheet.note("gap_zero", cold.edge, "meV", method, systematic=spread))
        estimates.append(sheet.note("gap_ratio", 2.0 * cold.edge / (BOLTZMANN_MEV * tc), "1", method))
    if cold.edge is not None:
        panels += _tunnelling_panel(best, cold)
    try:
        jump = specific_heat_jump(best.spectrum, coulomb_pseudopotential=mu, cutoff=cutoff).jump
        estimates.append(sheet.note("specific_heat_jump", jump, "1", "Delta C/(gamma Tc) from the free energy"))
    except MegabarError as error:
        notes.append(Note(f"no jump of the specific heat: {error}", "warning"))
    return estimates, panels, notes


def _with_density(best: Prediction, dos: DensityOfStates, sheet: Sheet, settings: Settings) -> list[Estimate]:
    """Tc with the density of states, and what the width moves over which it is averaged at the Fermi level."""
    cutoff = eliashberg.cutoff_of(best.spectrum, settings.cutoff)

    def tc(factor: float) -> float:
        made = DensityOfStates(dos.energy, dos.density, width=factor * dos.width)
        return eliashberg.critical_temperature(
            best.spectrum, coulomb_pseudopotential=settings.mu, cutoff=cutoff, dos=made
        )

    value, spread = tc(1.0), [tc(0.5), tc(2.0)]
    method = f"Eliashberg, full bandwidth, N at the Fermi level over +-{dos.width:.3g} meV"
    labels = {"formula": "Eliashberg, N(E)"}
    systematic = {"width of N": 0.5 * abs(spread[0] - spread[1])}
    return [sheet.note("critical_temperature", value or None, "K", method, systematic=systematic, labels=labels)]


def _notes(best: Prediction, dos: DensityOfStates | None) -> list[Note]:
    constant = "the density of states is taken as constant: a peak of it near the Fermi level changes Tc"
    notes = [Note(constant if dos is None else f"gap, responses and specific heat: {constant}")]
    if best.spectrum.coupling > eliashberg.STRONG:
        words = f"lambda = {best.spectrum.coupling:.3g} is above {eliashberg.STRONG:g}"
        notes.append(Note(f"{words}: beyond the range in which this theory was tested", "warning"))
    return notes


def _summary(best: Prediction, spread: float | None, count: int) -> str:
    s = best.spectrum
    if best.critical_temperature == 0.0:
        return f"lambda {s.coupling:.3g}, omega_log {s.omega_log:.3g} meV: no superconductivity at this mu*"
    by_mu = 0.5 * abs(best.varied[0] - best.varied[1])
    between = "" if spread is None else f", +-{spread:.2g} K over {count} smearings"
    where = f"{best.name}: " if best.name else ""
    return (
        f"{where}Tc {rounded(best.critical_temperature, by_mu)} K by Eliashberg (+-{by_mu:.2g} K by mu*{between}), "
        f"{best.by_allen_dynes:.4g} K by Allen and Dynes; lambda {s.coupling:.3g}, omega_log {s.omega_log:.3g} meV"
    )


def _spectrum_panel(best: Prediction) -> Panel:
    s = best.spectrum
    traces = (
        Trace("alpha2F", "fit", s.frequency, s.alpha2f),
        Trace("lambda up to here", "fit", s.frequency, s.cumulative_coupling()),
    )
    words = f"lambda {s.coupling:.4g}, omega_log {s.omega_log:.4g} meV, omega_2 {s.omega_2:.4g} meV."
    return Panel("spectral function", "Frequency (meV)", "alpha2F and lambda (1)", traces, words)


def _worth_panel(found: Response) -> Panel:
    traces = (Trace("dTc/d alpha2F", "fit", found.frequency, found.dtc_dalpha2f),)
    words = f"dTc is its integral with a change of alpha2F; isotope coefficient {found.isotope_coefficient:.4g}."
    return Panel("what each frequency is worth", "Frequency (meV)", "dTc/d alpha2F (K/meV)", traces, words)


def _tunnelling_panel(best: Prediction, cold: eliashberg.Eliashberg) -> list[Panel]:
    """The tunnelling density of states on the real axis; nothing where the iteration does not settle."""
    if best.spectrum.discrete:
        return []
    real = continue_to_real_axis(best.spectrum, cold)
    if not real.converged:
        return []
    shown = real.frequency < 2.0 * best.spectrum.highest
    traces = (Trace("N(w)/N", "fit", real.frequency[shown], density_of_states(real.frequency, real.gap)[shown]),)
    words = f"At {cold.temperature:.3g} K by iteration on the real axis; phonons show as waves beyond the edge."
    return [Panel("tunnelling density of states", "Energy (meV)", "Density of states (1)", traces, words)]


def _gap_panel(best: Prediction, points: list[tuple[float, float]]) -> Panel:
    t, gap = np.array(points, dtype=np.float64).T
    traces = (
        Trace("at the lowest Matsubara frequency", "data", t, gap),
        Trace("Tc", "marker", np.array([best.critical_temperature])),
    )
    return Panel("gap against temperature", "Temperature (K)", "Gap (meV)", traces)
