"""The linearised Eliashberg equations at the critical temperature, on few Matsubara frequencies; one band or several.

Written for one band, with D_n = 2n + 1 + lambda_0 + 2 sum_(l=1..n) lambda_l, which is Z_n (2n + 1) in the normal state
summed to the end,

    D_n/(2n + 1) Delta_n = sum_m [lambda(n - m) + lambda(n + m + 1) - 2 mu c_m] Delta_m/(2m + 1),

c_m being 1 up to the cutoff of the Coulomb sum and 0 beyond.

Delta is smooth at high frequencies: it is kept at every frequency up to a few bandwidths and at places that grow like
a power beyond, cubic in ln(2n + 1) between them, while all sums over m are full. What lies beyond the last frequency is
added with constant Delta and the second moment of alpha2F.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eig
from scipy.linalg.lapack import dgetrf, dgetrs
from scipy.sparse import csr_array
from scipy.special import digamma

from megabar.constants import BOLTZMANN_MEV
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

REACH: Final = 40.0
"""Highest frequency of the sums in units of the highest of alpha2F (and beyond the Coulomb cutoff)."""
DENSE: Final = 32
"""Frequencies that are all kept, from the lowest on."""
_GROWTH: Final = 1.1
_LADDER: Final = 1.2
_ROUNDS: Final = 25
_CLOSE: Final = 1e-11


Spectra = Sequence[Sequence[SpectralFunction | None]]
"""alpha2F_ij: an electron of band i scatters into band j; None for no interaction."""


@dataclass(frozen=True, eq=False)
class Interaction:
    """lambda_ij(k) at bosonic Matsubara frequency k of a temperature (K), and how far the sums go.

    values: (b, b, 2 N + 1), k = 0 .. 2 N. count: N, fermionic frequencies. inside: so many of them count in the Coulomb
    sum, the last one by the share `last`, with mu (b, b), the pseudopotentials rescaled to this sum. second: (b, b),
    2/(2 pi T)^2 int alpha2F omega d omega: lambda(k) is second/k^2 for large k.
    """

    temperature: float
    values: FloatArray
    count: int
    inside: int
    last: float
    mu: FloatArray
    second: FloatArray


def interaction(
    spectra: Spectra, temperature: float, *, mu: ArrayLike, cutoff: float, reach: float = REACH
) -> Interaction:
    """lambda(k) up to `reach` times the highest frequency, beyond the cutoff (meV) of the Coulomb sum at least.

    mu (b, b) are the pseudopotentials at `cutoff`. With x = cutoff/(2 pi T) the Coulomb sum S takes floor(x)
    frequencies and the next one by the share x - floor(x), so that nothing jumps when a frequency enters, and mu is
    rescaled to it, mu_S^-1 = mu^-1 - [S - ln(x) + psi(1/2)], S = sum of the shares over m + 1/2.
    """
    step = 2.0 * math.pi * BOLTZMANN_MEV * temperature
    repulsion = np.atleast_2d(np.asarray(mu, dtype=np.float64))
    x = cutoff / step
    whole = math.floor(x)
    highest = max(s.highest for row in spectra for s in row if s is not None)
    count = max(math.ceil(reach * highest / step), 2 * (whole + 1) if repulsion.any() else 1, DENSE)
    # A few different numbers only, so that neighbouring temperatures share their places.
    count = math.ceil(_LADDER ** math.ceil(math.log(count, _LADDER)))
    bands = len(spectra)
    values, second = np.zeros((bands, bands, 2 * count + 1)), np.zeros((bands, bands))
    for i, row in enumerate(spectra):
        for j, one in enumerate(row):
            if one is not None:
                values[i, j] = one.interaction(step * np.arange(2 * count + 1))
                second[i, j] = float(one.weights @ one.frequency**2) / step**2
    excess = float(digamma(whole + 0.5)) + (x - whole) / (whole + 0.5) - math.log(x)
    rescaled = repulsion @ np.linalg.inv(np.eye(bands) - excess * repulsion)
    return Interaction(temperature, values, count, whole + 1, x - whole, rescaled, second)


def coulomb_shares(found: Interaction) -> FloatArray:
    """By how much each frequency counts in the Coulomb sum, (N,)."""
    shares = np.zeros(found.count)
    shares[: found.inside] = 1.0
    shares[found.inside - 1] = found.last
    return shares


def normal_sums(found: Interaction) -> FloatArray:
    """Z_n (2n + 1) of the normal state, (b, N)."""
    total = found.values.sum(axis=1)
    cumulated = np.cumsum(total[:, : found.count], axis=1) - total[:, :1]
    return np.asarray(2.0 * np.arange(found.count) + 1.0 + total[:, :1] + 2.0 * cumulated)


def eigenvalue(found: Interaction, *, dense: int = DENSE) -> tuple[float, IntArray, FloatArray]:
    """Largest kappa of the linear problem (1 at Tc), the places that were kept and Delta there, (b, j), 1 at most.

    dense: frequencies that are all kept.
    """
    matrix, places, diagonal = matrices(found, dense=dense)
    near = _nearest_to_one(matrix, diagonal)
    if near is None:
        near = _largest(matrix, diagonal)
    value, delta = near
    return value, places, delta.reshape(-1, places.size)


def _nearest_to_one(matrix: FloatArray, diagonal: FloatArray) -> tuple[float, FloatArray] | None:
    """By inverse iteration, two or three steps near Tc; None where it does not settle or is not the largest."""
    # LAPACK without scipy's checks, which cost more than the work.
    factors, pivots, _ = dgetrf(np.diag(diagonal) - matrix)
    exchanges = np.count_nonzero(pivots != np.arange(diagonal.size))
    sign = np.prod(np.sign(np.diag(factors))) * (-1.0) ** exchanges
    x = np.ones(diagonal.size)
    value = math.inf
    for _ in range(_ROUNDS):
        y = dgetrs(factors, pivots, diagonal * x)[0]
        top = int(np.argmax(np.abs(y)))
        # The growth of x is 1/(1 - kappa), of either sign.
        new = 1.0 - float(x[top] / y[top])
        x = y / y[top]
        if abs(new - value) <= _CLOSE * max(1.0, abs(new)):
            # The determinant is negative for an odd number of kappa above 1.
            return (new, x) if sign * (1.0 - new) > 0.0 else None
        value = new
    return None


def _largest(matrix: FloatArray, diagonal: FloatArray) -> tuple[float, FloatArray]:
    """From all eigenvalues."""
    values, vectors = eig(matrix / diagonal[:, None], check_finite=False)
    best = int(np.argmax(np.where(np.abs(values.imag) < 1e-9 * np.abs(values), values.real, -np.inf)))
    vector = vectors[:, best].real
    return float(values[best].real), np.asarray(vector / vector[np.argmax(np.abs(vector))])


def matrices(found: Interaction, *, dense: int = DENSE) -> tuple[FloatArray, IntArray, FloatArray]:
    """The matrix on the right (b j, b j), the places (j,) and the diagonal on the left of the linear problem (b j,)."""
    places, carry = interpolation(found.count, dense)
    m = np.arange(found.count)
    near, far, shares = np.abs(places[:, None] - m), places[:, None] + m + 1, coulomb_shares(found)
    bands = range(found.values.shape[0])

    def block(i: int, j: int) -> FloatArray:
        kernel = found.values[i, j][near] + found.values[i, j][far] - 2.0 * found.mu[i, j] * shares
        made = np.asarray((carry.T @ (kernel / (2.0 * m + 1.0)).T).T)
        # sum over m >= N of 2 second/m^2/(2m + 1), for places far below N.
        made[:, -1] += 0.5 * found.second[i, j] / found.count**2
        return made

    matrix = np.block([[block(i, j) for j in bands] for i in bands])
    return matrix, places, (normal_sums(found) / (2.0 * m + 1.0))[:, places].ravel()


def _places(count: int, dense: int) -> IntArray:
    """0 .. dense, then growing by a factor, the last frequency included."""
    if count <= dense + 8:
        return np.arange(count)
    grown = [dense - 1]
    while grown[-1] < count - 1:
        grown.append(min(max(grown[-1] + 1, round(grown[-1] * _GROWTH)), count - 1))
    return np.concatenate([np.arange(dense - 1), np.array(grown)])


@lru_cache(maxsize=8)
def interpolation(count: int, dense: int = DENSE) -> tuple[IntArray, csr_array]:
    """The places (j,), and the matrix (N, j) that carries values there to all N frequencies."""
    places = _places(count, dense)
    m = np.arange(count)
    interval = np.clip(np.searchsorted(places, m, side="right") - 1, 0, places.size - 2)
    first = np.clip(interval - 1, 0, max(places.size - 4, 0))
    columns = first[:, None] + np.arange(min(4, places.size))
    x = np.log(2.0 * places + 1.0)
    weights = _lagrange(np.log(2.0 * m + 1.0), x[columns])
    own = places[interval] == m
    weights[own] = columns[own] == interval[own, None]
    rows = np.repeat(m, columns.shape[1])
    return places, csr_array((weights.ravel(), (rows, columns.ravel())), shape=(count, places.size))


def _lagrange(x: FloatArray, nodes: FloatArray) -> FloatArray:
    """Values at x (n,) of the polynomials that are 1 at one of their nodes (n, 4) and 0 at the others, (n, 4)."""
    out = np.ones(nodes.shape)
    for i in range(nodes.shape[1]):
        for k in range(nodes.shape[1]):
            if k != i:
                out[:, i] *= (x - nodes[:, k]) / (nodes[:, i] - nodes[:, k])
    return out
