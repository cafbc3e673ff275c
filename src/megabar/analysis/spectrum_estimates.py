"""What spectra say, as estimates: gap and its companions for each, barrier, Delta(0), Tc and ratio for a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.headline import rounded
from megabar.analysis.spectrum_feature_dips import Dips
from megabar.analysis.spectrum_fit import HELD, ONE_SIGMA, Quoted, SpectrumFit
from megabar.analysis.spectrum_models import KINDS
from megabar.analysis.spectrum_prepare import Prepared
from megabar.analysis.spectrum_regime import Regime, size_against
from megabar.analysis.spectrum_series import GapLaw, Series, common_part, gap_law
from megabar.analysis.spectrum_settings import Settings
from megabar.analysis.spectrum_vanishing import Vanishing
from megabar.analysis.spectrum_variations import Variation, spread
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Note, Status
from megabar.errors import MegabarError
from megabar.physics import contact

Mask = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

_UNITS: Final = {
    "gap": "meV",
    "broadening": "meV",
    "barrier": "1",
    "gap_2": "meV",
    "broadening_2": "meV",
    "weight_2": "1",
    "angle": "rad",
    "anisotropy": "1",
    "polarisation": "1",
    "gap_width": "meV",
}

BIASED: Final = "intermediate contact: heating and dips lower the gap, a series resistance raises it"


@dataclass(frozen=True, eq=False)
class Item:
    """One spectrum with all that was found: dips, regime, the points that may enter a fit, the fit (with the shared
    barrier, if there is one; `own` with its own), what may be quoted of it, or why there is none."""

    prepared: Prepared
    dips: Dips | None
    regime: Regime | None
    mask: Mask
    fit: SpectrumFit | None = None
    own: SpectrumFit | None = None
    quoted: Mapping[str, Quoted] = field(default_factory=dict)
    variations: tuple[Variation, ...] = ()
    refusal: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """Of the spectrum."""
        return self.prepared.raw.name

    @property
    def gap(self) -> Quoted | None:
        """The gap as it may be quoted; None without a fit."""
        return self.quoted.get("gap")

    @property
    def place(self) -> dict[str, str]:
        """Labels that tell this spectrum from others: its conditions, or its name where these are unknown."""
        raw = self.prepared.raw
        parts = [f"{raw.temperature:.4g} K"] if raw.temperature is not None else []
        parts += [f"{raw.field:.4g} T"] if raw.field else []
        parts += [f"bias {raw.branch}"] if raw.branch else []
        return {"at": ", ".join(parts)} if parts else {"curve": raw.name}


def item_estimates(item: Item, measurement: str) -> list[Estimate]:
    """Of one spectrum."""
    sheet = Sheet(measurement, item.place)
    estimates = _gap(item, sheet)
    if item.fit is not None:
        estimates += _companions(item, item.fit, sheet)
    estimates += _dips(item, sheet)
    if item.regime is not None:
        estimates += _shape(item.regime, sheet)
    if item.prepared.offset:
        method = "what makes the spectrum even"
        estimates.append(
            sheet.note("bias_offset", item.prepared.offset, "mV", method, error=item.prepared.offset_error)
        )
    return estimates


def _why_none(item: Item) -> Status:
    """Why there is no fit: a thermal contact, a temperature that is not known, or a search that led nowhere."""
    if item.regime is not None and item.regime.name == "thermal":
        return Status.NOT_TESTABLE
    return Status.UNDETERMINED if item.prepared.raw.temperature is None else Status.FAILED


def _gap(item: Item, sheet: Sheet) -> list[Estimate]:
    quoted = item.gap
    if quoted is None or item.fit is None:
        return [sheet.note("gap", None, "meV", "no fit", status=_why_none(item), remark=item.refusal)]
    method = f"{KINDS[item.fit.choice.kind]}, background fitted along"
    rest = _rest(quoted)
    remarks = [quoted.remark] if quoted.remark else []
    if item.regime is not None and item.regime.name != "ballistic":
        remarks.append(BIASED if item.regime.name == "intermediate" else f"{item.regime.name} contact: asked for")
    rest["remark"] = "; ".join(remarks)
    if quoted.value is not None:
        rest["systematic"] = _systematic(item, item.fit)
    return [sheet.note("gap", quoted.value, "meV", method, **rest)]


def _systematic(item: Item, found: SpectrumFit) -> dict[str, float]:
    parts = {}
    background = spread(found, item.variations)
    if background is not None:
        parts["background"] = background
    if item.own is not None and item.own.fit.errors["gap"] is not None:
        parts["shared barrier"] = 0.5 * abs(item.own.fit.values["gap"] - found.fit.values["gap"])
    return parts


def _rest(quoted: Quoted) -> dict[str, Any]:
    return {
        "error": quoted.error,
        "interval": quoted.interval,
        "level": quoted.level,
        "status": quoted.status,
        "remark": quoted.remark,
    }


def _companions(item: Item, found: SpectrumFit, sheet: Sheet) -> list[Estimate]:
    method = KINDS[found.choice.kind]
    estimates = [
        sheet.note(name, quoted.value, _UNITS[name], method, **_rest(quoted))
        for name, quoted in item.quoted.items()
        if name != "gap" and quoted.remark != HELD
    ]
    if found.spectrum.unit == "S" and found.fit.values["scale"] > 0.0:
        scale, error = found.fit.values["scale"], found.fit.errors["scale"]
        relative = None if error is None else error / scale
        words = "background at zero bias, fitted with the gap"
        estimates.append(
            sheet.note("normal_resistance", 1.0 / scale, "ohm", words, error=relative and relative / scale)
        )
    if found.fit.r_squared is not None:
        estimates.append(sheet.note("r_squared", found.fit.r_squared, "1", method))
    return estimates


def _sizes(found: SpectrumFit, settings: Settings) -> list[tuple[str, float, dict[str, float]]]:
    """Diameters of the contact in nm from its normal resistance, by the laws that the settings allow."""
    if settings.resistivity is None or found.spectrum.unit != "S" or not found.fit.values["scale"] > 0.0:
        return []
    resistance = 1.0 / found.fit.values["scale"]
    rho, path = settings.resistivity, settings.mean_free_path
    sizes = {"Maxwell": float(contact.maxwell_diameter(resistance, resistivity=rho))}
    if path is not None:
        sizes["Sharvin"] = float(contact.sharvin_diameter(resistance, resistivity=rho, mean_free_path=path))
        sizes["Wexler"] = float(contact.wexler_diameter(resistance, resistivity=rho, mean_free_path=path))
    half = 0.5 * (max(sizes.values()) - min(sizes.values()))
    return [(law, value, {"law": half}) for law, value in sizes.items()]


def size_notes(items: Sequence[Item], settings: Settings) -> list[Note]:
    """What the size of the contact says of its regime, where both mean free path and resistivity are given."""
    known = [i for i in items if i.fit is not None and i.regime is not None]
    if not known:
        return []
    coldest = min(known, key=lambda i: i.prepared.raw.temperature or 0.0)
    assert coldest.fit is not None
    assert coldest.regime is not None
    sizes = {law: value for law, value, _ in _sizes(coldest.fit, settings)}
    if "Wexler" not in sizes or settings.mean_free_path is None:
        return []
    words, differs = size_against(coldest.regime.name, sizes["Wexler"], elastic=settings.mean_free_path)
    return [Note(words, "warning" if differs else "info")]


def _vanishing(found: Vanishing, sheet: Sheet) -> Estimate:
    """Tc from where the features vanish: a value where a law holds, else the temperatures between which it lies."""
    method = "where the features of the spectra vanish"
    rest: dict[str, Any] = {"labels": {"criterion": "features vanish"}, "remark": found.remark}
    if found.value is not None:
        rest |= {"error": found.error, "interval": found.interval, "level": ONE_SIGMA}
        return sheet.note("critical_temperature", found.value, "K", method, **rest)
    if found.bracket[0] is None:
        return sheet.note("critical_temperature", None, "K", method, status=Status.NOT_FOUND, **rest)
    return sheet.note("critical_temperature", None, "K", method, interval=found.bracket, status=Status.LIMIT, **rest)


def _dips(item: Item, sheet: Sheet) -> list[Estimate]:
    if item.dips is None or not item.dips.pairs:
        return []
    estimates = []
    for number, pair in enumerate(item.dips.pairs, start=1):
        here = sheet if len(item.dips.pairs) == 1 else sheet.under(step=number)
        where = pair.position
        method = "half the distance of a pair of dips"
        estimates.append(here.note("dip_position", where.value, "mV", method, error=where.error))
        raw = item.prepared.raw
        if raw.unit == "S":
            current = _current_at(raw.bias, raw.conductance, where.value)
            slope = float(np.interp(where.value, raw.bias, raw.conductance))
            error = None if where.error is None else 1e-3 * where.error * slope
            method = "current at the dips, from the integral of the conductance"
            estimates.append(here.note("critical_current", current, "A", method, error=error))
    return estimates


def _current_at(bias: FloatArray, conductance: FloatArray, position: float) -> float:
    """A: half the integral of the conductance (S) between both dips (mV)."""
    total = np.concatenate([[0.0], np.cumsum(0.5 * (conductance[1:] + conductance[:-1]) * np.diff(bias))])
    return float(0.5e-3 * (np.interp(position, bias, total) - np.interp(-position, bias, total)))


def _shape(regime: Regime, sheet: Sheet) -> list[Estimate]:
    estimates = []
    for name, unit, value in regime.numbers:
        estimates.append(sheet.note(name, value.value, unit, "from the spectrum itself", error=value.error))
    return estimates


def series_estimates(
    items: Sequence[Item],
    series: Series | None,
    law: GapLaw | None,
    vanishing: Vanishing | None,
    measurement: str,
    settings: Settings,
) -> list[Estimate]:
    """Of all spectra together."""
    sheet = Sheet(measurement, {})
    estimates: list[Estimate] = []
    if series is not None:
        method = f"one barrier for {len(series.fits)} spectra, least total chi-square"
        estimates.append(sheet.note("shared_barrier", series.barrier, "1", method, error=series.barrier_error))
    fitted = [i for i in items if i.fit is not None]
    if fitted:
        coldest = min(fitted, key=lambda i: i.prepared.raw.temperature or 0.0)
        assert coldest.fit is not None
        estimates += [
            sheet.note("contact_diameter", size, "nm", f"{name}'s law", systematic=part, labels={"law": name})
            for name, size, part in _sizes(coldest.fit, settings)
        ]
    if vanishing is not None:
        estimates.append(_vanishing(vanishing, sheet))
    if law is None:
        return estimates
    parts = _common(items, series, law, settings)
    method = "BCS gap equation through the gaps, Delta(0) and Tc free"
    if settings.critical_temperature is not None:
        method = "BCS gap equation through the gaps, Tc given"
    zero = {"gap_zero": (law.gap_zero, law.gap_zero_error, "meV"), "gap_ratio": (law.ratio, law.ratio_error, "1")}
    if settings.critical_temperature is None:
        zero["critical_temperature"] = (law.critical_temperature, law.critical_temperature_error, "K")
    for name, (value, error, unit) in zero.items():
        labels: dict[str, str | float] = {"criterion": "gap closes"} if name == "critical_temperature" else {}
        apart = parts.get(name, 0.0)
        if name == "gap_ratio" and settings.critical_temperature and settings.critical_temperature_error:
            given = value * settings.critical_temperature_error / settings.critical_temperature
            apart = float(np.hypot(apart, given))
        total = None if error is None else float(np.hypot(error, apart))
        remark = f"chi-square probability {law.probability:.2g}" if law.probability is not None else ""
        systematic = _background_part(items, law, name)
        estimates.append(
            sheet.note(name, value, unit, method, error=total, labels=labels, remark=remark, systematic=systematic)
        )
    return estimates


def _common(items: Sequence[Item], series: Series | None, law: GapLaw, settings: Settings) -> dict[str, float]:
    """What one standard error of the shared barrier does to Delta(0), ratio and Tc."""
    if series is None:
        return {}
    known = _law_rows(items)
    fitted = [i for i in items if i.own is not None]
    rows = [fitted.index(i) for i in known if i in fitted]
    if len(rows) != law.fit.y.size:
        return {}
    t, error = law.fit.x, law.fit.relative_sigma

    def again(name: str, gaps: FloatArray) -> float:
        try:
            moved = gap_law(t, gaps, error, critical_temperature=settings.critical_temperature)
        except MegabarError:
            return float("nan")
        return {"gap_zero": moved.gap_zero, "gap_ratio": moved.ratio}.get(name, moved.critical_temperature)

    parts = {
        name: common_part(series, rows, lambda gaps, name=name: again(name, gaps), law.fit.y)  # type: ignore[misc]
        for name in ("gap_zero", "gap_ratio", "critical_temperature")
    }
    return {name: part for name, part in parts.items() if np.isfinite(part)}


def _law_rows(items: Sequence[Item]) -> list[Item]:
    """Spectra whose gaps the law went through."""
    return [
        i for i in items if i.gap is not None and i.gap.value is not None and i.gap.error and not i.prepared.raw.field
    ]


def _background_part(items: Sequence[Item], law: GapLaw, name: str) -> dict[str, float]:
    """Background's part of the coldest gap, in proportion; nothing for Tc."""
    known = _law_rows(items)
    if not known or name == "critical_temperature":
        return {}
    coldest = min(known, key=lambda i: i.prepared.raw.temperature or 0.0)
    assert coldest.fit is not None
    half = spread(coldest.fit, coldest.variations)
    value = coldest.fit.fit.values["gap"]
    if half is None or not value > 0.0:
        return {}
    return {"background": half / value * (law.gap_zero if name == "gap_zero" else law.ratio)}


def spectrum_headline(items: Sequence[Item], law: GapLaw | None) -> str:
    """What the measurement found, in one line."""
    parts = []
    if law is not None:
        tc = rounded(law.critical_temperature, law.critical_temperature_error)
        parts.append(
            f"Delta(0) {rounded(law.gap_zero, law.gap_zero_error)} meV, "
            f"2 Delta(0)/kTc {rounded(law.ratio, law.ratio_error)}, Tc {tc} K"
        )
    else:
        for item in items[:3]:
            gap = item.gap
            if gap is not None and gap.value is not None:
                where = item.place.get("at", item.name)
                parts.append(f"gap {rounded(gap.value, gap.error)} meV at {where}")
    regimes = list(dict.fromkeys(i.regime.name for i in items if i.regime is not None and i.regime.name != "unknown"))
    if regimes:
        parts.append(f"{' and '.join(regimes)} contact")
    return "; ".join(parts) or next((i.refusal for i in items if i.refusal), "no gap was found: see the notes")
