"""Backgrounds: coefficients and errors recovered, v_min outside the features, and a model that goes the same way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from megabar.analysis.spectrum_background import (
    Background,
    automatic_background,
    background_curve,
    background_operator,
    divide,
    joint_background,
    polynomial_basis,
    through_background,
    variations,
)
from megabar.analysis.spectrum_shape import Spectrum
from megabar.errors import DataError, DomainError
from megabar.physics import btk

BIAS = np.linspace(-80.0, 80.0, 401)
CUBIC = np.array([0.05, 1e-5, 2e-6, 1e-8])
"""S, S/mV, ...: the background falls from 0.0631 to 0.0529 S and rises again."""
CONTACT = {"gap": 20.0, "broadening": 2.0, "barrier": 0.3, "temperature": 2.0}
"""A gap as large as in CeH9, in meV; temperature in K. Simulated."""


def powers(bias: np.ndarray, coefficients: np.ndarray = CUBIC) -> np.ndarray:
    return np.asarray(np.polynomial.polynomial.polyval(bias, coefficients))


def contact(bias: np.ndarray = BIAS) -> np.ndarray:
    return np.asarray(btk.conductance(bias, **CONTACT))


def dips(bias: np.ndarray = BIAS) -> np.ndarray:
    """A zero-bias peak between two dips at +-30 mV, 5 mV wide: gone to 1e-4 at 40.7 mV."""
    size = np.abs(bias)
    return np.asarray(1.0 + np.exp(-((bias / 12.0) ** 2)) - 0.3 * np.exp(-(((size - 30.0) / 5.0) ** 2)))


def spectrum(values: np.ndarray, error: float | None = None, **fields: object) -> Spectrum:
    sigma = None if error is None else np.full(values.size, error)
    return Spectrum("made up", BIAS, values, sigma, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("v_min", [0.0, 25.0, 50.0])
def test_an_exact_polynomial_comes_back(v_min: float) -> None:
    """Whatever stands within v_min, here a peak a hundred times as high."""
    values = np.where((np.abs(BIAS) > v_min) | (v_min == 0.0), powers(BIAS), 5.0)
    background, error = background_curve(spectrum(values), Background(degree=3, v_min=v_min))
    assert background == pytest.approx(powers(BIAS), rel=1e-11)
    assert error is None


def test_a_polynomial_of_high_degree_is_well_conditioned() -> None:
    values = np.cos(BIAS / 20.0) + 3.0
    background, _ = background_curve(spectrum(values), Background(degree=12))
    assert background == pytest.approx(np.polynomial.Chebyshev.fit(BIAS, values, 12)(BIAS), rel=1e-10)


def test_even_powers_only() -> None:
    even = powers(BIAS, np.array([0.05, 0.0, 2e-6, 0.0, 1e-10]))
    background, _ = background_curve(spectrum(even + 1e-5 * BIAS), Background(degree=4, even_only=True))
    assert background == pytest.approx(even, rel=1e-10)


def test_weights_are_those_of_the_errors() -> None:
    """Against numpy's weighted fit of powers."""
    rng = np.random.default_rng(0)
    sigma = 1e-3 * rng.uniform(0.2, 3.0, BIAS.size)
    values = powers(BIAS) + sigma * rng.standard_normal(BIAS.size)
    used = np.abs(BIAS) > 40.0
    expected = np.polynomial.Polynomial.fit(BIAS[used], values[used], 2, w=1.0 / sigma[used])(BIAS)
    background, _ = background_curve(Spectrum("s", BIAS, values, sigma), Background(degree=2, v_min=40.0))
    assert background == pytest.approx(expected, rel=1e-10)


