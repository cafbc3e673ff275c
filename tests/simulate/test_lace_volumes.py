"""The recipe lace-volumes: its volumes by another road, and what the program finds in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

import megabar
from megabar.data import Status
from megabar.simulate import simulate


def _vinet(volume: float, zero: float, modulus: float, slope: float) -> float:
    y = (volume / zero) ** (1.0 / 3.0)
    return 3.0 * modulus * (1.0 - y) / y**2 * float(np.exp(1.5 * (slope - 1.0) * (1.0 - y)))


def _inverse(pressure: float, zero: float, modulus: float, slope: float) -> float:
    return float(brentq(lambda v: _vinet(v, zero, modulus, slope) - pressure, 0.05 * zero, zero))


def _birch(volume: float, zero: float, modulus: float) -> float:
    f = 0.5 * ((zero / volume) ** (2.0 / 3.0) - 1.0)
    return float(3.0 * modulus * f * (1.0 + 2.0 * f) ** 2.5)


def test_the_true_volumes_and_contents_by_another_road(tmp_path: Path) -> None:
    truth = json.loads((simulate("lace-volumes", tmp_path / "made") / "truth.json").read_text())
    for name, share in (("(La,Ce)H", 0.25), ("LaH", 0.0)):
        own = truth["measurements"][name]
        for pressure, volume in truth["volumes"][name].items():
            p = float(pressure)
            assert _birch(volume, own["volume_zero"]["value"], own["modulus"]["value"]) == pytest.approx(p, rel=1e-7)
            metal = (1.0 - share) * _inverse(p, 37.5, 24.3, 4.5) + share * _inverse(p, 34.4, 24.3, 4.5)
            hydrogen = 0.5 * _inverse(p, 25.433 / 0.602214076, 0.162, 6.813)
            found = truth["content_by_half_of_molecular_hydrogen"][name][pressure]
            assert found == pytest.approx((volume - metal) / hydrogen, rel=1e-7)


def test_the_ternary_hydride_is_the_denser_one_and_lanthanum_has_its_volume(tmp_path: Path) -> None:
    volumes = json.loads((simulate("lace-volumes", tmp_path / "made") / "truth.json").read_text())["volumes"]
    assert all(v < volumes["LaH"][p] for p, v in volumes["(La,Ce)H"].items())
    assert _inverse(150.0, 37.5, 24.3, 4.5) == pytest.approx(14.65, abs=0.05)


def test_the_program_finds_the_law_the_content_by_the_reference_and_an_interval_over_both(tmp_path: Path) -> None:
    folder = simulate("lace-volumes", tmp_path / "made", seed=2)
    outcome = megabar.analyse(folder)
    assert not outcome.failures
    for result, zero, content in zip(outcome.results, (54.0, 55.5), (9.5, 9.7), strict=True):
        (modulus, *_), (volume, *_) = result.find("bulk_modulus_zero"), result.find("volume_at_zero_pressure")
        for found, truth in ((modulus, 94.0), (volume, zero)):
            assert found.labels["model"] == "BM2"
            assert found.error is not None
            assert found.value == pytest.approx(truth, abs=4.0 * found.error)
        assert modulus.systematic["gauge"] > 5.0
        assert result.find("bulk_modulus_zero", model="BM3")[0].status == Status.UNDETERMINED
        half, reference = result.find("hydrogen_content")
        assert reference.error is not None
        assert reference.value == pytest.approx(content, abs=4.0 * reference.error)
        assert half.value is not None
        assert half.value < content - 1.0
        (span,) = result.find("hydrogen_content_range")
        assert span.value is None
        assert span.interval == pytest.approx((half.value, reference.value))  # type: ignore[comparison-overlap]
        assert any("changes by" in note.text for note in result.notes)
        assert result.simulated
