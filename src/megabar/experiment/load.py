"""From the experiment file to what has to be done: every problem found at once, one line each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from megabar.data import Isotope, Pressure
from megabar.errors import ExperimentError
from megabar.experiment.kinds import SEVERAL, Kind, find_kind
from megabar.experiment.schema import Cell, ExperimentTable, MeasurementTable, PressureTable
from megabar.io.hints import ReadHints
from megabar.problems import check
from megabar.report.model import Failure
from megabar.words import did_you_mean, found_text

FILE_NAME = "experiment.toml"
_PATTERN = re.compile(r"[*?]|\[.+\]")


@dataclass(frozen=True)
class Measurement:
    """One measurement ready to be done.

    `paths` lie inside the experiment folder (whether they exist is found out on reading), `files` are these paths as
    written; `path` and `file` are the first of them.
    `settings` is an object of the kind's Settings class.
    """

    name: str
    kind: Kind
    files: tuple[str, ...]
    paths: tuple[Path, ...]
    read: ReadHints
    settings: Any
    cell: str
    pressure: Pressure | None
    run: str
    notes: str
    control: str = ""
    isotope: Isotope | None = None
    temperature: float | None = None

    @property
    def file(self) -> str:
        return self.files[0]

    @property
    def path(self) -> Path:
        return self.paths[0]


@dataclass(frozen=True)
class Experiment:
    """What the experiment file asks for. `failures` are measurements whose own table is wrong; the others stand.

    `several` holds the settings of what is drawn from several measurements, by name. `text` is the file in full.
    """

    folder: Path
    text: str
    table: ExperimentTable
    measurements: tuple[Measurement, ...]
    skipped: tuple[str, ...]
    several: Mapping[str, Any]
    failures: tuple[Failure, ...]


def load(folder: str | Path) -> Experiment:
    """Read `experiment.toml` of a folder.

    A problem inside one measurement becomes a Failure of that measurement. ExperimentError, one line a problem, when
    the file cannot be read, when anything outside of the measurements is wrong, or when no measurement is left.
    """
    folder = Path(folder)
    path = folder / FILE_NAME
    text, raw = _parse(path)
    table, several, problems = _check_frame(raw, folder)
    if table is None:
        raise ExperimentError("\n".join(f"{path}: {problem}" for problem in problems))
    measurements, skipped, failures = _check_measurements(raw.get("measurement", ()), folder, table)
    if not measurements:
        lines = [f'measurement "{failure.measurement}": {failure.message}' for failure in failures]
        lines = lines or ["nothing to analyse; add a [[measurement]], or take `skip = true` away"]
        raise ExperimentError("\n".join(f"{path}: {line}" for line in lines))
    return Experiment(folder, text, table, measurements, skipped, several, failures)


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    if not path.parent.is_dir():
        file = path.parent.is_file()
        raise ExperimentError(f"{path.parent}: {'is a file; name its folder' if file else 'no such folder'}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise ExperimentError(f"{path}: no such file; write a first one with `megabar init {path.parent}`") from None
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ExperimentError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8") from None
    except RecursionError:
        raise ExperimentError(f"{path}: tables or lists are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).removesuffix(")").rpartition(" (at ")
        raise ExperimentError(f"{path}: {place}: not valid TOML: {message}") from None


def _check_frame(raw: dict[str, Any], folder: Path) -> tuple[ExperimentTable | None, dict[str, Any], list[str]]:
    """Everything but the measurements: the table (None if anything is wrong), the settings of what is drawn from
    several measurements, and all problems."""
    problems = [
        f"{key}: found one table; allowed: tables headed by [[{key}]] in double brackets"
        for key in ("cell", "measurement")
        if isinstance(raw.get(key), Mapping)
    ]
    if problems:
        return None, {}, problems
    table, problems = check(ExperimentTable, raw)
    several: dict[str, Any] = {}
    for name, one in SEVERAL.items():
        several[name], more = check(one.settings, raw.get(name, {}), where=(name,))
        problems += [problem for problem in more if problem not in problems]
    if table is not None:
        names = [cell.name for cell in table.cell]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        problems += [
            f"cell: found the name {found_text(name)} {names.count(name)} times; allowed: once" for name in twice
        ]
        _, outside = resolve_inside(folder, table.output.folder)
        problems += [f"output.folder: {outside}"] if outside else []
    return (None if problems else table), several, problems


def _check_measurements(
    items: Sequence[Any], folder: Path, table: ExperimentTable
) -> tuple[tuple[Measurement, ...], tuple[str, ...], tuple[Failure, ...]]:
    """The measurements that stand, the names of those to skip, and the failures of those that are wrong."""
    cells = {cell.name: cell for cell in table.cell}
    measurements: list[Measurement] = []
    skipped: list[str] = []
    failures: list[Failure] = []
    for label, item, taken in _labelled(items):
        if isinstance(item, Mapping) and item.get("skip") is True:
            skipped.append(label)
            continue
        measurement, problems = _check_measurement(item, folder, cells)
        problems = [*taken, *problems]
        failures += (Failure(label, problem) for problem in problems)
        if measurement is not None and not problems:
            measurements.append(measurement)
    return tuple(measurements), tuple(skipped), tuple(failures)


def _labelled(items: Sequence[Any]) -> Iterator[tuple[str, Any, list[str]]]:
    """The measurements, each with a label of its own and, where its name is taken already, that problem."""
    first: dict[str, int] = {}
    for number, item in enumerate(items, start=1):
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(name, str) or not name.isprintable() or not name:
            yield f"number {number}", item, []
        elif name in first:
            taken = f"name: found {found_text(name)}, taken by measurement number {first[name]}; allowed: a new name"
            yield f"{name} (number {number})", item, [taken]
        else:
            first[name] = number
            yield name, item, []


def _check_measurement(item: Any, folder: Path, cells: Mapping[str, Cell]) -> tuple[Measurement | None, list[str]]:
    """One [[measurement]] ready to be done, or None and all of its problems."""
    row, problems = check(MeasurementTable, item)
    raw = item if isinstance(item, Mapping) else {}
    kind, more = _check_kind(raw.get("kind"))
    hints, hint_problems = check(ReadHints, raw.get("read", {}), where=("read",))
    more += hint_problems
    settings = None
    if kind is not None:
        context = {"folder": folder}
        settings, settings_problems = check(
            kind.settings, raw.get("settings", {}), where=("settings",), context=context
        )
        more += settings_problems
    problems += [problem for problem in more if problem not in problems]
    paths, place_problems = _check_places(raw, folder, cells)
    problems += place_problems
    if problems or row is None or kind is None:
        return None, problems
    pressure = None if row.pressure is None else _pressure(row.pressure, cells.get(row.cell or ""))
    measurement = Measurement(
        name=row.name,
        kind=kind,
        files=(row.file,) if isinstance(row.file, str) else row.file,
        paths=paths,
        read=hints,
        settings=settings,
        cell=row.cell or "",
        pressure=pressure,
        run=row.run,
        notes=row.notes,
        control=row.control,
        isotope=None if row.isotope is None else Isotope(row.isotope.element, row.isotope.mass),
        temperature=row.temperature,
    )
    return measurement, []


def _check_kind(name: Any) -> tuple[Kind | None, list[str]]:
    if not isinstance(name, str):
        return None, []
    try:
        return find_kind(name), []
    except ExperimentError as error:
        return None, [str(error)]


def _check_places(
    raw: Mapping[str, Any], folder: Path, cells: Mapping[str, Cell]
) -> tuple[tuple[Path, ...], list[str]]:
    """Where its files are, and what is wrong with its files and its cell."""
    problems = []
    cell, file = raw.get("cell"), raw.get("file")
    if isinstance(cell, str) and cell not in cells:
        known = ", ".join(cells) or "none, since there is no [[cell]]"
        problems.append(f"cell: found {found_text(cell)}; allowed: {known}{did_you_mean(cell, list(cells))}")
    paths: list[Path] = []
    for number, written in enumerate(file if isinstance(file, list) else [file]):
        if not isinstance(written, str) or not written.isprintable():
            continue  # the schema has said so
        where = f"file[{number}]" if isinstance(file, list) else "file"
        path, problem = _check_file(folder, written)
        if path is not None and path in paths:
            problem = f"found {found_text(written)}, which the list names before; allowed: each file once"
        problems += [f"{where}: {problem}"] if problem else []
        paths += [path] if path is not None else []
    return tuple(paths), problems


def _check_file(folder: Path, written: str) -> tuple[Path | None, str]:
    """The place of one file; or None and why it is refused."""
    path, outside = resolve_inside(folder, written)
    if path is not None and _PATTERN.search(written) and not path.exists():
        names = 'allowed: the files themselves, several as a list: ["a.txt", "b.txt"]'
        return None, f"found {found_text(written)}, a pattern; {names}"
    return path, outside


def resolve_inside(folder: Path, written: str) -> tuple[Path | None, str]:
    """The resolved path (symbolic links too) of `written` relative to `folder`; or None and why it is refused."""
    if Path(written).is_absolute() or PureWindowsPath(written).drive:
        return None, f"found {found_text(written)}; allowed: a path relative to the experiment folder"
    try:
        path = (folder / written).resolve()
    except (OSError, RuntimeError) as error:
        return None, f"found {found_text(written)}, which cannot be followed ({error})"
    if not path.is_relative_to(folder.resolve()):
        return None, f"found {found_text(written)}, which leads out of the experiment folder; allowed: a path inside it"
    return path, ""


def _pressure(written: PressureTable, cell: Cell | None) -> Pressure:
    """The pressure on its gauge and scale: the cell's unless the measurement names others.

    A gauge error belongs to a gauge on a scale, so the cell's does not pass to another gauge or scale.
    """
    cell = cell or Cell(name="none")
    same_gauge = written.gauge in (None, cell.gauge)
    same_scale = same_gauge and written.scale in (None, cell.scale)
    own_error = written.gauge_error is not None
    return Pressure(
        value=written.value,
        error=written.error,
        gauge=written.gauge or cell.gauge or "",
        scale=written.scale or (same_gauge and cell.scale) or "",
        gauge_error=written.gauge_error if own_error or not same_scale else cell.gauge_error,
        before_cooling=written.before_cooling,
        after_cooling=written.after_cooling,
    )
