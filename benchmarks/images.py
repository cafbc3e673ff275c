"""Timings of images beside pyFAI's own calls: `python benchmarks/images.py` prints one table.

A simulated frame of a Pilatus 1M (1043 x 981), rings made once; beside it pyFAI's sigma clipping and its median filter
as they are, which leave out neither dead nor saturated pixels and give no error of a median. Then a map of 25 frames
from images to cells. Both sides of a ratio are timed in turn in one process, in time of the processor (one thread: the
time on the clock of a machine that does nothing else). Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pyFAI.detectors import Pilatus1M
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

sys.path.insert(0, str(Path(__file__).parent))
from run import Row, heading, show

import megabar
from megabar.data.image import Image
from megabar.io.integration import Integrator, Method
from megabar.simulate import simulate

RINGS = ((8.0, 100.0), (9.5, 60.0), (14.0, 40.0))


def main() -> None:
    heading("by pyFAI", "; frames of 1043 x 981")
    with tempfile.TemporaryDirectory() as folder:
        for row in (*frames(Path(folder)), whole_map(Path(folder))):
            show(row)


def frames(folder: Path) -> list[Row]:
    """One frame after the first, by each method."""
    geometry = AzimuthalIntegrator(dist=0.2, poni1=0.09, poni2=0.085, detector=Pilatus1M(), wavelength=0.6199e-10)
    geometry.save(str(folder / "detector.poni"))
    shape = geometry.detector.shape
    angle = np.degrees(geometry.center_array(shape, unit="2th_rad"))
    expected = 20.0 + sum(h * np.exp(-0.5 * ((angle - c) / 0.05) ** 2) for c, h in RINGS)
    counts = np.random.default_rng(0).poisson(expected).astype(np.int32)
    image, integrator = Image("", counts), Integrator(folder / "detector.poni", shape)
    common = {"unit": "2th_deg", "method": ("no", "csr", "cython"), "mask": geometry.detector.mask}

    def ours(method: Method) -> object:
        return integrator.integrate(image, integrator.usable(image)[0], method)

    clip, plain_clip = pairs(
        lambda: ours("clip"),
        lambda: geometry.sigma_clip_ng(counts, integrator.points, error_model="azimuthal", **common),
        count=9,
    )
    median, plain_median = pairs(
        lambda: ours("median"),
        lambda: geometry.medfilt1d_ng(counts, integrator.points, percentile=(25, 75), **common),
        count=9,
    )
    return [
        Row("frame, sigma clipping", "ms", 1e3 * clip, 80.0, 1e3 * plain_clip),
        Row("frame, mean of the middle half of each ring", "ms", 1e3 * median, 80.0, 1e3 * plain_median),
    ]


def pairs(ours: Callable[[], object], plain: Callable[[], object], *, count: int) -> tuple[float, float]:
    """Median seconds of the processor of each side over `count` pairs run in turn after one warm-up."""
    ours(), plain()
    times = []
    for _ in range(count):
        begin = time.process_time()
        ours()
        middle = time.process_time()
        plain()
        times.append((middle - begin, time.process_time() - middle))
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def whole_map(folder: Path) -> Row:
    """25 images, two phases, from files to cells; small frames, of which the fits take nearly all the time."""
    made = simulate("ceh9-xrd", folder / "map")
    begin = time.process_time()
    outcome = megabar.analyse(made, output=folder / "results")
    return Row(
        "map of 25 frames, images to report",
        "s",
        time.process_time() - begin,
        30.0,
        None,
        f"  ({outcome.results[0].summary})",
    )


if __name__ == "__main__":
    main()
