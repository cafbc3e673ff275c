"""Tunnelling into a superconductor: Dynes' broadened density of states, thermally smeared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from megabar.physics._arrays import FloatArray, like, non_negative, non_negative_number
from megabar.physics.btk import broadening_of, evaluated


def density_of_states(energy: ArrayLike, *, gap: float, broadening: float) -> FloatArray | float:
    """N(E)/N(0) = Re[eps / sqrt(eps^2 - Delta^2)], eps = |E| + i Gamma, the root with positive real part.

    energy: meV, any shape, either sign given as its size >= 0. gap, broadening: meV, >= 0. At E = Delta without
    broadening the density is infinite. DomainError for negative or NaN arguments.
    Source: R. C. Dynes, V. Narayanamurti and J. P. Garno, Phys. Rev. Lett. 41, 1509 (1978).
    """
    e = non_negative("energy", energy, "meV")
    return like(_density(e, non_negative_number("gap", gap, "meV"), broadening_of(broadening)), energy)


def conductance(bias: ArrayLike, *, gap: float, broadening: float, temperature: float) -> FloatArray | float:
    """Normalised tunnelling dI/dV: `density_of_states` smeared by -df/dE, the limit Z -> infinity of `btk.conductance`.

    bias: mV, any shape. gap, broadening: meV, >= 0. temperature: K, >= 0; 0 gives the density of states itself,
    infinite at the gap edge when the broadening is 0 too. Error below 2e-7 of the normal conductance at T > 0.
    """
    delta = non_negative_number("gap", gap, "meV")
    gamma = broadening_of(broadening)
    return evaluated(
        lambda energy: _density(energy, delta, gamma), bias, temperature=temperature, edges=(delta,), width=gamma
    )


def _density(energy: FloatArray, gap: float, broadening: float) -> FloatArray:
    if gap == 0.0:
        return np.ones(energy.shape)
    eps = energy + 1j * broadening
    with np.errstate(divide="ignore", invalid="ignore"):
        # (eps - gap)(eps + gap) keeps the digits next to the edge.
        density = np.abs((eps / np.sqrt((eps - gap) * (eps + gap))).real)
    return np.where(np.isnan(density), np.inf, density)
