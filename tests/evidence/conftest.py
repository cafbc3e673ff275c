"""Files of real instruments, which stand beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

MEASURED = Path(__file__).resolve().parents[2].parent / "shared/data/measured"


@pytest.fixture
def measured() -> Path:
    """The folder of real instrument files; skips where it is absent."""
    if not MEASURED.is_dir():
        pytest.skip("the folder of real instrument files is not there")
    return MEASURED
