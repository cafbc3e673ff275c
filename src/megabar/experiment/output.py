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

    Everything is written before anything is replaced. Files that no run wrote are left alone: ExperimentError when one
    stands where a new file belongs, when a symbolic link leads elsewhere, and when the disk refuses.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=output) as name:
            draft = Path(name)
            write(draft)
            files = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
            old = _written_before(output)
            _refuse_foreign(output, [file for file in (*files, MANIFEST) if file not in {*old, MANIFEST}])
            for file in old:
                (output / file).unlink(missing_ok=True)
            # The list goes first: a run that is cut off here leaves nothing that the next one would not know.
            (draft / MANIFEST).write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")
            for file in (MANIFEST, *files):
                (output / file).parent.mkdir(parents=True, exist_ok=True)
                os.replace(draft / file, output / file)
    except OSError as error:
        raise ExperimentError(f"{error.filename or output}: cannot be written: {error.strerror or error}") from None


def _written_before(output: Path) -> list[str]:
    """The files of the last run that are still there and lie in `output` itself."""
    try:
        files = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    names = [PurePosixPath(file) for file in files if isinstance(file, str)] if isinstance(files, list) else []
    return [name.as_posix() for name in names if (output / name).is_file() and not _leads_out(output, name)]


def _refuse_foreign(output: Path, files: Sequence[str]) -> None:
    for file in files:
        path = output / file
        if os.path.lexists(path) or _leads_out(output, PurePosixPath(file)):
            raise ExperimentError(
                f"{path}: not written by megabar; take it away, or name another folder for the results"
            )


def _leads_out(output: Path, name: PurePosixPath) -> bool:
    """Whether a path inside `output` is absolute, climbs, or passes through a symbolic link."""
    if name.is_absolute() or ".." in name.parts:
        return True
    return any((output / place).is_symlink() for place in (name, *name.parents[:-1]))
