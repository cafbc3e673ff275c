"""Lines to the terminal; a reader that went away (as in `megabar ... | head`) changes no exit status."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO


def say(text: str = "") -> None:
    """Text to stdout."""
    _write(sys.stdout, f"{text}\n")


def complain(text: str) -> None:
    """A message to stderr, each of its lines headed by the name of the program."""
    _write(sys.stderr, "".join(f"megabar: {line}\n" for line in text.splitlines()))


def width() -> int:
    """The columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def flush() -> None:
    """Bring out what is still held back, before the interpreter tries to at its end."""
    _write(sys.stdout, "")


def _write(stream: TextIO, text: str) -> None:
    try:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, errors="replace").decode(encoding))  # a terminal may lack Greek letters
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
