"""Widths of diffraction lines by independent roads: Bragg's law, a grating of planes, numerical convolutions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import voigt_profile

from megabar.errors import DomainError
from megabar.physics import strain

WAVELENGTH = 0.6199


def voigt_by_convolution(gauss: float, lorentz: float) -> float:
    """Full width at half maximum of scipy's Voigt function."""
    sigma, gamma = gauss / math.sqrt(8.0 * math.log(2.0)), lorentz / 2.0
    half = 0.5 * voigt_profile(0.0, sigma, gamma)
    return 2.0 * float(brentq(lambda x: voigt_profile(x, sigma, gamma) - half, 0.0, 10.0 * (gauss + lorentz)))


@pytest.mark.parametrize("two_theta", [5.0, 12.0, 60.0])
def test_the_strain_is_the_relative_change_of_the_spacing_to_either_side(two_theta: float) -> None:
    spacing, change = WAVELENGTH / (2.0 * math.sin(math.radians(two_theta / 2.0))), 1e-5
    ends = [2.0 * math.degrees(math.asin(WAVELENGTH / (2.0 * spacing * (1.0 + s * change)))) for s in (1, -1)]
    assert strain.strain_width(two_theta, strain=change) == pytest.approx(ends[1] - ends[0], rel=1e-6)


def test_scherrers_width_is_that_of_a_stack_of_planes() -> None:
    planes, spacing = 400, 2.5
    theta = math.asin(WAVELENGTH / (2.0 * spacing))

    def intensity(angle: float) -> float:
        phase = 2.0 * math.pi * spacing * math.sin(angle) / WAVELENGTH
        return (math.sin(planes * phase) / (planes * math.sin(phase))) ** 2 - 0.5

    low = brentq(intensity, theta - 0.6 / planes, theta - 1e-7)
    high = brentq(intensity, theta + 1e-7, theta + 0.6 / planes)
    exact = 2.0 * math.degrees(high - low)
    found = strain.size_width(2.0 * math.degrees(theta), size=planes * spacing, wavelength=WAVELENGTH)
    assert found * (0.8859 / strain.SCHERRER) == pytest.approx(exact, rel=1e-3)  # 0.8859: two roots of sinc^2 = 1/2


def test_both_widths_add_and_an_infinite_size_leaves_the_reduced_form() -> None:
    angle = np.array([4.0, 9.0, 21.0])
    whole = strain.williamson_hall(angle, strain=0.0079, size=300.0, wavelength=WAVELENGTH)
    line = np.radians(whole) * np.cos(np.radians(angle / 2.0))
    slope, intercept = np.polyfit(4.0 * np.sin(np.radians(angle / 2.0)), line, 1)
    assert slope == pytest.approx(0.0079, rel=1e-9)
    assert 0.9 * WAVELENGTH / intercept == pytest.approx(300.0, rel=1e-9)
    reduced = strain.williamson_hall(angle, strain=0.0079, wavelength=WAVELENGTH)
    assert reduced == pytest.approx(strain.strain_width(angle, strain=0.0079), rel=1e-15)


@pytest.mark.parametrize("gauss", [0.0, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("lorentz", [0.001, 0.05, 0.2])
def test_the_width_of_a_voigt_line_is_that_of_the_convolution(gauss: float, lorentz: float) -> None:
    expected = voigt_by_convolution(gauss, lorentz) if gauss else lorentz
    assert strain.voigt_width(gauss, lorentz) == pytest.approx(expected, rel=4.5e-3)


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.6, 0.95])
def test_a_pseudo_voigt_is_cut_into_the_parts_that_made_it(ratio: float) -> None:
    lorentz, gauss = 0.2 * ratio, 0.2 * (1.0 - ratio)
    whole = strain.voigt_width(gauss, lorentz)
    share = lorentz / whole
    mixing = 1.36603 * share - 0.47719 * share**2 + 0.11116 * share**3
    found = strain.lorentz_and_gauss(whole, mixing=mixing)
    assert [float(part) for part in found] == pytest.approx([lorentz, gauss], rel=1e-9)


def test_lorentz_widths_subtract_and_gauss_widths_in_quadrature() -> None:
    assert strain.without_instrument(0.5, instrument=0.3, mixing=1.0) == pytest.approx(0.2, rel=1e-12)
    assert strain.without_instrument(0.5, instrument=0.3, mixing=0.0) == pytest.approx(0.4, rel=1e-12)
    assert strain.without_instrument(0.5, instrument=0.0, mixing=0.0) == pytest.approx(0.5, rel=1e-12)
    between = strain.without_instrument(0.5, instrument=0.3, mixing=0.5)
    assert 0.2 < between < 0.4


def test_a_line_convolved_with_the_instrument_gives_its_own_width_back() -> None:
    mixing = 0.6
    parts, own = (strain.lorentz_and_gauss(w, mixing=mixing) for w in (0.24, 0.10))
    measured = voigt_by_convolution(math.hypot(float(parts[1]), float(own[1])), float(parts[0] + own[0]))
    # Gauss parts add in quadrature, so the sum is a little more Lorentz-like than its parts: hence two per cent.
    assert strain.without_instrument(measured, instrument=0.10, mixing=mixing) == pytest.approx(0.24, rel=0.02)


def test_a_line_no_wider_than_the_instrument_has_no_width_of_its_own() -> None:
    rest = strain.without_instrument(np.array([0.1, 0.2]), instrument=0.1)
    assert math.isnan(rest[0])
    assert rest[1] == pytest.approx(0.1, rel=1e-12)


@pytest.mark.parametrize("wrong", [0.0, -3.0, 180.0, math.nan])
def test_impossible_angles_are_refused(wrong: float) -> None:
    with pytest.raises(DomainError, match="two_theta"):
        strain.strain_width(wrong, strain=0.01)


def test_impossible_sizes_mixings_and_widths_are_refused() -> None:
    with pytest.raises(DomainError, match="size"):
        strain.size_width(10.0, size=0.0, wavelength=1.0)
    with pytest.raises(DomainError, match="mixing"):
        strain.without_instrument(0.2, instrument=0.1, mixing=1.2)
    with pytest.raises(DomainError, match="line width"):
        strain.without_instrument(-0.2, instrument=0.1)
