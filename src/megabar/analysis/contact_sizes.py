"""Sizes of contacts from their resistances by the laws of Sharvin, Maxwell and Wexler, with the errors of the metal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from megabar.analysis.contact_settings import Settings
from megabar.analysis.contact_table import ContactTable
from megabar.data import Estimate, Note, Status
from megabar.fitting.propagate import propagate
from megabar.physics.contact import (
    Factor,
    Regime,
    knudsen,
    maxwell_diameter,
    regime_of,
    sharvin_diameter,
    wexler_diameter,
)

FloatArray = NDArray[np.float64]

_Law = Callable[..., FloatArray | float]

_METHODS: Final[Mapping[str, str]] = {
    "Wexler": "R = 16 rho l/(3 pi d^2) + gamma(2l/d) rho/d",
    "Sharvin": "R = 16 rho l/(3 pi d^2)",
    "Maxwell": "R = rho/d",
}


_NODES: Final = 12
_DRAWS: Final = 1000
"""Where the mean free path alone has an error, Maxwell's end bends too much for linear propagation."""

_EVEN: Final = 3.0 * math.pi / 8.0
"""Knudsen's number at which the resistances by Sharvin and by Maxwell are equal."""


@dataclass(frozen=True)
class Sizes:
    """Diameters in nm and their statistical errors by law, shape (n,); Maxwell alone without a mean free path.

    errors: None where neither the metal nor the resistances have any; between_factors: half the spread over the forms
    of gamma; between_laws: half the distance from Wexler's size to that by the simple law which carries more of the
    resistance (Maxwell's below K = 3 pi/8, Sharvin's above: the other would be no careful choice); both None without a
    mean free path, as are the Knudsen numbers and regimes.
    """

    diameters: Mapping[str, FloatArray]
    errors: Mapping[str, FloatArray | None]
    between_factors: FloatArray | None
    between_laws: FloatArray | None
    knudsen: FloatArray | None
    regimes: NDArray[np.str_] | None
    inelastic_known: bool = False

    @property
    def best(self) -> str:
        """The law to quote: Wexler's where the mean free path is known."""
        return "Wexler" if "Wexler" in self.diameters else "Maxwell"


def compute_sizes(table: ContactTable, settings: Settings, rng: np.random.Generator) -> Sizes | None:
    """The sizes of all contacts; None when the settings give no resistivity.

    The errors of the resistivity, of the mean free path and of the resistances are propagated as those of their
    logarithms, in which the laws are nearly straight.
    """
    if settings.resistivity is None:
        return None
    laws: dict[str, _Law] = {"Maxwell": maxwell_diameter}
    metal = {"resistivity": settings.resistivity}
    relative = {"resistivity": _share(settings.resistivity_error, settings.resistivity)}
    if settings.mean_free_path is None:
        return _sizes(table, laws, {"Maxwell": metal}, relative, rng)
    both = {**metal, "mean_free_path": settings.mean_free_path}
    relative["mean_free_path"] = _share(settings.mean_free_path_error, settings.mean_free_path)

    def wexler(resistance: FloatArray | float, *, factor: Factor = settings.factor, **of: float) -> FloatArray | float:
        return wexler_diameter(resistance, factor=factor, **of)

    laws = {"Wexler": wexler, "Sharvin": sharvin_diameter, **laws}
    found = _sizes(table, laws, {"Wexler": both, "Sharvin": both, "Maxwell": metal}, relative, rng)
    forms = np.array([wexler(table.resistance, factor=factor, **both) for factor in get_args(Factor)])
    best = found.diameters["Wexler"]
    numbers = np.asarray(knudsen(best, mean_free_path=settings.mean_free_path))
    simple = np.where(numbers < _EVEN, found.diameters["Maxwell"], found.diameters["Sharvin"])
    return Sizes(
        found.diameters,
        found.errors,
        0.5 * np.ptp(forms, axis=0),
        0.5 * np.abs(best - simple),
        numbers,
        np.asarray(regime_of(best, elastic=settings.mean_free_path, inelastic=settings.inelastic_length)),
        settings.inelastic_length is not None,
    )


def _in_regime(sizes: Sizes, table: ContactTable, measurement: str, regime: Regime) -> Estimate:
    """How many contacts are in this regime; None where the lengths that tell it are not known."""
    labels = {"regime": regime}
    quantity, method = "contacts_in_regime", "radius against the mean free paths"
    untold = sizes.regimes is None or (regime != "ballistic" and not sizes.inelastic_known)
    if sizes.regimes is None or untold:
        lacking = "mean free path" if sizes.regimes is None else "inelastic length"
        return Estimate(
            quantity, measurement, None, "1", method, labels=labels, status=Status.UNDETERMINED, remark=f"no {lacking}"
        )
    chosen = np.flatnonzero(sizes.regimes == regime)
    remark = f"contacts {table.names(chosen)}" if chosen.size else ""
    return Estimate(quantity, measurement, float(chosen.size), "1", method, labels=labels, remark=remark)


