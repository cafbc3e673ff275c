"""Several files of one measurement as one recording, and constants that no file says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.data import Recording, Role
from megabar.errors import DataError
from megabar.io import ReadHints, read, read_with

V = np.round(np.linspace(-6.0, 6.0, 41), 3)


def spectrum(height: float, head: str = "bias (mV),dI/dV (mS)\n") -> str:
    return head + "".join(f"{v:.3f},{1.0 + height * np.exp(-(v**2)):.6f}\n" for v in V)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "raw" / "up").mkdir(parents=True)
    for name, height in {"raw/2K.csv": 0.5, "raw/4K.csv": 0.4, "raw/up/2K.csv": 0.3}.items():
        (tmp_path / name).write_text(spectrum(height))
    two = "bias (mV),G1 (mS),G2 (mS)\n" + "".join(f"{v:.3f},1.0,2.0\n" for v in V)
    (tmp_path / "raw" / "two.csv").write_text(two)
    (tmp_path / "raw" / "junk.csv").write_text("nothing\nat all\n")
    return tmp_path


def heights(recording: Recording) -> list[float]:
    return [float(curve.values(Role.CONDUCTANCE).max()) for curve in recording.curves]


def said(recording: Recording, level: str) -> list[str]:
    return [note.text for note in recording.notes if note.level == level]


def test_curves_of_all_files_in_the_order_given(folder: Path) -> None:
    recording = read([folder / "raw" / "4K.csv", folder / "raw" / "2K.csv"])
    assert [curve.name for curve in recording.curves] == ["4K", "2K"]
    np.testing.assert_allclose(heights(recording), [1.4e-3, 1.5e-3])
    assert [source.file for source in recording.sources] == ["4K.csv", "2K.csv"]
    hashes = [hashlib.sha256((folder / "raw" / name).read_bytes()).hexdigest() for name in ("4K.csv", "2K.csv")]
    assert [source.sha256 for source in recording.sources] == hashes
    assert recording.sources[0] == recording.source
    assert recording.format == "delimited text"


def test_the_top_level_reads_several_too(folder: Path) -> None:
    assert len(megabar.read([str(folder / "raw" / "4K.csv"), folder / "raw" / "2K.csv"]).curves) == 2


def test_a_list_of_one_is_that_file(folder: Path) -> None:
    one = read([folder / "raw" / "4K.csv"])
    assert (one.source, one.more_sources, one.curves[0].name) == (read(folder / "raw" / "4K.csv").source, (), "4K")


def test_a_file_with_several_curves_keeps_their_names_behind_its_own(folder: Path) -> None:
    recording = read([folder / "raw" / "2K.csv", folder / "raw" / "two.csv"])
    assert [curve.name for curve in recording.curves] == ["2K", "two G1", "two G2"]
    assert [curve.metadata["file"] for curve in recording.curves] == ["2K.csv", "two.csv", "two.csv"]


def test_files_of_equal_names_are_told_apart_by_their_paths(folder: Path) -> None:
    paths = [folder / "raw" / "2K.csv", folder / "raw" / "up" / "2K.csv"]
    recording = read(paths)
    assert [source.file for source in recording.sources] == ["2K.csv", "up/2K.csv"]
    assert [curve.name for curve in recording.curves] == ["2K", "up/2K"]
    inside = read(paths, root=folder)
    assert [source.file for source in inside.sources] == ["raw/2K.csv", "raw/up/2K.csv"]


def test_names_that_differ_in_their_suffix_only(folder: Path) -> None:
    (folder / "raw" / "2K.txt").write_text(spectrum(0.1))
    assert [c.name for c in read([folder / "raw" / "2K.csv", folder / "raw" / "2K.txt"]).curves] == ["2K.csv", "2K.txt"]


def test_one_file_that_cannot_be_read_is_left_out_with_its_reason(folder: Path) -> None:
    names = ["2K.csv", "gone.csv", "junk.csv", "4K.csv"]
    recording = read([folder / "raw" / name for name in names])
    assert [curve.name for curve in recording.curves] == ["2K", "4K"]
    assert [source.file for source in recording.sources] == ["2K.csv", "4K.csv"]
    first, second = said(recording, "warning")
    assert first == "left out: gone.csv: there is no such file; correct the name or the folder"
    assert second.startswith("left out: junk.csv: no table of numbers found")
    assert "\n" not in second


def test_when_no_file_can_be_read_every_reason_is_given(folder: Path) -> None:
    with pytest.raises(
        DataError, match=r"^none of 2 files can be read: gone\.csv: there is no .*, junk\.csv: no table"
    ):
        read([folder / "gone.csv", folder / "raw" / "junk.csv"])
    with pytest.raises(DataError, match=r"^no file to read"):
        read([])


def test_a_file_named_twice_is_refused(folder: Path) -> None:
    path = folder / "raw" / "2K.csv"
    for root in (None, folder):
        with pytest.raises(DataError, match=r"2K\.csv: named twice in one measurement; name each file once"):
            read([path, path], root=root)


def test_a_file_outside_the_experiment_is_refused_whatever_the_others_are(folder: Path) -> None:
    with pytest.raises(DataError, match="lies outside the experiment folder"):
        read([folder / "raw" / "2K.csv", folder / "raw" / "up" / "2K.csv"], root=folder / "raw" / "up")


def test_what_holds_for_every_file_is_said_once(folder: Path) -> None:
    for name in ("a", "b", "c"):
        (folder / f"{name}.csv").write_text(
            spectrum(0.5, "bias,dI/dV (mS)\n" if name != "c" else "bias (mV),dI/dV (mS)\n")
        )
    both = read([folder / "a.csv", folder / "b.csv"])
    assert said(both, "info") == ["bias 'bias' gives no unit: taken as mV; say units.bias where it is not"]
    three = read([folder / f"{name}.csv" for name in "abc"])
    assert said(three, "info")[0].startswith("a.csv, b.csv: bias 'bias' gives no unit")


def test_hints_hold_for_all_files_and_curves_are_chosen_by_either_name(folder: Path) -> None:
    paths = [folder / "raw" / "2K.csv", folder / "raw" / "two.csv"]
    recording = read(paths, curve=["two G2", "2K"], units={"conductance": "S"})
    assert [curve.name for curve in recording.curves] == ["2K", "two G2"]
    np.testing.assert_allclose(recording.curves[1].values(Role.CONDUCTANCE), 2.0)
    assert [curve.name for curve in read(paths, curve="G1").curves] == ["two G1"]
    with pytest.raises(DataError, match=r"no curve 'G3'; found: '2K', 'two G1', 'two G2'"):
        read(paths, curve="G3")


def test_one_constant_for_all_curves_or_one_for_each(folder: Path) -> None:
    paths = [folder / "raw" / "2K.csv", folder / "raw" / "4K.csv"]
    same = read(paths, constants={"field": 1.5})
    for curve in same.curves:
        np.testing.assert_array_equal(curve.values(Role.FIELD), np.full(V.size, 1.5))
        assert curve.column(Role.FIELD).name == "constants.field"
    assert "field of all rows from the reading hints: 1.5 T" in said(same, "info")
    each = read(paths, constants={"temperature": [2, 4.0]})
    assert [curve.values(Role.TEMPERATURE)[0] for curve in each.curves] == [2.0, 4.0]


def test_constants_are_counted_after_the_curves_are_chosen(folder: Path) -> None:
    recording = read(folder / "raw" / "two.csv", curve="G2", constants={"temperature": [3.0]})
    assert recording.curves[0].values(Role.TEMPERATURE)[0] == 3.0
    with pytest.raises(
        DataError, match=r"constants\.temperature gives 3 numbers for 2 curves \('G1', 'G2'\); give one"
    ):
        read(folder / "raw" / "two.csv", constants={"temperature": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match=r"gives 3 numbers for 2 curves .*; left out: gone\.csv: there is no such file"):
        read([folder / "raw" / n for n in ("2K.csv", "gone.csv", "4K.csv")], constants={"temperature": [1, 2, 3]})


def test_a_constant_goes_before_a_column_of_the_file(write: Callable[..., Path]) -> None:
    text = "T (K),bias (mV),dI/dV (mS)\n" + "".join(f"4.3,{v:.3f},1.0\n" for v in V)
    recording = read(write(text), constants={"temperature": 2.0})
    (curve,) = recording.curves
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), np.full(V.size, 2.0))
    assert [column.role for column in curve.columns if column.name == "T (K)"] == [Role.OTHER]
    assert "temperature not taken from 'T (K)', since constants give it" in said(recording, "info")


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"temperature": -1.0}, "temperature: found -1; allowed: K, from 0 on"),
        ({"temperature": []}, "a number, or a list with one for each curve"),
        ({"temperature": float("nan")}, "finite number"),
        ({"temperature": "2 K"}, "a number, or a list with one for each curve"),
        ({"temperature": True}, "a number, or a list with one for each curve"),
        ({"other": 1.0}, "allowed roles: temperature"),
        ({"temprature": 1.0}, "'temperature'"),
    ],
)
def test_wrong_constants_are_refused(constants: object, message: str, folder: Path) -> None:
    with pytest.raises(DataError, match=r"^2K\.csv: reading hint 'constants") as caught:
        read(folder / "raw" / "2K.csv", constants=constants)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_hints_in_their_model(folder: Path) -> None:
    hints = ReadHints(constants={Role.TEMPERATURE: (2.0,)})
    assert read_with([folder / "raw" / "2K.csv"], hints).curves[0].has(Role.TEMPERATURE)
