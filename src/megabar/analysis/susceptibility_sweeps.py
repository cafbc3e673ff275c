"""One signal with all its sweeps: drops against temperature, pairs, virgin curves, loops, trapped flux."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.combine import over_directions
from megabar.analysis.resistance_panels import titled
from megabar.analysis.step_estimates import Sheet
from megabar.analysis.susceptibility_body import Body, Inputs, derive
from megabar.analysis.susceptibility_cooling import Pair, compare, vanishing
from megabar.analysis.susceptibility_estimates import (
    derived_estimate,
    first_flux_estimates,
    loss_estimate,
    pair_estimates,
    shielding_estimates,
    transition_estimates,
    trapped_estimates,
    vanishing_estimate,
)
from megabar.analysis.susceptibility_fields import FirstFlux, Trapped, first_flux, loop_width, trapped_start
from megabar.analysis.susceptibility_hinge import FEWEST
from megabar.analysis.susceptibility_loss import loss_peak
from megabar.analysis.susceptibility_panels import (
    current_panel,
    first_flux_panel,
    loss_panel,
    pair_panel,
    signal_label,
    transition_panel,
    trapped_panel,
    vanishing_panel,
)
from megabar.analysis.susceptibility_series import Series
from megabar.analysis.susceptibility_settings import Settings
from megabar.analysis.susceptibility_step import Background
from megabar.analysis.susceptibility_transition import Choices, Transition, analyse_transition
from megabar.analysis.sweeps import FEWEST_POINTS, FIELD_STEP, SETTLE, Sweep, averaged, label, split
from megabar.data import Estimate, Note, Panel, Role
from megabar.errors import DataError, MegabarError

FloatArray = NDArray[np.float64]

TRAPPED: Final = "trapped moment vanishes"
VIRGIN: Final = 0.05
"""A virgin curve starts below this share of its highest field."""
SMALL: Final = 1e-5
"""T: steady fields below it have no known sign or size."""
OPEN: Final = 5.0
"""Standard deviations by which a loop must be open."""
_MOST_NOTES: Final = 3
_OF_ONE_STATE: Final = ("critical_temperature", "transition_width", "diamagnetic_drop", "loss_peak_temperature")
ONE_SIGN: Final = 0.95
"""Share of the readings along the field that makes a signal paramagnetic."""


@dataclass
class Outcome:
    """What one signal gave: numbers, figures, notes, and what stands behind them."""

    series: Series
    estimates: list[Estimate] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    transitions: list[tuple[Sweep, Transition]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    fluxes: list[tuple[Sweep, FirstFlux]] = field(default_factory=list)
    trapped: list[Trapped] = field(default_factory=list)
    sign: str = ""


class SeriesWork:
    """Analyses one signal; `name` is "" where the recording has only one."""

    def __init__(
        self,
        series: Series,
        settings: Settings,
        sheet: Sheet,
        background: Series | None,
        rng: np.random.Generator,
    ) -> None:
        self.series, self.settings, self.background, self.rng = series, settings, background, rng
        self.sheet = sheet
        self.name = str(sheet.labels.get("curve", ""))
        self.body = Body(settings)
        self.label = signal_label(series.role, series.unit)
        self.out = Outcome(series)

    def run(self) -> Outcome:
        """All sweeps; a bad one becomes a note."""
        self.out.sign = _sign(self.series)
        sweeps: list[Sweep] = []
        if self.series.no_sweep:
            self.out.estimates.append(
                self.sheet.note("critical_temperature", None, "K", "diamagnetic drop", remark=self.series.no_sweep)
            )
        else:
            sweeps, notes = split(self.series.curve)
            self.out.notes += _few(notes, self.series.name)
        for number, sweep in enumerate(sweeps):
            try:
                self._temperature(sweep) if sweep.swept == "temperature" else self._field(sweep, sweeps[:number])
            except MegabarError as error:
                self.out.notes.append(Note(f"{self._where(sweep)}: {error}", "warning"))
        if self.series.steady and self.settings.protocol == "auto":
            if self.settings.zero_field_cooled is None:
                self._pairs()
            self._loops(sweeps)
        if not self.series.steady:
            # Steady moments on warming and cooling are two states of the sample, not one.
            self.out.estimates += over_directions([e for e in self.out.estimates if e.quantity in _OF_ONE_STATE])
        if self.out.sign:
            self.out.notes.append(Note(f"{self.series.name}: {self.out.sign}"))
        return self.out

    def _where(self, sweep: Sweep) -> str:
        return titled(self.name, label(sweep))

    def _sheet(self, sweep: Sweep) -> Sheet:
        return self.sheet.under(sweep=label(sweep))

    def _readings(self, sweep: Sweep) -> tuple[FloatArray, FloatArray]:
        means, values, notes = averaged(sweep, self.series.signal)
        self.out.notes += notes
        return means.x, values

    def _temperature(self, sweep: Sweep) -> None:
        if np.ptp(sweep.x) < SETTLE * float(np.abs(sweep.x).max()):
            remark = f"the temperature stands still at {sweep.x.mean():.4g} K: no transition can be seen"
            self.out.estimates.append(
                self._sheet(sweep).note("critical_temperature", None, "K", "diamagnetic drop", remark=remark)
            )
            return
        temperature, signal = self._readings(sweep)
        if self.settings.protocol == "trapped":
            self._trapped_temperature(sweep, temperature, signal)
            return
        if self.series.steady and sweep.held is not None and sweep.held < -SMALL:
            self.out.notes.append(Note(f"{self._where(sweep)}: the field is negative: the moment counts along it"))
            signal = -signal
        background, inside = self._background(temperature)
        temperature, signal = temperature[inside], signal[inside]
        choices = Choices(background, self.settings.window, self.settings.significance)
        found = analyse_transition(temperature, signal, choices, rng=self.rng)
        self.out.transitions.append((sweep, found))
        sheet = self._sheet(sweep)
        self.out.estimates += transition_estimates(found, sheet, self.series.unit)
        self.out.panels.append(transition_panel(found, self.label, self.name, label(sweep)))
        if found.verdict == "paramagnetic step":
            self.out.notes.append(Note(f"{self._where(sweep)}: paramagnetic step: {found.words}", "warning"))
        elif not found.seen:
            self.out.notes.append(Note(f"{self._where(sweep)}: no diamagnetic drop: {found.words}"))
        if found.drift > 1.0:
            text = (
                f"{self._where(sweep)}: readings beside the transition are not independent (drift, a slow filter or "
                f"another background): the error of the height is {found.drift:.2g} times that of white noise, and "
                "those of the temperatures are too small"
            )
            self.out.notes.append(Note(text, "warning"))
        if found.seen:
            self._loss(sweep, found, sheet)
            self._shielding(sweep, found, sheet)

    def _background(self, temperature: FloatArray) -> tuple[Background, NDArray[np.bool_]]:
        """What stands under the signal, and which readings it covers."""
        everywhere = np.ones(temperature.size, dtype=bool)
        if self.background is None:
            return Background(self.settings.background_order), everywhere
        curve = self.background.curve
        order = np.argsort(curve.values(Role.TEMPERATURE), kind="stable")
        x, y = curve.values(Role.TEMPERATURE)[order], self.background.signal[order]
        covered = (temperature >= x[0]) & (temperature <= x[-1])
        if not covered.all():
            text = f"{int((~covered).sum())} readings outside the temperatures of the background left out"
            self.out.notes.append(Note(titled(self.name, text), "warning"))
        return Background(measured=np.interp(temperature[covered], x, y)), covered

    def _loss(self, sweep: Sweep, found: Transition, sheet: Sheet) -> None:
        if self.series.loss is None or found.window is None:
            return
        means, loss, _ = averaged(sweep, self.series.loss)
        if not np.isfinite(loss).all():
            return
        peak = loss_peak(means.x, loss, found.window)
        if peak is not None:
            self.out.estimates.append(loss_estimate(peak, sheet))
            title = titled(self.name, f"losses, {label(sweep)}")
            name = self.label.replace(" in phase", "").replace("Susceptibility", "Susceptibility in quadrature")
            self.out.panels.append(loss_panel(means.x, loss, peak, name, title))

    def _shielding(self, sweep: Sweep, found: Transition, sheet: Sheet) -> None:
        why = self._no_shielding(sweep)
        height = found.height
        if height.value is None:
            return
        if why:
            self.out.notes.append(Note(f"{self._where(sweep)}: shielding fraction not quoted: {why}"))
            return
        field = None
        if self.series.role != Role.SUSCEPTIBILITY:
            field = self.series.drive if not self.series.steady else abs(sweep.held or 0.0)
        drop = (-height.value, height.error, height.systematic)
        self.out.estimates += shielding_estimates(drop, field, self.body, sheet, self.rng)

    def _no_shielding(self, sweep: Sweep) -> str:
        if self.series.role == Role.VOLTAGE:
            return "a pick-up voltage has no calibration"
        if not self.series.scaled:
            return "the signal has no unit"
        if self.series.role == Role.SUSCEPTIBILITY:
            return self.body.no_factor
        if self.body.no_volume:
            return self.body.no_volume
        if self.series.steady:
            small = sweep.held is None or abs(sweep.held) < SMALL
            return "no steady field was recorded: name its column or give read.constants.field" if small else ""
        return "" if self.series.drive else "the alternating field was not recorded: name its column as drive (T)"

    def _pairs(self) -> None:
        """The first warming sweep of each field and the sweeps after it."""
        done = self.out.transitions
        for i, (sweep, found) in enumerate(done):
            if sweep.direction != "warming" or sweep.number != 1:
                continue
            if any(_same_field(sweep, earlier) for earlier, _ in done[:i]):
                continue  # it was in the field before
            for later, other in done[i + 1 :]:
                if _same_field(sweep, later):
                    self.pair(found, other, f"{label(sweep)} and {label(later)}")

    def pair(self, zfc: Transition, fc: Transition, name: str) -> None:
        """Compare two sweeps of one field."""
        under = zfc.background if zfc.verdict == "drop" or zfc.verdict == "incomplete" else None
        made = compare((zfc.temperature, zfc.signal), (fc.temperature, fc.signal), under)
        if made is None:
            return
        self.out.pairs.append(made)
        self.out.estimates += pair_estimates(made, self.sheet.under(sweep=name))
        self.out.panels.append(
            pair_panel(made, self.label, titled(self.name, f"cooling without and with field, {name}"))
        )
        apart = titled(self.name, f"difference of the moments, {name}")
        self.out.panels.append(vanishing_panel(made.temperature, made.fc - made.zfc, made.split, self.label, apart))
        if made.split.words:
            self.out.notes.append(Note(f"{titled(self.name, name)}: the two do not part: {made.split.words}"))

    def _trapped_temperature(self, sweep: Sweep, temperature: FloatArray, signal: FloatArray) -> None:
        sign = 1.0 if signal[:3].mean() >= signal[-3:].mean() else -1.0
        if sign < 0.0:
            self.out.notes.append(Note(f"{self._where(sweep)}: the trapped moment is negative and was reversed"))
        found = vanishing(temperature, sign * signal)
        self.out.estimates.append(
            vanishing_estimate("critical_temperature", found, self._sheet(sweep), TRAPPED, criterion=TRAPPED)
        )
        title = titled(self.name, f"trapped moment, {label(sweep)}")
        self.out.panels.append(vanishing_panel(temperature, sign * signal, found, self.label, title))

    def _field(self, sweep: Sweep, earlier: list[Sweep]) -> None:
        if not self.series.steady:
            text = f"{self._where(sweep)}: an alternating signal against a steady field is not analysed"
            self.out.notes.append(Note(text))
            return
        if self.settings.protocol == "trapped":
            self._trapped_field(sweep)
            return
        if any(_same_temperature(sweep, other) for other in earlier):
            return
        if not (sweep.direction == "field up" and abs(sweep.x[0]) <= VIRGIN * sweep.x[-1]):
            text = f"{self._where(sweep)}: starts at {sweep.x[0]:.3g} T, not from zero: no virgin curve, no first flux"
            self.out.notes.append(Note(text))
            return
        field_, moment = self._readings(sweep)
        found = first_flux(field_, moment)
        self.out.fluxes.append((sweep, found))
        self.out.estimates += first_flux_estimates(found, self.body, self._sheet(sweep), self.rng)
        title = titled(self.name, f"first flux, {label(sweep)}")
        self.out.panels.append(first_flux_panel(found, self.label, title))
        if found.words:
            self.out.notes.append(Note(f"{self._where(sweep)}: no first flux: {found.words}"))

    def _trapped_field(self, sweep: Sweep) -> None:
        field_, moment = self._readings(sweep)
        if field_.size < FEWEST:
            raise DataError(f"{field_.size} different fields, {FEWEST} are needed: no start of the trapped moment")
        power = 2.0 if self.settings.cooling == "zero field" else 1.0
        found = trapped_start(field_, moment, power=power)
        self.out.trapped.append(found)
        self.out.estimates += trapped_estimates(found, self.body, self._sheet(sweep), self.series.unit, self.rng)
        title = titled(self.name, f"trapped moment, {label(sweep)}")
        self.out.panels.append(trapped_panel(found, self.label, title))
        if found.preferred is not None and found.preferred != power:
            text = (
                f"{self._where(sweep)}: the start follows the power {found.preferred:g} better than {power:g}, which "
                f"belongs to settings.cooling {self.settings.cooling!r}"
            )
            self.out.notes.append(Note(text, "warning"))

    def _loops(self, sweeps: list[Sweep]) -> None:
        """Bean's current density from each pair of a downward branch and the upward one after it."""
        for down, up in pairwise(sweeps):
            if (down.direction, up.direction) != ("field down", "field up") or not _same_temperature(down, up):
                continue
            signal = self.series.signal
            branches = [(s.x, signal[s.order]) for s in (up, down)]
            loop = loop_width(branches[0], branches[1])
            if loop is None or not np.median(loop.width) > OPEN * loop.noise:
                continue
            where = titled(self.name, f"loop at {up.held:.4g} K" if up.held is not None else "loop")
            middle = np.interp(loop.field, *branches[0]) + np.interp(loop.field, *branches[1])
            if np.polyfit(loop.field, middle, 1)[0] > 0.0:
                text = f"{where}: open, but its middle rises with the field, as of a magnet: no critical current"
                self.out.notes.append(Note(text, "warning"))
            elif self.body.no_current:
                self.out.notes.append(Note(f"{where}: {self.body.no_current}"))
            else:
                at = f"{up.held:.4g} K" if up.held is not None else "loop"
                self._density(loop.field, loop.width, loop.noise, at)

    def _density(self, field_: FloatArray, width: FloatArray, noise: float, at: str) -> None:
        zero = int(np.argmin(np.abs(field_)))
        inputs: Inputs = {"loop": (max(float(width[zero]), 0.0), noise), **self.body.inputs}
        made = derive(self.body.current_density, inputs, self.rng)
        sheet = self.sheet.under(at=at)
        method = f"Bean, width of the loop at {field_[zero]:.3g} T"
        self.out.estimates.append(derived_estimate("critical_current_density", made, sheet, method, "A/m^2"))
        open_ = width > 0.0
        centres = {name: value for name, (value, _) in self.body.inputs.items()}
        unit = self.body.current_density(1.0, **centres)
        error = np.full(int(open_.sum()), noise * unit) if noise > 0.0 else None
        title = titled(self.name, f"critical current density, {at}")
        self.out.panels.append(current_panel(field_[open_], width[open_] * unit, error, title))


