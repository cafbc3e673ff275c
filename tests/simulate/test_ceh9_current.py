"""The recipe of CeH9's I-V curves: what the source states, and what its numbers make together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from megabar.simulate import simulate
from megabar.simulate.ceh9_current import voltage

EXAMPLE = Path(__file__).parents[2] / "examples" / "ceh9-current"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate("ceh9-current", tmp_path_factory.mktemp("made") / "ceh9-current", seed=0)


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return told


def value(truth: dict[str, Any], name: str) -> Any:
    return truth["measurements"]["current-voltage curves"][name]["value"]


def test_the_example_is_what_the_recipe_writes(folder: Path) -> None:
    written = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    kept = {name: (EXAMPLE / name).read_bytes() for name in written}
    assert kept == written


def test_the_printed_density_does_not_follow_from_the_printed_current(truth: dict[str, Any]) -> None:
    """74 mA over 30 um x 1 um at 60 K; the law of delta-l pinning with 78 K leads to 2.92 MA/cm^2, not to 4."""
    there = 0.074 / (30e-4 * 1e-4) / 1e6
    assert there == pytest.approx(0.2467, abs=1e-4)
    t2 = (60.0 / 78.0) ** 2
    zero = there / ((1.0 - t2) ** 2.5 / np.sqrt(1.0 + t2))
    assert zero == pytest.approx(2.92, abs=0.01)
    assert value(truth, "density_zero") == pytest.approx(zero, rel=1e-8)

    def excess(tc: float) -> float:
        u = (60.0 / tc) ** 2
        return float(4.0 * (1.0 - u) ** 2.5 / np.sqrt(1.0 + u) - there)

    # 4 MA/cm^2 would need this critical temperature.
    assert brentq(excess, 61.0, 100.0) == pytest.approx(75.1, abs=0.1)


def test_the_voltage_reaches_the_criterion_at_the_critical_current(truth: dict[str, Any]) -> None:
    for kelvin, own in truth["temperatures"].items():
        if own["critical_current"] is not None:
            at = float(voltage(np.array([own["critical_current"]]), float(kelvin))[0])
            # The normal resistance in parallel takes a part of it.
            assert at == pytest.approx(value(truth, "criterion"), rel=0.02)


def test_curves_are_ohmic_above_the_onset_and_not_below(truth: dict[str, Any]) -> None:
    i = np.linspace(0.001, 0.08, 50)
    for kelvin, own in truth["temperatures"].items():
        ratio = voltage(i, float(kelvin)) / i
        if float(kelvin) > value(truth, "onset"):
            assert ratio == pytest.approx(own["resistance"], rel=1e-9)
        elif float(kelvin) > value(truth, "critical_temperature"):
            assert ratio[0] == pytest.approx(own["resistance"], rel=0.02)
            assert ratio[-1] > 1.05 * own["resistance"]
