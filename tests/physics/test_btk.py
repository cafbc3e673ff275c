"""The BTK conductance against matched waves and slow integrals, its limits, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from btk_reference import matched_spectrum, thermal

from megabar.constants import BOLTZMANN_MEV
from megabar.errors import DomainError
from megabar.physics import btk, dynes

GAP = 2.0
BARRIERS = (0.0, 0.1, 0.5, 1.0, 3.0, 10.0)
BROADENINGS = (0.0, 1e-4, 0.01, 0.1, 1.0, 10.0)
TC = GAP / (1.764 * BOLTZMANN_MEV)


@pytest.mark.parametrize("temperature", [0.01, 0.1, 1.0, 0.5 * TC, TC])
@pytest.mark.parametrize("ratio", BROADENINGS)
def test_against_matched_waves_and_slow_integrals(temperature: float, ratio: float) -> None:
    """Everywhere below 1e-6 of the normal conductance, here to 2e-7: gap edges, zero bias, far outside."""
    kt = BOLTZMANN_MEV * temperature
    spots = np.array(
        [0.0, 0.3 * GAP, GAP - 2 * kt, GAP - 0.1 * kt, GAP, GAP + 0.3 * kt, GAP + 7 * kt, 1.5 * GAP, -3 * GAP]
    )
    for barrier in BARRIERS:
        got = np.asarray(
            btk.conductance(spots, gap=GAP, broadening=ratio * GAP, barrier=barrier, temperature=temperature)
        )
        expected = [
            thermal(lambda e, z=barrier: matched_spectrum(e, GAP, ratio * GAP, z), v, temperature, [GAP]) for v in spots
        ]
        np.testing.assert_allclose(got, expected, atol=2e-7, rtol=0.0)


@pytest.mark.parametrize("points", [3, 401, 3001])
def test_many_and_few_biases_agree(points: int) -> None:
    """The rule is chosen by the number of biases too; the answer is not."""
    bias = np.linspace(-10.0, 10.0, points)
    for broadening in (0.02, 0.2):
        keywords = {"gap": GAP, "broadening": broadening, "barrier": 0.5, "temperature": 2.0}
        many = np.asarray(btk.conductance(bias, **keywords))
        one = [btk.conductance(float(v), **keywords) for v in bias[:: max(points // 40, 1)]]
        np.testing.assert_allclose(many[:: max(points // 40, 1)], one, atol=1e-7, rtol=0.0)


def test_at_zero_temperature_it_is_the_spectrum() -> None:
    bias = np.linspace(-6.0, 6.0, 97)
    for barrier in BARRIERS:
        got = btk.conductance(bias, gap=GAP, broadening=0.1, barrier=barrier, temperature=0.0)
        np.testing.assert_allclose(got, matched_spectrum(bias, GAP, 0.1, barrier), rtol=1e-10)


def test_limits() -> None:
    inside = np.linspace(-0.99, 0.99, 21) * GAP
    clear = btk.conductance(inside, gap=GAP, broadening=0.0, barrier=0.0, temperature=0.0)
    np.testing.assert_allclose(clear, 2.0, rtol=1e-12)
    # At the edge every barrier gives 2 (1 + Z^2), at zero bias 2 (1 + Z^2)/(1 + 2 Z^2)^2.
    for z in BARRIERS:
        edge = btk.conductance(GAP, gap=GAP, broadening=0.0, barrier=z, temperature=0.0)
        middle = btk.conductance(0.0, gap=GAP, broadening=0.0, barrier=z, temperature=0.0)
        assert edge == pytest.approx(2.0 * (1.0 + z**2), rel=1e-9)
        assert middle == pytest.approx(2.0 * (1.0 + z**2) / (1.0 + 2.0 * z**2) ** 2, rel=1e-12)
    far = btk.conductance(1e4, gap=GAP, broadening=0.3, barrier=0.7, temperature=1.5)
    assert far == pytest.approx(1.0, abs=1e-7)
    bias = np.linspace(-8.0, 8.0, 161)
    np.testing.assert_allclose(
        btk.conductance(bias, gap=GAP, broadening=0.2, barrier=1000.0, temperature=1.5),
        dynes.conductance(bias, gap=GAP, broadening=0.2, temperature=1.5),
        atol=3e-5,
    )
    np.testing.assert_array_equal(btk.conductance(bias, gap=0.0, broadening=0.2, barrier=0.5, temperature=4.0), 1.0)


def test_at_three_gaps_it_has_not_reached_one() -> None:
    """The reason why a measured curve divided by its wings is not this function: 3 to 6 % at 3 Delta."""
    values = [btk.conductance(3.0 * GAP, gap=GAP, broadening=0.1, barrier=z, temperature=2.0) for z in (0.0, 1.0, 10.0)]
    assert 0.02 < values[0] - 1.0 < 0.05
    assert 0.04 < values[2] - 1.0 < 0.07


def test_even_in_bias_and_shaped_like_it() -> None:
    bias = np.linspace(-9.0, 7.0, 34).reshape(2, 17)
    keywords = {"gap": GAP, "broadening": 0.1, "barrier": 0.8, "temperature": 1.7}
    forward = np.asarray(btk.conductance(bias, **keywords))
    assert forward.shape == bias.shape
    np.testing.assert_allclose(forward, btk.conductance(-bias, **keywords), rtol=1e-12)
    assert isinstance(btk.conductance(1.0, **keywords), float)


@pytest.mark.parametrize(("temperature", "broadening"), [(0.5, 0.0), (2.0, 0.05), (4.0, 0.3)])
def test_excess_current_is_conserved_by_smearing(temperature: float, broadening: float) -> None:
    """The area of G - 1 does not depend on temperature: smearing moves it only."""
    v, w = np.polynomial.legendre.leggauss(40)
    cuts = np.concatenate([np.linspace(0.0, 12.0, 61), 12.0 * 1.3 ** np.arange(1, 60)])
    half = 0.5 * np.diff(cuts)[:, None]
    bias, weight = (0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * v).ravel(), (half * w).ravel()

    def area(z: float, t: float) -> float:
        curve = btk.conductance(bias, gap=GAP, broadening=broadening, barrier=z, temperature=t)
        return float(weight @ (np.asarray(curve) - 1.0))

    # Without barrier and broadening 4 Delta/3 (Artemenko, Volkov and Zaitsev).
    if broadening == 0.0:
        assert area(0.0, temperature) == pytest.approx(4.0 * GAP / 3.0, rel=1e-4)
    for barrier in (0.0, 0.5):
        assert area(barrier, temperature) == pytest.approx(area(barrier, 0.05), abs=1e-3)


@pytest.mark.parametrize("temperature", [0.03, 1.2, 9.0])
@pytest.mark.parametrize("broadening", [1e-3, 0.05, 2.0])
def test_dynes_against_slow_integrals(temperature: float, broadening: float) -> None:
    """With the square root written in polar form."""

    def density(energy: np.ndarray) -> np.ndarray:
        real, imaginary = energy**2 - broadening**2 - GAP**2, 2.0 * energy * broadening
        root = np.hypot(real, imaginary) ** 0.5 * np.exp(0.5j * np.arctan2(imaginary, real))
        return ((energy + 1j * broadening) / root).real

    for v in (0.0, 1.0, 2.0, 2.1, 7.0):
        got = dynes.conductance(v, gap=GAP, broadening=broadening, temperature=temperature)
        assert got == pytest.approx(thermal(density, v, temperature, [GAP]), abs=2e-7)


@pytest.mark.parametrize("temperature", [0.05, 2.0, 10.0])
def test_dynes_without_broadening_against_a_substitution(temperature: float) -> None:
    """E = Delta cosh s removes the singular edge."""
    kt = BOLTZMANN_MEV * temperature
    cuts = np.linspace(0.0, np.arccosh(1.0 + 60.0 * (kt + 1.0)), 2001)
    x, w = np.polynomial.legendre.leggauss(8)
    half = 0.5 * np.diff(cuts)[:, None]
    s = (0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * x).ravel()
    energy, weight = GAP * np.cosh(s), (half * w).ravel() * GAP * np.cosh(s)
    for v in (0.0, 1.9, 2.0, 2.3, 5.0):
        kernel = sum(1 / (4 * kt * np.cosh(np.clip((energy - x) / (2 * kt), -300, 300)) ** 2) for x in (v, -v))
        got = dynes.conductance(v, gap=GAP, broadening=0.0, temperature=temperature)
        assert got == pytest.approx(float(weight @ kernel), abs=2e-6)


def test_two_gaps_and_distributions_are_sums() -> None:
    bias = np.linspace(-12.0, 12.0, 121)
    first = np.asarray(btk.conductance(bias, gap=1.0, broadening=0.1, barrier=0.3, temperature=1.0))
    second = np.asarray(btk.conductance(bias, gap=3.0, broadening=0.2, barrier=0.6, temperature=1.0))
    both = btk.conductance_two_gap(
        bias, gaps=(1.0, 3.0), broadenings=(0.1, 0.2), barriers=(0.3, 0.6), weight=0.25, temperature=1.0
    )
    np.testing.assert_allclose(both, 0.25 * first + 0.75 * second, atol=1e-12)
    same = {"broadening": 0.0, "barrier": 0.5, "temperature": 2.0}
    spread = btk.conductance_distribution(bias, gaps=[1.0, 2.0, 4.0], weights=[1.0, 2.0, 1.0], **same)
    parts = [np.asarray(btk.conductance(bias, gap=g, **same)) for g in (1.0, 2.0, 4.0)]
    np.testing.assert_allclose(spread, (parts[0] + 2.0 * parts[1] + parts[2]) / 4.0, atol=1e-7)


@pytest.mark.parametrize("broadening", [1e-3, 0.05, 0.4, 3.0])
@pytest.mark.parametrize("barrier", [0.0, 0.4, 2.0])
@pytest.mark.parametrize("temperature", [0.3, 4.0])
def test_gradient_against_differences(broadening: float, barrier: float, temperature: float) -> None:
    """Central differences whose steps keep within one rule of the integral."""
    bias = np.linspace(-6.0, 6.0, 121)
    at = {"gap": GAP, "broadening": broadening, "barrier": barrier}
    value, *got = btk.conductance_with_gradient(bias, **at, temperature=temperature)
    np.testing.assert_allclose(value, btk.conductance(bias, **at, temperature=temperature), atol=4e-7)
    for row, (name, step) in enumerate({"gap": 1e-3, "broadening": 2e-2 * broadening, "barrier": 1e-3}.items()):
        if at[name] < step:
            np.testing.assert_array_equal(got[row], 0.0)
            continue
        up, upper, down, lower = (
            np.asarray(btk.conductance(bias, **{**at, name: at[name] + k * step}, temperature=temperature))
            for k in (1, 2, -1, -2)
        )
        expected = (8.0 * (up - down) - (upper - lower)) / (12.0 * step)
        np.testing.assert_allclose(got[row], expected, atol=2e-3 * max(np.max(np.abs(expected)), 1e-3))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_a_batch_is_what_its_rows_are(workers: int, temperature: float) -> None:
    bias = np.linspace(-10.0, 10.0, 101)
    rng = np.random.default_rng(1)
    gap, broadening = rng.uniform(0.0, 4.0, 23), 10.0 ** rng.uniform(-3.0, 0.5, 23)
    barrier = rng.uniform(0.0, 3.0, 23)
    gap[3], broadening[5] = 0.0, 0.0
    batch = btk.conductance_batch(
        bias, gap=gap, broadening=broadening, barrier=barrier, temperature=temperature, workers=workers
    )
    for row, g, b, z in zip(batch, gap, broadening, barrier, strict=True):
        one = btk.conductance(bias, gap=g, broadening=b, barrier=z, temperature=temperature)
        np.testing.assert_allclose(row, one, atol=1e-7, rtol=0.0)


def half_metal_by_matching(energy: np.ndarray, gap: float, broadening: float, barrier: float) -> np.ndarray:
    """1 - |b|^2 over its normal value, the hole's amplitude at the interface set to zero: three equations."""
    eps = np.abs(energy) + 1j * broadening
    root = np.sqrt(eps**2 - gap**2 + 0j)
    ratio = gap / (eps + root)  # v/u
    out = []
    for g in ratio:
        # b, c, d (in units of u): electron 1 + b = c + d g; hole 0 = c g + d; slope of the electron.
        matrix = np.array([[-1, 1, g], [0, g, 1], [1 + 2j * barrier, 1, -g]])
        b = np.linalg.solve(matrix, np.array([1, 0, 1 - 2j * barrier]))[0]
        out.append((1 + barrier**2) * (1 - abs(b) ** 2))
    return np.array(out)


