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

from megabar.analysis.criteria import REPLICATES, fraction_name
from megabar.analysis.smoothing import noise_level
from megabar.analysis.susceptibility_share import WIDTH90, Place, Share
from megabar.analysis.susceptibility_step import FEWEST, SMOOTH, Background, Flattened, Found, find_step, flatten

FloatArray = NDArray[np.float64]

ONSET: Final = "onset"
MIDDLE: Final = "half of the drop"

_NAMES: Final = {ONSET: "onset", MIDDLE: fraction_name(0.5), WIDTH90: WIDTH90}
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
    return _measured(temperature, signal, choices, Place(look.window, look.found, from_above), rng)


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
    temperature: FloatArray, signal: FloatArray, choices: Choices, place: Place, rng: np.random.Generator
) -> Transition:
    first = Share(temperature, signal[None, :], choices.background, place)
    copies = np.vstack([signal, first.quiet() + first.flat.noise * rng.standard_normal((REPLICATES, signal.size))])
    central = Share(temperature, copies, choices.background, place).criteria()
    varied = {
        "background": [
            Share(temperature, signal[None, :], other, place).criteria() for other in _others(first, choices.background)
        ],
        "window": [
            *(first.criteria(windows) for windows in first.windows().variations()),
            *_wider(temperature, signal, choices, place),
        ],
    }
    flat = first.flat
    height, significance = Number(None), abs(place.found.height) / place.found.error
    if flat.complete:
        value, error = float(flat.heights[0]), flat.height_error
        height = Number(value, error * _widening(flat.freedom), _spread(value, varied, "height"))
        significance = abs(value) / error
    return Transition(
        verdict="drop" if flat.complete else "incomplete",
        words=_words(place, flat, temperature),
        temperature=temperature,
        signal=signal,
        numbers=_numbers(first, central, varied),
        height=height,
        significance=significance,
        background=flat.backgrounds[0],
        window=place.window,
        noise=flat.noise,
        drift=flat.drift,
    )


def _words(place: Place, flat: Flattened, temperature: FloatArray) -> str:
    """What is missing; "" where nothing is."""
    if place.from_above:
        return "the signal is not flat below the transition: no plateau, so no height, or a higher background_order"
    return "" if flat.complete else f"the drop goes on below {temperature[0]:.4g} K, the lowest temperature"


Criteria = Mapping[str, FloatArray]


def _numbers(first: Share, central: Criteria, varied: Mapping[str, Sequence[Criteria]]) -> dict[str, Number]:
    """Every criterion with its error and spreads; without a plateau the onset alone."""
    made: dict[str, Number] = {}
    spacing = first.spacing()
    for name, key in _NAMES.items():
        value = float(central[key][0])
        if not np.isfinite(value) or not (first.flat.complete or name == ONSET):
            made[name] = Number(None)
            continue
        systematic = _spread(value, varied, key)
        if spacing is not None:
            systematic["sampling"] = spacing
        made[name] = Number(value, _deviation(central[key][1:], _widening(first.flat.freedom)), systematic)
    return made


def _others(first: Share, background: Background) -> list[Background]:
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


def _wider(temperature: FloatArray, signal: FloatArray, choices: Choices, place: Place) -> list[dict[str, FloatArray]]:
    """The criteria with the window of the background three quarters and one and a half times as long."""
    made = []
    for factor in (0.75, 1.5):
        low, high = (place.found.middle + factor * (end - place.found.middle) for end in place.window)
        other = replace(place, window=(low, high))
        flat = other.flatten(temperature, signal[None, :], choices.background)
        if flat is not None and (flat.complete or place.from_above or low < temperature[0]):
            made.append(Share(temperature, signal[None, :], choices.background, other).criteria())
    return made


def _spread(value: float, varied: Mapping[str, Sequence[Criteria]], key: str) -> dict[str, float]:
    """Half the range that each choice moves the value over."""
    spread = {}
    for name, rows in varied.items():
        others = [float(row[key][0]) for row in rows if np.isfinite(row[key][0])]
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
