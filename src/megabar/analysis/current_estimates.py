"""Critical currents, their laws and the resistance as estimates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from megabar.analysis.current_heating import Heating
from megabar.analysis.current_laws import NAMES, LawFit, LawFits
from megabar.analysis.current_levels import Level, Value
from megabar.analysis.current_settings import SELF_FIELD, Criterion, Settings
from megabar.analysis.step_estimates import Sheet
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Estimate, Status
from megabar.fitting.propagate import propagate

COLD: Final = 0.1
"""Reduced temperature below which Jc(0) is no extrapolation."""
MA_PER_CM2: Final = 1e10
"""A/m^2."""
_SQUARE_UM: Final = 1e-12


def area(settings: Settings) -> float | None:
    """Width times thickness, m^2."""
    if settings.width is None or settings.thickness is None:
        return None
    return _SQUARE_UM * settings.width * settings.thickness


def area_share(settings: Settings) -> float:
    """Relative standard deviation of the cross-section, 0 where no error is given."""
    edges = ((settings.width, settings.width_error), (settings.thickness, settings.thickness_error))
    return math.hypot(*((error or 0.0) / (value or 1.0) for value, error in edges))


def level_estimates(level: Level, sheet: Sheet, criterion: float, settings: Settings) -> list[Estimate]:
    """What one temperature and field say."""
    here = sheet.under(at=level.name)
    found = [
        _written(
            here, "zero_current_resistance", level.resistance, "ohm", "line at small currents", **_zero(level, settings)
        )
    ]
    if level.state == "below":
        words = f"not reached up to {1e3 * level.largest:.4g} mA"
        found.append(
            here.note(
                "critical_current",
                None,
                "A",
                _method("crossing", criterion, settings),
                interval=(level.largest, None),
                status=Status.LIMIT,
                remark=words,
                labels={"criterion": "crossing"},
            )
        )
    for name, value in level.currents.items():
        method = _method(name, criterion, settings)
        found.append(_written(here.under(criterion=name), "critical_current", value, "A", method))
    if level.exponent is not None:
        found.append(_written(here, "power_law_exponent", level.exponent, "1", "V = V0 + R I + Vc (I/Ic)^n"))
    if level.retrapping is not None:
        found.append(_written(here, "retrapping_current", level.retrapping, "A", "crossing with falling current"))
    if level.hysteresis is not None:
        found.append(
            _written(here, "critical_current_hysteresis", level.hysteresis, "A", "rising less falling current")
        )
    if level.asymmetry is not None:
        method = "(forward - reverse)/(forward + reverse) of the crossings"
        found.append(_written(here, "critical_current_asymmetry", level.asymmetry, "1", method))
    if level.state == "resistive":
        found += _ohmic(level, here)
    return found


def _zero(level: Level, settings: Settings) -> dict[str, Any]:
    if settings.probes != 4:
        return {"status": Status.NOT_TESTABLE, "remark": f"{settings.probes} probes: the coldest curve's was taken off"}
    if level.state == "resistive":
        return {}
    limit = abs(level.resistance.value) + 2.0 * (level.resistance.error or 0.0)
    return {"remark": f"compatible with zero, below {limit:.2g} ohm"}


def _method(name: Criterion, criterion: float, settings: Settings) -> str:
    volts = f"{1e6 * criterion:g} uV"
    if name == "crossing":
        return f"excess voltage reaches {volts}, no law"
    if name == "power law":
        return f"power law at {volts}"
    return f"power law at {1e4 * settings.electric_field:g} uV/cm over {settings.length:g} um"


def _written(sheet: Sheet, quantity: str, value: Value, unit: str, method: str, **rest: Any) -> Estimate:
    status = {} if value.seen else {"status": Status.EXTRAPOLATED}
    remark = {"remark": value.remark} if value.remark else {}
    return sheet.note(
        quantity,
        value.value,
        unit,
        method,
        error=value.error,
        systematic=dict(value.systematic),
        **{**status, **remark, **rest},
    )


def _ohmic(level: Level, sheet: Sheet) -> list[Estimate]:
    """The straight line through all readings; said where it is none."""
    lines = level.ohmic
    value = float(np.mean([line.resistance for line in lines]))
    straight = all(line.straight for line in lines)
    bend = max(line.bend for line in lines)
    words = "ohmic" if straight else f"not ohmic: dV/dI changes by {100.0 * bend:.2g} % up to the largest current"
    error = math.hypot(*(line.error for line in lines)) / len(lines)
    return [
        sheet.note(
            "ohmic_resistance",
            value,
            "ohm",
            "V = V0 + R I through all currents",
            error=error if straight else None,
            status=Status.OK if straight else Status.MISFIT,
            remark=words,
        )
    ]


def zero_resistance_bracket(levels: Sequence[Level], sheet: Sheet) -> list[Estimate]:
    """Between which temperatures the resistance at small currents appears, and from which on all curves are ohmic."""
    known = [level for level in levels if level.temperature is not None and not level.field]
    cold = [level.temperature for level in known if level.state != "resistive" and level.temperature is not None]
    warm = [level.temperature for level in known if level.state == "resistive" and level.temperature is not None]
    found = []
    if cold and warm and max(cold) < min(warm):
        found.append(
            sheet.note(
                "critical_temperature",
                None,
                "K",
                "resistance at small currents",
                interval=(max(cold), min(warm)),
                status=Status.LIMIT,
                remark=f"none at {max(cold):.4g} K, seen at {min(warm):.4g} K",
                labels={"criterion": "zero resistance of I-V"},
            )
        )
    if warm and any(not line.straight for level in known for line in level.ohmic):
        from_here = _ohmic_from(known)
        words = "" if from_here is not None else "the warmest curve is not ohmic yet"
        found.append(
            sheet.note(
                "ohmic_from", from_here, "K", "lowest temperature above which all curves are straight", remark=words
            )
        )
    return found


def _ohmic_from(levels: Sequence[Level]) -> float | None:
    lowest = None
    for level in sorted(levels, key=lambda one: -(one.temperature or 0.0)):
        if level.state != "resistive" or not all(line.straight for line in level.ohmic):
            break
        lowest = level.temperature
    return lowest


def density_estimates(levels: Sequence[Level], sheet: Sheet, settings: Settings) -> list[Estimate]:
    """Jc = Ic/(w d) of each level by the criterion in force; the errors of w and d, common to all, enter."""
    section = area(settings)
    if section is None:
        return []
    share = area_share(settings)
    found = []
    for level in levels:
        value = in_force(level, settings)
        if value is None:
            continue
        relative = None if value.error is None else math.hypot(value.error / value.value, share)
        density = value.value / section / MA_PER_CM2
        found.append(
            sheet.under(at=level.name).note(
                "critical_current_density",
                density,
                "MA/cm^2",
                f"Ic/(w d), {settings.width:g} um x {settings.thickness:g} um",
                error=None if relative is None else density * relative,
                remark=_geometry(settings),
            )
        )
    return found


def in_force(level: Level, settings: Settings) -> Value | None:
    """The critical current that enters Jc(T): by the criterion asked for, else by the crossing."""
    return level.currents.get(settings.criterion) or level.currents.get("crossing")


def _geometry(settings: Settings) -> str:
    share = area_share(settings)
    if share == 0.0:
        return "the cross-section has no error given: its part is missing"
    return f"{100.0 * share:.2g} % of it by the cross-section, common to all temperatures"


def law_estimates(found: LawFits, sheet: Sheet, settings: Settings, rng: np.random.Generator) -> list[Estimate]:
    """Critical current and density at T = 0 of every law, the chosen one without a name."""
    here = sheet.under(at=found.points.reference) if found.points.reference else sheet
    estimates = [
        here.note("lowest_reduced_temperature", found.coldest, "1", f"coldest point over Tc by {NAMES[found.chosen]}")
    ]
    for law, one in found.fits.items():
        own = here if law == found.chosen else here.under(model=NAMES[law])
        estimates += _one_law(found, one, own, settings)
        if law in SELF_FIELD:
            estimates += _self_field(one, own, settings, rng)
    return estimates


def _one_law(found: LawFits, one: LawFit, sheet: Sheet, settings: Settings) -> list[Estimate]:
    method = NAMES[one.law]
    status = Status.OK if found.coldest <= COLD else Status.EXTRAPOLATED
    remark = f"lowest t measured {found.coldest:.3g}"
    if found.selection is not None:
        delta = found.selection.delta[list(found.fits).index(one.law)]
        remark += "" if delta is None else f"; AICc {delta:.1f} above the lowest"
    systematic = {} if found.spread is None else {"law": found.spread}
    interval = None if one.interval is None else (one.interval.lower, one.interval.upper)
    level = None if interval is None else 0.6827
    rest: dict[str, Any] = {"status": status, "remark": remark}
    estimates = [
        sheet.note(
            "critical_current_zero",
            one.zero,
            "A",
            method,
            error=one.zero_error,
            systematic=systematic,
            interval=interval,
            level=level,
            **rest,
        )
    ]
    section = area(settings)
    if section is not None:
        scale = 1.0 / section / MA_PER_CM2
        share = area_share(settings)
        error = None if one.zero_error is None else scale * math.hypot(one.zero_error, share * one.zero)
        rest["remark"] = f"{remark}; {_geometry(settings)}"
        estimates.append(
            sheet.note(
                "critical_current_density_zero",
                scale * one.zero,
                "MA/cm^2",
                method,
                error=error,
                systematic={name: scale * size for name, size in systematic.items()},
                **rest,
            )
        )
    values = one.fit
    if settings.critical_temperature is None:
        bound = "critical_temperature" in values.on_bound
        estimates.append(
            sheet.note(
                "fitted_critical_temperature",
                None if bound else values.values["critical_temperature"],
                "K",
                method,
                error=values.errors["critical_temperature"],
                **({"status": Status.ON_BOUND} if bound else {}),
            )
        )
    return estimates


def _self_field(one: LawFit, sheet: Sheet, settings: Settings, rng: np.random.Generator) -> list[Estimate]:
    """Gap, penetration depth and gap ratio of a self-field law; the depth with the error of the geometry."""
    found, method = one.fit, NAMES[one.law]
    assert settings.kappa is not None
    gap, depth = found.values["gap_zero"], found.values["depth_zero"]
    depth_error = found.errors["depth_zero"]
    # Jc goes as the power -2 to -3 of the depth: the cross-section enters with half of its share at most.
    total = None if depth_error is None else math.hypot(depth_error, 0.5 * depth * area_share(settings))
    estimates = [
        sheet.note("gap_zero", gap, "meV", method, error=found.errors["gap_zero"]),
        sheet.note("penetration_depth_zero", depth, "nm", method, error=total, remark=f"kappa {settings.kappa:g} held"),
        sheet.note(
            "coherence_length_zero",
            depth / settings.kappa,
            "nm",
            f"{method}, lambda/kappa",
            error=None if total is None else total / settings.kappa,
        ),
    ]
    names = ("gap_zero", "critical_temperature")
    if found.covariance is not None and set(names) <= set(found.free):
        rows = [found.free.index(name) for name in names]
        ratio = propagate(
            lambda gap_zero, critical_temperature: 2.0 * gap_zero / (BOLTZMANN_MEV * critical_temperature),
            {name: found.values[name] for name in names},
            found.covariance[np.ix_(rows, rows)],
            rng=rng,
        )
        estimates.append(sheet.note("gap_ratio", ratio.value, "1", method, error=ratio.error))
    return estimates


def heating_estimates(found: Heating, sheet: Sheet) -> list[Estimate]:
    """The largest dissipation, the energy of its pulse, and the rise of temperature that follows."""
    here = sheet.under(at=found.level.name)
    estimates = [here.note("dissipated_power", found.power, "W", "V I", remark=found.words)]
    if found.energy is not None:
        estimates.append(here.note("pulse_energy", found.energy, "J", "V I times the duration of a pulse"))
    if found.rise is not None:
        estimates.append(here.note("heating", found.rise, "K", "one body on a bath", remark=found.words))
    return estimates
