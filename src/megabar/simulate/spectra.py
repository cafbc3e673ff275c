"""Simulated point contacts: a junction in series with a Maxwell resistance that a critical current switches on.

    V(I) = V_J(I) + I R_M(I),     I = int_0^{V_J} G_J(v) dv,
    dV/dI = 1/G_J(V_J(I)) + d(I R_M)/dI,     dI/dV at V(I) is its inverse.

Below the critical current I_c the part of the superconductor near the contact has no resistance, above it has R_M0:

    R_M(I) = R_M0 [1 - h(I)],   h(I) = s((I + I_c)/w) - s((I - I_c)/w),   s(x) = 1/(1 + exp(-x)),

for I_c >> w a smooth step of (|I| - I_c)/w; smooth at I = 0, and constant, R_M0, for I_c = 0. The step gives dI/dV a
dip, since d(I R_M)/dI holds I R_M' of the size I_c R_M0/(4 w), and the resistance beyond it stretches the axis of the
bias. A ballistic contact has no R_M, a thermal one a junction of constant conductance, whose enhancement at zero bias
is the missing R_M alone, an intermediate one both. Heating of the contact by its own current is not in this model.

Voltages in mV, currents in A, resistances in ohm, conductances in S.
Why critical currents make such dips: G. Sheet, S. Mukhopadhyay and P. Raychaudhuri, Phys. Rev. B 69, 134507 (2004).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline, PPoly
from scipy.special import expit

from megabar.errors import ConvergenceError, DomainError

FloatArray = NDArray[np.float64]

_MILLI: Final = 1e-3
_TOLERANCE: Final = 1e-8
"""Of the largest conductance: how closely the spline must meet it half way between its knots."""
_FIRST_INTERVALS: Final = 256
_DOUBLINGS: Final = 8
_ROUNDS: Final = 100
_CLOSE: Final = 1e-13
_PHASES: Final = 64
"""Nodes over half a period of the modulation; the sum is exact for polynomials of I of degree 126."""


@dataclass(frozen=True)
class Maxwell:
    """The series resistance of the module docstring: R_M0 in ohm, I_c and w in A.

    DomainError unless resistance >= 0, critical_current >= 0 and width > 0, all finite.
    """

    resistance: float
    critical_current: float
    width: float

    def __post_init__(self) -> None:
        good = 0.0 <= self.resistance < np.inf and 0.0 <= self.critical_current < np.inf and 0.0 < self.width < np.inf
        if not good:
            raise DomainError(
                "Maxwell resistance: needs resistance >= 0 (ohm), critical current >= 0 and width > 0 (A), found "
                f"{self.resistance}, {self.critical_current}, {self.width}"
            )

    def series(self, current: ArrayLike) -> FloatArray:
        """R_M(I) in ohm; current: A, any shape."""
        plus, minus = self._sides(current)
        return np.asarray(self.resistance * (1.0 - (expit(plus) - expit(minus))))

    def differential(self, current: ArrayLike) -> FloatArray:
        """d(I R_M)/dI in ohm, at least R_M; current: A, any shape."""
        plus, minus = self._sides(current)
        # s' = s(x) s(-x); with I/w = (plus + minus)/2.
        turning = 0.5 * (plus + minus) * (expit(plus) * expit(-plus) - expit(minus) * expit(-minus))
        return np.asarray(self.series(current) - self.resistance * turning)

    def _sides(self, current: ArrayLike) -> tuple[FloatArray, FloatArray]:
        i = np.asarray(current, dtype=np.float64)
        return (i + self.critical_current) / self.width, (i - self.critical_current) / self.width


@dataclass(frozen=True)
class Junction:
    """G_J(V) and its integral within +-reach (mV) as one spline; made by `junction`."""

    spline: CubicSpline
    integral: PPoly
    reach: float

    def conductance(self, voltage: ArrayLike) -> FloatArray:
        """G_J in S; voltage: mV, any shape. DomainError beyond the reach."""
        return np.asarray(self.spline(self._within(voltage)))

    def current(self, voltage: ArrayLike) -> FloatArray:
        """I = int_0^V G_J dv in A; voltage: mV, any shape. DomainError beyond the reach."""
        v = self._within(voltage)
        return np.asarray(_MILLI * (self.integral(v) - float(self.integral(0.0))))

    def voltage(self, current: ArrayLike) -> FloatArray:
        """V_J in mV; current: A, any shape. DomainError beyond the current at the reach."""
        return _rising_root(
            lambda v: (self.current(v), _MILLI * self.conductance(v)),
            np.asarray(current, dtype=np.float64),
            ends=(-self.reach, self.reach),
            unit="A",
        )

    def _within(self, voltage: ArrayLike) -> FloatArray:
        v = np.asarray(voltage, dtype=np.float64)
        if not np.all(np.abs(v) <= self.reach):
            raise DomainError(f"the junction is tabulated within +-{self.reach:g} mV only")
        return v


def junction(conductance: Callable[[FloatArray], ArrayLike], *, reach: float) -> Junction:
    """The junction whose conductance (S) at a bias (mV, (n,)) the function gives, tabulated within +-reach (mV).

    The spline is refined until half way between its knots it differs from the function by less than 1e-8 of the
    largest conductance; its integral is then exact to that part as well. DomainError unless reach is positive and
    finite and the conductance positive; ConvergenceError for a function with edges that no spline meets.
    """
    if not 0.0 < reach < np.inf:
        raise DomainError(f"reach must be positive and finite (mV), found {reach}")
    intervals = _FIRST_INTERVALS
    knots = np.linspace(-reach, reach, intervals + 1)
    values = _positive(conductance(knots))
    for _ in range(_DOUBLINGS):
        spline = CubicSpline(knots, values)
        middle = 0.5 * (knots[1:] + knots[:-1])
        between = _positive(conductance(middle))
        if np.max(np.abs(spline(middle) - between)) <= _TOLERANCE * float(np.max(between)):
            return Junction(spline, spline.antiderivative(), reach)
        # The finer grid holds the old knots and the values already known between them.
        knots, values = (_interleaved(*pair) for pair in ((knots, middle), (values, between)))
    raise ConvergenceError(
        f"no spline of {knots.size} knots within +-{reach:g} mV meets the conductance: give it some broadening",
        best=Junction(spline, spline.antiderivative(), reach),
    )


@dataclass(frozen=True)
class Contact:
    """A junction in series with a Maxwell resistance (module docstring), or without one."""

    junction: Junction
    maxwell: Maxwell | None = None

    def voltage(self, current: ArrayLike) -> FloatArray:
        """V(I) in mV; current: A, any shape. DomainError where the junction's reach is left."""
        i = np.asarray(current, dtype=np.float64)
        own = self.junction.voltage(i)
        return own if self.maxwell is None else own + i * self.maxwell.series(i) / _MILLI

    def differential_resistance(self, current: ArrayLike) -> FloatArray:
        """dV/dI at the current (A, any shape), in ohm."""
        own = 1.0 / self.junction.conductance(self.junction.voltage(current))
        return own if self.maxwell is None else own + self.maxwell.differential(current)

    def current(self, voltage: ArrayLike) -> FloatArray:
        """I(V) in A; voltage: mV, any shape. DomainError where the junction's reach is left."""
        least, most = self.junction.current([-self.junction.reach, self.junction.reach])
        return _rising_root(
            lambda i: (self.voltage(i), self.differential_resistance(i) / _MILLI),
            np.asarray(voltage, dtype=np.float64),
            ends=(float(least), float(most)),
            unit="mV",
        )

    def conductance(self, voltage: ArrayLike) -> FloatArray:
        """dI/dV at the voltage (mV, any shape), in S."""
        return np.asarray(1.0 / self.differential_resistance(self.current(voltage)))


