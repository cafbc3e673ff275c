"""The resistance at the end of a sweep where no plateau stands for it: the one place where claims read curves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis import field, resistance
from megabar.analysis.smoothing import noise_level
from megabar.analysis.transition import Step
from megabar.data import Estimate, Result
from megabar.evidence.bounds import bounded

READINGS: Final = 5
"""Readings at the end of a sweep whose mean is taken."""

FloatArray = NDArray[np.float64]


def end_shares(result: Result, name: str) -> list[Estimate]:
    """Mean of the last readings over R(onset): the coldest ones of R(T) at the lowest field.

    Where there is no R(T), those at the lowest fields of R(H) at the lowest temperature. Empty without the sweeps.
    """
    details = result.details.sweeps if isinstance(result.details, field.Details) else result.details
    if not isinstance(details, resistance.Details):
        return []
    return list(_coldest(details, name) if details.temperature_sweeps else _lowest_fields(details, name))


def _coldest(details: resistance.Details, name: str) -> Iterator[Estimate]:
    least = min(abs(sweep.sweep.held or 0.0) for sweep in details.temperature_sweeps)
    for sweep in details.temperature_sweeps:
        if abs(sweep.sweep.held or 0.0) == least:
            where = f"coldest readings, from {sweep.temperature[0]:.4g} K"
            yield from _share(sweep.resistance, sweep.noise, sweep.steps, where, name)


def _lowest_fields(details: resistance.Details, name: str) -> Iterator[Estimate]:
    known = [sweep for sweep in details.field_sweeps if sweep.temperature is not None]
    coldest = min((sweep.temperature or 0.0 for sweep in known), default=0.0)
    for sweep in known:
        for side in sweep.sides if sweep.temperature == coldest else ():
            where = f"readings at the lowest fields, {coldest:.4g} K"
            yield from _share(side.resistance, noise_level(side.field, side.resistance), side.steps, where, name)


def _share(values: FloatArray, noise: float, steps: tuple[Step, ...], where: str, name: str) -> Iterator[Estimate]:
    """One ratio; nothing where the normal resistance is not known."""
    normal = steps[0].geometry.onset_resistance if steps else 0.0
    if normal > 0.0:
        last = values[:READINGS]
        error = noise / math.sqrt(last.size) / normal
        method = f"mean of the {last.size} {where}, over R(onset)"
        yield bounded("resistance_ratio", name, float(np.mean(last)) / normal, "1", method, error or None)
