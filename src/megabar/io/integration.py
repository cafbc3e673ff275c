"""From an image to a pattern: which pixels count, and the mean of each ring by sigma clipping or by its middle half.

The geometry and the clipping are pyFAI's. Every pixel belongs to one ring (no splitting), so that the points of a
pattern are independent and their errors mean what they say.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.data.image import Image
from megabar.errors import DataError
from megabar.io.images import INSTALL

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]
Method = Literal["clip", "median", "mean"]

FEWEST_PIXELS: Final = 4
"""Rings with fewer usable pixels give no point: their scatter tells no error."""

_METHOD: Final = ("no", "csr", "cython")
_UNIT: Final = "2th_deg"
_ROUNDS: Final = 5
_DUMMY: Final = -1e9
_QUARTER: Final = 0.25
_ANGSTROM: Final = 1e10
_CUTOFF: Final = re.compile(r"count[ _]?cutoff[ :=]*([0-9.eE+]+)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Pattern:
    """Intensity in counts a pixel against 2 theta (deg), rising, with one standard deviation; arrays (n,).

    pixels: usable ones in each ring.
    """

    two_theta: FloatArray
    intensity: FloatArray
    error: FloatArray
    pixels: FloatArray


@dataclass(frozen=True)
class Usable:
    """How many pixels of a frame do not count: masked for all frames, dead in this one (negative or NaN), saturated."""

    masked: int
    dead: int
    saturated: int
    size: int


class Integrator:
    """The rings of one detector position: made once, used for every frame of a size.

    poni: file of pyFAI's calibration. shape: rows and columns of the frames. mask: True for pixels that never count.
    points: rings; automatic: one pixel wide. threshold: of the clipping, in standard deviations of a ring.
    polarisation: of the beam, -1 to 1 (0.99 at a synchrotron's horizontal plane); None: no correction.
    DataError: pyFAI missing, a file that is no calibration or belongs to a detector of another size.
    """

    def __init__(
        self,
        poni: Path,
        shape: tuple[int, int],
        *,
        mask: Mask | None = None,
        points: int | None = None,
        threshold: float = 5.0,
        polarisation: float | None = None,
    ) -> None:
        self._geometry = _geometry(poni, shape)
        self.shape, self.threshold, self._polarisation = shape, threshold, polarisation
        fixed = self._geometry.detector.mask
        self.mask: Mask = np.zeros(shape, dtype=bool) if fixed is None else np.asarray(fixed, dtype=bool)
        if mask is not None:
            if mask.shape != shape:
                raise DataError(f"the mask has {_by(mask.shape)} pixels and the image {_by(shape)}: use its own mask")
            self.mask = self.mask | mask
        if self.mask.all():
            raise DataError("the mask leaves no pixel: correct read.mask")
        angle = np.degrees(self._geometry.center_array(shape, unit="2th_rad"))
        self.points = points or _one_pixel_wide(angle[~self.mask], self._geometry)
        self._rings = _Rings(angle, self.mask, self.points)
        weight = self._geometry.solidAngleArray(shape)
        if polarisation is not None:
            weight = weight * self._geometry.polarization(shape, factor=polarisation)
        self._weight = weight.astype(np.float32)

    @property
    def wavelength(self) -> float | None:
        """That of the calibration, angstrom; None where it gives none."""
        length = self._geometry.wavelength
        return None if not length else float(length) * _ANGSTROM

    def usable(self, image: Image, *, saturation: float | None = None) -> tuple[Mask, Usable]:
        """True for the pixels of a frame that do not count, and how many they are.

        Saturated is what reaches `saturation`; without it the cutoff in the header, or the end of the range of whole
        numbers, where a detector writes overflow. DataError for another size, or where nothing is left.
        """
        pixels = image.pixels
        if pixels.shape != self.shape:
            raise DataError(f"{_by(pixels.shape)} pixels, and the others {_by(self.shape)}: one size for one detector")
        limit = saturation if saturation is not None else _saturation(image)
        with np.errstate(invalid="ignore"):
            saturated = np.zeros(self.shape, dtype=bool) if limit is None else pixels >= limit
            dead = ~(pixels >= 0) & ~saturated
        bad = self.mask | saturated | dead
        count = [int(np.count_nonzero(part & ~self.mask)) for part in (dead, saturated)]
        if bad.all():
            raise DataError(f"no usable pixel: {count[1]} saturated, {count[0]} dead, the others masked")
        return bad, Usable(int(np.count_nonzero(self.mask)), count[0], count[1], pixels.size)

    def integrate(self, image: Image, bad: Mask, method: Method = "clip") -> Pattern:
        """The pattern of a frame without the pixels `bad`.

        "clip": mean of each ring after pixels off by more than the threshold were taken out, again and again: leaves
        out the spots of diamond and gasket; the error follows from the scatter along the ring. "median": mean of the
        middle half of each ring, for spotty rings of the sample too. "mean": plain.
        """
        if method == "median":
            return self._rings.middle_half(image.pixels / self._weight, bad)
        data = np.where(bad, np.float32(_DUMMY), image.pixels).astype(np.float32)
        common = {
            "unit": _UNIT,
            "method": _METHOD,
            "error_model": "azimuthal",
            "mask": self.mask,
            "dummy": _DUMMY,
            "delta_dummy": 1.0,
            "polarization_factor": self._polarisation,
            "radial_range": self._rings.ends,
            "safe": False,
        }
        if method == "clip":
            found = self._geometry.sigma_clip_ng(data, self.points, thres=self.threshold, max_iter=_ROUNDS, **common)
        else:
            found = self._geometry.integrate1d_ng(data, self.points, **common)
        return _pattern(self._rings.centre, found.intensity, found.sem, found.count)


class _Rings:
    """Pixels sorted by ring."""

    def __init__(self, angle: FloatArray, mask: Mask, points: int) -> None:
        used = angle[~mask]
        self.ends = (float(used.min()), float(used.max()) * (1.0 + 1e-9))
        edges = np.linspace(*self.ends, points + 1)
        ring = np.clip(np.searchsorted(edges, angle.ravel(), side="right") - 1, 0, points - 1)
        inside = np.flatnonzero(~mask.ravel())
        self._order = inside[np.argsort(ring[inside], kind="stable")]
        self._ring = ring[self._order]
        count = np.bincount(self._ring, minlength=points)
        total = np.bincount(self._ring, weights=angle.ravel()[self._order], minlength=points)
        # The mean angle of the pixels, not the middle of the ring: there are more of them farther out.
        self.centre: FloatArray = np.where(count > 0, total / np.maximum(count, 1), (edges[1:] + edges[:-1]) / 2.0)

    def middle_half(self, values: NDArray[Any], bad: Mask) -> Pattern:
        """Mean of the values between the quartiles of each ring, with the error of a trimmed mean.

        Its variance is that of the ring with the outer quarters pulled in to the quartiles, over (1 - 2/4)^2 n
        (J. W. Tukey and D. H. McLaughlin, Sankhya A 25, 331 (1963)); at least one count in the ring, so that rings
        of equal counts have an error too.
        """
        kept = ~bad.ravel()[self._order]
        ring, value = self._ring[kept], values.ravel()[self._order[kept]].astype(np.float64)
        count = np.bincount(ring, minlength=self.centre.size)
        start = np.concatenate([[0], np.cumsum(count)[:-1]])
        # Sorts within the rings at once: each ring gets a range of numbers of its own.
        low = value.min()
        span = float(value.max() - low) + 1.0
        value = np.sort(value - low + ring * span) - ring * span + low
        cut = np.floor(_QUARTER * count).astype(np.intp)
        some = count >= FEWEST_PIXELS
        first, last = (start + cut)[some], (start + count - cut - 1)[some]
        n = count[some]
        pulled = np.clip(value[some[ring]], np.repeat(value[first], n), np.repeat(value[last], n))
        begin = np.concatenate([[0], np.cumsum(n)[:-1]])
        total = np.add.reduceat(pulled, begin)
        outer = cut[some] * (value[first] + value[last])
        mean = (total - outer) / (n - 2 * cut[some])
        deviation = pulled - np.repeat(total / n, n)
        variance = np.add.reduceat(deviation**2, begin) / (n - 1)
        share = 1.0 - 2.0 * cut[some] / n
        error = np.maximum(np.sqrt(variance / n) / share, 1.0 / n)
        return Pattern(self.centre[some], mean, error, n.astype(np.float64))


def _pattern(angle: Any, intensity: Any, error: Any, count: Any) -> Pattern:
    """Rings with enough pixels; a ring of equal counts has the error of one count in it."""
    columns = [np.asarray(values, dtype=np.float64) for values in (angle, intensity, error, count)]
    some = columns[3] >= FEWEST_PIXELS
    x, y, sigma, n = (values[some] for values in columns)
    return Pattern(x, y, np.maximum(np.nan_to_num(sigma), 1.0 / n), n)


def _geometry(poni: Path, shape: tuple[int, int]) -> Any:
    for quiet in ("pyFAI", "silx"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
    try:
        from pyFAI.integrator.azimuthal import AzimuthalIntegrator
    except ImportError as error:
        raise DataError(INSTALL) from error
    try:
        geometry = AzimuthalIntegrator.sload(str(poni))
    except Exception as error:
        said = " ".join(str(error).split())[:80]
        raise DataError(f"{poni.name}: no calibration of pyFAI ({said}); save it as .poni again") from error
    if not geometry.dist or not geometry.pixel1:
        raise DataError(f"{poni.name}: no distance or pixel size in it; save the calibration as .poni again")
    expected = geometry.detector.max_shape or geometry.detector.shape
    if expected is not None and tuple(expected) != shape:
        raise DataError(f"{poni.name}: for a detector of {_by(expected)} pixels, and the image has {_by(shape)}")
    geometry.detector.shape = shape
    return geometry


def _one_pixel_wide(angle: FloatArray, geometry: Any) -> int:
    """Rings as wide as a pixel seen from the sample."""
    width = np.degrees(np.arctan2(geometry.pixel1, geometry.dist))
    return max(1, int(np.ptp(angle) / width))


def _saturation(image: Image) -> float | None:
    """Where counts end: as the header says ("Count_cutoff 1048500"), or the largest number that whole ones can hold."""
    for key, value in image.metadata.items():
        if found := _CUTOFF.search(f"{key} {value}"):
            return float(found[1])
    return float(np.iinfo(image.pixels.dtype).max) if image.pixels.dtype.kind in "iu" else None


def _by(shape: Any) -> str:
    return " x ".join(str(n) for n in shape)
