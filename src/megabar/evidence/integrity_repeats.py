"""Noise that occurs twice in one curve: the same way round, or mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import t as student

from megabar.evidence.integrity_finding import LEVEL, Finding, Mark
from megabar.evidence.integrity_noise import FloatArray, Series, correlations, finding

SHORTEST: Final = 16
"""Readings of the shortest stretch that is looked for elsewhere in the curve."""

_CONFIRMED: Final = 0.6
_BATCH: Final = 256
_MANY: Final = 6000


@dataclass(frozen=True)
class _Repeat:
    first: int
    again: int
    length: int
    correlation: float
    probability: float
    mirrored: bool


def chance_of(correlation: ArrayLike, readings: ArrayLike) -> FloatArray:
    """Probability that independent noise of `readings` (any number from 3 on) is correlated by `correlation` or more.

    t = r sqrt((n - 2)/(1 - r^2)) follows Student's distribution with n - 2 degrees of freedom (Fisher 1915).
    """
    r = np.clip(np.asarray(correlation, dtype=np.float64), 1e-12 - 1.0, 1.0 - 1e-12)
    free = np.maximum(np.asarray(readings, dtype=np.float64) - 2.0, 1e-3)
    return np.asarray(student.sf(r * np.sqrt(free / (1.0 - r * r)), free))


def repeated(series: Series) -> list[Finding]:
    """The most telling stretch of noise that occurs a second time, and the most telling mirrored one.

    Stretches of 16, 32, 64 ... readings (from 64 on in curves of more than 6,000) at every half of their length are
    correlated with all others that they do not overlap. A correlation r of m readings counts as one of m/D independent
    ones, D = 1 + 2 sum rho_k^2 from the noise's own autocorrelation (Bartlett), and its probability is multiplied by
    the number of places compared. It must be left without the quarter of the readings that speaks most for it.
    """
    if not series.resolved or series.y.size < 2 * SHORTEST:
        return []
    u = series.wide
    size = 1.0 + 2.0 * float((correlations(u)[1:] ** 2).sum())
    found: dict[bool, _Repeat] = {}
    length = SHORTEST if u.size <= _MANY else 4 * SHORTEST  # short ones tell nothing among so many places
    while 2 * length <= u.size:
        for mirrored in (False, True):
            one = _best(u, length, size, mirrored)
            if one is not None and one.probability < min(LEVEL / 4.0, _of(found.get(mirrored))):
                found[mirrored] = one
        length *= 2
    return [_finding(series, one) for one in found.values() if _stays(u, one) and _stays(series.narrow, one)]


def _of(one: _Repeat | None) -> float:
    return 1.0 if one is None else one.probability


def _best(u: FloatArray, length: int, size: float, mirrored: bool) -> _Repeat | None:
    """The place with the highest correlation of all templates of one length; None where no noise is left."""
    starts = np.arange(0, u.size - length + 1, max(length // 2, 1))
    energies = _energies(u, length)
    room = next_fast_len(u.size + length, real=True)
    spectrum = rfft(u, room)
    best, place = 0.0, (0, 0)
    used = 0
    for batch in np.array_split(starts, max(1, starts.size // _BATCH)):
        templates = np.lib.stride_tricks.sliding_window_view(u, length)[batch]
        templates = templates if not mirrored else templates[:, ::-1]
        product = irfft(spectrum * np.conj(rfft(templates, room, axis=1)), room, axis=1)[:, : energies.size]
        own = energies[batch]
        enough = (own[:, None] > 0.3 * length) & (energies > 0.3 * length)
        apart = np.abs(np.arange(energies.size) - batch[:, None]) >= length
        usable = enough & apart
        used += int(usable.sum())
        value = np.where(usable, product / np.sqrt(np.maximum(own[:, None] * energies, 1e-30)), 0.0)
        row, column = divmod(int(np.argmax(value)), energies.size)
        if value[row, column] > best:
            best, place = float(value[row, column]), (int(batch[row]), column)
    if used == 0:
        return None
    lengths = np.log2(u.size / SHORTEST) + 1.0
    chance = float(chance_of(best, length / size)) * used * lengths
    return _Repeat(*place, length, best, min(chance, 1.0), mirrored)


def _energies(u: FloatArray, length: int) -> FloatArray:
    sums = np.concatenate([[0.0], np.cumsum(u * u)])
    return np.asarray(np.maximum(sums[length:] - sums[:-length], 0.0))


def _stays(noise: FloatArray, one: _Repeat) -> bool:
    """Whether the correlation is left without the quarter of the readings that speaks most for it."""
    a = noise[one.first : one.first + one.length]
    b = noise[one.again : one.again + one.length]
    b = b[::-1] if one.mirrored else b
    blocks = np.array_split(np.arange(one.length), 8)
    kept = np.concatenate(sorted(blocks, key=lambda i: float(a[i] @ b[i]))[:6])
    energy = float(np.sqrt((a[kept] @ a[kept]) * (b[kept] @ b[kept])))
    return energy > 0.0 and float(a[kept] @ b[kept]) / energy > _CONFIRMED * one.correlation


def _finding(series: Series, one: _Repeat) -> Finding:
    stretches = sorted([(one.first, one.first + one.length - 1), (one.again, one.again + one.length - 1)])
    words = "mirrored, " if one.mirrored else ""
    text = f"the noise of {one.length} readings occurs twice, {words}with a correlation of {one.correlation:.3f}"
    mark = Mark.MIRRORED if one.mirrored else Mark.REPEATED
    return finding(series, mark, text, stretches, "correlation", one.correlation, "1", one.probability)
