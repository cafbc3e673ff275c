"""A spectrum, and what its own points say of it: noise, offset of the bias, evenness, hysteresis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from megabar.analysis.smoothing import scatter
from megabar.data import Note
from megabar.data.recording import frozen_array
from megabar.errors import DataError

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

Branch = Literal["up", "down", ""]

_MAD: Final = 1.4826022185056018
"""Standard deviation of a normal distribution over its median absolute deviation."""

_STANDS_OUT: Final = 25.0
"""Chi-square by which a shift must describe the data better than others do: five standard deviations, and two more a
coefficient of the spline, for what the best of many shifts gains by chance."""

_KNOTS: Final = (4, 6, 8, 11, 15, 20, 27, 36, 48, 64)
"""Numbers of pieces of one side of an even spline."""

_STRIDES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


@dataclass(frozen=True)
class Spectrum:
    """A conductance against bias, measured in one direction at one temperature and field.

    bias: (n,), mV, strictly ascending. conductance: (n,), in `unit` ("S", or "1" when normalised), positive.
    error: (n,), standard deviation of each value, or None when unknown. correlation: how many neighbouring points
    count as one because they share noise (1: independent, or less noise in their mean than independent ones, as in
    derivatives). branch: "up", "down" or "" (no order). temperature: K, field: T; None when unknown.
    symmetrised: exactly even data, of which one half repeats the other: half as many independent points.
    smoothing: mV, standard deviation of what derivative or modulation average over, beside thermal smearing.
    DataError for shapes that differ, a bias that does not ascend and values that are not finite.
    """

    name: str
    bias: FloatArray
    conductance: FloatArray
    error: FloatArray | None = None
    unit: Literal["S", "1"] = "S"
    branch: Branch = ""
    temperature: float | None = None
    field: float | None = None
    notes: tuple[Note, ...] = ()
    symmetrised: bool = False
    correlation: float = 1.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        for name in ("bias", "conductance", "error"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, frozen_array(values))
        sizes = {v.shape for v in (self.bias, self.conductance, self.error) if v is not None}
        if len(sizes) != 1 or self.bias.ndim != 1:
            raise DataError(f"spectrum {self.name!r}: bias, conductance and error differ in shape ({sorted(sizes)})")
        if not (np.all(np.isfinite(self.bias)) and np.all(np.diff(self.bias) > 0.0)):
            raise DataError(f"spectrum {self.name!r}: the bias does not ascend strictly")
        if not np.all(np.isfinite(self.conductance)):
            raise DataError(f"spectrum {self.name!r}: a conductance is not finite")
        if self.error is not None and not np.all((self.error > 0.0) & np.isfinite(self.error)):
            raise DataError(f"spectrum {self.name!r}: an error is not positive and finite: unknown errors are None")

    def take(self, rows: Mask) -> Spectrum:
        """The same spectrum with only the points of `rows` (n,)."""
        error = None if self.error is None else self.error[rows]
        return replace(self, bias=self.bias[rows], conductance=self.conductance[rows], error=error)

    def shifted(self, offset: float) -> Spectrum:
        """The same spectrum with `offset` (mV) taken off its bias."""
        return replace(self, bias=self.bias - offset)


@dataclass(frozen=True)
class Offset:
    """A shift of the bias and its standard error, mV; both None where the data do not determine it (see `remark`)."""

    value: float | None
    error: float | None
    remark: str = ""


@dataclass(frozen=True)
class Parity:
    """Even and odd part on one grid: bias (m,), mV, from 0 up; even, odd: (m,)."""

    bias: FloatArray
    even: FloatArray
    odd: FloatArray


@dataclass(frozen=True)
class Hysteresis:
    """Sweep up against sweep down.

    offset: mV, by which features come at higher bias when sweeping up. difference: rms of up - down over the common
    range in units of its noise (1: noise alone) as measured; remaining: the same with the offset, if any, taken out.
    """

    offset: Offset
    difference: float
    remaining: float


def noise_of(bias: FloatArray, conductance: FloatArray) -> float | None:
    """Standard deviation of the noise of one point; None below 6 points, 0 when there is none beyond rounding.

    bias: (n,) ascending, conductance: (n,). What polynomials through neighbouring points cannot explain (`scatter`),
    cut at three sigma so that sharp features and spikes do not count. Neighbours that share noise (filters, smoothed
    data) explain each other, so the same is asked of every k-th point: where the answer stops growing with k, it is
    the noise. Features go on growing: where it never stops, the finest scale counts.
    """
    found = _noise_by_stride(bias, conductance)
    if found is None:
        return None
    return found[0] if found[0] > 1e-14 * float(np.max(np.abs(conductance))) else 0.0


def correlation_of(bias: FloatArray, conductance: FloatArray) -> float:
    """Number of neighbouring points that count as one: 1 + 2 sum of the noise's autocorrelation, at least 1.

    The autocorrelation rho follows from `scatter` of four points at stride k, whose variance is that of the noise
    times 1 - 1.5 rho_k + 0.6 rho_2k - 0.1 rho_3k. 1 where no correlation shows. Good to about 20 % for 1,000 points.
    """
    found = _noise_by_stride(bias, conductance)
    if found is None or found[1] == 1:
        return 1.0
    sigma, stride = found
    longest = min(2 * stride, (bias.size - 1) // 3)
    rho = np.zeros(3 * longest + 1)
    for lag in range(longest, 0, -1):
        ratio = (_strided(bias, conductance, lag) / sigma) ** 2
        rho[lag] = np.clip((1.0 - ratio + 0.6 * rho[2 * lag] - 0.1 * rho[3 * lag]) / 1.5, -1.0, 1.0)
    return max(1.0, float(1.0 + 2.0 * rho.sum()))


def bias_offset(bias: FloatArray, conductance: FloatArray, *, region: float | None = None) -> Offset:
    """The shift s that makes the conductance even: G(V) = E(V - s) + a V by least squares.

    bias: (n,), mV, ascending, on both sides of zero; conductance: (n,); region: mV, |V - s| that counts, by default
    three quarters of the shorter side. E is an even cubic spline fine enough for any structure that six points
    resolve, so no value is interpolated and noise does not pull s to the grid; a V is an odd background, which would
    pass for an offset. Looked for within a fifth of the shorter side, from a scan of more than that interval, so that
    one of two peaks laid upon itself is not taken for the answer. Points beyond four sigma are left out. The error is
    that of least squares with the noise of the residuals, times the root of `correlation_of`.
    Without value where no shift stands out from the others: a parabola on a slope, or a flat curve, has no offset.
    DataError when zero bias lies outside the range or fewer than 12 points count.
    """
    side = float(min(bias[-1], -bias[0]))
    if not side > 0.0:
        raise DataError(f"offset: zero bias lies outside the range, {bias[0]:.4g} to {bias[-1]:.4g} mV")
    reach = 0.75 * side if region is None else min(region, 0.95 * side)
    limit = min(0.25 * side, side - reach)
    if np.count_nonzero(np.abs(bias) <= reach) < 12:
        raise DataError(f"offset: {np.count_nonzero(np.abs(bias) <= reach)} points within {reach:.3g} mV: needs 12")

    def rows(about: float, knots: int) -> _Rows:
        return _even_rows(bias, conductance, about, reach, knots)

    return _best(rows, limit, correlation_of(bias, conductance))


def even_odd(bias: FloatArray, conductance: FloatArray, *, offset: float = 0.0) -> Parity:
    """(G(u) +- G(-u))/2 for u = V - offset, from 0 to the end of the shorter side.

    bias: (n,), mV, ascending, on both sides of the offset; conductance: (n,). The grid is |u| of the side with more
    points; the other side is interpolated by straight lines, which changes nothing where the grid is symmetric.
    DataError when one side has no points.
    """
    u = bias - offset
    end = float(min(u[-1], -u[0]))
    if not end > 0.0:
        raise DataError(f"even and odd part: {offset:.4g} mV lies outside {bias[0]:.4g} to {bias[-1]:.4g} mV")
    # Rounding of a symmetric grid must not cost its last point.
    end *= 1.0 + 1e-9
    right, left = u[(u >= 0.0) & (u <= end)], -u[(u <= 0.0) & (u >= -end)][::-1]
    grid = right if right.size >= left.size else left
    forward, back = np.interp(grid, u, conductance), np.interp(-grid, u, conductance)
    return Parity(grid, 0.5 * (forward + back), 0.5 * (forward - back))


def is_symmetrised(bias: FloatArray, conductance: FloatArray) -> bool:
    """Whether the data are even on a symmetric grid, to 1e-3 of their noise or to rounding: made even by somebody."""
    if np.max(np.abs(bias + bias[::-1])) > 1e-6 * float(bias[-1] - bias[0]):
        return False
    odd = float(np.sqrt(np.mean((conductance - conductance[::-1]) ** 2)))
    noise = noise_of(bias, conductance) or 0.0
    return odd <= max(1e-3 * noise, 1e-12 * float(np.max(np.abs(conductance))))


def hysteresis(up: Spectrum, down: Spectrum) -> Hysteresis:
    """Offset and difference of two sweeps of one contact, over the range that both cover.

    The offset s makes both one curve: G_up(V) = S(V - s/2) + d/2, G_down(V) = S(V + s/2) - d/2, S a cubic spline, by
    least squares as in `bias_offset`, looked for within a tenth of the common range. Noise from the spectra's errors,
    or from `noise_of` where they have none. DataError when fewer than 12 points of either lie in the common range.
    """
    low, high = max(up.bias[0], down.bias[0]), min(up.bias[-1], down.bias[-1])
    first, second = (s.take((s.bias >= low) & (s.bias <= high)) for s in (up, down))
    if min(first.bias.size, second.bias.size) < 12:
        raise DataError(
            f"hysteresis: {up.name!r} and {down.name!r} share fewer than 12 points, {low:.4g} to {high:.4g} mV"
        )
    limit = 0.1 * float(high - low)

    def rows(_: float, knots: int) -> _Rows:
        return _sweep_rows(first, second, limit, knots)

    offset = _best(rows, limit, max(correlation_of(s.bias, s.conductance) for s in (first, second)))
    return Hysteresis(offset, _difference(first, second, 0.0), _difference(first, second, offset.value or 0.0))


@dataclass(frozen=True)
class _Rows:
    """Weighted readings y at x - sign s: a cubic spline (an even one about zero if `even`) and a nuisance column.

    centres: (k,), of the spline's bumps, evenly spaced, from 0 up if even.
    """

    x: FloatArray
    sign: FloatArray
    y: FloatArray
    nuisance: FloatArray
    weight: FloatArray
    centres: FloatArray
    even: bool

    def residual(self, shift: float) -> FloatArray:
        """sqrt(weight) times what the best spline and nuisance leave, (n,)."""
        at, width = self.x - self.sign * shift, self.centres[1] - self.centres[0]
        columns = _bump((at[:, None] - self.centres) / width)
        if self.even:
            columns += _bump((at[:, None] + self.centres) / width)
        root = np.sqrt(self.weight)
        columns *= root[:, None]
        sides = np.column_stack([root * self.y, root * self.nuisance])
        normal = columns.T @ columns
        normal += 1e-10 * np.trace(normal) / len(normal) * np.eye(len(normal))
        y, z = (sides - columns @ np.linalg.solve(normal, columns.T @ sides)).T
        free = float(z @ z) > 1e-12 * float(sides[:, 1] @ sides[:, 1])
        return np.asarray(y - z * (y @ z) / (z @ z) if free else y)

    def misfit(self, shift: float) -> float:
        """Mean square of the residual."""
        r = self.residual(shift)
        return float(r @ r / self.weight.sum())

    @property
    def coefficients(self) -> int:
        """How many are fitted beside the shift."""
        return self.centres.size + 1

    def aicc(self, shift: float, correlation: float) -> float:
        """Corrected Akaike criterion of the number of knots, for as many points as are independent."""
        points, fitted = float(self.weight.sum()) / correlation, self.coefficients + 2
        if points <= fitted + 2:
            return np.inf
        return points * float(np.log(max(self.misfit(shift), 1e-300))) + 2.0 * fitted * points / (points - fitted - 1.0)


def _bump(u: FloatArray) -> FloatArray:
    """The cubic B-spline with knots at -2 .. 2."""
    size = np.abs(u)
    outer, inner = np.maximum(2.0 - size, 0.0), np.maximum(1.0 - size, 0.0)
    return np.asarray(outer * outer * outer / 6.0 - inner * inner * inner * (2.0 / 3.0))


def _centres(low: float, high: float, knots: int, *, even: bool) -> FloatArray:
    """Of all bumps that reach into low .. high, cut into `knots` pieces; those below zero are mirrors if even."""
    return np.asarray(low + (high - low) / knots * np.arange(0 if even else -1, knots + 2))


def _taper(distance: FloatArray, reach: float) -> FloatArray:
    """1 inside, falling as cos^2 over the last fifth: points that enter or leave as the shift moves do not count."""
    u = np.clip((np.abs(distance) / reach - 0.8) / 0.2, 0.0, 1.0)
    return np.asarray(np.cos(0.5 * np.pi * u) ** 2)


def _even_rows(bias: FloatArray, conductance: FloatArray, about: float, reach: float, knots: int) -> _Rows:
    rows = np.abs(bias - about) < reach
    x, y = bias[rows], conductance[rows]
    return _Rows(
        x,
        np.ones(x.size),
        y - y.mean(),
        x * y,
        _taper(x - about, reach),
        _centres(0.0, 1.1 * reach, knots, even=True),
        even=True,
    )


def _sweep_rows(up: Spectrum, down: Spectrum, limit: float, knots: int) -> _Rows:
    x = np.concatenate([up.bias, down.bias])
    y = np.concatenate([up.conductance, down.conductance])
    sign = np.repeat([0.5, -0.5], [up.bias.size, down.bias.size])
    centre, reach = 0.5 * float(x.min() + x.max()), 0.5 * float(np.ptp(x))
    every = _centres(centre - reach - limit, centre + reach + limit, 2 * knots, even=False)
    return _Rows(x, sign, y - y.mean(), sign, _taper(x - centre, reach), every, even=False)


def _best(rows: Callable[[float, int], _Rows], limit: float, correlation: float) -> Offset:
    """The shift of least misfit within +-limit: a scan, the minimum next to its best, again without spikes.

    rows(about, knots): the readings about a shift.
    """
    points = rows(0.0, _KNOTS[0]).x.size
    fine = max(k for k in _KNOTS if k == _KNOTS[0] or k <= min(points / 6, 27))
    trials = np.linspace(-limit, limit, 2 * int(np.clip(points / 8, 20, 100)) + 1)
    step = float(trials[1] - trials[0])
    best = float(trials[np.argmin([rows(s, fine).misfit(s) for s in trials])])
    for _ in range(2):
        knots = min((k for k in _KNOTS if k <= points / 4), key=lambda k: rows(best, k).aicc(best, correlation))
        held = _without_spikes(rows(best, knots), best)
        best = _minimum(held, best, step)
    # Noise alone puts its best shift near the ends of the scan more often than not.
    if abs(best) >= 0.75 * limit:
        return Offset(None, None, f"no minimum within +-{0.75 * limit:.3g} mV")
    error = _error(held, best, step, correlation)
    # A flat misfit has minima of noise too: this one must stand out from the misfit of all shifts.
    typical = float(np.median([rows(s, knots).misfit(s) for s in trials[::4]]))
    least = rows(best, knots).misfit(best)
    rise = float(held.weight.sum()) / correlation * (typical - least) / least if least > 0.0 else np.inf
    if not (error < limit and rise > _STANDS_OUT + 2.0 * held.coefficients):
        return Offset(None, None, "no feature that a shift would move: undetermined by these data")
    return Offset(best, error)


def _minimum(rows: _Rows, about: float, step: float) -> float:
    found = minimize_scalar(
        rows.misfit, bounds=(about - step, about + step), method="bounded", options={"xatol": 1e-6 * step}
    )
    return float(found.x)


def _without_spikes(rows: _Rows, shift: float) -> _Rows:
    used = rows.weight > 1e-6
    deviation = np.zeros(used.size)
    deviation[used] = np.abs(rows.residual(shift)[used]) / np.sqrt(rows.weight[used])
    limit = 4.0 * _MAD * float(np.median(deviation[used]))
    return replace(rows, weight=np.where(deviation <= limit, rows.weight, 0.0)) if limit > 0.0 else rows


def _error(rows: _Rows, shift: float, step: float, correlation: float) -> float:
    """Standard error of the shift: noise of the residuals over their derivative, itself from a central difference."""
    delta = 0.05 * step
    slope = (rows.residual(shift + delta) - rows.residual(shift - delta)) / (2.0 * delta)
    free = max(1.0 - correlation * (rows.coefficients + 1.0) / float(rows.weight.sum()), 0.1)
    variance = rows.misfit(shift) / free * correlation
    curvature = float(slope @ slope)
    return float(np.sqrt(variance * float(rows.weight @ slope**2))) / curvature if curvature > 0.0 else np.inf


def _difference(up: Spectrum, down: Spectrum, offset: float) -> float:
    """rms of up - down, over its noise, at the biases of `up` that both cover."""
    at = up.bias - offset
    inside = (at >= down.bias[0]) & (at <= down.bias[-1])
    first, second = _errors(up)[inside], _errors(down)
    right = np.clip(np.searchsorted(down.bias, at[inside]), 1, down.bias.size - 1)
    share = (at[inside] - down.bias[right - 1]) / (down.bias[right] - down.bias[right - 1])
    value = (1.0 - share) * down.conductance[right - 1] + share * down.conductance[right]
    noise = np.sqrt(first**2 + ((1.0 - share) * second[right - 1]) ** 2 + (share * second[right]) ** 2)
    return float(np.sqrt(np.mean(((up.conductance[inside] - value) / noise) ** 2)))


def _errors(spectrum: Spectrum) -> FloatArray:
    if spectrum.error is not None:
        return spectrum.error
    noise = noise_of(spectrum.bias, spectrum.conductance)
    if not noise:
        raise DataError(f"spectrum {spectrum.name!r}: its noise is not known, so a difference has no scale")
    return np.full(spectrum.bias.size, noise)


def _noise_by_stride(bias: FloatArray, conductance: FloatArray) -> tuple[float, int] | None:
    """The noise and the number of points after which it no longer grows; (finest scale, 1) where it always does."""
    if bias.size < 6:
        return None
    finest = _clipped_rms(scatter(bias, conductance, points=6 if bias.size >= 12 else 4))
    # Eight windows side by side at least: beyond that a stride resolves no structure at all.
    strides = [k for k in _STRIDES if 24 * k <= bias.size]
    level = {k: _strided(bias, conductance, k) for k in strides}
    for k in strides:
        # Noise shared over k points still grows a little beyond k, and few windows are uncertain; features grow 8-fold.
        allowed = (1.15 + 2.5 * np.sqrt(k / bias.size)) * level[k]
        further = [level[j] for j in ((2, 3) if k == 1 else (2 * k,)) if j in level]
        if further and max(further) <= allowed:
            return (finest, 1) if k == 1 else (level[2 * k], k)
    return finest, 1


def _strided(bias: FloatArray, conductance: FloatArray, stride: int) -> float:
    """Noise seen by every `stride`-th point, all phases, in the outer half of the range, where features are rare."""
    parts = []
    for first in range(stride):
        deviation = scatter(bias[first::stride], conductance[first::stride], points=4)
        quarter = max(deviation.size // 4, 1)
        parts += [deviation[:quarter], deviation[-quarter:]]
    return _clipped_rms(np.concatenate(parts))


def _clipped_rms(deviation: FloatArray) -> float:
    """Standard deviation of the bulk: cut at three sigma, starting from the median, corrected for what is cut."""
    sigma = _MAD * float(np.median(np.abs(deviation)))
    for _ in range(4):
        kept = deviation[np.abs(deviation) <= 3.0 * sigma]
        if not (sigma > 0.0 and kept.size):
            break
        # A normal distribution cut at three sigma keeps 0.98658 of its standard deviation.
        sigma = float(np.sqrt(np.mean(kept**2))) / 0.98658
    return sigma
