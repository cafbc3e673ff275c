"""False alarms and detections of the marks in raw numbers: `python benchmarks/integrity.py [CURVES]`.

Clean and planted curves are made up with fixed seeds (tests/helpers); shares are printed with one binomial standard
deviation. CURVES, 2,000 unless given, is the number of clean curves. Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

import made_curves as made
from integrity_rates import (
    PLANTED,
    Rate,
    copies_found,
    false_alarms,
    found,
    pair_alarms,
    pairs_of,
    subtraction_alarms,
)

from megabar import __version__
from megabar.evidence.integrity import compare

LENGTHS = (60, 100, 150, 200, 300, 1000)


def main() -> None:
    curves = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"megabar {__version__}, {curves} clean curves of 30 to 5000 readings, one thread\n")
    start = time.perf_counter()
    marks, kinds, whole = false_alarms(range(curves))
    print(
        f"clean curves with any mark: {shown(whole)}   ({1e3 * (time.perf_counter() - start) / curves:.0f} ms a curve)"
    )
    print(f"  by mark: {dict(marks) or 'none'}; by kind of curve: {dict(kinds) or 'none'}")
    print(f"clean differences with a mark of subtraction: {shown(subtraction_alarms(range(curves)))}")
    for count, points in ((20, 60), (20, 300), (20, 1000), (10, 4000)):
        share = pair_alarms(range(max(curves // 10, 1)), count=count, points=points)
        print(f"experiments of {count} neighbouring curves, {points} readings, with any pair: {shown(share)}")
    start = time.perf_counter()
    pairs = compare(pairs_of(made.neighbours(1, count=130, points=600)))
    print(f"130 curves of 600 readings, 8385 pairs: {time.perf_counter() - start:.1f} s, {len(pairs)} found\n")
    tries = max(curves // 10, 10)
    print(f"{'found, of ' + str(tries) + ' each':<34}" + "".join(f"{n:>14}" for n in LENGTHS))
    for name in PLANTED:
        row(name, [found(name, points=n, tries=tries) for n in LENGTHS])
    for kind in made.KINDS:
        row(f"half-replaced copy, {kind.__name__}", [copies_found(kind, points=n, tries=tries) for n in LENGTHS])
    few = max(tries // 10, 4)
    beside = [copies_found(made.conductance, points=n, tries=few, beside=128) for n in LENGTHS]
    row("  beside 128 others, conductance", beside)


def row(name: str, rates: list[Rate]) -> None:
    print(f"{name:<34}" + "".join(f"{shown(rate):>14}" for rate in rates), flush=True)


def shown(rate: Rate) -> str:
    return f"{100.0 * rate.value:.4g} ± {100.0 * rate.error:.1g} %"


if __name__ == "__main__":
    main()
