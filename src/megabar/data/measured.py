"""One analysed measurement of an experiment, as what is drawn from several of them needs it."""

from __future__ import annotations

from dataclasses import dataclass

from megabar.data.pressure import Pressure
from megabar.data.result import Result


@dataclass(frozen=True)
class Measured:
    """`cell` is "" when the experiment names none, `pressure` (GPa) None when it was not stated."""

    measurement: str
    cell: str
    pressure: Pressure | None
    result: Result
