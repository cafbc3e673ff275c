"""Critical currents against closed forms and printed numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.constants import mu_0

from megabar.errors import DomainError
from megabar.physics import critical_current as cc
from megabar.physics.superfluid import penetration_depth


def test_pinning_of_the_two_kinds() -> None:
    """74 mA through 30 um^2 at 60 K with Tc = 78 K: 2.9 MA/cm^2 at zero for delta-l (the printed 4 needs Tc 75.1 K)."""
    measured = 74e-3 / 30e-12 * 1e-10
    assert measured == pytest.approx(0.2467, abs=1e-4)
    for tc, zero in ((78.0, 2.9), (75.1, 4.0)):
        share = float(cc.pinning(60.0, critical_temperature=tc, density_zero=1.0, mechanism="delta-l"))
        assert measured / share == pytest.approx(zero, abs=0.06)
    both = [cc.pinning(5.0, critical_temperature=10.0, density_zero=2.0, mechanism=m) for m in ("delta-l", "delta-Tc")]  # type: ignore[arg-type]
    assert both == pytest.approx([2.0 * 0.75**2.5 / math.sqrt(1.25), 2.0 * 0.75 ** (7 / 6) * 1.25 ** (5 / 6)])
    assert np.all(
        np.asarray(cc.pinning([10.0, 20.0], critical_temperature=10.0, density_zero=1.0, mechanism="delta-l")) == 0.0
    )


def test_dew_hughes_peaks_at_one() -> None:
    b = np.linspace(0.0, 1.0, 1001)
    for p, q in ((0.5, 2.0), (1.0, 2.0), (1.0, 1.0)):
        force = np.asarray(cc.dew_hughes(b, low_power=p, high_power=q))
        assert force.max() == pytest.approx(1.0, abs=1e-5)
        assert b[force.argmax()] == pytest.approx(p / (p + q), abs=1e-3)
        assert force[0] == force[-1] == 0.0


def test_depairing() -> None:
    """lambda = 100 nm, xi = 10 nm: 1.008e12 A/m^2."""
    assert cc.depairing(100.0, coherence_length=10.0) == pytest.approx(1.0078e12, rel=1e-3)
    np.testing.assert_allclose(cc.depairing([100.0, 200.0], coherence_length=10.0)[1], 1.0078e12 / 4, rtol=1e-3)  # type: ignore[index]


FILM = {"critical_temperature": 1.2, "gap_zero": 0.18, "depth_zero": 50.0, "kappa": 0.85, "thickness": 20.0}


def test_self_field_of_thin_and_thick_films() -> None:
    thin = float(cc.self_field(0.3, **FILM))
    depth = 1e-9 * float(penetration_depth(0.3, depth_zero=50.0, gap_zero=0.18, critical_temperature=1.2))
    expected = 2.067833848e-15 / (4.0 * np.pi * mu_0) * (math.log(0.85) + 0.5) / depth**3
    # tanh(x)/x of a tenth or so is 1 - x^2/3.
    x = 10e-9 / depth
    assert thin == pytest.approx(expected * (1.0 - x**2 / 3.0), rel=1e-3)
    thick = float(cc.self_field(0.3, **{**FILM, "thickness": 5000.0}))
    assert thick == pytest.approx(expected * depth / 2.5e-6, rel=1e-6)
    assert cc.self_field(1.2, **FILM) == 0.0


def test_power_law() -> None:
    v = cc.power_law(
        [-2.0, 0.0, 1.0, 2.0], critical_current=1.0, voltage=1e-6, exponent=3.0, resistance=0.1, offset=0.5
    )
    assert v == pytest.approx([0.5 - 0.2 - 8e-6, 0.5, 0.6 + 1e-6, 0.7 + 8e-6])


def test_bean() -> None:
    """A square plate: Jc = 3 dM/w; a long one: 2 dM/w."""
    assert cc.bean(1000.0, width=1e-3, length=1e-3) == pytest.approx(3e6)
    assert cc.bean(1000.0, width=1e-3, length=1.0) == pytest.approx(2e6, rel=1e-3)


def test_refusals() -> None:
    for call, words in (
        (lambda: cc.pinning(1.0, critical_temperature=2.0, density_zero=1.0, mechanism="other"), "mechanism"),  # type: ignore[arg-type]
        (lambda: cc.dew_hughes(1.2, low_power=1.0, high_power=2.0), "within 0 .. 1"),
        (lambda: cc.self_field(0.3, **{**FILM, "kappa": 0.5}), "kappa"),
        (lambda: cc.power_law(1.0, critical_current=1.0, voltage=1.0, exponent=0.5), "exponent"),
        (lambda: cc.bean(1.0, width=2.0, length=1.0), "shorter edge"),
        (lambda: cc.depairing(-1.0, coherence_length=1.0), "positive"),
    ):
        with pytest.raises(DomainError, match=words):
            call()


def test_pulse_heating_solves_its_equation() -> None:
    """Against 200 pulses of C dT'/dt = P(t) - G T', step by step."""
    power, duration, period, capacity, conductance = 2e-3, 0.01, 0.05, 1e-6, 5e-5
    rise, top = 0.0, 0.0
    for _ in range(200):
        for length, heat in ((duration, power), (period - duration, 0.0)):
            steps = 2000
            for _ in range(steps):
                # The midpoint rule.
                half = rise + 0.5 * length / steps * (heat - conductance * rise) / capacity
                rise += length / steps * (heat - conductance * half) / capacity
            top = rise if heat else top
    found = cc.pulse_heating(power, duration=duration, period=period, heat_capacity=capacity, conductance=conductance)
    assert found == pytest.approx(top, rel=1e-6)


def test_pulse_heating_in_its_limits() -> None:
    kept = {"duration": 0.01, "heat_capacity": 1e-6}
    assert cc.pulse_heating(1e-3, period=1.0, conductance=0.0, **kept) == pytest.approx(10.0)
    assert cc.pulse_heating(1e-3, period=math.inf, conductance=1e-9, **kept) == pytest.approx(10.0, rel=1e-5)
    assert cc.pulse_heating(1e-3, period=0.01, conductance=1e-3, **kept) == pytest.approx(1.0)
    with pytest.raises(DomainError, match="longer than the period"):
        cc.pulse_heating(1e-3, period=0.001, conductance=1e-3, **kept)
