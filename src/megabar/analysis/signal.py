"""From what the instruments wrote to a resistance: current reversal, delta mode, lock-in phases, van der Pauw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.data import Column, Curve, Note, Role
from megabar.errors import DataError
from megabar.physics.van_der_pauw import sheet_resistance

FloatArray = NDArray[np.float64]

Mode = Literal["auto", "direct", "dc", "reversal", "delta", "lock-in"]

QUADRATURE_LIMIT: Final = 0.1
"""A quadrature above this share of the in-phase signal is warned about: capacitance, heating or a wrong phase."""

ALTERNATING: Final = 0.8
"""The current is reversed between readings when this share of neighbouring rows differ in its sign."""


SAME_TEMPERATURE: Final = 0.005
"""Configurations of a van der Pauw pair whose temperatures differ by more than this share do not belong together."""


@dataclass(frozen=True)
class Signal:
    """A curve with one resistance (or resistivity) column in front, how it was made, and the thermal voltage (V).

    thermal: mean and standard deviation of the part of the voltage that does not reverse with the current; None when
    the current was not reversed.
    """

    curve: Curve
    mode: str
    notes: tuple[Note, ...]
    thermal: tuple[float, float] | None = None

    @property
    def role(self) -> Role:
        """RESISTANCE (ohm) or RESISTIVITY (ohm m)."""
        return Role.RESISTANCE if self.curve.has(Role.RESISTANCE) else Role.RESISTIVITY


def resistance_of(curve: Curve, *, mode: Mode = "auto", current: float | None = None) -> Signal:
    """The resistance behind the columns of `curve`.

    direct: a resistance or resistivity column. dc: V/I, its thermal voltage unknown. reversal: pairs of readings with
    opposite currents, R = (V1 - V2)/(I1 - I2), free of a constant thermal voltage. delta: triples,
    R = (V1 - 2 V2 + V3)/(I1 - 2 I2 + I3), free of one that drifts linearly as well. lock-in: X/I with the quadrature
    reported. "auto": direct if there is such a column, lock-in if there is a quadrature, reversal if the current
    alternates (after each reading or after runs of equal length, which are averaged), else dc.
    No reading enters two resistances, so their noise stays independent.
    current: A, when the file has no current column. DataError names what is missing.
    """
    chosen = _mode(curve, current) if mode == "auto" else mode
    if chosen == "direct":
        if not (curve.has(Role.RESISTANCE) or curve.has(Role.RESISTIVITY)):
            curve.column(Role.RESISTANCE)
        return Signal(curve, "direct", ())
    voltage = curve.values(Role.VOLTAGE)
    amperes = _current(curve, current)
    if chosen in ("reversal", "delta"):
        curve, voltage, amperes = _one_reading_a_sign(curve, voltage, amperes)
        return _reversed(curve, voltage, amperes, block=2 if chosen == "reversal" else 3)
    notes: list[Note] = []
    if chosen == "lock-in":
        notes += _phase(curve, voltage)
    else:
        notes.append(
            Note(f"{curve.name}: V/I with a current of one sign: a thermal voltage would look like resistance")
        )
    return Signal(curve.with_column(_column(voltage / amperes, f"{chosen} V/I")), chosen, tuple(notes))


def van_der_pauw(first: Curve, second: Curve, *, thickness: float | None) -> tuple[Curve, tuple[Note, ...]]:
    """Sheet resistance (ohm per square), or resistivity (ohm m) with a thickness in um, of two configurations.

    R_s = (pi/ln 2) f (R_A + R_B)/2 with van der Pauw's f of the ratio R_A/R_B in the normal state (the warmest quarter
    of the rows), where both are well above their noise: linear in the data, so zero resistance stays zero. A ratio
    that changes with temperature would mean an inhomogeneous sample; its change is noted. DataError unless both
    configurations were recorded at the same temperatures (within 0.5 %).
    """
    temperature = _same_temperatures(first, second)
    a, b = first.values(Role.RESISTANCE), second.values(Role.RESISTANCE)
    warm = temperature >= np.quantile(temperature, 0.75)
    high_a, high_b = float(np.median(a[warm])), float(np.median(b[warm]))
    if not (high_a > 0 and high_b > 0):
        raise DataError(
            f"van der Pauw: normal-state resistances {high_a:.4g} and {high_b:.4g} ohm must be positive: swap the "
            "voltage leads of the negative one (its sign in the file)"
        )
    factor = float(sheet_resistance(high_a, high_b)) / (0.5 * (high_a + high_b))
    notes = [Note(f"van der Pauw: R_A/R_B = {high_a / high_b:.3g}, R_s = {factor:.4g} x mean resistance")]
    cool = (temperature >= np.quantile(temperature, 0.5)) & ~warm & (a > 0.1 * high_a) & (b > 0.1 * high_b)
    change = float(np.median(a[cool] / b[cool])) / (high_a / high_b) - 1.0 if cool.any() else 0.0
    if abs(change) > 0.1:
        notes.append(
            Note(f"van der Pauw: R_A/R_B changes by {100 * change:.0f} % on cooling: inhomogeneous sample", "warning")
        )
    values = 0.5 * factor * (a + b)
    shared = tuple(c for c in first.columns if c.role != Role.RESISTANCE)
    if thickness is None:
        column = Column(name="sheet resistance", role=Role.RESISTANCE, values=values)
    else:
        column = Column(name="resistivity", role=Role.RESISTIVITY, values=values * thickness * 1e-6)
    name = f"van der Pauw of {first.name} and {second.name}"
    curve = Curve(name, (column, *shared), first.simulated or second.simulated, first.digitised or second.digitised)
    return curve, tuple(notes)


def _same_temperatures(first: Curve, second: Curve) -> FloatArray:
    remedy = "record both configurations at the same temperatures"
    if len(first) != len(second):
        raise DataError(
            f"van der Pauw: {first.name!r} has {len(first)} rows and {second.name!r} {len(second)}: {remedy}"
        )
    here, there = first.values(Role.TEMPERATURE), second.values(Role.TEMPERATURE)
    apart = np.abs(here - there)
    if not np.all(apart <= np.maximum(SAME_TEMPERATURE * np.abs(here), 0.01)):
        raise DataError(
            f"van der Pauw: temperatures of {first.name!r} and {second.name!r} differ by up to {apart.max():.3g} K: "
            f"{remedy}"
        )
    return here


def _mode(curve: Curve, current: float | None) -> Mode:
    if curve.has(Role.RESISTANCE) or curve.has(Role.RESISTIVITY):
        return "direct"
    if not curve.has(Role.VOLTAGE):
        curve.column(Role.RESISTANCE)  # its error tells what there is instead
    if curve.has(Role.VOLTAGE_QUADRATURE):
        return "lock-in"
    amperes = _current(curve, current)
    runs = _runs_of_one_sign(amperes)
    # A current that changes sign after every reading or every few is reversed; one that did so once is not.
    often = len(runs) >= ALTERNATING * amperes.size / max(float(np.median([run.size for run in runs])), 1.0)
    return "reversal" if len(runs) >= 4 and often else "dc"


def _runs_of_one_sign(amperes: FloatArray) -> list[NDArray[np.intp]]:
    return list(np.split(np.arange(amperes.size), np.flatnonzero(np.diff(np.sign(amperes)) != 0) + 1))


def _one_reading_a_sign(curve: Curve, voltage: FloatArray, amperes: FloatArray) -> tuple[Curve, FloatArray, FloatArray]:
    """Readings that follow each other with one sign of the current (as in + + - -) averaged to one."""
    runs = _runs_of_one_sign(amperes)
    if len(runs) >= ALTERNATING * amperes.size:
        return curve, voltage, amperes
    columns = tuple(
        Column(c.name, c.role, np.array([c.values[run].mean() for run in runs]), c.unit, None, c.file_unit)
        for c in curve.columns
    )
    made = Curve(curve.name, columns, curve.simulated, curve.digitised, curve.metadata)
    mean_voltage, mean_current = (np.array([values[run].mean() for run in runs]) for values in (voltage, amperes))
    return made, mean_voltage, mean_current


def _current(curve: Curve, current: float | None) -> FloatArray:
    if current is None and not curve.has(Role.CURRENT):
        raise DataError(
            f"curve {curve.name!r} has a voltage but no current: set settings.current (A) or name its column"
        )
    amperes = np.full(len(curve), current) if current is not None else curve.values(Role.CURRENT)
    flows = np.abs(amperes) > 0.0
    if not flows.all():
        row = int(np.argmin(flows)) + 1
        raise DataError(
            f"curve {curve.name!r}: current is zero or unknown in data row {row}: no resistance follows; "
            "remove such rows"
        )
    return amperes


def _column(values: FloatArray, name: str) -> Column:
    return Column(name=name, role=Role.RESISTANCE, values=values)


def _reversed(curve: Curve, voltage: FloatArray, amperes: FloatArray, *, block: int) -> Signal:
    weights = np.array([1.0, -1.0]) if block == 2 else np.array([1.0, -2.0, 1.0])
    starts = _blocks(np.sign(amperes), block)
    if starts.size == 0:
        raise DataError(f"curve {curve.name!r}: no {block} neighbouring rows with alternating current: use mode dc")
    rows = starts[:, None] + np.arange(block)
    resistance = (voltage[rows] @ weights) / (amperes[rows] @ weights)
    even = np.abs(weights) / np.abs(weights).sum()
    thermal = voltage[rows] @ even - resistance * (amperes[rows] @ even)
    columns = tuple(
        Column(c.name, c.role, c.values[rows] @ even, c.unit, None, c.file_unit)
        for c in curve.columns
        if c.role not in (Role.VOLTAGE, Role.CURRENT)
    )
    mode = "current reversal" if block == 2 else "delta mode"
    unused = len(curve) - rows.size
    notes = _drift(curve, thermal, amperes, starts) if block == 2 else []
    notes += [
        Note(
            f"{curve.name}: {mode}: {starts.size} resistances from {len(curve)} readings ({unused} left over); thermal "
            f"voltage {1e6 * thermal.mean():.3g} uV, varying by {1e6 * thermal.std():.2g} uV, taken out"
        )
    ]
    made = Curve(
        curve.name,
        (_column(resistance, mode), *columns),
        curve.simulated,
        curve.digitised,
        curve.metadata,
    )
    return Signal(made, mode, tuple(notes), (float(thermal.mean()), float(thermal.std())))


def _drift(curve: Curve, thermal: FloatArray, amperes: FloatArray, starts: NDArray[np.intp]) -> list[Note]:
    """What a thermal voltage that drifts from reading to reading leaves in V/I of pairs: drift/(2 I)."""
    if starts.size < 8:
        return []
    u = starts - starts.mean()
    drift = float(u @ thermal / (u @ u))
    residual = thermal - thermal.mean() - drift * u
    error = float(np.sqrt(residual @ residual / (u.size - 2) / (u @ u)))
    if abs(drift) <= 4.0 * error:
        return []
    left = abs(drift) / (2.0 * float(np.median(np.abs(amperes))))
    text = f"{curve.name}: the thermal voltage drifts by {1e9 * drift:.2g} nV a reading, which leaves {left:.2g} ohm"
    return [Note(f'{text} in each resistance; signal = "delta" takes a steady drift out', "warning")]


def _blocks(sign: FloatArray, block: int) -> NDArray[np.intp]:
    """First rows of consecutive, non-overlapping blocks in which the current alternates."""
    flips = sign[1:] * sign[:-1] < 0
    starts: list[int] = []
    row = 0
    while row + block <= sign.size:
        if bool(flips[row : row + block - 1].all()):
            starts.append(row)
            row += block
        else:
            row += 1
    return np.array(starts, dtype=np.intp)


def _phase(curve: Curve, in_phase: FloatArray) -> list[Note]:
    if not curve.has(Role.VOLTAGE_QUADRATURE):
        return [Note(f"{curve.name}: lock-in without a quadrature column: its phase is not known")]
    high = (np.abs(in_phase) >= np.quantile(np.abs(in_phase), 0.75)) & (in_phase != 0.0)
    if not high.any():
        return [Note(f"{curve.name}: lock-in without any in-phase voltage: check the wiring and the phase", "warning")]
    share = float(np.median(curve.values(Role.VOLTAGE_QUADRATURE)[high] / in_phase[high]))
    text = f"{curve.name}: quadrature is {100 * share:.1f} % of the in-phase voltage in the normal state"
    if abs(share) > QUADRATURE_LIMIT:
        return [Note(f"{text}: check the lock-in's phase, capacitance or heating at twice the frequency", "warning")]
    return [Note(text)]
