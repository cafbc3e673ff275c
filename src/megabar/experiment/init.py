"""A first experiment file, written from the files that a folder holds."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import tomlkit
from tomlkit.items import AoT, Table

from megabar.data import Column, Curve, Recording, Role
from megabar.errors import DataError, ExperimentError
from megabar.experiment.kinds import KINDS, Kind
from megabar.experiment.load import FILE_NAME
from megabar.io.reader import read

_PRESSURE = re.compile(r"(?<![\d.,])(\d{1,4}(?:[.,p]\d{1,4})?)[ _-]?(GPa|MPa|kbar|Mbar)(?![a-z])", re.IGNORECASE)
_GIGAPASCAL = {"gpa": Decimal(1), "mpa": Decimal("0.001"), "kbar": Decimal("0.1"), "mbar": Decimal(100)}
_CELL = "cell 1"
_SWEPT = frozenset(role.value for role in (Role.TEMPERATURE, Role.FIELD, Role.CURRENT, Role.BIAS))
_DRIFT = 0.05
_SMALL = 0.3
"""Share of the largest current in which a superconducting wire is flat."""
_FLAT = 0.03
"""Its slope there over that of the whole curve; a contact never is so flat."""
_FEWEST_INNER = 5


@dataclass(frozen=True)
class _Found:
    """A file that can be analysed: its path relative to the folder, its kind and the pressure that names suggest.

    family: the folder and the roles of the columns, which files of one series of curves share.
    """

    file: str
    kind: Kind
    pressure: float | None
    simulated: bool
    family: tuple[str, ...]


def init(folder: str | Path, *, force: bool = False, progress: Callable[[float, str], None] | None = None) -> Path:
    """Write `experiment.toml` into `folder` and return its path; analysing it unedited works.

    Every file below the folder is read, but for hidden ones and the results of former runs. A file with the columns
    that a kind needs becomes a measurement, the others are listed in comments with the reason. A pressure is guessed
    from the name of the file or of the folders around it (22.4GPa, 22p4_GPa, 105 kbar) and marked as guessed.
    ExperimentError: no such folder, or the file exists and `force` is False. DataError: nothing to analyse.
    """
    folder = Path(folder)
    path = folder / FILE_NAME
    if not folder.is_dir():
        raise ExperimentError(f"{folder}: {'is a file; name its folder' if folder.is_file() else 'no such folder'}")
    if os.path.lexists(path) and not force:
        raise ExperimentError(f"{path}: exists already; take it away, or replace it with --force (force=True)")
    found: list[_Found] = []
    left_out: list[str] = []
    files = list(_files(folder))
    for number, file in enumerate(files):
        if progress is not None:
            progress(number / len(files), file)
        try:
            _check_name(folder / file, file)
            found.append(_recognise(file, read(folder / file, root=folder)))
        except DataError as error:
            left_out.append(f"{file}: {str(error).removeprefix(f'{file}: ')}")
    if not found:
        raise DataError(f"{folder}: {_nothing(len(files))}")
    _replace(path, _document(folder, _with_their_families(found), left_out))
    return path


def _with_their_families(found: list[_Found]) -> list[_Found]:
    """Curves above Tc, which look like contacts, belong to the wire whose colder curves lie beside them."""
    wires = {item.family for item in found if item.kind.name == "current"}
    return [
        replace(item, kind=KINDS["current"]) if item.kind.name == "spectrum" and item.family in wires else item
        for item in found
    ]


def guess_pressure(file: str) -> float | None:
    """The pressure in GPa that a path names, the file before the folders; None where none or several are named."""
    for part in reversed(Path(file).parts):
        values = {_gigapascal(number, unit) for number, unit in _PRESSURE.findall(part)}
        if values:
            return values.pop() if len(values) == 1 else None
    return None


def _gigapascal(number: str, unit: str) -> float:
    return float(Decimal(re.sub("[,pP]", ".", number)) * _GIGAPASCAL[unit.lower()])


def _files(folder: Path) -> Iterator[str]:
    """Relative paths of what may be raw data, in a fixed order."""
    for place, folders, files in os.walk(folder):
        if "results.json" in files or Path(place) == folder / "results":
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name != FILE_NAME:
                yield Path(place, name).relative_to(folder).as_posix()


def _check_name(path: Path, file: str) -> None:
    if not file.isprintable():
        raise DataError("the name cannot be written into the experiment file; rename it")
    if path.is_symlink() or not path.is_file():
        raise DataError("a link or not a plain file; put the file itself into the folder")


def _recognise(file: str, recording: Recording) -> _Found:
    """What kind of measurement a recording is; DataError says which columns are there when none suits."""
    kind = _kind_of(recording)
    if kind is not None:
        family = (str(Path(file).parent), *(column.role for curve in recording.curves for column in curve.columns))
        return _Found(file, kind, guess_pressure(file), any(curve.simulated for curve in recording.curves), family)
    columns = dict.fromkeys(
        f'"{column.name}" ({column.role})' for curve in recording.curves for column in curve.columns
    )
    raise DataError(f"no columns that a kind of measurement needs; found {', '.join(columns)}")


def _kind_of(recording: Recording) -> Kind | None:
    """The first kind of which something was swept, else the first whose columns are there.

    V(I) at a constant temperature has the columns of R(T) too, but its current is what runs. A wire below its critical
    current and a contact have the same columns: the wire carries without a voltage.
    """
    swept = [
        {column.role.value for column in curve.columns if column.role.value not in _SWEPT or _varies(column)}
        for curve in recording.curves
    ]
    runs = [
        kind
        for kind in KINDS.values()
        if any(need <= roles and need & _SWEPT for need in kind.needs for roles in swept)
    ]
    suits = [
        kind
        for kind in KINDS.values()
        if any(kind.suits(column.role for column in curve.columns) for curve in recording.curves)
    ]
    candidates = [*runs, *suits]
    if KINDS["current"] in candidates and any(_carries_without_voltage(curve) for curve in recording.curves):
        return KINDS["current"]
    return next(iter(candidates), None)


def _carries_without_voltage(curve: Curve) -> bool:
    """Whether V(I) is flat at small currents, against its slope over all: a superconductor up to a critical current."""
    if not (curve.has(Role.CURRENT) and curve.has(Role.VOLTAGE)):
        return False
    current, voltage = curve.values(Role.CURRENT), curve.values(Role.VOLTAGE)
    good = np.isfinite(current) & np.isfinite(voltage)
    current, voltage = current[good], voltage[good]
    inner = np.abs(current) < _SMALL * np.abs(current).max(initial=0.0)
    if np.count_nonzero(inner) < _FEWEST_INNER or np.ptp(current[inner]) == 0.0:
        return False
    slope = abs(float(np.polyfit(current[inner], voltage[inner], 1)[0]))
    return slope * float(np.ptp(current)) < _FLAT * float(np.ptp(voltage))


def _varies(column: Column) -> bool:
    """Whether a column runs over more than the drift of something that was to hold still."""
    values = column.values[np.isfinite(column.values)]
    return values.size > 0 and float(np.ptp(values)) > _DRIFT * float(np.abs(values).max())


def _nothing(files: int) -> str:
    looked_for = "; ".join(
        f"{kind.name}: {' or '.join(' + '.join(sorted(need)) for need in kind.needs)}" for kind in KINDS.values()
    )
    count = "no file" if files == 0 else f"{files} file{'s' * (files > 1)}, none that can be analysed"
    return f"found {count}; looked for tables of numbers with columns for {looked_for}"


def _replace(path: Path, text: str) -> None:
    """Write all or nothing; a symbolic link in the place of the file is replaced, not followed."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be written: {error.strerror}") from None


