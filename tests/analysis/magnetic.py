"""Simulated magnetisation for the tests: steps over a background, virgin curves, loops, lower critical fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.data import Column, Curve, Recording, Role, Source

FloatArray = NDArray[np.float64]

MIDDLE, WIDTH = 80.0, 1.5
"""K: middle and width parameter of the simulated step."""

T = np.linspace(60.0, 110.0, 200)


def step(temperature: FloatArray, middle: float = MIDDLE, width: float = WIDTH) -> FloatArray:
    """A drop of height 1 on cooling: -1 far below `middle`, 0 far above."""
    return np.asarray(-1.0 / (1.0 + np.exp((temperature - middle) / width)))


def made(name: str = "coil", unit: str = "", **columns: ArrayLike) -> Recording:
    """A recording of one simulated curve; `unit` is that of its signal."""
    signals = {"moment", "moment_in_phase", "susceptibility"}
    made_columns = tuple(
        Column(role, Role(role), np.asarray(values), unit=unit if role in signals else "")
        for role, values in columns.items()
    )
    return Recording(Source("coil.csv", "0" * 64), "made for a test", (Curve(name, made_columns, simulated=True),))


def virgin(field: FloatArray, first: float, *, bend: float = 0.2) -> FloatArray:
    """M(H) in units of the field: full shielding up to `first`, then a quadratic departure."""
    return np.asarray(-field + bend * np.maximum(field - first, 0.0) ** 2 / first)
