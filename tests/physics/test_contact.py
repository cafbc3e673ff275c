"""Contacts against kinetic theory, a random walk through the hole, potential theory and elasticity."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.constants import e, g, h, hbar, m_e
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import j1

from megabar.errors import DomainError
from megabar.physics.contact import (
    KNUDSEN_LIMIT,
    effective_modulus,
    fermi_wavenumber,
    indentation_force,
    indentation_pressure,
    knudsen,
    maxwell_diameter,
    maxwell_resistance,
    mean_pressure,
    path_product,
    regime_of,
    sharvin_diameter,
    sharvin_resistance,
    sharvin_resistance_of_free_electrons,
    wexler_diameter,
    wexler_factor,
    wexler_resistance,
)

FACTORS = ("nikolic", "wexler", "boltzmann")
METAL = {"resistivity": 3.7e-7, "mean_free_path": 8.0}
SHAPES: tuple[tuple[str, dict[str, float]], ...] = (
    ("flat punch", {"depth": 2.0}),
    ("cone", {"angle": 0.3}),
    ("paraboloid", {"tip_radius": 200.0}),
    ("sphere", {"tip_radius": 200.0}),
    ("sphere", {"tip_radius": 51.0}),
)
TABLE = Path(__file__).parents[1] / "reference" / "s2_contacts.csv"


# --- resistance and size


def test_maxwell_from_the_current_through_an_equipotential_disc() -> None:
    """j = I/(2 pi a sqrt(a^2 - r^2)) makes both discs equipotentials; the potential at the centre gives R."""
    a, rho = 50e-9, 3.7e-7
    # Each half-space adds rho/(2 pi) int j dA/r, at I = 1
    one_side = quad(lambda r: rho / (2.0 * np.pi * a) / np.sqrt(a**2 - r**2), 0.0, a)[0]
    assert maxwell_resistance(100.0, resistivity=rho) == pytest.approx(2.0 * one_side, rel=1e-8)


def test_sharvin_from_kinetic_theory() -> None:
    """Free electrons with k_F = 13.6/nm: current e^2 N v_F <cos>/2 through the hole; rho l of Drude with the same."""
    k = 13.6e9
    states = m_e * k / (np.pi**2 * hbar**2)
    mean_cosine = quad(lambda mu: mu / 2.0, 0.0, 1.0)[0]
    speed = hbar * k / m_e
    conductance = e**2 * states * speed * mean_cosine * np.pi * (10e-9) ** 2
    density = k**3 / (3.0 * np.pi**2)
    path = 40e-9
    resistivity = m_e * speed / (density * e**2 * path)
    found = sharvin_resistance(20.0, resistivity=resistivity, mean_free_path=40.0)
    assert found == pytest.approx(1.0 / conductance, rel=1e-9)
    assert sharvin_resistance_of_free_electrons(20.0, fermi_wavenumber=13.6) == pytest.approx(1.0 / conductance)
    assert path_product(13.6) == pytest.approx(resistivity * path, rel=1e-9)
    assert fermi_wavenumber(resistivity * path) == pytest.approx(13.6, rel=1e-9)


def test_the_wording_of_the_cerium_paper_holds_for_the_radius() -> None:
    """It prints (2h/e^2)/(a k_F)^2 + rho/(2a), 2h/e^2 "equal to 50 kohm", and calls a the diameter."""
    a, k = 15.0, 7.0
    assert 2.0 * h / e**2 == pytest.approx(50e3, rel=0.04)
    assert sharvin_resistance_of_free_electrons(2.0 * a, fermi_wavenumber=k) == pytest.approx(
        2.0 * h / e**2 / (a * k) ** 2
    )
    assert sharvin_resistance_of_free_electrons(2.0 * a, fermi_wavenumber=k) == pytest.approx(
        h / (2.0 * e**2) * 4.0 / (k * a) ** 2
    )
    assert maxwell_resistance(2.0 * a, resistivity=4e-7) == pytest.approx(4e-7 / (2.0 * a * 1e-9))


def test_sharvin_and_maxwell_are_equal_at_k_of_3_pi_over_8() -> None:
    d = 2.0 * METAL["mean_free_path"] * 8.0 / (3.0 * np.pi)
    assert knudsen(d, mean_free_path=METAL["mean_free_path"]) == pytest.approx(3.0 * np.pi / 8.0)
    assert sharvin_resistance(d, **METAL) == pytest.approx(maxwell_resistance(d, resistivity=3.7e-7))


def test_limits_of_the_factors() -> None:
    limits = {"nikolic": 0.6241, "wexler": 0.6940, "boltzmann": 0.7205}
    for factor in FACTORS:
        assert wexler_factor(0.0, factor=factor) == 1.0
        assert wexler_factor(np.inf, factor=factor) == pytest.approx(limits[factor], abs=5e-5)
        assert wexler_factor(1e15, factor=factor) == pytest.approx(limits[factor], abs=5e-5)
        k = np.geomspace(1e-3, 1e6, 400)
        assert np.all(np.diff(wexler_factor(k, factor=factor)) < 0.0)
    assert wexler_factor(2.0) == pytest.approx((1.0 + 0.83 * 2.0) / (1.0 + 1.33 * 2.0))


def test_exact_limit_from_the_electrons_that_scatter_back() -> None:
    """R/R_Sharvin - 1 = (8/pi) (a/l) J to first order, J = int (Omega/4pi)^2 dV over the half-space in units of a.

    With Omega = 2 pi int J1(k) J0(k rho) exp(-k z) dk, the solid angle of the hole, J = (pi/4) int (J1(k)/k)^2 dk.
    """
    ends = [0.0, *np.arange(10.0, 400.0, 10.0)]
    parts = [quad(lambda k: (j1(k) / k) ** 2, low, high)[0] for low, high in pairwise(ends)]
    tail = 1.0 / (2.0 * np.pi * ends[-1] ** 2)  # J1^2 averages to 1/(pi k)
    volume = np.pi / 4.0 * (sum(parts) + tail)
    assert volume == pytest.approx(1.0 / 3.0, rel=1e-6)
    first_order = 8.0 / np.pi * volume / (3.0 * np.pi / 8.0)
    assert KNUDSEN_LIMIT["boltzmann"] == pytest.approx(first_order, rel=1e-6)


def share_let_through(path: float, n: int, rng: np.random.Generator) -> float:
    """G/G_Sharvin of a hole of radius 1: the mean of (-1)^(hits of the hole) over random walks that begin in it.

    Electrons start as they would leave the hole, scatter isotropically after exponential paths, and are mirrored by
    the plane; by symmetry what comes back to the hole counts as mirrored with the other sign. Beyond a radius of 6 the
    rest of the walk is taken from the solution of the diffusion equation, 1 - C/r.
    """
    radius, angle = np.sqrt(rng.random(n)), 2.0 * np.pi * rng.random(n)
    place = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(n)])
    direction = pointing(np.sqrt(rng.random(n)), rng)
    sign = np.ones(n)
    total = far = 0.0
    while sign.size:
        step = -path * np.log(rng.random(sign.size))
        end = place + step * direction
        through = end[2] < 0.0
        at = np.where(through, -place[2] / np.where(direction[2] == 0.0, 1.0, direction[2]), 0.0)
        cross = place + at * direction
        sign = np.where(through & (cross[0] ** 2 + cross[1] ** 2 < 1.0), -sign, sign)
        place = np.stack([end[0], end[1], np.abs(end[2])])
        direction = pointing(2.0 * rng.random(sign.size) - 1.0, rng)
        distance = np.sqrt(np.sum(place**2, axis=0))
        out = distance > 6.0
        total += float(np.sum(sign[out]))
        far += float(np.sum(sign[out] / distance[out]))
        place, direction, sign = place[:, ~out], direction[:, ~out], sign[~out]
    return total / n / (1.0 + 0.75 * far / n / path)


def pointing(cosine: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    angle, sine = 2.0 * np.pi * rng.random(cosine.size), np.sqrt(1.0 - cosine**2)
    return np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine])


@pytest.mark.parametrize("k", [1.0, 3.0])
def test_wexler_resistance_against_a_random_walk(k: float) -> None:
    """The walk's resistance has an error of 0.5 % (K = 1) and 0.35 % (K = 3)."""
    share = share_let_through(k, 150_000, np.random.default_rng(7))
    simulated = sharvin_resistance(2.0, resistivity=1e-8, mean_free_path=k) / share
    found = {f: wexler_resistance(2.0, resistivity=1e-8, mean_free_path=k, factor=f) / simulated for f in FACTORS}
    assert found["boltzmann"] == pytest.approx(1.0, abs=0.015)
    assert found["wexler"] == pytest.approx(1.0, abs=0.015)
    assert 0.95 < found["nikolic"] < 0.99


