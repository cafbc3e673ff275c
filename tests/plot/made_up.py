"""A made-up two-sweep resistance result with everything that an analysis may want drawn, from numpy alone."""

from __future__ import annotations

import numpy as np

from megabar.data.recording import Note, Source
from megabar.data.result import Estimate, Panel, Result, Status, Trace

CRITERIA = {"onset": None, "T90": 0.90, "T50": 0.50, "T10": 0.10, "zero": 0.004}


def resistance(temperature, centre, width=0.9):
    normal = 0.0118 + 5.2e-5 * temperature + 4.5e-8 * temperature**2
    return normal / (1.0 + np.exp(-(temperature - centre) / width))


def sweep_traces(name, centre, rng, *, points=420, wild=True):
    """Traces of one sweep: data, both fit lines, residuals, band, windows, criteria, one outlier."""
    temperature = np.linspace(5.0, 295.0, points)
    values = resistance(temperature, centre) + rng.normal(0.0, 5e-5, points)
    high = temperature > 95.0
    line = np.polynomial.Polynomial.fit(temperature[high], values[high], 2)
    drawn = np.linspace(60.0, 295.0, 300)
    steep = np.array([centre - 3.0, centre + 6.0])
    slope = 0.25 * 0.0150 / 0.9
    traces = [
        Trace(name, "data", temperature, values, y_error=np.full(points, 5e-5)),
        Trace(f"{name}: normal state", "fit", drawn, line(drawn)),
        Trace(f"{name}: normal state, 1σ band", "band", drawn, low=line(drawn) - 6e-5, high=line(drawn) + 6e-5),
        Trace(f"{name}: steepest line", "guide", steep, 0.0075 + slope * (steep - centre)),
        Trace(f"{name}: residuals", "residual", temperature[high], values[high] - line(temperature[high])),
        Trace(f"{name}: normal-state window", "window", np.array([95.0, 295.0])),
    ]
    for criterion, fraction in CRITERIA.items():
        x = centre + 1.9 if fraction is None else centre + 0.9 * np.log(fraction / (1.0 - fraction))
        y = resistance(x, centre)
        traces.append(Trace(f"{name}: {criterion}", "marker", [x], [y], x_error=[0.12]))
    if wild:
        traces.append(Trace(f"{name}: outliers", "outlier", temperature[[200]], values[[200]] + 0.004))
    return traces


def estimates(measurement, sweeps, *, debye=518.0):
    """Tc by each criterion and sweep, width, Debye temperature, coupling and one thing that was not found."""
    result = []
    for sweep, centre in sweeps.items():
        for i, (criterion, fraction) in enumerate(CRITERIA.items()):
            x = centre + 1.9 if fraction is None else centre + 0.9 * np.log(fraction / (1.0 - fraction))
            found = not (criterion == "zero" and sweep == "warming")
            result.append(
                Estimate(
                    "critical_temperature",
                    measurement,
                    float(x) if found else None,
                    "K",
                    "intersection of two lines" if fraction is None else f"R/R(onset) = {fraction:g}",
                    error=0.11 + 0.05 * i if found else None,
                    systematic={"window": 0.21, "noise": 0.02} if found else {},
                    status=Status.OK if found else Status.NOT_FOUND,
                    labels={"curve": "bridge 1", "sweep": sweep, "criterion": criterion},
                )
            )
        result.append(
            Estimate(
                "transition_width",
                measurement,
                3.955,
                "K",
                "T90 - T10",
                error=0.16,
                labels={"curve": "bridge 1", "sweep": sweep},
            )
        )
        result.append(
            Estimate(
                "residual_resistance_ratio",
                measurement,
                1.894,
                "",
                "R(295 K)/R(onset)",
                error=0.004,
                labels={"curve": "bridge 1", "sweep": sweep},
            )
        )
    result.append(
        Estimate(
            "debye_temperature",
            measurement,
            debye,
            "K",
            "Bloch-Gruneisen, n = 5",
            error=4.2,
            interval=(debye - 4.0, debye + 4.7),
            level=0.6827,
            systematic={"window": 6.0},
            labels={"curve": "bridge 1", "sweep": "cooling", "model": "saturated"},
            remark="R^2 = 0.99991",
        )
    )
    for formula, value in (("advanced McMillan", 1.714), ("McMillan", 1.602)):
        result.append(
            Estimate(
                "coupling",
                measurement,
                value,
                "",
                f"{formula}, mu* = 0.13",
                error=0.013,
                systematic={"coulomb_pseudopotential": 0.08},
                labels={"curve": "bridge 1", "sweep": "cooling", "formula": formula},
            )
        )
    return tuple(result)


