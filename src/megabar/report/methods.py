"""How the numbers of a report were obtained, told once for all measurements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from megabar.data.result import Result
from megabar.report.names import MEAN, place_of, way_of

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")


@dataclass(frozen=True)
class Method:
    """How one quantity was obtained in several ways ("" for the only one)."""

    quantity: str
    ways: tuple[str, ...]
    words: str


def open_words(method: str) -> str:
    """A method with "…" for its numbers, by which methods that differ in numbers alone are told to be one."""
    return _NUMBER.sub("…", method)


def numbers_of(method: str) -> list[str]:
    """The numbers for which `open_words` has "…", as they stand there."""
    return _NUMBER.findall(method)


def methods(results: Sequence[Result]) -> tuple[Method, ...]:
    """All methods by quantity; those that differ in numbers alone are one, with "…" for these numbers.

    Means of directions are left out: they are means of what was obtained by the same method.
    """
    found: dict[str, dict[str, tuple[dict[str, None], dict[str, None]]]] = {}
    for result in results:
        for e in result.estimates:
            if place_of(e).direction == MEAN:
                continue
            ways, words = found.setdefault(e.quantity, {}).setdefault(open_words(e.method), ({}, {}))
            ways.setdefault(way_of(e, without="side"))
            words.setdefault(e.method)
    return tuple(
        Method(quantity, tuple(ways), next(iter(words)) if len(words) == 1 else common)
        for quantity, variants in found.items()
        for common, (ways, words) in variants.items()
    )
