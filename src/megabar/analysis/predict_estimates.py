"""What a prediction says in numbers, each with what it assumes and what moves it."""

from __future__ import annotations

from typing import Final

import numpy as np

from megabar.analysis.predict_panels import field_panel, gap_panel, real_axis_panels, spectrum_panel, worth_panel
from megabar.analysis.prediction import Prediction, Settings
from megabar.analysis.step_estimates import Sheet
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Estimate, Note, Panel, Status
from megabar.errors import MegabarError
from megabar.theory import eliashberg
from megabar.theory.density import DensityOfStates
from megabar.theory.eliashberg import Eliashberg
from megabar.theory.real_axis import continue_to_real_axis
from megabar.theory.response import Response
from megabar.theory.thermodynamics import field_curve, specific_heat_jump

ELIASHBERG: Final = "Eliashberg, constant density of states"
_COLD: Final = 0.1
"""Reduced temperature at which the gap edge is taken."""
_CURVE: Final = (_COLD, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


def estimates_of(one: Prediction, sheet: Sheet, spread: float | None, settings: Settings) -> list[Estimate]:
    """Moments, Tc by every road and derivatives of one spectrum; spread: half the range of Tc over smearings, K."""
    s = one.spectrum
    systematic = {"mu*": one.by_mu} | ({} if spread is None else {"smearing": spread})
    words = f"mu* {settings.mu:g} +- {settings.mu_error:g} at {eliashberg.cutoff_of(s, settings.cutoff):.4g} meV"
    found = [
        sheet.note("coupling", s.coupling, "1", "2 int alpha2F/omega"),
        sheet.note("omega_log", s.omega_log, "meV", "logarithmic mean with weight alpha2F/omega"),
        sheet.note("omega_2", s.omega_2, "meV", "root of the mean square with weight alpha2F/omega"),
        _tc(sheet, "Eliashberg", one.critical_temperature, ELIASHBERG, words, systematic),
        *(_tc(sheet, f.name, f.value, f.method, f.remark or words) for f in one.formulas),
    ]
    if settings.shift is not None:
        found.append(_shifted(one, sheet, settings, words))
    return found if one.response is None else found + _derivatives(one.response, sheet, settings)


def _tc(
    sheet: Sheet,
    formula: str,
    value: float | None,
    method: str,
    remark: str,
    systematic: dict[str, float] | None = None,
) -> Estimate:
    status = {} if value else {"status": Status.UNDETERMINED if value is None else Status.NOT_FOUND}
    own = sheet.under(formula=formula)
    parts = systematic or {}
    return own.note("critical_temperature", value or None, "K", method, remark=remark, systematic=parts, **status)


def _shifted(one: Prediction, sheet: Sheet, settings: Settings, words: str) -> Estimate:
    """Tc with a band of frequencies moved, all of it, beside what the derivative says."""
    assert settings.shift is not None
    low, high, factor = settings.shift
    cutoff = eliashberg.cutoff_of(one.spectrum, settings.cutoff)
    method = f"Eliashberg, frequencies from {low:g} to {high:g} meV times {factor:g} at fixed matrix elements"
    try:
        moved = one.spectrum.shifted(low, high, factor)
        tc = eliashberg.critical_temperature(moved, coulomb_pseudopotential=settings.mu, cutoff=cutoff)
    except MegabarError as error:
        return _tc(sheet, "Eliashberg, shifted", None, method, str(error))
    if one.response is not None:
        words = f"{words}; to first order {one.response.shift_of_band(low, high, factor):+.3g} K"
    return _tc(sheet, "Eliashberg, shifted", tc, method, words)


def _derivatives(found: Response, sheet: Sheet, settings: Settings) -> list[Estimate]:
    whole = "all masses, fixed absolute cutoff"
    estimates = [sheet.note("isotope_coefficient", found.isotope_coefficient, "1", whole)]
    if settings.mass_border is not None:
        for name, low, high in (("below", 0.0, settings.mass_border), ("above", settings.mass_border, np.inf)):
            band = sheet.under(band=f"{name} {settings.mass_border:g} meV")
            part = found.isotope_of_band(low, high)
            estimates.append(band.note("isotope_coefficient", part, "1", "masses behind these frequencies"))
    return [*estimates, sheet.note("critical_temperature_per_mu", found.dtc_dmu, "K", "d Tc/d mu*")]


def below_tc(one: Prediction, sheet: Sheet, settings: Settings) -> tuple[list[Estimate], list[Panel], list[Note]]:
    """Gap, ratio, specific heat, critical field and the figures of one spectrum."""
    panels = [spectrum_panel(one)]
    if one.response is None:
        return [], panels, [Note("no critical temperature: mu* outweighs the coupling", "warning")]
    tc, mu = one.critical_temperature, settings.mu
    cutoff = eliashberg.cutoff_of(one.spectrum, settings.cutoff)
    states = [
        eliashberg.solve(one.spectrum, temperature=t * tc, coulomb_pseudopotential=mu, cutoff=cutoff) for t in _CURVE
    ]
    panels += [worth_panel(one.response), gap_panel(one, states)]
    estimates, notes = _gap(states[0], tc, sheet)
    panels += _real_axis(one, states[0])
    try:
        more, panel = _thermodynamics(one, states, sheet, mu, cutoff)
        return [*estimates, *more], [*panels, panel], notes
    except MegabarError as error:
        return estimates, panels, [*notes, Note(f"no thermodynamics: {error}", "warning")]


def _gap(cold: Eliashberg, tc: float, sheet: Sheet) -> tuple[list[Estimate], list[Note]]:
    method = f"gap edge at {_COLD:g} Tc, Pade approximants"
    if cold.edge is None:
        return [], [Note(f"no gap edge: {cold.status}", "warning")]
    spread = {"continuation": cold.edge_spread or 0.0}
    ratio = 2.0 * cold.edge / (BOLTZMANN_MEV * tc)
    return [
        sheet.note("gap_zero", cold.edge, "meV", method, systematic=spread),
        sheet.note("gap_ratio", ratio, "1", method),
    ], []


def _real_axis(one: Prediction, cold: Eliashberg) -> list[Panel]:
    """Nothing for delta functions, and where the iteration does not settle."""
    if one.spectrum.discrete or cold.edge is None:
        return []
    real = continue_to_real_axis(one.spectrum, cold)
    return real_axis_panels(one, real) if real.converged else []


def _thermodynamics(
    one: Prediction, states: list[Eliashberg], sheet: Sheet, mu: float, cutoff: float
) -> tuple[list[Estimate], Panel]:
    field = field_curve(one.spectrum, states, critical_temperature=one.critical_temperature)
    jump = specific_heat_jump(one.spectrum, coulomb_pseudopotential=mu, cutoff=cutoff).jump
    far = float(field.deviation[np.argmax(np.abs(field.deviation))])
    return [
        sheet.note("specific_heat_jump", jump, "1", "Delta C/(gamma Tc) from the free energy"),
        sheet.note("critical_field_ratio", field.field_ratio, "1", "gamma Tc^2/Hc(0)^2 in Gaussian units"),
        sheet.note("critical_field_deviation", far, "1", "largest Hc(T)/Hc(0) - (1 - t^2), with its sign"),
    ], field_panel(field)


def with_density(one: Prediction, dos: DensityOfStates, sheet: Sheet, settings: Settings) -> list[Estimate]:
    """Tc with the density of states, and what the width moves over which it is averaged at the Fermi level."""
    cutoff = eliashberg.cutoff_of(one.spectrum, settings.cutoff)

    def tc(factor: float) -> float:
        made = DensityOfStates(dos.energy, dos.density, width=factor * dos.width)
        return eliashberg.critical_temperature(
            one.spectrum, coulomb_pseudopotential=settings.mu, cutoff=cutoff, dos=made
        )

    value, ends = tc(1.0), [tc(0.5), tc(2.0)]
    method = f"Eliashberg, full bandwidth, N at the Fermi level over +-{dos.width:.3g} meV"
    systematic = {"width of N": 0.5 * abs(ends[0] - ends[1])}
    return [_tc(sheet, "Eliashberg, N(E)", value, method, "", systematic)]
