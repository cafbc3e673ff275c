"""One reading of a pressure gauge in every scale of that gauge, and pressures from one scale to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.errors import DataError, DomainError
from megabar.physics.pressure_scale import READING_UNITS, SCALES, Scale, ruby_temperature_shift, scales_of
from megabar.physics.pressure_standard import STANDARDS, Standard, standards_of

OPTICAL: Final = tuple(READING_UNITS)
MATERIALS: Final = tuple(dict.fromkeys(standard.material for standard in STANDARDS.values()))


@dataclass(frozen=True)
class Converted:
    """A pressure (GPa) by one scale; error: of the reading alone.

    trusted: the scale was calibrated there and its constants come from its publication.
    """

    scale: str
    pressure: float
    error: float | None
    trusted: bool
    reach: tuple[float, float]
    source: str
    doi: str
    remark: str


@dataclass(frozen=True)
class Conversion:
    """A reading (cm^-1, nm or angstrom^3) of a gauge and its pressures, the usual or stated scale first."""

    gauge: str
    reading: float
    unit: str
    pressures: tuple[Converted, ...]

    @property
    def spread(self) -> tuple[float, float] | None:
        """The lowest and the highest pressure of the scales that were calibrated there; None without two of them."""
        trusted = [one.pressure for one in self.pressures if one.trusted]
        return (min(trusted), max(trusted)) if len(trusted) > 1 else None

    @property
    def disagreement(self) -> float:
        """Half the difference between the extreme trusted scales, GPa; 0 with fewer than two."""
        return 0.0 if self.spread is None else 0.5 * (self.spread[1] - self.spread[0])


_BELOW_ZERO: Final = 0.99
"""Of the reading at zero pressure: lower ones are of another line or another unit."""
_LOWEST: Final = -10.0
_HIGHEST: Final = 1500.0
"""GPa: beyond these no anvil cell is; a little tension is what a reading at room pressure may say."""


def convert_reading(
    gauge: str, reading: float, *, error: float | None = None, scale: str = "", temperature: float | None = None
) -> Conversion:
    """A reading in every scale of its gauge; `scale` comes first where it is named.

    gauge: "diamond edge" (cm^-1), "ruby" (nm) or a material (cell volume in angstrom^3). error: one standard deviation
    of the reading, > 0. temperature: of ruby, K; its line is reduced to 296 K first.
    DomainError for unknown gauges and scales, readings that are not positive, a temperature beside another gauge.
    """
    if not (np.isfinite(reading) and reading > 0.0):
        raise DomainError(f"{gauge}: the reading must be positive, found {reading:g}")
    if error is not None and not (np.isfinite(error) and error > 0.0):
        raise DomainError(
            f"{gauge}: the error of the reading must be positive, found {error:g}; leave it out if unknown"
        )
    used = reading
    if temperature is not None:
        if gauge != "ruby":
            raise DomainError(f"{gauge}: only the line of ruby is corrected for its temperature")
        used = reading - float(ruby_temperature_shift(temperature))
    if gauge in OPTICAL:
        _above_zero(gauge, used, reading)
        made = [_optical(one, used, error) for one in scales_of(gauge)]
        unit = READING_UNITS[gauge]
    else:
        made = [_by_volume(one, used, error) for one in standards_of(gauge)]
        unit = "angstrom^3"
    if not any(_LOWEST <= one.pressure <= _HIGHEST for one in made):
        raise DomainError(f"{gauge}: no scale gives a possible pressure for {reading:g} {unit}: is it in another unit?")
    return Conversion(gauge, reading, unit, tuple(_first(made, scale, gauge)))


def _above_zero(gauge: str, used: float, reading: float) -> None:
    """DomainError for a reading far below that at zero pressure, where a polynomial may turn up again."""
    zero = scales_of(gauge)[0].zero
    if used < _BELOW_ZERO * zero:
        unit = READING_UNITS[gauge]
        place = f"{zero:g} {unit}, its place at zero pressure"
        raise DomainError(f"{gauge}: {reading:g} {unit} lies far below {place}: is it in another unit?")


def convert_pressure(pressure: float, *, scale: str) -> Conversion:
    """What the other scales of the same gauge say where this one says `pressure` (GPa).

    DataError for an unknown scale; DomainError for a pressure that it does not reach.
    """
    if not (np.isfinite(pressure) and pressure >= 0.0):
        raise DomainError(f"pressure: found {pressure:g} GPa; a pressure in a cell is zero or positive")
    if scale in SCALES:
        gauge = SCALES[scale].gauge
        reading = float(SCALES[scale].reading(np.asarray(pressure, dtype=np.float64)))
        return convert_reading(gauge, reading, scale=scale)
    if scale in STANDARDS:
        return convert_reading(STANDARDS[scale].material, float(STANDARDS[scale].volume(pressure)), scale=scale)
    raise DataError(f"scale: found {scale!r}; allowed: {', '.join((*SCALES, *STANDARDS))}")


def _optical(scale: Scale, reading: float, error: float | None) -> Converted:
    x = np.asarray(reading, dtype=np.float64)
    own = None if error is None else abs(float(scale.slope(x))) * error
    reach = (scale.lowest, scale.highest)
    pressure = float(scale.pressure(x))
    trusted = scale.trusts(reading) and bool(scale.doi)
    return Converted(scale.name, pressure, own, trusted, reach, scale.source, scale.doi, scale.remark)


def _by_volume(standard: Standard, volume: float, error: float | None) -> Converted:
    pressure = float(standard.pressure(volume))
    own = None if error is None else float(standard.bulk_modulus(volume)) / volume * error
    trusted = standard.covers(pressure)
    reach = (0.0, standard.highest)
    return Converted(standard.name, pressure, own, trusted, reach, standard.source, standard.doi, standard.remark)


def _first(made: Sequence[Converted], scale: str, gauge: str) -> list[Converted]:
    if not scale:
        return list(made)
    if all(one.scale != scale for one in made):
        raise DomainError(f"scale of {gauge}: found {scale!r}; allowed: {', '.join(one.scale for one in made)}")
    return sorted(made, key=lambda one: one.scale != scale)
