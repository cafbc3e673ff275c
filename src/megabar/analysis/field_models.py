"""Models of Hc2(T) to fit: each in its own parameters, with the field at zero temperature that follows from them.

The critical temperature is free in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from megabar.fitting.model import Model, Parameter
from megabar.physics import critical_field as physics

FloatArray = NDArray[np.float64]

Name = Literal["quadratic", "two-fluid", "dirty", "clean", "maki", "full"]

NAMES: Final[Mapping[Name, str]] = {
    "quadratic": "Ginzburg-Landau, 1 - t^2",
    "two-fluid": "(1 - t^2)/(1 + t^2)",
    "dirty": "WHH, orbital, dirty limit",
    "clean": "Helfand-Werthamer, orbital, clean limit",
    "maki": "WHH with paramagnetism",
    "full": "WHH with paramagnetism and spin-orbit scattering",
}
"""What each model is, in words."""

LARGEST_MAKI: Final = 20.0
LARGEST_SPIN_ORBIT: Final = 100.0
"""Of fits: beyond, the curves no longer change."""


@dataclass(frozen=True)
class FieldModel:
    """A model and what its parameters say of zero temperature.

    zero(values) -> Hc2(0) in T.
    """

    name: Name
    model: Model
    zero: Callable[[Mapping[str, float]], float]


def field_model(name: Name) -> FieldModel:
    """The model of this name; parameters critical_temperature (K), slope (T/K), maki and spin_orbit (1).

    All are written in the slope at Tc, in which the data determine them. Above Tc the
    curves go on as straight lines below zero, so that a Tc measured at zero field enters on either side.
    """
    curve = _Curve(name)
    made = Model(NAMES[name], curve.function, curve.guess, curve.derivative, _FORMULAS[name])
    return FieldModel(name, made, curve.zero)


@dataclass(frozen=True)
class _Curve:
    """What a `Model` wants, as methods, so that a fit can be sent to another process."""

    name: Name

    def function(self, x: FloatArray, **values: float) -> FloatArray:
        return _evaluated(self.name, x.tobytes(), tuple(values.items()))[0]

    def derivative(self, x: FloatArray, **values: float) -> Mapping[str, FloatArray]:
        return _evaluated(self.name, x.tobytes(), tuple(values.items()))[1]

    def guess(self, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        return _guess(self.name, x, y)

    def zero(self, values: Mapping[str, float]) -> float:
        return float(self.function(np.zeros(1), **values)[0])


@lru_cache(maxsize=4)
def _evaluated(
    name: Name, temperatures: bytes, values: tuple[tuple[str, float], ...]
) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    """Curve and derivatives; a search asks for both at the same point, one after the other."""
    x, parameters = np.frombuffer(temperatures), dict(values)
    tc, slope = parameters["critical_temperature"], parameters["slope"]
    field, slopes = _below(name, np.minimum(x, tc), parameters)
    above = x >= tc
    line = {"critical_temperature": np.full(x.size, slope), "slope": tc - x}
    zero = np.zeros(x.size)
    return (
        np.where(above, slope * (tc - x), field),
        {key: np.where(above, line.get(key, zero), column) for key, column in slopes.items()},
    )


def _below(name: Name, x: FloatArray, parameters: Mapping[str, float]) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    if name not in _SHAPES:
        field, slopes = physics.whh_gradient(x, **{"maki": 0.0, "spin_orbit": 0.0, **parameters})
        return field, {key: column for key, column in slopes.items() if key in parameters}
    tc, slope = parameters["critical_temperature"], parameters["slope"]
    t = x / tc
    shape, by_t = _SHAPES[name](t)
    return tc * slope * shape, {"critical_temperature": slope * (shape - t * by_t), "slope": tc * shape}


def _quadratic(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    return 0.5 * (1.0 - t**2), -t


def _two_fluid(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    return (1.0 - t**2) / (1.0 + t**2), -4.0 * t / (1.0 + t**2) ** 2


def _clean(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """From a table of the clean limit, whose spline follows it to 1e-8."""
    spline = _clean_table()
    return np.asarray(spline(t)), np.asarray(spline(t, 1))


@lru_cache(maxsize=1)
def _clean_table() -> CubicSpline:
    t = 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, 81)))
    h = np.asarray(physics.clean_limit(t, critical_temperature=1.0, slope=1.0))
    return CubicSpline(t, h, bc_type=((1, np.array(0.0)), (1, np.array(-1.0))))


_SHAPES: Final[Mapping[Name, Callable[[FloatArray], tuple[FloatArray, FloatArray]]]] = {
    "quadratic": _quadratic,
    "two-fluid": _two_fluid,
    "clean": _clean,
}
_FORMULAS: Final[Mapping[Name, str]] = {
    "quadratic": "Hc2 = (Tc S/2) (1 - t^2)",
    "two-fluid": "Hc2 = Tc S (1 - t^2)/(1 + t^2)",
    "dirty": "ln t = psi(1/2) - psi(1/2 + h/2t), h = (4/pi^2) Hc2/(Tc S)",
    "clean": "ln(1/t) = int du [1 - int dm exp(-x u^2 (1 - m^2))]/sinh u, x = (3/7 zeta(3)) Hc2/(Tc S t^2)",
    "maki": "WHH eq. 28 without spin-orbit scattering",
    "full": "WHH eq. 28",
}


def _guess(name: Name, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
    """Tc and slope from a straight line through the warmer half; alpha and lambda from the middle of what is usual."""
    order = np.argsort(x)
    warm = order[x.size // 2 :] if x.size > 3 else order
    slope = float(np.polyfit(x[warm], y[warm], 1)[0]) if np.ptp(x[warm]) > 0.0 else 0.0
    steep = max(-slope, 1e-6 * float(np.max(np.abs(y))) / float(x.max()))
    tc = float(np.clip(x[warm].mean() + y[warm].mean() / steep, 0.9 * x.max(), 3.0 * x.max()))
    parameters = [
        Parameter("critical_temperature", tc, 0.5 * float(x.max()), 20.0 * float(x.max()), "K"),
        Parameter("slope", 1.1 * steep, 1e-4 * steep, np.inf, "T/K"),
    ]
    if name in ("maki", "full"):
        parameters.append(Parameter("maki", 0.7, 0.0, LARGEST_MAKI, "1"))
    if name == "full":
        parameters.append(Parameter("spin_orbit", 0.3, 0.0, LARGEST_SPIN_ORBIT, "1"))
    return tuple(parameters)
