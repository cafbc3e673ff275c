"""One file's rows to sweeps: directions, settings, turning points, noise, and nothing dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import megabar
from megabar.analysis.sweeps import FEWEST_POINTS, Sweep, averaged, label, split
from megabar.data import Column, Curve, Role

MakeCurve = Callable[..., Curve]

DOWN = np.linspace(150.0, 4.0, 200)
UP = DOWN[::-1]


def names(sweeps: list[Sweep]) -> list[str]:
    return [label(sweep) for sweep in sweeps]


def rows_of(sweeps: list[Sweep]) -> list[int]:
    return sorted(int(row) for sweep in sweeps for row in sweep.order)


def test_cooling_and_warming(curve: MakeCurve) -> None:
    t = np.concatenate([DOWN, UP[1:]])
    sweeps, notes = split(curve(temperature=t, resistance=t))
    assert names(sweeps) == ["cooling", "warming"]
    assert [sweep.x.size for sweep in sweeps] == [200, 199]
    assert notes == []
    assert rows_of(sweeps) == list(range(t.size))
    for sweep in sweeps:
        assert (np.diff(sweep.x) > 0).all()
        assert np.array_equal(t[sweep.order], sweep.x)
        assert sweep.held is None


def test_repeated_sweeps_are_counted(curve: MakeCurve) -> None:
    t = np.concatenate([DOWN, UP, DOWN, UP, DOWN])
    assert names(split(curve(temperature=t, resistance=t))[0]) == [
        "cooling",
        "warming",
        "cooling (2)",
        "warming (2)",
        "cooling (3)",
    ]


def test_temperature_sweeps_in_several_fields(curve: MakeCurve) -> None:
    """Six sweeps; the read-out of the field wanders by 1 mT, and zero field needs no mention."""
    rng = np.random.default_rng(0)
    t = np.tile(np.concatenate([DOWN, UP]), 3)
    field = np.repeat([0.0, 1.0, 5.0], 400) + 1e-3 * rng.standard_normal(t.size)
    sweeps, notes = split(curve(temperature=t, resistance=t, field=field))
    assert names(sweeps) == ["cooling", "warming", "cooling, 1 T", "warming, 1 T", "cooling, 5 T", "warming, 5 T"]
    assert {sweep.swept for sweep in sweeps} == {"temperature"}
    assert [sweep.held for sweep in sweeps] == pytest.approx([0.0, 0.0, 1.0, 1.0, 5.0, 5.0], abs=1e-3)
    assert notes == []


def test_both_directions_at_one_setting_have_one_name(curve: MakeCurve) -> None:
    """Their means differ in the fourth digit; names that differed would never be brought together."""
    rng = np.random.default_rng(1)
    loop = np.concatenate([np.linspace(1.0, -1.0, 60), np.linspace(-1.0, 1.0, 60)])
    temperature = 2.1005 + 1e-3 * rng.standard_normal(120) + np.repeat([-1e-3, 1e-3], 60)
    sweeps, _ = split(curve(temperature=temperature, resistance=loop, field=loop))
    assert [sweep.direction for sweep in sweeps] == ["field down", "field up"]
    assert sweeps[0].held == sweeps[1].held


@pytest.mark.parametrize("noise", [1e-4, 1e-3, 5e-3])
def test_field_loop_at_one_noisy_temperature(curve: MakeCurve, noise: float) -> None:
    """The thermometer's noise runs over its own range hundreds of times; it is no temperature sweep for that."""
    rng = np.random.default_rng(2)
    loop = np.concatenate([np.linspace(1.0, -1.0, 400), np.linspace(-1.0, 1.0, 400)])
    sweeps, notes = split(curve(temperature=2.0 + noise * rng.standard_normal(800), resistance=loop, field=loop))
    assert names(sweeps) == ["field down, 2 K", "field up, 2 K"]
    assert [sweep.x.size for sweep in sweeps] == [400, 400]
    assert notes == []


@pytest.mark.parametrize("noise", [1e-4, 5e-3, 3e-2])
def test_temperature_sweep_in_a_noisy_field(curve: MakeCurve, noise: float) -> None:
    rng = np.random.default_rng(3)
    t = np.concatenate([DOWN, UP])
    sweeps, _ = split(curve(temperature=t, resistance=t, field=2.0 + noise * rng.standard_normal(400)))
    assert [sweep.swept for sweep in sweeps] == ["temperature"] * len(sweeps)


