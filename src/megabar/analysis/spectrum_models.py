"""Models of a contact spectrum to fit: the physics times a background that is fitted together with it.

A measured curve is normalised by nature to nothing: dividing it by a polynomial through its wings and comparing with
a theory normalised by the normal-state transmission is wrong by 3 to 6 % at three gaps. So the model is

    G(V) = scale (1 + b_1 x + b_2 x^2 + ...) g(V; gap, broadening, barrier ...),   x = V / max |V|,

with its polynomial free: what the background costs is in the errors of the gap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_background import BackgroundOperator, through_background
from megabar.constants import BOLTZMANN_MEV
from megabar.fitting.model import Model, Parameter
from megabar.physics import btk, dynes, gap_function
from megabar.physics.gap_function import GapFunction, StateDensity

FloatArray = NDArray[np.float64]

Kind = Literal["s", "two gaps", "d", "anisotropic s", "polarised", "distribution", "tunnelling"]

KINDS: Final[Mapping[Kind, str]] = {
    "s": "BTK, one s-wave gap",
    "two gaps": "BTK, two s-wave gaps in parallel",
    "d": "BTK, d-wave gap, averaged over angles",
    "anisotropic s": "BTK, gap (1 + a cos 4 theta), averaged over angles",
    "polarised": "BTK, s-wave gap, spin-polarised current",
    "distribution": "BTK, normal distribution of s-wave gaps",
    "tunnelling": "Dynes density of states",
}
"""What each kind is, in words."""

LARGEST_BARRIER: Final = 10.0
"""Of a fit: the tunnelling limit is reached within a per cent long before."""

_SPREAD: Final = np.linspace(-3.0, 3.0, 25)
"""Gaps of a distribution, in standard deviations."""
_GAPS: Final = np.geomspace(0.05, 0.8, 10)
_RATIOS: Final = (0.15, 0.8)
_BARRIERS: Final = (0.0, 0.4, 0.8, 1.6, 4.0)
_START_POINTS: Final = 60
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Setup:
    """What a model needs beside its parameters: temperature (K), degree of the background, largest |V| (mV).

    given: a gap function or density of states that stands in place of the constant gap of "s" or "tunnelling".
    """

    kind: Kind
    temperature: float
    degree: int
    reach: float
    even: bool = False
    given: GapFunction | StateDensity | None = None

    @property
    def powers(self) -> tuple[int, ...]:
        """Powers of x in the background beside the constant."""
        return tuple(k for k in range(1, self.degree + 1) if not (self.even and k % 2))


@dataclass(frozen=True)
class _Equation:
    """What a `Model` wants of a setup, as methods, so that a fit can be sent to another process."""

    setup: Setup

    @property
    def powers(self) -> dict[str, int]:
        return {f"b_{k}": k for k in self.setup.powers}

    def function(self, x: FloatArray, **values: float) -> FloatArray:
        g, _ = self._shape(x, values)
        return np.asarray(values["scale"] * self._background(x, values) * g)

    def derivative(self, x: FloatArray, **values: float) -> dict[str, FloatArray]:
        """Of the background, which is linear, and of s-wave gaps; other physics is differentiated numerically."""
        g, slopes = self._shape(x, values)
        scale, background = values["scale"], self._background(x, values)
        known = {"scale": background * g}
        known |= {name: scale * background * slope for name, slope in slopes.items()}
        known |= {name: scale * (x / self.setup.reach) ** k * g for name, k in self.powers.items()}
        return known

    def guess(self, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        return _guess(x, y, self.setup)

    def _shape(self, x: FloatArray, values: Mapping[str, float]) -> tuple[FloatArray, Mapping[str, FloatArray]]:
        physical = tuple((k, v) for k, v in values.items() if k != "scale" and not k.startswith("b_"))
        return _with_slopes(x.tobytes(), physical, self.setup)

    def _background(self, x: FloatArray, values: Mapping[str, float]) -> FloatArray:
        total = np.ones(x.size)
        for name, k in self.powers.items():
            total += values[name] * (x / self.setup.reach) ** k
        return total


def spectrum_model(setup: Setup) -> Model:
    """The model of a setup; parameters in meV, dimensionless, rad, and the scale in the unit of the data.

    Names shared by kinds have one meaning, so that nested kinds can be compared.
    """
    equation = _Equation(setup)
    power = "" if not setup.powers else " (1 + " + " + ".join(f"b_{k} x^{k}" for k in setup.powers) + ")"
    return Model(
        name=KINDS[setup.kind] + ("" if setup.given is None else ", given gap function"),
        function=equation.function,
        guess=equation.guess,
        derivative=equation.derivative,
        formula=f"scale{power} g(V)" + (", x = V/" + f"{setup.reach:.4g} mV" if setup.powers else ""),
    )


@lru_cache(maxsize=4)
def _with_slopes(
    biases: bytes, physical: tuple[tuple[str, float], ...], setup: Setup
) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    """g and its derivatives for one and two s-wave gaps; without derivatives for other kinds.

    A search asks for the curve and then for its derivatives at the same point: they are found together and kept.
    """
    x, values = np.frombuffer(biases), dict(physical)
    if (
        setup.given is not None
        or setup.kind not in ("s", "two gaps")
        or not min(values["gap"], values.get("gap_2", 1.0)) > 0.0
    ):
        return shape_of(setup)(x, **values), {}
    same = {"barrier": values["barrier"], "temperature": setup.temperature}
    names = ("gap", "broadening", "barrier")
    g, *slopes = btk.conductance_with_gradient(x, gap=values["gap"], broadening=values["broadening"], **same)
    if setup.kind == "s":
        return g, dict(zip(names, slopes, strict=True))
    weight = values["weight_2"]
    g_2, *slopes_2 = btk.conductance_with_gradient(x, gap=values["gap_2"], broadening=values["broadening_2"], **same)
    known = {name: (1.0 - weight) * slope for name, slope in zip(names, slopes, strict=True)}
    known |= {"gap_2": weight * slopes_2[0], "broadening_2": weight * slopes_2[1], "weight_2": g_2 - g}
    known["barrier"] += weight * slopes_2[2]
    return (1.0 - weight) * g + weight * g_2, known


@dataclass(frozen=True)
class _Divided:
    """The equation of data that were divided by a polynomial through their wings."""

    setup: Setup
    operator: BackgroundOperator

    def function(self, x: FloatArray, **values: float) -> FloatArray:
        return through_background(shape_of(self.setup)(x, **values), self.operator)

    def guess(self, x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        background = {"scale", *(f"b_{k}" for k in self.setup.powers)}
        return tuple(p for p in _guess(x, y, self.setup) if p.name not in background)


def divided_model(setup: Setup, operator: BackgroundOperator) -> Model:
    """The model for data that were divided by a polynomial through their wings: it is divided by its own.

    No scale and no background are left; used to show what that way of normalising does to the gap.
    """
    equation = _Divided(setup, operator)
    name = f"{KINDS[setup.kind]}, divided by its own wings"
    return Model(name, equation.function, equation.guess, formula="g(V) / wings of g(V)")


def shape_of(setup: Setup) -> Callable[..., FloatArray]:
    """g(V; physical parameters) of a kind, normalised to 1 in the normal state."""
    if setup.given is None:
        return partial(_SHAPES[setup.kind], temperature=setup.temperature)
    return partial(_given, setup=setup)


def _given(v: FloatArray, *, setup: Setup, **shape: float) -> FloatArray:
    same = {**shape, "temperature": setup.temperature}
    if isinstance(setup.given, GapFunction) and setup.kind == "s":
        return np.asarray(gap_function.conductance(v, function=setup.given, **same))
    assert setup.given is not None
    return np.asarray(gap_function.tunnelling(v, function=setup.given, **same))


def _one(v: FloatArray, **shape: float) -> FloatArray:
    return np.asarray(btk.conductance(v, **shape))


def _two(v: FloatArray, *, gap_2: float, broadening_2: float, weight_2: float, **shape: float) -> FloatArray:
    second = {**shape, "gap": gap_2, "broadening": broadening_2}
    return (1.0 - weight_2) * _one(v, **shape) + weight_2 * _one(v, **second)


def _turned(v: FloatArray, *, symmetry: btk.Symmetry, angle: float = 0.0, **shape: float) -> FloatArray:
    return np.asarray(btk.conductance_anisotropic(v, symmetry=symmetry, angle=angle, **shape))


def _polarised(v: FloatArray, **shape: float) -> FloatArray:
    return np.asarray(btk.conductance_polarised(v, **shape))


def _spread(v: FloatArray, *, gap: float, gap_width: float, **shape: float) -> FloatArray:
    gaps = np.maximum(gap + gap_width * _SPREAD, 0.0)
    return np.asarray(btk.conductance_distribution(v, gaps=gaps, weights=np.exp(-0.5 * _SPREAD**2), **shape))


def _tunnelling(v: FloatArray, **shape: float) -> FloatArray:
    return np.asarray(dynes.conductance(v, **shape))


_SHAPES: Final[Mapping[Kind, Callable[..., FloatArray]]] = {
    "s": _one,
    "two gaps": _two,
    "d": partial(_turned, symmetry="d"),
    "anisotropic s": partial(_turned, symmetry="anisotropic s"),
    "polarised": _polarised,
    "distribution": _spread,
    "tunnelling": _tunnelling,
}


def starts(x: FloatArray, y: FloatArray, setup: Setup) -> tuple[dict[str, float], ...]:
    """The best points of the grid of start values, one a barrier, best first: misfits have a valley for each."""
    return tuple({"gap": g, "broadening": b, "barrier": z or 0.05} for g, b, z, _ in _from_grid(x, y, setup))


def rough_gain(x: FloatArray, y: FloatArray, setup: Setup) -> float:
    """Chi-square that the best point of the grid of start values gains over the background alone, in units of the
    scatter about it and for all n points; a fit gains somewhat more."""
    best = _from_grid(x, y, setup)[0]
    thin = _thinned(x)
    v, data = x[thin], y[thin]
    curve = btk.conductance(v, gap=best[0], broadening=best[1], barrier=best[2], temperature=setup.temperature)
    basis = np.stack([(v / setup.reach) ** k for k in (0, *setup.powers)], axis=1)
    alone, *_ = np.linalg.lstsq(basis, data, rcond=None)
    least = float(np.sum((np.asarray(curve) * (basis @ best[3]) - data) ** 2))
    flat = float(np.sum((basis @ alone - data) ** 2))
    if not least > 0.0:
        return np.inf
    return float((flat - least) / least * max(v.size - basis.shape[1] - 3, 1) * x.size / v.size)


def _thinned(x: FloatArray) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, x.size - 1, min(_START_POINTS, x.size)).round().astype(np.intp))


def _guess(x: FloatArray, y: FloatArray, setup: Setup) -> tuple[Parameter, ...]:
    """Start values: the best of a grid of gaps, broadenings and barriers, each with its best background."""
    gap, broadening, barrier, coefficients = _from_grid(x, y, setup)[0]
    largest = 2.0 * setup.reach
    parameters = [
        Parameter("gap", gap, 0.0 if setup.given is None else _smallest(setup), largest, "meV"),
        Parameter("broadening", broadening, _smallest(setup), largest, "meV"),
    ]
    if setup.kind != "tunnelling":
        parameters.append(Parameter("barrier", max(barrier, 0.05), 0.0, LARGEST_BARRIER, "1"))
    parameters += {
        "two gaps": [
            Parameter("gap_2", 0.4 * gap, 0.0, largest, "meV"),
            Parameter("broadening_2", broadening, _smallest(setup), largest, "meV"),
            Parameter("weight_2", 0.3, 0.0, 1.0, "1"),
        ],
        "d": [Parameter("angle", 0.0, 0.0, 0.25 * np.pi, "rad", vary=False)],
        "anisotropic s": [
            Parameter("angle", 0.0, 0.0, 0.25 * np.pi, "rad", vary=False),
            Parameter("anisotropy", 0.2, -1.0, 1.0, "1"),
        ],
        "polarised": [Parameter("polarisation", 0.2, 0.0, 1.0, "1")],
        "distribution": [Parameter("gap_width", 0.15 * gap, 0.0, setup.reach, "meV")],
    }.get(setup.kind, [])
    scale = float(coefficients[0])
    parameters.append(Parameter("scale", scale))
    for k, value in zip(setup.powers, coefficients[1:], strict=True):
        parameters.append(Parameter(f"b_{k}", float(value / scale) or 0.0))
    return tuple(parameters)


def _smallest(setup: Setup) -> float:
    """Lower bound of the broadening, meV: zero in effect (below a thousandth of what the eye or a fit can see)."""
    return _TINY * setup.reach


_Point = tuple[float, float, float, FloatArray]


def _from_grid(x: FloatArray, y: FloatArray, setup: Setup) -> tuple[_Point, ...]:
    """Gap, broadening, barrier and coefficients of the background of the best point for each barrier, best first."""
    return _searched(x.tobytes(), y.tobytes(), setup)


@lru_cache(maxsize=8)
def _searched(biases: bytes, values: bytes, setup: Setup) -> tuple[_Point, ...]:
    """Kept for the few times that one spectrum asks for it."""
    x, y = np.frombuffer(biases), np.frombuffer(values)
    thin = _thinned(x)
    v, data = x[thin], y[thin]
    gap, ratio, barrier = (a.ravel() for a in np.meshgrid(_GAPS * setup.reach, _RATIOS, _BARRIERS, indexing="ij"))
    # Not below what temperature hides, nor beyond the range.
    broadening = np.clip(ratio * gap, min(0.5 * BOLTZMANN_MEV * setup.temperature, setup.reach), setup.reach)
    curves = btk.conductance_batch(v, gap=gap, broadening=broadening, barrier=barrier, temperature=setup.temperature)
    basis = np.stack([(v / setup.reach) ** k for k in (0, *setup.powers)], axis=1)
    design = curves[:, :, None] * basis
    normal = np.einsum("mni,mnj->mij", design, design)
    right = np.einsum("mni,n->mi", design, data)
    ridge = 1e-12 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(basis.shape[1])
    solved = np.linalg.solve(normal + ridge, right[..., None])[..., 0]
    misfit = np.sum((np.einsum("mni,mi->mn", design, solved) - data) ** 2, axis=1)
    best = [int(rows[np.argmin(misfit[rows])]) for z in _BARRIERS if (rows := np.flatnonzero(barrier == z)).size]
    best.sort(key=lambda i: misfit[i])
    return tuple((float(gap[i]), float(broadening[i]), float(barrier[i]), solved[i]) for i in best)
