"""What to draw of a table of contacts: sizes with their laws, deviations from them, computed sizes, Tc by material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.contact_law_estimates import constant_words, group_names
from megabar.analysis.contact_laws import Group, Laws
from megabar.analysis.contact_materials import histogram, mean_words
from megabar.analysis.contact_settings import Settings
from megabar.analysis.contact_sizes import Sizes
from megabar.analysis.contact_table import ContactTable
from megabar.data import Panel, Trace

FloatArray = NDArray[np.float64]

RESISTANCE: Final = "log10 of the resistance in ohm"
DIAMETER: Final = "log10 of the diameter in nm"
DEVIATION: Final = "Diameter off its law (%)"

_NO_LAW: Final = "no law"
_BEYOND: Final = 0.06
_MOST_NAMED: Final = 8


def law_panels(laws: Laws, table: ContactTable, settings: Settings) -> list[Panel]:
    """Sizes against resistances with the law of each group, and how far each contact lies from its law."""
    panels = [_sizes_panel(laws, table)]
    if laws.groups:
        panels.append(_deviation_panel(laws, table, settings))
    return panels


def size_panel(sizes: Sizes, table: ContactTable) -> Panel:
    """Diameters computed from the resistances: the law to quote as points, all laws as lines."""
    law = sizes.best
    x, order = np.log10(table.resistance), np.argsort(table.resistance)
    error = sizes.errors[law]
    bars = None if error is None else error / (sizes.diameters[law] * np.log(10.0))
    traces = [Trace(f"contacts, by {law}", "data", x, np.log10(sizes.diameters[law]), y_error=bars)]
    for name in sorted(sizes.diameters, key=lambda name: name != law):
        if name != law or len(sizes.diameters) == 1:
            traces.append(Trace(f"{name}'s law", "guide", x[order], np.log10(sizes.diameters[name][order])))
    caption = "Sizes computed from the resistances."
    if error is not None:
        caption += " Bars: one standard deviation from the errors of the metal, common to all contacts."
    return Panel("sizes from the resistances", RESISTANCE, DIAMETER, tuple(traces), caption)


def critical_temperature_panel(groups: Mapping[str, FloatArray], settings: Settings) -> Panel:
    """A histogram of Tc for each material, in common bins; the legend tells how many contacts and their mean."""
    edges, counts = histogram(dict(groups), settings.bin_width)
    x = np.repeat(edges, 2)
    traces: list[Trace] = []
    for name, number in counts.items():
        y = np.concatenate([[0.0], np.repeat(number, 2), [0.0]])
        traces.append(Trace(name, "fit", x, y))
        words = f"{name}: {groups[name].size} contacts, mean {mean_words(groups[name])} K"
        traces.append(Trace(words, "band", x, low=np.zeros(x.size), high=y))
    caption = f"Contacts in bins of {edges[1] - edges[0]:.3g} K."
    return Panel("critical temperature", "Critical temperature (K)", "Contacts", tuple(traces), caption)


def _sizes_panel(laws: Laws, table: ContactTable) -> Panel:
    known = np.isfinite(table.diameter)
    low, high = np.log10(table.resistance[known].min()), np.log10(table.resistance[known].max())
    traces: list[Trace] = []
    for name, group in zip(group_names(laws.groups), laws.groups, strict=True):
        own = f"{name}: {_product(group)} = {constant_words(group)}, {group.rows.size} contacts"
        x, y = np.log10(table.resistance[group.rows]), np.log10(table.diameter[group.rows])
        traces.append(Trace(own, "data", x, y))
        ends = np.array([max(x.min() - _BEYOND, low), min(x.max() + _BEYOND, high)])
        traces.append(Trace(f"{own}: law of the group", "fit", ends, (np.log10(group.constant) - ends) / group.power))
    if laws.leftover.size:
        rows = laws.leftover
        own = f"{_NO_LAW} ({rows.size} contacts)"
        traces.append(Trace(own, "data", np.log10(table.resistance[rows]), np.log10(table.diameter[rows])))
    caption = "Each symbol is one contact; lines: the law that its group shares."
    return Panel("size and resistance", RESISTANCE, DIAMETER, tuple(traces), caption if laws.groups else "")


def _deviation_panel(laws: Laws, table: ContactTable, settings: Settings) -> Panel:
    """Deviations of the diameters in per cent; contacts far outside the scatter of their group bear their number."""
    traces: list[Trace] = []
    named: list[Trace] = []
    for name, group in zip(group_names(laws.groups), laws.groups, strict=True):
        x, y = np.log10(table.resistance[group.rows]), 100.0 * np.expm1(group.residuals)
        traces.append(Trace(name, "data", x, y))
        far = np.flatnonzero(group.astray)
        named += [Trace(f"contact {table.number[group.rows[i]]:g}", "marker", x[[i]], y[[i]]) for i in far]
    caption = f"From the law through the median of each group; the tolerance is {100.0 * settings.tolerance:g} %."
    shown = named if len(named) <= _MOST_NAMED else []
    return Panel("deviation from the laws", RESISTANCE, DEVIATION, (*traces, *shown), caption)


def _product(group: Group) -> str:
    return "R d" if group.power == 1 else "R d²"
