"""How often the tests of integrity err on clean curves, and how often they find what was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import made_curves as made
import numpy as np
from made_curves import FloatArray, Generator, Made
from scipy.interpolate import CubicSpline
from scipy.signal import savgol_filter

from megabar.evidence.integrity import Mark, compare, examine


@dataclass(frozen=True)
class Rate:
    """`hits` of `tries`."""

    hits: int
    tries: int

    @property
    def value(self) -> float:
        return self.hits / self.tries

    @property
    def error(self) -> float:
        """One binomial standard deviation, by the share (hits + 1)/(tries + 2), so that it is never 0."""
        p = (self.hits + 1) / (self.tries + 2)
        return float(np.sqrt(p * (1.0 - p) / self.tries))


def false_alarms(seeds: Iterable[int]) -> tuple[Counter[str], Counter[str], Rate]:
    """Marks on clean curves by mark and by kind of curve, and the share of curves with any mark.

    A grid about as coarse as the noise or coarser is no false alarm where the curve was put on such a grid.
    """
    marks: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    hits = tries = 0
    for seed in seeds:
        curve = made.clean(seed)
        found = [one.mark for one in examine((curve.x, curve.y))]
        wrong = [mark for mark in found if not (mark is Mark.QUANTISED and curve.hides_noise)]
        marks.update(mark.value for mark in wrong)
        kinds.update([curve.kind] if wrong else [])
        hits += bool(wrong)
        tries += 1
    return marks, kinds, Rate(hits, tries)


def pair_alarms(seeds: Iterable[int], *, count: int, points: int) -> Rate:
    """Experiments of `count` curves of one sample at neighbouring pressures in which some pair is taken for a copy."""
    hits = [bool(compare(pairs_of(made.neighbours(seed, count=count, points=points)))) for seed in seeds]
    return Rate(sum(hits), len(hits))


def copies_found(
    kind: Callable[[Generator, int], made.Physics], *, points: int, tries: int, replaced: float = 0.5, beside: int = 0
) -> Rate:
    """Copies with scale, offset, a new smooth background and a share of the noise replaced that are found.

    beside: other curves of the sample that are compared as well.
    """
    hits = 0
    for seed in range(tries):
        rng = np.random.default_rng([seed, points, 9])
        physics = kind(rng, points)
        first = made.measured(rng, physics)
        others = [made.measured(rng, physics, stretch=1.0 + 1e-3 * i) for i in range(beside)]
        found = compare(pairs_of([first, made.copied(rng, first, replaced), *others]))
        hits += any((one.curve, one.other) == ("curve 1", "curve 2") for one in found)
    return Rate(hits, tries)


def pairs_of(curves: Iterable[Made]) -> list[tuple[FloatArray, FloatArray]]:
    return [(curve.x, curve.y) for curve in curves]


def found(name: str, *, points: int, tries: int) -> Rate:
    """Curves with the planted mark `name` on which it is found."""
    mark, plant = PLANTED[name]
    hits = 0
    for seed in range(tries):
        rng = np.random.default_rng([seed, points, 10])
        curve = made.measured(rng, made.KINDS[seed % len(made.KINDS)](rng, points))
        x, y, more = plant(rng, curve)
        hits += any(one.mark is mark for one in examine((x, y), **more))
    return Rate(hits, tries)


Planted = tuple[FloatArray, FloatArray, dict[str, FloatArray]]


def _number(y: FloatArray) -> Planted:
    return np.arange(y.size, dtype=float), y, {}


def line(rng: Generator, curve: Made) -> Planted:
    """A tenth of the readings replaced by the line between their neighbours."""
    y = curve.y.copy()
    length = max(10, y.size // 10)
    first = int(rng.integers(5, y.size - length - 5))
    y[first : first + length] = np.linspace(y[first - 1], y[first + length], length + 2)[1:-1]
    return _number(y)


def between_knots(_: Generator, curve: Made) -> Planted:
    """Every eighth reading measured, lines between them, printed with digits a hundredth of the noise."""
    knots = np.arange(0, curve.y.size, 8)
    step = 1e-2 * float(np.median(curve.sigma))
    return _number(step * np.rint(np.interp(np.arange(knots[-1] + 1), knots, curve.y[knots]) / step))


def spline_between_knots(_: Generator, curve: Made) -> Planted:
    """The same by a cubic spline, with all digits of a float."""
    knots = np.arange(0, curve.y.size, 8)
    return _number(CubicSpline(knots, curve.y[knots])(np.arange(knots[-1] + 1)))


def running_average(_: Generator, curve: Made) -> Planted:
    """Five neighbours averaged throughout."""
    return _number(np.convolve(curve.y, np.full(5, 0.2), "valid"))


def polynomial_filter(_: Generator, curve: Made) -> Planted:
    """Savitzky and Golay's filter over eleven readings throughout."""
    return _number(savgol_filter(curve.y, 11, 3))


