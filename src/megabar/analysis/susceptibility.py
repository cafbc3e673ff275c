"""Magnetisation: diamagnetic drops, shielding, cooling in a field, trapped flux, lower critical fields, depths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from megabar.analysis.combine import MEAN
from megabar.analysis.headline import rounded
from megabar.analysis.resistance_panels import titled
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.susceptibility_body import Body, derive
from megabar.analysis.susceptibility_depth import DepthFit, fit_depth
from megabar.analysis.susceptibility_fields import FirstFlux
from megabar.analysis.susceptibility_lengths import Common, depth_estimates
from megabar.analysis.susceptibility_panels import depth_panel
from megabar.analysis.susceptibility_series import Series, series_of
from megabar.analysis.susceptibility_settings import Settings
from megabar.analysis.susceptibility_sweeps import TRAPPED, Outcome, SeriesWork, named
from megabar.analysis.susceptibility_transition import MIDDLE, ONSET
from megabar.data import Estimate, Note, Panel, Recording, Result
from megabar.errors import DataError, MegabarError

__all__ = ["Details", "Settings", "analyse"]

_MOST_PANELS = 12
_MOST_TOLD = 3


@dataclass(frozen=True, eq=False)
class Details:
    """What is behind a result, for those who compute on: each signal, and the lower critical fields of each."""

    signals: tuple[Outcome, ...]
    depths: tuple[DepthFit, ...]


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Analyse every signal: alternating and steady moments, susceptibilities, voltages of pick-up coils.

    A signal without a diamagnetic drop is a finding. What one sweep cannot give is a note and costs the others nothing.
    `progress` is called with shares from 0 to 1. DataError when the recording holds no such signal, or a curve that
    the settings name is not there.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    series, notes = series_of(recording)
    if not series:
        found = ", ".join(f"{c.name!r} ({c.role})" for curve in recording.curves for c in curve.columns)
        raise DataError(
            f"{recording.source.file}: no moment, susceptibility or pick-up voltage (found: {found}); name its column "
            "under columns.moment, columns.moment_in_phase, columns.susceptibility or columns.voltage"
        )
    rng = np.random.default_rng(chosen.seed)
    blank = None if chosen.background is None else named(series, chosen.background, "background")
    blanks = [one for one in series if blank is not None and one.source == blank.source]
    work = [one for one in series if one not in blanks]
    outcomes: list[Outcome] = []
    for number, one in enumerate(work, start=1):
        sheet = Sheet(name, {"curve": one.name} if len(work) > 1 else {})
        outcomes.append(SeriesWork(one, chosen, sheet, _nearest(one, blanks), rng).run())
        if progress is not None:
            progress(number / len(work))
    _named_pair(work, outcomes, chosen, name, rng)
    estimates = [e for out in outcomes for e in out.estimates]
    panels = [p for out in outcomes for p in out.panels]
    notes += [n for out in outcomes for n in out.notes]
    depths = _depths(outcomes, estimates, panels, notes, chosen, name, rng)
    if len(panels) > _MOST_PANELS:
        notes.append(
            Note(f"{len(panels)} figures, the first {_MOST_PANELS} drawn: name curves under read.curve for others")
        )
    return Result(
        kind="susceptibility",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(_worth(panels)[:_MOST_PANELS]),
        settings=chosen.model_dump(mode="json"),
        notes=(*recording.notes, *notes),
        sources=recording.sources,
        summary=_headline(estimates, outcomes),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        seed=chosen.seed,
        details=Details(tuple(outcomes), tuple(depths)),
    )


def _nearest(one: Series, blanks: Sequence[Series]) -> Series | None:
    """The background of the frequency nearest to that of a signal, of the same role where there is one."""
    alike = [blank for blank in blanks if blank.role == one.role] or list(blanks)
    return min(alike, key=lambda blank: abs(blank.frequency - one.frequency), default=None)


def _named_pair(
    work: Sequence[Series], outcomes: Sequence[Outcome], settings: Settings, name: str, rng: np.random.Generator
) -> None:
    """The two curves that the settings name as cooled without and with the field."""
    if settings.zero_field_cooled is None or settings.field_cooled is None:
        return
    pair = []
    for setting in ("zero_field_cooled", "field_cooled"):
        one = named(list(work), getattr(settings, setting), setting)
        out = outcomes[list(work).index(one)]
        if not out.transitions:
            raise DataError(f"settings.{setting} names curve {one.name!r}, which has no sweep of temperature")
        pair.append((one, out))
    (first, zfc), (second, fc) = pair
    job = SeriesWork(first, settings, Sheet(name, {}), None, rng)
    job.out = zfc
    job.pair(zfc.transitions[0][1], fc.transitions[0][1], f"{first.name} and {second.name}")


def _depths(
    outcomes: Sequence[Outcome],
    estimates: list[Estimate],
    panels: list[Panel],
    notes: list[Note],
    settings: Settings,
    name: str,
    rng: np.random.Generator,
) -> list[DepthFit]:
    """Penetration depths from the lower critical fields of each signal."""
    made = []
    for out in outcomes:
        points = sorted(
            ((s.held, f) for s, f in out.fluxes if s.held is not None and f.value is not None and f.value > 0.0),
            key=lambda point: point[0],
        )
        body = Body(settings)
        if not points or body.no_factor:
            continue
        curve = out.series.name if len(outcomes) > 1 else ""
        # The lengths move all fields together, so they count after the fit, not in it.
        factor = derive(body.lower_field, {"penetration": (1.0, None), **body.inputs}, rng)
        temperature = np.array([t for t, _ in points])
        field = np.array([float(f.value or 0.0) for _, f in points])
        errors = [f.error for _, f in points]
        error = None if None in errors else factor.value * np.array(errors, dtype=np.float64)
        try:
            depth = fit_depth(temperature, factor.value * field, error, settings.critical_temperature)
        except MegabarError as problem:
            notes.append(Note(f"{titled(curve, 'penetration depth')}: {problem}"))
            continue
        made.append(depth)
        sheet = Sheet(name, {"curve": curve} if curve else {})
        common = Common((factor.error or 0.0) / factor.value, _relative(points, body))
        estimates += depth_estimates(depth, settings, common, sheet, notes, rng)
        panels.append(depth_panel(depth, titled(curve, "lower critical field")))
    return made


def _relative(points: Sequence[tuple[float, FirstFlux]], body: Body) -> dict[str, float]:
    """What the choices behind the fields move them by on average, as shares of them."""
    spreads = {
        "square root": [(f.method_spread or 0.0) / float(f.value or 1.0) for _, f in points],
        "range": [(f.range_spread or 0.0) / float(f.value or 1.0) for _, f in points],
    }
    relative = {key: float(np.mean(parts)) for key, parts in spreads.items()}
    edge = body.edge_spread()
    return relative if edge is None else {**relative, "edge or 1 - N": edge}


def _worth(panels: Sequence[Panel]) -> list[Panel]:
    """Figures that show something found before those that do not."""
    return sorted(panels, key=lambda panel: panel.caption.startswith("No diamagnetic drop"))


def _headline(estimates: Sequence[Estimate], outcomes: Sequence[Outcome]) -> str:
    parts = [*_temperatures(estimates), *_others(estimates)]
    if not any(e.quantity == "critical_temperature" and e.value is not None for e in estimates) and not parts:
        looked = [found for out in outcomes for _, found in out.transitions if found.verdict != "few"]
        steps = [found.words for found in looked if found.verdict in ("paramagnetic step", "cut")]
        sign = next((out.sign for out in outcomes if out.sign), "")
        if looked:
            low, high = min(f.temperature[0] for f in looked), max(f.temperature[-1] for f in looked)
            parts = [f"no diamagnetic transition between {low:.4g} and {high:.4g} K"]
        else:
            parts = ["no diamagnetic transition seen"]
        parts += [*steps[:1], *([sign] if sign else [])]
    return "; ".join(parts)


def _temperatures(estimates: Sequence[Estimate]) -> list[str]:
    told = {ONSET: "diamagnetic onset", MIDDLE: "half of the drop at", TRAPPED: "trapped moment vanishes at"}
    parts = []
    for criterion, words in told.items():
        found = [
            e
            for e in estimates
            if e.quantity == "critical_temperature" and e.labels.get("criterion") == criterion and e.value is not None
        ]
        found = [e for e in found if str(e.labels.get("sweep")).startswith(MEAN)] or found
        numbers = [f"{rounded(float(e.value or 0.0), e.error)} K{_of(e)}" for e in found[:_MOST_TOLD]]
        more = f" and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
        if numbers:
            parts.append(f"{words} {', '.join(numbers)}{more}")
    return parts


def _of(estimate: Estimate) -> str:
    where = ", ".join(str(estimate.labels[key]) for key in ("curve", "sweep") if key in estimate.labels)
    return f" ({where})" if where else ""


def _others(estimates: Sequence[Estimate]) -> list[str]:
    told = (
        ("shielding_fraction", "shielding fraction", ""),
        ("splitting_temperature", "cooled without and with field part at", " K"),
        ("penetration_field", "first flux at", " T"),
        ("lower_critical_field_zero", "Hc1(0)", " T"),
        ("penetration_depth_zero", "lambda(0)", " nm"),
        ("critical_current_density", "Jc", " A/m^2"),
    )
    parts = []
    for quantity, words, unit in told:
        found = [e for e in estimates if e.quantity == quantity and e.value is not None and "model" not in e.labels]
        if found:
            best = found[0]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            parts.append(f"{words} {rounded(float(best.value or 0.0), best.error)}{unit}{more}")
    return parts
