"""Results as one NeXus/HDF5 file, made from the files that an analysis wrote: results.json and tables/*.csv."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from megabar.data.recording import FloatArray
from megabar.errors import DataError
from megabar.report.names import safe_name

SUFFIXES: Final = (".nxs", ".h5", ".hdf5")
_COLUMNS: Final = ("quantity", "value", "error", "systematic", "unit", "method", "status", "remark")
_NUMBERS: Final = ("value", "error", "systematic")
_PARTS: Final = ("x", "y", "low", "high", "x_errors", "y_errors")
_SKIPPED: Final = ("estimates", "overview", "evidence")
"""Tables that are no figures."""


def write_nexus(results: Path, path: Path) -> Path:
    """All estimates and the data behind every figure of the folder `results`, as a new NeXus file; its path.

    One NXentry a measurement: `estimates`, an NXcollection of columns of equal length (an unknown number is NaN), and
    an NXdata for each trace of each figure with its errors; units stand with the numbers. DataError: no results
    there, h5py not installed, or a file of that name.
    """
    content = _results(results)
    if path.suffix not in SUFFIXES:
        raise DataError(
            f"{path.name}: the name must end in {', '.join(SUFFIXES)}; CSV, LaTeX and JSON are in {results}"
        )
    if path.exists():
        raise DataError(f"{path}: exists already; name a new file")
    try:
        import h5py
    except ImportError:
        raise DataError('NeXus needs h5py, which is not installed: pip install "megabar[nexus]"') from None
    # Whole or not at all: a file of that name appears when everything is in it.
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with h5py.File(unfinished, "w") as file:
            _fill(file, content, results / "tables")
        unfinished.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be written ({reason}); is its folder there and open to you?") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _fill(file: Any, content: Mapping[str, Any], tables: Path) -> None:
    file.attrs["NX_class"] = "NXroot"
    file.attrs["creator"] = "megabar"
    names = list(dict.fromkeys(e["measurement"] for e in content["estimates"]))
    for name in names:
        own = [e for e in content["estimates"] if e["measurement"] == name]
        _entry(file, name, own, content, tables)
    if names:
        file.attrs["default"] = safe_name(names[0])


def _results(folder: Path) -> Mapping[str, Any]:
    try:
        content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder}: no results.json; name a folder that megabar analyse wrote") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{folder / 'results.json'}: cannot be read ({error}); analyse again") from None
    if not isinstance(content, dict) or "estimates" not in content:
        raise DataError(f"{folder / 'results.json'}: no estimates in it; analyse again")
    return content


def _entry(file: Any, name: str, own: Sequence[Mapping[str, Any]], content: Mapping[str, Any], tables: Path) -> None:
    entry = file.create_group(safe_name(name))
    entry.attrs["NX_class"] = "NXentry"
    entry["title"] = name
    entry["program_name"] = "megabar"
    entry["simulated"] = bool(content.get("simulated", False))
    sample = entry.create_group("sample")
    sample.attrs["NX_class"] = "NXsample"
    for key, words in content.get("sample", {}).items():
        sample[safe_name(key)] = words
    table = entry.create_group("estimates")
    table.attrs["NX_class"] = "NXcollection"
    for column in _COLUMNS:
        values = [e.get(column) for e in own]
        table[column] = (
            np.array([np.nan if v is None else v for v in values], dtype=np.float64)
            if column in _NUMBERS
            else [str(v or "") for v in values]
        )
    table["labels"] = [json.dumps(e.get("labels", {}), ensure_ascii=False, sort_keys=True) for e in own]
    for path in sorted(tables.glob(f"{safe_name(name)}_*.csv")):
        if path.stem not in _SKIPPED:
            _figure(entry, path, path.stem.removeprefix(f"{safe_name(name)}_"))


def _figure(entry: Any, path: Path, title: str) -> None:
    """The traces of one figure, each an NXdata."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    if len(rows) < 2 or rows[0][:2] != ["trace", "style"]:
        return
    labels, traces = rows[0], dict.fromkeys((row[0], row[1]) for row in rows[1:])
    for trace, style in traces:
        own = [row for row in rows[1:] if (row[0], row[1]) == (trace, style)]
        columns = _numbers(own)
        group = entry.create_group(_free(entry, safe_name(f"{title}_{trace}_{style}")))
        group.attrs["NX_class"] = "NXdata"
        group.attrs["signal"], group.attrs["axes"] = "y", "x"
        group["title"] = f"{title}: {trace}"
        for key, values, label in zip(_PARTS, columns, labels[2 : 2 + len(_PARTS)], strict=True):
            if np.isfinite(values).any() or key in ("x", "y"):
                group[key] = values
                group[key].attrs["long_name"] = label
                group[key].attrs["units"] = _unit(label)


def _numbers(rows: Sequence[Sequence[str]]) -> list[FloatArray]:
    columns = list(zip(*rows, strict=True))[2 : 2 + len(_PARTS)]  # words beside points follow
    return [np.array([float(cell) if cell else np.nan for cell in column]) for column in columns]


def _free(entry: Any, name: str) -> str:
    """The name, numbered where it is taken."""
    tried, number = name, 1
    while tried in entry:
        number += 1
        tried = f"{name}_{number}"
    return tried


def _unit(label: str) -> str:
    """What stands in the last brackets of a label; "" for none."""
    return label.rpartition("(")[2].removesuffix(")") if label.endswith(")") else ""
