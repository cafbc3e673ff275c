"""Results -> one self-contained page, tables (CSV), machine-readable JSON, figures (SVG), text for a manuscript.

`write(report, folder)` writes everything; the single writers are here for those who want one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from megabar.report.html import draw_figures, write_html
from megabar.report.manuscript import write_manuscript
from megabar.report.model import Failure, Report
from megabar.report.results_json import versions, write_json, write_run
from megabar.report.tables import panel_names, write_tables

__all__ = [
    "Failure",
    "Report",
    "draw_figures",
    "versions",
    "write",
    "write_html",
    "write_json",
    "write_manuscript",
    "write_run",
    "write_tables",
]


def write(report: Report, folder: Path, *, figures: Sequence[str] | None = None) -> tuple[Path, ...]:
    """results.json, report.html, tables/*.csv, figures/*.svg and manuscript/* in `folder`, which is made; all paths.

    run.json, which differs from run to run, is written by `write_run`. Files of the same names are replaced, others
    left alone. `figures` are those of `draw_figures` for `report.everything`, drawn here when None. DataError when a
    number is not finite; nothing is written then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "results.json")
    drawn = tuple(draw_figures(report.everything)) if figures is None else tuple(figures)
    write_html(report, folder / "report.html", figures=drawn)
    tables = write_tables(report, folder / "tables")
    files = _write_figures(folder / "figures", panel_names(report), drawn)
    texts = write_manuscript(report, folder / "manuscript")
    return (folder / "results.json", folder / "report.html", *tables, *files, *texts)


def _write_figures(folder: Path, names: tuple[str, ...], figures: tuple[str, ...]) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"{name}.svg" for name in names)
    for path, svg in zip(paths, figures, strict=True):
        path.write_text(svg, encoding="utf-8")
    return paths
