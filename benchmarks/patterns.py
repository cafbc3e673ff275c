"""Le Bail refinement of simulated two-phase patterns beside a peer: `python benchmarks/patterns.py` prints one table.

CeH9 and CeH4 at 0.6199 angstrom, 2,000 points, random intensities, counting noise, a curved background. Both programs
get the same patterns and the same starting cells, one thread. Beside the time stand how far the cells are from the
truth and the root mean square of that over the errors that each program gives (1 where they are honest).
The peer is phasesmith's Le Bail method (benchmarks/requirements.txt); without it its lines stay empty. It refines
the same kind of widths and a Chebyshev background of eight terms. Nothing here is a test.
"""

# ruff: noqa: E402 - the number of threads is set before numpy is loaded

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))
from made_patterns import CELLS, ENDS, WAVELENGTH, pattern

from megabar.analysis.lebail_model import Phase
from megabar.analysis.pattern_data import Pattern
from megabar.analysis.pattern_fit import Options, fit
from megabar.physics import crystal

FloatArray = NDArray[np.float64]
Answer = tuple[FloatArray, FloatArray]
"""Cells (a, c, a, c) and their standard deviations."""

GROUPS = {"CeH9": "P 63/m m c", "CeH4": "I 4/m m m"}
SITES = {"CeH9": (1 / 3, 2 / 3, 0.25), "CeH4": (0.0, 0.0, 0.0)}
TRUTH = np.array([*CELLS["CeH9"], *CELLS["CeH4"]])
PATTERNS = 8
NO_ERROR = 1e-12
STARTS_OFF = (0.0005, 0.02)


def main() -> None:
    print(f"{PATTERNS} patterns each; deviations in 1e-4 angstrom\n")
    print(
        f"{'program':<12}{'starts off':>12}{'found':>8}{'median time':>14}{'rms deviation':>16}{'over its errors':>18}"
    )
    for off in STARTS_OFF:
        for name, run in (("megabar", by_megabar), ("phasesmith", by_peer())):
            if run is not None:
                line(name, run, off)


def line(name: str, run: Callable[[FloatArray, FloatArray, FloatArray], Answer], off: float) -> None:
    """One row: cells within 0.2 % of the truth count as found, the others enter no mean."""
    rng = np.random.default_rng(1)
    times, deviations, pulls = [], [], []
    for _ in range(PATTERNS):
        x, y = pattern(rng)
        start = TRUTH * (1.0 + off * rng.uniform(-1.0, 1.0, 4))
        begin = time.perf_counter()
        try:
            cells, errors = run(x, y, start)
        except (ValueError, RuntimeError, ArithmeticError) as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        times.append(time.perf_counter() - begin)
        if np.all(np.abs(cells / TRUTH - 1.0) < 2e-3):
            deviations.append(cells - TRUTH)
            pulls.append((cells - TRUTH) / errors)
    size = 1e4 * float(np.sqrt(np.mean(np.square(deviations)))) if deviations else float("nan")
    known = np.isfinite(pulls).any()
    over = float(np.sqrt(np.nanmean(np.square(pulls)))) if known else float("nan")
    middle = float(np.median(times)) if times else float("nan")
    print(f"{name:<12}{100 * off:>10.2g} %{len(pulls):>8}{middle:>12.2f} s{size:>16.2f}{over:>18.2f}")


def by_megabar(x: FloatArray, y: FloatArray, start: FloatArray) -> Answer:
    made = Pattern("simulated", x, y, np.sqrt(np.maximum(y, 1.0)), WAVELENGTH, "counts")
    phases = [
        Phase(name, crystal.full_cell(cell, GROUPS[name]), GROUPS[name], 2, (SITES[name],))
        for name, cell in zip(GROUPS, (start[:2], start[2:]), strict=True)
    ]
    found = fit(made, phases, Options(((WAVELENGTH, 1.0),), shared_widths=True))
    return np.concatenate([p.free for p in found.phases]), np.concatenate([p.errors for p in found.phases])


def by_peer() -> Callable[[FloatArray, FloatArray, FloatArray], Answer] | None:
    """phasesmith's Le Bail method, or None where the package is not installed."""
    try:
        import phasesmith
        from phasesmith.refinement import ChebyshevBackground, lebail
    except ImportError:
        print("phasesmith is not installed: pip install -r benchmarks/requirements.txt", file=sys.stderr)
        return None

    def run(x: FloatArray, y: FloatArray, start: FloatArray) -> Answer:
        made = phasesmith.PowderPattern(x, observed_y=y, uncertainty=np.sqrt(np.maximum(y, 1.0)))
        shape = {"u_deg2": 0.001, "v_deg2": 0.0, "w_deg2": 0.0004, "x_deg": 0.02, "y_deg": 0.001}
        instrument = phasesmith.ConstantWavelengthInstrument(WAVELENGTH, **shape)
        phases = tuple(
            lebail.LeBailPhase.from_cif(
                _cif(name, cell),
                phase_id=name,
                wavelength_angstrom=WAVELENGTH,
                two_theta_min_deg=ENDS[0],
                two_theta_max_deg=float(x[-1]),
                refine_lattice=True,
            )
            for name, cell in zip(GROUPS, (start[:2], start[2:]), strict=True)
        )
        names = ("u_deg2", "w_deg2", "x_deg")
        parameters = lebail.build_parameter_set(
            instrument, phases, instrument_parameters=names, lattice_parameters=True
        )
        background = ChebyshevBackground("b", (float(np.median(y)), *[0.0] * 7), (float(x[0]), float(x[-1])))
        asked = lebail.LeBailInput(made, instrument, phases, parameters).with_refinable_background(background)
        result = lebail.refine(asked, lebail.LeBailOptions())
        return _cells(result)

    return run


def _cells(result: object) -> Answer:
    specs = list(result.parameters.specs)  # type: ignore[attr-defined]
    refined = [spec for spec in specs if spec.refine]
    covariance = result.covariance  # type: ignore[attr-defined]
    places = [(i, spec) for i, spec in enumerate(refined) if str(spec.key).count("lattice")]
    cells = np.array([spec.value for _, spec in places])
    errors = np.full(cells.size, np.nan)
    if covariance is not None:
        errors = np.sqrt(np.diagonal(covariance))[[i for i, _ in places]]
        # Version 0.7 gives numbers of the order of 1e-20 here: no errors of cells, so none are compared.
        errors = np.where(errors > NO_ERROR, errors, np.nan)
    return cells, errors


def _cif(name: str, cell: FloatArray) -> str:
    a, c = cell
    gamma = 120 if name == "CeH9" else 90
    x, y, z = SITES[name]
    return (
        f"data_{name}\n_cell_length_a {a:.8f}\n_cell_length_b {a:.8f}\n_cell_length_c {c:.8f}\n_cell_angle_alpha 90\n"
        f"_cell_angle_beta 90\n_cell_angle_gamma {gamma}\n_symmetry_space_group_name_H-M '{GROUPS[name]}'\n"
        f"loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        f"_atom_site_occupancy\nCe1 Ce {x:.8f} {y:.8f} {z:.8f} 1\n"
    )


if __name__ == "__main__":
    main()
