"""One experiment among published superconductors: the figure of merit of each measurement, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from megabar.catalogue.catalogue import Catalogue
from megabar.catalogue.files import load
from megabar.catalogue.own import OwnPoint, OwnPoints, own_points
from megabar.catalogue.panels import panel
from megabar.data import Estimate, Measured, Note, Result
from megabar.fitting.propagate import propagate
from megabar.physics.merit import figure_of_merit

NAME: Final = "published superconductors"
_METHOD: Final = "Tc/sqrt(39^2 + P^2), Tc in K and P in GPa"


class Settings(BaseModel):
    """show: compare with the catalogue. criterion: of this experiment's Tc. with_retracted: retracted reports count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    show: bool = True
    criterion: str = "onset"
    with_retracted: bool = False


def across(measured: Sequence[Measured], settings: Settings | None = None) -> tuple[Result, ...]:
    """The figure of merit of each measurement with a Tc and a pressure, and Tc(P) of the catalogue with them on top.

    Nothing where no measurement has both. An error needs those of Tc and of the pressure, independent of each other.
    """
    chosen = settings or Settings()
    own = own_points(measured, name="this experiment", criterion=chosen.criterion)
    if not (chosen.show and own.points):
        return ()
    catalogue = load()
    estimates = tuple(_merit(point, chosen.criterion) for point in own.points)
    return (
        Result(
            kind="catalogue",
            measurement=NAME,
            estimates=estimates,
            panels=(panel(catalogue, own=own, with_retracted=chosen.with_retracted),),
            settings=chosen.model_dump(mode="json"),
            notes=tuple(Note(f"not compared: {text}") for text in own.left_out),
            summary=_summary(catalogue, own, estimates, with_retracted=chosen.with_retracted),
            simulated=own.simulated,
            digitised=own.digitised,
        ),
    )


def _merit(point: OwnPoint, criterion: str) -> Estimate:
    value = figure_of_merit(point.critical_temperature, pressure=point.pressure)
    labels = {"measurement": point.measurement, "criterion": criterion}
    error = _error(point)
    remark = "" if error is not None else "no error: that of Tc or of the pressure is not known"
    return Estimate("figure_of_merit", NAME, float(value), "1", _METHOD, error=error, labels=labels, remark=remark)


def _error(point: OwnPoint) -> float | None:
    errors = (point.critical_temperature_error, point.pressure_error)
    known = [error for error in errors if error]
    if len(known) < len(errors):
        return None

    def merit(critical_temperature: float, pressure: float) -> float:
        return float(figure_of_merit(critical_temperature, pressure=pressure))

    values = {"critical_temperature": point.critical_temperature, "pressure": point.pressure}
    return propagate(merit, values, np.diag(np.square(known)), rng=np.random.default_rng(0)).error


def _summary(catalogue: Catalogue, own: OwnPoints, estimates: Sequence[Estimate], *, with_retracted: bool) -> str:
    merits = [e.value for e in estimates if e.value is not None]
    best = own.points[int(np.argmax(merits))]
    ranked = [r for r in catalogue.ranking(with_retracted=with_retracted) if r.rank is not None]
    above = sum(r.merit > max(merits) for r in ranked)
    where = f"{best.critical_temperature:.4g} K at {best.pressure:.4g} GPa"
    return (
        f"figure of merit S = {max(merits):.2f} at best ({where}); {above} of {len(ranked)} published systems "
        "stand above it"
    )
