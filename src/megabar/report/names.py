"""Quantities and labels in the words of a report, and names that are safe as file names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from megabar.data.result import Estimate
from megabar.plot.units import plain, pretty_unit

PLACES: Final = ("curve", "sweep", "step")
"""Labels that say where in a measurement an estimate was taken; all other labels say how."""

_FRACTION = re.compile(r"R/R\([^()]*\)\s*=\s*(0?\.\d+)")
_PER_CENT = re.compile(r"[TH]_?(\d{1,2})")
_LONGEST: Final = 80
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")

SYMBOLS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "critical_temperature": ("T", "c"),
        "debye_temperature": ("Θ", "D"),
        "coupling": ("λ", ""),
        "residual_resistance_ratio": ("RRR", ""),
        "transition_width": ("Width", ""),
    }
)
"""Symbol and its index, for headings of narrow columns."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "residual_resistance_ratio": "residual resistance ratio (RRR)",
        "coupling": "electron-phonon coupling λ",
        "debye_temperature": "Debye temperature",
    }
)


def quantity_words(quantity: str) -> str:
    """A quantity as a reader names it: "critical_temperature" -> "Critical temperature"."""
    words = _WORDS.get(quantity) or plain(quantity).replace("_", " ")
    return words[:1].upper() + words[1:]


def unit_words(unit: str) -> str:
    """The unit with signs; "" for a pure number."""
    return "" if unit in ("1", "dimensionless") else pretty_unit(unit)


def label_text(key: str, label: str | float) -> str:
    """One label in words: numbers with their key ("step 2"), text by itself ("cooling")."""
    if isinstance(label, str):
        return plain(label) or key
    return f"{plain(key).replace('_', ' ')} {label:g}"


def place_of(estimate: Estimate) -> tuple[tuple[str, str | float], ...]:
    """Where in the measurement the estimate was taken: its labels among `PLACES`, in that order."""
    return tuple((key, estimate.labels[key]) for key in PLACES if key in estimate.labels)


def place_text(place: Iterable[tuple[str, str | float]], *, varying: Iterable[str] = PLACES) -> str:
    """A place in words, only the keys in `varying`: "bridge 1, cooling, step 2"."""
    kept = set(varying)
    return ", ".join(label_text(key, label) for key, label in place if key in kept)


def short_criterion(words: str) -> str:
    """A criterion in few letters: "R/R(onset) = 0.50" and "T50" -> "50 %"; other words as they are."""
    if match := _FRACTION.fullmatch(words.strip()):
        return f"{100.0 * float(match[1]):g} %"
    match = _PER_CENT.fullmatch(words.strip())
    return f"{match[1]} %" if match else words


def way_of(estimate: Estimate) -> str:
    """How the estimate was obtained: its labels that are not places, or else nothing."""
    labels = [label_text(k, v) for k, v in estimate.labels.items() if k not in PLACES]
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
