"""Optical spectra made ready: what the axis is, rows in order, spikes of cosmic rays, the noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.optimize import nnls

from megabar.analysis.raman_settings import Settings
from megabar.data import Column, Curve, Note, Role
from megabar.errors import DataError
from megabar.io.table import some

FloatArray = NDArray[np.float64]
Axis = Literal["raman_shift", "wavelength"]

FEWEST: Final = 20
AIR: Final = 1.000277
"""Refractive index of air in the visible: what reading a laser's or a line's wavelength as one in vacuum does."""

_NAMELESS: Final = "column "
_RUBY_RANGE: Final = (640.0, 900.0)
_RUBY_LINE: Final = (692.0, 698.0)
"""nm. A nameless axis that lies within the first and holds the second is a wavelength."""
_SPIKE: Final = 10.0
"""Noise by which a spike stands out of its surroundings."""
_NARROW: Final = 0.8
"""See `_spikes`."""
_FEW: Final = 5
_SHARE: Final = 0.005
"""Readings, in number and as a share of all, up to which spikes are taken for cosmic rays."""
_AROUND: Final = 9
_LEVELS: Final = 8


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One spectrum on a rising axis (cm^-1 or nm); all arrays (n,).

    noise: standard deviation of each reading, from differences of neighbours against the level (a + b level).
    spikes: where readings were left out as cosmic rays, and `spiked` those readings.
    """

    name: str
    axis: Axis
    x: FloatArray
    y: FloatArray
    noise: FloatArray
    spikes: FloatArray
    spiked: FloatArray

    def within(self, low: float, high: float) -> Spectrum:
        """The part of it between two values of the axis."""
        rows = (self.x >= low) & (self.x <= high)
        return replace(self, x=self.x[rows], y=self.y[rows], noise=self.noise[rows])

    def as_wavelengths(self, laser: float) -> Spectrum:
        """The same on an axis of wavelengths (nm), for shifts from a laser of this wavelength (nm)."""
        return self if self.axis == "wavelength" else replace(self, axis="wavelength", x=wavelength_of(self.x, laser))

    def as_shifts(self, laser: float) -> Spectrum:
        """The same on an axis of Raman shifts (cm^-1)."""
        if self.axis == "raman_shift":
            return self
        return replace(self, axis="raman_shift", x=1e7 / laser - 1e7 / self.x)


def wavelength_of(shift: FloatArray, laser: float) -> FloatArray:
    """1/(1/laser - shift), nm, with the shift in cm^-1; both wavelengths in the same medium."""
    return np.asarray(1.0 / (1.0 / laser - 1e-7 * shift))


def prepare(curve: Curve, settings: Settings) -> tuple[Spectrum, list[Note]]:
    """The spectrum that a curve holds; DataError where its columns are not those of one, or it says nothing."""
    curve, notes = _with_roles(curve)
    axis, column, more = _axis(curve, settings)
    notes += more
    x, y = column.values, _intensity(curve, settings)
    good = np.isfinite(x) & np.isfinite(y)
    if int(np.sum(good)) < FEWEST:
        raise DataError(f"{curve.name}: {int(np.sum(good))} readings with numbers; a spectrum needs at least {FEWEST}")
    x, first = np.unique(x[good], return_index=True)
    y = y[good][first]
    if x.size < FEWEST:
        raise DataError(f"{curve.name}: {x.size} different values of the axis: wrong column?")
    if not np.ptp(y) > 0.0:
        raise DataError(f"{curve.name}: the intensity is {y[0]:g} everywhere: an empty spectrum, or the wrong column")
    if axis == "wavelength" and not (x[0] > 100.0 and x[-1] < 1e4):
        raise DataError(
            f"{curve.name}: wavelengths from {x[0]:.4g} to {x[-1]:.4g} nm: wrong unit? say read.units.wavelength, or "
            "settings.axis"
        )
    noise = noise_of(y)
    spikes = _spikes(y, noise) if settings.cosmic_rays else np.zeros(y.size, dtype=np.bool_)
    most = max(_FEW, round(_SHARE * y.size))
    if int(np.sum(spikes)) > most:
        text = (
            f"{curve.name}: {int(np.sum(spikes))} readings stand out alone, too many for cosmic rays: kept, as lines of"
        )
        notes.append(Note(f"{text} one or two points' width would be", "warning"))
        spikes[:] = False
    if spikes.any():
        where = some([f"{value:.5g}" for value in x[spikes]])
        count = int(np.sum(spikes))
        notes.append(Note(f"{curve.name}: {count} readings left out as cosmic rays, at {where}", "warning"))
    keep = ~spikes
    return Spectrum(curve.name, axis, x[keep], y[keep], noise_of(y[keep]), x[spikes], y[spikes]), notes


