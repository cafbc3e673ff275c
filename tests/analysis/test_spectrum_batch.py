"""Many spectra at once: the same answers as one by one, in order, and a bad one costs no other."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.analysis.spectrum_batch import fit_many
from megabar.analysis.spectrum_fit import Choice, fit_spectrum
from megabar.analysis.spectrum_shape import Spectrum
from megabar.errors import DataError
from megabar.physics import btk

BIAS = np.linspace(-10.0, 10.0, 121)
GAPS = np.linspace(1.0, 3.0, 20)


def made_up() -> np.ndarray:
    rng = np.random.default_rng(1)
    exact = btk.conductance_batch(BIAS, gap=GAPS, broadening=0.2, barrier=0.5, temperature=2.0)
    return np.asarray(0.1 * (exact + 0.003 * rng.standard_normal(exact.shape)))


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_are_what_they_are_alone(workers: int) -> None:
    rows = made_up()
    seen: list[float] = []
    batch = fit_many(BIAS, rows, Choice("s", 2.0, 0), workers=workers, progress=seen.append)
    gap, error = batch.column("gap")
    assert seen[-1] == 1.0
    assert sorted(seen) == seen
    assert set(batch.reasons) == {""}
    np.testing.assert_array_less(np.abs(gap - GAPS), 5.0 * error)
    alone = fit_spectrum(Spectrum("one", BIAS, rows[7]), Choice("s", 2.0, 0)).fit
    assert gap[7] == pytest.approx(alone.values["gap"], rel=1e-9)
    assert error[7] == pytest.approx(alone.errors["gap"], rel=1e-6)


def test_a_bad_row_costs_no_other() -> None:
    rows = made_up()[:3]
    rows[1, 5] = np.nan
    batch = fit_many(BIAS, rows, Choice("s", 2.0, 0), workers=1)
    gap, _ = batch.column("gap")
    assert np.isnan(gap[1])
    assert "not finite" in batch.reasons[1]
    assert np.isfinite(gap[[0, 2]]).all()
    with pytest.raises(DataError, match="there are gap"):
        batch.column("delta")


def test_shapes_must_fit() -> None:
    with pytest.raises(DataError, match=r"\(n,\) and \(m, n\)"):
        fit_many(BIAS, np.ones((3, 4)), Choice("s", 2.0, 0))
