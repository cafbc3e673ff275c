"""Where results go: nothing of the user is lost, nothing old is mixed in, nothing is written elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from megabar.errors import ExperimentError
from megabar.experiment.output import MANIFEST, check_output, publish


def writer(**files: str) -> Callable[[Path], None]:
    """A writer of files whose names have a double underscore for the slash and end in .csv."""

    def write(folder: Path) -> None:
        for name, text in files.items():
            path = folder / f"{name.replace('__', '/')}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def content(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "results"
    publish(out, writer(overview="1", tables__a="1", tables__b="1"))
    publish(out, writer(overview="2", tables__b="2"))
    assert content(out) == {"overview.csv": "2", "tables/b.csv": "2"}


def test_files_of_the_user_stay(tmp_path: Path) -> None:
    publish(tmp_path, writer(tables__a="1"))
    (tmp_path / "tables" / "mine.csv").write_text("mine")
    publish(tmp_path, writer(tables__b="2"))
    assert content(tmp_path) == {"tables/b.csv": "2", "tables/mine.csv": "mine"}


def test_a_writer_that_fails_leaves_the_former_run_as_it_was(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half.csv").write_text("half")
        raise ZeroDivisionError

    publish(tmp_path, writer(a="1"))
    with pytest.raises(ZeroDivisionError):
        publish(tmp_path, fail)
    assert content(tmp_path) == {"a.csv": "1"}


@pytest.mark.parametrize("name", ["a", "tables__b"])
def test_a_file_of_the_user_is_never_replaced(tmp_path: Path, name: str) -> None:
    writer(**{name: "mine"})(tmp_path)
    before = content(tmp_path)
    with pytest.raises(ExperimentError, match=r"\.csv: not written by megabar; take it away, or name another folder"):
        publish(tmp_path, writer(a="1", tables__b="1"))
    assert content(tmp_path) == before
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_links_in_the_output_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.csv").write_text("keep")
    out = tmp_path / "out"
    out.mkdir()
    for link, target in (("tables", outside), ("a.csv", outside / "b.csv"), ("a.csv", outside / "new.csv")):
        (out / link).symlink_to(target)
        with pytest.raises(ExperimentError, match="not written by megabar"):
            publish(out, writer(a="1", tables__b="1"))
        (out / link).unlink()
    assert content(outside) == {"b.csv": "keep"}


def test_a_link_that_took_the_place_of_our_file_is_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, writer(a="1"))
    (out / "a.csv").unlink()
    (tmp_path / "precious.csv").write_text("keep")
    (out / "a.csv").symlink_to(tmp_path / "precious.csv")
    with pytest.raises(ExperimentError, match="not written by megabar"):
        publish(out, writer(a="2"))
    assert (tmp_path / "precious.csv").read_text() == "keep"


@pytest.mark.parametrize("entry", ['"../precious.csv"', '"/precious.csv"', '"linked/precious.csv"', "3", "null"])
def test_a_tampered_list_takes_nothing_away_elsewhere(tmp_path: Path, entry: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious.csv").write_text("keep")
    (out / "linked").symlink_to(tmp_path)
    (out / MANIFEST).write_text(f"[{entry}]")
    publish(out, writer(a="1"))
    assert (tmp_path / "precious.csv").read_text() == "keep"


def test_a_broken_list_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{")
    publish(tmp_path, writer(a="1"))
    assert content(tmp_path) == {"a.csv": "1"}


def test_a_file_in_the_place_of_a_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("mine")
    with pytest.raises(ExperimentError, match=r"cannot be written: "):
        publish(tmp_path, writer(tables__a="1"))
    assert (tmp_path / "tables").read_text() == "mine"


def test_the_output_holds_no_input(tmp_path: Path) -> None:
    data = tmp_path / "raw" / "a.csv"
    data.parent.mkdir()
    data.write_text("1")
    for folder in (tmp_path, tmp_path / "raw", tmp_path / "raw" / ".." / "raw"):
        with pytest.raises(ExperimentError, match=r"holds the input file a\.csv; name another folder"):
            check_output(folder, [data])
    assert check_output(tmp_path / "results", [data]) == (tmp_path / "results").resolve()


def test_the_output_holds_no_input_through_a_link(tmp_path: Path) -> None:
    data = tmp_path / "raw" / "a.csv"
    data.parent.mkdir()
    data.write_text("1")
    (tmp_path / "results").symlink_to(tmp_path / "raw")
    with pytest.raises(ExperimentError, match="holds the input file"):
        check_output(tmp_path / "results", [data])


def test_the_output_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("mine")
    with pytest.raises(ExperimentError, match="is a file; name a folder"):
        check_output(tmp_path / "results", [])
