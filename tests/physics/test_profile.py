"""Shapes of lines: areas and half heights by numerical integrals, not by the formulas themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import cauchy, norm

from megabar.errors import DomainError
from megabar.physics import profile


@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
def test_a_line_has_unit_area_and_half_its_height_at_half_its_width(mixing: float) -> None:
    def line(x: float) -> float:
        return float(profile.pseudo_voigt(x, centre=12.0, fwhm=0.08, mixing=mixing))

    area = quad(line, -np.inf, 12.0)[0] + quad(line, 12.0, np.inf)[0]
    near = 2.0 * quad(line, 12.0, 12.0 + 4.0, points=[12.1], limit=200)[0]
    tail = 2.0 * mixing * float(cauchy.sf(4.0, scale=0.04))
    assert near + tail == pytest.approx(1.0, abs=1e-7)
    assert area == pytest.approx(1.0, abs=1e-5)
    assert line(12.04) == pytest.approx(0.5 * line(12.0), rel=1e-12)
    assert line(11.96) == pytest.approx(line(12.04), rel=1e-12)


def test_the_ends_of_the_mixing_are_the_distributions_of_gauss_and_cauchy() -> None:
    x = np.linspace(9.0, 11.0, 41)
    sigma = 0.3 / np.sqrt(8.0 * np.log(2.0))
    np.testing.assert_allclose(profile.gaussian(x, centre=10.0, fwhm=0.3), norm.pdf(x, 10.0, sigma), rtol=1e-12)
    np.testing.assert_allclose(profile.lorentzian(x, centre=10.0, fwhm=0.3), cauchy.pdf(x, 10.0, 0.15), rtol=1e-12)


def test_strain_alone_gives_a_width_that_grows_with_the_tangent() -> None:
    strain = 2e-3
    # delta d/d = strain moves a line by 2 tan(theta) strain (radians of 2 theta); U is the square of that per tan^2.
    u = np.degrees(2.0 * strain) ** 2
    for angle in (10.0, 40.0, 90.0):
        tangent = np.tan(np.radians(angle / 2))
        assert profile.width(angle, u=u, v=0.0, w=0.0) == pytest.approx(np.degrees(2.0 * strain * tangent))


@pytest.mark.parametrize(
    "call",
    [
        lambda: profile.gaussian(1.0, centre=1.0, fwhm=0.0),
        lambda: profile.lorentzian(1.0, centre=1.0, fwhm=float("nan")),
        lambda: profile.pseudo_voigt(1.0, centre=1.0, fwhm=0.1, mixing=1.1),
        lambda: profile.width(40.0, u=0.0, v=-1.0, w=0.1),
    ],
)
def test_impossible_shapes_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DomainError):
        call()
