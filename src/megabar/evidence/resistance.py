"""Claims from resistance: zero, how small in absolute terms, the same on cooling and warming."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from megabar.analysis.combine import over_directions
from megabar.analysis.headline import HALF, rounded
from megabar.data import Estimate, Measured, Result, Status
from megabar.evidence.bounds import bound, bounded, vanishes
from megabar.evidence.claim import SIGMAS, Finding, Verdict
from megabar.evidence.coldest import end_shares
from megabar.evidence.facts import (
    RESISTIVE,
    Bar,
    Facts,
    at_lowest_field,
    field_of,
    kelvin,
    known,
    per_curve,
    temperature_of,
    value_of,
)

SMALL: Final = 0.01
"""Share of the normal resistance below which the bound must lie for zero resistance to be shown: a convention, as other
transitions leave less at times (a metal out of an insulator may have 1e-4 of its resistance)."""
FAIR: Final = 0.05
"""Share up to which a bound is still compatible with it: the lowest level that is used as a criterion of Tc."""
OFFSET: Final = 0.002
"""Share of the normal resistance that an offset of a good bridge may have."""

PURE_METALS: Final = 3.0e-8
"""ohm m: typical of pure metals at 300 K (the line in figure 1 of Talantsev and Chistyakov on La3Ni2O7)."""
COPPER: Final = 1.55e-10
"""ohm m: copper with a residual ratio of 100 at 4 K, from 1.55e-8 ohm m at 273 K (Matula, 1979)."""

LAG: Final = 0.1
"""Share of the width of a transition that thermal lag may shift it by between cooling and warming: a convention."""
LAG_UNSEEN: Final = 0.5
"""Share of the width above which what the errors may hide says nothing on a hysteresis: a convention."""

CONTACTS: Final = ("spectrum", "contacts")
_MANY: Final = 99.0


def zero_resistance(facts: Facts) -> list[Finding]:
    """R(lowest T) over R(normal), with what its noise allows."""
    found = [one for m in facts.of_kind(*RESISTIVE) for one in _zero_by_sweeps(m)]
    found += [one for m in facts.of_kind("current") for one in _zero_by_currents(m)]
    contacts = [m.measurement for m in facts.of_kind(*CONTACTS)]
    if contacts:
        words = "two terminals: the resistance of the contact itself never vanishes"
        found.append(Finding(Verdict.NOT_TESTABLE, words, measurements=tuple(contacts)))
    return sorted(found, key=_bound)


def reached_zero(facts: Facts, measured: Measured) -> Verdict:
    """What the measurement itself says on zero resistance: what else its drop may be taken for rests on that."""
    found = zero_resistance(replace(facts, measured=(measured,)))
    return min((one.verdict for one in found), key=list(Verdict).index, default=Verdict.NOT_TESTED)


def gated(facts: Facts, measured: Measured, finding: Finding) -> Finding:
    """A finding that rests on a resistive drop: one that does not reach zero proves nothing on superconductivity."""
    zero = reached_zero(facts, measured)
    if zero == Verdict.NOT_TESTABLE:
        return finding.at_most(Verdict.COMPATIBLE, "zero resistance cannot be tested there")
    if not zero.positive:
        return finding.at_most(Verdict.NOT_SHOWN, "the drop does not reach zero resistance")
    return finding


def _bound(finding: Finding) -> float:
    ends = None if finding.number is None else finding.number.interval
    return math.inf if ends is None or ends[1] is None else ends[1]


def _zero_by_sweeps(measured: Measured) -> list[Finding]:
    result, name = measured.result, measured.measurement
    if any(e.status == Status.NOT_TESTABLE for e in result.find("critical_temperature")):
        words = "fewer than four probes: a series remainder cannot be told from a resistance"
        return [Finding(Verdict.NOT_TESTABLE, words, measurements=(name,))]
    plateaus = per_curve(at_lowest_field(known(result, "plateau_resistance")))
    found = [_judged(share, name) for p in plateaus if (share := _share(p, result)) is not None]
    if found:
        return found
    if not known(result, "critical_temperature") and not known(result, "transition_field"):
        remark = next((e.remark for e in result.find("critical_temperature") if e.remark), "no transition seen")
        return [Finding(Verdict.NOT_SHOWN, remark, measurements=(name,))]
    return [_by_last_readings(result, name)]


def _share(plateau: Estimate, result: Result) -> Estimate | None:
    """The plateau over the resistance at the onset of the same sweep; None where that is not known."""
    onsets = [
        e
        for e in known(result, "onset_resistance")
        if all(e.labels.get(key) == plateau.labels.get(key) for key in ("sweep", "curve")) and e.value
    ]
    if not onsets or plateau.value is None:
        return None
    normal = onsets[0]
    return _ratio(plateau, normal, f"{plateau.method}, over R(onset)")


def _ratio(low: Estimate, normal: Estimate, method: str) -> Estimate | None:
    """low/normal with its error and the bound that follows, as an estimate; None where normal is not positive."""
    if low.value is None or not normal.value or not normal.value > 0.0:
        return None
    value = low.value / normal.value
    error = None if low.error is None else math.hypot(low.error, value * (normal.error or 0.0)) / normal.value
    return bounded("resistance_ratio", low.measurement, value, "1", method, error)


def _judged(share: Estimate, name: str) -> Finding:
    """The verdict on one resistance ratio."""
    value, error = value_of(share), share.error
    if error is None:
        small = abs(value) <= OFFSET
        words = f"{100.0 * value:.2g} % of the normal resistance, its noise is not known"
        return Finding(Verdict.COMPATIBLE if small else Verdict.NOT_SHOWN, words, share, (name,))
    verdict = vanishes(value, error, small=SMALL, fair=FAIR)
    if verdict != Verdict.CONTRADICTED:
        words = f"zero within the noise, below {100.0 * bound(value, error):.2g} % of the normal resistance"
        if verdict == Verdict.NOT_SHOWN:
            words += ": the noise is too large to tell"
        return Finding(verdict, words, share, (name,))
    apart = abs(value) / error
    far = f"{apart:.2g}" if apart < _MANY else f"over {_MANY:g}"
    told = f"{100.0 * value:+.2g} % of the normal resistance remain, {far} standard deviations off"
    if abs(value) <= OFFSET:
        return Finding(Verdict.COMPATIBLE, f"{told} zero, as an offset of the bridge would", share, (name,))
    return Finding(Verdict.NOT_SHOWN, f"{told} zero", share, (name,))


def _by_last_readings(result: Result, name: str) -> Finding:
    """No plateau: from the last readings of the sweeps alone, which are zero or still fall."""
    shares = end_shares(result, name)
    judged = [_judged(share, name) for share in shares if share.error is not None]
    zero = [one for one in judged if one.verdict.positive and one.number is not None]
    if zero:
        best = min(zero, key=_bound)
        method = "" if best.number is None else best.number.method.removesuffix(", over R(onset)")
        return replace(best, words=f"{best.words}, {method}: no plateau was found")
    words = "no plateau: the resistance still falls at the end of the sweep"
    least = min(shares, key=lambda e: abs(value_of(e)), default=None)
    if least is not None:
        words += f", to {100.0 * value_of(least):.2g} % of the normal one"
    return Finding(Verdict.NOT_SHOWN, words, least, (name,))


def _zero_by_currents(measured: Measured) -> list[Finding]:
    """The resistance at small currents of the coldest curve, over the ohmic one above Tc."""
    result, name = measured.result, measured.measurement
    cold = at_lowest_field([e for e in known(result, "zero_current_resistance") if temperature_of(e) is not None])
    if not cold:
        return []
    lowest = min(cold, key=kelvin)
    place = f"{temperature_of(lowest):.4g} K"
    ohmic = [e for e in known(result, "ohmic_resistance") if kelvin(e) > kelvin(lowest)]
    normal = min(ohmic, key=kelvin, default=None)
    share = None if normal is None else _ratio(lowest, normal, f"line at small currents at {place}, over the ohmic one")
    if share is not None:
        return [_judged(share, name)]
    words = f"{lowest.value:.2g} Ω at small currents at {place}, and no ohmic curve above Tc to compare it with"
    # The largest resistance of the warmer curves is less than the normal one, so a bound by it is safe.
    most = max(abs(value_of(e)) for e in cold)
    verdict = vanishes(value_of(lowest), lowest.error, small=SMALL * most, fair=FAIR * most)
    return [Finding(Verdict.COMPATIBLE if verdict.positive else Verdict.NOT_SHOWN, words, lowest, (name,))]


def residual_resistivity(facts: Facts) -> list[Finding]:
    """The resistivity at the lowest temperature against that of pure metals."""
    found = []
    for m in facts.of_kind(*RESISTIVE, "current"):
        lowest = _lowest(m.result)
        sheet = bool(m.result.settings.get("van_der_pauw"))
        rho = None if lowest is None else _resistivity(lowest, facts.bar, sheet=sheet)
        if rho is not None:
            found.append(gated(facts, m, _against_metals(rho, m.measurement)))
    if not found and facts.of_kind(*RESISTIVE, "current"):
        words = "no resistivity: give thickness, width and length in [sample]"
        found.append(Finding(Verdict.NOT_TESTED, words))
    return sorted(found, key=_bound)


def _lowest(result: Result) -> Estimate | None:
    if result.kind in RESISTIVE:
        return next(iter(at_lowest_field(known(result, "plateau_resistance"))), None)
    cold = [e for e in known(result, "zero_current_resistance") if temperature_of(e) is not None]
    return min(at_lowest_field(cold), key=kelvin, default=None)


def _resistivity(low: Estimate, bar: Bar | None, *, sheet: bool) -> Estimate | None:
    """In ohm m, with the bound; None without the lengths of the sample. `sheet`: the resistance is that of a sheet."""
    if low.value is None:
        return None
    factor, method = 1.0, low.method
    relative: float | None = 0.0
    if low.unit != "ohm m":
        if bar is None:
            return None
        factor, relative = bar.sheet_factor if sheet else bar.factor
        method = f"{low.method}, times {'t' if sheet else 'w t / l'} of the sample"
    value = low.value * factor
    error = None if low.error is None or relative is None else math.hypot(low.error * factor, value * relative)
    return bounded("residual_resistivity", low.measurement, value, "ohm m", method, error)


def _against_metals(rho: Estimate, name: str) -> Finding:
    value = value_of(rho)
    told = f"{1e8 * value:.2g} µΩ cm"
    if rho.error is None:
        return Finding(
            Verdict.NOT_SHOWN,
            f"{told} without a known error of it or of the lengths; pure metals have 3 µΩ cm at 300 K",
            rho,
            (name,),
        )
    most = bound(value, rho.error)
    below = f"below {1e8 * most:.2g} µΩ cm"
    if value - SIGMAS * rho.error > PURE_METALS:
        return Finding(Verdict.CONTRADICTED, f"{told}, more than pure metals have at 300 K (3 µΩ cm)", rho, (name,))
    if most <= COPPER:
        return Finding(Verdict.SHOWN, f"{below}: less than copper of residual ratio 100 has at 4 K", rho, (name,))
    if most <= PURE_METALS:
        return Finding(Verdict.COMPATIBLE, f"{below}; pure metals have 3 µΩ cm at 300 K", rho, (name,))
    return Finding(Verdict.NOT_SHOWN, f"{below}: no less than pure metals at 300 K (3 µΩ cm)", rho, (name,))


def reversibility(facts: Facts) -> list[Finding]:
    """Tc at half resistance on warming less that on cooling, against the width of the transition."""
    found = []
    one_way = []
    for m in facts.of_kind(*RESISTIVE):
        shifts = [e for e in over_directions(m.result.estimates) if e.quantity == "hysteresis" and e.unit == "K"]
        shifts = at_lowest_field([e for e in shifts if e.labels.get("criterion") == HALF])
        found += [gated(facts, m, _reversed(e, m.result, m.measurement)) for e in shifts[:1]]
        one_way += [m.measurement] if not shifts and known(m.result, "critical_temperature", criterion=HALF) else []
    if one_way and not found:
        words = "swept in one direction only"
        found.append(Finding(Verdict.NOT_TESTED, words, measurements=tuple(one_way)))
    return found


def _reversed(shift: Estimate, result: Result, name: str) -> Finding:
    value, error = value_of(shift), shift.error
    widths = [e for e in known(result, "transition_width") if _alike(e.labels, shift.labels)]
    width = next((e.value for e in widths if abs(field_of(e)) == abs(field_of(shift))), None)
    told = f"warming {rounded(abs(value), error)} K {'above' if value >= 0.0 else 'below'} cooling at 50 %"
    if width:
        told += f", {100.0 * abs(value) / width:.2g} % of the width"
    if width is None:
        return Finding(Verdict.NOT_SHOWN, f"{told}; the width is not known", shift, (name,))
    verdict = vanishes(value, error, small=LAG * width, fair=LAG_UNSEEN * width)
    if error is None:
        return Finding(verdict, f"{told}; its error is not known", shift, (name,))
    if verdict != Verdict.CONTRADICTED:
        words = f"{told}: none within its error, below {100.0 * bound(value, error) / width:.2g} % of the width"
        return Finding(verdict, words, shift, (name,))
    if abs(value) <= LAG * width:
        return Finding(Verdict.COMPATIBLE, f"{told}: as thermal lag does; a slower sweep tells", shift, (name,))
    if abs(value) - SIGMAS * error <= width:
        words = f"{told}: lag and a first-order transition are not told apart"
        return Finding(Verdict.NOT_SHOWN, words, shift, (name,))
    return Finding(Verdict.CONTRADICTED, f"{told}: a first-order transition, or lag beyond use", shift, (name,))


def _alike(labels: Mapping[str, str | float], other: Mapping[str, str | float]) -> bool:
    return all(labels.get(key) == other.get(key) for key in ("curve", "step"))