def size_estimates(sizes: Sizes, table: ContactTable, measurement: str) -> list[Estimate]:
    """The median by each law and the number of contacts in each regime."""
    estimates = []
    for law, diameters in sizes.diameters.items():
        words = f"{_METHODS[law]}, median over {len(table)} contacts"
        remark = f"{diameters.min():.3g} to {diameters.max():.3g} nm"
        value = float(np.median(diameters))
        own = {"law": law}
        estimates.append(
            Estimate("median_contact_diameter", measurement, value, "nm", words, labels=own, remark=remark)
        )
    estimates += [_in_regime(sizes, table, measurement, regime) for regime in get_args(Regime)]
    return estimates


def contact_estimates(sizes: Sizes, table: ContactTable, measurement: str) -> list[Estimate]:
    """The size of every contact by the law to quote."""
    return [_one(sizes, table, measurement, row) for row in range(len(table))]


def size_notes(sizes: Sizes, table: ContactTable, settings: Settings) -> list[Note]:
    """How the sizes of the table compare, and what the regimes do not know."""
    notes = []
    best = sizes.diameters[sizes.best]
    given = np.isfinite(table.diameter)
    if given.any():
        ratio = float(np.median(table.diameter[given] / best[given]))
        notes.append(Note(f"the diameters of the table are {ratio:.3g} times those by {sizes.best} (median)"))
    if sizes.regimes is not None and settings.inelastic_length is None:
        notes.append(
            Note("inelastic length not given (settings.inelastic_length): intermediate and thermal are not told apart")
        )
    return notes


def _one(sizes: Sizes, table: ContactTable, measurement: str, row: int) -> Estimate:
    law = sizes.best
    errors = sizes.errors[law]
    systematic = {
        name: float(part[row])
        for name, part in (("law", sizes.between_laws), ("form of gamma", sizes.between_factors))
        if part is not None
    }
    remark = ""
    if sizes.regimes is not None and sizes.knudsen is not None:
        regime = sizes.regimes[row]
        either = regime == "intermediate" and not sizes.inelastic_known
        remark = f"{regime}{' or thermal' if either else ''}, K = {sizes.knudsen[row]:.2g}"
    labels: dict[str, str | float] = {"contact": float(table.number[row])}
    if table.material[row]:
        labels["material"] = table.material[row]
    return Estimate(
        "contact_diameter",
        measurement,
        float(sizes.diameters[law][row]),
        "nm",
        f"{law}: {_METHODS[law]}",
        None if errors is None else float(errors[row]),
        systematic=systematic,
        labels=labels,
        remark=remark,
    )


def _share(error: float | None, value: float) -> float | None:
    return None if error is None else error / value


def _sizes(
    table: ContactTable,
    laws: Mapping[str, _Law],
    metals: Mapping[str, Mapping[str, float]],
    relative: Mapping[str, float | None],
    rng: np.random.Generator,
) -> Sizes:
    diameters = {name: np.asarray(law(table.resistance, **metals[name])) for name, law in laws.items()}
    errors = {name: _errors(law, table, metals[name], relative, diameters[name], rng) for name, law in laws.items()}
    return Sizes(diameters, errors, None, None, None, None)


def _errors(
    law: _Law,
    table: ContactTable,
    metal: Mapping[str, float],
    relative: Mapping[str, float | None],
    diameters: FloatArray,
    rng: np.random.Generator,
) -> FloatArray | None:
    """One standard deviation of each diameter; None when nothing has an error."""
    known = {name: size for name, size in relative.items() if name in metal and size is not None}
    reading = table.resistance_error
    if reading is not None:
        shares = reading / table.resistance
        logs = [
            _log_error(law, {**metal, "resistance": float(r)}, {**known, "resistance": float(share)}, rng)
            for r, share in zip(table.resistance, shares, strict=True)
        ]
        return np.asarray(diameters * np.array(logs))
    if not known:
        return None
    # The metal's errors alone make a smooth function of the resistance, so that a few resistances tell it.
    nodes = np.geomspace(table.resistance.min(), table.resistance.max(), _NODES)
    logs = [_log_error(law, {**metal, "resistance": float(r)}, known, rng) for r in nodes]
    return np.asarray(diameters * np.interp(np.log(table.resistance), np.log(nodes), logs))


def _log_error(
    law: _Law, values: Mapping[str, float], relative: Mapping[str, float], rng: np.random.Generator
) -> float:
    """The standard deviation of ln d for standard deviations `relative` of the logarithms of the values."""

    def log_diameter(**logs: float) -> float:
        arguments = {**values, **{name: math.exp(log) for name, log in logs.items()}}
        return math.log(float(law(arguments.pop("resistance"), **arguments)))

    centre = {name: math.log(values[name]) for name in relative}
    variances = np.diag([size**2 for size in relative.values()])
    error = propagate(log_diameter, centre, variances, rng=rng, n=_DRAWS).error
    assert error is not None  # the laws are defined for every logarithm
    return error
