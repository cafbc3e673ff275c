"""The documentation is executed and complete."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
WALKS = ROOT / "docs" / "papers"
"""Pages whose blocks belong together: tests/docs/test_papers.py runs them."""
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [body for found, body in FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent != WALKS], ids=lambda p: p.name)
def test_python_examples_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_stands_in_the_readme() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "megabar", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^[\s│]+(\w+)\s{2,}\S", shown, re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"analyse", "init", "fit", "simulate"} <= set(commands)
    for command in commands:
        assert f"megabar {command}" in readme, command


def test_every_public_name_stands_in_the_readme() -> None:
    import megabar

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in megabar.__all__:
        if not name.startswith("__"):
            assert f"megabar.{name}" in readme, name


def test_every_field_of_the_experiment_file_is_documented() -> None:
    from megabar.analysis.resistance_settings import Settings
    from megabar.experiment import schema
    from megabar.io.hints import ReadHints

    page = (ROOT / "docs/experiment-file.md").read_text(encoding="utf-8")
    models = (Settings, ReadHints, schema.MeasurementTable, schema.PressureTable, schema.Cell, schema.Sample)
    for model in models:
        for name in model.model_fields:
            assert re.search(rf"\b{name}\b", page), f"{model.__name__}.{name}"


def test_documented_automatic_values_are_those_of_the_program() -> None:
    from megabar.analysis.resistance_settings import Settings

    page = (ROOT / "docs/experiment-file.md").read_text(encoding="utf-8")
    defaults = Settings().model_dump(mode="json")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|", page.split("## Settings")[1], re.MULTILINE)
    checked = 0
    for names, values in rows:
        fields = re.findall(r"`(\w+)`", names)
        written = re.findall(r"`([^`]+)`", values)
        for field, text in zip(fields, written, strict=False):
            if len(written) == len(fields):
                assert tomllib.loads(f"x = {text}")["x"] == pytest.approx(defaults[field]), field
                checked += 1
    assert checked >= 12


def test_the_example_of_an_experiment_file_is_accepted(tmp_path: Path) -> None:
    import megabar

    (text,) = blocks(ROOT / "docs/experiment-file.md", "toml")
    folder = tmp_path / "mine"
    (folder / "raw").mkdir(parents=True)
    shutil.copy(ROOT / "examples/la3ni2o7/raw/run1_18GPa.txt", folder / "raw/run3.dat")
    (folder / "experiment.toml").write_text(text, encoding="utf-8")
    done = megabar.analyse(folder)
    assert done.failures == ()
    assert len(done.results) == 1


def test_every_field_of_an_entry_of_the_catalogue_is_documented() -> None:
    from megabar.catalogue import Kind, Status, schema

    page = (ROOT / "docs/catalogue.md").read_text(encoding="utf-8")
    models = [m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, schema.Table)]
    assert len(models) > 10
    for word in {name for model in models for name in model.model_fields} | {*Kind} | {*Status}:
        assert re.search(rf"`(\[\[?)?{re.escape(word)}(\]?\])?`", page), word
    for name in ("--element", "--pressure", "--tc", "--evidence", "--status", "--with-retracted", "--entries"):
        assert name in page


def test_the_example_of_an_entry_is_accepted(tmp_path: Path) -> None:
    from megabar.catalogue import load

    (text,) = blocks(ROOT / "docs/catalogue.md", "toml")
    (tmp_path / "labeh8-song-2023.toml").write_text(text, encoding="utf-8")
    assert len(load(tmp_path)) == len(load()) + 1


def test_every_setting_of_current_voltage_curves_is_documented() -> None:
    from megabar.analysis.current_settings import Settings

    page = (ROOT / "docs/currents.md").read_text(encoding="utf-8").split("## Settings of")[1]
    for name in Settings.model_fields:
        assert f"`{name}`" in page, name


def test_every_claim_and_every_verdict_is_documented() -> None:
    from megabar.evidence import CLAIMS, Verdict

    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    for name in CLAIMS:
        assert f"| `{name}` |" in page, name
    for verdict in Verdict:
        assert f"| {verdict} |" in page, verdict
