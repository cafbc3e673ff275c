"""Point-contact and tunnelling spectra: readings to gaps, their temperature dependence, regime and contact size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_estimates import Item, item_estimates, series_estimates, size_notes, spectrum_headline
from megabar.analysis.spectrum_feature_dips import dip_mask, find_dips
from megabar.analysis.spectrum_fit import Choice, Quoted, SpectrumFit, compare_kinds, fit_spectrum, quote
from megabar.analysis.spectrum_models import KINDS, Kind
from megabar.analysis.spectrum_panels import spectrum_panels
from megabar.analysis.spectrum_prepare import Prepared, prepare, without_series
from megabar.analysis.spectrum_regime import regime_of_spectrum
from megabar.analysis.spectrum_series import FEWEST, GapLaw, Series, gap_law, share_barrier
from megabar.analysis.spectrum_settings import Settings
from megabar.analysis.spectrum_shape import Spectrum
from megabar.analysis.spectrum_vanishing import FeatureSizes, Vanishing, feature_sizes, vanishing_temperature
from megabar.analysis.spectrum_variations import vary
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Note, Recording, Result
from megabar.errors import ConvergenceError, DataError, DomainError, MegabarError
from megabar.fitting.posterior import posterior
from megabar.fitting.samples import Samples
from megabar.fitting.selection import Selection, compare

__all__ = ["Settings", "analyse"]

FloatArray = NDArray[np.float64]

_STEPS: Final = 1500
_TRIED_SERIES: Final = 0.1
"""Share of the normal resistance in series whose effect on the gap is told."""
_FEWEST_TEMPERATURES: Final = 3
"""For a Tc from where the features vanish."""


@dataclass(frozen=True, eq=False)
class Details:
    """What is behind a result, for those who compute on: spectra with their fits, what joins them, draws."""

    items: tuple[Item, ...]
    series: Series | None
    law: GapLaw | None
    sizes: FeatureSizes | None
    vanishing: Vanishing | None
    selection: Selection | None
    samples: Samples | None


def analyse(
    recording: Recording,
    settings: Settings | None = None,
    *,
    measurement: str = "",
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Analyse every spectrum of a recording, and those at several temperatures together.

    Each spectrum is prepared (derivative, offset, background), its dips are found and masked, its contact is
    classified, and the model is fitted together with the background. Spectra with a feature share one barrier; their
    gaps against temperature give Delta(0), Tc and 2 Delta(0)/kTc. DataError when nothing can be used; other troubles
    become notes.
    """
    chosen = settings or Settings()
    name = measurement or recording.source.file
    tell = progress or _silent
    prepared, notes, refused = prepare(recording, chosen)
    if not prepared:
        raise DataError(f"{recording.source.file}: {'; '.join(refused) or 'no spectrum found'}")
    items = _one_contact([_features(one, chosen) for one in prepared])
    kind, selection, more = _choose(items, chosen)
    notes += more
    items = [_fitted(item, kind, chosen, tell, i / len(items)) for i, item in enumerate(items)]
    items, series, more = _together(items, chosen, tell)
    notes += more
    items = [_varied(item) for item in items]
    law, more = _law(items, chosen)
    notes += more
    sizes, vanishing, more = _where_features_vanish(items)
    notes += [*more, *size_notes(items, chosen), *_series_notes(items, chosen)]
    samples, more = _sampled(items, chosen)
    notes += more
    estimates = [e for item in items for e in item_estimates(item, name)]
    estimates += series_estimates(items, series, law, vanishing, name, chosen)
    notes += [note for item in items for note in (*item.prepared.notes, *item.notes)]
    tell(1.0)
    return Result(
        kind="spectrum",
        measurement=name,
        estimates=tuple(estimates),
        panels=tuple(spectrum_panels(items, law, samples, sizes, vanishing)),
        settings=_in_force(chosen, items, kind, selection),
        notes=(*recording.notes, *notes, *(Note(text, "warning") for text in refused)),
        sources=recording.sources,
        summary=spectrum_headline(items, law),
        simulated=any(curve.simulated for curve in recording.curves),
        digitised=any(curve.digitised for curve in recording.curves),
        seed=chosen.seed,
        details=Details(tuple(items), series, law, sizes, vanishing, selection, samples),
    )


