"""Composition from volumes: printed cases, and mixtures that are put together and taken apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.errors import DomainError
from megabar.physics import composition
from megabar.physics.equation_of_state import vinet, vinet_work


def test_lanthanum_hydride_at_150_gpa() -> None:
    hydrogen = composition.half_molecular_volume(150.0)
    content = composition.hydrogen_content(33.20, metal_volume=14.65, hydrogen_volume=hydrogen)
    assert content == pytest.approx(9.4, abs=0.05)


def test_the_law_of_hydrogen_gives_the_pressure_and_the_work_back() -> None:
    volume = 2.0 * float(composition.half_molecular_volume(100.0))
    assert float(vinet(volume, **composition.MOLECULAR_HYDROGEN)) == pytest.approx(100.0, rel=1e-10)
    free = composition.MOLECULAR_HYDROGEN["volume_zero"]
    work, _ = quad(lambda v: float(vinet(v, **composition.MOLECULAR_HYDROGEN)), volume, free)
    assert float(vinet_work(volume, **composition.MOLECULAR_HYDROGEN)) == pytest.approx(work, rel=1e-8)


def test_a_hydride_that_is_put_together_comes_apart() -> None:
    metal, hydrogen = np.array([16.0, 15.0]), np.array([2.1, 1.9])
    hydride = metal + 9.5 * hydrogen
    found = composition.hydrogen_content(hydride, metal_volume=metal, hydrogen_volume=hydrogen)
    np.testing.assert_allclose(found, 9.5)
    by_reference = composition.content_from_reference(
        hydride, metal_volume=metal, reference_volume=metal + 4.0 * hydrogen, reference_content=4.0
    )
    np.testing.assert_allclose(by_reference, 9.5)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.7, 1.0])
def test_alloys_that_are_mixed_come_apart_by_the_same_rule(share: float) -> None:
    by_volume = (1.0 - share) * 33.0 + share * 30.0
    by_length = ((1.0 - share) * 33.0 ** (1 / 3) + share * 30.0 ** (1 / 3)) ** 3
    assert composition.zen_fraction(by_volume, first=33.0, second=30.0) == pytest.approx(share, abs=1e-12)
    assert composition.vegard_fraction(by_length, first=33.0, second=30.0) == pytest.approx(share, abs=1e-12)
    if 0.0 < share < 1.0:
        other = composition.vegard_fraction(by_volume, first=33.0, second=30.0)
        assert 1e-4 < abs(float(other) - share) < 0.02


def test_what_tells_nothing_is_refused() -> None:
    with pytest.raises(DomainError, match="equal volume"):
        composition.zen_fraction(31.0, first=30.0, second=30.0)
    with pytest.raises(DomainError, match="larger volume than its metal"):
        composition.content_from_reference(31.0, metal_volume=15.0, reference_volume=14.0, reference_content=9.0)
    with pytest.raises(DomainError, match="volume of hydrogen must be positive"):
        composition.hydrogen_content(31.0, metal_volume=15.0, hydrogen_volume=0.0)