def _few(notes: list[Note], name: str) -> list[Note]:
    """The notes, those on sweeps that are too short as one where they are many."""
    short = [note for note in notes if "not analysed" in note.text]
    if len(short) <= _MOST_NOTES:
        return notes
    text = f"{name}: {len(short)} settings with fewer than {FEWEST_POINTS} points: not analysed"
    return [*(note for note in notes if note not in short), Note(text, "warning")]


def _same_field(one: Sweep, other: Sweep) -> bool:
    return abs((one.held or 0.0) - (other.held or 0.0)) < FIELD_STEP


def _same_temperature(one: Sweep, other: Sweep) -> bool:
    if one.held is None or other.held is None:
        return True
    return abs(one.held - other.held) <= SETTLE * max(one.held, other.held) + 0.01


def _sign(series: Series) -> str:
    """In words that the signal points along the field throughout; "" where it does not or cannot be told."""
    if not series.scaled:
        return ""
    signal = series.signal
    if series.steady:
        if not series.curve.has(Role.FIELD):
            return ""
        signal = signal * np.sign(series.curve.values(Role.FIELD))
    share = float(np.mean(signal > 0.0))
    what = "moment" if series.role != Role.SUSCEPTIBILITY else "susceptibility"
    return f"paramagnetic: the {what} is along the field" if share > ONE_SIGN else ""


def named(series: list[Series], name: str, setting: str) -> Series:
    """The signal of the curve of this name; DataError lists the others."""
    for one in series:
        if name in (one.source, one.name):
            return one
    known = ", ".join(repr(one.name) for one in series)
    raise DataError(f"settings.{setting} names curve {name!r}, which is not there: name one of {known}")
