"""What a spectral function predicts: Tc by formulas and by the Eliashberg equations, gap, what each phonon is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from scipy.optimize import brentq

from megabar.analysis.predict_estimates import below_tc, estimates_of, with_density
from megabar.analysis.predict_formulas import Formula, by_formulas
from megabar.analysis.prediction import Prediction, Settings, predict_one
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Note, Result, Source, Status
from megabar.errors import DataError
from megabar.io.epw_log import EpwLog
from megabar.physics.coupling import allen_dynes
from megabar.theory import eliashberg
from megabar.theory.density import DensityOfStates
from megabar.theory.eliashberg import SpectralFunction

__all__ = ["Prediction", "Settings", "central", "predict", "predict_log", "predict_one"]

_UNEVEN: Final = 0.2
"""Change of N(E)/N(0) within the phonon energies from which on a constant density of states is told to be wrong."""


def predict(
    spectra: Mapping[str, SpectralFunction],
    settings: Settings | None = None,
    *,
    measurement: str,
    dos: DensityOfStates | None = None,
    sources: tuple[Source, ...] = (),
    notes: tuple[Note, ...] = (),
) -> Result:
    """Estimates and figures of all spectra of a file; several are smearings of one calculation.

    Tc by formulas and by the Eliashberg equations, with what mu* moves; of the spectrum whose coupling is nearest to
    the median also gap, isotope coefficient, what each frequency is worth, specific heat, critical field and, with a
    density of states, Tc for it.
    """
    chosen = settings or Settings()
    done = [predict_one(name, spectrum, chosen) for name, spectrum in spectra.items()]
    best = central(done, chosen.spectrum)
    spread = 0.5 * float(np.ptp([one.critical_temperature for one in done])) if len(done) > 1 else None
    sheet = Sheet(measurement, {})
    estimates: list[Estimate] = []
    for one in done:
        own = sheet if len(done) == 1 else sheet.under(curve=one.name)
        estimates += estimates_of(one, own, spread, chosen)
    own = sheet if len(done) == 1 else sheet.under(curve=best.name)
    deep, panels, more = below_tc(best, own, chosen)
    deep += [] if dos is None else with_density(best, dos, own, chosen)
    return Result(
        kind="predict",
        measurement=measurement,
        estimates=(*estimates, *deep),
        panels=tuple(panels),
        settings={**chosen.model_dump(mode="json"), "cutoff": eliashberg.cutoff_of(best.spectrum, chosen.cutoff)},
        notes=(*notes, *_notes(best, dos), *more),
        sources=sources,
        summary=_summary(best, spread, len(done)),
        details=tuple(done),
    )


def central(done: Sequence[Prediction], name: str | None) -> Prediction:
    """The one of this name, else whose coupling is nearest to the median; DataError for an unknown name."""
    if name is not None:
        named = [one for one in done if one.name == name]
        if not named:
            raise DataError(f"spectrum: found {name!r}; the file has {', '.join(repr(one.name) for one in done)}")
        return named[0]
    middle = float(np.median([one.spectrum.coupling for one in done]))
    return min(done, key=lambda one: abs(one.spectrum.coupling - middle))


def _notes(best: Prediction, dos: DensityOfStates | None) -> list[Note]:
    constant = "the density of states is taken as constant: a peak of it near the Fermi level changes Tc"
    notes = [Note(constant if dos is None else f"gap, responses and specific heat: {constant}")]
    s = best.spectrum
    if dos is not None and (change := dos.variation(s.highest)) > _UNEVEN:
        words = f"N(E) changes by {100.0 * change:.0f} % of its value within +-{s.highest:.3g} meV of the Fermi level"
        notes.append(Note(f"{words}: numbers for a constant density of states are not to be trusted", "warning"))
    if s.coupling > eliashberg.STRONG:
        words = f"lambda = {s.coupling:.3g} is above {eliashberg.STRONG:g}"
        notes.append(Note(f"{words}: beyond the range in which this theory was tested", "warning"))
    return notes


def _summary(best: Prediction, spread: float | None, count: int) -> str:
    s = best.spectrum
    if best.critical_temperature == 0.0:
        return f"lambda {s.coupling:.3g}, omega_log {s.omega_log:.3g} meV: no superconductivity at this mu*"
    between = "" if spread is None else f", +-{spread:.2g} K over {count} smearings"
    where = f"{best.name}: " if best.name else ""
    return (
        f"{where}Tc {best.critical_temperature:.4g} K by Eliashberg (+-{best.by_mu:.2g} K by mu*{between}), "
        f"{best.by('Allen-Dynes'):.4g} K by Allen and Dynes; lambda {s.coupling:.3g}, "
        f"omega_log {s.omega_log:.3g} meV"
    )


def predict_log(log: EpwLog, *, measurement: str, sources: tuple[Source, ...] = ()) -> Result:
    """What a log of EPW, which holds no alpha2F, allows: Tc by formulas at its own mu*.

    omega_2, which it does not print, is the one that its Allen-Dynes temperature needs; so that one is not a second
    opinion, and the SISSO temperature is.
    """
    omega_2 = _needed(log)
    formulas = by_formulas(log.coupling, omega_log=log.omega_log, omega_2=omega_2, mu=log.coulomb_pseudopotential)
    sheet = Sheet(measurement, {})
    told = "printed by EPW"
    estimates = [
        sheet.note("coupling", log.coupling, "1", told),
        sheet.note("omega_log", log.omega_log, "meV", told),
        sheet.note("omega_2", omega_2, "meV", "the one that the printed Allen-Dynes temperature needs"),
        *(_of_log(log, one, sheet) for one in formulas),
    ]
    words = ", ".join(f"{one.value:.4f} K by {one.name}" for one in formulas if one.value)
    return Result(
        kind="predict",
        measurement=measurement,
        estimates=tuple(estimates),
        settings={"mu": log.coulomb_pseudopotential},
        notes=(Note("a log of EPW holds no alpha2F: give the .a2f file for the Eliashberg equations", "warning"),),
        sources=sources,
        summary=f"{words}; lambda {log.coupling:.4g}, omega_log {log.omega_log:.4g} meV",
        details=log,
    )


def _of_log(log: EpwLog, one: Formula, sheet: Sheet) -> Estimate:
    printed = log.printed.get(one.name)
    remark = one.remark or ("" if printed is None else f"EPW prints {printed:.4f} K")
    status = {"status": Status.UNDETERMINED} if one.value is None else {}
    own = sheet.under(formula=one.name)
    return own.note("critical_temperature", one.value or None, "K", one.method, remark=remark, **status)


def _needed(log: EpwLog) -> float | None:
    """omega_2 from the printed Allen-Dynes temperature, meV; None where there is none or none fits."""
    printed = log.printed.get("Allen-Dynes")
    if printed is None:
        return None

    def excess(ratio: float) -> float:
        moments = {"omega_log": log.omega_log, "omega_2": ratio * log.omega_log}
        return (
            float(allen_dynes(log.coupling, **moments, coulomb_pseudopotential=log.coulomb_pseudopotential)) - printed
        )

    if excess(1.0) > 0.0 or excess(3.0) < 0.0:
        return None
    return log.omega_log * float(brentq(excess, 1.0, 3.0))
