"""Where results go: a folder that holds no raw data, in which the files of a former run are replaced, never mixed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from megabar.errors import ExperimentError

MANIFEST = "files.json"
"""The list of the files that a run wrote: what the next run may take away."""


def check_output(output: Path, inputs: Sequence[Path]) -> Path:
    """The resolved output folder; ExperimentError when it is a file, or when one of `inputs` lies inside it."""
    try:
        output = output.resolve()
    except (OSError, RuntimeError) as error:
        raise ExperimentError(f"{output}: cannot be used for the results: {error}") from None
    if output.exists() and not output.is_dir():
        raise ExperimentError(f"{output}: is a file; name a folder for the results")
    for path in inputs:
        if path.resolve().is_relative_to(output):
            raise ExperimentError(f"{output}: holds the input file {path.name}; name another folder for the results")
    return output


def publish(output: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill an empty folder, then put what it wrote into `output` in place of what the last run wrote.

    Everything is written before anything is replaced. Files that no run wrote are left alone; a symbolic link in the
    place of a file or folder of ours is replaced, not followed. ExperimentError when the disk refuses.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=output) as name:
            draft = Path(name)
            write(draft)
            files = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
            (draft / MANIFEST).write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")
            _take_away(output)
            for file in (*files, MANIFEST):
                _put(draft / file, output / file, output)
    except OSError as error:
        raise ExperimentError(f"{error.filename or output}: cannot be written: {error.strerror or error}") from None


def _take_away(output: Path) -> None:
    """Remove the files of the last run, and its folders where that leaves them empty."""
    try:
        files = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return
    for file in files if isinstance(files, list) else ():
        path = PurePosixPath(str(file))
        inside = not path.is_absolute() and ".." not in path.parts
        if inside and not any((output / parent).is_symlink() for parent in path.parents):
            (output / path).unlink(missing_ok=True)


def _put(source: Path, target: Path, output: Path) -> None:
    for parent in reversed(target.relative_to(output).parents[:-1]):
        if (output / parent).is_symlink():
            (output / parent).unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
