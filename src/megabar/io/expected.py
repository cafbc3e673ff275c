"""What bare columns hold where the kind of measurement says it: a pattern's angle and intensity, a spectrum's shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from megabar.data import Note, Role
from megabar.io.hints import ReadHints
from megabar.io.plan import headings_of
from megabar.io.table import Table

_WITH_ERRORS: Final = 3
"""Columns of a file that gives standard deviations of the second behind it, as .xye files do."""


def expected_columns(table: Table, hints: ReadHints, expected: Sequence[str], notes: list[Note]) -> ReadHints:
    """`hints` with the roles that the kind expects of its first columns, where the file and the user say nothing.

    Used for two or three columns whose headings tell no role. A third column without negative numbers is taken as one
    standard deviation of the second. What was taken is said in a note.
    """
    width = len(table.headings)
    if not expected or hints.columns or table.plans or table.roles or table.texts:
        return hints
    if width not in (len(expected), _WITH_ERRORS) or width < len(expected):
        return hints
    roles = [Role(name) for name in expected]
    told = [head.role for head in headings_of(table)]
    # One title ("2-Theta Angle (Degrees)") may have been cut into the headings of two columns.
    if told[0] not in (Role.OTHER, roles[0]) or any(role not in (Role.OTHER, Role.ANGLE) for role in told[1:]):
        return hints
    said = ", ".join(f"column {i} {role.value.replace('_', ' ')}" for i, role in enumerate(roles, start=1))
    update: dict[str, object] = {"columns": {role: (i,) for i, role in enumerate(roles, start=1)}}
    if width == len(roles) + 1 and not hints.errors and _can_be_errors(table):
        update["errors"] = {roles[-1]: (width,)}
        said += f", column {width} one standard deviation of it"
    notes.append(Note(f"no telling header: taken as this kind's columns: {said}; name them under columns if not so"))
    return hints.model_copy(update=update)


def _can_be_errors(table: Table) -> bool:
    values = table.numbers[-1]
    finite = values[np.isfinite(values)]
    return bool(finite.size) and bool((finite >= 0).all()) and bool((finite > 0).any())
