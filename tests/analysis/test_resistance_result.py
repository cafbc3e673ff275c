"""What a resistance analysis reports: every number with unit, method and error, and nothing that was not measured."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from megabar.analysis.resistance import Settings, analyse
from megabar.data import Curve, Estimate, Note, Recording, Result, Status
from megabar.errors import DataError
from megabar.physics.coupling import coupling_from_tc

MakeCurve = Callable[..., Curve]
MakeRecording = Callable[..., Recording]
Crystal = Callable[..., np.ndarray]

HALF = "R/R(onset) = 0.50"
T = np.concatenate([np.arange(5.0, 110.0, 0.4), np.arange(110.0, 300.0, 1.0)])
NOISE = 5e-5
"""0.3 % of the resistance at the onset."""


def noise(seed: int, size: int = T.size) -> np.ndarray:
    return NOISE * np.random.default_rng(seed).standard_normal(size)


def only(result: Result, quantity: str, **labels: str | float) -> Estimate:
    (found,) = result.find(quantity, **labels)
    return found


def warnings(result: Result) -> list[str]:
    return [note.text for note in result.notes if note.level == "warning"]


@pytest.fixture(name="both", scope="module")
def _both() -> Result:
    """Cooling and warming of one crystal, the thermometer 0.1 K ahead of the sample either way."""
    from megabar.data import Column, Role, Source
    from megabar.physics.transition import full_resistance

    law = {"onset_temperature": 78.5, "sharpness": 21.7, "residual": 0.0152, "amplitude": 0.46}
    t = np.concatenate([T[::-1], T])
    lag = np.repeat([0.1, -0.1], T.size)
    r = np.asarray(full_resistance(t + lag, **law, debye_temperature=518.0, saturation=0.25)) + noise(0, t.size)
    columns = (Column("T (K)", Role.TEMPERATURE, t), Column("R (Ohm)", Role.RESISTANCE, r))
    recording = Recording(
        Source("run.csv", "1" * 64), "made for a test", (Curve("run", columns),), (Note("read with care"),)
    )
    return analyse(recording, measurement="22.4 GPa")


def test_every_estimate_has_unit_method_and_finite_numbers(both: Result) -> None:
    for e in both.estimates:
        assert e.measurement == "22.4 GPa"
        assert e.unit
        assert len(e.method) > 5
        numbers = [e.value, e.error, *e.systematic.values(), *(e.interval or ())]
        assert all(math.isfinite(x) for x in numbers if x is not None), e
        assert all(isinstance(x, str) or math.isfinite(x) for x in e.labels.values())
        assert e.error is None or e.error > 0.0, e
        if e.value is None:
            assert e.status != Status.OK
            assert e.remark


def test_no_two_estimates_have_the_same_place_and_way(both: Result) -> None:
    keys = [(e.quantity, *sorted(e.labels.items())) for e in both.estimates]
    assert len(set(keys)) == len(keys)


def test_systematic_parts_are_named(both: Result) -> None:
    for sweep in ("cooling", "warming"):
        for criterion in ("onset", "R/R(onset) = 0.90", HALF, "R/R(onset) = 0.05", "zero"):
            assert set(only(both, "critical_temperature", sweep=sweep, criterion=criterion).systematic) == {"window"}
        coupling = only(both, "coupling", sweep=sweep, formula="advanced McMillan", model="full curve")
        assert "mu* +-0.03" in coupling.systematic
        theta = only(both, "debye_temperature", sweep=sweep, model="normal state")
        assert "window" in theta.systematic
    mean = only(both, "critical_temperature", sweep="mean of directions", criterion=HALF)
    assert set(mean.systematic) == {"window", "direction"}


def test_lag_between_thermometer_and_sample_is_hysteresis(both: Result) -> None:
    """The thermometer reads 0.1 K too low on cooling and 0.1 K too high on warming."""
    lag = only(both, "hysteresis", criterion=HALF)
    assert lag.value == pytest.approx(0.2, abs=5.0 * (lag.error or 0.0))
    assert lag.error is not None
    assert lag.error < 0.1
    mean = only(both, "critical_temperature", sweep="mean of directions", criterion=HALF)
    assert mean.systematic["direction"] == pytest.approx(0.5 * abs(lag.value or 0.0))


def test_every_fit_has_its_r_squared(both: Result) -> None:
    for sweep in ("cooling", "warming"):
        for model in ("normal state", "full curve"):
            quality = only(both, "r_squared", sweep=sweep, model=model)
            assert quality.value is not None
            assert 0.999 < quality.value < 1.0
            assert "points" in quality.method


def test_the_truth_comes_back(both: Result) -> None:
    """Within five of its own errors and the spread over windows; the onset of the law lies at 78.5 K."""
    expected = {
        ("full_curve_onset", "K"): 78.5,
        ("full_curve_sharpness", "1"): 21.7,
    }
    for (quantity, unit), truth in expected.items():
        e = only(both, quantity, sweep="mean of directions")
        assert e.unit == unit
        assert e.value == pytest.approx(truth, abs=5.0 * (e.error or 0.0))
    theta = only(both, "debye_temperature", sweep="mean of directions", model="full curve")
    assert theta.value == pytest.approx(518.0, abs=5.0 * (theta.error or 0.0))
    tc = only(both, "critical_temperature", sweep="warming", criterion="R/R(onset) = 0.05, full curve")
    for formula, name in (("advanced", "advanced McMillan"), ("mcmillan", "McMillan")):
        e = only(both, "coupling", sweep="warming", model="full curve", formula=name)
        theta = only(both, "debye_temperature", sweep="warming", model="full curve")
        found = coupling_from_tc(
            tc.value or 0.0,
            debye_temperature=theta.value or 0.0,
            coulomb_pseudopotential=0.13,
            formula=formula,  # type: ignore[arg-type]
        )
        assert e.value == pytest.approx(float(found), rel=1e-6)


def test_residual_resistance_ratio_by_hand(both: Result) -> None:
    ratio = only(both, "residual_resistance_ratio", sweep="warming")
    onset = only(both, "onset_resistance", sweep="warming")
    assert onset.value is not None
    top = 0.0554
    assert ratio.value == pytest.approx(top / onset.value, rel=0.01)
    assert ratio.method == "R(299 K)/R(onset)"


def test_provenance_travels(both: Result) -> None:
    assert [source.file for source in both.sources] == ["run.csv"]
    assert Note("read with care") in both.notes
    assert both.seed == 0
    assert both.settings["coulomb_pseudopotential"] == 0.13
    automatic = {key for key in both.settings if key.startswith("automatic: ")}
    for sweep in ("cooling", "warming"):
        assert f"automatic: normal_window, {sweep}" in automatic
        assert f"automatic: transition_line, {sweep}, step 1" in automatic
    assert {panel.x_label for panel in both.panels} >= {"Temperature (K)"}


def test_the_same_data_give_the_same_numbers(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    file = recording(curve(temperature=T, resistance=crystal(T) + noise(1)))
    first, second = analyse(file), analyse(file)
    assert first.estimates == second.estimates
    other = analyse(file, Settings(seed=1))
    assert other.seed == 1
    assert (
        only(other, "critical_temperature", criterion=HALF).error
        != only(first, "critical_temperature", criterion=HALF).error
    )


def test_resistivities_are_in_ohm_metres(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    scale = 2e-7
    ohms = analyse(recording(curve(temperature=T, resistance=crystal(T) + noise(2))))
    metres = analyse(recording(curve(temperature=T, resistivity=scale * (crystal(T) + noise(2)))))
    for quantity in (
        "onset_resistance",
        "plateau_resistance",
        "residual_resistance",
        "amplitude",
        "saturation_resistance",
    ):
        for a, b in zip(ohms.find(quantity), metres.find(quantity), strict=True):
            assert (a.unit, b.unit) == ("ohm", "ohm m")
    a, b = (only(result, "onset_resistance") for result in (ohms, metres))
    assert b.value == pytest.approx(scale * (a.value or 0.0), rel=1e-6)
    for criterion in ("onset", HALF):
        a, b = (only(result, "critical_temperature", criterion=criterion) for result in (ohms, metres))
        assert b.value == pytest.approx(a.value, rel=1e-9)
        assert b.error == pytest.approx(a.error, rel=1e-6)
    assert all("(ohm m)" in panel.y_label for panel in metres.panels if panel.y_label.startswith("Resist"))


@pytest.mark.parametrize("scale", [1e-9, 1e6])
def test_the_unit_of_the_resistance_changes_no_temperature(
    curve: MakeCurve, recording: MakeRecording, crystal: Crystal, scale: float
) -> None:
    plain, scaled = (
        analyse(recording(curve(temperature=T, resistance=s * (crystal(T) + noise(3))))) for s in (1.0, scale)
    )
    for e in plain.find("critical_temperature") + plain.find("debye_temperature") + plain.find("coupling"):
        other = only(scaled, e.quantity, **e.labels)
        assert other.value == pytest.approx(e.value, rel=1e-5)
        assert other.error == pytest.approx(e.error, rel=1e-2)


def three_probes(curve: MakeCurve, recording: MakeRecording, crystal: Crystal, **settings: object) -> Result:
    readings = crystal(T) + 0.02 + noise(4)
    return analyse(recording(curve(temperature=T, resistance=readings)), Settings(**settings))  # type: ignore[arg-type]


def test_series_remainder_is_taken_off_and_zero_not_claimed(
    curve: MakeCurve, recording: MakeRecording, crystal: Crystal
) -> None:
    result = three_probes(curve, recording, crystal, probes=3)
    remainder = only(result, "series_remainder")
    assert remainder.value == pytest.approx(0.02, abs=5.0 * (remainder.error or 0.0))
    assert remainder.unit == "ohm"
    assert remainder.error is not None
    assert remainder.error < NOISE
    assert any("series remainder 0.02 ohm of 3 probes subtracted" in note.text for note in result.notes)
    for criterion in ("zero", "offset"):
        e = only(result, "critical_temperature", criterion=criterion)
        assert (e.value, e.error) == (None, None)
        assert e.status == "cannot be tested in this geometry"
        assert "3 probes" in e.remark
    bare = analyse(recording(curve(temperature=T, resistance=crystal(T) + noise(4))))
    for criterion in ("onset", "R/R(onset) = 0.90", HALF, "R/R(onset) = 0.10"):
        there, here = (only(r, "critical_temperature", criterion=criterion) for r in (bare, result))
        assert here.value == pytest.approx(there.value, abs=2.0 * (there.error or 0.0))


def test_a_series_remainder_may_be_given(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    given = three_probes(curve, recording, crystal, probes=2, series=0.02)
    found = three_probes(curve, recording, crystal, probes=3)
    assert given.find("series_remainder") == ()
    a, b = (only(result, "critical_temperature", criterion=HALF) for result in (given, found))
    assert a.value == pytest.approx(b.value, abs=a.error)
    assert only(given, "critical_temperature", criterion="zero").status == Status.NOT_TESTABLE


def test_four_probes_on_an_offset_do_not_call_it_zero(
    curve: MakeCurve, recording: MakeRecording, crystal: Crystal
) -> None:
    result = three_probes(curve, recording, crystal)
    for criterion in ("zero", "R/R(onset) = 0.10"):
        e = only(result, "critical_temperature", criterion=criterion)
        assert e.value is None
        assert e.status == Status.NOT_FOUND
        assert "56" in e.remark
        assert "% of R(onset)" in e.remark
        assert "settings.probes" in e.remark
    assert only(result, "transition_width").value is None


def test_three_probes_without_a_plateau_keep_their_remainder_and_say_so(
    curve: MakeCurve, recording: MakeRecording, crystal: Crystal
) -> None:
    cut = T > 65.0
    readings = (crystal(T) + 0.02 + noise(5))[cut]
    result = analyse(recording(curve(temperature=T[cut], resistance=readings)), Settings(probes=3))
    assert any("the series remainder of 3 probes is unknown and still in the" in text for text in warnings(result))


def ramp(t: np.ndarray, top: float, width: float) -> np.ndarray:
    s = np.clip((t - top + width) / width, 0.0, 1.0)
    return s * s * (3.0 - 2.0 * s)


def test_two_steps_are_two_with_their_shares(curve: MakeCurve, recording: MakeRecording) -> None:
    """3:1 drops 6 K apart; the tangent at the middle of such a ramp reaches the top a third of its width above it."""
    t = np.arange(60.0, 140.0, 0.1)
    r = 0.75 * ramp(t, 90.0, 3.0) + 0.25 * ramp(t, 84.0, 3.0) + 1e-3 * np.random.default_rng(0).standard_normal(t.size)
    r *= 1.0 + 0.002 * (t - 90.0)
    result = analyse(recording(curve(temperature=t, resistance=r)))
    onsets = {e.labels["step"]: e for e in result.find("critical_temperature", criterion="onset")}
    assert {step: e.value for step, e in onsets.items()} == {
        1: pytest.approx(89.5, abs=0.15),
        2: pytest.approx(83.5, abs=0.15),
    }
    shares = {e.labels["step"]: e.value for e in result.find("step_share")}
    assert shares == {1: pytest.approx(0.75, abs=0.02), 2: pytest.approx(0.25, abs=0.02)}
    # Zero resistance is reached once, below the last step.
    assert [e.labels["step"] for e in result.find("critical_temperature", criterion="zero")] == [2]
    assert [e.labels["step"] for e in result.find("plateau_resistance")] == [2]
    assert result.find("full_curve_onset") == ()
    assert any("several" in note.text for note in result.notes)


@pytest.mark.parametrize("window", [(400.0, 500.0), (110.0, 111.5)])
def test_a_normal_line_without_readings_is_refused(
    curve: MakeCurve, recording: MakeRecording, crystal: Crystal, window: tuple[float, float]
) -> None:
    file = recording(curve(temperature=T, resistance=crystal(T) + noise(11)))
    with pytest.raises(DataError, match=r"settings\.normal_line, .* holds [02] of the readings \(5 to 299\): widen it"):
        analyse(file, Settings(normal_line=window))
    (onset,) = analyse(file, Settings(normal_line=(80.0, 95.0))).find("critical_temperature", criterion="onset")
    assert onset.value == pytest.approx(72.0, abs=1.0)


def test_one_step_has_no_step_labels(both: Result) -> None:
    assert all("step" not in e.labels for e in both.estimates)
    assert both.find("step_share") == ()


def test_several_curves_are_told_apart(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    curves = [curve(f"R{k}", temperature=T, resistance=k * crystal(T) + noise(k)) for k in (1, 2)]
    result = analyse(recording(*curves))
    assert {e.labels["curve"] for e in result.estimates} == {"R1", "R2"}
    assert len(result.find("critical_temperature", criterion="onset")) == 2
    assert any("R1" in panel.title for panel in result.panels)
    keys = [(e.quantity, *sorted(e.labels.items())) for e in result.estimates]
    assert len(set(keys)) == len(keys)
    assert {"automatic: normal_window, R1, warming", "automatic: normal_window, R2, warming"} <= set(result.settings)


def test_repeated_sweeps_keep_their_own_numbers(curve: MakeCurve, recording: MakeRecording, sharp: Crystal) -> None:
    t = np.tile(np.linspace(150.0, 20.0, 400), 2)
    t = np.concatenate([t[:400], t[:400][::-1], t[:400]])
    result = analyse(
        recording(curve(temperature=t, resistance=sharp(t) + noise(6, t.size))), Settings(full_curve=False)
    )
    found = {str(e.labels["sweep"]) for e in result.find("critical_temperature", criterion=HALF)}
    assert found == {"mean of directions", "cooling", "warming", "cooling (2)"}
    keys = [(e.quantity, *sorted(e.labels.items())) for e in result.estimates]
    assert len(set(keys)) == len(keys)


def test_one_bad_curve_leaves_the_others(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    good = curve("good", temperature=T, resistance=crystal(T) + noise(7))
    dead = curve("dead", temperature=T, resistance=np.full(T.size, 0.5))
    turned = curve("turned", temperature=T, resistance=-crystal(T))
    result = analyse(recording(dead, good, turned))
    assert {e.labels["curve"] for e in result.estimates} == {"good"}
    constant, negative = warnings(result)[-2:]
    assert constant.startswith("dead: warming: resistance is constant at 0.5")
    assert negative.startswith("turned: warming: the resistance is negative")
    assert "voltage leads swapped" in negative
    with pytest.raises(DataError, match=r"^crystal\.csv: dead: .*; turned: "):
        analyse(recording(dead, turned))


@pytest.mark.parametrize(
    ("lowest", "known", "unknown"), [(62.0, ("onset", HALF), ("R/R(onset) = 0.05", "zero", "offset"))]
)
def test_transition_cut_off_below(
    curve: MakeCurve,
    recording: MakeRecording,
    crystal: Crystal,
    lowest: float,
    known: tuple[str, ...],
    unknown: tuple[str, ...],
) -> None:
    kept = lowest < T
    result = analyse(recording(curve(temperature=T[kept], resistance=(crystal(T) + noise(8))[kept])))
    for criterion in known:
        e = only(result, "critical_temperature", criterion=criterion)
        assert e.value is not None
        assert e.value > lowest
    for criterion in unknown:
        e = only(result, "critical_temperature", criterion=criterion)
        assert e.value is None
        assert "lowest temperature" in e.remark
    assert only(result, "critical_temperature", criterion="R/R(onset) = 0.05").status == Status.LIMIT


def test_no_transition_is_a_finding(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    warm = T[T > 100.0]
    result = analyse(recording(curve(temperature=warm, resistance=crystal(warm) + noise(9, warm.size))))
    (tc,) = result.find("critical_temperature")
    assert (tc.value, tc.status) == (None, Status.NOT_FOUND)
    assert tc.remark.startswith(f"no transition between {warm[0]:.4g} and {warm[-1]:.4g} K that takes at least 5 %")
    assert result.find("debye_temperature", model="normal state")
    ratio = only(result, "residual_resistance_ratio")
    assert ratio.method.endswith(f"R({warm[0]:.4g} K)")


def test_nothing_but_noise_has_no_ratio(curve: MakeCurve, recording: MakeRecording) -> None:
    """A sample that superconducts everywhere, or shorted leads: no number can be made of it."""
    result = analyse(recording(curve(temperature=T, resistance=noise(10))))
    assert result.find("residual_resistance_ratio") == ()
    assert [e.value for e in result.find("critical_temperature")] == [None]


def test_progress_runs_to_one(curve: MakeCurve, recording: MakeRecording, crystal: Crystal) -> None:
    told: list[float] = []
    curves = [curve(f"R{k}", temperature=T, resistance=crystal(T) + noise(k)) for k in range(3)]
    analyse(recording(*curves), Settings(normal_state=False), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("temperature", "message"),
    [
        (np.linspace(-20.0, 100.0, 50), "temperature -20 K is not positive"),
        (np.linspace(0.0, 100.0, 50), "temperature 0 K is not positive"),
        (np.repeat(np.linspace(10.0, 50.0, 5), 10), "5 different values of temperature, fewer than 8"),
        (np.linspace(10.0, 16.0, 7), "no sweep has 8 points or more"),
    ],
)
def test_temperatures_that_no_analysis_can_use(
    curve: MakeCurve, recording: MakeRecording, temperature: np.ndarray, message: str
) -> None:
    resistance = 1.0 + 0.01 * np.arange(temperature.size)
    with pytest.raises(DataError, match=rf"^crystal\.csv: .*{message}") as caught:
        analyse(recording(curve(temperature=temperature, resistance=resistance)))
    assert "\n" not in str(caught.value)
