"""The columns of Quantum Design magnetometers (ACMS, VSM, MPMS, MPMS3): steady and alternating moments as curves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.data import Role
from megabar.io.headings import Heading
from megabar.io.table import Assigned, Plan, Table
from megabar.io.units import fits

_STEADY: Final = ("m-dc", "moment", "long moment", "dc moment fixed ctr", "dc moment free ctr")
"""Names of the steady moment, the first that has values counts: beside "M-DC" the ACMS calls its amplitude "Moment"."""

_STEADY_ERRORS: Final = {
    "m-dc": ("m-std.dev.",),
    "moment": ("m. std. err.",),
    "long moment": ("long scan std dev",),
    "dc moment fixed ctr": ("dc moment err fixed ctr",),
    "dc moment free ctr": ("dc moment err free ctr",),
}
_ALTERNATING: Final = (
    (Role.MOMENT_IN_PHASE, ("m'", "ac m'", "ac x'")),
    (Role.MOMENT_QUADRATURE, ("m''", "ac m''", "ac x''")),
    (Role.DRIVE, ("ac drive", "drive amplitude", "amplitude")),
    (Role.FREQUENCY, ("ac frequency", "wave frequency", "frequency")),
)
_PRIMED_ERROR: Final = re.compile(r"^(?P<of>(?:ac )?[mx]'{1,2}) (?:scan )?std\.? (?:dev|err)\.?$")
_SHARED_ERROR: Final = "m-std.dev."
"""The ACMS writes one standard deviation for whatever it measured in that row."""


def magnetic_plans(
    table: Table, heads: Sequence[Heading], free: Sequence[int], shared: tuple[Assigned, ...]
) -> list[Plan]:
    """A curve of the steady and one of the alternating moment, of the columns `free` that have values; [] for none.

    They are called "DC" and "AC" where the file has both. `shared` columns (temperature, field, time) are in each.
    The frequency of a vibrating sample is none of a field, so only the alternating moment has one.
    """
    names = {heads[i].name.lower().replace('"', "''"): i for i in reversed(free)}
    alternating = _alternating(names, heads)
    steady = _steady(names, heads, alternating)
    both = bool(steady) and bool(alternating)
    plans = []
    for name, own in (("DC", steady), ("AC", alternating)):
        if own:
            used = {a.index for a in own} | {a.error for a in own}
            others = tuple(Assigned(i, Role.OTHER) for i in free if i not in used)
            plans.append(Plan(name if both else "", (*shared, *own, *others), own[0].index))
    return plans if all(np.isfinite(table.numbers[plan.lead or 0]).any() for plan in plans) else []


def _steady(names: dict[str, int], heads: Sequence[Heading], alternating: tuple[Assigned, ...]) -> tuple[Assigned, ...]:
    # The ACMS calls the amplitude of the alternating moment "Moment"; a file without "M-DC" has no steady one.
    acms = any(names.get("m'") == a.index for a in alternating) and "amplitude" in names
    for name in _STEADY:
        index = names.get(name)
        if index is None or not _fits(heads[index], Role.MOMENT) or (acms and name == "moment"):
            continue
        error = next((names[e] for e in _STEADY_ERRORS[name] if e in names), None)
        return (Assigned(index, Role.MOMENT, error),)
    return ()


def _alternating(names: dict[str, int], heads: Sequence[Heading]) -> tuple[Assigned, ...]:
    errors = {match["of"]: i for name, i in names.items() if (match := _PRIMED_ERROR.match(name))}
    found = []
    for role, spellings in _ALTERNATING:
        name = next((s for s in spellings if s in names and _fits(heads[names[s]], role)), None)
        if name is not None:
            shared = names.get(_SHARED_ERROR) if name in ("m'", "m''") else None
            found.append(Assigned(names[name], role, errors.get(name, shared)))
    return tuple(found) if found and found[0].role == Role.MOMENT_IN_PHASE else ()


def _fits(head: Heading, role: Role) -> bool:
    return head.unit is not None and fits(head.unit, role)
