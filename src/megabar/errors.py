"""The family of errors: every message says what was found, where, and what to do about it."""

from __future__ import annotations

from typing import Any


class MegabarError(Exception):
    """Anything that the program refuses or cannot do; its text is one clear line for the user."""


class DataError(MegabarError):
    """The input data cannot be used: unreadable file, missing column, unknown unit, too few points."""


class ExperimentError(MegabarError):
    """The experiment file is wrong: names the file, the field, what was found and what is allowed."""


class DomainError(MegabarError, ValueError):
    """An argument lies where an equation is not defined."""


class ConvergenceError(MegabarError):
    """An iteration did not reach its tolerance; `best` is the best answer so far."""

    def __init__(self, message: str, *, best: Any = None) -> None:
        super().__init__(message)
        self.best = best
