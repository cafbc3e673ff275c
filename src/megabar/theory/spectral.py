"""The electron-phonon spectral function alpha2F: moments, cumulative coupling, interaction at Matsubara frequencies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError

FloatArray = NDArray[np.float64]

LARGEST_COUPLING: Final = 1e6
"""Above, the frequencies are not in meV or the values are no alpha2F."""
AT_ZERO: Final = 1e-3
"""alpha2F at zero frequency, over its largest value, above which it is no rounding and lambda diverges."""
_FAR: Final = 4.0
"""In highest frequencies: from there on the interaction follows from the moments."""
_MOMENTS: Final = 14
_BLOCK: Final = 2_000_000
"""Numbers that are held at once."""


@dataclass(frozen=True, eq=False)
class SpectralFunction:
    """alpha2F on ascending frequencies, linear between them and zero outside.

    frequency: meV, (n,), >= 0, n >= 3. alpha2f: dimensionless, (n,), >= 0, and 0 (to a thousandth of the largest value)
    at zero frequency, where lambda would diverge. discrete: `alpha2f` are the weights of delta functions instead, meV.
    DomainError for anything else: unsorted, negative or infinite numbers, no weight at all, lambda beyond 1e6.
    """

    frequency: FloatArray
    alpha2f: FloatArray
    discrete: bool = False

    def __init__(self, frequency: ArrayLike, alpha2f: ArrayLike, *, discrete: bool = False) -> None:
        w = _checked("frequency", frequency)
        f = _checked("alpha2F", alpha2f)
        if w.shape != f.shape or w.ndim != 1:
            raise DomainError(f"alpha2F: {f.shape} values for {w.shape} frequencies: one each in one dimension")
        if not discrete and w.size < 3:
            raise DomainError(f"alpha2F: {w.size} points are no spectrum, three are needed")
        if np.any(np.diff(w) <= 0.0):
            raise DomainError("alpha2F: frequencies must ascend without repetition: sort them")
        if not f.max() > 0.0:
            raise DomainError("alpha2F is zero everywhere: lambda = 0, no interaction")
        if w[0] == 0.0 and f[0] > AT_ZERO * f.max():
            raise DomainError(f"alpha2F is {f[0]:.3g} at zero frequency: lambda diverges; leave this point out")
        keep = w > 0.0
        for name, values in (("frequency", w[keep]), ("alpha2f", f[keep])):
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        object.__setattr__(self, "discrete", discrete)
        if not self.coupling < LARGEST_COUPLING:
            raise DomainError(f"lambda = {self.coupling:.3g}: the frequencies are probably not in meV")

    @classmethod
    def einstein(cls, frequency: float, coupling: float) -> SpectralFunction:
        """alpha2F = (lambda omega_E/2) delta(omega - omega_E); frequency: meV, > 0; coupling lambda: > 0."""
        if not (math.isfinite(frequency) and frequency > 0.0 and math.isfinite(coupling) and coupling > 0.0):
            raise DomainError(f"Einstein spectrum: frequency {frequency} meV and coupling {coupling} must be positive")
        return cls([frequency], [0.5 * coupling * frequency], discrete=True)

    @classmethod
    def debye(cls, cutoff: float, coupling: float, *, points: int = 501) -> SpectralFunction:
        """alpha2F = lambda (omega/omega_D)^2 up to omega_D = cutoff (meV, > 0); coupling lambda: > 0."""
        if not (math.isfinite(cutoff) and cutoff > 0.0 and math.isfinite(coupling) and coupling > 0.0):
            raise DomainError(f"Debye spectrum: cutoff {cutoff} meV and coupling {coupling} must be positive")
        x = np.linspace(0.0, 1.0, points)
        return cls(cutoff * x, coupling * x**2)

    @cached_property
    def weights(self) -> FloatArray:
        """Share of each frequency in lambda, (n,): 2 alpha2F d omega/omega."""
        if self.discrete:
            return np.asarray(2.0 * self.alpha2f / self.frequency)
        return np.asarray(2.0 * self.alpha2f / self.frequency * _widths(self.frequency))

    @property
    def highest(self) -> float:
        """The highest frequency with weight, meV."""
        return float(self.frequency[np.flatnonzero(self.alpha2f > 0.0)[-1]])

    @cached_property
    def coupling(self) -> float:
        """lambda = 2 int alpha2F/omega d omega."""
        return float(self.weights.sum())

    @cached_property
    def omega_log(self) -> float:
        """exp[(2/lambda) int alpha2F ln(omega)/omega d omega], meV."""
        return math.exp(float(self.weights @ np.log(self.frequency)) / self.coupling)

    @cached_property
    def omega_2(self) -> float:
        """[(2/lambda) int alpha2F omega d omega]^(1/2), meV."""
        return math.sqrt(float(self.weights @ self.frequency**2) / self.coupling)

    def cumulative_coupling(self) -> FloatArray:
        """lambda(omega) at each frequency, (n,): what lies at and below it (half of its own share)."""
        return np.asarray(np.cumsum(self.weights) - 0.5 * self.weights)

    def interaction(self, energy: ArrayLike) -> FloatArray:
        """lambda(nu) = 2 int alpha2F omega/(omega^2 + nu^2) d omega at bosonic energies nu (meV, (m,), any sign)."""
        nu = np.abs(np.asarray(energy, dtype=np.float64))
        flat, result = nu.ravel(), np.empty(nu.size)
        far = flat > _FAR * float(self.frequency[-1])
        result[far] = self._tail(flat[far])
        near = np.flatnonzero(~far)
        squares = self.frequency**2
        share = self.weights * squares
        for part in np.array_split(near, max(1, math.ceil(near.size * squares.size / _BLOCK))):
            result[part] = (share / (squares + flat[part, None] ** 2)).sum(axis=1)
        return result.reshape(nu.shape)

    def _tail(self, nu: FloatArray) -> FloatArray:
        """sum_j (-1)^j <omega^(2j+2)>/nu^(2j+2), which falls by 16 a term."""
        y = (float(self.frequency[-1]) / nu) ** 2
        total = np.zeros_like(nu)
        for moment in reversed(self._moments):
            total = y * (moment - total)
        return total

    @cached_property
    def _moments(self) -> list[float]:
        """<omega^(2j+2)> in units of the last frequency, j = 0, 1, ..."""
        x = (self.frequency / self.frequency[-1]) ** 2
        return [float(self.weights @ x ** (j + 1)) for j in range(_MOMENTS)]

    def shifted(self, low: float, high: float, factor: float) -> SpectralFunction:
        """The frequencies low <= omega < high (meV) times `factor` (> 0), as anharmonicity moves a band; discrete.

        Matrix elements and masses stay: lambda_i omega_i^2 of each frequency is kept, so lambda_i goes as 1/factor^2.
        DomainError for a factor that is not positive, or a band without weight.
        """
        if not (math.isfinite(factor) and factor > 0.0):
            raise DomainError(f"factor of the frequencies must be positive and finite, found {factor}")
        inside = (self.frequency >= low) & (self.frequency < high)
        if not self.weights[inside].sum() > 0.0:
            raise DomainError(f"no weight from {low:g} to {high:g} meV: nothing to shift")
        scale = np.where(inside, factor, 1.0)
        frequency = self.frequency * scale
        # alpha2F d omega = lambda omega/2.
        area = 0.5 * self.weights * self.frequency / scale
        places, which = np.unique(frequency, return_inverse=True)
        return SpectralFunction(places, np.bincount(which, weights=area), discrete=True)

    def scaled(self, factor: float) -> SpectralFunction:
        """The same with all of alpha2F multiplied by `factor` (> 0)."""
        return SpectralFunction(self.frequency, factor * self.alpha2f, discrete=self.discrete)


def _checked(name: str, values: ArrayLike) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.size == 0:
        raise DomainError(f"{name}: no points")
    if not np.all(np.isfinite(array)):
        raise DomainError(f"{name}: {np.count_nonzero(~np.isfinite(array))} values are NaN or infinite")
    if np.any(array < 0.0):
        raise DomainError(f"{name}: the lowest value is {array.min():.3g}, none may be negative")
    return array


def _widths(frequency: FloatArray) -> FloatArray:
    """Weights of the trapezoidal rule; the spectrum rises from zero before its first point."""
    steps = np.diff(frequency)
    widths = np.zeros(frequency.size)
    widths[:-1] += 0.5 * steps
    widths[1:] += 0.5 * steps
    return widths
