"""The temperature at which the features of a spectrum vanish, without a fit of the spectra.

The size of the feature at each temperature is the projection of the spectrum onto a template f, the smoothed feature of
one of the spectra. On the readings of each spectrum, y = s f + c by least squares: s is linear in the readings, so its
noise is known exactly, and zero from Tc on whatever f is; a wrong normalisation goes into the level c. f is taken from
the WARMEST spectrum with a clear feature, because the coldest one may have another shape: for a barrier Z of 0.8 and
above the projection onto it crosses zero up to 1 K in 20 K below Tc. How s falls to zero near Tc, between
sqrt(1 - T/Tc) and (1 - T/Tc)^(3/2), depends on barrier and broadening; `spectrum_feature_law` averages over what it
could be. Features that move, as the dips of a critical current do, have no such law: for them only the last
temperature that shows anything, and the next one, are told.

Method of S2 (supplement, section VII): Tc is where the features disappear. Temperatures in K, bias in mV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from megabar.analysis.spectrum_feature_law import Averaged, Weighted, critical_temperature
from megabar.analysis.spectrum_feature_windows import Curve, checked, smoothed
from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DataError

FloatArray = NDArray[np.float64]

PRESENT: Final = 3.0
"""Standard deviations above zero from which on a feature counts as present."""
CLEAR: Final = 8.0
"""Standard deviations of a spectrum projected onto the next colder one, for it to serve as the template."""
SEEN: Final = 5.0
"""Largest deviation of a smoothed spectrum from its level, in its standard deviations, to hold a feature."""
NEAR: Final = (0.7, 0.8, 0.88)
"""The law is used from this share of the last temperature with a feature on: the first that it does not miss."""
BETWEEN: Final = 0.15
"""Error in units of the step from the last temperature with the feature to the next: of 300 simulated series, those
whose Tc lay just above a measured temperature missed it by up to a third of the step, whatever their noise."""
_ACCEPTED: Final = 0.05
MISFIT: Final = 0.001
"""A law that noise would miss as much with less than this probability gives no value."""


@dataclass(frozen=True)
class FeatureSizes:
    """Size of the feature at each temperature.

    points: of each temperature, ascending, with the weights that make the size, of the template's; its error is the
    standard deviation given the template. shown: (m,), whether anything stands out of the noise, in whatever shape.
    reference: index of the spectrum behind the template, whose own size is freed from the noise that it shares with it;
    None when no spectrum shows a feature, the template then being that of the coldest.
    """

    points: tuple[Weighted, ...]
    shown: NDArray[np.bool_]
    reference: int | None
    remark: str

    @property
    def temperature(self) -> FloatArray:
        """(m,), K."""
        return np.array([point.temperature for point in self.points])

    @property
    def size(self) -> FloatArray:
        """(m,)."""
        return np.array([point.size for point in self.points])

    @property
    def error(self) -> FloatArray:
        """(m,)."""
        return np.array([point.error for point in self.points])

    @property
    def present(self) -> NDArray[np.bool_]:
        """(m,), where anything is shown or the size is more than three standard deviations above zero."""
        return np.asarray(self.shown | (self.size > PRESENT * self.error))


@dataclass(frozen=True)
class Vanishing:
    """Tc from where the features vanish, K.

    value, error: middle and half of the 68.3 % interval, interval: its ends; None when undetermined. bracket: the last
    measured temperature with the feature and the next one, None where the range ends (a limit only) or no spectrum
    shows a feature. misfit: chi-square of the best law over its degrees of freedom; None without any. remark: how, or
    why there is none.
    """

    value: float | None
    error: float | None
    interval: tuple[float, float] | None
    bracket: tuple[float | None, float | None]
    misfit: float | None
    remark: str


def feature_sizes(
    temperatures: ArrayLike,
    spectra: Sequence[tuple[ArrayLike, ArrayLike]],
    noise: float | Sequence[ArrayLike],
    *,
    window: float | None = None,
    reference: int | None = None,
    correlation: float = 1.0,
) -> FeatureSizes:
    """The size of the feature in each spectrum (module docstring).

    temperatures: (m,), K, > 0, all different, any order, m >= 2; spectra: m pairs of bias (n,), mV, strictly ascending,
    and conductance (n,), normalised; grids may differ. noise: standard deviation of a point, one number or one entry
    (a number or (n,)) a spectrum. window: mV, |V| that counts, by default all; leave out critical-current dips by it.
    reference: index of the spectrum for the template, in the order given; by default the warmest whose projection onto
    the next colder one is 8 standard deviations, else the coldest. correlation: neighbouring points that count as one.
    DataError for fewer than two spectra or numbers that do not match.
    """
    t, curves = _sorted(temperatures, spectra, noise, window, correlation)
    order = np.argsort(np.asarray(temperatures, dtype=np.float64), kind="stable")
    chosen = _reference(t, curves) if reference is None else int(np.flatnonzero(order == reference)[0])
    template = _template(curves[chosen or 0], float(t[chosen or 0]))
    points = tuple(_size(curve, float(k), template) for curve, k in zip(curves, t, strict=True))
    shown = np.array([_stands_out(curve, float(k)) for curve, k in zip(curves, t, strict=True)])
    if chosen is None:
        return FeatureSizes(points, shown, None, "no spectrum shows a feature")
    points = (*points[:chosen], _freed(points[chosen]), *points[chosen + 1 :])
    return FeatureSizes(points, shown, chosen, f"template: the spectrum at {t[chosen]:.4g} K")


def vanishing_temperature(sizes: FeatureSizes, *, by_law: bool = True) -> Vanishing:
    """Tc from the sizes: a bracket and, `by_law` of contacts on one gap, a value where the sizes determine one.

    The last temperature that shows the feature, and the next one, are the bracket; the feature may go on, too small to
    be seen, beyond it. Spectra from 0.7 (where the law misses, 0.8, then 0.88) of the last temperature on enter the
    law; two of them must show the feature. The error holds the noise, what the unknown law costs, and 0.15 of the
    bracket (`BETWEEN`). A feature at every temperature gives a lower limit only, none at all nothing but a remark.
    """
    t, present = sizes.temperature, sizes.present
    if sizes.reference is None:
        return Vanishing(None, None, None, (None, None), None, f"{sizes.remark}: nothing to vanish")
    last = max(int(np.flatnonzero(present)[-1]) if present.any() else 0, sizes.reference)
    if last == t.size - 1:
        remark = f"the feature is present up to the warmest spectrum: Tc lies above {t[last]:.4g} K"
        return Vanishing(None, None, None, (float(t[last]), None), None, remark)
    bracket = (float(t[last]), float(t[last + 1]))
    where = f"between {bracket[0]:.4g} K, the last with the feature, and {bracket[1]:.4g} K"
    if not by_law:
        return Vanishing(None, None, None, bracket, None, where)
    found = _by_law(sizes, last)
    if found is None:
        remark = f"{where}; too few spectra with the feature near it for a law"
        return Vanishing(None, None, None, bracket, None, remark)
    misfit = found.chi_square / found.freedom if found.freedom else None
    if found.freedom and chdtrc(found.freedom, found.chi_square) < MISFIT:
        return Vanishing(None, None, None, bracket, misfit, f"{where}; no law of one gap describes the sizes")
    if found.value is None or found.interval is None:
        return Vanishing(None, None, None, bracket, misfit, f"{where}; the sizes do not settle it")
    error = float(np.hypot(0.5 * (found.interval[1] - found.interval[0]), BETWEEN * (bracket[1] - bracket[0])))
    interval = (found.value - error, found.value + error)
    return Vanishing(found.value, error, interval, bracket, misfit, f"{where}; {sizes.remark}")


def _by_law(sizes: FeatureSizes, last: int) -> Averaged | None:
    """The answer from the widest range of temperatures that the law describes; None with too few spectra."""
    t, best = sizes.temperature, None
    for near in NEAR:
        used = t >= near * t[last]
        if np.count_nonzero(used[: last + 1] & sizes.present[: last + 1]) < 2:
            break
        points = [sizes.points[i] for i in np.flatnonzero(used)]
        best = critical_temperature(points, last=float(t[last]), highest=max(float(t[-1]), 1.15 * float(t[last])))
        if best.freedom < 1 or chdtrc(best.freedom, best.chi_square) > _ACCEPTED:
            break
    return best


def _sorted(
    temperatures: ArrayLike,
    spectra: Sequence[tuple[ArrayLike, ArrayLike]],
    noise: float | Sequence[ArrayLike],
    window: float | None,
    correlation: float,
) -> tuple[FloatArray, list[Curve]]:
    """Temperatures ascending and the curves in that order, cut to the window."""
    t = np.asarray(temperatures, dtype=np.float64)
    levels: Sequence[ArrayLike] = [noise] * t.size if isinstance(noise, float | int) else noise
    if t.ndim != 1 or not (len(spectra) == len(levels) == t.size >= 2):
        raise DataError(
            f"vanishing: needs one spectrum and one noise a temperature, two at least, found {t.shape} temperatures, "
            f"{len(spectra)} spectra and {len(levels)} noises"
        )
    if not (np.all((t > 0.0) & np.isfinite(t)) and np.unique(t).size == t.size):
        raise DataError("vanishing: temperatures must be positive and all different (K): combine repeated ones")
    order = np.argsort(t)
    curves = []
    for i in order:
        curve = checked(spectra[i][0], spectra[i][1], levels[i], correlation)
        inside = np.abs(curve.bias) <= (np.inf if window is None else window)
        curves.append(checked(curve.bias[inside], curve.conductance[inside], curve.noise[inside], correlation))
    return t[order], curves


def _template(curve: Curve, temperature: float) -> tuple[FloatArray, FloatArray]:
    """Bias and feature of a spectrum, smoothed over one kT, which it cannot resolve anyway."""
    smooth, _ = smoothed(curve, max(BOLTZMANN_MEV * temperature, 1.5 * curve.step))
    return curve.bias, smooth - float(np.average(smooth, weights=curve.noise**-2.0))


def _reference(temperature: FloatArray, curves: Sequence[Curve]) -> int | None:
    clear = 0 if _stands_out(curves[0], float(temperature[0])) else None
    for i in range(1, len(curves)):
        colder = _template(curves[i - 1], float(temperature[i - 1]))
        point = _size(curves[i], float(temperature[i]), colder)
        if point.size >= CLEAR * point.error:
            clear = i
    return clear


def _stands_out(curve: Curve, temperature: float) -> bool:
    smooth, error = smoothed(curve, max(BOLTZMANN_MEV * temperature, 1.5 * curve.step))
    level = float(np.average(curve.conductance, weights=curve.noise**-2.0))
    return bool(np.max(np.abs(smooth - level) / error) >= SEEN)


def _freed(own: Weighted) -> Weighted:
    """The size of the template's spectrum in itself, without what it gains over the others by sharing their noise.

    The smoothed noise adds its variance to f f, which makes all sizes but this one too small: by the number of
    independent windows over the square of the signal to noise. What is taken off counts as an error too.
    """
    windows = float(np.ptp(own.bias)) / (2.0 * BOLTZMANN_MEV * own.temperature)
    share = windows * (own.error / own.size) ** 2 if own.size > 0.0 else 0.0
    return replace(
        own, size=own.size / (1.0 + share), error=own.error * float(np.hypot(1.0, share * own.size / own.error))
    )


def _size(curve: Curve, temperature: float, template: tuple[FloatArray, FloatArray]) -> Weighted:
    """s of y = s f + c and its standard deviation (of exactly even data one half repeats the other)."""
    inside = curve.take((curve.bias >= template[0][0]) & (curve.bias <= template[0][-1]))
    f = np.interp(inside.bias, *template)
    precision = inside.noise**-2.0
    # Without the level, whatever it is: the weights of the readings add up to zero.
    f = f - np.average(f, weights=precision)
    weight = precision * f / float(np.sum(precision * f * f))
    shared = curve.shared * (2.0 if curve.even else 1.0)
    error = float(np.sqrt(shared * np.sum((weight * inside.noise) ** 2)))
    return Weighted(temperature, inside.bias, weight, float(weight @ inside.conductance), error)
