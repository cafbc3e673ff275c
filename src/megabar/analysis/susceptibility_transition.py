"""One sweep of a magnetic signal against temperature: the diamagnetic drop with its onset, middle, width and height.

The criteria are those of a resistance, taken of the share of the drop that is still to come: 1 in the normal state, 0
where all of it is screened. Copies of the curve with fresh noise go through the background and the criteria anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from megabar.analysis.criteria import REPLICATES, Bracket, Windows, evaluate, fraction_name
from megabar.analysis.smoothing import local_line, local_parabola, noise_level, slope_gain
from megabar.analysis.susceptibility_step import (
    FEWEST,
    SMOOTH,
    Background,
    Flattened,
    Found,
    find_step,
    flatten,
)
from megabar.analysis.transition import FEW_POINTS

FloatArray = NDArray[np.float64]

ONSET: Final = "onset"
MIDDLE: Final = "half of the drop"
WIDTH90: Final = "width 90-10"

_FRACTIONS: Final = (0.9, 0.5, 0.1)
_NAMES: Final = {ONSET: "onset", MIDDLE: fraction_name(0.5), WIDTH90: WIDTH90}
_AROUND: Final = 3.0
"""Points farther from the window than this many of its lengths only cost time and hold peaks of noise."""
MISFIT: Final = 2.0
"""Scatter about background and plateau, over that of neighbouring readings, from which on the signal is not flat."""
UNEVEN: Final = 0.01
"""and, whatever the noise, this share of the height: tails of the step alone are smaller."""
REFUTED: Final = 10.0
"""A background whose misfit costs more than this in -2 ln L takes no part in the spread between backgrounds."""
_ONE_SIDED: Final = 0.841345


@dataclass(frozen=True)
class Choices:
    """What the user may fix: background, window (K), significance that a drop must have."""

    background: Background = field(default_factory=Background)
    window: tuple[float, float] | None = None
    significance: float = 5.0


@dataclass(frozen=True)
class Number:
    """A value, one standard deviation of the noise, half the spread over backgrounds and over windows; None unknown."""

    value: float | None
    error: float | None = None
    systematic: Mapping[str, float] = field(default_factory=dict)

    def with_part(self, name: str, size: float) -> Number:
        """The same with one more systematic part, where there is a value."""
        return self if self.value is None else replace(self, systematic={**self.systematic, name: size})


@dataclass(frozen=True)
class Transition:
    """What one sweep says.

    verdict: "drop", "incomplete" (no plateau below), "paramagnetic step", "none", "cut" (no normal state), "few"
    (points).
    numbers: by criterion (`ONSET`, `MIDDLE`, `WIDTH90`). height: of the drop, negative. significance: height over its
    error. limit: the smallest drop that would have been seen, where there is none. words: what is wrong or missing.
    background, window: what was fitted where, for drawing; None where nothing was. drift: factor in the errors of
    height and significance for readings whose neighbours agree.
    """

    verdict: str
    words: str
    temperature: FloatArray
    signal: FloatArray
    numbers: Mapping[str, Number] = field(default_factory=dict)
    height: Number = field(default_factory=lambda: Number(None))
    significance: float | None = None
    limit: float | None = None
    background: FloatArray | None = None
    window: tuple[float, float] | None = None
    noise: float | None = None
    drift: float = 1.0

    @property
    def seen(self) -> bool:
        """Whether there is a diamagnetic drop."""
        return self.verdict in ("drop", "incomplete")


def analyse_transition(
    temperature: FloatArray, signal: FloatArray, choices: Choices, *, rng: np.random.Generator
) -> Transition:
    """The diamagnetic drop of a sweep, temperature (n,) ascending; that there is none is an answer."""
    if temperature.size < FEWEST or not np.ptp(temperature) > 0.0:
        words = f"{temperature.size} points at different temperatures, {FEWEST} are needed"
        return Transition("few", words, temperature, signal)
    if np.ptp(signal) == 0.0:
        return Transition("none", "the signal is constant: wrong column or an open coil", temperature, signal)
    look = _look(temperature, signal, choices)
    from_above = look.is_uneven(temperature, signal)
    if from_above and choices.window is None:
        # What the signal does below the transition must not decide whether there is one.
        near = temperature >= look.window[0]
        if np.count_nonzero(near) >= FEWEST:
            again = _look(temperature[near], signal[near], choices)
            look = again if again.refused is None else look
    if look.refused is not None:
        verdict, words = look.refused
        error = look.found.error
        limit = choices.significance * error if "no step" in words and np.isfinite(error) else None
        return Transition(verdict, words, temperature, signal, limit=limit)
    return _measured(temperature, signal, choices, _Place(look.window, look.found, from_above), rng)


@dataclass(frozen=True)
class _Look:
    """The best step, its window, the background about it, and verdict and words where it is no diamagnetic drop."""

    found: Found
    window: tuple[float, float]
    flat: Flattened | None
    refused: tuple[str, str] | None

    def is_uneven(self, temperature: FloatArray, signal: FloatArray) -> bool:
        """Whether background and plateau together miss the readings by far more than their noise."""
        if self.flat is None or not self.flat.complete:
            return False
        height = abs(float(self.flat.heights[0]))
        return self.flat.noise > max(MISFIT * noise_level(temperature, signal), UNEVEN * height)


def _look(temperature: FloatArray, signal: FloatArray, choices: Choices) -> _Look:
    found = find_step(temperature, signal, choices.background, choices.window)
    window = choices.window or found.window
    flat = flatten(temperature, signal[None, :], choices.background, window)
    return _Look(found, window, flat, _refused(found, flat, choices, temperature))


@dataclass(frozen=True)
class _Place:
    """The window of the step, the step fitted, and whether the background comes from above the window alone."""

    window: tuple[float, float]
    found: Found
    from_above: bool

    def flatten(self, temperature: FloatArray, signals: FloatArray, background: Background) -> Flattened | None:
        return flatten(temperature, signals, background, self.window, from_above=self.from_above)


def _refused(found: Found, flat: Flattened | None, choices: Choices, temperature: FloatArray) -> tuple[str, str] | None:
    """Verdict and words where there is no diamagnetic drop to measure; None where there is one."""
    height, error = found.height, found.error
    if flat is not None and flat.complete:
        height, error = float(flat.heights[0]), flat.height_error
    if choices.window is None:
        if not abs(height) > choices.significance * error or not abs(found.height) > choices.significance * found.error:
            return "none", f"no step of {choices.significance:g} standard deviations"
        if found.smooth < SMOOTH:
            words = "a smooth background (a higher polynomial or Curie's law) describes the signal as well as a step"
            return "none", words
    elif not abs(height) > choices.significance * error:
        return "none", f"no step of {choices.significance:g} standard deviations in the window"
    if height > 0.0:
        where = f"near {found.middle:.4g} K" if choices.window is None else "in the window"
        return "paramagnetic step", f"the signal steps up on cooling {where}: check the phase or the leads"
    if flat is None:
        words = (
            f"the drop goes on up to {temperature[-1]:.4g} K, the highest temperature: the normal state is not reached"
        )
        return "cut", words
    return None


def _measured(
    temperature: FloatArray,
    signal: FloatArray,
    choices: Choices,
    place: _Place,
    rng: np.random.Generator,
) -> Transition:
    first = _Flat(temperature, signal[None, :], choices.background, place)
    copies = np.vstack([signal, first.quiet() + first.flat.noise * rng.standard_normal((REPLICATES, signal.size))])
    all_rows = _Flat(temperature, copies, choices.background, place)
    central = all_rows.criteria(Windows())
    varied = {
        "background": [
            _Flat(temperature, signal[None, :], other, place).values() for other in _others(first, choices.background)
        ],
        "window": [
            *(first.criteria(w) for w in first.windows().variations()),
            *_wider(temperature, signal, choices, place),
        ],
    }
    widening = _widening(first.flat.freedom)
    numbers = {
        name: _number(central[key], [(k, [v.get(key) for v in vs]) for k, vs in varied.items()], widening)
        for name, key in _NAMES.items()
    }
    complete = first.flat.complete
    spacing = first.spacing()
    if spacing is not None:
        numbers = {name: n.with_part("sampling", spacing) for name, n in numbers.items()}
    if not complete:
        numbers = {name: n if name == ONSET else Number(None) for name, n in numbers.items()}
    heights = {k: [v.get("height") for v in vs] for k, vs in varied.items()}
    height = Number(None)
    if complete:
        error = first.flat.height_error * widening
        value = float(first.flat.heights[0])
        height = Number(value, error, _spread(value, heights.items()))
    words = "" if complete else f"the drop goes on below {temperature[0]:.4g} K, the lowest temperature"
    if place.from_above:
        words = "the signal is not flat below the transition: no plateau, so no height, or a higher background_order"
    return Transition(
        verdict="drop" if complete else "incomplete",
        words=words,
        temperature=temperature,
        signal=signal,
        numbers=numbers,
        height=height,
        significance=abs(place.found.height) / place.found.error
        if not complete
        else abs(first.flat.heights[0]) / first.flat.height_error,
        background=first.flat.backgrounds[0],
        window=place.window,
        noise=first.flat.noise,
        drift=first.flat.drift,
    )


class _Flat:
    """m signals as shares of the drop that is still to come, about one window and over one background."""

    def __init__(self, temperature: FloatArray, signals: FloatArray, background: Background, place: _Place) -> None:
        made = place.flatten(temperature, signals, background)
        assert made is not None  # the normal state was there for the first choice; see `_others` and `_wider`
        self.temperature, self.signals, self.place, self.flat = temperature, signals, place, made
        self.window, self.found = place.window, place.found
        bottom = self._bottom()
        whole = float(np.abs((signals[0] - made.backgrounds[0])[bottom : bottom + 3]).mean())
        scale = np.abs(made.heights) if made.complete else np.full(signals.shape[0], whole)
        self.scale = np.where(scale > 0.0, scale, np.nan)
        self.share = 1.0 + (signals - made.backgrounds) / self.scale[:, None]

    def quiet(self) -> FloatArray:
        """The first signal with its noise averaged down where points are dense enough to keep its shape."""
        within = self._within()
        if within < 10:
            return np.asarray(self.signals[0])
        smooth = local_parabola(self.temperature, self.share[0], 7 * within // 16 * 2 + 1)
        return np.asarray(self.flat.backgrounds[0] + (smooth - 1.0) * self.scale[0])

    def windows(self) -> Windows:
        return Windows(normal=(self.window[1], float(self.temperature[self._near()][-1])))

    def values(self) -> dict[str, FloatArray]:
        return self.criteria(Windows())

    def criteria(self, windows: Windows) -> dict[str, FloatArray]:
        """Every criterion, (m,) each, and the height; NaN where a signal does not reach it."""
        near = self._near()
        x, share = self.temperature[near], self.share[:, near]
        chosen = windows if windows.normal is not None else self.windows()
        made = evaluate(x, share, self._bracket(x, share[0]), windows=chosen, fractions=_FRACTIONS)
        width = _width(x, share, self._within() // 2, highest=self.window[1])
        return {**made.values, WIDTH90: width, "height": self.flat.heights}

    def _within(self) -> int:
        """Points between nine tenths and one tenth of the fitted step."""
        return int(np.count_nonzero(np.abs(self.temperature - self.found.middle) < 2.2 * self.found.width))

    def spacing(self) -> float | None:
        """Half the distance of readings about the middle where too few lie within the step; None where enough do."""
        if self._within() >= FEW_POINTS:
            return None
        right = int(np.clip(np.searchsorted(self.temperature, self.found.middle), 1, self.temperature.size - 1))
        return 0.5 * float(self.temperature[right] - self.temperature[right - 1])

    def _bottom(self) -> int:
        """Where the step ends on cooling: what lies below a signal without a plateau is none of it."""
        return int(np.searchsorted(self.temperature, self.window[0]))

    def _near(self) -> slice:
        low, high = self.window
        reach = _AROUND * (high - low)
        start, stop = np.searchsorted(self.temperature, [low - reach, high + reach])
        start = start if self.flat.complete else self._bottom()
        above = int(np.searchsorted(self.temperature, high))
        return slice(int(start), max(int(stop), min(above + 12, self.temperature.size)))

    def _bracket(self, x: FloatArray, share: FloatArray) -> Bracket:
        """The step with as many points in the lines of its derivative as lift its peak out of the noise."""
        most = max(5, (self._within() // 2) | 1)
        points = 5
        noise = self.flat.noise / float(self.scale[0])
        while points + 2 <= most:
            slope = local_line(x, share[None, :], points)[0][0]
            best = int(slope.argmax())
            if slope[best] >= 15.0 * noise * slope_gain(x, points)[best]:
                break
            points += 2
        peak = int(np.argmin(np.abs(x - self.found.middle)))
        return Bracket(peak, 0, x.size - 1, points)


def _width(x: FloatArray, share: FloatArray, points: int, *, highest: float) -> FloatArray:
    """Distance (m,) of the shares 0.9 and 0.1 of curves (m, n), averaged over `points`, as first met on cooling."""
    smooth = share @ _parabolas(x, max(5, points | 1)).T
    return np.asarray(_first(x, smooth, 0.9, highest) - _first(x, smooth, 0.1, highest))


def _parabolas(x: FloatArray, points: int) -> FloatArray:
    """(n, n) weights that give the least-squares parabola through the `points` nearest neighbours, at each x."""
    points = min(points, x.size)
    low = np.clip(np.arange(x.size) - points // 2, 0, x.size - points)
    columns = low[:, None] + np.arange(points)
    apart = x[columns] - x[:, None]
    u = apart / np.maximum(np.abs(apart).max(axis=1, keepdims=True), 1e-300)
    powers = np.stack([np.ones_like(u), u, u * u], axis=-1)
    weights = np.zeros((x.size, x.size))
    np.put_along_axis(weights, columns, np.linalg.pinv(powers)[:, 0, :], axis=1)
    return weights


def _first(x: FloatArray, smooth: FloatArray, level: float, highest: float) -> FloatArray:
    """Where each curve first falls below `level` on cooling from `highest`; NaN if it never does."""
    under = (smooth < level) & (x <= highest)
    last = np.where(under, np.arange(x.size), -1).max(axis=1)
    there = (last >= 0) & (last < x.size - 1)
    i = np.clip(last, 0, x.size - 2)
    rows = np.arange(smooth.shape[0])
    low, high = smooth[rows, i], smooth[rows, i + 1]
    part = np.clip((level - low) / np.where(high > low, high - low, np.inf), 0.0, 1.0)
    return np.where(there, x[i] + part * (x[i + 1] - x[i]), np.nan)


def _others(first: _Flat, background: Background) -> list[Background]:
    """Backgrounds that an equally careful reader could have chosen: of them those that the data do not refute."""
    if background.measured is not None:
        return [Background(1)]
    orders = [order for order in (background.order - 1, background.order + 1) if order >= 0]
    kept = []
    for order in orders:
        made = first.place.flatten(first.temperature, first.signals, Background(order))
        if made is None or (first.flat.complete and not made.complete):
            continue
        worse = made.freedom * float(np.log(max(made.noise, 1e-300) / max(first.flat.noise, 1e-300)))
        if 2.0 * worse < REFUTED:
            kept.append(Background(order))
    return kept


def _wider(temperature: FloatArray, signal: FloatArray, choices: Choices, place: _Place) -> list[dict[str, FloatArray]]:
    """The criteria with the window of the background three quarters and one and a half times as long."""
    made = []
    for factor in (0.75, 1.5):
        low, high = (place.found.middle + factor * (end - place.found.middle) for end in place.window)
        other = replace(place, window=(low, high))
        flat = other.flatten(temperature, signal[None, :], choices.background)
        if flat is not None and (flat.complete or place.from_above or low < temperature[0]):
            made.append(_Flat(temperature, signal[None, :], choices.background, other).values())
    return made


def _number(values: FloatArray, varied: Sequence[tuple[str, Sequence[FloatArray | None]]], widening: float) -> Number:
    value = float(values[0])
    if not np.isfinite(value):
        return Number(None)
    return Number(value, _deviation(values[1:], widening), _spread(value, varied))


def _spread(value: float, varied: object) -> dict[str, float]:
    """Half the range that each choice moves the value over."""
    spread = {}
    for name, rows in varied:  # type: ignore[attr-defined]
        others = [float(r[0]) for r in rows if r is not None and np.isfinite(r[0])]
        if others:
            spread[name] = 0.5 * (max(*others, value) - min(*others, value))
    return spread


def _deviation(values: FloatArray, widening: float) -> float | None:
    """Standard deviation over the copies; None when more than a tenth of them did not reach the criterion."""
    reached = values[np.isfinite(values)]
    if reached.size < 0.9 * values.size:
        return None
    low, middle, high = np.quantile(reached, [1.0 - _ONE_SIDED, 0.5, _ONE_SIDED])
    near = reached[np.abs(reached - middle) <= 3.0 * (high - low)]
    return float(widening * near.std(ddof=1)) if near.size > 1 and near.std() > 0.0 else None


def _widening(freedom: int) -> float:
    """Student's t for a standard deviation from `REPLICATES` copies whose noise has so many degrees of freedom."""
    return float(stdtrit(max(1.0 / (1.0 / REPLICATES + 1.0 / freedom), 2.0), _ONE_SIDED))
