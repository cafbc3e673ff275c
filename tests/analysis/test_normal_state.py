"""Normal-state fits: exact data, saturation, outliers, and the lead table whose Theta depends on the range."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from megabar.analysis.normal_state import BLOCH_GRUNEISEN, Choices, fit_normal_state, resistance
from megabar.errors import DataError
from megabar.fitting.least_squares import fit

LEAD = (
    Path(__file__).resolve().parents[2].parent
    / "shared/data/measured/transport/mmdg-oxford__papers/Pb_resistivity_experimental.csv"
)
TEMPERATURE = np.linspace(85.0, 300.0, 216)


@pytest.fixture
def lead() -> tuple[np.ndarray, np.ndarray]:
    """Temperature (K) and resistivity (ohm m) of lead."""
    if not LEAD.exists():
        pytest.skip("the measured lead table is not beside this checkout")
    lines = [line for line in LEAD.read_text().splitlines() if not line.startswith("#")]
    rows = sorted((float(r["T_K"]), float(r["rho_uOhm_cm"]) * 1e-8) for r in csv.DictReader(lines))
    t, rho = np.array(rows).T
    return t, rho


def values(*, saturation_conductance: float = 0.0, residual: float = 0.3) -> dict[str, float]:
    return {
        "residual": residual,
        "amplitude": 2.0,
        "debye_temperature": 518.0,
        "saturation_conductance": saturation_conductance,
        "order": 5.0,
    }


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e5])
@pytest.mark.parametrize("conductance", [0.0, 0.2])
def test_exact_data_come_back(scale: float, conductance: float) -> None:
    truth = values(saturation_conductance=conductance)
    r = resistance(TEMPERATURE, **truth) * scale
    found = fit_normal_state(TEMPERATURE, r, Choices(window=(85.0, 300.0)))
    assert found.chosen.values["debye_temperature"] == pytest.approx(518.0, rel=1e-6)
    assert found.chosen.values["residual"] == pytest.approx(0.3 * scale, rel=1e-6)
    assert found.chosen.values["amplitude"] == pytest.approx(2.0 * scale, rel=1e-6)
    assert found.chosen.values["saturation_conductance"] == pytest.approx(conductance / scale, rel=1e-6, abs=1e-12)
    assert found.open is None


def test_saturation_is_chosen_only_when_it_is_there() -> None:
    rng = np.random.default_rng(0)
    wrong = 0
    for seed in range(15):
        rng = np.random.default_rng(seed)
        for conductance in (0.0, 0.3):
            r = resistance(TEMPERATURE, **values(saturation_conductance=conductance))
            noisy = r + 0.003 * r[0] * rng.standard_normal(r.size)
            found = fit_normal_state(TEMPERATURE, noisy, Choices(window=(85.0, 300.0)))
            wrong += (found.chosen is found.laws["saturated"]) != (conductance > 0.0)
    assert wrong <= 3


def test_an_outlier_is_named_and_left_out() -> None:
    r = resistance(TEMPERATURE, **values()) + 1e-4 * np.random.default_rng(1).standard_normal(TEMPERATURE.size)
    r[30] += 0.1
    found = fit_normal_state(TEMPERATURE, r, Choices(window=(85.0, 300.0), saturation="never"))
    assert found.outlier_temperatures == (TEMPERATURE[30],)
    assert found.chosen.values["debye_temperature"] == pytest.approx(518.0, abs=4 * 2.0)


def test_a_free_order_comes_back() -> None:
    truth = values() | {"order": 3.0}
    t = np.linspace(10.0, 300.0, 200)
    choices = Choices(window=(10.0, 300.0), order=None, saturation="never")
    found = fit_normal_state(t, resistance(t, **truth), choices)
    assert found.chosen.values["order"] == pytest.approx(3.0, rel=1e-6)


def test_too_few_points_are_refused_with_a_remedy() -> None:
    with pytest.raises(DataError, match=r"7 points between .*normal_window"):
        fit_normal_state(TEMPERATURE[:7], TEMPERATURE[:7], Choices(window=(85.0, 300.0)))


def test_falling_resistance_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="does not rise"):
        fit_normal_state(TEMPERATURE, 300.0 - TEMPERATURE, Choices(window=(85.0, 300.0)))


class TestLead:
    @pytest.mark.parametrize(("window", "theta", "within"), [((20.0, 150.0), 88.0, 3.0), ((50.0, 300.0), 113.0, 8.0)])
    def test_theta_depends_on_the_range(
        self, lead: tuple[np.ndarray, np.ndarray], window: tuple[float, float], theta: float, within: float
    ) -> None:
        found = fit_normal_state(*lead, Choices(window=window, residual=0.0, weights="relative"))
        assert found.chosen.values["debye_temperature"] == pytest.approx(theta, abs=within)
        assert found.open is None

    @pytest.mark.parametrize("window", [(20.0, 150.0), (50.0, 300.0)])
    @pytest.mark.parametrize("weights", ["relative", "uniform"])
    def test_with_r0_free_it_is_undetermined(
        self, lead: tuple[np.ndarray, np.ndarray], window: tuple[float, float], weights: str
    ) -> None:
        found = fit_normal_state(*lead, Choices(window=window, weights=weights))  # type: ignore[arg-type]
        assert found.open is not None
        assert "hold R0" in found.open

    def test_the_point_at_14_kelvin_is_an_outlier(self, lead: tuple[np.ndarray, np.ndarray]) -> None:
        found = fit_normal_state(*lead, Choices(window=(14.0, 150.0), residual=0.0, weights="relative"))
        assert found.outlier_temperatures == (14.0,)
        assert found.chosen.values["debye_temperature"] == pytest.approx(88.0, abs=3.0)


def test_the_gradient_that_the_fit_uses_is_that_of_the_law() -> None:
    point = values(saturation_conductance=0.2)
    assert BLOCH_GRUNEISEN.derivative is not None
    gradient = BLOCH_GRUNEISEN.derivative(TEMPERATURE, **point)
    for name in ("residual", "amplitude", "debye_temperature", "saturation_conductance"):
        step = 1e-5 * point[name]
        up, down = (resistance(TEMPERATURE, **(point | {name: point[name] + s})) for s in (step, -step))
        assert gradient[name] == pytest.approx((up - down) / (2.0 * step), rel=1e-5, abs=1e-12)


def test_a_saturated_fit_needs_no_start_values() -> None:
    t = np.linspace(85.0, 300.0, 2000)
    found = fit(BLOCH_GRUNEISEN, t, resistance(t, **values(saturation_conductance=0.2)))
    assert dict(found.values) == pytest.approx(values(saturation_conductance=0.2), rel=1e-6)


def test_a_residual_far_below_the_window_is_told(lead: tuple[np.ndarray, np.ndarray]) -> None:
    """Lead above 260 K is a line that thermal expansion bends: R0 takes most of it, and Theta is no lead's."""
    t, rho = lead
    hot = t > 260.0
    found = fit_normal_state(t[hot], rho[hot], Choices(window=(260.0, 600.0)))
    assert found.chosen.values["debye_temperature"] > 500.0
    assert found.open is not None or found.far_residual is not None
    near = fit_normal_state(TEMPERATURE, resistance(TEMPERATURE, **values()), Choices(window=(85.0, 300.0)))
    assert near.far_residual is None