def transition_result(measurement="22.4 GPa", *, seed=1, centre=58.0, points=420, simulated=True, two=True):
    """Two sweeps with thermal lag, a whole-range panel and a panel of the transition alone."""
    rng = np.random.default_rng(seed)
    centres = {"cooling": centre, "warming": centre + 0.8} if two else {"cooling": centre}
    whole = [t for name, c in centres.items() for t in sweep_traces(name, c, rng, points=points)]
    near = []
    for name, c in centres.items():
        x = np.linspace(c - 9, c + 9, 90)
        near.append(Trace(name, "data", x, resistance(x, c) + rng.normal(0, 5e-5, 90)))
        near.append(Trace(f"{name}: full-curve fit", "fit", x, resistance(x, c)))
        near.append(Trace(f"{name}: residuals", "residual", x, near[-2].y - near[-1].y, y_error=np.full(90, 5e-5)))
        near += [t for t in whole if t.style in ("marker", "guide") and t.name.startswith(name)]
        near.append(Trace(f"{name}: transition window", "window", [c - 1.2, c + 1.2]))
    panels = (
        Panel(
            "Resistance and normal state",
            "Temperature (K)",
            "Resistance (ohm)",
            tuple(whole),
            "Normal-state line through 95 K to 295 K, and the five criteria.",
        ),
        Panel("Transition", "Temperature (K)", "Resistance (ohm)", tuple(near), "The transition alone."),
        Panel(
            "Effect of the window on the Debye temperature",
            "Lower end of the window (K)",
            "Debye temperature (K)",
            (
                Trace(
                    "saturated",
                    "data",
                    np.arange(70.0, 140.0, 10.0),
                    518.0 + rng.normal(0, 4, 7),
                    y_error=np.full(7, 4.0),
                ),
                Trace(
                    "not saturated",
                    "data",
                    np.arange(71.0, 141.0, 10.0),
                    541.0 + rng.normal(0, 4, 7),
                    y_error=np.full(7, 5.0),
                ),
                Trace("used", "marker", [95.0]),
            ),
        ),
    )
    return Result(
        "resistance",
        measurement,
        estimates(measurement, centres),
        panels,
        settings={
            "normal_window": (95.0, 295.0),
            "normal_window_rule": "automatic",
            "order": 5,
            "coulomb_pseudopotential": 0.13,
            "seed": None,
            "fractions": [0.9, 0.5, 0.1],
        },
        notes=(
            Note("3 lines without numbers skipped"),
            Note("warming and cooling differ by 0.8 K: thermal lag", "warning"),
        ),
        sources=(Source("raw/22GPa.dat", "ab" * 32),),
        summary="One transition with its onset at 59.9 K; Debye temperature 518 K.",
        simulated=simulated,
        seed=7,
    )


def trend_result(*, simulated=True):
    """Tc against pressure for two cells with a common slope."""
    rng = np.random.default_rng(3)
    p = np.linspace(14.0, 30.0, 40)
    traces = []
    for name, offset, pressures in (("cell A", 0.0, [15.2, 18.1, 20.5, 22.4]), ("cell B", 3.0, [17.0, 22.6, 26.3])):
        pressures = np.array(pressures)
        tc = 44.0 + 0.6 * pressures + offset
        traces.append(
            Trace(
                name,
                "data",
                pressures,
                tc + rng.normal(0, 0.5, tc.size),
                x_error=np.full(tc.size, 0.5),
                y_error=np.full(tc.size, 0.4),
            )
        )
        traces.append(Trace(f"{name}: line", "fit", p, 44.0 + 0.6 * p + offset))
        spread = 0.4 + 0.06 * np.abs(p - 20)
        traces.append(Trace(f"{name}: line, 1σ", "band", p, low=traces[-1].y - spread, high=traces[-1].y + spread))
    slope = Estimate(
        "slope",
        "Tc(P)",
        0.604,
        "K/GPa",
        "common slope, an offset for each cell",
        error=0.051,
        systematic={"gauge": 0.02},
    )
    return Result(
        "trend",
        "Tc(P)",
        (slope,),
        (Panel("Tc at 50 % against pressure", "Pressure (GPa)", "Tc (K)", tuple(traces)),),
        simulated=simulated,
    )
