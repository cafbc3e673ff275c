"""Results made by hand, with numbers that are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from megabar.data import Estimate, Isotope, Measured, Panel, Pressure, Result, Status, Trace
from megabar.evidence import CLAIMS, Bar, Claim, Facts

HALF = "R/R(onset) = 0.50"
MEAN = "mean of directions"
LIGHT, HEAVY = Isotope("H", 1.0), Isotope("H", 2.0)


def est(quantity: str, value: float | None, error: float | None = None, unit: str = "K", **labels: Any) -> Estimate:
    """An estimate; `status` and `remark` among the labels are not labels."""
    status = labels.pop("status", Status.OK if value is not None else Status.NOT_FOUND)
    remark = labels.pop("remark", "")
    return Estimate(quantity, "m", value, unit, "by hand", error=error, status=status, labels=labels, remark=remark)


def tc(value: float | None, error: float | None = 0.1, criterion: str = HALF, **labels: Any) -> Estimate:
    error = None if value is None else error
    return est("critical_temperature", value, error, criterion=criterion, **labels)


def drop(
    *, plateau: float = 0.0, noise: float | None = 1e-4, normal: float = 1.0, at: float = 100.0, unit: str = "ohm"
) -> list[Estimate]:
    """A resistive transition at `at` K, 4 K wide, to a plateau with the error `noise`."""
    return [
        tc(at + 2.0, criterion="onset", sweep=MEAN),
        tc(at, sweep=MEAN),
        tc(at - 4.0, criterion="zero", sweep=MEAN),
        est("transition_width", 4.0, 0.1, sweep=MEAN),
        est("onset_resistance", normal, 1e-3 * normal, unit, sweep=MEAN),
        est("plateau_resistance", plateau, noise, unit, sweep=MEAN),
    ]


def plateau(share: float = 0.0, noise: float = 1e-4) -> list[Estimate]:
    """What says whether a drop reaches zero: the plateau and the resistance at the onset."""
    normal = est("onset_resistance", 1.0, 1e-3, "ohm", sweep=MEAN)
    return [normal, est("plateau_resistance", share, noise, "ohm", sweep=MEAN)]


def one(
    kind: str, *estimates: Estimate, name: str = "m", cell: str = "", gpa: float | None = None, **rest: Any
) -> Measured:
    """A measurement of a kind; `span` is the range of temperatures that its figure shows."""
    span = rest.pop("span", None)
    panels = ()
    if span is not None:
        x = np.linspace(*span, 5)
        panels = (Panel("", "Temperature (K)", "R (ohm)", (Trace("data", "data", x, x),)),)
    error = rest.pop("gpa_error", 1.0)
    pressure = None if gpa is None else Pressure(gpa, error=error, gauge="ruby", scale="ruby_2020")
    return Measured(name, cell, pressure, Result(kind, name, estimates, panels=panels), **rest)


def judged(claim: str, *measured: Measured, composition: str = "", bar: Bar | None = None, **rest: Any) -> Claim:
    """One claim of the table on these measurements."""
    return CLAIMS[claim].judge(Facts.of(measured, composition=composition, bar=bar, **rest))


def verdict(claim: str, *measured: Measured, **rest: Any) -> str:
    return str(judged(claim, *measured, **rest).verdict)
