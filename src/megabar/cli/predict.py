"""What `megabar predict` says: one spectrum with its notes, or a folder as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from megabar.analysis.predict import Prediction, central
from megabar.cli.console import complain, say
from megabar.cli.progress import bar
from megabar.cli.summary import show_result
from megabar.errors import ExperimentError
from megabar.experiment.predict import predict_file, predict_folder, table
from megabar.parallel import cores, processes

_LONGEST: Final = 34
"""Letters of a name in a table."""


def parse_shift(text: str | None) -> tuple[float, ...] | None:
    """LOW:HIGH:FACTOR as three numbers."""
    if text is None:
        return None
    try:
        low, high, factor = (float(part) for part in text.split(":"))
    except ValueError:
        raise ExperimentError(f"--shift: found {text!r}; write LOW:HIGH:FACTOR, for instance 100:250:1.1") from None
    return low, high, factor


def show_one(file: Path, settings: Mapping[str, Any], *, output: Path | None, **more: Any) -> None:
    """One file; `more` as in `predict_file`. Of several smearings a table, and the numbers of the central one."""
    result = predict_file(file, settings, output=output, **more)
    done = result.details
    if not isinstance(done, tuple) or len(done) == 1:
        show_result(result, output)
        return
    _show_table([(one.name, one) for one in done])
    name = central(done, result.settings["spectrum"]).name
    own = [e for e in result.estimates if e.labels.get("curve") == name]
    bare = [replace(e, labels={k: v for k, v in e.labels.items() if k != "curve"}) for e in own]
    show_result(replace(result, estimates=tuple(bare)), output)


def show_many(folder: Path, settings: Mapping[str, Any], *, unit: str | None, output: Path | None) -> int:
    """A folder: a line for each spectrum, the table as CSV with `output`."""
    if output is not None and output.exists():
        raise ExperimentError(f"{output}: exists already; name a new file for the table")
    with bar("predicting") as progress, processes(cores()) as each:
        rows = predict_folder(folder, settings, each=each, unit=unit, progress=progress)
    _show_table(
        [(f"{row.file}, {row.prediction.name}".removesuffix(", "), row.prediction) for row in rows if row.prediction]
    )
    for row in rows:
        if row.prediction is None:
            complain(f"{row.file}: {row.remark.removeprefix(f'{row.file}: ')}")
    if output is not None:
        output.write_text(table(rows), encoding="utf-8")
        say(f"Table: {output}")
    return int(any(row.prediction is None for row in rows))


def _show_table(rows: Sequence[tuple[str, Prediction]]) -> None:
    if not rows:
        return
    width = min(max((len(name) for name, _ in rows), default=0), _LONGEST)
    say(f"{'':<{width}}  {'lambda':>7}  {'omega_log':>9}  {'Tc':>7}  {'by mu*':>7}  {'Allen-Dynes':>11}")
    say(f"{'':<{width}}  {'':>7}  {'(meV)':>9}  {'(K)':>7}  {'(K)':>7}  {'(K)':>11}")
    for name, one in rows:
        s, other = one.spectrum, one.by("Allen-Dynes")
        numbers = f"{s.coupling:>7.3g}  {s.omega_log:>9.4g}  {one.critical_temperature:>7.4g}  {one.by_mu:>7.2g}"
        say(f"{name[:width]:<{width}}  {numbers}  {other:>11.4g}")
