"""A density of states about the Fermi level, and the integrals of the full-bandwidth equations over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from megabar.errors import DomainError

FloatArray = NDArray[np.float64]

_BLOCK: Final = 400_000
"""Numbers that are held at once."""


@dataclass(frozen=True, eq=False)
class DensityOfStates:
    """N(E) on ascending energies, linear between them and zero outside; `width` smooths N at the Fermi level.

    energy: meV from the Fermi level, (n,), which lies inside. density: any unit, (n,), >= 0. width: meV, > 0; the value
    that lambda and mu* belong to is the mean of N over +-width, which does not depend on the bins. DomainError for
    numbers that are no density, or none within the width.
    """

    energy: FloatArray
    density: FloatArray
    width: float

    def __init__(self, energy: ArrayLike, density: ArrayLike, *, width: float) -> None:
        e, d = np.array(energy, dtype=np.float64), np.array(density, dtype=np.float64)
        if e.shape != d.shape or e.ndim != 1 or e.size < 3:
            raise DomainError(f"density of states: {d.shape} values for {e.shape} energies, three at least")
        if not (np.all(np.isfinite(e)) and np.all(np.isfinite(d)) and np.all(np.diff(e) > 0.0) and np.all(d >= 0.0)):
            raise DomainError("density of states: energies must ascend, densities be finite and not negative")
        if not (np.isfinite(width) and width > 0.0 and e[0] < -width and width < e[-1]):
            raise DomainError(f"density of states: the width {width} meV must be positive and lie within the energies")
        for name, values in (("energy", e), ("density", d)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        object.__setattr__(self, "width", float(width))
        if not self.at_fermi_level > 0.0:
            raise DomainError("density of states: none at the Fermi level, no metal")

    @cached_property
    def at_fermi_level(self) -> float:
        """Mean of N over +-width, in its own unit."""
        grid = np.union1d(self.energy[np.abs(self.energy) < self.width], [-self.width, self.width])
        return float(np.trapezoid(np.interp(grid, self.energy, self.density), grid)) / (2.0 * self.width)

    def variation(self, reach: float) -> float:
        """(largest - smallest) of N/N(0) within +-reach (meV) of the Fermi level: 0 for a constant density."""
        inside = np.union1d(self.energy[np.abs(self.energy) < reach], [-reach, reach])
        return float(np.ptp(np.interp(inside, self.energy, self.density))) / self.at_fermi_level

    @cached_property
    def _pieces(self) -> tuple[FloatArray, FloatArray]:
        """n = N/N(0) at the left of each piece and its slope, (n - 1,) each."""
        n = self.density / self.at_fermi_level
        return n[:-1], np.diff(n) / np.diff(self.energy)

    def integrals(self, radius: FloatArray, centre: FloatArray) -> tuple[FloatArray, FloatArray]:
        """int n/(r^2 + (e - c)^2) de and int n (e - c)/(r^2 + (e - c)^2) de for r > 0 and c, (m,) each: exact."""
        first, second = np.empty(radius.size), np.empty(radius.size)
        for rows in np.array_split(np.arange(radius.size), max(1, radius.size * self.energy.size // _BLOCK)):
            first[rows], second[rows] = self._block(radius[rows, None], centre[rows, None])
        return first, second

    def _block(self, r: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
        left, slope = self._pieces
        x = self.energy - c
        angle = np.diff(np.arctan2(x, r), axis=1)
        logarithm = 0.5 * np.diff(np.log(r**2 + x**2), axis=1)
        # n = a + b x about the centre.
        a = left - slope * x[:, :-1]
        one = (a * angle / r + slope * logarithm).sum(axis=1)
        two = (a * logarithm + slope * (np.diff(x, axis=1) - r * angle)).sum(axis=1)
        return one, two

    def nodes(self, spacing: float) -> tuple[FloatArray, FloatArray]:
        """Energies (meV) and weights of sums that stand for int n(e) ... de, at most `spacing` (meV) apart.

        Two points of Gauss and Legendre in each piece: exact for cubic functions within it.
        """
        widths = np.diff(self.energy)
        parts = np.ceil(widths / spacing).astype(int)
        ends = np.repeat(self.energy[:-1], parts) + np.repeat(widths / parts, parts) * _counted(parts)
        half = 0.5 * np.repeat(widths / parts, parts)
        e = np.concatenate([ends + half * (1.0 + side / np.sqrt(3.0)) for side in (-1.0, 1.0)])
        n = np.interp(e, self.energy, self.density) / self.at_fermi_level
        return e, np.asarray(np.concatenate([half, half]) * n)

    def filling(self, chemical_potential: float, thermal: float) -> float:
        """int n f((e - mu)/kT) de, meV; thermal kT: meV."""
        grid = np.union1d(self.energy, chemical_potential + thermal * np.linspace(-30.0, 30.0, 601))
        grid = grid[(grid >= self.energy[0]) & (grid <= self.energy[-1])]
        n = np.interp(grid, self.energy, self.density) / self.at_fermi_level
        return float(np.trapezoid(n * expit(-(grid - chemical_potential) / thermal), grid))

    @cached_property
    def filled(self) -> float:
        """int n de below the Fermi level, meV."""
        grid = np.union1d(self.energy[self.energy < 0.0], [0.0])
        return float(np.trapezoid(np.interp(grid, self.energy, self.density), grid)) / self.at_fermi_level


def _counted(parts: NDArray[np.intp]) -> FloatArray:
    """0, 1, .. p - 1 for each number p of parts, one after the other."""
    return np.asarray(np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts), dtype=np.float64)


def constant(half_width: float, *, points: int = 3) -> DensityOfStates:
    """A constant density of states from -half_width to half_width (meV)."""
    energy = np.linspace(-half_width, half_width, points)
    return DensityOfStates(energy, np.ones(points), width=0.5 * half_width)
