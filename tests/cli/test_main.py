"""The commands as a user meets them: one line for each mistake, an exit status that tells what happened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from megabar import __version__
from megabar.cli.main import run

Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture(name="megabar")
def _megabar(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line: its exit status, the lines on stdout, the lines on stderr."""

    def call(*arguments: object) -> tuple[int, list[str], list[str]]:
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return call


def test_version(megabar: Run) -> None:
    assert megabar("--version") == (0, [f"megabar {__version__}"], [])


def test_help_names_every_command(megabar: Run) -> None:
    status, lines, _ = megabar("--help")
    assert status == 0
    assert {"analyse", "fit", "init", "simulate"} <= {line.split()[0] for line in lines if line.startswith("  ")}


@pytest.mark.parametrize("command", [[], ["analyse"], ["fit"], ["init"], ["simulate"]])
def test_help_fits_80_columns(megabar: Run, command: list[str]) -> None:
    status, lines, _ = megabar(*command, "--help")
    assert status == 0
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "Missing command. See `megabar --help`."),
        (["analyze"], "No such command 'analyze'"),
        (["analyse"], "Missing argument"),
        (["analyse", "a", "b"], "Got unexpected extra argument"),
        (["analyse", "a", "--outptu", "b"], "No such option"),
        (["analyse", "missing"], "missing: no such folder"),
        (["init", "missing"], "missing: no such folder"),
        (
            ["fit", "resistence", "a.csv"],
            'kind: found "resistence"; allowed: resistance, field, ',
        ),
        (["fit", "resistance", "a.csv", "--set", "nonsense=1"], "settings.nonsense: unknown key; allowed: "),
        (["fit", "resistance", "a.csv", "--set", "nonsense"], '--set: found "nonsense"; allowed: KEY=VALUE'),
        (["fit", "resistance", "a.csv", "--column", "temprature=T"], "read.columns.temprature: unknown key"),
        (["simulate", "la3ni2o7"], "simulate: no folder given; write: megabar simulate la3ni2o7 FOLDER"),
        (["simulate", "nonsense", "new"], "simulate: found"),
        (["simulate", "la3ni2o7", "new", "--seed", "-1"], "simulate: seed must be"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    megabar: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("T (K),R (Ohm)\n" + "".join(f"{t},{t / 300}\n" for t in range(1, 300)))
    status, out, err = megabar(*arguments)
    assert (status, out) == (2, [])
    (message,) = err
    assert message.startswith(f"megabar: {line}")


def test_a_file_that_cannot_be_read_is_status_1(megabar: Run, tmp_path: Path) -> None:
    status, out, err = megabar("fit", "resistance", tmp_path / "missing.csv")
    assert (status, out) == (1, [])
    assert err == ["megabar: missing.csv: there is no such file; correct the name or the folder"]


def test_every_line_of_a_bad_experiment_file_is_told(megabar: Run, tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_text('titel = "a"\nsimulated = 3\n')
    status, out, err = megabar("analyse", tmp_path)
    assert (status, out) == (2, [])
    assert len(err) == 2
    assert all(line.startswith(f"megabar: {tmp_path}/experiment.toml: ") for line in err)


def fail(error: BaseException) -> Callable[..., NoReturn]:
    def call(*_args: object, **_kwargs: object) -> NoReturn:
        raise error

    return call


def test_a_bug_is_called_a_bug(megabar: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megabar.experiment.pipeline.analyse", fail(ZeroDivisionError("division\nby zero")))
    monkeypatch.delenv("MEGABAR_TRACEBACK", raising=False)
    status, out, err = megabar("analyse", ".")
    assert (status, out) == (70, [])
    assert err == [
        "megabar: a bug in megabar, please report it: ZeroDivisionError: division by zero "
        "(MEGABAR_TRACEBACK=1 shows where it happened)"
    ]


def test_the_traceback_is_there_for_the_asking(megabar: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megabar.experiment.pipeline.analyse", fail(ZeroDivisionError()))
    monkeypatch.setenv("MEGABAR_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        megabar("analyse", ".")


def test_interrupted(megabar: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megabar.experiment.pipeline.analyse", fail(KeyboardInterrupt()))
    assert megabar("analyse", ".") == (130, [], ["megabar: interrupted"])


def test_recipes_are_listed_and_written(megabar: Run, tmp_path: Path) -> None:
    status, lines, _ = megabar("simulate")
    assert status == 0
    assert lines[0] == "la3ni2o7"
    status, lines, _ = megabar("simulate", "la3ni2o7", tmp_path / "new", "--seed", "3")
    assert (status, lines) == (0, [f"wrote {tmp_path / 'new'}; next: megabar analyse {tmp_path / 'new'}"])
    assert (tmp_path / "new" / "experiment.toml").is_file()


@pytest.mark.parametrize("arguments", [["simulate"], ["--help"], ["--version"]])
def test_a_reader_that_goes_away_changes_nothing(arguments: list[str]) -> None:
    command = [sys.executable, "-c", "from megabar.cli.main import main; main()", *arguments]
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_knows_few_letters() -> None:
    command = [sys.executable, "-c", "from megabar.cli.console import say; say('Θ_D in µV')"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (0, "?_D in ?V\n")


def test_one_thread_unless_the_user_says_otherwise() -> None:
    code = "import os, sys; from megabar.cli.main import main; sys.argv[1:] = ['--version']\n"
    code += "try: main()\nexcept SystemExit: print(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment["MKL_NUM_THREADS"] = "4"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "1 4"
