"""Where a resistive transition lies, by every usual criterion, with the noise and the choice of windows apart.

One function, `evaluate`, applies all criteria to m curves on one axis at once. Row 0 is the measured curve; further
rows are the same curve with noise of the measured size added, so the spread over rows is the statistical error of
each criterion, window selection and all, and correlations between criteria need no extra thought. The axis `x` is
the temperature for R(T) and the magnitude of the field for R(H): resistance rises with x in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.smoothing import local_line, noise_level

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

REPLICATES: Final = 200
"""Noise replicates behind each statistical error: its own relative error is 1/sqrt(2*200) = 5 %."""


MOMENT: Final = 2.3
"""Half-width over standard deviation of the upper half: 2.33 for a Gaussian, 2.37 for 1/cosh^2, 2.24 a parabola."""

FOOT: Final = 1.25
"""Reach of the crossing with the plateau's noise over that of the other crossings."""

FLAT: Final = 0.02
"""A plateau may take this share of the normal-state resistance from end to end, when it lies far above zero."""

PLATEAU_DISTANCES: Final = (3.0, 4.0, 5.0, 6.0)
"""The plateau begins this many half-widths of the dR/dx peak below the peak: the first without a foot counts."""


@dataclass(frozen=True)
class Windows:
    """The choices that move the answer; every one can be set, and `variations` moves each to see by how much.

    transition_span: the straight line through the transition is fitted over this share of the step's drop, about the
    middle of the dR/dx peak.
    normal_start: the normal-state line starts this many half-widths of the dR/dx peak above the peak.
    normal_length: and extends over this share of its starting point (at least `normal_points` points).
    crossing: half-width, in half-widths of the dR/dx peak, of the parabola that finds a level.
    normal: explicit ends (low, high) of the normal-state line in units of x; None: by the rule above.
    zero_sigmas: the plateau is left where R exceeds its mean by this many standard deviations of its noise.
    """

    transition_span: float = 0.4
    normal_start: float = 3.0
    normal_length: float = 0.15
    normal_points: int = 10
    crossing: float = 0.7
    normal: tuple[float, float] | None = None
    zero_sigmas: float = 3.0

    def variations(self) -> tuple[Windows, ...]:
        """The neighbouring choices that an equally careful reader could have made."""
        changes: list[dict[str, float]] = [
            {"transition_span": self.transition_span * 0.6},
            {"transition_span": self.transition_span * 1.5},
            {"crossing": self.crossing * 0.7},
            {"crossing": self.crossing * 1.4},
        ]
        if self.normal is None:
            changes += [
                {"normal_start": self.normal_start * 0.75},
                {"normal_start": self.normal_start * 1.5},
                {"normal_length": self.normal_length * 0.5},
                {"normal_length": self.normal_length * 2.0},
            ]
        varied = [replace(self, **change) for change in changes]  # type: ignore[arg-type]
        if self.normal is not None:
            low, high = self.normal
            third = (high - low) / 3.0
            varied += [replace(self, normal=(low + third, high)), replace(self, normal=(low, high - third))]
        return tuple(varied)


@dataclass(frozen=True)
class Bracket:
    """One step of a transition on the sorted axis: indices of its peak in dR/dx and of the minima beside it.

    `smoothing` is the number of points in the local lines that give dR/dx; `below`/`above` are the indices that
    separate this step from its neighbours (0 and n - 1 at the ends); `top` marks the step that starts from the
    normal state.
    """

    peak: int
    below: int
    above: int
    smoothing: int
    top: bool = True


@dataclass(frozen=True)
class Geometry:
    """Straight lines and windows of the measured curve, for drawing and for the record."""

    transition_window: tuple[float, float]
    normal_window: tuple[float, float]
    plateau_window: tuple[float, float] | None
    transition_line: tuple[float, float]
    normal_line: tuple[float, float]
    onset_resistance: float
    plateau: float | None
    plateau_noise: float | None
    half_width: float
    points_in_transition: int
    normal_reached: bool


@dataclass(frozen=True)
class Criteria:
    """Values by criterion, shape (m,) each (NaN where a curve does not reach it), and the lines behind row 0."""

    values: Mapping[str, FloatArray]
    geometry: Geometry
    fractions: Mapping[str, float] = field(default_factory=dict)


