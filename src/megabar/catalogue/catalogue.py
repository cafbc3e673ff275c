"""The catalogue: entries, selections of them, their ranking, and calculated against measured Tc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from megabar.catalogue.entry import Entry
from megabar.catalogue.schema import Calculated, Kind, Point, Status, known_element
from megabar.errors import DomainError, ExperimentError
from megabar.words import did_you_mean, found_text

Range = tuple[float | None, float | None]
"""Lowest and highest, both included; None: no limit."""


@dataclass(frozen=True)
class Ranked:
    """A place in the order of the figure of merit; `rank` is None for what is retracted."""

    rank: int | None
    entry: Entry
    point: Point
    merit: float


@dataclass(frozen=True)
class Compared:
    """A calculated Tc beside the measured one nearest in pressure (temperatures in K, pressures in GPa)."""

    entry: Entry
    calculated: Calculated
    point: Point

    @property
    def ratio(self) -> float:
        """The middle of the calculated range over the measured Tc."""
        return sum(self.calculated.critical_temperature) / (2.0 * self.point.critical_temperature)

    @property
    def pressure_difference(self) -> float:
        """Pressure of the calculation less that of the measurement."""
        return self.calculated.pressure - (self.point.pressure or 0.0)


@dataclass(frozen=True)
class Comparison:
    """All calculated Tc with a measured one; mean and root mean square of (calculated - measured)/measured.

    The numbers count the pairs in `counted`; they are None for fewer than two. `others` are further apart in pressure
    than `within` (GPa), or retracted.
    """

    within: float
    counted: tuple[Compared, ...]
    others: tuple[Compared, ...]
    mean: float | None
    rms: float | None


@dataclass(frozen=True)
class Catalogue:
    """Entries in the order of their names; `problems` are files that could not be read, one line each."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def find(self, name: str) -> tuple[Entry, ...]:
        """The entry of this name, or all with this formula or alias; upper and lower case are the same.

        ExperimentError, with what may have been meant, when there is none.
        """
        wanted = name.casefold()
        exact = [entry for entry in self.entries if entry.name.casefold() == wanted]
        found = exact or [e for e in self.entries if wanted in {n.casefold() for n in _names(e)}]
        if not found:
            known = [word.casefold() for entry in self.entries for word in (entry.name, *_names(entry))]
            hint = did_you_mean(wanted, known) or "; `megabar catalogue list` shows all"
            raise ExperimentError(f"catalogue: no entry {found_text(name)}{hint}")
        return tuple(found)

    def select(
        self,
        *,
        element: str | Iterable[str] = (),
        pressure: Range | None = None,
        critical_temperature: Range | None = None,
        evidence: str | Iterable[str] = (),
        status: str | Iterable[str] = (),
        with_retracted: bool = True,
    ) -> Catalogue:
        """The entries that hold all of the elements and kinds of evidence and have one of the statuses.

        `pressure` (GPa) and `critical_temperature` (K) are (lowest, highest), None for no limit: an entry keeps those
        of its points that lie in both, and is left out when none does; a point without a stated pressure lies in no
        range of pressures. DomainError for an unknown element, kind or status and for a range with its ends reversed.
        """
        elements = {known_element(word) for word in _words(element)}
        kinds = {_member(Kind, word, "evidence") for word in _words(evidence)}
        statuses = {_member(Status, word, "status") for word in _words(status)}
        _check_range("pressure", pressure)
        _check_range("critical temperature", critical_temperature)
        kept = []
        for entry in self.entries:
            points = tuple(p for p in entry.points if _inside(p, pressure, critical_temperature))
            fits = elements <= set(entry.elements) and kinds <= set(entry.kinds)
            fits = fits and (not statuses or entry.status in statuses) and (with_retracted or not entry.retracted)
            if points and fits:
                kept.append(replace(entry, points=points))
        return replace(self, entries=tuple(kept))

    def ranking(self, *, below: float | None = None, with_retracted: bool = False) -> tuple[Ranked, ...]:
        """Entries by the highest figure of merit of their points, at pressures up to `below` (GPa) where it is given.

        What is retracted comes last without a rank, or in its place `with_retracted`. Entries without a stated
        pressure have no figure of merit and are left out.
        """
        limited = self if below is None else self.select(pressure=(None, below))
        rated = [(entry.merit, entry) for entry in limited.entries]
        known = sorted(((merit, entry) for merit, entry in rated if merit is not None), key=lambda pair: -pair[0])
        counted = [pair for pair in known if with_retracted or not pair[1].retracted]
        others = [pair for pair in known if pair not in counted]
        ranked = [Ranked(rank, entry, entry.best, merit) for rank, (merit, entry) in enumerate(counted, start=1)]
        return (*ranked, *(Ranked(None, entry, entry.best, merit) for merit, entry in others))

    def comparison(self, *, within: float = 50.0, with_retracted: bool = False) -> Comparison:
        """Calculated against measured Tc, each calculation with the measured point nearest in pressure.

        Pairs at pressures further apart than `within` (GPa) do not count, what is retracted only `with_retracted`.
        """
        pairs = [
            Compared(entry, calculated, point)
            for entry in self.entries
            for calculated in entry.table.calculated
            if (point := entry.nearest(calculated)) is not None
        ]
        near = [pair for pair in pairs if abs(pair.pressure_difference) <= within]
        counted = tuple(pair for pair in near if with_retracted or not pair.entry.retracted)
        others = tuple(pair for pair in pairs if pair not in counted)
        off = np.array([pair.ratio - 1.0 for pair in counted])
        if off.size < 2:
            return Comparison(within, counted, others, None, None)
        return Comparison(within, counted, others, float(off.mean()), sqrt(float(np.mean(off**2))))


def _names(entry: Entry) -> tuple[str, ...]:
    return (entry.formula, entry.short, *entry.table.aliases)


def _words(given: str | Iterable[str]) -> set[str]:
    return {given} if isinstance(given, str) else set(given)


def _member(kind: type[Kind] | type[Status], word: str, what: str) -> Kind | Status:
    known = [member.value for member in kind]
    for member in kind:
        if member.value.casefold() == word.casefold():
            return member
    raise DomainError(f"{what}: found {found_text(word)}; allowed: {', '.join(known)}{did_you_mean(word, known)}")


def _check_range(what: str, ends: Range | None) -> None:
    low, high = ends or (None, None)
    if low is not None and high is not None and not low <= high:
        raise DomainError(f"{what}: the range from {low:g} to {high:g} is empty; write the lower end first")


def _inside(point: Point, pressure: Range | None, critical_temperature: Range | None) -> bool:
    return _within(point.pressure, pressure) and _within(point.critical_temperature, critical_temperature)


def _within(value: float | None, ends: Range | None) -> bool:
    low, high = ends or (None, None)
    if low is None and high is None:
        return True
    return value is not None and (low is None or low <= value) and (high is None or value <= high)
