"""Pressures and volumes with their errors out of a table, by its own pressures or by an internal standard beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.volumes_settings import Settings
from megabar.data import Curve, Note, Role
from megabar.errors import DataError
from megabar.io.table import some
from megabar.physics.pressure_standard import STANDARDS, standards_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Compression:
    """Rows of one table by one scale, falling in volume; pressure GPa, volume angstrom^3 per formula unit.

    Errors are one standard deviation or None. scale: "" for pressures that the table itself holds.
    """

    name: str
    scale: str
    pressure: FloatArray
    volume: FloatArray
    pressure_error: FloatArray | None
    volume_error: FloatArray | None

    def __len__(self) -> int:
        return int(self.volume.size)


def compressions(curve: Curve, settings: Settings) -> tuple[list[Compression], list[Note]]:
    """The table by the chosen scale first, then by the other equations of state of the same standard.

    DataError where a column is missing or no complete row is left.
    """
    notes: list[Note] = []
    volume, volume_error = _column(curve, settings.volume, Role.VOLUME, settings.volume_error)
    volume, volume_error = volume / settings.formula_units, _scaled(volume_error, settings.formula_units)
    made: list[Compression] = []
    for scale, pressure, error in _pressures(curve, settings):
        rows = np.isfinite(pressure) & np.isfinite(volume) & (volume > 0.0)
        if settings.pressure_range is not None:
            rows &= (pressure >= settings.pressure_range[0]) & (pressure <= settings.pressure_range[1])
        if not rows.any():
            raise DataError(f"{curve.name}: no row with a pressure and a positive volume")
        if not made and not rows.all():
            notes.append(Note(f"{curve.name}: {int(np.sum(~rows))} rows without a number or out of range left out"))
        order = np.flatnonzero(rows)[np.argsort(-volume[rows], kind="stable")]
        errors = (_whole(error, order), _whole(volume_error, order))
        made.append(Compression(curve.name, scale, pressure[order], volume[order], *errors))
    first = made[0]
    unknown = [name for name in ("pressure", "volume") if getattr(first, f"{name}_error") is None]
    if unknown:
        text = f"{curve.name}: no errors of the {' and the '.join(unknown)}: what is not stated counts as exact"
        notes.append(Note(text if len(unknown) == 1 else f"{text}, and the scatter gives the errors", "warning"))
    return made, notes


def _pressures(curve: Curve, settings: Settings) -> list[tuple[str, FloatArray, FloatArray | None]]:
    """Scale, pressures and their errors: of the table, or by every equation of state of the standard."""
    if settings.gauge_volume is None:
        if not curve.has(Role.PRESSURE):
            raise DataError(
                f"{curve.name}: no pressure column; name it under read.columns.pressure, or the volumes of an internal "
                "standard under settings.gauge_volume"
            )
        column = curve.column(Role.PRESSURE)
        return [("", column.values, column.error)]
    gauge, error = _column(curve, settings.gauge_volume, Role.VOLUME, settings.gauge_volume_error)
    chosen = STANDARDS[settings.standard]
    made = []
    good = np.isfinite(gauge) & (gauge > 0.0)
    safe = np.where(good, gauge, chosen.volume_zero)
    for one in (chosen, *(other for other in standards_of(chosen.material) if other is not chosen)):
        pressure = np.where(good, np.asarray(one.pressure(safe)), np.nan)
        own = None if error is None else np.asarray(one.bulk_modulus(safe)) / safe * error
        made.append((one.name, pressure, own))
    return made


def _column(curve: Curve, heading: str | None, role: Role, error: str | None) -> tuple[FloatArray, FloatArray | None]:
    """Numbers of the column with this heading, or of this role, and their errors."""
    if heading is None:
        if not curve.has(role):
            known = some([repr(column.name) for column in curve.columns], limit=12)
            raise DataError(
                f"{curve.name}: no volume column; name it under settings.volume or read.columns.volume (found: {known})"
            )
        column = curve.column(role)
        return column.values, column.error if error is None else _named(curve, error)
    values = _named(curve, heading)
    own = next(column.error for column in curve.columns if column.name == heading)
    return values, own if error is None else _named(curve, error)


def _named(curve: Curve, heading: str) -> FloatArray:
    for column in curve.columns:
        if column.name == heading:
            return column.values
    known = some([repr(column.name) for column in curve.columns], limit=12)
    raise DataError(f"{curve.name}: no column {heading!r}; the file has {known}")


def _scaled(values: FloatArray | None, divisor: int) -> FloatArray | None:
    return None if values is None else values / divisor


def _whole(error: FloatArray | None, rows: NDArray[np.intp]) -> FloatArray | None:
    """The errors of these rows, None unless all are positive."""
    if error is None:
        return None
    own = error[rows]
    return own if bool(np.all(np.isfinite(own) & (own > 0.0))) else None
