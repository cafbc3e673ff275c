"""Transition fields from R(H): real loops of a PPMS, and loops whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.analysis.combine import MEAN
from megabar.analysis.resistance import Settings, analyse
from megabar.data import Curve, Estimate, Recording, Result, Status
from megabar.errors import DataError

MakeCurve = Callable[..., Curve]
MakeRecording = Callable[..., Recording]

HALF = "R/R(onset) = 0.50"
PPMS = "measured/transport/FAIRmat-NFDI__nomad-measurements/Resistivity_Ch1_TMR_Ch2_Hall_test.dat"
FIELDS = {2.0: 0.49, 2.1: 0.45, 2.2: 0.41, 2.3: 0.365}
"""Field in T at half of the normal resistance, read off the raw loops by eye, for each temperature in K."""

LOOP = np.concatenate([np.linspace(1.0, -1.0, 401), np.linspace(-1.0, 1.0, 401)])


@pytest.fixture(scope="module")
def loops() -> Result:
    file = Path(__file__).resolve().parents[2].parent / "shared" / "data" / PPMS
    if not file.is_file():
        pytest.skip("the folder of real instrument files is not there")
    return analyse(megabar.read(file), measurement="loops")


def by_sweep(result: Result, curve: str, side: str) -> dict[str, Estimate]:
    found = result.find("transition_field", criterion=HALF, curve=curve, side=side)
    return {str(e.labels["sweep"]): e for e in found}


def kelvin(sweep: str) -> float:
    return round(float(sweep.split(", ")[1].removesuffix(" K")), 1)


def test_real_loops_give_the_field_at_half_resistance(loops: Result) -> None:
    """Each temperature and direction within 60 Oe; 2.0 K was measured in one direction only."""
    found = by_sweep(loops, "Bridge 1", "both")
    single = {sweep: e for sweep, e in found.items() if not sweep.startswith(MEAN)}
    assert sorted((kelvin(sweep), sweep.split(",")[0]) for sweep in single) == [
        (2.0, "field up"),
        (2.1, "field down"),
        (2.1, "field up"),
        (2.2, "field down"),
        (2.2, "field up"),
        (2.3, "field down"),
        (2.3, "field up"),
    ]
    for sweep, e in single.items():
        assert e.value == pytest.approx(FIELDS[kelvin(sweep)], abs=0.006)
        assert e.unit == "T"
        assert e.status == Status.OK
        assert e.error is not None
        assert 0.0 < e.error < 0.002
        assert set(e.systematic) == {"field direction", "window"}


def test_real_loops_are_brought_together_over_directions(loops: Result) -> None:
    found = by_sweep(loops, "Bridge 1", "both")
    means = {kelvin(sweep): e for sweep, e in found.items() if sweep.startswith(MEAN)}
    assert sorted(means) == [2.1, 2.2, 2.3]
    for temperature, e in means.items():
        assert e.value == pytest.approx(FIELDS[temperature], abs=0.006)
        assert "direction" in e.systematic
    hysteresis = loops.find("hysteresis", criterion=HALF, curve="Bridge 1", side="both")
    assert sorted(str(e.labels["at"]) for e in hysteresis) == ["2.1 K", "2.2 K", "2.3 K"]
    assert all(e.method == "field up minus field down" for e in hysteresis)


def test_both_bridges_are_kept_with_their_labels(loops: Result) -> None:
    assert {e.labels["curve"] for e in loops.estimates} == {"Bridge 1", "Bridge 2"}
    (normal, *_) = loops.find("normal_resistance", curve="Bridge 1")
    # 0.466 ohm at 1 T; at the onset the slope in field has taken off a little.
    assert normal.value == pytest.approx(0.466, rel=0.05)
    assert normal.unit == "ohm"
    assert len([panel for panel in loops.panels if "Bridge 2" in panel.title]) >= 4


def test_sides_of_a_real_magnet_differ_by_its_remanence(loops: Result) -> None:
    """Trapped flux shifts both sides in opposite directions, and the other way round when the direction turns."""
    for temperature in (2.1, 2.2, 2.3):
        shifts = {}
        for direction in ("field up", "field down"):
            name = f"{direction}, {temperature} K"
            ends = [by_sweep(loops, "Bridge 1", side)[name].value for side in ("positive", "negative")]
            assert None not in ends
            shifts[direction] = ends[0] - ends[1]  # type: ignore[operator]
        assert shifts["field up"] < 0.0 < shifts["field down"]


def step(field: np.ndarray, centre: float, width: float = 0.02) -> np.ndarray:
    """Resistance of 1 ohm above |H| = centre, and at half of it there; symmetric about the centre."""
    return 1.0 / (1.0 + np.exp(-(np.abs(field) - centre) / width))


def loop_result(
    curve: MakeCurve, recording: MakeRecording, resistance: np.ndarray, field: np.ndarray = LOOP, **settings: object
) -> Result:
    made = curve(temperature=np.full(field.size, 2.0), field=field, resistance=resistance)
    return analyse(recording(made), Settings(**settings))  # type: ignore[arg-type]


def test_known_field_comes_back(curve: MakeCurve, recording: MakeRecording) -> None:
    noise = 2e-3 * np.random.default_rng(0).standard_normal(LOOP.size)
    result = loop_result(curve, recording, step(LOOP, 0.4) + noise)
    for sweep in ("field down, 2 K", "field up, 2 K"):
        (e,) = result.find("transition_field", criterion=HALF, sweep=sweep, side="both")
        assert e.value is not None
        assert e.error is not None
        assert abs(e.value - 0.4) < 5.0 * e.error
        assert e.error < 2e-3
    # R/R(onset) = 0.9 and 0.1 of a logistic step lie at ln 9 widths on either side.
    for level, side in ((0.90, 1.0), (0.10, -1.0)):
        (e,) = result.find("transition_field", criterion=f"R/R(onset) = {level:.2f}", sweep=f"{MEAN}, 2 K", side="both")
        assert e.value == pytest.approx(0.4 + side * np.log(9.0) * 0.02, abs=0.003)
    (width,) = result.find("transition_field_width", sweep=f"{MEAN}, 2 K", side="both")
    assert width.value == pytest.approx(2.0 * np.log(9.0) * 0.02, abs=0.003)
    # The line through the middle of the step has a slope of 1/(4 width) or a little less: it meets zero below.
    (offset,) = result.find("transition_field", criterion="offset", sweep=f"{MEAN}, 2 K", side="both")
    assert offset.value is not None
    assert 0.4 - 3.0 * 0.02 < offset.value < 0.4 - 1.5 * 0.02


def test_remanence_is_the_systematic_part_field_direction(curve: MakeCurve, recording: MakeRecording) -> None:
    noise = 1e-3 * np.random.default_rng(1).standard_normal(LOOP.size)
    result = loop_result(curve, recording, step(LOOP - 0.03, 0.4) + noise)
    for sweep in ("field down, 2 K", "field up, 2 K"):
        sides = {
            side: result.find("transition_field", criterion=HALF, sweep=sweep, side=side)[0]
            for side in ("positive", "negative", "both")
        }
        assert sides["positive"].value == pytest.approx(0.43, abs=2e-3)
        assert sides["negative"].value == pytest.approx(0.37, abs=2e-3)
        assert sides["both"].value == pytest.approx(0.40, abs=2e-3)
        assert sides["both"].systematic["field direction"] == pytest.approx(0.03, abs=2e-3)
        assert sides["both"].error == pytest.approx(
            0.5 * np.hypot(sides["positive"].error or 0.0, sides["negative"].error or 0.0)
        )


def test_one_sided_sweep_has_one_side(curve: MakeCurve, recording: MakeRecording) -> None:
    field = np.linspace(-0.004, 2.0, 400)
    noise = 1e-3 * np.random.default_rng(2).standard_normal(field.size)
    result = loop_result(curve, recording, step(field, 0.9) + noise, field)
    assert {e.labels["side"] for e in result.find("transition_field")} == {"positive"}
    assert any("1 points at negative field: not analysed" in note.text for note in result.notes)


def test_no_transition_in_field_is_a_finding(curve: MakeCurve, recording: MakeRecording) -> None:
    noise = 1e-3 * np.random.default_rng(3).standard_normal(LOOP.size)
    result = loop_result(curve, recording, 1.0 + 0.01 * LOOP**2 + noise)
    found = result.find("transition_field")
    assert found
    assert all(e.value is None and e.status == Status.NOT_FOUND for e in found)
    assert {e.remark for e in found} == {"no transition between 0 and 1 T", "no transition between 0.005 and 1 T"}


def test_field_too_small_to_reach_the_normal_state(curve: MakeCurve, recording: MakeRecording) -> None:
    """Half of the transition lies above the highest field: whatever is claimed is no more than what was measured."""
    noise = 1e-3 * np.random.default_rng(4).standard_normal(LOOP.size)
    result = loop_result(curve, recording, step(LOOP, 1.05, 0.1) + noise)
    for e in result.find("transition_field"):
        assert e.value is None or e.value <= 1.0


def test_constant_resistance_in_field_is_refused(curve: MakeCurve, recording: MakeRecording) -> None:
    with pytest.raises(DataError, match=r"crystal\.csv: crystal: field down, 2 K: resistance is constant at 1"):
        loop_result(curve, recording, np.ones(LOOP.size))


def test_loops_at_several_temperatures_have_a_panel_each(curve: MakeCurve, recording: MakeRecording) -> None:
    rng = np.random.default_rng(5)
    held = np.repeat([2.0, 3.0], LOOP.size)
    field = np.tile(LOOP, 2)
    resistance = np.where(held < 2.5, step(field, 0.6), step(field, 0.4)) + 1e-3 * rng.standard_normal(field.size)
    result = analyse(recording(curve(temperature=held, field=field, resistance=resistance)))
    titles = [panel.title for panel in result.panels]
    assert any("2 K" in title for title in titles)
    assert any("3 K" in title for title in titles)
    for temperature, expected in ((2, 0.6), (3, 0.4)):
        (e,) = result.find("transition_field", criterion=HALF, sweep=f"{MEAN}, {temperature} K", side="both")
        assert e.value == pytest.approx(expected, abs=2e-3)


def test_repeated_readings_at_one_field_are_averaged(curve: MakeCurve, recording: MakeRecording) -> None:
    field = np.repeat(np.linspace(1.0, -1.0, 161), 5)
    noise = 2e-3 * np.random.default_rng(6).standard_normal(field.size)
    result = loop_result(curve, recording, step(field, 0.4) + noise, field)
    (e,) = result.find("transition_field", criterion=HALF, side="both")
    assert e.value == pytest.approx(0.4, abs=2e-3)
    assert any("805 readings at 161 fields: averaged at each" in note.text for note in result.notes)
