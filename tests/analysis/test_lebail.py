"""Le Bail refinement of simulated patterns: one minimum from every start, honest errors, phases that are not there."""

from __future__ import annotations

import time

import numpy as np
import pytest
from made_patterns import CELLS, WAVELENGTH, pattern
from numpy.typing import NDArray

from megabar.analysis import lebail_model as model
from megabar.analysis.lebail import state_at
from megabar.analysis.lebail_linear import solve
from megabar.analysis.lebail_model import Phase
from megabar.analysis.pattern_data import Pattern, noise
from megabar.analysis.pattern_fit import Fit, Options, correlated, fit
from megabar.errors import DataError
from megabar.physics import crystal

FloatArray = NDArray[np.float64]
GROUPS = {"CeH9": "P6_3/mmc", "CeH4": "I4/mmm"}
POSITIONS = {"CeH9": ((1 / 3, 2 / 3, 0.25),), "CeH4": ()}
OPTIONS = Options(((WAVELENGTH, 1.0),))


def _phase(name: str, cell: FloatArray | tuple[float, float]) -> Phase:
    return Phase(name, crystal.full_cell(tuple(cell), GROUPS[name]), GROUPS[name], 2, POSITIONS[name])


def _made(rng: np.random.Generator, **rest: object) -> Pattern:
    x, y = pattern(rng, **rest)  # type: ignore[arg-type]
    return Pattern("simulated", x, y, np.sqrt(np.maximum(y, 1.0)), WAVELENGTH, "counts")


def _off(rng: np.random.Generator, share: float) -> list[Phase]:
    return [_phase(name, np.array(cell) * (1.0 + share * rng.uniform(-1, 1, 2))) for name, cell in CELLS.items()]


def _cells(found: Fit) -> tuple[FloatArray, FloatArray]:
    return np.concatenate([p.free for p in found.phases]), np.concatenate([p.errors for p in found.phases])


TRUTH = np.array([*CELLS["CeH9"], *CELLS["CeH4"]])


def _starts_agree(count: int) -> list[float]:
    rng = np.random.default_rng(4)
    made = _made(rng)
    values, times = [], []
    for _ in range(count):
        phases = _off(rng, 0.02)
        begin = time.process_time()
        found = fit(made, phases, OPTIONS)
        times.append(time.process_time() - begin)
        cells, errors = _cells(found)
        values.append(cells)
    assert np.max(np.abs(np.array(values) - values[0]) / errors) < 0.1
    assert np.max(np.abs(values[0] - TRUTH) / errors) < 4.0
    return times


def test_starting_cells_two_per_cent_off_reach_the_same_minimum() -> None:
    _starts_agree(4)


def _pulls(count: int, *, height: float = 2000.0) -> FloatArray:
    rng = np.random.default_rng(11)
    pulls = []
    for _ in range(count):
        found = fit(_made(rng, height=height), _off(rng, 0.005), OPTIONS)
        if len(found.phases) == 2:  # a phase whose random intensities are all weak may not be seen
            cells, errors = _cells(found)
            pulls.append((cells - TRUTH) / errors)
    assert len(pulls) > 0.98 * count
    return np.array(pulls)


def test_errors_of_the_cells_have_the_size_of_the_deviations() -> None:
    pulls = _pulls(8)
    # Three standard deviations of the mean of 32 squares.
    assert 0.25 < float(np.mean(pulls**2)) < 1.75


@pytest.mark.calibration
def test_thirty_starts_reach_the_same_minimum_in_at_most_a_second_each() -> None:
    assert max(_starts_agree(30)) < 1.0


@pytest.mark.calibration
def test_pulls_of_every_cell_parameter_have_variance_one_over_a_thousand_patterns() -> None:
    pulls = _pulls(1000)
    assert np.all((pulls.var(axis=0) > 0.8) & (pulls.var(axis=0) < 1.2)), pulls.var(axis=0)
    assert np.all(np.abs(pulls.mean(axis=0)) < 0.12), pulls.mean(axis=0)


def test_a_pattern_without_noise_gives_its_cells_back() -> None:
    rng = np.random.default_rng(2)
    x, _ = pattern(rng)
    phases = [_phase(name, cell) for name, cell in CELLS.items()]
    made = Pattern("exact", x, np.ones_like(x), np.ones_like(x), WAVELENGTH, "none")
    first = fit(_made(rng), phases, OPTIONS)
    y = first.calculated
    made = Pattern("exact", x, y, 0.01 * np.sqrt(y), WAVELENGTH, "none")
    again = fit(made, _off(rng, 0.01), OPTIONS)
    np.testing.assert_allclose(_cells(again)[0], _cells(first)[0], rtol=1e-7)
    assert again.quality.r_wp < 1e-4


