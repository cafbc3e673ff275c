"""Tables written in every combination of dialect, header and encoding come back number by number."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megabar.data import Role
from megabar.io import read

COLUMNS = {
    Role.TEMPERATURE: ("T", {"K": 1.0, "mK": 1e-3}),
    Role.RESISTANCE: ("R", {"Ohm": 1.0, "mOhm": 1e-3, "uΩ": 1e-6}),
    Role.VOLTAGE: ("Voltage", {"V": 1.0, "nV": 1e-9}),
    Role.CURRENT: ("I", {"A": 1.0, "µA": 1e-6}),
    Role.FIELD: ("Field", {"T": 1.0, "Oe": 1e-4}),
}
HEADERS = ("{} ({})", "{} [{}]", "{} / {}", "{}({})", "{}_{}", "second line", "second line in brackets")
DIALECTS = (
    ("\t", "."),
    ("\t", ","),
    (";", "."),
    (";", ","),
    (",", "."),
    ("|", "."),
    ("  ", "."),
    ("  ", ","),
    (", ", "."),
)
FORMATS = ("{:.3f}", "{:.6e}", "{:g}", "{!r}", "{:12.4f}", "{:+.5g}", "{:.0f}")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, dict[Role, np.ndarray]]:
    """(text, encoding, what each role must hold)."""
    delimiter, decimal = draw(st.sampled_from(DIALECTS))
    roles = [Role.TEMPERATURE, Role.RESISTANCE, *draw(st.sets(st.sampled_from(list(COLUMNS)[2:])))]
    units = [draw(st.sampled_from(list(COLUMNS[role][1]))) for role in roles]
    size = draw(st.integers(3, 30))
    style = draw(st.sampled_from(FORMATS))
    cells = [
        [style.format(draw(st.floats(0.001 if role == Role.TEMPERATURE else -1e4, 1e4))).strip() for _ in range(size)]
        for role in roles
    ]
    header = draw(st.sampled_from(HEADERS))
    names = [COLUMNS[role][0] for role in roles]
    lines = [[header.format(name, unit) for name, unit in zip(names, units, strict=True)]]
    if header.startswith("second line"):
        lines = [names, [f"({unit})" if "brackets" in header else unit for unit in units]]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    tail = delimiter if draw(st.booleans()) and delimiter.strip() else ""
    mark = draw(st.sampled_from(["", "# ", "% "]))
    head = [mark + delimiter.join(line) + tail for line in lines]
    rows = [delimiter.join(row).replace(".", decimal) + tail for row in zip(*cells, strict=True)]
    comments = draw(st.sampled_from([[], ["# cooled slowly"], ["% run 3, sample 12", "", "# 4.2 K"]]))
    text = end.join([*comments, *head, *rows]) + end
    values = {
        role: np.array([float(cell) for cell in column]) * COLUMNS[role][1][unit]
        for role, column, unit in zip(roles, cells, units, strict=True)
    }
    return text, draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), values


def check(table: tuple[str, str, dict[Role, np.ndarray]], folder: Path) -> None:
    text, encoding, values = table
    path = folder / f"table{os.getpid()}.txt"
    path.write_bytes(text.encode(encoding))
    recording = read(path)
    (curve,) = recording.curves
    for role, expected in values.items():
        np.testing.assert_allclose(curve.values(role), expected, rtol=1e-12, err_msg=text)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_what_was_written_is_read(table: tuple[str, str, dict[Role, np.ndarray]], folder: Path) -> None:
    check(table, folder)


@pytest.mark.nightly
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_what_was_written_is_read_long(table: tuple[str, str, dict[Role, np.ndarray]], folder: Path) -> None:
    check(table, folder)
