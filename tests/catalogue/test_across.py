"""An experiment among published superconductors: its figure of merit with an error that is propagated or unknown."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.catalogue.across import Settings, across
from megabar.data import Estimate, Measured, Pressure, Result


def measured(tc: float, tc_error: float | None, pressure: Pressure | None, name: str = "a") -> Measured:
    labels = {"criterion": "onset"}
    estimate = Estimate("critical_temperature", name, tc, "K", "made up", error=tc_error, labels=labels)
    return Measured(name, "", pressure, Result("resistance", name, (estimate,), simulated=True))


def test_the_merit_and_its_error() -> None:
    (result,) = across([measured(176.0, 2.0, Pressure(100.0, 5.0))])
    (merit,) = result.find("figure_of_merit")
    assert merit.value == pytest.approx(1.6397, abs=1e-4)
    rng = np.random.default_rng(1)
    draws = (176.0 + 2.0 * rng.standard_normal(200_000)) / np.hypot(39.0, 100.0 + 5.0 * rng.standard_normal(200_000))
    assert merit.error == pytest.approx(np.std(draws), rel=0.02)
    assert result.simulated
    assert "S = 1.64 at best (176 K at 100 GPa)" in result.summary
    assert [panel.title for panel in result.panels] == ["Published superconductors and this experiment"]
    own = [trace for trace in result.panels[0].traces if "this experiment (simulated)" in trace.name]
    assert own[0].x.tolist() == [100.0]


@pytest.mark.parametrize(("tc_error", "pressure"), [(None, Pressure(100.0, 5.0)), (2.0, Pressure(100.0))])
def test_an_error_that_is_not_known_is_not_invented(tc_error: float | None, pressure: Pressure) -> None:
    (result,) = across([measured(176.0, tc_error, pressure)])
    (merit,) = result.find("figure_of_merit")
    assert merit.error is None
    assert "not known" in merit.remark


def test_nothing_to_compare_is_nothing() -> None:
    assert across([measured(176.0, 2.0, None)]) == ()
    assert across([]) == ()
    assert across([measured(176.0, 2.0, Pressure(100.0))], Settings(show=False)) == ()


def test_measurements_without_a_pressure_are_told() -> None:
    (result,) = across([measured(176.0, 2.0, Pressure(100.0)), measured(90.0, 1.0, None, "b")])
    assert any(note.text.startswith("not compared: b: no pressure") for note in result.notes)