def noise_again(_: Generator, curve: Made) -> Planted:
    """The noise of the first fifth once more at the end, in units of the noise there."""
    noise = (curve.y - curve.signal) / curve.sigma
    length = max(30, noise.size // 5)
    noise[-length:] = noise[:length]
    return curve.x, curve.signal + curve.sigma * noise, {}


def mirrored(_: Generator, curve: Made) -> Planted:
    """The noise of the second half is that of the first, mirrored."""
    noise = (curve.y - curve.signal) / curve.sigma
    half = noise.size // 2
    noise[-half:] = noise[:half][::-1]
    return curve.x, curve.signal + curve.sigma * noise, {}


def coarse(_: Generator, curve: Made) -> Planted:
    """A grid of one and a half standard deviations."""
    return curve.x, made.quantised(curve, 1.5 * float(np.median(curve.sigma))).y, {}


def steps_on_background(_: Generator, curve: Made) -> Planted:
    """A quantised reading, twice the noise a step, without a smooth background that was never quantised."""
    step = 2.0 * float(np.median(curve.sigma))
    u = np.linspace(0.0, 1.0, curve.y.size)
    return curve.x, step * np.rint((curve.y - curve.signal) / step) - 40.0 * step * (u + u * u), {}


def sorted_readings(rng: Generator, curve: Made) -> Planted:
    """Noise on a slope of half its standard deviation a reading, sorted."""
    return _number(np.sort(0.5 * np.arange(curve.y.size) + rng.standard_normal(curve.y.size)))


def quieter_than_raw(_: Generator, curve: Made) -> Planted:
    """raw - background, the noise then reduced to 0.7 of what it was."""
    background = np.ptp(curve.signal) * np.linspace(0.0, 1.0, curve.y.size)
    signal = curve.signal - background + 0.7 * (curve.y - curve.signal)
    return curve.x, signal, {"raw": curve.y, "background": background}


PLANTED: dict[str, tuple[Mark, Callable[[Generator, Made], Planted]]] = {
    "grid of 1.5 standard deviations": (Mark.QUANTISED, coarse),
    "steps of 2 standard deviations": (Mark.STEPS, steps_on_background),
    "a tenth on one line": (Mark.INTERPOLATED, line),
    "lines through every eighth": (Mark.INTERPOLATED, between_knots),
    "spline through every eighth": (Mark.INTERPOLATED, spline_between_knots),
    "running average of 5": (Mark.SMOOTHED, running_average),
    "polynomial filter over 11": (Mark.SMOOTHED, polynomial_filter),
    "a fifth of the noise twice": (Mark.REPEATED, noise_again),
    "noise mirrored": (Mark.MIRRORED, mirrored),
    "sorted": (Mark.MONOTONIC, sorted_readings),
    "0.7 of the raw curve's noise": (Mark.SUBTRACTED, quieter_than_raw),
}


def subtraction_alarms(seeds: Iterable[int]) -> Rate:
    """Clean differences, with a smooth background or a measured one, that are taken for smoother than their parts."""
    hits = tries = 0
    for seed in seeds:
        rng = np.random.default_rng([seed, 11])
        curve = made.clean(seed)
        background = np.ptp(curve.signal) * np.linspace(0.0, 1.0, curve.y.size) ** 2
        if seed % 2:
            background = background + rng.uniform(0.02, 1.0) * curve.sigma * rng.standard_normal(curve.y.size)
        difference = replace(curve, y=curve.y - background)
        marks = {one.mark for one in examine((curve.x, difference.y), raw=curve.y, background=background)}
        hits += bool(marks & {Mark.SUBTRACTED, Mark.NOT_THE_DIFFERENCE})
        tries += 1
    return Rate(hits, tries)
