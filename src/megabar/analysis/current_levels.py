"""What the curves of one temperature and field say together: critical current, exponent, small-current resistance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from typing import Final, Literal

import numpy as np

from megabar.analysis.current_ohmic import Ohmic, ohmic_fit
from megabar.analysis.current_power import PowerLaw, mean_current, power_law_fit
from megabar.analysis.current_settings import Criterion, Settings
from megabar.analysis.current_sweeps import Sweep
from megabar.analysis.current_transition import Crossing, Parts, noise_of, split_parts
from megabar.data import Note

State = Literal["critical", "below", "resistive"]

TEN_NOISES: Final = 10.0
"""The automatic criterion in units of the noise of a reading."""
SIGNIFICANT: Final = 3.0
"""Errors from which on a resistance or a hysteresis counts."""
ZERO_SHARE: Final = 0.01
"""Share of the normal resistance that a resistance at small currents may have and still count as none."""


@dataclass(frozen=True)
class Value:
    """A number with its error (None unknown), what else moves it, and words; `seen` False where it is extrapolated."""

    value: float
    error: float | None
    systematic: Mapping[str, float] = made_by(default_factory=dict)
    remark: str = ""
    seen: bool = True


@dataclass(frozen=True, eq=False)
class Level:
    """All passes at one temperature (K), field (T) and duration of pulses (s), None where unknown.

    state: "critical" (a critical current is reached), "below" (it lies above the largest current, A), "resistive" (a
    resistance at the smallest currents already). resistance: at small currents, ohm, the remainder in series taken off.
    currents: critical current in A by criterion. exponent: n of the power law. hysteresis: critical current with rising
    less that with falling current, A; split: it is significant, then currents are those of rising current, retrapping
    that of falling. asymmetry: forward less reverse over their sum.
    """

    temperature: float | None
    field: float | None
    duration: float | None
    parts: tuple[Parts, ...]
    ohmic: tuple[Ohmic, ...]
    state: State
    largest: float
    resistance: Value
    laws: tuple[PowerLaw | None, ...] = ()
    currents: Mapping[Criterion, Value] = made_by(default_factory=dict)
    exponent: Value | None = None
    hysteresis: Value | None = None
    split: bool = False
    retrapping: Value | None = None
    asymmetry: Value | None = None
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        kelvin = "" if self.temperature is None else f"{self.temperature:.4g} K"
        tesla = f"{self.field:.3g} T" if self.field else ""
        pulse = "" if self.duration is None else f"pulses of {self.duration:.3g} s"
        return ", ".join(part for part in (kelvin, tesla, pulse) if part) or "the curve"


def automatic_criterion(sweeps: Sequence[Sweep]) -> float:
    """Ten times the median noise of a reading, V, rounded up to 1, 2 or 5 times a power of ten."""
    noises = [n for n in map(noise_of, sweeps) if n > 0.0]
    top = max(float(np.ptp(s.voltage)) for s in sweeps)
    wanted = TEN_NOISES * float(np.median(noises)) if noises else 1e-3 * top
    if not wanted > 0.0:
        wanted = 1e-6
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(power * step for step in (1.0, 2.0, 5.0, 10.0) if power * step >= wanted * (1.0 - 1e-9))


def normal_resistance(sweeps: Sequence[Sweep]) -> float:
    """The largest |dV/dI| between the ends of any curve, ohm: the size of what a superconductor takes away."""
    return max(abs(float(s.voltage[-1] - s.voltage[0]) / float(np.ptp(s.current))) for s in sweeps)


def levels_of(sweeps: Sequence[Sweep], settings: Settings, *, criterion: float) -> list[Level]:
    """One level for each temperature, field and pulse, coldest first; for 2 or 3 probes the coldest has R = 0."""
    groups: dict[tuple[float, float, float], list[Sweep]] = {}
    for sweep in sweeps:
        kelvin = math.inf if sweep.temperature is None else round(sweep.temperature, 3)
        key = (kelvin, round(sweep.field or 0.0, 4), settings.durations.get(sweep.curve, 0.0))
        groups.setdefault(key, []).append(sweep)
    normal = normal_resistance(sweeps)
    parts = {key: [split_parts(s, criterion=criterion) for s in groups[key]] for key in sorted(groups)}
    series = 0.0
    if settings.probes != 4:
        coldest = next(iter(parts.values()))
        series = float(np.mean([p.line.resistance for p in coldest]))
    return [_level(members, settings, criterion, series, normal) for members in parts.values()]


def _level(parts: Sequence[Parts], settings: Settings, criterion: float, series: float, normal: float) -> Level:
    resistance = _mean([(p.line.resistance - series, p.line.resistance_error) for p in parts])
    first = parts[0].sweep
    crossings = [c for p in parts for c in p.crossings]
    zero = resistance.value <= max(SIGNIFICANT * (resistance.error or 0.0), ZERO_SHARE * normal)
    reached = any(c.current is not None for c in crossings)
    level = Level(
        temperature=first.temperature,
        field=first.field,
        duration=settings.durations.get(first.curve),
        parts=tuple(parts),
        ohmic=tuple(ohmic_fit(p.sweep) for p in parts),
        state="resistive" if not zero else "critical" if reached else "below",
        largest=max(float(np.abs(p.sweep.current).max()) for p in parts),
        resistance=resistance,
    )
    return level if level.state != "critical" else _with_currents(level, settings, criterion)


def _with_currents(level: Level, settings: Settings, criterion: float) -> Level:
    """The level with its critical currents, exponent, hysteresis and asymmetry."""
    crossings = [c for p in level.parts for c in p.crossings]
    found = [power_law_fit(p, criterion=criterion, decades=settings.decades) for p in level.parts]
    good = [f for f in found if not isinstance(f, str)]
    rising, falling = _branches(crossings)
    hysteresis = _difference(rising, falling)
    # Where the branches differ, the current that ends superconductivity is the rising one.
    split = hysteresis is not None and _counts(hysteresis, rising)
    currents: dict[Criterion, Value] = {}
    if good and not split:
        currents["power law"] = _by_power(good)
        if settings.length is not None:
            currents["field"] = _by_field(good, settings, criterion, level.parts[0].line.noise)
    crossing = rising if split else _mean_of(crossings)
    if crossing is not None:
        currents["crossing"] = crossing
    why = dict.fromkeys(f for f in found if isinstance(f, str))
    return replace(
        level,
        laws=tuple(None if isinstance(f, str) else f for f in found),
        currents=currents,
        exponent=_exponent(good) if good else None,
        hysteresis=hysteresis,
        split=split,
        retrapping=falling if split else None,
        asymmetry=_asymmetry(*(_mean_of([c for c in crossings if c.sign == sign]) for sign in (1, -1))),
        notes=tuple(Note(f"{level.name}: no power law: {text}") for text in why),
    )


def _branches(crossings: Sequence[Crossing]) -> tuple[Value | None, Value | None]:
    """Rising and falling current on the sides where both were measured: on others they are the two signs as well."""
    signs = [sign for sign in (1, -1) if len({c.falling for c in crossings if c.sign == sign}) == 2]
    both = [c for c in crossings if c.sign in signs]
    return _mean_of([c for c in both if not c.falling]), _mean_of([c for c in both if c.falling])


def _mean(pairs: Sequence[tuple[float, float | None]]) -> Value:
    errors = [e for _, e in pairs]
    total = None if any(e is None for e in errors) else math.hypot(*(e or 0.0 for e in errors)) / len(pairs)
    return Value(float(np.mean([v for v, _ in pairs])), total)


def _mean_of(crossings: Sequence[Crossing]) -> Value | None:
    known = [(c.current, c.error or None) for c in crossings if c.current is not None]
    if not known:
        return None
    made = _mean(known)
    jump = any(c.jump for c in crossings)
    words = "the voltage jumps over the criterion within one step of the current" if jump else ""
    return Value(made.value, made.error, remark=words)


def _counts(difference: Value, of: Value | None) -> bool:
    size = abs(difference.value)
    return of is not None and size > SIGNIFICANT * (difference.error or 0.0) and size > ZERO_SHARE * of.value


def _difference(one: Value | None, other: Value | None) -> Value | None:
    if one is None or other is None:
        return None
    error = None if one.error is None or other.error is None else math.hypot(one.error, other.error)
    return Value(one.value - other.value, error)


def _asymmetry(forward: Value | None, reverse: Value | None) -> Value | None:
    """(forward - reverse)/(forward + reverse)."""
    difference = _difference(forward, reverse)
    if difference is None or forward is None or reverse is None:
        return None
    total = forward.value + reverse.value
    return Value(difference.value / total, None if difference.error is None else difference.error / total)


def _by_power(laws: Sequence[PowerLaw]) -> Value:
    made = _mean([mean_current(law.fit) for law in laws])
    moved = [law.systematic for law in laws if law.systematic is not None]
    systematic = {"range of the power law": float(np.mean(moved))} if moved else {}
    return Value(made.value, made.error, systematic)


def _exponent(laws: Sequence[PowerLaw]) -> Value:
    made = _mean([(law.fit.values["exponent"], law.fit.errors["exponent"]) for law in laws])
    moved = [law.exponent_moved for law in laws if law.exponent_moved is not None]
    return Value(made.value, made.error, {"range of the power law": float(np.mean(moved))} if moved else {})


def _by_field(laws: Sequence[PowerLaw], settings: Settings, criterion: float, noise: float) -> Value:
    """Ic (V_E/Vc)^(1/n) with V_E = E length, the power law taken to the field criterion."""
    assert settings.length is not None
    voltage = settings.electric_field * 1e-6 * settings.length
    logarithm = math.log(voltage / criterion)
    pairs = []
    for law in laws:
        current, error = mean_current(law.fit)
        n = law.fit.values["exponent"]
        value = current * math.exp(logarithm / n)
        pairs.append((value, None if error is None else value * _relative(law, logarithm, settings)))
    made = _mean(pairs)
    seen = voltage >= SIGNIFICANT * noise
    words = (
        ""
        if seen
        else f"{1e9 * voltage:.2g} nV, below the noise of a reading: {voltage / criterion:.1g} of the criterion"
    )
    return Value(made.value, made.error, remark=words, seen=seen)


def _relative(law: PowerLaw, logarithm: float, settings: Settings) -> float:
    """Relative error of Ic exp(logarithm/n) by the covariance of the sides and n, and by the length."""
    found = law.fit
    assert found.covariance is not None
    n, sides = found.values["exponent"], [s for s in ("forward", "reverse") if s in found.free]
    gradient = np.zeros(len(found.free))
    for side in sides:
        gradient[found.free.index(side)] = 1.0 / sum(found.values[s] for s in sides)
    gradient[found.free.index("exponent")] = -logarithm / n**2
    length = (settings.length_error or 0.0) / (settings.length or 1.0) / n
    return math.hypot(math.sqrt(float(gradient @ found.covariance @ gradient)), length)
