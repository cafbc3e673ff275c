"""Excel and OpenDocument sheets."""

from __future__ import annotations

import datetime
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from megabar.data import Role
from megabar.errors import DataError
from megabar.io import read

Write = Callable[..., Path]

I = np.arange(20)  # noqa: E741


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


TABLE: list[list[object]] = [["T (K)", "R (mOhm)"], *([300.0 - 2.5 * i, 0.5 * i] for i in range(20))]


@pytest.mark.parametrize("name", ["run.xlsx", "run.ods", "run.xls"])
def test_formats(name: str, write: Write, sample: Callable[[str], bytes]) -> None:
    recording = read(write(sample(name), "data.bin"))  # by content, whatever the name
    (curve,) = recording.curves
    assert "spreadsheet" in recording.format
    assert len(curve) == 40
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE)[:2], [300.0, 297.874], rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.RESISTANCE)[:2], [1e-6, 2.001e-6], rtol=1e-12)


def xlsb() -> bytes:
    """The smallest Excel binary workbook by hand: [MS-XLSB] records in a zip archive."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(body)]) + body

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    sheet = record(0x81) + record(0x94, struct.pack("<IIII", 0, 20, 0, 1)) + record(0x91)
    for row, cells in enumerate(TABLE):
        sheet += record(0x00, struct.pack("<I", row) + bytes(21))
        for column, value in enumerate(cells):
            place = struct.pack("<II", column, 0)
            sheet += record(0x06, place + text(value)) if isinstance(value, str) else b""
            sheet += record(0x05, place + struct.pack("<d", value)) if isinstance(value, float) else b""
    sheet += record(0x92) + record(0x82)
    bundle = record(0x9C, struct.pack("<II", 0, 1) + text("rId1") + text("cooling"))
    book = record(0x83) + record(0x8F) + bundle + record(0x90) + record(0x84)
    schema = "http://schemas.openxmlformats.org"
    rels = (
        f'<?xml version="1.0"?><Relationships xmlns="{schema}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{schema}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", rels)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return buffer.getvalue()


def test_binary_workbook(write: Write) -> None:
    (curve,) = read(write(xlsb())).curves
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), 300.0 - 2.5 * I)
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), 5e-4 * I)


def test_title_units_dates_and_remarks_around_the_table(write: Write) -> None:
    rows: list[list[object]] = [["Sample LaH10"], [], ["when", "T", "R", "remark"], [None, "K", "mΩ", None]]
    for i in range(20):
        rows.append([datetime.datetime(2024, 1, 1, 12, i), 300.0 - 2.5 * i, 0.5 * i, "here" if i == 3 else None])
    recording = read(write(workbook(run=rows)))
    (curve,) = recording.curves
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), 5e-4 * I)
    assert any("'when' holds text" in note.text for note in recording.notes)


def test_numbers_typed_as_text_with_decimal_comma(write: Write) -> None:
    rows: list[list[object]] = [["T (K)", "R (Ohm)"], *([f"{300 - i},25", f"0,{i:03d}"] for i in range(20))]
    (curve,) = read(write(workbook(run=rows))).curves
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), 300.25 - I)
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), 1e-3 * I)


def test_every_sheet_with_a_table_is_a_curve_and_one_can_be_chosen(write: Write) -> None:
    path = write(workbook(cooling=TABLE, parameters=[["mass", 5], ["length", 3]], warming=TABLE[:11], empty=[]))
    recording = read(path)
    assert [(curve.name, len(curve)) for curve in recording.curves] == [("cooling", 20), ("warming", 10)]
    assert any("left out: parameters" in note.text for note in recording.notes)
    assert [len(curve) for curve in read(path, sheet="warming").curves] == [10]
    assert [len(curve) for curve in read(path, sheet=3).curves] == [10]
    with pytest.raises(DataError, match=r"no sheet 'nope'; found: 'cooling', 'parameters'"):
        read(path, sheet="nope")


def test_text_for_a_number_names_sheet_row_and_column(write: Write) -> None:
    rows = [list(row) for row in TABLE]
    rows[4][1] = "overload?"
    with pytest.raises(DataError, match=r"run\.dat, row 5, column 'R \(mOhm\)': text 'overload\?'"):
        read(write(workbook(run=rows)))


def test_a_sheet_without_numbers(write: Write) -> None:
    with pytest.raises(DataError, match=r"no table of numbers in sheet 'run'; name another sheet"):
        read(write(workbook(run=[["T (K)", "R (Ohm)"]])))


def test_a_stray_cell_in_the_last_corner_does_not_end_the_program(write: Write) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.active.cell(row=1_048_576, column=16_384).value = 2
    buffer = BytesIO()
    book.save(buffer)
    with pytest.raises(DataError, match="cells far outside the table"):
        read(write(buffer.getvalue()))


def test_a_damaged_dimension_record_does_not_end_the_program(write: Write, sample: Callable[[str], bytes]) -> None:
    content = bytearray(sample("run.xls"))
    place = content.index(struct.pack("<HHIIHH", 0x200, 14, 0, 41, 0, 2)) + 4
    content[place : place + 12] = struct.pack("<IIHH", 0, 0x0FFFFFFF, 0, 0xFFFF)
    with pytest.raises(DataError, match=r"^run\.dat: the spreadsheet cannot be read"):
        read(write(bytes(content)))


@pytest.mark.parametrize("name", ["run.xlsx", "run.ods", "run.xls"])
def test_truncated_workbooks(name: str, write: Write, sample: Callable[[str], bytes]) -> None:
    content = sample(name)
    with pytest.raises(DataError, match=r"^run\.dat: .*(save it|unpack)"):
        read(write(content[: len(content) // 3]))
