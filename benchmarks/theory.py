"""Timings of the Eliashberg equations: `python benchmarks/theory.py` prints one table.

The plain way iterates the same equations on the same frequencies with matrices, O(N^2) a step, until the gap stands to
1e-9, as the usual programs do. Both sides of a ratio are timed in turn in one process and the medians over the pairs
are printed. Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import statistics
import sys
import time
from multiprocessing import Pool
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from run import FloatArray, Row, heading, pairs, show

from megabar.analysis.predict import Settings, predict_one
from megabar.theory import _linear, _matsubara
from megabar.theory.eliashberg import SpectralFunction, critical_temperature, solve

MU = 0.1
SPECTRA = 1000
STEP = 2.0 * np.pi * 0.0861733
"""Distance of the Matsubara frequencies of 1 K, meV."""


def broad() -> SpectralFunction:
    """Two humps at 15 and 60 meV."""
    w = np.linspace(0.0, 80.0, 801)
    f = 0.9 * np.exp(-(((w - 15.0) / 4.0) ** 2)) + 1.2 * np.exp(-(((w - 60.0) / 8.0) ** 2))
    return SpectralFunction(w, f * (1.0 - np.exp(-((w / 5.0) ** 2))))


def main() -> None:
    heading("plain")
    for row in (*gaps(), tc(), many(), *growth()):
        show(row)


def gaps() -> list[Row]:
    """The gap at two numbers of frequencies, cold and next to Tc, from the interaction to the edge on our side."""
    rows = []
    spectrum = broad()
    for count in (554, 1108):
        cold = 40.0 * spectrum.highest / (STEP * count)
        rows.append(gap(f"gap at {count} frequencies, cold", spectrum, cold, 10.0 * spectrum.highest))
        # Next to Tc a cutoff of the Coulomb sum that is high enough for as many frequencies.
        tc = critical_temperature(spectrum, coulomb_pseudopotential=MU)
        cutoff = 0.5 * STEP * tc * count
        tc = critical_temperature(spectrum, coulomb_pseudopotential=MU, cutoff=cutoff)
        rows.append(gap(f"gap at {count}, 0.99 Tc", spectrum, 0.99 * tc, cutoff))
    return rows


def gap(what: str, spectrum: SpectralFunction, temperature: float, cutoff: float) -> Row:
    """One gap both ways."""
    value, plain, (ours, other) = pairs(
        lambda: solve(spectrum, temperature=temperature, coulomb_pseudopotential=MU, cutoff=cutoff),
        lambda: plain_gap(spectrum, temperature, cutoff),
        count=5,
    )
    agree = f"gaps agree to {abs(ours.gap[0] / other[0] - 1.0):.0e}"
    remark = f"  ({ours.gap.size} frequencies, {ours.iterations} against {other[1]} steps; {agree})"
    return Row(what, "ms", 1e3 * value, float(f"{50.0 * plain:.3g}"), 1e3 * plain, remark)


def plain_gap(spectrum: SpectralFunction, temperature: float, cutoff: float) -> tuple[float, int]:
    """The lowest gap and the steps."""
    found = _linear.interaction(((spectrum,),), temperature, mu=MU, cutoff=cutoff)
    equations = _matsubara.Equations(found)
    n = np.arange(found.count)
    minus, plus = found.values[0, 0][np.abs(n[:, None] - n)], found.values[0, 0][n[:, None] + n + 1]
    odd, even, w = minus - plus, minus + plus, equations.frequency
    delta: FloatArray = np.full(found.count, 0.2 * spectrum.omega_log)
    shares = _linear.coulomb_shares(found)
    for step in range(1, 5000):
        root = np.hypot(w, delta)
        z = equations.normal[0] + odd @ (w / root - 1.0)
        pairing = even @ (delta / root) - 2.0 * found.mu[0, 0] * (shares @ (delta / root))
        new = (pairing + equations.tail[0, 0] * delta[-1] / equations.scale) * w / z
        if np.max(np.abs(new - delta)) < 1e-9 * new[0]:
            return float(new[0]), step
        delta = new
    return float(delta[0]), 5000


def tc() -> Row:
    """One critical temperature."""
    spectrum = broad()
    times = []
    for _ in range(15):
        begin = time.perf_counter()
        critical_temperature(spectrum, coulomb_pseudopotential=MU)
        times.append(time.perf_counter() - begin)
    return Row("critical temperature", "ms", 1e3 * statistics.median(times), 5.0)


def many() -> Row:
    """Spectra of 801 points each, on two processes."""
    rng = np.random.default_rng(0)
    base = broad()
    spectra = [SpectralFunction(base.frequency, base.alpha2f * rng.uniform(0.5, 2.0)) for _ in range(SPECTRA)]
    with Pool(2) as pool:
        pool.map(one_of_many, spectra[:2])
        begin = time.perf_counter()
        pool.map(one_of_many, spectra, chunksize=20)
        each = (time.perf_counter() - begin) / SPECTRA
    remark = f"  ({1.0 / each:.0f} per second, with Tc at three mu*, formulas and derivatives)"
    return Row(f"one of {SPECTRA} spectra, two processes", "ms", 1e3 * each, 20.0, None, remark)


def one_of_many(spectrum: SpectralFunction) -> float:
    """What a row of `megabar predict FOLDER` takes."""
    return predict_one("", spectrum, Settings()).critical_temperature


def growth() -> list[Row]:
    """One step at 1e4, 1e5 and 1e6 frequencies."""
    rows = []
    spectrum = SpectralFunction.einstein(20.0, 1.0)
    for count in (10_000, 100_000, 1_000_000):
        temperature = 40.0 * 20.0 / (STEP * count)
        equations = _matsubara.Equations(_linear.interaction(((spectrum,),), temperature, mu=0.0, cutoff=200.0))
        delta = 5.0 / (1.0 + (equations.frequency / 20.0) ** 2)
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            equations.step(delta[None])
            times.append(time.perf_counter() - begin)
        rows.append(Row(f"one step at {count} frequencies", "ms", 1e3 * statistics.median(times), count / 500.0))
    return rows


if __name__ == "__main__":
    main()
