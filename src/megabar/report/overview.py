"""The main numbers of all measurements: one line for each, the mean of both directions where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from megabar.data.result import Estimate, Result, Status
from megabar.report.names import MEAN, Place, by_setting, place_of, short_criterion, varying

MAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "upper_critical_field_zero": ("onset", "50 %"),
    "upper_critical_field_slope": ("50 %",),
    "coherence_length_zero": ("50 %",),
    "critical_temperature": (
        "onset",
        "90 %",
        "50 %",
        "10 %",
        "zero",
        "gap closes",
        "features vanish",
        "Eliashberg",
        "Eliashberg, N(E)",
        "Allen-Dynes",
    ),
    "transition_field": ("onset", "90 %", "50 %", "10 %", "zero"),
    "transition_width": ("",),
    "critical_current_density_zero": ("",),
    "critical_current_zero": ("",),
    "critical_current": ("power law", "crossing", "field"),
    "critical_current_density": ("",),
    "power_law_exponent": ("",),
    "debye_temperature": ("",),
    "coupling": ("",),
    "residual_resistance_ratio": ("",),
    "gap_zero": ("",),
    "gap_ratio": ("",),
    "gap": ("",),
    "broadening": ("",),
    "shared_barrier": ("",),
    "barrier": ("",),
    "cell_a": ("",),
    "cell_b": ("",),
    "cell_c": ("",),
    "cell_volume": ("",),
    "volume_per_formula": ("",),
    "r_wp": ("",),
    "pressure": ("ruby_2020", "dewaele_2008", "akahama_2006", "akahama_2004", "eremets_2023"),
    "volume_at_zero_pressure": ("",),
    "bulk_modulus_zero": ("",),
    "bulk_modulus_derivative": ("",),
    "hydrogen_content_range": ("",),
    "strain": ("",),
    "crystallite_size": ("",),
}
"""The usual quantities in their order, with the criteria of those that have criteria."""

_MOST_OTHERS: Final = 6


@dataclass(frozen=True)
class Column:
    """One quantity by one criterion ("" for those without); `how` says by which model all its numbers were obtained."""

    quantity: str
    way: str
    unit: str
    how: str = ""


@dataclass(frozen=True)
class Line:
    """One place of one measurement with an estimate, or None, for each column.

    `place` is "" where the measurement has only one; `first` marks the first line of a measurement.
    """

    measurement: str
    place: str
    direction: str
    first: bool
    cells: tuple[Estimate | None, ...]


@dataclass(frozen=True)
class Overview:
    """Lines against columns."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def overview(results: Sequence[Result], *, directions: bool = False) -> Overview:
    """One line for each curve, setting (field, temperature) and step of each measurement, the usual quantities across.

    The mean of both directions stands for them where there is one; with `directions` every sweep has a line. Of
    several ways to the same number the first of these counts: both sides of zero field, the fit of the full curve,
    the advanced formula. A number that only one direction has stands in the line of the mean (see `note_on`).
    """
    columns = _columns(results)
    lines = [line for result in results for line in _lines(result, columns, directions=directions)]
    kept = [i for i in range(len(columns)) if any(line.cells[i] is not None for line in lines)]
    return Overview(
        tuple(replace(columns[i], how=_in_common([line.cells[i] for line in lines])) for i in kept),
        tuple(replace(line, cells=tuple(line.cells[i] for i in kept)) for line in lines),
    )


def by_kind(results: Sequence[Result]) -> tuple[Overview, ...]:
    """An overview for each kind of measurement that has one: what they measure differs, and so do the columns."""
    kinds = dict.fromkeys(result.kind for result in results)
    found = (overview([result for result in results if result.kind == kind]) for kind in kinds)
    return tuple(one for one in found if one.lines and one.columns)


def shortened(whole: Overview, most: int) -> tuple[Overview, int]:
    """The overview with at most so many lines of each measurement, and how many were left out."""
    told: Counter[str] = Counter()
    kept = []
    for line in whole.lines:
        told[line.measurement] += 1
        if told[line.measurement] <= most:
            kept.append(line)
    return replace(whole, lines=tuple(kept)), len(whole.lines) - len(kept)


def note_on(estimate: Estimate, line: Line, column: Column) -> str:
    """What sets a number apart from the others of its line and its column; "" for most."""
    direction = place_of(estimate).direction
    words = [direction] if line.direction == MEAN and direction not in ("", MEAN) else []
    return ", ".join([*words, *(how for how in _how(estimate) if how not in column.how.split(", "))])


def _columns(results: Sequence[Result]) -> list[Column]:
    """The usual quantities that there are; without any of them the first few of the others."""
    found = list(dict.fromkeys(_column(e) for result in results for e in result.estimates))
    ways = {quantity: [c.way for c in found if c.quantity == quantity and c.way in MAIN[quantity]] for quantity in MAIN}
    usual = [c for c in found if c.quantity in MAIN and (c.way in MAIN[c.quantity] or not ways[c.quantity])]

    def order(column: Column) -> tuple[int, int]:
        known = MAIN[column.quantity]
        return list(MAIN).index(column.quantity), known.index(column.way) if column.way in known else len(known)

    return sorted(usual, key=order) or found[:_MOST_OTHERS]


