"""report.html: one page with everything in it, for the screen and for paper, that needs nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from megabar.data.recording import Source
from megabar.data.result import Estimate, Result
from megabar.parallel import Each, here
from megabar.plot import describe_panel, render_svg
from megabar.plot.units import plain
from megabar.report import format as fmt
from megabar.report.manuscript import paragraph_text
from megabar.report.matrix import Matrix, columns, matrix, trend_matrix
from megabar.report.methods import methods
from megabar.report.model import Report
from megabar.report.names import SYMBOLS, label_text, quantity_words, short_criterion, unit_words, with_signs
from megabar.report.overview import Overview, by_kind, note_on, overview, shortened
from megabar.report.results_json import plain_value

MOST_LINES: Final = 12
"""Lines of one measurement in the summary."""
MOST_COLUMNS: Final = 4
"""Sweeps that stand side by side; with more of them each has a line of its own."""


@dataclass(frozen=True)
class Drawing:
    """One figure of the page."""

    svg: Markup
    caption: str


@dataclass(frozen=True)
class Item:
    """One measurement or trend of the page; `lines` where it has too many sweeps to stand side by side in a matrix."""

    result: Result
    anchor: str
    panels: tuple[Drawing, ...]
    matrices: tuple[Matrix, ...]
    lines: Overview | None
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SettingsTable:
    """The settings of one kind: a row for each, with one value where all measurements agree."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def draw_figures(results: Sequence[Result], *, first: int = 1, each: Each = here) -> Iterator[str]:
    """Every panel of the results as SVG text, which names them from number `first` on; drawn when asked for, or on
    other processes at once.
    """
    tasks = [
        (replace(result, estimates=(), panels=(panel,), details=None), f"r{i}-p{j}")
        for i, result in enumerate(results, start=first)
        for j, panel in enumerate(result.panels, start=1)
    ]
    return each(_drawn, tasks)


def _drawn(task: tuple[Result, str]) -> str:
    result, name = task
    (panel,) = result.panels
    figure = describe_panel(
        panel, measurement=result.measurement, simulated=result.simulated, digitised=result.digitised
    )
    return render_svg(figure, name=name)


