"""KEY=VALUE options into what the library takes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from megabar.errors import ExperimentError


def parse_pairs(option: str, items: Sequence[str] | None) -> dict[str, str]:
    """`["temperature=T (K)"]` as a dictionary; a value may hold further equals signs."""
    pairs: dict[str, str] = {}
    for item in items or ():
        key, equals, value = (part.strip() for part in item.partition("="))
        if not (key and equals and value):
            raise ExperimentError(f'{option}: found "{item}"; allowed: KEY=VALUE')
        if key in pairs:
            raise ExperimentError(f"{option}: {key} is given twice")
        pairs[key] = value
    return pairs


def parse_columns(items: Sequence[str] | None) -> dict[str, str | int]:
    """`["temperature=T (K)", "resistance=3"]`: headings, or numbers of columns counted from 1."""
    pairs = parse_pairs("--column", items)
    return {role: int(name) if name.isdecimal() else name for role, name in pairs.items()}


def reading_hints(
    items: Sequence[str] | None, *, columns: dict[str, str | int], units: dict[str, str]
) -> dict[str, Any]:
    """What `--read`, `--column` and `--unit` say together; the last two add to the tables of the first."""
    hints = parse_settings(items, option="--read")
    for name, more in (("columns", columns), ("units", units)):
        if more:
            table = hints.get(name, {})
            if not isinstance(table, dict):
                raise ExperimentError(f"--read: {name}: found {table!r}; allowed: {name}.ROLE=VALUE")
            hints[name] = {**table, **more}
    return hints


def parse_settings(items: Sequence[str] | None, *, option: str = "--set") -> dict[str, Any]:
    """`["criteria=[0.9, 0.5]", "window.low=20"]` as nested tables, each value as in TOML or else as plain text."""
    settings: dict[str, Any] = {}
    for key, text in parse_pairs(option, items).items():
        *tables, last = key.split(".")
        table = settings
        for name in tables:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise ExperimentError(f"{option}: {name} is given both a value and a table")
        if last in table:
            raise ExperimentError(f"{option}: {key} is given both a value and a table")
        table[last] = _value(text)
    return settings


def _value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if set(parsed) == {"value"} else text