def test_field_loops_at_several_temperatures(curve: MakeCurve) -> None:
    rng = np.random.default_rng(4)
    loop = np.concatenate([np.linspace(-9.0, 9.0, 181), np.linspace(9.0, -9.0, 181)])
    held = np.repeat([2.0, 5.0, 10.0], loop.size)
    field = np.tile(loop, 3)
    made = curve(temperature=held + 2e-3 * rng.standard_normal(held.size), resistance=field, field=field)
    assert names(split(made)[0]) == [f"field {way}, {kelvin} K" for kelvin in (2, 5, 10) for way in ("up", "down")]


def test_field_without_temperature(curve: MakeCurve) -> None:
    field = np.linspace(0.0, 5.0, 50)
    sweeps, _ = split(curve(field=field, resistance=field))
    assert names(sweeps) == ["field up"]
    assert sweeps[0].held is None


def test_what_is_swept_can_be_said(curve: MakeCurve) -> None:
    """Field and temperature ramped together: both readings of the data are possible."""
    made = curve(temperature=np.linspace(4.0, 150.0, 60), resistance=np.ones(60), field=np.linspace(0.0, 9.0, 60))
    for swept, other in (("field", "temperature"), ("temperature", "field")):
        sweeps, notes = split(made, swept=swept)  # type: ignore[arg-type]
        assert [(sweep.swept, sweep.x.size) for sweep in sweeps] == [(swept, 60)]
        assert [(note.text.split(":")[1], note.level) for note in notes] == [
            (f" the {other} does not stand still while the {swept} is swept", "warning")
        ]


def test_stabilised_plateaus_keep_their_direction(curve: MakeCurve) -> None:
    """Five readings at each of 60 settled temperatures: half of the steps go up, by the thermometer's noise alone."""
    rng = np.random.default_rng(5)
    t = np.repeat(np.linspace(150.0, 4.0, 60), 5) + 2e-3 * rng.standard_normal(300)
    sweeps, notes = split(curve(temperature=t, resistance=t))
    assert names(sweeps) == ["cooling"]
    assert sweeps[0].x.size == 300
    assert notes == []


@pytest.mark.parametrize("noise", [0.05, 0.3, 0.6])
def test_noise_on_the_temperature_does_not_split_a_sweep(curve: MakeCurve, noise: float) -> None:
    """Up to a hundredth of the range, many times the distance of neighbouring points."""
    rng = np.random.default_rng(6)
    t = np.concatenate([np.linspace(60.0, 4.0, 400), np.linspace(4.0, 60.0, 400)]) + noise * rng.standard_normal(800)
    sweeps, _ = split(curve(temperature=t, resistance=t))
    assert names(sweeps) == ["cooling", "warming"]
    assert [sweep.x.size for sweep in sweeps] == pytest.approx([400, 400], abs=20)


@pytest.mark.parametrize("rows", [12, 300])
def test_unordered_rows_are_sorted_and_said(curve: MakeCurve, rows: int) -> None:
    t = np.random.default_rng(7).permutation(np.linspace(4.0, 150.0, rows))
    sweeps, notes = split(curve(temperature=t, resistance=t))
    assert names(sweeps) == ["unordered"]
    assert np.array_equal(sweeps[0].x, np.sort(t))
    assert np.array_equal(t[sweeps[0].order], sweeps[0].x)
    assert [note.text for note in notes] == [
        f"crystal: {rows} rows in no order of temperature: sorted and taken as one sweep"
    ]


def test_short_sweeps_are_named_in_a_warning(curve: MakeCurve) -> None:
    t = np.concatenate([DOWN, np.linspace(6.0, 30.0, FEWEST_POINTS - 1)])
    sweeps, notes = split(curve(temperature=t, resistance=t))
    assert names(sweeps) == ["cooling"]
    (note,) = notes
    assert note.level == "warning"
    assert note.text == "crystal: warming, 6 to 30 K: 7 points, fewer than 8: not analysed"
    enough = np.concatenate([DOWN, np.linspace(6.0, 30.0, FEWEST_POINTS)])
    assert names(split(curve(temperature=enough, resistance=enough))[0]) == ["cooling", "warming"]


def test_short_field_sweeps_are_named_with_their_temperature(curve: MakeCurve) -> None:
    field = np.concatenate([np.linspace(0.0, 9.0, 100), np.linspace(8.0, 3.0, 5)])
    _, notes = split(curve(temperature=np.full(105, 4.2), resistance=field, field=field))
    assert [note.text for note in notes] == [
        "crystal: field down, 4.2 K, 3 to 8 T: 5 points, fewer than 8: not analysed"
    ]


