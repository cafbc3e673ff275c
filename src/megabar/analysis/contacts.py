"""Many contacts in one table: which follow which law of size, sizes from resistances, Tc by the material of the tip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.contact_law_estimates import constant_words, group_names, law_estimates, law_notes, path_notes
from megabar.analysis.contact_laws import Laws, find_groups
from megabar.analysis.contact_materials import (
    ALL,
    Comparison,
    by_material,
    compare,
    comparison_estimates,
    comparison_notes,
    material_estimates,
    mean_words,
)
from megabar.analysis.contact_panels import critical_temperature_panel, law_panels, size_panel
from megabar.analysis.contact_settings import Settings
from megabar.analysis.contact_sizes import Sizes, compute_sizes, contact_estimates, size_estimates, size_notes
from megabar.analysis.contact_table import FEWEST_ROWS, ContactTable, contact_table
from megabar.data import Estimate, Note, Panel, Recording, Result
from megabar.errors import DataError

__all__ = ["Settings", "analyse"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Details:
    """What a result rests on, for those who compute on; rows of `laws` count within `sized`.

    sized: the contacts of `table` that have a diameter. laws, sizes: None where the table or the settings give none.
    """

    table: ContactTable
    sized: ContactTable
    laws: Laws | None
    sizes: Sizes | None
    critical_temperatures: Mapping[str, FloatArray]
    comparisons: tuple[Comparison, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Analyse a table of contacts, one row each: laws of size, sizes, critical temperatures.

    Every curve of the recording counts: a file that was read with `group` has one for each material. What the table
    does not hold is left out with a note. `progress` is called with shares from 0 to 1.
    DataError when fewer than three contacts have a positive resistance, or there is neither a diameter nor a Tc nor a
    resistivity among the settings.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    rng = np.random.default_rng(chosen.seed)
    table, notes = contact_table(recording, chosen)
    work = _Work(table, chosen, name, rng)
    for number, part in enumerate((work.laws, work.sizes, work.temperatures), start=1):
        part()
        if progress is not None:
            progress(number / 3.0)
    if not work.estimates:
        raise DataError(
            f"{recording.source.file}: {len(table)} resistances but neither diameters nor Tc: name their columns under "
            "settings.diameter or settings.critical_temperature, or give settings.resistivity (ohm m) and "
            "settings.mean_free_path (nm) to compute sizes"
        )
    return Result(
        kind="contacts",
        measurement=name,
        estimates=(*work.estimates, *work.of_contacts),
        panels=tuple(work.panels),
        settings=chosen.model_dump(mode="json"),
        notes=(*recording.notes, *notes, *work.notes),
        sources=(recording.source,),
        summary="; ".join(work.summary),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        seed=chosen.seed,
        details=work.details,
    )


class _Work:
    """Collects what the parts of one analysis give."""

    def __init__(self, table: ContactTable, settings: Settings, measurement: str, rng: np.random.Generator) -> None:
        self.table, self.settings, self.measurement, self.rng = table, settings, measurement, rng
        self.estimates: list[Estimate] = []
        self.of_contacts: list[Estimate] = []
        self.panels: list[Panel] = []
        self.notes: list[Note] = []
        self.summary: list[str] = []
        self.sized = table.take(np.isfinite(table.diameter))
        self.found: Laws | None = None
        self.computed: Sizes | None = None
        self.groups: dict[str, FloatArray] = {}
        self.comparisons: list[Comparison] = []

    @property
    def details(self) -> Details:
        return Details(self.table, self.sized, self.found, self.computed, self.groups, tuple(self.comparisons))

    def laws(self) -> None:
        """The laws that the diameters of the table follow."""
        missing = ~np.isfinite(self.table.diameter)
        if len(self.sized) < FEWEST_ROWS:
            if self.settings.resistivity is None:
                text = "no diameters in the table: give settings.resistivity and settings.mean_free_path to compute"
                self.notes.append(Note(f"{text} them, or name their column under settings.diameter"))
            return
        if missing.any():
            self.notes.append(Note(f"contacts {self.table.names(missing)}: no diameter: not sorted by law", "warning"))
        s = self.settings
        self.found = find_groups(
            self.sized.resistance,
            self.sized.diameter,
            tolerance=s.tolerance,
            minimum=s.minimum_group,
            chance=s.chance,
        )
        made = law_estimates(self.found, self.sized, self.measurement, self.rng)
        self.estimates += made
        self.notes += law_notes(self.found, self.sized, tolerance=s.tolerance)
        self.notes += path_notes(self.found, self.sized, made)
        self.panels += law_panels(self.found, self.sized, s)
        parts = [
            f"{group.rows.size} by {name} ({constant_words(group)})"
            for name, group in zip(group_names(self.found.groups), self.found.groups, strict=True)
        ]
        parts += [f"{self.found.leftover.size} by none"] if self.found.leftover.size else []
        self.summary.append(f"{len(self.sized)} contacts: {', '.join(parts)}")

    def sizes(self) -> None:
        """The sizes that the resistances give."""
        self.computed = compute_sizes(self.table, self.settings, self.rng)
        if self.computed is None:
            return
        self.estimates += size_estimates(self.computed, self.table, self.measurement)
        self.of_contacts = contact_estimates(self.computed, self.table, self.measurement)
        self.notes += size_notes(self.computed, self.table, self.settings)
        self.panels.append(size_panel(self.computed, self.table))
        best = self.computed.diameters[self.computed.best]
        self.summary.append(f"{best.min():.3g} to {best.max():.3g} nm by {self.computed.best}")

    def temperatures(self) -> None:
        """The critical temperatures by material."""
        self.groups = by_material(self.table)
        if not self.groups:
            return
        self.comparisons = compare(self.groups)
        self.estimates += material_estimates(self.groups, self.measurement)
        self.estimates += comparison_estimates(self.comparisons, self.measurement)
        self.notes += comparison_notes(self.comparisons)
        unnamed = [m == "" for m in self.table.material] if self.table.materials else []
        if any(unnamed):
            rows = self.table.names(np.array(unnamed))
            self.notes.append(Note(f"contacts {rows}: no material named: not in the comparison", "warning"))
        self.panels.append(critical_temperature_panel(self.groups, self.settings))
        told = [
            f"{'' if name == ALL else f'{name} '}{mean_words(values)} K ({values.size})"
            for name, values in self.groups.items()
        ]
        self.summary.append(f"mean Tc {', '.join(told)}")
