"""Sweeps in opposite directions brought together: their mean, their hysteresis, and what direction does."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from megabar.data import Estimate, Status

MEAN = "mean of directions"

_NO_MEAN = ("r_squared", "step_share")

_DIRECTIONS = ("cooling", "warming", "field down", "field up")

_SWEEP = re.compile(r"(?P<direction>.*?)(?: \(\d+\))?(?P<held>, [^,]*)?")


def over_directions(estimates: Sequence[Estimate]) -> list[Estimate]:
    """For each quantity known from sweeps of opposite directions: their mean, and the difference for temperatures.

    The mean of two values carries the statistical error of independent sweeps; half their difference is the
    systematic part "direction" (thermal lag, trapped flux), and of each other choice the larger spread is kept.
    Sweeps pair up when their labels agree but for the direction; with several sweeps of one direction all enter the
    mean of that direction, and both directions count alike.
    """
    groups: dict[tuple[object, ...], list[Estimate]] = {}
    for estimate in estimates:
        if estimate.value is None or estimate.status != Status.OK or estimate.quantity in _NO_MEAN:
            continue
        if _direction(estimate) is not None:
            groups.setdefault(_key(estimate), []).append(estimate)
    combined: list[Estimate] = []
    for group in groups.values():
        if len({_direction(e) for e in group}) < 2:
            continue
        combined.append(_mean(group))
        if group[0].unit in ("K", "T") and group[0].quantity.startswith(("critical_temp", "transition_field")):
            combined.append(_hysteresis(group))
    return combined


def _direction(estimate: Estimate) -> str | None:
    direction = sweep_parts(estimate)[0]
    return direction if direction in _DIRECTIONS else None


def sweep_parts(estimate: Estimate) -> tuple[str, str]:
    """Direction and what the sweep was held at, as its label says them: ("cooling", ", 2 T") for "cooling (2), 2 T"."""
    match = _SWEEP.fullmatch(str(estimate.labels.get("sweep", "")))
    return ("", "") if match is None else (match["direction"], match["held"] or "")


def _key(estimate: Estimate) -> tuple[object, ...]:
    others = tuple(sorted((k, v) for k, v in estimate.labels.items() if k != "sweep"))
    return estimate.quantity, estimate.unit, sweep_parts(estimate)[1], others


def _labels(group: Sequence[Estimate], sweep: str) -> dict[str, str | float]:
    return {**group[0].labels, "sweep": f"{sweep}{sweep_parts(group[0])[1]}"}


def _without_direction(group: Sequence[Estimate]) -> dict[str, str | float]:
    labels = {k: v for k, v in group[0].labels.items() if k != "sweep"}
    rest = sweep_parts(group[0])[1].removeprefix(", ")
    return {**labels, "at": rest} if rest else labels


def _mean(group: Sequence[Estimate]) -> Estimate:
    by_direction = _direction_means(group)
    values = list(by_direction.values())
    apart = _error_apart(group)
    parts = sorted({name for e in group for name in e.systematic})
    systematic = {name: max(e.systematic.get(name, 0.0) for e in group) for name in parts}
    systematic["direction"] = 0.5 * (max(values) - min(values))
    return Estimate(
        quantity=group[0].quantity,
        measurement=group[0].measurement,
        value=float(np.mean(values)),
        unit=group[0].unit,
        method=f"{group[0].method.split(';')[0]}; mean of {' and '.join(by_direction)}",
        error=None if apart is None else apart / len(by_direction),
        systematic=systematic,
        labels=_labels(group, MEAN),
        remark="; ".join(dict.fromkeys(e.remark for e in group if e.remark)),
    )


def _hysteresis(group: Sequence[Estimate]) -> Estimate:
    by_direction = _direction_means(group)
    first, second = list(by_direction)[:2]
    return Estimate(
        quantity="hysteresis",
        measurement=group[0].measurement,
        value=by_direction[second] - by_direction[first],
        unit=group[0].unit,
        method=f"{second} minus {first}",
        error=_error_apart(group),
        labels=_without_direction(group),
    )


def _direction_means(group: Sequence[Estimate]) -> dict[str, float]:
    """Mean value of each direction, in the fixed order cooling, warming, field down, field up."""
    found: dict[str, float] = {}
    for direction in _DIRECTIONS:
        values = [e.value for e in group if _direction(e) == direction and e.value is not None]
        if values:
            found[direction] = float(np.mean(values))
    return found


def _error_apart(group: Sequence[Estimate]) -> float | None:
    """Standard error of the difference (and of the sum) of the directions' means; None when one error is unknown."""
    total = 0.0
    for direction in _DIRECTIONS:
        errors = [e.error for e in group if _direction(e) == direction]
        known = [error for error in errors if error is not None]
        if len(known) < len(errors):
            return None
        if known:
            total += float(np.sum(np.square(known))) / len(known) ** 2
    return float(np.sqrt(total))
