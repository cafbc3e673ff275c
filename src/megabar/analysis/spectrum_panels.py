"""What to draw of spectra: the series, the coldest with its residuals and background, gaps, trade-offs, dips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.spectrum_estimates import Item
from megabar.analysis.spectrum_fit import SpectrumFit
from megabar.analysis.spectrum_models import KINDS
from megabar.analysis.spectrum_series import FEWEST, GapLaw
from megabar.analysis.spectrum_vanishing import FeatureSizes, Vanishing
from megabar.data import Panel, Trace
from megabar.errors import MegabarError
from megabar.fitting.intervals import profile
from megabar.fitting.samples import Samples
from megabar.physics import bcs

FloatArray = NDArray[np.float64]

BIAS: Final = "Bias (mV)"
NORMALISED: Final = "dI/dV over its background"

_MOST: Final = 12
"""Spectra that are stacked in one panel."""
_DRAWS: Final = 500
_LINES: Final = 600
_SYMBOLS: Final = {"gap": "Gap (meV)", "broadening": "Broadening (meV)", "barrier": "Barrier Z"}


def spectrum_panels(
    items: Sequence[Item],
    law: GapLaw | None,
    samples: Samples | None,
    sizes: FeatureSizes | None,
    vanishing: Vanishing | None,
) -> list[Panel]:
    """All panels of a measurement."""
    panels = [stacked(items)]
    fitted = [i for i in items if i.fit is not None]
    if fitted:
        coldest = min(fitted, key=_temperature)
        panels.append(single(coldest))
        if coldest.prepared.background.kind == "polynomial":
            panels.append(background(coldest))
    gaps = gap_panel(items, law)
    panels += [gaps] if gaps is not None else []
    if sizes is not None and vanishing is not None and vanishing.misfit is not None:
        panels.append(vanishing_panel(sizes, vanishing))
    if fitted and (coldest.own or coldest.fit):
        found = coldest.own or coldest.fit
        assert found is not None
        panels += trade_offs(found, samples) if found.seen else []
    panels += dip_panels(items)
    return panels


def vanishing_panel(sizes: FeatureSizes, found: Vanishing) -> Panel:
    """The size of the features against temperature, and where they vanish."""
    t = sizes.temperature
    traces = [Trace("size of the features", "data", t, sizes.size, y_error=sizes.error)]
    if found.value is not None and found.interval is not None:
        traces.append(Trace("Tc with its error", "window", np.array(found.interval)))
        traces.append(Trace("Tc", "marker", np.array([found.value])))
    elif found.bracket[0] is not None and found.bracket[1] is not None:
        traces.append(Trace("Tc lies here", "window", np.array(found.bracket)))
    caption = f"Size: projection onto the feature of one spectrum. {found.remark[0].upper()}{found.remark[1:]}."
    return Panel("where the features vanish", "Temperature (K)", "Size of the features (1)", tuple(traces), caption)


def _temperature(item: Item) -> float:
    return item.prepared.raw.temperature if item.prepared.raw.temperature is not None else np.inf


def _setting(item: Item) -> str:
    return item.place.get("at", item.name)


def fitted_background(found: SpectrumFit, bias: FloatArray) -> FloatArray:
    """The background that was fitted with the gap, in the unit of the data, at any bias."""
    reach = float(np.max(np.abs(found.spectrum.bias)))
    total = np.ones(bias.size)
    for name, value in found.fit.values.items():
        if name.startswith("b_"):
            total += value * (bias / reach) ** int(name[2:])
    return np.asarray(found.fit.values["scale"] * total)


def stacked(items: Sequence[Item]) -> Panel:
    """Spectra over their backgrounds, shifted by equal steps in the order of temperature and field, with their fits."""
    shown = sorted(items, key=lambda i: (_temperature(i), abs(i.prepared.raw.field or 0.0)))
    step = max(len(shown) / _MOST, 1.0)
    shown = [shown[int(k * step)] for k in range(min(len(shown), _MOST))]
    curves = [_over_background(i) for i in shown]
    height = max((float(np.quantile(y, 0.99) - np.quantile(y, 0.01)) for _, y in curves), default=1.0)
    shift = 0.35 * height if len(shown) > 1 else 0.0
    traces = []
    for number, (item, (x, y)) in enumerate(zip(shown, curves, strict=True)):
        lift = shift * (len(shown) - 1 - number)
        traces.append(Trace(_setting(item), "data", x, y + lift))
        if item.fit is not None and item.fit.seen:
            grid = _grid(item.fit)
            g = item.fit.fit.evaluate(grid) / fitted_background(item.fit, grid)
            traces.append(Trace(f"{_setting(item)}: fit", "fit", grid, g + lift))
    caption = f"Each curve {shift:.2g} above the next one." if shift else ""
    if len(items) > len(shown):
        caption += f" {len(shown)} of {len(items)} spectra are shown."
    return Panel("spectra", BIAS, f"{NORMALISED}, shifted" if shift else NORMALISED, tuple(traces), caption)


def _over_background(item: Item) -> tuple[FloatArray, FloatArray]:
    if item.fit is None:
        return item.prepared.normalised.bias, item.prepared.normalised.conductance
    source = item.prepared.normalised if item.prepared.background.kind == "reference" else item.prepared.raw
    return source.bias, source.conductance / fitted_background(item.fit, source.bias)


def _grid(found: SpectrumFit) -> FloatArray:
    """Biases for a line over all that was fitted, both halves of even data."""
    high = float(found.spectrum.bias[-1])
    return np.linspace(-high if found.symmetrised else float(found.spectrum.bias[0]), high, _LINES)


def single(item: Item) -> Panel:
    """One spectrum over its background with the fit, points left out, and residuals."""
    found = item.fit
    assert found is not None
    x, y = _over_background(item)
    scale = fitted_background(found, found.spectrum.bias)
    grid = _grid(found)
    # Of even data one half was fitted and the other one repeats it.
    used = np.isin(np.abs(x), found.spectrum.bias) if found.symmetrised else np.isin(x, found.spectrum.bias)
    traces = [Trace(_setting(item), "data", x[used], y[used])]
    if not used.all():
        traces.append(Trace("left out", "outlier", x[~used], y[~used]))
    traces += [
        Trace("fit", "fit", grid, found.fit.evaluate(grid) / fitted_background(found, grid)),
        Trace("residuals", "residual", found.spectrum.bias, found.fit.residuals / scale),
    ]
    gap = item.gap
    if gap is not None and gap.value is not None:
        traces.append(Trace("gap", "marker", np.array([-gap.value, gap.value])))
    values = ", ".join(f"{k} {v:.4g}" for k, v in found.fit.values.items() if k != "scale" and not k.startswith("b_"))
    return Panel(
        f"coldest spectrum, {_setting(item)}", BIAS, NORMALISED, tuple(traces), f"{KINDS[found.choice.kind]}: {values}."
    )


def background(item: Item) -> Panel:
    """The measured conductance with the background fitted along and the polynomial through the wings."""
    found, prepared = item.fit, item.prepared
    assert found is not None
    raw = prepared.raw
    traces = [
        Trace(_setting(item), "data", raw.bias, raw.conductance),
        Trace("fitted with the gap", "fit", raw.bias, fitted_background(found, raw.bias)),
        Trace("through the wings", "guide", raw.bias, raw.conductance / prepared.normalised.conductance),
    ]
    edge = prepared.background.v_min
    if edge > 0.0:
        traces += [
            Trace("wings", "window", np.array([raw.bias[0], -edge])),
            Trace("wings", "window", np.array([edge, raw.bias[-1]])),
        ]
    label = "dI/dV (S)" if raw.unit == "S" else "Normalised dI/dV"
    return Panel(f"background, {_setting(item)}", BIAS, label, tuple(traces), prepared.background.words + ".")


def gap_panel(items: Sequence[Item], law: GapLaw | None) -> Panel | None:
    """Gaps with errors and limits against temperature, with the BCS law; None for fewer than two temperatures."""
    known = [
        i for i in items if i.gap is not None and i.gap.value is not None and i.prepared.raw.temperature is not None
    ]
    limits = [i for i in items if i.gap is not None and i.gap.interval is not None and i.gap.value is None]
    if len({i.prepared.raw.temperature for i in known}) < 2:
        return None
    t = np.array([_temperature(i) for i in known])
    gap = np.array([i.gap.value for i in known if i.gap is not None])
    error = np.array([np.nan if i.gap is None or i.gap.error is None else i.gap.error for i in known])
    traces = [Trace("gap", "data", t, gap, y_error=error)]
    upper = [(_temperature(i), i.gap.interval[1]) for i in limits if i.gap is not None and i.gap.interval is not None]
    ends = np.array([(a, b) for a, b in upper if b is not None])
    if ends.size:
        traces.append(Trace("95 % upper limit", "outlier", ends[:, 0], ends[:, 1]))
    caption = ""
    if law is not None:
        grid = np.linspace(0.0, 1.05 * max(law.critical_temperature, float(t.max())), 300)
        shape = {"gap_zero": law.gap_zero, "critical_temperature": law.critical_temperature}
        traces.append(Trace("BCS gap equation", "fit", grid, np.asarray(bcs.gap(grid, **shape))))
        traces.append(Trace("residuals", "residual", law.fit.x, law.fit.residuals))
        caption = f"Line: Delta(0) {law.gap_zero:.4g} meV, Tc {law.critical_temperature:.4g} K."
    return Panel("gap against temperature", "Temperature (K)", "Gap (meV)", tuple(traces), caption)


def trade_offs(found: SpectrumFit, samples: Samples | None) -> list[Panel]:
    """How gap, broadening and barrier of one spectrum trade off: profile of the gap, ellipses, draws if there are."""
    names = [n for n in _SYMBOLS if n in found.fit.free]
    if "gap" not in names:
        return []
    panels = [p for p in (_profile_panel(found),) if p is not None]
    every = np.unique(np.linspace(0, samples.draws.shape[0] - 1, _DRAWS).astype(int)) if samples is not None else None
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            traces = []
            if samples is not None and every is not None:
                draws = (samples.column(first)[every], samples.column(second)[every])
                traces.append(Trace("draws of the posterior", "data", *draws))
            traces.append(Trace("68 %", "fit", *_ellipse(found, first, second, 2.30)))
            traces.append(Trace("95 %", "fit", *_ellipse(found, first, second, 6.18)))
            best = (np.array([found.fit.values[first]]), np.array([found.fit.values[second]]))
            traces.append(Trace("best", "marker", *best))
            caption = f"Ellipses of the covariance; correlation {_correlation(found, first, second):+.2f}."
            panels.append(Panel(f"{first} and {second}", _SYMBOLS[first], _SYMBOLS[second], tuple(traces), caption))
    return panels


def _profile_panel(found: SpectrumFit) -> Panel | None:
    """Chi-square above its minimum against the gap, minimised over all other parameters."""
    best, error = found.fit.values["gap"], found.fit.errors["gap"]
    if error is None:
        return None
    grid = np.linspace(max(best - 3.0 * error, 0.0), best + 3.0 * error, 13)
    try:
        rise = profile(found.fit, "gap", grid)
    except MegabarError:
        return None
    ends = np.array([grid[0], grid[-1]])
    traces = (
        Trace("profile", "fit", grid, rise),
        Trace("68 %", "guide", ends, np.ones(2)),
        Trace("95 %", "guide", ends, np.full(2, 3.84)),
    )
    caption = "Chi-square in units of the noise, minimised over all other parameters; 1 and 3.84 above its minimum."
    return Panel("profile of the gap", _SYMBOLS["gap"], "Rise of chi-square", traces, caption)


def _covariance(found: SpectrumFit, first: str, second: str) -> FloatArray:
    rows = [found.fit.free.index(n) for n in (first, second)]
    assert found.fit.covariance is not None  # where parameters are free
    return np.asarray(found.fit.covariance[np.ix_(rows, rows)])


def _correlation(found: SpectrumFit, first: str, second: str) -> float:
    c = _covariance(found, first, second)
    return float(c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]))


def _ellipse(found: SpectrumFit, first: str, second: str, level: float) -> tuple[FloatArray, FloatArray]:
    """Where chi-square rises by `level` for two parameters together."""
    angle = np.linspace(0.0, 2.0 * np.pi, 121)
    round_ = np.sqrt(level) * np.stack([np.cos(angle), np.sin(angle)])
    x, y = np.linalg.cholesky(_covariance(found, first, second)) @ round_
    return x + found.fit.values[first], y + found.fit.values[second]


def dip_panels(items: Sequence[Item]) -> list[Panel]:
    """Position of the innermost pair of dips against temperature, and against field, where several have one."""
    with_dips = [i for i in items if i.dips is not None and i.dips.pairs]
    temperatures = [i.prepared.raw.temperature for i in with_dips]
    fields = [i.prepared.raw.field for i in with_dips]
    panels = []
    for label, title, settings in (
        ("Temperature (K)", "dips against temperature", temperatures),
        ("Field (T)", "dips against field", fields),
    ):
        known = [(x, i) for x, i in zip(settings, with_dips, strict=True) if x is not None]
        if len({x for x, _ in known}) < FEWEST:
            continue
        where = [i.dips.pairs[0].position for _, i in known if i.dips is not None]
        y = np.array([w.value for w in where])
        error = np.array([np.nan if w.error is None else w.error for w in where])
        data = Trace("innermost pair", "data", np.array([x for x, _ in known]), y, y_error=error)
        panels.append(Panel(title, label, "Position of the dips (mV)", (data,)))
    return panels
