"""megabar: superconductors under pressure, from raw data to parameters that hold up in review.

The top level is lazy: `import megabar` loads nothing heavy; a name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar import catalogue as catalogue
    from megabar.experiment.pipeline import analyse, fit
    from megabar.io import read
    from megabar.plot import plot
    from megabar.simulate import simulate

__version__ = "0.1.0"
__all__ = ["__version__", "analyse", "fit", "plot", "read", "simulate"]

_PACKAGES = ("catalogue",)
"""Packages whose names are used through the top level, as in `megabar.catalogue.load()`."""

_HOMES = {
    "analyse": "megabar.experiment.pipeline",
    "fit": "megabar.experiment.pipeline",
    "plot": "megabar.plot",
    "read": "megabar.io",
    "simulate": "megabar.simulate",
}


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"megabar.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'megabar' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted((*__all__, *_PACKAGES))