def fraction_name(fraction: float) -> str:
    """The name of the criterion R/R(onset) = fraction, for instance "R/R(onset) = 0.50"."""
    return f"R/R(onset) = {fraction:.2f}" if round(fraction, 2) == fraction else f"R/R(onset) = {fraction:g}"


# Parallel lines, empty windows and the like leave NaN, which stands for "not reached".
@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def evaluate(
    x: FloatArray, resistance: FloatArray, bracket: Bracket, *, windows: Windows, fractions: Sequence[float]
) -> Criteria:
    """All criteria of one step for m curves at once.

    x: (n,), ascending. resistance: (m, n). Returns x at: "onset" (normal-state line meets transition line),
    "R/R(onset) = f" for each fraction, "zero" (leaves the plateau's noise), "offset" (transition line meets the
    plateau), and the lengths "width 90-10"; also "onset resistance" and "plateau".
    A criterion that a curve does not reach is NaN.
    """
    slope, smooth = local_line(x, resistance, bracket.smoothing)
    peak = _peak(slope, bracket)
    weight = _upper_half(slope, peak, bracket)
    centre = weight @ x
    half_width = _half_width(x, weight, centre, bracket)
    above = _normal_window(x, centre, half_width, bracket, windows)
    normal = _line(x, resistance, above)
    reached = _normal_reached(x, slope, peak, centre, half_width, bracket, windows)
    drop = float(normal[0][0] + normal[1][0] * centre[0])
    below = _plateau_window(x, resistance[0], float(centre[0]), float(half_width[0]), drop)
    plateau, plateau_noise = _plateau(resistance, below)
    foot = plateau if bracket.below == 0 and below.any() else smooth[:, bracket.below]
    share = (smooth - foot[:, None]) / (normal[0] + normal[1] * centre - foot)[:, None]
    inside = _transition_window(weight, share, bracket, windows.transition_span)
    transition = _line(x, resistance, inside)
    onset = (normal[0] - transition[0]) / (transition[1] - normal[1])
    onset_resistance = normal[0] + normal[1] * onset

    values = {"onset": onset}
    reach = float(np.median(half_width)) * windows.crossing
    finder = _Crossing(x, resistance, smooth, reach, np.maximum(onset, x[peak]))
    names = {fraction_name(f): f for f in fractions}
    for name, fraction in names.items():
        values[name] = finder.find(fraction * onset_resistance)
    # The foot is flat: its crossing needs a longer piece of curve to be more than one noisy point.
    longer = _Crossing(x, resistance, smooth, FOOT * reach, finder.highest)
    values["zero"] = longer.find(plateau + windows.zero_sigmas * plateau_noise)
    values["offset"] = (plateau - transition[0]) / transition[1]
    # A step among several has a width of its own, between nine tenths and one tenth of its own drop.
    base = foot if bracket.below > 0 or not bracket.top else np.zeros_like(onset_resistance)
    own = onset_resistance - base
    values["width 90-10"] = finder.find(base + 0.9 * own) - finder.find(base + 0.1 * own)
    values["onset resistance"] = onset_resistance
    values["plateau"] = plateau
    if not reached:
        # Every criterion is a share of the normal-state resistance, which these data do not know.
        values = {name: np.full(onset.shape, np.nan) if name != "plateau" else v for name, v in values.items()}
    geometry = Geometry(
        transition_window=_ends(x, inside[0]),
        normal_window=_ends(x, above[0]),
        plateau_window=_ends(x, below) if below.any() else None,
        transition_line=(float(transition[0][0]), float(transition[1][0])),
        normal_line=(float(normal[0][0]), float(normal[1][0])),
        onset_resistance=float(onset_resistance[0]),
        plateau=_known(plateau[0]),
        plateau_noise=_known(plateau_noise[0]),
        half_width=float(half_width[0]),
        points_in_transition=_points_between(resistance[0], onset_resistance[0], bracket),
        normal_reached=reached,
    )
    return Criteria(values=values, geometry=geometry, fractions=names)


