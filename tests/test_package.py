"""The package as a whole: its version, what it offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files

import pytest

import megabar

HEAVY = ("numpy", "scipy", "lmfit", "pydantic", "matplotlib", "pint", "rich", "emcee")


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after `code`."""
    code += f"\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_one_version() -> None:
    assert megabar.__version__ == version("megabar")


def test_types_are_shipped() -> None:
    assert files("megabar").joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", sorted(set(megabar.__all__) - {"__version__"}))
def test_each_public_name_is_a_function_every_time(name: str) -> None:
    assert name in dir(megabar)
    assert callable(getattr(megabar, name))
    assert callable(getattr(megabar, name))


@pytest.mark.parametrize("name", sorted(set(megabar.__all__) - {"__version__"}))
def test_each_public_name_survives_the_import_of_its_package(name: str) -> None:
    code = f"import megabar, megabar.plot, megabar.simulate; assert callable(megabar.{name}), megabar.{name}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_catalogue_is_there_without_an_import_of_its_own() -> None:
    assert "catalogue" in dir(megabar)
    code = "import megabar; assert megabar.catalogue.load().find('MgB2')"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        megabar.nonsense  # noqa: B018


@pytest.mark.parametrize("module", ["megabar", "megabar.cli.main", "megabar.experiment.kinds", "megabar.simulate"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") == set()


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    # typer itself takes pydantic for the options of a command
    [
        (["--help"], set()),
        (["--version"], set()),
        (["simulate"], {"pydantic"}),
        (["fit", "--help"], {"pydantic"}),
        (["catalogue"], {"pydantic"}),
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str], allowed: set[str]) -> None:
    code = "from contextlib import redirect_stdout as to; from megabar.cli.main import run\n"
    code += f"import io\nwith to(io.StringIO()): assert run({arguments}) == 0\n"
    assert loaded_by(code) <= allowed


def test_the_check_itself_sees_what_is_loaded() -> None:
    assert "numpy" in loaded_by("import megabar; megabar.read")
