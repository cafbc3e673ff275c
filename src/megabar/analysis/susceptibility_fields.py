"""Moments against field: where flux first enters, how wide the loops are, how trapped flux begins and saturates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import noise_level
from megabar.analysis.susceptibility_cooling import Vanishing, vanishing
from megabar.analysis.susceptibility_hinge import FEWEST, Hinge, fit_hinge

FloatArray = NDArray[np.float64]

SHARE: Final = 0.2
"""The departure from the Meissner line is fitted up to this share of the line; `SHARES` show what the choice does."""
SHARES: Final = (0.1, 0.35)
QUADRATIC: Final = 2.0
"""Power of the departure: flux that enters a critical state."""
_LOWEST: Final = 0.33
_PASSES: Final = 4
_CLEAR: Final = 3.0
SATURATED: Final = 0.4
"""The start of the trapped moment is fitted up to this share of its largest value."""


@dataclass(frozen=True)
class FirstFlux:
    """Where the moment leaves the Meissner line: mu0 H in T with its error, half the spread over methods and ranges.

    verdict: "found", "none" (the line holds up to the highest field), "paramagnetic", "few". used: points fitted.
    root: by the line through the square roots of the departure, None where too few are clear.
    """

    verdict: str
    words: str
    field: FloatArray
    moment: FloatArray
    value: float | None = None
    error: float | None = None
    interval: tuple[float | None, float | None] | None = None
    method_spread: float | None = None
    range_spread: float | None = None
    root: float | None = None
    hinge: Hinge | None = None
    used: int = 0


def first_flux(field: FloatArray, moment: FloatArray) -> FirstFlux:
    """The virgin curve M(H), field (n,) ascending from about zero: the line of full shielding and where it ends.

    One fit of the line, its zero and a departure c (H - Hp)^2 beyond the start Hp; against it the line through the
    square root of the departure, extrapolated to zero.
    """
    if field.size < FEWEST:
        return FirstFlux("few", f"{field.size} points, {FEWEST} are needed", field, moment)
    low = max(int(_LOWEST * field.size), 4)
    slope, offset = np.polyfit(field[:low], moment[:low], 1)
    rest = moment[:low] - slope * field[:low] - offset
    u = field[:low] - field[:low].mean()
    error = float(np.sqrt(rest @ rest / (low - 2) / (u @ u)))
    if not slope < -3.0 * error:
        rises = slope > 3.0 * error
        words = "the moment rises with the field" if rises else "the moment does not fall with the field at its start"
        return FirstFlux("paramagnetic" if rises else "none", f"{words}: no Meissner line", field, moment)
    hinge, used = _fit(field, moment, SHARE)
    if hinge is None or not hinge.significant or hinge.size <= 0.0:
        words = f"the line of shielding holds up to {field[-1]:.4g} T, the highest field"
        return FirstFlux("none", words, field, moment, hinge=hinge, used=used)
    root = _square_root(field[:used], moment[:used], hinge)
    others = [h.start for share in SHARES if (h := _fit(field, moment, share)[0]) is not None and h.significant]
    starts = [*others, hinge.start]
    return FirstFlux(
        "found",
        "",
        field,
        moment,
        value=hinge.start,
        error=hinge.error,
        interval=hinge.interval,
        method_spread=None if root is None else 0.5 * abs(root - hinge.start),
        range_spread=0.5 * (max(starts) - min(starts)),
        root=root,
        hinge=hinge,
        used=used,
    )


def _fit(field: FloatArray, moment: FloatArray, share: float) -> tuple[Hinge | None, int]:
    """The fit up to where the departure is `share` of the line, found again with each new line."""
    used = max(field.size // 2, FEWEST)
    hinge: Hinge | None = None
    for _ in range(_PASSES):
        hinge = fit_hinge(field[:used], moment[:used], exponents=(QUADRATIC,))
        if hinge is None:
            return None, used
        line = hinge.straight(field)
        shielded = np.abs(line - hinge.line[0])
        beyond = np.flatnonzero((moment - line > share * shielded + 3.0 * hinge.noise) & (field > hinge.start))
        now = max(int(beyond[0]) if beyond.size else field.size, FEWEST)
        if now == used:
            break
        used = now
    return hinge, used


def _square_root(field: FloatArray, moment: FloatArray, hinge: Hinge) -> float | None:
    """Where the line through the square roots of the departure from the Meissner line meets zero."""
    below = field < 0.8 * hinge.start
    if np.count_nonzero(below) < 3:
        return None
    slope, offset = np.polyfit(field[below], moment[below], 1)
    departure = moment - slope * field - offset
    clear = (departure > _CLEAR * hinge.noise) & (field > hinge.start)
    if np.count_nonzero(clear) < 3:
        return None
    steep, at_zero = np.polyfit(field[clear], np.sqrt(departure[clear]), 1)
    return float(-at_zero / steep) if steep > 0.0 else None


@dataclass(frozen=True)
class Loop:
    """Width of a moment's loop, M down less M up (A m^2), at fields (m,) that both branches have; its noise."""

    field: FloatArray
    width: FloatArray
    noise: float


