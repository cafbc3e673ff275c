"""A diamagnetic step in a signal against temperature: whether there is one, and the background outside its window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

FloatArray = NDArray[np.float64]

FEWEST: Final = 12
"""Points that a background, a step and their scatter need."""
FEW: Final = 4
"""Points below and above the window without which there is no plateau and no normal state."""
SMOOTH: Final = 10.0
"""By so much must the AICc of a step be lower than that of a smooth background with as many parameters."""
TAIL: Final = (2.0, 4.5, 10.0)
"""The window ends where the tail of the fitted step is e^-2 of the error of its height, within 4.5 .. 10 widths."""
CORRELATED: Final = 3.0
_MIDDLES: Final = 60
_WIDTHS: Final = 9


@dataclass(frozen=True)
class Background:
    """What is under the step: a polynomial of `order` in temperature, or a `measured` curve (n,) scaled and shifted."""

    order: int = 1
    measured: FloatArray | None = None

    def columns(self, temperature: FloatArray) -> FloatArray:
        """(n, k) columns to be fitted; of unit size."""
        if self.measured is not None:
            centred = self.measured - self.measured.mean()
            return np.column_stack([np.ones(temperature.size), centred / (float(np.abs(centred).max()) or 1.0)])
        u = 2.0 * (temperature - temperature[0]) / (temperature[-1] - temperature[0]) - 1.0
        return np.column_stack([u**k for k in range(self.order + 1)])

    @property
    def words(self) -> str:
        """The background in words."""
        return (
            "measured background, scaled and shifted"
            if self.measured is not None
            else f"polynomial of order {self.order}"
        )


@dataclass(frozen=True)
class Found:
    """The best step: its middle and width in K, its height on cooling (negative: diamagnetic) and error.

    smooth: AICc of the best smooth curve less that of the step; positive where a step is needed.
    """

    middle: float
    width: float
    height: float
    error: float
    smooth: float

    @property
    def window(self) -> tuple[float, float]:
        """The temperatures between which the step happens."""
        beyond, least, most = TAIL
        ratio = abs(self.height) / self.error if self.error > 0.0 else float("inf")
        reach = self.width * float(np.clip(np.log(max(ratio, 1.0)) + beyond, least, most))
        return self.middle - reach, self.middle + reach


def find_step(
    temperature: FloatArray,
    signal: FloatArray,
    background: Background,
    within: tuple[float, float] | None = None,
) -> Found:
    """The logistic step on top of the background with the least chi-square; temperature (n,) ascending, n >= 12.

    A search over all middles and widths, so that no start value decides. Smooth curves of as many parameters, a
    higher polynomial and paramagnets beside the background, stand against it. within: where its middle lies, K.
    """
    base, _ = np.linalg.qr(background.columns(temperature))
    rest = signal - base @ (base.T @ signal)
    span = float(temperature[-1] - temperature[0])
    low, high = within or (float(temperature[0]), float(temperature[-1]))

    def part(middle: float, width: float) -> FloatArray:
        step = expit((middle - temperature) / width)
        return step - base @ (base.T @ step)

    def gain(point: FloatArray) -> float:
        middle, width = float(point[0]), float(np.exp(point[1]))
        if not (low <= middle <= high and 1e-4 * span < width < 0.3 * span):
            return 0.0
        column = part(middle, width)
        square = float(column @ column)
        return -(float(column @ rest) ** 2) / square if square > 1e-12 else 0.0

    middles = np.quantile(temperature, np.linspace(0.02, 0.98, _MIDDLES))
    middles = middles if within is None else np.linspace(low, high, _MIDDLES)
    spacing = float(np.median(np.diff(temperature))) or span / temperature.size
    widths = np.geomspace(max(0.3 * spacing, 2e-4 * span), 0.12 * span, _WIDTHS)
    starts = [(m, np.log(w)) for m in middles for w in widths]
    best = min(starts, key=lambda p: gain(np.array(p)))
    sizes = np.array([[0.0, 0.0], [0.5 * np.exp(best[1]), 0.0], [0.0, 0.4]])
    options: Any = {"initial_simplex": np.array(best) + sizes, "xatol": 1e-5 * span, "fatol": 0.0, "maxiter": 200}
    answer = minimize(gain, np.array(best), method="Nelder-Mead", options=options).x
    middle, width = float(answer[0]), float(np.exp(answer[1]))
    column = part(middle, width)
    square = float(column @ column)
    height = float(column @ rest) / square if square > 0.0 else 0.0
    left = max(float(rest @ rest) - height**2 * square, 1e-24 * float(signal @ signal))
    freedom = max(temperature.size - base.shape[1] - 3, 1)
    drift = correlation(rest - height * column)
    error = drift * float(np.sqrt(left / freedom / square)) if square > 0.0 else float("inf")
    others = _smooth_squares(temperature, signal, background)
    smooth = temperature.size * float(np.log(max(others, 1e-300) / max(left, 1e-300)))
    return Found(middle, width, height, error, smooth)


def _smooth_squares(temperature: FloatArray, signal: FloatArray, background: Background) -> float:
    """The least sum of squares of smooth curves with as many parameters as background and step have."""
    columns = background.columns(temperature)
    u = 2.0 * (temperature - temperature[0]) / (temperature[-1] - temperature[0]) - 1.0
    order = background.order if background.measured is None else 0
    higher = np.column_stack([columns, *(u**k for k in range(order + 1, order + 4))])
    span = float(temperature[-1] - temperature[0])
    designs = [higher]
    for beyond in (1e-9, 0.02, 0.1, 0.4):
        # Curie and Weiss: 1/(T - theta) and its square, theta at and below the lowest temperature.
        zero = max(float(temperature[0]) - beyond * span, 0.0) if beyond > 1e-6 else 0.0
        away = np.maximum(temperature - zero, 1e-3 * span)
        designs.append(np.column_stack([columns, 1.0 / away, 1.0 / away**2]))
    warmth = np.maximum(temperature, 1e-3 * span)
    for field in (0.5, 1.0, 2.0, 4.0):
        # A paramagnet that saturates.
        bent = np.tanh(field * max(float(temperature[0]), 0.01 * span) / warmth)
        designs.append(np.column_stack([columns, bent, 1.0 / warmth]))
    return min(_left(design / np.abs(design).max(axis=0), signal) for design in designs)


def correlation(residual: FloatArray) -> float:
    """By how much larger the error of a mean is than for independent readings, where neighbours agree significantly.

    sqrt((1 + r)/(1 - r)) with the correlation r of neighbours; 1 where r is within three of its own errors of zero.
    """
    square = float(residual @ residual)
    if residual.size < FEWEST or not square > 0.0:
        return 1.0
    r = float(residual[1:] @ residual[:-1]) / square
    return float(np.sqrt((1.0 + r) / (1.0 - r))) if CORRELATED / np.sqrt(residual.size) < r < 1.0 else 1.0


def _left(design: FloatArray, signal: FloatArray) -> float:
    base, _ = np.linalg.qr(design)
    rest = signal - base @ (base.T @ signal)
    return max(float(rest @ rest), 1e-24 * float(signal @ signal))


@dataclass(frozen=True)
class Flattened:
    """m signals with their backgrounds (m, n) under the step and heights (m,), by least squares outside the window.

    height_error: of the first signal. noise: standard deviation of a point. freedom: of that. drift: factor in the
    error for readings that are not independent.
    complete: whether the signal is flat again below the window; where not, the height is unknown (NaN) and the
    background comes from above alone.
    """

    backgrounds: FloatArray
    heights: FloatArray
    height_error: float
    noise: float
    freedom: int
    drift: float
    complete: bool


def flatten(
    temperature: FloatArray,
    signals: FloatArray,
    background: Background,
    window: tuple[float, float],
    *,
    from_above: bool = False,
) -> Flattened | None:
    """Background and height of each of `signals` (m, n), fitted together outside the window.

    `from_above` fits the background above the window alone, for a signal that is not flat below it.
    None where fewer than `FEW` points beyond the background's need lie above the window: no normal state.
    """
    columns = background.columns(temperature)
    above, below = temperature > window[1], temperature < window[0]
    needed = max(columns.shape[1] + 1, FEW)
    if np.count_nonzero(above) < needed:
        return None
    complete = bool(np.count_nonzero(below) >= FEW) and not from_above
    used = above | below if complete else above
    design = np.column_stack([columns, below]) if complete else columns
    inverse = np.linalg.pinv(design[used])
    fitted = signals[:, used] @ inverse.T
    backgrounds = fitted[:, : columns.shape[1]] @ columns.T
    freedom = max(int(np.count_nonzero(used)) - design.shape[1], 1)
    residual = signals[0, used] - fitted[0] @ design[used].T
    noise = float(np.sqrt(residual @ residual / freedom))
    drift = correlation(residual)
    if complete:
        error = drift * noise * float(np.sqrt(inverse[-1] @ inverse[-1]))
        return Flattened(backgrounds, fitted[:, -1], error, noise, freedom, drift, True)
    return Flattened(backgrounds, np.full(signals.shape[0], np.nan), float("nan"), noise, freedom, drift, False)
