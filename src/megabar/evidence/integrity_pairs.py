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
_SHARP_WIDE: Final = 0.3
_SHARP_NARROW: Final = -0.5
_OVERLAP: Final = 0.25
_WORTH: Final = 0.55
_CONFIRMED: Final = 0.4
_NARROW_SIZE: Final = 3.2  # D of sixth differences of white noise, C(24, 12)/C(12, 6)^2


@dataclass(frozen=True)
class _Bank:
    """The noise of all curves, rows padded with 0 to a common length: as compared and narrow, spectra, correlations.

    sharp: the correlation of noise with its neighbour that a hit, divided by its own, stays below.
    """

    noise: FloatArray
    narrow: FloatArray
    waves: NDArray[np.complex128]
    masks: NDArray[np.complex128]
    own: FloatArray
    length: int
    sharp: float


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
    be as sharp as noise is, and be found by the narrow smoothing: what two transitions have in common is not.
    """
    curves = [one for one in curves if one.resolved]
    pairs = len(curves) * (len(curves) - 1) // 2
    hits: dict[tuple[int, int], _Hit] = {}
    if pairs == 0:
        return []
    narrow = _rows([_upwards(one, one.narrow) for one in curves])
    wide = _rows([_upwards(one, one.wide if one.y.size <= _LONG else 0.0 * one.y) for one in curves])
    for bank in (_bank(wide, narrow, _SHARP_WIDE), _bank(narrow, narrow, _SHARP_NARROW)):
        for hit in _hits(bank, pairs):
            before = hits.get((hit.one, hit.two))
            if before is None or hit.probability < before.probability:
                hits[hit.one, hit.two] = hit
    return [_finding(curves[hit.one], curves[hit.two], hit) for _, hit in sorted(hits.items())]


def _upwards(series: Series, noise: FloatArray) -> FloatArray:
    """The noise in the order of rising x, of unit size."""
    scale = float(np.sqrt((noise**2).sum() / max(np.count_nonzero(noise), 1))) or 1.0
    return (noise[::-1] if series.x[-1] < series.x[0] else noise) / scale


def _rows(noises: Sequence[FloatArray]) -> FloatArray:
    rows = np.zeros((len(noises), max(noise.size for noise in noises)))
    for row, noise in zip(rows, noises, strict=True):
        row[: noise.size] = noise
    return rows


def _bank(noise: FloatArray, narrow: FloatArray, sharp: float) -> _Bank:
    length = next_fast_len(2 * noise.shape[1], real=True)
    known = (noise != 0.0).astype(np.float64)
    own = np.array([correlations(row) for row in noise])
    return _Bank(noise, narrow, rfft(noise, length, axis=1), rfft(known, length, axis=1), own, length, sharp)


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
    tries = np.count_nonzero(enough, axis=1)
    worth = _WORTH * norm.isf(0.5 * level / np.array([1.0, max(readings.shape[1], 2)]))  # for speed, well below
    for k, two in enumerate(part):
        for place, tried in ((0, 1), (int(best[k]), max(int(tries[k]), 2))):
            if z[k, place] < worth[int(tried > 1)]:
                continue
            shift = int(shifts[place])
            hit = _measured(bank, one, int(two), shift, float(size[k]), tried)
            beside = 0.5 * (both[k, (place - 1) % bank.length] + both[k, (place + 1) % bank.length])
            sharp = bool(beside / both[k, place] < bank.sharp)
            if hit.probability < level and sharp and _holds(bank, hit, float(size[k]), pairs):
                yield replace(hit, probability=hit.probability / level * EXPERIMENT_LEVEL)
                break


def _measured(bank: _Bank, one: int, two: int, shift: int, size: float, tried: int) -> _Hit:
    """Correlation of two rows at a shift, and the probability that one of `tried` shifts shows as much."""
    a, b = _overlap(bank.noise[one], bank.noise[two], shift)
    value, readings = _correlation(a, b)
    return _Hit(one, two, shift, value, 2.0 * tried * float(chance_of(abs(value), readings / size)))


def _correlation(a: FloatArray, b: FloatArray) -> tuple[float, int]:
    """Of the readings where both are known, and their number."""
    used = np.flatnonzero(a * b)
    energy = float(np.sqrt((a[used] @ a[used]) * (b[used] @ b[used])))
    return (float(a[used] @ b[used]) / energy if energy > 0.0 else 0.0), used.size


def _overlap(a: FloatArray, b: FloatArray, shift: int) -> tuple[FloatArray, FloatArray]:
    """The parts of a and b that lie beside each other when b is shifted, of equal length."""
    a, b = a[max(0, -shift) :], b[max(0, shift) :]
    return a[: b.size], b[: a.size]


def _holds(bank: _Bank, hit: _Hit, size: float, pairs: int) -> bool:
    """Whether a correlation is in the narrow noise too, and left without the twelfths that speak most for it."""
    value, readings = _correlation(*_overlap(bank.narrow[hit.one], bank.narrow[hit.two], hit.shift))
    chance = float(chance_of(value * np.sign(hit.correlation), readings / _NARROW_SIZE))
    if value / hit.correlation < _CONFIRMED or chance > _REST / pairs:
        return False
    a, b = _overlap(bank.noise[hit.one], bank.noise[hit.two], hit.shift)
    product = np.sign(hit.correlation) * (a * b)[np.flatnonzero(a * b)]
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
