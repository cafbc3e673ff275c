"""Claims from fields: Tc falls, and the transition broadens as the Ginzburg-Landau theory expects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from megabar.analysis.headline import HALF, rounded
from megabar.data import Estimate, Measured, Result
from megabar.evidence.bounds import vanishes
from megabar.evidence.claim import SIGMAS, Finding, Verdict
from megabar.evidence.facts import (
    CRITERIA,
    RESISTIVE,
    Facts,
    difference,
    field_of,
    kelvin,
    known,
    temperature_of,
    value_of,
)
from megabar.evidence.resistance import gated

TINKHAM: Final = 2.0 / 3.0
"""Exponent of the width against the field (Tinkham 1988)."""
TO_LINEAR: Final = 1.0 / 3.0
"""Distance of that exponent from 1, a width that grows as the field."""
TO_NO_POWER: Final = 2.0 / 3.0
"""Distance of it from 0, a width that does not depend on the field."""
FEWEST_WIDTHS: Final = 4
FEW_PER_CENT: Final = 0.05
"""Width over Tc at zero field up to which it is that of a strong type-II superconductor."""

_FEATURES: Final = ("gap", "dip_position", "critical_current")


def field_suppression(facts: Facts) -> list[Finding]:
    """Tc at the highest field less that at the lowest one; or the field that restores the resistance."""
    found = []
    for m in facts.of_kind(*RESISTIVE, "susceptibility"):
        shifted = _shift(m)
        restored = None if shifted is not None else _restored(m)
        seen = [one for one in (shifted, restored) if one is not None]
        found += [gated(facts, m, one) for one in seen] if m.result.kind in RESISTIVE else seen
    return found + [one for m in facts.of_kind("spectrum") if (one := _features(m)) is not None]


def _shift(measured: Measured) -> Finding | None:
    """From Tc at several fields, by the first criterion that has them; None with one field."""
    for criterion in CRITERIA[measured.result.kind]:
        by_field = _by_field(known(measured.result, "critical_temperature", criterion=criterion))
        if len(by_field) > 1:
            return _by_shift(by_field, criterion, measured)
    return None


def _by_shift(by_field: dict[float, Estimate], criterion: str, measured: Measured) -> Finding:
    low, high = min(by_field), max(by_field)
    shift, error = difference(by_field[high], by_field[low])
    method = f"Tc by {criterion} at {high:g} T less that at {low:g} T"
    number = Estimate("critical_temperature_shift", measured.measurement, shift, "K", method, error=error)
    told = f"Tc {'falls' if shift < 0.0 else 'rises'} by {rounded(abs(shift), error)} K from {low:g} to {high:g} T"
    names = (measured.measurement,)
    if error is None:
        verdict = Verdict.COMPATIBLE if shift < 0.0 else Verdict.NOT_SHOWN
        return Finding(verdict, f"{told}, its error is not known", number, names)
    if abs(shift) <= SIGMAS * error:
        return Finding(Verdict.NOT_SHOWN, f"{told}: no shift within three standard deviations", number, names)
    return Finding(Verdict.SHOWN if shift < 0.0 else Verdict.CONTRADICTED, told, number, names)


def _restored(measured: Measured) -> Finding | None:
    """From R(H) at fixed temperatures: the field that brings half of the resistance back at the coldest one."""
    fields = [e for e in known(measured.result, "transition_field", criterion=HALF) if temperature_of(e) is not None]
    if not fields:
        return None
    coldest = min(fields, key=kelvin)
    value, error = value_of(coldest), coldest.error
    words = f"{rounded(value, error)} T bring half of the resistance back at {temperature_of(coldest):.4g} K"
    if error is None:
        return Finding(Verdict.COMPATIBLE, f"{words}; its error is not known", coldest, (measured.measurement,))
    verdict = Verdict.SHOWN if value > SIGMAS * error else Verdict.NOT_SHOWN
    return Finding(verdict, words, coldest, (measured.measurement,))


def _features(measured: Measured) -> Finding | None:
    """From spectra of a contact in fields at one temperature: gap or dips move, which is no Tc."""
    for quantity in _FEATURES:
        by_field = _by_field(_coldest(known(measured.result, quantity)))
        if len(by_field) < 2:
            continue
        low, high = min(by_field), max(by_field)
        shift, error = difference(by_field[high], by_field[low])
        unit = by_field[low].unit
        method = f"{quantity.replace('_', ' ')} at {high:g} T less that at {low:g} T"
        number = Estimate(f"{quantity}_shift", measured.measurement, shift, unit, method, error=error)
        words = f"{quantity.replace('_', ' ')} of a contact {'falls' if shift < 0.0 else 'rises'} by "
        words += f"{rounded(abs(shift), error)} {unit} from {low:g} to {high:g} T; not a Tc"
        sure = error is not None and abs(shift) > SIGMAS * error
        verdict = Verdict.COMPATIBLE if sure and shift < 0.0 else Verdict.NOT_SHOWN
        return Finding(verdict, words, number, (measured.measurement,))
    return None


def _coldest(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Those at the lowest temperature at which there are several fields."""
    by_temperature: dict[float, list[Estimate]] = {}
    for e in estimates:
        by_temperature.setdefault(kelvin(e), []).append(e)
    several = [t for t, own in by_temperature.items() if len({field_of(e) for e in own}) > 1]
    return by_temperature[min(several)] if several else []