@pytest.mark.parametrize("barrier", [0.0, 0.4, 2.0])
@pytest.mark.parametrize("broadening", [0.0, 0.1])
def test_polarised_channel_by_matching_waves(barrier: float, broadening: float) -> None:
    energy = np.array([0.01, 0.5, 1.9, 2.1, 3.0, 9.0])
    got = btk.conductance_polarised(
        energy, gap=GAP, broadening=broadening, barrier=barrier, polarisation=1.0, temperature=0.0
    )
    np.testing.assert_allclose(got, half_metal_by_matching(energy, GAP, broadening, barrier), atol=1e-12)


def test_polarisation_mixes_linearly_and_empties_the_gap() -> None:
    bias = np.linspace(-8.0, 8.0, 81)
    same = {"gap": GAP, "broadening": 0.0, "barrier": 0.3, "temperature": 1.0}
    plain, full, part = (np.asarray(btk.conductance_polarised(bias, polarisation=p, **same)) for p in (0.0, 1.0, 0.4))
    np.testing.assert_allclose(plain, btk.conductance(bias, **same), atol=1e-12)
    np.testing.assert_allclose(part, 0.6 * plain + 0.4 * full, atol=1e-12)
    cold = btk.conductance_polarised(0.5, gap=GAP, broadening=0.0, barrier=0.0, polarisation=1.0, temperature=0.0)
    assert cold == 0.0
    # Soulen: without barrier the conductance at zero bias is 2 (1 - P) of the normal one.
    half = btk.conductance_polarised(0.0, gap=GAP, broadening=0.0, barrier=0.0, polarisation=0.5, temperature=0.0)
    assert half == pytest.approx(1.0, abs=1e-12)


