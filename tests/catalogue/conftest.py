"""The catalogue as it is packaged, and the printed tables that it must hold."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from megabar.catalogue import Catalogue, load

PAPERS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "papers"

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="session")
def printed() -> Callable[[str], Rows]:
    """The rows of one of the shared tables; the test is skipped where they are absent."""

    def read(name: str) -> Rows:
        path = PAPERS / name
        if not path.is_file():
            pytest.skip(f"the shared table {name} is not beside this checkout")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(line for line in file if not line.startswith("#")))

    return read
