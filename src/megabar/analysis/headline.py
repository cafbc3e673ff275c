"""What a measurement found, in one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from megabar.analysis.combine import MEAN
from megabar.data import Estimate, Status

HALF: Final = "R/R(onset) = 0.50"

_CRITERIA: Final = {"onset": "onset", HALF: "50 %", "zero": "zero"}

_MOST: Final = 6
"""Temperatures or fields told for one curve."""


def headline(estimates: Sequence[Estimate]) -> str:
    """Tc by three criteria, Theta_D and coupling, or the fields at half resistance; or that there is no transition.

    Sweeps at several fields or temperatures are told apart by the 50 % criterion alone. Numbers have as many digits
    as their errors allow.
    """
    parts = [_temperatures(estimates), _settings(estimates, "transition_field", "field at 50 %", "T")]
    for quantity, words, unit in (("debye_temperature", "Θ_D", " K"), ("coupling", "λ", "")):
        best = _best(estimates, quantity)
        if best is not None:
            parts.append(f"{words} {_number(best)}{unit}")
    return "; ".join(part for part in parts if part) or "nothing was determined: see the notes"


def _temperatures(estimates: Sequence[Estimate]) -> str:
    own = [e for e in estimates if e.quantity == "critical_temperature"]
    if len({_held(e) for e in own}) > 1:
        return _settings(own, "critical_temperature", "Tc at 50 %", "K")
    found = {words: _best(own, "critical_temperature", name) for name, words in _CRITERIA.items()}
    known = [f"{_number(e)} K ({words})" for words, e in found.items() if e is not None]
    return f"Tc {', '.join(known)}" if known else _first_remark(own)


def _settings(estimates: Sequence[Estimate], quantity: str, words: str, unit: str) -> str:
    """The quantity at half resistance by what was held constant, those of each curve together."""
    curves: dict[str, dict[str, list[Estimate]]] = {}
    own = [e for e in estimates if e.quantity == quantity]
    for e in own:
        curves.setdefault(str(e.labels.get("curve", "")), {}).setdefault(_held(e), []).append(e)
    parts = []
    for curve, settings in curves.items():
        known = []
        for held in sorted(settings, key=_size):
            best = _best(settings[held], quantity, HALF)
            if best is not None:
                known.append(f"{_number(best)} {unit}{f' at {held}' if held else ''}")
        if known:
            more = f" and {len(known) - _MOST} more" if len(known) > _MOST else ""
            parts.append(f"{f'{curve}: ' if curve else ''}{', '.join(known[:_MOST])}{more}")
    return f"{words}: {'; '.join(parts)}" if parts else _first_remark(own)


def _first_remark(estimates: Sequence[Estimate]) -> str:
    return next((e.remark for e in estimates if e.remark), "")


def _held(estimate: Estimate) -> str:
    """What was held constant, as the label of the sweep says it: "2 T" for "cooling, 2 T"."""
    return str(estimate.labels.get("sweep", "")).partition(", ")[2]


def _size(held: str) -> float:
    """The number that "2.1 K" begins with; nothing was held, or no field applied, where it is ""."""
    return float(held.partition(" ")[0]) if held else 0.0


def _best(estimates: Sequence[Estimate], quantity: str, criterion: str | None = None) -> Estimate | None:
    """The estimate that stands for a measurement: over both directions and sides if there is one, of the first step,
    and from the full curve where it was fitted."""
    # A number that one sweep leaves open is not taken from another that happens to give one.
    open_models = {
        e.labels["model"]
        for e in estimates
        if e.quantity == quantity and e.value is None and e.status != Status.NOT_FOUND and "model" in e.labels
    }
    known = [
        e
        for e in estimates
        if e.quantity == quantity and e.value is not None and criterion in (None, e.labels.get("criterion"))
        if e.status == Status.OK and e.labels.get("model") not in open_models
    ]
    known.sort(
        key=lambda e: (
            e.labels.get("step", 1) != 1,
            not str(e.labels.get("sweep")).startswith(MEAN),
            e.labels.get("model") == "normal state",
            e.labels.get("side", "both") != "both",
        )
    )
    return known[0] if known else None


def rounded(value: float, error: float | None) -> str:
    """The value to the first digit of its error; to four digits without one."""
    if not error or not 1e-8 < error < 1e8:
        return f"{value:.4g}"
    text = f"{value:.{max(0, -math.floor(math.log10(error)))}f}"
    return text.removeprefix("-") if not float(text) else text


def _number(estimate: Estimate) -> str:
    assert estimate.value is not None  # by _best
    return rounded(estimate.value, estimate.error)
