"""results.json and run.json: what was found, and with which software and when, in two files.

results.json is the same, byte for byte, for the same inputs; everything that differs between two runs of the same
analysis (versions, time, machine) stands in run.json.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np

from megabar.data.pressure import Pressure
from megabar.data.result import Estimate, Result
from megabar.errors import DataError
from megabar.evidence import Claim
from megabar.report.format import systematic
from megabar.report.model import Report

FORMAT: Final = "megabar results 1"
_PACKAGES: Final = ("megabar", "numpy", "scipy", "lmfit", "emcee", "uncertainties", "matplotlib")


def write_json(report: Report, path: Path) -> None:
    """results.json: every estimate of every measurement and trend, claims, notes, settings and failures.

    Numbers are written so that they read back to the same float64. Unknown is null. DataError names the estimate
    that holds a number that is not finite: an unknown number is None, anything else is a mistake upstream.
    """
    content = {
        "format": FORMAT,
        "title": report.title,
        "simulated": report.simulated,
        "sample": dict(report.sample),
        "estimates": [_estimate(e, result) for result in report.everything for e in result.estimates],
        "measurements": [
            _measurement(result, report.pressures.get(result.measurement)) for result in report.everything
        ],
        "evidence": [_claim(claim) for claim in report.evidence],
        "notes": [
            *({"measurement": None, "level": note.level, "text": note.text} for note in report.notes),
            *(
                {"measurement": result.measurement, "level": note.level, "text": note.text}
                for result in report.everything
                for note in result.notes
            ),
        ],
        "failures": [{"measurement": f.measurement, "message": f.message} for f in report.failures],
    }
    _write(content, path)


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that influence numbers or figures; those installed, by name."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_run(path: Path, *, started: datetime, duration: float) -> None:
    """run.json: when (UTC), how long (s), on what kind of machine and with which versions."""
    content = {
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "duration_s": round(duration, 3),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "versions": versions(),
    }
    _write(content, path)


def plain_value(value: Any) -> Any:
    """Any setting as JSON can hold it; numbers that are not finite as words, other objects as their text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain_value(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, np.generic | np.ndarray):
        return plain_value(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain_value(item) for item in value), key=str)
    if isinstance(value, Sequence):
        return [plain_value(item) for item in value]
    return str(value)


def _estimate(estimate: Estimate, result: Result) -> dict[str, Any]:
    where = f"{estimate.quantity} of {estimate.measurement!r} ({estimate.method})"
    ends = estimate.interval
    parts = {str(k): _number(v, f"{where}: systematic {k!r}") for k, v in estimate.systematic.items()}
    return {
        "quantity": estimate.quantity,
        "measurement": estimate.measurement,
        "value": _number(estimate.value, f"{where}: value"),
        "error": _number(estimate.error, f"{where}: error"),
        "systematic": systematic(estimate),
        "interval": None if ends is None else [_number(end, f"{where}: interval") for end in ends],
        "level": _number(estimate.level, f"{where}: level"),
        "unit": estimate.unit,
        "method": estimate.method,
        "status": str(estimate.status),
        "sources": [{"file": s.file, "sha256": s.sha256} for s in result.sources],
        "labels": {
            str(k): v if isinstance(v, str) else _number(v, f"{where}: label {k!r}") for k, v in estimate.labels.items()
        },
        "remark": estimate.remark,
        "systematic_parts": parts,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    """A claim with its number's fields beside it, null where there is no number."""
    found = claim.number
    where = f"number of the claim {claim.name!r}"
    ends = None if found is None else found.interval
    return {
        "claim": claim.name,
        "statement": claim.statement,
        "test": claim.test,
        "verdict": str(claim.verdict),
        "finding": claim.words,
        "quantity": None if found is None else found.quantity,
        "value": None if found is None else _number(found.value, where),
        "error": None if found is None else _number(found.error, f"{where}: error"),
        "interval": None if ends is None else [_number(end, f"{where}: interval") for end in ends],
        "level": None if found is None else _number(found.level, f"{where}: level"),
        "unit": None if found is None else found.unit,
        "method": None if found is None else found.method,
        "measurements": list(claim.measurements),
        "against": list(claim.against),
    }


def _measurement(result: Result, pressure: Pressure | None) -> dict[str, Any]:
    return {
        "measurement": result.measurement,
        "kind": result.kind,
        "summary": result.summary,
        "simulated": result.simulated,
        "digitised": result.digitised,
        "settings": plain_value(result.settings),
        "seed": result.seed,
        "pressure": None if pressure is None else asdict(pressure),
    }


def _number(value: float | None, where: str) -> float | int | None:
    """A Python number; None stays None."""
    if value is None:
        return None
    number = value.item() if isinstance(value, np.generic) else value
    if not isfinite(number):
        raise DataError(f"{where} is {number}: unknown numbers are None, this one is a bug of the analysis; report it")
    return number if isinstance(number, int) else float(number)


def _write(content: dict[str, Any], path: Path) -> None:
    """One line for each item of a list, so that two versions can be compared line by line."""
    parts = (f"{json.dumps(key)}: {_in_lines(item)}" for key, item in content.items())
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    # A lone surrogate (from a damaged heading) has no UTF-8; it is written as the replacement sign.
    path.write_bytes(text.encode("utf-8", errors="replace"))


def _in_lines(item: Any) -> str:
    if not (isinstance(item, list) and item):
        return _dump(item)
    return "[\n" + ",\n".join(_dump(entry) for entry in item) + "\n]"


def _dump(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, allow_nan=False)
