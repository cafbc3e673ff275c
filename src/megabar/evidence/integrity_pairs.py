"""Noise that two curves of an experiment have in common: one is the other up to scale, offset and added noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import norm

from megabar.evidence.integrity_finding import EXPERIMENT_LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import FloatArray, Series, correlations, finding
from megabar.evidence.integrity_repeats import chance_of

FEWEST: Final = 24
"""Readings with noise that a pair must have at one shift."""

_LONG: Final = 600
_BLOCKS: Final = 12
_DROPPED: Final = 2
_REST: Final = 0.05
_SHARP: Final = 0.75
_OVERLAP: Final = 0.25
_WORTH: Final = 2.0


@dataclass(frozen=True)
class _Bank:
    """The noise of all curves, rows padded with 0 to a common length: u, whether it is known, spectra, correlations."""

    noise: FloatArray
    known: FloatArray
    waves: NDArray[np.complex128]
    masks: NDArray[np.complex128]
    own: FloatArray
    length: int


@dataclass(frozen=True)
class _Hit:
    one: int
    two: int
    shift: int
    correlation: float
    probability: float


def common_noise(curves: Sequence[Series]) -> list[Finding]:
    """Pairs of curves whose noise is correlated, row by row or with one shifted along the other.

    The noise is the residual of each curve in units of its local scale; signal, scale, offset and smooth backgrounds
    are gone. Two smoothings are tried, the wide one for curves of up to 600 readings: it leaves more noise to compare,
    the narrow one less of a signal. N readings count as N/D independent ones, D = 1 + 2 sum rho_1k rho_2k (Bartlett).
    Half of the probability is for equal rows, half for all shifts together; each is divided among all pairs and both
    smoothings (Bonferroni). A hit must also hold after the sixth of the rows that speaks most for it is taken away,
    and be as sharp as noise is: what two transitions have in common is neither.
    """
    curves = [one for one in curves if one.resolved]
    pairs = len(curves) * (len(curves) - 1) // 2
    hits: dict[tuple[int, int], _Hit] = {}
    if pairs == 0:
        return []
    for wide in (True, False):
        bank = _bank([(one.wide if one.y.size <= _LONG else 0.0 * one.y) if wide else one.narrow for one in curves],
                     [one.x[-1] < one.x[0] for one in curves])  # fmt: skip
        for hit in _hits(bank, pairs):
            before = hits.get((hit.one, hit.two))
            if before is None or hit.probability < before.probability:
                hits[hit.one, hit.two] = hit
    return [_finding(curves[hit.one], curves[hit.two], hit) for _, hit in sorted(hits.items())]


def _bank(noises: Sequence[FloatArray], falls: Sequence[bool]) -> _Bank:
    longest = max((noise.size for noise in noises), default=0)
    length = next_fast_len(2 * longest, real=True)
    rows = np.zeros((len(noises), longest))
    for row, noise, fall in zip(rows, noises, falls, strict=True):
        scale = float(np.sqrt((noise**2).sum() / max(np.count_nonzero(noise), 1))) or 1.0
        row[: noise.size] = (noise[::-1] if fall else noise) / scale
    known = (rows != 0.0).astype(np.float64)
    own = np.array([correlations(row) for row in rows])
    return _Bank(rows, known, rfft(rows, length, axis=1), rfft(known, length, axis=1), own, length)


def _hits(bank: _Bank, pairs: int) -> Iterator[_Hit]:
    """All pairs below their share of the probability, over both smoothings, that hold."""
    count, longest = bank.noise.shape
    shifts = np.concatenate([np.arange(longest), np.arange(longest - bank.length, 0)]).astype(np.intp)
    for one in range(count - 1):
        others = np.arange(one + 1, count)
        size = 1.0 + 2.0 * (bank.own[others, 1:] @ bank.own[one, 1:])
        for part in np.array_split(others, max(1, others.size * bank.length // 2_000_000)):
            both = _inverse(bank, bank.waves, one, part)
            readings = _inverse(bank, bank.masks, one, part)
            yield from _judged(bank, one, part, both, readings, np.maximum(size[part - one - 1], 1.0), shifts, pairs)


def _inverse(bank: _Bank, spectra: NDArray[np.complex128], one: int, part: NDArray[np.intp]) -> FloatArray:
    return np.asarray(irfft(np.conj(spectra[one]) * spectra[part], bank.length, axis=1))


def _judged(
    bank: _Bank,
    one: int,
    part: NDArray[np.intp],
    both: FloatArray,
    readings: FloatArray,
    size: FloatArray,
    shifts: NDArray[np.intp],
    pairs: int,
) -> Iterator[_Hit]:
    """Of each pair in `part`, the hit at equal rows, else the one at the most telling shift."""
    level = EXPERIMENT_LEVEL / (4.0 * pairs)
    enough = readings > np.maximum(FEWEST, _OVERLAP * readings.max(axis=1, keepdims=True)) - 0.5
    z = np.where(enough, np.abs(both) / np.sqrt(np.maximum(readings, 1.0) * size[:, None]), 0.0)
    best = np.argmax(z, axis=1)
    for k, two in enumerate(part):
        for place, tried in ((0, 1), (int(best[k]), int(np.count_nonzero(enough[k])))):
            if z[k, place] < _WORTH:
                continue
            shift = int(shifts[place])
            a, b = _overlap(bank.noise[one], bank.noise[int(two)], shift)
            used = np.flatnonzero(a * b)
            value = float(a[used] @ b[used] / np.sqrt((a[used] @ a[used]) * (b[used] @ b[used])))
            chance = 2.0 * tried * float(chance_of(abs(value), used.size / size[k]))
            beside = 0.5 * (both[k, (place - 1) % bank.length] + both[k, (place + 1) % bank.length])
            sharp = bool(beside / both[k, place] < _SHARP)
            if chance < level and sharp and _is_spread(np.sign(value) * a[used] * b[used], float(size[k]), pairs):
                yield _Hit(one, int(two), shift, value, chance / level * EXPERIMENT_LEVEL)
                break


def _overlap(a: FloatArray, b: FloatArray, shift: int) -> tuple[FloatArray, FloatArray]:
    """The parts of a and b that lie beside each other when b is shifted, of equal length."""
    a, b = a[max(0, -shift) :], b[max(0, shift) :]
    return a[: b.size], b[: a.size]


def _is_spread(product: FloatArray, size: float, pairs: int) -> bool:
    """Whether a correlation is left without the twelfths of the curve that speak most for it."""
    blocks = np.array([[part.sum(), part.size] for part in np.array_split(product, _BLOCKS)])
    rest = blocks[np.argsort(blocks[:, 0])[:-_DROPPED]].sum(axis=0)
    return bool(rest[0] / np.sqrt(rest[1] * size) > norm.isf(_REST / pairs))


def _finding(one: Series, two: Series, hit: _Hit) -> Finding:
    first, last = max(0, -hit.shift), min(one.y.size, two.y.size - hit.shift) - 1
    falls = one.x[-1] < one.x[0]
    if falls:
        first, last = one.y.size - 1 - last, one.y.size - 1 - first
    same = one.y.size == two.y.size and hit.shift == 0
    how = "row by row" if same else f"shifted by {abs(hit.shift)} readings" if hit.shift else "from the first row on"
    text = f"its noise and that of {two.curve} are correlated by {hit.correlation:.2f}, {how}"
    found = finding(
        one, Mark.COMMON_NOISE, text, [(first, last)], "correlation of noise", hit.correlation, "1", hit.probability
    )
    return replace(found, other=two.curve)
