"""A spread of gaps passes for a broadening when it is fitted with one gap (S2, SI section IV), and its figure."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from scipy.special import ndtri

from megabar.analysis.spectrum_fit import Choice, fit_spectrum
from megabar.analysis.spectrum_models import Kind
from megabar.analysis.spectrum_shape import Spectrum
from megabar.fitting.least_squares import Fit
from megabar.physics import btk

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "docs/images/gap-distribution.png"
BIAS = np.linspace(-8.0, 8.0, 101)
MEAN, BARRIER, TEMPERATURE = 2.0, 0.5, 2.0
WIDTHS = (0.1, 0.2, 0.4, 0.6, 0.8)


def many_gaps(width: float) -> np.ndarray:
    """Contacts with equal shares of the current, their gaps at the quantiles of a normal distribution."""
    gaps = MEAN + width * ndtri((np.arange(101) + 0.5) / 101)
    shares = np.ones(gaps.size)
    return np.asarray(
        btk.conductance_distribution(
            BIAS, gaps=np.maximum(gaps, 0.0), weights=shares, broadening=0.0, barrier=BARRIER, temperature=TEMPERATURE
        )
    )


def fitted(conductance: np.ndarray, kind: Kind = "s") -> Fit:
    return fit_spectrum(Spectrum("made up", BIAS, conductance, unit="1"), Choice(kind, TEMPERATURE, degree=0)).fit


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("gap_distribution", ROOT / "docs/images/gap_distribution.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_apparent_broadening_rises_with_the_width_of_the_distribution(script: ModuleType) -> None:
    """Also of the figure, whose gaps are equally spaced and weighted by the density instead."""
    fits = [fitted(many_gaps(width)) for width in WIDTHS]
    broadening = [found.values["broadening"] for found in fits]
    gap = [found.values["gap"] for found in fits]
    assert broadening[0] > 1e-3
    assert np.all(np.diff(broadening) > 0.0)
    assert np.all(np.diff(gap) > 0.0)
    assert np.all(np.array(broadening) < WIDTHS)
    for width, own in zip(WIDTHS, broadening, strict=True):
        assert script.apparent(width).broadening == pytest.approx(own, rel=0.1, abs=1e-3)


def test_one_gap_alone_has_no_broadening() -> None:
    found = fitted(many_gaps(0.0))
    assert found.values["broadening"] < 1e-4
    assert found.values["gap"] == pytest.approx(MEAN, abs=1e-4)
    assert found.values["barrier"] == pytest.approx(BARRIER, abs=1e-4)


def test_the_model_with_a_distribution_tells_width_from_broadening() -> None:
    exact = many_gaps(0.4)
    one, many = fitted(exact), fitted(exact, "distribution")
    assert many.values["gap_width"] == pytest.approx(0.4, rel=0.05)
    assert many.values["gap"] == pytest.approx(MEAN, rel=0.01)
    assert many.values["broadening"] < 0.1 * one.values["broadening"]
    assert np.std(many.residuals) < 0.1 * np.std(one.residuals)


def test_the_script_draws_the_figure_of_the_documentation(script: ModuleType, tmp_path: Path) -> None:
    script.main(tmp_path / IMAGE.name)
    with Image.open(tmp_path / IMAGE.name) as drawn, Image.open(IMAGE) as kept:
        assert drawn.width == kept.width == script.PIXELS
        assert abs(drawn.height - kept.height) < 0.1 * kept.height
    assert IMAGE.stat().st_size < 200_000
