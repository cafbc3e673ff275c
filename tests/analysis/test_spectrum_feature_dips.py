"""Critical-current dips: false alarms and detection over simulated curves, shapes, masks, critical currents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from megabar.analysis.spectrum_features import Value, critical_current_of, dip_mask, find_dips
from megabar.errors import DataError, DomainError
from megabar.physics import btk, dynes
from megabar.physics.bcs import gap
from megabar.simulate.spectra import Contact, Maxwell, junction

BIAS = np.linspace(-30.0, 30.0, 1201)
CRITICAL_TEMPERATURE, GAP_ZERO = 20.0, 3.04


def andreev(rng: np.random.Generator) -> np.ndarray:
    """A BTK curve on `BIAS`: Z 0..1.5, Gamma 0..0.5 Delta(0), T up to Tc."""
    temperature = rng.uniform(0.3, CRITICAL_TEMPERATURE)
    delta = float(gap(temperature, gap_zero=GAP_ZERO, critical_temperature=CRITICAL_TEMPERATURE))
    broadening = rng.uniform(0.0, 0.5) * GAP_ZERO
    barrier = rng.uniform(0.0, 1.5)
    return np.asarray(btk.conductance(BIAS, gap=delta, broadening=broadening, barrier=barrier, temperature=temperature))


def gaussian(place: float, width: float) -> np.ndarray:
    """Of height 1 and this full width at half height, on `BIAS`."""
    return np.exp(-4.0 * np.log(2.0) * ((BIAS - place) / width) ** 2)


def outside(curve: np.ndarray) -> float:
    """The bias beyond which less than a tenth of the curve's feature is left, at least 5 mV."""
    excess = np.abs(curve - 1.0)
    return max(5.0, float(np.abs(BIAS)[excess > 0.1 * excess.max()].max()))


def false_alarms(curves: int, seed: int) -> int:
    """How many of so many BTK curves with noise of 0.2 to 1 % show a dip on either side."""
    rng = np.random.default_rng(seed)
    found = 0
    for _ in range(curves):
        noise = rng.uniform(0.002, 0.01)
        dips = find_dips(BIAS, andreev(rng) + noise * rng.standard_normal(BIAS.size), noise)
        found += bool(dips.every or dips.undecided)
    return found


def detection(curves: int, seed: int) -> tuple[float, dict[str, np.ndarray]]:
    """Share of planted pairs that is found, and the deviations of place, depth and width over their errors.

    Planted: Gaussians five times as deep as the noise of a point, 1/50 to 1/8 of their bias wide. The true place is the
    minimum of the noiseless curve.
    """
    rng = np.random.default_rng(seed)
    found = 0
    deviations: dict[str, list[float]] = {"position": [], "depth": [], "width": []}
    for _ in range(curves):
        curve, noise = andreev(rng), rng.uniform(0.002, 0.01)
        place = rng.uniform(outside(curve), 25.0)
        width, depth = place * np.exp(rng.uniform(np.log(1.0 / 50.0), np.log(1.0 / 8.0))), 5.0 * noise
        exact = curve - depth * (gaussian(place, width) + gaussian(-place, width))
        dips = find_dips(BIAS, exact + noise * rng.standard_normal(BIAS.size), noise)
        hits = [pair for pair in dips.pairs if abs(pair.position.value - place) < width]
        found += bool(hits)
        fine = np.linspace(place - 0.7 * width, place + 0.7 * width, 2001)
        dip = depth * np.exp(-4.0 * np.log(2.0) * ((fine - place) / width) ** 2)
        bottom = fine[np.argmin(np.interp(fine, BIAS, curve) - dip)]
        for dip in (side for pair in hits for side in (pair.negative, pair.positive)):
            deviations["position"].append((abs(dip.position) - bottom) / dip.position_error)
            if dip.depth_error is not None and dip.width_error is not None:
                deviations["depth"].append((dip.depth - depth) / dip.depth_error)
                deviations["width"].append((dip.width - width) / dip.width_error)
    return found / curves, {name: np.array(values) for name, values in deviations.items()}


def test_no_dips_in_andreev_reflection() -> None:
    assert false_alarms(25, seed=1) == 0


