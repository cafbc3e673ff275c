"""One NeXus file from the files of an analysis: every estimate and every curve comes back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from megabar import analyse, simulate
from megabar.errors import DataError
from megabar.report import Report, write
from megabar.report.nexus import write_nexus

h5py = pytest.importorskip("h5py", reason="h5py (extra nexus) is not installed")


def test_estimates_and_curves_come_back(report: Report, tmp_path: Path) -> None:
    write(report, tmp_path / "results")
    path = write_nexus(tmp_path / "results", tmp_path / "all.nxs")
    content = json.loads((tmp_path / "results/results.json").read_text())
    with h5py.File(path) as file:
        assert file.attrs["NX_class"] == "NXroot"
        first = file[file.attrs["default"]]
        name = first["title"][()].decode()
        own = [e for e in content["estimates"] if e["measurement"] == name]
        wanted = [np.nan if e["value"] is None else e["value"] for e in own]
        np.testing.assert_array_equal(first["estimates/value"][()], wanted)
        assert [q.decode() for q in first["estimates/quantity"][()]] == [e["quantity"] for e in own]
        data = [group for group in first.values() if group.attrs.get("NX_class") == "NXdata"]
        (result,) = [one for one in report.results if one.measurement == name]
        traces = [trace for panel in result.panels for trace in panel.traces]
        assert len(data) == len(traces)
        whole = {group["x"].shape[0]: group for group in data}
        longest = max(traces, key=lambda trace: trace.x.size)
        np.testing.assert_array_equal(whole[longest.x.size]["x"][()], longest.x)
        assert all(group["x"].attrs["units"] for group in data)


@pytest.mark.parametrize(
    ("name", "words"), [("a.txt", "must end in .nxs"), ("old.nxs", "exists already"), ("b.nxs", "no results.json")]
)
def test_what_cannot_be_written_is_one_line(report: Report, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "old.nxs").write_text("x")
    folder = tmp_path / "results"
    if name != "b.nxs":
        write(report, folder)
    with pytest.raises(DataError, match=words) as caught:
        write_nexus(folder, tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_whole_analysis_with_words_in_its_figures_is_exported(tmp_path: Path) -> None:
    folder = simulate("la3ni2o7", tmp_path / "demo")
    text = (folder / "experiment.toml").read_text()
    first = text.split("[[measurement]]")
    (folder / "experiment.toml").write_text("[[measurement]]".join(first[:2]))
    analyse(folder)
    with h5py.File(write_nexus(folder / "results", tmp_path / "all.nxs")) as file:
        published = file["published_superconductors"]
        assert bool(published["simulated"][()])
        assert sum(group.attrs.get("NX_class") == "NXdata" for group in published.values()) > 5


def test_a_missing_folder_is_one_line_and_leaves_nothing(report: Report, tmp_path: Path) -> None:
    write(report, tmp_path / "results")
    with pytest.raises(DataError, match="cannot be written") as caught:
        write_nexus(tmp_path / "results", tmp_path / "none/all.nxs")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob(".*unfinished"))
