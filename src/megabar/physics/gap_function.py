"""Spectra of a superconductor whose gap function or density of states is given as an array, as from Eliashberg theory.

A gap function Delta(E), complex, stands in the equations of `btk` and `dynes` where the constant gap does, with
eps = E + i Gamma and roots of positive real part: gamma = Delta/(eps + sqrt(eps^2 - Delta^2)), N = Re[eps/sqrt(eps^2 -
Delta^2)]. A density of states N(E) alone is enough for tunnelling; its broadening is a Lorentzian of half-width Gamma,
which for a constant gap is Dynes' density. Both scale: for another gap Delta -> s Delta(E/s), N -> N(E/s).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, non_negative_number
from megabar.physics.btk import andreev, broadening_of, evaluated, transparency_of

ComplexArray = NDArray[np.complex128]

_FEWEST: Final = 8
_LOST: Final = 0.05
"""Share of the gap that the sum rule of a density may miss."""
_BLOCK: Final = 2_000_000
"""Numbers that are held at once."""


@dataclass(frozen=True)
class GapFunction:
    """Delta(E) on ascending energies from 0 on, linear between them and constant beyond; hashable.

    energy, real, imaginary: meV, one tuple each, eight points at least. DomainError for anything else, and where no
    energy has Re Delta(E) = E, so that there is no gap.
    """

    energy: tuple[float, ...]
    real: tuple[float, ...]
    imaginary: tuple[float, ...]

    def __post_init__(self) -> None:
        _check(self.energy, self.real, self.imaginary)
        if not self.edge > 0.0:
            raise DomainError("gap function: Re Delta(E) = E nowhere, no gap edge")

    @classmethod
    def of(cls, energy: ArrayLike, gap: ArrayLike) -> GapFunction:
        """From arrays (n,): energies and complex gaps, meV."""
        delta = np.asarray(gap, dtype=np.complex128).ravel()
        return cls(_tuple(energy), _tuple(delta.real), _tuple(delta.imag))

    @cached_property
    def edge(self) -> float:
        """The lowest energy with Re Delta(E) = E, meV; 0 where there is none."""
        return _edge(np.array(self.energy), np.array(self.real))

    def at(self, energy: FloatArray, gap: float) -> ComplexArray:
        """Delta(E), scaled to the edge `gap` (meV), at energies (meV, any shape)."""
        s = gap / self.edge
        e = np.array(self.energy)
        real, imaginary = (np.interp(energy / s, e, part) for part in (self.real, self.imaginary))
        return np.asarray(s * (real + 1j * imaginary))

    def density(self, energy: FloatArray, gap: float, broadening: float) -> FloatArray:
        """N(E)/N(0) at energies >= 0 (meV)."""
        eps = energy + 1j * broadening
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.abs((eps / np.sqrt(eps**2 - self.at(energy, gap) ** 2)).real)
        return np.asarray(np.where(np.isnan(found), np.inf, found))


@dataclass(frozen=True)
class StateDensity:
    """N(E)/N(0) on ascending energies from 0 on, linear between them and 1 beyond; even in E; hashable.

    energy: meV; values: dimensionless, >= 0; eight points at least. Its gap is the energy of the largest value. States
    are moved and not lost, int (N - 1) dE = 0; steps that are coarse at the edge lose some of the peak's. Where that is
    more than a twentieth of the gap the array is refused: finer steps do, or a gap function, which needs none.
    """

    energy: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        _check(self.energy, self.values)
        if min(self.values) < 0.0 or not self.edge > 0.0:
            raise DomainError("density of states: values must not be negative, and largest above zero energy")
        lost = float(np.trapezoid(np.array(self.values) - 1.0, np.array(self.energy)) - self.energy[0])
        if abs(lost) > _LOST * self.edge:
            raise DomainError(
                f"density of states: int (N - 1) dE = {lost:.2g} meV of a gap of {self.edge:.3g} meV, 0 is right: take "
                "finer steps at the edge, farther energies, or rows of a gap function"
            )

    @classmethod
    def of(cls, energy: ArrayLike, values: ArrayLike) -> StateDensity:
        """From arrays (n,): energies (meV) and densities over the normal one."""
        return cls(_tuple(energy), _tuple(values))

    @cached_property
    def edge(self) -> float:
        """The energy of the largest value, meV."""
        return self.energy[int(np.argmax(self.values))]

    def density(self, energy: FloatArray, gap: float, broadening: float) -> FloatArray:
        """N(E)/N(0) at energies >= 0 (meV), with the largest value moved to `gap` and broadened."""
        s = gap / self.edge
        e, excess = np.array(self.energy), np.array(self.values) - 1.0
        flat = np.ravel(energy) / s
        if broadening == 0.0:
            return np.asarray(1.0 + np.interp(flat, e, excess, right=0.0)).reshape(np.shape(energy))
        x = np.concatenate([-e[:0:-1], e])
        y = np.concatenate([excess[:0:-1], excess])
        out = np.empty(flat.size)
        for rows in np.array_split(np.arange(flat.size), max(1, flat.size * x.size // _BLOCK)):
            out[rows] = 1.0 + _lorentzian(x - flat[rows, None], y, broadening / s)
        return out.reshape(np.shape(energy))


def conductance(
    bias: ArrayLike, *, function: GapFunction, gap: float, broadening: float, barrier: float, temperature: float
) -> FloatArray | float:
    """`btk.conductance` with the gap function scaled to the edge `gap` (meV, > 0); its own edge leaves it as it is.

    As accurate as the linear interpolation of the array. Otherwise as there.
    """
    delta = _gap(gap)
    gamma, transparency = broadening_of(broadening), transparency_of(barrier)

    def spectrum(energy: FloatArray) -> FloatArray:
        return andreev(energy, function.at(energy, delta), gamma, transparency)

    return evaluated(spectrum, bias, temperature=temperature, edges=(delta,), width=0.0)


def tunnelling(
    bias: ArrayLike, *, function: GapFunction | StateDensity, gap: float, broadening: float, temperature: float
) -> FloatArray | float:
    """`dynes.conductance` with a gap function or a density of states, scaled to `gap` (meV, > 0)."""
    delta, gamma = _gap(gap), broadening_of(broadening)
    return evaluated(
        lambda energy: function.density(energy, delta, gamma),
        bias,
        temperature=temperature,
        edges=(delta,),
        width=0.0,
    )


def _gap(value: float) -> float:
    gap = non_negative_number("gap", value, "meV")
    if gap == 0.0:
        raise DomainError("gap must be positive (meV), found 0: a gap function has no normal state")
    return gap


def _lorentzian(x: FloatArray, y: FloatArray, width: float) -> FloatArray:
    """int y(x) (width/pi)/(x^2 + width^2) dx for y linear between its points, x (m, n) from the centre: exact."""
    slope = np.diff(y) / np.diff(x, axis=1)
    at_centre = y[:-1] - slope * x[:, :-1]
    angles = np.diff(np.arctan(x / width), axis=1)
    logarithms = np.diff(np.log(x**2 + width**2), axis=1)
    return np.asarray((at_centre * angles + 0.5 * width * slope * logarithms).sum(axis=1) / np.pi)


def _edge(energy: FloatArray, real: FloatArray) -> float:
    excess = energy - real
    above = np.flatnonzero((excess[:-1] < 0.0) & (excess[1:] >= 0.0))
    if above.size == 0:
        return 0.0
    i = int(above[0])
    return float(energy[i] - excess[i] * (energy[i + 1] - energy[i]) / (excess[i + 1] - excess[i]))


def _check(energy: tuple[float, ...], *columns: tuple[float, ...]) -> None:
    e = np.array(energy)
    if any(len(column) != e.size for column in columns) or e.size < _FEWEST:
        raise DomainError(f"array of a spectrum: {e.size} energies need as many values, {_FEWEST} at least")
    if not (np.all(np.isfinite(e)) and all(np.all(np.isfinite(column)) for column in columns)):
        raise DomainError("array of a spectrum: some numbers are NaN or infinite")
    if e[0] < 0.0 or np.any(np.diff(e) <= 0.0):
        raise DomainError("array of a spectrum: energies must ascend from zero or above")


def _tuple(values: ArrayLike) -> tuple[float, ...]:
    return tuple(float(x) for x in np.asarray(values, dtype=np.float64).ravel())
