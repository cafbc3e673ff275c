"""The one table of measurement kinds: a new kind is one module in `analysis` and one entry here.

Modules are named, not imported, so that listing the kinds costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from megabar.errors import ExperimentError
from megabar.words import did_you_mean, found_text

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Kind:
    """One kind of measurement.

    `home` is its module, with a class `Settings` and
    `analyse(recording, settings, *, measurement, progress=None) -> Result`.
    `needs` lists the sets of column roles of which one must be complete for a file to be of this kind.
    `expected` are the roles of the first columns in files of this kind that have no telling header.
    """

    name: str
    description: str
    home: str
    needs: tuple[frozenset[str], ...]
    expected: tuple[str, ...] = ()

    @property
    def settings(self) -> type[BaseModel]:
        """The class of its settings; calling it without arguments gives the automatic choices."""
        return getattr(import_module(self.home), "Settings")  # type: ignore[no-any-return]  # noqa: B009

    @property
    def analyse(self) -> Callable[..., Any]:
        """The function that turns a recording into a Result."""
        return getattr(import_module(self.home), "analyse")  # type: ignore[no-any-return]  # noqa: B009

    def suits(self, roles: Iterable[str]) -> bool:
        """Whether a curve with columns of these roles can be analysed as this kind."""
        present = set(roles)
        return any(need <= present for need in self.needs)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                name="resistance",
                description="R(T) or R(H): transition criteria, Debye temperature, electron-phonon coupling",
                home="megabar.analysis.resistance",
                needs=tuple(
                    frozenset({sweep, signal})
                    for signal in ("resistance", "resistivity", "voltage")
                    for sweep in ("temperature", "field")
                ),
            ),
            Kind(
                name="field",
                description="R(T, H): upper critical fields, slope, models compared, coherence length, broadening",
                home="megabar.analysis.field",
                needs=tuple(
                    frozenset({"temperature", "field", signal}) for signal in ("resistance", "resistivity", "voltage")
                ),
            ),
            Kind(
                name="spectrum",
                description="dI/dV or I(V) of a contact: gap, broadening, barrier, Delta(T), regime, size",
                home="megabar.analysis.spectrum",
                needs=(
                    *(
                        frozenset({"bias", signal})
                        for signal in (
                            "conductance",
                            "normalised_conductance",
                            "differential_resistance",
                            "first_harmonic",
                            "current",
                        )
                    ),
                    frozenset({"voltage", "current"}),
                ),
            ),
            Kind(
                name="current",
                description="I(V) families: critical current, exponent, ohmic lines, Jc(T) against pinning laws",
                home="megabar.analysis.current",
                needs=(frozenset({"voltage", "current"}), frozenset({"bias", "current"})),
            ),
            Kind(
                name="contacts",
                description="many contacts: laws of size, diameters, Tc by the material of the tip",
                home="megabar.analysis.contacts",
                needs=(frozenset({"resistance"}),),
            ),
            Kind(
                name="susceptibility",
                description="magnetisation: diamagnetic drop, shielding, cooling in a field, trapped flux, Hc1, depths",
                home="megabar.analysis.susceptibility",
                needs=tuple(
                    frozenset({sweep, signal})
                    for signal in ("moment", "moment_in_phase", "susceptibility", "voltage")
                    for sweep in ("temperature", "field")
                ),
            ),
            Kind(
                name="pattern",
                description="diffraction pattern: lines, cells and volumes of several phases by Le Bail refinement",
                home="megabar.analysis.pattern",
                needs=(frozenset({"two_theta", "intensity"}), frozenset({"scattering_vector", "intensity"})),
                expected=("two_theta", "intensity"),
            ),
            Kind(
                name="strain",
                description="widths of diffraction lines: strain and crystallite size by Williamson and Hall",
                home="megabar.analysis.strain",
                needs=(frozenset({"two_theta", "line_width"}), frozenset({"two_theta", "intensity"})),
                expected=("two_theta", "intensity"),
            ),
            Kind(
                name="volumes",
                description="volumes against pressure: equations of state compared, hydrogen content, alloys",
                home="megabar.analysis.volumes",
                needs=(frozenset({"pressure", "volume"}),),
                expected=("pressure", "volume"),
            ),
            Kind(
                name="raman",
                description="Raman and ruby spectra: pressures by every scale, lines, evidence of hydrogen",
                home="megabar.analysis.raman",
                needs=tuple(frozenset({axis, "intensity"}) for axis in ("raman_shift", "wavelength")),
                expected=("raman_shift", "intensity"),
            ),
            # After those that suit the same columns, so that a first experiment file never takes it by itself.
            Kind(
                name="hall",
                description="R_xy(B): Hall coefficient, carrier density, k_F, mean free path, mobility",
                home="megabar.analysis.hall",
                needs=tuple(frozenset({"field", signal}) for signal in ("resistance", "resistivity", "voltage")),
            ),
            Kind(
                name="map",
                description="a map of diffraction patterns or images: phases and cells over the sample",
                home="megabar.analysis.diffraction_map",
                needs=(frozenset({"two_theta", "intensity"}), frozenset({"scattering_vector", "intensity"})),
                expected=("two_theta", "intensity"),
            ),
        )
    }
)


@dataclass(frozen=True)
class Several:
    """What is drawn from several measurements of one experiment, after all of them are done.

    `name` is also that of its table in the experiment file. `home` is its module, with a class `Settings` and
    `across(measured, settings) -> tuple[Result, ...]`, empty where the experiment holds nothing of the kind.
    """

    name: str
    home: str

    @property
    def settings(self) -> type[BaseModel]:
        """The class of its settings."""
        return getattr(import_module(self.home), "Settings")  # type: ignore[no-any-return]  # noqa: B009

    @property
    def across(self) -> Callable[..., Any]:
        """The function that turns analysed measurements into results."""
        return getattr(import_module(self.home), "across")  # type: ignore[no-any-return]  # noqa: B009


SEVERAL: Mapping[str, Several] = MappingProxyType(
    {
        one.name: one
        for one in (
            Several(name="trend", home="megabar.analysis.trend"),
            Several(name="anisotropy", home="megabar.analysis.anisotropy"),
            Several(name="catalogue", home="megabar.catalogue.across"),
        )
    }
)


def find_kind(name: str) -> Kind:
    """The kind of this name; ExperimentError lists the known ones."""
    if name not in KINDS:
        hint = did_you_mean(name, list(KINDS))
        raise ExperimentError(f"kind: found {found_text(name)}; allowed: {', '.join(KINDS)}{hint}")
    return KINDS[name]