@given(st.floats(1e-3, 1e6), st.floats(1e-10, 1e-4), st.floats(1e-2, 1e5), st.sampled_from(FACTORS))
def test_every_resistance_has_its_diameter(resistance: float, rho: float, path: float, factor: Any) -> None:
    d = wexler_diameter(resistance, resistivity=rho, mean_free_path=path, factor=factor)
    back = wexler_resistance(d, resistivity=rho, mean_free_path=path, factor=factor)
    assert back == pytest.approx(resistance, rel=1e-12)
    assert d >= sharvin_diameter(resistance, resistivity=rho, mean_free_path=path)
    assert d >= KNUDSEN_LIMIT[factor] * maxwell_diameter(resistance, resistivity=rho)


@pytest.mark.parametrize("factor", FACTORS)
def test_wexler_diameter_by_brents_method(factor: Any) -> None:
    for resistance in (0.1, 5.0, 40.0, 3e3):
        expected = brentq(
            lambda d, r=resistance: float(wexler_resistance(d, **METAL, factor=factor)) - r, 1e-3, 1e5, xtol=1e-13
        )
        assert wexler_diameter(resistance, **METAL, factor=factor) == pytest.approx(expected, rel=1e-12)


def test_wexler_tends_to_the_two_laws() -> None:
    for factor in FACTORS:
        tiny = wexler_diameter(1e9, **METAL, factor=factor) / sharvin_diameter(1e9, **METAL)
        wide = wexler_diameter(1e-5, **METAL, factor=factor) / maxwell_diameter(1e-5, resistivity=3.7e-7)
        assert tiny == pytest.approx(1.0, abs=1e-3)
        assert wide == pytest.approx(1.0, abs=1e-5)
    choice = [wexler_diameter(2e4, **METAL, factor=f) for f in ("nikolic", "wexler")]
    assert choice[1] > choice[0]


