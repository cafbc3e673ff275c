"""What `megabar predict` says: one spectrum with its notes, or a folder as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from megabar.cli.console import complain, say
from megabar.cli.progress import bar
from megabar.cli.summary import show_result
from megabar.errors import ExperimentError
from megabar.experiment.predict import predict_file, predict_folder, table
from megabar.parallel import cores, processes


def show_one(file: Path, settings: Mapping[str, Any], *, output: Path | None, **more: Any) -> None:
    """One file; `more` as in `predict_file`."""
    show_result(predict_file(file, settings, output=output, **more), output)


def show_many(folder: Path, settings: Mapping[str, Any], *, unit: str | None, output: Path | None) -> int:
    """A folder: a line for each spectrum, the table as CSV with `output`."""
    if output is not None and output.exists():
        raise ExperimentError(f"{output}: exists already; name a new file for the table")
    with bar("predicting") as progress, processes(cores()) as each:
        rows = predict_folder(folder, settings, each=each, unit=unit, progress=progress)
    width = max(len(_name(row.file, row.prediction)) for row in rows)
    say(f"{'':<{width}}  {'lambda':>8}  {'omega_log':>9}  {'Tc':>8}  {'Allen-Dynes':>11}")
    say(f"{'':<{width}}  {'':>8}  {'(meV)':>9}  {'(K)':>8}  {'(K)':>11}")
    for row in rows:
        one = row.prediction
        if one is None:
            complain(f"{row.file}: {row.remark.removeprefix(f'{row.file}: ')}")
            continue
        s = one.spectrum
        numbers = (
            f"{s.coupling:>8.4g}  {s.omega_log:>9.4g}  {one.critical_temperature:>8.4g}  {one.by_allen_dynes:>11.4g}"
        )
        say(f"{_name(row.file, one):<{width}}  {numbers}")
    if output is not None:
        output.write_text(table(rows), encoding="utf-8")
        say(f"Table: {output}")
    return int(any(row.prediction is None for row in rows))


def _name(file: str, prediction: Any) -> str:
    return f"{file}, {prediction.name}" if prediction is not None and prediction.name else file