def test_errors_against_the_scatter_of_many_data_sets() -> None:
    """Of the background everywhere; of the quotient within v_min, where no point entered its own background."""
    rng = np.random.default_rng(1)
    choice, sigma = Background(degree=3, v_min=45.0), 1e-3
    exact = spectrum(contact() * powers(BIAS), sigma)
    backgrounds, quotients = np.empty((500, BIAS.size)), np.empty((500, BIAS.size))
    for k in range(500):
        values = exact.conductance + sigma * rng.standard_normal(BIAS.size)
        backgrounds[k], _ = background_curve(spectrum(values, sigma), choice)
        quotients[k] = values / backgrounds[k]
    _, expected = background_curve(exact, choice)
    assert expected is not None
    assert backgrounds.std(axis=0) == pytest.approx(expected, rel=0.1)
    divided = divide(exact, choice)
    assert divided.error is not None
    inside = np.abs(BIAS) <= 45.0
    assert quotients.std(axis=0)[inside] == pytest.approx(divided.error[inside], rel=0.1)
    # In the wings the error is on the safe side, by no more than the leverage of a point.
    ratio = divided.error[~inside] / quotients.std(axis=0)[~inside]
    assert ratio.min() > 0.9
    assert ratio.max() < 1.25


def test_shared_noise_makes_the_background_less_certain() -> None:
    """Noise averaged over five neighbours: the scatter of 1,000 backgrounds."""
    rng = np.random.default_rng(2)
    choice, sigma, backgrounds = Background(degree=2, v_min=30.0), 1e-3, []
    for _ in range(1000):
        noise = np.convolve(rng.standard_normal(BIAS.size + 4), np.ones(5) / np.sqrt(5.0), "valid")
        backgrounds.append(background_curve(spectrum(powers(BIAS) + sigma * noise, sigma), choice)[0])
    _, expected = background_curve(spectrum(powers(BIAS), sigma, correlation=5.0), choice)
    assert expected is not None
    assert np.mean(np.std(backgrounds, axis=0) / expected) == pytest.approx(1.0, abs=0.1)


def test_division_makes_one_of_the_background_and_says_how() -> None:
    made = divide(spectrum(contact() * powers(BIAS), 1e-4), Background(degree=3, v_min=45.0, remark="as told"))
    assert made.unit == "1"
    assert made.conductance[[0, -1]] == pytest.approx([1.0, 1.0], abs=0.01)
    assert "background: polynomial of degree 3 through |V| > 45 mV; as told" in made.notes[-1].text


def test_a_spectrum_above_the_critical_temperature() -> None:
    """Linear between its points, which lie elsewhere; errors of both in quadrature."""
    cold = spectrum(contact() * powers(BIAS), 1e-4)
    at = np.linspace(-90.0, 90.0, 73)
    warm = Spectrum("100 K", at, powers(at), np.full(73, 2e-4))
    choice = Background("reference", reference=warm)
    assert choice.words == "the spectrum 100 K"
    made = divide(cold, choice)
    assert made.conductance == pytest.approx(contact(), rel=2e-4)
    assert made.error is not None
    middle = 200
    assert made.error[middle] == pytest.approx(np.hypot(1e-4, 2e-4 * made.conductance[middle]) / 0.05, rel=1e-3)
    half = np.argmin(np.abs(BIAS % 2.5 - 1.25))  # between two points of the reference: their mean
    spread = 2e-4 / np.sqrt(2.0) * made.conductance[half]
    assert made.error[half] == pytest.approx(np.hypot(1e-4, spread) / powers(BIAS)[half], rel=0.02)


def test_references_that_do_not_fit_are_refused() -> None:
    cold = spectrum(powers(BIAS))
    short = Spectrum("100 K", BIAS[5:], powers(BIAS)[5:])
    with pytest.raises(DataError, match=r"covers -78 to 80 mV, made up -80 to 80 mV: cut the spectrum or take a"):
        divide(cold, Background("reference", reference=short))
    normalised = Spectrum("100 K", BIAS, np.ones(401), unit="1")
    with pytest.raises(DataError, match="made up is in S, its reference 100 K in 1: normalise neither or both"):
        divide(cold, Background("reference", reference=normalised))


def test_none_is_for_normalised_spectra() -> None:
    ready = spectrum(contact(), 1e-3, unit="1")
    made = divide(ready, Background("none"))
    assert made.conductance == pytest.approx(contact())
    assert made.error == pytest.approx(ready.error)
    with pytest.raises(DataError, match="a conductance in S needs a background"):
        divide(spectrum(contact()), Background("none"))


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Background(v_min=79.5), r"2 points below and 2 above zero .* needs 6, three on either side; lower v_min"),
        (Background(v_min=54.0), r"reach to 80 mV, less than 1.5 times v_min = 54 mV: lower v_min or measure"),
        (Background(degree=0, v_min=100.0), "0 points below and 0 above zero"),
    ],
)
def test_wings_that_do_not_hold_a_polynomial_are_refused(choice: Background, message: str) -> None:
    with pytest.raises(DataError, match=message):
        background_curve(spectrum(powers(BIAS)), choice)