def _document(folder: Path, found: list[_Found], left_out: list[str]) -> str:
    """The text of the experiment file, every field explained where it stands."""
    document = tomlkit.document()
    _explain(document, "What was measured, and how it is to be analysed: megabar analyse FOLDER")
    _explain(document, "Lines that begin with # are comments; what they show may be used by taking the # away.")
    document.add(tomlkit.nl())
    document["title"] = _clean(folder.resolve().name)
    simulated = tomlkit.item(any(item.simulated for item in found))
    document["simulated"] = simulated.comment("true: made-up data, marked as such everywhere")
    document["sample"] = _sample()
    document["cell"] = _cells()
    document["measurement"] = _measurements(found)
    for kind in dict.fromkeys(item.kind for item in found):
        document.add(tomlkit.nl())
        _explain(document, f"Settings of a measurement of kind {kind.name}, with their automatic values:")
        for line in _settings(kind):
            _explain(document, f"  {line}")
    if left_out:
        document.add(tomlkit.nl())
        _explain(document, "Left out:")
        for reason in left_out:
            _explain(document, f"  {_clean(reason, 500)}")
    return tomlkit.dumps(document)


def _sample() -> Table:
    table = tomlkit.table()
    table["name"] = ""
    table["composition"] = ""
    for example in (
        "thickness = {value = 2.0, error = 0.3}  # um; an error is one standard deviation",
        "width = {value = 20, error = 2}  # um",
        "length = 40  # um; without an error where it is not known",
        'notes = "..."',
    ):
        _explain(table, example)
    return table


