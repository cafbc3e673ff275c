"""Published superconductors under pressure: one small file each, with source, evidence and status.

`load()` gives the catalogue, `load(folder)` with your own entries beside it. Only the names below are public.
"""

from __future__ import annotations

from megabar.catalogue.catalogue import Catalogue, Compared, Comparison, Ranked
from megabar.catalogue.entry import Entry
from megabar.catalogue.files import load
from megabar.catalogue.own import OwnPoint, OwnPoints, own_points, read_own
from megabar.catalogue.panels import comparison_panel, panel
from megabar.catalogue.schema import Kind, Status

__all__ = [
    "Catalogue",
    "Compared",
    "Comparison",
    "Entry",
    "Kind",
    "OwnPoint",
    "OwnPoints",
    "Ranked",
    "Status",
    "comparison_panel",
    "load",
    "own_points",
    "panel",
    "read_own",
]
