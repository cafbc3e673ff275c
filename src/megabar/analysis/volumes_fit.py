"""Equations of state through volumes and pressures with errors in both: second and third order, Vinet, compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc

from megabar.analysis.volumes_settings import Settings
from megabar.analysis.volumes_table import Compression
from megabar.errors import ConvergenceError, DataError
from megabar.fitting.least_squares import Fit, fit
from megabar.fitting.model import Model, Parameter
from megabar.fitting.selection import Selection, compare
from megabar.fitting.start import given, unguessed
from megabar.physics.equation_of_state import LAWS

FloatArray = NDArray[np.float64]

BM2: Final = "BM2"
BM3: Final = "BM3"
VINET: Final = "Vinet"
TITLES: Final = {BM2: "Birch-Murnaghan, 2nd order", BM3: "Birch-Murnaghan, 3rd order", VINET: "Vinet"}
PARAMETERS: Final = ("volume_zero", "modulus", "modulus_derivative")

_FEWEST: Final = 3
_TURNS: Final = 3
"""Times that the weights follow the slope of the curve; the second changes them by less than a per cent."""
_SMALL_CHANCE: Final = 0.01
"""Chance of a chi-square as large, below which the errors given do not explain the scatter."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """All laws through one table, with common weights.

    fits: by name, those that converged; chosen: the one that AICc takes; scatter: GPa, standard deviation of the
    pressures beyond the errors given where these do not explain the points (the errors of the parameters then follow
    from what is seen), else None.
    """

    data: Compression
    fits: Mapping[str, Fit]
    chosen: str
    selection: Selection
    scatter: float | None
    failed: tuple[str, ...]

    @property
    def best(self) -> Fit:
        return self.fits[self.chosen]

    def modulus(self, name: str, volume: float, **changed: float) -> float:
        """Bulk modulus (GPa) at a volume by one law, with some of its parameters changed."""
        law = LAWS["vinet" if name.startswith(VINET) else "birch_murnaghan"]
        return float(law.modulus(volume, **{**self.fits[name].values, **changed}))


def fit_all(data: Compression, settings: Settings) -> Fitted:
    """Every law through the points; DataError with fewer than three points or where none converges."""
    if len(data) < _FEWEST:
        raise DataError(f"{data.name}: {len(data)} volumes: an equation of state needs at least {_FEWEST}")
    if not np.ptp(data.volume) > 0.0:
        raise DataError(f"{data.name}: the volume is the same in all rows: wrong column?")
    fixed = _fixed(settings)
    sigma = _spread(data, fixed)
    fits, failed = _fits(data, fixed, settings, sigma, absolute=True)
    scatter = None
    if sigma is not None:
        name = min(fits, key=lambda one: fits[one].chi_square)
        if _unexplained(fits[name]):
            scatter = _scatter(fits[name])
            sigma = np.hypot(sigma, scatter)
            fits, failed = _fits(data, fixed, settings, sigma, absolute=False)
    try:
        selection = compare(list(fits.values()))
        chosen = list(fits)[selection.chosen]
    except DataError:
        selection, chosen = _simplest(fits)
    return Fitted(data, fits, chosen, selection, scatter, tuple(failed))


def shifted(data: Compression, fitted: Fitted, offset: float) -> Fit:
    """The chosen law through the same points with all pressures moved by `offset` GPa."""
    best = fitted.best
    moved = replace(data, pressure=data.pressure + offset)
    start = {name: best.values[name] for name in best.free}
    held = {p.name: p.start for p in best.parameters if not p.vary}
    weights = best.relative_sigma
    return fit(best.model, moved.volume, moved.pressure, sigma=weights, absolute=best.absolute, fixed=held, start=start)


def _unexplained(found: Fit) -> bool:
    freedom = found.degrees_of_freedom
    return freedom > 0 and float(chdtrc(freedom, found.chi_square)) < _SMALL_CHANCE


def _scatter(found: Fit) -> float:
    """The scatter (GPa) that, added to the errors in squares, brings chi-square to the degrees of freedom.

    Source: R. C. Paule and J. Mandel, J. Res. Natl Bur. Stand. 87, 377 (1982).
    """
    held = {p.name: p.start for p in found.parameters if not p.vary}
    start = {name: value for name, value in found.values.items() if name not in held}

    def excess(scatter: float) -> float:
        weights = np.hypot(found.relative_sigma, scatter)
        again = fit(found.model, found.x, found.y, sigma=weights, fixed=held, start=start)
        return again.chi_square - found.degrees_of_freedom

    largest = 3.0 * float(np.std(found.residuals)) + float(np.max(np.abs(found.residuals)))
    return float(brentq(excess, 0.0, largest, xtol=1e-4 * largest))


def _simplest(fits: Mapping[str, Fit]) -> tuple[Selection, str]:
    """With too few points for AICc: the law with the fewest parameters."""
    name = min(fits, key=lambda one: len(fits[one].free))
    words = f"{name}: the fewest parameters, since the points are too few to compare laws"
    one = fits[name]
    return Selection((one,), (None,), (None,), np.ones(1), 0, words), name


def _fixed(settings: Settings) -> dict[str, float]:
    held = {name: getattr(settings, name) for name in ("volume_zero", "modulus_derivative")}
    return {name: value for name, value in held.items() if value is not None}


def _laws(settings: Settings) -> dict[str, tuple[str, dict[str, float]]]:
    """Law and what it holds, by name."""
    if settings.modulus_derivative is not None:
        words = f"K0' = {settings.modulus_derivative:g}"
        return {f"BM, {words}": ("birch_murnaghan", {}), f"{VINET}, {words}": ("vinet", {})}
    return {BM2: ("birch_murnaghan", {"modulus_derivative": 4.0}), BM3: ("birch_murnaghan", {}), VINET: ("vinet", {})}


def _fits(
    data: Compression, fixed: Mapping[str, float], settings: Settings, sigma: FloatArray | None, *, absolute: bool
) -> tuple[dict[str, Fit], list[str]]:
    """The laws that converge, by name, and what failed, in words."""
    found: dict[str, Fit] = {}
    failed: list[str] = []
    for name, (law, held) in _laws(settings).items():
        try:
            found[name] = _fit(data, law, {**held, **fixed}, sigma, absolute=absolute, name=name)
        except (ConvergenceError, DataError) as error:
            failed.append(f"{name}: {error}")
    if not found:
        raise DataError(f"{data.name}: no equation of state fits: {'; '.join(failed)}")
    return found, failed


def _fit(
    data: Compression, law: str, held: Mapping[str, float], sigma: FloatArray | None, *, absolute: bool, name: str
) -> Fit:
    start = _start(data, held)
    model = given(Model(name, partial(_pressure, law), unguessed, partial(_slopes, law)), start)
    known = {key: held[key] for key in PARAMETERS if key in held}
    return fit(model, data.volume, data.pressure, sigma=sigma, absolute=absolute, fixed=known)


def _pressure(law: str, volume: FloatArray, **constants: float) -> FloatArray:
    return np.asarray(LAWS[law].pressure(volume, **constants), dtype=np.float64)


def _slopes(law: str, volume: FloatArray, **constants: float) -> Mapping[str, FloatArray]:
    """dP/dV0 = K/V0, since only V/V0 counts, and dP/dK0 = P/K0; that by K0' is left to differences."""
    one = LAWS[law]
    return {
        "volume_zero": np.asarray(one.modulus(volume, **constants)) / constants["volume_zero"],
        "modulus": np.asarray(one.pressure(volume, **constants)) / constants["modulus"],
    }


