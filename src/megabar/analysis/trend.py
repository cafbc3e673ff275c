"""Parameters of several measurements against pressure, with errors in both axes and the cells kept apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from megabar.analysis.combine import MEAN, sweep_parts
from megabar.analysis.headline import HALF, rounded
from megabar.analysis.resistance_panels import TEMPERATURE
from megabar.analysis.trend_panels import Followed, scattered, trend_panels
from megabar.data import Estimate, Measured, Note, Pressure, Result, Status
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.cells import SharedSlope, shared_slope
from megabar.fitting.trend import Trend, line

FloatArray = NDArray[np.float64]

FEWEST_POINTS: Final = 3

NAME: Final = "pressure dependence"


class Settings(BaseModel):
    """Settings of the trends over pressure.

    criteria: criteria of Tc that are followed. cells: "shared" gives all cells one slope and each its own offset,
    "ignore" draws one line through all points. quantities: further quantities that are followed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[str, ...] = ("onset", "R/R(onset) = 0.90", "R/R(onset) = 0.50", "R/R(onset) = 0.05", "zero")
    quantities: tuple[str, ...] = ("transition_width", "onset_resistance", "debye_temperature", "coupling")
    cells: str = Field(default="shared", pattern="^(shared|ignore)$")


@dataclass(frozen=True)
class TrendPoint:
    """One measurement at one pressure (GPa) in one cell ("" when the experiment names none)."""

    measurement: str
    cell: str
    pressure: Pressure
    result: Result


@dataclass(frozen=True)
class _Series:
    """One quantity over the measurements that know it."""

    quantity: str
    way: str
    unit: str
    points: tuple[TrendPoint, ...]
    estimates: tuple[Estimate, ...]
    labels: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def pressure(self) -> FloatArray:
        return np.array([p.pressure.value for p in self.points])

    @property
    def values(self) -> FloatArray:
        return np.array([e.value for e in self.estimates], dtype=np.float64)

    @property
    def cells(self) -> list[str]:
        return [p.cell for p in self.points]

    @property
    def name(self) -> str:
        return f"{self.quantity.replace('_', ' ')}{f', {self.way}' if self.way else ''}"


def across(measured: Sequence[Measured], settings: Settings | None = None) -> tuple[Result, ...]:
    """`analyse` for the measurements with a pressure; empty with fewer than three, or with nothing to be followed."""
    if settings is not None and not settings.criteria and not settings.quantities:
        return ()
    points = [TrendPoint(m.measurement, m.cell, m.pressure, m.result) for m in measured if m.pressure is not None]
    return analyse(points, settings) if len(points) >= FEWEST_POINTS else ()