def _cells() -> AoT:
    """One cell, whose gauge is for the user to name; each further cell gets a [[cell]] of its own."""
    table = tomlkit.table()
    table["name"] = _CELL
    for example in (
        'gauge = "ruby"  # or "diamond edge", "hydrogen vibron" ...',
        'scale = "ruby_2020"  # the published calibration of the gauge',
        "gauge_error = 1.5  # GPa, common to all pressures of this gauge",
    ):
        _explain(table, example)
    cells = tomlkit.aot()
    cells.append(table)
    return cells


def _measurements(found: list[_Found]) -> AoT:
    measurements = tomlkit.aot()
    for item, name in zip(found, _names([item.file for item in found]), strict=True):
        table = tomlkit.table()
        table["name"] = name
        table["kind"] = item.kind.name
        file = tomlkit.item(item.file)
        table["file"] = file if len(measurements) else file.comment('or several: ["a.txt", "b.txt"]')
        table["cell"] = _CELL
        if item.pressure is None:
            _explain(table, "pressure = {value = 22.4, error = 0.5}  # GPa; no name tells it")
        else:
            pressure = tomlkit.item(item.pressure)
            table["pressure"] = pressure.comment("GPa, guessed from the name: check it; or {value = 22.4, error = 0.5}")
        if not len(measurements):
            _explain_measurement(table)
        measurements.append(table)
    return measurements


def _explain_measurement(table: Table) -> None:
    """What else a measurement may have, shown once."""
    for example in (
        "pressure = {value = 22.4, error = 0.5, before_cooling = 22.0, after_cooling = 22.8}  # instead",
        'read = {columns = {temperature = "T (K)"}, units = {resistance = "mohm"}, constants = {field = 1.0}}',
        "settings = {}  # choices of the analysis, where the automatic ones are not wanted",
        'run = "..."',
        'notes = "..."',
        "skip = true  # to leave this measurement out",
    ):
        _explain(table, example)


def _settings(kind: Kind) -> list[str]:
    """Each setting with its automatic value, then the names of those that have none."""
    values = kind.settings().model_dump(mode="json")
    chosen = [f"{name} = {tomlkit.item(value).as_string()}" for name, value in values.items() if value is not None]
    unset = ", ".join(name for name, value in values.items() if value is None)
    return chosen + textwrap.wrap(f"left to the analysis until set: {unset}", 100, subsequent_indent="  ")


def _names(files: list[str]) -> list[str]:
    """A name for each file: its stem, its path where the stem is not unique, numbered where cleaning made two equal."""
    stems = [Path(file).stem for file in files]
    names: list[str] = []
    for file, stem in zip(files, stems, strict=True):
        name = base = _clean(stem if stems.count(stem) == 1 else file) or "measurement"
        number = 1
        while name in names:
            number += 1
            name = f"{base[:90]} {number}"
        names.append(name)
    return names


def _clean(text: str, length: int = 100) -> str:
    """One printable line of at most `length` characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:length].strip()


def _explain(container: tomlkit.TOMLDocument | Table, text: str) -> None:
    container.add(tomlkit.comment(text))
