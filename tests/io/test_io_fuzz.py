"""Whatever the bytes are, `read` gives a Recording or a DataError in one line, without warnings and within a second."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megabar.data import Recording
from megabar.errors import DataError
from megabar.io import read

SECONDS = 1.0
"""Processor time, so that a busy machine does not fail the test."""

USUAL = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))

FORMATS = (
    "text.csv",
    "text.tsv",
    "text.txt",
    "text.dat",
    "ppms.dat",
    "run.lvm",
    "run.tdms",
    "run.xlsx",
    "run.ods",
    "run.xls",
    "spectrum.csv",
    "wide.txt",
)
HEADS = (
    b"",
    b"[Header]\nBYAPP, x\n[Data]\n",
    b"LabVIEW Measurement\t\n",
    b"TDSm",
    b"PK\x03\x04",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
)
CELLS = (
    "T (K)",
    "R",
    "bias",
    "dI/dV (mS) 2 K",
    "X1 (V)",
    "4 K",
    "# T = 2.0 K",
    "H: 1 T",
    "V",
    "Ohm",
    "1",
    "-2.5",
    "1e5",
    "1e999",
    "nan",
    "",
    "--",
    "1,5",
    "x",
    '"',
    "#",
    ";",
    "\t",
    ",",
    "\n",
    " ",
)
HINTS = (
    {},
    {"columns": {"temperature": 1, "resistance": 2}},
    {"delimiter": ",", "decimal": "."},
    {"group": 1},
    {"skip_lines": 3, "sheet": 1},
    {"units": {"temperature": "degC"}},
    {"constants": {"temperature": 2.0}},
    {"columns": {"bias": 1, "conductance": 2}},
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def check(content: bytes, folder: Path, **hints: object) -> None:
    path = folder / f"fuzz{os.getpid()}.dat"
    path.write_bytes(content)
    start = time.process_time()
    outcome = attempt(path, **hints)
    assert time.process_time() - start < SECONDS
    if isinstance(outcome, Recording):
        assert all(len(curve) for curve in outcome.curves)
    else:
        assert "\n" not in outcome
        assert path.name in outcome


def attempt(path: Path | list[Path], **hints: object) -> Recording | str:
    try:
        return read(path, **hints)
    except DataError as error:
        return str(error)


def spoil(content: bytes, seed: int) -> bytes:
    """Bytes flipped, cut, repeated; lines shuffled; delimiters and decimal signs mixed."""
    chance = random.Random(seed)
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        kind = chance.randrange(7)
        place = chance.randrange(len(data)) if data else 0
        if kind == 0:
            for _ in range(chance.randint(1, 20)):
                if data:
                    data[chance.randrange(len(data))] = chance.randrange(256)
        elif kind == 1:
            del data[place:]
        elif kind == 2:
            del data[place : place + chance.randint(1, 60)]
        elif kind == 3:
            lines = bytes(data).split(b"\n")
            chance.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        elif kind == 4:
            old, new = chance.sample([b",", b";", b"\t", b" ", b".", b"\n", b"\r", b'"', b"e", b"-"], 2)
            data = bytearray(bytes(data).replace(old, new, chance.randint(1, 30)))
        elif kind == 5:
            data[place:place] = chance.choice(CELLS).encode() * chance.randint(1, 5)
        else:
            data[place:place] = data[place : place + chance.randint(1, 400)]
    return bytes(data)


@USUAL
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=600))
def test_arbitrary_bytes(head: bytes, body: bytes, folder: Path) -> None:
    check(head + body, folder)


@USUAL
@given(cells=st.lists(st.sampled_from(CELLS), max_size=80), hints=st.sampled_from(HINTS))
def test_arbitrary_cells(cells: list[str], hints: dict[str, object], folder: Path) -> None:
    check("".join(cells).encode(), folder, **hints)


@USUAL
@given(name=st.sampled_from(FORMATS), seed=st.integers(0, 2**32), hints=st.sampled_from(HINTS))
def test_spoiled_files(
    name: str, seed: int, hints: dict[str, object], folder: Path, sample: Callable[[str], bytes]
) -> None:
    check(spoil(sample(name), seed), folder, **hints)


@USUAL
@given(names=st.lists(st.sampled_from(FORMATS), min_size=1, max_size=3), seed=st.integers(0, 2**32))
def test_several_spoiled_files(names: list[str], seed: int, folder: Path, sample: Callable[[str], bytes]) -> None:
    paths = []
    for number, name in enumerate(names):
        paths.append(folder / f"several{os.getpid()}_{number}.dat")
        content = sample(name)
        paths[-1].write_bytes(spoil(content, seed + number) if (seed >> number) % 2 else content)
    outcome = attempt(paths, root=folder)
    if isinstance(outcome, Recording):
        assert len({curve.name for curve in outcome.curves}) == len(outcome.curves)
        assert all(len(curve) for curve in outcome.curves)
    else:
        assert "\n" not in outcome


@pytest.mark.nightly
@LONG
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=3000))
def test_arbitrary_bytes_long(head: bytes, body: bytes, folder: Path) -> None:
    check(head + body, folder)


@pytest.mark.nightly
@LONG
@given(cells=st.lists(st.sampled_from(CELLS), max_size=300), hints=st.sampled_from(HINTS))
def test_arbitrary_cells_long(cells: list[str], hints: dict[str, object], folder: Path) -> None:
    check("".join(cells).encode(), folder, **hints)


@pytest.mark.nightly
@LONG
@given(name=st.sampled_from(FORMATS), seed=st.integers(0, 2**32), hints=st.sampled_from(HINTS))
def test_spoiled_files_long(
    name: str, seed: int, hints: dict[str, object], folder: Path, sample: Callable[[str], bytes]
) -> None:
    check(spoil(sample(name), seed), folder, **hints)