def test_the_derivatives_of_the_pattern_are_those_of_differences() -> None:
    phases = (_phase("CeH9", CELLS["CeH9"]), _phase("CeH4", CELLS["CeH4"]))
    x, y = pattern(np.random.default_rng(3), step=0.02)
    lines = model.lines_of(phases, wavelength=WAVELENGTH, ends=(5.0, 25.0), margin=0.03)
    layout = model.Layout(phases, (0, 1))
    radiation = ((WAVELENGTH, 0.7), (WAVELENGTH * 1.003, 0.3))
    problem = model.Problem(x, y, np.sqrt(y), layout, lines, radiation, np.ones((x.size, 1)), "displacement")
    theta = np.array([*TRUTH, 0.01, 1e-4, 0.004, 0.4, 0.02, -1e-4, 0.006, 0.7, 0.01])
    state = state_at(problem, theta)
    exact = model.jacobian(problem, state.parts, state.made, state.intensity)

    def calculated(values: FloatArray) -> FloatArray:
        parts = model.components(problem, values)
        return np.asarray(model.design(problem, parts, model.shapes(problem, parts)) @ state.intensity)

    for index in range(theta.size):
        step = np.zeros(theta.size)
        step[index] = 1e-7
        slope = (calculated(theta + step) - calculated(theta - step)) / 2e-7
        np.testing.assert_allclose(exact[:, index], slope, atol=2e-5 * np.abs(slope).max(), err_msg=str(index))


def test_intensities_are_those_of_non_negative_least_squares() -> None:
    from scipy.optimize import nnls

    rng = np.random.default_rng(5)
    matrix = np.abs(rng.normal(size=(60, 12))) + 0.1
    y = matrix @ np.maximum(rng.normal(size=12), 0.0) + rng.normal(size=60)
    expected, _ = nnls(np.concatenate([matrix, -matrix[:, -1:]], axis=1), y)
    found = solve(matrix, y, signed=1)
    np.testing.assert_allclose(found.coefficients[:-1], expected[:-2], atol=1e-6)
    assert found.coefficients[-1] == pytest.approx(expected[-2] - expected[-1], abs=1e-6)


def test_the_shift_of_the_zero_is_found_beside_the_cells() -> None:
    found = fit(
        _made(np.random.default_rng(6), zero=0.02),
        _off(np.random.default_rng(7), 0.005),
        Options(((WAVELENGTH, 1.0),), shift="zero"),
    )
    cells, errors = _cells(found)
    assert np.all(np.abs(cells - TRUTH) < 4.0 * errors)
    place = found.problem.layout.shift
    shift, error = found.refined.state.theta[place], np.sqrt(found.refined.covariance[place, place])
    assert abs(shift - 0.02) < 4.0 * error
    assert error < 0.005


def test_a_phase_that_is_not_there_is_said_to_be_absent_and_costs_nothing() -> None:
    rng = np.random.default_rng(8)
    made = _made(rng, cells={"CeH9": CELLS["CeH9"]})
    found = fit(made, _off(rng, 0.005), OPTIONS)
    assert [phase.name for phase, _ in found.absent] == ["CeH4"]
    assert [one.phase.name for one in found.phases] == ["CeH9"]
    assert np.all(np.abs(found.phases[0].free - CELLS["CeH9"]) < 4.0 * found.phases[0].errors)


@pytest.mark.calibration
def test_absent_phases_are_rarely_taken_for_present() -> None:
    rng = np.random.default_rng(9)
    wrong = 0
    for _ in range(200):
        made = _made(rng, cells={"CeH9": CELLS["CeH9"]})
        wrong += len(fit(made, _off(rng, 0.005), OPTIONS).phases) > 1
    assert wrong <= 6


def test_two_identical_phases_are_told_to_be_one() -> None:
    rng = np.random.default_rng(10)
    made = _made(rng, cells={"CeH9": CELLS["CeH9"]})
    twin = _phase("CeH9", (3.68, 5.43))
    phases = [_phase("CeH9", CELLS["CeH9"]), Phase("twin", twin.cell, twin.group, 2, twin.positions)]
    found = fit(made, phases, OPTIONS)
    named = [phase.name for phase, _ in (*found.twins, *found.absent)]
    assert named == ["twin"]
    assert np.all(np.abs(found.phases[0].free - CELLS["CeH9"]) < 4.0 * found.phases[0].errors)


def test_a_pattern_of_noise_has_none_of_the_phases() -> None:
    rng = np.random.default_rng(12)
    x = np.arange(5.0, 25.0, 0.01)
    y = rng.poisson(400.0, x.size).astype(float)
    made = Pattern("noise", x, y, np.sqrt(y), WAVELENGTH, "counts")
    with pytest.raises(DataError, match="none of the phases is seen"):
        fit(made, _off(rng, 0.005), OPTIONS)


def test_a_phase_without_a_line_in_the_range_is_refused_by_name() -> None:
    rng = np.random.default_rng(13)
    tiny = Phase("tiny", crystal.full_cell((0.9,), "Pm-3m"), "Pm-3m")
    with pytest.raises(DataError, match="tiny has no line"):
        fit(_made(rng), [tiny], OPTIONS)


def test_white_residuals_are_not_taken_for_correlated_ones_but_runs_are() -> None:
    rng = np.random.default_rng(14)
    white = rng.normal(size=20_000)
    assert correlated(white) == pytest.approx(1.0, abs=0.03)
    smooth = np.convolve(white, np.ones(9) / 3.0, mode="same")
    assert correlated(smooth) > 2.0


def test_errors_without_a_column_follow_the_scatter_between_neighbours() -> None:
    rng = np.random.default_rng(15)
    mean = 500.0 + 300.0 * np.sin(np.linspace(0.0, 6.0, 4000))
    counts = rng.poisson(mean).astype(float)
    sigma, words = noise(counts)
    assert words == "counting statistics"
    scaled, _ = noise(counts / 7.0)
    np.testing.assert_allclose(np.median(scaled), np.median(sigma) / 7.0, rtol=0.08)
