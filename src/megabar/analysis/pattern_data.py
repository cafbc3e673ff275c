"""A recorded pattern as angles, intensities and standard deviations in one order, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.data import Curve, Note, Role
from megabar.errors import DataError

FloatArray = NDArray[np.float64]

LEAST_POINTS: Final = 50
_MOST_ANGLE: Final = 180.0
_NORMAL: Final = 1.4826
_COUNTS: Final = (0.7, 1.4)
"""Noise over the square root of whole numbers within these is that of counting."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """x: 2 theta in degrees, ascending; y; sigma: standard deviations of y, (n,) each; wavelength: angstrom.

    `errors` says where sigma comes from.
    """

    name: str
    x: FloatArray
    y: FloatArray
    sigma: FloatArray
    wavelength: float
    errors: str
    notes: tuple[Note, ...] = ()

    def take(self, rows: NDArray[np.bool_]) -> Pattern:
        return Pattern(
            self.name, self.x[rows], self.y[rows], self.sigma[rows], self.wavelength, self.errors, self.notes
        )


def prepare(
    curve: Curve,
    *,
    wavelength: float,
    ends: tuple[float, float] | None = None,
    excluded: Sequence[tuple[float, float]] = (),
) -> Pattern:
    """The pattern of `curve` for radiation of `wavelength` (angstrom), inside `ends` and outside `excluded` (degrees).

    DataError: no axis or intensity, too few points, angles beyond 180 degrees, no intensity but one.
    """
    notes: list[Note] = []
    x = _angles(curve, wavelength)
    column = curve.column(Role.INTENSITY)
    y, error = column.values, column.error
    good = np.isfinite(x) & np.isfinite(y)
    if error is not None:
        good &= np.isfinite(error) & (error > 0)
    if dropped := int((~good).sum()):
        notes.append(Note(f"{dropped} of {good.size} points without intensity or error left out"))
    order = np.flatnonzero(good)[np.argsort(x[good], kind="stable")]
    x, y = x[order], y[order]
    error = None if error is None else error[order]
    if x.size and not x[-1] <= _MOST_ANGLE:
        raise DataError(
            f"{curve.name}: 2 theta up to {x[-1]:g}: no angles in degrees; times of flight and energies are not read"
        )
    keep = np.concatenate([[True], np.diff(x) > 0]) & (x > 0) if x.size else np.zeros(0, dtype=bool)
    if ends is not None:
        keep &= (x >= ends[0]) & (x <= ends[1])
    for low, high in excluded:
        keep &= (x < low) | (x > high)
    if int(keep.sum()) < LEAST_POINTS:
        raise DataError(
            f"{curve.name}: {int(keep.sum())} points of a pattern, at least {LEAST_POINTS} are needed; "
            "check settings.range, settings.excluded and the file"
        )
    x, y = x[keep], y[keep]
    if np.ptp(y) == 0.0:
        raise DataError(f"{curve.name}: the intensity is {y[0]:g} everywhere: wrong column?")
    if error is not None:
        return Pattern(curve.name, x, y, error[keep], wavelength, "errors of the file", tuple(notes))
    sigma, words = noise(y)
    return Pattern(curve.name, x, y, sigma, wavelength, words, tuple(notes))


def _angles(curve: Curve, wavelength: float) -> FloatArray:
    if curve.has(Role.TWO_THETA):
        return curve.values(Role.TWO_THETA)
    if not curve.has(Role.SCATTERING_VECTOR):
        return curve.values(Role.TWO_THETA)  # raises with the columns that there are
    sine = curve.values(Role.SCATTERING_VECTOR) * wavelength / (4.0 * np.pi)
    with np.errstate(invalid="ignore"):
        return np.asarray(2.0 * np.degrees(np.arcsin(np.where(np.abs(sine) <= 1.0, sine, np.nan))))


def noise(y: FloatArray) -> tuple[FloatArray, str]:
    """Standard deviations of intensities that come without: proportional to their square root, and the words for it.

    The factor is the scatter between neighbours, which lines hardly enter (a median over second differences); it is 1
    for whole numbers that scatter like counts.
    """
    floor = max(float(np.percentile(np.abs(y), 5)), 1e-3 * float(np.abs(y).max()))
    root = np.sqrt(np.maximum(y, floor))
    bent = (y[1:-1] - 0.5 * (y[:-2] + y[2:])) / root[1:-1] / np.sqrt(1.5)
    factor = _NORMAL * float(np.median(np.abs(bent)))
    if np.all(y == np.round(y)) and _COUNTS[0] < factor < _COUNTS[1]:
        return root, "counting statistics"
    factor = max(factor, 1e-4 * float(np.median(root)) / float(root.max()))
    return factor * root, "the square root of the intensity times the scatter between neighbouring points"
