"""Dips of a conductance spectrum where the current through the contact reaches its critical value.

A dip is a minimum away from zero bias: the conductance rises again on BOTH sides of it by more than noise explains. A
spectrum of Andreev reflection on one gap has none, whatever its curvature: on each side of zero it rises to at most one
maximum and then falls towards 1 (no rise beyond 2e-5 over Z 0..1.5, Gamma 0..2 Delta, T to Tc). V = 0 itself is never
looked at.

Sharp dips. Windows are tried at every reading, with full widths w at half depth from 1/64 to 1/3 of the bias; in each,
three statistics whose noise is known exactly:

    z   depth of a Gaussian of width w on a straight line, over its error, within +-3 w
    q   the same on a parabola, as which a smooth minimum would pass
    c   the smaller rise, from |u| <= 0.4 w to the shoulders 0.9 w .. 2 w on the inner and on the outer side

A pair at +-V counts when the sums over both sides, over sqrt(2), reach z 5.5, q 3.5 and c 3.5; one side alone when z
reaches 5, q and c 3. Without its lowest reading a dip still needs z 3.5 (3) and half of what it had with it: a single
bad reading is none. A width fitted to more than V/5 is not sharp.

Broad dips. A resistance that sets in at I_c stretches the axis beyond it, and the dip may become as wide as half its
bias. Such a minimum counts, as a pair only, when its depth reaches ten times the noise of one point and 2 % of the
level outside, and the conductance comes back to that level: beyond 2 outer half-widths (up to 4) its mean slope is at
most a quarter of that before, and nowhere does it exceed the level by half the depth. So the minimum between the peaks
of two gaps is none (the outer peak overshoots), nor one under a background that goes on rising. Where the range ends
within 2.5 outer half-widths the minimum is `undecided`.

Not found: a dip on a flank that falls by more than its depth within 1.5 w, which is no minimum. Mistaken for dips: the
minima beside the zero-bias peak of a d-wave gap, whose conductance they resemble, and a second, much broadened gap seen
through a barrier, whose outer peaks are washed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.analysis.spectrum_feature_minima import Candidate, Dip, broad_dip, candidates, sharp_dip
from megabar.analysis.spectrum_feature_windows import Mask, Value, checked
from megabar.errors import DataError, DomainError

__all__ = ["CriticalCurrent", "Dip", "DipPair", "Dips", "Value", "critical_current_of", "dip_mask", "find_dips"]

FloatArray = NDArray[np.float64]

PAIR: Final = (5.5, 3.5, 3.5, 3.5)
"""What z, q, c and z without the lowest reading must reach, summed over both sides and divided by sqrt(2)."""
ALONE: Final = (5.0, 3.0, 3.0, 3.0)
"""The same on one side alone."""
REST: Final = 0.5
"""Share of z that must be left without the lowest reading."""
APART: Final = 0.1
"""How far two sides of a pair may differ, as a share of the bias, or by the width of the dip."""


@dataclass(frozen=True)
class DipPair:
    """Dips on both sides of zero bias at about the same size of it; `shared`: one repeats the other (even data)."""

    negative: Dip
    positive: Dip
    shared: bool

    @property
    def position(self) -> Value:
        """Half the distance between both, mV: free of an offset of the bias."""
        error = float(np.hypot(self.negative.position_error, self.positive.position_error))
        half = 0.5 * (self.positive.position - self.negative.position)
        return Value(half, self.positive.position_error if self.shared else 0.5 * error)

    @property
    def width(self) -> float:
        """The mean of both, mV."""
        return 0.5 * (self.positive.width + self.negative.width)

    @property
    def offset(self) -> float:
        """The middle between both, mV."""
        return 0.5 * (self.positive.position + self.negative.position)


@dataclass(frozen=True)
class Dips:
    """All dips: pairs from the innermost out, and those on one side alone, with a sentence on what was found.

    unmirrored: of those alone, the ones whose mirror image lies outside the measured range or within its last width.
    undecided: mV, places of deep broad minima on both sides, outside of which the range ends too early to tell.
    """

    pairs: tuple[DipPair, ...]
    alone: tuple[Dip, ...]
    unmirrored: tuple[Dip, ...]
    undecided: tuple[float, ...]
    remark: str

    @property
    def every(self) -> tuple[Dip, ...]:
        """Dips of pairs and those alone, ascending in bias."""
        both = [dip for pair in self.pairs for dip in (pair.negative, pair.positive)]
        return tuple(sorted([*both, *self.alone], key=lambda dip: dip.position))


def find_dips(bias: ArrayLike, conductance: ArrayLike, noise: ArrayLike, *, correlation: float = 1.0) -> Dips:
    """Sharp dips on either side of zero bias, by the rule of the module.

    bias: (n,), mV, strictly ascending; conductance: (n,), normalised or in any unit; noise: standard deviation of a
    point, one number or (n,), in the unit of the conductance; correlation: neighbouring points that count as one.
    Exactly even data are looked at on one side, at the thresholds of one side.

    Measured over 1,000 curves each (`tests/analysis/test_spectrum_feature_dips.py`): no false alarm in BTK curves with
    noise of 0.2 to 1 %; all pairs found that are as deep as five times the noise of a point and 1/50 to 1/8 of their
    bias wide, outside the Andreev features and at least two readings wide, and about six of seven such dips on one side
    alone. Errors of place hold in 77, of depth and width in 66 %. DataError and DomainError as `checked`.
    """
    curve = checked(bias, conductance, noise, correlation)
    plus = curve.take(curve.bias > 0.0)
    if curve.even:
        sharp = [sharp_dip(plus, c) for c in candidates(plus) if _passes(c.scores, ALONE)]
        wide, place = broad_dip(plus)
        pairs = [DipPair(dip.mirrored(), dip, True) for dip in (*sharp, wide) if dip is not None]
        return _dips(pairs, (), (), (place, place), even=True)
    mirrored = curve.mirrored()
    minus = mirrored.take(mirrored.bias > 0.0)
    matched, single = _matched(candidates(plus), candidates(minus))
    both = [(sharp_dip(plus, a), sharp_dip(minus, b)) for a, b in matched]
    broad = broad_dip(plus), broad_dip(minus)
    both.append((broad[0][0], broad[1][0]))
    pairs = [
        DipPair(b.mirrored(), a, False)
        for a, b in both
        if a is not None and b is not None and _agree((a.position, a.width), (b.position, b.width))
    ]
    alone, unmirrored = [], []
    for sign, candidate in single:
        dip = sharp_dip(plus if sign > 0 else minus, candidate)
        if dip is None:
            continue
        alone.append(dip if sign > 0 else dip.mirrored())
        other = (minus if sign > 0 else plus).bias
        if not (other.size and other[-1] > dip.position + dip.width):
            unmirrored.append(alone[-1])
    return _dips(pairs, alone, unmirrored, (broad[0][1], broad[1][1]), even=False)


def dip_mask(bias: ArrayLike, dips: Dips, margin: float = 0.0, *, only: bool = False) -> Mask:
    """(n,), True for the readings that a fit of Andreev reflection should leave out.

    bias: mV, (n,); margin: mV, added on either side. From where the innermost dip begins outwards, since beyond a
    critical current the contact is heated; a side without a dip takes the other's. only: the dips themselves alone,
    from begin to end. DomainError for a negative margin.
    """
    if not 0.0 <= margin < np.inf:
        raise DomainError(f"margin must be zero or positive (mV), found {margin}")
    v = np.asarray(bias, dtype=np.float64)
    every = dips.every
    out = np.zeros(v.shape, dtype=bool)
    if only:
        for dip in every:
            low, high = sorted((dip.begin, dip.end))
            out |= (v >= low - margin) & (v <= high + margin)
        return out
    if not every:
        return out
    inner = {s: [abs(d.begin) for d in every if s * d.position > 0.0] for s in (1, -1)}
    for sign, starts in inner.items():
        out |= sign * v >= min(starts or inner[-sign]) - margin
    return out


@dataclass(frozen=True)
class CriticalCurrent:
    """A, with its standard error (None when unknown) and how it was found.

    systematic: what the bottom of the dip exceeds the inner side of it by at half depth; None when not known. Where the
    resistance sets in over a range of currents, the bottom lies beyond the critical current by part of that range.
    """

    value: float
    error: float | None
    method: str
    systematic: float | None = None


def critical_current_of(
    position: Value,
    *,
    resistance: Value | None = None,
    bias: ArrayLike | None = None,
    current: ArrayLike | None = None,
    width: float | None = None,
) -> CriticalCurrent:
    """I_c at a dip: V/R with the resistance V/I (not dV/dI) of the contact there, or read off the measured I(V).

    position: mV, of a dip or the mean of a pair (its sign is dropped). resistance: ohm, > 0; its error enters when
    known. Or bias (n,), mV, strictly ascending, and current (n,), A, rising, both signs: the mean of I(V) and -I(-V),
    straight lines between readings; the error is that of the position times dI/dV. width: mV, of the dip, for the
    systematic part. For a table of I_c(T) or I_c(H) the same road must serve all rows. DomainError unless exactly one
    road is given, for a resistance that is not positive and a position beyond I(V); DataError for a bias that does not
    ascend.
    """
    v = abs(position.value)
    if (resistance is None) == (bias is None or current is None):
        raise DomainError("critical current: give either the resistance at the dip, or bias and current of I(V)")
    if resistance is not None:
        if not 0.0 < resistance.value < np.inf:
            raise DomainError(f"resistance must be positive and finite (ohm), found {resistance.value}")
        value = 1e-3 * v / resistance.value
        known = position.error is not None and resistance.error is not None
        relative = np.hypot(position.error or 0.0, v * (resistance.error or 0.0) / resistance.value) / v
        return CriticalCurrent(value, float(value * relative) if known else None, "V/R at the dip")
    at, i = np.asarray(bias, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if at.shape != i.shape or not (np.all(np.diff(at) > 0.0) and np.all(np.isfinite(i))):
        raise DataError("critical current: I(V) needs one finite current a bias, the bias strictly ascending")
    if not at[0] <= -v <= v <= at[-1]:
        raise DomainError(f"critical current: I(V) from {at[0]:.4g} to {at[-1]:.4g} mV does not reach +-{v:.4g} mV")

    def odd(values: FloatArray, place: float) -> float:
        return 0.5 * float(np.interp(place, at, values) - np.interp(-place, at, values))

    rise = np.gradient(i, at)
    slope = 0.5 * abs(float(np.interp(v, at, rise) + np.interp(-v, at, rise)))
    error = None if position.error is None else slope * position.error
    systematic = None if width is None else abs(odd(i, v) - odd(i, max(v - 0.5 * width, 0.0)))
    return CriticalCurrent(odd(i, v), error, "measured I(V) at the dip", systematic)


def _dips(
    pairs: Sequence[DipPair],
    alone: Sequence[Dip],
    unmirrored: Sequence[Dip],
    places: tuple[float | None, float | None],
    *,
    even: bool,
) -> Dips:
    """Sorted, and without what lies within a deeper dip; `places`: of an undecided minimum on either side."""
    kept: list[DipPair] = []
    for pair in sorted(pairs, key=lambda pair: -pair.positive.depth):
        if all(abs(pair.position.value - k.position.value) > 0.75 * (pair.width + k.width) for k in kept):
            kept.append(pair)
    kept.sort(key=lambda pair: pair.position.value)

    def outside(dip: Dip) -> bool:
        return all(abs(abs(dip.position) - k.position.value) > 0.75 * (dip.width + k.width) for k in kept)

    apart = tuple(filter(outside, alone))
    plus, minus = places
    undecided = (-minus, plus) if plus and minus and not kept and _agree((plus, 0.0), (minus, 0.0)) else ()
    remark = _remark(kept, apart, undecided, even=even)
    return Dips(tuple(kept), apart, tuple(filter(outside, unmirrored)), undecided, remark)


def _matched(
    plus: Sequence[Candidate], minus: Sequence[Candidate]
) -> tuple[list[tuple[Candidate, Candidate]], list[tuple[int, Candidate]]]:
    """Windows that pass as a pair, the surest first, and those that pass alone, with the sign of their side."""
    scored = []
    for i, a in enumerate(plus):
        for j, b in enumerate(minus):
            together = (a.scores + b.scores) / np.sqrt(2.0)
            if _agree((a.centre, a.width), (b.centre, b.width)) and _passes(together, PAIR):
                scored.append((float(together[0]), i, j))
    used: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for _, i, j in sorted(scored, key=lambda row: -row[0]):
        if i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            pairs.append((plus[i], minus[j]))
    single = [
        (sign, c)
        for sign, side, gone in ((1, plus, used[0]), (-1, minus, used[1]))
        for i, c in enumerate(side)
        if i not in gone and _passes(c.scores, ALONE)
    ]
    return pairs, single


def _passes(scores: FloatArray, needed: tuple[float, float, float, float]) -> bool:
    return bool(np.all(scores >= needed)) and float(scores[3]) >= REST * float(scores[0])


def _agree(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether place and width of both sides are those of a pair."""
    return abs(a[0] - b[0]) <= max(a[1], b[1], 0.5 * APART * (a[0] + b[0]))


def _remark(pairs: Sequence[DipPair], alone: Sequence[Dip], undecided: tuple[float, ...], *, even: bool) -> str:
    words = []
    if pairs:
        places = ", ".join(f"+-{pair.position.value:.4g}" for pair in pairs)
        words.append(f"dips on both sides at {places} mV")
    if alone:
        places = ", ".join(f"{dip.position:.4g}" for dip in alone)
        words.append(f"a dip on one side only at {places} mV")
    if undecided:
        words.append(
            f"minima at {undecided[0]:.4g} and {undecided[1]:.4g} mV, where the range ends too early to tell dips from "
            "a background: measure to higher bias"
        )
    if not words:
        return "no critical-current dips"
    if even:
        words.append("the data are exactly even, so that both sides are one")
    return "; ".join(words)
