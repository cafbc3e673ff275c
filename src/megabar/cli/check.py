"""`megabar check`: what was found in raw numbers, as a table, with the ordinary causes of each mark."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from megabar.cli.console import complain, say, width
from megabar.cli.progress import bar
from megabar.evidence.integrity import CAUSES, Finding
from megabar.experiment.integrity import Checked, check_files
from megabar.report.names import unit_words

_HEAD: Final = ("Curve", "Mark", "Where", "By chance")
MOST: Final = 40
"""Marks that are listed one by one."""

_GAP: Final = "  "


def show_check(files: Sequence[Path], *, hints: Mapping[str, Any], raw: str | None, background: str | None) -> int:
    """Print what was found; the exit status is 1 when some file could not be read."""
    with bar("checking") as progress:
        checked = check_files(files, hints=hints, raw=raw, background=background, progress=progress)
    for failure in checked.failures:
        complain(failure)
    if checked.curves or not checked.failures:
        _show(checked)
    return int(bool(checked.failures))


def _show(checked: Checked) -> None:
    plural = "curve" if checked.curves == 1 else "curves"
    say(f"{checked.curves} {plural} examined, {checked.readings} readings: {_count(checked.findings)}.")
    if checked.unexamined:
        _wrapped(f"Not examined, no 20 readings of a known signal: {', '.join(checked.unexamined)}")
    if not checked.findings:
        return
    rows = [_HEAD, *((one.curve, one.mark.value, _where(one), _chance(one.probability)) for one in checked.findings)]
    room = width()
    sizes = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    sizes[0] = max(10, min(sizes[0], room - sum(sizes[1:]) - len(_GAP) * (len(_HEAD) - 1)))
    say(_line(_HEAD, sizes))
    say("─" * min(room, sum(sizes) + len(_GAP) * (len(_HEAD) - 1)))
    for row, one in zip(rows[1 : MOST + 1], checked.findings[:MOST], strict=True):
        say(_line(row, sizes))
        _wrapped(one.text if not one.column else f"{one.column}: {one.text}", indent="    ")
    if len(checked.findings) > MOST:
        say(f"... and {len(checked.findings) - MOST} more")
    say()
    for mark in dict.fromkeys(one.mark for one in checked.findings):
        _wrapped(f"{mark.value}: ordinary causes are {'; '.join(CAUSES[mark])}.")
    _wrapped("A mark says what the numbers show, not how it came about.")


def _count(findings: Sequence[Finding]) -> str:
    return {0: "no mark", 1: "1 mark"}.get(len(findings), f"{len(findings)} marks")


def _line(row: Sequence[str], sizes: Sequence[int]) -> str:
    first = row[0] if len(row[0]) <= sizes[0] else f"{row[0][: sizes[0] - 1]}…"
    return _GAP.join(text.ljust(size) for text, size in zip((first, *row[1:]), sizes, strict=True)).rstrip()


def _where(one: Finding) -> str:
    """The range of x, of several the first with their number."""
    low, high = one.where[0]
    unit = f" {unit_words(one.x_unit)}" if one.x_unit not in ("", "1") else ""
    more = f" (+{len(one.where) - 1})" if len(one.where) > 1 else ""
    return f"{low:.4g} to {high:.4g}{unit}{more}"


def _chance(probability: float) -> str:
    return "< 1e-12" if probability < 1e-12 else f"{probability:.0e}"


def _wrapped(text: str, indent: str = "") -> None:
    more = indent or "  "
    say(textwrap.fill(text, width(), initial_indent=indent, subsequent_indent=more, break_on_hyphens=False))