def analyse(
    points: Sequence[TrendPoint],
    settings: Settings | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[Result, ...]:
    """Trends of Tc by each criterion, width, resistance, Theta_D and coupling over pressure; at least three points.

    Several cells share a slope and have an offset each, with scatter within and spread between cells; the gauge error
    common to all points moves every value alike and is given apart. Where a pressure was read before and after
    cooling, what its drift does to Tc and to the width follows from the slope of Tc. DataError with fewer points.
    """
    if len(points) < FEWEST_POINTS:
        raise DataError(f"{len(points)} measurements with a pressure: a trend needs at least {FEWEST_POINTS}")
    chosen = settings or Settings()
    estimates: list[Estimate] = []
    followed: list[Followed] = []
    notes = _gauges(points)
    slopes: dict[str, Estimate] = {}
    series = _all_series(points, chosen)
    notes += _other_units(points, series)
    for number, whole in enumerate(series):
        one, unknown = _with_errors(whole)
        notes += unknown
        try:
            found, line_through = _follow(one, chosen)
        except (DataError, ConvergenceError) as error:
            notes.append(Note(f"{one.name}: no trend: {error}", "warning"))
            continue
        estimates += found
        followed.append(line_through)
        if one.quantity == "critical_temperature" and found[0].value is not None:
            slopes[one.way] = found[0]
        if progress is not None:
            progress((number + 1) / len(series))
    estimates += _drifts(points, slopes)
    return (
        Result(
            kind="trend",
            measurement=NAME,
            estimates=tuple(estimates),
            panels=tuple(trend_panels(followed)),
            settings=chosen.model_dump(mode="json"),
            notes=tuple(notes),
            sources=tuple(dict.fromkeys(s for p in points for s in p.result.sources)),
            summary=_summary(followed),
            simulated=any(p.result.simulated for p in points),
            digitised=any(p.result.digitised for p in points),
        ),
    )


def _all_series(points: Sequence[TrendPoint], settings: Settings) -> list[_Series]:
    found = [_series(points, "critical_temperature", name, criterion=name) for name in settings.criteria]
    for quantity in settings.quantities:
        found.append(_series(points, quantity, ""))
    return [one for one in found if one is not None and len(one.points) >= FEWEST_POINTS]


def _series(points: Sequence[TrendPoint], quantity: str, way: str, **labels: str) -> _Series | None:
    pairs = [(p, e) for p in points if (e := _best(p.result, quantity, labels)) is not None]
    if not pairs:
        return None
    unit = pairs[0][1].unit
    same = [(p, e) for p, e in pairs if e.unit == unit]
    return _Series(quantity, way, unit, tuple(p for p, _ in same), tuple(e for _, e in same), labels)


def _other_units(points: Sequence[TrendPoint], series: Sequence[_Series]) -> list[Note]:
    """Which measurements a series leaves out because their unit is another (resistances and resistivities)."""
    notes = []
    for one in series:
        inside = {p.measurement for p in one.points}
        known = [p.measurement for p in points if _best(p.result, one.quantity, one.labels) is not None]
        left = [name for name in known if name not in inside]
        if left:
            text = f"{one.name}: not in {one.unit} and therefore left out: {', '.join(left)}"
            notes.append(Note(text, "warning"))
    return notes


def _best(result: Result, quantity: str, labels: Mapping[str, str | float]) -> Estimate | None:
    """The estimate that stands for a measurement: without field, over both directions where there are two, from the
    full curve where it was fitted, of the first step (zero resistance: of the last), by the advanced formula."""
    zero = labels.get("criterion") == "zero"
    known = [
        e
        for e in result.find(quantity, **labels)
        if e.value is not None and e.status == Status.OK and (zero or e.labels.get("step", 1) == 1)
    ]
    known.sort(
        key=lambda e: (
            sweep_parts(e)[1] != "",
            not str(e.labels.get("sweep", "")).startswith(MEAN),
            e.labels.get("model") == "normal state",
            not str(e.labels.get("formula", "advanced")).startswith("advanced"),
        )
    )
    return known[0] if known else None


def _follow(series: _Series, settings: Settings) -> tuple[list[Estimate], Followed]:
    x_error = _errors([p.pressure.error for p in series.points])
    y_error = _errors([e.error for e in series.estimates])
    gauge = _common_gauge(series.points)
    several = settings.cells == "shared" and len(set(series.cells)) > 1
    if several:
        fit: SharedSlope | Trend = shared_slope(
            series.pressure, series.values, series.cells, x_error=x_error, y_error=y_error, common_x_error=gauge
        )
    else:
        fit = line(series.pressure, series.values, x_error=x_error, y_error=y_error)
    followed = Followed(
        series.quantity, series.way, series.unit, series.pressure, series.values, series.cells, x_error, y_error, fit
    )
    return _slope_estimates(series, fit, gauge, _weighting(x_error, y_error)), followed


def _errors(errors: Sequence[float | None]) -> FloatArray | None:
    """Errors of all points, or None when one is unknown: then the scatter alone says how well the points are known."""
    known = [e for e in errors if e is not None and e > 0]
    return np.array(known) if len(known) == len(errors) else None


def _with_errors(series: _Series) -> tuple[_Series, list[Note]]:
    """The points whose errors are known, when enough are: one missing error must not unweight all the others."""
    notes: list[Note] = []
    for axis in ("pressure", series.quantity.replace("_", " ")):
        pairs = list(zip(series.points, series.estimates, strict=True))
        errors = [p.pressure.error if axis == "pressure" else e.error for p, e in pairs]
        known = [pair for pair, error in zip(pairs, errors, strict=True) if error]
        missing = [p.measurement for (p, _), error in zip(pairs, errors, strict=True) if not error]
        if not missing or not known:
            continue
        where = f"{series.name}: no error of the {axis} of {', '.join(missing)}"
        if len(known) < FEWEST_POINTS:
            notes.append(Note(f"{where}: no errors of the {axis} are used; state the missing ones", "warning"))
            continue
        notes.append(Note(f"{where}: left out of the trend; state it to include them", "warning"))
        series = replace(series, points=tuple(p for p, _ in known), estimates=tuple(e for _, e in known))
    return series, notes


def _weighting(x_error: FloatArray | None, y_error: FloatArray | None) -> str:
    """Which errors a trend used, in words."""
    if x_error is not None and y_error is not None:
        return "errors in both axes"
    if x_error is None and y_error is None:
        return "no errors stated, equal weights"
    return "errors of the pressure only" if y_error is None else "errors of the values only"


def _common_systematics(series: _Series) -> dict[str, float]:
    """What moves all points together, such as mu* or a window rule: it does not average out over the measurements."""
    names = {name for e in series.estimates for name in e.systematic}
    return {name: float(np.mean([e.systematic.get(name, 0.0) for e in series.estimates])) for name in sorted(names)}


def _common_gauge(points: Sequence[TrendPoint]) -> float | None:
    """The error that all pressures share; None unless all were read with one gauge and scale and state it."""
    gauges = {(p.pressure.gauge, p.pressure.scale, p.pressure.gauge_error) for p in points}
    return next(iter(gauges))[2] if len(gauges) == 1 else None


def _gauges(points: Sequence[TrendPoint]) -> list[Note]:
    gauges = sorted({f"{p.pressure.gauge or 'unnamed gauge'} ({p.pressure.scale or 'no scale'})" for p in points})
    if len(gauges) == 1:
        return [Note(f"pressures by {gauges[0]}")]
    text = f"pressures by several gauges or scales, which may differ by 20 GPa: {', '.join(gauges)}"
    return [Note(text, "warning")]


def _slope_estimates(series: _Series, fit: SharedSlope | Trend, gauge: float | None, weighting: str) -> list[Estimate]:
    unit = "1/GPa" if series.unit == "1" else f"{series.unit}/GPa"
    kind = "one slope, an offset for each cell" if isinstance(fit, SharedSlope) else "straight line"
    method = f"{kind}, {weighting}, {len(series.points)} points; {fit.words}"
    labels = dict(series.labels)
    name = f"{series.quantity}_pressure_slope"
    interval = fit.slope_interval()
    estimates = [
        Estimate(
            name,
            NAME,
            fit.slope,
            unit,
            method,
            error=fit.slope_error,
            interval=interval,
            level=None if interval is None else 0.6827,
            labels=labels,
        )
    ]
    if fit.scatter is not None:
        where = "within cells" if isinstance(fit, SharedSlope) else "about the line"
        text = f"scatter {where} beyond the errors"
        estimates.append(Estimate(f"{series.quantity}_scatter", NAME, fit.scatter, series.unit, text, labels=labels))
    if isinstance(fit, SharedSlope):
        estimates += _cell_estimates(series, fit, gauge)
    else:
        value, error = fit.at(fit.reference)
        systematic = _common_systematics(series)
        if gauge is not None:
            systematic["gauge"] = abs(fit.slope) * gauge
        text = f"line at the mean pressure, {fit.reference:.4g} GPa"
        stated = None if error is None else float(error[0])
        estimates.append(
            Estimate(
                f"{series.quantity}_at_mean_pressure",
                NAME,
                float(value[0]),
                series.unit,
                text,
                error=stated,
                systematic=systematic,
                labels=labels,
            )
        )
    return estimates


def _cell_estimates(series: _Series, fit: SharedSlope, gauge: float | None) -> list[Estimate]:
    systematic = {} if gauge is None or fit.gauge_error is None else {"gauge": fit.gauge_error}
    text = f"common slope at {fit.reference:.4g} GPa"
    estimates = [
        Estimate(
            f"{series.quantity}_of_cell",
            NAME,
            offset,
            series.unit,
            text,
            error=fit.offset_errors[cell],
            systematic=systematic,
            labels={**series.labels, "cell": str(cell)},
        )
        for cell, offset in fit.offsets.items()
    ]
    if fit.spread is not None:
        estimates.append(
            Estimate(
                f"{series.quantity}_cell_spread",
                NAME,
                fit.spread.value,
                series.unit,
                "standard deviation between cells beyond their errors (random effects)",
                error=fit.spread.error,
                interval=fit.spread.interval,
                level=None if fit.spread.interval is None else 0.6827,
                labels=series.labels,
            )
        )
    return estimates


def _drifts(points: Sequence[TrendPoint], slopes: Mapping[str, Estimate]) -> list[Estimate]:
    """What the change of pressure on cooling does to Tc and to the width, by the slope of Tc at half resistance.

    The errors are those of the slope; the readings before and after count as exact.
    """
    way = HALF
    slope = slopes.get(way)
    if slope is None or slope.value is None:
        return []
    estimates = []
    for point in points:
        drift = point.pressure.drift
        if drift is None:
            continue
        shift = slope.value * drift
        error = None if slope.error is None else slope.error * abs(drift)
        text = f"slope of Tc at {way} times the change from {point.pressure.before_cooling:.4g} to "
        text += f"{point.pressure.after_cooling:.4g} GPa on cooling"
        labels = {"measurement": point.measurement}
        name = "critical_temperature_shift_by_drift"
        estimates.append(Estimate(name, NAME, shift, "K", text, error=error, labels=labels))
        width = _best(point.result, "transition_width", {})
        span = _temperature_span(point.result)
        if width is None or width.value is None or span is None:
            continue
        # Linear in temperature over the sweep, the share of the drift that falls into the transition.
        share = width.value / span
        text = "change of Tc while the transition was crossed, the drift taken as linear in temperature"
        spread = None if error is None else share * error
        name = "transition_width_by_drift"
        estimates.append(Estimate(name, NAME, share * abs(shift), "K", text, error=spread, labels=labels))
    return estimates


def _temperature_span(result: Result) -> float | None:
    """Highest less lowest temperature measured, in K; None when no R(T) is drawn."""
    drawn = [p for p in result.panels if p.x_label == TEMPERATURE]
    ends = [t.x for panel in drawn for t in panel.traces if t.style == "data" and t.x.size]
    span = max(x.max() for x in ends) - min(x.min() for x in ends) if ends else 0.0
    return float(span) if span > 0.0 else None


def _summary(followed: Sequence[Followed]) -> str:
    """The slope of Tc at half resistance, and whether a line describes it."""
    for one in followed:
        if one.quantity == "critical_temperature" and one.way == HALF:
            error = one.fit.slope_error
            slope = rounded(one.fit.slope, error)
            words = "; the points scatter about the line by more than their errors" if scattered(one) else ""
            return f"dTc/dP at 50 % = {slope}{'' if error is None else f' ± {error:.1g}'} K/GPa{words}"
    return ""
