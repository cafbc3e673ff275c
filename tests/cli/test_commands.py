"""Each command from the command line to the files, on small real tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

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


def write_curve(path: Path, *, transition: float, header: str = "T (K),R (Ohm)\n") -> Path:
    """A smooth transition 2 K wide on a metal with 0.1 % noise; half of the resistance is left at `transition`."""
    temperature = np.linspace(4.0, 120.0, 146)
    resistance = (0.05 + 0.001 * temperature) / (1.0 + np.exp(-2.0 * (temperature - transition)))
    resistance += 1e-4 * np.random.default_rng(1).standard_normal(temperature.size)
    rows = "".join(f"{t:.4f},{r:.8f}\n" for t, r in zip(temperature, resistance, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + rows)
    return path


def test_a_first_file_is_analysed_unedited(megabar: Run, tmp_path: Path) -> None:
    write_curve(tmp_path / "10GPa" / "run.csv", transition=40.0)
    (tmp_path / "notes.txt").write_text("remember the milk")
    status, out, err = megabar("init", tmp_path)
    assert (status, err) == (0, [])
    assert out == [f"wrote {tmp_path / 'experiment.toml'}; next: megabar analyse {tmp_path}"]
    status, out, err = megabar("analyse", tmp_path)
    assert (status, err) == (0, [])
    assert all(heading in out[1] for heading in ("Tc onset", "Tc 50 %", "Tc zero", "ΘD"))
    assert any(line.startswith("run ") for line in out)
    assert (tmp_path / "results" / "report.html").stat().st_size > 1000
    assert megabar("init", tmp_path)[0] == 2
    assert megabar("init", tmp_path, "--force")[0] == 0


def test_one_bad_measurement_is_status_1_and_the_others_are_done(megabar: Run, tmp_path: Path) -> None:
    write_curve(tmp_path / "raw" / "good.csv", transition=40.0)
    (tmp_path / "raw" / "junk.dat").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "experiment.toml").write_text(
        "".join(
            f'[[measurement]]\nname = "{name}"\nkind = "resistance"\nfile = "raw/{file}"\n'
            "settings = {full_curve = false}\n"
            for name, file in {"good": "good.csv", "junk": "junk.dat", "gone": "gone.csv", "out": "../../x"}.items()
        )
    )
    status, out, err = megabar("analyse", tmp_path, "--output", tmp_path / "there")
    assert status == 1
    assert [line.split(": ")[1] for line in err] == ["out", "junk", "gone"]
    assert any(line.startswith("1 measurement done, 3 failed") for line in out)
    content = json.loads((tmp_path / "there" / "results.json").read_text())
    assert {estimate["measurement"] for estimate in content["estimates"]} == {"good"}
    assert [failure["measurement"] for failure in content["failures"]] == ["out", "junk", "gone"]
    assert not (tmp_path / "results").exists()


def test_one_file_with_everything_said_on_the_command_line(megabar: Run, tmp_path: Path) -> None:
    file = write_curve(tmp_path / "a.csv", transition=40.0, header="sensor,bridge\n")
    status, out, err = megabar(
        "fit", "resistance", file, "--column", "temperature=sensor", "--column", "resistance=2",
        "--unit", "temperature=K", "--unit", "resistance=mohm", "--set", "full_curve=false", "--set", "criteria=[0.5]",
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert (status, err) == (0, [])
    assert out[-1] == f"Report: {tmp_path / 'out' / 'report.html'}"
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    (half,) = (
        e for e in content["estimates"] if e["labels"].get("criterion") == "R/R(onset) = 0.50" and e["unit"] == "K"
    )
    assert half["value"] == pytest.approx(40.0, abs=0.5)
    assert content["measurements"][0]["settings"]["full_curve"] is False


def test_several_files_are_one_measurement(megabar: Run, tmp_path: Path) -> None:
    files = [write_curve(tmp_path / f"{name}.csv", transition=tc) for name, tc in {"a": 40.0, "b": 50.0}.items()]
    status, out, err = megabar(
        "fit", "resistance", *files, tmp_path / "gone.csv", "--set", "full_curve=false", "--output", tmp_path / "out"
    )
    assert (status, err) == (0, [])
    assert out[0].startswith("a and 1 more")
    assert any("left out: gone.csv: there is no such file" in line for line in out)
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    assert {source["file"] for e in content["estimates"] for source in e["sources"]} == {"a.csv", "b.csv"}
    assert {e["labels"].get("curve") for e in content["estimates"]} == {"a", "b"}


def test_one_file_alone_writes_nothing(megabar: Run, tmp_path: Path) -> None:
    file = write_curve(tmp_path / "a.csv", transition=40.0)
    assert megabar("fit", "resistance", file, "--set", "full_curve=false")[0] == 0
    assert list(tmp_path.iterdir()) == [file]


def test_ctrl_c_ends_in_one_line(tmp_path: Path) -> None:
    write_curve(tmp_path / "a.csv", transition=40.0)
    (tmp_path / "experiment.toml").write_text('[[measurement]]\nname = "a"\nkind = "resistance"\nfile = "a.csv"\n')
    code = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import megabar.experiment.pipeline as pipeline; from megabar.cli.main import main\n"
        "pipeline.load = lambda folder: print('ready', flush=True) or time.sleep(60)\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "analyse", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "megabar: interrupted\n")