def test_both_sides_must_have_wings_unless_the_polynomial_is_even() -> None:
    bias = np.linspace(-20.0, 80.0, 201)
    lopsided = Spectrum("s", bias, powers(bias, np.array([1.0, 0.0, 1e-5])))
    with pytest.raises(DataError, match="0 points below and 80 above zero"):
        background_curve(lopsided, Background(v_min=40.0))
    background, _ = background_curve(lopsided, Background(v_min=40.0, even_only=True))
    assert background == pytest.approx(lopsided.conductance, rel=1e-10)


def test_a_background_that_is_not_positive_is_refused() -> None:
    values = np.where(np.abs(BIAS) > 40.0, np.abs(BIAS) - 39.0, 1.0)
    with pytest.raises(DataError, match=r"the background is not positive at .* mV: lower its degree or v_min"):
        divide(spectrum(values), Background(v_min=40.0))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "spline"}, "must be one of none, polynomial, reference"),
        ({"degree": -1}, r"degree must lie within 0 \.\. 12, found -1"),
        ({"v_min": np.nan}, "v_min must be zero or positive"),
        ({"kind": "reference"}, "a reference spectrum belongs to kind"),
    ],
)
def test_choices_that_are_none(fields: dict[str, object], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        Background(**fields)  # type: ignore[arg-type]


def test_the_operator_is_a_projection_onto_the_polynomials() -> None:
    rng = np.random.default_rng(3)
    operator = background_operator(BIAS, Background(degree=3, v_min=40.0), error=rng.uniform(1.0, 2.0, 401))
    assert operator is not None
    h = operator.matrix
    assert h @ h == pytest.approx(h, abs=1e-10)
    assert np.trace(h) == pytest.approx(4.0, abs=1e-10)
    assert np.all(h[:, np.abs(BIAS) <= 40.0] == 0.0)
    assert h @ powers(BIAS) == pytest.approx(powers(BIAS), rel=1e-11)
    several = rng.standard_normal((5, 401))
    assert operator.background(several) == pytest.approx(several @ h.T, abs=1e-10)
    assert operator.variance(np.ones(401)) == pytest.approx(np.diag(h @ h.T), rel=1e-9)


def test_no_operator_where_no_polynomial_is() -> None:
    assert background_operator(BIAS, Background("none")) is None
    assert np.array_equal(through_background(contact(), None), contact())


def test_model_and_data_go_through_the_same_background() -> None:
    """Exactly for a constant background; for one that changes by 20 % the model is off by less than 1 %, while the
    model itself, normalised by the normal-state transmission, is off by more than 10 %."""
    choice = Background(degree=3, v_min=45.0)
    operator = background_operator(BIAS, choice)
    through = through_background(contact(), operator)
    flat = divide(spectrum(0.05 * contact()), choice)
    assert flat.conductance == pytest.approx(through, rel=1e-12)
    bent = divide(spectrum(powers(BIAS) * contact()), choice)
    assert np.abs(bent.conductance - through).max() < 0.01
    assert np.abs(bent.conductance - contact()).max() > 0.1


def test_the_error_that_remains_grows_with_the_distance_of_the_wings_from_one() -> None:
    """It is second order: the bend of the background times what the model lacks in the wings."""
    operator = background_operator(BIAS, Background(degree=2, v_min=45.0))

    def off(bend: float, part: float) -> float:
        model = 1.0 + part * (contact() - 1.0)
        true = 1.0 + bend * (BIAS / 80.0) ** 2
        data = model * true / operator.background(model * true)  # type: ignore[union-attr]
        return float(np.abs(data - through_background(model, operator)).max())

    assert off(0.1, 0.02) / off(0.05, 0.02) == pytest.approx(2.0, rel=0.2)
    assert off(0.1, 0.02) / off(0.1, 0.01) == pytest.approx(2.0, rel=0.1)


def test_model_and_background_together_are_exact() -> None:
    basis = polynomial_basis(BIAS, degree=3)
    found = joint_background(powers(BIAS) * contact(), None, contact(), basis)
    assert found.background == pytest.approx(powers(BIAS), rel=1e-11)
    assert found.fitted == pytest.approx(powers(BIAS) * contact(), rel=1e-11)
    assert found.chi_square < 1e-25
    assert found.covariance is None


def test_what_the_treatment_of_the_background_does_to_a_gap() -> None:
    """Exact data, gap 20 meV, v_min at two and a half gaps. The model as it is: 6 % too small a gap. Through the same
    background: 0.2 %. Fitted together with the background: exact."""
    choice = Background(degree=2, v_min=50.0)
    true = 0.05 * (1.0 + 0.03 * BIAS / 80.0 + 0.1 * (BIAS / 80.0) ** 2)
    data = true * contact()
    operator, basis = background_operator(BIAS, choice), polynomial_basis(BIAS, degree=2)
    normalised = divide(spectrum(data), choice).conductance

    def model(p: np.ndarray) -> np.ndarray:
        gap, broadening, barrier = np.abs(p)
        return np.asarray(btk.conductance(BIAS, gap=gap, broadening=broadening, barrier=barrier, temperature=2.0))

    residuals = (
        lambda p: model(p) - normalised,
        lambda p: through_background(model(p), operator) - normalised,
        lambda p: joint_background(data, None, model(p), basis).fitted - data,
    )
    start = np.array([21.0, 2.2, 0.28])
    gaps = [least_squares(f, start, x_scale=start, diff_step=1e-5, xtol=1e-12).x[0] for f in residuals]
    assert gaps[0] < 0.95 * 20.0
    assert gaps[1] == pytest.approx(20.0, rel=2e-3)
    assert gaps[2] == pytest.approx(20.0, rel=1e-5)


def test_coefficients_of_the_joint_background_and_their_covariance() -> None:
    """Over 500 data sets chi-square of the coefficients has as many degrees of freedom as there are: 3."""
    rng = np.random.default_rng(4)
    basis, sigma = polynomial_basis(BIAS, degree=2), np.full(401, 1e-3)
    truth = np.array([0.05, 0.002, 0.004])
    squares, totals = [], []
    for _ in range(500):
        values = contact() * (basis @ truth) + sigma * rng.standard_normal(401)
        found = joint_background(values, sigma, contact(), basis)
        off = found.coefficients - truth
        assert found.covariance is not None
        squares.append(off @ np.linalg.solve(found.covariance, off))
        totals.append(found.chi_square)
    assert np.mean(squares) == pytest.approx(3.0, abs=0.5)
    assert np.mean(totals) == pytest.approx(398.0, abs=5.0)


def test_a_joint_background_without_a_model_is_refused() -> None:
    with pytest.raises(DomainError, match="not independent: lower the degree"):
        joint_background(powers(BIAS), None, np.zeros(401), polynomial_basis(BIAS, degree=2))


def test_the_basis_spans_the_powers() -> None:
    basis = polynomial_basis(BIAS, degree=4)
    wanted = (BIAS / 80.0)[:, None] ** np.arange(5)
    left = wanted - basis @ np.linalg.lstsq(basis, wanted, rcond=None)[0]
    assert np.abs(left).max() < 1e-12
    assert polynomial_basis(BIAS, degree=5, even_only=True).shape == (401, 3)
    with pytest.raises(DomainError, match="scale of the bias must be positive"):
        polynomial_basis(np.zeros(3), degree=1)


@pytest.mark.parametrize("noise", [1e-3, 0.003, 0.01])
def test_v_min_lies_outside_of_dips(noise: float) -> None:
    """Dips at 30 mV whose flanks are a standard error of noise at 36 to 40 mV: never within, seldom far out."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(20):
        values = dips() * powers(BIAS) * (1.0 + noise * rng.standard_normal(401))
        choice = automatic_background(spectrum(values, noise * 0.055), degree=3)
        assert choice.automatic
        assert choice.remark == ""
        background, _ = background_curve(spectrum(values), choice)
        assert background == pytest.approx(powers(BIAS), rel=4.0 * noise)
        found.append(choice.v_min)
    assert min(found) > 34.0
    assert max(found) < 50.0


@pytest.mark.parametrize("noise", [1e-3, 0.01])
def test_v_min_lies_outside_of_the_gap(noise: float) -> None:
    """The tail beyond the gap falls slowly; at v_min less than 0.15 of the normal conductance is left."""
    rng = np.random.default_rng(6)
    for _ in range(10):
        values = contact() * powers(BIAS) * (1.0 + noise * rng.standard_normal(401))
        choice = automatic_background(spectrum(values, noise * 0.055), degree=3)
        assert 25.0 < choice.v_min < 80.0 / 1.5 + 1e-9
        assert np.interp(choice.v_min, BIAS, contact()) - 1.0 < 0.15


def test_v_min_finds_the_noise_itself() -> None:
    rng = np.random.default_rng(7)
    values = dips() * powers(BIAS) * (1.0 + 0.003 * rng.standard_normal(401))
    assert 34.0 < automatic_background(spectrum(values), degree=3).v_min < 50.0


def test_a_spike_in_the_wings_does_not_push_v_min_out() -> None:
    rng = np.random.default_rng(8)
    values = dips() * powers(BIAS) * (1.0 + 0.003 * rng.standard_normal(401))
    before = automatic_background(spectrum(values, 0.003 * 0.055), degree=3)
    spoilt = values.copy()
    spoilt[np.argmin(np.abs(BIAS - 46.0))] *= 1.05
    after = automatic_background(spectrum(spoilt, 0.003 * 0.055), degree=3)
    assert after.v_min < 46.0
    assert before.v_min < 46.0


def test_without_a_feature_v_min_is_zero() -> None:
    rng = np.random.default_rng(9)
    values = powers(BIAS) * (1.0 + 0.003 * rng.standard_normal(401))
    choice = automatic_background(spectrum(values, 0.003 * 0.055), degree=3)
    assert choice.v_min == 0.0
    assert "no feature found" in choice.remark


def test_wings_that_are_no_polynomial_are_said() -> None:
    rng = np.random.default_rng(10)
    wavy = powers(BIAS) * (1.0 + 0.1 * np.sin(BIAS / 2.0) + 0.001 * rng.standard_normal(401))
    choice = automatic_background(spectrum(wavy, 0.001 * 0.055))
    assert choice.v_min == pytest.approx(80.0 / 1.5)
    assert "no polynomial of degree 2 within noise" in choice.remark
    wide = 1.0 + np.exp(-((BIAS / 40.0) ** 4)) + 1e-4 * rng.standard_normal(401)
    assert "measure to higher bias" in automatic_background(spectrum(wide, 1e-4)).remark


def test_v_min_needs_noise_and_two_sides() -> None:
    with pytest.raises(DataError, match="v_min cannot be found without the noise: set it"):
        automatic_background(spectrum(np.ones(401)))
    bias = np.linspace(1.0, 80.0, 100)
    one_sided = Spectrum("s", bias, powers(bias), np.full(100, 1e-3))
    with pytest.raises(DataError, match="has wings on one side only: take even powers"):
        automatic_background(one_sided)
    assert automatic_background(one_sided, even_only=True).automatic


def test_variations_are_as_careful_choices() -> None:
    choice = Background(degree=2, v_min=50.0, automatic=True, remark="found")
    found = variations(choice)
    assert [c.v_min for c in found] == pytest.approx([42.5, 57.5, 50.0, 50.0])
    assert [c.degree for c in found] == [2, 2, 1, 3]
    assert not any(c.automatic or c.remark for c in found)
    # 57.5 mV leaves less than a lever of 1.5.
    assert [c.v_min for c in variations(choice, spectrum(powers(BIAS)))] == pytest.approx([42.5, 50.0, 50.0])
    even = variations(Background(degree=0, v_min=0.0, even_only=True))
    assert [(c.v_min, c.degree) for c in even] == [(0.0, 2)]
    assert variations(Background("none")) == ()
