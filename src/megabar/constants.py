"""CODATA values in the units of the laboratory (K, T, meV, nm, ohm)."""

from __future__ import annotations

from typing import Final

from scipy import constants as _codata

BOLTZMANN_MEV: Final = _codata.k / _codata.e * 1e3
"""Boltzmann constant in meV/K."""

FLUX_QUANTUM: Final = _codata.value("mag. flux quantum")
"""Magnetic flux quantum h/2e in Wb."""

ELECTRON_CHARGE: Final = _codata.e
"""Elementary charge in C."""

OERSTED: Final = 1e-4
"""mu0 H of one oersted in T (exact in vacuum to the 2e-10 by which mu0 left 4 pi 1e-7)."""
