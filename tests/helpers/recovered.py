"""What the program found in a simulated folder beside what went in: (name, found, error, truth) of every number.

The error is the statistical one where the model that is fitted is the one that made the data. Criteria are read off
curves with windows of their own, so there the systematic parts count too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from megabar.data import Estimate, Result

Results = Mapping[str, Result]
Truth = Mapping[str, Any]

MEAN = "mean of directions"


class Recovered(NamedTuple):
    name: str
    found: float
    error: float
    truth: float

    @property
    def pull(self) -> float:
        return (self.found - self.truth) / self.error


def one(result: Result, quantity: str, **labels: str | float) -> Estimate:
    """The one estimate with these labels and, of several, no further ones but the sweep's."""
    found = result.find(quantity, **labels)
    plain = [e for e in found if set(e.labels) <= {*labels, "sweep"}]
    assert len(plain or found) == 1, f"{result.measurement}: {quantity} {labels}: {len(found)}"
    return (plain or found)[0]


def beside(estimate: Estimate, truth: float, *, whole: bool = False) -> Recovered:
    """whole: with the systematic parts."""
    assert estimate.value is not None, estimate
    assert estimate.error is not None, estimate
    parts = estimate.systematic.values() if whole and estimate.systematic else ()
    labels = ", ".join(f"{value}" for value in estimate.labels.values())
    return Recovered(f"{estimate.quantity} {labels}", estimate.value, math.hypot(estimate.error, *parts), truth)


def transitions(results: Results, part: Truth, criterion: str, field: str) -> Iterator[Recovered]:
    """Tc of the first step of every run by a criterion beside that field of the truth's first step."""
    for name, own in part["measurements"].items():
        steps = own["steps"]["value"]
        labels: dict[str, str | float] = {"step": 1} if len(steps) > 1 else {}
        found = one(results[name], "critical_temperature", criterion=criterion, sweep=MEAN, **labels)
        yield beside(found, steps[0][field], whole=True)


def ceh9(results: Results, truth: Truth) -> Iterator[Recovered]:
    parts = truth["parts"]
    yield from transitions(results, parts["Resistance"], "onset", "onset")
    yield from critical_currents(results["current-voltage curves"], parts["The critical current"])
    contact = results["contact at 105 GPa"]
    for temperature, own in parts["The gap"]["temperatures"].items():
        if own["gap"] > 0.0:
            yield beside(one(contact, "gap", at=f"{float(temperature):g} K"), own["gap"])
    whole = parts["The gap"]["measurements"]["contact at 105 GPa"]
    yield beside(one(contact, "gap_zero"), whole["gap_zero"]["value"])
    yield beside(one(contact, "critical_temperature", criterion="gap closes"), whole["critical_temperature"]["value"])
    for phase, own in parts["The X-ray map"]["phases"].items():
        for axis, length in zip(("cell_a", "cell_c"), own["cell"]["value"], strict=True):
            yield beside(one(results["map"], axis, phase=phase), length, whole=True)
    spectra = results["Raman, before and after heating"]
    for path, own in parts["Raman spectra"]["spectra"].items():
        curve = path.rsplit("/", 1)[1].removesuffix(".txt")
        yield beside(one(spectra, "diamond_edge", curve=curve), own["edge"])
        lines = spectra.find("raman_line", curve=curve)
        for line in parts["Raman spectra"]["lines_after_heating"].values() if own["heated"] else ():
            near = min(lines, key=lambda e, at=line["centre"]["value"]: abs((e.value or 0.0) - at))
            yield beside(near, line["centre"]["value"])


def critical_currents(family: Result, part: Truth) -> Iterator[Recovered]:
    """A curve's temperature is off by the jitter, which its Ic follows; exponents bend over, so they are no test."""
    known = {float(t): o["critical_current"] for t, o in part["temperatures"].items() if o["critical_current"]}
    slopes = np.gradient(list(known.values()), list(known))
    jitter = part["measurements"]["current-voltage curves"]["temperature_jitter"]["value"]
    for (temperature, current), slope in zip(known.items(), slopes, strict=True):
        found = beside(one(family, "critical_current", criterion="power law", at=f"{temperature:g} K"), current)
        yield found._replace(error=math.hypot(found.error, slope * jitter))


def lace(results: Results, truth: Truth) -> Iterator[Recovered]:
    parts = truth["parts"]
    single = {n: o for n, o in parts["Resistance"]["measurements"].items() if len(o["steps"]["value"]) == 1}
    yield from transitions(results, {"measurements": single}, "R/R(onset) = 0.50", "half")
    for name, own in parts["Upper critical fields"]["measurements"].items():
        slope = one(results[name], "upper_critical_field_slope", criterion="R/R(onset) = 0.50")
        yield beside(slope, own["upper_critical_field_slope"]["value"])
    for name, own in parts["Volumes"]["measurements"].items():
        for quantity, field in (("volume_at_zero_pressure", "volume_zero"), ("bulk_modulus_zero", "modulus")):
            yield beside(one(results[name], quantity, model="BM2"), own[field]["value"])
        content = one(results[name], "hydrogen_content", convention=f"as in {name}10")
        yield beside(content, own["hydrogen_content"]["value"])


def cerium(results: Results, truth: Truth) -> Iterator[Recovered]:
    ballistic, thermal = results["ballistic, Ag needle"], results["thermal, Pt-Ir needle"]
    for temperature, gap in truth["gaps"].items():
        if gap > 0.0:
            yield beside(one(ballistic, "gap", at=f"{temperature} K"), gap)
    tc = one(ballistic, "critical_temperature", criterion="gap closes")
    yield beside(tc, truth["critical_temperature"]["value"])
    for name, own in truth["contacts"].items():
        mean = one(results["130 contacts"], "mean_critical_temperature", material=name)
        # The ends of the range cut a few per cent of the distribution off.
        yield beside(mean, own["mean_critical_temperature"])
    assert thermal.find("critical_current")


def hydrides(results: Results, truth: Truth) -> Iterator[Recovered]:
    parts = truth["parts"]
    yield from transitions(results, parts["Resistance"], "onset", "onset")
    for name, own in parts["In fields"]["measurements"].items():
        slope = one(results[name], "upper_critical_field_slope", criterion="R/R(onset) = 0.50")
        yield beside(slope, own["upper_critical_field_slope"]["value"])
    for name, own in parts["Magnetisation"]["measurements"].items():
        half = one(results[name], "critical_temperature", criterion="half of the drop")
        yield beside(half, own["half"]["value"])
        yield beside(one(results[name], "relative_drop"), own["relative_drop"]["value"])


def la3ni2o7(results: Results, truth: Truth) -> Iterator[Recovered]:
    for name, own in truth["measurements"].items():
        full: dict[str, str | float] = {"sweep": MEAN, "model": "full curve"}
        yield beside(one(results[name], "debye_temperature", **full), own["debye_temperature"]["value"])
        tc = one(results[name], "critical_temperature", criterion="R/R(onset) = 0.05, full curve", sweep=MEAN)
        yield beside(tc, own["critical_temperature"]["value"])
        coupling = one(results[name], "coupling", formula="advanced McMillan", **full)
        yield beside(coupling, own["coupling"]["value"])
    for pressure, strain in truth["line widths"]["strain"].items():
        yield beside(one(results["line widths"], "strain", at=f"{pressure} GPa"), strain["value"])
