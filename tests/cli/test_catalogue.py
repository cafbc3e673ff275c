"""`megabar catalogue` from the command line."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from megabar.catalogue import load
from megabar.cli.main import run
from megabar.report import Report, write_json

OWN = """\
formula = "LaBeH8"
family = "hydride"
reference = "song-2023"
[[sources]]
key = "song-2023"
authors = "Y. Song et al."
year = 2023
journal = "Physical Review Letters"
[[points]]
critical_temperature = 110
pressure = 80
source = "song-2023"
"""


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = run(["catalogue", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_list_is_in_the_order_of_the_figure_of_merit(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "list", "--element", "H", "--pressure", ":100")
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()[2:] if "-20" in line]
    assert [row[1] for row in rows[:4]] == ["laceh-chen-2023", "lahx-chen-2023", "cehx-chen-2021", "ceh9-cao-2024"]
    assert [row[0] for row in rows[:4]] == ["1", "2", "3", "4"]
    assert re.search(r"^3 +cehx-chen-2021 +95 +115 +1\.12 +0FMIX +published$", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 100


def test_what_is_retracted_is_marked_in_the_list_and_has_no_rank(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "list")
    assert re.search(r"^ +csh-snider-2020 +267 +287\.7 +1\.07 +\w+ +RETRACTED 2022-09-26$", out, re.MULTILINE)
    assert "has no rank" in out
    assert max(map(len, out.splitlines())) <= 100
    _, counted, _ = call(capsys, "list", "--with-retracted")
    assert re.search(r"^\d+ +csh-snider-2020 .* RETRACTED 2022-09-26$", counted, re.MULTILINE)


def test_filters_work_together_and_an_empty_answer_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(
        capsys, "list", "--evidence", "nuclear resonant scattering", "--tc", "200:", "--status", "published"
    )
    assert status == 0
    assert re.findall(r"[a-z0-9-]+-20\d\d", out) == ["hxs-drozdov-2015"]
    assert call(capsys, "list", "--element", "Au")[:2] == (0, "No entry fits.\n")


def test_an_entry_is_shown_in_full_with_its_sources(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "show", "h3s")
    assert status == 0
    text = " ".join(out.split())
    for words in (
        "203 K, 155 GPa, S = 1.27, gauge not stated, criterion not stated [Wang 2021, table 1]",
        "nuclear resonant scattering, 2016",
        "[Wang 2021, table 2; work of Troyan 2016]",
        "isotope effect [Wang 2021, table 1]",
        "250 K, 200 GPa, H3S, harmonic",
        "doi 10.1038/nature14964",
        "liquid H2S or D2S, not heated",
    ):
        assert words in text
    assert max(map(len, out.splitlines())) <= 100


def test_a_retraction_is_shown_with_date_and_notice(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "show", "CSH")
    assert out.splitlines()[1] == "Status: RETRACTED 2022-09-26"
    assert "10.1038/s41586-022-05294-9" in out


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_figures_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path, suffix: str) -> None:
    for more in ((), ("--calculated",)):
        path = tmp_path / f"figure{suffix}"
        status, out, err = call(capsys, "plot", "--output", path, *more)
        assert (status, err) == (0, "")
        assert out.endswith(f"Figure: {path}\n")
        assert path.stat().st_size > 5000
        path.unlink()


def test_own_measurements_are_drawn_and_called_simulated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from megabar.data import Estimate, Result
    from megabar.data.pressure import Pressure

    labels = {"criterion": "zero", "sweep": "cooling"}
    estimate = Estimate("critical_temperature", "run", 66.0, "K", "method", labels=labels)
    result = Result("resistance", "run", (estimate,), simulated=True)
    write_json(Report("mine", (result,), pressures={"run": Pressure(22.0)}), tmp_path / "results.json")
    figure = tmp_path / "figure.svg"
    status, _, err = call(capsys, "plot", "--with", tmp_path, "--criterion", "zero", "--output", figure)
    assert (status, err) == (0, "")
    svg = figure.read_text(encoding="utf-8")
    assert "SIMULATED DATA" in svg
    assert "mine (simulated), zero" in svg
    assert "CSH (retracted)" in svg
    status, _, err = call(capsys, "plot", "--with", tmp_path, "--output", figure)
    assert status == 1
    assert "no Tc by the criterion 'onset'" in err


def test_export_to_the_terminal_and_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = call(capsys, "export", "--status", "retracted")
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["name"]: row["status since"] for row in rows} == {
        "csh-snider-2020": "2022-09-26",
        "lunh-dasenbrock-gammon-2023": "2023-11-07",
    }
    path = tmp_path / "all.json"
    status, out, _ = call(capsys, "export", "--format", "json", "--output", path)
    assert (status, out) == (0, f"{len(load())} entries: {path}\n")
    statuses = {item["name"]: item["status"] for item in json.loads(path.read_text(encoding="utf-8"))["entries"]}
    assert statuses["csh-snider-2020"] == "retracted"


def test_own_entries_stand_beside_the_others_and_a_bad_one_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "labeh8-song-2023.toml").write_text(OWN)
    status, out, err = call(capsys, "list", "--element", "Be", "--entries", tmp_path)
    assert (status, err) == (0, "")
    assert re.search(r"^1 +labeh8-song-2023 +80 +110 +1\.24 ", out, re.MULTILINE)
    (tmp_path / "bad-2023.toml").write_text(OWN.replace("pressure = 80", 'pressure = "80"'))
    status, out, err = call(capsys, "list", "--element", "Be", "--entries", tmp_path)
    assert status == 1
    assert "labeh8-song-2023" in out
    assert err == f'megabar: {tmp_path / "bad-2023.toml"}: points[0].pressure: found "80"; allowed: a number\n'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "--pressure", "90-110"), "--pressure is '90-110'; write LOW:HIGH, as in 90:110"),
        (("list", "--pressure", "110:90"), "pressure: the range from 110 to 90 is empty"),
        (("list", "--tc", "nan:"), "--tc is 'nan:'; write LOW:HIGH"),
        (("list", "--tc", "1:2:3"), "--tc is '1:2:3'"),
        (("list", "--evidence", "Meissner"), 'evidence: found "Meissner"; allowed: resistance'),
        (("list", "--status", "wrong"), "allowed: published, contested, corrected, retracted"),
        (("list", "--entries", "nowhere"), "nowhere: no such folder"),
        (("show", "LaH12"), 'did you mean "lah10"?'),
        (("plot", "--output", "figure.pdf"), "written as .svg or .png"),
        (("plot", "--calculated", "--with", "."), "not on --calculated"),
        (("export", "--format", "xml"), "--format is 'xml'; allowed: csv, json"),
        (("export", "--output", "/nowhere/at/all.csv"), "cannot be written"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys)
    assert (status, err) == (0, "")
    assert all(re.search(rf"^ +{name} ", out, re.MULTILINE) for name in ("list", "show", "plot", "export"))
