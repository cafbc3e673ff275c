"""Files that the tests of reading make for themselves, and where the real ones lie."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

MEASURED = Path(__file__).resolve().parents[2].parent / "shared/data/measured"


@pytest.fixture
def measured() -> Path:
    """The folder of real instrument files; skips where it is absent."""
    if not MEASURED.is_dir():
        pytest.skip("the folder of real instrument files is not there")
    return MEASURED


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file and give its path."""

    def _write(content: str | bytes, name: str = "run.dat") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


def curve(rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Temperatures and resistances that every sample file holds, exact in three and six decimals."""
    index = np.arange(rows)
    return np.round(300.0 - 2.125 * index - 0.001 * index**2, 3), np.round(1e-3 * (index + 1) + 1e-6 * index**2, 6)


def rows_of_text(delimiter: str = ",", rows: int = 40) -> str:
    return "".join(f"{t:.3f}{delimiter}{r:.6f}\n" for t, r in zip(*curve(rows), strict=True))


LVM_HEAD = (
    "LabVIEW Measurement\t\nWriter_Version\t2\nReader_Version\t2\nSeparator\tTab\nDecimal_Separator\t.\n"
    "Multi_Headings\tNo\nX_Columns\tOne\nTime_Pref\tAbsolute\nOperator\tx\nDate\t2023/09/21\nTime\t14:41:45.5\n"
    "***End_of_Header***\t\n\t\n"
)
LVM_SEGMENT = (
    "Channels\t2\t\t\nSamples\t5\t5\t\nDate\t2023/09/21\t2023/09/21\t\nTime\t1\t1\t\nY_Unit_Label\tK\tmV\t\n"
    "X_Dimension\tTime\tTime\t\nX0\t0.0\t0.0\t\nDelta_X\t0.5\t0.5\t\n***End_of_Header***\t\t\t\n"
    "X_Value\tT sample\tV\tComment\n"
)


def lvm(rows: int = 40) -> bytes:
    values = zip(*curve(rows), strict=True)
    body = "".join(f"{0.5 * i:.6f}\t{t:.3f}\t{r:.6f}\n" for i, (t, r) in enumerate(values))
    return (LVM_HEAD + LVM_SEGMENT + body).encode()


def tdms(rows: int = 40) -> bytes:
    import nptdms

    temperature, resistance = curve(rows)
    buffer = BytesIO()
    with nptdms.TdmsWriter(buffer) as writer:
        writer.write_segment(
            [
                nptdms.ChannelObject("cooling", "T sample", temperature, properties={"unit_string": "K"}),
                nptdms.ChannelObject("cooling", "R", resistance, properties={"unit_string": "mOhm"}),
            ]
        )
    return buffer.getvalue()


def xlsx(rows: int = 40) -> bytes:
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "cooling"
    sheet.append(["T (K)", "R (mOhm)"])
    for pair in zip(*curve(rows), strict=True):
        sheet.append([float(value) for value in pair])
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def ods(rows: int = 40) -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name="cooling")
    head = TableRow()
    for text in ("T (K)", "R (mOhm)"):
        cell = TableCell(valuetype="string")
        cell.addElement(P(text=text))
        head.addElement(cell)
    table.addElement(head)
    for pair in zip(*curve(rows), strict=True):
        row = TableRow()
        for value in pair:
            row.addElement(TableCell(valuetype="float", value=float(value)))
        table.addElement(row)
    document.spreadsheet.addElement(table)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def xls(rows: int = 40) -> bytes:
    """The smallest Excel 97 workbook by hand: an OLE2 container with one stream of BIFF8 records."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def start(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 1996, 0, 6))

    def label(row: int, column: int, text: str) -> bytes:
        return record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode("latin-1"))

    name = b"cooling"
    sheet = start(0x10) + record(0x200, struct.pack("<IIHHH", 0, rows + 1, 0, 2, 0))
    sheet += label(0, 0, "T (K)") + label(0, 1, "R (mOhm)")
    for index, pair in enumerate(zip(*curve(rows), strict=True), start=1):
        for column, value in enumerate(pair):
            sheet += record(0x203, struct.pack("<HHHd", index, column, 0, value))
    sheet += record(0x0A, b"")
    head = start(0x05) + record(0x42, struct.pack("<H", 1200))
    bound = 4 + 8 + len(name)
    offset = len(head) + bound + len(record(0x0A, b""))
    book = head + record(0x85, struct.pack("<IBBBB", offset, 0, 0, len(name), 0) + name) + record(0x0A, b"") + sheet
    return _ole2(b"Workbook", book)


