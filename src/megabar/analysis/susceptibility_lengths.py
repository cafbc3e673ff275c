"""What lower critical fields say, as estimates: Hc1(0), gap, penetration depth, kappa, thermodynamic field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from megabar.analysis.step_estimates import Sheet
from megabar.analysis.susceptibility_depth import NAMES, DepthFit, lengths
from megabar.analysis.susceptibility_estimates import derived_estimate
from megabar.analysis.susceptibility_settings import Settings
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Estimate, Note, Status
from megabar.errors import DomainError
from megabar.fitting.least_squares import Fit
from megabar.physics.susceptibility import TYPE_TWO

COLD = 0.1
"""Reduced temperature below which Hc1(0) is no extrapolation; the fields are flat below a quarter of Tc anyway."""


@dataclass(frozen=True)
class Common:
    """What moves all lower critical fields together, as shares of them: error of the lengths, spread by choice."""

    error: float
    spread: Mapping[str, float]

    def total(self, value: float, error: float | None) -> float | None:
        """The error of a field with that of the lengths; None where it is unknown."""
        return None if error is None else float(np.hypot(error, self.error * value))


def depth_estimates(
    found: DepthFit,
    settings: Settings,
    common: Common,
    sheet: Sheet,
    notes: list[Note],
    rng: np.random.Generator,
) -> list[Estimate]:
    """All of T = 0, from the fit and what the fields have in common."""
    best = found.fits[found.chosen]
    estimates = _of_model(found, best, common, sheet, spread=found.spread)
    for pairing, other in found.fits.items():
        if pairing != found.chosen:
            estimates += _of_model(found, other, common, sheet.under(model=NAMES[pairing]), spread=found.spread)
    if found.selection is not None:
        notes.append(Note(f"Hc1(T): {found.selection.words}"))
    if not found.gap_free:
        notes.append(Note(f"Hc1(T): the gap is held at weak coupling: {found.why_held}"))
    return [*estimates, *_lengths(found, best, settings, common, sheet, rng)]


def _of_model(found: DepthFit, fit: Fit, common: Common, sheet: Sheet, *, spread: float | None) -> list[Estimate]:
    zero = fit.values["field_zero"]
    method = f"Hc1(0) (lambda(0)/lambda(T))^2, {fit.model.name}"
    systematic = {name: share * zero for name, share in common.spread.items()}
    if spread is not None:
        systematic["model"] = spread
    status = Status.OK if found.coldest <= 0.25 else Status.EXTRAPOLATED
    estimates = [
        sheet.note(
            "lower_critical_field_zero",
            zero,
            "T",
            method,
            error=common.total(zero, fit.errors["field_zero"]),
            systematic=systematic,
            status=status,
            remark=f"lowest t measured {found.coldest:.3g}",
        )
    ]
    tc, tc_error = fit.values["critical_temperature"], fit.errors["critical_temperature"]
    if tc_error is not None:
        estimates.append(sheet.note("fitted_critical_temperature", tc, "K", method, error=tc_error))
    if not found.gap_free:
        remark = f"held at weak coupling: {found.why_held}"
        estimates.append(sheet.note("gap_zero", None, "meV", method, status=Status.UNDETERMINED, remark=remark))
        return estimates
    return [*estimates, *_gap(found, fit, method, sheet)]


def _gap(found: DepthFit, fit: Fit, method: str, sheet: Sheet) -> list[Estimate]:
    ratio, error = fit.values["ratio"], fit.errors["ratio"]
    if error is None:
        return [sheet.note("gap_zero", None, "meV", method, status=Status.ON_BOUND)]
    rest: dict[str, Any] = {}
    if found.interval is not None and fit is found.fits[found.chosen]:
        ends = (found.interval.lower, found.interval.upper)
        rest = {"interval": tuple(None if end is None else 2.0 * end for end in ends), "level": 0.6827}
    gap = BOLTZMANN_MEV * ratio * fit.values["critical_temperature"]
    return [
        sheet.note("gap_ratio", 2.0 * ratio, "1", method, error=2.0 * error, **rest),
        sheet.note("gap_zero", gap, "meV", method, error=_gap_error(fit)),
    ]


def _gap_error(fit: Fit) -> float | None:
    """Of ratio times Tc, by their covariance."""
    if fit.covariance is None:
        return None
    values = {"ratio": fit.values["critical_temperature"], "critical_temperature": fit.values["ratio"]}
    slope = np.array([values.get(name, 0.0) for name in fit.free])
    return BOLTZMANN_MEV * float(np.sqrt(slope @ fit.covariance @ slope))


def _lengths(
    found: DepthFit,
    best: Fit,
    settings: Settings,
    common: Common,
    sheet: Sheet,
    rng: np.random.Generator,
) -> list[Estimate]:
    """lambda(0), xi(0), kappa with the type, and Hc(0) with the given Hc2(0)."""
    method = "Hc1 = Phi0/(4 pi lambda^2) (ln kappa + 1/2) with the given Hc2(0)"
    if settings.upper_critical_field is None:
        remark = "needs settings.upper_critical_field (T at zero temperature), which gives kappa"
        return [sheet.note("penetration_depth_zero", None, "nm", method, remark=remark)]
    zero = best.values["field_zero"]
    lower = zero, common.total(zero, best.errors["field_zero"])
    upper = settings.upper_critical_field, settings.upper_critical_field_error
    try:
        made = lengths(lower, upper, rng)
    except DomainError as problem:
        return [sheet.note("penetration_depth_zero", None, "nm", method, remark=str(problem))]
    shares = dict(common.spread)
    if found.spread is not None:
        shares["model"] = found.spread / lower[0]
    status = Status.OK if found.coldest <= 0.25 else Status.EXTRAPOLATED
    # lambda and kappa go with the inverse root of Hc1, Hc with the root; the logarithm hardly moves.
    shared: dict[str, Any] = {"status": status}

    def half(value: float) -> dict[str, float]:
        return {name: 0.5 * share * value for name, share in shares.items()}

    kind = "type II" if made.kappa.value > TYPE_TWO else "type I"
    return [
        derived_estimate(
            "penetration_depth_zero", made.depth, sheet, method, "nm", {**shared, "systematic": half(made.depth.value)}
        ),
        derived_estimate("coherence_length_zero", made.coherence, sheet, "from the given Hc2(0)", "nm"),
        derived_estimate(
            "ginzburg_landau_parameter",
            made.kappa,
            sheet,
            method,
            "1",
            {**shared, "systematic": half(made.kappa.value), "remark": f"{kind} (above 0.707)"},
        ),
        derived_estimate(
            "thermodynamic_field_zero",
            made.thermodynamic,
            sheet,
            "Phi0/(2 sqrt(2) pi lambda xi)",
            "T",
            {**shared, "systematic": half(made.thermodynamic.value)},
        ),
    ]