def _by_field(estimates: Sequence[Estimate]) -> dict[float, Estimate]:
    """The first estimate at each field, of the first curve."""
    curves = [e.labels.get("curve") for e in estimates]
    found: dict[float, Estimate] = {}
    for e in estimates:
        if e.labels.get("curve") == curves[0]:
            found.setdefault(abs(field_of(e)), e)
    return found


def transition_width(facts: Facts) -> list[Finding]:
    """The exponent of the width against the field, where the transition broadens at all."""
    found = []
    for m in facts.of_kind("field"):
        for exponent in m.result.find("broadening_exponent"):
            finding = _broadened(exponent, m)
            found += [] if finding is None else [finding]
    if found:
        return found
    wide = [(m, e) for m in facts.of_kind(*RESISTIVE) for e in known(m.result, "relative_width")[:1]]
    if not wide:
        return []
    told = ", ".join(f"{100.0 * value_of(e):.2g} % of Tc ({m.measurement})" for m, e in wide[:2])
    return [Finding(Verdict.NOT_TESTED, f"widths at fewer than {FEWEST_WIDTHS} fields; at the lowest one {told}")]


def _broadened(exponent: Estimate, measured: Measured) -> Finding | None:
    curve = exponent.labels.get("curve")
    widths = [e for e in known(measured.result, "transition_width") if e.labels.get("curve") == curve]
    by_field = _by_field(widths)
    if len(by_field) < 2:
        return None
    low, high = min(by_field), max(by_field)
    growth, error = difference(by_field[high], by_field[low])
    told = f"{rounded(abs(growth), error)} K {'wider' if growth >= 0.0 else 'narrower'} at {high:g} T"
    told += f"{_zero_field(measured.result, curve)}{_drift(measured)}"
    names = (measured.measurement,)
    if error is None or growth <= SIGMAS * error:
        method = f"width at {high:g} T less that at {low:g} T"
        number = Estimate("width_growth", measured.measurement, growth, "K", method, error=error)
        return Finding(Verdict.NOT_SHOWN, f"no broadening beyond its error: {told}", number, names)
    if exponent.value is None or exponent.error is None:
        return Finding(Verdict.COMPATIBLE, f"{told}; the exponent is not determined", exponent, names)
    verdict, words = _power(exponent.value, exponent.error)
    return Finding(verdict, f"exponent {rounded(exponent.value, exponent.error)}, {words}; {told}", exponent, names)


def _power(exponent: float, error: float) -> tuple[Verdict, str]:
    """Whether it is 2/3 and neither 0 nor 1, which its error must tell apart; and the same in words."""
    verdict = vanishes(exponent - TINKHAM, error, small=TO_LINEAR, fair=TO_NO_POWER)
    if verdict == Verdict.CONTRADICTED:
        return verdict, f"{abs(exponent - TINKHAM) / error:.2g} standard deviations from 2/3"
    words = {
        Verdict.SHOWN: "in accord with 2/3",
        Verdict.COMPATIBLE: "in accord with 2/3, not told from a width that grows as the field",
    }
    return verdict, words.get(verdict, "too uncertain to tell 2/3 from other powers")


def _zero_field(result: Result, curve: str | float | None) -> str:
    found = [e for e in known(result, "relative_width_zero_field") if e.labels.get("curve") == curve]
    if not found:
        return ""
    share = found[0].value or 0.0
    more = "within" if share <= FEW_PER_CENT else "above"
    return f", {100.0 * share:.2g} % of Tc at zero field ({more} the few per cent of a strong type II)"


def _drift(measured: Measured) -> str:
    """What is known of the pressure on cooling, the first explanation of a missing broadening."""
    drift = None if measured.pressure is None else measured.pressure.drift
    if drift is None:
        return "; pressure not read before and after cooling"
    return "; pressure did not change on cooling" if math.isclose(drift, 0.0) else f"; {drift:+.2g} GPa on cooling"