def _ole2(name: bytes, stream: bytes) -> bytes:
    """A compound file that holds one stream, in whole sectors of 512 bytes (no mini stream)."""
    free, end, fat_mark, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    fat = [fat_mark, end, *range(3, sectors + 2), end]
    fat += [free] * (128 - len(fat))

    def entry(title: bytes, kind: int, child: int, first: int, size: int) -> bytes:
        wide = title.decode().encode("utf-16-le") + b"\0\0" if title else b""
        fixed = wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide), kind, 1, none, none, child)
        return fixed + bytes(36) + struct.pack("<III", first, size, 0)

    directory = (
        entry(b"Root Entry", 5, 1, end, 0) + entry(name, 2, none, 2, len(stream)) + entry(b"", 0, none, 0, 0) * 2
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0) + b"\xff" * 432
    return header + struct.pack("<128I", *fat) + directory + stream


def spectrum(rows: int = 40) -> bytes:
    """A contact spectrum without a header, as it is often handed on."""
    bias = np.linspace(-7.0, 7.0, rows)
    return "".join(f"{v:.3f},{1 + np.exp(-(v**2)):.5f}\n" for v in bias).encode("utf-8-sig")


def wide(rows: int = 40) -> bytes:
    """Spectra at two temperatures side by side, with decimal commas and the field above them."""
    head = "Feld: 0,5 T\nU (mV);dI/dV (mS) 2 K;dI/dV (mS) 4,5 K\n"
    lines = (
        f"{v:.3f};{1 + np.exp(-(v**2)):.5f};{1 + 0.5 * np.exp(-(v**2)):.5f}\n" for v in np.linspace(-7.0, 7.0, rows)
    )
    return (head + "".join(lines).replace(".", ",")).encode()


QD_HEAD = (
    "[Header]\nTITLE, test\nFILEOPENTIME,30422650.78,12/18/2024,10:42 AM\nBYAPP, {app}\n"
    "INFO, APPNAME, PPMS MultiVu Application, 1.5.11\nINFO, LaH10, Sample1 Name\n"
    "DATATYPE, COMMENT, 1\n[Data]\n"
)


def quantum_design(rows: int = 40) -> bytes:
    """A PPMS Resistivity file with one bridge in use."""
    lines = (
        "Comment,Time Stamp (sec),Status (code),Temperature (K),Magnetic Field (Oe),Bridge 1 Resistivity (Ohm-m),"
        "Bridge 1 Excitation (uA),Bridge 1 Std. Dev. (Ohm-m),Bridge 1 Resistance (Ohms),Map 20 ()\n"
    )
    for index, (t, r) in enumerate(zip(*curve(rows), strict=True)):
        lines += f",{1000 + 2.5 * index},4369,{t:.3f},10000.0,{r:.6f},100,0.000002,{r:.6f},\n"
    return (QD_HEAD.format(app="Resistivity, 2.1, 1.0") + lines).encode()


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """One small valid file of each format by its name, all with the same curve."""
    made = {
        "text.csv": ("T (K),R (mOhm)\n" + rows_of_text(",")).encode(),
        "text.tsv": ("# cooling\nT\tR\nK\tmOhm\n" + rows_of_text("\t")).encode("utf-16"),
        "text.txt": ("Temperature (K)  R (mΩ)\n" + rows_of_text("  ")).encode(),
        "text.dat": ("T/K;R/mOhm\n" + rows_of_text(";").replace(".", ",")).encode("latin-1"),
        "ppms.dat": quantum_design(),
        "run.lvm": lvm(),
        "run.tdms": tdms(),
        "run.xlsx": xlsx(),
        "run.ods": ods(),
        "run.xls": xls(),
        "spectrum.csv": spectrum(),
        "wide.txt": wide(),
    }

    def named(name: str) -> bytes:
        return made[name]

    return named