@given(
    hnp.arrays(
        np.float64,
        st.integers(1, 60),
        elements=st.one_of(st.integers(0, 20).map(float), st.floats(0.0, 300.0)),
    ),
    st.booleans(),
)
def test_every_row_is_in_one_sweep_or_in_a_note(values: np.ndarray, with_field: bool) -> None:
    columns = [Column("T", Role.TEMPERATURE, values)]
    if with_field:
        columns.append(Column("H", Role.FIELD, values[::-1]))
    sweeps, notes = split(Curve("any", tuple(columns)), swept="temperature")
    rows = rows_of(sweeps)
    assert len(set(rows)) == len(rows)
    lost = sum(int(note.text.split(": ")[2].split()[0]) for note in notes if "not analysed" in note.text)
    assert len(rows) + lost == values.size
    assert all(sweep.x.size >= FEWEST_POINTS for sweep in sweeps)


def one_sweep(x: np.ndarray) -> Sweep:
    return Sweep("crystal", "temperature", "warming", None, x, np.arange(x.size))


def test_readings_of_a_settled_temperature_are_averaged() -> None:
    rng = np.random.default_rng(8)
    nominal = np.array([4.0, 5.0, 6.5, 8.0, 10.0, 13.0, 16.0, 20.0, 30.0, 50.0, 80.0, 120.0])
    t = np.sort(np.repeat(nominal, 6) + 2e-3 * rng.standard_normal(72))
    sweep, mean, notes = averaged(one_sweep(t), 2.0 * t)
    assert sweep.x == pytest.approx(nominal, abs=3e-3)
    assert mean == pytest.approx(2.0 * sweep.x, rel=1e-13)
    assert np.array_equal(sweep.order, np.arange(12))
    assert [note.text for note in notes] == ["warming: 72 readings at 12 temperatures: averaged at each"]


def test_repeated_temperatures_are_averaged_whatever_their_number() -> None:
    t = np.sort(np.concatenate([np.linspace(4.0, 100.0, 50), np.linspace(4.0, 100.0, 50)[::7]]))
    values = np.arange(t.size, dtype=np.float64)
    sweep, mean, _ = averaged(one_sweep(t), values)
    assert np.array_equal(sweep.x, np.unique(t))
    assert mean == pytest.approx([values[t == x].mean() for x in np.unique(t)])


def test_dense_and_sparse_stretches_are_no_settled_temperatures() -> None:
    """Fine steps through a transition, coarse ones elsewhere: every reading stays as it is."""
    t = np.concatenate([np.arange(4.0, 30.0, 2.0), np.arange(30.0, 40.0, 0.05), np.arange(40.0, 300.0, 2.0)])
    sweep, values, notes = averaged(one_sweep(t), t**2)
    assert np.array_equal(sweep.x, t)
    assert np.array_equal(values, t**2)
    assert notes == []


def test_averages_are_of_the_rows_of_the_sweep_alone() -> None:
    sweep = Sweep("crystal", "temperature", "cooling", None, np.array([1.0, 1.0, 2.0]), np.array([4, 2, 0]))
    _, mean, _ = averaged(sweep, np.array([7.0, 100.0, 5.0, 100.0, 3.0]))
    assert mean == pytest.approx([4.0, 7.0])


def test_real_loops_of_a_ppms(shared: Path) -> None:
    """Field loops at 2.0 K (one direction) and 2.1, 2.2, 2.3 K (two), on both bridges."""
    file = "measured/transport/FAIRmat-NFDI__nomad-measurements/Resistivity_Ch1_TMR_Ch2_Hall_test.dat"
    recording = megabar.read(shared / file)
    assert [curve.name for curve in recording.curves] == ["Bridge 1", "Bridge 2"]
    for curve in recording.curves:
        sweeps, notes = split(curve)
        assert names(sweeps)[0].startswith("field ")
        by_temperature: dict[str, list[str]] = {}
        for sweep in sweeps:
            by_temperature.setdefault(f"{sweep.held:.1f}", []).append(sweep.direction)
        assert {kelvin: sorted(ways) for kelvin, ways in by_temperature.items()} == {
            "2.0": ["field up"],
            "2.1": ["field down", "field up"],
            "2.2": ["field down", "field up"],
            "2.3": ["field down", "field up"],
        }
        assert sum(sweep.x.size for sweep in sweeps) == len(curve)
        assert notes == []
