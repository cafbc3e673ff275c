"""`megabar pressure`: one reading in every scale of its gauge, as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Final

from megabar.analysis.pressure_conversion import Conversion, Converted, convert_pressure, convert_reading
from megabar.cli.console import say, width
from megabar.errors import ExperimentError, MegabarError
from megabar.report.names import unit_words

_HEAD: Final = ("Scale", "P (GPa)", "Differs", "Calibrated (GPa)")


def show_pressure(
    readings: Mapping[str, float | None],
    *,
    pressure: float | None,
    scale: str,
    error: float | None,
    temperature: float | None,
) -> None:
    """Print the conversion of the one reading, or of a pressure on a scale; ExperimentError when the options clash."""
    given = {gauge: reading for gauge, reading in readings.items() if reading is not None}
    options = [f"--{gauge.lower().replace(' ', '-')}" for gauge in readings]
    if len(given) + (pressure is not None) != 1:
        raise ExperimentError(f"pressure: give one of {', '.join(options)}, or --pressure with --scale")
    if pressure is not None and not scale:
        raise ExperimentError("pressure: --pressure needs its --scale, for instance akahama_2006")
    if pressure is not None and (error is not None or temperature is not None):
        raise ExperimentError("pressure: --error and --temperature belong to a reading, not to --pressure")
    try:
        if pressure is not None:
            found = convert_pressure(pressure, scale=scale)
        else:
            ((gauge, reading),) = given.items()
            found = convert_reading(gauge, reading, error=error, scale=scale, temperature=temperature)
    except MegabarError as refused:
        raise ExperimentError(f"pressure: {refused}") from refused
    _show(found, temperature)


def _show(found: Conversion, temperature: float | None) -> None:
    at = "" if temperature is None else f" at {temperature:g} K, reduced to 296 K"
    say(f"{found.gauge}: {found.reading:.6g} {unit_words(found.unit)}{at}")
    rows = [_HEAD, *(_row(one, found.pressures[0]) for one in found.pressures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = ["  ".join(text.ljust(room) for text, room in zip(row, widths, strict=True)).rstrip() for row in rows]
    say("\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]]))
    if any(not one.trusted for one in found.pressures):
        say("* not to be quoted: out of the range of calibration, or constants at second hand")
    if found.spread is not None:
        low, high = found.spread
        say(f"The scales that hold there span {low:.1f} to {high:.1f} GPa.")
    say()
    for one in found.pressures:
        told = [one.source, *([f"doi {one.doi}"] if one.doi else []), *([one.remark] if one.remark else [])]
        say(textwrap.fill(f"{one.scale}: {'; '.join(told)}", width(), subsequent_indent="  "))


def _row(one: Converted, first: Converted) -> tuple[str, ...]:
    error = "" if one.error is None else f" ± {one.error:.2g}"
    mark = "" if one.trusted else " *"
    difference = "" if one is first else f"{one.pressure - first.pressure:+.2f}"
    low, high = one.reach
    return (one.scale, f"{one.pressure:.2f}{error}{mark}", difference, f"{low:g} to {high:g}")
