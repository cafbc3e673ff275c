"""Timings of megabar beside the plain way of doing the same: `python benchmarks/run.py` prints one table.

Both sides of a ratio are timed in turn in one process, one thread, and the medians over the pairs are printed; nothing
is written to disk but a temporary folder, and nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.integrate import quad

from megabar import __version__
from megabar.fitting.least_squares import fit
from megabar.fitting.model import Model, Parameter
from megabar.physics.resistivity import bloch_gruneisen, bloch_gruneisen_gradient

FloatArray = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "la3ni2o7"
COMMAND = Path(sys.executable).with_name("megabar")
POINTS = 2000
TRUTH = {"residual": 0.015, "amplitude": 0.46, "debye_temperature": 518.0, "saturation_conductance": 4.0}


@dataclass(frozen=True)
class Row:
    """One line of the table; times in s, memory in MiB."""

    what: str
    unit: str
    value: float
    goal: float
    plain: float | None = None
    remark: str = ""


def main() -> None:
    heading("by quad", f"; {POINTS} points")
    for measure in (resistivity, saturated_fit, help_text, whole_example):
        for row in measure():
            show(row)


def heading(other: str, more: str = "") -> None:
    """Versions, machine and the head of the table; `other` names what stands beside."""
    print(
        f"megabar {__version__}, Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    )
    print(f"{platform.machine()}, {os.cpu_count()} processors, one thread used{more}\n")
    print(f"{'what':<58}{'median':>12}{'goal':>10}{other:>12}{'ratio':>9}")


def show(row: Row) -> None:
    """One line; a value beyond its goal is marked."""
    value, goal = f"{row.value:.3g} {row.unit}", f"{row.goal:g} {row.unit}"
    plain = "" if row.plain is None else f"{row.plain:.3g} {row.unit}"
    ratio = "" if row.plain is None else f"{row.plain / row.value:.0f}"
    beyond = "" if row.value <= row.goal else "  beyond the goal"
    print(f"{row.what:<58}{value:>12}{goal:>10}{plain:>12}{ratio:>9}{beyond}{row.remark}", flush=True)


def resistivity() -> list[Row]:
    """R(T) with saturation, accurate to 1e-10 either way."""
    temperature = np.linspace(5.0, 300.0, POINTS)
    ours, plain, _ = pairs(lambda: fast_curve(temperature, **TRUTH), lambda: quad_curve(temperature, **TRUTH), count=9)
    difference = np.max(np.abs(fast_curve(temperature, **TRUTH) / quad_curve(temperature, **TRUTH) - 1.0))
    remark = f"  (they agree to {difference:.0e})"
    return [Row("resistivity of 2000 temperatures", "ms", 1e3 * ours, 1.0, 1e3 * plain, remark)]


def saturated_fit() -> list[Row]:
    """Four parameters from 0.2 % noise; by quad: the same fit with that model and numerical derivatives."""
    temperature = np.linspace(80.0, 300.0, POINTS)
    exact = fast_curve(temperature, **TRUTH)
    noisy = exact * (1.0 + 0.002 * np.random.default_rng(0).standard_normal(POINTS))
    fast = Model("saturated", fast_curve, guess, bloch_gruneisen_gradient)
    slow = Model("saturated by quad", quad_curve, guess)
    ours, plain, results = pairs(lambda: fit(fast, temperature, noisy), lambda: fit(slow, temperature, noisy), count=3)
    theta = [result.values["debye_temperature"] for result in results]
    remark = f"  (Debye temperature {theta[0]:.3f} and {theta[1]:.3f} K)"
    return [Row("saturated fit of 2000 points", "ms", 1e3 * ours, 50.0, 1e3 * plain, remark)]


def help_text() -> list[Row]:
    """From the start of the process to its end."""
    times = [run_command("--help").wall for _ in range(9)]
    return [Row("megabar --help", "s", statistics.median(times), 0.3)]


def whole_example() -> list[Row]:
    """The example from reading to report, in a fresh process; memory is the largest resident size."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "la3ni2o7"
        shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("results"))
        runs = [run_command("analyse", str(copy)) for _ in range(3)]
    failed = sorted({run.status for run in runs} - {0})
    remark = f"  exit status {failed[0]}" if failed else ""
    return [
        Row(
            "megabar analyse examples/la3ni2o7: time", "s", statistics.median(r.wall for r in runs), 10.0, None, remark
        ),
        Row("megabar analyse examples/la3ni2o7: memory", "MiB", max(r.memory for r in runs), 400.0, None, remark),
    ]


def pairs(ours: Callable[[], Any], plain: Callable[[], Any], *, count: int) -> tuple[float, float, tuple[Any, Any]]:
    """Median seconds of each side over `count` pairs run in turn after one warm-up, and what they returned."""
    results = ours(), plain()
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        ours()
        middle = time.perf_counter()
        plain()
        times.append((middle - begin, time.perf_counter() - middle))
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times), results


@dataclass(frozen=True)
class Run:
    """One command: wall time in s, largest resident size in MiB, exit status."""

    wall: float
    memory: float
    status: int


def run_command(*arguments: str) -> Run:
    """Run `megabar` in a process of its own."""
    begin = time.perf_counter()
    with subprocess.Popen([COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts in KiB, macOS in bytes.
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return Run(time.perf_counter() - begin, usage.ru_maxrss / scale, process.returncode)


def fast_curve(temperature: FloatArray, *, saturation_conductance: float, **values: float) -> FloatArray:
    """The saturated Bloch-Gruneisen law by megabar."""
    saturation = 1.0 / saturation_conductance if saturation_conductance > 0.0 else np.inf
    return np.asarray(bloch_gruneisen(temperature, saturation=saturation, **values))


def quad_curve(
    temperature: FloatArray,
    *,
    residual: float,
    amplitude: float,
    debye_temperature: float,
    saturation_conductance: float,
) -> FloatArray:
    """The same with one adaptive integral a temperature, as it is usually written."""
    integral = np.array([quad(integrand, 0.0, debye_temperature / t, epsabs=0.0, epsrel=1e-10)[0] for t in temperature])
    ideal = residual + amplitude * (temperature / debye_temperature) ** 5 * integral
    return np.asarray(ideal / (1.0 + ideal * saturation_conductance))


def integrand(t: float) -> float:
    return float(t**5 * np.exp(-t) / np.expm1(-t) ** 2)


def guess(temperature: FloatArray, resistance: FloatArray) -> tuple[Parameter, ...]:
    """Start values a fifth away from the truth."""
    del temperature, resistance
    return tuple(Parameter(name, 1.2 * value, lower=0.0) for name, value in TRUTH.items())


if __name__ == "__main__":
    main()
