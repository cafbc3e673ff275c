"""Curves and recordings that the tests of the analyses make for themselves, and where the real files lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from megabar.data import Column, Curve, Recording, Role, Source
from megabar.physics.transition import full_resistance

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

LAW = {
    "onset_temperature": 78.5,
    "sharpness": 21.7,
    "residual": 0.0152,
    "amplitude": 0.46,
    "debye_temperature": 518.0,
    "saturation": 0.25,
}
"""A crystal whose transition is 20 K wide, in K and ohm; 0.0474 ohm at the onset."""

SHARP = {**LAW, "onset_temperature": 42.0, "sharpness": 400.0}
"""The same metal with a transition from 41.8 K down to 40.9 K (R/R(onset) from 0.9 to 0.1)."""


def _curve(name: str = "crystal", **columns: ArrayLike) -> Curve:
    return Curve(name, tuple(Column(role, Role(role), np.asarray(values)) for role, values in columns.items()))


@pytest.fixture
def curve() -> Callable[..., Curve]:
    """curve(name, temperature=..., resistance=...): columns by role, in the units of the program."""
    return _curve


@pytest.fixture
def recording() -> Callable[..., Recording]:
    """recording(curve, ...): what a reader would have found in a file with these curves."""

    def make(*curves: Curve, file: str = "crystal.csv") -> Recording:
        return Recording(Source(file, "0" * 64), "made for a test", curves)

    return make


@pytest.fixture
def crystal() -> Callable[..., NDArray[np.float64]]:
    """R(T) of `LAW` in ohm, exact; keywords replace its parameters."""
    return lambda temperature, **changed: np.asarray(full_resistance(temperature, **{**LAW, **changed}))


@pytest.fixture
def sharp() -> Callable[..., NDArray[np.float64]]:
    """The same for `SHARP`."""
    return lambda temperature, **changed: np.asarray(full_resistance(temperature, **{**SHARP, **changed}))


@pytest.fixture
def shared() -> Path:
    """The folder of published numbers and real instrument files; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of published numbers and real instrument files is not there")
    return SHARED
