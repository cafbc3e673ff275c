"""Superfluid density against direct integrals and its limits at low temperature and near Tc."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.errors import DomainError
from megabar.physics import superfluid
from megabar.physics.bcs import WEAK_COUPLING_ALPHA, gap

KELVIN = 0.08617333262
"""Boltzmann constant in meV/K."""
TC = 20.0
S_WAVE = {"gap_zero": WEAK_COUPLING_ALPHA * KELVIN * TC, "critical_temperature": TC}
D_WAVE = {"gap_zero": 2.14 * KELVIN * TC, "critical_temperature": TC, "pairing": "d"}


def excited(delta: float, kt: float) -> float:
    def kernel(e: float) -> float:
        return 1.0 / math.cosh(math.hypot(e, delta) / (2.0 * kt)) ** 2

    return quad(kernel, 0.0, 60.0 * kt, epsabs=1e-12, points=[delta, kt], limit=200)[0] / (2.0 * kt)


@pytest.mark.parametrize("t", [0.05, 0.3, 0.7, 0.95, 0.999])
def test_s_wave_against_the_integral(t: float) -> None:
    delta = float(gap(t * TC, gap_zero=S_WAVE["gap_zero"], critical_temperature=TC))
    rho = superfluid.superfluid_density(t * TC, **S_WAVE)
    assert rho == pytest.approx(1.0 - excited(delta, KELVIN * t * TC), abs=1e-8)


@pytest.mark.parametrize("t", [0.05, 0.3, 0.9])
def test_d_wave_against_a_double_integral(t: float) -> None:
    """With cos^2(phi) and over the whole circle, as it is written."""
    delta = float(gap(t * TC, gap_zero=D_WAVE["gap_zero"], critical_temperature=TC))  # type: ignore[arg-type]
    phi = (np.arange(8000) + 0.5) * 2.0 * np.pi / 8000
    kt = KELVIN * t * TC
    x, w = np.polynomial.legendre.leggauss(200)
    e = 30.0 * kt * (x + 1.0)
    inner = [30.0 * kt * float(w @ (1.0 / np.cosh(np.hypot(e, delta * math.cos(2 * p)) / (2 * kt)) ** 2)) for p in phi]
    rho = 1.0 - float(np.mean(2.0 * np.cos(phi) ** 2 * np.array(inner))) / (2.0 * kt)
    assert superfluid.superfluid_density(t * TC, **D_WAVE) == pytest.approx(rho, abs=1e-6)  # type: ignore[arg-type]


def test_limits() -> None:
    assert superfluid.superfluid_density([0.0, TC, 30.0], **S_WAVE).tolist() == [1.0, 0.0, 0.0]  # type: ignore[union-attr]
    # 1 - rho = sqrt(2 pi Delta/kT) exp(-Delta/kT) without nodes, (2 ln 2) kT/Delta with line nodes.
    x = S_WAVE["gap_zero"] / (KELVIN * 2.0)
    assert 1.0 - float(superfluid.superfluid_density(2.0, **S_WAVE)) == pytest.approx(
        math.sqrt(2.0 * np.pi * x) * math.exp(-x), rel=0.03
    )
    y = float(D_WAVE["gap_zero"]) / (KELVIN * 0.2)  # type: ignore[arg-type]
    low = 1.0 - float(superfluid.superfluid_density(0.2, **D_WAVE))  # type: ignore[arg-type]
    assert low == pytest.approx(2.0 * math.log(2.0) / y, rel=1e-3)
    # 2 (1 - t) of the weak-coupling gap near Tc.
    assert superfluid.superfluid_density(0.999 * TC, **S_WAVE) == pytest.approx(2e-3, rel=5e-3)


def test_penetration_depth() -> None:
    got = np.asarray(superfluid.penetration_depth([0.0, 10.0, TC], depth_zero=120.0, **S_WAVE))
    rho = float(superfluid.superfluid_density(10.0, **S_WAVE))
    assert got[:2] == pytest.approx([120.0, 120.0 / math.sqrt(rho)])
    assert np.isinf(got[2])


def test_refusals() -> None:
    with pytest.raises(DomainError, match="pairing must be"):
        superfluid.superfluid_density(1.0, gap_zero=1.0, critical_temperature=5.0, pairing="p")  # type: ignore[arg-type]
    for wrong in ({"gap_zero": 0.0}, {"critical_temperature": -1.0}):
        with pytest.raises(DomainError, match="must be positive"):
            superfluid.superfluid_density(1.0, **{**S_WAVE, **wrong})
