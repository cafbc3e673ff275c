"""Isotropic Eliashberg equations of several bands: one Tc, a gap a band.

alpha2F_ij is that of electrons of band i that scatter into band j, so lambda_ij N_i = lambda_ji N_j with the densities
of states N; mu*_ij alike. Each band has its own Z, to which scattering into all bands adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import DomainError
from megabar.theory import _system
from megabar.theory._linear import Spectra
from megabar.theory._system import Status, System
from megabar.theory.eliashberg import CUTOFF, check_temperature, edge_of
from megabar.theory.spectral import SpectralFunction

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BandState:
    """The superconducting state of b bands at one temperature (K).

    matsubara_frequency: meV, (N,); gap, renormalisation: (b, N). edges: gap edge of each band on the real axis, meV,
    None where the continuation is not stable. status, residual, iterations: of all bands together.
    """

    temperature: float
    matsubara_frequency: FloatArray
    gap: FloatArray
    renormalisation: FloatArray
    edges: tuple[float | None, ...]
    status: Status
    residual: float
    iterations: int
    cutoff: float


def critical_temperature(
    spectra: Spectra, *, coulomb_pseudopotentials: ArrayLike, cutoff: float | None = None
) -> float:
    """Tc in K; 0 where it is below 3e-4 of the highest frequency over k.

    spectra: b rows of b spectral functions, None for no interaction. coulomb_pseudopotentials: (b, b), at the cutoff
    (meV; default ten times the highest frequency). DomainError for shapes that do not fit and numbers out of range.
    """
    return _system.critical_temperature(_checked(spectra, coulomb_pseudopotentials, cutoff))


def solve(
    spectra: Spectra, *, temperature: float, coulomb_pseudopotentials: ArrayLike, cutoff: float | None = None
) -> BandState:
    """Gaps and renormalisations of all bands at a temperature (K, > 0); the rest as in `critical_temperature`."""
    check_temperature(temperature)
    system = _checked(spectra, coulomb_pseudopotentials, cutoff)
    found = _system.state(system, temperature)
    edges = [edge_of(found.frequency, gap, system.highest, found.status)[0] for gap in _signed(found.gap)]
    return BandState(
        temperature=temperature,
        matsubara_frequency=found.frequency,
        gap=found.gap,
        renormalisation=found.renormalisation,
        edges=tuple(edges),
        status=found.status,
        residual=found.residual,
        iterations=found.iterations,
        cutoff=system.cutoff,
    )


def _signed(gap: FloatArray) -> Sequence[FloatArray]:
    """Each band with its lowest value positive: the sign between bands is no part of an edge."""
    return [row if row[0] >= 0.0 else -row for row in gap]


def _checked(spectra: Spectra, mu: ArrayLike, cutoff: float | None) -> System:
    rows = tuple(tuple(row) for row in spectra)
    bands = len(rows)
    if bands == 0 or any(len(row) != bands for row in rows):
        raise DomainError(f"spectra: {bands} rows need {bands} entries each, found {[len(row) for row in rows]}")
    known = [s for row in rows for s in row if s is not None]
    if not known or not all(isinstance(s, SpectralFunction) for s in known):
        raise DomainError("spectra: SpectralFunction or None in each place, one of them at least")
    repulsion = np.asarray(mu, dtype=np.float64)
    if repulsion.shape != (bands, bands) or not np.all(np.isfinite(repulsion)):
        raise DomainError(f"coulomb_pseudopotentials: ({bands}, {bands}) finite numbers are needed, found {mu!r}")
    if cutoff is not None and not (np.isfinite(cutoff) and cutoff > 0.0):
        raise DomainError(f"cutoff must be positive and finite (meV), found {cutoff}")
    return System(rows, repulsion, CUTOFF * max(s.highest for s in known) if cutoff is None else float(cutoff))
