"""An entry of the catalogue with the name of its file, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from megabar.catalogue.schema import Calculated, EntryTable, Kind, Point, Reference, Status, elements_of
from megabar.physics.merit import figure_of_merit

HOW_SHOWN: Final = (
    "zero resistance and magnetisation",
    "zero resistance",
    "magnetisation",
    "drop of the resistance",
    "evidence not listed",
)
"""How far superconductivity is shown by what an entry lists as reported, best first."""

_MAGNETIC: Final = (Kind.MAGNETISATION, Kind.NUCLEAR_RESONANT_SCATTERING)


@dataclass(frozen=True)
class Entry:
    """One superconductor as one publication reports it.

    `name` is that of the file without its ending, `table` everything that the file says, `points` those of its points
    that a selection has left (all of them before any selection).
    """

    name: str
    table: EntryTable
    points: tuple[Point, ...]

    @property
    def formula(self) -> str:
        return self.table.formula

    @property
    def short(self) -> str:
        """The name for figures: the formula unless the file gives a shorter one."""
        return self.table.short or self.table.formula

    @property
    def elements(self) -> tuple[str, ...]:
        """The symbols of the elements in the formula."""
        return elements_of(self.table.formula)

    @property
    def status(self) -> Status:
        return self.table.status

    @property
    def retracted(self) -> bool:
        return self.table.status is Status.RETRACTED

    @property
    def status_text(self) -> str:
        """The status with its date, a retraction in capitals: "RETRACTED 2022-09-26"."""
        words = self.status.value.upper() if self.retracted else self.status.value
        return words if self.table.notice is None else f"{words} {self.table.notice.date}"

    @property
    def reference(self) -> Reference:
        """The publication that reports it."""
        return self.source(self.table.reference)

    @property
    def label(self) -> str:
        """Formula and reference, for figures and tables: "LaHx, Drozdov 2019"."""
        return f"{self.short}, {self.reference.short}"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of its evidence, each once, in the order of `Kind`."""
        found = {item.kind for item in self.table.evidence}
        return tuple(kind for kind in Kind if kind in found)

    @property
    def how_shown(self) -> str:
        """How far superconductivity is shown by what was reported, one of `HOW_SHOWN`; disputes are not weighed."""
        zero = Kind.ZERO_RESISTANCE in self.kinds
        magnetic = any(kind in self.kinds for kind in _MAGNETIC)
        if zero or magnetic:
            return HOW_SHOWN[0 if zero and magnetic else 1 if zero else 2]
        return HOW_SHOWN[3 if Kind.RESISTANCE in self.kinds else 4]

    @property
    def best(self) -> Point:
        """The point with the highest figure of merit; with the highest Tc where no pressure is stated."""
        return max(self.points, key=lambda p: (merit_of(p) or 0.0, p.critical_temperature))

    @property
    def merit(self) -> float | None:
        """The highest figure of merit of its points; None when no pressure is stated."""
        return merit_of(self.best)

    def source(self, key: str) -> Reference:
        """The reference with this key."""
        return next(reference for reference in self.table.sources if reference.key == key)

    def nearest(self, calculated: Calculated) -> Point | None:
        """The measured point to compare a calculation with: of the same phase if there is one, nearest in pressure.

        None when no pressure is stated. Of several at one pressure the one with the highest Tc is taken.
        """
        known = [p for p in self.points if p.pressure is not None]
        same = [p for p in known if p.phase and p.phase == calculated.phase]
        return min(same or known, key=lambda p: _distance(p, calculated), default=None)


def merit_of(point: Point) -> float | None:
    """Figure of merit of a point; None when its pressure is not stated."""
    if point.pressure is None:
        return None
    return float(figure_of_merit(point.critical_temperature, pressure=point.pressure))


def _distance(point: Point, calculated: Calculated) -> tuple[float, float]:
    return abs((point.pressure or 0.0) - calculated.pressure), -point.critical_temperature
