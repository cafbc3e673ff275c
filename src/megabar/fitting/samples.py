"""Draws of parameters, from a bootstrap or a posterior, and what is read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import DomainError
from megabar.fitting.model import FloatArray


@dataclass(frozen=True, eq=False)
class Samples:
    """Draws of the varied parameters.

    names               in the order of the columns of `draws`
    draws               (n, k), in the model's units
    failed              refits of a bootstrap that reached no minimum; they are not among the draws
    ok, words           whether the draws may be trusted, and why (not)
    acceptance          mean acceptance fraction of a posterior chain, else None
    autocorrelation     integrated autocorrelation time per parameter in steps, (k,), of a posterior chain, else None
    effective_size      number of independent draws they are worth, the least over the parameters
    """

    names: tuple[str, ...]
    draws: FloatArray
    failed: int
    ok: bool
    words: str
    acceptance: float | None = None
    autocorrelation: FloatArray | None = None
    effective_size: float | None = None

    def column(self, name: str) -> FloatArray:
        """The draws of one parameter, shape (n,)."""
        if name not in self.names:
            raise DomainError(f"no draws of {name!r}; there are {', '.join(self.names)}")
        return self.draws[:, self.names.index(name)]

    def quantiles(self, name: str, probabilities: ArrayLike) -> FloatArray:
        """Quantiles of one parameter at `probabilities` in 0 .. 1."""
        return np.asarray(np.quantile(self.column(name), np.asarray(probabilities)), dtype=np.float64)

    def interval(self, name: str, *, level: float = 0.6827) -> tuple[float, float]:
        """Equal-tailed interval that holds `level` of the draws."""
        if not 0.0 < level < 1.0:
            raise DomainError(f"level {level} is not between 0 and 1")
        low, high = self.quantiles(name, [0.5 - level / 2.0, 0.5 + level / 2.0])
        return float(low), float(high)

    def covariance(self) -> FloatArray:
        """Covariance matrix of the draws, (k, k) in the order of `names`."""
        return np.atleast_2d(np.cov(self.draws, rowvar=False))