def test_planted_dips_are_found_and_measured() -> None:
    share, deviations = detection(25, seed=2)
    assert share >= 0.92
    for name, values in deviations.items():
        assert len(values) >= 40, name
        # 50 numbers: binomial limits of about three standard deviations.
        assert 0.48 < np.mean(np.abs(values) < 1.0) < 0.88, name


@pytest.mark.calibration
def test_rates_over_a_thousand_curves(capsys: pytest.CaptureFixture[str]) -> None:
    """Below 1 % false alarms, above 95 % found, 60 to 78 % within one error."""
    alarms = false_alarms(1000, seed=3)
    share, deviations = detection(1000, seed=4)
    with capsys.disabled():
        print(f"false alarms {alarms} of 1000, found {100 * share:.1f} %")  # noqa: T201
        for name, z in deviations.items():
            print(f"{name:10s} {100 * np.mean(np.abs(z) < 1):.1f} % within one error, mean {z.mean():.2f}")  # noqa: T201
    assert alarms < 10
    assert share > 0.95
    for name, values in deviations.items():
        assert 0.60 < np.mean(np.abs(values) < 1.0) < 0.78, name


def test_andreev_reflection_has_no_minimum_away_from_zero() -> None:
    """The theorem behind the rule, over the whole range that the docstring names."""
    positive = BIAS[BIAS >= 0.0][::4]
    for barrier in (0.0, 0.2, 0.5, 0.8, 1.5):
        for broadening in (0.0, 0.05, 0.3, 1.0, 2.0):
            for temperature in (0.5, 4.0, 12.0, 19.0):
                delta = float(gap(temperature, gap_zero=GAP_ZERO, critical_temperature=CRITICAL_TEMPERATURE))
                arguments = {"broadening": broadening * GAP_ZERO, "barrier": barrier, "temperature": temperature}
                curve = np.asarray(btk.conductance(positive, gap=delta, **arguments))
                top = int(np.argmax(curve))
                assert np.all(np.diff(curve[: top + 1]) > -2e-5)
                assert np.all(np.diff(curve[top:]) < 2e-5)


