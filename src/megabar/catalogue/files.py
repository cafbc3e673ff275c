"""From entry files to the catalogue: every problem found at once, one line each with its file and field."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from megabar.catalogue.catalogue import Catalogue
from megabar.catalogue.entry import Entry
from megabar.catalogue.schema import EntryTable
from megabar.errors import ExperimentError
from megabar.problems import check
from megabar.words import found_text

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ENDING: Final = ".toml"


def load(folder: str | Path | None = None, *, strict: bool = True) -> Catalogue:
    """The packaged entries and, with `folder`, those in its .toml files.

    An entry has the name of its file. ExperimentError with one line for each problem (file and field) when an entry is
    malformed or takes the name of another; without `strict` such entries are left out and the lines stand in
    `problems`. A folder that does not exist or holds no entry is refused either way.
    """
    found = list(_entry_files(files("megabar.catalogue") / "entries"))
    packaged = {name: str(path) for name, path in found}
    problems: list[str] = []
    if folder is not None:
        for name, path in _own_files(Path(folder)):
            if name in packaged:
                problems.append(f"{path}: the catalogue has an entry {found_text(name)} already; rename the file")
            else:
                found.append((name, path))
    entries = []
    for _, path in found:
        entry, lines = read_entry(path)
        problems += lines
        entries += [entry] if entry is not None else []
    if problems and strict:
        raise ExperimentError("\n".join(problems))
    return Catalogue(tuple(sorted(entries, key=lambda entry: entry.name)), tuple(problems))


def read_entry(path: Traversable) -> tuple[Entry | None, list[str]]:
    """The entry in one file and no problem; or None and one line for each problem."""
    name = path.name.removesuffix(_ENDING)
    if _NAME.fullmatch(name) is None:
        allowed = "allowed: small letters, digits and hyphens, such as lah10-author-2026.toml"
        return None, [f"{path}: its name is that of the entry; {allowed}"]
    raw, problem = _parse(path)
    if problem:
        return None, [f"{path}: {problem}"]
    table, problems = check(EntryTable, raw)
    if table is None:
        return None, [f"{path}: {line}" for line in problems]
    return Entry(name, table, table.points), []


def _entry_files(folder: Traversable) -> list[tuple[str, Traversable]]:
    paths = (path for path in folder.iterdir() if path.name.endswith(_ENDING))
    return [(path.name.removesuffix(_ENDING), path) for path in sorted(paths, key=lambda path: path.name)]


def _own_files(folder: Path) -> list[tuple[str, Traversable]]:
    if not folder.is_dir():
        raise ExperimentError(f"{folder}: no such folder")
    try:
        found = _entry_files(folder)
    except OSError as error:
        raise ExperimentError(f"{folder}: cannot be read: {error.strerror}") from None
    if not found:
        raise ExperimentError(f"{folder}: holds no entry; write one as a file that ends in {_ENDING}")
    return found


def _parse(path: Traversable) -> tuple[dict[str, Any], str]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig")), ""
    except OSError as error:
        return {}, f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        return {}, f"not UTF-8 text at byte {error.start}; save it as UTF-8"
    except RecursionError:
        return {}, "tables or lists are nested too deeply"
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).removesuffix(")").rpartition(" (at ")
        return {}, f"{place}: not valid TOML: {message}"
