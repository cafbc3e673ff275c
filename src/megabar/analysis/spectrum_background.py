"""The background of a spectrum: its choice, its error, and the same treatment for a model.

Measured conductances are divided by a background taken at high bias, where theory normalised by the normal-state
transmission has not reached 1 yet (3 to 6 % are missing at three gaps). A model must go through the same background
(`through_background`), or the background must be fitted together with it (`joint_background`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from megabar.analysis.spectrum_shape import Spectrum, noise_of
from megabar.data import Note
from megabar.errors import DataError, DomainError

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

Kind = Literal["none", "polynomial", "reference"]

LEVER: Final = 1.5
"""The wings must reach at least this many times v_min, or the polynomial between them is not held."""

SIGNIFICANT: Final = 4.0
"""Standard deviations by which a slice of the spectrum departs from the polynomial through what lies outside of it."""

RELEVANT: Final = 0.01
"""Departures below this share of the largest one are no feature, however small the noise: tails of the gap."""


@dataclass(frozen=True)
class Background:
    """What a spectrum is divided by.

    kind: "none" (already normalised); "polynomial" of `degree` in the bias through all points with |V| > v_min (mV; 0
    takes every point), with even powers only if `even_only`; "reference": the spectrum `reference`, usually above Tc.
    automatic: v_min was found by `automatic_background`; remark: what is to be said of it.
    DomainError for a degree outside 0 .. 12, a v_min that is negative or not finite, or a reference that is missing.
    """

    kind: Kind = "polynomial"
    degree: int = 2
    v_min: float = 0.0
    even_only: bool = False
    reference: Spectrum | None = None
    automatic: bool = False
    remark: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise DomainError(f"background must be one of {', '.join(get_args(Kind))}, found {self.kind!r}")
        if not 0 <= self.degree <= 12:
            raise DomainError(f"background: the degree must lie within 0 .. 12, found {self.degree}")
        if not 0.0 <= self.v_min < np.inf:
            raise DomainError(f"background: v_min must be zero or positive and finite (mV), found {self.v_min}")
        if (self.kind == "reference") != (self.reference is not None):
            raise DomainError('background: a reference spectrum belongs to kind "reference", and to no other')

    @property
    def words(self) -> str:
        """The choice in words, for instance "polynomial of degree 2 through |V| > 40 mV"."""
        if self.kind == "none":
            return "none: normalised already"
        if self.reference is not None:
            return f"the spectrum {self.reference.name}"
        even = "even " if self.even_only else ""
        return f"{even}polynomial of degree {self.degree} through |V| > {self.v_min:.4g} mV"

    @property
    def coefficients(self) -> int:
        """Number of coefficients of the polynomial."""
        return self.degree // 2 + 1 if self.even_only else self.degree + 1


@dataclass(frozen=True)
class BackgroundOperator:
    """The linear map H from a curve to its background: H y = basis (projection y).

    used: (n,), the points that count. basis: (n, k), polynomials that are orthonormal over these points with the
    weights 1/error^2 scaled to a largest one of 1. projection: (k, n), zero for points that do not count.
    """

    used: Mask
    basis: FloatArray
    projection: FloatArray

    def background(self, values: FloatArray) -> FloatArray:
        """H y, shape of y (..., n)."""
        return np.asarray(values @ self.projection.T @ self.basis.T)

    @property
    def matrix(self) -> FloatArray:
        """H, (n, n)."""
        return np.asarray(self.basis @ self.projection)

    def variance(self, error: FloatArray) -> FloatArray:
        """Variance of the background (n,) for independent errors (n,) of the points."""
        spread = (self.projection * error**2) @ self.projection.T
        return np.asarray(np.einsum("ni,ij,nj->n", self.basis, spread, self.basis))


@dataclass(frozen=True)
class JointBackground:
    """G(V) = model(V) sum_k c_k basis_k(V) by linear least squares.

    coefficients: (k,). covariance: (k, k), for independent errors; None without errors. fitted, background: (n,).
    chi_square: sum of squared residuals over their errors (plain residuals without errors).
    """

    coefficients: FloatArray
    covariance: FloatArray | None
    fitted: FloatArray
    background: FloatArray
    chi_square: float


def polynomial_basis(
    bias: FloatArray, *, degree: int, even_only: bool = False, scale: float | None = None
) -> FloatArray:
    """Legendre polynomials P_0 .. P_degree of V/scale, (n, k); only the even ones if `even_only`.

    bias: (n,), mV; scale: mV, by default the largest |V|. They span the powers of V without their bad conditioning.
    """
    size = float(np.max(np.abs(bias))) if scale is None else scale
    if not 0.0 < size < np.inf:
        raise DomainError(f"polynomial: the scale of the bias must be positive and finite (mV), found {size}")
    powers = np.polynomial.legendre.legvander(bias / size, degree)
    return np.asarray(powers[:, ::2] if even_only else powers)


def background_operator(
    bias: FloatArray, choice: Background, *, error: FloatArray | None = None
) -> BackgroundOperator | None:
    """The map from any curve on `bias` to its polynomial background; None for the other kinds, where there is none.

    bias: (n,), mV; error: (n,) or None, weights as for the data, so that the model is treated like them. By QR of the
    weighted Legendre basis. DataError when too few points lie beyond v_min (twice as many as coefficients, and three
    on either side unless even_only) or when the wings do not reach `LEVER` times v_min.
    """
    if choice.kind != "polynomial":
        return None
    used = (np.abs(bias) > choice.v_min) | (choice.v_min == 0.0)
    _check_wings(bias, used, choice)
    weight = np.ones(bias.size) if error is None else np.min(error) / error
    basis = polynomial_basis(bias, degree=choice.degree, even_only=choice.even_only)
    q, r = np.linalg.qr(basis[used] * weight[used, None])
    if np.min(np.abs(np.diag(r))) < 1e-10 * np.max(np.abs(np.diag(r))):
        raise DataError(f"background: the points do not determine a {choice.words}: lower its degree or v_min")
    projection = np.zeros((basis.shape[1], bias.size))
    projection[:, used] = q.T * weight[used]
    return BackgroundOperator(used, np.asarray(solve_triangular(r, basis.T, trans="T").T), projection)


def background_curve(spectrum: Spectrum, choice: Background) -> tuple[FloatArray, FloatArray | None]:
    """The background at the bias of the spectrum, (n,), in its unit, and its standard error (None when not known).

    The errors of different points are not independent: those of a polynomial move together. Points that share noise
    (`Spectrum.correlation`) count accordingly. DataError as in `background_operator`; for a reference that does not
    cover the bias or has another unit; for "none" unless the spectrum is normalised.
    """
    if choice.reference is not None:
        return _from_reference(spectrum, choice.reference)
    operator = background_operator(spectrum.bias, choice, error=spectrum.error)
    if operator is None:
        if spectrum.unit != "1":
            raise DataError(f"{spectrum.name}: a conductance in {spectrum.unit} needs a background to be normalised")
        return np.ones(spectrum.bias.size), np.zeros(spectrum.bias.size)
    values = operator.background(spectrum.conductance)
    if spectrum.error is None:
        return values, None
    return values, np.sqrt(spectrum.correlation * operator.variance(spectrum.error))


def divide(spectrum: Spectrum, choice: Background) -> Spectrum:
    """The spectrum over its background: unit "1", what was done in its notes.

    error: sqrt(error_G^2 + N^2 error_B^2)/B with N = G/B: the standard deviation of each value. The part of a
    polynomial background is common to all points; where a point entered it, the sum is too large by its leverage, some
    per cent. DataError as in `background_curve` and where the background is not positive.
    """
    values, spread = background_curve(spectrum, choice)
    if not np.all(values > 0.0):
        at = float(spectrum.bias[np.argmin(values)])
        raise DataError(f"{spectrum.name}: the background is not positive at {at:.4g} mV: lower its degree or v_min")
    normalised = spectrum.conductance / values
    error = None
    if spectrum.error is not None and spread is not None:
        error = np.hypot(spectrum.error, normalised * spread) / values
    note = Note(f"{spectrum.name}: background: {choice.words}{'; ' + choice.remark if choice.remark else ''}")
    return replace(spectrum, conductance=normalised, error=error, unit="1", notes=(*spectrum.notes, note))


def through_background(model_values: FloatArray, operator: BackgroundOperator | None) -> FloatArray:
    """A model over its own background, as the data were: model/(H model). Without a polynomial the model itself.

    model_values: (..., n), normalised by the normal-state transmission. Exact for a constant true background. For a
    polynomial P of the basis, data prepared from model P differ from this by terms in P'/P times the model's distance
    from 1 in the wings; see docs/decisions/spectrum-preparation.md for their size. `joint_background` has none.
    """
    return model_values if operator is None else np.asarray(model_values / operator.background(model_values))


def joint_background(
    conductance: FloatArray, error: FloatArray | None, model_values: FloatArray, basis: FloatArray
) -> JointBackground:
    """The polynomial background that fits best for a given model: the linear part of a fit by variable projection.

    conductance, error, model_values: (n,), all points of the spectrum; basis: (n, k) from `polynomial_basis`. Exact
    when the true background lies in the basis. By QR. DomainError when the columns model x basis are dependent.
    """
    weight = np.ones(conductance.size) if error is None else 1.0 / error
    design = model_values[:, None] * basis
    q, r = np.linalg.qr(design * weight[:, None])
    diagonal = np.abs(np.diag(r))
    if not np.min(diagonal) > 1e-12 * np.max(diagonal):
        raise DomainError("joint background: the model times the polynomials are not independent: lower the degree")
    coefficients = solve_triangular(r, q.T @ (conductance * weight))
    covariance = None
    if error is not None:
        inverse = solve_triangular(r, np.eye(r.shape[0]))
        covariance = inverse @ inverse.T
    fitted = design @ coefficients
    residual = (conductance - fitted) * weight
    return JointBackground(coefficients, covariance, fitted, basis @ coefficients, float(residual @ residual))


def automatic_background(spectrum: Spectrum, *, degree: int = 2, even_only: bool = False) -> Background:
    """A polynomial whose v_min lies just outside the outermost feature of the spectrum.

    From the outside in: the polynomial through the wings is compared with the next slice of points, on either side. The
    first slice whose mean departs by more than `SIGNIFICANT` standard deviations (of the slice and the polynomial
    together) and by more than `RELEVANT` of the largest departure is a feature, and so is one with which the residual
    of all wings is no longer noise; v_min is the inner end of what went before. The scan begins at the outermost v_min
    that leaves the `LEVER`: when those wings are no polynomial within noise, or their next slice departs, that v_min is
    kept and the remark says so. Without any feature v_min is 0. Noise from the errors, or from `noise_of`.
    DataError when the noise is not known or too few points lie in the outer third.
    """
    error = _known_error(spectrum)
    choice = Background(degree=degree, even_only=even_only, automatic=True)
    reach = _reach(spectrum.bias, even_only=even_only)
    edges = _edges(spectrum, reach)
    relevant = RELEVANT * _largest_departure(spectrum, replace(choice, v_min=edges[0]), error)
    if not _is_noise(spectrum, replace(choice, v_min=edges[0]), error, relevant):
        remark = f"the outer third is no polynomial of degree {degree} within noise: try another degree"
        return replace(choice, v_min=edges[0], remark=remark)
    for outer, inner in pairwise(edges):
        departs = _departs(spectrum, replace(choice, v_min=outer), inner, error, relevant)
        if departs or not _is_noise(spectrum, replace(choice, v_min=inner), error, relevant):
            remark = "" if outer < edges[0] else "features reach into the outer third: measure to higher bias"
            return replace(choice, v_min=outer, remark=remark)
    return replace(choice, v_min=0.0, remark="the whole spectrum is a polynomial within noise: no feature found")


def variations(choice: Background, spectrum: Spectrum | None = None) -> tuple[Background, ...]:
    """Choices as careful as this one: v_min times 0.85 and 1.15, the degree one lower and one higher (two if even).

    With a spectrum only those that it allows. Empty for "none" and "reference".
    """
    if choice.kind != "polynomial":
        return ()
    step = 2 if choice.even_only else 1
    plain = replace(choice, automatic=False, remark="")
    found = [replace(plain, v_min=share * choice.v_min) for share in (0.85, 1.15) if choice.v_min > 0.0]
    found += [replace(plain, degree=d) for d in (choice.degree - step, choice.degree + step) if 0 <= d <= 12]
    return tuple(other for other in found if spectrum is None or _is_allowed(spectrum, other))


def _check_wings(bias: FloatArray, used: Mask, choice: Background) -> None:
    needed = 2 * choice.coefficients
    sides = [int(np.count_nonzero(used & (bias < 0.0))), int(np.count_nonzero(used & (bias > 0.0)))]
    if sum(sides) < needed or (not choice.even_only and min(sides) < 3):
        raise DataError(
            f"background: {sides[0]} points below and {sides[1]} above zero for a {choice.words}: needs {needed}"
            f"{'' if choice.even_only else ', three on either side'}; lower v_min or the degree"
        )
    reach = _reach(bias, even_only=choice.even_only)
    # Rounding must not refuse the v_min that was computed from this limit.
    if not reach * (1.0 + 1e-9) >= LEVER * choice.v_min:
        raise DataError(
            f"background: the wings reach to {reach:.4g} mV, less than {LEVER:g} times v_min = {choice.v_min:.4g} mV: "
            "lower v_min or measure to higher bias"
        )


def _reach(bias: FloatArray, *, even_only: bool) -> float:
    """mV, to which the wings reach: on both sides, or on one if the polynomial is even."""
    ends = (float(bias[-1]), -float(bias[0]))
    return max(ends) if even_only else min(ends)


def _is_allowed(spectrum: Spectrum, choice: Background) -> bool:
    try:
        background_operator(spectrum.bias, choice, error=spectrum.error)
    except DataError:
        return False
    return True


def _from_reference(spectrum: Spectrum, reference: Spectrum) -> tuple[FloatArray, FloatArray | None]:
    x, at = reference.bias, spectrum.bias
    if reference.unit != spectrum.unit:
        raise DataError(
            f"{spectrum.name} is in {spectrum.unit}, its reference {reference.name} in {reference.unit}: "
            "normalise neither or both"
        )
    if not (x[0] <= at[0] and at[-1] <= x[-1]):
        raise DataError(
            f"the reference {reference.name} covers {x[0]:.4g} to {x[-1]:.4g} mV, {spectrum.name} "
            f"{at[0]:.4g} to {at[-1]:.4g} mV: cut the spectrum or take a polynomial"
        )
    right = np.clip(np.searchsorted(x, at), 1, x.size - 1)
    share = (at - x[right - 1]) / (x[right] - x[right - 1])
    values = (1.0 - share) * reference.conductance[right - 1] + share * reference.conductance[right]
    if reference.error is None:
        return values, None
    return values, np.hypot((1.0 - share) * reference.error[right - 1], share * reference.error[right])


def _known_error(spectrum: Spectrum) -> FloatArray:
    if spectrum.error is not None:
        return spectrum.error
    level = noise_of(spectrum.bias, spectrum.conductance)
    if not level:
        raise DataError(f"{spectrum.name}: v_min cannot be found without the noise: set it")
    return np.full(spectrum.bias.size, level)


def _edges(spectrum: Spectrum, reach: float) -> list[float]:
    """Candidates of v_min from the outermost one that leaves the lever down to 0; some points between any two."""
    if not reach > 0.0:
        raise DataError(
            f"{spectrum.name}: {spectrum.bias[0]:.4g} to {spectrum.bias[-1]:.4g} mV has wings on one side only: "
            "take even powers, a reference, or measure both signs"
        )
    size = np.sort(np.abs(spectrum.bias))
    inside = size[size < reach / LEVER]
    # Both sides together: four independent points on each.
    stride = max(8, round(8.0 * spectrum.correlation))
    return [reach / LEVER, *inside[::-1][stride - 1 :: stride].tolist(), 0.0]


def _largest_departure(spectrum: Spectrum, choice: Background, error: FloatArray) -> float:
    y = spectrum.conductance
    return float(min(np.max(np.abs(y - _operator(spectrum, choice, error).background(y))), np.ptp(y)))


def _is_noise(spectrum: Spectrum, choice: Background, error: FloatArray, relevant: float) -> bool:
    """Whether the residual of the wings is noise, up to what is not relevant.

    The estimate of the noise itself is uncertain by some 10 %, so 30 % of variance in excess are allowed beside four
    standard deviations of chi-square.
    """
    operator = _operator(spectrum, choice, error)
    residual = (spectrum.conductance - operator.background(spectrum.conductance))[operator.used]
    freedom = max(residual.size - choice.coefficients, 1)
    excess = float(np.sum(residual**2 / (error[operator.used] ** 2 + relevant**2))) / freedom
    return excess <= 1.3 + SIGNIFICANT * float(np.sqrt(2.0 * spectrum.correlation / freedom))


def _departs(spectrum: Spectrum, choice: Background, inner: float, error: FloatArray, relevant: float) -> bool:
    """Whether the points between `inner` and v_min leave the polynomial through those beyond, on either side.

    By their median, so that a spike is no feature.
    """
    operator = _operator(spectrum, choice, error)
    deviation = spectrum.conductance - operator.background(spectrum.conductance)
    spread = (operator.projection * error**2) @ operator.projection.T
    size = np.abs(spectrum.bias)
    for side in (spectrum.bias < 0.0, spectrum.bias >= 0.0):
        rows = side & (size > inner) & (size <= choice.v_min)
        if not rows.any():
            continue
        middle = operator.basis[rows].mean(axis=0)
        # The median of normal deviations has pi/2 of the variance of their mean.
        own = 0.5 * np.pi * float(np.mean(error[rows] ** 2)) / np.count_nonzero(rows)
        sigma = float(np.sqrt(spectrum.correlation * (own + middle @ spread @ middle)))
        if abs(float(np.median(deviation[rows]))) > SIGNIFICANT * sigma + relevant:
            return True
    return False


def _operator(spectrum: Spectrum, choice: Background, error: FloatArray) -> BackgroundOperator:
    operator = background_operator(spectrum.bias, choice, error=error)
    if operator is None:
        raise DomainError(f"a background of kind {choice.kind!r} has no operator")
    return operator
