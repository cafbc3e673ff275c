"""The isotope exponent against the law it is the exponent of."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.errors import DomainError
from megabar.physics.isotope import isotope_exponent, isotope_exponent_error


@pytest.mark.parametrize("alpha", [0.5, 0.35, 0.0, -0.3])
@pytest.mark.parametrize("masses", [(1.00783, 2.0141), (198.0, 204.0)])
def test_a_power_law_comes_back(alpha: float, masses: tuple[float, float]) -> None:
    first, second = (203.0 * m**-alpha for m in masses)
    found = isotope_exponent(first, other_temperature=second, mass=masses[0], other_mass=masses[1])
    assert found == pytest.approx(alpha, abs=1e-12)
    # Which of the two is called first does not matter.
    assert isotope_exponent(second, other_temperature=first, mass=masses[1], other_mass=masses[0]) == pytest.approx(
        found
    )


def test_the_isotopes_of_mercury() -> None:
    """E. Maxwell 1950: natural mercury (200.6 u) 4.156 K, 198Hg 4.177 K: alpha near 1/2 within what 21 mK tell."""
    found = isotope_exponent(4.177, other_temperature=4.156, mass=198.0, other_mass=200.6)
    assert found == pytest.approx(0.39, abs=0.01)


def test_the_error_is_the_scatter_of_noisy_temperatures() -> None:
    rng = np.random.default_rng(0)
    masses = {"mass": 1.00783, "other_mass": 2.0141}
    light, heavy = (m + s * rng.standard_normal(4000) for m, s in ((115.0, 1.5), (85.0, 1.0)))
    scatter = np.std([isotope_exponent(a, other_temperature=b, **masses) for a, b in zip(light, heavy, strict=True)])
    error = isotope_exponent_error(115.0, other_temperature=85.0, error=1.5, other_error=1.0, **masses)
    assert error == pytest.approx(float(scatter), rel=0.04)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"critical_temperature": 0.0}, "critical temperature must be positive"),
        ({"other_temperature": float("nan")}, "other critical temperature"),
        ({"mass": -1.0}, "mass must be positive"),
        ({"mass": 2.0}, "needs two different ones"),
    ],
)
def test_what_has_no_exponent_is_refused(numbers: dict[str, float], words: str) -> None:
    good = {"critical_temperature": 100.0, "other_temperature": 80.0, "mass": 1.0, "other_mass": 2.0} | numbers
    with pytest.raises(DomainError, match=words):
        isotope_exponent(good.pop("critical_temperature"), **good)


def test_a_negative_error_is_refused() -> None:
    with pytest.raises(DomainError, match="error of the critical temperature"):
        isotope_exponent_error(100.0, other_temperature=80.0, mass=1.0, other_mass=2.0, error=-1.0, other_error=1.0)
