"""Strain and crystallite size from line widths: the full and the reduced form, and the rule between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.physics.strain import SCHERRER, strain_width

FloatArray = NDArray[np.float64]

FEWEST_FOR_SIZE: Final = 3
"""Lines needed to tell size from strain."""
SCATTER_KNOWN: Final = 3
"""Degrees of freedom from which on the scatter about the fit, not the stated errors, gives the errors."""

LEVEL: Final = 0.6827
_ONE_SIDED: Final = 0.9
"""Level of the two-sided interval whose ends leave 5 % out on each side."""


def _width(two_theta: FloatArray, *, strain: float, size_term: float) -> FloatArray:
    """Williamson and Hall's width in degrees; size_term = 0.9 lambda/D may come out negative here."""
    by_size = np.degrees(size_term / np.cos(np.radians(two_theta / 2.0)))
    return np.asarray(by_size + np.asarray(strain_width(two_theta, strain=strain)))


def _derivative(two_theta: FloatArray, *, strain: float, size_term: float) -> Mapping[str, FloatArray]:
    del strain, size_term  # linear in both
    return {
        "strain": np.asarray(strain_width(two_theta, strain=1.0)),
        "size_term": np.degrees(1.0 / np.cos(np.radians(two_theta / 2.0))),
    }


def _guess(two_theta: FloatArray, width: FloatArray) -> tuple[Parameter, ...]:
    start = float(np.mean(width) / np.mean(np.asarray(strain_width(two_theta, strain=1.0))))
    return Parameter("strain", start), Parameter("size_term", 0.0)


MODEL: Final = Model(
    "Williamson-Hall", _width, _guess, _derivative, "beta = 0.9 lambda/(D cos(theta)) + 4 eps tan(theta)"
)


@dataclass(frozen=True, eq=False)
class StrainFit:
    """Both forms; `full` is None where the lines do not allow it. form: the one that counts; why: in words."""

    form: Literal["full", "reduced"]
    full: Fit | None
    reduced: Fit
    why: str

    @property
    def chosen(self) -> Fit:
        """The fit that counts."""
        return self.full if self.full is not None and self.form == "full" else self.reduced

    @property
    def strain(self) -> float:
        return self.chosen.values["strain"]

    @property
    def strain_error(self) -> float | None:
        """Half of the interval that covers 68.27 %, Student's t where the scatter gave the noise; None if unknown."""
        return _half(self.chosen, "strain", LEVEL)

    @property
    def spread_by_form(self) -> float | None:
        """Half of the difference between both forms."""
        return None if self.full is None else abs(self.full.values["strain"] - self.reduced.values["strain"]) / 2.0

    def size(self, wavelength: float) -> tuple[float, float | None]:
        """Crystallite size of the full form and its error, angstrom."""
        term = self.chosen.values["size_term"]
        half = _half(self.chosen, "size_term", LEVEL)
        size = SCHERRER * wavelength / term
        return size, None if half is None else size * half / term

    def least_size(self, wavelength: float) -> float | None:
        """The size that the lines exceed with 95 % confidence at least, angstrom; None without a fit of the full form.

        A term that comes out negative counts as 0: by chance alone it would make the bound tighter than the lines can.
        """
        half = None if self.full is None else _half(self.full, "size_term", _ONE_SIDED)
        if self.full is None or half is None:
            return None
        highest = max(self.full.values["size_term"], 0.0) + half
        return SCHERRER * wavelength / highest if highest > 0.0 else None


def fit_strain(two_theta: FloatArray, width: FloatArray, error: FloatArray | None) -> StrainFit:
    """Least squares of both forms; the errors weight the lines.

    With at least three degrees of freedom the noise follows from the scatter of the lines, whose widths differ between
    directions by more than the errors of their fits; with fewer from the stated errors.
    The full form counts when the term of the size exceeds its own error, which is to say that the size exceeds its
    error; otherwise the reduced one. DataError when there is no line.
    """
    reduced = _fit(two_theta, width, error, fixed={"size_term": 0.0})
    if two_theta.size < FEWEST_FOR_SIZE or not np.ptp(two_theta) > 0.0:
        return StrainFit("reduced", None, reduced, f"{two_theta.size} lines do not tell size from strain")
    full = _fit(two_theta, width, error, fixed={})
    half = _half(full, "size_term", LEVEL)
    if half is not None and full.values["size_term"] > half:
        return StrainFit("full", full, reduced, "the size exceeds its error")
    return StrainFit("reduced", full, reduced, "the error of the size exceeds the size")


def of_one_form(fits: Sequence[StrainFit], form: str = "automatic") -> list[StrainFit]:
    """The same form at all pressures, so that strain(P) has no steps of its own: as set, or that of most pressures.

    Where too few lines allow the full form the reduced one stands.
    """
    told = [found for found in fits if found.full is not None]
    by_most = "full" if 2 * sum(found.form == "full" for found in told) > len(told) else "reduced"
    if form == "automatic":
        told_of = [found for found in told if found.form == by_most]
        why = f"{told_of[0].why} at {len(told_of)} of {len(told)} pressures" if len(told) > 1 else ""
        return [_as(found, by_most, why or found.why) if found in told else found for found in fits]
    return [_as(found, form, "as set") if found in told or form == "reduced" else found for found in fits]


def _as(found: StrainFit, form: str, why: str) -> StrainFit:
    return replace(found, form="full" if form == "full" else "reduced", why=why)


def _fit(two_theta: FloatArray, width: FloatArray, error: FloatArray | None, *, fixed: Mapping[str, float]) -> Fit:
    freedom = two_theta.size - (2 - len(fixed))
    return fit(MODEL, two_theta, width, sigma=error, absolute=freedom < SCATTER_KNOWN, fixed=fixed)


def _half(result: Fit, name: str, level: float) -> float | None:
    interval = result.interval(name, level=level)
    return None if interval is None else (interval[1] - interval[0]) / 2.0
