"""From a recording to spectra ready to fit: offset off, background chosen, dips found and masked, each step noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_background import Background, automatic_background, divide
from megabar.analysis.spectrum_settings import Settings
from megabar.analysis.spectrum_shape import Spectrum, bias_offset, noise_of
from megabar.analysis.spectrum_signal import spectra_of
from megabar.data import Note, Recording
from megabar.errors import DataError, MegabarError

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIGNIFICANT: Final = 3.0
"""Standard errors from which on an offset of the bias is taken off."""

SAME_TEMPERATURE: Final = 0.02
"""Relative difference within which a spectrum is the one at settings.reference_temperature."""

TELLING: Final = 0.3
"""Share of the noise of one point below which an offset matters for nothing."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """One spectrum on its way: `raw` with its offset taken off (S, or 1), `normalised` divided by `background`.

    noise: standard deviation of a normalised point, (n,) or None. offset: mV, (value, error) as found.
    """

    raw: Spectrum
    normalised: Spectrum
    background: Background
    offset: float
    offset_error: float | None
    notes: tuple[Note, ...]

    @property
    def noise(self) -> FloatArray | None:
        """Standard deviation of each normalised point; None when unknown."""
        if self.normalised.error is not None:
            return self.normalised.error
        level = noise_of(self.normalised.bias, self.normalised.conductance)
        return np.full(self.normalised.bias.size, level) if level else None


def prepare(recording: Recording, settings: Settings) -> tuple[list[Prepared], list[Note], list[str]]:
    """Every spectrum of a recording, what was done to them, and why some could not be used."""
    raw, notes, refused = _raw(recording, settings)
    reference, notes_on_reference = _reference(raw, settings)
    notes += notes_on_reference
    prepared = []
    for spectrum in raw:
        if spectrum is reference:
            continue
        try:
            prepared.append(_one(spectrum, settings, reference))
        except MegabarError as error:
            refused.append(str(error))
    return prepared, notes, refused


def _raw(recording: Recording, settings: Settings) -> tuple[list[Spectrum], list[Note], list[str]]:
    spectra: list[Spectrum] = []
    notes: list[Note] = []
    refused: list[str] = []
    for curve in recording.curves:
        try:
            found, more = spectra_of(
                curve,
                derivative=settings.derivative,
                half_width=settings.half_width,
                modulation=settings.modulation,
                temperature=settings.temperature,
            )
        except MegabarError as error:
            refused.append(str(error))
            continue
        spectra += found
        notes += more
    if len({s.branch for s in spectra}) == 1:
        # Where all were swept in one direction it tells nothing apart.
        spectra = [replace(s, branch="") for s in spectra]
    return spectra, notes, refused


def _reference(raw: Sequence[Spectrum], settings: Settings) -> tuple[Spectrum | None, list[Note]]:
    if settings.background != "reference" or settings.reference_temperature is None:
        return None, []
    wanted = settings.reference_temperature
    near = [s for s in raw if s.temperature is not None and abs(s.temperature - wanted) <= SAME_TEMPERATURE * wanted]
    if not near:
        known = ", ".join(f"{s.temperature:.4g}" for s in raw if s.temperature is not None) or "none"
        raise DataError(
            f"settings.reference_temperature: no spectrum at {wanted:.4g} K (temperatures found: {known} K): name one"
        )
    return near[0], [Note(f"{near[0].name} serves as the background of all others")]


def _one(spectrum: Spectrum, settings: Settings, reference: Spectrum | None) -> Prepared:
    notes: list[Note] = []
    offset, error = _offset(spectrum, settings, notes)
    raw = spectrum.shifted(offset) if offset else spectrum
    background = _background(raw, settings, reference, notes)
    normalised = raw if background.kind == "none" else divide(raw, background)
    if settings.series_resistance > 0.0:
        normalised, raw = (without_series(s, settings.series_resistance) for s in (normalised, raw))
        notes.append(
            Note(
                f"{spectrum.name}: a series resistance of {settings.series_resistance:g} of the contact's normal "
                "resistance taken off the bias and the conductance"
            )
        )
    if spectrum.symmetrised:
        notes.append(
            Note(f"{spectrum.name}: the data are exactly even: symmetrised already; one half enters the fit", "warning")
        )
    return Prepared(raw, normalised, background, offset, error, tuple(notes))


def _offset(spectrum: Spectrum, settings: Settings, notes: list[Note]) -> tuple[float, float | None]:
    if isinstance(settings.offset, float | int):
        return float(settings.offset), None
    both = spectrum.bias[0] < 0.0 < spectrum.bias[-1]
    if settings.offset == "none" or spectrum.symmetrised or not both:
        return 0.0, None
    found = bias_offset(spectrum.bias, spectrum.conductance)
    if found.value is None or found.error is None or abs(found.value) < SIGNIFICANT * found.error:
        return 0.0, found.error
    if abs(found.value) > 0.1 * min(-spectrum.bias[0], spectrum.bias[-1]):
        notes.append(
            Note(f"{spectrum.name}: no bias makes it even within a tenth of the range: no offset taken", "warning")
        )
        return 0.0, None
    notes.append(Note(f"{spectrum.name}: offset of the bias of {found.value:.3g}({found.error:.1g}) mV taken off"))
    return found.value, found.error


def _background(raw: Spectrum, settings: Settings, reference: Spectrum | None, notes: list[Note]) -> Background:
    kind = settings.background
    if kind == "auto":
        kind = "none" if raw.unit == "1" else "polynomial"
    if kind == "none":
        return Background(kind="none")
    if reference is not None:
        return Background(kind="reference", reference=reference)
    if settings.v_min is not None:
        return Background(degree=settings.degree, v_min=settings.v_min, even_only=settings.even_background)
    found = automatic_background(raw, degree=settings.degree, even_only=settings.even_background)
    words = f"; {found.remark}" if found.remark else ""
    notes.append(Note(f"{raw.name}: background: {found.words}{words}"))
    return found


def without_series(spectrum: Spectrum, share: float) -> Spectrum:
    """The spectrum of the junction alone: V_j = V - I R_s, 1/G_j = 1/G - R_s, with R_s = share x R_n of the junction.

    The normal resistance of both, R_n + R_s, is that of the outer tenth of the points; I is the integral of G from zero
    bias. A normalised spectrum (unit "1") stays normalised. DataError where R_s exceeds the whole resistance.
    """
    outer = np.abs(spectrum.bias) >= np.quantile(np.abs(spectrum.bias), 0.9)
    g = spectrum.conductance / float(np.median(spectrum.conductance[outer]))
    part = share / (1.0 + share)
    left = 1.0 - part * g
    if not np.all(left > 0.0):
        raise DataError(
            f"{spectrum.name}: settings.series_resistance {share:g} is more than the whole resistance at some bias: "
            "take a smaller share"
        )
    current = np.concatenate([[0.0], np.cumsum(0.5 * (g[1:] + g[:-1]) * np.diff(spectrum.bias))])
    current -= np.interp(0.0, spectrum.bias, current)
    scale = 1.0 - part if spectrum.unit == "1" else 1.0
    error = None if spectrum.error is None else scale * spectrum.error / left**2
    conductance = scale * spectrum.conductance / left
    return replace(spectrum, bias=spectrum.bias - part * current, conductance=conductance, error=error)
