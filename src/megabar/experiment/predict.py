"""Predictions from spectral functions: one file with its report, or a folder as a table."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from megabar.analysis.predict import Prediction, Settings, predict, predict_log, predict_one
from megabar.data import Result, Source
from megabar.errors import DataError, ExperimentError, MegabarError
from megabar.experiment.output import check_output, publish
from megabar.experiment.writing import report_of_one, write_everything
from megabar.io.alpha2f import read_alpha2f, read_bytes
from megabar.io.density import read_density
from megabar.io.epw_log import is_epw_log, read_epw_log
from megabar.parallel import Each
from megabar.problems import check

COLUMNS: Final = (
    "file",
    "spectrum",
    "lambda",
    "omega_log_meV",
    "omega_2_meV",
    "tc_eliashberg_K",
    "tc_at_less_mu_K",
    "tc_at_more_mu_K",
    "tc_allen_dynes_K",
    "tc_mcmillan_K",
    "tc_advanced_mcmillan_K",
    "tc_sisso_K",
    "isotope_coefficient",
    "remark",
)


@dataclass(frozen=True)
class Row:
    """One spectrum of a folder, or why a file gave none."""

    file: str
    prediction: Prediction | None
    remark: str = ""


@dataclass(frozen=True)
class _Task:
    folder: Path
    file: str
    settings: Settings
    unit: str | None


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Checked settings; ExperimentError lists what is wrong."""
    checked, problems = check(Settings, {key: value for key, value in values.items() if value is not None})
    if problems:
        raise ExperimentError("\n".join(problems))
    assert isinstance(checked, Settings)
    return checked


def predict_file(
    file: str | Path,
    settings: Mapping[str, Any],
    *,
    unit: str | None = None,
    dos: str | Path | None = None,
    fermi: float | None = None,
    output: str | Path | None = None,
    command: str = "",
) -> Result:
    """Predict from every spectrum of one file; with `output` the report is written there.

    dos: file with a density of states; fermi: its Fermi level in the unit of the file, where the heading has none.
    """
    started = datetime.now(UTC)
    path = Path(file)
    chosen = settings_of(settings)
    target = None if output is None else check_output(Path(output), [path])
    result = _predicted(path, chosen, unit=unit, dos=dos, fermi=fermi)
    if target is not None:
        report = report_of_one(result, command=command)
        publish(target, partial(write_everything, report=report, started=started))
    return result


def _predicted(
    path: Path, settings: Settings, *, unit: str | None, dos: str | Path | None, fermi: float | None
) -> Result:
    data = read_bytes(path)
    if is_epw_log(data):
        return predict_log(read_epw_log(data, file=path.name), measurement=path.stem, sources=_sources([path]))
    found = read_alpha2f(path, unit=unit)
    files = [path] if dos is None else [path, Path(dos)]
    width = settings.dos_width or max(s.highest for s in found.spectra.values())
    density = None if dos is None else read_density(dos, width=width, fermi=fermi)
    return predict(
        found.spectra, settings, measurement=path.stem, dos=density, sources=_sources(files), notes=found.notes
    )


def _sources(files: Sequence[Path]) -> tuple[Source, ...]:
    return tuple(Source(one.name, hashlib.sha256(one.read_bytes()).hexdigest()) for one in files)


def predict_folder(
    folder: str | Path,
    settings: Mapping[str, Any],
    *,
    each: Each,
    unit: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> list[Row]:
    """One row for each spectrum of each file of a folder, in the order of the names; files that fail are rows too."""
    place = Path(folder)
    chosen = settings_of(settings)
    files = sorted(path.name for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise DataError(f"{place}: no files")
    tasks = [_Task(place, file, chosen, unit) for file in files]
    rows: list[Row] = []
    for number, done in enumerate(each(_do, tasks, _lost)):
        rows += done
        if progress is not None:
            progress((number + 1) / len(files), files[number])
    return rows


def _do(task: _Task) -> list[Row]:
    try:
        if is_epw_log(read_bytes(task.folder / task.file)):
            return [Row(task.file, None, "a log of EPW holds no alpha2F: predict from it alone, or give the .a2f file")]
        found = read_alpha2f(task.folder / task.file, unit=task.unit)
        return [Row(task.file, predict_one(name, s, task.settings)) for name, s in found.spectra.items()]
    except MegabarError as error:
        return [Row(task.file, None, " ".join(str(error).split()))]


def _lost(task: _Task) -> list[Row]:
    return [Row(task.file, None, "its process was ended from outside")]


def table(rows: Sequence[Row]) -> str:
    """The rows as CSV with units in the headings."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        one = row.prediction
        if one is None:
            writer.writerow([row.file, "", *[""] * (len(COLUMNS) - 3), row.remark])
            continue
        s, isotope = one.spectrum, None if one.response is None else one.response.isotope_coefficient
        own = (s.coupling, s.omega_log, s.omega_2, one.critical_temperature, *one.varied)
        formulas = (one.by(name) for name in ("Allen-Dynes", "McMillan", "advanced McMillan", "SISSO"))
        numbers = ("" if n is None else f"{n:.8g}" for n in (*own, *formulas, isotope))
        writer.writerow([row.file, one.name, *numbers, row.remark])
    return text.getvalue()
