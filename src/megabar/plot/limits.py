"""Limits of the axes: the data decide, everything else may ask for a little more room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data.recording import FloatArray
from megabar.data.result import Trace
from megabar.plot.description import Axis
from megabar.plot.units import scaled_label, split_label, unit_exponent

_FIT_REACH: Final = 0.25
_OUTLIER_REACH: Final = 1.0
_MARGIN: Final = 0.045


def finite(values: FloatArray | None) -> FloatArray:
    """The finite numbers among `values`; none for None."""
    if values is None:
        return np.zeros(0)
    return values[np.isfinite(values)]


def x_limits(traces: Sequence[Trace]) -> tuple[float, float]:
    """All data with their error bars, fits, bands and markers; windows, guides only where there is nothing else."""
    main = [t.x for t in traces if t.style in ("data", "fit", "band", "marker", "outlier", "residual")]
    bars = [
        ends
        for t in traces
        if t.style == "data" and t.x_error is not None
        for ends in (t.x - t.x_error, t.x + t.x_error)
    ]
    spare = [t.x for t in traces]
    return _widened(_range([*main, *bars]) or _range(spare) or (0.0, 1.0))


def y_limits(traces: Sequence[Trace]) -> tuple[float, float]:
    """All data, marked points and extrapolated fits; the rest of what is drawn for a part of their height beyond.

    Over the range of the data, fits, bands and error bars get a quarter more, and outliers count up to once the
    height away: neither the steep line through a transition nor one wild point may squeeze the data flat.
    """
    core = _range([_values_but_outliers(t, traces) for t in traces if t.style == "data"])
    marked = [t.y for t in traces if t.style == "marker" and t.y is not None]
    lines = [values for t in traces if t.style in ("fit", "band") for values in (t.y, t.low, t.high)]
    guides = [t.y for t in traces if t.style in ("guide", "outlier")]
    core = core or _range([*marked, *lines]) or _range(guides) or (0.0, 1.0)
    core = _hull(_hull(core, _range(marked)), _range(_extrapolations(traces)))
    bars = [
        values
        for t in traces
        if t.style == "data" and t.y is not None and t.y_error is not None
        for values in (t.y - t.y_error, t.y + t.y_error)
    ]
    wide = _hull(core, _clipped(_range([*lines, *bars]), core, _FIT_REACH))
    near = [_within(t.y, core, _OUTLIER_REACH) for t in traces if t.style == "outlier"]
    return _widened(_hull(wide, _range(near)))


def _extrapolations(traces: Sequence[Trace]) -> list[FloatArray]:
    """What the fits say outside the range of the data along x."""
    measured = _range(t.x for t in traces if t.style == "data")
    if measured is None:
        return []
    fits = [t for t in traces if t.style == "fit" and t.y is not None]
    return [t.y[(t.x < measured[0]) | (t.x > measured[1])] for t in fits if t.y is not None]


def strip_limits(residuals: Sequence[Trace]) -> tuple[float, float]:
    """Symmetric about zero; at most eight times the size that nine residuals in ten stay below."""
    sizes = np.abs(np.concatenate([finite(t.y) for t in residuals] or [np.zeros(0)]))
    if sizes.size == 0 or not sizes.max() > 0.0:
        return (-1.0, 1.0)
    usual = float(np.quantile(sizes, 0.9))
    largest = float(sizes.max())
    half = 1.15 * (min(largest, 8.0 * usual) if usual > 0.0 else largest)
    return (-half, half)


def marked_as_outlier(trace: Trace, traces: Sequence[Trace]) -> NDArray[np.bool_]:
    """Which points of `trace` stand also in an outlier trace."""
    mask = np.zeros(trace.x.size, dtype=bool)
    if trace.y is None:
        return mask
    for other in traces:
        if other.style == "outlier" and other.y is not None:
            mask |= np.isin(trace.x + 1j * trace.y, other.x + 1j * other.y)
    return mask


def _values_but_outliers(trace: Trace, traces: Sequence[Trace]) -> FloatArray:
    values = trace.y if trace.y is not None else np.zeros(0)
    kept = values[~marked_as_outlier(trace, traces)] if values.size else values
    return kept if finite(kept).size else values


def _range(arrays: Iterable[FloatArray | None]) -> tuple[float, float] | None:
    pieces = [piece for piece in map(finite, arrays) if piece.size]
    return (min(float(p.min()) for p in pieces), max(float(p.max()) for p in pieces)) if pieces else None


def _hull(one: tuple[float, float], other: tuple[float, float] | None) -> tuple[float, float]:
    return one if other is None else (min(one[0], other[0]), max(one[1], other[1]))


def _within(values: FloatArray | None, core: tuple[float, float], reach: float) -> FloatArray:
    """The values that lie at most `reach` times the height of `core` outside of it."""
    numbers = finite(values)
    room = reach * (core[1] - core[0])
    return numbers[(numbers >= core[0] - room) & (numbers <= core[1] + room)]


def _clipped(asked: tuple[float, float] | None, core: tuple[float, float], reach: float) -> tuple[float, float] | None:
    if asked is None:
        return None
    room = reach * (core[1] - core[0])
    return (max(asked[0], core[0] - room), min(asked[1], core[1] + room))


def _widened(limits: tuple[float, float]) -> tuple[float, float]:
    """With a margin; a single value gets a tenth of itself on both sides."""
    low, high = limits
    span = high - low
    # Below this span the tick labels of float64 numbers could not be told apart.
    if not span > 1e-12 * max(abs(low), abs(high)):
        half = 0.1 * abs(low) or 1.0
        return (low - half, high + half)
    return (low - _MARGIN * span, high + _MARGIN * span)


@dataclass(frozen=True)
class Scale:
    """From the numbers of a trace to the unit of its axis (divided by 10^exponent), and on to points on the paper."""

    low: float
    high: float
    exponent: int
    length: float

    @classmethod
    def over(cls, limits: tuple[float, float], length: float, label: str = "") -> Scale:
        """The scale over `limits` in the unit that `label` names, drawn `length` typographic points long."""
        low, high = limits
        return cls(low, high, unit_exponent(split_label(label)[1], max(abs(low), abs(high))), length)

    def convert(self, values: FloatArray) -> FloatArray:
        """`values` in the unit of the axis."""
        result: FloatArray = values / 10.0**self.exponent
        return result

    def paper(self, values: FloatArray) -> FloatArray:
        """Where `values` lie on the paper, from the low end of the axis."""
        result: FloatArray = (values - self.low) * (self.length / (self.high - self.low))
        return result

    def at(self, paper: float) -> float:
        """The number, in the unit of the axis, at a place on the paper."""
        return (self.low + paper * (self.high - self.low) / self.length) / 10.0**self.exponent

    def axis(self, label: str) -> Axis:
        """The axis as a renderer needs it."""
        factor = 10.0**self.exponent
        return Axis(scaled_label(label, self.exponent), self.low / factor, self.high / factor)