def lock_in(contact: Contact, current: ArrayLike, *, modulation: float) -> tuple[FloatArray, FloatArray]:
    """What a voltmeter and a lock-in amplifier read at I + sqrt(2) I_mod cos(wt): bias in mV, first harmonic in V.

        bias = <V>,   V_1 = sqrt(2) <V cos(wt)>,   averages over a period, V_1 rms.

    current: A, (n,); modulation I_mod: A, rms, > 0 (DomainError otherwise). Averages by the Gauss-Chebyshev rule.
    """
    if not 0.0 < modulation < np.inf:
        raise DomainError(f"modulation must be positive and finite (A), found {modulation}")
    wave = np.cos((np.arange(_PHASES) + 0.5) * np.pi / _PHASES)
    mean = np.asarray(current, dtype=np.float64)
    voltage = contact.voltage(mean[:, None] + np.sqrt(2.0) * modulation * wave)
    return np.asarray(voltage.mean(axis=1)), np.asarray(_MILLI * np.sqrt(2.0) * (voltage @ wave) / _PHASES)


def _positive(conductance: ArrayLike) -> FloatArray:
    values = np.asarray(conductance, dtype=np.float64)
    if not np.all((values > 0.0) & (values < np.inf)):
        raise DomainError("the conductance of a junction must be positive and finite (S)")
    return values


def _interleaved(knots: FloatArray, middle: FloatArray) -> FloatArray:
    both = np.empty(knots.size + middle.size)
    both[::2], both[1::2] = knots, middle
    return both


def _rising_root(
    function: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    target: FloatArray,
    *,
    ends: tuple[float, float],
    unit: str,
) -> FloatArray:
    """x within `ends` with f(x) = target, shape of `target`; `function` gives f, which rises, and its slope.

    Newton's method, with a bisection wherever it would leave the bracket or its step has not halved.
    DomainError for targets beyond f at the ends.
    """
    wanted = target.ravel()
    low, high = np.full(wanted.size, ends[0]), np.full(wanted.size, ends[1])
    bounds = [float(function(np.array([end]))[0][0]) for end in ends]
    known = (wanted >= bounds[0]) & (wanted <= bounds[1])
    if not np.all(known):
        raise DomainError(
            f"the contact is tabulated from {bounds[0]:.6g} to {bounds[1]:.6g} {unit}, found {wanted[~known][0]:g}"
        )
    x = np.clip(low + (high - low) * (wanted - bounds[0]) / (bounds[1] - bounds[0]), *ends)
    step, close = high - low, _CLOSE * (ends[1] - ends[0])
    for _ in range(_ROUNDS):
        value, slope = function(x)
        below = value < wanted
        low, high = np.where(below, x, low), np.where(below, high, x)
        newton = (wanted - value) / slope
        arrived = np.abs(newton) <= close
        if np.all(arrived):
            return np.asarray(x.reshape(target.shape))
        inside = (x + newton >= low) & (x + newton <= high) & (np.abs(newton) <= 0.5 * np.abs(step))
        step = np.where(arrived, 0.0, np.where(inside, newton, 0.5 * (low + high) - x))
        x = x + step
    raise ConvergenceError(f"no root to {_CLOSE:g} of the range after {_ROUNDS} rounds", best=x.reshape(target.shape))