def test_simple_laws_invert_each_other() -> None:
    d = np.geomspace(0.5, 1e4, 50)
    np.testing.assert_allclose(maxwell_diameter(maxwell_resistance(d, resistivity=3e-7), resistivity=3e-7), d)
    np.testing.assert_allclose(sharvin_diameter(sharvin_resistance(d, **METAL), **METAL), d)


def test_printed_sizes_of_the_cerium_contacts() -> None:
    """Rows 1 to 79 of the table follow Maxwell's law with 37 microohm cm; five digits were printed at most."""
    table = np.loadtxt(TABLE, delimiter=",", skiprows=4)[:79]
    d = maxwell_diameter(table[:, 1], resistivity=37e-8)
    np.testing.assert_allclose(d, table[:, 2], rtol=8e-3)


# --- regimes


def test_regimes_by_their_rule() -> None:
    """l_el = 30 nm, l_in = 1000 nm: ballistic below a = 30 nm, diffusive below sqrt(30 1000/3) = 100 nm."""
    radius = np.array([29.9, 30.1, 99.9, 100.1])
    found = regime_of(2.0 * radius, elastic=30.0, inelastic=1000.0)
    assert list(found) == ["ballistic", "intermediate", "intermediate", "thermal"]
    assert list(regime_of(2.0 * radius, elastic=30.0)) == ["ballistic"] + 3 * ["intermediate"]


