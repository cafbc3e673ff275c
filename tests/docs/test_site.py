"""The pages build into a site without a warning, and every command, option and public name is on one of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import megabar.physics
import megabar.theory

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGES = (megabar.physics, megabar.theory)
MODULES = sorted(
    f"{package.__name__}.{one.name}"
    for package in PACKAGES
    for one in pkgutil.iter_modules(package.__path__)
    if not one.name.startswith("_")
)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs (extra docs) is not installed")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert (tmp_path / "site/reference/index.html").stat().st_size > 100_000


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    """Renew with: python -m typer megabar.cli.main utils docs --name megabar --output docs/commands.md"""
    shown = [sys.executable, "-m", "typer", "megabar.cli.main", "utils", "docs", "--name", "megabar"]
    done = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=True)
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert page.splitlines()[1:] == done.stdout.rstrip().splitlines()[1:]
    options = set(re.findall(r"`(--[a-z-]+)", page))
    assert {"--mu", "--dos", "--workers", "--with-retracted", "--diamond-edge"} <= options


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_a_docstring_and_a_place_on_the_page(name: str) -> None:
    assert f"::: {name}\n" in (DOCS / "reference.md").read_text(encoding="utf-8")
    module = importlib.import_module(name)
    assert module.__doc__
    for key, value in vars(module).items():
        own = getattr(value, "__module__", None) == name and not key.startswith("_")
        if own and (inspect.isfunction(value) or inspect.isclass(value)):
            assert inspect.getdoc(value), key


def test_every_decision_is_listed() -> None:
    listed = (DOCS / "decisions/index.md").read_text(encoding="utf-8")
    for page in (DOCS / "decisions").glob("*.md"):
        title = page.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        assert page.name == "index.md" or f"- [{title}]({page.name})" in listed, page.name