def replicates(
    resistance: FloatArray, quiet: FloatArray, noise: FloatArray, rng: np.random.Generator, m: int = REPLICATES
) -> FloatArray:
    """The measured curve (row 0) and m copies of the quiet one with independent noise of deviation `noise` (n,)."""
    return np.vstack([resistance, quiet + noise * rng.standard_normal((m, resistance.size))])


def noise_by_zone(x: FloatArray, resistance: FloatArray, bracket: Bracket, width: float) -> FloatArray:
    """Standard deviation of the noise at each point, (n,): of the whole curve, or a zone's own where it differs.

    Voltage noise dominates at zero resistance, the bridge's gain above, and on the steep part the thermometer's
    noise adds to both. A zone (below, within, above the step) keeps its own noise only when that differs from the
    whole curve's by three times its own uncertainty; a few points know their noise too poorly otherwise.
    """
    centre = x[bracket.peak]
    zones = [x < centre - 2.0 * width, np.abs(x - centre) <= 2.0 * width, x > centre + 2.0 * width]
    overall = noise_level(x, resistance)
    levels = []
    for zone in zones:
        own = noise_level(x[zone], resistance[zone]) if zone.sum() >= 12 else overall
        # Neighbouring deviations share points, so about a third of them are independent.
        uncertainty = np.sqrt(1.5 / max(int(zone.sum()), 1)) * overall
        levels.append(own if abs(own - overall) > 3.0 * uncertainty else overall)
    return np.asarray(np.select(zones, levels))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ends(x: FloatArray, mask: NDArray[np.bool_]) -> tuple[float, float]:
    chosen = x[mask]
    return float(chosen[0]), float(chosen[-1])


def _points_between(resistance: FloatArray, onset_resistance: float, bracket: Bracket) -> int:
    part = resistance[bracket.below : bracket.above + 1] / onset_resistance
    return int(np.count_nonzero((part > 0.1) & (part < 0.9)))


def _peak(slope: FloatArray, bracket: Bracket) -> IntArray:
    return np.asarray(bracket.below + slope[:, bracket.below : bracket.above + 1].argmax(axis=1), dtype=np.intp)


def _half_width(x: FloatArray, weight: FloatArray, centre: FloatArray, bracket: Bracket) -> FloatArray:
    """Half-width at half height of the dR/dx peak, from the second moment of its upper half.

    For peaks like a Gaussian, 1/cosh^2 or a parabola it is 2.3 times the standard deviation of `_upper_half`; where
    dR/dx crosses half of its height would wander with the noise. Of a peak cut off at the low end only one side is
    there, so the width is twice as large.
    """
    variance = (weight * (x - centre[:, None]) ** 2).sum(axis=1)
    near = slice(max(bracket.peak - 5, 0), bracket.peak + 6)
    spacing = float(np.median(np.diff(x[near])))
    # Local lines of length L act on dR/dx like a parabolic kernel of variance L^2/20; that much is not the sample's.
    added = 2.0 * np.log(2.0) * (bracket.smoothing * spacing) ** 2 / 20.0
    cut = 2.0 if bracket.peak - bracket.below < 2 else 1.0
    square = MOMENT**2 * variance
    return np.asarray(cut * np.maximum(np.sqrt(np.maximum(square - added, 0.1 * square)), spacing))


