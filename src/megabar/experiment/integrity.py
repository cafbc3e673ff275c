"""Marks in the raw numbers of files: what `megabar check` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from megabar.data import Curve
from megabar.errors import DataError, ExperimentError
from megabar.evidence.integrity import Finding, compare, examine, signals
from megabar.io.hints import ReadHints
from megabar.io.reader import read_with
from megabar.problems import check


@dataclass(frozen=True)
class Checked:
    """What was found in a set of files.

    curves: how many signals were examined; failures: one line for each file that could not be read or examined.
    """

    findings: tuple[Finding, ...]
    curves: int
    readings: int
    failures: tuple[str, ...]
    unexamined: tuple[str, ...]


def check_files(
    files: Sequence[str | Path],
    *,
    hints: Mapping[str, Any] | None = None,
    raw: str | None = None,
    background: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Checked:
    """Examine each file's curves, and compare the curves of all files in pairs.

    hints: how to read the files, the same for all; raw, background: headings of the columns that each signal was made
    of. A file that cannot be read or examined is told in one line and does not cost the others.

    ExperimentError: wrong hints, or a background without a raw curve.
    """
    checked, problems = check(ReadHints, dict(hints or {}), where=("read",))
    if problems:
        raise ExperimentError("\n".join(problems))
    if background is not None and raw is None:
        raise ExperimentError("check: --background needs --raw, the column that it was subtracted from")
    found: list[Finding] = []
    failures: list[str] = []
    curves: list[Curve] = []
    for number, (path, label) in enumerate(zip(files, _labels(files), strict=True)):
        if progress is not None:
            progress(number / len(files), label)
        try:
            own = [_labelled(curve, label, Path(path).stem) for curve in read_with(Path(path), checked).curves]
            marks = [mark for curve in own for mark in examine(curve, raw=raw, background=background)]
        except DataError as error:
            failures.append(str(error))
        else:
            found += marks
            curves += own
    found += compare(curves)
    examined = [one for curve in curves for one in signals(curve)]
    left = sorted({curve.name for curve in curves} - {one.curve for one in examined})
    readings = sum(one.y.size for one in examined)
    return Checked(tuple(found), len(examined), readings, tuple(failures), tuple(left))


def _labels(files: Sequence[str | Path]) -> list[str]:
    """Names of files, whole paths where names repeat."""
    counts = Counter(Path(file).name for file in files)
    return [Path(file).name if counts[Path(file).name] == 1 else str(file) for file in files]


def _labelled(curve: Curve, label: str, stem: str) -> Curve:
    """The curve named by its file, with its own name behind it where the file gives it one."""
    return replace(curve, name=label if curve.name in ("", stem) else f"{label}, {curve.name}")
