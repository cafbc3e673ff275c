"""One measurement without an experiment file: what `megabar fit` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from megabar.data import Result
from megabar.errors import ExperimentError
from megabar.experiment.kinds import find_kind
from megabar.experiment.output import check_output, publish
from megabar.experiment.pipeline import fit
from megabar.experiment.writing import report_of_one, write_everything
from megabar.io.hints import ReadHints
from megabar.io.reader import read_with
from megabar.problems import check


def fit_file(
    file: str | Path | Sequence[str | Path],
    *,
    kind: str,
    hints: Mapping[str, Any],
    settings: Mapping[str, Any],
    output: str | Path | None = None,
    command: str = "",
) -> Result:
    """Read `file` with the reading hints, analyse it as `kind` and, where `output` is given, write the results there.

    Several files are one measurement.

    ExperimentError: unknown kind, wrong hints, settings or output folder. DataError: the file does not suit.
    """
    started = datetime.now(UTC)
    files = [Path(file)] if isinstance(file, str | Path) else [Path(one) for one in file]
    expected = find_kind(kind).expected
    checked, problems = check(ReadHints, dict(hints), where=("read",))
    if problems:
        raise ExperimentError("\n".join(problems))
    target = None if output is None else check_output(Path(output), files)
    result = fit(kind, read_with(files, checked, expected=expected), settings)
    if target is not None:
        report = report_of_one(result, command=command)
        publish(target, partial(write_everything, report=report, started=started))
    return result