def test_no_contact_is_ballistic_where_electrons_lose_their_energy() -> None:
    assert regime_of(20.0, elastic=30.0, inelastic=9.0) == "thermal"
    assert regime_of(20.0, elastic=300.0, inelastic=9.0) == "intermediate"
    assert type(regime_of(20.0, elastic=300.0)) is str


# --- pressure


def test_effective_modulus_of_like_and_of_rigid_bodies() -> None:
    both = effective_modulus(100.0, poisson=0.3, tip_modulus=100.0, tip_poisson=0.3)
    assert both == pytest.approx(100.0 / 2.0 / (1.0 - 0.09))
    assert effective_modulus(100.0, poisson=0.3) == pytest.approx(2.0 * both)
    assert effective_modulus(1e9, poisson=0.3, tip_modulus=50.0, tip_poisson=0.5) == pytest.approx(50.0 / 0.75)


@pytest.mark.parametrize(("shape", "own"), SHAPES)
def test_pressure_adds_up_to_the_force(shape: Any, own: dict[str, float]) -> None:
    """int 2 pi r p(r) dr with r = a sin(t), which takes the singular edge of the punch away."""
    a = 50.0
    press = {"contact_radius": a, "modulus": 80.0, "shape": shape, **own}
    total = quad(
        lambda t: 2.0 * np.pi * a**2 * np.sin(t) * np.cos(t) * float(indentation_pressure(a * np.sin(t), **press)),
        0.0,
        np.pi / 2.0,
    )[0]
    assert indentation_force(a, modulus=80.0, shape=shape, **own) == pytest.approx(total, rel=1e-9)


def depth_of(shape: str, a: float, own: dict[str, float]) -> float:
    """Indentation depth by Galin and Sneddon: d = a int_0^a f'(r) dr/sqrt(a^2 - r^2) for the profile f(r)."""
    slope: dict[str, Callable[[float], float]] = {
        "cone": lambda r: np.tan(own["angle"]) + 0.0 * r,
        "paraboloid": lambda r: r / own["tip_radius"],
        "sphere": lambda r: r / np.sqrt(own["tip_radius"] ** 2 - r**2),
    }
    if shape == "flat punch":
        return own["depth"]
    return a * float(quad(lambda t: slope[shape](a * np.sin(t)), 0.0, np.pi / 2.0)[0])


@pytest.mark.parametrize(("shape", "own"), SHAPES)
def test_pressure_presses_the_surface_to_the_tip(shape: Any, own: dict[str, float]) -> None:
    """Boussinesq: the surface sinks by (1/pi E*) int p/r dA = (2/E*) int p dr in the middle, which is the depth."""
    a, modulus = 50.0, 80.0
    press = {"contact_radius": a, "modulus": modulus, "shape": shape, **own}
    sunk = quad(lambda t: a * np.cos(t) * float(indentation_pressure(a * np.sin(t), **press)), 0.0, np.pi / 2.0)[0]
    assert 2.0 / modulus * sunk == pytest.approx(depth_of(shape, a, own), rel=1e-8)


@pytest.mark.parametrize(("shape", "own"), SHAPES[1:])
def test_stiffness_is_that_of_a_punch(shape: Any, own: dict[str, float]) -> None:
    """dF/dd = 2 E* a for every shape."""
    a, step = 50.0, 1e-3
    force = [float(indentation_force(x, modulus=80.0, shape=shape, **own)) for x in (a - step, a + step)]
    depth = [depth_of(shape, x, own) for x in (a - step, a + step)]
    assert (force[1] - force[0]) / (depth[1] - depth[0]) == pytest.approx(2.0 * 80.0 * a, rel=1e-5)


