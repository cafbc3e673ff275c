"""Files of diffraction: .chi, PANalytical .xrdml, Rigaku .ras and .rasx, GSAS raw data; and packed text (.bz2, .gz).

The wavelength (angstrom) of a file that tells it stands in the curve's metadata as "wavelength", that of a second
component (K alpha 2) as "second_wavelength" with its "second_weight".
"""

from __future__ import annotations

import bz2
import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from xml.etree import ElementTree

import numpy as np

from megabar.data import Role
from megabar.data.recording import FloatArray
from megabar.errors import DataError
from megabar.io.decode import decode, is_text
from megabar.io.hints import ReadHints
from megabar.io.table import Reading, Table, number
from megabar.io.text import read_text

MOST_UNPACKED: Final = 64 * 1024**2
"""Bytes of text that a packed file may hold."""

_HEAD: Final = 4096
_HALF: Final = "0.5"
_BANK: Final = re.compile(rb"^BANK\s+\d+\s+\d+\s+\d+\s+CONST\s", re.MULTILINE)
_CELL: Final = re.compile(rb"^\s*_cell[._]length_a\s", re.MULTILINE)
_WIDTH: Final = 8
_CHI_HEAD: Final = 4
_SHORTEST: Final = 1e-8
_ANGSTROM: Final = 1e10


def is_xrdml(data: bytes) -> bool:
    return b"<xrdMeasurement" in data[:_HEAD]


def is_ras(data: bytes) -> bool:
    return data[:_HEAD].lstrip(b"\xef\xbb\xbf").startswith((b"*RAS_DATA_START", b"*RAS_HEADER_START"))


