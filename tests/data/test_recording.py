"""Containers keep what they were given, name what is missing and cannot be changed afterwards."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from megabar.data import Column, Curve, Note, Pressure, Recording, Role, Source
from megabar.data.recording import UNITS
from megabar.errors import DataError


def curve(n: int = 4) -> Curve:
    return Curve(
        name="cooling",
        columns=(
            Column("T", Role.TEMPERATURE, np.arange(n, dtype=float), error=np.full(n, 0.1), file_unit="K"),
            Column("R1", Role.RESISTANCE, 10.0 * np.arange(n)),
            Column("R2", Role.RESISTANCE, 20.0 * np.arange(n)),
        ),
        simulated=True,
        metadata={"bridge": "1"},
    )


def test_every_role_has_a_unit() -> None:
    assert set(UNITS) == set(Role)


def test_a_column_takes_the_unit_of_its_role_unless_told() -> None:
    assert Column("T", Role.TEMPERATURE, np.zeros(2)).unit == "K"
    assert Column("count", Role.OTHER, np.zeros(2), unit="1").unit == "1"


def test_columns_own_a_copy_that_nobody_can_write() -> None:
    given = np.array([1.0, 2.0])
    column = Column("T", Role.TEMPERATURE, given, error=given)
    given[0] = 9.0
    assert column.values[0] == 1.0
    for array in (column.values, column.error):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 3.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        column.name = "other"  # type: ignore[misc]


def test_columns_refuse_wrong_shapes() -> None:
    with pytest.raises(DataError, match="expected one dimension, found 2"):
        Column("T", Role.TEMPERATURE, np.zeros((2, 2)))
    with pytest.raises(DataError, match="2 values but 3 errors"):
        Column("T", Role.TEMPERATURE, np.zeros(2), error=np.zeros(3))


def test_the_first_column_of_a_role_counts() -> None:
    assert curve().column(Role.RESISTANCE).name == "R1"
    front = curve().with_column(Column("mean", Role.RESISTANCE, np.zeros(4)))
    assert front.column(Role.RESISTANCE).name == "mean"
    assert len(front.columns) == 4


def test_a_missing_role_is_named_with_what_there_is() -> None:
    assert not curve().has(Role.FIELD)
    with pytest.raises(DataError, match=r"'cooling' has no field column .*'T' \(temperature\).*columns\.field"):
        curve().values(Role.FIELD)


@pytest.mark.parametrize("index", [slice(1, 3), np.array([1, 2]), np.array([False, True, True, False])])
def test_rows_are_taken_from_every_column(index: slice) -> None:
    part = curve().take(index, name="part")
    assert (part.name, len(part), part.simulated, part.metadata["bridge"]) == ("part", 2, True, "1")
    np.testing.assert_array_equal(part.values(Role.TEMPERATURE), [1.0, 2.0])
    np.testing.assert_array_equal(part.columns[2].values, [20.0, 40.0])
    error = part.columns[0].error
    assert error is not None
    assert error.shape == (2,)


def test_curves_refuse_columns_of_different_length() -> None:
    with pytest.raises(DataError, match=r"differ in length \(\[2, 3\]\)"):
        Curve("a", (Column("T", Role.TEMPERATURE, np.zeros(2)), Column("R", Role.RESISTANCE, np.zeros(3))))


def test_metadata_is_a_copy_that_nobody_can_write() -> None:
    given = {"a": "1"}
    one = Curve("a", (), metadata=given)
    given["a"] = "2"
    assert one.metadata["a"] == "1"
    assert len(one) == 0
    with pytest.raises(TypeError):
        one.metadata["a"] = "3"  # type: ignore[index]


def test_a_recording_holds_at_least_one_curve() -> None:
    source = Source("raw/a.dat", "0" * 64)
    assert Recording(source, "csv", (curve(),), (Note("guessed"),)).notes[0].level == "info"
    with pytest.raises(DataError, match=r"raw/a\.dat: no curve found"):
        Recording(source, "csv", ())


def test_all_sources_of_a_recording_in_their_order() -> None:
    first, second = Source("a.dat", "0" * 64), Source("b.dat", "1" * 64)
    assert Recording(first, "csv", (curve(),)).sources == (first,)
    assert Recording(first, "csv", (curve(),), more_sources=(second,)).sources == (first, second)


def test_pressure_drift_needs_both_readings() -> None:
    assert Pressure(22.4, before_cooling=21.9, after_cooling=22.6).drift == pytest.approx(0.7)
    assert Pressure(22.4, before_cooling=21.9).drift is None
    assert Pressure(22.4).drift is None
