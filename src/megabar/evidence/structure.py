"""Claims from diffraction: the phase, how much hydrogen its volume asks for, the same lattice above and below Tc."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

from megabar.analysis.pattern_estimates import lines_seen
from megabar.analysis.raman_lines import VIBRON
from megabar.data import Estimate, Measured, Result
from megabar.evidence.bounds import SIGMAS_OF_BOUND, within
from megabar.evidence.claim import Finding, Verdict
from megabar.evidence.facts import Facts, critical_temperature, in_words, known, transition, value_of

PATTERNS: Final = ("pattern", "map")
HALF_OF_LINES: Final = 0.5
"""Share of a phase's lines (or of a map's points) that must show it."""
NARROW: Final = 1.0
"""Width of an interval of the hydrogen content that still tells one whole number from the next."""
SAME_VOLUME: Final = 0.01
"""Relative change of a volume that cooling may make: copper contracts by 1 % from 300 to 4 K. Distortions (a
charge-density wave, orthorhombic from tetragonal) make 1e-4 to 1e-3 and keep the phase: this says nothing of them."""

_PART = re.compile(r"\(([^()]*)\)(\d+(?:\.\d+)?)?|([A-Z][a-z]?)(\d+(?:\.\d+)?)?(?:-(\d+(?:\.\d+)?))?")


def phase(facts: Facts) -> list[Finding]:
    """A refined cell of the phase that the sample is named after, else of any phase."""
    return [_phase(facts.composition, m) for m in facts.of_kind(*PATTERNS) if _names(m.result)]


def _names(result: Result) -> list[str]:
    return list(dict.fromkeys(str(e.labels["phase"]) for e in result.find("cell_volume") if "phase" in e.labels))


def _phase(composition: str, measured: Measured) -> Finding:
    result, names = measured.result, (measured.measurement,)
    seen = {name: cell for name in _names(result) if (cell := _cell(result, name)) is not None}
    own = [name for name in _names(result) if _same_name(name, composition)]
    asked = own or list(seen)
    found = [name for name in asked if name in seen]
    if not found:
        words = f"{' and '.join(asked) or 'none of the phases'}: no cell was found"
        return Finding(Verdict.NOT_SHOWN, words, measurements=names)
    best = found[0]
    share, where = _seen_share(result, best, seen[best])
    volume = seen[best]
    unit = "Å³" if volume.quantity == "cell_volume" else "Å³ per formula unit"
    told = f"{best}, {in_words(volume)} {unit}{where}"
    others = [name for name in seen if name != best]
    told += f"; beside it {' and '.join(others)}" if others else ""
    if not own and composition:
        told += f"; no phase is named {composition}"
    good = volume.error is not None and share is not None and share >= HALF_OF_LINES and (bool(own) or not composition)
    return Finding(Verdict.SHOWN if good else Verdict.COMPATIBLE, told, volume, names)


def _cell(result: Result, name: str) -> Estimate | None:
    """The volume per formula unit, else of the cell: over the whole map, or of the first pattern that has one."""
    for quantity in ("volume_per_formula", "cell_volume"):
        found = [e for e in known(result, quantity, phase=name) if "by" not in e.labels]
        whole = [e for e in found if "at" not in e.labels]
        if whole or found:
            return (whole or found)[0]
    return None


def _seen_share(result: Result, name: str, volume: Estimate) -> tuple[float | None, str]:
    """Share of the lines, or of the points of a map, that show the phase; and the same in words."""
    points = next(iter(known(result, "map_points", phase=name)), None)
    if points is not None and points.value is not None:
        total = len({e.labels["at"] for e in result.find("cell_volume", phase=name) if "at" in e.labels})
        return (points.value / total if total else None), f" at {points.value:g} of {total} points"
    share = lines_seen(volume)
    return share, "" if share is None else f", {100.0 * share:.0f} % of its lines seen"


def _same_name(name: str, composition: str) -> bool:
    """Whether a phase is called like the sample: "CeH9", "CeH9 P6_3/mmc"."""
    return bool(composition) and re.split(r"[\s,_-]", name.strip())[0] == composition.strip()


def content_of(composition: str) -> tuple[float, float] | None:
    """Hydrogen per other atom that a formula names, lowest and highest; None without hydrogen or where not understood.

    Atoms in brackets with commas share one place: "(La,Ce)H9-10" is 9 to 10. D and T are hydrogen.
    """
    text = composition.strip()
    others = low = high = 0.0
    end = 0
    for match in _PART.finditer(text):
        if match.start() != end:
            return None
        end = match.end()
        group, times, element, count, upto = match.groups()
        n = float(times or count or 1.0)
        if group is not None:
            inside = len(re.findall("[A-Z][a-z]?", group))
            others += n * (1 if "," in group else inside)
        elif element in ("H", "D", "T"):
            low, high = low + n, high + float(upto or n)
        else:
            others += n
    whole = end == len(text) and others > 0.0 and low > 0.0
    return (low / others, high / others) if whole else None


def hydrogen_content(facts: Facts) -> list[Finding]:
    """The interval of hydrogen per metal atom over all conventions, against that of the formula."""
    found = []
    for m in facts.of_kind("volumes"):
        groups = dict.fromkeys(e.labels.get("curve") for e in m.result.find("hydrogen_content"))
        found += [one for curve in groups if (one := _content(facts.composition, m, curve)) is not None]
    return found or _only_molecules(facts)


def _only_molecules(facts: Facts) -> list[Finding]:
    """Lines of H2 tell of hydrogen in the chamber, which is no content of the lattice."""
    for m in facts.of_kind("raman"):
        vibron = next((e for e in known(m.result, "raman_line") if VIBRON in e.remark), None)
        if vibron is not None:
            words = f"{VIBRON} at {in_words(vibron)} cm⁻¹: hydrogen in the chamber, which tells nothing of the lattice"
            return [Finding(Verdict.NOT_TESTED, words, measurements=(m.measurement,))]
    return []


def _content(composition: str, measured: Measured, curve: str | float | None) -> Finding | None:
    """Each convention's mean, widened by twice its error and by what the gauge moves it."""
    each = [e for e in known(measured.result, "hydrogen_content") if e.labels.get("curve") == curve]
    if not each:
        return None
    low = min(value_of(e) - _margin(e) for e in each)
    high = max(value_of(e) + _margin(e) for e in each)
    count = f"{len(each)} convention{'s' if len(each) > 1 else ''}"
    method = f"{count}, their errors and the gauge's"
    interval = (low, high)
    number = Estimate("hydrogen_content", measured.measurement, None, "1", method, interval=interval)
    told = f"{low:.3g} to {high:.3g} per metal atom over {count}"
    names = (measured.measurement,)
    formula = content_of(composition)
    if formula is None:
        words = f"{told}; [sample] names no content to compare with"
        return Finding(Verdict.COMPATIBLE if low > 0.0 else Verdict.NOT_SHOWN, words, number, names)
    least, most = formula
    asked = f"{least:.3g}" if least == most else f"{least:.3g} to {most:.3g}"
    sure = all(e.error is not None for e in each)
    told += "" if sure else ", not every error known"
    if most < low or least > high:
        words = f"{told}, not the {asked} of {composition}"
        return Finding(Verdict.CONTRADICTED if sure else Verdict.NOT_SHOWN, words, number, names)
    verdict = Verdict.SHOWN if high - low <= NARROW and len(each) > 1 and sure else Verdict.COMPATIBLE
    return Finding(verdict, f"{told}, which holds the {asked} of {composition}", number, names)


