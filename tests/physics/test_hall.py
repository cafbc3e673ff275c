"""The Hall effect of free carriers, by Drude's time, by counting states, and for metals that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.constants import e, electron_mass, hbar

from megabar.errors import DomainError
from megabar.physics import hall

COPPER = 8.47e28
"""1/m^3, one electron an atom."""


def test_fermi_sphere_holds_all_carriers() -> None:
    """2 (4 pi/3) k^3/(2 pi)^3 states below k_F."""
    for n in (1e25, COPPER, 2.65e28):
        k = 1e9 * float(hall.fermi_wavevector(n))
        assert 2.0 * (4.0 * np.pi / 3.0) * k**3 / (2.0 * np.pi) ** 3 == pytest.approx(n, rel=1e-12)


@pytest.mark.parametrize("mass", [0.3, 1.0])
def test_mean_free_path_is_fermi_velocity_times_drude_time(mass: float) -> None:
    """The mass of the carriers cancels."""
    m, rho = mass * electron_mass, 2e-8
    time = m / (COPPER * e**2 * rho)
    velocity = hbar * (3.0 * np.pi**2 * COPPER) ** (1.0 / 3.0) / m
    assert hall.mean_free_path(COPPER, resistivity=rho) == pytest.approx(1e9 * velocity * time, rel=1e-12)
    assert hall.mobility(-1.0 / (COPPER * e), resistivity=rho) == pytest.approx(1e4 * e * time / m, rel=1e-12)


def test_copper() -> None:
    """Ashcroft and Mermin: k_F 1.36e8 1/cm, l near 42 nm at 273 K (1.56 uohm cm), R_H -7.4e-11 m^3/C."""
    assert hall.fermi_wavevector(COPPER) == pytest.approx(13.6, abs=0.05)
    assert hall.mean_free_path(COPPER, resistivity=1.56e-8) == pytest.approx(42.0, abs=1.0)
    assert hall.carrier_density(-7.37e-11) == pytest.approx(COPPER, rel=1e-3)
    # 1 um of copper: a tenth of a microvolt a tesla for 1 mA.
    assert hall.hall_coefficient(-7.37e-5, thickness=1.0) == pytest.approx(-7.37e-11)


def test_thickness_takes_no_part_in_the_sheet_density() -> None:
    for thickness in (0.1, 3.0):
        n = float(hall.carrier_density(hall.hall_coefficient(2e-4, thickness=thickness)))
        assert hall.sheet_density(2e-4) == pytest.approx(n * 1e-6 * thickness)


def test_arrays_and_scalars() -> None:
    slopes = np.array([1e-4, -2e-4])
    assert np.shape(hall.hall_coefficient(slopes, thickness=1.0)) == (2,)
    assert isinstance(hall.carrier_density(1e-10), float)
    np.testing.assert_allclose(hall.sheet_density(slopes), [hall.sheet_density(s) for s in slopes])


def test_nonsense_is_refused() -> None:
    with pytest.raises(DomainError, match="thickness must be positive"):
        hall.hall_coefficient(1e-4, thickness=0.0)
    with pytest.raises(DomainError, match="two kinds of carriers"):
        hall.carrier_density([1e-10, 0.0])
    with pytest.raises(DomainError, match="two kinds of carriers"):
        hall.sheet_density(0.0)
    with pytest.raises(DomainError, match="resistivity must be positive"):
        hall.mean_free_path(1e28, resistivity=-1e-8)
    with pytest.raises(DomainError, match="density must be positive"):
        hall.fermi_wavevector(np.nan)
    with pytest.raises(DomainError, match="finite"):
        hall.mobility(np.inf, resistivity=1e-8)
