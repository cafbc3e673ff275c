"""The transport regime of a contact: by what its spectrum shows, and beside it what its size says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_feature_dips import Dips
from megabar.analysis.spectrum_feature_peaks import Peaks, find_peaks
from megabar.analysis.spectrum_feature_windows import Value
from megabar.analysis.spectrum_feature_wings import deviation_gap, excess_current
from megabar.errors import MegabarError
from megabar.physics import contact

FloatArray = NDArray[np.float64]

Name = Literal["thermal", "intermediate", "ballistic", "unknown"]

MOST: Final = 2.0
"""Zero-bias conductance over the normal one that Andreev reflection reaches at most, at any barrier."""


SHALLOW: Final = 0.01
"""Share of the zero-bias conductance below which a minimum between two maxima is the flat top of one peak."""


@dataclass(frozen=True)
class Regime:
    """Name of the regime, the reasons in sentences, and numbers read off the spectrum: (quantity, unit, value)."""

    name: Name
    reasons: tuple[str, ...]
    numbers: tuple[tuple[str, str, Value], ...] = ()


def regime_of_spectrum(
    bias: FloatArray, conductance: FloatArray, noise: FloatArray, dips: Dips, *, correlation: float = 1.0
) -> Regime:
    """By dips and double peak: thermal contacts have critical-current dips and no double peak, intermediate ones both,
    ballistic ones a double peak or a plain Andreev peak without dips.

    bias: mV, ascending; conductance over its background, noise of a point: (n,) each. A zero-bias conductance of more
    than twice the normal one is not Andreev reflection: such a contact has a Maxwell part and is not ballistic.
    "unknown" where the spectrum shows nothing. Source: M. Monish et al., on cerium under a needle; Y. G. Naidyuk and
    I. K. Yanson, Point-Contact Spectroscopy (2005).
    """
    try:
        peaks = find_peaks(bias, conductance, noise, correlation=correlation)
    except MegabarError as error:
        return Regime("unknown", (str(error),))
    double, zero = _is_double(peaks), peaks.zero_bias
    numbers = [("zero_bias_conductance", "1", zero), *_read_off(bias, conductance, noise, correlation)]
    if double and peaks.position is not None:
        numbers.append(("peak_position", "mV", peaks.position))
    kind = peaks.kind if double or peaks.kind != "double peak" else "zero-bias peak"
    reasons = [f"zero bias: {zero.value:.3g} of the normal conductance, {kind}"]
    if dips.pairs:
        where = ", ".join(f"{pair.position.value:.3g}" for pair in dips.pairs)
        reasons.append(f"dips at +-{where} mV, where the current reaches its critical value")
    else:
        reasons.append("no dips")
    return Regime(_name(bool(dips.pairs), double, kind, zero, reasons), tuple(reasons), tuple(numbers))


def _is_double(peaks: Peaks) -> bool:
    """Whether a double peak is more than the flat top of a broad one: deep enough, on both sides."""
    if peaks.kind != "double peak" or peaks.depth is None:
        return False
    placed = all(side is not None and side.error is not None for side in (peaks.negative, peaks.positive))
    return placed and peaks.depth.value > SHALLOW * abs(peaks.zero_bias.value)


def _name(dips: bool, double: bool, kind: str, zero: Value, reasons: list[str]) -> Name:
    if dips:
        return "intermediate" if double else "thermal"
    if zero.value - 3.0 * (zero.error or 0.0) > MOST:
        reasons.append(f"more than {MOST:g}, which Andreev reflection cannot give: a resistance in series vanishes")
        return "thermal"
    return "unknown" if kind == "flat" else "ballistic"


def _read_off(
    bias: FloatArray, conductance: FloatArray, noise: FloatArray, correlation: float
) -> list[tuple[str, str, Value]]:
    """Excess current (as the area between the curve and 1) and the point where the curve leaves its background."""
    found: list[tuple[str, str, Value]] = []
    try:
        found.append(("excess_area", "mV", excess_current(bias, conductance, noise, correlation=correlation).mean))
        point = deviation_gap(bias, conductance, noise, correlation=correlation)
    except MegabarError:
        return found
    if point.value is not None:
        found.append(("deviation_point", "mV", Value(point.value, point.error)))
    return found


def size_against(name: Name, diameter: float, *, elastic: float) -> tuple[str, bool]:
    """What the size says, in a sentence, and whether it contradicts the spectrum.

    name: the regime by the spectrum. diameter, elastic: nm, > 0, of the contact by Wexler's law and the mean free path.
    Without the inelastic path, which is hardly ever known, a size beyond the elastic one fits an intermediate and a
    thermal contact alike. The size assumes one round contact and the resistivity of the bulk, so the spectrum decides.
    """
    by_size = str(contact.regime_of(diameter, elastic=elastic))
    number = float(contact.knudsen(diameter, mean_free_path=elastic))
    words = (
        f"radius {0.5 * diameter:.4g} nm against a mean free path of {elastic:.4g} nm, Knudsen number {number:.3g}: "
    )
    words += by_size if by_size == "ballistic" else "intermediate or thermal (the inelastic path is not known)"
    agrees = name == "unknown" or (name == "ballistic") == (by_size == "ballistic")
    if agrees:
        return words, False
    return (
        f"{words}; the spectrum says {name}, and decides: several contacts in parallel, or a disturbed layer, would "
        "reconcile both",
        True,
    )
