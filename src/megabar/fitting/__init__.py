"""Arrays and a model in, numbers with errors out.

The names are imported when first used; lmfit and emcee are imported by the first fit or chain that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.fitting.least_squares import Fit, FitStatus, fit
    from megabar.fitting.model import Model, Parameter

__all__ = ["Fit", "FitStatus", "Model", "Parameter", "fit"]

_HOMES = {
    "Fit": "least_squares",
    "FitStatus": "least_squares",
    "Model": "model",
    "Parameter": "model",
    "fit": "least_squares",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'megabar.fitting' has no attribute {name!r}")
    return getattr(import_module(f"megabar.fitting.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
