"""Optical pressure gauges: the edge of the diamond's Raman band and the R1 line of ruby, in the published scales.

A pressure means nothing without its scale: at 735 nm the ruby scales span 126 to 146 GPa. Every scale is one published
calibration with its own zero, which is part of it. The functions evaluate wherever the formula is defined; `SCALES`
tells where each was calibrated, and whoever calls judges that. At room temperature unless `ruby_temperature_shift` was
subtracted. No scale of the hydrogen vibron is given: its published curves are figures, not formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError
from megabar.physics._arrays import FloatArray, finite, like, non_negative, positive

Gauge = Literal["diamond edge", "ruby"]
READING_UNITS: Final[Mapping[str, str]] = MappingProxyType({"diamond edge": "cm^-1", "ruby": "nm"})
"""Unit of the reading of each gauge."""


@dataclass(frozen=True)
class Scale:
    """One published calibration of an optical gauge.

    form "quadratic": P = c0 + c1 u + c2 u^2, u = (reading - zero)/unit. form "power": P = (A/B)[(reading/zero)^B - 1],
    with coefficients (A, B). zero: the reading at no pressure, or 0 where the formula has none; unit: that of u.
    lowest, highest: GPa, where it was calibrated. remark: what a user of this scale has to know.
    """

    name: str
    gauge: Gauge
    form: Literal["quadratic", "power"]
    coefficients: tuple[float, ...]
    zero: float
    unit: float
    lowest: float
    highest: float
    source: str
    doi: str
    remark: str = ""

    def pressure(self, reading: FloatArray) -> FloatArray:
        """GPa."""
        if self.form == "power":
            a, b = self.coefficients
            return np.asarray(a / b * ((reading / self.zero) ** b - 1.0))
        c0, c1, c2 = self.coefficients
        u = (reading - self.zero) / self.unit
        return np.asarray(c0 + (c1 + c2 * u) * u)

    def slope(self, reading: FloatArray) -> FloatArray:
        """dP/d(reading), GPa per cm^-1 or nm."""
        if self.form == "power":
            a, b = self.coefficients
            return np.asarray(a / self.zero * (reading / self.zero) ** (b - 1.0))
        _, c1, c2 = self.coefficients
        return np.asarray((c1 + 2.0 * c2 * (reading - self.zero) / self.unit) / self.unit)

    def reading(self, pressure: FloatArray) -> FloatArray:
        """The reading on the rising branch; DomainError for pressures below its beginning."""
        if self.form == "power":
            a, b = self.coefficients
            inner = 1.0 + b * pressure / a
            self._reached(inner > 0.0, pressure)
            return np.asarray(self.zero * inner ** (1.0 / b))
        c0, c1, c2 = self.coefficients
        root = c1**2 - 4.0 * c2 * (c0 - pressure)
        self._reached(root >= 0.0, pressure)
        return np.asarray(self.zero + self.unit * (np.sqrt(root) - c1) / (2.0 * c2))

    def covers(self, pressure: float) -> bool:
        """Whether it was calibrated at this pressure (GPa)."""
        return self.lowest <= pressure <= self.highest

    def trusts(self, reading: float) -> bool:
        """Whether this reading is one of those it was calibrated with: on the rising branch and in its range."""
        x = np.asarray(reading, dtype=np.float64)
        return bool(self.slope(x) > 0.0) and self.covers(float(self.pressure(x)))

    def _reached(self, good: NDArray[np.bool_], pressure: FloatArray) -> None:
        if not np.all(good):
            worst = float(np.min(pressure))
            raise DomainError(f"scale {self.name}: no reading belongs to {worst:g} GPa; it begins above that")


def _edge(
    name: str,
    constants: tuple[float, float, float],
    nu: float,
    reach: tuple[float, float],
    *,
    source: str,
    doi: str,
    remark: str,
) -> Scale:
    """A scale of the diamond edge; nu 0 where the formula is one of the shift itself."""
    return Scale(name, "diamond edge", "quadratic", constants, nu, nu or 1.0, *reach, source, doi, remark)


def _ruby(
    name: str, constants: tuple[float, float], reach: tuple[float, float], *, source: str, doi: str, remark: str = ""
) -> Scale:
    """A scale of ruby by a power of the wavelength over 694.24 nm."""
    return Scale(name, "ruby", "power", constants, 694.24, 694.24, *reach, source, doi, remark)


SCALES: Final[Mapping[str, Scale]] = MappingProxyType(
    {
        scale.name: scale
        for scale in (
            _edge(
                "akahama_2006",
                (0.0, 547.0, 547.0 * (3.75 - 1.0) / 2.0),
                1334.0,
                (0.0, 310.0),
                source="Y. Akahama and H. Kawamura, J. Appl. Phys. 100, 043516 (2006)",
                doi="10.1063/1.2335683",
                remark="K0 = 547(11) GPa, K0' = 3.75(20); rests on platinum of 1989",
            ),
            _edge(
                "akahama_2004",
                (66.9, -0.5281, 3.585e-4),
                0.0,
                (5.0, 250.0),
                source="Y. Akahama and H. Kawamura, J. Appl. Phys. 96, 3748 (2004)",
                doi="10.1063/1.1778482",
                remark="reads 0.9 GPa at 1333 cm^-1, so not for small pressures",
            ),
            _edge(
                "akahama_2010",
                (3141.0, -4.157, 1.429e-3),
                0.0,
                (200.0, 410.0),
                source="Y. Akahama and H. Kawamura, J. Phys. Conf. Ser. 215, 012195 (2010)",
                doi="10.1088/1742-6596/215/1/012195",
                remark="continues akahama_2006 above 200 GPa, with a step of -3 GPa there",
            ),
            _edge(
                "eremets_2023",
                (0.0, 517.0, 764.0),
                1332.5,
                (0.0, 500.0),
                source="M. I. Eremets et al., Nat. Commun. 14, 907 (2023)",
                doi="10.1038/s41467-023-36429-9",
                remark="A = 517(5), B = 764(14) GPa; rests on gold of fratanduono_2021",
            ),
            _edge(
                "hilberer_2026",
                (0.0, 575.0, 575.0 * (3.3 - 1.0) / 2.0),
                1334.0,
                (0.0, 420.0),
                source="A. Hilberer et al. (2026)",
                doi="",
                remark="K0 = 575(7) GPa, K0' = 3.3(1) at second hand: check against the publication before use",
            ),
            Scale(
                "ruby_2020",
                "ruby",
                "quadratic",
                (0.0, 1870.0, 1870.0 * 5.63),
                694.25,
                694.25,
                0.0,
                150.0,
                source="G. Shen et al., High Press. Res. 40, 299 (2020)",
                doi="10.1080/08957959.2020.1791107",
                remark="1870(10) GPa, 5.63(3); the international practical scale",
            ),
            _ruby(
                "dewaele_2008",
                (1920.0, 9.61),
                (0.0, 153.0),
                source="A. Dewaele et al., Phys. Rev. B 78, 104102 (2008)",
                doi="10.1103/PhysRevB.78.104102",
            ),
            _ruby(
                "dewaele_2004",
                (1904.0, 9.5),
                (0.0, 153.0),
                source="A. Dewaele, P. Loubeyre and M. Mezouar, Phys. Rev. B 70, 094112 (2004)",
                doi="10.1103/PhysRevB.70.094112",
            ),
            _ruby(
                "mao_1986",
                (1904.0, 7.665),
                (0.0, 80.0),
                source="H. K. Mao, J. Xu and P. M. Bell, J. Geophys. Res. 91, 4673 (1986)",
                doi="10.1029/JB091iB05p04673",
                remark="quasi-hydrostatic, in argon",
            ),
            _ruby(
                "mao_1978",
                (1904.0, 5.0),
                (6.0, 100.0),
                source="H. K. Mao et al., J. Appl. Phys. 49, 3276 (1978)",
                doi="10.1063/1.325277",
                remark="not hydrostatic: reads low above 30 GPa",
            ),
        )
    }
)
"""All optical scales by name, the usual one of each gauge first."""

_SHIFT_COLD: Final = -0.887
_COLD: Final = 50.0
_ROOM: Final = 296.0


def scales_of(gauge: str) -> tuple[Scale, ...]:
    """All scales of one gauge, the usual one first; DomainError lists the gauges."""
    found = tuple(scale for scale in SCALES.values() if scale.gauge == gauge)
    if not found:
        raise DomainError(f"gauge: found {gauge!r}; allowed: {', '.join(READING_UNITS)}")
    return found


def find_scale(name: str, gauge: str) -> Scale:
    """The scale of this name and gauge; DomainError lists those of the gauge."""
    known = {scale.name: scale for scale in scales_of(gauge)}
    if name not in known:
        raise DomainError(f"scale of the {gauge}: found {name!r}; allowed: {', '.join(known)}")
    return known[name]


def diamond_edge(shift: ArrayLike, *, scale: str = "akahama_2006") -> FloatArray | float:
    """Pressure (GPa) on the culet from the high-frequency edge of the stressed diamond's first-order Raman band.

    shift: cm^-1, > 0, where dI/d(shift) is least on the high-frequency side. scale: a name of `SCALES`:
    akahama_2006 and hilberer_2026, P = K0 u [1 + (K0' - 1) u/2] with u = (shift - 1334)/1334; akahama_2004 and
    akahama_2010, polynomials of the shift; eremets_2023, P = A u + B u^2 with u from 1332.5 cm^-1. Negative results
    are shifts below the zero of the scale. DomainError for other scales and shifts that are not positive.
    """
    return like(find_scale(scale, "diamond edge").pressure(positive("Raman shift", shift, "cm^-1")), shift)


def diamond_edge_shift(pressure: ArrayLike, *, scale: str = "akahama_2006") -> FloatArray | float:
    """The shift (cm^-1) of the edge at a pressure (GPa): the inverse of `diamond_edge` on its rising branch."""
    return like(find_scale(scale, "diamond edge").reading(finite("pressure", pressure, "GPa")), pressure)


def ruby(wavelength: ArrayLike, *, scale: str = "ruby_2020") -> FloatArray | float:
    """Pressure (GPa) from the wavelength of ruby's R1 line, nm in air, at 296 K.

    ruby_2020: P = 1870 u (1 + 5.63 u), u = (wavelength - 694.25)/694.25; the others: P = (A/B)[(wavelength/694.24)^B
    - 1]. DomainError for unknown scales and wavelengths that are not positive.
    """
    return like(find_scale(scale, "ruby").pressure(positive("wavelength", wavelength, "nm")), wavelength)


def ruby_wavelength(pressure: ArrayLike, *, scale: str = "ruby_2020") -> FloatArray | float:
    """The wavelength (nm) of R1 at a pressure (GPa) and 296 K: the inverse of `ruby`."""
    return like(find_scale(scale, "ruby").reading(finite("pressure", pressure, "GPa")), pressure)


def ruby_temperature_shift(temperature: ArrayLike) -> FloatArray | float:
    """What R1 moves by (nm) from 296 K to a temperature (K); subtract it from a wavelength before using a scale.

    With d = T - 296 K: 0.00664 d + 6.76e-6 d^2 - 2.33e-8 d^3 between 50 and 296 K, -0.887 nm below, and 0.00746 d
    - 3.01e-6 d^2 + 8.76e-9 d^3 above (to 900 K). The first two differ by 0.01 nm at 50 K. Taken at no pressure and used
    at all. DomainError for temperatures below 0 or above 900 K.
    Source: F. Datchi et al., High Press. Res. 27, 447 (2007), doi 10.1080/08957950701659593.
    """
    t = non_negative("temperature", temperature, "K")
    if np.any(t > 900.0):
        raise DomainError(f"temperature of ruby: the shift of R1 is known up to 900 K, found {np.max(t):g}")
    d = t - _ROOM
    low = np.where(t < _COLD, _SHIFT_COLD, (0.00664 + (6.76e-6 - 2.33e-8 * d) * d) * d)
    return like(np.where(d > 0.0, (0.00746 + (-3.01e-6 + 8.76e-9 * d) * d) * d, low), temperature)