GOOD = {"gap": 2.0, "broadening": 0.1, "barrier": 0.5, "temperature": 2.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap": -1.0},
        {"gap": np.nan},
        {"broadening": -0.1},
        {"broadening": np.inf},
        {"barrier": -0.5},
        {"barrier": 1e5},
        {"temperature": -1.0},
        {"temperature": np.nan},
    ],
)
def test_refuses(wrong: dict[str, float]) -> None:
    with pytest.raises(DomainError):
        btk.conductance([0.0, 1.0], **{**GOOD, **wrong})


def test_refuses_bad_biases_weights_and_polarisations() -> None:
    with pytest.raises(DomainError, match="bias must be finite"):
        btk.conductance([0.0, np.nan], **GOOD)
    with pytest.raises(DomainError, match="weight of the first gap"):
        btk.conductance_two_gap(
            0.0, gaps=(1.0, 2.0), broadenings=(0.1, 0.1), barriers=(0.1, 0.1), weight=1.5, temperature=1.0
        )
    with pytest.raises(DomainError, match="gaps: two are needed"):
        btk.conductance_two_gap(
            0.0, gaps=(1.0,), broadenings=(0.1, 0.1), barriers=(0.1, 0.1), weight=0.5, temperature=1.0
        )
    with pytest.raises(DomainError, match="one positive weight"):
        btk.conductance_distribution(
            0.0, gaps=[1.0, 2.0], weights=[0.0, 0.0], broadening=0.1, barrier=0.1, temperature=1.0
        )
    with pytest.raises(DomainError, match="polarisation"):
        btk.conductance_polarised(0.0, polarisation=1.1, **GOOD)