def noise_of(y: FloatArray) -> FloatArray:
    """Standard deviation of every reading: sqrt(a + b level), a and b >= 0 from second differences at several levels.

    Lines narrower than four points, and smoothing by the instrument, make it wrong.
    """
    level = median_filter(y, 5, mode="nearest")
    difference = (y[:-2] - 2.0 * y[1:-1] + y[2:]) / np.sqrt(6.0)
    rows = np.array_split(np.argsort(level[1:-1], kind="stable"), _LEVELS)
    at = np.array([float(np.mean(level[1:-1][row])) for row in rows])
    variance = np.array([(1.4826 * float(np.median(np.abs(difference[row])))) ** 2 for row in rows])
    floor = float(level.min())
    spread = max(float(np.ptp(level)), 1e-300)
    (a, b), _ = nnls(np.column_stack([np.ones(_LEVELS), (at - floor) / spread]), variance)
    least = max(float(np.mean(variance)) * 1e-3, (1e-9 * float(np.ptp(y))) ** 2)
    return np.asarray(np.sqrt(np.maximum(a + b * (level - floor) / spread, least)))


def _with_roles(curve: Curve) -> tuple[Curve, list[Note]]:
    """Two columns without names, as a file without headings gives them, are a Raman shift and an intensity."""
    nameless = all(column.role == Role.OTHER and column.name.startswith(_NAMELESS) for column in curve.columns)
    if len(curve.columns) != 2 or not nameless:
        return curve, []
    roles = (Role.RAMAN_SHIFT, Role.INTENSITY)
    columns = tuple(Column(one.name, role, one.values) for one, role in zip(curve.columns, roles, strict=True))
    return replace(curve, columns=columns), [Note(f"{curve.name}: two columns without names taken as a spectrum")]


def _axis(curve: Curve, settings: Settings) -> tuple[Axis, Column, list[Note]]:
    wanted: dict[Axis, Role] = {"raman_shift": Role.RAMAN_SHIFT, "wavelength": Role.WAVELENGTH}
    found: dict[Axis, Column] = {name: curve.column(role) for name, role in wanted.items() if curve.has(role)}
    if not found:
        raise DataError(
            f"{curve.name}: neither a Raman shift nor a wavelength among its columns; name one under "
            "read.columns.raman_shift or read.columns.wavelength"
        )
    if settings.axis != "auto":
        return settings.axis, found.get(settings.axis, next(iter(found.values()))), []
    name, column = next(iter(found.items()))
    x = column.values[np.isfinite(column.values)]
    if name == "raman_shift" and x.size and _looks_like_ruby(column, x):
        text = (
            f"{curve.name}: the axis runs from {x.min():.5g} to {x.max():.5g} without a name: taken as wavelength, nm"
        )
        return "wavelength", column, [Note(f"{text}; settings.axis says otherwise", "warning")]
    return name, column, []


def _looks_like_ruby(column: Column, x: FloatArray) -> bool:
    nameless = column.name.startswith(_NAMELESS) or not column.name
    inside = _RUBY_RANGE[0] <= x.min() and x.max() <= _RUBY_RANGE[1]
    return nameless and inside and x.min() <= _RUBY_LINE[0] and x.max() >= _RUBY_LINE[1]


def _intensity(curve: Curve, settings: Settings) -> FloatArray:
    if settings.intensity is not None:
        for column in curve.columns:
            if column.name == settings.intensity:
                return column.values
        known = some([repr(column.name) for column in curve.columns], limit=12)
        raise DataError(f"{curve.name}: no column {settings.intensity!r}; the file has {known}")
    return curve.values(Role.INTENSITY)


def _spikes(y: FloatArray, noise: FloatArray) -> NDArray[np.bool_]:
    """Readings that stand out on one or two points: as far above those two points away as above those four away.

    A Gaussian line of three points' width stands 71 % as far above the nearer ones, a wider one less.
    """
    near, far = (_above(y, steps) for steps in (2, 4))
    tall = near > _SPIKE * noise_at(median_filter(y, _AROUND, mode="nearest"), y, noise)
    return np.asarray(tall & (near > _NARROW * far))


def _above(y: FloatArray, steps: int) -> FloatArray:
    """How far every reading lies above the higher one of those `steps` away; nothing at the ends."""
    found = np.zeros(y.size)
    inner = slice(steps, y.size - steps)
    found[inner] = y[inner] - np.maximum(y[: -2 * steps], y[2 * steps :])
    return found


def noise_at(level: FloatArray, y: FloatArray, noise: FloatArray) -> FloatArray:
    """The noise that belongs to another level, by the noise of the readings nearest in level."""
    order = np.argsort(y, kind="stable")
    return np.asarray(np.interp(level, y[order], noise[order]))
