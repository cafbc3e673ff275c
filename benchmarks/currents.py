"""Timings of critical currents and magnetisation: `python benchmarks/currents.py` prints one table.

The plain way is scipy alone: `curve_fit` of the power law, `quad` for the superfluid density of a self-field and for
Osborn's integral. Both sides of a ratio are timed in turn in one process and the medians over the pairs are printed.
Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.constants import mu_0
from scipy.integrate import quad
from scipy.optimize import curve_fit

sys.path.insert(0, str(Path(__file__).parent))
from run import FloatArray, Row, heading, pairs, show

from megabar.analysis.current_power import PowerLaw, mean_current, power_law_fit
from megabar.analysis.current_sweeps import Sweep
from megabar.analysis.current_transition import split_parts
from megabar.constants import BOLTZMANN_MEV, FLUX_QUANTUM
from megabar.physics import bcs, critical_current, susceptibility

CRITERION = 1e-6
FILM = {"critical_temperature": 1.2, "gap_zero": 0.182, "depth_zero": 110.0, "kappa": 2.0, "thickness": 50.0}
TEMPERATURE = np.linspace(0.1, 1.15, 20)


def main() -> None:
    heading("by scipy")
    for row in (power_law(), self_field(), demagnetisation()):
        show(row)


def power_law() -> Row:
    """Critical current, exponent, offset and resistance of 401 readings, the line at small currents included."""
    current = np.linspace(-0.08, 0.08, 401)
    steep = CRITERION * np.sign(current) * np.abs(current / 0.05) ** 20.0
    voltage = 2e-6 + steep + 1e-7 * np.random.default_rng(0).standard_normal(current.size)
    sweep = Sweep("made", "made", "up", 60.0, None, current, voltage, None)

    def ours() -> PowerLaw:
        found = power_law_fit(split_parts(sweep, criterion=CRITERION), criterion=CRITERION, decades=1.5)
        assert isinstance(found, PowerLaw)
        return found

    def plain() -> Any:
        keep = np.abs(voltage) < 30.0 * CRITERION
        return curve_fit(naive, 1e3 * current[keep], 1e6 * voltage[keep], [0.0, 0.0, 49.0, 15.0])

    value, other, (found, peer) = pairs(ours, plain, count=9)
    remark = f"  ({1e3 * mean_current(found.fit)[0]:.3f} and {peer[0][2]:.3f} mA)"
    return Row("power law of one curve, both window checks", "ms", 1e3 * value, 50.0, 1e3 * other, remark)


def naive(current: FloatArray, offset: float, resistance: float, limit: float, exponent: float) -> FloatArray:
    """In mA and uV."""
    return offset + resistance * current + np.sign(current) * np.abs(current / limit) ** exponent


def self_field() -> Row:
    """Self-field Jc of 20 temperatures, s-wave."""
    value, other, (found, peer) = pairs(
        lambda: critical_current.self_field(TEMPERATURE, **FILM), lambda: plain_self_field(TEMPERATURE), count=9
    )
    difference = np.max(np.abs(np.asarray(found) / peer - 1.0))
    return Row(
        "self-field Jc of 20 temperatures", "ms", 1e3 * value, 5.0, 1e3 * other, f"  (they agree to {difference:.0e})"
    )


def plain_self_field(temperature: FloatArray) -> FloatArray:
    """Temperature by temperature by quad."""
    density = []
    for t in temperature:
        kt = BOLTZMANN_MEV * t
        gap = bcs.gap(t, gap_zero=FILM["gap_zero"], critical_temperature=FILM["critical_temperature"])

        def integrand(e: float, kt: float = kt, gap: float = float(gap)) -> float:
            return 1.0 / math.cosh(min(math.hypot(e, gap) / (2.0 * kt), 300.0)) ** 2

        rho = 1.0 - quad(integrand, 0.0, 60.0 * kt, epsabs=1e-13, epsrel=1e-11)[0] / (2.0 * kt)
        depth, half = 1e-9 * FILM["depth_zero"] / math.sqrt(rho), 0.5e-9 * FILM["thickness"]
        scale = FLUX_QUANTUM / (4.0 * math.pi * mu_0) * (math.log(FILM["kappa"]) + 0.5)
        density.append(scale / depth**3 * depth / half * math.tanh(half / depth))
    return np.array(density)


def demagnetisation() -> Row:
    """An ellipsoid of three axes."""

    def plain() -> float:
        def integrand(s: float) -> float:
            return 1.0 / ((s + 1.0) * math.sqrt((s + 900.0) * (s + 400.0) * (s + 1.0)))

        return 0.5 * 600.0 * quad(integrand, 0.0, math.inf, epsabs=1e-13, epsrel=1e-11)[0]

    value, other, (found, peer) = pairs(
        lambda: susceptibility.demagnetisation_factor(along=1.0, across=30.0, other=20.0), plain, count=49
    )
    remark = f"  (they agree to {abs(found / peer - 1.0):.0e})"
    return Row("demagnetisation of an ellipsoid", "us", 1e6 * value, 50.0, 1e6 * other, remark)


if __name__ == "__main__":
    main()
