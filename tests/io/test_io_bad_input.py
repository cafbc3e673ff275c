"""Everything that can be wrong with a file: one line that names the file, what was found and the remedy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from megabar.errors import DataError
from megabar.io import MAX_BYTES, READERS, read

Write = Callable[..., Path]

ROWS = "".join(f"{300 - 2.5 * i:.2f},{0.1 * i:.4f}\n" for i in range(60))


def refused(path: Path, match: str, **hints: object) -> str:
    with pytest.raises(DataError, match=match) as caught:
        read(path, **hints)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(path.name)
    return message


def test_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.dat", "no such file; correct the name")


def test_folder(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder; name a file in it")


def test_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "no regular file")


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_unreadable_file(write: Write) -> None:
    path = write("T,R\n1,2\n")
    path.chmod(0)
    refused(path, "may not be read; change its permissions")


def test_permission_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = write("T,R\n1,2\n")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    refused(path, "may not be read; change its permissions")


def test_name_with_nul(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read(str(tmp_path / "a\0b"))


def test_empty_file(write: Write) -> None:
    refused(write(b""), "the file is empty")


@pytest.mark.parametrize("content", ["\n\n  \n", "# only\n# comments\n", "\ufeff"])
def test_nothing_but_blanks_or_comments(content: str, write: Write) -> None:
    refused(write(content), "no data")


@pytest.mark.parametrize("content", ["T (K),R (Ohm)\n", "T (K)\tR (Ohm)", "[Header]\nBYAPP,x\n[Data]\nT (K),R (Ohm)\n"])
def test_header_but_no_rows(content: str, write: Write) -> None:
    refused(write(content), "header")


def test_prose(write: Write) -> None:
    refused(write("The sample was cooled slowly.\nNothing happened.\n"), "no table of numbers found")


def test_binary_junk_named_dat(write: Write) -> None:
    message = refused(write(bytes(range(256)) * 8), "first bytes 00 01 02 03")
    assert "Quantum Design" in message
    assert "export it as text" in message


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"%PDF-1.7\nsome text", "PDF document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
        (b"CPYA 4.3 5\n" + bytes(50), "Origin project: export the worksheet"),
        (b"\x1f\x8b\x08" + bytes(50), "unpack it first"),
        (b"PK\x03\x04" + bytes(50), "zip archive without a spreadsheet"),
        (b"T (K),R\x00(Ohm)\n1,2\n", "binary data"),
        (b"\xff\xfeT\x00(\x00K\x00)\x00\n\x00\xd8", "save it as UTF-8"),
    ],
)
def test_files_of_other_programs(content: bytes, match: str, write: Write) -> None:
    refused(write(content), match)


def test_two_gigabytes_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "big.dat"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    refused(path, rf"2048 MiB, and at most {MAX_BYTES // 1024**2} MiB are read; split the file")


def test_path_outside_the_experiment_folder(write: Write, tmp_path: Path) -> None:
    path = write("T (K),R (Ohm)\n" + ROWS)
    inside = tmp_path / "experiment"
    (inside / "raw").mkdir(parents=True)
    with pytest.raises(DataError, match=r"run\.dat: lies outside the experiment folder .*; copy the file"):
        read(path, root=inside)
    with pytest.raises(DataError, match="lies outside"):
        read(inside / "raw" / ".." / ".." / "run.dat", root=inside)
    (inside / "raw" / "link.dat").symlink_to(path)
    with pytest.raises(DataError, match="lies outside"):
        read(inside / "raw" / "link.dat", root=inside)


def test_unknown_unit(write: Write) -> None:
    refused(
        write("T (K),R (furlong)\n" + ROWS), r"column 'R \(furlong\)': unknown unit 'furlong' .*mOhm.*units\.resistance"
    )


def test_unit_of_another_quantity(write: Write) -> None:
    refused(write("T (Ohm),R (Ohm)\n" + ROWS), r"column 'T \(Ohm\)': unit 'Ohm' does not measure temperature")


def test_units_for_a_column_that_is_not_there(write: Write) -> None:
    refused(
        write("T (K),R (Ohm)\n" + ROWS), r"units\.Rxx asks for column 'Rxx', which is not there", units={"Rxx": "Ohm"}
    )


def test_missing_column(write: Write) -> None:
    path = write("T (K),R (Ohm)\n" + ROWS)
    refused(
        path,
        r"columns\.voltage asks for column 'V', which is not there; found: T \(K\), R \(Ohm\)",
        columns={"voltage": "V"},
    )
    refused(path, r"columns\.voltage asks for column 3, but there are only 2", columns={"voltage": 3})


def test_column_by_name_without_header(write: Write) -> None:
    refused(write(ROWS), r"no header; give the number of the column \(1 to 2\)", columns={"temperature": "T"})


def test_text_in_a_number_column(write: Write) -> None:
    lines = ROWS.splitlines()
    for index in (7, 20, 33):
        lines[index] = lines[index].split(",")[0] + ",abc"
    refused(
        write("T (K),R (Ohm)\n" + "\n".join(lines) + "\n"),
        r"run\.dat, line 9, column 'R \(Ohm\)': text 'abc' where a number is expected \(3 of 60 rows\); correct",
    )


def test_text_in_the_first_row(write: Write) -> None:
    refused(
        write("T (K),R (Ohm)\nfour,1.0\n" + ROWS[:200].rsplit("\n", 1)[0] + "\n"), "line 2, column 'T .K.': text 'four'"
    )


def test_a_column_of_text_named_by_hint(write: Write) -> None:
    text = "T (K),R (Ohm),state\n" + ROWS.replace("\n", ",cooling\n")
    refused(write(text), r"line 2, column 'state': text 'cooling'", columns={"resistance": "state"})


def test_rows_of_another_width(write: Write) -> None:
    lines = ROWS.replace(",", " ").splitlines()
    lines[10] += " 5"
    lines[12] = "17.0"
    refused(
        write("T (K) R (Ohm)\n" + "\n".join(lines) + "\n"), "line 12: 3 fields where 2 are expected, and so in 2 of 60"
    )


@pytest.mark.parametrize("header", ["T (K),R (Ohm)", "T (K);R (Ohm);H (Oe)"])
def test_header_of_another_width(header: str, write: Write) -> None:
    delimiter = ";" if ";" in header else ","
    rows = "".join(delimiter.join((str(i), "1.5", "2", "7")) + "\n" for i in range(20))
    refused(write(header + "\n" + rows), r"line 1: \d headings \(.*\) but 4 columns of numbers; correct the header")


def test_units_between_blanks_are_no_headings_of_their_own(write: Write) -> None:
    rows = "".join(f"{i} 1.5 2 7\n" for i in range(20))
    refused(write("T (K) R (Ohm)\n" + rows), "line 1: 2 headings .* but 4 columns of numbers")


def test_negative_kelvin(write: Write) -> None:
    rows = "".join(f"{-190 + 5 * i},{i}\n" for i in range(60))
    refused(
        write("T (K),R (Ohm)\n" + rows),
        r'line 2: 38 of 60 temperatures .* below 0 K .*-190 K.*units\.temperature = "degC"',
    )


def test_below_absolute_zero_in_celsius(write: Write) -> None:
    message = refused(write("T (°C),R (Ohm)\n" + "".join(f"{-300 + i},{i}\n" for i in range(60))), "below 0 K")
    assert "degC" not in message.split("K)")[-1]


def test_no_complete_row(write: Write) -> None:
    rows = "".join(f"{i},\n,{i}\n" for i in range(20))
    refused(write("T (K),R (Ohm)\n" + rows), "no complete row of numbers")


def test_transposed_table(write: Write) -> None:
    refused(write(",".join(map(str, range(3000))) + "\n" + ",".join(map(str, range(3000))) + "\n"), "transposed")


def test_group_that_does_not_group(write: Write) -> None:
    refused(
        write("T (K),R (Ohm)\n" + ROWS),
        r"group names column 'T \(K\)', which runs from 152.5 to 300 without a gap; name a column",
        group="T (K)",
    )


def test_reading_error_without_column(write: Write) -> None:
    digitised = {"figure": "Fig. 1", "reading_error": {"pressure": 1}}
    refused(write("T (K),R (Ohm)\n" + ROWS), "gives one for pressure, but no column", digitised=digitised)


@pytest.mark.parametrize(
    ("hints", "match"),
    [
        ({"colums": {}}, r"'colums': .*hints: columns, units"),
        ({"columns": {"heat": 1}}, r"'columns\.heat.*found 'heat'.*'temperature', 'resistance'"),
        (
            {"columns": {"temperature": 0}},
            "columns.temperature.0': found 0.*allowed: a name, or a number counted from 1",
        ),
        ({"columns": {"other": 1}}, "'columns'.*allowed roles: temperature"),
        ({"decimal": ";"}, "'decimal': found ';'.*'.' or ','"),
        ({"delimiter": "blank"}, "'delimiter': found 'blank'.*semicolon"),
        ({"skip_lines": -1}, "'skip_lines': found -1"),
        ({"digitised": {}}, "'digitised.figure'"),
        ({"digitised": {"figure": "1", "reading_error": {"temperature": 0}}}, "greater than 0"),
    ],
)
def test_wrong_hints(hints: dict[str, object], match: str, write: Write) -> None:
    refused(write("T (K),R (Ohm)\n" + ROWS), match, **hints)


def test_numbers_and_errors_must_pair(write: Write) -> None:
    text = "T (K),R1 (Ohm),R2 (Ohm),e\n" + ROWS.replace("\n", ",1,2\n")
    refused(write(text), r"errors\.resistance names 1 columns for 2 of resistance", errors={"resistance": "e"})


def test_each_sample_is_recognised_by_its_own_reader_and_by_content_alone(
    write: Write, sample: Callable[[str], bytes]
) -> None:
    expected = {
        "text.csv": "delimited text",
        "text.tsv": "delimited text",
        "text.txt": "delimited text",
        "text.dat": "delimited text",
        "ppms.dat": "Quantum Design",
        "run.lvm": "LabVIEW .lvm",
        "run.tdms": "LabVIEW TDMS",
        "run.xlsx": "spreadsheet",
        "run.ods": "spreadsheet",
        "run.xls": "spreadsheet",
    }
    for name, reader in expected.items():
        content = sample(name)
        found = [candidate.name for candidate in READERS if candidate.recognises(content)]
        assert found[0] == reader, name
        assert len(found) == 1 or found[-1] == "delimited text", name
        assert len(read(write(content, "no_extension")).curves[0]) == 40
    diffraction = {"PANalytical .xrdml", "Rigaku .ras", "Rigaku .rasx", "FIT2D .chi", "GSAS raw data", "packed text"}
    diffraction |= {"card of a phase", "spectral function"}
    assert {reader.name for reader in READERS} == {
        *expected.values(),
        *diffraction,
    }  # see test_io_diffraction, test_io_alpha2f
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert not any(reader.recognises(bytes(range(256))) for reader in READERS)


def test_source_names_the_file_by_its_path_in_the_experiment(write: Write, tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "raw").mkdir()
    path = write("T (K),R (Ohm)\n" + ROWS, "raw/a.csv")
    source = read(path, root=tmp_path).source
    assert source.file == "raw/a.csv"
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read(path).source.file == "a.csv"
