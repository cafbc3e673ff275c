"""Result -> a description of the figure -> a renderer; the only floor that loads a plotting library.

`plot(result)` gives a matplotlib figure for notebooks, `render_svg` and `render_png` the same figure as text or file.
matplotlib takes a third of a second to load, so it is loaded with the first figure and not with this package.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from megabar.data.result import Panel, Result
from megabar.plot.description import FigureDescription, PanelFigure
from megabar.plot.figure import describe, describe_panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["describe", "describe_panel", "plot", "render_png", "render_svg"]


def plot(result: Result) -> Figure:
    """All panels of `result` in one matplotlib figure, two in a row; notebooks show it as it is."""
    from megabar.plot.print import draw

    return draw(describe(result))


def render_svg(source: Result | Panel | PanelFigure, *, name: str = "figure") -> str:
    """The figure as one <svg> element (UTF-8 text, no XML declaration), byte-identical for equal input.

    `name` (letters, digits, hyphens) begins every id inside, so that several figures can stand in one page.
    """
    from megabar.plot.print import to_svg

    description = _described(source)
    titles = [f"{p.heading}: {p.title}" if p.heading else p.title for p in description.panels]
    texts = [p.caption for p in description.panels if p.caption]
    return to_svg(description, name=name, title="; ".join(titles), text=" ".join(texts))


def render_png(source: Result | Panel | PanelFigure, path: Path, *, dpi: float = 200.0) -> None:
    """The figure as a PNG file at `path`, byte-identical for equal input on one machine."""
    from megabar.plot.print import to_png

    to_png(_described(source), path, dpi=dpi)


def _described(source: Result | Panel | PanelFigure) -> FigureDescription:
    if isinstance(source, Result):
        return describe(source)
    panel = describe_panel(source) if isinstance(source, Panel) else source
    return FigureDescription((panel,), columns=1)


class _CallablePackage(ModuleType):
    """Importing this package binds the name `megabar.plot` to it, where users expect the function `plot`."""

    def __call__(self, result: Result) -> Figure:
        return plot(result)


sys.modules[__name__].__class__ = _CallablePackage
