"""Magnetisation against temperature: drops that are there, drops that are not, shielding, cooling in a field."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import megabar
from megabar.analysis.susceptibility import Settings, analyse
from megabar.analysis.susceptibility_share import WIDTH90
from megabar.analysis.susceptibility_step import Background
from megabar.analysis.susceptibility_transition import MIDDLE as HALF
from megabar.analysis.susceptibility_transition import ONSET, Choices, analyse_transition
from megabar.data import Curve, Estimate, Recording, Result, Source, Status
from megabar.errors import DataError

from .conftest import SHARED
from .magnetic import MIDDLE, WIDTH, T, made, step

MAGNETS = SHARED / "measured/susceptibility"
MU_0 = 4e-7 * math.pi


def noise(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(size)


def one(result: Result, quantity: str, **labels: str) -> Estimate:
    (found,) = result.find(quantity, **labels)
    return found


def tangent(temperature: np.ndarray) -> float:
    """Onset by hand: the least-squares line through the middle 40 % of the exact step meets zero."""
    y = step(temperature)
    inside = (y < -0.3) & (y > -0.7)
    slope, offset = np.polyfit(temperature[inside], y[inside], 1)
    return float(-offset / slope)


def test_a_drop_of_a_coil_is_measured_with_its_errors() -> None:
    result = analyse(made(temperature=T, voltage=3e-6 + 2e-9 * T + 1e-7 * (step(T) + 0.02 * noise(T.size))))
    onset, half = (one(result, "critical_temperature", criterion=c) for c in (ONSET, HALF))
    assert onset.error is not None
    assert half.error is not None
    assert onset.value == pytest.approx(tangent(T), abs=4.0 * onset.error)
    assert half.value == pytest.approx(MIDDLE, abs=4.0 * half.error)
    assert {"background", "window"} <= set(onset.systematic)
    drop, width = one(result, "diamagnetic_drop"), one(result, "transition_width")
    assert drop.unit == "V"
    assert drop.value == pytest.approx(1e-7, abs=4.0 * (drop.error or 0.0))
    # From 90 % to 10 % of 1/(1 + e^x) are 2 ln 9 widths.
    assert width.value == pytest.approx(2.0 * math.log(9.0) * WIDTH, abs=4.0 * (width.error or 0.0))
    assert (one(result, "drop_significance").value or 0.0) > 30.0
    assert result.find("shielding_fraction") == ()
    assert any("a pick-up voltage has no calibration" in note.text for note in result.notes)
    assert result.simulated
    (panel,) = result.panels
    assert {"data", "fit", "window", "marker", "residual"} <= {trace.style for trace in panel.traces}
    assert panel.y_label == "Pick-up voltage (V)"


def test_an_offset_far_above_the_signal_changes_nothing() -> None:
    signal = step(T) + 0.02 * noise(T.size)
    plain = analyse(made(temperature=T, voltage=1e-7 * signal))
    shifted = analyse(made(temperature=T, voltage=1e-7 * signal + 1e-3))
    for criterion in (ONSET, HALF):
        a, b = (one(r, "critical_temperature", criterion=criterion) for r in (plain, shifted))
        assert b.value == pytest.approx(a.value, abs=1e-3)
        assert b.error == pytest.approx(a.error, rel=1e-2)


def test_losses_peak_where_they_were_put() -> None:
    loss = np.exp(-(((T - 78.6) / 1.8) ** 2)) + 0.02 * noise(T.size, 1)
    result = analyse(made(temperature=T, voltage=step(T) + 0.01 * noise(T.size), voltage_quadrature=loss))
    peak = one(result, "loss_peak_temperature")
    assert peak.value == pytest.approx(78.6, abs=4.0 * (peak.error or 0.0))
    flat = analyse(made(temperature=T, voltage=step(T), voltage_quadrature=0.02 * noise(T.size, 1)))
    assert flat.find("loss_peak_temperature") == ()


def test_warming_and_cooling_stand_side_by_side() -> None:
    temperature = np.concatenate([T, T[::-1]])
    signal = np.concatenate([step(T, 81.0), step(T, 79.0)[::-1]]) + 0.01 * noise(2 * T.size)
    result = analyse(made(temperature=temperature, voltage=signal))
    up, down = (one(result, "critical_temperature", criterion=HALF, sweep=s).value for s in ("warming", "cooling"))
    assert up == pytest.approx(81.0, abs=0.2)
    assert down == pytest.approx(79.0, abs=0.2)


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (0.05 * noise(T.size), "no step of 5 standard deviations"),
        (3.0 / T + 1e-5 * noise(T.size), "smooth background"),
        (1e-4 * (T - 85.0) ** 2 + 1e-4 * noise(T.size), "smooth background"),
    ],
)
def test_no_drop_is_a_finding(signal: np.ndarray, words: str) -> None:
    result = analyse(made(temperature=T, voltage=signal))
    (found,) = result.find("critical_temperature")
    assert (found.value, found.status) == (None, Status.NOT_FOUND)
    assert words in found.remark
    assert "no diamagnetic transition between 60 and 110 K" in result.summary
    assert result.find("diamagnetic_drop") == ()


def test_the_smallest_visible_drop_is_told() -> None:
    (found,) = analyse(made(temperature=T, moment=1e-9 * noise(T.size))).find("critical_temperature")
    assert "A m^2 would have been seen" in found.remark


def test_a_step_upwards_is_said_and_not_flipped() -> None:
    result = analyse(made(temperature=T, voltage=-step(T) + 0.01 * noise(T.size)))
    (found,) = result.find("critical_temperature")
    assert found.value is None
    assert "check the phase or the leads" in found.remark
    assert any(note.text.startswith("warming: paramagnetic step") for note in result.notes if note.level == "warning")


def test_noise_alone_gives_no_drop() -> None:
    """25 sets; over 2,000 none has one (calibration)."""
    alarms = [
        analyse_transition(T, noise(T.size, seed), Choices(), rng=np.random.default_rng(0)).seen for seed in range(25)
    ]
    assert not any(alarms)


def test_a_sweep_that_ends_within_the_drop_has_no_height() -> None:
    cold = T[T > 78.0]
    result = analyse(made(temperature=cold, voltage=step(cold, 80.0) + 0.01 * noise(cold.size)))
    drop = one(result, "diamagnetic_drop")
    assert (drop.value, drop.status) == (None, Status.LIMIT)
    assert "the drop goes on below 78" in drop.remark


def test_a_sweep_that_never_reaches_the_normal_state_has_no_onset() -> None:
    hot = T[T < 83.0]
    result = analyse(made(temperature=hot, voltage=step(hot, 80.0) + 0.003 * noise(hot.size)))
    found = result.find("critical_temperature")
    assert all(e.value is None for e in found)


def test_a_signal_without_plateau_keeps_its_onset_alone() -> None:
    rising = step(T) * np.where(T < 78.0, 1.0 - 0.04 * (78.0 - T), 1.0)
    result = analyse(made(temperature=T, voltage=rising + 0.005 * noise(T.size)))
    onset = one(result, "critical_temperature", criterion=ONSET)
    assert onset.value == pytest.approx(tangent(T), abs=0.5)
    assert one(result, "diamagnetic_drop").status == Status.LIMIT


def test_a_measured_background_takes_a_bend_that_no_line_has() -> None:
    empty = 0.4 * np.cos(T / 9.0) + 0.01 * T
    noise_ = 0.01 * noise(T.size)
    sample = made("sample", temperature=T, voltage=1.3 * empty + 0.2 + step(T) + noise_).curves
    blank = made("empty cell", temperature=T, voltage=empty).curves
    recording = Recording(Source("two.csv", "0" * 64), "made for a test", (*sample, *blank))
    result = analyse(recording, Settings(background="empty cell"))
    drop = one(result, "diamagnetic_drop")
    assert drop.value == pytest.approx(1.0, abs=4.0 * (drop.error or 0.0))
    with pytest.raises(DataError, match="names curve 'other', which is not there"):
        analyse(recording, Settings(background="other"))


def test_readings_beyond_the_measured_background_are_named() -> None:
    short = T[T < 100.0]
    recording = Recording(
        Source("two.csv", "0" * 64),
        "made for a test",
        (
            *made("sample", temperature=T, voltage=step(T) + 0.01 * noise(T.size)).curves,
            *made("empty", temperature=short, voltage=np.sin(short / 7.0)).curves,
        ),
    )
    result = analyse(recording, Settings(background="empty"))
    assert any(f"{int((T >= 100.0).sum())} readings outside" in note.text for note in result.notes)


def test_few_readings_within_the_step_limit_its_place() -> None:
    coarse = np.linspace(60.0, 110.0, 26)
    result = analyse(made(temperature=coarse, voltage=step(coarse, 80.6, 0.2) + 0.01 * noise(26)))
    half = one(result, "critical_temperature", criterion=HALF)
    assert half.systematic["sampling"] == pytest.approx(1.0)
    assert half.value == pytest.approx(80.6, abs=1.0 + 3.0 * (half.error or 0.0))


def test_a_fixed_window_is_used() -> None:
    found = analyse_transition(
        T, step(T) + 0.01 * noise(T.size), Choices(window=(70.0, 90.0)), rng=np.random.default_rng(0)
    )
    assert found.window == (70.0, 90.0)
    assert found.numbers[WIDTH90].value is not None


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_exact_steps_come_back(order: int) -> None:
    under = Background(order).columns(T) @ np.array([0.3, -0.2, 0.5, 0.1])[: order + 1]
    found = analyse_transition(T, under + step(T), Choices(Background(order)), rng=np.random.default_rng(0))
    assert found.height.value == pytest.approx(-1.0, abs=2e-3)
    assert found.numbers[HALF].value == pytest.approx(MIDDLE, abs=5e-3)


SPHERE = Settings(shape="ellipsoid", along=50.0, across=50.0, along_error=1e-6)
RADIUS = 25e-6


def test_a_screened_sphere_has_a_fraction_of_one() -> None:
    """m = -(3/2) V H in a field H far away, by the dipole that cancels it."""
    full = 1.5 * 4.0 / 3.0 * math.pi * RADIUS**3 * 1e-3 / MU_0
    signal = full * (step(T) + 0.01 * noise(T.size))
    drive = np.full(T.size, 1e-3)
    result = analyse(made(temperature=T, moment_in_phase=signal, drive=drive), SPHERE)
    assert one(result, "apparent_susceptibility").value == pytest.approx(-1.5, rel=0.01)
    assert one(result, "demagnetisation_factor").value == pytest.approx(1.0 / 3.0)
    for quantity in ("shielding_fraction", "relative_drop"):
        found = one(result, quantity)
        assert found.value == pytest.approx(1.0, abs=4.0 * (found.error or 0.0))
    # The same in a steady field.
    steady = analyse(made(temperature=T, moment=signal, field=drive), SPHERE)
    assert one(steady, "shielding_fraction").value == pytest.approx(1.0, abs=0.02)


def test_a_moment_in_a_negative_field_counts_along_it() -> None:
    moment = -1e-10 * (step(T) + 0.01 * noise(T.size))
    result = analyse(made(temperature=T, moment=moment, field=np.full(T.size, -1e-3)))
    assert one(result, "diamagnetic_drop").value == pytest.approx(1e-10, rel=0.02)
    assert any("the field is negative" in note.text for note in result.notes)


def test_errors_of_the_lengths_reach_the_fraction() -> None:
    """A disc of 8(2) um by 60(3) um, half screened, against 20,000 draws by numpy alone."""
    along, across, height = 8.0, 60.0, 0.5
    rng = np.random.default_rng(5)

    def thin(b: np.ndarray, a: np.ndarray) -> np.ndarray:
        ratio = b / a
        q = 4.0 / (3.0 * np.pi) + 2.0 / (3.0 * np.pi) * np.tanh(1.27 * ratio * np.log1p(1.0 / ratio))
        return 1.0 - 1.0 / (1.0 + q / ratio)

    factor = float(thin(np.array(along), np.array(across)))
    full = 1e-3 / MU_0 * math.pi / 4.0 * across**2 * along * 1e-18 / (1.0 - factor)
    moment = height * full * (step(T) + 0.01 * noise(T.size))
    settings = Settings(shape="cylinder", along=along, along_error=2.0, across=across, across_error=3.0)
    result = analyse(made(temperature=T, moment_in_phase=moment, drive=np.full(T.size, 1e-3)), settings)
    b, a = along + 2.0 * rng.standard_normal(20_000), across + 3.0 * rng.standard_normal(20_000)
    b = b[b > 0.0][: b.size]
    a = a[: b.size]
    relative = height * full * MU_0 / (1e-3 * math.pi / 4.0 * a**2 * b * 1e-18) * (1.0 - thin(b, a))
    low, high = np.quantile(relative, [0.1587, 0.8413])
    found = one(result, "relative_drop")
    assert found.error == pytest.approx(0.5 * (high - low), rel=0.12)
    fraction = one(result, "shielding_fraction")
    assert "hardly depends on the drop" in fraction.remark or factor < 0.8
    assert fraction.value == pytest.approx(1.0 / (factor + 2.0 * (1.0 - factor)), abs=0.02)


def test_without_a_volume_no_fraction_is_quoted() -> None:
    moment = 1e-10 * (step(T) + 0.01 * noise(T.size))
    result = analyse(made(temperature=T, moment_in_phase=moment, drive=np.full(T.size, 1e-3)))
    assert result.find("shielding_fraction") == ()
    assert any("no volume: give settings.volume" in note.text for note in result.notes)
    without_drive = analyse(made(temperature=T, moment_in_phase=moment), SPHERE)
    assert any("the alternating field was not recorded" in note.text for note in without_drive.notes)


def test_more_than_full_shielding_is_doubted() -> None:
    chi = 2.2 * (step(T) + 0.01 * noise(T.size))
    result = analyse(made(temperature=T, susceptibility=chi), Settings(demagnetisation=0.2))
    assert "more than full shielding" in one(result, "shielding_fraction").remark


def test_a_susceptibility_without_a_scale_has_no_fraction() -> None:
    chi = step(T) + 0.01 * noise(T.size)
    result = analyse(made(unit="a.u.", temperature=T, susceptibility=chi), SPHERE)
    assert result.find("shielding_fraction") == ()
    assert one(result, "diamagnetic_drop").unit == "a.u."
    assert any("the signal has no unit" in note.text for note in result.notes)


def cooled(split: float, share: float) -> Recording:
    """Warming after cooling in no field, then cooling in it: they part below `split`."""
    opening = share * (1.0 - np.exp(-np.maximum(split - T, 0.0) / 6.0))
    moments = np.concatenate([step(T), (step(T) + opening)[::-1]])
    temperature = np.concatenate([T, T[::-1]])
    signal = 1e-11 * (moments + 0.005 * noise(temperature.size))
    return made(temperature=temperature, moment=signal, field=np.full(temperature.size, 1e-3))


def test_cooling_with_and_without_field_part() -> None:
    result = analyse(cooled(76.0, 0.7))
    split = one(result, "splitting_temperature")
    assert split.value == pytest.approx(76.0, abs=4.0 * (split.error or 0.0) + split.systematic["range"])
    ratio = one(result, "meissner_ratio")
    lowest = 1.0 - 0.7 * (1.0 - math.exp(-16.0 / 6.0))
    assert ratio.value == pytest.approx(lowest, abs=0.03)
    assert any("cooled in the field" in trace.name for panel in result.panels for trace in panel.traces)


def test_moments_that_do_not_part_are_said_to() -> None:
    result = analyse(cooled(76.0, 0.0))
    assert one(result, "splitting_temperature").status == Status.NOT_FOUND
    assert any("the two do not part" in note.text for note in result.notes)


def test_curves_may_be_named_as_a_pair() -> None:
    recording = cooled(76.0, 0.7)
    (curve,) = recording.curves
    rows = np.arange(len(curve))
    parts = (curve.take(rows[: T.size], "a"), curve.take(rows[T.size :], "b"))
    two = Recording(recording.source, recording.format, parts)
    result = analyse(two, Settings(zero_field_cooled="a", field_cooled="b"))
    assert one(result, "splitting_temperature").value == pytest.approx(76.0, abs=1.5)


def test_trapped_flux_vanishes_at_its_temperature() -> None:
    moment = 1e-9 * (np.clip(1.0 - T / 90.0, 0.0, None) ** 1.5 + 0.003 * noise(T.size))
    result = analyse(made(temperature=T, moment=moment), Settings(protocol="trapped"))
    found = one(result, "critical_temperature")
    assert found.value == pytest.approx(90.0, abs=3.0 * (found.error or 0.0))
    assert found.labels["criterion"] == "trapped moment vanishes"


def test_frequencies_are_not_mixed() -> None:
    """Two frequencies with their steps 4 K apart, in turns."""
    temperature = np.repeat(T, 2)
    frequency = np.tile([10.0, 1000.0], T.size)
    signal = np.where(frequency < 100.0, step(temperature, 78.0), step(temperature, 82.0))
    signal = signal + 0.01 * noise(signal.size)
    recording = made(temperature=temperature, moment_in_phase=1e-10 * signal, frequency=frequency)
    result = analyse(recording)
    low = one(result, "critical_temperature", criterion=HALF, curve="coil 10 Hz").value
    high = one(result, "critical_temperature", criterion=HALF, curve="coil 1000 Hz").value
    assert (low, high) == (pytest.approx(78.0, abs=0.2), pytest.approx(82.0, abs=0.2))


def test_impossible_fields_are_said_and_not_used() -> None:
    moment = 1e-10 * (step(T) + 0.01 * noise(T.size))
    result = analyse(made(temperature=T, moment=moment, field=np.full(T.size, 200.0)), SPHERE)
    assert any('say units.field = "Oe"' in note.text for note in result.notes if note.level == "warning")
    assert result.find("shielding_fraction") == ()
    assert one(result, "critical_temperature", criterion=HALF).value is not None


def test_moments_of_a_kilogauss_magnet_lose_their_scale() -> None:
    result = analyse(made(temperature=T, moment=5.0 * step(T) + 0.01 * noise(T.size)), SPHERE)
    assert any("is it in emu?" in note.text for note in result.notes)
    assert one(result, "diamagnetic_drop").unit == "a.u."


@pytest.mark.parametrize("count", [1, 5, 9])
def test_few_readings_are_no_error(count: int) -> None:
    result = analyse(made(temperature=T[:count], voltage=step(T[:count])))
    assert all(e.value is None for e in result.estimates)


def test_constant_signals_and_temperatures() -> None:
    flat = analyse(made(temperature=T, voltage=np.ones(T.size)))
    assert "the signal is constant" in one(flat, "critical_temperature").remark
    still = analyse(made(temperature=np.full(T.size, 4.2) + 1e-3 * noise(T.size), voltage=noise(T.size)))
    assert "the temperature stands still" in one(still, "critical_temperature").remark


def test_another_quantity_is_refused() -> None:
    with pytest.raises(DataError, match="no moment, susceptibility or pick-up voltage"):
        analyse(made(temperature=T, resistance=T))


def test_text_files_of_a_coil_are_read_and_analysed(tmp_path: Path) -> None:
    """Missing numbers cost their rows alone."""
    path = tmp_path / "coil.dat"
    signal = 5.0 + step(T) + 0.01 * noise(T.size)
    rows = [
        f"{t:.4f}\t{'nan' if i % 25 == 3 else f'{v:.6f}'}\n" for i, (t, v) in enumerate(zip(T, signal, strict=True))
    ]
    path.write_text("T (K)\tV_x (uV)\n" + "".join(rows))
    result = megabar.fit("susceptibility", megabar.read(path))
    assert one(result, "critical_temperature", criterion=HALF).value == pytest.approx(MIDDLE, abs=0.3)
    assert one(result, "diamagnetic_drop").value == pytest.approx(1e-6, rel=0.03)


@pytest.mark.skipif(not MAGNETS.is_dir(), reason="the measured files are not beside the project")
@pytest.mark.parametrize("file", sorted(p.name for p in MAGNETS.glob("*/*")) if MAGNETS.is_dir() else [])
def test_magnets_have_no_diamagnetic_transition(file: str) -> None:
    (path,) = MAGNETS.glob(f"*/{file}")
    result = analyse(megabar.read(path))
    assert result.summary.startswith("no diamagnetic transition")
    assert "paramagnetic" in result.summary
    assert all(e.value is None for e in result.estimates if e.quantity in ("critical_temperature", "penetration_field"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"along": 5.0}, "need the shape"),
        ({"shape": "cylinder", "along": 5.0}, "needs its lengths along and across"),
        ({"shape": "cylinder", "along": 5.0, "across": 9.0, "other": 3.0}, "two lengths"),
        ({"volume": 5.0, "volume_error": 6.0}, "needs a larger volume"),
        ({"window": (9.0, 5.0)}, "does not rise"),
        ({"zero_field_cooled": "a"}, "name both curves"),
        ({"shape": "strip", "along": 1.0, "across": 2.0, "demagnetisation": 0.3}, "leave one away"),
    ],
)
def test_wrong_settings_say_what_is_missing(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate(settings)


def coverage(sets: int, sigma: float) -> dict[str, float]:
    """Share of simulated sets whose errors hold the truth."""
    exact = analyse_transition(T, step(T) + 1e-9 * noise(T.size), Choices(), rng=np.random.default_rng(0))
    truths = {ONSET: exact.numbers[ONSET].value, HALF: MIDDLE, WIDTH90: 2.0 * math.log(9.0) * WIDTH, "height": -1.0}
    inside: dict[str, list[bool]] = {name: [] for name in truths}
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        signal = 0.3 + 0.002 * T + step(T) + sigma * rng.standard_normal(T.size)
        found = analyse_transition(T, signal, Choices(), rng=rng)
        for name, truth in truths.items():
            number = found.height if name == "height" else found.numbers[name]
            assert number.value is not None
            assert number.error is not None
            inside[name].append(abs(number.value - (truth or 0.0)) < number.error)
    return {name: float(np.mean(values)) for name, values in inside.items()}


def test_errors_cover_in_few_sets() -> None:
    """8 sets of 4 numbers: 68 % within one error, standard deviation of the mean share about 10 %."""
    shares = coverage(8, 0.02)
    assert 0.35 < np.mean(list(shares.values())) < 0.9


@pytest.mark.calibration
@pytest.mark.parametrize("sigma", [0.005, 0.02])
def test_errors_cover(sigma: float, capsys: pytest.CaptureFixture[str]) -> None:
    """2,000 sets: 65 to 71 % of the errors of onset and height hold the truth, middle and width a little wider."""
    shares = coverage(2000, sigma)
    with capsys.disabled():
        print(sigma, {name: f"{100.0 * share:.1f} %" for name, share in shares.items()})  # noqa: T201
    assert all(0.65 < shares[name] < 0.71 for name in (ONSET, "height"))
    assert all(0.63 < share < 0.74 for share in shares.values())


@pytest.mark.calibration
def test_no_drop_in_2000_sets_of_noise() -> None:
    alarms = sum(
        analyse_transition(T, noise(T.size, seed), Choices(), rng=np.random.default_rng(0)).seen for seed in range(2000)
    )
    assert alarms == 0


def test_curves_of_two_samples_cost_each_other_nothing() -> None:
    good = made("good", temperature=T, voltage=step(T) + 0.01 * noise(T.size)).curves
    bad = (Curve("bad", made(temperature=T[:3], voltage=T[:3]).curves[0].columns),)
    both = Recording(Source("two.csv", "0" * 64), "made for a test", (*bad, *good))
    result = analyse(both)
    assert one(result, "critical_temperature", criterion=HALF, curve="good").value is not None
    assert any("bad" in note.text for note in result.notes)