def is_rasx(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04") and bool(re.search(rb"Data0/(?:Profile0|MesurementConditions0)", data))


def is_chi(data: bytes) -> bool:
    """Whether this is FIT2D's .chi: a title, the names of both axes, the number of rows, two columns."""
    lines = data[:_HEAD].decode("latin-1").splitlines()
    if len(lines) < _CHI_HEAD + 2 or not re.fullmatch(r"\s*\d+(?:\s+\d+)?\s*", lines[3]):
        return False
    rows = [line.split() for line in lines[4:6]]
    return _chi_axis(lines[1]) is not None and all(len(row) == 2 and number(row[0]) is not None for row in rows)


def _chi_axis(label: str) -> tuple[Role, str] | None:
    """The role and the unit of the axis of a .chi by its label."""
    plain = label.lower().replace(" ", "")
    if re.search(r"2-?th(?:eta)?|twotheta", plain):
        return (Role.TWO_THETA, "rad" if "rad" in plain else "deg")
    if match := re.search(r"^q.*?(nm|a)(?:\^-1|-1|\^\(-1\))", plain):
        return (Role.SCATTERING_VECTOR, "1/nm" if match[1] == "nm" else "1/angstrom")
    return None


def is_gsas(data: bytes) -> bool:
    return _BANK.search(data[:_HEAD]) is not None


def is_packed_text(data: bytes) -> bool:
    if not data.startswith((b"BZh", b"\x1f\x8b")):
        return False
    try:
        return is_text(_unpacked(data, most=_HEAD)[0])
    except (OSError, ValueError, EOFError, zlib.error):
        return False


def is_card(data: bytes) -> bool:
    """Whether this tells a phase (.cif, .jcpds) and no measurement."""
    head = data[:_HEAD]
    return _CELL.search(head) is not None or (b"DIHKL" in head and b"SYMMETRY" in head)


def refuse_card(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """DataError: a card of a phase is no pattern."""
    del data, hints
    raise DataError(f"{file}: tells a phase, not a measurement; name it as a file under settings.phases of a pattern")


def read_packed_text(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """Delimited text inside .bz2 or .gz; DataError when it is larger than `MOST_UNPACKED` or damaged."""
    try:
        text, whole = _unpacked(data, most=MOST_UNPACKED + 1)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"{file}: cannot be unpacked ({error}); copy it again") from error
    if len(text) > MOST_UNPACKED:
        raise DataError(f"{file}: holds more than {MOST_UNPACKED // 1024**2} MiB; unpack and split it")
    if not whole:
        raise DataError(f"{file}: cannot be unpacked to its end, it was cut short; copy it again")
    return read_text(text, file=file, hints=hints)


def _unpacked(data: bytes, *, most: int) -> tuple[bytes, bool]:
    """Up to `most` bytes of what is packed, and whether its end was reached."""
    if data.startswith(b"BZh"):
        packed = bz2.BZ2Decompressor()
        return packed.decompress(data, max_length=most), packed.eof
    stream = zlib.decompressobj(wbits=31)
    return stream.decompress(data, most), stream.eof


def read_xrdml(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """Every scan of a PANalytical .xrdml against 2 theta; counts as they stand."""
    del hints
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DataError(f"{file}: its XML declares entities, which no diffractometer writes; export it again")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise DataError(f"{file}: damaged XML ({error}); export it again") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    told = {
        "wavelength": root.findtext(".//usedWavelength/kAlpha1"),
        "second_wavelength": root.findtext(".//usedWavelength/kAlpha2"),
        "second_weight": root.findtext(".//usedWavelength/ratioKAlpha2KAlpha1"),
    }
    scans = root.findall(".//scan")
    names = [f"scan {i}" if len(scans) > 1 else "" for i in range(1, len(scans) + 1)]
    tables = [_scan(scan, name, told, file=file) for scan, name in zip(scans, names, strict=True)]
    if not tables:
        raise DataError(f"{file}: no scan in it; is this the right file?")
    return Reading("PANalytical .xrdml", tuple(tables))


def _scan(scan: ElementTree.Element, name: str, told: Mapping[str, str | None], *, file: str) -> Table:
    points = scan.find("dataPoints")
    values = None if points is None else (points.findtext("intensities") or points.findtext("counts"))
    axis = None if points is None else points.find("positions[@axis='2Theta']")
    if not values or axis is None:
        raise DataError(f"{file}: {name or 'its scan'} has no intensities against 2Theta; export such a scan")
    y = _numbers(values, file=file)
    listed = axis.findtext("listPositions")
    if listed:
        x = _numbers(listed, file=file)
    else:
        ends = [number(axis.findtext(tag) or "") for tag in ("startPosition", "endPosition")]
        if None in ends:
            raise DataError(f"{file}: {name or 'its scan'} does not tell where 2Theta starts and ends")
        x = np.linspace(float(ends[0] or 0.0), float(ends[1] or 0.0), y.size)
    return _pattern(x, y, told, file=file, name=name)


def read_ras(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """A Rigaku .ras: intensities times their attenuation against 2 theta."""
    del hints
    text = decode(data, file=file, notes=[])
    header = dict(re.findall(r'^\*(\S+)\s+"([^"]*)"', text, re.MULTILINE))
    blocks = re.findall(r"^\*RAS_INT_START\s*\n(.*?)^\*RAS_INT_END", text, re.MULTILINE | re.DOTALL)
    told = {
        "wavelength": header.get("HW_XG_WAVE_LENGTH_ALPHA1"),
        "second_wavelength": header.get("HW_XG_WAVE_LENGTH_ALPHA2"),
        "second_weight": _HALF,
    }
    if not blocks:
        raise DataError(f"{file}: no *RAS_INT_START to *RAS_INT_END in it; was it cut short?")
    tables = [
        _profile(block, told, file=file, name=f"scan {i}" if len(blocks) > 1 else "")
        for i, block in enumerate(blocks, start=1)
    ]
    return Reading("Rigaku .ras", tuple(tables))


def read_rasx(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """A Rigaku .rasx, an archive of profiles: intensities times their attenuation against 2 theta."""
    del hints
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist() if entry.file_size <= MOST_UNPACKED}
            names = sorted(name for name in entries if re.fullmatch(r"Data\d+/Profile\d+\.txt", name))
            profiles = [decode(archive.read(name), file=file, notes=[]) for name in names]
            about = [name for name in entries if re.fullmatch(r"Data0/MesurementConditions0\.xml", name)]
            words = decode(archive.read(about[0]), file=file, notes=[]) if about else ""
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{file}: damaged archive ({error}); copy it again") from error
    if not profiles:
        raise DataError(f"{file}: no profile in the archive; is this a measurement?")
    found = dict(re.findall(r"<(WavelengthKalpha[12])>\s*([\d.]+)", words))
    told = {
        "wavelength": found.get("WavelengthKalpha1"),
        "second_wavelength": found.get("WavelengthKalpha2"),
        "second_weight": _HALF,
    }
    tables = [
        _profile(text, told, file=file, name=f"scan {i}" if len(profiles) > 1 else "")
        for i, text in enumerate(profiles, start=1)
    ]
    return Reading("Rigaku .rasx", tuple(tables))


def _profile(text: str, told: Mapping[str, str | None], *, file: str, name: str) -> Table:
    rows = [[number(cell) for cell in line.split()[:3]] for line in text.splitlines() if line.strip()]
    good = [row for row in rows if len(row) >= 2 and None not in row]
    x, y = (np.array([row[i] for row in good], dtype=np.float64) for i in (0, 1))
    factor = np.array([row[2] if len(row) > 2 else 1.0 for row in good], dtype=np.float64)
    return _pattern(x, y * factor, told, file=file, name=name)


def read_chi(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """FIT2D's .chi; the rows that there are, whatever their number in the head says."""
    del hints
    lines = decode(data, file=file, notes=[]).split("\n")
    axis = _chi_axis(lines[1])
    rows = [[number(cell) for cell in line.split()[:2]] for line in lines[_CHI_HEAD:]]
    good = np.array([row for row in rows if len(row) == 2 and None not in row], dtype=np.float64).reshape(-1, 2)
    role, unit = axis or (Role.TWO_THETA, "deg")
    table = _pattern(good[:, 0], good[:, 1], {}, file=file, name="")
    units = (unit, "counts")
    heads = (lines[1].strip(), lines[2].strip() or "intensity")
    return Reading("FIT2D .chi", (replace(table, headings=heads, units=units, roles={**table.roles, 0: role}),))


def read_gsas(data: bytes, *, file: str, hints: ReadHints) -> Reading:
    """GSAS raw data of constant step (BANK ... CONST): STD, with repeats in front of the counts, ESD, and FXYE."""
    del hints
    text = decode(data, file=file, notes=[])
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if line.startswith("BANK")]
    tables = []
    for i, start in enumerate(starts):
        stop = starts[i + 1] if i + 1 < len(starts) else len(lines)
        name = f"bank {i + 1}" if len(starts) > 1 else ""
        tables.append(_bank(lines[start], lines[start + 1 : stop], file=file, name=name))
    return Reading("GSAS raw data", tuple(tables))


def _bank(head: str, lines: list[str], *, file: str, name: str) -> Table:
    told = head.split()
    count, start, step = (number(told[i]) if len(told) > i else None for i in (2, 5, 6))
    form = told[9] if len(told) > 9 else "STD"
    if count is None or start is None or step is None or form not in ("STD", "ESD", "FXYE"):
        raise DataError(f"{file}: {head.strip()!r} is no bank of constant step in STD, ESD or FXYE; export it as text")
    if form == "FXYE":
        words = (line.split()[:3] for line in lines)
        rows = np.array([[number(word) for word in row] for row in words if len(row) == 3], dtype=np.float64)
        x, y, error = rows.reshape(-1, 3).T / np.array([[100.0], [1.0], [1.0]])
    else:
        cells = [line[i : i + _WIDTH] for line in lines for i in range(0, len(line.rstrip()), _WIDTH)]
        y, error = _counts(cells) if form == "STD" else _pairs(cells)
        y, error = y[: int(count)], error[: int(count)]
        x = (start + step * np.arange(y.size)) / 100.0
    return _pattern(x, y, {}, file=file, name=name, error=error)


def _counts(cells: list[str]) -> tuple[FloatArray, FloatArray]:
    """Counts, each the mean of so many detectors as stand in the two letters before it, and their errors."""
    repeats = np.array([number(cell[:2]) for cell in cells], dtype=np.float64)
    y = np.array([number(cell[2:]) for cell in cells], dtype=np.float64)
    many = np.where(np.isfinite(repeats) & (repeats > 0), repeats, 1.0)
    return y, np.sqrt(np.maximum(y, 1.0) / many)


def _pairs(cells: list[str]) -> tuple[FloatArray, FloatArray]:
    values = np.array([number(cell) for cell in cells], dtype=np.float64)
    return values[0::2], values[1::2]


def _numbers(text: str, *, file: str) -> FloatArray:
    try:
        return np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise DataError(f"{file}: text where numbers are expected ({error}); export it again") from error


def _pattern(
    x: FloatArray,
    y: FloatArray,
    told: Mapping[str, str | None],
    *,
    file: str,
    name: str,
    error: FloatArray | None = None,
) -> Table:
    if x.size != y.size or not x.size:
        raise DataError(f"{file}: {x.size} angles and {y.size} intensities; was it cut short?")
    columns = (x, y) if error is None else (x, y, error)
    return Table(
        headings=("2 theta", "intensity", "intensity error")[: len(columns)],
        units=("deg", "counts", "counts")[: len(columns)],
        numbers=columns,
        lines=np.arange(1, x.size + 1),
        name=name,
        place="point",
        roles={0: Role.TWO_THETA, 1: Role.INTENSITY},
        metadata={key: value.strip() for key, value in told.items() if value and value.strip()},
    )


def wavelength_above(preamble: str) -> str | None:
    """The wavelength that the lines above a table tell, as pyFAI writes it ("Wavelength: 4.066e-11 m"), in angstrom."""
    found = re.search(r"wavelength\s*[:=]\s*([\d.]+(?:e[-+]?\d+)?)\s*(nm|m|angstrom|A|Å)?", preamble, re.IGNORECASE)
    value = None if found is None else number(found[1])
    if found is None or value is None or not value > 0:
        return None
    unit = (found[2] or ("m" if value < _SHORTEST else "")).lower()
    factor = {"m": _ANGSTROM, "nm": 10.0, "angstrom": 1.0, "a": 1.0, "å": 1.0}.get(unit)
    return None if factor is None else f"{value * factor:.10g}"
