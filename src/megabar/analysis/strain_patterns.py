"""From a diffraction pattern to the widths of its single lines, so that kind "strain" takes patterns and images too."""

from __future__ import annotations

from typing import Final

import numpy as np

from megabar.analysis.pattern_data import prepare
from megabar.analysis.pattern_lines import find_lines, fit_lines
from megabar.data import Column, Curve, Note, Role

CLEAR: Final = 0.2
"""A line whose width has a larger relative error than this tells nothing about strain."""
_ANY_WAVELENGTH: Final = 1.0
"""Stands where none is needed: the pattern has angles already."""


def is_pattern(curve: Curve) -> bool:
    """Whether the curve holds intensities against the angle and no widths."""
    return curve.has(Role.TWO_THETA) and curve.has(Role.INTENSITY) and not curve.has(Role.LINE_WIDTH)


def lines_of_pattern(curve: Curve, notes: list[Note]) -> Curve:
    """The lines of a pattern as a table of 2 theta and width with its error; the pressure of the curve stays.

    Pseudo-Voigt fits of single lines, neighbours together; lines whose width is not known to 20 % are left out and
    counted. DataError where the pattern cannot be used.
    """
    pattern = prepare(curve, wavelength=_ANY_WAVELENGTH)
    found = find_lines(pattern.x, pattern.y, pattern.sigma)
    lines, _ = fit_lines(pattern.x, pattern.y, pattern.sigma, found)
    clear = [line for line in lines if line.fwhm_error is not None and 0.0 < line.fwhm_error < CLEAR * line.fwhm]
    mixing = "" if not clear else f", mean share of Lorentz {np.mean([line.mixing for line in clear]):.2g}"
    text = f"{curve.name}: {len(clear)} of {len(lines)} lines have a width known to {100 * CLEAR:g} %{mixing}"
    notes.append(Note(text, "info" if clear else "warning"))
    columns = [
        Column("2theta", Role.TWO_THETA, np.array([line.centre for line in clear])),
        Column(
            "width",
            Role.LINE_WIDTH,
            np.array([line.fwhm for line in clear]),
            error=np.array([line.fwhm_error for line in clear], dtype=np.float64),
        ),
    ]
    if curve.has(Role.PRESSURE):
        pressure = float(np.median(curve.values(Role.PRESSURE)))
        columns.append(Column("pressure", Role.PRESSURE, np.full(len(clear), pressure)))
    return Curve(curve.name, tuple(columns), simulated=curve.simulated, digitised=curve.digitised)
