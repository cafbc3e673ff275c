"""Laws of the critical current: parameters come back, the right one is chosen, errors cover, a film gives its gap."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from megabar.analysis.current_laws import NAMES, LawFits, Points, fit_laws, law_model
from megabar.analysis.current_settings import PINNING, Law, Settings
from megabar.errors import DataError
from megabar.physics import critical_current as physics

FloatArray = NDArray[np.float64]
TEMPERATURE = np.linspace(60.0, 75.0, 9)
TC, ZERO = 78.0, 0.9
FILM = Settings(width=1.0, thickness=0.05, kappa=2.0)


def exact(mechanism: physics.Mechanism, t: FloatArray = TEMPERATURE) -> FloatArray:
    return np.asarray(physics.pinning(t, critical_temperature=TC, density_zero=ZERO, mechanism=mechanism))


def points(current: FloatArray, sigma: FloatArray, seed: int | None = None, t: FloatArray = TEMPERATURE) -> Points:
    noise = 0.0 if seed is None else sigma * np.random.default_rng(seed).standard_normal(t.size)
    return Points(t, current + noise, sigma, None)


def noise_of_separation(mechanism: physics.Mechanism, separation: float, shares: FloatArray) -> FloatArray:
    """Errors in the given shares for which the best fits of both laws to exact data differ by `separation` of them."""
    sigma = shares
    for _ in range(20):
        found = fit_laws(points(exact(mechanism), sigma), Settings())
        curves = [found.fits[law].fit.fitted for law in PINNING]
        apart = float(np.sqrt(np.sum(((curves[0] - curves[1]) / sigma) ** 2)))
        sigma = sigma * apart / separation
    return sigma


def test_every_law_has_a_name_and_a_model() -> None:
    assert set(NAMES) == set(get_args(Law))
    for law in get_args(Law):
        assert law_model(law, FILM).formula


@pytest.mark.parametrize("mechanism", PINNING)
def test_exact_currents_come_back(mechanism: physics.Mechanism) -> None:
    found = fit_laws(points(exact(mechanism), 1e-3 * exact(mechanism)), Settings())
    assert found.chosen == mechanism
    one = found.fits[mechanism]
    assert one.zero == pytest.approx(ZERO, rel=1e-6)
    assert one.fit.values["critical_temperature"] == pytest.approx(TC, rel=1e-7)


def test_a_held_critical_temperature_is_held() -> None:
    found = fit_laws(points(exact("delta-l"), 0.01 * exact("delta-l"), seed=1), Settings(critical_temperature=TC))
    assert found.fits["delta-l"].fit.values["critical_temperature"] == TC
    assert found.fits["delta-l"].zero == pytest.approx(ZERO, rel=0.05)


def test_a_critical_temperature_below_the_points_is_refused() -> None:
    with pytest.raises(DataError, match="Tc 70 K is not above the warmest critical current"):
        fit_laws(points(exact("delta-l"), 0.01 * exact("delta-l")), Settings(critical_temperature=70.0))


def test_two_temperatures_make_no_law() -> None:
    t = TEMPERATURE[:2]
    with pytest.raises(DataError, match="2 critical currents, 3 temperatures are needed"):
        fit_laws(points(exact("delta-l", t), np.full(2, 1e-3), t=t), Settings())


def test_currents_that_rise_with_temperature_have_no_law() -> None:
    with pytest.raises(DataError, match="does not fall to zero"):
        fit_laws(points(exact("delta-l")[::-1].copy(), np.full(9, 1e-4)), Settings())


def test_scatter_beyond_the_errors_widens_them() -> None:
    sigma = 1e-3 * exact("delta-l")
    rng = np.random.default_rng(4)
    tight = Points(TEMPERATURE, exact("delta-l") + 5.0 * sigma * rng.standard_normal(9), sigma, None)
    found = fit_laws(tight, Settings())
    assert found.by_scatter
    with_temperature = fit_laws(tight, Settings(temperature_error=0.05))
    assert not with_temperature.by_scatter


def wrong(mechanism: physics.Mechanism, sigma: FloatArray, seeds: range) -> int:
    found = [fit_laws(points(exact(mechanism), sigma, seed), Settings()) for seed in seeds]
    return sum(one.chosen != mechanism for one in found)


@pytest.mark.parametrize("mechanism", PINNING)
def test_the_true_mechanism_is_chosen(mechanism: physics.Mechanism) -> None:
    """30 cases whose best fits lie 6 noise units apart: 0.1 % would be wrong by chance."""
    assert wrong(mechanism, noise_of_separation(mechanism, 6.0, np.full(9, 0.01)), range(30)) <= 1


@pytest.mark.calibration
@pytest.mark.parametrize("mechanism", PINNING)
@pytest.mark.parametrize("shares", ["equal", "proportional"])
def test_the_true_mechanism_is_chosen_in_1000_cases_at_4_noise_units(
    mechanism: physics.Mechanism, shares: str, capsys: pytest.CaptureFixture[str]
) -> None:
    size = np.full(9, 0.01) if shares == "equal" else 0.1 * exact(mechanism)
    share = wrong(mechanism, noise_of_separation(mechanism, 4.0, size), range(1000)) / 1000.0
    with capsys.disabled():
        print(f"{mechanism}, {shares} noise: {100.0 * share:.1f} % wrong")  # noqa: T201
    assert share < 0.05


def deviations(mechanism: physics.Mechanism, count: int) -> FloatArray:
    """Distances of Ic(0) and Tc from the truth in errors, (count, 2), for errors of 2 % of the coldest current."""
    sigma = np.full(9, 0.01 * exact(mechanism)[0])
    rows = []
    for seed in range(count):
        one = fit_laws(points(exact(mechanism), sigma, seed), Settings(laws=(mechanism,))).fits[mechanism]
        tc_error = one.fit.errors["critical_temperature"]
        if one.zero_error is None or tc_error is None:
            continue
        rows.append(((one.zero - ZERO) / one.zero_error, (one.fit.values["critical_temperature"] - TC) / tc_error))
    assert len(rows) > 0.97 * count
    return np.array(rows)


@pytest.mark.parametrize("mechanism", PINNING)
def test_errors_of_laws_cover(mechanism: physics.Mechanism) -> None:
    """60 families: 68 % within one error, standard deviation of the share 6 %."""
    within = np.mean(np.abs(deviations(mechanism, 60)) < 1.0, axis=0)
    assert np.all((within > 0.50) & (within < 0.86))


@pytest.mark.calibration
@pytest.mark.parametrize("mechanism", PINNING)
def test_errors_of_laws_cover_in_2000_families(
    mechanism: physics.Mechanism, capsys: pytest.CaptureFixture[str]
) -> None:
    within = np.mean(np.abs(deviations(mechanism, 2000)) < 1.0, axis=0)
    with capsys.disabled():
        print(f"{mechanism}: Ic(0) {100.0 * within[0]:.1f} %, Tc {100.0 * within[1]:.1f} %")  # noqa: T201
    assert np.all((within >= 0.65) & (within <= 0.71))


def aluminium(pairing: str, share: float, seed: int) -> LawFits:
    """A film of Al: Delta(0) = 0.182 meV, Tc = 1.2 K, lambda(0) = 110 nm, 50 nm thick, 1 um wide."""
    t = np.linspace(0.1, 1.15, 15)
    density = physics.self_field(
        t,
        critical_temperature=1.2,
        gap_zero=0.182,
        depth_zero=110.0,
        kappa=2.0,
        thickness=50.0,
        pairing="s" if pairing == "s" else "d",
    )
    current = np.asarray(density) * 1e-6 * 50e-9
    return fit_laws(points(current, share * current, seed, t), FILM)


def test_a_film_of_aluminium_gives_its_gap_and_depth_to_one_per_cent() -> None:
    found = aluminium("s", 5e-3, 2)
    assert found.chosen == "self-field s"
    values = found.fits["self-field s"].fit.values
    assert values["gap_zero"] == pytest.approx(0.182, rel=0.01)
    assert values["depth_zero"] == pytest.approx(110.0, rel=0.01)
    assert values["critical_temperature"] == pytest.approx(1.2, rel=0.01)


def test_a_gap_with_nodes_is_told_from_one_without() -> None:
    assert aluminium("d", 5e-3, 3).chosen == "self-field d"