def _margin(estimate: Estimate) -> float:
    return math.hypot(SIGMAS_OF_BOUND * (estimate.error or 0.0), *estimate.systematic.values())


def structure_unchanged(facts: Facts) -> list[Finding]:
    """Volumes and phases of patterns below Tc against those above it, in one cell."""
    timed = [m for m in facts.of_kind(*PATTERNS) if m.temperature is not None and _names(m.result)]
    found = []
    for low in timed:
        for high in timed:
            span = _transition(facts, low.cell)
            if span is not None and low.cell == high.cell and _below(low) <= span[0] and _below(high) >= span[1]:
                found.append(_compared(low, high))
    if not found and facts.of_kind(*PATTERNS):
        words = "no patterns on both sides of Tc: give their temperature in the experiment file"
        found.append(Finding(Verdict.NOT_TESTED, words))
    return found


def _below(measured: Measured) -> float:
    return measured.temperature or 0.0


def _transition(facts: Facts, cell: str) -> tuple[float, float] | None:
    """Tc and onset of what was measured in this cell, else in any."""
    here = [m for m in facts.measured if m.cell == cell] or list(facts.measured)
    for m in (*here, *facts.measured):
        tc = critical_temperature(m.result)
        if tc is not None and tc.value is not None:
            onset = transition(m.result, "onset")
            return tc.value, tc.value if onset is None or onset.value is None else onset.value
    return None


def _compared(low: Measured, high: Measured) -> Finding:
    names = (low.measurement, high.measurement)
    cold, warm = _cells(low.result), _cells(high.result)
    at = f"{_below(low):.4g} against {_below(high):.4g} K"
    if set(cold) != set(warm):
        told = f"{_listed(cold)} at {_below(low):.4g} K, {_listed(warm)} at {_below(high):.4g} K"
        return Finding(Verdict.CONTRADICTED, f"other phases: {told}", measurements=names)
    if not cold:
        return Finding(Verdict.NOT_SHOWN, f"no phase with a cell, {at}", measurements=names)
    changes = [_change(cold[name], warm[name], low.measurement) for name in cold]
    judged = [(within(value_of(e), e.error, SAME_VOLUME), e) for e in changes]
    verdict, largest = max(judged, key=lambda one: (_SEVERITY.index(one[0]), abs(value_of(one[1]))))
    told = f"{_listed(cold)}: volumes {100.0 * value_of(largest):+.2g} % {'at most, ' if len(cold) > 1 else ''}{at}"
    told += _REMARK if verdict == Verdict.SHOWN else "" if largest.error is not None else "; its error is not known"
    told += ": too uncertain to compare" if verdict == Verdict.NOT_SHOWN and largest.error is not None else ""
    return Finding(verdict, told, largest, names)


_SEVERITY: Final = (Verdict.SHOWN, Verdict.COMPATIBLE, Verdict.NOT_SHOWN, Verdict.CONTRADICTED)
_REMARK: Final = "; a distortion that keeps phase and volume is not excluded"


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names) or "no phase"


def _cells(result: Result) -> dict[str, Estimate]:
    return {name: cell for name in _names(result) if (cell := _cell(result, name)) is not None}


def _change(cold: Estimate, warm: Estimate, name: str) -> Estimate:
    """V(cold)/V(warm) - 1."""
    ratio = value_of(cold) / (warm.value or 1.0)
    parts = [(e.error or 0.0) / (e.value or 1.0) for e in (cold, warm)]
    known_errors = cold.error is not None and warm.error is not None
    error = ratio * math.hypot(*parts) if known_errors else None
    return Estimate("volume_change", name, ratio - 1.0, "1", "volume below Tc over that above, less 1", error=error)
