"""The nonlinear Eliashberg equations on the Matsubara axis: sums by fast transforms, Anderson's acceleration.

Written for one band; for several, sums run over the bands j of lambda_ij and mu_ij as well. With
p = Delta/sqrt(omega^2 + Delta^2) and q = omega/sqrt(omega^2 + Delta^2) - 1, both zero far out,

    Z_n (2n + 1) = D_n + sum_m lambda(n - m) q_m,
    Z_n Delta_n/(pi T) = sum_m lambda(n - m) p_m - 2 mu sum_(m >= 0) c_m p_m,

m over all integers, p even and q odd about -1/2, c_m 1 up to the cutoff and 0 beyond, D_n the sums of the normal state
to the end (`_linear.normal_sums`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from megabar.constants import BOLTZMANN_MEV
from megabar.theory._convolution import Convolution
from megabar.theory._linear import Interaction, coulomb_shares, normal_sums

FloatArray = NDArray[np.float64]

TOLERANCE: Final = 1e-11
"""Largest change of Delta in one step over the largest Delta."""
MOST: Final = 400
DEPTH: Final = 8
_SINGULAR: Final = 1e-12
_TINY: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Solution:
    """delta (meV) and renormalisation Z (b, N) at N positive frequencies (meV), the last change and the steps taken."""

    frequency: FloatArray
    delta: FloatArray
    renormalisation: FloatArray
    residual: float
    iterations: int


class Equations:
    """The right-hand sides for one interaction; what does not change from step to step is kept."""

    def __init__(self, found: Interaction) -> None:
        self.found = found
        count = found.count
        self.scale = math.pi * BOLTZMANN_MEV * found.temperature
        self.odd: FloatArray = np.asarray(2.0 * np.arange(count) + 1.0)
        self.frequency: FloatArray = np.asarray(self.scale * self.odd)
        self.normal = normal_sums(found)
        self.convolution = Convolution(found.values, count)
        self.shares = coulomb_shares(found)[: found.inside]
        self.tail = 0.5 * found.second / count**2

    def sums(self, delta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Z_n (2n + 1) and Z_n Delta_n/(pi T), (b, N) each."""
        root = np.hypot(self.frequency, delta)
        p, q = delta / root, -(delta**2) / (root * (root + self.frequency))
        repelled = 2.0 * self.found.mu @ (p[:, : self.found.inside] @ self.shares)
        beyond = self.tail @ delta[:, -1] / self.scale
        renormalised = self.normal + self.convolution.odd(q)
        return renormalised, self.convolution.even(p) + (beyond - repelled)[:, None]

    def step(self, delta: FloatArray) -> FloatArray:
        """Delta that follows from Delta."""
        renormalised, pairing = self.sums(delta)
        return np.asarray(pairing * self.frequency / renormalised)


def iterate(equations: Equations, start: FloatArray, *, most: int = MOST) -> Solution:
    """The fixed point near `start`: Anderson's acceleration, residuals weighed with 1/omega as the sums weigh Delta."""
    weight: FloatArray = np.asarray(np.broadcast_to(1.0 / equations.odd, start.shape).ravel())
    x = np.asarray(start, dtype=np.float64)
    inputs: list[FloatArray] = []
    changes: list[FloatArray] = []
    residual, count = math.inf, 0
    while count < most:
        count += 1
        change = equations.step(x) - x
        residual = float(np.max(np.abs(change)) / np.max(np.abs(x)))
        if residual < TOLERANCE:
            break
        inputs.append(x.ravel())
        changes.append(change.ravel())
        if len(inputs) > DEPTH + 1:
            inputs.pop(0)
            changes.pop(0)
        x = accelerated(inputs, changes, weight).reshape(start.shape)
    renormalised, _ = equations.sums(x)
    return Solution(equations.frequency, x, renormalised / equations.odd, residual, count)


def accelerated(inputs: list[FloatArray], changes: list[FloatArray], weight: FloatArray) -> FloatArray:
    """The combination of the last steps whose change is smallest, one step further."""
    if len(inputs) == 1:
        return inputs[0] + changes[0]
    last = weight * changes[-1]
    differences = np.stack([weight * (changes[i + 1] - changes[i]) for i in range(len(changes) - 1)], axis=1)
    moves = np.stack([inputs[i + 1] - inputs[i] + changes[i + 1] - changes[i] for i in range(len(inputs) - 1)], axis=1)
    gram = differences.T @ differences
    size = np.sqrt(np.diag(gram))
    size[size == 0.0] = 1.0
    share, *_ = np.linalg.lstsq(gram / np.outer(size, size), (differences.T @ last) / size, rcond=_SINGULAR)
    return np.asarray(inputs[-1] + changes[-1] - moves @ (share / size))


def amplitude(equations: Equations, shape: FloatArray, kappa: float) -> float:
    """a for which a shape (b, N) reproduces itself where it is largest at the lowest frequency.

    kappa: its growth when it is small, above 1, known better from the linear problem than from one step.
    """
    top = int(np.argmax(np.abs(shape[:, 0])))

    def growth(size: float) -> float:
        return float(equations.step(size * shape)[top, 0] / shape[top, 0]) / size

    small = growth(_TINY * equations.scale)
    return self_reproducing(lambda size: growth(size) * kappa / small, equations.scale)


def self_reproducing(growth: Callable[[float], float], scale: float) -> float:
    """The size at which a growth, above 1 for small sizes and falling, is 1, to two per cent; scale: that of sizes."""
    low, high = _TINY * scale, scale
    while growth(high) > 1.0:
        low, high = high, 4.0 * high

    def excess(log_size: float) -> float:
        return math.log(growth(math.exp(log_size)))

    return math.exp(brentq(excess, math.log(low), math.log(high), xtol=0.01))
