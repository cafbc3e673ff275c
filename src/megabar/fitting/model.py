"""A model and its parameters: the function, its start values and bounds, and its derivatives, side by side."""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError

FloatArray = NDArray[np.float64]


def frozen_array(values: ArrayLike) -> FloatArray:
    """A read-only float64 copy of `values`."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model: where the fit starts and how far it may go.

    `lower` and `upper` may be infinite; `start` lies within them, and its size serves as the parameter's scale, so a
    start of unknown size is better 0 than tiny. `vary=False` holds the parameter at `start`, which may then be
    infinite. Raises DomainError for a name that is no identifier, a start that is not finite or lies outside the
    bounds, and bounds that are not lower < upper.
    """

    name: str
    start: float
    lower: float = -math.inf
    upper: float = math.inf
    unit: str = ""
    vary: bool = True

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or keyword.iskeyword(self.name):
            raise DomainError(f"parameter name {self.name!r} is not an identifier: use letters, digits and underscores")
        if not self.lower < self.upper:
            raise DomainError(f"parameter {self.name}: bounds {self.lower:g} .. {self.upper:g} are not lower < upper")
        if math.isnan(self.start) or (self.vary and math.isinf(self.start)):
            raise DomainError(f"parameter {self.name}: start value {self.start} is not finite")
        if not self.lower <= self.start <= self.upper:
            raise DomainError(
                f"parameter {self.name}: start value {self.start:g} lies outside its bounds "
                f"{self.lower:g} .. {self.upper:g}: give a start value within them"
            )


@dataclass(frozen=True)
class Model:
    """An equation to fit.

    function     function(x, **values) -> array (n,); x of shape (n,) or (..., n), one keyword per parameter
    guess        guess(x, y) -> the parameters with start values and bounds, found from the data
    derivative   derivative(x, **values) -> mapping parameter name -> array (n,) of d function / d parameter; names
                 that are left out are differentiated numerically; None differentiates all numerically
    formula      the equation in words or symbols, for reports
    """

    name: str
    function: Callable[..., FloatArray]
    guess: Callable[[FloatArray, FloatArray], tuple[Parameter, ...]]
    derivative: Callable[..., Mapping[str, FloatArray]] | None = None
    formula: str = ""
