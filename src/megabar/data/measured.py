"""One analysed measurement of an experiment, as what is drawn from several of them needs it."""

from __future__ import annotations

from dataclasses import dataclass

from megabar.data.pressure import Pressure
from megabar.data.result import Result


@dataclass(frozen=True)
class Isotope:
    """The isotope that an element of the sample was made of; `mass` in unified atomic mass units."""

    element: str
    mass: float


@dataclass(frozen=True)
class Measured:
    """`cell` is "" when the experiment names none, `pressure` (GPa) None when it was not stated.

    `control` says in words what was measured in place of the sample ("bare Ce"), "" for the sample itself; `isotope`
    is None when the experiment file names none; `temperature` (K) is that at which a pattern or spectrum was taken,
    None when it was not stated.
    """

    measurement: str
    cell: str
    pressure: Pressure | None
    result: Result
    control: str = ""
    isotope: Isotope | None = None
    temperature: float | None = None
