"""Where a fit of the WHH equation with alpha and lambda begins: the minimum in coordinates without a bent valley.

Strong spin-orbit scattering weakens paramagnetism, so alpha and lambda act through q = alpha^2/(1 + lambda) first and
through lambda alone only then: in alpha and lambda the valley of the chi-square is long and bent, in q and
u = ln(1 + lambda) it is short and straight. The field is even in alpha, so q has a slope at 0 where alpha has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.fitting.model import Model, Parameter
from megabar.fitting.problem import pose
from megabar.fitting.solver import search

FloatArray = NDArray[np.float64]

_SPIN_ORBIT: Final = 0.3
"""lambda that the search begins at."""
_TINY: Final = 1e-6
"""Stands for alpha = 0 in d/dq = (d/d alpha)/(2 alpha), whose limit it gives to twelve digits."""


def straightened(model: Model) -> Model:
    """The WHH model `model` of critical_temperature, slope, maki and spin_orbit in q and u instead of the last two."""

    def function(x: FloatArray, **values: float) -> FloatArray:
        return model.function(x, **usual(values))

    def derivative(x: FloatArray, **values: float) -> Mapping[str, FloatArray]:
        assert model.derivative is not None
        there = usual({**values, "q": max(values["q"], _TINY**2)})
        known = model.derivative(x, **there)
        alpha, total = there["maki"], 1.0 + there["spin_orbit"]
        by_square = known["maki"] / (2.0 * alpha)
        return {
            "critical_temperature": known["critical_temperature"],
            "slope": known["slope"],
            "q": by_square * total,
            "u": (known["spin_orbit"] + by_square * values["q"]) * total,
        }

    return Model(f"{model.name}, straightened", function, model.guess, derivative)


def usual(values: Mapping[str, float]) -> dict[str, float]:
    """alpha and lambda from q and u, beside what else there is."""
    spin_orbit = math.expm1(values["u"])
    rest = {name: value for name, value in values.items() if name not in ("q", "u")}
    return {**rest, "maki": math.sqrt(values["q"] * (1.0 + spin_orbit)), "spin_orbit": spin_orbit}


def start_of_full(model: Model, x: FloatArray, y: FloatArray, weight: FloatArray) -> dict[str, float]:
    """Parameters of the full WHH model at the minimum that one search in q and u finds; weight: (n,), 1/sigma."""
    guessed = model.guess(x, y)
    posed, begin = pose(straightened(model), _begin(guessed), x, y, weight)
    # The region of trust keeps away from bounds until the end; the dogleg creeps along them.
    found, _ = search(posed, begin, method="trf")
    best, limits = usual(posed.values(found)), {p.name: (p.lower, p.upper) for p in guessed}
    # The corner of large q and lambda lies beyond the largest alpha.
    return {name: min(max(value, limits[name][0]), limits[name][1]) for name, value in best.items()}


def _begin(guessed: Sequence[Parameter]) -> tuple[Parameter, ...]:
    known = {parameter.name: parameter for parameter in guessed}
    maki, most = known["maki"], known["spin_orbit"].upper
    return (
        known["critical_temperature"],
        known["slope"],
        Parameter("q", maki.start**2, 0.0, maki.upper**2),
        Parameter("u", math.log1p(_SPIN_ORBIT), 0.0, math.log1p(most)),
    )
