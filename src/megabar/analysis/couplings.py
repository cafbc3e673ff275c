"""The electron-phonon coupling constant from Tc and Theta_D, by every formula, with propagated errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import DomainError
from megabar.fitting.propagate import propagate
from megabar.physics.coupling import Formula, coupling_from_tc

FORMULAS: Final[Mapping[Formula, str]] = {
    "advanced": "advanced McMillan",
    "mcmillan": "McMillan",
    "allen-dynes": "Allen-Dynes with a Debye spectrum",
}

STRONG: Final = 2.0
"""Above this coupling the formulas of this family leave the range in which they were tested."""


@dataclass(frozen=True)
class Coupling:
    """The coupling by one formula; `value` None with the reason in `words`.

    error: statistical, from Tc and Theta_D with their covariance. coulomb: half the range of values over
    mu* +- its error; None when mu* is held exact or an end has no solution.
    """

    formula: Formula
    value: float | None
    error: float | None
    coulomb: float | None
    words: str


def couplings(
    critical_temperature: Callable[..., float],
    *,
    values: Mapping[str, float],
    covariance: ArrayLike,
    coulomb: float,
    coulomb_error: float | None,
    rng: np.random.Generator,
) -> tuple[Coupling, ...]:
    """The coupling by each formula of `FORMULAS`.

    critical_temperature(**values) -> K of the same parameters that `covariance` (k, k) belongs to, in the order of
    `values`, one of which is debye_temperature (K): so what Tc and Theta_D owe to one fit stays correlated.
    """
    return tuple(
        _one(formula, critical_temperature, values, covariance, coulomb, coulomb_error, rng) for formula in FORMULAS
    )


def spread_over(formula: Formula, choices: Sequence[tuple[float, float]], *, coulomb: float) -> float | None:
    """Half the range of the coupling over pairs of Tc and Theta_D (K) that other choices give; None below two."""
    found = []
    for tc, theta in choices:
        with suppress(DomainError):
            found.append(
                float(coupling_from_tc(tc, debye_temperature=theta, coulomb_pseudopotential=coulomb, formula=formula))
            )
    return 0.5 * (max(found) - min(found)) if len(found) > 1 else None


def _one(
    formula: Formula,
    critical_temperature: Callable[..., float],
    values: Mapping[str, float],
    covariance: ArrayLike,
    coulomb: float,
    coulomb_error: float | None,
    rng: np.random.Generator,
) -> Coupling:
    def coupling(mu: float, **parameters: float) -> float:
        tc = critical_temperature(**parameters)
        theta = parameters["debye_temperature"]
        return float(coupling_from_tc(tc, debye_temperature=theta, coulomb_pseudopotential=mu, formula=formula))

    try:
        found = propagate(lambda **p: coupling(coulomb, **p), values, covariance, rng=rng, n=2000)
    except DomainError as error:
        return Coupling(formula, None, None, None, str(error))
    spread = None
    if coulomb_error:
        try:
            low, high = (coupling(mu, **values) for mu in (coulomb - coulomb_error, coulomb + coulomb_error))
            spread = 0.5 * abs(high - low)
        except DomainError:
            spread = None
    words = found.words
    if found.value > STRONG:
        words += f"; a coupling above {STRONG:g} is beyond the range in which such formulas were tested"
    return Coupling(formula, found.value, found.error, spread, words)
