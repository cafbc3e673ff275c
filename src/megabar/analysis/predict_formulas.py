"""Critical temperatures by formulas from lambda and moments of the frequencies, each with what it assumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from megabar.constants import BOLTZMANN_MEV
from megabar.physics import coupling

DEBYE: Final = 1.45 / 1.2
"""Debye temperature with which McMillan's prefactor Theta/1.45 is Allen and Dynes' omega_log/1.2, over omega_log."""
_POLE: Final = 0.3
"""Share of its Tc that the term with the pole may give before the SISSO formula is left out."""


@dataclass(frozen=True)
class Formula:
    """Tc in K (0: none; None: the formula does not hold here), what the formula assumes, and a remark."""

    name: str
    value: float | None
    method: str
    remark: str = ""


def by_formulas(lam: float, *, omega_log: float, omega_2: float | None, mu: float) -> tuple[Formula, ...]:
    """All formulas for a coupling; without omega_2 (meV) those that need it are told as unknown."""
    debye = {"debye_temperature": DEBYE * omega_log / BOLTZMANN_MEV, "coulomb_pseudopotential": mu}
    plain = (
        Formula("McMillan", float(coupling.mcmillan(lam, **debye)), "McMillan with omega_log/1.2; mu* as given"),
        Formula(
            "advanced McMillan",
            float(coupling.advanced_mcmillan(lam, **debye)),
            "McMillan with f1 and (0.0241 - 0.0735 mu*) lambda^2, omega_log/1.2; mu* as given",
        ),
    )
    if omega_2 is None:
        unknown = "omega_2 is not known"
        return (
            Formula("Allen-Dynes", None, "Allen and Dynes", unknown),
            *plain,
            Formula("SISSO", None, "Xie", unknown),
        )
    moments = {"omega_log": omega_log, "omega_2": omega_2, "coulomb_pseudopotential": mu}
    full = float(coupling.allen_dynes(lam, **moments))
    return (
        Formula("Allen-Dynes", full, "Allen and Dynes, f1 and f2; mu* as given, no cutoff of its own"),
        *plain,
        _sisso(lam, moments),
    )


def _sisso(lam: float, moments: dict[str, float]) -> Formula:
    method = "symbolic regression of Eliashberg solutions by Xie et al.; mu* as given"
    pole = float(coupling.sisso_pole(lam, **moments))
    if abs(pole) > _POLE:
        return Formula("SISSO", None, method, f"its pole is near (it would change Tc by {100.0 * pole:.0f} %)")
    return Formula("SISSO", max(float(coupling.sisso(lam, **moments)), 0.0), method)
