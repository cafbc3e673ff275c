"""The recipe lace-volumes: its volumes by another road, and what the program finds in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

import megabar
from megabar.simulate import simulate


def _vinet(volume: float, zero: float, modulus: float, slope: float) -> float:
    y = (volume / zero) ** (1.0 / 3.0)
    return 3.0 * modulus * (1.0 - y) / y**2 * float(np.exp(1.5 * (slope - 1.0) * (1.0 - y)))


def _inverse(pressure: float, zero: float, modulus: float, slope: float) -> float:
    return float(brentq(lambda v: _vinet(v, zero, modulus, slope) - pressure, 0.05 * zero, zero))


def test_the_true_volumes_are_those_of_the_metal_and_of_half_a_molecule_an_atom(tmp_path: Path) -> None:
    truth = json.loads((simulate("lace-volumes", tmp_path / "made") / "truth.json").read_text())
    for name, share in (("(La,Ce)H", 0.25), ("LaH", 0.0)):
        content = truth["measurements"][name]["hydrogen_content"]["value"]
        for pressure, volume in truth["volumes"][name].items():
            p = float(pressure)
            metal = (1.0 - share) * _inverse(p, 37.5, 24.3, 4.5) + share * _inverse(p, 34.4, 24.3, 4.5)
            hydrogen = 0.5 * _inverse(p, 25.433 / 0.602214076, 0.162, 6.813)
            assert volume == pytest.approx(metal + content * hydrogen, rel=1e-8)


def test_the_ternary_hydride_is_the_denser_one_and_lanthanum_has_its_volume(tmp_path: Path) -> None:
    volumes = json.loads((simulate("lace-volumes", tmp_path / "made") / "truth.json").read_text())["volumes"]
    assert all(v < volumes["LaH"][p] for p, v in volumes["(La,Ce)H"].items())
    assert _inverse(150.0, 37.5, 24.3, 4.5) == pytest.approx(14.65, abs=0.05)


def test_the_program_finds_the_content_by_the_convention_of_the_data_and_an_interval_over_both(tmp_path: Path) -> None:
    folder = simulate("lace-volumes", tmp_path / "made", seed=2)
    outcome = megabar.analyse(folder)
    assert not outcome.failures
    for result, truth in zip(outcome.results, (9.5, 9.7), strict=True):
        half, reference = result.find("hydrogen_content")
        assert half.error is not None
        assert half.value == pytest.approx(truth, abs=4.0 * half.error)
        assert half.systematic["gauge"] > 0.3
        assert reference.value is not None
        assert reference.value > (half.value or 0.0) + 0.5
        (span,) = result.find("hydrogen_content_range")
        assert span.value is None
        assert span.interval == pytest.approx((half.value, reference.value))  # type: ignore[comparison-overlap]
        assert result.simulated
