"""What a Hall slope says: coefficient, density, Fermi wavevector, mean free path and mobility, errors propagated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.analysis.hall_parts import STRAIGHT, Parts, Slope
from megabar.analysis.hall_settings import Settings
from megabar.analysis.step_estimates import Sheet
from megabar.data import Estimate, Status
from megabar.fitting.propagate import propagate
from megabar.physics import hall

SEEN: Final = 2.0
"""Errors by which a slope must differ from zero for a density to follow."""
FREE: Final = "one band of free carriers"

Known = Mapping[str, tuple[float, float | None]]
"""Numbers with their standard errors (None: not stated, taken as exact), by name."""


@dataclass(frozen=True, eq=False)
class Temperature:
    """Hall resistance of one curve at one temperature (K, None: not recorded).

    parts: None where the field has one sign only. longitudinal: resistance (ohm) with its error, and the part of it
    that the even part is (1), None without a longitudinal curve.
    """

    curve: str
    temperature: float | None
    slope: Slope
    parts: Parts | None
    longitudinal: tuple[float, float | None] | None
    admixture: float | None

    @property
    def at(self) -> str:
        return "" if self.temperature is None else f"{self.temperature:.4g} K"


def known_numbers(found: Temperature, settings: Settings) -> dict[str, tuple[float, float | None]]:
    """The slope and what else is known of: thickness, resistivity, or the longitudinal resistance and its geometry."""
    known: dict[str, tuple[float, float | None]] = {"slope": (found.slope.value, found.slope.error)}
    for name in ("thickness", "resistivity", "width", "length"):
        value = getattr(settings, name)
        if value is not None:
            known[name] = (value, getattr(settings, f"{name}_error"))
    if found.longitudinal is not None:
        known["longitudinal"] = found.longitudinal
    return known


def hall_estimates(found: Temperature, settings: Settings, sheet: Sheet, rng: np.random.Generator) -> list[Estimate]:
    """The slope, and all that follows from it with what the settings say; what does not is None with the reason."""
    here = sheet.under(at=found.at) if found.at else sheet
    known = known_numbers(found, settings)
    slope = found.slope
    method = slope.chosen if settings.antisymmetrise else f"{slope.chosen} with a constant, not antisymmetrised"
    remark = f"{'positive' if slope.value > 0.0 else 'negative'}: {carriers(slope)}"
    estimates = [
        here.note(
            "hall_slope",
            slope.value,
            "ohm/T",
            method,
            error=slope.error,
            systematic=_bend(slope),
            remark=remark,
        ),
        *_even(found, here),
    ]
    wanted = [name for name in _DERIVED if name != "sheet_carrier_density" or "thickness" not in known]
    return [*estimates, *(_derived(name, known, here, rng) for name in wanted)]


def _bend(slope: Slope) -> dict[str, float]:
    """By how much a straight line through bent points would move the slope."""
    if not slope.nonlinear:
        return {}
    return {"nonlinearity": abs(slope.fits[STRAIGHT].values["slope"] - slope.value)}


def carriers(slope: Slope) -> str:
    """Electrons or holes, in words."""
    if slope.error is not None and abs(slope.value) < SEEN * slope.error:
        return "zero within its errors"
    kind = "holes" if slope.value > 0.0 else "electrons"
    return f"{kind}, if contacts and field have the usual sense"


def _even(found: Temperature, sheet: Sheet) -> list[Estimate]:
    """What is even in the field: the longitudinal resistance by contacts that do not face each other exactly."""
    if found.parts is None:
        return []
    even, field = found.parts.even, found.parts.field
    largest = float(np.abs(found.slope.value) * field.max())
    share = f"{np.abs(even).max() / largest:.3g} times the Hall resistance at {field.max():.3g} T" if largest else ""
    estimates = [sheet.note("even_part", float(even.mean()), "ohm", "mean of half the sum of both signs", remark=share)]
    if found.admixture is not None:
        text = "even part over the longitudinal resistance, least squares"
        estimates.append(sheet.note("longitudinal_admixture", found.admixture, "1", text))
    return estimates


def _derived(quantity: str, known: Known, sheet: Sheet, rng: np.random.Generator) -> Estimate:
    """One number by `_DERIVED`; None with the reason where something is not known or the slope is zero."""
    unit, method, needs, function = _DERIVED[quantity]
    missing = [name for name in needs if not _enough(name, known)]
    if missing:
        remark = f"needs {' and '.join(_REMEDIES[name] for name in missing)}"
        return sheet.note(quantity, None, unit, method, status=Status.UNDETERMINED, remark=remark)
    slope, error = known["slope"]
    if quantity not in ("hall_coefficient", "resistivity") and (
        slope == 0.0 or (error is not None and abs(slope) < SEEN * error)
    ):
        remark = "the slope is zero within its errors: no density follows, two kinds of carriers may cancel"
        return sheet.note(quantity, None, unit, method, status=Status.UNDETERMINED, remark=remark)
    exact = {name: value for name, (value, _) in known.items()}
    errors = {name: size for name, (_, size) in known.items() if size and _counts(name, needs, known)}
    value = function(exact)
    if "slope" not in errors:
        return sheet.note(quantity, value, unit, method)
    done = propagate(
        lambda **some: function({**exact, **some}),
        {name: exact[name] for name in errors},
        np.diag([size**2 for size in errors.values()]),
        rng=rng,
    )
    ends = None if done.lower is None or done.upper is None else (done.lower, done.upper)
    level = None if ends is None else 0.6827
    return sheet.note(quantity, value, unit, method, error=done.error, interval=ends, level=level)


_GEOMETRY: Final = ("longitudinal", "width", "length", "thickness")
"""What a resistivity follows from where it is not given."""


def _enough(name: str, known: Known) -> bool:
    """Whether a number is known or follows from others."""
    return name in known or (name == "resistivity" and all(part in known for part in _GEOMETRY))


def _counts(name: str, needs: tuple[str, ...], known: Known) -> bool:
    """Whether a known number enters one that needs these."""
    by_geometry = "resistivity" in needs and "resistivity" not in known
    return name in ("slope", *needs) or (by_geometry and name in _GEOMETRY)


def _resistivity(known: Mapping[str, float]) -> float:
    """In ohm m: that of the settings, else R w t/l with lengths in um."""
    if "resistivity" in known:
        return known["resistivity"]
    return 1e-6 * known["longitudinal"] * known["width"] * known["thickness"] / known["length"]


def _coefficient(known: Mapping[str, float]) -> float:
    return float(hall.hall_coefficient(known["slope"], thickness=known["thickness"]))


def _density(known: Mapping[str, float]) -> float:
    return float(hall.carrier_density(_coefficient(known)))


def _sheet(known: Mapping[str, float]) -> float:
    return float(hall.sheet_density(known["slope"]))


def _wavevector(known: Mapping[str, float]) -> float:
    return float(hall.fermi_wavevector(_density(known)))


def _path(known: Mapping[str, float]) -> float:
    return float(hall.mean_free_path(_density(known), resistivity=_resistivity(known)))


def _mobility(known: Mapping[str, float]) -> float:
    return float(hall.mobility(_coefficient(known), resistivity=_resistivity(known)))


_REMEDIES: Final = {
    "thickness": "the thickness (settings.thickness, um)",
    "resistivity": "the resistivity (settings.resistivity in ohm m; or longitudinal, width, length and thickness)",
}
_Entry = tuple[str, str, tuple[str, ...], Callable[[Mapping[str, float]], float]]
_DERIVED: Final[Mapping[str, _Entry]] = {
    "hall_coefficient": ("m^3/C", "t dR_xy/dB", ("thickness",), _coefficient),
    "carrier_density": ("1/m^3", f"1/(e |R_H|), {FREE}", ("thickness",), _density),
    "sheet_carrier_density": ("1/m^2", f"1/(e |dR_xy/dB|), {FREE}", (), _sheet),
    "fermi_wavevector": ("1/nm", f"(3 pi^2 n)^(1/3), {FREE}, a sphere", ("thickness",), _wavevector),
    "resistivity": ("ohm m", "given, or R w t/l of the longitudinal curve", ("resistivity",), _resistivity),
    "mean_free_path": ("nm", f"hbar k_F/(e^2 n rho), {FREE}, a sphere", ("thickness", "resistivity"), _path),
    "hall_mobility": ("cm^2/(V s)", f"|R_H|/rho, {FREE}", ("thickness", "resistivity"), _mobility),
}
"""Unit, method, what is needed beside the slope, and the function of all that is known."""