def _start(data: Compression, held: Mapping[str, float]) -> tuple[Parameter, ...]:
    """Start values: for each trial V0, P/[3 f (1 + 2 f)^(5/2)] is a straight line in the Eulerian strain f."""
    top = float(data.volume.max())
    best = (np.inf, top, 100.0, 4.0)
    trials = [held["volume_zero"]] if "volume_zero" in held else top * np.geomspace(0.97, 2.5, 60)
    for v0 in trials:
        f = 0.5 * (np.cbrt(v0 / data.volume) ** 2 - 1.0)
        slope = held.get("modulus_derivative", 4.0)
        design = 3.0 * f * (1.0 + 2.0 * f) ** 2.5 * (1.0 + 1.5 * (slope - 4.0) * f)
        modulus = float(design @ data.pressure) / max(float(design @ design), 1e-300)
        misfit = float(np.sum((data.pressure - modulus * design) ** 2))
        if modulus > 0.0 and misfit < best[0]:
            best = (misfit, float(v0), modulus, slope)
    _, v0, modulus, slope = best
    return (
        Parameter("volume_zero", v0, 0.5 * top, 20.0 * top, "angstrom^3"),
        Parameter("modulus", modulus, 1e-3, 1e5, "GPa"),
        Parameter("modulus_derivative", slope, -20.0, 60.0, "1"),
    )


def _spread(data: Compression, fixed: Mapping[str, float]) -> FloatArray | None:
    """Standard deviation of a pressure about the curve: its own, and that of the volume times K/V; None without both.

    The slope is that of the second order, or of what the settings hold, which all laws share to a few per cent.
    """
    if data.pressure_error is None and data.volume_error is None:
        return None
    own = np.zeros(len(data)) if data.pressure_error is None else data.pressure_error
    if data.volume_error is None:
        return own
    held = {"modulus_derivative": 4.0, **fixed}
    sigma: FloatArray | None = None
    for _ in range(_TURNS):
        found = _fit(data, "birch_murnaghan", held, sigma, absolute=True, name=BM2)
        modulus = np.asarray(LAWS["birch_murnaghan"].modulus(data.volume, **found.values))
        sigma = np.hypot(own, modulus / data.volume * data.volume_error)
    return sigma
