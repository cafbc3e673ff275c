"""How messages show what was found and what may have been meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any

PathSteps = tuple[str | int, ...]


def path_text(path: PathSteps) -> str:
    """A path as the user would write it: `settings.criteria[1]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def found_text(value: Any) -> str:
    """A value as TOML shows it, on one line and shortened to 60 characters."""
    text = repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def did_you_mean(word: object, known: Sequence[str]) -> str:
    """`; did you mean "..."?` when something known is spelt much like `word`, else nothing."""
    close = difflib.get_close_matches(str(word), known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
