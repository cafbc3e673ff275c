"""Line widths at one or several pressures: strain and crystallite size by Williamson and Hall, strain over phases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, stdtrit

from megabar.analysis.strain_fit import LEVEL, MODEL, StrainFit, fit_strain, of_one_form
from megabar.analysis.strain_lines import Lines, line_sets
from megabar.analysis.strain_panels import strain_panels
from megabar.analysis.strain_settings import PhaseField, Settings
from megabar.data import Estimate, Note, Recording, Result, Status

__all__ = ["Settings", "analyse"]

_IMPROBABLE = 1e-3
_NEGATIVE = 2.0
"""A strain below zero by more than this many errors is no strain."""


@dataclass(frozen=True, eq=False)
class Details:
    """The lines of each pressure and their fits, in the same order."""

    sets: tuple[Lines, ...]
    fits: tuple[StrainFit, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Strain, and crystallite size where the lines tell it, at every pressure of a table of line widths.

    One row a line: 2 theta and full width at half maximum; pressures in a column, or one for each curve. Of patterns
    the lines are fitted first. Columns named a, b, c are drawn beside the strain. `progress` is called with shares from
    0 to 1.
    DataError when no line can be used.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    sets, notes = line_sets(recording, chosen)
    both: list[StrainFit] = []
    for number, lines in enumerate(sets):
        both.append(fit_strain(lines.two_theta, lines.width, lines.error))
        if progress is not None:
            progress((number + 1) / len(sets))
    fits = of_one_form(both, chosen.form)
    estimates: list[Estimate] = []
    for lines, found in zip(sets, fits, strict=True):
        estimates += _of_one(lines, found, chosen, name)
        notes += _scatter_note(lines, found)
    estimates += [e for phase in chosen.phases if (e := _of_phase(phase, sets, fits, name, notes)) is not None]
    notes.append(_rule_note(fits))
    if chosen.instrument is None:
        notes.append(Note("width of the instrument taken as negligible: state settings.instrument to take it off"))
    return Result(
        kind="strain",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(strain_panels(sets, fits, chosen)),
        settings=chosen.model_dump(mode="json"),
        notes=(*recording.notes, *notes),
        sources=recording.sources,
        summary=_summary(fits),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        details=Details(tuple(sets), tuple(fits)),
    )


def _of_one(lines: Lines, found: StrainFit, settings: Settings, measurement: str) -> list[Estimate]:
    """Strain and size of one pressure."""
    labels: dict[str, str | float] = {"at" if lines.pressure is not None else "curve": lines.name}
    form = "4 eps tan(theta)" if found.form == "reduced" else MODEL.formula.removeprefix("beta = ")
    errors = "scatter of the lines" if not found.chosen.absolute else "stated errors"
    systematic = {} if found.spread_by_form is None else {"with or without size": found.spread_by_form}
    negative = found.strain_error is not None and found.strain < -_NEGATIVE * found.strain_error
    strain = Estimate(
        "strain",
        measurement,
        found.strain,
        "1",
        f"Williamson-Hall, {form}, {lines.two_theta.size} lines; errors from the {errors}",
        error=found.strain_error or None,
        systematic=systematic,
        status=Status.MISFIT if negative else Status.OK,
        labels=labels,
        remark="negative: the widths fall with the angle, which no strain makes them do" if negative else "",
    )
    return [strain, *_size(found, settings, measurement, labels)]


def _size(found: StrainFit, settings: Settings, measurement: str, labels: dict[str, str | float]) -> list[Estimate]:
    """The crystallite size, or why there is none; nothing without a wavelength."""
    if settings.wavelength is None:
        return []
    method = "0.9 lambda/(D cos(theta))"
    if found.form == "full" and found.chosen.values["size_term"] > 0.0:
        value, error = found.size(settings.wavelength)
        return [
            Estimate("crystallite_size", measurement, value, "angstrom", method, error=error or None, labels=labels)
        ]
    least = found.least_size(settings.wavelength)
    if found.form == "full":
        remark, status = "its term came out negative", Status.NOT_FOUND
    else:
        remark, status = found.why, Status.NOT_FOUND if least is None else Status.LIMIT
    interval = None if least is None else (least, None)
    if least is not None:
        remark += f"; larger than {least:.3g} angstrom with 95 % confidence"
    return [
        Estimate(
            "crystallite_size",
            measurement,
            None,
            "angstrom",
            method,
            interval=interval,
            level=None if least is None else 0.95,
            status=status,
            labels=labels,
            remark=remark,
        )
    ]


def _scatter_note(lines: Lines, found: StrainFit) -> list[Note]:
    """That the widths differ by more than their errors, which means that the strain differs between directions."""
    if lines.error is None or found.chosen.degrees_of_freedom < 1:
        return []
    chi_square = float(np.sum((found.chosen.residuals / lines.error) ** 2))
    freedom = found.chosen.degrees_of_freedom
    if chdtrc(freedom, chi_square) > _IMPROBABLE:
        return []
    times = (chi_square / freedom) ** 0.5
    text = f"{lines.name}: widths scatter about the law by {times:.2g} times their errors: strain that differs between"
    return [Note(f"{text} directions, overlapping lines or errors too small", "warning")]


def _of_phase(
    phase: PhaseField, sets: Sequence[Lines], fits: Sequence[StrainFit], measurement: str, notes: list[Note]
) -> Estimate | None:
    """Mean strain over the pressures of one phase, its error from their scatter."""
    inside = [
        found.strain
        for lines, found in zip(sets, fits, strict=True)
        if lines.pressure is not None and phase.low <= lines.pressure <= phase.high
    ]
    if not inside:
        notes.append(Note(f"phase {phase.name!r}: no pressure between {phase.low:g} and {phase.high:g} GPa", "warning"))
        return None
    error = None
    if len(inside) > 1:
        student = float(stdtrit(len(inside) - 1, 0.5 * (1.0 + LEVEL)))
        error = student * float(np.std(inside, ddof=1)) / len(inside) ** 0.5
    return Estimate(
        "strain_in_phase",
        measurement,
        float(np.mean(inside)),
        "1",
        f"mean of {len(inside)} pressures, {phase.low:g} to {phase.high:g} GPa; error from their scatter",
        error=error or None,
        labels={"phase": phase.name},
    )


def _rule_note(fits: Sequence[StrainFit]) -> Note:
    form = "crystallite size kept" if fits[0].form == "full" else "no crystallite size, the reduced form counts"
    return Note(f"{form}: {fits[0].why}; the same at all pressures (settings.form chooses)")


def _summary(fits: Sequence[StrainFit]) -> str:
    values = [found.strain for found in fits]
    if len(values) == 1:
        error = fits[0].strain_error
        return f"strain {values[0]:.3g}{'' if error is None else f' ± {error:.1g}'}, {fits[0].form} form"
    return f"strain {min(values):.3g} to {max(values):.3g} over {len(values)} sets of lines"