def write_html(report: Report, path: Path, *, figures: Sequence[str] | None = None) -> None:
    """The page at `path`; `figures` are those of `draw_figures` for `report.everything`, drawn here when None."""
    drawn = draw_figures(report.everything) if figures is None else iter(figures)
    items = [_item(result, i, drawn) for i, result in enumerate(report.everything, start=1)]
    measurements, trends = items[: len(report.results)], items[len(report.results) :]
    template = _environment().get_template("report.html")
    page = template.render(
        report=report,
        measurements=measurements,
        trends=trends,
        banner=_banner(report),
        opening=_opening(report),
        anchors={item.result.measurement: item.anchor for item in measurements},
        overviews=[shortened(one, MOST_LINES) for one in by_kind(report.results)],
        methods=methods(report.everything),
        manuscript=dict(zip(("text", "references"), paragraph_text(report), strict=True)),
        untested=[claim for claim in report.evidence if not claim.verdict.tested],
        settings=_settings_tables(items),
        inputs=_inputs(report),
        style=Markup(_template_text("style.css")),
    )
    # A lone surrogate (from a damaged name) has no UTF-8; it is written as a question mark.
    path.write_bytes(page.encode("utf-8", errors="replace"))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("megabar.report"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.globals.update(note_on=note_on)
    environment.filters.update(
        interval=fmt.interval,
        limits=fmt.limits,
        matters=fmt.matters,
        labels=_labels,
        plain=plain,
        printable=_printable,
        quantity_words=quantity_words,
        symbol=SYMBOLS.get,
        own_unit=fmt.own_unit,
        systematic_parts=fmt.systematic_parts,
        systematic_total=fmt.systematic_total,
        uncertainty=fmt.uncertainty,
        unit_words=unit_words,
        value=fmt.value,
        with_signs=with_signs,
    )
    return environment


def _template_text(name: str) -> str:
    return Path(__file__).with_name("templates").joinpath(name).read_text(encoding="utf-8")


def _item(result: Result, number: int, drawn: Any) -> Item:
    panels = tuple(Drawing(Markup(_for_page(next(drawn))), with_signs(panel.caption)) for panel in result.panels)
    matrices: tuple[Matrix, ...] = ()
    lines = None
    if result.kind == "trend":
        matrices = trend_matrix(result.estimates)
    elif len(columns(result.estimates)) > MOST_COLUMNS:
        lines = overview([result], directions=True)
    else:
        matrices = (matrix(result.estimates),)
    filled = tuple(table for table in matrices if table.blocks)
    return Item(result, f"result-{number}", panels, filled, lines, _settings(result))


def _for_page(svg: str) -> str:
    """An <svg> inside HTML needs no namespace, and a page without it holds no address at all."""
    return re.sub(r' xmlns="[^"]*"', "", svg, count=1)


def _banner(report: Report) -> str:
    """What nobody may overlook; "" when all data were measured."""
    if not report.simulated:
        return ""
    if all(result.simulated for result in report.everything):
        return "SIMULATED DATA: nothing in this report was measured."
    return "SIMULATED DATA: the measurements marked so in this report were made up."


def _opening(report: Report) -> str:
    """What was done, in one sentence or two."""
    done = len(report.results)
    words = [f"{done} measurement{'' if done == 1 else 's'} analysed"]
    if report.failures:
        words.append(f"{len(report.failures)} could not be")
    for name, found in (("trend", True), ("comparison", False)):
        count = sum((result.kind == "trend") is found for result in report.trends)
        words += [f"{count} {name}{'' if count == 1 else 's'} over them"] if count else []
    warnings = sum(note.level == "warning" for result in report.everything for note in result.notes)
    if warnings:
        words.append(f"{warnings} warning{'' if warnings == 1 else 's'}, each with its measurement")
    return "; ".join(words) + "."


def _settings(result: Result) -> tuple[tuple[str, str], ...]:
    rows = _flat(plain_value(result.settings))
    if result.seed is None or result.settings.get("seed") == result.seed:
        return tuple(rows)
    return (*rows, ("seed of the random numbers", str(result.seed)))


def _flat(settings: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Nested settings as "outer.inner" with their values in words."""
    rows: list[tuple[str, str]] = []
    for key, setting in settings.items():
        if isinstance(setting, Mapping):
            rows += _flat(setting, f"{before}{plain(key)}.")
        else:
            rows.append((before + plain(key), _setting_words(setting)))
    return rows


def _setting_words(setting: Any) -> str:
    if setting is None:
        return "–"
    if isinstance(setting, bool):
        return "yes" if setting else "no"
    if isinstance(setting, float):
        return repr(setting)
    if isinstance(setting, list):
        return ", ".join(_setting_words(item) for item in setting) or "none"
    if isinstance(setting, Mapping):
        return ", ".join(f"{plain(key)} = {_setting_words(item)}" for key, item in setting.items())
    return plain(str(setting))


def _settings_tables(items: Sequence[Item]) -> list[SettingsTable]:
    """One table for each kind of measurement."""
    kinds: dict[str, list[Item]] = {}
    for item in items:
        if item.settings:
            kinds.setdefault(item.result.kind, []).append(item)
    return [_settings_table(used) for used in kinds.values()]


def _settings_table(used: Sequence[Item]) -> SettingsTable:
    keys = dict.fromkeys(key for item in used for key, _ in item.settings)
    values_of = [dict(item.settings) for item in used]
    rows = []
    for key in keys:
        values = tuple(values.get(key, "–") for values in values_of)
        rows.append((key, values[:1] if len(set(values)) == 1 else values))
    return SettingsTable(tuple(item.result.measurement for item in used), tuple(rows))


def _inputs(report: Report) -> tuple[Source, ...]:
    """All inputs, those of the report first, none twice."""
    return tuple(dict.fromkeys([*report.inputs, *(s for result in report.everything for s in result.sources)]))


def _labels(estimate: Estimate) -> str:
    return ", ".join(short_criterion(label_text(key, label)) for key, label in estimate.labels.items())


def _printable(text: str) -> str:
    """Text of several lines without characters that a page cannot hold."""
    return "\n".join("".join(c if c == "\t" or c.isprintable() else " " for c in line) for line in text.splitlines())
