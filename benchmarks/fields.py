"""Timings of critical fields beside scipy alone: `python benchmarks/fields.py` prints one table.

The plain way solves the WHH equation for each temperature by brentq with scipy's digamma and fits it by least squares
with numerical derivatives. Both sides of a ratio are timed in turn in one process and the medians over the pairs are
printed. Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import OptimizeResult, brentq, least_squares
from scipy.special import digamma

sys.path.insert(0, str(Path(__file__).parent))
from run import FloatArray, Row, heading, pairs, show

from megabar.analysis.field_models import field_model
from megabar.analysis.field_start import start_of_full
from megabar.fitting.least_squares import Fit, fit
from megabar.physics import critical_field

TEMPERATURE = np.linspace(5.0, 98.0, 20)
TRUTH = {"critical_temperature": 100.0, "slope": 2.0, "maki": 1.3, "spin_orbit": 0.7}
NOISE = 0.01


def main() -> None:
    heading("by scipy", "; 20 temperatures")
    for row in (curve(), full_fit()):
        show(row)


def curve() -> Row:
    """Hc2(T) with pair breaking by orbits, spins and spin-orbit scattering."""
    ours, plain, _ = pairs(
        lambda: critical_field.whh(TEMPERATURE, **TRUTH), lambda: plain_curve(TEMPERATURE, *TRUTH.values()), count=15
    )
    difference = np.max(
        np.abs(np.asarray(critical_field.whh(TEMPERATURE, **TRUTH)) / plain_curve(TEMPERATURE, *TRUTH.values()) - 1.0)
    )
    return Row("WHH curve, four parameters", "ms", 1e3 * ours, 5.0, 1e3 * plain, f"  (they agree to {difference:.0e})")


def full_fit() -> Row:
    """Slope, Tc, alpha and lambda from the automatic start of the analysis, errors included; lambda on its bound."""
    exact = plain_curve(TEMPERATURE, *TRUTH.values())
    sigma = NOISE * float(exact.max())
    field = exact + sigma * np.random.default_rng(0).standard_normal(exact.size)
    model = field_model("full").model

    def ours() -> Fit:
        start = start_of_full(model, TEMPERATURE, field, np.full(field.size, 1.0 / sigma))
        return fit(model, TEMPERATURE, field, sigma=sigma, start=start)

    value, plain, (found, other) = pairs(ours, lambda: plain_fit(field, sigma), count=9)
    remark = f"  (chi-square {found.chi_square:.4f} and {2.0 * other.cost:.4f})"
    return Row("WHH fit of four parameters, default start", "ms", 1e3 * value, 50.0, 1e3 * plain, remark)


def plain_curve(temperature: FloatArray, tc: float, slope: float, alpha: float, spin_orbit: float) -> FloatArray:
    """Root by root; the complex equation as it is printed."""

    def excess(h: float, t: float) -> float:
        gamma = np.sqrt(complex((alpha * h) ** 2 - (0.5 * spin_orbit) ** 2))
        part = 1j * spin_orbit / (4.0 * gamma)
        plus = digamma(0.5 + (h + 0.5 * spin_orbit + 1j * gamma) / (2.0 * t))
        minus = digamma(0.5 + (h + 0.5 * spin_orbit - 1j * gamma) / (2.0 * t))
        return float(((0.5 + part) * plus + (0.5 - part) * minus - digamma(0.5) + np.log(t)).real)

    reduced = [
        0.0 if t >= 1.0 else brentq(excess, 1e-9, 0.5, args=(t,), xtol=1e-14, rtol=1e-13) for t in temperature / tc
    ]
    return 0.25 * np.pi**2 * tc * slope * np.array(reduced)


def plain_fit(field: FloatArray, sigma: float) -> OptimizeResult:
    """Bounded least squares from one start near the truth."""
    return least_squares(
        lambda p: (plain_curve(TEMPERATURE, *p) - field) / sigma,
        [101.0, 1.8, 0.7, 1.0],
        bounds=([99.0, 0.1, 0.0, 1e-6], [200.0, 20.0, 20.0, 100.0]),
        x_scale=[10.0, 1.0, 1.0, 1.0],
    )


if __name__ == "__main__":
    main()
