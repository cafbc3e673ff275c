"""Simulated powder patterns for the tests, by textbook formulas and without any function of the program."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

WAVELENGTH = 0.6199
CELLS = {"CeH9": (3.674, 5.427), "CeH4": (2.838, 5.801)}
ENDS = (5.0, 25.0)
TABLE = Path(__file__).parents[1] / "reference" / "hydride_reflections.csv"


def angles(phase: str, cell: tuple[float, float]) -> FloatArray:
    """2 theta (degrees) of the lines of CeH9 or CeH4 up to 30 degrees, by the formulas of their lattices."""
    with TABLE.open() as file:
        rows = [row for row in csv.DictReader(file) if row["phase"] == phase and row["heavy"] == "1"]
    h, k, m = (np.array([float(row[name]) for row in rows]) for name in ("h", "k", "l"))
    a, c = cell
    across = 4.0 / 3.0 * (h * h + h * k + k * k) if phase == "CeH9" else h * h + k * k
    return 2.0 * np.degrees(np.arcsin(0.5 * WAVELENGTH * np.sqrt(across / a**2 + m * m / c**2)))


def profile(x: FloatArray, centre: float, fwhm: float, mixing: float) -> FloatArray:
    """A pseudo-Voigt line of unit area."""
    sigma, gamma = fwhm / np.sqrt(8.0 * np.log(2.0)), 0.5 * fwhm
    gauss = np.exp(-0.5 * ((x - centre) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    lorentz = gamma / np.pi / ((x - centre) ** 2 + gamma**2)
    return mixing * lorentz + (1.0 - mixing) * gauss


def pattern(
    rng: np.random.Generator,
    *,
    cells: dict[str, tuple[float, float]] = CELLS,
    height: float = 2000.0,
    step: float = 0.01,
    zero: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Counts of the phases in `cells` with random intensities on a curved background: 2 theta and counts."""
    x = np.arange(ENDS[0], ENDS[1], step)
    y = 300.0 + 800.0 * np.exp(-x / 12.0) + 100.0 * np.sin(x / 4.0)
    for phase, cell in cells.items():
        for centre in angles(phase, cell):
            fwhm = float(np.sqrt(0.06**2 + 0.01 * np.tan(np.radians(0.5 * centre)) ** 2))
            y = y + height * fwhm * rng.exponential() * profile(x, centre + zero, fwhm, 0.4)
    return x, rng.poisson(y).astype(float)
