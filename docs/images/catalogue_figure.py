"""Draws the figure of the catalogue's page: .venv/bin/python docs/images/catalogue_figure.py"""

from __future__ import annotations

from pathlib import Path

from megabar.catalogue import load, panel
from megabar.plot import render_png


def main(path: Path) -> None:
    render_png(panel(load()), path, dpi=160.0)


if __name__ == "__main__":
    main(Path(__file__).with_name("catalogue.png"))