def loop_width(up: tuple[FloatArray, FloatArray], down: tuple[FloatArray, FloatArray]) -> Loop | None:
    """The loop of two branches (field ascending, moment); None where they share fewer than 8 fields."""
    low, high = max(up[0][0], down[0][0]), min(up[0][-1], down[0][-1])
    field = up[0][(up[0] >= low) & (up[0] <= high)]
    if field.size < FEWEST:
        return None
    width = np.interp(field, *down) - np.interp(field, *up)
    return Loop(field, width, float(np.hypot(noise_level(*up), noise_level(*down))))


@dataclass(frozen=True)
class Trapped:
    """Moment that stays after a field (n,) was taken away: its start, which power fits it, its saturation.

    hinges: by power; chosen: the power of the protocol; preferred: that of the lowest AICc. saturation: mean of what
    is flat at the highest fields with its error, None where it still grows. saturates: the field where it stops.
    """

    field: FloatArray
    moment: FloatArray
    hinges: dict[float, Hinge]
    chosen: float
    preferred: float | None
    saturation: float | None
    saturation_error: float | None
    spread: float | None
    used: int
    saturates: Vanishing | None = None


def trapped_start(field: FloatArray, moment: FloatArray, *, power: float) -> Trapped:
    """The field at which flux begins to be trapped, and whether the moment saturates; field (n,) ascending."""
    top = float(np.mean(np.sort(moment)[-3:]))
    zero = float(np.median(moment[: max(moment.size // 8, 2)]))
    over = np.flatnonzero(moment > zero + SATURATED * (top - zero))
    used = max(int(over[0]) if over.size else field.size, FEWEST)
    hinges = {
        p: h
        for p in (1.0, 2.0)
        if (h := fit_hinge(field[:used], moment[:used], exponents=(p,), powers=(0,))) is not None
    }
    preferred = min(hinges, key=lambda p: hinges[p].aicc, default=None)
    starts = [h.start for h in hinges.values() if h.significant]
    last = moment[-max(moment.size // 4, 4) :]
    mean, error = float(last.mean()), float(last.std(ddof=1) / np.sqrt(last.size))
    x = field[-last.size :] - field[-last.size :].mean()
    rise = float(x @ last / (x @ x))
    left = last - mean - rise * x
    rising = abs(rise) > 3.0 * float(np.sqrt(left @ left / (last.size - 2) / (x @ x)))
    flat = not rising or abs(rise) * float(np.ptp(field[-last.size :])) < 0.02 * abs(mean)
    return Trapped(
        field,
        moment,
        hinges,
        power,
        preferred,
        mean if flat else None,
        error if flat else None,
        0.5 * abs(starts[0] - starts[1]) if len(starts) == 2 else None,
        used,
        vanishing(field, -moment) if flat else None,
    )
