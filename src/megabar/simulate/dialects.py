"""The files that laboratory programs write: delimited text of several kinds, and Quantum Design's data files."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from megabar.constants import OERSTED

FloatArray = NDArray[np.float64]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_COLUMNS = 120
_HELD = "\x1f"
"""Stands for a space that no line may break at."""

_QUANTUM_DESIGN_COLUMNS = (
    "Comment",
    "Time Stamp (sec)",
    "Status (code)",
    "Temperature (K)",
    "Magnetic Field (Oe)",
    "Sample Position (deg)",
    "Bridge 1 Resistivity (Ohm)",
    "Bridge 1 Excitation (uA)",
    "Bridge 2 Resistivity (Ohm)",
    "Bridge 2 Excitation (uA)",
    "Bridge 1 Std. Dev. (Ohm)",
    "Bridge 2 Std. Dev. (Ohm)",
    "Number of Readings",
    "Bridge 1 Resistance (Ohms)",
    "Bridge 2 Resistance (Ohms)",
)


def delimited_text(
    columns: Mapping[str, tuple[FloatArray, int] | list[str]],
    *,
    delimiter: str,
    comments: Sequence[str] = (),
    decimal: str = ".",
    newline: str = "\n",
    byte_order_mark: bool = False,
) -> bytes:
    """A table in UTF-8: comment lines opened by "# ", one line of headings, one line a row.

    columns: heading -> (values (n,), digits after the decimal sign), or n texts; NaN is written as NaN, as most
    programs do.
    """
    cells = [
        column if isinstance(column, list) else [_number(value, column[1], decimal) for value in column[0]]
        for column in columns.values()
    ]
    rows = [delimiter.join(row) for row in zip(*cells, strict=True)]
    lines = [*(f"# {comment}" for comment in comments), delimiter.join(columns), *rows]
    text = newline.join([*lines, ""]).encode("utf-8")
    return BYTE_ORDER_MARK + text if byte_order_mark else text


def quantum_design_text(
    *,
    title: str,
    time: FloatArray,
    temperature: FloatArray,
    resistance: FloatArray,
    deviation: FloatArray,
    excitation: float,
    field: FloatArray | None = None,
) -> bytes:
    """A .dat file of the resistivity option with one bridge in use; its other columns stay empty.

    time (n,): s. temperature (n,): K. resistance, deviation (n,): ohm, of the mean and of the 25 readings that each
    row averages. excitation: uA. field (n,): T, none without a magnet; written in Oe. The sample's cross-section and
    length are 1, so its "resistivity" is in ohm.
    """
    oersted = ["0"] * time.size if field is None else [f"{value / OERSTED:.2f}" for value in field]
    head = [
        "[Header]",
        f"TITLE, {title}",
        "FILEOPENTIME,0.00,01/01/2024,12:00 AM",
        "BYAPP, Resistivity, 2.1, 1.0",
        "INFO, APPNAME, megabar simulate",
        "INFO, SIMULATED, Sample1 Name",
        "INFO, 1, Sample1 Cross Section",
        "INFO, 1, Sample1 Length",
        "INFO, Ohm, Sample1 Units",
        "DATATYPE, TIME, 2",
        "DATATYPE, COMMENT, 1",
        "[Data]",
        ",".join(_QUANTUM_DESIGN_COLUMNS),
    ]
    rows = [
        f",{s:.2f},4369,{t:.4f},{h},0,{r:.7f},{excitation:g},,,{d:.7f},,25,{r:.7f},"
        for s, t, h, r, d in zip(time, temperature, oersted, resistance, deviation, strict=True)
    ]
    return "\r\n".join([*head, *rows, ""]).encode("ascii")


def page(text: str) -> str:
    """A Markdown page whose paragraphs are filled to 120 columns; those that hold a table or heading stay as they are.

    text: paragraphs apart by empty lines, wherever their lines break. Code between backticks is not broken.
    """
    paragraphs = [part.strip() for part in text.strip().split("\n\n")]
    return "\n\n".join(part if part.startswith(("|", "#")) else _filled(part) for part in paragraphs) + "\n"


def _filled(paragraph: str) -> str:
    held = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", _HELD), " ".join(paragraph.split()))
    return textwrap.fill(held, _COLUMNS, break_on_hyphens=False, break_long_words=False).replace(_HELD, " ")


def _number(value: float, digits: int, decimal: str) -> str:
    # Adding 0.0 turns the -0.0 of rounding into 0.0.
    return "NaN" if np.isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}".replace(".", decimal)