@pytest.mark.parametrize("kind", ["two gaps", "polarised", "tunnelling", "background"])
def test_other_smooth_minima_are_no_dips(kind: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(6):
        temperature = rng.uniform(1.0, 8.0)
        if kind == "two gaps":
            curve = btk.conductance_two_gap(
                BIAS,
                gaps=(rng.uniform(1.0, 3.0), rng.uniform(4.0, 8.0)),
                broadenings=(rng.uniform(0.0, 0.5), rng.uniform(0.0, 0.5)),
                barriers=(rng.uniform(0.0, 1.0), rng.uniform(0.0, 1.5)),
                weight=rng.uniform(0.2, 0.8),
                temperature=temperature,
            )
        elif kind == "polarised":
            curve = btk.conductance_polarised(
                BIAS,
                gap=3.0,
                broadening=rng.uniform(0.0, 1.0),
                barrier=rng.uniform(0.0, 1.0),
                polarisation=rng.uniform(0.0, 1.0),
                temperature=temperature,
            )
        elif kind == "tunnelling":
            curve = dynes.conductance(BIAS, gap=3.0, broadening=rng.uniform(0.02, 1.0), temperature=temperature)
        else:
            curve = btk.conductance(BIAS, gap=3.0, broadening=0.5, barrier=0.4, temperature=temperature)
            curve = curve * (1.0 + rng.uniform(0.0, 0.5) * np.abs(BIAS / 30.0) ** rng.uniform(1.0, 2.0))
        noise = rng.uniform(0.002, 0.01)
        dips = find_dips(BIAS, np.asarray(curve) + noise * rng.standard_normal(BIAS.size), noise)
        assert not dips.every, (kind, dips.remark)


def contact(*, gapped: bool, width: float) -> tuple[Contact, float]:
    """A simulated contact of 5 ohm with 3 ohm more above 1.6 mA, and the normal resistance of both, ohm."""

    def conductance(bias: np.ndarray) -> np.ndarray:
        if not gapped:
            return np.full(bias.shape, 0.2)
        return 0.2 * np.asarray(btk.conductance(bias, gap=3.0, broadening=0.3, barrier=0.4, temperature=2.0))

    return Contact(junction(conductance, reach=40.0), Maxwell(3.0, 1.6e-3, width)), 8.0


@pytest.mark.parametrize("gapped", [False, True])
@pytest.mark.parametrize("width", [1e-5, 5e-5, 1e-4])
def test_broad_dips_of_a_series_resistance(gapped: bool, width: float) -> None:
    """Simulated: found, placed at the minimum of the exact curve, current within the width of the switching."""
    made, normal = contact(gapped=gapped, width=width)
    bias, noise = np.linspace(-25.0, 25.0, 801), 0.005
    exact = made.conductance(bias) * normal
    dips = find_dips(bias, exact + noise * np.random.default_rng(6).standard_normal(bias.size), noise)
    (pair,) = dips.pairs
    assert pair.position.value == pytest.approx(abs(bias[np.argmin(exact)]), abs=0.15)
    assert pair.positive.minimum.value == pytest.approx(exact.min(), abs=0.02)
    assert pair.positive.width_error is None or pair.positive.sharp
    current = critical_current_of(pair.position, bias=bias, current=made.current(bias), width=pair.width)
    assert current.value == pytest.approx(1.6e-3, abs=0.5 * width + 5e-6)
    assert current.systematic is not None
    assert abs(current.value - 1.6e-3) < current.systematic + 2e-6


def test_what_the_mask_keeps_is_the_junction_alone() -> None:
    """Within the mask a contact with a critical current follows its junction to about the noise."""
    made, normal = contact(gapped=True, width=5e-5)
    bias, noise = np.linspace(-25.0, 25.0, 801), 0.005
    exact = made.conductance(bias) * normal
    dips = find_dips(bias, exact + noise * np.random.default_rng(7).standard_normal(bias.size), noise)
    kept = ~dip_mask(bias, dips)
    junction_alone = normal * made.junction.conductance(bias)
    assert np.max(np.abs(exact - junction_alone)[kept]) < 2.0 * noise
    assert np.abs(bias[kept]).max() > 3.0
    masked = ~dip_mask(bias, dips, only=True)
    assert np.abs(bias[masked]).max() == 25.0
    wider = ~dip_mask(bias, dips, 0.5)
    assert np.abs(bias[wider]).max() == pytest.approx(np.abs(bias[kept]).max() - 0.5, abs=0.07)


def test_a_minimum_cut_off_by_the_range_is_undecided() -> None:
    made, normal = contact(gapped=False, width=2e-4)
    bias = np.linspace(-16.0, 16.0, 641)
    exact = made.conductance(bias) * normal
    dips = find_dips(bias, exact + 0.005 * np.random.default_rng(8).standard_normal(bias.size), 0.005)
    assert not dips.every
    assert dips.undecided == pytest.approx((-11.7, 11.7), abs=0.5)
    assert "measure to higher bias" in dips.remark


def planted(*places: float) -> np.ndarray:
    """A Gaussian dip of 0.05, 0.5 mV wide, at each place on an exact BTK curve."""
    curve = np.asarray(btk.conductance(BIAS, gap=3.0, broadening=0.4, barrier=0.4, temperature=3.0))
    return curve - 0.05 * sum(gaussian(place, 0.5) for place in places)


def test_one_side_alone_is_said() -> None:
    noisy = planted(12.0) + 0.005 * np.random.default_rng(9).standard_normal(BIAS.size)
    dips = find_dips(BIAS, noisy, 0.005)
    assert not dips.pairs
    (dip,) = dips.alone
    assert dip.position == pytest.approx(12.0, abs=0.05)
    assert not dips.unmirrored
    assert "one side only" in dips.remark
    half = BIAS > -9.0
    dips = find_dips(BIAS[half], noisy[half], 0.005)
    assert dips.unmirrored == dips.alone
    mask = dip_mask(BIAS[half], dips)
    assert mask[-1]
    assert not mask[0]
    assert dip_mask(BIAS, dips)[0]


def test_two_pairs_and_their_offset() -> None:
    noisy = planted(12.1, -11.9, 18.1, -17.9) + 0.005 * np.random.default_rng(10).standard_normal(BIAS.size)
    first, second = find_dips(BIAS, noisy, 0.005).pairs
    assert first.position.value == pytest.approx(12.0, abs=0.03)
    assert second.position.value == pytest.approx(18.0, abs=0.03)
    assert first.offset == pytest.approx(0.1, abs=0.03)


def test_even_data_count_as_one_side() -> None:
    noisy = planted(12.0, -12.0) + 0.005 * np.random.default_rng(11).standard_normal(BIAS.size)
    dips = find_dips(BIAS, 0.5 * (noisy + noisy[::-1]), 0.005 / np.sqrt(2.0))
    (pair,) = dips.pairs
    assert pair.shared
    assert pair.position.error == pair.positive.position_error
    assert "one" in dips.remark


def test_single_bad_readings_are_no_dips() -> None:
    rng = np.random.default_rng(12)
    for _ in range(8):
        noisy = planted() + 0.005 * rng.standard_normal(BIAS.size)
        noisy[rng.integers(0, BIAS.size)] -= 0.06
        assert not find_dips(BIAS, noisy, 0.005).every


def test_shared_noise_is_allowed_for() -> None:
    """A moving average over five readings: without `correlation` its bumps would pass for dips."""
    rng = np.random.default_rng(13)
    for _ in range(6):
        smooth = np.convolve(rng.standard_normal(BIAS.size + 4), np.full(5, 0.2), mode="valid")
        noisy = planted() + 0.005 * smooth
        assert not find_dips(BIAS, noisy, 0.005 / np.sqrt(5.0), correlation=5.0).every


def test_critical_current_by_resistance() -> None:
    found = critical_current_of(Value(-10.0, 0.1), resistance=Value(5.0, 0.1))
    assert found.value == pytest.approx(2e-3)
    assert found.error == pytest.approx(2e-3 * np.hypot(0.01, 0.02))
    assert critical_current_of(Value(10.0, None), resistance=Value(5.0, 0.1)).error is None
    assert found.systematic is None


def test_refusals() -> None:
    good = np.ones(BIAS.size)
    with pytest.raises(DataError, match="ascend"):
        find_dips(BIAS[::-1], good, 0.01)
    with pytest.raises(DataError, match="not finite"):
        find_dips(BIAS, np.where(BIAS > 3.0, np.nan, 1.0), 0.01)
    with pytest.raises(DataError, match="one length"):
        find_dips(BIAS, good[1:], 0.01)
    with pytest.raises(DataError, match="fewer than"):
        find_dips(BIAS[:5], good[:5], 0.01)
    for noise in (0.0, -1.0, np.nan):
        with pytest.raises(DomainError, match="noise"):
            find_dips(BIAS, good, noise)
    with pytest.raises(DomainError, match="correlation"):
        find_dips(BIAS, good, 0.01, correlation=0.5)
    nothing = find_dips(BIAS, good, 0.01)
    assert not dip_mask(BIAS, nothing).any()
    with pytest.raises(DomainError, match="margin"):
        dip_mask(BIAS, nothing, -1.0)
    with pytest.raises(DomainError, match="either"):
        critical_current_of(Value(10.0, None))
    with pytest.raises(DomainError, match="positive"):
        critical_current_of(Value(10.0, None), resistance=Value(-1.0, None))
    with pytest.raises(DomainError, match="does not reach"):
        critical_current_of(Value(40.0, None), bias=BIAS, current=BIAS)
    with pytest.raises(DataError, match="ascending"):
        critical_current_of(Value(10.0, None), bias=BIAS[::-1], current=BIAS)


def test_noise_of_each_point_counts() -> None:
    """A dip in a noisy stretch is none, the same dip elsewhere is one."""
    noise = np.where(np.abs(BIAS) > 15.0, 0.05, 0.005)
    noisy = planted(12.0, -12.0, 20.0, -20.0) + noise * np.random.default_rng(14).standard_normal(BIAS.size)
    dips = find_dips(BIAS, noisy, noise)
    assert [round(pair.position.value) for pair in dips.pairs] == [12]
    assert replace(dips, pairs=()).every == ()
