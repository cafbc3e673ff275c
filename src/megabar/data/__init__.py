"""Frozen containers: what a file holds (Recording, Curve, Column) and what an analysis found (Result, Estimate)."""

from megabar.data.measured import Isotope, Measured
from megabar.data.pressure import Pressure
from megabar.data.recording import Column, Curve, Note, Recording, Role, Source
from megabar.data.result import Estimate, Panel, Result, Status, Trace

__all__ = [
    "Column",
    "Curve",
    "Estimate",
    "Isotope",
    "Measured",
    "Note",
    "Panel",
    "Pressure",
    "Recording",
    "Result",
    "Role",
    "Source",
    "Status",
    "Trace",
]
