"""What an analysis found: estimates with honest errors, curves to draw, settings, status, provenance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from megabar.data.recording import FloatArray, Note, Source, frozen_array
from megabar.errors import DomainError
from megabar.frozen import freeze


class Status(StrEnum):
    """How far an estimate can be trusted, in a sentence that names the remedy."""

    OK = "ok"
    NOT_FOUND = "not found in the measured range"
    LIMIT = "a limit only: the feature continues beyond the measured range"
    UNDETERMINED = "undetermined by these data: fix a parameter or widen the range"
    ON_BOUND = "on the bound of its parameter, so without an error: widen the bound or fix the parameter"
    MISFIT = "the law misses the data by more than their noise: not to be quoted, see the residuals"
    FAILED = "the fit did not converge: see the notes, set a window or fix a parameter"
    EXTRAPOLATED = "extrapolated beyond the measured range"
    NOT_TESTABLE = "cannot be tested in this geometry"


@dataclass(frozen=True)
class Estimate:
    """One number with everything that a reader needs to judge it.

    `error` is one standard deviation of the statistical part (coverage is promised for it), `interval` the
    profile or posterior interval at `level`; None where not estimated. `systematic` holds half the spread that
    each choice (window, criterion, gauge, Coulomb pseudopotential ...) moves the value by, in `unit`.
    DomainError for a number that is NaN or infinite and for a negative error or spread: what is unknown is None.
    `labels` tell apart estimates of one quantity: curve, sweep, step, criterion, formula.
    """

    quantity: str
    measurement: str
    value: float | None
    unit: str
    method: str
    error: float | None = None
    interval: tuple[float | None, float | None] | None = None
    level: float | None = None
    systematic: Mapping[str, float] = field(default_factory=dict)
    status: Status = Status.OK
    labels: Mapping[str, str | float] = field(default_factory=dict)
    remark: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "systematic", freeze(self.systematic))
        object.__setattr__(self, "labels", freeze(self.labels))
        sizes = {"error": self.error, **self.systematic}
        for name, number in {"value": self.value, **sizes, **self._ends()}.items():
            if number is not None and not math.isfinite(number):
                raise DomainError(
                    f"{self.quantity} of {self.measurement!r}: {name} is {number}: an unknown one is None"
                )
        for name, size in sizes.items():
            if size is not None and not size >= 0:
                raise DomainError(f"{self.quantity} of {self.measurement!r}: {name} is negative ({size:g})")

    def _ends(self) -> dict[str, float | None]:
        low, high = (None, None) if self.interval is None else self.interval
        return {"lower end": low, "upper end": high}


TraceStyle = Literal["data", "fit", "residual", "band", "window", "marker", "outlier", "guide"]


@dataclass(frozen=True)
class Trace:
    """One thing to draw in a panel.

    data, outlier, marker: points at (x, y) with optional errors; fit, guide: a line through (x, y);
    band: the area between `low` and `high`, shape (n,) each; residual: points (x, y) in the strip below the panel;
    window: the range x[0]..x[1] that was used; a marker without y is a vertical line at each x.
    `words` are written beside the points, one for each ("" for none); a fit or guide has a single one, which is written
    on the line where it leaves the frame.
    """

    name: str
    style: TraceStyle
    x: FloatArray
    y: FloatArray | None = None
    low: FloatArray | None = None
    high: FloatArray | None = None
    x_error: FloatArray | None = None
    y_error: FloatArray | None = None
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("x", "y", "low", "high", "x_error", "y_error"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, frozen_array(values))


@dataclass(frozen=True)
class Panel:
    """Traces that share axes; labels carry the unit, for instance "Temperature (K)"."""

    title: str
    x_label: str
    y_label: str
    traces: tuple[Trace, ...]
    caption: str = ""


@dataclass(frozen=True)
class Result:
    """The outcome of one measurement's analysis (or of a trend over several), the same for every kind.

    `settings` is what was in force, automatic choices written out; `seed` the seed of the random numbers used.
    `details` is the kind's own frozen result for users who compute on; writers and plotters do not need it.
    """

    kind: str
    measurement: str
    estimates: tuple[Estimate, ...]
    panels: tuple[Panel, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    sources: tuple[Source, ...] = ()
    summary: str = ""
    simulated: bool = False
    digitised: bool = False
    seed: int | None = None
    details: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", freeze(self.settings))

    def find(self, quantity: str, **labels: str | float) -> tuple[Estimate, ...]:
        """All estimates of `quantity` whose labels include `labels`."""
        return tuple(
            e for e in self.estimates if e.quantity == quantity and all(e.labels.get(k) == v for k, v in labels.items())
        )

    def _repr_html_(self) -> str:
        """The estimates as a table in notebooks."""
        rows = "".join(
            f"<tr><td>{e.quantity}</td><td>{'' if e.value is None else f'{e.value:.6g}'}</td>"
            f"<td>{'' if e.error is None else f'{e.error:.2g}'}</td><td>{e.unit}</td><td>{e.method}</td>"
            f"<td>{e.status}</td></tr>"
            for e in self.estimates
        )
        return (
            f"<table><caption>{self.measurement}</caption><tr><th>quantity</th><th>value</th><th>error</th>"
            f"<th>unit</th><th>method</th><th>status</th></tr>{rows}</table>"
        )
