"""A methods paragraph with numbers and references, and a table of results, ready for a manuscript (LaTeX, BibTeX)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from megabar.data.result import Estimate, Result, Status
from megabar.plot.units import plain
from megabar.report import format as fmt
from megabar.report.latex import latex
from megabar.report.methods import methods, numbers_of, open_words
from megabar.report.model import Report
from megabar.report.names import SYMBOLS, quantity_words, unit_words, with_signs
from megabar.report.overview import MAIN, Column, Overview, overview
from megabar.report.references import Reference, cited, references_of

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "resistance": "Resistance was analysed in single sweeps; criteria are shares of the resistance at the onset, "
        "where lines through the normal state and the transition meet",
        "field": "Upper critical fields were taken from R(T, H) by each criterion and compared with several models, "
        "whose range at T = 0 is given beside the statistical error",
        "spectrum": "Conductance spectra were fitted together with their background, normalised by the transmission "
        "of the normal state",
        "contacts": "Diameters of contacts follow from their normal resistances",
        "current": "Critical currents were taken from current-voltage curves",
        "hall": "Hall coefficients are slopes of the part of the transverse resistance that is odd in the field",
        "susceptibility": "Diamagnetic steps were fitted together with their background",
        "pattern": "Cells were refined from whole diffraction patterns without a structural model",
        "map": "Cells were refined from whole diffraction patterns at each point of the map",
        "strain": "Strain and size of crystallites follow from the widths of diffraction lines",
        "volumes": "Equations of state were fitted with errors in pressure and volume",
        "raman": "Pressures follow from ruby or the edge of the diamond's Raman band, each on a named scale",
        "predict": "Critical temperatures were calculated from spectral functions alpha2F",
    }
)
"""What was done in each kind of measurement, without a full stop."""

_ERRORS: Final = (
    "Errors are one standard deviation of the statistical part; what the choice of windows, criteria, scales and "
    "models moves a number by is given apart"
)


_MOST: Final = 4
"""Ways that a sentence names."""


@dataclass(frozen=True)
class Sentence:
    """Words without a full stop, and the sources that they cite."""

    words: str
    sources: tuple[Reference, ...] = ()


def sentences(report: Report) -> tuple[Sentence, ...]:
    """The paragraph: what was done by kind, how each main quantity was obtained, and what was found."""
    made = [Sentence(f"Data were analysed with megabar {report.versions.get('megabar', '')}".rstrip())]
    if report.simulated:
        made.insert(0, Sentence("All or some of these data are simulated"))
    for kind in dict.fromkeys(result.kind for result in report.results):
        own = [result for result in report.results if result.kind == kind]
        if kind in _KINDS:
            made.append(Sentence(_KINDS[kind]))
        made += _ways(own)
    made.append(Sentence(_ERRORS))
    made += [one for r in report.results if (one := _found(r)) is not None]
    made += [Sentence(f"{r.measurement}: {r.summary}".rstrip(".")) for r in report.trends if r.summary]
    return tuple(made)


def _found(result: Result) -> Sentence | None:
    """The main numbers of a measurement with their errors, those of its first line where it has several."""
    whole = overview([result])
    if not whole.lines:
        return Sentence(f"{result.measurement}: {result.summary}".rstrip(".")) if result.summary else None
    line = whole.lines[0]
    told = [
        f"{_symbol(column)} = {_number(cell)}"
        for column, cell in zip(whole.columns, line.cells, strict=True)
        if cell is not None and cell.value is not None
    ]
    where = f", {line.place}" if line.place else ""
    more = f" ({len(whole.lines) - 1} more in the table)" if len(whole.lines) > 1 else ""
    return Sentence(f"{result.measurement}{where}: {', '.join(told)}{more}") if told else None


def _symbol(column: Column) -> str:
    """The symbol with its criterion and the model and formula behind it."""
    base, below = SYMBOLS.get(column.quantity, (quantity_words(column.quantity).lower(), ""))
    behind = ", ".join(part for part in (column.way, column.how) if part)
    return f"{f'{base}_{below}' if below else base}{f' ({behind})' if behind else ''}"


def _number(cell: Estimate) -> str:
    """Value with its error, systematic part, unit, and what restricts it."""
    apart = f" (systematic {fmt.systematic_total(cell)})" if fmt.matters(cell) else ""
    unit = unit_words(cell.unit)
    state = "" if cell.status == Status.OK else f", {str(cell.status).partition(':')[0]}"
    return f"{fmt.value(cell)}{f' {unit}' if unit else ''}{apart}{state}"


def _ways(results: Sequence[Result]) -> list[Sentence]:
    """One sentence for each main quantity and each way to it, with its sources."""
    kind = results[0].kind
    made: list[Sentence] = []
    for method in methods(results):
        if method.quantity not in MAIN:
            continue
        common = open_words(method.words)
        behind = [
            e for r in results for e in r.estimates if e.quantity == method.quantity and open_words(e.method) == common
        ]
        ways = f", {' and '.join(method.ways)}" if any(method.ways) and len(method.ways) < _MOST else ""
        words = f"{quantity_words(method.quantity)}{ways}: {filled(method.words, [e.method for e in behind])}"
        made.append(Sentence(words, cited(behind, kind)))
    return made


def filled(words: str, methods_behind: Sequence[str]) -> str:
    """A method with the numbers in place of each "…": one, or the lowest to the highest of several."""
    parts = words.split("…")
    rows = [numbers_of(one) for one in methods_behind if open_words(one) == open_words(words)]
    columns = list(zip(*rows, strict=True)) if rows else []
    if len(columns) != len(parts) - 1:
        return words
    ends = [sorted(set(column), key=float) for column in columns]
    told = [one[0] if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in ends]
    return "".join(part + number for part, number in zip(parts, [*told, ""], strict=True))


def paragraph_text(report: Report) -> tuple[str, tuple[str, ...]]:
    """The paragraph with numbers in brackets, and the references in that order."""
    order: dict[Reference, int] = {}
    parts = []
    for one in sentences(report):
        numbers = [order.setdefault(source, len(order) + 1) for source in one.sources]
        marks = f" [{', '.join(map(str, numbers))}]" if numbers else ""
        parts.append(_ended(f"{plain(with_signs(one.words))}{marks}"))
    return " ".join(parts), tuple(source.text for source in order)


def _ended(words: str) -> str:
    """With a full stop, but for an ellipsis."""
    return words if words.endswith(("…", r"\ldots{}")) else f"{words}."


def paragraph_latex(report: Report) -> str:
    """The paragraph for LaTeX, with \\cite; keys as in `bibliography`."""
    lines = []
    for one in sentences(report):
        cite = f"~\\cite{{{','.join(source.key for source in one.sources)}}}" if one.sources else ""
        lines.append(_ended(f"{latex(with_signs(one.words))}{cite}"))
    return "\n".join(lines) + "\n"


def bibliography(report: Report) -> str:
    """BibTeX entries of all sources that the paragraph cites."""
    return "\n\n".join(source.bibtex for source in references_of(report.results)) + "\n"


def table_latex(report: Report) -> str:
    """The overview as a LaTeX table (booktabs): values with errors in their last digits, systematic parts beside."""
    whole = overview(report.results)
    head = " & ".join(["Measurement", *(_heading(column) for column in whole.columns)])
    rows = "\n".join(_row(whole, i) for i in range(len(whole.lines)))
    marked = "% simulated data\n" if report.simulated else ""
    marked += "% value(standard deviation in its last digits) (systematic part)\n"
    columns = "l" * (1 + len(whole.columns))
    body = (
        f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n{rows}\n\\bottomrule\n\\end{{tabular}}\n"
    )
    return f"{marked}{body}"


def _heading(column: Column) -> str:
    base, below = SYMBOLS.get(column.quantity, (quantity_words(column.quantity), ""))
    symbol = latex(base) + (f"$_\\mathrm{{{latex(below)}}}$" if below else "")
    unit = unit_words(column.unit)
    return " ".join(part for part in (symbol, latex(column.way), f"({latex(unit)})" if unit else "") if part)


def _row(whole: Overview, index: int) -> str:
    line = whole.lines[index]
    name = f"{line.measurement}, {line.place}" if line.place else line.measurement
    cells = []
    for cell in line.cells:
        if cell is None or cell.value is None:
            cells.append(latex(fmt.limits(cell)) if cell is not None else "")
            continue
        parts = f" ({fmt.systematic_total(cell)})" if fmt.matters(cell) else ""
        cells.append(latex(fmt.value(cell) + parts))
    return " & ".join([latex(plain(name)), *cells]) + " \\\\"


WRITERS: Final[Mapping[str, Callable[[Report], str]]] = MappingProxyType(
    {"methods.tex": paragraph_latex, "table.tex": table_latex, "references.bib": bibliography}
)


def write_manuscript(report: Report, folder: Path) -> tuple[Path, ...]:
    """methods.tex, table.tex and references.bib in `folder`, which is made; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, make in WRITERS.items():
        written.append(folder / name)
        written[-1].write_text(make(report), encoding="utf-8")
    return tuple(written)
