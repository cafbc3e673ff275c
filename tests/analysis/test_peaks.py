"""Peaks and prominences against scipy.signal, which is a peer and not used inside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from megabar.analysis.peaks import prominent_peaks


@given(st.lists(st.integers(-4, 4), max_size=40), st.sampled_from([0.0, 1.0, 2.5]))
def test_as_scipy_on_curves_with_flat_tops(values, least):
    y = np.array(values, dtype=np.float64)
    peaks, found = find_peaks(y, prominence=0.0)
    assert prominent_peaks(y, least) == peaks[found["prominences"] > least].tolist()


@pytest.mark.parametrize("seed", range(5))
def test_as_scipy_on_noise_with_a_threshold_for_each_point(seed):
    rng = np.random.default_rng(seed)
    y, least = np.cumsum(rng.standard_normal(500)), rng.uniform(0.0, 5.0, 500)
    peaks, found = find_peaks(y, prominence=0.0)
    assert prominent_peaks(y, least) == peaks[found["prominences"] > least[peaks]].tolist()
    assert prominent_peaks(y, least)


def test_no_room_for_a_peak():
    assert prominent_peaks(np.array([]), 0.0) == []
    assert prominent_peaks(np.array([1.0, 2.0]), 0.0) == []
