"""A progress bar for work that turns out to be long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

PATIENCE = 2.0
"""Seconds without a bar: short work shows none."""


@contextmanager
def bar(work: str) -> Iterator[Callable[[float, str], None] | None]:
    """A callback (fraction done, what is being done) that draws a bar named `work` on stderr, if it is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    progress = Progress(
        *Progress.get_default_columns(),
        TextColumn("{task.fields[doing]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    task = progress.add_task(work, total=1.0, doing="")
    started = time.monotonic()
    with ExitStack() as stack:

        def update(fraction: float, doing: str) -> None:
            if not progress.live.is_started and time.monotonic() - started > PATIENCE:
                stack.enter_context(progress)
            progress.update(task, completed=fraction, doing=doing)

        yield update
