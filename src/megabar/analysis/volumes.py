"""Volumes against pressure: equations of state compared, hydrogen content and composition of alloys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.analysis.headline import rounded
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.volumes_content import Content, alloy_contents, content_estimates, hydrogen_contents
from megabar.analysis.volumes_estimates import QUANTITIES, law_estimates
from megabar.analysis.volumes_fit import Fitted, fit_all
from megabar.analysis.volumes_panels import content_panel, law_panel, strain_panel
from megabar.analysis.volumes_settings import Settings
from megabar.analysis.volumes_table import Compression, compressions
from megabar.data import Curve, Estimate, Note, Panel, Recording, Result, Role
from megabar.errors import DataError, MegabarError

__all__ = ["Settings", "analyse"]

ROOM: Final = (280.0, 320.0)
"""K, for which the equations of state of the standards hold."""


@dataclass(frozen=True, eq=False)
class Compressed:
    """One table: its rows by the chosen scale, the laws (None with too few points), compositions by convention."""

    data: Compression
    fitted: Fitted | None
    hydrogen: tuple[Content, ...]
    alloy: tuple[Content, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Fit every table of volumes against pressure, and draw compositions where the settings give their curves.

    Pressures come from the table or from an internal standard in it. Second and third order Birch-Murnaghan and Vinet
    are compared by AICc with errors in both axes. DataError where no table can be used.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    work = _Work(chosen)
    refused: list[str] = []
    for number, curve in enumerate(recording.curves):
        sheet = Sheet(name, {"curve": curve.name} if len(recording.curves) > 1 else {})
        try:
            work.table(curve, sheet)
        except MegabarError as error:
            refused.append(str(error))
        if progress is not None:
            progress((number + 1) / len(recording.curves))
    if not work.estimates:
        raise DataError(f"{recording.source.file}: {'; '.join(refused)}")
    return Result(
        kind="volumes",
        measurement=name,
        estimates=tuple(work.estimates),
        panels=tuple(work.panels),
        settings=chosen.model_dump(mode="json"),
        notes=(*recording.notes, *work.notes, *(Note(text, "warning") for text in refused)),
        sources=recording.sources,
        summary="; ".join(work.summary),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        details=tuple(work.details),
    )


class _Work:
    """Collects what the tables give."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.estimates: list[Estimate] = []
        self.panels: list[Panel] = []
        self.notes: list[Note] = []
        self.summary: list[str] = []
        self.details: list[Compressed] = []

    def table(self, curve: Curve, sheet: Sheet) -> None:
        """One table: laws, then compositions; what fails leaves the other a result."""
        rows, notes = compressions(curve, self.settings)
        self.notes += [*notes, *_hot(curve, self.settings)]
        fitted = self._laws(rows, sheet)
        hydrogen, alloy = self._content(rows[0], sheet)
        self.details.append(Compressed(rows[0], fitted, tuple(hydrogen), tuple(alloy)))

    def _laws(self, rows: list[Compression], sheet: Sheet) -> Fitted | None:
        compositions = self.settings.hydrogen is not None or self.settings.alloy is not None
        try:
            fitted, *others = (fit_all(one, self.settings) for one in rows)
        except MegabarError as error:
            if not compositions:
                raise
            self.notes.append(Note(str(error), "warning"))
            return None
        made, notes = law_estimates(fitted, others, self.settings, sheet)
        self.estimates += made
        self.notes += notes
        title = str(sheet.labels.get("curve", ""))
        self.panels.append(law_panel(fitted, title or "volume and pressure"))
        strain = strain_panel(fitted, f"{title}, strain" if title else "strain and stress")
        self.panels += [strain] if strain is not None else []
        self.summary.append(_laws_in_words(fitted))
        return fitted

    def _content(self, data: Compression, sheet: Sheet) -> tuple[list[Content], list[Content]]:
        hydrogen, notes = hydrogen_contents(data, self.settings)
        alloy, more = alloy_contents(data, self.settings)
        self.notes += [*notes, *more]
        title = str(sheet.labels.get("curve", ""))
        prefix = f"{title}, " if title else ""
        if hydrogen:
            method = "(V - V of the metal) / V of hydrogen"
            self.estimates += content_estimates("hydrogen_content", hydrogen, sheet, method=method)
            self.panels.append(content_panel(hydrogen, f"{prefix}hydrogen content", "Hydrogen per metal atom"))
            low, high = min(one.mean for one in hydrogen), max(one.mean for one in hydrogen)
            many = len(hydrogen) > 1
            told = (
                f"H per metal atom {low:.3g} to {high:.3g} by {len(hydrogen)} conventions" if many else f"x = {low:.3g}"
            )
            self.summary.append(told)
            if not many:
                text = "one convention only: give references or volumes under settings.hydrogen to see what it is worth"
                self.notes.append(Note(text, "warning"))
        if alloy:
            self.estimates += content_estimates("alloy_fraction", alloy, sheet, method="between the end members")
            self.panels.append(content_panel(alloy, f"{prefix}alloy", "Share of the second end member"))
            self.summary.append(f"share of the second end member {alloy[0].mean:.3g}")
        return hydrogen, alloy


def _laws_in_words(fitted: Fitted) -> str:
    best = fitted.best
    symbols = {"volume_zero": "V0", "modulus": "K0", "modulus_derivative": "K0'"}
    parts = []
    for key, symbol in symbols.items():
        unit = QUANTITIES[key][1].replace("angstrom^3", "Å³").replace("1", "")
        parts.append(f"{symbol} {rounded(best.values[key], best.errors[key])}{f' {unit}' if unit else ''}")
    return f"{fitted.chosen}: {', '.join(parts)}"


def _hot(curve: Curve, settings: Settings) -> list[Note]:
    """A warning where temperatures stand in the table and differ from those of the laws."""
    if not curve.has(Role.TEMPERATURE):
        return []
    t = curve.values(Role.TEMPERATURE)
    t = t[np.isfinite(t)]
    if not t.size or (ROOM[0] <= t.min() and t.max() <= ROOM[1]):
        return []
    text = f"{curve.name}: temperatures from {t.min():.4g} to {t.max():.4g} K: an equation of state holds at one"
    more = ", and the standard's at 300 K: its thermal pressure is missing" if settings.gauge_volume is not None else ""
    return [Note(text + more, "warning")]