def _upper_half(slope: FloatArray, peak: IntArray, bracket: Bracket) -> FloatArray:
    """Weights (m, n) that sum to 1 over the upper half of the dR/dx peak, by the height above half of it.

    Their centroid says where the step is; the single highest point would jump about on a broad peak.
    """
    height = np.take_along_axis(slope, peak[:, None], axis=1)
    weight = np.where(_run(slope >= 0.5 * height, peak, bracket), slope - 0.5 * height, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    alone = np.arange(slope.shape[1]) == peak[:, None]
    return np.where(total > 0.0, weight / np.where(total > 0.0, total, 1.0), alone)


def _transition_window(weight: FloatArray, share: FloatArray, bracket: Bracket, span: float) -> NDArray[np.bool_]:
    """The points about the middle of the dR/dx peak that make up `span` of the step's drop, at least three.

    share (m, n): the part of the drop still to come at each point. Its noise is far below that of dR/dx, so the
    window, and with it the line, hardly wander. weight: see `_upper_half`.
    """
    middle = (weight * share).sum(axis=1, keepdims=True)
    centre = np.where(weight > 0.0, np.abs(share - middle), np.inf).argmin(axis=1).astype(np.intp)
    core = np.abs(np.arange(share.shape[1]) - centre[:, None]) <= 1
    return np.asarray(_run(np.abs(share - middle) <= 0.5 * span, centre, bracket) | core)


def _run(chosen: NDArray[np.bool_], centre: IntArray, bracket: Bracket) -> NDArray[np.bool_]:
    """The unbroken run of chosen points around `centre` in each row, within the step."""
    index = np.arange(chosen.shape[1])
    left = np.where(~chosen & (index < centre[:, None]), index, bracket.below - 1).max(axis=1)[:, None]
    right = np.where(~chosen & (index > centre[:, None]), index, bracket.above + 1).min(axis=1)[:, None]
    return np.asarray((index > left) & (index < right))


def _normal_window(
    x: FloatArray, centre: FloatArray, half_width: FloatArray, bracket: Bracket, windows: Windows
) -> NDArray[np.bool_]:
    index = np.arange(x.size)
    if not bracket.top:
        # Between two steps the state above is the flattest place; a line through its neighbourhood stands for it.
        reach = max((bracket.above - bracket.peak) // 4, 2)
        return np.broadcast_to(np.abs(index - bracket.above) <= reach, (centre.size, x.size))
    if windows.normal is not None:
        chosen = (x >= windows.normal[0]) & (x <= windows.normal[1])
        return np.broadcast_to(chosen, (centre.size, x.size))
    start = centre + windows.normal_start * half_width
    end = start * (1.0 + windows.normal_length)
    first = np.minimum(np.searchsorted(x, start), max(x.size - windows.normal_points, 0))
    last = np.maximum(np.searchsorted(x, end, side="right"), first + windows.normal_points)
    return np.asarray((index >= first[:, None]) & (index < last[:, None]))


def _normal_reached(
    x: FloatArray,
    slope: FloatArray,
    peak: IntArray,
    centre: FloatArray,
    half_width: FloatArray,
    bracket: Bracket,
    windows: Windows,
) -> bool:
    """Whether the measured curve goes on far enough above the step for a line through the normal state.

    At least five points above the start of its window, and dR/dx there below a quarter of its peak.
    """
    if not bracket.top:
        return True
    start = windows.normal[0] if windows.normal is not None else centre[0] + windows.normal_start * half_width[0]
    beyond = x >= start
    if np.count_nonzero(beyond) < 5:
        return False
    return bool(np.median(slope[0, beyond]) < 0.25 * slope[0, peak[0]])


def _plateau_window(
    x: FloatArray, resistance: FloatArray, centre: float, half_width: float, drop: float
) -> NDArray[np.bool_]:
    """The points below the step where the measured resistance (n,) has stopped falling; empty when it has not.

    A slope that is not significant, or takes less than `FLAT` of the normal-state resistance `drop` over the whole
    length, is no falling: below an incomplete transition the rest is a metal with a slope of its own.
    """
    for distance in PLATEAU_DISTANCES:
        below = x < centre - distance * half_width
        if below.sum() < 5:
            break
        u = x[below] - x[below].mean()
        fall = float(u @ resistance[below] / (u @ u))
        residual = resistance[below] - resistance[below].mean() - fall * u
        error = np.sqrt((residual @ residual) / (u.size - 2) / (u @ u))
        rest = fall * float(np.ptp(x[below])) <= FLAT * drop and resistance[below].mean() > 10.0 * FLAT * drop
        if fall <= 4.0 * error or rest:
            # One more half-width away, what is left of the foot below its significance is gone as well.
            farther = x < centre - (distance + 1.0) * half_width
            return np.asarray(farther if farther.sum() >= 5 else below)
    return np.zeros(x.size, dtype=bool)


def _plateau(resistance: FloatArray, mask: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each curve (m, n) over the plateau (n,); NaN where there is none."""
    if not mask.any():
        return np.full(resistance.shape[0], np.nan), np.full(resistance.shape[0], np.nan)
    inside = resistance[:, mask]
    return inside.mean(axis=1), inside.std(axis=1, ddof=1)


def _line(x: FloatArray, resistance: FloatArray, mask: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Intercept and slope, shape (m,), of the least-squares line through the masked points of each row."""
    centre = x.mean()
    u = x - centre
    weight = mask.astype(np.float64)
    count = weight.sum(axis=1)
    su, suu = weight @ u, weight @ (u * u)
    weighted = weight * resistance
    sr, sur = weighted.sum(axis=1), weighted @ u
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (count * sur - su * sr) / (count * suu - su * su)
        return (sr - slope * su) / count - slope * centre, slope


class _Crossing:
    """Finds where each curve crosses a level, by a parabola weighted towards the crossing."""

    def __init__(
        self,
        x: FloatArray,
        resistance: FloatArray,
        smooth: FloatArray,
        reach: float,
        highest: FloatArray,
    ) -> None:
        self.x, self.resistance, self.smooth = x, resistance, smooth
        self.reach, self.highest = reach, highest

    def find(self, level: FloatArray) -> FloatArray:
        """x where the curve, followed downwards from the onset, first crosses `level` (m,); NaN if it never does."""
        under = (self.smooth < level[:, None]) & (self.x <= self.highest[:, None])
        last = np.where(under, np.arange(self.x.size), -1).max(axis=1)
        found = (last >= 0) & (last < self.x.size - 1) & np.isfinite(level)
        start = np.where(found, last, 0)
        spacing = float(np.median(self.x[np.minimum(start + 2, self.x.size - 1)] - self.x[start])) / 2.0
        half = int(min(max(2.0, np.ceil(self.reach / spacing) if spacing > 0 else 2.0), self.x.size))
        if self.reach < 1.5 * spacing:
            return np.where(found, self._between(self.resistance, start, level), np.nan)
        root = self._between(self.smooth, start, level)
        for _ in range(2):
            # The second pass centres the weights on the first one's answer, so no point enters with a jump.
            root = self._parabola(start, root, level, max(self.reach, 2.5 * spacing), half + 2)
        return np.where(found, root, np.nan)

    def _between(self, curve: FloatArray, start: IntArray, level: FloatArray) -> FloatArray:
        rows = np.arange(start.size)
        low, high = curve[rows, start], curve[rows, start + 1]
        rise = np.where(high > low, high - low, np.inf)
        share = np.clip((level - low) / rise, 0.0, 1.0)
        return np.asarray(self.x[start] + share * (self.x[start + 1] - self.x[start]))

    def _parabola(self, start: IntArray, guess: FloatArray, level: FloatArray, reach: float, half: int) -> FloatArray:
        columns = start[:, None] + np.arange(-half, half + 2)
        usable = (columns >= 0) & (columns < self.x.size)
        columns = np.clip(columns, 0, self.x.size - 1)
        u = (self.x[columns] - np.where(np.isfinite(guess), guess, self.x[start])[:, None]) / reach
        weight = np.where(usable, np.clip(1.0 - np.abs(u) ** 3, 0.0, None) ** 3, 0.0)
        r = np.take_along_axis(self.resistance, columns, axis=1) - level[:, None]
        powers = np.stack([np.ones_like(u), u, u * u], axis=-1)
        weighted = powers * weight[:, :, None]
        normal = np.einsum("mki,mkj->mij", weighted, powers)
        solvable = (weight > 1e-3).sum(axis=1) >= 3
        normal = np.where(solvable[:, None, None], normal, np.eye(3))
        right = np.einsum("mki,mk->mi", weighted, r)
        a, b, c = np.linalg.solve(normal, right[..., None])[..., 0].T
        with np.errstate(invalid="ignore", divide="ignore"):
            root = -2.0 * a / (b + np.sqrt(b * b - 4.0 * a * c))
        # A root outside the points, or a parabola that falls, means that the level is not crossed here.
        return np.where(solvable & (np.abs(root) < 1.0) & (b > 0), guess + root * reach, np.nan)
