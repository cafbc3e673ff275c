"""What `megabar catalogue` says and writes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Final

from megabar.catalogue import Catalogue, Entry, Kind, Ranked, comparison_panel, load, panel, read_own
from megabar.catalogue.export import to_csv, to_json
from megabar.cli.catalogue_entry import show_entry
from megabar.cli.console import complain, say, width
from megabar.errors import DomainError, ExperimentError
from megabar.plot import describe_panel, render_png, render_svg

_LETTERS: Final = {
    Kind.ZERO_RESISTANCE: "0",
    Kind.RESISTANCE: "R",
    Kind.FIELD: "F",
    Kind.CRITICAL_CURRENT: "J",
    Kind.MAGNETISATION: "M",
    Kind.NUCLEAR_RESONANT_SCATTERING: "N",
    Kind.ISOTOPE: "I",
    Kind.TUNNELLING: "G",
    Kind.POINT_CONTACT: "G",
    Kind.INFRARED: "G",
    Kind.NMR: "S",
    Kind.INELASTIC: "P",
    Kind.HALL: "H",
    Kind.HEAT: "C",
    Kind.DIFFRACTION: "X",
}
_LEGEND: Final = (
    "Evidence: 0 zero resistance, R resistance, F suppression by a field, J critical current, M magnetisation, "
    "N nuclear resonant scattering, I isotope effect, G gap (tunnelling, contact, infrared), S NMR, "
    "P inelastic X-rays, H Hall effect, C specific heat, X diffraction."
)
_HEAD: Final = ("", "Name", "P (GPa)", "Tc (K)", "S", "Evidence", "Status")
_NAME: Final = 25


def chosen(
    folder: Path | None,
    *,
    element: Sequence[str] | None = None,
    pressure: str | None = None,
    tc: str | None = None,
    evidence: Sequence[str] | None = None,
    status: Sequence[str] | None = None,
) -> Catalogue:
    """Of the catalogue with the user's own entries what the options ask for; ExperimentError when one is wrong."""
    catalogue = load(folder, strict=False)
    try:
        return catalogue.select(
            element=element or (),
            pressure=_range("--pressure", pressure),
            critical_temperature=_range("--tc", tc),
            evidence=evidence or (),
            status=status or (),
        )
    except DomainError as error:
        raise ExperimentError(f"catalogue: {error}") from error


def show_list(catalogue: Catalogue, *, with_retracted: bool) -> int:
    """A line for each entry by figure of merit, then those without a stated pressure; retracted ones at the end."""
    ranked = catalogue.ranking(with_retracted=with_retracted)
    unplaced = [entry for entry in catalogue.entries if entry.merit is None]
    rows = [_HEAD, *(_row(one) for one in ranked), *(_unplaced_row(entry) for entry in unplaced)]
    if len(rows) == 1:
        say("No entry fits.")
        return _problems(catalogue)
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = ["  ".join(text.ljust(room) for text, room in zip(row, widths, strict=True)).rstrip() for row in rows]
    say("\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]]))
    say()
    say(textwrap.fill(_LEGEND, width(), subsequent_indent="  "))
    say("S = Tc/sqrt(39^2 + P^2) at the point where it is highest; ? where no pressure is stated.")
    if any(entry.retracted for entry in catalogue.entries) and not with_retracted:
        say("What is retracted has no rank (--with-retracted counts it).")
    return _problems(catalogue)


def show_entries(catalogue: Catalogue, name: str) -> int:
    """All that the entries of this name hold."""
    for number, entry in enumerate(catalogue.find(name)):
        if number:
            say()
        show_entry(entry)
    return _problems(catalogue)


def draw(
    catalogue: Catalogue, output: Path, *, calculated: bool, own: Path | None, criterion: str, with_retracted: bool
) -> int:
    """Write the figure and say what it shows."""
    if output.suffix.lower() not in (".svg", ".png"):
        raise ExperimentError(f"{output}: the figure is written as .svg or .png")
    if calculated and own is not None:
        raise ExperimentError("catalogue: --with draws on Tc against pressure, not on --calculated")
    mine = None if own is None else read_own(own, criterion=criterion)
    drawn = (
        comparison_panel(catalogue, with_retracted=with_retracted)
        if calculated
        else panel(catalogue, own=mine, with_retracted=with_retracted)
    )
    simulated, digitised = (mine.simulated, mine.digitised) if mine is not None else (False, False)
    figure = describe_panel(drawn, simulated=simulated, digitised=digitised)
    try:
        if output.suffix.lower() == ".png":
            render_png(figure, output)
        else:
            output.write_text(render_svg(figure, name="catalogue") + "\n", encoding="utf-8")
    except OSError as error:
        raise ExperimentError(f"{output}: cannot be written: {error.strerror}") from None
    say(textwrap.fill(drawn.caption, width()))
    say(f"Figure: {output}")
    return _problems(catalogue)


def write(catalogue: Catalogue, form: str, output: Path | None) -> int:
    """The selection as CSV or JSON, to a file or to the terminal."""
    forms = {"csv": to_csv, "json": to_json}
    if form not in forms:
        raise ExperimentError(f"catalogue: --format is {form!r}; allowed: {', '.join(forms)}")
    text = forms[form](catalogue)
    if output is None:
        say(text.removesuffix("\n"))
        return _problems(catalogue)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExperimentError(f"{output}: cannot be written: {error.strerror}") from None
    say(f"{len(catalogue)} entries: {output}")
    return _problems(catalogue)


def _problems(catalogue: Catalogue) -> int:
    """Say what could not be read; the exit status."""
    for problem in catalogue.problems:
        complain(problem)
    return int(bool(catalogue.problems))


def _range(option: str, text: str | None) -> tuple[float | None, float | None] | None:
    if text is None:
        return None
    parts = text.split(":")
    try:
        low, high = (float(part) if part.strip() else None for part in parts)
    except ValueError:
        low = high = None
        parts = []
    if len(parts) != 2 or any(end is not None and not isfinite(end) for end in (low, high)):
        raise ExperimentError(f"catalogue: {option} is {text!r}; write LOW:HIGH, as in 90:110, :100 or 100:")
    return low, high


def _row(one: Ranked) -> tuple[str, ...]:
    rank = "" if one.rank is None else str(one.rank)
    point = one.point
    about = "~" if point.about else ""
    return (
        rank,
        _cut(one.entry.name),
        f"{point.pressure:g}",
        f"{about}{point.critical_temperature:g}",
        f"{one.merit:.2f}",
        _letters(one.entry),
        one.entry.status_text,
    )


def _unplaced_row(entry: Entry) -> tuple[str, ...]:
    tc = f"{entry.best.critical_temperature:g}"
    return "", _cut(entry.name), "?", tc, "?", _letters(entry), entry.status_text


def _cut(text: str) -> str:
    return text if len(text) <= _NAME else f"{text[: _NAME - 1]}…"


def _letters(entry: Entry) -> str:
    return "".join(dict.fromkeys(letter for kind, letter in _LETTERS.items() if kind in entry.kinds))
