"""A published superconductor as one file says it: one frozen model a table, unknown keys refused.

Units: K, GPa, T; resistances carry theirs. What the publication does not state is left out: None for a number, "" for
a word. Every number names its `source`, the `key` of one of the `[[sources]]`, and where it stands there (`place`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import gemmi
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, field_validator, model_validator

from megabar.errors import DomainError

_ELEMENTS: Final = 118
_LINE: Final = r"^([^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?)?$"

Text = Annotated[str, StringConstraints(strict=True, max_length=2000, pattern=_LINE)]
"""Words on one line; "" where nothing is stated."""

Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100, pattern=_LINE)]
"""Words on one line that may not be missing."""

Sentence = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=2000, pattern=_LINE)]
"""A sentence or two on one line that may not be missing."""

Day = Annotated[str, StringConstraints(strict=True, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""A date as 2022-09-26, or 2022-09 or 2022 where no more is known."""

Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
Kelvin = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1000)]
Gigapascal = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1000)]
Year = Annotated[int, Field(strict=True, ge=1900, le=2100)]


class Status(StrEnum):
    """What became of a publication."""

    PUBLISHED = "published"
    CONTESTED = "contested"
    CORRECTED = "corrected"
    RETRACTED = "retracted"


class Kind(StrEnum):
    """A kind of evidence for superconductivity, or for what the superconductor is."""

    RESISTANCE = "resistance"
    ZERO_RESISTANCE = "zero resistance"
    FIELD = "field suppression"
    CRITICAL_CURRENT = "critical current"
    MAGNETISATION = "magnetisation"
    NUCLEAR_RESONANT_SCATTERING = "nuclear resonant scattering"
    ISOTOPE = "isotope effect"
    TUNNELLING = "tunnelling gap"
    POINT_CONTACT = "point-contact gap"
    INFRARED = "infrared gap"
    NMR = "NMR"
    INELASTIC = "inelastic X-ray scattering"
    HALL = "Hall effect"
    HEAT = "specific heat"
    DIFFRACTION = "diffraction"


