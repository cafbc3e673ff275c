"""Demagnetisation against closed forms, known moments and sums to one; fields against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from megabar.errors import DomainError
from megabar.physics import susceptibility as sus


def test_sphere_and_spheroids() -> None:
    assert sus.demagnetisation_factor(along=2.0, across=2.0) == pytest.approx(1.0 / 3.0, rel=1e-12)
    for ratio in (0.05, 0.4, 3.0, 40.0):
        got = sus.demagnetisation_factor(along=ratio, across=1.0)
        if ratio > 1.0:
            e = math.sqrt(1.0 - ratio**-2)
            expected = (1.0 - e * e) / e**3 * (math.atanh(e) - e)
        else:
            e = math.sqrt(ratio**-2 - 1.0)
            expected = (1.0 + e * e) / e**3 * (e - math.atan(e))
        assert got == pytest.approx(expected, rel=1e-9)


def test_three_axes_add_up_to_one() -> None:
    a, b, c = 1.0, 2.3, 0.4
    total = sum(sus.demagnetisation_factor(along=x, across=y, other=z) for x, y, z in ((a, b, c), (b, a, c), (c, a, b)))
    assert total == pytest.approx(1.0, rel=1e-12)


def test_what_has_no_volume_or_field_is_refused() -> None:
    with pytest.raises(DomainError, match="needs its length"):
        sus.body_volume(along=1.0, across=2.0, shape="strip")
    with pytest.raises(DomainError, match="two lengths"):
        sus.body_volume(along=1.0, across=2.0, other=3.0, shape="cylinder")
    with pytest.raises(DomainError, match="no susceptibility in no field"):
        sus.susceptibility_of_moment(1e-9, field=0.0, volume=10.0)
    with pytest.raises(DomainError, match="penetration field"):
        sus.lower_from_penetration(-0.01, along=1.0, across=2.0)


def test_moment_of_a_screened_body_is_that_of_its_factor() -> None:
    """m = -V H/(1 - N) for a spheroid: the apparent susceptibility of chi = -1."""
    volume = sus.body_volume(along=10.0, across=40.0)
    n = sus.demagnetisation_factor(along=10.0, across=40.0)
    moment = -volume * 1e-18 * 2e-3 / (4e-7 * math.pi) / (1.0 - n)
    apparent = sus.susceptibility_of_moment(moment, field=2e-3, volume=volume)
    assert sus.intrinsic_susceptibility(apparent, demagnetisation=n) == pytest.approx(-1.0, rel=1e-6)


def test_thin_disc_has_its_moment() -> None:
    """-8 a^3/3 per field: 1/(1 - N) = 4 a/(3 pi b) for half the thickness b."""
    n = sus.demagnetisation_factor(along=1e-4, across=1.0, shape="cylinder")
    assert 1.0 / (1.0 - n) == pytest.approx(4.0 / (3.0 * np.pi) * 1e4, rel=1e-3)
    # A thin strip: -pi a^2 per length, 1/(1 - N) = pi a/(4 b).
    n = sus.demagnetisation_factor(along=1e-4, across=1.0, shape="strip")
    assert 1.0 / (1.0 - n) == pytest.approx(np.pi / 4.0 * 1e4, rel=2e-3)
    # A cylinder as high as wide has 0.31 to 0.35, a long one little.
    assert 0.30 < sus.demagnetisation_factor(along=1.0, across=1.0, shape="cylinder") < 0.40
    assert sus.demagnetisation_factor(along=100.0, across=1.0, shape="cylinder") < 0.01


def test_susceptibilities_are_each_others_inverse() -> None:
    for n in (0.0, 1.0 / 3.0, 0.95):
        apparent = np.asarray(sus.apparent_susceptibility([-1.0, -0.3, 0.01], demagnetisation=n))
        np.testing.assert_allclose(sus.intrinsic_susceptibility(apparent, demagnetisation=n), [-1.0, -0.3, 0.01])
    assert sus.apparent_susceptibility(-1.0, demagnetisation=1.0 / 3.0) == pytest.approx(-1.5)


def test_fields_of_one_superconductor() -> None:
    """lambda = 200 nm, xi = 2 nm."""
    xi, depth = 2.0, 200.0
    upper = 2.067833848e-15 / (2.0 * np.pi * (xi * 1e-9) ** 2)
    lower = float(sus.lower_critical_field(depth, kappa=100.0))
    assert lower == pytest.approx(2.067833848e-15 / (4 * np.pi * (2e-7) ** 2) * (math.log(100.0) + 0.5))
    assert sus.penetration_depth_from_fields(lower, upper=upper) == pytest.approx(depth, rel=1e-9)
    hc = float(sus.thermodynamic_field(depth, coherence_length=xi))
    assert upper == pytest.approx(math.sqrt(2.0) * 100.0 * hc, rel=1e-9)


def test_penetration_field_of_flat_samples() -> None:
    assert sus.penetration_field(0.1, along=1.0, across=1e-3, shape="cylinder") == pytest.approx(0.1)
    assert sus.penetration_field(0.1, along=1e-4, across=1.0, shape="strip") == pytest.approx(0.1 * 6e-3, rel=1e-3)


def test_refusals() -> None:
    for call, words in (
        (lambda: sus.demagnetisation_factor(along=1.0, across=1.0, shape="cube"), "shape"),  # type: ignore[arg-type]
        (lambda: sus.demagnetisation_factor(along=0.0, across=1.0), "positive"),
        (lambda: sus.demagnetisation_factor(along=1.0, across=1.0, other=1.0, shape="strip"), "two lengths"),
        (lambda: sus.intrinsic_susceptibility(0.5, demagnetisation=1.0), "within 0"),
        (lambda: sus.intrinsic_susceptibility(3.0, demagnetisation=0.5), "not possible"),
        (lambda: sus.apparent_susceptibility(-1.2, demagnetisation=0.9), "not possible"),
        (lambda: sus.lower_critical_field(100.0, kappa=0.5), "type I"),
        (lambda: sus.penetration_depth_from_fields(0.5, upper=1.0), "too near"),
        (lambda: sus.penetration_field(0.1, along=1.0, across=1.0, shape="ellipsoid"), "shape"),  # type: ignore[arg-type]
    ):
        with pytest.raises(DomainError, match=words):
            call()
