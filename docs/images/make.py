"""Draws overview.png, the figure at the head of the README, from the simulated example: python docs/images/make.py"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import megabar

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "examples/la3ni2o7/raw/run3_22.4GPa.dat"
WIDTH = 1400


def main(target: Path) -> None:
    """The whole curve with its fit and residuals beside the transition with its criteria, WIDTH pixels wide."""
    from megabar.plot import plot, render_png

    result = replace(megabar.fit("resistance", megabar.read(DATA)), measurement="22.4 GPa")
    wanted = ("whole curve", "transition, cooling")
    shown = replace(result, panels=tuple(panel for panel in result.panels if panel.title in wanted))
    render_png(shown, target, dpi=WIDTH / plot(shown).get_size_inches()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "overview.png")