def test_the_sphere_by_its_integral_as_printed_with_the_square_root() -> None:
    a, tip = 60.0, 61.0
    for r in (0.0, 7.0, 30.0, 59.0):
        # x = sqrt(r^2 + s^2) in the integral over x of the paper, with the root that it lacks
        integral = quad(
            lambda s, r=r: tip / (tip**2 - r**2 - s**2) + np.arctanh(np.hypot(r, s) / tip) / max(np.hypot(r, s), 1e-12),
            0.0,
            np.sqrt(a**2 - r**2),
            epsrel=1e-12,
            epsabs=0.0,
        )[0]
        found = indentation_pressure(r, contact_radius=a, modulus=80.0, shape="sphere", tip_radius=tip)
        assert found == pytest.approx(80.0 / np.pi * integral, rel=1e-10)


def test_a_large_sphere_is_hertz_paraboloid() -> None:
    r = np.linspace(0.0, 50.0, 11)
    both = [
        indentation_pressure(r, contact_radius=50.0, modulus=80.0, shape=shape, tip_radius=5e5)
        for shape in ("sphere", "paraboloid")
    ]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-6, atol=1e-12)
    force = [indentation_force(50.0, modulus=80.0, shape=s, tip_radius=5e5) for s in ("sphere", "paraboloid")]
    assert force[0] == pytest.approx(force[1], rel=1e-7)
    assert both[1][0] == pytest.approx(1.5 * force[1] / (np.pi * 50.0**2))


def test_the_force_of_a_sphere_is_one_function_across_its_series() -> None:
    ratio = 0.2
    force = [indentation_force(ratio + step, modulus=1.0, shape="sphere", tip_radius=1.0) for step in (-1e-9, 1e-9)]
    slope = 2.0 * ratio * (np.arctanh(ratio) + ratio / (1.0 - ratio**2))  # 2 E* a dd/da
    assert (force[1] - force[0]) / 2e-9 == pytest.approx(slope, rel=1e-5)


def test_pressure_at_the_edges() -> None:
    flat = {"contact_radius": 50.0, "modulus": 80.0, "shape": "flat punch", "depth": 2.0}
    cone = {"contact_radius": 50.0, "modulus": 80.0, "shape": "cone", "angle": 0.3}
    assert indentation_pressure(50.0, **flat) == np.inf
    assert indentation_pressure(0.0, **cone) == np.inf
    for shape, own in SHAPES:
        press = {"contact_radius": 50.0, "modulus": 80.0, "shape": shape, **own}
        np.testing.assert_array_equal(indentation_pressure([50.001, 1e6], **press), [0.0, 0.0])


def test_100_mg_on_100_nm_make_about_100_gpa() -> None:
    """The cerium paper's estimate, and its limit of some hundred MPa by the strength of the needle."""
    force = 100e-6 * g * 1e9
    free = mean_pressure(force, contact_radius=50.0)
    assert free.pressure == pytest.approx(125.0, rel=0.01)
    assert free.capped is False
    blunt = mean_pressure(force, contact_radius=50.0, strength=0.3)
    assert blunt.pressure == 0.3
    assert blunt.load_over_area == free.pressure
    assert blunt.capped is True
    both = mean_pressure([1.0, force], contact_radius=50.0, strength=0.3)
    assert list(both.capped) == [False, True]
    assert np.shape(both.load_over_area) == (2,)


# --- arguments

BAD = [0.0, -1.0, np.nan, np.inf]


