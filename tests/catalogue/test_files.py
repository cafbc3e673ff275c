"""Entries of one's own: added by one small file, and refused by file and field when malformed."""

from __future__ import annotations

from pathlib import Path

import pytest

from megabar.catalogue import Catalogue, load
from megabar.errors import ExperimentError

GOOD = """\
formula = "LaBeH8"
family = "hydride"
reference = "song-2023"

[[sources]]
key = "song-2023"
authors = "Y. Song et al."
year = 2023
journal = "Physical Review Letters"
volume = "130"
pages = "266001"

[[points]]
critical_temperature = 110
pressure = 80
source = "song-2023"
place = "title"

[[evidence]]
kind = "resistance"
source = "song-2023"
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_one_small_file_is_one_more_entry(tmp_path: Path, catalogue: Catalogue) -> None:
    more = load(folder(tmp_path, labeh8_song_2023=GOOD))
    assert len(more) == len(catalogue) + 1
    (entry,) = more.find("LaBeH8")
    assert entry.elements == ("La", "Be", "H")
    assert entry.reference.short == "Song 2023"
    assert entry.merit == pytest.approx(110.0 / 89.0)  # 39, 80 and 89 are sides of a right triangle


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("pressure = 80", "presure = 80", 'points[0].presure: unknown key; allowed: source, place, .* "pressure"?'),
        ("pressure = 80", "pressure = -80", "points[0].pressure: found -80; allowed: greater than or equal to 0"),
        ("pressure = 80", 'pressure = "80 GPa"', 'points[0].pressure: found "80 GPa"; allowed: a number'),
        ("pressure = 80", "pressure = nan", "points[0].pressure: found nan; allowed: a finite number"),
        ("critical_temperature = 110\n", "", "points[0].critical_temperature: missing, but needed"),
        ("critical_temperature = 110", "critical_temperature = 0", "points[0].critical_temperature: found 0; allowed"),
        ('kind = "resistance"', 'kind = "meisner"', 'evidence[0].kind: found "meisner"; allowed: '),
        ('source = "song-2023"\nplace', 'source = "song"\nplace', "`points[0].source` is 'song'; allowed: a `key` of"),
        ('place = "title"', 'work = "sung"', "`points[0].work` is 'sung'; allowed: a `key` of `sources`"),
        ('source = "song-2023"\nplace = "title"\n', "", "points[0].source: missing, but needed"),
        ('reference = "song-2023"', 'reference = "sung"', "`reference` is 'sung'; allowed: a `key` of `sources`"),
        ('family = "hydride"', 'family = "hydrid"', 'family: found "hydrid"; allowed: .* did you mean "hydride"?'),
        (
            'family = "hydride"',
            'family = "hydride"\nstatus = "retracted"',
            "`status` is 'retracted'; it needs a [notice]",
        ),
        ('journal = "Physical Review Letters"\n', "", "sources[0]: a reference needs `journal` or `arxiv`"),
        ("year = 2023", 'year = 2023\ndoi = "https://doi.org/10.1103/x"', "sources[0].doi: found "),
        ('formula = "LaBeH8"', 'formula = "xyz"', 'formula: found "xyz"; allowed: a formula with the symbols'),
        ("[[points]]", "[points]", "points: found "),
        ("[[points]]", "[[points", "not valid TOML"),
    ],
)
def test_a_malformed_entry_is_one_line_with_file_and_field(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert old in GOOD
    path = folder(tmp_path, labeh8_song_2023=GOOD.replace(old, new, 1)) / "labeh8-song-2023.toml"
    with pytest.raises(ExperimentError) as error:
        load(tmp_path)
    (told,) = str(error.value).splitlines()
    assert told.startswith(f"{path}: ")
    pieces = line.split(" .* ")
    assert all(piece in told for piece in pieces), told


def test_a_bad_entry_costs_no_other(tmp_path: Path, catalogue: Catalogue) -> None:
    own = folder(tmp_path, labeh8_song_2023=GOOD, bad_one_2023=GOOD.replace("year", "jear"))
    found = load(own, strict=False)
    assert len(found) == len(catalogue) + 1
    assert len(found.problems) == 2  # an unknown key and a missing one
    assert all(str(own / "bad-one-2023.toml") in problem for problem in found.problems)
    with pytest.raises(ExperimentError):
        load(own)


def test_names_are_unique_and_usable(tmp_path: Path) -> None:
    taken = load(folder(tmp_path, csh_snider_2020=GOOD), strict=False)
    assert 'has an entry "csh-snider-2020" already' in taken.problems[0]
    assert taken.find("csh-snider-2020")[0].retracted  # nobody overwrites a retraction
    other = tmp_path / "other"
    other.mkdir()
    (other / "My Entry.toml").write_text(GOOD)
    (problem,) = load(other, strict=False).problems
    assert "small letters, digits and hyphens" in problem


def test_a_table_must_be_even(tmp_path: Path) -> None:
    table = '[[tables]]\ntitle = "t"\ncolumns = ["a", "b"]\nrows = [[1, 2], [3]]\nsource = "song-2023"\n'
    with pytest.raises(ExperimentError, match=r"tables\[0\]: row 2 has 1 numbers; `columns` names 2"):
        load(folder(tmp_path, labeh8_song_2023=f"{GOOD}\n{table}"))


@pytest.mark.parametrize(("name", "words"), [("nowhere", "no such folder"), ("empty", "holds no entry")])
def test_a_folder_without_entries_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExperimentError, match=words):
        load(tmp_path / name)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"formula = 'x", b"[" * 5000])
def test_damaged_files_are_told_and_not_raised(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "damaged.toml").write_bytes(content)
    (problem,) = load(tmp_path, strict=False).problems
    assert problem.startswith(f"{tmp_path / 'damaged.toml'}: ")
    assert "\n" not in problem
