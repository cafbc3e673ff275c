"""From the columns of a curve to spectra: conductance against ascending bias, one a sweep, temperature and field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from megabar.analysis.spectrum_derivative import (
    Derivative,
    local_polynomial_conductance,
    lock_in_conductance,
    moving_average,
    saturated,
    second_derivative,
    stepped,
    three_point_conductance,
)
from megabar.analysis.spectrum_shape import (
    Branch,
    Hysteresis,
    Offset,
    Parity,
    Spectrum,
    bias_offset,
    correlation_of,
    even_odd,
    hysteresis,
    is_symmetrised,
    noise_of,
)
from megabar.analysis.spectrum_sweeps import Rows, Setting, by_branch, by_setting
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Curve, Note, Role
from megabar.errors import DataError

__all__ = [
    "Derivative",
    "Hysteresis",
    "Method",
    "Offset",
    "Parity",
    "Spectrum",
    "bias_offset",
    "correlation_of",
    "even_odd",
    "hysteresis",
    "is_symmetrised",
    "local_polynomial_conductance",
    "lock_in_conductance",
    "moving_average",
    "noise_of",
    "saturated",
    "second_derivative",
    "spectra_of",
    "stepped",
    "three_point_conductance",
]

FloatArray = NDArray[np.float64]
Method = Literal["auto", "three-point", "polynomial"]

FEWEST_READINGS: Final = 3.0
"""The automatic window of the derivative reaches over so many typical steps of the bias on either side: with the noise
and the broadening of three-point slopes averaged over three. A wider one would cost features what it gains in noise."""

UNEVEN: Final = 3.0
"""Ratio of the largest to the smallest tenth of the steps above which slopes over three of them differ too much."""

THERMAL_SHARE: Final = 0.5
"""It reaches over this many kT where the temperature is known: 1 % more variance than thermal smearing has."""

THERMAL_WIDTH: Final = 3.5
"""Full width at half height of -df/dE in kT: nothing narrower is seen in a spectrum."""

LEAST_RANGE: Final = 0.1
"""A spectrum of unknown temperature that stays below this bias (mV) was probably written in V."""

LARGEST_RANGE: Final = 2000.0
"""A bias beyond this (mV) was probably written in uV: no gap and no contact needs it."""

_DIRECT: Final = (Role.NORMALISED_CONDUCTANCE, Role.CONDUCTANCE, Role.DIFFERENTIAL_RESISTANCE, Role.FIRST_HARMONIC)


@dataclass(frozen=True)
class _Readings:
    """What the rows of a curve hold.

    swept: (n,), what was stepped through, in the order of measurement. bias: (n,), mV. value, error: (n,), the reading
    whose conductance is factor/value (inverse) or value. current: (n,), A, instead of a value: to be differentiated.
    """

    kind: Role
    swept: FloatArray
    bias: FloatArray
    value: FloatArray
    error: FloatArray | None = None
    inverse: bool = False
    factor: float = 1.0
    current: FloatArray | None = None


@dataclass(frozen=True)
class _Points:
    """Readings (or conductances) at some biases; smoothing: mV, standard deviation of what each averages over."""

    bias: FloatArray
    value: FloatArray
    error: FloatArray | None
    smoothing: float = 0.0


@dataclass(frozen=True)
class _Options:
    derivative: Method
    half_width: float | None
    minimum_points: int


def spectra_of(
    curve: Curve,
    *,
    derivative: Method = "auto",
    half_width: float | None = None,
    modulation: float | None = None,
    temperature: float | None = None,
    minimum_points: int = 8,
) -> tuple[list[Spectrum], list[Note]]:
    """All spectra of a curve in the order of measurement, and notes on what was found, guessed and left out.

    What the curve holds is recognised in this order: a normalised conductance (unit "1"), a conductance (S), dV/dI,
    a lock-in's first harmonic (needs `modulation`, A, rms), each against the bias (mV) or a voltage; else current and
    voltage, which are differentiated: "three-point" by `three_point_conductance` and a three-point moving average,
    "polynomial" by `local_polynomial_conductance` of degree 2 within half_width (mV; by default half a kT or 3 steps,
    whichever is more). "auto" is the former, which smooths least, unless a half_width is given, half a kT is more than
    3 steps, or the steps are uneven.

    Rows are split by temperature and field where these take several values, then into sweeps up and down; the parts of
    one direction in a loop that begins at zero bias are joined. temperature: K, for a curve without such a column.
    Values that are not finite and positive are dropped and counted, repeated biases averaged. Errors are those of the
    column if it has any, else they follow from the noise of the readings (`noise_of`), through the derivative where
    there is one. Notes of one spectrum stand in it as well.

    DataError when a curve holds nothing usable: no such columns, more than half of the values not positive, all at one
    bias, fewer than minimum_points everywhere.
    """
    options = _Options(derivative, half_width, minimum_points)
    curve, notes = _complete(curve)
    readings, more = _readings(curve, modulation)
    notes += more
    spectra: list[Spectrum] = []
    missing: list[Note] = []
    for setting in by_setting(curve, temperature):
        notes += setting.notes
        for branch, number, parts in by_branch(readings.swept, setting.rows):
            try:
                made = _spectrum(curve.name, readings, setting, branch, parts, options)
            except DataError as refusal:
                missing.append(Note(f"{refusal}: left out", "warning"))
                continue
            named = made if number == 1 else replace(made, name=f"{made.name} ({number})")
            spectra.append(named)
    if not spectra:
        raise DataError(missing[0].text.removesuffix(": left out"))
    notes += [note for spectrum in spectra for note in spectrum.notes]
    return spectra, notes + missing


def _complete(curve: Curve) -> tuple[Curve, list[Note]]:
    """The rows in which whatever was set or swept is a number."""
    wanted = (Role.BIAS, Role.VOLTAGE, Role.CURRENT, Role.TEMPERATURE, Role.FIELD)
    good = np.ones(len(curve), dtype=bool)
    for column in curve.columns:
        if column.role in wanted:
            good &= np.isfinite(column.values)
    if good.all():
        return curve, []
    bad = int(np.count_nonzero(~good))
    return curve.take(good), [
        Note(f"{curve.name}: {bad} rows without bias, current or temperature: left out", "warning")
    ]


def _readings(curve: Curve, modulation: float | None) -> tuple[_Readings, list[Note]]:
    kind = next((role for role in _DIRECT if curve.has(role)), None)
    if kind is None:
        return _current_and_voltage(curve), []
    bias = _bias(curve)
    column = curve.column(kind)
    value, error, notes = column.values, column.error, []
    factor = 1.0
    if kind == Role.FIRST_HARMONIC:
        if modulation is None:
            raise DataError(
                f"curve {curve.name!r}: a first harmonic gives a conductance only with the modulation of the current: "
                "set settings.modulation (A, rms)"
            )
        conductance, good = lock_in_conductance(value, modulation=modulation)
        value = np.full(good.size, np.nan)
        value[good] = modulation / conductance
        factor = modulation
        notes = _lock_in_notes(curve, column.values)
    inverse = kind in (Role.DIFFERENTIAL_RESISTANCE, Role.FIRST_HARMONIC)
    return _Readings(kind, bias, bias, value, error, inverse, factor), notes


def _lock_in_notes(curve: Curve, readings: FloatArray) -> list[Note]:
    clipped = saturated(readings)
    if clipped.any():
        count, level = np.count_nonzero(clipped), abs(float(readings[clipped][0]))
        text = f"{curve.name}: {count} readings of the lock-in stand at {level:.4g} V: saturated, left out"
        return [Note(text, "warning")]
    return []


def _current_and_voltage(curve: Curve) -> _Readings:
    if not (curve.has(Role.CURRENT) and (curve.has(Role.VOLTAGE) or curve.has(Role.BIAS))):
        found = ", ".join(f"{c.name!r} ({c.role})" for c in curve.columns) or "none"
        raise DataError(
            f"curve {curve.name!r} holds no spectrum: needs a conductance, dV/dI or first harmonic against a bias, or "
            f"current and voltage (found: {found}); name them under read.columns"
        )
    bias, current = _bias(curve), curve.values(Role.CURRENT)
    swept = current if stepped(current, bias) == "current" else bias
    return _Readings(Role.CURRENT, swept, bias, np.full(bias.size, np.nan), current=current)


def _bias(curve: Curve) -> FloatArray:
    """Bias in mV, from a column of it or from a voltage."""
    if not curve.has(Role.BIAS) and curve.has(Role.VOLTAGE):
        return np.asarray(1e3 * curve.values(Role.VOLTAGE))
    return curve.values(Role.BIAS)


def _spectrum(
    curve: str, readings: _Readings, setting: Setting, branch: Branch, parts: list[Rows], options: _Options
) -> Spectrum:
    kelvin = "" if setting.temperature is None else f"{setting.temperature:.4g} K"
    tesla = f"{setting.field:.3g} T" if setting.field else ""
    name = ", ".join(part for part in (curve, branch, kelvin, tesla) if part)
    notes = [] if branch else [Note(f"{name}: the bias comes in no order: sorted and taken as one sweep")]
    if np.ptp(np.concatenate([readings.bias[part] for part in parts])) == 0.0:
        raise DataError(f"{name}: all {sum(map(len, parts))} readings at one bias: wrong column?")
    if readings.current is None:
        points = _direct(name, readings, np.concatenate(parts), notes)
    else:
        points = _differentiated(name, (readings.current, readings.bias), parts, setting.temperature, options, notes)
    if points.bias.size < options.minimum_points:
        raise DataError(f"{name}: {points.bias.size} points, fewer than {options.minimum_points}")
    independent = readings.current is not None
    spectrum = Spectrum(
        name,
        points.bias,
        points.value,
        points.error,
        "1" if readings.kind == Role.NORMALISED_CONDUCTANCE else "S",
        branch,
        setting.temperature,
        setting.field,
        symmetrised=is_symmetrised(points.bias, points.value),
        # The noise of a derivative cancels in the mean of neighbours: independent points are the careful assumption.
        correlation=1.0 if independent else correlation_of(points.bias, points.value),
        smoothing=points.smoothing,
    )
    if readings.kind == Role.FIRST_HARMONIC:
        rms = 1e3 * readings.factor / float(np.median(spectrum.conductance))
        spectrum = replace(spectrum, smoothing=rms / np.sqrt(2.0))
        notes.append(_modulation_note(spectrum, readings.factor))
    return replace(spectrum, notes=(*notes, *_range_notes(spectrum), *_noise_notes(spectrum)))


def _direct(name: str, readings: _Readings, rows: Rows, notes: list[Note]) -> _Points:
    error = None if readings.error is None else readings.error[rows]
    found = _positive(name, _Points(readings.bias[rows], readings.value[rows], error), notes)
    found = _ascending(name, found, notes)
    noise = found.error
    if noise is None:
        level = noise_of(found.bias, found.value)
        noise = np.full(found.bias.size, level) if level else None
    if not readings.inverse:
        return _Points(found.bias, found.value, noise)
    conductance = readings.factor / found.value
    return _Points(found.bias, conductance, None if noise is None else noise * conductance / found.value)


def _differentiated(
    name: str,
    curve: tuple[FloatArray, FloatArray],
    parts: list[Rows],
    temperature: float | None,
    options: _Options,
    notes: list[Note],
) -> _Points:
    """The slope of each passage, joined; `curve`: current (A) and bias (mV)."""
    found, widths = [], []
    for part in parts:
        current, voltage = curve[0][part], 1e-3 * curve[1][part]
        # Three-point slopes and their average need five readings.
        if part.size < max(options.minimum_points, 5):
            notes.append(Note(f"{name}: {part.size} readings of another passage: too few for a derivative, left out"))
            continue
        made, how, width = _slope(name, current, voltage, temperature, options)
        widths.append(width)
        x, y = (current, voltage) if made.read == "voltage" else (voltage, current)
        order = np.argsort(x, kind="stable")
        noise = noise_of(x[order], y[order])
        error = noise * made.gain if noise else None
        found.append(_Points(made.bias, made.conductance, error))
        notes.append(_derivative_note(name, how, made, noise))
    if not found:
        raise DataError(f"{name}: {sum(map(len, parts))} readings, fewer than {options.minimum_points} in one passage")
    known = [points.error for points in found if points.error is not None]
    error = np.concatenate(known) if len(known) == len(found) else None
    together = _Points(np.concatenate([p.bias for p in found]), np.concatenate([p.value for p in found]), error)
    points = _ascending(name, _positive(name, together, notes), notes)
    return replace(points, smoothing=float(np.mean(widths)))


def _slope(
    name: str, current: FloatArray, voltage: FloatArray, temperature: float | None, options: _Options
) -> tuple[Derivative, str, float]:
    """The derivative of one passage, how it was taken, and the standard deviation (mV) of what it averages over."""
    by_current = stepped(current, voltage) == "current"
    x, monotonic = (current, voltage) if by_current else (voltage, voltage)
    if by_current:
        monotonic = np.asarray(isotonic_regression(voltage[np.argsort(current, kind="stable")]).x)
    step = 1e3 * float(np.ptp(monotonic)) / (monotonic.size - 1)
    if not step > 0.0:
        raise DataError(f"{name}: the voltage does not rise with the current: wrong column, or leads of opposite sign?")
    thermal = THERMAL_SHARE * BOLTZMANN_MEV * (temperature or 0.0)
    low, high = np.quantile(np.abs(np.diff(x)), (0.1, 0.9))
    even = high <= UNEVEN * low
    simple = options.half_width is None and even and thermal <= FEWEST_READINGS * step
    if options.derivative == "three-point" or (options.derivative == "auto" and simple):
        made = three_point_conductance(current, voltage, points=3, average=3)
        # A slope over two steps averages over them, and the mean of three again: step^2/3 + 2 step^2/3.
        return made, "over three steps, then the mean of three", step
    width = options.half_width or max(FEWEST_READINGS * step, thermal)
    made = local_polynomial_conductance(current, voltage, half_width=width)
    # The slope of a parabola weights dI/dV by (1 - (u/half_width)^2)^2.
    return made, f"of the parabola within +-{width:.3g} mV", width / np.sqrt(7.0)


def _derivative_note(name: str, how: str, made: Derivative, noise: float | None) -> Note:
    text = f"{name}: conductance is the slope {how}"
    if not noise:
        return Note(text)
    unit, size = ("uV", 1e6) if made.read == "voltage" else ("nA", 1e9)
    share = float(np.median(noise * made.gain / np.abs(made.conductance)))
    text += f"; {size * noise:.2g} {unit} of noise in a reading are {100 * share:.2g} % of it"
    if share > 0.2:
        return Note(f"{text}: set a wider half_width", "warning")
    return Note(text)


def _positive(name: str, points: _Points, notes: list[Note]) -> _Points:
    """Without the points that are no conductance; DataError when those are more than half."""
    good = np.isfinite(points.value) & (points.value > 0.0)
    bad = good.size - int(np.count_nonzero(good))
    if bad > 0.5 * good.size or not good.any():
        raise DataError(
            f"{name}: {bad} of {good.size} conductances are zero, negative or not finite: wrong column, or current and "
            "voltage leads of opposite sign?"
        )
    if not bad:
        return points
    notes.append(Note(f"{name}: {bad} of {good.size} conductances zero, negative or not finite: left out", "warning"))
    return _Points(points.bias[good], points.value[good], None if points.error is None else points.error[good])


def _ascending(name: str, points: _Points, notes: list[Note]) -> _Points:
    """Sorted by bias, with readings at one bias averaged."""
    order = np.argsort(points.bias, kind="stable")
    bias, value = points.bias[order], points.value[order]
    group = np.concatenate([[0], np.cumsum(np.diff(bias) > 1e-9 * np.ptp(bias))])
    count = np.bincount(group)
    error = None if points.error is None else np.sqrt(np.bincount(group, weights=points.error[order] ** 2)) / count
    repeated = int(np.count_nonzero(count > 1))
    if repeated:
        notes.append(
            Note(f"{name}: readings at {repeated} repeated biases averaged ({bias.size} at {count.size} biases)")
        )
    return _Points(np.bincount(group, weights=bias) / count, np.bincount(group, weights=value) / count, error)


def _modulation_note(spectrum: Spectrum, modulation: float) -> Note:
    """A modulation of rms voltage v smears with a variance of v^2/2, temperature with (pi kT)^2/3."""
    size = 1e3 * modulation / float(spectrum.conductance.min())
    text = f"{spectrum.name}: the modulation is up to {size:.3g} mV rms across the contact"
    if spectrum.temperature is None:
        return Note(text)
    thermal = (np.pi * BOLTZMANN_MEV * spectrum.temperature) ** 2 / 3.0
    share = 0.5 * size**2 / thermal if thermal > 0.0 else np.inf
    text += f": it adds {100.0 * share:.2g} % to the variance of thermal smearing"
    return Note(text, "warning") if share > 0.1 else Note(text)


def _range_notes(spectrum: Spectrum) -> list[Note]:
    low, high = float(spectrum.bias[0]), float(spectrum.bias[-1])
    size, name = max(-low, high), spectrum.name
    notes = []
    if not low < 0.0 < high:
        notes.append(Note(f"{name}: {low:.4g} to {high:.4g} mV does not hold zero bias: no even part", "warning"))
    elif min(-low, high) < 0.9 * size:
        notes.append(
            Note(f"{name}: {low:.4g} to {high:.4g} mV: the even part exists within +-{min(-low, high):.4g} mV only")
        )
    thermal = THERMAL_WIDTH * BOLTZMANN_MEV * (spectrum.temperature or 0.0)
    if size < thermal:
        text = (
            f"{name}: the bias stays within {size:.3g} mV, below 3.5 kT = {thermal:.3g} mV: is its unit V and not mV?"
        )
        notes.append(Note(f"{text} Otherwise the spectrum is narrower than thermal smearing", "warning"))
    elif size < LEAST_RANGE:
        notes.append(Note(f"{name}: the bias stays within {size:.3g} mV: is its unit V and not mV?", "warning"))
    if size > LARGEST_RANGE:
        notes.append(Note(f"{name}: the bias reaches {size:.4g} mV: is its unit uV and not mV?", "warning"))
    return notes


def _noise_notes(spectrum: Spectrum) -> list[Note]:
    notes = []
    if spectrum.symmetrised:
        text = f"{spectrum.name}: exactly even: symmetrised data, with half as many independent points"
        notes.append(Note(text, "warning"))
    if spectrum.correlation > 1.5:
        text = (
            f"{spectrum.name}: neighbouring points share noise: about {spectrum.correlation:.1f} of them count as one"
        )
        notes.append(Note(text, "warning"))
    return notes
