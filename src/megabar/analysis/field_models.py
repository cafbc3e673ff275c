"""Models of Hc2(T) to fit: each in its own parameters, with the field at zero temperature that follows from them.

Errors are those of the fields. The critical temperature is free in all of them, so a point at zero field belongs to the
data only through `tc` in the settings of the field analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.fitting.least_squares import Fit
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

    zero(values) -> Hc2(0) in T; share: Hc2(0)/(Tc slope) where that is a number of the model, else None.
    """

    name: Name
    model: Model
    zero: Callable[[Mapping[str, float]], float]
    share: float | None


def field_model(name: Name) -> FieldModel:
    """The model of this name; parameters critical_temperature (K), slope (T/K), maki and spin_orbit (1).

    All are written in the slope at Tc, in which the data determine them: field_zero = share x Tc x slope.
    """
    share = _SHARES.get(name)
    functions = _FUNCTIONS[name]
    made = Model(NAMES[name], functions[0], partial(_guess, name), functions[1], _FORMULAS[name])
    return FieldModel(name, made, partial(_zero, name), share)


def zero_field(found: Fit, name: Name) -> float:
    """Hc2(0) of a fit, T."""
    return _zero(name, found.values)


def _zero(name: Name, values: Mapping[str, float]) -> float:
    share = _SHARES.get(name)
    if share is not None:
        return share * values["critical_temperature"] * values["slope"]
    return float(_whh_curve(np.zeros(1), **values)[0])


def _whh_curve(x: FloatArray, **values: float) -> FloatArray:
    return _whh(x.tobytes(), tuple(values.items()))[0]


def _whh_derivative(x: FloatArray, **values: float) -> Mapping[str, FloatArray]:
    return _whh(x.tobytes(), tuple(values.items()))[1]


@lru_cache(maxsize=4)
def _whh(temperatures: bytes, values: tuple[tuple[str, float], ...]) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    """A search asks for the curve and then for its derivatives at the same point: they are found together and kept."""
    parameters = {"maki": 0.0, "spin_orbit": 0.0, **dict(values)}
    return physics.whh_gradient(np.frombuffer(temperatures), **parameters)


def _ginzburg_landau(x: FloatArray, *, critical_temperature: float, slope: float, form: physics.Form) -> FloatArray:
    zero = _SHARES["quadratic" if form == "quadratic" else "two-fluid"] * critical_temperature * slope
    return np.asarray(physics.ginzburg_landau(x, critical_temperature=critical_temperature, field_zero=zero, form=form))


def _clean(x: FloatArray, *, critical_temperature: float, slope: float) -> FloatArray:
    return np.asarray(physics.clean_limit(x, critical_temperature=critical_temperature, slope=slope))


_SHARES: Final[Mapping[Name, float]] = {
    "quadratic": 0.5,
    "two-fluid": 1.0,
    "dirty": physics.ORBITAL_DIRTY,
    "clean": 0.72725919,
}
_FUNCTIONS: Final[Mapping[Name, tuple[Callable[..., FloatArray], Callable[..., Mapping[str, FloatArray]] | None]]] = {
    "quadratic": (partial(_ginzburg_landau, form="quadratic"), None),
    "two-fluid": (partial(_ginzburg_landau, form="two-fluid"), None),
    "dirty": (_whh_curve, _whh_derivative),
    "clean": (_clean, None),
    "maki": (_whh_curve, _whh_derivative),
    "full": (_whh_curve, _whh_derivative),
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
    tc = float(np.clip(x[warm].mean() + y[warm].mean() / steep, 1.0001 * x.max(), 3.0 * x.max()))
    parameters = [
        Parameter("critical_temperature", tc, 0.5 * float(x.max()), 20.0 * float(x.max()), "K"),
        Parameter("slope", 1.1 * steep, 1e-4 * steep, np.inf, "T/K"),
    ]
    if name in ("maki", "full"):
        parameters.append(Parameter("maki", 0.7, 0.0, LARGEST_MAKI, "1"))
    if name == "full":
        parameters.append(Parameter("spin_orbit", 1.0, 0.0, LARGEST_SPIN_ORBIT, "1"))
    return tuple(parameters)
