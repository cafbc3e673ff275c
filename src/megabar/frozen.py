"""Mappings that cannot be changed, and that travel between processes."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def freeze(mapping: Mapping[K, V]) -> Mapping[K, V]:
    """A read-only copy of `mapping`."""
    return MappingProxyType(dict(mapping))


def _reduced(mapping: MappingProxyType[Any, Any]) -> tuple[Any, tuple[Any, ...]]:
    return freeze, (dict(mapping),)


# Python itself refuses to pickle a read-only mapping, and so every frozen result that holds one.
copyreg.pickle(MappingProxyType, _reduced)
