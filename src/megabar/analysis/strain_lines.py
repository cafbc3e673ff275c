"""From the curves of a recording to line widths by pressure, without the instrument's share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.strain_patterns import is_pattern, lines_of_pattern
from megabar.analysis.strain_settings import Settings
from megabar.data import Curve, Note, Recording, Role
from megabar.errors import DataError
from megabar.physics.strain import without_instrument

FloatArray = NDArray[np.float64]

AXES = ("a", "b", "c")
"""Names of the columns of lattice constants that are shown beside the strain."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The diffraction lines of one pressure, arrays of shape (n,), at rising angles.

    name: "22.4 GPa" or that of the curve; pressure: GPa, None where not known; two_theta and width: deg, the
    instrument's share taken off; error: deg, one standard deviation, None unless every line has one;
    axes: lattice constants in the unit of the file.
    """

    name: str
    pressure: float | None
    two_theta: FloatArray
    width: FloatArray
    error: FloatArray | None
    axes: dict[str, float]


def line_sets(recording: Recording, settings: Settings) -> tuple[list[Lines], list[Note]]:
    """The lines of every pressure, at rising pressures; DataError when no line with a width can be used."""
    notes: list[Note] = []
    sets: list[Lines] = []
    for curve in recording.curves:
        try:
            table = lines_of_pattern(curve, notes) if is_pattern(curve) else curve
        except DataError as error:
            notes.append(Note(f"{error}; a table of widths needs its columns named", "warning"))
            continue
        for part in _by_pressure(table):
            made = _lines(part, settings, notes)
            if made is not None:
                sets.append(made)
    if not sets:
        said = notes[-1].text if notes else "no curve has lines"
        raise DataError(
            f"{recording.source.file}: no line widths to analyse ({said}); give a table with 2 theta and full widths, "
            "one row a line, and name their columns under columns.two_theta and columns.line_width"
        )
    if all(one.pressure is not None for one in sets):
        sets.sort(key=lambda one: one.pressure or 0.0)
    return sets, notes


def _by_pressure(curve: Curve) -> list[Curve]:
    """The curve cut into one part for each pressure that it holds."""
    if not curve.has(Role.PRESSURE):
        return [curve]
    pressure = curve.values(Role.PRESSURE)
    return [curve.take(np.flatnonzero(pressure == one)) for one in np.unique(pressure[np.isfinite(pressure)])]


def _lines(curve: Curve, settings: Settings, notes: list[Note]) -> Lines | None:
    """The usable lines of one pressure; None, with a note, where there is none."""
    pressure = float(curve.values(Role.PRESSURE)[0]) if curve.has(Role.PRESSURE) else None
    name = curve.name if pressure is None else f"{pressure:g} GPa"
    if not (curve.has(Role.TWO_THETA) and curve.has(Role.LINE_WIDTH)):
        notes.append(Note(f"{name}: no columns of 2 theta and line width: left out", "warning"))
        return None
    order = np.argsort(curve.values(Role.TWO_THETA), kind="stable")
    curve = curve.take(order)
    angle, column = curve.values(Role.TWO_THETA), curve.column(Role.LINE_WIDTH)
    good = (angle > 0.0) & (angle < 180.0) & (column.values > 0.0)
    if not good.all():
        text = f"{name}: {np.count_nonzero(~good)} lines with an impossible angle or width left out"
        notes.append(Note(f"{text} (angles lie between 0 and 180 deg, widths above 0)", "warning"))
    if not good.any():
        return None
    curve = curve.take(good)
    angle, column = curve.values(Role.TWO_THETA), curve.column(Role.LINE_WIDTH)
    width, error = _own_width(angle, column.values, column.error, settings)
    kept = np.isfinite(width)
    if not kept.all():
        text = f"{name}: lines at {_angles(angle[~kept])} deg are no wider than the instrument's: left out"
        notes.append(Note(f"{text}; correct settings.instrument or the peak fits", "warning"))
    if not kept.any():
        return None
    axes = _axes(curve, name, notes)
    return Lines(name, pressure, angle[kept], width[kept], None if error is None else error[kept], axes)


def _own_width(
    angle: FloatArray, width: FloatArray, error: FloatArray | None, settings: Settings
) -> tuple[FloatArray, FloatArray | None]:
    """Widths less the instrument's, NaN where nothing is left; the errors follow by the derivative."""
    if settings.instrument is None:
        return width, error
    instrument = instrument_width(angle, settings)

    def rest(measured: FloatArray) -> FloatArray:
        return np.asarray(without_instrument(measured, instrument=instrument, mixing=settings.mixing))

    own = rest(width)
    if error is None:
        return own, None
    step = 1e-6 * width
    slope = (rest(width + step) - own) / step
    return own, slope * error


def instrument_width(angle: FloatArray, settings: Settings) -> FloatArray:
    """What the instrument alone gives to a line at each angle, deg; DataError where Caglioti's b^2 is negative."""
    if settings.instrument is None:
        return np.zeros(angle.size)
    if isinstance(settings.instrument, float):
        return np.full(angle.size, settings.instrument)
    u, v, w = settings.instrument
    tangent = np.tan(np.radians(angle / 2.0))
    square = u * tangent**2 + v * tangent + w
    if not np.all(square >= 0.0):
        raise DataError(
            f"settings.instrument: U tan^2 + V tan + W is negative at {angle[np.argmin(square)]:.4g} deg: give U, V, W "
            "in deg^2 (GSAS gives them in hundredths of a degree squared, FWHM^2 = 8 ln 2 times its variance)"
        )
    return np.asarray(np.sqrt(square))


def _axes(curve: Curve, name: str, notes: list[Note]) -> dict[str, float]:
    """Lattice constants that stand beside the lines; one that differs from row to row is left out."""
    found: dict[str, float] = {}
    for column in curve.columns:
        heading = column.name.split("(")[0].split("[")[0].strip()
        if column.role != Role.OTHER or heading not in AXES or not np.isfinite(column.values).any():
            continue
        values = column.values[np.isfinite(column.values)]
        if np.ptp(values) > 1e-6 * np.abs(values).max():
            notes.append(Note(f"{name}: column {column.name!r} differs from line to line: not shown", "warning"))
        else:
            found[heading] = float(values[0])
    return found


def _angles(values: Sequence[float] | FloatArray) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