def _features(prepared: Prepared, settings: Settings) -> Item:
    """Dips, regime and the points that may enter a fit."""
    spectrum, noise = prepared.normalised, prepared.noise
    mask = np.ones(spectrum.bias.size, dtype=bool)
    for low, high in settings.mask:
        mask &= (spectrum.bias < low) | (spectrum.bias > high)
    if noise is None:
        note = Note(f"{spectrum.name}: noise unknown: no search for dips and no regime", "warning")
        return Item(prepared, None, None, mask, notes=(note,))
    correlation = max(spectrum.correlation, _points_that_share(spectrum))
    dips = find_dips(spectrum.bias, spectrum.conductance, noise, correlation=correlation)
    if settings.mask_dips and dips.pairs:
        mask &= ~dip_mask(spectrum.bias, dips)
    regime = regime_of_spectrum(spectrum.bias, spectrum.conductance, noise, dips, correlation=correlation)
    if settings.regime != "auto":
        regime = replace(regime, name=settings.regime, reasons=("as settings.regime says",))
    note = Note(f"{spectrum.name}: {'; '.join(regime.reasons)}: {regime.name}")
    return Item(prepared, dips, regime, mask, notes=(note,))


def _one_contact(items: list[Item]) -> list[Item]:
    """The regime of the coldest spectrum holds for the others: near Tc dips and double peak fade, not the contact."""
    known = [i for i in items if i.regime is not None and i.regime.name != "unknown" and not i.prepared.raw.field]
    if not known:
        return items
    coldest = min(known, key=lambda i: _kelvin(i))
    assert coldest.regime is not None
    reasons = (f"as at {_kelvin(coldest):.4g} K", *coldest.regime.reasons)
    return [
        item
        if item.regime is None or item.regime.name == coldest.regime.name
        else replace(item, regime=replace(item.regime, name=coldest.regime.name, reasons=reasons))
        for item in items
    ]


def _kelvin(item: Item) -> float:
    """Temperature; infinite where it is unknown."""
    return math.inf if item.prepared.raw.temperature is None else item.prepared.raw.temperature


def _points_that_share(spectrum: Spectrum) -> float:
    """How many neighbours use the same readings in a derivative: noise there makes structures of that width."""
    return 2.0 * math.sqrt(7.0) * spectrum.smoothing / float(np.median(np.diff(spectrum.bias)))


def _degree(item: Item) -> int:
    """Of the background that is fitted together with the gap: as in the preparation, a scale for normalised data.

    Inside of dips there are no wings to hold a polynomial, and beyond them the contact is another one: a scale too.
    """
    polynomial = item.prepared.background.kind == "polynomial" and item.mask.all()
    return item.prepared.background.degree if polynomial else 0


def _choice(item: Item, kind: Kind, settings: Settings) -> Choice:
    temperature = item.prepared.raw.temperature
    if temperature is None:
        raise DataError(f"{item.name}: temperature unknown: set settings.temperature (K), or name its column")
    even = item.prepared.background.even_only
    # Thermal smearing has the variance (pi kT)^2/3; what derivative and modulation average over adds to it.
    added = 3.0 * (item.prepared.raw.smoothing / (math.pi * BOLTZMANN_MEV)) ** 2
    temperature = math.sqrt(temperature**2 + added)
    given = settings.given if kind in ("s", "tunnelling") else None
    return Choice(kind, temperature, _degree(item), even, settings.held, settings.window, given=given)


def _to_fit(item: Item) -> Spectrum:
    """Raw data, whose background is fitted; data divided by a reference, or normalised ones, as they are."""
    source = item.prepared.normalised if item.prepared.background.kind == "reference" else item.prepared.raw
    return source.take(item.mask)


def _refusal(item: Item, settings: Settings) -> str:
    """Why no gap is taken from this spectrum; "" where one may be."""
    if item.regime is not None and item.regime.name == "thermal" and not settings.quote_thermal:
        return "thermal contact: its features are those of a critical current, not of a gap (settings.quote_thermal)"
    return ""


def _choose(items: Sequence[Item], settings: Settings) -> tuple[Kind, Selection | None, list[Note]]:
    """The model, as set or by AICc, and the comparison on the coldest spectrum that may have a gap."""
    kinds = tuple(
        dict.fromkeys((settings.model, *settings.candidates) if settings.model != "auto" else settings.candidates)
    )
    able = [i for i in items if not _refusal(i, settings) and i.prepared.raw.temperature is not None]
    if not able or len(kinds) == 1:
        return kinds[0], None, []
    coldest = min(able, key=lambda i: i.prepared.raw.temperature or 0.0)
    fits, failed = compare_kinds(_to_fit(coldest), _choice(coldest, kinds[0], settings), kinds)
    notes = [Note(f"{coldest.name}: not compared: {text}", "warning") for text in failed]
    known = list(fits)
    if not known or not any(f.seen for f in fits.values()):
        return kinds[0], None, notes
    selection = compare([fits[kind].plain for kind in known])
    best = known[selection.chosen]
    words = ", ".join(
        f"{KINDS[kind]}: {'-' if delta is None else f'{delta:.1f}'}, gap {fits[kind].fit.values['gap']:.4g} meV"
        for kind, delta in zip(known, selection.delta, strict=True)
    )
    fitted = best if settings.model == "auto" else settings.model
    level: Literal["info", "warning"] = "info" if fitted == best else "warning"
    notes.append(Note(f"{coldest.name}: AICc above the lowest: {words}; supported is {KINDS[best]}", level))
    return fitted, selection, notes