class Table(BaseModel):
    """A table of an entry: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reference(Table):
    """A publication. It needs a journal or an arXiv number; a DOI is given only where it is known."""

    key: Name
    authors: Name
    year: Year
    title: Text = ""
    journal: Text = ""
    volume: Text = ""
    pages: Text = ""
    doi: Annotated[str, StringConstraints(strict=True, pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    arxiv: Annotated[str, StringConstraints(strict=True, pattern=r"^\d{4}\.\d{4,5}(v\d+)?$")] | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> Reference:
        if not self.journal and self.arxiv is None:
            raise ValueError("a reference needs `journal` or `arxiv`")
        return self

    @property
    def short(self) -> str:
        """First author and year."""
        first = self.authors.split(" et al.")[0].split(",")[0].split(" and ")[0]
        return f"{first.rsplit('. ', 1)[-1].strip()} {self.year}"

    @property
    def text(self) -> str:
        """The reference on one line, with its DOI or arXiv number where it has one."""
        where = " ".join(filter(None, (self.journal, self.volume)))
        where = ", ".join(filter(None, (where, self.pages)))
        parts = [f"{self.authors}, {where} ({self.year})" if where else f"{self.authors} ({self.year})"]
        parts += [f"doi {self.doi}"] if self.doi else []
        parts += [f"arXiv:{self.arxiv}"] if self.arxiv else []
        return ", ".join(parts)


class Sourced(Table):
    """Something that stands in a publication: `source` is the key of a reference, `place` where it stands there.

    `work` is the key of the publication whose work it is, where that is neither the source nor the entry's reference.
    """

    source: Name
    place: Text = ""
    work: Text = ""
    remark: Text = ""


class Point(Sourced):
    """Tc at a pressure, by a criterion. `about` marks a number printed as approximate.

    Errors are one standard deviation where stated. `pressure` None: not stated. `phase` names what was measured where
    the entry holds several; `cell` is the laboratory's own name of the sample or cell.
    """

    critical_temperature: Kelvin
    pressure: Gigapascal | None = None
    critical_temperature_error: Positive | None = None
    pressure_error: Positive | None = None
    gauge: Text = ""
    criterion: Text = ""
    phase: Text = ""
    cell: Text = ""
    about: StrictBool = False


class UpperCriticalField(Sourced):
    """mu0 Hc2 in T at a `temperature` (K, 0 when extrapolated) by a `law` such as WHH, for one orientation."""

    field: Positive
    temperature: NotNegative = 0.0
    law: Text = ""
    pressure: Gigapascal | None = None
    orientation: Text = ""
    cell: Text = ""


class Evidence(Sourced):
    """What was measured to show that this is a superconductor, and of which kind.

    `value` with its `unit` is what was found where it is a number (resistance at the onset, gap ...).
    """

    kind: Kind
    method: Text = ""
    year: Year | None = None
    value: Finite | None = None
    unit: Text = ""
    about: StrictBool = False


class Calculated(Sourced):
    """Tc from first principles, [lowest, highest] K over what the authors varied (mostly mu*), at a pressure."""

    critical_temperature: tuple[Kelvin, Kelvin]
    pressure: Gigapascal
    phase: Text = ""
    method: Text = ""

    @field_validator("critical_temperature")
    @classmethod
    def _ordered(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if not ends[0] <= ends[1]:
            raise ValueError("[lowest, highest] in K")
        return ends


class Quantity(Sourced):
    """Any other number that the publication states about this superconductor."""

    quantity: Name
    value: Finite
    error: Positive | None = None
    unit: Text = ""
    condition: Text = ""


class Run(Sourced):
    """One heating of one sample: pressures in GPa before and after, what was measured."""

    run: Name
    sample: Name
    composition: Text = ""
    pressure_before: Gigapascal | None = None
    pressure_after: Gigapascal | None = None
    measurements: tuple[Name, ...] = ()


class DataTable(Sourced):
    """A printed table of numbers; the headings carry the units."""

    title: Name
    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    rows: Annotated[tuple[tuple[Finite, ...], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _even(self) -> DataTable:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} numbers; `columns` names {len(self.columns)}")
        return self


class Synthesis(Sourced):
    """What it was made from and how it was heated."""

    starting_materials: tuple[Name, ...] = ()
    heating: Text = ""


class Structure(Sourced):
    """A phase that was found."""

    phase: Name
    space_group: Text = ""


class Notice(Table):
    """Why the status is what it is: the correction, retraction or dispute, with its date and where it stands."""

    date: Day
    text: Sentence
    doi: Annotated[str, StringConstraints(strict=True, pattern=r"^10\.\d{4,9}/\S+$")] | None = None


class EntryTable(Table):
    """The whole file: one superconductor as one publication reports it, and what others added about the same claim.

    `short` is the name for figures where the formula is long; `aliases` are other names to find it by.
    """

    formula: Name
    family: Literal["hydride", "element", "nickelate", "cuprate", "iron-based", "boride", "other"]
    reference: Name
    sources: Annotated[tuple[Reference, ...], Field(min_length=1)]
    points: Annotated[tuple[Point, ...], Field(min_length=1)]
    status: Status = Status.PUBLISHED
    notice: Notice | None = None
    short: Text = ""
    aliases: tuple[Name, ...] = ()
    notes: Text = ""
    structures: tuple[Structure, ...] = ()
    synthesis: tuple[Synthesis, ...] = ()
    upper_critical_fields: tuple[UpperCriticalField, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    calculated: tuple[Calculated, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    runs: tuple[Run, ...] = ()
    tables: tuple[DataTable, ...] = ()

    @field_validator("formula")
    @classmethod
    def _has_elements(cls, formula: str) -> str:
        if not elements_of(formula):
            raise ValueError("a formula with the symbols of elements, such as LaH10")
        return formula

    @model_validator(mode="after")
    def _whole(self) -> EntryTable:
        keys = [reference.key for reference in self.sources]
        if len(set(keys)) < len(keys):
            raise ValueError("two of `sources` have the same `key`")
        if self.reference not in keys:
            raise ValueError(f"`reference` is {self.reference!r}; allowed: a `key` of `sources` ({', '.join(keys)})")
        if self.status is not Status.PUBLISHED and self.notice is None:
            raise ValueError(f"`status` is {self.status.value!r}; it needs a [notice] with `date` and `text`")
        for where, item in self.sourced():
            for field, key in (("source", item.source), ("work", item.work or item.source)):
                if key not in keys:
                    allowed = f"allowed: a `key` of `sources` ({', '.join(keys)})"
                    raise ValueError(f"`{where}.{field}` is {key!r}; {allowed}")
        return self

    def sourced(self) -> Iterable[tuple[str, Sourced]]:
        """Everything that names its source, with the place in the file where it stands."""
        for name in type(self).model_fields:
            items: Any = getattr(self, name)
            for number, item in enumerate(items if isinstance(items, tuple) else ()):
                if isinstance(item, Sourced):
                    yield f"{name}[{number}]", item


def elements_of(formula: str) -> tuple[str, ...]:
    """The symbols of the elements in a formula such as (La,Ce)H9-10 or YHx, each once, in its order."""
    return tuple(dict.fromkeys(_symbols().findall(formula)))


def known_element(word: str) -> str:
    """The symbol of an element in any case of letters, "la" is La; DomainError for what is none."""
    symbol = word.strip().capitalize()
    if symbol not in {gemmi.Element(number).name for number in range(1, _ELEMENTS + 1)}:
        raise DomainError(f"element: found {word!r}; a symbol such as La is needed")
    return symbol


@lru_cache(maxsize=1)
def _symbols() -> re.Pattern[str]:
    """Two-letter symbols first, so that "Sn" is tin and "Hx" is hydrogen."""
    names = [gemmi.Element(number).name for number in range(1, _ELEMENTS + 1)]
    return re.compile("|".join(sorted(names, key=len, reverse=True)))
