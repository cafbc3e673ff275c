"""Which traces belong together: the name of a fit, a residual or a marker says which data it belongs to.

Rule: a trace belongs to the data trace whose name stands in its own name as whole words ("warming: fit",
"T90 (warming)", "warming residual" all belong to "warming"); the longest such name wins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_JOINTS = " \t,:;·/–—-("


def owner(name: str, series: Sequence[str]) -> str | None:
    """The data trace in `series` that the trace `name` belongs to; None when its name mentions none of them."""
    for candidate in sorted(series, key=len, reverse=True):
        if candidate and re.search(rf"(?<!\w){re.escape(candidate)}(?!\w)", name, flags=re.IGNORECASE):
            return candidate
    return None


def own_part(name: str, series: str | None) -> str:
    """What `name` says besides its series: "warming: fit" -> "fit"; the whole name where the series is not set apart.

    The series is taken off at the start ("warming fit", "warming: fit") or, behind a joint other than a space, at the
    end ("fit, warming", "fit (warming)"); "fit to warming" stays as it is. "" when nothing else is said.
    """
    if series is None:
        return name
    lowered, known = name.lower(), series.lower()
    if lowered.startswith(known):
        rest = name[len(series) :]
        return rest.strip(_JOINTS + ")") if not rest or rest[0] in _JOINTS else name
    ending = lowered.rstrip(") ")
    if ending.endswith(known):
        rest = name[: len(ending) - len(series)]
        if rest.rstrip(" ").endswith(tuple(_JOINTS.strip())):
            return rest.rstrip(_JOINTS)
    return name
