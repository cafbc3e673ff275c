"""Whether a current-voltage curve is a straight line, and its resistance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from megabar.analysis.current_sweeps import Sweep

FloatArray = NDArray[np.float64]

CHANCE: Final = 1e-3
"""Probability below which a cubic term is no accident."""


@dataclass(frozen=True)
class Ohmic:
    """V = offset + resistance I over the whole curve: V, ohm, with the error of the resistance.

    bend: half the change of dV/dI from zero to the largest current that the cubic term makes, as a share of dV/dI at
    zero; chance: probability that a straight curve with the same noise shows as large a cubic term.
    """

    offset: float
    resistance: float
    error: float
    bend: float
    chance: float

    @property
    def straight(self) -> bool:
        return self.chance >= CHANCE


def ohmic_fit(sweep: Sweep) -> Ohmic:
    """The straight line through all readings, and the F test of a cubic term against it."""
    scale = float(np.abs(sweep.current).max())
    u, y = sweep.current / scale, sweep.voltage
    line, rest = _solve(np.stack([np.ones(u.size), u], axis=1), y)
    bent, bent_rest = _solve(np.stack([np.ones(u.size), u, u**3], axis=1), y)
    freedom = u.size - 3
    # Readings below the last digit of the voltage are no evidence of a bend.
    floor = u.size * (1e-12 * float(np.abs(y).max())) ** 2
    ratio = max(rest - bent_rest, 0.0) / max(bent_rest, floor, 1e-300) * freedom
    spread = float(np.sum((u - u.mean()) ** 2))
    error = math.sqrt(rest / max(u.size - 2, 1) / spread) / scale
    share = 1.5 * abs(bent[2] / bent[1]) if bent[1] != 0.0 else math.inf
    return Ohmic(float(line[0]), float(line[1]) / scale, error, float(share), float(fdtrc(1, freedom, ratio)))


def _solve(design: FloatArray, y: FloatArray) -> tuple[FloatArray, float]:
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - design @ solution
    return np.asarray(solution, dtype=np.float64), float(rest @ rest)
