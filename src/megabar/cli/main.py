"""The commands: a thin shell, which imports what a command needs when it runs.

Exit status: 0 done, 1 some measurement could not be read or analysed, 2 wrong use, 70 a bug, 130 interrupted.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from megabar import __version__
from megabar.cli.catalogue import catalogue_app
from megabar.cli.console import complain, flush, say
from megabar.errors import ExperimentError, MegabarError
from megabar.parallel import THREADS, cores

WRONG_USE = 2
BUG = 70
INTERRUPTED = 130

app = typer.Typer(
    help="From raw measurements on superconductors under pressure to parameters that hold up in review.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


app.add_typer(catalogue_app, name="catalogue")


def main() -> None:
    """The console command `megabar`."""
    for name in THREADS:
        os.environ.setdefault(name, "1")  # sums in one order: the same input, the same bytes
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit status; every error is one line on stderr."""
    try:
        status = app(arguments, prog_name="megabar", standalone_mode=False)
        if status == INTERRUPTED:  # newer versions of typer turn Ctrl-C into this status, older ones into Abort
            raise KeyboardInterrupt
        return status if isinstance(status, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        return INTERRUPTED
    except SystemExit:  # typer leaves this way when nobody reads its help to the end
        return 0
    except Exception as error:
        if os.environ.get("MEGABAR_TRACEBACK"):
            raise
        return _explain(error)
    finally:
        flush()


def _explain(error: Exception) -> int:
    usage = getattr(error, "format_message", None)
    if usage is not None:
        complain(f"{usage()} See `{_command_path(error)} --help`.")
        return WRONG_USE
    if isinstance(error, MegabarError):
        complain(str(error))
        return WRONG_USE if isinstance(error, ExperimentError) else 1
    what = " ".join(f"{type(error).__name__}: {error}".split())
    complain(f"a bug in megabar, please report it: {what} (MEGABAR_TRACEBACK=1 shows where it happened)")
    return BUG


def _command_path(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context is not None else "megabar"


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"megabar {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """From raw measurements on superconductors under pressure to parameters that hold up in review."""


@app.command()
def analyse(
    folder: Annotated[Path, typer.Argument(help="The folder with experiment.toml.")],
    output: Annotated[Path | None, typer.Option(help="Where the results go, FOLDER/results by default.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that share the measurements, one a core by default.")
    ] = None,
) -> int:
    """Analyse every measurement of an experiment and write its report."""
    from megabar.cli.progress import bar
    from megabar.cli.summary import show_experiment
    from megabar.experiment.pipeline import analyse as analyse_folder

    with bar("analysing") as progress:
        outcome = analyse_folder(folder, output=output, progress=progress, workers=workers or cores())
    show_experiment(outcome)
    return outcome.exit_status


@app.command()
def fit(
    kind: Annotated[str, typer.Argument(help="What was measured, for instance: resistance.")],
    file: Annotated[list[Path], typer.Argument(help="The data file; several files are one measurement.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the analysis; may be repeated.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=NAME", help='A column of the file, as in temperature="T (K)".')
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=UNIT", help="The unit of a column, as in resistance=mohm.")
    ] = None,
    read: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="How to read the file, as in poni=detector.poni.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write report, tables and figures there.")] = None,
) -> int:
    """Analyse one measurement without an experiment file."""
    from megabar.cli.arguments import parse_columns, parse_pairs, parse_settings, reading_hints
    from megabar.cli.summary import show_result
    from megabar.experiment.single import fit_file

    result = fit_file(
        file,
        kind=kind,
        hints=reading_hints(read, columns=parse_columns(column), units=parse_pairs("--unit", unit)),
        settings=parse_settings(setting),
        output=output,
        command=shlex.join(["megabar", *sys.argv[1:]]),
    )
    show_result(result, output)
    return 0


@app.command()
def check(
    file: Annotated[list[Path], typer.Argument(help="Data files; the curves of all are compared in pairs.")],
    raw: Annotated[str | None, typer.Option(help="Heading of the raw curve that the signal was made of.")] = None,
    background: Annotated[str | None, typer.Option(help="Heading of what was subtracted from it.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=NAME", help='A column of the files, as in temperature="T (K)".')
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=UNIT", help="The unit of a column, as in resistance=mohm.")
    ] = None,
    read: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="How to read the files, as in group=series.")
    ] = None,
) -> int:
    """Look for marks in raw numbers: quantised, smoothed, interpolated, repeated or common noise."""
    from megabar.cli.arguments import parse_columns, parse_pairs, reading_hints
    from megabar.cli.check import show_check

    hints = reading_hints(read, columns=parse_columns(column), units=parse_pairs("--unit", unit))
    return show_check(file, hints=hints, raw=raw, background=background)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The folder with the raw data.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an experiment.toml that is there.")] = False,
) -> int:
    """Write a first experiment.toml from the files of a folder."""
    from megabar.cli.progress import bar
    from megabar.experiment.init import init as write_first

    with bar("reading") as progress:
        path = write_first(folder, force=force, progress=progress)
    say(f"wrote {path}; next: megabar analyse {folder}")
    return 0


@app.command()
def predict(
    file: Annotated[Path, typer.Argument(help="A spectral function alpha2F, or a folder of them.")],
    mu: Annotated[float, typer.Option(help="Coulomb pseudopotential at the cutoff.")] = 0.10,
    mu_error: Annotated[float, typer.Option(help="By how much mu* is varied.")] = 0.03,
    cutoff: Annotated[float | None, typer.Option(help="Cutoff of mu*, meV; ten times the highest frequency.")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of the frequency where the file does not name it.")] = None,
    mass_border: Annotated[float | None, typer.Option(help="Between heavy and light atoms' vibrations, meV.")] = None,
    shift: Annotated[
        str | None, typer.Option(metavar="LOW:HIGH:FACTOR", help="A band, meV, whose frequencies are multiplied.")
    ] = None,
    spectrum: Annotated[str | None, typer.Option(help='One of several, as in "smearing 15".')] = None,
    dos: Annotated[Path | None, typer.Option(help="A density of states, with its Fermi level in the heading.")] = None,
    fermi: Annotated[float | None, typer.Option(help="Fermi level in the unit of --dos, if it has none.")] = None,
    dos_width: Annotated[float | None, typer.Option(help="Over which N at the Fermi level is averaged, meV.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write report, tables and figures there.")] = None,
) -> int:
    """Predict Tc, gap and what each phonon is worth from alpha2F."""
    from megabar.cli.predict import parse_shift, show_many, show_one

    settings = {
        "mu": mu,
        "mu_error": mu_error,
        "cutoff": cutoff,
        "mass_border": mass_border,
        "shift": parse_shift(shift),
        "dos_width": dos_width,
        "spectrum": spectrum,
    }
    if file.is_dir():
        return show_many(file, settings, unit=unit, output=output)
    command = shlex.join(["megabar", *sys.argv[1:]])
    show_one(file, settings, unit=unit, dos=dos, fermi=fermi, output=output, command=command)
    return 0


@app.command()
def pressure(
    diamond_edge: Annotated[float | None, typer.Option(help="Edge of the diamond's Raman band, 1/cm.")] = None,
    ruby: Annotated[float | None, typer.Option(help="Wavelength of ruby's R1 line, nm.")] = None,
    gold: Annotated[float | None, typer.Option(help="Cell volume of gold, cubic angstrom.")] = None,
    mgo: Annotated[float | None, typer.Option("--mgo", help="Cell volume of MgO, cubic angstrom.")] = None,
    platinum: Annotated[float | None, typer.Option(help="Cell volume of platinum, cubic angstrom.")] = None,
    neon: Annotated[float | None, typer.Option(help="Cell volume of neon, cubic angstrom.")] = None,
    rhenium: Annotated[float | None, typer.Option(help="Cell volume of rhenium, cubic angstrom.")] = None,
    pressure: Annotated[float | None, typer.Option(help="A pressure on --scale, GPa, for the other scales.")] = None,
    scale: Annotated[str, typer.Option(help="The scale to start from, for instance akahama_2006.")] = "",
    error: Annotated[float | None, typer.Option(help="Standard deviation of the reading.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Temperature of the ruby, K.")] = None,
) -> int:
    """Convert a gauge's reading, or a pressure, into every scale of that gauge."""
    from megabar.cli.pressure import show_pressure

    show_pressure(
        {
            "diamond edge": diamond_edge,
            "ruby": ruby,
            "gold": gold,
            "MgO": mgo,
            "platinum": platinum,
            "neon": neon,
            "rhenium": rhenium,
        },
        pressure=pressure,
        scale=scale,
        error=error,
        temperature=temperature,
    )
    return 0


@app.command()
def export(
    results: Annotated[Path, typer.Argument(help="A folder that megabar analyse, fit or predict wrote.")],
    file: Annotated[Path, typer.Argument(help="The new file, .nxs or .h5.")],
) -> int:
    """Write results as one NeXus/HDF5 file (CSV, JSON and LaTeX are in the folder already)."""
    from megabar.report.nexus import write_nexus

    say(f"wrote {write_nexus(results, file)}")
    return 0


@app.command()
def simulate(
    name: Annotated[str | None, typer.Argument(help="The recipe; without it the recipes are listed.")] = None,
    folder: Annotated[Path | None, typer.Argument(help="A new folder for the made-up data.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the noise, a whole number from 0 on.")] = 0,
) -> int:
    """Write a complete made-up experiment with its truth beside it."""
    from megabar.simulate import RECIPES
    from megabar.simulate import simulate as write_made_up

    if name is None:
        for recipe in RECIPES.values():
            say(f"{recipe.name}\n    {recipe.description}")
        say("Write one with: megabar simulate NAME FOLDER")
        return 0
    if folder is None:
        raise ExperimentError(f"simulate: no folder given; write: megabar simulate {name} FOLDER")
    say(f"wrote {write_made_up(name, folder, seed=seed)}; next: megabar analyse {folder}")
    return 0
