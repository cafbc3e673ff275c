"""Models of a contact spectrum to fit: the physics times a background that is fitted together with it.

A measured curve is normalised by nature to nothing: dividing it by a polynomial through its wings and comparing with
a theory normalised by the normal-state transmission is wrong by 3 to 6 % at three gaps. So the model is

    G(V) = scale (1 + b_1 x + b_2 x^2 + ...) g(V; gap, broadening, barrier ...),   x = V / max |V|,

with its polynomial free: what the background costs is in the errors of the gap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_background import BackgroundOperator, through_background
from megabar.constants import BOLTZMANN_MEV
from megabar.fitting.model import Model, Parameter
from megabar.physics import btk, dynes

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
    """What a model needs beside its parameters: temperature (K), degree of the background, largest |V| (mV)."""

    kind: Kind
    temperature: float
    degree: int
    reach: float
    even: bool = False

    @property
    def powers(self) -> tuple[int, ...]:
        """Powers of x in the background beside the constant."""
        return tuple(k for k in range(1, self.degree + 1) if not (self.even and k % 2))


def spectrum_model(setup: Setup) -> Model:
    """The model of a setup; parameters in meV, dimensionless, rad, and the scale in the unit of the data.

    Names shared by kinds have one meaning, so that nested kinds can be compared.
    """
    shape = shape_of(setup)
    names = [f"b_{k}" for k in setup.powers]

    def background(x: FloatArray, values: Mapping[str, float]) -> FloatArray:
        total = np.ones(x.size)
        for k, name in zip(setup.powers, names, strict=True):
            total += values[name] * (x / setup.reach) ** k
        return total

    def function(x: FloatArray, **values: float) -> FloatArray:
        physical = {k: v for k, v in values.items() if k not in names and k != "scale"}
        return np.asarray(values["scale"] * background(x, values) * shape(x, **physical))

    def derivative(x: FloatArray, **values: float) -> dict[str, FloatArray]:
        """Of the background, which is linear, and of one s-wave gap; other physics is differentiated numerically."""
        physical = {k: v for k, v in values.items() if k not in names and k != "scale"}
        g = shape(x, **physical)
        known = {"scale": background(x, values) * g}
        for name, slope in _slopes(x, physical, setup).items():
            known[name] = values["scale"] * known["scale"] / g * slope
        for k, name in zip(setup.powers, names, strict=True):
            known[name] = values["scale"] * (x / setup.reach) ** k * g
        return known

    def guess(x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        return _guess(x, y, setup)

    power = "" if not names else " (1 + " + " + ".join(f"b_{k} x^{k}" for k in setup.powers) + ")"
    return Model(
        name=KINDS[setup.kind],
        function=function,
        guess=guess,
        derivative=derivative,
        formula=f"scale{power} g(V)" + (", x = V/" + f"{setup.reach:.4g} mV" if names else ""),
    )


def _slopes(x: FloatArray, values: Mapping[str, float], setup: Setup) -> dict[str, FloatArray]:
    """Derivatives of g for one and two s-wave gaps; empty for other kinds."""
    if setup.kind not in ("s", "two gaps") or not min(values["gap"], values.get("gap_2", 1.0)) > 0.0:
        return {}
    z, t = values["barrier"], setup.temperature
    first = btk.conductance_gradient(x, gap=values["gap"], broadening=values["broadening"], barrier=z, temperature=t)
    names = ("gap", "broadening", "barrier")
    if setup.kind == "s":
        return dict(zip(names, first, strict=True))
    weight = values["weight_2"]
    shape = {"gap": values["gap_2"], "broadening": values["broadening_2"], "barrier": z, "temperature": t}
    second = btk.conductance_gradient(x, **shape)
    known = dict(zip(names, (1.0 - weight) * first, strict=True))
    known["barrier"] = known["barrier"] + weight * second[2]
    known["gap_2"], known["broadening_2"] = weight * second[0], weight * second[1]
    one = btk.conductance(x, gap=values["gap"], broadening=values["broadening"], barrier=z, temperature=t)
    known["weight_2"] = np.asarray(btk.conductance(x, **shape)) - np.asarray(one)
    return known


def divided_model(setup: Setup, operator: BackgroundOperator) -> Model:
    """The model for data that were divided by a polynomial through their wings: it is divided by its own.

    No scale and no background are left; used to show what that way of normalising does to the gap.
    """
    shape = shape_of(setup)

    def function(_x: FloatArray, **values: float) -> FloatArray:
        return through_background(shape(_x, **values), operator)

    def guess(x: FloatArray, y: FloatArray) -> tuple[Parameter, ...]:
        background = {"scale", *(f"b_{k}" for k in setup.powers)}
        return tuple(p for p in _guess(x, y, setup) if p.name not in background)

    return Model(f"{KINDS[setup.kind]}, divided by its own wings", function, guess, formula="g(V) / wings of g(V)")


def shape_of(setup: Setup) -> Callable[..., FloatArray]:
    """g(V; physical parameters) of a kind, normalised to 1 in the normal state."""
    t = setup.temperature

    def one(v: FloatArray, *, gap: float, broadening: float, barrier: float) -> FloatArray:
        return np.asarray(btk.conductance(v, gap=gap, broadening=broadening, barrier=barrier, temperature=t))

    def two(
        v: FloatArray,
        *,
        gap: float,
        broadening: float,
        barrier: float,
        gap_2: float,
        broadening_2: float,
        weight_2: float,
    ) -> FloatArray:
        first = one(v, gap=gap, broadening=broadening, barrier=barrier)
        return (1.0 - weight_2) * first + weight_2 * one(v, gap=gap_2, broadening=broadening_2, barrier=barrier)

    def turned(
        v: FloatArray, *, gap: float, broadening: float, barrier: float, angle: float = 0.0, anisotropy: float = 0.0
    ) -> FloatArray:
        symmetry: btk.Symmetry = "d" if setup.kind == "d" else "anisotropic s"
        shape = {"gap": gap, "broadening": broadening, "barrier": barrier, "angle": angle, "anisotropy": anisotropy}
        return np.asarray(btk.conductance_anisotropic(v, **shape, temperature=t, symmetry=symmetry))

    def polarised(v: FloatArray, *, gap: float, broadening: float, barrier: float, polarisation: float) -> FloatArray:
        return np.asarray(
            btk.conductance_polarised(
                v, gap=gap, broadening=broadening, barrier=barrier, polarisation=polarisation, temperature=t
            )
        )

    def spread(v: FloatArray, *, gap: float, broadening: float, barrier: float, gap_width: float) -> FloatArray:
        gaps = np.maximum(gap + gap_width * _SPREAD, 0.0)
        weights = np.exp(-0.5 * _SPREAD**2)
        return np.asarray(
            btk.conductance_distribution(
                v, gaps=gaps, weights=weights, broadening=broadening, barrier=barrier, temperature=t
            )
        )

    def tunnelling(v: FloatArray, *, gap: float, broadening: float) -> FloatArray:
        return np.asarray(dynes.conductance(v, gap=gap, broadening=broadening, temperature=t))

    table: Mapping[Kind, Callable[..., FloatArray]] = {
        "s": one,
        "two gaps": two,
        "d": turned,
        "anisotropic s": turned,
        "polarised": polarised,
        "distribution": spread,
        "tunnelling": tunnelling,
    }
    return table[setup.kind]


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
        Parameter("gap", gap, 0.0, largest, "meV"),
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
