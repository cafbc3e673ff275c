"""`megabar pressure` from the command line."""

from __future__ import annotations

import re

import pytest

from megabar.cli.main import run


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = run(["pressure", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_table_shows_every_scale_and_marks_those_out_of_range(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "--diamond-edge", "1600")
    assert (status, err) == (0, "")
    assert re.search(r"^akahama_2006 +138\.98 ", out, re.MULTILINE)
    assert re.search(r"^eremets_2023 +134\.58 +-4\.40", out, re.MULTILINE)
    assert re.search(r"^akahama_2010 +148\.04 \*", out, re.MULTILINE)
    assert "span 134.6 to 139.7 GPa" in out
    assert "10.1038/s41467-023-36429-9" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "row"),
    [
        (("--ruby", "735"), r"^mao_1978 +125\.71 \*"),
        (("--ruby", "735", "--error", "0.05"), r"^ruby_2020 +146\.03 ± 0\.22"),
        (("--gold", "60.5"), r"^gold_fei_2007 +26\.86"),
        (("--pressure", "139", "--scale", "akahama_2006"), r"^eremets_2023 +134\.60"),
        (("--mgo", "65"), r"^mgo_tange_2009"),
    ],
)
def test_readings_and_pressures_are_converted(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], row: str
) -> None:
    status, out, _ = call(capsys, *arguments)
    assert status == 0
    assert re.search(row, out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give one of --diamond-edge"),
        (("--ruby", "700", "--gold", "60"), "give one of --diamond-edge"),
        (("--pressure", "30"), "needs its --scale"),
        (("--pressure", "30", "--scale", "mine"), "allowed: akahama_2006"),
        (("--pressure", "30", "--scale", "ruby_2020", "--error", "1"), "belong to a reading"),
        (("--ruby", "-700"), "must be positive"),
        (("--gold", "60", "--temperature", "10"), "only the line of ruby"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("--ruby", "5"), ("--ruby", "7350"), ("--gold", "6.05"), ("--diamond-edge", "16000")]
)
def test_readings_in_another_unit_are_refused(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "is it in another unit?" in err
    assert err.count("\n") == 1
