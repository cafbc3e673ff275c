"""Readings and pressures from one scale to the others."""

from __future__ import annotations

import pytest

from megabar.analysis.pressure_conversion import MATERIALS, OPTICAL, convert_pressure, convert_reading
from megabar.errors import DataError, DomainError
from megabar.physics.pressure_scale import SCALES, ruby_wavelength
from megabar.physics.pressure_standard import STANDARDS


def test_the_edge_at_1600_per_cm_in_every_scale() -> None:
    found = convert_reading("diamond edge", 1600.0)
    by_name = {one.scale: one for one in found.pressures}
    assert set(by_name) == {name for name, scale in SCALES.items() if scale.gauge == "diamond edge"}
    assert found.pressures[0].scale == "akahama_2006"
    assert by_name["eremets_2023"].pressure - found.pressures[0].pressure == pytest.approx(-4.4, abs=0.1)
    assert not by_name["akahama_2010"].trusted, "calibrated above 200 GPa only"
    assert not by_name["hilberer_2026"].trusted, "constants at second hand"
    assert found.spread == pytest.approx((134.58, 139.70), abs=0.01)
    assert found.disagreement == pytest.approx(2.56, abs=0.01)


@pytest.mark.parametrize("scale", [*SCALES, *STANDARDS])
def test_a_pressure_comes_back_on_its_own_scale(scale: str) -> None:
    pressure = 250.0 if scale == "akahama_2010" else 60.0
    found = convert_pressure(pressure, scale=scale)
    assert found.pressures[0].scale == scale
    assert found.pressures[0].pressure == pytest.approx(pressure, rel=1e-9)


def test_a_pressure_of_one_scale_is_that_of_the_same_reading_on_another() -> None:
    found = convert_pressure(139.0, scale="akahama_2006")
    again = convert_reading("diamond edge", found.reading)
    assert [one.pressure for one in found.pressures] == pytest.approx([one.pressure for one in again.pressures])


@pytest.mark.parametrize(("gauge", "reading"), [("diamond edge", 1600.0), ("ruby", 735.0), ("gold", 60.5)])
def test_the_error_is_what_the_pressure_moves_by(gauge: str, reading: float) -> None:
    step = 1e-4 * reading
    error = convert_reading(gauge, reading, error=step).pressures[0].error
    high, low = (convert_reading(gauge, reading + side * step).pressures[0].pressure for side in (1.0, -1.0))
    assert error == pytest.approx(abs(high - low) / 2.0, rel=1e-4)


def test_cold_ruby_is_reduced_to_room_temperature() -> None:
    room = float(ruby_wavelength(30.0))
    found = convert_reading("ruby", room - 0.887, temperature=10.0)
    assert found.pressures[0].pressure == pytest.approx(30.0, abs=1e-9)


def test_wrong_requests_are_refused_with_what_is_allowed() -> None:
    with pytest.raises(DomainError, match="must be positive"):
        convert_reading("ruby", -1.0)
    with pytest.raises(DomainError, match="error of the reading"):
        convert_reading("ruby", 700.0, error=0.0)
    with pytest.raises(DomainError, match="only the line of ruby"):
        convert_reading("gold", 60.0, temperature=10.0)
    with pytest.raises(DomainError, match="scale of ruby"):
        convert_reading("ruby", 700.0, scale="akahama_2006")
    with pytest.raises(DataError, match="allowed: akahama_2006"):
        convert_pressure(10.0, scale="mine")
    assert OPTICAL == ("diamond edge", "ruby")
    assert MATERIALS[0] == "gold"
