"""`megabar catalogue`: published superconductors as a list, in full, as a figure or as a table for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from megabar.cli.console import say

catalogue_app = typer.Typer(
    help="Published superconductors under pressure with their evidence and status.",
    rich_markup_mode=None,
)


@catalogue_app.callback(invoke_without_command=True)
def options(context: typer.Context) -> None:
    """Published superconductors under pressure with their evidence and status."""
    if context.invoked_subcommand is None:
        say(context.get_help())


Element = Annotated[list[str] | None, typer.Option(metavar="SYMBOL", help="An element; may be repeated: all of them.")]
Pressure = Annotated[str | None, typer.Option(metavar="LOW:HIGH", help="Pressures in GPa; an end may be left out.")]
Tc = Annotated[str | None, typer.Option("--tc", metavar="LOW:HIGH", help="Critical temperatures in K.")]
Evidence = Annotated[
    list[str] | None, typer.Option(metavar="KIND", help='As in "zero resistance"; may be repeated: all of them.')
]
State = Annotated[
    list[str] | None, typer.Option(metavar="STATUS", help="published, contested, corrected, retracted; any of them.")
]
Retracted = Annotated[
    bool, typer.Option("--with-retracted", help="Let what is retracted count; it is shown and marked either way.")
]
Entries = Annotated[Path | None, typer.Option(metavar="FOLDER", help="A folder with entries of your own, as .toml.")]


@catalogue_app.command("list")
def list_entries(
    element: Element = None,
    pressure: Pressure = None,
    tc: Tc = None,
    evidence: Evidence = None,
    status: State = None,
    with_retracted: Retracted = False,
    entries: Entries = None,
) -> int:
    """List entries by figure of merit."""
    from megabar.cli.catalogue_views import chosen, show_list

    found = chosen(entries, element=element, pressure=pressure, tc=tc, evidence=evidence, status=status)
    return show_list(found, with_retracted=with_retracted)


@catalogue_app.command()
def show(
    name: Annotated[str, typer.Argument(help="The name of an entry, a formula or another name for it.")],
    entries: Entries = None,
) -> int:
    """Show all that an entry holds."""
    from megabar.cli.catalogue_views import chosen, show_entries

    return show_entries(chosen(entries), name)


@catalogue_app.command()
def plot(
    output: Annotated[Path, typer.Option(help="The figure, .svg or .png.")] = Path("catalogue.svg"),
    calculated: Annotated[bool, typer.Option("--calculated", help="Calculated against measured Tc instead.")] = False,
    own: Annotated[
        Path | None, typer.Option("--with", metavar="FOLDER", help="A results folder of `megabar analyse`, on top.")
    ] = None,
    criterion: Annotated[str, typer.Option(help="The criterion of your own Tc.")] = "onset",
    element: Element = None,
    pressure: Pressure = None,
    tc: Tc = None,
    evidence: Evidence = None,
    status: State = None,
    with_retracted: Retracted = False,
    entries: Entries = None,
) -> int:
    """Draw Tc against pressure with isolines of the figure of merit."""
    from megabar.cli.catalogue_views import chosen, draw

    found = chosen(entries, element=element, pressure=pressure, tc=tc, evidence=evidence, status=status)
    return draw(found, output, calculated=calculated, own=own, criterion=criterion, with_retracted=with_retracted)


@catalogue_app.command()
def export(
    form: Annotated[str, typer.Option("--format", metavar="csv|json", help="One row a point, or all in full.")] = "csv",
    output: Annotated[Path | None, typer.Option(help="A file; without it the terminal.")] = None,
    element: Element = None,
    pressure: Pressure = None,
    tc: Tc = None,
    evidence: Evidence = None,
    status: State = None,
    entries: Entries = None,
) -> int:
    """Write entries as CSV or JSON."""
    from megabar.cli.catalogue_views import chosen, write

    found = chosen(entries, element=element, pressure=pressure, tc=tc, evidence=evidence, status=status)
    return write(found, form, output)