@pytest.mark.parametrize("bad", BAD)
def test_bad_sizes_and_metals_are_refused(bad: float) -> None:
    for law in (sharvin_resistance, wexler_resistance, sharvin_diameter, wexler_diameter):
        for arguments in (
            (bad, METAL),
            (10.0, {**METAL, "resistivity": bad}),
            (10.0, {**METAL, "mean_free_path": bad}),
        ):
            with pytest.raises(DomainError, match="must be positive"):
                law([arguments[0], arguments[0]], **arguments[1])
    for call in (
        lambda: maxwell_resistance(bad, resistivity=1e-7),
        lambda: maxwell_diameter(10.0, resistivity=bad),
        lambda: sharvin_resistance_of_free_electrons(10.0, fermi_wavenumber=bad),
        lambda: path_product(bad),
        lambda: fermi_wavenumber(bad),
        lambda: knudsen(10.0, mean_free_path=bad),
        lambda: regime_of(bad, elastic=10.0),
        lambda: regime_of(10.0, elastic=bad),
        lambda: regime_of(10.0, elastic=10.0, inelastic=bad),
        lambda: mean_pressure(1.0, contact_radius=bad),
        lambda: indentation_force(bad, modulus=1.0, shape="cone", angle=0.1),
        lambda: indentation_pressure(1.0, contact_radius=5.0, modulus=bad, shape="cone", angle=0.1),
        lambda: indentation_pressure(1.0, contact_radius=5.0, modulus=1.0, shape="cone", angle=bad),
        lambda: indentation_pressure(1.0, contact_radius=5.0, modulus=1.0, shape="sphere", tip_radius=bad),
    ):
        with pytest.raises(DomainError, match="positive"):
            call()


def test_other_bad_arguments_are_refused() -> None:
    with pytest.raises(DomainError, match="one of nikolic, wexler, boltzmann, found 'holm'"):
        wexler_diameter(1.0, **METAL, factor="holm")
    with pytest.raises(DomainError, match="Knudsen number"):
        wexler_factor(-1.0)
    with pytest.raises(DomainError, match="one of flat punch, cone, sphere, paraboloid, found 'cube'"):
        indentation_force(1.0, modulus=1.0, shape="cube", depth=1.0)
    with pytest.raises(DomainError, match="needs tip_radius alone, found none"):
        indentation_force(1.0, modulus=1.0, shape="sphere")
    with pytest.raises(DomainError, match="needs angle alone, found depth, angle"):
        indentation_force(1.0, modulus=1.0, shape="cone", angle=0.1, depth=1.0)
    with pytest.raises(DomainError, match="below pi/2"):
        indentation_force(1.0, modulus=1.0, shape="cone", angle=1.6)
    for call in (indentation_force, lambda a, **rest: indentation_pressure(0.5, contact_radius=a, **rest)):
        with pytest.raises(DomainError, match="below the tip radius"):
            call(2.0, modulus=1.0, shape="sphere", tip_radius=2.0)
    with pytest.raises(DomainError, match="radius must be zero or positive"):
        indentation_pressure([1.0, -1.0], contact_radius=5.0, modulus=1.0, shape="cone", angle=0.1)
    for poisson in (-1.0, 0.51, np.nan):
        with pytest.raises(DomainError, match="Poisson"):
            effective_modulus(1.0, poisson=poisson)
    with pytest.raises(DomainError, match="rigid"):
        effective_modulus(np.inf, poisson=0.3)
    with pytest.raises(DomainError, match="strength"):
        mean_pressure(1.0, contact_radius=1.0, strength=0.0)
    with pytest.raises(DomainError, match="force"):
        mean_pressure(np.nan, contact_radius=1.0)


def test_scalars_in_floats_out_and_shapes_broadcast() -> None:
    for law in (sharvin_resistance, wexler_resistance, sharvin_diameter, wexler_diameter):
        assert type(law(10, **METAL)) is float
        assert np.shape(law([[1.0], [2.0]], resistivity=[1e-7, 2e-7, 3e-7], mean_free_path=5.0)) == (2, 3)
        assert np.shape(law(np.empty(0), **METAL)) == (0,)
    table = wexler_diameter([1.0, 10.0], **METAL)
    assert table[1] == wexler_diameter(10.0, **METAL)
    for shape, own in SHAPES:
        press = {"modulus": 80.0, "shape": shape, **own}
        assert type(indentation_force(50, **press)) is float
        assert type(indentation_pressure(10, contact_radius=50, **press)) is float
        assert np.shape(indentation_pressure([[1.0], [2.0]], contact_radius=[40.0, 50.0], **press)) == (2, 2)
        assert np.shape(indentation_pressure(np.empty(0), contact_radius=50.0, **press)) == (0,)
    assert type(knudsen(10, mean_free_path=3)) is float
    assert type(wexler_factor(2)) is float
