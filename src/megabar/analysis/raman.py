"""Raman and ruby spectra: pressures by every scale of ruby and of the diamond's edge, lines, evidence of hydrogen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from megabar.analysis.headline import rounded
from megabar.analysis.pressure_conversion import Conversion
from megabar.analysis.raman_edge import RANGE as EDGES
from megabar.analysis.raman_edge import Edge, find_edge
from megabar.analysis.raman_estimates import (
    edge_estimates,
    edge_notes,
    line_estimates,
    line_notes,
    ruby_estimates,
    spread_estimates,
)
from megabar.analysis.raman_lines import Line, find_lines, new_lines
from megabar.analysis.raman_panels import edge_panels, lines_panel, pressures_panel, ruby_panel
from megabar.analysis.raman_prepare import Spectrum, prepare
from megabar.analysis.raman_ruby import RANGE as RUBIES
from megabar.analysis.raman_ruby import Ruby, find_ruby
from megabar.analysis.raman_settings import Settings
from megabar.analysis.step_estimates import Sheet
from megabar.data import Curve, Estimate, Note, Panel, Recording, Result
from megabar.errors import DataError, MegabarError

__all__ = ["Settings", "analyse"]


@dataclass(frozen=True, eq=False)
class Read:
    """What one spectrum gave; None for a gauge that it does not show."""

    spectrum: Spectrum
    ruby: Ruby | None
    edge: Edge | None
    lines: tuple[Line, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Read the gauges that every spectrum of the recording shows, and its Raman lines.

    Ruby's R1 is fitted, the diamond's edge is where the slope is least; both become pressures by every scale, the
    stated or usual one first. Several spectra of one gauge give the spread of the pressure. DataError where no
    spectrum can be used or nothing was found in any.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    work = _Work(chosen, recording, name)
    for number, curve in enumerate(recording.curves):
        work.spectrum(curve)
        if progress is not None:
            progress((number + 1) / len(recording.curves))
    work.together()
    if not work.estimates:
        raise DataError(f"{recording.source.file}: {'; '.join(work.refused) or 'no gauge and no line found'}")
    return Result(
        kind="raman",
        measurement=name,
        estimates=tuple(work.estimates),
        panels=tuple(work.panels),
        settings=chosen.model_dump(mode="json"),
        notes=(*recording.notes, *work.notes, *(Note(text, "warning") for text in work.refused)),
        sources=recording.sources,
        summary="; ".join(work.summary),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        seed=chosen.seed,
        details=tuple(work.details),
    )


class _Work:
    """Collects what the spectra give."""

    def __init__(self, settings: Settings, recording: Recording, name: str) -> None:
        self.settings, self.name = settings, name
        self.several = len(recording.curves) > 1
        self.estimates: list[Estimate] = []
        self.panels: list[Panel] = []
        self.notes: list[Note] = []
        self.refused: list[str] = []
        self.summary: list[str] = []
        self.details: list[Read] = []
        self.found: dict[str, list[tuple[str, Conversion]]] = {"ruby": [], "diamond edge": []}
        self.before = self._before(recording)

    def _before(self, recording: Recording) -> list[Line] | None:
        """Lines of the spectrum before heating."""
        wanted = self.settings.before
        if wanted is None:
            return None
        by_name = {curve.name: curve for curve in recording.curves}
        if wanted not in by_name:
            raise DataError(
                f"{recording.source.file}: settings.before names {wanted!r}; curves found: {', '.join(by_name)}"
            )
        return find_lines(self._shifts(prepare(by_name[wanted], self.settings)[0]), self.settings)

    def _shifts(self, spectrum: Spectrum) -> Spectrum:
        laser = self.settings.laser
        return spectrum if laser is None else spectrum.as_shifts(laser)

    def spectrum(self, curve: Curve) -> None:
        """One spectrum: what fails leaves the others and its other gauges."""
        try:
            spectrum, notes = prepare(curve, self.settings)
        except MegabarError as error:
            self.refused.append(str(error))
            return
        self.notes += notes
        sheet = Sheet(self.name, {"curve": curve.name} if self.several else {})
        ruby = self._ruby(spectrum, sheet)
        edge = self._edge(spectrum, sheet)
        lines = self._lines(curve.name, spectrum, sheet, read=ruby is not None)
        self.details.append(Read(spectrum, ruby, edge, tuple(lines)))
        if ruby is None and edge is None and not lines:
            self.refused.append(f"{curve.name}: no gauge and no line stands out of the noise: average longer")

    def _ruby(self, spectrum: Spectrum, sheet: Sheet) -> Ruby | None:
        settings = self.settings
        if settings.gauge not in ("auto", "ruby"):
            return None
        if settings.laser is not None:
            spectrum = spectrum.as_wavelengths(settings.laser)
        if spectrum.axis != "wavelength" or not _overlap(spectrum, settings.ruby_window or RUBIES):
            if settings.gauge == "ruby":
                self.refused.append(
                    f"{spectrum.name}: from {spectrum.x[0]:.5g} to {spectrum.x[-1]:.5g} there is no line of ruby; give "
                    "settings.laser (nm) where the axis is a Raman shift"
                )
            return None
        try:
            ruby = find_ruby(spectrum, settings)
        except MegabarError as error:
            self._not_found(error, "ruby")
            return None
        made, found = ruby_estimates(ruby, settings, sheet)
        self._keep(made, found, ruby.spectrum.name)
        self.panels.append(ruby_panel(ruby, found))
        return ruby

    def _edge(self, spectrum: Spectrum, sheet: Sheet) -> Edge | None:
        settings = self.settings
        spectrum = self._shifts(spectrum)
        if settings.gauge not in ("auto", "diamond edge"):
            return None
        if spectrum.axis != "raman_shift" or not _overlap(spectrum, settings.edge_window or EDGES):
            if settings.gauge == "diamond edge":
                self.refused.append(f"{spectrum.name}: no readings where the edge of the diamond's band lies")
            return None
        try:
            edge = find_edge(spectrum, settings)
        except MegabarError as error:
            self._not_found(error, "diamond edge")
            return None
        made, found = edge_estimates(edge, settings, sheet)
        self._keep(made, found, spectrum.name)
        self.notes += edge_notes(edge)
        self.panels += edge_panels(edge, found)
        return edge

    def _lines(self, name: str, spectrum: Spectrum, sheet: Sheet, *, read: bool) -> list[Line]:
        """Raman lines; none where the spectrum was that of ruby's fluorescence."""
        spectrum = self._shifts(spectrum)
        if spectrum.axis != "raman_shift" or read:
            return []
        lines = find_lines(spectrum, self.settings)
        new = None
        if self.before is not None and name != self.settings.before:
            new = new_lines(lines, self.before)
        self.estimates += line_estimates(lines, new, sheet)
        self.notes += line_notes(name, lines, new)
        if lines:
            self.panels.append(lines_panel(spectrum, lines))
            told = ", ".join(f"{one.name} {one.centre:.5g} cm⁻¹" for one in lines if one.name)
            where = f"{name}: " if self.several else ""
            self.summary.append(f"{where}Raman lines: {told or f'{len(lines)} without a name'}")
        return lines

    def _keep(self, made: list[Estimate], found: Conversion, name: str) -> None:
        self.estimates += made
        self.found[found.gauge].append((name, found))
        first = found.pressures[0]
        where = f"{name}: " if self.several else ""
        self.summary.append(f"{where}{rounded(first.pressure, first.error)} GPa ({found.gauge}, {first.scale})")

    def _not_found(self, error: MegabarError, gauge: str) -> None:
        """A gauge that was asked for and is missing is a warning; one that was only tried, a note."""
        if self.settings.gauge == gauge:
            self.refused.append(str(error))
        else:
            self.notes.append(Note(str(error)))

    def together(self) -> None:
        """What several spectra of one gauge say together."""
        for gauge, found in self.found.items():
            # Before heating the cell was another one: what it stood at is no part of a spread.
            now = [one for one in found if one[0] != self.settings.before]
            made, notes = spread_estimates(now, self.settings, Sheet(self.name, {"gauge": gauge}))
            self.estimates += made
            self.notes += notes
            if len(found) > 1:
                self.panels.append(pressures_panel(found, gauge))


def _overlap(spectrum: Spectrum, ends: tuple[float, float]) -> bool:
    return bool(spectrum.x[-1] > ends[0] and spectrum.x[0] < ends[1])
