"""Quantities and labels in the words of a report, and names that are safe as file names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from megabar.data.result import Estimate
from megabar.plot.units import plain, pretty_unit

MEAN: Final = "mean of directions"
"""The direction of what was combined from sweeps of opposite directions."""

_PLACES: Final = ("curve", "sweep", "step", "at", "phase")
"""Labels that say where in a measurement an estimate was taken; all other labels say how."""

_FRACTION = re.compile(r"R/R\([^()]*\)\s*=\s*(0?\.\d+)(?:, (?P<curve>full curve))?")
_LEADING_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PER_CENT = re.compile(r"[TH]_?(\d{1,2})")
_LONGEST: Final = 80
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")

SYMBOLS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "critical_temperature": ("T", "c"),
        "debye_temperature": ("Θ", "D"),
        "coupling": ("λ", ""),
        "residual_resistance_ratio": ("RRR", ""),
        "transition_field": ("µ₀H", ""),
        "transition_width": ("Width", ""),
        "cell_a": ("a", ""),
        "cell_b": ("b", ""),
        "cell_c": ("c", ""),
        "cell_volume": ("V", ""),
        "volume_per_formula": ("V/fu", ""),
        "r_wp": ("R", "wp"),
        "goodness_of_fit": ("R_wp/R_exp", ""),
        "upper_critical_field_zero": ("µ₀Hc2(0)", ""),
        "upper_critical_field_slope": ("|dµ₀Hc2/dT|", ""),
        "coherence_length_zero": ("ξ(0)", ""),
        "critical_current": ("I", "c"),
        "critical_current_density": ("J", "c"),
        "critical_current_zero": ("Ic(0)", ""),
        "critical_current_density_zero": ("Jc(0)", ""),
        "power_law_exponent": ("n", ""),
        "gap": ("Δ", ""),
        "gap_zero": ("Δ(0)", ""),
        "gap_ratio": ("2Δ(0)/kTc", ""),
        "lower_critical_field_zero": ("µ₀Hc1(0)", ""),
        "penetration_depth_zero": ("λ(0)", ""),
        "ginzburg_landau_parameter": ("κ", ""),
        "pressure": ("P", ""),
        "volume_at_zero_pressure": ("V", "0"),
        "bulk_modulus_zero": ("K", "0"),
        "bulk_modulus_derivative": ("K", "0'"),
        "bulk_modulus": ("K", ""),
        "hydrogen_content_range": ("x", ""),
        "broadening": ("Γ", ""),
        "barrier": ("Z", ""),
        "shared_barrier": ("Z", "shared"),
        "strain": ("ε", ""),
        "crystallite_size": ("D", ""),
    }
)
"""Symbol and its index, for headings of narrow columns."""

_SIGNS: Final = {"Theta": "Θ", "mu*": "µ*", "+-": "±", "R^2": "R²", "I^2": "I²", "Gruneisen": "Grüneisen"}

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "residual_resistance_ratio": "residual resistance ratio (RRR)",
        "coupling": "electron-phonon coupling λ",
        "debye_temperature": "Debye temperature",
        "r_squared": "R²",
        "cell_a": "cell parameter a",
        "cell_b": "cell parameter b",
        "cell_c": "cell parameter c",
        "cell_alpha": "cell angle α",
        "cell_beta": "cell angle β",
        "cell_gamma": "cell angle γ",
        "cell_volume": "volume of the cell",
        "volume_per_formula": "volume of a formula unit",
        "phase_weight": "share of the intensity",
        "r_p": "R_p",
        "r_wp": "R_wp",
        "r_expected": "R_wp expected from the errors of the data",
        "goodness_of_fit": "goodness of fit R_wp/R_exp",
        "line_spacing": "spacing d of a line",
        "line_shift": "shift of all lines",
        "transition_width": "transition width, 90 % to 10 %",
        "transition_field_width": "transition width in field, 90 % to 10 %",
        "upper_critical_field_zero": "upper critical field at zero temperature µ₀Hc2(0)",
        "upper_critical_field_slope": "slope |dµ₀Hc2/dT| at Tc",
        "coherence_length_zero": "coherence length ξ(0)",
        "maki_parameter": "Maki parameter α",
        "spin_orbit_parameter": "spin-orbit parameter λ_so",
        "lowest_reduced_temperature": "lowest reduced temperature measured",
        "broadening_exponent": "exponent of the broadening in a field",
        "relative_width_zero_field": "relative width at zero field",
        "anisotropy_of_slope": "anisotropy of the slope |dµ₀Hc2/dT| at Tc",
        "anisotropy_of_field_zero": "anisotropy of µ₀Hc2(0)",
        "significance_of_slope": "significance of the anisotropy of the slope, standard deviations",
        "significance_of_field_zero": "significance of the anisotropy of µ₀Hc2(0), standard deviations",
        "anisotropy_parameter": "anisotropy parameter γ",
        "upper_critical_field_along": "upper critical field at the angle of the largest one",
        "upper_critical_field_across": "upper critical field at 90° from the largest one",
        "angle_of_largest_field": "angle of the largest upper critical field",
        "coherence_length_ab": "coherence length across the axis ξ_ab(0)",
        "coherence_length_c": "coherence length along the axis ξ_c(0)",
        "hall_slope": "Hall slope dR_xy/dB",
        "even_part": "part even in the field, mean",
        "hall_coefficient": "Hall coefficient R_H",
        "carrier_density": "carrier density n",
        "sheet_carrier_density": "carrier density of the sheet n t",
        "fermi_wavevector": "Fermi wavevector k_F",
        "pressure_difference": "difference of the pressures",
        "pressure_sensitivity": "relative change with pressure",
        "critical_current": "critical current Ic",
        "critical_current_density": "critical current density Jc",
        "critical_current_zero": "critical current at zero temperature Ic(0)",
        "critical_current_density_zero": "critical current density at zero temperature Jc(0)",
        "power_law_exponent": "exponent n of the power law",
        "zero_current_resistance": "resistance at small currents",
        "ohmic_resistance": "resistance, line through all currents",
        "ohmic_from": "temperature from which on curves are ohmic",
        "critical_current_hysteresis": "critical current, rising less falling",
        "critical_current_asymmetry": "critical current, forward against reverse",
        "critical_current_duration_shift": "critical current, long against short pulses",
        "dissipated_power": "largest dissipated power",
        "omega_log": "logarithmic mean frequency ω_log",
        "omega_2": "root of the mean square frequency ω_2",
        "critical_temperature_per_mu": "change of Tc with µ*",
        "specific_heat_jump": "jump of the specific heat ΔC/(γTc)",
        "heating": "rise of temperature during a pulse",
        "penetration_depth_zero": "penetration depth at zero temperature λ(0)",
        "gap_zero": "gap at zero temperature Δ(0)",
        "gap_ratio": "gap ratio 2Δ(0)/kTc",
        "gap": "gap Δ",
        "broadening": "broadening Γ",
        "barrier": "barrier Z",
        "shared_barrier": "barrier Z, one for all spectra",
        "dip_position": "bias of the critical-current dips",
        "diamagnetic_drop": "diamagnetic drop",
        "drop_significance": "significance of the drop",
        "loss_peak_temperature": "temperature of the peak in the losses",
        "apparent_susceptibility": "apparent susceptibility χ",
        "demagnetisation_factor": "demagnetisation factor N",
        "relative_drop": "drop over that of perfect screening",
        "splitting_temperature": "temperature where ZFC and FC part",
        "meissner_ratio": "moment ratio FC to ZFC",
        "penetration_field": "field of the first flux",
        "saturation_field": "field where the trapped moment saturates",
        "lower_critical_field": "lower critical field µ₀Hc1",
        "lower_critical_field_zero": "lower critical field at zero temperature µ₀Hc1(0)",
        "ginzburg_landau_parameter": "Ginzburg-Landau parameter κ",
        "thermodynamic_field_zero": "thermodynamic critical field µ₀Hc(0)",
        "strain": "lattice strain ε",
        "strain_in_phase": "lattice strain ε, mean over a phase",
        "crystallite_size": "crystallite size D",
        "map_points": "points of the map that show the phase",
        "ruby_line": "wavelength of ruby's R1",
        "ruby_splitting": "splitting of ruby's lines",
        "ruby_width": "width of ruby's R1",
        "diamond_edge": "edge of the diamond's Raman band",
        "raman_line": "Raman line",
        "raman_line_width": "width of a Raman line",
        "pressure_spread": "spread of the pressures",
        "pressure_gradient": "gradient of the pressure",
        "width_from_pressure": "width of the transition from the spread of the pressures",
        "volume_at_zero_pressure": "volume at zero pressure V0",
        "bulk_modulus_zero": "bulk modulus at zero pressure K0",
        "bulk_modulus_derivative": "pressure derivative of the bulk modulus K0'",
        "bulk_modulus": "bulk modulus K",
        "correlation_of_moduli": "correlation of K0 and K0'",
        "hydrogen_content": "hydrogen per metal atom",
        "hydrogen_content_range": "hydrogen per metal atom, over all conventions",
        "alloy_fraction": "share of the second end member",
        "alloy_fraction_range": "share of the second end member, over both rules",
        "full_curve_onset": "onset of the fitted curve",
        "full_curve_sharpness": "sharpness F of the fitted transition",
    }
)


def quantity_words(quantity: str) -> str:
    """A quantity as a reader names it: "critical_temperature" -> "Critical temperature"."""
    words = _WORDS.get(quantity) or plain(quantity).replace("_", " ")
    return words[:1].upper() + words[1:]


def with_signs(text: str) -> str:
    """Words of an analysis on one line, with signs for what it spells: "Theta_D", "mu*", "+-", "R^2"."""
    shown = plain(text)
    for spelled, sign in _SIGNS.items():
        shown = shown.replace(spelled, sign)
    return shown


def unit_words(unit: str) -> str:
    """The unit with signs; "" for a pure number."""
    return "" if unit in ("1", "dimensionless") else pretty_unit(unit)


def label_text(key: str, label: str | float) -> str:
    """One label in words: numbers with their key ("step 2"), text by itself ("cooling")."""
    if isinstance(label, str):
        return plain(label) or key
    return f"{plain(key).replace('_', ' ')} {label:g}"


class Place(NamedTuple):
    """Where in a measurement an estimate was taken; "" for what does not tell.

    direction: "cooling", "field up", `MEAN` ...; held: what was constant meanwhile ("2 T", "2.1 K").
    """

    curve: str = ""
    held: str = ""
    direction: str = ""
    step: str = ""

    def text(self, parts: Iterable[str] = ("curve", "held", "direction", "step")) -> str:
        """The named parts in words: "bridge 1, 2 T, cooling, step 2"."""
        return ", ".join(words for part in self._fields if part in set(parts) and (words := getattr(self, part)))

    def holds(self, finer: Place) -> bool:
        """Whether something taken here holds for `finer` too: a whole sweep for its steps, a curve for its sweeps."""
        sweep = (self.direction in ("", finer.direction) and self.held == finer.held) or not (
            self.direction or self.held
        )
        return sweep and self.curve in ("", finer.curve) and self.step in ("", finer.step)


def place_of(estimate: Estimate) -> Place:
    """The place that the labels of the estimate name: its sweep is told as "cooling" or "cooling, 2 T"."""
    named = {key: label_text(key, estimate.labels[key]) for key in _PLACES if key in estimate.labels}
    direction, _, held = named.get("sweep", "").partition(", ")
    part = named.get("step", named.get("phase", ""))
    return Place(named.get("curve", ""), held or named.get("at", ""), direction, part)


def by_setting(places: Iterable[Place]) -> list[Place]:
    """The places by curve in the order given, within a curve by the number that was held constant (none is zero)."""
    every = list(places)
    curves = list(dict.fromkeys(place.curve for place in every))

    def order(place: Place) -> tuple[int, float]:
        match = _LEADING_NUMBER.match(place.held)
        return curves.index(place.curve), float(match[0]) if match else 0.0

    return sorted(every, key=order)


def varying(places: Iterable[Place]) -> tuple[str, ...]:
    """The parts in which the places differ."""
    every = list(places)
    return tuple(part for part in Place._fields if len({getattr(place, part) for place in every}) > 1)


@lru_cache(maxsize=1024)
def short_criterion(words: str) -> str:
    """A criterion in few letters: "R/R(onset) = 0.50" and "T50" -> "50 %"; other words as they are."""
    if match := _FRACTION.fullmatch(words.strip()):
        return f"{100.0 * float(match[1]):g} %" + (f", {match['curve']}" if match["curve"] else "")
    match = _PER_CENT.fullmatch(words.strip())
    return f"{match[1]} %" if match else words


def way_of(estimate: Estimate, *, without: str = "") -> str:
    """How the estimate was obtained: its labels that are neither places nor `without`, or else nothing."""
    labels = [label_text(k, v) for k, v in estimate.labels.items() if k not in (*_PLACES, without)]
    return ", ".join(short_criterion(words) for words in labels)


def safe_name(text: str) -> str:
    """`text` as part of a file name on any system: ASCII letters, digits, ".", "-", "+" and "_", at most 80."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9.+-]+", "_", ascii_text).strip("._-")[:_LONGEST].rstrip("._-")
    return f"_{name}" if _RESERVED.match(name) else name or "unnamed"


def unique_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Safe names, one for each text, no two equal even where case does not count."""
    taken: set[str] = set()
    names = []
    for text in texts:
        base = name = safe_name(text)
        number = 2
        while name.lower() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return tuple(names)
