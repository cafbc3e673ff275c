"""Timings of contact spectra beside a peer: `python benchmarks/spectra.py` prints one table.

Both sides of a ratio are timed in turn in one process and the medians over the pairs are printed. The peer is the
model `strijkers` of the package Stoner (benchmarks/requirements.txt), which has no broadening beside a Gaussian one and
evaluates its integral point by point; without it its columns stay empty. Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import itertools
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from run import Row, heading, show

from megabar.analysis.spectrum_batch import fit_many
from megabar.analysis.spectrum_fit import Choice, fit_spectrum
from megabar.analysis.spectrum_shape import Spectrum
from megabar.physics import btk

BIAS = np.linspace(-10.0, 10.0, 401)
SHAPE = {"broadening": 0.2, "barrier": 0.5, "temperature": 2.0}
NOISE = 0.003
MANY = 1000


def main() -> None:
    heading("by Stoner")
    model, fit = peer()
    for row in (evaluation(model), d_wave(), one_fit(fit), many_fits()):
        show(row)


def peer() -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    """Stoner's model and its fit by lmfit; None where the package is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from Stoner.analysis.fitting.models.superconductivity import Strijkers, strijkers
    except ImportError:
        print("Stoner is not installed: pip install -r benchmarks/requirements.txt", file=sys.stderr)
        return None, None

    def fit(y: np.ndarray) -> Any:
        fitted = Strijkers()
        start = fitted.make_params(omega=0.5, delta=1.6, P=0.0, Z=0.4)
        start["P"].vary = False
        return fitted.fit(y, start, V=BIAS)

    return strijkers, fit


def evaluation(model: Callable[..., Any] | None) -> Row:
    """One s-wave spectrum of 401 biases with a new gap at each call."""
    gap = itertools.count(0)
    ours = timed(lambda: btk.conductance(BIAS, gap=2.0 + 1e-6 * next(gap), **SHAPE), 400)
    theirs = None if model is None else 1e3 * timed(lambda: model(BIAS, 0.2, 2.0 + 1e-6 * next(gap), 0.0, 0.5), 5)
    return Row("s-wave conductance of 401 biases, a new gap each", "ms", 1e3 * ours, 0.3, theirs)


def d_wave() -> Row:
    """One d-wave spectrum, lobe at 22.5 degrees."""
    gap = itertools.count(0)
    shape = {**SHAPE, "symmetry": "d", "angle": np.pi / 8}
    ours = timed(lambda: btk.conductance_anisotropic(BIAS, gap=2.0 + 1e-6 * next(gap), **shape), 40)
    return Row("d-wave conductance of 401 biases", "ms", 1e3 * ours, 5.0)


def one_fit(fit: Callable[..., Any] | None) -> Row:
    """Gap, broadening, barrier and scale from automatic start values, errors included."""
    y = made_up(1)[0]
    ours = timed(lambda: fit_spectrum(Spectrum("one", BIAS, y), Choice("s", 2.0, 0)), 30)
    theirs = None if fit is None else 1e3 * timed(lambda: fit(y), 3)
    return Row("fit of gap, broadening, barrier and scale", "ms", 1e3 * ours, 10.0, theirs)


def many_fits() -> Row:
    """A thousand spectra on two processes."""
    rows = made_up(MANY)
    begin = time.perf_counter()
    batch = fit_many(BIAS, rows, Choice("s", 2.0, 0), workers=2)
    took = time.perf_counter() - begin
    good = sum(not reason for reason in batch.reasons)
    remark = f"  {MANY / took:.0f} per second, {good} of {MANY} good"
    return Row(f"{MANY} fits on 2 processes", "s", took, MANY / 150.0, remark=remark)


def made_up(count: int) -> np.ndarray:
    """Simulated spectra with gaps from 1.5 to 2.5 meV, (count, 401)."""
    rng = np.random.default_rng(0)
    gap = np.linspace(1.5, 2.5, count) if count > 1 else 2.0
    exact = btk.conductance_batch(BIAS, gap=gap, broadening=0.2, barrier=0.5, temperature=2.0)
    return np.asarray(exact + NOISE * rng.standard_normal(exact.shape))


def timed(call: Callable[[], Any], times: int) -> float:
    """Median seconds of one call, after one that fills caches."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()
        spent = []
        for _ in range(times):
            begin = time.perf_counter()
            call()
            spent.append(time.perf_counter() - begin)
    return statistics.median(spent)


if __name__ == "__main__":
    main()
