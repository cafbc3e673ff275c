"""Own measurements as points of the catalogue's figures: from results in memory or from a results folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from megabar.analysis.combine import MEAN
from megabar.data.measured import Measured
from megabar.data.pressure import Pressure
from megabar.data.result import Estimate, Result, Status
from megabar.errors import DataError

RESULTS: Final = "results.json"
_FORMAT: Final = "megabar results 1"
_TRUSTED: Final = (Status.OK, Status.EXTRAPOLATED)


@dataclass(frozen=True)
class OwnPoint:
    """Tc (K) of one measurement at its pressure (GPa); errors are one standard deviation, None where not known."""

    measurement: str
    critical_temperature: float
    pressure: float
    critical_temperature_error: float | None = None
    pressure_error: float | None = None


@dataclass(frozen=True)
class OwnPoints:
    """The points of one experiment by one criterion.

    `left_out` says of each measurement without a point why it has none. `simulated` and `digitised` are true when any
    of the points is.
    """

    name: str
    criterion: str
    points: tuple[OwnPoint, ...]
    left_out: tuple[str, ...] = ()
    simulated: bool = False
    digitised: bool = False


def own_points(measured: Iterable[Measured], *, name: str, criterion: str = "onset") -> OwnPoints:
    """One point for each measurement with a pressure and a Tc by `criterion`, without a field, of the first step."""
    points: list[OwnPoint] = []
    left_out: list[str] = []
    kept: list[Result] = []
    for one in measured:
        if not any(e.quantity == "critical_temperature" for e in one.result.estimates):
            continue  # it measures something else
        best = _best(one.result.estimates, criterion)
        if one.pressure is None or best is None or best.value is None:
            missing = "no pressure is stated" if one.pressure is None else f"no Tc by the criterion {criterion!r}"
            left_out.append(f"{one.measurement}: {missing}")
            continue
        kept.append(one.result)
        pressure = one.pressure
        points.append(OwnPoint(one.measurement, best.value, pressure.value, best.error, pressure.error))
    simulated, digitised = any(r.simulated for r in kept), any(r.digitised for r in kept)
    return OwnPoints(name, criterion, tuple(points), tuple(left_out), simulated, digitised)


def read_own(folder: str | Path, *, criterion: str = "onset") -> OwnPoints:
    """The points in the results folder of `megabar analyse`.

    DataError when there is no results.json, when it is not one of ours, and when no measurement has both a pressure
    and a Tc by `criterion`.
    """
    path = Path(folder) / RESULTS
    content = _read(path)
    try:
        measured = [_measured(item, content["estimates"]) for item in content["measurements"]]
        name = content["sample"].get("name") or content["title"]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{path}: not as `megabar analyse` writes it ({error}); analyse the folder again") from None
    found = own_points(measured, name=name, criterion=criterion)
    if not found.points:
        why = "; ".join(found.left_out) or "no measurement has a critical temperature"
        raise DataError(f"{path}: nothing to draw ({why}); the experiment file states pressures")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; name the folder that `megabar analyse` wrote") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise DataError(f"{path}: not JSON; analyse the folder again") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise DataError(f"{path}: not a {_FORMAT!r} file; analyse the folder again")
    return content


def _measured(item: dict[str, Any], estimates: Sequence[dict[str, Any]]) -> Measured:
    name, stated = item["measurement"], item["pressure"]
    own = tuple(
        Estimate(
            quantity=e["quantity"],
            measurement=name,
            value=e["value"],
            unit=e["unit"],
            method=e["method"],
            error=e["error"],
            status=Status(e["status"]),
            labels=e["labels"],
        )
        for e in estimates
        if e["measurement"] == name and e["quantity"] == "critical_temperature"
    )
    result = Result(item["kind"], name, own, simulated=item["simulated"], digitised=item["digitised"])
    return Measured(name, "", None if stated is None else Pressure(**stated), result)


def _best(estimates: Sequence[Estimate], criterion: str) -> Estimate | None:
    """Tc by the criterion, without a field and of the first step; over both directions if there is such an estimate.

    An estimate without a criterion (Tc of a gap, of spectra) serves where no estimate has one.
    """
    known = [e for e in estimates if e.quantity == "critical_temperature" and e.value is not None]
    known = [e for e in known if e.status in _TRUSTED and _without_field(e) and e.labels.get("step", 1) in (1, "1")]
    named = [e for e in known if "criterion" in e.labels]
    fitting = [e for e in named if e.labels["criterion"] == criterion] if named else known
    mean = [e for e in fitting if str(e.labels.get("sweep", "")).startswith(MEAN)]
    return next(iter(mean or fitting), None)


def _without_field(estimate: Estimate) -> bool:
    """Whether no field was applied: the label of a sweep says "warming, 3 T" where one was held."""
    held = str(estimate.labels.get("sweep", "")).partition(", ")[2]
    number, _, unit = held.partition(" ")
    return unit != "T" or float(number) == 0.0
