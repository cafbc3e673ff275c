"""`megabar check`: a table of marks, files that cannot be read, and the exit status."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from megabar.cli.main import run

T = np.linspace(5.0, 120.0, 300)
SIGNAL = (0.1 + 0.002 * T) / (1.0 + np.exp(-(T - 60.0) / 2.0))


def write(path: Path, resistance: np.ndarray, more: dict[str, np.ndarray] | None = None) -> Path:
    columns = {"T (K)": T, "R (Ohm)": resistance, **(more or {})}
    rows = (",".join(f"{value:.8f}" for value in row) for row in zip(*columns.values(), strict=True))
    path.write_text("\n".join([",".join(columns), *rows]) + "\n")
    return path


def noise(seed: int) -> np.ndarray:
    return 1e-4 * np.random.default_rng([seed, 3]).standard_normal(T.size)


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = run(["check", *(str(argument) for argument in arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_clean_files_have_no_mark(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = [write(tmp_path / f"{seed}.csv", SIGNAL + noise(seed)) for seed in (1, 2)]
    assert call(capsys, *files) == (0, "2 curves examined, 600 readings: no mark.\n", "")


def test_marks_are_a_table_that_fits_with_ordinary_causes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first = write(tmp_path / "first.csv", SIGNAL + noise(1))
    second = write(tmp_path / "a_second_file_with_a_name_that_is_long.csv", 2.0 * SIGNAL + 2.0 * noise(1) + 0.1)
    third = write(tmp_path / "third.csv", np.round(SIGNAL, 3))
    status, out, err = call(capsys, first, second, third)
    assert (status, err) == (0, "")
    assert out.startswith("3 curves examined, 900 readings: 2 marks.")
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "common noise of two curves" in out
    assert "one measurement stored twice" in out
    assert "resolution of the instrument" in out
    assert "5 to 120 K" in out


def test_a_file_that_cannot_be_read_costs_no_other(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = write(tmp_path / "good.csv", SIGNAL + noise(1))
    status, out, err = call(capsys, tmp_path / "gone.csv", good)
    assert status == 1
    assert err == "megabar: gone.csv: there is no such file; correct the name or the folder\n"
    assert out == "1 curve examined, 300 readings: no mark.\n"


def test_a_difference_and_its_parts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    raw = {"raw": SIGNAL + 0.01 * T + noise(1), "holder": 0.01 * T}
    file = write(tmp_path / "a.csv", SIGNAL + 0.5 * noise(1), raw)
    status, out, _ = call(capsys, file, "--raw", "raw", "--background", "holder")
    assert status == 0
    assert "smoother than its parts" in out
    assert "not the difference of its parts" in out
    status, _, err = call(capsys, file, "--background", "holder")
    assert status == 2
    assert "needs --raw" in err
    status, _, err = call(capsys, file, "--raw", "row")
    assert status == 1
    assert 'no column "row"' in err


def test_hints_are_those_of_fit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", SIGNAL + noise(1))
    assert call(capsys, file, "--column", "temperature=1", "--column", "voltage=2", "--unit", "voltage=V")[0] == 0
    status, _, err = call(capsys, file, "--read", "nonsense=1")
    assert status == 2
    assert "nonsense" in err