def _fitted(item: Item, kind: Kind, settings: Settings, tell: Callable[[float], None], share: float) -> Item:
    tell(0.6 * share)
    refusal = _refusal(item, settings)
    if refusal:
        return replace(item, refusal=refusal)
    try:
        found = fit_spectrum(_to_fit(item), _choice(item, kind, settings))
    except (DataError, ConvergenceError, DomainError) as error:
        return replace(item, refusal=str(error), notes=(*item.notes, Note(f"{item.name}: no fit: {error}", "warning")))
    return replace(item, fit=found, quoted=_quoted(found))


def _quoted(found: SpectrumFit) -> dict[str, Quoted]:
    """All physical parameters: the gap by its profile, the others by the covariance."""
    names = [p.name for p in found.fit.parameters if p.name != "scale" and not p.name.startswith("b_")]
    return {name: quote(found, name, profiled=name == "gap") for name in names}


def _with_barrier(gap: Quoted, part: float) -> Quoted:
    """The gap at the shared barrier with what one standard error of that barrier moves it by."""
    if gap.value is None or gap.error is None or gap.interval is None:
        return gap
    low, high = (None if end is None else end - gap.value for end in gap.interval)
    wider = tuple(None if d is None else gap.value + math.copysign(math.hypot(d, part), d) for d in (low, high))
    return replace(gap, error=math.hypot(gap.error, part), interval=(wider[0], wider[1]))


def _together(
    items: list[Item], settings: Settings, tell: Callable[[float], None]
) -> tuple[list[Item], Series | None, list[Note]]:
    """One barrier for all spectra with a feature, where there are several and it is not held."""
    rows = [i for i, item in enumerate(items) if item.fit is not None and item.fit.seen]
    fits = [f for i in rows if (f := items[i].fit) is not None]
    if not settings.shared_barrier or len(fits) < 2 or "barrier" in settings.held:
        return items, None, []
    if any("barrier" not in f.fit.values for f in fits):
        return items, None, []
    try:
        series = share_barrier(fits, progress=lambda done: tell(0.6 + 0.2 * done))
    except (ConvergenceError, DataError) as error:
        return items, None, [Note(f"no barrier shared by all spectra: {error}", "warning")]
    notes = []
    if not series.agrees:
        notes.append(
            Note(
                f"one barrier does not describe all spectra (probability {series.probability:.1g}): the contact "
                "changed, or another model is needed; compare with settings.shared_barrier = false",
                "warning",
            )
        )
    for row, found, slope in zip(rows, series.fits, series.slopes, strict=True):
        quoted = _quoted(found)
        quoted["gap"] = _with_barrier(quoted["gap"], slope * (series.barrier_error or 0.0))
        items[row] = replace(items[row], fit=found, quoted=quoted, own=items[row].fit)
    # Spectra without a feature of their own are fitted with the shared barrier too: it makes their limits meaningful.
    return items, series, notes


def _varied(item: Item) -> Item:
    if item.fit is None or not item.fit.seen:
        return item
    return replace(item, variations=vary(item.prepared, item.fit))


def _series_notes(items: Sequence[Item], settings: Settings) -> list[Note]:
    """What a resistance in series, which the spectrum alone cannot tell, would do to the gap of the coldest."""
    able = [i for i in items if i.fit is not None and i.fit.seen and i.gap is not None and i.gap.value is not None]
    if settings.series_resistance > 0.0 or not able:
        return []
    coldest = min(able, key=_kelvin)
    assert coldest.fit is not None
    try:
        other = fit_spectrum(without_series(coldest.fit.spectrum, _TRIED_SERIES), coldest.fit.choice)
    except MegabarError:
        return []
    gap, there = coldest.fit.fit.values["gap"], other.fit.values["gap"]
    words = (
        f"{coldest.name}: were {100 * _TRIED_SERIES:.0f} % of its normal resistance in series, the gap would be "
        f"{there:.4g} meV instead of {gap:.4g} ({100 * (there / gap - 1):+.1f} %): give settings.series_resistance "
        "where leads or the spreading of the current matter"
    )
    return [Note(words)]