def _column(estimate: Estimate) -> Column:
    scale = estimate.labels.get("scale", "") if estimate.quantity == "pressure" else ""
    formula = estimate.labels.get("formula", "") if estimate.quantity == "critical_temperature" else ""
    criterion = estimate.labels.get("criterion", scale or formula)  # no pressure without its scale
    return Column(estimate.quantity, short_criterion(str(criterion)), estimate.unit)


def _lines(result: Result, columns: Sequence[Column], *, directions: bool) -> list[Line]:
    column_of = {id(e): _column(e) for e in result.estimates}
    own = [e for e in result.estimates if column_of[id(e)] in columns]
    places: list[tuple[Place, list[Estimate]]] = []
    groups = _groups(own)
    for where in by_setting(groups):
        members = groups[where]
        found = [d for d in dict.fromkeys(place_of(e).direction for e in members) if d]
        if directions and len(found) > 1:
            places += [(where._replace(direction=d), _along(members, d)) for d in found]
        elif MEAN in found or len(found) < 2:
            places.append((where._replace(direction=MEAN if MEAN in found else "".join(found)), members))
        else:
            places += [(where._replace(direction=d), _along(members, d)) for d in found]
    shown = {"held", *varying(place for place, _ in places)}
    lines: list[Line] = []
    for place, members in places:
        cells = tuple(_best([e for e in members if column_of[id(e)] == column], place.direction) for column in columns)
        if any(cell is not None for cell in cells):
            words = place.text(shown if directions or place.direction != MEAN else shown - {"direction"})
            words = words or (_at_zero(places) or place.text() if len(places) > 1 else "")
            lines.append(Line(result.measurement, words, place.direction, not lines, cells))
    return lines


def _at_zero(places: Sequence[tuple[Place, list[Estimate]]]) -> str:
    """What a place without anything held is called beside others at a field; "" where there are none."""
    return "0 T" if any(place.held.endswith(" T") for place, _ in places) else ""


def _along(members: Sequence[Estimate], direction: str) -> list[Estimate]:
    return [e for e in members if place_of(e).direction in ("", direction)]


def _groups(estimates: Sequence[Estimate]) -> dict[Place, list[Estimate]]:
    """The estimates by place but for its direction; what has no place, or no step where there are steps, goes to the
    first that it holds for. One side of zero field counts only where there is no mean of both."""
    both = {_where(e)._replace(step="") for e in estimates if e.labels.get("side") == "both"}
    groups: dict[Place, list[Estimate]] = {}
    for e in estimates:
        if e.labels.get("side", "both") == "both" or _where(e)._replace(step="") not in both:
            groups.setdefault(_where(e), []).append(e)
    for where in list(groups):
        finer = (other for other in groups if other != where and where in (Place(), other._replace(step="")))
        target = next(finer, None)
        # Sweeps without anything held, beside others with a field: they are those at zero field.
        at_zero = target is not None and target.held and any(place_of(e).direction for e in groups[where])
        if target is not None and not at_zero:
            groups[target] += groups.pop(where)
    return groups


def _where(estimate: Estimate) -> Place:
    return place_of(estimate)._replace(direction="")


def _best(candidates: Sequence[Estimate], direction: str) -> Estimate | None:
    # A number that one sweep leaves open is not taken from another that happens to give one.
    left_open = [e for e in candidates if e.value is None and e.status != Status.NOT_FOUND]
    models = {e.labels.get("model") for e in left_open if "model" in e.labels}
    candidates = [e for e in candidates if e.value is None or e.labels.get("model", "") not in models]

    def rank(estimate: Estimate) -> tuple[bool, ...]:
        labels = estimate.labels
        return (
            place_of(estimate).direction not in ("", direction),
            estimate.value is None,
            estimate.status != Status.OK,
            labels.get("side", "both") != "both",
            labels.get("model", "full curve") != "full curve",
            not str(labels.get("formula", "advanced")).startswith("advanced"),
        )

    return min(candidates, key=rank, default=None)


def _how(estimate: Estimate) -> list[str]:
    """The model and the formula behind an estimate, unless its column is that formula's."""
    keys = ("model",) if estimate.quantity == "critical_temperature" else ("model", "formula")
    return [str(estimate.labels[key]) for key in keys if key in estimate.labels]


def _in_common(cells: Sequence[Estimate | None]) -> str:
    """The model and the formula that all numbers of a column share."""
    every = [_how(e) for e in cells if e is not None and e.value is not None]
    return ", ".join(word for word in every[0] if all(word in words for words in every)) if every else ""