def _law(items: Sequence[Item], settings: Settings) -> tuple[GapLaw | None, list[Note]]:
    """The BCS law through the gaps at zero field."""
    known = [i for i in items if i.gap is not None and not i.prepared.raw.field]
    known = [i for i in known if i.gap is not None and i.gap.value is not None and i.fit is not None]
    known = [i for i in known if i.fit is not None and i.fit.fit.errors["gap"]]
    temperature = np.array([i.prepared.raw.temperature or 0.0 for i in known])
    needed = FEWEST if settings.critical_temperature is None else FEWEST - 1
    if np.unique(temperature).size < needed:
        return None, []
    gap = np.array([i.gap.value for i in known if i.gap is not None])
    # At the shared barrier, whose own error moves all gaps together and is added to the law's parameters afterwards.
    error = np.array([i.fit.fit.errors["gap"] if i.fit is not None else None for i in known], dtype=np.float64)
    try:
        law = gap_law(temperature, gap, error, critical_temperature=settings.critical_temperature)
    except MegabarError as reason:
        return None, [Note(f"no BCS law through the gaps: {reason}", "warning")]
    notes = []
    if law.probability is not None and law.probability < 1e-3:
        notes.append(
            Note(
                f"the gaps do not follow the BCS law within their errors (probability {law.probability:.1g})", "warning"
            )
        )
    if law.critical_temperature > law.highest:
        notes.append(
            Note(
                f"Tc of the BCS law lies {law.critical_temperature - law.highest:.3g} K above the highest temperature "
                f"with a gap, {law.highest:.4g} K: an extrapolation by its shape"
            )
        )
    return law, notes


def _where_features_vanish(items: Sequence[Item]) -> tuple[FeatureSizes | None, Vanishing | None, list[Note]]:
    """Tc without a fit, from spectra at zero field and three temperatures or more, the first at each."""
    first: dict[float, Item] = {}
    for item in items:
        t = item.prepared.raw.temperature
        if t is not None and not item.prepared.raw.field and item.prepared.noise is not None:
            first.setdefault(t, item)
    if len(first) < _FEWEST_TEMPERATURES:
        return None, None, []
    used = list(first.values())
    spectra = [item.prepared.normalised for item in used]
    noise = [item.prepared.noise for item in used if item.prepared.noise is not None]
    correlation = max(max(s.correlation, _points_that_share(s)) for s in spectra)
    moving = any(item.regime is not None and item.regime.name == "thermal" for item in used)
    try:
        curves = [(s.bias, s.conductance) for s in spectra]
        sizes = feature_sizes(list(first), curves, noise, correlation=correlation)
        return sizes, vanishing_temperature(sizes, by_law=not moving), []
    except MegabarError as error:
        return None, None, [Note(f"not looked where the features vanish: {error}")]


def _sampled(items: Sequence[Item], settings: Settings) -> tuple[Samples | None, list[Note]]:
    """Posterior of the coldest spectrum with its own barrier."""
    able = [i for i in items if i.fit is not None and i.fit.seen]
    if not settings.posterior or not able:
        return None, []
    coldest = min(able, key=lambda i: i.prepared.raw.temperature or 0.0)
    found = coldest.own or coldest.fit
    assert found is not None
    rng = np.random.default_rng(settings.seed)
    walkers = 2 * sum(p.vary for p in found.fit.parameters) + 2
    try:
        samples = posterior(found.fit, rng=rng, steps=_STEPS, walkers=walkers)
    except MegabarError as error:
        return None, [Note(f"{coldest.name}: no posterior: {error}", "warning")]
    return samples, [Note(f"{coldest.name}: posterior of {', '.join(samples.names)}: {samples.words}")]


def _in_force(settings: Settings, items: Sequence[Item], kind: Kind, selection: Selection | None) -> dict[str, object]:
    table = settings.model_dump(mode="json")
    automatic: dict[str, object] = {"model": KINDS[kind]}
    if selection is not None:
        automatic["model, by"] = selection.words
    for item in items:
        automatic[f"background, {item.name}"] = item.prepared.background.words
        automatic[f"offset, {item.name}"] = round(item.prepared.offset, 6)
        if item.fit is not None:
            automatic[f"points fitted, {item.name}"] = int(item.fit.fit.y.size)
    laws = {f"law: {item.fit.fit.model.name}": item.fit.fit.model.formula for item in items[:1] if item.fit is not None}
    return {**table, **laws, **{f"automatic: {key}": value for key, value in automatic.items()}}


def _silent(_share: float) -> None:
    """Progress that nobody watches."""
